/* The jitter buffer. `least` is the head start of the packet that came closest to being too late in
 * a window: it tells how much of the margin nobody needed.
 */
#include "codec/jitter.h"

#include <inttypes.h>
#include <string.h>
#include <tiffio.h>
#include <spandsp.h>

#define MASK (JITTER_RING - 1u)

/** A packet this far from the play position belongs to another timeline. */
#define FAR 3200

/** Of the margin; with FAR and a packet it fits the ring. */
#define MARGIN_MAX 1600

/** Every 2 s the margin may shrink, by 10 ms, when nothing came within 20 ms, or the
 * least margin if that is more, of being late. */
#define WINDOW (2 * 8000u)
#define STEP   80u
#define SPARE  160

/** The longest packet: up to FAR ahead of the play position it still fits the ring. */
#define PACKET_MAX (JITTER_RING - FAR)

/** Quiet enough to lose 10 ms unheard: about -46 dBm0. */
#define QUIET 160

/** A clear channel's margin: 60 ms. At the end of a window the play position is put right when even
 * the packet with the largest head start had less than half of that, or more than twice as much. */
#define CLEAR_MARGIN 480u

/** What stands for a clear channel's missing octets. */
#define CLEAR_FILL 0xff

/** After this much made-up sound there is silence, and the stream starts anew with what comes next.
 */
#define DRY_MAX (8000u / 2)

void jitter_init(struct jitter *j, uint32_t min, uint32_t max)
{
    memset(j, 0, sizeof *j);
    j->max = max < MARGIN_MAX ? max : MARGIN_MAX;
    j->min = min < j->max ? min : j->max;
    j->margin = j->min;
}

void jitter_release(struct jitter *j)
{
    if (j->plc)
        plc_free(j->plc);
    j->plc = NULL;
}

void jitter_reset(struct jitter *j, enum g711_law law)
{
    j->law = law;
    j->started = false;
    j->missing = false;
    memset(j->have, 0, sizeof j->have);
}

void jitter_clear(struct jitter *j, bool clear)
{
    if (j->clear != clear) {
        jitter_reset(j, j->law);
        j->margin = j->min;
    }
    j->clear = clear;
}

static bool has(const struct jitter *j, uint32_t ts)
{
    uint32_t i = ts & MASK;
    return j->have[i / 64] >> (i % 64) & 1;
}

static void mark(struct jitter *j, uint32_t ts, bool there)
{
    uint32_t i = ts & MASK;
    uint64_t bit = (uint64_t)1 << (i % 64);

    if (there)
        j->have[i / 64] |= bit;
    else
        j->have[i / 64] &= ~bit;
}

static void start(struct jitter *j, uint32_t ts)
{
    memset(j->have, 0, sizeof j->have);
    j->started = true;
    j->primed = false;
    if (j->clear)
        j->margin = j->min > CLEAR_MARGIN ? j->min : CLEAR_MARGIN < j->max ? CLEAR_MARGIN : j->max;
    j->play = ts - j->margin;
    j->newest = ts;
    j->least = INT32_MAX;
    j->most = INT32_MIN;
    j->window = 0;
    j->dry = 0;
}

/** Came too late: the play position steps back far enough that the next one like it will not, as
 * far as what is buffered now allows. A slow clock's packets come late too, with nothing buffered:
 * then there is always room, and the margin stays small. */
static void grow(struct jitter *j, uint32_t by)
{
    uint32_t depth = jitter_depth(j), room = j->max > depth ? j->max - depth : 0;
    uint32_t more = by + STEP < room ? by + STEP : room;

    j->late++;
    if (depth + more > j->min)
        j->margin = depth + more < j->max ? depth + more : j->max;
    else
        j->margin = j->min;
    for (uint32_t i = 1; i <= more; i++)
        mark(j, j->play - i, false); /* played already: not to be heard twice */
    j->play -= more;
    j->least = INT32_MAX;
    j->window = 0;
}

void jitter_put(struct jitter *j, uint32_t ts, const uint8_t *octets, size_t n)
{
    int32_t ahead = (int32_t)(ts - j->play);

    if (n == 0 || n > PACKET_MAX)
        return;
    if (!j->started || ahead > FAR || ahead < -FAR || j->dry > DRY_MAX) {
        start(j, ts);
        ahead = (int32_t)j->margin;
    }
    if (ahead < 0 && j->clear)
        j->late++;
    else if (ahead < 0)
        grow(j, (uint32_t)-ahead);
    ahead = (int32_t)(ts - j->play);
    if (ahead < j->least)
        j->least = ahead;
    if (ahead > j->most)
        j->most = ahead;
    for (size_t i = 0; i < n; i++) {
        uint32_t at = ts + (uint32_t)i;
        if ((int32_t)(at - j->play) < 0)
            continue; /* its time is over */
        j->ring[at & MASK] = octets[i];
        mark(j, at, true);
    }
    if ((int32_t)(ts + (uint32_t)n - j->newest) > 0)
        j->newest = ts + (uint32_t)n;
}

static uint8_t silence(const struct jitter *j)
{
    return j->clear ? CLEAR_FILL : g711_silence(j->law);
}

/* ---- concealment ---- */

/** The last 50 ms that were played, as samples: what spandsp's pitch search looks at. */
static void feed_history(struct jitter *j)
{
    uint8_t octets[400];
    int16_t pcm[400];

    for (uint32_t i = 0; i < 400; i++)
        octets[i] = j->ring[(j->play - 400 + i) & MASK];
    g711_expand(pcm, octets, 400, j->law);
    plc_init(j->plc);
    plc_rx(j->plc, pcm, 400);
}

static void conceal(struct jitter *j, uint8_t *out, size_t n)
{
    int16_t pcm[160];

    if (!j->plc)
        j->plc = plc_init(NULL);
    if (!j->plc) {
        memset(out, g711_silence(j->law), n);
        return;
    }
    if (!j->missing)
        feed_history(j);
    plc_fillin(j->plc, pcm, (int)n);
    g711_compress(out, pcm, n, j->law);
}

/** The first good octets after a gap are blended with what was made up. */
static void blend(struct jitter *j, uint8_t *out, size_t n)
{
    int16_t pcm[160];

    if (!j->plc)
        return;
    g711_expand(pcm, out, n, j->law);
    plc_rx(j->plc, pcm, (int)n);
    g711_compress(out, pcm, n, j->law);
}

/* ---- playing ---- */

static bool quiet(const struct jitter *j, const uint8_t *octets, size_t n)
{
    int16_t pcm[160];

    g711_expand(pcm, octets, n, j->law);
    for (size_t i = 0; i < n; i++)
        if (pcm[i] > QUIET || pcm[i] < -QUIET)
            return false;
    return true;
}

/** At the end of a window: the margin that nobody needed is given back, in a quiet moment. */
static void maybe_shrink(struct jitter *j, const uint8_t *played, size_t n)
{
    if (j->window < WINDOW)
        return;
    bool spare =
        j->least != INT32_MAX && j->least > (int32_t)((j->min > SPARE ? j->min : SPARE) + STEP);
    if (spare && !quiet(j, played, n) && j->window < 5 * WINDOW)
        return; /* wait for a pause, but not for ever */
    if (spare) {
        for (uint32_t i = 0; i < STEP; i++)
            mark(j, j->play + i, false);
        j->play += STEP;
        j->margin = j->margin >= j->min + STEP ? j->margin - STEP : j->min;
        j->skipped += STEP;
    }
    j->window = 0;
    j->least = INT32_MAX;
}

/** The same for a clear channel: the packet that was on its way for the shortest time tells how the
 * two clocks stand to each other. */
static void maybe_slip(struct jitter *j)
{
    int32_t margin = (int32_t)j->margin, off = j->most - margin;

    if (j->window < WINDOW)
        return;
    if (j->most != INT32_MIN && (off < -margin / 2 || off > margin)) {
        for (int32_t i = 0; i < off; i++)
            mark(j, j->play + (uint32_t)i, false);
        for (int32_t i = 1; i <= -off; i++)
            mark(j, j->play - (uint32_t)i, false); /* played already */
        j->play += (uint32_t)off;
        j->slips++;
    }
    j->window = 0;
    j->most = INT32_MIN;
}

static size_t run_of(const struct jitter *j, size_t n, bool there)
{
    size_t i = 0;

    while (i < n && has(j, j->play + (uint32_t)i) == there)
        i++;
    return i;
}

static void play_good(struct jitter *j, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = j->ring[(j->play + i) & MASK];
        mark(j, j->play + (uint32_t)i, false);
    }
    if (j->missing && !j->clear)
        blend(j, out, n);
    j->missing = false;
    j->primed = true;
    j->dry = 0;
}

static void play_missing(struct jitter *j, uint8_t *out, size_t n)
{
    if (j->dry > DRY_MAX) {
        memset(out, silence(j), n);
    } else {
        if (j->clear)
            memset(out, CLEAR_FILL, n);
        else
            conceal(j, out, n);
        j->dry += (uint32_t)n;
        j->concealed += n;
    }
    for (size_t i = 0; i < n; i++)
        j->ring[(j->play + i) & MASK] = out[i];
    j->missing = true;
}

void jitter_get(struct jitter *j, uint8_t *out, size_t n)
{
    if (!j->started) {
        memset(out, silence(j), n);
        return;
    }
    for (size_t done = 0; done < n;) {
        bool there = has(j, j->play);
        size_t run = run_of(j, n - done, there);
        if (there)
            play_good(j, out + done, run);
        else if (!j->primed)
            memset(out + done, silence(j), run);
        else
            play_missing(j, out + done, run);
        j->play += (uint32_t)run;
        j->window += j->primed ? (uint32_t)run : 0;
        done += run;
    }
    if (j->clear)
        maybe_slip(j);
    else
        maybe_shrink(j, out, n);
}

uint32_t jitter_depth(const struct jitter *j)
{
    int32_t depth = (int32_t)(j->newest - j->play);
    return j->started && depth > 0 ? (uint32_t)depth : 0;
}
