/* What a user does by the hook flash: holds a call and dials another, takes one that waits, joins
 * both in a conference of three. The gateway mixes: connections in mode confrnce hear each other
 * (RFC 3435 2.3.5).
 */
#include "gw/leg_mgcp_priv.h"

#include <utlist.h>

struct leg_mgcp *leg_mgcp_held(const struct leg_mgcp_line *line)
{
    struct leg_mgcp *l;

    DL_FOREACH(line->legs, l)
    if ((l->held || l->conferred) && l != line->active)
        return l;
    return NULL;
}

void leg_mgcp_hold(struct leg_mgcp *l, bool held)
{
    if (l->held == held)
        return;
    l->held = held;
    l->conferred = l->conferred && !held;
    leg_mgcp_sync(l);
    leg_mgcp_line_changed(l->line);
    gw_call_event(&l->leg, &(struct gw_event){.type = held ? GW_EV_HOLD : GW_EV_RETRIEVE});
    leg_mgcp_offer_hold(l);
}

bool leg_mgcp_may_wait(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);
    bool wanted = t && t->waiting && (!line->plan->as || line->plan->as->waiting);

    return wanted && line->plan->line && line->off_hook && !line->waiting && line->active &&
           line->active->answered && !leg_mgcp_held(line);
}

/** The user hears `next` from now on, and `l` is held. */
static void swap(struct leg_mgcp_line *line, struct leg_mgcp *l, struct leg_mgcp *next)
{
    line->active = next;
    line->since = rt_now();
    leg_mgcp_hold(l, true);
    if (next->held)
        leg_mgcp_hold(next, false);
    leg_mgcp_line_changed(line);
}

static void take_waiting(struct leg_mgcp_line *line)
{
    struct leg_mgcp *waiting = line->waiting, *l = line->active;

    if (waiting->state != LEG_MGCP_UP)
        return; /* its connection is being made */
    line->waiting = NULL;
    leg_mgcp_line_tone(line, LEG_MGCP_SILENCE);
    if (l)
        swap(line, l, waiting);
    else
        line->active = waiting;
    leg_mgcp_line_ready(line, waiting);
}

static void set_conference(struct leg_mgcp_line *line, struct leg_mgcp *held)
{
    line->conference = true;
    line->since = rt_now();
    line->active->conferred = held->conferred = true;
    leg_mgcp_sync(line->active);
    leg_mgcp_hold(held, false);
    leg_mgcp_line_changed(line);
}

/** The third party goes; the user talks to the other again. */
static void drop_last(struct leg_mgcp_line *line)
{
    struct leg_mgcp *last = line->active;

    leg_mgcp_release(last, 16, last->leg.side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
}

/** The one talked to is held; dial tone for another. */
static void inquire(struct leg_mgcp_line *line)
{
    struct leg_mgcp *l = line->active;

    line->active = NULL;
    leg_mgcp_hold(l, true);
    leg_mgcp_line_tone(line, LEG_MGCP_DIAL);
}

/** Back to who is held: whoever was dialled meanwhile is given up. */
static void go_back(struct leg_mgcp_line *line, struct leg_mgcp *held)
{
    struct leg_mgcp *l = line->active;

    leg_mgcp_line_tone(line, LEG_MGCP_SILENCE);
    line->active = held;
    if (l)
        leg_mgcp_release(l, 16, GW_BY_CALLER);
    leg_mgcp_hold(held, false);
}

void leg_mgcp_flash(struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);
    struct leg_mgcp *held = leg_mgcp_held(line), *l = line->active;

    if (!t || !t->flash || !line->off_hook)
        return;
    if (line->conference)
        drop_last(line);
    else if (line->waiting)
        take_waiting(line);
    else if (held && l && l->answered && l->leg.side == 'a' && t->three_way)
        set_conference(line, held);
    else if (held && l && l->answered)
        swap(line, l, held);
    else if (held)
        go_back(line, held);
    else if (l && l->answered)
        inquire(line);
}

void leg_mgcp_join(struct leg_mgcp *active, struct leg_mgcp *held)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(active->line);

    if (!t || !t->transfer || !active->answered ||
        gw_call_transfer_to(&active->leg, &held->leg) != 0)
        return;
    leg_mgcp_release(active, 16, GW_BY_TRANSFER); /* it is out of its call already */
}
