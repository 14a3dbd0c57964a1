/* Call-progress tones by country. Sources: ITU-T Operational Bulletin annex "Various tones used in
 * national networks" (2010; E.180 supplement 2); for gb also BT's SIN 350; where the supplement is
 * silent (congestion in France), what the zone table of dahdi-tools (libtonezone) gives. ITU-T
 * E.180/Q.35 for everybody else. Levels: E.180 recommends -10 +-5 dBm0; multi-tone levels are per
 * frequency.
 */
#include "codec/tone.h"

#include <string.h>

struct country {
    const char *name; /* NULL: everybody else */
    struct tone_spec tone[TONE_KINDS];
};

/* E.180 8: three rising tones */
#define SIT                                                                                        \
    {                                                                                              \
        .nsteps = 3, .dbm0 = -12, .step = {                                                        \
            {{950, 0}, 330, 0},                                                                    \
            {{1400, 0}, 330, 0},                                                                   \
            {{1800, 0}, 330, 1000}                                                                 \
        }                                                                                          \
    }

/** One frequency, on and off for so long; nothing off: for ever. */
#define ONE(f, on, off)                                                                            \
    {                                                                                              \
        .nsteps = 1, .dbm0 = -12, .step = { {{f, 0}, on, off} }                                    \
    }
/** Two frequencies at a level of each. */
#define TWO(f, g, level, on, off)                                                                  \
    {                                                                                              \
        .nsteps = 1, .dbm0 = level, .step = { {{f, g}, on, off} }                                  \
    }

static const struct country countries[] = {
    {
        .name = "de",
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 480, 480),
                 [TONE_CONGESTION] = ONE(425, 240, 240),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "us",
        .tone = {[TONE_DIAL] = TWO(350, 440, -13, 0, 0),
                 [TONE_RINGBACK] = TWO(440, 480, -19, 2000, 4000),
                 [TONE_BUSY] = TWO(480, 620, -24, 500, 500),
                 [TONE_CONGESTION] = TWO(480, 620, -24, 250, 250),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "ca", /* North America's */
        .tone = {[TONE_DIAL] = TWO(350, 440, -13, 0, 0),
                 [TONE_RINGBACK] = TWO(440, 480, -19, 2000, 4000),
                 [TONE_BUSY] = TWO(480, 620, -24, 500, 500),
                 [TONE_CONGESTION] = TWO(480, 620, -24, 250, 250),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "at",
        .tone = {[TONE_DIAL] = ONE(420, 0, 0),
                 [TONE_RINGBACK] = ONE(420, 1000, 5000),
                 [TONE_BUSY] = ONE(420, 400, 400),
                 [TONE_CONGESTION] = ONE(420, 200, 200),
                 [TONE_SIT] = {.nsteps = 3,
                               .dbm0 = -12,
                               .step = {{{950, 0}, 330, 0},
                                        {{1450, 0}, 330, 0},
                                        {{1850, 0}, 330, 1000}}}},
    },
    {
        .name = "ch",
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 500, 500),
                 [TONE_CONGESTION] = ONE(425, 200, 200),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "es",
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1500, 3000),
                 [TONE_BUSY] = ONE(425, 200, 200),
                 [TONE_CONGESTION] =
                     {.nsteps = 3,
                      .dbm0 = -12,
                      .step = {{{425, 0}, 200, 200}, {{425, 0}, 200, 200}, {{425, 0}, 200, 600}}},
                 [TONE_SIT] = SIT},
    },
    {
        .name = "fr",
        .tone = {[TONE_DIAL] = ONE(440, 0, 0),
                 [TONE_RINGBACK] = ONE(440, 1500, 3500),
                 [TONE_BUSY] = ONE(440, 500, 500),
                 [TONE_CONGESTION] = ONE(440, 250, 250),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "gb",
        .tone = {[TONE_DIAL] = TWO(350, 440, -13, 0, 0),
                 [TONE_RINGBACK] = {.nsteps = 2,
                                    .dbm0 = -15,
                                    .step = {{{400, 450}, 400, 200}, {{400, 450}, 400, 2000}}},
                 [TONE_BUSY] = ONE(400, 375, 375),
                 [TONE_CONGESTION] = {.nsteps = 2,
                                      .dbm0 = -12,
                                      .step = {{{400, 0}, 400, 350}, {{400, 0}, 225, 525}}},
                 [TONE_SIT] = SIT},
    },
    {
        .name = "it",
        .tone = {[TONE_DIAL] = {.nsteps = 2,
                                .dbm0 = -12,
                                .step = {{{425, 0}, 200, 200}, {{425, 0}, 600, 1000}}},
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 500, 500),
                 [TONE_CONGESTION] = ONE(425, 200, 200),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "nl",
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 500, 500),
                 [TONE_CONGESTION] = ONE(425, 250, 250),
                 [TONE_SIT] = SIT},
    },
    {
        .name = "pl", /* busy and congestion sound alike */
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 500, 500),
                 [TONE_CONGESTION] = ONE(425, 500, 500),
                 [TONE_SIT] = SIT},
    },
    {
        .name = NULL,
        .tone = {[TONE_DIAL] = ONE(425, 0, 0),
                 [TONE_RINGBACK] = ONE(425, 1000, 4000),
                 [TONE_BUSY] = ONE(425, 500, 500),
                 [TONE_CONGESTION] = ONE(425, 250, 250),
                 [TONE_SIT] = SIT},
    },
};

const struct tone_spec *tone_country(const char *country, enum tone_kind kind)
{
    const struct country *c = countries;

    while (c->name && (!country || strcmp(c->name, country) != 0))
        c++;
    return c->tone[kind].nsteps > 0 ? &c->tone[kind] : NULL;
}

enum tone_kind tone_of_cause(unsigned q850)
{
    static const uint8_t congestion[] = {34, 38, 41, 42, 44, 47, 58};
    static const uint8_t special[] = {1, 2, 3, 4, 22, 28};

    if (q850 == 17)
        return TONE_BUSY;
    if (memchr(congestion, (int)q850, sizeof congestion))
        return TONE_CONGESTION;
    return memchr(special, (int)q850, sizeof special) ? TONE_SIT : TONE_NONE;
}
