/* The floor of the SIP benchmark: a bare UDP loop that answers INVITE with 100, 180 and 200, BYE
 * and anything else with 200, and looks at nothing but the fields it must repeat. No state, no
 * timers.
 *
 * usage: bench_floor_sip HOST:PORT     until it is killed
 */
#include "gw/rt/net.h"
#include "gw/rt/buf.h"
#include "test/bench/sip_far.h"

#include <stdio.h>

static const char sdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

static void answer(struct rt_udp *u, struct rt_str request, const char *status, const char *body,
                   const union rt_addr *to)
{
    static struct rt_buf out;

    far_respond(&out, request, status, "floor", "sip:127.0.0.1", body);
    rt_udp_send(u, out.p, out.n, to);
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    static char data[65536];
    union rt_addr from;
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, data, sizeof data, &n, &from) == 0) {
        struct rt_str request = {data, n};
        if (n > 4 && memcmp(data, "ACK ", 4) == 0)
            continue;
        if (n > 7 && memcmp(data, "INVITE ", 7) == 0) {
            answer(u, request, "100 Trying", "", &from);
            answer(u, request, "180 Ringing", "", &from);
            answer(u, request, "200 OK", sdp, &from);
        } else {
            answer(u, request, "200 OK", "", &from);
        }
    }
}

int main(int argc, char **argv)
{
    struct rt_loop *loop;
    struct rt_udp *u;
    union rt_addr local;

    if (argc != 2 || rt_addr_parse(&local, argv[1], strlen(argv[1]), 5060) != 0) {
        fprintf(stderr, "usage: bench_floor_sip HOST:PORT\n");
        return 2;
    }
    int err = rt_loop_new(&loop, "floor");
    if (err == 0)
        err = rt_udp_open(&u, loop, &local, on_datagram, NULL);
    if (err == 0) {
        rt_udp_set_buffers(u, 4 << 20);
        err = rt_loop_run(loop);
    }
    fprintf(stderr, "bench_floor_sip: %s\n", strerror(err));
    return 1;
}
