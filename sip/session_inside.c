/* Our requests inside a dialog that are neither INVITE nor ACK: BYE, PRACK, UPDATE, INFO, REFER,
 * NOTIFY. Each is one transaction, and one more when it is challenged.
 */
#include "sip/reason.h"
#include "sip/session.h"

#include <stdlib.h>
#include <utlist.h>

struct sip_inside {
    struct sip_inside *prev, *next;
    struct sip_session *s;
    struct sip_dialog *d; /**< NULL: the fork is gone */
    struct sip_ctrans *ct;
    const char *method;
    struct rt_buf lines, type, data;
    const char *supported;
    unsigned challenged;
    sip_inside_fn *fn;
};

static void inside_free(struct sip_inside *i)
{
    DL_DELETE(i->s->inside, i);
    sip_ctrans_detach(i->ct);
    rt_buf_release(&i->lines);
    rt_buf_release(&i->type);
    rt_buf_release(&i->data);
    free(i);
}

static struct sip_body body_of(const struct sip_inside *i)
{
    return (struct sip_body){rt_buf_str(&i->type), rt_buf_str(&i->data)};
}

static void on_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                     const struct sip_msg *m);

/** `auth` answers a challenge; empty the first time. */
static int transmit(struct sip_inside *i, const struct rt_buf *auth)
{
    struct sip_body body = body_of(i);
    struct rt_buf wire = {0}, lines = {0};
    char branch[SIP_BRANCH_LEN];

    rt_buf_put(&lines, i->lines.p, i->lines.n);
    rt_buf_put(&lines, auth->p, auth->n);
    struct sip_extras x = {.lines = rt_buf_str(&lines), .body = &body, .supported = i->supported};
    sip_dialog_request(i->d, i->s->ua, i->method, ++i->s->d.local_cseq, &x, branch, &wire);
    wire.failed |= lines.failed;
    rt_buf_release(&lines);
    return sip_ctrans_new(&i->ct, i->s->ua, &i->d->flow, branch, i->method, &wire, i->s, on_event,
                          i);
}

/** True when the challenge in `m` has been answered by sending the request again. */
static bool again(struct sip_inside *i, const struct sip_msg *m)
{
    struct sip_body body = body_of(i);
    struct rt_buf auth = {0};
    bool sent = false;

    if ((m->pub.status != 401 && m->pub.status != 407) || !i->d ||
        i->challenged++ >= SIP_CHALLENGES_MAX)
        return false;
    if (sip_session_authorise(i->s, m, i->method, i->d->target, &body, &auth)) {
        sip_ctrans_detach(i->ct);
        i->ct = NULL;
        sent = transmit(i, &auth) == 0;
    }
    rt_buf_release(&auth);
    return sent;
}

static void on_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                     const struct sip_msg *m)
{
    struct sip_inside *i = arg;
    struct sip_session *s = i->s;
    sip_inside_fn *fn = i->fn;

    (void)t;
    if (ev == SIP_CT_FINAL)
        sip_session_believed(s, m);
    if (ev == SIP_CT_PROVISIONAL || (ev == SIP_CT_FINAL && again(i, m)))
        return;
    inside_free(i);
    if (fn)
        fn(s, ev, m);
}

struct sip_inside *sip_inside_send(struct sip_session *s, struct sip_dialog *d, const char *method,
                                   const struct sip_extras *x, sip_inside_fn *fn)
{
    struct rt_buf auth = {0};
    struct sip_inside *i = calloc(1, sizeof *i);

    if (!i)
        return NULL;
    i->s = s;
    i->d = d;
    i->method = method;
    i->fn = fn;
    i->supported = x->supported;
    DL_APPEND(s->inside, i);
    sip_reason_write(&i->lines, x->reason);
    rt_buf_put(&i->lines, x->lines.p, x->lines.n);
    if (x->body) {
        rt_buf_put(&i->type, x->body->type.p, x->body->type.n);
        rt_buf_put(&i->data, x->body->data.p, x->body->data.n);
    }
    sip_session_introduce(s, method, d->target, x->body, &auth);
    bool failed = i->lines.failed || i->type.failed || i->data.failed || transmit(i, &auth) != 0;
    rt_buf_release(&auth);
    if (failed) {
        i->ct = NULL;
        inside_free(i);
        return NULL;
    }
    return i;
}

void sip_inside_rebase(struct sip_session *s, const struct sip_dialog *from, struct sip_dialog *to)
{
    struct sip_inside *i;

    DL_FOREACH(s->inside, i)
    if (i->d == from)
        i->d = to;
}

void sip_inside_forget(struct sip_inside *i)
{
    i->fn = NULL;
}

void sip_inside_free_all(struct sip_session *s)
{
    while (s->inside)
        inside_free(s->inside);
}
