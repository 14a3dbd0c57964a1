/* The last step of routing: numbers, carriers and what a peer hears of a call, in the form of each
 * hop's trunk. */
#include "dialplan/rules.h"
#include "gw/headers.h"
#include "gw/route_priv.h"
#include "gw/rt/log.h"

#include <stdio.h>

/* ---- numbers ---- */

/** The trunk leads into the house: who has no number and calls from outside is not the house. */
static bool inward(const struct gw_pass *p, const struct gw_trunk *t)
{
    return t->numbers == DP_AS_DIALLED || (p->q->from->own && !t->own);
}

/** A caller without a number, or with one that the trunk does not own, is shown as the house. */
static void identify(struct gw_pass *p, const struct gw_trunk *t, struct dp_number *calling,
                     const char **how)
{
    const struct dp_site *site = t->site;
    enum dp_present present = calling->present;
    bool house = site && site->main.digits[0];
    struct dp_match m;

    *how = NULL;
    if (calling->digits[0] == '\0') {
        if (!house || inward(p, t))
            return;
        *calling = site->main;
        *how = "no number: shown as the house";
    } else if (t->own && !p->out->callback) {
        dp_table_find(&m, t->own, calling, site);
        if (!m.value && p->out->location) {
            *how = "is not within own: shown all the same, it is where help is needed";
            return;
        }
        *how = m.value ? "is within own"
               : house ? "is not within own: shown as the house"
                       : "is not within own: not shown";
        if (m.value && calling->screen == DP_USER_NOT_SCREENED)
            calling->screen = DP_USER_PASSED; /* we have, against `own` */
        if (m.value)
            return;
        if (house)
            *calling = site->main;
        else
            calling->digits[0] = '\0';
    } else {
        return;
    }
    calling->present = present == DP_RESTRICTED ? DP_RESTRICTED : DP_ALLOWED;
}

static void format(struct dp_number *n, const struct gw_trunk *t)
{
    struct dp_number out = *n;

    if (!t->rules || !dp_rules_apply_out(t->rules, &out))
        dp_format_number(&out, n, t->numbers, t->site);
    *n = out;
}

/** Of a ported number ISUP calls the routing number, and says the one dialled beside it. A target
 * with a number of its own has none. */
static void ported(const struct gw_pass *p, struct gw_hop *hop)
{
    if (p->out->key.e164 && !dp_number_equal(&p->out->key, &p->out->called) &&
        dp_number_equal(&hop->called, &p->out->called)) {
        hop->routing = p->out->key;
        format(&hop->routing, hop->trunk);
    }
}

/** Our own codes are for our own network (RFC 4694 5). */
static void fit_carrier(struct gw_pass *p, struct gw_hop *hop)
{
    const struct gw_decision *d = p->out;
    struct dp_key_rule rule = {.foreign_rn_off = d->own_rn, .foreign_cic_off = d->own_cic};

    rule.drop_rn = rule.drop_npdi =
        !dp_number_equal(&hop->called, &d->called); /* another number's */
    hop->carrier = d->carrier;
    if (d->carrier.set)
        dp_key_pass(&hop->carrier, &d->carrier, &rule, !hop->trunk->own_carrier);
}

/** A network that does not know the number of the place that an emergency call comes from may show
 * another. The call goes that way all the same, but not in silence. */
static void tell_of_place(const struct gw_pass *p, const struct gw_trunk *t)
{
    const struct gw_emergency_place *place = p->out->location;
    char text[DP_TEXT_LEN];
    struct dp_match m;

    if (!place || !t->own || !p->q->call)
        return;
    dp_table_find(&m, t->own, &place->caller, t->site);
    if (!m.value)
        rt_log(
            RT_LOG_CALL, RT_WARN,
            "an emergency call from trunk %s may leave over trunk %s, whose \"own\" lacks %s, the "
            "number of its place",
            p->q->from->name, t->name, dp_text(text, &place->caller));
}

/** Both numbers may have come from a target of their own. */
static void fit(struct gw_pass *p, struct gw_hop *hop)
{
    const char *how;

    identify(p, hop->trunk, &hop->calling, &how);
    tell_of_place(p, hop->trunk);
    ported(p, hop);
    fit_carrier(p, hop);
    format(&hop->called, hop->trunk);
    format(&hop->calling, hop->trunk);
    if (p->ton)
        hop->called.ton = p->ton->ton;
}

/* ---- explanation ---- */

static const char *const presents[] = {"allowed", "restricted", "unavailable"};
static const char *const screens[] = {"user-provided-not-screened", "user-provided-verified-passed",
                                      "user-provided-verified-failed", "network-provided"};

/** One line for each of those that a call over this trunk would meet. */
static void explain_lines(struct gw_pass *p, struct rt_str lines)
{
    while (lines.n > 0) {
        struct rt_str line = rt_str_cut(&lines, '\n');
        if (line.n > 0)
            gw_explain_line(p->explain, NULL, "%.*s", RT_STR(line));
    }
}

/** What the trunk's header rules would do to the INVITE; its host is not known yet. */
static void explain_headers(struct gw_pass *p, const struct gw_hop *hop)
{
    char called[DP_TEXT_LEN], caller[DP_TEXT_LEN], from[DP_TEXT_LEN + 8], to[DP_TEXT_LEN + 8];
    struct rt_buf lines = {0};
    struct gw_headers h;

    dp_text(called, &hop->called);
    dp_text(caller, &hop->calling);
    snprintf(from, sizeof from, "sip:%s@-", caller);
    snprintf(to, sizeof to, "sip:%s@-", called);
    struct rt_str from_uri = rt_str(from), to_uri = rt_str(to);
    struct sip_header asserted = {rt_str("P-Asserted-Identity"), rt_str(from)};
    struct gw_header_out out = {.on = GW_ON_INVITE,
                                .headers = &asserted,
                                .nheaders = caller[0] != '\0',
                                .from_uri = &from_uri,
                                .to_uri = &to_uri,
                                .words = {.called = rt_str(called),
                                          .caller = rt_str(caller),
                                          .call_id = rt_str("-"),
                                          .user_uri = rt_str(from)},
                                .explain = &lines};
    gw_header_rules_out(&h, hop->trunk, &out);
    explain_lines(p, rt_buf_str(&lines));
    rt_buf_release(&lines);
}

static void explain_bearer(struct gw_pass *p, const struct gw_trunk *to)
{
    enum gw_bearer b;

    if (gw_route_bearer(&b, p->q, to) != 0)
        gw_explain_line(p->explain, NULL,
                        "bearer %s: refused with cause 65, this trunk carries %s alone",
                        gw_bearer_name(p->q->bearer), gw_bearer_name(to->bearer));
    else if (to->kind == GW_TRUNK_SPAN || to->kind == GW_TRUNK_LOCAL)
        gw_explain_line(p->explain, NULL, "bearer %s", gw_bearer_name(b));
    else
        gw_explain_line(p->explain, NULL, "bearer %s: offered as %s", gw_bearer_name(b),
                        b == GW_BEARER_DATA64 ? "CLEARMODE" : "the codecs of \"media\"");
}

/** What else a SIP trunk's plan says about the call: causes and header fields. */
static void explain_peer(struct gw_pass *p, const struct gw_hop *hop)
{
    const struct gw_causes *causes = &hop->trunk->causes;

    if (hop->trunk->kind != GW_TRUNK_SIP || hop->ask)
        return;
    gw_explain_line(p->explain, NULL, "causes %s%s", gw_causes_profile_name(causes),
                    causes->nrules > 0 ? " after rows of its own:" : "");
    for (unsigned i = 0; i < causes->nrules; i++)
        gw_explain_line(p->explain, NULL, "  %s", causes->rules[i].text);
    explain_headers(p, hop);
}

static void explain_carrier(struct gw_pass *p, const struct gw_hop *hop)
{
    const struct dp_carrier_out *c = &hop->carrier;
    char text[DP_TEXT_LEN];

    if (hop->routing.digits[0])
        gw_explain_line(p->explain, NULL, "ported: routing number %s",
                        dp_text(text, &hop->routing));
    if (c->rn[0] || c->npdi || c->cic[0])
        gw_explain_line(p->explain, NULL, "%s%s%s%s%s", c->rn[0] ? ";rn=" : "", c->rn,
                        c->npdi ? ";npdi" : "", c->cic[0] ? ";cic=" : "", c->cic);
}

/** Where the trunk says what its callers may be. */
static const struct conf_pos *own_pos(const struct gw_trunk *t)
{
    const struct conf_node *n = t->node ? conf_child(t->node, "own") : NULL;
    return n ? &n->pos : &t->pos;
}

static void explain_hop(struct gw_pass *p, const struct gw_hop *hop, const char *identity,
                        const struct dp_number *as)
{
    static const char *const words[] = {[GW_TRUNK_SIP] = "INVITE",
                                        [GW_TRUNK_SPAN] = "SETUP",
                                        [GW_TRUNK_MGCP] = "CRCX",
                                        [GW_TRUNK_AGENT] = "NTFY",
                                        [GW_TRUNK_LOCAL] = "here"};
    char label[GW_NAME_LEN + 8], called[DP_TEXT_LEN], caller[DP_TEXT_LEN];

    snprintf(label, sizeof label, "egress %s", hop->trunk->name);
    gw_explain_step(p->explain, label, &hop->trunk->pos, "%s called %s TON %s NPI %s",
                    words[hop->trunk->kind], dp_text(called, &hop->called),
                    dp_ton_name(hop->called.ton),
                    hop->called.npi == DP_NPI_ISDN ? "isdn" : "unknown");
    gw_explain_line(p->explain, NULL, "caller %s TON %s, %s, %s", dp_text(caller, &hop->calling),
                    dp_ton_name(hop->calling.ton), presents[hop->calling.present],
                    screens[hop->calling.screen]);
    if (identity)
        gw_explain_line(p->explain, own_pos(hop->trunk), "identity check: %s %s",
                        dp_text(caller, as), identity);
    explain_carrier(p, hop);
    explain_bearer(p, hop->trunk);
    explain_peer(p, hop);
}

void gw_pass_egress(struct gw_pass *p)
{
    struct gw_decision *d = p->out;

    for (unsigned i = 0; i < d->nhops; i++) {
        struct gw_hop *hop = &d->hop[i];
        struct dp_number as = hop->calling;
        const char *identity = NULL;
        if (p->explain) {
            struct dp_number probe = hop->calling;
            identify(p, hop->trunk, &probe, &identity);
        }
        fit(p, hop);
        if (p->explain)
            explain_hop(p, hop, identity, &as);
    }
}
