/* What the parts of the comparison of plans share. */
#ifndef GW_PLAN_DIFF_PRIV_H
#define GW_PLAN_DIFF_PRIV_H

#include "gw/plan_diff.h"

/** Something that a block says once: a statement, or one of the values in its list. */
struct gw_said {
    const char *keyword;
    const struct conf_node *node;
    char *id;    /**< what makes it the same thing in both plans: "calls" of `limit 30 calls` */
    char *key;   /**< what it says, in one spelling */
    char *shown; /**< what it says, as written */
    struct conf_pos pos;
};

struct gw_sayings {
    struct gw_said *said;
    size_t n, cap;
    bool failed; /**< no memory */
};

/** Adds what a statement says; nothing where it says what holds anyway. */
void gw_sayings_add(struct gw_sayings *s, const struct conf_node *n);
void gw_sayings_release(struct gw_sayings *s);
/** All words of a statement from token `from` on, in one spelling or as written. */
void gw_said_words(struct rt_buf *out, const struct conf_node *n, size_t from, bool canonical);

/** Ends a line with its place. */
void gw_diff_end(struct rt_buf *out, struct conf_pos at);

/* The parts. */
void gw_diff_routes(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after);
void gw_diff_tables(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after);

#endif
