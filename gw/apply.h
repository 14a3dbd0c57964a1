/* Change of the plan in the running gateway. A new plan is read, built and tested aside while calls
 * go on; then it is exchanged for the present one between two events of the signalling thread.
 * Calls keep the plan that they began with, which is freed when the last of them is over.
 *
 * What comes into force is a new generation, with its sources in the history (gw/history.h). With a
 * time to confirm in, the plan before is exchanged back when nobody does. Tables that are due are
 * read again by themselves (apply_refresh.c): the generation stays the same.
 *
 * What the gateway made once - sockets, lines, media threads, files - cannot change while it runs:
 * a plan that says otherwise is refused (apply_check.c). Signalling thread only.
 */
#ifndef GW_APPLY_H
#define GW_APPLY_H

#include "gw/history.h"
#include "gw/plan.h"
#include "gw/rt/stats.h"
#include "gw/sources.h"

struct gw;
struct gw_apply;
/** A request on its way. */
struct gw_apply_job;

enum gw_apply_kind {
    GW_APPLY_FILE,     /**< a file comes into force */
    GW_APPLY_DIFF,     /**< it is told what would change; nothing does */
    GW_APPLY_ROLLBACK, /**< the sources of an earlier generation come into force as a new one */
    GW_APPLY_REFRESH   /**< the present sources with the tables as they are now */
};

struct gw_apply_request {
    enum gw_apply_kind kind;
    const char *file;    /**< FILE, DIFF; NULL: the gateway's own */
    uint64_t generation; /**< ROLLBACK; 0: the one before the present one */
    rt_time confirm;     /**< it has to be confirmed within this time; 0: it is at once */
    const char *who;     /**< NULL: the user `uid` */
    unsigned uid;
    const char *why; /**< NULL: nothing is said */
    /** FILE, DIFF: texts that count in place of what these files have on the disk; copied. FILE
     * saves them before the plan comes into force, and puts the old ones back when it does not, or
     * when nobody confirms it, unless somebody has changed the file since. NULL: none. */
    const struct gw_sources *edited;
};

/** What came of it; borrowed for the callback. */
struct gw_apply_result {
    enum gw_apply_kind kind;
    int err;             /**< 0; EINVAL: refused, `errors` say why; ENOENT: no such generation */
    uint64_t generation; /**< in force now */
    rt_time confirm;     /**< it waits so long to be confirmed; 0: it does not */
    struct rt_str errors, warnings, changes; /**< lines */
    const char *note;                        /**< for people; "": none */
    const struct gw_plan *plan;              /**< that was read; NULL: it could not be built */
};
typedef void gw_applied_fn(void *arg, const struct gw_apply_result *r);

/** For a gateway that has just started with the plan of `file`, whose sources are handed over. The
 * plan gets its generation. ENOMEM, or the errno of a thread. */
int gw_apply_new(struct gw_apply **out, struct gw *gw, const char *file,
                 struct gw_sources *sources);
/** What is under way is given up, after it was waited for; nobody is told. Before gw_stop(). NULL
 * is allowed. */
void gw_apply_free(struct gw_apply *a);

/** Takes a request; those before it come first. NULL: out of memory. */
struct gw_apply_job *gw_apply_submit(struct gw_apply *a, const struct gw_apply_request *r);
/** `fn` is told what comes of it, once, and not from inside a call of ours. */
void gw_apply_await(struct gw_apply_job *j, gw_applied_fn *fn, void *arg);
/** Nobody is told any more; it goes on. NULL is allowed. */
void gw_apply_forget(struct gw_apply_job *j);

/** The plan that waits for it is confirmed; the generation. 0: none waits. */
uint64_t gw_apply_confirm(struct gw_apply *a);
/** The generation that waits to be confirmed, and until when by rt_now(); 0: none does. */
uint64_t gw_apply_waiting(const struct gw_apply *a, rt_time *until);
/** The texts of the plan in force. */
const struct gw_sources *gw_apply_sources(const struct gw_apply *a);
const struct gw_history *gw_apply_history(const struct gw_apply *a);
/** How long the last load took. */
rt_time gw_apply_took(const struct gw_apply *a);

/** Reports in `diag` what of `plan` cannot come into force without a restart. */
void gw_apply_check(const struct gw *gw, const struct gw_plan *plan, struct conf_diag *diag);
/** Puts a plan in force, of which the gateway keeps a reference. An errno: all is as before, and
 * `why` has a message for the operator. */
int gw_apply_swap(struct gw *gw, struct gw_plan *plan, struct rt_buf *why);

enum gw_apply_counter {
    GW_APPLY_LOADS,
    GW_APPLY_FAILURES,
    GW_APPLY_ROLLBACKS,
    GW_APPLY_REFRESHES,
    GW_APPLY_REFRESH_FAILURES,
    GW_APPLY_NCOUNTERS
};
extern struct rt_counter gw_apply_counters[GW_APPLY_NCOUNTERS];

#endif
