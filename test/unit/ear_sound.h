/* Sound for the ear's tests, made without the code under test: sines, digits, noise; and a bank
 * whose sixteen lanes hear the same sound, each 5 samples later than the one before, so that every
 * position of a sound in the blocks of 80 samples is tried.
 */
#ifndef TEST_UNIT_EAR_SOUND_H
#define TEST_UNIT_EAR_SOUND_H

#include "codec/ear.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SOUND_MS 60000u

struct sound {
    double x[SOUND_MS * 8]; /**< 16-bit scale */
    size_t n;
};

/** Peak of a sine: full scale of A-law, 32767 here, is +3.14 dBm0 (G.711). */
static inline double sound_peak(double dbm0)
{
    return 32767.0 * pow(10.0, (dbm0 - 3.14) / 20.0);
}

static inline void sound_silence(struct sound *s, double ms)
{
    size_t n = (size_t)lrint(ms * 8);

    ck_assert_uint_le(s->n + n, SOUND_MS * 8);
    memset(s->x + s->n, 0, n * sizeof *s->x);
    s->n += n;
}

/** Adds a sine over samples [from, to), starting with `phase`. */
static inline void sound_mix(struct sound *s, size_t from, size_t to, double hz, double dbm0,
                             double phase)
{
    for (size_t i = from; i < to; i++)
        s->x[i] += sound_peak(dbm0) * sin(2 * M_PI * hz * (double)(i - from) / 8000 + phase);
}

/** Appends one or two sines (the second unless 0 Hz). */
static inline void sound_sines(struct sound *s, double ms, double hz1, double dbm1, double hz2,
                               double dbm2)
{
    size_t from = s->n;

    sound_silence(s, ms);
    sound_mix(s, from, s->n, hz1, dbm1, 0.3);
    if (hz2 > 0)
        sound_mix(s, from, s->n, hz2, dbm2, 1.1);
}

static inline double sound_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / 16777216.0;
}

/** White noise of `dbm0` over all. */
static inline void sound_noise(struct sound *s, double dbm0, uint32_t seed)
{
    double rms = sound_peak(dbm0) / M_SQRT2;

    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (unsigned k = 0; k < 12; k++)
            sum += sound_random(&seed);
        s->x[i] += rms * (sum - 6);
    }
}

/** A digit's tone (Q.23); frequencies times (1 + part) plus Hz. */
struct digit {
    double on, off, low, high; /**< ms, dBm0 */
    double part_low, part_high, hz_low, hz_high;
};

static inline void sound_digit(struct sound *s, char c, const struct digit *d)
{
    static const char keys[] = "123A456B789C*0#D";
    static const double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
    size_t k = (size_t)(strchr(keys, c) - keys);

    sound_sines(s, d->on, low[k / 4] * (1 + d->part_low) + d->hz_low, d->low,
                high[k % 4] * (1 + d->part_high) + d->hz_high, d->high);
    sound_silence(s, d->off);
}

static inline void sound_digits(struct sound *s, const char *digits, const struct digit *d)
{
    for (; *digits; digits++)
        sound_digit(s, *digits, d);
}

/** What a lane has heard, all in all. */
struct found {
    char digits[512], ended[512];
    unsigned n, nended, ms[512];
    uint32_t serial;
    unsigned begun[16], over[16], begun_at[16], over_at[16]; /**< by bit; ms of the last */
    unsigned hushed;
};

static inline int16_t sound_sample(const struct sound *s, long i)
{
    double x = i < 0 || (size_t)i >= s->n ? 0 : s->x[i];

    return (int16_t)lrint(fmax(-32768, fmin(32767, x)));
}

static inline void sound_note(struct found *f, const struct ear_heard *h, unsigned ms)
{
    if (h->serial != f->serial && f->n < sizeof f->digits - 1)
        f->digits[f->n++] = h->digit;
    if (h->ended && f->nended < sizeof f->ended - 1) {
        f->ms[f->nended] = h->ended_ms;
        f->ended[f->nended++] = h->ended;
    }
    f->serial = h->serial;
    f->hushed += h->hush;
    for (unsigned i = 0; i < 16; i++) {
        if (h->begun >> i & 1) {
            f->begun[i]++;
            f->begun_at[i] = ms;
        }
        if (h->over >> i & 1) {
            f->over[i]++;
            f->over_at[i] = ms;
        }
    }
}

/** Lets all lanes hear the sound and 100 ms of silence. */
static inline void sound_hear(const struct sound *s, struct found out[LANES], unsigned what,
                              const struct ear_config *config)
{
    static int16_t pcm[LANES][EAR_BLOCK];
    struct ear_heard heard[LANES];
    struct ear_bank *b;

    ck_assert_int_eq(ear_bank_new(&b, config), 0);
    memset(out, 0, LANES * sizeof *out);
    for (unsigned l = 0; l < LANES; l++)
        ear_lane_start(b, l, what);
    for (size_t at = 0; at < s->n + 10 * EAR_BLOCK; at += EAR_BLOCK) {
        for (unsigned l = 0; l < LANES; l++)
            for (unsigned i = 0; i < EAR_BLOCK; i++)
                pcm[l][i] = sound_sample(s, (long)(at + i) - 5 * (long)l);
        ear_bank_listen(b, 0xffff, (const int16_t(*)[EAR_BLOCK])pcm, heard);
        for (unsigned l = 0; l < LANES; l++)
            sound_note(&out[l], &heard[l], (unsigned)at / 8 + 10);
    }
    ear_bank_free(b);
}

/** Index of an enum ear_tone's bit. */
static inline unsigned sound_bit(unsigned tone)
{
    unsigned i = 0;

    while (!(tone >> i & 1))
        i++;
    return i;
}

#endif
