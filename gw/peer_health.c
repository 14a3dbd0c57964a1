/* Health checks: OPTIONS to every server of a peer (RFC 3261 11), by the plan's interval.
 *
 * Any final response but 503 and 408 is a sign of life. A check has until the next one to be
 * answered. So many in a row change a server's state, so that one lost datagram does not.
 */
#include "gw/peer_priv.h"

#include <stdio.h>
#include <utlist.h>

/** Trunks begin one after the other, so that not all checks of a large plan go out at once. */
#define SPREAD       (10 * RT_MS)
#define SPREAD_TURNS 100

static void good_check(struct gw_peer_server *s)
{
    const struct gw_peer_plan *to = &s->peer->trunk->to;
    char why[48];

    s->bad = 0;
    s->good++;
    if (s->good < to->up || (!s->down && !s->retry_at))
        return;
    s->down = false;
    s->penalty = s->retry_at = s->trial_until = 0;
    snprintf(why, sizeof why, "%u health checks answered", s->good);
    gw_peer_update(s, why);
}

static void bad_check(struct gw_peer_server *s)
{
    char why[48];

    rt_count(&gw_peer_counters[GW_PEER_CHECKS_FAILED]);
    s->pub.failures++;
    s->good = 0;
    s->bad++;
    if (s->bad < s->peer->trunk->to.down || s->down)
        return;
    s->down = true;
    snprintf(why, sizeof why, "%u health checks failed", s->bad);
    gw_peer_update(s, why);
}

static void on_answer(void *arg, const struct sip_message *msg)
{
    struct gw_peer_server *s = arg;

    s->ask = NULL;
    if (msg) {
        s->pub.last_answer = rt_now();
        s->pub.round_trip = rt_now() - s->asked;
    }
    if (msg && msg->status != 503 && msg->status != 408)
        good_check(s);
    else
        bad_check(s);
}

static void check_server(struct gw_peer_server *s)
{
    const struct gw_trunk *t = s->peer->trunk;
    const char *scheme = t->to.target.sips ? "sips" : "sip";
    char uri[RT_ADDR_LEN + 300], from[RT_ADDR_LEN + 8], local[RT_ADDR_LEN];
    struct sip_outside_request r = {.hop = s->pub.place.hop,
                                    .method = "OPTIONS",
                                    .contact = true,
                                    .lines = rt_str("Accept: application/sdp\r\n")};

    snprintf(uri, sizeof uri, "%s:%s", scheme, t->to.where);
    snprintf(from, sizeof from, "%s:%s", scheme, sip_ua_local(s->peer->gw->sip, &r.hop, local));
    r.request_uri = r.to_uri = rt_str(uri);
    r.from_uri = rt_str(from);
    rt_count(&gw_peer_counters[GW_PEER_CHECKS]);
    s->asked = rt_now();
    if (sip_outside(&s->ask, s->peer->gw->sip, &r, on_answer, s) != 0) {
        s->ask = NULL;
        bad_check(s);
    }
}

static void check_all(void *arg)
{
    struct gw_peer *p = arg;
    struct gw_peer_server *s;

    rt_timer_start(&p->check, p->trunk->to.health);
    DL_FOREACH(p->servers, s)
    {
        if (s->ask) {
            sip_outside_cancel(s->ask);
            s->ask = NULL;
            bad_check(s);
        }
        check_server(s);
    }
}

void gw_peer_health_start(struct gw_peer *p)
{
    if (p->trunk->to.health == 0 || rt_timer_running(&p->check))
        return;
    rt_timer_init(&p->check, p->gw->loop, check_all, p);
    rt_timer_start(&p->check, p->trunk->index % SPREAD_TURNS * SPREAD);
}
