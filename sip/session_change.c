/* Our changes to the session: re-INVITE (RFC 3261 14.1), UPDATE (RFC 3311 5.1), and the refreshes
 * of RFC 4028 by either.
 */
#include "gw/rt/random.h"
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

/** RFC 3261 14.1: who made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
static rt_time glare_wait(const struct sip_session *s)
{
    if (s->d.caller)
        return (210 + rt_random_below(191)) * 10 * RT_MS;
    return rt_random_below(201) * 10 * RT_MS;
}

static struct sip_body kept_body(const struct sip_session *s)
{
    return (struct sip_body){rt_buf_str(&s->reinvite_type), rt_buf_str(&s->reinvite_body)};
}

static int keep_body(struct sip_session *s, const struct sip_body *body)
{
    rt_buf_reset(&s->reinvite_body);
    rt_buf_reset(&s->reinvite_type);
    rt_buf_put(&s->reinvite_body, body->data.p, body->data.n);
    rt_buf_put(&s->reinvite_type, body->type.p, body->type.n);
    return s->reinvite_body.failed || s->reinvite_type.failed ? ENOMEM : 0;
}

int sip_session_assert(struct sip_session *s, struct rt_str lines)
{
    char *kept = lines.n > 0 ? strndup(lines.p, lines.n) : NULL;

    if (lines.n > 0 && !kept)
        return ENOMEM;
    free(s->asserted);
    s->asserted = kept;
    return 0;
}

/* ---- what became of one ---- */

/* 500 with Retry-After: how long we wait, and how often, before it counts as a refusal */
#define LATER_MAX (32 * RT_S)
#define LATERS    5

/** They have another one of ours, or theirs, under way, and say when to come again (14.2, RFC 3311
 * 5.2). What is only passed on is for the far end to try again. */
static bool put_off(struct sip_session *s, int status, const struct sip_msg *m)
{
    if (status != 500 || m->pub.retry_after < 0 || (s->relays && !s->refreshing)) {
        s->laters = 0;
        return false;
    }
    rt_time wait = m->pub.retry_after > 0 ? m->pub.retry_after * RT_S : glare_wait(s);
    if (s->laters++ >= LATERS || wait > LATER_MAX)
        return false;
    rt_timer_start(&s->glare, wait);
    return true;
}

/** A refusal leaves the session as it was (14.1), with five exceptions. True: dealt with. An early
 * dialog ends by the INVITE's own answer. */
static bool exceptional(struct sip_session *s, int status, const struct sip_msg *m)
{
    if (put_off(s, status, m))
        return true;
    if (status == 491 && !(s->relays && !s->refreshing)) {
        rt_timer_start(&s->glare, glare_wait(s));
    } else if (status == 422 && sip_expiry_raise(s, m)) {
        rt_timer_start(&s->glare, 0);
    } else if (status == 481 && s->refreshing) { /* RFC 4028 10: BYE all the same */
        sip_session_lost(s, SIP_END_GONE, m);
    } else if (status == 481 &&
               s->state == SIP_S_UP) { /* RFC 5057 5.1: they have left it already */
        sip_session_end(s, SIP_END_GONE, m);
    } else if (status == 408 && s->state == SIP_S_UP) {
        sip_session_lost(s, s->refreshing ? SIP_END_EXPIRED : SIP_END_GONE, m);
    } else {
        return false;
    }
    return true;
}

static void on_final(struct sip_session *s, const struct sip_msg *m)
{
    int status = m->pub.status;
    struct sip_message pub = m->pub;

    if (status < 300) {
        sip_session_learn(s, m);
        sip_expiry_take(s, m);
    }
    if (s->exchange != SIP_X_THEIRS)
        s->exchange = SIP_X_AGREED;
    if (s->quiet || exceptional(s, status, m))
        return;
    bool refresh = s->refreshing;
    s->refreshing = false;
    if (refresh && status >= 300)
        sip_expiry_failed(s, false);
    pub.offer = s->vehicle == SIP_V_ACK;
    if (!refresh)
        s->ops->reanswered(s->arg, s, status, &pub);
}

/* ---- re-INVITE ---- */

static int send_reinvite(struct sip_session *s, const struct rt_buf *auth);

static bool answer_challenge(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_body body = kept_body(s);
    struct rt_buf auth = {0};

    if ((m->pub.status != 401 && m->pub.status != 407) || s->quiet ||
        s->challenged++ >= SIP_CHALLENGES_MAX)
        return false;
    bool sent = sip_session_authorise(s, m, "INVITE", s->d.target, &body, &auth) &&
                send_reinvite(s, &auth) == 0;
    rt_buf_release(&auth);
    return sent;
}

/** The 2xx to a re-INVITE without a body brings an offer, and the ACK waits for its answer. */
static void on_2xx(struct sip_session *s, const struct sip_msg *m)
{
    if (s->exchange == SIP_X_NONE && m->pub.body.data.n > 0 && !s->quiet) {
        s->exchange = SIP_X_THEIRS;
        s->vehicle = SIP_V_ACK;
        s->offer_cseq = m->cseq;
        return;
    }
    sip_session_ack(s, m->cseq, NULL);
}

static void on_reinvite_final(struct sip_session *s, const struct sip_msg *m)
{
    if (!s->reinviting) { /* the 2xx came again: our ACK was lost, or still waits */
        if (s->ack_cseq == m->cseq)
            sip_session_ack(s, m->cseq, NULL);
        return;
    }
    sip_session_believed(s, m);
    if (answer_challenge(s, m))
        return;
    s->reinviting = false;
    if (m->pub.status < 300) {
        sip_session_retarget(s, m); /* first: the ACK goes where they are now */
        on_2xx(s, m);
    }
    on_final(s, m);
}

static void on_reinvite_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                              const struct sip_msg *m)
{
    struct sip_session *s = arg;

    (void)t;
    switch (ev) {
    case SIP_CT_PROVISIONAL:
        break;
    case SIP_CT_FINAL:
        on_reinvite_final(s, m);
        break;
    case SIP_CT_TIMEOUT:
    case SIP_CT_TRANSPORT:
        if (!s->quiet)
            sip_session_lost(s, s->refreshing ? SIP_END_EXPIRED : SIP_END_GONE, NULL);
        break;
    case SIP_CT_OVER:
        s->reinvite_ct = NULL;
        s->reinviting = false;
        sip_session_reap(s);
        break;
    }
}

static int send_reinvite(struct sip_session *s, const struct rt_buf *auth)
{
    struct sip_body body = kept_body(s);
    struct rt_buf wire = {0}, lines = {0};
    char branch[SIP_BRANCH_LEN];

    rt_buf_put(&lines, auth->p, auth->n);
    rt_buf_puts(&lines, s->asserted ? s->asserted : "");
    sip_expiry_ask(s, &lines);
    struct sip_extras x = {
        .body = &body, .lines = rt_buf_str(&lines), .supported = sip_session_supported(&s->opt)};
    sip_ctrans_detach(s->reinvite_ct); /* an earlier one that only waits for repeated 2xx */
    sip_dialog_request(&s->d, s->ua, "INVITE", 0, &x, branch, &wire);
    wire.failed |= lines.failed;
    rt_buf_release(&lines);
    s->exchange = body.data.n > 0 ? SIP_X_OURS : SIP_X_NONE;
    s->reinviting = true;
    int err = sip_ctrans_new(&s->reinvite_ct, s->ua, &s->d.flow, branch, "INVITE", &wire, s,
                             on_reinvite_event, s);
    if (err != 0) {
        s->reinviting = false;
        s->reinvite_ct = NULL;
    }
    return err;
}

/** The first time: with what is known of the servers' challenges. */
static int start_reinvite(struct sip_session *s)
{
    struct sip_body body = kept_body(s);
    struct rt_buf auth = {0};

    s->challenged = 0;
    sip_session_introduce(s, "INVITE", s->d.target, &body, &auth);
    int err = send_reinvite(s, &auth);
    rt_buf_release(&auth);
    return err;
}

static bool busy(const struct sip_session *s)
{
    bool theirs = s->invite_st && s->state == SIP_S_UP;
    return s->reinviting || theirs || s->update || s->vehicle;
}

int sip_session_reinvite(struct sip_session *s, const struct sip_body *body)
{
    if (s->state != SIP_S_UP)
        return EPROTO;
    if (busy(s))
        return EALREADY;
    rt_timer_stop(&s->glare);
    s->refreshing = s->by_update = false;
    int err = keep_body(s, body);
    return err ? err : start_reinvite(s);
}

/* ---- UPDATE ---- */

/** The dialog that an UPDATE of ours goes into: while unanswered, the fork whose answer we have for
 * certain. */
static struct sip_dialog *update_dialog(struct sip_session *s)
{
    if (s->state == SIP_S_UP)
        return &s->d;
    if (s->state == SIP_S_INCOMING)
        return s->reliable ? &s->d : NULL;
    struct sip_early *e = s->media_tag ? sip_early_find(s, rt_str(s->media_tag)) : NULL;
    return e ? &e->d : NULL;
}

/** No answer at all: the dialog is lost, as by a re-INVITE's silence. */
static void on_update(struct sip_session *s, enum sip_client_event ev, const struct sip_msg *m)
{
    s->update = NULL;
    if (ev != SIP_CT_FINAL) {
        s->exchange = SIP_X_AGREED;
        if (s->state == SIP_S_UP && !s->quiet)
            sip_session_lost(s, s->refreshing ? SIP_END_EXPIRED : SIP_END_GONE, NULL);
        else if (!s->quiet && !s->refreshing)
            s->ops->reanswered(s->arg, s, 0, NULL);
        return;
    }
    bool unknown = m->pub.status == 405 || m->pub.status == 501;
    bool anew = unknown && s->refreshing && s->peer_update; /* a re-INVITE may do better */
    if (unknown)
        s->peer_update = false;
    if (m->pub.status < 300 && s->state == SIP_S_UP)
        sip_session_retarget(s, m);
    on_final(s, m);
    if (anew && !s->quiet)
        sip_expiry_failed(s, true);
}

bool sip_session_drop_update(struct sip_session *s)
{
    bool waits = s->by_update && rt_timer_running(&s->glare);

    if (!s->update && !waits)
        return false;
    rt_timer_stop(&s->glare);
    if (s->update)
        sip_inside_forget(s->update);
    s->update = NULL;
    return true;
}

void sip_session_no_change(struct sip_session *s)
{
    if (!s->quiet)
        s->ops->reanswered(s->arg, s, 0, NULL);
}

static int send_update(struct sip_session *s, const struct sip_body *body)
{
    struct sip_dialog *d = update_dialog(s);
    struct rt_buf lines = {0};

    if (!d)
        return EOPNOTSUPP;
    rt_buf_puts(&lines, s->asserted ? s->asserted : "");
    if (s->state == SIP_S_UP)
        sip_expiry_ask(s, &lines);
    s->by_update = true;
    if (body->data.n > 0)
        s->exchange = SIP_X_OURS;
    s->update = sip_inside_send(s, d, "UPDATE",
                                &(struct sip_extras){.lines = rt_buf_str(&lines),
                                                     .body = body,
                                                     .supported = sip_session_supported(&s->opt)},
                                on_update);
    rt_buf_release(&lines);
    return s->update ? 0 : ENOMEM;
}

/** Our description, or our word on theirs, is not yet there for certain (RFC 6337 4.3: UAC-IU). */
static bool early_exchange(const struct sip_session *s)
{
    return s->state != SIP_S_UP && (s->pracks || sip_reliable_exchanging(s));
}

int sip_session_update(struct sip_session *s, const struct sip_body *body)
{
    if (!s->peer_update || !update_dialog(s))
        return EOPNOTSUPP;
    if (busy(s) || early_exchange(s) || s->exchange != SIP_X_AGREED)
        return EALREADY;
    rt_timer_stop(&s->glare);
    s->refreshing = false;
    int err = keep_body(s, body);
    return err ? err : send_update(s, body);
}

/* ---- once more ---- */

void sip_session_on_glare(void *arg)
{
    struct sip_session *s = arg;
    struct sip_body body = kept_body(s);

    if (s->state == SIP_S_OVER || s->state == SIP_S_LEAVING || s->quiet || s->reinviting ||
        s->update)
        return;
    if (busy(s) || early_exchange(s))
        rt_timer_start(&s->glare, glare_wait(s)); /* theirs came first */
    else if ((s->by_update ? send_update(s, &body) : start_reinvite(s)) == 0)
        return;
    else if (s->refreshing)
        sip_expiry_failed(s, true);
    else
        sip_session_no_change(s); /* there is nobody any more to send it to */
}

void sip_session_refresh(struct sip_session *s)
{
    static const struct sip_body none;
    struct sip_body body = none;

    if (busy(s) || rt_timer_running(&s->glare))
        return;
    if (!s->peer_update && s->ops->describe)
        s->ops->describe(s->arg, s, &body);
    if (s->quiet || keep_body(s, &body) != 0)
        return;
    s->refreshing = true;
    s->by_update = s->peer_update || body.data.n == 0;
    if ((s->by_update ? send_update(s, &body) : start_reinvite(s)) != 0)
        s->refreshing = false;
}
