/* The dial string of an endpoint and its timer T (2.1.5, RFC 3660 2.2).
 *
 * With the action D digits run through the map, and T starts with the first of them. Without D the
 * timer starts with the request and ends with the first digit.
 */
#include "mgcp/gw_events.h"

const struct mgcp_package *mgcp_digits_package(const struct mgcp_gw_endpoint *e)
{
    return mgcp_package(rt_str(mgcp_peculiar(e->gw->profile)->digits));
}

const struct mgcp_symbol *mgcp_digits_symbol(struct rt_str name)
{
    return mgcp_symbol(mgcp_package(rt_str("D")), name);
}

bool mgcp_is_digit_name(struct rt_str name)
{
    return name.n == 1 && memchr("0123456789*#ABCDabcdTtXx", name.p[0], 24) != NULL;
}

/* The item that asks for T, unless "all" only happens to cover it. */
static const struct mgcp_want *timer_wanted(const struct mgcp_gw_events *v)
{
    struct mgcp_seen t = {
        mgcp_digits_package(v->endpoint), mgcp_digits_symbol(rt_str("T")), {0}, {0}};
    const struct mgcp_want *w = mgcp_wants_find(v->requested, &t);

    if (w && rt_str_caseeq(mgcp_wants_text(v->requested, w->name), "all"))
        return NULL;
    return w;
}

void mgcp_digits_begin(struct mgcp_gw_events *v)
{
    const struct mgcp_want *w = timer_wanted(v);

    v->timing = false;
    rt_timer_stop(&v->interdigit);
    if (!w || (w->actions & MGCP_BY_MAP))
        return;
    v->timing = true;
    rt_timer_start(&v->interdigit, MGCP_T_CRITICAL);
}

void mgcp_digits_heard(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    struct rt_str name = rt_str(ev->symbol->name);

    if (!v->timing || ev->package != mgcp_digits_package(v->endpoint) ||
        !mgcp_is_digit_name(name) || rt_str_caseeq(name, "T"))
        return;
    v->timing = false;
    rt_timer_stop(&v->interdigit);
}

/* T restarts with every digit of a string that may still match. */
static void time_next(struct mgcp_gw_events *v, enum mgcp_map_timer timer)
{
    static const rt_time length[] = {
        [MGCP_TIMER_PARTIAL] = MGCP_T_PARTIAL, [MGCP_TIMER_CRITICAL] = MGCP_T_CRITICAL};
    const struct mgcp_want *w = timer_wanted(v);

    if (v->timing)
        return;
    rt_timer_stop(&v->interdigit);
    if (timer != MGCP_TIMER_NONE && w && (w->actions & MGCP_BY_MAP))
        rt_timer_start(&v->interdigit, length[timer]);
}

bool mgcp_digits_feed(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    enum mgcp_map_timer timer = MGCP_TIMER_NONE;
    char c = ev->symbol->name[0];

    /* What is no digit fits no map (2.3.3). */
    if (c == '\0' || ev->symbol->name[1] || !v->map ||
        mgcp_digits_symbol(rt_str(ev->symbol->name)) != ev->symbol)
        return true;
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (!v->dialling) {
        if (mgcp_map_start(&v->run, v->map) != 0)
            return true;
        v->dialling = true;
    }
    if (mgcp_map_feed(&v->run, c, &timer) != MGCP_MAP_PARTIAL)
        return true;
    time_next(v, timer);
    return false;
}

void mgcp_digits_reset(struct mgcp_gw_events *v)
{
    if (v->dialling)
        mgcp_map_stop(&v->run);
    v->dialling = false;
    if (!v->timing)
        rt_timer_stop(&v->interdigit);
}

void mgcp_digits_expired(void *arg)
{
    struct mgcp_gw_events *v = arg;
    struct mgcp_seen t = {
        mgcp_digits_package(v->endpoint), mgcp_digits_symbol(rt_str("T")), {0}, {0}};

    v->timing = false;
    mgcp_events_detected(v, &t);
}
