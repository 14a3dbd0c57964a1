/* Where the requests of a dialog go when its first route, or else its target, is a name (RFC 3261
 * 12.2.1.1, RFC 3263): looked up when the dialog is made or refreshed. Until that is known they go
 * the way the dialog began, but for the first ACK, which waits.
 */
#include "sip/session.h"
#include "sip/text.h"

#include <errno.h>

/** A server that the dialog talks to already is the best of those found; else the first is. */
static const struct sip_hop *choose(const struct sip_session *s, const struct sip_places *places)
{
    for (unsigned i = 0; i < places->n; i++) {
        const struct sip_hop *h = &places->place[i].hop;
        if (h->transport == s->d.flow.transport && rt_addr_equal(&h->addr, &s->d.flow.addr))
            return NULL;
    }
    return places->n > 0 ? &places->place[0].hop : NULL;
}

static void on_located(void *arg, const struct sip_places *places)
{
    struct sip_session *s = arg;
    const struct sip_hop *hop = choose(s, places);
    uint32_t waits = s->ack_waits;

    s->locate = NULL;
    s->ack_waits = 0;
    if (hop)
        sip_flow_to(s->ua->transports, hop, &s->d.flow);
    if (waits && s->state != SIP_S_OVER)
        sip_session_ack(s, waits, NULL);
}

void sip_session_locate(struct sip_session *s)
{
    struct sip_target target;
    struct sip_hop hop;
    struct rt_str uri = sip_dialog_next_hop(&s->d);

    sip_locate_cancel(s->locate);
    s->locate = NULL;
    if (s->d.symmetric || !s->ua->cfg.dns || sip_uri_hop(uri, &hop) ||
        sip_target_parse(&target, uri) != 0 ||
        sip_locate(&s->locate, s->ua->cfg.dns, s->ua->loop, &target, &s->ua->cfg.means, on_located,
                   s) != 0)
        s->locate = NULL;
}

void sip_session_retarget(struct sip_session *s, const struct sip_msg *m)
{
    if (m->pub.contact_uri.n == 0)
        return;
    sip_dialog_refresh(&s->d, s->ua, m);
    sip_session_locate(s);
}
