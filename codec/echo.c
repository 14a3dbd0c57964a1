/* Banks of echo cancelling lanes: memory, starting and stopping, and the order of a block's work.
 */
#include "codec/echo_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

LANES_EACH(const struct echo_kernels, echo_kernels);
static const struct echo_kernels *const sets[LANES_SETS] = LANES_TABLE(echo_kernels);

/* ---- memory ---- */

static void turn(float w[2], double eighths, double of)
{
    double angle = -2 * M_PI * eighths / of;

    w[0] = (float)cos(angle);
    w[1] = (float)sin(angle);
}

static void prepare(struct echo_fft *f)
{
    for (unsigned p = 0; p < 16; p++)
        for (unsigned j = 1; j < 5; j++)
            turn(f->w5[p][j - 1], p * j, 80);
    for (unsigned p = 0; p < 4; p++)
        for (unsigned j = 1; j < 4; j++)
            turn(f->w4[p][j - 1], p * j, 16);
    for (unsigned k = 0; k < ECHO_BINS; k++)
        turn(f->split[k], k, ECHO_N);
    for (unsigned n = 0; n < ECHO_BLOCK; n++) {
        f->window[n][0] = (float)cos(M_PI / 2 * (n + 0.5) / ECHO_BLOCK);
        f->window[n][1] = (float)sin(M_PI / 2 * (n + 0.5) / ECHO_BLOCK);
    }
}

static void *zeros(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);

    if (p)
        memset(p, 0, size);
    return p;
}

int echo_bank_new_set(struct echo_bank **out, unsigned tail_ms, enum lanes_set set)
{
    unsigned parts = (tail_ms * 8 + ECHO_BLOCK - 1) / ECHO_BLOCK;
    size_t cells = (size_t)parts * ECHO_BINS;
    struct echo_bank *b;

    if (tail_ms < ECHO_TAIL_MIN || tail_ms > ECHO_TAIL_MAX || !lanes_usable(set))
        return EINVAL;
    b = zeros(sizeof *b);
    if (!b)
        return ENOMEM;
    b->k = sets[set];
    b->a.parts = parts;
    b->a.x = zeros(cells * sizeof *b->a.x);
    b->a.wf = zeros(cells * sizeof *b->a.wf);
    b->a.wb = zeros(cells * sizeof *b->a.wb);
    b->a.p = zeros(cells * sizeof *b->a.p);
    if (!b->a.x || !b->a.wf || !b->a.wb || !b->a.p) {
        echo_bank_free(b);
        return ENOMEM;
    }
    prepare(&b->a.fft);
    *out = b;
    return 0;
}

int echo_bank_new(struct echo_bank **out, unsigned tail_ms)
{
    return echo_bank_new_set(out, tail_ms, lanes_best());
}

void echo_bank_free(struct echo_bank *b)
{
    if (!b)
        return;
    free(b->a.x);
    free(b->a.wf);
    free(b->a.wb);
    free(b->a.p);
    free(b);
}

/* ---- lanes ---- */

static void clear_c(struct echo_c *c, size_t n, unsigned lane)
{
    for (size_t i = 0; i < n; i++)
        c[i].re[lane] = c[i].im[lane] = 0;
}

static void clear_f(struct echo_f *f, size_t n, unsigned lane, float to)
{
    for (size_t i = 0; i < n; i++)
        f[i].v[lane] = to;
}

void echo_lane_start(struct echo_bank *b, unsigned lane, const struct echo_config *config)
{
    struct echo_arrays *a = &b->a;
    size_t cells = (size_t)a->parts * ECHO_BINS;

    clear_c(a->x, cells, lane);
    clear_c(a->wf, cells, lane);
    clear_c(a->wb, cells, lane);
    clear_f(a->p, cells, lane, ECHO_UNKNOWN);
    clear_f(a->far[0], 2 * ECHO_BLOCK, lane, 0);
    clear_f(a->hold, ECHO_BINS, lane, 0);
    clear_f(a->weight, ECHO_PARTS, lane, 0);
    clear_f(a->share, ECHO_PARTS, lane, 1.0f);
    clear_f(a->noise, ECHO_BINS, lane, 1.0f);
    clear_f(a->comfort, ECHO_N, lane, 0);
    a->last[0][lane] = a->last[1][lane] = a->last[2][lane] = 0;
    a->seed[lane] = 0x9e3779b9u * (lane + 1);
    echo_lane_reset(&b->lane[lane], config);
    b->started = (uint16_t)(b->started | 1u << lane);
}

void echo_lane_stop(struct echo_bank *b, unsigned lane)
{
    b->started = (uint16_t)(b->started & ~(1u << lane));
}

void echo_lane_disable(struct echo_bank *b, unsigned lane, bool on)
{
    struct echo_lane *s = &b->lane[lane];

    s->disabled = on && s->config.tone_disabler;
    s->idle = 0;
}

static int16_t tenths(float ratio)
{
    return (int16_t)lrintf(100.0f * log10f(ratio));
}

void echo_lane_stats(const struct echo_bank *b, unsigned lane, struct echo_stats *out)
{
    const struct echo_lane *s = &b->lane[lane];

    memset(out, 0, sizeof *out);
    if (s->echoes && s->pd > 1.0f && s->pe > 0.0f) {
        out->erl = tenths(s->px / s->pd);
        out->erle = tenths(s->pd / s->pe);
    }
    out->converged = s->echoes && s->record > ECHO_CONVERGED;
    out->double_talk = s->near_speaks;
    out->suppressing = s->gain < 0.5f;
    out->disabled = s->disabled;
    out->transfers = s->transfers;
    out->changes = s->changes;
}

/* ---- a block ---- */

static void learn(struct echo_bank *b, struct echo_orders *o)
{
    struct echo_arrays *a = &b->a;

    if (o->any_backward)
        b->k->copy(a, a->wb, a->wf, o->backward);
    if (o->any_doubt)
        b->k->doubt(a, o->doubt);
    if (!o->any_gain)
        return;
    b->k->error(a, a->back);
    b->k->adapt(a, o->gain, o->slack, o->keep);
    for (unsigned i = 0; i < ECHO_CONSTRAINED; i++) {
        b->part = b->part + 1 < a->parts ? b->part + 1 : 0;
        b->k->constrain(a, b->part);
    }
}

static void cancel(struct echo_bank *b, uint16_t active)
{
    struct echo_orders o = {.any_gain = false};
    float near[LANES], fore[LANES], back[LANES] = {0}, apart[LANES] = {0};
    float echo[LANES];
    bool both = echo_wants(b, active);

    for (unsigned l = 0; l < LANES; l++)
        o.keep[l] = 1.0f;
    b->k->power(near, b->a.near);
    b->k->filter(&b->a, both);
    b->k->subtract(&b->a, both);
    b->k->power(fore, b->a.fore);
    b->k->apart(echo, b->a.near, b->a.fore);
    if (both) {
        b->k->power(back, b->a.back);
        b->k->apart(apart, b->a.fore, b->a.back);
    }
    for (unsigned l = 0; l < LANES; l++)
        if (active & 1u << l)
            echo_judge(b, l, &(struct echo_levels){near[l], fore[l], back[l], apart[l], echo[l]},
                       both, &o);
    if (o.any_bypass)
        b->k->bypass(&b->a, o.bypass);
    if (o.any_forget)
        b->k->forget(&b->a, o.forget);
    if (o.any_forward)
        b->k->copy(&b->a, b->a.wf, b->a.wb, o.forward);
    if (both)
        learn(b, &o);
}

void echo_bank_run(struct echo_bank *b, uint16_t active, int16_t near[LANES][ECHO_BLOCK],
                   const int16_t far[LANES][ECHO_BLOCK])
{
    struct echo_arrays *a = &b->a;
    float x[LANES], d[LANES], peak[LANES], error[LANES];

    active &= b->started;
    if (!active)
        return;
    b->block++;
    a->turn = !a->turn;
    a->head = (a->head ? a->head : a->parts) - 1;
    b->k->gather(a->far[a->turn], active, far);
    b->k->gather(a->near, active, (const int16_t(*)[ECHO_BLOCK])near);
    b->k->power(x, a->far[a->turn]);
    b->k->power(d, a->near);
    b->k->emphasise(a->far[a->turn], a->last[0]);
    b->k->emphasise(a->near, a->last[1]);
    b->k->analyse(a, peak);
    for (unsigned l = 0; l < LANES; l++)
        if (active & 1u << l)
            echo_lane_hear(b, l, x[l], d[l], peak[l]);
    cancel(b, active);
    b->k->restore(a->fore, a->last[2]);
    b->k->power(error, a->fore);
    echo_suppress(b, active, error, near);
}
