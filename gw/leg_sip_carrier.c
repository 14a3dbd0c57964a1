/* Trunk groups (RFC 4904), carriers and ported numbers (RFC 4694) as parameters of the numbers in
 * URIs (dialplan/tel.h reads them): where a call is to leave is said in the Request-URI, where it
 * came from in Contact.
 */
#include "gw/leg_sip_priv.h"

#include <stdio.h>

/* ---- as we say it ---- */

/** Appends `;name=value` as a whole, or not at all. */
static void put(char *out, size_t cap, const char *name, const char *value)
{
    size_t n = strlen(out), more = strlen(name) + strlen(value) + 2;

    if (value[0] && n + more < cap)
        snprintf(out + n, cap - n, ";%s=%s", name, value);
}

/** A local routing number means nothing without its context (RFC 4694 4): the trunk's, or it is not
 * said. */
static void settle_rn(struct dp_carrier_out *c, const struct gw_identity_plan *plan)
{
    if (c->rn[0] == '\0' || c->rn[0] == '+' || c->rn_context[0])
        return;
    RT_JOIN(c->rn_context, sizeof c->rn_context, rt_str(plan->phone_context));
    if (c->rn_context[0] == '\0')
        c->rn[0] = '\0';
}

/** What was decided for this hop, else what the caller said; with the trunk's own. */
static void carrier_of(struct dp_carrier_out *out, const struct gw_trunk *trunk,
                       const struct gw_setup *setup, const struct gw_hop *hop)
{
    const struct gw_identity_plan *plan = &trunk->identity;
    const struct gw_carrier *c = &setup->carrier;

    *out = hop->carrier;
    if (!out->set) {
        out->npdi = c->npdi;
        RT_JOIN(out->rn, sizeof out->rn, rt_str(c->rn));
        RT_JOIN(out->rn_context, sizeof out->rn_context, rt_str(c->rn_context));
        RT_JOIN(out->cic, sizeof out->cic, rt_str(c->cic));
        RT_JOIN(out->cic_context, sizeof out->cic_context, rt_str(c->cic_context));
    }
    /* the carrier is the trunk's; else the caller's own choice goes on unchanged (RFC 4694 5.1) */
    if (plan->cic[0]) {
        RT_JOIN(out->cic, sizeof out->cic, rt_str(plan->cic));
        RT_JOIN(out->cic_context, sizeof out->cic_context, rt_str(plan->cic_context));
    }
    if (out->tgrp[0] == '\0') {
        RT_JOIN(out->tgrp, sizeof out->tgrp, rt_str(plan->tgrp));
        RT_JOIN(out->trunk_context, sizeof out->trunk_context, rt_str(plan->tgrp_context));
    }
    settle_rn(out, plan);
}

void leg_sip_carrier(char *out, size_t cap, const struct gw_trunk *trunk,
                     const struct gw_setup *setup, const struct gw_hop *hop)
{
    struct dp_carrier_out c;

    if (cap == 0)
        return;
    out[0] = '\0';
    carrier_of(&c, trunk, setup, hop);
    if (!hop->called.e164)
        put(out, cap, "phone-context", trunk->identity.phone_context);
    put(out, cap, "cic", c.cic);
    put(out, cap, "cic-context", c.cic_context);
    if (c.npdi && strlen(out) + sizeof ";npdi" < cap)
        strcat(out, ";npdi");
    put(out, cap, "rn", c.rn);
    put(out, cap, "rn-context", c.rn_context);
    put(out, cap, "tgrp", c.tgrp);
    put(out, cap, "trunk-context", c.trunk_context);
}

void leg_sip_contact(char *out, size_t cap, const struct gw_setup *setup,
                     const struct dp_number *caller)
{
    const struct gw_carrier *c = &setup->carrier;
    char number[DP_TEXT_LEN], user[3 * DP_TEXT_LEN];
    bool shown = caller->digits[0] && caller->present == DP_ALLOWED;

    out[0] = '\0';
    if (c->from_tgrp[0] == '\0')
        return;
    /* RFC 4904 7.2: the user part must not be empty where there is no number to show */
    sip_uri_escape(user, sizeof user, rt_str(shown ? dp_text(number, caller) : "0"), SIP_URI_USER);
    snprintf(out, cap, "%s", user);
    if (!shown || !caller->e164)
        put(out, cap, "phone-context", c->from_context);
    put(out, cap, "tgrp", c->from_tgrp);
    put(out, cap, "trunk-context", c->from_context);
}

/* ---- as peers say it ---- */

/** Most URIs have no parameters, and need not be read for them. */
static bool read_params(struct dp_tel *out, struct rt_str uri)
{
    const char *why;

    return uri.n > 0 && memchr(uri.p, ';', uri.n) && dp_tel_read(out, uri, &why) == 0;
}

/** A value with its context, both or none of them. */
static void take(char *value, size_t cap, const char *from, char *context, size_t context_cap,
                 const char *context_from)
{
    if (!rt_str_copy(value, cap, rt_str(from)) ||
        !rt_str_copy(context, context_cap, rt_str(context_from)))
        value[0] = context[0] = '\0';
}

void leg_sip_carrier_in(struct gw_carrier *out, const struct sip_message *msg, bool trusted)
{
    struct dp_tel t;

    if (trusted && read_params(&t, msg->contact_uri))
        take(out->from_tgrp, sizeof out->from_tgrp, t.tgrp, out->from_context,
             sizeof out->from_context, t.trunk_context);
    if (!read_params(&t, msg->request_uri))
        return;
    if (!rt_str_copy(out->phone_context, sizeof out->phone_context, rt_str(t.phone_context)))
        out->phone_context[0] = '\0';
    if (!trusted)
        return;
    take(out->tgrp, sizeof out->tgrp, t.tgrp, out->tgrp_context, sizeof out->tgrp_context,
         t.trunk_context);
    take(out->rn, sizeof out->rn, t.rn, out->rn_context, sizeof out->rn_context, t.rn_context);
    take(out->cic, sizeof out->cic, t.cic, out->cic_context, sizeof out->cic_context,
         t.cic_context);
    out->npdi = t.npdi;
}
