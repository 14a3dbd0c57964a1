/* Provisional responses that are acknowledged, as the calling side (RFC 3262 4 and 5), from several
 * forks: PRACKs in their early dialogs, whose description is heard, and what the 2xx means then.
 * After each test nothing may be left.
 */
#include "test/unit/sip_rig.h"

#define ONE "v=0\r\none\r\n"
#define TWO "v=0\r\ntwo\r\n"

static const char *invite;

static void call_them(void)
{
    rig.opt.reliable = SIP_SUPPORTED;
    rig_call(0);
    invite = rig_saved();
}

static void call_without_offer(void)
{
    rig.offerless = true;
    call_them();
}

/** A reliable provisional of a fork, whose Contact has its tag. */
static void say(const char *status, const char *fork, unsigned rseq, const char *sdp)
{
    char extra[200];

    snprintf(extra, sizeof extra,
             "Contact: <sip:%s@192.0.2.1:5060>\r\nRequire: 100rel\r\nRSeq: %u\r\n", fork, rseq);
    rig_answer(invite, status, fork, extra, sdp);
}

static void expect_prack(const char *fork, unsigned rseq, const char *cseq, const char *sdp)
{
    char text[100];

    snprintf(text, sizeof text, "PRACK sip:%s@192.0.2.1:5060 SIP/2.0\r\n", fork);
    rig_expect(text);
    snprintf(text, sizeof text, "%u 1 INVITE", rseq);
    rig_has("RAck", text);
    snprintf(text, sizeof text, "%s PRACK", cseq);
    rig_has("CSeq", text);
    snprintf(text, sizeof text, "<sip:200@192.0.2.1>;tag=%s", fork);
    rig_has("To", text);
    ck_assert_str_eq(rig_field(rig.in, "From"), rig_field(invite, "From"));
    ck_assert_str_eq(rig_body(), sdp);
}

static void pracked(const char *fork, unsigned rseq, const char *cseq)
{
    expect_prack(fork, rseq, cseq, "");
    rig_ok();
}

static void heard(const char *told, const char *sdp)
{
    rig_told(told);
    ck_assert_str_eq(rig.body, sdp);
}

static void answer(const char *fork, const char *sdp)
{
    rig_answer(invite, "200 OK", fork, "Contact: <sip:up@192.0.2.1:5060>\r\n", sdp);
}

static void expect_ack(const char *fork, const char *sdp)
{
    char to[100];

    rig_expect("ACK sip:up@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", "1 ACK");
    snprintf(to, sizeof to, "<sip:200@192.0.2.1>;tag=%s", fork);
    rig_has("To", to);
    ck_assert_str_eq(rig_body(), sdp);
}

static void we_answer(const char *sdp)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str(sdp)};
    ck_assert_int_eq(sip_session_answer(rig.session, &body), 0);
}

static void give_up(void)
{
    rig_close();
    rig_expect("CANCEL ");
    rig_ok();
    rig_answer(invite, "487 Request Terminated", "end", NULL, NULL);
    rig_expect("ACK ");
}

/* ---- one dialog ---- */

START_TEST(prack_goes_into_the_early_dialog)
{
    call_them();
    ck_assert_ptr_nonnull(strstr(rig_field(invite, "Supported"), "100rel"));
    rig_has("Require", "");
    rig_answer(invite, "183 Session Progress", "far",
               "Contact: <sip:far@192.0.2.77:5070>\r\nRecord-Route: <sip:192.0.2.1;lr>\r\n"
               "Require: 100rel\r\nRSeq: 4294967290\r\n",
               ONE);
    rig_expect("PRACK sip:far@192.0.2.77:5070 SIP/2.0\r\n");
    rig_has("Route", "<sip:192.0.2.1;lr>");
    rig_has("RAck", "4294967290 1 INVITE");
    rig_has("CSeq", "2 PRACK");
    rig_has("To", "<sip:200@192.0.2.1>;tag=far");
    rig_has("Require", "");
    rig_has("Contact", ""); /* table 1 */
    rig_ok();
    heard(" 183", ONE);
    answer("far", NULL);
    expect_ack("far", "");
    heard(" answered", "");
    rig_leave();
}
END_TEST

/* 4: what comes again is not told again, and what came too early waits for what is missing. */
START_TEST(each_is_told_once_and_in_its_order)
{
    call_them();
    say("183 Session Progress", "a", 7, ONE);
    pracked("a", 7, "2");
    heard(" 183", ONE);
    say("183 Session Progress", "a", 7, ONE);
    say("180 Ringing", "a", 9, NULL);
    say("180 Ringing", "a", 6, NULL);
    rig_silence();
    rig_told("");
    say("180 Ringing", "a", 8, ONE);
    pracked("a", 8, "3");
    heard(" 180", ""); /* RFC 6337 3.1.1: it is no news */
    say("180 Ringing", "a", 9, NULL);
    pracked("a", 9, "4");
    rig_told(" 180");
    answer("a", ONE);
    expect_ack("a", "");
    heard(" answered", "");
    rig_close();
    rig_expect("BYE ");
    rig_has("CSeq", "5 BYE");
    rig_ok();
}
END_TEST

START_TEST(a_prack_is_repeated_until_its_answer)
{
    call_them();
    say("180 Ringing", "a", 1, NULL);
    rig_zero();
    expect_prack("a", 1, "2", "");
    rig_expect_at(500, "PRACK ");
    rig_expect_at(1500, "PRACK ");
    rig_ok();
    rig_silence_until(20000);
    rig_told(" 180");
    give_up();
}
END_TEST

/* 4: in a 100 the tag is ignored; without the option there is nothing to acknowledge with. */
START_TEST(others_are_not_acknowledged)
{
    call_them();
    rig_answer(invite, "100 Trying", NULL, "Require: 100rel\r\nRSeq: 1\r\n", NULL);
    rig_answer(invite, "180 Ringing", "a", RIG_CONTACT, NULL);
    rig_answer(invite, "180 Ringing", "a", "RSeq: 5\r\n", NULL);
    rig_silence();
    rig_told(" 180 180");
    give_up();
    fake_advance(64 * RT_S);
    rig.opt.reliable = SIP_OFF;
    rig_call(0);
    invite = rig_saved();
    ck_assert_ptr_null(strstr(rig_field(invite, "Supported"), "100rel"));
    say("183 Session Progress", "a", 1, ONE);
    rig_silence();
    heard(" 183", ONE);
    give_up();
}
END_TEST

START_TEST(it_may_be_required)
{
    rig.opt.reliable = SIP_REQUIRED;
    rig_call(0);
    invite = rig_saved();
    rig_has("Require", "100rel");
    rig_answer(invite, "420 Bad Extension", "a", "Unsupported: 100rel\r\n", NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
}
END_TEST

/* RFC 3261 22.2: the same RAck, a higher CSeq. */
START_TEST(a_challenge_to_prack_is_answered)
{
    static const struct sip_credentials us = {.user = "u", .password = "p"};

    rig.opt.credentials = &us;
    call_them();
    say("183 Session Progress", "a", 7, ONE);
    expect_prack("a", 7, "2", "");
    rig_answer(rig.in, "401 Unauthorized", "a",
               "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", NULL);
    expect_prack("a", 7, "3", "");
    const char *said = rig_field(rig.in, "Authorization");
    ck_assert_ptr_nonnull(strstr(said, "uri=\"sip:a@192.0.2.1:5060\""));
    ck_assert_ptr_nonnull(strstr(said, "nonce=\"n1\""));
    rig_ok();
    rig_told(" 183");
    say("180 Ringing", "a", 8, NULL); /* what was believed is said at once */
    expect_prack("a", 8, "4", "");
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Authorization"), "nc=00000002"));
    rig_ok();
    rig_told(" 180");
    give_up();
}
END_TEST

/* A challenge to the INVITE itself: nothing is left of what its early dialogs said. */
START_TEST(a_challenged_invite_begins_anew)
{
    static const struct sip_credentials us = {.user = "u", .password = "p"};

    rig.opt.credentials = &us;
    call_them();
    say("183 Session Progress", "a", 7, ONE);
    pracked("a", 7, "2");
    heard(" 183", ONE);
    rig_answer(invite, "401 Unauthorized", "a",
               "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", NULL);
    rig_expect("ACK ");
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    invite = rig_saved();
    say("183 Session Progress", "a", 100, TWO);
    rig_expect("PRACK ");
    rig_has("RAck", "100 3 INVITE");
    rig_ok();
    heard(" 183", TWO);
    give_up();
}
END_TEST

/* ---- forks ---- */

/* Each fork counts for itself; one is heard. */
START_TEST(every_fork_is_acknowledged_and_one_is_heard)
{
    call_them();
    say("183 Session Progress", "a", 100, ONE);
    pracked("a", 100, "2");
    heard(" 183", ONE);
    say("183 Session Progress", "b", 5, TWO);
    pracked("b", 5, "3");
    heard(" 183", "");
    say("180 Ringing", "a", 101, NULL);
    pracked("a", 101, "4");
    rig_told(" 180");
    say("180 Ringing", "b", 6, TWO);
    pracked("b", 6, "5");
    heard(" 180", "");
    answer("b", NULL); /* its answer is that of its reliable provisional */
    expect_ack("b", "");
    heard(" answered", TWO);
    rig_close();
    rig_expect("BYE sip:up@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", "6 BYE");
    rig_ok();
}
END_TEST

START_TEST(a_preview_is_overruled_by_what_is_certain)
{
    call_them();
    rig_answer(invite, "183 Session Progress", "a", RIG_CONTACT, ONE);
    heard(" 183", ONE);
    say("183 Session Progress", "b", 5, TWO);
    pracked("b", 5, "2");
    heard(" 183", ""); /* only one can be heard */
    say("183 Session Progress", "a", 5, ONE);
    pracked("a", 5, "3");
    heard(" 183", ONE); /* now it is certain */
    answer("c", "v=0\r\nthree\r\n");
    expect_ack("c", "");
    heard(" answered", "v=0\r\nthree\r\n");
    rig_leave();
}
END_TEST

/* RFC 6228 4. */
START_TEST(a_199_lets_another_be_heard)
{
    call_them();
    say("183 Session Progress", "a", 1, ONE);
    pracked("a", 1, "2");
    say("183 Session Progress", "b", 1, TWO);
    pracked("b", 1, "3");
    heard(" 183 183", "");
    rig_answer(invite, "199 Early Dialog Terminated", "x", NULL, NULL); /* of nobody */
    rig_answer(invite, "199 Early Dialog Terminated", "a", NULL, NULL);
    rig_told("");
    say("180 Ringing", "b", 2, NULL);
    pracked("b", 2, "4");
    heard(" 180", TWO);
    say("199 Early Dialog Terminated", "b", 3, NULL);
    pracked("b", 3, "5");
    rig_told("");
    say("183 Session Progress", "c", 1, "v=0\r\nthree\r\n");
    pracked("c", 1, "6");
    heard(" 183", "v=0\r\nthree\r\n");
    answer("c", NULL);
    expect_ack("c", "");
    heard(" answered", "");
    rig_leave();
}
END_TEST

START_TEST(after_a_199_a_quiet_fork_may_win)
{
    call_them();
    say("183 Session Progress", "a", 1, ONE);
    pracked("a", 1, "2");
    say("183 Session Progress", "b", 1, TWO);
    pracked("b", 1, "3");
    rig_answer(invite, "199 Early Dialog Terminated", "a", NULL, NULL);
    answer("b", NULL);
    expect_ack("b", "");
    heard(" 183 183 answered", TWO);
    rig_leave();
}
END_TEST

/* A fork's requests are counted for themselves: what another has sent does not matter. */
START_TEST(requests_of_forks_have_their_own_order)
{
    call_them();
    say("183 Session Progress", "a", 1, ONE);
    pracked("a", 1, "2");
    say("183 Session Progress", "b", 1, TWO);
    pracked("b", 1, "3");
    rig_told(" 183 183");
    snprintf(rig.our_tag, sizeof rig.our_tag, "%s", strstr(rig_field(invite, "From"), "tag=") + 4);
    snprintf(rig.call_id, sizeof rig.call_id, "%s", rig_field(invite, "Call-ID"));
    rig_in_dialog(.method = "OPTIONS", .from_tag = "a", .cseq = 900);
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "OPTIONS", .from_tag = "x", .cseq = 800);
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "OPTIONS", .from_tag = "b", .cseq = 3);
    rig_expect("SIP/2.0 200 ");
    answer("b", NULL);
    expect_ack("b", "");
    rig_in_dialog(.method = "OPTIONS", .from_tag = "b", .cseq = 2);
    rig_expect("SIP/2.0 500 ");
    rig_in_dialog(.method = "BYE", .from_tag = "b", .cseq = 4);
    rig_expect("SIP/2.0 200 ");
    rig_told(" answered ended:bye");
}
END_TEST

/* RFC 3261 13.2.2.4, 15: a 2xx crosses our CANCEL, and one of another fork too. */
START_TEST(answers_of_forks_may_cross_our_cancel)
{
    call_them();
    say("183 Session Progress", "a", 1, ONE);
    pracked("a", 1, "2");
    say("183 Session Progress", "b", 1, TWO);
    pracked("b", 1, "3");
    rig_told(" 183 183");
    rig_close();
    rig_expect("CANCEL ");
    rig_ok();
    say("180 Ringing", "a", 2, NULL);
    rig_silence();
    answer("b", NULL);
    expect_ack("b", "");
    rig_expect("BYE ");
    rig_has("To", "<sip:200@192.0.2.1>;tag=b");
    rig_ok();
    answer("a", NULL);
    expect_ack("a", "");
    rig_expect("BYE ");
    rig_has("To", "<sip:200@192.0.2.1>;tag=a");
    rig_ok();
    answer("b", NULL); /* its ACK was lost */
    expect_ack("b", "");
    rig_silence();
    rig_told("");
}
END_TEST

/* ---- their offer ---- */

/* 5: "it MUST generate an answer in the PRACK." */
START_TEST(an_offer_in_a_provisional_is_answered_in_prack)
{
    call_without_offer();
    ck_assert_str_eq(rig_field(invite, "Content-Type"), "");
    say("183 Session Progress", "a", 1, ONE);
    rig_silence(); /* the owner thinks */
    heard(" 183", ONE);
    ck_assert(rig.offer);
    say("183 Session Progress", "a", 1, ONE);
    rig_silence();
    rig_told("");
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), EPROTO);
    we_answer(TWO);
    expect_prack("a", 1, "2", TWO);
    rig_ok();
    ck_assert_int_eq(sip_session_answer(rig.session, NULL), EPROTO); /* once */
    answer("a", NULL);
    expect_ack("a", "");
    heard(" answered", "");
    ck_assert(!rig.offer);
    rig_leave();
}
END_TEST

/* Only one offer can be answered: another fork's is not acknowledged, and may come again. */
START_TEST(one_offer_at_a_time_is_answered)
{
    call_without_offer();
    say("183 Session Progress", "a", 1, ONE);
    say("183 Session Progress", "b", 1, TWO);
    rig_silence();
    rig_told(" 183");
    rig_answer(invite, "199 Early Dialog Terminated", "a", NULL, NULL);
    ck_assert_int_eq(sip_session_answer(rig.session, NULL), EPROTO); /* nobody wants it */
    say("183 Session Progress", "b", 1, TWO);
    heard(" 183", TWO);
    ck_assert(rig.offer);
    we_answer(ONE);
    expect_prack("b", 1, "2", ONE);
    rig_ok();
    give_up();
}
END_TEST

/* The dialog of another fork has its own offer: in its 2xx. */
START_TEST(another_forks_2xx_has_its_own_offer)
{
    call_without_offer();
    say("183 Session Progress", "a", 1, ONE);
    we_answer(ONE);
    expect_prack("a", 1, "2", ONE);
    rig_ok();
    answer("b", TWO);
    heard(" 183 answered", TWO);
    ck_assert(rig.offer);
    rig_silence();
    we_answer("v=0\r\nthree\r\n");
    expect_ack("b", "v=0\r\nthree\r\n");
    rig_leave();
}
END_TEST

/* The same while the first offer still waits for the owner. */
START_TEST(another_forks_2xx_may_come_before_our_answer)
{
    call_without_offer();
    say("183 Session Progress", "a", 1, ONE);
    answer("b", TWO);
    heard(" 183 answered", TWO);
    we_answer(ONE);
    expect_ack("b", ONE);
    rig_leave();
}
END_TEST

/* RFC 3261 13.2.2.4: the answer is in the ACK, which waits for it; each 2xx gets the same ACK. */
START_TEST(an_offer_in_the_2xx_is_answered_in_the_ack)
{
    call_without_offer();
    answer("a", ONE);
    answer("a", ONE);
    rig_silence();
    heard(" answered", ONE);
    ck_assert(rig.offer);
    we_answer(TWO);
    expect_ack("a", TWO);
    answer("a", ONE);
    expect_ack("a", TWO);
    answer("a", ONE);
    expect_ack("a", TWO);
    rig_told("");
    rig_leave();
}
END_TEST

START_TEST(leaving_acknowledges_an_offer_without_an_answer)
{
    call_without_offer();
    answer("a", ONE);
    rig_close();
    expect_ack("a", "");
    rig_expect("BYE ");
    rig_ok();
    rig_told(" answered");
}
END_TEST

RIG_MAIN("sip early", prack_goes_into_the_early_dialog, each_is_told_once_and_in_its_order,
         a_prack_is_repeated_until_its_answer, others_are_not_acknowledged, it_may_be_required,
         a_challenge_to_prack_is_answered, a_challenged_invite_begins_anew,
         every_fork_is_acknowledged_and_one_is_heard, a_preview_is_overruled_by_what_is_certain,
         a_199_lets_another_be_heard, after_a_199_a_quiet_fork_may_win,
         requests_of_forks_have_their_own_order, answers_of_forks_may_cross_our_cancel,
         an_offer_in_a_provisional_is_answered_in_prack, one_offer_at_a_time_is_answered,
         another_forks_2xx_has_its_own_offer, another_forks_2xx_may_come_before_our_answer,
         an_offer_in_the_2xx_is_answered_in_the_ack,
         leaving_acknowledges_an_offer_without_an_answer)
