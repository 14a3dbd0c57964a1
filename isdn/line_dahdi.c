/* A span of a telephone interface card.
 *
 * The card gives the time: one B channel, the pacemaker, is watched, and each block that it gives
 * is a tick, in which every channel that has a call is read and written once. So a block costs one
 * wake-up, and channels without a call cost nothing. While the pacemaker gives nothing (a dead line
 * with some drivers) a timer makes the ticks, so that whoever plays something does not stand still.
 *
 * The driver frames the D channel: a read is a frame. Events come before everything else: as long
 * as one waits the driver refuses to read and to write.
 */
#include "isdn/line_dahdi_priv.h"

#include <errno.h>
#include <stdlib.h>

#define AHEAD        (24 * RT_MS)  /* at least, in what is to be sent: we may be late */
#define ROOM         (160 * RT_MS) /* that we may be late */
#define SILENT_AFTER (100 * RT_MS)
#define FORGETS      256 /* ticks */
#define EVENTS_MAX   64  /* the driver's queue */
#define FRAMES_MAX   32
#define FCS          2

/* ---- events and alarms ---- */

static enum isdn_alarm judge(const struct isdn_dahdi *d)
{
    static const struct {
        unsigned bits;
        enum isdn_alarm alarm;
    } table[] = {{RT_DAHDI_RED | RT_DAHDI_NOT_OPEN, ISDN_LOS},
                 {RT_DAHDI_BLUE, ISDN_AIS},
                 {RT_DAHDI_YELLOW, ISDN_REMOTE},
                 {RT_DAHDI_RECOVER, ISDN_LOS}};

    if (d->silent || !d->open)
        return ISDN_LOS;
    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (d->alarms & table[i].bits)
            return table[i].alarm;
    return ISDN_OK;
}

/** What the driver counted since the span was last looked at. A counter that is smaller than it
 * was has been reset. */
static void add(struct isdn_io *io, enum isdn_io_stat s, uint32_t before, uint32_t now)
{
    uint32_t more = now >= before ? now - before : now;

    atomic_fetch_add_explicit(&io->stat[s], more, memory_order_relaxed);
}

static void look(struct isdn_dahdi *d)
{
    const struct rt_dahdi_span *b = &d->before;
    struct rt_dahdi_span n;

    if (rt_dahdi_span(&n, d->io->cfg->dahdi) != 0)
        return; /* what takes it away takes the channels away too */
    add(d->io, IO_VIOLATIONS, b->violations, n.violations);
    add(d->io, IO_CRC_ERRORS, b->crc_errors, n.crc_errors);
    add(d->io, IO_E_BITS, b->e_bits, n.e_bits);
    add(d->io, IO_FRAME_ERRORS, b->frame_errors, n.frame_errors);
    add(d->io, IO_ERRORED_SECONDS, b->errored_seconds, n.errored_seconds);
    add(d->io, IO_IRQ_MISSES, b->irq_misses, n.irq_misses);
    d->before = n;
    d->alarms = n.alarms;
}

/** The card is gone; whether it comes back is looked at each second. */
static void lose(struct isdn_dahdi *d)
{
    if (!d->open)
        return;
    rt_log(RT_LOG_ISDN, RT_ERROR, "span %u: dahdi span %u is gone", d->io->cfg->id,
           d->io->cfg->dahdi);
    isdn_dahdi_close_channels(d);
}

/** Takes the events of a channel. `ours`: when it ran dry we were late; else the line was dead.
 * False: the channel is gone with the card. */
static bool take_events(struct isdn_dahdi *d, struct rt_dahdi *channel, bool ours)
{
    enum rt_dahdi_event ev;

    for (unsigned i = 0; i < EVENTS_MAX && (ev = rt_dahdi_event(channel)); i++) {
        if (ev == RT_DAHDI_REMOVED) {
            lose(d);
            return false;
        }
        if (ev == RT_DAHDI_ALARM_ON || ev == RT_DAHDI_ALARM_OFF)
            look(d);
        if (ev == RT_DAHDI_DRY && ours) {
            isdn_io_count(d->io, IO_LATE_SENT);
            rt_count(&isdn_counters[ISDN_LATE_SENT]);
        }
        if (ev == RT_DAHDI_BAD_FRAME) {
            isdn_io_count(d->io, IO_HDLC_BAD);
            rt_count(&isdn_counters[ISDN_HDLC_BAD]);
        }
    }
    return true;
}

static int read_one(struct isdn_dahdi *d, struct rt_dahdi *channel, void *buf, size_t cap,
                    size_t *len)
{
    int err = rt_dahdi_read(channel, buf, cap, len);

    if (err == RT_DAHDI_PENDING)
        err = take_events(d, channel, true) ? rt_dahdi_read(channel, buf, cap, len) : ENODEV;
    else if (err == ENODEV)
        lose(d);
    return err;
}

static int write_one(struct isdn_dahdi *d, struct rt_dahdi *channel, const void *buf, size_t len)
{
    int err = rt_dahdi_write(channel, buf, len);

    if (err == RT_DAHDI_PENDING)
        err = take_events(d, channel, true) ? rt_dahdi_write(channel, buf, len) : ENODEV;
    else if (err == ENODEV)
        lose(d);
    return err;
}

/* ---- the D channel ---- */

static void hear(struct isdn_dahdi *d, const uint8_t *octets, size_t len)
{
    if (len > FCS && len - FCS <= HDLC_FRAME_MAX) {
        isdn_io_frame(d->io, octets, len - FCS);
        return;
    }
    isdn_io_count(d->io, IO_HDLC_BAD);
    rt_count(&isdn_counters[ISDN_HDLC_BAD]);
}

static void on_dchannel(void *arg, bool readable, bool event)
{
    struct isdn_dahdi *d = arg;
    uint8_t octets[HDLC_FRAME_MAX + FCS + 1]; /* one more: a longer frame shows */
    size_t len;

    if (event && !take_events(d, d->dchannel, false))
        return;
    for (unsigned i = 0; readable && i < FRAMES_MAX && d->open; i++) {
        if (read_one(d, d->dchannel, octets, sizeof octets, &len) != 0)
            return;
        hear(d, octets, len);
    }
}

static int dahdi_send_frame(struct isdn_io *io, const uint8_t *frame, size_t len)
{
    struct isdn_dahdi *d = io->dahdi;
    uint8_t octets[HDLC_FRAME_MAX + FCS] = {0};

    if (!d->dchannel || len > HDLC_FRAME_MAX)
        return ENODEV;
    memcpy(octets, frame, len);
    return write_one(d, d->dchannel, octets, len + FCS);
}

/* ---- channels come into use and go out of it ---- */

/** Sound with gains and echo canceller, or the octets as they are. */
static void set_up(struct isdn_dahdi *d, unsigned t, bool data)
{
    struct rt_dahdi *c = d->channel[t];
    int err = rt_dahdi_sound(c, !data);

    if (err == 0 && !data && d->gains)
        err = rt_dahdi_gains(c, d->gain.rx, d->gain.tx);
    if (err != 0)
        rt_log(RT_LOG_ISDN, RT_WARN, "span %u: timeslot %u is not set up for %s: %s",
               d->io->cfg->id, t, data ? "data" : "sound", strerror(err));
    if (!data && d->io->cfg->echo) {
        err = rt_dahdi_echo(c, d->io->cfg->echo * 8);
        if (err != 0 && !d->echo_missing)
            rt_log(RT_LOG_ISDN, RT_WARN,
                   "span %u: no echo canceller: %s; system.conf needs echocanceller= for its "
                   "channels, then run dahdi_cfg",
                   d->io->cfg->id, strerror(err));
        d->echo_missing |= err != 0;
    }
    d->data = data ? d->data | 1u << t : d->data & ~(1u << t);
}

/** What waits in the driver is old: the call starts with empty buffers and some silence ahead. The
 * pacemaker's received blocks are the time itself and are never old. */
static void take_up(struct isdn_dahdi *d, unsigned t, uint32_t data)
{
    struct rt_dahdi *c = d->channel[t];
    uint8_t quiet[ISDN_BLOCK_MAX];

    if (!take_events(d, c, false))
        return;
    set_up(d, t, data >> t & 1);
    rt_dahdi_flush(c, t == d->pace ? RT_DAHDI_TO_SEND : RT_DAHDI_TO_SEND | RT_DAHDI_RECEIVED);
    memset(quiet, isdn_io_silence(d->io), sizeof quiet);
    for (unsigned i = d->nblocks - d->at; i < d->primed; i++) /* the ticks at hand write the rest */
        write_one(d, c, quiet, d->io->cfg->frames);
    rt_dahdi_tell_dry(c, true);
    d->fresh |= 1u << t;
    d->holding &= ~(1u << t);
}

static void put_down(struct isdn_dahdi *d, unsigned t)
{
    struct rt_dahdi *c = d->channel[t];

    if (!take_events(d, c, true))
        return;
    rt_dahdi_tell_dry(c, false);
    rt_dahdi_flush(c, RT_DAHDI_TO_SEND);
    if (d->io->cfg->echo)
        rt_dahdi_echo(c, 0);
    memset(d->io->block.rx[t], isdn_io_silence(d->io), d->io->cfg->frames);
    d->fresh &= ~(1u << t);
}

static void change(struct isdn_dahdi *d, uint32_t used)
{
    uint32_t data = atomic_load_explicit(&d->wants_data, memory_order_relaxed);

    for (uint32_t left = d->used & ~used; left != 0 && d->open; left &= left - 1)
        put_down(d, (unsigned)__builtin_ctz(left));
    for (uint32_t left = used & ~d->used; left != 0 && d->open; left &= left - 1)
        take_up(d, (unsigned)__builtin_ctz(left), data);
    for (uint32_t left = used & (data ^ d->data); left != 0 && d->open; left &= left - 1)
        set_up(d, (unsigned)__builtin_ctz(left), data >> __builtin_ctz(left) & 1);
    d->used = d->open ? used : 0;
}

static void dahdi_sound(struct isdn_io *io, unsigned timeslot, bool on)
{
    _Atomic uint32_t *data = &io->dahdi->wants_data;

    if (timeslot >= ISDN_TIMESLOTS)
        return;
    if (on)
        atomic_fetch_and_explicit(data, ~(1u << timeslot), memory_order_relaxed);
    else
        atomic_fetch_or_explicit(data, 1u << timeslot, memory_order_relaxed);
}

/* ---- ticks ---- */

static void slip(struct isdn_dahdi *d)
{
    isdn_io_count(d->io, IO_SLIPS);
    rt_count(&isdn_counters[ISDN_CARD_LATE]);
}

static bool read_block(struct isdn_dahdi *d, unsigned t, uint8_t *row)
{
    size_t len = 0, frames = d->io->cfg->frames;

    return d->open && read_one(d, d->channel[t], row, frames, &len) == 0 && len == frames;
}

/** A channel's blocks end somewhere between the pacemaker's, wherever its buffer was emptied: a
 * block is kept in hand, so that neither a late tick nor a punctual one after it finds none. */
static void read_ahead(struct isdn_dahdi *d, unsigned t)
{
    uint32_t bit = 1u << t;
    size_t frames = d->io->cfg->frames;
    uint8_t *row = d->io->block.rx[t];
    bool any = true;

    if (d->holding & bit)
        memcpy(row, d->held[t], frames);
    else
        any = read_block(d, t, row);
    d->holding &= ~bit;
    if (any && read_block(d, t, d->held[t])) {
        d->holding |= bit;
        d->fresh &= ~bit;
    } else if (any && (d->fresh & bit)) { /* the first of all: it waits for the second */
        memcpy(d->held[t], row, frames);
        d->holding |= bit;
        any = false;
    }
    if (any)
        return;
    memset(row, isdn_io_silence(d->io), frames);
    if (!(d->fresh & bit))
        isdn_io_count(d->io, IO_UNDERRUNS);
}

static void read_channel(struct isdn_dahdi *d, unsigned t)
{
    if (t == d->pace)
        memcpy(d->io->block.rx[t], d->block[d->at], d->io->cfg->frames);
    else
        read_ahead(d, t);
}

static bool dahdi_receive(struct isdn_io *io)
{
    struct isdn_dahdi *d = io->dahdi;

    io->alarm = judge(d);
    if (d->silent || !d->open)
        return false;
    isdn_io_count(io, IO_RX);
    for (uint32_t left = d->used; left != 0 && d->open; left &= left - 1)
        read_channel(d, (unsigned)__builtin_ctz(left));
    return true;
}

/** We were late, and the driver has sent something else in place of this block. */
static bool too_late(const struct isdn_dahdi *d)
{
    return d->nblocks - d->at > d->primed;
}

static void dahdi_send(struct isdn_io *io)
{
    struct isdn_dahdi *d = io->dahdi;

    if (d->silent || !d->open)
        return;
    change(d, io->block.used & io->cfg->timeslots & ~(1u << io->cfg->dchannel));
    if (too_late(d)) {
        slip(d);
        return;
    }
    isdn_io_count(io, IO_TX);
    for (uint32_t left = d->used; left != 0 && d->open; left &= left - 1) {
        unsigned t = (unsigned)__builtin_ctz(left);
        if (write_one(d, d->channel[t], io->block.tx[t], io->cfg->frames) == EAGAIN)
            slip(d);
    }
}

/** Blocks flow again: what the channels hold is from before. */
static void resume(struct isdn_dahdi *d)
{
    if (!d->silent)
        return;
    d->silent = false;
    d->due = 0;
    d->used = d->fresh = d->holding = 0;
    rt_timer_start(&d->silence, SILENT_AFTER);
}

/** A block is due a period after the one before. The driver does not say when it was: who was
 * earliest is taken to have been in time, and each tick forgets a little of it, as the card's clock
 * is not ours. */
static void count_late(struct isdn_dahdi *d, rt_time now)
{
    if (d->due == 0)
        d->due = now;
    else
        d->due += d->nblocks * d->io->period;
    if (now < d->due)
        d->due = now;
    isdn_io_tick_was_late(d->io, now - d->due);
    d->due += (now - d->due) / FORGETS;
}

static void on_pace(void *arg, bool readable, bool event)
{
    struct isdn_dahdi *d = arg;
    size_t frames = d->io->cfg->frames, len;

    if (event && !take_events(d, d->channel[d->pace], readable && !d->silent))
        return;
    for (d->nblocks = 0; readable && d->nblocks < d->buffers; d->nblocks++)
        if (read_one(d, d->channel[d->pace], d->block[d->nblocks], frames, &len) != 0)
            break;
    if (d->nblocks == 0 || !d->open)
        return;
    resume(d);
    d->ticked = d->io->block.now = rt_loop_now(d->io->loop);
    count_late(d, d->ticked);
    for (d->at = 0; d->at < d->nblocks; d->at++)
        isdn_io_tick(d->io);
}

static void on_silence(void *arg)
{
    struct isdn_dahdi *d = arg;
    struct isdn_io *io = d->io;
    rt_time now = rt_loop_now(io->loop);

    if (!d->silent && now - d->ticked < SILENT_AFTER) {
        rt_timer_start_at(&d->silence, d->ticked + SILENT_AFTER);
        return;
    }
    if (!d->silent) {
        for (unsigned i = 0; i < io->nslots; i++)
            memset(io->block.rx[io->slots[i]], isdn_io_silence(io), io->cfg->frames);
        d->silent = true;
        io->due = now;
    }
    io->block.now = now;
    isdn_io_tick(io);
    io->due = io->due + io->period > now ? io->due + io->period : now + io->period;
    rt_timer_start_at(&d->silence, io->due);
}

/* ---- the line ---- */

static int watch(struct isdn_dahdi *d)
{
    struct rt_loop *loop = d->io->loop;
    int err = rt_dahdi_watch(d->channel[d->pace], loop, on_pace, d);

    if (err == 0 && d->dchannel)
        err = rt_dahdi_watch(d->dchannel, loop, on_dchannel, d);
    return err;
}

static void on_second(void *arg)
{
    struct isdn_dahdi *d = arg;

    rt_timer_start(&d->second, RT_S);
    if (d->open) {
        look(d);
    } else if (isdn_dahdi_open_channels(d, NULL) == 0) {
        if (watch(d) != 0)
            isdn_dahdi_close_channels(d);
        else
            rt_log(RT_LOG_ISDN, RT_NOTICE, "span %u: dahdi span %u is back", d->io->cfg->id,
                   d->io->cfg->dahdi);
    }
}

static unsigned periods(const struct isdn_io *io, rt_time t)
{
    return (unsigned)((t + io->period - 1) / io->period);
}

static void size_buffers(struct isdn_dahdi *d)
{
    unsigned ahead = periods(d->io, AHEAD), room = periods(d->io, ROOM);

    d->primed = ahead < 2 ? 2 : ahead;
    d->buffers = room < 8 ? 8 : room > DAHDI_BUFFERS_MAX ? DAHDI_BUFFERS_MAX : room;
}

static int dahdi_open(struct isdn_io *io)
{
    const struct isdn_span_config *cfg = io->cfg;
    struct isdn_dahdi *d = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    io->dahdi = d;
    d->io = io;
    d->gains = cfg->gains != NULL;
    if (cfg->gains)
        d->gain = *cfg->gains;
    size_buffers(d);
    rt_timer_init(&d->silence, io->loop, on_silence, d);
    rt_timer_init(&d->second, io->loop, on_second, d);
    memset(io->block.rx, isdn_io_silence(io), sizeof io->block.rx);
    int err = isdn_dahdi_open_channels(d, cfg->why);
    if (err == 0)
        err = watch(d);
    if (err != 0)
        return err;
    d->ticked = rt_now();
    rt_timer_start(&d->silence, SILENT_AFTER);
    rt_timer_start(&d->second, RT_S);
    return 0;
}

static void dahdi_close(struct isdn_io *io)
{
    struct isdn_dahdi *d = io->dahdi;

    if (!d)
        return;
    rt_timer_stop(&d->silence);
    rt_timer_stop(&d->second);
    isdn_dahdi_close_channels(d);
    free(d);
    io->dahdi = NULL;
}

/** What goes out waits behind the other blocks kept ahead; what comes in is read when its block is
 * full. */
static rt_time dahdi_delay(const struct isdn_io *io)
{
    return io->dahdi->primed * io->period;
}

const struct isdn_line_ops isdn_line_dahdi = {.open = dahdi_open,
                                              .close = dahdi_close,
                                              .receive = dahdi_receive,
                                              .send = dahdi_send,
                                              .send_frame = dahdi_send_frame,
                                              .sound = dahdi_sound,
                                              .delay = dahdi_delay,
                                              .ticks = true};
