/* `show trunk`: one trunk, and for a SIP peer each of its servers. */
#include "gw/admin/control_priv.h"
#include "gw/peer.h"

#include <errno.h>
#include <stdio.h>

/** As the plan has it, but for the words that the defaults stand for. */
static void uri_text(char *out, size_t cap, const struct gw_trunk *t)
{
    const struct sip_target *to = &t->to.target;

    snprintf(out, cap, "%s:%s%s%s", to->sips ? "sips" : "sip", t->to.where,
             to->chosen ? ";transport=" : "", to->chosen ? sip_transport_word(to->transport) : "");
}

void gw_answer_where(struct gw_answer *a, const struct gw_trunk *t)
{
    char text[RT_ADDR_LEN + 300];

    if (t->kind == GW_TRUNK_SPAN)
        snprintf(text, sizeof text, "span %u", t->span->id);
    else if (t->kind == GW_TRUNK_MGCP)
        snprintf(text, sizeof text, "gateway %s", t->mgcp->gateway->name);
    else if (t->registered)
        snprintf(text, sizeof text, "registered users of %s", t->to.domain);
    else if (t->by_enum)
        snprintf(text, sizeof text, "where ENUM says");
    else if (t->peer.sa.sa_family == AF_UNSPEC)
        uri_text(text, sizeof text, t);
    else
        gw_peer_hop_text(text, t->transport, &t->peer);
    gw_answer_text(a, "where", text);
}

static const char *lookup_text(int err)
{
    return err == 0           ? "ok"
           : err == ENOENT    ? "not found"
           : err == ENOTSUP   ? "no transport of ours"
           : err == ETIMEDOUT ? "no name server answers"
                              : "name servers fail";
}

static void trunk_head(struct gw_answer *a, const struct gw_trunk *t,
                       const struct gw_peer_status *s)
{
    const struct gw_peer_plan *to = &t->to;
    char uri[RT_ADDR_LEN + 300];

    uri_text(uri, sizeof uri, t);
    gw_answer_begin(a, "sip_trunk");
    gw_answer_text(a, "trunk", t->name);
    gw_answer_text(a, "peer", uri);
    gw_answer_text(a, "state", gw_peer_state_name(s->state));
    gw_answer_number(a, "since_ms", (rt_now() - s->since) / RT_MS);
    gw_answer_number(a, "servers", s->n);
    if (s->expires != INT64_MAX) {
        gw_answer_text(a, "lookup", lookup_text(s->err));
        gw_answer_number(a, "lookup_in", (s->expires - rt_now() + RT_S - 1) / RT_S);
    }
    gw_answer_number(a, "health_every_ms", to->health / RT_MS);
    if (to->health > 0) {
        gw_answer_number(a, "health_down", to->down);
        gw_answer_number(a, "health_up", to->up);
    }
    gw_answer_end(a);
}

static void list_server(struct gw_answer *a, const struct gw_peer_status *peer,
                        const struct gw_peer_target *s)
{
    char text[GW_HOP_LEN];

    gw_peer_hop_text(text, s->place.hop.transport, &s->place.hop.addr);
    gw_answer_begin(a, "server");
    gw_answer_text(a, "server", text);
    gw_answer_text(a, "state", gw_peer_state_name(s->state));
    gw_answer_number(a, "since_ms", (rt_now() - s->since) / RT_MS);
    gw_answer_number(a, "priority", s->place.priority);
    gw_answer_number(a, "weight", s->place.weight);
    if (s->round_trip > 0)
        gw_answer_number(a, "round_trip_ms", (s->round_trip + RT_MS / 2) / RT_MS);
    if (s->last_answer > 0)
        gw_answer_number(a, "answered_ms", (rt_now() - s->last_answer) / RT_MS);
    gw_answer_number(a, "failures", (int64_t)s->failures);
    if (peer->expires != INT64_MAX)
        gw_answer_number(a, "ttl", (peer->expires - rt_now() + RT_S - 1) / RT_S);
    gw_answer_end(a);
}

int gw_show_trunk(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_trunk *t = gw_plan_trunk(a->plan, rt_str(args->arg[0]));
    struct gw_peer_status s;

    if (!t)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: no such trunk", args->arg[0]);
    if (!gw_peer_status(a->gw, t, &s)) {
        gw_answer_trunk(a, t);
        return GW_EXIT_OK;
    }
    trunk_head(a, t, &s);
    for (unsigned i = 0; i < s.n; i++)
        list_server(a, &s, &s.target[i]);
    return GW_EXIT_OK;
}
