/* Metrics of spans: alarms, errors of the line, D channels, and each channel's state. */
#include "gw/metrics_priv.h"
#include "gw/span_status.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/** What every span says now: it is needed for each name. */
struct view {
    unsigned n;
    struct {
        char id[12];
        struct gw_span_status s;
    } span[];
};

static struct view *look(const struct gw *gw)
{
    struct view *v = calloc(1, sizeof *v + gw->nspans * sizeof v->span[0]);

    for (unsigned i = 0; v && i < gw->nspans; i++) {
        if (!gw->spans[i].isdn)
            continue;
        gw_span_status(&v->span[v->n].s, gw->spans[i].isdn);
        snprintf(v->span[v->n].id, sizeof v->span[v->n].id, "%u", gw->plan->spans[i].id);
        v->n++;
    }
    return v;
}

static void alarms(struct gw_outlet *o, const struct view *v)
{
    static const struct {
        const char *ours, *label;
    } rows[] = {{"los", "los"}, {"ais", "ais"}, {"remote", "rai"}};

    gw_outlet_name(o, "tandem_span_alarm", GW_METRIC_GAUGE,
                   "1: the span has the alarm; rai: the far end does not hear us");
    for (unsigned i = 0; i < v->n; i++)
        for (size_t r = 0; r < RT_COUNT(rows); r++)
            gw_outlet_put(o, GW_LABELS("span", v->span[i].id, "alarm", rows[r].label),
                          strcmp(v->span[i].s.alarm, rows[r].ours) == 0);
}

/* ---- counters ---- */

#define AT(field) offsetof(struct gw_span_status, field)

static const struct {
    const char *name, *help;
    size_t offset;
} counters[] = {
    {"tandem_span_slips_total", "Times that the clocks of both ends had moved a frame apart",
     AT(slips)},
    {"tandem_span_code_violations_total", "Code violations of the line", AT(violations)},
    {"tandem_span_crc_errors_total", "CRC errors of the line", AT(crc_errors)},
    {"tandem_span_far_errors_total", "CRC errors that the far end had (E bits)", AT(e_bits)},
    {"tandem_span_frame_errors_total", "Errors of the frame alignment signal", AT(frame_errors)},
    {"tandem_span_errored_seconds_total", "Seconds with an error", AT(errored_seconds)},
    {"tandem_span_interrupts_missed_total", "Interrupts that the card's driver missed",
     AT(irq_misses)},
    {"tandem_span_received_packets_total", "Packets of a pseudowire", AT(rx_packets)},
    {"tandem_span_sent_packets_total", "Packets of a pseudowire", AT(tx_packets)},
    {"tandem_span_lost_packets_total", "Packets that did not come", AT(lost)},
    {"tandem_span_reordered_packets_total", "Packets that came out of order", AT(reordered)},
    {"tandem_span_late_packets_total", "Packets that came too late", AT(late)},
    {"tandem_span_malformed_packets_total", "Packets that are none of a pseudowire", AT(malformed)},
    {"tandem_span_underruns_total", "Times that the jitter buffer was empty", AT(underruns)},
    {"tandem_span_late_sent_total", "Times that the line sent something else since we were late",
     AT(late_sent)},
    {"tandem_dchannel_bad_frames_by_span_total", "Frames of the D channel with a wrong check",
     AT(hdlc_bad)},
};

static void totals(struct gw_outlet *o, const struct view *v)
{
    for (size_t c = 0; c < RT_COUNT(counters); c++) {
        gw_outlet_name(o, counters[c].name, GW_METRIC_COUNTER, counters[c].help);
        for (unsigned i = 0; i < v->n; i++) {
            const char *s = (const char *)&v->span[i].s;
            gw_outlet_put(o, GW_LABELS("span", v->span[i].id),
                          (double)*(const uint64_t *)(const void *)(s + counters[c].offset));
        }
    }
}

/* ---- what is now ---- */

static void gauges(struct gw_outlet *o, const struct view *v)
{
    gw_outlet_name(o, "tandem_dchannel_up", GW_METRIC_GAUGE, "1: the span's D channel is up");
    for (unsigned i = 0; i < v->n; i++)
        gw_outlet_put(o, GW_LABELS("span", v->span[i].id), v->span[i].s.dchannel_up);
    gw_outlet_name(o, "tandem_span_jitter_buffer_seconds", GW_METRIC_GAUGE,
                   "What waits in a pseudowire's buffer");
    for (unsigned i = 0; i < v->n; i++)
        gw_outlet_put(o, GW_LABELS("span", v->span[i].id), v->span[i].s.jitter_frames / 8000.0);
    gw_outlet_name(o, "tandem_span_tick_late_seconds_max", GW_METRIC_GAUGE,
                   "How late the latest tick of the line was");
    for (unsigned i = 0; i < v->n; i++)
        gw_outlet_put(o, GW_LABELS("span", v->span[i].id),
                      (double)v->span[i].s.tick_late_max / (double)RT_S);
    gw_outlet_name(o, "tandem_span_channels", GW_METRIC_GAUGE,
                   "B channels; other: restarting, blocked or out of service");
    for (unsigned i = 0; i < v->n; i++) {
        const char *id = v->span[i].id;
        gw_outlet_put(o, GW_LABELS("span", id, "state", "idle"), v->span[i].s.idle);
        gw_outlet_put(o, GW_LABELS("span", id, "state", "busy"), v->span[i].s.busy);
        gw_outlet_put(o, GW_LABELS("span", id, "state", "other"), v->span[i].s.other);
    }
}

/** 0 idle, 1 busy, 2 restarting, 3 blocked; -1: no B channel. */
static int state_of(const char *name)
{
    static const char *const names[] = {"idle", "busy", "restarting", "blocked"};

    for (int i = 0; name && i < (int)RT_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

static void channels(struct gw_outlet *o, const struct view *v)
{
    char number[12];

    gw_outlet_name(o, "tandem_channel_state", GW_METRIC_GAUGE,
                   "Each B channel: 0 idle, 1 busy, 2 restarting, 3 blocked");
    for (unsigned i = 0; i < v->n; i++)
        for (unsigned ts = 0; ts < GW_TIMESLOTS; ts++) {
            int state = state_of(v->span[i].s.channel[ts]);
            if (state < 0)
                continue;
            snprintf(number, sizeof number, "%u", ts);
            gw_outlet_put(o, GW_LABELS("span", v->span[i].id, "channel", number), state);
        }
}

void gw_metrics_spans(struct gw_outlet *o)
{
    struct view *v = o->gw->nspans > 0 ? look(o->gw) : NULL;

    if (!v)
        return;
    alarms(o, v);
    totals(o, v);
    gauges(o, v);
    channels(o, v);
    free(v);
}
