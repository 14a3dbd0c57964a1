/* The auditor over a whole gateway under the fake kernel: everything that it can find is made by
 * hand, must be put right at the second pass that sees it and no earlier, and a day without faults
 * must give it nothing to find.
 */
#include "gw/alarm.h"
#include "gw/limits_priv.h"
#include "gw/quota.h"
#include "test/unit/auditor_rig.h"

/* ---- findings ---- */

START_TEST(a_leg_taken_out_of_its_call)
{
    struct gw_call *call = begin(isdn_plan);

    call->b = NULL;
    repaired_at(20 * RT_S, GW_FOUND_LEG_ALONE);
    ck_assert_uint_eq(found(GW_FOUND_CALL_EMPTY), 1);
    ck_assert_uint_eq(repairs(), 2);
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(gw->ncalls, 0);
    ck_assert_uint_eq(network_cause, 41);
    ck_assert_uint_eq(near_ended, 1);
    ck_assert_int_eq(gw->ended->cdr.cause.q850, 41);
    ck_assert_int_eq(gw->ended->cdr.cause.by, GW_BY_GATEWAY);
    stop();
}
END_TEST

/* Three times 64*T1 and half a minute are 126 s; it is first seen at 10 s. */
START_TEST(a_released_leg_that_does_not_go)
{
    struct gw_call *call = begin(sip_plan);

    ((struct leg_sip *)call->a)->sessions++;
    hang_up();
    repaired_at(140 * RT_S, GW_FOUND_LEG_STUCK);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(findings(), 1);
    stop();
}
END_TEST

START_TEST(a_leg_whose_session_is_gone)
{
    struct gw_call *call = begin(sip_plan);

    sip_ua_disown(gw->sip, call->b);
    repaired_at(20 * RT_S, GW_FOUND_LEG_LOST);
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(near_ended, 1);
    ck_assert_uint_eq(findings(), 1);
    stop();
}
END_TEST

START_TEST(a_leg_whose_q931_call_is_gone)
{
    struct gw_call *call = begin(isdn_plan);

    isdn_call_disown(gw->spans[0].isdn, call->b);
    repaired_at(20 * RT_S, GW_FOUND_LEG_LOST);
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(near_ended, 1);
    stop();
}
END_TEST

START_TEST(a_call_that_counts_a_leg_too_many)
{
    struct gw_call *call = begin(sip_plan);

    call->legs++;
    repaired_at(20 * RT_S, GW_FOUND_CALL_STUCK);
    ck_assert_uint_eq(call->legs, 2);
    hang_up();
    at(21 * RT_S);
    ck_assert_ptr_null(gw->clearing);
    ck_assert_uint_eq(gw->nended, 1);
    stop();
}
END_TEST

START_TEST(a_call_that_is_over_and_waits_for_a_leg_that_is_gone)
{
    struct gw_call *call = begin(sip_plan);

    call->legs++;
    hang_up();
    at(6 * RT_S);
    ck_assert_ptr_eq(gw->clearing, call);
    repaired_at(20 * RT_S, GW_FOUND_CALL_STUCK);
    ck_assert_ptr_null(gw->clearing);
    ck_assert_ptr_eq(gw->ended, call);
    stop();
}
END_TEST

/* 5 min without a timer; seen first at 10 s. */
START_TEST(a_call_too_long_in_its_state)
{
    struct gw_call *call = begin(sip_plan);

    rt_fsm_goto(&call->fsm, GW_CALL_TONES);
    repaired_at(310 * RT_S, GW_FOUND_CALL_LATE);
    at(311 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_int_eq(gw->ended->cdr.cause.q850, 31);
    stop();
}
END_TEST

START_TEST(a_q931_call_without_a_leg)
{
    struct gw_call *call = begin(isdn_plan);

    ((struct leg_isdn *)call->b)->call = NULL;
    repaired_at(20 * RT_S, GW_FOUND_CHANNEL);
    at(21 * RT_S);
    ck_assert_uint_eq(network_cause, 41);
    hang_up();
    at(22 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(findings(), 1);
    stop();
}
END_TEST

START_TEST(a_channel_busy_without_a_call)
{
    begin(isdn_plan);
    struct isdn_span *s = gw->spans[0].isdn;

    isdn_channel_set(s, 29, ISDN_CH_BUSY);
    repaired_at(20 * RT_S, GW_FOUND_CHANNEL);
    at(21 * RT_S);
    ck_assert_int_eq(s->channel[29].state, ISDN_CH_IDLE); /* RESTART was acknowledged */
    ck_assert_uint_eq(gw->ncalls, 1);
    stop();
}
END_TEST

START_TEST(a_call_whose_channel_the_span_calls_idle)
{
    struct gw_call *call = begin(isdn_plan);
    struct isdn_call *q931 = ((struct leg_isdn *)call->b)->call;
    struct isdn_channel *ch = &q931->span->channel[q931->channel];

    ch->call = NULL;
    isdn_channel_set(q931->span, q931->channel, ISDN_CH_IDLE);
    repaired_at(20 * RT_S, GW_FOUND_CHANNEL);
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(network_cause, 41);
    stop();
}
END_TEST

START_TEST(a_session_without_a_leg)
{
    struct gw_call *call = begin(sip_plan);
    struct leg_sip *l = (struct leg_sip *)call->b;

    l->session = NULL;
    repaired_at(20 * RT_S, GW_FOUND_SESSION);
    at(21 * RT_S);
    ck_assert_uint_eq(far_ended, 1);
    l->sessions = 0; /* it will not hear of it */
    hang_up();
    at(22 * RT_S);
    ck_assert(gw_idle(gw));
    stop();
}
END_TEST

START_TEST(a_media_port_that_nobody_has)
{
    struct media_port *p = NULL;
    union rt_addr local;

    begin(sip_plan);
    rt_addr_parse(&local, "10.0.0.1", 8, 0);
    ck_assert_int_eq(media_rtp_open(&p, gw->media, 0, &local, NULL, NULL), 0);
    repaired_at(20 * RT_S, GW_FOUND_PORT);
    at(40 * RT_S);
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(gw->ncalls, 1);
    stop();
}
END_TEST

static void take_text(void *arg, const struct gw_alarm *alarm)
{
    if (alarm->kind == GW_ALARM_REPAIR)
        rt_str_copy(arg, sizeof alarm->text, rt_str(alarm->text));
}

/** What the alarm says that a repair has raised. */
static const char *lasting_alarm(void)
{
    static char text[sizeof((struct gw_alarm *)0)->text];

    text[0] = '\0';
    gw_alarms_each(gw->alarms, take_text, text);
    return text;
}

START_TEST(a_place_in_limits_that_no_call_holds)
{
    static const struct gw_limit rule = {
        .kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 10};
    struct gw_limit_clock clock = {.now = 1};
    struct gw_limit_scope *scope = NULL;
    struct gw_limit_token *token = NULL;
    struct gw_limit_call c = {.dest = 0};

    begin(sip_plan);
    ck_assert_int_eq(gw_limits_scope(&scope, gw->limits, GW_SCOPE_TRUNK, "x", &rule, 1), 0);
    struct gw_limit_use use = {.scope = scope};
    ck_assert_int_eq(gw_limits_take(&use, 1, &c, &clock, NULL, &token), 0);
    ck_assert_uint_eq(gw_limits_scope_calls(scope), 1);
    repaired_at(20 * RT_S, GW_FOUND_LIMITS);
    ck_assert_uint_eq(gw_limits_scope_calls(scope), 0);
    gw_limits_scope_drop(scope);
    stop();
}
END_TEST

/** Counts of every kind that calls raise and lower, each wrong by one at a time while a call holds
 * two of them. */
START_TEST(a_count_of_limits_that_its_places_do_not_make_up)
{
    static const struct gw_limit rules[] = {
        {.kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 10},
        {.kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 10, .set = "far"},
        {.kind = GW_LIMIT_SAME, .window = GW_WINDOW_NONE, .value = 10},
        {.kind = GW_LIMIT_MINUTES, .window = GW_WINDOW_DAY, .value = 600 * RT_S},
        {.kind = GW_LIMIT_MONEY, .window = GW_WINDOW_DAY, .value = 9000000, .unit = "EUR"}};
    static const char *const what[] = {
        "calls: 2 for 1", "calls of a set: 2 for 1", "calls to one destination: 2 for 1",
        "running minutes: 2 for 1", "running money: 500000 for 250000"};
    struct gw_limit_clock clock = {.now = 1};
    struct gw_limit_scope *scope = NULL;
    struct gw_limit_call c = {.dest = 7, .rate = 250000};
    struct gw_call *call = begin(sip_plan);

    ck_assert_int_eq(
        gw_limits_scope(&scope, gw->limits, GW_SCOPE_TRUNK, "x", rules, RT_COUNT(rules)), 0);
    struct gw_limit_use use = {.scope = scope, .applies = ~0u};
    gw_quota_clock(&clock, gw->plan, 0);
    ck_assert_ptr_null(call->account.caller);
    ck_assert_int_eq(gw_limits_take(&use, 1, &c, &clock, NULL, &call->account.caller), 0);
    gw_limits_answered(call->account.caller, &clock);
    at(15 * RT_S);
    ck_assert_uint_eq(gw->auditor ? findings() : 1, 0); /* as it is all is well */
    for (unsigned i = 0; i < RT_COUNT(rules); i++) {
        struct gw_limit_meter *m = scope->ties[i].meter;
        unsigned *calls = i == 0 ? &scope->party->calls : i == 2 ? &m->dests->calls : NULL;
        int64_t *sum = i == 1 ? &m->used : &m->rate;
        rt_time t = (35 + 30 * i) * RT_S;
        if (calls)
            ++*calls;
        else
            *sum *= 2;
        at(t - 6 * RT_S);
        ck_assert_uint_eq(found(GW_FOUND_LIMITS), i);
        at(t);
        ck_assert_uint_eq(found(GW_FOUND_LIMITS), i + 1);
        ck_assert_msg(strstr(lasting_alarm(), what[i]) != NULL, "%s", lasting_alarm());
        at(t + 10 * RT_S);
        ck_assert_uint_eq(findings(), i + 1);
    }
    hang_up();
    at(400 * RT_S);
    for (unsigned i = 0; i < RT_COUNT(rules); i++)
        ck_assert_int_eq(scope->ties[i].meter->rate, 0);
    ck_assert_uint_eq(scope->party->calls, 0);
    ck_assert_int_eq(scope->ties[1].meter->used, 0);
    ck_assert_ptr_null(scope->ties[2].meter->dests);
    ck_assert_uint_eq(findings(), RT_COUNT(rules));
    gw_limits_scope_drop(scope);
    stop();
}
END_TEST

START_TEST(a_wrong_number_of_calls)
{
    begin(sip_plan);
    gw->ncalls++;
    repaired_at(20 * RT_S, GW_FOUND_COUNT);
    ck_assert_uint_eq(gw->ncalls, 1);
    stop();
}
END_TEST

/* What was wrong at one pass and right at the next was in motion. */
START_TEST(what_is_wrong_once_is_no_finding)
{
    struct gw_call *call = begin(sip_plan);
    struct gw_leg *b = call->b;
    struct gw_auditor_status s;

    call->b = NULL;
    at(15 * RT_S);
    gw_auditor_status(gw->auditor, &s);
    ck_assert_uint_eq(s.suspects, 2);
    call->b = b;
    at(25 * RT_S);
    call->b = NULL;
    at(35 * RT_S);
    call->b = b;
    at(60 * RT_S);
    ck_assert_uint_eq(findings(), 0);
    gw_auditor_status(gw->auditor, &s);
    ck_assert_uint_eq(s.suspects, 0);
    ck_assert_uint_eq(s.slices, 1);
    stop();
}
END_TEST

/* ---- nothing to find ---- */

/* Calls of a minute or so, some cancelled while nobody answers. */
START_TEST(a_day_without_faults)
{
    start(sip_plan);
    for (unsigned i = 0; rt_now() - origin < 24 * 3600 * RT_S; i++) {
        keeps_silent = i % 3 == 0;
        place();
        fake_advance((20 + i % 71) * RT_S + i * 7 % 1000 * RT_MS);
        if (caller)
            hang_up();
        fake_advance(i % 13 * RT_S);
    }
    ck_assert_uint_ge(
        rt_counted(&gw_auditor_counters[GW_AUDITOR_PASSES]) - before[GW_AUDITOR_PASSES], 24 * 360);
    ck_assert_uint_eq(findings(), 0);
    ck_assert_uint_eq(repairs(), 0);
    stop();
}
END_TEST

START_TEST(calls_of_a_line_without_faults)
{
    start(isdn_plan);
    at(3 * RT_S);
    for (unsigned i = 0; i < 12; i++) {
        place();
        fake_advance((i % 5 * 3 + 1) * RT_S);
        hang_up();
        fake_advance(i % 3 * RT_S);
    }
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(findings(), 0);
    ck_assert(gw_idle(gw));
    stop();
}
END_TEST

/* More than a slice holds: the pass goes on 2 ms later, and finds what it finds. */
START_TEST(a_pass_is_cut_into_slices)
{
    struct gw_auditor_status s;

    start(sip_plan);
    at(4 * RT_S);
    for (unsigned i = 0; i < 100; i++)
        place();
    at(9 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 100);
    gw->calls->b = NULL;
    at(10 * RT_S);
    gw_auditor_status(gw->auditor, &s);
    ck_assert(s.running);
    at(11 * RT_S);
    gw_auditor_status(gw->auditor, &s);
    ck_assert(!s.running);
    /* 200 legs, 100 calls, 200 sessions, 200 ports, and the 600 claims that a leg makes of them and
     * itself; the rest is one each */
    ck_assert_uint_ge(s.slices, 6);
    at(20 * RT_S + 100 * RT_MS);
    ck_assert_uint_eq(findings(), 2);
    ck_assert_uint_eq(gw->ncalls, 99);
    caller = NULL;
    stop();
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    char text[sizeof sip_plan + 40];

    snprintf(text, sizeof text, "%sauditor every never\n", sip_plan);
    start(text);
    gw->ncalls++;
    at(100 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    gw->ncalls = 0;
    stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("auditor");
    TCase *t = tcase_create("auditor");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_leg_taken_out_of_its_call);
    tcase_add_test(t, a_released_leg_that_does_not_go);
    tcase_add_test(t, a_leg_whose_session_is_gone);
    tcase_add_test(t, a_leg_whose_q931_call_is_gone);
    tcase_add_test(t, a_call_that_counts_a_leg_too_many);
    tcase_add_test(t, a_call_that_is_over_and_waits_for_a_leg_that_is_gone);
    tcase_add_test(t, a_call_too_long_in_its_state);
    tcase_add_test(t, a_q931_call_without_a_leg);
    tcase_add_test(t, a_channel_busy_without_a_call);
    tcase_add_test(t, a_call_whose_channel_the_span_calls_idle);
    tcase_add_test(t, a_session_without_a_leg);
    tcase_add_test(t, a_media_port_that_nobody_has);
    tcase_add_test(t, a_place_in_limits_that_no_call_holds);
    tcase_add_test(t, a_count_of_limits_that_its_places_do_not_make_up);
    tcase_add_test(t, a_wrong_number_of_calls);
    tcase_add_test(t, what_is_wrong_once_is_no_finding);
    tcase_add_test(t, a_day_without_faults);
    tcase_add_test(t, calls_of_a_line_without_faults);
    tcase_add_test(t, a_pass_is_cut_into_slices);
    tcase_add_test(t, it_can_be_switched_off);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
