/* Call-progress tones by country. Sources: ITU-T Operational Bulletin annex "Various tones used in
 * national networks" (2010) for de and us; ITU-T E.180/Q.35 for the default. Levels: E.180
 * recommends -10 +-5 dBm0; multi-tone levels are per frequency.
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

static const struct country countries[] = {
    {
        .name = "de",
        .tone = {[TONE_DIAL] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 0, 0}}},
                 [TONE_RINGBACK] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 1000, 4000}}},
                 [TONE_BUSY] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 480, 480}}},
                 [TONE_CONGESTION] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 240, 240}}},
                 [TONE_SIT] = SIT},
    },
    {
        .name = "us",
        .tone = {[TONE_DIAL] = {.nsteps = 1, .dbm0 = -13, .step = {{{350, 440}, 0, 0}}},
                 [TONE_RINGBACK] = {.nsteps = 1, .dbm0 = -19, .step = {{{440, 480}, 2000, 4000}}},
                 [TONE_BUSY] = {.nsteps = 1, .dbm0 = -24, .step = {{{480, 620}, 500, 500}}},
                 [TONE_CONGESTION] = {.nsteps = 1, .dbm0 = -24, .step = {{{480, 620}, 250, 250}}},
                 [TONE_SIT] = SIT},
    },
    {
        .name = NULL,
        .tone = {[TONE_DIAL] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 0, 0}}},
                 [TONE_RINGBACK] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 1000, 4000}}},
                 [TONE_BUSY] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 500, 500}}},
                 [TONE_CONGESTION] = {.nsteps = 1, .dbm0 = -12, .step = {{{425, 0}, 250, 250}}},
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
