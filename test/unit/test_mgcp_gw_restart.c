/* What an agent is told of service, and when: restart and out of service (RFC 3435 2.3.12,
 * 4.4.5, 4.4.6). */
#include "test/unit/mgcp_gw_service_rig.h"

/* ---- restart ---- */

START_TEST(one_rsip_restarts_all)
{
    ck_assert_str_eq(service_of(line), "restarting");
    mgcp_gw_start(gw);
    expect_nothing(agent);
    ck_assert_int_le(wait_for(agent, RT_S), 2 * RT_MS);
    expect_rsip("*", "restart");
    ck_assert_str_eq(value_of("RD"), "");
    ck_assert_str_eq(value_of("E"), "");
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(ds[0]), "in service");
    ck_assert(mgcp_gw_endpoint_in_service(ds[0]));
    fake_advance(60 * RT_S);
    expect_nothing(agent);
}
END_TEST

static const struct {
    rt_time mwd, most;
} delays[] = {{0, 100 * RT_S / 32}, {500 * RT_MS, 500 * RT_MS}};

/** Of trunks a sixth of 600 s over their number. */
START_TEST(the_delay_is_random_within_its_limit)
{
    rig_close();
    open_with((struct mgcp_restart){.mwd = delays[_i].mwd}, MGCP_RFC);
    mgcp_gw_start(gw);
    fake_advance(delays[_i].most);
    ck_assert(take_one(agent));
    expect_rsip("*", "restart");
}
END_TEST

START_TEST(a_line_waits_for_ten_minutes_at_most)
{
    mgcp_gw_free(gw);
    struct mgcp_gw_config cfg = rig_config;
    cfg.restart.mwd = 0;
    ck_assert_int_eq(mgcp_gw_new(&gw, node, &cfg), 0);
    line = rig_endpoint("aaln/1", MGCP_LINE_ENDPOINT);
    mgcp_gw_start(gw);
    rt_time waited = wait_for(agent, 600 * RT_S);
    ck_assert_int_gt(waited, 100 * RT_S); /* by this seed: more than any other default */
    expect_rsip("aaln/1", "restart");
}
END_TEST

START_TEST(a_command_cuts_the_delay_short)
{
    rig_close();
    open_with((struct mgcp_restart){.mwd = 600 * RT_S}, MGCP_RFC);
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 405); /* not even begun */
    mgcp_gw_start(gw);
    if (_i == 0) {
        ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 405);
        strcpy(got, also);
    } else {
        mgcp_gw_activity(line);
        fake_settle();
        ck_assert(take_one(agent));
    }
    expect_rsip("*", "restart");
}
END_TEST

/** 405 to all but audits until RSIP is answered. */
START_TEST(nothing_else_comes_first)
{
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    char rsip[1000];
    memcpy(rsip, got, sizeof(rsip));
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: RM"), 200);
    ck_assert_str_eq(value_of("RM"), "restart");
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 405);
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/$", "C: 1|M: recvonly"), 410);
    ck_assert_uint_eq(command("DLCX", "*", ""), 405);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: 0\r\nO: L/hd\r\n"), false), 0);
    fake_settle();
    memcpy(got, rsip, sizeof(rsip));
    reply(agent, 200, "");
    ck_assert(take_one(agent)); /* what was kept back goes now */
    ck_assert_int_eq(strncmp(got, "NTFY ", 5), 0);
    reply(agent, 200, "");
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 200);
}
END_TEST

START_TEST(who_is_out_from_the_start_is_forced)
{
    for (unsigned i = 0; i < 31; i++)
        mgcp_gw_endpoint_out(ds[i], 902, false);
    expect_nothing(agent);
    mgcp_gw_start(gw);
    fake_advance(2 * RT_MS);
    unsigned forced = 0, restarts = 0;
    while (take_one(agent)) {
        bool f = strcmp(value_of("RM"), "forced") == 0;
        forced += f;
        restarts += !f;
        if (f) {
            expect_rsip("ds/e1-1/*", "forced");
            ck_assert_int_eq(strncmp(value_of("E"), "902 ", 4), 0);
        }
        reply(agent, 200, "");
    }
    ck_assert_uint_eq(forced, 1);
    ck_assert_uint_eq(restarts, 2); /* ds/e1-2/1 and aaln/1: "*" would name all */
    ck_assert_str_eq(service_of(ds[0]), "out of service");
    ck_assert_str_eq(service_of(other), "in service");
}
END_TEST

/* ---- answers to RSIP ---- */

START_TEST(a_transient_error_is_tried_again)
{
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    unsigned long first = tid();
    reply(agent, 405, "");
    rt_time a = wait_for(agent, 16 * RT_S);
    expect_rsip("*", "restart");
    ck_assert_uint_ne(tid(), first);
    reply(agent, 409, "");
    rt_time b = wait_for(agent, 31 * RT_S);
    ck_assert_int_le(b, 2 * a);
    ck_assert_int_ge(b, 2 * a - 2 * RT_MS); /* twice as long, to the millisecond */
    reply(agent, 200, "");
    ck_assert_str_eq(service_of(line), "in service");
}
END_TEST

START_TEST(a_permanent_error_is_final_until_a_command)
{
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    reply(agent, 500, "");
    fake_advance(3600 * RT_S);
    expect_nothing(agent);
    mgcp_gw_activity(line);
    expect_nothing(agent);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str(""), false), ENOTCONN);
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1"), 405);
    strcpy(got, also);
    expect_rsip("aaln/1", "restart");
}
END_TEST

START_TEST(another_agent_is_named)
{
    gw->foreign = true;
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    reply(agent, 521, "N: ca@[" SECOND "]\r\n");
    ck_assert(take_one(second)); /* at once */
    expect_rsip("*", "restart");
    reply(second, 200, "");
    ck_assert_str_eq(service_of(line), "in service");
    expect_nothing(agent);
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: 0\r\n"), false), 0);
    fake_settle();
    ck_assert(take_one(second));
}
END_TEST

START_TEST(a_new_agent_comes_with_success)
{
    gw->foreign = true;
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    reply(agent, 200, "N: ca@[" SECOND "]:2727\r\n");
    ck_assert_str_eq(service_of(line), "in service");
    ck_assert_int_eq(mgcp_gw_command(line, MGCP_NTFY, rt_str("X: 0\r\n"), false), 0);
    fake_settle();
    ck_assert(take_one(second));
    expect_nothing(agent);
}
END_TEST

/** 521 without N, or with one that is not ours, is as any other permanent error; an unknown 3xx is
 * as 521. */
static const struct {
    unsigned code;
    const char *more;
    bool foreign;
    const char *service;
} redirects[] = {
    {521, "", true, "restarting"},
    {521, "N: ca@[" SECOND "]\r\n", false, "restarting"},
    {399, "", true, "restarting"},
    {299, "", false, "in service"},
};

START_TEST(a_redirection_that_leads_nowhere)
{
    gw->foreign = redirects[_i].foreign;
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    reply(agent, redirects[_i].code, redirects[_i].more);
    fake_advance(600 * RT_S);
    expect_nothing(agent);
    expect_nothing(second);
    ck_assert_str_eq(service_of(line), redirects[_i].service);
}
END_TEST

START_TEST(agents_that_send_us_around_are_given_time)
{
    struct rt_udp *at[2] = {agent, second};
    static const char *const to[] = {"N: ca@[" SECOND "]\r\n", "N: ca@[" AGENT "]\r\n"};
    gw->foreign = true;
    mgcp_gw_start(gw);
    wait_for(agent, RT_S);
    unsigned turns = 0;
    do {
        reply(at[turns % 2], 521, to[turns % 2]);
        turns++;
    } while (turns < 50 && take_one(at[turns % 2]));
    ck_assert_uint_eq(turns, 5);
    ck_assert_int_le(wait_for(at[turns % 2], 16 * RT_S), 15 * RT_S);
}
END_TEST

/** Ten thousand endpoints in spans of 30: one RSIP at the start, one of each span that fails. */
START_TEST(many_endpoints_take_few_messages)
{
    static struct mgcp_gw_endpoint *e[10000];
    char name[32];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "ds/x-%u/%u", i / 30 + 1, i % 30 + 1);
        e[i] = rig_endpoint(name, MGCP_TRUNK_ENDPOINT);
    }
    mgcp_gw_start(gw);
    fake_advance(2 * RT_MS);
    ck_assert_uint_eq(agree(agent), 1);
    for (unsigned i = 0; i < 9000; i++)
        mgcp_gw_endpoint_out(e[i], 902, false);
    fake_settle();
    ck_assert_uint_eq(agree(agent), 300);
    ck_assert_uint_le(sizeof(struct mgcp_gw_endpoint), 256);
}
END_TEST

/* ---- out of service and back ---- */

START_TEST(a_span_goes_and_comes_back)
{
    for (unsigned i = 0; i < 31; i++)
        mgcp_gw_endpoint_out(ds[i], 902, false);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/*", "forced");
    ck_assert_int_eq(strncmp(value_of("E"), "902 ", 4), 0);
    ck_assert_str_eq(value_of("RD"), "");
    reply(agent, 200, "");
    expect_nothing(agent);
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1"), 501);
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: RM,E"), 200);
    ck_assert_str_eq(value_of("RM"), "forced");
    ck_assert_int_eq(strncmp(value_of("E"), "902 ", 4), 0);
    ck_assert_uint_eq(command("DLCX", "*", ""), 250);
    ck_assert_int_eq(mgcp_gw_command(ds[0], MGCP_NTFY, rt_str(""), false), ENOTCONN);
    for (unsigned i = 0; i < 31; i++)
        mgcp_gw_endpoint_back(ds[i]);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/*", "restart");
    reply(agent, 200, "");
    expect_nothing(agent);
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1"), 200);
}
END_TEST

START_TEST(some_of_a_span_are_told_one_by_one)
{
    for (unsigned i = 0; i < 3; i++)
        mgcp_gw_endpoint_out(ds[i], 904, false);
    mgcp_gw_endpoint_out(other, 904, false);
    fake_settle();
    unsigned n = 0;
    while (take_one(agent)) {
        ck_assert_ptr_null(strchr(got, '*'));
        n++;
        reply(agent, 200, "");
    }
    ck_assert_uint_eq(n, 4);
}
END_TEST

START_TEST(reasons_are_told_apart)
{
    mgcp_gw_endpoint_out(ds[0], 904, false);
    mgcp_gw_endpoint_out(ds[1], 905, false);
    mgcp_gw_endpoint_out(ds[2], 905, false);
    mgcp_gw_endpoint_back(ds[2]); /* in the same turn: restart alone is told */
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/1", "forced");
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/2", "forced");
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/3", "restart");
    expect_nothing(agent);
}
END_TEST

START_TEST(forced_out_ends_all)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|X: 7|R: D/[0-9](N)"), 200);
    mgcp_gw_endpoint_out(ds[0], 900, false);
    fake_settle();
    ck_assert_uint_eq(own.removed, 1);
    ck_assert_ptr_null(ds[0]->connections);
    ck_assert_ptr_null(ds[0]->events);
}
END_TEST

START_TEST(graceful_waits_for_the_last_connection)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly"), 200);
    mgcp_gw_endpoint_out(ds[0], 904, true);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/1", "graceful");
    ck_assert_int_eq(strncmp(value_of("E"), "904 ", 4), 0);
    reply(agent, 200, "");
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: RM"), 200);
    ck_assert_str_eq(value_of("RM"), "graceful");
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1"), 200); /* in service until then */
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", ""), 250);
    strcpy(got, also);
    expect_rsip("ds/e1-1/1", "forced");
    ck_assert_str_eq(service_of(ds[0]), "out of service");
}
END_TEST

START_TEST(graceful_without_connections_is_at_once)
{
    mgcp_gw_endpoint_out(ds[0], 904, true);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/1", "forced");
}
END_TEST

START_TEST(graceful_is_taken_back)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly"), 200);
    mgcp_gw_endpoint_out(ds[0], 904, true);
    fake_settle();
    ck_assert(take_one(agent));
    reply(agent, 200, "");
    mgcp_gw_endpoint_back(ds[0]);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("ds/e1-1/1", "cancel-graceful");
    ck_assert_str_eq(value_of("RD"), "");
    reply(agent, 200, "");
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: RM,E"), 200);
    ck_assert_str_eq(value_of("RM"), "restart");
    ck_assert_int_eq(strncmp(value_of("E"), "000", 3), 0);
}
END_TEST

START_TEST(an_endpoint_that_comes_later_is_announced)
{
    rig_endpoint("aaln/2", MGCP_LINE_ENDPOINT);
    fake_settle();
    ck_assert(take_one(agent));
    expect_rsip("aaln/2", "restart");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_gw_restart");
    TCase *c = tcase_create("start");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, rig_close);
    tcase_add_test(c, one_rsip_restarts_all);
    tcase_add_loop_test(c, the_delay_is_random_within_its_limit, 0, (int)RT_COUNT(delays));
    tcase_add_test(c, a_line_waits_for_ten_minutes_at_most);
    tcase_add_loop_test(c, a_command_cuts_the_delay_short, 0, 2);
    tcase_add_test(c, nothing_else_comes_first);
    tcase_add_test(c, who_is_out_from_the_start_is_forced);
    tcase_add_test(c, many_endpoints_take_few_messages);
    tcase_add_test(c, a_transient_error_is_tried_again);
    tcase_add_test(c, a_permanent_error_is_final_until_a_command);
    tcase_add_test(c, another_agent_is_named);
    tcase_add_test(c, a_new_agent_comes_with_success);
    tcase_add_loop_test(c, a_redirection_that_leads_nowhere, 0, (int)RT_COUNT(redirects));
    tcase_add_test(c, agents_that_send_us_around_are_given_time);
    suite_add_tcase(s, c);
    c = tcase_create("running");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup_running, rig_close);
    tcase_add_test(c, a_span_goes_and_comes_back);
    tcase_add_test(c, some_of_a_span_are_told_one_by_one);
    tcase_add_test(c, reasons_are_told_apart);
    tcase_add_test(c, forced_out_ends_all);
    tcase_add_test(c, graceful_waits_for_the_last_connection);
    tcase_add_test(c, graceful_without_connections_is_at_once);
    tcase_add_test(c, graceful_is_taken_back);
    tcase_add_test(c, an_endpoint_that_comes_later_is_announced);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
