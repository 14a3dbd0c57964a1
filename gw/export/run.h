/* The program's two works (gw/export/main.c). */
#ifndef GW_EXPORT_RUN_H
#define GW_EXPORT_RUN_H

#include "gw/plan_admin.h"

/** Delivers records until it is told to stop. The process's exit code. */
int export_run(const struct gw_cdr_plan *plan);
/** Posts what is on the standard input, for up to a minute. The process's exit code. */
int export_post_once(const char *url, const char *token, const char *ca);

#endif
