/* What the exchange says: one JSON object a line on standard output. */
#ifndef TEST_EXCHANGE_REPORT_H
#define TEST_EXCHANGE_REPORT_H

#include "gw/rt/buf.h"

#include <jansson.h>

/** A new event: its name and the wall clock. NULL without memory, which everything here bears. */
json_t *ex_event(const char *name);
void ex_put_text(json_t *o, const char *key, const char *value);
void ex_put_int(json_t *o, const char *key, json_int_t value);
void ex_put_bool(json_t *o, const char *key, bool value);
void ex_put(json_t *o, const char *key, json_t *value);
typedef void ex_line_fn(void *arg, const char *line);
/** Lines go there and not to standard output; NULL: to standard output. */
void ex_report_to(ex_line_fn *fn, void *arg);
/** Writes the line and frees the event. */
void ex_emit(json_t *o);
/** An `error` event: a command or a step that could not be done. */
void ex_error(const char *fmt, ...) RT_PRINTF(1, 2);

#endif
