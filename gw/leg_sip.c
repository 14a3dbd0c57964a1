/* The SIP adapter: INVITE sessions of sip/ as legs, with their offer/answer and their RTP port.
 *
 * RFC 3398 7.2 (calling side) and 8.2 (called side), RFC 3264 for the bodies, RFC 3261 14 for hold.
 * What is said in SIP's own headers about numbers and causes is leg_sip_identity.c's.
 */
#include "gw/leg_sip.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct sip_session_ops session_ops;
static const struct gw_leg_ops sip_leg_ops;

static struct leg_sip *sip_of(struct gw_leg *leg)
{
    return (struct leg_sip *)leg;
}

/* ---- the leg's life ---- */

static void leg_free(struct gw_leg *leg)
{
    struct leg_sip *l = sip_of(leg);

    rt_defer_stop(&l->reaper);
    rt_buf_release(&l->offer);
    rt_buf_release(&l->local_sdp);
    free(l);
}

static void reap(void *arg)
{
    struct leg_sip *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

static void close_port(struct leg_sip *l)
{
    media_abandon(l->leg.port);
    l->leg.port = NULL;
}

/** Lets go of the session, which clears by itself; the leg stays until it has, for the ladder. */
static void leave(struct leg_sip *l, const struct sip_reason *reason)
{
    struct sip_session *s = l->session;

    close_port(l);
    l->session = NULL;
    if (s)
        sip_session_close(s, reason);
    else if (!l->leaving)
        rt_defer_start(&l->reaper);
    l->leaving = true;
}

static struct leg_sip *leg_new(struct gw *gw, const struct gw_trunk *trunk)
{
    struct leg_sip *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &sip_leg_ops, trunk);
    l->origin.session = l->origin.version = (uint64_t)rt_wall() / RT_S;
    l->remote.event_payload = -1;
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return l;
}

struct gw_leg *gw_leg_sip_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct leg_sip *l = leg_new(gw, trunk);

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

/** Reports the end to the call and goes; the far end hears `reason` if it does not know yet. */
static void end(struct leg_sip *l, const struct gw_cause *cause, const struct sip_reason *reason)
{
    struct gw_event ev = {.type = GW_EV_RELEASE, .cause = *cause};

    gw_call_event(&l->leg, &ev);
    leave(l, reason);
}

/** No description came that we can use. */
static void end_without_media(struct leg_sip *l)
{
    struct gw_cause cause = {.q850 = 65, /* bearer capability not implemented */
                             .location = GW_LOC_PUBLIC_LOCAL,
                             .by = GW_BY_GATEWAY};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    end(l, &cause, &reason);
}

static void leg_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    (void)leg;
    if (cap > 0)
        out[0] = '\0';
}

/* ---- the call tells us: as called side ---- */

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_sip *l = sip_of(leg);
    struct leg_sip_identity id;

    unsigned cause = gw_call_ports(leg->call);
    if (cause != 0)
        return cause;
    leg_sip_make_offer(l);
    leg_sip_identity(&id, l->leg.gw, leg->trunk, hop, setup);
    struct sip_invite inv = {
        .hop = {.transport = leg->trunk->transport, .addr = leg->trunk->peer},
        .request_uri = rt_str(id.request_uri),
        .to_uri = rt_str(id.request_uri),
        .from_uri = rt_str(id.from_uri),
        .from_name = rt_str(id.from_name),
        .body = leg_sip_body(l),
        .headers = id.headers,
        .nheaders = id.nheaders,
    };
    int err = sip_session_invite(&l->session, l->leg.gw->sip, &inv, &session_ops, l);
    if (err != 0)
        return 41; /* temporary failure */
    rt_str_copy(leg->call_id, sizeof leg->call_id, sip_session_call_id(l->session));
    return 0;
}

/* ---- the call tells us: as calling side ---- */

/** 18x; with a body once the caller has something to hear (repeated in each: RFC 4497 8.3.5 for
 * peers without 100rel). */
static void say_18x(struct leg_sip *l, int status, const struct gw_event *ev)
{
    struct sip_body body = leg_sip_body(l);
    struct sip_reason reason;
    bool heard = l->leg.early == GW_EARLY_REMOTE && l->leg.port;

    leg_sip_reason(&reason, &ev->cause);
    sip_session_progress(l->session, status, heard ? &body : NULL, reason.q850 ? &reason : NULL);
}

static void say_progress(struct leg_sip *l, const struct gw_event *ev)
{
    say_18x(l, 183, ev);
}

/** A 183 that brought early media is followed by the 180 all the same: the caller's phone decides
 * (RFC 3960 3.2). */
static void say_alerting(struct leg_sip *l, const struct gw_event *ev)
{
    say_18x(l, 180, ev);
}

static void say_connect(struct leg_sip *l, const struct gw_event *ev)
{
    struct sip_body body = leg_sip_body(l);
    struct leg_sip_identity id;

    leg_sip_connected(&id, l->leg.gw, l->leg.trunk, &ev->connected);
    l->answered = true;
    sip_session_accept(l->session, &body, id.headers, id.nheaders);
}

/** Tells the far end whether we hold it; one at a time, the rest when that is answered. */
static void reoffer(struct leg_sip *l)
{
    if (l->reinviting || l->offered_hold == l->holding)
        return;
    leg_sip_make_offer(l);
    struct sip_body body = leg_sip_body(l);
    l->offered_hold = l->holding;
    l->reinviting = sip_session_reinvite(l->session, &body) == 0;
}

static void say_hold_state(struct leg_sip *l, bool holding)
{
    if (!l->answered)
        return;
    l->holding = holding;
    reoffer(l);
}

static void say_hold(struct leg_sip *l, const struct gw_event *ev)
{
    (void)ev;
    say_hold_state(l, true);
}

static void say_retrieve(struct leg_sip *l, const struct gw_event *ev)
{
    (void)ev;
    say_hold_state(l, false);
}

static void say_release(struct leg_sip *l, const struct gw_event *ev)
{
    struct sip_reason reason;
    struct leg_sip_identity id;

    leg_sip_reason(&reason, &ev->cause);
    if (l->session && l->leg.side == 'a' && !l->answered) {
        int status = gw_cause_to_sip(&ev->cause);
        leg_sip_moved(&id, l->leg.gw, l->leg.trunk, &ev->cause, status);
        sip_session_refuse(l->session, status, NULL, &reason, id.headers, id.nheaders);
    }
    leave(l, &reason);
}

typedef void say_fn(struct leg_sip *l, const struct gw_event *ev);

/* PROCEEDING and SETUP ACK have no SIP message: the 100 went out by itself (RFC 4497 8.3.2). */
static say_fn *const sayings[GW_EV_TYPES] = {
    [GW_EV_PROGRESS] = say_progress, [GW_EV_ALERTING] = say_alerting,
    [GW_EV_CONNECT] = say_connect,   [GW_EV_HOLD] = say_hold,
    [GW_EV_RETRIEVE] = say_retrieve, [GW_EV_DISCONNECT] = say_release,
    [GW_EV_RELEASE] = say_release,
};

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    if (sayings[ev->type] && (sip_of(leg)->session || ev->type == GW_EV_RELEASE))
        sayings[ev->type](sip_of(leg), ev);
}

static const struct gw_leg_ops sip_leg_ops = {
    .name = "sip",
    .setup = leg_setup,
    .tell = leg_tell,
    .thread = leg_sip_thread,
    .media = leg_sip_media,
    .channel = leg_channel,
    .stats = leg_sip_stats,
    .free = leg_free,
};

/* ---- the session tells us ---- */

/** 18x to our INVITE. A body is early media's description; sound that 183 announces is taken as
 * coming (RFC 3398 8.2.3), with 180 it is believed when it arrives. */
static void on_provisional(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_event ev = {.type = msg->status == 180 ? GW_EV_ALERTING : GW_EV_PROGRESS};
    bool media = msg->body.data.n > 0 && leg_sip_take_answer(l, msg->body.data) == 0;

    (void)s;
    l->progressed = true;
    l->rang = l->rang || msg->status == 180;
    ev.inband = media && msg->status == 183;
    gw_call_event(&l->leg, &ev);
}

static void on_answered(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_event ev = {.type = GW_EV_CONNECT};

    (void)s;
    l->answered = true;
    if (msg->body.data.n > 0 ? leg_sip_take_answer(l, msg->body.data) != 0 : !l->agreed) {
        end_without_media(l); /* ACK is out, BYE follows */
        return;
    }
    leg_sip_connected_in(&ev.connected, msg);
    gw_call_event(&l->leg, &ev);
}

static void tell_hold(struct leg_sip *l)
{
    bool held = sdp_held(&l->remote);

    if (held == l->held)
        return;
    l->held = held;
    gw_call_event(&l->leg, &(struct gw_event){.type = held ? GW_EV_HOLD : GW_EV_RETRIEVE});
}

static void on_acked(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    (void)s;
    if (!l->answer_due)
        return;
    l->answer_due = false;
    if (msg->body.data.n > 0 && leg_sip_take_answer(l, msg->body.data) == 0)
        tell_hold(l);
    else if (!l->agreed) /* else a re-INVITE came to nothing and the session goes on */
        end_without_media(l);
}

/** A re-INVITE. Without a body we offer the session as it is, sendrecv (RFC 6337 3.2; never
 * recvonly). */
static void on_reinvited(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    if (msg->body.data.n == 0) {
        leg_sip_make_offer(l);
    } else {
        int status = leg_sip_answer_offer(l, msg->body.data);
        if (status != 0) {
            sip_session_refuse(s, status, NULL, NULL, NULL, 0);
            return;
        }
    }
    struct sip_body body = leg_sip_body(l);
    l->answer_due = msg->body.data.n == 0;
    sip_session_accept(s, &body, NULL, 0);
    tell_hold(l);
}

static void on_reanswered(void *arg, struct sip_session *s, int status,
                          const struct sip_message *msg)
{
    struct leg_sip *l = arg;

    (void)s;
    l->reinviting = false;
    if (status >= 200 && status < 300 && msg && msg->body.data.n > 0)
        leg_sip_take_answer(l, msg->body.data);
    reoffer(l);
}

/** A final response to our INVITE (RFC 3398 8.2.6.1). */
static void refused_cause(struct gw_cause *out, const struct sip_message *msg)
{
    gw_cause_from_sip(out, msg->status, msg->reason.q850, msg->reason.location);
    if ((msg->status == 488 || msg->status == 606) && !msg->reason.q850 &&
        leg_sip_warns_of_media(msg))
        out->q850 = 65; /* bearer capability not implemented */
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
        [SIP_END_BYE] = {16, 0, GW_BY_NONE},          [SIP_END_CANCEL] = {16, 487, GW_BY_NONE},
        [SIP_END_NO_ACK] = {102, 0, GW_BY_GATEWAY}, /* RFC 3398 7.1.4 */
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
    if (why == SIP_END_BYE && l->leg.side == 'a' && !l->answered)
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
        refused_cause(out, msg);
    else
        other_cause(l, out, why, msg ? &msg->reason : NULL);
    if (msg && msg->reason.text[0])
        rt_str_copy(out->text, sizeof out->text, rt_str(msg->reason.text));
}

static void on_ended(void *arg, struct sip_session *s, enum sip_end why,
                     const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    struct gw_cause cause;

    (void)s;
    ended_cause(l, &cause, why, msg);
    end(l, &cause, NULL);
}

static void on_gone(void *arg, struct sip_session *s)
{
    struct leg_sip *l = arg;

    (void)s;
    rt_defer_start(&l->reaper);
}

static const struct sip_session_ops session_ops = {
    .provisional = on_provisional,
    .answered = on_answered,
    .acked = on_acked,
    .reinvited = on_reinvited,
    .reanswered = on_reanswered,
    .ended = on_ended,
    .gone = on_gone,
};

/* ---- the user agent tells us ---- */

static const void *on_accept(void *arg, const struct sip_message *msg, struct sip_reply *refusal)
{
    struct gw *gw = arg;

    (void)refusal; /* 403 */
    return gw_plan_accepts(gw->plan, &msg->from_addr);
}

static void refuse(struct sip_session *s, int status, unsigned q850)
{
    struct gw_cause cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    sip_session_refuse(s, status, NULL, &reason, NULL, 0);
    sip_session_close(s, NULL);
}

static void on_invite(void *arg, struct sip_session *s, const void *owner,
                      const struct sip_message *msg)
{
    static const struct sip_session_ops nobody = {.gone = NULL};
    struct gw *gw = arg;
    struct gw_setup setup = {.complete = true};
    int status = leg_sip_setup_in(&setup, msg);

    sip_session_own(s, &nobody, NULL); /* what is refused below still gets its ACK traced */
    if (status == 0 && leg_sip_unusable(&gw->plan->media, msg))
        status = 488;
    if (status != 0) {
        refuse(s, status, status == 484 ? 28 : 65);
        return;
    }
    struct leg_sip *l = leg_new(gw, owner);
    if (!l) {
        refuse(s, 500, 41);
        return;
    }
    char digits[DP_TEXT_LEN];
    snprintf(setup.opening, sizeof setup.opening, "INVITE %s%s", dp_text(digits, &setup.called),
             msg->body.data.n > 0 ? " sdp" : "");
    rt_buf_put(&l->offer, msg->body.data.p, msg->body.data.n);
    l->session = s;
    rt_str_copy(l->leg.call_id, sizeof l->leg.call_id, msg->call_id);
    sip_session_own(s, &session_ops, l);
    if (l->offer.failed || gw_call_new(gw, &l->leg, &setup) != 0) {
        refuse(s, 503, 41);
        l->session = NULL;
        l->leaving = true; /* until on_gone() */
    }
}

/** The ladder's line: start line without the version, and whether a description came along. */
static void on_trace(void *arg, struct sip_session *s, bool sent, struct rt_str wire,
                     const union rt_addr *peer)
{
    struct leg_sip *l = s ? sip_session_owner(s) : NULL;
    char line[48];

    (void)arg;
    (void)peer;
    if (l)
        gw_call_note(&l->leg, sent, "%s", leg_sip_summary(line, sizeof line, wire));
}

const struct sip_ua_ops gw_leg_sip_ua_ops = {
    .accept = on_accept,
    .invite = on_invite,
    .trace = on_trace,
};
