/* Kernels of the echo canceller: transforms of 160 points, filters and Kalman steps, all lanes at
 * once. Compiled once per instruction set (codec/lanes.h). Nothing here can become denormal for
 * long: what decays has a floor. */
#include "codec/echo_priv.h"

#include <math.h>
#include <stddef.h>

#define EACH for (unsigned l = 0; l < LANES; l++)

/** Of the filter that whitens speech, whose low end would leak into all bins. */
#define EMPHASIS 0.8f
/** What the held spectrum of the error keeps per block. */
#define KEEP 0.8f
/** A step's size: of the error that is expected; more than 1/2 diverges with blocks that overlap.
 */
#define STEP 0.7f
/** By how much of a step's power certainty grows: less than 1/2, which would hold if bins did not
 * leak into each other. */
#define SHRINK 0.25f
/** Of all bins' expected error: what a bin's is held to be at least. */
#define LEAK 0.3f
/** Uncertainty is never under that; a partition without echo learns with that share of its step. */
#define LEAST      1e-8f
#define LEAST_STEP 0.2f
/** Floor of the error's spectrum: a part of a bit. */
#define FLOOR 40.0f

/* ---- transforms ---- */

/** Complex transform of 80 points as 5 * 4 * 4 (Stockham: sorted as it goes). */
static void pass5(const struct echo_fft *f, struct echo_c *restrict y,
                  const struct echo_c *restrict x)
{
    const float c1 = 0.30901699437494742f, c2 = -0.80901699437494742f;
    const float s1 = 0.95105651629515357f, s2 = 0.58778525229247313f;

    for (unsigned p = 0; p < 16; p++) {
        const struct echo_c *a = x + p, *b = a + 16, *c = a + 32, *d = a + 48, *e = a + 64;
        struct echo_c *restrict o = y + 5 * p;
        const float(*w)[2] = f->w5[p];
        EACH
        {
            float br = b->re[l] + e->re[l], bi = b->im[l] + e->im[l];
            float er = b->re[l] - e->re[l], ei = b->im[l] - e->im[l];
            float cr = c->re[l] + d->re[l], ci = c->im[l] + d->im[l];
            float dr = c->re[l] - d->re[l], di = c->im[l] - d->im[l];
            float pr = a->re[l] + c1 * br + c2 * cr, pi = a->im[l] + c1 * bi + c2 * ci;
            float qr = a->re[l] + c2 * br + c1 * cr, qi = a->im[l] + c2 * bi + c1 * ci;
            float ur = s1 * er + s2 * dr, ui = s1 * ei + s2 * di;
            float vr = s2 * er - s1 * dr, vi = s2 * ei - s1 * di;
            float r1 = pr + ui, i1 = pi - ur, r4 = pr - ui, i4 = pi + ur;
            float r2 = qr + vi, i2 = qi - vr, r3 = qr - vi, i3 = qi + vr;
            o[0].re[l] = a->re[l] + br + cr;
            o[0].im[l] = a->im[l] + bi + ci;
            o[1].re[l] = r1 * w[0][0] - i1 * w[0][1];
            o[1].im[l] = r1 * w[0][1] + i1 * w[0][0];
            o[2].re[l] = r2 * w[1][0] - i2 * w[1][1];
            o[2].im[l] = r2 * w[1][1] + i2 * w[1][0];
            o[3].re[l] = r3 * w[2][0] - i3 * w[2][1];
            o[3].im[l] = r3 * w[2][1] + i3 * w[2][0];
            o[4].re[l] = r4 * w[3][0] - i4 * w[3][1];
            o[4].im[l] = r4 * w[3][1] + i4 * w[3][0];
        }
    }
}

/** One butterfly of radix 4 at a distance of 20 with its twiddle factors, NULL: 1. */
static inline void fly4(struct echo_c *restrict o, unsigned step, const struct echo_c *restrict a,
                        const float (*w)[2])
{
    const struct echo_c *b = a + 20, *c = a + 40, *d = a + 60;

    EACH
    {
        float sr = a->re[l] + c->re[l], si = a->im[l] + c->im[l];
        float tr = a->re[l] - c->re[l], ti = a->im[l] - c->im[l];
        float ur = b->re[l] + d->re[l], ui = b->im[l] + d->im[l];
        float vr = b->re[l] - d->re[l], vi = b->im[l] - d->im[l];
        float r1 = tr + vi, i1 = ti - vr, r2 = sr - ur, i2 = si - ui, r3 = tr - vi, i3 = ti + vr;
        o[0].re[l] = sr + ur;
        o[0].im[l] = si + ui;
        o[step].re[l] = w ? r1 * w[0][0] - i1 * w[0][1] : r1;
        o[step].im[l] = w ? r1 * w[0][1] + i1 * w[0][0] : i1;
        o[2 * step].re[l] = w ? r2 * w[1][0] - i2 * w[1][1] : r2;
        o[2 * step].im[l] = w ? r2 * w[1][1] + i2 * w[1][0] : i2;
        o[3 * step].re[l] = w ? r3 * w[2][0] - i3 * w[2][1] : r3;
        o[3 * step].im[l] = w ? r3 * w[2][1] + i3 * w[2][0] : i3;
    }
}

/** Transforms `a`; the result is in `b`. */
static void fft80(const struct echo_fft *f, struct echo_c *restrict b, struct echo_c *restrict a)
{
    pass5(f, b, a);
    for (unsigned p = 0; p < 4; p++)
        for (unsigned q = 0; q < 5; q++)
            fly4(a + q + 20 * p, 5, b + q + 5 * p, f->w4[p]);
    for (unsigned q = 0; q < 20; q++)
        fly4(b + q, 20, a + q, NULL);
}

/** Spectrum of 160 real samples: `head`, NULL for zeros, and `tail`. */
static void forward(const struct echo_fft *f, struct echo_c *restrict out,
                    const struct echo_f *head, const struct echo_f *tail)
{
    struct echo_c a[ECHO_HALF] __attribute__((aligned(64)));
    struct echo_c z[ECHO_HALF] __attribute__((aligned(64)));

    for (unsigned n = 0; n < ECHO_HALF / 2; n++) {
        EACH a[n].re[l] = head ? head[2 * n].v[l] : 0;
        EACH a[n].im[l] = head ? head[2 * n + 1].v[l] : 0;
        EACH a[n + 40].re[l] = tail ? tail[2 * n].v[l] : 0;
        EACH a[n + 40].im[l] = tail ? tail[2 * n + 1].v[l] : 0;
    }
    fft80(f, z, a);
    for (unsigned k = 0; k <= ECHO_HALF; k++) {
        const struct echo_c *p = z + k % ECHO_HALF, *q = z + (ECHO_HALF - k) % ECHO_HALF;
        float c = 0.5f * f->split[k][0], s = 0.5f * f->split[k][1];
        EACH
        {
            float er = p->re[l] + q->re[l], ei = p->im[l] - q->im[l];
            float dr = p->im[l] + q->im[l], di = q->re[l] - p->re[l];
            out[k].re[l] = 0.5f * er + c * dr - s * di;
            out[k].im[l] = 0.5f * ei + c * di + s * dr;
        }
    }
}

/** The complex half of an inverse: samples 2n are in z[n].im, 2n + 1 in z[n].re. */
static void inverse(const struct echo_fft *f, struct echo_c *restrict z,
                    const struct echo_c *restrict in)
{
    struct echo_c a[ECHO_HALF] __attribute__((aligned(64)));

    for (unsigned k = 0; k < ECHO_HALF; k++) {
        const struct echo_c *p = in + k, *q = in + ECHO_HALF - k;
        float c = f->split[k][0] / ECHO_N, s = f->split[k][1] / ECHO_N;
        EACH
        {
            float er = p->re[l] + q->re[l], ei = p->im[l] - q->im[l];
            float dr = p->re[l] - q->re[l], di = p->im[l] + q->im[l];
            float hr = c * dr + s * di, hi = c * di - s * dr;
            a[k].im[l] = er * (1.0f / ECHO_N) - hi; /* swapped: an inverse from a forward one */
            a[k].re[l] = ei * (1.0f / ECHO_N) + hr;
        }
    }
    fft80(f, z, a);
}

static void analyse(struct echo_arrays *a, float peak[LANES])
{
    struct echo_c *x = a->x + a->head * ECHO_BINS;
    float sum[LANES], squares[LANES];

    forward(&a->fft, x, a->far[!a->turn], a->far[a->turn]);
    EACH sum[l] = 1.0f, squares[l] = 0.0f;
    for (unsigned k = 0; k < ECHO_BINS; k++)
        EACH
        {
            float p = (x[k].re[l] * x[k].re[l] + x[k].im[l] * x[k].im[l]) * 1e-4f;
            sum[l] += p;
            squares[l] += p * p;
        }
    EACH peak[l] = squares[l] / (sum[l] * sum[l]);
}

/* ---- filters ---- */

static void filter_fore(struct echo_arrays *a)
{
    for (unsigned k = 0; k < ECHO_BINS; k++) {
        float re[LANES] = {0}, im[LANES] = {0};
        for (unsigned i = 0, at = a->head; i < a->parts; i++, at = at + 1 < a->parts ? at + 1 : 0) {
            const struct echo_c *restrict x = a->x + at * ECHO_BINS + k;
            const struct echo_c *restrict w = a->wf + i * ECHO_BINS + k;
            EACH re[l] += x->re[l] * w->re[l] - x->im[l] * w->im[l];
            EACH im[l] += x->re[l] * w->im[l] + x->im[l] * w->re[l];
        }
        EACH a->yf[k].re[l] = re[l], a->yf[k].im[l] = im[l];
    }
}

static void filter_both(struct echo_arrays *a)
{
    EACH a->floor.v[l] = FLOOR;
    for (unsigned k = 0; k < ECHO_BINS; k++) {
        float re[LANES] = {0}, im[LANES] = {0}, bre[LANES] = {0}, bim[LANES] = {0};
        float expect[LANES] = {0};
        for (unsigned i = 0, at = a->head; i < a->parts; i++, at = at + 1 < a->parts ? at + 1 : 0) {
            const struct echo_c *restrict x = a->x + at * ECHO_BINS + k;
            const struct echo_c *restrict w = a->wf + i * ECHO_BINS + k;
            const struct echo_c *restrict v = a->wb + i * ECHO_BINS + k;
            const struct echo_f *restrict p = a->p + i * ECHO_BINS + k;
            const struct echo_f *restrict r = a->share + i;
            EACH
            {
                float xr = x->re[l], xi = x->im[l];
                re[l] += xr * w->re[l] - xi * w->im[l];
                im[l] += xr * w->im[l] + xi * w->re[l];
                bre[l] += xr * v->re[l] - xi * v->im[l];
                bim[l] += xr * v->im[l] + xi * v->re[l];
                expect[l] += p->v[l] * r->v[l] * (xr * xr + xi * xi);
            }
        }
        EACH a->yf[k].re[l] = re[l], a->yf[k].im[l] = im[l];
        EACH a->yb[k].re[l] = bre[l], a->yb[k].im[l] = bim[l];
        EACH a->expect[k].v[l] = expect[l];
        EACH a->floor.v[l] += LEAK / ECHO_BINS * expect[l];
    }
}

static void filter(struct echo_arrays *a, bool both)
{
    if (both)
        filter_both(a);
    else
        filter_fore(a);
}

static void minus(const struct echo_fft *f, struct echo_f *restrict e,
                  const struct echo_f *restrict near, const struct echo_c *y)
{
    struct echo_c z[ECHO_HALF] __attribute__((aligned(64)));

    inverse(f, z, y);
    for (unsigned n = 0; n < ECHO_BLOCK / 2; n++) {
        EACH e[2 * n].v[l] = near[2 * n].v[l] - z[n + 40].im[l];
        EACH e[2 * n + 1].v[l] = near[2 * n + 1].v[l] - z[n + 40].re[l];
    }
}

static void subtract(struct echo_arrays *a, bool both)
{
    minus(&a->fft, a->fore, a->near, a->yf);
    if (both)
        minus(&a->fft, a->back, a->near, a->yb);
}

static void error(struct echo_arrays *a, const struct echo_f *e)
{
    forward(&a->fft, a->yb, NULL, e);
}

/* ---- adaptation ---- */

/** The Kalman gain's common part: the error over the power that it should have, held a while so
 * that a near end that starts to speak is believed at once and for some time. */
static inline void normalise(struct echo_arrays *a, unsigned k, const float gain[LANES],
                             float re[LANES], float im[LANES], float inv[LANES])
{
    struct echo_c *restrict e = a->yb + k;
    struct echo_f *restrict hold = a->hold + k;
    const struct echo_f *restrict expect = a->expect + k;

    EACH
    {
        float s = e->re[l] * e->re[l] + e->im[l] * e->im[l] + FLOOR;
        float h = KEEP * hold->v[l];
        float d;
        h = s > h ? s : h;
        hold->v[l] = h;
        d = STEP * expect->v[l];
        d = (d > h ? d : h) + a->floor.v[l];
        inv[l] = gain[l] / d;
        re[l] = e->re[l] * inv[l];
        im[l] = e->im[l] * inv[l];
    }
}

/** Lets those partitions learn more that have more of the echo. */
static void apportion(struct echo_arrays *a, const struct echo_f sum[ECHO_PARTS])
{
    float most[LANES];

    EACH most[l] = 1e-6f;
    for (unsigned i = 0; i < a->parts; i++)
        EACH
        {
            float w = sum[i].v[l] * (1.0f / ECHO_BINS);
            a->weight[i].v[l] = w;
            most[l] = w > most[l] ? w : most[l];
        }
    for (unsigned i = 0; i < a->parts; i++)
        EACH a->share[i].v[l] = a->weight[i].v[l] / most[l] * (1.0f - LEAST_STEP) + LEAST_STEP;
}

static void adapt(struct echo_arrays *a, const float gain[LANES], const float slack[LANES],
                  const float keep[LANES])
{
    struct echo_f least[ECHO_PARTS], sum[ECHO_PARTS];

    for (unsigned i = 0; i < a->parts; i++)
        EACH
        {
            float f = slack[l] * a->weight[i].v[l];
            least[i].v[l] = f > LEAST ? f : LEAST;
            sum[i].v[l] = 0;
        }
    for (unsigned k = 0; k < ECHO_BINS; k++) {
        float er[LANES], ei[LANES], inv[LANES];
        normalise(a, k, gain, er, ei, inv);
        for (unsigned i = 0, at = a->head; i < a->parts; i++, at = at + 1 < a->parts ? at + 1 : 0) {
            const struct echo_c *restrict x = a->x + at * ECHO_BINS + k;
            struct echo_c *restrict w = a->wb + i * ECHO_BINS + k;
            struct echo_f *restrict p = a->p + i * ECHO_BINS + k;
            EACH
            {
                float xr = x->re[l], xi = x->im[l], u = p->v[l] * a->share[i].v[l];
                float wr = keep[l] * w->re[l] + u * (xr * er[l] + xi * ei[l]);
                float wi = keep[l] * w->im[l] + u * (xr * ei[l] - xi * er[l]);
                float n = p->v[l] - SHRINK * p->v[l] * u * (xr * xr + xi * xi) * inv[l];
                w->re[l] = wr;
                w->im[l] = wi;
                sum[i].v[l] += wr * wr + wi * wi;
                p->v[l] = n > least[i].v[l] ? n : least[i].v[l];
            }
        }
    }
    apportion(a, sum);
}

static void constrain(struct echo_arrays *a, unsigned part)
{
    struct echo_c *w = a->wb + part * ECHO_BINS;
    struct echo_c z[ECHO_HALF] __attribute__((aligned(64)));
    struct echo_f taps[ECHO_BLOCK] __attribute__((aligned(64)));

    inverse(&a->fft, z, w);
    for (unsigned n = 0; n < ECHO_BLOCK / 2; n++) {
        EACH taps[2 * n].v[l] = z[n].im[l];
        EACH taps[2 * n + 1].v[l] = z[n].re[l];
    }
    forward(&a->fft, w, taps, NULL);
}

static void copy(struct echo_arrays *a, struct echo_c *to, const struct echo_c *from,
                 const uint32_t take[LANES])
{
    for (unsigned i = 0; i < a->parts * ECHO_BINS; i++) {
        EACH to[i].re[l] = take[l] ? from[i].re[l] : to[i].re[l];
        EACH to[i].im[l] = take[l] ? from[i].im[l] : to[i].im[l];
    }
}

static void doubt(struct echo_arrays *a, const float least[LANES])
{
    for (unsigned i = 0; i < a->parts * ECHO_BINS; i++)
        EACH a->p[i].v[l] = a->p[i].v[l] > least[l] ? a->p[i].v[l] : least[l];
}

static void forget(struct echo_arrays *a, const uint32_t take[LANES])
{
    for (unsigned i = 0; i < a->parts * ECHO_BINS; i++) {
        EACH a->wf[i].re[l] = take[l] ? 0 : a->wf[i].re[l];
        EACH a->wf[i].im[l] = take[l] ? 0 : a->wf[i].im[l];
        EACH a->wb[i].re[l] = take[l] ? 0 : a->wb[i].re[l];
        EACH a->wb[i].im[l] = take[l] ? 0 : a->wb[i].im[l];
    }
    for (unsigned i = 0; i < a->parts; i++) {
        EACH a->weight[i].v[l] = take[l] ? 0 : a->weight[i].v[l];
        EACH a->share[i].v[l] = take[l] ? 1.0f : a->share[i].v[l];
    }
}

static void bypass(struct echo_arrays *a, const uint32_t take[LANES])
{
    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH a->fore[n].v[l] = take[l] ? a->near[n].v[l] : a->fore[n].v[l];
}

/* ---- noise ---- */

static void listen(struct echo_arrays *a, const float share[restrict LANES])
{
    for (unsigned k = 0; k < ECHO_BINS; k++) {
        const struct echo_c *restrict e = a->yb + k;
        struct echo_f *restrict n = a->noise + k;
        EACH
        {
            float s = e->re[l] * e->re[l] + e->im[l] * e->im[l] + 1.0f;
            n->v[l] += share[l] * (s - n->v[l]);
        }
    }
}

/** An even number in -1..1 from the next of a sequence (Marsaglia's xorshift). */
#define RANDOM(s)                                                                                  \
    ((s) ^= (s) << 13, (s) ^= (s) >> 17, (s) ^= (s) << 5,                                          \
     (float)(int32_t)(s) * (1.0f / 2147483648.0f))

/** A bin of noise: as loud as the line's. */
static inline void draw(struct echo_c *restrict n, uint32_t *restrict seed,
                        const struct echo_f *restrict noise)
{
    EACH
    {
        float m = sqrtf(noise->v[l] * 3.0f); /* 2: of a block in 160; 3/2: of RANDOM */
        n->re[l] = m * RANDOM(seed[l]);
        n->im[l] = m * RANDOM(seed[l]);
    }
}

/** Joins two samples to what the last block left, and leaves two. */
static inline void join(struct echo_f *restrict lo, struct echo_f *restrict hi,
                        const struct echo_c *restrict z, const float (*w)[2])
{
    const float fall[2] = {w[0][0], w[1][0]}, rise[2] = {w[0][1], w[1][1]};

    EACH
    {
        lo[0].v[l] = hi[0].v[l] + rise[0] * z[0].im[l];
        lo[1].v[l] = hi[1].v[l] + rise[1] * z[0].re[l];
        hi[0].v[l] = fall[0] * z[40].im[l];
        hi[1].v[l] = fall[1] * z[40].re[l];
    }
}

static void murmur(struct echo_arrays *a)
{
    struct echo_c z[ECHO_HALF] __attribute__((aligned(64)));

    for (unsigned k = 0; k < ECHO_BINS; k++)
        draw(a->yb + k, a->seed, a->noise + k);
    inverse(&a->fft, z, a->yb);
    for (unsigned i = 0; i < ECHO_BLOCK / 2; i++)
        join(a->comfort + 2 * i, a->comfort + 2 * i + ECHO_BLOCK, z + i, a->fft.window + 2 * i);
}

/* ---- in and out ---- */

static void gather(struct echo_f *to, uint16_t active, const int16_t rows[LANES][ECHO_BLOCK])
{
    for (unsigned l = 0; l < LANES; l++) {
        const int16_t *row = rows[l];
        if (active & 1u << l)
            for (unsigned n = 0; n < ECHO_BLOCK; n++)
                to[n].v[l] = row[n];
        else
            for (unsigned n = 0; n < ECHO_BLOCK; n++)
                to[n].v[l] = 0;
    }
}

static void emphasise(struct echo_f *restrict block, float last[LANES])
{
    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH
        {
            float v = block[n].v[l];
            block[n].v[l] = v - EMPHASIS * last[l];
            last[l] = v;
        }
}

static void restore(struct echo_f *restrict block, float last[LANES])
{
    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH block[n].v[l] = last[l] = block[n].v[l] + EMPHASIS * last[l] + 1e-9f;
}

static void power(float out[LANES], const struct echo_f *block)
{
    float sum[LANES] = {0};

    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH sum[l] += block[n].v[l] * block[n].v[l];
    EACH out[l] = sum[l] * (1.0f / ECHO_BLOCK);
}

static void apart(float out[LANES], const struct echo_f *a, const struct echo_f *b)
{
    float sum[LANES] = {0};

    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH sum[l] += (a[n].v[l] - b[n].v[l]) * (a[n].v[l] - b[n].v[l]);
    EACH out[l] = sum[l] * (1.0f / ECHO_BLOCK);
}

static void scatter(struct echo_arrays *a, uint16_t active, int16_t rows[LANES][ECHO_BLOCK],
                    float g[2][LANES], const float slope[LANES], const float fill[LANES])
{
    int16_t out[ECHO_BLOCK][LANES] __attribute__((aligned(64)));

    for (unsigned n = 0; n < ECHO_BLOCK; n++)
        EACH
        {
            float t = (float)(n + 1) * slope[l], gain, v;
            t = t < 1.0f ? t : 1.0f;
            gain = g[0][l] + (g[1][l] - g[0][l]) * t;
            v = a->fore[n].v[l] * gain + (1.0f - gain) * fill[l] * a->comfort[n].v[l];
            v = v < 32767.0f ? v : 32767.0f;
            v = v > -32768.0f ? v : -32768.0f;
            out[n][l] = (int16_t)(int)(v + (v < 0.0f ? -0.5f : 0.5f));
        }
    for (unsigned l = 0; l < LANES; l++)
        if (active & 1u << l)
            for (unsigned n = 0; n < ECHO_BLOCK; n++)
                rows[l][n] = out[n][l];
}

const struct echo_kernels LANES_FN(echo_kernels) = {
    gather, emphasise, restore, power, apart,  analyse, filter, subtract, error,
    adapt,  constrain, copy,    doubt, forget, bypass,  listen, murmur,   scatter,
};
