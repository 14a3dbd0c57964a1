/* Least cost routing: who offers a destination, in which order, at which margin; what is tried
 * next. Prices are worked out by hand from the decks below.
 */
#include "gw/performance.h"
#include "test/unit/route_rig.h"

/** Offers over a, over b and over the group g of two trunks. +44: 0.010, 0.012, 0.011; +4420:
 * 0.030, 0.012, 0.011; +43: only b; +1: all 0.005. */
#define PLAN(lcr, more)                                                                            \
    ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\ntrunk a {\n sip sip:10.0.0.3\n}\n"              \
               "trunk b {\n sip sip:10.0.0.4\n}\ntrunk c {\n sip sip:10.0.0.5\n}\n"                \
               "trunk e {\n sip sip:10.0.0.6\n}\ngroup g {\n trunks c, e\n}\n"                     \
               "trunk acme {\n sip sip:10.0.0.7\n}\n"                                              \
               "deck alpha {\n csv alpha.csv\n currency EUR\n}\ndeck beta {\n csv beta.csv\n"      \
               " currency EUR\n}\n"                                                                \
               "deck gamma {\n csv gamma.csv\n currency EUR\n}\n"                                  \
               "deck retail {\n csv retail.csv\n currency EUR\n}\n"                                \
               "customer one {\n trunks acme\n deck retail\n}\n"                                   \
               "lcr cheap {\n offer alpha via a\n offer beta via b\n offer gamma via g\n" lcr      \
               "\n}\n"                                                                             \
               "routes from pbx, acme {\n * -> lcr cheap" more "\n}\n"

static void decks(void)
{
    route_file("alpha.csv", "prefix,rate\n44,0.010\n4420,0.030\n1,0.005\n");
    route_file("beta.csv", "prefix,rate\n44,0.012\n43,0.02\n1,0.005\n");
    route_file("gamma.csv", "prefix,rate\n44,0.011\n1,0.005\n");
    route_file("retail.csv", "prefix,rate\n44,0.012\n4420,0.0126\n43,0.02\n");
}

START_TEST(the_cheapest_first)
{
    decks();
    route_plan(PLAN("", ""));
    route_is("pbx", "+441212345678", "a, c, e, b");
    route_is("pbx", "+442079460148", "c, e, b, a"); /* the longest prefix counts */
    route_is("pbx", "+4312345678", "b");
    route_is("pbx", "+12025331234", "a, b, c, e"); /* as written */
    ck_assert_ptr_eq(d.hop[2].lcr, d.hop[0].lcr);
    ck_assert_str_eq(d.hop[3].offer, "gamma");
    ck_assert(d.hop[0].priced);
    ck_assert_int_eq(d.hop[0].rate.rate, 5000);
    ck_assert(!d.priced); /* nobody's */
}
END_TEST

START_TEST(what_nobody_offers)
{
    decks();
    route_plan(PLAN("", ", pbx"));
    route_is("pbx", "+81312345678", "pbx");
    route_is("pbx", "1", "pbx"); /* no number of any country */
    gw_plan_unref(plan);
    plan = NULL;
    route_plan(PLAN("", ""));
    route_is("pbx", "+81312345678", "reject 3");
}
END_TEST

START_TEST(tries_are_carriers)
{
    decks();
    route_plan(PLAN("tries 2", ""));
    route_is("pbx", "+441212345678", "a, c, e"); /* the group's two trunks are one */
    route_down("a");
    route_is("pbx", "+441212345678", "c, e, b"); /* one that is down is no try */
    route_down("c");
    route_is("pbx", "+441212345678", "e, b");
}
END_TEST

START_TEST(at_a_margin)
{
    decks();
    route_plan(PLAN("margin 5%%", ""));
    /* 0.012 less 5 % is 0.0114 */
    route_is("acme", "+441212345678", "a, c, e");
    ck_assert(d.priced);
    ck_assert_int_eq(d.price.rate, 12000);
    /* 0.0126 less 5 % is 0.01197 */
    route_is("acme", "+442079460148", "c, e");
    route_is("acme", "+4312345678", "reject 3");  /* it costs what he pays */
    route_is("acme", "+12025331234", "reject 3"); /* he cannot buy it at all */
    route_is("pbx", "+12025331234", "a, b, c, e");
}
END_TEST

START_TEST(without_a_margin_all_may_be_sold)
{
    decks();
    route_plan(PLAN("", ""));
    route_is("acme", "+441212345678", "a, c, e, b");
    route_is("acme", "+12025331234", "a, b, c, e");
    ck_assert(!d.priced);
}
END_TEST

/** `n` calls of a trunk to +441212, of which `answered` were, for ten seconds each. */
static void history(const char *name, unsigned n, unsigned answered)
{
    struct gw_performance_trunk *t = gw_performance_trunk(gateway->performance, name);
    struct dp_number to = route_number("+441212345678");
    uint64_t dest = gw_route_destination(&plan->dial.lcrs[0], &to);

    for (unsigned i = 0; i < n; i++) {
        gw_performance_note(gateway->performance, t, dest,
                            &(struct gw_performance_event){.what = GW_PERFORMANCE_ATTEMPT},
                            rt_now());
        gw_performance_note(gateway->performance, t, dest,
                            &(struct gw_performance_event){.what = GW_PERFORMANCE_SEIZED},
                            rt_now());
        if (i < answered)
            gw_performance_note(gateway->performance, t, dest,
                                &(struct gw_performance_event){.what = GW_PERFORMANCE_ANSWERED},
                                rt_now());
        gw_performance_note(gateway->performance, t, dest,
                            &(struct gw_performance_event){.what = GW_PERFORMANCE_ENDED,
                                                           .ms = 10000,
                                                           .cause = i < answered ? 16 : 31,
                                                           .seized = true,
                                                           .answered = i < answered},
                            rt_now());
    }
}

START_TEST(the_worse_ones_last)
{
    decks();
    route_plan(PLAN("quality samples 10\ndemote asr < 35%%", ""));
    route_start();
    ck_assert_str_eq(route_now("pbx", "+441212345678"), "a, c, e, b");
    history("a", 9, 0); /* too few to know */
    ck_assert_str_eq(route_now("pbx", "+441212345678"), "a, c, e, b");
    history("a", 1, 0);
    ck_assert_str_eq(route_now("pbx", "+441212345678"), "c, e, b, a");
    ck_assert_str_eq(route_now("pbx", "+12025331234"), "a, b, c, e"); /* another destination */
    route_end();
}
END_TEST

START_TEST(quality_before_cost)
{
    decks();
    route_plan(PLAN("order quality, then cost\nquality samples 10", ""));
    route_start();
    history("a", 10, 5);
    history("g", 10, 7);
    history("b", 10, 9);
    ck_assert_str_eq(route_now("pbx", "+441212345678"), "b, c, e, a");
    route_end();
}
END_TEST

START_TEST(only_those_that_are_good_enough)
{
    decks();
    route_plan(PLAN("quality samples 10", " only quality > 50%%"));
    route_start();
    history("a", 10, 5);
    history("g", 10, 6);
    ck_assert_str_eq(route_now("pbx", "+441212345678"), "c, e, b"); /* b is not known yet */
    route_end();
}
END_TEST

/* ---- the next carrier ---- */

static unsigned next(unsigned failed, unsigned q850, int status, bool silent)
{
    struct gw_cause cause = {.q850 = (uint8_t)q850, .sip_status = status};
    return gw_route_next(&d, failed, &cause, silent);
}

START_TEST(by_the_causes_own)
{
    decks();
    route_plan(PLAN("", ""));
    route_is("pbx", "+441212345678", "a, c, e, b");
    ck_assert_uint_eq(next(0, 41, 0, false), 1);
    ck_assert_uint_eq(next(0, 17, 0, false), GW_NO_HOP);
    ck_assert_uint_eq(next(1, 34, 0, false), 2); /* within the group */
    ck_assert_uint_eq(next(1, 41, 0, false), 3); /* leaves it */
    ck_assert_uint_eq(next(3, 41, 0, false), 4); /* none is left */
}
END_TEST

START_TEST(by_the_plans)
{
    decks();
    route_plan(
        PLAN("advance cause 17, 27, sip 480, 503, timeout 6s\nstop cause 18, 31, 38, sip 500", ""));
    route_is("pbx", "+441212345678", "a, c, e, b");
    ck_assert_uint_eq(next(0, 17, 0, false), 1);           /* said */
    ck_assert_uint_eq(next(0, 38, 0, false), GW_NO_HOP);   /* said */
    ck_assert_uint_eq(next(0, 41, 0, false), 1);           /* not said: the cause's own */
    ck_assert_uint_eq(next(0, 1, 0, false), GW_NO_HOP);    /* likewise */
    ck_assert_uint_eq(next(0, 31, 480, false), 1);         /* the status says more than the cause */
    ck_assert_uint_eq(next(0, 41, 500, false), GW_NO_HOP); /* likewise */
    ck_assert_uint_eq(next(0, 18, 408, true), 1);          /* silence */
    ck_assert_uint_eq(next(0, 18, 408, false), GW_NO_HOP);
}
END_TEST

START_TEST(silence_may_end_it)
{
    decks();
    route_plan(PLAN("stop timeout", ""));
    route_is("pbx", "+441212345678", "a, c, e, b");
    ck_assert_uint_eq(next(0, 102, 0, true), GW_NO_HOP);
    ck_assert_uint_eq(next(0, 102, 0, false), 1);
}
END_TEST

START_TEST(rates_are_told)
{
    struct dp_rate r = {.rate = 2900};
    char text[GW_RATE_LEN];

    ck_assert_str_eq(gw_rate_text(text, &r, "USD"), "0.002900 USD/min");
    r.rate = 12345678;
    ck_assert_str_eq(gw_rate_text(text, &r, "EUR"), "12.345678 EUR/min");
}
END_TEST

START_TEST(faults_are_told)
{
    decks();
    route_refused("unknown deck \"delta\"", PLAN("offer delta via a", ""));
    route_refused("unknown trunk \"x\"", PLAN("offer alpha via x", ""));
    route_refused("stands twice", PLAN("order cost, then cost", ""));
    route_refused("\"speed\" is not", PLAN("order speed", ""));
    route_refused("\"per\" wants", PLAN("quality per country", ""));
    route_refused("\"asr\" wants: < 35%", PLAN("demote asr > 35%%", ""));
    route_refused("\"pdd\" wants: > 8s", PLAN("demote pdd < 8s", ""));
    route_refused("100% or more", PLAN("margin 100%%", ""));
    route_refused("unexpected", PLAN("margin 5%% 6%%", ""));
    route_refused("cause 34 is in", PLAN("advance cause 34\nstop cause 34", ""));
    route_refused("sip 503 is in", PLAN("advance sip 503\nstop sip 503", ""));
    route_refused("from 300 to 699", PLAN("advance sip 200", ""));
    route_refused("\"only\" wants", PLAN("", " only good"));
    route_refused("is not a percentage", PLAN("", " only quality > 50"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_cheapest_first,
                                  what_nobody_offers,
                                  tries_are_carriers,
                                  at_a_margin,
                                  without_a_margin_all_may_be_sold,
                                  the_worse_ones_last,
                                  quality_before_cost,
                                  only_those_that_are_good_enough,
                                  by_the_causes_own,
                                  by_the_plans,
                                  silence_may_end_it,
                                  rates_are_told,
                                  faults_are_told};
    return route_main("route_lcr", tests, RT_COUNT(tests));
}
