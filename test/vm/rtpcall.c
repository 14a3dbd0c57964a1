/* rtpcall: the voices of many SIP calls at once, on one RTP port, checked to the octet.
 *
 *   rtpcall PORT PAYLOAD-TYPE SECONDS
 *
 * Whoever sends here gets the pattern of test/audio/pattern.h in packets of 20 ms, at the place
 * where it comes from, for as long as it goes on sending; what it sends is expected to be the same
 * pattern, sent back octet for octet by the far end of the call. Ends after SECONDS, or on SIGTERM,
 * and then prints one JSON line for each flow.
 */
#include "gw/rt/net.h"
#include "gw/rt/realtime.h"
#include "test/audio/pattern.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK     160 /* octets: 20 ms */
#define HEADER    12  /* no CSRC, no extension */
#define FLOWS     64
#define GONE      (200 * RT_MS) /* a sender that was silent for so long has ended */
#define SSRC_BASE 0x7a5e0000u

struct flow {
    union rt_addr far;
    rt_time last; /* when it was heard */
    uint32_t sent, received, lost;
    uint16_t seq; /* that has to come next */
    struct audio_heard heard;
};

struct voices {
    struct rt_loop *loop;
    struct rt_udp *udp;
    struct rt_timer tick, end;
    rt_time next;
    uint8_t payload_type;
    struct flow flows[FLOWS];
    size_t n;
    unsigned stray;
};

static struct flow *flow_of(struct voices *v, const union rt_addr *from)
{
    for (size_t i = 0; i < v->n; i++) {
        if (rt_addr_equal(&v->flows[i].far, from))
            return &v->flows[i];
    }
    if (v->n == FLOWS)
        return NULL;
    v->flows[v->n].far = *from;
    return &v->flows[v->n++];
}

static void hear(struct flow *f, const uint8_t *pkt)
{
    uint16_t seq = (uint16_t)(pkt[2] << 8 | pkt[3]);

    if (f->received++ > 0)
        f->lost += (uint16_t)(seq - f->seq);
    f->seq = (uint16_t)(seq + 1);
    f->last = rt_now();
    audio_pattern_hear(&f->heard, pkt + HEADER, BLOCK);
}

static void on_packet(void *arg, struct rt_udp *u)
{
    struct voices *v = arg;
    uint8_t pkt[2048];
    union rt_addr from;
    size_t len;

    while (rt_udp_recv(u, pkt, sizeof pkt, &len, &from) == 0) {
        bool ours = len == HEADER + BLOCK && (pkt[1] & 0x7f) == v->payload_type;
        struct flow *f = ours ? flow_of(v, &from) : NULL;
        if (f)
            hear(f, pkt);
        else
            v->stray++;
    }
}

static void send_block(struct voices *v, struct flow *f, uint32_t ssrc)
{
    uint32_t stamp = f->sent * BLOCK;
    uint8_t pkt[HEADER + BLOCK] = {0x80, v->payload_type, (uint8_t)(f->sent >> 8),
                                   (uint8_t)f->sent};

    for (unsigned i = 0; i < 4; i++) {
        pkt[4 + i] = (uint8_t)(stamp >> (24 - 8 * i));
        pkt[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
    audio_pattern_fill(pkt + HEADER, BLOCK, stamp);
    f->sent++;
    rt_udp_send(v->udp, pkt, sizeof pkt, &f->far);
}

static void on_tick(void *arg)
{
    struct voices *v = arg;

    for (size_t i = 0; i < v->n; i++) {
        if (v->flows[i].last + GONE > v->next)
            send_block(v, &v->flows[i], SSRC_BASE + (uint32_t)i);
    }
    v->next += 20 * RT_MS;
    rt_timer_start_at(&v->tick, v->next);
}

static void on_end(void *arg)
{
    rt_loop_stop(((struct voices *)arg)->loop);
}

static void on_signal(void *arg, int signo)
{
    (void)signo;
    on_end(arg);
}

static int open_port(struct voices *v, const char *port)
{
    union rt_addr local;

    rt_addr_parse(&local, "127.0.0.1", 9, (uint16_t)atoi(port));
    int err = rt_loop_new(&v->loop, "rtpcall");
    if (err == 0)
        err = rt_signal_watch(v->loop, SIGTERM, on_signal, v);
    if (err == 0)
        err = rt_udp_open(&v->udp, v->loop, &local, on_packet, v);
    return err;
}

static void report(const struct voices *v)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct flow *f = &v->flows[i];
        printf("{\"sent\": %u, \"received\": %u, \"lost\": %u, \"before\": %lu, \"fit\": %lu, "
               "\"damaged\": %lu, \"slips\": %lu, \"last\": %lu, \"jump\": %ld}\n",
               f->sent, f->received, f->lost, f->heard.before, f->heard.fit, f->heard.damaged,
               f->heard.slips, f->heard.last, f->heard.jump);
    }
    if (v->stray)
        fprintf(stderr, "rtpcall: %u packets that are none of ours\n", v->stray);
}

int main(int argc, char **argv)
{
    static struct voices v;

    if (argc != 4) {
        fprintf(stderr, "usage: rtpcall PORT PAYLOAD-TYPE SECONDS\n");
        return 2;
    }
    v.payload_type = (uint8_t)atoi(argv[2]);
    const struct rt_realtime urgent = {.mode = RT_REALTIME_ON};
    int err = open_port(&v, argv[1]);
    if (err != 0) {
        fprintf(stderr, "rtpcall: port %s: %s\n", argv[1], strerror(err));
        return 1;
    }
    rt_timer_init(&v.tick, v.loop, on_tick, &v);
    rt_timer_init(&v.end, v.loop, on_end, &v);
    v.next = rt_now();
    rt_timer_start(&v.tick, 0);
    rt_timer_start(&v.end, atoi(argv[3]) * RT_S);
    err = rt_realtime_thread(NULL, &urgent, 0);
    if (err == 0)
        err = rt_loop_run(v.loop);
    report(&v);
    return err == 0 ? 0 : 1;
}
