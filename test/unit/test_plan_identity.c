/* Trust, diversions, trunk groups and carriers in the plan: what a statement means, its default,
 * and what is refused.
 */
#include "gw/plan.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"        \
    "trunk pri { span 1\n tgrp lines context +49 }\n" /* what a test adds begins at line 7 */

static struct gw_plan *plan;

static const struct gw_identity_plan *good(const char *statements)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};

    rt_buf_printf(&text, HEAD "trunk a { sip sip:10.0.0.2\n%s }\n", statements);
    gw_plan_unref(plan);
    plan = NULL;
    int err = gw_plan_parse(&plan, "t.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    rt_buf_release(&text);
    conf_diag_release(&diag);
    return &gw_plan_trunk(plan, rt_str("a"))->identity;
}

START_TEST(without_a_word_the_peer_is_trusted)
{
    const struct gw_identity_plan *i = good("");

    ck_assert(!i->untrusted && !i->both && !i->history && !i->early_media);
    ck_assert_int_eq(i->form, GW_IDENTITY_PAI);
    ck_assert(i->diversion);
    ck_assert_uint_eq(i->redirections, 5);
    ck_assert_str_eq(i->tgrp, "");
    ck_assert_str_eq(i->cic, "");
    ck_assert_str_eq(gw_plan_trunk(plan, rt_str("pri"))->identity.tgrp, "lines");
}
END_TEST

START_TEST(every_statement)
{
    const struct gw_identity_plan *i = good("identity untrusted rpid\n diversion both max 9\n"
                                            "early-media supported\n phone-context example.com\n"
                                            "tgrp TG-1 context example.com\n cic +1-6789");

    ck_assert(i->untrusted && i->diversion && i->history && i->early_media);
    ck_assert_int_eq(i->form, GW_IDENTITY_RPID);
    ck_assert_uint_eq(i->redirections, 9);
    ck_assert_str_eq(i->tgrp, "TG-1");
    ck_assert_str_eq(i->tgrp_context, "example.com");
    ck_assert_str_eq(i->cic, "+1-6789");
    ck_assert_str_eq(i->phone_context, "example.com");
    i = good("identity trusted pai both\n diversion history-info\n cic 6789 context +1");
    ck_assert(i->both && i->history && !i->diversion);
    ck_assert_str_eq(i->cic_context, "+1");
    i = good("diversion none\n identity trusted from");
    ck_assert(!i->history && !i->diversion);
    ck_assert_int_eq(i->form, GW_IDENTITY_FROM);
}
END_TEST

/** A trunk on a span of that variant and side. */
static const struct gw_trunk *line(const char *isdn, const char *statements, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};

    rt_buf_printf(&text,
                  HEAD "span 2 { pseudowire local 10.0.0.1:7003 remote 10.0.0.9:7004\n isdn %s }\n"
                       "trunk line { span 2\n%s }\n",
                  isdn, statements);
    gw_plan_unref(plan);
    plan = NULL;
    int err = gw_plan_parse(&plan, "t.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == (want ? EINVAL : 0), "%s", diag.text.p);
    if (want)
        ck_assert_msg(strstr(diag.text.p, want) != NULL, "%s", diag.text.p);
    rt_buf_release(&text);
    conf_diag_release(&diag);
    return want ? NULL : gw_plan_trunk(plan, rt_str("line"));
}

START_TEST(hold_and_trust_of_lines)
{
    const struct gw_trunk *t = line("euroisdn user", "", NULL);
    ck_assert_int_eq(t->hold, GW_HOLD_NOTIFY);
    ck_assert_int_eq(t->interworking, 30 * RT_S);
    ck_assert(!t->identity.untrusted);
    t = line("qsig network", "", NULL);
    ck_assert_int_eq(t->hold, GW_HOLD_NONE);
    ck_assert(t->identity.untrusted);
    t = line("qsig network", "hold signal\n identity trusted\n interworking-timer 5s", NULL);
    ck_assert_int_eq(t->hold, GW_HOLD_SIGNAL);
    ck_assert_int_eq(t->interworking, 5 * RT_S);
    ck_assert(!t->identity.untrusted);
    ck_assert(line("euroisdn user", "hold none\n identity untrusted", NULL)->identity.untrusted);
    line("qsig network", "hold notify", "\"qsig\" has no word for it in NOTIFY\n");
    ck_assert_int_eq(good("")->updates, GW_UPDATES_UPDATE);
    ck_assert_int_eq(good("identity-updates reinvite")->updates, GW_UPDATES_REINVITE);
    ck_assert_int_eq(good("identity-updates off")->updates, GW_UPDATES_OFF);
}
END_TEST

static const struct {
    const char *statement, *want;
} wrong[] = {
    {"tgrp TG-1 context +x", "\"+x\" is neither a domain nor a prefix like +49\n"},
    {"tgrp \"a b\" context x", "\"a b\" cannot name a trunk group\n"},
    {"cic +x", "\"+x\" is no carrier like +1-6789\n"},
    {"cic 6789", "a carrier has either \"+\" or a context\n"},
    {"cic +16789 context +1", "a carrier has either \"+\" or a context\n"},
    {"phone-context 030", "\"030\" is neither a domain nor a prefix like +49\n"},
    {"phone-context a@b", "\"a@b\" is neither a domain nor a prefix like +49\n"},
    {"}\ntrunk b { span 1\n identity trusted rpid", "\"rpid\" is for trunks with a SIP peer\n"},
    {"}\ntrunk b { span 1\n identity-updates off",
     "\"identity-updates\" is for trunks with a SIP peer\n"},
    {"}\ntrunk b { span 1\n interworking-timer 200s",
     "\"interworking-timer\" is from 1s to 3min\n"},
    {"hold signal", "\"hold\" is for trunks on a span\n"},
    {"diversion none max 99", "\"99\" is not within 1 to 20\n"},
};

START_TEST(what_is_refused)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};
    struct gw_plan *p = NULL;

    rt_buf_printf(&text, HEAD "trunk a { sip sip:10.0.0.2\n%s }\n", wrong[_i].statement);
    ck_assert_int_eq(gw_plan_parse(&p, "t.conf", rt_buf_str(&text), &diag), EINVAL);
    ck_assert_msg(strstr(diag.text.p, wrong[_i].want) != NULL, "%s", diag.text.p);
    ck_assert_uint_ge(diag.errors, 1);
    rt_buf_release(&text);
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan identity");
    TCase *tc = tcase_create("plan identity");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, without_a_word_the_peer_is_trusted);
    tcase_add_test(tc, every_statement);
    tcase_add_test(tc, hold_and_trust_of_lines);
    tcase_add_loop_test(tc, what_is_refused, 0, (int)RT_COUNT(wrong));
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
