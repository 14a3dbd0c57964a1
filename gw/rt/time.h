/* Time. Two clocks, both in microseconds: the monotonic one measures, the wall clock stamps
 * records.
 *
 * Implemented by os_time.c in the program and by test/fake/ in scenario tests, where time moves
 * only when the script says so.
 */
#ifndef GW_RT_TIME_H
#define GW_RT_TIME_H

#include <stdint.h>

/** Microseconds: an instant of one of the two clocks, or a duration. */
typedef int64_t rt_time;

#define RT_US ((rt_time)1)
#define RT_MS ((rt_time)1000)
#define RT_S  ((rt_time)1000000)

/** Monotonic clock; its origin means nothing. Never goes back, never jumps. */
rt_time rt_now(void);

/** Wall clock: microseconds since 1970-01-01 UTC. For records and logs only, never for a duration.
 */
rt_time rt_wall(void);

/** The wall clock as it was at the first call, and what has passed since then by the monotonic one:
 * nobody sets it. For libraries and peers that measure by stamps: gettimeofday() is this clock, for
 * libpri keeps its timers by it, and RTCP's are of it. */
rt_time rt_steady(void);

/** Room for what rt_boot() says, and its NUL. */
#define RT_BOOT_LEN 40

/** Which start of the machine this is, into `out`; returns `out`. Where two processes read the same
 * their rt_now() is one clock. Empty: not known. */
char *rt_boot(char out[RT_BOOT_LEN]);

/** CPU time used by the calling thread. For `show status` and the benchmarks. */
rt_time rt_thread_cpu(void);

/** Room for an RFC 3339 time with milliseconds in UTC and its NUL: `2026-03-01T08:00:00.123Z`. */
#define RT_RFC3339_LEN 25

/** Formats `wall` (from rt_wall()) as RFC 3339 UTC with milliseconds into `out`; returns `out`. */
char *rt_rfc3339(char out[RT_RFC3339_LEN], rt_time wall);

#endif
