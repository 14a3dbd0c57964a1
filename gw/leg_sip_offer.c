/* Descriptions that pass between two SIP legs as they are: the far ends send each other their media
 * and agree on it by offer and answer (RFC 3264) as if they had met without us. A description is
 * octets here, bounded in size; what it says is not ours to judge.
 */
#include "gw/call.h"
#include "gw/leg_sip_priv.h"

#include <errno.h>

bool leg_sip_direct(const struct leg_sip *l)
{
    return l->leg.call && l->leg.call->direct;
}

struct sip_body leg_sip_sdp(struct rt_str sdp)
{
    return (struct sip_body){.type = rt_str("application/sdp"), .data = sdp};
}

int leg_sip_description(struct rt_str *out, const struct sip_message *msg)
{
    struct rt_str type = msg->body.type;

    *out = (struct rt_str){"", 0};
    if (msg->body.data.n == 0)
        return 0;
    if (msg->body.data.n > LEG_SIP_SDP_MAX)
        return 413;
    if (!rt_str_caseeq(rt_str_trim(rt_str_cut(&type, ';')), "application/sdp"))
        return 415;
    *out = msg->body.data;
    return 0;
}

void leg_sip_refuse_description(struct sip_session *s, int status)
{
    struct sip_header accept = {rt_str("Accept"), rt_str("application/sdp")}; /* RFC 3261 21.4.13 */

    sip_session_refuse(s, status, NULL, NULL, &accept, status == 415);
}

struct rt_str leg_sip_pass_early(struct leg_sip *l, const struct gw_event *ev)
{
    struct rt_str sdp = ev->sdp;

    if (ev->type == GW_EV_CONNECT && sdp.n == 0)
        sdp = rt_buf_str(&l->local_sdp);
    l->answer_due = l->answer_due || (l->offer.n == 0 && sdp.n > 0);
    if (ev->type != GW_EV_CONNECT && sdp.n > 0) {
        rt_buf_reset(&l->local_sdp);
        rt_buf_put(&l->local_sdp, sdp.p, sdp.n);
    }
    return sdp;
}

/* ---- the call tells us ---- */

static void tell_answer(struct leg_sip *l, int status, struct rt_str sdp)
{
    gw_call_event(&l->leg,
                  &(struct gw_event){.type = GW_EV_MEDIA_ANSWER, .status = status, .sdp = sdp});
}

/** The refusal of an offer that cannot even be sent: while something else is under way it is a
 * glare for the other side too. */
static int unsent(int err)
{
    return err == EALREADY ? 491 : err == EOPNOTSUPP ? 488 : 500;
}

/** An offer goes out in the 200 of a re-INVITE that asked for one, else as a change of ours. */
void leg_sip_pass_offer(struct leg_sip *l, const struct gw_event *ev)
{
    struct sip_body body = leg_sip_sdp(ev->sdp);

    if (l->asked) {
        l->asked = false;
        l->answer_due = true;
        sip_session_answer(l->session, &body);
        return;
    }
    int err = l->answered ? sip_session_reinvite(l->session, &body)
                          : sip_session_update(l->session, &body);
    if (err != 0)
        tell_answer(l, unsent(err), (struct rt_str){"", 0});
}

/** An answer goes out in whatever message it belongs. An offer that came in PRACK cannot be
 * refused: it stays without an answer. */
void leg_sip_pass_answer(struct leg_sip *l, const struct gw_event *ev)
{
    struct sip_body body = leg_sip_sdp(ev->sdp);

    l->asked = false;
    if (ev->status == 0 || sip_session_decline(l->session, ev->status, NULL) != 0)
        sip_session_answer(l->session, &body);
}

/* ---- the session tells us ---- */

void leg_sip_direct_reinvited(struct leg_sip *l, const struct sip_message *msg)
{
    struct gw_event ev = {.type = GW_EV_MEDIA_OFFER};
    int status = leg_sip_description(&ev.sdp, msg);

    if (status != 0 && sip_session_decline(l->session, status, NULL) == 0)
        return;
    l->asked = true;
    gw_call_event(&l->leg, &ev);
}

/** The status that refuses the other side's offer. A challenge and a redirection were meant for us:
 * nothing there could act on them. */
static int refusal(int status)
{
    return status < 400 || status == 401 || status == 407 ? 488 : status;
}

void leg_sip_direct_reanswered(struct leg_sip *l, int status, const struct sip_message *msg)
{
    struct gw_event ev = {.type = msg && msg->offer ? GW_EV_MEDIA_OFFER : GW_EV_MEDIA_ANSWER};

    if (status < 200 || status > 299 || !msg) {
        tell_answer(l, refusal(status), ev.sdp);
    } else if (leg_sip_description(&ev.sdp, msg) == 0) {
        gw_call_event(&l->leg, &ev);
    } else { /* the far end has changed to what cannot be passed on */
        sip_session_answer(l->session, NULL);
        tell_answer(l, 500, ev.sdp);
    }
}

void leg_sip_direct_acked(struct leg_sip *l, const struct sip_message *msg)
{
    struct rt_str sdp;

    leg_sip_description(&sdp, msg);
    tell_answer(l, 0, sdp);
}
