/* The SIP adapter: INVITE sessions of sip/ as legs, with their offer/answer and their RTP port.
 *
 * Here is the leg's life and what the call tells it. What the session tells it is
 * leg_sip_events.c's, what the user agent tells it leg_sip_ua.c's.
 * RFC 3398 7.2 (calling side) and 8.2 (called side), RFC 3264 for the bodies, RFC 3261 14 for hold.
 * What is said in SIP's own headers about numbers and causes is leg_sip_identity.c's.
 */
#include "gw/leg_sip.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

#include <stdlib.h>

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
    rt_timer_stop(&l->parting);
    leg_sip_overlap_end(l);
    leg_sip_targets_free(l);
    leg_sip_secure_close(l);
    leg_sip_stream_free(l);
    leg_sip_quality_end(l);
    rt_buf_release(&l->offer);
    rt_buf_release(&l->local_sdp);
    free(l->advice);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_sip *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

/** Lets go of the session, which clears by itself; the leg stays until it has, for the ladder. */
static void leave(struct leg_sip *l, const struct sip_reason *reason)
{
    struct sip_session *s = l->session;

    leg_sip_close_port(l);
    rt_timer_stop(&l->parting);
    leg_sip_overlap_end(l);
    l->session = NULL;
    leg_sip_targets_free(l);
    if (s)
        sip_session_close(s, reason);
    if (l->sessions == 0 && !l->leaving)
        rt_defer_start(&l->reaper);
    l->leaving = true;
}

struct leg_sip *leg_sip_new(struct gw *gw, const struct gw_trunk *trunk)
{
    struct leg_sip *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &sip_leg_ops, trunk);
    l->origin.session = l->origin.version = (uint64_t)rt_wall() / RT_S;
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    rt_timer_init(&l->parting, gw->loop, leg_sip_parted, l);
    return l;
}

struct gw_leg *gw_leg_sip_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct leg_sip *l = leg_sip_new(gw, trunk);

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

void leg_sip_end_by(struct leg_sip *l, const struct gw_event *ev, const struct sip_reason *reason)
{
    gw_call_event(&l->leg, ev);
    leave(l, reason);
}

void leg_sip_end(struct leg_sip *l, const struct gw_cause *cause, const struct sip_reason *reason)
{
    leg_sip_end_by(l, &(struct gw_event){.type = GW_EV_RELEASE, .cause = *cause}, reason);
}

static void end_with(struct leg_sip *l, unsigned q850)
{
    struct gw_cause cause = {
        .q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};
    struct sip_reason reason;

    leg_sip_reason(&reason, &cause);
    leg_sip_end(l, &cause, &reason);
}

void leg_sip_end_without_media(struct leg_sip *l)
{
    end_with(l, l->starved ? 47 : 65); /* bearer capability not implemented */
}

void leg_sip_end_unreachable(struct leg_sip *l)
{
    end_with(l, 27); /* destination out of order */
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
    bool direct = leg_sip_direct(l);

    unsigned cause = leg_sip_targets_new(l, hop, setup);
    if (cause == 0 && !direct)
        cause = gw_call_ports(leg->call); /* their address is the one towards a target */
    if (cause != 0)
        return cause;
    if (!direct)
        leg_sip_make_offer(l);
    return leg_sip_dial(l);
}

/* ---- the call tells us: as calling side ---- */

/** 18x; with a body once the caller has something to hear (repeated in each: RFC 4497 8.3.5 for
 * peers without 100rel). */
static void say_18x(struct leg_sip *l, int status, const struct gw_event *ev)
{
    struct sip_body body =
        leg_sip_direct(l) ? leg_sip_sdp(leg_sip_pass_early(l, ev)) : leg_sip_body(l);
    struct sip_reason reason;
    struct leg_sip_identity id;
    struct rt_buf lines = {0};
    bool ours = l->leg.call && l->leg.call->announcing;
    bool heard = leg_sip_direct(l) || ((ours || l->leg.early == GW_EARLY_REMOTE) && l->leg.port);

    l->described = l->described || heard;
    leg_sip_reason(&reason, &ev->cause);
    leg_sip_progress(&id, l->leg.trunk, ev, heard);
    leg_sip_lines(&lines, &id);
    sip_session_progress(l->session, status, heard ? &body : NULL, reason.q850 ? &reason : NULL,
                         rt_buf_str(&lines));
    rt_buf_release(&lines);
    if (heard)
        leg_sip_secure_described(l);
}

static void say_progress(struct leg_sip *l, const struct gw_event *ev)
{
    say_18x(l, ev->diverted ? 181 : 183, ev);
}

/** A 183 that brought early media is followed by the 180 all the same: the caller's phone decides
 * (RFC 3960 3.2). */
static void say_alerting(struct leg_sip *l, const struct gw_event *ev)
{
    say_18x(l, 180, ev);
}

static void say_connect(struct leg_sip *l, const struct gw_event *ev)
{
    bool direct = leg_sip_direct(l);
    struct sip_body body = direct ? leg_sip_sdp(leg_sip_pass_early(l, ev)) : leg_sip_body(l);
    struct leg_sip_identity id;

    leg_sip_connected(&id, l->leg.gw, l->leg.trunk, ev);
    l->answered = l->described = true;
    if (direct)
        sip_session_relay(l->session, true);
    struct gw_headers rules;
    leg_sip_rules_reply(&rules, l, 200, &id);
    sip_session_accept(l->session, &body, rules.field, rules.n, rt_str(""));
    rt_buf_release(&l->offer);
    if (direct)
        rt_buf_release(&l->local_sdp);
    leg_sip_secure_described(l);
}

void leg_sip_reoffer(struct leg_sip *l)
{
    bool due = l->moved || l->offered_hold != l->holding || l->party_due || l->recode;

    if (l->reinviting || l->telling || !due || !l->leg.port || !l->session)
        return;
    leg_sip_make_offer(l);
    struct sip_body body = leg_sip_body(l);
    l->reinviting = sip_session_reinvite(l->session, &body) == 0;
    if (!l->reinviting)
        return; /* it is tried again after what is under way */
    l->offered_hold = l->holding;
    l->moved = l->party_due = l->recode = false;
}

static void say_hold_state(struct leg_sip *l, bool holding)
{
    if (!l->answered)
        return;
    l->holding = holding;
    leg_sip_reoffer(l);
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

/** What the other side has to say goes into the BYE (RFC 7433 4). */
static void say_farewell(struct leg_sip *l, const struct gw_uui *uui)
{
    struct leg_sip_identity id = {.nheaders = 0};
    struct rt_buf lines = {0};

    leg_sip_uui(&id, uui);
    leg_sip_lines(&lines, &id);
    sip_session_farewell(l->session, rt_buf_str(&lines));
    rt_buf_release(&lines);
}

static void say_release(struct leg_sip *l, const struct gw_event *ev)
{
    struct sip_reason reason;
    struct leg_sip_identity id;

    leg_sip_reason(&reason, &ev->cause);
    if (l->session && l->incoming && !l->answered) {
        int status = gw_cause_to_sip(&l->leg.trunk->causes, &ev->cause, NULL);
        leg_sip_moved(&id, l->leg.gw, l->leg.trunk, &ev->cause, status);
        leg_sip_uui(&id, &ev->uui);
        struct gw_headers rules;
        leg_sip_rules_reply(&rules, l, status, &id);
        sip_session_refuse(l->session, status, NULL, &reason, rules.field, rules.n);
    } else if (l->session && ev->uui.present) {
        say_farewell(l, &ev->uui);
    }
    leave(l, &reason);
}

typedef void say_fn(struct leg_sip *l, const struct gw_event *ev);

/* PROCEEDING and SETUP ACK have no SIP message: the 100 went out by itself (RFC 4497 8.3.2). */
static say_fn *const sayings[GW_EV_TYPES] = {
    [GW_EV_SETUP_ACK] = leg_sip_say_setup_ack,
    [GW_EV_PROCEEDING] = leg_sip_say_proceeding,
    [GW_EV_INFORMATION] = leg_sip_say_digits,
    [GW_EV_COMPLETE] = leg_sip_say_complete,
    [GW_EV_PROGRESS] = say_progress,
    [GW_EV_ALERTING] = say_alerting,
    [GW_EV_CONNECT] = say_connect,
    [GW_EV_HOLD] = say_hold,
    [GW_EV_RETRIEVE] = say_retrieve,
    [GW_EV_IDENTITY] = leg_sip_say_identity,
    [GW_EV_DISCONNECT] = say_release,
    [GW_EV_RELEASE] = say_release,
    [GW_EV_MEDIA_OFFER] = leg_sip_pass_offer,
    [GW_EV_MEDIA_ANSWER] = leg_sip_pass_answer,
    [GW_EV_DTMF] = leg_sip_say_dtmf,
    [GW_EV_AOC] = leg_sip_say_aoc,
    [GW_EV_TRANSFER] = leg_sip_say_transfer,
};

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    if (sayings[ev->type] && (sip_of(leg)->session || ev->type == GW_EV_RELEASE))
        sayings[ev->type](sip_of(leg), ev);
}

static const void *leg_handle(const struct gw_leg *leg)
{
    return ((const struct leg_sip *)leg)->session;
}

static void leg_abandon(struct gw_leg *leg)
{
    struct leg_sip *l = sip_of(leg);

    sip_ua_disown(leg->gw->sip, l);
    l->session = NULL;
    l->sessions = 0;
    leave(l, NULL);
}

static const struct gw_leg_ops sip_leg_ops = {
    .name = "sip",
    .handle = leg_handle,
    .abandon = leg_abandon,
    .header = leg_sip_header,
    .offers = leg_sip_offers,
    .setup = leg_setup,
    .tell = leg_tell,
    .thread = leg_sip_thread,
    .media = leg_sip_media,
    .renew = leg_sip_renew,
    .suit = leg_sip_suit,
    .codecs = leg_sip_codecs,
    .faxes = leg_sip_faxes,
    .channel = leg_channel,
    .stats = leg_sip_stats,
    .free = leg_free,
};
