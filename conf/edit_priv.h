/* What editing needs of reading, and what the parts of editing share. */
#ifndef CONF_EDIT_PRIV_H
#define CONF_EDIT_PRIV_H

#include "conf/conf_priv.h"
#include "conf/edit.h"

/* ---- reading (conf/parser.c) ---- */

/** Statements without their meaning: nothing is checked against the schema but an `include`. */
int conf_parse_unchecked(struct conf **out, const struct conf_schema *schema, const char *name,
                         struct rt_str text, struct conf_diag *diag);

/* ---- statements as they were written ---- */

/** A statement's text in pieces, which one after the other are the file again: `lead` (lines of
 * comments and blanks above, and the indentation), `head` (the first word to the last), for a block
 * `open` (up to the brace and the rest of its line), the statements inside and `close` (up to the
 * closing brace), then `trail` (the rest of the line, with its comment and end). */
struct conf_item {
    struct rt_buf lead, head, open, close, trail;
    bool block;
    const struct conf_row *row;
    char **word; /* of the head, strings without quotes */
    size_t nwords;
    struct conf_item *parent; /* NULL: top level */
    struct conf_item *child;
    struct conf_item *prev, *next;
};

/** One file. `tail` is what follows its last statement. */
struct conf_edit_file {
    char *path;
    struct rt_buf was; /* as it is on the disk */
    struct conf_item *items;
    struct rt_buf tail;
    bool changed;
    struct conf_edit_file *prev, *next;
};

struct conf_edit {
    const struct conf_schema *schema;
    struct conf_schema lenient;   /* the same rows, but nothing is required */
    struct conf_row *rows;        /* those of `lenient` */
    struct conf_edit_file *files; /* the top file first */
};

/** Cuts text that is known to have no syntax error; rows are given by `schema` for the block `in`.
 * ENOMEM. */
int conf_item_cut(struct conf_item **items, struct rt_buf *tail, const struct conf_schema *schema,
                  const char *in, struct rt_str text);
void conf_item_free(struct conf_item *list);
/** Puts the pieces of a list one after the other. */
void conf_item_text(const struct conf_item *list, struct rt_buf *out);
/** The words of `text`, as of one statement; false: memory ran out. */
bool conf_item_words(char ***word, size_t *n, struct rt_str text);
void conf_item_free_words(char **word, size_t n);
/** "\r\n" when the file has it. */
const char *conf_edit_eol(const struct conf_edit_file *f);

static inline bool conf_ends_line(const struct rt_buf *b)
{
    return b->n > 0 && b->p[b->n - 1] == '\n';
}
/** What stands after the last line end: the indentation, in a `lead`. */
static inline struct rt_str conf_last_line(const struct rt_buf *b)
{
    size_t n = b->n;

    while (n > 0 && b->p[n - 1] != '\n')
        n--;
    return (struct rt_str){b->p ? b->p + n : "", b->n - n};
}

/** The statement that `path` names, and its file. `*item` is NULL for "". ENOENT, ENOTUNIQ. */
int conf_edit_locate(struct conf_edit *e, struct rt_str path, struct conf_item **item,
                     struct conf_edit_file **file, struct conf_diag *diag);
/** Where `item` stands now. */
struct conf_pos conf_edit_place(const struct conf_edit_file *f, const struct conf_item *item);
/** Checks one statement with what is in it as part of the block `in`. EINVAL. */
int conf_edit_check(struct conf_edit *e, const struct conf_row *in, struct rt_str text,
                    struct conf_diag *diag);

#endif
