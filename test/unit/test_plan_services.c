/* Statements of the plan about supplementary services, on lines and at SIP peers. */
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n"                                                        \
    "span 1 {\n pseudowire local 10.0.0.1:1 remote 10.0.0.2:2\n %s\n isdn %s network\n}\n"         \
    "trunk pri {\n span 1\n%s\n}\n"                                                                \
    "trunk pbx {\n sip sip:10.0.0.2\n%s\n}\n"

static void read_plan(const char *variant, const char *line, const char *peer)
{
    bool t1 = strcmp(variant, "ni1") == 0;

    rig_plan(HEAD, t1 ? "t1" : "e1", variant, line, peer);
}

static const struct gw_trunk *taken(const char *variant, const char *line)
{
    read_plan(variant, line, "");
    ck_assert_msg(plan, "%s", diag.text.p ? diag.text.p : "-");
    return gw_plan_trunk(plan, rt_str("pri"));
}

static void refused(const char *variant, const char *line, const char *peer, const char *why)
{
    read_plan(variant, line, peer);
    ck_assert_ptr_null(plan);
    ck_assert_msg(diag.text.p && strstr(diag.text.p, why), "%s", diag.text.p ? diag.text.p : "-");
}

START_TEST(a_line_has_no_services_but_transfers_unless_told)
{
    const struct gw_trunk *t = taken("euroisdn", "");

    ck_assert(!t->session.aoc && !t->optimise && !t->deflects);
    ck_assert(t->session.sip.refer);
    ck_assert_uint_eq(t->charges, 0);
    ck_assert_int_eq(t->deflection, GW_DEFLECTION_MAP);
}
END_TEST

START_TEST(a_line_has_what_it_is_told)
{
    const struct gw_trunk *t = taken("euroisdn", "aoc pass request s, e\n optimise yes\n"
                                                 " redirects pass, deflect\n transfer refuse");

    ck_assert(t->session.aoc && t->optimise && t->deflects);
    ck_assert(!t->session.sip.refer);
    ck_assert_uint_eq(t->charges, 5);
    ck_assert_int_eq(t->deflection, GW_DEFLECTION_PASS);
}
END_TEST

START_TEST(charges_are_not_asked_for_where_none_pass)
{
    const struct gw_trunk *t = taken("qsig", "aoc off\n optimise no\n redirects map");

    ck_assert(!t->session.aoc && !t->optimise && !t->deflects);
}
END_TEST

START_TEST(following_is_one_of_the_ways)
{
    ck_assert_int_eq(taken("qsig", "redirects follow")->deflection, GW_DEFLECTION_FOLLOW);
}
END_TEST

static const struct {
    const char *variant, *line, *peer, *why;
} wrong[] = {
    {"qsig", "aoc pass", "", "\"qsig\" has no such service"},
    {"ni2", "redirects follow", "", "\"ni2\" has no such service"},
    {"ni2", "redirects deflect", "", "\"ni2\" has no such service"},
    {"ni1", "optimise yes", "", "\"ni1\" does not join calls"},
    {"euroisdn", "aoc pass request s, x", "", "\"x\" is none of s, d, e"},
    {"euroisdn", "redirects follow, pass", "", "one of \"map\", \"follow\" and \"pass\""},
    {"euroisdn", "", "redirects map, follow", "one of \"map\", \"follow\" and \"anywhere\""},
    {"euroisdn", "redirects anywhere", "", "\"redirects anywhere\" is for SIP peers"},
    {"euroisdn", "", "redirects deflect", "\"redirects deflect\" is for trunks on a span"},
    {"euroisdn", "", "redirects pass", "\"redirects pass\" is for trunks on a span"},
    {"euroisdn", "", "aoc pass request s", "\"aoc request\" is for trunks on a span"},
    {"euroisdn", "", "optimise yes", "\"optimise\" is for trunks on a span"},
};

START_TEST(what_cannot_be_is_refused)
{
    refused(wrong[_i].variant, wrong[_i].line, wrong[_i].peer, wrong[_i].why);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_services");
    TCase *t = tcase_create("services");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_has_no_services_but_transfers_unless_told);
    tcase_add_test(t, a_line_has_what_it_is_told);
    tcase_add_test(t, charges_are_not_asked_for_where_none_pass);
    tcase_add_test(t, following_is_one_of_the_ways);
    tcase_add_loop_test(t, what_cannot_be_is_refused, 0, (int)RT_COUNT(wrong));
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
