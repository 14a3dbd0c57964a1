/* The call agent's side: commands in order and what came of them, and what gateways tell on their
 * own (RFC 3435 2.3). */
#include "test/unit/mgcp_ca_rig.h"

static struct rig_owner o;

static void teardown(void)
{
    rig_free();
}

/* ---- commands as they are written ---- */

START_TEST(a_request_has_an_id_of_its_own)
{
    struct mgcp_request r = {.events = "L/hu(N),L/hf(N)", .signals = "L/rg", .loop = true};
    char want[300], first[40];

    rig_one(&o, MGCP_RFC);
    ck_assert_int_eq(mgcp_ca_request(o.e, &r, rig_done, &o), 0);
    ck_assert_str_eq(o.log, ""); /* never from inside the call */
    snprintf(want, sizeof want,
             "RQNT T aaln/1@rgw.example MGCP 1.0\r\nN: ca@192.0.2.1:2727\r\nX: %s\r\n"
             "R: L/hu(N),L/hf(N)\r\nS: L/rg\r\nQ: loop\r\n",
             rig_x());
    ck_assert_str_eq(rig_heard(0), want);
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0; ");
    strcpy(first, rig_x());
    ck_assert_int_eq(mgcp_ca_request(o.e,
                                     &(struct mgcp_request){.digit_map = "(xx.T)", .signals = ""},
                                     NULL, NULL),
                     0);
    ck_assert_str_ne(rig_x(), first);
    snprintf(want, sizeof want,
             "RQNT T aaln/1@rgw.example MGCP 1.0\r\nN: ca@192.0.2.1:2727\r\nX: %s\r\n"
             "S:\r\nD: (xx.T)\r\n",
             rig_x());
    ck_assert_str_eq(rig_heard(0), want);
}
END_TEST

START_TEST(a_connection_is_made_changed_and_deleted)
{
    struct mgcp_request r = {.events = "L/hd(N)", .signals = "L/rg"};
    struct mgcp_connect c = {
        .call = "C0", .mode = "recvonly", .options = "p:20, a:PCMA;PCMU", .request = &r};
    char want[400];

    rig_one(&o, MGCP_RFC);
    ck_assert_int_eq(mgcp_ca_connect(o.e, &c, rig_done, &o), 0);
    snprintf(want, sizeof want,
             "CRCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\nN: ca@192.0.2.1:2727\r\n"
             "L: p:20, a:PCMA;PCMU\r\nM: recvonly\r\nX: %s\r\nR: L/hd(N)\r\nS: L/rg\r\n",
             rig_x());
    ck_assert_str_eq(rig_heard(0), want);
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0 I 1A sdp 5; ");
    c = (struct mgcp_connect){
        .call = "C0", .connection = "1A", .mode = "sendrecv", .sdp = rt_str("v=0\r\n")};
    ck_assert_int_eq(mgcp_ca_connect(o.e, &c, rig_done, &o), 0);
    ck_assert_str_eq(rig_heard(0), "MDCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\nI: 1A\r\n"
                                   "M: sendrecv\r\n\r\nv=0\r\n");
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0; ");
    ck_assert_int_eq(mgcp_ca_delete(o.e, "C0", "1A", rig_done, &o), 0);
    ck_assert_str_eq(rig_heard(0), "DLCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\nI: 1A\r\n");
    ck_assert_str_eq(rig_log(&o), "done 250 cause 0 sent 10; ");
    ck_assert_int_eq(mgcp_ca_delete(o.e, NULL, NULL, NULL, NULL), 0);
    ck_assert_str_eq(rig_heard(0), "DLCX T aaln/1@rgw.example MGCP 1.0\r\n");
}
END_TEST

START_TEST(osmo_gets_one_codec_and_no_events)
{
    struct mgcp_request r = {.events = "L/hd(N)"};
    struct mgcp_connect c = {
        .call = "C0", .mode = "sendrecv", .options = "p:10, a:PCMA;PCMU, e:on", .request = &r};

    rig_one(&o, MGCP_OSMO);
    ck_assert_uint_eq(rig.nheard, 0); /* it is not audited */
    ck_assert_int_eq(mgcp_ca_connect(o.e, &c, rig_done, &o), 0);
    ck_assert_str_eq(rig_heard(0), "CRCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\n"
                                   "L: p:20, a:PCMA, e:on\r\nM: sendrecv\r\n");
    rig_log(&o);
    ck_assert_int_eq(mgcp_ca_request(o.e, &r, rig_done, &o), 0);
    ck_assert_int_eq(mgcp_ca_audit(o.e, rig_done, &o), 0);
    ck_assert_str_eq(o.log, "");
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0; done 200 cause 0; ");
    ck_assert_uint_eq(rig.nheard, 1);
}
END_TEST

/* ---- the queue ---- */

START_TEST(one_command_is_under_way_at_a_time)
{
    rig_one(&o, MGCP_RFC);
    rig_script("CRCX", NULL, 1);
    mgcp_ca_connect(o.e, &(struct mgcp_connect){.call = "C0", .mode = "inactive"}, rig_done, &o);
    mgcp_ca_delete(o.e, "C0", NULL, rig_done, &o);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "L/hd(N)"}, rig_done, &o);
    fake_settle();
    ck_assert_uint_eq(rig.nheard, 2); /* the audit at the start, and CRCX */
    ck_assert_uint_eq(rig_status().queued, 2);
    ck_assert_uint_eq(rig_status().in_flight, 1);
    fake_advance(400 * RT_MS); /* it is repeated */
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0 I 1A sdp 5; done 250 cause 0 sent 10; "
                                  "done 200 cause 0; ");
    ck_assert_ptr_eq(strstr(rig_heard(1), "DLCX"), rig_heard(1));
    ck_assert_ptr_eq(strstr(rig_heard(0), "RQNT"), rig_heard(0));
    ck_assert_uint_eq(rig_status().queued, 0);
}
END_TEST

START_TEST(a_queue_has_an_end)
{
    rig_one(&o, MGCP_RFC);
    rig.silent = true;
    for (unsigned i = 0; i < 1 + MGCP_CA_QUEUE_MAX; i++)
        ck_assert_int_eq(mgcp_ca_delete(o.e, NULL, NULL, NULL, NULL), 0);
    ck_assert_int_ne(mgcp_ca_delete(o.e, NULL, NULL, NULL, NULL), 0);
}
END_TEST

START_TEST(what_is_forgotten_is_not_told)
{
    struct rig_owner other = {.e = NULL};

    rig_one(&o, MGCP_RFC);
    mgcp_ca_delete(o.e, "C0", NULL, rig_done, &other);
    mgcp_ca_delete(o.e, "C1", NULL, rig_done, &o);
    mgcp_ca_delete(o.e, "C2", NULL, rig_done, &other);
    mgcp_ca_forget(o.e, &other);
    ck_assert_str_eq(rig_log(&o), "done 250 cause 0 sent 10; ");
    ck_assert_str_eq(other.log, "");
    ck_assert_ptr_nonnull(strstr(rig_heard(0), "C2")); /* they were sent all the same */
}
END_TEST

START_TEST(a_freed_endpoint_is_silent)
{
    rig_one(&o, MGCP_RFC);
    rig_script("DLCX", NULL, 9);
    mgcp_ca_delete(o.e, "C0", NULL, rig_done, &o);
    mgcp_ca_delete(o.e, "C1", NULL, rig_done, &o);
    fake_settle();
    mgcp_ca_endpoint_free(o.e);
    fake_advance(60 * RT_S);
    ck_assert_str_eq(rig_log(&o), "");
    ck_assert_uint_eq(rig_status().endpoints, 0);
    ck_assert_uint_eq(rig_status().queued, 0);
}
END_TEST

START_TEST(an_owner_may_free_its_endpoint_when_told)
{
    rig_one(&o, MGCP_RFC);
    o.frees = true;
    rig_script("RQNT", "500 T unknown\r\n", 1);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "L/hd(N)"}, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "out of service 0; "); /* and no result */
    ck_assert_uint_eq(rig_status().endpoints, 0);
}
END_TEST

static void free_when_done(void *arg, const struct mgcp_result *r)
{
    struct rig_owner *own = arg;

    rig_done(own, r);
    mgcp_ca_endpoint_free(own->e);
}

START_TEST(an_owner_may_free_its_endpoint_in_a_result)
{
    rig_one(&o, MGCP_RFC);
    mgcp_ca_delete(o.e, "C0", NULL, free_when_done, &o);
    mgcp_ca_delete(o.e, "C1", NULL, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "done 250 cause 0 sent 10; ");
    fake_advance(RT_S); /* the answer to the second finds nobody */
    ck_assert_str_eq(rig_log(&o), "");
    ck_assert_ptr_nonnull(strstr(rig_heard(0), "C: C1"));
}
END_TEST

/* ---- results ---- */

/* RFC 3661 2.3, and the causes of the table of return codes. */
START_TEST(a_hook_that_we_had_wrong_is_audited)
{
    rig_one(&o, MGCP_RFC);
    rig_script("RQNT", "401 T phone off-hook\r\n", 1);
    rig_script("AUEP", "200 T OK\r\nI: 1A, 2B\r\nES: L/hd\r\nRM: restart\r\n", 1);
    mgcp_ca_request(o.e, &(struct mgcp_request){.signals = "L/rg"}, rig_done, &o);
    fake_advance(5 * RT_MS); /* its turn is 5 ms after that of the start */
    ck_assert_ptr_nonnull(strstr(rig_heard(0), "\r\nF: X,I,ES,RM,RD,E\r\n"));
    ck_assert_str_eq(rig_log(&o), "done 401 cause 17; audited off-hook [1A, 2B]; ");
}
END_TEST

START_TEST(a_busy_gateway_gets_requests_again)
{
    rig_one(&o, MGCP_RFC);
    rig_script("RQNT", "409 T overload\r\n", 1);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "L/hd(N)"}, rig_done, &o);
    mgcp_ca_delete(o.e, NULL, NULL, rig_done, &o); /* it has to wait behind it */
    fake_advance(5 * RT_S - RT_MS);
    ck_assert_uint_eq(rig.nheard, 2);
    ck_assert_str_eq(rig_log(&o), "");
    fake_advance(RT_MS);
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0; done 250 cause 0 sent 10; ");
    /* calls do not wait */
    rig_script("CRCX", "409 T overload\r\n", 1);
    mgcp_ca_connect(o.e, &(struct mgcp_connect){.call = "C0", .mode = "inactive"}, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "done 409 cause 42; ");
}
END_TEST

START_TEST(refusals_for_ever_leave_the_endpoint_in_service)
{
    rig_one(&o, MGCP_RFC);
    rig_script("RQNT", "512 T cannot detect\r\n", 1);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "Z/zz(N)"}, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "done 512 cause 79; ");
    ck_assert_int_eq(mgcp_ca_service(o.e), MGCP_IN_SERVICE);
}
END_TEST

START_TEST(a_connection_without_an_id_is_none)
{
    rig_one(&o, MGCP_RFC);
    rig_script("CRCX", "200 T OK\r\n", 1);
    mgcp_ca_connect(o.e, &(struct mgcp_connect){.call = "C0", .mode = "inactive"}, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "done 510 cause 111; ");
}
END_TEST

/* A connection that is there and has no name that can be said goes with its call. */
START_TEST(a_connection_without_a_name_is_deleted)
{
    static const char *const answers[] = {"200 T OK\r\n", "200 T OK\r\nI: a b\r\n"};

    rig_one(&o, MGCP_RFC);
    for (unsigned i = 0; i < 2; i++) {
        rig_script("CRCX", answers[i], 1);
        ck_assert_int_eq(mgcp_ca_connect(o.e,
                                         &(struct mgcp_connect){.call = "C0", .mode = "recvonly"},
                                         rig_done, &o),
                         0);
        fake_settle();
        ck_assert_str_eq(rig_heard(0), "DLCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\n");
        ck_assert_ptr_nonnull(strstr(rig_log(&o), "done 510"));
    }
}
END_TEST

START_TEST(a_specific_endpoint_is_told)
{
    rig_one(&o, MGCP_RFC);
    rig_script("CRCX", "200 T OK\r\nI: 7\r\nZ: ann/3@rgw.example\r\n", 1);
    mgcp_ca_connect(o.e, &(struct mgcp_connect){.call = "C0", .mode = "inactive"}, rig_done, &o);
    ck_assert_str_eq(rig_log(&o), "done 200 cause 0 I 7 Z ann/3; ");
}
END_TEST

/* ---- NTFY ---- */

static void notify(const char *x, const char *events)
{
    char text[300];

    snprintf(text, sizeof text, "NTFY T AALN/1@rgw.example MGCP 1.0\r\nX: %s\r\nO: %s\r\n", x,
             events);
    rig_say(text);
}

START_TEST(events_are_told_one_by_one_and_in_order)
{
    rig_one(&o, MGCP_RFC);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "L/hd(N)"}, NULL, NULL);
    notify(rig_x(), "L/hd");
    ck_assert_str_eq(rig.said, "200 101 OK\r\n");
    ck_assert_str_eq(rig_log(&o), "notified L/hd; ");
    notify(rig_x(), "D/829T,hf,5,G/of@1A(G/rt)");
    ck_assert_str_eq(rig_log(&o), "notified D/8,D/2,D/9,D/T,L/hf,D/5,G/of@1A(G/rt); ");
    notify("0", "L/hu"); /* a persistent event */
    ck_assert_str_eq(rig_log(&o), "notified L/hu; ");
}
END_TEST

START_TEST(an_answer_goes_before_what_follows_from_it)
{
    rig_one(&o, MGCP_RFC);
    o.asks = true;
    notify("0", "L/hd");
    ck_assert_ptr_eq(strstr(rig_heard(0), "RQNT"), rig_heard(0));
    ck_assert_uint_eq(rig.said_before, 1);
}
END_TEST

START_TEST(stale_events_are_dropped_but_for_the_hook)
{
    uint64_t before = rt_counted(&mgcp_counters[MGCP_UNMATCHED]);
    char old[40];

    rig_one(&o, MGCP_RFC);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "L/hd(N)"}, NULL, NULL);
    strcpy(old, rig_x());
    rig_script("RQNT", NULL, 1);
    mgcp_ca_request(o.e, &(struct mgcp_request){.events = "D/[0-9](N)"}, NULL, NULL);
    fake_settle();
    notify(old, "D/1"); /* the new one is not known to be in force */
    notify(rig_x(), "D/2");
    ck_assert_str_eq(rig_log(&o), "notified D/1; notified D/2; ");
    fake_advance(RT_S);
    notify(old, "D/3,L/hu");
    ck_assert_str_eq(rig.said, "200 103 OK\r\n");
    ck_assert_str_eq(rig_log(&o), "notified L/hu; ");
    ck_assert_uint_eq(rt_counted(&mgcp_counters[MGCP_UNMATCHED]), before + 1);
}
END_TEST

START_TEST(notifications_that_are_wrong_are_refused)
{
    rig_one(&o, MGCP_RFC);
    rig_say("NTFY T aaln/2@rgw.example MGCP 1.0\r\nX: 0\r\nO: L/hd\r\n");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 500);
    notify("0", "L/hd(");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 510);
    rig_say("NTFY T *@rgw.example MGCP 1.0\r\nX: 0\r\nO: \r\n"); /* Cisco's sign of life */
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 200);
    rig_say("CRCX T aaln/1@rgw.example MGCP 1.0\r\nC: 1\r\nM: inactive\r\n");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 504);
    rig_say("MESG T aaln/1@rgw.example MGCP 1.0\r\n");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 200);
    ck_assert_str_eq(rig_log(&o), "");
}
END_TEST

/* ---- DLCX from the gateway (2.3.8) ---- */

START_TEST(a_connection_that_the_gateway_deleted_is_told)
{
    rig_one(&o, MGCP_RFC);
    rig_say("DLCX T aaln/1@rgw.example MGCP 1.0\r\nC: C0\r\nI: 1A\r\nE: 903 QoS lost\r\n"
            "P: PS=7, OS=1, PR=2, OR=3, PL=4, JI=5, LA=6\r\n");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 250);
    ck_assert_str_eq(rig_log(&o), "deleted 1A 903 sent 7; ");
    rig_say("DLCX T aaln/9@rgw.example MGCP 1.0\r\nC: C0\r\nI: 1A\r\n");
    ck_assert_uint_eq(strtoul(rig.said, NULL, 10), 500);
}
END_TEST

/* ---- names and memory ---- */

START_TEST(names_are_unique_whatever_their_case)
{
    struct mgcp_ca_endpoint *e;

    rig_one(&o, MGCP_RFC);
    ck_assert_int_eq(mgcp_ca_endpoint_new(&e, rig.gw, "AALN/1", &rig_ops, &o), EEXIST);
    ck_assert_int_eq(mgcp_ca_endpoint_new(&e, rig.gw, "aaln/*", &rig_ops, &o), EINVAL);
    ck_assert_int_eq(mgcp_ca_endpoint_new(&e, rig.gw, "$", &rig_ops, &o), EINVAL);
    ck_assert_ptr_eq(mgcp_ca_find(rig.gw, rt_str("AaLn/1")), o.e);
}
END_TEST

START_TEST(an_idle_endpoint_is_small)
{
    ck_assert_uint_le(sizeof(struct mgcp_ca_endpoint) + sizeof "ds/s-1/ds1-10/24", 400);
    rig_one(&o, MGCP_RFC);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp agent");
    TCase *tc = tcase_create("mgcp agent");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_request_has_an_id_of_its_own);
    tcase_add_test(tc, a_connection_is_made_changed_and_deleted);
    tcase_add_test(tc, osmo_gets_one_codec_and_no_events);
    tcase_add_test(tc, one_command_is_under_way_at_a_time);
    tcase_add_test(tc, a_queue_has_an_end);
    tcase_add_test(tc, what_is_forgotten_is_not_told);
    tcase_add_test(tc, a_freed_endpoint_is_silent);
    tcase_add_test(tc, an_owner_may_free_its_endpoint_when_told);
    tcase_add_test(tc, an_owner_may_free_its_endpoint_in_a_result);
    tcase_add_test(tc, a_hook_that_we_had_wrong_is_audited);
    tcase_add_test(tc, a_busy_gateway_gets_requests_again);
    tcase_add_test(tc, refusals_for_ever_leave_the_endpoint_in_service);
    tcase_add_test(tc, a_connection_without_an_id_is_none);
    tcase_add_test(tc, a_connection_without_a_name_is_deleted);
    tcase_add_test(tc, a_specific_endpoint_is_told);
    tcase_add_test(tc, events_are_told_one_by_one_and_in_order);
    tcase_add_test(tc, an_answer_goes_before_what_follows_from_it);
    tcase_add_test(tc, stale_events_are_dropped_but_for_the_hook);
    tcase_add_test(tc, notifications_that_are_wrong_are_refused);
    tcase_add_test(tc, a_connection_that_the_gateway_deleted_is_told);
    tcase_add_test(tc, names_are_unique_whatever_their_case);
    tcase_add_test(tc, an_idle_endpoint_is_small);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
