/* The ring of events. Numbers begin at the time of the start, in microseconds: those of an earlier
 * run are smaller than all of this one's.
 */
#include "gw/event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <uthash.h>

/** Kept; a listener that is further behind has to begin anew. */
#define KEPT         4096
#define STATUS_EVERY RT_S

struct entry {
    uint64_t id, key;
    enum gw_event_kind kind;
    bool latest;        /**< in the hash: the last of its object */
    struct rt_buf json; /**< empty: a later one has taken its place */
    UT_hash_handle hh;
};

struct gw_events {
    struct gw *gw;
    struct rt_timer status;
    uint64_t first, next; /**< numbers of the oldest that is kept, and of the next */
    uint64_t read;        /**< of the last that somebody has read */
    rt_time asked;        /**< when somebody last did; 0: never */
    struct entry *by_key;
    struct entry ring[KEPT];
};

const char *gw_event_name(enum gw_event_kind kind)
{
    static const char *const names[GW_EVENT_KINDS] = {
        [GW_EVENT_CALL] = "call",     [GW_EVENT_CALL_END] = "call-end", [GW_EVENT_TRUNK] = "trunk",
        [GW_EVENT_SPAN] = "span",     [GW_EVENT_ALARM] = "alarm",       [GW_EVENT_PLAN] = "plan",
        [GW_EVENT_STATUS] = "status",
    };
    return names[kind];
}

static rt_time now_of(const struct gw_events *e)
{
    return rt_loop_now(e->gw->loop);
}

bool gw_events_wanted(const struct gw_events *e)
{
    return e && e->asked != 0 && now_of(e) - e->asked < GW_EVENT_IDLE;
}

/** A call's end is about the same object as what it did before. */
static uint64_t key_of(enum gw_event_kind kind, uint64_t object)
{
    if (kind == GW_EVENT_CALL_END)
        kind = GW_EVENT_CALL;
    return object * GW_EVENT_KINDS + kind;
}

static struct entry *slot(struct gw_events *e, uint64_t id)
{
    return &e->ring[id % KEPT];
}

static void unlatch(struct gw_events *e, struct entry *x)
{
    if (x->latest)
        HASH_DEL(e->by_key, x);
    x->latest = false;
}

static void drop_first(struct gw_events *e)
{
    unlatch(e, slot(e, e->first));
    rt_buf_reset(&slot(e, e->first)->json);
    e->first++;
}

void gw_event_add(struct gw_events *e, enum gw_event_kind kind, uint64_t object, struct rt_str json)
{
    uint64_t key = key_of(kind, object);
    struct entry *before;

    if (!gw_events_wanted(e))
        return;
    HASH_FIND(hh, e->by_key, &key, sizeof key, before);
    if (before) {
        unlatch(e, before);
        if (before->id > e->read)
            rt_buf_reset(&before->json);
    }
    if (e->next - e->first == KEPT)
        drop_first(e);
    struct entry *x = slot(e, e->next);
    x->id = e->next++;
    x->key = key;
    x->kind = kind;
    x->latest = true;
    rt_buf_put(&x->json, json.p, json.n);
    HASH_ADD(hh, e->by_key, key, sizeof x->key, x);
}

/* ---- reading ---- */

/** Nobody listened: what was is not known. A number is left out, so that whoever comes back sees
 * that. */
static void begin_anew(struct gw_events *e)
{
    while (e->first < e->next)
        drop_first(e);
    e->first = ++e->next;
    e->read = e->next - 1;
}

static void on_status(void *arg)
{
    struct gw_events *e = arg;

    if (!gw_events_wanted(e))
        return;
    gw_event_status(e->gw);
    rt_timer_start(&e->status, STATUS_EVERY);
}

static void write_one(struct rt_buf *out, const struct entry *x)
{
    if (x->json.n > 0)
        rt_buf_printf(out, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", x->id,
                      gw_event_name(x->kind), x->json.p);
}

uint64_t gw_events_read(struct gw_events *e, uint64_t since, struct rt_buf *out, bool *lost)
{
    *lost = false;
    if (!e)
        return 0;
    if (!gw_events_wanted(e))
        begin_anew(e);
    e->asked = now_of(e);
    if (!rt_timer_running(&e->status))
        rt_timer_start(&e->status, STATUS_EVERY);
    if (since != 0) {
        *lost = since + 1 < e->first || since >= e->next;
        for (uint64_t id = since + 1; !*lost && id < e->next; id++)
            write_one(out, slot(e, id));
    }
    e->read = e->next - 1;
    return e->read;
}

/* ---- life ---- */

int gw_events_new(struct gw_events **out, struct gw *gw)
{
    struct gw_events *e = calloc(1, sizeof *e);

    if (!e)
        return ENOMEM;
    e->gw = gw;
    e->first = e->next = (uint64_t)rt_wall();
    e->read = e->next - 1;
    rt_timer_init(&e->status, gw->loop, on_status, e);
    *out = e;
    return 0;
}

void gw_events_free(struct gw_events *e)
{
    if (!e)
        return;
    rt_timer_stop(&e->status);
    HASH_CLEAR(hh, e->by_key);
    for (unsigned i = 0; i < KEPT; i++)
        rt_buf_release(&e->ring[i].json);
    free(e);
}
