/* Which of several free channels a call of ours takes: the one of the lowest rank. What the modes
 * need to remember stands at the channels, so it is there whatever becomes of the plan.
 */
#include "isdn/isdn_priv.h"

#define EVEN_LAST 64 /* more than any timeslot */

const char *isdn_hunt_name(enum isdn_hunt h)
{
    static const char *const names[ISDN_HUNTS] = {
        [ISDN_ASCENDING] = "ascending",
        [ISDN_DESCENDING] = "descending",
        [ISDN_ODD_FIRST] = "odd-first",
        [ISDN_EVEN_FIRST] = "even-first",
        [ISDN_ODD_FIRST_DOWN] = "odd-first-descending",
        [ISDN_EVEN_FIRST_DOWN] = "even-first-descending",
        [ISDN_ROUND_ROBIN] = "round-robin",
        [ISDN_LEAST_RECENTLY_USED] = "least-recently-used",
    };
    return names[h];
}

/** `last`: the channel that was taken last of those hunted, 0: none. */
typedef uint64_t rank_fn(const struct isdn_span *s, unsigned t, unsigned last);

static uint64_t ascending(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)s;
    (void)last;
    return t;
}

static uint64_t descending(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)s;
    (void)last;
    return ISDN_TIMESLOTS - t;
}

static uint64_t odd_first(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)s;
    (void)last;
    return t % 2 == 1 ? t : t + EVEN_LAST;
}

static uint64_t even_first(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)s;
    (void)last;
    return t % 2 == 0 ? t : t + EVEN_LAST;
}

static uint64_t odd_first_down(const struct isdn_span *s, unsigned t, unsigned last)
{
    return odd_first(s, t, last) / EVEN_LAST * EVEN_LAST + descending(s, t, last);
}

static uint64_t even_first_down(const struct isdn_span *s, unsigned t, unsigned last)
{
    return even_first(s, t, last) / EVEN_LAST * EVEN_LAST + descending(s, t, last);
}

static uint64_t round_robin(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)s;
    return (t + ISDN_TIMESLOTS - last - 1) % ISDN_TIMESLOTS;
}

static uint64_t least_recently_used(const struct isdn_span *s, unsigned t, unsigned last)
{
    (void)last;
    return s->channel[t].given;
}

static rank_fn *const ranks[ISDN_HUNTS] = {
    [ISDN_ASCENDING] = ascending,           [ISDN_DESCENDING] = descending,
    [ISDN_ODD_FIRST] = odd_first,           [ISDN_EVEN_FIRST] = even_first,
    [ISDN_ODD_FIRST_DOWN] = odd_first_down, [ISDN_EVEN_FIRST_DOWN] = even_first_down,
    [ISDN_ROUND_ROBIN] = round_robin,       [ISDN_LEAST_RECENTLY_USED] = least_recently_used,
};

static unsigned last_taken(const struct isdn_span *s, uint32_t channels)
{
    uint64_t latest = 0;
    unsigned last = 0;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if ((channels >> t & 1) && s->channel[t].taken > latest) {
            latest = s->channel[t].taken;
            last = t;
        }
    return last;
}

unsigned isdn_channel_hunt(const struct isdn_span *s, uint32_t channels, enum isdn_hunt hunt)
{
    unsigned last = hunt == ISDN_ROUND_ROBIN ? last_taken(s, channels) : 0, best = 0;
    uint64_t lowest = UINT64_MAX;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++) {
        if (!(channels >> t & 1) || !isdn_channel_free(s, t))
            continue;
        uint64_t rank = ranks[hunt](s, t, last);
        if (rank < lowest) {
            lowest = rank;
            best = t;
        }
    }
    return best;
}
