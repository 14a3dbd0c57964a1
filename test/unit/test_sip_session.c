/* Calls from end to end: both directions over UDP and TCP, forks, re-INVITEs, lost messages, and
 * the end (RFC 3261 12 to 15, RFC 5407). After each test nothing may be left.
 */
#include "test/unit/sip_rig.h"

/* ---- whole calls ---- */

static void uac_call(void)
{
    rig_call(0);
    const char *invite = rig_saved(), *via = rig_field(invite, "Via");
    char expected[200];

    snprintf(expected, sizeof expected, "SIP/2.0/%s 192.0.2.10:5060;branch=z9hG4bK",
             rig.tcp ? "TCP" : "UDP");
    ck_assert_int_eq(strncmp(via, expected, strlen(expected)), 0);
    rig_has("Contact", rig.tcp ? "<sip:192.0.2.10:5060;transport=tcp>" : "<sip:192.0.2.10:5060>");
    rig_has("Max-Forwards", "70");
    rig_has("CSeq", "1 INVITE");
    rig_has("To", "<sip:200@192.0.2.1>"); /* 8.1.1.2: no tag outside a dialog */
    rig_has("Content-Type", "application/sdp");
    rig_has("User-Agent", "test");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    rig_tag("From");
    rig_answer(invite, "100 Trying", NULL, NULL, NULL);
    rig_answer(invite, "183 Session Progress", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" 183");
    ck_assert_str_eq(rig.body, RIG_SDP);
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" answered");
    ck_assert_int_eq(rig.status, 200);
    ck_assert_str_eq(rig.body, RIG_SDP);
    rig_expect(rig.tcp ? "ACK sip:far@192.0.2.1:5060;transport=tcp SIP/2.0\r\n"
                       : "ACK sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", "1 ACK");
    rig_has("To", "<sip:200@192.0.2.1>;tag=far");
    rig_has("Call-ID", rig_field(invite, "Call-ID"));
    rig_has("From", rig_field(invite, "From"));
    ck_assert_str_ne(rig_field(rig.in, "Via"), via); /* 13.2.2.4: a branch of its own */
    struct sip_reason why = {.q850 = 31, .location = 0};
    struct sip_session *s = rig.session;
    rig.session = NULL;
    sip_session_close(s, &why);
    rig_expect("BYE sip:far@192.0.2.1:5060");
    rig_has("CSeq", "2 BYE");
    rig_has("Reason", "Q.850;cause=31;location=U");
    rig_ok();
    rig_told("");
}

static void uas_call(void)
{
    struct sip_body early = {rt_str("application/sdp"), rt_str("v=0\r\nearly\r\n")};

    rig_ask(.body = RIG_SDP, .extra = "Subject: x\r\n");
    rig_expect("SIP/2.0 100 Trying\r\n");
    ck_assert_str_eq(rig.body, RIG_SDP);
    ck_assert_int_eq(sip_session_progress(rig.session, 183, &early, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 183 Session Progress\r\n");
    const char *early_to = rig_field(rig.in, "To");
    ck_assert_str_eq(rig_body(), "v=0\r\nearly\r\n");
    rig_has("From", "<sip:far@192.0.2.1>;tag=far");
    rig_has("Contact", rig.tcp ? "<sip:192.0.2.10:5060;transport=tcp>" : "<sip:192.0.2.10:5060>");
    rig_accept_call();
    rig_expect("SIP/2.0 200 OK\r\n");
    rig_has("To", early_to);
    rig_has("CSeq", "1 INVITE");
    rig_has("Call-ID", "call1");
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Allow"), "INVITE")); /* 13.3.1.4 */
    ck_assert_str_eq(rig_body(), RIG_SDP);
    rig_note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_told(" invite acked");
    rig_ask(.method = "BYE", .to_tag = rig.our_tag, .cseq = 2,
            .extra = "Reason: Q.850;cause=16\r\n");
    rig_expect("SIP/2.0 200 OK\r\n");
    ck_assert_int_eq(rig.reason.q850, 16);
    rig_told(" ended:bye");
}

START_TEST(we_call_over_udp)
{
    uac_call();
}
END_TEST

START_TEST(we_call_over_tcp)
{
    rig_use_tcp(false);
    uac_call();
}
END_TEST

START_TEST(we_call_over_tcp_cut_at_each_octet)
{
    rig_use_tcp(false);
    rig.dribble = true;
    uac_call();
}
END_TEST

START_TEST(they_call_over_udp)
{
    uas_call();
}
END_TEST

START_TEST(they_call_over_tcp)
{
    rig_use_tcp(true);
    uas_call();
}
END_TEST

START_TEST(they_call_over_tcp_cut_at_each_octet)
{
    rig_use_tcp(true);
    rig.dribble = true;
    uas_call();
}
END_TEST

/* Many messages in one piece, with the CRLFs that keep a connection open between them. */
START_TEST(a_stream_may_bring_many_messages_at_once)
{
    struct rt_buf b = {0};

    rig_use_tcp(true);
    for (unsigned i = 1; i <= 5; i++) {
        rt_buf_puts(&b, "\r\n"); /* two would be a ping (RFC 5626 4.4.1) */
        rt_buf_puts(&b, rig_write(&(struct rig_ask){.method = "OPTIONS", .cseq = i}));
    }
    rig_send_raw(b.p, b.n);
    rt_buf_release(&b);
    for (unsigned i = 1; i <= 5; i++) {
        char cseq[20];
        snprintf(cseq, sizeof cseq, "%u OPTIONS", i);
        rig_expect("SIP/2.0 200 ");
        rig_has("CSeq", cseq);
    }
    rig_silence();
}
END_TEST

START_TEST(a_stream_without_framing_is_closed)
{
    rig_use_tcp(true);
    rig_send("INVITE sip:100@192.0.2.10 SIP/2.0\r\nCall-ID: 1\r\n\r\n");
    rig_told(" hung-up");
    rig_empty();
}
END_TEST

START_TEST(a_connection_serves_both_directions)
{
    struct sip_usage u;

    rig_use_tcp(true);
    rig_they_call();
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.streams, 1);
    rig_leave(); /* the BYE comes over the connection they made */
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.streams, 1);
}
END_TEST

/* 13.2.1: an INVITE without offer; the ACK has the answer. */
START_TEST(the_answer_may_come_in_the_ack)
{
    rig_ask(.method = "INVITE");
    rig_expect("SIP/2.0 100 ");
    ck_assert_str_eq(rig.body, "");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"), .body = "v=0\r\nanswer\r\n");
    rig_told(" invite acked");
    ck_assert_str_eq(rig.body, "v=0\r\nanswer\r\n");
    rig_leave();
}
END_TEST

START_TEST(a_refusal_tells_the_cause)
{
    struct sip_reason why = {.q850 = 17, .location = 4, .text = "user busy"};

    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_refuse(rig.session, 486, "Busy", &why, NULL, 0), 0);
    rig_expect("SIP/2.0 486 Busy\r\n");
    rig_has("Reason", "Q.850;cause=17;text=\"user busy\";location=RLN");
    ck_assert_int_ne(sip_session_refuse(rig.session, 487, NULL, NULL, NULL, 0), 0);
    rig_close();
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_silence();
    rig_told(" invite");
}
END_TEST

START_TEST(their_refusal_tells_the_cause)
{
    rig_call(0);
    rig_answer(rig.in, "404 Not Found", "far", "Reason: Q.850;cause=1\r\n", NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 404);
    ck_assert_int_eq(rig.reason.q850, 1);
}
END_TEST

/* ---- forks ---- */

START_TEST(only_one_early_description_is_heard)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_answer(invite, "180 Ringing", "fork1", RIG_CONTACT, NULL);
    rig_answer(invite, "183 Session Progress", "fork2", RIG_CONTACT, "v=0\r\ntwo\r\n");
    ck_assert_str_eq(rig.body, "v=0\r\ntwo\r\n");
    rig_answer(invite, "183 Session Progress", "fork1", RIG_CONTACT, "v=0\r\none\r\n");
    ck_assert_str_eq(rig.body, "");
    rig_answer(invite, "183 Session Progress", "fork2", RIG_CONTACT, "v=0\r\ntwo\r\n");
    ck_assert_str_eq(rig.body, "v=0\r\ntwo\r\n");
    rig_told(" 180 183 183 183");
    rig_answer(invite, "200 OK", "fork1", RIG_CONTACT, "v=0\r\none\r\n");
    ck_assert_str_eq(rig.body, "v=0\r\none\r\n");
    rig_expect("ACK ");
    rig_has("To", "<sip:200@192.0.2.1>;tag=fork1");
    rig_told(" answered");
    rig_leave();
}
END_TEST

/* 13.2.2.4: each 2xx is acknowledged; the later forks are left. */
START_TEST(a_second_fork_that_answers_is_left)
{
    rig_call(0);
    const char *invite = rig_saved();
    rig_answer(invite, "200 OK", "fork1", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_answer(invite, "200 OK", "fork2", "Contact: <sip:two@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:two@192.0.2.1 SIP/2.0\r\n");
    rig_has("To", "<sip:200@192.0.2.1>;tag=fork2");
    rig_has("CSeq", "1 ACK");
    rig_expect("BYE sip:two@192.0.2.1 SIP/2.0\r\n");
    rig_has("To", "<sip:200@192.0.2.1>;tag=fork2");
    rig_has("CSeq", "2 BYE");
    rig_ok();
    rig_answer(invite, "200 OK", "fork2", "Contact: <sip:two@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:two@192.0.2.1 ");
    rig_silence();
    rig_told(" answered");
    rig_leave();
    rig_has("CSeq", "2 BYE");
}
END_TEST

/* 8.2.2.2: the same INVITE by two ways. */
START_TEST(a_merged_request_gets_482)
{
    rig_ask(.body = RIG_SDP, .branch = "way1");
    rig_expect("SIP/2.0 100 ");
    rig_ask(.body = RIG_SDP, .branch = "way2");
    rig_expect("SIP/2.0 482 Loop Detected\r\n");
    rig_told(" invite");
    rig_close();
}
END_TEST

/* ---- re-INVITE ---- */

START_TEST(they_change_the_session)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2, .body = "v=0\r\nhold\r\n");
    rig_told(" reinvited");
    ck_assert_str_eq(rig.body, "v=0\r\nhold\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 INVITE");
    ck_assert_str_eq(rig_tag("To"), rig.our_tag);
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" acked");
    rig_in_dialog(.cseq = 3, .body = "v=0\r\nbad\r\n");
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), 0);
    rig_expect("SIP/2.0 488 Not Acceptable Here\r\n");
    rig_in_dialog(.method = "ACK", .branch = "INVITE3", .cseq = 3);
    rig_told(" reinvited");
    rig_leave(); /* the session went on as before */
}
END_TEST

START_TEST(they_may_cancel_their_change)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_in_dialog(.method = "CANCEL", .branch = "INVITE2", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    ck_assert_int_ne(sip_session_answer(rig.session, NULL), 0);
    rig_told(" reinvited");
    rig_leave();
}
END_TEST

START_TEST(we_change_the_session)
{
    rig_call_them();
    rig_reinvite_them();
    const char *invite = rig_saved();
    rig_has("CSeq", "2 INVITE");
    rig_has("To", "<sip:200@192.0.2.1>;tag=far");
    ck_assert_str_eq(rig_body(), "v=0\r\nours\r\n");
    ck_assert_int_eq(sip_session_reinvite(rig.session, &(struct sip_body){.data = rt_str("")}),
                     EALREADY);
    rig_answer(invite, "200 OK", NULL, "Contact: <sip:moved@192.0.2.1>\r\n", "v=0\r\ntheirs\r\n");
    rig_told(" reanswered:200");
    ck_assert_str_eq(rig.body, "v=0\r\ntheirs\r\n");
    rig_expect("ACK sip:moved@192.0.2.1 SIP/2.0\r\n"); /* 12.2.1.2: a target refresh */
    rig_has("CSeq", "2 ACK");
    rig_answer(invite, "200 OK", NULL, "Contact: <sip:moved@192.0.2.1>\r\n", "v=0\r\ntheirs\r\n");
    rig_expect("ACK sip:moved@192.0.2.1 "); /* our ACK was lost */
    rig_told("");
    rig_reinvite_them();
    rig_has("CSeq", "3 INVITE");
    rig_answer(rig.in, "488 Not Acceptable Here", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:488");
    rig_leave();
    rig_has("CSeq", "4 BYE");
}
END_TEST

/* 14.1: the owner of the Call-ID waits 2.1 to 4 s, in steps of 10 ms. */
START_TEST(the_caller_waits_long_after_glare)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fake_seed(seed);
        rig_call_them();
        rig_reinvite_them();
        rig_zero();
        rig_answer(rig.in, "491 Request Pending", NULL, NULL, NULL);
        rig_expect("ACK ");
        rig_silence_until(2099);
        rt_time waited = 2099;
        while (!rig_next()) {
            ck_assert_int_lt(waited, 4000);
            rig_at(++waited);
        }
        ck_assert_int_eq(waited % 10, 0);
        rig_has("CSeq", "3 INVITE");
        ck_assert_str_eq(rig_body(), "v=0\r\nours\r\n");
        rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
        rig_expect("ACK ");
        rig_told(" reanswered:200");
        rig_leave();
        fake_advance(40 * RT_S);
    }
}
END_TEST

/* 14.1: the other waits 0 to 2 s. */
START_TEST(the_called_waits_short_after_glare)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fake_seed(seed);
        rig_they_call();
        rig_reinvite_them();
        rig_zero();
        rig_answer(rig.in, "491 Request Pending", NULL, NULL, NULL);
        rig_expect("ACK ");
        rt_time waited = 0;
        while (!rig_next()) {
            ck_assert_int_lt(waited, 2000);
            rig_at(++waited);
        }
        ck_assert_int_eq(waited % 10, 0);
        rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
        rig_expect("ACK ");
        rig_told(" reanswered:200");
        rig_leave();
        fake_advance(40 * RT_S);
    }
}
END_TEST

/* 14.2: theirs gets 491 while ours is out; both go on. */
START_TEST(glare_is_491)
{
    rig_they_call();
    rig_reinvite_them();
    const char *ours = rig_saved();
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 491 Request Pending\r\n");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_answer(ours, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    rig_in_dialog(.cseq = 3, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK", .cseq = 3);
    rig_told(" reinvited acked");
    rig_leave();
}
END_TEST

/* Their change during our wait comes first; ours is tried after it. */
START_TEST(a_waiting_change_lets_theirs_go_first)
{
    rig_they_call();
    rig_reinvite_them();
    rig_answer(rig.in, "491 Request Pending", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    fake_advance(10 * RT_S);
    rig_silence();
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_zero();
    for (rt_time waited = 0; !rig_next(); rig_at(++waited))
        ck_assert_int_lt(waited, 2000);
    ck_assert_int_eq(strncmp(rig.in, "INVITE ", 7), 0);
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_told(" reinvited acked reanswered:200");
    rig_expect("ACK ");
    rig_leave();
}
END_TEST

/* 14.2: a second INVITE before the answer to the first; 500 with a Retry-After of 0 to 10 s. */
START_TEST(a_second_invite_before_the_answer_gets_500)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_in_dialog(.cseq = 3, .body = RIG_SDP);
    rig_expect("SIP/2.0 500 ");
    const char *retry = rig_field(rig.in, "Retry-After");
    ck_assert_str_ne(retry, "");
    ck_assert_int_le(atoi(retry), 10);
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" reinvited acked");
    rig_leave();
}
END_TEST

/* RFC 5407 3.1.5: before the ACK to our 2xx. */
START_TEST(a_change_before_the_ack_gets_491)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 491 ");
    rig_in_dialog(.method = "ACK", .cseq = 1);
    rig_told(" invite acked");
    rig_leave();
}
END_TEST

/* 12.2.1.2 and RFC 5057 5.1 */
START_TEST(a_change_that_gets_481_ends_the_session)
{
    rig_call_them();
    rig_reinvite_them();
    rig_answer(rig.in, "481 Call/Transaction Does Not Exist", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:gone");
    rig_silence();
}
END_TEST

START_TEST(a_change_that_gets_408_ends_the_session)
{
    rig_call_them();
    rig_reinvite_them();
    rig_answer(rig.in, "408 Request Timeout", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:gone");
    rig_expect("BYE ");
    rig_ok();
}
END_TEST

START_TEST(a_change_without_an_answer_ends_the_session)
{
    rig_call_them();
    rig_zero();
    rig_reinvite_them();
    rig_at(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" ended:gone");
    while (rig_next() && strncmp(rig.in, "INVITE", 6) == 0)
        continue;
    ck_assert_int_eq(strncmp(rig.in, "BYE", 3), 0);
    rig_ok();
}
END_TEST

START_TEST(leaving_during_their_change_answers_it)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_close();
    rig_expect("SIP/2.0 487 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_expect("BYE ");
    rig_ok();
    rig_told(" reinvited");
}
END_TEST

START_TEST(leaving_during_our_change_leaves_nothing)
{
    rig_call_them();
    rig_reinvite_them();
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    rig_leave();
    fake_advance(70 * RT_S);
    rig_empty();
    rig_told("");
}
END_TEST

/* ---- the end ---- */

START_TEST(byes_may_cross)
{
    rig_call_them();
    rig_note_dialog("From");
    rig_close();
    rig_expect("BYE ");
    const char *ours = rig_saved();
    rig_in_dialog(.method = "BYE", .cseq = 7);
    rig_expect("SIP/2.0 200 ");
    rig_answer(ours, "481 Call/Transaction Does Not Exist", NULL, NULL, NULL);
    rig_silence();
    rig_told("");
}
END_TEST

/* 15: BYE must not be sent before the ACK has come. */
START_TEST(our_bye_waits_for_the_ack)
{
    struct sip_reason why = {.q850 = 16, .location = -1};

    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    struct sip_session *s = rig.session;
    rig.session = NULL;
    sip_session_close(s, &why);
    rig_silence();
    rig_in_dialog(.method = "ACK");
    rig_expect("BYE ");
    rig_has("Reason", "Q.850;cause=16");
    rig_ok();
    rig_told(" invite");
}
END_TEST

/* 15.1.2 and 15: the caller may leave before our answer. */
START_TEST(a_bye_before_the_answer_ends_the_invite)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 ");
    rig_note_dialog("To");
    rig_in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 BYE");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "1 INVITE");
    rig_in_dialog(.method = "ACK", .branch = "INVITE1");
    rig_told(" invite ended:bye");
}
END_TEST

START_TEST(a_bye_may_overtake_the_ack)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK");
    rig_told(" invite ended:bye");
    fake_advance(10 * RT_S);
    rig_silence();
}
END_TEST

/* 13.3.1.4: the 2xx is repeated like Timer G, for 64*T1; then BYE. */
START_TEST(a_2xx_without_ack_is_repeated_then_left)
{
    static const int at[] = {500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};

    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    const char *first = rig_saved();
    for (size_t i = 0; i < RT_COUNT(at); i++) {
        rig_expect_at(at[i], "SIP/2.0 200 ");
        ck_assert_str_eq(rig.in, first);
    }
    rig_told(" invite");
    rig_expect_at(32000, "BYE ");
    rig_told(" ended:no-ack");
    rig_ok();
}
END_TEST

START_TEST(a_2xx_over_tcp_is_repeated_too)
{
    rig_use_tcp(true);
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_expect_at(500, "SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK");
    rig_silence_until(20000);
    rig_told(" invite acked");
    rig_leave();
}
END_TEST

/* The ACK is known by its CSeq, whatever else came meanwhile. */
START_TEST(a_late_ack_counts)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_in_dialog(.method = "OPTIONS", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK", .cseq = 9);
    rig_told(" invite");
    rig_in_dialog(.method = "ACK", .cseq = 1);
    rig_told(" acked");
    rig_in_dialog(.method = "ACK", .cseq = 1);
    rig_told("");
    rig_leave();
}
END_TEST

static unsigned lose(void *arg, const union rt_addr *from, const union rt_addr *to, const void *buf,
                     size_t len, rt_time *delay)
{
    const char *what = arg;

    (void)from, (void)to, (void)delay;
    if (len > strlen(what) && strncmp(buf, what, strlen(what)) == 0) {
        fake_net_hook(NULL, NULL);
        return 0;
    }
    return 1;
}

/* Their 2xx was lost: it comes again for our repeated INVITE. */
START_TEST(a_lost_2xx_comes_again)
{
    static char what[] = "SIP/2.0 200";

    rig_zero();
    rig_call(0);
    fake_net_hook(lose, what);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told("");
    rig_expect_at(500, "INVITE ");
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" answered");
    rig_expect("ACK ");
    rig_leave();
}
END_TEST

START_TEST(our_lost_2xx_comes_again)
{
    static char what[] = "SIP/2.0 200";

    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_zero();
    fake_net_hook(lose, what);
    rig_accept_call();
    rig_silence();
    rig_expect_at(500, "SIP/2.0 200 ");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"));
    rig_told(" invite acked");
    rig_leave();
}
END_TEST

START_TEST(everything_doubled_changes_nothing)
{
    rig_ask(.body = RIG_SDP);
    rig_ask(.body = RIG_SDP);
    rig_accept_call();
    rig_expect("SIP/2.0 100 ");
    rig_expect("SIP/2.0 100 ");
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    for (int i = 0; i < 2; i++)
        rig_in_dialog(.method = "ACK");
    for (int i = 0; i < 2; i++)
        rig_in_dialog(.method = "INFO", .cseq = 2, .type = "application/dtmf-relay", .body = "5");
    for (int i = 0; i < 2; i++)
        rig_in_dialog(.method = "BYE", .cseq = 3);
    rig_told(" invite acked info ended:bye");
    for (int i = 0; i < 4; i++)
        rig_expect("SIP/2.0 200 ");
    rig_silence();
}
END_TEST

RIG_MAIN("sip session", we_call_over_udp, we_call_over_tcp, we_call_over_tcp_cut_at_each_octet,
         they_call_over_udp, they_call_over_tcp, they_call_over_tcp_cut_at_each_octet,
         a_stream_may_bring_many_messages_at_once, a_stream_without_framing_is_closed,
         a_connection_serves_both_directions, the_answer_may_come_in_the_ack,
         a_refusal_tells_the_cause, their_refusal_tells_the_cause,
         only_one_early_description_is_heard, a_second_fork_that_answers_is_left,
         a_merged_request_gets_482, they_change_the_session, they_may_cancel_their_change,
         we_change_the_session, the_caller_waits_long_after_glare,
         the_called_waits_short_after_glare, glare_is_491, a_waiting_change_lets_theirs_go_first,
         a_second_invite_before_the_answer_gets_500, a_change_before_the_ack_gets_491,
         a_change_that_gets_481_ends_the_session, a_change_that_gets_408_ends_the_session,
         a_change_without_an_answer_ends_the_session, leaving_during_their_change_answers_it,
         leaving_during_our_change_leaves_nothing, byes_may_cross, our_bye_waits_for_the_ack,
         a_bye_before_the_answer_ends_the_invite, a_bye_may_overtake_the_ack,
         a_2xx_without_ack_is_repeated_then_left, a_2xx_over_tcp_is_repeated_too, a_late_ack_counts,
         a_lost_2xx_comes_again, our_lost_2xx_comes_again, everything_doubled_changes_nothing)
