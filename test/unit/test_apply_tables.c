/* Tables that a plan reads: refused, read again, too old. */
#include "test/unit/apply_rig.h"

START_TEST(a_truncated_deck_leaves_the_good_one)
{
    start();
    put_file("/etc/d.csv", "prefix,rate\n49,0.01\n44,0.02\n33,0.03\n");
    ck_assert_int_eq(put_in_force(HEAD A B
                                  "deck d { csv d.csv\n columns prefix, rate\n currency EUR\n"
                                  " reject load if rows change > 30% }\n",
                                  0),
                     0);
    struct dp_deck *good = gw->plan->dial.decks[0].deck;
    put_file("/etc/d.csv", "prefix,rate\n49,0.01\n");
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "me"});
    fake_settle();
    ck_assert_int_eq(answers.err[1], 0);
    ck_assert_ptr_nonnull(strstr(answers.warnings, "deck \"d\" stays as it was"));
    ck_assert_uint_eq(gw->plan->generation, 3);
    ck_assert_ptr_eq(gw->plan->dial.decks[0].deck, good);
}
END_TEST

START_TEST(a_list_is_read_again_when_it_is_due)
{
    put_file("/etc/l.csv", "+49301\n");
    put_file(FILE_NAME, HEAD A B "list l { csv l.csv refresh 1h }\n");
    start();
    const struct gw_plan *first = gw->plan;
    put_file(FILE_NAME, "the plan's own file is not read\n");
    fake_advance(3599 * RT_S);
    ck_assert_ptr_eq(gw->plan, first);
    fake_advance(2 * RT_S);
    ck_assert_uint_eq(counted(GW_APPLY_REFRESHES), 1);
    ck_assert_uint_eq(gw->plan->generation, 1);
    ck_assert_str_eq(gw->plan->who, "refresh");
    ck_assert_ptr_null(
        gw_history_before(gw_apply_history(apply), gw_history_last(gw_apply_history(apply))));
    const struct dp_list *good = gw->plan->dial.lists[0].list;
    ck_assert_int_eq(rt_file_remove("/etc/l.csv"), 0);
    fake_advance(3602 * RT_S);
    ck_assert_uint_eq(counted(GW_APPLY_REFRESH_FAILURES), 1);
    ck_assert_ptr_eq(gw->plan->dial.lists[0].list, good);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_uint_eq(alarms(GW_ALARM_TABLE_AGE), 1);
    put_file("/etc/l.csv", "+49302\n");
    fake_advance(61 * RT_S); /* tried again each minute */
    ck_assert_uint_eq(counted(GW_APPLY_REFRESHES), 3);
    ck_assert_uint_eq(alarms(GW_ALARM_TABLE_AGE), 0);
    ck_assert_ptr_ne(gw->plan->dial.lists[0].list, good);
    ck_assert_int_eq(rt_file_remove("/etc/l.csv"), 0);
    fake_advance(3602 * RT_S);
    ck_assert_uint_eq(alarms(GW_ALARM_TABLE_AGE), 1);
    ck_assert_int_eq(put_in_force(HEAD A B, 0), 0); /* without a list nothing can be too old */
    ck_assert_uint_eq(alarms(GW_ALARM_TABLE_AGE), 0);
    fake_advance(3602 * RT_S);
    ck_assert_uint_eq(counted(GW_APPLY_REFRESH_FAILURES), 2);
}
END_TEST

START_TEST(a_list_is_due_whatever_the_wall_clock_says)
{
    static const rt_time steps[] = {-86400 * RT_S, 1800 * RT_S};

    put_file("/etc/l.csv", "+49301\n");
    put_file(FILE_NAME, HEAD A B "list l { csv l.csv refresh 1h }\n");
    start();
    fake_wall_step(steps[_i]);
    fake_advance(3599 * RT_S);
    ck_assert_uint_eq(counted(GW_APPLY_REFRESHES), 0);
    fake_advance(2 * RT_S);
    ck_assert_uint_eq(counted(GW_APPLY_REFRESHES), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("apply_tables");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_truncated_deck_leaves_the_good_one);
    tcase_add_test(c, a_list_is_read_again_when_it_is_due);
    tcase_add_loop_test(c, a_list_is_due_whatever_the_wall_clock_says, 0, 2);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
