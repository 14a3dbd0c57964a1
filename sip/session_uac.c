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
    sip_attempt_leave_formers(s);
    if (sip_attempt_rests(s)) {
        sip_attempt_free(s);
        sip_session_end(s, SIP_END_REFUSED, NULL);
        return;
    }
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
static bool is_chosen(struct sip_session *s, struct rt_str tag)
{
    if (!s->media_tag)
        s->media_tag = rt_str_dup(tag);
    return s->media_tag && rt_str_eq(tag, s->media_tag);
}

static void hide(struct sip_message *pub)
{
    pub->body = (struct sip_body){{"", 0}, {"", 0}};
}

static struct sip_body kept_answer(const struct sip_early *e)
{
    return (struct sip_body){rt_str("application/sdp"), rt_buf_str(&e->answer)};
}

/** An answer of a fork is kept: should it be heard later, or win, it need not repeat it. */
static void keep_answer(struct sip_early *e, const struct sip_message *pub)
{
    rt_buf_reset(&e->answer);
    rt_buf_put(&e->answer, pub->body.data.p, pub->body.data.n);
}

/** What the description in a provisional is: an answer that is certain, a preview of one, an offer;
 * or nothing that the owner shall see. */
static void describe(struct sip_session *s, const struct sip_msg *m, struct sip_early *e,
                     struct sip_message *pub)
{
    struct sip_early *known = sip_early_find(s, m->to_tag);

    if (e && s->offered && !e->agreed && pub->body.data.n > 0)
        keep_answer(e, pub);
    if (known && known->answer.n > 0 && !s->media_tag) { /* the fork heard before is gone */
        pub->body = kept_answer(known);
        e = known;
    }
    if (pub->body.data.n == 0)
        return;
    if (!is_chosen(s, m->to_tag) || (known && known->agreed)) {
        hide(pub);
    } else if (e && s->offered) {
        s->exchange = SIP_X_AGREED;
        e->agreed = true;
    } else if (e) {
        s->exchange = SIP_X_THEIRS;
        s->vehicle = SIP_V_PRACK;
        s->offer_early = e;
        pub->offer = true;
    }
}

/** The first sign of life of the hop. */
static void on_proceeding(struct sip_session *s)
{
    if (s->state != SIP_S_CALLING)
        return;
    s->state = SIP_S_PROCEEDING;
    rt_timer_stop(&s->no_answer);
    if (s->no_answer_after) /* 100 alone is no reason to wait for ever */
        rt_timer_start(&s->no_answer, s->no_answer_after);
    if (s->quiet)
        sip_session_cancel(s, NULL);
}

/** 199 (RFC 6228 4): that fork has gone, and another may be heard. */
static void unheard(struct sip_session *s)
{
    if (sip_early_unhear(s))
        sip_session_no_change(s);
}

static void on_provisional(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_message pub = m->pub;
    struct sip_early *e;

    on_proceeding(s);
    if (m->pub.status > 100) /* 100 says little: a 503 may follow it at once */
        sip_attempt_tried(s, SIP_TRY_ANSWERED, NULL);
    if (s->quiet || m->pub.status == 100 || !sip_early_take(s, m, &e))
        return;
    sip_session_learn(s, m);
    if (s->no_answer_after)
        rt_timer_start(&s->no_answer, s->no_answer_after);
    if (m->pub.status != 199)
        describe(s, m, e, &pub);
    if (e && !pub.offer)
        sip_early_prack(s, e, NULL, m->pub.body.data.n > 0);
    if (m->pub.status != 199)
        s->ops->provisional(s->arg, s, &pub);
    else if (s->media_tag && rt_str_eq(m->to_tag, s->media_tag))
        unheard(s);
}

/* ---- final answers ---- */

/** What was heard came from another fork than the 2xx, or the fork did not wait for the answer to
 * its offer. True: a change of the owner's goes with it. */
static bool leave_others(struct sip_session *s, const struct sip_msg *m)
{
    bool other = s->media_tag && !rt_str_eq(m->to_tag, s->media_tag);
    return (other || s->vehicle == SIP_V_PRACK) && sip_early_unhear(s);
}

/** What the 2xx's description is. When its fork has answered reliably before, it is that answer. */
static void settle(struct sip_session *s, const struct sip_msg *m, struct sip_message *pub)
{
    struct sip_early *e = sip_early_find(s, m->to_tag);

    s->d.remote_cseq = e ? e->d.remote_cseq : 0;
    if (e && e->agreed) {
        hide(pub); /* an UPDATE may be under way: `exchange` is as it was */
        return;
    }
    if (e && e->answer.n > 0)
        pub->body = kept_answer(e);
    if (!s->offered && pub->body.data.n > 0) {
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

    sip_attempt_tried(s, SIP_TRY_ANSWERED, m);
    bool crossed = s->quiet; /* our CANCEL */
    s->state = SIP_S_UP;
    sip_session_learn(s, m);
    sip_dialog_confirm(&s->d, s->ua, m);
    sip_session_locate(s);
    bool lost = leave_others(s, m);
    settle(s, m, &pub);
    if (!pub.offer)
        sip_session_ack(s, m->cseq, NULL);
    sip_expiry_take(s, m);
    sip_attempt_leave_formers(s);
    if (lost)
        sip_session_no_change(s);
    if (!s->quiet)
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

bool sip_session_clean_uri(struct rt_str uri)
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
    if (!sip_session_clean_uri(inv->request_uri) || !sip_session_clean_uri(inv->from_uri) ||
        !sip_session_clean_uri(inv->to_uri) || inv->nhops == 0)
        return EINVAL;
    struct sip_session *s = sip_session_new(ua);
    if (!s)
        return ENOMEM;
    sip_session_own(s, ops, arg);
    if (inv->options)
        s->opt = *inv->options;
    s->no_answer_after = inv->no_answer;
    sip_session_hold(s, inv->peer);
    *out = s; /* before the INVITE goes out: the trace asks for the owner */
    int err = start(s, inv);
    if (err != 0) {
        *out = NULL;
        sip_session_free(s);
    }
    return err;
}
