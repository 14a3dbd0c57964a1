/* `block`, `unblock`, `restart`: trunks and channels out of service and back. What is meant is a
 * trunk, a trunk's channel (`pri/3`), a span or its channel (`1/3`); trunks go before spans.
 */
#include "gw/admin/control_priv.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>

/** What the operator named. */
struct place {
    const struct gw_trunk *trunk; /**< or */
    struct gw_span *span;
    unsigned channel; /**< 0: all */
};

static struct gw_span *span_named(struct gw *gw, struct rt_str text)
{
    uint64_t id = 0;

    if (rt_str_u64(&id, text, UINT32_MAX) != 0)
        return NULL;
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == id)
            return &gw->spans[i];
    return NULL;
}

/** "pri", "pri/3", "1", "1/3". */
static int place_of(struct gw_answer *a, struct place *out, const char *text)
{
    struct rt_str channel = rt_str(text), name = rt_str_cut(&channel, '/');
    bool one = name.n < strlen(text);
    uint64_t n = 0;

    *out = (struct place){.trunk = gw_plan_trunk(a->plan, name)};
    if (!out->trunk)
        out->span = span_named(a->gw, name);
    if (!out->trunk && !out->span)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: no such trunk or span", text);
    if (one && (rt_str_u64(&n, channel, GW_TIMESLOTS - 1) != 0 || n == 0))
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: not a channel (1 to 31)", text);
    out->channel = (unsigned)n;
    return GW_EXIT_OK;
}

static unsigned calls_at(const struct gw *gw, const struct place *p)
{
    const struct gw_span *span = p->span;
    struct gw_channel_status c;
    unsigned n = 0;

    if (p->trunk && p->channel == 0)
        return gw_trunk_calls(gw, p->trunk);
    for (unsigned i = 0; !span && i < gw->nspans; i++)
        if (&gw->plan->spans[i] == p->trunk->span)
            span = &gw->spans[i];
    for (unsigned t = 1; span && t < GW_TIMESLOTS; t++)
        n += (p->channel == 0 || t == p->channel) && gw_channel_status(&c, span->isdn, t) &&
             c.call_state;
    return n;
}

static int no_channel(struct gw_answer *a, const char *text)
{
    return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: it has no such channel", text);
}

static void tell(struct gw_answer *a, const char *text, const char *state, unsigned calls)
{
    gw_answer_begin(a, "service");
    gw_answer_text(a, "what", text);
    gw_answer_text(a, "state", state);
    gw_answer_number(a, "calls", calls);
    gw_answer_end(a);
}

/** Asked again it says how far it is: with `--watch` the client does so until it is done. */
int gw_verb_block(struct gw_answer *a, const struct gw_args *args)
{
    bool drain = gw_args_option(args, "--drain") != NULL;
    struct place p;
    int code = place_of(a, &p, args->arg[0]);

    if (code != GW_EXIT_OK)
        return code;
    int err = p.trunk ? gw_block(a->gw, p.trunk, p.channel, drain)
                      : gw_block_channel(p.span, p.channel, drain);
    if (err != 0)
        return no_channel(a, args->arg[0]);
    unsigned calls = calls_at(a->gw, &p);
    tell(a, args->arg[0], gw_service_name(drain && calls > 0 ? GW_DRAINING : GW_BLOCKED), calls);
    a->done = calls == 0 || !drain;
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "%.60s: blocked by the operator, %u calls", args->arg[0],
           calls);
    return GW_EXIT_OK;
}

int gw_verb_unblock(struct gw_answer *a, const struct gw_args *args)
{
    struct place p;
    int code = place_of(a, &p, args->arg[0]);

    if (code != GW_EXIT_OK)
        return code;
    int err =
        p.trunk ? gw_unblock(a->gw, p.trunk, p.channel) : gw_unblock_channel(p.span, p.channel);
    if (err != 0)
        return no_channel(a, args->arg[0]);
    tell(a, args->arg[0], gw_service_name(GW_SERVING), calls_at(a->gw, &p));
    a->done = true;
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "%.60s: freed by the operator", args->arg[0]);
    return GW_EXIT_OK;
}

int gw_verb_restart(struct gw_answer *a, const struct gw_args *args)
{
    struct place p;
    int code = place_of(a, &p, args->arg[0]);

    if (code != GW_EXIT_OK)
        return code;
    if (!p.span)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: channels of a span are restarted",
                              args->arg[0]);
    int n = gw_restart(p.span, p.channel);
    if (n == -EBUSY)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: it has a call, or is being restarted",
                              args->arg[0]);
    if (n < 0)
        return no_channel(a, args->arg[0]);
    a->done = true;
    snprintf(a->note, sizeof a->note, "%d channel%s to restart", n, n == 1 ? "" : "s");
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "span %.20s: restart of %d channels by the operator",
           args->arg[0], n);
    return GW_EXIT_OK;
}
