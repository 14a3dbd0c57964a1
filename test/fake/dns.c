/* A scripted zone instead of name servers: it answers with messages as they are on the wire, so
 * that what reads them is tested too. */
#include "fake_priv.h"

#include "gw/rt/dns_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct zone_record {
    char name[RT_DNS_NAME_LEN];
    unsigned type;
    uint32_t ttl;
    uint8_t data[512];
    size_t len;
    struct zone_record *prev, *next;
};

/** How a name fails, and how often it was asked for. */
struct zone_name {
    char name[RT_DNS_NAME_LEN];
    unsigned type, asked;
    int err;
    struct zone_name *prev, *next;
};

struct rt_dns_port {
    struct rt_loop *loop;
    struct question *open;
};

struct question {
    struct rt_dns_port *port;
    struct rt_timer timer;
    char name[RT_DNS_NAME_LEN];
    enum rt_dns_type type;
    rt_dns_reply_fn *fn;
    void *arg;
    struct question *prev, *next;
};

static struct zone_record *zone;
static struct zone_name *names;
static rt_time delay;

/* ---- the script ---- */

static void put_name(struct rt_writer *w, const char *name)
{
    struct rt_str rest = rt_str(name);

    while (rest.n > 0 && strcmp(name, ".") != 0) {
        struct rt_str label = rt_str_cut(&rest, '.');
        rt_write_u8(w, (uint8_t)label.n);
        rt_write_bytes(w, label.p, label.n);
    }
    rt_write_u8(w, 0);
}

/** The next word of rdata; "" in quotes is an empty one. */
static struct rt_str next_word(struct rt_str *rest)
{
    *rest = rt_str_trim(*rest);
    if (rest->n == 0 || rest->p[0] != '"')
        return rt_str_cut(rest, ' ');
    *rest = (struct rt_str){rest->p + 1, rest->n - 1};
    return rt_str_cut(rest, '"');
}

static void put_number(struct rt_writer *w, struct rt_str *rest)
{
    uint64_t v = 0;

    rt_str_u64(&v, next_word(rest), UINT16_MAX);
    rt_write_u16(w, (uint16_t)v);
}

static void put_text(struct rt_writer *w, struct rt_str *rest)
{
    struct rt_str s = next_word(rest);

    rt_write_u8(w, (uint8_t)s.n);
    rt_write_bytes(w, s.p, s.n);
}

static void put_domain(struct rt_writer *w, struct rt_str *rest)
{
    char name[RT_DNS_NAME_LEN];

    rt_str_copy(name, sizeof name, next_word(rest));
    put_name(w, name);
}

static void put_address(struct rt_writer *w, struct rt_str rest)
{
    union rt_addr a;

    if (rt_addr_parse(&a, rest.p, rest.n, 0) != 0)
        abort(); /* the test is wrong */
    if (a.sa.sa_family == AF_INET)
        rt_write_bytes(w, &a.in4.sin_addr, 4);
    else
        rt_write_bytes(w, &a.in6.sin6_addr, 16);
}

/** The zone's SOA: only its last field matters here. */
static void put_soa(struct rt_writer *w, struct rt_str rest)
{
    uint64_t minimum = 0;

    put_name(w, "ns.example");
    put_name(w, "admin.example");
    for (unsigned i = 1; i < 5; i++)
        rt_write_u32(w, i);
    rt_str_u64(&minimum, rest, UINT32_MAX);
    rt_write_u32(w, (uint32_t)minimum);
}

static void put_rdata(struct rt_writer *w, unsigned type, struct rt_str rest)
{
    if (type == RT_DNS_SRV) {
        for (unsigned i = 0; i < 3; i++)
            put_number(w, &rest);
        put_domain(w, &rest);
    } else if (type == RT_DNS_NAPTR) {
        put_number(w, &rest);
        put_number(w, &rest);
        for (unsigned i = 0; i < 3; i++)
            put_text(w, &rest);
        put_domain(w, &rest);
    } else if (type == RT_DNS_CNAME) {
        put_domain(w, &rest);
    } else if (type == RT_DNS_SOA) {
        put_soa(w, rest);
    } else {
        put_address(w, rest);
    }
}

void fake_dns_answer(const char *name, unsigned type, uint32_t ttl, const char *rdata)
{
    struct zone_record *r = fake_alloc(sizeof *r);

    if (!rt_dns_name(r->name, name))
        abort();
    struct rt_writer w = rt_writer(r->data, sizeof r->data);
    put_rdata(&w, type, rt_str(rdata));
    r->type = type;
    r->ttl = ttl;
    r->len = rt_written(&w);
    DL_APPEND(zone, r);
}

void fake_dns_remove(const char *name, unsigned type)
{
    struct zone_record *r, *next;

    DL_FOREACH_SAFE(zone, r, next)
    if (strcmp(r->name, name) == 0 && r->type == type) {
        DL_DELETE(zone, r);
        free(r);
    }
}

static struct zone_name *name_of(const char *name, unsigned type)
{
    struct zone_name *n;

    DL_FOREACH(names, n)
    if (strcmp(n->name, name) == 0 && n->type == type)
        return n;
    n = fake_alloc(sizeof *n);
    if (!rt_dns_name(n->name, name))
        abort();
    n->type = type;
    DL_APPEND(names, n);
    return n;
}

void fake_dns_fail(const char *name, unsigned type, int err)
{
    name_of(name, type)->err = err;
}

void fake_dns_delay(rt_time d)
{
    delay = d;
}

unsigned fake_dns_asked(const char *name, unsigned type)
{
    return name_of(name, type)->asked;
}

void fake_dns_reset(void)
{
    struct zone_record *r, *rnext;
    struct zone_name *n, *nnext;

    DL_FOREACH_SAFE(zone, r, rnext)
    free(r);
    DL_FOREACH_SAFE(names, n, nnext)
    free(n);
    zone = NULL;
    names = NULL;
    delay = 0;
}

/* ---- answering ---- */

static void put_record(struct rt_writer *w, const struct zone_record *r)
{
    put_name(w, r->name);
    rt_write_u16(w, (uint16_t)r->type);
    rt_write_u16(w, 1);
    rt_write_u32(w, r->ttl);
    rt_write_u16(w, (uint16_t)r->len);
    rt_write_bytes(w, r->data, r->len);
}

/** Writes the records of that name and type; for `alias` the name that they lead to. */
static unsigned put_all(struct rt_writer *w, const char *name, unsigned type, const uint8_t **alias)
{
    const struct zone_record *r;
    unsigned n = 0;

    DL_FOREACH(zone, r)
    if (strcmp(r->name, name) == 0 && r->type == type) {
        put_record(w, r);
        if (alias)
            *alias = r->data;
        n++;
    }
    return n;
}

static void name_from_wire(char out[RT_DNS_NAME_LEN], const uint8_t *p)
{
    size_t n = 0;

    for (; *p; p += *p + 1) {
        memcpy(out + n, p + 1, *p);
        n += *p;
        out[n++] = '.';
    }
    out[n > 0 ? n - 1 : 0] = '\0';
}

/** The denial's SOA: of the nearest zone above. */
static unsigned put_denial(struct rt_writer *w, const char *name)
{
    for (const char *at = name; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
        if (put_all(w, at, RT_DNS_SOA, NULL) > 0)
            return 1;
    return 0;
}

static size_t build(uint8_t *out, size_t cap, const struct question *q)
{
    struct rt_writer w = rt_writer(out, cap), head = rt_writer(out, 12);
    char name[RT_DNS_NAME_LEN];
    const uint8_t *alias = NULL;
    unsigned answers = 0, found, authority = 0;

    rt_write_bytes(&w, (const uint8_t[12]){0}, 12);
    put_name(&w, q->name);
    rt_write_u16(&w, (uint16_t)q->type);
    rt_write_u16(&w, 1);
    memcpy(name, q->name, sizeof name);
    while (put_all(&w, name, RT_DNS_CNAME, &alias) > 0 && answers < 20) {
        answers++;
        name_from_wire(name, alias);
    }
    found = put_all(&w, name, q->type, NULL);
    if (found == 0)
        authority = put_denial(&w, name);
    rt_write_u16(&head, 7);
    rt_write_u16(&head, found == 0 && answers == 0 ? 0x8183 : 0x8180);
    rt_write_u16(&head, 1);
    rt_write_u16(&head, (uint16_t)(answers + found));
    rt_write_u16(&head, (uint16_t)authority);
    return rt_written(&w);
}

static void reply(void *arg)
{
    struct question *q = arg;
    static uint8_t msg[65536];
    int err = name_of(q->name, q->type)->err;
    size_t len = build(msg, sizeof msg, q);

    DL_DELETE(q->port->open, q);
    q->fn(q->arg, err, err ? NULL : msg, err ? 0 : len);
    free(q);
}

int rt_dns_port_new(struct rt_dns_port **out, struct rt_loop *loop, const struct rt_dns_config *cfg)
{
    (void)cfg;
    *out = fake_alloc(sizeof **out);
    (*out)->loop = loop;
    return 0;
}

void rt_dns_port_free(struct rt_dns_port *p)
{
    struct question *q, *next;

    if (!p)
        return;
    DL_FOREACH_SAFE(p->open, q, next)
    {
        rt_timer_stop(&q->timer);
        free(q);
    }
    free(p);
}

void rt_dns_port_ask(struct rt_dns_port *p, const char *name, enum rt_dns_type type,
                     rt_dns_reply_fn *fn, void *arg)
{
    struct question *q = fake_alloc(sizeof *q);

    q->port = p;
    rt_str_copy(q->name, sizeof q->name, rt_str(name));
    q->type = type;
    q->fn = fn;
    q->arg = arg;
    name_of(name, type)->asked++;
    rt_timer_init(&q->timer, p->loop, reply, q);
    rt_timer_start(&q->timer, delay);
    DL_APPEND(p->open, q);
}
