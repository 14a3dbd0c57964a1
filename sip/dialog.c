/* Dialog state from INVITEs and their answers, and requests from dialog state. */
#include "sip/dialog.h"
#include "gw/rt/random.h"
#include "sip/text.h"

#include <errno.h>
#include <stdlib.h>

/** Takes over the text of `b`; NULL when memory ran out on the way. */
static char *steal(struct rt_buf *b)
{
    if (b->failed) {
        rt_buf_release(b);
        return NULL;
    }
    return b->p ? b->p : rt_str_dup(rt_str(""));
}

static void replace(char **slot, char *text)
{
    if (!text)
        return; /* out of memory: the old one still serves */
    free(*slot);
    *slot = text;
}

static bool complete(const struct sip_dialog *d)
{
    return d->call_id && d->local && d->remote && d->remote_tag && d->target && d->routes &&
           d->contact;
}

/** `sip:host:port`; with a number `sip:number@host:port;user=phone` (RFC 4904 5). */
static char *our_contact(const struct sip_ua *ua, const struct sip_flow *flow, struct rt_str user)
{
    struct rt_buf b = {0}, with_user = {0};

    sip_flow_contact(&b, ua->transports, flow);
    if (user.n == 0 || b.failed)
        return steal(&b);
    struct rt_str rest = rt_buf_str(&b), scheme = rt_str_cut(&rest, ':');
    rt_buf_printf(&with_user, "%.*s:%.*s@%.*s;user=phone", RT_STR(scheme), RT_STR(user),
                  RT_STR(rest));
    rt_buf_release(&b);
    return steal(&with_user);
}

/** A field's value in one line: it may have come folded (RFC 3261 7.3.1). */
static char *dup_line(struct rt_str value)
{
    char *line = rt_str_dup(value);

    for (char *p = line; p && *p; p++)
        if (*p == '\r' || *p == '\n')
            *p = ' ';
    return line;
}

/** A Contact as the target of requests: header fields have no place in it (19.1.1). */
static char *dup_target(struct rt_str uri)
{
    return dup_line(rt_str_cut(&uri, '?'));
}

static void put_value(struct rt_buf *lines, struct rt_str v)
{
    char *value = dup_line(v);

    lines->failed |= !value;
    if (value)
        rt_buf_printf(lines, "Route: %s\r\n", value);
    free(value);
}

/** The route set: Record-Route as received by the called side, reversed by the calling side. */
static char *route_set(const struct sip_msg *m, bool reverse)
{
    struct rt_str all[SIP_HEADERS_MAX];
    struct rt_buf lines = {0};
    unsigned n = 0;

    for (unsigned i = 0;; i++) {
        struct rt_str rest = sip_scan_header(&m->scan, "Record-Route", i), v;
        if (rest.n == 0)
            break;
        while ((v = sip_list_next(&rest)).n > 0 && n < RT_COUNT(all))
            all[n++] = v;
    }
    for (unsigned i = 0; i < n; i++)
        put_value(&lines, all[reverse ? n - 1 - i : i]);
    return steal(&lines);
}

struct rt_str sip_dialog_next_hop(const struct sip_dialog *d)
{
    struct rt_str rest = rt_str(d->routes), line = rt_str_cut(&rest, '\r');
    struct sip_name_addr route;

    rt_str_cut(&line, ':');
    sip_name_addr(&route, rt_str_trim(line));
    return route.uri.n > 0 ? route.uri : rt_str(d->target);
}

/** Requests of this dialog go to its next hop when that is numeric; else where the dialog began,
 * until it is found. */
static void aim(struct sip_dialog *d, const struct sip_ua *ua)
{
    struct sip_hop hop;
    struct sip_flow flow;

    if (d->symmetric || !sip_uri_hop(sip_dialog_next_hop(d), &hop))
        return;
    sip_flow_to(ua->transports, &hop, &flow);
    if (flow.transport == d->flow.transport && rt_addr_same_host(&flow.addr, &d->flow.addr)) {
        flow.conn = d->flow.conn; /* the connection in use is better than a new one */
        memcpy(flow.domain, d->flow.domain, sizeof flow.domain);
    }
    if (flow.transport == SIP_UDP && d->flow.transport == SIP_UDP &&
        flow.addr.sa.sa_family == d->flow.addr.sa.sa_family)
        flow.listener = d->flow.listener;
    d->flow = flow;
}

int sip_dialog_calling(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_invite *inv)
{
    struct rt_buf local = {0}, remote = {0}, id = {0};
    char hex[33], host[RT_ADDR_LEN];

    memset(d, 0, sizeof *d);
    d->caller = true;
    d->symmetric = inv->options && inv->options->symmetric;
    rt_random_hex(d->local_tag, SIP_TAG_LEN - 1);
    sip_flow_to(ua->transports, &inv->hops[0], &d->flow);
    if (inv->from_name.n > 0) {
        rt_buf_puts(&local, "\"");
        sip_put_quoted(&local, inv->from_name);
        rt_buf_puts(&local, "\" ");
    }
    rt_buf_printf(&local, "<%.*s>;tag=%s", RT_STR(inv->from_uri), d->local_tag);
    rt_buf_printf(&remote, "<%.*s>", RT_STR(inv->to_uri));
    rt_buf_printf(&id, "%s@%s", rt_random_hex(hex, 24),
                  sip_flow_local(ua->transports, &d->flow, host));
    d->local = steal(&local);
    d->remote = steal(&remote);
    d->call_id = steal(&id);
    d->remote_tag = rt_str_dup(rt_str(""));
    d->target = rt_str_dup(inv->request_uri);
    d->routes = rt_str_dup(inv->routes);
    d->contact = our_contact(ua, &d->flow, inv->contact_user);
    return complete(d) ? 0 : ENOMEM;
}

int sip_dialog_called(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m,
                      const struct sip_flow *flow, bool symmetric)
{
    struct rt_buf local = {0};

    memset(d, 0, sizeof *d);
    rt_random_hex(d->local_tag, SIP_TAG_LEN - 1);
    char *to = dup_line(m->to);
    local.failed = !to;
    if (to)
        rt_buf_printf(&local, "%s;tag=%s", to, d->local_tag);
    free(to);
    d->flow = *flow;
    d->symmetric = symmetric;
    d->local = steal(&local);
    d->remote = dup_line(m->from);
    d->remote_tag = rt_str_dup(m->from_tag);
    d->call_id = rt_str_dup(m->pub.call_id);
    d->target = dup_target(m->pub.contact_uri.n > 0 ? m->pub.contact_uri : m->pub.from_uri);
    d->routes = route_set(m, false);
    d->contact = our_contact(ua, flow, (struct rt_str){"", 0});
    d->remote_cseq = m->cseq;
    if (!complete(d))
        return ENOMEM;
    aim(d, ua);
    return 0;
}

int sip_dialog_confirm(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m)
{
    replace(&d->remote, dup_line(m->to));
    replace(&d->remote_tag, rt_str_dup(m->to_tag));
    replace(&d->routes, route_set(m, true));
    sip_dialog_refresh(d, ua, m);
    return complete(d) ? 0 : ENOMEM;
}

int sip_dialog_fork(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m,
                    const struct sip_flow *flow, bool symmetric)
{
    memset(d, 0, sizeof *d);
    d->symmetric = symmetric;
    d->caller = true;
    rt_str_copy(d->local_tag, sizeof d->local_tag, m->from_tag);
    d->flow = *flow;
    d->call_id = rt_str_dup(m->pub.call_id);
    d->local = dup_line(m->from);
    d->remote = dup_line(m->to);
    d->remote_tag = rt_str_dup(m->to_tag);
    d->target = dup_target(m->pub.to_uri);
    d->routes = route_set(m, true);
    d->contact = our_contact(ua, flow, (struct rt_str){"", 0});
    d->local_cseq = m->cseq;
    if (!complete(d))
        return ENOMEM;
    sip_dialog_refresh(d, ua, m);
    return 0;
}

void sip_dialog_redirect(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_hop *hop)
{
    struct rt_str rest = rt_str(d->contact), user = {"", 0};

    rt_str_cut(&rest, ':');
    if (memchr(rest.p, '@', rest.n))
        user = rt_str_cut(&rest, '@');
    sip_flow_to(ua->transports, hop, &d->flow);
    replace(&d->contact, our_contact(ua, &d->flow, user));
}

void sip_dialog_refresh(struct sip_dialog *d, const struct sip_ua *ua, const struct sip_msg *m)
{
    if (m->pub.contact_uri.n > 0)
        replace(&d->target, dup_target(m->pub.contact_uri));
    aim(d, ua);
}

void sip_dialog_release(struct sip_dialog *d)
{
    char **const all[] = {&d->call_id, &d->local,  &d->remote, &d->remote_tag,
                          &d->target,  &d->routes, &d->contact};

    for (size_t i = 0; i < RT_COUNT(all); i++) {
        free(*all[i]);
        *all[i] = NULL;
    }
}

void sip_dialog_request(struct sip_dialog *d, const struct sip_ua *ua, const char *method,
                        uint32_t cseq, const struct sip_extras *x, char branch[SIP_BRANCH_LEN],
                        struct rt_buf *out)
{
    static const struct sip_extras none;
    bool refresh = strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0 ||
                   strcmp(method, "REFER") == 0 || strcmp(method, "NOTIFY") == 0;

    x = x ? x : &none;
    struct sip_request r = {
        .method = method,
        .uri = d->target,
        .branch = sip_new_branch(branch),
        .from = d->local,
        .to = d->remote,
        .call_id = d->call_id,
        .cseq = cseq ? cseq : ++d->local_cseq,
        .routes = d->routes,
        .contact = refresh ? d->contact : NULL,
        .reason = x->reason,
        .headers = x->headers,
        .nheaders = x->nheaders,
        .lines = x->lines,
        .body = x->body,
        .supported = x->supported,
        .hops_used = x->hops_used,
    };
    sip_build_request(out, ua, &d->flow, &r);
}
