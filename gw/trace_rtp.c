/* RTP and RTCP of calls that somebody follows: their ports are tapped, and what comes of them is
 * written as the datagrams that they were, in the clear.
 *
 * The ports of a call change as it goes on. Whatever changes them is said to somebody: so each
 * message of a followed call has its present ports looked at, which costs nothing where they are
 * the same.
 */
#include "gw/trace_priv.h"

#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

/** Packets of a call that has ended are still on their way from the media threads. */
#define PARTING (200 * RT_MS)

struct gw_trace_tap {
    unsigned call;
    uint32_t bits; /**< of its followers */
    bool over;
    UT_hash_handle hh;
};

/* ---- tags: what a port's packets are known by ---- */

static uint64_t tag_of(const struct gw_leg *leg)
{
    return (uint64_t)leg->call->number << 1 | (leg->side == 'b');
}

static struct gw_trace_tap *find(struct gw_trace *t, unsigned call)
{
    struct gw_trace_tap *tap;

    HASH_FIND(hh, t->taps, &call, sizeof call, tap);
    return tap;
}

static void forget(struct gw_trace *t, struct gw_trace_tap *tap)
{
    HASH_DEL(t->taps, tap);
    free(tap);
}

static void listen_to(const struct gw_leg *leg)
{
    if (leg && leg->port && leg->call)
        media_tap(leg->port, tag_of(leg));
}

void gw_trace_rtp_tap(struct gw_trace *t, const struct gw_call *call)
{
    struct gw_trace_tap *tap;

    if (!call->followed)
        return;
    tap = find(t, call->number);
    if (!tap) {
        tap = calloc(1, sizeof *tap);
        if (!tap)
            return;
        tap->call = call->number;
        HASH_ADD(hh, t->taps, call, sizeof tap->call, tap);
    }
    tap->bits = call->followed;
    listen_to(call->a);
    listen_to(call->b);
}

void gw_trace_rtp_untap(struct gw_trace *t, uint32_t bit)
{
    struct gw_trace_tap *tap, *tmp;

    for (struct gw_leg *leg = t->gw->legs; leg; leg = leg->next) {
        tap = leg->call && leg->port ? find(t, leg->call->number) : NULL;
        if (tap && tap->bits == bit)
            media_tap(leg->port, 0);
    }
    HASH_ITER(hh, t->taps, tap, tmp)
    {
        tap->bits &= ~bit;
        if (tap->bits == 0)
            forget(t, tap);
    }
}

/* ---- packets ---- */

static void on_packet(void *arg, const struct media_tapped *p)
{
    struct gw_trace *t = arg;
    unsigned call = (unsigned)(p->tag >> 1);
    struct gw_trace_tap *tap = find(t, call);
    struct gw_trace_follower *f, *tmp;
    struct rt_str content = {(const char *)p->data, p->len};

    if (!tap || !gw_trace_datagram(t, p->sent, p->wall, &p->local, &p->peer, content))
        return;
    DL_FOREACH_SAFE(t->followers, f, tmp)
    if (tap->bits & f->bit)
        f->fn(f->arg, gw_trace_named(t, rt_buf_str(&t->block), call, p->tag & 1 ? 'b' : 'a'));
}

int gw_trace_media(struct gw_trace *t, struct media *m)
{
    return t && t->gw->plan->traces.rtp ? media_taps(m, on_packet, t) : 0;
}

/* ---- the end ---- */

void gw_trace_over(struct gw_trace *t, const struct gw_call *call)
{
    struct gw_trace_tap *tap = t && t->taps ? find(t, call->number) : NULL;

    if (!tap)
        return;
    tap->over = true;
    if (!rt_timer_running(&t->over))
        rt_timer_start(&t->over, PARTING);
}

/** Who follows that call alone has all of it. */
static void tell(struct gw_trace *t, unsigned call)
{
    struct gw_trace_follower *f, *tmp;

    DL_FOREACH_SAFE(t->followers, f, tmp)
    if (f->filter.kind == GW_TRACE_CALL && f->filter.call == call)
        f->fn(f->arg, (struct rt_str){NULL, 0});
}

void gw_trace_rtp_over(void *arg)
{
    struct gw_trace *t = arg;
    struct gw_trace_tap *tap, *tmp;
    unsigned call;

    HASH_ITER(hh, t->taps, tap, tmp)
    {
        if (!tap->over)
            continue;
        call = tap->call;
        forget(t, tap);
        tell(t, call);
    }
}

void gw_trace_rtp_free(struct gw_trace *t)
{
    struct gw_trace_tap *tap, *tmp;

    rt_timer_stop(&t->over);
    HASH_ITER(hh, t->taps, tap, tmp)
    forget(t, tap);
}
