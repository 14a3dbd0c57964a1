/* Whether a record in memory fits a query: what the SQL says, said here. */
#include "gw/record_query_priv.h"

static bool contains(struct rt_str text, struct rt_str part)
{
    return part.n == 0 || memmem(text.p, text.n, part.p, part.n) != NULL;
}

static bool begins(struct rt_str text, struct rt_str part)
{
    return text.n >= part.n && memcmp(text.p, part.p, part.n) == 0;
}

static bool same_number(struct rt_str text, double number)
{
    uint64_t n = 0;

    return rt_str_u64(&n, text, UINT64_MAX) == 0 && (double)n == number;
}

/** Times of one form compare as text. */
static bool field_fits(const struct gw_record_term *t, const struct gw_record_choice *c,
                       struct rt_str text)
{
    struct rt_str value = rt_str(c->value.text);

    switch (t->word->kind) {
    case GW_RECORD_NAME:
        return c->prefix ? begins(text, value) : rt_str_eq(text, value.p);
    case GW_RECORD_PART:
        return contains(text, value);
    case GW_RECORD_CASE:
        return rt_str_caseeq(text, value.p);
    case GW_RECORD_BY:
        return rt_str_eq(text, value.p);
    case GW_RECORD_NUMBER:
        return same_number(text, c->value.number);
    case GW_RECORD_LAST:
    case GW_RECORD_SINCE:
        return text.n == value.n && memcmp(text.p, value.p, value.n) >= 0;
    case GW_RECORD_UNTIL:
        return text.n == value.n && memcmp(text.p, value.p, value.n) < 0;
    case GW_RECORD_STATE:
    case GW_RECORD_DURATION:
    case GW_RECORD_PLAIN:
    case GW_RECORD_PERCENT:
        break; /* of no single field */
    }
    return false;
}

static bool measure_fits(const struct gw_record_term *t, double limit, const struct gw_cdr *r)
{
    double x = 0;

    if (!t->word->measure(r, &x))
        return false;
    return t->op == GW_RECORD_LT   ? x < limit
           : t->op == GW_RECORD_LE ? x <= limit
           : t->op == GW_RECORD_GT ? x > limit
                                   : x >= limit;
}

static bool state_fits(const struct gw_record_state *s, const struct gw_cdr *r)
{
    struct gw_cdr_value v;

    gw_cdr_value(&v, r, gw_record_field(rt_str(s->field)));
    return (v.type != GW_CDR_NOTHING) == s->known;
}

static bool choice_fits(const struct gw_record_term *t, const struct gw_record_choice *c,
                        const struct gw_cdr *r)
{
    struct gw_cdr_value v;

    if (t->word->measure)
        return measure_fits(t, c->value.number, r);
    if (c->state)
        return state_fits(c->state, r);
    for (unsigned i = 0; i < t->nfields; i++) {
        gw_cdr_value(&v, r, t->field[i]);
        if (v.type != GW_CDR_NOTHING && field_fits(t, c, v.text))
            return true;
    }
    return false;
}

static bool term_fits(const struct gw_record_query *q, const struct gw_record_term *t,
                      const struct gw_cdr *r)
{
    for (unsigned i = 0; i < t->nchoices; i++)
        if (choice_fits(t, &q->choice[t->first + i], r))
            return true;
    return false;
}

bool gw_record_query_match(const struct gw_record_query *q, const struct gw_cdr *r)
{
    for (unsigned i = 0; i < q->nterms; i++)
        if (term_fits(q, &q->term[i], r) == q->term[i].negated)
            return false;
    return true;
}
