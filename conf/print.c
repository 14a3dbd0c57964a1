/* The tree as text again: as it was written, or as it was understood. */
#include "conf/conf_priv.h"

void conf_print_source(const struct conf *c, struct rt_buf *out)
{
    rt_buf_put(out, c->source.p, c->source.n);
}

static void put_string(struct rt_buf *out, const char *s)
{
    rt_buf_puts(out, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            rt_buf_puts(out, "\\");
        rt_buf_put(out, s, 1);
    }
    rt_buf_puts(out, "\"");
}

static void put_token(struct rt_buf *out, const struct conf_token *t)
{
    if (t->kind == CONF_TOKEN_STRING)
        put_string(out, t->text);
    else
        rt_buf_puts(out, t->text);
}

static void indent(struct rt_buf *out, unsigned depth)
{
    while (depth-- > 0)
        rt_buf_puts(out, "    ");
}

/** Arguments that are absent and have a default. A positional one is written only when all before
 * it are there, or it would be read as another. */
static void put_defaults(struct rt_buf *out, const struct conf_row *row, const bool *used)
{
    bool gap = false;

    for (size_t a = 0; a < conf_nargs(row); a++) {
        const struct conf_arg_spec *spec = &row->args[a];
        if (used && used[a])
            continue;
        if (spec->deflt && (spec->label || !gap))
            rt_buf_printf(out, " %s%s%s", spec->label ? spec->label : "", spec->label ? " " : "",
                          spec->deflt);
        gap = gap || !spec->label;
    }
}

/** A statement that is absent says the same as one with its defaults. */
static bool implied(const struct conf_row *r)
{
    bool some = false;

    for (size_t a = 0; a < conf_nargs(r); a++) {
        some = some || r->args[a].deflt;
        if (!r->args[a].deflt && !r->args[a].optional)
            return false;
    }
    return some;
}

static bool present(const struct conf_node *child, const struct conf_row *r)
{
    while (child && child->row != r)
        child = child->next;
    return child != NULL;
}

static void put_implied(struct rt_buf *out, const struct conf_schema *s, const char *in,
                        const struct conf_node *child, unsigned depth);

/** A block is implied when something in it is and nothing in it has to be written by hand. */
static void put_implied_block(struct rt_buf *out, const struct conf_schema *s,
                              const struct conf_row *block, unsigned depth)
{
    struct rt_buf inside = {0};

    for (size_t i = 0; i < s->nrows; i++)
        if (strcmp(s->rows[i].in, block->keyword) == 0 && (s->rows[i].flags & CONF_REQUIRED))
            return;
    put_implied(&inside, s, block->keyword, NULL, depth + 1);
    if (inside.n > 0) {
        indent(out, depth);
        rt_buf_puts(out, block->keyword);
        put_defaults(out, block, NULL);
        rt_buf_printf(out, " {\n%s", inside.p);
        indent(out, depth);
        rt_buf_puts(out, "}\n");
    }
    rt_buf_release(&inside);
}

static void put_implied_row(struct rt_buf *out, const struct conf_schema *s,
                            const struct conf_row *r, unsigned depth)
{
    if ((r->flags & (CONF_ONCE | CONF_NOT_YET)) != CONF_ONCE)
        return;
    if (r->flags & CONF_BLOCK) {
        put_implied_block(out, s, r, depth);
    } else if (implied(r)) {
        indent(out, depth);
        rt_buf_puts(out, r->keyword);
        put_defaults(out, r, NULL);
        rt_buf_puts(out, "\n");
    }
}

/** Writes what is implied in the block `in`, given the statements that are there. */
static void put_implied(struct rt_buf *out, const struct conf_schema *s, const char *in,
                        const struct conf_node *child, unsigned depth)
{
    for (size_t i = 0; i < s->nrows; i++)
        if (strcmp(s->rows[i].in, in) == 0 && !present(child, &s->rows[i]))
            put_implied_row(out, s, &s->rows[i], depth);
}

static void put_children(struct rt_buf *out, const struct conf *c, const struct conf_node *block,
                         unsigned depth);

static void put_statement(struct rt_buf *out, const struct conf *c, const struct conf_node *n,
                          unsigned depth)
{
    bool used[CONF_MAX_ARGS];

    indent(out, depth);
    for (size_t i = 0; i < n->ntokens; i++) {
        if (i > 0 && n->token[i].kind != CONF_TOKEN_COMMA)
            rt_buf_puts(out, " ");
        put_token(out, &n->token[i]);
    }
    conf_match(n, n->row, used, NULL);
    put_defaults(out, n->row, used);
    if (conf_stmt(n)->block) {
        rt_buf_puts(out, " {\n");
        put_children(out, c, n, depth + 1);
        indent(out, depth);
        rt_buf_puts(out, "}");
    }
    rt_buf_puts(out, "\n");
}

static void put_children(struct rt_buf *out, const struct conf *c, const struct conf_node *block,
                         unsigned depth)
{
    for (const struct conf_node *n = block->child; n; n = n->next)
        put_statement(out, c, n, depth);
    put_implied(out, c->schema, conf_block_name(block), block->child, depth);
}

void conf_print_expanded(const struct conf *c, struct rt_buf *out)
{
    put_children(out, c, &c->root.node, 0);
}

void conf_print_statement(const struct conf *c, const struct conf_node *n, struct rt_buf *out)
{
    put_statement(out, c, n, 0);
}

void conf_print_keyword(const struct conf *c, const char *keyword, struct rt_buf *out)
{
    const struct conf_node *n = conf_child(&c->root.node, keyword);
    const struct conf_row *row = conf_row(c->schema, "", keyword);

    if (!n && row)
        put_implied_row(out, c->schema, row, 0);
    for (; n; n = conf_again(n, keyword))
        put_statement(out, c, n, 0);
}
