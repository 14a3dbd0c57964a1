/* The call agent's side: starts, restarts, audits and lost gateways, each at its exact millisecond
 * (RFC 3435 2.3.10, 2.3.12, 4.4.5 to 4.4.8). */
#include "test/unit/mgcp_ca_rig.h"

#define LINES 24

static struct rig_owner o[LINES + 1]; /* o[n] owns aaln/n */

static void teardown(void)
{
    rig_free();
}

static void lines(enum mgcp_profile profile, rt_time audit, unsigned n)
{
    rig_new(profile, audit, 0);
    for (unsigned i = 1; i <= n; i++)
        rig_own(&o[i], i);
}

/* All in service and quiet. */
static void running(unsigned n, rt_time audit)
{
    lines(MGCP_RFC, audit, n);
    mgcp_ca_start(rig.gw);
    fake_advance(RT_S);
    for (unsigned i = 1; i <= n; i++)
        rig_log(&o[i]);
}

static void restart(const char *local, const char *rest)
{
    char text[300];

    snprintf(text, sizeof text, "RSIP T %s@rgw.example MGCP 1.0\r\n%s", local, rest);
    rig_say(text);
}

static unsigned said(void)
{
    return (unsigned)strtoul(rig.said, NULL, 10);
}

/* ---- the start ---- */

START_TEST(all_are_audited_at_the_start_at_a_bounded_rate)
{
    lines(MGCP_RFC, 0, 3);
    rig.named = 2;
    mgcp_ca_start(rig.gw);
    ck_assert_str_eq(rig_heard(1), "AUEP T *@rgw.example MGCP 1.0\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "audited on-hook []; in service 0; ");
    ck_assert_str_eq(rig_log(&o[3]), "out of service 0; "); /* it is not in the list */
    fake_advance(5 * RT_MS - 1);
    ck_assert_str_eq(rig_log(&o[2]), "");
    fake_advance(1);
    ck_assert_str_eq(rig_log(&o[2]), "audited on-hook []; in service 0; ");
    ck_assert_str_eq(rig_heard(0), "AUEP T aaln/2@rgw.example MGCP 1.0\r\nF: X,I,ES,RM,RD,E\r\n");
    ck_assert_uint_eq(rig.naudits, 3);
    ck_assert_uint_eq(rig_status().in_service, 2);
    /* what is not there is asked for again after five minutes */
    fake_advance(300 * RT_S - 5 * RT_MS - 1);
    ck_assert_uint_eq(rig.naudits, 3);
    fake_advance(1);
    ck_assert_str_eq(rig_log(&o[3]), "audited on-hook []; in service 0; ");
}
END_TEST

START_TEST(without_a_list_all_are_asked_one_by_one)
{
    static const char *const refusals[] = {"533 T too large\r\n", "503 T no\r\n", "500 T no\r\n",
                                           "200 T OK\r\n"};

    for (unsigned i = 0; i < RT_COUNT(refusals); i++) {
        lines(MGCP_RFC, 0, 2);
        rig_script("AUEP", refusals[i], 1);
        mgcp_ca_start(rig.gw);
        fake_advance(5 * RT_MS);
        ck_assert_uint_eq(rig.naudits, 3);
        ck_assert_uint_eq(rig_status().in_service, 2);
        if (i + 1 < RT_COUNT(refusals))
            rig_free();
    }
}
END_TEST

START_TEST(a_gateway_without_audits_is_in_service_at_once)
{
    lines(MGCP_OSMO, 10 * RT_S, 3);
    mgcp_ca_start(rig.gw);
    fake_settle();
    ck_assert_uint_eq(rig_status().in_service, 3);
    ck_assert_str_eq(rig_log(&o[3]), "in service 0; ");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(rig.nheard, 0);
}
END_TEST

START_TEST(audits_tell_the_state_of_service)
{
    static const struct {
        const char *answer, *log;
    } cases[] = {
        {"200 T OK\r\nI: 1A\r\nI: 2B\r\nES: L/hd\r\nRM: graceful\r\nE: 904 manual\r\n",
         "audited off-hook [1A,2B]; graceful 904; "},
        {"200 T OK\r\nRM: forced\r\nE: 902\r\n", "audited unknown []; out of service 902; "},
        {"200 T OK\r\nRM: restart\r\nRD: 30\r\n", "audited unknown []; out of service 0; "},
        {"200 T OK\r\nRM: disconnected\r\nRD: 3\r\n", "audited unknown []; in service 0; "},
        {"200 T OK\r\n", "audited unknown []; in service 0; "},
        {"504 T what\r\n", "in service 0; "}, /* it answers: it is there */
        {"501 T not ready\r\n", "out of service 0; "},
        {"500 T unknown\r\n", "out of service 0; "},
        {"405 T restarting\r\n", ""},
    };

    for (unsigned i = 0; i < RT_COUNT(cases); i++) {
        lines(MGCP_RFC, 0, 1);
        rig_script("AUEP", cases[i].answer, 1);
        mgcp_ca_start(rig.gw);
        ck_assert_str_eq(rig_log(&o[1]), cases[i].log);
        if (i + 1 < RT_COUNT(cases))
            rig_free();
    }
    fake_advance(5 * RT_S - 1); /* busy: again after 5 s */
    ck_assert_uint_eq(rig.naudits, 1);
    fake_advance(1);
    ck_assert_str_eq(rig_log(&o[1]), "audited on-hook []; in service 0; ");
}
END_TEST

/* ---- periodic audits ---- */

START_TEST(audits_come_every_so_often)
{
    running(2, 60 * RT_S);
    ck_assert_uint_eq(rig.naudits, 3);
    fake_advance(59 * RT_S - 1);
    ck_assert_uint_eq(rig.naudits, 3);
    fake_advance(1);
    ck_assert_uint_eq(rig.naudits, 4);
    fake_advance(5 * RT_MS);
    ck_assert_uint_eq(rig.naudits, 5);
    ck_assert_str_eq(rig_log(&o[2]), "audited on-hook []; "); /* nothing changed */
    fake_advance(60 * RT_S - 5 * RT_MS);
    ck_assert_uint_eq(rig.naudits, 6);
    mgcp_ca_set(rig.gw, &(struct mgcp_ca_config){.name = "rgw.example", .address = rig.there});
    fake_advance(600 * RT_S);
    ck_assert_uint_eq(rig.naudits, 7);
}
END_TEST

START_TEST(an_audit_finds_a_restart_that_nobody_told_of)
{
    running(1, 60 * RT_S);
    mgcp_ca_request(o[1].e, &(struct mgcp_request){.events = "L/hd(N)"}, NULL, NULL);
    rig_script("AUEP", "200 T OK\r\nX: 0\r\nI: \r\nES: L/hu\r\nRM: restart\r\n", 1);
    fake_advance(59 * RT_S);
    ck_assert_str_eq(rig_log(&o[1]), "audited on-hook []; in service 0 restarted; ");
}
END_TEST

/* ---- RSIP ---- */

START_TEST(a_restart_is_told_in_turn)
{
    running(3, 0);
    restart("aaln/[1-2]", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 200);
    ck_assert_str_eq(rig_log(&o[1]), "in service 0 restarted; ");
    ck_assert_int_eq(mgcp_ca_service(o[2].e), MGCP_UNKNOWN); /* no calls meanwhile */
    fake_advance(5 * RT_MS - 1);
    ck_assert_str_eq(rig_log(&o[2]), "");
    fake_advance(1);
    ck_assert_str_eq(rig_log(&o[2]), "in service 0 restarted; ");
    ck_assert_str_eq(rig_log(&o[3]), "");
    ck_assert_uint_eq(rig_status().in_service, 3);
}
END_TEST

START_TEST(each_method_of_restart_has_its_effect)
{
    running(2, 0);
    restart("aaln/1", "RM: forced\r\nE: 902 lower layer\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "out of service 902 restarted; ");
    restart("aaln/1", "RM: restart\r\nRD: 20\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "out of service 0 restarted; ");
    restart("aaln/1", "RM: restart\r\n");
    fake_advance(5 * RT_MS);
    ck_assert_str_eq(rig_log(&o[1]), "in service 0 restarted; ");
    restart("*", "RM: graceful\r\nRD: 600\r\nE: 904\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "graceful 904; ");
    ck_assert_str_eq(rig_log(&o[2]), "graceful 904; ");
    restart("aaln/*", "RM: cancel-graceful\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "in service 0; ");
    ck_assert_uint_eq(rig_status().in_service, 2);
    rig_script("AUEP", "200 T OK\r\nI: 1A\r\nES: L/hd\r\nRM: disconnected\r\n", 1);
    fake_advance(RT_S);
    restart("aaln/1", "RM: disconnected\r\nRD: 12\r\n");
    ck_assert_uint_eq(said(), 200);
    ck_assert_str_eq(rig_log(&o[1]), "audited off-hook [1A]; "); /* calls are kept */
}
END_TEST

START_TEST(restarts_that_are_wrong_are_refused)
{
    running(2, 0);
    restart("aaln/3", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 500);
    restart("ds/*", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 500);
    restart("aaln/1", "RM: explode\r\n");
    ck_assert_uint_eq(said(), 536);
    ck_assert_str_eq(rig_log(&o[1]), "");
}
END_TEST

START_TEST(what_waited_for_a_restarted_endpoint_fails)
{
    running(1, 0);
    rig_script("CRCX", NULL, 1);
    mgcp_ca_connect(o[1].e, &(struct mgcp_connect){.call = "C0", .mode = "inactive"}, NULL, NULL);
    mgcp_ca_delete(o[1].e, "C0", NULL, rig_done, &o[1]);
    fake_settle();
    restart("aaln/1", "RM: restart\r\n");
    ck_assert_str_eq(rig_log(&o[1]), "done 405 cause 41; in service 0 restarted; ");
}
END_TEST

/* ---- lost gateways ---- */

START_TEST(a_lost_gateway_is_asked_until_it_returns)
{
    rt_time lost;
    unsigned asked;

    running(2, 0);
    rig.silent = true;
    mgcp_ca_delete(o[1].e, "C0", NULL, rig_done, &o[1]);
    mgcp_ca_delete(o[1].e, "C1", NULL, rig_done, &o[1]);
    for (unsigned i = 0; i < 60000 && mgcp_ca_service(o[2].e) != MGCP_LOST; i++)
        fake_advance(RT_MS);
    lost = rt_now();
    ck_assert_ptr_nonnull(strstr(rig_log(&o[1]), "done 0 cause 27; lost 0; "));
    ck_assert_str_eq(rig_log(&o[2]), "lost 0; ");
    ck_assert_int_eq(rig_status().service, MGCP_LOST);
    ck_assert_uint_eq(rig_status().queued, 0);
    ck_assert_uint_eq(rig_status().in_service, 0);
    /* commands fail at once, but not from inside the call */
    mgcp_ca_delete(o[2].e, NULL, NULL, rig_done, &o[2]);
    ck_assert_str_eq(o[2].log, "");
    ck_assert_str_eq(rig_log(&o[2]), "done 0 cause 27; ");
    /* it is asked every 10 s */
    asked = rig.naudits;
    fake_advance(lost + 10 * RT_S - 1 - rt_now());
    ck_assert_uint_eq(rig.naudits, asked);
    fake_advance(1);
    ck_assert_uint_eq(rig.naudits, asked + 1);
    ck_assert_str_eq(rig_heard(0), "AUEP T aaln/1@rgw.example MGCP 1.0\r\n");
    fake_advance(lost + 20 * RT_S - rt_now() - RT_MS);
    rig.silent = false;
    fake_advance(RT_MS);
    ck_assert_str_eq(rig_log(&o[1]), "audited on-hook []; in service 0; ");
    fake_advance(5 * RT_MS);
    ck_assert_str_eq(rig_log(&o[2]), "audited on-hook []; in service 0; ");
    ck_assert_int_eq(rig_status().service, MGCP_IN_SERVICE);
    /* what was sent before is given up after it has returned: nothing to be told of */
    fake_advance(100 * RT_S);
    ck_assert_str_eq(rig_log(&o[1]), "");
    ck_assert_str_eq(rig_log(&o[2]), "");
}
END_TEST

START_TEST(a_gateway_that_is_not_there_at_the_start_is_lost)
{
    lines(MGCP_RFC, 0, 2);
    rig.silent = true;
    mgcp_ca_start(rig.gw);
    fake_advance(90 * RT_S);
    ck_assert_str_eq(rig_log(&o[1]), "lost 0; ");
    ck_assert_str_eq(rig_log(&o[2]), "lost 0; ");
    rig.silent = false;
    restart("*", "RM: restart\r\n");
    fake_advance(5 * RT_MS);
    ck_assert_str_eq(rig_log(&o[1]), "in service 0 restarted; ");
    ck_assert_str_eq(rig_log(&o[2]), "in service 0 restarted; ");
}
END_TEST

/* A command that nobody answers is no loss while the gateway answers others. */
START_TEST(one_silent_endpoint_is_no_lost_gateway)
{
    running(2, 0);
    rig_script("DLCX", NULL, 100);
    mgcp_ca_delete(o[1].e, "C0", NULL, rig_done, &o[1]);
    for (unsigned i = 0; i < 60; i++) {
        fake_advance(RT_S);
        mgcp_ca_request(o[2].e, &(struct mgcp_request){.events = "L/hd(N)"}, NULL, NULL);
    }
    ck_assert_str_eq(rig_log(&o[1]),
                     "done 0 cause 41; audited on-hook []; "); /* what is left there? */
    ck_assert_str_eq(rig_log(&o[2]), "");
    ck_assert_uint_eq(rig_status().in_service, 2);
}
END_TEST

START_TEST(osmo_is_noticed_by_commands)
{
    lines(MGCP_OSMO, 0, 1);
    mgcp_ca_start(rig.gw);
    rig_log(&o[1]);
    rig.silent = true;
    mgcp_ca_delete(o[1].e, "C0", NULL, NULL, NULL);
    fake_advance(90 * RT_S);
    ck_assert_str_eq(rig_log(&o[1]), "lost 0; ");
    rig.silent = false;
    fake_advance(10 * RT_S);
    ck_assert_str_eq(rig_log(&o[1]), "in service 0; ");
}
END_TEST

/* ---- load ---- */

START_TEST(a_gateway_that_is_overloaded_gets_less)
{
    lines(MGCP_ASTERISK, 0, 3);
    rig_script("AUEP", "409 T overload\r\n", 1);
    mgcp_ca_start(rig.gw);
    fake_advance(5 * RT_MS); /* this turn was fixed before the answer came */
    ck_assert_uint_eq(rig.naudits, 2);
    fake_advance(10 * RT_MS - 1);
    ck_assert_uint_eq(rig.naudits, 2);
    fake_advance(1);
    ck_assert_uint_eq(rig.naudits, 3);
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(rig_status().in_service, 3);
}
END_TEST

/* 4.4.8: 101 asks for the same, and the final answer follows. */
START_TEST(a_gateway_with_a_queue_gets_less_until_it_is_quiet)
{
    lines(MGCP_ASTERISK, 0, 1);
    rig_script("AUEP", "101 T queued\r\n", 1);
    mgcp_ca_start(rig.gw);
    ck_assert_str_eq(rig_log(&o[1]), "");
    ck_assert_uint_eq(rig.gw->slowed, 1);
    fake_advance(5 * RT_S); /* it is asked again after LONGTRAN */
    ck_assert_str_eq(rig_log(&o[1]), "audited on-hook []; in service 0; ");
    fake_advance(5 * RT_S);
    mgcp_ca_work(o[1].e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
    fake_settle();
    ck_assert_uint_eq(rig.gw->slowed, 0); /* 10 s later */
}
END_TEST

#define MANY 10000

static struct rig_owner *many(unsigned n)
{
    struct rig_owner *all = calloc(n + 1, sizeof *all);

    rig_new(MGCP_RFC, 0, 0);
    for (unsigned i = 1; i <= n; i++)
        rig_own(&all[i], i);
    return all;
}

/* 200 a second: the last of 10,000 is 49.995 s behind the first. */
START_TEST(an_avalanche_is_over_within_a_minute)
{
    struct rig_owner *all = many(MANY);
    unsigned before = 0;
    rt_time start;

    mgcp_ca_start(rig.gw);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(rig_status().in_service, MANY);
    rig.in_service = 0;
    start = rt_now();
    for (unsigned i = 1; i <= MANY; i++) { /* all of them within a second */
        char name[20];
        snprintf(name, sizeof name, "aaln/%u", i);
        restart(name, "RM: restart\r\n");
        ck_assert_uint_eq(said(), 200);
        if (i % 10 == 0)
            fake_advance(RT_MS);
    }
    for (unsigned s = 1; s <= 49; s++) {
        fake_advance(start + s * RT_S - rt_now());
        ck_assert_uint_le(rig.in_service - before, 201);
        before = rig.in_service;
    }
    fake_advance(start + 49995 * RT_MS - 1 - rt_now());
    ck_assert_uint_eq(rig.in_service, MANY - 1);
    fake_advance(1);
    ck_assert_uint_eq(rig.in_service, MANY);
    ck_assert_uint_eq(rig_status().in_service, MANY);
    ck_assert_int_eq(all[MANY].at - all[1].at, 49995 * RT_MS);
    free(all);
}
END_TEST

START_TEST(one_restart_of_everything_is_answered_at_once)
{
    struct rig_owner *all = many(MANY);

    restart("*", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 200);
    restart("*", "RM: restart\r\n"); /* those that wait do not count twice */
    restart("aaln/*", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 200);
    fake_advance(50 * RT_S); /* the first one came twice */
    ck_assert_uint_eq(rig_status().in_service, MANY);
    ck_assert_uint_eq(rig.in_service, MANY + 1);
    free(all);
}
END_TEST

START_TEST(more_than_can_wait_are_refused)
{
    struct rig_owner *all = many(MGCP_CA_PENDING_MAX + 1);
    uint64_t before = rt_counted(&mgcp_counters[MGCP_OVERLOADED]);

    restart("*", "RM: restart\r\n");
    ck_assert_uint_eq(said(), 409);
    ck_assert_uint_eq(rt_counted(&mgcp_counters[MGCP_OVERLOADED]), before + 1);
    restart("*", "RM: forced\r\n"); /* which makes nobody wait */
    ck_assert_uint_eq(said(), 200);
    free(all);
}
END_TEST

/* Six gateways of 200 a second each share the node's 1000. */
START_TEST(all_gateways_of_a_node_share_its_rate)
{
    enum { GATEWAYS = 6, EACH = 400 };
    struct mgcp_ca_gateway *g[GATEWAYS];
    struct rig_owner *all = calloc(GATEWAYS * EACH, sizeof *all);

    rig_new(MGCP_OSMO, 0, 0);
    for (unsigned i = 0; i < GATEWAYS; i++) {
        struct mgcp_ca_config c = {.name = "other.example", .profile = MGCP_RFC};
        c.address = rig.there;
        rt_addr_set_port(&c.address, (uint16_t)(3000 + i));
        ck_assert_int_eq(mgcp_ca_new(&g[i], rig.node, &c), 0);
        for (unsigned n = 0; n < EACH; n++) {
            struct rig_owner *own = &all[i * EACH + n];
            char local[20];
            snprintf(local, sizeof local, "aaln/%u", n + 1);
            ck_assert_int_eq(mgcp_ca_endpoint_new(&own->e, g[i], local, &rig_ops, own), 0);
            mgcp_ca_work(own->e, MGCP_CA_RESTARTED, MGCP_CA_URGENT);
        }
    }
    fake_advance(RT_S - 1);
    ck_assert_uint_eq(rig.in_service, 1000);
    for (unsigned i = 0; i < GATEWAYS; i++)
        ck_assert_uint_ge(g[i]->in_service, 166); /* each its share */
    fake_advance(1400 * RT_MS);
    ck_assert_uint_eq(rig.in_service, GATEWAYS * EACH);
    for (unsigned i = 0; i < GATEWAYS; i++)
        mgcp_ca_free(g[i]);
    free(all);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp service");
    TCase *tc = tcase_create("mgcp service");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, all_are_audited_at_the_start_at_a_bounded_rate);
    tcase_add_test(tc, without_a_list_all_are_asked_one_by_one);
    tcase_add_test(tc, a_gateway_without_audits_is_in_service_at_once);
    tcase_add_test(tc, audits_tell_the_state_of_service);
    tcase_add_test(tc, audits_come_every_so_often);
    tcase_add_test(tc, an_audit_finds_a_restart_that_nobody_told_of);
    tcase_add_test(tc, a_restart_is_told_in_turn);
    tcase_add_test(tc, each_method_of_restart_has_its_effect);
    tcase_add_test(tc, restarts_that_are_wrong_are_refused);
    tcase_add_test(tc, what_waited_for_a_restarted_endpoint_fails);
    tcase_add_test(tc, a_lost_gateway_is_asked_until_it_returns);
    tcase_add_test(tc, a_gateway_that_is_not_there_at_the_start_is_lost);
    tcase_add_test(tc, one_silent_endpoint_is_no_lost_gateway);
    tcase_add_test(tc, osmo_is_noticed_by_commands);
    tcase_add_test(tc, a_gateway_that_is_overloaded_gets_less);
    tcase_add_test(tc, a_gateway_with_a_queue_gets_less_until_it_is_quiet);
    tcase_add_test(tc, an_avalanche_is_over_within_a_minute);
    tcase_add_test(tc, one_restart_of_everything_is_answered_at_once);
    tcase_add_test(tc, more_than_can_wait_are_refused);
    tcase_add_test(tc, all_gateways_of_a_node_share_its_rate);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
