/* Calling: our INVITE, its provisionals, its answers. */
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

/* ---- cancelling ---- */

static void on_cancel(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                      const struct sip_msg *m)
{
    struct sip_session *s = arg;

    (void)t;
    (void)m;
    if (ev == SIP_CT_OVER)
        s->cancel_ct = NULL;
}

void sip_session_cancel(struct sip_session *s, const struct sip_reason *reason)
{
    s->quiet = true;
    if (reason)
        s->bye_reason = *reason;
    if (s->state != SIP_S_PROCEEDING || !s->invite_ct || s->cancel_ct)
        return; /* RFC 3261 9.1: CANCEL waits for a provisional; Timer B bounds the wait */
    rt_timer_stop(&s->no_answer);
    if (sip_ctrans_cancel(&s->cancel_ct, s->invite_ct, &s->bye_reason, on_cancel, s) != 0)
        s->cancel_ct = NULL;
}

/** A hop that has said nothing for as long as it has: the next one, or the end. */
static void on_silence(struct sip_session *s)
{
    if (sip_attempt_again(s, SIP_TRY_TIMEOUT, NULL))
        return;
    sip_fork_orphan(s->invite_ct);
    s->invite_ct = NULL;
    sip_session_end(s, SIP_END_TIMEOUT, NULL);
}

/** Timer C (16.6 step 11, 16.8): cancel, and for the owner it is over. */
void sip_session_on_no_answer(void *arg)
{
    struct sip_session *s = arg;

    rt_count(&sip_counters[SIP_TIMEOUTS]);
    if (s->state == SIP_S_CALLING) {
        on_silence(s);
        return;
    }
    sip_session_cancel(s, NULL);
    s->ops->ended(s->arg, s, SIP_END_TIMEOUT, NULL);
}

/* ---- provisionals ---- */

/** Only one early description can be heard: that of the first fork that had one. */
static bool is_chosen(struct sip_session *s, const struct sip_msg *m)
{
    if (!s->media_tag && m->pub.body.data.n > 0)
        s->media_tag = rt_str_dup(m->to_tag);
    return s->media_tag && rt_str_eq(m->to_tag, s->media_tag);
}

/** What the description in a provisional is: an answer that is certain, a preview of one, an offer;
 * or nothing that the owner shall see. */
static void describe(struct sip_session *s, const struct sip_msg *m, struct sip_early *e,
                     struct sip_message *pub)
{
    bool chosen = is_chosen(s, m);

    if (pub->body.data.n == 0)
        return;
    if (e && !chosen) { /* should this fork win: its 2xx need not repeat it */
        rt_buf_reset(&e->answer);
        rt_buf_put(&e->answer, pub->body.data.p, pub->body.data.n);
    }
    if (!chosen || s->exchange == SIP_X_AGREED || s->exchange == SIP_X_THEIRS) {
        pub->body = (struct sip_body){{"", 0}, {"", 0}};
    } else if (e && s->exchange == SIP_X_OURS) {
        s->exchange = SIP_X_AGREED;
    } else if (e) {
        s->exchange = SIP_X_THEIRS;
        s->vehicle = SIP_V_PRACK;
        s->offer_early = e;
        pub->offer = true;
    }
}

/** 199 (RFC 6228): that fork has gone, and another may be heard. */
static void on_fork_gone(struct sip_session *s, const struct sip_msg *m)
{
    if (!s->media_tag || !rt_str_eq(m->to_tag, s->media_tag))
        return;
    free(s->media_tag);
    s->media_tag = NULL;
    if (s->exchange == SIP_X_AGREED)
        s->exchange = SIP_X_OURS; /* the INVITE's offer, to the other forks */
}

/** The first sign of life of the hop. */
static void on_proceeding(struct sip_session *s)
{
    if (s->state != SIP_S_CALLING)
        return;
    s->state = SIP_S_PROCEEDING;
    rt_timer_stop(&s->no_answer);
    sip_attempt_tried(s, SIP_TRY_ANSWERED, NULL);
    if (s->quiet)
        sip_session_cancel(s, NULL);
}

static void on_provisional(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_message pub = m->pub;
    struct sip_early *e;

    on_proceeding(s);
    if (s->quiet || m->pub.status == 100 || !sip_early_take(s, m, &e))
        return;
    sip_session_learn(s, m);
    if (s->no_answer_after)
        rt_timer_start(&s->no_answer, s->no_answer_after);
    describe(s, m, e, &pub);
    if (e && !pub.offer)
        sip_early_prack(s, e, NULL);
    if (m->pub.status == 199)
        on_fork_gone(s, m);
    else
        s->ops->provisional(s->arg, s, &pub);
}

/* ---- final answers ---- */

/** What the 2xx's description is. When its fork has answered reliably before, it is that answer. */
static void settle(struct sip_session *s, const struct sip_msg *m, struct sip_message *pub)
{
    struct sip_early *e = sip_early_find(s, m->to_tag);
    bool other = s->media_tag && !rt_str_eq(m->to_tag, s->media_tag);

    if (e && other && e->answer.n > 0)
        pub->body = (struct sip_body){rt_str("application/sdp"), rt_buf_str(&e->answer)};
    else if (s->exchange == SIP_X_AGREED && !other)
        pub->body = (struct sip_body){{"", 0}, {"", 0}};
    if (s->exchange == SIP_X_NONE && pub->body.data.n > 0) {
        s->exchange = SIP_X_THEIRS;
        s->vehicle = SIP_V_ACK;
        s->offer_cseq = m->cseq;
        pub->offer = true;
        return;
    }
    s->exchange = SIP_X_AGREED;
}

static void on_answer(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_message pub = m->pub;
    bool crossed = s->quiet; /* our CANCEL */

    sip_attempt_tried(s, SIP_TRY_ANSWERED, m);
    s->state = SIP_S_UP;
    sip_session_learn(s, m);
    sip_dialog_confirm(&s->d, s->ua, m);
    settle(s, m, &pub);
    if (!pub.offer)
        sip_session_ack(s, m->cseq, NULL);
    sip_expiry_take(s, m);
    if (!crossed)
        s->ops->answered(s->arg, s, &pub);
    sip_attempt_free(s);
    sip_early_free(s);
    if (crossed && pub.offer)
        sip_session_ack(s, m->cseq, NULL);
    if (crossed)
        sip_session_bye(s, &s->bye_reason);
}

static void on_success(struct sip_session *s, struct sip_ctrans *t, const struct sip_msg *m)
{
    rt_timer_stop(&s->no_answer);
    if (s->state == SIP_S_CALLING || s->state == SIP_S_PROCEEDING)
        on_answer(s, m);
    else if (!rt_str_eq(m->to_tag, s->d.remote_tag))
        sip_fork_leave(t, m);
    else if (s->ack_cseq == m->cseq) /* else the owner has not yet answered the offer in it */
        sip_session_ack(s, m->cseq, NULL);
}

/** Nothing but the end is left of the INVITE; `t` ends by itself. */
static void on_failure(struct sip_session *s, enum sip_try result, enum sip_end why,
                       const struct sip_msg *m)
{
    rt_timer_stop(&s->no_answer);
    if (sip_attempt_again(s, result, m))
        return;
    sip_ctrans_detach(s->invite_ct);
    s->invite_ct = NULL;
    sip_attempt_free(s);
    sip_early_free(s);
    sip_session_end(s, why, m);
}

static void on_over(struct sip_session *s)
{
    s->invite_ct = NULL;
    sip_session_reap(s);
}

void sip_session_invite_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                              const struct sip_msg *m)
{
    struct sip_session *s = arg;

    switch (ev) {
    case SIP_CT_PROVISIONAL:
        on_provisional(s, m);
        break;
    case SIP_CT_FINAL:
        sip_session_believed(s, m);
        if (m->pub.status < 300)
            on_success(s, t, m);
        else
            on_failure(s, SIP_TRY_ANSWERED, SIP_END_REFUSED, m);
        break;
    case SIP_CT_TIMEOUT:
        on_failure(s, s->state == SIP_S_CALLING ? SIP_TRY_TIMEOUT : SIP_TRY_ANSWERED,
                   SIP_END_TIMEOUT, NULL);
        break;
    case SIP_CT_TRANSPORT:
        on_failure(s, SIP_TRY_TRANSPORT, SIP_END_TRANSPORT, NULL);
        break;
    case SIP_CT_OVER:
        on_over(s);
        break;
    }
}

/* ---- calling ---- */

/** A URI that cannot break out of its place in a header field. */
static bool clean(struct rt_str uri)
{
    for (size_t i = 0; i < uri.n; i++)
        if ((unsigned char)uri.p[i] <= ' ' || uri.p[i] == '<' || uri.p[i] == '>')
            return false;
    return uri.n > 4;
}

static int start(struct sip_session *s, const struct sip_invite *inv)
{
    if (sip_dialog_calling(&s->d, s->ua, inv) != 0 || sip_attempt_new(s, inv) != 0)
        return ENOMEM;
    sip_session_register(s);
    return sip_attempt_send(s, 0);
}

int sip_session_invite(struct sip_session **out, struct sip_ua *ua, const struct sip_invite *inv,
                       const struct sip_session_ops *ops, void *arg)
{
    if (!clean(inv->request_uri) || !clean(inv->from_uri) || !clean(inv->to_uri) || inv->nhops == 0)
        return EINVAL;
    struct sip_session *s = sip_session_new(ua);
    if (!s)
        return ENOMEM;
    sip_session_own(s, ops, arg);
    if (inv->options)
        s->opt = *inv->options;
    s->no_answer_after = inv->no_answer;
    *out = s; /* before the INVITE goes out: the trace asks for the owner */
    int err = start(s, inv);
    if (err != 0) {
        *out = NULL;
        sip_session_free(s);
    }
    return err;
}
