/* A span's life: both halves made, joined by two rings, and taken down. */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define RING 256 /* frames each way */

struct rt_counter isdn_counters[ISDN_NCOUNTERS] = {
    [ISDN_PW_MALFORMED] = {"pseudowire_malformed_total", "packets that are not CESoPSN", 0},
    [ISDN_PW_FOREIGN] = {"pseudowire_foreign_total", "packets from another address", 0},
    [ISDN_PW_LOST] = {"pseudowire_lost_total", "packets missing when their time came", 0},
    [ISDN_PW_SLIPS] = {"pseudowire_slips_total", "packets dropped or made up", 0},
    [ISDN_HDLC_BAD] = {"dchannel_bad_frames_total", "D-channel frames with a bad check sequence",
                       0},
    [ISDN_DCHANNEL_DROPPED] = {"dchannel_dropped_total", "D-channel frames without room", 0},
    [ISDN_UNEXPECTED] = {"isdn_unexpected_total", "messages that no call expected", 0},
    [ISDN_TIMER_EXPIRIES] = {"isdn_timer_expiries_total", "Q.931 timers that ran out", 0},
    [ISDN_GLARES] = {"isdn_glares_total", "channels seized from both sides", 0},
    [ISDN_RESTARTS] = {"isdn_restarts_total", "channels restarted by either side", 0},
};

const char *isdn_alarm_name(enum isdn_alarm a)
{
    static const char *const names[] = {
        [ISDN_OK] = "ok", [ISDN_REMOTE] = "remote", [ISDN_AIS] = "ais", [ISDN_LOS] = "los"};
    return names[a];
}

static void on_report(void *arg, const void *msg)
{
    struct isdn_span *s = arg;
    const struct isdn_report *r = msg;

    if (!r->is_alarm) {
        isdn_dchan_frame(s, &r->frame);
        return;
    }
    rt_log(RT_LOG_ISDN, r->alarm == ISDN_OK ? RT_NOTICE : RT_WARN, "%s: alarm %s, was %s", s->name,
           isdn_alarm_name(r->alarm), isdn_alarm_name(s->alarm));
    s->alarm = r->alarm;
    if (s->ops.changed)
        s->ops.changed(s->arg, s);
}

static void on_frame_down(void *arg, const void *msg)
{
    struct isdn_span *s = arg;
    const struct isdn_frame *f = msg;

    if (hdlc_send(s->io.hdlc, f->octets, f->len) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
}

static bool possible(const struct isdn_span_config *cfg)
{
    uint32_t last = cfg->t1 ? 0x01fffffe : 0xfffffffe;

    return cfg->frames >= 1 && cfg->frames <= ISDN_BLOCK_MAX && cfg->timeslots != 0 &&
           (cfg->timeslots & ~last) == 0 && cfg->dchannel < ISDN_TIMESLOTS &&
           (cfg->timeslots >> cfg->dchannel & 1) && strcmp(cfg->variant, "euroisdn") == 0;
}

/* Q.931 table 9-1 */
static void set_timers(struct isdn_span *s)
{
    const struct isdn_span_config *c = &s->cfg;
    const struct {
        enum isdn_timer t;
        rt_time given, deflt;
    } table[] = {
        {ISDN_T301, c->t301, 180 * RT_S},
        {ISDN_T302, c->t302, 15 * RT_S},
        {ISDN_T304, c->t304, (c->network ? 20 : 30) * RT_S},
        {ISDN_T306, 0, 30 * RT_S},
        {ISDN_T310, c->t310, (c->network ? 10 : 60) * RT_S},
        {ISDN_T313, c->t313, 4 * RT_S},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++)
        s->timers[table[i].t] = table[i].given ? table[i].given : table[i].deflt;
}

static int open_halves(struct isdn_span *s, struct rt_loop *io)
{
    int err = rt_chan_new(&s->up, s->loop, sizeof(struct isdn_report), RING, on_report, s);

    if (err == 0)
        err = rt_chan_new(&s->down, io, sizeof(struct isdn_frame), RING, on_frame_down, s);
    if (err == 0)
        err = isdn_io_open(&s->io, &s->cfg, io, s->up, &s->ops);
    if (err == 0)
        err = isdn_dchan_open(s);
    return err;
}

int isdn_span_new(struct isdn_span **out, const struct isdn_span_config *cfg,
                  struct rt_loop *signalling, struct rt_loop *io, const struct isdn_span_ops *ops,
                  void *arg)
{
    if (!possible(cfg))
        return EINVAL;
    struct isdn_span *s = calloc(1, sizeof *s);
    if (!s)
        return ENOMEM;
    s->cfg = *cfg;
    s->ops = *ops;
    s->arg = arg;
    s->loop = signalling;
    s->dchannel_since = rt_now();
    snprintf(s->name, sizeof s->name, "span %u", cfg->id);
    rt_timer_init(&s->t316, signalling, isdn_restart_timeout, s);
    set_timers(s);
    isdn_channel_setup(s);
    int err = open_halves(s, io);
    if (err != 0) {
        isdn_span_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void isdn_span_free(struct isdn_span *s)
{
    if (!s)
        return;
    while (s->calls)
        isdn_call_free(s->calls);
    rt_timer_stop(&s->t316);
    if (s->pri)
        rt_timer_stop(&s->pri_timer);
    isdn_io_close(&s->io);
    rt_chan_free(s->up);
    rt_chan_free(s->down);
    free(s);
}

unsigned isdn_span_id(const struct isdn_span *s)
{
    return s->cfg.id;
}

static uint64_t stat(const struct isdn_span *s, enum isdn_io_stat i)
{
    return atomic_load_explicit(&s->io.stat[i], memory_order_relaxed);
}

void isdn_span_status(const struct isdn_span *s, struct isdn_span_status *out)
{
    *out = (struct isdn_span_status){
        .alarm = s->alarm,
        .dchannel_up = s->dchannel_up,
        .dchannel_since = s->dchannel_since,
        .calls = s->ncalls,
        .rx_packets = stat(s, IO_RX),
        .tx_packets = stat(s, IO_TX),
        .lost = stat(s, IO_LOST),
        .reordered = stat(s, IO_REORDERED),
        .late = stat(s, IO_LATE),
        .malformed = stat(s, IO_MALFORMED),
        .foreign = stat(s, IO_FOREIGN),
        .underruns = stat(s, IO_UNDERRUNS),
        .slips = stat(s, IO_SLIPS),
        .hdlc_bad = stat(s, IO_HDLC_BAD),
        .jitter_frames = (unsigned)stat(s, IO_FILLING) * s->cfg.frames,
    };
    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++) {
        const struct isdn_channel *ch = &s->channel[t];
        out->channel[t] = ch->blocked && ch->state == ISDN_CH_IDLE ? ISDN_CH_BLOCKED : ch->state;
    }
}
