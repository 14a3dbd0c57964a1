/* What an event says of a call, a trunk, a span: the line that `show` has of it. */
#include "gw/admin/control_priv.h"
#include "gw/event.h"

/** An answer that goes to the listeners. */
struct draft {
    struct rt_buf text;
    struct gw_answer answer;
};

static struct gw_answer *begin(struct draft *d, struct gw *gw)
{
    *d = (struct draft){.answer = {.gw = gw, .plan = gw->plan}};
    d->answer.out = &d->text;
    return &d->answer;
}

static void end(struct draft *d, enum gw_event_kind kind, uint64_t object)
{
    if (!d->text.failed)
        gw_event_add(d->answer.gw->events, kind, object, rt_str_trim(rt_buf_str(&d->text)));
    rt_buf_release(&d->text);
}

static void tell_call(struct gw_call *call, enum gw_event_kind kind)
{
    struct draft d;

    if (!gw_events_wanted(call->gw->events))
        return;
    gw_answer_call(begin(&d, call->gw), call);
    end(&d, kind, call->number);
}

void gw_event_call(struct gw_call *call)
{
    tell_call(call, GW_EVENT_CALL);
}

void gw_event_call_end(struct gw_call *call)
{
    tell_call(call, GW_EVENT_CALL_END);
}

void gw_event_trunk(struct gw *gw, const struct gw_trunk *t)
{
    struct draft d;

    if (!gw_events_wanted(gw->events))
        return;
    gw_answer_trunk(begin(&d, gw), t);
    end(&d, GW_EVENT_TRUNK, t->index);
}

void gw_event_span(struct gw *gw, const struct gw_span *span)
{
    struct draft d;

    if (!gw_events_wanted(gw->events))
        return;
    gw_answer_span(begin(&d, gw), span);
    end(&d, GW_EVENT_SPAN, span->index);
}

void gw_event_plan(struct gw *gw)
{
    struct draft d;

    if (!gw_events_wanted(gw->events))
        return;
    struct gw_answer *a = begin(&d, gw);
    gw_answer_begin(a, "plan");
    gw_answer_number(a, "generation", (int64_t)gw->plan->generation);
    gw_answer_text(a, "who", gw->plan->who);
    gw_answer_time(a, "time", rt_wall());
    gw_answer_end(a);
    end(&d, GW_EVENT_PLAN, 0);
}

void gw_event_status(struct gw *gw)
{
    struct gw_args none = {.n = 0};
    struct draft d;

    if (!gw_events_wanted(gw->events))
        return;
    gw_show_status(begin(&d, gw), &none);
    end(&d, GW_EVENT_STATUS, 0);
}
