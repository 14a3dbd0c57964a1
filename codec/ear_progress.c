/* Call-progress tones, block by block: which of the country's combinations of frequencies sounds.
 * A single frequency is measured in the 20 ms window and may be some 40 Hz off, as special
 * information tones are. Two at once may lie as close as 40 Hz; they are told apart in a window of
 * 50 ms, which is four of the usual ones added up in phase.
 */
#include "codec/ear_priv.h"

#define SHARE  0.7f
#define OFF_HZ 42.0f
/** -43 dBm0: less is silence; and so is a twentieth of the tone that sounded last. */
#define LEVEL  (EAR_0DBM0 * 5.0e-5f)
#define HUSHED 0.05f
/** The weaker of two frequencies has at least this part of both. */
#define WEAKER 0.1f

/** Power of a bin in the long window, sixteen times too large: amplitudes add up. */
static float long_power(const struct ear_progress *p, const struct ear_set *s, unsigned bin)
{
    struct ear_point turn = {s->turn[bin][0], s->turn[bin][1]}, sum = {0, 0};

    for (unsigned i = 1; i <= 4; i++) { /* oldest first, each turned on to the next */
        struct ear_point next = p->ring[(p->at + i) % 4][bin];
        sum = ear_times(sum, turn);
        sum.re += next.re;
        sum.im += next.im;
    }
    return ear_power(sum);
}

static float share_of_two(const struct ear_progress *p, const struct ear_set *s,
                          const struct ear_combo *c)
{
    float a = long_power(p, s, (unsigned)c->bin[0]), b = long_power(p, s, (unsigned)c->bin[1]);
    float energy = p->energy[0] + p->energy[1] + p->energy[2] + p->energy[3];

    return fminf(a, b) < WEAKER * (a + b) || energy <= 0 ? 0 : (a + b) / (4.0f * energy);
}

static float share_of_one(const struct ear_set *s, const struct ear_combo *c, unsigned lane,
                          float energy)
{
    struct ear_single t = ear_single(s, (unsigned)c->bin[0], lane, energy);

    return fabsf(t.offset) <= OFF_HZ ? t.share : 0;
}

static int what_sounds(struct ear_progress *p, const struct ear_country *c, const struct ear_set *s,
                       unsigned lane, float energy)
{
    float most = SHARE;
    int what = EAR_OTHER;

    if (energy < LEVEL || energy < HUSHED * p->loud)
        return EAR_SILENCE;
    for (unsigned i = 0; i < c->ncombos; i++) {
        const struct ear_combo *k = &c->combo[i];
        float share = k->bin[1] < 0 ? share_of_one(s, k, lane, energy) : share_of_two(p, s, k);
        if (share > most) {
            most = share;
            what = (int)i;
        }
    }
    if (what >= 0)
        p->loud = energy;
    return what;
}

void ear_progress_hear(struct ear_progress *p, const struct ear_country *c, const struct ear_set *s,
                       unsigned lane, float energy, struct ear_heard *out)
{
    static const uint16_t bits[TONE_KINDS] = {
        [TONE_DIAL] = EAR_HEARD_DIAL, [TONE_RINGBACK] = EAR_HEARD_RINGBACK,
        [TONE_BUSY] = EAR_HEARD_BUSY, [TONE_CONGESTION] = EAR_HEARD_CONGESTION,
        [TONE_SIT] = EAR_HEARD_SIT,
    };

    p->at = (p->at + 1) % 4;
    for (unsigned k = 0; k < c->nhz; k++)
        p->ring[p->at][k] = ear_now(s, k, lane);
    p->energy[p->at] = energy;
    uint16_t was = bits[p->rhythm.kind];
    uint16_t is = bits[ear_rhythm_take(&p->rhythm, c, what_sounds(p, c, s, lane, energy))];
    out->begun |= is & ~(unsigned)was;
    out->over |= was & ~(unsigned)is;
    out->now |= is;
}
