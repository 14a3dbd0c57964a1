/* What tests know of the fake kernel's process: what it told its supervisor, and which thread of it
 * hangs. */
#ifndef TEST_FAKE_PROCESS_H
#define TEST_FAKE_PROCESS_H

#include "gw/rt/time.h"

/** Nobody supervises it, nothing hangs, nothing was told. */
void fake_process_reset(void);
/** A supervisor wants to hear from it so often; 0: there is none. */
void fake_process_supervise(rt_time interval);
/** A thread of this name hangs, one that calls wait for if it is "media..."; NULL: none does. */
void fake_process_hang(const char *thread);
/** How often a word like "WATCHDOG=1\n" was told. */
unsigned fake_process_told(const char *lines);
/** A path that the user can neither read nor write; NULL: none. */
void fake_process_forbid(const char *path);

#endif
