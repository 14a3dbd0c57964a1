/* The work of one thread of tandem-g729: requests in shared memory are answered by a coder, which
 * the process has from a library, and tests have of their own.
 */
#ifndef CODEC_G729_SERVE_H
#define CODEC_G729_SERVE_H

#include "codec/g729/shm.h"

#include <stdbool.h>
#include <stddef.h>

/** A coder of frames. What the news return is given to the others; NULL: out of memory. */
struct g729_coder {
    void *(*encoder_new)(bool annex_b);
    void (*encoder_free)(void *encoder);
    /** Returns the octets written: a frame, a description of silence, or 0. */
    size_t (*encode)(void *encoder, uint8_t out[G729_FRAME_OCTETS], const int16_t *pcm);
    void *(*decoder_new)(void);
    void (*decoder_free)(void *decoder);
    /** `len` 0: the frame did not come, or was not sent. */
    void (*decode)(void *decoder, int16_t *pcm, const uint8_t *frame, size_t len);
};

struct g729_server;

/** NULL: out of memory. What lies in the memory already is answered too: a process before this one
 * may have left it. */
struct g729_server *g729_server_new(struct g729_shared *s, unsigned thread,
                                    const struct g729_coder *coder);
void g729_server_free(struct g729_server *s);
/** Answers all that is asked; returns how much that was. */
unsigned g729_server_work(struct g729_server *s);
/** Says that the thread goes to sleep. False: work came meanwhile, and it must not. */
bool g729_server_rest(struct g729_server *s);

#endif
