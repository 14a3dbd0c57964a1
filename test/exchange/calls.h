/* Calls, both ways: their steps, their events, their reports. */
#ifndef TEST_EXCHANGE_CALLS_H
#define TEST_EXCHANGE_CALLS_H

#include "test/exchange/exchange.h"
#include "test/exchange/media.h"
#include "test/exchange/order.h"

struct ex_call {
    struct ex_call *prev, *next;
    struct ex_span *span;
    struct isdn_call *isdn;
    struct ex_load *load; /**< that it belongs to, or NULL */
    unsigned id, slot;
    bool incoming, answered, acked, early, started, refuses;
    const char *state;
    char called[82], calling[41], pending[41]; /**< pending: digits not sent yet */
    rt_time pace;                              /**< from one of them to the next */
    const struct ex_step *steps;               /**< of its rule, or its load */
    size_t nsteps, at;
    bool waited; /**< the step's `after` has passed */
    struct rt_timer timer, digit_timer, hear_timer;
    rt_time begun, answered_at;
    const char *by;               /**< who cleared it: "us", "them", or NULL */
    struct isdn_cause first;      /**< what it was cleared with then; RELEASE may say another */
    struct isdn_number connected; /**< what was said of our party */
    size_t dtmf_told;
    unsigned markers_told;
    struct ex_media media;
};

/** Places a call: it exists then, and has been reported. As isdn_call_setup(); EINVAL: there is no
 * such span. The order outlives the call. */
int ex_call_place(struct exchange *ex, const struct ex_order *order, struct ex_load *load);
struct ex_call *ex_call_find(struct exchange *ex, unsigned id);
void ex_call_release(struct ex_call *c, unsigned cause, unsigned location);
/** The line is gone: every call on it ends here and now. */
void ex_calls_forget(struct ex_span *s);
/** Reports a call with what it has heard so far. */
void ex_call_report(const struct ex_call *c, const char *event);
/** Goes on with its steps. */
void ex_call_run(struct ex_call *c);

/* What a span calls; `arg` is the ex_span. */
isdn_tdm_fn ex_calls_tdm;
void ex_calls_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup);
void ex_calls_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev);

/* Among the files of calls. */
/** NULL without memory. */
struct ex_call *ex_call_new(struct ex_span *s, bool incoming, bool measure);
void ex_call_set_slot(struct ex_call *c, unsigned slot);
/** It is over: reports it and frees it. */
void ex_call_end(struct ex_call *c, const struct isdn_cause *cause, const char *by);
/** Looks for a rule; asks for more digits while there may be more and they may help. */
void ex_call_route(struct ex_call *c, bool complete);

/** A new event about a call. */
json_t *ex_call_json(const struct ex_call *c, const char *event);
void ex_call_put_cause(json_t *o, const struct isdn_cause *cause);
void ex_put_uui(json_t *o, const struct isdn_uui *uui);
/** "50313233" in hex under that key; nothing when `len` is 0. */
void ex_put_hex(json_t *o, const char *key, const uint8_t *octets, size_t len);

#endif
