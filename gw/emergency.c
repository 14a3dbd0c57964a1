/* Callers of the emergency service, the last ones first. */
#include "gw/emergency.h"

#include "gw/gw.h"

#include <stdlib.h>
#include <utlist.h>

/** Callers remembered at a time. */
#define REMEMBERED_MAX 256

#define PORTS_SHARE 16
#define PORTS_MIN   2 /* a call between two that speak RTP */
#define PORTS_MAX   8

/** One of them; trunks are named, since plans change. */
struct gw_emergency_note {
    struct dp_number shown, caller;
    char trunk[GW_NAME_LEN];
    rt_time at;
    struct gw_emergency_note *prev, *next;
};

unsigned gw_emergency_ports(const struct gw_plan *plan)
{
    const struct gw_media_plan *m = &plan->media;
    unsigned pairs = (m->port_high - m->port_low + 1u) / 2, n = pairs / PORTS_SHARE;

    if (!plan->dial.emergency.on)
        return 0;
    n = n < PORTS_MIN ? PORTS_MIN : n > PORTS_MAX ? PORTS_MAX : n;
    return n < pairs / 2 ? n : pairs / 2;
}

void gw_emergency_remember(struct gw *gw, const struct dp_number *shown,
                           const struct gw_trunk *trunk, const struct dp_number *caller)
{
    struct gw_emergency_note *n = NULL, *old;
    unsigned count = 0;

    DL_FOREACH(gw->emergencies, old)
    {
        if (dp_number_equal(&old->shown, shown))
            n = old;
        count++;
    }
    if (!n && count >= REMEMBERED_MAX)
        n = gw->emergencies->prev; /* the oldest */
    if (n)
        DL_DELETE(gw->emergencies, n);
    else if (!(n = calloc(1, sizeof *n)))
        return;
    n->shown = *shown;
    n->caller = *caller;
    n->at = rt_now();
    rt_str_copy(n->trunk, sizeof n->trunk, rt_str(trunk->name));
    DL_PREPEND(gw->emergencies, n);
}

bool gw_emergency_callback(const struct gw *gw, const struct gw_plan *plan,
                           const struct dp_number *shown, struct gw_emergency_caller *out)
{
    const struct gw_emergency_note *n;

    DL_FOREACH(gw->emergencies, n)
    {
        if (rt_now() - n->at > plan->dial.emergency.callback)
            return false; /* and so are those after it */
        if (!dp_number_equal(&n->shown, shown))
            continue;
        out->trunk = gw_plan_trunk(plan, rt_str(n->trunk));
        out->caller = n->caller;
        return out->trunk != NULL;
    }
    return false;
}

void gw_emergency_each(const struct gw *gw,
                       void (*fn)(void *arg, const struct gw_emergency_known *k), void *arg)
{
    const struct gw_emergency_note *n;

    DL_FOREACH(gw->emergencies, n)
    {
        rt_time ago = rt_now() - n->at, left = gw->plan->dial.emergency.callback - ago;
        if (left < 0)
            return; /* and so are those after it */
        fn(arg, &(struct gw_emergency_known){&n->shown, &n->caller, n->trunk, ago, left});
    }
}

void gw_emergency_forget(struct gw *gw)
{
    struct gw_emergency_note *n, *next;

    DL_FOREACH_SAFE(gw->emergencies, n, next)
    {
        DL_DELETE(gw->emergencies, n);
        free(n);
    }
}
