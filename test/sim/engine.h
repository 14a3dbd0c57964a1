/* What the parts of the engine share: chance, text, faults of the network, what is checked. */
#ifndef TEST_SIM_ENGINE_H
#define TEST_SIM_ENGINE_H

#include "test/sim/sim.h"

#include <jansson.h>

/* ---- chance.c ---- */

/** A generator of its own, so that a run does not depend on what else asks for chance. */
struct sim_dice {
    uint64_t state;
};
uint64_t sim_roll(struct sim_dice *d);
/** 0..n-1; n > 0. */
unsigned sim_below(struct sim_dice *d, unsigned n);
unsigned sim_between(struct sim_dice *d, unsigned least, unsigned most);
/** True so many times of a thousand. */
bool sim_often(struct sim_dice *d, unsigned permille);
/** The time to the next of things that come at random, `mean` apart; whole milliseconds. */
rt_time sim_wait(struct sim_dice *d, rt_time mean);
/** Another number for each pair. */
uint64_t sim_mix(uint64_t a, uint64_t b);
/** FNV-1a of more octets. */
uint64_t sim_hash(uint64_t sofar, const void *data, size_t len);

/* ---- numbers.c ---- */

/** Digits of an operation's id in numbers. */
#define SIM_ID_DIGITS 6
/** Writes a call's numbers: +4930, who is called or calls, the id. */
void sim_number(char out[16], unsigned far, unsigned id);
/** The digit that stands for a far end in numbers. */
unsigned sim_digit(unsigned far);

/* ---- script.c ---- */

/** Words of kinds of far ends and of operations; NULL: none. */
const char *sim_kind_word(enum sim_kind kind);
const char *sim_op_word(enum sim_op_kind kind);
/** Far ends of this kind are built in. */
const struct sim_far_ops *sim_far_of(enum sim_kind kind);
/** Names the far end and finds its adapter. */
void sim_far_init(struct sim *s, struct sim_far *f, unsigned index, enum sim_kind kind);

/* ---- net.c ---- */

/** From now on every datagram is looked at. */
void sim_net_start(struct sim *s);
/** A fault of the network begins or ends. */
void sim_net_fault(struct sim *s, const struct sim_op *op, bool begins);
/** Datagrams that mean nothing, to the gateway's ports. */
void sim_net_garbage(struct sim *s, const struct sim_op *op);

/* ---- world_faults.c ---- */

/** Everything that an operation does but a call and what ends the gateway. */
void sim_fault(struct sim *s, const struct sim_op *op, bool begins);
/** True for operations that go on for a[1]. */
bool sim_op_lasts(enum sim_op_kind kind);
/** True for those that end the gateway, for a[1]. */
bool sim_op_ends(enum sim_op_kind kind);

/* ---- check.c and its parts ---- */

int sim_checks_start(struct sim *s);
/** The gateway has started. */
void sim_checks_started(struct sim *s);
/** Nothing has happened yet: what the gateway holds when it is idle is noted. */
void sim_checks_idle(struct sim *s);
/** Notes the calls that a fault touches, by the script alone, and that channels are taken. */
void sim_checks_plan(struct sim *s, struct sim_call *c);
/** check_calls.c: states that last too long, legs without a call. */
void sim_check_calls(struct sim *s);
/** The gateway began anew, with other calls. */
void sim_check_forget_calls(struct sim *s);
/** check_outcome.c: calls that are over went as the script says. */
void sim_check_outcomes(struct sim *s);
/** check_records.c: at rest, what files say of calls. */
void sim_check_records(struct sim *s);
/** The process is lost now, or the power: calls whose record may be lost with it are noted. */
void sim_records_lost(struct sim *s, bool power);
/** check_rest.c: at rest, nothing is held. */
void sim_check_held(struct sim *s);
/** check_causes.c: NULL, or what is wrong with how the caller was told. */
const char *sim_check_cause(const struct sim *s, const struct sim_call *c);
/** True when the caller heard this cause, or can hear none. */
bool sim_told(const struct sim *s, const struct sim_call *c, unsigned cause);
/** check_digits.c: NULL, or what is wrong with the digits of the talk. */
const char *sim_check_digits(const struct sim *s, const struct sim_call *c);
/** check_limits.c: customers with limits, for the plan; rates and counts, before it is read. */
void sim_limits_plan(const struct sim *s, struct rt_buf *out);
/** What stands before a far end's trunk as a target: "", or the words for a way that has a price.
 */
const char *sim_limits_way(const struct sim *s, unsigned to);
int sim_limits_start(struct sim *s);
/** Notes what is used, now and then; what it is when the process ends, and has when it starts. */
void sim_limits_watch(struct sim *s);
void sim_limits_ends(struct sim *s, bool stopped);
void sim_limits_started(struct sim *s);
/** At rest: first the day that counts, then each record of a call, then what was counted of them.
 */
void sim_limits_day(struct sim *s);
void sim_limits_record(struct sim *s, const json_t *record);
void sim_check_limits(struct sim *s);
/** check_transfer.c: NULL, or what is wrong with how the call was sent on. */
const char *sim_check_moved(const struct sim *s, const struct sim_call *c);
/** At rest: what the gateway counts of transfers is what far ends saw. */
void sim_check_transfers(struct sim *s);
/** Notes a call that is over. */
void sim_check_moves(struct sim *s, const struct sim_call *c);
/** check_rest.c: the value of a counter, by the name that metrics have. */
uint64_t sim_counted(const char *name);
/** check_busy.c: channels of this far end are taken, all but those that are given and taken just
 * now. */
bool sim_full(const struct sim *s, unsigned far);
/** How often no RTP port was free so far. */
uint64_t sim_portless(void);
/** The gateway's end of its line; NULL: it has none. */
const struct isdn_span *sim_span_of(const struct sim *s, const struct sim_far *f);
/** One of its channels was taken: calls that find no other from now on are noted. */
void sim_channel_taken(struct sim_far *f);
/** A fault of this kind touched the time from `from` to `to`. */
bool sim_fault_between(const struct sim *s, enum sim_op_kind kind, rt_time from, rt_time to);
/** A call that ordinary ones make way for was under way at this time, or just before. */
bool sim_emergency_at(const struct sim *s, rt_time at);
/** An emergency call's trunk, whichever it is, may have lost its line: such a call is answered at
 * another one, but a talk that began is cut off. */
bool sim_emergency_touched(const struct sim *s, const struct sim_call *c);

struct sim_checks {
    struct sim_age *ages; /**< hash: calls of the gateway and since when they are as they are */
    uint64_t total;       /**< total_calls of starts that are over */
    const struct sim_op **fault; /**< operations that are no calls */
    unsigned nfaults;
    rt_time legs_at; /**< when legs were last looked at */
    unsigned idle_udp, idle_files, idle_timers, idle_loops;
    unsigned done, answered, disturbed; /**< calls that were judged */
    uint64_t talked;                    /**< ms */
    struct sim_limits *limits;          /**< check_limits.c's */
    unsigned joined, outside; /**< calls that were sent on from a span; taken over by an exchange */
};

/* ---- shrink.c ---- */

/** What a run came to, as a child tells its parent. */
struct sim_outcome {
    char failure[4096]; /**< empty: nothing is wrong */
    uint64_t digest, calls, answered, disturbed, faults, talked, messages;
    rt_time simulated;
};
/** Runs the script in a process of its own. */
void sim_run_apart(struct sim *s, struct sim_outcome *out);
/** self_test.c: tries the engine out on itself. False: it says on standard output what is wrong. */
bool sim_self_test(void);
/** Leaves out operations as long as the same thing goes wrong; `s` has those that are needed. */
void sim_shrink(struct sim *s, const char *failure);

#endif
