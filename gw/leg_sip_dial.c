/* Where a SIP leg's INVITE goes: to its trunk's servers, to the contacts of a registered user, or
 * to those of a 3xx (RFC 3261 8.1.3.4). One after the other, until one is answered.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/peer.h"
#include "gw/register.h"
#include "gw/registrar.h"

#include <stddef.h>
#include <stdlib.h>

#define CONTACTS_MAX 10

/** One of the places. */
struct leg_sip_target {
    char uri[GW_CONTACT_LEN]; /**< Request-URI; empty: the number at the trunk's peer */
    char routes[GW_PATH_LEN];
    struct sip_hop hop; /**< with `uri`: where that is; no address: still to be found */
};

struct leg_sip_targets {
    bool at_peer;          /**< the URI is asked for at the trunk's peer, wherever it leads */
    struct gw_setup setup; /**< as this trunk is told of it */
    unsigned n, at;
    unsigned redirections;
    struct sip_locate *locate;
    struct leg_sip_target target[CONTACTS_MAX]; /**< the last member: only the first is zeroed */
};

void leg_sip_targets_free(struct leg_sip *l)
{
    if (!l->targets)
        return;
    sip_locate_cancel(l->targets->locate);
    free(l->targets);
    l->targets = NULL;
}

/* ---- sending ---- */

/** Who needs help is not to wait for a server that may be dead while there is another way. */
static rt_time silence_of(const struct leg_sip *l)
{
    const struct gw_call *call = l->leg.call;
    const struct gw_dialling *dial = call->dial;
    rt_time own = l->leg.trunk->session.silence, most = call->plan->dial.emergency.silence;

    if (!dial->decision.hop[dial->hop].emergency || dial->hop + 1 >= dial->decision.nhops)
        return own;
    return own && own < most ? own : most;
}

static unsigned send_invite(struct leg_sip *l, const struct sip_hop *hops, unsigned nhops)
{
    const struct gw_dialling *dial = l->leg.call->dial;
    const struct gw_hop *hop = &dial->decision.hop[dial->hop];
    const struct gw_trunk *t = l->leg.trunk;
    const struct leg_sip_target *to = &l->targets->target[l->targets->at];
    bool direct = leg_sip_direct(l);
    struct sip_session_options opt = t->session.sip;
    const struct gw_setup *setup = &l->targets->setup;
    struct leg_sip_identity id;
    struct rt_buf routes = {0};

    if (direct && setup->sdp.n == 0)
        opt.reliable = SIP_OFF; /* the caller might be unable to answer an offer in time */
    if (dial->open)
        opt.reliable = SIP_OFF; /* an INVITE that others follow: see decision 015 */
    leg_sip_identity(&id, l->leg.gw, t, hop, setup);
    if (l->leg.call->emergency)
        leg_sip_emergency(&id, l->leg.call->plan);
    /* a Service-Route is for what the trunk's peer is asked, whoever is called there */
    bool elsewhere = to->uri[0] && !l->targets->at_peer;
    struct rt_str list = elsewhere ? rt_str(to->routes) : gw_register_routes(l->leg.gw, t);
    if (list.n > 0)
        rt_buf_printf(&routes, "Route: %.*s\r\n", RT_STR(list));
    struct sip_invite inv = {
        .hops = hops,
        .nhops = nhops,
        .try_for = silence_of(l),
        .no_answer = l->leg.call->emergency ? 0 : t->session.no_answer,
        .options = &opt,
        .peer = t,
        .hops_used = setup->hops_used,
        .request_uri = rt_str(to->uri[0] ? to->uri : id.request_uri),
        .to_uri = rt_str(t->by_enum ? to->uri : id.request_uri),
        .from_uri = rt_str(id.from_uri),
        .from_name = rt_str(id.from_name),
        .contact_user = rt_str(id.contact_user),
        .body = direct ? leg_sip_sdp(setup->sdp) : leg_sip_body(l),
        .headers = id.headers,
        .nheaders = id.nheaders,
        .lines = setup->lines,
        .routes = rt_buf_str(&routes),
        .more = dial->open,
    };
    struct gw_headers rules;
    leg_sip_rules_invite(&rules, l, hop, setup, &inv);
    int err = sip_session_invite(&l->session, l->leg.gw->sip, &inv, &leg_sip_session_ops, l);
    rt_buf_release(&routes);
    if (err != 0)
        return 41; /* temporary failure */
    l->sessions++;
    if (direct)
        sip_session_relay(l->session, true);
    rt_str_copy(l->leg.call_id, sizeof l->leg.call_id, sip_session_call_id(l->session));
    return 0;
}

/* ---- finding ---- */

/** Who redirects may not make our calls for us: another trunk's servers, which know us, are reached
 * through the plan alone, and what came over TLS goes on over TLS (RFC 3261 26.2.2). */
static bool may_go(const struct leg_sip *l, const struct sip_hop *hop)
{
    const struct gw_trunk *t = l->leg.trunk;

    if (l->targets->redirections == 0)
        return true;
    if (t->to.target.transport == SIP_TLS && hop->transport != SIP_TLS)
        return false;
    return t->session.anywhere || !gw_peer_foreign(l->leg.gw, t, &hop->addr);
}

static void on_located(void *arg, const struct sip_places *places)
{
    struct leg_sip *l = arg;
    struct sip_hop hops[SIP_HOPS_MAX];
    unsigned n = 0;

    l->targets->locate = NULL;
    for (unsigned i = 0; i < places->n && n < SIP_HOPS_MAX; i++)
        if (may_go(l, &places->place[i].hop))
            hops[n++] = places->place[i].hop;
        else
            rt_log(RT_LOG_SIP, RT_NOTICE, "trunk %s: a redirection to %.80s is not followed",
                   l->leg.trunk->name, l->targets->target[l->targets->at].uri);
    if (n > 0 && send_invite(l, hops, n) == 0)
        return;
    if (!leg_sip_dial_next(l))
        leg_sip_end_unreachable(l);
}

/** A contact's host is looked up like any other (RFC 3263). */
static unsigned locate(struct leg_sip *l, const struct leg_sip_target *to)
{
    struct sip_target target;
    struct sip_means means;

    gw_peer_means(&means, l->leg.gw->plan);
    if (sip_target_parse(&target, rt_str(to->uri)) != 0 ||
        sip_locate(&l->targets->locate, l->leg.gw->dns, l->leg.gw->loop, &target, &means,
                   on_located, l) != 0)
        return 27; /* destination out of order */
    return 0;
}

/** 0, or the Q.850 cause why the target at hand cannot be tried. */
static unsigned try_target(struct leg_sip *l)
{
    const struct leg_sip_target *to = &l->targets->target[l->targets->at];
    struct sip_hop hops[SIP_HOPS_MAX];

    if (to->uri[0] && to->hop.addr.sa.sa_family != AF_UNSPEC)
        return send_invite(l, &to->hop, 1);
    if (to->uri[0] && !l->targets->at_peer)
        return locate(l, to);
    unsigned n = gw_peer_hops(l->leg.gw, l->leg.trunk, hops, SIP_HOPS_MAX);
    return n > 0 ? send_invite(l, hops, n) : 27; /* destination out of order */
}

bool leg_sip_far(const struct leg_sip *l, union rt_addr *out)
{
    const struct gw_trunk *t = l->leg.trunk;

    if (l->session)
        *out = *sip_session_far(l->session);
    else if (l->targets && l->targets->target[l->targets->at].hop.addr.sa.sa_family != AF_UNSPEC)
        *out = l->targets->target[l->targets->at].hop.addr;
    else if (t->peer.sa.sa_family != AF_UNSPEC)
        *out = t->peer;
    else
        return gw_peer_address(l->leg.gw, t, out);
    return true;
}

/** Where a contact is: where its REGISTER came from. Once that connection is gone nobody listens
 * at the port that the user connected from, but at the contact's own; at the same host alone, since
 * a user must not have us call servers that know us. */
static struct sip_hop contact_hop(const struct leg_sip *l, const struct gw_binding *b)
{
    struct sip_hop hop = {.transport = b->transport, .addr = b->received, .conn = b->conn};
    struct sip_target own;
    struct sip_places at;
    struct sip_means means;

    gw_peer_means(&means, l->leg.gw->plan);
    if (b->transport != SIP_UDP && !b->path[0] && sip_target_parse(&own, rt_str(b->uri)) == 0 &&
        sip_locate_numeric(&at, &own, &means) && at.n > 0 &&
        at.place[0].hop.transport == b->transport &&
        rt_addr_same_host(&at.place[0].hop.addr, &b->received))
        hop.addr = at.place[0].hop.addr;
    return hop;
}

/** The contacts of a registered user, whose name is the number called. */
static unsigned user_targets(struct leg_sip *l, const struct gw_hop *hop)
{
    struct gw_binding binding[CONTACTS_MAX];
    char user[DP_TEXT_LEN];
    unsigned n = gw_registrar_contacts(l->leg.gw, rt_str(dp_text(user, &hop->called)), binding,
                                       CONTACTS_MAX);

    for (unsigned i = 0; i < n; i++) {
        struct leg_sip_target *t = &l->targets->target[l->targets->n];
        if (!rt_str_copy(t->uri, sizeof t->uri, rt_str(binding[i].uri)) ||
            !rt_str_copy(t->routes, sizeof t->routes, rt_str(binding[i].path)))
            continue; /* the registrar takes none so long */
        t->hop = contact_hop(l, &binding[i]);
        l->targets->n++;
    }
    return l->targets->n > 0 ? 0 : 20; /* subscriber absent */
}

unsigned leg_sip_targets_new(struct leg_sip *l, const struct gw_hop *hop,
                             const struct gw_setup *setup)
{
    unsigned cause = 0;

    l->targets = malloc(sizeof *l->targets);
    if (!l->targets)
        return 41;                                                      /* temporary failure */
    memset(l->targets, 0, offsetof(struct leg_sip_targets, target[1])); /* the rest is large */
    l->targets->setup = *setup;
    if (l->leg.trunk->registered)
        cause = user_targets(l, hop);
    else
        l->targets->n = 1;
    if (setup->target.n > 0 && !l->leg.trunk->registered) {
        bool fits =
            rt_str_copy(l->targets->target[0].uri, sizeof l->targets->target[0].uri, setup->target);
        l->targets->at_peer = fits && !l->leg.trunk->by_enum;
        if (!fits && l->leg.trunk->by_enum)
            cause = 28; /* invalid number format */
    }
    return cause;
}

unsigned leg_sip_dial(struct leg_sip *l)
{
    return try_target(l);
}

/** Nothing of the target at hand holds for the next one. */
static void leave_target(struct leg_sip *l)
{
    if (l->session)
        sip_session_close(l->session, NULL);
    l->session = NULL;
    l->agreed = l->progressed = l->rang = false;
}

bool leg_sip_dial_next(struct leg_sip *l)
{
    struct leg_sip_targets *t = l->targets;

    if (!t || !l->leg.call->dial)
        return false;
    while (t->at + 1 < t->n) {
        t->at++;
        leave_target(l);
        if (try_target(l) == 0)
            return true;
    }
    return false;
}

void leg_sip_dial_tried(struct leg_sip *l, const struct sip_hop *hop, enum sip_try result,
                        const struct sip_message *msg)
{
    static const enum gw_peer_outcome outcomes[] = {
        [SIP_TRY_ANSWERED] = GW_PEER_ANSWERED,
        [SIP_TRY_BUSY] = GW_PEER_BUSY503,
        [SIP_TRY_TIMEOUT] = GW_PEER_TIMEOUT,
        [SIP_TRY_TRANSPORT] = GW_PEER_FAILED,
    };

    if (!l->targets || l->leg.trunk->by_enum ||
        (l->targets->target[l->targets->at].uri[0] && !l->targets->at_peer))
        return; /* no server of the trunk's */
    gw_peer_report(l->leg.gw, l->leg.trunk, hop, outcomes[result],
                   msg && msg->retry_after > 0 ? (unsigned)msg->retry_after : 0);
}

/* ---- redirection ---- */

/** The contacts of a 3xx that a SIP request can be sent to, those with the highest q first. */
static unsigned read_contacts(struct leg_sip_target *out, const struct sip_message *msg)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;
    struct sip_target where;
    unsigned n = 0, q[CONTACTS_MAX];

    while (n < CONTACTS_MAX && sip_contact_next(&c, &at, msg)) {
        unsigned i = n;
        if (c.uri.n >= sizeof out->uri || sip_target_parse(&where, c.uri) != 0)
            continue;
        for (; i > 0 && q[i - 1] < c.q; i--) {
            out[i] = out[i - 1];
            q[i] = q[i - 1];
        }
        memset(&out[i], 0, sizeof out[i]);
        rt_str_copy(out[i].uri, sizeof out[i].uri, c.uri);
        q[i] = c.q;
        n++;
    }
    return n;
}

void leg_sip_redirected_to(struct gw_event *out, const struct sip_message *msg)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;

    if (msg->status < 300 || msg->status > 399)
        return;
    while (sip_contact_next(&c, &at, msg))
        if (dp_number_from_uri(&out->connected, c.uri) == 0 && out->connected.digits[0])
            break;
    out->reason = GW_REDIRECT_DEFLECTION;
}

bool leg_sip_dial_redirected(struct leg_sip *l, const struct sip_message *msg)
{
    struct leg_sip_targets *t = l->targets;

    if (!t || !l->leg.trunk->session.follow || msg->status < 300 || msg->status > 399 ||
        t->redirections++ >= LEG_SIP_REDIRECTIONS)
        return false;
    unsigned n = read_contacts(t->target, msg);
    if (n == 0)
        return false;
    t->n = n;
    t->at = 0;
    t->at_peer = false;
    leave_target(l);
    return try_target(l) == 0 || leg_sip_dial_next(l);
}
