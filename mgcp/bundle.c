/* Bundles: commands of one endpoint that travel in one datagram, oldest first, under one clock
 * (RFC 3435 3.5.5, 4.3). Most have one command.
 *
 * A bundle is repeated with growing time-outs, then at one address after the other, and DNS is
 * asked what others there are; when nobody answers anywhere, its commands are lost.
 */
#include "mgcp/out_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <utlist.h>

bool mgcp_bundle_provisional(const struct mgcp_bundle *b)
{
    const struct mgcp_command *c;

    DL_FOREACH(b->commands, c)
    if (!c->provisional)
        return false;
    return true;
}

/* ---- sending ---- */

/** Where the bundle goes. False: no address is known. */
static bool way_of(const struct mgcp_bundle *b, struct mgcp_way *out)
{
    const struct mgcp_place *place = b->slot >= 0 ? b->peer->place[b->slot] : b->peer->current;

    if (place)
        *out = place->way;
    else
        *out = b->front_way;
    return out->addr.sa.sa_family != AF_UNSPEC;
}

/** The answer that the bundle went before, while it has not been confirmed: they share their fate
 * (3.5.5). */
static unsigned put_front(struct rt_buf *out, const struct mgcp_bundle *b,
                          const struct mgcp_way *way)
{
    struct rt_str front = {NULL, 0};

    if (b->front && rt_addr_same_host(&way->addr, &b->front_way.addr))
        front = mgcp_in_kept(b->peer, b->front);
    if (front.n == 0 || front.n + out->n + MGCP_SEPARATOR > b->peer->node->timers.datagram)
        return 0;
    mgcp_write_separator(out);
    rt_buf_put(out, front.p, front.n);
    return 1;
}

void mgcp_bundle_send(struct mgcp_bundle *b)
{
    struct mgcp_peer *p = b->peer;
    struct rt_buf out = {.p = NULL};
    struct mgcp_way way;
    struct mgcp_command *c;

    if (!way_of(b, &way))
        return;
    unsigned messages = 0;
    DL_FOREACH(b->commands, c)
    {
        if (!mgcp_out_fresh(c))
            continue;
        if (messages++ > 0)
            mgcp_write_separator(&out);
        rt_buf_put(&out, c->wire, c->n);
    }
    if (messages > 0)
        messages += put_front(&out, b, &way);
    if (!out.failed && messages > 0)
        mgcp_node_send(p->node, &way, p, rt_str(b->local), rt_buf_str(&out), messages);
    rt_buf_release(&out);
}

/** Commands that were sent before `until` (NULL: all) are sent once more. */
void mgcp_bundle_count_repeated(struct mgcp_bundle *b, const struct mgcp_command *until)
{
    for (struct mgcp_command *c = b->commands; c && c != until; c = c->next) {
        if (!mgcp_out_fresh(c))
            continue;
        c->repeated = true;
        b->peer->repeated++;
        rt_count(&mgcp_counters[MGCP_REPEATED_TX]);
    }
}

static void repeat(struct mgcp_bundle *b)
{
    rt_time longtran = b->peer->node->timers.longtran;

    mgcp_bundle_count_repeated(b, NULL);
    if (mgcp_bundle_provisional(b)) {
        rt_timer_start(&b->timer, longtran);
    } else {
        b->rto = mgcp_out_backoff(b->peer, &b->delay);
        rt_timer_start(&b->timer, b->rto);
    }
    mgcp_bundle_send(b);
}

/** Its time-outs begin anew. */
void mgcp_bundle_wind(struct mgcp_bundle *b)
{
    b->n = 0;
    b->delay = b->rto = mgcp_out_first(b->peer);
    rt_timer_start(&b->timer, mgcp_bundle_provisional(b) ? b->peer->node->timers.longtran : b->rto);
}

/* ---- the end ---- */

/** Nobody answers at any address. True when the peer is gone. */
static bool lose(struct mgcp_bundle *b)
{
    struct mgcp_peer *p = b->peer;
    struct mgcp_guard g;
    bool last;

    b->lost = true; /* nothing joins it */
    do {
        last = !b->commands->next;
        if (mgcp_out_time_out(p, b->commands))
            return true;
    } while (!last);
    mgcp_guard_enter(p, &g);
    mgcp_peer_lose(p);
    return mgcp_guard_leave(p, &g);
}

/* ---- addresses ---- */

/** A place that the bundle was not sent to yet, the peer's present one before others. */
static struct mgcp_place *elsewhere(struct mgcp_bundle *b)
{
    const struct mgcp_peer *p = b->peer;

    if (b->slot >= 0)
        b->tried |= 1u << b->slot;
    if (p->current && !(b->tried >> p->current->slot & 1))
        return p->current;
    return mgcp_places_next(p, b->tried);
}

/** Begins anew at another address, of which no response is known yet. */
static void begin_at(struct mgcp_bundle *b, int slot)
{
    struct mgcp_command *c;

    b->slot = slot;
    DL_FOREACH(b->commands, c)
    c->provisional = false;
    mgcp_bundle_count_repeated(b, NULL);
    mgcp_bundle_wind(b);
    mgcp_bundle_send(b);
}

static void move(struct mgcp_bundle *b, struct mgcp_place *to)
{
    struct mgcp_peer *p = b->peer;

    if (!p->current || b->tried >> p->current->slot & 1)
        mgcp_places_turn(p, to);
    b->moved = true;
    begin_at(b, (int)to->slot);
}

/** It was repeated often: another address, or the end. False: it is repeated once more. */
static bool try_elsewhere(struct mgcp_bundle *b)
{
    struct mgcp_peer *p = b->peer;
    const struct mgcp_timers *set = &p->node->timers;

    if (b->n == set->max1 && !b->moved && !set->no_dns1)
        (void)mgcp_places_ask(p);
    struct mgcp_place *to = elsewhere(b);
    if (to) {
        move(b, to);
        return true;
    }
    if (b->n < set->max2)
        return false;
    if (!set->no_dns2 && !b->asked && mgcp_places_ask(p))
        b->asked = b->waits = true;
    else
        (void)lose(b);
    return true;
}

static void on_timer(void *arg)
{
    struct mgcp_bundle *b = arg;

    if (!mgcp_out_fresh(b->commands->prev)) /* the newest: it is waited for alone */
        return;
    if (b->n >= b->peer->node->timers.max1 && try_elsewhere(b))
        return;
    b->n++;
    repeat(b);
}

void mgcp_out_resolved(struct mgcp_peer *p)
{
    struct mgcp_bundle *b = p->bundles;

    while (b) {
        if (!b->waits) {
            b = b->next;
            continue;
        }
        b->waits = false;
        struct mgcp_place *to = elsewhere(b);
        if (to)
            move(b, to);
        else if (lose(b))
            return;
        b = p->bundles;
    }
}

void mgcp_out_redirected(struct mgcp_peer *p)
{
    struct mgcp_bundle *b;

    DL_FOREACH(p->bundles, b)
    {
        b->tried = 0;
        b->asked = b->waits = b->moved = false;
        begin_at(b, p->current ? (int)p->current->slot : -1);
    }
}

void mgcp_out_forget_place(struct mgcp_peer *p, unsigned slot)
{
    struct mgcp_bundle *b;

    DL_FOREACH(p->bundles, b)
    {
        b->tried &= ~(1u << slot);
        if (b->slot == (int)slot)
            b->slot = -1;
    }
}

void mgcp_peer_retry(struct mgcp_peer *p)
{
    struct mgcp_bundle *b;

    DL_FOREACH(p->bundles, b)
    {
        b->n = b->tried = 0;
        b->asked = b->moved = false;
    }
}

/* ---- life ---- */

void mgcp_bundle_free(struct mgcp_bundle *b)
{
    struct mgcp_peer *p = b->peer;

    rt_timer_stop(&b->timer);
    if (b->in_lane)
        HASH_DEL(p->lanes, b);
    DL_DELETE(p->bundles, b);
    free(b);
}

/** The bundle is the last of its endpoint from now on. */
static void take_lane(struct mgcp_peer *p, struct mgcp_bundle *b)
{
    struct mgcp_bundle *before;
    size_t n = strlen(b->local);

    if (n == 0)
        return;
    HASH_FIND(hh, p->lanes, b->local, n, before);
    if (before) {
        HASH_DEL(p->lanes, before);
        before->in_lane = false;
    }
    HASH_ADD_KEYPTR(hh, p->lanes, b->local, n, b);
    b->in_lane = true;
}

struct mgcp_bundle *mgcp_bundle_new(struct mgcp_peer *p, struct rt_str local)
{
    struct mgcp_bundle *b = calloc(1, sizeof *b + local.n + 1);

    if (!b)
        return NULL;
    b->peer = p;
    b->slot = p->current ? (int)p->current->slot : -1;
    for (size_t i = 0; i < local.n; i++)
        b->local[i] = (char)tolower((unsigned char)local.p[i]);
    DL_APPEND(p->bundles, b);
    take_lane(p, b);
    rt_timer_init(&b->timer, p->node->loop, on_timer, b);
    return b;
}

/** The bundle of the endpoint's command before, when this one fits behind it. */
struct mgcp_bundle *mgcp_bundle_joinable(const struct mgcp_peer *p, struct rt_str local,
                                         size_t more)
{
    char key[256];
    struct mgcp_bundle *b = NULL;
    const struct mgcp_command *c;
    size_t n = local.n;

    if (n == 0 || n >= sizeof key)
        return NULL;
    for (size_t i = 0; i < n; i++)
        key[i] = (char)tolower((unsigned char)local.p[i]);
    HASH_FIND(hh, p->lanes, key, n, b);
    if (!b || b->lost)
        return NULL;
    DL_FOREACH(b->commands, c)
    more += c->n + MGCP_SEPARATOR;
    return more <= p->node->timers.datagram ? b : NULL;
}
