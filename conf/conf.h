/* The configuration language (docs/configuration.md): text to a checked tree and back, nothing
 * lost.
 *
 * A schema table gives every keyword its place, its arguments, its defaults and its help; the same
 * table drives checking, suggestions and printing. What the words mean for the gateway is
 * gw/plan.c's business: nothing here knows a trunk from a span. A second program (the exchange)
 * reads its rule file with a table of its own.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- where and what went wrong ---- */

/** A place in a source file; lines and columns count from 1, columns in octets. `file` lives as
 * long as the tree. */
struct conf_pos {
    const char *file;
    unsigned line, column;
};

/** Collected errors, in the order found. Start zeroed; conf_diag_release() frees the texts. */
struct conf_diag {
    struct rt_buf text; /**< one line per error: `office.conf:24:5: unknown word "limt" - did you
                           mean "limit"?` */
    unsigned errors;
    struct rt_buf warned; /**< likewise what is allowed and looks wrong: `...: warning: ...` */
    unsigned warnings;
};
/** Adds an error; `fmt` without a newline. Also used by gw/plan.c for what only it can know. */
void conf_error(struct conf_diag *d, struct conf_pos at, const char *fmt, ...) RT_PRINTF(3, 4);
/** Adds a warning: the file is still good. */
void conf_warn(struct conf_diag *d, struct conf_pos at, const char *fmt, ...) RT_PRINTF(3, 4);
void conf_diag_release(struct conf_diag *d);

/* ---- the schema ---- */

enum conf_type {
    CONF_WORD,     /**< any word or string */
    CONF_NAME,     /**< a name: letters, digits, `-`, `_`, `.` */
    CONF_UINT,     /**< decimal, within the row's min..max */
    CONF_DURATION, /**< 150ms, 30s, 30min, 12h, 7d */
    CONF_ADDRESS,  /**< 192.0.2.1, 192.0.2.1:5060, [2001:db8::1]:5060 */
    CONF_CIDR,     /**< 10.1.0.0/24 */
    CONF_LISTEN,   /**< udp:0.0.0.0:5060, tcp:[::]:5060, tls:... */
    CONF_RANGE,    /**< 16384-32767 */
    CONF_RANGES,   /**< 1-15,17-31 (one word, or several after commas) */
    CONF_NUMBER,   /**< a telephone number: +4930901820, 110 */
    CONF_PATTERN,  /**< a number pattern; its grammar is dialplan/'s, checked when the plan is built
                    */
    CONF_URI,      /**< sip:..., sips:..., tel:... */
    CONF_PATH,     /**< a file name */
    CONF_KEYWORD,  /**< one of the row's `words` ("a|b|c") */
    CONF_ARROW,    /**< `->`, `=>` or `<->` */
    CONF_REST      /**< whatever follows, unchecked here: the plan reads it */
};

/** One argument, or one `word VALUE` pair when `label` is set (`area 30`, `remote 127.0.0.1:7002`).
 */
struct conf_arg_spec {
    const char *label; /**< the word before the value, or NULL for a positional argument */
    enum conf_type type;
    const char *words; /**< for CONF_KEYWORD; for other types: words that may stand instead */
    uint64_t min, max; /**< for CONF_UINT; both 0: any */
    bool optional;
    bool list;         /**< may repeat, separated by commas */
    const char *deflt; /**< printed in the expanded plan when absent; NULL: none */
};

#define CONF_MAX_ARGS 8

enum conf_flag {
    CONF_ONCE = 1,        /**< at most one in its block */
    CONF_REQUIRED = 2,    /**< its block is wrong without it */
    CONF_BLOCK = 4,       /**< may carry a { } block */
    CONF_NOT_YET = 8,     /**< in the language, not built: refused by name, "not supported yet" */
    CONF_ANY_KEYWORD = 16 /**< the row matches any first word: patterns inside `routes` */
};

/** One keyword. `in` names the parent block's keyword, "" the top level. */
struct conf_row {
    const char *in, *keyword;
    unsigned flags;
    struct conf_arg_spec args[CONF_MAX_ARGS];
    const char *help; /**< one sentence for the manual page */
};

struct conf_schema {
    const char *name; /**< "tandem" */
    const struct conf_row *rows;
    size_t nrows;
};

/** The language of the gateway (conf/schema.c). */
extern const struct conf_schema conf_tandem;

/* ---- the tree ---- */

enum conf_token_kind { CONF_TOKEN_WORD, CONF_TOKEN_STRING, CONF_TOKEN_ARROW, CONF_TOKEN_COMMA };

struct conf_token {
    enum conf_token_kind kind;
    const char *text; /**< strings: without quotes, escapes undone */
    struct conf_pos pos;
};

/** A statement. Comments and layout before it are kept beside it for printing back unchanged. */
struct conf_node {
    const struct conf_row *row; /**< NULL for the root */
    struct conf_token *token;   /**< token[0] is the keyword */
    size_t ntokens;
    struct conf_node *parent, *child, *next;
    struct conf_pos pos;
};

struct conf;

/** Reads `path` and what it includes, checks all of it against `schema`. Every error is in `diag`,
 * not the first alone. EINVAL when there is any; the errno of the top file when it cannot be read
 * (also in `diag`). */
int conf_load(struct conf **out, const struct conf_schema *schema, const char *path,
              struct conf_diag *diag);
/** The same from memory; `name` stands for the file in messages. Includes are resolved against
 * `name`'s folder. */
int conf_parse(struct conf **out, const struct conf_schema *schema, const char *name,
               struct rt_str text, struct conf_diag *diag);
/** Where the text of files comes from, when not from the disk: `read` is rt_file_read(), `glob`
 * rt_glob(); NULL: that is asked. */
struct conf_reader {
    int (*read)(void *arg, struct rt_buf *out, const char *path, size_t max);
    int (*glob)(void *arg, const char *pattern, int (*fn)(void *arg, const char *path),
                void *fn_arg);
    void *arg;
};
/** conf_load() through `reader`. */
int conf_load_through(struct conf **out, const struct conf_schema *schema, const char *path,
                      const struct conf_reader *reader, struct conf_diag *diag);
void conf_free(struct conf *c);
const struct conf_node *conf_root(const struct conf *c);

/** The first child of `block` with this keyword, and the next one after `n`. NULL: none. */
const struct conf_node *conf_child(const struct conf_node *block, const char *keyword);
const struct conf_node *conf_again(const struct conf_node *n, const char *keyword);

/** The `i`-th positional value (0 is the first after the keyword; commas and labelled pairs are not
 * counted), or NULL. */
const struct conf_token *conf_arg(const struct conf_node *n, size_t i);
/** The first value of the first statement `keyword` in a block; NULL: there is none, or no block.
 */
const struct conf_token *conf_child_arg(const struct conf_node *block, const char *keyword);
/** A token's text; NULL of none. */
static inline const char *conf_token_text(const struct conf_token *t)
{
    return t ? t->text : NULL;
}
/** Whether a token, which may be none, is this word. */
bool conf_is(const struct conf_token *t, const char *word);
/** The value after the word `label`, or NULL; the schema's default is not consulted. */
const struct conf_token *conf_labelled(const struct conf_node *n, const char *label);
/** True when the bare word stands among the arguments (`crc4`, `descending`). */
bool conf_has(const struct conf_node *n, const char *word);

/** NULL when the token is a value of `spec`, else what it is not: `is not a duration like 30s`. */
const char *conf_value_error(const struct conf_arg_spec *spec, const struct conf_token *t);
/* Values of tokens that the schema has already checked: these cannot fail on a checked tree. */
uint64_t conf_uint(const struct conf_token *t);
rt_time conf_duration(const struct conf_token *t);
/** 16384-32767; a single number is both ends. */
void conf_range(const struct conf_token *t, uint64_t *low, uint64_t *high);

/** Prints the file as it was written: layout and comments kept. */
void conf_print_source(const struct conf *c, struct rt_buf *out);
/** Prints what was understood: includes merged, defaults filled in, one canonical layout. Reading
 * it back gives the same tree. */
void conf_print_expanded(const struct conf *c, struct rt_buf *out);
/** The same of the statement `n` alone. */
void conf_print_statement(const struct conf *c, const struct conf_node *n, struct rt_buf *out);
/** The same of all statements `keyword` at the top level, or of what is implied by there being
 * none. */
void conf_print_keyword(const struct conf *c, const char *keyword, struct rt_buf *out);

#endif
