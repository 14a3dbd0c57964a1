/* Calls from SIP to SIP with direct media under the fake kernel: the same instructions each time,
 * so that what a call costs can be counted (valgrind --tool=callgrind) and compared between two
 * builds on a machine that others use.
 *
 * usage: count_call [CALLS]            prints the CPU time per call, far ends included
 *        count_call CALLS trace      the same without traces, with the ring that every gateway has,
 *                                    and with copies to a Homer server too, in turns
 */
#include "gw/gw.h"
#include "gw/trace.h"
#include "test/bench/sip_far.h"
#include "test/fake/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PLAN                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"          \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "trunk near {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n media direct\n}\n"    \
    "trunk far {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n media direct\n}\n"     \
    "routes from near {\n +49* -> far\n * -> reject 1\n}\n"                                        \
    "cdr journal /cdr, csv /cdr.csv\n"

static const char sdp[] = "v=0\r\no=bench 2890844526 2890844526 IN IP4 10.0.0.2\r\ns=-\r\n"
                          "c=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
                          "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
                          "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
                          "a=sendrecv\r\n";

static union rt_addr gateway;
static struct rt_udp *caller, *callee, *homer;

static void send_request(unsigned i, const char *method, const char *uri, const char *tag)
{
    bool invite = strcmp(method, "INVITE") == 0;
    struct rt_buf b = {0};

    rt_buf_printf(&b,
                  "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-%u-%s;rport\r\n"
                  "Max-Forwards: 70\r\nFrom: \"Bench\" <sip:+493012345@10.0.0.2:5060>;tag=c%u\r\n"
                  "To: <sip:+4930%08u@10.0.0.1:5060>%s%s\r\nCall-ID: %u.17a3c9d0017a3c@bench\r\n"
                  "CSeq: %d %s\r\n",
                  method, uri, i, method, i, i, tag[0] ? ";tag=" : "", tag, i,
                  strcmp(method, "BYE") == 0 ? 2 : 1, method);
    if (invite)
        rt_buf_printf(&b,
                      "Contact: <sip:bench@10.0.0.2:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL, "
                      "OPTIONS\r\nSupported: timer\r\nUser-Agent: bench\r\n"
                      "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                      sizeof sdp - 1, sdp);
    else
        rt_buf_puts(&b, "User-Agent: bench\r\nContent-Length: 0\r\n\r\n");
    far_need(rt_udp_send(caller, b.p, b.n, &gateway), "send");
    rt_buf_release(&b);
}

static void respond(struct rt_str request, const char *status, const char *body)
{
    static struct rt_buf b;

    far_respond(&b, request, status, "callee", "sip:callee@10.0.0.3:5060", body);
    far_need(rt_udp_send(callee, b.p, b.n, &gateway), "send");
}

/** What the callee has received. */
static void answer(void)
{
    char data[4096];
    size_t n;

    while (rt_udp_recv(callee, data, sizeof data, &n, NULL) == 0) {
        struct rt_str m = {data, n};
        if (n > 7 && memcmp(data, "INVITE ", 7) == 0) {
            respond(m, "180 Ringing", "");
            respond(m, "200 OK", sdp);
        } else if (memcmp(data, "BYE ", 4) == 0) {
            respond(m, "200 OK", "");
        }
    }
    fake_settle();
}

/** The last response with that status: its Contact and the tag of its To. */
static bool learn(char *uri, char *tag, size_t cap)
{
    char data[4096];
    size_t n;
    bool seen = false;

    while (rt_udp_recv(caller, data, sizeof data - 1, &n, NULL) == 0) {
        data[n] = '\0';
        if (strncmp(data, "SIP/2.0 200", 11) != 0)
            continue;
        seen = true;
        far_learn(data, uri, tag, cap);
    }
    return seen;
}

static void call(unsigned i)
{
    char uri[128], tag[128];

    snprintf(uri, sizeof uri, "sip:+4930%08u@10.0.0.1:5060", i);
    send_request(i, "INVITE", uri, "");
    fake_settle();
    answer();
    far_need(learn(uri, tag, sizeof uri) ? 0 : EPROTO, "no answer");
    send_request(i, "ACK", uri, tag);
    fake_settle();
    answer();
    fake_advance(10 * RT_MS);
    send_request(i, "BYE", uri, tag);
    fake_settle();
    answer();
    far_need(learn(uri, tag, sizeof uri) ? 0 : EPROTO, "no end");
}

static double cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* ---- what tracing costs ---- */

/** Blocks of calls, in turns: what else the machine does hits all alike. */
#define BLOCK 100

enum { TRACE_OFF, TRACE_RING, TRACE_HOMER, TRACES };

/** The gateway's own trace, which is in the ring; none; and one that goes to a Homer server too. */
static void make_traces(struct gw_trace *out[TRACES], struct gw *gw)
{
    struct rt_buf why = {0};

    out[TRACE_OFF] = NULL;
    out[TRACE_RING] = gw->trace;
    rt_addr_parse(&gw->plan->traces.homer, "10.0.0.4", 8, 9060);
    far_need(gw_trace_new(&out[TRACE_HOMER], gw, &why), "trace");
    homer = far_open("10.0.0.4", 9060);
}

static void swallow(struct rt_udp *u)
{
    char data[4096];
    size_t n;

    while (rt_udp_recv(u, data, sizeof data, &n, NULL) == 0)
        ;
}

/** The least of all blocks, of each: far ends and the sender's work included, kernel's not, so that
 * only the differences mean something; test/bench/ops sets them against a real gateway's calls. */
static void compare(struct gw *gw, unsigned n)
{
    struct gw_trace *trace[TRACES];
    double least[TRACES] = {0};

    make_traces(trace, gw);
    for (unsigned i = 0; i < n; i += BLOCK) {
        unsigned how = i / BLOCK % TRACES;
        gw->trace = trace[how];
        double used = cpu_us();
        for (unsigned k = 0; k < BLOCK; k++)
            call(i + k);
        used = (cpu_us() - used) / BLOCK;
        if (i >= TRACES * BLOCK && (least[how] == 0 || used < least[how]))
            least[how] = used;
        swallow(homer);
        fake_advance(40 * RT_S);
    }
    printf("{\"bench\": \"trace_call\", \"off_us\": %.2f, \"ring_us\": %.2f, \"homer_us\": %.2f}\n",
           least[TRACE_OFF], least[TRACE_RING], least[TRACE_HOMER]);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};
    struct gw_plan *plan;
    struct rt_loop *loop;
    struct gw *gw;

    rt_log_set_all(RT_ERROR);
    fake_reset();
    fake_local_address("10.0.0.1");
    rt_addr_parse(&gateway, "10.0.0.1", 8, 5060);
    far_need(rt_loop_new(&loop, "signalling"), "loop");
    far_need(gw_plan_parse(&plan, "count.conf", rt_str(PLAN), &diag), "plan");
    far_need(gw_start(&gw, loop, plan, &why), "start");
    caller = far_open("10.0.0.2", 5060);
    callee = far_open("10.0.0.3", 5060);
    if (argc > 2) {
        compare(gw, n);
        return 0;
    }
    double used = cpu_us();
    for (unsigned i = 0; i < n; i++)
        call(i);
    fake_advance(40 * RT_S); /* the last timers */
    printf("{\"calls\": %u, \"us_per_call\": %.2f}\n", n, (cpu_us() - used) / n);
    return 0;
}
