/* How fast endpoints are looked after when many want it at once: after a restart of a large
 * gateway, its return, and in the periodic audit (4.4.6, 4.4.8).
 *
 * Each gateway takes its turns at its own rate, all gateways of a node together at the node's: a
 * ring of those that have work, by the instant of the next turn. One turn is one endpoint. A
 * gateway that says it is overloaded gets turns half as often, again and again, and faster ones
 * once it is quiet.
 */
#include "mgcp/ca_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define SLOWED_MAX  5
#define SLOWED_STEP RT_S        /* between two steps down */
#define SLOWED_BACK (10 * RT_S) /* and up */

static const rt_time patience[MGCP_CA_LISTS] = {
    [MGCP_CA_SOON] = 5 * RT_S,
    [MGCP_CA_LATER] = 300 * RT_S,
};

static struct mgcp_ca_pool *pools; /* one of each node; seldom more than one */

static bool paced(unsigned list)
{
    return list <= MGCP_CA_IDLE;
}

static unsigned rate_of(const struct mgcp_ca_gateway *g)
{
    return g->rate > 0 ? g->rate : MGCP_CA_RATE;
}

/* Between two turns. A gateway that is not audited is asked nothing: nothing is to be spread. */
static rt_time interval_of(struct mgcp_ca_gateway *g)
{
    rt_time now = rt_now();

    if (!mgcp_ca_dialect(g)->audits)
        return 0;
    if (g->slowed > 0 && now - g->slowed_at >= SLOWED_BACK) {
        g->slowed--;
        g->slowed_at = now;
    }
    return (RT_S << g->slowed) / rate_of(g);
}

static rt_time interval_of_node(const struct mgcp_ca_gateway *g)
{
    unsigned rate = rate_of(g);

    return RT_S / (rate > MGCP_CA_NODE_RATE ? rate : MGCP_CA_NODE_RATE);
}

void mgcp_ca_slow(struct mgcp_ca_gateway *g)
{
    rt_time now = rt_now();

    if (g->slowed == SLOWED_MAX || (g->slowed > 0 && now - g->slowed_at < SLOWED_STEP))
        return;
    g->slowed++;
    g->slowed_at = now;
}

/* ---- the ring ---- */

static void arm(struct mgcp_ca_pool *p)
{
    rt_time due;

    if (!p->ring) {
        rt_timer_stop(&p->timer);
        return;
    }
    due = p->ring->turn > p->turn ? p->ring->turn : p->turn;
    rt_timer_start_at(&p->timer, due);
}

/* By its turn; behind those of the same instant. */
static void enter(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_pool *p = g->pool;
    struct mgcp_ca_gateway *after = p->ring ? p->ring->prev : NULL;
    rt_time now = rt_now();

    if (g->turn < now)
        g->turn = now;
    while (after && after->turn > g->turn)
        after = after == p->ring ? NULL : after->prev;
    if (after)
        DL_APPEND_ELEM(p->ring, after, g);
    else
        DL_PREPEND(p->ring, g);
    g->ringed = true;
}

static void quit(struct mgcp_ca_gateway *g)
{
    if (g->ringed)
        DL_DELETE(g->pool->ring, g);
    g->ringed = false;
}

static void unlist(struct mgcp_ca_endpoint *e)
{
    struct mgcp_ca_gateway *g = e->g;

    if (e->list == MGCP_CA_LISTS)
        return;
    DL_DELETE(g->list[e->list], e);
    if (e->list == MGCP_CA_URGENT)
        g->pool->pending--;
    e->list = MGCP_CA_LISTS;
}

static void take_turn(struct mgcp_ca_gateway *g, rt_time now)
{
    struct mgcp_ca_endpoint *e = g->list[MGCP_CA_URGENT];
    rt_time interval = interval_of(g);

    quit(g);
    if (!e)
        e = g->list[MGCP_CA_IDLE];
    if (!e)
        return;
    g->turn += interval;
    if (interval > 0) {
        if (g->pool->turn < now - RT_MS)
            g->pool->turn = now;
        g->pool->turn += interval_of_node(g);
    }
    unlist(e);
    if (g->list[MGCP_CA_URGENT] || g->list[MGCP_CA_IDLE])
        enter(g);
    mgcp_ca_serve(e);
}

static void on_turn(void *arg)
{
    struct mgcp_ca_pool *p = arg;
    rt_time now = rt_now();

    while (p->ring && p->ring->turn <= now && p->turn <= now)
        take_turn(p->ring, now);
    arm(p);
}

/* ---- work ---- */

/* Lists of patience are in the order of their ends, as all in one wait equally long. */
static void arm_wait(struct mgcp_ca_gateway *g)
{
    const struct mgcp_ca_endpoint *soon = g->list[MGCP_CA_SOON], *later = g->list[MGCP_CA_LATER];
    const struct mgcp_ca_endpoint *first = soon;

    if (!first || (later && later->due < first->due))
        first = later;
    if (!first)
        rt_timer_stop(&g->wait);
    else
        rt_timer_start_at(&g->wait, first->due);
}

void mgcp_ca_on_wait(void *arg)
{
    static const unsigned waiting[] = {MGCP_CA_SOON, MGCP_CA_LATER};
    struct mgcp_ca_gateway *g = arg;
    rt_time now = rt_now();

    for (unsigned i = 0; i < RT_COUNT(waiting); i++) {
        struct mgcp_ca_endpoint **first = &g->list[waiting[i]];

        while (*first && (*first)->due <= now)
            mgcp_ca_work(*first, (*first)->work, MGCP_CA_URGENT);
    }
    arm_wait(g);
}

void mgcp_ca_work(struct mgcp_ca_endpoint *e, unsigned work, enum mgcp_ca_list list)
{
    struct mgcp_ca_gateway *g = e->g;

    e->work |= (uint8_t)work;
    if (e->list <= list)
        return;
    unlist(e);
    e->list = (uint8_t)list;
    DL_APPEND(g->list[list], e);
    if (paced(list)) {
        if (list == MGCP_CA_URGENT)
            g->pool->pending++;
        if (!g->ringed) {
            enter(g);
            arm(g->pool);
        }
    } else {
        e->due = rt_now() + patience[list];
        if (!rt_timer_running(&g->wait) || g->list[list] == e)
            arm_wait(g);
    }
}

void mgcp_ca_idle(struct mgcp_ca_endpoint *e)
{
    struct mgcp_ca_gateway *g = e->g;

    e->work = 0;
    if (e->list == MGCP_CA_LISTS)
        return;
    unlist(e);
    if (!g->list[MGCP_CA_URGENT] && !g->list[MGCP_CA_IDLE]) {
        quit(g);
        arm(g->pool);
    }
    arm_wait(g);
}

/* ---- pools ---- */

int mgcp_ca_pace_join(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_pool *p;

    DL_SEARCH_SCALAR(pools, p, node, g->node);
    if (!p) {
        p = calloc(1, sizeof *p);
        if (!p)
            return ENOMEM;
        p->node = g->node;
        rt_timer_init(&p->timer, mgcp_node_loop(g->node), on_turn, p);
        DL_APPEND(pools, p);
    }
    p->users++;
    g->pool = p;
    return 0;
}

void mgcp_ca_pace_leave(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_pool *p = g->pool;

    if (!p)
        return;
    quit(g);
    arm(p);
    g->pool = NULL;
    if (--p->users > 0)
        return;
    rt_timer_stop(&p->timer);
    DL_DELETE(pools, p);
    free(p);
}
