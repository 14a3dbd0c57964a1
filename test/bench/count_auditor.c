/* What a pass of the auditor costs: answered calls between two SIP peers under the fake kernel, and
 * the CPU time of a hundred passes over them.
 *
 * usage: count_auditor [CALLS]     1000; prints the CPU time of a pass, and per 1000 calls
 */
#include "gw/gw.h"
#include "gw/rt/log.h"
#include "sip/sip.h"
#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PASSES 100
#define PLAN                                                                                       \
    "version 1\nlog error\nsip { listen udp:10.0.0.1:5060 }\n"                                     \
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma\n threads 1\n}\n"                \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n session-timer off\n"   \
    " media direct\n}\n"                                                                           \
    "trunk far {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n session-timer off\n"   \
    " media direct\n}\n"                                                                           \
    "routes from pbx {\n * -> far\n}\ncdr journal /cdr\n"

static const char sdp[] = "v=0\r\no=t 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
                          "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

static int mark; /* whoever asks is let in */

static void need(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "count_auditor: %s: %s\n", what, strerror(err));
    exit(1);
}

static void on_message(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg;
    (void)s;
    (void)m;
}

static void on_ended(void *arg, struct sip_session *s, enum sip_end why,
                     const struct sip_message *m)
{
    (void)why;
    on_message(arg, s, m);
    sip_session_close(s, NULL);
}

static const struct sip_session_ops session_ops = {
    .provisional = on_message, .answered = on_message, .acked = on_message, .ended = on_ended};

static const void *on_accept(void *arg, const struct sip_message *m, struct sip_reply *refusal)
{
    (void)m;
    (void)refusal;
    return arg;
}

static void on_invite(void *arg, struct sip_session *s, const void *owner,
                      const struct sip_message *m)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str(sdp)};

    (void)owner;
    on_message(arg, s, m);
    sip_session_own(s, &session_ops, NULL);
    sip_session_accept(s, &body, NULL, 0, rt_str(""));
}

static struct sip_ua *peer(struct rt_loop *loop, const char *address)
{
    static const struct sip_ua_ops ops = {.accept = on_accept, .invite = on_invite};
    struct sip_ua_config cfg = {.nlisten = 1, .user_agent = "bench"};
    struct sip_ua *ua = NULL;

    cfg.listen[0].transport = SIP_UDP;
    rt_addr_parse(&cfg.listen[0].addr, address, strlen(address), 5060);
    need(sip_ua_new(&ua, loop, &cfg, &ops, &mark, NULL), "peer");
    return ua;
}

static void place(struct sip_ua *ua)
{
    struct sip_hop hop = {.transport = SIP_UDP};
    struct sip_session *s = NULL;
    struct sip_invite inv = {.hops = &hop,
                             .nhops = 1,
                             .request_uri = rt_str("sip:+4930123456@10.0.0.1"),
                             .from_uri = rt_str("sip:+493012345@10.0.0.2"),
                             .to_uri = rt_str("sip:+4930123456@10.0.0.1"),
                             .body = {rt_str("application/sdp"), rt_str(sdp)}};

    rt_addr_parse(&hop.addr, "10.0.0.1", 8, 5060);
    need(sip_session_invite(&s, ua, &inv, &session_ops, NULL), "invite");
    fake_advance(RT_MS);
}

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** CPU seconds of the time that the passes take, with or without them. */
static double run(unsigned calls, const char *auditor)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0}, text = {0};
    struct gw_plan *plan = NULL;
    struct rt_loop *loop;
    struct gw *gw = NULL;

    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_loop_new(&loop, "bench");
    rt_buf_printf(&text, "%sauditor %s\n", PLAN, auditor);
    int err = gw_plan_parse(&plan, "bench.conf", rt_buf_str(&text), &diag);
    need(err, err ? diag.text.p : "");
    need(gw_start(&gw, loop, plan, &why), "start");
    struct sip_ua *near = peer(loop, "10.0.0.2"), *far = peer(loop, "10.0.0.3");
    for (unsigned i = 0; i < calls; i++)
        place(near);
    fake_advance(60 * RT_S); /* transactions are over */
    double begun = cpu();
    fake_advance(PASSES * 10 * RT_S);
    double used = cpu() - begun;
    gw_stop(gw);
    sip_ua_free(near);
    sip_ua_free(far);
    gw_plan_unref(plan);
    rt_loop_free(loop);
    rt_buf_release(&text);
    return used;
}

int main(int argc, char **argv)
{
    unsigned calls = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    double with = run(calls, "every 10s, far-end off");
    double without = run(calls, "every never, far-end off");
    double pass = (with - without) / PASSES * 1e6;

    printf("%u calls: %.0f us a pass, %.0f us per 1000 calls (%.4f %% of a processor)\n", calls,
           pass, pass * 1000 / calls, pass / 1e5);
    return 0;
}
