/* Transactions under the fake clock: each timer at its millisecond (RFC 3261 17 and its table 4,
 * RFC 6026), the retransmissions, and the rules of CANCEL (RFC 3261 9).
 */
#include "test/unit/sip_rig.h"

static void usage_is(unsigned client, unsigned server)
{
    struct sip_usage u;

    fake_settle();
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.client, client);
    ck_assert_uint_eq(u.server, server);
}

/* ---- INVITE client ---- */

START_TEST(timer_a_doubles_until_timer_b)
{
    static const int at[] = {500, 1500, 3500, 7500, 15500, 31500};

    rig_zero();
    rig_call(0);
    const char *first = rig_saved();
    for (size_t i = 0; i < RT_COUNT(at); i++) {
        rig_expect_at(at[i], "INVITE ");
        ck_assert_str_eq(rig.in, first);
    }
    rig_at(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" ended:timeout");
    usage_is(0, 0);
    rig_silence_until(70000);
}
END_TEST

START_TEST(a_provisional_stops_timers_a_and_b)
{
    rig_zero();
    rig_call(0);
    rig_expect_at(500, "INVITE ");
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    rig_silence_until(600 * 1000);
    rig_told("");
    const char *invite = rig_saved();
    rig_answer(invite, "486 Busy Here", "t", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
}
END_TEST

START_TEST(timer_c_of_the_session_cancels)
{
    rig_call(180 * RT_S);
    const char *invite = rig_saved();
    fake_advance(10 * RT_S - 500 * RT_MS);
    while (rig_next())
        continue;
    rig_zero();
    rig_answer(invite, "180 Ringing", "t", NULL, NULL);
    rig_told(" 180");
    rig_at(100 * 1000);
    rig_answer(invite, "180 Ringing", "t", NULL, NULL); /* starts it again (16.7) */
    rig_told(" 180");
    rig_silence_until(280 * 1000 - 1);
    rig_expect_at(280 * 1000, "CANCEL ");
    rig_told(" ended:timeout");
    rig_answer(rig.in, "200 OK", "t", NULL, NULL);
    rig_answer(invite, "487 Request Terminated", "t", NULL, NULL);
    rig_expect("ACK ");
    rig_told("");
}
END_TEST

/* The handle is the owner's until it closes, however long that takes. */
START_TEST(an_owner_may_close_late_after_timer_c)
{
    struct sip_session *s;

    rig_call(10 * RT_S);
    const char *invite = rig_saved();
    s = rig.session;
    rig.session = NULL;
    rig_answer(invite, "180 Ringing", "t", NULL, NULL);
    fake_advance(10 * RT_S);
    rig_told(" 180 ended:timeout");
    rig_expect("CANCEL ");
    rig_answer(rig.in, "200 OK", "t", NULL, NULL);
    rig_answer(invite, "487 Request Terminated", "t", NULL, NULL);
    rig_expect("ACK ");
    fake_advance(100 * RT_S);
    ck_assert_ptr_eq(sip_session_owner(s), &rig);
    sip_session_close(s, NULL);
    rig_told("");
}
END_TEST

/* 17.1.1.3: the ACK's fields; Timer D: 32 s, in which each copy is acknowledged again. */
START_TEST(a_refusal_is_acknowledged_each_time)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_zero();
    rig_answer(invite, "404 Not Found", "far", NULL, NULL);
    rig_told(" ended:refused");
    rig_expect("ACK sip:200@192.0.2.1 SIP/2.0\r\n");
    const char *ack = rig_saved();
    ck_assert_str_eq(rig_field(ack, "Via"), rig_field(invite, "Via"));
    ck_assert_str_eq(rig_field(ack, "From"), rig_field(invite, "From"));
    ck_assert_str_eq(rig_field(ack, "Call-ID"), rig_field(invite, "Call-ID"));
    ck_assert_str_eq(rig_field(ack, "To"), "<sip:200@192.0.2.1>;tag=far");
    ck_assert_str_eq(rig_field(ack, "CSeq"), "1 ACK");
    rig_at(20000);
    rig_answer(invite, "404 Not Found", "far", NULL, NULL);
    rig_expect("ACK ");
    ck_assert_str_eq(rig.in, ack);
    rig_at(31999);
    usage_is(1, 0);
    rig_answer(invite, "404 Not Found", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_at(32000);
    usage_is(0, 0);
    rig_answer(invite, "404 Not Found", "far", NULL, NULL);
    rig_silence();
    rig_told("");
}
END_TEST

/* RFC 6026 8.4: Accepted for Timer M, 64*T1, in which a 2xx is still ours. */
START_TEST(timer_m_absorbs_copies_of_the_2xx)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_zero();
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" answered");
    rig_expect("ACK sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    const char *ack = rig_saved();
    rig_at(31999);
    usage_is(1, 0);
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    ck_assert_str_eq(rig.in, ack);
    rig_at(32000);
    usage_is(0, 0);
    rig_close();
    rig_expect("BYE ");
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
}
END_TEST

START_TEST(an_invite_over_tcp_is_sent_once)
{
    rig_use_tcp(false);
    rig_zero();
    rig_call(0);
    rig_silence_until(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" ended:timeout");
    usage_is(0, 0);
}
END_TEST

START_TEST(timer_d_is_zero_over_tcp)
{
    rig_use_tcp(false);
    rig_call(0);
    rig_answer(rig.in, "486 Busy Here", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
    usage_is(0, 0);
}
END_TEST

START_TEST(a_broken_connection_is_a_failure)
{
    rig_use_tcp(false);
    rig_call(0);
    rig_hang_up();
    rig_told(" ended:transport");
    usage_is(0, 0);
}
END_TEST

START_TEST(nobody_listening_is_a_failure)
{
    struct sip_invite inv = {.hops = &(struct sip_hop){.transport = SIP_TCP, .addr = rig.peer_addr},
                             .nhops = 1,
                             .request_uri = rt_str("sip:200@192.0.2.1"),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .to_uri = rt_str("sip:200@192.0.2.1")};

    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_told(""); /* never from inside the call */
    fake_settle();
    rig_told(" ended:transport");
    fake_net_fail(1, ENETUNREACH);
    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_told("");
    fake_settle();
    rig_told(" ended:transport");
}
END_TEST

/* ---- other clients: BYE ---- */

/** A call that the far end answered; its INVITE transaction is over. */
static void call_up(void)
{
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    fake_advance(32 * RT_S);
    usage_is(0, 0);
}

START_TEST(timer_e_doubles_up_to_t2_until_timer_f)
{
    static const int at[] = {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};

    call_up();
    rig_zero();
    rig_close();
    rig_expect("BYE ");
    for (size_t i = 0; i < RT_COUNT(at); i++)
        rig_expect_at(at[i], "BYE ");
    rig_at(31999);
    usage_is(1, 0);
    rig_at(32000);
    usage_is(0, 0);
    rig_silence_until(70000);
}
END_TEST

/* 17.1.2.2: T2 in Proceeding. */
START_TEST(timer_e_is_t2_after_a_provisional)
{
    static const int at[] = {500, 4500, 8500, 12500, 16500, 20500, 24500, 28500};

    call_up();
    rig_zero();
    rig_close();
    rig_expect("BYE ");
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    for (size_t i = 0; i < RT_COUNT(at); i++)
        rig_expect_at(at[i], "BYE ");
    rig_silence_until(31999);
    usage_is(1, 0);
    rig_at(32000);
    usage_is(0, 0);
}
END_TEST

START_TEST(timer_k_absorbs_copies_for_t4)
{
    call_up();
    rig_close();
    rig_expect("BYE ");
    rig_zero();
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
    rig_at(4999);
    usage_is(1, 0);
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
    rig_at(5000);
    usage_is(0, 0);
    rig_silence();
}
END_TEST

START_TEST(timer_k_is_zero_over_tcp_and_nothing_repeats)
{
    rig_use_tcp(false);
    call_up();
    rig_zero();
    rig_close();
    rig_expect("BYE ");
    rig_silence_until(20000);
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
    usage_is(0, 0);
}
END_TEST

/* ---- INVITE server ---- */

START_TEST(an_invite_gets_100_and_copies_get_the_last_answer)
{
    rig_zero();
    rig_ask(.body = RIG_SDP, .extra = "Timestamp: 54\r\n");
    rig_expect("SIP/2.0 100 Trying\r\n");
    rig_has("Timestamp", "54");            /* 8.2.6.1 */
    rig_has("To", "<sip:100@192.0.2.10>"); /* no tag needed */
    rig_has("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKINVITE1");
    ck_assert_int_eq(rt_now() - rig.t0, 0);
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 Trying\r\n");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 Ringing\r\n");
    const char *ringing = rig_saved();
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 180 ");
    ck_assert_str_eq(rig.in, ringing);
    rig_told(" invite");
    ck_assert_int_eq(sip_session_refuse(rig.session, 486, NULL, NULL, NULL, 0), 0);
    rig_expect("SIP/2.0 486 Busy Here\r\n");
    const char *busy = rig_saved();
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 486 ");
    ck_assert_str_eq(rig.in, busy);
    ck_assert_str_eq(rig_tag("To"), strstr(rig_field(ringing, "To"), "tag=") + 4);
    rig_close();
    usage_is(0, 1);
}
END_TEST

static void refuse(void)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    ck_assert_int_eq(sip_session_refuse(rig.session, 480, NULL, NULL, NULL, 0), 0);
    rig_close();
    rig_expect("SIP/2.0 480 ");
}

START_TEST(timer_g_doubles_up_to_t2_until_timer_h)
{
    static const int at[] = {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};

    refuse();
    for (size_t i = 0; i < RT_COUNT(at); i++)
        rig_expect_at(at[i], "SIP/2.0 480 ");
    rig_at(31999);
    usage_is(0, 1);
    rig_at(32000);
    usage_is(0, 0);
}
END_TEST

/* The far end's repetition does not restart Timer G. */
START_TEST(timer_i_absorbs_acks_for_t4)
{
    refuse();
    const char *tag = rig_tag("To");
    rig_expect_at(500, "SIP/2.0 480 ");
    rig_zero();
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = tag);
    rig_silence_until(4999);
    usage_is(0, 1);
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = tag);
    rig_ask(.body = RIG_SDP); /* no answer in Confirmed */
    rig_silence();
    rig_at(5000);
    usage_is(0, 0);
}
END_TEST

START_TEST(over_tcp_a_refusal_is_sent_once_and_timer_i_is_zero)
{
    rig_use_tcp(true);
    refuse();
    rig_silence_until(31000);
    usage_is(0, 1);
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    usage_is(0, 0);
}
END_TEST

START_TEST(timer_h_ends_it_over_tcp_too)
{
    rig_use_tcp(true);
    refuse();
    rig_at(31999);
    usage_is(0, 1);
    rig_at(32000);
    usage_is(0, 0);
    rig_silence();
}
END_TEST

/* RFC 6026 7.1: Accepted for Timer L; the INVITE's copies are absorbed, the 2xx is the session's
 * (13.3.1.4). */
START_TEST(timer_l_absorbs_copies_of_the_invite)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 OK\r\n");
    const char *tag = rig_tag("To");
    rig_ask(.body = RIG_SDP);
    rig_silence();
    rig_ask(.method = "ACK", .to_tag = tag);
    rig_told(" invite acked");
    rig_ask(.body = RIG_SDP);
    rig_silence_until(31999);
    usage_is(0, 1);
    rig_at(32000);
    usage_is(0, 0);
    rig_close();
    rig_expect("BYE ");
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
}
END_TEST

/* 13.3.1.1: a provisional each minute keeps proxies waiting. */
START_TEST(a_provisional_is_repeated_each_minute)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 ");
    rig_expect_at(60000, "SIP/2.0 180 ");
    rig_expect_at(120000, "SIP/2.0 180 ");
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_silence_until(200000);
}
END_TEST

/* ---- other servers ---- */

START_TEST(timer_j_answers_copies_for_64_t1)
{
    call_up();
    rig_note_dialog("From");
    rig_zero();
    rig_in_dialog(.method = "BYE");
    rig_expect("SIP/2.0 200 OK\r\n");
    const char *first = rig_saved();
    rig_told(" ended:bye");
    rig_at(31999);
    usage_is(0, 1);
    rig_in_dialog(.method = "BYE");
    rig_expect("SIP/2.0 200 ");
    ck_assert_str_eq(rig.in, first);
    rig_at(32000);
    usage_is(0, 0);
    rig_in_dialog(.method = "BYE");
    rig_expect("SIP/2.0 481 ");
}
END_TEST

START_TEST(timer_j_is_zero_over_tcp)
{
    rig_use_tcp(true);
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    const char *tag = rig_tag("To");
    rig_ask(.method = "ACK", .to_tag = tag);
    fake_advance(32 * RT_S);
    usage_is(0, 0);
    rig_ask(.method = "BYE", .to_tag = tag, .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    usage_is(0, 0);
    rig_told(" invite acked ended:bye");
}
END_TEST

/* 17.2.3: the same branch from another sent-by is another transaction. */
START_TEST(transactions_are_told_apart_by_sent_by)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_ask(.body = RIG_SDP, .via = "192.0.2.1:5060 ;x", .call_id = "other");
    rig_expect("SIP/2.0 480 "); /* spaces are no difference */
    rig_ask(.body = RIG_SDP, .via = "client.example:5060;rport", .call_id = "other");
    rig_expect("SIP/2.0 100 ");
    rig_told(" invite invite");
    rig_close();
}
END_TEST

/* 17.2.3: without the cookie, by what RFC 2543 had. */
START_TEST(an_rfc_2543_peer_is_served)
{
    static const char invite[] =
        "INVITE sip:100@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"
        "From: <sip:far@192.0.2.1>\r\nTo: <sip:100@192.0.2.10>\r\n"
        "Call-ID: old\r\nCSeq: 1 INVITE\r\n\r\n";
    char text[500];

    rig_send(invite);
    rig_expect("SIP/2.0 100 ");
    rig_send(invite);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    snprintf(text, sizeof text,
             "ACK sip:100@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"
             "From: <sip:far@192.0.2.1>\r\nTo: %s\r\nCall-ID: old\r\nCSeq: 1 ACK\r\n\r\n",
             rig_field(rig.in, "To"));
    rig_send(text);
    rig_told(" invite acked");
    rig_close();
    rig_expect("BYE ");
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
}
END_TEST

/* ---- CANCEL ---- */

/* 9.1: not before a provisional. */
START_TEST(cancel_waits_for_a_provisional)
{
    rig_zero();
    rig_call(0);
    const char *invite = rig_saved();
    rig_close();
    rig_silence_until(499);
    rig_expect_at(500, "INVITE ");
    rig_answer(invite, "100 Trying", NULL, NULL, NULL);
    rig_expect("CANCEL sip:200@192.0.2.1 SIP/2.0\r\n");
    ck_assert_str_eq(rig_field(rig.in, "Via"), rig_field(invite, "Via"));
    ck_assert_str_eq(rig_field(rig.in, "From"), rig_field(invite, "From"));
    ck_assert_str_eq(rig_field(rig.in, "To"), rig_field(invite, "To"));
    ck_assert_str_eq(rig_field(rig.in, "Call-ID"), rig_field(invite, "Call-ID"));
    rig_has("CSeq", "1 CANCEL");
    rig_answer(rig.in, "200 OK", "far", NULL, NULL);
    rig_answer(invite, "487 Request Terminated", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told("");
}
END_TEST

START_TEST(without_a_provisional_timer_b_ends_it)
{
    rig_zero();
    rig_call(0);
    rig_close();
    rig_at(31999);
    usage_is(1, 0);
    rig_at(32000);
    usage_is(0, 0);
    rig_empty();
    rig_told("");
}
END_TEST

START_TEST(cancel_carries_the_reason)
{
    struct sip_reason why = {.q850 = 16, .location = -1};

    rig_call(0);
    const char *invite = rig_saved();
    rig_answer(invite, "180 Ringing", "far", NULL, NULL);
    struct sip_session *s = rig.session;
    rig.session = NULL;
    sip_session_close(s, &why);
    rig_expect("CANCEL ");
    rig_has("Reason", "Q.850;cause=16");
    rig_answer(rig.in, "200 OK", "far", NULL, NULL);
    rig_answer(invite, "487 Request Terminated", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" 180");
}
END_TEST

/* 9.1: no final response in 64*T1 after the CANCEL: the INVITE's transaction is destroyed. */
START_TEST(a_cancelled_invite_lives_64_t1)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_answer(invite, "180 Ringing", "far", NULL, NULL);
    rig_zero();
    rig_close();
    rig_expect("CANCEL ");
    rig_answer(rig.in, "200 OK", "far", NULL, NULL);
    rig_at(20000);
    rig_answer(invite, "180 Ringing", "far", NULL, NULL);
    rig_at(31999);
    usage_is(1, 0);
    rig_at(32000);
    usage_is(0, 0);
    rig_empty();
}
END_TEST

START_TEST(a_2xx_that_crosses_cancel_is_acknowledged_and_left)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_answer(invite, "180 Ringing", "far", NULL, NULL);
    rig_close();
    rig_expect("CANCEL ");
    const char *cancel = rig_saved();
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK sip:far@192.0.2.1:5060 ");
    rig_has("CSeq", "1 ACK");
    rig_expect("BYE sip:far@192.0.2.1:5060 ");
    rig_has("CSeq", "2 BYE");
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
    rig_answer(cancel, "481 Call/Transaction Does Not Exist", "x", NULL, NULL);
    rig_silence();
    rig_told(" 180");
}
END_TEST

START_TEST(their_cancel_ends_their_invite)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 ");
    const char *tag = rig_tag("To");
    rig_ask(.method = "CANCEL", .branch = "INVITE1", .extra = "Reason: Q.850;cause=16\r\n");
    rig_expect("SIP/2.0 200 OK\r\n");
    rig_has("CSeq", "1 CANCEL");
    ck_assert_str_eq(rig_tag("To"), tag); /* 9.2: the same tag */
    rig_expect("SIP/2.0 487 Request Terminated\r\n");
    rig_has("CSeq", "1 INVITE");
    ck_assert_str_eq(rig_tag("To"), tag);
    ck_assert_int_eq(rig.reason.q850, 16);
    rig_told(" invite ended:cancel");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = tag);
    rig_ask(.method = "CANCEL", .branch = "INVITE1");
    rig_expect("SIP/2.0 200 "); /* the transaction is still there, and nothing changes */
    rig_silence();
}
END_TEST

START_TEST(a_cancel_after_the_answer_changes_nothing)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    const char *tag = rig_tag("To");
    rig_ask(.method = "CANCEL", .branch = "INVITE1");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "1 CANCEL");
    rig_silence();
    rig_ask(.method = "ACK", .to_tag = tag);
    rig_told(" invite acked");
    rig_ask(.method = "BYE", .to_tag = tag, .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
}
END_TEST

START_TEST(a_cancel_for_nothing_gets_481)
{
    rig_ask(.method = "CANCEL");
    rig_expect("SIP/2.0 481 ");
    rig_empty();
}
END_TEST

RIG_MAIN("sip transaction", timer_a_doubles_until_timer_b, a_provisional_stops_timers_a_and_b,
         timer_c_of_the_session_cancels, an_owner_may_close_late_after_timer_c,
         a_refusal_is_acknowledged_each_time, timer_m_absorbs_copies_of_the_2xx,
         an_invite_over_tcp_is_sent_once, timer_d_is_zero_over_tcp,
         a_broken_connection_is_a_failure, nobody_listening_is_a_failure,
         timer_e_doubles_up_to_t2_until_timer_f, timer_e_is_t2_after_a_provisional,
         timer_k_absorbs_copies_for_t4, timer_k_is_zero_over_tcp_and_nothing_repeats,
         an_invite_gets_100_and_copies_get_the_last_answer, timer_g_doubles_up_to_t2_until_timer_h,
         timer_i_absorbs_acks_for_t4, over_tcp_a_refusal_is_sent_once_and_timer_i_is_zero,
         timer_h_ends_it_over_tcp_too, timer_l_absorbs_copies_of_the_invite,
         a_provisional_is_repeated_each_minute, timer_j_answers_copies_for_64_t1,
         timer_j_is_zero_over_tcp, transactions_are_told_apart_by_sent_by,
         an_rfc_2543_peer_is_served, cancel_waits_for_a_provisional,
         without_a_provisional_timer_b_ends_it, cancel_carries_the_reason,
         a_cancelled_invite_lives_64_t1, a_2xx_that_crosses_cancel_is_acknowledged_and_left,
         their_cancel_ends_their_invite, a_cancel_after_the_answer_changes_nothing,
         a_cancel_for_nothing_gets_481)
