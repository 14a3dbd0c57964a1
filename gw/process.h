/* The daemon's process, as its plan wants it: gw/rt/process.h does it, this says what was wrong. */
#ifndef GW_PROCESS_H
#define GW_PROCESS_H

#include "gw/plan.h"

/** Becomes the plan's user; before there is a thread, or a file that is written. An errno, with
 * `why`. */
int gw_process_enter(const struct gw_plan *plan, struct rt_buf *why);
/** Everything is open: gives up all that only starting needed. What the user will not be able to
 * read again is said. An errno, with `why`. */
int gw_process_confine(const struct gw_plan *plan, struct rt_buf *why);
/** Makes the folder of `path` when it is not there, which only root may where a reboot has emptied
 * the place, and gives it to the plan's user. */
void gw_process_folder(const struct gw_plan *plan, const char *path);

#endif
