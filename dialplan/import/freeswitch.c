/* Tables of FreeSWITCH's mod_lcr: each carrier becomes a trunk (or a group of its gateways), its
 * rates a deck in a CSV file of its own, and the choice among them an lcr. What a row strips and
 * prepends becomes rules of the carrier's trunk for numbers on their way out.
 */
#include "dialplan/import/freeswitch_priv.h"

#include <stdlib.h>

#define CARRIERS_MAX 500
#define DECKS_MAX    1000
#define RULES_MAX    200 /* of a trunk, beside the one for all its numbers */
#define OFFERS_MAX   32

struct carrier {
    struct rt_str id;
    const char *name;
    bool off;
    struct dp_im_way *way; /**< a trunk, or a group of several gateways */
    struct dp_im_pos pos;
    struct carrier *next;
};

/** How a row writes numbers. */
struct writing {
    unsigned strip;
    struct rt_str prefix;
};

/** The rates of a carrier in a profile. */
struct deck {
    struct carrier *carrier;
    struct rt_str profile;
    const char *name;
    struct dp_import_table *table;
    struct writing writing;          /**< of its first row: that of the trunk */
    struct dp_im_rule *rules, *last; /**< for rows that write otherwise */
    unsigned nrules, unruly, ended, rated, trailing;
    struct dp_im_pos pos;
    struct deck *next;
};

struct work {
    struct dp_im *im;
    struct carrier *carriers;
    struct deck *decks;
    unsigned ncarriers, ndecks, off, bad;
    struct dp_im_pos off_pos, bad_pos;
    bool second; /**< carriers and gateways are known: now the rates */
};

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool is_off(const struct fs_row *row)
{
    struct rt_str v = row->v[FS_ENABLED];
    return rt_str_eq(v, "0") || rt_str_caseeq(v, "f") || rt_str_caseeq(v, "false");
}

/* ---- carriers ---- */

static struct carrier *carrier_of(struct work *w, struct rt_str id, struct dp_im_pos pos)
{
    struct carrier **at = &w->carriers;

    for (; *at; at = &(*at)->next)
        if (same((*at)->id, id))
            return *at;
    if (w->ncarriers == CARRIERS_MAX)
        return NULL;
    *at = dp_im_alloc(w->im, sizeof **at);
    if (!*at)
        return NULL;
    w->ncarriers++;
    (*at)->id = id;
    (*at)->name = dp_im_print(w->im, "carrier-%.*s", (int)(id.n < 20 ? id.n : 20), id.p);
    (*at)->pos = pos;
    return *at;
}

static void add_carrier(struct work *w, const struct fs_row *row)
{
    struct carrier *c = row->v[FS_ID].n > 0 ? carrier_of(w, row->v[FS_ID], row->pos) : NULL;

    if (!c)
        return;
    if (row->v[FS_NAME].n > 0)
        c->name = dp_im_keep(w->im, row->v[FS_NAME]);
    c->off = is_off(row);
    c->pos = row->pos;
}

/** Where a gateway is: `@host` of the suffix, else nowhere that this table says. Digits after
 * `sofia/gateway/NAME/` are put before numbers. */
static void place_gateway(struct work *w, struct dp_im_way *way, const struct fs_row *row)
{
    struct rt_str prefix = row->v[FS_PREFIX], suffix = row->v[FS_SUFFIX];
    const char *slash = prefix.n > 0 ? memrchr(prefix.p, '/', prefix.n) : NULL;
    struct rt_str digits = {slash ? slash + 1 : "",
                            slash ? prefix.n - (size_t)(slash + 1 - prefix.p) : 0};

    if (suffix.n > 1 && suffix.p[0] == '@') {
        struct rt_str host = {suffix.p + 1, suffix.n - 1};
        if (dp_im_host(w->im, way, host))
            return;
    }
    dp_im_report(w->im, row->pos,
                 "carrier_gateway %s: where it is is in FreeSWITCH's gateway: set it", way->name);
    if (digits.n > 0)
        dp_im_report(w->im, row->pos, "carrier_gateway %s: prefix %.*s: is not carried over",
                     way->name, (int)(digits.n < 40 ? digits.n : 40), digits.p);
}

static void add_gateway(struct work *w, const struct fs_row *row)
{
    struct carrier *c = carrier_of(w, row->v[FS_CARRIER], row->pos);

    if (!c || is_off(row) || row->v[FS_CARRIER].n == 0)
        return;
    if (!c->way) {
        c->way = dp_im_way(w->im, DP_IM_SIP, rt_str(c->name), row->pos);
        if (c->way)
            place_gateway(w, c->way, row);
        return;
    }
    if (c->way->kind == DP_IM_SIP) { /* the second: a group of both */
        struct rt_str source = rt_str(dp_im_print(w->im, "%s gateways", c->name));
        struct dp_im_way *group = dp_im_way(w->im, DP_IM_GROUP, source, c->pos);
        if (!group)
            return;
        dp_im_member(w->im, group, c->way);
        c->way = group;
    }
    struct rt_str source = rt_str(dp_im_print(w->im, "%s %u", c->name, c->way->nmembers + 1));
    struct dp_im_way *more = dp_im_way(w->im, DP_IM_SIP, source, row->pos);
    if (more && !more->host)
        place_gateway(w, more, row);
    dp_im_member(w->im, c->way, more);
}

/* ---- rates ---- */

static struct dp_import_table *new_table(struct work *w, const char *name)
{
    struct dp_import_table *t = calloc(1, sizeof *t), **at = &w->im->out->tables;
    char *file = rt_str_dup(rt_str(name));

    if (!t || !file) {
        free(t);
        free(file);
        w->im->failed = true;
        return NULL;
    }
    t->name = file;
    while (*at)
        at = &(*at)->next;
    *at = t;
    return t;
}

/** The profile's name where it may be one of ours; empty: it is the default, or no name. */
static struct rt_str profile_name(const struct deck *d)
{
    struct rt_str p = d->profile;

    for (size_t i = 0; i < p.n; i++)
        if (!(p.p[i] >= '0' && p.p[i] <= '9') && !(p.p[i] >= 'a' && p.p[i] <= 'z'))
            p.n = 0;
    return p.n > 15 || rt_str_eq(p, "0") || rt_str_eq(p, "default") ? (struct rt_str){"", 0} : p;
}

/** A deck's name and its file's: the trunk's, with the profile. */
static void name_deck(struct work *w, struct deck *d)
{
    struct rt_str profile = profile_name(d);

    d->name = d->carrier->way->name;
    if (profile.n > 0)
        d->name = dp_im_print(w->im, "%.14s-%.*s", d->carrier->way->name, RT_STR(profile));
    for (const struct deck *o = w->decks; o; o = o->next)
        if (o != d && o->name && strcmp(o->name, d->name) == 0) { /* one was cut */
            d->name = dp_im_print(w->im, "deck-%u", w->ndecks);
            return;
        }
}

static struct deck *deck_of(struct work *w, const struct fs_row *row)
{
    struct carrier *c = carrier_of(w, row->v[FS_CARRIER], row->pos);
    struct deck **at = &w->decks, *d;

    for (; *at; at = &(*at)->next)
        if ((*at)->carrier == c && same((*at)->profile, row->v[FS_PROFILE]))
            return *at;
    if (!c || c->off || w->ndecks == DECKS_MAX)
        return NULL;
    if (!c->way) {
        c->way = dp_im_way(w->im, DP_IM_SIP, rt_str(c->name), row->pos);
        if (!c->way)
            return NULL;
        dp_im_report(w->im, row->pos, "carrier %s: has no gateway: set its address", c->way->name);
    }
    d = dp_im_alloc(w->im, sizeof *d);
    if (!d)
        return NULL;
    d->carrier = c;
    d->profile = row->v[FS_PROFILE];
    d->pos = row->pos;
    d->writing = (struct writing){dp_im_number(row->v[FS_LEAD_STRIP], 30), row->v[FS_PREFIX]};
    w->ndecks++;
    *at = d;
    name_deck(w, d);
    d->table = new_table(w, dp_im_print(w->im, "%s.csv", d->name));
    if (d->table)
        rt_buf_puts(&d->table->text, "prefix,rate,effective\n");
    return d;
}

static bool is_rate(struct rt_str s)
{
    struct rt_str whole = rt_str_cut(&s, '.');
    return whole.n + s.n > 0 && whole.n < 10 && s.n < 12 && (whole.n == 0 || dp_im_digits(whole)) &&
           (s.n == 0 || dp_im_digits(s));
}

/** `2024-01-31` at the beginning of a date; else nothing. */
static struct rt_str day_of(struct rt_str s)
{
    static const char form[] = "dddd-dd-dd";

    if (s.n < 10)
        return (struct rt_str){"", 0};
    for (size_t i = 0; i < 10; i++)
        if (form[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != '-')
            return (struct rt_str){"", 0};
    return (struct rt_str){s.p, memcmp(s.p, "0000", 4) == 0 ? 0 : 10};
}

/** A rule for numbers that begin with `digits`: so many of them go, `prefix` comes. */
static void add_rule(struct work *w, struct deck *d, struct rt_str digits,
                     const struct writing *how, struct dp_im_pos pos)
{
    static const char any[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    int more = how->strip > digits.n ? (int)(how->strip - digits.n) : 0;
    const char *key = dp_im_print(w->im, "%.*s%.*s", RT_STR(digits), more, any);
    struct rt_str p = how->prefix;

    for (const struct dp_im_rule *r = d->rules; r; r = r->next)
        if (strcmp(r->key, key) == 0) { /* another price of the same digits */
            d->unruly++;
            return;
        }
    struct dp_im_rule *rule = dp_im_alloc(w->im, sizeof *rule);
    if (!rule)
        return;
    rule->key = key;
    rule->pos = pos;
    if (how->strip < digits.n) {
        rule->from = dp_im_print(w->im, "out +%.*s(%.*s)*", (int)how->strip, digits.p,
                                 (int)(digits.n - how->strip), digits.p + how->strip);
        rule->to = dp_im_print(w->im, "%.*s\\1*", RT_STR(p));
    } else if (how->strip == 0) {
        rule->from = "out +x*";
        rule->to = dp_im_print(w->im, "%.*s&", RT_STR(p));
    } else {
        rule->from =
            dp_im_print(w->im, "out +%.*s%.*s*", RT_STR(digits), (int)(how->strip - digits.n), any);
        rule->to = dp_im_print(w->im, "%.*s*", RT_STR(p));
    }
    if (d->last)
        d->last->next = rule;
    else
        d->rules = rule;
    d->last = rule;
}

/** Notes how a row writes numbers when it is not how the trunk does. */
static void note_writing(struct work *w, struct deck *d, const struct fs_row *row,
                         const struct writing *how)
{
    if (how->strip == d->writing.strip && same(how->prefix, d->writing.prefix))
        return;
    if (d->nrules == RULES_MAX) {
        d->unruly++;
        return;
    }
    d->nrules++;
    add_rule(w, d, row->v[FS_DIGITS], how, row->pos);
}

static void add_rate(struct work *w, const struct fs_row *row)
{
    struct rt_str digits = row->v[FS_DIGITS], prefix = row->v[FS_PREFIX];
    struct writing how = {dp_im_number(row->v[FS_LEAD_STRIP], 30), prefix};

    if (!dp_im_digits(digits) || digits.n > 15 || !is_rate(row->v[FS_RATE]) ||
        (prefix.n > 0 && !dp_im_dialable(prefix))) {
        if (w->bad++ == 0)
            w->bad_pos = row->pos;
        return;
    }
    struct deck *d = is_off(row) ? NULL : deck_of(w, row);
    if (!d || !d->table) {
        if (w->off++ == 0)
            w->off_pos = row->pos;
        return;
    }
    rt_buf_printf(&d->table->text, "%.*s,%.*s,%.*s\n", RT_STR(digits), RT_STR(row->v[FS_RATE]),
                  RT_STR(day_of(row->v[FS_START])));
    w->im->failed |= d->table->text.failed;
    w->im->out->carried++;
    note_writing(w, d, row, &how);
    d->ended += day_of(row->v[FS_END]).n > 0;
    d->rated += dp_im_number(row->v[FS_QUALITY], 1000000) > 0 ||
                dp_im_number(row->v[FS_RELIABILITY], 1000000) > 0;
    d->trailing += dp_im_number(row->v[FS_TRAIL_STRIP], 100) > 0 || row->v[FS_SUFFIX].n > 0;
}

static void take_row(void *arg, const struct fs_row *row)
{
    struct work *w = arg;

    if (w->second && row->table == FS_LCR)
        add_rate(w, row);
    else if (!w->second && row->table == FS_CARRIERS)
        add_carrier(w, row);
}

static void take_gateway(void *arg, const struct fs_row *row)
{
    if (row->table == FS_GATEWAYS)
        add_gateway(arg, row);
}

/* ---- what is written ---- */

/** Gives the rules to the carrier's trunks. Those of a second deck would be in their way. */
static void give_rules(struct work *w, struct deck *d)
{
    struct dp_im_way *way = d->carrier->way;

    if (d->writing.strip == 0 && d->writing.prefix.n == 0 && !d->rules)
        return;
    add_rule(w, d, rt_str(""), &d->writing, d->pos);
    if (way->rules || (way->nmembers > 0 && way->member[0]->rules)) {
        dp_im_report(w->im, d->pos,
                     "deck %s: what it strips and prepends: is not carried over, "
                     "trunk %s has such rules already",
                     d->name, way->name);
        return;
    }
    if (way->kind == DP_IM_SIP)
        way->rules = d->rules;
    for (unsigned i = 0; i < way->nmembers; i++)
        way->member[i]->rules = d->rules;
}

static void write_deck(struct work *w, const struct deck *d)
{
    rt_buf_printf(&w->im->extra,
                  "\ndeck %-44s # %s:%u\n    csv       %s.csv\n"
                  "    columns   prefix, rate, effective\n}\n",
                  dp_im_print(w->im, "%s {", d->name), d->pos.file, d->pos.line, d->name);
}

static void report_deck(struct work *w, const struct deck *d)
{
    const struct {
        unsigned n;
        const char *what;
    } rows[] = {
        {d->ended, "end on a day (date_end): a deck has no such column"},
        {d->rated, "have quality or reliability: quality is measured here"},
        {d->trailing, "have trail_strip or suffix: are not carried over"},
        {d->unruly,
         "strip or prepend otherwise: are too many to be rules, or say so of the same digits"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (rows[i].n > 0)
            dp_im_report(w->im, d->pos, "deck %s: %u rows %s", d->name, rows[i].n, rows[i].what);
}

/** The name of an lcr whose profile has none of ours: the first is the default. */
static const char *lcr_default(struct work *w, const struct deck *first)
{
    const struct deck *d = w->decks;
    unsigned n = 1;

    for (; d && d != first; d = d->next)
        n += profile_name(d).n == 0;
    return n == 1 ? "default" : dp_im_print(w->im, "default-%u", n);
}

/** The decks of a profile as one lcr; returns its name. */
static const char *write_lcr(struct work *w, const struct deck *first)
{
    struct rt_str profile = first->profile;
    struct rt_buf *b = &w->im->extra;
    unsigned offers = 0;
    struct rt_str own = profile_name(first);
    const char *name =
        own.n > 0 ? dp_im_print(w->im, "profile-%.*s", RT_STR(own)) : lcr_default(w, first);

    rt_buf_printf(b, "\nlcr %s {\n", name);
    for (const struct deck *d = first; d; d = d->next) {
        if (!same(d->profile, profile))
            continue;
        if (offers++ < OFFERS_MAX)
            rt_buf_printf(b, "    offer     %s via %s\n", d->name, d->carrier->way->name);
        else
            dp_im_report(w->im, d->pos, "lcr %s: has %u offers already: %s is not carried over",
                         name, OFFERS_MAX, d->name);
    }
    rt_buf_puts(b, "    order     cost\n}\n");
    return name;
}

static void write_all(struct work *w)
{
    const char *chosen = NULL;

    for (struct deck *d = w->decks; d; d = d->next) {
        give_rules(w, d);
        write_deck(w, d);
        report_deck(w, d);
    }
    for (const struct deck *d = w->decks; d; d = d->next) {
        const struct deck *o = w->decks;
        while (o != d && !same(o->profile, d->profile))
            o = o->next;
        if (o != d)
            continue;
        const char *name = write_lcr(w, d);
        if (chosen)
            dp_im_report(w->im, d->pos, "lcr_profile %.*s: no row of routes leads to lcr %s",
                         (int)(d->profile.n < 40 ? d->profile.n : 40), d->profile.p, name);
        else
            chosen = name;
    }
    if (!chosen)
        return;
    struct dp_im_routes *r = dp_im_routes_add(w->im, "calls of customers");
    struct dp_im_pos pos = w->decks->pos;
    struct dp_im_row *row = dp_im_row(w->im, rt_str("*"), pos);
    dp_im_from(w->im, r, dp_im_way(w->im, DP_IM_SIP, rt_str("customers in"), pos));
    if (!r || !row) {
        if (row)
            dp_pattern_free(row->pattern);
        return;
    }
    dp_im_target(w->im, row, dp_im_print(w->im, "lcr %s", chosen));
    dp_im_row_add(w->im, r, row);
    dp_im_report(w->im, pos, "customers: who calls is not in these tables: set the trunk");
}

void dp_im_freeswitch(struct dp_im *im)
{
    struct work w = {.im = im};

    im->numbers = "any * => +*\n    out +x* => &";
    for (size_t i = 0; i < im->nsources; i++)
        dp_im_fs_rows(im, &im->source[i], !w.second, take_row, &w);
    for (size_t i = 0; i < im->nsources; i++)
        dp_im_fs_rows(im, &im->source[i], false, take_gateway, &w);
    w.second = true;
    for (size_t i = 0; i < im->nsources; i++)
        dp_im_fs_rows(im, &im->source[i], !w.second, take_row, &w);
    if (w.bad > 0)
        dp_im_report(im, w.bad_pos, "lcr: %u rows have no digits or no rate", w.bad);
    if (w.off > 0)
        dp_im_report(im, w.off_pos, "lcr: %u rows are disabled, or have no carrier", w.off);
    write_all(&w);
}
