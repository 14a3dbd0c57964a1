/* What the tests of the plan's statements share: a plan made of pieces, and what was wrong with it.
 */
#ifndef TEST_UNIT_PLAN_RIG_H
#define TEST_UNIT_PLAN_RIG_H

#include "gw/plan.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct conf_diag diag;
static struct gw_plan *plan; /**< NULL: it was refused */

static inline void setup(void)
{
    memset(&diag, 0, sizeof diag);
    plan = NULL;
}

static inline void teardown(void)
{
    gw_plan_unref(plan);
    conf_diag_release(&diag);
}

/** Reads the plan that printf makes of these. */
__attribute__((format(printf, 1, 2))) static inline void rig_plan(const char *form, ...)
{
    char text[8192];
    va_list ap;

    va_start(ap, form);
    int n = vsnprintf(text, sizeof text, form, ap);
    va_end(ap);
    ck_assert_int_lt(n, sizeof text);
    gw_plan_parse(&plan, "t.conf", rt_str(text), &diag);
}

#endif
