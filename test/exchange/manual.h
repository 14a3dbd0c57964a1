/* The exchange's manual page. */
#ifndef TEST_EXCHANGE_MANUAL_H
#define TEST_EXCHANGE_MANUAL_H

#include "gw/rt/buf.h"

/** tandem-exchange(1), in mdoc(7). */
void ex_manual(struct rt_buf *out);

#endif
