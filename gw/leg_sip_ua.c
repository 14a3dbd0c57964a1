/* What the user agent tells the SIP adapter: who may call, a new INVITE, and each message for the
 * ladder.
 */
#include "gw/admission.h"
#include "gw/gw.h"
#include "gw/leg_sip.h"
#include "gw/leg_sip_messages.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"
#include "gw/leg_sip_siege.h"
#include "gw/rt/random.h"
#include "gw/trace.h"

#include <errno.h>
#include <stdio.h>

/** The registrar is the owner of REGISTERs (gw/admission.c). */
static bool is_trunk(const struct gw *gw, const void *owner)
{
    return owner != &gw->plan->registrar;
}

static const struct sip_session_options *on_options(void *arg, const void *owner)
{
    return is_trunk(arg, owner) ? &((const struct gw_trunk *)owner)->session.sip : NULL;
}

/** The owner of a session is a trunk; its plan stays as long. */
static void on_hold(void *arg, const void *owner)
{
    const struct gw_trunk *t = owner;

    (void)arg;
    if (t->plan)
        gw_plan_ref(t->plan);
}

static void on_drop(void *arg, const void *owner)
{
    (void)arg;
    gw_plan_unref(((const struct gw_trunk *)owner)->plan);
}

/** The same trunk, of another generation perhaps. */
static bool on_same(void *arg, const void *a, const void *b)
{
    return is_trunk(arg, a) && is_trunk(arg, b) &&
           strcmp(((const struct gw_trunk *)a)->name, ((const struct gw_trunk *)b)->name) == 0;
}

static void refuse(struct sip_session *s, int status, unsigned q850)
{
    struct gw_cause cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    sip_session_refuse(s, status, NULL, &reason, NULL, 0);
    sip_session_close(s, NULL);
}

/** 488 with the reason in words, for whoever set the peer up. */
static void refuse_unprotected(struct sip_session *s)
{
    struct gw_cause cause = {.q850 = (uint8_t)leg_sip_setup_cause(488),
                             .location = GW_LOC_PUBLIC_LOCAL};
    struct sip_header warning = {rt_str("Warning"), rt_str(LEG_SIP_UNPROTECTED)};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    sip_session_refuse(s, 488, NULL, &reason, &warning, 1);
    sip_session_close(s, NULL);
}

/** The whole gateway is full, or stops: only then is the caller told when to come back (RFC 3261
 * 21.5.4), and not all at the same time. */
static bool refuse_overload(const struct gw *gw, struct sip_session *s, const struct gw_trunk *from,
                            const struct gw_setup *setup)
{
    int err = gw_call_admits(gw, from, &setup->called);
    struct gw_cause cause = {.q850 = err == EBUSY ? 42 : 41, .location = GW_LOC_PUBLIC_LOCAL};
    struct sip_reason reason;
    char seconds[8];

    if (err == 0)
        return false;
    leg_sip_reason(&reason, &cause);
    snprintf(seconds, sizeof seconds, "%u", 5 + rt_random_below(6));
    struct sip_header after = {rt_str("Retry-After"), rt_str(seconds)};
    sip_session_refuse(s, 503, NULL, &reason, &after, 1);
    sip_session_close(s, NULL);
    return true;
}

/** A user who proved who he is calls as himself, whatever the message says. */
static void assert_user(struct gw_setup *setup, const char *user)
{
    enum dp_present present = setup->calling.present;

    if (!user)
        return;
    if (dp_number_parse(&setup->calling, rt_str(user)) != 0) {
        memset(&setup->calling, 0, sizeof setup->calling); /* a name is no number */
        present = DP_UNAVAILABLE;
    }
    setup->calling.present = present;
    setup->calling.screen = DP_NETWORK;
}

/** The service's name stands for its first number. False: the plan has none. */
static bool call_emergency(const struct gw *gw, struct gw_setup *setup)
{
    const struct gw_emergency *e = &gw->plan->dial.emergency;

    return e->on && e->nnumbers > 0 && dp_number_parse(&setup->called, rt_str(e->number[0])) == 0;
}

static void on_invite(void *arg, struct sip_session *s, const void *owner,
                      const struct sip_message *msg)
{
    static const struct sip_session_ops nobody = {.gone = NULL};
    struct gw *gw = arg;
    struct gw_setup setup = {.complete = true};
    struct gw_headers rules;

    msg = gw_header_rules_in(&rules, owner, msg, setup.carried);
    int status = leg_sip_setup_in(&setup, owner, msg);

    if (status == 0 && setup.sos && !call_emergency(gw, &setup))
        status = 404;
    if (status == 0)
        assert_user(&setup, gw_admitted_caller(gw, owner));
    sip_session_own(s, &nobody, NULL); /* what is refused below still gets its ACK traced */
    if (gw_header(msg, "Replaces", 0).n > 0) {
        leg_sip_replacing(gw, s, owner, msg);
        return;
    }
    int unfit = leg_sip_description(&setup.sdp, msg);
    if (status == 0 && unfit != 0) {
        leg_sip_refuse_description(s, unfit);
        sip_session_close(s, NULL);
        return;
    }
    leg_sip_bearer_in(&setup, owner);
    if (status == 0 && leg_sip_overlap_again(s, owner, &setup))
        return;
    if (status == 0 && refuse_overload(gw, s, owner, &setup))
        return;
    /* a peer's phones may agree on what we cannot translate */
    if (status == 0 && !((const struct gw_trunk *)owner)->session.direct &&
        leg_sip_unusable(owner, msg))
        status = 488;
    if (status == 0 && !((const struct gw_trunk *)owner)->session.direct &&
        leg_sip_unprotected(owner, msg)) {
        refuse_unprotected(s);
        return;
    }
    if (status == 0 && msg->max_forwards == 0)
        status = 483; /* RFC 7332 5.1: a gateway between peers is no end */
    if (status != 0) {
        refuse(s, status, leg_sip_setup_cause(status));
        return;
    }
    struct leg_sip *l = leg_sip_new(gw, owner);
    if (!l) {
        refuse(s, 500, 41);
        return;
    }
    char digits[DP_TEXT_LEN];
    RT_JOIN(setup.opening, sizeof setup.opening, rt_str("INVITE "),
            rt_str(dp_text(digits, &setup.called)), rt_str(msg->body.data.n > 0 ? " sdp" : ""));
    setup.hops_used = 71u - (unsigned)(msg->max_forwards < 70 ? msg->max_forwards : 70);
    rt_buf_put(&l->offer, setup.sdp.p, setup.sdp.n);
    setup.sdp = rt_buf_str(&l->offer);
    l->session = s;
    l->sessions = 1;
    l->incoming = true;
    l->heard = msg;
    leg_sip_party_heard(l, msg, false);
    rt_str_copy(l->leg.call_id, sizeof l->leg.call_id, msg->call_id);
    sip_session_own(s, &leg_sip_session_ops, l);
    setup.complete = !leg_sip_overlap_begin(l);
    if (l->offer.failed || gw_call_new(gw, &l->leg, &setup) != 0) {
        refuse(s, 503, 41);
        l->session = NULL;
        l->leaving = true; /* until on_gone() */
    }
    l->heard = NULL;
}

/** Requests outside any dialog: a NOTIFY is about messages, the rest is the registrar's. */
static void on_request(void *arg, const void *owner, const struct sip_message *msg,
                       struct sip_reply *reply)
{
    if (rt_str_eq(msg->method, "NOTIFY") && is_trunk(arg, owner))
        leg_sip_messages_notified(arg, owner, msg, reply);
    else
        gw_admission_request(arg, owner, msg, reply);
}

/** The trace, and the ladder's line: start line without the version, and whether a description came
 * along. */
static void on_trace(void *arg, struct sip_session *s, bool sent, struct rt_str wire,
                     const union rt_addr *local, const union rt_addr *peer)
{
    const struct gw *gw = arg;
    struct leg_sip *l = s ? sip_session_owner(s) : NULL;
    char line[48];

    gw_trace_sip(gw->trace, l ? &l->leg : NULL, sent, wire, local, peer);
    if (l)
        gw_call_note_text(&l->leg, sent, rt_str(leg_sip_summary(line, sizeof line, wire)));
}

const struct sip_ua_ops gw_leg_sip_ua_ops = {
    .accept = gw_admit,
    .request = on_request,
    .options = on_options,
    .invite = on_invite,
    .hold = on_hold,
    .drop = on_drop,
    .same = on_same,
    .spared = leg_sip_spares,
    .friends = leg_sip_friends,
    .full = leg_sip_full,
    .trace = on_trace,
};
