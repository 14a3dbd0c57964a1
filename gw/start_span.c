/* Spans come up: what the plan says of a line, in the words of isdn/, with a bank of the media
 * engine that takes its sound.
 */
#include "dialplan/dialplan.h"
#include "gw/leg_isdn.h"
#include "gw/start_priv.h"

#include <errno.h>
#include <stdlib.h>

/** Spans that share a media thread before the next one is used: a wake-up then serves them all, and
 * 240 channels are an eighth of a core's work. */
#define SPANS_TOGETHER 8

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

int gw_start_spans(struct gw *gw, struct rt_buf *why)
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
