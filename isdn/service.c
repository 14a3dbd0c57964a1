/* What supplementary services have in common: requests of ours whose outcome libpri does not tell
 * are watched here, by the ROSE components that come back and by a timer.
 */
#include "isdn/isdn_priv.h"
#include "isdn/rose.h"

/* how long each may take; a deflection less than the caller's network waits for an answer (T310) */
static const rt_time patience[] = {[ISDN_DOING_DEFLECT] = 5 * RT_S, [ISDN_DOING_JOIN] = 10 * RT_S};

static void fail(struct isdn_call *c)
{
    static const enum isdn_event_type events[] = {
        [ISDN_DOING_DEFLECT] = ISDN_EV_DEFLECT, [ISDN_DOING_JOIN] = ISDN_EV_TRANSFER};
    enum isdn_doing doing = c->service.doing;

    rt_timer_stop(&c->service.timer);
    c->service.doing = ISDN_DOING_NOTHING;
    if (c->service.mate) {
        rt_timer_stop(&c->service.mate->service.timer);
        c->service.mate->service.doing = ISDN_DOING_NOTHING;
    }
    if (doing != ISDN_DOING_NOTHING && !c->service.joined && c->state < CALL_RELEASING)
        isdn_call_tell(c, &(struct isdn_event){.type = events[doing]});
}

static void on_timer(void *arg)
{
    fail(arg);
}

void isdn_service_init(struct isdn_call *c)
{
    rt_timer_init(&c->service.timer, c->span->loop, on_timer, c);
}

void isdn_service_free(struct isdn_call *c)
{
    rt_timer_stop(&c->service.timer);
    if (!c->service.mate)
        return;
    c->service.mate->service.mate = NULL;
    c->service.mate->service.doing = ISDN_DOING_NOTHING;
    rt_timer_stop(&c->service.mate->service.timer);
}

void isdn_service_begin(struct isdn_call *c, enum isdn_doing what)
{
    c->service.doing = what;
    rt_timer_start(&c->service.timer, patience[what]);
}

q931_call *isdn_service_target(const struct isdn_call *c)
{
    return c->service.terminal ? c->service.terminal : c->q931;
}

void isdn_services_enable(struct pri *pri)
{
    pri_aoc_events_enable(pri, 1);
    pri_mcid_enable(pri, 1);
    pri_transfer_enable(pri, 1);
    pri_reroute_enable(pri, 1);
}

static void component(struct isdn_call *c, const struct isdn_rose *r)
{
    switch (r->kind) {
    case ISDN_ROSE_INVOKE:
        isdn_transfer_invoked(c, r);
        break;
    case ISDN_ROSE_RESULT:
        isdn_transfer_result(c);
        break;
    case ISDN_ROSE_ERROR:
    case ISDN_ROSE_REJECT:
        fail(c);
        break;
    }
}

void isdn_service_heard(struct isdn_link *l, const struct isdn_frame *f)
{
    struct isdn_call *c = isdn_call_of(l, &l->view, false);
    struct isdn_rose r;
    struct isdn_ie ie;

    if (!c || !q931_has(&l->view, ISDN_IE_FACILITY) ||
        !q931_find(&ie, f->octets, f->len, ISDN_IE_FACILITY, 0) || isdn_rose_read(&r, &ie) != 0)
        return;
    if (r.kind != ISDN_ROSE_INVOKE || l->view.type == Q931_T_FACILITY)
        component(c, &r);
}
