/* Work aside: jobs that take longer than a call can wait, such as reading a plan with millions of
 * prices, done one after the other in a thread of their own while signalling goes on.
 */
#ifndef GW_ASIDE_H
#define GW_ASIDE_H

#include "gw/rt/loop.h"

struct gw_aside;

/** First member of a job. It belongs to the thread from `work` on until `done` is called. */
struct gw_aside_job {
    void (*work)(struct gw_aside_job *j); /**< in the thread */
    void (*done)(struct gw_aside_job *j); /**< afterwards, in the owner's loop */
    void (*drop)(struct gw_aside_job *j); /**< instead of `done`: all ends; frees it */
    struct gw_aside_job *prev, *next;
};

/** `home`: the loop of whoever gives the jobs. ENOMEM, or the thread's errno. */
int gw_aside_new(struct gw_aside **out, struct rt_loop *home);
/** The same for short jobs that wait for nothing but files: the watchdog tells of a thread `name`
 * that waits too long. */
int gw_aside_files(struct gw_aside **out, struct rt_loop *home, const char *name);
/** Waits for the job under way, unless it takes too long (rt_thread_finish()): then all jobs stay
 * as they are. Jobs that are not done are dropped. NULL is allowed. */
void gw_aside_free(struct gw_aside *a);
/** Ends the thread alone, after the job under way; from any thread. 0; ETIMEDOUT: it takes too
 * long, and whatever its job uses must be left alone. Jobs may still be given: nobody does them. */
int gw_aside_end(struct gw_aside *a);
/** Takes a job; those before it come first. */
void gw_aside_do(struct gw_aside *a, struct gw_aside_job *j);

#endif
