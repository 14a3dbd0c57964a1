/* `tandem check`: what was understood of a plan, in a few lines. */
#ifndef GW_CHECK_H
#define GW_CHECK_H

#include "gw/plan.h"

/** Writes a summary of the plan. */
void gw_check_print(struct rt_buf *out, const struct gw_plan *p);

#endif
