/* Octets that go to the line as they came: G.711 when nothing has to be changed, and clear
 * channels. */
#include "codec/playout_priv.h"
#include "codec/g711.h"

#include <string.h>

/** What stands for a clear channel's missing octets. */
#define FILL 0xff

/** Every 2 s the play position of a fixed delay is looked at. */
#define WINDOW (2 * 8000u)

static bool is_g711(uint8_t id)
{
    return id == CODEC_PCMA || id == CODEC_PCMU;
}

static uint8_t *next_slot(struct playout *p, uint8_t kind)
{
    p->kinds[p->slot] = kind;
    uint8_t *octets = p->history[p->slot].octets;
    p->slot = (uint8_t)((p->slot + 1) % PLAYOUT_HISTORY);
    return octets;
}

static void tell(struct playout_block *out, uint8_t id, const uint8_t *octets)
{
    out->kind = PLAYOUT_OCTETS;
    out->id = (enum codec_id)id;
    out->octets = octets;
    out->pcm = NULL;
}

/** Whether 80 octets of one law are there in a row; mostly one look at the first payload. */
static bool all_there(struct playout *p)
{
    const struct playout_entry *e = playout_entry(p, 0);
    uint32_t at = p->pos;
    uint8_t id = e->id;

    for (unsigned i = 0; i < p->count; i++, e = playout_entry(p, i)) {
        uint32_t skip = at - e->pos;
        if (skip >= e->samples || e->id != id || !playout_alive(p, e))
            return false;
        at += e->samples - skip;
        if (at - p->pos >= PLAYOUT_BLOCK)
            return true;
    }
    return false;
}

/** Nothing that was heard before has to be blended with G.711 that comes now. */
static bool seamless(struct playout *p)
{
    if (p->count == 0 || p->lin_n > 0 || !is_g711(playout_entry(p, 0)->id))
        return false;
    if (p->state == PLAYOUT_IDLE && !playout_resume(p))
        return false;
    return p->state == PLAYOUT_PLAYING && p->join == 0 && (is_g711(p->playing) || !p->primed);
}

bool playout_copy(struct playout *p, struct playout_block *out)
{
    if (!seamless(p) || playout_off_target(p) || !all_there(p))
        return false;
    p->playing = playout_entry(p, 0)->id;
    p->primed = true;
    uint8_t *octets = next_slot(p, p->playing);

    for (unsigned n = 0; n < PLAYOUT_BLOCK;) {
        const struct playout_entry *e = playout_entry(p, 0);
        uint32_t skip = p->pos - e->pos, more = e->samples - skip;
        if (more > PLAYOUT_BLOCK - n)
            more = PLAYOUT_BLOCK - n;
        memcpy(octets + n, playout_payload(p, e) + skip, more);
        n += more;
        p->pos += more;
        if (skip + more == e->samples)
            playout_store_pop(p);
    }
    p->floor = p->pos;
    p->t += PLAYOUT_BLOCK;
    tell(out, p->playing, octets);
    return true;
}

/** From the first payloads into the block, as far as they lie in it. */
static unsigned gather(struct playout *p, uint8_t *octets)
{
    unsigned filled = 0;

    while (p->count > 0) {
        const struct playout_entry *e = playout_entry(p, 0);
        int32_t at = (int32_t)(e->pos - p->pos), end = at + e->samples;
        int32_t from = at > 0 ? at : 0, to = end < PLAYOUT_BLOCK ? end : PLAYOUT_BLOCK;
        if (!playout_alive(p, e) || end <= 0) { /* a slip went past it */
            playout_store_discard(p);
            continue;
        }
        if (from >= PLAYOUT_BLOCK)
            break;
        if (from < to) {
            memcpy(octets + from, playout_payload(p, e) + (from - at), (size_t)(to - from));
            filled += (unsigned)(to - from);
        }
        if (end > PLAYOUT_BLOCK)
            break;
        playout_store_pop(p);
    }
    return filled < PLAYOUT_BLOCK ? filled : PLAYOUT_BLOCK;
}

void playout_clear_block(struct playout *p, struct playout_block *out)
{
    if (!p->known) {
        *out = (struct playout_block){.kind = PLAYOUT_NONE};
        p->t += PLAYOUT_BLOCK;
        return;
    }
    uint8_t *octets = next_slot(p, CODEC_CLEARMODE);
    uint32_t end = p->pos + PLAYOUT_BLOCK;

    memset(octets, FILL, PLAYOUT_BLOCK);
    unsigned filled = gather(p, octets);
    if (filled > 0)
        p->primed = true;
    if (p->primed)
        p->stats.concealed += PLAYOUT_BLOCK - filled;
    p->pos = p->floor = end;
    p->t += PLAYOUT_BLOCK;
    tell(out, CODEC_CLEARMODE, octets);
}

/** The packet that was on its way for the shortest time tells how the two clocks stand to each
 * other. Before anything is changed even it has to have had less than half the margin, or more than
 * twice as much. */
void playout_slip(struct playout *p)
{
    if (!p->known || (p->window += PLAYOUT_BLOCK) < WINDOW)
        return;
    int32_t least = p->window_least;

    p->window = 0;
    p->window_least = INT32_MAX;
    if (least == INT32_MAX || !p->primed || p->lin_n > 0)
        return;
    int32_t start = (int32_t)(p->t - p->pos - (uint32_t)least); /* head start of the earliest */
    int32_t off = (int32_t)((uint32_t)start - (uint32_t)p->fixed);
    if (off >= -p->fixed / 2 && off <= p->fixed)
        return;
    p->pos += (uint32_t)off;
    p->target.want = (int32_t)((uint32_t)p->target.want - (uint32_t)off);
    if (off > 0)
        p->floor = p->pos;
    p->stats.slips++;
}
