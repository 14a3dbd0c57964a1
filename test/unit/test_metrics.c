/* Metrics: histograms, what calls are counted for, and the text that Prometheus reads. */
#include "gw/gw.h"
#include "gw/histogram.h"
#include "gw/metrics.h"
#include "gw/counters.h"
#include "gw/trunk_stats.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char plan_text[] = "version 1\n"
                                "sip {\n    listen udp:127.0.0.1:5060\n}\n"
                                "media {\n"
                                "    address 127.0.0.1\n"
                                "    ports 16384-16483\n"
                                "    codecs pcma\n"
                                "}\n"
                                "trunk pbx {\n"
                                "    sip sip:127.0.0.1:5062\n"
                                "    accept from 127.0.0.1\n"
                                "    numbers e164\n"
                                "}\n"
                                "routes from pbx {\n    * -> reject 1\n}\n";

static struct rt_loop *loop;
static struct gw_plan *plan;
static struct gw *gw;
static struct rt_buf text;

static void setup(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};

    fake_reset();
    ck_assert_int_eq(rt_loop_new(&loop, "signalling"), 0);
    ck_assert_int_eq(gw_plan_parse(&plan, "t.conf", rt_str(plan_text), &diag), 0);
    ck_assert_msg(gw_start(&gw, loop, plan, &why) == 0, "%s", why.p);
    conf_diag_release(&diag);
    rt_buf_release(&why);
    text = (struct rt_buf){0};
}

static void teardown(void)
{
    gw_stop(gw);
    gw_plan_unref(plan);
    rt_loop_free(loop);
    rt_buf_release(&text);
}

static void has(const char *line)
{
    rt_buf_reset(&text);
    gw_metrics_text(gw, &text);
    const char *at = strstr(text.p, line);
    ck_assert_msg(at && (at == text.p || at[-1] == '\n') && at[strlen(line)] == '\n',
                  "no line %s in\n%s", line, text.p);
}

/** A bound belongs to its bucket: `le` is "less than or equal". */
START_TEST(a_value_falls_into_the_first_bucket_that_holds_it)
{
    static const double bound[] = {1, 2, 5, 0};
    static const double values[] = {0, 1, 1.5, 2, 5, 5.1};
    struct gw_histogram h = {.bound = bound};

    for (size_t i = 0; i < RT_COUNT(values); i++)
        gw_histogram_add(&h, values[i]);
    ck_assert_uint_eq(h.count[0], 2);
    ck_assert_uint_eq(h.count[1], 2);
    ck_assert_uint_eq(h.count[2], 1);
    ck_assert_uint_eq(h.count[GW_HISTOGRAM_BUCKETS], 1);
    ck_assert_uint_eq(gw_histogram_count(&h), 6);
    ck_assert_double_eq_tol(h.sum, 14.6, 1e-9);
}
END_TEST

/** Every name has its HELP and TYPE once, before its first sample, and all its samples together:
 * the text format asks for it. */
START_TEST(each_name_is_introduced_once)
{
    unsigned names = 0;

    gw_stats_register();
    gw_metrics_text(gw, &text);
    for (char *line = strtok(text.p, "\n"); line; line = strtok(NULL, "\n")) {
        static char seen[1000][96];
        char name[96], kind[16];
        if (sscanf(line, "# TYPE %95s %15s", name, kind) != 2)
            continue;
        for (unsigned i = 0; i < names; i++)
            ck_assert_str_ne(seen[i], name);
        ck_assert_uint_lt(names, 1000);
        rt_str_copy(seen[names++], sizeof seen[0], rt_str(name));
    }
    ck_assert_uint_gt(names, 100);
}
END_TEST

static void event(enum gw_direction d, enum gw_performance_what what, uint32_t ms, uint8_t cause,
                  bool answered)
{
    struct gw_performance_event e = {
        .what = what, .ms = ms, .cause = cause, .seized = true, .answered = answered};
    gw_trunk_stats_event(gw->stats, "pbx", d, &e);
}

START_TEST(calls_are_counted_by_trunk_and_direction)
{
    has("tandem_call_attempts_total{trunk=\"pbx\",direction=\"out\"} 0"); /* before the first */
    for (unsigned i = 0; i < 3; i++) {
        event(GW_OUT, GW_PERFORMANCE_ATTEMPT, 0, 0, false);
        event(GW_OUT, GW_PERFORMANCE_SEIZED, 0, 0, false);
    }
    event(GW_OUT, GW_PERFORMANCE_RINGING, 1500, 0, false);
    event(GW_OUT, GW_PERFORMANCE_ANSWERED, 4000, 0, false);
    event(GW_OUT, GW_PERFORMANCE_ENDED, 5500, 16, true);
    event(GW_OUT, GW_PERFORMANCE_ENDED, 0, 17, false);
    has("tandem_call_attempts_total{trunk=\"pbx\",direction=\"out\"} 3");
    has("tandem_call_attempts_total{trunk=\"pbx\",direction=\"in\"} 0");
    has("tandem_call_seizures_total{trunk=\"pbx\",direction=\"out\"} 3");
    has("tandem_call_answers_total{trunk=\"pbx\",direction=\"out\"} 1");
    has("tandem_call_talk_seconds_total{trunk=\"pbx\",direction=\"out\"} 5.5");
    has("tandem_call_short_total{trunk=\"pbx\",direction=\"out\"} 1");
    has("tandem_call_releases_total{trunk=\"pbx\",direction=\"out\",cause=\"16\"} 1");
    has("tandem_call_releases_total{trunk=\"pbx\",direction=\"out\",cause=\"17\"} 1");
    has("tandem_call_setup_seconds_bucket{trunk=\"pbx\",direction=\"out\",le=\"1\"} 0");
    has("tandem_call_setup_seconds_bucket{trunk=\"pbx\",direction=\"out\",le=\"1.5\"} 1");
    has("tandem_call_setup_seconds_bucket{trunk=\"pbx\",direction=\"out\",le=\"+Inf\"} 1");
    has("tandem_call_setup_seconds_sum{trunk=\"pbx\",direction=\"out\"} 1.5");
    has("tandem_call_answer_seconds_count{trunk=\"pbx\",direction=\"out\"} 1");
}
END_TEST

/** Backslash, quote and line feed are what the format escapes. */
START_TEST(label_values_are_escaped)
{
    gw_trunk_stats_reject(gw->stats, "a\\b\"c\nd", GW_REJECT_CPS);
    has("tandem_trunk_rejects_total{trunk=\"a\\\\b\\\"c\\nd\",reason=\"cps\"} 1");
    has("tandem_trunk_rejects_total{trunk=\"pbx\",reason=\"no_channel\"} 0");
}
END_TEST

/** 20 of 1000 packets lost is 0.02, which is in the bucket of 0.02; the far end said nothing. */
START_TEST(sound_is_counted_for_where_it_came_from)
{
    struct media_stats m = {
        .rx_packets = 980, .lost = 20, .jitter_us = 4000, .erl = 120, .erle = 200};

    m.heard.mos_cq_average = 395;
    gw_trunk_stats_media(gw->stats, "pbx", "line", &m);
    has("tandem_media_loss_ratio_bucket{trunk=\"pbx\",direction=\"in\",le=\"0.01\"} 0");
    has("tandem_media_loss_ratio_bucket{trunk=\"pbx\",direction=\"in\",le=\"0.02\"} 1");
    has("tandem_media_jitter_seconds_sum{trunk=\"pbx\",direction=\"in\"} 0.004");
    has("tandem_media_mos_sum{trunk=\"pbx\",direction=\"in\"} 3.95");
    has("tandem_echo_return_loss_decibels_sum{trunk=\"line\"} 32");
    ck_assert_ptr_null(strstr(text.p, "tandem_media_mos_sum{trunk=\"pbx\",direction=\"out\""));
}
END_TEST

START_TEST(failovers_money_and_fraud_have_their_labels)
{
    gw_trunk_stats_failover(gw->stats, "pbx", "other", 34);
    gw_trunk_stats_failover(gw->stats, "pbx", "pbx", 34); /* another channel: nowhere else */
    gw_trunk_stats_money(gw->stats, "pbx", GW_OUT, "EUR", 12500);
    gw_trunk_stats_money(gw->stats, "pbx", GW_OUT, "EUR", 12500);
    gw_trunk_stats_money(gw->stats, "pbx", GW_OUT, "USD", 1000000);
    gw_trunk_stats_block(gw->stats, GW_SCOPE_CLASS, "staff", true);
    gw_trunk_stats_block(gw->stats, GW_SCOPE_SOURCE, "+493012345", true); /* no number in a label */
    gw_call_stats_emergency(gw->stats, true);
    has("tandem_route_failovers_total{from=\"pbx\",to=\"other\",cause=\"34\"} 1");
    ck_assert_ptr_null(strstr(text.p, "to=\"pbx\""));
    has("tandem_call_cost_total{trunk=\"pbx\",currency=\"EUR\"} 0.025");
    has("tandem_call_cost_total{trunk=\"pbx\",currency=\"USD\"} 1");
    has("tandem_fraud_blocks_total{class=\"staff\",reason=\"class\"} 1");
    has("tandem_fraud_blocks_total{class=\"\",reason=\"source\"} 1");
    has("tandem_emergency_calls_total{outcome=\"answered\"} 1");
    has("tandem_emergency_calls_total{outcome=\"failed\"} 0");
}
END_TEST

/** A store that could not be made is no reason to fail. */
START_TEST(without_a_store_nothing_is_counted)
{
    struct gw_performance_event e = {.what = GW_PERFORMANCE_ATTEMPT};

    gw_trunk_stats_event(NULL, "pbx", GW_IN, &e);
    gw_trunk_stats_reject(NULL, "pbx", GW_REJECT_CAC);
    gw_trunk_stats_media(NULL, "pbx", "", &(struct media_stats){.rx_packets = 1});
    gw_trunk_stats_money(NULL, "pbx", GW_IN, "EUR", 1);
    gw_trunk_stats_failover(NULL, "a", "b", 34);
    gw_trunk_stats_block(NULL, GW_SCOPE_TRUNK, "a", true);
    gw_call_stats_route(NULL, "routes", true);
    gw_call_stats_decided(NULL, 1);
    gw_call_stats_enum(NULL, 1);
    gw_call_stats_emergency(NULL, false);
    gw_call_stats_free(NULL);
}
END_TEST

START_TEST(reasons_follow_the_limit)
{
    static const struct {
        enum gw_limit_kind kind;
        rt_time blocked;
        enum gw_reject reason;
    } rows[] = {{GW_LIMIT_CALLS, 0, GW_REJECT_CAC},   {GW_LIMIT_SAME, 0, GW_REJECT_CAC},
                {GW_LIMIT_CPS, 0, GW_REJECT_CPS},     {GW_LIMIT_MINUTES, 0, GW_REJECT_LIMIT},
                {GW_LIMIT_MONEY, 0, GW_REJECT_LIMIT}, {GW_LIMIT_MONEY, RT_S, GW_REJECT_FRAUD}};

    struct gw_limit limit = {.kind = rows[_i].kind};
    struct gw_limit_verdict v = {.refused = true, .limit = &limit, .blocked = rows[_i].blocked};
    ck_assert_int_eq(gw_reject_of(&v), rows[_i].reason);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("metrics");
    TCase *plain = tcase_create("plain"), *running = tcase_create("gateway");

    tcase_add_test(plain, a_value_falls_into_the_first_bucket_that_holds_it);
    tcase_add_test(plain, without_a_store_nothing_is_counted);
    tcase_add_loop_test(plain, reasons_follow_the_limit, 0, 6);
    suite_add_tcase(s, plain);
    tcase_add_checked_fixture(running, setup, teardown);
    tcase_add_test(running, each_name_is_introduced_once);
    tcase_add_test(running, calls_are_counted_by_trunk_and_direction);
    tcase_add_test(running, label_values_are_escaped);
    tcase_add_test(running, sound_is_counted_for_where_it_came_from);
    tcase_add_test(running, failovers_money_and_fraud_have_their_labels);
    suite_add_tcase(s, running);

    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
