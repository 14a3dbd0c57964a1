/* Between the two halves of expr.h. */
#ifndef DIALPLAN_EXPR_PRIV_H
#define DIALPLAN_EXPR_PRIV_H

#include "dialplan/expr.h"

/** Whether the engine may see `pattern`; as dp_expr_new(). */
int dp_expr_check(struct rt_str pattern, bool icase, const char **why);

#endif
