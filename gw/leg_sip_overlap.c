/* Overlap signalling with a SIP peer (RFC 3578): a caller whose INVITEs bring digit after digit, a
 * called side that gets them so. docs/decisions/015-overlap.md has what the RFC leaves open.
 */
#include "gw/gw.h"
#include "gw/leg_sip.h"
#include "gw/leg_sip_priv.h"

#include <stdlib.h>
#include <utlist.h>

/* The pause after which a caller has dialled all: T302 of Q.931 and T35 of Q.764 (15 s) while the
 * number is too short, less when it may be all */
#define PAUSE_INCOMPLETE (15 * RT_S)
#define PAUSE_ENOUGH     (10 * RT_S)

struct rt_counter gw_overlap_counters[GW_OVERLAP_NCOUNTERS] = {
    [GW_OVERLAP_MORE] = {"overlap_more_digits_total", "INVITEs that brought more digits", 0},
    [GW_OVERLAP_LATE] = {"overlap_late_total",
                         "INVITEs with digits that came too late, or were known", 0},
    [GW_OVERLAP_AMBIGUOUS] = {"overlap_ambiguous_total",
                              "INVITEs of a call with another number, answered 485", 0},
    [GW_OVERLAP_CROWD] = {"overlap_crowd_total",
                          "callers not waited for: too many of their trunk wait", 0},
};

/** A caller who may dial more. */
struct leg_sip_overlap {
    struct leg_sip *l;
    struct rt_timer pause;
    struct leg_sip_overlap *prev, *next; /* in gw->overlapping */
};

/* ---- the caller ---- */

void leg_sip_overlap_end(struct leg_sip *l)
{
    struct leg_sip_overlap *o = l->overlap;

    if (!o)
        return;
    rt_timer_stop(&o->pause);
    DL_DELETE(l->leg.gw->overlapping, o);
    free(o);
    l->overlap = NULL;
}

static void on_pause(void *arg)
{
    struct leg_sip *l = arg;

    leg_sip_overlap_end(l);
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_COMPLETE});
}

/** RFC 3578 4: numbers that never become complete must not hold what others need. */
static bool crowded(const struct leg_sip *l)
{
    const struct leg_sip_overlap *o;
    unsigned n = 0;

    DL_FOREACH(l->leg.gw->overlapping, o)
    n += strcmp(o->l->leg.trunk->name, l->leg.trunk->name) == 0;
    return n >= l->leg.trunk->overlap_max;
}

bool leg_sip_overlap_begin(struct leg_sip *l)
{
    struct leg_sip_overlap *o = NULL;

    if (!l->leg.trunk->overlap)
        return false;
    if (l->overlap)
        return true;
    if (crowded(l))
        rt_count(&gw_overlap_counters[GW_OVERLAP_CROWD]);
    else
        o = calloc(1, sizeof *o);
    if (!o)
        return false;
    o->l = l;
    rt_timer_init(&o->pause, l->leg.gw->loop, on_pause, l);
    DL_APPEND(l->leg.gw->overlapping, o);
    l->overlap = o;
    return true;
}

/** From now on the next digit has its time. */
static void await_digits(struct leg_sip *l)
{
    const struct gw_dialling *dial = l->leg.call->dial;
    bool enough = dial && dial->decision.complete != DP_INCOMPLETE;

    if (l->overlap)
        rt_timer_start(&l->overlap->pause, enough ? PAUSE_ENOUGH : PAUSE_INCOMPLETE);
}

void leg_sip_say_setup_ack(struct leg_sip *l, const struct gw_event *ev)
{
    (void)ev;
    await_digits(l);
}

void leg_sip_say_proceeding(struct leg_sip *l, const struct gw_event *ev)
{
    (void)ev;
    leg_sip_overlap_end(l);
}

/* ---- one more INVITE of it ---- */

static void refuse(struct sip_session *s, int status, enum gw_overlap_counter why)
{
    rt_count(&gw_overlap_counters[why]);
    sip_session_refuse(s, status, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

/** Its offer takes the place of the former one. False: it cannot be used. */
static bool take_offer(struct leg_sip *l, struct rt_str sdp)
{
    if (l->leg.port && sdp.n > 0 && leg_sip_answer_offer(l, sdp) != 0)
        return false;
    l->answer_due = l->leg.port && sdp.n == 0;
    if (l->answer_due)
        leg_sip_make_offer(l);
    rt_buf_reset(&l->offer);
    rt_buf_put(&l->offer, sdp.p, sdp.n);
    l->leg.call->dial->setup.sdp = rt_buf_str(&l->offer);
    return !l->offer.failed;
}

/** The call goes on with this INVITE: the former one has had its use (RFC 3578 3.5). */
static void change_over(struct leg_sip *l, struct sip_session *s)
{
    struct sip_session *former = l->session;

    l->session = s;
    l->sessions++;
    sip_session_own(s, &leg_sip_session_ops, l);
    sip_session_refuse(former, 484, NULL, NULL, NULL, 0);
    sip_session_close(former, NULL);
    if (l->leg.early == GW_EARLY_REMOTE) /* it is to hear on */
        l->leg.ops->tell(&l->leg, &(struct gw_event){.type = GW_EV_PROGRESS, .inband = true});
}

static void add_digits(struct leg_sip *l, const char *more)
{
    struct gw_event ev = {.type = GW_EV_INFORMATION};

    rt_count(&gw_overlap_counters[GW_OVERLAP_MORE]);
    rt_str_copy(ev.digits, sizeof ev.digits, rt_str(more));
    bool waits = leg_sip_overlap_begin(l);
    gw_call_event(&l->leg, &ev);
    if (l->leg.done || !gw_call_grows(l->leg.call))
        leg_sip_overlap_end(l);
    else if (waits)
        await_digits(l);
    else
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_COMPLETE});
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool leg_sip_overlap_again(struct sip_session *s, const struct gw_trunk *trunk,
                           const struct gw_setup *setup)
{
    bool overtaken;
    struct sip_session *former = trunk->overlap ? sip_session_former(s, &overtaken) : NULL;
    struct leg_sip *l = former ? sip_session_owner(former) : NULL;

    if (!l || l->session != former || !l->leg.call || strcmp(l->leg.trunk->name, trunk->name) != 0)
        return false;
    const struct gw_dialling *dial = l->leg.call->dial;
    const char *is = setup->called.digits, *was = dial ? dial->setup.called.digits : "";
    if (overtaken || !gw_call_grows(l->leg.call))
        refuse(s, 484, GW_OVERLAP_LATE);
    else if (setup->called.ton != dial->setup.called.ton || !begins(is, was))
        refuse(s, 485, GW_OVERLAP_AMBIGUOUS);
    else if (!take_offer(l, setup->sdp))
        refuse(s, 488, GW_OVERLAP_LATE);
    else {
        size_t had = strlen(was);
        change_over(l, s);
        if (is[had])
            add_digits(l, is + had);
    }
    return true;
}

/* ---- the called side ---- */

void leg_sip_say_digits(struct leg_sip *l, const struct gw_event *ev)
{
    const struct gw_dialling *dial = l->leg.call->dial;
    struct leg_sip_identity id;
    struct gw_headers rules;

    (void)ev;
    if (!dial || !l->targets)
        return;
    const struct gw_hop *hop = &dial->decision.hop[dial->hop];
    const struct gw_setup *setup = &dial->setup;
    leg_sip_identity(&id, l->leg.gw, l->leg.trunk, hop, setup);
    struct sip_invite inv = {.request_uri = rt_str(id.request_uri),
                             .to_uri = rt_str(id.request_uri),
                             .from_uri = rt_str(id.from_uri),
                             .headers = id.headers,
                             .nheaders = id.nheaders};
    leg_sip_rules_invite(&rules, l, hop, setup, &inv);
    sip_session_extend(l->session, inv.request_uri, inv.to_uri);
}

void leg_sip_say_complete(struct leg_sip *l, const struct gw_event *ev)
{
    (void)ev;
    sip_session_complete(l->session);
}
