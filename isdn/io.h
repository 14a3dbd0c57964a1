/* The I/O half of a span, which lives in the media's thread: the line, its ticks, and the frames of
 * the D channel to and from the signalling half.
 */
#ifndef ISDN_IO_H
#define ISDN_IO_H

#include "gw/rt/chan.h"
#include "isdn/hdlc.h"
#include "isdn/isdn.h"
#include "isdn/pw_jitter.h"

#include <stdatomic.h>

struct isdn_frame {
    uint16_t len;
    bool spoilt; /**< goes out with a wrong check sequence */
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
    IO_VIOLATIONS,
    IO_CRC_ERRORS,
    IO_E_BITS,
    IO_FRAME_ERRORS,
    IO_ERRORED_SECONDS,
    IO_IRQ_MISSES,
    IO_LATE_SENT,   /**< times that the line sent something else, since we were late */
    IO_LATEST_TICK, /**< us */
    IO_NSTATS
};

struct isdn_io;

/** A kind of line: what a tick receives and where it sends. */
struct isdn_line_ops {
    int (*open)(struct isdn_io *io);
    void (*close)(struct isdn_io *io);
    /** Fills the received rows of the block and sets io->alarm. False: nothing came. */
    bool (*receive)(struct isdn_io *io);
    /** Sends the rows that block.used says. */
    void (*send)(struct isdn_io *io);
    /** The line frames the D channel itself and calls isdn_io_frame(); NULL: its timeslot is one of
     * the rows, and our hdlc does it. */
    int (*send_frame)(struct isdn_io *io, const uint8_t *frame, size_t len);
    /** Carries sound, or 64 kbit/s as they are, in a timeslot from the next tick on; NULL: that is
     * all one. Any thread may call it. */
    void (*sound)(struct isdn_io *io, unsigned timeslot, bool on);
    /** How late a tick may be before the far end misses something; NULL: for ever. */
    rt_time (*slack)(const struct isdn_io *io);
    /** See isdn_span_delay(); NULL: none that is known. */
    rt_time (*delay)(const struct isdn_io *io);
    bool ticks; /**< calls isdn_io_tick() itself; else a timer does, each period */
};
extern const struct isdn_line_ops isdn_line_pw, isdn_line_mem, isdn_line_dahdi;

struct isdn_dahdi;

struct isdn_io {
    const struct isdn_span_config *cfg;
    const struct isdn_line_ops *line;
    struct rt_loop *loop;
    struct rt_timer timer;
    rt_time due, period, heard; /**< `heard`: when the last good packet came */
    isdn_tdm_fn *tdm, *outgoing;
    void *tdm_arg;
    struct hdlc *hdlc;
    struct rt_chan *up;
    unsigned window;    /**< Q.921's k */
    bool far_busy;      /**< RNR came */
    uint8_t sent, told; /**< V(S) of our I frames, and the N(R) that signalling was woken for */
    enum isdn_alarm alarm, reported;
    uint8_t slots[ISDN_TIMESLOTS]; /**< carried, ascending */
    uint8_t place[ISDN_TIMESLOTS]; /**< and which of them a timeslot is */
    unsigned nslots, size;         /**< octets of a payload */
    uint32_t spread, gathered;     /**< timeslots that the last tick moved */
    uint8_t *payload;              /**< to send: room for the header before it */
    /* pseudowire */
    struct rt_udp *udp;
    struct pw_jitter jitter;
    uint16_t tx_seq;
    bool far_l, far_r;
    unsigned ticks;
    struct isdn_dahdi *dahdi;
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
/** One tick: what came goes to the media engine, what it says goes out. */
void isdn_io_tick(struct isdn_io *io);
/** A good frame of the D channel. */
void isdn_io_frame(struct isdn_io *io, const uint8_t *frame, size_t len);
/** Sends a frame; an errno when there is no room. */
int isdn_io_send_frame(struct isdn_io *io, const struct isdn_frame *f);
/** Echo canceller and gains of a timeslot: on for sound, off for data. On unless told otherwise;
 * it counts while a call has the channel. Any thread may call it. */
void isdn_io_echo(struct isdn_io *io, unsigned timeslot, bool on);
/** Rows of timeslots from frames of timeslots, and back, as far as they are in use. NULL: silence.
 */
void isdn_io_spread(struct isdn_io *io, const uint8_t *payload);
void isdn_io_gather(struct isdn_io *io);
/** The octet of an idle channel. */
uint8_t isdn_io_silence(const struct isdn_io *io);
static inline void isdn_io_count(struct isdn_io *io, enum isdn_io_stat s)
{
    uint64_t n = atomic_load_explicit(&io->stat[s], memory_order_relaxed);

    atomic_store_explicit(&io->stat[s], n + 1, memory_order_relaxed); /* one thread writes */
}

/** A tick began so much after it was due. */
static inline void isdn_io_tick_was_late(struct isdn_io *io, rt_time late)
{
    _Atomic uint64_t *latest = &io->stat[IO_LATEST_TICK];

    if (late > (rt_time)atomic_load_explicit(latest, memory_order_relaxed))
        atomic_store_explicit(latest, (uint64_t)late, memory_order_relaxed);
}

#endif
