/* Inside the watch: what is looked at, how often, and how long it has to be so. */
#ifndef GW_ALARM_WATCH_H
#define GW_ALARM_WATCH_H

#include "gw/alarm_priv.h"

/** Minutes that are remembered of a trunk: the last fifteen, and the hour before them. */
#define GW_WATCH_RECENT  15
#define GW_WATCH_MINUTES 75

/** What was in one minute over a trunk. */
struct gw_watch_minute {
    unsigned seizures, answers;
    unsigned ended, brief; /**< answered calls that ended; within 6 s */
    unsigned mos_sum, mos; /**< MOS times 100, and how many */
};

struct gw_watch_trunk {
    char name[GW_NAME_LEN];
    uint64_t seizures, answers; /**< totals at the last turn */
    struct gw_watch_minute now;
    struct gw_watch_minute past[GW_WATCH_MINUTES]; /**< a ring; `turns` minutes are in it */
    UT_hash_handle hh;
};

#define GW_WATCH_SLIPS 60

struct gw_watch_span {
    uint64_t slips[GW_WATCH_SLIPS]; /**< at each of the last minutes' ends */
    uint64_t late;
    const char *alarm;
    bool up, known;
};

struct gw_watch_state;

struct gw_alarm_watch {
    struct gw *gw;
    struct rt_timer tick;
    rt_time due, now;
    rt_time lag; /**< the longest since the load was looked at */
    unsigned round;
    struct gw_aside *aside;        /**< asks disks */
    unsigned asking;               /**< bits of alarm_watch_file.c: what it is asked still */
    rt_time next[16];              /**< of each check */
    struct gw_watch_state *states; /**< hash: what is not well, or was a moment ago */
    struct gw_watch_trunk *trunks; /**< hash by name */
    unsigned turns;                /**< minutes so far */
    struct gw_watch_span *spans;
    rt_time *media_cpu; /**< of each thread, at the last look */
    /* of the present plan's trunks, by index */
    const struct gw_plan *plan;
    unsigned ntrunks, *calls;
    uint8_t *known;
};

/** The object is so, or is not: the alarm follows when it has lasted. */
void gw_alarm_look(struct gw_alarm_watch *w, enum gw_alarm_kind kind, const char *object, bool is,
                   const char *fmt, ...) RT_PRINTF(5, 6);
/** It cannot be told now: it is as it was. */
void gw_alarm_look_away(struct gw_alarm_watch *w, enum gw_alarm_kind kind, const char *object);

/** Forgets objects of these kinds (bits) that nobody spoke of in this round. */
void gw_alarm_sweep(struct gw_alarm_watch *w, uint32_t kinds);

/* alarm_watch_line.c */
void gw_watch_spans(struct gw_alarm_watch *w);
void gw_watch_trunks(struct gw_alarm_watch *w);
void gw_watch_registrations(struct gw_alarm_watch *w);
/* alarm_watch_calls.c: once a minute */
/** The minutes of a trunk; begun now if there are none. NULL: no memory. */
struct gw_watch_trunk *gw_watch_trunk(struct gw_alarm_watch *w, const char *name);
void gw_watch_calls(struct gw_alarm_watch *w);
void gw_watch_slips(struct gw_alarm_watch *w);
void gw_watch_calls_free(struct gw_alarm_watch *w);
/* alarm_watch_host.c */
void gw_watch_records(struct gw_alarm_watch *w);
void gw_watch_files(struct gw_alarm_watch *w);
void gw_watch_load(struct gw_alarm_watch *w);
/* alarm_watch_file.c: they have a thread asked, and tell what it says when it comes */
void gw_watch_disks(struct gw_alarm_watch *w);
void gw_watch_certificates(struct gw_alarm_watch *w);

#endif
