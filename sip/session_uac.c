/* Calling: our INVITE, its provisionals, its forks, its end. */
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

/** Timer C (16.6 step 11, 16.8): cancel, and for the owner it is over. */
void sip_session_on_no_answer(void *arg)
{
    struct sip_session *s = arg;

    rt_count(&sip_counters[SIP_TIMEOUTS]);
    sip_session_cancel(s, NULL);
    s->ops->ended(s->arg, s, SIP_END_TIMEOUT, NULL);
}

/* ---- provisionals ---- */

/** Only one early description can be heard: that of the first fork that had one. */
static bool may_describe(struct sip_session *s, const struct sip_msg *m)
{
    if (m->pub.body.data.n == 0)
        return false;
    if (!s->media_tag)
        s->media_tag = rt_str_dup(m->to_tag);
    return s->media_tag && rt_str_eq(m->to_tag, s->media_tag);
}

static void on_provisional(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_message pub = m->pub;

    if (s->state == SIP_S_CALLING) {
        s->state = SIP_S_PROCEEDING;
        if (s->quiet)
            sip_session_cancel(s, NULL);
    }
    if (s->quiet || m->pub.status == 100)
        return;
    if (s->no_answer_after)
        rt_timer_start(&s->no_answer, s->no_answer_after);
    if (!may_describe(s, m))
        pub.body = (struct sip_body){{"", 0}, {"", 0}};
    s->ops->provisional(s->arg, s, &pub);
}

/* ---- final answers ---- */

/** Notes the tag of a fork: its 2xx may come again before it has our ACK. */
static bool left_already(struct sip_session *s, struct rt_str tag)
{
    struct rt_buf key = {0};

    rt_buf_printf(&key, " %.*s ", RT_STR(tag));
    bool known = key.n > 0 && s->left.n > 0 && memmem(s->left.p, s->left.n, key.p, key.n);
    if (!known)
        rt_buf_put(&s->left, key.p, key.n);
    rt_buf_release(&key);
    return known;
}

/** A 2xx of another fork: its dialog is acknowledged and left at once (13.2.2.4). */
static void release_fork(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_dialog d;
    struct rt_buf ack = {0}, bye = {0};
    char branch[SIP_BRANCH_LEN];

    if (sip_dialog_fork(&d, &s->d, s->ua, m) == 0) {
        sip_dialog_request(&d, s->ua, "ACK", m->cseq, NULL, branch, &ack);
        sip_ua_send(s->ua, &d.flow, rt_buf_str(&ack), s);
        if (!left_already(s, m->to_tag)) {
            sip_dialog_request(&d, s->ua, "BYE", 0, NULL, branch, &bye);
            sip_ctrans_new(NULL, s->ua, &d.flow, branch, "BYE", &bye, NULL, NULL, NULL);
        }
    }
    rt_buf_release(&ack);
    sip_dialog_release(&d);
}

static void on_success(struct sip_session *s, const struct sip_msg *m)
{
    rt_timer_stop(&s->no_answer);
    if (s->state == SIP_S_CALLING || s->state == SIP_S_PROCEEDING) {
        s->state = SIP_S_UP;
        sip_dialog_confirm(&s->d, s->ua, m);
        sip_session_ack(s, m);
        if (s->quiet) /* it crossed our CANCEL */
            sip_session_bye(s, &s->bye_reason);
        else
            s->ops->answered(s->arg, s, &m->pub);
        return;
    }
    if (rt_str_eq(m->to_tag, s->d.remote_tag))
        sip_session_ack(s, m);
    else
        release_fork(s, m);
}

static void on_over(struct sip_session *s)
{
    s->invite_ct = NULL;
    sip_session_reap(s);
}

static void on_invite(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                      const struct sip_msg *m)
{
    struct sip_session *s = arg;

    switch (ev) {
    case SIP_CT_PROVISIONAL:
        on_provisional(s, m);
        break;
    case SIP_CT_FINAL:
        if (m->pub.status < 300) {
            on_success(s, m);
            break;
        }
        sip_ctrans_detach(t); /* Timer D is its own affair */
        s->invite_ct = NULL;
        sip_session_end(s, SIP_END_REFUSED, m);
        break;
    case SIP_CT_TIMEOUT:
        sip_session_end(s, SIP_END_TIMEOUT, NULL);
        break;
    case SIP_CT_TRANSPORT:
        sip_session_end(s, SIP_END_TRANSPORT, NULL);
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

static int send_invite(struct sip_session *s, const struct sip_invite *inv)
{
    struct sip_extras x = {.headers = inv->headers, .nheaders = inv->nheaders, .body = &inv->body};
    struct rt_buf wire = {0};
    char branch[SIP_BRANCH_LEN];

    sip_dialog_request(&s->d, s->ua, "INVITE", 0, &x, branch, &wire);
    return sip_ctrans_new(&s->invite_ct, s->ua, &s->d.flow, branch, "INVITE", &wire, s, on_invite,
                          s);
}

int sip_session_invite(struct sip_session **out, struct sip_ua *ua, const struct sip_invite *inv,
                       const struct sip_session_ops *ops, void *arg)
{
    if (!clean(inv->request_uri) || !clean(inv->from_uri) || !clean(inv->to_uri))
        return EINVAL;
    struct sip_session *s = sip_session_new(ua);
    if (!s)
        return ENOMEM;
    sip_session_own(s, ops, arg);
    s->no_answer_after = inv->no_answer;
    if (sip_dialog_calling(&s->d, ua, inv) != 0) {
        sip_session_free(s);
        return ENOMEM;
    }
    sip_session_register(s);
    *out = s; /* before the INVITE goes out: the trace asks for the owner */
    int err = send_invite(s, inv);
    if (err != 0) {
        *out = NULL;
        sip_session_free(s);
    }
    return err;
}
