/* What the parts of the search for what looks wrong share. */
#ifndef GW_PLAN_LINT_PRIV_H
#define GW_PLAN_LINT_PRIV_H

#include "gw/plan_priv.h"

/** A plan being looked at. */
struct gw_lint {
    struct gw_compile *c;
    const struct gw_plan *plan;
    bool *target;  /**< by the index of each trunk: calls are sent there */
    bool *grouped; /**< by the index of each group: it is a target itself */
};

/** Warns about a place. */
#define gw_lint_warn(l, at, ...) conf_warn((l)->c->diag, (at), __VA_ARGS__)

/** Whether a row refuses all calls that it takes. */
bool gw_lint_refuses(const struct gw_route *r);
/** Whether a row takes every call of its numbers: none falls back to another row. */
bool gw_lint_always(const struct gw_route *r);
/** Calls `fn` for each trunk that a target leads to. */
void gw_lint_trunks(const struct gw_target *t, void (*fn)(void *arg, const struct gw_trunk *to),
                    void *arg);

/* The parts. */
void gw_lint_rows(struct gw_lint *l);      /**< plan_lint_rows.c: rows that never count, ranges */
void gw_lint_tables(struct gw_lint *l);    /**< plan_lint_tables.c: loops, gaps */
void gw_lint_emergency(struct gw_lint *l); /**< plan_lint_emergency.c */
void gw_lint_callers(struct gw_lint *l);   /**< plan_lint_callers.c: identities, classes */
void gw_lint_mgcp(struct gw_lint *l);      /**< plan_lint_mgcp.c: gateways */

#endif
