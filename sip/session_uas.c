/* Being called: their INVITE, our answers, the ACK. */
#include "sip/session.h"

#include <errno.h>

/* ---- the INVITE ---- */

static struct sip_session *make_session(struct sip_ua *ua, const struct sip_msg *m,
                                        const struct sip_flow *flow, const void *owner)
{
    struct sip_session *s = sip_session_new(ua);

    if (!s)
        return NULL;
    s->state = SIP_S_INCOMING;
    s->invite_cseq = m->cseq;
    sip_session_hold(s, owner);
    s->opt = *sip_ua_options(ua, owner);
    s->exchange = m->pub.body.data.n > 0 ? SIP_X_THEIRS : SIP_X_NONE;
    if (sip_dialog_called(&s->d, ua, m, flow, s->opt.symmetric) != 0 ||
        sip_session_register_caller(s, m) != 0 ||
        sip_strans_new(&s->invite_st, m, ua, flow, s, sip_session_server_event, s) != 0) {
        s->invite_st = NULL;
        sip_session_free(s);
        return NULL;
    }
    sip_session_learn(s, m);
    sip_expiry_grant(s, m);
    sip_session_register(s);
    sip_session_locate(s);
    return s;
}

void sip_session_invited(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         const void *owner)
{
    struct sip_session *s = make_session(ua, m, flow, owner);

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

void sip_session_forget_invite(struct sip_session *s)
{
    sip_strans_detach(s->invite_st);
    s->invite_st = NULL;
    if (s->vehicle == SIP_V_RESPONSE && !s->offer_st)
        s->vehicle = SIP_V_NONE;
}

void sip_session_server_event(void *arg, struct sip_strans *t, enum sip_server_event ev,
                              const struct sip_msg *m)
{
    struct sip_session *s = arg;

    switch (ev) {
    case SIP_ST_CANCELLED:
        sip_strans_respond(t,
                           &(struct sip_response){.status = 487, .tag = s->d.local_tag}); /* 9.2 */
        if (s->state == SIP_S_INCOMING) {
            sip_session_end(s, SIP_END_CANCEL, m);
        } else {
            s->exchange = SIP_X_AGREED; /* all is as before their re-INVITE */
            sip_session_forget_invite(s);
        }
        break;
    case SIP_ST_ACK:
    case SIP_ST_OVER:
        sip_session_forget_invite(s);
        sip_session_reap(s);
        break;
    }
}

/* ---- our answers ---- */

int sip_session_respond(struct sip_session *s, struct sip_response *r)
{
    if (!s->invite_st || s->accepted || s->state == SIP_S_OVER)
        return EPROTO;
    r->tag = s->d.local_tag;
    if (r->status < 300)
        r->contact = s->d.contact;
    sip_strans_respond(s->invite_st, r);
    return 0;
}

const struct sip_body *sip_session_still_to_say(const struct sip_session *s,
                                                const struct sip_body *body)
{
    bool of_invite = s->exchange == SIP_X_NONE || (s->exchange == SIP_X_THEIRS && !s->offer_st);
    return of_invite ? body : NULL;
}

/** How one provisional is sent. */
enum how { PLAIN, RELIABLE, NOT_AT_ALL };

/** RFC 3262 3: always reliably when the caller requires it or we do, else what must not get lost.
 * The first reliable one to an INVITE without an offer must bring ours (5): before there is one, a
 * caller who takes nothing else hears nothing. */
static enum how how_to_say(const struct sip_session *s, int status, const struct sip_body *body)
{
    bool described = body && body->data.n > 0;
    bool needed = s->peer_needs_100rel || s->opt.reliable == SIP_REQUIRED;

    if (status <= 100 || s->opt.reliable == SIP_OFF || !s->peer_100rel)
        return PLAIN;
    if (described || sip_reliable_waits(s))
        return RELIABLE;
    if (s->exchange == SIP_X_NONE)
        return s->peer_needs_100rel ? NOT_AT_ALL : PLAIN;
    return needed ? RELIABLE : PLAIN;
}

int sip_session_progress(struct sip_session *s, int status, const struct sip_body *body,
                         const struct sip_reason *reason, struct rt_str lines)
{
    if (s->state != SIP_S_INCOMING)
        return EPROTO;
    body = sip_session_still_to_say(s, body);
    enum how how = how_to_say(s, status, body);
    if (how != PLAIN)
        return how == RELIABLE ? sip_reliable_say(s, status, body, reason, lines) : 0;
    struct sip_response r = {.status = status,
                             .reason = reason,
                             .body = body,
                             .lines = lines,
                             .supported = sip_session_supported(&s->opt)};
    s->repeat_interval = 0;
    rt_timer_start(&s->repeat, SIP_PROVISIONAL_REPEAT);
    return sip_session_respond(s, &r);
}

/** 2xx to INVITE or re-INVITE: repeated until the ACK. */
int sip_session_respond_2xx(struct sip_session *s, const struct sip_body *body,
                            struct rt_str further)
{
    struct rt_buf lines = {0};

    rt_buf_put(&lines, further.p, further.n);
    sip_expiry_say(s, &lines);
    struct sip_response r = {.status = 200,
                             .body = body,
                             .lines = rt_buf_str(&lines),
                             .supported = sip_session_supported(&s->opt)};
    int err = sip_session_respond(s, &r);
    rt_buf_release(&lines);
    if (err != 0)
        return err;
    if (s->exchange == SIP_X_NONE)
        s->exchange = SIP_X_OURS;
    else if (s->exchange == SIP_X_THEIRS && !s->offer_st)
        s->exchange = SIP_X_AGREED;
    s->state = SIP_S_UP;
    s->accepted = true;
    s->repeat_interval = s->ua->t1;
    s->repeat_until = rt_loop_now(s->ua->loop) + 64 * s->ua->t1;
    rt_timer_start(&s->repeat, s->repeat_interval);
    return 0;
}

int sip_session_accept(struct sip_session *s, const struct sip_body *body,
                       const struct sip_header *headers, unsigned nheaders, struct rt_str further)
{
    struct rt_buf lines = {0};
    int err;

    if (s->state != SIP_S_INCOMING)
        return EPROTO;
    for (unsigned i = 0; i < nheaders; i++)
        rt_buf_printf(&lines, "%.*s: %.*s\r\n", RT_STR(headers[i].name), RT_STR(headers[i].value));
    rt_buf_put(&lines, further.p, further.n);
    body = sip_session_still_to_say(s, body);
    if (sip_reliable_waits(s))
        err = sip_reliable_say(s, 200, body, NULL, rt_buf_str(&lines));
    else
        err = sip_session_respond_2xx(s, body, rt_buf_str(&lines));
    rt_buf_release(&lines);
    return err;
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

    if (s->state != SIP_S_INCOMING)
        return EPROTO;
    int err = sip_session_respond(s, &r);
    if (err != 0)
        return err;
    rt_timer_stop(&s->repeat);
    s->state = SIP_S_OVER; /* it stays until the ACK, for the trace */
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
    if (s->state == SIP_S_INCOMING && s->reliable && s->repeat_interval) {
        sip_reliable_on_repeat(s);
        return;
    }
    rt_count(&sip_counters[SIP_TX_RETRANSMITTED]);
    sip_strans_repeat(s->invite_st);
    if (!s->accepted) {
        rt_timer_start(&s->repeat, SIP_PROVISIONAL_REPEAT);
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
    if (s->exchange == SIP_X_OURS && !s->update)
        s->exchange = SIP_X_AGREED;
    if (s->bye_waits) {
        sip_session_bye(s, &s->bye_reason);
        return;
    }
    if (!s->quiet && s->ops->acked)
        s->ops->acked(s->arg, s, &m->pub);
}
