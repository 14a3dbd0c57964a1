/* What the user agent of a SIP far end asks, and what it sees on the wire: requests for dialogs
 * that are over, which a gateway at rest never sends. */
#include "test/sim/far_sip.h"

#include "sip/message.h"

static uint64_t id_of(struct rt_str call_id)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < call_id.n; i++)
        h = (h ^ (unsigned char)call_id.p[i]) * 1099511628211u;
    return h ? h : 1;
}

static struct far_sip_past *find(struct far_sip *own, struct rt_str call_id)
{
    uint64_t id = id_of(call_id);

    for (unsigned i = 0; i < FAR_SIP_PAST; i++)
        if (own->past[i].id == id)
            return &own->past[i];
    return NULL;
}

struct far_sip_past *far_sip_remember(struct far_sip *own, struct rt_str call_id, uint32_t cseq,
                                      bool calling, const char *caller)
{
    struct far_sip_past *p = &own->past[own->npast++ % FAR_SIP_PAST];

    *p = (struct far_sip_past){.id = id_of(call_id), .cseq = cseq, .calling = calling};
    rt_str_copy(p->number, sizeof p->number, rt_str(caller));
    return p;
}

/** An INVITE that nobody here shall ever answer, not even by 100: its call has come and gone. */
static bool is_mute(struct far_sip *own, const struct sip_message *m)
{
    const struct far_sip_past *p;
    struct sim_call *c;

    if (!rt_str_eq(m->method, "INVITE"))
        return false;
    p = find(own, m->call_id);
    if (p)
        return p->mute;
    c = far_sip_whose(own, m);
    if (!c || !c->op->call.silent || sim_chance(c, 31, 2) == 0)
        return false;
    unsigned times = c->b.times + 1, late = c->b.late;
    c->b = (struct sim_seen){.state = SIM_ENDED,
                             .placed = rt_now(),
                             .ended = rt_now(),
                             .by_us = true,
                             .times = times,
                             .late = late};
    far_sip_remember(own, m->call_id, sip_message_cseq(m), false, c->caller)->mute = true;
    return true;
}

static const void *on_accept(void *arg, const struct sip_message *m, struct sip_reply *refusal)
{
    struct far_sip *own = arg;

    if (!is_mute(own, m))
        return own;
    refusal->status = 0;
    return NULL;
}

static void on_invite(void *arg, struct sip_session *s, const void *owner,
                      const struct sip_message *m)
{
    (void)owner;
    far_sip_arrived(arg, s, m);
}

static const struct sip_session_options *on_options(void *arg, const void *owner)
{
    (void)owner;
    return &((struct far_sip *)arg)->options;
}

/* ---- the wire ---- */

/** The final answer to an INVITE that we have left is told to nobody else. */
static void on_response(struct far_sip_call *k, struct rt_str start, struct rt_str cseq)
{
    uint64_t status;
    struct sim_seen *seen;

    rt_str_cut(&start, ' ');
    if (!k || !k->left || !k->calling || !memmem(cseq.p, cseq.n, "INVITE", 6) ||
        rt_str_u64(&status, rt_str_cut(&start, ' '), 699) != 0 || status < 200)
        return;
    seen = far_sip_seen(k);
    if (seen && seen->status == 0)
        seen->status = (unsigned)status;
}

static void on_late(struct far_sip *own, struct rt_str call_id, uint32_t cseq)
{
    struct far_sip_past *p = find(own, call_id);
    struct sim_call *c;

    if (!p || cseq <= p->cseq)
        return;
    p->cseq = cseq;
    c = sim_call_of(own->far->sim, rt_str(p->number));
    if (c)
        (p->calling ? &c->a : &c->b)->late++;
}

/** ACK and CANCEL have the number of their INVITE; NOTIFY belongs to the transfer, which outlives
 * the call's own end (RFC 5057 4.1). */
static void on_trace(void *arg, struct sip_session *s, bool sent, struct rt_str wire,
                     const union rt_addr *local, const union rt_addr *peer)
{
    struct far_sip_call *k = s ? sip_session_owner(s) : NULL;
    struct sip_scan scan;
    uint64_t n;

    (void)local, (void)peer;
    if (sent || sip_scan(&scan, wire) != 0)
        return;
    struct rt_str start = scan.start, cseq = sip_scan_header(&scan, "CSeq", 0);
    if (start.n > 8 && memcmp(start.p, "SIP/2.0 ", 8) == 0) {
        on_response(k, start, cseq);
        return;
    }
    struct rt_str method = rt_str_cut(&start, ' ');
    if (rt_str_eq(method, "ACK") || rt_str_eq(method, "CANCEL") || rt_str_eq(method, "NOTIFY") ||
        rt_str_u64(&n, rt_str_cut(&cseq, ' '), UINT32_MAX) != 0)
        return;
    if (!k)
        on_late(arg, sip_scan_header(&scan, "Call-ID", 0), (uint32_t)n);
    else if (n > k->cseq)
        k->cseq = (uint32_t)n;
}

const struct sip_ua_ops far_sip_ua_ops = {
    .accept = on_accept, .invite = on_invite, .options = on_options, .trace = on_trace};
