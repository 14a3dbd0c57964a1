/* Clients that follow a span, an endpoint, the calls of a number, or one call: who gets a block. */
#include "gw/trace_priv.h"

#include <errno.h>
#include <utlist.h>

static bool number_fits(const struct dp_pattern *p, const char *text)
{
    struct dp_number n;

    return text[0] != '\0' && dp_number_parse(&n, rt_str(text)) == 0 &&
           dp_pattern_match(p, &n, NULL);
}

static bool call_fits(const struct dp_pattern *p, const struct gw_call *call)
{
    const struct gw_cdr *r = &call->cdr;
    const char *const numbers[] = {r->caller,    r->called,     r->caller_in,
                                   r->called_in, r->caller_out, r->called_out};

    for (size_t i = 0; i < RT_COUNT(numbers); i++)
        if (number_fits(p, numbers[i]))
            return true;
    return false;
}

/** From the first time on it is followed: all that came before is given now. */
static void take_up(struct gw_trace_follower *f, struct gw_call *call)
{
    call->followed |= f->bit;
    gw_trace_call(f->trace, call->number, f->fn, f->arg);
}

/** A message of a call. */
static void follow_call(struct gw_trace_follower *f, const struct gw_leg *leg, struct rt_str block)
{
    struct gw_call *call = leg->call;

    if (call->followed & f->bit)
        f->fn(f->arg, gw_trace_named(f->trace, block, call->number, leg->side));
    else if (f->filter.kind == GW_TRACE_NUMBER && call_fits(f->filter.pattern, call))
        take_up(f, call); /* this message included */
}

/* ---- following ---- */

/** Calls that last already. The verb has given what there was of a single one. */
static void begin(struct gw_trace_follower *f)
{
    struct gw_call *const lists[] = {f->trace->gw->calls, f->trace->gw->clearing};

    for (size_t i = 0; i < RT_COUNT(lists); i++)
        for (struct gw_call *call = lists[i]; call; call = call->next) {
            if (f->filter.kind == GW_TRACE_CALL && f->filter.call == call->number)
                call->followed |= f->bit;
            else if (f->filter.kind == GW_TRACE_NUMBER && i == 0 &&
                     call_fits(f->filter.pattern, call))
                take_up(f, call);
            gw_trace_rtp_tap(f->trace, call);
        }
}

int gw_trace_follow(struct gw_trace_follower *f, struct gw_trace *t,
                    const struct gw_trace_filter *filter, gw_trace_sink_fn *fn, void *arg)
{
    struct gw_trace_follower *other;
    uint32_t taken = 0;

    gw_trace_unfollow(f);
    DL_FOREACH(t->followers, other)
    taken |= other->bit;
    *f = (struct gw_trace_follower){.trace = t, .filter = *filter, .fn = fn, .arg = arg};
    f->bit = ~taken & (taken + 1); /* the lowest that is free */
    if (f->bit == 0) {
        f->trace = NULL;
        dp_pattern_free(f->filter.pattern);
        return EAGAIN;
    }
    DL_APPEND(t->followers, f);
    begin(f);
    return 0;
}

static void give_back(struct gw_call *list, uint32_t bit)
{
    for (; list; list = list->next)
        list->followed &= ~bit;
}

void gw_trace_unfollow(struct gw_trace_follower *f)
{
    if (!f->trace)
        return;
    gw_trace_rtp_untap(f->trace, f->bit);
    give_back(f->trace->gw->calls, f->bit);
    give_back(f->trace->gw->clearing, f->bit);
    give_back(f->trace->gw->ended, f->bit);
    DL_DELETE(f->trace->followers, f);
    dp_pattern_free(f->filter.pattern);
    *f = (struct gw_trace_follower){.trace = NULL};
}

/* ---- giving ---- */

static bool endpoint_fits(const char *wanted, const char *endpoint)
{
    struct rt_str peer = rt_str(endpoint), local = rt_str_cut(&peer, '@');

    return endpoint[0] != '\0' && (strcasecmp(wanted, endpoint) == 0 ||
                                   rt_str_caseeq(local, wanted) || rt_str_caseeq(peer, wanted));
}

void gw_trace_give(struct gw_trace *t, const struct gw_trace_about *about)
{
    const struct gw_span *span = about->span;
    const struct gw_leg *leg = about->leg;
    struct rt_str block = rt_buf_str(&t->block);
    struct gw_trace_file *file = span ? t->span_file[span->index] : NULL;
    unsigned call = leg && leg->call ? leg->call->number : 0;
    char side = leg ? leg->side : 'a';
    struct gw_trace_follower *f;

    if (file)
        gw_trace_file_put(file, gw_trace_named(t, block, call, side));
    DL_FOREACH(t->followers, f)
    {
        const struct gw_trace_filter *wanted = &f->filter;
        bool by_call = wanted->kind == GW_TRACE_NUMBER || wanted->kind == GW_TRACE_CALL;
        if (by_call && call)
            follow_call(f, leg, block);
        else if ((wanted->kind == GW_TRACE_SPAN && span && span->index == wanted->span) ||
                 (wanted->kind == GW_TRACE_ENDPOINT &&
                  endpoint_fits(wanted->endpoint, about->endpoint)))
            f->fn(f->arg, gw_trace_named(t, block, call, side));
    }
    if (call && t->followers)
        gw_trace_rtp_tap(t, leg->call);
}
