/* Snapshots of the stacks below, without their types. */
#include "gw/span_status.h"

#include "codec/g729.h"
#include "gw/admin/session.h"
#include "gw/admission.h"
#include "gw/alarm.h"
#include "gw/apply.h"
#include "gw/audit.h"
#include "gw/call_counters.h"
#include "gw/cdr_priv.h"
#include "gw/enum.h"
#include "gw/export.h"
#include "gw/headers.h"
#include "gw/leg_sip.h"
#include "gw/leg_sip_messages.h"
#include "gw/limits.h"
#include "gw/loop_guard.h"
#include "gw/notify.h"
#include "gw/secure_counters.h"
#include "gw/peer.h"
#include "gw/performance.h"
#include "gw/quality.h"
#include "gw/recorder.h"
#include "gw/register.h"
#include "gw/route.h"
#include "gw/hep.h"
#include "gw/trace_file.h"
#include "gw/transfer.h"
#include "gw/upkeep.h"
#include "gw/usage.h"
#include "gw/rt/dns.h"
#include "gw/rt/http.h"
#include "isdn/isdn.h"
#include "mgcp/mgcp.h"
#include "sip/sip.h"

#include <errno.h>

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

void gw_stats_register(void)
{
    rt_stats_register(sip_counters, SIP_NCOUNTERS);
    rt_stats_register(sip_conn_counters, SIP_CONN_NCOUNTERS);
    rt_stats_register(sip_guard_counters, SIP_GUARD_NCOUNTERS);
    rt_stats_register(rt_tls_counters, RT_TLS_NCOUNTERS);
    rt_stats_register(rt_http_counters, RT_HTTP_NCOUNTERS);
    rt_stats_register(isdn_counters, ISDN_NCOUNTERS);
    rt_stats_register(mgcp_counters, MGCP_NCOUNTERS);
    rt_stats_register(media_counters, MEDIA_NCOUNTERS);
    rt_stats_register(g729_counters, G729_NCOUNTERS);
    rt_stats_register(media_srtp_refusals, MEDIA_SRTP_NRESULTS);
    rt_stats_register(rt_realtime_counters, RT_REALTIME_NCOUNTERS);
    rt_stats_register(gw_cdr_counters, GW_CDR_NCOUNTERS);
    rt_stats_register(gw_export_counters, GW_EXPORT_NCOUNTERS);
    rt_stats_register(rt_dns_counters, RT_DNS_NCOUNTERS);
    rt_stats_register(gw_peer_counters, GW_PEER_NCOUNTERS);
    rt_stats_register(gw_header_counters, GW_HEADER_NCOUNTERS);
    rt_stats_register(sip_digest_counters, SIP_DIGEST_NCOUNTERS);
    rt_stats_register(gw_registrar_counters, GW_REGISTRAR_NCOUNTERS);
    rt_stats_register(gw_register_counters, GW_REGISTER_NCOUNTERS);
    rt_stats_register(gw_admission_counters, GW_ADMISSION_NCOUNTERS);
    rt_stats_register(gw_messages_counters, GW_MESSAGES_NCOUNTERS);
    rt_stats_register(gw_overlap_counters, GW_OVERLAP_NCOUNTERS);
    rt_stats_register(gw_call_counters, GW_CALL_NCOUNTERS);
    rt_stats_register(gw_recorder_counters, GW_RECORDER_NCOUNTERS);
    rt_stats_register(gw_aoc_counters, GW_AOC_NCOUNTERS);
    rt_stats_register(gw_transfer_counters, GW_TRANSFER_NCOUNTERS);
    rt_stats_register(gw_trace_counters, GW_TRACE_NCOUNTERS);
    rt_stats_register(gw_hep_counters, GW_HEP_NCOUNTERS);
    rt_stats_register(gw_upkeep_counters, GW_UPKEEP_NCOUNTERS);
    rt_stats_register(gw_apply_counters, GW_APPLY_NCOUNTERS);
    rt_stats_register(gw_secure_counters, GW_SECURE_NCOUNTERS);
    rt_stats_register(gw_quality_counters, GW_QUALITY_NCOUNTERS);
    rt_stats_register(gw_route_counters, GW_ROUTE_NCOUNTERS);
    rt_stats_register(gw_limits_counters, GW_LIMITS_NCOUNTERS);
    rt_stats_register(gw_performance_counters, GW_PERFORMANCE_NCOUNTERS);
    rt_stats_register(gw_loop_counters, GW_LOOP_NCOUNTERS);
    rt_stats_register(gw_enum_counters, GW_ENUM_NCOUNTERS);
    rt_stats_register(gw_notify_counters, GW_NOTIFY_NCOUNTERS);
    rt_stats_register(gw_usage_counters, GW_USAGE_NCOUNTERS);
    rt_stats_register(gw_audit_counters, GW_AUDIT_NCOUNTERS);
    rt_stats_register(gw_session_counters, GW_SESSION_NCOUNTERS);
    rt_stats_register(gw_alarm_counters, GW_ALARM_NCOUNTERS);
}
