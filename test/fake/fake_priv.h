/* What the parts of the fake kernel share. */
#ifndef TEST_FAKE_PRIV_H
#define TEST_FAKE_PRIV_H

#include "fake.h"

/* ---- owner.c ---- */

#define FAKE_PROCESSES 64

/** Who runs: a process, and the loop whose round or callback it is; NULL: none. */
struct fake_place {
    unsigned process;
    struct rt_loop *loop;
};
/** Before a callback; returns what fake_leave() takes after it. */
struct fake_place fake_enter(unsigned process, struct rt_loop *loop);
void fake_leave(struct fake_place before);
struct rt_loop *fake_loop_now(void);
/** The loop is being freed. */
void fake_place_forget(const struct rt_loop *loop);
/** Until when the process, or the loop (NULL: none), stands still; 0: it runs. */
rt_time fake_stalled_until(unsigned process, const struct rt_loop *loop);
void fake_owner_reset(void);

/** Zeroed memory of the fake kernel itself, which is never refused. */
void *fake_alloc(size_t size);
char *fake_dup(const char *text);
void fake_put(struct rt_buf *out, const void *p, size_t len);

/* ---- kernel.c ---- */

rt_time fake_loop_stalled_until(const struct rt_loop *loop);
/** The loop that runs now, and it alone, is not run for `d` after all that kept it so far. */
void fake_loop_stall(rt_time d);
void fake_loops_kill(unsigned process);

/* ---- net.c ---- */

/** When the next datagram or stream octet is to be delivered; INT64_MAX: none. */
rt_time fake_net_next(void);
/** Delivers what is due. */
void fake_net_deliver(rt_time now);
void fake_net_reset(void);
void fake_net_leaks(struct fake_leaks *out);
bool fake_net_failing(int *err);
/** Sockets and streams too. */
void fake_net_kill(unsigned process);
/** Nothing refers to the loop any more. */
void fake_net_loop_gone(const struct rt_loop *loop);

/* stream.c */
rt_time fake_stream_next(void);
void fake_stream_deliver(void);
void fake_stream_reset(void);
void fake_stream_leaks(struct fake_leaks *out);
void fake_stream_kill(unsigned process);
void fake_stream_loop_gone(const struct rt_loop *loop);

void fake_dns_reset(void);

/** When the next interrupt comes; INT64_MAX: no card has open channels. */
rt_time fake_dahdi_next(void);
void fake_dahdi_interrupt(rt_time now);
void fake_dahdi_reset(void);
void fake_dahdi_leaks(struct fake_leaks *out);
void fake_dahdi_kill(unsigned process);

void fake_child_reset(void);
void fake_child_leaks(struct fake_leaks *out);
void fake_child_kill(unsigned process);

void fake_http_reset(void);
void fake_http_kill(unsigned process);

/* ---- files ---- */

void fake_files_reset(void);
void fake_files_leaks(struct fake_leaks *out);
void fake_files_kill(unsigned process);

/* hang.c */
/** Whether something would hang: rounds of threads' loops are run by fake_hang_run() then. */
bool fake_hang_armed(void);
/** Calls `fn` in a thread that may hang. False: it does. */
bool fake_hang_run(void (*fn)(void *arg), void *arg);
/** Whether the loop's callback hangs. */
bool fake_hangs(const struct rt_loop *loop);
/** Whoever asks the disk for `path`: hangs here if it is to. */
void fake_hang_here(const char *path);

/* disk.c */
/** Steps of the disk, which take their time. 0; EIO when the machine has died, or dies here; of a
 * write and a sync also what fake_files_fail() said. */
int fake_disk_change(void);

/** Of the loop that it runs (process.c). */
const char *fake_thread_name(const struct rt_thread *t);
int fake_disk_sync(void);
/** `*made`: how many of the octets still reach it, whatever is returned. */
int fake_disk_write(size_t len, size_t *made);
/** An open, which is no step: 0, or what fake_files_fail() said. */
int fake_disk_open(void);
void fake_disk_reset(void);

#endif
