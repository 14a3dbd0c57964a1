/* The auditor and MGCP: what a gateway says of its lines is not what we know of them, and what the
 * adapter holds is not what its legs say. Each is repaired at its exact instant, with its line in
 * the log and its count; what we forgot ourselves raises the alarm, what the far end did does not.
 */
#include "test/unit/auditor_mgcp_rig.h"

/** Gateways are audited each 600 s, one endpoint after the other, 5 ms apart. */
#define AUDIT (600 * RT_S)

/* ---- lines, as their gateways see them ---- */

/** A call whose telephone says nothing: its gateway is asked 10 s after the answer, too, and has
 * said the truth by the time that it begins to lie. */
static void silent_call(void)
{
    talk();
    at(20 * RT_S);
}

START_TEST(a_connection_that_its_gateway_has_no_more)
{
    silent_call();
    drop_id(&phones[0], "A1");
    at(AUDIT - 1);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_GONE), 0);
    ck_assert_uint_eq(gw->ncalls, 1);
    at(AUDIT);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_GONE), 1);
    ck_assert_str_eq(logged,
                     "audit: line aaln/1@iad.test: it lacks the connection of a call: repaired\n");
    at(AUDIT + RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(near_ended, 1);
    ck_assert_int_eq(gw->ended->cdr.cause.q850, 41);
    ck_assert_uint_eq(alarms() + findings(), 0);
    stop_mgcp();
}
END_TEST

/* It was described at 4 s and answered at 5 s. */
START_TEST(a_connection_that_falls_silent_is_asked_for_after_10_s)
{
    talk();
    drop_id(&phones[0], "A1");
    at(14 * RT_S - 1);
    ck_assert_uint_eq(gw->ncalls, 1);
    at(15 * RT_S + 100 * RT_MS);
    ck_assert_uint_eq(gw->ncalls, 0);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_GONE), 1);
    stop_mgcp();
}
END_TEST

START_TEST(a_connection_that_no_call_has)
{
    start_mgcp(lines_plan);
    add_id(&phones[0], "STRAY");
    at(AUDIT - 1);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 0);
    at(AUDIT);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 1);
    ck_assert_uint_eq(phones[0].deleted_all, 1);
    ck_assert_str_eq(phones[0].ids, "");
    ck_assert_str_eq(logged, "audit: line aaln/1@iad.test: connections, and no call: repaired\n");
    at(2 * AUDIT + RT_S);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 1);
    ck_assert_uint_eq(alarms() + findings(), 0);
    stop_mgcp();
}
END_TEST

/* The call is left alone; of which call the other is the gateway is asked. */
START_TEST(a_connection_that_no_call_has_beside_one_that_has)
{
    silent_call();
    add_id(&phones[0], "STRAY");
    at(AUDIT - 1);
    ck_assert_uint_eq(phones[0].asked, 0);
    at(AUDIT);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 1);
    ck_assert_uint_eq(phones[0].asked, 1);
    ck_assert_uint_eq(phones[0].deleted, 1);
    ck_assert_str_eq(phones[0].last_call, "5EED");
    ck_assert_str_eq(phones[0].ids, "A1");
    ck_assert_str_eq(logged,
                     "audit: line aaln/1@iad.test: a connection that no call has: repaired\n");
    at(2 * AUDIT + RT_S);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 1);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_uint_eq(alarms() + findings(), 0);
    stop_mgcp();
}
END_TEST

START_TEST(a_telephone_that_was_lifted_unheard)
{
    start_mgcp(lines_plan);
    phones[1].off_hook = true;
    at(AUDIT + 5 * RT_MS - 1);
    ck_assert(!line_named("aaln/2")->off_hook);
    at(AUDIT + 5 * RT_MS);
    ck_assert(line_named("aaln/2")->off_hook);
    ck_assert_int_eq(line_named("aaln/2")->tone, LEG_MGCP_DIAL);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_HOOK), 1);
    ck_assert_str_eq(logged, "audit: line aaln/2@iad.test: off the hook: repaired\n");
    ck_assert_uint_eq(alarms() + findings(), 0);
    stop_mgcp();
}
END_TEST

START_TEST(a_telephone_that_was_put_down_unheard)
{
    silent_call();
    phones[0].off_hook = false;
    at(AUDIT - 1);
    ck_assert_uint_eq(gw->ncalls, 1);
    at(AUDIT);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_HOOK), 1);
    ck_assert_str_eq(logged, "audit: line aaln/1@iad.test: on the hook: repaired\n");
    at(AUDIT + RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_str_eq(phones[0].ids, "");
    ck_assert_uint_eq(near_ended, 1);
    ck_assert_int_eq(gw->ended->cdr.cause.q850, 16);
    ck_assert_uint_eq(alarms() + findings(), 0);
    stop_mgcp();
}
END_TEST

/* ---- our own books: lines ---- */

/* Seen first at 10 s. */
START_TEST(a_line_held_by_a_leg_that_its_call_does_not_know)
{
    struct leg_mgcp *l = talk();

    l->leg.call->b = NULL;
    repaired_at(20 * RT_S, GW_FOUND_LEG_ALONE);
    ck_assert_ptr_nonnull(strstr(logged, "audit: a leg that no call knows for 10 s: call "));
    ck_assert_ptr_nonnull(strstr(logged, "trunk phones, channel aaln/1@iad.test"));
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_str_eq(phones[0].ids, "");
    hook(&phones[0], false);
    ck_assert(leg_mgcp_is_free(line_named("aaln/1")));
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

/* Its user may dial for so long: ten minutes, seen first at 10 s. */
START_TEST(a_line_held_by_a_leg_without_a_call)
{
    struct leg_mgcp *l;

    start_mgcp(lines_plan);
    l = leg_mgcp_new(gw, line_named("aaln/1")->plan->trunk);
    leg_mgcp_seize(l, line_named("aaln/1"));
    repaired_at(610 * RT_S, GW_FOUND_LEG_ALONE);
    at(611 * RT_S);
    ck_assert(leg_mgcp_is_free(line_named("aaln/1")));
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

/* Five minutes; then it is freed, and its gateway is asked what is left. */
START_TEST(a_leg_whose_deletion_is_never_answered)
{
    struct leg_mgcp *l = talk();

    l->state = LEG_MGCP_MAKING; /* it waits for an answer that will not come */
    hang_up();
    at(7 * RT_S);
    ck_assert(!gw_idle(gw));
    repaired_at(310 * RT_S, GW_FOUND_LEG_STUCK);
    ck_assert_ptr_nonnull(strstr(logged, "audit: a released leg that does not go for 300 s: "));
    at(310 * RT_S + 100 * RT_MS);
    ck_assert_str_eq(phones[0].ids, "");
    ck_assert_uint_eq(phones[0].deleted_all, 1);
    ck_assert_uint_eq(counted(GW_MGCP_AUDIT_STRAY), 1);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

START_TEST(a_line_that_counts_a_leg_too_many)
{
    talk();
    line_named("aaln/1")->refs++;
    repaired_at(20 * RT_S, GW_FOUND_LINE);
    ck_assert_str_eq(logged, "audit: an MGCP line held by nobody for 10 s: aaln/1@iad.test, "
                             "talking: repaired\n");
    ck_assert_uint_eq(line_named("aaln/1")->refs, 1);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

START_TEST(a_line_whose_active_leg_is_gone)
{
    static struct leg_mgcp nobody;
    struct leg_mgcp_line *line;

    start_mgcp(lines_plan);
    line = line_named("aaln/2");
    line->active = &nobody;
    line->waiting = &nobody;
    repaired_at(20 * RT_S, GW_FOUND_LINE);
    ck_assert_ptr_null(line->active);
    ck_assert_ptr_null(line->waiting);
    ck_assert_uint_eq(findings(), 1);
    stop_mgcp();
}
END_TEST

/* Released anew; its gateway has 60 s to complete that. */
START_TEST(a_circuit_seized_by_nobody)
{
    struct leg_mgcp_line *line;

    start_mgcp(lines_plan);
    line = line_named("ds/e1-1/1");
    line->use = LEG_MGCP_CLEARING;
    repaired_at(20 * RT_S, GW_FOUND_LINE);
    ck_assert_str_eq(logged, "audit: an MGCP line held by nobody for 10 s: circuit "
                             "ds/e1-1/1@iad.test: repaired\n");
    at(79 * RT_S);
    ck_assert_int_eq(line->use, LEG_MGCP_CLEARING);
    at(81 * RT_S);
    ck_assert(leg_mgcp_is_free(line));
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

/* ---- our own books: channels that an agent directs ---- */

#define CRCX                                                                                       \
    "C: 1\r\nL: p:20, a:PCMA\r\nM: sendrecv\r\n\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.8\r\ns=-\r\n"      \
    "c=IN IP4 10.0.0.8\r\nt=0 0\r\nm=audio 42000 RTP/AVP 8\r\n"
#define SEIZE                                                                                      \
    "X: 2\r\nR: MS/ans(N),MS/rel(N),MS/rlc(N)\r\nS: MS/sup(addr(k0,3,0,1,2,s0))\r\nQ: loop\r\n"

/** The agent has called the network, which has answered. */
static struct leg_mgcp_channel *directed(void)
{
    start_mgcp(agent_plan);
    command("CRCX", CRCX);
    ck_assert_uint_eq(heard.code, 200);
    command("RQNT", SEIZE);
    ck_assert_uint_eq(heard.code, 200);
    at(6 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_int_eq(gw->calls->fsm.state, GW_CALL_CONNECTED);
    heard.observed[0] = '\0';
    return &gw->mgcp->roles->channel[0];
}

/** The connection is gone and its agent told; the call is the agent's to release. */
static void connection_is_told(const char *line)
{
    ck_assert_str_eq(logged, line);
    ck_assert_str_eq(heard.deleted, heard.connection);
    ck_assert_str_eq(heard.reason, "901 Endpoint taken out-of-service");
    command("DLCX", "C: 1\r\n");
    ck_assert_uint_eq(heard.code, 250); /* nothing is left to delete, which is no error */
    ck_assert_uint_eq(gw->ncalls, 1);
    command("RQNT", "X: 3\r\nR: MS/rlc(N)\r\nS: MS/rel(0)\r\n");
    fake_advance(RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(alarms(), 1);
}

START_TEST(a_connection_of_an_agent_that_lost_its_owner)
{
    struct leg_mgcp_channel *ch = directed();
    struct leg_mgcp_agent_connection *c = ch->connections;
    char line[200];

    mgcp_gw_connection_own(c->mgcp, NULL);
    repaired_at(20 * RT_S, GW_FOUND_CONNECTION);
    snprintf(line, sizeof line,
             "audit: an MGCP connection that nobody has for 10 s: ds/e1-1/1, connection %s: "
             "repaired\n",
             heard.connection);
    connection_is_told(line);
    stop_mgcp();
}
END_TEST

START_TEST(a_connection_of_an_agent_without_media)
{
    struct leg_mgcp_channel *ch = directed();
    char line[200];

    ck_assert_ptr_eq(ch->leg->leg.port, ch->connections->port);
    ch->leg->leg.port = NULL; /* what looks at how calls sound must not find it */
    media_part(ch->connections->port);
    media_abandon(ch->connections->port);
    repaired_at(20 * RT_S, GW_FOUND_CONNECTION);
    snprintf(line, sizeof line,
             "audit: an MGCP connection that nobody has for 10 s: ds/e1-1/1, connection %s, no "
             "media port: repaired\n",
             heard.connection);
    connection_is_told(line);
    stop_mgcp();
}
END_TEST

START_TEST(a_channel_of_an_agent_whose_leg_is_gone)
{
    static struct leg_mgcp_agent nobody;
    struct leg_mgcp_channel *ch;

    start_mgcp(agent_plan);
    ch = &gw->mgcp->roles->channel[0];
    ch->leg = &nobody;
    repaired_at(20 * RT_S, GW_FOUND_CHANNEL);
    ck_assert_ptr_null(ch->leg);
    ck_assert_str_eq(logged, "audit: a channel busy for nobody for 10 s: ds/e1-1/1: repaired\n");
    command("RQNT", SEIZE);
    ck_assert_uint_eq(heard.code, 200);
    at(21 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_uint_eq(findings(), 1);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

START_TEST(a_leg_of_an_agent_that_its_call_does_not_know)
{
    struct leg_mgcp_channel *ch = directed();

    gw->calls->a = NULL;
    repaired_at(20 * RT_S, GW_FOUND_LEG_ALONE);
    at(21 * RT_S);
    ck_assert(gw_idle(gw));
    ck_assert_ptr_null(ch->leg);
    ck_assert_ptr_nonnull(strstr(heard.observed, "MS/rel"));
    ck_assert_uint_eq(network_cause, 41);
    ck_assert_uint_eq(alarms(), 1);
    stop_mgcp();
}
END_TEST

/* ---- nothing to find ---- */

START_TEST(six_hours_of_lines_without_faults)
{
    start_mgcp(lines_plan);
    for (unsigned i = 0; rt_now() - origin < 6 * 3600 * RT_S; i++) {
        place();
        fake_advance(2 * RT_S);
        if (i % 3 > 0)
            hook(&phones[0], true);
        fake_advance((10 + i % 71) * RT_S + i * 7 % 1000 * RT_MS);
        if (caller)
            hang_up();
        fake_advance(i % 2 * RT_S);
        if (phones[0].off_hook)
            hook(&phones[0], false);
        fake_advance(i % 13 * RT_S);
    }
    ck_assert_uint_eq(findings() + repairs() + alarms(), 0);
    for (int i = 0; i < GW_MGCP_AUDIT_NCOUNTERS; i++)
        ck_assert_uint_eq(counted((enum gw_mgcp_audit_counter)i), 0);
    ck_assert_str_eq(logged, "");
    stop_mgcp();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("auditor of MGCP");
    TCase *t = tcase_create("auditor of MGCP");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_connection_that_its_gateway_has_no_more);
    tcase_add_test(t, a_connection_that_falls_silent_is_asked_for_after_10_s);
    tcase_add_test(t, a_connection_that_no_call_has);
    tcase_add_test(t, a_connection_that_no_call_has_beside_one_that_has);
    tcase_add_test(t, a_telephone_that_was_lifted_unheard);
    tcase_add_test(t, a_telephone_that_was_put_down_unheard);
    tcase_add_test(t, a_line_held_by_a_leg_that_its_call_does_not_know);
    tcase_add_test(t, a_line_held_by_a_leg_without_a_call);
    tcase_add_test(t, a_leg_whose_deletion_is_never_answered);
    tcase_add_test(t, a_line_that_counts_a_leg_too_many);
    tcase_add_test(t, a_line_whose_active_leg_is_gone);
    tcase_add_test(t, a_circuit_seized_by_nobody);
    tcase_add_test(t, a_connection_of_an_agent_that_lost_its_owner);
    tcase_add_test(t, a_connection_of_an_agent_without_media);
    tcase_add_test(t, a_channel_of_an_agent_whose_leg_is_gone);
    tcase_add_test(t, a_leg_of_an_agent_that_its_call_does_not_know);
    tcase_add_test(t, six_hours_of_lines_without_faults);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
