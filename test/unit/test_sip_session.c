/* Calls from end to end: both directions over UDP and TCP, forks, re-INVITEs, lost messages,
 * routes, and what is refused (RFC 3261 8.2, 12 to 15, RFC 5407). After each test nothing may be
 * left.
 */
#include "test/unit/sip_rig.h"

static const char *keep(void)
{
    static char kept[8][RIG_MAX];
    static unsigned next;
    char *out = kept[next++ % 8];

    strcpy(out, rig.in);
    return out;
}

static void now_is_zero(void)
{
    rig.t0 = rt_now();
}

static void ok(void)
{
    rig_answer(rig.in, "200 OK", "far", NULL, NULL);
}

/** We called, they answered. */
static void call_them(void)
{
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
}

static char our_tag[100], call_id[300];

/** Keeps what a request of theirs inside the dialog needs. */
static void note_dialog(const char *field)
{
    snprintf(our_tag, sizeof our_tag, "%s", rig_tag(field));
    snprintf(call_id, sizeof call_id, "%s", rig_field(rig.in, "Call-ID"));
}

/** They called, we answered. */
static void they_call(void)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = our_tag);
    rig_told(" invite acked");
}

#define in_dialog(...) rig_ask(.to_tag = our_tag, .call_id = call_id, __VA_ARGS__)

static void we_leave(void)
{
    rig_close();
    rig_expect("BYE ");
    ok();
}

static void reinvite_them(void)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str("v=0\r\nours\r\n")};
    ck_assert_int_eq(sip_session_reinvite(rig.session, &body), 0);
    rig_expect("INVITE ");
}

/* ---- whole calls ---- */

static void uac_call(void)
{
    rig_call(0);
    const char *invite = keep(), *via = rig_field(invite, "Via");
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
    ok();
    rig_told("");
}

static void uas_call(void)
{
    struct sip_body early = {rt_str("application/sdp"), rt_str("v=0\r\nearly\r\n")};

    rig_ask(.body = RIG_SDP, .extra = "Subject: x\r\n");
    rig_expect("SIP/2.0 100 Trying\r\n");
    ck_assert_str_eq(rig.body, RIG_SDP);
    ck_assert_int_eq(sip_session_progress(rig.session, 183, &early, NULL), 0);
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
    note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = our_tag);
    rig_told(" invite acked");
    rig_ask(.method = "BYE", .to_tag = our_tag, .cseq = 2, .extra = "Reason: Q.850;cause=16\r\n");
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
        rt_buf_puts(&b, "\r\n\r\n");
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
    they_call();
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.streams, 1);
    we_leave(); /* the BYE comes over the connection they made */
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
    we_leave();
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
    const char *invite = keep();
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
    we_leave();
}
END_TEST

/* 13.2.2.4: each 2xx is acknowledged; the later forks are left. */
START_TEST(a_second_fork_that_answers_is_left)
{
    rig_call(0);
    const char *invite = keep();
    rig_answer(invite, "200 OK", "fork1", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_answer(invite, "200 OK", "fork2", "Contact: <sip:two@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:two@192.0.2.1 SIP/2.0\r\n");
    rig_has("To", "<sip:200@192.0.2.1>;tag=fork2");
    rig_has("CSeq", "1 ACK");
    rig_expect("BYE sip:two@192.0.2.1 SIP/2.0\r\n");
    rig_has("To", "<sip:200@192.0.2.1>;tag=fork2");
    rig_has("CSeq", "2 BYE");
    ok();
    rig_answer(invite, "200 OK", "fork2", "Contact: <sip:two@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:two@192.0.2.1 ");
    rig_silence();
    rig_told(" answered");
    we_leave();
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
    they_call();
    in_dialog(.cseq = 2, .body = "v=0\r\nhold\r\n");
    rig_told(" reinvited");
    ck_assert_str_eq(rig.body, "v=0\r\nhold\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 INVITE");
    ck_assert_str_eq(rig_tag("To"), our_tag);
    in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" acked");
    in_dialog(.cseq = 3, .body = "v=0\r\nbad\r\n");
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_refuse(rig.session, 488, NULL, NULL, NULL, 0), 0);
    rig_expect("SIP/2.0 488 Not Acceptable Here\r\n");
    in_dialog(.method = "ACK", .branch = "INVITE3", .cseq = 3);
    rig_told(" reinvited");
    we_leave(); /* the session went on as before */
}
END_TEST

START_TEST(they_may_cancel_their_change)
{
    they_call();
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    in_dialog(.method = "CANCEL", .branch = "INVITE2", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    ck_assert_int_ne(sip_session_accept(rig.session, NULL, NULL, 0), 0);
    rig_told(" reinvited");
    we_leave();
}
END_TEST

START_TEST(we_change_the_session)
{
    call_them();
    reinvite_them();
    const char *invite = keep();
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
    reinvite_them();
    rig_has("CSeq", "3 INVITE");
    rig_answer(rig.in, "488 Not Acceptable Here", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:488");
    we_leave();
    rig_has("CSeq", "4 BYE");
}
END_TEST

/* 14.1: the owner of the Call-ID waits 2.1 to 4 s, in steps of 10 ms. */
START_TEST(the_caller_waits_long_after_glare)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fake_seed(seed);
        call_them();
        reinvite_them();
        now_is_zero();
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
        we_leave();
        fake_advance(40 * RT_S);
    }
}
END_TEST

/* 14.1: the other waits 0 to 2 s. */
START_TEST(the_called_waits_short_after_glare)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fake_seed(seed);
        they_call();
        reinvite_them();
        now_is_zero();
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
        we_leave();
        fake_advance(40 * RT_S);
    }
}
END_TEST

/* 14.2: theirs gets 491 while ours is out; both go on. */
START_TEST(glare_is_491)
{
    they_call();
    reinvite_them();
    const char *ours = keep();
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 491 Request Pending\r\n");
    in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_answer(ours, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    in_dialog(.cseq = 3, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "ACK", .cseq = 3);
    rig_told(" reinvited acked");
    we_leave();
}
END_TEST

/* Their change during our wait comes first; ours is tried after it. */
START_TEST(a_waiting_change_lets_theirs_go_first)
{
    they_call();
    reinvite_them();
    rig_answer(rig.in, "491 Request Pending", NULL, NULL, NULL);
    rig_expect("ACK ");
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    fake_advance(10 * RT_S);
    rig_silence();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "ACK", .cseq = 2);
    fake_advance(2 * RT_S);
    rig_expect("INVITE ");
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_told(" reinvited acked reanswered:200");
    rig_expect("ACK ");
    rig_close();
    while (strncmp(rig.in, "BYE", 3) != 0)
        ck_assert(rig_next());
    ok();
}
END_TEST

/* 14.2: a second INVITE before the answer to the first; 500 with a Retry-After of 0 to 10 s. */
START_TEST(a_second_invite_before_the_answer_gets_500)
{
    they_call();
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    in_dialog(.cseq = 3, .body = RIG_SDP);
    rig_expect("SIP/2.0 500 ");
    const char *retry = rig_field(rig.in, "Retry-After");
    ck_assert_str_ne(retry, "");
    ck_assert_int_le(atoi(retry), 10);
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" reinvited acked");
    we_leave();
}
END_TEST

/* RFC 5407 3.1.5: before the ACK to our 2xx. */
START_TEST(a_change_before_the_ack_gets_491)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    note_dialog("To");
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 491 ");
    in_dialog(.method = "ACK", .cseq = 1);
    rig_told(" invite acked");
    we_leave();
}
END_TEST

/* 12.2.1.2 and RFC 5057 5.1 */
START_TEST(a_change_that_gets_481_ends_the_session)
{
    call_them();
    reinvite_them();
    rig_answer(rig.in, "481 Call/Transaction Does Not Exist", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:gone");
    rig_silence();
}
END_TEST

START_TEST(a_change_that_gets_408_ends_the_session)
{
    call_them();
    reinvite_them();
    rig_answer(rig.in, "408 Request Timeout", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:gone");
    rig_expect("BYE ");
    ok();
}
END_TEST

START_TEST(a_change_without_an_answer_ends_the_session)
{
    call_them();
    now_is_zero();
    reinvite_them();
    rig_at(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" ended:gone");
    while (rig_next() && strncmp(rig.in, "INVITE", 6) == 0)
        continue;
    ck_assert_int_eq(strncmp(rig.in, "BYE", 3), 0);
    ok();
}
END_TEST

START_TEST(leaving_during_their_change_answers_it)
{
    they_call();
    in_dialog(.cseq = 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_close();
    rig_expect("SIP/2.0 487 ");
    in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_expect("BYE ");
    ok();
    rig_told(" reinvited");
}
END_TEST

START_TEST(leaving_during_our_change_leaves_nothing)
{
    call_them();
    reinvite_them();
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    we_leave();
    fake_advance(70 * RT_S);
    rig_empty();
    rig_told("");
}
END_TEST

/* ---- the end ---- */

START_TEST(byes_may_cross)
{
    call_them();
    note_dialog("From");
    rig_close();
    rig_expect("BYE ");
    const char *ours = keep();
    in_dialog(.method = "BYE", .cseq = 7);
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
    note_dialog("To");
    struct sip_session *s = rig.session;
    rig.session = NULL;
    sip_session_close(s, &why);
    rig_silence();
    in_dialog(.method = "ACK");
    rig_expect("BYE ");
    rig_has("Reason", "Q.850;cause=16");
    ok();
    rig_told(" invite");
}
END_TEST

/* 15.1.2 and 15: the caller may leave before our answer. */
START_TEST(a_bye_before_the_answer_ends_the_invite)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL), 0);
    rig_expect("SIP/2.0 180 ");
    note_dialog("To");
    in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 BYE");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "1 INVITE");
    in_dialog(.method = "ACK", .branch = "INVITE1");
    rig_told(" invite ended:bye");
}
END_TEST

START_TEST(a_bye_may_overtake_the_ack)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    note_dialog("To");
    in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "ACK");
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
    now_is_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    const char *first = keep();
    for (size_t i = 0; i < RT_COUNT(at); i++) {
        rig_expect_at(at[i], "SIP/2.0 200 ");
        ck_assert_str_eq(rig.in, first);
    }
    rig_told(" invite");
    rig_expect_at(32000, "BYE ");
    rig_told(" ended:no-ack");
    ok();
}
END_TEST

START_TEST(a_2xx_over_tcp_is_repeated_too)
{
    rig_use_tcp(true);
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    now_is_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    note_dialog("To");
    rig_expect_at(500, "SIP/2.0 200 ");
    in_dialog(.method = "ACK");
    rig_silence_until(20000);
    rig_told(" invite acked");
    we_leave();
}
END_TEST

/* The ACK is known by its CSeq, whatever else came meanwhile. */
START_TEST(a_late_ack_counts)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    note_dialog("To");
    in_dialog(.method = "OPTIONS", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "ACK", .cseq = 9);
    rig_told(" invite");
    in_dialog(.method = "ACK", .cseq = 1);
    rig_told(" acked");
    in_dialog(.method = "ACK", .cseq = 1);
    rig_told("");
    we_leave();
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

    now_is_zero();
    rig_call(0);
    fake_net_hook(lose, what);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told("");
    rig_expect_at(500, "INVITE ");
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" answered");
    rig_expect("ACK ");
    we_leave();
}
END_TEST

START_TEST(our_lost_2xx_comes_again)
{
    static char what[] = "SIP/2.0 200";

    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    now_is_zero();
    fake_net_hook(lose, what);
    rig_accept_call();
    rig_silence();
    rig_expect_at(500, "SIP/2.0 200 ");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"));
    rig_told(" invite acked");
    we_leave();
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
    note_dialog("To");
    for (int i = 0; i < 2; i++)
        in_dialog(.method = "ACK");
    for (int i = 0; i < 2; i++)
        in_dialog(.method = "INFO", .cseq = 2, .type = "application/dtmf-relay", .body = "5");
    for (int i = 0; i < 2; i++)
        in_dialog(.method = "BYE", .cseq = 3);
    rig_told(" invite acked info ended:bye");
    for (int i = 0; i < 4; i++)
        rig_expect("SIP/2.0 200 ");
    rig_silence();
}
END_TEST

/* ---- in the dialog ---- */

START_TEST(info_reaches_the_owner)
{
    they_call();
    in_dialog(.method = "INFO", .cseq = 2, .type = "application/dtmf-relay",
              .body = "Signal=5\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" info");
    ck_assert_str_eq(rig.body, "Signal=5\r\n");
    we_leave();
}
END_TEST

/* 12.2.2: a lower CSeq is out of order. */
START_TEST(requests_out_of_order_get_500)
{
    they_call();
    in_dialog(.method = "OPTIONS", .cseq = 5);
    rig_expect("SIP/2.0 200 ");
    in_dialog(.method = "OPTIONS", .cseq = 4);
    rig_expect("SIP/2.0 500 ");
    in_dialog(.method = "OPTIONS", .cseq = 6);
    rig_expect("SIP/2.0 200 ");
    we_leave();
}
END_TEST

START_TEST(methods_in_the_dialog_are_looked_at)
{
    they_call();
    in_dialog(.method = "REFER", .cseq = 2);
    rig_expect("SIP/2.0 405 ");
    ck_assert_str_ne(rig_field(rig.in, "Allow"), "");
    in_dialog(.method = "DANCE", .cseq = 3);
    rig_expect("SIP/2.0 501 ");
    in_dialog(.method = "INVITE", .cseq = 4, .extra = "Require: 100rel\r\n");
    rig_expect("SIP/2.0 420 ");
    rig_has("Unsupported", "100rel");
    in_dialog(.method = "ACK", .branch = "INVITE4", .cseq = 4);
    rig_told("");
    we_leave();
}
END_TEST

START_TEST(a_wrong_tag_or_call_id_is_no_dialog)
{
    they_call();
    rig_ask(.method = "BYE", .to_tag = our_tag, .from_tag = "other", .cseq = 2);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "BYE", .to_tag = our_tag, .call_id = "other", .cseq = 3);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "BYE", .to_tag = "0123456789abcdef", .cseq = 4);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "INVITE", .to_tag = "0123456789abcdef", .cseq = 5);
    rig_expect("SIP/2.0 481 ");
    rig_told("");
    we_leave();
}
END_TEST

/* ---- routes and addresses ---- */

#define ROUTES                                                                                     \
    "Record-Route: <sip:192.0.2.1;lr;n=1>, <sip:p2.example;lr>\r\n"                                \
    "Record-Route: <sip:p3.example;lr>\r\n"

/** All lines of that name, in order, with a bar after each. */
static const char *all_fields(const char *name)
{
    static char out[1000];
    char key[50];

    out[0] = '\0';
    snprintf(key, sizeof key, "\r\n%s: ", name);
    for (const char *p = rig.in; (p = strstr(p, key)); p++) {
        p += strlen(key);
        strncat(out, p, (size_t)(strstr(p, "\r\n") - p));
        strcat(out, "|");
        p -= 1;
    }
    return out;
}

/* 12.1.1: the called side takes Record-Route in its order, and returns it. */
START_TEST(the_called_side_keeps_the_route_order)
{
    rig_ask(.body = RIG_SDP, .extra = ROUTES);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL), 0);
    rig_expect("SIP/2.0 180 ");
    ck_assert_str_eq(all_fields("Record-Route"),
                     "<sip:192.0.2.1;lr;n=1>, <sip:p2.example;lr>|<sip:p3.example;lr>|");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    ck_assert_str_eq(all_fields("Record-Route"),
                     "<sip:192.0.2.1;lr;n=1>, <sip:p2.example;lr>|<sip:p3.example;lr>|");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"));
    rig_close();
    rig_expect("BYE sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    ck_assert_str_eq(all_fields("Route"),
                     "<sip:192.0.2.1;lr;n=1>|<sip:p2.example;lr>|<sip:p3.example;lr>|");
    ok();
    rig_told(" invite acked");
}
END_TEST

/* 12.1.2: the calling side takes it reversed, with the 2xx; the ACK has it already. */
START_TEST(the_calling_side_reverses_the_route)
{
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far",
               "Record-Route: <sip:p3.example;lr>\r\n"
               "Record-Route: <sip:p2.example;lr>, <sip:192.0.2.1;lr>\r\n"
               "Contact: <sip:far@198.51.100.9>\r\n",
               RIG_SDP);
    rig_expect("ACK sip:far@198.51.100.9 SIP/2.0\r\n");
    ck_assert_str_eq(all_fields("Route"),
                     "<sip:192.0.2.1;lr>|<sip:p2.example;lr>|<sip:p3.example;lr>|");
    rig_close();
    rig_expect("BYE sip:far@198.51.100.9 SIP/2.0\r\n");
    ck_assert_str_eq(all_fields("Route"),
                     "<sip:192.0.2.1;lr>|<sip:p2.example;lr>|<sip:p3.example;lr>|");
    ok();
    rig_told(" answered");
}
END_TEST

/* 8.1.2: to the first route, else to the target. */
START_TEST(requests_go_where_the_contact_says)
{
    union rt_addr addr = rig_addr("192.0.2.7:5080");
    struct rt_udp *phone;
    size_t n;

    ck_assert_int_eq(rt_udp_open(&phone, rig.loop, &addr, NULL, NULL), 0);
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", "Contact: <sip:p@192.0.2.7:5080?Subject=x>\r\n", RIG_SDP);
    rig_silence();
    ck_assert_int_eq(rt_udp_recv(phone, rig.in, RIG_MAX - 1, &n, NULL), 0);
    rig.in[n] = '\0';
    ck_assert_int_eq(strncmp(rig.in, "ACK sip:p@192.0.2.7:5080 SIP/2.0\r\n", 34), 0);
    rig_close();
    fake_settle();
    ck_assert_int_eq(rt_udp_recv(phone, rig.in, RIG_MAX - 1, &n, NULL), 0);
    rig.in[n] = '\0';
    ck_assert_int_eq(strncmp(rig.in, "BYE ", 4), 0);
    ok();
    rt_udp_close(phone);
    rig_told(" answered");
}
END_TEST

/* 18.2.1, 18.2.2: `received`, and back to the port of Via. */
START_TEST(a_response_goes_to_the_port_of_via)
{
    union rt_addr addr = rig_addr("192.0.2.1:6000"), from;
    struct rt_udp *other;
    size_t n;

    ck_assert_int_eq(rt_udp_open(&other, rig.loop, &addr, NULL, NULL), 0);
    rig_ask(.method = "OPTIONS", .via = "host.example:6000");
    ck_assert_int_eq(rt_udp_recv(other, rig.in, RIG_MAX - 1, &n, &from), 0);
    rig.in[n] = '\0';
    rig_has("Via", "SIP/2.0/UDP host.example:6000;branch=z9hG4bKOPTIONS1;received=192.0.2.1");
    rig_silence();
    rig_ask(.method = "OPTIONS", .via = "192.0.2.1", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_has("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKOPTIONS2");
    rt_udp_close(other);
}
END_TEST

/* RFC 3581 4: where it really came from, and both parameters. */
START_TEST(rport_sends_the_response_back)
{
    rig_ask(.method = "OPTIONS", .via = "10.0.0.1:7777;rport");
    rig_expect("SIP/2.0 200 ");
    rig_has("Via",
            "SIP/2.0/UDP 10.0.0.1:7777;rport=5060;branch=z9hG4bKOPTIONS1;received=192.0.2.1");
    rig_ask(.method = "OPTIONS", .via = "192.0.2.1:5060;rport", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_has("Via",
            "SIP/2.0/UDP 192.0.2.1:5060;rport=5060;branch=z9hG4bKOPTIONS2;received=192.0.2.1");
}
END_TEST

START_TEST(every_via_is_returned_in_order)
{
    rig_ask(.method = "OPTIONS", .extra = "Via: SIP/2.0/UDP b;branch=z9hG4bKb, SIP/2.0/TCP c\r\n");
    rig_expect("SIP/2.0 200 ");
    ck_assert_str_eq(all_fields("Via"), "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKOPTIONS1|"
                                        "SIP/2.0/UDP b;branch=z9hG4bKb|SIP/2.0/TCP c|");
}
END_TEST

/* 18.2.2: when the connection is gone, a new one to the port of Via. */
START_TEST(an_answer_finds_its_way_when_the_connection_is_gone)
{
    rig_use_tcp(true);
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_hang_up();
    ck_assert_int_eq(rt_listen(&rig.listener, rig.loop, &rig.peer_addr, rig_connected, NULL), 0);
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_told(" invite");
}
END_TEST

/* ---- who and what is refused ---- */

START_TEST(strangers_get_403_and_leave_no_trace)
{
    static const char *const methods[] = {"INVITE", "BYE", "CANCEL", "OPTIONS", "REGISTER", "X"};

    rig.closed = true;
    for (unsigned i = 0; i < RT_COUNT(methods); i++) {
        rig_ask(.method = methods[i], .cseq = i + 1, .body = RIG_SDP);
        rig_expect("SIP/2.0 403 Forbidden\r\n");
        rig_empty();
    }
    rig_ask(.method = "ACK");
    rig_send("INVITE  bad  SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: a\r\nTo: b\r\n"
             "Call-ID: c\r\nCSeq: 1 INVITE\r\n\r\n");
    rig_expect("SIP/2.0 403 ");
    rig_silence();
    rig_told("");
}
END_TEST

/* 8.2.7: a stateless answer has the same tag each time. */
START_TEST(stateless_answers_repeat_their_tag)
{
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 200 ");
    const char *first = keep();
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 200 ");
    ck_assert_str_eq(rig.in, first);
    rig_empty();
}
END_TEST

/* 11.2 */
START_TEST(options_tells_what_we_can)
{
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 200 OK\r\n");
    rig_has("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS");
    rig_has("Accept", "application/sdp");
    ck_assert_ptr_nonnull(strstr(rig.in, "\r\nSupported:"));
    rig_ask(.method = "OPTIONS", .cseq = 2, .extra = "Require: foo\r\n");
    rig_expect("SIP/2.0 420 "); /* as an INVITE would be */
}
END_TEST

START_TEST(what_we_cannot_do_is_refused)
{
    static const struct {
        struct rig_ask ask;
        const char *status, *field, *value;
    } cases[] = {
        {{.method = "REGISTER"}, "405", "Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS"},
        {{.method = "SUBSCRIBE"}, "405", "Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS"},
        {{.method = "DANCE"}, "501", "Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS"},
        {{.extra = "Require: 100rel, foo\r\n"}, "420", "Unsupported", "100rel, foo"},
        {{.extra = "Require: a\r\nRequire: b\r\n"}, "420", "Unsupported", "a"},
        {{.extra = "Proxy-Require: foo\r\n", .uri = "sips:100@x"}, "416", "Unsupported", ""},
        {{.type = "text/plain", .body = "hello"}, "415", "Accept", "application/sdp"},
        {{.extra = "Accept: text/plain\r\n"}, "406", "Accept", ""},
        {{.uri = "soap.beep://192.0.2.103:3002"}, "416", "Accept", ""},
        {{.uri = "nobodyKnowsThisScheme:totallyopaquecontent"}, "416", "Accept", ""},
        {{.method = "BYE"}, "481", "Allow", ""},
        {{.method = "INFO"}, "481", "Allow", ""},
    };
    for (unsigned i = 0; i < RT_COUNT(cases); i++) {
        char start[20];
        struct rig_ask a = cases[i].ask;
        a.cseq = i + 1;
        rig_send(rig_write(&a));
        snprintf(start, sizeof start, "SIP/2.0 %s ", cases[i].status);
        rig_expect(start);
        rig_has(cases[i].field, cases[i].value);
        rig_tag("To"); /* 8.2.6.2 */
        rig_empty();
    }
    rig_told("");
}
END_TEST

START_TEST(each_required_extension_is_named)
{
    rig_ask(.extra = "Require: a\r\nRequire: b, c\r\n");
    rig_expect("SIP/2.0 420 ");
    ck_assert_str_eq(all_fields("Unsupported"), "a|b, c|");
}
END_TEST

START_TEST(accept_may_name_sdp_in_many_ways)
{
    static const char *const lines[] = {"Accept: text/plain, application/sdp;level=1\r\n",
                                        "Accept: */*;q=0.1\r\n", "Accept: Application/*\r\n",
                                        "Accept: text/plain\r\nAccept: application/SDP\r\n"};
    for (unsigned i = 0; i < RT_COUNT(lines); i++) {
        rig_ask(.method = "OPTIONS", .cseq = i + 1, .extra = lines[i]);
        rig_expect("SIP/2.0 200 ");
    }
}
END_TEST

START_TEST(stray_answers_and_noise_get_nothing)
{
    rig_send(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKnone\r\nFrom: <sip:a@b>\r\n"
        "To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n");
    rig_send("\r\n\r\n");
    rig_send_raw("\0\0\0\0", 4);
    rig_send("GET / HTTP/1.1\r\n\r\n");
    rig_ask(.method = "ACK", .to_tag = "0123456789abcdef");
    rig_silence();
    rig_empty();
}
END_TEST

/* RFC 4475: everything of it at once, from one who is let in. */
static const char *const torture[] = {
    "wsinv.dat",      "intmeth.dat",  "esc01.dat",     "escnull.dat",  "esc02.dat",
    "lwsdisp.dat",    "longreq.dat",  "dblreq.dat",    "semiuri.dat",  "transports.dat",
    "mpart01.dat",    "unreason.dat", "noreason.dat",  "badinv01.dat", "clerr.dat",
    "ncl.dat",        "scalar02.dat", "scalarlg.dat",  "quotbal.dat",  "ltgtruri.dat",
    "lwsruri.dat",    "lwsstart.dat", "trws.dat",      "escruri.dat",  "baddate.dat",
    "regbadct.dat",   "badaspec.dat", "baddn.dat",     "badvers.dat",  "mismatch01.dat",
    "mismatch02.dat", "bigcode.dat",  "badbranch.dat", "insuf.dat",    "unkscm.dat",
    "novelsc.dat",    "unksm2.dat",   "bext01.dat",    "invut.dat",    "regaut01.dat",
    "multi01.dat",    "mcl01.dat",    "bcast.dat",     "zeromf.dat",   "cparam01.dat",
    "cparam02.dat",   "regescrt.dat", "sdp01.dat",     "inv2543.dat",
};

static void torture_is(const char *file, const char *status)
{
    char path[200], start[20], text[10000];

    snprintf(path, sizeof path, "test/unit/data/sip/torture/%s", file);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    rig_send_raw(text, n);
    snprintf(start, sizeof start, "SIP/2.0 %s", status ? status : "");
    while (status && rig_next())
        if (strncmp(rig.in, start, strlen(start)) == 0)
            return;
    ck_assert_msg(!status, "%s: no %s, last is\n%s", file, status, rig.in);
}

START_TEST(torture_messages_get_their_answers)
{
    /* rport is not asked for: answers go to the ports of Via, which is 5060 where the host here
     * is the far end */
    torture_is("unkscm.dat", "416");
    torture_is("novelsc.dat", "416");
    torture_is("bext01.dat", "420");
    torture_is("invut.dat", "415");
    torture_is("sdp01.dat", "406");
    torture_is("badvers.dat", "505");
    torture_is("mismatch02.dat", "501");
    torture_is("multi01.dat", "400");
    torture_is("zeromf.dat", "200");
    torture_is("lwsdisp.dat", "200");
    torture_is("semiuri.dat", "200");
    torture_is("transports.dat", "200");
    torture_is("escnull.dat", "405");
    torture_is("wsinv.dat", "481"); /* it has a To tag */
}
END_TEST

START_TEST(torture_messages_do_no_harm)
{
    struct sip_session *s;

    for (size_t i = 0; i < RT_COUNT(torture); i++) {
        torture_is(torture[i], NULL);
        s = rig.session;
        rig.session = NULL;
        if (s)
            sip_session_close(s, NULL);
        fake_settle();
        while (rig_next())
            continue;
    }
    fake_advance(40 * RT_S);
    while (rig_next())
        continue;
    rig_empty();
}
END_TEST

/* ---- what the caller gives ---- */

START_TEST(a_uri_cannot_bring_fields_along)
{
    static const char *const bad[] = {"", "sip:", "sip:a@b\r\nX: y", "sip:a b@c", "sip:a@b>x"};

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        struct sip_session *s;
        struct sip_invite inv = {.hop = {SIP_UDP, rig.peer_addr},
                                 .request_uri = rt_str(bad[i]),
                                 .from_uri = rt_str("sip:100@192.0.2.10"),
                                 .to_uri = rt_str("sip:200@192.0.2.1")};
        ck_assert_int_eq(sip_session_invite(&s, rig.ua, &inv, &rig_session_ops, &rig), EINVAL);
    }
    rig_silence();
}
END_TEST

START_TEST(a_display_name_is_quoted)
{
    struct sip_invite inv = {.hop = {SIP_UDP, rig.peer_addr},
                             .request_uri = rt_str("sip:200@192.0.2.1"),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .from_name = rt_str("a \"b\" \\ c\r\nX: y"),
                             .to_uri = rt_str("sip:200@192.0.2.1")};

    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_expect("INVITE ");
    const char *from = rig_field(rig.in, "From"), *name = "\"a \\\"b\\\" \\\\ cX: y\" <sip:";
    ck_assert_msg(strncmp(from, name, strlen(name)) == 0, "%s", from);
    rig_answer(rig.in, "486 Busy Here", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
}
END_TEST

/* 7.3.1: what came folded is one line when it is sent back, the tag with it. */
START_TEST(folded_values_are_used_whole)
{
    call_them();
    we_leave();
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", "Contact:\r\n <sip:far@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:far@192.0.2.1 SIP/2.0\r\n");
    rig_told(" answered");
    we_leave();
    rig_ask(.body = RIG_SDP, .to = "\r\n <sip:100@192.0.2.10>", .call_id = "folded",
            .extra = "Record-Route:\r\n <sip:192.0.2.1\r\n ;lr>\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"), .call_id = "folded");
    rig_told(" invite acked");
    reinvite_them();
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "From"), ";tag="));
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Route"), ";lr>"));
    rig_answer(rig.in, "488 Not Acceptable Here", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:488");
    we_leave();
}
END_TEST

START_TEST(an_agent_freed_in_mid_call_leaves_nothing)
{
    they_call();
    rig_ask(.body = RIG_SDP, .call_id = "call2", .from_tag = "x", .branch = "two");
    rig_expect("SIP/2.0 100 ");
    rig_call(0);
    sip_ua_free(rig.ua);
    struct fake_leaks left;
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.udp, 1); /* the far end's */
    struct sip_ua_config cfg = {.nlisten = 1};
    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.ua_addr};
    ck_assert_int_eq(sip_ua_new(&rig.ua, rig.loop, &cfg, &rig_ua_ops, NULL, NULL), 0);
}
END_TEST

START_TEST(a_port_in_use_is_reported)
{
    struct sip_ua *ua;
    struct sip_ua_config cfg = {.nlisten = 2};
    unsigned failed = 9;

    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig_addr("192.0.2.11")};
    cfg.listen[1] = (struct sip_listen){SIP_TCP, rig.ua_addr};
    ck_assert_int_eq(sip_ua_new(&ua, rig.loop, &cfg, &rig_ua_ops, NULL, &failed), EADDRINUSE);
    ck_assert_uint_eq(failed, 1);
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
         a_lost_2xx_comes_again, our_lost_2xx_comes_again, everything_doubled_changes_nothing,
         info_reaches_the_owner, requests_out_of_order_get_500, methods_in_the_dialog_are_looked_at,
         a_wrong_tag_or_call_id_is_no_dialog, the_called_side_keeps_the_route_order,
         the_calling_side_reverses_the_route, requests_go_where_the_contact_says,
         a_response_goes_to_the_port_of_via, rport_sends_the_response_back,
         every_via_is_returned_in_order, an_answer_finds_its_way_when_the_connection_is_gone,
         strangers_get_403_and_leave_no_trace, stateless_answers_repeat_their_tag,
         options_tells_what_we_can, what_we_cannot_do_is_refused, each_required_extension_is_named,
         accept_may_name_sdp_in_many_ways, stray_answers_and_noise_get_nothing,
         torture_messages_get_their_answers, torture_messages_do_no_harm,
         a_uri_cannot_bring_fields_along, a_display_name_is_quoted, folded_values_are_used_whole,
         an_agent_freed_in_mid_call_leaves_nothing, a_port_in_use_is_reported)
