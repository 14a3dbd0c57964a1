/* Our INVITE as it is sent, and sent again: to the next hop when one is silent, out of reach or
 * answers 503 (RFC 3263 4.3), with credentials (RFC 3261 22.2), with a longer session interval (RFC
 * 4028 7.3).
 */
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

#define CHALLENGES_MAX 2 /* one, and one more for a nonce that has become stale */
#define RAISES_MAX     3 /* each 422 comes from another hop on the way */

struct sip_attempt {
    struct sip_hop hop[SIP_HOPS_MAX]; /* domains are owned */
    unsigned nhops, at;
    rt_time try_for;
    unsigned hops_used;
    struct rt_buf lines, type, data;
    struct rt_buf auth; /* answers the last challenge */
    unsigned challenged, raised;
    bool told; /* what this hop is worth */
};

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
    free(a);
    s->attempt = NULL;
}

rt_time sip_attempt_patience(const struct sip_session *s)
{
    return s->attempt ? s->attempt->try_for : 0;
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
    s->exchange = a->data.n > 0 ? SIP_X_OURS : SIP_X_NONE;
    a->told = false;
    rt_buf_put(&lines, a->lines.p, a->lines.n);
    rt_buf_put(&lines, a->auth.p, a->auth.n);
    sip_expiry_ask(s, &lines);
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
    sip_early_free(s);
    free(s->media_tag);
    s->media_tag = NULL;
    s->vehicle = SIP_V_NONE;
    return sip_attempt_send(s, cseq);
}

static bool next_hop(struct sip_session *s)
{
    struct sip_attempt *a = s->attempt;

    if (a->at + 1 >= a->nhops)
        return false;
    sip_dialog_redirect(&s->d, s->ua, &a->hop[++a->at]);
    return restart(s, s->sent_cseq) == 0;
}

static bool answer_challenge(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_attempt *a = s->attempt;
    struct sip_body body = body_of(a);

    if (a->challenged++ >= CHALLENGES_MAX)
        return false;
    rt_buf_reset(&a->auth);
    return sip_session_authorise(s, m, "INVITE", s->d.target, &body, &a->auth) &&
           restart(s, 0) == 0;
}

static bool raise_interval(struct sip_session *s, const struct sip_msg *m)
{
    return s->attempt->raised++ < RAISES_MAX && sip_expiry_raise(s, m) && restart(s, 0) == 0;
}

bool sip_attempt_again(struct sip_session *s, enum sip_try result, const struct sip_msg *m)
{
    int status = m ? m->pub.status : 0;

    if (status == 503)
        result = SIP_TRY_BUSY;
    sip_attempt_tried(s, result, m);
    if (!s->attempt || s->quiet)
        return false;
    if (status == 401 || status == 407)
        return answer_challenge(s, m);
    if (status == 422)
        return raise_interval(s, m);
    return result != SIP_TRY_ANSWERED && next_hop(s);
}
