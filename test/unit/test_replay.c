/* Yesterday's calls routed by another plan: which differ, and what they cost. */
#include "gw/cdr.h"
#include "gw/replay.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define PLAN                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "site berlin { dialling de area 30 }\n"                                                        \
    "trunk pbx { sip sip:10.0.0.2 }\n"                                                             \
    "trunk alpha { sip sip:10.0.0.3 }\ntrunk alpha2 { sip sip:10.0.0.4 }\n"                        \
    "trunk beta { sip sip:10.0.0.5 }\n"                                                            \
    "group both { trunks alpha, alpha2 }\n"                                                        \
    "deck a { csv a.csv\n columns prefix, rate }\ndeck b { csv b.csv\n columns prefix, rate }\n"   \
    "lcr cheap { offer a via both\n offer b via beta }\n"                                          \
    "routes from pbx {\n"                                                                          \
    " +33*  -> reject 21\n"                                                                        \
    " +44*  -> lcr cheap\n"                                                                        \
    " +491* -> alpha 50%, beta 50%\n"                                                              \
    " *     -> both\n"                                                                             \
    "}\n"

static struct gw_plan *plan;

static void file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static void setup(void)
{
    struct conf_diag diag = {.errors = 0};

    fake_reset();
    file("a.csv", "44,0.02\n49,0.01\n");
    file("b.csv", "44,0.01\n49,0.03\n");
    int err = gw_plan_parse(&plan, "t.conf", rt_str(PLAN), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
}

static void teardown(void)
{
    gw_plan_unref(plan);
}

static void replay(const char *records, bool list, const char *want)
{
    struct rt_buf out = {0};

    file("cdr", records);
    ck_assert_int_eq(gw_replay(&out, plan, "cdr", list), 0);
    ck_assert_str_eq(out.p, want);
    rt_buf_release(&out);
}

START_TEST(reads_csv)
{
    replay("call_id,attempt,start_time,talk_ms,from_trunk,to_trunk,caller,called,bearer\r\n"
           /* alpha has more to pay than beta for the United Kingdom */
           "1,0,2026-03-01T08:00:00.123Z,60000,pbx,alpha,,+442079460148,audio\r\n"
           "2,0,2026-03-01T08:00:00.123Z,120000,pbx,beta,,+442079460149,audio\r\n"
           /* of one group each is the other */
           "3,0,2026-03-01T08:00:00.123Z,30000,pbx,alpha2,,+4940123,audio\r\n"
           /* shared: each of both is right */
           "4,0,2026-03-01T08:00:00.123Z,0,pbx,alpha,,+49171123,audio\r\n"
           "5,0,2026-03-01T08:00:00.123Z,0,pbx,beta,,+49171123,audio\r\n"
           /* what was refused, and what will be */
           "6,0,2026-03-01T08:00:00.123Z,0,pbx,,,+33123,audio\r\n"
           "7,0,2026-03-01T08:00:00.123Z,0,pbx,beta,,+33123,audio\r\n"
           "8,0,2026-03-01T08:00:00.123Z,0,pbx,,,+4940123,audio\r\n"
           /* not of this plan */
           "9,0,2026-03-01T08:00:00.123Z,0,old,beta,,+33123,audio\r\n"
           "half a line,0\r\n",
           false,
           "3 of 8 calls would route differently\n"
           "left out, of no trunk of this plan or without a number: 1\n"
           "lines that are no records: 1\n"
           "\nfrom -> to\n"
           "  alpha -> beta                            1\n"
           "  beta -> cause 21                         1\n"
           "  refused -> alpha                         1\n"
           "\ncost by deck         calls before    cost before  calls after     cost after\n"
           "  a                             3           0.03            3           0.01\n"
           "  b                             2           0.02            3           0.03\n"
           "  all                                       0.05                        0.04\n"
           "\ndestinations\n"
           "  +33123                                   1\n"
           "  +442079                                  1\n"
           "  +494012                                  1\n");
}
END_TEST

START_TEST(reads_quoted_csv_in_any_order_of_columns)
{
    replay("called,note,from_trunk,to_trunk\n"
           "+4940123,\"a \"\"quoted\"\" note, of two\nlines\",\"pbx\",beta\n"
           "called,note,from_trunk,to_trunk\n" /* another file after it */
           "+4940123,,pbx,alpha",
           false,
           "1 of 2 calls would route differently\n"
           "\nfrom -> to\n  beta -> alpha                            1\n"
           "\ncost by deck         calls before    cost before  calls after     cost after\n"
           "  a                             1           0.00            2           0.00\n"
           "  b                             1           0.00            0           0.00\n"
           "  all                                       0.00                        0.00\n"
           "\ndestinations\n  +494012                                  1\n");
}
END_TEST

START_TEST(reads_the_journal)
{
    replay("{\"mark\":{\"next_seq\":1,\"exported\":0}}\n"
           "{\"open\":{\"call_id\":\"x\",\"seq\":1,\"attempt\":0,\"from_trunk\":\"pbx\","
           "\"to_trunk\":\"\",\"called\":\"+33123\"}}\n"
           "{\"close\":{\"call_id\":\"x\",\"seq\":2,\"attempt\":1,\"from_trunk\":\"pbx\","
           "\"to_trunk\":\"beta\",\"called\":\"+4940123\"}}\n"
           "{\"close\":{\"call_id\":\"x\",\"seq\":3,\"attempt\":2,\"from_trunk\":\"pbx\","
           "\"to_trunk\":\"alpha\",\"called\":\"+4940123\"}}\n"
           /* the first attempt counts */
           "{\"close\":{\"call_id\":\"x\",\"seq\":1,\"attempt\":0,\"talk_ms\":null,"
           "\"start_time\":\"2026-03-01T08:00:00.123Z\",\"from_trunk\":\"pbx\","
           "\"to_trunk\":\"alpha\",\"called\":\"+4940123\",\"cause_rule\":\"a \\\"b\\\"\"}}\n"
           "{\"close\":{\"torn\n",
           true,
           "2026-03-01T08:00:00.123Z pbx +4940123: beta -> alpha  t.conf:19\n"
           "1 of 1 calls would route differently\n"
           "lines that are no records: 1\n"
           "\nfrom -> to\n  beta -> alpha                            1\n"
           "\ncost by deck         calls before    cost before  calls after     cost after\n"
           "  a                             0           0.00            1           0.00\n"
           "  b                             1           0.00            0           0.00\n"
           "  all                                       0.00                        0.00\n"
           "\ndestinations\n  +494012                                  1\n");
}
END_TEST

/** What the gateway itself writes. */
START_TEST(reads_its_own_records)
{
    struct gw_cdr r = {.call_id = "0123",
                       .seq = 7,
                       .start_time = 1772352000 * RT_S,
                       .from_trunk = "pbx",
                       .to_trunk = "alpha",
                       .called = "+4940123"};
    struct rt_buf text = {0}, out = {0};

    gw_cdr_csv_header(&text);
    gw_cdr_csv(&text, &r);
    file("cdr", text.p);
    ck_assert_int_eq(gw_replay(&out, plan, "cdr", false), 0);
    ck_assert_ptr_nonnull(strstr(out.p, "0 of 1 calls"));
    rt_buf_reset(&text);
    rt_buf_reset(&out);
    gw_cdr_json(&text, &r);
    file("cdr", text.p);
    ck_assert_int_eq(gw_replay(&out, plan, "cdr", false), 0);
    ck_assert_ptr_nonnull(strstr(out.p, "0 of 1 calls"));
    rt_buf_release(&text);
    rt_buf_release(&out);
}
END_TEST

START_TEST(refuses_what_are_no_records)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "hello\n",
                                        "a,b,c\n1,2,3\n",
                                        "{\"a\n",
                                        "{}\n",
                                        "\"",
                                        "{\"close\":{\"called\":\"1\"",
                                        "called,\"from_trunk"};
    struct rt_buf out = {0};

    ck_assert_int_eq(gw_replay(&out, plan, "absent", false), ENOENT);
    for (size_t i = 0; i < RT_COUNT(texts); i++) {
        file("cdr", texts[i]);
        int err = gw_replay(&out, plan, "cdr", false);
        ck_assert_msg(err == (i < 8 ? EBADMSG : 0), "%s: %d", texts[i], err);
    }
    rt_buf_release(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay");
    TCase *t = tcase_create("replay");

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reads_csv);
    tcase_add_test(t, reads_quoted_csv_in_any_order_of_columns);
    tcase_add_test(t, reads_the_journal);
    tcase_add_test(t, reads_its_own_records);
    tcase_add_test(t, refuses_what_are_no_records);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
