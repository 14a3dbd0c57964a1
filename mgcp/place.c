/* The addresses of a peer: those of the configuration, those that DNS has for its names, and the
 * one of an agent that a redirection named (RFC 3435 4.1, 4.3).
 *
 * A name has a set of addresses; one of them is where commands go. Names are asked again when what
 * DNS said is out of date, and when a command is repeated too often. While DNS does not answer,
 * what it said before holds.
 */
#include "mgcp/name.h"
#include "mgcp/peer_priv.h"

#include <errno.h>
#include <stdlib.h>

#define RECENT      (5 * RT_S) /* 4.3: "was not resolved recently" */
#define FAMILY_MAX  3          /* addresses of a name, of each family */
#define REFRESH_MIN (30 * RT_S)
#define REFRESH_MAX (3600 * RT_S)

/** The port where none is said (3.5). */
static uint16_t default_port(const struct mgcp_peer *p)
{
    if (p->agent_role || mgcp_peculiar(p->profile)->agent_port_gateway)
        return MGCP_PORT_GATEWAY;
    return MGCP_PORT_AGENT;
}

/* ---- places ---- */

static void drop(struct mgcp_peer *p, struct mgcp_place *place)
{
    p->place[place->slot] = NULL;
    if (p->current == place)
        p->current = NULL;
    mgcp_out_forget_place(p, place->slot);
    mgcp_node_unlink(p->node, place);
    free(place);
}

static struct mgcp_place *place_at(const struct mgcp_peer *p, unsigned entry,
                                   const union rt_addr *a)
{
    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && p->place[i]->entry == entry && rt_addr_equal(&p->place[i]->way.addr, a))
            return p->place[i];
    return NULL;
}

/** Adds an address that is not there yet. ENOMEM; EAFNOSUPPORT; ENOSPC: there are many. */
static int add(struct mgcp_peer *p, unsigned entry, const union rt_addr *a)
{
    unsigned slot = 0;

    if (place_at(p, entry, a))
        return 0;
    while (slot < MGCP_PLACES && p->place[slot])
        slot++;
    if (slot == MGCP_PLACES)
        return ENOSPC;
    struct mgcp_place *place = calloc(1, sizeof *place);
    if (!place)
        return ENOMEM;
    *place = (struct mgcp_place){.way = {.addr = *a}, .entry = entry, .slot = slot, .peer = p};
    int err = mgcp_node_socket(p->node, a, p->agent_role, &place->way.socket);
    if (err == 0)
        err = mgcp_node_link(p->node, place);
    if (err != 0) {
        free(place);
        return err;
    }
    p->place[slot] = place;
    return 0;
}

/** The first of an entry's. */
static struct mgcp_place *first_of(const struct mgcp_peer *p, unsigned entry)
{
    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && p->place[i]->entry == entry)
            return p->place[i];
    return NULL;
}

struct mgcp_place *mgcp_places_next(const struct mgcp_peer *p, unsigned tried)
{
    struct mgcp_place *best = NULL;

    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && !(tried >> i & 1) && (!best || p->place[i]->entry < best->entry))
            best = p->place[i];
    return best;
}

void mgcp_places_turn(struct mgcp_peer *p, struct mgcp_place *place)
{
    if (p->current == place)
        return;
    p->current = place;
    p->average = p->deviation = p->carried = 0;
    p->nconfirm = 0; /* 3.5.2: to the same entity alone */
}

void mgcp_places_prefer(struct mgcp_peer *p, const union rt_addr *source,
                        const struct mgcp_message *m)
{
    if (p->agent_role || m->verb == MGCP_AUEP || m->verb == MGCP_AUCX)
        return;
    for (unsigned i = 0; i < MGCP_PLACES; i++) {
        struct mgcp_place *place = p->place[i];
        bool near = place && (!p->current || place->entry == p->current->entry ||
                              p->reach == MGCP_REACH_LOST);
        if (near && rt_addr_equal(&place->way.addr, source)) {
            mgcp_places_turn(p, place);
            return;
        }
    }
}

/** Without a place that commands go to, they go to the first. */
static void settle(struct mgcp_peer *p)
{
    if (!p->current)
        mgcp_places_turn(p, mgcp_places_next(p, 0));
}

/* ---- DNS ---- */

/** Of the hosts that the configuration says. */
static bool at_own_host(const struct mgcp_peer *p, const union rt_addr *a)
{
    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && p->place[i]->entry != MGCP_REDIRECTED &&
            rt_addr_same_host(&p->place[i]->way.addr, a))
            return true;
    return false;
}

/** All questions are answered. The peer may be gone then. */
static void answered(struct mgcp_peer *p)
{
    rt_time now = rt_now(), left = p->expires - now;
    struct mgcp_place *wanted = p->wanted >= 0 ? first_of(p, (unsigned)p->wanted) : NULL;

    p->resolved = now;
    rt_timer_start_loose(&p->refresh, left < REFRESH_MIN   ? REFRESH_MIN
                                      : left > REFRESH_MAX ? REFRESH_MAX
                                                           : left);
    settle(p);
    p->wanted = -1;
    if (wanted && wanted != p->current) {
        mgcp_places_turn(p, wanted);
        mgcp_out_redirected(p);
    }
    mgcp_out_resolved(p);
}

static bool is_among(const union rt_addr *a, const struct rt_dns_answer *d, uint16_t port)
{
    for (unsigned i = 0; i < d->n; i++) {
        union rt_addr found = d->record[i].addr;
        rt_addr_set_port(&found, port);
        if (rt_addr_equal(&found, a))
            return true;
    }
    return false;
}

static unsigned count(const struct mgcp_peer *p, unsigned entry, int family)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && p->place[i]->entry == entry &&
            p->place[i]->way.addr.sa.sa_family == family)
            n++;
    return n;
}

static void on_answer(void *arg, const struct rt_dns_answer *a)
{
    struct mgcp_ask *k = arg;
    struct mgcp_peer *p = k->peer;
    const struct mgcp_entry *e = &p->entry[k->entry];

    k->query = NULL;
    if (a->err == 0 || a->err == ENOENT) {
        for (unsigned i = 0; i < MGCP_PLACES; i++)
            if (p->place[i] && p->place[i]->entry == k->entry &&
                p->place[i]->way.addr.sa.sa_family == k->family &&
                !is_among(&p->place[i]->way.addr, a, e->port))
                drop(p, p->place[i]);
        if (a->n > 0 && a->expires < p->expires)
            p->expires = a->expires;
    }
    for (unsigned i = 0; i < a->n && count(p, k->entry, k->family) < FAMILY_MAX; i++) {
        union rt_addr found = a->record[i].addr;
        rt_addr_set_port(&found, e->port);
        if (!e->own_only || at_own_host(p, &found))
            (void)add(p, k->entry, &found); /* one that cannot be had is not among the places */
    }
    if (--p->open == 0)
        answered(p);
}

static void ask_family(struct mgcp_peer *p, unsigned entry, unsigned which)
{
    struct mgcp_entry *e = &p->entry[entry];
    struct mgcp_ask *k = &e->ask[which];

    *k = (struct mgcp_ask){.peer = p, .entry = entry, .family = which == 0 ? AF_INET : AF_INET6};
    if (!mgcp_node_speaks(p->node, k->family))
        return;
    if (rt_dns_ask(&k->query, p->node->dns, e->host, which == 0 ? RT_DNS_A : RT_DNS_AAAA, on_answer,
                   k) == 0)
        p->open++;
}

static void ask_entry(struct mgcp_peer *p, unsigned entry)
{
    if (!p->entry[entry].host || !p->node->dns)
        return;
    if (p->open == 0)
        p->expires = rt_now() + REFRESH_MAX;
    for (unsigned which = 0; which < 2; which++)
        if (!p->entry[entry].ask[which].query)
            ask_family(p, entry, which);
}

bool mgcp_places_ask(struct mgcp_peer *p)
{
    if (p->open > 0)
        return true;
    if (rt_now() - p->resolved < RECENT)
        return false;
    for (unsigned i = 0; i < MGCP_ENTRIES; i++)
        ask_entry(p, i);
    return p->open > 0;
}

/** What DNS said is out of date, or questions were taken back that somebody waited for. */
static void on_refresh(void *arg)
{
    struct mgcp_peer *p = arg;

    if (mgcp_places_ask(p))
        return;
    for (unsigned i = 0; i < MGCP_ENTRIES; i++)
        if (p->entry[i].host && p->node->dns)
            rt_timer_start_loose(&p->refresh, REFRESH_MIN);
    mgcp_out_resolved(p);
}

static void cancel(struct mgcp_peer *p, struct mgcp_entry *e)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!e->ask[i].query)
            continue;
        rt_dns_cancel(e->ask[i].query);
        e->ask[i].query = NULL;
        if (--p->open == 0)
            rt_timer_start(&p->refresh, 0);
    }
}

/* ---- entries ---- */

/** Takes away an entry's places but `keep`. */
static void empty(struct mgcp_peer *p, unsigned entry, const union rt_addr *keep)
{
    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && p->place[i]->entry == entry &&
            !(keep && rt_addr_equal(&p->place[i]->way.addr, keep)))
            drop(p, p->place[i]);
}

static void clear(struct mgcp_peer *p, unsigned entry, const union rt_addr *keep)
{
    struct mgcp_entry *e = &p->entry[entry];

    cancel(p, e);
    empty(p, entry, keep);
    free(e->host);
    *e = (struct mgcp_entry){.host = NULL};
    if (p->wanted == (int)entry)
        p->wanted = -1;
}

static int set_numeric(struct mgcp_peer *p, unsigned entry, const union rt_addr *a)
{
    union rt_addr to = *a;

    if (rt_addr_port(&to) == 0)
        rt_addr_set_port(&to, default_port(p));
    clear(p, entry, &to);
    return add(p, entry, &to);
}

/** A name, maybe with its port. It is asked for at once. */
static int set_name(struct mgcp_peer *p, unsigned entry, struct rt_str name, uint16_t port,
                    bool own_only)
{
    struct mgcp_entry *e = &p->entry[entry];
    uint64_t said = port;

    struct rt_str rest = name, host = rt_str_cut(&rest, ':');
    if (rest.n > 0 && (rt_str_u64(&said, rest, 65535) != 0 || said == 0))
        return EINVAL;
    port = said ? (uint16_t)said : default_port(p);
    if (e->host && rt_str_caseeq(host, e->host) && e->port == port && e->own_only == own_only)
        return 0;
    clear(p, entry, NULL);
    e->host = rt_str_dup(host);
    if (!e->host)
        return ENOMEM;
    e->port = port;
    e->own_only = own_only;
    ask_entry(p, entry);
    return 0;
}

void mgcp_places_init(struct mgcp_peer *p)
{
    p->wanted = -1;
    p->resolved = rt_now() - RECENT;
    rt_timer_init(&p->refresh, p->node->loop, on_refresh, p);
}

int mgcp_places_set(struct mgcp_peer *p, const struct mgcp_peer_config *cfg)
{
    int err = 0;

    for (unsigned i = 0; i < MGCP_AGENTS_MAX; i++) {
        int one = 0;
        if (i >= cfg->n)
            clear(p, i, NULL);
        else if (cfg->host[i])
            one = set_name(p, i, rt_str(cfg->host[i]), rt_addr_port(&cfg->address[i]), false);
        else
            one = set_numeric(p, i, &cfg->address[i]);
        err = err ? err : one;
    }
    settle(p);
    return err;
}

void mgcp_places_free(struct mgcp_peer *p)
{
    for (unsigned i = 0; i < MGCP_ENTRIES; i++)
        clear(p, i, NULL);
    rt_timer_stop(&p->refresh);
}

/* ---- redirection ---- */

static int turn_to(struct mgcp_peer *p, unsigned entry)
{
    struct mgcp_place *place = first_of(p, entry);

    if (!place) {
        p->wanted = (int)entry;
        if (p->open == 0)
            ask_entry(p, entry);
        return ENOENT;
    }
    p->wanted = -1;
    if (p->current && p->current->entry == entry)
        return 0;
    mgcp_places_turn(p, place);
    mgcp_out_redirected(p);
    return 0;
}

/** Goes to what the redirection before this one named no more. */
static int turn_to_configured(struct mgcp_peer *p, unsigned entry)
{
    int err = turn_to(p, entry);

    if (err == 0)
        clear(p, MGCP_REDIRECTED, NULL);
    return err;
}

static int redirect_numeric(struct mgcp_peer *p, const union rt_addr *to, bool foreign)
{
    for (unsigned i = 0; i < MGCP_PLACES; i++)
        if (p->place[i] && rt_addr_equal(&p->place[i]->way.addr, to)) {
            struct mgcp_place *place = p->place[i];
            bool moved = place != p->current;
            p->wanted = -1;
            mgcp_places_turn(p, place);
            if (moved)
                mgcp_out_redirected(p);
            if (place->entry != MGCP_REDIRECTED)
                clear(p, MGCP_REDIRECTED, NULL);
            return 0;
        }
    if (!foreign && !at_own_host(p, to))
        return EACCES;
    int err = set_numeric(p, MGCP_REDIRECTED, to);
    return err == 0 ? turn_to(p, MGCP_REDIRECTED) : err;
}

int mgcp_peer_redirect(struct mgcp_peer *p, struct rt_str text, bool foreign)
{
    struct mgcp_entity e;
    union rt_addr a;
    int err = mgcp_entity_read(&e, text);

    if (err != 0)
        return err;
    uint16_t port = e.port ? (uint16_t)e.port : default_port(p);
    if (rt_addr_parse(&a, e.host.p, e.host.n, port) == 0) {
        rt_addr_set_port(&a, port);
        return redirect_numeric(p, &a, foreign);
    }
    for (unsigned i = 0; i < MGCP_AGENTS_MAX; i++) {
        const struct mgcp_entry *own = &p->entry[i];
        if (own->host && rt_str_caseeq(e.host, own->host) && (e.port == 0 || own->port == port))
            return turn_to_configured(p, i);
    }
    if (!p->node->dns)
        return EACCES;
    err = set_name(p, MGCP_REDIRECTED, e.host, port, !foreign);
    return err == 0 ? turn_to(p, MGCP_REDIRECTED) : err;
}
