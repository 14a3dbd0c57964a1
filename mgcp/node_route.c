/* Whose a datagram is: by its source alone, host and port first, then the host (RFC 3435 has no
 * other proof of who speaks). What comes from nowhere that a peer is known at is a stranger's.
 *
 * The list of a host is only gone through for a source port that no peer is known at.
 */
#include "mgcp/node_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static bool spot_key(struct mgcp_spot_key *out, const union rt_addr *a, bool port)
{
    uint16_t n = port ? rt_addr_port(a) : 0;

    out->port[0] = (uint8_t)(n >> 8);
    out->port[1] = (uint8_t)n;
    return rt_addr_octets(out->host, a);
}

static struct mgcp_spot *spot_at(const struct mgcp_node *n, const union rt_addr *a, bool port)
{
    struct mgcp_spot_key key;
    struct mgcp_spot *s = NULL;

    if (spot_key(&key, a, port))
        HASH_FIND(hh, n->spots, &key, sizeof key, s);
    return s;
}

static int link_to(struct mgcp_node *n, struct mgcp_place *place, struct mgcp_link *link, bool port)
{
    struct mgcp_spot *s = spot_at(n, &place->way.addr, port);

    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s || !spot_key(&s->key, &place->way.addr, port)) {
            free(s);
            return ENOMEM;
        }
        HASH_ADD(hh, n->spots, key, sizeof s->key, s);
    }
    *link = (struct mgcp_link){.place = place, .spot = s};
    DL_APPEND(s->links, link);
    return 0;
}

int mgcp_node_link(struct mgcp_node *n, struct mgcp_place *place)
{
    int err = link_to(n, place, &place->link[0], true);

    if (err == 0)
        err = link_to(n, place, &place->link[1], false);
    if (err != 0)
        mgcp_node_unlink(n, place);
    return err;
}

void mgcp_node_unlink(struct mgcp_node *n, struct mgcp_place *place)
{
    for (unsigned i = 0; i < 2; i++) {
        struct mgcp_link *l = &place->link[i];
        if (!l->spot)
            continue;
        DL_DELETE(l->spot->links, l);
        if (!l->spot->links) {
            HASH_DEL(n->spots, l->spot);
            free(l->spot);
        }
        l->spot = NULL;
    }
}

bool mgcp_route_known(const struct mgcp_node *n, const union rt_addr *source)
{
    return spot_at(n, source, false) != NULL;
}

/* ---- commands ---- */

static bool of_domain(const struct mgcp_peer *p, const struct mgcp_message *m)
{
    return p->domain && rt_str_caseeq(m->domain, p->domain);
}

/** True when the command names something of the peer's. */
static bool names(const struct mgcp_peer *p, const struct mgcp_message *m)
{
    if (p->agent_role)
        return of_domain(p, m);
    return p->ops.endpoint && p->ops.endpoint(p->arg, m->local) != NULL;
}

/** Whether the command is one that goes from a gateway to its agent. DLCX goes both ways: its name
 * has to be of that gateway. */
static bool for_agent(const struct mgcp_peer *p, const struct mgcp_message *m)
{
    switch (m->verb) {
    case MGCP_NTFY:
    case MGCP_RSIP:
    case MGCP_MESG:
        return true;
    case MGCP_DLCX:
        return p->agent_role && of_domain(p, m);
    case MGCP_EPCF:
    case MGCP_CRCX:
    case MGCP_MDCX:
    case MGCP_RQNT:
    case MGCP_AUEP:
    case MGCP_AUCX:
    case MGCP_UNKNOWN_VERB:
    case MGCP_VERBS:
        break;
    }
    return false;
}

/** The peer whose role fits; among several that whose name is in the command. */
static struct mgcp_peer *pick(const struct mgcp_spot *s, const struct mgcp_message *m)
{
    struct mgcp_peer *found = NULL;
    struct mgcp_link *l;

    if (!s)
        return NULL;
    DL_FOREACH(s->links, l)
    {
        struct mgcp_peer *p = l->place->peer;
        if (p->agent_role != for_agent(p, m))
            continue;
        if (!s->links->next || names(p, m))
            return p;
        if (!found)
            found = p;
    }
    return found;
}

/** The gateway at that host that a DLCX names, from whichever port it came. */
static struct mgcp_peer *deletes(const struct mgcp_spot *host, const struct mgcp_message *m)
{
    const struct mgcp_link *l;

    if (host)
        DL_FOREACH(host->links, l)
    if (l->place->peer->agent_role && of_domain(l->place->peer, m))
        return l->place->peer;
    return NULL;
}

struct mgcp_peer *mgcp_route_command(const struct mgcp_node *n, const union rt_addr *source,
                                     const struct mgcp_message *m)
{
    const struct mgcp_spot *here = spot_at(n, source, true), *host = spot_at(n, source, false);
    struct mgcp_peer *p = pick(here, m);

    if (m->verb == MGCP_DLCX && !(p && p->agent_role)) {
        struct mgcp_peer *named = deletes(host, m);
        p = named ? named : p;
    }
    if (!p)
        p = pick(host, m);
    if (!p && here) /* of the wrong role: it refuses */
        p = here->links->place->peer;
    return p || !host ? p : host->links->place->peer;
}

/* ---- responses ---- */

static struct mgcp_peer *waiting(const struct mgcp_spot *s, uint32_t tid, mgcp_route_fn *waits)
{
    struct mgcp_link *l;

    if (s)
        DL_FOREACH(s->links, l)
    if (waits(l->place->peer, tid))
        return l->place->peer;
    return NULL;
}

struct mgcp_peer *mgcp_route_response(const struct mgcp_node *n, const union rt_addr *source,
                                      uint32_t tid, mgcp_route_fn *waits)
{
    struct mgcp_peer *p = waiting(spot_at(n, source, true), tid, waits);

    return p ? p : waiting(spot_at(n, source, false), tid, waits);
}
