/* Our INVITE as it is sent, and sent again: to the next hop when one is silent, out of reach or
 * answers 503 (RFC 3263 4.3), with credentials (RFC 3261 22.2), with a longer session interval (RFC
 * 4028 7.3), with more digits (RFC 3578 3.2).
 */
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** An INVITE with fewer digits than the present one: it ends by itself (RFC 3578 3.4). */
struct former {
    struct former *prev, *next;
    struct sip_session *s;
    struct sip_ctrans *ct;
    bool proceeding; /* a provisional came: it may be cancelled */
};

struct sip_attempt {
    struct sip_hop hop[SIP_HOPS_MAX]; /* domains are owned */
    unsigned nhops, at;
    rt_time try_for;
    unsigned hops_used;
    struct rt_buf lines, type, data;
    struct rt_buf auth; /* answers the last challenge */
    unsigned challenged;
    bool told; /* what this hop is worth */
    bool more; /* digits may still come: a refusal is not the end */
    struct former *formers;
    struct rt_buf best; /* the refusal that says most so far */
    unsigned rank;      /* its; 0: there was none */
    enum sip_end why;
    struct rt_defer settle;
};

static void on_settle(void *arg);

static void copy_hops(struct sip_attempt *a, const struct sip_invite *inv)
{
    for (; a->nhops < inv->nhops && a->nhops < SIP_HOPS_MAX; a->nhops++) {
        struct sip_hop *h = &a->hop[a->nhops];
        *h = inv->hops[a->nhops];
        if (h->domain)
            h->domain = strdup(h->domain);
    }
}

int sip_attempt_new(struct sip_session *s, const struct sip_invite *inv)
{
    struct sip_attempt *a = calloc(1, sizeof *a);

    s->attempt = a;
    if (!a)
        return ENOMEM;
    copy_hops(a, inv);
    a->more = inv->more;
    rt_defer_init(&a->settle, s->ua->loop, on_settle, s);
    a->try_for = inv->try_for;
    a->hops_used = inv->hops_used < 70 ? inv->hops_used : 70;
    for (unsigned i = 0; i < inv->nheaders; i++)
        rt_buf_printf(&a->lines, "%.*s: %.*s\r\n", RT_STR(inv->headers[i].name),
                      RT_STR(inv->headers[i].value));
    rt_buf_put(&a->lines, inv->lines.p, inv->lines.n);
    rt_buf_put(&a->type, inv->body.type.p, inv->body.type.n);
    rt_buf_put(&a->data, inv->body.data.p, inv->body.data.n);
    struct sip_body body = {rt_buf_str(&a->type), rt_buf_str(&a->data)};
    sip_session_introduce(s, "INVITE", s->d.target, &body, &a->auth);
    if (s->opt.reliable == SIP_REQUIRED)
        rt_buf_puts(&a->lines, "Require: 100rel\r\n");
    return a->lines.failed || a->type.failed || a->data.failed ? ENOMEM : 0;
}

/** What still comes to it is left. */
static void forget(struct sip_attempt *a, struct former *f)
{
    DL_DELETE(a->formers, f);
    sip_fork_orphan(f->ct);
    free(f);
}

void sip_attempt_free(struct sip_session *s)
{
    struct sip_attempt *a = s->attempt;

    if (!a)
        return;
    for (unsigned i = 0; i < a->nhops; i++)
        free((void *)(uintptr_t)a->hop[i].domain);
    rt_buf_release(&a->lines);
    rt_buf_release(&a->type);
    rt_buf_release(&a->data);
    rt_buf_release(&a->auth);
    rt_buf_release(&a->best);
    rt_defer_stop(&a->settle);
    while (a->formers)
        forget(a, a->formers);
    free(a);
    s->attempt = NULL;
}

static struct sip_body body_of(const struct sip_attempt *a)
{
    return (struct sip_body){rt_buf_str(&a->type), rt_buf_str(&a->data)};
}

int sip_attempt_send(struct sip_session *s, uint32_t cseq)
{
    struct sip_attempt *a = s->attempt;
    struct sip_body body = body_of(a);
    struct rt_buf wire = {0}, lines = {0};
    char branch[SIP_BRANCH_LEN];

    s->state = SIP_S_CALLING;
    s->offered = a->data.n > 0;
    s->exchange = s->offered ? SIP_X_OURS : SIP_X_NONE;
    rt_buf_put(&lines, a->lines.p, a->lines.n);
    rt_buf_put(&lines, a->auth.p, a->auth.n);
    sip_expiry_ask(s, &lines);
    if (s->opt.accept)
        sip_accept(&lines, &s->opt);
    struct sip_extras x = {.lines = rt_buf_str(&lines),
                           .body = &body,
                           .supported = sip_session_supported(&s->opt),
                           .hops_used = a->hops_used};
    s->sent_cseq = cseq ? cseq : ++s->d.local_cseq;
    sip_dialog_request(&s->d, s->ua, "INVITE", s->sent_cseq, &x, branch, &wire);
    wire.failed |= lines.failed;
    rt_buf_release(&lines);
    int err = sip_ctrans_new(&s->invite_ct, s->ua, &s->d.flow, branch, "INVITE", &wire, s,
                             sip_session_invite_event, s);
    if (err == 0 && a->try_for)
        rt_timer_start(&s->no_answer, a->try_for);
    return err;
}

void sip_attempt_tried(struct sip_session *s, enum sip_try result, const struct sip_msg *m)
{
    struct sip_attempt *a = s->attempt;

    if (!a || a->told)
        return;
    a->told = true;
    if (s->ops && s->ops->tried && !s->quiet)
        s->ops->tried(s->arg, s, &a->hop[a->at], result, m ? &m->pub : NULL);
}

/* ---- again ---- */

/** The transaction so far ends by itself; forks of it are nobody's any more. */
static int restart(struct sip_session *s, uint32_t cseq)
{
    sip_fork_orphan(s->invite_ct);
    s->invite_ct = NULL;
    bool lost = sip_early_unhear(s);
    sip_early_free(s);
    int err = sip_attempt_send(s, cseq);
    if (lost)
        sip_session_no_change(s);
    return err;
}

/** The same credentials, counted on: what was sent with them before would be a replay. */
static void introduce(struct sip_session *s)
{
    struct sip_attempt *a = s->attempt;
    struct sip_body body = body_of(a);

    rt_buf_reset(&a->auth);
    sip_session_introduce(s, "INVITE", s->d.target, &body, &a->auth);
}

static bool next_hop(struct sip_session *s)
{
    struct sip_attempt *a = s->attempt;

    if (a->at + 1 >= a->nhops)
        return false;
    sip_dialog_redirect(&s->d, s->ua, &a->hop[++a->at]);
    a->challenged = 0;
    a->told = false;
    introduce(s);
    return restart(s, s->sent_cseq) == 0;
}

static bool answer_challenge(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_attempt *a = s->attempt;
    struct sip_body body = body_of(a);

    if (a->challenged++ >= SIP_CHALLENGES_MAX)
        return false;
    rt_buf_reset(&a->auth);
    return sip_session_authorise(s, m, "INVITE", s->d.target, &body, &a->auth) &&
           restart(s, 0) == 0;
}

static bool raise_interval(struct sip_session *s, const struct sip_msg *m)
{
    if (!sip_expiry_raise(s, m))
        return false;
    introduce(s);
    return restart(s, 0) == 0;
}

/* ---- of several INVITEs, what the owner is told ---- */

#define RANK_SILENCE 6

/** As a forking proxy chooses (RFC 3261 16.7 step 6), but that 484 says least of the 4xx: to one
 * INVITE of several it was to be expected (RFC 3578 3.2). The lowest is the best. */
static unsigned rank_of(int status)
{
    if (status >= 600)
        return 1;
    if (status == 484)
        return 4;
    return status < 400 ? 2 : status < 500 ? 3 : 5;
}

/** The later one, with more digits, goes before an equal one. `m` NULL: silence, or no way. */
static void note_refusal(struct sip_attempt *a, enum sip_try result, const struct sip_msg *m)
{
    unsigned rank = m ? rank_of(m->pub.status) : RANK_SILENCE;

    if (a->rank && a->rank < rank)
        return;
    a->rank = rank;
    a->why = m                             ? SIP_END_REFUSED
             : result == SIP_TRY_TRANSPORT ? SIP_END_TRANSPORT
                                           : SIP_END_TIMEOUT;
    rt_buf_reset(&a->best);
    if (m)
        rt_buf_put(&a->best, m->scan.start.p, m->scan.total);
}

/** Ends the session by the best refusal of all. */
static void end_by_best(struct sip_session *s)
{
    struct rt_buf wire = s->attempt->best;
    enum sip_end why = s->attempt->why;
    struct sip_msg *m = wire.n > 0 ? calloc(1, sizeof *m) : NULL;

    memset(&s->attempt->best, 0, sizeof wire);
    if (m && sip_msg_read(m, rt_buf_str(&wire)) != 0) {
        free(m);
        m = NULL;
    }
    sip_attempt_free(s);
    sip_early_free(s);
    sip_session_end(s, m || why != SIP_END_REFUSED ? why : SIP_END_TIMEOUT, m);
    free(m);
    rt_buf_release(&wire);
}

static void on_settle(void *arg)
{
    struct sip_session *s = arg;
    struct sip_attempt *a = s->attempt;

    if (a->rank && !a->more && !a->formers && !s->invite_ct)
        end_by_best(s);
}

/** The present INVITE has come to nothing. False: it was the only one, and will be. */
static bool outlives(struct sip_session *s, enum sip_try result, const struct sip_msg *m)
{
    struct sip_attempt *a = s->attempt;

    if (!a->more && !a->formers && !a->rank)
        return false;
    note_refusal(a, result, m);
    sip_fork_orphan(s->invite_ct);
    s->invite_ct = NULL;
    sip_early_unhear(s);
    sip_early_free(s);
    s->state = SIP_S_PROCEEDING;
    rt_defer_start(&a->settle);
    return true;
}

bool sip_attempt_again(struct sip_session *s, enum sip_try result, const struct sip_msg *m)
{
    int status = m ? m->pub.status : 0;
    bool wanted = s->attempt && !s->quiet;

    if (wanted && (status == 401 || status == 407) && answer_challenge(s, m))
        return true;
    if (wanted && status == 422 && raise_interval(s, m))
        return true;
    if (status == 503)
        result = SIP_TRY_BUSY;
    sip_attempt_tried(s, result, m);
    if (!wanted || s->quiet)
        return false;
    return (result != SIP_TRY_ANSWERED && next_hop(s)) || outlives(s, result, m);
}

/* ---- with more digits (RFC 3578 3.2 to 3.4) ---- */

/** Answered, or given up: of the INVITEs before the present one nothing is wanted any more. */
void sip_attempt_leave_formers(struct sip_session *s)
{
    struct sip_attempt *a = s->attempt;

    while (a && a->formers) {
        if (a->formers->proceeding)
            sip_ctrans_cancel(NULL, a->formers->ct, NULL, NULL, NULL);
        forget(a, a->formers);
    }
}

bool sip_attempt_rests(const struct sip_session *s)
{
    return s->attempt && s->attempt->rank && !s->invite_ct;
}

/** One with fewer digits was answered: it is the call, and the present one is left. */
static void adopt(struct former *f, const struct sip_msg *m)
{
    struct sip_session *s = f->s;
    struct sip_ctrans *t = f->ct;

    DL_DELETE(s->attempt->formers, f);
    free(f);
    rt_timer_stop(&s->no_answer);
    if (s->invite_ct && s->state == SIP_S_PROCEEDING)
        sip_ctrans_cancel(NULL, s->invite_ct, NULL, NULL, NULL);
    sip_fork_orphan(s->invite_ct);
    sip_early_unhear(s);
    sip_early_free(s);
    s->invite_ct = t;
    t->fn = sip_session_invite_event;
    t->arg = s;
    s->sent_cseq = m->cseq;
    s->state = SIP_S_PROCEEDING;
    sip_session_invite_event(s, t, SIP_CT_FINAL, m);
}

static void on_former(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                      const struct sip_msg *m)
{
    struct former *f = arg;
    struct sip_session *s = f->s;

    (void)t;
    if (ev == SIP_CT_PROVISIONAL) {
        f->proceeding = true;
        return;
    }
    if (ev == SIP_CT_FINAL && m->pub.status < 300) {
        adopt(f, m);
        return;
    }
    if (ev == SIP_CT_FINAL)
        sip_session_believed(s, m);
    note_refusal(s->attempt, ev == SIP_CT_TRANSPORT ? SIP_TRY_TRANSPORT : SIP_TRY_TIMEOUT, m);
    forget(s->attempt, f);
    rt_defer_start(&s->attempt->settle);
}

/** The present INVITE becomes a former one. ENOMEM. */
static int step_back(struct sip_session *s)
{
    struct former *f = calloc(1, sizeof *f);

    if (!f)
        return ENOMEM;
    f->s = s;
    f->ct = s->invite_ct;
    f->proceeding = s->state == SIP_S_PROCEEDING;
    f->ct->fn = on_former;
    f->ct->arg = f;
    DL_APPEND(s->attempt->formers, f);
    s->invite_ct = NULL;
    return 0;
}

/** RFC 3578 3.2: neither tag nor route of what came to an earlier one. */
static int call_number(struct sip_dialog *d, struct rt_str request_uri, struct rt_str to_uri)
{
    struct rt_buf remote = {0};
    char *target = rt_str_dup(request_uri);

    rt_buf_printf(&remote, "<%.*s>", RT_STR(to_uri));
    if (!target || remote.failed) {
        free(target);
        rt_buf_release(&remote);
        return ENOMEM;
    }
    free(d->target);
    free(d->remote);
    d->target = target;
    d->remote = remote.p;
    return 0;
}

int sip_session_extend(struct sip_session *s, struct rt_str request_uri, struct rt_str to_uri)
{
    struct sip_attempt *a = s->attempt;

    if (!a || !a->more || s->quiet)
        return EPROTO;
    if (!sip_session_clean_uri(request_uri) || !sip_session_clean_uri(to_uri))
        return EINVAL;
    int err = s->invite_ct ? step_back(s) : 0;
    if (err == 0)
        err = call_number(&s->d, request_uri, to_uri);
    if (err != 0)
        return err;
    rt_timer_stop(&s->no_answer);
    sip_early_unhear(s);
    sip_early_free(s);
    a->challenged = 0;
    introduce(s);
    return sip_attempt_send(s, 0);
}

void sip_session_complete(struct sip_session *s)
{
    if (!s->attempt || !s->attempt->more)
        return;
    s->attempt->more = false;
    rt_defer_start(&s->attempt->settle);
}
