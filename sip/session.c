/* The life of a session: made, owned, ended, closed, freed. */
#include "sip/session.h"
#include "sip/text.h"

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
    if (!s->invite_ct || sip_fork_hand_over(s))
        sip_session_free(s);
}

struct sip_session *sip_session_new(struct sip_ua *ua)
{
    struct sip_session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->ua = ua;
    s->heard = rt_loop_now(ua->loop);
    rt_timer_init(&s->no_answer, ua->loop, sip_session_on_no_answer, s);
    rt_timer_init(&s->repeat, ua->loop, sip_session_on_repeat, s);
    rt_timer_init(&s->glare, ua->loop, sip_session_on_glare, s);
    rt_timer_init(&s->expiry, ua->loop, sip_session_on_expiry, s);
    rt_defer_init(&s->reaper, ua->loop, on_reap, s);
    return s;
}

void sip_session_register(struct sip_session *s)
{
    HASH_ADD_KEYPTR(hh, s->ua->sessions, s->d.local_tag, SIP_TAG_LEN - 1, s);
}

static void stop_timers(struct sip_session *s)
{
    struct rt_timer *const timers[] = {&s->no_answer, &s->repeat, &s->glare, &s->expiry};

    for (size_t i = 0; i < RT_COUNT(timers); i++)
        rt_timer_stop(timers[i]);
}

void sip_session_hold(struct sip_session *s, const void *owner)
{
    s->peer = owner;
    if (owner && s->ua->ops->hold)
        s->ua->ops->hold(s->ua->arg, owner);
}

void sip_session_free(struct sip_session *s)
{
    stop_timers(s);
    rt_defer_stop(&s->reaper);
    sip_ctrans_detach(s->invite_ct);
    sip_ctrans_detach(s->reinvite_ct);
    sip_ctrans_detach(s->cancel_ct);
    sip_strans_detach(s->invite_st);
    sip_strans_detach(s->offer_st);
    sip_inside_free_all(s);
    sip_early_free(s);
    sip_attempt_free(s);
    sip_reliable_free(s);
    sip_transfer_free(s);
    sip_locate_cancel(s->locate);
    sip_auth_release(&s->auth);
    if (s->ua->walk == s)
        s->ua->walk = s->hh.next;
    if (s->hh.tbl)
        HASH_DELETE(hh, s->ua->sessions, s);
    if (s->caller_key)
        HASH_DELETE(by_caller, s->ua->callers, s);
    free(s->caller_key);
    free(s->bye_lines);
    free(s->bye_body);
    sip_dialog_release(&s->d);
    rt_buf_release(&s->ack);
    rt_buf_release(&s->reinvite_body);
    rt_buf_release(&s->reinvite_type);
    free(s->asserted);
    free(s->media_tag);
    if (s->peer && s->ua->ops->drop)
        s->ua->ops->drop(s->ua->arg, s->peer);
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

/** What goes before the NUL is the key; the Request-URI after it is what else is to be known. NULL
 * when memory ran out. */
static char *caller_key(const struct sip_msg *m)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%.*s %.*s", RT_STR(m->pub.call_id), RT_STR(m->from_tag));
    rt_buf_put(&b, "", 1);
    rt_buf_put(&b, m->pub.request_uri.p, m->pub.request_uri.n);
    return b.failed ? NULL : b.p;
}

/** The sessions of one caller are in one bucket of the hash, in no order. */
static struct sip_session *first_of_caller(const struct sip_ua *ua, const char *key)
{
    struct sip_session *s = NULL;

    HASH_FIND(by_caller, ua->callers, key, strlen(key), s);
    return s;
}

static struct sip_session *next_of_caller(const struct sip_session *s)
{
    const struct UT_hash_handle *at = &s->by_caller;

    for (struct UT_hash_handle *h = at->hh_next; h; h = h->hh_next)
        if (h->keylen == at->keylen && memcmp(h->key, at->key, at->keylen) == 0)
            return ELMT_FROM_HH(at->tbl, h);
    return NULL;
}

/** The user part of a URI as far as its first parameter: a number. */
static struct rt_str number_of(struct rt_str uri)
{
    struct sip_uri u;

    return sip_uri_read(&u, uri) == 0 ? u.user : (struct rt_str){"", 0};
}

/** The same INVITE, whichever way it came. With overlap signalling a longer number makes another
 * one of it, CSeq or not. */
static bool same_invite(const struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str had = number_of(rt_str(s->caller_key + strlen(s->caller_key) + 1));
    struct rt_str has = number_of(m->pub.request_uri);
    bool grown = s->opt.overlap && has.n > had.n && memcmp(has.p, had.p, had.n) == 0;

    return s->invite_st && s->invite_cseq == m->cseq && !grown;
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
    struct sip_session *s = key ? first_of_caller(ua, key) : NULL;

    free(key);
    while (s && !same_invite(s, m))
        s = next_of_caller(s);
    return s != NULL;
}

struct sip_session *sip_session_former(const struct sip_session *s, bool *overtaken)
{
    struct sip_session *f = s->caller_key ? first_of_caller(s->ua, s->caller_key) : NULL;

    while (f && (f == s || f->state != SIP_S_INCOMING || f->quiet || !f->ops))
        f = next_of_caller(f);
    *overtaken = f && f->invite_cseq > s->invite_cseq;
    return f;
}

/* ---- what the peer can do, and we ---- */

void sip_session_learn(struct sip_session *s, const struct sip_msg *m)
{
    const struct sip_scan *scan = &m->scan;

    if (sip_scan_header(scan, "Allow", 0).n > 0)
        s->peer_update = sip_has_token(scan, "Allow", "UPDATE");
    if (m->pub.status == 0 && m->method == SIP_INVITE) {
        s->peer_needs_100rel = sip_has_token(scan, "Require", "100rel");
        s->peer_100rel = s->peer_needs_100rel || sip_has_token(scan, "Supported", "100rel");
    }
    s->peer_timer =
        sip_has_token(scan, "Supported", "timer") || sip_has_token(scan, "Require", "timer");
}

const char *sip_session_supported(const struct sip_session_options *opt)
{
    return opt && opt->reliable != SIP_OFF ? "100rel, " SIP_SUPPORTED_ALWAYS : SIP_SUPPORTED_ALWAYS;
}

/* ---- the end ---- */

void sip_session_reap(struct sip_session *s)
{
    bool talks = s->invite_st || s->bye || s->bye_waits;

    if (s->closed && s->state == SIP_S_OVER && !talks)
        rt_defer_start(&s->reaper);
}

void sip_session_end(struct sip_session *s, enum sip_end why, const struct sip_msg *m)
{
    if (s->state != SIP_S_LEAVING)
        s->state = SIP_S_OVER;
    stop_timers(s);
    s->bye_waits = false;
    sip_session_drop_offer(s);
    sip_transfer_drop(s);
    bool tell = !s->quiet && s->ops;
    s->quiet = true;
    if (tell)
        s->ops->ended(s->arg, s, why, m ? &m->pub : NULL);
    sip_session_reap(s);
}

void sip_session_lost(struct sip_session *s, enum sip_end why, const struct sip_msg *m)
{
    sip_session_bye(s, NULL);
    sip_session_end(s, why, m);
}

/* ---- BYE and ACK ---- */

/** Answered or not, the session is over. */
static void on_bye(struct sip_session *s, enum sip_client_event ev, const struct sip_msg *m)
{
    (void)ev;
    (void)m;
    s->bye = NULL;
    s->state = SIP_S_OVER;
    sip_session_reap(s);
}

void sip_session_drop_invite(struct sip_session *s)
{
    if (s->invite_st && !s->accepted)
        sip_strans_respond(s->invite_st,
                           &(struct sip_response){.status = 487, .tag = s->d.local_tag});
    sip_session_forget_invite(s);
    s->accepted = false;
}

struct sip_body sip_session_parting(const struct sip_session *s)
{
    return (struct sip_body){rt_str(s->bye_body ? s->bye_type : ""),
                             rt_str(s->bye_body ? s->bye_body : "")};
}

void sip_session_bye(struct sip_session *s, const struct sip_reason *reason)
{
    struct sip_body body = sip_session_parting(s);
    struct sip_extras x = {
        .reason = reason, .lines = rt_str(s->bye_lines ? s->bye_lines : ""), .body = &body};

    rt_timer_stop(&s->repeat);
    rt_timer_stop(&s->expiry);
    s->bye_waits = false;
    s->state = SIP_S_LEAVING;
    sip_session_drop_invite(s);
    s->bye = sip_inside_send(s, &s->d, "BYE", &x, on_bye);
    if (!s->bye)
        s->state = SIP_S_OVER;
}

void sip_session_ack(struct sip_session *s, uint32_t cseq, const struct sip_body *body)
{
    char branch[SIP_BRANCH_LEN];

    if (s->locate && s->ack_cseq != cseq && (!body || body->data.n == 0)) {
        s->ack_waits = cseq;
        return;
    }
    if (s->ack_cseq != cseq) {
        rt_buf_reset(&s->ack);
        sip_dialog_request(&s->d, s->ua, "ACK", cseq, &(struct sip_extras){.body = body}, branch,
                           &s->ack);
        s->ack_cseq = cseq;
    }
    sip_ua_send(s->ua, &s->d.flow, rt_buf_str(&s->ack), s);
}

/* ---- the owner's side ---- */

void sip_session_relay(struct sip_session *s, bool relays)
{
    s->relays = relays;
}

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

const union rt_addr *sip_session_far(const struct sip_session *s)
{
    return &s->d.flow.addr;
}

void sip_session_farewell(struct sip_session *s, struct rt_str lines)
{
    free(s->bye_lines);
    s->bye_lines = rt_str_dup(lines); /* without memory it says less */
}

void sip_session_farewell_body(struct sip_session *s, const char *type, struct rt_str text)
{
    free(s->bye_body);
    s->bye_type = type;
    s->bye_body = rt_str_dup(text);
}

/** BYE must not overtake the ACK to our 2xx (RFC 3261 15). */
static void leave_dialog(struct sip_session *s, const struct sip_reason *reason)
{
    if (s->vehicle == SIP_V_ACK) /* their 2xx was never acknowledged: there will be no answer */
        sip_session_ack(s, s->offer_cseq, NULL);
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
    rt_timer_stop(&s->expiry);
    sip_session_drop_offer(s);
    sip_transfer_drop(s);
    s->quiet = s->closed = true;
    sip_session_reap(s);
}
