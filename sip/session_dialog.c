/* Requests received inside a dialog (RFC 3261 12.2.2): each method's answer, or who gives it. */
#include "sip/session.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdio.h>

void sip_session_answer_request(struct sip_session *s, const struct sip_msg *m,
                                const struct sip_flow *flow, const struct sip_response *r)
{
    struct sip_strans *t;

    if (sip_strans_new(&t, m, s->ua, flow, s, NULL, NULL) != 0)
        return;
    sip_strans_respond(t, r);
    sip_strans_detach(t);
}

void sip_session_answer_status(struct sip_session *s, const struct sip_msg *m,
                               const struct sip_flow *flow, int status)
{
    bool capabilities = status == 405 || (status == 200 && m->method == SIP_OPTIONS);
    struct sip_response r = {.status = status,
                             .supported = capabilities ? sip_session_supported(&s->opt) : NULL};

    sip_session_answer_request(s, m, flow, &r);
}

void sip_session_answer_later(struct sip_session *s, const struct sip_msg *m,
                              const struct sip_flow *flow)
{
    char retry[40];

    snprintf(retry, sizeof retry, "Retry-After: %u\r\n", (unsigned)rt_random_below(11));
    sip_session_answer_request(s, m, flow,
                               &(struct sip_response){.status = 500, .lines = rt_str(retry)});
}

static void on_bye(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    if (s->state != SIP_S_UP && s->state != SIP_S_LEAVING && s->state != SIP_S_INCOMING) {
        sip_session_answer_status(s, m, flow, 481);
        return;
    }
    struct sip_body body = sip_session_parting(s);
    sip_session_answer_request(s, m, flow, &(struct sip_response){.status = 200, .body = &body});
    sip_session_drop_invite(s);
    if (s->state != SIP_S_LEAVING)
        sip_session_end(s, SIP_END_BYE, m);
}

static void on_info(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    bool wanted = !s->quiet && s->ops->info;
    int status = wanted ? s->ops->info(s->arg, s, &m->pub) : 405;

    if (status == 415 && s->opt.info) {
        struct rt_buf accept = {0};
        rt_buf_printf(&accept, "Accept: %s\r\n", s->opt.info);
        sip_session_answer_request(
            s, m, flow, &(struct sip_response){.status = 415, .lines = rt_buf_str(&accept)});
        rt_buf_release(&accept);
        return;
    }
    sip_session_answer_status(s, m, flow, status);
}

static void on_options(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    sip_session_answer_status(s, m, flow, 200);
}

int sip_session_info(struct sip_session *s, const struct sip_body *body)
{
    if (s->state != SIP_S_UP)
        return EPROTO;
    return sip_inside_send(s, &s->d, "INFO", &(struct sip_extras){.body = body}, NULL) ? 0 : ENOMEM;
}

/** RFC 3261 12.2.2: a request whose CSeq is not higher is out of order. Forks count for themselves.
 */
static bool in_order(struct sip_session *s, const struct sip_msg *m)
{
    struct sip_early *e = s->d.remote_tag[0] ? NULL : sip_early_find(s, m->from_tag);
    uint32_t *last = e ? &e->d.remote_cseq : &s->d.remote_cseq;

    if (*last && m->cseq <= *last) {
        rt_count(&sip_counters[SIP_RX_OUT_OF_ORDER]);
        return false;
    }
    *last = m->cseq;
    return true;
}

void sip_session_request(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow)
{
    static void (*const handlers[SIP_KNOWN])(struct sip_session *, const struct sip_msg *,
                                             const struct sip_flow *) = {
        [SIP_INVITE] = sip_session_reinvited,
        [SIP_BYE] = on_bye,
        [SIP_INFO] = on_info,
        [SIP_OPTIONS] = on_options,
        [SIP_PRACK] = sip_reliable_prack,
        [SIP_UPDATE] = sip_session_updated,
        [SIP_REFER] = sip_session_referred,
        [SIP_NOTIFY] = sip_session_notified,
    };

    if (!in_order(s, m))
        sip_session_answer_status(s, m, flow, 500);
    else if (m->method < SIP_KNOWN && handlers[m->method])
        handlers[m->method](s, m, flow);
    else
        sip_session_answer_status(s, m, flow, m->method == SIP_UNKNOWN ? 501 : 405);
}
