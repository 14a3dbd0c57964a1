/* What the compilers of the dial plan's statements share: tokens taken from left to right, and
 * names looked up. */
#include "dialplan/list.h"
#include "gw/plan_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- tokens ---- */

struct gw_words gw_words(struct gw_compile *c, const struct conf_node *n, size_t skip)
{
    size_t from = skip < n->ntokens ? skip : n->ntokens;
    return (struct gw_words){c, n->token + from, n->token + n->ntokens, n->pos};
}

const struct conf_token *gw_words_peek(const struct gw_words *w)
{
    return w->t < w->end && w->t->kind != CONF_TOKEN_COMMA ? w->t : NULL;
}

const struct conf_token *gw_words_take(struct gw_words *w, const char *what)
{
    const struct conf_token *t = gw_words_peek(w);

    if (!t || t->kind == CONF_TOKEN_ARROW) {
        conf_error(w->c->diag, w->t < w->end ? w->t->pos : w->pos, "%s is missing", what);
        return NULL;
    }
    w->t++;
    return t;
}

bool gw_words_is(struct gw_words *w, const char *word)
{
    const struct conf_token *t = gw_words_peek(w);

    if (!t || strcmp(t->text, word) != 0)
        return false;
    w->t++;
    return true;
}

bool gw_words_comma(struct gw_words *w)
{
    if (w->t == w->end || w->t->kind != CONF_TOKEN_COMMA)
        return false;
    w->t++;
    return true;
}

bool gw_words_end(struct gw_words *w)
{
    if (w->t == w->end)
        return true;
    conf_error(w->c->diag, w->t->pos, "unexpected \"%s\"", w->t->text);
    w->t = w->end;
    return false;
}

void gw_words_wrong(struct gw_words *w, const struct conf_token *t, const char *what)
{
    conf_error(w->c->diag, t->pos, "\"%s\" is not %s", t->text, what);
}

/** Nothing is near: says what there is. */
static void none_of(struct gw_words *w, const struct conf_token *t, const char *const *words)
{
    struct rt_buf list = {0};

    for (int i = 0; words[i]; i++)
        rt_buf_printf(&list, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    conf_error(w->c->diag, t->pos, "\"%s\" is not %s", t->text, rt_buf_str(&list).p);
    rt_buf_release(&list);
}

int gw_words_choice(struct gw_words *w, const char *what, const char *const *words)
{
    const struct conf_token *t = gw_words_take(w, what);

    if (!t)
        return -1;
    struct conf_suggest near = conf_suggest(t->text);
    for (int i = 0; words[i]; i++) {
        if (strcmp(t->text, words[i]) == 0)
            return i;
        conf_suggest_offer(&near, words[i]);
    }
    if (near.best)
        conf_suggest_error(w->c->diag, t->pos, "unknown word", &near);
    else
        none_of(w, t, words);
    return -1;
}

bool gw_words_number(struct gw_words *w, const char *what, uint64_t min, uint64_t max,
                     uint64_t *out)
{
    const struct conf_token *t = gw_words_take(w, what);

    if (!t)
        return false;
    if (rt_str_u64(out, rt_str(t->text), max) == 0 && *out >= min)
        return true;
    conf_error(w->c->diag, t->pos, "\"%s\" is not %s from %llu to %llu", t->text, what,
               (unsigned long long)min, (unsigned long long)max);
    return false;
}

bool gw_words_duration(struct gw_words *w, const char *what, rt_time *out)
{
    static const struct conf_arg_spec spec = {.type = CONF_DURATION};
    const struct conf_token *t = gw_words_take(w, what);
    const char *wrong = t ? conf_value_error(&spec, t) : NULL;

    if (t && !wrong)
        *out = conf_duration(t);
    else if (t)
        conf_error(w->c->diag, t->pos, "\"%s\" %s", t->text, wrong);
    return t && !wrong;
}

bool gw_words_percent(struct gw_words *w, const char *what, unsigned scale, unsigned *out)
{
    const struct conf_token *t = gw_words_take(w, what);
    char *end;

    if (!t)
        return false;
    double value = strtod(t->text, &end);
    if (end == t->text || strcmp(end, "%") != 0 || value < 0 || value > 1000) {
        gw_words_wrong(w, t, "a percentage like 30%");
        return false;
    }
    *out = (unsigned)(value * scale / 100 + 0.5);
    return true;
}

bool gw_plan_starved(struct gw_compile *c, int err)
{
    c->arena->failed |= err == ENOMEM;
    return err == ENOMEM;
}

const char *gw_plan_text(struct gw_compile *c, const struct conf_token *from,
                         const struct conf_token *end)
{
    struct rt_buf text = {0};

    for (const struct conf_token *t = from; t < end; t++)
        rt_buf_printf(&text, "%s%s", t > from && t->kind != CONF_TOKEN_COMMA ? " " : "",
                      t->kind == CONF_TOKEN_COMMA ? "," : t->text);
    char *out = conf_alloc(c->arena, text.n + 1);
    if (out && text.n > 0)
        memcpy(out, text.p, text.n);
    rt_buf_release(&text);
    return out ? out : "";
}

/* ---- names ---- */

static const char *name_at(const void *array, unsigned i, size_t size)
{
    return (const char *)array + i * size;
}

const void *gw_plan_named(struct gw_compile *c, const struct conf_token *t, const char *what,
                          const void *array, unsigned n, size_t size)
{
    struct conf_suggest near = conf_suggest(t->text);
    char text[64];

    for (unsigned i = 0; i < n; i++) {
        if (strcmp(name_at(array, i, size), t->text) == 0)
            return name_at(array, i, size);
        conf_suggest_offer(&near, name_at(array, i, size));
    }
    rt_str_copy(text, sizeof text, rt_str("unknown "));
    rt_str_copy(text + strlen(text), sizeof text - strlen(text), rt_str(what));
    conf_suggest_error(c->diag, t->pos, text, &near);
    return NULL;
}

void gw_plan_names(struct gw_compile *c, const char *keyword, void *array, unsigned n, size_t size,
                   size_t pos_offset)
{
    const struct conf_node *s = conf_child(c->root, keyword);

    for (unsigned i = 0; i < n; i++, s = conf_again(s, keyword)) {
        char *at = (char *)array + i * size;
        gw_plan_name(c, at, s);
        memcpy(at + pos_offset, &s->pos, sizeof s->pos);
        for (unsigned k = 0; k < i; k++)
            if (strcmp(name_at(array, k, size), at) == 0) {
                struct conf_pos first;
                memcpy(&first, name_at(array, k, size) + pos_offset, sizeof first);
                gw_plan_twice(c, s, first);
                break;
            }
    }
}

/** Names all that a way may be. */
static void unknown_way(struct gw_compile *c, const struct conf_token *t)
{
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < c->plan->ntrunks; i++)
        conf_suggest_offer(&near, c->plan->trunks[i].name);
    for (unsigned i = 0; i < c->plan->dial.ngroups; i++)
        conf_suggest_offer(&near, c->plan->dial.groups[i].name);
    conf_suggest_error(c->diag, t->pos, "unknown trunk", &near);
}

bool gw_plan_way(struct gw_compile *c, struct gw_way *out, const struct conf_token *t)
{
    out->trunk = gw_plan_trunk(c->plan, rt_str(t->text));
    out->group = out->trunk ? NULL : gw_plan_group(c->plan, rt_str(t->text));
    if (out->trunk || out->group)
        return true;
    unknown_way(c, t);
    return false;
}

static void add_trunk(struct gw_compile *c, const struct gw_trunk **list, unsigned *n, unsigned max,
                      const struct gw_trunk *trunk, const struct conf_token *t)
{
    for (unsigned i = 0; i < *n; i++)
        if (list[i] == trunk)
            return;
    if (*n == max)
        conf_error(c->diag, t->pos, "these are more than %u trunks", max);
    else
        list[(*n)++] = trunk;
}

void gw_plan_add_trunks(struct gw_compile *c, const struct gw_trunk **list, unsigned *n,
                        unsigned max, const struct conf_token *t)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct gw_customer *one = gw_plan_customer(c->plan, rt_str(t->text));
    bool all = strcmp(t->text, "customers") == 0;
    struct gw_way way;

    for (unsigned i = 0; i < d->ncustomers; i++)
        for (unsigned k = 0; (all || &d->customers[i] == one) && k < d->customers[i].ntrunks; k++)
            add_trunk(c, list, n, max, d->customers[i].trunk[k], t);
    if (all || one || !gw_plan_way(c, &way, t))
        return;
    if (way.trunk)
        add_trunk(c, list, n, max, way.trunk, t);
    for (unsigned i = 0; way.group && i < way.group->ntrunks; i++)
        add_trunk(c, list, n, max, way.group->trunk[i], t);
}

static bool in_list(const void *arg, const struct dp_number *n)
{
    return dp_list_has(arg, n);
}

struct dp_pattern *gw_plan_pattern(struct gw_compile *c, struct gw_words *w)
{
    const struct conf_token *t = gw_words_take(w, "a number pattern");
    struct dp_pattern *out = NULL;
    const char *why = NULL;

    if (!t)
        return NULL;
    if (strcmp(t->text, "in") == 0) {
        const struct conf_token *name = gw_words_take(w, "the name of a list");
        const struct gw_dial_plan *d = &c->plan->dial;
        const struct gw_list *list =
            name ? gw_plan_named(c, name, "list", d->lists, d->nlists, sizeof *d->lists) : NULL;
        if (list && dp_pattern_new_set(&out, gw_plan_text(c, t, w->t), in_list, list->list) != 0)
            c->arena->failed = true;
        return out;
    }
    int err = dp_pattern_new(&out, rt_str(t->text), &why);
    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, t->pos, "\"%s\" %s", t->text, why);
    return out;
}
