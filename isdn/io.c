/* The I/O half of a span: one tick moves every timeslot between the line, the media engine and the
 * D channel's framer. It runs at absolute deadlines in the media thread's loop.
 */
#include "isdn/isdn_priv.h"
#include "isdn/pw.h"

#include <errno.h>
#include <stdlib.h>

#define SILENCE_A  0xd5
#define SILENCE_MU 0xff
#define CATCH_UP   64 /* ticks made up for when the loop was late; beyond, time is skipped */

uint8_t isdn_io_silence(const struct isdn_io *io)
{
    return io->cfg->mulaw ? SILENCE_MU : SILENCE_A;
}

/** The timeslots that are moved: what has a call, and the D channel. The others are silent. */
static uint32_t moved(const struct isdn_io *io)
{
    return (io->block.used | (io->hdlc ? (uint32_t)1 << io->cfg->dchannel : 0)) &
           io->cfg->timeslots;
}

void isdn_io_spread(struct isdn_io *io, const uint8_t *payload)
{
    unsigned frames = io->cfg->frames, n = io->nslots;
    uint32_t now = moved(io), over = io->spread & ~now;

    for (uint32_t left = payload ? over : over | now; left != 0; left &= left - 1)
        memset(io->block.rx[__builtin_ctz(left)], isdn_io_silence(io), frames);
    io->spread = now;
    for (uint32_t left = payload ? now : 0; left != 0; left &= left - 1) {
        unsigned t = (unsigned)__builtin_ctz(left);
        uint8_t *row = io->block.rx[t];
        const uint8_t *p = payload + io->place[t];
#pragma GCC unroll 8
        for (unsigned f = 0; f < frames; f++, p += n)
            row[f] = *p;
    }
}

void isdn_io_gather(struct isdn_io *io)
{
    unsigned frames = io->cfg->frames, n = io->nslots;
    /* who sees the block before it goes out may have written anywhere */
    uint32_t now = io->outgoing ? io->cfg->timeslots : moved(io);

    for (uint32_t left = now | io->gathered; left != 0; left &= left - 1) {
        unsigned t = (unsigned)__builtin_ctz(left);
        const uint8_t *row = io->block.tx[t];
        uint8_t *p = io->payload + io->place[t];
#pragma GCC unroll 8
        for (unsigned f = 0; f < frames; f++, p += n)
            *p = row[f];
    }
    io->gathered = now;
}

static void report_alarm(struct isdn_io *io)
{
    struct isdn_report r = {.is_alarm = true, .alarm = io->alarm};

    if (io->alarm != io->reported && rt_chan_send(io->up, &r) == 0)
        io->reported = io->alarm;
}

static void publish_bad(struct isdn_io *io)
{
    uint64_t bad = hdlc_bad(io->hdlc);
    uint64_t before = atomic_load_explicit(&io->stat[IO_HDLC_BAD], memory_order_relaxed);

    if (bad == before)
        return;
    atomic_store_explicit(&io->stat[IO_HDLC_BAD], bad, memory_order_relaxed);
    rt_count_n(&isdn_counters[ISDN_HDLC_BAD], bad - before);
}

/** What the last tick wrote is silent again. */
static void hush(struct isdn_io *io)
{
    for (uint32_t left = io->block.used; left != 0; left &= left - 1)
        memset(io->block.tx[__builtin_ctz(left)], isdn_io_silence(io), io->cfg->frames);
}

void isdn_io_tick(struct isdn_io *io)
{
    unsigned frames = io->cfg->frames, d = io->cfg->dchannel;
    bool came = io->line->receive(io);

    hush(io);
    if (io->hdlc && came)
        hdlc_receive(io->hdlc, io->block.rx[d], frames);
    io->block.used = io->tdm ? io->cfg->timeslots : 0;
    if (io->tdm)
        io->tdm(io->tdm_arg, &io->block);
    if (io->hdlc)
        hdlc_transmit(io->hdlc, io->block.tx[d], frames);
    if (io->outgoing)
        io->outgoing(io->tdm_arg, &io->block);
    io->line->send(io);
    report_alarm(io);
    if (io->hdlc)
        publish_bad(io);
}

/** The far end goes on for as long as its buffer lasts: it is taken to be as deep as ours. */
static void count_late(struct isdn_io *io, rt_time late)
{
    isdn_io_tick_was_late(io, late);
    if (!io->line->slack || late < io->line->slack(io))
        return;
    isdn_io_count(io, IO_LATE_SENT);
    rt_count(&isdn_counters[ISDN_LATE_SENT]);
}

static void on_timer(void *arg)
{
    struct isdn_io *io = arg;
    rt_time now = rt_loop_now(io->loop);

    count_late(io, now - io->due);
    for (unsigned i = 0; i < CATCH_UP && io->due <= now; i++) {
        io->block.now = now;
        isdn_io_tick(io);
        io->due += io->period;
    }
    if (io->due <= now) /* the machine stood still: no burst of old time */
        io->due = now / io->period * io->period + io->period;
    rt_timer_start_at(&io->timer, io->due);
}

void isdn_io_frame(struct isdn_io *io, const uint8_t *frame, size_t len)
{
    struct isdn_report r = {.frame.len = (uint16_t)len};
    bool wakes = isdn_ack_wakes(io, frame, len);

    memcpy(r.frame.octets, frame, len);
    if ((wakes ? rt_chan_send : rt_chan_post)(io->up, &r) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
}

static void on_frame(void *arg, const uint8_t *frame, size_t len)
{
    isdn_io_frame(arg, frame, len);
}

int isdn_io_send_frame(struct isdn_io *io, const struct isdn_frame *f)
{
    isdn_ack_sent(io, f->octets, f->len);
    if (io->line->send_frame)
        return f->spoilt ? 0 : io->line->send_frame(io, f->octets, f->len);
    if (isdn_ack_merged(io, f))
        return 0;
    int err = hdlc_send(io->hdlc, f->octets, f->len);
    if (err == 0 && f->spoilt)
        hdlc_spoil(io->hdlc);
    return err;
}

void isdn_io_echo(struct isdn_io *io, unsigned timeslot, bool on)
{
    if (io->line->sound)
        io->line->sound(io, timeslot, on);
}

static int prepare(struct isdn_io *io)
{
    const struct isdn_span_config *cfg = io->cfg;

    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++)
        if (cfg->timeslots >> t & 1)
            io->slots[io->place[t] = (uint8_t)io->nslots++] = (uint8_t)t;
    io->size = io->nslots * cfg->frames;
    io->period = cfg->frames * 125 * RT_US;
    io->block.frames = cfg->frames;
    uint8_t *room = malloc(PW_HEADER + io->size);
    if (!room)
        return ENOMEM;
    io->payload = room + PW_HEADER;
    memset(io->payload, isdn_io_silence(io), io->size);
    memset(io->block.tx, isdn_io_silence(io), sizeof io->block.tx);
    memset(io->block.rx, isdn_io_silence(io), sizeof io->block.rx);
    return io->line->send_frame || cfg->dchannel == 0 ? 0 : hdlc_new(&io->hdlc, on_frame, io);
}

int isdn_io_open(struct isdn_io *io, const struct isdn_span_config *cfg, struct rt_loop *loop,
                 struct rt_chan *up, const struct isdn_span_ops *ops)
{
    static const struct isdn_line_ops *const kinds[] = {[ISDN_PSEUDOWIRE] = &isdn_line_pw,
                                                        [ISDN_MEMORY] = &isdn_line_mem,
                                                        [ISDN_DAHDI] = &isdn_line_dahdi};

    io->cfg = cfg;
    io->loop = loop;
    io->up = up;
    io->tdm = ops->tdm;
    io->outgoing = ops->line;
    io->tdm_arg = ops->tdm_arg;
    io->line = kinds[cfg->line];
    io->heard = rt_now();
    rt_timer_init(&io->timer, loop, on_timer, io);
    int err = prepare(io);
    if (err == 0)
        err = io->line->open(io);
    if (err != 0 || io->line->ticks)
        return err;
    io->due = rt_now() / io->period * io->period + io->period; /* one wake-up for all spans */
    rt_timer_start_at(&io->timer, io->due);
    return 0;
}

void isdn_io_close(struct isdn_io *io)
{
    if (io->line)
        io->line->close(io);
    if (io->loop)
        rt_timer_stop(&io->timer);
    hdlc_free(io->hdlc);
    if (io->payload)
        free(io->payload - PW_HEADER);
    io->payload = NULL;
}
