/* Taps: copies of a port's RTP and RTCP for whoever traces it. Of a secure port it is the clear
 * packet, before it is protected or after it was opened: what is on the wire tells nobody anything.
 *
 * A ring for each media thread, which never waits: what finds it full is dropped and counted. Who
 * taps gives each port a tag, so that packets that are still on their way when the port has gone
 * belong to something.
 */
#include "codec/media_priv.h"

/** Packets that wait for signalling: 5 calls' of 100 ms and more. */
#define TAPPED 256

static void on_tapped(void *arg, const void *msg)
{
    const struct media *m = arg;

    m->tapped(m->tapped_arg, msg);
}

int media_taps(struct media *m, media_tap_fn *fn, void *arg)
{
    int err = 0;

    m->tapped = fn;
    m->tapped_arg = arg;
    for (unsigned i = 0; err == 0 && i < m->cfg.threads; i++)
        err = rt_chan_new(&m->threads[i].taps, m->loop, sizeof(struct media_tapped), TAPPED,
                          on_tapped, m);
    return err;
}

void media_tap(struct media_port *p, uint64_t tag)
{
    struct media_order o = {.type = MEDIA_ORDER_TAP, .port = p, .tag = tag};

    if (p->closing || p->kind != MEDIA_RTP || p->tapped == tag || !p->thread->media->tapped)
        return;
    if (media_order(&o) == 0)
        p->tapped = tag;
}

/** The address on our side: RTCP has the port above RTP's, or the same. */
static union rt_addr local_of(const struct media_rtp_side *r, unsigned component)
{
    union rt_addr a = r->local;
    bool apart = component == 2 && !(r->kit && r->kit->conf.mux);

    rt_addr_set_port(&a, (uint16_t)(rt_addr_port(&a) + apart));
    return a;
}

void media_tap_note(struct media_port *p, bool sent, unsigned component, const uint8_t *data,
                    size_t len, const union rt_addr *peer)
{
    struct media_tapped t = {.tag = p->tap, .sent = sent, .peer = *peer};

    if (len == 0 || len > MEDIA_TAPPED_MAX) {
        rt_count(&media_counters[MEDIA_TAPS_DROPPED]);
        return;
    }
    t.local = local_of(&p->rtp, component);
    t.wall = rt_wall();
    t.len = len;
    memcpy(t.data, data, len);
    if (rt_chan_send(p->thread->taps, &t) != 0)
        rt_count(&media_counters[MEDIA_TAPS_DROPPED]);
}
