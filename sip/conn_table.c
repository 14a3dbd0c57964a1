/* Where connections are found: by number, by the address they lead to, by where they come from.
 * There may be thousands: nothing is searched in a line but those at one address. */
#include "sip/conn.h"

#include <utlist.h>

#include <errno.h>
#include <stdlib.h>

static void make_key(struct sip_conn_key *k, enum sip_conn_role role, const union rt_addr *a)
{
    memset(k, 0, sizeof *k);
    k->role = (uint8_t)role;
    k->family = (uint8_t)a->sa.sa_family;
    k->port = role == SIP_CONN_SOURCE ? 0 : rt_addr_port(a);
    if (a->sa.sa_family == AF_INET)
        memcpy(k->host, &a->in4.sin_addr, sizeof a->in4.sin_addr);
    else /* as a source, a whole /64: any machine may take any address of its own one */
        memcpy(k->host, &a->in6.sin6_addr, role == SIP_CONN_SOURCE ? 8 : 16);
}

static struct sip_conn_place *find(const struct sip_conns *t, enum sip_conn_role role,
                                   const union rt_addr *a)
{
    struct sip_conn_place *p = NULL;
    struct sip_conn_key key;

    make_key(&key, role, a);
    HASH_FIND(hh, t->places, &key, sizeof key, p);
    return p;
}

int sip_conn_place(struct sip_conn *c, enum sip_conn_role role, const union rt_addr *addr)
{
    struct sip_conn_place *p = find(c->all, role, addr);
    struct sip_conn_at *at = &c->at[role];

    if (!p) {
        p = calloc(1, sizeof *p);
        if (!p)
            return ENOMEM;
        make_key(&p->key, role, addr);
        HASH_ADD(hh, c->all->places, key, sizeof p->key, p);
    }
    at->conn = c;
    at->place = p;
    DL_APPEND(p->first, at);
    p->n++;
    return 0;
}

void sip_conn_displace(struct sip_conn *c)
{
    for (unsigned i = 0; i < SIP_CONN_ROLES; i++) {
        struct sip_conn_place *p = c->at[i].place;
        if (!p)
            continue;
        DL_DELETE(p->first, &c->at[i]);
        c->at[i].place = NULL;
        if (--p->n == 0) {
            HASH_DEL(c->all->places, p);
            free(p);
        }
    }
}

struct sip_conn *sip_conn_numbered(const struct sip_conns *t, uint64_t number)
{
    struct sip_conn *c = NULL;

    HASH_FIND(hh, t->by_number, &number, sizeof number, c);
    return c;
}

/** Whether the far end has been verified to be the one that is wanted. */
static bool is_for(const struct sip_conn *c, const struct sip_flow *flow)
{
    if (flow->transport != SIP_TLS)
        return true;
    if (c->opened)
        return rt_str_caseeq(rt_str(c->domain), flow->domain);
    return rt_tls_is(c->tls, flow->domain);
}

struct sip_conn *sip_conn_towards(const struct sip_conns *t, const struct sip_flow *flow)
{
    static const enum sip_conn_role tls[] = {SIP_CONN_TLS, SIP_CONN_ALIAS};
    static const enum sip_conn_role tcp[] = {SIP_CONN_TCP, SIP_CONN_TCP};
    const enum sip_conn_role *roles = flow->transport == SIP_TLS ? tls : tcp;

    for (unsigned i = 0; i < 2; i++) {
        const struct sip_conn_place *p = find(t, roles[i], &flow->addr);
        for (const struct sip_conn_at *at = p ? p->first : NULL; at; at = at->next)
            if (is_for(at->conn, flow))
                return at->conn;
    }
    return NULL;
}

unsigned sip_conn_from(const struct sip_conns *t, const union rt_addr *host)
{
    const struct sip_conn_place *p = find(t, SIP_CONN_SOURCE, host);
    return p ? p->n : 0;
}
