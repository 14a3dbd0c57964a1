/* The ear's kernels: spectrum of sixteen lanes at a few frequencies. Straight correlation with a
 * windowed cosine and sine about the window's middle; as both are symmetric there, samples are
 * folded first, and a frequency costs two multiplications and two additions per pair of samples,
 * which is less than Goertzel's recursion and waits for nothing.
 */
#include "codec/ear_priv.h"

#include <string.h>

extern const struct ear_kernel LANES_FN(ear_kernel);

#define CELLS (LANES * EAR_BLOCK)

/** Deals the two halves of a pack of cards into one. */
static void shuffle(int16_t *restrict out, const int16_t *restrict in)
{
    for (unsigned i = 0; i < CELLS / 2; i++) {
        out[2 * i] = in[i];
        out[2 * i + 1] = in[i + CELLS / 2];
    }
}

/** Rows of lanes to rows of samples: four perfect shuffles are multiplication of the index by 16,
 * modulo CELLS - 1. */
static void transpose(int16_t out[CELLS], const int16_t pcm[LANES][EAR_BLOCK])
{
    _Alignas(64) int16_t a[CELLS];

    shuffle(a, pcm[0]);
    shuffle(out, a);
    shuffle(a, out);
    shuffle(out, a);
}

static void energy(struct ear_fold *restrict f, const float *restrict window)
{
    for (unsigned l = 0; l < LANES; l++) {
        float sum = 0;
        for (unsigned i = 0; i < EAR_BLOCK; i++)
            sum += window[i] * (f->even[i][l] * f->even[i][l] + f->odd[i][l] * f->odd[i][l]);
        f->energy[l] = sum;
    }
}

static void fold_rows(struct ear_fold *restrict f, const float (*restrict prev)[LANES],
                      const float (*restrict next)[LANES])
{
    for (unsigned i = 0; i < EAR_BLOCK; i++)
        for (unsigned l = 0; l < LANES; l++) {
            float a = prev[EAR_BLOCK - 1 - i][l], b = next[i][l];
            f->even[i][l] = b + a;
            f->odd[i][l] = b - a;
        }
}

static void widen(float (*restrict out)[LANES], const int16_t *restrict x,
                  const float *restrict keep)
{
    for (unsigned i = 0; i < EAR_BLOCK; i++)
        for (unsigned l = 0; l < LANES; l++)
            out[i][l] = keep[l] * (float)x[i * LANES + l];
}

static void fold(struct ear_fold *f, float prev[EAR_BLOCK][LANES],
                 const int16_t pcm[LANES][EAR_BLOCK], const float keep[LANES],
                 const float window[EAR_BLOCK])
{
    _Alignas(64) int16_t x[CELLS];
    _Alignas(64) float next[EAR_BLOCK][LANES];

    transpose(x, pcm);
    widen(next, x, keep);
    fold_rows(f, (const float(*)[LANES])prev, (const float(*)[LANES])next);
    memcpy(prev, next, sizeof next);
    energy(f, window);
}

/** Two frequencies: four sums, which is what it takes to keep the adders busy. */
static void pair(float *restrict re, float *restrict im, const struct ear_fold *f,
                 const struct ear_table *t)
{
    for (unsigned l = 0; l < LANES; l++) {
        float re0 = 0, im0 = 0, re1 = 0, im1 = 0;
        for (unsigned i = 0; i < EAR_BLOCK; i++) {
            float even = f->even[i][l], odd = f->odd[i][l];
            re0 += t[0].c[i] * even;
            im0 += t[0].s[i] * odd;
            re1 += t[1].c[i] * even;
            im1 += t[1].s[i] * odd;
        }
        re[l] = re0;
        im[l] = im0;
        re[l + LANES] = re1;
        im[l + LANES] = im1;
    }
}

static void bins(struct ear_bins *out, const struct ear_fold *f, const struct ear_table *t,
                 unsigned n)
{
    for (unsigned k = 0; k < n; k += 2)
        pair(out->re[k], out->im[k], f, t + k);
}

static void strongest(int32_t best[LANES], float most[LANES], const float power[4][LANES])
{
    for (unsigned l = 0; l < LANES; l++) {
        float top = power[0][l];
        int32_t at = 0;
        for (int32_t k = 1; k < 4; k++) {
            at = power[k][l] > top ? k : at;
            top = power[k][l] > top ? power[k][l] : top;
        }
        best[l] = at;
        most[l] = top;
    }
}

static void pick(struct ear_pick *out, const struct ear_bins *b)
{
    _Alignas(64) float power[EAR_BINS][LANES];

    for (unsigned k = 0; k < EAR_BINS; k++)
        for (unsigned l = 0; l < LANES; l++)
            power[k][l] = b->re[k][l] * b->re[k][l] + b->im[k][l] * b->im[k][l];
    strongest(out->low, out->plow, (const float(*)[LANES])power);
    strongest(out->high, out->phigh, (const float(*)[LANES])(power + 4));
    for (unsigned l = 0; l < LANES; l++)
        out->dial[l] = power[8][l] + power[9][l];
}

const struct ear_kernel LANES_FN(ear_kernel) = {.fold = fold, .bins = bins, .pick = pick};
