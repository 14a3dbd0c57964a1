/* What the gateway and the process tandem-g729 share: memory, and nothing else. The process is a
 * program of its own with a licence of its own (docs/decisions/018-g729-worker.md).
 *
 * A slot is one encoder's or decoder's stream: a ring of requests that are answered in place, in
 * order. `head` counts the requests put in and is written by the gateway alone, `done` counts the
 * answers and is written by the process alone. Neither side believes the other: lengths and counts
 * are read once and checked, and each has its own copy of what it wrote.
 *
 * Each thread of the process has the slots whose number leaves its own as the remainder. Bits say
 * which slots have work, and a word says that the thread sleeps, on that very word: it is woken
 * once for however much work comes while it is awake.
 */
#ifndef CODEC_G729_SHM_H
#define CODEC_G729_SHM_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

/** Changes with the layout: a process of another version ends at once. */
#define G729_VERSION 1u

#define G729_SLOTS   512u
#define G729_THREADS 64u
/** Requests of a stream that are not answered yet, at most. */
#define G729_DEPTH 8u

/** A frame: 10 ms. */
#define G729_FRAME        80u
#define G729_FRAME_OCTETS 10u
/** A description of silence (annex B): always the last of a packet (RFC 3551 4.5.6). */
#define G729_SID_OCTETS 2u
#define G729_FRAMES     6u /**< of a packet, at most: 60 ms */
#define G729_SAMPLES    (G729_FRAMES * G729_FRAME)
#define G729_OCTETS     (G729_FRAMES * G729_FRAME_OCTETS)

enum g729_work {
    G729_ENCODE = 1, /**< pcm into payload */
    G729_DECODE,     /**< payload into pcm */
    G729_CONCEAL     /**< pcm of a payload that did not come */
};

struct g729_entry {
    uint32_t epoch;   /**< differs from the entry before: a new stream begins */
    uint8_t work;     /**< enum g729_work */
    uint8_t annex_b;  /**< of the encoder: silence is described, then nothing is sent */
    uint16_t samples; /**< a multiple of G729_FRAME; the answer repeats what it has made */
    uint16_t octets;
    int16_t pcm[G729_SAMPLES];
    uint8_t payload[G729_OCTETS];
};

struct g729_slot {
    alignas(64) _Atomic uint32_t head;
    alignas(64) _Atomic uint32_t done;
    alignas(64) struct g729_entry entry[G729_DEPTH];
};

struct g729_thread {
    alignas(64) _Atomic uint32_t sleeping;
    _Atomic uint64_t pending[G729_SLOTS / 64]; /**< bits of slots */
};

struct g729_shared {
    uint32_t version, threads;
    struct g729_thread thread[G729_THREADS];
    struct g729_slot slot[G729_SLOTS];
};

#endif
