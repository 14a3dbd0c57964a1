/* The receiving buffer: where a packet belongs on the timeline, and one block at a time. */
#include "codec/playout_priv.h"

#include <string.h>

/** A packet whose timestamp and whose delay both differ this much from the last one's is of another
 * timeline, if the next one says so too. Its delay alone may: nothing came for a second. So may its
 * timestamp: the sender said nothing meanwhile. */
#define FAR 8000

/** A new timeline that seems to start within 100 ms of the end of the old one goes on there. */
#define SNAP 800

/** Packets that no delay allowed would wait for, and no other for 100 ms: the way is longer from
 * now on, or the sender's timestamps stood still while it paused. */
#define ESTRANGED 800

/** So much too long a delay is not worked off: 500 ms. */
#define OVERDUE 4000

/** A fixed delay unless told, and the most there may be, ms. */
#define FIXED_MS 60
#define MOST_MS  500

#define PATH_MS   50
#define BPL       25 /* G.711 with concealment (G.113 appendix I) */
#define CHOOSE_AT 32 /* blocks between two choices of the delay */

void playout_init(struct playout *p, const struct playout_config *conf, void *const *decoders)
{
    unsigned max = conf->max_ms < MOST_MS ? conf->max_ms : MOST_MS;
    unsigned min = conf->min_ms < max ? conf->min_ms : max;
    unsigned fixed = conf->fixed_ms ? conf->fixed_ms : FIXED_MS;

    memset(p, 0, sizeof *p);
    memset(p->kinds, PLAYOUT_IS_PCM, sizeof p->kinds);
    p->min = (int32_t)min * 8;
    p->max = (int32_t)max * 8;
    p->fixed = (int32_t)(fixed < MOST_MS ? fixed : MOST_MS) * 8;
    p->path_ms = PATH_MS;
    p->bpl = BPL;
    p->playing = PLAYOUT_IS_NOISE;
    p->window_least = INT32_MAX;
    p->noise.seed = 1;
    p->size = PLAYOUT_PART;
    p->decoders = decoders;
}

void playout_reset(struct playout *p)
{
    playout_store_clear(p);
    playout_finish(p);
    p->known = p->primed = p->dry = p->far = p->strange = false;
    p->state = PLAYOUT_IDLE;
    p->noise.on = false;
    p->join = 0;
    p->made = 0;
    p->window = 0;
    p->window_least = INT32_MAX;
}

void playout_set_mode(struct playout *p, enum playout_mode mode)
{
    if (p->mode == mode)
        return;
    p->mode = (uint8_t)mode;
    playout_reset(p);
    memset(p->kinds, PLAYOUT_IS_PCM, sizeof p->kinds);
    memset(p->history, 0, sizeof p->history);
}

void playout_set_path(struct playout *p, unsigned ms)
{
    p->path_ms = (float)(ms < 1000 ? ms : 1000);
}

/* ---- packets in ---- */

static void start(struct playout *p)
{
    p->known = true;
    p->end = p->t;
    p->floor = p->t - (1u << 28);
    p->lost_share = 0;
    p->burst_expected = p->burst.expected;
    p->burst_lost = p->burst.lost;
    playout_target_start(p, 0);
    p->pos = p->t - (uint32_t)p->target.want;
}

static bool beyond(int32_t samples)
{
    return samples > FAR || samples < -FAR;
}

/** A packet of another timeline, once the next one goes on with it: taken as if it had been under
 * way as long as the one before, so that nothing else changes. */
static bool jump(struct playout *p, uint32_t clock, uint32_t ts, uint32_t *pos)
{
    bool again = p->far && (uint32_t)(ts - p->far_ts + clock / 2) < clock;

    p->far = true;
    p->far_ts = ts;
    if (!again)
        return false;
    *pos = p->t - (uint32_t)p->last_delay;
    int32_t apart = (int32_t)(*pos - p->end);
    if (apart > -SNAP && apart < SNAP)
        *pos = p->end;
    p->stats.jumps++;
    return true;
}

/** Where a timestamp belongs; false: nowhere yet. */
static bool place(struct playout *p, uint32_t clock, uint32_t ts, uint32_t *pos)
{
    if (!p->known) {
        start(p);
        *pos = p->t;
    } else if (clock != p->clock) { /* counted anew from here on (RFC 7160 4.1) */
        *pos = p->end;
    } else {
        int32_t step = (int32_t)((int64_t)(int32_t)(ts - p->ts) * 8000 / clock);
        *pos = p->ts_pos + (uint32_t)step;
        int32_t apart = (int32_t)(p->t - *pos - (uint32_t)p->last_delay);
        if (beyond(step) && beyond(apart) && !jump(p, clock, ts, pos))
            return false;
    }
    p->far = false;
    p->ts = ts;
    p->ts_pos = *pos;
    p->clock = clock;
    p->last_delay = (int32_t)(p->t - *pos);
    return true;
}

/** Samples the payload stands for; 0: it cannot be played. */
static unsigned samples_of(const struct playout *p, const struct codec *c, const uint8_t *payload,
                           size_t len)
{
    bool clear = c->id == CODEC_CLEARMODE;

    if (len == 0 || len > PLAYOUT_PAYLOAD_MAX || clear != (p->mode == PLAYOUT_CLEAR))
        return 0;
    if (c->id == CODEC_PCMA || c->id == CODEC_PCMU || clear)
        return (unsigned)len;
    if (!c->ops || c->clock == 0)
        return 0;
    size_t n = c->ops->samples(payload, len);
    return n <= CODEC_SAMPLES_MAX ? (unsigned)n : 0;
}

static bool is_late(const struct playout *p, uint32_t pos)
{
    uint32_t next = p->state == PLAYOUT_IDLE ? p->t - (uint32_t)p->target.want : p->pos;

    return p->primed && (int32_t)(pos - next) < 0;
}

/** Far too much waits (nobody listened for a while), or nothing that would be in time will come: on
 * to where it should be. */
static void skip(struct playout *p)
{
    p->pos = p->t - (uint32_t)p->target.want;
    p->lin_n = 0;
    p->floor = p->pos;
}

/** Whether waiting longer, as far as that is allowed, would not do for such a delay. A fixed one is
 * not made longer. */
static bool out_of_reach(const struct playout *p, int32_t delay)
{
    return p->mode != PLAYOUT_VOICE || delay >= p->target.base + p->max + PLAYOUT_BLOCK;
}

/** Whether this is the packet after which the buffer follows those that it cannot wait for. A stall
 * does not bring it about: what waited comes at once. */
static bool estranged(struct playout *p, int32_t delay, bool late)
{
    if (!late || !out_of_reach(p, delay)) {
        p->strange = false;
        return false;
    }
    if (!p->strange) {
        p->strange = true;
        p->strange_since = p->t;
        p->strange_least = delay;
    }
    p->strange_least = delay < p->strange_least ? delay : p->strange_least;
    return p->t - p->strange_since >= ESTRANGED;
}

/** Starts anew with the least delay of late. */
static void follow(struct playout *p)
{
    p->strange = false;
    playout_target_start(p, p->strange_least);
    skip(p);
    p->window = 0;
    p->window_least = INT32_MAX;
    p->stats.slips += p->mode != PLAYOUT_VOICE;
}

static void measure(struct playout *p, const struct playout_entry *e)
{
    int32_t delay = (int32_t)(p->t - e->pos);
    bool late = is_late(p, e->pos);

    p->stats.late += late;
    if (estranged(p, delay, late)) {
        follow(p);
    } else if (p->mode == PLAYOUT_VOICE) {
        playout_target_add(p, delay, e->samples);
        if (late)
            playout_target_choose(p);
    } else if (delay < p->window_least) {
        p->window_least = delay;
    }
}

static void put(struct playout *p, struct playout_entry *e, uint32_t clock, uint32_t ts,
                const uint8_t *payload)
{
    if (!place(p, clock, ts, &e->pos)) {
        p->stats.discarded++;
        playout_fates_bad(p, e->seq);
        return;
    }
    uint32_t end = e->pos + e->samples;
    if (e->samples > 0)
        measure(p, e);
    if ((int32_t)(end - p->floor) <= 0 && e->samples > 0) {
        p->stats.discarded++;
        playout_fates_bad(p, e->seq);
        return;
    }
    playout_store_insert(p, e, payload);
    if ((int32_t)(end - p->end) > 0)
        p->end = end;
}

void playout_put(struct playout *p, const struct codec *c, uint16_t seq, uint32_t ts,
                 const uint8_t *payload, size_t len)
{
    if (!playout_fates_came(p, seq)) {
        p->stats.duplicate++;
        return;
    }
    unsigned n = samples_of(p, c, payload, len);
    if (n == 0) {
        p->stats.malformed++;
        playout_fates_bad(p, seq);
        return;
    }
    p->codecs[c->id] = c;
    p->bpl = c->bpl > 0 ? c->bpl : BPL;
    struct playout_entry e = {
        .len = (uint16_t)len, .samples = (uint16_t)n, .seq = seq, .id = (uint8_t)c->id};
    put(p, &e, c->clock, ts, payload);
}

void playout_put_noise(struct playout *p, uint16_t seq, uint32_t ts, const uint8_t *payload,
                       size_t len)
{
    if (!playout_fates_came(p, seq)) {
        p->stats.duplicate++;
        return;
    }
    if (len == 0 || p->mode == PLAYOUT_CLEAR) {
        p->stats.malformed++;
        return;
    }
    struct playout_entry e = {.len = (uint16_t)(len < PLAYOUT_ORDER + 1 ? len : PLAYOUT_ORDER + 1),
                              .seq = seq,
                              .id = PLAYOUT_IS_NOISE};
    put(p, &e, p->known ? p->clock : 8000, ts, payload);
}

void playout_seen(struct playout *p, uint16_t seq)
{
    if (!playout_fates_came(p, seq))
        p->stats.duplicate++;
}

/* ---- blocks out ---- */

/** The first 80 decoded samples. */
static void take_block(struct playout *p, int16_t *pcm)
{
    memcpy(pcm, p->lin, PLAYOUT_BLOCK * sizeof *pcm);
    p->lin_n = (uint16_t)(p->lin_n - PLAYOUT_BLOCK);
    memmove(p->lin, p->lin + PLAYOUT_BLOCK, p->lin_n * sizeof *pcm);
    p->pos += PLAYOUT_BLOCK;
    p->t += PLAYOUT_BLOCK;
}

static void make_block(struct playout *p, int16_t *pcm)
{
    if (p->state == PLAYOUT_PLAYING && playout_off_target(p)) {
        if ((int32_t)(p->t - p->pos) - p->target.want > OVERDUE)
            skip(p);
        else if (playout_scale(p, pcm))
            return;
    }
    while (!playout_fill(p, PLAYOUT_BLOCK))
        playout_make_up(p, PLAYOUT_BLOCK - p->lin_n);
    take_block(p, pcm);
}

static void sound_block(struct playout *p, struct playout_block *out)
{
    int16_t *pcm = p->history[p->slot].pcm;

    make_block(p, pcm);
    if (!p->primed) {
        *out = (struct playout_block){.kind = PLAYOUT_NONE};
        return;
    }
    p->kinds[p->slot] = PLAYOUT_IS_PCM;
    p->slot = (uint8_t)((p->slot + 1) % PLAYOUT_HISTORY);
    *out = (struct playout_block){.kind = PLAYOUT_SAMPLES, .id = CODEC_L16, .pcm = pcm};
}

void playout_get(struct playout *p, struct playout_block *out)
{
    p->cooldown -= p->cooldown > 0;
    if (p->mode == PLAYOUT_CLEAR)
        playout_clear_block(p, out);
    else if (!playout_copy(p, out))
        sound_block(p, out);
    if (p->mode != PLAYOUT_VOICE)
        playout_slip(p);
    else if (p->known && p->t / PLAYOUT_BLOCK % CHOOSE_AT == 0)
        playout_target_look(p);
}

uint32_t playout_depth(const struct playout *p)
{
    int32_t depth = (int32_t)(p->end - p->pos);

    return p->known && depth > 0 ? (uint32_t)depth : 0;
}

unsigned playout_target_ms(const struct playout *p)
{
    int32_t over = p->target.want - p->target.base;

    return p->known && over > 0 ? (unsigned)over / 8 : 0;
}
