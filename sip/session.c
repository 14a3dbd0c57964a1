/* The life of a session: made, owned, ended, closed, freed. */
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

/** The owner's last word. The session itself stays for 2xx to our INVITE that may still be
 * repeated, each of which wants its ACK (13.2.2.4). */
static void on_reap(void *arg)
{
    struct sip_session *s = arg;

    if (s->ops && s->ops->gone)
        s->ops->gone(s->arg, s);
    s->ops = NULL;
    s->arg = NULL;
    if (!s->invite_ct)
        sip_session_free(s);
}

struct sip_session *sip_session_new(struct sip_ua *ua)
{
    struct sip_session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->ua = ua;
    rt_timer_init(&s->no_answer, ua->loop, sip_session_on_no_answer, s);
    rt_timer_init(&s->repeat, ua->loop, sip_session_on_repeat, s);
    rt_timer_init(&s->glare, ua->loop, sip_session_on_glare, s);
    rt_defer_init(&s->reaper, ua->loop, on_reap, s);
    return s;
}

void sip_session_register(struct sip_session *s)
{
    HASH_ADD_KEYPTR(hh, s->ua->sessions, s->d.local_tag, SIP_TAG_LEN - 1, s);
}

void sip_session_free(struct sip_session *s)
{
    struct rt_timer *const timers[] = {&s->no_answer, &s->repeat, &s->glare};

    for (size_t i = 0; i < RT_COUNT(timers); i++)
        rt_timer_stop(timers[i]);
    rt_defer_stop(&s->reaper);
    sip_ctrans_detach(s->invite_ct);
    sip_ctrans_detach(s->reinvite_ct);
    sip_ctrans_detach(s->cancel_ct);
    sip_ctrans_detach(s->bye_ct);
    sip_strans_detach(s->invite_st);
    if (s->hh.tbl)
        HASH_DELETE(hh, s->ua->sessions, s);
    if (s->caller_key)
        HASH_DELETE(by_caller, s->ua->callers, s);
    free(s->caller_key);
    sip_dialog_release(&s->d);
    rt_buf_release(&s->ack);
    rt_buf_release(&s->left);
    rt_buf_release(&s->reinvite_body);
    rt_buf_release(&s->reinvite_type);
    free(s->media_tag);
    free(s);
}

struct sip_session *sip_session_find(const struct sip_ua *ua, const struct sip_msg *m)
{
    struct sip_session *s = NULL;

    if (m->to_tag.n != SIP_TAG_LEN - 1)
        return NULL;
    HASH_FIND(hh, ua->sessions, m->to_tag.p, SIP_TAG_LEN - 1, s);
    if (!s || !rt_str_eq(m->pub.call_id, s->d.call_id))
        return NULL;
    return s->d.remote_tag[0] == '\0' || rt_str_eq(m->from_tag, s->d.remote_tag) ? s : NULL;
}

/** NULL when memory ran out. */
static char *caller_key(const struct sip_msg *m)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%.*s %.*s", RT_STR(m->pub.call_id), RT_STR(m->from_tag));
    return b.failed ? NULL : b.p;
}

int sip_session_register_caller(struct sip_session *s, const struct sip_msg *m)
{
    s->caller_key = caller_key(m);
    if (!s->caller_key)
        return ENOMEM;
    HASH_ADD_KEYPTR(by_caller, s->ua->callers, s->caller_key, strlen(s->caller_key), s);
    return 0;
}

bool sip_session_merged(const struct sip_ua *ua, const struct sip_msg *m)
{
    char *key = caller_key(m);
    struct sip_session *s = NULL;

    if (key)
        HASH_FIND(by_caller, ua->callers, key, strlen(key), s);
    free(key);
    return s && s->invite_st && s->invite_cseq == m->cseq;
}

void sip_session_reap(struct sip_session *s)
{
    bool talks = s->invite_st || s->bye_ct || s->bye_waits;

    if (s->closed && s->state == SIP_S_OVER && !talks)
        rt_defer_start(&s->reaper);
}

void sip_session_end(struct sip_session *s, enum sip_end why, const struct sip_msg *m)
{
    struct rt_timer *const timers[] = {&s->no_answer, &s->repeat, &s->glare};

    if (s->state != SIP_S_LEAVING)
        s->state = SIP_S_OVER;
    for (size_t i = 0; i < RT_COUNT(timers); i++)
        rt_timer_stop(timers[i]);
    s->bye_waits = false;
    bool tell = !s->quiet && s->ops;
    s->quiet = true;
    if (tell)
        s->ops->ended(s->arg, s, why, m ? &m->pub : NULL);
    sip_session_reap(s);
}

/* ---- BYE and ACK ---- */

static void on_bye(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                   const struct sip_msg *m)
{
    struct sip_session *s = arg;

    (void)m;
    if (ev == SIP_CT_PROVISIONAL)
        return;
    sip_ctrans_detach(t); /* answered or not, the session is over; Timer K is its own affair */
    s->bye_ct = NULL;
    s->state = SIP_S_OVER;
    sip_session_reap(s);
}

void sip_session_drop_invite(struct sip_session *s)
{
    if (s->invite_st && !s->accepted)
        sip_strans_respond(s->invite_st,
                           &(struct sip_response){.status = 487, .tag = s->d.local_tag});
    sip_strans_detach(s->invite_st);
    s->invite_st = NULL;
    s->accepted = false;
}

void sip_session_bye(struct sip_session *s, const struct sip_reason *reason)
{
    struct sip_extras x = {.reason = reason};
    struct rt_buf wire = {0};
    char branch[SIP_BRANCH_LEN];

    rt_timer_stop(&s->repeat);
    s->bye_waits = false;
    s->state = SIP_S_LEAVING;
    sip_session_drop_invite(s);
    sip_dialog_request(&s->d, s->ua, "BYE", 0, &x, branch, &wire);
    if (sip_ctrans_new(&s->bye_ct, s->ua, &s->d.flow, branch, "BYE", &wire, s, on_bye, s) != 0) {
        s->bye_ct = NULL;
        s->state = SIP_S_OVER;
    }
}

void sip_session_ack(struct sip_session *s, const struct sip_msg *m)
{
    char branch[SIP_BRANCH_LEN];

    if (s->ack_cseq != m->cseq) {
        rt_buf_reset(&s->ack);
        sip_dialog_request(&s->d, s->ua, "ACK", m->cseq, NULL, branch, &s->ack);
        s->ack_cseq = m->cseq;
    }
    sip_ua_send(s->ua, &s->d.flow, rt_buf_str(&s->ack), s);
}

/* ---- the owner's side ---- */

void sip_session_own(struct sip_session *s, const struct sip_session_ops *ops, void *arg)
{
    s->ops = ops;
    s->arg = arg;
}

void *sip_session_owner(const struct sip_session *s)
{
    return s->closed && !(s->ops && s->ops->gone) ? NULL : s->arg;
}

struct rt_str sip_session_call_id(const struct sip_session *s)
{
    return rt_str(s->d.call_id);
}

/** BYE must not overtake the ACK to our 2xx (RFC 3261 15). */
static void leave_dialog(struct sip_session *s, const struct sip_reason *reason)
{
    if (!s->accepted) {
        sip_session_bye(s, reason);
        return;
    }
    s->bye_waits = true;
    if (reason)
        s->bye_reason = *reason;
}

void sip_session_close(struct sip_session *s, const struct sip_reason *reason)
{
    switch (s->state) {
    case SIP_S_CALLING:
    case SIP_S_PROCEEDING:
        sip_session_cancel(s, reason);
        break;
    case SIP_S_INCOMING:
        sip_session_refuse(s, 480, NULL, reason, NULL, 0);
        s->state = SIP_S_OVER;
        break;
    case SIP_S_UP:
        leave_dialog(s, reason);
        break;
    case SIP_S_LEAVING:
    case SIP_S_OVER:
        break;
    }
    s->quiet = s->closed = true;
    sip_session_reap(s);
}
