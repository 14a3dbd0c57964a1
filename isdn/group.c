/* Spans that share D channels (non-facility-associated signalling, Q.931 annex F), and the usual
 * case, a span with its own.
 *
 * libpri shares the call references of a group (pri_enslave()) but binds each call to the D channel
 * that the far end last spoke of it on, at first the one it began on: we never move one ourselves.
 * Calls of a D channel that is lost keep their B channel, and are cleared when it does not come
 * back within T309 and the far end does not go on with them on the other.
 */
#include "isdn/ie_channel.h"
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>

/* libpri's channels: the timeslot, the interface above it, and a bit that says it is named */
#define INTERFACE_SHIFT 8
#define EXPLICIT        (1 << 16)

/** The calls of a D channel that did not come back. Their channels are restarted over the other. */
static void on_t309(void *arg)
{
    const struct isdn_cause cause = {
        .value = PRI_CAUSE_DESTINATION_OUT_OF_ORDER, .local = true, .timer = "T309"};
    struct isdn_link *l = arg;

    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    for (struct isdn_call *c = l->group->calls; c; c = c->next) {
        if (c->link != l || c->state == CALL_GONE)
            continue;
        pri_destroycall(l->pri, c->q931);
        isdn_channel_give(c, true);
        isdn_call_over(c, &cause);
    }
}

void isdn_group_supervise(struct isdn_link *l)
{
    if (l->up)
        rt_timer_stop(&l->t309);
    else if (l->group->link[1])
        rt_timer_start(&l->t309, l->span->timers[ISDN_T309]);
}

static struct isdn_link *link_new(struct isdn_span *s)
{
    struct isdn_link *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->span = s;
    l->group = s->group;
    l->since = rt_now();
    rt_timer_init(&l->t309, s->loop, on_t309, l);
    return l;
}

static int join_link(struct isdn_span *s)
{
    struct isdn_group *g = s->group;
    unsigned i = s->cfg.lead ? 1 : 0;

    if (s->cfg.dchannel == 0)
        return 0;
    if (g->link[i])
        return EEXIST;
    s->link = g->link[i] = link_new(s);
    return s->link ? 0 : ENOMEM;
}

int isdn_group_join(struct isdn_span *s)
{
    struct isdn_group *g = NULL;

    if (s->cfg.interface >= ISDN_MEMBERS)
        return EINVAL;
    g = s->cfg.lead ? s->cfg.lead->group : calloc(1, sizeof *g);
    if (!g)
        return ENOMEM;
    if (g->member[s->cfg.interface])
        return EEXIST;
    s->group = g;
    if (g->nmembers == 0)
        isdn_watch_init(g, s->loop);
    g->member[s->cfg.interface] = s;
    g->nmembers++;
    return join_link(s);
}

void isdn_group_leave(struct isdn_span *s)
{
    struct isdn_group *g = s->group;

    if (!g)
        return;
    for (unsigned i = 0; i < RT_COUNT(g->link); i++)
        if (g->link[i] && g->link[i] == s->link)
            g->link[i] = NULL;
    if (s->link)
        rt_timer_stop(&s->link->t309);
    free(s->link);
    g->member[s->cfg.interface] = NULL;
    if (--g->nmembers > 0)
        return;
    rt_timer_stop(&g->watch);
    free(g);
}

/** On a bus the data link is up only while it is needed (Q.921 5.5; ETS 300 402). */
static bool usable(const struct isdn_link *l)
{
    return l && (l->up || l->span->cfg.multipoint);
}

struct isdn_link *isdn_group_link(const struct isdn_group *g)
{
    for (unsigned i = 0; i < RT_COUNT(g->link); i++)
        if (usable(g->link[i]))
            return g->link[i];
    return NULL;
}

/* ---- libpri's words for channels ---- */

int isdn_channel_code(const struct isdn_span *s, unsigned timeslot)
{
    if (s->group->nmembers == 1 || timeslot == 0) /* 0: a held call's */
        return (int)timeslot;
    return (int)(timeslot | s->cfg.interface << INTERFACE_SHIFT) | EXPLICIT;
}

int isdn_call_code(const struct isdn_call *c)
{
    return isdn_channel_code(c->span, c->channel);
}

/** Implicit: the interface with the D channel (4.5.13). A lone span is meant whatever identifier
 * its exchange gave it. */
static struct isdn_span *interface_span(const struct isdn_link *l, bool said, unsigned interface)
{
    if (!said || l->group->nmembers == 1)
        return l->span;
    return interface < ISDN_MEMBERS ? l->group->member[interface] : NULL;
}

struct isdn_span *isdn_channel_interface(const struct isdn_link *l, const struct isdn_ie_channel *c)
{
    return interface_span(l, c->interface_len > 0, c->interface[0]);
}

struct isdn_span *isdn_channel_span(const struct isdn_link *l, int code, unsigned *timeslot)
{
    *timeslot = (unsigned)code & 0xff;
    return interface_span(l, code >= 0 && (code & EXPLICIT),
                          (unsigned)code >> INTERFACE_SHIFT & 0x7f);
}
