/* What changed between two plans: one line for each change of meaning, none for other words. */
#include "gw/plan_diff.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"        \
    "site berlin { dialling de area 30\n zone UTC }\n"                                             \
    "trunk pri { span 1 }\n"                                                                       \
    "trunk voipco { sip sip:10.0.0.3 }\n"                                                          \
    "trunk pbx { sip sip:10.0.0.2 }\n" /* what a test adds begins at line 10 */

static struct gw_plan *load(const char *name, const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf whole = {0};
    struct gw_plan *p = NULL;

    rt_buf_printf(&whole, HEAD "%s", text);
    int err = gw_plan_parse(&p, name, rt_buf_str(&whole), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    rt_buf_release(&whole);
    return p;
}

static void differ(const char *before, const char *after, const char *want)
{
    struct gw_plan *a = load("a.conf", before), *b = load("b.conf", after);
    struct rt_buf out = {0};

    gw_plan_diff(&out, a, b);
    ck_assert(!out.failed);
    ck_assert_str_eq(out.n > 0 ? out.p : "", want);
    rt_buf_release(&out);
    gw_plan_unref(a);
    gw_plan_unref(b);
}

static const struct {
    const char *before, *after, *want;
} cases[] = {
    /* equal */
    {"", "", ""},
    {"log info\n", "", ""},
    {"routes from pbx { +44* -> pri\n +49* -> voipco }\n",
     "# a comment\nroutes from pbx {\n\n  +49*    -> voipco # cheap\n  +44* -> pri\n}\n", ""},
    {"routes from pbx { +4930901821[00..99] -> pri }\n",
     "routes from pbx { +4930901821xx -> pri }\n", ""},
    {"routes from pbx { +49-30* -> pri }\n", "routes from pbx { +4930* -> pri }\n", ""},
    {"routes from pbx { 1x -> busy }\n", "routes from pbx { 1x -> reject 17 }\n", ""},
    {"routes from pbx { 1x -> pri }\n", "routes from pbx { 1x { use pri } }\n", ""},
    {"routes from pbx { 1x -> pri }\n", "routes from pbx { 1x { otherwise -> pri } }\n", ""},
    {"routes from pbx, pri { 1x -> voipco }\n", "routes from pri, pbx { 1x -> voipco }\n", ""},
    {"time open { weekly mon 08:00-18:00, fri 08:00-12:00 }\n"
     "routes from pbx { 1x { when open, caller +49[1]* -> pri\n otherwise -> voipco } }\n",
     "time open { weekly fri 08:00-12:00\n weekly mon 08:00-18:00 }\n"
     "routes from pbx { 1x { when caller +491*, time open -> pri\n otherwise -> voipco } }\n",
     ""},
    {"class a { allow national, mobile\n deny premium }\ntrunk x { sip sip:10.0.0.7\n class a\n"
     " limit 30 calls, 3 cps }\n",
     "trunk x { limit 3 cps\n class a\n limit 30 calls\n sip sip:10.0.0.7 }\n"
     "class a { deny premium\n allow mobile\n allow national }\n",
     ""},
    {"trunk x { sip sip:10.0.0.7\n health every 60s down 2 }\n",
     "trunk x { sip sip:10.0.0.7\n health every 1min }\n", ""},
    {"trunk x { sip sip:10.0.0.7\n probation 30s max 2min }\n",
     "trunk x { sip sip:10.0.0.7\n probation max 120s 30s }\n", ""},
    {"trunk x { sip sip:10.0.0.7\n accept from 10.0.0.7/32, 10.0.0.8/32 }\n",
     "trunk x { sip sip:10.0.0.7\n accept from 10.0.0.8/32\n accept from 10.0.0.7/32 }\n", ""},
    {"normalise odd { ton national * => +49*\n unknown 0(x*) => +49\\1 }\n",
     "normalise odd { unknown 0(x*) => +49\\1\n national * => +49* }\n", ""},

    /* statements */
    {"overload { cpu 90% until 80% }\n", "overload { cpu 80% until 60%\n queue 1s until 100ms }\n",
     "~ overload: cpu 90% until 80% -> 80% until 60%  b.conf:10\n"
     "+ overload: queue 1s until 100ms  b.conf:11\n"},
    {"", "overload { off }\n", "+ overload  b.conf:10\n"},
    {"overload { queue 1s until 100ms }\n", "overload { queue until 100ms 1000ms }\n", ""},
    {"log info\n", "log debug\n", "+ log debug  b.conf:10\n"},
    {"log notice\n", "log debug\n", "~ log notice -> debug  b.conf:10\n"},
    {"trunk x { sip sip:10.0.0.7\n limit 28 calls, 3 cps }\n",
     "trunk x { sip sip:10.0.0.7\n limit 30 calls, 3 cps }\n",
     "~ trunk x: limit 28 calls -> 30 calls  b.conf:11\n"},
    {"trunk x { sip sip:10.0.0.7 }\n", "trunk x { sip sip:10.0.0.7\n limit 2 cps }\n",
     "+ trunk x: limit 2 cps  b.conf:11\n"},
    {"trunk x { sip sip:10.0.0.7\n own +49301, +49302 }\n",
     "trunk x { sip sip:10.0.0.7\n own +49302 }\n", "- trunk x: own +49301  a.conf:11\n"},
    {"trunk x { sip sip:10.0.0.7 }\n", "trunk y { sip sip:10.0.0.7 }\n",
     "- trunk x  a.conf:10\n+ trunk y  b.conf:10\n"},
    {"trunk x { sip sip:10.0.0.7\n codecs pcma, pcmu }\n",
     "trunk x { sip sip:10.0.0.7\n codecs pcmu, pcma }\n",
     "~ trunk x: codecs pcma, pcmu -> pcmu, pcma  b.conf:11\n"},
    {"emergency { numbers 110\n send pri }\n",
     "emergency { numbers 110, 112\n send pri, voipco }\n",
     "+ emergency: numbers 112  b.conf:10\n~ emergency: send pri -> pri, voipco  b.conf:11\n"},
    {"class a { deny premium }\n", "class a { deny premium reject 34 }\n",
     "~ class a: deny premium -> premium reject 34  b.conf:10\n"},
    {"routes from pbx { * -> pri }\ntest \"x\" { call from pbx called 1\n expect trunk pri }\n",
     "routes from pbx { * -> pri }\ntest \"x\" { call from pbx called 2\n expect trunk pri }\n",
     "~ test \"x\": another call or expectation  b.conf:11\n"},
    {"normalise odd { unknown 0* => +49* }\n", "normalise odd { unknown 0* => +43* }\n",
     "~ normalise odd: unknown 0* => +49* -> unknown 0* => +43*  b.conf:10\n"},

    /* routes */
    {"routes from pbx { +49* -> pri }\n", "routes from pbx { +49* -> pri\n +44* -> voipco }\n",
     "+ routes from pbx: +44* -> voipco  b.conf:11\n"},
    {"routes from pbx { +49* -> pri\n +44* -> voipco }\n", "routes from pbx { +49* -> pri }\n",
     "- routes from pbx: +44* -> voipco  a.conf:11\n"},
    {"routes from pbx { +49* -> pri, voipco }\n", "routes from pbx { +49* -> voipco, pri }\n",
     "~ routes from pbx: +49* -> voipco, pri, was -> pri, voipco  b.conf:10\n"},
    {"routes from pbx { +49* -> pri 70%, voipco 30% }\n",
     "routes from pbx { +49* -> pri 60%, voipco 40% }\n",
     "~ routes from pbx: +49* -> pri 60%, voipco 40%, was -> pri 70%, voipco 30%  b.conf:10\n"},
    {"routes from pbx { 9* { strip 1 } }\n", "routes from pbx { 9* { strip 1\n use pri } }\n",
     "~ routes from pbx: 9* { strip 1; -> pri }, was { strip 1 }  b.conf:10\n"},
    {"routes from pbx { 9* -> pri }\n",
     "routes from pbx { 9* { when bearer data64 -> pri\n otherwise -> voipco called 17 } }\n",
     "~ routes from pbx: 9* { when bearer data64 -> pri; otherwise -> voipco called 17 }, was -> "
     "pri"
     "  b.conf:10\n"},
    {"routes from pbx { 9* -> pri }\n", "routes from voipco { 9* -> pri }\n",
     "+ routes from voipco: 9* -> pri  b.conf:10\n- routes from pbx: 9* -> pri  a.conf:10\n"},
    {"routes from pbx { 9* -> pri }\n", "routes from pbx, voipco { 9* -> pri }\n",
     "+ routes from pbx, voipco: from voipco  b.conf:10\n"},
};

START_TEST(says_what_changed)
{
    differ(cases[_i].before, cases[_i].after, cases[_i].want);
}
END_TEST

static void file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

START_TEST(rates_and_lists_differ_by_content)
{
    static const char text[] = "deck beta { csv rates.csv\n columns prefix, rate }\n"
                               "list irsf { csv irsf.csv }\nclass a { deny in irsf }\n";
    struct rt_buf out = {0};

    fake_reset();
    file("rates.csv", "4420,0.01\n4930,0.02\n33,0.05\n");
    file("irsf.csv", "882\n");
    struct gw_plan *a = load("a.conf", text);
    file("rates.csv", "4420,0.0118\n4930,0.02\n41,0.05\n");
    file("irsf.csv", "882\n883\n");
    struct gw_plan *b = load("b.conf", text);
    gw_plan_diff(&out, a, b);
    ck_assert_str_eq(out.p, "~ deck beta: 1 rates up, 1 new, 1 removed, biggest change +4420 +18 %"
                            "  b.conf:10\n"
                            "~ list irsf: 1 numbers -> 2 numbers  b.conf:12\n");
    rt_buf_release(&out);
    gw_plan_diff(&out, a, a);
    ck_assert_uint_eq(out.n, 0);
    gw_plan_unref(a);
    gw_plan_unref(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_diff");
    TCase *t = tcase_create("diff");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, says_what_changed, 0, (int)RT_COUNT(cases));
    tcase_add_test(t, rates_and_lists_differ_by_content);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
