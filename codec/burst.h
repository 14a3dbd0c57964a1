/* Burst and gap model of RFC 3611 4.7.2: losses come either in bursts, which are heard, or alone in
 * a gap, where concealment hides them. Fed with the fate of each packet that was expected, in the
 * order of their sequence numbers; nothing here asks a clock.
 */
#ifndef CODEC_BURST_H
#define CODEC_BURST_H

#include <stdbool.h>
#include <stdint.h>

/** Packets received in a row that end a burst (RFC 3611 4.7.6 recommends 16). */
#define BURST_GMIN 16u

enum burst_fate { BURST_RECEIVED, BURST_LOST, BURST_DISCARDED };

/** One stream since its beginning. Start zeroed. */
struct burst {
    uint64_t expected, lost, discarded;
    uint64_t runs;   /**< of consecutive bad packets */
    uint64_t bursts; /**< over, with what they held: */
    uint64_t burst_packets, burst_bad;
    uint64_t gap_packets, gap_bad;         /**< outside of bursts, up to the cluster below */
    uint64_t cluster_packets, cluster_bad; /**< from the first to the last bad packet that fewer
                                                than BURST_GMIN good ones separate */
    uint64_t good;                         /**< received since */
};

/** A packet received and used. Nearly all are: that costs two additions. */
static inline void burst_good(struct burst *b)
{
    b->expected++;
    b->good++;
}
/** A packet lost, or received and thrown away. */
void burst_bad(struct burst *b, bool discarded);
/** What happened to the next expected packet, any of the three. Duplicates are none. */
void burst_packet(struct burst *b, enum burst_fate fate);
/** The same for `n` packets in a row. */
void burst_packets(struct burst *b, enum burst_fate fate, uint64_t n);

/** In the units of the VoIP metrics block: 1/256, and ms. */
struct burst_figures {
    uint8_t loss_rate, discard_rate;
    uint8_t burst_density, gap_density;
    uint16_t burst_ms; /**< mean length of a burst; 0: there was none */
    uint16_t gap_ms;   /**< time in gaps for each burst (all of it when there was none) */
    double bad;        /**< lost and discarded of all, percent */
    double ratio;      /**< BurstR of ITU-T G.107 3.2: 1 for losses at random, more for bursts */
};
/** The figures as if the stream ended here with good packets; `packet_ms`: what one stands for. */
void burst_figures(struct burst_figures *out, const struct burst *b, unsigned packet_ms);
/** BurstR of `bad` packets in `runs` runs out of `expected`: their mean run over that of random
 * losses, 1 / (1 - P); at least 1. */
double burst_ratio(uint64_t expected, uint64_t bad, uint64_t runs);

#endif
