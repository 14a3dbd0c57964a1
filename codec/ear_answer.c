/* The answer tone: 2100 Hz (V.25, T.30 CED), its phase reversals every 450 ms, which disable echo
 * cancellers (G.168 7), and the 15 Hz amplitude modulation of ANSam (V.8).
 *
 * A reversal is seen by comparing the phase of a window with that of the window 30 ms before,
 * turned on by what the tone's frequency makes of 30 ms: wherever the jump lies, one such pair has
 * it exactly in between. G.168 7.3: jumps of 180 +-25 degrees count, those of up to 110 do not.
 */
#include "codec/ear_priv.h"

#define LEVEL      (EAR_0DBM0 * 5.0e-4f) /* -33 dBm0; G.168: works from -31 */
#define SHARE      0.7f                  /* noise 11 dB below the tone leaves 0.93 (G.168 7.2) */
#define SHARE_HALF 0.5f
#define OFF_HZ     30.0f     /* G.168: 2079-2121 Hz count */
#define SURE       25u       /* blocks: 250 ms of tone */
#define GONE       15u       /* G.168 7.7: gaps of 100 ms are held */
#define JUMP       (-0.675f) /* cosine of 132.5 degrees: between 110 and 155 */
#define APART      41u       /* blocks: 450 +-25 ms, and a block of error */
#define APART_MOST 49u
#define REFRACTORY 10u
#define AM_DEPTH   0.11f /* V.8: 20 +-1 % */

static const uint16_t all = EAR_HEARD_ANSWER | EAR_HEARD_REVERSALS | EAR_HEARD_AM;

static void tell(struct ear_answer *a, unsigned bits, struct ear_heard *out)
{
    uint16_t fresh = (uint16_t)(bits & ~(unsigned)a->now);

    a->now |= fresh;
    out->begun |= fresh;
}

/** Phase gained per block, smoothed; a block in which it jumps is left out, but if it goes on being
 * different, the old one was wrong. */
static void follow(struct ear_answer *a, struct ear_point gain)
{
    float cross = a->turn.re * gain.re + a->turn.im * gain.im;
    float both = sqrtf(ear_power(a->turn) * ear_power(gain));

    if (both > 0 && cross < 0.8f * both) {
        a->turn.re *= 0.7f;
        a->turn.im *= 0.7f;
        if (ear_power(a->turn) > 0.01f * ear_power(gain))
            return;
    }
    a->turn.re += 0.125f * (gain.re - a->turn.re);
    a->turn.im += 0.125f * (gain.im - a->turn.im);
}

/** True when the phase jumped between the window three blocks ago and this one. */
static bool jumped(const struct ear_answer *a, const struct ear_set *s)
{
    struct ear_point turn = {s->turn[EAR_BIN_2100][0], s->turn[EAR_BIN_2100][1]};
    struct ear_point one = ear_times(turn, a->turn);
    float size = sqrtf(ear_power(one)), both = ear_power(a->last[0]) * ear_power(a->last[3]);

    if (size <= 0 || both <= 0)
        return false;
    one = (struct ear_point){one.re / size, one.im / size};
    struct ear_point d = ear_over(a->last[0], a->last[3]);
    for (unsigned i = 0; i < 3; i++)
        d = ear_over(d, one);
    return d.re < JUMP * sqrtf(both);
}

static void reversals(struct ear_answer *a, const struct ear_set *s, struct ear_heard *out)
{
    a->since += a->since > 0;
    if ((a->since > 0 && a->since <= REFRACTORY) || a->on < 4 || !jumped(a, s))
        return;
    bool timely = a->since > APART && a->since <= APART_MOST + 1;
    a->reversals = timely ? a->reversals + 1 : 1;
    a->since = 1;
    if (a->reversals >= 2)
        tell(a, EAR_HEARD_ANSWER | EAR_HEARD_REVERSALS, out);
}

/** Amplitude at 15 Hz over six periods. A reversal disturbs one stretch a little: the depth asked
 * for is above that. */
static void modulation(struct ear_answer *a, float amplitude, struct ear_heard *out)
{
    float w = (float)(2.0 * M_PI * 15.0 * 0.01) * (float)a->am_at;

    a->sum += amplitude;
    a->am.re += amplitude * cosf(w);
    a->am.im += amplitude * sinf(w);
    if (++a->am_at < EAR_AM_BLOCKS)
        return;
    if (2.0f * sqrtf(ear_power(a->am)) >= AM_DEPTH * a->sum)
        tell(a, EAR_HEARD_AM, out);
    a->am_at = 0;
    a->sum = 0;
    a->am = (struct ear_point){0, 0};
}

static void gone(struct ear_answer *a, struct ear_heard *out)
{
    out->over |= a->now & all;
    *a = (struct ear_answer){.on = 0};
}

void ear_answer_hear(struct ear_answer *a, const struct ear_set *s, unsigned lane, float energy,
                     struct ear_heard *out)
{
    struct ear_single t = ear_single(s, EAR_BIN_2100, lane, energy);
    struct ear_point p = ear_now(s, EAR_BIN_2100, lane);
    bool clean = ear_power(p) >= SHARE_HALF * energy && energy >= LEVEL;
    bool good = t.share >= SHARE && fabsf(t.offset) <= OFF_HZ && t.power >= LEVEL;

    for (unsigned i = 3; i > 0; i--)
        a->last[i] = a->last[i - 1];
    a->last[0] = clean ? p : (struct ear_point){0, 0};
    if (good) {
        a->on++;
        a->missing = 0;
        follow(a, ear_gain(s, EAR_BIN_2100, lane));
    } else if (a->on > 0 && ++a->missing > GONE) {
        gone(a, out);
    }
    if (a->on >= SURE)
        tell(a, EAR_HEARD_ANSWER, out);
    if (a->on > 0) {
        reversals(a, s, out);
        modulation(a, sqrtf(ear_power(p)), out);
    }
    out->now |= a->now;
}
