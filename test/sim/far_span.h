/* The far end of a span: isdn/ on the other side of a line of the gateway, two cards whose wires
 * are crossed or a pseudowire. It keeps pointers to the calls of the ledger until it is stopped.
 */
#ifndef TEST_SIM_FAR_SPAN_H
#define TEST_SIM_FAR_SPAN_H

#include "isdn/isdn.h"
#include "test/sim/sim.h"

struct far_span_leg;

/** What `own` of the far end points to. */
struct far_span {
    struct sim_far *far;
    struct isdn_span *span;
    struct far_span_leg *legs;
    unsigned flaps; /**< alarms that go on */
    unsigned slips; /**< frames of the D channel that will not be understood */
};

/** What a far end's variety makes of its line; for both of its ends. */
struct far_span_kind {
    bool pseudowire, network; /**< network: the far end is */
    const char *variant;
    enum isdn_rate rate;
    uint32_t timeslots; /**< carried, with the D channel */
    unsigned frames;    /**< in a packet or a block */
};
void far_span_kind(struct far_span_kind *out, const struct sim_far *f);

/** True while nothing passes to that address, since its line has an alarm (pseudowire). */
bool sim_far_span_cut(const struct sim_far *f, const union rt_addr *to);
/** Whether both ends say the same of every channel; `ours` is the gateway's end. To be asked while
 * nothing is on its way. */
bool sim_far_span_agrees(struct sim_far *f, const struct isdn_span *ours, struct rt_buf *why);

/* far_span_call.c */
void far_span_call(struct sim_far *f, struct sim_call *c);
void far_span_on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s);
void far_span_on_event(void *arg, struct isdn_call *call, void *call_arg,
                       const struct isdn_event *ev);
/** Forgets its calls; their span is not asked any more. */
void far_span_forget(struct far_span *own);
/** Says which calls are left. */
void far_span_list(const struct far_span *own, struct rt_buf *why);

#endif
