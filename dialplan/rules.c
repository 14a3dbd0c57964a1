/* Rows of a `normalise` block: two lists, in and out, each with the most specific row first. A
 * block is a page at most, so the look-up is linear. */
#include "dialplan/rules.h"

#include "dialplan/rewrite_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct rule {
    int ton; /**< in: the type it is for; out: the type it gives */
    struct dp_rewrite *rewrite;
    char *text;
    struct rule *prev, *next;
};

struct dp_rules {
    struct rule *in, *out;
};

int dp_rules_new(struct dp_rules **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : ENOMEM;
}

static void free_rule(struct rule *r)
{
    if (!r)
        return;
    dp_rewrite_free(r->rewrite);
    free(r->text);
    free(r);
}

static void free_list(struct rule *head)
{
    struct rule *r, *next;

    DL_FOREACH_SAFE(head, r, next)
    free_rule(r);
}

void dp_rules_free(struct dp_rules *r)
{
    if (!r)
        return;
    free_list(r->in);
    free_list(r->out);
    free(r);
}

static const char *type_text(int ton)
{
    return ton == DP_TON_ANY ? "any" : dp_ton_name((enum dp_ton)ton);
}

/** `unknown 0(x*) => +49\1`, `out +49* => 0* ton unknown`. */
static char *make_text(const struct rule *r, bool out)
{
    const char *body = dp_rewrite_text(r->rewrite), *type = type_text(r->ton);
    size_t room = strlen(body) + strlen(type) + sizeof "out  ton ";
    char *text = malloc(room);

    if (!text)
        return NULL;
    if (!out)
        return RT_JOIN(text, room, rt_str(type), rt_str(" "), rt_str(body));
    bool typed = r->ton != DP_TON_ANY;
    return RT_JOIN(text, room, rt_str("out "), rt_str(body), rt_str(typed ? " ton " : ""),
                   rt_str(typed ? type : ""));
}

static int order(const struct rule *a, const struct rule *b)
{
    int d = dp_pattern_order(a->rewrite->pattern, b->rewrite->pattern);

    if (d == 0)
        d = (a->ton == DP_TON_ANY) - (b->ton == DP_TON_ANY);
    return d ? d : strcmp(a->text, b->text); /* disjoint: the same each time */
}

/** Whether a row for the same numbers is there; out, the type is the result's. */
static bool there(struct rule *head, const struct rule *r, bool out)
{
    struct rule *o;

    DL_FOREACH(head, o)
    if (dp_pattern_equal(o->rewrite->pattern, r->rewrite->pattern) && (out || o->ton == r->ton))
        return true;
    return false;
}

static int add(struct rule **head, bool out, int ton, struct rt_str pattern, struct rt_str tmpl,
               const char **why)
{
    struct rule *r = calloc(1, sizeof *r);
    int err = r ? dp_rewrite_parse(&r->rewrite, pattern, tmpl, why) : ENOMEM;

    if (!err) {
        r->ton = ton;
        r->text = make_text(r, out);
        err = r->text ? 0 : ENOMEM;
    }
    if (!err && there(*head, r, out)) {
        *why = "is there already";
        err = EEXIST;
    }
    if (err) {
        if (err == ENOMEM)
            *why = "out of memory";
        free_rule(r);
        return err;
    }
    DL_INSERT_INORDER(*head, r, order);
    return 0;
}

int dp_rules_add(struct dp_rules *r, int ton, struct rt_str pattern, struct rt_str tmpl,
                 const char **why)
{
    return add(&r->in, false, ton, pattern, tmpl, why);
}

int dp_rules_add_out(struct dp_rules *r, struct rt_str pattern, struct rt_str tmpl, int ton,
                     const char **why)
{
    return add(&r->out, true, ton, pattern, tmpl, why);
}

const char *dp_rules_apply(const struct dp_rules *r, struct dp_number *n)
{
    struct rule *rule;

    DL_FOREACH(r->in, rule)
    if ((rule->ton == DP_TON_ANY || rule->ton == (int)n->ton) &&
        dp_pattern_match(rule->rewrite->pattern, n, NULL))
        return dp_rewrite_apply(rule->rewrite, n) ? rule->text : NULL;
    return NULL;
}

const char *dp_rules_apply_out(const struct dp_rules *r, struct dp_number *n)
{
    struct rule *rule;

    DL_FOREACH(r->out, rule)
    if (dp_pattern_match(rule->rewrite->pattern, n, NULL)) {
        if (!dp_rewrite_apply(rule->rewrite, n))
            return NULL;
        if (rule->ton != DP_TON_ANY) {
            n->ton = (enum dp_ton)rule->ton;
            n->npi = rule->ton == DP_TON_UNKNOWN ? DP_NPI_UNKNOWN : DP_NPI_ISDN;
        }
        return rule->text;
    }
    return NULL;
}
