/* Inside the media engine: what its files share. What passes between its threads is in
 * media_order.h.
 *
 * A port's struct has two halves. Signalling owns the first and allocates and frees the whole; the
 * media thread owns the second from the OPEN order to the CLOSED or LEFT report. Between them go
 * orders and reports over rt_chan, and the published counters, which are atomics. What a media
 * thread needs is allocated by signalling and handed over with an order; what it needs no more goes
 * back with a report.
 */
#ifndef CODEC_MEDIA_PRIV_H
#define CODEC_MEDIA_PRIV_H

#include "codec/event.h"
#include "codec/media_order.h"
#include "codec/playout.h"
#include "codec/quality.h"
#include "codec/quality_watch.h"
#include "codec/rtp.h"
#include "codec/sound.h"
#include "codec/vad.h"
#include "gw/rt/chan.h"

#include <stdatomic.h>
#include <uthash.h>

/** Sound is handled in blocks of 10 ms. */
#define MEDIA_BLOCK    SOUND_BLOCK
#define MEDIA_BLOCK_MS 10

/** What a clear channel sends when there is nothing to send. */
#define MEDIA_CLEAR_IDLE 0xff

#define MEDIA_TIMESLOTS   32
#define MEDIA_CORD_BLOCKS 4u
#define MEDIA_DIGITS      16   /**< ordered digits that wait */
#define MEDIA_DELAY_MAX   400u /**< samples: media_bank_delay() */
#define MEDIA_STAT_WORDS  (sizeof(struct media_stats) / sizeof(uint64_t))

_Static_assert(sizeof(struct media_stats) % sizeof(uint64_t) == 0, "published as words");

/** Published each 10 ms; the rest each second. */
#define MEDIA_LIVE_WORDS ((offsetof(struct media_stats, discarded) + 7) / sizeof(uint64_t))
#define MEDIA_VOIP_WORDS (sizeof(struct media_voip) / sizeof(uint64_t))

_Static_assert(sizeof(struct media_voip) % sizeof(uint64_t) == 0, "published as words");

#define MEDIA_INTERVAL (10 * RT_S) /**< of figures of quality, */
#define MEDIA_EARLY    3u          /**< after so many shorter ones */
#define MEDIA_STEPS    128         /**< of loudness */
#define MEDIA_LIMIT    32124       /**< the largest sample of mu-law; A-law's is above */

/* ---- RTP port pairs (port_alloc.c) ---- */

struct media_pairs {
    struct media_pair {
        uint16_t port; /**< even */
        rt_time rested;
    } * ring;
    size_t size, head, count;
    size_t kept; /**< of those that are free, what is left for urgent ports */
};
/** EINVAL: no pair in the range. ENOMEM. */
int media_pairs_init(struct media_pairs *p, uint16_t low, uint16_t high);
void media_pairs_release(struct media_pairs *p);
/** The pair unused for longest, or 0 when every one is in use, kept or still resting. */
uint16_t media_pairs_take(struct media_pairs *p, rt_time now);
/** The same, kept and resting ones too; 0: every one is in use. */
uint16_t media_pairs_take_urgent(struct media_pairs *p);
/** Gives it back; it rests before it is used again. */
void media_pairs_give(struct media_pairs *p, uint16_t port, rt_time now);

/* ---- work on up to 16 ports in one pass (dsp.c) ---- */

struct media_dsp;

/** A port's column in it; `dsp` NULL: none. */
struct media_column {
    struct media_dsp *dsp;
    unsigned lane;
    bool cancels;         /**< its lane of the echo canceller has been started */
    uint8_t what;         /**< listened for: enum ear_what */
    bool asked;           /**< this block is in it */
    uint32_t serial_base; /**< digits counted before the lane was started */
};
/** In signalling. ENOMEM. With or without an echo canceller. */
int media_dsp_new(struct media_dsp **out, const struct media_config *cfg, bool echo);
void media_dsp_free(struct media_dsp *d);
/** Before it is used: whose call-progress tones it knows. ENOMEM, EINVAL. */
int media_dsp_country(struct media_dsp *d, const struct media_config *cfg, const char *country);
/** Frees a list of them. */
void media_dsp_free_all(struct media_dsp *list);
/** A free column of the list, to which one more is added when all are taken; NULL in `dsp`: no
 * memory. */
struct media_column media_dsp_take_column(struct media_dsp **list, const struct media_config *cfg);
void media_dsp_give_column(struct media_dsp *d, unsigned lane);

/* ---- ports ---- */

enum media_kind { MEDIA_TDM, MEDIA_RTP };

/** What a port brings in one block for its peer. */
struct media_heard {
    struct sound sound;
    char digit; /**< goes on in another form than sound; 0: none */
    uint32_t serial;
};

/** Between two timeslots, which may live in two threads: each writes into one end's ring and reads
 * the other's (cord.c). */
struct media_cord {
    struct media_cord_end {
        struct media_loan loan; /**< each end goes back by itself */
        struct media_cord *cord;
    } end[2];
    atomic_uint users; /**< ends that have it */
    struct media_cord_ring {
        atomic_uint head, tail; /**< blocks written, read */
        bool flows;             /**< reader: enough were waiting once */
        struct media_cord_block {
            bool clear;
            uint8_t law;
            uint8_t octets[MEDIA_BLOCK];
        } block[MEDIA_CORD_BLOCKS];
    } ring[2]; /**< [n]: what end n reads */
};
int media_cord_new(struct media_cord **out);
/** In signalling: an end of it is needed no more. */
void media_cord_drop(struct media_cord *c);
void media_cord_push(struct media_cord *c, unsigned end, struct media_heard *h, enum g711_law law);
/** What has come for `end`; `clear`: it reads octets. */
void media_cord_pop(struct media_cord *c, unsigned end, struct media_heard *h, bool clear);

struct media_tdm_side {
    struct media_bank *bank;
    unsigned timeslot;
    struct media_line line;
    struct media_cord *cord; /**< to another timeslot; NULL: none */
    unsigned end;
    uint8_t rx[MEDIA_BLOCK], tx[MEDIA_BLOCK];
    /** What was sent, from the block on whose echo may be in `rx`. */
    uint8_t sent[MEDIA_DELAY_MAX + MEDIA_BLOCK];
};

/** Loudness of the blocks of an interval. */
struct media_levels {
    uint16_t blocks;
    uint32_t clipped; /**< samples at the limit */
    uint8_t steps[MEDIA_STEPS];
};

/** How a port sounds. (port_quality.c) Start zeroed. */
struct media_rating {
    rt_time second_at, interval_at;
    unsigned intervals; /**< that have ended */
    struct quality heard, far;
    bool relayed; /**< `heard` counts what passes through */
    struct quality_watch watch;
    struct media_levels levels;
    uint32_t depth, depths; /**< of the receiving buffer: ms summed up in this second, how often */
    int echo_db;            /**< residual, of the line that it is joined with */
    /* from their RTCP */
    struct quality_sample far_sample;
    uint32_t far_reports, far_highest;
    bool have_far_voip;
    struct rtcp_voip far_voip;
    uint32_t reference, reference_ssrc; /**< their receiver reference time, 0: none; whose, */
    rt_time reference_at;               /**< and when it came */
};

/** What a payload type stands for: a codec_id or one of these. */
enum { MEDIA_ROLE_NONE = -1, MEDIA_ROLE_EVENT = CODEC_COUNT, MEDIA_ROLE_NOISE };

struct media_rtp_side {
    /* signalling's */
    uint16_t pair;
    union rt_addr local;
    struct rt_udp *rtp, *rtcp; /**< opened and closed by signalling, used by both */
    char cname[25];
    uint32_t first_ssrc;
    struct media_srtp *keys; /**< the last handed over; the thread has it as long as it is that */

    /* the media thread's */
    struct media_kit *kit;      /**< NULL: nothing is agreed */
    void *decoder[CODEC_COUNT]; /**< the kit's */
    int8_t role[128];           /**< payload type to codec_id or MEDIA_ROLE */
    union rt_addr target, rtcp_target;
    bool locked, latched, aimed;
    struct media_srtp_slot slot;
    union rt_addr candidate;
    uint32_t candidate_ssrc;
    uint16_t candidate_seq;
    unsigned candidate_count;

    bool wanted, started, silent;
    bool busy;     /**< the last service found a packet */
    unsigned calm; /**< services in a row that every other one found one */
    rt_time last_rx;
    struct rtp_source source;
    unsigned clock;       /**< Hz of its timestamps; 0: none came */
    uint64_t lost_before; /**< of earlier sources */
    uint64_t slips;       /**< of the buffer, counted already */
    struct event_receiver event_in;
    char digit;
    uint32_t digit_serial, digit_ssrc;
    unsigned digit_ms;

    uint32_t ssrc, ts, packet_ts;           /**< timestamps in samples at 8 kHz */
    uint64_t packets_before, octets_before; /**< sent under an earlier SSRC */
    uint16_t seq;
    bool gap, collided;
    unsigned fill; /**< samples gathered for the next packet */
    struct vad vad;
    bool voiced, described; /**< blocks of it are speech; the silence is to be described */
    struct event_sender event_out;
    uint32_t event_id;

    bool relaying; /**< packets go on to the peer as they are */
    bool flooded;  /**< too many of them: they wait for the next service */
    unsigned taken;
    struct {
        bool started;
        bool other;        /**< the last sound that came is not of the codec that is sent on */
        uint32_t ssrc, ts; /**< of the source; added to its timestamps */
        uint16_t seq;      /**< added to its sequence numbers */
    } relay;

    unsigned services, rtcp_taken;
    rt_time next_report, sr_at;
    uint32_t last_sr;
    uint64_t reported_packets;
    bool reported;
    struct media_rating rating;
    _Atomic uint64_t voip[MEDIA_VOIP_WORDS]; /**< published */

    int16_t pending[CODEC_SAMPLES_MAX]; /**< what an encoder is going to take */
    /** Octets of a law gather here; libsrtp2 wants it aligned. */
    _Alignas(8) uint8_t packet[RTP_HEADER + CODEC_PAYLOAD_MAX + MEDIA_SRTP_TRAILER];
    struct playout playout;
};

struct echo_stats;
struct media_held;

struct media_port {
    enum media_kind kind;
    struct media_thread *thread;
    _Atomic uint64_t published[MEDIA_STAT_WORDS];

    /* signalling's */
    media_event_fn *fn;
    void *arg;
    bool closing, close_waits;   /**< media_close() was called; its order has not gone out */
    bool arrives;                /**< let go of, and its new thread's ring was full */
    struct media_thread *moving; /**< where it goes; NULL: it stays */
    struct media_held *held;     /**< orders that wait for its arrival */
    uint64_t tapped;             /**< the tag ordered last, 0: none */
    struct media_port *partner;  /**< joined with */
    struct media_dsp *dsp;       /**< where it has a column */
    unsigned lane;
    unsigned id; /**< among m->ports, never used again */
    UT_hash_handle hh;

    /* the media thread's */
    struct media_port *t_prev, *t_next; /**< in the thread's list: RTP ports, or the closed ones */
    struct media_port *peer;            /**< in the same thread; NULL: none, or by a cord */
    bool echoes;                        /**< what it brings goes out of it */
    bool hears;                         /**< the flow lets through what the peer brings */
    bool clear;                         /**< octets, no sound */
    bool leaving;                       /**< for another thread */
    enum g711_law law;
    int gain_in, gain_out;
    struct media_heard heard;
    struct media_column column;
    struct media_stats stats;
    struct media_source *source; /**< NULL: none */
    struct media_reel *reel;     /**< it is recorded; NULL: it is not */
    uint64_t tap;                /**< its packets are handed out under this tag; 0: they are not */
    struct {
        char digit;
        uint16_t ms;
    } digits[MEDIA_DIGITS];
    unsigned digit_at, ndigits;
    unsigned digit_left, digit_pause; /**< blocks of the ordered digit and of the pause after it */
    uint32_t digit_serial;
    uint32_t sounding;   /**< id of the digit going out, 0: none */
    char sounding_digit; /**< that digit */
    unsigned owed;       /**< blocks it must still sound */
    unsigned hush;       /**< blocks of silence between two digits */
    struct tone_spec digit_spec;
    struct tone_player digit_tone;
    union {
        struct media_tdm_side tdm;
        struct media_rtp_side rtp;
    };
};

struct media_bank {
    struct media_thread *thread;
    enum g711_law law;
    struct media_dsp *dsp[2];                  /**< timeslots 0..15, 16..31 */
    struct media_port *owner[MEDIA_TIMESLOTS]; /**< signalling's view */
    struct media_port *port[MEDIA_TIMESLOTS];  /**< the media thread's */
    unsigned delay;                            /**< samples that an echo is under way at least */
    uint32_t active;
    unsigned at; /**< in every port's blocks: one is being filled while the other is played */
    struct media_bank *next;
};

struct media_thread {
    struct media *media;
    unsigned index;
    char name[16];
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_chan *orders, *reports, *mail;
    struct rt_chan *taps;  /**< NULL: there are none */
    rt_time cpu;           /**< signalling's copy */
    struct media_dsp *dsp; /**< signalling: columns for RTP ports */

    /* the media thread's */
    struct rt_timer tick;
    rt_time due, cpu_due;
    struct media_port *rtp;   /**< its RTP ports */
    struct media_port *gone;  /**< whose last report found the ring full */
    struct media_loan *loans; /**< to go back */
};

struct media {
    struct rt_loop *loop;
    struct media_config cfg;
    struct media_pairs pairs;
    struct media_thread *threads;
    struct media_port *ports; /**< a hash by their ids */
    struct media_port *walk;  /**< where media_walk() goes on; NULL: at its end */
    unsigned last_id;
    struct media_bank *banks;
    struct rt_timer retry; /**< closes and arrivals whose order found the ring full */
    media_tap_fn *tapped;  /**< NULL: there are no taps */
    void *tapped_arg;
};

/* ---- move.c: orders on their way ---- */

/** Sends an order, or holds it until the port has arrived where it moves to. EAGAIN: the ring is
 * full (counted); ENOMEM. */
int media_order(const struct media_order *o);
/** Brings one of the ports to the thread of the other. */
int media_move_together(struct media_port *a, struct media_port *b);
/** The port's old thread has let go of it. */
void media_move_arrive(struct media_port *p);
/** Two ports are no longer to be joined: what waits to join them is not done. */
void media_move_part(struct media_port *a, struct media_port *b);
/** The port is freed: what waits for it goes with it. */
void media_move_forget(struct media_port *p);

/* ---- handle.c: ports as signalling holds them ---- */

/** Frees a port that no thread knows. */
void media_handle_free(struct media_port *p);
/** Closes and arrivals are tried again in a while. */
void media_retry(struct media *m);
/** rt_timer_fn of that; `arg` is the engine. */
void media_handle_retry(void *arg);

/* ---- media_thread.c: the media thread's half of the engine ---- */

/** rt_chan_fn of the orders; `arg` is the thread. */
void media_thread_order(void *arg, const void *msg);
/** rt_timer_fn of the thread's tick. */
void media_thread_tick(void *arg);
/** Reports an event of the port; a full ring is counted. */
void media_tell(struct media_port *p, const struct media_event *ev);
void media_tell_digit(struct media_port *p, char digit, unsigned ms);
/** Makes the counters readable for signalling. */
void media_publish(struct media_port *p);
/** Those of its quality too. */
void media_publish_all(struct media_port *p);
/** Gives back what the thread needs no more; NULL is allowed. */
void media_return(struct media_thread *t, struct media_loan *l);

/* ---- serve.c: 10 ms of a set of ports ---- */

/** Serves the bank's ports, and RTP ports that are joined with them. */
void media_serve_bank(struct media_bank *b, rt_time now);
/** Serves the thread's other RTP ports. */
void media_serve_thread(struct media_thread *t, rt_time now);

/* ---- dsp.c, in the media thread ---- */

/** The port's block is to be worked on in the next media_dsp_run(), or not. */
void media_dsp_ask(struct media_port *p);
void media_dsp_run(struct media_dsp *d);
/** Takes the results of the block that was asked for: sound, digits, tones. */
void media_dsp_result(struct media_port *p);
/** How the echo canceller of a line fares. False: it has none at work. */
bool media_dsp_echo(const struct media_port *p, struct echo_stats *out);
/** The port leaves its column. */
void media_dsp_leave(struct media_port *p);

/* ---- port.c: what both kinds do, in the media thread ---- */

void media_port_join(struct media_port *a, struct media_port *b, enum media_flow flow);
void media_port_part(struct media_port *p);
void media_port_digit(struct media_port *p, char digit, unsigned ms);
/** What a port plays of its own from now on; NULL: nothing. What it played before goes back. */
void media_port_source(struct media_port *p, struct media_source *s);
/** The port is recorded from now on; NULL: it is not. */
void media_port_record(struct media_port *p, struct media_reel *r);
/** Notes what the port brings, after work on it, on its tape. */
void media_port_note(struct media_port *p);
/** What the port brings in this block, before work on it: into p->heard. */
void media_port_hear(struct media_port *p, rt_time now);
/** Sends out what is due: `h` is what the peer brings, NULL when there is none or the flow stops
 * it.
 */
void media_port_emit(struct media_port *p, struct media_heard *h);

/* ---- port_rtp.c, port_rtp_receive.c, port_rtp_send.c, port_rtcp.c ---- */

/** Signalling: sockets, identifiers, buffers. */
int media_rtp_init(struct media_port *p, struct media *m, const union rt_addr *local, bool urgent);
/** Signalling: the opposite. */
void media_rtp_release(struct media_port *p, struct media *m);
/** Puts keys in use. */
void media_rtp_lock(struct media_port *p, struct media_srtp *s, uint32_t ssrc, rt_time now);
/** Keys that are no longer used go back. */
void media_rtp_unload(struct media_port *p, rt_time now);
/** Opens what came, when it has to be secure. False: it is not to be looked at. */
bool media_rtp_open_packet(struct media_port *p, uint8_t *data, size_t *len, bool rtcp,
                           rt_time now);
/** Sends from the socket of a component (1 RTP, 2 RTCP), protected when it has to be; `data` has
 * room for MEDIA_SRTP_TRAILER octets more. */
void media_rtp_out(struct media_port *p, unsigned component, uint8_t *data, size_t len);
/** A datagram that is neither RTP nor RTCP goes to signalling. */
void media_rtp_mail(struct media_port *p, unsigned component, const union rt_addr *from,
                    const uint8_t *data, size_t len);
/** Takes a kit and gives back the one before. */
void media_rtp_apply(struct media_port *p, struct media_kit *kit, rt_time now);
/** Digits go out as RFC 4733 says. */
bool media_rtp_events(const struct media_port *p);
/** Receives, and brings a block when somebody wants it. */
void media_rtp_hear(struct media_port *p, bool wanted, rt_time now);
/** Sends a block of sound (NULL: none) or of the digit (0: none), which `id` tells from the last.
 */
void media_rtp_emit(struct media_port *p, struct sound *sound, char digit, uint32_t id);
/** 10 ms pass without anything of our own to send. */
void media_rtp_pass(struct media_port *p);
/** Reads and sends reports when their time has come. */
void media_rtcp_service(struct media_port *p, rt_time now);
/** Its socket is watched by the thread's loop, or no longer: the port opens or goes. */
void media_rtcp_watch(struct media_port *p);
void media_rtcp_unwatch(struct media_port *p);
/** A datagram that came to the RTCP port, or is RTCP on RTP's. */
void media_rtcp_take(struct media_port *p, const union rt_addr *from, uint8_t *data, size_t len,
                     rt_time now);
/** The first report is due half an interval from now. */
void media_rtcp_start(struct media_port *p, rt_time now);
void media_rtcp_bye(struct media_port *p, rt_time now);
/** Says BYE and takes another SSRC: somebody else uses ours (RFC 3550 8.2), or the clock of our
 * timestamps changes (RFC 7160 4.1). */
void media_rtcp_renew(struct media_port *p, rt_time now);

/** True when what the port receives goes to its peer packet by packet (port_relay.c). */
bool media_relays(const struct media_port *p);
/** The port is polled again: it parts, or goes. */
void media_rtp_unwatch(struct media_port *p);
/** Sends a packet on. Its header and what is before it in the datagram's buffer are overwritten. */
void media_relay(struct media_port *p, const struct rtp_packet *pk, int role);

/* ---- port_quality.c ---- */

/** Looks at an RTP port, each 10 ms. */
void media_rate(struct media_port *p, rt_time now);
/** The far end has reported; `clock` of what we send. */
void media_rate_news(struct media_port *p, const struct rtcp_news *news, unsigned clock);
/** The VoIP metrics block about what we hear. False: nothing is known yet. */
bool media_rate_voip(const struct media_port *p, struct rtcp_voip *out);

/* ---- media_tap.c ---- */

/** Hands out a packet of a tapped port, in the clear. */
void media_tap_note(struct media_port *p, bool sent, unsigned component, const uint8_t *data,
                    size_t len, const union rt_addr *peer);

/* ---- port_tdm.c ---- */

void media_tdm_hear(struct media_port *p, bool wanted);
void media_tdm_emit(struct media_port *p, struct sound *sound);

#endif
