/* Waveform concealment. The loop over k periods is closed by an overlap of a quarter period: its
 * end becomes what precedes its start, so that it may be repeated without a click. */
#include "codec/conceal.h"

#include <math.h>
#include <string.h>

/** Samples that the search compares, and the first sample from which on two periods are repeated,
 * and a step later three. The appendix has 160 and 80; on speech (567 prompts, losses of 10 to 60
 * ms) these come nearer to what was lost: what counts is what the voice did last. */
#define COMPARED 64
#define MORE     160

#define STEP    80 /* after the first 10 ms it gets softer */
#define PERIODS 3

/** Correlation of the last samples with those `lag` earlier, over the earlier ones' strength. */
static float score(const int16_t *end, int lag, int step)
{
    const int16_t *a = end - COMPARED, *b = a - lag;
    float ab = 0, bb = 1;

    for (int i = 0; i < COMPARED; i += step) {
        ab += (float)a[i] * b[i];
        bb += (float)b[i] * b[i];
    }
    return ab / sqrtf(bb);
}

static int find_pitch(const int16_t *end)
{
    int best = CONCEAL_PITCH_MIN;
    float most = -INFINITY;

    for (int lag = CONCEAL_PITCH_MIN; lag <= CONCEAL_PITCH_MAX; lag += 2) {
        float s = score(end, lag, 2);
        if (s > most) {
            most = s;
            best = lag;
        }
    }
    int from = best > CONCEAL_PITCH_MIN ? best - 1 : best;
    int to = best < CONCEAL_PITCH_MAX ? best + 1 : best;

    most = -INFINITY;
    for (int lag = from; lag <= to; lag++) {
        float s = score(end, lag, 1);
        if (s > most) {
            most = s;
            best = lag;
        }
    }
    return best;
}

void conceal_start(struct conceal *c, const int16_t *end)
{
    unsigned pitch = (unsigned)find_pitch(end), quarter = pitch / 4;

    c->pitch = (uint16_t)pitch;
    c->at = c->read = 0;
    c->periods = 1;
    memcpy(c->tail, end - PERIODS * pitch, PERIODS * pitch * sizeof *end);
    memcpy(c->before, end - PERIODS * pitch - quarter, quarter * sizeof *end);
    int seam = end[-1] - end[-1 - (int)pitch];
    c->seam = (int16_t)(seam > INT16_MAX ? INT16_MAX : seam < INT16_MIN ? INT16_MIN : seam);
}

/** Sample `i` of the closed loop over the last `k` periods. */
static int looped(const struct conceal *c, unsigned k, unsigned i)
{
    unsigned n = k * c->pitch, quarter = c->pitch / 4u, from = PERIODS * c->pitch - n;
    int v = c->tail[from + i];

    if (i < n - quarter)
        return v;
    unsigned w = i - (n - quarter) + 1; /* 1 to quarter */
    int earlier = from > 0 ? c->tail[from + i - n] : c->before[i - (n - quarter)];
    return (v * (int)(quarter - w) + earlier * (int)w) / (int)quarter;
}

/** Q12: full for 10 ms, then falling by a fifth each 10 ms, 0 from 60 ms on. */
static int gain_at(unsigned at)
{
    if (at < STEP)
        return 4096;
    if (at >= CONCEAL_END)
        return 0;
    return (int)(4096 * (CONCEAL_END - at) / (CONCEAL_END - STEP));
}

/** One sample, and on. At each step the longer loop is faded in over a quarter period. */
static int16_t make_one(struct conceal *c)
{
    unsigned quarter = c->pitch / 4u, at = c->at;
    unsigned into = at % STEP;

    if (into == 0 && at >= MORE && c->periods < PERIODS) {
        c->read = (uint16_t)(c->read % c->pitch);
        c->periods++;
    }
    int v = looped(c, c->periods, c->read);
    if (at >= MORE && at < MORE + 2 * STEP && into < quarter) {
        int old = looped(c, c->periods - 1u, c->read % ((c->periods - 1u) * c->pitch));
        v = (old * (int)(quarter - into) + v * (int)into) / (int)quarter;
    }
    if (at < quarter)
        v += c->seam * (int)(quarter - at - 1) / (int)quarter;
    c->read = (uint16_t)(c->read + 1u < c->periods * c->pitch ? c->read + 1u : 0);
    c->at++;
    v = v * gain_at(at) / 4096;
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

void conceal_make(struct conceal *c, int16_t *out, size_t n)
{
    size_t i = 0;

    for (; i < n && c->at < CONCEAL_END; i++)
        out[i] = make_one(c);
    memset(out + i, 0, (n - i) * sizeof *out);
}

void conceal_join(struct conceal *c, int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int made = c->at < CONCEAL_END ? make_one(c) : 0;
        int w = (int)(2 * i + 1), whole = (int)(2 * n);
        pcm[i] = (int16_t)((made * (whole - w) + pcm[i] * w) / whole);
    }
}
