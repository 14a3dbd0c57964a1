/* What rows do to numbers, and numbers that are routed again. */
#include "test/unit/route_rig.h"

#define PLAN(rows) ROUTE_HEAD ROUTE_PEERS "routes from pbx {\n" rows "\n}\n"

START_TEST(strip_prepend_and_again)
{
    route_plan(PLAN("7788#* {\n strip 5\n use a\n}\n9* {\n strip 1\n}\n"
                    "+4312* {\n strip 4\n prepend +44\n use b\n}\nnational -> c"));
    route_is("pbx", "7788#03012345678", "a");
    route_called(0, "+493012345678"); /* normalised again, by Berlin's rules */
    route_is("pbx", "903012345678", "c");
    route_called(0, "+493012345678");
    ck_assert_uint_eq(d.nby, 2);
    ck_assert_str_eq(d.by[0]->pattern, "9*");
    ck_assert_str_eq(d.by[1]->pattern, "national");
    ck_assert_ptr_eq(d.by[1], d.route);
    route_is("pbx", "+4312345678", "b");
    route_called(0, "+44345678");
    ck_assert_str_eq(route_number_text(&d.key), "+44345678");
}
END_TEST

START_TEST(all_digits_may_be_stripped)
{
    route_plan(PLAN("55 {\n strip 9\n use a\n}"));
    route_is("pbx", "55", "a");
    route_called(0, "");
}
END_TEST

START_TEST(rewritten_with_groups_and_the_rest)
{
    route_plan(PLAN("0#* {\n rewrite 0#(xxx)* => +1\\1*\n use a\n}\n"
                    "+44* {\n rewrite +44* => 0*\n use b\n}"));
    route_is("pbx", "0#2025331234", "a");
    route_called(0, "+12025331234");
    route_is("pbx", "0#12", "a"); /* it does not fit: as it is */
    route_called(0, "0#12");
    route_is("pbx", "+443012345678", "b");
    route_called(0, "+493012345678"); /* 03012345678, as dialled in Berlin */
}
END_TEST

START_TEST(rules_of_the_trunk_count_for_what_was_dialled)
{
    route_plan(ROUTE_HEAD "normalise odd {\n unknown 77x* => +4477*\n}\n"
                          "trunk pbx {\n sip sip:10.0.0.2\n numbers odd\n}\n"
                          "trunk a {\n sip sip:10.0.0.3\n numbers e164\n}\n"
                          "routes from pbx {\n 0#* {\n strip 2\n use a\n}\n"
                          " 8* {\n called 77123\n use a\n}\n}\n");
    route_is("pbx", "0#77123", "a");
    route_called(0, "+447723"); /* the x is not in the template */
    route_is("pbx", "8", "a");
    route_called(0, "+493077123"); /* as the country has it */
}
END_TEST

START_TEST(called_and_caller_instead)
{
    route_plan(PLAN("1xx {\n called 030222222\n caller 199\n use a\n}"));
    q.calling = route_number("+4312345678");
    q.calling.present = DP_RESTRICTED;
    q.calling.screen = DP_USER_PASSED;
    route_is("pbx", "123", "a");
    route_called(0, "+4930222222");
    route_calling(0, "+493090182199"); /* an extension of Berlin */
    ck_assert_int_eq(d.hop[0].calling.present, DP_RESTRICTED);
    ck_assert_int_eq(d.hop[0].calling.screen, DP_USER_PASSED);
}
END_TEST

START_TEST(how_the_caller_is_shown)
{
    route_plan(PLAN("1 {\n present restricted\n screening network\n use a\n}\n"
                    "2 {\n present allowed\n screening passed\n use a\n}\n"
                    "3 {\n screening failed\n use a\n}\n4 {\n screening none\n use a\n}"));
    q.calling = route_number("+4312345678");
    q.calling.screen = DP_USER_PASSED;
    route_is("pbx", "1", "a");
    ck_assert_int_eq(d.hop[0].calling.present, DP_RESTRICTED);
    ck_assert_int_eq(d.hop[0].calling.screen, DP_NETWORK);
    q.calling.present = DP_RESTRICTED;
    route_is("pbx", "2", "a");
    ck_assert_int_eq(d.hop[0].calling.present, DP_ALLOWED);
    ck_assert_int_eq(d.hop[0].calling.screen, DP_USER_PASSED);
    route_is("pbx", "3", "a");
    ck_assert_int_eq(d.hop[0].calling.screen, DP_USER_FAILED);
    route_is("pbx", "4", "a");
    ck_assert_int_eq(d.hop[0].calling.screen, DP_USER_NOT_SCREENED);
}
END_TEST

START_TEST(name_subaddress_and_type)
{
    route_plan(PLAN("1 {\n name \"The house\"\n subaddress drop\n ton subscriber\n use a\n}\n"
                    "2 {\n subaddress keep\n use a\n}"));
    route_is("pbx", "1", "a");
    ck_assert_str_eq(d.name, "The house");
    ck_assert(d.drop_subaddress);
    ck_assert_int_eq(d.hop[0].called.ton, DP_TON_SUBSCRIBER);
    route_is("pbx", "2", "a");
    ck_assert_ptr_null(d.name);
    ck_assert(!d.drop_subaddress);
    ck_assert_int_eq(d.hop[0].called.ton, DP_TON_UNKNOWN);
}
END_TEST

START_TEST(actions_of_all_rows_on_the_way_count)
{
    route_plan(PLAN(
        "8* {\n strip 1\n name \"eight\"\n ton national\n}\n77 {\n present restricted\n use a\n}"));
    route_is("pbx", "877", "a");
    ck_assert_str_eq(d.name, "eight");
    ck_assert_int_eq(d.hop[0].called.ton, DP_TON_NATIONAL);
    ck_assert_int_eq(d.hop[0].calling.present, DP_RESTRICTED);
}
END_TEST

START_TEST(conditions_come_before_actions)
{
    route_plan(PLAN("9* {\n strip 1\n when bearer data64 -> a\n}\n* -> b"));
    route_is("pbx", "9123", "b");
    route_called(0, "9123");
    q.bearer = GW_BEARER_DATA64;
    route_is("pbx", "9123", "a");
    route_called(0, "123");
}
END_TEST

START_TEST(three_times_again_and_no_more)
{
    route_plan(PLAN("0#* {\n strip 2\n}\n8* -> a\n7 {\n called 7\n}"));
    route_is("pbx", "0#8", "a");
    route_is("pbx", "0#0#0#8", "a");
    ck_assert_uint_eq(d.nby, 4);
    route_is("pbx", "0#0#0#0#8", "reject 25");
    ck_assert(d.refused);
    route_is("pbx", "7", "reject 25"); /* it stays what it is */
}
END_TEST

START_TEST(too_long_a_number_stays_what_it_is)
{
    route_plan(PLAN("1* {\n prepend 1234567890123456789012345678901234567890\n use a\n}"));
    route_is("pbx", "123", "a");
    route_called(0, "123");
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("leads nowhere", PLAN("1* {\n present allowed\n}"));
    route_refused("leads nowhere", PLAN("1*"));
    route_refused("must follow the number", PLAN("1* a"));
    route_refused("is already routed at line", PLAN("1x -> a\n1[0-9] -> b"));
    route_refused("\"9(xxx* => +1\\1*\"", PLAN("9* {\n rewrite 9(xxx* => +1\\1*\n use a\n}"));
    route_refused("is never reached", PLAN("1* -> a {\n use b\n}"));
    route_refused("t.conf:", PLAN("1* {\n strip x\n use a\n}"));
    route_refused("t.conf:", PLAN("1* {\n present maybe\n use a\n}"));
    route_refused("has its routes at", PLAN("1* -> a") "routes from a, pbx {\n * -> b\n}\n");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {strip_prepend_and_again,
                                  all_digits_may_be_stripped,
                                  rewritten_with_groups_and_the_rest,
                                  rules_of_the_trunk_count_for_what_was_dialled,
                                  called_and_caller_instead,
                                  how_the_caller_is_shown,
                                  name_subaddress_and_type,
                                  actions_of_all_rows_on_the_way_count,
                                  conditions_come_before_actions,
                                  three_times_again_and_no_more,
                                  too_long_a_number_stays_what_it_is,
                                  faults_are_told};
    return route_main("route_action", tests, RT_COUNT(tests));
}
