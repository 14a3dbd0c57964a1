/* An extensions.conf as it was read, for the two files that read and convert it. */
#ifndef DIALPLAN_IMPORT_ASTERISK_PRIV_H
#define DIALPLAN_IMPORT_ASTERISK_PRIV_H

#include "dialplan/import/import_priv.h"

/** One priority: what is done. */
struct ast_step {
    unsigned priority;
    struct rt_str app, args;
    struct dp_im_pos pos;
    struct ast_step *next;
};

struct ast_extension {
    struct rt_str name; /**< as written: "_9XXX", "100" */
    struct ast_step *steps;
    struct dp_im_pos pos;
    struct ast_extension *next;
};

struct ast_include {
    struct rt_str name;
    struct dp_im_pos pos;
    struct ast_include *next;
};

struct ast_context {
    struct rt_str name;
    struct ast_extension *extensions, *last;
    unsigned count;
    struct ast_include *includes;
    bool included; /**< another context has it */
    unsigned seen; /**< the walk that came by last */
    struct ast_context *next;
};

struct ast_global {
    struct rt_str name, value;
    struct ast_global *next;
};

struct ast_plan {
    struct ast_context *contexts;
    struct ast_global *globals;
};

struct ast_context *dp_im_ast_context(const struct ast_plan *p, struct rt_str name);
bool dp_im_ast_same(struct rt_str a, struct rt_str b);

/** The pattern that an extension's name means; empty: it is a name and no number. */
struct rt_str dp_im_asterisk_pattern(struct dp_im *im, struct rt_str name);
/** Makes a row of an extension; NULL: nothing of it could be carried over. */
struct dp_im_row *dp_im_asterisk_row(struct dp_im *im, const struct ast_plan *p,
                                     const struct ast_context *c, const struct ast_extension *e);

#endif
