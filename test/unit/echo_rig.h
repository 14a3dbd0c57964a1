/* A line with a hybrid for echo canceller tests: echo paths, the composite source signals of G.168,
 * levels, and two cancellers, ours and libspeexdsp's, that hear the same.
 *
 * Echo paths are worked out from the physics of a two-wire line (below), so that they are there
 * always; beside them are those of G.168 annex D and the voiced sounds of its annex C when
 * ../shared/corpora/audio/g168/g168.txt is there.
 */
#ifndef TEST_UNIT_ECHO_RIG_H
#define TEST_UNIT_ECHO_RIG_H

#include "codec/echo.h"
#include "codec/g711.h"

#include <complex.h>
#include <math.h>
#include <speex/speex_echo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIG_RATE      8000
#define RIG_TAPS      1024
#define RIG_PATHS     8
#define RIG_CSS_NOISE 1600  /* samples of pseudo noise in a composite source signal */
#define RIG_DBM0      2.5e8 /* mean square of 0 dBm0: peaks of 32124 are 3.14 dBm0 (G.711) */
#define RIG_S(s)      ((unsigned)((s)*RIG_RATE))

/** An echo path: a response. */
struct rig_path {
    double h[RIG_TAPS];
};

/* ---- random numbers: the same each time ---- */

static uint32_t rig_seed = 1;

static inline double rig_uniform(void)
{
    rig_seed = rig_seed * 1664525u + 1013904223u;
    return (rig_seed >> 8) / 8388608.0 - 1.0;
}

static inline double rig_gauss(void)
{
    double sum = 0;

    for (unsigned i = 0; i < 12; i++)
        sum += rig_uniform();
    return sum / 2; /* variance of a uniform number: 1/3 */
}

/* ---- echo paths ---- */

/** Lines: km, ohm/km, nF/km, and what terminates them: ohm, then ohm and nF in parallel. */
static const struct rig_line {
    double km, ohm, nf, r1, r2, c2;
} rig_lines[RIG_PATHS] = {
    {0.3, 280, 45, 600, 0, 0},     {1.2, 280, 45, 270, 750, 150}, {2.5, 280, 45, 600, 0, 0},
    {4.2, 280, 45, 270, 750, 150}, {3.0, 168, 42, 1200, 0, 0},    {6.0, 168, 42, 600, 0, 0},
    {0.8, 168, 42, 220, 820, 115}, {5.0, 280, 45, 900, 0, 0},
};

static inline double complex rig_parallel(double w, double r1, double r2, double nf)
{
    return r1 + (r2 > 0 ? 1 / (1 / r2 + I * w * nf * 1e-9) : 0);
}

/** What a hybrid that is balanced for 270 ohm + 750 ohm || 150 nF reflects at `hz`: the mismatch of
 * the line's impedance (a cable of R and C, transmission line theory), between two channel filters.
 */
static inline double complex rig_reflect(const struct rig_line *l, double hz)
{
    double w = 2 * M_PI * hz;
    double complex zc = csqrt((l->ohm + I * w * 0.7e-3) / (1e-6 + I * w * l->nf * 1e-9));
    double complex g = csqrt((l->ohm + I * w * 0.7e-3) * (1e-6 + I * w * l->nf * 1e-9));
    double complex zt = rig_parallel(w, l->r1, l->r2, l->c2), t = ctanh(g * l->km);
    double complex z = zc * (zt + zc * t) / (zc + zt * t), zb = rig_parallel(w, 270, 750, 150);
    double complex hp = I * hz / (200 + I * hz);
    double lp = 1 / (1 + pow(hz / 3500, 16));
    double complex allpass = (3000 - I * hz) / (3000 + I * hz);

    return (zb - z) / (zb + z) * hp * hp * lp * allpass * allpass;
}

/** Scales a response to `erl` dB (white sound), `delay` samples later. */
static inline void rig_place(struct rig_path *p, const double *h, unsigned n, double erl,
                             unsigned delay)
{
    double sum = 1e-12, scale;

    for (unsigned i = 0; i < n; i++)
        sum += h[i] * h[i];
    scale = pow(10, -erl / 20) / sqrt(sum);
    memset(p, 0, sizeof *p);
    for (unsigned i = 0; i < n && i + delay < RIG_TAPS; i++)
        p->h[i + delay] = h[i] * scale;
}

static inline void rig_own_path(struct rig_path *p, unsigned model, double erl, unsigned delay)
{
    double complex reflected[512];
    double h[96];

    for (unsigned k = 1; k < 512; k++)
        reflected[k] = rig_reflect(&rig_lines[model], k * 4000.0 / 512);
    for (unsigned n = 0; n < 96; n++) {
        h[n] = 0;
        for (unsigned k = 1; k < 512; k++)
            h[n] += creal(reflected[k] * cexp(I * M_PI * k * ((double)n - 8) / 512));
        h[n] *= n > 64 ? 0.5 + 0.5 * cos(M_PI * (n - 64) / 32) : 1;
    }
    rig_place(p, h, 96, erl, delay);
}

/** Reads a row of the corpus; returns the number of values, 0: it is not there. */
static inline unsigned rig_corpus(const char *name, double *v, unsigned max)
{
    FILE *f = fopen("../shared/corpora/audio/g168/g168.txt", "r");
    char line[4096], *at;
    size_t len = strlen(name);
    unsigned n = 0;

    while (f && n == 0 && fgets(line, sizeof line, f)) {
        if (strncmp(line, name, len) != 0 || line[len] != ' ')
            continue;
        strtod(line + len, &at);
        strtod(at, &at);
        for (char *end; n < max; n++, at = end) {
            v[n] = strtod(at, &end);
            if (end == at)
                break;
        }
    }
    if (f)
        fclose(f);
    return n;
}

/** G.168 D.2 to D.9 when the corpus is there, else our own path; returns true for the former. */
static inline bool rig_g168_path(struct rig_path *p, unsigned model, double erl, unsigned delay)
{
    char name[] = {'d', (char)('2' + model), 0};
    double v[256];
    unsigned n = rig_corpus(name, v, 256);

    if (n > 0)
        rig_place(p, v, n, erl, delay);
    else
        rig_own_path(p, model, erl, delay);
    return n > 0;
}

/* ---- signals ---- */

static inline double rig_level(const int16_t *pcm, unsigned from, unsigned to)
{
    double sum = 1e-9;

    for (unsigned i = from; i < to; i++)
        sum += (double)pcm[i] * pcm[i];
    return 10 * log10(sum / (to - from) / RIG_DBM0);
}

/** The loudest 35 ms, which is the time of G.168's level meter (6.4.1.2.1). */
static inline double rig_peak(const int16_t *pcm, unsigned from, unsigned to)
{
    double loudest = -200;

    for (unsigned i = from; i + 280 <= to; i += 40)
        loudest = fmax(loudest, rig_level(pcm, i, i + 280));
    return loudest;
}

static inline void rig_scale(double *v, unsigned n, double dbm0)
{
    double sum = 0, scale;

    for (unsigned i = 0; i < n; i++)
        sum += v[i] * v[i];
    scale = sqrt(RIG_DBM0 * pow(10, dbm0 / 10) / (sum / n));
    for (unsigned i = 0; i < n; i++)
        v[i] *= scale;
}

/** Noise's spectrum of a composite source signal (G.168 figure C.2), dB. */
static inline double rig_css_db(double hz)
{
    static const double at[][2] = {{50, -26},   {100, -13}, {200, 17.4}, {215, 17.8}, {500, 12.2},
                                   {1000, 7.2}, {2850, 0},  {3600, -2},  {3660, -20}, {3700, -60}};

    for (unsigned i = 1; i < 10; i++)
        if (hz < at[i][0])
            return at[i - 1][1] +
                   (at[i][1] - at[i - 1][1]) * (hz - at[i - 1][0]) / (at[i][0] - at[i - 1][0]);
    return -60;
}

/** A voiced sound of `n` samples: the harmonics of table C.1 or C.3 when the corpus is there, else
 * of a glottis with three formants at the same pitch (44.1 kHz over 134 or 229). */
static inline void rig_voiced(double *v, unsigned n, bool near)
{
    double c[256], pitch = 44100.0 / (near ? 229 : 134);
    unsigned have = rig_corpus(near ? "c3" : "c1", c, 256);

    memset(v, 0, n * sizeof *v);
    for (unsigned k = 1; k * pitch < 3700; k++) {
        double hz = k * pitch;
        double complex a = 0;
        for (unsigned i = 0; i < have; i++)
            a += c[i] * cexp(-2 * M_PI * I * (double)(k * i) / have);
        if (have == 0)
            a = cexp(I * M_PI * k * k / 11.0) / (1 + hz / 300) *
                (exp(-pow((hz - 500) / 250, 2)) + 0.4 * exp(-pow((hz - 1500) / 250, 2)) +
                 0.25 * exp(-pow((hz - 2500) / 300, 2)) + 0.02);
        for (unsigned i = 0; i < n; i++)
            v[i] += creal(a * cexp(2 * M_PI * I * hz * i / RIG_RATE));
    }
}

/** The pseudo noise of a composite source signal, of any level. */
static inline void rig_css_noise(double *v, bool near)
{
    double a[700];

    rig_seed = near ? 7 : 3;
    for (unsigned k = 0; k < 700; k++) {
        a[k] = near ? rig_gauss() : rig_uniform() > 0 ? 1 : -1;
        a[k] *= pow(10, rig_css_db(k * 44100.0 / 8192) / 20);
    }
    for (unsigned i = 0; i < RIG_CSS_NOISE; i++)
        for (unsigned k = 10; k < 690; k++) /* a period of 8192 samples at 44.1 kHz */
            v[i] += a[k] * sin(2 * M_PI * k * 44100.0 / 8192 * i / RIG_RATE);
}

/** A composite source signal of that level while it sounds: voiced sound, pseudo noise, pause, then
 * the same with its sign turned (G.168 annex C, P.501); `near`: the one for double talk, which has
 * another pitch and other lengths. Both are worked out once: a suite that asks for them before its
 * tests begin spares each of those the time. */
static inline void rig_css(int16_t *out, unsigned n, bool near, double dbm0)
{
    static struct {
        double voiced[600], noise[RIG_CSS_NOISE];
        uint32_t seed; /* after it; 0: not yet worked out */
    } known[2];
    unsigned voiced = near ? 582 : 389, whole = near ? 3200 : 2800;
    double *v = calloc(whole, sizeof *v);

    if (known[near].seed == 0) {
        rig_voiced(known[near].voiced, voiced, near);
        rig_css_noise(known[near].noise, near);
        known[near].seed = rig_seed;
    }
    rig_seed = known[near].seed;
    memcpy(v, known[near].voiced, voiced * sizeof *v);
    memcpy(v + voiced, known[near].noise, sizeof known[near].noise);
    rig_scale(v, voiced, dbm0);
    rig_scale(v + voiced, RIG_CSS_NOISE, dbm0);
    for (unsigned i = 0; i < n; i++) {
        double s = v[i % whole] * (i / whole % 2 ? -1 : 1);
        out[i] = (int16_t)lrint(fmax(-32124, fmin(32124, s)));
    }
    free(v);
}

static inline void rig_noise(int16_t *out, unsigned n, double dbm0)
{
    double scale = sqrt(RIG_DBM0 * pow(10, dbm0 / 10));

    for (unsigned i = 0; i < n; i++)
        out[i] = (int16_t)lrint(fmax(-32124, fmin(32124, scale * rig_gauss())));
}

static inline void rig_tones(int16_t *out, unsigned n, double f1, double f2, double dbm0)
{
    double a = sqrt(2 * RIG_DBM0 * pow(10, dbm0 / 10));

    for (unsigned i = 0; i < n; i++)
        out[i] = (int16_t)lrint(a * sin(2 * M_PI * f1 * i / RIG_RATE) +
                                (f2 > 0 ? a * sin(2 * M_PI * f2 * i / RIG_RATE) : 0));
}

/** A prompt of Debian's asterisk-core-sounds-en-wav at that level, over and over; false: it is not
 * installed. */
static inline bool rig_speech(int16_t *out, unsigned n, const char *prompt, double dbm0)
{
    char path[256];
    FILE *f;
    unsigned have;
    double *v = calloc(n, sizeof *v);

    snprintf(path, sizeof path, "/usr/share/asterisk/sounds/en_US_f_Allison/%s.wav", prompt);
    f = fopen(path, "rb");
    if (!f || fseek(f, 44, SEEK_SET) != 0) {
        free(v);
        return false;
    }
    have = (unsigned)fread(out, 2, n, f);
    fclose(f);
    for (unsigned i = 0; i < n; i++)
        v[i] = out[i % have];
    rig_scale(v, n, dbm0);
    for (unsigned i = 0; i < n; i++)
        out[i] = (int16_t)lrint(fmax(-32124, fmin(32124, v[i])));
    free(v);
    return true;
}

/** What a G.711 channel makes of a signal. */
static inline void rig_alaw(int16_t *pcm, unsigned n)
{
    uint8_t o[80];

    for (unsigned i = 0; i + 80 <= n; i += 80) {
        g711_compress(o, pcm + i, 80, G711_A);
        g711_expand(pcm + i, o, 80, G711_A);
    }
}

/** Adds the echo of `far` to `near` between two samples; G.711 in the path with `alaw`. */
static inline void rig_echo(int16_t *near, const int16_t *far, unsigned from, unsigned to,
                            const struct rig_path *p, bool alaw)
{
    unsigned first = 0, last = RIG_TAPS - 1;

    while (first < last && p->h[first] == 0)
        first++;
    while (last > first && p->h[last] == 0)
        last--;
    for (unsigned i = from; i < to; i++) {
        double s = near[i];
        for (unsigned k = first; k <= last && k <= i; k++)
            s += p->h[k] * far[i - k];
        near[i] = (int16_t)lrint(fmax(-32124, fmin(32124, s)));
    }
    if (alaw)
        rig_alaw(near + from, to - from);
}

/* ---- cancellers ---- */

/** Runs ours in place on lane 5 of a bank; `stats` may be NULL. */
static inline void rig_run(struct echo_bank *b, int16_t *near, const int16_t *far, unsigned n)
{
    static int16_t in[LANES][ECHO_BLOCK], out[LANES][ECHO_BLOCK];

    for (unsigned i = 0; i + ECHO_BLOCK <= n; i += ECHO_BLOCK) {
        memcpy(in[5], near + i, sizeof in[5]);
        memcpy(out[5], far + i, sizeof out[5]);
        echo_bank_run(b, 1u << 5, in, (const int16_t(*)[ECHO_BLOCK])out);
        memcpy(near + i, in[5], sizeof in[5]);
    }
}

static inline void rig_speex(int16_t *near, const int16_t *far, unsigned n, unsigned frame,
                             unsigned tail)
{
    SpeexEchoState *s = speex_echo_state_init((int)frame, (int)tail * 8);
    int rate = RIG_RATE;
    int16_t out[160];

    speex_echo_ctl(s, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    for (unsigned i = 0; i + frame <= n; i += frame) {
        speex_echo_cancellation(s, near + i, far + i, out);
        memcpy(near + i, out, frame * sizeof out[0]);
    }
    speex_echo_state_destroy(s);
}

#endif
