/* Digits as sound (far_voice.h). */
#include "test/sim/far_voice.h"

/* spandsp's headers want these before them */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <spandsp.h>

#define DIGIT 800u /* samples: 100 ms */
#define BLOCK 160u
#define DBM0  (-8.0f)

void far_digit_add(char list[FAR_DIGITS_MAX], char digit)
{
    size_t n = strlen(list);

    if (n + 1 < FAR_DIGITS_MAX) {
        list[n] = digit;
        list[n + 1] = '\0';
    }
}

char far_digit(unsigned seed, unsigned nth)
{
    return "0123456789*#"[(seed * 7 + nth * (1 + seed % 5)) % 12];
}

static void on_digits(void *arg, const char *digits, int n)
{
    struct far_voice *v = arg;

    for (int i = 0; i < n; i++)
        far_digit_add(v->heard, digits[i]);
}

struct far_voice *far_voice_new(enum g711_law law)
{
    struct far_voice *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->law = law;
    v->ear = dtmf_rx_init(NULL, on_digits, v);
    return v;
}

void far_voice_free(struct far_voice *v)
{
    if (v && v->ear)
        dtmf_rx_free(v->ear);
    free(v);
}

void far_voice_dial(struct far_voice *v, char digit)
{
    v->spec = (struct tone_spec){.nsteps = 1, .dbm0 = DBM0};
    tone_dtmf(digit, v->spec.step[0].hz);
    tone_start(&v->tone, &v->spec);
    v->left = DIGIT;
}

void far_voice_say(struct far_voice *v, uint8_t *out, size_t n)
{
    int16_t pcm[BLOCK] = {0};

    for (size_t part; n > 0; n -= part, out += part) {
        part = n < BLOCK ? n : BLOCK;
        memset(pcm, 0, sizeof pcm);
        size_t tone = part < v->left ? part : v->left;
        if (tone > 0)
            tone_play(&v->tone, pcm, tone);
        v->left -= (unsigned)tone;
        g711_compress(out, pcm, part, v->law);
    }
}

void far_voice_hear(struct far_voice *v, const uint8_t *in, size_t n)
{
    int16_t pcm[BLOCK];

    for (size_t part; n > 0; n -= part, in += part) {
        part = n < BLOCK ? n : BLOCK;
        g711_expand(pcm, in, part, v->law);
        if (v->ear)
            dtmf_rx(v->ear, pcm, (int)part);
    }
}
