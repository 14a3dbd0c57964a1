/* Being called: their INVITE, our answers, the ACK. */
#include "sip/session.h"

#include <errno.h>

#define PROVISIONAL_REPEAT (60 * RT_S) /* RFC 3261 13.3.1.1: proxies give up after Timer C */

/* ---- the INVITE ---- */

static void make_session(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         struct sip_session **out)
{
    struct sip_session *s = sip_session_new(ua);

    *out = NULL;
    if (!s)
        return;
    s->state = SIP_S_INCOMING;
    s->invite_cseq = m->cseq;
    if (sip_dialog_called(&s->d, ua, m, flow) != 0 || sip_session_register_caller(s, m) != 0 ||
        sip_strans_new(&s->invite_st, m, ua, flow, s, sip_session_server_event, s) != 0) {
        s->invite_st = NULL;
        sip_session_free(s);
        return;
    }
    sip_session_register(s);
    *out = s;
}

void sip_session_invited(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         const void *owner)
{
    struct sip_session *s;

    make_session(ua, m, flow, &s);
    if (!s) {
        sip_ua_answer(ua, m, flow, &(struct sip_response){.status = 500});
        return;
    }
    ua->ops->invite(ua->arg, s, owner, &m->pub);
    if (s->state == SIP_S_INCOMING && s->invite_st && s->invite_st->last.n == 0)
        sip_strans_respond(s->invite_st, &(struct sip_response){.status = 100});
    if (!s->ops)
        sip_session_close(s, NULL); /* nobody took it */
}

/** Answered and acknowledged, or as good as that: the rest is the transaction's own affair. */
static void forget_invite(struct sip_session *s)
{
    sip_strans_detach(s->invite_st);
    s->invite_st = NULL;
}

void sip_session_server_event(void *arg, struct sip_strans *t, enum sip_server_event ev,
                              const struct sip_msg *m)
{
    struct sip_session *s = arg;

    switch (ev) {
    case SIP_ST_CANCELLED:
        sip_strans_respond(t,
                           &(struct sip_response){.status = 487, .tag = s->d.local_tag}); /* 9.2 */
        if (s->state == SIP_S_INCOMING)
            sip_session_end(s, SIP_END_CANCEL, m);
        else
            forget_invite(s);
        break;
    case SIP_ST_ACK:
    case SIP_ST_OVER:
        forget_invite(s);
        sip_session_reap(s);
        break;
    }
}

/* ---- our answers ---- */

static int respond(struct sip_session *s, struct sip_response *r)
{
    if (!s->invite_st || s->accepted || s->state == SIP_S_OVER)
        return EPROTO;
    r->tag = s->d.local_tag;
    if (r->status < 300)
        r->contact = s->d.contact;
    sip_strans_respond(s->invite_st, r);
    return 0;
}

int sip_session_progress(struct sip_session *s, int status, const struct sip_body *body,
                         const struct sip_reason *reason)
{
    struct sip_response r = {
        .status = status, .reason = reason, .body = body, .capabilities = true};

    if (s->state != SIP_S_INCOMING)
        return EPROTO;
    s->repeat_interval = 0;
    rt_timer_start(&s->repeat, PROVISIONAL_REPEAT);
    return respond(s, &r);
}

int sip_session_accept(struct sip_session *s, const struct sip_body *body,
                       const struct sip_header *headers, unsigned nheaders)
{
    struct sip_response r = {.status = 200,
                             .body = body,
                             .headers = headers,
                             .nheaders = nheaders,
                             .capabilities = true};
    int err = respond(s, &r);

    if (err != 0)
        return err;
    s->state = SIP_S_UP;
    s->accepted = true;
    s->repeat_interval = s->ua->t1;
    s->repeat_until = rt_loop_now(s->ua->loop) + 64 * s->ua->t1;
    rt_timer_start(&s->repeat, s->repeat_interval);
    return 0;
}

int sip_session_refuse(struct sip_session *s, int status, const char *phrase,
                       const struct sip_reason *reason, const struct sip_header *headers,
                       unsigned nheaders)
{
    struct sip_response r = {.status = status,
                             .phrase = phrase,
                             .reason = reason,
                             .headers = headers,
                             .nheaders = nheaders};
    int err = respond(s, &r);

    if (err != 0)
        return err;
    rt_timer_stop(&s->repeat);
    if (s->state == SIP_S_INCOMING)
        s->state = SIP_S_OVER; /* it stays until the ACK, for the trace */
    else
        forget_invite(s);
    return 0;
}

/* ---- until the ACK ---- */

static void no_ack(struct sip_session *s)
{
    rt_count(&sip_counters[SIP_TIMEOUTS]);
    sip_session_bye(s, s->quiet ? &s->bye_reason : NULL);
    sip_session_end(s, SIP_END_NO_ACK, NULL);
}

void sip_session_on_repeat(void *arg)
{
    struct sip_session *s = arg;
    rt_time now = rt_loop_now(s->ua->loop);

    if (s->accepted && now >= s->repeat_until) {
        no_ack(s);
        return;
    }
    if (!s->invite_st)
        return;
    rt_count(&sip_counters[SIP_TX_RETRANSMITTED]);
    sip_strans_repeat(s->invite_st);
    if (!s->accepted) {
        rt_timer_start(&s->repeat, PROVISIONAL_REPEAT);
        return;
    }
    s->repeat_interval = s->repeat_interval * 2 < s->ua->t2 ? s->repeat_interval * 2 : s->ua->t2;
    rt_time left = s->repeat_until - now;
    rt_timer_start(&s->repeat, s->repeat_interval < left ? s->repeat_interval : left);
}

void sip_session_acked(struct sip_session *s, const struct sip_msg *m)
{
    if (!s->accepted || m->cseq != s->invite_cseq)
        return; /* a repeated ACK */
    rt_timer_stop(&s->repeat);
    sip_session_drop_invite(s);
    if (s->bye_waits) {
        sip_session_bye(s, &s->bye_reason);
        return;
    }
    if (!s->quiet && s->ops->acked)
        s->ops->acked(s->arg, s, &m->pub);
}
