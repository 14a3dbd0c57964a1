/* Inside the dialog: BYE, re-INVITE, INFO and OPTIONS received, re-INVITE sent. */
#include "sip/session.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdio.h>

/* ---- received ---- */

/** Answers over a transaction of its own, so that a repetition gets the same answer. */
static void answer(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct sip_response *r)
{
    struct sip_strans *t;

    if (sip_strans_new(&t, m, s->ua, flow, s, NULL, NULL) != 0)
        return;
    sip_strans_respond(t, r);
    sip_strans_detach(t);
}

static void answer_status(struct sip_session *s, const struct sip_msg *m,
                          const struct sip_flow *flow, int status)
{
    bool capabilities = status == 405 || (status == 200 && m->method == SIP_OPTIONS);
    answer(s, m, flow, &(struct sip_response){.status = status, .capabilities = capabilities});
}

static void on_bye(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    if (s->state != SIP_S_UP && s->state != SIP_S_LEAVING && s->state != SIP_S_INCOMING) {
        answer_status(s, m, flow, 481);
        return;
    }
    answer_status(s, m, flow, 200);
    sip_session_drop_invite(s);
    if (s->state != SIP_S_LEAVING)
        sip_session_end(s, SIP_END_BYE, m);
}

/** RFC 3261 14.2: one INVITE at a time, in either direction. While our 2xx waits for its ACK, the
 * description may still change: 491 (RFC 5407 3.1.5). */
static int reinvite_conflict(const struct sip_session *s)
{
    if (s->invite_st && !s->accepted)
        return 500;
    if (s->state != SIP_S_UP || s->quiet)
        return 481;
    return s->reinviting || s->invite_st ? 491 : 0;
}

/** 14.2: they shall not all try again at the same instant. */
static void answer_later(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow)
{
    char seconds[16];

    snprintf(seconds, sizeof seconds, "%u", (unsigned)rt_random_below(11));
    struct sip_header retry = {rt_str("Retry-After"), rt_str(seconds)};
    answer(s, m, flow, &(struct sip_response){.status = 500, .headers = &retry, .nheaders = 1});
}

static void on_reinvite(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    int status = reinvite_conflict(s);

    if (status == 0 &&
        sip_strans_new(&s->invite_st, m, s->ua, flow, s, sip_session_server_event, s) != 0) {
        s->invite_st = NULL;
        status = 500;
    }
    if (status == 500)
        answer_later(s, m, flow);
    else if (status != 0)
        answer_status(s, m, flow, status);
    if (status != 0)
        return;
    s->invite_cseq = m->cseq;
    sip_dialog_refresh(&s->d, s->ua, m);
    s->ops->reinvited(s->arg, s, &m->pub);
    if (!s->quiet && s->invite_st && s->invite_st->last.n == 0)
        sip_strans_respond(s->invite_st, &(struct sip_response){.status = 100});
}

static void on_info(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    bool wanted = !s->quiet && s->ops->info;

    answer_status(s, m, flow, wanted ? 200 : 405);
    if (wanted)
        s->ops->info(s->arg, s, &m->pub);
}

static void on_options(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    answer_status(s, m, flow, 200);
}

void sip_session_request(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow)
{
    static void (*const handlers[SIP_KNOWN])(struct sip_session *, const struct sip_msg *,
                                             const struct sip_flow *) = {
        [SIP_INVITE] = on_reinvite,
        [SIP_BYE] = on_bye,
        [SIP_INFO] = on_info,
        [SIP_OPTIONS] = on_options,
    };

    if (s->d.remote_cseq && m->cseq <= s->d.remote_cseq) { /* RFC 3261 12.2.2: out of order */
        answer_status(s, m, flow, 500);
        return;
    }
    s->d.remote_cseq = m->cseq;
    if (m->method < SIP_KNOWN && handlers[m->method])
        handlers[m->method](s, m, flow);
    else
        answer_status(s, m, flow, m->method == SIP_UNKNOWN ? 501 : 405);
}

/* ---- our re-INVITE ---- */

/** RFC 3261 14.1: who made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
static rt_time glare_wait(const struct sip_session *s)
{
    if (s->d.caller)
        return (210 + rt_random_below(191)) * 10 * RT_MS;
    return rt_random_below(201) * 10 * RT_MS;
}

/** The dialog is lost (12.2.1.2): BYE, for whoever may still be there. */
static void on_lost(struct sip_session *s, const struct sip_msg *m)
{
    sip_session_bye(s, NULL);
    sip_session_end(s, SIP_END_GONE, m);
}

static void on_final(struct sip_session *s, const struct sip_msg *m)
{
    int status = m->pub.status;

    if (status < 300) {
        sip_dialog_refresh(&s->d, s->ua, m);
        sip_session_ack(s, m);
    }
    if (s->quiet)
        return;
    if (status == 491)
        rt_timer_start(&s->glare, glare_wait(s));
    else if (status == 481) /* RFC 5057 5.1: they have left it already */
        sip_session_end(s, SIP_END_GONE, m);
    else if (status == 408)
        on_lost(s, m);
    else
        s->ops->reanswered(s->arg, s, status, &m->pub);
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
        if (s->reinviting) {
            s->reinviting = false;
            on_final(s, m);
        } else {
            sip_session_ack(s, m); /* the 2xx came again: our ACK was lost */
        }
        break;
    case SIP_CT_TIMEOUT:
    case SIP_CT_TRANSPORT:
        if (!s->quiet)
            on_lost(s, NULL);
        break;
    case SIP_CT_OVER:
        s->reinvite_ct = NULL;
        s->reinviting = false;
        sip_session_reap(s);
        break;
    }
}

static int send_reinvite(struct sip_session *s)
{
    struct sip_body body = {rt_buf_str(&s->reinvite_type), rt_buf_str(&s->reinvite_body)};
    struct sip_extras x = {.body = &body};
    struct rt_buf wire = {0};
    char branch[SIP_BRANCH_LEN];

    sip_ctrans_detach(s->reinvite_ct); /* an earlier one that only waits for repeated 2xx */
    sip_dialog_request(&s->d, s->ua, "INVITE", 0, &x, branch, &wire);
    s->reinviting = true;
    return sip_ctrans_new(&s->reinvite_ct, s->ua, &s->d.flow, branch, "INVITE", &wire, s,
                          on_reinvite_event, s);
}

void sip_session_on_glare(void *arg)
{
    struct sip_session *s = arg;

    if (s->state != SIP_S_UP || s->quiet || s->reinviting)
        return;
    if (s->invite_st)
        rt_timer_start(&s->glare, glare_wait(s)); /* theirs came first */
    else
        send_reinvite(s);
}

int sip_session_reinvite(struct sip_session *s, const struct sip_body *body)
{
    if (s->state != SIP_S_UP)
        return EPROTO;
    if (s->reinviting || s->invite_st)
        return EALREADY;
    rt_timer_stop(&s->glare);
    rt_buf_reset(&s->reinvite_body);
    rt_buf_reset(&s->reinvite_type);
    rt_buf_put(&s->reinvite_body, body->data.p, body->data.n);
    rt_buf_put(&s->reinvite_type, body->type.p, body->type.n);
    return s->reinvite_body.failed || s->reinvite_type.failed ? ENOMEM : send_reinvite(s);
}
