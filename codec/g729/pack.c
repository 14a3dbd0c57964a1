/* Frames of G.729 gathered into packets. */
#include "codec/g729/pack.h"

#include <string.h>

static void drop(struct g729_pack *p, unsigned n)
{
    p->n -= n;
    memmove(p->len, p->len + n, p->n * sizeof p->len[0]);
    memmove(p->frame, p->frame + n, p->n * sizeof p->frame[0]);
}

void g729_pack_add(struct g729_pack *p, const uint8_t *frame, size_t len)
{
    if (p->n == G729_PACK_MAX)
        drop(p, 1);
    p->len[p->n] = (uint8_t)(len <= G729_FRAME_OCTETS ? len : 0);
    memcpy(p->frame[p->n], frame, p->len[p->n]);
    p->n++;
}

/** Whether there is a frame of speech at `i`. */
static bool speech(const struct g729_pack *p, unsigned i)
{
    return i < p->n && p->len[i] == G729_FRAME_OCTETS;
}

size_t g729_pack_take(struct g729_pack *p, uint8_t *out, unsigned frames)
{
    const uint8_t *description = NULL;
    size_t octets = 0;
    unsigned i = 0;

    frames = frames < G729_FRAMES ? frames : G729_FRAMES;
    for (; i < frames && speech(p, i); i++, octets += G729_FRAME_OCTETS)
        memcpy(out + octets, p->frame[i], G729_FRAME_OCTETS);
    bool full = i == frames;
    for (; i < p->n && !speech(p, i) && !(full && p->len[i] > 0); i++)
        if (p->len[i] == G729_SID_OCTETS)
            description = p->frame[i];
    if (description) {
        memcpy(out + octets, description, G729_SID_OCTETS);
        octets += G729_SID_OCTETS;
    }
    drop(p, i);
    return octets;
}
