/* Forks of our INVITE that nobody wants: a 2xx after another one was taken, or after the INVITE was
 * given up. Each is acknowledged, and left at once (RFC 3261 13.2.2.4).
 */
#include "sip/session.h"

/** Notes the tag of a fork: its 2xx may come again before it has our ACK. */
static bool left_already(struct sip_ctrans *t, struct rt_str tag)
{
    struct rt_buf key = {0};

    rt_buf_printf(&key, " %.*s ", RT_STR(tag));
    bool known = key.n > 0 && t->left.n > 0 && memmem(t->left.p, t->left.n, key.p, key.n);
    if (!known)
        rt_buf_put(&t->left, key.p, key.n);
    rt_buf_release(&key);
    return known;
}

void sip_fork_leave(struct sip_ctrans *t, const struct sip_msg *m)
{
    struct sip_dialog d;
    struct rt_buf ack = {0}, bye = {0}, auth = {0};
    char branch[SIP_BRANCH_LEN];

    if (sip_dialog_fork(&d, t->ua, m, &t->flow, t->session && t->session->opt.symmetric) == 0) {
        sip_dialog_request(&d, t->ua, "ACK", m->cseq, NULL, branch, &ack);
        sip_ua_send(t->ua, &d.flow, rt_buf_str(&ack), t->session);
        if (!left_already(t, m->to_tag)) {
            if (t->session)
                sip_session_introduce(t->session, "BYE", d.target, NULL, &auth);
            sip_dialog_request(&d, t->ua, "BYE", 0,
                               &(struct sip_extras){.lines = rt_buf_str(&auth)}, branch, &bye);
            sip_ctrans_new(NULL, t->ua, &d.flow, branch, "BYE", &bye, NULL, NULL, NULL);
        }
    }
    rt_buf_release(&ack);
    rt_buf_release(&auth);
    sip_dialog_release(&d);
}

/* ---- the 2xx of a session that is over ---- */

/** The one that was taken has the same tag as our ACK to it. */
static bool is_repeated(const struct sip_ctrans *t, struct rt_str tag)
{
    struct rt_buf to = {0};

    rt_buf_printf(&to, ";tag=%.*s\r\n", RT_STR(tag));
    bool same = to.n > 0 && memmem(t->ack.p, t->ack.n, to.p, to.n);
    rt_buf_release(&to);
    return same;
}

static void on_late(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                    const struct sip_msg *m)
{
    (void)arg;
    if (ev != SIP_CT_FINAL || m->pub.status >= 300)
        return;
    if (is_repeated(t, m->to_tag))
        sip_ua_send(t->ua, &t->flow, rt_buf_str(&t->ack), NULL);
    else
        sip_fork_leave(t, m);
}

static bool same_way(const struct sip_flow *a, const struct sip_flow *b)
{
    return a->transport == b->transport && a->listener == b->listener && a->conn == b->conn &&
           rt_addr_equal(&a->addr, &b->addr);
}

bool sip_fork_hand_over(struct sip_session *s)
{
    struct sip_ctrans *t = s->invite_ct;

    if (s->ack_cseq != s->sent_cseq || s->ack.n == 0 || s->opt.credentials || s->opt.symmetric ||
        !same_way(&t->flow, &s->d.flow))
        return false;
    s->invite_ct = NULL;
    sip_ctrans_detach(t);
    t->fn = on_late;
    t->ack = s->ack;
    s->ack = (struct rt_buf){0};
    return true;
}

/* ---- given up ---- */

/** Given up before a provisional came: cancelled as soon as one does (9.1). */
static void on_orphan(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                      const struct sip_msg *m)
{
    (void)arg;
    if (ev == SIP_CT_PROVISIONAL && !t->cancelled)
        sip_ctrans_cancel(NULL, t, NULL, NULL, NULL);
    else if (ev == SIP_CT_FINAL && m->pub.status < 300)
        sip_fork_leave(t, m);
}

void sip_fork_orphan(struct sip_ctrans *t)
{
    if (!t)
        return;
    sip_ctrans_detach(t);
    t->fn = on_orphan;
}
