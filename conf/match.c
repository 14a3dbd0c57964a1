/* Fits the words of one statement to the arguments of its row. */
#include "conf/conf_priv.h"
#include "conf/suggest.h"

struct match {
    const struct conf_node *n;
    const struct conf_row *row;
    bool *used;
    struct conf_diag *diag;
    size_t i; /* the token looked at */
    bool ok;
};

/** An argument of all zeroes ends the list: a plain word that must be there says `.max = 1`. */
static bool is_end(const struct conf_arg_spec *s)
{
    return s->type == CONF_WORD && !s->label && !s->words && s->max == 0 && !s->optional &&
           !s->list && !s->deflt;
}

size_t conf_nargs(const struct conf_row *row)
{
    size_t n = 0;

    while (n < CONF_MAX_ARGS && !is_end(&row->args[n]))
        n++;
    return n;
}

/** The labelled argument that this token begins, or -1. */
static int label_at(const struct conf_row *row, const struct conf_token *t)
{
    for (size_t a = 0; a < conf_nargs(row); a++)
        if (t->kind == CONF_TOKEN_WORD && row->args[a].label &&
            strcmp(row->args[a].label, t->text) == 0)
            return (int)a;
    return -1;
}

/** The next positional argument that has no value yet, or -1. */
static int next_positional(const struct match *m)
{
    for (size_t a = 0; a < conf_nargs(m->row); a++)
        if (!m->row->args[a].label && !m->used[a])
            return (int)a;
    return -1;
}

/** True for an argument that has to be there and is not. */
static bool missing(const struct match *m, size_t a)
{
    return !m->used[a] && !m->row->args[a].optional && !m->row->args[a].deflt;
}

/** What stands where no argument is without a label: a label misspelt, or forgotten. */
static void unexpected(struct match *m, const struct conf_token *t)
{
    struct conf_suggest s = conf_suggest(t->text);
    const char *wanted = NULL;

    m->ok = false;
    if (!m->diag)
        return;
    for (size_t a = 0; a < conf_nargs(m->row); a++) {
        const char *label = m->row->args[a].label;
        if (label && !m->used[a])
            conf_suggest_offer(&s, label);
        if (label && !wanted && missing(m, a))
            wanted = label;
    }
    if (wanted && !s.best)
        conf_error(m->diag, t->pos, "\"%s\" is missing before \"%s\"", wanted, t->text);
    else
        conf_suggest_error(m->diag, t->pos, "unexpected", &s);
}

/** Names the limits of a number, the nearest of some words, or what the type looks like. */
static void wrong_value(struct match *m, const struct conf_arg_spec *spec,
                        const struct conf_token *t)
{
    m->ok = false;
    if (!m->diag)
        return;
    if (spec->type == CONF_KEYWORD && spec->words) {
        char words[256];
        struct conf_suggest s = conf_suggest(t->text);
        rt_str_copy(words, sizeof words, rt_str(spec->words));
        for (char *w = words, *bar; w; w = bar) {
            bar = strchr(w, '|');
            if (bar)
                *bar++ = '\0';
            conf_suggest_offer(&s, w);
        }
        if (s.best)
            conf_suggest_error(m->diag, t->pos, "unknown word", &s);
        else
            conf_error(m->diag, t->pos,
                       strchr(spec->words, '|') ? "\"%s\" is none of %s" : "\"%s\" is not \"%s\"",
                       t->text, spec->words);
    } else if (spec->max > 0 && t->text[0] != '\0' &&
               t->text[strspn(t->text, "0123456789-")] == '\0') {
        uint64_t low = 0, high = 0;
        if (spec->type == CONF_RANGE || spec->type == CONF_RANGES)
            conf_range(t, &low, &high);
        if (low > high)
            conf_error(m->diag, t->pos, "\"%s\" ends before it begins", t->text);
        else
            conf_error(m->diag, t->pos, "\"%s\" is not within %llu to %llu", t->text,
                       (unsigned long long)spec->min, (unsigned long long)spec->max);
    } else {
        conf_error(m->diag, t->pos, "\"%s\" %s", t->text, conf_value_error(spec, t));
    }
}

/** The token at `i` is a comma, and what follows it belongs to the same list. */
static bool list_goes_on(const struct match *m, const struct conf_arg_spec *spec)
{
    const struct conf_token *t = m->n->token;

    return (spec->list || spec->type == CONF_RANGES) && m->i + 1 < m->n->ntokens &&
           t[m->i].kind == CONF_TOKEN_COMMA && label_at(m->row, &t[m->i + 1]) < 0;
}

static void take_values(struct match *m, const struct conf_arg_spec *spec)
{
    if (spec->type == CONF_REST) {
        m->i = m->n->ntokens;
        return;
    }
    for (;;) {
        const struct conf_token *t = &m->n->token[m->i];
        if (conf_value_error(spec, t))
            wrong_value(m, spec, t);
        m->i++;
        if (!list_goes_on(m, spec))
            return;
        m->i++;
    }
}

/** `word VALUE`. */
static void take_labelled(struct match *m, int a)
{
    const struct conf_token *t = &m->n->token[m->i];

    if (m->used[a]) {
        m->ok = false;
        if (m->diag)
            conf_error(m->diag, t->pos, "\"%s\" is given twice", t->text);
    }
    m->used[a] = true;
    m->i++;
    if (m->i < m->n->ntokens) {
        take_values(m, &m->row->args[a]);
        return;
    }
    m->ok = false;
    if (m->diag)
        conf_error(m->diag, t->pos, "%s must follow \"%s\"", conf_type_name(m->row->args[a].type),
                   t->text);
}

static void report_missing(struct match *m)
{
    for (size_t a = 0; a < conf_nargs(m->row); a++) {
        const struct conf_arg_spec *spec = &m->row->args[a];
        bool words = spec->type == CONF_KEYWORD && spec->words;
        if (!missing(m, a))
            continue;
        m->ok = false;
        if (m->diag)
            conf_error(m->diag, m->n->pos, "\"%s\" lacks %s%s%s%s%s", m->n->token[0].text,
                       spec->label ? "\"" : "", spec->label ? spec->label : "",
                       spec->label ? "\" and " : "", words ? "one of " : "",
                       words ? spec->words : conf_type_name(spec->type));
    }
}

/** A comma may part two arguments when the second has a label, `journal A, csv B`, or begins a list
 * that may stand behind labels: `journal A, explain`. */
static bool parting_comma(const struct match *m)
{
    const struct conf_token *t = m->n->token;

    if (t[m->i].kind != CONF_TOKEN_COMMA || m->i == 1 || m->i + 1 == m->n->ntokens)
        return false;
    int next = next_positional(m);
    return label_at(m->row, &t[m->i + 1]) >= 0 || (next >= 0 && m->row->args[next].list);
}

bool conf_match(const struct conf_node *n, const struct conf_row *row, bool used[CONF_MAX_ARGS],
                struct conf_diag *diag)
{
    struct match m = {.n = n, .row = row, .used = used, .diag = diag, .i = 1, .ok = true};

    memset(used, 0, CONF_MAX_ARGS * sizeof *used);
    while (m.i < n->ntokens) {
        const struct conf_token *t = &n->token[m.i];
        if (parting_comma(&m)) {
            m.i++;
            continue;
        }
        int a = label_at(row, t);
        if (a >= 0) {
            take_labelled(&m, a);
            continue;
        }
        a = next_positional(&m);
        if (a < 0) {
            unexpected(&m, t);
            return false; /* what follows it would be misread */
        }
        used[a] = true;
        take_values(&m, &row->args[a]);
    }
    report_missing(&m);
    return m.ok;
}

/* ---- reading ---- */

/** The token after the labelled pair that begins at `i`. */
static size_t after_labelled(const struct conf_node *n, size_t i, int a)
{
    struct match m = {.n = n, .row = n->row, .i = i + 2};

    while (m.i < n->ntokens && list_goes_on(&m, &n->row->args[a]))
        m.i += 2;
    return m.i;
}

const struct conf_token *conf_arg(const struct conf_node *n, size_t i)
{
    for (size_t k = 1; k < n->ntokens;) {
        int a = n->row ? label_at(n->row, &n->token[k]) : -1;
        if (a >= 0) {
            k = after_labelled(n, k, a);
        } else if (n->token[k].kind == CONF_TOKEN_COMMA) {
            k++;
        } else {
            if (i-- == 0)
                return &n->token[k];
            k++;
        }
    }
    return NULL;
}

const struct conf_token *conf_child_arg(const struct conf_node *block, const char *keyword)
{
    const struct conf_node *n = block ? conf_child(block, keyword) : NULL;
    return n ? conf_arg(n, 0) : NULL;
}

bool conf_is(const struct conf_token *t, const char *word)
{
    return t && strcmp(t->text, word) == 0;
}

const struct conf_token *conf_labelled(const struct conf_node *n, const char *label)
{
    for (size_t k = 1; k + 1 < n->ntokens; k++) {
        int a = n->row ? label_at(n->row, &n->token[k]) : -1;
        if (a >= 0 && strcmp(n->row->args[a].label, label) == 0)
            return &n->token[k + 1];
    }
    return NULL;
}

bool conf_has(const struct conf_node *n, const char *word)
{
    const struct conf_token *t;

    for (size_t i = 0; (t = conf_arg(n, i)); i++)
        if (t->kind == CONF_TOKEN_WORD && strcmp(t->text, word) == 0)
            return true;
    return false;
}
