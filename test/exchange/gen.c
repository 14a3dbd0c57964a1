/* Generators: one filler per kind. */
#include "test/exchange/gen.h"

#include "gw/rt/buf.h"
#include "test/audio/measure.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MS_SAMPLES (AUDIO_RATE / 1000)

#define MARKER_PEAK 10000

static int16_t marker[EX_MARKER_LEN];

/** Pseudo-random signs from a 15-bit shift register: flat in frequency, sharp when correlated. */
__attribute__((constructor)) static void make_marker(void)
{
    unsigned reg = 0x4a35;

    for (size_t i = 0; i < EX_MARKER_LEN; i++) {
        unsigned bit = (reg ^ reg >> 1) & 1;
        reg = reg >> 1 | bit << 14;
        marker[i] = bit ? MARKER_PEAK : -MARKER_PEAK;
    }
}

const int16_t *ex_marker(void)
{
    return marker;
}

static void restart(struct ex_gen *g, enum ex_gen_kind kind)
{
    memset(g, 0, sizeof *g);
    g->kind = kind;
}

void ex_gen_silence(struct ex_gen *g)
{
    restart(g, EX_GEN_SILENCE);
}

void ex_gen_file(struct ex_gen *g, const struct audio_pcm *file, bool loop)
{
    restart(g, EX_GEN_FILE);
    g->file = file;
    g->loop = loop;
}

void ex_gen_tone(struct ex_gen *g, double hz, double dbm0)
{
    restart(g, EX_GEN_TONE);
    g->own = (struct tone_spec){.step = {{.hz = {(float)hz}}}, .nsteps = 1, .dbm0 = (float)dbm0};
    tone_start(&g->tone, &g->own);
}

static void start_country(struct ex_gen *g, const char *country, enum tone_kind kind)
{
    const struct tone_spec *spec = kind == TONE_NONE ? NULL : tone_country(country, kind);

    restart(g, spec ? EX_GEN_TONE : EX_GEN_SILENCE);
    if (spec)
        tone_start(&g->tone, spec);
}

int ex_gen_country(struct ex_gen *g, const char *country, const char *kind)
{
    static const struct {
        const char *name;
        enum tone_kind kind;
    } kinds[] = {{"dial", TONE_DIAL},
                 {"ringback", TONE_RINGBACK},
                 {"busy", TONE_BUSY},
                 {"congestion", TONE_CONGESTION},
                 {"sit", TONE_SIT}};

    for (size_t i = 0; i < RT_COUNT(kinds); i++) {
        if (strcmp(kind, kinds[i].name) == 0) {
            start_country(g, country, kinds[i].kind);
            return 0;
        }
    }
    return EINVAL;
}

void ex_gen_cause(struct ex_gen *g, const char *country, unsigned cause)
{
    start_country(g, country, tone_of_cause(cause));
}

/* ---- DTMF ---- */

static void start_digit(struct ex_gen *g)
{
    const struct tone_step *step = &g->own.step[0];

    tone_dtmf(g->digits[g->digit], g->own.step[0].hz);
    tone_start(&g->tone, &g->own);
    g->left = (size_t)(step->on + step->off) * MS_SAMPLES;
}

int ex_gen_dtmf(struct ex_gen *g, const char *digits, unsigned on_ms, unsigned off_ms, double dbm0)
{
    float hz[2];

    if (strlen(digits) >= EX_DTMF_MAX || on_ms == 0 || on_ms > 10000 || off_ms > 10000)
        return EINVAL;
    for (const char *d = digits; *d; d++) {
        if (!tone_dtmf(*d, hz))
            return EINVAL;
    }
    restart(g, EX_GEN_DTMF);
    strcpy(g->digits, digits);
    g->own = (struct tone_spec){.step = {{.on = (uint16_t)on_ms, .off = (uint16_t)off_ms}},
                                .nsteps = 1,
                                .dbm0 = (float)dbm0};
    start_digit(g);
    return 0;
}

static void fill_dtmf(struct ex_gen *g, int16_t *pcm, size_t n)
{
    while (n > 0 && g->digits[g->digit] != '\0') {
        size_t m = n < g->left ? n : g->left;
        tone_play(&g->tone, pcm, m);
        pcm += m;
        n -= m;
        g->left -= m;
        if (g->left == 0 && g->digits[++g->digit] != '\0')
            start_digit(g);
    }
    memset(pcm, 0, n * sizeof *pcm);
}

/* ---- the others ---- */

static void fill_file(struct ex_gen *g, int16_t *pcm, size_t n)
{
    while (n > 0 && g->at < g->file->n) {
        size_t left = g->file->n - g->at, m = n < left ? n : left;
        memcpy(pcm, g->file->p + g->at, m * sizeof *pcm);
        pcm += m;
        n -= m;
        g->at += m;
        if (g->loop && g->at == g->file->n)
            g->at = 0;
    }
    memset(pcm, 0, n * sizeof *pcm);
}

void ex_gen_marker(struct ex_gen *g, double dbm0)
{
    restart(g, EX_GEN_MARKER);
    /* a square wave's RMS is its peak, a sine's 3 dB less */
    g->level = audio_amplitude(dbm0) / sqrt(2.0) / MARKER_PEAK;
}

int ex_gen_marked(const struct ex_gen *g, size_t n)
{
    size_t left = (EX_MARKER_STEP - g->at) % EX_MARKER_STEP;

    return g->kind == EX_GEN_MARKER && left < n ? (int)left : -1;
}

static void fill_marker(struct ex_gen *g, int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pcm[i] = g->at < EX_MARKER_LEN ? (int16_t)(marker[g->at] * g->level) : 0;
        g->at = (g->at + 1) % EX_MARKER_STEP;
    }
}

void ex_gen_fill(struct ex_gen *g, int16_t *pcm, size_t n)
{
    switch (g->kind) {
    case EX_GEN_SILENCE:
        memset(pcm, 0, n * sizeof *pcm);
        return;
    case EX_GEN_FILE:
        fill_file(g, pcm, n);
        return;
    case EX_GEN_TONE:
        tone_play(&g->tone, pcm, n);
        return;
    case EX_GEN_DTMF:
        fill_dtmf(g, pcm, n);
        return;
    case EX_GEN_MARKER:
        fill_marker(g, pcm, n);
        return;
    }
}

bool ex_gen_done(const struct ex_gen *g)
{
    switch (g->kind) {
    case EX_GEN_FILE:
        return g->at >= g->file->n;
    case EX_GEN_DTMF:
        return g->digits[g->digit] == '\0';
    case EX_GEN_SILENCE:
        return true;
    case EX_GEN_TONE:
    case EX_GEN_MARKER:
        break;
    }
    return false;
}
