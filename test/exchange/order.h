/* What a `call` command orders: a SETUP, how often, and the steps after it. */
#ifndef TEST_EXCHANGE_ORDER_H
#define TEST_EXCHANGE_ORDER_H

#include "test/exchange/step.h"

struct ex_order {
    char number[41], from[41]; /**< as they were given */
    struct isdn_setup setup;
    unsigned span;    /**< its number; 0: the first */
    bool spread;      /**< one span after the other */
    bool overlap;     /**< the number goes out digit by digit */
    rt_time pace;     /**< from one digit to the next */
    bool early;       /**< the steps begin with the first in-band audio, not with the answer */
    bool deaf;        /**< what is heard is not measured */
    bool refuses;     /**< deflection and transfer are refused */
    rt_time duration; /**< cleared so long after the last step; 0: not */
    unsigned count;
    double rate; /**< calls a second */
    struct ex_step *steps;
    size_t nsteps;
};

/** Reads the words after `call`. EINVAL with `w->error` set; free the order in any case. */
int ex_order_parse(struct ex_order *out, struct ex_words *w);
void ex_order_free(struct ex_order *o);

#endif
