/* Packets in a ring, by sequence number. */
#include "isdn/pw_jitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1000 /* ticks over which the smallest filling is looked at: 1 s at 8 frames */
#define SLACK  2    /* packets above `depth` that are borne before one is dropped */

enum pw_slot { MISSING, SILENT, PAYLOAD };

int pw_jitter_init(struct pw_jitter *j, unsigned depth, size_t size)
{
    memset(j, 0, sizeof *j);
    j->depth = depth;
    j->size = size;
    for (j->ring = PW_RING; j->ring < 4 * depth;)
        j->ring *= 2;
    j->octets = calloc(j->ring, size + 1);
    if (!j->octets)
        return ENOMEM;
    j->have = j->octets + j->ring * size;
    return 0;
}

void pw_jitter_release(struct pw_jitter *j)
{
    free(j->octets);
    j->octets = NULL;
}

static unsigned slot(const struct pw_jitter *j, uint16_t seq)
{
    return seq & (j->ring - 1);
}

unsigned pw_jitter_filling(const struct pw_jitter *j)
{
    return j->any ? (uint16_t)(j->newest - j->play) : 0;
}

/** A new timeline: the far end restarted, or was away for longer than the ring. */
static void restart(struct pw_jitter *j, uint16_t seq)
{
    memset(j->have, MISSING, j->ring);
    j->any = true;
    j->playing = false;
    j->play = seq;
    j->newest = seq;
    j->least = j->ring;
    j->ticks = 0;
    j->dry = 0;
}

void pw_jitter_put(struct pw_jitter *j, uint16_t seq, const uint8_t *payload)
{
    int ahead = (int16_t)(seq - j->newest); /* 0: the one expected */

    if (!j->any || ahead > (int)j->ring / 2 || ahead < -(int)j->ring) {
        restart(j, seq);
        ahead = 0;
    }
    if ((int16_t)(seq - j->play) < 0 || (ahead < 0 && j->have[slot(j, seq)] != MISSING)) {
        j->late++;
        return;
    }
    if (ahead < 0)
        j->reordered++;
    else
        j->newest = (uint16_t)(seq + 1);
    if (pw_jitter_filling(j) > j->ring / 2) { /* we stood still */
        restart(j, seq);
        j->newest = (uint16_t)(seq + 1);
        j->slips++;
    }
    j->have[slot(j, seq)] = payload ? PAYLOAD : SILENT;
    if (payload)
        memcpy(j->octets + slot(j, seq) * j->size, payload, j->size);
}

/** Once per window: what always lay unused on top is delay without use. */
static void settle(struct pw_jitter *j)
{
    unsigned filling = pw_jitter_filling(j);

    if (filling < j->least)
        j->least = filling;
    if (++j->ticks < WINDOW)
        return;
    for (; j->least > j->depth + SLACK; j->least--) { /* all at once: one break, not many */
        j->have[slot(j, j->play++)] = MISSING;
        j->slips++;
    }
    j->least = j->ring;
    j->ticks = 0;
}

/** Nothing there: late or lost, nobody knows yet. Wait and play later; after a while begin anew,
 * with what comes next. */
static const uint8_t *starve(struct pw_jitter *j)
{
    j->underruns++;
    if (j->dry++ == 0)
        j->slips++;
    if (j->dry > 4 * j->depth)
        j->any = false;
    return NULL;
}

const uint8_t *pw_jitter_get(struct pw_jitter *j)
{
    if (!j->any)
        return NULL;
    if (!j->playing) {
        j->playing = pw_jitter_filling(j) >= j->depth;
        if (!j->playing)
            return NULL;
    }
    settle(j);
    if (pw_jitter_filling(j) == 0)
        return starve(j);
    j->dry = 0;
    unsigned s = slot(j, j->play++);
    enum pw_slot had = j->have[s];
    j->have[s] = MISSING;
    if (had == MISSING)
        j->lost++;
    return had == PAYLOAD ? j->octets + s * j->size : NULL;
}
