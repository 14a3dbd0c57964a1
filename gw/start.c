/* From plan to running gateway, and back: the order in which the parts come up and go down.
 *
 * Media engine, spans in its loops, media threads, then SIP: a call can only come in when
 * everything it may need is there. Stopping is the same order backwards.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/leg_isdn.h"
#include "gw/leg_sip.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define USER_AGENT "tandem"

/** All spans live in one media thread, so that any two channels can be joined (docs/decisions). */
#define SPAN_THREAD 0

static int start_media(struct gw *gw, struct rt_buf *why)
{
    const struct gw_media_plan *m = &gw->plan->media;
    struct media_config cfg = {
        .threads = m->threads, .port_low = m->port_low, .port_high = m->port_high};
    int err = media_new(&gw->media, gw->loop, &cfg);

    if (err != 0)
        rt_buf_printf(why, "media engine: %s", strerror(err));
    return err;
}

static void on_tdm(void *arg, struct isdn_block *b)
{
    struct gw_span *span = arg;
    media_bank_tick(span->bank, b->frames, b->rx[0], b->tx[0], ISDN_BLOCK_MAX, b->now);
}

static bool wants_overlap(const struct gw_plan *plan, const struct gw_span_plan *span)
{
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (plan->trunks[i].span == span && plan->trunks[i].overlap)
            return true;
    return false;
}

static int start_span(struct gw *gw, struct gw_span *span, const struct gw_span_plan *p,
                      struct rt_buf *why)
{
    struct isdn_span_config cfg = {
        .id = p->id,
        .line = ISDN_PSEUDOWIRE,
        .local = p->local,
        .remote = p->remote,
        .frames = p->frames,
        .timeslots = p->timeslots,
        .jitter = p->jitter,
        .t1 = p->t1,
        .network = p->network,
        .variant = p->variant,
        .dchannel = p->dchannel,
        .overlap = wants_overlap(gw->plan, p),
    };
    struct isdn_span_ops ops = gw_leg_isdn_span_ops;
    char local[RT_ADDR_LEN];

    span->gw = gw;
    span->thread = SPAN_THREAD;
    int err = media_bank_new(&span->bank, gw->media, span->thread, p->t1 ? G711_MU : G711_A);
    if (err == 0) {
        ops.tdm = on_tdm;
        ops.tdm_arg = span;
        err = isdn_span_new(&span->isdn, &cfg, gw->loop, media_loop(gw->media, span->thread), &ops,
                            span);
    }
    if (err != 0)
        rt_buf_printf(why, "span %u on %s: %s", p->id, rt_addr_format(local, &p->local),
                      strerror(err));
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

static int start_sip(struct gw *gw, struct rt_buf *why)
{
    const struct gw_sip_plan *p = &gw->plan->sip;
    struct sip_ua_config cfg = {
        .nlisten = p->nlisten, .advertise = p->advertise, .user_agent = USER_AGENT};
    unsigned failed = 0;
    char addr[RT_ADDR_LEN];

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

static int start_cdr(struct gw *gw, struct rt_buf *why)
{
    const char *failed = "";
    int err = gw_cdr_writer_new(&gw->cdr, &gw->plan->cdr, &failed);

    if (err != 0)
        rt_buf_printf(why, "cdr %s: %s", failed, strerror(err));
    return err;
}

static int start_media_threads(struct gw *gw, struct rt_buf *why)
{
    int err = media_start(gw->media);

    if (err != 0)
        rt_buf_printf(why, "media threads: %s", strerror(err));
    return err;
}

int gw_start(struct gw **out, struct rt_loop *loop, struct gw_plan *plan, struct rt_buf *why)
{
    static int (*const steps[])(struct gw *, struct rt_buf *) = {
        start_cdr, start_media, start_spans, start_media_threads, start_sip,
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
    struct gw_call *call, *next;

    gw->draining = true;
    DL_FOREACH_SAFE(gw->calls, call, next)
    gw_call_release(call, 41, GW_BY_GATEWAY); /* temporary failure */
}

bool gw_idle(const struct gw *gw)
{
    return gw->legs == NULL;
}

void gw_stop(struct gw *gw)
{
    if (!gw)
        return;
    gw_release_all(gw);
    media_stop(gw->media);
    sip_ua_free(gw->sip);
    for (unsigned i = 0; gw->spans && i < gw->plan->nspans; i++)
        isdn_span_free(gw->spans[i].isdn);
    free_legs(gw);
    media_free(gw->media);
    free_ended(gw);
    gw_cdr_writer_free(gw->cdr);
    free(gw->spans);
    gw_plan_unref(gw->plan);
    free(gw);
}
