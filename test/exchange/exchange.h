/* The exchange as a whole: one span, its calls, its rules, one loop. */
#ifndef TEST_EXCHANGE_EXCHANGE_H
#define TEST_EXCHANGE_EXCHANGE_H

#include "codec/g711.h"
#include "gw/rt/loop.h"
#include "isdn/isdn.h"
#include "test/exchange/files.h"
#include "test/exchange/rules.h"
#include "test/exchange/worker.h"

#include <stdbool.h>
#include <stdint.h>

struct ex_call;
struct ex_load;

struct exchange {
    struct rt_loop *loop;
    struct isdn_span *span; /**< NULL while it is down */
    struct ex_rules rules;
    struct ex_files files;
    struct ex_worker *worker;
    enum g711_law law;
    struct ex_call *calls;
    struct ex_load *loads;
    struct ex_call *by_slot[ISDN_TIMESLOTS];
    unsigned next_id;
    struct {
        unsigned incoming, outgoing, answered, released, cause[128];
    } totals;
    bool want_span; /**< what main() makes true between two runs of the loop */
    bool stopping, finished;
    struct rt_timer stop; /**< looks whether everything has ended */
    rt_time stop_by;
};

/** Opens the span of the rules. The socket's errno. */
int ex_span_open(struct exchange *ex);
/** Closes it and forgets its calls; only while the loop does not run. */
void ex_span_close(struct exchange *ex);
/** Alarm, D channel, channels and counters into an event. */
void ex_span_report(struct exchange *ex, const char *event);
/** The D channel is up, and the restart of the B channels that follows is over. */
bool ex_span_up(const struct exchange *ex);
/** The B channels, bit n = timeslot n. */
uint32_t ex_span_channels(const struct exchange *ex);
/** Clears all calls, waits for recordings, then ends the loop; a second time: at once. */
void ex_stop(struct exchange *ex);

#endif
