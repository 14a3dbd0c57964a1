/* Reading a query of call records: words, quotes, values. */
#include "gw/record_query_priv.h"

#include "dialplan/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX     2000
#define DURATION_MAX 3.2e12 /* ms: some 100 years */

/** What is being read. */
struct reader {
    struct gw_record_query *q;
    struct rt_str raw; /* the term as it was written */
    rt_time now;
    char *why;
    size_t cap;
};

static int wrong(const struct reader *r, const char *what)
{
    snprintf(r->why, r->cap, "%.*s: %s", r->raw.n > 60 ? 60 : (int)r->raw.n, r->raw.p, what);
    return EINVAL;
}

/* ---- values ---- */

/** `12`, `3.5`: at most 15 digits, which a double has exactly. What follows is left in `*s`. */
static bool take_number(double *out, struct rt_str *s)
{
    uint64_t n = 0, scale = 1;
    unsigned digits = 0;
    bool point = false;

    for (; s->n > 0; s->p++, s->n--) {
        if (*s->p == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (*s->p < '0' || *s->p > '9')
            break;
        n = 10 * n + (uint64_t)(*s->p - '0');
        scale *= point ? 10 : 1;
        if (++digits > 15)
            return false;
    }
    *out = (double)n / (double)scale;
    return digits > 0 && (!point || scale > 1);
}

/** In milliseconds. */
static bool read_duration(double *out, struct rt_str s)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"", 1e3},     {"ms", 1},     {"s", 1e3},    {"m", 60e3},
                 {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

    if (!take_number(out, &s))
        return false;
    for (size_t i = 0; i < RT_COUNT(units); i++)
        if (rt_str_eq(s, units[i].name)) {
            *out *= units[i].ms;
            return *out <= DURATION_MAX;
        }
    return false;
}

/** Room for a value's text, which ends with NUL. */
static const char *keep(struct gw_record_query *q, struct rt_str s)
{
    char *at = q->room + q->used;

    rt_str_copy(at, q->cap - q->used, s);
    q->used += s.n + 1;
    return at;
}

static const char *keep_time(struct gw_record_query *q, rt_time t)
{
    char text[RT_RFC3339_LEN];

    return keep(q, rt_str(rt_rfc3339(text, t < 0 ? 0 : t)));
}

static int set_last(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    double ms;

    if (!read_duration(&ms, s))
        return wrong(r, "not a duration like 1h");
    c->value.text = keep_time(r->q, r->now - (rt_time)ms * RT_MS);
    return 0;
}

/** A part of a time is its beginning. */
static int set_time(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    static const char whole[] = "0000-01-01T00:00";
    const char *why = "";
    char text[40];
    int64_t utc = 0;

    if (s.n == 4 || s.n == 7 || s.n == 10 || s.n == 13)
        RT_JOIN(text, sizeof text, s, rt_str(whole + s.n));
    else if (!rt_str_copy(text, sizeof text, s))
        return wrong(r, "not a time like 2026-11-22T10:00");
    if (dp_time_parse(text, NULL, &utc, &why) != 0)
        return wrong(r, "not a time like 2026-11-22T10:00");
    c->value.text = keep_time(r->q, utc * RT_S);
    return 0;
}

static int set_name(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    c->prefix = s.n > 0 && s.p[s.n - 1] == '*';
    s.n -= c->prefix;
    c->value.text = keep(r->q, s);
    return 0;
}

static int set_text(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    c->value.text = keep(r->q, s);
    return 0;
}

static int set_by(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    for (unsigned by = GW_BY_CALLER; by <= GW_BY_RESTART; by++)
        if (rt_str_eq(s, gw_released_by_name((enum gw_released_by)by)))
            return set_text(r, c, s);
    return wrong(r, "not one of caller, called, gateway, operator, transfer, restart");
}

static int set_integer(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    const struct gw_record_word *w = r->q->term[r->q->nterms].word;
    uint64_t n = 0;
    char what[64];

    snprintf(what, sizeof what, "not a number from %u to %u", w->low, w->high);
    if (rt_str_u64(&n, s, w->high) != 0 || n < w->low)
        return wrong(r, what);
    c->value.number = (double)n;
    return 0;
}

static int set_state(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    for (size_t i = 0; i < RT_COUNT(gw_record_states); i++)
        if (rt_str_eq(s, gw_record_states[i].name)) {
            c->state = &gw_record_states[i];
            return 0;
        }
    return wrong(r, "not one of answered, failed, emergency");
}

static int set_duration(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    return read_duration(&c->value.number, s) ? 0 : wrong(r, "not a duration like 60s");
}

static int set_plain(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    return take_number(&c->value.number, &s) && s.n == 0 ? 0 : wrong(r, "not a number");
}

static int set_percent(const struct reader *r, struct gw_record_choice *c, struct rt_str s)
{
    if (s.n > 0 && s.p[s.n - 1] == '%')
        s.n--;
    return set_plain(r, c, s);
}

typedef int set_fn(const struct reader *r, struct gw_record_choice *c, struct rt_str s);

static set_fn *const setters[] = {
    [GW_RECORD_NAME] = set_name,      [GW_RECORD_PART] = set_text,
    [GW_RECORD_CASE] = set_text,      [GW_RECORD_BY] = set_by,
    [GW_RECORD_NUMBER] = set_integer, [GW_RECORD_STATE] = set_state,
    [GW_RECORD_LAST] = set_last,      [GW_RECORD_SINCE] = set_time,
    [GW_RECORD_UNTIL] = set_time,     [GW_RECORD_DURATION] = set_duration,
    [GW_RECORD_PLAIN] = set_plain,    [GW_RECORD_PERCENT] = set_percent,
};

/* ---- terms ---- */

static bool compares(const struct gw_record_word *w)
{
    return w->measure != NULL;
}

/** Times are compared, one with another. */
static bool lists(const struct gw_record_word *w)
{
    return w->name && !compares(w) && w->kind != GW_RECORD_LAST && w->kind != GW_RECORD_SINCE &&
           w->kind != GW_RECORD_UNTIL;
}

static int add_choice(const struct reader *r, struct gw_record_term *t, struct rt_str value)
{
    struct gw_record_query *q = r->q;
    unsigned values = t->nfields > 0 ? t->nfields : 1;

    if (value.n == 0)
        return wrong(r, "a value is missing");
    if (q->nchoices == GW_RECORD_VALUES_MAX || q->nvalues + values > GW_RECORD_VALUES_MAX)
        return wrong(r, "that is too much for one query");
    q->choice[q->nchoices] = (struct gw_record_choice){.prefix = false};
    int err = setters[t->word->kind](r, &q->choice[q->nchoices], value);
    if (err != 0)
        return err;
    q->nchoices++;
    t->nchoices++;
    q->nvalues += values;
    return 0;
}

static void take_fields(struct gw_record_term *t)
{
    struct rt_str rest = rt_str(t->word->fields);

    while (rest.n > 0 && t->nfields < RECORD_FIELDS_MAX)
        t->field[t->nfields++] = gw_record_field(rt_str_cut(&rest, ' '));
}

static int add_term(const struct reader *r, struct gw_record_term *t, struct rt_str value)
{
    int err = 0;

    take_fields(t);
    t->first = r->q->nchoices;
    if (!lists(t->word))
        err = add_choice(r, t, value);
    else
        do
            err = add_choice(r, t, rt_str_cut(&value, ','));
        while (err == 0 && value.n > 0);
    if (err == 0)
        r->q->nterms++;
    return err;
}

/** Letters at the front. */
static size_t letters(struct rt_str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= 'a' && s.p[n] <= 'z')
        n++;
    return n;
}

/** How many octets of `s` are an operator. */
static size_t take_op(enum gw_record_op *op, struct rt_str s)
{
    bool equal = s.n > 1 && s.p[1] == '=';

    if (s.n == 0 || !strchr(":<>", s.p[0]))
        return 0;
    *op = s.p[0] == ':'   ? GW_RECORD_IS
          : s.p[0] == '<' ? (equal ? GW_RECORD_LE : GW_RECORD_LT)
                          : (equal ? GW_RECORD_GE : GW_RECORD_GT);
    return s.p[0] != ':' && equal ? 2 : 1;
}

static int unknown_word(const struct reader *r)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, "unknown word; there are ");
    gw_record_words(&text);
    int err = wrong(r, rt_buf_str(&text).p);
    rt_buf_release(&text);
    return err;
}

/** A term without its quotes; `bare`: it began with one. */
static int read_term(const struct reader *r, struct rt_str s, bool bare)
{
    struct gw_record_term *t = &r->q->term[r->q->nterms];
    struct rt_str name = {s.p, letters(s)};
    struct rt_str rest = {s.p + name.n, s.n - name.n};
    size_t op = bare || name.n == 0 ? 0 : take_op(&t->op, rest);

    if (op == 0) {
        t->word = gw_record_word((struct rt_str){"", 0});
        return add_term(r, t, s);
    }
    t->word = gw_record_word(name);
    if (!t->word)
        return unknown_word(r);
    if (compares(t->word) && t->op == GW_RECORD_IS)
        return wrong(r, "takes < or >");
    if (!compares(t->word) && t->op != GW_RECORD_IS)
        return wrong(r, "takes a colon");
    return add_term(r, t, (struct rt_str){rest.p + op, rest.n - op});
}

/* ---- the text ---- */

/** Takes a term off the front, `raw` as it stands; its quotes are left out in `plain`. */
static int next_term(struct reader *r, struct rt_str *s, struct rt_buf *plain)
{
    bool quoted = false;
    size_t i = 0;

    rt_buf_reset(plain);
    for (; i < s->n && (quoted || !rt_is_blank(s->p[i])); i++) {
        if (s->p[i] == '"')
            quoted = !quoted;
        else
            rt_buf_put(plain, s->p + i, 1);
    }
    r->raw = (struct rt_str){s->p, i};
    *s = (struct rt_str){s->p + i, s->n - i};
    if (quoted)
        return wrong(r, "a quote is not closed");
    return plain->failed ? ENOMEM : 0;
}

static int take_term(struct reader *r, struct rt_str *s, struct rt_buf *plain)
{
    int err = next_term(r, s, plain);

    if (err != 0)
        return err;
    if (r->q->nterms == RECORD_TERMS_MAX)
        return wrong(r, "that is too much for one query");
    struct gw_record_term *t = &r->q->term[r->q->nterms];
    struct rt_str term = rt_buf_str(plain);
    *t = (struct gw_record_term){.negated = r->raw.p[0] == '-'};
    if (t->negated)
        term = (struct rt_str){term.p + 1, term.n - 1};
    return read_term(r, term, r->raw.n > t->negated && r->raw.p[t->negated] == '"');
}

static int read_terms(struct reader *r, struct rt_str text)
{
    struct rt_buf plain = {0};
    int err = 0;

    for (text = rt_str_trim(text); err == 0 && text.n > 0; text = rt_str_trim(text))
        err = take_term(r, &text, &plain);
    rt_buf_release(&plain);
    return err;
}

/** Signs that no record has. */
static bool printable(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && !rt_is_blank(s.p[i])) || s.p[i] == 0x7f)
            return false;
    return true;
}

int gw_record_query_parse(struct gw_record_query **out, struct rt_str text, rt_time now, char *why,
                          size_t cap)
{
    struct reader r = {.raw = rt_str("query"), .now = now, .why = why, .cap = cap};

    if (text.n > TEXT_MAX || !printable(text))
        return wrong(&r, text.n > TEXT_MAX ? "too long" : "a character that is none");
    r.q = calloc(1, sizeof *r.q);
    if (!r.q)
        return ENOMEM;
    r.q->cap = 2 * text.n + RECORD_TERMS_MAX * RT_RFC3339_LEN; /* a comma ends each value */
    r.q->room = malloc(r.q->cap);
    int err = r.q->room ? read_terms(&r, text) : ENOMEM;
    if (err != 0) {
        gw_record_query_free(r.q);
        return err;
    }
    *out = r.q;
    return 0;
}

void gw_record_query_free(struct gw_record_query *q)
{
    if (!q)
        return;
    free(q->room);
    free(q);
}
