/* `normalise NAME`: blocks of rules that say how a trunk writes its numbers. */
#include "dialplan/rules.h"
#include "gw/plan_priv.h"

#include <stddef.h>

#define RULES_MAX 1024

/** The word after `ton`, or DP_TON_ANY; false: reported. */
static bool read_ton(struct gw_words *w, int *out)
{
    const struct conf_token *t = gw_words_take(w, "a type of number");
    enum dp_ton ton;

    if (!t)
        return false;
    if (dp_ton_parse(&ton, rt_str(t->text)) != 0) {
        gw_words_wrong(w, t, "a type of number like international");
        return false;
    }
    *out = (int)ton;
    return true;
}

/** What stands before the pattern: `out`, `ton international`, `unknown`, `any`. */
static bool read_head(struct gw_words *w, bool *out, int *ton)
{
    const struct conf_token *t = gw_words_peek(w);
    enum dp_ton bare;

    *ton = DP_TON_ANY;
    *out = gw_words_is(w, "out");
    if (*out || gw_words_is(w, "any"))
        return true;
    if (gw_words_is(w, "ton"))
        return read_ton(w, ton);
    if (t && dp_ton_parse(&bare, rt_str(t->text)) == 0) {
        *ton = (int)bare;
        w->t++;
    }
    return true;
}

static void add_rule(struct gw_compile *c, struct dp_rules *rules, const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 0);
    const char *why;
    bool out;
    int ton;

    if (!read_head(&w, &out, &ton))
        return;
    const struct conf_token *from = gw_words_take(&w, "a number pattern");
    if (!from)
        return;
    if (!gw_words_is(&w, "=>")) {
        conf_error(c->diag, w.t < w.end ? w.t->pos : n->pos,
                   "\"=>\" must follow the pattern \"%s\"", from->text);
        return;
    }
    const struct conf_token *to = gw_words_take(&w, "what the number becomes");
    if (!to || (out && gw_words_is(&w, "ton") && !read_ton(&w, &ton)) || !gw_words_end(&w))
        return;
    int err = out ? dp_rules_add_out(rules, rt_str(from->text), rt_str(to->text), ton, &why)
                  : dp_rules_add(rules, ton, rt_str(from->text), rt_str(to->text), &why);
    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, from->pos, "\"%s => %s\" %s", from->text, to->text, why);
}

void gw_plan_compile_rules(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->rules = gw_plan_array(c, "normalise", sizeof *d->rules, RULES_MAX, &d->nrules);
    gw_plan_names(c, "normalise", d->rules, d->nrules, sizeof *d->rules,
                  offsetof(struct gw_rules, pos));
    const struct conf_node *block = conf_child(c->root, "normalise");
    for (unsigned i = 0; i < d->nrules; i++, block = conf_again(block, "normalise")) {
        if (dp_rules_new(&d->rules[i].rules) != 0) {
            c->arena->failed = true;
            return;
        }
        for (const struct conf_node *n = block->child; n; n = n->next)
            add_rule(c, d->rules[i].rules, n);
    }
}
