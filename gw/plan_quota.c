/* What may be used: `limit 30 calls, 3 cps`, `limit 120 min/day international`, and what looks like
 * fraud: `fraud 30 EUR/day then block international 12h notify ops@example.com`. */
#include "gw/plan_priv.h"

#include <stdlib.h>

static const char *const windows[] = {"hour", "day", "month"};

/** The window after the slash of `min/day`; false: it is none. */
static bool read_window(struct gw_limit *out, const char *slash)
{
    out->window = GW_WINDOW_NONE;
    for (size_t i = 0; slash && i < RT_COUNT(windows); i++)
        if (strcmp(slash + 1, windows[i]) == 0)
            out->window = (enum gw_limit_window)i;
    return !slash || out->window != GW_WINDOW_NONE;
}

/** `calls`, `calls/day`, `cps`, `min/day`, `EUR/day`: what is counted, and how many of it are one.
 */
static bool read_unit(struct gw_compile *c, struct gw_limit *out, const char *text, int64_t *unit)
{
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    struct rt_str word = {text, len};

    if (!read_window(out, slash))
        return false;
    out->kind = rt_str_eq(word, "calls") ? GW_LIMIT_CALLS
                : rt_str_eq(word, "cps") ? GW_LIMIT_CPS
                : rt_str_eq(word, "min") ? GW_LIMIT_MINUTES
                                         : GW_LIMIT_MONEY;
    *unit = out->kind == GW_LIMIT_CALLS     ? 1
            : out->kind == GW_LIMIT_CPS     ? 1000
            : out->kind == GW_LIMIT_MINUTES ? 60 * (int64_t)1000000
                                            : 1000000;
    if (out->kind == GW_LIMIT_CPS)
        return !slash;
    if (out->kind == GW_LIMIT_CALLS)
        return true;
    if (out->kind == GW_LIMIT_MONEY) {
        char *currency = conf_alloc(c->arena, len + 1);
        if (len != 3 || !currency)
            return false;
        memcpy(currency, text, len);
        out->unit = currency;
    }
    return slash != NULL;
}

/** `30 calls` */
static bool read_amount(struct gw_words *w, struct gw_limit *out)
{
    const struct conf_token *amount = gw_words_take(w, "an amount");
    const struct conf_token *unit = amount ? gw_words_take(w, "a unit") : NULL;
    int64_t one;
    char *end;

    if (!unit)
        return false;
    double value = strtod(amount->text, &end);
    if (end == amount->text || *end != '\0' || !(value > 0) || value > 1e9) {
        gw_words_wrong(w, amount, "an amount like 30");
        return false;
    }
    if (!read_unit(w->c, out, unit->text, &one)) {
        gw_words_wrong(w, unit, "calls, cps, calls/day, min/day or EUR/day");
        return false;
    }
    out->value = (int64_t)(value * (double)one + 0.5);
    if (out->value > 0)
        return true;
    gw_words_wrong(w, amount, "large enough to count");
    return false;
}

/** What follows: the numbers that are counted, `burst N`, `resume below N%`. */
static void read_qualities(struct gw_words *w, struct gw_limit *out, struct dp_pattern **counts)
{
    const struct conf_token *t;
    uint64_t burst;

    while ((t = gw_words_peek(w)) != NULL && strcmp(t->text, "then") != 0) {
        if (gw_words_is(w, "burst")) {
            if (gw_words_number(w, "a burst", 1, 100000, &burst))
                out->burst = (unsigned)burst;
            else
                w->t = w->end;
        } else if (gw_words_is(w, "resume")) {
            gw_words_is(w, "below");
            gw_words_percent(w, "a percentage", 100, &out->resume);
        } else if (gw_words_is(w, "same")) {
            if (out->kind != GW_LIMIT_CALLS || !gw_words_is(w, "destination")) {
                conf_error(w->c->diag, t->pos, "\"same\" wants: 10 calls same destination");
                w->t = w->end;
            }
            out->kind = GW_LIMIT_SAME;
        } else if (*counts) {
            gw_words_end(w);
        } else {
            const struct conf_token *start = w->t;
            *counts = gw_plan_pattern(w->c, w);
            out->set = gw_plan_text(w->c, start, w->t);
            if (!*counts)
                w->t = w->end;
        }
    }
}

/** `then block international 12h notify ops@example.com` */
static void read_block(struct gw_words *w, struct gw_limit *out, struct dp_pattern **blocks)
{
    static const struct conf_arg_spec duration = {.type = CONF_DURATION};
    const struct conf_token *t = gw_words_peek(w);

    if (!gw_words_is(w, "then") || !gw_words_is(w, "block")) {
        conf_error(w->c->diag, t ? t->pos : w->pos,
                   "\"fraud\" wants: then block [NUMBERS] DURATION");
        w->t = w->end;
        return;
    }
    const struct conf_token *start = w->t;
    t = gw_words_peek(w);
    if (t && conf_value_error(&duration, t)) {
        *blocks = gw_plan_pattern(w->c, w);
        out->block.set = gw_plan_text(w->c, start, w->t);
        if (!*blocks) {
            w->t = w->end;
            return;
        }
    }
    if (!gw_words_duration(w, "a duration", &out->block.period)) {
        w->t = w->end;
        return;
    }
    if (gw_words_is(w, "notify") && (t = gw_words_take(w, "somebody to notify")) != NULL &&
        gw_plan_check_notify(w->c, t))
        out->block.notify = t->text;
}

static void add_rules(struct gw_compile *c, struct gw_quota *q, const struct conf_node *n)
{
    bool fraud = strcmp(n->token[0].text, "fraud") == 0;
    struct gw_words w = gw_words(c, n, 1);

    do {
        if (q->n == GW_LIMITS_RULES_MAX) {
            conf_error(c->diag, n->pos, "there are more than %d limits here", GW_LIMITS_RULES_MAX);
            return;
        }
        unsigned i = q->n;
        if (!read_amount(&w, &q->rule[i]))
            return;
        q->pos[i] = n->pos;
        q->n++;
        read_qualities(&w, &q->rule[i], &q->counts[i]);
        if (fraud)
            read_block(&w, &q->rule[i], &q->blocks[i]);
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

static bool says_per_customer(const struct conf_node *n)
{
    return n->ntokens == 3 && strcmp(n->token[1].text, "per") == 0 &&
           strcmp(n->token[2].text, "customer") == 0;
}

void gw_plan_compile_quota(struct gw_compile *c, struct gw_quota *out, bool *per_customer,
                           const struct conf_node *block)
{
    static const char *const keywords[] = {"limit", "fraud"};

    out->index = c->plan->dial.nquotas++;
    out->rule = conf_alloc(c->arena, GW_LIMITS_RULES_MAX * sizeof *out->rule);
    out->counts = conf_alloc(c->arena, GW_LIMITS_RULES_MAX * sizeof(struct dp_pattern *));
    out->blocks = conf_alloc(c->arena, GW_LIMITS_RULES_MAX * sizeof(struct dp_pattern *));
    out->pos = conf_alloc(c->arena, GW_LIMITS_RULES_MAX * sizeof *out->pos);
    if (!out->rule || !out->counts || !out->blocks || !out->pos)
        return;
    for (size_t k = 0; k < RT_COUNT(keywords); k++)
        for (const struct conf_node *n = conf_child(block, keywords[k]); n;
             n = conf_again(n, keywords[k])) {
            if (!says_per_customer(n))
                add_rules(c, out, n);
            else if (per_customer)
                *per_customer = true;
            else
                conf_error(c->diag, n->pos, "\"per customer\" is said by classes");
        }
}

void gw_plan_free_quota(struct gw_quota *q)
{
    for (unsigned i = 0; i < q->n; i++) {
        dp_pattern_free(q->counts[i]);
        dp_pattern_free(q->blocks[i]);
    }
}

/** `reserve 4 channels for emergency, priority` */
void gw_plan_compile_reserve(struct gw_compile *c, struct gw_reserve *out,
                             const struct conf_node *n)
{
    static const char *const who[] = {"emergency", "priority", NULL};
    uint64_t channels;

    if (!n)
        return;
    struct gw_words w = gw_words(c, n, 1);
    out->pos = n->pos;
    if (!gw_words_number(&w, "a number of channels", 1, 10000, &channels))
        return;
    out->channels = (unsigned)channels;
    if (!gw_words_is(&w, "channels") || !gw_words_is(&w, "for")) {
        conf_error(c->diag, n->pos, "\"reserve\" wants: 4 channels for emergency, priority");
        return;
    }
    do {
        int i = gw_words_choice(&w, "emergency or priority", who);
        if (i < 0)
            return;
        out->who |= 1u << i;
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}
