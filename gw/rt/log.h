/* The log: one line per fact, to standard error, lower case, what failed first.
 *
 * Every line carries the object it speaks of, by convention first in the text: `call 17 isdn: ...`.
 * Parsers and the media path do not log; they return where and what.
 */
#ifndef GW_RT_LOG_H
#define GW_RT_LOG_H

#include "gw/rt/buf.h"

enum rt_level { RT_ERROR, RT_WARN, RT_NOTICE, RT_INFO, RT_DEBUG };

enum rt_subsys {
    RT_LOG_RT,
    RT_LOG_CONF,
    RT_LOG_SIP,
    RT_LOG_ISDN,
    RT_LOG_MGCP,
    RT_LOG_MEDIA,
    RT_LOG_PLAN,
    RT_LOG_CALL,
    RT_LOG_CDR,
    RT_LOG_ADMIN,
    RT_LOG_SUBSYSTEMS
};

/** Writes one line when `level` is enabled for `sub`. No trailing newline in `fmt`. */
void rt_log(enum rt_subsys sub, enum rt_level level, const char *fmt, ...) RT_PRINTF(3, 4);
/** True when a line at this level would be written: guards arguments that cost something. */
bool rt_log_on(enum rt_subsys sub, enum rt_level level);
void rt_log_set(enum rt_subsys sub, enum rt_level level);
void rt_log_set_all(enum rt_level level);
/** `error`, `warn`, `notice`, `info`, `debug`. EINVAL. */
int rt_log_level_parse(enum rt_level *out, struct rt_str s);
/** `rt`, `conf`, `sip`, `isdn`, `mgcp`, `media`, `plan`, `call`, `cdr`, `admin`. EINVAL. */
int rt_log_subsys_parse(enum rt_subsys *out, struct rt_str s);
/** "error", "warn", ...; "rt", "conf", ... */
const char *rt_log_level_name(enum rt_level level);
const char *rt_log_subsys_name(enum rt_subsys sub);
/** For systemd's journal: lines begin with the priority, as sd-daemon(3) has it, in place of the
 * time, which the journal keeps itself. To be told before there are threads. */
void rt_log_journal(bool on);
/** Whether systemd's journal reads standard error (systemd.exec(5), JOURNAL_STREAM). */
bool rt_stderr_is_journal(void);
/** Who gets a copy of each line, whatever thread it comes from: to be told before there are
 * threads. NULL: nobody. */
void rt_log_tap(void (*fn)(enum rt_subsys sub, enum rt_level level, const char *line));
/** Sends lines to `fn` instead of standard error: tests look at them there. NULL restores. */
void rt_log_sink(void (*fn)(void *arg, enum rt_subsys, enum rt_level, const char *line), void *arg);

#endif
