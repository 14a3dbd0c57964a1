/* What looks wrong in a plan and is allowed: each warning, and plans without any. */
#include "gw/plan.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/** A plan that nothing is wrong with; what a test adds begins at line 22, or 21 after what
 * emergency calls are sent to. */
#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"        \
    "span 2 { pseudowire local 10.0.0.1:7003 remote 10.0.0.9:7004\n isdn euroisdn user }\n"        \
    "site berlin { dialling de area 30\n main +4930901820\n"                                       \
    " ddi +4930901821[00..99] <-> 1[00..99]\n}\n"                                                  \
    "trunk pri { span 1\n own +49309018* }\n"                                                      \
    "trunk two { span 2 }\n"                                                                       \
    "trunk voipco { sip sip:10.0.0.3 }\n"                                                          \
    "trunk pbx { sip sip:10.0.0.2\n numbers as-dialled\n class staff }\n"                          \
    "class staff { allow internal, national\n deny premium }\n"                                    \
    "emergency { numbers 110, 112\n"
#define WAYS "send pri }\n" /* line 21 */
/** Routes that use all trunks. */
#define USE "routes from pri, two, voipco { +4930901820 -> pbx\n * -> reject 1 }\n"

static const struct {
    const char *text, *want;
} cases[] = {
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two\n +49* -> voipco }\n", ""},

    /* rows that never count */
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n +4930* -> pri\n +4930[0-4]* -> two\n "
                   "+4930[5-9]* -> voipco }\n",
     "t.conf:25:2: warning: \"+4930*\" is never reached: more specific rows take all its "
     "numbers\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n 20x -> pri\n 20[0-8] -> two\n 209 -> voipco }\n",
     "t.conf:25:2: warning: \"20x\" is never reached: more specific rows take all its numbers\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n +4930* -> pri\n +4930[0-4]* -> two\n "
                   "+4930[6-9]* -> voipco }\n",
     ""},
    {HEAD WAYS USE /* one of them falls back */
     "routes from pbx { 1xx -> pbx\n 20x -> pri\n 20[0-8] -> two\n"
     " 209 { when bearer data64 -> voipco } }\n",
     "t.conf:27:2: warning: \"209\" has no \"otherwise\", and no less specific number takes what "
     "is "
     "left: it is refused\n"},
    {HEAD WAYS USE /* what is narrower is never covered by what is wider */
     "routes from pbx { 1xx -> pbx\n +4930[00..49] -> pri\n +4930* -> two }\n",
     ""},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n 112 -> pri\n national -> two }\n",
     "t.conf:25:2: warning: \"112\" is never reached: it is an emergency number (t.conf:20)\n"},

    /* rows that take extensions */
    {HEAD WAYS USE "routes from pbx { * -> pri, two }\n",
     "t.conf:24:19: warning: \"*\" in routes from pbx also takes 1xx (100 extensions)\n"},
    {HEAD WAYS USE "routes from pbx { * -> pri, two\n 1[0-6]x -> pbx }\n",
     "t.conf:24:19: warning: \"*\" in routes from pbx also takes 1xx (30 extensions)\n"},
    {HEAD WAYS USE "routes from pbx { * -> pri, two\n internal -> pbx }\n", ""},
    {HEAD WAYS USE "routes from pbx { * -> reject 1\n national -> pri, two }\n", ""},

    /* edges of blocks */
    {HEAD WAYS "routes from pri, two, voipco { +493090182[150..220] -> pbx\n * -> reject 1 }\n"
               "routes from pbx { 1xx -> pbx\n national -> pri, two }\n",
     "t.conf:22:32: warning: \"+493090182[150..220]\" crosses the edge of the block from "
     "+493090182100 to +493090182199: it takes 50 of its 100 numbers and 21 others\n"},
    {HEAD WAYS "routes from pri, two, voipco { +493090182[150..199] -> pbx\n * -> reject 1 }\n"
               "routes from pbx { 1xx -> pbx\n national -> pri, two }\n",
     ""},

    /* gateways of MGCP */
    {HEAD WAYS
     "mgcp {\n gateway a address 10.0.0.9 lines 1-2\n gateway b address 10.0.0.9 lines 1\n}\n"
     "trunk phones { mgcp a\n line 1 number 801\n site berlin }\n" USE
     "routes from pbx { 1xx -> pbx\n national -> pri, two\n 801 -> phones }\n",
     "t.conf:24:2: warning: gateway \"b\" is in no trunk: its users hear congestion tone\n"
     "t.conf:24:2: warning: gateway \"b\" has the address of gateway \"a\" (at t.conf:23:2)\n"},

    /* emergency calls */
    {HEAD "send all }\ngroup all { trunks pri, two }\n" USE "routes from pbx { 1xx -> pbx }\n",
     "t.conf:21:6: warning: group \"all\" takes emergency calls and reserves no channels for "
     "them\n"},
    {HEAD "send all }\ngroup all { trunks pri, two\n reserve 2 channels for emergency }\n" USE
          "routes from pbx { 1xx -> pbx }\n",
     ""},
    {HEAD "send pbx }\n" USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n",
     "t.conf:21:6: warning: emergency calls from \"pbx\" can only go back to it\n"},
    {HEAD WAYS "site wien { dialling at area 1 }\n", NULL}, /* every trunk has to name its site */
    {HEAD "send pri\n location 10.1.0.0/25 caller +49401234 }\n" USE
          "routes from pbx { 1xx -> pbx\n national -> two }\n",
     "t.conf:22:2: warning: +49401234 is not within \"own\" of \"pri\", which takes emergency "
     "calls\n"},
    {"version 1\nsip { listen udp:10.0.0.1 }\nsite x { dialling us }\n"
     "trunk a { sip sip:10.0.0.3 }\ntrunk b { sip sip:10.0.0.4\n numbers as-dialled }\n"
     "routes from a { +1212* -> b }\n",
     "t.conf:3:10: warning: the emergency number 911 is neither in \"emergency\" nor routed\n"},

    /* identities */
    {"version 1\nsip { listen udp:10.0.0.1 }\nsite x { dialling de area 30\n main +49401 }\n"
     "trunk a { sip sip:10.0.0.3 }\ntrunk b { sip sip:10.0.0.4\n own +4930* }\n"
     "emergency { numbers 110, 112\n send b }\nroutes from a { +4930* -> b }\n",
     "t.conf:7:2: warning: +49401, the main number of the site, is not within \"own\" of \"b\": "
     "callers without a number of their own are not shown\n"},

    /* classes */
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "class more { allow national, internal }\n"
                   "trunk x { sip sip:10.0.0.7\n class more }\nroutes from x { 1xx -> pbx }\n",
     "t.conf:26:20: warning: class \"more\": \"national\" allows premium numbers too, like "
     "+491181234567\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "class more { deny +883* }\n"
                   "trunk x { sip sip:10.0.0.7\n class more }\nroutes from x { 1xx -> pbx }\n",
     "t.conf:26:1: warning: class \"more\": nothing denies premium numbers like +491181234567\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "class more { allow premium, national }\n"
                   "trunk x { sip sip:10.0.0.7\n class more }\nroutes from x { 1xx -> pbx }\n",
     ""},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "trunk x { sip sip:10.0.0.7 }\nroutes from x { 1xx -> pbx\n national -> pri\n"
                   " international -> pri }\n",
     "t.conf:26:1: warning: trunk \"x\" has no class: its callers reach premium and international "
     "numbers (t.conf:28)\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "trunk x { sip sip:10.0.0.7 }\nroutes from x { +44* -> pri }\n",
     "t.conf:26:1: warning: trunk \"x\" has no class: its callers reach international numbers "
     "(t.conf:27)\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n national -> pri, two }\n"
                   "trunk x { sip sip:10.0.0.7 }\ncustomer c { trunks x }\n"
                   "routes from customers { +44* -> pri }\n",
     "t.conf:27:1: warning: customer \"c\" has no class: nothing limits what it calls\n"},

    /* loops */
    {HEAD WAYS "routes from pri, two, voipco { * -> pbx }\n"
               "routes from pbx { 1xx -> pbx\n * -> pri, two }\n",
     "t.conf:22:32: warning: \"*\" goes from pri to pbx, and from there back (t.conf:24): a number "
     "that neither has may go in circles\n"},

    /* gaps */
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n +4930* { when bearer data64 -> pri\n"
                   " when codec t38 -> two } }\n",
     "t.conf:25:2: warning: \"+4930*\" has no \"otherwise\", and no less specific number takes "
     "what "
     "is left: it is refused\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx\n +4930* { when bearer data64 -> pri }\n"
                   " +49* -> two }\n",
     ""},

    /* what is never used */
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx }\ntrunk x { sip sip:10.0.0.7 }\n",
     "t.conf:25:1: warning: trunk \"x\" is never used: no routes come from it or lead to it\n"},
    {HEAD WAYS USE "routes from pbx { 1xx -> pbx }\ngroup g { trunks pbx }\n"
                   "time open { weekly mon 08:00-18:00 }\ncalendar days { date 2026-12-24 }\n"
                   "class idle { deny premium }\nnormalise odd { any * => +* }\n",
     "t.conf:27:1: warning: calendar \"days\" is never used\n"
     "t.conf:26:1: warning: time \"open\" is never used\n"
     "t.conf:28:1: warning: class \"idle\" is never used\n"
     "t.conf:29:1: warning: normalise \"odd\" is never used\n"},
    {HEAD WAYS USE "routes from pbx { 1xx { when open -> pbx\n otherwise -> pri } }\n"
                   "time open { weekly mon 08:00-18:00\n except days }\n"
                   "calendar days { date 2026-12-24 }\n",
     ""},
    {HEAD WAYS "trunk x { sip sip:10.0.0.7 }\ntrunk y { sip sip:10.0.0.8 }\n"
               "group g { trunks x, y }\n" USE "routes from pbx { 1xx -> pbx\n 2xx -> x, y }\n",
     "t.conf:24:1: warning: group \"g\" is never used\n"},
};

START_TEST(warns)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    const char *want = cases[_i].want;

    fake_reset();
    int err = gw_plan_parse(&p, "t.conf", rt_str(cases[_i].text), &diag);
    if (!want) {
        ck_assert_int_eq(err, EINVAL);
        ck_assert_uint_eq(diag.warnings, 0);
    } else {
        ck_assert_msg(err == 0, "%s", diag.text.p);
        ck_assert_str_eq(diag.warned.n > 0 ? diag.warned.p : "", want);
    }
    gw_plan_unref(p);
    conf_diag_release(&diag);
}
END_TEST

START_TEST(warns_of_files_that_are_not_used_or_old)
{
    static const char text[] =
        HEAD WAYS USE "routes from pbx { 1xx -> pbx\n +49* -> lcr cheap }\n"
                      "deck beta { csv rates.csv\n columns prefix, rate }\n"
                      "deck idle { csv rates.csv\n columns prefix, rate }\n"
                      "lcr cheap { offer beta via voipco }\nlcr other { offer beta via two }\n"
                      "list irsf { csv irsf.csv }\nlist none { csv irsf.csv }\n"
                      "class c { deny in irsf\n deny premium }\n"
                      "trunk e { sip enum\n class c }\nenum ask { suffix e164.example }\n"
                      "routes from e { 1xx -> pbx }\n";
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    fake_reset();
    ck_assert_int_eq(rt_file_replace("rates.csv", "4930,0.02\n", 10, 0644), 0);
    ck_assert_int_eq(rt_file_replace("irsf.csv", "882\n", 4, 0644), 0);
    fake_advance(31 * 86400 * RT_S);
    int err = gw_plan_parse(&p, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    ck_assert_str_eq(diag.warned.p, "t.conf:33:1: warning: list \"none\" is never used\n"
                                    "t.conf:28:1: warning: deck \"idle\" is never used\n"
                                    "t.conf:31:1: warning: lcr \"other\" is never used\n"
                                    "t.conf:38:1: warning: enum \"ask\" is never used\n"
                                    "t.conf:26:1: warning: deck \"beta\" is 31 days old\n"
                                    "t.conf:28:1: warning: deck \"idle\" is 31 days old\n");
    gw_plan_unref(p);
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_lint");
    TCase *t = tcase_create("lint");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, warns, 0, (int)RT_COUNT(cases));
    tcase_add_test(t, warns_of_files_that_are_not_used_or_old);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
