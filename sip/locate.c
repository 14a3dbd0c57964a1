/* Finds the servers of a URI (RFC 3263 4): NAPTR, SRV, A and AAAA as far as the URI leaves open
 * what they say; one machine per search.
 *
 * All questions of one step are asked together. A name server that fails is no reason to guess: the
 * search fails, and its owner goes on with what it knew.
 */
#include "gw/rt/dns.h"
#include "sip/sip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVICES_MAX 8
#define HOSTS_MAX    SIP_PLACES_MAX
#define ADDRS_MAX    8
#define ASKS_MAX     (2 * HOSTS_MAX)

/** A name with SRV records. */
struct service {
    char name[RT_DNS_NAME_LEN];
    enum sip_transport transport;
    struct rt_dns_srv srv[HOSTS_MAX]; /* by priority */
    unsigned n;
};

/** A name with addresses. */
struct host {
    char name[RT_DNS_NAME_LEN];
    struct sip_place place; /* but for the address */
    uint16_t port;
    union rt_addr addr[2][ADDRS_MAX]; /* IPv4, IPv6 */
    unsigned n[2];
};

/** A question that is open. */
struct ask {
    struct sip_locate *l;
    struct rt_dns_query *query;
    unsigned index, family;
};

struct sip_locate {
    struct rt_dns *dns;
    struct rt_loop *loop;
    struct sip_target target;
    struct sip_means means;
    char host[RT_DNS_NAME_LEN], domain[RT_DNS_NAME_LEN];
    sip_locate_fn *fn;
    void *arg;
    struct ask ask[ASKS_MAX];
    unsigned nasks, open;
    struct service service[SERVICES_MAX];
    unsigned nservices;
    struct host hosts[HOSTS_MAX];
    unsigned nhosts;
    bool served; /* there were SRV records, be it that they say "no" */
    struct sip_places found;
    struct rt_defer over;
};

static const uint16_t default_port[] = {[SIP_UDP] = 5060, [SIP_TCP] = 5060, [SIP_TLS] = 5061};

static bool can(const struct sip_means *m, enum sip_transport t)
{
    return m->transports >> t & 1;
}

/** The transport when nothing tells it: UDP, for sips TLS (RFC 3263 4.1); the next best when we do
 * not have it. */
static enum sip_transport usual_transport(const struct sip_target *t, const struct sip_means *m)
{
    if (t->chosen || t->sips)
        return t->transport;
    for (enum sip_transport k = SIP_UDP; k < SIP_TLS; k++)
        if (can(m, k))
            return k;
    return SIP_TLS;
}

/* ---- the end ---- */

static void tell(void *arg)
{
    struct sip_locate *l = arg;

    for (unsigned i = 0; i < l->found.n; i++)
        l->found.place[i].hop.domain = l->domain;
    l->fn(l->arg, &l->found);
    free(l);
}

static void finish(struct sip_locate *l)
{
    if (l->found.n > 0) {
        sip_places_order(l->found.place, l->found.n);
        l->found.err = 0;
    } else if (l->found.err == 0) {
        l->found.err = ENOENT;
    }
    if (l->found.err != 0)
        l->found.stale = false;
    rt_defer_start(&l->over);
}

/** An answer that is used: the search is as old as the oldest of them. */
static void use(struct sip_locate *l, const struct rt_dns_answer *a)
{
    if (a->expires < l->found.expires)
        l->found.expires = a->expires;
    l->found.stale = l->found.stale || a->stale;
}

/** A question failed: kept in case that nothing is found. */
static void note(struct sip_locate *l, const struct rt_dns_answer *a)
{
    if (a->err != 0 && a->err != ENOENT)
        l->found.err = a->err;
}

static void ask(struct sip_locate *l, const char *name, enum rt_dns_type type, rt_dns_fn *fn,
                unsigned index, unsigned family)
{
    if (l->nasks == ASKS_MAX)
        return;
    struct ask *k = &l->ask[l->nasks];
    *k = (struct ask){.l = l, .index = index, .family = family};
    if (rt_dns_ask(&k->query, l->dns, name, type, fn, k) != 0) {
        l->found.err = ENOMEM;
        return;
    }
    l->nasks++;
    l->open++;
}

/** One question fewer. True: it was the last of this step. */
static bool answered(struct ask *k)
{
    k->query = NULL;
    return --k->l->open == 0;
}

/* ---- addresses ---- */

/** The addresses of a host, the families in turns (RFC 6157 5): whichever works is soon tried. */
static void add_places(struct sip_locate *l, const struct host *h)
{
    unsigned first = l->means.ipv6_first ? 1 : 0;

    for (unsigned i = 0; i < 2 * ADDRS_MAX && l->found.n < SIP_PLACES_MAX; i++) {
        unsigned family = (i + first) % 2;
        if (i / 2 >= h->n[family])
            continue;
        struct sip_place *p = &l->found.place[l->found.n++];
        *p = h->place;
        p->hop.addr = h->addr[family][i / 2];
        rt_addr_set_port(&p->hop.addr, h->port);
    }
}

static void hosts_known(struct sip_locate *l)
{
    for (unsigned i = 0; i < l->nhosts; i++)
        add_places(l, &l->hosts[i]);
    finish(l);
}

static void on_address(void *arg, const struct rt_dns_answer *a)
{
    struct ask *k = arg;
    struct host *h = &k->l->hosts[k->index];

    note(k->l, a);
    for (unsigned i = 0; i < a->n && i < ADDRS_MAX; i++)
        h->addr[k->family][h->n[k->family]++] = a->record[i].addr;
    if (a->n > 0)
        use(k->l, a);
    if (answered(k))
        hosts_known(k->l);
}

static void ask_addresses(struct sip_locate *l)
{
    l->nasks = 0;
    for (unsigned i = 0; i < l->nhosts; i++) {
        if (l->means.ipv4)
            ask(l, l->hosts[i].name, RT_DNS_A, on_address, i, 0);
        if (l->means.ipv6)
            ask(l, l->hosts[i].name, RT_DNS_AAAA, on_address, i, 1);
    }
    if (l->open == 0)
        finish(l);
}

static void add_host(struct sip_locate *l, const char *name, enum sip_transport transport,
                     uint16_t port)
{
    struct host *h = &l->hosts[l->nhosts];

    if (l->nhosts == HOSTS_MAX)
        return;
    *h = (struct host){.port = port,
                       .place = {.hop = {.transport = transport}, .record = l->nhosts}};
    rt_str_copy(h->name, sizeof h->name, rt_str(name));
    l->nhosts++;
}

static void ask_target_itself(struct sip_locate *l)
{
    enum sip_transport t = usual_transport(&l->target, &l->means);

    add_host(l, l->host, t, l->target.port ? l->target.port : default_port[t]);
    ask_addresses(l);
}

/* ---- SRV ---- */

static void services_known(struct sip_locate *l)
{
    for (unsigned i = 0; i < l->nservices; i++) {
        const struct service *s = &l->service[i];
        for (unsigned k = 0; k < s->n; k++) {
            unsigned before = l->nhosts;
            add_host(l, s->srv[k].target, s->transport, s->srv[k].port);
            if (l->nhosts == before)
                break;
            l->hosts[before].place.group = i;
            l->hosts[before].place.priority = s->srv[k].priority;
            l->hosts[before].place.weight = s->srv[k].weight;
        }
    }
    if (l->nhosts > 0)
        ask_addresses(l);
    else if (l->served || l->found.err != 0)
        finish(l);
    else
        ask_target_itself(l);
}

/** Keeps records in order of priority: the last are cut off when there are too many. */
static void keep(struct service *s, const struct rt_dns_srv *srv)
{
    unsigned at = s->n;

    if (s->n < HOSTS_MAX)
        s->n++;
    else if (s->srv[--at].priority <= srv->priority)
        return;
    for (; at > 0 && s->srv[at - 1].priority > srv->priority; at--)
        s->srv[at] = s->srv[at - 1];
    s->srv[at] = *srv;
}

static void on_srv(void *arg, const struct rt_dns_answer *a)
{
    struct ask *k = arg;

    note(k->l, a);
    k->l->served = k->l->served || a->n > 0;
    for (unsigned i = 0; i < a->n; i++)
        if (strcmp(a->record[i].srv.target, ".") != 0) /* "." : decidedly not here */
            keep(&k->l->service[k->index], &a->record[i].srv);
    if (a->n > 0)
        use(k->l, a);
    if (answered(k))
        services_known(k->l);
}

static void ask_services(struct sip_locate *l)
{
    l->nasks = 0;
    for (unsigned i = 0; i < l->nservices; i++)
        ask(l, l->service[i].name, RT_DNS_SRV, on_srv, i, 0);
    if (l->open == 0)
        finish(l);
}

static void add_service(struct sip_locate *l, const char *name, enum sip_transport transport)
{
    if (l->nservices == SERVICES_MAX)
        return;
    struct service *s = &l->service[l->nservices++];
    s->transport = transport;
    rt_str_copy(s->name, sizeof s->name, rt_str(name));
}

/** The SRV names that the transports we have stand for. */
static void usual_services(struct sip_locate *l)
{
    static const char *const prefix[] = {
        [SIP_UDP] = "_sip._udp", [SIP_TCP] = "_sip._tcp", [SIP_TLS] = "_sips._tcp"};
    enum sip_transport first = l->target.chosen || l->target.sips ? l->target.transport : SIP_UDP;
    enum sip_transport last = l->target.chosen || l->target.sips ? first : SIP_TLS;

    for (enum sip_transport t = first; t <= last; t++) {
        char name[RT_DNS_NAME_LEN + 12];
        if (!can(&l->means, t))
            continue;
        snprintf(name, sizeof name, "%s.%s", prefix[t], l->host);
        add_service(l, name, t);
    }
    if (l->nservices == 0)
        l->found.err = ENOTSUP;
    ask_services(l);
}

/* ---- NAPTR ---- */

static const struct {
    const char *service;
    enum sip_transport transport;
} naptr_services[] = {{"SIP+D2U", SIP_UDP}, {"SIP+D2T", SIP_TCP}, {"SIPS+D2T", SIP_TLS}};

/** The transport that a NAPTR record is for, or -1: it is not for us to follow. */
static int transport_of(const struct rt_dns_naptr *n)
{
    if (!rt_str_caseeq(rt_str(n->flags), "s"))
        return -1;
    for (size_t i = 0; i < RT_COUNT(naptr_services); i++)
        if (rt_str_caseeq(rt_str(n->service), naptr_services[i].service))
            return (int)naptr_services[i].transport;
    return -1;
}

static bool fits(const struct sip_locate *l, int transport)
{
    return can(&l->means, (enum sip_transport)transport) &&
           (transport == SIP_TLS || !l->target.sips);
}

/** Fills `list` with the records to follow, by order and preference. True: the domain has records
 * for SIP, whether we can follow them or not. */
static bool choose_naptr(const struct sip_locate *l, const struct rt_dns_answer *a,
                         const struct rt_dns_naptr *list[SERVICES_MAX], unsigned *n)
{
    bool sip = false;

    *n = 0;
    for (unsigned i = 0; i < a->n; i++) {
        const struct rt_dns_naptr *r = &a->record[i].naptr;
        int t = transport_of(r);
        sip = sip || t >= 0;
        if (t < 0 || !fits(l, t) || (*n > 0 && r->order > list[0]->order))
            continue;
        if (*n > 0 && r->order < list[0]->order)
            *n = 0; /* a lower order rules the others out (RFC 3403 4.1) */
        unsigned at = *n < SERVICES_MAX ? (*n)++ : SERVICES_MAX - 1;
        for (; at > 0 && list[at - 1]->preference > r->preference; at--)
            list[at] = list[at - 1];
        list[at] = r;
    }
    return sip;
}

static void on_naptr(void *arg, const struct rt_dns_answer *a)
{
    struct ask *k = arg;
    struct sip_locate *l = k->l;
    const struct rt_dns_naptr *list[SERVICES_MAX];
    unsigned n;

    note(l, a);
    answered(k);
    if (l->found.err != 0) {
        finish(l);
        return;
    }
    bool sip = choose_naptr(l, a, list, &n);
    for (unsigned i = 0; i < n; i++)
        add_service(l, list[i]->replacement, (enum sip_transport)transport_of(list[i]));
    if (n > 0) {
        use(l, a);
        l->served = true;
        ask_services(l);
    } else if (sip) {
        l->found.err = ENOTSUP;
        finish(l);
    } else {
        usual_services(l);
    }
}

/* ---- the start ---- */

static bool numeric(union rt_addr *out, const struct sip_target *t)
{
    return rt_addr_parse(out, t->host.p, t->host.n, 0) == 0 && rt_addr_port(out) == 0;
}

bool sip_locate_numeric(struct sip_places *out, const struct sip_target *target,
                        const struct sip_means *means)
{
    union rt_addr addr;
    enum sip_transport t = usual_transport(target, means);

    if (!numeric(&addr, target))
        return false;
    rt_addr_set_port(&addr, target->port ? target->port : default_port[t]);
    *out = (struct sip_places){.expires = INT64_MAX, .n = 1};
    out->place[0].hop = (struct sip_hop){.transport = t, .addr = addr};
    return true;
}

int sip_locate(struct sip_locate **out, struct rt_dns *dns, struct rt_loop *loop,
               const struct sip_target *target, const struct sip_means *means, sip_locate_fn *fn,
               void *arg)
{
    struct sip_locate *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->dns = dns;
    l->loop = loop;
    l->target = *target;
    l->means = *means;
    l->fn = fn;
    l->arg = arg;
    l->found.expires = INT64_MAX;
    rt_str_copy(l->host, sizeof l->host, target->host);
    rt_str_copy(l->domain, sizeof l->domain, target->domain);
    rt_defer_init(&l->over, loop, tell, l);
    *out = l;
    if (sip_locate_numeric(&l->found, target, means)) {
        rt_defer_start(&l->over);
    } else if (!can(means, usual_transport(target, means))) {
        l->found.err = ENOTSUP;
        finish(l);
    } else if (target->port) {
        ask_target_itself(l);
    } else if (target->chosen) {
        usual_services(l);
    } else {
        ask(l, l->host, RT_DNS_NAPTR, on_naptr, 0, 0);
        if (l->open == 0)
            finish(l);
    }
    return 0;
}

void sip_locate_cancel(struct sip_locate *l)
{
    if (!l)
        return;
    for (unsigned i = 0; i < l->nasks; i++)
        rt_dns_cancel(l->ask[i].query);
    rt_defer_stop(&l->over);
    free(l);
}
