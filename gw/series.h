/* The last day in minutes and the last minutes in seconds: what the page's plots show, kept in
 * memory (some 100 kB). Signalling thread.
 */
#ifndef GW_SERIES_H
#define GW_SERIES_H

#include "gw/gw.h"

struct gw_series;

/** What was during a step. Sums, so that steps can be added; ratios are the reader's business. */
struct gw_sample {
    rt_time at;     /**< rt_wall() of its beginning */
    unsigned calls; /**< in progress at its end, the most at once */
    unsigned peak;
    unsigned attempts, seizures, answers,
        effective;    /**< NER's numerator: answers and user causes */
    uint64_t talk_ms; /**< of calls that ended */
    unsigned ended;   /**< answered calls that ended */
    uint64_t pdd_ms;
    unsigned rung;         /**< samples of pdd_ms */
    unsigned mos_sum, mos; /**< MOS times 100 of directions that ended, and how many */
    unsigned cpu_permille; /**< signalling thread */
};

#define GW_SERIES_SECONDS 300  /* steps of 1 s */
#define GW_SERIES_MINUTES 1440 /* steps of 1 min */

int gw_series_new(struct gw_series **out, struct gw *gw);
void gw_series_free(struct gw_series *s);
/** The `i`-th sample, oldest first, of the seconds or the minutes; NULL behind the last. */
const struct gw_sample *gw_series_at(const struct gw_series *s, bool minutes, unsigned i);

struct gw_performance_event;
/** A call began, or ended: how many there are now. NULL is allowed, here and below. */
void gw_series_calls(struct gw_series *s, unsigned calls);
/** What became of an attempt over a trunk, as gw/performance.h has it. */
void gw_series_note(struct gw_series *s, const struct gw_performance_event *e);

/** A record is closed: what the samples know of talk, ringing and sound. */
void gw_series_record(struct gw_series *s, const struct gw_cdr *r);

#endif
