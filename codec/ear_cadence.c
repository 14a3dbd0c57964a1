/* Cadences of call-progress tones: what was heard block by block becomes runs (425 Hz for 480 ms,
 * silence for 470 ms, ...), which are compared with the country's tones. Two cycles prove a tone,
 * less the last pause; special information tones, which are heard once before an announcement, one.
 */
#include "codec/ear_priv.h"

#include <errno.h>
#include <string.h>

/** Runs up to that many blocks are edges of windows, or a click. */
#define BRIEF 4u
/** Errors of a run's length besides the tolerance: edges. */
#define EDGE 2.5f

/* ---- the country's tones ---- */

static int find_hz(struct ear_country *c, float hz)
{
    unsigned i = 0;

    while (i < c->nhz && fabsf(c->hz[i] - hz) > 0.5f)
        i++;
    if (i == EAR_BINS)
        return -1;
    if (i == c->nhz)
        c->hz[c->nhz++] = hz;
    return (int)i;
}

/** The index of a step's combination, a new one if need be; negative: no room. */
static int find_combo(struct ear_country *c, const float hz[2])
{
    int a = find_hz(c, hz[0]), b = hz[1] > 0 ? find_hz(c, hz[1]) : -1;
    unsigned i = 0;

    if (a < 0 || (hz[1] > 0 && b < 0))
        return -1;
    while (i < c->ncombos && (c->combo[i].bin[0] != a || c->combo[i].bin[1] != b))
        i++;
    if (i == EAR_COMBOS)
        return -1;
    if (i == c->ncombos)
        c->combo[c->ncombos++] = (struct ear_combo){{a, b}};
    return (int)i;
}

static int make_cadence(struct ear_country *c, enum tone_kind kind, const struct tone_spec *spec)
{
    struct ear_cadence *k = &c->cadence[kind];

    for (unsigned i = 0; i < spec->nsteps; i++) {
        const struct tone_step *step = &spec->step[i];
        int combo = find_combo(c, step->hz);
        if (combo < 0)
            return EINVAL;
        k->run[k->n++] = (struct ear_run){combo, step->on / 10u};
        if (step->off > 0)
            k->run[k->n++] = (struct ear_run){EAR_SILENCE, step->off / 10u};
    }
    k->tolerance = kind == TONE_SIT ? 0.25f : 0.15f; /* operators' own are 274 and 380 ms long */
    k->need = kind == TONE_SIT ? k->n - 1 : 2 * k->n - 1;
    return 0;
}

/** Blocks of an endless tone that prove it: more than any other tone of the same sound is on. */
static unsigned endless(const struct ear_country *c, int what)
{
    unsigned most = 67;

    for (unsigned kind = 0; kind < TONE_KINDS; kind++)
        for (unsigned i = 0; i < c->cadence[kind].n; i++)
            if (c->cadence[kind].run[i].what == what && c->cadence[kind].run[i].blocks > most)
                most = c->cadence[kind].run[i].blocks;
    return most + most / 2;
}

int ear_country_make(struct ear_country *c, const char *country)
{
    memset(c, 0, sizeof *c);
    for (unsigned kind = TONE_DIAL; kind < TONE_KINDS; kind++) {
        const struct tone_spec *spec = tone_country(country, (enum tone_kind)kind);
        if (spec && make_cadence(c, (enum tone_kind)kind, spec) != 0)
            return EINVAL;
    }
    for (unsigned kind = TONE_DIAL; kind < TONE_KINDS; kind++)
        if (c->cadence[kind].n == 1)
            c->cadence[kind].need = endless(c, c->cadence[kind].run[0].what);
    return 0;
}

/* ---- what is heard ---- */

static struct ear_run *current(struct ear_rhythm *r)
{
    return &r->run[EAR_RUNS - 1];
}

/** Adds a block. A brief run that has ended is no run: its blocks go to its neighbours. */
static void add(struct ear_rhythm *r, int what)
{
    struct ear_run *now = current(r), *last = now - 1;

    if (now->what == what) {
        now->blocks++;
        return;
    }
    if (now->blocks > BRIEF) {
        memmove(r->run, r->run + 1, (EAR_RUNS - 1) * sizeof *r->run);
        *now = (struct ear_run){what, 1};
    } else if (last->what == what && last->blocks > 0) {
        unsigned all = last->blocks + now->blocks + 1;
        memmove(r->run + 1, r->run, (EAR_RUNS - 1) * sizeof *r->run);
        *now = (struct ear_run){what, all};
    } else {
        unsigned half = now->blocks / 2;
        last->blocks += now->blocks - half;
        *now = (struct ear_run){what, half + 1};
    }
}

static bool fits(const struct ear_run *heard, const struct ear_run *should, float tolerance)
{
    float off = fabsf((float)heard->blocks - (float)should->blocks);

    return heard->what == should->what && off <= tolerance * (float)should->blocks + EDGE;
}

/** True when the runs up to the last before the current one are the tone's. */
static bool proven(struct ear_rhythm *r, const struct ear_cadence *k, bool once)
{
    const struct ear_run *heard = current(r);

    if (k->n == 0)
        return false;
    if (k->n == 1)
        return heard->what == k->run[0].what && heard->blocks >= k->need;
    if (k->need >= EAR_RUNS || heard->blocks != BRIEF + 1 ||
        (!once && heard->what != k->run[k->n - 1].what))
        return false;
    for (unsigned i = 0; i < k->need; i++)
        if (!fits(--heard, &k->run[(2 * k->n - 2 - i) % k->n], k->tolerance))
            return false;
    return true;
}

/** True when the current run may be a part of the tone: as long as that, and after the right one.
 */
static bool goes_on(struct ear_rhythm *r, const struct ear_cadence *k)
{
    const struct ear_run *now = current(r), *last = now - 1;

    if (now->blocks <= BRIEF)
        return true;
    for (unsigned i = 0; i < k->n; i++) {
        const struct ear_run *should = &k->run[i];
        if (now->what != should->what)
            continue;
        if (k->n == 1 ||
            ((float)now->blocks <= (1.0f + k->tolerance) * (float)should->blocks + EDGE &&
             fits(last, &k->run[(i + k->n - 1) % k->n], k->tolerance)))
            return true;
    }
    return false;
}

enum tone_kind ear_rhythm_take(struct ear_rhythm *r, const struct ear_country *c, int what)
{
    add(r, what);
    if (r->kind != TONE_NONE && !goes_on(r, &c->cadence[r->kind]))
        r->kind = TONE_NONE;
    for (unsigned kind = TONE_DIAL; kind < TONE_KINDS && r->kind == TONE_NONE; kind++)
        if (proven(r, &c->cadence[kind], kind == TONE_SIT))
            r->kind = (enum tone_kind)kind;
    return r->kind;
}
