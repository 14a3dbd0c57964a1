/* Series of sound: gathered, averaged, halved when they are full. */
#include "gw/call_sound.h"

#include "gw/gw.h"

#include <errno.h>
#include <stdlib.h>

/** How often calls are looked through for those whose step ends. */
#define LOOK RT_S
/** Points that the first room is for: a minute and a half. */
#define FIRST_ROOM 8

struct gw_sounds {
    struct gw *gw;
    struct rt_timer timer;
};

/* ---- one series ---- */

rt_time gw_sound_step(const struct gw_sound_series *s)
{
    return GW_SOUND_STEP << s->doubled;
}

void gw_sound_release(struct gw_sound_series *s)
{
    free(s->point);
    *s = (struct gw_sound_series){.n = 0};
}

/** Of two figures of `a` and `b` samples. */
static uint16_t mean(uint16_t x, uint64_t a, uint16_t y, uint64_t b)
{
    return (uint16_t)((x * a + y * b + (a + b) / 2) / (a + b));
}

/** Two points as one: what one of them does not know is the other's. */
static struct gw_sound_point both(const struct gw_sound_point *x, uint64_t a,
                                  const struct gw_sound_point *y, uint64_t b)
{
    struct gw_sound_point out = {.loss = mean(x->loss, a, y->loss, b)};
    uint32_t packets = (uint32_t)x->packets + y->packets;

    out.packets = (uint16_t)(packets < UINT16_MAX ? packets : UINT16_MAX);
    if (x->mos == 0 || y->mos == 0)
        out.mos = x->mos ? x->mos : y->mos;
    else
        out.mos = mean(x->mos, a, y->mos, b);
    if (x->packets == 0 || y->packets == 0)
        out.jitter = x->packets ? x->jitter : y->jitter;
    else
        out.jitter = mean(x->jitter, a, y->jitter, b);
    return out;
}

static void halve(struct gw_sound_series *s)
{
    for (unsigned i = 0; i < GW_SOUND_STEPS / 2; i++)
        s->point[i] = both(&s->point[2 * i], 1, &s->point[2 * i + 1], 1);
    s->n = GW_SOUND_STEPS / 2;
    s->doubled++;
}

/** Room for one more. False: there is no memory. */
static bool make_room(struct gw_sound_series *s)
{
    unsigned room = s->room > 0 ? 2u * s->room : FIRST_ROOM;

    if (s->n == GW_SOUND_STEPS)
        halve(s);
    if (s->n < s->room)
        return true;
    struct gw_sound_point *more = realloc(s->point, room * sizeof *more);
    if (!more)
        return false;
    s->point = more;
    s->room = (uint8_t)room;
    return true;
}

/** What happened since the last sample. A port's counters may begin anew: it is another port. */
static struct gw_sound_point sample(struct gw_sound_series *s, const struct media_stats *now)
{
    bool same = s->begun && now->rx_packets >= s->packets;
    uint64_t packets = now->rx_packets - (same ? s->packets : 0);
    uint64_t before = same ? s->lost : 0;
    uint64_t lost = now->lost > before ? now->lost - before : 0; /* late ones are lost no more */
    uint64_t hundredths = now->jitter_us / 10;

    s->begun = true;
    s->packets = now->rx_packets;
    s->lost = now->lost;
    return (struct gw_sound_point){
        .mos = packets > 0 ? now->heard.mos_cq : 0,
        .loss = (uint16_t)(lost > 0 ? lost * 1000 / (packets + lost) : 0),
        .jitter = (uint16_t)(hundredths < UINT16_MAX ? hundredths : UINT16_MAX),
        .packets = (uint16_t)(packets < UINT16_MAX ? packets : UINT16_MAX),
    };
}

void gw_sound_add(struct gw_sound_series *s, const struct media_stats *now)
{
    struct gw_sound_point p = sample(s, now);
    struct gw_sound_point *last = s->n > 0 ? &s->point[s->n - 1] : NULL;

    if (last && s->gathered < (uint64_t)1 << s->doubled) {
        *last = both(last, s->gathered, &p, 1);
        s->gathered++;
        return;
    }
    if (!make_room(s))
        return;
    s->point[s->n++] = p;
    s->gathered = 1;
}

/* ---- calls ---- */

static void look_at(struct gw_call_sound *sound, const struct gw_leg *leg, unsigned side)
{
    struct media_stats now;

    if (leg && leg->ops->stats && leg->ops->stats(leg, &now))
        gw_sound_add(&sound->from[side], &now);
}

static void look_at_call(struct gw_call *call, rt_time now)
{
    struct gw_call_sound *s = call->sound;

    if (!s) {
        s = call->sound = calloc(1, sizeof *s);
        if (!s)
            return;
        s->begun = call->answered;
        s->due = call->answered + GW_SOUND_STEP;
    }
    if (now < s->due)
        return;
    look_at(s, call->a, 0);
    look_at(s, call->b, 1);
    s->due = s->due + GW_SOUND_STEP > now ? s->due + GW_SOUND_STEP : now + GW_SOUND_STEP;
}

static void look(void *arg)
{
    struct gw_sounds *s = arg;
    rt_time now = rt_loop_now(s->gw->loop);

    for (struct gw_call *call = s->gw->calls; call; call = call->next)
        if (call->answered && !call->direct)
            look_at_call(call, now);
    rt_timer_start(&s->timer, LOOK);
}

int gw_sounds_start(struct gw *gw)
{
    struct gw_sounds *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->gw = gw;
    rt_timer_init(&s->timer, gw->loop, look, s);
    rt_timer_start(&s->timer, LOOK);
    gw->sounds = s;
    return 0;
}

void gw_sounds_stop(struct gw *gw)
{
    if (!gw->sounds)
        return;
    rt_timer_stop(&gw->sounds->timer);
    free(gw->sounds);
    gw->sounds = NULL;
}

void gw_call_sound_free(struct gw_call *call)
{
    for (unsigned i = 0; call->sound && i < RT_COUNT(call->sound->from); i++)
        gw_sound_release(&call->sound->from[i]);
    free(call->sound);
    call->sound = NULL;
}
