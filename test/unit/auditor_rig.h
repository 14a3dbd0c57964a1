/* A gateway under the fake kernel between two SIP peers and an ISDN network, for tests of the
 * auditor: calls are answered at once, and the first pass is due 10 s after the start.
 */
#ifndef TEST_UNIT_AUDITOR_RIG_H
#define TEST_UNIT_AUDITOR_RIG_H

#include "gw/auditor.h"
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/leg_isdn_priv.h"
#include "gw/leg_sip_priv.h"
#include "gw/limits.h"
#include "gw/rt/log.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\nlog error\nsip { listen udp:10.0.0.1:5060 }\n"                                     \
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma\n threads 1\n}\n"                \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n session-timer "        \
    "off\n}\n"                                                                                     \
    "trunk far {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n session-timer "        \
    "off\n}\n"
#define TAIL "cdr journal /cdr\n"

static const char sip_plan[] = HEAD "routes from pbx {\n * -> far\n}\n" TAIL;
static const char isdn_plan[] =
    HEAD "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n isdn euroisdn "
         "user\n}\ntrunk pri {\n span 1\n channels 1-15,17-31\n numbers isdn\n}\n"
         "routes from pbx {\n * -> pri\n}\n" TAIL;

static const char sdp[] = "v=0\r\no=t 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
                          "m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

static struct rt_loop *loop;
static struct gw *gw;
static struct sip_ua *near, *far; /* the peers */
static struct isdn_span *network;
static struct sip_session *caller; /* of the last call */
static unsigned far_ended, near_ended, network_cause, keeps_silent;
static uint64_t before[GW_AUDITOR_NCOUNTERS];
static rt_time origin;

/* ---- far ends ---- */

static struct sip_body offer(void)
{
    return (struct sip_body){rt_str("application/sdp"), rt_str(sdp)};
}

static void on_message(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg;
    (void)s;
    (void)m;
}

static void on_reanswered(void *arg, struct sip_session *s, int status, const struct sip_message *m)
{
    (void)status;
    on_message(arg, s, m);
}

static void on_reinvited(void *arg, struct sip_session *s, const struct sip_message *m)
{
    struct sip_body body = offer();

    (void)arg;
    (void)m;
    sip_session_answer(s, &body);
}

static void on_ended(void *arg, struct sip_session *s, enum sip_end why,
                     const struct sip_message *m)
{
    (void)why;
    (void)m;
    (*(unsigned *)arg)++;
    if (s == caller)
        caller = NULL;
    sip_session_close(s, NULL);
}

static const struct sip_session_ops session_ops = {.provisional = on_message,
                                                   .answered = on_message,
                                                   .acked = on_message,
                                                   .reinvited = on_reinvited,
                                                   .reanswered = on_reanswered,
                                                   .ended = on_ended};

static const void *on_accept(void *arg, const struct sip_message *m, struct sip_reply *refusal)
{
    (void)m;
    (void)refusal;
    return arg;
}

static void on_invite(void *arg, struct sip_session *s, const void *owner,
                      const struct sip_message *m)
{
    struct sip_body body = offer();

    (void)arg;
    (void)owner;
    (void)m;
    sip_session_own(s, &session_ops, &far_ended);
    if (keeps_silent == 0)
        sip_session_accept(s, &body, NULL, 0, rt_str(""));
}

static int ua_mark; /* whoever asks is let in */
static const struct sip_ua_ops ua_ops = {.accept = on_accept, .invite = on_invite};

static struct sip_ua *peer(const char *address)
{
    struct sip_ua_config cfg = {.nlisten = 1, .user_agent = "test"};
    struct sip_ua *ua = NULL;

    cfg.listen[0].transport = SIP_UDP;
    rt_addr_parse(&cfg.listen[0].addr, address, strlen(address), 5060);
    ck_assert_int_eq(sip_ua_new(&ua, loop, &cfg, &ua_ops, &ua_mark, NULL), 0);
    return ua;
}

static void no_tdm(void *arg, struct isdn_block *b)
{
    (void)arg;
    (void)b;
}

static void net_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s)
{
    (void)arg;
    (void)s;
    isdn_call_connect(call, NULL);
}

static void net_event(void *arg, struct isdn_call *call, void *call_arg,
                      const struct isdn_event *ev)
{
    (void)arg;
    (void)call_arg;
    if (ev->type != ISDN_EV_DISCONNECT)
        return;
    network_cause = ev->cause.value;
    isdn_call_release(call, ev->cause.value, 2);
}

static void start_network(void)
{
    static const struct isdn_span_ops ops = {.tdm = no_tdm, .setup = net_setup, .event = net_event};
    struct isdn_span_config cfg = {.id = 9,
                                   .line = ISDN_PSEUDOWIRE,
                                   .frames = 8,
                                   .timeslots = 0xfffffffe,
                                   .network = true,
                                   .variant = "euroisdn",
                                   .dchannel = 16};

    rt_addr_parse(&cfg.local, "10.0.0.9:7002", 13, 0);
    rt_addr_parse(&cfg.remote, "10.0.0.1:7001", 13, 0);
    ck_assert_int_eq(isdn_span_new(&network, &cfg, loop, loop, &ops, NULL), 0);
}

/* ---- the gateway ---- */

static void start(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    struct rt_buf why = {0};

    fake_reset();
    rt_log_set_all(RT_ERROR);
    near_ended = far_ended = network_cause = keeps_silent = 0;
    rt_loop_new(&loop, "test");
    int err = gw_plan_parse(&plan, "test.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    gw_plan_unref(plan);
    origin = rt_now();
    near = peer("10.0.0.2");
    far = peer("10.0.0.3");
    if (text == isdn_plan)
        start_network();
    for (size_t i = 0; i < GW_AUDITOR_NCOUNTERS; i++)
        before[i] = rt_counted(&gw_auditor_counters[i]);
}

static inline void stop(void)
{
    struct fake_leaks leaks;

    gw_stop(gw);
    gw = NULL;
    sip_ua_free(near);
    sip_ua_free(far);
    isdn_span_free(network);
    network = NULL;
    caller = NULL;
    fake_settle();
    rt_loop_free(loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.streams, 0);
}

/** Lets time pass until so long after the start. */
static void at(rt_time t)
{
    fake_advance(origin + t - rt_now());
}

static uint64_t found(enum gw_finding kind)
{
    return rt_counted(&gw_auditor_counters[GW_AUDITOR_FOUND + kind]) -
           before[GW_AUDITOR_FOUND + kind];
}

static uint64_t findings(void)
{
    uint64_t n = 0;

    for (int i = 0; i < GW_FINDINGS; i++)
        n += found((enum gw_finding)i);
    return n;
}

static inline uint64_t repairs(void)
{
    return rt_counted(&gw_auditor_counters[GW_AUDITOR_REPAIRS]) - before[GW_AUDITOR_REPAIRS];
}

/** What was broken before `t` is put right at the very pass at `t`. */
static inline void repaired_at(rt_time t, enum gw_finding kind)
{
    at(t - 1);
    ck_assert_uint_eq(findings(), 0);
    at(t);
    ck_assert_uint_eq(found(kind), 1);
}

static void place(void)
{
    struct sip_body body = offer();
    struct sip_hop hop = {.transport = SIP_UDP};
    struct sip_invite inv = {.hops = &hop,
                             .nhops = 1,
                             .request_uri = rt_str("sip:+4930123456@10.0.0.1"),
                             .from_uri = rt_str("sip:+493012345@10.0.0.2"),
                             .to_uri = rt_str("sip:+4930123456@10.0.0.1"),
                             .body = body};

    rt_addr_parse(&hop.addr, "10.0.0.1", 8, 5060);
    ck_assert_int_eq(sip_session_invite(&caller, near, &inv, &session_ops, &near_ended), 0);
}

/** A call that is answered before the first pass. */
static inline struct gw_call *begin(const char *plan)
{
    start(plan);
    at(4 * RT_S);
    place();
    at(5 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_int_eq(gw->calls->fsm.state, GW_CALL_CONNECTED);
    return gw->calls;
}

static inline void hang_up(void)
{
    sip_session_close(caller, NULL);
    caller = NULL;
}

#endif
