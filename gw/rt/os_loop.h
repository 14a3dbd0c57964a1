/* Descriptors in a loop: for the other os_*.c files. */
#ifndef GW_RT_OS_LOOP_H
#define GW_RT_OS_LOOP_H

#include "gw/rt/loop.h"

#include <pthread.h>
#include <stdint.h>

/** `events` are EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. */
typedef void rt_watch_fn(void *arg, uint32_t events);

/** Embedded in its owner; zeroed: not watching. */
struct rt_watch {
    int fd;
    rt_watch_fn *fn;
    void *arg;
    struct rt_loop *loop;
};

/** Calls `fn` while `fd` is ready for `events` (level-triggered). */
int rt_watch_start(struct rt_watch *w, struct rt_loop *loop, int fd, uint32_t events,
                   rt_watch_fn *fn, void *arg);
int rt_watch_events(struct rt_watch *w, uint32_t events);
/** After this `fn` is not called any more, not even for an event already fetched. */
void rt_watch_stop(struct rt_watch *w);

/** The kernel's thread. */
pthread_t rt_thread_id(const struct rt_thread *t);

#endif
