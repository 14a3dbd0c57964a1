/* The neutral plan that the readers fill: lines, trunks, groups, rows of routes. */
#include "dialplan/import/import_priv.h"
#include "gw/rt/net.h"

#include <stdio.h>
#include <stdlib.h>

#define SPANS_MAX 128 /* a DAHDI machine has no more */

/* ---- lines ---- */

struct dp_im_span *dp_im_span_find(struct dp_im *im, const char *id)
{
    for (struct dp_im_span *s = im->spans; s; s = s->next)
        if (strcmp(s->id, id) == 0)
            return s;
    return NULL;
}

struct dp_im_span *dp_im_span_add(struct dp_im *im, const char *id, struct dp_im_pos pos)
{
    struct dp_im_span **at = &im->spans, *s;
    unsigned n = 1;

    for (; *at; at = &(*at)->next)
        n = (*at)->n >= n ? (*at)->n + 1 : n;
    if (n > SPANS_MAX) {
        dp_im_report(im, pos, "span %s: too many lines", id);
        return NULL;
    }
    s = dp_im_alloc(im, sizeof *s);
    if (!s)
        return NULL;
    s->n = n;
    s->id = dp_im_keep(im, rt_str(id));
    s->kind = "e1";
    s->pos = pos;
    *at = s;
    return s;
}

/** Bits from `low` to `high`. */
static uint32_t slots(unsigned low, unsigned high)
{
    return (uint32_t)((2ull << high) - (1ull << low));
}

const char *dp_im_channels(struct dp_im *im, struct dp_im_span *s, uint32_t want,
                           struct dp_im_pos pos)
{
    bool e1 = strcmp(s->kind, "e1") == 0, t1 = strcmp(s->kind, "t1") == 0;
    uint32_t all = e1 ? slots(1, 31) & ~(1u << 16) : t1 ? slots(1, 23) : slots(1, 2);
    struct rt_buf b = {0};

    want &= all;
    if (want & s->taken)
        dp_im_report(im, pos, "channels of span %s: another trunk has some of them", s->id);
    want &= ~s->taken;
    s->taken |= want;
    for (unsigned c = 1; c < 32; c++) {
        unsigned from = c;
        if (!(want >> c & 1))
            continue;
        while (c < 31 && want >> (c + 1) & 1)
            c++;
        rt_buf_printf(&b, "%s%u", b.n > 0 ? "," : "", from);
        if (c > from)
            rt_buf_printf(&b, "-%u", c);
    }
    im->failed |= b.failed;
    const char *text = dp_im_keep(im, rt_buf_str(&b));
    rt_buf_release(&b);
    return text;
}

/* ---- trunks and groups ---- */

struct dp_im_way *dp_im_way_find(struct dp_im *im, struct rt_str source)
{
    for (struct dp_im_way *w = im->ways; w; w = w->next)
        if (rt_str_caseeq(source, w->source))
            return w;
    return NULL;
}

static bool name_taken(const struct dp_im *im, const char *name)
{
    for (const struct dp_im_way *w = im->ways; w; w = w->next)
        if (strcmp(w->name, name) == 0)
            return true;
    return false;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/** Words that mean something where a target or a trunk is named. */
static bool reserved(const char *name)
{
    static const char *const words[] = {"lcr",  "enum", "reject",    "play",      "busy",
                                        "echo", "not",  "milliwatt", "emergency", "customer",
                                        "via",  "from", "customers", "table",     NULL};

    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

/** The source's name where it is legal and free, else what is left of it, with a number. */
static void choose_name(struct dp_im *im, char out[DP_IM_NAME], struct rt_str source)
{
    char base[DP_IM_NAME - 5];
    size_t n = 0;

    for (size_t i = 0; i < source.n && n + 1 < sizeof base; i++) {
        char c = name_char(source.p[i]) ? source.p[i] : '-';
        if (n > 0 || (c != '-' && c != '.'))
            base[n++] = c;
    }
    while (n > 0 && (base[n - 1] == '-' || base[n - 1] == '.'))
        n--;
    base[n] = '\0';
    if (n == 0)
        strcpy(base, "trunk");
    snprintf(out, DP_IM_NAME, "%s", base);
    for (unsigned k = 2; (reserved(out) || name_taken(im, out)) && k <= DP_IM_WAYS + 1; k++)
        snprintf(out, DP_IM_NAME, "%s-%u", base, k);
}

struct dp_im_way *dp_im_way(struct dp_im *im, enum dp_im_kind kind, struct rt_str source,
                            struct dp_im_pos pos)
{
    struct dp_im_way *w = dp_im_way_find(im, source), **at = &im->ways;

    if (w)
        return w;
    if (im->nways == DP_IM_WAYS) {
        dp_im_report(im, pos, "%.*s: too many trunks", (int)(source.n < 40 ? source.n : 40),
                     source.p);
        return NULL;
    }
    w = dp_im_alloc(im, sizeof *w);
    if (!w)
        return NULL;
    w->kind = kind;
    w->source = dp_im_keep(im, source);
    w->pos = pos;
    choose_name(im, w->name, source);
    while (*at)
        at = &(*at)->next;
    *at = w;
    im->nways++;
    return w;
}

void dp_im_member(struct dp_im *im, struct dp_im_way *group, struct dp_im_way *trunk)
{
    if (!group || !trunk)
        return;
    for (unsigned i = 0; i < group->nmembers; i++)
        if (group->member[i] == trunk)
            return;
    if (trunk->grouped)
        dp_im_report(im, trunk->pos, "group %s: trunk %s is in another group already", group->name,
                     trunk->name);
    else if (group->nmembers == DP_IM_MEMBERS)
        dp_im_report(im, trunk->pos, "group %s: has %u trunks already", group->name, DP_IM_MEMBERS);
    else
        group->member[group->nmembers++] = trunk;
    trunk->grouped = true;
}

/** A label of a domain name: letters, digits, `-` within. */
static bool is_label(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_char(s.p[i]) || s.p[i] == '.' || s.p[i] == '_')
            return false;
    return s.n > 0 && s.n < 64 && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

static bool is_host(struct rt_str s)
{
    struct rt_str rest = s, label = {"", 0};
    union rt_addr addr;
    bool names = true;

    if (rt_addr_parse(&addr, s.p, s.n, 5060) == 0)
        return true;
    while (rest.n > 0) {
        label = rt_str_cut(&rest, '.');
        names &= is_label(label);
    }
    return names && s.n > 0 && s.n < 200 && s.p[s.n - 1] != '.' && !dp_im_digits(label);
}

bool dp_im_host(struct dp_im *im, struct dp_im_way *w, struct rt_str host)
{
    struct rt_str name = host, port = host;
    bool bracket = host.n > 0 && host.p[0] == '[';

    name = rt_str_cut(&port, bracket ? ']' : ':');
    name.n += bracket && port.n + name.n < host.n;
    if (bracket && port.n > 0 && *port.p == ':') {
        port.p++;
        port.n--;
    }
    if (!is_host(name) || (port.n > 0 && dp_im_number(port, 65535) == 0))
        return false;
    w->host = port.n > 0 ? dp_im_print(im, "sip:%.*s:%u", RT_STR(name), dp_im_number(port, 65535))
                         : dp_im_print(im, "sip:%.*s", RT_STR(name));
    return true;
}

/* ---- routes ---- */

struct dp_im_routes *dp_im_routes_add(struct dp_im *im, const char *title)
{
    struct dp_im_routes *r = dp_im_alloc(im, sizeof *r), **at = &im->routes;

    if (!r)
        return NULL;
    r->title = dp_im_plain(im, rt_str(title));
    while (*at)
        at = &(*at)->next;
    *at = r;
    return r;
}

void dp_im_from(struct dp_im *im, struct dp_im_routes *r, struct dp_im_way *w)
{
    struct dp_im_way **more;

    if (!r || !w)
        return;
    for (unsigned i = 0; i < r->nfrom; i++)
        if (r->from[i] == w)
            return;
    if ((r->nfrom & (r->nfrom + 1)) == 0 || !r->from) { /* full: twice as many, and one */
        more = dp_im_alloc(im, (2 * r->nfrom + 1) * sizeof(struct dp_im_way *));
        if (!more)
            return;
        if (r->nfrom > 0)
            memcpy(more, r->from, r->nfrom * sizeof(struct dp_im_way *));
        r->from = more;
    }
    r->from[r->nfrom++] = w;
}

struct dp_im_row *dp_im_row(struct dp_im *im, struct rt_str pattern, struct dp_im_pos pos)
{
    struct dp_im_row *row = dp_im_alloc(im, sizeof *row);
    const char *why = "";

    if (!row)
        return NULL;
    if (dp_pattern_new(&row->pattern, pattern, &why) != 0) {
        dp_im_report(im, pos, "%.*s: %s", (int)(pattern.n < 60 ? pattern.n : 60), pattern.p, why);
        return NULL;
    }
    row->pos = pos;
    return row;
}

bool dp_im_row_add(struct dp_im *im, struct dp_im_routes *r, struct dp_im_row *row)
{
    if (r->nrows == DP_IM_ROWS || im->nrows == DP_IM_TOTAL) {
        dp_im_report(im, row->pos, "%s: there are too many rows", dp_pattern_text(row->pattern));
        dp_pattern_free(row->pattern);
        return false;
    }
    if (r->nrows == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct dp_im_row **more = realloc(r->row, cap * sizeof(struct dp_im_row *));
        if (!more) {
            im->failed = true;
            dp_pattern_free(row->pattern);
            return false;
        }
        r->row = more;
        r->cap = cap;
    }
    r->row[r->nrows++] = row;
    im->nrows++;
    im->out->carried++;
    return true;
}

void dp_im_target(struct dp_im *im, struct dp_im_row *row, const char *target)
{
    for (unsigned i = 0; i < row->ntargets; i++)
        if (strcmp(row->target[i], target) == 0)
            return;
    if (row->ntargets == DP_IM_TARGETS)
        dp_im_report(im, row->pos, "%s: a row has %u targets at most: %s is not carried over",
                     dp_pattern_text(row->pattern), DP_IM_TARGETS, target);
    else
        row->target[row->ntargets++] = target;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool dp_im_same_digits(const struct dp_im_row *a, const struct dp_im_row *b)
{
    return a->strip == b->strip && same(a->prepend, b->prepend) && same(a->rewrite, b->rewrite) &&
           same(a->called, b->called) && same(a->caller, b->caller) && same(a->name, b->name);
}
