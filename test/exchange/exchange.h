/* The exchange as a whole: its lines, its calls, its rules, one loop. */
#ifndef TEST_EXCHANGE_EXCHANGE_H
#define TEST_EXCHANGE_EXCHANGE_H

#include "codec/g711.h"
#include "gw/rt/loop.h"
#include "isdn/isdn.h"
#include "test/exchange/fault.h"
#include "test/exchange/files.h"
#include "test/exchange/rules.h"
#include "test/exchange/storm.h"
#include "test/exchange/worker.h"

#include <stdbool.h>
#include <stdint.h>

struct ex_call;
struct ex_load;
struct exchange;
struct gw_trace_file;
struct gw_trace_files;

/** A line. */
struct ex_span {
    struct exchange *ex;
    const struct ex_span_rule *rule;
    struct isdn_span *isdn; /**< NULL while it is down */
    enum g711_law law;
    struct ex_call *by_slot[ISDN_TIMESLOTS];
    uint32_t busy;                 /**< bit n: there is a call in by_slot[n] */
    struct gw_trace_files *traces; /**< NULL: nothing is traced */
    struct gw_trace_file *trace;
    struct ex_fault fault;
    struct ex_storm storm;
    bool want; /**< what is made true between two runs of the loop */
};

struct exchange {
    struct rt_loop *loop;
    struct ex_span *spans; /**< rules.nspans */
    unsigned next_span;    /**< calls over all spans: where the next one goes */
    struct ex_rules rules;
    struct ex_files files;
    struct ex_worker *worker;
    struct ex_call *calls;
    struct ex_load *loads;
    unsigned next_id;
    struct {
        unsigned incoming, outgoing, answered, released, cause[128];
    } totals;
    bool stopping, finished;
    struct rt_timer stop; /**< looks whether everything has ended */
    rt_time stop_by;
};

/** Makes the spans of the rules, all closed. ENOMEM. */
int ex_spans_new(struct exchange *ex);
void ex_spans_free(struct exchange *ex);
/** Opens a span, and closes it and forgets its calls. Only while the loop does not run. The
 * socket's errno; ENETDOWN: the span whose D channel it uses is closed. */
int ex_span_open(struct ex_span *s);
void ex_span_close(struct ex_span *s);
/** Marks a span, and those it shares D channels with, as wanted or not. */
void ex_span_want(struct ex_span *s, bool open);
/** Opens what is wanted, closes what is not; reports each. Only while the loop does not run. */
void ex_spans_apply(struct exchange *ex);
/** There is something for ex_spans_apply() to do. */
bool ex_spans_pending(const struct exchange *ex);
/** NULL: there is no such span. */
struct ex_span *ex_span_find(const struct exchange *ex, unsigned id);
/** Alarm, D channel, channels and counters into an event. */
void ex_span_report(struct ex_span *s, const char *event);
/** The D channel is up, and the restart of the B channels that follows is over. */
bool ex_span_up(const struct ex_span *s);
/** All spans are that are to be open. */
bool ex_spans_up(const struct exchange *ex);
/** The B channels, bit n = timeslot n. */
uint32_t ex_span_channels(const struct ex_span *s);
/** Our side of the line is the network. */
static inline bool ex_span_network(const struct ex_span *s)
{
    return s->rule->cfg.network;
}
/** The location our causes have: public network serving the local user, or user. */
static inline unsigned ex_span_location(const struct ex_span *s)
{
    return ex_span_network(s) ? 2 : 0;
}
/** Clears all calls, waits for recordings, then ends the loop; a second time: at once. */
void ex_stop(struct exchange *ex);

#endif
