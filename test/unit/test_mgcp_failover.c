/* An agent with several addresses: where commands go when one does
 * not answer, and whom they go to when agents send us on (RFC 3435 4.1, 4.3, 4.4.6). */
#include "test/unit/mgcp_gw_service_rig.h"

/** Longer than five repetitions (Max1) take. */
#define PATIENCE (20 * RT_S)

static struct mgcp_gw_endpoint *a, *b;

static void start_with(const char *first, const char *next, bool foreign)
{
    struct mgcp_restart restart = {.mwd = 2 * RT_MS};
    rig_config = (struct mgcp_gw_config){
        .agents = {first, next}, .nagents = next ? 2 : 1, .restart = restart, .foreign = foreign};
    rig_open();
    a = rig_endpoint("aaln/1", MGCP_LINE_ENDPOINT);
    b = rig_endpoint("aaln/2", MGCP_LINE_ENDPOINT);
    mgcp_gw_start(gw);
}

/** The first agent is silent: how often it is told before the second is. */
static unsigned until_second(void)
{
    unsigned n = 0;
    for (rt_time t = 0; t < PATIENCE; t += RT_MS) {
        fake_advance(RT_MS);
        n += take_one(agent);
        if (take_one(second))
            return n;
    }
    ck_abort_msg("the second agent heard nothing");
}

START_TEST(the_next_address_is_told_after_max1)
{
    start_with(AGENT, SECOND, false);
    ck_assert_uint_eq(until_second(), 6); /* once, and five repetitions */
    expect_rsip("aaln/*", "restart");
    reply(second, 200, "");
    ck_assert_str_eq(service_of(a), "in service");
    take(agent);
    own.hook = true;
    mgcp_gw_event(a, NULL, "L", "hd", rt_str("")); /* who answered is kept */
    fake_settle();
    ck_assert(take_one(second));
    ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
    expect_nothing(agent);
}
END_TEST

/** Answers go to who asks; the notified entity is moved by N alone (4.1). */
START_TEST(a_command_moves_nothing)
{
    start_with(AGENT, SECOND, false);
    wait_for(agent, RT_S);
    reply(agent, 200, "");
    send_text(second, "RQNT 77 aaln/1@gw MGCP 1.0\r\nX: 1\r\n");
    ck_assert(take_one(second));
    ck_assert_int_eq(atoi(got), 200);
    mgcp_gw_event(a, NULL, "L", "hd", rt_str(""));
    expect_nothing(second);
    ck_assert(take_one(agent));
    ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
}
END_TEST

START_TEST(n_moves_the_agent)
{
    start_with(AGENT, SECOND, false);
    wait_for(agent, RT_S);
    reply(agent, 200, "");
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1|N: ca@[" SECOND "]:2727"), 200);
    mgcp_gw_event(a, NULL, "L", "hd", rt_str(""));
    fake_settle();
    ck_assert(take_one(second));
    ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
    ck_assert_str_eq(value_of("N"), "ca@[" SECOND "]:2727");
    reply(second, 200, "");
    mgcp_gw_event(b, NULL, "L", "hd", rt_str("")); /* the other endpoint's agent is as it was */
    fake_settle();
    expect_nothing(second);
    ck_assert(take_one(agent));
    ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
}
END_TEST

START_TEST(a_stranger_is_named_in_vain)
{
    start_with(AGENT, NULL, _i);
    wait_for(agent, RT_S);
    reply(agent, 200, "");
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1|N: ca@[127.0.0.7]:2727"), _i ? 200 : 510);
}
END_TEST

/** 521 names who is to be told instead; without a name it is a refusal for good. */
START_TEST(the_agent_sends_us_on)
{
    start_with(AGENT, SECOND, false);
    wait_for(agent, RT_S);
    unsigned long first = tid();
    reply(agent, 521, _i ? "N: ca@[" SECOND "]:2727\r\n" : "");
    if (_i == 0) {
        fake_advance(100 * RT_S);
        expect_nothing(second);
        ck_assert_str_eq(service_of(a), "restarting");
        return;
    }
    ck_assert(take_one(second));
    expect_rsip("aaln/*", "restart");
    ck_assert_uint_ne(tid(), first); /* a new transaction */
    reply(second, 200, "");
    ck_assert_str_eq(service_of(b), "in service");
    expect_nothing(agent);
}
END_TEST

/** Nobody answers anywhere: disconnected or restarting, and tried again from the start. */
START_TEST(no_address_answers)
{
    start_with(AGENT, SECOND, false);
    wait_for(agent, RT_S);
    reply(agent, 200, "");
    mgcp_gw_event(a, NULL, "L", "hd", rt_str(""));
    unsigned told[2] = {0};
    for (rt_time t = 0; t < 70 * RT_S && strcmp(service_of(a), "disconnected"); t += RT_MS) {
        fake_advance(RT_MS);
        while (take_one(agent))
            told[0]++;
        while (take_one(second))
            told[1]++;
    }
    ck_assert_str_eq(service_of(a), "disconnected");
    ck_assert_str_eq(service_of(b), "in service"); /* who said nothing noticed nothing */
    ck_assert_uint_eq(told[0], 6);
    ck_assert_uint_ge(told[1], 6);
    rt_time since = rt_now();
    bool came = false;
    while (!came && rt_now() - since < 100 * RT_S) {
        fake_advance(RT_MS);
        came = take_one(agent) || take_one(second);
    }
    expect_rsip("aaln/1", "disconnected");
}
END_TEST

/** A name with two addresses: the second is tried after Max1, and kept. */
START_TEST(a_name_has_several_addresses)
{
    with_dns = true;
    start_with("ca.test:2727", NULL, false);
    with_dns = false;
    fake_dns_answer("ca.test", RT_DNS_A, 600, AGENT);
    fake_dns_answer("ca.test", RT_DNS_A, 600, SECOND);
    bool first = false, came = false;
    for (rt_time t = 0; t < PATIENCE && !came; t += RT_MS) {
        fake_advance(RT_MS);
        first = take_one(agent);
        came = first || take_one(second);
    }
    expect_rsip("aaln/*", "restart");
    struct rt_udp *silent = first ? agent : second, *next = first ? second : agent;
    unsigned n = 1;
    for (rt_time t = 0; t < PATIENCE && !take_one(next); t += RT_MS) {
        fake_advance(RT_MS);
        n += take_one(silent);
    }
    ck_assert_uint_eq(n, 6);
    reply(next, 200, "");
    ck_assert_str_eq(service_of(a), "in service");
    mgcp_gw_event(a, NULL, "L", "hd", rt_str(""));
    fake_settle();
    ck_assert(take_one(next));
    ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
}
END_TEST

/** A telephone that was lifted before the restart is told of as if it were lifted then (4.4.1). */
START_TEST(who_is_off_hook_is_told_of)
{
    start_with(AGENT, NULL, false);
    own.hook = true;
    wait_for(agent, RT_S);
    expect_rsip("aaln/*", "restart");
    reply(agent, 200, "");
    unsigned n = 0;
    while (take_one(agent)) {
        ck_assert_int_eq(strncmp(got, "NTFY", 4), 0);
        ck_assert_str_eq(value_of("X"), "0");
        ck_assert_str_eq(value_of("O"), "L/hd");
        reply(agent, 200, "");
        n++;
    }
    ck_assert_uint_eq(n, 2);
}
END_TEST

/** An event that is told to nobody ends the delay of the restart all the same (4.4.6). */
START_TEST(activity_ends_the_delay)
{
    start_with(AGENT, NULL, false);
    gw->rsips->first = 0;
    mgcp_gw_event(a, NULL, "G", "ft", rt_str(""));
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("aaln/*", "restart");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_failover");
    TCase *tc = tcase_create("failover");
    tcase_add_checked_fixture(tc, NULL, rig_close);
    tcase_add_test(tc, the_next_address_is_told_after_max1);
    tcase_add_test(tc, a_command_moves_nothing);
    tcase_add_test(tc, n_moves_the_agent);
    tcase_add_loop_test(tc, a_stranger_is_named_in_vain, 0, 2);
    tcase_add_loop_test(tc, the_agent_sends_us_on, 0, 2);
    tcase_add_test(tc, no_address_answers);
    tcase_add_test(tc, a_name_has_several_addresses);
    tcase_add_test(tc, who_is_off_hook_is_told_of);
    tcase_add_test(tc, activity_ends_the_delay);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
