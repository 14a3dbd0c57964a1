/* Commands of an agent to endpoints of ours: connections, requests, and what is refused (RFC 3435
 * 2.3, 3.2). */
#include "test/unit/mgcp_gw_verbs_rig.h"

/* ---- names ---- */

static const struct {
    const char *verb, *endpoint, *lines;
    unsigned code;
} refusals[] = {
    /* 2.1.2, 2.4: endpoints */
    {"AUEP", "ds/e1-9/1", "", 500},
    {"RQNT", "ds/e1-9/*", "X: 1", 500},
    {"CRCX", "ds/e1-9/$", "C: 1|M: recvonly", 500},
    {"CRCX", "ds/e1-1/*", "C: 1|M: recvonly", 503},
    {"MDCX", "*", "C: 1|I: 1", 503},
    {"AUCX", "*", "I: 1|F: C", 503},
    {"RQNT", "ds/e1-1/$", "X: 1", 500},
    {"DLCX", "$", "", 500},
    {"AUEP", "$", "", 500},
    /* 3.2.1.1: verbs */
    {"XFOO", "ds/e1-1/1", "", 504},
    {"MESG", "ds/e1-1/1", "", 504},
    /* CRCX */
    {"CRCX", "ds/e1-1/1", "C: 1|M: both", 517},
    {"CRCX", "ds/e1-1/1", "C: 1|M: zz/foo", 518},
    {"CRCX", "ds/e1-1/1", "C: 1|M: sendrecv", 527},
    {"CRCX", "ds/e1-1/1", "C: 1|M: sendonly", 527},
    {"CRCX", "ds/e1-1/1", "C: 1|M: confrnce", 527},
    {"CRCX", "ds/e1-1/1", "C: 1|M: netwloop", 527},
    {"CRCX", "ds/e1-1/1", "C: 1|M: netwtest", 527},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|L: zz:1", 541},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|L: x+foo:1", 525},
    {"CRCX", "ds/e1-1/1", "C: 1|M: sendrecv||o=nothing", 509},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|Z2: ds/e1-1/2@gw" RC, 510},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|Z2: ds/e1-1/9@gw", 500},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|Z2: ds/e1-1/*@gw", 500},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|B: e:A,e", 510},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|B: e:alien", 507},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|B: y:A", 507},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|B: zz/y:A", 518},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|N: ca@192.0.2.99", 510},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|X: 1|R: zz/foo", 518},
    {"CRCX", "ds/e1-1/1", "C: 1|M: recvonly|X: 1|R: G/zz", 522},
    /* MDCX, AUCX, DLCX */
    {"MDCX", "ds/e1-1/1", "C: 1|I: FFFF", 515},
    {"AUCX", "ds/e1-1/1", "I: FFFF|F: C", 515},
    {"DLCX", "ds/e1-1/1", "C: 1|I: FFFF", 515},
    {"DLCX", "ds/e1-1/*", "C: 1|I: FFFF", 510},
    /* lines of packages */
    {"RQNT", "ds/e1-1/1", "X: 1|ZZ/a: 1", 518},
    {"RQNT", "ds/e1-1/1", "X: 1|BA/F: BA/Z", 539},
    {"AUEP", "ds/e1-1/1", "BA/Q: 1", 539},
};

START_TEST(what_cannot_be_is_refused)
{
    ck_assert_uint_eq(command(refusals[_i].verb, refusals[_i].endpoint, refusals[_i].lines),
                      refusals[_i].code);
    ck_assert_uint_eq(own.committed, 0);
    ck_assert_ptr_null(ds[0]->connections);
    ck_assert_ptr_null(ds[0]->events);
}
END_TEST

START_TEST(refusal_of_a_package_says_which_there_are)
{
    ck_assert_uint_eq(command("RQNT", "aaln/1", "X: 1|R: zz/foo"), 518);
    ck_assert_ptr_nonnull(strstr(value_of("PL"), "L:1,G:1,D:1"));
}
END_TEST

/* ---- CreateConnection ---- */

START_TEST(a_connection_is_made)
{
    ck_assert_uint_eq(
        command("CRCX", "DS/E1-1/1", "C: A3C47F21456789F0|L: p:10, a:PCMU|M: sendrecv" RC), 200);
    ck_assert(mgcp_is_id(rt_str(value_of("I"))));
    ck_assert_str_eq(value_of("Z"), "");
    ck_assert_ptr_nonnull(strstr(got, "\r\n\r\nv=0\r\no=- 1\r\n"));
    ck_assert_uint_eq(own.prepared, 1);
    ck_assert_uint_eq(own.committed, 1);
    ck_assert(!own.last.modify);
    ck_assert_int_eq(own.last.mode, MGCP_SENDRECV);
    ck_assert_str_eq(own.options, "p:10, a:PCMU");
    ck_assert_ptr_nonnull(strstr(own.remote, "m=audio 4000"));
    ck_assert_int_eq(mgcp_gw_connection_mode(ds[0]->connections), MGCP_SENDRECV);
    ck_assert_ptr_eq(mgcp_gw_connection_endpoint(ds[0]->connections), ds[0]);
    ck_assert_str_eq(mgcp_gw_connection_id(ds[0]->connections), value_of("I"));
}
END_TEST

START_TEST(the_owner_refuses)
{
    own.prepare = 534;
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|X: 1|R: D/[0-9](N)"), 534);
    ck_assert_ptr_null(ds[0]->connections);
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: X"), 200); /* the request went with it */
    ck_assert_str_eq(value_of("X"), "0");
    ck_assert_uint_eq(own.committed, 0);
}
END_TEST

START_TEST(a_refused_request_makes_no_connection)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|B: e:A|X: 1|S: L/rg"), 518);
    ck_assert_uint_eq(own.prepared, 0);
    ck_assert_uint_eq(ds[0]->bearer, MGCP_BEARER_UNSET);
}
END_TEST

START_TEST(any_endpoint_is_one_in_service_and_idle)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly"), 200);
    mgcp_gw_endpoint_out(ds[1], 904, false);
    fake_settle();
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/$", "C: 1|M: recvonly"), 200);
    ck_assert_str_eq(value_of("Z"), "ds/e1-1/3@gw");
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/$", "C: 1|M: recvonly"), 410);
}
END_TEST

START_TEST(four_connections_are_enough)
{
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: inactive"), 200);
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: inactive"), 540);
}
END_TEST

START_TEST(two_endpoints_of_ours_are_joined)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: sendrecv|Z2: ds/e1-2/1@gw|B: e:mu"),
                      200);
    ck_assert_ptr_nonnull(ds[0]->connections);
    ck_assert_ptr_nonnull(ds[3]->connections);
    ck_assert_str_eq(value_of("I2"), ds[3]->connections->id);
    ck_assert_str_eq(value_of("Z2"), "");
    ck_assert_int_eq(ds[0]->connections->mode, MGCP_SENDRECV);
    ck_assert_int_eq(ds[3]->connections->mode, MGCP_SENDRECV);
    /* each has the other's description: the first's was made again when it knew the second's */
    ck_assert_str_eq(ds[3]->connections->remote, "v=0\r\no=- 1\r\n");
    ck_assert_str_eq(ds[0]->connections->remote, "v=0\r\no=- 2\r\n");
    ck_assert_uint_eq(own.committed, 3);
    ck_assert_uint_eq(ds[0]->bearer, MGCP_BEARER_MU);
}
END_TEST

START_TEST(the_second_endpoint_may_be_any)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/$", "C: 1|M: recvonly|Z2: ds/e1-1/$@gw"), 200);
    ck_assert_str_eq(value_of("Z"), "ds/e1-1/1@gw");
    ck_assert_str_eq(value_of("Z2"), "ds/e1-1/2@gw");
    ck_assert_int_eq(ds[0]->connections->mode, MGCP_RECVONLY);
}
END_TEST

START_TEST(a_local_call_is_made_whole_or_not_at_all)
{
    own.refuse_after = 2 + (unsigned)_i; /* the second side, then the first's second part */
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|Z2: ds/e1-1/2@gw|B: e:A"),
                      502);
    ck_assert_ptr_null(ds[0]->connections);
    ck_assert_ptr_null(ds[1]->connections);
    ck_assert_uint_eq(ds[0]->bearer, MGCP_BEARER_UNSET);
    ck_assert_uint_eq(own.removed, 1 + (unsigned)_i);
}
END_TEST

/* ---- ModifyConnection ---- */

START_TEST(a_connection_is_changed)
{
    const char *id = connect_one("ds/e1-1/1", "ab");
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: b|I: %s", id, "")), 516);
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: AB|I: %s|M: sendrecv", id, "")), 527);
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: AB|I: %s|M: sendrecv" RC, id, "")),
                      200);
    ck_assert(own.last.modify);
    ck_assert_ptr_null(own.last.parsed);
    ck_assert_int_eq(ds[0]->connections->mode, MGCP_SENDRECV);
    ck_assert_ptr_nonnull(strstr(got, "v=0\r\no=- 2"));
    /* the mode is kept, and what did not change is not said again */
    own.silent = true;
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: AB|I: %s|L: p:20", id, "")), 200);
    ck_assert_int_eq(own.last.mode, MGCP_SENDRECV);
    ck_assert_ptr_null(strstr(got, "v=0"));
    own.prepare = 505;
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: AB|I: %s|M: inactive" RC, id, "")),
                      505);
    ck_assert_int_eq(ds[0]->connections->mode, MGCP_SENDRECV);
}
END_TEST

START_TEST(options_hold_until_others_take_their_place)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|L: p:10, a:PCMU, e:off"), 200);
    const char *id = value_of("I");
    ck_assert_uint_eq(command("MDCX", "ds/e1-1/1", format("C: 1|I: %s|L: p:20", id, "")), 200);
    ck_assert_uint_eq(command("AUCX", "ds/e1-1/1", format("I: %s|F: L", id, "")), 200);
    ck_assert_str_eq(value_of("L"), "p:20, a:PCMU, e:off");
}
END_TEST

/* ---- DeleteConnection ---- */

START_TEST(one_connection_is_deleted_with_its_statistics)
{
    const char *id = connect_one("ds/e1-1/1", "1");
    own.statistics = true;
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", format("C: 2|I: %s", id, "")), 516);
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", format("I: %s", id, "")), 510);
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", format("C: 1|I: %s|X: 1|R: zz/a", id, "")), 518);
    ck_assert_uint_eq(own.removed, 0);
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", format("C: 1|I: %s", id, "")), 250);
    ck_assert_ptr_nonnull(strstr(value_of("P"), "PS=10, OS=1600"));
    ck_assert_uint_eq(own.removed, 1);
    ck_assert_ptr_null(ds[0]->connections);
}
END_TEST

START_TEST(connections_of_a_call_are_deleted)
{
    connect_one("ds/e1-1/1", "1");
    connect_one("ds/e1-1/1", "2");
    connect_one("ds/e1-1/2", "2");
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", "C: 2"), 250);
    ck_assert_str_eq(value_of("P"), "");
    ck_assert_uint_eq(own.removed, 1);
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/1", "C: 2"), 250); /* of nothing */
    ck_assert_uint_eq(command("DLCX", "ds/e1-1/*", ""), 250);
    ck_assert_uint_eq(own.removed, 3);
    ck_assert_uint_eq(command("DLCX", "*", ""), 250);
    ck_assert_uint_eq(command("DLCX", "ds/e1-9/*", ""), 500);
    ck_assert_uint_eq(command("DLCX", "*", "X: 1|R: G/ft"), 510);
}
END_TEST

START_TEST(we_delete_a_connection)
{
    connect_one("ds/e1-1/1", "12");
    const char *id = value_of("I");
    own.statistics = true;
    mgcp_gw_connection_lost(ds[0]->connections, 902);
    fake_settle();
    ck_assert(take(agent));
    ck_assert_int_eq(strncmp(got, "DLCX ", 5), 0);
    ck_assert_ptr_nonnull(strstr(got, " ds/e1-1/1@gw MGCP 1.0\r\n"));
    ck_assert_str_eq(value_of("C"), "12");
    ck_assert_str_eq(value_of("I"), id);
    ck_assert_int_eq(strncmp(value_of("E"), "902 ", 4), 0);
    ck_assert_int_eq(strncmp(value_of("P"), "PS=10", 5), 0);
    ck_assert_ptr_null(ds[0]->connections);
    reply(agent, 250, "");
}
END_TEST

/* ---- EPCF, RQNT, N ---- */

START_TEST(bearers_are_set_for_all_or_none)
{
    ck_assert_uint_eq(command("EPCF", "ds/e1-1/*", "B: e:A"), 200);
    ck_assert_uint_eq(ds[2]->bearer, MGCP_BEARER_A);
    ck_assert_uint_eq(ds[3]->bearer, MGCP_BEARER_UNSET);
    mgcp_gw_endpoint_out(ds[1], 904, false);
    fake_settle();
    ck_assert_uint_eq(command("EPCF", "ds/e1-1/*", "B: e:mu"), 501);
    ck_assert_uint_eq(ds[2]->bearer, MGCP_BEARER_A);
}
END_TEST

START_TEST(a_request_of_many_is_of_all_or_none)
{
    ck_assert_uint_eq(command("RQNT", "*", "X: AB|R: D/[0-9](N)"), 200);
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: X"), 200);
    ck_assert_str_eq(value_of("X"), "AB");
    ck_assert_uint_eq(command("RQNT", "*", "X: CD|R: L/hd(N)"), 518); /* trunks have no L */
    ck_assert_uint_eq(command("AUEP", "aaln/1", "F: X"), 200);
    ck_assert_str_eq(value_of("X"), "AB");
}
END_TEST

START_TEST(the_notified_entity_is_followed)
{
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1|N: ca@[" AGENT "]:2727"), 200);
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: N"), 200);
    ck_assert_str_eq(value_of("N"), "ca@[" AGENT "]:2727");
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/2", "F: N"), 200);
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1|N: ca@[" SECOND "]"), 510);
    ck_assert_ptr_nonnull(strstr(got, "notified entity refused"));
}
END_TEST

/** What goes to the agent comes to `u`, and to nobody else. */
static void expect_notify(struct mgcp_gw_endpoint *e, struct rt_udp *u)
{
    struct rt_udp *not = u == agent ? second : agent;
    ck_assert_int_eq(mgcp_gw_command(e, MGCP_NTFY, rt_str("X: 0\r\nO: G/ft\r\n"), false), 0);
    fake_settle();
    ck_assert(take_one(u));
    ck_assert_int_eq(strncmp(got, "NTFY ", 5), 0);
    reply(u, 200, "");
    ck_assert(!take_one(not ));
}

START_TEST(each_endpoint_has_its_notified_entity)
{
    gw->foreign = true;
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1|N: ca@[" SECOND "]:2727"), 200);
    expect_notify(ds[0], second);
    expect_notify(ds[1], agent);
    expect_notify(ds[0], second);
    /* an empty one: whoever sent the command */
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1|N:"), 200);
    expect_notify(ds[0], agent);
}
END_TEST

START_TEST(lone_x_means_nothing_to_some)
{
    mgcp_gw_free(gw);
    struct mgcp_gw_config cfg = rig_config;
    cfg.profile = MGCP_ASTERISK;
    ck_assert_int_eq(mgcp_gw_new(&gw, node, &cfg), 0);
    ds[0] = rig_endpoint("ds/e1-1/1", MGCP_TRUNK_ENDPOINT);
    rig_start();
    ck_assert_uint_eq(command("RQNT", "ds/e1-1/1", "X: 1|R: D/[0-9](N)"), 200);
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: 1|M: recvonly|X: 2"), 200);
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", "F: X,R"), 200);
    ck_assert_str_eq(value_of("X"), "1");
    ck_assert_ptr_nonnull(strstr(value_of("R"), "D/[0-9]"));
}
END_TEST

/* ---- endpoints ---- */

START_TEST(names_of_endpoints_are_checked)
{
    struct mgcp_gw_endpoint *e = NULL;
    ck_assert_int_eq(mgcp_gw_endpoint_new(&e, gw, "AALN/1", MGCP_LINE_ENDPOINT, &own_ops, NULL),
                     EEXIST);
    ck_assert_int_eq(mgcp_gw_endpoint_new(&e, gw, "aaln/*", MGCP_LINE_ENDPOINT, &own_ops, NULL),
                     EINVAL);
    ck_assert_str_eq(mgcp_gw_endpoint_name(line), "aaln/1");
    mgcp_gw_endpoint_free(line);
    ck_assert_uint_eq(command("AUEP", "aaln/1", ""), 500);
}
END_TEST

START_TEST(status_of_an_endpoint)
{
    struct mgcp_gw_endpoint_status s;
    connect_one("ds/e1-1/1", "1");
    mgcp_gw_endpoint_status(ds[0], &s);
    ck_assert_str_eq(s.service, "in service");
    ck_assert_uint_eq(s.connections, 1);
    ck_assert_str_eq(s.agent, AGENT ":2727");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_gw");
    TCase *c = tcase_create("gw");
    tcase_add_checked_fixture(c, setup, rig_close);
    tcase_add_loop_test(c, what_cannot_be_is_refused, 0, (int)RT_COUNT(refusals));
    tcase_add_test(c, refusal_of_a_package_says_which_there_are);
    tcase_add_test(c, a_connection_is_made);
    tcase_add_test(c, the_owner_refuses);
    tcase_add_test(c, a_refused_request_makes_no_connection);
    tcase_add_test(c, any_endpoint_is_one_in_service_and_idle);
    tcase_add_test(c, four_connections_are_enough);
    tcase_add_test(c, two_endpoints_of_ours_are_joined);
    tcase_add_test(c, the_second_endpoint_may_be_any);
    tcase_add_loop_test(c, a_local_call_is_made_whole_or_not_at_all, 0, 2);
    tcase_add_test(c, a_connection_is_changed);
    tcase_add_test(c, options_hold_until_others_take_their_place);
    tcase_add_test(c, one_connection_is_deleted_with_its_statistics);
    tcase_add_test(c, connections_of_a_call_are_deleted);
    tcase_add_test(c, we_delete_a_connection);
    tcase_add_test(c, bearers_are_set_for_all_or_none);
    tcase_add_test(c, a_request_of_many_is_of_all_or_none);
    tcase_add_test(c, the_notified_entity_is_followed);
    tcase_add_test(c, each_endpoint_has_its_notified_entity);
    tcase_add_test(c, lone_x_means_nothing_to_some);
    tcase_add_test(c, names_of_endpoints_are_checked);
    tcase_add_test(c, status_of_an_endpoint);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
