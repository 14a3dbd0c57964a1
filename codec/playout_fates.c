/* What became of each packet, by sequence number. Packets may change places within 64 of each
 * other; then their fate is final and goes into the counts of bursts and gaps. */
#include "codec/playout_priv.h"

#define SPAN 64

/** A step of the sequence beyond this is another sequence, not loss (RFC 3550 A.1). */
#define DROPOUT 3000

static void settle(struct playout *p, bool came, bool bad)
{
    if (came && !bad)
        burst_good(&p->burst);
    else
        burst_bad(&p->burst, came);
}

/** The oldest bits become final. */
static void shift(struct playout *p, unsigned by)
{
    struct playout_fates *f = &p->fates;

    for (; by > 0; by--) {
        if (f->span == SPAN)
            settle(p, f->came >> (SPAN - 1), f->bad >> (SPAN - 1));
        else
            f->span++;
        f->came <<= 1;
        f->bad <<= 1;
    }
}

void playout_finish(struct playout *p)
{
    struct playout_fates *f = &p->fates;

    for (unsigned i = f->span; i > 0; i--)
        settle(p, f->came >> (i - 1) & 1, f->bad >> (i - 1) & 1);
    *f = (struct playout_fates){.span = 0};
}

bool playout_fates_came(struct playout *p, uint16_t seq)
{
    struct playout_fates *f = &p->fates;
    int ahead = (int16_t)(seq - f->newest);

    if (f->span == 0 || ahead > DROPOUT || ahead <= -DROPOUT) {
        playout_finish(p);
        f->span = 1;
        f->newest = seq;
        f->came = 1;
        return true;
    }
    if (ahead > 0) {
        shift(p, (unsigned)ahead);
        f->newest = seq;
        f->came |= 1;
        return true;
    }
    if (-ahead >= f->span)
        return true; /* its fate is settled, or it came before the first */
    uint64_t bit = (uint64_t)1 << -ahead;
    bool new = !(f->came & bit);
    f->came |= bit;
    return new;
}

void playout_fates_bad(struct playout *p, uint16_t seq)
{
    struct playout_fates *f = &p->fates;
    unsigned age = (uint16_t)(f->newest - seq);

    if (age < f->span)
        f->bad |= (uint64_t)1 << age;
}
