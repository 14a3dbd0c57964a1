/* How a SIP leg sounds: what the media engine tells of it is noted, counted and, where the plan
 * wants that, reported to a collector while the call lasts and after it.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/quality.h"

#include <stdio.h>
#include <stdlib.h>

/** The media engine tells of silence after so long. */
#define SILENT_AFTER (10 * RT_S)

struct leg_sip_quality {
    struct leg_sip *l;
    rt_time started, reported; /**< wall clock */
    struct rt_timer dead;      /**< after the first silence: nothing has come since */
    uint64_t seen;             /**< this much had */
    struct rt_timer every;
};

/* ---- faults ---- */

/** Packets and reports of the far end. */
static uint64_t signs_of_life(const struct leg_sip *l)
{
    struct media_stats s;

    media_port_stats(l->leg.port, &s);
    return s.rx_packets + s.reports;
}

static void watch(struct leg_sip_quality *q, rt_time after)
{
    q->seen = signs_of_life(q->l);
    rt_timer_start(&q->dead, after);
}

static void on_dead(void *arg)
{
    struct leg_sip_quality *q = arg;
    struct leg_sip *l = q->l;

    if (!l->leg.call || l->leg.done)
        return;
    if (l->holding || l->far_holds || !l->answered || signs_of_life(l) != q->seen) {
        watch(q, l->leg.trunk->quality.timeout); /* the engine tells of a silence only once */
        return;
    }
    rt_count(&gw_quality_counters[GW_QUALITY_TIMEOUTS]);
    gw_call_note(&l->leg, false, "no media: released");
    rt_log(RT_LOG_CALL, RT_WARN, "%s: trunk %s: no media: released", l->leg.call->name,
           l->leg.trunk->name);
    gw_call_release(l->leg.call, 102, GW_BY_GATEWAY); /* recovery on timer expiry */
}

static void on_silence(struct leg_sip *l)
{
    rt_time timeout = l->leg.trunk->quality.timeout;

    if (timeout > 0)
        watch(l->quality, timeout - SILENT_AFTER);
}

static void on_fault(struct leg_sip *l, enum quality_event fault, bool begun)
{
    const char *name = quality_event_names[fault];

    gw_call_note(&l->leg, false, "%s%s", name, begun ? "" : " over");
    rt_log(RT_LOG_CALL, begun ? RT_WARN : RT_NOTICE, "%s: trunk %s: %s%s", l->leg.call->name,
           l->leg.trunk->name, name, begun ? "" : " over");
    if (begun)
        rt_count(&gw_quality_counters[fault]);
}

void leg_sip_quality_event(struct leg_sip *l, const struct media_event *ev)
{
    if (!l->quality || !l->leg.call)
        return;
    if (ev->type == MEDIA_RTP_SILENT)
        on_silence(l);
    for (unsigned i = 0; ev->type == MEDIA_QUALITY && i < QUALITY_EVENTS; i++)
        if ((ev->begun | ev->ended) & QUALITY_BIT(i))
            on_fault(l, (enum quality_event)i, ev->begun & QUALITY_BIT(i));
}

/* ---- reports ---- */

/** `<sip:NUMBER@HOST>`; what is no part of a number is left out. */
static void write_id(char *out, size_t cap, const char *number, const char *host)
{
    char user[DP_TEXT_LEN * 3];
    size_t n = 0;

    for (; *number && n + 4 < sizeof user; number++)
        if (*number == '#')
            n += (size_t)snprintf(user + n, 4, "%%23");
        else if ((*number >= '0' && *number <= '9') || *number == '+' || *number == '*')
            user[n++] = *number;
    user[n] = '\0';
    snprintf(out, cap, "<sip:%s%s%s>", user, n > 0 ? "@" : "", host);
}

static struct vqreport_session session_of(const struct media_rtp *m)
{
    const struct codec *codec = &codec_table[m->codec];
    unsigned ptime = m->ptime >= 10 ? m->ptime : 20;
    unsigned frame = codec->frame <= 80 ? ptime : codec->frame / 8; /* none: a packet is one */

    return (struct vqreport_session){
        .payload_type = m->payload[m->codec],
        .name = codec->name,
        .rate = codec->clock,
        .packets_per_s = 1000 / ptime,
        .frame_ms = frame,
        .frames_per_packet = ptime > frame ? ptime / frame : 1,
        .fmtp = codec->fmtp,
        .silence_suppression = m->noise_payload > 0,
    };
}

static double hundredths(uint16_t v)
{
    return v / 100.0;
}

/** What our own figures say of a direction more finely than its block does. */
static void refine(struct vqreport_metrics *m, const struct media_quality *mine,
                   const struct vqreport_session *session)
{
    m->session = *session;
    if (!m->have_voip || mine->r == 0)
        return;
    m->loss = hundredths(mine->loss);
    m->discard = hundredths(mine->discard);
    m->mos_lq = hundredths(mine->mos_lq_average);
    m->mos_cq = hundredths(mine->mos_cq_average);
}

static void publish(struct leg_sip_quality *q, bool final)
{
    struct leg_sip *l = q->l;
    const struct gw_cdr *r = &l->leg.call->cdr;
    bool calling = l->leg.side == 'a';
    char here[RT_ADDR_LEN], there[RT_ADDR_LEN], us[400], them[400];
    const union rt_addr *local = media_rtp_local(l->leg.port);
    const union rt_addr *remote = &l->stream->rtp.remote;
    struct vqreport_session session = session_of(&l->stream->rtp);
    struct media_stats s;
    struct media_voip v;

    media_port_stats(l->leg.port, &s);
    media_port_voip(l->leg.port, &v);
    rt_time from = final ? q->started : q->reported;
    q->reported = rt_wall();
    struct vqreport_metrics heard =
        vqreport_metrics(v.have_heard ? &v.heard : NULL, from, q->reported);
    struct vqreport_metrics far = vqreport_metrics(&v.far, from, q->reported);
    heard.far_system_ms = v.have_far ? v.far.end_system_ms : 0;
    heard.have_jitter = true;
    heard.jitter_us = s.jitter_us;
    refine(&heard, &s.heard, &session);
    far.session = session;
    write_id(us, sizeof us, calling ? r->called : r->caller_out, rt_addr_host(here, local));
    write_id(them, sizeof them, calling ? r->caller : r->called_out, rt_addr_host(there, remote));
    struct vqreport report = {
        .interval = !final,
        .final = final,
        .call_id = l->leg.call_id,
        .orig_id = calling ? them : us,
        .local = {us, here, rt_addr_port(local),
                  v.have_heard ? v.ssrc : media_rtp_ssrc(l->leg.port), "tandem", NULL},
        .remote = {them, there, rt_addr_port(remote), v.far_ssrc, l->leg.trunk->name, NULL},
        .local_metrics = &heard,
        .remote_metrics = v.have_far ? &far : NULL,
        .dialog = l->leg.call_id,
    };
    gw_quality_publish(l->leg.gw, l->leg.trunk, &report);
}

static bool reports(const struct leg_sip *l)
{
    return l->leg.trunk->quality.reports.uri && l->stream && l->agreed && l->answered &&
           l->leg.call && l->leg.bearer != GW_BEARER_DATA64;
}

static void on_interval(void *arg)
{
    struct leg_sip_quality *q = arg;

    if (reports(q->l))
        publish(q, false);
    rt_timer_start(&q->every, q->l->leg.trunk->quality.reports.every);
}

/* ---- the leg's life ---- */

void leg_sip_quality_begin(struct leg_sip *l)
{
    const struct gw_reports_plan *r = &l->leg.trunk->quality.reports;
    struct leg_sip_quality *q = l->quality ? NULL : calloc(1, sizeof *q);

    if (!q)
        return; /* out of memory: the call goes on without figures */
    q->l = l;
    q->started = q->reported = rt_wall();
    rt_timer_init(&q->dead, l->leg.gw->loop, on_dead, q);
    rt_timer_init(&q->every, l->leg.gw->loop, on_interval, q);
    if (r->uri && r->every)
        rt_timer_start(&q->every, r->every);
    l->quality = q;
}

void leg_sip_quality_agreed(struct leg_sip *l, struct media_rtp *m, const struct sdp_audio *r)
{
    struct leg_sip_quality *q = l->quality;
    enum gw_xr xr = l->leg.trunk->quality.xr;

    m->xr = xr == GW_XR_ON || (xr == GW_XR_AUTO && r->rtcp_xr);
    if (q && rt_timer_running(&q->dead))
        watch(q, l->leg.trunk->quality.timeout); /* a hold may be over */
}

void leg_sip_quality_end(struct leg_sip *l)
{
    struct leg_sip_quality *q = l->quality;

    if (!q)
        return;
    if (l->leg.port && reports(l))
        publish(q, true);
    rt_timer_stop(&q->dead);
    rt_timer_stop(&q->every);
    free(q);
    l->quality = NULL;
}
