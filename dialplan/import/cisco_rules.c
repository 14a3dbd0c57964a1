/* Voice translation rules of Cisco IOS: expressions like those of sed. Those that change the
 * beginning of a number, which is what they are for, become strip and prepend; others are told.
 */
#include "dialplan/import/cisco_priv.h"

#define TABLES_MAX 1000
#define RULES_MAX  100 /* of a table; IOS has 15, later 100 */
#define TEXT_MAX   200

/* ---- expressions ---- */

/** An expression while it is read: what its positions become in a pattern of ours. */
struct expression {
    char text[TEXT_MAX + 8];
    size_t n;
    unsigned length;    /**< positions */
    unsigned group[10]; /**< where group 1 to 9 begins */
    bool closed[10];    /**< it ends at the end of the expression */
    unsigned groups, open;
    bool anchored, tail, end;
};

static bool put(struct expression *e, const char *text, size_t n)
{
    if (e->n + n >= TEXT_MAX)
        return false;
    memcpy(e->text + e->n, text, n);
    e->n += n;
    return true;
}

/** A position was read: groups that were closed do not end at the end. */
static bool position(struct expression *e, const char *text, size_t n)
{
    for (unsigned g = 1; g <= e->groups; g++)
        e->closed[g] = false;
    e->length++;
    return !e->tail && !e->end && put(e, text, n);
}

/** `\(`, `\)`, or a key that is escaped. */
static bool read_escape(struct expression *e, char c)
{
    if (c == '(') {
        if (e->groups == 9 || e->open != 0)
            return false;
        e->open = ++e->groups;
        e->group[e->open] = e->length;
        return true;
    }
    if (c == ')') {
        if (e->open == 0)
            return false;
        e->closed[e->open] = true;
        e->open = 0;
        return true;
    }
    if (c == '*')
        return position(e, "\\*", 2);
    return c == '+' && e->length == 0 && put(e, "+", 1);
}

/** `[2-9]`: the class as it is, but for commas. */
static bool read_class(struct expression *e, struct rt_str *s)
{
    const char *close = memchr(s->p, ']', s->n);
    char text[32];
    size_t n = 0;

    if (!close || (size_t)(close - s->p) > 24)
        return false;
    text[n++] = '[';
    for (; s->p < close; s->p++, s->n--)
        if (s->p[0] != ',')
            text[n++] = s->p[0];
    text[n++] = ']';
    s->p++;
    s->n--;
    return position(e, text, n);
}

static bool read_char(struct expression *e, struct rt_str *s, char c)
{
    if (c == '\\' && s->n > 0) {
        c = s->p[0];
        s->p++;
        s->n--;
        return read_escape(e, c);
    }
    if (c == '^' && e->length == 0 && e->groups == 0) {
        e->anchored = true;
        return true;
    }
    if (c == '$' && s->n == 0)
        return e->end = true;
    if (c == '.' && s->n > 0 && (s->p[0] == '*' || s->p[0] == '+')) {
        if (s->p[0] == '+' && !position(e, "x", 1))
            return false;
        e->length -= s->p[0] == '+'; /* it may be one of many: no position to count by */
        s->p++;
        s->n--;
        return e->tail = true;
    }
    if (c == '[')
        return read_class(e, s);
    if (c == '.')
        return position(e, "x", 1);
    return ((c >= '0' && c <= '9') || c == '#') && position(e, &c, 1);
}

static bool read_expression(struct expression *e, struct rt_str s)
{
    while (s.n > 0) {
        char c = s.p[0];
        s.p++;
        s.n--;
        if (!read_char(e, &s, c))
            return false;
    }
    if (e->length == 0 && e->tail)
        e->anchored = true;
    if (e->open != 0 || !e->anchored)
        return false;
    return put(e, e->end && !e->tail ? "" : "*", e->end && !e->tail ? 0 : 1);
}

/** Reads the replacement: digits, then at most one group, which runs to the end of what matched. */
static bool read_replacement(struct dp_im *im, struct ios_rule *rule, const struct expression *e,
                             struct rt_str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != '\\' && s.p[n] != '&')
        n++;
    struct rt_str digits = {s.p, n}, rest = {s.p + n, s.n - n};
    if (digits.n > 0 && !dp_im_dialable(digits))
        return false;
    rule->prepend = digits.n > 0 ? dp_im_keep(im, digits) : NULL;
    rule->length = e->length;
    if (rest.n == 0) {
        rule->strip = e->length;
        rule->whole = e->tail || e->end;
        return !rule->whole || rule->prepend != NULL;
    }
    if (rt_str_eq(rest, "&") || rt_str_eq(rest, "\\0"))
        return true;
    if (rest.n != 2 || rest.p[1] < '1' || rest.p[1] > '9')
        return false;
    unsigned g = (unsigned)(rest.p[1] - '0');
    if (g > e->groups || !e->closed[g])
        return false;
    rule->strip = e->group[g];
    return true;
}

/** Takes `/text/` off the front; false: there is none. */
static bool take_slashed(struct rt_str *s, struct rt_str *out)
{
    *s = rt_str_trim(*s);
    if (s->n < 2 || s->p[0] != '/')
        return false;
    s->p++;
    s->n--;
    const char *close = memchr(s->p, '/', s->n);
    if (!close)
        return false;
    *out = rt_str_cut(s, '/');
    return true;
}

static void append(struct ios_table *t, struct ios_rule *rule)
{
    if (t->last)
        t->last->next = rule;
    else
        t->rules = rule;
    t->last = rule;
}

void dp_im_ios_rule(struct dp_im *im, struct ios_table *t, struct rt_str rest, struct dp_im_pos pos)
{
    struct rt_str number = dp_im_word(&rest), match, replace;
    struct expression e = {.n = 0};
    struct ios_rule *rule;
    const char *why;
    unsigned count = 0;

    for (rule = t->rules; rule; rule = rule->next)
        count++;
    rule = count < RULES_MAX ? dp_im_alloc(im, sizeof *rule) : NULL;
    if (!rule)
        return;
    rule->pos = pos;
    if (!take_slashed(&rest, &match) || !take_slashed(&rest, &replace)) {
        dp_im_report(im, pos, "rule %.*s: is not carried over", RT_STR(number));
        return;
    }
    rest = rt_str_trim(rest);
    if (rest.n > 0)
        dp_im_report(im, pos, "rule %.*s: %.*s: type and plan are not carried over", RT_STR(number),
                     (int)(rest.n < 60 ? rest.n : 60), rest.p);
    if (!read_expression(&e, match) || !read_replacement(im, rule, &e, replace) ||
        dp_pattern_new(&rule->match, (struct rt_str){e.text, e.n}, &why) != 0) {
        dp_im_report(im, pos, "rule %.*s: /%.*s/ is more than a beginning: is not carried over",
                     RT_STR(number), (int)(match.n < 60 ? match.n : 60), match.p);
        return;
    }
    im->out->carried++;
    append(t, rule);
}

/* ---- tables and profiles ---- */

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct ios_table *dp_im_ios_table(struct dp_im *im, struct ios_rules *r, struct rt_str name)
{
    struct ios_table **at = &r->tables;
    unsigned count = 0;

    for (; *at; at = &(*at)->next, count++)
        if (same((*at)->name, name))
            return *at;
    *at = count < TABLES_MAX ? dp_im_alloc(im, sizeof **at) : NULL;
    if (*at)
        (*at)->name = name;
    return *at;
}

struct ios_profile *dp_im_ios_profile(struct dp_im *im, struct ios_rules *r, struct rt_str name)
{
    struct ios_profile **at = &r->profiles;
    unsigned count = 0;

    for (; *at; at = &(*at)->next, count++)
        if (same((*at)->name, name))
            return *at;
    *at = count < TABLES_MAX ? dp_im_alloc(im, sizeof **at) : NULL;
    if (*at)
        (*at)->name = name;
    return *at;
}

/** The rules for called numbers of a profile; NULL: there are none. */
static const struct ios_rule *rules_of(const struct ios_rules *r, struct rt_str profile)
{
    for (const struct ios_profile *p = r->profiles; p; p = p->next)
        for (const struct ios_table *t = r->tables; t; t = t->next)
            if (same(p->name, profile) && p->called.n > 0 && same(t->name, p->called))
                return t->rules;
    return NULL;
}

static void apply(struct dp_im *im, struct dp_im_row *row, const struct ios_rule *rule)
{
    if (rule->whole) {
        row->called = rule->prepend;
        return;
    }
    row->strip = rule->strip;
    row->prepend = rule->prepend;
    if (row->pattern->shape.plus && rule->strip > 0)
        dp_im_report(im, rule->pos, "rule: is used for %s, whose + it may have meant",
                     dp_pattern_text(row->pattern));
}

void dp_im_ios_apply(struct dp_im *im, const struct ios_rules *r, struct dp_im_row *row,
                     struct rt_str profile)
{
    for (const struct ios_rule *rule = rules_of(r, profile); rule; rule = rule->next) {
        if (dp_im_covers(rule->match, row->pattern)) {
            apply(im, row, rule);
            return;
        }
        if (dp_im_overlap(rule->match, row->pattern))
            dp_im_report(im, rule->pos,
                         "rule: is for some of the numbers of %s only: give them a row of their "
                         "own",
                         dp_pattern_text(row->pattern));
    }
}

/** One rule as a row of `normalise`: `0* => 49*`, `9(xxx)* => 1\1*`. */
static struct dp_im_rule *incoming(struct dp_im *im, const struct ios_rule *rule)
{
    struct dp_im_rule *out = dp_im_alloc(im, sizeof *out);
    const char *text = dp_pattern_text(rule->match), *prepend = rule->prepend ? rule->prepend : "";
    size_t at = 0;

    if (!out)
        return NULL;
    out->pos = rule->pos;
    if (rule->whole || rule->strip == rule->length) {
        out->from = dp_im_keep(im, rt_str(text));
        out->to = dp_im_print(im, "%s%s", prepend, rule->whole ? "" : "*");
        return out;
    }
    for (unsigned i = 0; i < rule->strip && text[at]; i++) { /* past what goes */
        const char *close = text[at] == '[' ? strchr(text + at, ']') : NULL;
        at = close ? (size_t)(close - text) + 1 : at + 1 + (text[at] == '\\');
    }
    size_t n = strlen(text), tail = n > 0 && text[n - 1] == '*';
    if (at > n - tail)
        at = n - tail;
    out->from = dp_im_print(im, "%.*s(%.*s)%s", (int)at, text, (int)(n - tail - at), text + at,
                            tail ? "*" : "");
    out->to = dp_im_print(im, "%s\\1%s", prepend, tail ? "*" : "");
    return out;
}

/** IOS takes the first rule that fits, here the most specific one is. True: never reached. */
static bool hidden(struct dp_im *im, const struct ios_rule *all, const struct ios_rule *rule)
{
    for (; all != rule; all = all->next) {
        if (dp_pattern_equal(all->match, rule->match))
            return true;
        if (dp_im_overlap(all->match, rule->match) && dp_pattern_order(rule->match, all->match) < 0)
            dp_im_report(im, rule->pos,
                         "order: rule for %s is more specific than that of line %u, "
                         "which came first: here it is taken",
                         dp_pattern_text(rule->match), all->pos.line);
    }
    return false;
}

void dp_im_ios_incoming(struct dp_im *im, const struct ios_rules *r, struct dp_im_way *w,
                        struct rt_str profile, struct dp_im_pos pos)
{
    struct dp_im_rule **at = &w->rules;
    const struct ios_rule *rule = rules_of(r, profile);

    if (w->rules) {
        dp_im_report(im, pos, "translation-profile incoming: %s has one already", w->name);
        return;
    }
    if (!rule)
        dp_im_report(im, pos, "translation-profile %.*s: has no rules for called numbers",
                     RT_STR(profile));
    for (const struct ios_rule *all = rule; rule; rule = rule->next) {
        if (hidden(im, all, rule))
            continue;
        *at = incoming(im, rule);
        if (*at)
            at = &(*at)->next;
    }
}

void dp_im_ios_release(struct ios_rules *r)
{
    for (struct ios_table *t = r->tables; t; t = t->next)
        for (struct ios_rule *rule = t->rules; rule; rule = rule->next)
            dp_pattern_free(rule->match);
}
