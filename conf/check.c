/* The tree against its schema: unknown words, words in the wrong block, twice or missing, and what
 * the language has but the program does not yet. All errors, not the first. */
#include "conf/conf_priv.h"
#include "conf/suggest.h"

#include <stdlib.h>

const struct conf_row *conf_row(const struct conf_schema *s, const char *in, const char *word)
{
    const struct conf_row *any = NULL;

    for (size_t i = 0; i < s->nrows; i++) {
        const struct conf_row *r = &s->rows[i];
        if (strcmp(r->in, in) != 0)
            continue;
        if (r->flags & CONF_ANY_KEYWORD)
            any = r;
        else if (strcmp(r->keyword, word) == 0)
            return r;
    }
    return any;
}

const char *conf_block_name(const struct conf_node *n)
{
    return n->row ? n->row->keyword : "";
}

/** A known word of another block is no slip of the hand: then the block is what is wrong. */
static void unknown_word(const struct conf_schema *s, const struct conf_node *n, const char *in,
                         struct conf_diag *diag)
{
    const char *word = n->token[0].text;
    struct conf_suggest near = conf_suggest(word);
    const char *elsewhere = NULL;

    for (size_t i = 0; i < s->nrows; i++) {
        if (strcmp(s->rows[i].in, in) == 0)
            conf_suggest_offer(&near, s->rows[i].keyword);
        else if (!elsewhere && strcmp(s->rows[i].keyword, word) == 0)
            elsewhere = s->rows[i].in;
    }
    if (elsewhere && !elsewhere[0])
        conf_error(diag, n->pos, "\"%s\" cannot stand inside \"%s\"", word, in);
    else if (elsewhere)
        conf_error(diag, n->pos, "\"%s\" belongs inside a \"%s\" block", word, elsewhere);
    else
        conf_suggest_error(diag, n->pos, "unknown word", &near);
}

/** Gives `n` its row and checks it alone. True when its block is worth looking into. */
static bool check_statement(struct conf *c, struct conf_node *n, const char *in,
                            struct conf_diag *diag)
{
    const struct conf_row *row = conf_row(c->schema, in, n->token[0].text);
    const struct conf_stmt *s = conf_stmt(n);
    bool used[CONF_MAX_ARGS];

    if (!row) {
        unknown_word(c->schema, n, in, diag);
        return false;
    }
    n->row = row;
    if (row->flags & CONF_NOT_YET) {
        conf_error(diag, n->pos, "\"%s\" is not supported yet", n->token[0].text);
        return false;
    }
    if (!s->broken)
        conf_match(n, row, used, diag);
    if (s->block && !(row->flags & CONF_BLOCK)) {
        conf_error(diag, n->pos, "\"%s\" takes no { } block", n->token[0].text);
        return false;
    }
    return true;
}

static void check_missing(const struct conf_schema *s, const struct conf_node *block,
                          const struct conf_node **first, struct conf_diag *diag)
{
    const char *in = conf_block_name(block);

    for (size_t i = 0; i < s->nrows; i++) {
        const struct conf_row *r = &s->rows[i];
        if (!(r->flags & CONF_REQUIRED) || first[i] || strcmp(r->in, in) != 0)
            continue;
        if (in[0])
            conf_error(diag, block->pos, "\"%s\" lacks \"%s\"", in, r->keyword);
        else
            conf_error(diag, block->pos, "\"%s\" is missing", r->keyword);
    }
}

static void check_block(struct conf *c, const struct conf_node *block, struct conf_diag *diag)
{
    const struct conf_schema *s = c->schema;
    const struct conf_node **first = calloc(s->nrows + 1, sizeof(void *));

    if (!first) {
        c->arena.failed = true;
        return;
    }
    for (struct conf_node *n = block->child; n; n = n->next) {
        bool deeper = check_statement(c, n, conf_block_name(block), diag);
        if (!n->row)
            continue;
        const struct conf_node **seen = &first[n->row - s->rows];
        if (*seen && (n->row->flags & CONF_ONCE))
            conf_error(diag, n->pos, "\"%s\" stands twice, first at %s:%u:%u", n->token[0].text,
                       (*seen)->pos.file, (*seen)->pos.line, (*seen)->pos.column);
        if (!*seen)
            *seen = n;
        if (deeper && (n->row->flags & CONF_BLOCK))
            check_block(c, n, diag);
    }
    check_missing(s, block, first, diag);
    free(first);
}

void conf_check(struct conf *c, struct conf_diag *diag)
{
    check_block(c, &c->root.node, diag);
}

/* ---- walking ---- */

const struct conf_node *conf_root(const struct conf *c)
{
    return &c->root.node;
}

static const struct conf_node *from(const struct conf_node *n, const char *keyword)
{
    while (n && strcmp(n->token[0].text, keyword) != 0)
        n = n->next;
    return n;
}

const struct conf_node *conf_child(const struct conf_node *block, const char *keyword)
{
    return from(block->child, keyword);
}

const struct conf_node *conf_again(const struct conf_node *n, const char *keyword)
{
    return from(n->next, keyword);
}
