/* A bank of sixteen ears: runs the kernels that any lane wants, then asks each lane's detectors. */
#include "codec/ear_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

LANES_EACH(const struct ear_kernel, ear_kernel);
static const struct ear_kernel *const kernels[LANES_SETS] = LANES_TABLE(ear_kernel);
static const struct ear_kernel *kernel;

/** The detectors of one lane. */
struct lane {
    unsigned what;
    struct ear_dtmf dtmf;
    struct ear_answer answer;
    struct ear_cng cng;
    struct ear_progress progress;
};

struct ear_bank {
    _Alignas(64) float prev[EAR_BLOCK][LANES];
    float window[EAR_BLOCK];
    float keep[LANES];
    uint16_t active; /* that `keep` was made for */
    struct ear_set dtmf, modem, progress;
    struct ear_limits limits;
    struct ear_country country;
    struct lane lane[LANES];
};

__attribute__((constructor)) static void choose(void)
{
    kernel = kernels[lanes_best()];
}

bool ear_use(enum lanes_set set)
{
    if (!lanes_usable(set))
        return false;
    kernel = kernels[set];
    return true;
}

/* ---- making ---- */

/** Hann, scaled so that the whole window's sum is 1. */
static double hann(unsigned i)
{
    return (1.0 + cos(M_PI * (i + 0.5) / EAR_BLOCK)) / (2.0 * EAR_BLOCK);
}

static void make_set(struct ear_set *s, const float *hz, unsigned n)
{
    memset(s, 0, sizeof *s);
    s->n = (n + 1) / 2 * 2;
    for (unsigned k = 0; k < s->n; k++) {
        double w = 2.0 * M_PI * (double)hz[k < n ? k : n - 1] / 8000.0;
        s->hz[k] = hz[k < n ? k : n - 1];
        s->turn[k][0] = (float)cos(w * EAR_BLOCK);
        s->turn[k][1] = (float)sin(w * EAR_BLOCK);
        for (unsigned i = 0; i < EAR_BLOCK; i++) {
            s->table[k].c[i] = (float)(M_SQRT2 * hann(i) * cos(w * (i + 0.5)));
            s->table[k].s[i] = (float)(-M_SQRT2 * hann(i) * sin(w * (i + 0.5)));
        }
    }
}

int ear_bank_new(struct ear_bank **out, const struct ear_config *config)
{
    static const struct ear_config usual = EAR_CONFIG_DEFAULT;
    const struct ear_config *c = config ? config : &usual;
    size_t size = (sizeof(struct ear_bank) + 63) / 64 * 64;

    *out = NULL;
    if (c->on <= c->on_none || c->off <= c->off_none || c->on < 20)
        return EINVAL;
    struct ear_bank *b = aligned_alloc(64, size);
    if (!b)
        return ENOMEM;
    memset(b, 0, size);
    if (ear_country_make(&b->country, c->country) != 0) {
        free(b);
        return EINVAL;
    }
    b->limits.on = (float)(c->on + c->on_none) / 20.0f;
    b->limits.off = (float)(c->off + c->off_none) / 20.0f;
    for (unsigned i = 0; i < EAR_BLOCK; i++)
        b->window[i] = (float)(hann(i) / 2.0); /* even^2 + odd^2 is twice both samples' squares */
    make_set(&b->dtmf, ear_dtmf_hz, EAR_BINS);
    make_set(&b->modem, ear_modem_hz, 2);
    make_set(&b->progress, b->country.hz, b->country.nhz);
    *out = b;
    return 0;
}

void ear_bank_free(struct ear_bank *b)
{
    free(b);
}

/* ---- lanes ---- */

static void forget_set(struct ear_set *s, unsigned lane)
{
    for (unsigned half = 0; half < 2; half++)
        for (unsigned k = 0; k < EAR_BINS; k++)
            s->bins[half].re[k][lane] = s->bins[half].im[k][lane] = 0;
}

static void start_parts(struct ear_bank *b, unsigned lane, unsigned what)
{
    struct lane *l = &b->lane[lane];

    if (what & EAR_DTMF) {
        ear_dtmf_start(&l->dtmf);
        forget_set(&b->dtmf, lane);
    }
    if (what & EAR_ANSWER_TONE)
        l->answer = (struct ear_answer){.on = 0};
    if (what & EAR_CNG)
        l->cng = (struct ear_cng){.blocks = 0};
    if (what & EAR_PROGRESS) {
        memset(&l->progress, 0, sizeof l->progress);
        forget_set(&b->progress, lane);
    }
    l->what |= what;
}

void ear_lane_start(struct ear_bank *b, unsigned lane, unsigned what)
{
    if (lane >= LANES)
        return;
    memset(&b->lane[lane], 0, sizeof b->lane[lane]);
    start_parts(b, lane, what);
    for (unsigned i = 0; i < EAR_BLOCK; i++)
        b->prev[i][lane] = 0;
    forget_set(&b->modem, lane);
}

void ear_lane_stop(struct ear_bank *b, unsigned lane)
{
    if (lane < LANES)
        b->lane[lane].what = 0;
}

void ear_lane_want(struct ear_bank *b, unsigned lane, unsigned what)
{
    if (lane >= LANES)
        return;
    struct lane *l = &b->lane[lane];
    l->what &= what;
    start_parts(b, lane, what & ~l->what);
}

unsigned ear_lane_digit_ms(const struct ear_bank *b, unsigned lane)
{
    return lane < LANES && (b->lane[lane].what & EAR_DTMF) ? ear_dtmf_ms(&b->lane[lane].dtmf) : 0;
}

/* ---- listening ---- */

static void spectrum(struct ear_set *s, const struct ear_fold *f)
{
    s->at = !s->at;
    kernel->bins(&s->bins[s->at], f, s->table, s->n);
}

/** Says what all active lanes together want. */
static unsigned wanted(struct ear_bank *b, uint16_t active)
{
    unsigned what = 0;

    for (unsigned l = 0; l < LANES; l++)
        if (active >> l & 1)
            what |= b->lane[l].what;
    if (active != b->active)
        for (unsigned l = 0; l < LANES; l++)
            b->keep[l] = active >> l & 1 ? 1.0f : 0.0f;
    b->active = active;
    return what;
}

static void hear(struct ear_bank *b, unsigned lane, float energy, const struct ear_pick *pick,
                 struct ear_heard *out)
{
    struct lane *l = &b->lane[lane];

    if (l->what & EAR_DTMF)
        ear_dtmf_hear(&l->dtmf, &b->dtmf, pick, lane, energy, &b->limits, out);
    if (l->what & EAR_ANSWER_TONE)
        ear_answer_hear(&l->answer, &b->modem, lane, energy, out);
    if (l->what & EAR_CNG)
        ear_cng_hear(&l->cng, &b->modem, lane, energy, out);
    if (l->what & EAR_PROGRESS)
        ear_progress_hear(&l->progress, &b->country, &b->progress, lane, energy, out);
}

void ear_bank_listen(struct ear_bank *b, uint16_t active, const int16_t pcm[LANES][EAR_BLOCK],
                     struct ear_heard out[LANES])
{
    struct ear_fold fold;
    struct ear_pick pick;
    unsigned what = wanted(b, active);

    memset(out, 0, LANES * sizeof *out);
    if (!what)
        return;
    kernel->fold(&fold, b->prev, pcm, b->keep, b->window);
    if (what & EAR_DTMF) {
        spectrum(&b->dtmf, &fold);
        kernel->pick(&pick, &b->dtmf.bins[b->dtmf.at]);
    }
    if (what & (EAR_ANSWER_TONE | EAR_CNG))
        spectrum(&b->modem, &fold);
    if (what & EAR_PROGRESS)
        spectrum(&b->progress, &fold);
    for (unsigned l = 0; l < LANES; l++)
        if (active >> l & 1)
            hear(b, l, fold.energy[l], &pick, &out[l]);
}
