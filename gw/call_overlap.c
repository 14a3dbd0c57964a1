/* Overlap sending: a target is called before the number is complete, and gets the rest digit by
 * digit (Q.931 5.1.3, RFC 3578 3). docs/decisions/015-overlap.md says when.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"

bool gw_call_grows(const struct gw_call *call)
{
    bool early = call->fsm.state == GW_CALL_COLLECTING || call->fsm.state == GW_CALL_TRYING ||
                 call->fsm.state == GW_CALL_PROCEEDING;

    return early && call->dial && !call->dial->done && call->dial->decision.complete != DP_COMPLETE;
}

bool gw_call_may_open(const struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;

    if (call->dial->setup.complete || d->complete != DP_MAYBE_COMPLETE || d->nhops == 0)
        return false;
    for (unsigned i = 0; i < d->nhops; i++)
        if (!d->hop[i].trunk->overlap || d->hop[i].trunk->registered || d->hop[i].ask)
            return false;
    return true;
}

/** Nothing is added to the number of a target that was called with it. */
static void close_number(struct gw_call *call)
{
    call->dial->setup.complete = true;
    if (!call->dial->open)
        return;
    call->dial->open = false;
    gw_call_tell(call->b, &(struct gw_event){.type = GW_EV_COMPLETE});
    gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_PROCEEDING});
}

void gw_call_number_done(struct gw_call *call)
{
    if (!call->dial || !call->dial->open)
        return;
    call->dial->done = true;
    close_number(call);
}

void gw_call_no_more(void *obj, const void *arg)
{
    (void)arg;
    close_number(obj);
}

/** An ISDN target takes digits once it has asked for them, a SIP target at any time. */
static void send_digits(struct gw_call *call, const char *more)
{
    struct gw_dialling *dial = call->dial;
    struct gw_event ev = {.type = GW_EV_INFORMATION};

    if (call->b->trunk->kind == GW_TRUNK_SPAN && !dial->asked) {
        size_t have = strlen(dial->unsent);
        rt_str_copy(dial->unsent + have, sizeof dial->unsent - have, rt_str(more));
        return;
    }
    rt_str_copy(ev.digits, sizeof ev.digits, rt_str(more));
    gw_call_tell(call->b, &ev);
}

void gw_call_asked(struct gw_call *call)
{
    char digits[sizeof call->dial->unsent];

    if (!call->dial || !call->dial->open || call->dial->asked)
        return;
    call->dial->asked = true;
    rt_str_copy(digits, sizeof digits, rt_str(call->dial->unsent));
    call->dial->unsent[0] = '\0';
    if (digits[0])
        send_digits(call, digits);
}

/** What the number in its trunk's format has got more; NULL: it leads elsewhere now, or its
 * beginning is another. */
static const char *grown(const struct gw_call *call, const struct dp_number *was)
{
    const struct gw_decision *d = &call->dial->decision;
    size_t n = strlen(was->digits);

    if (call->dial->hop >= d->nhops || !call->b || d->hop[call->dial->hop].trunk != call->b->trunk)
        return NULL;
    const struct dp_number *is = &d->hop[call->dial->hop].called;
    bool same = n == 0 || is->ton == was->ton; /* no digits have no type */
    return same && strncmp(is->digits, was->digits, n) == 0 ? is->digits + n : NULL;
}

/** The target called so far is the wrong one, or takes no digits: it is left, and the number is
 * considered anew (RFC 3578 3.5: REL and a new IAM). */
static void start_over(struct gw_call *call, bool complete)
{
    struct gw_cause normal = {.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};

    if (call->b)
        gw_call_drop_attempt(call, &normal);
    gw_call_unresolve(call->dial);
    call->dial->open = false;
    call->dial->setup.complete = complete;
    call->dial->hop = call->dial->channel_retries = 0;
    rt_fsm_goto(&call->fsm, GW_CALL_COLLECTING);
    gw_call_consider(call);
}

void gw_call_more(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;

    if (!gw_call_grows(call))
        return;
    struct dp_number was = call->dial->decision.hop[call->dial->hop].called;
    bool was_complete = call->dial->setup.complete;
    gw_call_append(call, ev->digits);
    bool ended = call->dial->setup.complete && !was_complete;
    const char *more = call->dial->open ? grown(call, &was) : NULL;
    if (!more) {
        start_over(call, ended);
        return;
    }
    gw_record_route(call);
    dp_text(call->cdr.called_out, &call->dial->decision.hop[call->dial->hop].called);
    if (more[0])
        send_digits(call, more);
    if (call->dial->decision.complete == DP_COMPLETE || ended)
        close_number(call);
}
