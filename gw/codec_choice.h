/* Which codec is the best: by what it costs, what it does to the sound, and what the other side of
 * the call has. Pure functions over codec/'s table.
 */
#ifndef GW_CODEC_CHOICE_H
#define GW_CODEC_CHOICE_H

#include "gw/plan.h"

/** The other side of a call as far as codecs go. */
struct gw_codec_far {
    uint32_t has;      /**< it can have these, CODEC_BIT() each; 0: nobody knows */
    enum codec_id now; /**< it has this one; CODEC_COUNT: that is open */
    bool line;         /**< it is an ISDN channel, and `now` its law */
};

/** It can have these; which one it has is open. */
static inline void gw_codec_allowed(struct gw_codec_far *far, const struct gw_codecs *may)
{
    for (unsigned i = 0; i < may->n; i++)
        far->has |= CODEC_BIT(may->id[i]);
}
/** It is a line of this law. */
static inline void gw_codec_line(struct gw_codec_far *far, bool mulaw)
{
    far->now = mulaw ? CODEC_PCMU : CODEC_PCMA;
    far->has = CODEC_BIT(far->now);
    far->line = true;
}

/** What it takes to join the two: 0.1 us for 20 ms of both directions. The same on both sides
 * passes packet by packet. */
unsigned gw_codec_cost(enum codec_id a, enum codec_id b);
/** What it does to the sound: the impairments of the codecs on the way add up (G.107 7.5). */
unsigned gw_codec_ie(enum codec_id a, enum codec_id b);

/** Puts `n` codecs, in the order in which the peer or we prefer them, into the one in which they
 * are tried. CHEAPEST: the cheapest towards the other side first, but none that costs audibly more
 * of the sound than the best. OFFER, OURS: as they are, but with `avoid` what a SIP side has
 * already, and then what it can have, goes before the rest. */
void gw_codec_order(enum codec_id *list, unsigned n, enum gw_codec_choice choice, bool avoid,
                    const struct gw_codec_far *far);

/** Digits that sound come out of it as they went in. */
bool gw_codec_carries_tones(enum codec_id id);

#endif
