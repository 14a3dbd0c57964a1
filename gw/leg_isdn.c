/* The ISDN adapter: Q.931 calls of isdn/ as legs.
 *
 * Channel choice, Q.931 states and timers live in isdn/; here messages become neutral events
 * (leg_isdn_hear.c) and back (leg_isdn_say.c), and the B channel gets its media port.
 */
#include "gw/codec_choice.h"
#include "gw/leg_isdn_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- the leg's life ---- */

static void leg_free(struct gw_leg *leg)
{
    struct leg_isdn *l = isdn_of(leg);

    rt_defer_stop(&l->reaper);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_isdn *l = arg;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

void leg_isdn_close_port(struct leg_isdn *l)
{
    media_abandon(l->leg.port);
    l->leg.port = NULL;
    l->leg.recorded = false;
}

static struct gw_span *span_of(struct gw *gw, unsigned id)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (isdn_span_id(gw->spans[i].isdn) == id)
            return &gw->spans[i];
    return NULL;
}

static const struct gw_leg_ops isdn_leg_ops;

struct leg_isdn *leg_isdn_new(struct gw *gw, struct gw_span *span, const struct gw_trunk *trunk)
{
    struct leg_isdn *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &isdn_leg_ops, trunk);
    /* A user's exchange plays ring-back itself on ALERTING; a PBX hears it from its network, which
     * is us. */
    l->leg.rings_audibly = trunk->span->network;
    l->span = span;
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return l;
}

struct isdn_call *leg_isdn_call(const struct gw_leg *leg)
{
    return leg->ops == &isdn_leg_ops ? ((const struct leg_isdn *)leg)->call : NULL;
}

struct gw_leg *gw_leg_isdn_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct gw_span *span = span_of(gw, trunk->span->id);
    struct leg_isdn *l = span ? leg_isdn_new(gw, span, trunk) : NULL;

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

/* ---- media ---- */

static int leg_thread(const struct gw_leg *leg)
{
    return (int)((const struct leg_isdn *)leg)->span->thread;
}

static void on_media(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct leg_isdn *l = arg;

    (void)p;
    if (!l->leg.call)
        return;
    if (ev->type == MEDIA_ANSWER_TONE || ev->type == MEDIA_FAX_CALLING)
        gw_call_heard(&l->leg, ev);
    if (ev->type == MEDIA_PROGRESS_TONE)
        gw_call_tone_heard(&l->leg, ev->tone);
    if (ev->type == MEDIA_PLAYED)
        gw_call_played(&l->leg);
    if (ev->type != MEDIA_DTMF)
        return;
    gw_call_note(&l->leg, false, "DTMF %c", ev->digit);
    gw_call_event(&l->leg,
                  &(struct gw_event){
                      .type = GW_EV_DTMF, .inband = true, .digits = {ev->digit}, .ms = ev->ms});
}

/** The line has given the channel to another call: its former leg, whose end is told in a moment or
 * which yielded it, hears nothing of it any more. */
static void evict(const struct leg_isdn *l, unsigned channel)
{
    struct gw_leg *leg;

    DL_FOREACH(l->leg.gw->legs, leg)
    {
        struct leg_isdn *former = isdn_of(leg);
        if (leg->ops != &isdn_leg_ops || former == l || !leg->port || former->span != l->span ||
            former->channel != channel)
            continue;
        leg_isdn_close_port(former);
        former->channel = 0;
    }
}

static int open_port(struct leg_isdn *l, unsigned channel)
{
    int err = media_tdm_open(&l->leg.port, l->span->bank, channel, on_media, l);

    if (err != EBUSY)
        return err;
    evict(l, channel);
    return media_tdm_open(&l->leg.port, l->span->bank, channel, on_media, l);
}

static unsigned leg_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_isdn *l = isdn_of(leg);
    unsigned channel = l->call ? isdn_call_channel(l->call) : 0;

    (void)thread; /* a channel lives where its span lives */
    if (leg->away)
        return 0;
    if (channel == 0)
        return 44; /* requested circuit/channel not available */
    struct gw_span *span = span_of(leg->gw, isdn_span_id(isdn_call_span(l->call)));
    if (leg->port && channel == l->channel && span == l->span)
        return 0;
    leg_isdn_close_port(l);
    l->span = span; /* the exchange may have chosen a channel of another span of the group */
    int err = open_port(l, channel);
    if (err != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR, "isdn: no media on %u/%u: %s", isdn_span_id(l->span->isdn),
               channel, strerror(err));
        return 47; /* resource unavailable, unspecified */
    }
    l->channel = channel;
    bool clear = leg->bearer == GW_BEARER_DATA64;
    bool mulaw = leg->trunk->span->mulaw;
    const struct gw_trunk_media *m = &leg->trunk->media;
    media_tdm_set(leg->port, &(struct media_line){.clear = clear,
                                                  .echo = m->echo,
                                                  .listen = true,
                                                  .progress = leg->trunk->sound.detect,
                                                  .gain_in = m->gain_in,
                                                  .gain_out = m->gain_out});
    leg->codec = codec_table[clear ? CODEC_CLEARMODE : mulaw ? CODEC_PCMU : CODEC_PCMA].name;
    return 0;
}

static void leg_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    const struct leg_isdn *l = (const struct leg_isdn *)leg;
    unsigned now = l->call ? isdn_call_channel(l->call) : 0;
    unsigned channel = now ? now : l->channel; /* a held call has none at present */

    if (channel != 0)
        snprintf(out, cap, "%u/%u", isdn_span_id(l->span->isdn), channel);
    else
        out[0] = '\0';
}

static bool leg_stats(const struct gw_leg *leg, struct media_stats *out)
{
    (void)leg;
    (void)out;
    return false;
}

static void leg_codecs(const struct gw_leg *leg, struct gw_codec_far *out)
{
    gw_codec_line(out, leg->trunk->span->mulaw);
}

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_isdn *l = isdn_of(leg);
    struct isdn_setup s = {
        .alaw = !leg->trunk->span->mulaw, .complete = setup->complete, .progress = setup->progress};

    leg_isdn_bearer_out(&s, leg->bearer, setup);
    leg_isdn_number_out(&s.called, &hop->called);
    leg_isdn_number_out(&s.calling, &hop->calling);
    leg_isdn_carried_out(&s, setup, leg);
    s.charges = leg->trunk->charges;
    uint32_t channels = setup->channel ? 1u << setup->channel : leg->trunk->channels;
    int err = isdn_call_setup(&l->call, l->span->isdn, channels, leg->trunk->hunt, &s, l);
    switch (err) {
    case 0:
        l->channel = 0;
        return 0;
    case ENOSPC:
        return 34; /* no circuit/channel available */
    case ENETDOWN:
        return 38; /* network out of order */
    default:
        return 41; /* temporary failure */
    }
}

static const void *leg_handle(const struct gw_leg *leg)
{
    return ((const struct leg_isdn *)leg)->call;
}

static void leg_abandon(struct gw_leg *leg)
{
    struct leg_isdn *l = isdn_of(leg);

    isdn_call_disown(l->span->isdn, l);
    l->call = NULL;
    leg_isdn_close_port(l);
}

static const struct gw_leg_ops isdn_leg_ops = {
    .name = "isdn",
    .handle = leg_handle,
    .abandon = leg_abandon,
    .setup = leg_setup,
    .tell = leg_isdn_tell,
    .thread = leg_thread,
    .media = leg_media,
    .deflect = leg_isdn_deflect,
    .merge = leg_isdn_merge,
    .codecs = leg_codecs,
    .channel = leg_channel,
    .stats = leg_stats,
    .free = leg_free,
};
