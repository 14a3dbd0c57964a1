/* Faults of a line on command: what happens to the frames of its D channel on the way. */
#ifndef TEST_EXCHANGE_FAULT_H
#define TEST_EXCHANGE_FAULT_H

#include "gw/rt/loop.h"
#include "isdn/isdn.h"

#include <jansson.h>

struct ex_span;

/** Start zeroed. */
struct ex_fault {
    unsigned lose, lose_in, wrong_fcs, jump; /**< that many frames are still to suffer */
    bool cut;                                /**< nothing passes, either way */
    bool never_ends;                         /**< a frame that never closes */
    bool mute_q921;                          /**< says nothing at all */
    bool mute_q931;                          /**< hears no message */
    rt_time flap_every, flap_for;
    struct rt_timer flap;
    struct {
        unsigned lost, lost_in, spoilt, jumped, unheard;
    } done;
};

void ex_fault_init(struct ex_fault *f, struct rt_loop *loop);
/** Cuts the D channel for `length` at once and again each `every`. */
void ex_fault_flap(struct ex_fault *f, rt_time every, rt_time length);
/** No fault any more. */
void ex_fault_none(struct ex_fault *f);
/** What was done to frames so far. */
json_t *ex_fault_json(const struct ex_fault *f);

/** isdn_span_ops.filter and .line; `arg` is the span. */
enum isdn_fate ex_fault_filter(void *arg, bool sent, uint8_t *frame, size_t len);
isdn_tdm_fn ex_fault_line;

#endif
