/* The trunk's header rules between the SIP adapter and what it sends. */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

/** A number as rules may show it: a restricted one is no business of an untrusted peer (RFC 3325
 * 7). */
static struct rt_str shown(char text[DP_TEXT_LEN], const struct dp_number *n,
                           const struct gw_trunk *t)
{
    if (n->digits[0] == '\0' || (n->present == DP_RESTRICTED && t->identity.untrusted))
        return rt_str("");
    return rt_str(dp_text(text, n));
}

void leg_sip_rules_invite(struct gw_headers *h, const struct leg_sip *l, const struct gw_hop *hop,
                          const struct gw_setup *setup, struct sip_invite *inv)
{
    char called[DP_TEXT_LEN], caller[DP_TEXT_LEN];
    struct gw_header_out out = {
        .on = GW_ON_INVITE,
        .headers = inv->headers,
        .nheaders = inv->nheaders,
        .from_uri = &inv->from_uri,
        .to_uri = &inv->to_uri,
        .words = {.called = shown(called, &hop->called, hop->trunk),
                  .caller = shown(caller, &hop->calling, hop->trunk),
                  .call_id = rt_str(l->leg.call->cdr.call_id),
                  .user_uri = inv->from_uri},
        .carried = setup->carried,
    };

    gw_header_rules_out(h, hop->trunk, &out);
    inv->headers = h->field;
    inv->nheaders = h->n;
}

void leg_sip_emergency(struct leg_sip_identity *out, const struct gw_plan *plan)
{
    const struct gw_emergency *e = &plan->dial.emergency;

    for (unsigned i = 0; i < e->nheaders; i++)
        leg_sip_add(out, e->header[i].name, "%s", e->header[i].value);
}

/* ---- for routing ---- */

const char *leg_sip_header(struct gw_leg *leg, const char *name)
{
    static char value[1024]; /* signalling thread */
    const struct sip_message *msg = ((struct leg_sip *)leg)->heard;

    if (!msg)
        return NULL;
    struct rt_str v = gw_header(msg, name, 0);
    if (v.n == 0)
        return NULL;
    rt_str_copy(value, sizeof value, v);
    return value;
}

bool leg_sip_offers(struct gw_leg *leg, const char *codec)
{
    const struct leg_sip *l = (struct leg_sip *)leg;
    const struct codec *c = codec_by_word(codec);

    return c && (sdp_codecs(rt_buf_str(&l->offer), leg_sip_need(leg->trunk)) >> c->id & 1);
}

void leg_sip_rules_reply(struct gw_headers *h, const struct leg_sip *l, int status,
                         const struct leg_sip_identity *id)
{
    const struct gw_cdr *r = &l->leg.call->cdr; /* what the caller said is its own to hear */
    struct gw_header_out out = {
        .on = status,
        .headers = id->headers,
        .nheaders = id->nheaders,
        .words = {.called = rt_str(r->called_in),
                  .caller = rt_str(r->caller_in),
                  .call_id = rt_str(r->call_id),
                  .user_uri = rt_str(id->from_uri)},
    };

    gw_header_rules_out(h, l->leg.trunk, &out);
}
