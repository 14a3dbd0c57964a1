/* Alarms: what is wrong now, since when, why, and what to do about it; raised once, cleared once.
 *
 * A table says of each kind its severity (X.733's words), what it means and what helps. An alarm is
 * a kind and an object ("span 1", "trunk acme"). What was cleared is kept for a while. Each change
 * goes to the log, to syslog or journald where the plan says so, to the webhook, to metrics and to
 * the event stream. Signalling thread only.
 */
#ifndef GW_ALARM_H
#define GW_ALARM_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

struct gw;
struct gw_alarms;

enum gw_severity { GW_WARNING, GW_MINOR, GW_MAJOR, GW_CRITICAL };
/** "warning", "minor", "major", "critical" */
const char *gw_severity_name(enum gw_severity s);

enum gw_alarm_kind {
    GW_ALARM_SPAN,         /**< a span has no signal, or another line alarm */
    GW_ALARM_DCHANNEL,     /**< a D channel is down while its span is well */
    GW_ALARM_TRUNK,        /**< no server of a SIP trunk answers; no gateway of an MGCP one */
    GW_ALARM_REGISTRATION, /**< a peer refuses our registration, or does not answer it */
    GW_ALARM_ASR,          /**< calls over a trunk are answered far less often than an hour ago */
    GW_ALARM_CHANNELS,     /**< over 90 % of a trunk's channels are in use */
    GW_ALARM_SLIPS,        /**< a span's clock slips */
    GW_ALARM_QUALITY,      /**< calls over a trunk sound bad */
    GW_ALARM_SHORT_CALLS,  /**< a storm of calls of under 6 s */
    GW_ALARM_FRAUD,        /**< a rule of the plan has blocked somebody */
    GW_ALARM_EMERGENCY,    /**< somebody calls the emergency service: not a fault, but to be seen */
    GW_ALARM_CERTIFICATE,  /**< ends within 14 days, or has ended */
    GW_ALARM_DISK,         /**< a folder that we write to is almost full */
    GW_ALARM_FILE,         /**< a disk does not answer: a file is waited for */
    GW_ALARM_RECORDS,      /**< records cannot be written: they wait in memory and are at risk */
    GW_ALARM_EXPORT,       /**< the oldest record that a target does not have yet is too old */
    GW_ALARM_AUDIT,        /**< the audit log cannot be written */
    GW_ALARM_PLAN,         /**< a plan or a table could not be loaded */
    GW_ALARM_TABLE_AGE,    /**< a list or deck that was due could not be read again */
    GW_ALARM_OVERLOAD,     /**< the signalling thread, or a media thread, does not keep up */
    GW_ALARM_REPAIR,       /**< the auditor had to put something right */
    GW_ALARM_KINDS
};

struct gw_alarm {
    uint64_t id; /**< grows from 1 in each run */
    enum gw_alarm_kind kind;
    enum gw_severity severity;
    char object[96];         /**< "span 1" */
    char text[160];          /**< what is: "no signal (LOS)" */
    rt_time raised, cleared; /**< rt_wall(); cleared 0: it lasts */
    char acknowledged[64];   /**< who has seen it; empty: nobody */
};

/** What the table says of a kind. */
struct gw_alarm_about {
    const char *name; /**< "span-down": in metrics, in the webhook, in Grafana */
    enum gw_severity severity;
    const char *means, *remedy; /**< sentences */
};
const struct gw_alarm_about *gw_alarm_about(enum gw_alarm_kind kind);

/** ENOMEM. */
int gw_alarms_new(struct gw_alarms **out, struct gw *gw);
void gw_alarms_free(struct gw_alarms *a);

/** It is so, or still so: raised when it was not; a changed text is kept. NULL `a` is allowed
 * everywhere here. */
void gw_alarm_raise(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object,
                    const char *fmt, ...) RT_PRINTF(4, 5);
/** It is not so any more. */
void gw_alarm_clear(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object);
/** The one or the other. `text` is used when it is so. */
void gw_alarm_set(struct gw_alarms *a, enum gw_alarm_kind kind, const char *object, bool is,
                  const char *text);
/** Somebody has seen it; everybody is told who. ENOENT. */
int gw_alarm_acknowledge(struct gw_alarms *a, uint64_t id, const char *who);
/** The same, but nobody is told yet: who that is has still to be found out. */
int gw_alarm_seen(struct gw_alarms *a, uint64_t id, const char *who);

/** Calls `fn` for those that last, worst first, then those cleared, newest first. */
void gw_alarms_each(const struct gw_alarms *a, void (*fn)(void *arg, const struct gw_alarm *alarm),
                    void *arg);
/** How many last, of at least that severity. */
unsigned gw_alarms_count(const struct gw_alarms *a, enum gw_severity at_least);
/** Raised since the start, by kind. */
uint64_t gw_alarms_raised(const struct gw_alarms *a, enum gw_alarm_kind kind);

enum gw_alarm_counter {
    GW_ALARM_NUMEROUS,
    GW_ALARM_POSTED,
    GW_ALARM_UNPOSTED,
    GW_ALARM_NOT_POSTED,
    GW_ALARM_NCOUNTERS
};
extern struct rt_counter gw_alarm_counters[GW_ALARM_NCOUNTERS];

struct gw_cdr;
/** A call's record is closed: how it sounded, how long it was. NULL `a` is allowed. */
void gw_alarm_record(struct gw_alarms *a, const struct gw_cdr *r);

/** Looks at what has to be looked at - spans, trunks, registrations, disks, certificates - once a
 * second (alarm_watch.c). */
int gw_alarm_watch_start(struct gw *gw);
void gw_alarm_watch_stop(struct gw *gw);

#endif
