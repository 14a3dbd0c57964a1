/* Header rules of the plan: `headers in { ... }` and `headers out { ... }` to a trunk's lists. What
 * would break SIP, or could never fire, is refused here. */
#include "gw/plan_priv.h"

#include <ctype.h>
#include <stdio.h>

#define NAME_MAX_LEN 63

struct reader {
    struct gw_compile *c;
    struct gw_header_rule *rules;
    unsigned n;
};

/* ---- names ---- */

/** RFC 3261 25.1: token. */
static bool is_name(const char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("-.!%*_+`'~", s[i]))
            return false;
    return n > 0 && n <= NAME_MAX_LEN;
}

static bool check_name(struct gw_compile *c, const struct conf_token *t)
{
    if (!is_name(t->text))
        conf_error(c->diag, t->pos, "\"%s\" is no name of a header field", t->text);
    else if (!t->text[1])
        conf_error(c->diag, t->pos, "\"%s\" is a short form: header fields have their long name",
                   t->text);
    else
        return true;
    return false;
}

/** A name that the rule writes. */
static void check_written(struct gw_compile *c, const struct conf_token *t)
{
    const char *why = check_name(c, t) ? gw_header_protected(t->text) : NULL;

    if (why)
        conf_error(c->diag, t->pos, "\"%s\" %s", t->text, why);
}

/* ---- on ---- */

static void add_on(struct gw_compile *c, struct gw_header_rule *r, const struct conf_token *t)
{
    uint64_t status = GW_ON_INVITE;

    if (strcmp(t->text, "INVITE") != 0 &&
        (rt_str_u64(&status, rt_str(t->text), 699) != 0 || status < 200))
        conf_error(c->diag, t->pos, "\"%s\" is neither INVITE nor a final status from 200 to 699",
                   t->text);
    else if (r->non == GW_ON_MAX)
        conf_error(c->diag, t->pos, "a rule is for at most %d kinds of message", GW_ON_MAX);
    else
        r->on[r->non++] = (int)status;
}

/** `on INVITE, 200`; an INVITE alone when it is absent. */
static void read_on(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n)
{
    const struct conf_token *first = conf_labelled(n, "on");
    size_t i = first ? (size_t)(first - n->token) : n->ntokens;

    if (!first)
        r->on[r->non++] = GW_ON_INVITE;
    while (i < n->ntokens) {
        add_on(c, r, &n->token[i]);
        bool more = i + 1 < n->ntokens && n->token[i + 1].kind == CONF_TOKEN_COMMA;
        i = more ? i + 2 : n->ntokens;
    }
}

/* ---- the five kinds of rule ---- */

static void read_set(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n)
{
    const struct conf_token *value = conf_arg(n, 1);
    struct rt_str unknown = gw_header_unknown_word(value->text);

    check_written(c, conf_arg(n, 0));
    r->value = value->text;
    if (unknown.n > 0)
        conf_error(c->diag, value->pos,
                   "\"%.*s\" is none of {called}, {caller}, {trunk}, {call-id}, {user-uri}",
                   RT_STR(unknown));
}

static void read_remove(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n)
{
    (void)r;
    check_written(c, conf_arg(n, 0));
}

static void read_copy(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n)
{
    const struct conf_token *to = conf_labelled(n, "to");

    check_name(c, conf_arg(n, 0));
    check_written(c, to);
    r->value = to->text;
}

static void read_number(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n)
{
    const struct conf_token *name = conf_arg(n, 0), *pattern = conf_arg(n, 1),
                            *with = conf_arg(n, 3);
    struct dp_pattern *p = NULL;
    const char *why = NULL;

    r->pattern = pattern->text;
    r->value = with->text;
    if (!gw_header_has_number(name->text)) {
        struct conf_suggest near = conf_suggest(name->text);
        for (size_t i = 0; gw_header_number_names[i]; i++)
            conf_suggest_offer(&near, gw_header_number_names[i]);
        conf_suggest_error(c->diag, name->pos, "no number stands in", &near);
    }
    int err = dp_pattern_new(&p, rt_str(pattern->text), &why);
    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, pattern->pos, "\"%s\" %s", pattern->text, why);
    else if (err == 0 && (why = gw_header_number_error(pattern->text, with->text)))
        conf_error(c->diag, with->pos, "\"%s\" %s", with->text, why);
    dp_pattern_free(p);
}

static const struct {
    const char *word;
    enum gw_header_op op;
    void (*read)(struct gw_compile *c, struct gw_header_rule *r, const struct conf_node *n);
} kinds[] = {
    {"set", GW_HEADER_SET, read_set},
    {"remove", GW_HEADER_REMOVE, read_remove},
    {"copy", GW_HEADER_COPY, read_copy},
    {"number", GW_HEADER_NUMBER, read_number},
};

/* ---- blocks ---- */

/** A rule that begins at `n`, about the header field `name`. NULL: there is no room. */
static struct gw_header_rule *new_rule(struct reader *rd, const struct conf_node *n,
                                       const char *name)
{
    char at[128];

    if (rd->n == GW_HEADER_RULES_MAX) {
        conf_error(rd->c->diag, n->pos, "there are more than %d rules here", GW_HEADER_RULES_MAX);
        return NULL;
    }
    snprintf(at, sizeof at, "%.100s:%u", n->pos.file, n->pos.line);
    struct gw_header_rule *r = &rd->rules[rd->n++];
    r->name = name;
    r->at = conf_text(rd->c->arena, rt_str(at));
    return r;
}

/** `pass NAME, NAME`: one rule each. */
static void read_pass(struct reader *rd, const struct conf_node *n)
{
    const struct conf_token *t;

    for (size_t i = 0; (t = conf_arg(n, i)); i++) {
        struct gw_header_rule *r = new_rule(rd, n, t->text);
        if (!r)
            return;
        check_written(rd->c, t);
        r->op = GW_HEADER_PASS;
        r->on[r->non++] = GW_ON_INVITE;
    }
}

static void read_rule(struct reader *rd, const struct conf_node *n)
{
    if (strcmp(n->token[0].text, "pass") == 0) {
        read_pass(rd, n);
        return;
    }
    struct gw_header_rule *r = new_rule(rd, n, conf_arg(n, 0)->text);
    for (size_t i = 0; r && i < RT_COUNT(kinds); i++) {
        if (strcmp(n->token[0].text, kinds[i].word) != 0)
            continue;
        r->op = kinds[i].op;
        read_on(rd->c, r, n);
        kinds[i].read(rd->c, r, n);
    }
}

static void read_block(struct gw_compile *c, struct gw_header_rules *out,
                       const struct conf_node *block)
{
    struct reader rd = {.c = c,
                        .rules = conf_alloc(c->arena, GW_HEADER_RULES_MAX * sizeof *rd.rules)};

    for (const struct conf_node *n = block->child; n && rd.rules; n = n->next)
        read_rule(&rd, n);
    *out = (struct gw_header_rules){rd.rules, rd.n};
}

void gw_plan_compile_headers(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk)
{
    const struct conf_node *seen[2] = {NULL, NULL};
    const struct conf_node *n = conf_child(trunk, "headers");

    for (; n; n = conf_again(n, "headers")) {
        bool out = strcmp(conf_arg(n, 0)->text, "out") == 0;
        if (seen[out])
            gw_plan_twice(c, n, seen[out]->pos);
        else
            read_block(c, out ? &t->headers_out : &t->headers_in, n);
        seen[out] = seen[out] ? seen[out] : n;
    }
}
