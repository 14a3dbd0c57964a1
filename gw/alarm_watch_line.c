/* The watch over what leads elsewhere: spans, D channels, trunks, their channels, registrations. */
#include "gw/alarm_watch.h"
#include "gw/event.h"
#include "gw/mgcp_status.h"
#include "gw/register.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

#include <stdio.h>
#include <stdlib.h>

/** A trunk of fewer channels may well have all of them in use. */
#define CHANNELS_LEAST 4

/* ---- spans ---- */

/** A basic access rests when there is no call, and one that is busied out is silent by our will. */
static bool needs_dchannel(const struct gw_span_plan *p, const struct gw_span *span)
{
    return p->dchannel != 0 && p->rate != ISDN_BRI &&
           strcmp(gw_busy_out_word(span), gw_busy_out_name(GW_BUSY_DCHANNEL)) != 0;
}

static void tell_change(struct gw_alarm_watch *w, unsigned i, const struct gw_span_status *s)
{
    struct gw_watch_span *seen = &w->spans[i];
    bool same = seen->known && seen->up == s->dchannel_up && strcmp(seen->alarm, s->alarm) == 0;

    if (!same && seen->known)
        gw_event_span(w->gw, &w->gw->spans[i]);
    seen->known = true;
    seen->up = s->dchannel_up;
    seen->alarm = s->alarm;
}

void gw_watch_spans(struct gw_alarm_watch *w)
{
    const struct gw *gw = w->gw;

    for (unsigned i = 0; i < gw->nspans; i++) {
        const struct gw_span_plan *p = &gw->plan->spans[i];
        struct gw_span_status s;
        char object[32];

        gw_span_status(&s, gw->spans[i].isdn);
        snprintf(object, sizeof object, "span %u", s.id);
        bool ok = strcmp(s.alarm, "ok") == 0;
        gw_alarm_look(w, GW_ALARM_SPAN, object, !ok, "alarm: %s", s.alarm);
        gw_alarm_look(w, GW_ALARM_DCHANNEL, object,
                      ok && !s.dchannel_up && needs_dchannel(p, &gw->spans[i]),
                      "the D channel in timeslot %u is down", p->dchannel);
        tell_change(w, i, &s);
    }
}

/* ---- trunks ---- */

/** Tables by the present plan's trunks. False: no memory. */
static bool take_plan(struct gw_alarm_watch *w)
{
    const struct gw_plan *plan = w->gw->plan;

    if (w->plan != plan || w->ntrunks != plan->ntrunks) {
        free(w->calls);
        free(w->known);
        w->calls = calloc(plan->ntrunks + 1, sizeof *w->calls);
        w->known = calloc(plan->ntrunks + 1, sizeof *w->known);
        w->plan = w->calls && w->known ? plan : NULL;
        w->ntrunks = plan->ntrunks;
    }
    return w->plan != NULL;
}

/** By name where the call began under another plan; NULL: it is none of the plan's trunks. */
static const struct gw_trunk *present(const struct gw_plan *plan, const struct gw_trunk *t)
{
    if (t && t->plan == plan)
        return t->index < plan->ntrunks && &plan->trunks[t->index] == t ? t : NULL;
    return t ? gw_plan_trunk(plan, rt_str(t->name)) : NULL;
}

static void count_calls(struct gw_alarm_watch *w)
{
    memset(w->calls, 0, w->ntrunks * sizeof *w->calls);
    for (const struct gw_leg *leg = w->gw->legs; leg; leg = leg->next) {
        const struct gw_trunk *t = leg->done ? NULL : present(w->plan, leg->trunk);
        if (t)
            w->calls[t->index]++;
    }
}

static unsigned channels_of(const struct gw_trunk *t)
{
    if (t->kind == GW_TRUNK_SPAN)
        return (unsigned)__builtin_popcount(t->channels);
    return t->kind == GW_TRUNK_MGCP ? t->mgcp->nendpoints : 0;
}

static void look_at_channels(struct gw_alarm_watch *w, const struct gw_trunk *t, const char *object)
{
    unsigned most = w->plan->alarms.channels, all = channels_of(t), busy = w->calls[t->index];

    if (most > 0 && all >= CHANNELS_LEAST)
        gw_alarm_look(w, GW_ALARM_CHANNELS, object, (uint64_t)busy * 1000 > (uint64_t)all * most,
                      "%u of %u channels are in use", busy, all);
}

static bool down(const struct gw *gw, const struct gw_trunk *t)
{
    if (t->kind == GW_TRUNK_MGCP)
        return !gw_mgcp_up(gw, t);
    return t->kind == GW_TRUNK_SIP && gw_peer_lost(gw, t);
}

void gw_watch_trunks(struct gw_alarm_watch *w)
{
    if (!take_plan(w))
        return;
    count_calls(w);
    for (unsigned i = 0; i < w->ntrunks; i++) {
        const struct gw_trunk *t = &w->plan->trunks[i];
        char object[GW_NAME_LEN + 8];
        bool lost = down(w->gw, t);
        uint8_t state =
            (uint8_t)(1u << 7 | (unsigned)lost << 4 | (unsigned)gw_trunk_service(w->gw, t));

        snprintf(object, sizeof object, "trunk %s", t->name);
        gw_alarm_look(w, GW_ALARM_TRUNK, object, lost,
                      t->kind == GW_TRUNK_MGCP ? "its gateway does not answer"
                                               : "none of its servers answers");
        look_at_channels(w, t, object);
        if (w->known[i] != 0 && w->known[i] != state)
            gw_event_trunk(w->gw, t);
        w->known[i] = state;
        if (w->calls[i] > 0)
            (void)gw_watch_trunk(w, t->name); /* its minutes begin */
    }
}

/* ---- registrations ---- */

static void look_at_registration(void *arg, const struct gw_register_status *s)
{
    struct gw_alarm_watch *w = arg;
    char object[GW_NAME_LEN + 8];

    snprintf(object, sizeof object, "trunk %s", s->trunk->name);
    if (strcmp(s->state, "registering") == 0) /* again, perhaps */
        gw_alarm_look_away(w, GW_ALARM_REGISTRATION, object);
    else if (s->last != 0)
        gw_alarm_look(w, GW_ALARM_REGISTRATION, object, strcmp(s->state, "failed") == 0,
                      "the peer answers %d to our registration", s->last);
    else
        gw_alarm_look(w, GW_ALARM_REGISTRATION, object, strcmp(s->state, "failed") == 0,
                      "the peer does not answer our registration");
}

void gw_watch_registrations(struct gw_alarm_watch *w)
{
    gw_register_each(w->gw, look_at_registration, w);
}
