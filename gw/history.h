/* The plans that were in force: their sources, who applied them, when and why. In a folder, one
 * JSON file each, where the plan names one; else in memory, until the gateway stops.
 *
 * Written by the thread for work aside: no disk delays a call.
 */
#ifndef GW_HISTORY_H
#define GW_HISTORY_H

#include "gw/aside.h"
#include "gw/rt/time.h"
#include "gw/sources.h"

enum gw_history_state {
    GW_HISTORY_CONFIRMED,
    GW_HISTORY_UNCONFIRMED, /**< nobody has confirmed it yet, or in time */
};

struct gw_history_entry {
    uint64_t generation;
    rt_time when; /**< wall clock */
    char who[32], why[128], sha[65];
    char *file; /**< the plan's own */
    enum gw_history_state state;
    struct gw_sources sources; /**< of the last ones; else they are in the folder alone */
    struct gw_history_entry *prev, *next;
};

struct gw_history;

/** Reads what there is in `folder` (NULL: memory alone), of which `keep` are kept. Files that
 * cannot be read are skipped, and logged. ENOMEM. */
int gw_history_new(struct gw_history **out, struct gw_aside *aside, const char *folder,
                   unsigned keep);
/** What has still to be written must be dropped before, with gw_aside_free(). NULL is allowed. */
void gw_history_free(struct gw_history *h);

/** Adds a plan; the entry's texts and sources are taken over. ENOMEM: it is not remembered. */
int gw_history_add(struct gw_history *h, struct gw_history_entry *e);
/** Says that a plan is confirmed, or not. */
void gw_history_mark(struct gw_history *h, uint64_t generation, enum gw_history_state state);

/** The last one first; NULL: there is none. */
const struct gw_history_entry *gw_history_last(const struct gw_history *h);
/** The one before `e`, or NULL. */
const struct gw_history_entry *gw_history_before(const struct gw_history *h,
                                                 const struct gw_history_entry *e);
const struct gw_history_entry *gw_history_find(const struct gw_history *h, uint64_t generation);
/** The file that keeps a generation's sources, to be freed; NULL: memory does. */
char *gw_history_path(const struct gw_history *h, uint64_t generation);
/** Reads the sources from such a file; in any thread. EBADMSG: it is none. */
int gw_history_read(struct gw_sources *out, const char *path);

#endif
