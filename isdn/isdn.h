/* ISDN lines, primary rate and basic: spans, their D channels, and calls on their B channels
 * (Q.921, Q.931).
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
#include "isdn/codes.h"
#include "isdn/config.h"

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
    /** Bit n: timeslot n was written. It comes with all that are carried; who knows that fewer
     * have a call says so: the others cost nothing, and nothing is received from them from the next
     * tick on. */
    uint32_t used;
    uint8_t rx[ISDN_TIMESLOTS][ISDN_BLOCK_MAX];
    uint8_t tx[ISDN_TIMESLOTS][ISDN_BLOCK_MAX];
};
/** Called in the I/O thread once per tick. tx comes filled with the law's silence. */
typedef void isdn_tdm_fn(void *arg, struct isdn_block *b);

/* ---- spans ---- */

struct isdn_span;
struct isdn_call;

enum isdn_line { ISDN_PSEUDOWIRE, ISDN_MEMORY, ISDN_DAHDI };

/** What each octet of a B channel becomes. */
struct isdn_gains {
    uint8_t rx[256], tx[256];
};

struct isdn_span_config {
    unsigned id;
    enum isdn_line line;
    union rt_addr local, remote; /**< pseudowire */
    unsigned dahdi;              /**< DAHDI: number of the span there */
    unsigned framing; /**< DAHDI: what the plan says it has, enum rt_dahdi_framing; 0: nothing */
    unsigned echo;    /**< DAHDI: echo canceller of this many ms; 0: none */
    /** DAHDI: NULL: none; used while the span is made. */
    const struct isdn_gains *gains;
    /** Gets a sentence when the line cannot be opened; may be NULL. Used while the span is made. */
    struct rt_buf *why;
    unsigned frames;    /**< per packet and per tick; 8 = 1 ms; DAHDI: 16 to 160 */
    uint32_t timeslots; /**< carried, bit n = timeslot n; includes the D channel */
    rt_time jitter;     /**< pseudowire receive buffer; 0: 4 ms */
    enum isdn_rate rate;
    bool mulaw;          /**< the law of the line; it decides what silence is */
    bool network;        /**< our side */
    const char *variant; /**< "euroisdn" */
    unsigned dchannel;   /**< its timeslot; 0: another span of its group has it */
    bool multipoint;     /**< BRI: several terminals on the bus */
    /** Non-facility-associated signalling: the span with the first D channel of the group, NULL:
     * this span is on its own or is that span itself. A span with `lead` and a D channel has the
     * backup. */
    struct isdn_span *lead;
    unsigned interface;          /**< interface identifier in its group, 0..30 */
    bool overlap;                /**< send SETUP ACK to a SETUP without Sending complete */
    rt_time timer[ISDN_NTIMERS]; /**< in microseconds, or a number; 0: the default */
    rt_time restart;             /**< idle channels are restarted so often; 0: never */
    rt_time audit; /**< the far end is asked so often whether an active call lasts; 0: never */
};

/** Line alarms, in order of gravity; the gravest is shown. */
enum isdn_alarm {
    ISDN_OK,
    ISDN_REMOTE, /**< the far end says it does not receive us (R bit; yellow) */
    ISDN_AIS,    /**< the far end's own line is dead (L bit; blue) */
    ISDN_LOS     /**< nothing arrives (red) */
};
/** "ok", "remote", "ais", "los" */
const char *isdn_alarm_name(enum isdn_alarm a);

enum isdn_channel_state {
    ISDN_CH_NONE,
    ISDN_CH_DCHAN,
    ISDN_CH_IDLE,
    ISDN_CH_BUSY,
    ISDN_CH_RESTARTING,
    ISDN_CH_BLOCKED
};
/** "none", "signalling", "idle", ... */
const char *isdn_channel_state_name(enum isdn_channel_state s);

/** What `show span` prints; a snapshot. */
struct isdn_span_status {
    enum isdn_alarm alarm;
    bool dchannel_up;
    rt_time dchannel_since; /**< rt_now() of the last change */
    unsigned calls, held;   /**< held: of `calls`, those without a channel */
    enum isdn_channel_state channel[ISDN_TIMESLOTS];
    uint64_t rx_packets, tx_packets, lost, reordered, late, malformed, foreign, underruns, slips;
    uint64_t hdlc_bad;
    unsigned jitter_frames; /**< in the receive buffer now */
    /** Times that the line sent something else for a while, since we were late; on an interface
     * card each channel counts. And how late the latest tick was. */
    uint64_t late_sent;
    rt_time tick_late_max;
    /* counted by the interface card since the span was opened; 0 on other lines */
    uint64_t violations, crc_errors, e_bits, frame_errors, errored_seconds, irq_misses;
};

struct isdn_aoc;
struct isdn_setup;
struct isdn_event;

/** What becomes of a frame on its way between Q.921 and the line. */
enum isdn_fate {
    ISDN_PASSES,
    ISDN_LOST,
    ISDN_SPOILT /**< sent with a wrong check sequence; lost where a card makes that */
};

struct isdn_span_ops {
    isdn_tdm_fn *tdm; /**< I/O thread; with `tdm_arg` */
    /** I/O thread, with `tdm_arg`: each block as it goes out, the D channel in its timeslot (not
     * where a card frames it). May be NULL. */
    isdn_tdm_fn *line;
    void *tdm_arg;
    /* signalling thread: */
    /** Alarm or D channel changed: ask isdn_span_status(). May be NULL. */
    void (*changed)(void *arg, struct isdn_span *span);
    /** A call arrived. The owner sets isdn_call_own() and answers now or later with isdn_call_*.
     * Its channel is already reserved (glare and exclusive channels settled, Q.931 5.2.3). */
    void (*setup)(void *arg, struct isdn_call *call, const struct isdn_setup *setup);
    /** A call arrived for which there is no channel, or not the only one that it accepts
     * (`setup->channel`, 0: any). The owner may clear another for it and returns the timeslot that
     * comes free: the call waits for it as long as T303 may run, then `setup` is told or the call
     * refused. 0: it is refused now. May be NULL. */
    unsigned (*crowded)(void *arg, const struct isdn_setup *setup);
    /** Something happened to a call; `call_arg` is its owner. After ISDN_EV_RELEASED the handle is
     * dead. */
    void (*event)(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev);
    /** Each frame on the D channel; `call` is NULL when it belongs to none. `name` is "SETUP",
     * "CALL PROCEEDING", ..., NULL when it carries no Q.931 message; `frame` is the whole LAPD
     * frame without FCS. May be NULL. */
    void (*trace)(void *arg, struct isdn_call *call, bool sent, const char *name,
                  const uint8_t *frame, size_t len);
    /** Each frame of the D channel between Q.921 and the line; it may be changed in place. `trace`
     * shows what is on the line: after this what is sent, before this what came. A received one
     * is lost or passes. May be NULL. */
    enum isdn_fate (*filter)(void *arg, bool sent, uint8_t *frame, size_t len);
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
/** The value in use, in microseconds, or a number (isdn_timer_row()). */
rt_time isdn_span_timer(const struct isdn_span *s, enum isdn_timer t);
void isdn_span_status(const struct isdn_span *s, struct isdn_span_status *out);

/** For how long at least buffers on our side keep, there and back, what is sent and comes straight
 * back from the line: no echo is younger. 0: not known. */
rt_time isdn_span_delay(const struct isdn_span *s);

enum isdn_loop { ISDN_LOOP_OFF, ISDN_LOOP_LOCAL, ISDN_LOOP_REMOTE };
/** Closes a maintenance loop in the interface card: `local` gives back what we send, `remote` what
 * the far end sends. ENOTSUP: the line is no card's; ENOSYS: the card has no loops. */
int isdn_span_loop(struct isdn_span *s, enum isdn_loop loop);
/** Joins two in-memory spans back to back, for tests. EINVAL: one is of another kind, or they do
 * not carry as many timeslots and frames. */
int isdn_memory_join(struct isdn_span *a, struct isdn_span *b);
/** Restarts every B channel (Q.931 5.5): after our own restart nothing the far end holds is ours.
 * Done by itself when the first D channel of the group comes up for the first time. */
void isdn_span_restart(struct isdn_span *s);
/** Blocks or frees a channel for new calls; the far end is told where the variant has SERVICE. A
 * call on it goes on. EINVAL: no B channel. */
int isdn_channel_block(struct isdn_span *s, unsigned timeslot, bool blocked);
/** Blocks it; the far end is told when the call on it is over. */
int isdn_channel_drain(struct isdn_span *s, unsigned timeslot);
/** Restarts a channel that has no call, in its turn. EINVAL: no B channel, or a bus; EBUSY: it has
 * one, or is being restarted. */
int isdn_channel_restart(struct isdn_span *s, unsigned timeslot);
/** The same for all that have none; returns how many. */
unsigned isdn_span_restart_idle(struct isdn_span *s);
/** No new calls because there is nothing behind us: its channels are out of service (SERVICE), or
 * work again. */
void isdn_span_busy_out(struct isdn_span *s, bool out);
/** Takes the D channel of its group down (DISC, and DM to who sets it up), or lets it come back.
 * Calls there are suffer as by a broken line. */
void isdn_span_silence(struct isdn_span *s, bool silent);

/** Who keeps new calls from a channel; bits. */
enum isdn_blocking { ISDN_BY_OPERATOR = 1, ISDN_BY_BUSY_OUT = 2, ISDN_BY_FAR_END = 4 };

/** What `show channels` prints; a snapshot. */
struct isdn_channel_status {
    enum isdn_channel_state state;
    unsigned blocked;       /**< enum isdn_blocking */
    bool draining;          /**< blocked, and its call goes on */
    rt_time since;          /**< rt_now() of the last change of state */
    const char *call_state; /**< NULL: no call */
    const char *timer;      /**< what ends its present state if nothing else does; NULL: nothing */
    rt_time due;            /**< when, by rt_now(); 0: libpri's, not known */
};
/** EINVAL: there is no such timeslot. */
int isdn_channel_status(const struct isdn_span *s, unsigned timeslot,
                        struct isdn_channel_status *out);

/* ---- calls ---- */

/** A party number as Q.931 carries it (4.5.8, 4.5.10); code points of the standard. */
struct isdn_number {
    char digits[41];
    uint8_t ton,
        npi; /**< 0 unknown, 1 international, 2 national, 3 network, 4 subscriber; 1 = ISDN plan */
    uint8_t presentation; /**< 0 allowed, 1 restricted, 2 not available */
    uint8_t screening;    /**< 0..3 */
};

/** A subaddress (4.5.9). */
struct isdn_subaddress {
    uint8_t len;        /**< 0: none */
    bool user;          /**< user specified; else NSAP, with its AFI */
    bool odd;           /**< user specified: the last half octet is filler */
    uint8_t octets[20]; /**< as on the wire */
};

/** User-to-user information (4.5.30). */
struct isdn_uui {
    bool present;
    uint8_t protocol, len;
    uint8_t octets[128];
};

/** Who a call was diverted from. The last is the one the ISDN calls redirecting, the first the
 * original called number; with one diversion only `last` is filled in. */
struct isdn_diversion {
    struct isdn_number last, first;
    uint8_t last_reason, first_reason; /**< enum isdn_ie_reason's code points (EN 300 207-1) */
    unsigned count;                    /**< 0: not diverted */
};

enum isdn_bearer { ISDN_SPEECH, ISDN_AUDIO_31, ISDN_DATA64 };

/** What a SETUP says. */
struct isdn_setup {
    struct isdn_number called, calling;
    struct isdn_number network; /**< incoming: the caller's as the network knows it, when there are
                                   two (EN 300 092-1); no digits: it is `calling` */
    struct isdn_subaddress called_sub, calling_sub;
    struct isdn_diversion diversion;
    char display[64];     /**< the caller's name, by Display or Facility */
    bool name_restricted; /**< the name is not to be shown */
    char keypad[33];      /**< keypad facility (4.5.18) */
    struct isdn_uui uui;
    enum isdn_bearer bearer;
    bool alaw;           /**< layer 1 protocol G.711 A-law; else mu-law */
    bool complete;       /**< Sending complete, or the switch does not do overlap */
    uint8_t progress;    /**< enum isdn_ie_progress_description, 0: none; of several the gravest: 8,
                            then 1 */
    uint16_t indicators; /**< all of them, bit n: description n */
    unsigned channel;    /**< timeslot; outgoing: 0, it is hunted */
    /** The bearer's 64 kbit/s hold something slower (V.110, V.120, 56 kbit/s), or it is one of the
     * kinds that enum isdn_bearer does not have; incoming. */
    bool adapted;
    uint8_t charges; /**< advice of charge is asked for: bit n: enum isdn_aoc_kind n */
    /** High and low layer compatibility (4.5.17, 4.5.19): contents on the wire; length 0: none. */
    uint8_t hlc[5], hlc_len, llc[18], llc_len;
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
    ISDN_EV_NOTIFY,   /**< `notify` */
    ISDN_EV_HOLD,     /**< the far end holds the call (HOLD); answered by itself */
    ISDN_EV_RETRIEVE, /**< it goes on (RETRIEVE), maybe on another channel; answered by itself */
    ISDN_EV_HELD, /**< what isdn_call_hold() and isdn_call_retrieve() came to: `cause` 0: done */
    ISDN_EV_IDENTITY, /**< the far party is now, or has the name: `connected`, `name` */
    ISDN_EV_DIVERTED, /**< our call is diverted: `connected` is where to, `notify` the reason */
    ISDN_EV_KEYPAD,   /**< `digits` */
    ISDN_EV_AOC,      /**< `aoc` */
    ISDN_EV_MCID,     /**< the far end has its caller identified as malicious; answered by itself */
    ISDN_EV_DEFLECT,  /**< the called user deflects to `connected`, `notify` is why:
                         isdn_call_deflected() answers, from inside. On an incoming call: what we
                         asked by isdn_call_deflect() is refused */
    ISDN_EV_TRANSFER, /**< the user joins this call with `other`: isdn_call_transferred() answers,
                         from inside. No `other`: what we asked by isdn_call_join() is refused */
    ISDN_EV_DISCONNECT, /**< far end clears; with progress 8 tones are in-band until
                           isdn_call_release() or T306 */
    ISDN_EV_RELEASED /**< over: channel idle (or restarting), handle dead when the callback returns
                      */
};
/** "setup-ack", "information", ... */
const char *isdn_event_name(enum isdn_event_type t);

struct isdn_event {
    enum isdn_event_type type;
    uint8_t progress;    /**< indicator, 0: none; of several the gravest: 8, then 1 */
    uint16_t indicators; /**< all of them, bit n: description n */
    unsigned channel;    /**< timeslot, once known */
    char digits[41];
    uint8_t notify; /**< NOTIFY: enum isdn_ie_notice; DIVERTED, DEFLECT: enum isdn_ie_reason */
    struct isdn_cause
        cause; /**< DISCONNECT, RELEASED; PROGRESS when it carried one (value 0: none) */
    struct isdn_number connected; /**< CONNECT, IDENTITY, DIVERTED, DEFLECT */
    struct isdn_subaddress connected_sub;
    char name[64];              /**< CONNECT, ALERTING, IDENTITY; empty: none */
    struct isdn_number changed; /**< DISCONNECT, RELEASED: the new number that cause 22 has */
    struct isdn_uui uui;        /**< ALERTING, CONNECT, DISCONNECT, RELEASED */
    const struct isdn_aoc *aoc; /**< AOC; for the time of the call */
    struct isdn_call *other;    /**< TRANSFER */
};

/** Places a call on a free channel of `channels` (bit n = timeslot n). `setup` is borrowed. ENOSPC:
 * none free; ENETDOWN: D channel down; EINVAL: libpri refuses it; ENOMEM. None leaves anything
 * behind. T303 and T310/T304/T301 run by themselves and end in ISDN_EV_RELEASED. */
int isdn_call_setup(struct isdn_call **out, struct isdn_span *s, uint32_t channels,
                    enum isdn_hunt hunt, const struct isdn_setup *setup, void *call_arg);
/** Free channels among `channels`. */
unsigned isdn_span_free_channels(const struct isdn_span *s, uint32_t channels);

/** Sets the owner, whom events name from now on. */
void isdn_call_own(struct isdn_call *c, void *call_arg);
/** The owner, or NULL while there is none. */
void *isdn_call_owner(const struct isdn_call *c);
/** Its timeslot; 0: it has none, as while it is held. */
unsigned isdn_call_channel(const struct isdn_call *c);
/** The span that its channel is of; in a group not always that of its D channel. Borrowed. */
struct isdn_span *isdn_call_span(const struct isdn_call *c);

/* Answers; `progress` 0 or enum isdn_ie_progress_description. EPROTO when the call's state does not
 * allow it; EIO: libpri does not send it. */
int isdn_call_setup_ack(struct isdn_call *c, uint8_t progress);
int isdn_call_proceeding(struct isdn_call *c, uint8_t progress);
int isdn_call_alerting(struct isdn_call *c, uint8_t progress);
int isdn_call_progress(struct isdn_call *c, uint8_t progress, uint8_t cause);
int isdn_call_connect(struct isdn_call *c, const struct isdn_number *connected);
/* What the next answer says beside its own words; before it. */
/** Further progress indicators, bit n: description n. */
void isdn_call_indicators(struct isdn_call *c, uint16_t indicators);
/** With CONNECT: the connected subaddress; its length 0: none. */
void isdn_call_connected_sub(struct isdn_call *c, const struct isdn_subaddress *sub);
/** Goes with the next message that may carry it: ALERTING, CONNECT, or what clears. EINVAL: more
 * than an element holds. */
int isdn_call_uui(struct isdn_call *c, const struct isdn_uui *uui);
/** Sends further called digits, perhaps none, and `complete` that they are all (overlap sending,
 * after SETUP ACK). EPROTO: not in this state; EINVAL: no digits of IA5; ENETDOWN. */
int isdn_call_information(struct isdn_call *c, const char *digits, bool complete);
/** Keypad information, at most 32 characters (EINVAL). EPROTO: not in this state; ENETDOWN. */
int isdn_call_keypad(struct isdn_call *c, const char *digits);
/** NOTIFY, as isdn_event.notify; before the answer too. EINVAL: the variant has no such code;
 * EPROTO: not in this state. */
int isdn_call_notify(struct isdn_call *c, uint8_t notify);
/** HOLD, and RETRIEVE by who holds; ISDN_EV_HELD says what came of it. A held call has no channel.
 * EPROTO: not in this state; ENOSPC: no channel is free for it. */
int isdn_call_hold(struct isdn_call *c);
int isdn_call_retrieve(struct isdn_call *c);
/** True while it is held by either side: it has no channel. */
bool isdn_call_held(const struct isdn_call *c);
/** Our party is now, or has the name: told at once after the answer, with CONNECT before it.
 * `name` may be NULL. EINVAL: the variant has no word for it after the answer. */
int isdn_call_identity(struct isdn_call *c, const struct isdn_number *number, const char *name);
/** DISCONNECT with in-band tones (progress 8): the media path stays until isdn_call_release() or
 * T306, network side. EPROTO: it is being cleared already; EIO: libpri does not send it. */
int isdn_call_disconnect_tones(struct isdn_call *c, uint8_t cause, uint8_t location);
/** Ends it in whatever way its state asks for; ISDN_EV_RELEASED follows, never from inside this
 * call. `cause` 1..127, 0: 16 (normal call clearing); `location`: Q.850 table 1. A call that is
 * being released already keeps its cause. */
void isdn_call_release(struct isdn_call *c, uint8_t cause, uint8_t location);

/* ---- for who compares what is here with what should be (isdn/inspect.c) ---- */

/** A call as it is; borrowed for the callback. */
struct isdn_call_view {
    struct isdn_call *call;
    const void *owner;
    uint64_t mark;    /**< its reference: tells apart two that had the same handle */
    unsigned channel; /**< 0: none */
    const char *state;
    bool clearing; /**< DISCONNECT or RELEASE is out */
    bool over;     /**< ISDN_EV_RELEASED is about to be told; or it waits for a channel, untold */
    bool astray;   /**< the channel that it has is not its own in the span's table */
};
typedef void isdn_calls_fn(void *arg, const struct isdn_call_view *v);
/** The calls whose channel is, or was, of this span. `fn` may release or forget the call that it is
 * given. */
void isdn_span_calls(const struct isdn_span *s, isdn_calls_fn *fn, void *arg);
/** The owner is gone: no call tells it anything any more; those that are not released are. */
void isdn_call_disown(struct isdn_span *s, const void *owner);
/** Forgets a call, whatever it waits for; its channel is restarted. ISDN_EV_RELEASED follows. */
void isdn_call_forget(struct isdn_call *c);
/** Channels that are busy without a call; bit n: timeslot n. */
uint32_t isdn_span_stray(const struct isdn_span *s);
/** Restarts such a channel. EINVAL: it is none. */
int isdn_channel_free_stray(struct isdn_span *s, unsigned timeslot);

/* ---- words of the owner's own: for programs that play a far end ---- */

/** Sends a Q.931 message from its protocol discriminator on as it is, in Q.921's sequence; nothing
 * keeps a state of it. ENETDOWN: no D channel is up; EMSGSIZE. */
int isdn_span_say(struct isdn_span *s, const uint8_t *message, size_t len);
/** The same with the call's reference before it: `body` begins with the message type. */
int isdn_call_say_raw(struct isdn_call *c, const uint8_t *body, size_t len);
/** A LAPD frame past Q.921, without FCS. ENETDOWN: the span has no D channel; EMSGSIZE. */
int isdn_span_send_frame(struct isdn_span *s, const uint8_t *frame, size_t len);

/* ---- supplementary services ----
 *
 * ENOTSUP: the variant has no such service; EPROTO: not in this call's state. */

/** Tells charges; the sum (AOC-E) goes with the next message, which is to be the one that clears.
 */
int isdn_call_aoc(struct isdn_call *c, const struct isdn_aoc *aoc);
/** Whether requests for charges are accepted: before the first answer to SETUP. */
void isdn_call_advises(struct isdn_call *c, bool yes);
/** Has the network register who called: of an incoming call that is answered, or that the caller
 * clears. */
int isdn_call_mcid(struct isdn_call *c);
/** Asks the network to call `to` in our place: an incoming call, unanswered; `reason` is one of
 * enum isdn_ie_reason. The network clears the call when it does, else ISDN_EV_DEFLECT comes. */
int isdn_call_deflect(struct isdn_call *c, const struct isdn_number *from,
                      const struct isdn_number *to, uint8_t reason);
/** Answers ISDN_EV_DEFLECT. When `ok`, the owner releases the call next. */
int isdn_call_deflected(struct isdn_call *c, bool ok);
/** Asks the exchange to join the far ends of two answered calls and to leave us out. It clears both
 * when it does, else ISDN_EV_TRANSFER comes. EXDEV: they are not on one D channel; EAGAIN: one of
 * them is not answered yet, or is being joined. */
int isdn_call_join(struct isdn_call *c, struct isdn_call *other);
/** True for a call that is cleared because it was joined. */
bool isdn_call_joined(const struct isdn_call *c);
/** Answers ISDN_EV_TRANSFER. When `ok`, the owner releases both calls next. */
int isdn_call_transferred(struct isdn_call *c, bool ok);

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
    ISDN_SERVICES,
    ISDN_SERVICES_UNANSWERED,
    ISDN_STATUS_ENQUIRIES,
    ISDN_AUDIT_REPAIRS,
    ISDN_CARD_LATE,
    ISDN_LATE_SENT,
    ISDN_CHARGES_REFUSED,
    ISDN_MCID_REFUSED,
    ISDN_NCOUNTERS
};
extern struct rt_counter isdn_counters[ISDN_NCOUNTERS];

#endif
