/* Tones as samples: a sine from a table of 1024 steps, two at a time, in the cadence of the spec.
 */
#include "codec/tone.h"

#include <math.h>
#include <string.h>

#define RATE       8000
#define TABLE_BITS 10
#define TABLE      (1 << TABLE_BITS)

/** Peak of a 0 dBm0 sine in 16-bit samples: G.711 puts A-law's full scale at +3.14 dBm0. */
#define PEAK_0DBM0 22816.0

static int16_t sine[TABLE];

__attribute__((constructor)) static void make_table(void)
{
    for (int i = 0; i < TABLE; i++)
        sine[i] = (int16_t)lrint(32767.0 * sin(2.0 * M_PI * i / TABLE));
}

static void enter_step(struct tone_player *p, unsigned step)
{
    const struct tone_step *s = &p->spec->step[step];

    p->step = step;
    p->off = false;
    p->left = s->on ? s->on * (RATE / 1000u) : UINT32_MAX; /* no length: for ever */
    for (unsigned i = 0; i < 2; i++)
        p->rate[i] = (uint32_t)llrint((double)s->hz[i] / RATE * 4294967296.0);
}

void tone_start(struct tone_player *p, const struct tone_spec *spec)
{
    memset(p, 0, sizeof *p);
    p->spec = spec;
    p->amplitude = (int32_t)lrint(PEAK_0DBM0 * pow(10.0, (double)spec->dbm0 / 20.0));
    enter_step(p, 0);
}

static void next_phase(struct tone_player *p)
{
    uint16_t off = p->spec->step[p->step].off;

    if (!p->off && off > 0) {
        p->off = true;
        p->left = off * (RATE / 1000u);
        return;
    }
    enter_step(p, (p->step + 1) % p->spec->nsteps);
}

static int16_t sample(struct tone_player *p)
{
    int32_t sum = 0;

    for (unsigned i = 0; i < 2; i++) {
        if (p->rate[i] == 0)
            continue;
        sum += sine[p->phase[i] >> (32 - TABLE_BITS)] * p->amplitude >> 15;
        p->phase[i] += p->rate[i];
    }
    return (int16_t)sum;
}

void tone_play(struct tone_player *p, int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p->left == 0)
            next_phase(p);
        pcm[i] = p->off ? 0 : sample(p);
        if (p->left != UINT32_MAX)
            p->left--;
    }
}

bool tone_dtmf(char digit, float hz[2])
{
    /* ITU-T Q.23 */
    static const char keys[] = "123A456B789C*0#D";
    static const float low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
    const char *at = digit ? strchr(keys, digit) : NULL;

    if (!at)
        return false;
    hz[0] = low[(at - keys) / 4];
    hz[1] = high[(at - keys) % 4];
    return true;
}
