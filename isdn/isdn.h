/* ISDN primary rate: spans, their D channel, and calls on their B channels (Q.921, Q.931).
 *
 * A span has two halves. The I/O half lives in a media thread's loop: it moves timeslots between
 * the line and the media engine on every tick, and frames the D channel. The signalling half lives
 * in the signalling thread: libpri, call supervision and the channel table. They meet through
 * rt_chan only. Also used by the exchange, as the network side.
 */
#ifndef ISDN_ISDN_H
#define ISDN_ISDN_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"

#include <stdbool.h>
#include <stdint.h>

#define ISDN_TIMESLOTS 32  /**< E1: 0..31; T1 uses 1..24 */
#define ISDN_BLOCK_MAX 160 /**< frames (octets per timeslot) in one tick, at most */

/** One tick of TDM: `frames` octets of each timeslot, 8000 a second. The media engine reads rx and
 * fills tx; timeslots that are not carried or are the D channel are the span's own, whatever it
 * writes there. */
struct isdn_block {
    unsigned frames;
    rt_time now;
    uint8_t rx[ISDN_TIMESLOTS][ISDN_BLOCK_MAX];
    uint8_t tx[ISDN_TIMESLOTS][ISDN_BLOCK_MAX];
};
/** Called in the I/O thread once per tick. tx comes filled with the law's silence. */
typedef void isdn_tdm_fn(void *arg, struct isdn_block *b);

/* ---- spans ---- */

struct isdn_span;
struct isdn_call;

enum isdn_line { ISDN_PSEUDOWIRE, ISDN_MEMORY };

struct isdn_span_config {
    unsigned id;
    enum isdn_line line;
    union rt_addr local, remote; /**< pseudowire */
    unsigned frames;             /**< per packet and per tick; 8 = 1 ms */
    uint32_t timeslots;          /**< carried, bit n = timeslot n; includes the D channel */
    rt_time jitter;              /**< pseudowire receive buffer; 0: 4 ms */
    bool t1;
    bool network;        /**< our side */
    const char *variant; /**< "euroisdn" */
    unsigned dchannel;
    bool overlap; /**< send SETUP ACK to a SETUP without Sending complete */
    /** Timers in microseconds; 0: the default of Q.931 table 9-1.
     */
    rt_time t301, t302, t303, t304, t305, t308, t309, t310, t313, t316;
};

/** Line alarms, in order of gravity; the gravest is shown. */
enum isdn_alarm {
    ISDN_OK,
    ISDN_REMOTE, /**< the far end says it does not receive us (R bit; yellow) */
    ISDN_AIS,    /**< the far end's own line is dead (L bit; blue) */
    ISDN_LOS     /**< nothing arrives (red) */
};
const char *isdn_alarm_name(enum isdn_alarm a);

enum isdn_channel_state {
    ISDN_CH_NONE,
    ISDN_CH_DCHAN,
    ISDN_CH_IDLE,
    ISDN_CH_BUSY,
    ISDN_CH_RESTARTING,
    ISDN_CH_BLOCKED
};
const char *isdn_channel_state_name(enum isdn_channel_state s);

/** What `show span` prints; a snapshot. */
struct isdn_span_status {
    enum isdn_alarm alarm;
    bool dchannel_up;
    rt_time dchannel_since; /**< rt_now() of the last change */
    unsigned calls;
    enum isdn_channel_state channel[ISDN_TIMESLOTS];
    uint64_t rx_packets, tx_packets, lost, reordered, late, malformed, foreign, underruns, slips;
    uint64_t hdlc_bad;
    unsigned jitter_frames; /**< in the receive buffer now */
};

struct isdn_setup;
struct isdn_event;

struct isdn_span_ops {
    isdn_tdm_fn *tdm; /**< I/O thread; with `tdm_arg` */
    void *tdm_arg;
    /* signalling thread: */
    /** Alarm or D channel changed: ask isdn_span_status(). May be NULL. */
    void (*changed)(void *arg, struct isdn_span *span);
    /** A call arrived. The owner sets isdn_call_own() and answers now or later with isdn_call_*.
     * Its channel is already reserved (glare and exclusive channels settled, Q.931 5.2.3). */
    void (*setup)(void *arg, struct isdn_call *call, const struct isdn_setup *setup);
    /** Something happened to a call; `call_arg` is its owner. After ISDN_EV_RELEASED the handle is
     * dead. */
    void (*event)(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev);
    /** Each Q.931 message on the wire; `call` is NULL when it belongs to none. `name` is "SETUP",
     * "CALL PROCEEDING", ...; `frame` is the whole LAPD frame without FCS. May be NULL. */
    void (*trace)(void *arg, struct isdn_call *call, bool sent, const char *name,
                  const uint8_t *frame, size_t len);
};

/** Opens the line in `io` and starts Q.921 in `signalling` (both may be one loop). Both loops must
 * not run yet in another thread. The socket's errno; EINVAL for a configuration that cannot be. */
int isdn_span_new(struct isdn_span **out, const struct isdn_span_config *cfg,
                  struct rt_loop *signalling, struct rt_loop *io, const struct isdn_span_ops *ops,
                  void *arg);
/** Both loops must have stopped. Calls are forgotten. (libpri keeps its own memory: it has no
 * destructor.) */
void isdn_span_free(struct isdn_span *s);
unsigned isdn_span_id(const struct isdn_span *s);
void isdn_span_status(const struct isdn_span *s, struct isdn_span_status *out);
/** Joins two in-memory spans back to back, for tests. */
int isdn_memory_join(struct isdn_span *a, struct isdn_span *b);
/** Restarts every B channel (Q.931 5.5): after our own restart nothing the far end holds is ours.
 * Done by itself each time the D channel comes up for the first time. */
void isdn_span_restart(struct isdn_span *s);
/** Blocks or frees a channel for new calls. EINVAL: no B channel. */
int isdn_channel_block(struct isdn_span *s, unsigned timeslot, bool blocked);

/* ---- calls ---- */

/** A party number as Q.931 carries it (4.5.8, 4.5.10); code points of the standard. */
struct isdn_number {
    char digits[41];
    uint8_t ton,
        npi; /**< 0 unknown, 1 international, 2 national, 3 network, 4 subscriber; 1 = ISDN plan */
    uint8_t presentation; /**< 0 allowed, 1 restricted, 2 not available */
    uint8_t screening;    /**< 0..3 */
};

enum isdn_bearer { ISDN_SPEECH, ISDN_AUDIO_31, ISDN_DATA64 };

/** What a SETUP says. */
struct isdn_setup {
    struct isdn_number called, calling, redirecting;
    uint8_t redirecting_reason;
    char display[64];
    enum isdn_bearer bearer;
    bool alaw;        /**< layer 1 protocol G.711 A-law; else mu-law */
    bool complete;    /**< Sending complete, or the switch does not do overlap */
    uint8_t progress; /**< progress indicator, 0: none */
    unsigned channel; /**< timeslot; outgoing: 0, it is hunted */
};

/** Q.850 cause with its location. */
struct isdn_cause {
    uint8_t value;     /**< 1..127 */
    uint8_t location;  /**< Q.850 table 1 */
    bool local;        /**< made here (a timer, a lost link), not received */
    const char *timer; /**< "T303", ... when a timer made it; else NULL */
};

enum isdn_event_type {
    ISDN_EV_SETUP_ACK,   /**< more digits wanted; progress may be set */
    ISDN_EV_INFORMATION, /**< `digits` came (overlap receiving) */
    ISDN_EV_COMPLETE,    /**< overlap receiving: Sending complete came, or T302 ran out (cause 28 is
                            the owner's choice) */
    ISDN_EV_PROCEEDING,
    ISDN_EV_ALERTING,
    ISDN_EV_PROGRESS,
    ISDN_EV_CONNECT, /**< CONNECT ACK is sent by itself */
    ISDN_EV_CONNECT_ACK,
    ISDN_EV_NOTIFY,     /**< `notify` */
    ISDN_EV_DISCONNECT, /**< far end clears; with progress 8 tones are in-band until
                           isdn_call_release() or T306 */
    ISDN_EV_RELEASED /**< over: channel idle (or restarting), handle dead when the callback returns
                      */
};
const char *isdn_event_name(enum isdn_event_type t);

struct isdn_event {
    enum isdn_event_type type;
    uint8_t progress; /**< indicator, 0: none */
    unsigned channel; /**< timeslot, once known */
    char digits[41];
    uint8_t notify; /**< 0 user suspended, 1 resumed, 0x79 remote hold, 0x7a remote retrieval */
    struct isdn_cause
        cause; /**< DISCONNECT, RELEASED; PROGRESS when it carried one (value 0: none) */
    struct isdn_number connected; /**< CONNECT */
};

enum isdn_hunt { ISDN_ASCENDING, ISDN_DESCENDING };

/** Places a call on a free channel of `channels` (bit n = timeslot n). ENOSPC: none free; ENETDOWN:
 * D channel down; both leave nothing behind. T303 and T310/T304/T301 run by themselves and end in
 * ISDN_EV_RELEASED. */
int isdn_call_setup(struct isdn_call **out, struct isdn_span *s, uint32_t channels,
                    enum isdn_hunt hunt, const struct isdn_setup *setup, void *call_arg);
/** Free channels among `channels`. */
unsigned isdn_span_free_channels(const struct isdn_span *s, uint32_t channels);

void isdn_call_own(struct isdn_call *c, void *call_arg);
/** The owner, or NULL while there is none. */
void *isdn_call_owner(const struct isdn_call *c);
unsigned isdn_call_channel(const struct isdn_call *c);
struct isdn_span *isdn_call_span(const struct isdn_call *c);

/* Answers; `progress` 0 or a progress indicator (1, 2, 3, 4, 8). EPROTO when the call's state does
 * not allow it. */
int isdn_call_setup_ack(struct isdn_call *c, uint8_t progress);
int isdn_call_proceeding(struct isdn_call *c, uint8_t progress);
int isdn_call_alerting(struct isdn_call *c, uint8_t progress);
int isdn_call_progress(struct isdn_call *c, uint8_t progress, uint8_t cause);
int isdn_call_connect(struct isdn_call *c, const struct isdn_number *connected);
/** Sends further called digits (overlap sending, after SETUP ACK). */
int isdn_call_information(struct isdn_call *c, const char *digits);
/** NOTIFY, as isdn_event.notify. */
int isdn_call_notify(struct isdn_call *c, uint8_t notify);
/** DISCONNECT with in-band tones (progress 8): the media path stays until isdn_call_release() or
 * T306 (30 s), network side. */
int isdn_call_disconnect_tones(struct isdn_call *c, uint8_t cause, uint8_t location);
/** Ends it in whatever way its state asks for; ISDN_EV_RELEASED follows, never from inside this
 * call. */
void isdn_call_release(struct isdn_call *c, uint8_t cause, uint8_t location);

/* ---- counters ---- */

enum isdn_counter {
    ISDN_PW_MALFORMED,
    ISDN_PW_FOREIGN,
    ISDN_PW_LOST,
    ISDN_PW_SLIPS,
    ISDN_HDLC_BAD,
    ISDN_DCHANNEL_DROPPED,
    ISDN_UNEXPECTED,
    ISDN_TIMER_EXPIRIES,
    ISDN_GLARES,
    ISDN_RESTARTS,
    ISDN_NCOUNTERS
};
extern struct rt_counter isdn_counters[ISDN_NCOUNTERS];

#endif
