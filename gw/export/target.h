/* A target: a thread that reads on in the journal and hands batches to a database or a server, at
 * its own pace. Nobody waits for another one.
 */
#ifndef GW_EXPORT_TARGET_H
#define GW_EXPORT_TARGET_H

#include "gw/export/journal.h"
#include "gw/export/state.h"
#include "gw/plan_admin.h"
#include "gw/rt/loop.h"

struct export_target;

/** What a kind of target does, in the target's thread. Each may wait; why something failed goes
 * into export_target_why(). */
struct export_ops {
    unsigned batch;   /**< records at once */
    bool keeps_place; /**< the position is in the database, with the records */
    /** Makes what lasts as long as the target. An errno. */
    int (*create)(void **own, struct export_target *t);
    /** Connects. One that keeps its place says it by export_target_found(). */
    int (*open)(void *own);
    /** Delivers the batch, and then or later calls export_target_done(). */
    void (*deliver)(void *own, const struct export_batch *b);
    /** After a failure and at the end: what open() made. NULL: nothing. */
    void (*close)(void *own);
    /** Once an hour while it is open. NULL: nothing to do. */
    void (*upkeep)(void *own);
    void (*free)(void *own);
};

extern const struct export_ops export_sqlite, export_postgres, export_radius, export_webhook;

/** `n`: of the plan's targets. Plan and state outlive it. An errno. */
int export_target_new(struct export_target **out, const struct gw_cdr_plan *plan, unsigned n,
                      struct export_state *state);
/** Waits for what its thread is doing. NULL is allowed. */
void export_target_free(struct export_target *t);

/* ---- for the kinds ---- */

const struct gw_cdr_plan *export_target_plan(const struct export_target *t);
/** What stands after "sqlite:", "postgres:" ... */
const char *export_target_where(const struct export_target *t);
struct rt_loop *export_target_loop(const struct export_target *t);
/** The first line of a reason for the failure that is about to be reported. */
void export_target_why(struct export_target *t, const char *fmt, ...) RT_PRINTF(2, 3);
/** The database has all before `pos`; of several the one that is furthest counts. */
void export_target_found(struct export_target *t, const struct export_pos *pos);
/** 0: the batch was taken, all of it. Else it is tried again later. */
void export_target_done(struct export_target *t, int err);

/* ---- for main.c, any thread ---- */

struct export_status {
    char name[32];
    uint64_t delivered, failures;
    int64_t oldest_ms;
    char error[160];
    struct export_pos at; /**< empty: it is not known yet */
};
void export_target_status(struct export_target *t, struct export_status *out);
/** Notes in the state file where a database is; the others do so themselves. */
void export_target_note(struct export_target *t);

#endif
