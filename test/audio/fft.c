/* Radix-2 FFT, in place. Correlation takes two real signals in one complex transform. */
#include "test/audio/fft.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

size_t audio_pow2(size_t n)
{
    size_t p = 1;

    while (p < n)
        p *= 2;
    return p;
}

static void swap(double *a, double *b)
{
    double t = *a;

    *a = *b;
    *b = t;
}

static void bit_reverse(double *re, double *im, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n / 2;
        for (; j & bit; bit /= 2)
            j ^= bit;
        j |= bit;
        if (i < j) {
            swap(&re[i], &re[j]);
            swap(&im[i], &im[j]);
        }
    }
}

/** All butterflies of width `len` with the twiddle factors `wr`, `wi`, of which there are len/2. */
static void butterflies(double *re, double *im, size_t n, size_t len, const double *wr,
                        const double *wi)
{
    for (size_t at = 0; at < n; at += len) {
        for (size_t k = 0; k < len / 2; k++) {
            size_t a = at + k, b = a + len / 2;
            double xr = re[b] * wr[k] - im[b] * wi[k], xi = re[b] * wi[k] + im[b] * wr[k];
            re[b] = re[a] - xr;
            im[b] = im[a] - xi;
            re[a] += xr;
            im[a] += xi;
        }
    }
}

void audio_fft(double *re, double *im, size_t n, bool inverse)
{
    double *wr = malloc((n + 2) * sizeof *wr), *wi = wr + n / 2 + 1;

    if (!wr)
        return;
    bit_reverse(re, im, n);
    wr[0] = 1;
    wi[0] = 0;
    for (size_t len = 2; len <= n; len *= 2) {
        /* those of half the width are every other one: only the rest is new */
        for (size_t k = len / 2; k-- > 0;) {
            double angle = (inverse ? 2.0 : -2.0) * M_PI * (double)k / (double)len;
            wr[k] = k % 2 == 0 ? wr[k / 2] : cos(angle);
            wi[k] = k % 2 == 0 ? wi[k / 2] : sin(angle);
        }
        butterflies(re, im, n, len, wr, wi);
    }
    for (size_t i = 0; inverse && i < n; i++) {
        re[i] /= (double)n;
        im[i] /= (double)n;
    }
    free(wr);
}

/** With z = x + j ref transformed, X conj(R) at each frequency, from Z[k] and Z[n-k]. */
static void cross_spectrum(const double *re, const double *im, double *cr, double *ci, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t m = (n - k) & (n - 1);
        double xr = (re[k] + re[m]) / 2, xi = (im[k] - im[m]) / 2;
        double rr = (im[k] + im[m]) / 2, ri = (re[m] - re[k]) / 2;
        cr[k] = xr * rr + xi * ri;
        ci[k] = xi * rr - xr * ri;
    }
}

/** The correlation coefficient of the overlap at `lag`. */
static double coefficient(const int16_t *ref, size_t nref, const int16_t *x, size_t nx, long lag)
{
    double xx = 0, rr = 0, xr = 0;
    size_t from = lag < 0 ? (size_t)-lag : 0;

    for (size_t i = from; i < nref && (long)i + lag < (long)nx; i++) {
        double a = x[(long)i + lag], b = ref[i];
        xx += a * a;
        rr += b * b;
        xr += a * b;
    }
    return xx > 0 && rr > 0 ? xr / sqrt(xx * rr) : 0;
}

int audio_find(const int16_t *ref, size_t nref, const int16_t *x, size_t nx, long *lag,
               double *strength)
{
    size_t n = audio_pow2(nref + nx);
    double *re = calloc(n * 4, sizeof *re), *im = re + n, *cr = im + n, *ci = cr + n;

    if (!re)
        return ENOMEM;
    for (size_t i = 0; i < nx; i++)
        re[i] = x[i];
    for (size_t i = 0; i < nref; i++)
        im[i] = ref[i];
    audio_fft(re, im, n, false);
    cross_spectrum(re, im, cr, ci, n);
    audio_fft(cr, ci, n, true);
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (cr[i] > cr[best])
            best = i;
    }
    double peak = cr[best];
    free(re);
    if (nref == 0 || nx == 0 || peak <= 0)
        return EINVAL;
    *lag = best < nx ? (long)best : (long)best - (long)n;
    *strength = coefficient(ref, nref, x, nx, *lag);
    return 0;
}
