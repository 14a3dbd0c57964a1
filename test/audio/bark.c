/* Spectra of both sides in critical bands, then the cheapest way through the recording. */
#include "test/audio/bark.h"

#include "test/audio/fft.h"
#include "test/audio/measure.h"
#include "test/audio/wav.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 256 /* samples of one spectrum: 32 ms */
#define HOP    64  /* of the reference */
#define FINE   16  /* of the recording: 2 ms */
#define STEP   (HOP / FINE)
#define REACH  (400 * AUDIO_RATE / 1000 / FINE) /* fine steps to either side of the usual delay */
#define WIDTH  (2 * REACH + 1)
#define BANDS  18
#define SPEECH 25.0 /* dB below the reference's level: a block above it holds speech */
#define ROOM   40.0 /* dB below speech: what is not heard behind it */
#define MASKED 15.0 /* dB below a band: what is not heard in it */
#define DRIFT  2    /* fine steps that the delay may move from block to block */
#define SLIDE  0.3  /* cost of one of them, dB of one block */
#define JUMP   12.0 /* and of moving at will */

/** Upper edges of the critical bands, Hz (Zwicker 1961). */
static const double edges[BANDS] = {100,  200,  300,  400,  510,  630,  770,  920,  1080,
                                    1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4000};

/** What is compared: the bands' powers over what masks them, in dB. */
struct block {
    double level[BANDS];
};

struct search {
    struct block *ref, *rec;
    const bool *speech;
    long nref, nrec, lag; /**< lag in fine steps */
    double *cost;         /**< of the best way to each place of the present block */
    double *next;
    int32_t *from; /**< [nref][WIDTH]: the place in the block before */
};

static unsigned band_of(double hz)
{
    unsigned b = 0;

    while (b + 1 < BANDS && hz >= edges[b])
        b++;
    return b;
}

static void spectrum(double *out, const int16_t *pcm, double gain)
{
    double re[WINDOW], im[WINDOW] = {0};

    for (unsigned i = 0; i < WINDOW; i++)
        re[i] = pcm[i] * gain * (0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / WINDOW));
    audio_fft(re, im, WINDOW, false);
    memset(out, 0, BANDS * sizeof *out);
    for (unsigned i = 1; i < WINDOW / 2; i++)
        out[band_of((double)i * AUDIO_RATE / WINDOW)] += re[i] * re[i] + im[i] * im[i];
}

/** How much of the power of band `k` hides what is in band `b`: 25 dB less a band downwards, 10 dB
 * upwards. */
static void masking(double hides[BANDS][BANDS])
{
    for (int b = 0; b < BANDS; b++) {
        for (int k = 0; k < BANDS; k++) {
            double db = MASKED + (k > b ? 25.0 * (k - b) : 10.0 * (b - k));
            hides[b][k] = pow(10.0, -db / 10.0);
        }
    }
}

static void mask(struct block *out, const double *power, double hides[BANDS][BANDS], double room)
{
    for (unsigned b = 0; b < BANDS; b++) {
        double hidden = room;
        for (unsigned k = 0; k < BANDS; k++)
            hidden += power[k] * hides[b][k];
        out->level[b] = 10.0 * log10(power[b] + hidden);
    }
}

static long windows(size_t n, unsigned hop)
{
    return n < WINDOW ? 0 : (long)((n - WINDOW) / hop + 1);
}

/** Blocks of a signal; `mean` is the power of a band of speech, as it is in the reference. */
static struct block *blocks_of(const int16_t *pcm, long n, unsigned hop, double gain, double mean)
{
    struct block *out = calloc((size_t)n, sizeof *out);
    double power[BANDS], hides[BANDS][BANDS], room = mean * pow(10.0, -ROOM / 10.0);

    masking(hides);
    for (long i = 0; out && i < n; i++) {
        spectrum(power, pcm + i * hop, gain);
        mask(&out[i], power, hides, room);
    }
    return out;
}

/** Level of what is speech, however much silence there is with it. */
static double active_level(const int16_t *pcm, size_t n)
{
    double threshold = audio_level(pcm, n) - SPEECH, sum = 0;
    size_t count = 0;

    for (size_t at = 0; at + WINDOW <= n; at += WINDOW) {
        double level = audio_level(pcm + at, WINDOW);
        if (level <= threshold)
            continue;
        sum += pow(10.0, level / 10.0);
        count++;
    }
    return count ? 10.0 * log10(sum / (double)count) : AUDIO_FLOOR;
}

/** Which blocks of the reference are speech, and their mean power in a band. */
static bool *speech_of(const int16_t *pcm, size_t n, long blocks, double *mean, unsigned *count)
{
    double threshold = audio_level(pcm, n) - SPEECH, power[BANDS], sum = 0;
    bool *out = calloc((size_t)blocks, sizeof *out);

    *count = 0;
    for (long i = 0; out && i < blocks; i++) {
        out[i] = audio_level(pcm + i * HOP, WINDOW) > threshold;
        if (!out[i])
            continue;
        spectrum(power, pcm + i * HOP, 1.0);
        for (unsigned b = 0; b < BANDS; b++)
            sum += power[b];
        ++*count;
    }
    *mean = *count ? sum / *count / BANDS : 0;
    return out;
}

/** RMS over the bands. */
static double distance(const struct search *s, long i, long place)
{
    long j = i * STEP + s->lag + place - REACH;
    double sum = 0;

    if (j < 0 || j >= s->nrec)
        return AUDIO_BARK_NOTHING;
    for (unsigned b = 0; b < BANDS; b++) {
        double d = s->ref[i].level[b] - s->rec[j].level[b];
        sum += d * d;
    }
    return sqrt(sum / BANDS);
}

static long cheapest(const double *cost)
{
    long best = 0;

    for (long p = 1; p < WIDTH; p++)
        if (cost[p] < cost[best])
            best = p;
    return best;
}

/** The best way to a place: from nearby, or by a jump from the cheapest place of all. */
static int32_t best_before(const struct search *s, long place, long best, double *cost)
{
    long from = best;

    *cost = s->cost[best] + JUMP;
    for (long p = place - DRIFT; p <= place + DRIFT; p++) {
        double c = p < 0 || p >= WIDTH ? INFINITY : s->cost[p] + SLIDE * (double)labs(p - place);
        if (c < *cost) {
            *cost = c;
            from = p;
        }
    }
    return (int32_t)from;
}

static void walk(struct search *s)
{
    for (long i = 0; i < s->nref; i++) {
        long best = cheapest(s->cost);
        for (long p = 0; p < WIDTH; p++) {
            s->from[i * WIDTH + p] = best_before(s, p, best, &s->next[p]);
            if (s->speech[i])
                s->next[p] += distance(s, i, p);
        }
        double *swap = s->cost;
        s->cost = s->next;
        s->next = swap;
    }
}

static void judge(const struct search *s, struct audio_bark *out)
{
    long place = cheapest(s->cost);
    unsigned bad = 0;

    for (long i = s->nref; i-- > 0; place = s->from[i * WIDTH + place]) {
        if (!s->speech[i])
            continue;
        double d = distance(s, i, place);
        out->db += d / out->blocks;
        bad += d > AUDIO_BARK_BAD;
    }
    out->bad_percent = 100.0 * bad / out->blocks;
}

int audio_bark(struct audio_bark *out, const int16_t *ref, size_t nref, const int16_t *rec,
               size_t nrec, long lag)
{
    struct search s = {.nref = windows(nref, HOP), .nrec = windows(nrec, FINE), .lag = lag / FINE};
    double gain = pow(10.0, (active_level(ref, nref) - active_level(rec, nrec)) / 20.0), mean;
    int err = EINVAL;

    *out = (struct audio_bark){0};
    if (s.nref <= 0 || s.nrec <= 0)
        return EINVAL;
    bool *speech = speech_of(ref, nref, s.nref, &mean, &out->blocks);
    if (speech && out->blocks > 0) {
        s.speech = speech;
        s.ref = blocks_of(ref, s.nref, HOP, 1.0, mean);
        s.rec = blocks_of(rec, s.nrec, FINE, gain, mean);
        s.cost = calloc(WIDTH, sizeof *s.cost);
        s.next = calloc(WIDTH, sizeof *s.next);
        s.from = calloc((size_t)s.nref * WIDTH, sizeof *s.from);
        err = s.ref && s.rec && s.cost && s.next && s.from ? 0 : ENOMEM;
    } else if (!speech) {
        err = ENOMEM;
    }
    if (err == 0) {
        walk(&s);
        judge(&s, out);
    }
    free(speech);
    free(s.ref);
    free(s.rec);
    free(s.cost);
    free(s.next);
    free(s.from);
    return err;
}
