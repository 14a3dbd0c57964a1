/* The statement `cdr` of a plan, read without the rest of it. */
#ifndef GW_PLAN_CDR_H
#define GW_PLAN_CDR_H

#include "conf/conf.h"
#include "gw/plan_admin.h"

/** Fills `*out` from a checked tree, with defaults where it says nothing; texts are the tree's.
 * EINVAL: what is wrong is in `diag`. */
int gw_cdr_plan_read(struct gw_cdr_plan *out, const struct conf_node *root, struct conf_diag *diag);

#endif
