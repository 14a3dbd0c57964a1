/* Server transactions: RFC 3261 17.2.1 (INVITE, with the Accepted state of RFC 6026 8.5) and 17.2.2
 * (others).
 */
#include "sip/guard.h"
#include "sip/trans.h"
#include "sip/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum state { PROCEEDING, TRYING, COMPLETED, CONFIRMED, ACCEPTED, TERMINATED, NSTATES };
static const char *const state_names[NSTATES] = {"proceeding", "trying",   "completed",
                                                 "confirmed",  "accepted", "terminated"};

enum event { EV_REQUEST, EV_ACK, EV_1XX, EV_2XX, EV_FINAL, EV_RETRANSMIT, EV_TIMEOUT, NEVENTS };
static const char *const event_names[NEVENTS] = {"request", "ack",        "1xx",    "2xx",
                                                 "3xx-6xx", "retransmit", "timeout"};

/** From here on it only waits for repetitions, for a time that is known. */
static void let_go(struct sip_strans *t)
{
    sip_guard_release(t->source);
    t->source = NULL;
}

static void strans_free(struct sip_strans *t)
{
    let_go(t);
    rt_timer_stop(&t->retransmit);
    rt_timer_stop(&t->timeout);
    HASH_DEL(t->ua->server, t);
    sip_echo_release(&t->echo);
    rt_buf_release(&t->last);
    free(t);
}

static void terminate(struct sip_strans *t)
{
    if (t->fn)
        t->fn(t->arg, t, SIP_ST_OVER, NULL);
    strans_free(t);
}

void sip_strans_repeat(struct sip_strans *t)
{
    if (t->last.n > 0)
        sip_ua_send(t->ua, &t->flow, rt_buf_str(&t->last), t->session);
}

/* ---- actions: `ev` is the response to send, or the message that came ---- */

static void do_send(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    rt_buf_reset(&t->last);
    sip_build_response(&t->last, t->ua, &t->echo, ev);
    if (((const struct sip_response *)ev)->status >= 200)
        sip_echo_release(&t->echo);
    if (!t->last.failed)
        sip_strans_repeat(t);
}

static void do_repeat(void *obj, const void *ev)
{
    (void)ev;
    rt_count(&sip_counters[SIP_TX_RETRANSMITTED]);
    sip_strans_repeat(obj);
}

/** Timer G over UDP, Timer H always. */
static void do_refuse(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    do_send(t, ev);
    t->interval = t->ua->t1;
    if (!sip_flow_reliable(&t->flow))
        rt_timer_start(&t->retransmit, t->interval);
    rt_timer_start(&t->timeout, 64 * t->ua->t1);
}

static void do_timer_g(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    t->interval = t->interval * 2 < t->ua->t2 ? t->interval * 2 : t->ua->t2;
    rt_timer_start(&t->retransmit, t->interval);
    do_repeat(t, ev);
}

/** Timer L: repeated INVITEs are absorbed; the session repeats the 2xx. */
static void do_accept(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    do_send(t, ev);
    let_go(t);
    rt_timer_start_loose(&t->timeout, 64 * t->ua->t1);
}

/** Timer I: T4 over UDP, 0 over TCP. */
static void do_confirm(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    let_go(t);
    rt_timer_stop(&t->retransmit);
    rt_timer_start_loose(&t->timeout, sip_flow_reliable(&t->flow) ? 0 : t->ua->t4);
    if (t->fn)
        t->fn(t->arg, t, SIP_ST_ACK, ev);
}

/** Timer J: 64*T1 over UDP, 0 over TCP. */
static void do_final(void *obj, const void *ev)
{
    struct sip_strans *t = obj;

    do_send(t, ev);
    rt_timer_start_loose(&t->timeout, sip_flow_reliable(&t->flow) ? 0 : 64 * t->ua->t1);
}

static void do_over(void *obj, const void *ev)
{
    (void)ev;
    terminate(obj);
}

static const struct rt_fsm_row invite_rows[] = {
    {PROCEEDING, EV_REQUEST, do_repeat, PROCEEDING},
    {PROCEEDING, EV_ACK, NULL, PROCEEDING},
    {PROCEEDING, EV_1XX, do_send, PROCEEDING},
    {PROCEEDING, EV_2XX, do_accept, ACCEPTED},
    {PROCEEDING, EV_FINAL, do_refuse, COMPLETED},
    {COMPLETED, EV_REQUEST, do_repeat, COMPLETED},
    {COMPLETED, EV_RETRANSMIT, do_timer_g, COMPLETED},
    {COMPLETED, EV_TIMEOUT, do_over, TERMINATED},
    {COMPLETED, EV_ACK, do_confirm, CONFIRMED},
    {COMPLETED, EV_1XX, NULL, COMPLETED},
    {COMPLETED, EV_2XX, NULL, COMPLETED},
    {COMPLETED, EV_FINAL, NULL, COMPLETED},
    {CONFIRMED, EV_ACK, NULL, CONFIRMED},
    {CONFIRMED, EV_REQUEST, NULL, CONFIRMED},
    {CONFIRMED, EV_TIMEOUT, do_over, TERMINATED},
    {ACCEPTED, EV_REQUEST, NULL, ACCEPTED},
    {ACCEPTED, EV_ACK, NULL, ACCEPTED},
    {ACCEPTED, EV_TIMEOUT, do_over, TERMINATED},
};

static const struct rt_fsm_row other_rows[] = {
    {TRYING, EV_REQUEST, NULL, TRYING},           {TRYING, EV_2XX, do_final, COMPLETED},
    {TRYING, EV_FINAL, do_final, COMPLETED},      {COMPLETED, EV_REQUEST, do_repeat, COMPLETED},
    {COMPLETED, EV_2XX, NULL, COMPLETED},         {COMPLETED, EV_FINAL, NULL, COMPLETED},
    {COMPLETED, EV_TIMEOUT, do_over, TERMINATED},
};

static const struct rt_fsm_spec invite_spec = SIP_TRANS_SPEC("invite server", invite_rows);
static const struct rt_fsm_spec other_spec = SIP_TRANS_SPEC("server", other_rows);

static void on_retransmit(void *arg)
{
    struct sip_strans *t = arg;
    rt_fsm_event(&t->fsm, EV_RETRANSMIT, NULL);
}

static void on_timeout(void *arg)
{
    struct sip_strans *t = arg;
    rt_fsm_event(&t->fsm, EV_TIMEOUT, NULL);
}

/* ---- doors ---- */

/** What tells requests apart, in a row. */
struct parts {
    struct rt_str part[6];
    unsigned n;
    char cseq[12];
    size_t size; /**< of the key: each part and a separator */
};

static void add_part(struct parts *p, struct rt_str s)
{
    p->part[p->n++] = s;
    p->size += s.n + 1;
}

/** RFC 3261 17.2.3: branch, sent-by and method (INVITE for ACK and CANCEL); for RFC 2543 peers what
 * else tells requests apart. */
static void take_parts(struct parts *p, const struct sip_msg *m)
{
    bool of_invite = m->method == SIP_ACK || m->method == SIP_CANCEL;
    struct rt_str via = m->via, method = of_invite ? rt_str("INVITE") : m->pub.method;

    p->n = 0;
    p->size = 0;
    if (m->branch.n > 0) {
        add_part(p, m->branch);
    } else {
        snprintf(p->cseq, sizeof p->cseq, "%u", m->cseq);
        add_part(p, m->pub.call_id);
        add_part(p, m->from_tag);
        add_part(p, m->pub.request_uri);
        add_part(p, rt_str(p->cseq));
    }
    add_part(p, rt_str_trim(rt_str_cut(&via, ';')));
    add_part(p, method);
}

/** Writes `p->size` octets, the last one a NUL. */
static void write_key(char *out, const struct parts *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (p->part[i].n > 0)
            memcpy(out, p->part[i].p, p->part[i].n);
        out += p->part[i].n;
        *out++ = ' ';
    }
    out[-1] = '\0';
}

struct sip_strans *sip_strans_find(const struct sip_ua *ua, const struct sip_msg *m)
{
    struct parts parts;
    struct sip_strans *t = NULL;
    char small[256], *key = small;

    take_parts(&parts, m);
    if (parts.size > sizeof small)
        key = malloc(parts.size);
    if (!key)
        return NULL;
    write_key(key, &parts);
    HASH_FIND(hh, ua->server, key, parts.size - 1, t);
    if (key != small)
        free(key);
    return t;
}

int sip_strans_new(struct sip_strans **out, const struct sip_msg *m, struct sip_ua *ua,
                   const struct sip_flow *flow, struct sip_session *session, sip_server_fn *fn,
                   void *arg)
{
    struct parts parts;

    take_parts(&parts, m);
    struct sip_strans *t = malloc(sizeof *t + parts.size);
    if (!t)
        return ENOMEM;
    *t = (struct sip_strans){.ua = ua, .session = session, .fn = fn, .arg = arg};
    write_key(t->key, &parts);
    sip_echo_take(&t->echo, m, flow);
    sip_echo_flow(&t->flow, m, flow);
    t->invite = m->method == SIP_INVITE;
    if (t->echo.text.failed) {
        sip_echo_release(&t->echo);
        free(t);
        return ENOMEM;
    }
    rt_fsm_init(&t->fsm, t->invite ? &invite_spec : &other_spec, t->invite ? PROCEEDING : TRYING,
                t->key, t);
    rt_timer_init(&t->retransmit, ua->loop, on_retransmit, t);
    rt_timer_init(&t->timeout, ua->loop, on_timeout, t);
    HASH_ADD_KEYPTR(hh, ua->server, t->key, parts.size - 1, t);
    if (t->invite)
        t->source = sip_guard_hold(ua->guard, &flow->addr);
    *out = t;
    return 0;
}

void sip_strans_respond(struct sip_strans *t, const struct sip_response *r)
{
    rt_fsm_event(&t->fsm, r->status < 200 ? EV_1XX : r->status < 300 ? EV_2XX : EV_FINAL, r);
}

void sip_strans_detach(struct sip_strans *t)
{
    if (!t)
        return;
    t->fn = NULL;
    t->session = NULL;
    if (t->fsm.state == ACCEPTED)
        rt_buf_release(&t->last); /* it was the session that repeated it */
}

void sip_strans_again(struct sip_strans *t, const struct sip_msg *m)
{
    if (m->method != SIP_ACK)
        rt_count(&sip_counters[SIP_RX_RETRANSMITTED]);
    rt_fsm_event(&t->fsm, m->method == SIP_ACK ? EV_ACK : EV_REQUEST, m);
}

void sip_strans_cancelled(struct sip_strans *t, const struct sip_msg *m)
{
    if (t->fn && t->fsm.state == PROCEEDING)
        t->fn(t->arg, t, SIP_ST_CANCELLED, m);
}

void sip_strans_free_all(struct sip_ua *ua)
{
    struct sip_strans *t, *next;

    HASH_ITER(hh, ua->server, t, next)
    strans_free(t);
}
