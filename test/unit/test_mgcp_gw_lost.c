/* What endpoints of ours do when their agent does not answer (RFC 3435 4.4.7). */
#include "test/unit/mgcp_gw_service_rig.h"

/** A NTFY that nobody answers: given up 60 s (2 * T-HIST) after it was sent. */
static void lose_agent(struct mgcp_gw_endpoint *e)
{
    ck_assert_int_eq(mgcp_gw_command(e, MGCP_NTFY, rt_str("X: 0\r\nO: L/hd\r\n"), false), 0);
    for (unsigned i = 0; i < 120 && strcmp(service_of(e), "disconnected") != 0; i++)
        fake_advance(RT_S);
    ck_assert_str_eq(service_of(e), "disconnected");
    take(agent);
}

/** Lets RSIP be repeated in vain until it is given up: the instant. */
static rt_time until_given_up(struct mgcp_gw_endpoint *e)
{
    while (e->rsip->sent)
        fake_advance(RT_MS);
    take(agent);
    return rt_now();
}

START_TEST(a_lost_agent_is_told_so)
{
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: 0\r\n"), false), 0);
    while (!line->rsip)
        fake_advance(RT_MS);
    take(agent);
    rt_time delay = wait_for(agent, 15 * RT_S + 2 * RT_MS); /* 1 us to Tdinit */
    expect_rsip("aaln/1", "disconnected");
    ck_assert_int_eq(atoi(value_of("RD")), (int)(delay / RT_S));
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(line), "in service");
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: RM"), 200);
    ck_assert_str_eq(value_of("RM"), "restart");
}
END_TEST

START_TEST(the_wait_doubles_up_to_its_limit)
{
    gw->restart.tdinit = RT_S;
    gw->restart.tdmax = 3 * RT_S;
    lose_agent(line);
    if (!line->rsip->sent)
        wait_for(agent, RT_S + 2 * RT_MS);
    rt_time delay = line->rsip->delay;
    ck_assert_int_gt(delay, 0);
    ck_assert_int_le(delay, RT_S);
    for (unsigned i = 0; i < 5; i++) {
        until_given_up(line);
        delay = 2 * delay < 3 * RT_S ? 2 * delay : 3 * RT_S;
        rt_time waited = wait_for(agent, 4 * RT_S);
        ck_assert_int_ge(waited, delay - RT_MS);
        ck_assert_int_le(waited, delay + RT_MS);
        expect_rsip("aaln/1", "disconnected");
    }
    ck_assert_int_eq(delay, 3 * RT_S);
}
END_TEST

/** RSIP goes before the answer to the first command, in one datagram (4.4.4 rule 8), and is
 * repeated so. */
START_TEST(rsip_goes_with_the_answer)
{
    gw->restart.tdinit = 15 * RT_S;
    lose_agent(line);
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1|R: L/hd(N)"), 200);
    ck_assert_uint_eq(ngot, 1);
    ck_assert_ptr_nonnull(strstr(also, "RM: disconnected"));
    char first[1000];
    strcpy(first, also);
    wait_for(agent, RT_S); /* the same transaction */
    ck_assert_int_eq(strncmp(got, first, strlen(first)), 0);
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(line), "in service");
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 200);
    ck_assert_ptr_null(strstr(got, "RSIP"));
}
END_TEST

START_TEST(an_audit_is_answered_alone)
{
    lose_agent(line);
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: RM,RD"), 200);
    ck_assert_str_eq(value_of("RM"), "disconnected");
    strcpy(got, also); /* it starts the procedure all the same */
    expect_rsip("aaln/1", "disconnected");
}
END_TEST

START_TEST(commands_wait_until_the_agent_is_back)
{
    lose_agent(line);
    if (!line->rsip->sent)
        wait_for(agent, 16 * RT_S);
    take(agent);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: A\r\n"), false), 0);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: B\r\n"), true), 0);
    wait_for(agent, 5 * RT_S);
    expect_rsip("aaln/1", "disconnected");
    reply(agent, 200, "");
    char both[4000] = "";
    while (take_one(agent))
        strcat(both, got);
    const char *a = strstr(both, "X: A"), *b = strstr(both, "X: B");
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert(a < b);
}
END_TEST

static void press(const char *digit)
{
    mgcp_gw_event(line, NULL, "D", digit, (struct rt_str){0});
    fake_settle();
}

/** An endpoint leaves the notification state when the agent has heard of it, not before (4.4.1):
 * what happens meanwhile is told then. */
START_TEST(events_wait_until_the_agent_is_back)
{
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1|R: D/X(N)|Q: loop"), 200);
    press("1");
    while (!line->rsip)
        fake_advance(RT_MS);
    press("2");
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: B/NS"), 200);
    ck_assert_str_eq(value_of("B/NS"), "ns");
    until_given_up(line);
    press("3");
    take(agent);
    wait_for(agent, 60 * RT_S);
    expect_rsip("aaln/1", "disconnected");
    reply(agent, 200, "");
    for (unsigned i = 2; i <= 3; i++) {
        ck_assert(take_one(agent));
        ck_assert_str_eq(value_of("O"), i == 2 ? "D/2" : "D/3");
        reply(agent, 200, "");
    }
}
END_TEST

START_TEST(only_so_many_commands_are_kept)
{
    lose_agent(line);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: A\r\n"), false), 0);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: A\r\n"), false), ENOBUFS);
}
END_TEST

/** Local activity hurries the procedure, but not within Tdmin. */
START_TEST(activity_is_limited_by_tdmin)
{
    gw->restart.tdinit = 60 * RT_S;
    gw->restart.tdmin = 200 * RT_MS;
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: 0\r\n"), false), 0);
    while (!line->rsip)
        fake_advance(RT_MS);
    take(agent);
    rt_time lost = line->rsip->ended;
    ck_assert_int_gt(line->rsip->delay, RT_S); /* by this seed it would take longer */
    fake_advance(lost + 200 * RT_MS - RT_MS - rt_now());
    mgcp_gw_activity(line);
    expect_nothing(agent);
    fake_advance(RT_MS);
    mgcp_gw_activity(line);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("aaln/1", "disconnected");
}
END_TEST

START_TEST(the_lost_are_told_together)
{
    for (unsigned i = 0; i < 31; i++)
        ck_assert_int_eq(mgcp_gw_command(ds[i], MGCP_NTFY, rt_str("X: 0\r\n"), false), 0);
    while (!ds[30]->rsip)
        fake_advance(RT_MS);
    fake_settle();
    take(agent);
    ck_assert_ptr_eq(ds[0]->rsip, ds[30]->rsip);
    wait_for(agent, 16 * RT_S);
    expect_rsip("ds/e1-1/*", "disconnected");
    expect_nothing(agent);
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(ds[17]), "in service");
}
END_TEST

/** An agent that is lost while endpoints restart is told "restart" (4.4.6). */
START_TEST(restarts_go_on_as_restarts)
{
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    unsigned long first = tid();
    until_given_up(line);
    ck_assert_str_eq(service_of(line), "restarting");
    wait_for(agent, 16 * RT_S);
    expect_rsip("*", "restart");
    ck_assert_uint_ne(tid(), first);
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(line), "in service");
}
END_TEST

START_TEST(a_lost_agent_hears_of_the_end_of_service)
{
    lose_agent(line);
    take(agent);
    mgcp_gw_endpoint_out(line, 900, false);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("aaln/1", "forced");
    until_given_up(line);
    wait_for(agent, 16 * RT_S);
    expect_rsip("aaln/1", "forced");
    reply(agent, 200, "");
    ck_assert_ptr_null(line->rsip);
}
END_TEST

START_TEST(graceful_is_told_after_the_agent_is_back)
{
    ck_assert_uint_eq(command("CRCX", "aaln/1", "C: 1|M: recvonly"), 200);
    lose_agent(line);
    mgcp_gw_endpoint_out(line, 904, true);
    expect_nothing(agent);
    wait_for(agent, 16 * RT_S);
    expect_rsip("aaln/1", "disconnected");
    reply(agent, 200, "");
    ck_assert(take_one(agent));
    expect_rsip("aaln/1", "graceful");
}
END_TEST

START_TEST(what_cannot_be_told_ends_with_the_endpoint)
{
    lose_agent(line);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: A\r\n"), false), 0);
    mgcp_gw_endpoint_free(line);
    fake_advance(600 * RT_S);
    ck_assert(!take(agent));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_gw_lost");
    TCase *c = tcase_create("start");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, rig_close);
    tcase_add_test(c, restarts_go_on_as_restarts);
    suite_add_tcase(s, c);
    c = tcase_create("running");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup_running, rig_close);
    tcase_add_test(c, a_lost_agent_is_told_so);
    tcase_add_test(c, the_wait_doubles_up_to_its_limit);
    tcase_add_test(c, rsip_goes_with_the_answer);
    tcase_add_test(c, an_audit_is_answered_alone);
    tcase_add_test(c, commands_wait_until_the_agent_is_back);
    tcase_add_test(c, events_wait_until_the_agent_is_back);
    tcase_add_test(c, only_so_many_commands_are_kept);
    tcase_add_test(c, activity_is_limited_by_tdmin);
    tcase_add_test(c, the_lost_are_told_together);
    tcase_add_test(c, a_lost_agent_hears_of_the_end_of_service);
    tcase_add_test(c, graceful_is_told_after_the_agent_is_back);
    tcase_add_test(c, what_cannot_be_told_ends_with_the_endpoint);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
