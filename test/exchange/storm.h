/* Storms: as many messages or frames as a D channel carries, without waiting for any answer. */
#ifndef TEST_EXCHANGE_STORM_H
#define TEST_EXCHANGE_STORM_H

#include "gw/rt/loop.h"

#include <stdint.h>

struct ex_span;

enum ex_storm_kind { EX_STORM_RESTART, EX_STORM_SETUP, EX_STORM_GARBAGE };

/** Start zeroed. */
struct ex_storm {
    enum ex_storm_kind kind;
    unsigned left, sent;
    int credit; /**< octets that the D channel has had time for */
    char number[41];
    struct rt_timer timer;
};

void ex_storm_init(struct ex_storm *s, struct rt_loop *loop, struct ex_span *span);
/** Sends `count` of them, as fast as the D channel is. `number`: what SETUPs call. */
void ex_storm_start(struct ex_span *span, enum ex_storm_kind kind, unsigned count,
                    const char *number);
void ex_storm_stop(struct ex_storm *s);

#endif
