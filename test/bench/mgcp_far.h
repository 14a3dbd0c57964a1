/* What the measurements of MGCP share: CPU time, the heap, sockets of the fake network, and the
 * floor: a bare socket that answers every datagram by a line, which costs what far end and network
 * cost in any of the figures.
 */
#ifndef TEST_BENCH_MGCP_FAR_H
#define TEST_BENCH_MGCP_FAR_H

#include "gw/rt/buf.h"
#include "mgcp/config.h"
#include "test/fake/fake.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define US    "10.0.0.1"
#define FAR   "10.0.0.9"
#define BARE  "10.0.0.200:2427" /* the floor's socket */
#define BATCH 64                /* messages between two looks at the timers */
#define DESCRIPTION                                                                                \
    "v=0\r\no=- 25678 753849 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"             \
    "m=audio 3456 RTP/AVP 8 0\r\na=ptime:20\r\n"

static inline void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "count_mgcp: %s\n", what);
    exit(1);
}

static inline double cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/** Octets in use, those of large blocks too. */
static inline double heap(void)
{
    struct mallinfo2 m = mallinfo2();

    return (double)(m.uordblks + m.hblkhd);
}

static inline union rt_addr addr(const char *text, unsigned port)
{
    union rt_addr a;

    need(rt_addr_parse(&a, text, strlen(text), (uint16_t)port) == 0, text);
    return a;
}

static inline struct rt_udp *open_at(struct rt_loop *loop, const char *text, unsigned port,
                                     rt_udp_fn *fn, void *arg)
{
    union rt_addr a = addr(text, port);
    struct rt_udp *u;

    need(rt_udp_open(&u, loop, &a, fn, arg) == 0, text);
    return u;
}

/** The number behind the first word: the transaction. */
static inline unsigned long tid_of(const char *text)
{
    return strtoul(text + strcspn(text, " "), NULL, 10);
}

/* ---- the floor ---- */

static inline void answer_bare(void *arg, struct rt_udp *u)
{
    static char data[65536];
    union rt_addr from;
    char out[40];
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, data, sizeof data - 1, &n, &from) == 0) {
        data[n] = '\0';
        int len = snprintf(out, sizeof out, "200 %lu OK\r\n", tid_of(data));
        rt_udp_send(u, out, (size_t)len, &from);
    }
}

/* ---- rows ---- */

/** One figure as a row: microseconds of CPU for `n` of something, with those of the floor. */
static inline void row(const char *what, double us, double floor_us, double n)
{
    double ns = us * 1e3 / n, floor_ns = floor_us * 1e3 / n;

    printf("{\"what\": \"%s\", \"per_cpu_s\": %.0f, \"ns\": %.0f, \"floor_ns\": %.0f, "
           "\"above_floor_ns\": %.0f, \"ratio\": %.2f}\n",
           what, 1e9 / ns, ns, floor_ns, ns - floor_ns, ns / floor_ns);
    fflush(stdout);
}

#endif
