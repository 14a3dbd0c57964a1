/* The media engine: joins RTP streams and TDM channels, in threads of its own.
 *
 * Signalling holds handles to ports and sends orders; media threads own the samples. Every order
 * goes over a ring and takes effect within a tick; every report comes back the same way. A port
 * lives in one thread: a TDM port in the thread of its span, an RTP port begins in the thread it
 * was asked for.
 *
 * The life of a port: open, set, join, part, close. Any two ports can be joined, each with at most
 * one other; an RTP port moves to the thread of the one that it is joined with.
 *
 * A port carries sound, or the octets of a clear channel (64 kbit/s unrestricted). Those pass as
 * they are, and nothing else goes out of such a port: no tones, no digits. Only two clear ports
 * have something to say to each other.
 */
#ifndef CODEC_MEDIA_H
#define CODEC_MEDIA_H

#include "codec/clip.h"
#include "codec/codec.h"
#include "codec/g711.h"
#include "codec/rtcp.h"
#include "codec/srtp.h"
#include "codec/tape.h"
#include "codec/tone.h"
#include "gw/rt/net.h"
#include "gw/rt/realtime.h"

struct media;
struct media_bank;
struct media_port;

struct media_config {
    unsigned threads;               /**< 1..64 */
    uint16_t port_low, port_high;   /**< RTP on even ports, RTCP above it */
    rt_time jitter_min, jitter_max; /**< adaptive jitter buffer; 0: 20 ms, 200 ms */
    struct rt_realtime realtime;    /**< of the threads */
    unsigned echo_ms;               /**< longest echo tail on TDM channels, 0: no canceller */
    unsigned digit_on,
        digit_off; /**< ms: shortest digit heard, shortest pause between two; 0: 40 */
};

/** What media tells signalling. */
enum media_event_type {
    MEDIA_DTMF,          /**< a digit was heard or received; `digit`, `ms` */
    MEDIA_RTP_STARTED,   /**< the first packet was accepted on the port */
    MEDIA_RTP_SILENT,    /**< nothing came for 10 s while it should; once per silence */
    MEDIA_ANSWER_TONE,   /**< 2100 Hz of a fax or modem was heard on the port, or is sent to it */
    MEDIA_FAX_CALLING,   /**< the calling tone of a fax was heard (T.30 CNG) */
    MEDIA_DATAGRAM,      /**< STUN or DTLS came; `datagram` */
    MEDIA_QUALITY,       /**< faults began or ended: `begun`, `ended` (codec/quality_watch.h) */
    MEDIA_PROGRESS_TONE, /**< a call-progress tone was heard on the port; `tone` */
    MEDIA_PLAYED,        /**< media_play() is through */
    MEDIA_CLOSED         /**< the last of a port: `stats` is final */
};

/** How one direction sounds: R and MOS times 100, of the last interval, the worst and on average;
 * 0: not known. */
struct media_quality {
    uint16_t r, r_worst, r_average;
    uint16_t mos_lq, mos_lq_worst, mos_lq_average; /**< without delay and echo */
    uint16_t mos_cq, mos_cq_worst, mos_cq_average;
    uint16_t loss, discard;             /**< of all packets, 1/100 percent */
    uint16_t burst_ms, gap_ms;          /**< RFC 3611 4.7.2 */
    uint8_t burst_density, gap_density; /**< 1/256 */
    int8_t level_dbm0, noise_dbm0;      /**< of speech, and between; 127: not known */
    uint8_t echo_db;                    /**< residual echo return loss of the listener's voice */
    uint8_t none;
};

/** What a stream did; cumulative. */
struct media_stats {
    uint64_t rx_packets, tx_packets, rx_octets, tx_octets;
    uint64_t lost, late, duplicate, reordered, malformed,
        foreign,         /**< not from the accepted address */
        refused;         /**< SRTP: forged, replayed, too late */
    uint64_t concealed;  /**< samples made up for missing ones; clear: octets filled with 0xff */
    uint32_t jitter_us;  /**< RFC 3550 6.4.1, now */
    uint32_t playout_ms; /**< depth of the jitter buffer now */
    uint32_t remote_lost, remote_jitter_us, rtt_us; /**< from the far end's RTCP; 0: none came */
    uint32_t digits;                                /**< DTMF, both ways */
    /* from here on as of the last second, or of the last interval */
    uint32_t discarded;                 /**< packets that came and were not played */
    uint32_t faults;                    /**< that go on: bits of enum quality_event */
    uint16_t delay_in_ms, delay_out_ms; /**< that we add to what comes and to what goes */
    uint16_t one_way_ms;                /**< from mouth to ear, the network's included */
    uint16_t erl, erle; /**< of the line joined with it, 0.1 dB: without us, and what we add */
    uint16_t none;
    uint32_t reports;                /**< RTCP of the far end */
    struct media_quality heard, far; /**< what comes, and what the far end says of what goes */
};

/** VoIP metrics of both directions, for reports about the call (RFC 3611 4.7). */
struct media_voip {
    _Alignas(8) bool have_heard;
    bool have_far;
    uint16_t packet_ms;
    uint32_t ssrc, far_ssrc;
    struct rtcp_voip heard, far; /**< ours; theirs as it came */
};

struct media_event {
    enum media_event_type type;
    char digit;
    unsigned ms;
    uint32_t begun, ended;
    struct media_stats stats;
    enum tone_kind tone;
    const struct media_datagram *datagram;
};

/** No longer one is told: STUN and DTLS stay below any usual MTU. */
#define MEDIA_DATAGRAM_MAX 1500
/** A datagram that is neither RTP nor RTCP. */
struct media_datagram {
    unsigned component; /**< 1: came to RTP's port, 2: to RTCP's */
    union rt_addr from;
    size_t len;
    uint8_t data[MEDIA_DATAGRAM_MAX];
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
/** A port that is open; `id` is its own for good. */
typedef void media_walk_fn(void *arg, struct media_port *p, unsigned id);
/** Looks at up to `most` ports: the first ones, or those after the last one looked at. Returns how
 * many; fewer than `most`: these were the last. Signalling thread. */
unsigned media_walk(struct media *m, bool first, unsigned most, media_walk_fn *fn, void *arg);
/** CPU time used by a media thread, at its last report (each second). */
rt_time media_thread_cpu(const struct media *m, unsigned thread);

/* ---- TDM ---- */

/** The timeslots of one span, in `thread`. The span's tick calls media_bank_tick(). */
int media_bank_new(struct media_bank **out, struct media *m, unsigned thread, enum g711_law law);
/** The country whose call-progress tones are listened for in the bank; before media_start().
 * ENOMEM; EINVAL: its tones cannot be told apart. */
int media_bank_country(struct media_bank *b, const char *country);
/** How long at least an echo of the bank's lines is on its way in buffers on our side: the echo
 * canceller's tail begins there. Up to 50 ms; before media_start(). */
void media_bank_delay(struct media_bank *b, rt_time delay);
/** One tick in the bank's thread: `frames` octets of each timeslot, rows of `stride` octets; takes
 * what the line received and fills what it will send, only in timeslots that have a port: those
 * are returned, bit n = timeslot n. */
uint32_t media_bank_tick(struct media_bank *b, unsigned frames, const uint8_t *rx, uint8_t *tx,
                         size_t stride, rt_time now);

/** Opens a channel. EBUSY: it has an open port already. */
int media_tdm_open(struct media_port **out, struct media_bank *b, unsigned timeslot,
                   media_event_fn *fn, void *arg);

/** How a timeslot is treated. It begins with none of it. */
struct media_line {
    bool clear;            /**< octets pass, no sound; nothing else here counts then */
    bool echo;             /**< its echo is cancelled while it is joined with an RTP port */
    bool listen;           /**< digits are reported although the peer takes them as sound */
    bool progress;         /**< call-progress tones are listened for and reported */
    int gain_in, gain_out; /**< tenths of a dB, for what comes from the line and goes to it */
};
void media_tdm_set(struct media_port *p, const struct media_line *line);

/* ---- RTP ---- */

/** Opens a pair of RTP and RTCP sockets on `local` (port ignored) in `thread`. EADDRINUSE: no pair
 * is left (cause 47). */
int media_rtp_open(struct media_port **out, struct media *m, unsigned thread,
                   const union rt_addr *local, media_event_fn *fn, void *arg);
/** The same for who must not be refused: of the pairs that are kept too, and without a rest after
 * their last use. */
int media_rtp_open_urgent(struct media_port **out, struct media *m, unsigned thread,
                          const union rt_addr *local, media_event_fn *fn, void *arg);
/** From now on media_rtp_open() leaves so many pairs free; 0 at first. */
void media_keep(struct media *m, unsigned pairs);
/** Where it receives RTP: known at once, for the SDP. */
const union rt_addr *media_rtp_local(const struct media_port *p);

/** What the offer/answer decided. With CODEC_CLEARMODE as `codec` the port is a clear channel's.
 * Payload types are theirs in what we send and ours in what they send (RFC 3264 5.1), but packets
 * with either are understood; 255: none. */
struct media_rtp {
    union rt_addr remote; /**< RTP; packets are accepted from here, or latched once by the first
                             ones and then locked */
    union rt_addr remote_rtcp;       /**< none: port + 1 */
    enum codec_id codec;             /**< to send; what comes is known by its payload type */
    struct codec_params params;      /**< for our encoder */
    uint8_t payload[CODEC_COUNT];    /**< per codec, to send */
    uint8_t payload_in[CODEC_COUNT]; /**< and to receive; all zero: the same */
    int event_payload;               /**< to send digits with; -1: they stay in-band */
    int event_payload_in;            /**< as we described it; 0: the same */
    unsigned event_clock;            /**< Hz; 0: 8000 */
    int noise_payload;               /**< comfort noise (RFC 3389); 0: none */
    unsigned ptime;                  /**< ms to send: 10..60; 0: 20 */
    bool send, receive;
    bool apart;  /**< digits go by signalling: they do not sound, and are sent to nobody here */
    bool listen; /**< digits in the sound received are found and reported */
    bool fixed;  /**< the buffer's depth stays as it is: for a fax or modem */
    bool xr;     /**< reports on quality go out (RFC 3611) */
    bool mux;    /**< RTCP on RTP's port (RFC 5761) */
    bool secure; /**< SRTP alone passes, with the keys of media_rtp_secure() */
    bool apart_datagrams;  /**< STUN and DTLS are told to signalling: MEDIA_DATAGRAM */
    bool strict;           /**< nothing is latched: what comes from elsewhere is foreign */
    int gain_in, gain_out; /**< tenths of a dB, for what comes in and what goes out */
};
/** Takes effect within a tick. ENOTSUP: this build has no such codec; ENOSPC: G.729 has no stream
 * left; ENOMEM, EAGAIN. */
int media_rtp_set(struct media_port *p, const struct media_rtp *r);

/** Keys for a port that is `secure`: those that protect what we send, and those that open what
 * comes. The same keys again change nothing. ENOTSUP: libsrtp2 has no such suite; ENOMEM, EAGAIN.
 */
int media_rtp_secure(struct media_port *p, const struct media_srtp_keys *tx,
                     const struct media_srtp_keys *rx);
/** From now on RTP and RTCP go to and are accepted from these addresses alone, whatever was
 * described: what ICE nominated. */
void media_rtp_aim(struct media_port *p, const union rt_addr *rtp, const union rt_addr *rtcp);
/** Sends a datagram from the socket of a component (1 RTP, 2 RTCP). */
void media_rtp_datagram(struct media_port *p, unsigned component, const union rt_addr *to,
                        const void *data, size_t len);
/** The source identifier of what we send, until a collision changes it. */
uint32_t media_rtp_ssrc(const struct media_port *p);

/* ---- both ---- */

/** Which way sound passes: from this port's line or network to the other port. */
enum media_flow { MEDIA_FLOW_NONE = 0, MEDIA_A_TO_B = 1, MEDIA_B_TO_A = 2, MEDIA_BOTH = 3 };

/** Joins two ports, or changes the flow between joined ones. EINVAL: one of them is closed, or both
 * are one. EAGAIN, ENOMEM. */
int media_join(struct media_port *a, struct media_port *b, enum media_flow flow);
/** Parts a port from its peer; both fall silent. Not joined: nothing happens. */
void media_part(struct media_port *p);
/** What the port brings goes out of it again, until it is joined or parted. EINVAL: it is closed;
 * EAGAIN. */
int media_echo(struct media_port *p);
/** Plays a tone out of the port instead of what its peer sends; NULL stops it, or a clip. `spec` is
 * static. */
void media_tone(struct media_port *p, const struct tone_spec *spec);
/** Plays a clip, `times` over (0: for ever), instead of what its peer sends, or of a tone;
 * MEDIA_PLAYED tells that it is over. EINVAL: the port is closed; ENOMEM, EAGAIN. */
int media_play(struct media_port *p, struct clip *clip, unsigned times);
/** Records the port on a tape from now on, in place of another; NULL: on none. The tape has ended
 * when the port has given it back. A clear channel is recorded as silence. EINVAL, ENOMEM, EAGAIN.
 */
int media_record(struct media_port *p, struct tape *tape);
/** Sends a digit out of the port, as the port's kind does it: tone or RFC 4733. `ms` 40..5000. */
void media_digit(struct media_port *p, char digit, unsigned ms);
/** A snapshot of the counters. */
void media_port_stats(const struct media_port *p, struct media_stats *out);
/** The last interval's VoIP metrics of an RTP port. */
void media_port_voip(const struct media_port *p, struct media_voip *out);
/** Closes; parts first. MEDIA_CLOSED follows, never from inside this call. */
void media_close(struct media_port *p);
/** Closes it for an owner that goes away: no event comes any more. NULL is allowed. */
void media_abandon(struct media_port *p);

/* ---- taps (media_tap.c) ---- */

/** The longest packet that is handed out. */
#define MEDIA_TAPPED_MAX 1500
/** A copy of an RTP or RTCP packet in the clear, as it came or was sent. */
struct media_tapped {
    uint64_t tag; /**< of the port */
    rt_time wall;
    bool sent;
    union rt_addr local, peer;
    size_t len;
    uint8_t data[MEDIA_TAPPED_MAX];
};
/** In the signalling thread. */
typedef void media_tap_fn(void *arg, const struct media_tapped *packet);
/** Where packets of tapped ports go; before media_start(). Without it there are no taps. ENOMEM. */
int media_taps(struct media *m, media_tap_fn *fn, void *arg);
/** Has an RTP port's packets handed out under a tag, until it closes; 0: no more. */
void media_tap(struct media_port *p, uint64_t tag);

enum media_counter {
    MEDIA_RTP_MALFORMED,
    MEDIA_RTP_FOREIGN,
    MEDIA_RTP_LATE,
    MEDIA_CLEAR_FILLED,
    MEDIA_CLEAR_SLIPS,
    MEDIA_RTCP_MALFORMED,
    MEDIA_ORDERS_DROPPED,
    MEDIA_PORTS_EXHAUSTED,
    MEDIA_PORTS_KEPT,
    MEDIA_DATAGRAMS_DROPPED,
    MEDIA_SRTP_REFUSED,
    MEDIA_TAPS_DROPPED,
    MEDIA_NCOUNTERS
};
extern struct rt_counter media_counters[MEDIA_NCOUNTERS];
/** Secure packets that were not let in, or out, by the reason: enum media_srtp_result. */
extern struct rt_counter media_srtp_refusals[MEDIA_SRTP_NRESULTS];

#endif
