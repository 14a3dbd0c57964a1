/* A span over a CESoPSN pseudowire (RFC 5086). The socket is read at each tick: a wake-up for every
 * packet would cost more than the packet.
 */
#include "isdn/isdn_priv.h"
#include "gw/rt/random.h"
#include "isdn/pw.h"

#include <errno.h>

#define DEFAULT_JITTER (4 * RT_MS)
#define SILENT_AFTER   (100 * RT_MS) /* nothing for this long is an alarm */
#define SOCKET_BUFFER  (1 << 20)
#define BATCH          256
#define EMPTY_EACH     16 /* ticks: a power of two */

static int pw_open(struct isdn_io *io)
{
    rt_time jitter = io->cfg->jitter ? io->cfg->jitter : DEFAULT_JITTER;
    unsigned depth = (unsigned)((jitter + io->period - 1) / io->period);

    if (depth < 1 || depth > PW_DEPTH_MAX)
        return EINVAL;
    int err = pw_jitter_init(&io->jitter, depth, io->size);
    if (err == 0)
        err = rt_udp_open(&io->udp, io->loop, &io->cfg->local, NULL, NULL);
    if (err != 0)
        return err;
    io->tx_seq = (uint16_t)rt_random_u32(); /* RFC 5086 4.3: unpredictable */
    rt_udp_set_buffers(io->udp, SOCKET_BUFFER);
    rt_udp_set_dscp(io->udp, 46); /* RFC 5086 leaves it open; expedited forwarding is usual */
    return 0;
}

static void pw_close(struct isdn_io *io)
{
    if (io->udp)
        rt_udp_close(io->udp);
    io->udp = NULL;
    pw_jitter_release(&io->jitter);
}

static void take(struct isdn_io *io, const uint8_t *data, size_t n)
{
    struct pw_packet p;

    if (pw_read(&p, data, n) != 0 || (p.len != io->size && !(p.l && p.len == 0))) {
        isdn_io_count(io, IO_MALFORMED);
        rt_count(&isdn_counters[ISDN_PW_MALFORMED]);
        return;
    }
    isdn_io_count(io, IO_RX);
    io->heard = rt_loop_now(io->loop);
    io->far_l = p.l;
    io->far_r = p.r || (!p.l && p.m == 2);
    pw_jitter_put(&io->jitter, p.seq, p.l ? NULL : p.payload);
}

/** A packet a tick is what comes, and asking whether there is one more costs as much as taking it.
 * Those that came too many are found when the socket is emptied, and stay in the jitter buffer. */
static bool enough(const struct isdn_io *io)
{
    return io->ticks % EMPTY_EACH != 0 && pw_jitter_filling(&io->jitter) >= io->jitter.depth;
}

static void drain(struct isdn_io *io)
{
    uint8_t data[PW_MAX];
    union rt_addr from;
    size_t n;

    io->ticks++;
    for (unsigned i = 0; i < BATCH; i++) {
        if (i > 0 && enough(io))
            return;
        if (rt_udp_recv(io->udp, data, sizeof data, &n, &from) != 0)
            return;
        if (!rt_addr_equal(&from, &io->cfg->remote)) {
            isdn_io_count(io, IO_FOREIGN);
            rt_count(&isdn_counters[ISDN_PW_FOREIGN]);
        } else {
            take(io, data, n <= sizeof data ? n : 0);
        }
    }
}

static enum isdn_alarm judge(const struct isdn_io *io)
{
    if (rt_loop_now(io->loop) - io->heard >= SILENT_AFTER)
        return ISDN_LOS;
    if (io->far_l)
        return ISDN_AIS;
    return io->far_r ? ISDN_REMOTE : ISDN_OK;
}

/** The buffer's own counters, for the other thread to read. */
static void publish(struct isdn_io *io)
{
    const struct pw_jitter *j = &io->jitter;
    const uint64_t v[IO_NSTATS] = {[IO_LOST] = j->lost,   [IO_REORDERED] = j->reordered,
                                   [IO_LATE] = j->late,   [IO_UNDERRUNS] = j->underruns,
                                   [IO_SLIPS] = j->slips, [IO_FILLING] = pw_jitter_filling(j)};
    static const enum isdn_io_stat mine[] = {IO_LOST,      IO_REORDERED, IO_LATE,
                                             IO_UNDERRUNS, IO_SLIPS,     IO_FILLING};

    for (size_t i = 0; i < RT_COUNT(mine); i++)
        atomic_store_explicit(&io->stat[mine[i]], v[mine[i]], memory_order_relaxed);
}

static bool pw_receive(struct isdn_io *io)
{
    uint64_t lost = io->jitter.lost, slips = io->jitter.slips;

    drain(io);
    io->alarm = judge(io);
    const uint8_t *payload = pw_jitter_get(&io->jitter);
    if (io->jitter.lost != lost)
        rt_count(&isdn_counters[ISDN_PW_LOST]);
    if (io->jitter.slips != slips)
        rt_count(&isdn_counters[ISDN_PW_SLIPS]);
    publish(io);
    isdn_io_spread(io, payload);
    return payload != NULL;
}

static void pw_send(struct isdn_io *io)
{
    uint8_t *packet = io->payload - PW_HEADER;

    isdn_io_gather(io);
    pw_write_header(packet, false, io->alarm == ISDN_LOS, io->tx_seq++, io->size);
    if (rt_udp_send(io->udp, packet, PW_HEADER + io->size, &io->cfg->remote) == 0)
        isdn_io_count(io, IO_TX);
}

static rt_time pw_slack(const struct isdn_io *io)
{
    return io->jitter.depth * io->period;
}

const struct isdn_line_ops isdn_line_pw = {
    .open = pw_open, .close = pw_close, .receive = pw_receive, .send = pw_send, .slack = pw_slack};
