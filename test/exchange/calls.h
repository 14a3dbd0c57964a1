/* Calls, both ways: their steps, their events, their reports. */
#ifndef TEST_EXCHANGE_CALLS_H
#define TEST_EXCHANGE_CALLS_H

#include "test/exchange/exchange.h"
#include "test/exchange/media.h"

/** A call to be placed. */
struct ex_order {
    char number[41], from[41];
    unsigned channel; /**< a timeslot, or 0: any */
    bool overlap;     /**< the number goes out digit by digit */
    bool data;        /**< 64 kbit/s unrestricted */
    bool early;       /**< the steps begin with the first in-band audio, not with the answer */
    struct ex_step *steps;
    size_t nsteps;
};

struct ex_call {
    struct ex_call *prev, *next;
    struct exchange *ex;
    struct isdn_call *isdn;
    struct ex_load *load; /**< that it belongs to, or NULL */
    unsigned id, slot;
    bool incoming, answered, acked, early, started;
    const char *state;
    char called[82], calling[41], pending[41]; /**< pending: digits not sent yet */
    struct ex_step *steps;                     /**< its own copy */
    size_t nsteps, at;
    bool waited; /**< the step's `after` has passed */
    struct rt_timer timer, digit_timer, hear_timer;
    rt_time begun, answered_at;
    const char *by;          /**< who cleared it: "us", "them", or NULL */
    struct isdn_cause first; /**< what it was cleared with then; RELEASE may say another */
    size_t dtmf_told;
    struct ex_media media;
};

/** Places a call: it exists then, and has been reported. As isdn_call_setup(). */
int ex_call_place(struct exchange *ex, const struct ex_order *order, struct ex_load *load);
struct ex_call *ex_call_find(struct exchange *ex, unsigned id);
void ex_call_release(struct ex_call *c, unsigned cause, unsigned location);
/** The line is gone: every call ends here and now. */
void ex_calls_forget(struct exchange *ex);
/** Reports a call with what it has heard so far. */
void ex_call_report(const struct ex_call *c, const char *event);
/** Goes on with its steps. */
void ex_call_run(struct ex_call *c);

/* What a span calls; `arg` is the exchange. */
isdn_tdm_fn ex_calls_tdm;
void ex_calls_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup);
void ex_calls_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev);

/** A new event about a call. */
json_t *ex_call_json(const struct ex_call *c, const char *event);
void ex_call_put_cause(json_t *o, const struct isdn_cause *cause);

#endif
