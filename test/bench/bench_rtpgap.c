/* Two streams of RTP through a gateway, one each way, and one beside it: what the longest gap
 * between two packets was at the far end, and how many never came. The third stream goes straight
 * from one socket to another: its gaps are this program's and the machine's own.
 *
 * usage: bench_rtpgap near=HOST:PORT to=HOST:PORT far=HOST:PORT to=HOST:PORT seconds=N
 *
 * 20 ms of A-law silence each. The first second is not counted. One line of JSON.
 */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/time.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STEP    (20 * RT_MS)
#define PACKET  172
#define WARM_UP 50

/** A socket that sends and receives. */
struct end {
    int fd;
    union rt_addr to;
    unsigned seen; /**< packets */
    rt_time came, gap;
};

static struct end end[4]; /* near, far, and the two that have no gateway between them */
static unsigned counted_from;

static int open_end(struct end *e, const union rt_addr *local)
{
    int size = 1 << 20;

    e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (e->fd < 0 || bind(e->fd, &local->sa, rt_addr_size(local)) != 0) {
        perror("bench_rtpgap");
        return 1;
    }
    setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return 0;
}

static void send_packet(const struct end *e, unsigned n)
{
    unsigned char p[PACKET] = {0x80, 8, (unsigned char)(n >> 8), (unsigned char)n};
    uint32_t stamp = htonl(n * 160);

    memcpy(p + 4, &stamp, sizeof stamp);
    p[11] = (unsigned char)(e - end + 1);
    memset(p + 12, 0xd5, PACKET - 12);
    (void)sendto(e->fd, p, sizeof p, 0, &e->to.sa, rt_addr_size(&e->to));
}

static void receive(struct end *e)
{
    unsigned char p[2000];

    while (recv(e->fd, p, sizeof p, 0) >= 12) {
        rt_time now = rt_now();
        if (e->came != 0 && now - e->came > e->gap)
            e->gap = now - e->came;
        e->came = now;
        e->seen++;
    }
}

static void run(unsigned packets)
{
    struct pollfd p[RT_COUNT(end)];
    rt_time due = rt_now();

    for (unsigned n = 0; n < packets; n++, due += STEP) {
        for (size_t i = 0; i < RT_COUNT(end); i++) {
            send_packet(&end[i], n);
            if (n == WARM_UP)
                end[i].came = end[i].gap = end[i].seen = 0;
        }
        for (rt_time left; (left = due + STEP - rt_now()) > 0;) {
            for (size_t i = 0; i < RT_COUNT(end); i++)
                p[i] = (struct pollfd){.fd = end[i].fd, .events = POLLIN};
            ppoll(p, RT_COUNT(end), &(struct timespec){.tv_nsec = left * 1000}, NULL);
            for (size_t i = 0; i < RT_COUNT(end); i++)
                receive(&end[i]);
        }
    }
    counted_from = packets - WARM_UP;
}

static double ms(rt_time t)
{
    return (double)t / RT_MS;
}

static int lost(const struct end *e)
{
    return (int)counted_from - (int)e->seen;
}

int main(int argc, char **argv)
{
    union rt_addr a[4];
    double seconds = argc == 6 ? atof(strchr(argv[5], '=') + 1) : 0;

    for (int i = 1; i < 5 && argc == 6; i++) {
        const char *value = strchr(argv[i], '=');
        if (!value || rt_addr_parse(&a[i - 1], value + 1, strlen(value + 1), 0) != 0)
            seconds = 0;
    }
    if (seconds < 2) {
        fprintf(stderr, "usage: bench_rtpgap near=A to=A far=A to=A seconds=N\n");
        return 2;
    }
    if (open_end(&end[0], &a[0]) != 0 || open_end(&end[1], &a[2]) != 0)
        return 1;
    end[0].to = a[1];
    end[1].to = a[3];
    for (unsigned i = 0; i < 2; i++) {
        socklen_t n = sizeof a[0].in4;
        rt_addr_set_port(&a[2 * i], 0);
        if (open_end(&end[2 + i], &a[2 * i]) != 0)
            return 1;
        getsockname(end[2 + i].fd, &end[3 - i].to.sa, &n);
    }
    run((unsigned)(seconds * 50));
    printf("{\"packets\": %u, \"gap_ms\": [%.1f, %.1f], \"lost\": [%d, %d], "
           "\"own_gap_ms\": [%.1f, %.1f], \"own_lost\": [%d, %d]}\n",
           counted_from, ms(end[0].gap), ms(end[1].gap), lost(&end[0]), lost(&end[1]),
           ms(end[2].gap), ms(end[3].gap), lost(&end[2]), lost(&end[3]));
    return 0;
}
