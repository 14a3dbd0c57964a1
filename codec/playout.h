/* The receiving buffer of a stream: packets in as they come, 10 ms blocks out as the line needs
 * them. Replaces time that the network took unevenly by as little even delay as serves speech best.
 *
 * Payloads wait undecoded, in the order of their timestamps, and are decoded when their time comes.
 * How long they wait follows what the network did lately: the delay is chosen at which the E-model
 * (ITU-T G.107) loses least, delay and late packets weighed against each other (playout_target.c).
 * A new delay is reached by time scaling (codec/stretch.h), which also follows a sender whose clock
 * differs from ours; in a pause any amount is cut or repeated at once. What is missing is made up
 * by the codec, or from what was heard (codec/conceal.h).
 *
 * Time is what was put out: a packet counts as arrived at the block that comes next. Nothing finer
 * matters to what is heard, and a thread that wakes late disturbs nothing. Bytes in, samples out:
 * no clock, no lock, no allocation. The owner puts what has come, then gets one block, each 10 ms.
 *
 * Three modes. Voice is all of the above. Fixed, for fax and modems: the delay stays, nothing is
 * scaled. Clear (RFC 4040): octets of a clear channel, nothing is made up, what is missing is 0xff.
 * In both only a clock that differs from ours moves the play position, in few steps, or a way that
 * has become longer than the delay; each is told by `slips`.
 *
 * When the way has become longer than any delay allowed, or a sender's timestamps stood still while
 * it paused, all packets come too late: after 100 ms of that the buffer starts anew with them.
 *
 * spandsp.h declares functions of some of these names: no file can include both.
 */
#ifndef CODEC_PLAYOUT_H
#define CODEC_PLAYOUT_H

#include "codec/burst.h"
#include "codec/codec.h"
#include "codec/conceal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYOUT_BLOCK 80 /* samples: 10 ms */
/** Octets of all waiting payloads: half a second of L16, a second of G.711. */
#define PLAYOUT_RING 8192
/** Of them as many are used until more must wait: what is used over and over stays in the cache. */
#define PLAYOUT_PART 1024
/** Payloads that may wait: 320 ms of 2.5 ms each. */
#define PLAYOUT_ENTRIES 128
/** The longest payload taken, octets. G.711's may be as long, 120 ms and more; another codec's
 * stands for at most CODEC_SAMPLES_MAX samples. */
#define PLAYOUT_PAYLOAD_MAX 1440
/** Linear samples decoded ahead: a payload, and what a repetition steps back. */
#define PLAYOUT_LINEAR 1360
/** Blocks played that are kept: a pitch search wants 60 ms. */
#define PLAYOUT_HISTORY 8
/** Steps of 10 ms of relative delay that are told apart. */
#define PLAYOUT_BINS  64
#define PLAYOUT_ORDER 12 /* reflection coefficients of comfort noise that are used */

enum playout_mode { PLAYOUT_VOICE, PLAYOUT_FIXED, PLAYOUT_CLEAR };

/** What a block is: nothing (no sound yet), octets of `id` as they came, or linear samples. */
enum playout_kind { PLAYOUT_NONE, PLAYOUT_OCTETS, PLAYOUT_SAMPLES };

/** The data is the buffer's own and stays until the next call of playout_get(). */
struct playout_block {
    enum playout_kind kind;
    enum codec_id id;      /**< of octets: CODEC_PCMA, CODEC_PCMU or CODEC_CLEARMODE */
    const uint8_t *octets; /**< 80, kind PLAYOUT_OCTETS */
    const int16_t *pcm;    /**< 80, kind PLAYOUT_SAMPLES */
};

/** Bounds in ms over the shortest delay seen. */
struct playout_config {
    uint16_t min_ms, max_ms;
    uint16_t fixed_ms; /**< of fixed and clear mode; 0: 60 */
};

/** Since the start; samples are at 8 kHz. */
struct playout_stats {
    uint64_t concealed;   /**< samples made up (clear: octets filled) */
    uint64_t silent;      /**< samples of silence or comfort noise after the first sound */
    uint64_t expanded;    /**< samples put in by time scaling */
    uint64_t accelerated; /**< samples taken out by it */
    uint32_t late;        /**< packets that came after their time */
    uint32_t discarded;   /**< packets of which nothing was played: too late, or no room */
    uint32_t duplicate;
    uint32_t malformed; /**< payloads that are none of their codec */
    uint32_t slips;     /**< fixed and clear: moves of the play position */
    uint32_t jumps;     /**< new timelines within one stream */
};

/** A payload that waits. Private, like all below but `stats` and `burst`. */
struct playout_entry {
    uint32_t pos; /**< in samples on the buffer's timeline */
    uint32_t at;  /**< where in the ring, counted through */
    uint16_t len, samples, seq;
    uint8_t id; /**< codec_id, or CODEC_COUNT: comfort noise */
};

/** How late packets were, in steps of 10 ms over `base`, the recent ones with more weight. */
struct playout_target {
    int32_t base;  /**< relative delay of step 0, samples */
    int32_t want;  /**< relative delay to play at */
    int32_t slack; /**< least that a packet came earlier than its step says, since the last look */
    float weight;  /**< of the next packet's sample */
    float total;
    float bins[PLAYOUT_BINS];
};

/** The fate of the last 64 packets, by sequence number: bit n for `newest` - n. */
struct playout_fates {
    uint64_t came, bad;
    uint16_t newest;
    uint8_t span; /**< bits that stand for a packet; 0: none came */
};

/** Comfort noise (RFC 3389). */
struct playout_noise {
    bool on;
    uint8_t order;
    uint32_t seed;
    float gain;
    float k[PLAYOUT_ORDER], b[PLAYOUT_ORDER + 1];
};

struct playout {
    uint32_t t;     /**< samples put out */
    uint32_t pos;   /**< on the timeline: the next sample to play */
    uint32_t floor; /**< nothing before this is played any more */
    uint8_t mode;
    uint8_t state;
    bool known;      /**< the timeline is: a packet came */
    bool primed;     /**< something was played */
    bool dry;        /**< made up, and nothing tells whether it was lost or is late */
    uint8_t playing; /**< codec_id of what was decoded last */
    uint8_t first, count;
    uint8_t slot;     /**< of the history: the next block */
    uint8_t cooldown; /**< blocks until the next time scaling */
    uint8_t fails;    /**< attempts at it that found nothing alike */
    uint16_t lin_n;
    uint16_t join; /**< samples of the next sound to blend with what was made up */
    uint32_t made; /**< made up in a row */
    uint32_t head; /**< of the ring, counted through */
    uint32_t size; /**< of it that is used: PLAYOUT_PART or all */
    uint32_t ts, ts_pos, clock;
    uint32_t end; /**< after the newest packet */
    int32_t last_delay;
    bool far; /**< a packet of another timeline came: its next one would start at `far_ts` */
    uint32_t far_ts;
    bool strange; /**< all packets come later than may be waited for, since then */
    uint32_t strange_since;
    int32_t strange_least; /**< the least relative delay among them */
    int32_t window_least;  /**< fixed, clear: least relative delay in this window */
    uint32_t window;
    int32_t min, max, fixed;   /**< samples */
    float path_ms, lost_share; /**< for the E-model */
    uint8_t bpl;
    struct playout_stats stats;
    struct playout_fates fates;
    struct burst burst; /**< for RTCP XR; packets enter when 64 newer ones came */
    uint32_t burst_expected, burst_lost;
    const struct codec *codecs[CODEC_COUNT];
    void *const *decoders;
    struct playout_entry entries[PLAYOUT_ENTRIES];
    struct playout_target target;
    uint8_t kinds[PLAYOUT_HISTORY]; /**< codec_id of octets, or CODEC_COUNT: samples */
    union {
        int16_t pcm[PLAYOUT_BLOCK];
        uint8_t octets[PLAYOUT_BLOCK];
    } history[PLAYOUT_HISTORY];
    uint8_t ring[PLAYOUT_RING];
    int16_t lin[PLAYOUT_LINEAR];
    struct conceal conceal;
    struct playout_noise noise;
};

/** `decoders` has CODEC_COUNT started decoder states (NULL for codecs without), and stays the
 * owner's. min_ms is cut to max_ms, max_ms to 500. */
void playout_init(struct playout *p, const struct playout_config *conf, void *const *decoders);
/** Forgets what waits, the timeline and the delays measured: another source. Counters stay. */
void playout_reset(struct playout *p);
/** A change of mode forgets what waits and starts the delay anew. */
void playout_set_mode(struct playout *p, enum playout_mode mode);
/** What else of the way from mouth to ear is known, in ms (half of RTCP's round trip, and the
 * line's part): beyond 177 ms a delay costs five times as much. 50 unless told. */
void playout_set_path(struct playout *p, unsigned ms);

/** A packet's payload, of codec `c`; `ts` in that codec's clock. */
void playout_put(struct playout *p, const struct codec *c, uint16_t seq, uint32_t ts,
                 const uint8_t *payload, size_t len);
/** A comfort noise payload (RFC 3389): level, then quantized reflection coefficients. Its noise is
 * heard until the next sound. */
void playout_put_noise(struct playout *p, uint16_t seq, uint32_t ts, const uint8_t *payload,
                       size_t len);
/** A packet that came and is no sound (a telephone event): it is not lost. */
void playout_seen(struct playout *p, uint16_t seq);

/** The next block. */
void playout_get(struct playout *p, struct playout_block *out);

/** Samples between the play position and the newest received. */
uint32_t playout_depth(const struct playout *p);
/** Delay aimed at, over the shortest seen, ms. */
unsigned playout_target_ms(const struct playout *p);
/** Counts the packets that are still in the window of fates: once, when the stream ends. */
void playout_finish(struct playout *p);

#endif
