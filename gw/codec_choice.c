/* The best codec for a leg, towards the other side of its call. */
#include "gw/codec_choice.h"

/** So much more impairment is hardly heard: 5 of R are about 0.1 of MOS at the upper end (G.107
 * annex B). */
#define SAME_QUALITY 5

/** A codec, and what it is worth towards the other side. */
struct rating {
    enum codec_id id;
    unsigned ie, cost;
    bool worse; /**< audibly so than the best */
};

unsigned gw_codec_cost(enum codec_id a, enum codec_id b)
{
    return a == b ? 0 : codec_table[a].cost + codec_table[b].cost;
}

unsigned gw_codec_ie(enum codec_id a, enum codec_id b)
{
    return codec_table[a].ie + (a == b ? 0u : codec_table[b].ie);
}

bool gw_codec_carries_tones(enum codec_id id)
{
    static const uint32_t waveforms = CODEC_BIT(CODEC_PCMA) | CODEC_BIT(CODEC_PCMU) |
                                      CODEC_BIT(CODEC_G722) | CODEC_BIT(CODEC_L16) |
                                      CODEC_BIT(CODEC_G726_40) | CODEC_BIT(CODEC_G726_32) |
                                      CODEC_BIT(CODEC_AAL2_G726_40) | CODEC_BIT(CODEC_AAL2_G726_32);

    return waveforms >> id & 1;
}

static bool better(const struct rating *a, const struct rating *b)
{
    if (a->worse != b->worse)
        return b->worse;
    if (a->worse) /* then the sound counts */
        return a->ie < b->ie || (a->ie == b->ie && a->cost < b->cost);
    return a->cost < b->cost || (a->cost == b->cost && a->ie < b->ie);
}

/** Towards the codec that suits it best, of those that the other side has. */
static struct rating rate(enum codec_id id, const struct gw_codec_far *far)
{
    uint32_t open = far->now < CODEC_COUNT ? CODEC_BIT(far->now) : far->has;
    struct rating best = {.id = id, .ie = codec_table[id].ie, .cost = codec_table[id].cost};

    for (unsigned other = 0, first = 1; other < CODEC_COUNT; other++) {
        if (!(open >> other & 1))
            continue;
        struct rating r = {.id = id,
                           .ie = gw_codec_ie(id, (enum codec_id)other),
                           .cost = gw_codec_cost(id, (enum codec_id)other)};
        if (first || r.ie < best.ie || (r.ie == best.ie && r.cost < best.cost))
            best = r;
        first = 0;
    }
    return best;
}

/** Stable: equals stay in their order. */
static void order_by_cost(enum codec_id *list, unsigned n, const struct gw_codec_far *far)
{
    struct rating all[CODEC_COUNT];
    unsigned least = UINT32_MAX;

    for (unsigned i = 0; i < n; i++) {
        all[i] = rate(list[i], far);
        least = all[i].ie < least ? all[i].ie : least;
    }
    for (unsigned i = 0; i < n; i++)
        all[i].worse = all[i].ie > least + SAME_QUALITY;
    for (unsigned i = 1; i < n; i++) {
        struct rating r = all[i];
        unsigned k = i;
        for (; k > 0 && better(&r, &all[k - 1]); k--)
            all[k] = all[k - 1];
        all[k] = r;
    }
    for (unsigned i = 0; i < n; i++)
        list[i] = all[i].id;
}

static unsigned distance(enum codec_id id, const struct gw_codec_far *far)
{
    return id == far->now ? 0 : far->has >> id & 1 ? 1 : 2;
}

static void order_by_other_side(enum codec_id *list, unsigned n, const struct gw_codec_far *far)
{
    for (unsigned i = 1; i < n; i++) {
        enum codec_id id = list[i];
        unsigned k = i;
        for (; k > 0 && distance(list[k - 1], far) > distance(id, far); k--)
            list[k] = list[k - 1];
        list[k] = id;
    }
}

void gw_codec_order(enum codec_id *list, unsigned n, enum gw_codec_choice choice, bool avoid,
                    const struct gw_codec_far *far)
{
    if (choice == GW_CODEC_CHEAPEST)
        order_by_cost(list, n, far);
    else if (avoid && !far->line)
        order_by_other_side(list, n, far);
}
