/* The media engine: joins RTP streams and TDM channels, in threads of its own.
 *
 * Signalling holds handles to ports and sends orders; media threads own the samples. Every order
 * goes over a ring and takes effect within a tick; every report comes back the same way. A port
 * lives in one thread: a TDM port in the thread of its span, an RTP port in the thread it was asked
 * for.
 *
 * The life of a port: open, set, join, part, close. Two ports of one thread can be joined, each
 * with at most one other.
 *
 * A port carries sound, or the octets of a clear channel (64 kbit/s unrestricted). Those pass as
 * they are, and nothing else goes out of such a port: no tones, no digits. Only two clear ports
 * have something to say to each other.
 */
#ifndef CODEC_MEDIA_H
#define CODEC_MEDIA_H

#include "codec/g711.h"
#include "codec/sdp.h"
#include "codec/tone.h"
#include "gw/rt/stats.h"

struct media;
struct media_bank;
struct media_port;

struct media_config {
    unsigned threads;               /**< 1..64 */
    uint16_t port_low, port_high;   /**< RTP on even ports, RTCP above it */
    rt_time jitter_min, jitter_max; /**< adaptive jitter buffer; 0: 20 ms, 200 ms */
};

/** What media tells signalling. */
enum media_event_type {
    MEDIA_DTMF,        /**< a digit was heard or received; `digit`, `ms` */
    MEDIA_RTP_STARTED, /**< the first packet was accepted on the port */
    MEDIA_RTP_SILENT,  /**< nothing came for 10 s while it should; once per silence */
    MEDIA_CLOSED       /**< the last of a port: `stats` is final */
};

/** What a stream did; cumulative. */
struct media_stats {
    uint64_t rx_packets, tx_packets, rx_octets, tx_octets;
    uint64_t lost, late, duplicate, reordered, malformed,
        foreign;         /**< foreign: not from the accepted address */
    uint64_t concealed;  /**< samples made up for missing ones; clear: octets filled with 0xff */
    uint32_t jitter_us;  /**< RFC 3550 6.4.1, now */
    uint32_t playout_ms; /**< depth of the jitter buffer now */
    uint32_t remote_lost, remote_jitter_us, rtt_us; /**< from the far end's RTCP; 0: none came */
    uint32_t digits;                                /**< DTMF, both ways */
};

struct media_event {
    enum media_event_type type;
    char digit;
    unsigned ms;
    struct media_stats stats;
};
/** In the signalling thread. `arg` is the port's. After MEDIA_CLOSED the handle is dead. */
typedef void media_event_fn(void *arg, struct media_port *p, const struct media_event *ev);

/** Makes the engine and its threads' loops; spans are made in media_loop(), then media_start(). */
int media_new(struct media **out, struct rt_loop *signalling, const struct media_config *cfg);
struct rt_loop *media_loop(struct media *m, unsigned thread);
unsigned media_threads(const struct media *m);
int media_start(struct media *m);
/** Stops the threads and leaves the rest: what else lives in their loops can be taken down now. */
void media_stop(struct media *m);
/** Stops the threads; ports and banks are freed with it. */
void media_free(struct media *m);
/** CPU time used by a media thread, at its last report (each second). */
rt_time media_thread_cpu(const struct media *m, unsigned thread);

/* ---- TDM ---- */

/** The timeslots of one span, in `thread`. The span's tick calls media_bank_tick(). */
int media_bank_new(struct media_bank **out, struct media *m, unsigned thread, enum g711_law law);
/** One tick in the bank's thread: `frames` octets of each timeslot, rows of `stride` octets; takes
 * what the line received and fills what it will send, only in timeslots that have a port: those
 * are returned, bit n = timeslot n. */
uint32_t media_bank_tick(struct media_bank *b, unsigned frames, const uint8_t *rx, uint8_t *tx,
                         size_t stride, rt_time now);

/** Opens a channel. EBUSY: it has an open port already. */
int media_tdm_open(struct media_port **out, struct media_bank *b, unsigned timeslot,
                   media_event_fn *fn, void *arg);

/** The port of a timeslot carries octets, no sound, from now on. */
void media_tdm_clear(struct media_port *p);

/* ---- RTP ---- */

/** Opens a pair of RTP and RTCP sockets on `local` (port ignored) in `thread`. EADDRINUSE: no pair
 * is left (cause 47). */
int media_rtp_open(struct media_port **out, struct media *m, unsigned thread,
                   const union rt_addr *local, media_event_fn *fn, void *arg);
/** Where it receives RTP: known at once, for the SDP. */
const union rt_addr *media_rtp_local(const struct media_port *p);

/** What the offer/answer decided. With CODEC_CLEARMODE as `codec` the port is a clear channel's. */
struct media_rtp {
    union rt_addr remote; /**< RTP; packets are accepted from here, or latched once by the first
                             ones and then locked */
    union rt_addr remote_rtcp;    /**< none: port + 1 */
    enum codec_id codec;          /**< to send; what comes is known by its payload type */
    uint8_t payload[CODEC_COUNT]; /**< payload type per codec, 255: not negotiated */
    int event_payload;            /**< -1: DTMF stays in-band */
    unsigned ptime;               /**< ms to send: 10..60; 0: 20 */
    bool send, receive;
};
void media_rtp_set(struct media_port *p, const struct media_rtp *r);

/* ---- both ---- */

/** Which way sound passes: from this port's line or network to the other port. */
enum media_flow { MEDIA_FLOW_NONE = 0, MEDIA_A_TO_B = 1, MEDIA_B_TO_A = 2, MEDIA_BOTH = 3 };

/** Joins two ports of the same thread, or changes the flow between joined ones. EXDEV: different
 * threads. */
int media_join(struct media_port *a, struct media_port *b, enum media_flow flow);
/** Parts a port from its peer; both fall silent. Not joined: nothing happens. */
void media_part(struct media_port *p);
/** Plays a tone out of the port instead of what its peer sends; NULL stops it. `spec` is static. */
void media_tone(struct media_port *p, const struct tone_spec *spec);
/** Sends a digit out of the port, as the port's kind does it: tone or RFC 4733. `ms` 40..5000. */
void media_digit(struct media_port *p, char digit, unsigned ms);
/** A snapshot of the counters. */
void media_port_stats(const struct media_port *p, struct media_stats *out);
/** Closes; parts first. MEDIA_CLOSED follows, never from inside this call. */
void media_close(struct media_port *p);
/** Closes it for an owner that goes away: no event comes any more. NULL is allowed. */
void media_abandon(struct media_port *p);

enum media_counter {
    MEDIA_RTP_MALFORMED,
    MEDIA_RTP_FOREIGN,
    MEDIA_RTP_LATE,
    MEDIA_CLEAR_FILLED,
    MEDIA_CLEAR_SLIPS,
    MEDIA_RTCP_MALFORMED,
    MEDIA_ORDERS_DROPPED,
    MEDIA_PORTS_EXHAUSTED,
    MEDIA_NCOUNTERS
};
extern struct rt_counter media_counters[MEDIA_NCOUNTERS];

#endif
