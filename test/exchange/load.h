/* Orders: one call or many at a rate. */
#ifndef TEST_EXCHANGE_LOAD_H
#define TEST_EXCHANGE_LOAD_H

#include "test/exchange/calls.h"

/** Places `count` calls, `rate` a second; takes the order over. ENOMEM. */
int ex_load_start(struct exchange *ex, const struct ex_order *order, unsigned count, double rate);
/** A call of `load` is answered, so long after its SETUP. */
void ex_load_answered(struct ex_load *load, rt_time after);
/** A call of `load` has ended. */
void ex_load_ended(struct ex_load *load, bool answered, unsigned cause);
/** Places no more of any order. */
void ex_load_stop_all(struct exchange *ex);

#endif
