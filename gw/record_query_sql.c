/* A query as a condition of SQL (SQLite's) with a `?` for each value. */
#include "gw/record_query_priv.h"

/** Where values go; those that do not fit are only counted. */
struct values {
    struct gw_record_value *at;
    size_t n, max;
};

static void add_value(struct values *v, const struct gw_record_value *value)
{
    if (v->n < v->max)
        v->at[v->n] = *value;
    v->n++;
}

/** The condition of one field: before and behind its name. */
struct form {
    const char *before, *behind;
};

static struct form form_of(enum gw_record_kind kind, bool prefix)
{
    static const struct form forms[] = {
        [GW_RECORD_NAME] = {"", " = ?"},
        [GW_RECORD_PART] = {"instr(", ", ?) > 0"},
        [GW_RECORD_CASE] = {"", " = ? COLLATE NOCASE"},
        [GW_RECORD_BY] = {"", " = ?"},
        [GW_RECORD_NUMBER] = {"", " = ?"},
        [GW_RECORD_LAST] = {"", " >= ?"},
        [GW_RECORD_SINCE] = {"", " >= ?"},
        [GW_RECORD_UNTIL] = {"", " < ?"},
    };

    return prefix ? (struct form){"instr(", ", ?) = 1"} : forms[kind];
}

static void add_fields(struct rt_buf *out, struct values *v, const struct gw_record_term *t,
                       const struct gw_record_choice *c)
{
    struct form form = form_of(t->word->kind, c->prefix);

    for (unsigned i = 0; i < t->nfields; i++) {
        rt_buf_printf(out, "%s%s\"%s\"%s", i > 0 ? " OR " : "", form.before,
                      gw_cdr_field_name(t->field[i]), form.behind);
        add_value(v, &c->value);
    }
}

static void add_measure(struct rt_buf *out, struct values *v, const struct gw_record_term *t,
                        const struct gw_record_choice *c)
{
    static const char *const ops[] = {
        [GW_RECORD_LT] = "<", [GW_RECORD_LE] = "<=", [GW_RECORD_GT] = ">", [GW_RECORD_GE] = ">="};

    rt_buf_printf(out, "%s %s ?", t->word->sql, ops[t->op]);
    add_value(v, &c->value);
}

static void add_choice(struct rt_buf *out, struct values *v, const struct gw_record_term *t,
                       const struct gw_record_choice *c)
{
    if (t->word->measure)
        add_measure(out, v, t, c);
    else if (c->state)
        rt_buf_printf(out, "\"%s\" IS %sNULL", c->state->field, c->state->known ? "NOT " : "");
    else
        add_fields(out, v, t, c);
}

/** NULL is "does not fit", and its opposite fits. */
static void add_term(struct rt_buf *out, struct values *v, const struct gw_record_query *q,
                     const struct gw_record_term *t)
{
    rt_buf_puts(out, t->negated ? "coalesce((" : "(");
    for (unsigned i = 0; i < t->nchoices; i++) {
        rt_buf_puts(out, i > 0 ? " OR " : "");
        add_choice(out, v, t, &q->choice[t->first + i]);
    }
    rt_buf_puts(out, t->negated ? "), 0) = 0" : ")");
}

size_t gw_record_query_sql(const struct gw_record_query *q, struct rt_buf *out,
                           struct gw_record_value *values, size_t max)
{
    struct values v = {.at = values, .max = max};

    if (q->nterms == 0)
        rt_buf_puts(out, "1 = 1");
    for (unsigned i = 0; i < q->nterms; i++) {
        rt_buf_puts(out, i > 0 ? " AND " : "");
        add_term(out, &v, q, &q->term[i]);
    }
    return v.n;
}
