/* Edits by program that leave the file its author's: comments, order and layout stay.
 *
 * A plan and the files it includes are held as they were written, cut at the statements. Each
 * operation checks the words it is given against the schema first and either does all or nothing;
 * it costs about what the statement is long, not the file.
 *
 * A path names a statement by its first words, blocks before it, parted by ` / `:
 * `trunk pri / channels`, `routes from pbx / national`. One whose words are all named is meant
 * before one with more. "" is the top level.
 */
#ifndef CONF_EDIT_H
#define CONF_EDIT_H

#include "conf/conf.h"

struct conf_edit;

/** Reads `path` and what it includes; the errors of conf_load(). */
int conf_edit_open(struct conf_edit **out, const struct conf_schema *schema, const char *path,
                   struct conf_diag *diag);
void conf_edit_free(struct conf_edit *e);

/** Where the statement at `path` stands now; `at->file` lives as long as `e`. ENOENT: nowhere;
 * ENOTUNIQ: the path fits several. Both are in `diag`. */
int conf_edit_find(struct conf_edit *e, const char *path, struct conf_pos *at,
                   struct conf_diag *diag);
/** Gives the statement other arguments: all that follows its keyword, up to its block if it has
 * one. The column of the first argument and of the trailing comment stay where there is room. A
 * comment among the old arguments moves to a line of its own before the statement. EINVAL. */
int conf_edit_set(struct conf_edit *e, const char *path, const char *arguments,
                  struct conf_diag *diag);
/** Adds one statement, its block and comments with it, to the block at `block` ("": the top file),
 * in the block's indentation: after the statement `after`, a path inside the block, or with NULL at
 * the block's end. EINVAL. */
int conf_edit_add(struct conf_edit *e, const char *block, const char *text, const char *after,
                  struct conf_diag *diag);

/** What becomes of a deleted statement's comments; those inside its block go with it. */
enum conf_edit_comments {
    CONF_EDIT_KEEP_LEADING, /**< those above it stay, the one behind it goes */
    CONF_EDIT_KEEP_ALL,     /**< the one behind it too, on a line of its own */
    CONF_EDIT_DROP          /**< those on the lines directly above it go as well */
};
int conf_edit_delete(struct conf_edit *e, const char *path, enum conf_edit_comments comments,
                     struct conf_diag *diag);

/** Appends the text that `file` has now; NULL: the top file. ENOENT: not one of them. */
int conf_edit_text(const struct conf_edit *e, const char *file, struct rt_buf *out);
/** Reads all as it stands now into a checked tree, as conf_load() would after conf_edit_save(): for
 * a plan to be built of it before anything is written. */
int conf_edit_tree(struct conf_edit *e, struct conf **out, struct conf_diag *diag);
/** Writes every file that changed, each in one step and anew with `mode`, after all was read again
 * without an error. ESTALE: somebody else has changed one meanwhile; nothing is written then. When
 * one cannot be written, those before it are put back. */
int conf_edit_save(struct conf_edit *e, unsigned mode, struct conf_diag *diag);

#endif
