/* `show lines` and `show endpoints` without a gateway that runs; what of MGCP another plan may not
 * change. */
#include "gw/admin/control_priv.h"
#include "gw/apply.h"
#include "gw/gw.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdlib.h>

#define TOP                                                                                        \
    "version 1\n"                                                                                  \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"
#define AGENT   " agent 10.0.0.30 exports span 1 channels 1-2 as ds/e1-1\n"
#define GATEWAY " gateway iad address 10.0.0.20 lines 1-2 channels 5 as ds/t1-1\n"
#define TRUNK   "trunk house {\n mgcp iad lines 1\n line 1 number 101 name Hall\n}\n"

static struct gw_plan *plan(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    int err = gw_plan_parse(&p, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return p;
}

/** What the command writes about this plan. */
static void shows(const char *text, const char *what, const char *want, const char *note)
{
    const char *const argv[] = {"show", what};
    struct gw_plan *p = plan(text);
    struct rt_buf out = {0};
    struct gw_answer a = {.plan = p, .out = &out};

    ck_assert_int_eq(gw_control_run(&a, RT_COUNT(argv), argv), GW_EXIT_OK);
    ck_assert_str_eq(rt_buf_str(&out).p ? rt_buf_str(&out).p : "", want);
    ck_assert_str_eq(a.note, note);
    rt_buf_release(&out);
    gw_plan_unref(p);
}

START_TEST(lines_of_the_plan_are_listed)
{
    shows(TOP "mgcp {\n" GATEWAY AGENT "}\n" TRUNK, "lines",
          "{\"type\":\"line\",\"gateway\":\"iad\",\"endpoint\":\"aaln/1\",\"number\":\"101\","
          "\"name\":\"Hall\",\"trunk\":\"house\"}\n"
          "{\"type\":\"line\",\"gateway\":\"iad\",\"endpoint\":\"aaln/2\",\"number\":\"\","
          "\"name\":\"\",\"trunk\":\"\"}\n",
          "");
    shows(TOP, "lines", "", "no lines");
}
END_TEST

START_TEST(endpoints_of_the_plan_are_listed)
{
    shows(TOP "mgcp {\n" GATEWAY AGENT "}\n" TRUNK, "endpoints",
          "{\"type\":\"gateway\",\"gateway\":\"iad\",\"role\":\"gateway\",\"address\":"
          "\"10.0.0.20:2427\",\"profile\":\"rfc\",\"endpoints\":3}\n"
          "{\"type\":\"gateway\",\"gateway\":\"10.0.0.30:2727\",\"role\":\"agent\",\"address\":"
          "\"10.0.0.30:2727\",\"profile\":\"rfc\",\"endpoints\":2}\n"
          "{\"type\":\"endpoint\",\"peer\":\"iad\",\"endpoint\":\"ds/t1-1/5\",\"role\":"
          "\"ours to use\",\"trunk\":\"\"}\n"
          "{\"type\":\"endpoint\",\"peer\":\"10.0.0.30:2727\",\"endpoint\":\"ds/e1-1/1\",\"role\":"
          "\"exported\",\"trunk\":\"\"}\n"
          "{\"type\":\"endpoint\",\"peer\":\"10.0.0.30:2727\",\"endpoint\":\"ds/e1-1/2\",\"role\":"
          "\"exported\",\"trunk\":\"\"}\n",
          "");
    shows(TOP, "endpoints", "", "no gateways and no agents");
}
END_TEST

#define RESTART " cannot change while the gateway runs: restart it\n"

/** NULL: the other plan may be put in force. */
static const struct {
    const char *before, *after, *want;
} changes[] = {
    {TOP "mgcp {\n" GATEWAY "}\n", TOP "mgcp {\n" GATEWAY "}\n", NULL},
    {TOP "mgcp {\n" GATEWAY "}\n",
     TOP "mgcp {\n" GATEWAY " gateway b address 10.0.0.21 lines 1\n}\n" TRUNK, NULL},
    {TOP "mgcp {\n" GATEWAY "}\n", TOP, "t.conf:1:1: \"mgcp\"" RESTART},
    {TOP, TOP "mgcp {\n" GATEWAY "}\n", "t.conf:4:1: \"mgcp\"" RESTART},
    {TOP "mgcp {\n" GATEWAY "}\n", TOP "mgcp {\n listen udp:10.0.0.1\n" GATEWAY "}\n",
     "t.conf:5:2: \"listen\"" RESTART},
    {TOP "mgcp {\n listen udp:0.0.0.0\n" GATEWAY "}\n", TOP "mgcp {\n" GATEWAY "}\n", NULL},
    {TOP "mgcp {\n domain a.example\n" GATEWAY "}\n",
     TOP "mgcp {\n domain b.example\n" GATEWAY "}\n", "t.conf:5:2: \"domain\"" RESTART},
    {TOP "mgcp {\n listen udp:10.0.0.1:99\n" GATEWAY "}\n",
     TOP "mgcp {\n listen udp:10.0.0.1:99\n" GATEWAY AGENT "}\n", "t.conf:7:2: \"agent\"" RESTART},
    {TOP "mgcp {\n listen udp:10.0.0.1:99\n" AGENT "}\n",
     TOP "mgcp {\n listen udp:10.0.0.1:99\n}\n", "t.conf:4:1: \"agent\"" RESTART},
    {TOP "mgcp {\n" GATEWAY "}\n", TOP "mgcp {\n" GATEWAY " timers max 15s\n}\n",
     "t.conf:6:2: \"timers\"" RESTART},
};

START_TEST(what_sockets_are_made_of_stays)
{
    struct gw_plan *before = plan(changes[_i].before), *after = plan(changes[_i].after);
    struct conf_diag diag = {.errors = 0};
    struct gw gw = {.plan = before};

    gw_apply_check(&gw, after, &diag);
    ck_assert_str_eq(diag.text.p ? diag.text.p : "", changes[_i].want ? changes[_i].want : "");
    conf_diag_release(&diag);
    gw_plan_unref(before);
    gw_plan_unref(after);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("control_mgcp");
    TCase *tc = tcase_create("control_mgcp");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, lines_of_the_plan_are_listed);
    tcase_add_test(tc, endpoints_of_the_plan_are_listed);
    tcase_add_loop_test(tc, what_sockets_are_made_of_stays, 0, RT_COUNT(changes));
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
