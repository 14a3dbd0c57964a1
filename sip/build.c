/* Messages as text. A line is appended after the other; the buffer remembers if memory ran out. */
#include "sip/build.h"
#include "gw/rt/random.h"
#include "sip/reason.h"
#include "sip/text.h"

char *sip_new_branch(char out[SIP_BRANCH_LEN])
{
    memcpy(out, "z9hG4bK", 7);
    rt_random_hex(out + 7, 16);
    return out;
}

static void put_str(struct rt_buf *b, struct rt_str s)
{
    rt_buf_put(b, s.p, s.n);
}

static void put_field(struct rt_buf *b, const char *name, struct rt_str value)
{
    rt_buf_puts(b, name);
    rt_buf_puts(b, ": ");
    put_str(b, value);
    rt_buf_puts(b, "\r\n");
}

static void put_headers(struct rt_buf *b, const struct sip_header *h, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put_str(b, h[i].name);
        rt_buf_puts(b, ": ");
        put_str(b, h[i].value);
        rt_buf_puts(b, "\r\n");
    }
}

static void put_body(struct rt_buf *b, const struct sip_body *body)
{
    if (!body || body->data.n == 0) {
        rt_buf_puts(b, "Content-Length: 0\r\n\r\n");
        return;
    }
    put_field(b, "Content-Type", body->type);
    rt_buf_printf(b, "Content-Length: %zu\r\n\r\n", body->data.n);
    put_str(b, body->data);
}

static void put_common(struct rt_buf *b, const struct sip_ua *ua, const char *agent_field,
                       bool capabilities, const char *contact, const struct sip_reason *reason)
{
    if (contact && contact[0]) {
        rt_buf_puts(b, "Contact: <");
        rt_buf_puts(b, contact);
        rt_buf_puts(b, ">\r\n");
    }
    if (capabilities)
        rt_buf_puts(b, "Allow: " SIP_ALLOW "\r\nSupported:\r\n");
    if (ua->cfg.user_agent)
        put_field(b, agent_field, rt_str(ua->cfg.user_agent));
    sip_reason_write(b, reason);
}

/* ---- responses ---- */

/** Host and port of a Via value: `SIP/2.0/UDP host:port;params`. */
static struct rt_str sent_by(struct rt_str via)
{
    struct rt_str rest = via, head = rt_str_trim(rt_str_cut(&rest, ';'));
    const char *space = memrchr(head.p, ' ', head.n);

    if (!space)
        return head;
    return (struct rt_str){space + 1, head.n - (size_t)(space + 1 - head.p)};
}

/** The first Via with `received` when it came from elsewhere than it says, and `rport` filled in
 * when asked for (RFC 3261 18.2.1, RFC 3581 4). */
static void put_top_via(struct rt_buf *b, struct rt_str via, const union rt_addr *source)
{
    struct rt_str params = via, head = rt_str_cut(&params, ';');
    struct rt_str host = sent_by(via);
    union rt_addr said;
    char from[RT_ADDR_LEN];
    bool rport = false;

    rt_buf_puts(b, "Via: ");
    put_str(b, head);
    while (params.n > 0) {
        struct rt_str p = rt_str_cut(&params, ';');
        bool asked = rt_str_caseeq(rt_str_trim(p), "rport");
        rport |= asked;
        rt_buf_puts(b, ";");
        put_str(b, p);
        if (asked)
            rt_buf_printf(b, "=%u", rt_addr_port(source));
    }
    if (rport || rt_addr_parse(&said, host.p, host.n, 5060) != 0 ||
        !rt_addr_same_host(&said, source))
        rt_buf_printf(b, ";received=%s", rt_addr_host(from, source));
    rt_buf_puts(b, "\r\n");
}

static void put_vias(struct rt_buf *b, const struct sip_msg *m, const union rt_addr *source)
{
    bool first = true;

    for (unsigned i = 0;; i++) {
        struct rt_str rest = sip_scan_header(&m->scan, "Via", i), v;
        if (rest.n == 0)
            return;
        while ((v = sip_list_next(&rest)).n > 0) {
            if (first)
                put_top_via(b, v, source);
            else
                put_field(b, "Via", v);
            first = false;
        }
    }
}

void sip_echo_take(struct sip_echo *out, const struct sip_msg *m, const struct sip_flow *flow)
{
    memset(out, 0, sizeof *out);
    put_vias(&out->head, m, &flow->addr);
    put_field(&out->head, "From", m->from);
    put_field(&out->head, "Call-ID", m->pub.call_id);
    put_field(&out->head, "CSeq", sip_scan_header(&m->scan, "CSeq", 0));
    put_str(&out->to, m->to);
    out->tagged = m->to_tag.p != NULL;
    for (unsigned i = 0;; i++) {
        struct rt_str v = sip_scan_header(&m->scan, "Record-Route", i);
        if (v.n == 0)
            break;
        put_field(&out->record_route, "Record-Route", v);
    }
    struct rt_str timestamp = sip_scan_header(&m->scan, "Timestamp", 0);
    if (timestamp.n > 0)
        put_field(&out->timestamp, "Timestamp", timestamp);
}

void sip_echo_release(struct sip_echo *e)
{
    rt_buf_release(&e->head);
    rt_buf_release(&e->record_route);
    rt_buf_release(&e->timestamp);
    rt_buf_release(&e->to);
}

void sip_echo_flow(struct sip_flow *out, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct rt_str params = m->via, host = sent_by(m->via);
    union rt_addr said;

    *out = *flow;
    rt_str_cut(&params, ';');
    if (flow->transport == SIP_UDP && sip_param(params, "rport").p)
        return; /* over TCP the port is for when the connection is gone */
    if (rt_addr_parse(&said, host.p, host.n, 5060) == 0) {
        rt_addr_set_port(&out->addr, rt_addr_port(&said));
        return;
    }
    const char *colon = memrchr(host.p, ':', host.n);
    uint64_t port = 5060;
    if (colon)
        rt_str_u64(&port, (struct rt_str){colon + 1, host.n - (size_t)(colon + 1 - host.p)}, 65535);
    rt_addr_set_port(&out->addr, (uint16_t)port);
}

void sip_build_response(struct rt_buf *out, const struct sip_ua *ua, const struct sip_echo *echo,
                        const struct sip_response *r)
{
    rt_buf_printf(out, "SIP/2.0 %d %s\r\n", r->status,
                  r->phrase ? r->phrase : sip_phrase(r->status));
    put_str(out, rt_buf_str(&echo->head));
    rt_buf_puts(out, "To: ");
    put_str(out, rt_buf_str(&echo->to));
    if (!echo->tagged && r->tag && r->status != 100)
        rt_buf_printf(out, ";tag=%s", r->tag);
    rt_buf_puts(out, "\r\n");
    if (r->contact && r->status > 100 && r->status < 300)
        put_str(out, rt_buf_str(&echo->record_route));
    if (r->status == 100)
        put_str(out, rt_buf_str(&echo->timestamp));
    put_common(out, ua, "Server", r->capabilities, r->contact, r->reason);
    put_headers(out, r->headers, r->nheaders);
    put_str(out, r->lines);
    put_body(out, r->body);
}

/* ---- requests ---- */

void sip_build_request(struct rt_buf *out, const struct sip_ua *ua, const struct sip_flow *flow,
                       const struct sip_request *r)
{
    char local[RT_ADDR_LEN];

    rt_buf_printf(out, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\n", r->method, r->uri,
                  sip_transport_name(flow->transport), sip_flow_local(ua->transports, flow, local),
                  r->branch);
    rt_buf_puts(out, r->routes);
    rt_buf_printf(out, "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
                  r->from, r->to, r->call_id, r->cseq, r->method);
    put_common(out, ua, "User-Agent", r->capabilities, r->contact, r->reason);
    put_headers(out, r->headers, r->nheaders);
    put_str(out, r->lines);
    put_body(out, r->body);
}

void sip_build_from_invite(struct rt_buf *out, struct rt_str invite, const char *method,
                           struct rt_str to, const struct sip_reason *reason)
{
    struct rt_str rest = invite, line = rt_str_cut(&rest, '\n');

    rt_str_cut(&line, ' ');
    rt_buf_puts(out, method);
    rt_buf_puts(out, " ");
    put_str(out, line);
    rt_buf_puts(out, "\n");
    while (rest.n > 0) {
        static const char *const kept[] = {"Via", "Route", "Max-Forwards", "From", "Call-ID"};
        line = rt_str_cut(&rest, '\n');
        struct rt_str value = line, name = rt_str_cut(&value, ':');
        if (line.n <= 1)
            break;
        for (size_t i = 0; i < RT_COUNT(kept); i++)
            if (rt_str_eq(name, kept[i]))
                put_field(out, kept[i], rt_str_trim(value));
        if (rt_str_eq(name, "To"))
            put_field(out, "To", to.n > 0 ? to : rt_str_trim(value));
        if (rt_str_eq(name, "CSeq")) {
            struct rt_str number = rt_str_trim(value);
            struct rt_str n = rt_str_cut(&number, ' ');
            rt_buf_printf(out, "CSeq: %.*s %s\r\n", RT_STR(n), method);
        }
    }
    sip_reason_write(out, reason);
    rt_buf_puts(out, "Content-Length: 0\r\n\r\n");
}
