/* A tape: what a port brought and what was sent out of it, block by block, on its way from a media
 * thread to whoever keeps it.
 *
 * One thread writes, one takes, and neither waits: a full tape drops blocks and counts them, and
 * the number of each block says when it was, so that a recording keeps its time. Whoever made the
 * tape has a reference, and the port another; the last one frees it.
 */
#ifndef CODEC_TAPE_H
#define CODEC_TAPE_H

#include <stdbool.h>
#include <stdint.h>

/** Samples in 10 ms. */
#define TAPE_BLOCK 80
/** Blocks that wait: a disk may stand still for so long. */
#define TAPE_BLOCKS 256u

struct tape;

struct tape_block {
    uint64_t at;             /**< in blocks since the first one; a step is what was dropped */
    int16_t in[TAPE_BLOCK];  /**< what the port's line or network brought */
    int16_t out[TAPE_BLOCK]; /**< what was sent out of it */
};

/** An empty tape with one reference, of whoever is to take from it. ENOMEM. */
int tape_new(struct tape **out);
/** Gives back a reference; NULL is allowed. */
void tape_drop(struct tape *t);

/* ---- who takes ---- */

/** The next block. False: there is none now. */
bool tape_take(struct tape *t, struct tape_block *out);
/** Nothing comes any more but what is on it. */
bool tape_ended(const struct tape *t);

/* ---- who writes ---- */

/** One more reference, of a port. */
void tape_hold(struct tape *t);
/** The writer has gone. */
void tape_end(struct tape *t);
/** What the port brings in this block; NULL: silence. */
void tape_hear(struct tape *t, const int16_t *pcm);
/** What is sent out of it, which completes the block; NULL: silence. */
void tape_say(struct tape *t, const int16_t *pcm);

#endif
