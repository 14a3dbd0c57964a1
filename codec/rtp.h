/* RTP headers (RFC 3550 5.1) and a source's statistics (A.1, A.3, A.8). */
#ifndef CODEC_RTP_H
#define CODEC_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER 12

struct rtp_packet {
    bool marker;
    uint8_t payload_type;
    uint16_t seq;
    uint32_t ts, ssrc;
    const uint8_t *payload; /**< borrowed, inside the datagram */
    size_t len;             /**< without padding */
};

/** Reads a packet: version, CSRC list, extension and padding checked. EBADMSG. */
int rtp_read(struct rtp_packet *out, const uint8_t *data, size_t len);
/** Writes the 12 octets of a header without CSRC. */
void rtp_write_header(uint8_t out[RTP_HEADER], bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
                      uint32_t ssrc);

/** What is known of one synchronization source. Start zeroed. */
struct rtp_source {
    bool valid;
    uint32_t ssrc;
    uint32_t base, highest; /**< extended sequence numbers */
    uint64_t received, duplicate, reordered;
    uint32_t expected_prior;
    uint64_t received_prior;
    uint64_t window; /**< bit n: highest - n came */
    bool strayed;    /**< the last packet was a jump; `stray` would follow it (A.1: bad_seq) */
    uint16_t stray;
    uint32_t transit;
    uint32_t jitter16; /**< timestamp units, times 16 (A.8) */
};

enum rtp_order { RTP_NEXT, RTP_OLD, RTP_DUPLICATE, RTP_STRAY, RTP_RESTART };

/** Counts a packet that arrived at `arrival` (timestamp units). RTP_RESTART: another source, or a
 * jump that a second packet confirmed; everything before it means nothing any more. RTP_STRAY: far
 * from the others and alone so far. */
enum rtp_order rtp_source_packet(struct rtp_source *s, const struct rtp_packet *p,
                                 uint32_t arrival);
/** Packets lost since the first (A.3); never negative here. */
uint64_t rtp_source_lost(const struct rtp_source *s);
/** Fraction lost since the last call, 0..255, for a report block. */
uint8_t rtp_source_fraction(struct rtp_source *s);

#endif
