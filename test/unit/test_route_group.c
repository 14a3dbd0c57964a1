/* Groups: which member comes first, who is passed over, what is kept free, and what is tried next.
 */
#include "gw/quota.h"
#include "test/unit/route_rig.h"

/** A group of three peers, four calls each. */
#define PLAN(group)                                                                                \
    ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"                                               \
               "trunk a {\n sip sip:10.0.0.3\n limit 4 calls\n}\n"                                 \
               "trunk b {\n sip sip:10.0.0.4\n limit 4 calls\n}\n"                                 \
               "trunk c {\n sip sip:10.0.0.5\n limit 4 calls\n}\n"                                 \
               "trunk z {\n sip sip:10.0.0.6\n}\n"                                                 \
               "group g {\n trunks a, b, c\n" group "\n}\n"                                        \
               "routes from pbx {\n * -> g, z\n 1xx -> g\n}\n"

START_TEST(members_in_order)
{
    route_plan(PLAN(""));
    route_is("pbx", "+4312345678", "a, b, c, z");
    ck_assert_ptr_eq(d.hop[0].group, gw_plan_group(plan, rt_str("g")));
    ck_assert_ptr_null(d.hop[3].group);
    route_down("a");
    route_is("pbx", "+4312345678", "b, c, z");
    route_busy("b");
    route_is("pbx", "+4312345678", "c, z");
    route_busy("c");
    route_is("pbx", "+4312345678", "z");
    route_is("pbx", "123", "reject 34");
}
END_TEST

START_TEST(the_least_busy_first_ties_in_order)
{
    route_plan(PLAN("hunt least-busy trunk"));
    route_is("pbx", "123", "a, b, c");
    route_busy("a"); /* in this world a trunk is full or idle */
    route_is("pbx", "123", "b, c");
}
END_TEST

START_TEST(the_busier_ones_later)
{
    route_plan(PLAN("hunt least-busy trunk"));
    route_start();
    ck_assert_str_eq(route_now("pbx", "123"), "a, b, c");
    route_calls("a", 2);
    route_calls("c", 1);
    ck_assert_str_eq(route_now("pbx", "123"), "b, c, a");
    route_calls("b", 1);
    ck_assert_str_eq(route_now("pbx", "123"), "b, c, a");
    route_end();
}
END_TEST

START_TEST(turns_are_taken_by_calls_alone)
{
    struct gw_explain why = {.step = 0};

    route_plan(PLAN("hunt round-robin"));
    route_start();
    ck_assert_str_eq(route_now("pbx", "123"), "a, b, c");
    gw_route(&d, plan, &q, &why);
    ck_assert_str_eq(route_text(&d), "a, b, c");
    ck_assert_uint_eq(gateway->turns[0], 0);
    q.call = true;
    ck_assert_str_eq(route_now("pbx", "123"), "a, b, c");
    ck_assert_str_eq(route_now("pbx", "123"), "b, c, a");
    ck_assert_str_eq(route_now("pbx", "123"), "c, a, b");
    ck_assert_uint_eq(gateway->turns[0], 3);
    gw_explain_release(&why);
    route_end();
}
END_TEST

START_TEST(any_member_may_be_the_first)
{
    unsigned first[3] = {0};

    route_plan(PLAN("hunt random"));
    route_start();
    for (unsigned i = 0; i < 3000; i++) {
        route_now("pbx", "123");
        ck_assert_uint_eq(d.nhops, 3);
        first[d.hop[0].trunk->name[0] - 'a']++;
    }
    double chi = 0; /* two degrees of freedom: 13.8 for one of a thousand */
    for (unsigned i = 0; i < 3; i++)
        chi += (first[i] - 1000.0) * (first[i] - 1000.0) / 1000.0;
    ck_assert_double_lt(chi, 13.8);
    route_end();
}
END_TEST

START_TEST(four_members_are_tried)
{
    route_plan(ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"
                          "trunk a {\n sip sip:10.0.0.11\n}\ntrunk b {\n sip sip:10.0.0.12\n}\n"
                          "trunk c {\n sip sip:10.0.0.13\n}\ntrunk d {\n sip sip:10.0.0.14\n}\n"
                          "trunk e {\n sip sip:10.0.0.15\n}\n"
                          "group g {\n trunks a, b, c, d, e\n}\nroutes from pbx {\n * -> g\n}\n");
    route_is("pbx", "+4312345678", "a, b, c, d");
    route_down("b");
    route_is("pbx", "+4312345678", "a, c, d, e");
}
END_TEST

START_TEST(hops_are_sixteen_at_most)
{
    route_plan(PLAN("") "routes from a {\n * -> g, g, g, g, g, g, g, g\n}\n");
    route("a", "+4312345678");
    ck_assert_uint_eq(d.nhops, GW_HOPS);
}
END_TEST

START_TEST(the_last_channels_of_a_group_are_kept)
{
    /* 12 calls together, 8 of which are reserved: with b and c full, 4 are free */
    route_plan(PLAN("reserve 8 channels for priority"));
    route_is("pbx", "123", "a, b, c");
    route_busy("b");
    route_is("pbx", "123", "reject 34");
    q.priority = true;
    route_is("pbx", "123", "a, c");
}
END_TEST

START_TEST(the_groups_own_limit_is_what_is_kept_of)
{
    route_plan(PLAN("limit 8 calls\nreserve 5 channels for priority"));
    route_is("pbx", "123", "a, b, c");
    route_busy("a"); /* 4 of 8, 5 are kept */
    route_is("pbx", "123", "reject 34");
}
END_TEST

START_TEST(of_what_has_no_limit_nothing_is_kept)
{
    route_plan(ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"
                          "trunk a {\n sip sip:10.0.0.3\n reserve 2 channels for emergency\n}\n"
                          "trunk b {\n sip sip:10.0.0.4\n}\n"
                          "group g {\n trunks b\n reserve 2 channels for emergency\n}\n"
                          "routes from pbx {\n * -> a, g\n}\n");
    route_is("pbx", "123", "a, b");
}
END_TEST

START_TEST(the_last_channels_of_a_line_are_kept)
{
    route_plan(ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"
                          "trunk pri {\n span 1\n reserve 30 channels for emergency, priority\n}\n"
                          "trunk pri2 {\n span 2\n reserve 29 channels for emergency\n}\n"
                          "routes from pbx {\n * -> pri, pri2\n}\n");
    route_is("pbx", "123", "pri2");
    q.priority = true;
    route_is("pbx", "123", "pri, pri2");
}
END_TEST

START_TEST(what_is_over_its_limit_is_passed_over)
{
    struct gw_limits *store = NULL;
    struct gw_limit_call call = {.rate = 0};
    struct gw_limit_clock clock;
    struct gw_quota_uses uses;
    struct gw_limit_token *token[4];

    route_plan(PLAN(""));
    ck_assert_int_eq(gw_limits_new(&store), 0);
    ck_assert_int_eq(gw_quota_tie(plan, store), 0);
    q.called = route_number("123");
    gw_quota_clock(&clock, plan, 0);
    gw_quota_called(&uses, plan, route_trunk("a"), &q.called);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(gw_limits_take(uses.use, uses.n, &call, &clock, NULL, &token[i]), 0);
    route_is("pbx", "123", "b, c");
    gw_limits_release(token[0], 0, &clock);
    route_is("pbx", "123", "a, b, c");
    for (unsigned i = 1; i < 4; i++)
        gw_limits_release(token[i], 0, &clock);
    gw_quota_untie(plan);
    gw_limits_free(store);
}
END_TEST

/* ---- the next one ---- */

static unsigned next(unsigned failed, unsigned q850, int status)
{
    struct gw_cause cause = {.q850 = (uint8_t)q850, .sip_status = status};
    return gw_route_next(&d, failed, &cause, false);
}

START_TEST(other_members_are_tried_for_want_of_a_channel)
{
    route_plan(PLAN(""));
    route_is("pbx", "+4312345678", "a, b, c, z");
    ck_assert_uint_eq(next(0, 34, 0), 1);
    ck_assert_uint_eq(next(1, 44, 0), 2);
    ck_assert_uint_eq(next(2, 34, 0), 3); /* the last one: what 34 does outside */
    ck_assert_uint_eq(next(0, 41, 0), 3); /* the group is left */
    ck_assert_uint_eq(next(0, 17, 0), GW_NO_HOP);
    ck_assert_uint_eq(next(3, 34, 0), 4);
    ck_assert_uint_eq(next(3, 17, 0), GW_NO_HOP);
}
END_TEST

START_TEST(the_plan_says_after_what)
{
    route_plan(PLAN("crankback on cause 17, sip 480, timeout 4s"));
    route("pbx", "+4312345678");
    ck_assert_uint_eq(next(0, 17, 0), 1);
    ck_assert_uint_eq(next(2, 17, 0), GW_NO_HOP);
    ck_assert_uint_eq(next(0, 34, 0), 3);
    ck_assert_uint_eq(next(0, 31, 480), 1);
    struct gw_cause quiet = {.q850 = 102};
    ck_assert_uint_eq(gw_route_next(&d, 0, &quiet, true), 1);
    ck_assert_uint_eq(gw_route_next(&d, 0, &quiet, false), 3);
    ck_assert_uint_eq(gw_route_next(&d, 2, &quiet, true), 3);
}
END_TEST

START_TEST(a_group_named_twice_is_two_targets)
{
    route_plan(PLAN("") "routes from a {\n * -> g called +4311, g called +4322\n}\n");
    route_is("a", "+4312345678", "a, b, c, a, b, c");
    ck_assert_uint_eq(next(0, 41, 0), 3);
    ck_assert_uint_eq(next(2, 34, 0), 3);
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("is in group \"g\" at", PLAN("") "group h {\n trunks a\n}\n");
    route_refused("is the name of a trunk already",
                  ROUTE_HEAD ROUTE_PEERS "group a {\n trunks b\n}\n");
    route_refused("means something else in routes",
                  ROUTE_HEAD ROUTE_PEERS "group lcr {\n trunks b\n}\n");
    route_refused("\"channels\" wants", PLAN("hunt order, channels up"));
    route_refused("\"least\" is not", PLAN("hunt least"));
    route_refused("\"reserve\" wants", PLAN("reserve 4 lines"));
    route_refused("\"all\" is not", PLAN("reserve 4 channels for all"));
    route_refused("\"cause\", \"sip\" or \"timeout\" is missing", PLAN("crankback on 34"));
    route_refused("is not a cause from 1 to 127", PLAN("crankback on cause 34, 128"));
    route_refused("is not calls, cps", PLAN("limit 4 lines"));
    route_refused("is not an amount like 30", PLAN("limit -4 calls"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {members_in_order,
                                  the_least_busy_first_ties_in_order,
                                  the_busier_ones_later,
                                  turns_are_taken_by_calls_alone,
                                  any_member_may_be_the_first,
                                  four_members_are_tried,
                                  hops_are_sixteen_at_most,
                                  the_last_channels_of_a_group_are_kept,
                                  the_groups_own_limit_is_what_is_kept_of,
                                  of_what_has_no_limit_nothing_is_kept,
                                  the_last_channels_of_a_line_are_kept,
                                  what_is_over_its_limit_is_passed_over,
                                  other_members_are_tried_for_want_of_a_channel,
                                  the_plan_says_after_what,
                                  a_group_named_twice_is_two_targets,
                                  faults_are_told};
    return route_main("route_group", tests, RT_COUNT(tests));
}
