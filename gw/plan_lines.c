/* A trunk on an MGCP gateway: which endpoints are its own, what each line is called by, and how its
 * telephones behave. */
#include "gw/plan_mgcp_priv.h"

#include <stdio.h>
#include <stdlib.h>

/** Statements about telephones. */
static const char *const of_lines[] = {"line",           "digits", "digit-map",    "call-waiting",
                                       "three-way",      "flash",  "dial-timeout", "busy-timeout",
                                       "howler-timeout", NULL};

/** Of telephones and circuits. */
static const char *const of_both[] = {"caller-id", "t38", NULL};

void gw_plan_check_no_lines(struct gw_compile *c, const struct conf_node *trunk)
{
    const struct conf_node *n;

    for (size_t i = 0; of_lines[i]; i++)
        if ((n = conf_child(trunk, of_lines[i])))
            conf_error(c->diag, n->pos, "\"%s\" is for trunks with an MGCP gateway", of_lines[i]);
    for (size_t i = 0; of_both[i]; i++)
        if ((n = conf_child(trunk, of_both[i])))
            conf_error(c->diag, n->pos, "\"%s\" is for trunks with an MGCP gateway", of_both[i]);
}

static void check_strange(struct gw_compile *c, const struct conf_node *trunk)
{
    static const char *const of_peers[] = {"accept",      "health",
                                           "probation",   "dtmf",
                                           "100rel",      "session-timer",
                                           "silence",     "nat",
                                           "causes",      "headers",
                                           "register",    "auth",
                                           "challenge",   "identity-updates",
                                           "cic",         "phone-context",
                                           "early-media", "diversion",
                                           "rtcp-xr",     "quality-reports",
                                           "srtp",        "srtp-suites",
                                           "ice",         "rtcp-mux",
                                           "redirects",   "aoc",
                                           "overlap",     "caller",
                                           "tgrp",        "domains"};
    static const char *const of_spans[] = {"optimise",           "channels",   "hold",
                                           "interworking-timer", "bearer",     "inband",
                                           "origin-not-isdn",    "echo-cancel"};
    const struct conf_node *n;

    for (size_t i = 0; i < RT_COUNT(of_peers); i++)
        if ((n = conf_child(trunk, of_peers[i])))
            conf_error(c->diag, n->pos, "\"%s\" is not for trunks with an MGCP gateway",
                       of_peers[i]);
    for (size_t i = 0; i < RT_COUNT(of_spans); i++)
        if ((n = conf_child(trunk, of_spans[i])))
            conf_error(c->diag, n->pos, "\"%s\" is for trunks on a span", of_spans[i]);
}

/* ---- which endpoints ---- */

/** A trunk being read. */
struct reader {
    struct gw_compile *c;
    struct gw_trunk *t;
    const struct gw_mgcp_gateway *g;
    struct gw_mgcp_trunk *m;
    bool *taken;                   /**< of each endpoint of the gateway: it is this trunk's */
    unsigned line[UINT16_MAX + 1]; /**< by number: 1 and up: index of a line; 0: none */
};

static const struct gw_mgcp_gateway *find_gateway(struct gw_compile *c, const struct conf_token *t)
{
    const struct gw_mgcp_plan *m = &c->plan->mgcp;
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < m->ngateways; i++) {
        if (rt_str_caseeq(rt_str(t->text), m->gateways[i].name))
            return &m->gateways[i];
        conf_suggest_offer(&near, m->gateways[i].name);
    }
    if (m->ngateways == 0)
        conf_error(c->diag, t->pos, "there is no \"mgcp\" block with a gateway \"%s\"", t->text);
    else
        conf_suggest_error(c->diag, t->pos, "unknown gateway", &near);
    return NULL;
}

/** "it has 1-24, 26" */
static void say_what_there_is(struct rt_buf *out, const struct gw_mgcp_gateway *g, bool line)
{
    const char *between = "it has ";

    for (unsigned i = 0; i < g->nendpoints && out->n < 200; i++) {
        const struct gw_mgcp_endpoint *e = &g->endpoint[i];
        unsigned last = e->number;
        if (e->line != line)
            continue;
        while (i + 1 < g->nendpoints && g->endpoint[i + 1].line == line &&
               g->endpoint[i + 1].number == last + 1) {
            last++;
            i++;
        }
        rt_buf_printf(out, last > e->number ? "%s%u-%u" : "%s%u", between, e->number, last);
        between = ", ";
    }
    if (out->n == 0)
        rt_buf_puts(out, "it has none");
}

/** Of the prefix `as`, or of any when it is NULL. */
static bool is_named(const struct gw_mgcp_endpoint *e, const char *as)
{
    size_t n = as ? strlen(as) : 0;
    return !as ||
           (strncmp(e->local, as, n) == 0 && e->local[n] == '/' && !strchr(e->local + n + 1, '/'));
}

static bool take_range(struct reader *r, const struct conf_token *at, bool line, const char *as,
                       uint64_t low, uint64_t high)
{
    bool there[UINT16_MAX + 1] = {false};
    struct rt_buf has = {0};
    uint64_t first = low;

    for (unsigned i = 0; i < r->g->nendpoints; i++) {
        const struct gw_mgcp_endpoint *e = &r->g->endpoint[i];
        if (e->line == line && e->number >= low && e->number <= high && is_named(e, as))
            r->taken[i] = there[e->number] = true;
    }
    while (first <= high && there[first])
        first++;
    if (first > high)
        return true;
    say_what_there_is(&has, r->g, line);
    conf_error(r->c->diag, at->pos, "gateway \"%s\" has no %s %llu%s%s: %s", r->g->name,
               line ? "line" : "channel", (unsigned long long)first, as ? " as " : "", as ? as : "",
               rt_buf_str(&has).p);
    rt_buf_release(&has);
    return false;
}

/** `lines 1-24` or `channels 1-15, 17-31 [as ds/e1-2]` after the gateway's name. */
static bool take_clause(struct reader *r, struct gw_words *w, bool line)
{
    struct {
        const struct conf_token *at;
        uint64_t low, high;
    } range[64];
    const char *as = NULL;
    unsigned n = 0;

    do {
        if (n == RT_COUNT(range)) {
            conf_error(r->c->diag, w->pos, "these are more than %zu ranges", RT_COUNT(range));
            return false;
        }
        if (!gw_plan_range(w, &range[n].at, UINT16_MAX, &range[n].low, &range[n].high))
            return false;
        n++;
    } while (gw_words_comma(w));
    if (gw_words_is(w, "as") && !(as = gw_plan_prefix(w)))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!take_range(r, range[i].at, line, as, range[i].low, range[i].high))
            return false;
    return true;
}

/** Which endpoints `mgcp` names. */
static bool choose(struct reader *r, const struct conf_node *n)
{
    static const char *const words[] = {"lines", "channels", NULL};
    struct gw_words w = gw_words(r->c, n, 2);

    if (!gw_words_peek(&w))
        for (unsigned i = 0; i < r->g->nendpoints; i++)
            r->taken[i] = true;
    while (gw_words_peek(&w)) {
        int what = gw_words_choice(&w, "a word", words);
        if (what < 0 || !take_clause(r, &w, what == 0))
            return false;
    }
    return gw_words_end(&w);
}

/** The first endpoint that is another trunk's ends it. */
static void claim(struct reader *r, const struct conf_node *n)
{
    struct gw_mgcp_trunk *m = r->m;

    for (int line = 1; line >= 0; line--)
        for (unsigned i = 0; i < r->g->nendpoints; i++) {
            struct gw_mgcp_endpoint *e = &r->g->endpoint[i];
            if (!r->taken[i] || e->line != line)
                continue;
            if (e->trunk) {
                conf_error(r->c->diag, n->pos,
                           "\"%s\" of gateway \"%s\" is in trunk \"%s\" (at %s:%u:%u) already: "
                           "name \"lines\" or \"channels\" that no other trunk has",
                           e->local, r->g->name, e->trunk->name, e->trunk->pos.file,
                           e->trunk->pos.line, e->trunk->pos.column);
                return;
            }
            e->trunk = r->t;
            m->line[m->nendpoints].endpoint = e;
            m->endpoint[m->nendpoints++] = e;
        }
}

static bool read_endpoints(struct reader *r, const struct conf_node *n)
{
    struct gw_mgcp_trunk *m = r->m;
    unsigned count = 0;

    if (r->g->nendpoints == 0) /* said of the gateway */
        return false;
    r->taken = calloc(r->g->nendpoints, sizeof *r->taken);
    if (!r->taken) {
        r->c->arena->failed = true;
        return false;
    }
    if (choose(r, n)) {
        for (unsigned i = 0; i < r->g->nendpoints; i++)
            count += r->taken[i];
        m->endpoint = conf_alloc(r->c->arena, (count + 1) * sizeof(void *));
        m->line = conf_alloc(r->c->arena, (count + 1) * sizeof *m->line);
        if (m->endpoint && m->line)
            claim(r, n);
    }
    free(r->taken);
    return m->nendpoints > 0;
}

/* ---- lines ---- */

/** `103`, `1[01..24]` */
struct numbers {
    char prefix[DP_DIGITS_MAX + 1];
    uint64_t low, high;
    unsigned width; /**< 0: no range */
};

static const char *read_numbers(struct numbers *out, const char *text)
{
    struct rt_str rest = rt_str(text), prefix = rt_str_cut(&rest, '[');
    bool range = prefix.n < strlen(text);
    struct dp_number n;

    *out = (struct numbers){.low = 0};
    if ((prefix.n > 0 || !range) && dp_number_parse(&n, prefix) != 0)
        return "is not a number";
    if (prefix.n > 0)
        RT_JOIN(out->prefix, sizeof out->prefix, rt_str(prefix.p[0] == '+' ? "+" : ""),
                rt_str(n.digits));
    if (!range)
        return NULL;
    bool closed = rest.n > 0 && rest.p[rest.n - 1] == ']';
    struct rt_str span = rt_str_cut(&rest, ']'), low = rt_str_cut(&span, '.');
    if (!closed || rest.n > 0 || span.n < 2 || span.p[0] != '.')
        return "is not a range like 1[01..24]";
    struct rt_str high = {span.p + 1, span.n - 1};
    if (low.n != high.n || low.n > 15 || rt_str_u64(&out->low, low, UINT64_MAX) != 0 ||
        rt_str_u64(&out->high, high, UINT64_MAX) != 0 || out->low > out->high)
        return "is not a range of equal lengths, low to high";
    out->width = (unsigned)low.n;
    return strlen(out->prefix) + out->width > DP_DIGITS_MAX ? "is too long" : NULL;
}

/** The line of this trunk; NULL: reported. */
static struct gw_line *find_line(struct reader *r, const struct conf_token *at, uint64_t number)
{
    unsigned i = number <= UINT16_MAX ? r->line[number] : 0;

    if (i > 0)
        return &r->m->line[i - 1];
    conf_error(r->c->diag, at->pos, "trunk \"%s\" has no line %llu", r->t->name,
               (unsigned long long)number);
    return NULL;
}

/** Lines are told apart by their numbers alone. */
static void index_lines(struct reader *r, const struct conf_node *n)
{
    for (unsigned i = 0; i < r->m->nendpoints && r->m->endpoint[i]->line; i++) {
        const struct gw_mgcp_endpoint *e = r->m->endpoint[i];
        unsigned *at = &r->line[e->number];
        if (*at > 0) {
            conf_error(r->c->diag, n->pos,
                       "line %u is both \"%s\" and \"%s\": give each a trunk of its own", e->number,
                       r->m->endpoint[*at - 1]->local, e->local);
            return;
        }
        *at = i + 1;
    }
}

/** Digits of the number `i` of a block. */
static void write_number(char out[DP_DIGITS_MAX + 1], const struct numbers *n, uint64_t i)
{
    char digits[24] = "";

    if (n->width > 0)
        snprintf(digits, sizeof digits, "%0*llu", (int)n->width, (unsigned long long)(n->low + i));
    RT_JOIN(out, DP_DIGITS_MAX + 1, rt_str(n->prefix), rt_str(digits));
}

static void set_line(struct reader *r, struct gw_line *l, const struct conf_node *n)
{
    const struct conf_token *ring = conf_labelled(n, "ring"), *name = conf_labelled(n, "name");
    const struct conf_token *waiting = conf_labelled(n, "waiting");
    struct gw_mgcp_endpoint *e;

    l->pos = n->pos;
    l->name = name ? name->text : NULL;
    l->ring = ring ? (unsigned)conf_uint(ring) : 0;
    if (waiting)
        l->waiting = strcmp(waiting->text, "on") == 0;
    if (waiting && l->waiting && !r->m->flash)
        conf_error(r->c->diag, waiting->pos, "\"waiting on\" is not possible with \"flash off\"");
    e = &r->g->endpoint[l->endpoint - r->g->endpoint];
    e->as = l;
}

/** `line 1-24 number 1[01..24]`, `line 3 number 103 name "Reception"` */
static void read_line(struct reader *r, const struct conf_node *n)
{
    const struct conf_token *at = conf_arg(n, 0), *number = conf_labelled(n, "number");
    struct numbers block = {.low = 0};
    uint64_t low, high, most;
    const char *why;

    conf_range(at, &low, &high);
    if (number && (why = read_numbers(&block, number->text)) != NULL) {
        conf_error(r->c->diag, number->pos, "\"%s\" %s", number->text, why);
        return;
    }
    most = block.width > 0 ? block.high - block.low + 1 : 1;
    if (number && most != high - low + 1) {
        conf_error(r->c->diag, number->pos, "\"%s\" is %llu number%s, \"%s\" is %llu line%s",
                   number->text, (unsigned long long)most, most == 1 ? "" : "s", at->text,
                   (unsigned long long)(high - low + 1), high == low ? "" : "s");
        return;
    }
    for (uint64_t k = low; k <= high; k++) {
        struct gw_line *l = find_line(r, at, k);
        if (!l)
            return;
        if (l->pos.file) {
            conf_error(r->c->diag, at->pos, "line %llu stands twice, first at %s:%u:%u",
                       (unsigned long long)k, l->pos.file, l->pos.line, l->pos.column);
            return;
        }
        set_line(r, l, n);
        if (number)
            write_number(l->number, &block, k - low);
    }
}

static void read_lines(struct reader *r, const struct conf_node *trunk)
{
    unsigned errors = r->c->diag->errors;

    index_lines(r, conf_child(trunk, "mgcp"));
    for (unsigned i = 0; i < r->m->nendpoints; i++)
        r->m->line[i].waiting = r->m->waiting;
    for (const struct conf_node *n = conf_child(trunk, "line"); n; n = conf_again(n, "line"))
        read_line(r, n);
    if (r->c->diag->errors == errors)
        gw_plan_index_lines(r->c, r->t, r->m);
}

/* ---- all ---- */

/** Channels alone are no telephones. */
static void read_channels(struct reader *r, const struct conf_node *trunk)
{
    const struct conf_node *n;

    for (size_t i = 0; of_lines[i]; i++)
        if ((n = conf_child(trunk, of_lines[i])))
            conf_error(r->c->diag, n->pos, "\"%s\" is for lines: trunk \"%s\" has channels alone",
                       of_lines[i], r->t->name);
    gw_plan_index_lines(r->c, r->t, r->m);
}

static void compile_media(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *identity = conf_child(trunk, "identity");

    gw_plan_compile_session(c, t, trunk);
    gw_plan_compile_stream(c, t, trunk);
    gw_plan_compile_quality(c, t, trunk);
    gw_plan_compile_secure(c, t, trunk);
    t->secure.mux = GW_MUX_OFF;
    gw_plan_compile_trust(c, t, trunk);
    t->identity.untrusted = !identity || conf_has(identity, "untrusted"); /* subscribers */
}

void gw_plan_compile_lines(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "mgcp");
    struct gw_mgcp_trunk *m = conf_alloc(c->arena, sizeof *m);
    struct reader *r = calloc(1, sizeof *r);

    if (!m || !r) {
        c->arena->failed = true;
        free(r);
        return;
    }
    *r = (struct reader){.c = c, .t = t, .m = m};
    check_strange(c, trunk);
    compile_media(c, t, trunk);
    t->mgcp = m;
    r->g = m->gateway = find_gateway(c, conf_arg(n, 0));
    bool there = r->g && read_endpoints(r, n);
    gw_plan_compile_telephones(c, m, trunk);
    if (there) {
        if (gw_mgcp_has_lines(m))
            read_lines(r, trunk);
        else
            read_channels(r, trunk);
    }
    if (m->nendpoints > 0 && !gw_mgcp_has_lines(m) && !conf_child(trunk, "numbers"))
        t->numbers = DP_E164;
    free(r);
}
