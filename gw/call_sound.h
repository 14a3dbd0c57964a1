/* How a call sounded as it went on: a figure for each 10 s of what each leg's far end sends to us.
 *
 * At most 64 steps are kept: when they are full, two become one and the step is twice as long. So
 * an hour is kept in steps of 80 s, and no call costs more than some hundred octets. What a media
 * port has published is read once in a step, by one timer for all calls.
 */
#ifndef GW_CALL_SOUND_H
#define GW_CALL_SOUND_H

#include "codec/media.h"

#define GW_SOUND_STEPS 64
/** The shortest step. */
#define GW_SOUND_STEP (10 * RT_S)

/** What a step was like. */
struct gw_sound_point {
    uint16_t mos;     /**< times 100; 0: not known */
    uint16_t loss;    /**< packets that did not come, 1/1000 */
    uint16_t jitter;  /**< 1/100 ms */
    uint16_t packets; /**< that came; 65535: more. 0: none, and `jitter` means nothing */
};

/** One direction. Start zeroed. */
struct gw_sound_series {
    struct gw_sound_point *point;
    uint8_t n, room;
    uint8_t doubled;   /**< a step is GW_SOUND_STEP so many times doubled */
    uint64_t gathered; /**< samples in the last point */
    bool begun;
    uint64_t packets, lost; /**< at the last sample */
};
/** Ends GW_SOUND_STEP: `s` are the port's counters now. */
void gw_sound_add(struct gw_sound_series *s, const struct media_stats *now);
/** How long a step is. */
rt_time gw_sound_step(const struct gw_sound_series *s);
void gw_sound_release(struct gw_sound_series *s);

struct gw;
struct gw_call;

/** Both directions of a call: [0] what comes from side a, [1] from side b. */
struct gw_call_sound {
    rt_time begun, due; /**< monotonic */
    struct gw_sound_series from[2];
};

struct gw_sounds;
/** Looks at answered calls from now on. */
int gw_sounds_start(struct gw *gw);
void gw_sounds_stop(struct gw *gw);
/** The call is freed. */
void gw_call_sound_free(struct gw_call *call);

#endif
