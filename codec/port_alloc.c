/* RTP port pairs: a ring of free even ports, oldest first, each resting for a while after use, so
 * that a call does not get the last packets of another. Some are kept for calls that matter more
 * than that (media_keep()).
 */
#include "codec/media_priv.h"

#include <errno.h>
#include <stdlib.h>

#define REST (2 * RT_S)

int media_pairs_init(struct media_pairs *p, uint16_t low, uint16_t high)
{
    unsigned first = (low + 1u) & ~1u;

    *p = (struct media_pairs){.size = high > first ? (high - first + 1u) / 2 : 0};
    if (p->size == 0 || first == 0)
        return EINVAL;
    p->ring = calloc(p->size, sizeof *p->ring);
    if (!p->ring)
        return ENOMEM;
    for (size_t i = 0; i < p->size; i++)
        p->ring[i] = (struct media_pair){.port = (uint16_t)(first + 2 * i), .rested = INT64_MIN};
    p->count = p->size;
    return 0;
}

void media_pairs_release(struct media_pairs *p)
{
    free(p->ring);
    p->ring = NULL;
}

uint16_t media_pairs_take(struct media_pairs *p, rt_time now)
{
    bool there = p->count > p->kept && p->ring[p->head].rested <= now;
    return there ? media_pairs_take_urgent(p) : 0;
}

uint16_t media_pairs_take_urgent(struct media_pairs *p)
{
    const struct media_pair *first = &p->ring[p->head];

    if (p->count == 0)
        return 0;
    p->head = (p->head + 1) % p->size;
    p->count--;
    return first->port;
}

void media_pairs_give(struct media_pairs *p, uint16_t port, rt_time now)
{
    p->ring[(p->head + p->count) % p->size] =
        (struct media_pair){.port = port, .rested = now + REST};
    p->count++;
}
