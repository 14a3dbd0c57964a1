/* Codecs behind one descriptor. Whatever a codec's own rate is, here it takes and gives 16-bit
 * linear samples at 8 kHz, which is all that the telephone network has.
 *
 * A descriptor is a row of a table: what SDP calls the codec, how long its frames are, what it
 * costs and how good it is (so that the best common codec can be chosen), and its functions. State
 * lies in memory that the caller allocates, so that a media thread never does.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In the table's order. CLEARMODE is the 64 kbit/s of a clear channel (RFC 4040): octets that pass
 * untouched, never sound. */
enum codec_id {
    CODEC_PCMA,
    CODEC_PCMU,
    CODEC_G722,
    CODEC_OPUS,
    CODEC_G729,
    CODEC_GSM,
    CODEC_G726_40,
    CODEC_G726_32,
    CODEC_G726_24,
    CODEC_G726_16,
    CODEC_AAL2_G726_40,
    CODEC_AAL2_G726_32,
    CODEC_AAL2_G726_24,
    CODEC_AAL2_G726_16,
    CODEC_L16,
    CODEC_CLEARMODE,
    CODEC_COUNT
};

/** Sets of codecs: bit n for codec_id n. */
#define CODEC_BIT(id) ((uint32_t)1 << (id))

/** The longest packet of sound: 60 ms. */
#define CODEC_SAMPLES_MAX 480u
/** Octets of the longest payload that an encoder writes (L16, 60 ms). */
#define CODEC_PAYLOAD_MAX 960u

/** What the far end's fmtp asks of our encoder; zeroed: nothing was said. */
struct codec_params {
    unsigned bitrate; /**< Opus: maxaveragebitrate, bit/s; 0: ours */
    bool fec;         /**< Opus: useinbandfec */
    bool dtx;         /**< Opus: usedtx; G.729: annex B */
    bool cbr;         /**< Opus: cbr */
};

/** Functions of a codec. A media thread calls them: they allocate nothing, ask no clock and take no
 * lock. Each direction has its own state, which is NULL where its size is 0. The stops free what
 * the starts took besides the state, and may be NULL. */
struct codec_ops {
    /** Whether it can work now; NULL: always. See codec_ready(). */
    bool (*ready)(void);
    /** Octets of one encoder's state; NULL: none. See codec_encoder_size(). */
    size_t (*encoder_size)(void);
    /** Prepares zeroed or used state for a new stream; NULL: nothing to do. 0, or a positive
     * errno. See codec_encoder_start(). */
    int (*encoder_start)(void *state, const struct codec_params *p);
    void (*encoder_stop)(void *state);
    /** The same for a decoder; conceal() too uses its state. */
    size_t (*decoder_size)(void);
    int (*decoder_start)(void *state);
    void (*decoder_stop)(void *state);
    /** Encodes `n` samples, a multiple of the codec's frame; `out` has CODEC_PAYLOAD_MAX octets.
     * Returns the octets written; 0: nothing is to be sent (silence, with DTX). */
    size_t (*encode)(void *state, uint8_t *out, const int16_t *pcm, size_t n);
    /** How many of our packets the far end loses, in percent (from RTCP): Opus then spends bits on
     * forward error correction, if that was agreed. NULL: the encoder has no use for it. */
    void (*loss)(void *state, unsigned percent);
    /** Samples at 8 kHz that a payload stands for, or 0 when it is no payload of this codec. */
    size_t (*samples)(const uint8_t *payload, size_t len);
    /** Decodes a payload; `pcm` has room for samples() of it, at most CODEC_SAMPLES_MAX. Returns
     * the samples, 0 when it cannot be decoded. */
    size_t (*decode)(void *state, int16_t *pcm, const uint8_t *payload, size_t len);
    /** Makes up `n` samples (a multiple of 80, at most CODEC_SAMPLES_MAX) for a packet that did not
     * come, and keeps the decoder in step. NULL: the codec has no way of its own, and waveform
     * concealment (ITU-T G.711 appendix I) is used. `next` is the payload after the gap when it is
     * there already (in-band forward error correction), else NULL. */
    void (*conceal)(void *state, int16_t *pcm, size_t n, const uint8_t *next, size_t len);
};

struct codec {
    enum codec_id id;
    const char *name;  /**< rtpmap's encoding name, matched without case (RFC 4855): "PCMA" */
    const char *word;  /**< in the configuration: "pcma" */
    uint8_t payload;   /**< static payload type (RFC 3551), or from 96 on what we offer */
    unsigned clock;    /**< of RTP's timestamps, Hz; G.722's is 8000 (RFC 3551 4.5.2) */
    unsigned channels; /**< rtpmap's encoding parameter: 2 for Opus (RFC 7587 7), else 1 */
    const char *fmtp;  /**< what we offer; NULL: no line */
    unsigned frame;    /**< samples we encode at once, or a multiple of it; without frames: 80 */
    unsigned cost;     /**< encoding and decoding 20 ms, in 0.1 us (test/bench/bench_codecs) */
    uint8_t ie, bpl;   /**< E-model: equipment impairment, robustness to loss (G.113 appendix I) */
    const struct codec_ops *ops; /**< NULL: not in this build, or no sound */
};

/** The table, indexed by codec_id. */
extern const struct codec codec_table[CODEC_COUNT];

/** The codec of an rtpmap; `channels` 1 when it names none. NULL: none of ours. */
const struct codec *codec_by_name(const char *name, size_t n, unsigned clock, unsigned channels);
/** The codec of a configuration's word, NULL: none. */
const struct codec *codec_by_word(const char *word);
/** Whether sound can be coded with it now: it is in this build, and the process that codes it, if
 * it needs one, runs. What is not ready is not offered; a stream that has begun goes on, silent,
 * until it is. */
bool codec_ready(const struct codec *c);
/** Octets of one direction's state (aligned as malloc does), 0: none; and preparing it. A codec
 * without ops has none, and starting it is ENOTSUP. */
size_t codec_encoder_size(const struct codec *c);
size_t codec_decoder_size(const struct codec *c);
int codec_encoder_start(const struct codec *c, void *state, const struct codec_params *p);
int codec_decoder_start(const struct codec *c, void *state);
void codec_encoder_stop(const struct codec *c, void *state);
void codec_decoder_stop(const struct codec *c, void *state);
/** Between samples at 8 kHz and the codec's timestamps. */
uint32_t codec_ticks(const struct codec *c, uint32_t samples);

#endif
