/* How good a direction of a call sounds: counters go in each 10 s, R factors and mean opinion
 * scores of the E-model come out, now, worst, on average and of the whole call. What a VoIP metrics
 * block (RFC 3611 4.7) says is filled from here. Nothing here asks a clock.
 *
 * A media port has two: what we hear (counted by us), and what the far end hears (as it reports).
 */
#ifndef CODEC_QUALITY_H
#define CODEC_QUALITY_H

#include "codec/burst.h"
#include "codec/rtcp.h"

/** A level or loss that is not known. */
#define QUALITY_UNKNOWN RTCP_UNKNOWN

/** One direction at the end of an interval. */
struct quality_sample {
    /* since the stream's beginning; fewer expected than before: it is another stream */
    uint64_t expected, lost, discarded;
    uint64_t runs; /**< of consecutive bad packets (struct burst); 0: unknown, taken as at random */
    uint32_t jitter_us;
    unsigned round_trip_ms;      /**< of the network; 0: unknown */
    unsigned near_ms;            /**< end system delay here: packet, playout buffer, codec */
    unsigned far_ms;             /**< of the far end; 0: unknown, taken as near_ms */
    uint8_t ie, bpl;             /**< of the codec (codec_table) */
    int signal_dbm0, noise_dbm0; /**< QUALITY_UNKNOWN */
    int echo_db; /**< echo return loss where the listener's own voice comes back from: for what we
                      hear, of the far end; QUALITY_UNKNOWN: it has none to be heard */
};

struct quality_score {
    double r, r_lq;        /**< with and without delay and echo, 0..100 */
    double mos_cq, mos_lq; /**< of the two, 1..4.5 */
};

/** Start zeroed. */
struct quality {
    struct quality_sample last;
    uint64_t intervals;         /**< that had packets; without any the scores mean nothing */
    struct quality_score now;   /**< of the last such interval */
    struct quality_score worst; /**< each figure's own minimum */
    struct quality_score sum;   /**< over the intervals */
    struct quality_score call;  /**< of all packets so far, with the delay of now */
    uint32_t jitter_max_us;
};

/** Ends an interval (10 s). False: no packet was expected in it, and the scores are as before. */
bool quality_interval(struct quality *q, const struct quality_sample *s);
/** Mean over the intervals; zeros before the first. */
struct quality_score quality_average(const struct quality *q);
/** One way delay from mouth to ear, ms (RFC 3611 4.7.3). */
unsigned quality_delay_ms(const struct quality_sample *s);

/** Fills what the far end says of what it hears: `sent` packets of ours; call rtcp_bound() first.
 * What only we know (codec, near_ms, echo_db, round_trip_ms) is left as it is. */
void quality_remote(struct quality_sample *s, const struct rtcp_news *news, uint64_t sent,
                    unsigned clock);

/** What a VoIP metrics block needs besides. */
struct quality_local {
    uint32_t ssrc;             /**< of the source that we hear */
    const struct burst *burst; /**< of it */
    unsigned packet_ms;
    int rerl_db; /**< residual echo return loss here, that the far end hears; QUALITY_UNKNOWN */
    enum rtcp_plc plc;
    enum rtcp_jba jba;
    uint8_t jb_rate;
    unsigned jb_nominal_ms, jb_max_ms, jb_abs_max_ms;
};
/** The block about what we hear, after the last quality_interval(). */
void quality_voip(struct rtcp_voip *out, const struct quality *q, const struct quality_local *l);

#endif
