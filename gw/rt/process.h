/* The process itself: as whom it runs, what it may ask of the kernel, what it leaves behind when it
 * crashes, and what its supervisor hears of it.
 *
 * A daemon enters (rt_process_enter) before it has threads, opens what it needs, confines itself
 * (rt_process_confine), and only then takes a packet. os_process.c, os_seccomp.c and os_crash.c do
 * it; in tests nothing is done and everything is said to have been.
 */
#ifndef GW_RT_PROCESS_H
#define GW_RT_PROCESS_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"

/** What becomes of a system call that is not on the list. */
enum rt_seccomp {
    RT_SECCOMP_ON, /**< it fails; the process ends where only an intruder would ask */
    RT_SECCOMP_OFF,
    RT_SECCOMP_LOG /**< it is done, and the kernel's log has it */
};
/** What a core file holds. */
enum rt_core {
    RT_CORE_REGISTERS, /**< registers and the names of what was mapped, no memory */
    RT_CORE_OFF,       /**< there is none, and nobody may look into the process */
    RT_CORE_FULL       /**< all memory: audio, numbers, keys */
};

struct rt_process {
    const char *version;
    const char *user, *group; /**< NULL: as it is */
    const char *crash;        /**< a file that gets crash reports too, or NULL */
    enum rt_seccomp seccomp;
    enum rt_core core;
};

/** Becomes the user, keeping what starting needs: ports below 1024, files that only root reads,
 * real-time priority and locked memory. No thread, no file that is written later, before it.
 * From here on no memory is both written and executed, no program gains rights, and a crash leaves
 * a report in the log. An errno, with `why`. */
int rt_process_enter(const struct rt_process *want, struct rt_buf *why);
/** Gives up all that is left, in every thread; from here on only the list's system calls. */
int rt_process_confine(const struct rt_process *want, struct rt_buf *why);
/** Hands a folder that was made for the user over to it; before rt_process_enter(). */
int rt_process_give(const struct rt_process *want, const char *path);

/** Whether the process, as it is now, can read a file. 0, or an errno. */
int rt_process_reads(const char *path);
/** Whether it can write to a file or into a folder, or make it. */
int rt_process_writes(const char *path);

/* ---- the supervisor (sd_notify(3), sd_watchdog_enabled(3)) ---- */

/** Tells it lines as "READY=1\nSTATUS=...". ENOENT: there is none. */
int rt_notify(const char *lines);
/** How often it wants to hear WATCHDOG=1 at the least; 0: it does not. */
rt_time rt_watchdog_interval(void);

/* ---- threads that have to go on ---- */

/** What waits for a thread. */
enum rt_thread_for {
    RT_FOR_FILES, /**< records, recordings, traces, pages: each thread, unless something else is
                     said */
    RT_FOR_CALLS,
    RT_FOR_NONE /**< what it does may take long: it is not looked at */
};
void rt_thread_for(struct rt_thread *t, enum rt_thread_for what);
/** Whether its loop has not come round for `patience`; asks it to. The same thread has to call this
 * and rt_threads_stuck() each time, and more often than that. */
bool rt_thread_stuck(struct rt_thread *t, rt_time patience);
/** The name of a loop of these for which that is so, or NULL. */
const char *rt_threads_stuck(enum rt_thread_for what, rt_time patience);

#endif
