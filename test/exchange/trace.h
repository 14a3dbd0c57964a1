/* Traces of D channels: `trace FILE` in a span. */
#ifndef TEST_EXCHANGE_TRACE_H
#define TEST_EXCHANGE_TRACE_H

#include "test/exchange/exchange.h"

/** Opens the files that the spans name, if they do. The errno. */
int ex_traces_open(struct exchange *ex);
void ex_trace_close(struct ex_span *s);
/** A frame, as isdn_span_ops.trace has it; `arg` is the span. */
void ex_trace(void *arg, struct isdn_call *call, bool sent, const char *name, const uint8_t *frame,
              size_t len);

#endif
