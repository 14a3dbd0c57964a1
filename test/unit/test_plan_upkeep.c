/* Statements of the plan about how lines are kept in order: hunting, restart, audit, busy-out. */
#include "test/unit/plan_rig.h"

#define PLAN                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n"                                                        \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n t1\n isdn %s "               \
    "network\n%s\n}\n"                                                                             \
    "trunk pri {\n span 1\n channels 1-23%s\n}\n"                                                  \
    "trunk pbx {\n sip sip:10.0.0.2\n health every 10s\n}\n"                                       \
    "trunk far {\n sip sip:10.0.0.3\n health every 10s\n}\n"                                       \
    "trunk deaf {\n sip sip:10.0.0.4\n}\n"

static void read_plan(const char *variant, const char *span, const char *hunt)
{
    rig_plan(PLAN, variant, span, hunt);
}

static const struct gw_upkeep_plan *accepted(const char *variant, const char *span)
{
    read_plan(variant, span, "");
    ck_assert_msg(plan, "%s", diag.text.p ? diag.text.p : "-");
    return &plan->spans[0].upkeep;
}

/** The words of conf/span_rows.h are the names of isdn/timer.c, and its limits hold. */
START_TEST(every_timer_of_the_table_can_be_set)
{
    const struct isdn_timer_row *row = isdn_timer_row((enum isdn_timer)_i);
    const char *word = row->count ? "counter" : "timer", *ms = row->count ? "" : "ms";
    long long unit = row->count ? 1 : RT_MS;
    char line[64];

    snprintf(line, sizeof line, " %s %s %lld%s", word, row->name, row->low / unit, ms);
    read_plan("euroisdn", line, "");
    ck_assert_msg(plan, "%s: %s", line, diag.text.p ? diag.text.p : "-");
    ck_assert_int_eq(plan->spans[0].timer[_i], row->low);
    teardown();
    setup();
    snprintf(line, sizeof line, " %s %s %lld%s", word, row->name, row->high / unit + 1, ms);
    read_plan("euroisdn", line, "");
    ck_assert_msg(!plan, "%s is taken", line);
}
END_TEST

START_TEST(nothing_is_done_by_itself)
{
    const struct gw_upkeep_plan *u = accepted("euroisdn", "");

    ck_assert_int_eq(u->restart, 0);
    ck_assert_int_eq(u->audit, 0);
    ck_assert_uint_eq(u->nbehind, 0);
    ck_assert_int_eq(gw_plan_trunk(plan, rt_str("pri"))->hunt, ISDN_ASCENDING);
}
END_TEST

START_TEST(every_order_of_hunting_has_its_word)
{
    static const char *const words[] = {" ascending",
                                        " descending",
                                        " odd-first",
                                        " even-first",
                                        " round-robin",
                                        " least-recently-used",
                                        " odd-first-descending",
                                        " even-first-descending"};

    read_plan("euroisdn", "", words[_i]);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq((int)gw_plan_trunk(plan, rt_str("pri"))->hunt, _i);
}
END_TEST

START_TEST(restart_and_audit_have_their_intervals)
{
    const struct gw_upkeep_plan *u = accepted("euroisdn", " restart every 1h\n audit every 5min");

    ck_assert_int_eq(u->restart, 3600 * RT_S);
    ck_assert_int_eq(u->audit, 300 * RT_S);
}
END_TEST

START_TEST(never_is_never)
{
    const struct gw_upkeep_plan *u = accepted("ni2", " restart every never\n audit every never");

    ck_assert_int_eq(u->restart + u->audit, 0);
}
END_TEST

START_TEST(busy_out_names_trunks_and_a_way)
{
    const struct gw_upkeep_plan *u = accepted("ni2", " busy-out while pbx, far by service");

    ck_assert_uint_eq(u->nbehind, 2);
    ck_assert_str_eq(u->behind[0]->name, "pbx");
    ck_assert_str_eq(u->behind[1]->name, "far");
    ck_assert_int_eq(u->busy_out, GW_BUSY_SERVICE);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    static const struct {
        const char *span, *why;
    } table[] = {
        {" restart every 10s", "\"restart every\" may be 60 s to 7 days"},
        {" audit every 8d", "\"audit every\" may be 30 s to 7 days"},
        {" busy-out while pbx by service", "\"euroisdn\" has no SERVICE messages"},
        {" busy-out while pri by refuse", "\"pri\" has no SIP peer that could be down"},
        {" busy-out while deaf by refuse", "\"deaf\" has no \"health\" checks"},
        {" busy-out while nobody by refuse", "nobody"},
        {" busy-out while pbx by magic", "magic"},
    };

    read_plan("euroisdn", table[_i].span, "");
    ck_assert_ptr_null(plan);
    ck_assert_msg(strstr(diag.text.p, table[_i].why), "%s", diag.text.p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan upkeep");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, every_timer_of_the_table_can_be_set, 0, ISDN_NTIMERS);
    tcase_add_test(tc, nothing_is_done_by_itself);
    tcase_add_loop_test(tc, every_order_of_hunting_has_its_word, 0, ISDN_HUNTS);
    tcase_add_test(tc, restart_and_audit_have_their_intervals);
    tcase_add_test(tc, never_is_never);
    tcase_add_test(tc, busy_out_names_trunks_and_a_way);
    tcase_add_loop_test(tc, what_cannot_be_is_refused, 0, 7);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
