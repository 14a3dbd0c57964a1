/* From plan to running gateway, and back: the order in which the parts come up and go down.
 *
 * Media engine, spans in its loops, media threads, then SIP: a call can only come in when
 * everything it may need is there. Stopping is the same order backwards.
 */
#include "codec/dtls.h"
#include "gw/admission.h"
#include "gw/audit.h"
#include "gw/call_priv.h"
#include "gw/alarm.h"
#include "gw/emergency.h"
#include "gw/drain.h"
#include "gw/enum.h"
#include "gw/event.h"
#include "gw/g729.h"
#include "gw/gw.h"
#include "gw/hits.h"
#include "gw/leg_isdn.h"
#include "gw/leg_mgcp.h"
#include "gw/leg_sip.h"
#include "gw/log_ring.h"
#include "gw/loop_guard.h"
#include "gw/notify.h"
#include "gw/peer.h"
#include "gw/performance.h"
#include "gw/trunk_stats.h"
#include "gw/quality.h"
#include "gw/quota.h"
#include "gw/recorder.h"
#include "gw/register.h"
#include "gw/series.h"
#include "gw/start.h"
#include "gw/rt/dns.h"
#include "gw/call_sound.h"
#include "gw/trace.h"
#include "gw/upkeep.h"
#include "gw/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define USER_AGENT "tandem"

/** Spans that share a media thread before the next one is used: a wake-up then serves them all, and
 * 240 channels are an eighth of a core's work. */
#define SPANS_TOGETHER 8

static int start_media(struct gw *gw, struct rt_buf *why)
{
    const struct gw_media_plan *m = &gw->plan->media;
    struct media_config cfg = {
        .threads = m->threads,
        .port_low = m->port_low,
        .port_high = m->port_high,
        .echo_ms = m->echo_ms,
        .digit_on = m->digit_on,
        .digit_off = m->digit_off,
        .realtime = m->realtime,
    };
    int err = media_new(&gw->media, gw->loop, &cfg);

    if (err != 0)
        rt_buf_printf(why, "media engine: %s", strerror(err));
    if (err == 0)
        err = gw_trace_media(gw->trace, gw->media);
    return err;
}

static int start_g729(struct gw *gw, struct rt_buf *why)
{
    return gw_g729_new(&gw->g729, gw->loop, gw->plan, why);
}

static void on_tdm(void *arg, struct isdn_block *b)
{
    struct gw_span *span = arg;
    b->used = media_bank_tick(span->bank, b->frames, b->rx[0], b->tx[0], ISDN_BLOCK_MAX, b->now);
}

bool gw_span_overlaps(const struct gw_plan *plan, const struct gw_span_plan *span)
{
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (plan->trunks[i].span == span && plan->trunks[i].overlap)
            return true;
    return false;
}

static enum isdn_line line_of(const struct gw_span_plan *p)
{
    return p->kind == GW_SPAN_DAHDI ? ISDN_DAHDI : ISDN_PSEUDOWIRE;
}

/** NULL: sound passes as it is. */
static const struct isdn_gains *gains_of(struct isdn_gains *out, const struct gw_span_plan *p)
{
    enum g711_law law = p->mulaw ? G711_MU : G711_A;

    g711_gain(out->rx, p->gain_rx, law);
    g711_gain(out->tx, p->gain_tx, law);
    return p->gain_rx || p->gain_tx ? out : NULL;
}

const char *gw_span_tones(const struct gw_plan *plan, const struct gw_span_plan *span)
{
    for (unsigned i = 0; i < plan->ntrunks; i++) {
        const struct gw_trunk *t = &plan->trunks[i];
        if (t->span == span && t->sound.detect && t->site)
            return dp_country_code(t->site->country);
    }
    return NULL;
}

/** Says which span could not be made, and why. */
static void tell_span(struct rt_buf *why, const struct gw_span_plan *p, struct rt_buf *reason,
                      int err)
{
    char local[RT_ADDR_LEN];

    if (reason->n > 0)
        rt_buf_printf(why, "span %u: %s", p->id, reason->p);
    else if (p->kind == GW_SPAN_PSEUDOWIRE)
        rt_buf_printf(why, "span %u on %s: %s", p->id, rt_addr_format(local, &p->local),
                      strerror(err));
    else
        rt_buf_printf(why, "span %u: %s", p->id, strerror(err));
}

static int start_span(struct gw *gw, struct gw_span *span, const struct gw_span_plan *p,
                      struct rt_buf *why)
{
    struct isdn_gains gains;
    struct rt_buf reason = {0};
    struct isdn_span_config cfg = {
        .id = p->id,
        .line = line_of(p),
        .dahdi = p->dahdi,
        .framing = p->framing,
        .echo = p->echo,
        .gains = gains_of(&gains, p),
        .why = &reason,
        .local = p->local,
        .remote = p->remote,
        .frames = p->frames,
        .timeslots = p->timeslots,
        .jitter = p->jitter,
        .rate = p->rate,
        .mulaw = p->mulaw,
        .multipoint = p->multipoint,
        .network = p->network,
        .variant = p->variant->name,
        .dchannel = p->dchannel,
        .lead = p->lead ? gw->spans[p->lead - gw->plan->spans].isdn : NULL,
        .interface = p->interface,
        .overlap = gw_span_overlaps(gw->plan, p),
        .restart = p->upkeep.restart,
        .audit = p->upkeep.audit,
    };
    memcpy(cfg.timer, p->timer, sizeof cfg.timer);
    struct isdn_span_ops ops = gw_leg_isdn_span_ops;

    span->gw = gw;
    span->thread = span->index / SPANS_TOGETHER % gw->plan->media.threads;
    int err = media_bank_new(&span->bank, gw->media, span->thread, p->mulaw ? G711_MU : G711_A);
    if (err == 0 && gw_span_tones(gw->plan, p))
        err = media_bank_country(span->bank, gw_span_tones(gw->plan, p));
    if (err == 0) {
        ops.tdm = on_tdm;
        ops.tdm_arg = span;
        err = isdn_span_new(&span->isdn, &cfg, gw->loop, media_loop(gw->media, span->thread), &ops,
                            span);
    }
    if (err == 0)
        media_bank_delay(span->bank, isdn_span_delay(span->isdn));
    if (err != 0)
        tell_span(why, p, &reason, err);
    rt_buf_release(&reason);
    return err;
}

static int start_spans(struct gw *gw, struct rt_buf *why)
{
    gw->spans = calloc(gw->plan->nspans + 1, sizeof *gw->spans);
    if (!gw->spans)
        return ENOMEM;
    for (unsigned i = 0; i < gw->plan->nspans; i++) {
        gw->spans[i].index = i;
        int err = start_span(gw, &gw->spans[i], &gw->plan->spans[i], why);
        if (err != 0)
            return err;
        gw->nspans++;
    }
    return 0;
}

static int start_tls(struct gw *gw, struct rt_buf *why)
{
    struct rt_buf text = {0};

    if (!gw_plan_speaks_tls(gw->plan))
        return 0;
    int err = rt_tls_new(&gw->tls, &gw->plan->sip.tls, &text, NULL);
    if (err != 0)
        rt_buf_printf(why, "tls: %s", text.n > 0 ? text.p : strerror(err));
    rt_buf_release(&text);
    return err;
}

static bool wants_dtls(const struct gw_plan *plan)
{
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (plan->trunks[i].secure.dtls)
            return true;
    return false;
}

int gw_start_identity(struct gw *gw, const struct gw_plan *plan, struct rt_buf *why)
{
    const struct gw_media_plan *m = &plan->media;
    struct rt_buf text = {0};

    if (gw->identity || !wants_dtls(plan))
        return 0;
    int err = m->certificate ? dtls_identity_load(&gw->identity, m->certificate, m->key, &text)
                             : dtls_identity_new(&gw->identity);
    if (err != 0)
        rt_buf_printf(why, "media: certificate: %s", text.n > 0 ? text.p : strerror(err));
    rt_buf_release(&text);
    return err;
}

static int start_identity(struct gw *gw, struct rt_buf *why)
{
    return gw_start_identity(gw, gw->plan, why);
}

static void reload_tls(struct gw *gw)
{
    struct rt_buf why = {0};

    if (!gw->tls)
        return;
    int err = rt_tls_reload(gw->tls, &gw->plan->sip.tls, &why);
    if (err == 0)
        rt_log(RT_LOG_SIP, RT_NOTICE, "tls: certificates read again");
    else
        rt_log(RT_LOG_SIP, RT_ERROR, "tls: certificates stay as they were: %s",
               why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
}

void gw_reload(struct gw *gw)
{
    reload_tls(gw);
    gw_registrar_reload(gw->registrar);
}

static int start_sip(struct gw *gw, struct rt_buf *why)
{
    const struct gw_sip_plan *p = &gw->plan->sip;
    struct sip_ua_config cfg = {
        .nlisten = p->nlisten,
        .advertise = p->advertise,
        .user_agent = USER_AGENT,
        .tls = gw->tls,
        .connections = p->connections,
        .per_source = p->per_source,
        .idle = p->idle,
        .keepalive = p->keepalive,
        .max_udp = p->max_udp,
        .limits = p->limits,
    };
    unsigned failed = 0;
    char addr[RT_ADDR_LEN];

    cfg.dns = gw->dns;
    gw_peer_means(&cfg.means, gw->plan);
    for (unsigned i = 0; i < p->nlisten; i++) {
        cfg.listen[i].transport = p->listen[i].transport;
        cfg.listen[i].addr = p->listen[i].addr;
    }
    int err = sip_ua_new(&gw->sip, gw->loop, &cfg, &gw_leg_sip_ua_ops, gw, &failed);
    if (err != 0)
        rt_buf_printf(why, "sip on %s: %s", rt_addr_format(addr, &p->listen[failed].addr),
                      strerror(err));
    return err;
}

static int start_dns(struct gw *gw, struct rt_buf *why)
{
    const struct gw_sip_plan *p = &gw->plan->sip;
    struct rt_dns_config cfg = {.nservers = p->nresolvers};

    memcpy(cfg.server, p->resolver, sizeof cfg.server);
    int err = rt_dns_new(&gw->dns, gw->loop, &cfg);
    if (err != 0)
        rt_buf_printf(why, "name servers: %s", strerror(err));
    return err;
}

static int start_peers(struct gw *gw, struct rt_buf *why)
{
    int err = gw_peers_start(gw);

    if (err != 0)
        rt_buf_printf(why, "peers: %s", strerror(err));
    return err;
}

static int start_registrar(struct gw *gw, struct rt_buf *why)
{
    if (!gw->plan->registrar.realm)
        return 0;
    int err = gw_registrar_new(&gw->registrar, gw->loop, &gw->plan->registrar, why);
    return err != 0 ? err : gw_admission_new(&gw->admission, &gw->plan->registrar);
}

static int start_registrations(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    return gw_register_start(gw);
}

static int start_cdr(struct gw *gw, struct rt_buf *why)
{
    const char *failed = "";
    int err = gw_cdr_writer_new(&gw->cdr, &gw->plan->cdr, &failed);

    if (err != 0)
        rt_buf_printf(why, "cdr %s: %s", failed, strerror(err));
    return err;
}

static int start_audit(struct gw *gw, struct rt_buf *why)
{
    const char *path = gw->plan->admin.audit;
    int err = gw_audit_new(&gw->audit, gw->loop, path);

    if (err != 0)
        rt_buf_printf(why, "audit %s: %s", path ? path : "", strerror(err));
    return err;
}

static int start_trace(struct gw *gw, struct rt_buf *why)
{
    return gw_trace_new(&gw->trace, gw, why);
}

static int start_sounds(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    return gw_sounds_start(gw);
}

static int start_upkeep(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    int err = gw_drain_new(&gw->drain, gw);

    return err != 0 ? err : gw_upkeep_start(gw);
}

/* ---- what routing knows from one call to the next ---- */

#define COUNTING (10 * RT_S)

static void count_limits(void *arg)
{
    struct gw *gw = arg;
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, gw->plan, 0);
    gw_limits_tick(gw->limits, &clock);
    rt_timer_start(&gw->counting, COUNTING);
}

static void tell_fraud(struct gw *gw, const struct gw_limit_event *e)
{
    char object[96];

    snprintf(object, sizeof object, "%s %s", gw_scope_names[e->scope], e->name);
    if (e->kind == GW_LIMIT_FRAUD || e->kind == GW_LIMIT_UNBLOCKED)
        gw_alarm_set(gw->alarms, GW_ALARM_FRAUD, object, e->kind == GW_LIMIT_FRAUD, e->text);
}

static void on_limit(void *arg, const struct gw_limit_event *e)
{
    bool bad = e->kind == GW_LIMIT_LIMITED || e->kind == GW_LIMIT_FRAUD;

    rt_log(RT_LOG_CALL, bad ? RT_WARN : RT_NOTICE, "%s", e->text);
    if (e->kind == GW_LIMIT_FRAUD)
        gw_trunk_stats_block(((struct gw *)arg)->stats, e->scope, e->name, true);
    tell_fraud(arg, e);
    if (e->notify)
        gw_notify(arg, e->notify, e->text);
}

static int start_limits(struct gw *gw, struct rt_buf *why)
{
    int err = gw_limits_new(&gw->limits);

    if (err == 0) {
        gw_limits_listen(gw->limits, on_limit, gw);
        err = gw_quota_tie(gw->plan, gw->limits);
    }
    if (err != 0) {
        rt_buf_printf(why, "limits: %s", strerror(err));
        return err;
    }
    rt_timer_init(&gw->counting, gw->loop, count_limits, gw);
    rt_timer_start(&gw->counting, COUNTING);
    return gw_usage_start(gw, why);
}

rt_time gw_plan_window(const struct gw_plan *plan)
{
    rt_time window = 0;

    for (unsigned i = 0; i < plan->dial.nlcrs; i++)
        if (plan->dial.lcrs[i].window > window)
            window = plan->dial.lcrs[i].window;
    return window;
}

static int start_routing(struct gw *gw, struct rt_buf *why)
{
    int err = start_limits(gw, why);

    gw->turns = calloc(gw->plan->dial.ngroups + 1, sizeof *gw->turns);
    if (err == 0 && !gw->turns)
        err = ENOMEM;
    if (err == 0)
        err = gw_performance_new(&gw->performance, gw_plan_window(gw->plan), 0);
    if (err == 0)
        err = gw_call_stats_new(&gw->stats);
    if (err == 0)
        err = gw_loop_guard_new(&gw->loops, 0);
    if (err == 0)
        err = gw_enum_new(&gw->enums, gw->loop, gw->dns, 0);
    return err;
}

/** Once there are no calls. */
static void stop_routing(struct gw *gw)
{
    rt_timer_stop(&gw->counting);
    gw_usage_stop(gw);
    gw_emergency_forget(gw);
    gw_quota_untie(gw->plan); /* whoever else still has the plan */
    gw_limits_free(gw->limits);
    gw_performance_free(gw->performance);
    gw_call_stats_free(gw->stats);
    gw_loop_guard_free(gw->loops);
    gw_hits_free(gw->hits);
    free(gw->turns);
}

/** The first of these that there is not, or that we may not use; RT_CPUS_MAX: none. */
static unsigned cpu_missing(const struct rt_cpus *wanted)
{
    struct rt_cpus allowed;
    unsigned cpu = 0;

    rt_cpus_allowed(&allowed);
    while (cpu < RT_CPUS_MAX && (!rt_cpus_has(wanted, cpu) || rt_cpus_has(&allowed, cpu)))
        cpu++;
    return cpu;
}

static int start_media_threads(struct gw *gw, struct rt_buf *why)
{
    const struct gw_media_plan *m = &gw->plan->media;
    unsigned cpu = cpu_missing(&m->realtime.cpus);

    if (cpu < RT_CPUS_MAX) {
        rt_buf_printf(why, "media: cpus: there is no CPU %u for this process", cpu);
        return EINVAL;
    }
    int err = media_start(gw->media);

    if (err == EPERM && m->realtime.mode == RT_REALTIME_ON)
        rt_buf_printf(why, "media: realtime on: not permitted; " RT_REALTIME_HELP);
    else if (err != 0)
        rt_buf_printf(why, "media threads: %s", strerror(err));
    return err;
}

/** First of all: whatever comes up may have something to tell. */
static int start_watchers(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    gw_log_ring_start();
    int err = gw_events_new(&gw->events, gw);
    if (err == 0)
        err = gw_series_new(&gw->series, gw);
    return err == 0 ? gw_alarms_new(&gw->alarms, gw) : err;
}

/** Last of all. */
static int start_watch(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    return gw_alarm_watch_start(gw);
}

/** Nothing is told of what comes down. */
static void stop_watchers(struct gw *gw)
{
    gw_alarm_watch_stop(gw);
    gw_alarms_free(gw->alarms);
    gw_series_free(gw->series);
    gw_events_free(gw->events);
    gw->alarms = NULL;
    gw->series = NULL;
    gw->events = NULL;
}

int gw_start(struct gw **out, struct rt_loop *loop, struct gw_plan *plan, struct rt_buf *why)
{
    static int (*const steps[])(struct gw *, struct rt_buf *) = {
        start_watchers,      start_upkeep,  start_cdr,           start_trace,    start_media,
        start_g729,          start_spans,   start_media_threads, start_identity, start_tls,
        start_registrar,     start_dns,     start_routing,       start_sip,      start_peers,
        start_registrations, gw_mgcp_start, start_sounds,        start_watch,    start_audit,
    };
    struct gw *gw = calloc(1, sizeof *gw);

    if (!gw)
        return ENOMEM;
    gw->loop = loop;
    gw->plan = gw_plan_ref(plan);
    gw->started = rt_now();
    for (size_t i = 0; i < RT_COUNT(steps); i++) {
        int err = steps[i](gw, why);
        if (err != 0) {
            gw_stop(gw);
            return err;
        }
    }
    *out = gw;
    return 0;
}

static void free_legs(struct gw *gw)
{
    while (gw->legs) {
        struct gw_leg *leg = gw->legs;
        gw_call_leg_gone(leg);
        leg->ops->free(leg);
    }
}

static void free_ended(struct gw *gw)
{
    while (gw->ended) {
        struct gw_call *call = gw->ended;
        DL_DELETE(gw->ended, call);
        gw_call_free(call);
    }
}

void gw_release_all(struct gw *gw)
{
    gw->draining = true;
    gw_register_leave(gw);
    while (gw->calls)                                  /* one may take others along */
        gw_call_release(gw->calls, 41, GW_BY_GATEWAY); /* temporary failure */
}

bool gw_idle(const struct gw *gw)
{
    return gw->legs == NULL && gw_register_idle(gw);
}

void gw_stop(struct gw *gw)
{
    if (!gw)
        return;
    gw_release_all(gw);
    stop_watchers(gw);
    gw_sounds_stop(gw);
    media_stop(gw->media);
    gw_register_stop(gw);
    gw_quality_stop(gw);
    gw_notify_stop(gw);
    gw_peers_stop(gw);
    sip_ua_free(gw->sip);
    gw_admission_free(gw->admission);
    gw_registrar_free(gw->registrar);
    gw_enum_free(gw->enums);
    rt_tls_free(gw->tls);
    for (unsigned i = 0; gw->spans && i < gw->plan->nspans; i++)
        isdn_span_free(gw->spans[i].isdn);
    free_legs(gw);
    gw_mgcp_stop(gw);
    rt_dns_free(gw->dns);
    media_free(gw->media);
    gw_g729_free(gw->g729);
    gw_recorder_free(gw->recorder);
    dtls_identity_free(gw->identity);
    free_ended(gw);
    stop_routing(gw);
    gw_cdr_writer_free(gw->cdr);
    gw_audit_free(gw->audit);
    gw_trace_free(gw->trace);
    gw_drain_free(gw->drain);
    gw_upkeep_stop(gw);
    free(gw->spans);
    gw_plan_unref(gw->plan);
    free(gw);
}
