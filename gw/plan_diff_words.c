/* When two statements say the same: words in one spelling, lists as the values in them. */
#include "dialplan/compare.h"
#include "gw/plan_diff_priv.h"

#include <stdlib.h>

/* ---- one spelling ---- */

/** A pattern, where the word can be nothing else. */
static bool add_pattern(struct rt_buf *out, const char *text)
{
    struct dp_pattern *p;
    const char *why;

    if ((text[0] != '+' && !strchr(text, '[')) || dp_pattern_new(&p, rt_str(text), &why) != 0)
        return false;
    dp_pattern_key(out, p);
    dp_pattern_free(p);
    return true;
}

static void add_word(struct rt_buf *out, const struct conf_token *t, bool canonical)
{
    static const struct conf_arg_spec duration = {.type = CONF_DURATION};
    bool quoted = t->kind == CONF_TOKEN_STRING;

    if (canonical && !conf_value_error(&duration, t))
        rt_buf_printf(out, "%lldus", (long long)conf_duration(t));
    else if (canonical && add_pattern(out, t->text))
        return;
    else
        rt_buf_printf(out, quoted || !t->text[0] ? "\"%s\"" : "%s", t->text);
}

static void add_words(struct rt_buf *out, const struct conf_token *t, const struct conf_token *end,
                      bool canonical)
{
    size_t start = out->n;

    for (; t < end; t++) {
        if (t->kind != CONF_TOKEN_COMMA && out->n > start)
            rt_buf_puts(out, " ");
        if (t->kind == CONF_TOKEN_COMMA)
            rt_buf_puts(out, ",");
        else
            add_word(out, t, canonical);
    }
}

void gw_said_words(struct rt_buf *out, const struct conf_node *n, size_t from, bool canonical)
{
    if (from < n->ntokens)
        add_words(out, n->token + from, n->token + n->ntokens, canonical);
}

/* ---- `word VALUE` pairs, in any order ---- */

/** The labelled argument that a token begins, or NULL. */
static const struct conf_arg_spec *label_at(const struct conf_row *row, const struct conf_token *t)
{
    for (size_t a = 0; a < CONF_MAX_ARGS; a++)
        if (t->kind == CONF_TOKEN_WORD && row->args[a].label &&
            strcmp(row->args[a].label, t->text) == 0)
            return &row->args[a];
    return NULL;
}

/** The end of the pair that begins at `t`, with the values after commas. */
static const struct conf_token *pair_end(const struct conf_token *t, const struct conf_token *end)
{
    t += t + 1 < end ? 2 : 1;
    while (t + 1 < end && t->kind == CONF_TOKEN_COMMA)
        t += 2;
    return t < end ? t : end;
}

/** The pair of one label, wherever it stands; not when it says what holds anyway. */
static void add_pair(struct rt_buf *out, const struct conf_node *n,
                     const struct conf_arg_spec *spec)
{
    const struct conf_token *end = n->token + n->ntokens;

    for (const struct conf_token *t = n->token + 1; t < end; t++) {
        if (label_at(n->row, t) != spec)
            continue;
        struct rt_buf value = {0};
        add_words(&value, t + 1, pair_end(t, end), true);
        if (!spec->deflt || !value.p || strcmp(value.p, spec->deflt) != 0)
            rt_buf_printf(out, " %s %s", spec->label, value.p ? value.p : "");
        rt_buf_release(&value);
        return;
    }
}

/** The values without labels in their order, then the pairs in that of the schema. */
static void add_args(struct rt_buf *out, const struct conf_node *n)
{
    const struct conf_token *end = n->token + n->ntokens;

    for (const struct conf_token *t = n->token + 1; t < end;) {
        if (label_at(n->row, t)) {
            t = pair_end(t, end);
            continue;
        }
        if (t->kind == CONF_TOKEN_COMMA)
            rt_buf_puts(out, ",");
        else
            add_words(out, t, t + 1, true);
        rt_buf_puts(out, " ");
        t++;
    }
    for (size_t a = 0; a < CONF_MAX_ARGS; a++)
        if (n->row->args[a].label)
            add_pair(out, n, &n->row->args[a]);
}

/* ---- what a statement says ---- */

static char *text_of(struct gw_sayings *s, struct rt_buf *b)
{
    char *copy = rt_str_dup(rt_buf_str(b));

    s->failed |= !copy || b->failed;
    rt_buf_release(b);
    return copy;
}

static void add(struct gw_sayings *s, const struct conf_node *n, struct rt_buf *id,
                struct rt_buf *key, struct rt_buf *shown)
{
    struct gw_said one = {n->row->flags & CONF_ANY_KEYWORD ? "" : n->token[0].text,
                          n,
                          text_of(s, id),
                          text_of(s, key),
                          text_of(s, shown),
                          n->pos};

    if (s->n == s->cap) {
        size_t cap = s->cap > 0 ? 2 * s->cap : 16;
        struct gw_said *more = realloc(s->said, cap * sizeof *more);
        s->failed |= !more;
        if (more) {
            s->said = more;
            s->cap = cap;
        }
    }
    if (!s->failed) {
        s->said[s->n++] = one;
        return;
    }
    free(one.id);
    free(one.key);
    free(one.shown);
}

/** Lists whose order means nothing, though they are said once. */
static const struct {
    const char *in, *keyword;
} sets[] = {
    {"time", "except"}, {"time", "on"},     {"trunk", "domains"}, {"registrar", "domains"},
    {"lnp", "for"},     {"lcr", "advance"}, {"lcr", "stop"},      {"group", "crankback"},
};

/** Whether each value in the list is said on its own. */
static bool splits(const struct conf_node *n)
{
    const struct conf_row *r = n->row;

    for (size_t i = 0; i < RT_COUNT(sets); i++)
        if (strcmp(sets[i].in, r->in) == 0 && strcmp(sets[i].keyword, r->keyword) == 0)
            return true;
    bool alone = r->args[1].type == CONF_WORD && !r->args[1].label && r->args[1].max == 0;
    return !(r->flags & (CONF_ONCE | CONF_BLOCK)) && alone && strcmp(r->in, "test") != 0 &&
           (r->args[0].list || r->args[0].type == CONF_REST);
}

/** What makes a value the same thing with another amount: `30 calls` has "calls", others their
 * first word. */
static void add_id(struct rt_buf *out, const struct conf_token *t, const struct conf_token *end)
{
    bool amount = t < end && t->text[0] >= '0' && t->text[0] <= '9' &&
                  t->text[strspn(t->text, "0123456789.")] == '\0';

    if (amount && t + 1 < end)
        add_words(out, t + 1, end, true);
    else if (t < end)
        add_words(out, t, t + 1, true);
}

/** One value: `head` is a word that holds for all after it, "sip" in `sip 500, 503`; NULL: none. */
static void add_value(struct gw_sayings *s, const struct conf_node *n,
                      const struct conf_token *head, const struct conf_token *t,
                      const struct conf_token *end)
{
    struct rt_buf id = {0}, key = {0}, shown = {0};

    if (head) {
        rt_buf_printf(&id, "%s ", head->text);
        rt_buf_printf(&key, "%s ", head->text);
        rt_buf_printf(&shown, "%s ", head->text);
    }
    add_id(&id, t, end);
    add_words(&key, t, end, true);
    add_words(&shown, t, end, false);
    add(s, n, &id, &key, &shown);
}

static void add_list(struct gw_sayings *s, const struct conf_node *n)
{
    static const char *const heads[] = {"from", "cause", "sip"};
    const struct conf_token *t = n->token + 1, *end = n->token + n->ntokens, *head = NULL;

    while (t < end) {
        const struct conf_token *stop = t;
        while (stop < end && stop->kind != CONF_TOKEN_COMMA)
            stop++;
        if (strcmp(t->text, "on") == 0 && t + 1 < stop)
            t++;
        for (size_t i = 0; i < RT_COUNT(heads); i++)
            if (t + 1 < stop && strcmp(t->text, heads[i]) == 0)
                head = t++;
        add_value(s, n, strcmp(t->text, "timeout") == 0 ? NULL : head, t, stop);
        t = stop + (stop < end);
    }
}

/** Whether a statement says what holds without it. */
static bool is_default(const struct conf_node *n, const char *shown)
{
    const struct conf_arg_spec *first = &n->row->args[0];

    return (n->row->flags & CONF_ONCE) && first->deflt && !first->label &&
           strcmp(first->deflt, shown) == 0;
}

/** A rule of a block whose rows begin with patterns: what stands before its arrow is what it is. */
static void add_rule(struct gw_sayings *s, const struct conf_node *n)
{
    struct rt_buf id = {0}, key = {0}, shown = {0};
    const struct conf_token *t = n->token, *end = t + n->ntokens, *arrow = t;

    if (n->ntokens > 1 && (strcmp(t->text, "ton") == 0 || strcmp(t->text, "any") == 0))
        t++;
    while (arrow < end && arrow->kind != CONF_TOKEN_ARROW)
        arrow++;
    add_words(&id, t, arrow, true);
    add_words(&key, t, end, true);
    add_words(&shown, n->token, end, false);
    add(s, n, &id, &key, &shown);
}

void gw_sayings_add(struct gw_sayings *s, const struct conf_node *n)
{
    struct rt_buf id = {0}, key = {0}, shown = {0};

    if (n->row->flags & CONF_ANY_KEYWORD) {
        add_rule(s, n);
        return;
    }
    if (splits(n)) {
        add_list(s, n);
        return;
    }
    gw_said_words(&shown, n, 1, false);
    if (is_default(n, rt_buf_str(&shown).p)) {
        rt_buf_release(&shown);
        return;
    }
    if (!(n->row->flags & CONF_ONCE)) /* a line is its number, not what is said of it */
        add_id(&id, n->token + 1,
               n->token + (strcmp(n->token[0].text, "line") == 0 ? 2 : n->ntokens));
    add_args(&key, n);
    add(s, n, &id, &key, &shown);
}

void gw_sayings_release(struct gw_sayings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->said[i].id);
        free(s->said[i].key);
        free(s->said[i].shown);
    }
    free(s->said);
}
