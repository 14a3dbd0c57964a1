/* The loop guard: redirections, Max-Forwards, calls that come back on their trunk, calls that come
 * over and over, and what is no loop. */
#include "gw/loop_guard.h"

#include <check.h>

static struct gw_loop_guard *g;
static struct gw_loop_verdict v;
static struct gw_loop_rule rule;

static void setup(void)
{
    rule = gw_loop_rule_default;
    ck_assert_int_eq(gw_loop_guard_new(&g, 0), 0);
}

static void teardown(void)
{
    gw_loop_guard_free(g);
}

static struct gw_loop_call call_from(const char *trunk, const char *caller, const char *called)
{
    return (struct gw_loop_call){.trunk = rt_str(trunk),
                                 .caller = rt_str(caller),
                                 .called = rt_str(called),
                                 .max_forwards = -1};
}

static bool comes(const char *trunk, const char *caller, const char *called, rt_time now)
{
    struct gw_loop_call c = call_from(trunk, caller, called);

    return gw_loop_check(g, &rule, &c, now, &v);
}

static struct gw_loop_out *leaves(const char *trunk, const char *caller, const char *called,
                                  rt_time now)
{
    return gw_loop_left(g, rt_str(trunk), rt_str(caller), rt_str(called), now);
}

START_TEST(redirections_are_bounded)
{
    struct gw_loop_call c = call_from("alpha", "+491", "+492");
    uint64_t before = rt_counted(&gw_loop_counters[GW_LOOP_COUNT_HOPS]);

    c.diversions = 5;
    c.history = 5; /* the same five */
    ck_assert(!gw_loop_check(g, &rule, &c, 0, &v));
    ck_assert_str_eq(v.text, "");
    ck_assert_uint_eq(v.cause, 0);
    c.history = 6;
    ck_assert(gw_loop_check(g, &rule, &c, 0, &v));
    ck_assert_int_eq(v.kind, GW_LOOP_HOPS);
    ck_assert_uint_eq(v.cause, 25);
    ck_assert_uint_eq(v.status, 0);
    ck_assert_str_eq(v.text, "loop: 6 redirections, 5 allowed");
    c.history = 0;
    c.redirections = 6;
    ck_assert(gw_loop_check(g, &rule, &c, 0, &v));
    c.emergency = true;
    ck_assert(!gw_loop_check(g, &rule, &c, 0, &v));
    c.emergency = false;
    rule.hops = -1;
    ck_assert(!gw_loop_check(g, &rule, &c, 0, &v));
    ck_assert_uint_eq(rt_counted(&gw_loop_counters[GW_LOOP_COUNT_HOPS]) - before, 2);
}
END_TEST

START_TEST(max_forwards_runs_out)
{
    struct gw_loop_call c = call_from("alpha", "+491", "+492");

    c.max_forwards = 1;
    ck_assert(!gw_loop_check(g, &rule, &c, 0, &v));
    c.max_forwards = 0;
    ck_assert(gw_loop_check(g, &rule, &c, 0, &v));
    ck_assert_uint_eq(v.status, 483);
    ck_assert_uint_eq(v.cause, 25);
    ck_assert_str_eq(v.text, "loop: Max-Forwards is 0");
}
END_TEST

START_TEST(one_return_is_no_loop_the_second_is)
{
    struct gw_loop_out *a = leaves("voipco", "+491", "+492", 0), *b;

    ck_assert_ptr_nonnull(a);
    ck_assert(!comes("voipco", "+491", "+492", RT_S));
    b = leaves("voipco", "+491", "+492", RT_S);
    ck_assert_ptr_nonnull(b);
    ck_assert(!comes("pri", "+491", "+492", RT_S));
    ck_assert(!comes("voipco", "+493", "+492", RT_S));
    ck_assert(!comes("voipco", "+491", "+494", RT_S));
    ck_assert(!comes("voipco", "", "+492", RT_S));
    ck_assert(comes("voipco", "+491", "+492", 2 * RT_S));
    ck_assert_int_eq(v.kind, GW_LOOP_RETURNED);
    ck_assert_uint_eq(v.cause, 25);
    ck_assert_str_eq(v.text, "loop: +492 is out on voipco 2 times and is back");
    gw_loop_ended(g, b);
    ck_assert(!comes("voipco", "+491", "+492", 2 * RT_S));
    rule.returns = 0;
    ck_assert(comes("voipco", "+491", "+492", 2 * RT_S));
    gw_loop_ended(g, a);
    ck_assert(!comes("voipco", "+491", "+492", 2 * RT_S));
    gw_loop_ended(g, NULL);
}
END_TEST

START_TEST(a_caller_who_hides_is_caught_by_repetition)
{
    rule.repeats = 3;
    rule.within = 10 * RT_S;
    for (int i = 0; i < 3; i++) {
        gw_loop_ended(g, leaves("voipco", "", "+492", i * RT_S));
        ck_assert(!comes("voipco", "", "+492", i * RT_S));
    }
    gw_loop_ended(g, leaves("voipco", "", "+492", 3 * RT_S));
    ck_assert(comes("voipco", "", "+492", 3 * RT_S));
    ck_assert_int_eq(v.kind, GW_LOOP_REPEATED);
    ck_assert_str_eq(v.text, "loop: +492 came in from voipco over 3 times in 10 s");
    ck_assert(comes("voipco", "", "+492", 10 * RT_S));
    /* arrivals at 1, 2, 3, 10 s: the third last is 2 s, and 13 s - 2 s > 10 s */
    ck_assert(!comes("voipco", "", "+492", 13 * RT_S));
}
END_TEST

START_TEST(redialling_people_are_no_loop)
{
    rule.repeats = 3;
    for (int i = 0; i < 50; i++) /* never sent out by us */
        ck_assert(!comes("voipco", "+491", "+492", i));
    ck_assert_uint_eq(gw_loop_pairs(g), 0);
    gw_loop_ended(g, leaves("voipco", "+491", "+492", 0));
    for (int i = 0; i < 50; i++) /* not since long */
        ck_assert(!comes("voipco", "+491", "+492", 11 * RT_S + i));
}
END_TEST

START_TEST(checks_can_be_off)
{
    struct gw_loop_out *out[3];

    rule = (struct gw_loop_rule){.hops = -1, .returns = -1, .repeats = -1};
    for (int i = 0; i < 3; i++)
        out[i] = leaves("voipco", "+491", "+492", 0);
    for (int i = 0; i < 50; i++)
        ck_assert(!comes("voipco", "+491", "+492", 0));
    rule.repeats = 1000; /* as many as are remembered */
    rule.within = RT_S;
    ck_assert(comes("voipco", "+491", "+492", 0));
    for (int i = 0; i < 3; i++)
        gw_loop_ended(g, out[i]);
}
END_TEST

START_TEST(memory_is_bounded)
{
    struct gw_loop_out *a, *b, *c;
    uint64_t before = rt_counted(&gw_loop_counters[GW_LOOP_COUNT_FORGOTTEN]);
    char much[300];

    gw_loop_guard_free(g);
    ck_assert_int_eq(gw_loop_guard_new(&g, 2), 0);
    a = leaves("t", "1", "2", 0);
    b = leaves("t", "1", "3", 0);
    c = leaves("t", "1", "4", 0); /* both are out: no room */
    ck_assert_ptr_null(c);
    ck_assert_uint_eq(rt_counted(&gw_loop_counters[GW_LOOP_COUNT_FORGOTTEN]) - before, 1);
    gw_loop_ended(g, a);
    c = leaves("t", "1", "4", 0);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(gw_loop_pairs(g), 2);
    memset(much, '1', sizeof(much) - 1);
    much[sizeof(much) - 1] = '\0';
    ck_assert_ptr_null(leaves("t", "1", much, 0));
    ck_assert(!comes("t", much, "1", 0));
    for (size_t n = 250; n < 258; n++) { /* about the bound: with the others and three NULs, 256 */
        struct gw_loop_out *o;
        gw_loop_ended(g, c);
        c = NULL;
        much[n] = '\0';
        o = leaves("t", "1", much, 0);
        ck_assert_int_eq(o != NULL, n < 251);
        gw_loop_ended(g, o);
        much[n] = '1';
    }
    gw_loop_ended(g, b);
}
END_TEST

START_TEST(keys_do_not_run_together)
{
    struct gw_loop_out *a = leaves("t", "12", "3", 0);

    rule.returns = 0;
    ck_assert(!comes("t", "1", "23", 0));
    ck_assert(!comes("t1", "2", "3", 0));
    ck_assert(comes("t", "12", "3", 0));
    gw_loop_ended(g, a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loop_guard");
    TCase *tc = tcase_create("loop_guard");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, redirections_are_bounded);
    tcase_add_test(tc, max_forwards_runs_out);
    tcase_add_test(tc, one_return_is_no_loop_the_second_is);
    tcase_add_test(tc, a_caller_who_hides_is_caught_by_repetition);
    tcase_add_test(tc, redialling_people_are_no_loop);
    tcase_add_test(tc, checks_can_be_off);
    tcase_add_test(tc, memory_is_bounded);
    tcase_add_test(tc, keys_do_not_run_together);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
