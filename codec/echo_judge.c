/* What an echo cancelling lane thinks of its two filters: when the foreground takes over the
 * adapting one, when the path seems to have changed, and whether there is anything to learn. Levels
 * are mean squares of 16-bit samples. */
#include "codec/echo_priv.h"

#include <math.h>
#include <string.h>

/** The far end speaks: over -50 dBm0. */
#define FAR_SPEAKS (ECHO_DBM0 * 1e-5f)
/** Silence for the tone disabler: under -36 dBm0, and for 250 ms (G.165 4.8: 250 +- 150 ms after
 * the signal has fallen 3 dB under the holding band). */
#define HOLDING     (ECHO_DBM0 * 2.5119e-4f)
#define HOLD_BLOCKS 25
/** Of the peakedness of a spectrum: a tone or two have more, and for longer than a vowel does. */
#define TONE_PEAK   0.13f
#define TONE_BLOCKS 6
/** Share of the filter's power that is held to be wrong, for an echo that it has not diminished. */
#define SLACK 0.1f
/** A filter that has reached less than 20 dB after two seconds of the far end is a poor one. */
#define POOR        100.0f
#define POOR_BLOCKS 200
/** Better than 30 dB is not asked for: G.711 allows no more. */
#define BEST 1000.0f
/** Bits of proof: from which on there is an echo, the most that is remembered and that a block adds
 * or takes (4: 12 dB), what each block forgets, and what one of a tone counts. */
#define PROVED_BITS 10.0f
#define TOP_BITS    40.0f
#define MOST_BITS   4.0f
#define FORGET_BITS 0.02f
#define TONE_SHARE  0.1f
/** An echo that weak (-37 dB) is none; nor is what is as loud as the far end (-1.5 dB; hybrids have
 * 6 at least): then the same tone sounds in both directions. */
#define FAINT 2e-4f
#define LOUD  0.7f
/** What a block leaves of an adapting filter that does not help where no echo is known. */
#define LEFT 0.97f
/** What a block leaves of the predicted echo's level, which the residue follows. */
#define ECHO_KEPT 0.7f
/** Share of a block in the smoothed levels. */
#define SMOOTH 0.25f

void echo_lane_reset(struct echo_lane *s, const struct echo_config *config)
{
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->gain = 1.0f;
    s->residue = 0.25f;
    s->record = 1.0f;
    s->quiet = 1.0f;
    s->lowest[0] = s->lowest[1] = 1e9f;
}

static uint8_t count(uint8_t n, bool more)
{
    return more ? (uint8_t)(n < 255 ? n + 1 : 255) : 0;
}

void echo_lane_hear(struct echo_bank *b, unsigned lane, float x, float d, float peak)
{
    struct echo_lane *s = &b->lane[lane];

    s->x = x;
    s->d = d;
    s->recent[b->block % (b->a.parts + 1)] = x;
    s->held = 0;
    for (unsigned i = 0; i <= b->a.parts; i++)
        s->held = s->recent[i] > s->held ? s->recent[i] : s->held;
    s->far_speaks = s->held > FAR_SPEAKS;
    s->tonal = count(s->tonal, x > FAR_SPEAKS && peak > TONE_PEAK);
    s->idle = count(s->idle, x < HOLDING && d < HOLDING);
    if (s->disabled && s->idle >= HOLD_BLOCKS)
        s->disabled = false;
}

/** The filter does what it can do. */
static bool calm(const struct echo_lane *s)
{
    return s->record > ECHO_CONVERGED && s->fore * s->record < 4.0f * s->near;
}

static bool tone_freezes(const struct echo_lane *s)
{
    return s->tonal >= TONE_BLOCKS && s->record > ECHO_CONVERGED;
}

bool echo_wants(const struct echo_bank *b, uint16_t active)
{
    for (unsigned l = 0; l < LANES; l++) {
        const struct echo_lane *s = &b->lane[l];
        if (!(active & 1u << l) || s->disabled || !s->far_speaks || tone_freezes(s))
            continue;
        if (!calm(s) || b->block % 4 == 0)
            return true;
    }
    return false;
}

static void follow(float *s, float level)
{
    *s += SMOOTH * (level - *s) + 1e-6f;
}

/** Follows the proof that there is an echo at all: how likely the line's sound is with what the
 * foreground predicts, and without. A near end that speaks proves nothing; and what has nothing to
 * do with the far end is not predicted but, when it is soft, made louder. Until there is proof, and
 * when it has gone, the line is heard as it is. */
static void prove(struct echo_lane *s, unsigned l, const struct echo_levels *v,
                  struct echo_orders *o)
{
    float bits = log2f((v->near + 10.0f) / (v->fore + 10.0f));

    if (s->far_speaks && s->d < (bits > 0.0f ? LOUD : 1.0f) * s->held &&
        (s->d > FAINT * s->held || bits < 0.0f)) {
        bits = fmaxf(-MOST_BITS, fminf(bits, MOST_BITS)) - FORGET_BITS;
        s->proof += s->tonal >= TONE_BLOCKS ? TONE_SHARE * bits : bits;
        s->proof = fmaxf(0.0f, fminf(s->proof, TOP_BITS));
    }
    if (s->proof >= PROVED_BITS)
        s->echoes = true;
    else if (s->proof <= 0.0f)
        s->echoes = false;
    if (!s->echoes || v->fore > 4.0f * v->near + 100.0f) {
        o->bypass[l] = ~0u;
        o->any_bypass = true;
    }
}

/** A filter that only does harm was right once, for another path, or for none. */
static bool harmful(struct echo_lane *s, unsigned l, struct echo_orders *o)
{
    s->bad = count(s->bad, s->fore > 1.5f * s->near + 100.0f && s->far_speaks);
    if (s->bad < 5)
        return false;
    s->bad = 0;
    if (s->echoes) {
        s->changes++;
        o->doubt[l] = ECHO_UNKNOWN;
        o->any_doubt = true;
    }
    s->echoes = false;
    s->proof = 0.0f;
    s->record = 1.0f;
    s->residue = 0.25f;
    s->fore = s->back = s->near;
    o->forget[l] = ~0u;
    o->any_forget = true;
    return true;
}

/** Follows by how much the adapting filter is better, and whether that is more than chance: the
 * gain squared against the error's power times that of the filters' difference. */
static bool significant(struct echo_lane *s, const struct echo_levels *v)
{
    static const float share[2] = {0.4f, 0.15f}, limit[2] = {0.5f, 0.25f};
    float gain = v->fore - v->back, spread = v->fore * v->apart;
    bool yes = false;

    for (unsigned i = 0; i < 2; i++) {
        float keep = 1.0f - share[i];
        s->gained[i] = keep * s->gained[i] + share[i] * gain;
        s->spread[i] = keep * keep * s->spread[i] + share[i] * share[i] * spread + 1e-6f;
        yes |= s->gained[i] > 0 && s->gained[i] * s->gained[i] > limit[i] * s->spread[i];
    }
    return yes;
}

static void transfer(struct echo_lane *s, unsigned l, struct echo_orders *o)
{
    memset(s->gained, 0, sizeof s->gained);
    memset(s->spread, 0, sizeof s->spread);
    s->good = 0;
    s->fore = s->back;
    s->transfers++;
    o->forward[l] = ~0u;
    o->any_forward = true;
}

static void compare(struct echo_lane *s, unsigned l, const struct echo_levels *v,
                    struct echo_orders *o)
{
    bool better = significant(s, v), learnt = s->record > ECHO_CONVERGED;

    s->good = count(s->good, s->back < 0.5f * s->fore && v->back < v->fore && s->far_speaks);
    s->worse = count(s->worse, s->back > 2.0f * s->fore && s->far_speaks);
    if (learnt && s->near_speaks ? s->good >= 5 : better && s->far_speaks) {
        transfer(s, l, o);
    } else if (s->worse >= 10) {
        s->worse = 0;
        s->back = s->fore;
        o->backward[l] = ~0u;
        o->any_backward = true;
    }
}

/** The adapting filter is to learn in long steps again. */
static void doubt(struct echo_lane *s, unsigned l, float least, struct echo_orders *o)
{
    s->rest = 100;
    s->changed = s->poor = 0;
    o->doubt[l] = least;
    o->any_doubt = true;
}

/** The residue has come back: either the near end speaks, which the foreground survives, or the
 * path is another and must be learnt quickly. Or it has never gone: then the filter is too sure of
 * what it learnt from bad sound. */
static void suspect(struct echo_lane *s, unsigned l, struct echo_orders *o)
{
    float erle = fminf(s->near / (s->back + 1.0f), BEST);

    if (erle > s->record)
        s->record += 0.05f * (erle - s->record);
    s->rest = (uint8_t)(s->rest ? s->rest - 1 : 0);
    if (s->d < 0.3f * s->pd || s->tonal)
        return; /* a pause tells nothing, nor does a tone */
    s->changed = count(s->changed, erle * 10.0f < s->record && s->d < s->held);
    if (erle < POOR && !s->near_speaks && s->back > 4.0f * s->quiet)
        s->poor++;
    if (s->changed >= 8 && !s->rest) {
        s->changes++;
        doubt(s, l, ECHO_UNKNOWN, o);
    } else if (s->poor >= POOR_BLOCKS) {
        doubt(s, l, 0.1f * ECHO_UNKNOWN, o);
    }
}

void echo_judge(struct echo_bank *b, unsigned lane, const struct echo_levels *v, bool both,
                struct echo_orders *o)
{
    struct echo_lane *s = &b->lane[lane];

    s->error = v->fore;
    s->echo = fmaxf(v->echo, ECHO_KEPT * s->echo);
    follow(&s->near, v->near);
    follow(&s->fore, v->fore);
    if (!s->disabled)
        prove(s, lane, v, o);
    if (s->disabled || !both)
        return;
    follow(&s->back, v->back);
    if (harmful(s, lane, o))
        return;
    compare(s, lane, v, o);
    if (!s->far_speaks)
        return;
    suspect(s, lane, o);
    if (s->d < 2.0f * s->held && !tone_freezes(s)) {
        o->gain[lane] = 1.0f;
        o->keep[lane] = !s->echoes && s->back > s->near ? LEFT : 1.0f;
        o->slack[lane] = SLACK / s->record;
        o->any_gain = true;
    }
}
