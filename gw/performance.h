/* How well trunks complete calls: answers (ASR), talk (ACD), effectiveness of the network (NER,
 * ITU-T E.425) and the wait for ringing (PDD), over a sliding window, per trunk or group and
 * destination.
 *
 * A call enters the window when its outcome is known - its answer, or its end without one - so a
 * call that still rings is no failure, and a ratio never passes 1. The window moves in fifteenths:
 * nothing in it is older than the window, and everything younger than 14/15 of it is in.
 *
 * Memory is bounded: the pairs of trunk and destination that were used longest ago are forgotten.
 * Figures of few samples are unknown, and unknown is good: a destination that has no figures is not
 * judged by those of its trunk's other destinations. One thread, no clock.
 */
#ifndef GW_PERFORMANCE_H
#define GW_PERFORMANCE_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

#define GW_PERFORMANCE_BUCKETS 15
/** Default of the pairs kept; one takes some 600 octets. */
#define GW_PERFORMANCE_MAX 50000
/** In place of a destination: all of them. */
#define GW_PERFORMANCE_ALL 0

struct gw_performance;
/** A trunk or group; lives as long as the store. */
struct gw_performance_trunk;

enum gw_performance_what {
    GW_PERFORMANCE_ATTEMPT, /**< a call was offered to the trunk */
    GW_PERFORMANCE_SEIZED,  /**< a channel was taken, or the peer answered with anything */
    GW_PERFORMANCE_RINGING, /**< `ms` after the attempt; an answer without ringing says it too */
    GW_PERFORMANCE_ANSWERED,
    GW_PERFORMANCE_ENDED, /**< `seized`, `answered`, `cause`; `ms` of talk */
};

struct gw_performance_event {
    enum gw_performance_what what;
    uint32_t ms;
    uint8_t cause; /**< Q.850 */
    bool seized, answered;
};

/** Figures of a window. A ratio is in thousandths, and 0 when nothing was counted. */
struct gw_performance_figures {
    uint32_t samples; /**< seizures whose outcome is known */
    uint32_t answers, effective;
    uint32_t ended; /**< answered calls that ended: samples of acd_ms */
    uint32_t rung;  /**< samples of pdd_ms */
    uint32_t asr, ner;
    uint32_t acd_ms, pdd_ms;
};

/** Since the start, for metrics. Never go back. */
struct gw_performance_totals {
    uint64_t attempts, seizures, answers, effective, talk_ms, rung, pdd_ms;
};

/** `demote asr < 35%, acd < 45s, pdd > 8s` and `quality samples 30`. 0: does not matter. */
struct gw_performance_demote {
    uint32_t samples;  /**< fewer: unknown. Each figure has its own count */
    uint32_t asr, ner; /**< thousandths */
    uint32_t acd_ms, pdd_ms;
};

enum gw_performance_counter { GW_PERFORMANCE_FORGOTTEN, GW_PERFORMANCE_NCOUNTERS };
extern struct rt_counter gw_performance_counters[GW_PERFORMANCE_NCOUNTERS];

/** `window`: 0 is 15 minutes; `max` pairs: 0 is GW_PERFORMANCE_MAX. ENOMEM. */
int gw_performance_new(struct gw_performance **out, rt_time window, unsigned max);
/** NULL is allowed. */
void gw_performance_free(struct gw_performance *p);
/** Changes the window's length. Other than before: what was seen is forgotten, but for totals. */
void gw_performance_window(struct gw_performance *p, rt_time window);

/** The trunk or group of that name; the same for every plan. NULL: no memory. */
struct gw_performance_trunk *gw_performance_trunk(struct gw_performance *p, const char *name);
/** Counts for the pair and for the whole trunk. `dest` GW_PERFORMANCE_ALL: for the trunk alone. */
void gw_performance_note(struct gw_performance *p, struct gw_performance_trunk *trunk,
                         uint64_t dest, const struct gw_performance_event *e, rt_time now);
/** Figures of a pair, or of the whole trunk for GW_PERFORMANCE_ALL. All 0 when none are known. */
void gw_performance_get(struct gw_performance_figures *out, const struct gw_performance *p,
                        struct gw_performance_trunk *trunk, uint64_t dest, rt_time now);
/** Whether figures are bad enough. `why` (may be NULL) gets the first reason: "asr 31.0% < 35.0%".
 */
bool gw_performance_demoted(const struct gw_performance_figures *f,
                            const struct gw_performance_demote *rule, char *why, size_t cap);
/** Adds what one event says. */
void gw_performance_add(struct gw_performance_totals *t, const struct gw_performance_event *e);
const struct gw_performance_totals *gw_performance_totals(const struct gw_performance_trunk *t);
const char *gw_performance_name(const struct gw_performance_trunk *t);
/** Every trunk, in the order they came up. */
void gw_performance_each(struct gw_performance *p,
                         void (*fn)(void *arg, struct gw_performance_trunk *t), void *arg);
/** Pairs known now. */
unsigned gw_performance_pairs(const struct gw_performance *p);

#endif
