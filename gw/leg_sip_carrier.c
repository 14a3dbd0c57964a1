/* Trunk groups (RFC 4904), carriers and ported numbers (RFC 4694) as parameters of the numbers in
 * URIs: where a call is to leave is said in the Request-URI, where it came from in Contact.
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

void leg_sip_carrier(char *out, size_t cap, const struct gw_trunk *trunk,
                     const struct gw_setup *setup, const struct dp_number *called)
{
    const struct gw_identity_plan *plan = &trunk->identity;
    const struct gw_carrier *c = &setup->carrier;

    if (cap == 0)
        return;
    out[0] = '\0';
    if (!called->e164)
        put(out, cap, "phone-context", plan->phone_context);
    /* the carrier is the trunk's; else the caller's own choice goes on unchanged (RFC 4694 5.1) */
    put(out, cap, "cic", plan->cic[0] ? plan->cic : c->cic);
    put(out, cap, "cic-context", plan->cic[0] ? plan->cic_context : c->cic_context);
    if (c->npdi && strlen(out) + sizeof ";npdi" < cap)
        strcat(out, ";npdi");
    put(out, cap, "rn", c->rn);
    put(out, cap, "rn-context", c->rn_context);
    put(out, cap, "tgrp", plan->tgrp);
    put(out, cap, "trunk-context", plan->tgrp_context);
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

/** Most URIs have none, and need not be read for them. */
static bool has_params(struct rt_str uri)
{
    return uri.n > 0 && memchr(uri.p, ';', uri.n);
}

/** A parameter's value as it stands; false when it is absent, too long, or could not stand in a URI
 * of ours. */
static bool take(char *out, size_t cap, const struct sip_uri *u, const char *name)
{
    struct rt_str v = sip_uri_phone_param(u, name);

    if (v.n > 0 && sip_uri_fits(v, SIP_URI_PARAM) && rt_str_copy(out, cap, v))
        return true;
    out[0] = '\0';
    return false;
}

/** Both or neither: one alone means nothing (RFC 4904 4). */
static void take_group(char *label, size_t label_cap, char *context, size_t context_cap,
                       struct rt_str uri)
{
    struct sip_uri u;

    if (has_params(uri) && sip_uri_read(&u, uri) == 0 && take(label, label_cap, &u, "tgrp") &&
        take(context, context_cap, &u, "trunk-context"))
        return;
    label[0] = context[0] = '\0';
}

/** A routing number or carrier without its visual separators; local ones need a context (RFC 4694
 * 3). */
static void take_code(char *code, size_t cap, char *context, size_t context_cap,
                      const struct sip_uri *u, const char *name, const char *context_name)
{
    char raw[64];
    size_t n = 0;

    code[0] = context[0] = '\0';
    if (!take(raw, sizeof raw, u, name))
        return;
    for (const char *p = raw; *p && n + 1 < cap; p++)
        if (!strchr("-.()", *p))
            code[n++] = *p;
    code[n] = '\0';
    bool global = code[0] == '+', local = take(context, context_cap, u, context_name);
    size_t digits = strspn(code + global, "0123456789abcdefABCDEF");
    if (digits == 0 || code[global + digits] || (!global && !local))
        code[0] = '\0';
    if (global || !code[0])
        context[0] = '\0';
}

void leg_sip_carrier_in(struct gw_carrier *out, const struct sip_message *msg)
{
    struct sip_uri u;

    take_group(out->tgrp, sizeof out->tgrp, out->tgrp_context, sizeof out->tgrp_context,
               msg->request_uri);
    take_group(out->from_tgrp, sizeof out->from_tgrp, out->from_context, sizeof out->from_context,
               msg->contact_uri);
    if (!has_params(msg->request_uri) || sip_uri_read(&u, msg->request_uri) != 0)
        return;
    take_code(out->rn, sizeof out->rn, out->rn_context, sizeof out->rn_context, &u, "rn",
              "rn-context");
    take_code(out->cic, sizeof out->cic, out->cic_context, sizeof out->cic_context, &u, "cic",
              "cic-context");
    out->npdi = sip_uri_phone_param(&u, "npdi").p != NULL;
}
