/* What the files of isdn/ share: the two halves of a span, its channels and its calls. */
#ifndef ISDN_PRIV_H
#define ISDN_PRIV_H

#include "gw/rt/chan.h"
#include "gw/rt/log.h"
#include "isdn/hdlc.h"
#include "isdn/isdn.h"
#include "isdn/pw_jitter.h"
#include "isdn/q931.h"

#include <libpri.h>
#include <stdatomic.h>

/* ---- the I/O half: one thread, the media's ---- */

struct isdn_frame {
    uint16_t len;
    uint8_t octets[HDLC_FRAME_MAX];
};

/** From the I/O half to the signalling half. */
struct isdn_report {
    bool is_alarm;
    enum isdn_alarm alarm;
    struct isdn_frame frame;
};

enum isdn_io_stat {
    IO_RX,
    IO_TX,
    IO_LOST,
    IO_REORDERED,
    IO_LATE,
    IO_MALFORMED,
    IO_FOREIGN,
    IO_UNDERRUNS,
    IO_SLIPS,
    IO_HDLC_BAD,
    IO_FILLING,
    IO_NSTATS
};

struct isdn_io;

/** A kind of line: what a tick receives and where it sends. */
struct isdn_line_ops {
    int (*open)(struct isdn_io *io);
    void (*close)(struct isdn_io *io);
    /** The payload to play now, or NULL; sets io->alarm. */
    const uint8_t *(*receive)(struct isdn_io *io);
    void (*send)(struct isdn_io *io);
};
extern const struct isdn_line_ops isdn_line_pw, isdn_line_mem;

struct isdn_io {
    const struct isdn_span_config *cfg;
    const struct isdn_line_ops *line;
    struct rt_loop *loop;
    struct rt_timer timer;
    rt_time due, period, heard; /**< `heard`: when the last good packet came */
    isdn_tdm_fn *tdm;
    void *tdm_arg;
    struct hdlc *hdlc;
    struct rt_chan *up;
    unsigned waiting; /**< frames in `up` that did not wake the signalling thread */
    enum isdn_alarm alarm, reported;
    uint8_t slots[ISDN_TIMESLOTS]; /**< carried, ascending */
    unsigned nslots, size;         /**< octets of a payload */
    uint8_t *payload;              /**< to send: room for the header before it */
    /* pseudowire */
    struct rt_udp *udp;
    struct pw_jitter jitter;
    uint16_t tx_seq;
    bool far_l, far_r;
    uint64_t last_malformed, last_foreign;
    /* memory */
    struct isdn_io *peer;
    uint8_t *ring;
    unsigned head, tail;
    _Atomic uint64_t stat[IO_NSTATS];
    struct isdn_block block;
};

int isdn_io_open(struct isdn_io *io, const struct isdn_span_config *cfg, struct rt_loop *loop,
                 struct rt_chan *up, const struct isdn_span_ops *ops);
void isdn_io_close(struct isdn_io *io);
static inline void isdn_io_count(struct isdn_io *io, enum isdn_io_stat s)
{
    atomic_fetch_add_explicit(&io->stat[s], 1, memory_order_relaxed);
}

/* ---- calls ---- */

enum isdn_call_state {
    CALL_PRESENT,     /**< incoming: nothing was said yet */
    CALL_OVERLAP_IN,  /**< SETUP ACKNOWLEDGE sent */
    CALL_INCOMING,    /**< CALL PROCEEDING or ALERTING sent */
    CALL_SETUP,       /**< outgoing: SETUP sent, nothing came */
    CALL_OVERLAP_OUT, /**< SETUP ACKNOWLEDGE came */
    CALL_OUTGOING,    /**< CALL PROCEEDING, PROGRESS or ALERTING came */
    CALL_CONNECTING,  /**< CONNECT sent, not acknowledged */
    CALL_ACTIVE,
    CALL_HEARING,   /**< DISCONNECT with tones came; the owner has not released yet */
    CALL_TONES,     /**< DISCONNECT with tones sent */
    CALL_RELEASING, /**< DISCONNECT or RELEASE sent */
    CALL_GONE       /**< libpri has no record of it any more */
};

enum isdn_timer { ISDN_T301, ISDN_T302, ISDN_T304, ISDN_T306, ISDN_T310, ISDN_T313, ISDN_NTIMERS };

struct isdn_call {
    struct isdn_span *span;
    q931_call *q931;
    unsigned reference;
    bool outgoing;
    enum isdn_call_state state;
    void *arg;
    unsigned channel;
    uint8_t cause, location;                 /**< what our clearing messages say; 0: libpri's own */
    uint8_t progress[Q931_T_DISCONNECT + 1]; /**< indicator by message type; 0: none */
    struct isdn_cause heard;                 /**< of a DISCONNECT received, or our own timer's */
    bool known;                              /**< the owner was told of it */
    bool early;                              /**< RELEASE is sent in place of PROGRESS */
    struct rt_timer timer;
    enum isdn_timer running;
    struct rt_defer gone; /**< RELEASED is told outside the call that caused it */
    struct isdn_event last;
    struct isdn_call *prev, *next;
};

struct isdn_channel {
    enum isdn_channel_state state;
    struct isdn_call *call;
    bool blocked; /**< by the operator */
};

/** What a clearing message still in libpri's queue has to say when its call is freed already. */
struct isdn_farewell {
    unsigned reference;
    bool outgoing;
    uint8_t cause, location;
};
#define ISDN_FAREWELLS 64

struct isdn_span {
    struct isdn_span_config cfg;
    struct isdn_span_ops ops;
    void *arg;
    char name[16]; /**< "span 1": for the log */
    struct rt_loop *loop;
    struct isdn_io io;
    struct rt_chan *up, *down;
    struct pri *pri;
    struct rt_timer pri_timer;
    const struct isdn_frame *arrived; /**< handed to libpri's read */
    struct q931_view view;            /**< of that frame */
    bool viewed;
    bool dchannel_up, was_up;
    rt_time dchannel_since;
    enum isdn_alarm alarm;
    rt_time timers[ISDN_NTIMERS];
    struct isdn_channel channel[ISDN_TIMESLOTS];
    struct isdn_call *calls;
    unsigned ncalls;
    struct isdn_farewell farewell[ISDN_FAREWELLS];
    unsigned nfarewells;
    uint32_t to_restart; /**< channels whose RESTART is still to be sent */
    unsigned restarting; /**< the one sent, 0: none */
    unsigned restart_tries;
    struct rt_timer t316;
};

/* dchan.c */
int isdn_dchan_open(struct isdn_span *s);
/** A frame from the line. */
void isdn_dchan_frame(struct isdn_span *s, const struct isdn_frame *f);
/** Sets the timer to libpri's next deadline: after anything was asked of it. */
void isdn_dchan_poke(struct isdn_span *s);

/* channel.c */
void isdn_channel_setup(struct isdn_span *s);
/** The channel to use, or 0. */
unsigned isdn_channel_hunt(const struct isdn_span *s, uint32_t channels, enum isdn_hunt hunt);
bool isdn_channel_idle(const struct isdn_span *s, unsigned timeslot);
void isdn_channel_take(struct isdn_call *c, unsigned timeslot);
/** Gives the call's channel back; it is restarted first when `doubtful`. */
void isdn_channel_give(struct isdn_call *c, bool doubtful);
/** Settles the channel of a received SETUP (Q.931 5.2.3, 5.7). 0, or the cause that refuses it. */
unsigned isdn_channel_settle(struct isdn_call *c, unsigned wanted, bool exclusive);
/** The response to our SETUP names a channel. False: it cannot be (released already). */
bool isdn_channel_answered(struct isdn_call *c, unsigned timeslot);

/* restart.c */
void isdn_restart_channel(struct isdn_span *s, unsigned timeslot);
void isdn_restart_acked(struct isdn_span *s, unsigned timeslot);
void isdn_restart_received(struct isdn_span *s, unsigned timeslot);
void isdn_restart_timeout(void *arg);
void isdn_restart_next(struct isdn_span *s);
/** The D channel is lost: what was being restarted waits for it. */
void isdn_restart_suspend(struct isdn_span *s);

/* call.c */
struct isdn_call *isdn_call_new(struct isdn_span *s, q931_call *q931, bool outgoing);
struct isdn_call *isdn_call_find(const struct isdn_span *s, const q931_call *q931);
struct isdn_call *isdn_call_by_reference(const struct isdn_span *s, unsigned reference,
                                         bool outgoing);
void isdn_call_start_timer(struct isdn_call *c, enum isdn_timer t);
void isdn_call_stop_timer(struct isdn_call *c);
void isdn_call_tell(struct isdn_call *c, const struct isdn_event *ev);
/** It is over: tells RELEASED and frees, outside the present callback. */
void isdn_call_over(struct isdn_call *c, const struct isdn_cause *cause);
void isdn_call_free(struct isdn_call *c);
/** libpri has forgotten it without a word: the handle goes the same way. */
void isdn_call_lost(struct isdn_call *c, const struct isdn_cause *cause);
/** libpri still has a record of it. */
bool isdn_call_alive(const struct isdn_call *c);
/** A timer or a conflict ends it: the owner hears DISCONNECT with a local cause and releases. */
void isdn_call_fail(struct isdn_call *c, uint8_t cause, const char *timer);

/* call_setup.c */
void isdn_call_arrived(struct isdn_span *s, const pri_event *e);

/* event.c */
/** What libpri reports; `by_timer`: from one of its timers, not from a message. */
void isdn_pri_event(struct isdn_span *s, const pri_event *e, bool by_timer);
/** A message that libpri reported nothing of: what it did without saying so. */
void isdn_pri_silence(struct isdn_span *s);
/** The same after its timers ran. */
void isdn_pri_sweep(struct isdn_span *s);

#endif
