/* What the tests of calls share: a network and a user, two in-memory spans back to back, each with
 * an owner that notes what it is told and every message on the wire. A side can be made deaf to a
 * kind of message: Q.921 acknowledges it and Q.931 never sees it.
 */
#ifndef TEST_UNIT_ISDN_RIG_H
#define TEST_UNIT_ISDN_RIG_H

#include "gw/rt/log.h"
#include "isdn/aoc.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NET       0
#define USER      1
#define ALL       0xfffefffeu /* the B channels of an E1 with its D channel in 16 */
#define RIG_NOTES 4096
#define RIG_WIRE  8192

/** What an owner was told. */
struct rig_note {
    rt_time at;
    struct isdn_call *call;
    struct isdn_event ev;
};

/** A message as its sender's trace showed it. */
struct rig_message {
    rt_time at;
    unsigned from;
    struct q931_view view;
    bool of_call;
    size_t len;
    uint8_t octets[HDLC_FRAME_MAX];
};

struct rig_side {
    struct isdn_span *span;
    struct rig_note *notes;
    unsigned nnotes;
    struct isdn_call *in; /* the last call that arrived */
    struct isdn_setup setup;
    struct isdn_aoc aoc; /* the last charges told */
    /* asked first; for what has to be answered from inside */
    void (*hook)(struct isdn_call *call, const struct isdn_event *ev);
    unsigned setups, changes;
    bool answers; /* CALL PROCEEDING, ALERTING, CONNECT at once */
    bool waits;   /* does not release when DISCONNECT comes */
    bool deaf[256];
};

static struct {
    struct rt_loop *loop;
    struct rig_side side[2];
    struct rig_message *wire;
    unsigned nwire;
} rig;

static unsigned rig_index(const struct rig_side *s)
{
    return s == &rig.side[USER];
}

static void rig_on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    struct rig_side *s = arg;

    s->setups++;
    s->in = call;
    s->setup = *setup;
    isdn_call_own(call, s);
    if (!s->answers)
        return;
    ck_assert_int_eq(isdn_call_proceeding(call, 0), 0);
    ck_assert_int_eq(isdn_call_alerting(call, 0), 0);
    ck_assert_int_eq(isdn_call_connect(call, NULL), 0);
}

static void rig_on_event(void *arg, struct isdn_call *call, void *call_arg,
                         const struct isdn_event *ev)
{
    struct rig_side *s = arg;

    ck_assert_ptr_eq(call_arg, s);
    s->notes[s->nnotes++ % RIG_NOTES] = (struct rig_note){rt_now(), call, *ev};
    if (ev->aoc)
        s->aoc = *ev->aoc;
    if (s->hook)
        s->hook(call, ev);
    if (ev->type == ISDN_EV_DISCONNECT && !s->waits)
        isdn_call_release(call, 16, 0);
    if (ev->type == ISDN_EV_RELEASED && call == s->in)
        s->in = NULL;
}

static void rig_on_changed(void *arg, struct isdn_span *span)
{
    struct rig_side *s = arg;

    (void)span;
    s->changes++;
}

/** Another protocol discriminator: libpri drops the message. */
static void rig_spoil(const uint8_t *frame)
{
    uint8_t *octet = (uint8_t *)(uintptr_t)frame + 4;

    *octet = 0x7f;
}

static void rig_on_trace(void *arg, struct isdn_call *call, bool sent, const char *name,
                         const uint8_t *frame, size_t len)
{
    struct rig_side *s = arg;
    struct rig_message m = {.at = rt_now(), .from = rig_index(s), .len = len, .of_call = call};

    if (!name)
        return; /* Q.921's own */
    ck_assert(q931_look(&m.view, frame, len));
    ck_assert_str_eq(name, q931_name(m.view.type));
    if (!sent) {
        if (s->deaf[m.view.type])
            rig_spoil(frame);
        return;
    }
    memcpy(m.octets, frame, len);
    rig.wire[rig.nwire++ % RIG_WIRE] = m;
}

static const struct isdn_span_ops rig_ops = {
    .changed = rig_on_changed, .setup = rig_on_setup, .event = rig_on_event, .trace = rig_on_trace};

typedef void rig_config_fn(struct isdn_span_config *cfg);

/** Both spans, not joined; `fn` may change what is not the default. */
static inline void rig_open(rig_config_fn *fn)
{
    memset(&rig, 0, sizeof rig);
    rig.wire = calloc(RIG_WIRE, sizeof *rig.wire);
    for (unsigned i = 0; i < 2; i++)
        rig.side[i].notes = calloc(RIG_NOTES, sizeof *rig.side[i].notes);
    fake_reset();
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&rig.loop, "test");
    for (unsigned i = 0; i < 2; i++) {
        struct isdn_span_config cfg = {.id = i,
                                       .line = ISDN_MEMORY,
                                       .frames = 8,
                                       .timeslots = 0xfffffffe,
                                       .network = i == NET,
                                       .variant = "euroisdn",
                                       .overlap = true,
                                       .dchannel = 16};
        if (fn)
            fn(&cfg);
        ck_assert_int_eq(
            isdn_span_new(&rig.side[i].span, &cfg, rig.loop, rig.loop, &rig_ops, &rig.side[i]), 0);
    }
}

static inline struct isdn_span_status rig_status(unsigned side)
{
    struct isdn_span_status st;

    isdn_span_status(rig.side[side].span, &st);
    return st;
}

/** Joined, the D channel up and every channel restarted. */
static inline void rig_up(void)
{
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(10 * RT_S);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(rig_status(i).dchannel_up);
        ck_assert_uint_eq(isdn_span_free_channels(rig.side[i].span, ALL), 30);
    }
    rig.nwire = 0;
}

static inline void rig_cut(void)
{
    rig.side[NET].span->io.peer = NULL;
    rig.side[USER].span->io.peer = NULL;
}

static inline void rig_close(void)
{
    struct fake_leaks left;

    isdn_span_free(rig.side[NET].span);
    isdn_span_free(rig.side[USER].span);
    rt_loop_free(rig.loop);
    free(rig.wire);
    free(rig.side[NET].notes);
    free(rig.side[USER].notes);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.loops, 0);
}

static inline void rig_setup(void)
{
    rig_open(NULL);
    rig_up();
}

/** libpri's own count of call records. */
static inline void rig_expect_no_records(unsigned side)
{
    char *text = pri_dump_info_str(rig.side[side].span->link->pri);

    ck_assert_msg(strstr(text, "Total active-calls:0 "), "libpri keeps records:\n%s", text);
    free(text);
}

/** Nothing is left of any call. */
static inline void rig_expect_idle(void)
{
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_status(i).calls, 0);
        ck_assert_uint_eq(isdn_span_free_channels(rig.side[i].span, ALL), 30);
        ck_assert_ptr_null(rig.side[i].span->group->calls);
        rig_expect_no_records(i);
    }
}

/* ---- calls ---- */

static inline struct isdn_setup rig_words(const char *digits, bool complete)
{
    struct isdn_setup in = {.bearer = ISDN_AUDIO_31, .alaw = true, .complete = complete};

    rt_str_copy(in.called.digits, sizeof in.called.digits, rt_str(digits));
    in.called.npi = 1;
    return in;
}

static inline struct isdn_call *rig_place(unsigned side, const struct isdn_setup *in)
{
    struct isdn_call *c = NULL;

    ck_assert_int_eq(isdn_call_setup(&c, rig.side[side].span, ALL,
                                     side == NET ? ISDN_ASCENDING : ISDN_DESCENDING, in,
                                     &rig.side[side]),
                     0);
    return c;
}

/** SETUP to "4711" from `side`, and it has arrived. */
static inline struct isdn_call *rig_call(unsigned side)
{
    struct isdn_setup in = rig_words("4711", true);
    struct isdn_call *c = rig_place(side, &in);

    fake_advance(100 * RT_MS);
    return c;
}

/** A call from `side` that is answered. */
static inline struct isdn_call *rig_active(unsigned side)
{
    rig.side[!side].answers = true;
    struct isdn_call *c = rig_call(side);
    fake_advance(200 * RT_MS);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_int_eq(rig.side[!side].in->state, CALL_ACTIVE);
    return c;
}

/* ---- what was told and said ---- */

/** The last event of that type, or NULL. */
static inline const struct rig_note *rig_told(unsigned side, enum isdn_event_type t)
{
    const struct rig_side *s = &rig.side[side];

    for (unsigned i = s->nnotes; i-- > 0;)
        if (s->notes[i].ev.type == t)
            return &s->notes[i];
    return NULL;
}

static inline unsigned rig_times_told(unsigned side, enum isdn_event_type t)
{
    unsigned n = 0;

    for (unsigned i = 0; i < rig.side[side].nnotes; i++)
        n += rig.side[side].notes[i].ev.type == t;
    return n;
}

/** The `nth` message of that type `side` sent, from 0; NULL: there is none. */
static inline const struct rig_message *rig_said(unsigned side, uint8_t type, unsigned nth)
{
    for (unsigned i = 0; i < rig.nwire; i++)
        if (rig.wire[i].from == side && rig.wire[i].view.type == type && nth-- == 0)
            return &rig.wire[i];
    return NULL;
}

static inline void rig_expect_cause(const struct isdn_cause *c, unsigned value, unsigned location,
                                    const char *timer)
{
    ck_assert_uint_eq(c->value, value);
    ck_assert_uint_eq(c->location, location);
    if (timer)
        ck_assert_str_eq(c->timer ? c->timer : "none", timer);
    else
        ck_assert_ptr_null(c->timer);
    ck_assert(!timer || c->local);
}

static inline void rig_expect_said_cause(unsigned side, uint8_t type, unsigned value,
                                         unsigned location)
{
    const struct rig_message *m = rig_said(side, type, 0);

    ck_assert_msg(m, "no %s", q931_name(type));
    ck_assert_uint_eq(m->view.cause, value);
    ck_assert_uint_eq(m->view.location, location);
}

/** Not before, and within the tick in which a message can be said. */
static inline void rig_expect_after(rt_time from, rt_time to, rt_time delay)
{
    ck_assert_int_ge(to - from, delay);
    ck_assert_int_le(to - from, delay + RT_MS);
}

static inline int rig_run(const char *name, void (*fill)(Suite *s))
{
    Suite *s = suite_create(name);

    fill(s);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#endif
