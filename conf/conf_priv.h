/* What the parts of conf/ share: the lexer, the parser's nodes, the checker. */
#ifndef CONF_CONF_PRIV_H
#define CONF_CONF_PRIV_H

#include "conf/arena.h"
#include "conf/conf.h"

#define CONF_FILE_MAX  (16u << 20) /* octets of all files of one plan together */
#define CONF_NEST_MAX  16
#define CONF_DEPTH_MAX 8    /* files including files */
#define CONF_FILES_MAX 1000 /* files of one plan */

/* ---- words ---- */

/** Reads tokens. A plain value: a copy is a place to go back to. */
struct conf_lexer {
    const char *p, *end;
    struct conf_pos pos;
    struct conf_arena *arena;
    struct conf_diag *diag;
};
enum conf_lexeme {
    CONF_LEX_TOKEN,
    CONF_LEX_OPEN,
    CONF_LEX_CLOSE,
    CONF_LEX_NEWLINE,
    CONF_LEX_END,
    CONF_LEX_BAD /**< reported already */
};
/** Refuses NUL, control characters and what is not UTF-8, with the place of the first one. */
bool conf_text_ok(struct rt_str text, const char *file, struct conf_diag *diag);
struct conf_lexer conf_lexer(struct rt_str text, const char *file, struct conf_arena *arena,
                             struct conf_diag *diag);
/** The next token; `out->pos` is set whatever it is. END when memory has run out. */
enum conf_lexeme conf_lex(struct conf_lexer *l, struct conf_token *out);

/* ---- the tree ---- */

/** A node and what only conf/ needs to know of it. */
struct conf_stmt {
    struct conf_node node;
    bool block;  /**< has braces, maybe with nothing in them */
    bool broken; /**< a syntax error was found in it: its arguments say nothing */
};
static inline const struct conf_stmt *conf_stmt(const struct conf_node *n)
{
    return (const struct conf_stmt *)(const void *)n;
}

struct conf {
    struct conf_arena arena;
    const struct conf_schema *schema;
    struct conf_stmt root;
    struct rt_buf source; /**< the top file as it was read */
};

/* ---- the check ---- */

/** The row for `word` inside the block `in`, else the one for any word, or NULL. */
const struct conf_row *conf_row(const struct conf_schema *s, const char *in, const char *word);
/** The keyword of the block that `n` is: "" for the root. */
const char *conf_block_name(const struct conf_node *n);
/** How many arguments the row has. One of all zeroes ends them; a plain word that must be there
 * says
 * `.max = 1`, which means nothing else for a word. */
size_t conf_nargs(const struct conf_row *row);
/** Fits the tokens of `n` to the arguments of `row`; `used[i]` tells which are there. Errors go to
 * `diag`, when not NULL. True when everything fits. */
bool conf_match(const struct conf_node *n, const struct conf_row *row, bool used[CONF_MAX_ARGS],
                struct conf_diag *diag);
/** Gives every node below the root its row and reports what the schema does not allow. */
void conf_check(struct conf *c, struct conf_diag *diag);

/* ---- values ---- */

/** "an address": what is missing when it is. */
const char *conf_type_name(enum conf_type type);

#endif
