/* Tone measurement: the FFT's peak says roughly where the tone is; the phase it has gained between
 * the two halves of the window says exactly; least squares then splits the signal in tone and rest.
 */
#include "test/audio/measure.h"

#include "test/audio/fft.h"
#include "test/audio/wav.h"

#include <math.h>
#include <stdlib.h>

#define N       AUDIO_TONE_WINDOW
#define SNR_MIN 3.0 /* dB: below this it is not a tone but speech or noise */

/** Peak of a 0 dBm0 sine: 3.14 dB below the 32768 at which A-law's virtual full scale stands. */
#define PEAK_0DBM0 22827.0

double audio_level_of(double squares, size_t n)
{
    if (n == 0 || squares <= 0)
        return AUDIO_FLOOR;
    double level = 10.0 * log10(squares / (double)n / (PEAK_0DBM0 * PEAK_0DBM0 / 2.0));
    return level < AUDIO_FLOOR ? AUDIO_FLOOR : level;
}

double audio_level(const int16_t *pcm, size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (double)pcm[i] * pcm[i];
    return audio_level_of(squares, n);
}

double audio_amplitude(double dbm0)
{
    return PEAK_0DBM0 * pow(10.0, dbm0 / 20.0);
}

/** A sine and a cosine, step by step: the exchange measures where its lines are served, and a call
 * of libm for each sample held them up. After N steps the error is some 1e-12. */
struct turn {
    double c, s, step_c, step_s;
};

static struct turn turn_by(double w)
{
    return (struct turn){.c = 1, .s = 0, .step_c = cos(w), .step_s = sin(w)};
}

static inline void turn_on(struct turn *t)
{
    double c = t->c * t->step_c - t->s * t->step_s;

    t->s = t->s * t->step_c + t->c * t->step_s;
    t->c = c;
}

/** The FFT bin of the strongest component, Hann window, without DC. */
static size_t peak_bin(const int16_t *pcm)
{
    double *re = calloc(2 * N, sizeof *re), *im = re + N, most = 0;
    size_t best = 0;

    if (!re)
        return 0;
    struct turn hann = turn_by(2.0 * M_PI / N);
    for (size_t i = 0; i < N; i++, turn_on(&hann))
        re[i] = pcm[i] * (0.5 - 0.5 * hann.c);
    audio_fft(re, im, N, false);
    for (size_t k = 4; k < N / 2 - 4; k++) {
        double power = re[k] * re[k] + im[k] * im[k];
        if (power > most) {
            most = power;
            best = k;
        }
    }
    free(re);
    return best;
}

/** Hann-windowed projection of `n` samples on a complex sine of `w` radians a sample. */
static void project(const int16_t *pcm, size_t n, double w, double *c, double *s)
{
    struct turn hann = turn_by(2.0 * M_PI / (double)n), sine = turn_by(w);

    *c = *s = 0;
    for (size_t i = 0; i < n; i++, turn_on(&hann), turn_on(&sine)) {
        double x = pcm[i] * (0.5 - 0.5 * hann.c);
        *c += x * sine.c;
        *s -= x * sine.s;
    }
}

/** Moves `w` by what the phase drifts from one half to the other beyond what `w` explains. */
static double refine(const int16_t *pcm, double w)
{
    double c1, s1, c2, s2;

    project(pcm, N / 2, w, &c1, &s1);
    project(pcm + N / 2, N / 2, w, &c2, &s2);
    double drift = atan2(s2, c2) - atan2(s1, c1) - w * (N / 2);
    return w + remainder(drift, 2.0 * M_PI) / (N / 2);
}

/** Least squares: the energy of the sine at `w` that fits best, and of what it leaves. */
static void split(const int16_t *pcm, double w, double *tone, double *rest)
{
    double cc = 0, ss = 0, cs = 0, xc = 0, xs = 0, xx = 0;
    struct turn sine = turn_by(w);

    for (size_t i = 0; i < N; i++, turn_on(&sine)) {
        double c = sine.c, s = sine.s, x = pcm[i];
        cc += c * c;
        ss += s * s;
        cs += c * s;
        xc += x * c;
        xs += x * s;
        xx += x * x;
    }
    double det = cc * ss - cs * cs;
    double a = (xc * ss - xs * cs) / det, b = (xs * cc - xc * cs) / det;
    *tone = a * xc + b * xs;
    *rest = xx - *tone;
}

bool audio_tone(struct audio_tone *out, const int16_t *pcm)
{
    size_t bin = peak_bin(pcm);
    double tone, rest;

    *out = (struct audio_tone){.dbm0 = AUDIO_FLOOR};
    if (bin == 0)
        return false;
    double w = 2.0 * M_PI * (double)bin / N;
    for (int i = 0; i < 3; i++)
        w = refine(pcm, w);
    split(pcm, w, &tone, &rest);
    if (!(tone > 0))
        return false;
    out->hz = w / (2.0 * M_PI) * AUDIO_RATE;
    out->dbm0 = audio_level_of(tone, N);
    out->snr = rest > 0 ? 10.0 * log10(tone / rest) : 99.0;
    if (out->snr > 99.0)
        out->snr = 99.0;
    return out->snr >= SNR_MIN;
}
