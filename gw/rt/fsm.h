/* State machines as tables: one row per (state, event), one door that changes the state and logs
 * it.
 *
 * An event that has no row is refused, counted and logged; it never falls into a default.
 */
#ifndef GW_RT_FSM_H
#define GW_RT_FSM_H

#include "gw/rt/log.h"

#include <stdint.h>

/** As the next state: it stays, or the action decides with rt_fsm_goto(). As a row's state: any. */
#define RT_FSM_KEEP (-1)
#define RT_FSM_ANY  (-1)

/** Does the work of a row. `obj` is the machine's owner, `ev` what came with the event (may be
 * NULL). */
typedef void rt_fsm_action(void *obj, const void *ev);

struct rt_fsm_row {
    int state; /**< or RT_FSM_ANY: tried after the rows that name the state */
    int event;
    rt_fsm_action *action; /**< may be NULL; runs after the state has changed */
    int next;              /**< or RT_FSM_KEEP */
};

/** A machine's declaration: const, one per kind. */
struct rt_fsm_spec {
    const char *name; /**< "call", "isdn", "ict" */
    enum rt_subsys log;
    const char *const *states; /**< names, indexed by state */
    const char *const *events; /**< names, indexed by event */
    int nstates, nevents;
    const struct rt_fsm_row *rows;
    size_t nrows;
};

/** One machine. `id` names it in the log ("call 17"); it is borrowed. */
struct rt_fsm {
    const struct rt_fsm_spec *spec;
    const char *id;
    void *obj;
    int state;
};

void rt_fsm_init(struct rt_fsm *m, const struct rt_fsm_spec *spec, int state, const char *id,
                 void *obj);
/** Feeds an event: finds the row, logs `id name OLD event -> NEW`, changes the state, runs the
 * action. EPROTO when the state has no such row: nothing was done but for the log line and the
 * counter. */
int rt_fsm_event(struct rt_fsm *m, int event, const void *ev);
/** Changes the state outside a row, for an action that had to decide. Logged alike. */
void rt_fsm_goto(struct rt_fsm *m, int state);
const char *rt_fsm_state_name(const struct rt_fsm *m);
/** Events refused since the start, all machines together. */
uint64_t rt_fsm_refused(void);

#endif
