/* Snapshots of the stacks below, without their types. */
#include "gw/span_status.h"

#include "gw/admission.h"
#include "gw/call_counters.h"
#include "gw/cdr_priv.h"
#include "gw/headers.h"
#include "gw/leg_sip.h"
#include "gw/peer.h"
#include "gw/register.h"
#include "gw/transfer.h"
#include "gw/rt/dns.h"
#include "isdn/isdn.h"
#include "sip/sip.h"

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
    };
    for (unsigned i = 0; i < GW_TIMESLOTS && i < ISDN_TIMESLOTS; i++)
        if (s.channel[i] != ISDN_CH_NONE) {
            out->channel[i] = isdn_channel_state_name(s.channel[i]);
            count_channel(out, s.channel[i]);
        }
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
    rt_stats_register(isdn_counters, ISDN_NCOUNTERS);
    rt_stats_register(media_counters, MEDIA_NCOUNTERS);
    rt_stats_register(gw_cdr_counters, GW_CDR_NCOUNTERS);
    rt_stats_register(rt_dns_counters, RT_DNS_NCOUNTERS);
    rt_stats_register(gw_peer_counters, GW_PEER_NCOUNTERS);
    rt_stats_register(gw_header_counters, GW_HEADER_NCOUNTERS);
    rt_stats_register(sip_digest_counters, SIP_DIGEST_NCOUNTERS);
    rt_stats_register(gw_registrar_counters, GW_REGISTRAR_NCOUNTERS);
    rt_stats_register(gw_register_counters, GW_REGISTER_NCOUNTERS);
    rt_stats_register(gw_admission_counters, GW_ADMISSION_NCOUNTERS);
    rt_stats_register(gw_overlap_counters, GW_OVERLAP_NCOUNTERS);
    rt_stats_register(gw_call_counters, GW_CALL_NCOUNTERS);
    rt_stats_register(gw_transfer_counters, GW_TRANSFER_NCOUNTERS);
}
