/* The whole gateway as the agent of a mad gateway with twenty telephones: wrong answers, late ones,
 * none, restarts at any time, events that nobody asked for. Once the gateway is sane again and all
 * phones lie on their hooks, no call is left, no connection, nothing. */
#include "test/unit/mgcp_monkey_iad.h"

#define STEPS 1500

/* ---- people ---- */

static void observed(struct phone *p, const char *what)
{
    char lines[200];

    snprintf(lines, sizeof lines, "X: %s\r\nO: %s\r\n",
             mad && one_in(8) ? "77"
             : p->x[0]        ? p->x
                              : "0",
             what);
    tell("NTFY", p->name, lines);
}

static void hook(struct phone *p, bool up)
{
    p->off_hook = up;
    observed(p, up ? "L/hd" : "L/hu");
}

static void dial(struct phone *p)
{
    unsigned to = 1 + any(NPHONES);
    char digits[60];

    snprintf(digits, sizeof digits, "D/1,D/%u,D/%u", to / 10, to % 10);
    observed(p, digits);
}

static void many_events(struct phone *p)
{
    struct rt_buf lines = {0};

    rt_buf_printf(&lines, "X: %s\r\nO: ", p->x[0] ? p->x : "0");
    put_many(&lines, one_in(2) ? "D/5," : "L/hf,ZZ/foo(1,2)@A1,", 500);
    rt_buf_puts(&lines, "D/1\r\n");
    tell("NTFY", p->name, lines.p);
    rt_buf_release(&lines);
}

static void gateway_acts(struct phone *p)
{
    static const char *const restarts[] = {
        "RM: restart\r\n",         "RM: forced\r\nE: 900\r\n",      "RM: graceful\r\nRD: 30\r\n",
        "RM: cancel-graceful\r\n", "RM: disconnected\r\nRD: 5\r\n", "RM: restart\r\nRD: 5\r\n",
        "RM: nonsense\r\n"};
    char lines[80];

    switch (any(6)) {
    case 0:
        tell("RSIP", one_in(3) ? "*" : one_in(2) ? "aaln/[1-7]" : p->name, any_of(restarts));
        break;
    case 1:
        restart();
        break;
    case 2:
        snprintf(lines, sizeof lines, "C: 1\r\nI: %s\r\nE: 901\r\nP: PS=1\r\n",
                 p->id[0][0] ? p->id[0] : "BAD");
        tell("DLCX", p->name, lines);
        p->id[0][0] = '\0';
        break;
    case 3:
        many_events(p);
        break;
    case 4:
        observed(p, "XY/zz(1),L/of,D/A@$");
        break;
    default:
        tell("MESG", p->name, "X-A: 1\r\n");
        break;
    }
}

static void step(void)
{
    static const rt_time waits[] = {20, 50, 200, 1000, 3000, 12000};
    struct phone *p = &phones[any(NPHONES)];

    switch (any(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        hook(p, !p->off_hook);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        if (p->off_hook)
            dial(p);
        break;
    case 8:
        observed(p, "L/hf");
        break;
    case 9:
        if (one_in(3))
            gateway_acts(p);
        break;
    default:
        break;
    }
    pass(one_in(6) ? any_of(waits) * RT_MS : 20 * RT_MS);
}

/* ---- life ---- */

static void begin(void)
{
    struct rt_buf text = {0}, why = {0};
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    union rt_addr a;

    fake_reset();
    fake_seed(monkey_seed);
    fake_local_address("10.0.0.1");
    rt_log_set_all(RT_ERROR);
    rt_buf_puts(
        &text, "version 1\nsip {\n listen udp:10.0.0.1:5060\n}\n"
               "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"
               "mgcp {\n listen udp:10.0.0.1:2727\n gateway iad.test address 10.0.0.9:2427 lines "
               "1-20 audit 60s\n}\n"
               "trunk phones {\n mgcp iad.test lines 1-20\n flash on\n");
    for (unsigned i = 1; i <= NPHONES; i++)
        rt_buf_printf(&text, " line %u number 1%02u\n", i, i);
    rt_buf_puts(&text, "}\nroutes from phones {\n 1[00..99] -> phones\n * -> reject 1\n}\n");
    int err = gw_plan_parse(&plan, "monkey.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p ? diag.text.p : "?");
    conf_diag_release(&diag);
    rt_buf_release(&text);
    ck_assert_int_eq(rt_loop_new(&loop, "test"), 0);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p ? why.p : "?");
    rt_buf_release(&why);
    gw_plan_unref(plan);
    rt_addr_parse(&us, US, strlen(US), 0);
    rt_addr_parse(&a, THERE, strlen(THERE), 0);
    ck_assert_int_eq(rt_udp_open(&far, NULL, &a, NULL, NULL), 0);
    for (unsigned i = 0; i < NPHONES; i++)
        snprintf(phones[i].name, sizeof phones[i].name, "aaln/%u", i + 1);
}

static void end(void)
{
    struct fake_leaks left;

    gw_stop(gw);
    rt_udp_close(far);
    rt_loop_free(loop);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops + left.udp + left.streams + left.listeners + left.files, 0);
    for (unsigned i = 0; i < RT_COUNT(answers); i++)
        free(answers[i].wire);
    memset(answers, 0, sizeof answers);
}

/** The gateway is sane, and everybody goes home. A connection that it gave a wrong name is found by
 * the next periodic audit. */
static void calm(void)
{
    mad = false;
    for (unsigned i = 0; i < NPHONES; i++)
        hook(&phones[i], false);
    pass(120 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 0);
    ck_assert(gw_idle(gw));
    for (unsigned i = 0; i < NPHONES; i++)
        ck_assert_msg(phones[i].id[0][0] == 0, "%s has %s", phones[i].name, phones[i].id[0]);
    ck_assert_uint_eq(connections(), 0);
}

START_TEST(agent_of_a_mad_gateway)
{
    uint64_t calls;

    monkey_begin("test_mgcp_monkey_agent");
    begin();
    pass(5 * RT_S);
    hook(&phones[0], true); /* while all is well, a call goes through */
    pass(RT_S);
    observed(&phones[0], "D/1,D/0,D/2");
    pass(RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    calls = gw->total_calls;
    mad = true;
    for (unsigned i = 0; i < STEPS; i++)
        step();
    calm();
    printf("%u commands, %u calls, %u answered\n", commands, (unsigned)(gw->total_calls - calls),
           (unsigned)gw->answered_calls);
    ck_assert_uint_gt(gw->total_calls, calls + 10);
    end();
}
END_TEST

/** A gateway that says it restarted, ten thousand times in a second: its agent asks it no more
 * than it does at any time, and nothing of it piles up. */
START_TEST(flood_of_restarts)
{
    monkey_begin("test_mgcp_monkey_agent");
    begin();
    pass(5 * RT_S);
    unsigned before = commands;
    for (unsigned i = 0; i < 10000; i++) {
        tell("RSIP", i % 2 ? "*" : phones[i % NPHONES].name, "RM: restart\r\n");
        if (i % 100 == 99)
            pass(10 * RT_MS);
    }
    ck_assert_uint_le(commands - before, 3 * 250);
    calm();
    end();
}
END_TEST

/** One that gives every command the same answer, or none: nothing hangs on it for ever, and it is
 * not asked without end. */
START_TEST(a_gateway_that_is_stubborn)
{
    static const int codes[] = {SILENT, 100, 0, 405, 409, 500};

    monkey_begin("test_mgcp_monkey_agent");
    begin();
    pass(5 * RT_S);
    unsigned before = commands;
    stubborn = codes[_i];
    for (unsigned i = 0; i < 4; i++) {
        hook(&phones[i], true);
        observed(&phones[i], "D/1,D/1,D/5");
    }
    pass(180 * RT_S);
    ck_assert_uint_le(commands - before, 3000);
    stubborn = -1;
    calm();
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_monkey_agent");
    TCase *t = tcase_create("agent");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, agent_of_a_mad_gateway);
    tcase_add_test(t, flood_of_restarts);
    tcase_add_loop_test(t, a_gateway_that_is_stubborn, 0, 6);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
