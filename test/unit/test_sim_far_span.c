/* The simulation's far ends of spans: a gateway between two of them, on cards, a pseudowire and
 * several variants. Each call goes as its script says, and both ends keep the same books.
 */
#include "test/unit/sim_rig.h"

/** Bits of a variety: a pseudowire or cards, the far end as the user, and the variant. */
#define WIRE     0u
#define CARDS    1u
#define USER     8u
#define QSIG     0u
#define NI2      (1u << 4)
#define EUROISDN (2u << 4)

static void begin(unsigned first, unsigned second)
{
    rig_begin(2);
    rig_far(0, &sim_far_span, SIM_SPAN, first);
    rig_far(1, &sim_far_span, SIM_SPAN, second);
    sim.far[0].emergency = sim.far[1].emergency = true;
    gateway_start();
    fake_advance(10 * RT_S);
}

static void check_rest(void)
{
    struct rt_buf why = {0};

    for (unsigned i = 0; i < 2; i++) {
        struct sim_far *f = &sim.far[i];
        ck_assert_msg(f->ops->idle(f, &why), "%s", why.p);
        ck_assert_msg(sim_far_span_agrees(f, sim.gw->spans[i].isdn, &why), "%s", why.p);
    }
    rt_buf_release(&why);
    ck_assert(gw_idle(sim.gw));
    ck_assert_str_eq(sim.failure, "");
}

static void end(void)
{
    check_rest();
    rig_end();
}

/* ---- how it went ---- */

static rt_time between(rt_time from, rt_time to)
{
    return (to - from) / RT_MS;
}

static void near(rt_time got, rt_time want)
{
    ck_assert_msg(got >= want - 100 && got <= want + 500, "%lld ms, not %lld", (long long)got,
                  (long long)want);
}

static void check_answered(const struct sim_call *c)
{
    const struct sim_script *s = &c->op->call;

    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.times, 1);
    ck_assert(c->a.answered > 0 && c->b.answered > 0);
    near(between(c->b.rang, c->b.answered), s->ring);
    near(between(c->a.answered, c->a.ended), s->talk);
    ck_assert_uint_eq(c->a.by_us, !s->called_ends);
    ck_assert_uint_eq(c->b.by_us, s->called_ends);
    ck_assert_uint_eq(s->called_ends ? c->a.cause : c->b.cause, 16);
}

static void twenty_calls(void)
{
    static const struct sim_script scripts[] = {
        {.ring = 2000, .talk = 5000},
        {.ring = 1000, .talk = 5000, .called_ends = true},
        {.ring = 1000, .talk = 5000, .overlap = true},
        {.ring = 500, .progress = 1500, .talk = 4000},
        {.ring = 1000, .refuse = 17},
        {.refuse = 21},
        {.ring = 60000, .give_up = 3000},
        {.ring = 1000, .talk = 60000, .give_up = 3000},
        {.ring = 1000, .talk = 9000, .hold = 2000},
        {.ring = 2000, .talk = 3000, .overlap = true, .called_ends = true},
    };
    struct sim_call *c[2 * RT_COUNT(scripts)];

    for (unsigned i = 0; i < RT_COUNT(c); i++) {
        c[i] = place(scripts[i / 2], i % 2, 1 - i % 2);
        fake_advance(700 * RT_MS);
    }
    fake_advance(60 * RT_S);
    for (unsigned i = 0; i < RT_COUNT(c); i++) {
        const struct sim_script *s = &scripts[i / 2];
        if (s->refuse > 0) {
            ck_assert_uint_eq(c[i]->a.cause, s->refuse);
            ck_assert(c[i]->b.by_us && !c[i]->a.by_us);
        } else if (s->give_up > 0) {
            near(between(c[i]->a.placed, c[i]->a.ended), s->give_up);
            ck_assert(c[i]->a.by_us && c[i]->b.state == SIM_ENDED);
            ck_assert_uint_eq(c[i]->b.cause, 16);
        } else {
            check_answered(c[i]);
        }
    }
}

/* Each kind of line with each side of it, and another kind at the other end. */
static const unsigned lines[] = {CARDS, WIRE}, sides[] = {0, USER},
                      variants[] = {EUROISDN, QSIG, NI2};
#define KINDS (2 * 2 * 3)

static unsigned kind(unsigned i)
{
    return lines[i % 2] | sides[i / 2 % 2] | variants[i / 4 % 3];
}

START_TEST(calls_go_as_their_scripts_say)
{
    seed = (uint64_t)_i;
    begin(kind((unsigned)_i), kind((unsigned)_i * 5 + 3));
    twenty_calls();
    end();
}
END_TEST

/** Its number is of no call: the caller's is. It goes back over the line that it came from, whose
 * exchange may not take it over. */
START_TEST(emergency_calls_are_known_by_their_callers)
{
    unsigned i = (unsigned)_i % KINDS;

    seed = (uint64_t)_i / KINDS;
    begin(kind(i), kind(i * 5 + 3));
    struct sim_call *c =
        place((struct sim_script){.emergency = true, .ring = 1000, .talk = 5000}, 0, 1);
    fake_advance(20 * RT_S);
    check_answered(c);
    ck_assert_int_eq(c->moved.outside, 0);
    end();
}
END_TEST

/** The called side says nothing: T303 runs out twice (Q.931 5.1.6: cause 102). */
START_TEST(a_silent_far_end_is_given_up)
{
    begin(CARDS | EUROISDN, CARDS | EUROISDN);
    struct sim_call *c = place((struct sim_script){.silent = true}, 0, 1);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(c->a.cause, 102);
    ck_assert_uint_eq(c->b.times, 1);
    end();
}
END_TEST

START_TEST(an_alarm_takes_the_line_and_calls_end)
{
    const struct sim_op alarm = {.kind = SIM_FLAP, .from = 1};

    begin(CARDS | EUROISDN, WIRE | EUROISDN);
    for (unsigned i = 0; i < 2; i++) {
        struct sim_far *f = &sim.far[i];
        struct sim_call *c = place((struct sim_script){.ring = 500, .talk = 20000}, 0, 1);
        fake_advance(5 * RT_S);
        f->ops->fault(f, &alarm, true);
        fake_advance(200 * RT_S);
        ck_assert_uint_eq(c->a.state, SIM_ENDED);
        ck_assert_uint_eq(c->b.state, SIM_ENDED);
        c = place((struct sim_script){.ring = 500, .talk = 20000}, i, 1 - i);
        ck_assert_uint_eq(c->a.state, SIM_IDLE); /* there is no line */
        f->ops->fault(f, &alarm, false);
        fake_advance(30 * RT_S);
        check_rest();
    }
    end();
}
END_TEST

/** Its memory stays lost, as that of a process that is killed. */
START_TEST(a_gateway_that_is_killed_leaves_nothing_at_the_far_ends)
{
    begin(CARDS | EUROISDN, WIRE | EUROISDN | USER);
    struct sim_call *c = place((struct sim_script){.ring = 500, .talk = 600000}, 0, 1);
    struct sim_call *d = place((struct sim_script){.ring = 60000, .talk = 600000}, 1, 0);
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(c->b.state, SIM_TALKS);
    ck_assert_uint_eq(d->b.state, SIM_RINGS);
    fake_process_kill(SIM_PROCESS);
    fake_advance(3 * RT_S);
    gateway_start();
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.state, SIM_ENDED);
    ck_assert_uint_eq(d->a.state, SIM_ENDED);
    ck_assert_uint_eq(d->b.state, SIM_ENDED);
    c = place((struct sim_script){.ring = 500, .talk = 5000}, 0, 1);
    fake_advance(20 * RT_S);
    check_answered(c);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("simulation: far ends of spans");
    TCase *t = tcase_create("spans");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, calls_go_as_their_scripts_say, 0, KINDS);
    tcase_add_loop_test(t, emergency_calls_are_known_by_their_callers, 0, KINDS * SEEDS);
    tcase_add_test(t, a_silent_far_end_is_given_up);
    tcase_add_test(t, an_alarm_takes_the_line_and_calls_end);
    tcase_add_test(t, a_gateway_that_is_killed_leaves_nothing_at_the_far_ends);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
