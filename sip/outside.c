/* Requests outside any dialog (RFC 3261 8.1): REGISTER, OPTIONS. One transaction each. */
#include "gw/rt/random.h"
#include "sip/trans.h"

#include <errno.h>
#include <stdlib.h>

struct sip_outside {
    struct sip_ctrans *ct;
    sip_outside_fn *fn;
    void *arg;
};

/** Tells the end once; the transaction goes on by itself. */
static void over(struct sip_outside *o, const struct sip_msg *m)
{
    sip_ctrans_detach(o->ct);
    o->fn(o->arg, m ? &m->pub : NULL);
    free(o);
}

static void on_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                     const struct sip_msg *m)
{
    (void)t;
    if (ev != SIP_CT_PROVISIONAL)
        over(arg, ev == SIP_CT_FINAL ? m : NULL);
}

static void write_request(struct rt_buf *out, struct sip_ua *ua, const struct sip_flow *flow,
                          const struct sip_outside_request *r, char branch[SIP_BRANCH_LEN])
{
    struct rt_buf uri = {0}, from = {0}, to = {0}, id = {0}, contact = {0};
    char tag[SIP_TAG_LEN], hex[33], host[RT_ADDR_LEN];

    sip_flow_local(ua->transports, flow, host);
    rt_buf_put(&uri, r->request_uri.p, r->request_uri.n);
    rt_random_hex(tag, SIP_TAG_LEN - 1);
    rt_buf_printf(&from, "<%.*s>;tag=%.*s", RT_STR(r->from_uri),
                  RT_STR(r->from_tag.n > 0 ? r->from_tag : rt_str(tag)));
    rt_buf_printf(&to, "<%.*s>", RT_STR(r->to_uri));
    if (r->call_id.n > 0)
        rt_buf_put(&id, r->call_id.p, r->call_id.n);
    else
        rt_buf_printf(&id, "%s@%s", rt_random_hex(hex, 24), host);
    sip_flow_contact(&contact, ua->transports, flow);
    struct sip_request q = {
        .method = r->method,
        .uri = uri.p,
        .branch = sip_new_branch(branch),
        .from = from.p,
        .to = to.p,
        .call_id = id.p,
        .cseq = r->cseq ? r->cseq : 1,
        .routes = "",
        .contact = r->contact ? contact.p : NULL,
        .lines = r->lines,
        .body = &r->body,
    };
    out->failed = uri.failed || from.failed || to.failed || id.failed || contact.failed;
    if (!out->failed)
        sip_build_request(out, ua, flow, &q);
    struct rt_buf *const all[] = {&uri, &from, &to, &id, &contact};
    for (size_t i = 0; i < RT_COUNT(all); i++)
        rt_buf_release(all[i]);
}

int sip_outside(struct sip_outside **out, struct sip_ua *ua, const struct sip_outside_request *r,
                sip_outside_fn *fn, void *arg)
{
    struct sip_outside *o = calloc(1, sizeof *o);
    struct rt_buf wire = {0};
    struct sip_flow flow;
    char branch[SIP_BRANCH_LEN];

    if (!o)
        return ENOMEM;
    o->fn = fn;
    o->arg = arg;
    sip_flow_to(ua->transports, &r->hop, &flow);
    write_request(&wire, ua, &flow, r, branch);
    int err = sip_ctrans_new(&o->ct, ua, &flow, branch, r->method, &wire, NULL, on_event, o);
    if (err != 0) {
        free(o);
        return err;
    }
    if (out)
        *out = o;
    return 0;
}

void sip_outside_cancel(struct sip_outside *o)
{
    if (!o)
        return;
    sip_ctrans_detach(o->ct);
    free(o);
}

char *sip_ua_local(const struct sip_ua *ua, const struct sip_hop *hop, char out[RT_ADDR_LEN])
{
    struct sip_flow flow;

    sip_flow_to(ua->transports, hop, &flow);
    return sip_flow_local(ua->transports, &flow, out);
}
