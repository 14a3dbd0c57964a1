/* A span's life: both halves made, joined by two rings, and taken down. */
#include "gw/rt/dahdi.h"
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
    [ISDN_SERVICES] = {"isdn_services_total", "channels whose state either side told (SERVICE)", 0},
    [ISDN_SERVICES_UNANSWERED] = {"isdn_services_unanswered_total",
                                  "SERVICE messages that the far end did not acknowledge", 0},
    [ISDN_STATUS_ENQUIRIES] = {"isdn_status_enquiries_total",
                               "calls that the far end was asked about", 0},
    [ISDN_AUDIT_REPAIRS] = {"isdn_audit_repairs_total",
                            "calls ended because the two sides saw them differently", 0},
    [ISDN_LATE_SENT] = {"lines_late_sent_total",
                        "times that a line sent something else for a while: we were too late", 0},
    [ISDN_CARD_LATE] = {"dahdi_slips_total", "blocks lost between a card and us: too slow", 0},
    [ISDN_CHARGES_REFUSED] = {"isdn_charges_refused_total",
                              "requests for charges that an exchange refused", 0},
    [ISDN_MCID_REFUSED] = {"isdn_mcid_refused_total",
                           "malicious calls that an exchange did not identify", 0},
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
        isdn_dchan_frame(s->link, &r->frame);
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

    if (isdn_io_send_frame(&s->io, f) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
}

/** Its D channel is one of its timeslots, or another span of the group has it. */
static bool dchannel_possible(const struct isdn_span_config *cfg)
{
    if (cfg->dchannel == 0)
        return cfg->lead != NULL;
    return cfg->dchannel < ISDN_TIMESLOTS && (cfg->timeslots >> cfg->dchannel & 1);
}

static bool possible(const struct isdn_span_config *cfg)
{
    const struct isdn_variant *v = isdn_variant(cfg->variant);
    unsigned least = cfg->line == ISDN_DAHDI ? RT_DAHDI_BLOCK_MIN : 1;

    return cfg->frames >= least && cfg->frames <= ISDN_BLOCK_MAX && cfg->timeslots != 0 &&
           (cfg->timeslots & ~isdn_rate_timeslots(cfg->rate)) == 0 && dchannel_possible(cfg) && v &&
           (v->rates >> cfg->rate & 1) && (!cfg->lead || (v->features & ISDN_F_NFAS)) &&
           (!cfg->multipoint || cfg->rate == ISDN_BRI);
}

static int open_halves(struct isdn_span *s, struct rt_loop *io)
{
    int err = rt_chan_new(&s->up, s->loop, sizeof(struct isdn_report), RING, on_report, s);

    if (err == 0)
        err = rt_chan_new(&s->down, io, sizeof(struct isdn_frame), RING, on_frame_down, s);
    /* terminals on a bus have a window each */
    s->io.window = s->cfg.multipoint ? 0 : (unsigned)s->timers[ISDN_K];
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
    s->variant = isdn_variant(cfg->variant);
    s->ops = *ops;
    s->arg = arg;
    s->loop = signalling;
    snprintf(s->name, sizeof s->name, "span %u", cfg->id);
    rt_timer_init(&s->t316, signalling, isdn_restart_timeout, s);
    rt_timer_init(&s->restart, signalling, isdn_restart_periodic, s);
    rt_timer_init(&s->service, signalling, isdn_maint_timeout, s);
    if (cfg->restart > 0)
        rt_timer_start(&s->restart, cfg->restart);
    isdn_timers_setup(s);
    isdn_channel_setup(s);
    int err = isdn_group_join(s);
    if (err == 0)
        err = open_halves(s, io);
    s->cfg.gains = NULL;
    s->cfg.why = NULL;
    if (err != 0) {
        isdn_span_free(s);
        return err;
    }
    *out = s;
    return 0;
}

/** Those on its channels, and those over its D channel. */
static void forget_calls(struct isdn_span *s)
{
    struct isdn_call *c = s->group ? s->group->calls : NULL, *next;

    for (; c; c = next) {
        next = c->next;
        if (c->span == s || c->link == s->link)
            isdn_call_free(c);
    }
}

void isdn_span_free(struct isdn_span *s)
{
    if (!s)
        return;
    forget_calls(s);
    rt_timer_stop(&s->t316);
    rt_timer_stop(&s->restart);
    rt_timer_stop(&s->service);
    isdn_dchan_close(s->link);
    isdn_group_leave(s);
    isdn_io_close(&s->io);
    rt_chan_free(s->up);
    rt_chan_free(s->down);
    free(s);
}

int isdn_span_loop(struct isdn_span *s, enum isdn_loop loop)
{
    static const enum rt_dahdi_loop theirs[] = {[ISDN_LOOP_OFF] = RT_DAHDI_LOOP_OFF,
                                                [ISDN_LOOP_LOCAL] = RT_DAHDI_LOOP_LOCAL,
                                                [ISDN_LOOP_REMOTE] = RT_DAHDI_LOOP_REMOTE};

    return s->cfg.line == ISDN_DAHDI ? rt_dahdi_loop(s->cfg.dahdi, theirs[loop]) : ENOTSUP;
}

rt_time isdn_span_delay(const struct isdn_span *s)
{
    return s->io.line->delay ? s->io.line->delay(&s->io) : 0;
}

unsigned isdn_span_id(const struct isdn_span *s)
{
    return s->cfg.id;
}

static unsigned count_calls(const struct isdn_span *s)
{
    unsigned n = 0;

    for (const struct isdn_call *c = s->group->calls; c; c = c->next)
        n += c->span == s;
    return n;
}

static uint64_t stat(const struct isdn_span *s, enum isdn_io_stat i)
{
    return atomic_load_explicit(&s->io.stat[i], memory_order_relaxed);
}

void isdn_span_status(const struct isdn_span *s, struct isdn_span_status *out)
{
    const struct isdn_link *l = s->link ? s->link : isdn_group_link(s->group);

    if (!l)
        l = s->group->link[0];
    *out = (struct isdn_span_status){
        .alarm = s->alarm,
        .dchannel_up = l->up,
        .dchannel_since = l->since,
        .calls = count_calls(s),
        .held = isdn_held_calls(s),
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
        .violations = stat(s, IO_VIOLATIONS),
        .crc_errors = stat(s, IO_CRC_ERRORS),
        .e_bits = stat(s, IO_E_BITS),
        .frame_errors = stat(s, IO_FRAME_ERRORS),
        .errored_seconds = stat(s, IO_ERRORED_SECONDS),
        .irq_misses = stat(s, IO_IRQ_MISSES),
        .late_sent = stat(s, IO_LATE_SENT),
        .tick_late_max = (rt_time)stat(s, IO_LATEST_TICK),
        .jitter_frames = (unsigned)stat(s, IO_FILLING) * s->cfg.frames,
    };
    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++) {
        const struct isdn_channel *ch = &s->channel[t];
        out->channel[t] = ch->blocked && ch->state == ISDN_CH_IDLE ? ISDN_CH_BLOCKED : ch->state;
    }
}
