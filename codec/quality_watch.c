/* Detection of faults in a call's sound. */
#include "codec/quality_watch.h"

#include "codec/rtcp.h"

const char *const quality_event_names[QUALITY_EVENTS] = {
    [QUALITY_DEAD] = "dead-media",
    [QUALITY_NO_INPUT] = "one-way-in",
    [QUALITY_NO_OUTPUT] = "one-way-out",
    [QUALITY_LEVEL_LOW] = "level-low",
    [QUALITY_LEVEL_HIGH] = "level-high",
    [QUALITY_CLIPPING] = "clipping",
    [QUALITY_ECHO] = "echo",
};

const struct quality_limits quality_limits_default = {
    .silence = 5 * RT_S,
    .unheard = 20 * RT_S,
    .low_dbm0 = -36,
    .high_dbm0 = -6,
    .margin_db = 3,
    .echo_db = 25,
    .clipped = 0.001,
};

/** Reports without progress before the far end is believed: one may have crossed our first packet.
 */
#define REPORTS 3

static uint32_t set(struct quality_watch *w, enum quality_event event, bool on)
{
    uint32_t bit = QUALITY_BIT(event);

    if (((w->on & bit) != 0) == on)
        return 0;
    w->on ^= bit;
    return bit;
}

static void begin(struct quality_watch *w, const struct quality_facts *f, rt_time now)
{
    w->running = true;
    w->heard = f->received != w->received;
    w->received = f->received;
    w->sent = f->sent;
    w->received_at = w->sent_at = w->progress_at = now;
    w->reports = f->reports;
    w->far_highest = f->far_highest;
    w->unheard = 0;
}

static void follow(struct quality_watch *w, const struct quality_facts *f, rt_time now)
{
    if (f->received != w->received || !f->may_receive) {
        w->heard |= f->received != w->received;
        w->received = f->received;
        w->received_at = now;
    }
    if (f->sent != w->sent) {
        w->sent = f->sent;
        w->sent_at = now;
    }
    if (f->far_highest != w->far_highest || !f->may_send) {
        w->far_highest = f->far_highest;
        w->progress_at = now;
        w->unheard = 0;
    } else if (f->reports != w->reports) {
        w->unheard++;
    }
    w->reports = f->reports;
}

uint32_t quality_watch(struct quality_watch *w, const struct quality_facts *f,
                       const struct quality_limits *limits, rt_time now)
{
    if (!f->answered) {
        w->running = false;
        return set(w, QUALITY_DEAD, false) | set(w, QUALITY_NO_INPUT, false) |
               set(w, QUALITY_NO_OUTPUT, false);
    }
    if (!w->running)
        begin(w, f, now);
    follow(w, f, now);

    bool pause = f->may_pause && w->heard;
    bool deaf = f->may_receive && !pause && now - w->received_at >= limits->silence;
    bool mute = !f->may_send || now - w->sent_at >= limits->silence;
    bool unheard =
        f->may_send && !mute && w->unheard >= REPORTS && now - w->progress_at >= limits->unheard;
    bool dead = deaf && (mute || unheard);

    return set(w, QUALITY_DEAD, dead) | set(w, QUALITY_NO_INPUT, deaf && !dead) |
           set(w, QUALITY_NO_OUTPUT, unheard && !dead);
}

/** Above `limit` it is on, `margin` below that it is off again. */
static uint32_t above(struct quality_watch *w, enum quality_event event, double v, double limit,
                      double margin)
{
    bool on = w->on & QUALITY_BIT(event);
    return set(w, event, v > (on ? limit - margin : limit));
}

uint32_t quality_watch_levels(struct quality_watch *w, const struct quality_levels *l,
                              const struct quality_limits *limits)
{
    uint32_t changed = above(w, QUALITY_CLIPPING, l->clipped, limits->clipped, limits->clipped / 2);

    if (l->signal_dbm0 != RTCP_UNKNOWN) {
        changed |=
            above(w, QUALITY_LEVEL_LOW, -l->signal_dbm0, -limits->low_dbm0, limits->margin_db);
        changed |=
            above(w, QUALITY_LEVEL_HIGH, l->signal_dbm0, limits->high_dbm0, limits->margin_db);
    }
    if (l->echo_db != RTCP_UNKNOWN)
        changed |= above(w, QUALITY_ECHO, -l->echo_db, -limits->echo_db, limits->margin_db);
    return changed;
}
