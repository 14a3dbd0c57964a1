/* Emergency calls: which they are, however they are dialled, where they go and what they show. */
#include "gw/emergency.h"
#include "test/unit/route_rig.h"

/** 30 channels each; the class of pbx allows next to nothing. */
#define PLAN(more)                                                                                 \
    ROUTE_HEAD "class none {\n allow +4930901821*\n}\n"                                            \
               "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.1.0.0/16\n numbers as-dialled\n"   \
               " class none\n}\n"                                                                  \
               "trunk pri {\n span 1\n numbers isdn\n own +4930901821[00..99]\n}\n"                \
               "trunk pri2 {\n span 2\n numbers isdn\n}\n"                                         \
               "trunk a {\n sip sip:10.0.0.3\n numbers e164\n}\n" more
#define SERVICE(more)                                                                              \
    "emergency {\n numbers 110, 112\n accept 0112, +49112\n send pri, a\n" more "\n}\n"            \
    "routes from pbx {\n * -> a\n 9* {\n strip 1\n }\n}\n"

static void emergency(const char *from, const char *called, const char *number)
{
    route(from, called);
    ck_assert_msg(d.emergency, "%s", called);
    ck_assert_str_eq(d.called.digits, number);
    ck_assert(!d.called.e164);
    ck_assert_str_eq(d.hop[0].called.digits, number);
    ck_assert_str_eq(gw_route_emergency(plan, route_trunk(from), &q.called), number);
}

static void ordinary(const char *from, const char *called)
{
    route(from, called);
    ck_assert_msg(!d.emergency, "%s", called);
    ck_assert_ptr_null(gw_route_emergency(plan, route_trunk(from), &q.called));
}

START_TEST(whatever_people_dial)
{
    route_plan(PLAN(SERVICE("")));
    emergency("pbx", "112", "112");
    emergency("pbx", "110", "110");
    emergency("pbx", "0112", "112");
    emergency("pbx", "+49112", "112");
    emergency("pbx", "+49110", "110"); /* too short to be a number */
    ordinary("pbx", "0110");           /* not accepted */
    ordinary("pbx", "1120");
    ordinary("pbx", "11");
    ordinary("pbx", "+1112");
    ordinary("pbx", "+4930112");
}
END_TEST

static unsigned ports_kept(const char *range, const char *service)
{
    route_plan(ROUTE_HEAD "trunk pri {\n span 1\n numbers isdn\n}\n"
                          "media {\n ports %s\n}\n%s",
               range, service);
    unsigned n = gw_emergency_ports(plan);
    route_teardown();
    return n;
}

/** A sixteenth of the pairs, two of them for a call between two that speak RTP. */
START_TEST(rtp_ports_are_kept_for_them)
{
    static const char service[] = "emergency {\n numbers 112\n send pri\n}\n";

    ck_assert_uint_eq(ports_kept("20000-20095", service), 3); /* of 48 */
    ck_assert_uint_eq(ports_kept("20000-20039", service), 2);
    ck_assert_uint_eq(ports_kept("16384-32767", service), 8);
    ck_assert_uint_eq(ports_kept("20000-20005", service), 1);
    ck_assert_uint_eq(ports_kept("20000-20001", service), 0);
    ck_assert_uint_eq(ports_kept("20000-20095", ""), 0);
}
END_TEST

START_TEST(a_type_of_number_makes_no_difference)
{
    route_plan(PLAN(SERVICE("")));
    q.from = route_trunk("pbx");
    q.world = &world;
    for (unsigned ton = DP_TON_UNKNOWN; ton <= DP_TON_SUBSCRIBER; ton++) {
        q.called = (struct dp_number){.digits = "112", .ton = (enum dp_ton)ton, .npi = DP_NPI_ISDN};
        gw_route(&d, plan, &q, NULL);
        ck_assert_int_eq(d.emergency, ton != DP_TON_INTERNATIONAL);
    }
}
END_TEST

/** Numbers that the country does not know are numbers of the area as soon as they could be. */
START_TEST(any_number_may_be_one)
{
    route_plan(PLAN("emergency {\n numbers 4711, 99999\n accept 00112, 099999\n numbers 112\n"
                    " send a\n}\n"));
    emergency("pbx", "4711", "4711");
    emergency("pbx", "99999", "99999");
    emergency("pbx", "099999", "99999");
    emergency("pbx", "00112", "112");
}
END_TEST

START_TEST(an_outside_line_digit_is_no_hindrance)
{
    route_plan(ROUTE_HEAD ROUTE_PEERS SERVICE("") "trunk pri {\n span 1\n}\n");
    route_is("pbx", "9112", "pri, a");
    ck_assert(d.emergency);
    route_called(0, "112");
}
END_TEST

START_TEST(a_beginning_is_waited_for)
{
    route_plan(ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"
                          "trunk a {\n sip sip:10.0.0.3\n}\n"
                          "emergency {\n numbers 112\n accept 0112\n send a\n}\n"
                          "routes from pbx {\n 11 -> a\n 5 -> a\n}\n");
    route_is("pbx", "11", "a");
    ck_assert_int_eq(d.complete, DP_MAYBE_COMPLETE);
    route("pbx", "01");
    ck_assert_int_ne(d.complete, DP_COMPLETE);
    route_is("pbx", "5", "a");
    ck_assert_int_eq(d.complete, DP_COMPLETE);
    route_is("pbx", "112", "a");
    ck_assert_int_eq(d.complete, DP_COMPLETE);
}
END_TEST

START_TEST(the_closest_location_is_shown)
{
    route_plan(PLAN(SERVICE("location 10.1.0.0/16 caller +493012345678\n"
                            "location 10.1.0.0/24 caller +4930901820 \"floor 1\"\n"
                            "location 10.1.0.128/25 caller +493090182180 \"floor 2\"")));
    q.calling = route_number("199");
    q.calling.present = DP_RESTRICTED;
    ck_assert_int_eq(rt_addr_parse(&q.source, "10.1.0.7", 8, 5060), 0);
    emergency("pbx", "112", "112");
    ck_assert_str_eq(d.location->place, "floor 1");
    route_calling(0, "30901820"); /* not within own, and shown all the same */
    ck_assert_int_eq(d.hop[0].calling.ton, DP_TON_NATIONAL);
    ck_assert_int_eq(d.hop[0].calling.present, DP_ALLOWED);
    ck_assert_int_eq(d.hop[0].calling.screen, DP_NETWORK);
    ck_assert_int_eq(rt_addr_parse(&q.source, "10.1.0.200", 10, 5060), 0);
    emergency("pbx", "112", "112");
    ck_assert_str_eq(d.location->place, "floor 2");
    ck_assert_int_eq(rt_addr_parse(&q.source, "10.1.9.1", 8, 5060), 0);
    emergency("pbx", "112", "112");
    ck_assert_ptr_null(d.location->place);
    route_calling(0, "3012345678");
    ck_assert_int_eq(rt_addr_parse(&q.source, "10.2.0.1", 8, 5060), 0);
    emergency("pbx", "112", "112");
    ck_assert_ptr_null(d.location);
    route_calling(0, "3090182199"); /* the caller's own, restricted or not */
    ck_assert_int_eq(d.hop[0].calling.present, DP_ALLOWED);
}
END_TEST

START_TEST(a_call_is_dropped_only_where_there_is_no_channel)
{
    route_plan(PLAN("group g {\n trunks pri, pri2\n}\n"
                    "emergency {\n numbers 112\n send g, a\n preempt newest ordinary\n}\n"));
    route_is("pbx", "112", "pri, pri2, a");
    ck_assert(!d.hop[0].preempt && !d.hop[1].preempt);
    route_busy("pri");
    route_is("pbx", "112", "pri2, pri, a"); /* the free one first */
    ck_assert(!d.hop[0].preempt);
    ck_assert(d.hop[1].preempt);
    route_busy("pri2");
    route_is("pbx", "112", "pri, pri2, a");
    ck_assert(d.hop[0].preempt && d.hop[1].preempt && !d.hop[2].preempt);
    ck_assert(d.hop[0].emergency && d.hop[2].emergency);
    route_down("pri");
    route_is("pbx", "112", "pri2, a");
}
END_TEST

START_TEST(without_preemption_a_full_trunk_is_passed_over)
{
    route_plan(PLAN("emergency {\n numbers 112\n send pri, pri2\n preempt none\n}\n"));
    route_busy("pri");
    route_is("pbx", "112", "pri2");
    route_busy("pri2");
    route_is("pbx", "112", "reject 34");
}
END_TEST

START_TEST(reserved_channels_are_for_them_in_any_case)
{
    route_plan(ROUTE_HEAD
               "trunk pbx {\n sip sip:10.0.0.2\n}\n"
               "trunk pri {\n span 1\n reserve 30 channels for priority\n}\n"
               "emergency {\n numbers 112\n send pri\n}\nroutes from pbx {\n * -> pri\n}\n");
    route_is("pbx", "+4312345678", "reject 34");
    route_is("pbx", "112", "pri");
    ck_assert(!d.hop[0].preempt);
    q.priority = true;
    route_is("pbx", "+4312345678", "pri");
}
END_TEST

START_TEST(the_next_one_is_tried_after_any_cause)
{
    const struct gw_cause busy = {.q850 = 17};

    route_plan(PLAN(SERVICE("")));
    route("pbx", "112");
    ck_assert_uint_eq(gw_route_next(&d, 0, &busy, false), 1);
    ck_assert_uint_eq(gw_route_next(&d, 1, &busy, false), 2);
}
END_TEST

START_TEST(nobody_is_called_back_without_a_call)
{
    route_plan(PLAN("emergency {\n numbers 112\n send pri\n callback 30min\n}\n"
                    "routes from a {\n +4930901821xx -> emergency callback, pbx\n"
                    " +4930901820 -> emergency callback\n}\n"));
    route_is("a", "+493090182180", "pbx");
    ck_assert(!d.callback);
    route_is("a", "+4930901820", "reject 1");
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("ends with none of the emergency numbers",
                  PLAN("emergency {\n numbers 112\n accept 0113\n send pri\n}\n"));
    route_refused("unknown trunk \"pro\"", PLAN("emergency {\n numbers 112\n send pro\n}\n"));
    route_refused("\"preempt\" wants",
                  PLAN("emergency {\n numbers 112\n send pri\n preempt newest\n}\n"));
    route_refused("unexpected \"now\"",
                  PLAN("emergency {\n numbers 112\n send pri\n preempt newest ordinary now\n}\n"));
    route_refused(
        "is not an international number",
        PLAN("emergency {\n numbers 112\n send pri\n location 10.0.0.0/8 caller 030\n}\n"));
    route_refused("is not TRUNK:NUMBER",
                  PLAN("emergency {\n numbers 112\n send pri\n notify pbx\n}\n"));
    route_refused("is missing",
                  PLAN("emergency {\n numbers 112\n send pri\n header Priority\n}\n"));
    route_refused("has no \"callback\"", PLAN("emergency {\n numbers 112\n send pri\n}\n"
                                              "routes from a {\n * -> emergency callback\n}\n"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {whatever_people_dial,
                                  a_type_of_number_makes_no_difference,
                                  any_number_may_be_one,
                                  an_outside_line_digit_is_no_hindrance,
                                  a_beginning_is_waited_for,
                                  the_closest_location_is_shown,
                                  a_call_is_dropped_only_where_there_is_no_channel,
                                  without_preemption_a_full_trunk_is_passed_over,
                                  reserved_channels_are_for_them_in_any_case,
                                  rtp_ports_are_kept_for_them,
                                  the_next_one_is_tried_after_any_cause,
                                  nobody_is_called_back_without_a_call,
                                  faults_are_told};
    return route_main("route_emergency", tests, RT_COUNT(tests));
}
