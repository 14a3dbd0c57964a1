/* The one door through which a state changes. */
#include "gw/rt/fsm.h"

#include <errno.h>
#include <stdatomic.h>

static _Atomic uint64_t refused;

void rt_fsm_init(struct rt_fsm *m, const struct rt_fsm_spec *spec, int state, const char *id,
                 void *obj)
{
    *m = (struct rt_fsm){.spec = spec, .id = id, .obj = obj, .state = state};
}

const char *rt_fsm_state_name(const struct rt_fsm *m)
{
    return m->spec->states[m->state];
}

static const struct rt_fsm_row *find_row(const struct rt_fsm *m, int event)
{
    const struct rt_fsm_row *any = NULL;

    for (size_t i = 0; i < m->spec->nrows; i++) {
        const struct rt_fsm_row *r = &m->spec->rows[i];
        if (r->event != event)
            continue;
        if (r->state == m->state)
            return r;
        if (r->state == RT_FSM_ANY && !any)
            any = r;
    }
    return any;
}

static const char *event_name(const struct rt_fsm *m, int event)
{
    bool known = event >= 0 && event < m->spec->nevents && m->spec->events[event];
    return known ? m->spec->events[event] : "?";
}

static void enter(struct rt_fsm *m, const char *why, int next)
{
    rt_log(m->spec->log, RT_DEBUG, "%s %s %s %s -> %s", m->id, m->spec->name, rt_fsm_state_name(m),
           why, m->spec->states[next]);
    m->state = next;
}

int rt_fsm_event(struct rt_fsm *m, int event, const void *ev)
{
    const struct rt_fsm_row *row = find_row(m, event);

    if (!row) {
        atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
        rt_log(m->spec->log, RT_NOTICE, "%s %s: %s refused in state %s", m->id, m->spec->name,
               event_name(m, event), rt_fsm_state_name(m));
        return EPROTO;
    }
    enter(m, event_name(m, event), row->next == RT_FSM_KEEP ? m->state : row->next);
    if (row->action)
        row->action(m->obj, ev);
    return 0;
}

void rt_fsm_goto(struct rt_fsm *m, int state)
{
    enter(m, "decides", state);
}

uint64_t rt_fsm_refused(void)
{
    return atomic_load_explicit(&refused, memory_order_relaxed);
}
