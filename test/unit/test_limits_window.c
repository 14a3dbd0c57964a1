/* Windows of limits: calls that run over their ends, a wall clock that is set, a restart. */
#include "test/unit/limits_rig.h"

START_TEST(minutes_of_running_calls_count)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &minutes, 1);
    struct gw_limit_use abroad = {.scope = s, .applies = 1}, home = {.scope = s};
    struct gw_limit_token *a = take(&abroad, 1), *b = take(&abroad, 1), *c = take(&home, 1);

    gw_limits_answered(b, &at);
    gw_limits_answered(c, &at);
    go(20 * MIN);
    gw_limits_answered(a, &at);
    gw_limits_answered(a, &at);
    go(70 * MIN - 1); /* 50 + 70 but for 2 us */
    give(take(&abroad, 1));
    go(70 * MIN);
    ck_assert_int_eq(state(0).used, 120 * MIN);
    ck_assert_ptr_null(take(&abroad, 1));
    ck_assert_str_eq(v.text, "class staff: 120 of 120 min/day international");
    give(take(&home, 1));
    give(a);
    give(b);
    give(c);
    go(23 * HOUR);
    ck_assert_int_eq(state(0).used, 120 * MIN);
    ck_assert_ptr_null(take(&abroad, 1));
    go(24 * HOUR);
    give(take(&abroad, 1));
    ck_assert_uint_eq(events[GW_LIMIT_LIMITED], 1);
    ck_assert_uint_eq(events[GW_LIMIT_RESUMED], 1);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_call_over_midnight_is_split)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);
    struct gw_limit_use u = {.scope = s};

    go(23 * HOUR + 50 * MIN);
    struct gw_limit_token *t = take_call(&u, 1, (struct gw_limit_call){.rate = EUR / 10});
    gw_limits_answered(t, &at);
    go(23 * HOUR + 59 * MIN);
    ck_assert_int_eq(state(0).used, 9 * EUR / 10);
    go(24 * HOUR + 5 * MIN);
    ck_assert_int_eq(state(0).used, 5 * EUR / 10);
    gw_limits_release(t, 0, &at); /* free after all: today's part, not less than nothing */
    ck_assert_int_eq(state(0).used, 0);
    gw_limits_scope_drop(s);
}
END_TEST

/* ---- a wall clock that is set ---- */

static const rt_time sets[] = {-RT_S,      RT_S,      -3 * HOUR,  3 * HOUR, -10 * HOUR,
                               -20 * HOUR, 13 * HOUR, -48 * HOUR, 48 * HOUR};

START_TEST(setting_the_clock_neither_ends_a_window_nor_prolongs_it)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);
    struct gw_limit_use u = {.scope = s};

    go(10 * HOUR);
    spend(&u, 30 * EUR);
    wall_set = sets[_i];
    for (rt_time t = 10 * HOUR; t < 24 * HOUR; t += 10 * MIN) {
        go(t);
        ck_assert_int_eq(state(0).ends, 24 * HOUR - t);
        ck_assert_ptr_null(take(&u, 1));
    }
    go(24 * HOUR);
    give(take(&u, 1));
    gw_limits_scope_drop(s);
}
END_TEST

/* Not one more for a clock that stands shortly before its midnight, and in step with it again. */
START_TEST(the_window_after_it_lasts_half_a_day_to_one_and_a_half)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);
    struct gw_limit_use u = {.scope = s};
    rt_time t = 24 * HOUR;

    go(10 * HOUR);
    spend(&u, 30 * EUR);
    wall_set = sets[_i];
    go(t);
    spend(&u, 30 * EUR);
    while (state(0).used > 0)
        go(t += RT_S);
    ck_assert_int_ge(t, 36 * HOUR);
    ck_assert_int_le(t, 60 * HOUR);
    ck_assert_int_eq((t + wall_set) % (24 * HOUR), 0);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_window_that_nobody_used_follows_the_clock)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);

    go(10 * HOUR);
    ck_assert_int_eq(state(0).ends, 14 * HOUR);
    wall_set = -3 * HOUR;
    go(10 * HOUR);
    ck_assert_int_eq(state(0).ends, 17 * HOUR);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_running_call_is_split_where_its_window_ends)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);
    struct gw_limit_use u = {.scope = s};

    go(23 * HOUR + 50 * MIN);
    struct gw_limit_token *t = take_call(&u, 1, (struct gw_limit_call){.rate = EUR / 10});
    gw_limits_answered(t, &at);
    go(23 * HOUR + 55 * MIN);
    ck_assert_int_eq(state(0).used, 5 * EUR / 10);
    wall_set = -5 * HOUR;
    go(24 * HOUR + 3 * MIN);
    ck_assert_int_eq(state(0).used, 3 * EUR / 10);
    gw_limits_release(t, 0, &at); /* free after all: what this window has of it */
    ck_assert_int_eq(state(0).used, 0);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_correction_is_of_its_own_call)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &money, 1);
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_token *t;

    go(23 * HOUR);
    t = take_call(&u, 1, (struct gw_limit_call){.rate = EUR / 10, .first = EUR});
    gw_limits_answered(t, &at);
    go(24 * HOUR + 10 * MIN);
    spend(&u, 7 * EUR);
    ck_assert_int_eq(state(0).used, 8 * EUR);
    gw_limits_release(t, 0, &at); /* takes back 10 minutes of today, not yesterday's 7 EUR */
    ck_assert_int_eq(state(0).used, 7 * EUR);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_restart_keeps_sums_and_blocks)
{
    struct gw_limit rules[] = {minutes, fraud, ten_calls};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "sta\"ff", rules, 3);
    struct gw_limit_use u = {.scope = s, .applies = 1, .blocked = 2};
    struct gw_limit_token *t = take(&u, 1);
    struct rt_buf saved = {0};

    gw_limits_answered(t, &at);
    go(5 * MIN);
    gw_limits_release(t, 31 * EUR, &at);
    gw_limits_save(store, &saved, &at);
    gw_limits_scope_drop(s);
    gw_limits_free(store);
    ck_assert_int_eq(gw_limits_new(&store), 0);
    go(65 * MIN);
    at.now = 3; /* another boot */
    rt_buf_puts(&saved, "rubbish\n\n{\"scope\":\"class\"}\n");
    ck_assert_uint_eq(gw_limits_load(store, rt_buf_str(&saved), &at), 2);
    s = scope_of(GW_SCOPE_CLASS, "sta\"ff", rules, 3);
    u.scope = s;
    ck_assert_int_eq(state(0).used, 5 * MIN);
    ck_assert_int_eq(state(1).used, 31 * EUR);
    ck_assert_int_eq(state(1).blocked, 11 * HOUR);
    ck_assert_ptr_null(take(&u, 1));
    gw_limits_scope_drop(s);
    gw_limits_free(store);
    ck_assert_int_eq(gw_limits_new(&store), 0);
    go(30 * HOUR);
    ck_assert_uint_eq(gw_limits_load(store, rt_buf_str(&saved), &at), 2);
    ck_assert_int_eq(state(0).used, 0);
    ck_assert_int_eq(state(1).blocked, 0);
    rt_buf_release(&saved);
}
END_TEST

START_TEST(hostile_lines_are_counted_not_believed)
{
    static const char *const bad[] = {
        "[]",
        "{\"scope\":\"moon\",\"name\":\"a\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":false,"
        "\"ends\":1,\"used\":1,\"base\":0,\"until\":0}",
        "{\"scope\":\"class\",\"name\":\"a\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":false,"
        "\"ends\":1,\"used\":-1,\"base\":0,\"until\":0}",
        "{\"scope\":\"class\",\"name\":\"a\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":true,"
        "\"ends\":1,\"used\":1,\"base\":0,\"until\":9223372036854775807}",
        "{\"scope\":\"class\",\"name\":\"a\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":false,"
        "\"ends\":1,\"used\":9223372036854775807,\"base\":0,\"until\":0}",
        "{\"scope\":\"class\",\"name\":\"a\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":false,"
        "\"ends\":9223372036854775807,\"used\":1,\"base\":0,\"until\":0}",
        "{\"scope\":\"class\",\"name\":\"\",\"kind\":\"money\",\"window\":\"day\",\"fraud\":false,"
        "\"ends\":1,\"used\":1,\"base\":0,\"until\":0}",
    };

    for (size_t i = 0; i < RT_COUNT(bad); i++)
        ck_assert_uint_eq(gw_limits_load(store, rt_str(bad[i]), &at), 1);
    nstates = 0;
    gw_limits_each(store, &at, keep, NULL);
    ck_assert_uint_eq(nstates, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limits_window");
    TCase *tc = tcase_create("limits_window");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, minutes_of_running_calls_count);
    tcase_add_test(tc, a_call_over_midnight_is_split);
    tcase_add_loop_test(tc, setting_the_clock_neither_ends_a_window_nor_prolongs_it, 0,
                        RT_COUNT(sets));
    tcase_add_loop_test(tc, the_window_after_it_lasts_half_a_day_to_one_and_a_half, 0,
                        RT_COUNT(sets));
    tcase_add_test(tc, a_window_that_nobody_used_follows_the_clock);
    tcase_add_test(tc, a_running_call_is_split_where_its_window_ends);
    tcase_add_test(tc, a_correction_is_of_its_own_call);
    tcase_add_test(tc, a_restart_keeps_sums_and_blocks);
    tcase_add_test(tc, hostile_lines_are_counted_not_believed);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
