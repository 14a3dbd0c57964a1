/* By what a call is routed that says more than its number: a carrier, then a routing number, then
 * the number itself (RFC 4694 5.1); what may be looked up, and what must not be said further on.
 */
#include "dialplan/tel.h"

/** True when the list has the code. */
static bool listed(const char *const *list, const char *code)
{
    for (; list && *list; list++)
        if (strcasecmp(*list, code) == 0)
            return true;
    return false;
}

enum whose { NOBODYS, NODES, NETWORKS, FOREIGN };

static enum whose whose_rn(const char *rn, const struct dp_carrier_own *own)
{
    if (rn[0] == '\0')
        return NOBODYS;
    if (listed(own->node, rn))
        return NODES;
    return listed(own->net, rn) ? NETWORKS : FOREIGN;
}

/** What a routing number makes of a call; rows in the order of `enum whose`. */
static const struct dp_key_rule by_rn[] = {
    [NOBODYS] = {.key = DP_KEY_NUMBER, .may_dip = true, .why = "number"},
    [NODES] = {.key = DP_KEY_NUMBER, .may_dip = true, .drop_rn = true, .why = "rn of this node"},
    [NETWORKS] = {.key = DP_KEY_NUMBER,
                  .may_dip = true,
                  .foreign_rn_off = true,
                  .why = "rn of our network"},
    [FOREIGN] = {.key = DP_KEY_RN, .why = "rn"},
};

void dp_key_decide(struct dp_key_rule *out, const struct dp_carrier_out *in,
                   const struct dp_carrier_own *own, bool trusted)
{
    bool our_cic = in->cic[0] != '\0' && listed(own->cic, in->cic);

    if (!trusted && (in->rn[0] || in->cic[0] || in->npdi)) {
        *out = (struct dp_key_rule){.key = DP_KEY_NUMBER,
                                    .may_dip = true,
                                    .drop_rn = true,
                                    .drop_cic = true,
                                    .drop_npdi = true,
                                    .why = "rn, cic and npdi of others do not count"};
        return;
    }
    if (in->cic[0] != '\0' && !our_cic) { /* it decides alone: what is beside it stays as it is */
        *out = (struct dp_key_rule){.key = DP_KEY_CIC, .why = "cic"};
        return;
    }
    *out = by_rn[whose_rn(in->rn, own)];
    out->foreign_cic_off = our_cic;
    out->may_dip = out->may_dip && !in->npdi;
}

void dp_key_pass(struct dp_carrier_out *out, const struct dp_carrier_out *in,
                 const struct dp_key_rule *rule, bool another)
{
    *out = *in;
    out->set = true;
    out->tgrp[0] = out->trunk_context[0] = '\0';
    if (rule->drop_rn || (another && rule->foreign_rn_off))
        out->rn[0] = out->rn_context[0] = '\0';
    if (rule->drop_cic || (another && rule->foreign_cic_off))
        out->cic[0] = out->cic_context[0] = '\0';
    if (rule->drop_npdi)
        out->npdi = false;
}

void dp_key_dipped(struct dp_carrier_out *c, const char *rn)
{
    c->set = true;
    c->npdi = true;
    c->rn_context[0] = '\0';
    rt_str_copy(c->rn, sizeof c->rn, rt_str(rn ? rn : ""));
}
