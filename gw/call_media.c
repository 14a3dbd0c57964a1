/* Who hears what: the media side of a call. Before the answer the calling leg hears nothing, a tone
 * of ours, or the called side (early media is a declared state); after it both
 * hear each other.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"

#include <errno.h>

/** The thread both ports must live in: a leg that has no choice decides; else calls are dealt out
 * in turn. While digits are collected there is no called side yet. */
static unsigned choose_thread(const struct gw_call *call)
{
    int a = call->a->ops->thread(call->a), b = call->b ? call->b->ops->thread(call->b) : -1;

    if (a >= 0)
        return (unsigned)a;
    if (b >= 0)
        return (unsigned)b;
    return call->number % media_threads(call->gw->media);
}

static enum media_flow flow_wanted(const struct gw_call *call)
{
    if (call->fsm.state == GW_CALL_CONNECTED || call->answered != 0)
        return MEDIA_BOTH;
    return call->a->early == GW_EARLY_REMOTE ? MEDIA_B_TO_A : MEDIA_FLOW_NONE;
}

unsigned gw_call_ports(struct gw_call *call)
{
    unsigned thread = choose_thread(call);
    unsigned cause = call->a->ops->media(call->a, thread);
    return cause ? cause : call->b->ops->media(call->b, thread);
}

unsigned gw_call_reserve(struct gw_call *call)
{
    if (call->a->trunk->kind != GW_TRUNK_SIP)
        return 0;
    return call->a->ops->media(call->a, choose_thread(call));
}

unsigned gw_call_bridge(struct gw_call *call)
{
    unsigned cause = gw_call_ports(call);
    if (cause != 0)
        return cause;
    int err = media_join(call->a->port, call->b->port, flow_wanted(call));
    if (err == 0)
        return 0;
    rt_log(RT_LOG_CALL, RT_ERROR, "%s: media not joined: %s", call->name, strerror(err));
    return 47; /* resource unavailable, unspecified */
}

void gw_call_tone(struct gw_call *call, struct gw_leg *leg, enum tone_kind kind)
{
    const struct dp_site *site = leg->trunk->site;
    const char *country = site ? dp_country_code(site->country) : NULL;

    if (kind != TONE_NONE && leg->ops->media(leg, choose_thread(call)) != 0)
        return; /* no port: the far end rings on its own */
    if (leg->port)
        media_tone(leg->port, kind == TONE_NONE ? NULL : tone_country(country, kind));
}

void gw_call_tone_off(struct gw_call *call)
{
    if (call->a && call->a->port)
        media_tone(call->a->port, NULL);
}
