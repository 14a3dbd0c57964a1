/* Metrics of trunks: whether they work, and what their channels do. */
#include "gw/metrics_priv.h"
#include "gw/mgcp_status.h"
#include "gw/peer.h"
#include "gw/register.h"
#include "gw/registrar.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

static const struct gw_span *span_of(const struct gw *gw, const struct gw_trunk *t)
{
    for (unsigned i = 0; t->kind == GW_TRUNK_SPAN && i < gw->nspans; i++)
        if (gw->plan->spans[i].id == t->span->id && gw->spans[i].isdn)
            return &gw->spans[i];
    return NULL;
}

static bool is_up(const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_span *span = span_of(gw, t);
    struct gw_peer_status peer;

    if (span) {
        struct gw_span_status s;
        gw_span_status(&s, span->isdn);
        return s.dchannel_up;
    }
    if (t->kind == GW_TRUNK_MGCP)
        return gw_mgcp_up(gw, t);
    if (t->registered)
        return gw_registrar_count(gw->registrar) > 0;
    return !t->by_enum && gw_peer_status(gw, t, &peer) ? peer.state == GW_PEER_UP : true;
}

static void up(struct gw_outlet *o)
{
    const struct gw_plan *p = o->gw->plan;

    gw_outlet_name(o, "tandem_trunk_up", GW_METRIC_GAUGE,
                   "1: calls can be placed over it, as far as is known");
    for (unsigned i = 0; i < p->ntrunks; i++)
        gw_outlet_put(o, GW_LABELS("trunk", p->trunks[i].name), is_up(o->gw, &p->trunks[i]));
    gw_outlet_name(o, "tandem_trunk_blocked", GW_METRIC_GAUGE, "1: the operator has blocked it");
    for (unsigned i = 0; i < p->ntrunks; i++)
        gw_outlet_put(o, GW_LABELS("trunk", p->trunks[i].name),
                      gw_trunk_service(o->gw, &p->trunks[i]) != GW_SERVING);
}

/* ---- channels ---- */

enum state { IDLE, BUSY, BLOCKED, ALARM, RESERVED, STATES };

/** What a timeslot is good for. `down`: its span carries no calls now. */
static enum state state_of(const struct gw_channel_status *c, bool down)
{
    if (c->call_state || strcmp(c->state, "busy") == 0)
        return BUSY;
    if (down)
        return ALARM;
    return strcmp(c->state, "idle") == 0 ? IDLE : BLOCKED;
}

static void count_timeslots(unsigned n[STATES], const struct gw_span *span,
                            const struct gw_trunk *t)
{
    struct gw_span_status s;
    struct gw_channel_status c;

    gw_span_status(&s, span->isdn);
    bool down = !s.dchannel_up || strcmp(s.alarm, "ok") != 0;
    for (unsigned ts = 0; ts < GW_TIMESLOTS; ts++)
        if ((t->channels >> ts & 1) && gw_channel_status(&c, span->isdn, ts))
            n[state_of(&c, down)]++;
}

/** Of the free ones, those that not everybody may have. */
static void keep(unsigned n[STATES], unsigned reserved)
{
    n[RESERVED] = reserved < n[IDLE] ? reserved : n[IDLE];
    n[IDLE] -= n[RESERVED];
}

static bool count_channels(unsigned n[STATES], const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_span *span = span_of(gw, t);

    if (span) {
        count_timeslots(n, span, t);
    } else if (t->kind == GW_TRUNK_MGCP) {
        n[IDLE] = gw_mgcp_free(gw, t);
        n[BUSY] = t->mgcp->nendpoints > n[IDLE] ? t->mgcp->nendpoints - n[IDLE] : 0;
    } else {
        return false;
    }
    keep(n, t->reserve.channels);
    return true;
}

static void channels(struct gw_outlet *o)
{
    static const char *const names[STATES] = {"idle", "busy", "blocked", "alarm", "reserved"};
    const struct gw_plan *p = o->gw->plan;

    gw_outlet_name(o, "tandem_trunk_channels", GW_METRIC_GAUGE,
                   "Channels of the trunk; reserved: free, but not for everybody");
    for (unsigned i = 0; i < p->ntrunks; i++) {
        unsigned n[STATES] = {0};
        if (!count_channels(n, o->gw, &p->trunks[i]))
            continue;
        for (unsigned s = 0; s < STATES; s++)
            gw_outlet_put(o, GW_LABELS("trunk", p->trunks[i].name, "state", names[s]), n[s]);
    }
}

static void registration(void *arg, const struct gw_register_status *s)
{
    gw_outlet_put(arg, GW_LABELS("trunk", s->trunk->name), strcmp(s->state, "registered") == 0);
}

void gw_metrics_trunks(struct gw_outlet *o)
{
    up(o);
    channels(o);
    gw_outlet_name(o, "tandem_registration_up", GW_METRIC_GAUGE,
                   "1: the trunk's peer keeps our registration");
    gw_register_each(o->gw, registration, o);
}
