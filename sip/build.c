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
                       const char *supported, const char *contact, const struct sip_reason *reason)
{
    if (contact && contact[0]) {
        rt_buf_puts(b, "Contact: <");
        rt_buf_puts(b, contact);
        rt_buf_puts(b, ">\r\n");
    }
    if (supported) {
        rt_buf_puts(b, "Allow: " SIP_ALLOW "\r\n");
        put_field(b, "Supported", rt_str(supported));
    }
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

/** Every field of that name as it stands. Returns the octets appended. */
static size_t put_all(struct rt_buf *b, const struct sip_msg *m, const char *name)
{
    size_t before = b->n;

    for (unsigned i = 0;; i++) {
        struct rt_str v = sip_scan_header(&m->scan, name, i);
        if (v.n == 0)
            return b->n - before;
        put_field(b, name, v);
    }
}

#define ECHO_ROOM 128 /* for what the top Via gets, and the names of the other fields */

void sip_echo_take(struct sip_echo *out, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct rt_buf *b = &out->text;

    memset(out, 0, sizeof *out);
    rt_buf_reserve(b, m->via.n + m->from.n + m->to.n + m->pub.call_id.n + ECHO_ROOM);
    put_vias(b, m, &flow->addr);
    put_field(b, "From", m->from);
    put_field(b, "Call-ID", m->pub.call_id);
    put_field(b, "CSeq", sip_scan_header(&m->scan, "CSeq", 0));
    out->head = b->n;
    rt_buf_puts(b, "To: ");
    put_str(b, m->to);
    out->to = b->n - out->head;
    out->tagged = m->to_tag.p != NULL;
    out->record_route = put_all(b, m, "Record-Route");
    struct rt_str timestamp = sip_scan_header(&m->scan, "Timestamp", 0);
    if (timestamp.n > 0)
        put_field(b, "Timestamp", timestamp);
    out->timestamp = b->n - out->head - out->to - out->record_route;
}

void sip_echo_release(struct sip_echo *e)
{
    rt_buf_release(&e->text);
}

/** A response that went where `maddr` says would make us a weapon against that address. It is for
 * requests sent by multicast (18.2.2), which we do not listen to. */
static void refuse_maddr(struct rt_str params, const struct sip_flow *flow)
{
    struct rt_str maddr = sip_param(params, "maddr");
    union rt_addr said;

    if (maddr.p &&
        (rt_addr_parse(&said, maddr.p, maddr.n, 0) != 0 || !rt_addr_same_host(&said, &flow->addr)))
        rt_count(&sip_conn_counters[SIP_CONN_MADDR]);
}

void sip_echo_flow(struct sip_flow *out, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct rt_str params = m->via, head = rt_str_cut(&params, ';'), host = sent_by(m->via);
    uint16_t port = sip_default_port(flow->transport);
    union rt_addr said;

    *out = *flow;
    refuse_maddr(params, flow);
    if (flow->transport == SIP_UDP && sip_param(params, "rport").p)
        return; /* over TCP the port is for when the connection is gone */
    if (rt_addr_parse(&said, host.p, host.n, port) == 0) {
        rt_addr_set_port(&out->addr, rt_addr_port(&said));
        return;
    }
    rt_addr_set_port(&out->addr, sip_via_port(head, port));
    if (flow->transport == SIP_TLS) /* whom a new connection for the response must lead to */
        rt_str_copy(out->domain, sizeof out->domain, rt_str_trim(rt_str_cut(&host, ':')));
}

#define RESPONSE_ROOM 256 /* for the fields of our own */

void sip_build_response(struct rt_buf *out, const struct sip_ua *ua, const struct sip_echo *echo,
                        const struct sip_response *r)
{
    const char *at = echo->text.p ? echo->text.p : "";
    size_t body = r->body ? r->body->data.n : 0;

    rt_buf_reserve(out, echo->text.n + r->lines.n + body + RESPONSE_ROOM);
    rt_buf_printf(out, "SIP/2.0 %d ", r->status);
    rt_buf_puts(out, r->phrase ? r->phrase : sip_phrase(r->status));
    rt_buf_puts(out, "\r\n");
    rt_buf_put(out, at, echo->head + echo->to);
    at += echo->head + echo->to;
    if (!echo->tagged && r->tag && r->status != 100) {
        rt_buf_puts(out, ";tag=");
        rt_buf_puts(out, r->tag);
    }
    rt_buf_puts(out, "\r\n");
    if (r->contact && r->status > 100 && r->status < 300)
        rt_buf_put(out, at, echo->record_route);
    if (r->status == 100)
        rt_buf_put(out, at + echo->record_route, echo->timestamp);
    if (!r->terse)
        put_common(out, ua, "Server", r->supported, r->contact, r->reason);
    put_headers(out, r->headers, r->nheaders);
    put_str(out, r->lines);
    put_body(out, r->body);
}

/* ---- requests ---- */

#define REQUEST_ROOM 448 /* for the fields of our own */

void sip_build_request(struct rt_buf *out, const struct sip_ua *ua, const struct sip_flow *flow,
                       const struct sip_request *r)
{
    char local[RT_ADDR_LEN];

    rt_buf_reserve(out, REQUEST_ROOM + 2 * strlen(r->uri) + strlen(r->from) + strlen(r->to) +
                            strlen(r->call_id) + strlen(r->routes) + r->lines.n +
                            (r->body ? r->body->data.n : 0));
    rt_buf_printf(out, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport%s\r\n", r->method,
                  r->uri, sip_transport_name(flow->transport),
                  sip_flow_local(ua->transports, flow, local), r->branch,
                  sip_flow_via(ua->transports, flow));
    rt_buf_puts(out, r->routes);
    rt_buf_printf(out, "Max-Forwards: %u\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
                  70 - r->hops_used, r->from, r->to, r->call_id, r->cseq, r->method);
    put_common(out, ua, "User-Agent", r->supported, r->contact, r->reason);
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
