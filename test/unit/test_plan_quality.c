/* Statements of the plan about reports on quality, and about calls without media. */
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n%s\n}\n"                                                    \
    "trunk pbx {\n sip sip:10.0.0.2\n%s\n}\n"

static const struct gw_quality_plan *read_plan(const char *sip, const char *trunk)
{
    rig_plan(HEAD, sip, trunk);
    return plan ? &gw_plan_trunk(plan, rt_str("pbx"))->quality : NULL;
}

static void refused(const char *sip, const char *trunk, const char *why)
{
    ck_assert_ptr_null(read_plan(sip, trunk));
    ck_assert_msg(diag.text.p && strstr(diag.text.p, why), "%s", diag.text.p ? diag.text.p : "-");
}

START_TEST(nothing_is_done_unless_told)
{
    const struct gw_quality_plan *q = read_plan("", "");

    ck_assert_ptr_nonnull(q);
    ck_assert_int_eq(q->xr, GW_XR_AUTO);
    ck_assert_ptr_null(q->reports.uri);
    ck_assert_int_eq(q->timeout, 0);
}
END_TEST

START_TEST(a_collector_for_all)
{
    const struct gw_quality_plan *q =
        read_plan("quality-reports sip:quality@col.example.com:5070 every 60s", "");

    ck_assert_ptr_nonnull(q);
    ck_assert_str_eq(q->reports.uri, "sip:quality@col.example.com:5070");
    ck_assert_str_eq(q->reports.domain, "col.example.com");
    ck_assert_uint_eq(q->reports.target.port, 5070);
    ck_assert_int_eq(q->reports.every, 60 * RT_S);
}
END_TEST

START_TEST(a_trunk_has_its_own_or_none)
{
    const struct gw_quality_plan *q =
        read_plan("quality-reports sip:10.0.0.9 every 60s", "quality-reports sip:10.0.0.8");

    ck_assert_ptr_nonnull(q);
    ck_assert_str_eq(q->reports.uri, "sip:10.0.0.8");
    ck_assert_int_eq(q->reports.every, 0);
}
END_TEST

START_TEST(a_trunk_without_reports)
{
    const struct gw_quality_plan *q =
        read_plan("quality-reports sip:10.0.0.9", "quality-reports off\n rtcp-xr on");

    ck_assert_ptr_nonnull(q);
    ck_assert_ptr_null(q->reports.uri);
    ck_assert_int_eq(q->xr, GW_XR_ON);
}
END_TEST

START_TEST(a_timeout)
{
    const struct gw_quality_plan *q = read_plan("", "media-timeout 60s");

    ck_assert_ptr_nonnull(q);
    ck_assert_int_eq(q->timeout, 60 * RT_S);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    refused("", "media-timeout 5s", "\"media-timeout\" is from 15s to 24h");
}
END_TEST

START_TEST(no_report_each_second)
{
    refused("quality-reports sip:10.0.0.9 every 1s", "", "reports come every 10s to 1h");
}
END_TEST

START_TEST(a_collector_over_tls_needs_tls)
{
    refused("quality-reports sips:col.example.com", "", "but \"sip\" has no \"tls\"");
}
END_TEST

START_TEST(a_telephone_number_is_no_collector)
{
    refused("quality-reports tel:+4930123", "", "is not a collector like");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nothing_is_done_unless_told,
        a_collector_for_all,
        a_trunk_has_its_own_or_none,
        a_trunk_without_reports,
        a_timeout,
        what_cannot_be_is_refused,
        no_report_each_second,
        a_collector_over_tls_needs_tls,
        a_telephone_number_is_no_collector,
    };
    Suite *s = suite_create("plan_quality");
    TCase *tc = tcase_create("plan_quality");

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
