/* Decoding in order, and what is heard when there is nothing to decode: what was lost is made up,
 * and in a pause there is silence or comfort noise until the next sound is due. */
#include "codec/playout_priv.h"
#include "codec/g711.h"

#include <string.h>

/** After a gap the sound is blended in over 5 ms, and 4 ms more for each 10 ms made up. */
#define JOIN      40u
#define JOIN_MORE 32u
#define JOIN_MAX  80u

/** A codec that makes up its own may do so for 5 s: its comfort noise between two descriptions. */
#define OWN_END (5 * 8000u)

static bool is_g711(uint8_t id)
{
    return id == CODEC_PCMA || id == CODEC_PCMU;
}

static enum g711_law law_of(uint8_t id)
{
    return id == CODEC_PCMU ? G711_MU : G711_A;
}

int16_t *playout_window(const struct playout *p, int16_t *window)
{
    int16_t *to = window;

    for (unsigned i = CONCEAL_HISTORY / PLAYOUT_BLOCK; i > 0; i--, to += PLAYOUT_BLOCK) {
        unsigned slot = (p->slot + PLAYOUT_HISTORY - i) % PLAYOUT_HISTORY;
        if (p->kinds[slot] == PLAYOUT_IS_PCM)
            memcpy(to, p->history[slot].pcm, sizeof p->history[slot].pcm);
        else
            g711_expand(to, p->history[slot].octets, PLAYOUT_BLOCK, law_of(p->kinds[slot]));
    }
    memcpy(to, p->lin, p->lin_n * sizeof *to);
    return to;
}

/** From what was heard up to here. */
static void start_concealing(struct playout *p)
{
    int16_t window[PLAYOUT_WINDOW];

    conceal_start(&p->conceal, playout_window(p, window) + p->lin_n);
}

/* ---- sound that is there ---- */

/** The longest relative delay that a late packet may bring about. */
static int32_t longest(const struct playout *p)
{
    int32_t most = p->target.base + p->max;

    return p->mode != PLAYOUT_VOICE || most < p->target.want ? p->target.want : most;
}

/** A packet was late, not lost: it is played all the same, and the delay is longer from now on, as
 * far as it may be. Returns how much of it is not played. */
static int32_t step_back(struct playout *p, const struct playout_entry *e)
{
    uint32_t end = p->pos + p->lin_n, out = p->t + p->lin_n;
    int32_t over = (int32_t)(out - e->pos) - longest(p);
    int32_t skip = (int32_t)(end - e->pos);

    if (over < 0)
        over = 0;
    if (over < skip)
        skip = over;
    p->pos = e->pos + (uint32_t)skip - p->lin_n;
    return skip;
}

/** The first samples after noise or a gap. */
static void blend(struct playout *p, int16_t *pcm, unsigned n)
{
    int16_t noise[JOIN_MAX];

    n = n < p->join ? n : p->join;
    if (p->noise.on) {
        playout_noise_make(&p->noise, noise, n);
        for (unsigned i = 0; i < n; i++)
            pcm[i] = (int16_t)((noise[i] * (int)(n - i) + pcm[i] * (int)i) / (int)n);
    } else {
        conceal_join(&p->conceal, pcm, n);
    }
    p->join = 0;
}

/** G.711 only as far as wanted: the rest stays octets, and may be copied. */
static unsigned expand(struct playout *p, const struct playout_entry *e, unsigned skip,
                       unsigned want)
{
    unsigned n = e->samples - skip, most = want - p->lin_n;

    most = most > p->join ? most : p->join;
    n = n < most ? n : most;
    g711_expand(p->lin + p->lin_n, playout_payload(p, e) + skip, n, law_of(e->id));
    if (skip + n == e->samples)
        playout_store_pop(p);
    return n;
}

static unsigned decode(struct playout *p, const struct playout_entry *e, unsigned skip)
{
    int16_t pcm[CODEC_SAMPLES_MAX];
    const struct codec *c = p->codecs[e->id];
    size_t n = c->ops->decode(p->decoders[e->id], pcm, playout_payload(p, e), e->len);

    n = n < e->samples ? n : e->samples;
    if (n == 0) {
        p->stats.malformed++;
        playout_store_discard(p);
        return 0;
    }
    playout_store_pop(p);
    if (n <= skip)
        return 0;
    n -= skip;
    memcpy(p->lin + p->lin_n, pcm + skip, n * sizeof *pcm);
    return (unsigned)n;
}

/** What is common to all sound that came. */
static void heard(struct playout *p, unsigned n)
{
    int16_t *pcm = p->lin + p->lin_n;

    if (p->join > 0)
        blend(p, pcm, n);
    p->lin_n = (uint16_t)(p->lin_n + n);
    p->floor = p->pos + p->lin_n;
    p->state = PLAYOUT_PLAYING;
    p->primed = true;
    p->dry = false;
    p->noise.on = false;
}

/** Decoders differ in delay and in what they remember: no click where one follows another. */
static void change_codec(struct playout *p, uint8_t id)
{
    bool same = p->playing == id || (is_g711(p->playing) && is_g711(id));

    if (!same && p->state == PLAYOUT_PLAYING && p->primed && p->join == 0) {
        start_concealing(p);
        p->join = JOIN;
    }
    p->playing = id;
}

static void begin_noise(struct playout *p, const struct playout_entry *e)
{
    playout_noise_set(&p->noise, playout_payload(p, e), e->len);
    p->state = PLAYOUT_IDLE;
    p->join = 0;
    p->dry = false;
    if ((int32_t)(e->pos - p->floor) > 0)
        p->floor = e->pos;
    playout_store_pop(p);
}

/** Some more from the first payload, if that is what comes next. */
static bool append(struct playout *p, unsigned want)
{
    if (p->state == PLAYOUT_IDLE || p->count == 0)
        return false;
    struct playout_entry e = *playout_entry(p, 0);
    int32_t skip = (int32_t)(p->pos + p->lin_n - e.pos);

    if (skip < 0)
        return false;
    if (e.id == PLAYOUT_IS_NOISE && playout_alive(p, &e)) {
        begin_noise(p, &e);
        return true;
    }
    if (skip > 0 && p->dry && p->mode == PLAYOUT_VOICE && (int32_t)(e.pos - p->floor) >= 0)
        skip = step_back(p, &e);
    if (skip >= e.samples || !playout_alive(p, &e)) {
        playout_store_discard(p);
        return true;
    }
    change_codec(p, e.id);
    unsigned n =
        is_g711(e.id) ? expand(p, &e, (unsigned)skip, want) : decode(p, &e, (unsigned)skip);
    if (n > 0)
        heard(p, n);
    return true;
}

bool playout_fill(struct playout *p, unsigned want)
{
    while (p->lin_n < want)
        if (!append(p, want))
            return false;
    return true;
}

/* ---- sound that is missing ---- */

/** By the codec itself, in whole blocks of which `n` samples are used. The last one before a
 * payload that is there is told of it. */
static unsigned conceal_own(struct playout *p, const struct codec *c, unsigned n, int32_t gap,
                            const struct playout_entry *next)
{
    int16_t pcm[CODEC_SAMPLES_MAX];
    void *state = p->decoders[c->id];

    if (next && next->id == c->id && gap % PLAYOUT_BLOCK == 0 && gap <= next->samples &&
        gap <= (int32_t)CODEC_SAMPLES_MAX && playout_alive(p, next)) {
        n = (unsigned)gap;
        c->ops->conceal(state, pcm, n, playout_payload(p, next), next->len);
    } else {
        c->ops->conceal(state, pcm, PLAYOUT_BLOCK, NULL, 0);
    }
    memcpy(p->lin + p->lin_n, pcm, n * sizeof *pcm);
    return n;
}

static void fade_out(int16_t *pcm, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pcm[i] = (int16_t)(pcm[i] * (int)(n - i) / (int)n);
}

/** At most `n` samples of what is missing. */
static void conceal(struct playout *p, unsigned n)
{
    const struct playout_entry *next = p->count > 0 ? playout_entry(p, 0) : NULL;
    const struct codec *c = p->playing < CODEC_COUNT ? p->codecs[p->playing] : NULL;
    bool own = c && c->ops && c->ops->conceal;
    int32_t gap = next ? (int32_t)(next->pos - p->pos - p->lin_n) : INT32_MAX;

    n = (unsigned)gap < n ? (unsigned)gap : n;
    if (p->state == PLAYOUT_PLAYING) {
        p->state = PLAYOUT_MAKING_UP;
        p->made = 0;
        if (!own)
            start_concealing(p);
    }
    if (own)
        n = conceal_own(p, c, n, gap, next);
    else
        conceal_make(&p->conceal, p->lin + p->lin_n, n);
    p->lin_n = (uint16_t)(p->lin_n + n);
    p->made += n;
    if (p->made <= CONCEAL_END)
        p->stats.concealed += n;
    else
        p->stats.silent += n; /* the codec's comfort noise, most likely */
    unsigned join = JOIN + JOIN_MORE * p->made / PLAYOUT_BLOCK;
    p->join = (uint16_t)(own ? 0 : join < JOIN_MAX ? join : JOIN_MAX);
    p->dry = !next;
    if (next)
        p->floor = p->pos + p->lin_n;
    if (p->made < (own ? OWN_END : CONCEAL_END))
        return;
    if (own)
        fade_out(p->lin + p->lin_n - n, n);
    p->state = PLAYOUT_IDLE;
    p->dry = false;
}

/* ---- pauses ---- */

/** The next sound is due, or late already: then the delay is longer, as far as it may be. */
static void leave_pause(struct playout *p, const struct playout_entry *e)
{
    int32_t over = (int32_t)(p->t + p->lin_n - e->pos) - longest(p);

    p->pos = e->pos + (uint32_t)(over > 0 ? over : 0) - p->lin_n;
    p->state = PLAYOUT_PLAYING;
    p->join = p->noise.on ? JOIN_MAX : 0;
}

/** Samples until the first payload is due; there is one. */
static int32_t due_in(struct playout *p)
{
    return (int32_t)(playout_entry(p, 0)->pos - p->t - p->lin_n) + p->target.want;
}

bool playout_resume(struct playout *p)
{
    if (p->count == 0 || due_in(p) > 0)
        return false;
    leave_pause(p, playout_entry(p, 0));
    return true;
}

/** In a pause the play position is wherever the delay wanted puts it. */
static void wait(struct playout *p, unsigned n)
{
    if (playout_resume(p))
        return;
    if (p->count > 0) {
        unsigned due = (unsigned)due_in(p);
        n = due < n ? due : n;
    }
    playout_noise_make(&p->noise, p->lin + p->lin_n, n);
    p->lin_n = (uint16_t)(p->lin_n + n);
    p->pos = p->t - (uint32_t)p->target.want;
    if (p->primed)
        p->stats.silent += n;
}

void playout_make_up(struct playout *p, unsigned n)
{
    if (p->state == PLAYOUT_IDLE)
        wait(p, n);
    else
        conceal(p, n);
}
