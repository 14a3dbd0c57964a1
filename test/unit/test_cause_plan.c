/* The plan's own rows between causes and statuses, the record's account of them, and explain. */
#include "gw/admin/control_priv.h"
#include "gw/cause.h"
#include "gw/cdr_priv.h"
#include "gw/plan.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define HEAD "version 1\nsip { listen udp:10.0.0.1:5060 }\ntrunk pbx {\n sip sip:10.0.0.2\n"

static struct gw_plan *good(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    int err = gw_plan_parse(&p, "office.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return p;
}

START_TEST(the_plans_rows_go_before_the_profile)
{
    struct gw_plan *p = good(HEAD " causes rfc4497 {\n"
                                  "  sip 480 -> 20\n"
                                  "  sip 486 -> 34 advance\n"
                                  "  sip 503 -> 41 stop\n"
                                  "  cause 17 location user -> 600\n"
                                  "  cause 21 -> 480\n"
                                  "  cause 21 location transit -> 403\n }\n}\n");
    const struct gw_causes *t = &p->trunks[0].causes;
    static const struct {
        int status;
        unsigned q850;
        bool advances;
        const char *rule;
    } from[] = {
        {480, 20, false, "office.conf:6 sip 480 -> 20"},
        {486, 34, true, "office.conf:7 sip 486 -> 34 advance"},
        {503, 41, false, "office.conf:8 sip 503 -> 41 stop"},
        {404, 1, false, "rfc4497 404 -> 1"},
    };
    static const struct {
        unsigned q850, location;
        int status;
        const char *row;
    } to[] = {
        {17, GW_LOC_USER, 600, "office.conf:9 cause 17 user -> 600"},
        {17, GW_LOC_TRANSIT, 486, "rfc4497 17 -> 486"},
        {21, GW_LOC_USER, 480, "office.conf:10 cause 21 -> 480"},
        {21, GW_LOC_TRANSIT, 403, "office.conf:11 cause 21 transit -> 403"},
        {26, GW_LOC_USER, 500, "rfc4497 default 26 -> 500"},
    };

    for (size_t i = 0; i < RT_COUNT(from); i++) {
        struct gw_sip_failure f = {.status = from[i].status, .reason_location = -1};
        struct gw_cause c;
        gw_cause_from_sip(&c, t, &f);
        ck_assert_uint_eq(c.q850, from[i].q850);
        ck_assert_int_eq(gw_cause_advances(&c), from[i].advances);
        ck_assert_str_eq(c.rule, from[i].rule);
    }
    for (size_t i = 0; i < RT_COUNT(to); i++) {
        struct gw_cause c = {.q850 = (uint8_t)to[i].q850, .location = (uint8_t)to[i].location};
        char row[GW_CAUSE_ROW_LEN];
        ck_assert_int_eq(gw_cause_to_sip(t, &c, row), to[i].status);
        ck_assert_str_eq(row, to[i].row);
    }
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_row_that_stops_holds_beside_a_reason_header)
{
    struct gw_plan *p = good(HEAD " causes {\n  sip 503 -> 41 stop\n }\n}\n");
    struct gw_sip_failure f = {.status = 503, .reason_q850 = 34, .reason_location = -1};
    struct gw_cause c;

    ck_assert_str_eq(gw_causes_profile_name(&p->trunks[0].causes), "rfc3398");
    gw_cause_from_sip(&c, &p->trunks[0].causes, &f);
    ck_assert_uint_eq(c.q850, 34);
    ck_assert(!gw_cause_advances(&c));
    ck_assert_str_eq(c.rule, "Reason header 34; office.conf:6 sip 503 -> 41 stop");
    gw_plan_unref(p);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {HEAD " causes rfc3389\n}\n",
         "office.conf:5:9: unknown word \"rfc3389\" - did you mean \"rfc3398\"?\n"},
        {HEAD " causes {\n  sip 480 -> 20\n  sip 480 -> 19\n }\n}\n",
         "office.conf:7:3: \"sip 480\" stands twice, first at office.conf:6:3\n"},
        {HEAD " causes {\n  cause 17 -> 480\n  cause 17 location user -> 486\n"
              "  cause 17 location user -> 600\n }\n}\n",
         "office.conf:8:3: \"cause 17\" stands twice, first at office.conf:7:3\n"},
        {HEAD " causes {\n  sip 200 -> 16\n }\n}\n",
         "office.conf:6:7: \"200\" is not within 300 to 699\n"},
        {HEAD " causes {\n  sip 480 -> 128\n }\n}\n",
         "office.conf:6:14: \"128\" is not within 1 to 127\n"},
        {HEAD " causes {\n  cause 17 -> 200\n }\n}\n",
         "office.conf:6:15: \"200\" is not within 400 to 699\n"},
        {HEAD " causes {\n  sip 480 -> 20 halt\n }\n}\n",
         "office.conf:6:17: \"halt\" is none of advance|stop\n"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct conf_diag diag = {.errors = 0};
        struct gw_plan *p = NULL;
        ck_assert_int_eq(gw_plan_parse(&p, "office.conf", rt_str(rows[i].text), &diag), EINVAL);
        ck_assert_str_eq(diag.text.p, rows[i].want);
        conf_diag_release(&diag);
    }
}
END_TEST

/* ---- the record, and explain ---- */

START_TEST(the_record_says_which_rows_fired)
{
    static const struct gw_causes t;
    struct gw_sip_failure f = {.status = 486, .reason_location = -1};
    struct gw_cdr r = {.seq = 1}, back;
    struct rt_buf json = {0}, head = {0}, row = {0};
    json_error_t error;

    gw_cause_from_sip(&r.cause, &t, &f);
    gw_cdr_json(&json, &r);
    json_t *j = json_loads(json.p, 0, &error);
    ck_assert_str_eq(json_string_value(json_object_get(j, "cause_rule")), "rfc3398 486 -> 17");
    gw_cdr_read(&back, j);
    ck_assert_str_eq(back.cause.rule, "rfc3398 486 -> 17");
    gw_cdr_csv_header(&head);
    gw_cdr_csv(&row, &r);
    ck_assert_ptr_nonnull(strstr(head.p, ",route_rule,cause_rule,"));
    ck_assert_ptr_nonnull(strstr(row.p, ",rfc3398 486 -> 17,"));
    json_decref(j);
    rt_buf_release(&json);
    rt_buf_release(&head);
    rt_buf_release(&row);
}
END_TEST

START_TEST(explain_names_the_row)
{
    static const struct {
        const char *argv[8];
        int code;
        const char *says; /* in the answer, or in the error */
    } rows[] = {
        {{"explain", "cause", "17", "--to", "pbx"}, 0, "rfc4497 17 -> 486"},
        {{"explain", "cause", "17", "--location", "user", "--to", "pbx"},
         0,
         "office.conf:7 cause 17 user -> 600"},
        {{"explain", "cause", "17", "--to", "pbx"}, 0, "becomes 486 Busy Here"},
        {{"explain", "sip", "480", "--from", "pbx"}, 0, "office.conf:6 sip 480 -> 20 advance"},
        {{"explain", "sip", "480", "--from", "pbx"}, 0, "cause 20 (subscriber absent)"},
        {{"explain", "sip", "480", "--from", "pbx"}, 0, "the next target is tried"},
        {{"explain", "sip", "486", "--from", "pbx"}, 0, "no other target is tried"},
        {{"explain", "sip", "200", "--from", "pbx"}, 2, "200: not within 300 to 699"},
        {{"explain", "cause", "0", "--to", "pbx"}, 2, "0: not within 1 to 127"},
        {{"explain", "cause", "17", "--location", "moon", "--to", "pbx"},
         2,
         "moon: not a location"},
        {{"explain", "cause", "17"}, 2, "--to TRUNK is missing"},
        {{"explain", "sip", "486", "--from", "pbz"}, 1, "pbz: no such trunk"},
        {{"explain", "sip", "486", "--from", "pri"}, 1, "pri: a span has no table of causes"},
    };
    struct gw_plan *p = good(HEAD " causes rfc4497 {\n  sip 480 -> 20 advance\n"
                                  "  cause 17 location user -> 600\n }\n}\n"
                                  "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n"
                                  " isdn euroisdn user }\ntrunk pri { span 1 }\n");

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct rt_buf out = {0};
        struct gw_answer a = {.plan = p, .out = &out};
        size_t n = 0;
        while (n < RT_COUNT(rows[i].argv) && rows[i].argv[n])
            n++;
        ck_assert_int_eq(gw_control_run(&a, n, rows[i].argv), rows[i].code);
        const char *text = rows[i].code == 0 ? out.p : a.error;
        ck_assert_msg(strstr(text, rows[i].says), "%s", text);
        rt_buf_release(&out);
    }
    gw_plan_unref(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cause_plan");
    TCase *tc = tcase_create("cause_plan");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, the_plans_rows_go_before_the_profile);
    tcase_add_test(tc, a_row_that_stops_holds_beside_a_reason_header);
    tcase_add_test(tc, what_is_wrong_is_told_with_its_place);
    tcase_add_test(tc, the_record_says_which_rows_fired);
    tcase_add_test(tc, explain_names_the_row);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
