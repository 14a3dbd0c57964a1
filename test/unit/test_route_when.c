/* Conditions of routes: each kind, that the next less specific row counts when none holds, and what
 * that means for digits that come one by one. */
#include "gw/rt/time.h"
#include "test/unit/route_rig.h"

#define PLAN(rows) ROUTE_HEAD ROUTE_PEERS "routes from pbx {\n" rows "\n}\n"
/** The condition leads to a, everything else to b. */
#define WHEN(condition) PLAN("* {\n when " condition " -> a\n otherwise -> b\n}")

#define holds(yes) ck_assert_str_eq(route("pbx", "+4312345678"), (yes) ? "a" : "b")

START_TEST(who_calls)
{
    route_plan(WHEN("caller +4412*"));
    q.calling = route_number("+441234");
    holds(true);
    q.calling = route_number("+44234");
    holds(false);
    q.calling = route_number("123"); /* an extension: +493090182123 */
    holds(false);
}
END_TEST

START_TEST(who_is_not_known_or_private)
{
    route_plan(PLAN("* {\n when caller unknown -> a\n when caller private -> b\n"
                    " when not caller mobile -> c\n}"));
    route_is("pbx", "+431", "a");
    q.calling = route_number("+493012345678");
    q.calling.present = DP_RESTRICTED;
    route_is("pbx", "+431", "b");
    q.calling.present = DP_ALLOWED;
    route_is("pbx", "+431", "c");
    q.calling = route_number("+4915112345678");
    route_is("pbx", "+431", "reject 3");
}
END_TEST

START_TEST(by_what_it_came)
{
    route_plan(ROUTE_HEAD ROUTE_PEERS "group g {\n trunks a, b\n}\n"
                                      "routes from g, c {\n * {\n when from a -> pbx\n"
                                      " when not from g -> b\n when from g -> c\n}\n}\n");
    route_is("a", "+431", "pbx");
    route_is("b", "+431", "c");
    route_is("c", "+431", "b");
}
END_TEST

START_TEST(what_time_it_is)
{
    route_plan(WHEN("open") "time open {\n weekly mon-fri 08:00-18:00\n}\n");
    q.when = 1772442000; /* Monday 2026-03-02 09:00 UTC, 10:00 in Berlin */
    holds(true);
    q.when += 7 * 3600; /* 17:00 */
    holds(true);
    q.when += 3600;
    holds(false);
    q.when -= 10 * 3600 + 1; /* a second before 08:00 */
    holds(false);
    q.when++;
    holds(true);
    q.when -= 2 * 86400; /* Saturday */
    holds(false);
}
END_TEST

START_TEST(what_it_asks_for)
{
    route_plan(PLAN("* {\n when bearer data64 -> a\n when bearer speech -> b\n otherwise -> c\n}"));
    q.bearer = GW_BEARER_DATA64;
    route_is("pbx", "+431", "a");
    q.bearer = GW_BEARER_SPEECH;
    route_is("pbx", "+431", "b");
    q.bearer = GW_BEARER_AUDIO;
    route_is("pbx", "+431", "c");
}
END_TEST

static bool has_t38(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "t38") == 0;
}

static const char *customer_header(void *arg, const char *name)
{
    return strcasecmp(name, "X-Customer") == 0 ? arg : NULL;
}

START_TEST(what_its_description_has)
{
    route_plan(WHEN("codec t38"));
    holds(false);
    q.codec = has_t38;
    holds(true);
}
END_TEST

START_TEST(what_a_header_says)
{
    static char gold[] = "gold-17", silver[] = "silver-17", empty[] = "";

    route_plan(WHEN("header X-Customer ~ /^gold-[0-9]+$/"));
    holds(false);
    q.header = customer_header;
    q.arg = gold;
    holds(true);
    q.arg = silver;
    holds(false);
    q.arg = empty;
    holds(false);
}
END_TEST

START_TEST(the_type_as_it_came)
{
    route_plan(ROUTE_HEAD ROUTE_PEERS
               "routes from pbx {\n * {\n when ton national -> a\n"
               " when ton international -> b\n when ton subscriber -> c\n}\n}\n");
    q.from = route_trunk("pbx");
    q.world = &world;
    q.called =
        (struct dp_number){.digits = "3012345678", .ton = DP_TON_NATIONAL, .npi = DP_NPI_ISDN};
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(route_text(&d), "a");
    ck_assert_str_eq(route_number_text(&d.called), "+493012345678");
    q.called =
        (struct dp_number){.digits = "12345678", .ton = DP_TON_SUBSCRIBER, .npi = DP_NPI_ISDN};
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(route_text(&d), "c");
    route_is("pbx", "+431", "b");
    route_is("pbx", "03012345678", "reject 3"); /* no type was said */
}
END_TEST

START_TEST(what_kind_of_caller)
{
    static const char *const words[] = {"ordinary", "operator", "priority",
                                        "data",     "test",     "payphone"};

    route_plan(PLAN("* {\n when category operator -> a\n when category payphone -> b\n"
                    " when category test -> c\n otherwise -> pbx\n}"));
    for (unsigned i = 0; i < RT_COUNT(words); i++) {
        q.category = i;
        route("pbx", "+431");
        ck_assert_str_eq(d.hop[0].trunk->name, i == 1 ? "a" : i == 5 ? "b" : i == 4 ? "c" : "pbx");
    }
}
END_TEST

START_TEST(which_carrier_and_group)
{
    struct gw_carrier k = {.tgrp = "TG-1", .tgrp_context = "gw.example"};

    route_plan(PLAN("* {\n when cic +1-0288 -> a\n when tgrp TG-1 context GW.example -> b\n"
                    " when context +49 -> c\n otherwise -> pbx\n}"));
    route_is("pbx", "+431", "pbx");
    q.carrier = &k;
    route_is("pbx", "+431", "b");
    rt_str_copy(k.tgrp_context, sizeof k.tgrp_context, rt_str("other.example"));
    q.context = "+49";
    route_is("pbx", "+431", "c");
    rt_str_copy(k.cic, sizeof k.cic, rt_str("+10288"));
    route_is("pbx", "+431", "a");
}
END_TEST

START_TEST(a_carrier_of_others_does_not_count)
{
    struct gw_carrier k = {.cic = "+10288"};

    route_plan(ROUTE_HEAD
               "trunk pbx {\n sip sip:10.0.0.2\n identity untrusted pai\n}\n"
               "trunk a {\n sip sip:10.0.0.3\n}\ntrunk b {\n sip sip:10.0.0.4\n}\n"
               "routes from pbx, b {\n * {\n when cic +1-0288 -> a\n otherwise -> b\n}\n}\n");
    q.carrier = &k;
    route_is("pbx", "+431", "b");
    route_is("b", "+431", "a");
}
END_TEST

START_TEST(whether_and_why_it_was_diverted)
{
    route_plan(PLAN("* {\n when redirect reason busy -> a\n when redirect reason unavailable -> b\n"
                    " when redirected -> c\n otherwise -> pbx\n}"));
    q.reason = GW_REDIRECT_BUSY;
    route_is("pbx", "+431", "pbx"); /* it was not */
    q.redirections = 1;
    route_is("pbx", "+431", "a");
    q.reason = GW_REDIRECT_UNAVAILABLE;
    route_is("pbx", "+431", "b");
    q.reason = GW_REDIRECT_NO_REPLY;
    route_is("pbx", "+431", "c");
}
END_TEST

START_TEST(who_vouches_for_the_caller)
{
    route_plan(WHEN("attest A"));
    holds(false);
    q.attest = 'A';
    holds(true);
    q.attest = 'B';
    holds(false);
}
END_TEST

START_TEST(how_much_is_busy)
{
    route_plan(ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\ntrunk a {\n sip sip:10.0.0.3\n}\n"
                          "trunk b {\n sip sip:10.0.0.4\n limit 6 calls, 100 calls/day\n}\n"
                          "trunk c {\n sip sip:10.0.0.5\n}\ntrunk e {\n sip sip:10.0.0.6\n}\n"
                          "group g {\n trunks c, e\n limit 3 calls\n}\n"
                          "routes from pbx {\n 1 {\n when load b > 33%% -> a\n otherwise -> b\n}\n"
                          " 2 {\n when load g > 60%% -> a\n otherwise -> g\n}\n"
                          " 3 {\n when load b < 34%% -> b\n otherwise -> a\n}\n"
                          " 4 {\n when load a > 0%% -> b\n when load a < 1%% -> a\n}\n}\n");
    route_start();
    ck_assert_str_eq(route_now("pbx", "1"), "b");
    ck_assert_str_eq(route_now("pbx", "4"), "a"); /* no limit: no share of it is busy */
    route_calls("b", 2);                          /* 33.3 % */
    ck_assert_str_eq(route_now("pbx", "1"), "a");
    ck_assert_str_eq(route_now("pbx", "3"), "b");
    route_calls("b", 1);
    ck_assert_str_eq(route_now("pbx", "3"), "a");
    route_calls("c", 1);
    ck_assert_str_eq(route_now("pbx", "2"), "c, e");
    route_calls("e", 1); /* 2 of 3 */
    ck_assert_str_eq(route_now("pbx", "2"), "a");
    route_calls("a", 3);
    ck_assert_str_eq(route_now("pbx", "4"), "a");
    route_end();
}
END_TEST

START_TEST(a_comma_is_and)
{
    route_plan(WHEN("caller +4412*, bearer data64, not redirected"));
    q.calling = route_number("+441234");
    holds(false);
    q.bearer = GW_BEARER_DATA64;
    holds(true);
    q.redirections = 1;
    holds(false);
}
END_TEST

START_TEST(the_next_less_specific)
{
    route_plan(PLAN("+49301234* {\n when bearer data64 -> a\n}\n"
                    "+4930* {\n when bearer speech -> b\n}\n+49* -> c"));
    q.bearer = GW_BEARER_AUDIO;
    route_is("pbx", "+493012345678", "c");
    q.bearer = GW_BEARER_SPEECH;
    route_is("pbx", "+493012345678", "b");
    q.bearer = GW_BEARER_DATA64;
    route_is("pbx", "+493012345678", "a");
    route_is("pbx", "+4312345678", "reject 3");
    ck_assert_ptr_null(d.route);
}
END_TEST

/** More digits matter to the row that counts, not to the one whose conditions do not hold. */
START_TEST(completeness_is_that_of_the_row_that_counts)
{
    route_plan(PLAN("112 {\n when bearer data64 -> a\n}\n1* -> b\n"
                    "77 {\n when bearer data64 -> a\n}\n"
                    "7712* {\n when bearer data64 -> a\n}"));
    route_is("pbx", "112", "b");
    ck_assert_int_eq(d.complete, DP_MAYBE_COMPLETE); /* 1* may go on */
    q.bearer = GW_BEARER_DATA64;
    route_is("pbx", "112", "a");
    ck_assert_int_eq(d.complete, DP_COMPLETE);
    q.bearer = GW_BEARER_AUDIO;
    route_is("pbx", "77", "reject 28"); /* 7712... might come */
    ck_assert_int_eq(d.complete, DP_INCOMPLETE);
}
END_TEST

START_TEST(what_is_missed_is_counted_once)
{
    route_plan(PLAN("+49* -> a"));
    uint64_t lookups = gw_route_counters[GW_ROUTE_LOOKUPS].value;
    uint64_t misses = gw_route_counters[GW_ROUTE_MISSES].value;
    route_is("pbx", "+4312345678", "reject 3");
    ck_assert_uint_eq(gw_route_counters[GW_ROUTE_MISSES].value, misses);
    q.call = true;
    route_is("pbx", "+4312345678", "reject 3");
    ck_assert_uint_eq(gw_route_counters[GW_ROUTE_LOOKUPS].value, lookups + 1);
    ck_assert_uint_eq(gw_route_counters[GW_ROUTE_MISSES].value, misses + 1);
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("unknown condition \"colour\"", WHEN("colour red"));
    route_refused("is not a bearer", WHEN("bearer video"));
    route_refused("\"first\" is not", WHEN("category first"));
    route_refused("wants: redirect reason busy", WHEN("redirect busy"));
    route_refused("wants: ~ /expression/", WHEN("header X-A = 3"));
    route_refused("is not an expression like", WHEN("header X-A ~ a+"));
    route_refused("the expression \"/(a/\"", WHEN("header X-A ~ /(a/"));
    route_refused("wants: > 80%", WHEN("load a 80%%"));
    route_refused("is not a percentage", WHEN("load a > 80"));
    route_refused("unknown time \"closed\"", WHEN("time closed"));
    route_refused("a condition is missing", WHEN("bearer speech,"));
    route_refused("unknown trunk \"x\"", WHEN("from x"));
    route_refused("at most 8 conditions",
                  WHEN("redirected, redirected, redirected, redirected, redirected, redirected, "
                       "redirected, redirected, caller +49*"));
    route_refused("is never reached", PLAN("* {\n otherwise -> a\n when redirected -> b\n}"));
    route_refused("\"-> TARGET\" is missing", PLAN("* {\n when redirected\n}"));
    route_refused("\"-> TARGET\" is missing", PLAN("* {\n when caller +49* a\n}"));
    route_refused("is not a number pattern", WHEN("caller 1yz"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {who_calls,
                                  who_is_not_known_or_private,
                                  by_what_it_came,
                                  what_time_it_is,
                                  what_it_asks_for,
                                  what_its_description_has,
                                  what_a_header_says,
                                  the_type_as_it_came,
                                  what_kind_of_caller,
                                  which_carrier_and_group,
                                  a_carrier_of_others_does_not_count,
                                  whether_and_why_it_was_diverted,
                                  who_vouches_for_the_caller,
                                  how_much_is_busy,
                                  a_comma_is_and,
                                  the_next_less_specific,
                                  completeness_is_that_of_the_row_that_counts,
                                  what_is_missed_is_counted_once,
                                  faults_are_told};
    return route_main("route_when", tests, RT_COUNT(tests));
}
