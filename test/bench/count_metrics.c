/* What one look at the metrics costs the signalling thread: a gateway of 32 E1 with 1,000 calls
 * under the fake kernel, beside a floor: the same lines written by snprintf().
 *
 * usage: count_metrics [CALLS]     prints milliseconds of CPU time for the whole text
 */
#include "gw/gw.h"
#include "gw/metrics.h"
#include "gw/counters.h"
#include "test/bench/sip_far.h"
#include "test/fake/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SPANS 32
#define RUNS  50

static const char head[] =
    "version 1\nsip { listen udp:10.0.0.1:5060\n calls 2000\n}\n"
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"
    "site berlin {\n dialling de area 30\n}\n"
    "trunk near {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n media direct\n}\n"
    "trunk far {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n media direct\n}\n"
    "routes from near {\n +49* -> far\n * -> reject 1\n}\n";

static const char sdp[] = "v=0\r\no=bench 2890844526 2890844526 IN IP4 10.0.0.2\r\ns=-\r\n"
                          "c=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
                          "a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n";

static union rt_addr gateway;
static struct rt_udp *caller, *callee;

/* ---- calls that stay ---- */

static void invite(unsigned i)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b,
                  "INVITE sip:+4930%08u@10.0.0.1:5060 SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-%u;rport\r\n"
                  "Max-Forwards: 70\r\nFrom: <sip:+493012345@10.0.0.2:5060>;tag=c%u\r\n"
                  "To: <sip:+4930%08u@10.0.0.1:5060>\r\nCall-ID: %u@bench\r\nCSeq: 1 INVITE\r\n"
                  "Contact: <sip:bench@10.0.0.2:5060>\r\nContent-Type: application/sdp\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  i, i, i, i, i, sizeof sdp - 1, sdp);
    far_need(rt_udp_send(caller, b.p, b.n, &gateway), "send");
    rt_buf_release(&b);
}

static void accept_call(struct rt_str request)
{
    static struct rt_buf b;

    far_respond(&b, request, "200 OK", "callee", "sip:callee@10.0.0.3:5060", sdp);
    far_need(rt_udp_send(callee, b.p, b.n, &gateway), "send");
}

/** The called side answers; what else comes to either is of no interest. */
static void call(unsigned i)
{
    char data[4096];
    size_t n;

    invite(i);
    fake_settle();
    while (rt_udp_recv(callee, data, sizeof data, &n, NULL) == 0)
        if (n > 7 && memcmp(data, "INVITE ", 7) == 0)
            accept_call((struct rt_str){data, n});
    fake_settle();
    while (rt_udp_recv(caller, data, sizeof data, &n, NULL) == 0)
        continue;
}

/* ---- turns ---- */

static double cpu_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double once(struct gw *gw, struct rt_buf *out)
{
    rt_buf_reset(out);
    double began = cpu_ms();
    gw_metrics_text(gw, out);
    return cpu_ms() - began;
}

static double floor_once(struct rt_str text, struct rt_buf *out)
{
    char line[1024];

    rt_buf_reset(out);
    double began = cpu_ms();
    for (struct rt_str one; text.n > 0;) {
        one = rt_str_cut(&text, '\n');
        int n = snprintf(line, sizeof line, "%.*s\n", RT_STR(one));
        rt_buf_put(out, line, (size_t)n);
    }
    return cpu_ms() - began;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct gw *gw)
{
    struct rt_buf text = {0}, copy = {0};
    double took[RUNS], least[RUNS];
    unsigned lines = 0;

    once(gw, &text); /* warm */
    for (unsigned i = 0; i < RUNS; i++) {
        took[i] = once(gw, &text);
        least[i] = floor_once(rt_buf_str(&text), &copy);
    }
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    qsort(took, RUNS, sizeof took[0], ascending);
    qsort(least, RUNS, sizeof least[0], ascending);
    printf("{\"bench\": \"metrics\", \"spans\": %u, \"calls\": %u, \"lines\": %u, \"octets\": %zu, "
           "\"ms\": {\"min\": %.3f, \"median\": %.3f}, "
           "\"floor_ms\": {\"min\": %.3f, \"median\": %.3f}}\n",
           gw->nspans, gw->ncalls, lines, text.n, took[0], took[RUNS / 2], least[0],
           least[RUNS / 2]);
    rt_buf_release(&text);
    rt_buf_release(&copy);
}

static struct gw_plan *read_plan(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};
    struct gw_plan *plan;

    rt_buf_puts(&text, head);
    for (unsigned i = 1; i <= SPANS; i++)
        rt_buf_printf(&text,
                      "span %u {\n pseudowire local 10.0.0.1:%u remote 10.0.0.4:%u\n e1\n"
                      " isdn euroisdn user\n}\n"
                      "trunk pri%u {\n span %u\n channels 1-15,17-31\n numbers isdn\n}\n",
                      i, 4000 + i, 4000 + i, i, i);
    if (gw_plan_parse(&plan, "bench.conf", rt_buf_str(&text), &diag) != 0)
        fprintf(stderr, "%s", diag.text.p);
    far_need(diag.errors > 0 ? EINVAL : 0, "plan");
    rt_buf_release(&text);
    return plan;
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    struct rt_buf why = {0};
    struct rt_loop *loop;
    struct gw *gw;

    rt_log_set_all(RT_ERROR);
    fake_reset();
    fake_local_address("10.0.0.1");
    rt_addr_parse(&gateway, "10.0.0.1", 8, 5060);
    far_need(rt_loop_new(&loop, "signalling"), "loop");
    int err = gw_start(&gw, loop, read_plan(), &why);
    if (err != 0)
        fprintf(stderr, "%s\n", why.p ? why.p : "");
    far_need(err, "start");
    gw_stats_register();
    caller = far_open("10.0.0.2", 5060);
    callee = far_open("10.0.0.3", 5060);
    for (unsigned i = 0; i < n; i++)
        call(i);
    far_need(gw->ncalls == n ? 0 : EPROTO, "calls");
    measure(gw);
    return 0;
}
