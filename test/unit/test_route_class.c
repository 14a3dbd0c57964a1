/* Who may call what: `class` from the plan's text to the decision. */
#include "test/unit/route_rig.h"

/** pbx has class staff; everything goes to a. */
#define PLAN(cls)                                                                                  \
    ROUTE_HEAD "class staff {\n" cls "\n}\n"                                                       \
               "trunk pbx {\n sip sip:10.0.0.2\n numbers e164\n class staff\n}\n"                  \
               "trunk a {\n sip sip:10.0.0.3\n numbers e164\n}\n"                                  \
               "routes from pbx {\n * -> a\n 7788#* {\n strip 5\n use a\n }\n"                     \
               " 8#* {\n strip 2\n called +4990012345678\n use a\n }\n}\n"

START_TEST(without_a_class_routes_decide)
{
    route_plan(ROUTE_HEAD ROUTE_PEERS "routes from pbx {\n * -> a\n}\n");
    route_is("pbx", "+4990012345678", "a");
    ck_assert_ptr_null(d.cls);
}
END_TEST

START_TEST(premium_is_more_specific_than_national)
{
    route_plan(PLAN("allow national\ndeny premium"));
    route_is("pbx", "+493012345678", "a");
    route_is("pbx", "+499001234567", "reject 21");
    ck_assert(d.refused);
    route_is("pbx", "+4312345678", "reject 21"); /* nothing allows it */
}
END_TEST

START_TEST(a_prefix_is_more_specific_than_a_set)
{
    route_plan(PLAN("allow national, +43*, +4390012*\ndeny international, +43900*"));
    route_is("pbx", "+4312345678", "a");
    route_is("pbx", "+4190012345", "reject 21");
    route_is("pbx", "+43900345678", "reject 21"); /* longer than +43* */
    route_is("pbx", "+43900123456", "a");         /* longer still */
}
END_TEST

START_TEST(without_allow_all_but_denials_may)
{
    route_plan(PLAN("deny +1900*"));
    route_is("pbx", "+19001234567", "reject 21");
    route_is("pbx", "+12025331234", "a");
    route_is("pbx", "123", "a");
}
END_TEST

START_TEST(a_refusal_has_its_cause_and_text)
{
    route_plan(PLAN("deny +881*, +882* reject 57 \"not yours\", +883* reject 29, +884*"));
    route_is("pbx", "+881612345678", "reject 57"); /* that of the statement's next refusal */
    ck_assert_str_eq(d.text, "not yours");
    route_is("pbx", "+8821234567", "reject 57");
    route_is("pbx", "+8831234567", "reject 29");
    ck_assert_ptr_null(d.text);
    route_is("pbx", "+8841234567", "reject 21");
}
END_TEST

START_TEST(callers_are_denied_by_their_number)
{
    route_plan(PLAN("deny caller +43*, +44* reject 57\ndeny called +45*\nallow *"));
    q.calling = route_number("+4312345678");
    route_is("pbx", "+493012345678", "reject 57");
    q.calling = route_number("+442079460148");
    route_is("pbx", "+493012345678", "reject 57"); /* the word holds for the whole statement */
    q.calling = route_number("+493012345678");
    route_is("pbx", "+4312345678", "a");
    route_is("pbx", "+442079460148", "a");
    route_is("pbx", "+4512345678", "reject 21");
}
END_TEST

START_TEST(lists_of_numbers_deny)
{
    route_file("irsf.csv", "prefix,reason\n+881,satellite\n+23222,fraud\n");
    route_plan(
        "list irsf { csv irsf.csv }\n" PLAN("deny called in irsf reject 21 \"IRSF\"\n"
                                            "deny international reject 57\nallow +23222555*, "
                                            "+23222666777"));
    route_is("pbx", "+881612345678", "reject 21");
    ck_assert_str_eq(d.text, "IRSF");
    route_is("pbx", "+2322212345", "reject 21");
    route_is("pbx", "+2322312345", "reject 57");
    route_is("pbx", "+23222555123", "reject 21"); /* an allowed prefix lifts no list */
    route_is("pbx", "+23222666777", "a");         /* a whole number does */
}
END_TEST

START_TEST(too_many_diversions_are_a_loop)
{
    route_plan(PLAN("loop hops 2\nallow *"));
    q.redirections = 2;
    route_is("pbx", "+493012345678", "a");
    q.redirections = 3;
    route_is("pbx", "+493012345678", "reject 25");
    ck_assert(d.refused);
}
END_TEST

/** What an overlap caller dials is refused when nothing it could become is allowed. */
START_TEST(a_beginning_is_not_refused)
{
    route_plan(PLAN("allow +431*, national\ndeny international"));
    route_is("pbx", "+4", "reject 21"); /* of another country, so far */
    ck_assert_int_ne(d.complete, DP_COMPLETE);
    route_is("pbx", "+431234", "a");
    route_is("pbx", "+441234567890123", "reject 21");
    ck_assert_int_eq(d.complete, DP_COMPLETE);
}
END_TEST

/** A number that nothing allows goes nowhere, even though it might grow into one that something
 * does. */
START_TEST(a_beginning_is_not_called)
{
    route_plan(PLAN("allow national"));
    route_is("pbx", "3012", "reject 28");
    ck_assert_int_eq(d.complete, DP_INCOMPLETE);
    route_is("pbx", "", "reject 28");
    ck_assert_int_eq(d.complete, DP_INCOMPLETE);
    route_is("pbx", "030123456", "a");
}
END_TEST

START_TEST(a_prefix_hides_nothing)
{
    route_plan(PLAN("deny premium, +1900*"));
    route_is("pbx", "7788#14155550123", "a"); /* as dialled in Berlin: no number of anywhere */
    route_is("pbx", "7788#0014155550123", "a");
    route_called(0, "+14155550123");
    route_is("pbx", "7788#0019005550123", "reject 21");
    ck_assert_uint_eq(d.nhops, 0);
    route_is("pbx", "8#1", "a"); /* the plan itself calls that number */
    route_called(0, "+4990012345678");
}
END_TEST

START_TEST(customers_bring_their_class)
{
    route_plan(
        PLAN("deny +1900*\nlimit per customer") "class wholesale {\n deny +43*\n}\n"
                                                "trunk x {\n sip sip:10.0.0.9\n class staff\n}\n"
                                                "customer acme {\n trunks x\n class wholesale\n}\n"
                                                "routes from customers {\n * -> a\n}\n");
    route_is("x", "+19001234567", "a");
    route_is("x", "+4312345678", "reject 21");
    ck_assert_str_eq(d.cls->name, "wholesale");
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("is already said to be allowed at line", PLAN("allow +43*\ndeny +43*"));
    route_refused("a cause from 1 to 127", PLAN("deny +43* reject 0"));
    route_refused("a cause is missing", PLAN("deny +43* reject"));
    route_refused("is not a number pattern", PLAN("deny 1yz"));
    route_refused("unknown list \"irfs\"", PLAN("deny in irfs"));
    route_refused("unexpected \"+44*\"", PLAN("deny +43* +44*"));
    route_refused("\"fraud\" wants", PLAN("fraud 30 EUR/day"));
    route_refused("\"fraud\" wants", PLAN("fraud 30 EUR/day then"));
    route_refused("a duration is missing", PLAN("fraud 30 EUR/day then block international"));
    route_refused("\"per customer\" is said by classes",
                  ROUTE_HEAD ROUTE_PEERS "group g {\n trunks a\n limit per customer\n}\n");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {without_a_class_routes_decide,
                                  premium_is_more_specific_than_national,
                                  a_prefix_is_more_specific_than_a_set,
                                  without_allow_all_but_denials_may,
                                  a_refusal_has_its_cause_and_text,
                                  callers_are_denied_by_their_number,
                                  lists_of_numbers_deny,
                                  too_many_diversions_are_a_loop,
                                  a_beginning_is_not_refused,
                                  a_beginning_is_not_called,
                                  a_prefix_hides_nothing,
                                  customers_bring_their_class,
                                  faults_are_told};
    return route_main("route_class", tests, RT_COUNT(tests));
}
