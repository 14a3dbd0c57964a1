/* Time scaling. The search takes every second sample and every second shift, then looks closer: a
 * quarter of the work, and telephone speech has little above 2 kHz that a period depends on. */
#include "codec/stretch.h"

#include <math.h>

/** Normalised correlation of a[] and b[], every `step`th sample. */
static float likeness_of(const int16_t *a, const int16_t *b, int step)
{
    float ab = 0, aa = 0, bb = 0;

    for (int i = 0; i < STRETCH_BLOCK; i += step) {
        float u = a[i], v = b[i];
        ab += u * v;
        aa += u * u;
        bb += v * v;
    }
    return aa > 0 && bb > 0 ? ab / sqrtf(aa * bb) : 0;
}

int stretch_find(const int16_t *x, int lo, int hi, float *likeness)
{
    int best = lo, from, to;
    float most = -2;

    for (int s = lo; s <= hi; s += 2) {
        float l = likeness_of(x, x + s, 2);
        if (l > most) {
            most = l;
            best = s;
        }
    }
    from = best - 1 < lo ? lo : best - 1;
    to = best + 1 > hi ? hi : best + 1;
    most = -2;
    for (int s = from; s <= to; s++) {
        float l = likeness_of(x, x + s, 1);
        if (l > most) {
            most = l;
            best = s;
        }
    }
    *likeness = most;
    return best;
}

void stretch_fade(int16_t *out, const int16_t *x, int shift)
{
    for (int i = 0; i < STRETCH_BLOCK; i++) {
        int w = 2 * i + 1, whole = 2 * STRETCH_BLOCK;
        out[i] = (int16_t)((x[i] * (whole - w) + x[i + shift] * w) / whole);
    }
}

int stretch_peak(const int16_t *x, size_t n)
{
    int peak = 0;

    for (size_t i = 0; i < n; i++) {
        int v = x[i] < 0 ? -x[i] : x[i];
        peak = v > peak ? v : peak;
    }
    return peak;
}
