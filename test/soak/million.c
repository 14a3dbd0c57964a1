/* A million calls under the fake kernel, to see that memory does not grow with their number: from
 * SIP to SIP with direct media, from SIP to SIP relayed, and from SIP to ISDN, in turns. Far ends
 * are in this process too: what is counted is all of the heap but what is mapped, as the fake disk
 * is.
 *
 * usage: million [CALLS [KINDS]]       CALLS after the warm-up [1000000]; KINDS of "dri" [all]
 *
 * Prints a line each 100,000 calls, and the growth in the end; exit status 1: more than 1 MiB by a
 * million calls.
 */
#include "gw/gw.h"
#include "gw/rt/file.h"
#include "isdn/isdn.h"
#include "test/bench/sip_far.h"
#include "test/fake/fake.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WARM_UP  50000
#define EVERY    10000 /* calls between two samples */
#define BATCH    30    /* calls at once: as many as channels */
#define CHANNELS 30
#define TICK     (5 * RT_MS)
#define SAMPLES  512
#define LIMIT    1048576.0 /* octets by a million calls */
/* Larger pieces are mapped, and counted apart. */
#define MAPPED 262144

#define PLAN                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "media {\n address 10.0.0.1\n ports 20000-59999\n codecs pcma\n threads 1\n}\n"                \
    "traces { ring 1 }\n"                                                                          \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.4:7002 frames 40 jitter 40ms\n"       \
    " e1\n isdn euroisdn user\n}\n"                                                                \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "trunk pri {\n span 1\n channels 1-15,17-31 descending\n numbers isdn\n echo-cancel off\n}\n"  \
    "trunk near {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n media direct\n}\n"    \
    "trunk far {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n media direct\n}\n"     \
    "trunk plain {\n sip sip:10.0.0.6\n accept from 10.0.0.6\n numbers e164\n}\n"                  \
    "routes from near {\n +4930* -> far\n +4931* -> plain\n +4932* -> pri\n}\n"                    \
    "cdr journal /cdr\n"

static const char sdp[] = "v=0\r\no=far 2890844526 2890844526 IN IP4 10.0.0.2\r\ns=-\r\n"
                          "c=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n"
                          "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
                          "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

/** A kind of calls: the letter that chooses it, and what their numbers begin with. */
static const struct kind {
    char letter;
    const char *prefix;
} kinds[] = {{'d', "+4930"}, {'r', "+4931"}, {'i', "+4932"}};

enum state { INVITED, ANSWERED, LEAVING, OVER };

static struct call {
    enum state state;
    unsigned number;
    const struct kind *kind;
    char uri[128], tag[128];
} calls[BATCH];

static struct {
    double used, calls;
} samples[SAMPLES];
static unsigned nsamples;

static union rt_addr gateway;
static struct rt_udp *caller, *callees[2];
static struct isdn_span *exchange;

/* ---- the callers ---- */

static void send_request(const struct call *c, const char *method, const char *uri)
{
    bool invite = strcmp(method, "INVITE") == 0;
    struct rt_buf b = {0};

    rt_buf_printf(&b,
                  "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-%u-%s;rport\r\n"
                  "Max-Forwards: 70\r\nFrom: \"Near\" <sip:+493012345@10.0.0.2:5060>;tag=c%u\r\n"
                  "To: <sip:%s%08u@10.0.0.1:5060>%s%s\r\nCall-ID: %u.17a3c9d0017a3c@near\r\n"
                  "CSeq: %d %s\r\n",
                  method, uri, c->number, method, c->number, c->kind->prefix, c->number,
                  c->tag[0] ? ";tag=" : "", c->tag, c->number, strcmp(method, "BYE") == 0 ? 2 : 1,
                  method);
    if (invite)
        rt_buf_printf(&b,
                      "Contact: <sip:near@10.0.0.2:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL\r\n"
                      "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                      sizeof sdp - 1, sdp);
    else
        rt_buf_puts(&b, "Content-Length: 0\r\n\r\n");
    far_need(rt_udp_send(caller, b.p, b.n, &gateway), "send");
    rt_buf_release(&b);
}

/** The call that a response is for; NULL: an old one. */
static struct call *find(const char *data)
{
    const char *id = strstr(data, "\nCall-ID: ");
    unsigned number = id ? (unsigned)strtoul(id + 10, NULL, 10) : 0;
    struct call *c = &calls[number % BATCH];

    return c->number == number ? c : NULL;
}

static void answered(struct call *c, const char *data)
{
    bool learnt = far_learn(data, c->uri, c->tag, sizeof c->uri);

    far_need(learnt ? 0 : EPROTO, "an answer without Contact or tag");
    c->state = ANSWERED;
    send_request(c, "ACK", c->uri);
}

static void on_response(const char *data)
{
    struct call *c = find(data);
    bool bye = strstr(data, " BYE\r\n");

    if (!c || strncmp(data, "SIP/2.0 1", 9) == 0)
        return;
    far_need(strncmp(data, "SIP/2.0 200", 11) == 0 ? 0 : EPROTO, data);
    if (bye)
        c->state = OVER;
    else if (c->state == INVITED)
        answered(c, data);
}

/* ---- the callees ---- */

static void respond(struct rt_udp *callee, struct rt_str request, const char *status,
                    const char *body)
{
    static struct rt_buf b;

    far_respond(&b, request, status, "callee",
                callee == callees[0] ? "sip:callee@10.0.0.3" : "sip:callee@10.0.0.6", body);
    far_need(rt_udp_send(callee, b.p, b.n, &gateway), "send");
}

static void on_request(struct rt_udp *callee, struct rt_str m)
{
    if (m.n > 7 && memcmp(m.p, "INVITE ", 7) == 0) {
        respond(callee, m, "180 Ringing", "");
        respond(callee, m, "200 OK", sdp);
    } else if (m.n > 4 && memcmp(m.p, "BYE ", 4) == 0) {
        respond(callee, m, "200 OK", "");
    }
}

/* ---- the exchange ---- */

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    (void)arg;
    (void)setup;
    isdn_call_proceeding(call, 0);
    isdn_call_alerting(call, 0);
    isdn_call_connect(call, NULL);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    (void)arg;
    (void)call_arg;
    if (ev->type == ISDN_EV_DISCONNECT)
        isdn_call_release(call, 16, 0);
}

static void open_exchange(struct rt_loop *loop)
{
    static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event};
    struct isdn_span_config cfg = {.id = 2,
                                   .line = ISDN_PSEUDOWIRE,
                                   .frames = 40,
                                   .timeslots = ~(uint32_t)1,
                                   .jitter = 40 * RT_MS,
                                   .network = true,
                                   .variant = "euroisdn",
                                   .dchannel = 16};

    rt_addr_parse(&cfg.local, "10.0.0.4", 8, 7002);
    rt_addr_parse(&cfg.remote, "10.0.0.1", 8, 7001);
    far_need(isdn_span_new(&exchange, &cfg, loop, loop, &ops, NULL), "the exchange's span");
}

/* ---- the calls ---- */

/** Lets all sides take what has come. */
static void turn(rt_time passes)
{
    char data[4096];
    size_t n;

    fake_advance(passes);
    for (unsigned i = 0; i < RT_COUNT(callees); i++)
        while (rt_udp_recv(callees[i], data, sizeof data, &n, NULL) == 0)
            on_request(callees[i], (struct rt_str){data, n});
    fake_settle();
    while (rt_udp_recv(caller, data, sizeof data - 1, &n, NULL) == 0) {
        data[n] = '\0';
        on_response(data);
    }
}

static void wait_for(enum state s)
{
    for (unsigned tries = 0; tries < 800; tries++) {
        unsigned there = 0;
        turn(TICK);
        for (unsigned i = 0; i < BATCH; i++)
            there += calls[i].state >= s;
        if (there == BATCH)
            return;
    }
    far_need(ETIMEDOUT, s == OVER ? "the end of calls" : "answers");
}

/** `wanted`: letters of kinds. */
static void batch(unsigned first, const char *wanted)
{
    char uri[128];

    for (unsigned i = 0; i < BATCH; i++) {
        struct call *c = &calls[(first + i) % BATCH];
        char letter = wanted[i % strlen(wanted)];
        *c = (struct call){.number = first + i, .kind = &kinds[0]};
        for (size_t k = 0; k < RT_COUNT(kinds); k++)
            if (kinds[k].letter == letter)
                c->kind = &kinds[k];
        snprintf(uri, sizeof uri, "sip:%s%08u@10.0.0.1:5060", c->kind->prefix, c->number);
        send_request(c, "INVITE", uri);
        fake_settle();
    }
    wait_for(ANSWERED);
    for (unsigned i = 0; i < BATCH; i++) {
        calls[i].state = LEAVING;
        send_request(&calls[i], "BYE", calls[i].uri);
    }
    wait_for(OVER);
    while (isdn_span_free_channels(exchange, ~(uint32_t)1) < CHANNELS)
        turn(TICK);
    turn(3 * TICK); /* its RELEASE COMPLETE is on its way */
}

/* ---- the figures ---- */

static int forget_file(void *arg, const char *path)
{
    (void)arg;
    return rt_file_remove(path);
}

/** Once the last transactions are over. What the journal leaves behind is memory here. */
static void sample(unsigned n, bool told)
{
    turn(40 * RT_S);
    rt_glob("/cdr/cdr.journal-*", forget_file, NULL);
    struct mallinfo2 m = mallinfo2();
    if (nsamples < SAMPLES) {
        samples[nsamples].used = (double)m.uordblks;
        samples[nsamples++].calls = n;
    }
    if (told)
        printf("{\"calls\": %u, \"heap_kb\": %zu, \"mapped_kb\": %zu, \"arena_kb\": %zu, "
               "\"cpu_s\": %.1f}\n",
               n, m.uordblks / 1024, m.hblkhd / 1024, m.arena / 1024,
               (double)clock() / CLOCKS_PER_SEC);
    fflush(stdout);
}

/** Octets by a call, by least squares. */
static double slope(void)
{
    double x = 0, y = 0, xy = 0, xx = 0;

    for (unsigned i = 0; i < nsamples; i++) {
        x += samples[i].calls / nsamples;
        y += samples[i].used / nsamples;
    }
    for (unsigned i = 0; i < nsamples; i++) {
        xy += (samples[i].calls - x) * (samples[i].used - y);
        xx += (samples[i].calls - x) * (samples[i].calls - x);
    }
    return xx > 0 ? xy / xx : 0;
}

static int verdict(unsigned n)
{
    double by_call = slope();
    double grown = samples[nsamples - 1].used - samples[0].used;
    bool good = by_call * 1e6 <= LIMIT;

    printf("{\"calls\": %u, \"grown_kb\": %.0f, \"octets_per_call\": %.3f, "
           "\"kb_per_million\": %.0f, \"ok\": %s}\n",
           n, grown / 1024, by_call, by_call * 1e6 / 1024, good ? "true" : "false");
    return good ? 0 : 1;
}

static void begin(void)
{
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
    far_need(gw_plan_parse(&plan, "million.conf", rt_str(PLAN), &diag), "plan");
    far_need(gw_start(&gw, loop, plan, &why), "start");
    open_exchange(loop);
    caller = far_open("10.0.0.2", 5060);
    callees[0] = far_open("10.0.0.3", 5060);
    callees[1] = far_open("10.0.0.6", 5060);
    fake_advance(20 * RT_S); /* the line comes up, and restarts its channels */
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000000;
    const char *wanted = argc > 2 ? argv[2] : "dri";
    unsigned warm = WARM_UP / BATCH * BATCH, done = 0, next = warm;

    mallopt(M_MMAP_THRESHOLD, MAPPED);
    begin();
    for (; done < warm + n; done += BATCH) {
        if (done >= next) {
            sample(done - warm, nsamples % 10 == 0 || n <= 10 * EVERY);
            next += EVERY;
        }
        batch(done + BATCH, wanted);
    }
    sample(done - warm, true);
    return verdict(n);
}
