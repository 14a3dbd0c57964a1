/* Agents of the plan: others that direct channels of ours by MGCP. Each export has two trunks that
 * are none of the plan's: the span's side and the agent's side of its calls. */
#include "gw/plan_mgcp_priv.h"

#include <limits.h>
#include <stdio.h>

#define AGENTS_MAX 16

/** An agent being read. */
struct reader {
    struct gw_words w;
    struct gw_mgcp_agent *a;
};

/* ---- addresses ---- */

static bool is_digits(struct rt_str s)
{
    size_t i = 0;

    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i == s.n;
}

/** No name's last label is a number: 10.1.0.300 is an address gone wrong. */
static bool is_name(struct rt_str s)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t last = s.n;

    for (size_t i = 0; i < s.n; i++)
        if (!strchr(good, s.p[i]))
            return false;
    while (last > 0 && s.p[last - 1] != '.')
        last--;
    return last < s.n && !is_digits((struct rt_str){s.p + last, s.n - last});
}

/** `host`, `host:port` or an address, as text with a port; NULL: it is none. */
static const char *address_text(struct gw_compile *c, const char *text)
{
    char out[RT_ADDR_LEN + 280];
    union rt_addr a;

    if (rt_addr_parse(&a, text, strlen(text), MGCP_PORT_AGENT) == 0) {
        char room[RT_ADDR_LEN];
        if (rt_addr_is_any(&a) || rt_addr_port(&a) == 0)
            return NULL;
        return conf_text(c->arena, rt_str(rt_addr_format(room, &a)));
    }
    struct rt_str port = rt_str(text), host = rt_str_cut(&port, ':');
    uint64_t number = MGCP_PORT_AGENT;
    if (!is_name(host) || host.n > 255 ||
        (host.n < strlen(text) && (rt_str_u64(&number, port, UINT16_MAX) != 0 || number == 0)))
        return NULL;
    snprintf(out, sizeof out, "%.*s:%u", RT_STR(host), (unsigned)number);
    return conf_text(c->arena, rt_str(out));
}

static void read_addresses(struct reader *r)
{
    struct gw_compile *c = r->w.c;

    do {
        const struct conf_token *t = gw_words_take(&r->w, "an agent's address");
        const char *text = t ? address_text(c, t->text) : NULL;
        if (!t)
            return;
        if (!text) {
            gw_words_wrong(&r->w, t, "an agent's address like 192.0.2.30:2727");
            continue;
        }
        for (unsigned i = 0; i < r->a->n; i++)
            if (strcmp(r->a->address[i], text) == 0)
                conf_error(c->diag, t->pos, "\"%s\" stands twice", t->text);
        if (r->a->n == MGCP_AGENTS_MAX)
            conf_error(c->diag, t->pos, "an agent has at most %d addresses", MGCP_AGENTS_MAX);
        else
            r->a->address[r->a->n++] = text;
    } while (gw_words_comma(&r->w));
}

/* ---- exports ---- */

static const struct gw_span_plan *take_span(struct gw_words *w)
{
    static const char *const span[] = {"span", NULL};
    const struct gw_plan *p = w->c->plan;
    uint64_t id;

    if (gw_words_choice(w, "\"span\"", span) < 0)
        return NULL;
    const struct conf_token *t = gw_words_peek(w);
    if (!gw_words_number(w, "a span", 1, 9999, &id))
        return NULL;
    for (unsigned i = 0; i < p->nspans; i++)
        if (p->spans[i].id == id)
            return &p->spans[i];
    conf_error(w->c->diag, t->pos, "there is no span %s", t->text);
    return NULL;
}

static void take_channels(struct gw_words *w, struct gw_mgcp_export *e)
{
    const struct conf_token *t;
    uint64_t low, high;

    do {
        if (!gw_plan_range(w, &t, 31, &low, &high))
            return;
        for (uint64_t ch = low; ch <= high; ch++) {
            const char *why = ch == e->span->dchannel           ? "the D channel"
                              : !(e->span->timeslots >> ch & 1) ? "not carried"
                                                                : NULL;
            if (why) {
                conf_error(w->c->diag, t->pos, "channel %u is %s%s span %u", (unsigned)ch, why,
                           why[0] == 't' ? " of" : " by", e->span->id);
                return;
            }
            e->channels |= 1u << ch;
        }
    } while (gw_words_comma(w));
}

/** `span N [channels RANGES] as PREFIX [lines]` */
static void read_exports(struct reader *r)
{
    struct gw_compile *c = r->w.c;
    struct gw_mgcp_export *e = &r->a->export[r->a->nexports];

    if (r->a->nexports == GW_MGCP_EXPORTS) {
        conf_error(c->diag, r->w.pos, "an agent has at most %d exports", GW_MGCP_EXPORTS);
        return;
    }
    e->span = take_span(&r->w);
    if (!e->span)
        return;
    if (gw_words_is(&r->w, "channels"))
        take_channels(&r->w, e);
    else
        e->channels = e->span->timeslots & ~(1u << e->span->dchannel);
    if (!gw_words_is(&r->w, "as")) {
        if (e->channels)
            conf_error(c->diag, r->w.t < r->w.end ? r->w.t->pos : r->w.pos,
                       "\"as\" and a name of endpoints are missing, like ds/e1-1");
        return;
    }
    e->prefix = gw_plan_prefix(&r->w);
    e->lines = gw_words_is(&r->w, "lines");
    if (e->prefix)
        r->a->nexports++;
}

static void read_profile(struct reader *r)
{
    gw_plan_profile(&r->w, &r->a->profile);
}

static void read_foreign(struct reader *r)
{
    r->a->foreign = true;
}

static void read_delay(struct reader *r)
{
    const struct conf_token *t = gw_words_peek(&r->w);

    if (gw_words_duration(&r->w, "a duration", &r->a->restart.mwd) &&
        (r->a->restart.mwd < RT_MS || r->a->restart.mwd > 3600 * RT_S))
        conf_error(r->w.c->diag, t->pos, "\"restart-delay\" is from 1ms to 1h");
}

static void read_announcements(struct reader *r)
{
    const struct conf_token *t = gw_words_take(&r->w, "a folder");

    if (t && t->text[0] != '/')
        gw_words_wrong(&r->w, t, "a folder like /usr/share/tandem/sounds");
    else if (t)
        r->a->announcements = t->text;
}

static void read_clauses(struct reader *r)
{
    static const char *const words[] = {"exports",       "profile",       "foreign",
                                        "restart-delay", "announcements", NULL};
    static void (*const reads[])(struct reader *) = {read_exports, read_profile, read_foreign,
                                                     read_delay, read_announcements};
    unsigned errors = r->w.c->diag->errors;

    while (gw_words_peek(&r->w) && r->w.c->diag->errors == errors) {
        int i = gw_words_choice(&r->w, "a word", words);
        if (i < 0)
            return;
        reads[i](r);
    }
    if (r->w.c->diag->errors == errors)
        gw_words_end(&r->w);
}

/* ---- agents ---- */

static void compile_agent(struct gw_compile *c, struct gw_mgcp_agent *a, const struct conf_node *n)
{
    struct reader r = {.w = gw_words(c, n, 1), .a = a};
    unsigned errors = c->diag->errors;

    a->pos = n->pos;
    read_addresses(&r);
    if (c->diag->errors > errors)
        return;
    read_clauses(&r);
    for (const struct conf_node *s = n->child; s; s = s->next) {
        r.w = gw_words(c, s, 0);
        read_clauses(&r);
    }
    if (a->nexports == 0 && c->diag->errors == errors)
        conf_error(c->diag, n->pos, "agent \"%s\" lacks \"exports\": it has nothing to direct",
                   a->address[0]);
}

/** Each address is of one agent: commands are known by where they come from. */
static void check_addresses(struct gw_compile *c, const struct gw_mgcp_agent *a)
{
    for (const struct gw_mgcp_agent *o = c->plan->mgcp.agents; o < a; o++)
        for (unsigned i = 0; i < a->n; i++)
            for (unsigned k = 0; k < o->n; k++)
                if (strcmp(a->address[i], o->address[k]) == 0)
                    conf_error(c->diag, a->pos, "agent \"%s\" stands twice, first at %s:%u:%u",
                               a->address[i], o->pos.file, o->pos.line, o->pos.column);
}

void gw_plan_compile_agents(struct gw_compile *c, const struct conf_node *block)
{
    struct gw_mgcp_plan *m = &c->plan->mgcp;
    const struct conf_node *n = conf_child(block, "agent");

    if (!n || !(m->agents = conf_alloc(c->arena, AGENTS_MAX * sizeof *m->agents)))
        return;
    for (; n; n = conf_again(n, "agent")) {
        if (m->nagents == AGENTS_MAX) {
            conf_error(c->diag, n->pos, "there are more than %d of \"agent\"", AGENTS_MAX);
            return;
        }
        compile_agent(c, &m->agents[m->nagents], n);
        check_addresses(c, &m->agents[m->nagents]);
        m->nagents++;
    }
}

/* ---- what is exported, once the trunks are known ---- */

static void check_trunks(struct gw_compile *c, const struct gw_mgcp_agent *a,
                         const struct gw_mgcp_export *e)
{
    for (unsigned i = 0; i < c->plan->ntrunks; i++) {
        const struct gw_trunk *t = &c->plan->trunks[i];
        uint32_t both = t->channels & e->channels;
        if (t->span == e->span && both)
            conf_error(c->diag, a->pos,
                       "channel %d of span %u is exported as %s, and trunk \"%s\" (at %s:%u:%u) "
                       "has it too: give one of them other \"channels\"",
                       __builtin_ctz(both), e->span->id, e->prefix, t->name, t->pos.file,
                       t->pos.line, t->pos.column);
    }
}

/** The export before `e` that has a channel or the name of it. */
static void check_exports(struct gw_compile *c, const struct gw_mgcp_agent *a,
                          const struct gw_mgcp_export *e)
{
    for (const struct gw_mgcp_agent *b = c->plan->mgcp.agents; b <= a; b++)
        for (unsigned i = 0; i < b->nexports && &b->export[i] != e; i++) {
            const struct gw_mgcp_export *o = &b->export[i];
            uint32_t both = o->span == e->span ? o->channels & e->channels : 0;
            if (both)
                conf_error(c->diag, a->pos, "channel %d of span %u is exported as %s already",
                           __builtin_ctz(both), e->span->id, o->prefix);
            else if (strcmp(o->prefix, e->prefix) == 0)
                conf_error(c->diag, a->pos, "\"%s\" is exported twice, first at %s:%u:%u",
                           e->prefix, b->pos.file, b->pos.line, b->pos.column);
        }
}

/** The span's side is named like its endpoints, the other like who directs it. */
static struct gw_trunk *new_trunk(struct gw_compile *c, const struct gw_mgcp_export *e,
                                  const struct gw_mgcp_agent *a, enum gw_trunk_kind kind)
{
    struct gw_trunk *t = conf_alloc(c->arena, sizeof *t);

    if (!t)
        return NULL;
    rt_str_copy(t->name, sizeof t->name, rt_str(kind == GW_TRUNK_SPAN ? e->prefix : a->address[0]));
    t->kind = kind;
    t->index = UINT_MAX;
    t->plan = c->plan;
    t->pos = a->pos;
    t->export = e;
    return t;
}

static void make_trunks(struct gw_compile *c, const struct gw_mgcp_agent *a,
                        struct gw_mgcp_export *e)
{
    static const struct conf_node nothing = {.row = NULL};
    struct gw_trunk *out = new_trunk(c, e, a, GW_TRUNK_SPAN);
    struct gw_trunk *in = new_trunk(c, e, a, GW_TRUNK_AGENT);

    if (!out || !in)
        return;
    out->numbers = DP_ISDN;
    out->span = e->span;
    out->channels = e->channels;
    out->overlap = in->overlap = e->lines; /* the agent collects what a telephone dials */
    gw_plan_compile_sound(c, out, &nothing);
    out->sound.announce = false; /* what is heard is the agent's business */
    gw_plan_compile_channels(c, out, &nothing);
    in->numbers = DP_AS_DIALLED;
    gw_plan_compile_sound(c, in, &nothing);
    in->sound.announce = false;
    gw_plan_compile_session(c, in, &nothing);
    gw_plan_compile_stream(c, in, &nothing);
    gw_plan_compile_secure(c, in, &nothing);
    in->secure.mux = GW_MUX_OFF;
    e->outside = out;
    e->inside = in;
}

void gw_plan_compile_exports(struct gw_compile *c)
{
    struct gw_mgcp_plan *m = &c->plan->mgcp;

    for (unsigned i = 0; i < m->nagents; i++)
        for (unsigned k = 0; k < m->agents[i].nexports; k++) {
            struct gw_mgcp_export *e = &m->agents[i].export[k];
            check_trunks(c, &m->agents[i], e);
            check_exports(c, &m->agents[i], e);
            make_trunks(c, &m->agents[i], e);
        }
}
