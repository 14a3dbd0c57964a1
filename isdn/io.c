/* The I/O half of a span: one tick moves every timeslot between the line, the media engine and the
 * D channel's framer. It runs at absolute deadlines in the media thread's loop.
 */
#include "isdn/isdn_priv.h"
#include "isdn/pw.h"

#include <errno.h>
#include <stdlib.h>

#define SILENCE_A   0xd5
#define SILENCE_MU  0xff
#define WAITING_MAX 2  /* acknowledgements in a row that wait: the window (k = 7) stays open */
#define CATCH_UP    64 /* ticks made up for when the loop was late; beyond, time is skipped */

static uint8_t silence(const struct isdn_io *io)
{
    return io->cfg->t1 ? SILENCE_MU : SILENCE_A;
}

/** From frames of timeslots to timeslots of frames. */
static void spread(struct isdn_io *io, const uint8_t *payload)
{
    unsigned frames = io->cfg->frames, n = io->nslots;

    for (unsigned i = 0; i < n; i++) {
        uint8_t *row = io->block.rx[io->slots[i]];
        if (!payload)
            memset(row, silence(io), frames);
        else
            for (unsigned f = 0; f < frames; f++)
                row[f] = payload[f * n + i];
    }
}

static void gather(struct isdn_io *io)
{
    unsigned frames = io->cfg->frames, n = io->nslots;

    for (unsigned i = 0; i < n; i++) {
        const uint8_t *row = io->block.tx[io->slots[i]];
        for (unsigned f = 0; f < frames; f++)
            io->payload[f * n + i] = row[f];
    }
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
    uint64_t before = atomic_exchange_explicit(&io->stat[IO_HDLC_BAD], bad, memory_order_relaxed);

    if (bad != before)
        rt_count_n(&isdn_counters[ISDN_HDLC_BAD], bad - before);
}

static void tick(struct isdn_io *io)
{
    unsigned frames = io->cfg->frames, d = io->cfg->dchannel;
    const uint8_t *payload = io->line->receive(io);

    spread(io, payload);
    for (unsigned i = 0; i < io->nslots; i++)
        memset(io->block.tx[io->slots[i]], silence(io), frames);
    if (payload)
        hdlc_receive(io->hdlc, io->block.rx[d], frames);
    if (io->tdm)
        io->tdm(io->tdm_arg, &io->block);
    hdlc_transmit(io->hdlc, io->block.tx[d], frames);
    gather(io);
    io->line->send(io);
    report_alarm(io);
    publish_bad(io);
}

static void on_timer(void *arg)
{
    struct isdn_io *io = arg;
    rt_time now = rt_loop_now(io->loop);

    for (unsigned i = 0; i < CATCH_UP && io->due <= now; i++) {
        io->block.now = now;
        tick(io);
        io->due += io->period;
    }
    if (io->due <= now) /* the machine stood still: no burst of old time */
        io->due = now + io->period;
    rt_timer_start_at(&io->timer, io->due);
}

/** RR without poll or final bit (Q.921 3.6.6): an acknowledgement, which nobody needs before T200
 * is over. That timer wakes the signalling thread, which then finds it; so does any other frame. */
static bool can_wait(const uint8_t *frame, size_t len)
{
    return len == 4 && frame[2] == 0x01 && (frame[3] & 1) == 0;
}

static void on_frame(void *arg, const uint8_t *frame, size_t len)
{
    struct isdn_io *io = arg;
    struct isdn_report r = {.frame.len = (uint16_t)len};
    bool post = can_wait(frame, len) && io->waiting < WAITING_MAX;

    io->waiting = post ? io->waiting + 1 : 0;
    memcpy(r.frame.octets, frame, len);
    if ((post ? rt_chan_post : rt_chan_send)(io->up, &r) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
}

static int prepare(struct isdn_io *io)
{
    const struct isdn_span_config *cfg = io->cfg;

    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++)
        if (cfg->timeslots >> t & 1)
            io->slots[io->nslots++] = (uint8_t)t;
    io->size = io->nslots * cfg->frames;
    io->period = cfg->frames * 125 * RT_US;
    io->block.frames = cfg->frames;
    uint8_t *room = malloc(PW_HEADER + io->size);
    if (!room)
        return ENOMEM;
    io->payload = room + PW_HEADER;
    return hdlc_new(&io->hdlc, on_frame, io);
}

int isdn_io_open(struct isdn_io *io, const struct isdn_span_config *cfg, struct rt_loop *loop,
                 struct rt_chan *up, const struct isdn_span_ops *ops)
{
    io->cfg = cfg;
    io->loop = loop;
    io->up = up;
    io->tdm = ops->tdm;
    io->tdm_arg = ops->tdm_arg;
    io->line = cfg->line == ISDN_PSEUDOWIRE ? &isdn_line_pw : &isdn_line_mem;
    io->heard = rt_now();
    rt_timer_init(&io->timer, loop, on_timer, io);
    int err = prepare(io);
    if (err == 0)
        err = io->line->open(io);
    if (err != 0)
        return err;
    io->due = rt_now() + io->period;
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
