/* Requests for events (2.3.3): RQNT, and its lines in commands about connections. A request is read
 * and checked as a whole before any of it takes effect. Check and commit are one turn of the loop,
 * so hooks and signals that were checked are still as they were (4.4.3).
 */
#include "mgcp/gw_events.h"

#include <errno.h>
#include <stdlib.h>

/** A request that was found good. */
struct mgcp_events_plan {
    struct mgcp_gw_events *fresh; /**< for an endpoint that had none */
    struct mgcp_wants *requested, *detect, *persistent;
    struct mgcp_signal *signals;
    struct mgcp_map *map;
    char *entity;
    char id[MGCP_ID_LEN];
    bool has_detect, has_persistent, has_map; /**< else what there was is kept */
    bool loop, discard;
};

/* ---- life ---- */

static void process(void *arg)
{
    mgcp_events_process(arg);
}

/* What a command leads to goes behind its answer. */
static void process_later(struct mgcp_gw_events *v)
{
    if (v->quarantine.n > 0)
        rt_defer_start(&v->process);
}

static struct mgcp_gw_events *events_new(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_events *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->endpoint = e;
    strcpy(v->id, "0"); /* of persistent events before any request (2.3.4) */
    rt_timer_init(&v->interdigit, e->gw->loop, mgcp_digits_expired, v);
    rt_defer_init(&v->process, e->gw->loop, process, v);
    return v;
}

struct mgcp_gw_events *mgcp_events_get(struct mgcp_gw_endpoint *e)
{
    if (!e->events)
        e->events = events_new(e);
    return e->events;
}

void mgcp_events_reset(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_events *v = e->events;

    if (!v)
        return;
    mgcp_signals_clear(v);
    v->timing = false;
    mgcp_digits_reset(v);
    rt_defer_stop(&v->process);
    mgcp_seen_clear(&v->quarantine);
    mgcp_seen_clear(&v->observed);
    mgcp_map_free(v->map);
    free(v->requested);
    free(v->detect);
    free(v->persistent);
    free(v->entity);
    free(v);
    e->events = NULL;
}

void mgcp_events_connection_gone(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c)
{
    struct mgcp_gw_events *v = e->events;
    bool busy;

    if (!v)
        return;
    busy = v->busy;
    v->busy = true;
    mgcp_signals_connection_gone(v, c);
    v->busy = busy;
    process_later(v);
}

/* ---- check ---- */

/** The lines of a request; `p` NULL: not there. */
struct lines {
    struct rt_str r, s, d, t, q, x, n, pr;
};

static void find_lines(struct lines *l, const struct mgcp_message *m)
{
    struct rt_str rest = m->lines;
    struct mgcp_line line;

    *l = (struct lines){.r = mgcp_value(m, MGCP_P_R),
                        .s = mgcp_value(m, MGCP_P_S),
                        .d = mgcp_value(m, MGCP_P_D),
                        .t = mgcp_value(m, MGCP_P_T),
                        .q = mgcp_value(m, MGCP_P_Q),
                        .x = mgcp_value(m, MGCP_P_X),
                        .n = mgcp_value(m, MGCP_P_N)};
    while (mgcp_line_next(&rest, &line)) {
        if (rt_str_caseeq(line.name, "B/PR"))
            l->pr = line.value;
    }
}

/* Q (3.2.2.14) */
static unsigned read_quarantine(struct mgcp_events_plan *p, struct rt_str text)
{
    static const char *const words[] = {"step", "loop", "process", "discard"};
    bool said[RT_COUNT(words)] = {false};

    while (rt_str_trim(text).n > 0) {
        struct rt_str word = rt_str_trim(rt_str_cut(&text, ','));
        size_t i = 0;

        while (i < RT_COUNT(words) && !rt_str_caseeq(word, words[i]))
            i++;
        if (i == RT_COUNT(words))
            return 508;
        said[i] = true;
    }
    p->loop = said[1];
    p->discard = said[3];
    return (said[0] && said[1]) || (said[2] && said[3]) ? 510 : 200;
}

/* What a RQNT and an embedded request have alike. `d.p` NULL: the map stays. */
static unsigned read_request(struct mgcp_events_plan *p, struct mgcp_events_context *x,
                             struct rt_str r, struct rt_str s, struct rt_str d)
{
    const struct mgcp_gw_events *v = x->endpoint->events;
    unsigned refusal = 502;

    p->has_map = d.p != NULL;
    if (d.n > 0 && mgcp_map_new(&p->map, d, &refusal) != 0) {
        p->map = NULL;
        return refusal;
    }
    x->loop = p->loop;
    x->map = p->has_map ? p->map != NULL : v && v->map;
    refusal = mgcp_wants_compile(&p->requested, x, r, MGCP_LIST_R);
    return refusal == 200 ? mgcp_signals_compile(&p->signals, x, s) : refusal;
}

/* Events that are detected beside the request. */
static unsigned read_lasting(struct mgcp_events_plan *p, struct mgcp_events_context *x,
                             const struct lines *l)
{
    const struct mgcp_gw_events *v = x->endpoint->events;
    unsigned refusal = 200;

    p->has_detect = l->t.p != NULL;
    p->has_persistent = l->pr.p != NULL;
    if (p->has_detect)
        refusal = mgcp_wants_compile(&p->detect, x, l->t, MGCP_LIST_T);
    if (refusal != 200)
        return refusal;
    x->persistent = true;
    if (p->has_persistent)
        return mgcp_wants_compile(&p->persistent, x, l->pr, MGCP_LIST_R);
    return v ? mgcp_wants_check(v->persistent, x) : 200;
}

static unsigned read_plan(struct mgcp_events_plan *p, struct mgcp_events_context *x,
                          const struct lines *l)
{
    unsigned refusal;

    if (!l->x.p || l->x.n == 0 || !rt_str_copy(p->id, sizeof p->id, l->x))
        return 510;
    if (l->n.n > 0 && (p->entity = rt_str_dup(l->n)) == NULL)
        return 502;
    if (!x->endpoint->events && (p->fresh = events_new(x->endpoint)) == NULL)
        return 502;
    refusal = read_quarantine(p, l->q);
    if (refusal == 200)
        refusal = read_request(p, x, l->r, l->s, l->d);
    return refusal == 200 ? read_lasting(p, x, l) : refusal;
}

unsigned mgcp_events_check(struct mgcp_gw_endpoint *e, const struct mgcp_message *m,
                           struct mgcp_gw_connection *created, struct mgcp_events_plan **out)
{
    struct mgcp_events_context x = {
        .endpoint = e, .created = created, .remote = created && m->nsdp > 0, .now = true};
    struct mgcp_events_plan *p;
    struct lines l;
    unsigned refusal;

    *out = NULL;
    find_lines(&l, m);
    if (m->verb != MGCP_RQNT) {
        bool lone = !l.r.p && !l.s.p;

        if (lone && !l.x.p && !l.d.p && !l.t.p && !l.q.p && !l.pr.p)
            return 200;
        /* Some agents send X with everything and mean nothing by it. */
        if (lone && l.x.p && mgcp_peculiar(e->gw->profile)->lone_x)
            return 200;
    }
    p = calloc(1, sizeof *p);
    if (!p)
        return 502;
    refusal = read_plan(p, &x, &l);
    if (refusal == 200)
        *out = p;
    else
        mgcp_events_drop(p);
    return refusal;
}

void mgcp_events_drop(struct mgcp_events_plan *p)
{
    if (!p)
        return;
    mgcp_signals_drop(p->signals);
    mgcp_map_free(p->map);
    free(p->requested);
    free(p->detect);
    free(p->persistent);
    free(p->entity);
    free(p->fresh);
    free(p);
}

/* ---- commit ---- */

static void replace(struct mgcp_wants **list, struct mgcp_wants **by)
{
    free(*list);
    *list = *by;
    *by = NULL;
}

/* Requested events, map and signals change; the dial string begins anew. */
static void put_in_force(struct mgcp_gw_events *v, struct mgcp_events_plan *p)
{
    struct mgcp_signal *signals = p->signals;

    v->serial++;
    replace(&v->requested, &p->requested);
    mgcp_digits_reset(v);
    if (p->has_map) {
        mgcp_map_free(v->map);
        v->map = p->map;
        p->map = NULL;
    }
    v->state = MGCP_EVENTS_NORMAL;
    mgcp_digits_begin(v);
    p->signals = NULL;
    mgcp_signals_apply(v, signals);
}

/* What was seen and not told yet is processed or discarded (4.4.1). */
static void carry_over(struct mgcp_gw_events *v)
{
    if (v->state != MGCP_EVENTS_NORMAL)
        mgcp_seen_clear(&v->observed); /* these are told, or on their way */
    if (v->discard) {
        mgcp_seen_clear(&v->quarantine);
        mgcp_seen_clear(&v->observed);
    }
    mgcp_seen_prepend(&v->quarantine, &v->observed);
}

void mgcp_events_commit(struct mgcp_gw_endpoint *e, struct mgcp_events_plan *p)
{
    struct mgcp_gw_events *v;

    if (!p)
        return;
    if (!e->events) {
        e->events = p->fresh;
        p->fresh = NULL;
    }
    v = e->events;
    v->busy = true;
    v->loop = p->loop;
    v->discard = p->discard;
    memcpy(v->id, p->id, sizeof v->id);
    free(v->entity);
    v->entity = p->entity;
    p->entity = NULL;
    if (p->has_detect)
        replace(&v->detect, &p->detect);
    if (p->has_persistent)
        replace(&v->persistent, &p->persistent);
    carry_over(v);
    put_in_force(v, p);
    v->busy = false;
    process_later(v);
    mgcp_events_drop(p);
}

/* ---- embedded requests ---- */

static void tell_failed(struct mgcp_gw_events *v, const struct mgcp_wants *in, unsigned code)
{
    const struct mgcp_package *b = mgcp_package(rt_str("B"));
    char number[RT_DECIMAL_LEN];
    struct mgcp_seen enf = {b, mgcp_symbol(b, rt_str("enf")), {0}, rt_decimal(number, code)};
    const struct mgcp_want *w = mgcp_wants_find(in, &enf);

    if (v->state != MGCP_EVENTS_NORMAL) {
        mgcp_events_detected(v, &enf);
        return;
    }
    if (!w) {
        in = v->requested;
        w = mgcp_wants_find(in, &enf);
    }
    if (!w) {
        in = v->persistent;
        w = mgcp_wants_find(in, &enf);
    }
    /* An embedded request within this one would be the one that failed. */
    if (w && !(w->actions & MGCP_EMBEDDED))
        mgcp_events_act(v, &enf, in, w);
}

static struct rt_str part(const struct mgcp_wants *in, struct mgcp_span s)
{
    return s.n > 0 ? mgcp_wants_text(in, s) : (struct rt_str){0};
}

/* B/enf is best asked for in the request that failed itself (B.1). */
static void embedded_failed(struct mgcp_gw_events *v, struct mgcp_events_context *x,
                            struct rt_str r, unsigned code)
{
    struct mgcp_wants *failed;

    x->now = false; /* it was refused for what is so now */
    mgcp_wants_compile(&failed, x, r, MGCP_LIST_R);
    tell_failed(v, failed, code);
    free(failed);
}

void mgcp_events_embedded(struct mgcp_gw_events *v, const struct mgcp_wants *in,
                          const struct mgcp_want *want)
{
    struct mgcp_events_context x = {.endpoint = v->endpoint, .now = true};
    struct mgcp_events_plan p = {.loop = v->loop};
    unsigned refusal =
        read_request(&p, &x, part(in, want->r), part(in, want->s), part(in, want->d));

    if (refusal == 200) {
        /* As a new request, but what is observed stays, unless a NTFY took it along (2.3.3). */
        if (v->state != MGCP_EVENTS_NORMAL)
            mgcp_seen_clear(&v->observed);
        put_in_force(v, &p);
    } else {
        embedded_failed(v, &x, part(in, want->r), refusal);
    }
    mgcp_signals_drop(p.signals);
    mgcp_map_free(p.map);
    free(p.requested);
}
