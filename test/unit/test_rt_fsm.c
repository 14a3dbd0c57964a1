/* State machines as tables, the log they speak through, and the counters. */
#include "gw/rt/fsm.h"
#include "gw/rt/log.h"
#include "gw/rt/stats.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

/* ---- the log, caught ---- */

static struct {
    unsigned n;
    enum rt_subsys sub;
    enum rt_level level;
    char line[2048];
} caught;

static void catch_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    caught.n++;
    caught.sub = sub;
    caught.level = level;
    snprintf(caught.line, sizeof caught.line, "%s", line);
}

static void setup(void)
{
    memset(&caught, 0, sizeof caught);
    rt_log_sink(catch_line, NULL);
    rt_log_set_all(RT_DEBUG);
}

static void teardown(void)
{
    rt_log_sink(NULL, NULL);
    rt_log_set_all(RT_INFO);
}

/* ---- a door ---- */

enum { CLOSED, OPEN, BROKEN, STATES };
enum { PUSH, PULL, KICK, PAINT, EVENTS };

struct door {
    struct rt_fsm m;
    unsigned opened, painted, kicked;
    int state_in_action;
    const void *ev;
};

static void on_open(void *obj, const void *ev)
{
    struct door *d = obj;
    d->opened++;
    d->state_in_action = d->m.state;
    d->ev = ev;
}

static void on_paint(void *obj, const void *ev)
{
    struct door *d = obj;
    (void)ev;
    d->painted++;
}

static void on_kick(void *obj, const void *ev)
{
    struct door *d = obj;
    (void)ev;
    if (++d->kicked == 2)
        rt_fsm_goto(&d->m, BROKEN);
}

static const char *const states[] = {"closed", "open", "broken"};
static const char *const events[] = {"push", "pull", "kick", "paint"};
static const struct rt_fsm_row rows[] = {
    {RT_FSM_ANY, PAINT, on_paint, RT_FSM_KEEP},
    {RT_FSM_ANY, KICK, on_kick, RT_FSM_KEEP},
    {CLOSED, PUSH, on_open, OPEN},
    {OPEN, PULL, NULL, CLOSED},
    {BROKEN, PAINT, NULL, RT_FSM_KEEP},
};
static const struct rt_fsm_spec spec = {.name = "door",
                                        .log = RT_LOG_CALL,
                                        .states = states,
                                        .events = events,
                                        .nstates = STATES,
                                        .nevents = EVENTS,
                                        .rows = rows,
                                        .nrows = RT_COUNT(rows)};

static void make(struct door *d)
{
    memset(d, 0, sizeof *d);
    rt_fsm_init(&d->m, &spec, CLOSED, "house 7", d);
}

START_TEST(an_event_changes_the_state_then_acts)
{
    struct door d;
    int what = 1;

    make(&d);
    ck_assert_str_eq(rt_fsm_state_name(&d.m), "closed");
    ck_assert_int_eq(rt_fsm_event(&d.m, PUSH, &what), 0);
    ck_assert_str_eq(rt_fsm_state_name(&d.m), "open");
    ck_assert_uint_eq(d.opened, 1);
    ck_assert_int_eq(d.state_in_action, OPEN);
    ck_assert_ptr_eq(d.ev, &what);
    ck_assert_int_eq(rt_fsm_event(&d.m, PULL, NULL), 0); /* a row without an action */
    ck_assert_int_eq(d.m.state, CLOSED);
}
END_TEST

START_TEST(every_change_is_one_line_of_the_log)
{
    struct door d;

    make(&d);
    rt_fsm_event(&d.m, PUSH, NULL);
    ck_assert_uint_eq(caught.n, 1);
    ck_assert_str_eq(caught.line, "house 7 door closed push -> open");
    ck_assert_int_eq(caught.sub, RT_LOG_CALL);
    ck_assert_int_eq(caught.level, RT_DEBUG);
}
END_TEST

START_TEST(an_event_without_a_row_is_refused_counted_and_logged)
{
    struct door d;
    uint64_t before = rt_fsm_refused();

    make(&d);
    ck_assert_int_eq(rt_fsm_event(&d.m, PULL, NULL), EPROTO);
    ck_assert_int_eq(d.m.state, CLOSED);
    ck_assert_uint_eq(d.opened + d.painted + d.kicked, 0);
    ck_assert_uint_eq(rt_fsm_refused(), before + 1);
    ck_assert_uint_eq(caught.n, 1);
    ck_assert_str_eq(caught.line, "house 7 door: pull refused in state closed");
    ck_assert_int_eq(caught.level, RT_NOTICE);
}
END_TEST

START_TEST(an_event_nobody_knows_is_refused_alike)
{
    struct door d;

    make(&d);
    ck_assert_int_eq(rt_fsm_event(&d.m, EVENTS, NULL), EPROTO);
    ck_assert_int_eq(rt_fsm_event(&d.m, -7, NULL), EPROTO);
    ck_assert_int_eq(rt_fsm_event(&d.m, 1000, NULL), EPROTO);
    ck_assert_int_eq(d.m.state, CLOSED);
    ck_assert_uint_eq(caught.n, 3);
}
END_TEST

START_TEST(a_row_that_names_the_state_goes_before_one_for_any_state)
{
    struct door d;

    make(&d);
    ck_assert_int_eq(rt_fsm_event(&d.m, PAINT, NULL), 0);
    ck_assert_uint_eq(d.painted, 1);
    ck_assert_int_eq(d.m.state, CLOSED);
    rt_fsm_goto(&d.m, BROKEN);
    ck_assert_int_eq(rt_fsm_event(&d.m, PAINT, NULL), 0);
    ck_assert_uint_eq(d.painted, 1);
}
END_TEST

START_TEST(an_action_may_decide_the_state)
{
    struct door d;

    make(&d);
    rt_fsm_event(&d.m, KICK, NULL);
    ck_assert_int_eq(d.m.state, CLOSED);
    rt_fsm_event(&d.m, KICK, NULL);
    ck_assert_int_eq(d.m.state, BROKEN);
    ck_assert_str_eq(caught.line, "house 7 door closed decides -> broken");
}
END_TEST

/* ---- the log ---- */

START_TEST(a_line_is_written_at_its_level_and_above)
{
    rt_log_set_all(RT_WARN);
    rt_log_set(RT_LOG_SIP, RT_DEBUG);
    ck_assert(rt_log_on(RT_LOG_SIP, RT_DEBUG));
    ck_assert(rt_log_on(RT_LOG_ISDN, RT_WARN));
    ck_assert(rt_log_on(RT_LOG_ISDN, RT_ERROR));
    ck_assert(!rt_log_on(RT_LOG_ISDN, RT_NOTICE));
    rt_log(RT_LOG_ISDN, RT_NOTICE, "not heard");
    ck_assert_uint_eq(caught.n, 0);
    rt_log(RT_LOG_ISDN, RT_WARN, "span %u: %s", 1, "red alarm");
    ck_assert_uint_eq(caught.n, 1);
    ck_assert_str_eq(caught.line, "span 1: red alarm");
}
END_TEST

START_TEST(a_line_too_long_is_cut_not_lost)
{
    char text[3000];

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    rt_log(RT_LOG_RT, RT_ERROR, "%s", text);
    ck_assert_uint_eq(caught.n, 1);
    ck_assert_uint_ge(strlen(caught.line), 1000);
    ck_assert_uint_eq(strspn(caught.line, "a"), strlen(caught.line));
}
END_TEST

START_TEST(levels_and_subsystems_are_read_by_name)
{
    static const char *const levels[] = {"error", "warn", "notice", "info", "debug"};
    static const char *const subs[] = {"rt",    "conf", "sip",  "isdn", "mgcp",
                                       "media", "plan", "call", "cdr",  "admin"};
    enum rt_level level = RT_INFO;
    enum rt_subsys sub = RT_LOG_SIP;

    for (unsigned i = 0; i < RT_COUNT(levels); i++) {
        ck_assert_int_eq(rt_log_level_parse(&level, rt_str(levels[i])), 0);
        ck_assert_uint_eq(level, i);
    }
    ck_assert_uint_eq(RT_COUNT(subs), RT_LOG_SUBSYSTEMS);
    for (unsigned i = 0; i < RT_COUNT(subs); i++) {
        ck_assert_int_eq(rt_log_subsys_parse(&sub, rt_str(subs[i])), 0);
        ck_assert_uint_eq(sub, i);
    }
    ck_assert_int_eq(rt_log_level_parse(&level, rt_str("Debug")), EINVAL);
    ck_assert_int_eq(rt_log_level_parse(&level, rt_str("")), EINVAL);
    ck_assert_int_eq(rt_log_subsys_parse(&sub, rt_str("si")), EINVAL);
    ck_assert_int_eq(level, RT_DEBUG);
    ck_assert_int_eq(sub, RT_LOG_ADMIN);
}
END_TEST

/* ---- counters ---- */

static void join(void *arg, const struct rt_counter *c)
{
    char *out = arg;
    size_t len = strlen(out);
    snprintf(out + len, 200 - len, "%s=%llu ", c->name, (unsigned long long)rt_counted(c));
}

START_TEST(counters_are_listed_in_the_order_of_registration)
{
    static struct rt_counter sip[] = {{"sip_a", "a", 0}, {"sip_b", "b", 0}};
    static struct rt_counter isdn[] = {{"isdn_c", "c", 0}};
    char out[200] = "";

    rt_stats_each(join, out);
    ck_assert_str_eq(out, "");
    rt_stats_register(sip, RT_COUNT(sip));
    rt_stats_register(isdn, RT_COUNT(isdn));
    rt_count(&sip[1]);
    rt_count(&sip[1]);
    rt_count_n(&isdn[0], 5000000000u);
    rt_stats_each(join, out);
    ck_assert_str_eq(out, "sip_a=0 sip_b=2 isdn_c=5000000000 ");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt fsm");
    TCase *tc = tcase_create("rt fsm");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_event_changes_the_state_then_acts);
    tcase_add_test(tc, every_change_is_one_line_of_the_log);
    tcase_add_test(tc, an_event_without_a_row_is_refused_counted_and_logged);
    tcase_add_test(tc, an_event_nobody_knows_is_refused_alike);
    tcase_add_test(tc, a_row_that_names_the_state_goes_before_one_for_any_state);
    tcase_add_test(tc, an_action_may_decide_the_state);
    tcase_add_test(tc, a_line_is_written_at_its_level_and_above);
    tcase_add_test(tc, a_line_too_long_is_cut_not_lost);
    tcase_add_test(tc, levels_and_subsystems_are_read_by_name);
    tcase_add_test(tc, counters_are_listed_in_the_order_of_registration);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
