/* Their offers in the dialog: re-INVITE (RFC 3261 14.2), UPDATE (RFC 3311 5.2), and what the owner
 * answers in whatever message the answer belongs (RFC 6337 2).
 */
#include "sip/session.h"

#include <errno.h>

/* ---- re-INVITE ---- */

/** RFC 3261 14.2: one INVITE at a time, in either direction. While our 2xx waits for its ACK, the
 * description may still change: 491 (RFC 5407 3.1.5). */
static int reinvite_conflict(const struct sip_session *s)
{
    if (s->invite_st && !s->accepted)
        return 500;
    if (s->state != SIP_S_UP || s->quiet)
        return 481;
    if (s->reinviting || s->invite_st || s->update)
        return 491;
    return s->vehicle ? 500 : 0;
}

/** Answers what cannot be served now. True: it is answered. */
static bool refused(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow,
                    int status)
{
    if (status == 500)
        sip_session_answer_later(s, m, flow);
    else if (status == 422)
        sip_expiry_refuse(s, m, flow);
    else if (status != 0)
        sip_session_answer_status(s, m, flow, status);
    return status != 0;
}

void sip_session_reinvited(struct sip_session *s, const struct sip_msg *m,
                           const struct sip_flow *flow)
{
    int status = reinvite_conflict(s);

    if (status == 0)
        status = sip_expiry_inspect(&s->opt, m);
    if (status == 0 &&
        sip_strans_new(&s->invite_st, m, s->ua, flow, s, sip_session_server_event, s) != 0) {
        s->invite_st = NULL;
        status = 500;
    }
    if (refused(s, m, flow, status))
        return;
    s->invite_cseq = m->cseq;
    s->vehicle = SIP_V_RESPONSE;
    s->exchange = m->pub.body.data.n > 0 ? SIP_X_THEIRS : SIP_X_NONE;
    sip_session_learn(s, m);
    sip_expiry_grant(s, m);
    sip_session_retarget(s, m);
    s->ops->reinvited(s->arg, s, &m->pub);
    if (!s->quiet && s->invite_st && s->invite_st->last.n == 0)
        sip_strans_respond(s->invite_st, &(struct sip_response){.status = 100});
}

/* ---- 2xx to UPDATE and PRACK, or their refusal ---- */

static void respond_over(struct sip_session *s, struct sip_strans *st, bool prack,
                         struct sip_response *r)
{
    struct rt_buf lines = {0};

    if (r->status < 300 && !prack) {
        r->contact = s->d.contact;
        if (s->state == SIP_S_UP)
            sip_expiry_say(s, &lines);
    }
    r->tag = s->d.local_tag;
    r->lines = rt_buf_str(&lines);
    sip_strans_respond(st, r);
    rt_buf_release(&lines);
    sip_strans_detach(st);
}

static void respond_other(struct sip_session *s, struct sip_response *r)
{
    struct sip_strans *st = s->offer_st;
    bool prack = s->offer_in_prack;

    s->offer_st = NULL;
    s->offer_in_prack = false;
    respond_over(s, st, prack, r);
    if (prack)
        sip_reliable_go_on(s);
}

void sip_session_drop_offer(struct sip_session *s)
{
    if (!s->offer_st)
        return;
    s->vehicle = SIP_V_NONE;
    s->exchange = SIP_X_AGREED;
    respond_other(s, &(struct sip_response){.status = s->offer_in_prack ? 200 : 487});
}

/* ---- UPDATE ---- */

/** The dialog that a request of theirs belongs to: the session's, or an early fork's. NULL: of a
 * fork that has said nothing for certain. */
static struct sip_dialog *dialog_of(struct sip_session *s, const struct sip_msg *m)
{
    if (s->state == SIP_S_UP || s->state == SIP_S_INCOMING)
        return &s->d;
    struct sip_early *e = sip_early_find(s, m->from_tag);
    return e ? &e->d : NULL;
}

/** Before the INVITE is answered: RFC 6337 4.3. Of several forks that have given their answer only
 * the one that is heard may change anything. */
static int early_conflict(const struct sip_session *s, const struct sip_msg *m)
{
    if (s->state == SIP_S_INCOMING)
        return sip_reliable_exchanging(s) ? 500 : 0;
    if (s->media_tag && rt_str_eq(m->from_tag, s->media_tag))
        return s->pracks ? 491 : 0;
    struct sip_early *e = sip_early_find(s, m->from_tag);
    return (e && e->answer.n > 0) || !s->offered ? 500 : 491;
}

static int offer_conflict(const struct sip_session *s, const struct sip_msg *m)
{
    int status = s->state == SIP_S_UP ? 0 : early_conflict(s, m);

    if (status == 0 && (s->exchange == SIP_X_OURS || s->update || s->reinviting))
        status = 491;
    if (status == 0 && (s->exchange != SIP_X_AGREED || s->vehicle))
        status = 500;
    return status;
}

static int update_conflict(const struct sip_session *s, const struct sip_msg *m)
{
    if (s->quiet || (s->state != SIP_S_UP && s->state != SIP_S_INCOMING &&
                     s->state != SIP_S_PROCEEDING && s->state != SIP_S_CALLING))
        return 481;
    if (s->offer_st)
        return 500;
    return m->pub.body.data.n > 0 ? offer_conflict(s, m) : 0;
}

void sip_session_updated(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow)
{
    struct sip_strans *st = NULL;
    int status = update_conflict(s, m);

    if (status == 0)
        status = sip_expiry_inspect(&s->opt, m);
    if (status == 0 && sip_strans_new(&st, m, s->ua, flow, s, NULL, NULL) != 0)
        status = 500;
    if (refused(s, m, flow, status))
        return;
    struct sip_dialog *d = dialog_of(s, m);
    sip_session_learn(s, m);
    sip_expiry_grant(s, m);
    if (d)
        sip_dialog_refresh(d, s->ua, m);
    if (m->pub.body.data.n == 0) {
        respond_over(s, st, false, &(struct sip_response){.status = 200});
        if (!s->quiet && s->ops->updated)
            s->ops->updated(s->arg, s, &m->pub);
        return;
    }
    s->offer_st = st;
    s->vehicle = SIP_V_RESPONSE;
    s->exchange = SIP_X_THEIRS;
    s->ops->reinvited(s->arg, s, &m->pub);
}

/* ---- the owner's word ---- */

int sip_session_answer(struct sip_session *s, const struct sip_body *body)
{
    enum sip_vehicle how = s->vehicle;
    struct sip_early *e = s->offer_early;

    s->vehicle = SIP_V_NONE;
    s->offer_early = NULL;
    switch (how) {
    case SIP_V_NONE:
        return EPROTO;
    case SIP_V_RESPONSE:
        if (!s->offer_st)
            return sip_session_respond_2xx(s, body, rt_str(""));
        if (s->exchange == SIP_X_THEIRS)
            s->exchange = SIP_X_AGREED;
        respond_other(s, &(struct sip_response){.status = 200, .body = body});
        return 0;
    case SIP_V_PRACK:
        s->exchange = SIP_X_AGREED;
        e->agreed = true;
        sip_early_prack(s, e, body, true);
        return 0;
    case SIP_V_ACK:
        s->exchange = SIP_X_AGREED;
        sip_session_ack(s, s->offer_cseq, body);
        return 0;
    }
    return EPROTO;
}

int sip_session_decline(struct sip_session *s, int status, const struct sip_reason *reason)
{
    struct sip_response r = {.status = status, .reason = reason};

    if (s->vehicle != SIP_V_RESPONSE || (s->offer_st && s->offer_in_prack))
        return EPROTO;
    s->vehicle = SIP_V_NONE;
    s->exchange = SIP_X_AGREED;
    if (s->offer_st) {
        respond_other(s, &r);
        return 0;
    }
    int err = sip_session_respond(s, &r);
    sip_session_forget_invite(s);
    return err;
}
