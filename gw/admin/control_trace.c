/* `trace`: messages of one call, of a number's calls, of a span or an MGCP endpoint, as pcapng.
 *
 * The packets go to the client, which writes the file with the rights of whoever runs it: the
 * daemon never opens a path that a client names.
 */
#include "gw/admin/control_priv.h"
#include "gw/mgcp_status.h"

#include <stdio.h>

void gw_answer_pcapng(struct rt_buf *out, struct rt_str block)
{
    static const char digit[] = "0123456789abcdef";

    rt_buf_reserve(out, 2 * block.n + 40);
    rt_buf_puts(out, "{\"type\":\"pcapng\",\"data\":\"");
    for (size_t i = 0; i < block.n; i++) {
        const char hex[2] = {digit[(uint8_t)block.p[i] >> 4], digit[block.p[i] & 15]};
        rt_buf_put(out, hex, sizeof hex);
    }
    rt_buf_puts(out, "\"}\n");
}

static void on_block(void *arg, struct rt_str block)
{
    gw_answer_pcapng(arg, block);
}

static void head(struct gw_answer *a)
{
    struct rt_buf text = {0};

    gw_trace_head(a->gw, &text);
    gw_answer_pcapng(a->out, rt_buf_str(&text));
    rt_buf_release(&text);
}

int gw_verb_trace_call(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_call *call = gw_control_call(a->gw, args->arg[0]);
    int code = gw_show_call(a, args);

    if (code == GW_EXIT_OK && gw_args_option(args, "--follow") && !gw_args_option(args, "--pcap"))
        return gw_answer_fail(a, GW_EXIT_USAGE, "trace: --follow needs --pcap FILE");
    if (code != GW_EXIT_OK || !gw_args_option(args, "--pcap"))
        return code;
    head(a);
    unsigned n = gw_trace_call(a->gw->trace, call->number, on_block, a->out);
    if (gw_args_option(args, "--follow") && !(call->over && call->legs == 0)) {
        a->follow.kind = GW_TRACE_CALL;
        a->follow.call = call->number;
        return GW_EXIT_OK;
    }
    snprintf(a->note, sizeof a->note, "%u messages written; the ladder has %u lines", n,
             call->nladder + call->ladder_lost);
    return GW_EXIT_OK;
}

/** What all who follow need: a client that writes a file. */
static int begin(struct gw_answer *a, const struct gw_args *args, enum gw_trace_kind kind)
{
    if (!gw_args_option(args, "--pcap"))
        return gw_answer_fail(a, GW_EXIT_USAGE, "trace: --pcap FILE is missing");
    head(a);
    a->follow.kind = kind;
    return GW_EXIT_OK;
}

int gw_verb_trace_number(struct gw_answer *a, const struct gw_args *args)
{
    const char *why = "";
    int err = dp_pattern_new(&a->follow.pattern, rt_str(args->arg[0]), &why);

    if (err != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: %s", args->arg[0], why);
    int code = begin(a, args, GW_TRACE_NUMBER);
    if (code != GW_EXIT_OK)
        dp_pattern_free(a->follow.pattern);
    return code;
}

int gw_verb_trace_span(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_span *span = gw_control_span(a, args->arg[0]);

    if (!span)
        return GW_EXIT_FAILED;
    a->follow.span = span->index;
    return begin(a, args, GW_TRACE_SPAN);
}

static bool is_endpoint(const struct gw *gw, const char *name)
{
    struct rt_str peer = rt_str(name), local = rt_str_cut(&peer, '@');
    struct gw_endpoint_status e;
    struct gw_line_status l;

    for (unsigned i = 0; gw_line_status(&l, gw, i); i++)
        if (rt_str_caseeq(local, l.endpoint) && (peer.n == 0 || rt_str_caseeq(peer, l.gateway)))
            return true;
    for (unsigned i = 0; gw_endpoint_status(&e, gw, i); i++)
        if (rt_str_caseeq(local, e.endpoint) && (peer.n == 0 || rt_str_caseeq(peer, e.peer)))
            return true;
    return false;
}

static bool is_peer(const struct gw *gw, const char *name)
{
    struct gw_mgcp_peer_status p;

    for (unsigned i = 0; gw_mgcp_peer_status(&p, gw, i); i++)
        if (rt_str_caseeq(rt_str(name), p.name))
            return true;
    return false;
}

int gw_verb_trace_endpoint(struct gw_answer *a, const struct gw_args *args)
{
    if (!a->gw->plan->mgcp.on)
        return gw_answer_fail(a, GW_EXIT_FAILED, "the plan has no \"mgcp\"");
    if (!rt_str_copy(a->follow.endpoint, sizeof a->follow.endpoint, rt_str(args->arg[0])))
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s...: no endpoint has so long a name",
                              args->arg[0]);
    if (!is_peer(a->gw, args->arg[0]) && !is_endpoint(a->gw, args->arg[0]))
        return gw_answer_fail(a, GW_EXIT_FAILED,
                              "%.60s: no such endpoint (like aaln/1@GATEWAY), gateway or agent",
                              args->arg[0]);
    return begin(a, args, GW_TRACE_ENDPOINT);
}
