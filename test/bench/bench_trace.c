/* What a traced SIP message costs, on real sockets and a real clock: kept in the ring, and copied
 * to a Homer server too. Beside it the floor: the same message received and sent again, which is
 * the least that a gateway has to do with it.
 */
#include "gw/gw.h"
#include "gw/trace.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGES 20000
#define RUNS     5
/** Messages at once: what a socket's buffer holds. */
#define BURST 50

static const char message[] =
    "INVITE sip:+493012345678@192.0.2.10:5060;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK-524287-1---8b3fa3f1c5a1;rport\r\n"
    "Max-Forwards: 70\r\nFrom: \"Anna\" <sip:+4930901821@192.0.2.20:5060>;tag=3f1c5a1\r\n"
    "To: <sip:+493012345678@192.0.2.10:5060>\r\nCall-ID: 17.17a3c9d0017a3c@192.0.2.20\r\n"
    "CSeq: 1 INVITE\r\nContact: <sip:192.0.2.20:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL\r\n"
    "Supported: timer, 100rel\r\nUser-Agent: bench\r\nContent-Type: application/sdp\r\n"
    "Content-Length: 229\r\n\r\nv=0\r\no=bench 2890844526 2890844526 IN IP4 192.0.2.20\r\ns=-\r\n"
    "c=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
    "a=sendrecv\r\n";

static struct rt_udp *near, *far;
static union rt_addr here, there;

static void need(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "bench_trace: %s: %s\n", what, strerror(err));
    exit(1);
}

static void open_ends(struct rt_loop *loop)
{
    union rt_addr any;

    need(rt_addr_parse(&any, "127.0.0.1", 9, 0), "address");
    need(rt_udp_open(&near, loop, &any, NULL, NULL), "socket");
    need(rt_udp_open(&far, loop, &any, NULL, NULL), "socket");
    here = *rt_udp_local(near);
    there = *rt_udp_local(far);
}

static void drain(struct rt_udp *u)
{
    char buf[2048];
    size_t n;

    while (rt_udp_recv(u, buf, sizeof buf, &n, NULL) == 0)
        ;
}

static void on_end(void *arg)
{
    rt_loop_stop(arg);
}

/** One round of the loop: what has gathered is handed over when its time has come. */
static void round_of(struct rt_loop *loop)
{
    struct rt_defer end;

    rt_defer_init(&end, loop, on_end, loop);
    rt_defer_start(&end);
    rt_loop_run(loop);
    rt_defer_stop(&end);
}

/** Nanoseconds of the signalling thread for each message; a Homer server's copies are sent by a
 * thread of their own. */
static double traced(struct gw_trace *t, struct rt_loop *loop)
{
    rt_time used = 0;

    for (unsigned i = 0; i < MESSAGES; i += BURST) {
        rt_time begun = rt_thread_cpu();
        for (unsigned k = 0; k < BURST; k++)
            gw_trace_sip(t, NULL, true, rt_str(message), &here, &there);
        used += rt_thread_cpu() - begun;
        round_of(loop);
        drain(far); /* the server's work is not ours */
    }
    return (double)used * 1000 / MESSAGES;
}

static double floor_ns(void)
{
    char buf[2048];
    rt_time used = 0;
    size_t n;

    for (unsigned i = 0; i < MESSAGES; i += BURST) {
        for (unsigned k = 0; k < BURST; k++)
            need(rt_udp_send(far, message, sizeof message - 1, &here), "send");
        rt_time begun = rt_thread_cpu();
        for (unsigned k = 0; k < BURST; k++)
            if (rt_udp_recv(near, buf, sizeof buf, &n, NULL) == 0)
                need(rt_udp_send(near, buf, n, &there), "send");
        used += rt_thread_cpu() - begun;
        drain(far);
    }
    return (double)used * 1000 / MESSAGES;
}

static struct gw_trace *make(struct gw *gw, bool homer)
{
    struct rt_buf why = {0};
    struct gw_trace *t = NULL;

    gw->plan->traces.ring = (uint64_t)16 << 20;
    gw->plan->traces.homer = homer ? there : (union rt_addr){.sa = {.sa_family = AF_UNSPEC}};
    need(gw_trace_new(&t, gw, &why), "trace");
    traced(t, gw->loop); /* the ring is full, and its memory is there */
    return t;
}

int main(void)
{
    struct gw *gw = calloc(1, sizeof *gw);
    double ring = 0, homer = 0, floor = 0;

    if (!gw)
        return 1;
    gw->plan = calloc(1, sizeof *gw->plan);
    need(rt_loop_new(&gw->loop, "bench"), "loop");
    open_ends(gw->loop);
    struct gw_trace *kept = make(gw, false), *copied = make(gw, true);
    for (unsigned i = 0; i < RUNS; i++) {
        double r = traced(kept, gw->loop), h = traced(copied, gw->loop), f = floor_ns();
        ring = i == 0 || r < ring ? r : ring;
        homer = i == 0 || h < homer ? h : homer;
        floor = i == 0 || f < floor ? f : floor;
    }
    printf("{\"bench\": \"trace_message\", \"ring_ns\": %.0f, \"ring_and_homer_ns\": %.0f, "
           "\"receive_and_send_ns\": %.0f}\n",
           ring, homer, floor);
    gw_trace_free(kept);
    gw_trace_free(copied);
    return 0;
}
