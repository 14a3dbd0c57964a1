/* Deciding on DTMF digits. A block is a possible digit when one frequency of each group holds most
 * of the sound; blocks of the same digit are a candidate, which becomes a digit once it has lasted
 * long enough with both frequencies where they belong. The share of the sound that must be the two
 * tones', and the frequencies' accuracy, which is measured by phase from block to block, are what
 * keeps speech from being taken for digits.
 */
#include "codec/ear_priv.h"

const float ear_dtmf_hz[EAR_BINS] = {697, 770, 852, 941, 1209, 1336, 1477, 1633, 350, 430};

static const char keys[] = "123A456B789C*0#D";

#define BLOCK_MS 10.0f

/** -33 dBm0: the stronger tone has that at least. Q.24: operators must accept down to -22 to -29
 * dBm per frequency, and reject below -36 to -40. */
#define LEVEL (EAR_0DBM0 * 5.0e-4f)
/** 9.5 dB either way. */
#define TWIST 8.9f
/** Share of the sound that makes a block a possible digit; in the first block after a pause, when
 * the tone fills half of the window at most. Lower limits would catch a few ms more of a digit's
 * begin, and mute speech ten times as often (a block in 200 s now). */
#define SHARE       0.65f
#define SHARE_ONSET 0.45f
/** And what it must be, corrected for frequency, in blocks that make it a digit: 15 dB of signal to
 * noise are 0.97. */
#define SHARE_FULL 0.90f
#define SHARE_MOST 1.12f
/** The same beside dial tone, of which something is always left. */
#define SHARE_DIAL 0.78f
/** How far the frequencies may be off, parts of one: 1.5 % + 2 Hz are to be accepted (1.8 % of 697
 * Hz), 3.5 % are not. */
#define OFF_LOW  0.022f
#define OFF_HIGH 0.020f
/** A block whose phase is the wrong way by more is no block of a digit. */
#define OFF_BLOCK 0.030f
/** In units of 50 Hz: a voice's pitch moves by more from block to block, a tone's does not. */
#define GLIDE 0.2f
/** Dial tone: its share of the sound, and blocks of it until it is believed, and for how long. */
#define DIAL_SHARE 0.8f
#define DIAL_SURE  8u
#define DIAL_HOLD  100u

/** What a block is. */
struct view {
    const struct ear_set *s;
    unsigned lane;
    int key; /**< the strongest pair */
    float low, high, total;
    float full; /**< what SHARE_FULL is here */
    bool maybe;
};

void ear_dtmf_start(struct ear_dtmf *d)
{
    *d = (struct ear_dtmf){.key = -1, .cand = {.key = -1}};
}

static float amplitude(const struct view *v, int key)
{
    return sqrtf(ear_power(ear_now(v->s, (unsigned)key / 4, v->lane)) +
                 ear_power(ear_now(v->s, 4 + (unsigned)key % 4, v->lane)));
}

static float amplitude_before(const struct view *v, int key)
{
    return sqrtf(ear_power(ear_before(v->s, (unsigned)key / 4, v->lane)) +
                 ear_power(ear_before(v->s, 4 + (unsigned)key % 4, v->lane)));
}

/** Power without the dial tone, once that has been heard on its own for a while. How much of it the
 * two bins miss was seen then. */
static float without_dial(struct ear_dtmf *d, float energy, float dial, float tones)
{
    bool pure = energy > LEVEL && dial > DIAL_SHARE * energy;
    bool both = dial > 0.1f * energy && dial + tones > 0.9f * energy;

    d->dial = pure ? d->dial + 1 : 0;
    if (d->dial >= DIAL_SURE)
        d->dial_all = energy / dial;
    if (d->dial >= DIAL_SURE || (d->dial_hold > 0 && (pure || both)))
        d->dial_hold = DIAL_HOLD;
    if (d->dial_hold == 0)
        return energy;
    d->dial_hold--;
    return fmaxf(energy - d->dial_all * dial, tones);
}

static struct view view(struct ear_dtmf *d, const struct ear_set *s, const struct ear_pick *pick,
                        unsigned lane, float energy)
{
    float low = pick->plow[lane], high = pick->phigh[lane];
    float total = without_dial(d, energy, pick->dial[lane], low + high);
    float share = total > 10.0f * d->before ? SHARE_ONSET : SHARE;

    d->before = total;
    return (struct view){.s = s,
                         .lane = lane,
                         .key = 4 * pick->low[lane] + pick->high[lane],
                         .low = low,
                         .high = high,
                         .total = total,
                         .full = d->dial_hold ? SHARE_DIAL : SHARE_FULL,
                         .maybe = fmaxf(low, high) >= LEVEL && low <= TWIST * high &&
                                  high <= TWIST * low && low + high >= share * total};
}

/* ---- the candidate ---- */

/** True when a phase gained (in half turns) is within `part` of the bin's frequency. */
static bool on_pitch(float x, float hz, float part)
{
    return fabsf(x) * 50.0f <= part * hz;
}

static void begin(struct ear_candidate *c, const struct view *v)
{
    float a = amplitude(v, v->key);

    *c = (struct ear_candidate){
        .key = v->key, .lead = amplitude_before(v, v->key), .sum = a, .peak = a, .blocks = 1};
}

/** Another block of the same pair. */
static void extend(struct ear_candidate *c, const struct view *v)
{
    float a = amplitude(v, c->key), share = 0;
    bool well = true, glides = false;

    for (unsigned g = 0; g < 2; g++) {
        unsigned bin = g ? 4 + (unsigned)c->key % 4 : (unsigned)c->key / 4;
        struct ear_point gain = ear_gain(v->s, bin, v->lane);
        float x = ear_angle(gain);

        c->gain[g].re += gain.re;
        c->gain[g].im += gain.im;
        share += (g ? v->high : v->low) * ear_beside(x);
        well = well && on_pitch(x, v->s->hz[bin], OFF_BLOCK);
        glides = glides || fabsf(x - c->offset[g]) > GLIDE;
        c->offset[g] = x;
    }
    well = well && share >= v->full * v->total && share <= SHARE_MOST * v->total;
    c->glides += well && c->well && glides;
    c->full += well;
    c->well = well;
    c->sum += a;
    c->peak = fmaxf(c->peak, a);
    c->blocks++;
}

/** True when the candidate is a digit. */
static bool ripe(const struct ear_candidate *c, const struct ear_set *s, float on)
{
    unsigned low = (unsigned)c->key / 4, high = 4 + (unsigned)c->key % 4;

    return c->full >= 2 + 2 * c->glides && c->full + 2 >= c->blocks &&
           c->sum + fminf(c->lead, 0.5f * c->peak) >= on * c->peak &&
           on_pitch(ear_angle(c->gain[0]), s->hz[low], OFF_LOW) &&
           on_pitch(ear_angle(c->gain[1]), s->hz[high], OFF_HIGH);
}

/** Takes a block; true when the candidate has become a digit. */
static bool consider(struct ear_candidate *c, const struct view *v, float on)
{
    if (v->maybe && c->key != v->key) {
        begin(c, v);
        return false;
    }
    if (v->maybe) {
        extend(c, v);
        return ripe(c, v->s, on);
    }
    if (c->key < 0)
        return false;
    c->sum += fminf(amplitude(v, c->key), 0.5f * c->peak);
    bool yes = ripe(c, v->s, on);
    if (!yes)
        c->key = -1;
    return yes;
}

/* ---- the digit ---- */

unsigned ear_dtmf_ms(const struct ear_dtmf *d)
{
    float ms = d->key < 0 ? 0 : BLOCK_MS * d->sum / d->peak;

    return ms < 65535.0f ? (unsigned)lrintf(ms) : 65535u;
}

static void end(struct ear_dtmf *d, struct ear_heard *out)
{
    out->ended = keys[d->key];
    out->ended_ms = (uint16_t)ear_dtmf_ms(d);
    d->key = -1;
}

static void sound(struct ear_dtmf *d, struct ear_heard *out)
{
    const struct ear_candidate *c = &d->cand;

    if (d->key >= 0)
        end(d, out);
    d->key = c->key;
    d->peak = c->peak;
    d->sum = c->sum + fminf(c->lead, 0.5f * c->peak);
    d->gap = 0;
    d->serial++;
    d->cand.key = -1;
}

/** The digit goes on, or its pause does. True when this block was its own. */
static bool sustain(struct ear_dtmf *d, const struct view *v, float off, struct ear_heard *out)
{
    float a = fminf(amplitude(v, d->key), d->peak);

    if (v->maybe && v->key == d->key) {
        d->sum += a;
        d->gap = 0;
        d->cand.key = -1;
        return true;
    }
    if (d->gap == 0) /* the window at the tone's end holds a part of it */
        d->sum += fminf(a, 0.5f * d->peak);
    d->gap += 1.0f - a / d->peak;
    if (d->gap >= off)
        end(d, out);
    return false;
}

void ear_dtmf_hear(struct ear_dtmf *d, const struct ear_set *s, const struct ear_pick *pick,
                   unsigned lane, float energy, const struct ear_limits *limits,
                   struct ear_heard *out)
{
    struct view v = view(d, s, pick, lane, energy);

    if (v.maybe || d->key >= 0 || d->cand.key >= 0) {
        bool own = d->key >= 0 && sustain(d, &v, limits->off, out);
        if (!own && consider(&d->cand, &v, limits->on))
            sound(d, out);
    }
    out->digit = d->key < 0 ? 0 : keys[d->key];
    out->serial = d->serial;
    out->hush = d->key >= 0 || d->cand.key >= 0;
}
