/* Doing a call's steps. */
#ifndef TEST_EXCHANGE_ACT_H
#define TEST_EXCHANGE_ACT_H

#include "test/exchange/calls.h"

/** A step's delay is over, or it is time to look whether a file has ended; `arg` is the call. */
rt_timer_fn ex_act_timer;
/** The call is answered, whoever did it. */
void ex_act_answered(struct ex_call *c);
/** Does a step that is a supplementary service or a word beside the usual ones. ENOENT: it is none.
 */
int ex_act_service(struct ex_call *c, const struct ex_step *s);

#endif
