/* Events: what a listener reads, what takes the place of what, what is lost, and silence while
 * nobody listens.
 */
#include "test/unit/watch_rig.h"

#include "gw/event.h"

#include <inttypes.h>

static struct rt_buf got;
static bool lost;

static void setup(void)
{
    start_with("");
}

static void teardown(void)
{
    stop();
    rt_buf_release(&got);
}

static uint64_t hear(uint64_t since)
{
    rt_buf_reset(&got);
    rt_buf_puts(&got, "");
    return gw_events_read(gw->events, since, &got, &lost);
}

static void add(enum gw_event_kind kind, uint64_t object, const char *json)
{
    gw_event_add(gw->events, kind, object, rt_str(json));
}

static unsigned events(void)
{
    unsigned n = 0;

    for (const char *p = got.p; (p = strstr(p, "\nevent: ")); p++)
        n++;
    return n;
}

START_TEST(a_listener_reads_what_came_since)
{
    char wanted[200];
    uint64_t at = hear(0);

    ck_assert(!lost);
    ck_assert_uint_eq(got.n, 0);
    add(GW_EVENT_CALL, 1, "{\"call\":1}");
    add(GW_EVENT_TRUNK, 1, "{\"trunk\":\"x\"}");
    ck_assert_uint_eq(hear(at), at + 2);
    ck_assert(!lost);
    snprintf(wanted, sizeof wanted,
             "id: %" PRIu64 "\nevent: call\ndata: {\"call\":1}\n\n"
             "id: %" PRIu64 "\nevent: trunk\ndata: {\"trunk\":\"x\"}\n\n",
             at + 1, at + 2);
    ck_assert_str_eq(got.p, wanted);
    ck_assert_uint_eq(hear(at + 1), at + 2); /* another listener, somewhere else */
    ck_assert_uint_eq(events(), 1);
    hear(at + 2);
    ck_assert_uint_eq(events(), 0);
    ck_assert(!lost);
}
END_TEST

START_TEST(a_later_event_takes_the_place_of_one_that_nobody_has_read)
{
    uint64_t at = hear(0);

    add(GW_EVENT_CALL, 1, "{\"state\":\"trying\"}");
    add(GW_EVENT_CALL, 2, "{\"state\":\"other\"}");
    add(GW_EVENT_CALL, 1, "{\"state\":\"alerting\"}");
    add(GW_EVENT_TRUNK, 1, "{\"up\":true}");
    uint64_t next = hear(at);
    ck_assert_uint_eq(events(), 3);
    ck_assert_ptr_null(strstr(got.p, "trying"));
    add(GW_EVENT_CALL, 1, "{\"state\":\"connected\"}");
    add(GW_EVENT_CALL_END, 1, "{\"state\":\"over\"}");
    hear(at); /* what was read is still there */
    ck_assert_ptr_nonnull(strstr(got.p, "alerting"));
    ck_assert_ptr_null(strstr(got.p, "connected"));
    hear(next);
    ck_assert_uint_eq(events(), 1);
    ck_assert_ptr_nonnull(strstr(got.p, "event: call-end\n"));
}
END_TEST

START_TEST(nothing_is_written_while_nobody_listens)
{
    ck_assert(!gw_events_wanted(gw->events));
    add(GW_EVENT_CALL, 1, "{}");
    uint64_t at = hear(0);
    ck_assert(gw_events_wanted(gw->events));
    fake_advance(GW_EVENT_IDLE - RT_S);
    ck_assert(gw_events_wanted(gw->events));
    fake_advance(RT_S);
    ck_assert(!gw_events_wanted(gw->events));
    add(GW_EVENT_CALL, 1, "{}");
    hear(at);
    ck_assert(lost); /* whoever comes back cannot know what was */
    ck_assert_uint_eq(events(), 0);
    ck_assert(!gw_events_wanted(NULL));
}
END_TEST

START_TEST(the_status_comes_each_second)
{
    uint64_t at = hear(0);

    fake_advance(1010 * RT_MS);
    at = hear(at);
    ck_assert_uint_eq(events(), 1);
    ck_assert_ptr_nonnull(strstr(got.p, "event: status\ndata: {\"type\":\"status\",\"version\":"));
    fake_advance(5 * RT_S);
    hear(at);
    ck_assert_uint_eq(events(), 1); /* the last of five */
}
END_TEST

START_TEST(whoever_is_too_far_behind_begins_anew)
{
    uint64_t at = hear(0), last = at;

    for (unsigned i = 1; i <= 4096; i++)
        add(GW_EVENT_CALL, i, "{}");
    last = hear(at);
    ck_assert(!lost);
    ck_assert_uint_eq(events(), 4096);
    add(GW_EVENT_CALL, 5000, "{}");
    ck_assert_uint_eq(hear(at), last + 1);
    ck_assert(lost);
    hear(last);
    ck_assert(!lost);
    ck_assert_uint_eq(events(), 1);
    hear(17); /* of another run */
    ck_assert(lost);
    hear(last + 100);
    ck_assert(lost);
}
END_TEST

START_TEST(alarms_are_events)
{
    uint64_t at = hear(0);

    gw_alarm_raise(gw->alarms, GW_ALARM_PLAN, "plan", "line 3");
    at = hear(at);
    ck_assert_uint_eq(events(), 1);
    ck_assert_ptr_nonnull(strstr(got.p, "event: alarm\ndata: {\"type\":\"alarms\",\"id\":1,"));
    gw_alarm_raise(gw->alarms, GW_ALARM_PLAN, "plan", "line 4");
    hear(at);
    ck_assert_uint_eq(events(), 1);
}
END_TEST

START_TEST(trunks_are_events)
{
    uint64_t at = hear(0);

    gw_event_trunk(gw, &gw->plan->trunks[0]);
    hear(at);
    ck_assert_uint_eq(events(), 1);
    ck_assert_ptr_nonnull(
        strstr(got.p, "event: trunk\ndata: {\"type\":\"trunk\",\"trunk\":\"pbx\""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("event");
    TCase *t = tcase_create("event");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_listener_reads_what_came_since);
    tcase_add_test(t, a_later_event_takes_the_place_of_one_that_nobody_has_read);
    tcase_add_test(t, nothing_is_written_while_nobody_listens);
    tcase_add_test(t, the_status_comes_each_second);
    tcase_add_test(t, whoever_is_too_far_behind_begins_anew);
    tcase_add_test(t, alarms_are_events);
    tcase_add_test(t, trunks_are_events);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
