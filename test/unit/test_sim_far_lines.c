/* The simulation's telephones: calls between them, and with a span's far end, go as their scripts
 * say, with and without loss.
 */
#include "test/unit/sim_rig.h"

#define SPAN 0
#define HOME 1

static void begin(void)
{
    rig_begin(2);
    rig_far(SPAN, &sim_far_span, SIM_SPAN, 1 | 2u << 4);
    rig_far(HOME, &sim_far_lines, SIM_LINES, 0);
    gateway_start();
    fake_advance(30 * RT_S);
}

static void end(void)
{
    struct rt_buf why = {0};

    for (unsigned i = 0; i < sim.nfars; i++)
        ck_assert_msg(sim.far[i].ops->idle(&sim.far[i], &why), "%s", why.p);
    rt_buf_release(&why);
    ck_assert(gw_idle(sim.gw));
    ck_assert_str_eq(sim.failure, "");
    rig_end();
}

static void check_answered(const struct sim_call *c)
{
    ck_assert(c->a.rang > 0);
    rig_answered(c);
}

static const struct sim_script plain = {.ring = 2000, .talk = 5000};
static const struct sim_script ended_there = {.ring = 1000, .talk = 4000, .called_ends = true};

START_TEST(a_telephone_calls_and_is_called)
{
    seed = (uint64_t)_i;
    begin();
    const unsigned ways[][2] = {{HOME, SPAN}, {SPAN, HOME}, {HOME, HOME}};
    for (unsigned i = 0; i < 2 * RT_COUNT(ways); i++) {
        struct sim_call *c = place(i % 2 ? ended_there : plain, ways[i / 2][0], ways[i / 2][1]);
        fake_advance(25 * RT_S);
        check_answered(c);
    }
    end();
}
END_TEST

START_TEST(it_learns_of_refusals_and_of_callers_who_leave)
{
    begin();
    struct sim_call *d = place((struct sim_script){.ring = 60000, .give_up = 8000}, SPAN, HOME);
    struct sim_call *c = place((struct sim_script){.ring = 1000, .refuse = 17}, HOME, SPAN);
    struct sim_call *e = place((struct sim_script){.ring = 60000, .give_up = 8000}, HOME, SPAN);
    fake_advance(30 * RT_S);
    ck_assert(c->a.state == SIM_ENDED && !c->a.by_us);
    ck_assert(c->b.state == SIM_ENDED && c->b.by_us);
    ck_assert(d->a.state == SIM_ENDED && d->a.by_us);
    ck_assert(d->b.state == SIM_ENDED && !d->b.by_us);
    ck_assert(d->b.rang > 0 && d->b.answered == 0);
    ck_assert(e->a.state == SIM_ENDED && e->a.by_us);
    end();
}
END_TEST

/** Four are all: the fifth call is not placed. */
START_TEST(each_telephone_has_one_call)
{
    struct sim_call *c[SIM_LINES_EACH + 1];

    begin();
    for (unsigned i = 0; i <= SIM_LINES_EACH; i++)
        c[i] = place(plain, HOME, SPAN);
    fake_advance(30 * RT_S);
    for (unsigned i = 0; i < SIM_LINES_EACH; i++)
        check_answered(c[i]);
    ck_assert_uint_eq(c[SIM_LINES_EACH]->a.state, SIM_IDLE);
    end();
}
END_TEST

static unsigned lossy(void *arg, const union rt_addr *from, const union rt_addr *to,
                      const void *buf, size_t len, rt_time *delay)
{
    static unsigned n;

    (void)arg;
    (void)from;
    (void)to;
    (void)buf;
    (void)len;
    (void)delay;
    return n++ % 3 ? 1 : 0;
}

START_TEST(calls_end_when_datagrams_are_lost)
{
    begin();
    fake_net_hook(lossy, NULL);
    struct sim_call *c = place(plain, HOME, SPAN), *d = place(plain, SPAN, HOME);
    fake_advance(90 * RT_S);
    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(d->a.state, SIM_ENDED);
    fake_net_hook(NULL, NULL);
    fake_advance(60 * RT_S);
    end();
}
END_TEST

/** Its memory stays lost, as that of a process that is killed. */
START_TEST(calls_end_when_the_gateway_is_killed)
{
    begin();
    struct sim_call *d = place((struct sim_script){.ring = 60000, .talk = 20000}, SPAN, HOME);
    struct sim_call *c = place((struct sim_script){.ring = 500, .talk = 20000}, HOME, SPAN);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(c->a.state, SIM_TALKS);
    ck_assert_uint_eq(d->b.state, SIM_RINGS);
    fake_process_kill(SIM_PROCESS);
    fake_advance(3 * RT_S);
    gateway_start();
    fake_advance(120 * RT_S);
    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(d->b.state, SIM_ENDED);
    c = place(plain, HOME, SPAN);
    fake_advance(25 * RT_S);
    check_answered(c);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("simulation: far ends with telephones");
    TCase *t = tcase_create("lines");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_telephone_calls_and_is_called, 0, SEEDS);
    tcase_add_test(t, it_learns_of_refusals_and_of_callers_who_leave);
    tcase_add_test(t, each_telephone_has_one_call);
    tcase_add_test(t, calls_end_when_datagrams_are_lost);
    tcase_add_test(t, calls_end_when_the_gateway_is_killed);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
