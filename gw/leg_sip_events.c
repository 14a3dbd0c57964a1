/* What the SIP session tells its leg: responses, re-INVITEs, the end; each becomes a neutral event
 * for the call, or an answer of our own.
 */
#include "gw/call.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

/** Takes the description of a response to our INVITE, or notes it to be passed on. False: there is
 * none we could use. */
static bool take_description(struct leg_sip *l, const struct sip_message *msg, struct gw_event *ev)
{
    if (leg_sip_direct(l)) {
        bool any = leg_sip_description(&ev->sdp, msg) == 0 && ev->sdp.n > 0;
        l->agreed = l->agreed || any;
        return any;
    }
    return msg->body.data.n > 0 && leg_sip_take_answer(l, msg->body.data) == 0;
}

/** 18x to our INVITE. A body is early media's description; sound that 183 announces is taken as
 * coming (RFC 3398 8.2.3), with 180 it is believed when it arrives. */
static void on_provisional(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_event ev = {.type = msg->status == 180 ? GW_EV_ALERTING : GW_EV_PROGRESS};
    bool media = take_description(l, msg, &ev);

    (void)s;
    l->progressed = true;
    l->rang = l->rang || msg->status == 180;
    ev.diverted = msg->status == 181;
    ev.inband = media && ((msg->status == 183 && leg_sip_early_authorised(msg)) || ev.sdp.n > 0);
    leg_sip_uui_in(&ev.uui, msg);
    leg_sip_aoc_with(l, msg);
    gw_call_event(&l->leg, &ev);
}

static void on_answered(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_event ev = {.type = GW_EV_CONNECT};

    (void)s;
    l->answered = true;
    leg_sip_targets_free(l); /* an answered leg goes nowhere else */
    if (!take_description(l, msg, &ev) && (msg->body.data.n > 0 || !l->agreed)) {
        leg_sip_end_without_media(l); /* ACK is out, BYE follows */
        return;
    }
    leg_sip_secure_described(l);
    struct gw_headers rules;
    msg = gw_header_rules_in(&rules, l->leg.trunk, msg, NULL);
    leg_sip_connected_in(&ev, l->leg.trunk, msg);
    leg_sip_party_heard(l, msg, false);
    leg_sip_aoc_with(l, msg);
    leg_sip_aoc_flush(l);
    gw_call_event(&l->leg, &ev);
}

static void tell_hold(struct leg_sip *l)
{
    bool held = l->far_holds;

    if (held == l->held)
        return;
    l->held = held;
    gw_call_event(&l->leg, &(struct gw_event){.type = held ? GW_EV_HOLD : GW_EV_RETRIEVE});
}

/** Out of a call whose media was direct: there is no port to speak of any more. */
static bool mute(const struct leg_sip *l)
{
    return !leg_sip_direct(l) && !l->leg.port;
}

/** A change of ours that had to wait for theirs goes out now. */
static void resume(struct leg_sip *l)
{
    if (!l->session || !l->answered)
        return;
    leg_sip_tell_party(l);
    if (!leg_sip_direct(l))
        leg_sip_reoffer(l);
}

static void on_acked(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    (void)s;
    leg_sip_aoc_flush(l);
    if (mute(l))
        return;
    if (!l->answer_due) {
        resume(l);
        return;
    }
    l->answer_due = false;
    if (leg_sip_direct(l))
        leg_sip_direct_acked(l, msg);
    else if (msg->body.data.n > 0 && leg_sip_take_answer(l, msg->body.data) == 0)
        tell_hold(l);
    else if (!l->agreed) /* else a re-INVITE came to nothing and the session goes on */
        leg_sip_end_without_media(l);
    resume(l);
}

/** A re-INVITE. Without a body we offer the session as it is, sendrecv (RFC 6337 3.2; never
 * recvonly). */
static void on_reinvited(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    if (mute(l)) {
        sip_session_decline(s, 488, NULL);
        return;
    }
    if (leg_sip_direct(l)) {
        leg_sip_direct_reinvited(l, msg);
        leg_sip_party_heard(l, msg, true);
        return;
    }
    if (msg->body.data.n == 0) {
        leg_sip_make_offer(l);
    } else {
        int status = leg_sip_answer_offer(l, msg->body.data);
        if (status != 0) {
            sip_session_decline(s, status, NULL);
            return;
        }
    }
    struct sip_body body = leg_sip_body(l);
    l->answer_due = msg->body.data.n == 0;
    sip_session_answer(s, &body);
    tell_hold(l);
    leg_sip_party_heard(l, msg, true);
}

/** An UPDATE that offers nothing: it may name another party (RFC 5876 4). */
static void on_updated(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    (void)s;
    leg_sip_party_heard(arg, msg, true);
}

static void on_reanswered(void *arg, struct sip_session *s, int status,
                          const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    (void)s;
    bool good = status >= 200 && status < 300;
    bool of_party = leg_sip_party_told(l, status);
    if (good)
        leg_sip_party_heard(l, msg, true);
    if (leg_sip_direct(l)) {
        if (!of_party)
            leg_sip_direct_reanswered(l, status, msg);
        leg_sip_tell_party(l);
        return;
    }
    l->reinviting = l->reinviting && of_party;
    if (mute(l))
        return;
    if (good && !of_party && msg && msg->body.data.n > 0)
        leg_sip_take_answer(l, msg->body.data);
    leg_sip_tell_party(l);
    leg_sip_reoffer(l);
}

/** A final response to our INVITE (RFC 3398 8.2.6.1). */
static void refused_cause(struct gw_cause *out, const struct leg_sip *l,
                          const struct sip_message *msg)
{
    struct gw_sip_failure f = {.status = msg->status,
                               .reason_q850 = msg->reason.q850,
                               .reason_location = msg->reason.location,
                               .media = leg_sip_warns_of_media(msg) ||
                                        l->leg.bearer == GW_BEARER_DATA64};

    gw_cause_from_sip(out, &l->leg.trunk->causes, &f);
    if (f.status == 408 && l->progressed && out->advance == GW_ADVANCE_BY_TABLE)
        out->advance = GW_ADVANCE_NO; /* the user did not answer: the way to him is good */
}

/** What else ends a session; `status` as RFC 3261 sees it. */
static void other_cause(const struct leg_sip *l, struct gw_cause *out, enum sip_end why,
                        const struct sip_reason *r)
{
    static const struct {
        uint8_t q850;
        int status;
        enum gw_released_by by;
    } table[] = {
        [SIP_END_TIMEOUT] = {18, 0, GW_BY_GATEWAY},   /* RFC 3398 8.1.3 step 5 */
        [SIP_END_TRANSPORT] = {27, 0, GW_BY_GATEWAY}, /* destination out of order */
        [SIP_END_BYE] = {16, 0, GW_BY_NONE},
        [SIP_END_CANCEL] = {16, 487, GW_BY_NONE},
        [SIP_END_NO_ACK] = {102, 0, GW_BY_GATEWAY},     /* RFC 3398 7.1.4 */
        [SIP_END_NO_PRACK] = {102, 504, GW_BY_GATEWAY}, /* RFC 3262 3 */
        [SIP_END_EXPIRED] = {41, 0, GW_BY_GATEWAY},     /* temporary failure */
        [SIP_END_GONE] = {41, 0, GW_BY_GATEWAY},
    };

    *out = (struct gw_cause){.q850 = table[why].q850,
                             .location = GW_LOC_PUBLIC_LOCAL,
                             .sip_status = table[why].status,
                             .by = table[why].by};
    if (r && r->q850)
        out->q850 = (uint8_t)r->q850;
    if (r && r->location >= 0)
        out->location = (uint8_t)r->location;
    if (why == SIP_END_BYE && l->incoming && !l->answered)
        out->sip_status = 487; /* RFC 3261 15.1.2 */
    if (why == SIP_END_TIMEOUT && l->rang)
        out->q850 = 19; /* no answer from user, user alerted */
    else if (why == SIP_END_TIMEOUT && !l->progressed)
        out->sip_status = 408; /* RFC 3261 8.1.3.1: a peer that says nothing; the next is tried */
}

/** Where a session's own end becomes a cause (RFC 3398 8.2.6.1; what it leaves open is ours). */
static void ended_cause(const struct leg_sip *l, struct gw_cause *out, enum sip_end why,
                        const struct sip_message *msg)
{
    if (why == SIP_END_REFUSED)
        refused_cause(out, l, msg);
    else
        other_cause(l, out, why, msg ? &msg->reason : NULL);
    if (msg && msg->reason.text[0])
        rt_str_copy(out->text, sizeof out->text, rt_str(msg->reason.text));
}

/** Another target is tried for this leg: the contacts of a 3xx, or the next one of several. */
static bool goes_on(struct leg_sip *l, enum sip_end why, const struct sip_message *msg)
{
    if (why == SIP_END_REFUSED && leg_sip_dial_redirected(l, msg))
        return true;
    if (why == SIP_END_REFUSED && msg->status >= 600)
        return false; /* RFC 3261 21.6: nowhere else either */
    return (why == SIP_END_REFUSED || why == SIP_END_TIMEOUT || why == SIP_END_TRANSPORT) &&
           leg_sip_dial_next(l);
}

static void on_ended(void *arg, struct sip_session *s, enum sip_end why,
                     const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_headers rules;
    struct gw_event ev = {.type = GW_EV_RELEASE};

    (void)s;
    if (goes_on(l, why, msg))
        return;
    if (msg) {
        msg = gw_header_rules_in(&rules, l->leg.trunk, msg, NULL);
        leg_sip_uui_in(&ev.uui, msg);
        leg_sip_aoc_with(l, msg);
    }
    ended_cause(l, &ev.cause, why, msg);
    if (why == SIP_END_REFUSED)
        leg_sip_redirected_to(&ev, msg);
    leg_sip_end_by(l, &ev, NULL);
}

static void on_gone(void *arg, struct sip_session *s)
{
    struct leg_sip *l = arg;

    (void)s;
    if (--l->sessions == 0 && l->leaving)
        rt_defer_start(&l->reaper);
}

static void on_tried(void *arg, struct sip_session *s, const struct sip_hop *hop,
                     enum sip_try result, const struct sip_message *msg)
{
    (void)s;
    leg_sip_dial_tried(arg, hop, result, msg);
}

/** What refreshes the session by a re-INVITE: our description as it stands (RFC 4028 7.4). */
static void on_describe(void *arg, struct sip_session *s, struct sip_body *out)
{
    struct leg_sip *l = arg;

    (void)s;
    *out = leg_sip_body(l);
}

const struct sip_session_ops leg_sip_session_ops = {
    .provisional = on_provisional,
    .answered = on_answered,
    .acked = on_acked,
    .reinvited = on_reinvited,
    .updated = on_updated,
    .reanswered = on_reanswered,
    .describe = on_describe,
    .tried = on_tried,
    .referred = leg_sip_referred,
    .info = leg_sip_informed,
    .ended = on_ended,
    .gone = on_gone,
};
