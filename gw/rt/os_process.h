/* What the files that make the process of the kernel share. */
#ifndef GW_RT_OS_PROCESS_H
#define GW_RT_OS_PROCESS_H

#include "gw/rt/process.h"

/** Each thread that is made from now on runs `fn` first. NULL: none does. */
void rt_thread_begins(void (*fn)(void));

/** From now on a crash leaves a report on standard error and, unless -1, `fd`. */
int rt_crash_install(const char *version, int fd);
/** Where a thread's crash is reported from: its own stack may be what is broken. */
void rt_crash_thread(void);

/** Loads the list into all threads. */
int rt_seccomp_load(enum rt_seccomp mode);
/** System calls that the list allows. */
unsigned rt_seccomp_size(void);

#endif
