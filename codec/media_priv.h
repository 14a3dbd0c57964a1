/* Inside the media engine: what its files share.
 *
 * A port's struct has two halves. Signalling owns the first and allocates and frees the whole; the
 * media thread owns the second from the OPEN order to the CLOSED report. Between them go orders and
 * reports over rt_chan, and the published counters, which are atomics.
 */
#ifndef CODEC_MEDIA_PRIV_H
#define CODEC_MEDIA_PRIV_H

#include "codec/event.h"
#include "codec/jitter.h"
#include "codec/media.h"
#include "codec/rtp.h"
#include "gw/rt/chan.h"

#include <stdatomic.h>

/** Sound is handled in blocks of 10 ms. */
#define MEDIA_BLOCK    80
#define MEDIA_BLOCK_MS 10

/** What a clear channel sends when there is nothing to send. */
#define MEDIA_CLEAR_IDLE 0xff

#define MEDIA_TIMESLOTS  32
#define MEDIA_PACKET_MAX (60 * 8) /**< octets of sound in the longest packet we send */
#define MEDIA_DIGITS     16       /**< ordered digits that wait */
#define MEDIA_STAT_WORDS (sizeof(struct media_stats) / sizeof(uint64_t))

_Static_assert(sizeof(struct media_stats) % sizeof(uint64_t) == 0, "published as words");

/* ---- orders and reports ---- */

enum media_order_type {
    MEDIA_ORDER_OPEN,
    MEDIA_ORDER_SET,
    MEDIA_ORDER_CLEAR,
    MEDIA_ORDER_JOIN,
    MEDIA_ORDER_PART,
    MEDIA_ORDER_TONE,
    MEDIA_ORDER_DIGIT,
    MEDIA_ORDER_CLOSE,
    MEDIA_ORDERS
};
struct media_order {
    enum media_order_type type;
    struct media_port *port;
    union {
        struct media_rtp rtp;
        struct {
            struct media_port *peer;
            enum media_flow flow;
        } join;
        const struct tone_spec *tone;
        struct {
            char digit;
            unsigned ms;
        } digit;
    };
};
/** `port` NULL: the thread's CPU time. */
struct media_report {
    struct media_port *port;
    rt_time cpu;
    struct media_event event;
};

/* ---- DTMF in sound (dtmf.c) ---- */

struct media_ear {
    void *rx;        /**< spandsp's */
    char digit;      /**< sounding now, 0: none */
    uint32_t serial; /**< counts digits */
    uint32_t length; /**< samples of the one sounding */
    char ended;      /**< ended in the last block, 0: none */
    unsigned ended_ms;
};
int media_ear_init(struct media_ear *e);
void media_ear_release(struct media_ear *e);
/** Forgets what it was hearing. */
void media_ear_reset(struct media_ear *e);
/** Listens to a block. True: it is, or may be, part of a digit and should not be passed on. */
bool media_ear_listen(struct media_ear *e, const uint8_t *octets, size_t n, enum g711_law law);

/* ---- RTP port pairs (port_alloc.c) ---- */

struct media_pairs {
    struct media_pair {
        uint16_t port; /**< even */
        rt_time rested;
    } * ring;
    size_t size, head, count;
};
/** EINVAL: no pair in the range. ENOMEM. */
int media_pairs_init(struct media_pairs *p, uint16_t low, uint16_t high);
void media_pairs_release(struct media_pairs *p);
/** The pair unused for longest, or 0 when every one is in use or still resting. */
uint16_t media_pairs_take(struct media_pairs *p, rt_time now);
/** Gives it back; it rests before it is used again. */
void media_pairs_give(struct media_pairs *p, uint16_t port, rt_time now);

/* ---- ports ---- */

enum media_kind { MEDIA_TDM, MEDIA_RTP };

/** What a port brings in one block for its peer. */
struct media_heard {
    bool sound; /**< there are octets */
    bool clear; /**< they are no sound */
    enum g711_law law;
    char digit; /**< instead of sound; 0: none */
    uint32_t serial;
    uint8_t octets[MEDIA_BLOCK];
};

struct media_tdm_side {
    struct media_bank *bank;
    unsigned timeslot;
    bool listening;
    struct media_ear ear;
    uint8_t rx[MEDIA_BLOCK], tx[MEDIA_BLOCK];
    unsigned crossed; /**< octets waiting from another timeslot */
    bool flows;       /**< clear: enough of them were waiting once */
    uint8_t cross[3 * MEDIA_BLOCK];
};

struct media_rtp_side {
    /* signalling's */
    uint16_t pair;
    union rt_addr local;
    struct rt_udp *rtp, *rtcp; /**< opened and closed by signalling, used by the media thread */
    char cname[25];

    /* the media thread's */
    struct media_rtp conf;
    bool set;
    int8_t role[128]; /**< payload type to codec_id or a ROLE */
    union rt_addr target, rtcp_target;
    bool locked, latched;
    union rt_addr candidate;
    uint32_t candidate_ssrc;
    uint16_t candidate_seq;
    unsigned candidate_count;

    bool wanted, busy, started, silent;
    rt_time last_rx;
    struct rtp_source source;
    uint64_t lost_before; /**< of earlier sources */
    struct jitter jitter;
    uint64_t slips; /**< of the buffer, counted already */
    struct event_receiver event_in;
    char digit;
    uint32_t digit_serial, digit_ssrc;
    unsigned digit_ms;

    uint32_t ssrc, ts, packet_ts;
    uint64_t packets_before, octets_before; /**< sent under an earlier SSRC */
    uint16_t seq;
    bool gap, collided;
    unsigned fill;
    uint8_t packet[RTP_HEADER + MEDIA_PACKET_MAX];
    struct event_sender event_out;
    uint32_t event_id;

    unsigned services;
    rt_time next_report, sr_at;
    uint32_t last_sr;
    uint64_t reported_packets;
    bool reported;
};

struct media_port {
    enum media_kind kind;
    struct media_thread *thread;
    _Atomic uint64_t published[MEDIA_STAT_WORDS];

    /* signalling's */
    media_event_fn *fn;
    void *arg;
    bool closing, close_waits; /**< media_close() was called; its order has not gone out */
    struct media_port *prev, *next;

    /* the media thread's */
    struct media_port *t_prev, *t_next; /**< in the thread's list: RTP ports, or the closed ones */
    struct media_port *peer;
    bool hears; /**< the flow lets through what the peer brings */
    enum g711_law law;
    bool clear; /**< octets, no sound */
    struct media_stats stats;
    struct tone_player tone; /**< spec NULL: none */
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
    struct media_port *owner[MEDIA_TIMESLOTS]; /**< signalling's view */
    struct media_port *port[MEDIA_TIMESLOTS];  /**< the media thread's */
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
    struct rt_chan *orders, *reports;
    rt_time cpu; /**< signalling's copy */

    /* the media thread's */
    struct rt_timer tick;
    rt_time due, cpu_due;
    struct media_port *rtp;    /**< its RTP ports */
    struct media_port *closed; /**< whose MEDIA_CLOSED found the ring full */
};

struct media {
    struct rt_loop *loop;
    struct media_config cfg;
    struct media_pairs pairs;
    struct media_thread *threads;
    struct media_port *ports;
    struct media_bank *banks;
    struct rt_timer retry; /**< closes whose order found the ring full */
};

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

/* ---- port.c: what both kinds do, in the media thread ---- */

void media_port_join(struct media_port *a, struct media_port *b, enum media_flow flow);
void media_port_part(struct media_port *p);
void media_port_digit(struct media_port *p, char digit, unsigned ms);
/** 10 ms have passed for `p`, and for its peer when that is an RTP port. */
void media_port_service(struct media_port *p, rt_time now);

/* ---- port_rtp.c, port_rtp_send.c, port_rtcp.c ---- */

/** Signalling: sockets, identifiers, buffers. */
int media_rtp_init(struct media_port *p, struct media *m, const union rt_addr *local);
/** Signalling: the opposite. */
void media_rtp_release(struct media_port *p, struct media *m);
void media_rtp_apply(struct media_port *p, const struct media_rtp *r, rt_time now);
bool media_rtp_events(const struct media_port *p);
/** Receives, and brings a block when somebody wants it. */
void media_rtp_hear(struct media_port *p, struct media_heard *h, bool wanted, rt_time now);
/** Sends a block of sound (NULL: none) or of the digit (0: none), which `id` tells from the last.
 */
void media_rtp_emit(struct media_port *p, const uint8_t *octets, char digit, uint32_t id);
/** Reads and sends reports when their time has come. */
void media_rtcp_service(struct media_port *p, rt_time now);
/** The first report is due half an interval from now. */
void media_rtcp_start(struct media_port *p, rt_time now);
void media_rtcp_bye(struct media_port *p, rt_time now);
/** Somebody else uses our SSRC: says BYE to it and takes another. */
void media_rtcp_collision(struct media_port *p, rt_time now);

/* ---- port_tdm.c ---- */

void media_tdm_hear(struct media_port *p, struct media_heard *h, bool wanted);
/** Between two timeslots, each with its own block boundaries. */
void media_tdm_push(struct media_port *p, const struct media_heard *h);
void media_tdm_pop(struct media_port *p, struct media_heard *h);
void media_tdm_emit(struct media_port *p, const uint8_t *octets);
/** Stops listening for digits: the peer left or takes none. */
void media_tdm_deaf(struct media_port *p);

#endif
