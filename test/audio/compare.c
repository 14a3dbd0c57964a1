/* One delay for the whole by FFT correlation, then block by block: where a block does not fit, the
 * delay is looked for again nearby, as a jitter buffer moves it; what fits nowhere is lost. */
#include "test/audio/compare.h"

#include "test/audio/fft.h"
#include "test/audio/measure.h"
#include "test/audio/wav.h"

#include <errno.h>
#include <math.h>

#define FOUND      0.3  /* correlation of the whole below which the reference is not there */
#define SPEECH     25.0 /* dB below the reference's level: a block above it holds speech */
#define FITS       6.0  /* dB of SNR: a block above it has arrived */
#define SILENT     30.0 /* dB below the reference: a block below it is silence */
#define SEARCH     800  /* samples: how far the delay may move at once, 100 ms */
#define CONTEXT    480  /* samples: what is matched when the delay has moved */
#define RECOGNISED 0.9  /* correlation that proves a new delay */
#define SNR_LOW    -10.0
#define SNR_HIGH   35.0

struct work {
    const int16_t *ref, *rec;
    long nref, nrec, lag;
    double error, signal, snr_sum, rr, xr;
    unsigned arrived;
    struct audio_compared *out;
};

struct sums {
    double rr, xx, xr;
};

/** The sum of the products of `n` samples: a whole number that a double holds. */
static double product(const int16_t *a, const int16_t *b, long n)
{
    int64_t sum = 0;

    for (long i = 0; i < n; i++)
        sum += a[i] * b[i];
    return (double)sum;
}

/** Beyond its ends the recording is silent. */
static struct sums sums_at(const struct work *w, long at, long n, long lag)
{
    long end = at + n < w->nref ? at + n : w->nref;
    long from = at + lag > 0 ? at : -lag, to = end + lag < w->nrec ? end : w->nrec - lag;
    struct sums s = {.rr = product(w->ref + at, w->ref + at, end - at)};

    if (from < to) {
        s.xx = product(w->rec + from + lag, w->rec + from + lag, to - from);
        s.xr = product(w->ref + from, w->rec + from + lag, to - from);
    }
    return s;
}

static double ratio_db(double signal, double error)
{
    if (signal <= 0)
        return SNR_LOW;
    double db = error > 0 ? 10.0 * log10(signal / error) : SNR_HIGH;
    return db < SNR_LOW ? SNR_LOW : db > SNR_HIGH ? SNR_HIGH : db;
}

/** Splits a block in what is the reference, at whatever gain, and the rest. */
static double block_snr(struct sums s, double *signal, double *error)
{
    *signal = s.rr > 0 && s.xr > 0 ? s.xr * s.xr / s.rr : 0;
    *error = s.xx > *signal ? s.xx - *signal : 0;
    return ratio_db(*signal, *error);
}

/** Looks for the block's surroundings near the present delay. */
static bool find_again(struct work *w, long at)
{
    long from = at > CONTEXT / 2 ? at - CONTEXT / 2 : 0, best_lag = 0;
    double best = 0;

    /* from the block on, and around it: the delay moves at a block or in a pause before it */
    for (int pass = 0; pass < 2 && best < RECOGNISED; pass++, from = at) {
        for (long lag = w->lag - SEARCH; lag <= w->lag + SEARCH; lag++) {
            struct sums s = sums_at(w, from, CONTEXT, lag);
            double c = s.rr > 0 && s.xx > 0 ? s.xr / sqrt(s.rr * s.xx) : 0;
            if (c > best) {
                best = c;
                best_lag = lag;
            }
        }
    }
    if (best < RECOGNISED || best_lag == w->lag)
        return false;
    w->lag = best_lag;
    return true;
}

static void note_delay(struct work *w)
{
    double ms = (double)w->lag * 1000.0 / AUDIO_RATE;

    if (ms < w->out->delay_min_ms)
        w->out->delay_min_ms = ms;
    if (ms > w->out->delay_max_ms)
        w->out->delay_max_ms = ms;
}

static void judge(struct work *w, long at)
{
    double signal, error;

    w->out->blocks++;
    if (at + w->lag < 0 || at + w->lag + AUDIO_BLOCK > w->nrec) {
        w->out->cut++;
        return;
    }
    struct sums s = sums_at(w, at, AUDIO_BLOCK, w->lag);
    double snr = block_snr(s, &signal, &error);
    long before = w->lag;
    if (snr < FITS && s.xx > 0 && find_again(w, at)) {
        s = sums_at(w, at, AUDIO_BLOCK, w->lag);
        snr = block_snr(s, &signal, &error);
        if (snr >= FITS) {
            w->out->delay_changes++;
            note_delay(w);
        } else {
            w->lag = before;
        }
    }
    if (snr < FITS) {
        bool silent = s.xx < s.rr * pow(10.0, -SILENT / 10.0);
        *(silent ? &w->out->silent : &w->out->damaged) += 1;
        return;
    }
    w->arrived++;
    w->snr_sum += snr;
    w->rr += s.rr;
    w->xr += s.xr;
    w->signal += signal;
    w->error += error;
}

int audio_compare(struct audio_compared *out, const int16_t *ref, size_t nref, const int16_t *rec,
                  size_t nrec)
{
    struct work w = {.ref = ref, .rec = rec, .nref = (long)nref, .nrec = (long)nrec, .out = out};

    *out = (struct audio_compared){0};
    int err = audio_find(ref, nref, rec, nrec, &w.lag, &out->correlation);
    if (err != 0)
        return err;
    double threshold = audio_level(ref, nref) - SPEECH;
    out->delay_ms = (double)w.lag * 1000.0 / AUDIO_RATE;
    out->delay_min_ms = out->delay_max_ms = out->delay_ms;
    for (long at = 0; at + AUDIO_BLOCK <= w.nref; at += AUDIO_BLOCK) {
        if (audio_level(ref + at, AUDIO_BLOCK) > threshold)
            judge(&w, at);
    }
    out->found = out->correlation >= FOUND || w.arrived * 5 >= out->blocks;
    out->gain_db = w.rr > 0 && w.xr > 0 ? 20.0 * log10(w.xr / w.rr) : AUDIO_FLOOR;
    out->snr_db = w.arrived ? w.snr_sum / w.arrived : SNR_LOW;
    out->snr_total_db = ratio_db(w.signal, w.error);
    return 0;
}

double audio_lost_percent(const struct audio_compared *c)
{
    return c->blocks ? 100.0 * (c->silent + c->damaged + c->cut) / c->blocks : 100.0;
}
