/* The event loop: one per thread, single-threaded inside. Timers, deferred work, threads.
 *
 * A callback may start and stop any timer or watch of its own loop, itself included. Nothing here
 * may be called from another thread than the loop's own, except rt_loop_stop() and what chan.h
 * offers.
 *
 * os_loop.c runs it on epoll and eventfd; test/fake/ runs every loop of the process from one
 * script.
 */
#ifndef GW_RT_LOOP_H
#define GW_RT_LOOP_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stddef.h>

struct rt_loop;

/** Makes a loop named `name` (borrowed; for the log and the thread's name). ENOMEM, or epoll's
 * errno. */
int rt_loop_new(struct rt_loop **out, const char *name);
/** Frees a loop that is not running. Its timers must be stopped and its sockets closed. NULL is
 * allowed. */
void rt_loop_free(struct rt_loop *loop);
/** Runs until rt_loop_stop(). 0, or the errno of a failing epoll. */
int rt_loop_run(struct rt_loop *loop);
/** Makes rt_loop_run() return after the callback in progress. Any thread, and a signal handler, may
 * call it. */
void rt_loop_stop(struct rt_loop *loop);
/** The monotonic time at which the present round of callbacks began: one reading serves them all.
 */
rt_time rt_loop_now(const struct rt_loop *loop);

/* ---- timers: a hashed wheel of 1 ms; never early, late by less than a tick plus the loop's own
 * work ---- */

typedef void rt_timer_fn(void *arg);

/** Embedded in its owner. Set up once by rt_timer_init(); stopped when zeroed. Private but for
 * that. */
struct rt_timer {
    struct rt_timer *next, **pprev;
    struct rt_timer_list *list;
    rt_time due;
    rt_timer_fn *fn;
    void *arg;
    struct rt_loop *loop;
};

void rt_timer_init(struct rt_timer *t, struct rt_loop *loop, rt_timer_fn *fn, void *arg);
/** Fires once, `delay` microseconds from now (0 and less: in the next round). Restarts a running
 * timer. */
void rt_timer_start(struct rt_timer *t, rt_time delay);
/** Fires once at the instant `due` of rt_now(): for periodic work that must not drift. */
void rt_timer_start_at(struct rt_timer *t, rt_time due);
/** As rt_timer_start(), for what nobody waits for, such as the end of something that is over. From
 * a second on it may fire up to 20 ms late, together with others: so a thousand such ends in a
 * second are 50 wake-ups. */
void rt_timer_start_loose(struct rt_timer *t, rt_time delay);
/** Does nothing when the timer is not running. */
void rt_timer_stop(struct rt_timer *t);
static inline bool rt_timer_running(const struct rt_timer *t)
{
    return t->pprev != NULL;
}

/* ---- deferred work: runs after the present callback, before the loop sleeps ---- */

/** Embedded in its owner: this is how an object is freed outside its own callback. */
struct rt_defer {
    struct rt_defer *prev, *next;
    rt_timer_fn *fn;
    void *arg;
    struct rt_loop *loop;
    bool waiting;
};

void rt_defer_init(struct rt_defer *d, struct rt_loop *loop, rt_timer_fn *fn, void *arg);
/** Runs `fn` once in this round; scheduling it again before it ran does nothing. */
void rt_defer_start(struct rt_defer *d);
void rt_defer_stop(struct rt_defer *d);

/* ---- threads ---- */

struct rt_thread;

/** Runs `loop` in a thread of its own until rt_thread_stop(). In scenario tests the fake clock runs
 * it in the caller's thread instead, so a test sees the same messages in the same order each time.
 *  The loop must have been set up before; afterwards only its own callbacks touch it. */
int rt_thread_start(struct rt_thread **out, struct rt_loop *loop);
/** Stops the loop, waits for the thread and frees the handle. NULL is allowed. */
void rt_thread_stop(struct rt_thread *t);
/** The same for a thread that may wait for a disk: it calls `last` (NULL: nothing) when its loop
 * has ended, to write what is left, and is waited for as rt_threads_end_by() says. 0; ETIMEDOUT: it
 * still waits and is left alone, and so must be all that it uses, until the process ends. */
int rt_thread_finish(struct rt_thread *t, rt_timer_fn *last, void *arg);
/** From now on rt_thread_finish() waits until `at`, and from then on a second for each thread. At
 * the start it waits for ever. */
void rt_threads_end_by(rt_time at);
/** How many threads were left alone: the process has to end without freeing what is theirs. */
unsigned rt_threads_left(void);

/* ---- process signals, for main() alone ---- */

typedef void rt_signal_fn(void *arg, int signo);
/** Delivers `signo` as a callback of `loop`. */
int rt_signal_watch(struct rt_loop *loop, int signo, rt_signal_fn *fn, void *arg);

#endif
