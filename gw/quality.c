/* Reports about calls on their way to a collector: PUBLISH with the event vq-rtcpxr (RFC 6035,
 * RFC 3903). One request each, without a refresh: each is about something that is over. */
#include "gw/quality.h"

#include "gw/gw.h"
#include "gw/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Reports on their way; a collector that is gone shall not cost more. */
#define WAITING_MAX 1000

#define URI_LEN 512

struct rt_counter gw_quality_counters[GW_QUALITY_NCOUNTERS] = {
    [QUALITY_DEAD] = {"quality_dead_media_total", "Times that nothing went either way in a call",
                      0},
    [QUALITY_NO_INPUT] = {"quality_one_way_in_total", "Times that a call's peer fell silent", 0},
    [QUALITY_NO_OUTPUT] = {"quality_one_way_out_total",
                           "Times that a call's peer reported that it hears nothing", 0},
    [QUALITY_LEVEL_LOW] = {"quality_level_low_total", "Times that speech came too quiet", 0},
    [QUALITY_LEVEL_HIGH] = {"quality_level_high_total", "Times that speech came too loud", 0},
    [QUALITY_CLIPPING] = {"quality_clipping_total", "Times that speech came cut at the limit", 0},
    [QUALITY_ECHO] = {"quality_echo_total", "Times that too much echo went back to the peer", 0},
    [GW_QUALITY_TIMEOUTS] = {"quality_media_timeouts_total",
                             "Calls released because nothing came from the peer", 0},
    [GW_QUALITY_REPORTS] = {"quality_reports_total", "Reports on quality sent to collectors", 0},
    [GW_QUALITY_REPORTS_REFUSED] = {"quality_reports_refused_total",
                                    "Reports on quality that a collector refused", 0},
    [GW_QUALITY_REPORTS_UNANSWERED] = {"quality_reports_unanswered_total",
                                       "Reports on quality that nobody answered", 0},
    [GW_QUALITY_REPORTS_DROPPED] = {"quality_reports_dropped_total",
                                    "Reports on quality that could not be sent", 0},
};

/** A report on its way. */
struct gw_quality_report {
    struct gw *gw;
    struct gw_plan *plan; /**< one reference: `to` is its */
    const struct gw_reports_plan *to;
    struct sip_locate *search;
    struct sip_outside *ask;
    struct rt_buf body;
    struct gw_quality_report *prev, *next;
};

static void end(struct gw_quality_report *q)
{
    DL_DELETE(q->gw->reports, q);
    q->gw->nreports--;
    sip_locate_cancel(q->search);
    sip_outside_cancel(q->ask);
    rt_buf_release(&q->body);
    gw_plan_unref(q->plan);
    free(q);
}

static void fail(struct gw_quality_report *q, enum gw_quality_counter counter)
{
    rt_count(&gw_quality_counters[counter]);
    end(q);
}

/** A collector's bad answer is said once, until it takes a report. */
static void on_answer(void *arg, const struct sip_message *m)
{
    struct gw_quality_report *q = arg;
    bool taken = m && m->status < 300;

    q->ask = NULL;
    if (!taken && !q->gw->reports_failing)
        rt_log(RT_LOG_SIP, RT_WARN, "quality reports: %s: %d %s", q->to->uri, m ? m->status : 408,
               m ? sip_phrase(m->status) : "no answer");
    q->gw->reports_failing = !taken;
    if (taken)
        end(q);
    else
        fail(q, m ? GW_QUALITY_REPORTS_REFUSED : GW_QUALITY_REPORTS_UNANSWERED);
}

static void transmit(struct gw_quality_report *q, const struct sip_hop *hop)
{
    char from[URI_LEN], local[RT_ADDR_LEN];
    struct sip_outside_request r = {
        .hop = *hop,
        .method = "PUBLISH",
        .request_uri = rt_str(q->to->uri),
        .to_uri = rt_str(q->to->uri),
        .lines = rt_str("Event: vq-rtcpxr\r\n"),
        .body = {.type = rt_str(VQREPORT_TYPE), .data = rt_buf_str(&q->body)},
    };

    r.hop.domain = q->to->domain;
    snprintf(from, sizeof from, "sip:%s", sip_ua_local(q->gw->sip, &r.hop, local));
    r.from_uri = rt_str(from);
    if (sip_outside(&q->ask, q->gw->sip, &r, on_answer, q) != 0) {
        q->ask = NULL;
        fail(q, GW_QUALITY_REPORTS_DROPPED);
        return;
    }
    rt_count(&gw_quality_counters[GW_QUALITY_REPORTS]);
}

static void on_found(void *arg, const struct sip_places *places)
{
    struct gw_quality_report *q = arg;

    q->search = NULL;
    if (places->err != 0)
        fail(q, GW_QUALITY_REPORTS_DROPPED);
    else
        transmit(q, &places->place[0].hop);
}

static void find(struct gw_quality_report *q)
{
    struct sip_places places;
    struct sip_means means;

    gw_peer_means(&means, q->plan);
    if (sip_locate_numeric(&places, &q->to->target, &means)) {
        on_found(q, &places);
        return;
    }
    if (sip_locate(&q->search, q->gw->dns, q->gw->loop, &q->to->target, &means, on_found, q) != 0) {
        q->search = NULL;
        fail(q, GW_QUALITY_REPORTS_DROPPED);
    }
}

void gw_quality_publish(struct gw *gw, const struct gw_trunk *trunk, const struct vqreport *r)
{
    struct gw_quality_report *q =
        gw->nreports < WAITING_MAX && gw->sip ? calloc(1, sizeof *q) : NULL;

    if (!q) {
        rt_count(&gw_quality_counters[GW_QUALITY_REPORTS_DROPPED]);
        return;
    }
    q->gw = gw;
    q->plan = gw_plan_ref(trunk->plan);
    q->to = &trunk->quality.reports;
    DL_APPEND(gw->reports, q);
    gw->nreports++;
    if (vqreport_write(&q->body, r) != 0)
        fail(q, GW_QUALITY_REPORTS_DROPPED);
    else
        find(q);
}

void gw_quality_stop(struct gw *gw)
{
    struct gw_quality_report *q, *next;

    DL_FOREACH_SAFE(gw->reports, q, next)
    end(q);
}
