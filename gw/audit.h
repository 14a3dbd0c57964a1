/* The audit log: who did what, when, why, and what came of it. One JSON object a line, appended to
 * the file that the plan names (`admin { audit FILE }`) and kept in memory for the last ones; each
 * goes to the log too. Signalling thread only; the disk is a thread's business.
 */
#ifndef GW_AUDIT_H
#define GW_AUDIT_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"
#include "gw/rt/stats.h"

#define GW_AUDIT_KEPT 500 /* in memory, for `show audit` */

struct gw_audit;

struct gw_audit_entry {
    rt_time at;        /**< rt_wall() */
    char who[64];      /**< an account, a user of this machine, "signal" */
    char from[64];     /**< "cli", "web 192.0.2.7" */
    char what[256];    /**< the words: "block pri --drain" */
    char why[200];     /**< the reason given; empty: none */
    char outcome[200]; /**< "ok", or the error */
};

/** Opens the file; `path` NULL: memory only. The errno of open. */
int gw_audit_new(struct gw_audit **out, struct rt_loop *loop, const char *path);
void gw_audit_free(struct gw_audit *a);
/** Takes a copy; `at` is set here. A disk that fails is told by the alarm and counted; the entry
 * stays in memory and is written when the disk is back. NULL is allowed: the log alone has it. */
void gw_audit_note(struct gw_audit *a, const struct gw_audit_entry *e);
/** The `i`-th newest; NULL behind the oldest that is kept. */
const struct gw_audit_entry *gw_audit_at(const struct gw_audit *a, unsigned i);
/** An entry as a JSON object, as the file has it. */
void gw_audit_json(struct rt_buf *out, const struct gw_audit_entry *e);
/** True while lines wait for a disk that failed. */
bool gw_audit_failing(const struct gw_audit *a);

enum gw_audit_counter { GW_AUDIT_ENTRIES, GW_AUDIT_FAILURES, GW_AUDIT_NCOUNTERS };
extern struct rt_counter gw_audit_counters[GW_AUDIT_NCOUNTERS];

#endif
