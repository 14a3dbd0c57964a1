/* Towards the delay wanted, by time scaling. In a pause any amount is cut or repeated at once; in
 * sound one pitch period at a time, where there is one. The longer none is found, the less alike
 * two stretches need to be. */
#include "codec/playout_priv.h"
#include "codec/stretch.h"

#include <string.h>

/** Quiet enough that nothing is heard of it: about -46 dBm0. */
#define QUIET 160

/** The most that is cut or repeated in one go, in a pause: what the history holds beyond a block.
 */
#define MOST 320

/** Correlation asked for at first, and how it falls with each failure. What has no period, noise,
 * is nowhere much alike, and nobody hears that either: after a second or so any place will do. */
#define ALIKE      0.90f
#define ALIKE_STEP 0.015f

/** Blocks between two changes: few when far off. */
#define NEAR_REST 5
#define FAR_REST  2
#define FAR_OFF   400 /* samples */

/** How far to cut or repeat at x; 0: not here. `room` is how much may be cut, or repeated (< 0). */
static int choose_shift(struct playout *p, const int16_t *x, int diff, int room)
{
    int lo = room > 0 ? 0 : room, hi = STRETCH_BLOCK + (room > 0 ? room : 0);

    if (room != 0 && stretch_peak(x + lo, (size_t)(hi - lo)) <= QUIET)
        return room;
    if (diff > 0 && (diff < PLAYOUT_BLOCK || room < STRETCH_LEAST))
        return 0;
    float alike;
    int most = diff > 0
                   ? (room < STRETCH_MOST ? room : STRETCH_MOST)
                   : (PLAYOUT_BLOCK - diff < STRETCH_MOST ? PLAYOUT_BLOCK - diff : STRETCH_MOST);
    int shift = diff > 0 ? stretch_find(x, STRETCH_LEAST, most, &alike)
                         : stretch_find(x, -most, -STRETCH_LEAST, &alike);

    if (alike >= ALIKE - ALIKE_STEP * (float)p->fails)
        return shift;
    p->fails = (uint8_t)(p->fails < 100 ? p->fails + (diff > FAR_OFF ? 2 : 1) : p->fails);
    return 0;
}

bool playout_scale(struct playout *p, int16_t *out)
{
    int16_t window[PLAYOUT_WINDOW];
    int diff = (int32_t)(p->t - p->pos) - p->target.want;
    int wanted = diff > MOST ? MOST : diff < -MOST ? -MOST : diff;

    playout_fill(p, PLAYOUT_BLOCK + (unsigned)(wanted > 0 ? wanted : 0));
    if (p->state != PLAYOUT_PLAYING || p->lin_n < PLAYOUT_BLOCK)
        return false;
    if (diff < 0 && p->lin_n - PLAYOUT_BLOCK + MOST > PLAYOUT_LINEAR)
        return false; /* what was repeated waits: it is played first */
    int room = wanted > 0 && wanted > p->lin_n - PLAYOUT_BLOCK ? p->lin_n - PLAYOUT_BLOCK : wanted;
    const int16_t *x = playout_window(p, window);
    int shift = choose_shift(p, x, diff, room);

    if (shift == 0)
        return false;
    stretch_fade(out, x, shift);
    unsigned rest = (unsigned)(p->lin_n - PLAYOUT_BLOCK - shift);
    memcpy(p->lin, x + PLAYOUT_BLOCK + shift, rest * sizeof *x);
    p->lin_n = (uint16_t)rest;
    p->pos += (uint32_t)(PLAYOUT_BLOCK + shift);
    p->t += PLAYOUT_BLOCK;
    p->fails /= 2; /* what had no period will not have one soon */
    p->cooldown = diff > FAR_OFF || diff < 0 ? FAR_REST : NEAR_REST;
    if (shift > 0)
        p->stats.accelerated += (unsigned)shift;
    else
        p->stats.expanded += (unsigned)-shift;
    return true;
}
