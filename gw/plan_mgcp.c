/* MGCP in the plan: where it is heard, its timers, and the gateways whose agent we are. Agents that
 * direct us are in plan_agent.c, what trunks say of their lines in plan_lines.c. */
#include "gw/plan_mgcp_priv.h"

#include <stdio.h>

#define GATEWAYS_MAX  10000
#define RANGES_MAX    64
#define ENDPOINTS_MAX 20000
#define AUDIT         (600 * RT_S)
#define AUDIT_MIN     (10 * RT_S)
#define RATE          200 /* 10,000 endpoints are back within a minute */
#define HIST          (30 * RT_S)
#define MAX           (20 * RT_S)

/* ---- words that gateways, agents and trunks have in common ---- */

void gw_plan_profile(struct gw_words *w, enum mgcp_profile *out)
{
    const struct conf_token *t = gw_words_take(w, "a profile");

    if (!t)
        return;
    struct conf_suggest near = conf_suggest(t->text);
    for (enum mgcp_profile p = 0; p < MGCP_PROFILES; p++) {
        conf_suggest_offer(&near, mgcp_profile_name(p));
        if (strcmp(mgcp_profile_name(p), t->text) == 0) {
            *out = p;
            return;
        }
    }
    conf_suggest_error(w->c->diag, t->pos, "unknown profile", &near);
}

bool gw_plan_range(struct gw_words *w, const struct conf_token **at, uint64_t most, uint64_t *low,
                   uint64_t *high)
{
    struct conf_arg_spec spec = {.type = CONF_RANGES};
    const struct conf_token *t = gw_words_take(w, "a range");

    if (!t)
        return false;
    *at = t;
    if (conf_value_error(&spec, t)) {
        gw_words_wrong(w, t, "a range like 1-24");
        return false;
    }
    conf_range(t, low, high);
    if (*low >= 1 && *high <= most)
        return true;
    conf_error(w->c->diag, t->pos, "\"%s\" is not within 1 to %llu", t->text,
               (unsigned long long)most);
    return false;
}

/** Terms between slashes, none of them a wildcard (RFC 3435 2.1.2). */
static bool is_local_name(const char *s)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    for (;;) {
        size_t n = strspn(s, good);
        if (n == 0)
            return false;
        if (s[n] == '\0')
            return true;
        if (s[n] != '/')
            return false;
        s += n + 1;
    }
}

const char *gw_plan_prefix(struct gw_words *w)
{
    const struct conf_token *t = gw_words_take(w, "a name of endpoints");

    if (!t)
        return NULL;
    if (is_local_name(t->text) && strlen(t->text) < GW_NAME_LEN)
        return t->text;
    gw_words_wrong(w, t, "a name of endpoints like ds/e1-1");
    return NULL;
}

/* ---- gateways ---- */

/** `lines 1-24 as aaln` */
struct range {
    const char *prefix;
    bool line;
    unsigned low, high;
};

/** A gateway being read. */
struct reader {
    struct gw_words w;
    struct gw_mgcp_gateway *g;
    struct range range[RANGES_MAX];
    unsigned n;
    unsigned seen; /**< bit n: clause n of the table below */
};

static void read_address(struct reader *r)
{
    const struct conf_token *t = gw_words_take(&r->w, "an address");

    if (!t)
        return;
    if (rt_addr_parse(&r->g->address, t->text, strlen(t->text), MGCP_PORT_GATEWAY) != 0)
        gw_words_wrong(&r->w, t, "an address like 192.0.2.20 or [2001:db8::1]:2427");
    else if (rt_addr_is_any(&r->g->address) || rt_addr_port(&r->g->address) == 0)
        conf_error(r->w.c->diag, t->pos, "\"%s\" is no address of a gateway", t->text);
}

static void add_range(struct reader *r, const struct conf_token *at, struct range add)
{
    for (unsigned i = 0; i < r->n; i++) {
        const struct range *o = &r->range[i];
        if (strcmp(o->prefix, add.prefix) == 0 && o->low <= add.high && add.low <= o->high) {
            conf_error(r->w.c->diag, at->pos, "\"%s/%u\" of gateway \"%s\" stands twice",
                       add.prefix, o->low > add.low ? o->low : add.low, r->g->name);
            return;
        }
    }
    unsigned more = add.high - add.low + 1;
    if (r->n == RANGES_MAX) {
        conf_error(r->w.c->diag, at->pos, "a gateway has at most %d ranges", RANGES_MAX);
    } else if (r->g->nendpoints + more > ENDPOINTS_MAX) {
        conf_error(r->w.c->diag, at->pos, "a gateway has at most %d endpoints", ENDPOINTS_MAX);
    } else {
        r->range[r->n++] = add;
        r->g->nendpoints += more;
    }
}

/** `1-24, 26 [as PREFIX]`: the prefix is known after the ranges. */
static void read_ranges(struct reader *r, bool line, const char *prefix)
{
    const struct conf_token *at[RANGES_MAX];
    struct range found[RANGES_MAX];
    unsigned n = 0;
    uint64_t low, high;

    do {
        if (n == RANGES_MAX || !gw_plan_range(&r->w, &at[n], UINT16_MAX, &low, &high))
            return;
        found[n++] = (struct range){.line = line, .low = (unsigned)low, .high = (unsigned)high};
    } while (gw_words_comma(&r->w));
    if (gw_words_is(&r->w, "as"))
        prefix = gw_plan_prefix(&r->w);
    for (unsigned i = 0; prefix && i < n; i++) {
        found[i].prefix = prefix;
        add_range(r, at[i], found[i]);
    }
}

static void read_lines(struct reader *r)
{
    read_ranges(r, true, "aaln");
}

static void read_channels(struct reader *r)
{
    read_ranges(r, false, "ds/e1-1");
}

static void read_profile(struct reader *r)
{
    gw_plan_profile(&r->w, &r->g->profile);
}

static void read_audit(struct reader *r)
{
    const struct conf_token *t = gw_words_peek(&r->w);

    if (gw_words_is(&r->w, "off")) {
        r->g->audit = 0;
        return;
    }
    if (gw_words_duration(&r->w, "a duration", &r->g->audit) && r->g->audit < AUDIT_MIN)
        conf_error(r->w.c->diag, t->pos, "\"audit\" is at least 10s, or off");
}

static void read_rate(struct reader *r)
{
    uint64_t rate;

    if (gw_words_number(&r->w, "a rate", 1, 100000, &rate))
        r->g->rate = (unsigned)rate;
}

/** What a gateway may be said to be, on its own line or in its block. */
static const struct {
    const char *word;
    void (*read)(struct reader *);
    bool often;
} clauses[] = {
    {"address", read_address, false},  {"lines", read_lines, true},
    {"channels", read_channels, true}, {"profile", read_profile, false},
    {"audit", read_audit, false},      {"rate", read_rate, false},
};

static void read_clauses(struct reader *r)
{
    const char *words[RT_COUNT(clauses) + 1] = {NULL};
    unsigned errors = r->w.c->diag->errors;

    for (size_t i = 0; i < RT_COUNT(clauses); i++)
        words[i] = clauses[i].word;
    while (gw_words_peek(&r->w) && r->w.c->diag->errors == errors) {
        const struct conf_token *t = r->w.t;
        int i = gw_words_choice(&r->w, "a word", words);
        if (i < 0)
            return;
        if (!clauses[i].often && (r->seen >> i & 1))
            conf_error(r->w.c->diag, t->pos, "\"%s\" is given twice", t->text);
        r->seen |= 1u << i;
        clauses[i].read(r);
    }
    if (r->w.c->diag->errors == errors)
        gw_words_end(&r->w);
}

static void make_endpoints(struct reader *r)
{
    struct gw_mgcp_gateway *g = r->g;
    struct conf_arena *arena = r->w.c->arena;
    char name[GW_NAME_LEN + 12];
    unsigned n = 0;

    g->endpoint = g->nendpoints ? conf_alloc(arena, g->nendpoints * sizeof *g->endpoint) : NULL;
    if (!g->endpoint) {
        g->nendpoints = 0;
        return;
    }
    for (unsigned i = 0; i < r->n; i++)
        for (unsigned k = r->range[i].low; k <= r->range[i].high; k++) {
            snprintf(name, sizeof name, "%s/%u", r->range[i].prefix, k);
            g->endpoint[n++] = (struct gw_mgcp_endpoint){.local = conf_text(arena, rt_str(name)),
                                                         .line = r->range[i].line,
                                                         .number = k,
                                                         .gateway = g};
        }
}

/** A host name, or an address in brackets (RFC 3435 3.2.1.3). */
static bool is_domain(const char *s)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t n = strlen(s);
    union rt_addr a;

    if (n == 0 || n > 255)
        return false;
    if (s[0] == '[')
        return s[n - 1] == ']' &&
               (rt_addr_parse(&a, s + 1, n - 2, 0) == 0 || rt_addr_parse(&a, s, n, 0) == 0);
    return s[strspn(s, name)] == '\0';
}

static void check_family(struct gw_compile *c, const struct gw_mgcp_gateway *g)
{
    int family = g->address.sa.sa_family;
    bool heard = family == AF_UNSPEC;

    for (unsigned i = 0; i < c->plan->mgcp.nlisten; i++)
        heard |= c->plan->mgcp.listen[i].sa.sa_family == family;
    if (!heard)
        conf_error(c->diag, g->pos,
                   "gateway \"%s\" has an IPv%d address, but \"mgcp\" listens on none", g->name,
                   family == AF_INET6 ? 6 : 4);
}

static void compile_gateway(struct gw_compile *c, struct gw_mgcp_gateway *g,
                            const struct conf_node *n)
{
    struct reader r = {.w = gw_words(c, n, 2), .g = g};
    const struct conf_token *name = conf_arg(n, 0);
    unsigned errors = c->diag->errors;

    g->name = name->text;
    g->pos = n->pos;
    g->audit = AUDIT;
    g->rate = RATE;
    if (!is_domain(g->name))
        gw_words_wrong(&r.w, name, "a name like iad1.example.com, or an address in brackets");
    for (unsigned i = 0; i < g->index; i++)
        if (rt_str_caseeq(rt_str(g->name), c->plan->mgcp.gateways[i].name))
            gw_plan_twice(c, n, c->plan->mgcp.gateways[i].pos);
    read_clauses(&r);
    for (const struct conf_node *s = n->child; s; s = s->next) {
        r.w = gw_words(c, s, 0);
        read_clauses(&r);
    }
    make_endpoints(&r);
    if (c->diag->errors > errors)
        return;
    if (g->address.sa.sa_family == AF_UNSPEC)
        conf_error(c->diag, n->pos, "gateway \"%s\" lacks \"address\"", g->name);
    if (g->nendpoints == 0)
        conf_error(c->diag, n->pos, "gateway \"%s\" lacks \"lines\" or \"channels\"", g->name);
    for (unsigned i = 0; i < r.n; i++)
        if (r.range[i].line && g->profile == MGCP_OSMO)
            conf_warn(c->diag, n->pos,
                      "the lines of gateway \"%s\" are never heard: gateways of profile \"osmo\" "
                      "report no events",
                      g->name);
    check_family(c, g);
}

static void compile_gateways(struct gw_compile *c, const struct conf_node *block)
{
    struct gw_mgcp_plan *m = &c->plan->mgcp;
    const struct conf_node *n = conf_child(block, "gateway");
    unsigned many = 0;

    for (const struct conf_node *s = n; s; s = conf_again(s, "gateway"))
        many++;
    if (many > GATEWAYS_MAX)
        conf_error(c->diag, n->pos, "there are more than %d of \"gateway\"", GATEWAYS_MAX);
    if (many == 0 || many > GATEWAYS_MAX ||
        !(m->gateways = conf_alloc(c->arena, many * sizeof *m->gateways)))
        return;
    for (; n; n = conf_again(n, "gateway")) {
        struct gw_mgcp_gateway *g = &m->gateways[m->ngateways];
        g->index = m->ngateways;
        compile_gateway(c, g, n);
        m->ngateways++;
    }
}

/* ---- listening ---- */

static bool listens(const struct gw_mgcp_plan *m, const union rt_addr *a)
{
    for (unsigned i = 0; i < m->nlisten; i++)
        if (rt_addr_equal(&m->listen[i], a))
            return true;
    return false;
}

static void add_listen(struct gw_compile *c, const struct conf_token *t)
{
    struct gw_mgcp_plan *m = &c->plan->mgcp;
    struct rt_str rest = rt_str(t->text), how = rt_str_cut(&rest, ':');
    union rt_addr a;

    rt_addr_parse(&a, rest.p, rest.n, MGCP_PORT_AGENT);
    if (!rt_str_eq(how, "udp"))
        conf_error(c->diag, t->pos, "\"%s\": MGCP is spoken over UDP alone", t->text);
    else if (rt_addr_port(&a) == 0)
        conf_error(c->diag, t->pos, "\"%s\" has no port that can be listened on", t->text);
    else if (listens(m, &a))
        conf_error(c->diag, t->pos, "\"%s\" is listened on twice", t->text);
    else if (m->nlisten == MGCP_LISTEN_MAX)
        conf_error(c->diag, t->pos, "there are more than %d addresses to listen on",
                   MGCP_LISTEN_MAX);
    else
        m->listen[m->nlisten++] = a;
}

/** Agents call gateways at 2427 if nothing says otherwise: where we listen at the agents' port
 * alone, the gateways' is added on the same hosts. */
static void add_gateway_port(struct gw_mgcp_plan *m)
{
    unsigned n = m->nlisten;

    for (unsigned i = 0; i < n; i++)
        if (rt_addr_port(&m->listen[i]) != MGCP_PORT_AGENT)
            return;
    for (unsigned i = 0; i < n && m->nlisten < MGCP_LISTEN_MAX; i++) {
        m->listen[m->nlisten] = m->listen[i];
        rt_addr_set_port(&m->listen[m->nlisten++], MGCP_PORT_GATEWAY);
    }
}

static void compile_listen(struct gw_compile *c, const struct conf_node *block)
{
    static const char any[] = "0.0.0.0";
    struct gw_mgcp_plan *m = &c->plan->mgcp;
    bool agents = conf_child(block, "agent") != NULL;
    const struct conf_token *t;

    for (const struct conf_node *n = conf_child(block, "listen"); n; n = conf_again(n, "listen"))
        for (size_t i = 0; (t = conf_arg(n, i)); i++)
            add_listen(c, t);
    if (conf_child(block, "listen")) {
        if (agents)
            add_gateway_port(m);
        return;
    }
    if (!agents || conf_child(block, "gateway"))
        rt_addr_parse(&m->listen[m->nlisten++], any, strlen(any), MGCP_PORT_AGENT);
    if (agents)
        rt_addr_parse(&m->listen[m->nlisten++], any, strlen(any), MGCP_PORT_GATEWAY);
}

/* ---- timers ---- */

static void read_timers(struct gw_compile *c, struct mgcp_timers *m, const struct conf_node *n)
{
    const struct {
        const char *label;
        rt_time *value;
    } rows[] = {{"hist", &m->hist},         {"max", &m->max},
                {"first", &m->first},       {"rto-max", &m->rto_max},
                {"longtran", &m->longtran}, {"provisional", &m->provisional}};
    rt_time hist, max;

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        const struct conf_token *t = conf_labelled(n, rows[i].label);
        if (t)
            *rows[i].value = conf_duration(t);
        if (t && (*rows[i].value < RT_MS || *rows[i].value > 600 * RT_S))
            conf_error(c->diag, t->pos, "\"%s\" is from 1ms to 10min", rows[i].label);
    }
    hist = m->hist ? m->hist : HIST;
    max = m->max ? m->max : MAX;
    if (hist <= max)
        conf_error(c->diag, n->pos,
                   "answers must be kept (\"hist\") for longer than commands are repeated "
                   "(\"max\")");
}

static void read_repeats(struct gw_compile *c, struct mgcp_timers *m, const struct conf_node *n)
{
    const struct conf_token *dns = conf_labelled(n, "dns");

    m->max1 = (unsigned)conf_uint(conf_arg(n, 0));
    m->max2 = (unsigned)conf_uint(conf_arg(n, 1));
    if (m->max1 >= m->max2)
        conf_error(c->diag, n->pos,
                   "another address is tried before the peer is lost: the first "
                   "number is the lower one");
    m->no_dns1 = dns && (strcmp(dns->text, "second") == 0 || strcmp(dns->text, "off") == 0);
    m->no_dns2 = dns && (strcmp(dns->text, "first") == 0 || strcmp(dns->text, "off") == 0);
}

/* ---- all ---- */

void gw_plan_compile_mgcp(struct gw_compile *c)
{
    const struct conf_node *block = conf_child(c->root, "mgcp"), *n;
    struct gw_mgcp_plan *m = &c->plan->mgcp;

    if (!block)
        return;
    m->on = true;
    compile_listen(c, block);
    if ((n = conf_child(block, "domain"))) {
        m->domain = conf_arg(n, 0)->text;
        if (!is_domain(m->domain))
            conf_error(c->diag, conf_arg(n, 0)->pos,
                       "\"%s\" is not a name like gw.example.com, or an address in brackets",
                       m->domain);
    }
    if ((n = conf_child(block, "timers")))
        read_timers(c, &m->timers, n);
    if ((n = conf_child(block, "repeats")))
        read_repeats(c, &m->timers, n);
    if ((n = conf_child(block, "datagram")) && conf_arg(n, 0))
        m->timers.datagram = (unsigned)conf_uint(conf_arg(n, 0));
    compile_gateways(c, block);
    gw_plan_compile_agents(c, block);
}
