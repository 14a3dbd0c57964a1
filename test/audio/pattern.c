/* The octets come from a hash of their place, so that any sixteen in a row say where they are. */
#include "test/audio/pattern.h"

#include <string.h>

#define LONGEST 160 /* octets of a block */

/* one period, and as much of the next as a block at its end reaches into */
static uint8_t octets[AUDIO_PATTERN_PERIOD + LONGEST];

static void make(void)
{
    for (uint32_t i = 0; i < sizeof octets; i++) {
        uint32_t x = (i % AUDIO_PATTERN_PERIOD + 1) * 0x9e3779b1u;
        x ^= x >> 15;
        x *= 0x85ebca6bu;
        octets[i] = (uint8_t)(x >> 24);
    }
}

static const uint8_t *at(uint32_t place)
{
    if (octets[0] == octets[1])
        make();
    return octets + place % AUDIO_PATTERN_PERIOD;
}

void audio_pattern_fill(uint8_t *out, size_t n, uint32_t place)
{
    memcpy(out, at(place), n);
}

/** True: the whole block is pattern, and begins at `*place`. */
static bool find(uint32_t *place, const uint8_t *in, size_t n)
{
    const uint8_t *begin = at(0), *end = begin + AUDIO_PATTERN_PERIOD, *p = begin;

    while ((p = memchr(p, in[0], (size_t)(end - p))) != NULL) {
        if (memcmp(p, in, n) == 0) {
            *place = (uint32_t)(p - begin);
            return true;
        }
        p++;
    }
    return false;
}

/** The pattern goes on at `place`, where something else was expected. */
static void slip(struct audio_heard *h, uint32_t place)
{
    long jump = (long)((place - h->place) % AUDIO_PATTERN_PERIOD);

    h->slips++;
    h->jump = jump < (long)AUDIO_PATTERN_PERIOD / 2 ? jump : jump - (long)AUDIO_PATTERN_PERIOD;
    h->last = h->fit + h->damaged + h->after + 1;
}

void audio_pattern_hear(struct audio_heard *h, const uint8_t *in, size_t n)
{
    uint32_t place = h->place;

    if (!h->found || memcmp(at(place), in, n) != 0) {
        if (!find(&place, in, n)) {
            *(h->found ? &h->after : &h->before) += 1;
            h->place += (uint32_t)n;
            return;
        }
        if (h->found && (place - h->place) % AUDIO_PATTERN_PERIOD != 0)
            slip(h, place);
        h->found = true;
    }
    h->fit++;
    h->damaged += h->after;
    if (h->after)
        h->last = h->fit + h->damaged - 1;
    h->after = 0;
    h->place = place + (uint32_t)n;
}
