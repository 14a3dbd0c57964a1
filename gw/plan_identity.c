/* Who calls whom on a trunk: trust, the header fields that carry numbers, trunk groups, carriers.
 */
#include "gw/plan_priv.h"

#include <ctype.h>

/** Letters, digits and `extra`: what may stand in a URI without an escape. */
static bool only(const char *text, const char *extra)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(extra, *text))
            return false;
    return true;
}

/** No top-level domain begins with a digit: 030 is a prefix that has lost its "+". */
static bool is_domain(const char *text)
{
    const char *dot = strrchr(text, '.');

    return isalpha((unsigned char)(dot ? dot[1] : text[0])) && only(text, "-.");
}

/** A domain name, or "+" and digits (RFC 3966 3: descriptor). */
static void read_context(struct gw_compile *c, char out[GW_CONTEXT_LEN], const struct conf_token *t)
{
    size_t skip = t->text[0] == '+';
    bool good = skip ? t->text[1] && strspn(t->text + 1, "0123456789-.()") == strlen(t->text + 1)
                     : is_domain(t->text);

    if (!good || !rt_str_copy(out, GW_CONTEXT_LEN, rt_str(t->text)))
        conf_error(c->diag, t->pos, "\"%s\" is neither a domain nor a prefix like +49", t->text);
}

void gw_plan_compile_tgrp(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "tgrp");

    if (!n)
        return;
    const struct conf_token *label = conf_arg(n, 0);
    if (!label->text[0] || !only(label->text, "-_.!~*'()/&+$") ||
        !rt_str_copy(t->identity.tgrp, sizeof t->identity.tgrp, rt_str(label->text)))
        conf_error(c->diag, label->pos, "\"%s\" cannot name a trunk group", label->text);
    read_context(c, t->identity.tgrp_context, conf_labelled(n, "context"));
}

/** `+1-6789`, or `6789 context +1`: RFC 4694 wants one or the other. */
void gw_plan_compile_carrier(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "cic");

    if (!n)
        return;
    const struct conf_token *code = conf_arg(n, 0), *context = conf_labelled(n, "context");
    const char *digits = code->text + (code->text[0] == '+');
    if (!digits[0] || strspn(digits, "0123456789abcdefABCDEF-.()") != strlen(digits) ||
        !rt_str_copy(t->identity.cic, sizeof t->identity.cic, rt_str(code->text)))
        conf_error(c->diag, code->pos, "\"%s\" is no carrier like +1-6789", code->text);
    if (context)
        read_context(c, t->identity.cic_context, context);
    if ((code->text[0] == '+') == (context != NULL))
        conf_error(c->diag, code->pos, "a carrier has either \"+\" or a context");
}

static void read_diversion(struct gw_trunk *t, const struct conf_node *n)
{
    static const char *const words[] = {"none", "diversion", "history-info", "both", NULL};
    const struct conf_token *max = n ? conf_labelled(n, "max") : NULL;
    unsigned fields = gw_plan_choice(n, 0, words, 1);

    t->identity.diversion = (fields & 1) != 0;
    t->identity.history = (fields & 2) != 0;
    t->identity.redirections = max ? (unsigned)conf_uint(max) : 5;
}

/** Of a line: a network hides from its users what is restricted, a user sees what he gets. */
void gw_plan_compile_trust(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "identity");
    t->identity.untrusted = n ? conf_has(n, "untrusted") : t->span && t->span->network;
    if (n && n->ntokens > 2)
        conf_error(c->diag, n->token[2].pos, "\"%s\" is for trunks with a SIP peer",
                   n->token[2].text);
}

void gw_plan_compile_identity(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *trunk)
{
    static const char *const trusts[] = {"trusted", "untrusted", NULL};
    static const char *const forms[] = {"pai", "ppi", "rpid", "from", NULL};
    static const char *const uris[] = {"sip", "both", NULL};
    static const char *const levels[] = {"off", "supported", NULL};
    static const char *const updates[] = {"update", "reinvite", "off", NULL};
    const struct conf_node *n = conf_child(trunk, "identity");
    const struct conf_node *context = conf_child(trunk, "phone-context");

    t->identity.untrusted = gw_plan_choice(n, 0, trusts, 0) == 1;
    t->identity.form = gw_plan_choice(n, 1, forms, GW_IDENTITY_PAI);
    t->identity.both = gw_plan_choice(n, 2, uris, 0) == 1;
    t->identity.early_media = gw_plan_choice(conf_child(trunk, "early-media"), 0, levels, 0) == 1;
    t->identity.updates = gw_plan_choice(conf_child(trunk, "identity-updates"), 0, updates, 0);
    if (context)
        read_context(c, t->identity.phone_context, conf_arg(context, 0));
    read_diversion(t, conf_child(trunk, "diversion"));
    gw_plan_compile_tgrp(c, t, trunk);
    gw_plan_compile_carrier(c, t, trunk);
}
