/* Statements of the plan about digits one by one and about how many calls there may be. */
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n%s\n}\n"                                                    \
    "trunk pbx {\n sip sip:10.0.0.2\n%s\n}\n"

static void read_plan(const char *sip, const char *trunk)
{
    rig_plan(HEAD, sip, trunk);
}

static void refused(const char *sip, const char *trunk, const char *why)
{
    read_plan(sip, trunk);
    ck_assert_ptr_null(plan);
    ck_assert_msg(diag.text.p && strstr(diag.text.p, why), "%s", diag.text.p ? diag.text.p : "-");
}

START_TEST(a_peer_dials_en_bloc_unless_told)
{
    read_plan("", "");
    ck_assert_ptr_nonnull(plan);
    const struct gw_trunk *t = gw_plan_trunk(plan, rt_str("pbx"));
    ck_assert(!t->overlap);
    ck_assert(!t->session.sip.overlap);
    ck_assert_uint_eq(plan->sip.calls, 0);
}
END_TEST

START_TEST(a_peer_may_dial_digit_by_digit)
{
    read_plan("calls 30", "overlap");
    ck_assert_ptr_nonnull(plan);
    const struct gw_trunk *t = gw_plan_trunk(plan, rt_str("pbx"));
    ck_assert(t->overlap);
    ck_assert(t->session.sip.overlap);
    ck_assert_uint_eq(t->overlap_max, 100);
    ck_assert_uint_eq(plan->sip.calls, 30);
}
END_TEST

START_TEST(callers_waited_for_are_counted)
{
    read_plan("", "overlap max 7");
    ck_assert_ptr_nonnull(plan);
    ck_assert_uint_eq(gw_plan_trunk(plan, rt_str("pbx"))->overlap_max, 7);
}
END_TEST

START_TEST(direct_media_does_not_fit)
{
    refused("", "overlap\n media direct", "\"overlap\" is not possible with \"media direct\"");
}
END_TEST

START_TEST(required_100rel_does_not_fit)
{
    refused("", "overlap\n 100rel required",
            "\"overlap\" is not possible with \"100rel required\"");
}
END_TEST

START_TEST(a_gateway_without_calls_is_none)
{
    refused("calls 0", "", "t.conf:4:");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_peer_dials_en_bloc_unless_told, a_peer_may_dial_digit_by_digit,
        callers_waited_for_are_counted,   direct_media_does_not_fit,
        required_100rel_does_not_fit,     a_gateway_without_calls_is_none};
    Suite *s = suite_create("plan_overlap");
    TCase *tc = tcase_create("plan_overlap");
    tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
