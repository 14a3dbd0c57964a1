/* Client transactions: RFC 3261 17.1.1 (INVITE, with the Accepted state of RFC 6026 8.4) and 17.1.2
 * (others).
 */
#include "sip/guard.h"
#include "sip/mtu.h"
#include "sip/trans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum state { CALLING, TRYING, PROCEEDING, COMPLETED, ACCEPTED, TERMINATED, NSTATES };
static const char *const state_names[NSTATES] = {"calling",   "trying",   "proceeding",
                                                 "completed", "accepted", "terminated"};

enum event {
    EV_1XX,
    EV_2XX,
    EV_FINAL,
    EV_RETRANSMIT, /* Timer A, E */
    EV_TIMEOUT,    /* Timer B, D, M, F, K */
    EV_TRANSPORT,
    NEVENTS
};
static const char *const event_names[NEVENTS] = {"1xx",        "2xx",     "3xx-6xx",
                                                 "retransmit", "timeout", "transport error"};

static void tell(struct sip_ctrans *t, enum sip_client_event ev, const struct sip_msg *m)
{
    if (t->fn)
        t->fn(t->arg, t, ev, m);
}

static void ctrans_free(struct sip_ctrans *t)
{
    rt_timer_stop(&t->retransmit);
    rt_timer_stop(&t->timeout);
    rt_defer_stop(&t->start);
    HASH_DEL(t->ua->client, t);
    rt_buf_release(&t->wire);
    rt_buf_release(&t->udp);
    rt_buf_release(&t->ack);
    rt_buf_release(&t->left);
    free(t);
}

/** The end: the owner hears it last of all. */
static void terminate(struct sip_ctrans *t)
{
    tell(t, SIP_CT_OVER, NULL);
    ctrans_free(t);
}

static void send_request(struct sip_ctrans *t)
{
    int err = sip_ua_send(t->ua, &t->flow, rt_buf_str(&t->wire), t->session);
    if (err != 0 && err != EAGAIN) /* a full queue is a loss like any other */
        rt_defer_start(&t->start);
}

/* ---- actions ---- */

static void do_provisional(void *obj, const void *ev)
{
    tell(obj, SIP_CT_PROVISIONAL, ev);
}

/** The first one to an INVITE. From here Timer C runs, which is the session's. */
static void do_ringing(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    rt_timer_stop(&t->retransmit);
    rt_timer_stop(&t->timeout);
    if (!t->fn)
        rt_timer_start(&t->timeout, 64 * t->ua->t1);
    tell(t, SIP_CT_PROVISIONAL, ev);
}

/** Timer A doubles without bound until B; Timer E doubles up to T2, and is T2 in Proceeding. */
static void do_retransmit(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    (void)ev;
    t->interval *= 2;
    if (!t->invite && (t->interval > t->ua->t2 || t->fsm.state == PROCEEDING))
        t->interval = t->ua->t2;
    rt_timer_start(&t->retransmit, t->interval);
    rt_count(&sip_counters[SIP_TX_RETRANSMITTED]);
    send_request(t);
}

static void do_timeout(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    (void)ev;
    rt_count(&sip_counters[SIP_TIMEOUTS]);
    tell(t, SIP_CT_TIMEOUT, NULL);
    terminate(t);
}

static void do_transport(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    (void)ev;
    tell(t, SIP_CT_TRANSPORT, NULL);
    terminate(t);
}

/** Timer D: at least 32 s over UDP, 0 over TCP. */
static void linger(struct sip_ctrans *t, rt_time unreliable)
{
    rt_timer_stop(&t->retransmit);
    rt_timer_start_loose(&t->timeout, sip_flow_reliable(&t->flow) ? 0 : unreliable);
}

/** The final response is here: nothing will send the request again, and it may be long. */
static void forget_request(struct sip_ctrans *t)
{
    rt_buf_release(&t->wire);
    rt_buf_release(&t->udp);
}

static void send_ack(struct sip_ctrans *t, const struct sip_msg *m)
{
    if (t->ack.n == 0)
        sip_build_from_invite(&t->ack, rt_buf_str(&t->wire), "ACK", m->to, NULL);
    sip_ua_send(t->ua, &t->flow, rt_buf_str(&t->ack), t->session);
}

static void do_refused(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    send_ack(t, ev);
    forget_request(t);
    linger(t, 64 * t->ua->t1);
    tell(t, SIP_CT_FINAL, ev);
}

static void do_refused_again(void *obj, const void *ev)
{
    send_ack(obj, ev);
}

/** 2xx: Timer M on every transport (RFC 6026 7.2), because forks may still answer. */
static void do_accepted(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    forget_request(t);
    rt_timer_stop(&t->retransmit);
    rt_timer_start_loose(&t->timeout, 64 * t->ua->t1);
    tell(t, SIP_CT_FINAL, ev);
}

static void do_accepted_again(void *obj, const void *ev)
{
    tell(obj, SIP_CT_FINAL, ev);
}

/** Timer K: T4 over UDP, 0 over TCP. */
static void do_final(void *obj, const void *ev)
{
    struct sip_ctrans *t = obj;

    forget_request(t);
    linger(t, t->ua->t4);
    tell(t, SIP_CT_FINAL, ev);
}

static void do_over(void *obj, const void *ev)
{
    (void)ev;
    terminate(obj);
}

static const struct rt_fsm_row invite_rows[] = {
    {CALLING, EV_1XX, do_ringing, PROCEEDING},
    {CALLING, EV_2XX, do_accepted, ACCEPTED},
    {CALLING, EV_FINAL, do_refused, COMPLETED},
    {CALLING, EV_RETRANSMIT, do_retransmit, CALLING},
    {CALLING, EV_TIMEOUT, do_timeout, TERMINATED},
    {CALLING, EV_TRANSPORT, do_transport, TERMINATED},
    {PROCEEDING, EV_1XX, do_provisional, PROCEEDING},
    {PROCEEDING, EV_2XX, do_accepted, ACCEPTED},
    {PROCEEDING, EV_FINAL, do_refused, COMPLETED},
    {PROCEEDING, EV_TIMEOUT, do_timeout, TERMINATED},
    {PROCEEDING, EV_TRANSPORT, do_transport, TERMINATED},
    {COMPLETED, EV_FINAL, do_refused_again, COMPLETED},
    {COMPLETED, EV_1XX, NULL, COMPLETED},
    {COMPLETED, EV_2XX, NULL, COMPLETED},
    {COMPLETED, EV_TIMEOUT, do_over, TERMINATED},
    {COMPLETED, EV_TRANSPORT, do_over, TERMINATED},
    {ACCEPTED, EV_2XX, do_accepted_again, ACCEPTED},
    {ACCEPTED, EV_1XX, NULL, ACCEPTED},
    {ACCEPTED, EV_FINAL, NULL, ACCEPTED},
    {ACCEPTED, EV_TIMEOUT, do_over, TERMINATED},
    {ACCEPTED, EV_TRANSPORT, NULL, ACCEPTED},
};

static const struct rt_fsm_row other_rows[] = {
    {TRYING, EV_1XX, do_provisional, PROCEEDING},
    {TRYING, EV_2XX, do_final, COMPLETED},
    {TRYING, EV_FINAL, do_final, COMPLETED},
    {TRYING, EV_RETRANSMIT, do_retransmit, TRYING},
    {TRYING, EV_TIMEOUT, do_timeout, TERMINATED},
    {TRYING, EV_TRANSPORT, do_transport, TERMINATED},
    {PROCEEDING, EV_1XX, do_provisional, PROCEEDING},
    {PROCEEDING, EV_2XX, do_final, COMPLETED},
    {PROCEEDING, EV_FINAL, do_final, COMPLETED},
    {PROCEEDING, EV_RETRANSMIT, do_retransmit, PROCEEDING},
    {PROCEEDING, EV_TIMEOUT, do_timeout, TERMINATED},
    {PROCEEDING, EV_TRANSPORT, do_transport, TERMINATED},
    {COMPLETED, EV_1XX, NULL, COMPLETED},
    {COMPLETED, EV_2XX, NULL, COMPLETED},
    {COMPLETED, EV_FINAL, NULL, COMPLETED},
    {COMPLETED, EV_TIMEOUT, do_over, TERMINATED},
    {COMPLETED, EV_TRANSPORT, do_over, TERMINATED},
};

static const struct rt_fsm_spec invite_spec = SIP_TRANS_SPEC("invite client", invite_rows);
static const struct rt_fsm_spec other_spec = SIP_TRANS_SPEC("client", other_rows);

/* ---- timers ---- */

static void on_retransmit(void *arg)
{
    struct sip_ctrans *t = arg;
    rt_fsm_event(&t->fsm, EV_RETRANSMIT, NULL);
}

static void on_timeout(void *arg)
{
    struct sip_ctrans *t = arg;
    rt_fsm_event(&t->fsm, EV_TIMEOUT, NULL);
}

/** 18.1.1: what went by TCP only for its size goes by UDP when TCP does not get there. */
static void back_to_udp(struct sip_ctrans *t)
{
    rt_buf_release(&t->wire);
    t->wire = t->udp;
    t->udp = (struct rt_buf){0};
    t->flow =
        (struct sip_flow){.transport = SIP_UDP, .addr = t->flow.addr, .listener = t->udp_listener};
    t->interval = t->ua->t1;
    rt_timer_start(&t->retransmit, t->ua->t1);
    rt_timer_start(&t->timeout, 64 * t->ua->t1);
    rt_count(&sip_conn_counters[SIP_CONN_UNSWITCHED]);
    send_request(t);
}

static void on_send_failed(void *arg)
{
    struct sip_ctrans *t = arg;

    if (t->udp.n > 0 && (t->fsm.state == CALLING || t->fsm.state == TRYING)) {
        back_to_udp(t);
        return;
    }
    rt_fsm_event(&t->fsm, EV_TRANSPORT, NULL);
}

/* ---- doors ---- */

static void make_key(char *out, size_t cap, struct rt_str branch, struct rt_str method)
{
    RT_JOIN(out, cap, branch, rt_str(" "), method);
}

int sip_ctrans_new(struct sip_ctrans **out, struct sip_ua *ua, const struct sip_flow *flow,
                   const char *branch, const char *method, struct rt_buf *wire,
                   struct sip_session *session, sip_client_fn *fn, void *arg)
{
    struct sip_ctrans *t = wire->failed ? NULL : calloc(1, sizeof *t);

    if (!t) {
        rt_buf_release(wire);
        return ENOMEM;
    }
    t->ua = ua;
    t->flow = *flow;
    t->wire = *wire;
    *wire = (struct rt_buf){0};
    t->udp_listener = flow->listener;
    sip_mtu_switch(ua, &t->flow, &t->wire, &t->udp);
    t->invite = strcmp(method, "INVITE") == 0;
    t->session = session;
    t->fn = fn;
    t->arg = arg;
    t->interval = ua->t1;
    make_key(t->key, sizeof t->key, rt_str(branch), rt_str(method));
    rt_fsm_init(&t->fsm, t->invite ? &invite_spec : &other_spec, t->invite ? CALLING : TRYING,
                t->key, t);
    rt_timer_init(&t->retransmit, ua->loop, on_retransmit, t);
    rt_timer_init(&t->timeout, ua->loop, on_timeout, t);
    rt_defer_init(&t->start, ua->loop, on_send_failed, t);
    HASH_ADD_STR(ua->client, key, t);
    sip_guard_asks(ua->guard, &t->flow.addr);
    if (out)
        *out = t;
    if (!sip_flow_reliable(&t->flow))
        rt_timer_start(&t->retransmit, ua->t1);
    rt_timer_start(&t->timeout, 64 * ua->t1);
    send_request(t);
    return 0;
}

void sip_ctrans_detach(struct sip_ctrans *t)
{
    if (!t)
        return;
    t->fn = NULL;
    t->session = NULL;
    if (t->invite && t->fsm.state == PROCEEDING)
        rt_timer_start(&t->timeout, 64 * t->ua->t1);
}

int sip_ctrans_cancel(struct sip_ctrans **out, struct sip_ctrans *invite,
                      const struct sip_reason *reason, sip_client_fn *fn, void *arg)
{
    struct rt_buf wire = {0};
    struct rt_str branch = rt_str(invite->key);
    char text[SIP_BRANCH_LEN];

    if (invite->wire.n == 0)
        return EPROTO; /* it has been answered */
    rt_str_copy(text, sizeof text, rt_str_cut(&branch, ' '));
    sip_build_from_invite(&wire, rt_buf_str(&invite->wire), "CANCEL", (struct rt_str){"", 0},
                          reason);
    invite->cancelled = true;
    rt_timer_start(&invite->timeout, 64 * invite->ua->t1); /* 9.1: no longer than that */
    return sip_ctrans_new(out, invite->ua, &invite->flow, text, "CANCEL", &wire, invite->session,
                          fn, arg);
}

struct sip_ctrans *sip_ctrans_find(const struct sip_ua *ua, const struct sip_msg *m)
{
    char key[SIP_BRANCH_LEN + 16];
    struct sip_ctrans *t = NULL;

    if (m->branch.n == 0 || m->branch.n + m->cseq_method.n + 2 > sizeof key)
        return NULL;
    make_key(key, sizeof key, m->branch, m->cseq_method);
    HASH_FIND_STR(ua->client, key, t);
    return t;
}

void sip_ctrans_response(struct sip_ctrans *t, const struct sip_msg *m)
{
    rt_fsm_event(&t->fsm,
                 m->pub.status < 200   ? EV_1XX
                 : m->pub.status < 300 ? EV_2XX
                                       : EV_FINAL,
                 m);
}

void sip_ctrans_broken(struct sip_ua *ua, uint64_t conn)
{
    struct sip_ctrans *t, *next;

    HASH_ITER(hh, ua->client, t, next)
    if (t->flow.conn == conn)
        rt_defer_start(&t->start);
}

void sip_ctrans_free_all(struct sip_ua *ua)
{
    struct sip_ctrans *t, *next;

    HASH_ITER(hh, ua->client, t, next)
    ctrans_free(t);
}
