/* Three T1s with two D channels between a network and a user: who signals what, and what is kept
 * when a D channel is lost.
 */
#include "gw/rt/log.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NET   0
#define USER  1
#define SPANS 3
#define SOON  (300 * RT_MS)
#define T309  (20 * RT_S)

static struct side {
    struct isdn_span *span[SPANS];
    unsigned setups, released;
    struct isdn_call *in; /* the last that arrived */
    struct isdn_event last;
} side[2];
static struct rt_loop *loop;

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    struct side *s = arg;

    (void)setup;
    s->setups++;
    s->in = call;
    isdn_call_own(call, s);
    isdn_call_proceeding(call, 0);
    isdn_call_connect(call, NULL);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    struct side *s = call_arg;

    (void)arg;
    if (ev->type == ISDN_EV_DISCONNECT)
        isdn_call_release(call, 16, 0);
    if (ev->type != ISDN_EV_RELEASED)
        return;
    s->released++;
    s->last = *ev;
}

static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event};

/** Interface 0 has the D channel, 1 the backup, 2 none. */
static void make_span(unsigned who, unsigned i, const char *variant)
{
    struct isdn_span_config cfg = {.id = i + 1,
                                   .line = ISDN_MEMORY,
                                   .frames = 8,
                                   .rate = ISDN_T1,
                                   .mulaw = true,
                                   .timeslots = isdn_rate_timeslots(ISDN_T1),
                                   .network = who == NET,
                                   .variant = variant,
                                   .dchannel = i < 2 ? 24 : 0,
                                   .lead = i > 0 ? side[who].span[0] : NULL,
                                   .interface = i,
                                   .timer[ISDN_T309] = T309};

    ck_assert_int_eq(isdn_span_new(&side[who].span[i], &cfg, loop, loop, &ops, &side[who]), 0);
}

static void join(unsigned i)
{
    ck_assert_int_eq(isdn_memory_join(side[NET].span[i], side[USER].span[i]), 0);
}

static void cut(unsigned i)
{
    side[NET].span[i]->io.peer = side[USER].span[i]->io.peer = NULL;
}

static struct isdn_span_status status(unsigned who, unsigned i)
{
    struct isdn_span_status st;

    isdn_span_status(side[who].span[i], &st);
    return st;
}

static unsigned all_free(unsigned who)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SPANS; i++)
        n += isdn_span_free_channels(side[who].span[i], ~0u);
    return n;
}

static void open_lines(const char *variant)
{
    memset(side, 0, sizeof side);
    fake_reset();
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&loop, "test");
    for (unsigned i = 0; i < SPANS; i++)
        for (unsigned who = 0; who < 2; who++)
            make_span(who, i, variant);
    for (unsigned i = 0; i < SPANS; i++)
        join(i);
    fake_advance(20 * RT_S);
    for (unsigned who = 0; who < 2; who++)
        ck_assert_uint_eq(all_free(who), 23 + 23 + 24);
}

static void close_lines(void)
{
    struct fake_leaks left;

    for (unsigned who = 0; who < 2; who++)
        for (unsigned i = 0; i < SPANS; i++)
            isdn_span_free(side[who].span[i]);
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.loops, 0);
}

static struct isdn_call *call(unsigned from, unsigned span)
{
    const struct isdn_setup setup = {
        .called.digits = "4711", .bearer = ISDN_AUDIO_31, .complete = true};
    struct isdn_call *c = NULL;

    ck_assert_int_eq(
        isdn_call_setup(&c, side[from].span[span], ~0u, ISDN_ASCENDING, &setup, &side[from]), 0);
    fake_advance(SOON);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    return c;
}

START_TEST(each_span_has_calls_over_the_first_d_channel)
{
    unsigned from = (unsigned)_i & 1, to = !from;

    open_lines(isdn_variant_at(2 + (unsigned)_i / 2)->name); /* ni2, ni1, dms100, 5ess, 4ess */
    for (unsigned i = 0; i < SPANS; i++) {
        struct isdn_call *c = call(from, i);
        ck_assert_ptr_eq(isdn_call_span(side[to].in), side[to].span[i]);
        ck_assert_uint_eq(isdn_call_channel(side[to].in), isdn_call_channel(c));
        ck_assert_ptr_eq(c->link, side[from].span[0]->link);
        ck_assert_uint_eq(status(to, i).calls, 1);
        isdn_call_release(c, 16, 0);
        fake_advance(5 * RT_S);
        ck_assert_uint_eq(all_free(0), 70);
        ck_assert_uint_eq(all_free(1), 70);
    }
    close_lines();
}
END_TEST

START_TEST(new_calls_take_the_backup_when_the_first_is_lost)
{
    unsigned from = (unsigned)_i, to = !from;

    open_lines("ni2");
    struct isdn_call *old = call(from, 2);
    cut(0);
    fake_advance(16 * RT_S); /* T203, then four times T200, on both ends */
    ck_assert(status(from, 2).dchannel_up);
    ck_assert_int_eq(old->state, CALL_ACTIVE);
    struct isdn_call *c = call(from, 2);
    ck_assert_ptr_eq(c->link, side[from].span[1]->link);
    ck_assert_uint_eq(side[to].setups, 2);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    ck_assert_uint_eq(side[from].released, 1);
    close_lines();
}
END_TEST

START_TEST(calls_of_a_lost_d_channel_are_kept_for_t309)
{
    unsigned from = (unsigned)_i;

    open_lines("ni2");
    call(from, 2);
    cut(0);
    rt_time lost = rt_now();
    while (side[0].span[0]->link->up || side[1].span[0]->link->up)
        fake_advance(RT_S);
    fake_advance(T309 - RT_S);
    ck_assert_uint_eq(side[from].released, 0);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(side[from].released, 1);
    ck_assert_uint_eq(side[from].last.cause.value, 27);
    ck_assert_str_eq(side[from].last.cause.timer, "T309");
    ck_assert_int_gt(rt_now() - lost, T309);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(side[!from].released, 1);
    for (unsigned who = 0; who < 2; who++) /* but for those of the dead line */
        ck_assert_uint_eq(isdn_span_free_channels(side[who].span[2], ~0u), 24);
    close_lines();
}
END_TEST

/** Annex F: the far end goes on with its calls on the other D channel, and is answered there. */
START_TEST(calls_go_on_over_the_other_d_channel)
{
    unsigned from = (unsigned)_i, to = !from;

    open_lines("ni2");
    struct isdn_call *c = call(from, 2);
    const uint8_t disconnect[] = {
        0x08, 0x02, (uint8_t)(c->reference >> 8), (uint8_t)c->reference, 0x45, 0x08, 0x02,
        0x80, 0x90};
    cut(0);
    while (side[0].span[0]->link->up || side[1].span[0]->link->up)
        fake_advance(RT_S);
    ck_assert_int_eq(isdn_span_say(side[from].span[2], disconnect, sizeof disconnect), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(side[to].released, 1);
    ck_assert_uint_eq(side[to].last.cause.value, 16);
    ck_assert_uint_eq(side[from].released, 1);
    close_lines();
}
END_TEST

/** An interface that nobody has. */
START_TEST(a_restart_of_a_strange_interface_ends_no_call)
{
    const pri_event e = {.restart = {.e = PRI_EVENT_RESTART, .channel = 1 << 16 | 9 << 8 | 1}};

    open_lines("ni2");
    struct isdn_call *c = call(USER, 0);
    isdn_pri_event(side[USER].span[0]->link, &e, false);
    fake_advance(SOON);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    close_lines();
}
END_TEST

START_TEST(calls_live_on_when_the_d_channel_returns)
{
    unsigned from = (unsigned)_i;

    open_lines("ni2");
    struct isdn_call *c = call(from, 1);
    cut(0);
    fake_advance(20 * RT_S);
    join(0);
    fake_advance(60 * RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    ck_assert_uint_eq(side[!from].released, 1);
    ck_assert_uint_eq(all_free(0), 70);
    ck_assert_uint_eq(all_free(1), 70);
    close_lines();
}
END_TEST

/** Channel 1 of the third span from both sides (5.7): the network keeps it. */
START_TEST(both_seize_a_channel_of_a_span_without_a_d_channel)
{
    const struct isdn_setup setup = {
        .called.digits = "4711", .bearer = ISDN_AUDIO_31, .complete = true};
    struct isdn_call *c[2];

    open_lines("ni2");
    for (unsigned who = 0; who < 2; who++)
        ck_assert_int_eq(
            isdn_call_setup(&c[who], side[who].span[2], ~0u, ISDN_ASCENDING, &setup, &side[who]),
            0);
    fake_advance(SOON);
    for (unsigned who = 0; who < 2; who++) {
        ck_assert_int_eq(c[who]->state, CALL_ACTIVE);
        ck_assert_ptr_eq(isdn_call_span(c[who]), side[who].span[2]);
    }
    ck_assert_uint_eq(isdn_call_channel(c[NET]), 1);
    ck_assert_uint_eq(isdn_call_channel(c[USER]), 2);
    close_lines();
}
END_TEST

START_TEST(service_names_the_span)
{
    unsigned from = (unsigned)_i, to = !from;
    struct isdn_channel_status st;

    open_lines("ni2");
    for (unsigned i = 0; i < SPANS; i++)
        isdn_channel_block(side[from].span[i], 5 + i, true);
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(all_free(to), 23 + 23 + 24 - 3);
    for (unsigned i = 0; i < SPANS; i++) {
        isdn_channel_status(side[to].span[i], 5 + i, &st);
        ck_assert_uint_eq(st.blocked, ISDN_BY_FAR_END);
    }
    close_lines();
}
END_TEST

/** A RESTART without a channel: of the interface that it names, of the one with the D channel, or
 * of all (4.5.25). libpri says of each that it is one without a channel. */
START_TEST(restart_of_interfaces)
{
    static const struct {
        struct isdn_frame f; /* RESTART, restart indicator, channel identification */
        unsigned ended;      /* calls: there is one on each span */
    } table[] = {
        {{.len = 16, .octets = {0, 1, 0, 0, 8, 2, 0, 0, 0x46, 0x18, 2, 0xe9, 0x82, 0x79, 1, 0x86}},
         1},
        {{.len = 12, .octets = {0, 1, 0, 0, 8, 2, 0, 0, 0x46, 0x79, 1, 0x86}}, 1},
        {{.len = 12, .octets = {0, 1, 0, 0, 8, 2, 0, 0, 0x46, 0x79, 1, 0x87}}, 3},
    };
    const unsigned mine[] = {2, 0, 0}; /* the span that is restarted */
    const pri_event e = {.restart = {.e = PRI_EVENT_RESTART, .channel = -1}};

    open_lines("ni2");
    for (unsigned i = 0; i < SPANS; i++)
        call(USER, i);
    struct isdn_link *l = side[USER].span[0]->link;
    l->frame = &table[_i].f;
    isdn_pri_event(l, &e, false);
    l->frame = NULL;
    fake_advance(SOON);
    ck_assert_uint_eq(side[USER].released, table[_i].ended);
    ck_assert_uint_eq(status(USER, mine[_i]).calls, 0);
    close_lines();
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    struct isdn_span *s;

    open_lines("ni2");
    struct isdn_span_config cfg = {.id = 9,
                                   .line = ISDN_MEMORY,
                                   .frames = 8,
                                   .rate = ISDN_T1,
                                   .timeslots = isdn_rate_timeslots(ISDN_T1),
                                   .variant = "ni2",
                                   .lead = side[USER].span[0],
                                   .interface = 2};
    ck_assert_int_eq(isdn_span_new(&s, &cfg, loop, loop, &ops, NULL), EEXIST);
    cfg.interface = 3;
    cfg.dchannel = 24; /* a third D channel */
    ck_assert_int_eq(isdn_span_new(&s, &cfg, loop, loop, &ops, NULL), EEXIST);
    cfg.variant = "qsig";
    ck_assert_int_eq(isdn_span_new(&s, &cfg, loop, loop, &ops, NULL), EINVAL);
    close_lines();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("isdn nfas");
    TCase *tc = tcase_create("groups");

    tcase_add_loop_test(tc, each_span_has_calls_over_the_first_d_channel, 0, 10);
    tcase_add_loop_test(tc, new_calls_take_the_backup_when_the_first_is_lost, 0, 2);
    tcase_add_loop_test(tc, calls_of_a_lost_d_channel_are_kept_for_t309, 0, 2);
    tcase_add_loop_test(tc, calls_live_on_when_the_d_channel_returns, 0, 2);
    tcase_add_loop_test(tc, calls_go_on_over_the_other_d_channel, 0, 2);
    tcase_add_test(tc, a_restart_of_a_strange_interface_ends_no_call);
    tcase_add_test(tc, both_seize_a_channel_of_a_span_without_a_d_channel);
    tcase_add_loop_test(tc, service_names_the_span, 0, 2);
    tcase_add_loop_test(tc, restart_of_interfaces, 0, 3);
    tcase_add_test(tc, what_cannot_be_is_refused);
    suite_add_tcase(suite, tc);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
