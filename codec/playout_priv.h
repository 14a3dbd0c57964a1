/* What the parts of the receiving buffer share. */
#ifndef CODEC_PLAYOUT_PRIV_H
#define CODEC_PLAYOUT_PRIV_H

#include "codec/playout.h"

#define PLAYOUT_IS_NOISE CODEC_COUNT /* an entry's id */
#define PLAYOUT_IS_PCM   CODEC_COUNT /* a history block's kind */

enum playout_state {
    PLAYOUT_IDLE,     /**< silence or noise: before the first sound, or in a pause */
    PLAYOUT_PLAYING,  /**< sound that came */
    PLAYOUT_MAKING_UP /**< sound that is missing */
};

/* ---- playout_store.c: payloads that wait ---- */

/** A copy of the payload, at its place. A second one for the same place is a duplicate. */
void playout_store_insert(struct playout *p, const struct playout_entry *e, const uint8_t *payload);
void playout_store_clear(struct playout *p);
/** The first is not needed any more. */
void playout_store_pop(struct playout *p);
/** The first was not played and never will be. */
void playout_store_discard(struct playout *p);

static inline struct playout_entry *playout_entry(struct playout *p, unsigned i)
{
    return &p->entries[(p->first + i) % PLAYOUT_ENTRIES];
}
static inline const uint8_t *playout_payload(const struct playout *p, const struct playout_entry *e)
{
    return p->ring + e->at % p->size;
}
/** False when the ring has been written over it. */
static inline bool playout_alive(const struct playout *p, const struct playout_entry *e)
{
    return p->head - e->at <= p->size;
}

/* ---- playout_fates.c: lost, discarded or played ---- */

/** A packet came; false: it had come already. */
bool playout_fates_came(struct playout *p, uint16_t seq);
/** It came in vain. */
void playout_fates_bad(struct playout *p, uint16_t seq);

/* ---- playout_target.c: the delay ---- */

/** Starts anew with a first packet's relative delay. */
void playout_target_start(struct playout *p, int32_t delay);
/** A packet of `samples` had this relative delay. */
void playout_target_add(struct playout *p, int32_t delay, unsigned samples);
/** Chooses anew. */
void playout_target_choose(struct playout *p);
/** The same, each third of a second. */
void playout_target_look(struct playout *p);

/* ---- playout_noise.c ---- */

void playout_noise_set(struct playout_noise *n, const uint8_t *payload, size_t len);
void playout_noise_make(struct playout_noise *n, int16_t *out, size_t len);

/* ---- playout_octets.c ---- */

/** The block when nothing has to be changed: G.711, all there. False: it has. */
bool playout_copy(struct playout *p, struct playout_block *out);
/** The block of a clear channel. */
void playout_clear_block(struct playout *p, struct playout_block *out);
/** Fixed and clear mode: at the end of a window puts the play position right when the sender's
 * clock has moved it too far. */
void playout_slip(struct playout *p);

/* ---- playout_sound.c: decoding and making up ---- */

/** Decodes until `want` samples are there; false when what comes next is not there. */
bool playout_fill(struct playout *p, unsigned want);
/** Makes up, or waits: at most `n` samples. */
void playout_make_up(struct playout *p, unsigned n);
/** In a pause: true when the next sound is due and has been turned to. */
bool playout_resume(struct playout *p);
/** The last 480 samples played, then what is decoded; returns where the latter starts. */
int16_t *playout_window(const struct playout *p, int16_t *window);
#define PLAYOUT_WINDOW (CONCEAL_HISTORY + PLAYOUT_LINEAR)

/* ---- playout_scale.c ---- */

/** One step towards the delay wanted, if the sound allows; makes out[0..80) and takes it from the
 * decoded samples. */
bool playout_scale(struct playout *p, int16_t *out);
/** Whether it is time to try. */
static inline bool playout_off_target(const struct playout *p)
{
    int32_t diff = (int32_t)(p->t - p->pos) - p->target.want;

    if (diff == 0 || p->mode != PLAYOUT_VOICE)
        return false;
    if (diff > 0 && diff < PLAYOUT_BLOCK) /* hardly worth it: now and then, for a pause */
        return p->t / PLAYOUT_BLOCK % 8 == 0;
    return p->cooldown == 0;
}

#endif
