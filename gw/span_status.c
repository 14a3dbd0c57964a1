/* Snapshots of the stacks below, without their types. */
#include "gw/span_status.h"

#include "isdn/isdn.h"
#include "sip/sip.h"

#include <errno.h>
#include <stdio.h>

static void count_channel(struct gw_span_status *out, enum isdn_channel_state s)
{
    if (s == ISDN_CH_IDLE)
        out->idle++;
    else if (s == ISDN_CH_BUSY)
        out->busy++;
    else if (s != ISDN_CH_DCHAN)
        out->other++;
}

void gw_span_status(struct gw_span_status *out, const struct isdn_span *span)
{
    struct isdn_span_status s;

    isdn_span_status(span, &s);
    *out = (struct gw_span_status){
        .id = isdn_span_id(span),
        .alarm = isdn_alarm_name(s.alarm),
        .dchannel_up = s.dchannel_up,
        .dchannel_since = s.dchannel_since,
        .calls = s.calls,
        .held = s.held,
        .rx_packets = s.rx_packets,
        .tx_packets = s.tx_packets,
        .lost = s.lost,
        .reordered = s.reordered,
        .late = s.late,
        .malformed = s.malformed,
        .foreign = s.foreign,
        .underruns = s.underruns,
        .slips = s.slips,
        .hdlc_bad = s.hdlc_bad,
        .jitter_frames = s.jitter_frames,
        .violations = s.violations,
        .crc_errors = s.crc_errors,
        .e_bits = s.e_bits,
        .frame_errors = s.frame_errors,
        .errored_seconds = s.errored_seconds,
        .irq_misses = s.irq_misses,
        .late_sent = s.late_sent,
        .tick_late_max = s.tick_late_max,
    };
    for (unsigned i = 0; i < GW_TIMESLOTS && i < ISDN_TIMESLOTS; i++)
        if (s.channel[i] != ISDN_CH_NONE) {
            out->channel[i] = isdn_channel_state_name(s.channel[i]);
            count_channel(out, s.channel[i]);
        }
}

int gw_span_loop(struct isdn_span *span, const char *word)
{
    static const char *const words[] = {
        [ISDN_LOOP_OFF] = "off", [ISDN_LOOP_LOCAL] = "local", [ISDN_LOOP_REMOTE] = "remote"};

    for (size_t i = 0; i < RT_COUNT(words); i++)
        if (strcmp(words[i], word) == 0)
            return isdn_span_loop(span, (enum isdn_loop)i);
    return EINVAL;
}

rt_time gw_span_timer(const struct isdn_span *span, unsigned timer)
{
    return isdn_span_timer(span, (enum isdn_timer)timer);
}

/** Who keeps new calls away. */
static const char *blocked_by(unsigned bits)
{
    bool far = bits & ISDN_BY_FAR_END;

    if (bits & ISDN_BY_OPERATOR)
        return far ? "both" : "us";
    if (bits & ISDN_BY_BUSY_OUT)
        return far ? "both" : "busy-out";
    return far ? "far end" : "";
}

bool gw_channel_status(struct gw_channel_status *out, const struct isdn_span *span, unsigned t)
{
    struct isdn_channel_status c;

    if (isdn_channel_status(span, t, &c) != 0)
        return false;
    *out = (struct gw_channel_status){.state = isdn_channel_state_name(c.state),
                                      .blocked = blocked_by(c.blocked),
                                      .since = c.since,
                                      .call_state = c.call_state,
                                      .timer = c.timer,
                                      .due = c.due};
    if (c.draining)
        out->state = "draining";
    else if (c.state == ISDN_CH_BLOCKED)
        out->state = "out of service"; /* no answer to RESTART */
    else if (c.state == ISDN_CH_IDLE && c.blocked)
        out->state = isdn_channel_state_name(ISDN_CH_BLOCKED);
    return true;
}

unsigned gw_span_free(const struct isdn_span *span, uint32_t channels)
{
    return isdn_span_free_channels(span, channels);
}

void gw_sip_status(struct gw_sip_status *out, const struct sip_ua *ua)
{
    struct sip_usage u;

    sip_ua_usage(ua, &u);
    *out = (struct gw_sip_status){.client = u.client,
                                  .server = u.server,
                                  .dialogs = u.dialogs,
                                  .sessions = u.sessions,
                                  .streams = u.streams};
}

void gw_sip_waits(char *out, size_t cap, const void *session)
{
    struct sip_session_status s;
    rt_time left;

    sip_session_status(session, &s);
    left = s.timer ? (s.due - rt_now() + RT_S - 1) / RT_S : 0;
    if (!s.timer || left < 0)
        snprintf(out, cap, "%s", s.state);
    else
        snprintf(out, cap, "%s; %s ends it in %lld s%s", s.state,
                 strcmp(s.timer, "C") == 0 ? "timer C" : "the session timer", (long long)left,
                 strcmp(s.timer, "refresh") == 0 ? " unless our refreshes are answered" : "");
}
