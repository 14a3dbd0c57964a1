/* Limits that count: admission in every scope or none, buckets, money of running calls, fraud
 * rules, a plan's change. */
#include "test/unit/limits_rig.h"

START_TEST(the_eleventh_call_is_refused)
{
    struct gw_limit_scope *staff = scope_of(GW_SCOPE_CLASS, "staff", &ten_calls, 1);
    struct gw_limit_use u = {.scope = staff};
    struct gw_limit_token *t[10];
    uint64_t before = rt_counted(&gw_limits_counters[GW_LIMITS_CALLS]);

    for (unsigned i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(t[i] = take(&u, 1));
    ck_assert_ptr_null(take(&u, 1));
    ck_assert_str_eq(v.text, "class staff: 10 of 10 calls");
    ck_assert_int_eq(v.scope, GW_SCOPE_CLASS);
    ck_assert_ptr_eq(v.limit, &ten_calls);
    ck_assert_int_eq(v.used, 10);
    ck_assert_uint_eq(rt_counted(&gw_limits_counters[GW_LIMITS_CALLS]) - before, 1);
    give(t[9]);
    ck_assert_ptr_nonnull(t[9] = take(&u, 1));
    for (unsigned i = 0; i < 10; i++)
        give(t[i]);
    ck_assert_uint_eq(state(0).calls, 0);
    gw_limits_scope_drop(staff);
}
END_TEST

START_TEST(limited_lasts_until_use_is_below_nine_tenths)
{
    struct gw_limit_scope *staff = scope_of(GW_SCOPE_CLASS, "staff", &ten_calls, 1);
    struct gw_limit_use u = {.scope = staff};
    struct gw_limit_token *t[10];

    for (unsigned i = 0; i < 10; i++)
        t[i] = take(&u, 1);
    ck_assert(!state(0).limited);
    take(&u, 1);
    take(&u, 1);
    ck_assert_uint_eq(events[GW_LIMIT_LIMITED], 1);
    ck_assert_str_eq(last_text, "class staff: 10 of 10 calls");
    give(t[9]); /* 9: not below 9 */
    ck_assert(state(0).limited);
    t[9] = take(&u, 1); /* and yet exact: the place is free */
    ck_assert_ptr_nonnull(t[9]);
    give(t[9]);
    give(t[8]);
    ck_assert(!state(0).limited);
    ck_assert_uint_eq(events[GW_LIMIT_RESUMED], 1);
    for (unsigned i = 0; i < 8; i++)
        give(t[i]);
    gw_limits_scope_drop(staff);
}
END_TEST

START_TEST(resume_percent_is_the_plans)
{
    struct gw_limit half = ten_calls;
    half.resume = 50;
    struct gw_limit_scope *staff = scope_of(GW_SCOPE_CLASS, "staff", &half, 1);
    struct gw_limit_use u = {.scope = staff};
    struct gw_limit_token *t[10];

    for (unsigned i = 0; i < 10; i++)
        t[i] = take(&u, 1);
    take(&u, 1);
    for (unsigned i = 0; i < 5; i++)
        give(t[i]);
    ck_assert(state(0).limited);
    give(t[5]);
    ck_assert(!state(0).limited);
    for (unsigned i = 6; i < 10; i++)
        give(t[i]);
    gw_limits_scope_drop(staff);
}
END_TEST

START_TEST(every_scope_or_none)
{
    struct gw_limit one = {.kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 1};
    struct gw_limit class_rules[] = {three_cps, ten_calls};
    struct gw_limit_scope *class = scope_of(GW_SCOPE_CLASS, "staff", class_rules, 2);
    struct gw_limit_scope *trunk = scope_of(GW_SCOPE_TRUNK, "voipco", &one, 1);
    struct gw_limit_use u[] = {{.scope = class}, {.scope = trunk}};
    struct gw_limit_token *a = take(u, 2);

    ck_assert_ptr_nonnull(a);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_ptr_null(take(u, 2));
        ck_assert_str_eq(v.text, "trunk voipco: 1 of 1 calls");
    }
    ck_assert_int_eq(state(0).used, 1000); /* refused calls took nothing of the bucket */
    ck_assert_uint_eq(state(0).calls, 1);
    give(a);
    gw_limits_scope_drop(class);
    gw_limits_scope_drop(trunk);
}
END_TEST

START_TEST(bucket_holds_a_second)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_TRUNK, "voipco", &three_cps, 1);
    struct gw_limit_use u = {.scope = s};
    unsigned taken = 0;

    for (unsigned i = 0; i < 3; i++)
        give(take(&u, 1));
    ck_assert_ptr_null(take(&u, 1));
    ck_assert_str_eq(v.text, "trunk voipco: 3 of 3 cps");
    ck_assert(state(0).limited);
    go(333333); /* a third of a second lacks a third of a microsecond */
    ck_assert_ptr_null(take(&u, 1));
    go(333334);
    give(take(&u, 1));
    ck_assert_ptr_null(take(&u, 1));
    for (rt_time t = 10 * RT_S; t < 110 * RT_S; t += 50 * RT_MS) {
        go(t);
        struct gw_limit_token *k = take(&u, 1);
        taken += k != NULL;
        gw_limits_release(k, -1, &at);
    }
    ck_assert_uint_ge(taken, 302); /* the bucket of 3 and 3 a second for 99.95 s: 302.85 */
    ck_assert_uint_le(taken, 302);
    go(120 * RT_S);
    gw_limits_tick(store, &at);
    ck_assert(!state(0).limited);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(bucket_of_its_own_depth_and_slow_rates)
{
    /* one call in two seconds, two at once */
    struct gw_limit slow = {
        .kind = GW_LIMIT_CPS, .window = GW_WINDOW_NONE, .value = 500, .burst = 2};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_SOURCE, "192.0.2.1", &slow, 1);
    struct gw_limit_use u = {.scope = s};

    give(take(&u, 1));
    give(take(&u, 1));
    ck_assert_ptr_null(take(&u, 1));
    ck_assert_str_eq(v.text, "source 192.0.2.1: 2 of 0.500 cps");
    go(2 * RT_S - 1);
    ck_assert_ptr_null(take(&u, 1));
    go(2 * RT_S);
    give(take(&u, 1));
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(calls_of_a_set_are_counted_apart)
{
    struct gw_limit two = ten_calls;
    two.value = 2;
    two.set = "mobile";
    struct gw_limit_scope *s = scope_of(GW_SCOPE_PREFIX, "+49", &two, 1);
    struct gw_limit_use mobile = {.scope = s, .applies = 1}, other = {.scope = s};
    struct gw_limit_token *o = take(&other, 1), *a = take(&mobile, 1), *b = take(&mobile, 1);

    ck_assert_ptr_null(take(&mobile, 1));
    ck_assert_str_eq(v.text, "prefix +49: 2 of 2 calls mobile");
    ck_assert_uint_eq(state(0).calls, 3);
    give(take(&other, 1));
    give(a);
    give(take(&mobile, 1));
    give(b);
    give(o);
    ck_assert_int_eq(state(0).used, 0);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_plain_limit_per_destination)
{
    struct gw_limit same = {.kind = GW_LIMIT_SAME, .window = GW_WINDOW_NONE, .value = 2};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &same, 1);
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_token *t[4];

    for (unsigned i = 0; i < 4; i++)
        t[i] = take_call(&u, 1, (struct gw_limit_call){.dest = i == 0 ? 44 : 40 + i / 3});
    ck_assert_int_eq(state(0).used, 2); /* the fullest: 40 twice, 41 and 44 once */
    ck_assert_ptr_null(take_call(&u, 1, (struct gw_limit_call){.dest = 40}));
    give(take_call(&u, 1, (struct gw_limit_call){.dest = 41}));
    gw_limits_tick(store, &at);
    ck_assert(state(0).limited);
    give(t[1]);
    ck_assert(!state(0).limited);
    give(t[0]);
    give(t[2]);
    give(t[3]);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(a_rule_that_is_gone_limits_nothing)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &ten_calls, 1), *later;
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_token *t[10];

    for (unsigned i = 0; i < 10; i++)
        t[i] = take(&u, 1);
    take(&u, 1);
    later = scope_of(GW_SCOPE_CLASS, "staff", NULL, 0);
    gw_limits_scope_drop(s);
    gw_limits_tick(store, &at);
    ck_assert_uint_eq(events[GW_LIMIT_RESUMED], 1);
    ck_assert_str_eq(last_text, "class staff: no such limit any more");
    u.scope = later;
    give(take(&u, 1));
    s = scope_of(GW_SCOPE_CLASS, "staff", &ten_calls, 1); /* back: all calls are still known */
    u.scope = s;
    ck_assert_ptr_null(take(&u, 1));
    for (unsigned i = 0; i < 10; i++)
        give(t[i]);
    gw_limits_scope_drop(s);
    gw_limits_scope_drop(later);
}
END_TEST

START_TEST(rates_are_bounded)
{
    struct gw_limit huge = money;
    huge.value = 80000000000 * EUR;
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &huge, 1);
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_token *t[200], *cheap = take_call(&u, 1, (struct gw_limit_call){.rate = -5});

    gw_limits_answered(cheap, &at);
    go(MIN);
    ck_assert_int_eq(state(0).used, 0);
    for (unsigned i = 0; i < 200; i++) {
        t[i] = take_call(&u, 1, (struct gw_limit_call){.rate = INT64_MAX});
        gw_limits_answered(t[i], &at);
    }
    go(2 * MIN - 1); /* 1000 EUR a minute each, but 150,000 together */
    ck_assert_int_eq(state(0).used, 150000 * EUR - 2500);
    go(24 * HOUR - RT_S);
    ck_assert_int_eq(state(0).used, 150000 * EUR / 60 * (24 * 3600 - 61));
    for (unsigned i = 0; i < 200; i++)
        give(t[i]);
    give(cheap);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(money_runs_exactly)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CUSTOMER, "acme", &money, 1);
    struct gw_limit_use u = {.scope = s};
    /* 0.07 a minute, looked at every 7 ms for 10 minutes: 0.70, nothing lost by rounding */
    struct gw_limit_token *t =
        take_call(&u, 1, (struct gw_limit_call){.rate = 70000, .first = 50000});

    ck_assert_int_eq(state(0).used, 0);
    gw_limits_answered(t, &at);
    ck_assert_int_eq(state(0).used, 50000);
    for (rt_time now = 0; now < 10 * MIN; now += 7 * RT_MS) {
        go(now);
        gw_limits_tick(store, &at);
    }
    go(10 * MIN);
    ck_assert_int_eq(state(0).used, 750000);
    gw_limits_charge(t, 250000, NULL, &at);
    ck_assert_int_eq(state(0).used, 1000000);
    gw_limits_release(t, 1230000, &at);
    ck_assert_int_eq(state(0).used, 1230000);
    t = take_call(&u, 1, (struct gw_limit_call){.rate = 30 * EUR});
    gw_limits_answered(t, &at);
    go(11 * MIN);
    ck_assert_ptr_null(take(&u, 1));
    ck_assert_str_eq(v.text, "customer acme: 31.23 of 30.00 EUR/day");
    gw_limits_release(t, -1, &at);
    ck_assert_int_eq(state(0).used, 31230000);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(fraud_blocks_its_set_for_its_time)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &fraud, 1);
    struct gw_limit_use abroad = {.scope = s, .blocked = 1}, home = {.scope = s};
    uint64_t before = rt_counted(&gw_limits_counters[GW_LIMITS_FRAUD]);

    spend(&abroad, 29990000);
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 0);
    spend(&abroad, 130000);
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 1);
    ck_assert_str_eq(last_notify, "ops@mueller.example");
    ck_assert_str_eq(last_text, "class staff: international blocked for fraud, 12 h 0 min more "
                                "(30.12 of 30.00 EUR/day)");
    ck_assert_uint_eq(rt_counted(&gw_limits_counters[GW_LIMITS_FRAUD]) - before, 1);
    go(30 * RT_S);
    ck_assert_ptr_null(take(&abroad, 1));
    ck_assert_str_eq(v.text, "class staff: international blocked for fraud, 12 h 0 min more "
                             "(30.12 of 30.00 EUR/day)");
    ck_assert_int_eq(v.blocked, 12 * HOUR - 30 * RT_S);
    spend(&home, 1);
    go(12 * HOUR - 1);
    ck_assert_ptr_null(take(&abroad, 1));
    go(12 * HOUR);
    give(take(&abroad, 1));
    ck_assert_uint_eq(events[GW_LIMIT_UNBLOCKED], 1);
    spend(&abroad, 29 * EUR); /* 59.12 of twice 30 */
    give(take(&abroad, 1));
    spend(&abroad, 1 * EUR);
    ck_assert_ptr_null(take(&abroad, 1));
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 2);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(fraud_is_found_while_calls_run)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &fraud, 1);
    struct gw_limit_use abroad = {.scope = s, .blocked = 1};
    struct gw_limit_token *t = take_call(&abroad, 1, (struct gw_limit_call){.rate = 3 * EUR});

    gw_limits_answered(t, &at);
    go(10 * MIN - 1);
    gw_limits_tick(store, &at);
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 0);
    go(10 * MIN);
    gw_limits_tick(store, &at);
    gw_limits_tick(store, &at);
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 1);
    ck_assert_int_eq(state(0).blocked, 12 * HOUR);
    gw_limits_release(t, -1, &at);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(an_operator_lifts_a_block)
{
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &fraud, 1);
    struct gw_limit_use abroad = {.scope = s, .blocked = 1};

    spend(&abroad, 31 * EUR);
    ck_assert_uint_eq(gw_limits_lift(store, GW_SCOPE_TRUNK, "staff", &at), 0);
    ck_assert_uint_eq(gw_limits_lift(store, GW_SCOPE_CLASS, "staff", &at), 1);
    ck_assert_uint_eq(gw_limits_lift(store, GW_SCOPE_CLASS, "staff", &at), 0);
    ck_assert_uint_eq(events[GW_LIMIT_UNBLOCKED], 1);
    give(take(&abroad, 1));
    gw_limits_tick(store, &at);
    ck_assert_uint_eq(events[GW_LIMIT_FRAUD], 1);
    spend(&abroad, 30 * EUR);
    ck_assert_ptr_null(take(&abroad, 1));
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(calls_to_one_destination)
{
    struct gw_limit same = {
        .kind = GW_LIMIT_SAME, .window = GW_WINDOW_NONE, .value = 2, .block = {.period = HOUR}};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &same, 1);
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_token *a = take_call(&u, 1, (struct gw_limit_call){.dest = 882});
    struct gw_limit_token *b = take_call(&u, 1, (struct gw_limit_call){.dest = 882});
    struct gw_limit_token *c = take_call(&u, 1, (struct gw_limit_call){.dest = 44});
    struct gw_limit_token *d = take(&u, 1);

    ck_assert_int_eq(state(0).used, 2);
    ck_assert_ptr_null(take_call(&u, 1, (struct gw_limit_call){.dest = 882}));
    ck_assert_str_eq(v.text, "class staff: all blocked for fraud, 1 h 0 min more (2 of 2 calls to "
                             "the same destination)");
    ck_assert_ptr_null(take(&u, 1)); /* all is blocked */
    give(a);
    give(b);
    give(c);
    give(d);
    go(HOUR);
    give(take_call(&u, 1, (struct gw_limit_call){.dest = 882}));
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(calls_begun_in_unusual_hours)
{
    struct gw_limit night = {.kind = GW_LIMIT_CALLS,
                             .window = GW_WINDOW_HOUR,
                             .value = 3,
                             .set = "time night",
                             .block = {.period = 8 * HOUR, .notify = "ops"}};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", &night, 1);
    struct gw_limit_use by_night = {.scope = s, .applies = 1}, by_day = {.scope = s};

    go(10 * MIN);
    for (unsigned i = 0; i < 3; i++)
        give(take(&by_night, 1));
    give(take(&by_day, 1));
    go(61 * MIN); /* another hour */
    for (unsigned i = 0; i < 3; i++)
        give(take(&by_night, 1));
    ck_assert_ptr_null(take(&by_night, 1));
    ck_assert_str_eq(v.text, "class staff: all blocked for fraud, 8 h 0 min more (3 of 3 "
                             "calls/hour time night)");
    ck_assert_ptr_null(take(&by_day, 1));
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(emergency_counts_and_is_never_refused)
{
    struct gw_limit one = {.kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 1};
    struct gw_limit all = fraud;
    all.block.set = NULL;
    struct gw_limit rules[] = {one, three_cps, all};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_CLASS, "staff", rules, 3);
    struct gw_limit_use u = {.scope = s};
    struct gw_limit_call help = {.emergency = true};
    uint64_t before = rt_counted(&gw_limits_counters[GW_LIMITS_EMERGENCY]);
    struct gw_limit_token *t[5];

    spend(&u, 31 * EUR);
    ck_assert_ptr_null(take(&u, 1));
    for (unsigned i = 0; i < 5; i++) {
        t[i] = take_call(&u, 1, help);
        ck_assert_ptr_nonnull(t[i]);
        ck_assert_str_eq(v.text, "");
    }
    ck_assert_uint_eq(state(0).calls, 5);
    ck_assert_uint_eq(rt_counted(&gw_limits_counters[GW_LIMITS_EMERGENCY]) - before, 5);
    for (unsigned i = 0; i < 5; i++)
        give(t[i]);
    gw_limits_scope_drop(s);
}
END_TEST

START_TEST(an_apply_keeps_the_counts)
{
    struct gw_limit twelve = ten_calls, more = minutes;
    twelve.value = 12;
    more.value = 240 * MIN;
    struct gw_limit old_rules[] = {ten_calls, minutes}, new_rules[] = {more, twelve};
    struct gw_limit_scope *old = scope_of(GW_SCOPE_CLASS, "staff", old_rules, 2);
    struct gw_limit_use u = {.scope = old, .applies = 2};
    struct gw_limit_token *t[10];

    for (unsigned i = 0; i < 10; i++) {
        t[i] = take(&u, 1);
        gw_limits_answered(t[i], &at);
    }
    go(3 * MIN);
    struct gw_limit_scope *new = scope_of(GW_SCOPE_CLASS, "staff", new_rules, 2);
    struct gw_limit_use w = {.scope = new, .applies = 1};
    ck_assert_int_eq(state(0).value, 12);
    ck_assert_int_eq(state(1).used, 30 * MIN);
    ck_assert_ptr_null(take(&u, 1));
    give(take(&w, 1));
    gw_limits_scope_drop(old);
    for (unsigned i = 0; i < 10; i++)
        give(t[i]);
    gw_limits_tick(store, &at);
    ck_assert_int_eq(state(1).value, 240 * MIN);
    ck_assert_int_eq(state(1).used, 30 * MIN);
    gw_limits_scope_drop(new);
    gw_limits_tick(store, &at); /* no plan has it, but the day's minutes are kept */
    ck_assert_uint_eq((state(0), nstates), 1);
    ck_assert_int_eq(states[0].value, 0);
    go(24 * HOUR);
    gw_limits_tick(store, &at);
    nstates = 0;
    gw_limits_each(store, &at, keep, NULL);
    ck_assert_uint_eq(nstates, 0);
}
END_TEST

START_TEST(explain_shows_use_of_value)
{
    struct gw_limit rules[] = {ten_calls, minutes, fraud};
    struct gw_limit_scope *staff = scope_of(GW_SCOPE_CLASS, "staff", rules, 3);
    struct gw_limit_scope *trunk = scope_of(GW_SCOPE_TRUNK, "voipco", &three_cps, 1);
    struct gw_limit_use u[] = {{.scope = staff, .applies = 2}, {.scope = trunk}};
    struct gw_limit_token *t = take(u, 2);
    struct rt_buf b = {0};

    gw_limits_answered(t, &at);
    gw_limits_charge(t, 420000, NULL, &at);
    gw_limits_explain(&b, u, 2, &at);
    ck_assert_str_eq(b.p, "staff 1/10 calls; 0/120 min today international; fraud 0.42/30.00 EUR "
                          "today; voipco 1/3 cps");
    gw_limits_charge(t, 30 * EUR, NULL, &at);
    go(MIN);
    rt_buf_reset(&b);
    gw_limits_explain(&b, u, 1, &at);
    ck_assert_str_eq(b.p, "staff 1/10 calls; 1/120 min today international; fraud 30.42/30.00 EUR "
                          "today (international blocked, 11 h 59 min more)");
    rt_buf_release(&b);
    give(t);
    gw_limits_scope_drop(staff);
    gw_limits_scope_drop(trunk);
}
END_TEST

START_TEST(senseless_rules_are_refused)
{
    struct gw_limit_scope *s;
    struct gw_limit none = ten_calls, always = money, windowed = three_cps;
    struct gw_limit twice[] = {ten_calls, ten_calls};
    struct gw_limit many[GW_LIMITS_RULES_MAX + 1];
    struct gw_limit_call call = {0};
    struct gw_limit_token *t;
    struct gw_limit_use uses[GW_LIMITS_USES_MAX + 1];

    none.value = 0;
    always.window = GW_WINDOW_NONE;
    windowed.window = GW_WINDOW_DAY;
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "", &ten_calls, 1), EINVAL);
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "a", &none, 1), EINVAL);
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "a", &always, 1), EINVAL);
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "a", &windowed, 1), EINVAL);
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "a", twice, 2), EEXIST);
    for (unsigned i = 0; i < RT_COUNT(many); i++)
        many[i] = ten_calls;
    ck_assert_int_eq(gw_limits_scope(&s, store, GW_SCOPE_CLASS, "a", many, RT_COUNT(many)), E2BIG);
    ck_assert_ptr_null(s);
    gw_limits_tick(store, &at);
    s = scope_of(GW_SCOPE_CLASS, "b", NULL, 0);
    for (unsigned i = 0; i < RT_COUNT(uses); i++)
        uses[i] = (struct gw_limit_use){.scope = s};
    ck_assert_int_eq(gw_limits_take(uses, RT_COUNT(uses), &call, &at, NULL, &t), E2BIG);
    gw_limits_release(NULL, -1, &at);
    gw_limits_scope_drop(s);
    gw_limits_scope_drop(NULL);
}
END_TEST

/** Random calls beside a plain list of them: the count is what a walk over the list finds. */
START_TEST(sums_equal_a_walk_over_all_calls)
{
    enum { CALLS = 20, STEPS = 5000 };
    struct gw_limit huge = money, long_talk = minutes;
    unsigned seed = 20240, live = 0;
    struct {
        struct gw_limit_token *t;
        rt_time since;
        int64_t rate;
        bool up;
    } call[CALLS] = {0};
    double spent = 0, talk = 0;
    huge.value = 1000000 * EUR;
    long_talk.value = 1000000 * MIN;
    long_talk.set = NULL;
    struct gw_limit rules[] = {huge, long_talk, ten_calls};
    struct gw_limit_scope *s = scope_of(GW_SCOPE_GROUP, "alpha", rules, 3);
    struct gw_limit_use u = {.scope = s};

    printf("seed %u\n", seed);
    for (rt_time now = 0, i = 0; i < STEPS; i++) {
        unsigned k = (unsigned)rand_r(&seed) % CALLS;
        now += rand_r(&seed) % 16000000; /* some 11 h in all */
        go(now);
        if (!call[k].t) {
            call[k].rate = rand_r(&seed) % 5000000;
            call[k].up = false;
            call[k].t = take_call(&u, 1, (struct gw_limit_call){.rate = call[k].rate});
            ck_assert_int_eq(call[k].t != NULL, live < 10);
            live += call[k].t != NULL;
        } else if (!call[k].up) {
            call[k].up = true;
            call[k].since = now;
            gw_limits_answered(call[k].t, &at);
        } else {
            gw_limits_release(call[k].t, -1, &at);
            spent += (double)call[k].rate * (double)(now - call[k].since) / 6e7;
            talk += (double)(now - call[k].since);
            call[k].t = NULL;
            live--;
        }
        double spent_now = spent, talk_now = talk;
        for (unsigned j = 0; j < CALLS; j++) {
            if (!call[j].t || !call[j].up)
                continue;
            spent_now += (double)call[j].rate * (double)(now - call[j].since) / 6e7;
            talk_now += (double)(now - call[j].since);
        }
        ck_assert_double_eq_tol((double)state(0).used, spent_now, 1.5);
        ck_assert_double_eq_tol((double)states[1].used, talk_now, 0.5);
        ck_assert_int_eq(states[2].used, live);
    }
    for (unsigned j = 0; j < CALLS; j++)
        gw_limits_release(call[j].t, -1, &at);
    gw_limits_scope_drop(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("limits");
    TCase *tc = tcase_create("limits");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_eleventh_call_is_refused);
    tcase_add_test(tc, limited_lasts_until_use_is_below_nine_tenths);
    tcase_add_test(tc, resume_percent_is_the_plans);
    tcase_add_test(tc, every_scope_or_none);
    tcase_add_test(tc, bucket_holds_a_second);
    tcase_add_test(tc, bucket_of_its_own_depth_and_slow_rates);
    tcase_add_test(tc, calls_of_a_set_are_counted_apart);
    tcase_add_test(tc, a_plain_limit_per_destination);
    tcase_add_test(tc, a_rule_that_is_gone_limits_nothing);
    tcase_add_test(tc, rates_are_bounded);
    tcase_add_test(tc, money_runs_exactly);
    tcase_add_test(tc, fraud_blocks_its_set_for_its_time);
    tcase_add_test(tc, fraud_is_found_while_calls_run);
    tcase_add_test(tc, an_operator_lifts_a_block);
    tcase_add_test(tc, calls_to_one_destination);
    tcase_add_test(tc, calls_begun_in_unusual_hours);
    tcase_add_test(tc, emergency_counts_and_is_never_refused);
    tcase_add_test(tc, an_apply_keeps_the_counts);
    tcase_add_test(tc, explain_shows_use_of_value);
    tcase_add_test(tc, senseless_rules_are_refused);
    tcase_add_test(tc, sums_equal_a_walk_over_all_calls);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
