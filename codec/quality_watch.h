/* Faults of a call's sound that somebody has to be told of: one-way and dead media, levels,
 * clipping, echo. Each begins once and ends once. Nothing here asks a clock.
 */
#ifndef CODEC_QUALITY_WATCH_H
#define CODEC_QUALITY_WATCH_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

enum quality_event {
    QUALITY_DEAD,       /**< nothing goes either way */
    QUALITY_NO_INPUT,   /**< one-way audio: we send and receive nothing */
    QUALITY_NO_OUTPUT,  /**< one-way audio: the far end reports that it receives nothing */
    QUALITY_LEVEL_LOW,  /**< speech too quiet, */
    QUALITY_LEVEL_HIGH, /**< too loud, */
    QUALITY_CLIPPING,   /**< or cut at the codec's limit */
    QUALITY_ECHO,       /**< echo return loss low */
    QUALITY_EVENTS
};
#define QUALITY_BIT(event) (1u << (event))

/** For the log: "one-way-in". */
extern const char *const quality_event_names[QUALITY_EVENTS];

struct quality_limits {
    rt_time silence; /**< without a packet, after the answer */
    rt_time unheard; /**< without progress in the far end's reports, which come each 2.5 to 7.5 s */
    int low_dbm0, high_dbm0; /**< of active speech */
    int margin_db;           /**< to end again what a level or a loss began */
    int echo_db;             /**< least echo return loss */
    double clipped;          /**< most part of the samples at the limit */
};
/** 5 s, 20 s, -36 and -6 dBm0, 3 dB, 25 dB, 0.1 percent. */
extern const struct quality_limits quality_limits_default;

/** Start zeroed. */
struct quality_watch {
    uint32_t on; /**< bits of the events that have begun */
    bool running;
    bool heard; /**< anything, since the answer */
    uint64_t received, sent;
    rt_time received_at, sent_at, progress_at; /**< of the last change, or of the beginning */
    uint32_t reports, far_highest;
    unsigned unheard; /**< reports without progress in a row */
};

/** A port as it is now. Counters since its beginning. */
struct quality_facts {
    bool answered;
    bool may_send, may_receive; /**< as SDP's direction says; false on hold */
    bool may_pause;             /**< the far end may suppress silence: only a call without any
                                     packet at all counts then */
    uint64_t sent, received;    /**< RTP packets */
    uint32_t reports;           /**< RTCP reports of the far end */
    uint32_t far_highest;       /**< of its last block about us; 0: it had none */
};
/** To be called about once a second. The bits of the events that began (those set in w->on) or
 * ended. */
uint32_t quality_watch(struct quality_watch *w, const struct quality_facts *f,
                       const struct quality_limits *limits, rt_time now);

/** One interval's sound of a direction; RTCP_UNKNOWN (127) where there was no speech to measure:
 * what was, stays. */
struct quality_levels {
    int signal_dbm0, echo_db;
    double clipped; /**< part of the samples, 0..1 */
};
/** To be called each interval; returns as quality_watch(). */
uint32_t quality_watch_levels(struct quality_watch *w, const struct quality_levels *l,
                              const struct quality_limits *limits);

#endif
