/* The far end of a span: isdn/ on the other side of a line of the gateway, two cards whose wires
 * are crossed or a pseudowire. It keeps pointers to the calls of the ledger until it is stopped.
 */
#ifndef TEST_SIM_FAR_SPAN_H
#define TEST_SIM_FAR_SPAN_H

#include "gw/rt/loop.h"
#include "isdn/isdn.h"
#include "test/sim/far_voice.h"
#include "test/sim/sim.h"

/** A call at the far end, on either side. */
struct far_span_leg {
    struct far_span *own;
    struct isdn_call *call;
    struct sim_call *c; /**< NULL: not known yet, while its digits come */
    rt_time placed;     /**< as in the ledger: else that is of another leg by now */
    bool caller, releasing;
    bool direct;     /**< called side: by the number that was called first */
    char digits[48]; /**< called side: those that came */
    uint8_t ton;     /**< of them */
    enum isdn_bearer bearer;
    size_t sent;               /**< caller: digits of its number */
    struct far_span_leg *mate; /**< of a transfer: the call that this one is to be joined with */
    bool consults;             /**< it is the second of the two, and in no ledger */
    struct far_voice *voice;   /**< NULL: there is nothing to say or to hear */
    unsigned ndigits;          /**< dialled */
    struct rt_timer step, give_up, bound, dial;
    void (*then)(struct far_span_leg *l); /**< what `step` does */
    struct far_span_leg *prev, *next;
};

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
    bool optimise;      /**< the far end joins calls of its own that the gateway has joined */
};
void far_span_kind(struct far_span_kind *out, const struct sim_far *f);
/** The statement `span` alone, without a trunk. */
void far_span_plan(const struct sim_far *f, struct rt_buf *out);

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
/** A new one, in the list; not placed yet. NULL: no memory. */
struct far_span_leg *far_span_leg_new(struct far_span *own, bool caller);
void far_span_leg_free(struct far_span_leg *l);
void far_span_release(struct far_span_leg *l, uint8_t cause);
/** Does it so much later, in place of what was to come. */
void far_span_later(struct far_span_leg *l, rt_time d, void (*then)(struct far_span_leg *l));
/** Calls the number, en bloc. An errno, as isdn_call_setup(). */
int far_span_dial(struct far_span_leg *l, struct isdn_setup *s);
/** Forgets its calls; their span is not asked any more. */
void far_span_forget(struct far_span *own);
/** Says which calls are left. */
void far_span_list(const struct far_span *own, struct rt_buf *why);

/** Its side of the ledger; NULL: none, or the call came again since. */
struct sim_seen *far_span_seen(const struct far_span_leg *l);

/* far_span_voice.c */
/** The call is answered: its digits will be dialled, or listened for. */
void far_span_speak(struct far_span_leg *l);
void far_span_mute(struct far_span_leg *l);
/** isdn_tdm_fn; `arg` is the far end's `own`. */
void far_span_tdm(void *arg, struct isdn_block *b);

/* far_span_join.c */
/** True when the user at the far end is to send this call on, and its variant lets it. */
bool far_span_sends_on(const struct far_span_leg *l);
/** Calls another far end and joins the two calls when that has answered. */
void far_span_consult(struct far_span_leg *l);
/** The second call is answered. */
void far_span_consulted(struct far_span_leg *l);
/** The far end of the line clears it: joined, or what is left of the two is told. */
void far_span_parted(struct far_span_leg *l);
/** The gateway asks the exchange to join two calls, or has refused what was asked here. */
void far_span_on_transfer(struct far_span_leg *l, const struct isdn_event *ev);

#endif
