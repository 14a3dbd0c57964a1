/* Targets of routes: in order, by their shares, with numbers of their own; and what stands at the
 * end. */
#include "test/unit/route_rig.h"

#define PLAN(targets) ROUTE_HEAD ROUTE_PEERS "routes from pbx {\n * -> " targets "\n}\n"

START_TEST(in_the_order_written)
{
    route_plan(PLAN("a, b, reject 17 \"nobody there\""));
    route_is("pbx", "+4312345678", "a, b, reject 17");
    ck_assert_str_eq(d.text, "nobody there");
    route_down("a");
    route_is("pbx", "+4312345678", "b, reject 17");
    route_down("b");
    route_is("pbx", "+4312345678", "reject 17");
    ck_assert(!d.refused);
}
END_TEST

START_TEST(busy_and_the_gateway_itself)
{
    route_plan(PLAN("a, busy") "routes from a {\n 1 -> echo\n 2 -> milliwatt\n 3 -> busy\n}\n");
    route_is("pbx", "1", "a, reject 17");
    route_is("a", "3", "reject 17");
    route("a", "1");
    ck_assert_uint_eq(d.nhops, 1);
    ck_assert_int_eq(d.hop[0].trunk->kind, GW_TRUNK_LOCAL);
    ck_assert_int_eq(d.hop[0].trunk->local.what, GW_LOCAL_ECHO);
    route("a", "2");
    ck_assert_int_eq(d.hop[0].trunk->local.what, GW_LOCAL_MILLIWATT);
}
END_TEST

/** Draws; how often each of a, b, c was the first, and then the second. */
static void draw(unsigned n, unsigned first[3], unsigned second[3])
{
    memset(first, 0, 3 * sizeof *first);
    memset(second, 0, 3 * sizeof *second);
    q.from = route_trunk("pbx");
    q.called = route_number("+4312345678");
    q.world = NULL;
    for (unsigned i = 0; i < n; i++) {
        gw_route(&d, plan, &q, NULL);
        ck_assert_uint_ge(d.nhops, 2); /* all are there, whoever is first */
        first[d.hop[0].trunk->name[0] - 'a']++;
        second[d.hop[1].trunk->name[0] - 'a']++;
    }
}

static double chi_square(const unsigned *is, const double *expected, unsigned n)
{
    double sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += (is[i] - expected[i]) * (is[i] - expected[i]) / expected[i];
    return sum;
}

START_TEST(by_their_shares)
{
    unsigned first[3], second[3];
    /* the second is b after a: 60/100 * 30/40, or after c: 10/100 * 30/90, and so on */
    const double of_first[] = {6000, 3000, 1000};
    const double of_second[] = {10000 * (.3 * .6 / .7 + .1 * .6 / .9),
                                10000 * (.6 * .3 / .4 + .1 * .3 / .9),
                                10000 * (.6 * .1 / .4 + .3 * .1 / .7)};

    fake_seed(4711);
    route_plan(PLAN("a 60%%, b 30%%, c 10%%"));
    draw(10000, first, second);
    /* two degrees of freedom: one of a thousand is above 13.8 */
    ck_assert_double_lt(chi_square(first, of_first, 3), 13.8);
    ck_assert_double_lt(chi_square(second, of_second, 3), 13.8);
    ck_assert_uint_eq(d.nhops, 3);
}
END_TEST

START_TEST(a_small_share_is_small)
{
    unsigned first[3], second[3];
    const double expected[] = {100, 9900};

    fake_seed(4711);
    route_plan(PLAN("a 1%%, b 99%%"));
    draw(10000, first, second);
    ck_assert_double_lt(chi_square(first, expected, 2), 10.8); /* one degree of freedom */
}
END_TEST

START_TEST(a_share_of_calls_may_be_refused)
{
    unsigned refused = 0;

    fake_seed(4711);
    route_plan(PLAN("a 80%%, busy 20%%"));
    q.from = route_trunk("pbx");
    q.called = route_number("+4312345678");
    for (unsigned i = 0; i < 10000; i++) {
        gw_route(&d, plan, &q, NULL);
        ck_assert(d.rejects);
        ck_assert_uint_le(d.nhops, 1);
        refused += d.nhops == 0;
    }
    const unsigned is[] = {refused, 10000 - refused};
    const double expected[] = {2000, 8000};
    ck_assert_double_lt(chi_square(is, expected, 2), 10.8);
}
END_TEST

START_TEST(a_refusal_without_a_share_is_last)
{
    route_plan(PLAN("a 1%%, b 1%%, reject 34"));
    q.from = route_trunk("pbx");
    q.called = route_number("+4312345678");
    for (unsigned i = 0; i < 200; i++) {
        gw_route(&d, plan, &q, NULL);
        ck_assert_uint_eq(d.nhops, 2);
        ck_assert(d.rejects);
    }
}
END_TEST

START_TEST(the_greatest_share_is_first_in_a_test)
{
    route_plan(PLAN("a 20%%, b 50%%, c 30%%"));
    route_is("pbx", "+4312345678", "b, c, a");
}
END_TEST

START_TEST(a_number_of_ones_own)
{
    route_plan(PLAN("a called +4311, b, c called 03022222222"));
    route_is("pbx", "+4312345678", "a, b, c");
    route_called(0, "+4311");
    route_called(1, "+4312345678");
    route_called(2, "+493022222222");
    ck_assert_str_eq(route_number_text(&d.called), "+4312345678");
}
END_TEST

START_TEST(a_customers_trunks)
{
    const struct gw_cause congestion = {.q850 = 34}, busy = {.q850 = 17};

    route_plan(PLAN("customer acme, a") "customer acme {\n trunks c, b\n}\n");
    route_is("pbx", "+4312345678", "c, b, a");
    ck_assert_str_eq(d.hop[0].target, "customer acme");
    ck_assert_uint_eq(gw_route_next(&d, 0, &congestion, false), 1);
    ck_assert_uint_eq(gw_route_next(&d, 0, &busy, false), GW_NO_HOP);
    route_down("c");
    route_is("pbx", "+4312345678", "b, a");
}
END_TEST

START_TEST(enum_is_asked_when_its_turn_comes)
{
    route_plan(PLAN("enum private, a") "trunk peers {\n sip enum\n numbers e164\n}\n"
                                       "enum private {\n suffix e164.example\n}\n");
    q.from = route_trunk("pbx");
    q.called = route_number("+4312345678");
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(route_text(&d), "peers, a");
    ck_assert_ptr_nonnull(d.hop[0].ask);
    ck_assert_ptr_null(d.hop[1].ask);
    q.called = route_number("123");
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(route_text(&d), "a");
    q.called = route_number("+4312345678");
    route_is("pbx", "+4312345678", "a"); /* nobody is asked in a test */
}
END_TEST

START_TEST(a_decision_overruled_keeps_nothing)
{
    route_plan(PLAN("enum private") "trunk peers {\n sip enum\n numbers e164\n}\n"
                                    "enum private {\n suffix e164.example\n}\n");
    q.from = route_trunk("pbx");
    q.called = route_number("+4312345678");
    gw_route(&d, plan, &q, NULL);
    ck_assert_ptr_nonnull(d.hop[0].ask);
    gw_route_to(&d, route_trunk("b"));
    ck_assert_str_eq(route_text(&d), "b");
    ck_assert_ptr_null(d.hop[0].ask);
    ck_assert_ptr_null(d.route);
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("unknown trunk \"aa\"", PLAN("aa"));
    route_refused("unknown trunk \"\"", PLAN("\"\""));
    route_refused("a target is missing", PLAN("a, ,b"));
    route_refused("is never reached", PLAN("reject 1, a"));
    route_refused("has no share", PLAN("a 50%%, b"));
    route_refused("a share of at most 100%", PLAN("a 150%%"));
    route_refused("at most 8 targets", PLAN("a, b, c, a, b, c, a, b, c"));
    route_refused("lacks a cause from 1 to 127", PLAN("reject"));
    route_refused("lacks a cause from 1 to 127", PLAN("reject 128"));
    route_refused("stands in quotes", PLAN("reject 21 no"));
    route_refused("targets are parted by commas", PLAN("a b"));
    route_refused("unknown lcr \"cheap\"", PLAN("lcr cheap"));
    route_refused("the name of an \"lcr\" is missing", PLAN("lcr"));
    route_refused("unknown enum \"e\"", PLAN("enum e"));
    route_refused("unknown customer \"x\"", PLAN("customer x"));
    route_refused("wants: emergency callback", PLAN("emergency"));
    route_refused("lacks a sound file", PLAN("play"));
    route_refused("a number is missing", PLAN("a called"));
    route_refused("\"12y\"", PLAN("a called 12y"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {in_the_order_written,
                                  busy_and_the_gateway_itself,
                                  by_their_shares,
                                  a_small_share_is_small,
                                  a_share_of_calls_may_be_refused,
                                  a_refusal_without_a_share_is_last,
                                  the_greatest_share_is_first_in_a_test,
                                  a_number_of_ones_own,
                                  a_customers_trunks,
                                  enum_is_asked_when_its_turn_comes,
                                  a_decision_overruled_keeps_nothing,
                                  faults_are_told};
    return route_main("route_target", tests, RT_COUNT(tests));
}
