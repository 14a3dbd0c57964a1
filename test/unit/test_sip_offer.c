/* Offers and answers outside INVITEs: UPDATE (RFC 3311) before and after the answer, in both
 * directions, and what it may not cross (RFC 6337 4). After each test nothing may be left.
 */
#include "test/unit/sip_rig.h"

#define ANSWER "v=0\r\nanswer\r\n"
#define CHANGE "v=0\r\nchange\r\n"
#define ALLOWS "Allow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE\r\n"

static const char *invite;

static struct sip_body sdp(const char *text)
{
    return (struct sip_body){rt_str("application/sdp"), rt_str(text)};
}

/* ---- called: until the PRACK ---- */

static char rack[40];

/** They called, our reliable 183 has this description, and no PRACK came. */
static void ringing(const char *their_offer, const char *description)
{
    struct sip_body body = sdp(description);

    rig.opt.reliable = SIP_SUPPORTED;
    rig_ask(.extra = "Supported: 100rel\r\n" ALLOWS, .body = their_offer);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 183, &body, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 183 ");
    snprintf(rack, sizeof rack, "RAck: %s 1 INVITE\r\n", rig_field(rig.in, "RSeq"));
    rig_note_dialog("To");
    rig_told(" invite");
}

static void pracked(unsigned cseq, const char *body)
{
    rig_in_dialog(.method = "PRACK", .cseq = cseq, .extra = rack, .body = body);
    rig_expect("SIP/2.0 200 ");
}

/** And it came: the early dialog has its description for certain. */
static void early(void)
{
    ringing(RIG_SDP, ANSWER);
    pracked(2, NULL);
}

static void they_update(unsigned cseq, const char *body)
{
    rig_in_dialog(.method = "UPDATE", .cseq = cseq, .body = body);
}

static void answered_with(const char *cseq, const char *body)
{
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", cseq);
    ck_assert_str_eq(rig_body(), body);
}

static void expect_later(void)
{
    rig_expect("SIP/2.0 500 ");
    const char *after = rig_field(rig.in, "Retry-After");
    ck_assert_str_ne(after, "");
    ck_assert_uint_le(strtoul(after, NULL, 10), 10);
}

static void we_answer(const char *text)
{
    struct sip_body body = sdp(text);
    ck_assert_int_eq(sip_session_answer(rig.session, &body), 0);
}

static int we_update(const char *text)
{
    struct sip_body body = sdp(text);
    return sip_session_update(rig.session, &body);
}

static void ack(void)
{
    rig_in_dialog(.method = "ACK");
    rig_told(" acked");
}

static void ack_refusal(void)
{
    rig_in_dialog(.method = "ACK", .branch = "INVITE1");
}

static void refuse_call(void)
{
    rig_close();
    rig_expect("SIP/2.0 480 ");
    ack_refusal();
}

/* ---- their UPDATE before the answer ---- */

/* RFC 3311 8: the example call, as seen from the called side. */
START_TEST(the_example_of_the_rfc)
{
    early();
    they_update(3, CHANGE);
    rig_silence();
    rig_told(" reinvited");
    ck_assert_str_eq(rig.body, CHANGE);
    we_answer(RIG_SDP);
    answered_with("3 UPDATE", RIG_SDP);
    rig_has("Contact", "<sip:192.0.2.10:5060>"); /* table 1: mandatory */
    ck_assert_int_eq(we_update("v=0\r\nthree\r\n"), 0);
    rig_expect("UPDATE sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", "1 UPDATE");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    ck_assert_str_eq(rig_body(), "v=0\r\nthree\r\n");
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, ANSWER);
    rig_told(" reanswered:200");
    ck_assert_str_eq(rig.body, ANSWER);
    rig_accept_call();
    answered_with("1 INVITE", "");
    ack();
    rig_leave();
}
END_TEST

START_TEST(an_update_may_be_declined)
{
    early();
    they_update(3, CHANGE);
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), 0);
    rig_expect("SIP/2.0 488 ");
    rig_has("CSeq", "3 UPDATE");
    rig_has("Contact", "");
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), EPROTO);
    they_update(4, CHANGE);
    rig_told(" reinvited reinvited");
    we_answer(RIG_SDP);
    answered_with("4 UPDATE", RIG_SDP);
    refuse_call();
}
END_TEST

/* RFC 6337 4.3, UAS-IsU: not while our description waits for its PRACK. */
START_TEST(an_update_does_not_overtake_the_prack)
{
    ringing(RIG_SDP, ANSWER);
    they_update(2, CHANGE);
    expect_later();
    pracked(3, NULL);
    they_update(4, CHANGE);
    rig_told(" reinvited");
    we_answer(RIG_SDP);
    answered_with("4 UPDATE", RIG_SDP);
    refuse_call();
}
END_TEST

START_TEST(an_update_does_not_overtake_the_answer_in_prack)
{
    ringing(NULL, RIG_SDP);
    they_update(2, CHANGE);
    expect_later();
    pracked(3, ANSWER);
    they_update(4, CHANGE);
    rig_told(" acked reinvited");
    we_answer(RIG_SDP);
    answered_with("4 UPDATE", RIG_SDP);
    refuse_call();
}
END_TEST

/* RFC 3311 5.2: the INVITE's offer has no answer yet. */
START_TEST(an_update_before_any_answer_gets_500)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 ");
    rig_note_dialog("To");
    they_update(2, CHANGE);
    expect_later();
    they_update(3, NULL); /* nothing is offered */
    answered_with("3 UPDATE", "");
    rig_told(" invite");
    refuse_call();
}
END_TEST

START_TEST(one_update_at_a_time_is_answered)
{
    early();
    they_update(3, CHANGE);
    they_update(4, CHANGE);
    expect_later();
    they_update(5, NULL);
    expect_later();
    rig_told(" reinvited");
    we_answer(RIG_SDP);
    answered_with("3 UPDATE", RIG_SDP);
    refuse_call();
}
END_TEST

/* The call's 2xx has nothing to do with the offer that waits. */
START_TEST(the_call_may_be_answered_before_the_update)
{
    early();
    they_update(3, CHANGE);
    rig_told(" reinvited");
    rig_accept_call();
    answered_with("1 INVITE", "");
    ack();
    they_update(4, CHANGE);
    expect_later();
    we_answer(RIG_SDP);
    answered_with("3 UPDATE", RIG_SDP);
    rig_leave();
}
END_TEST

START_TEST(an_update_moves_the_target)
{
    early();
    rig_in_dialog(.method = "UPDATE", .cseq = 3, .contact = "sip:new@192.0.2.1:5060");
    answered_with("3 UPDATE", "");
    rig_accept_call();
    answered_with("1 INVITE", "");
    ack();
    rig_close();
    rig_expect("BYE sip:new@192.0.2.1:5060 SIP/2.0\r\n");
    rig_ok();
}
END_TEST

/* RFC 3261 15.1.2: what is pending gets 487. */
START_TEST(the_end_answers_a_pending_update)
{
    early();
    they_update(3, CHANGE);
    rig_ask(.method = "CANCEL", .branch = "INVITE1");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "1 CANCEL");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "1 INVITE");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "3 UPDATE");
    rig_told(" reinvited ended:cancel");
    ack_refusal();
    they_update(4, CHANGE);
    rig_expect("SIP/2.0 481 ");
    they_update(5, NULL);
    rig_expect("SIP/2.0 481 ");
}
END_TEST

START_TEST(leaving_answers_a_pending_update)
{
    early();
    they_update(3, CHANGE);
    rig_told(" reinvited");
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "3 UPDATE");
    ack_refusal();
}
END_TEST

/* ---- their UPDATE after the answer ---- */

START_TEST(an_update_changes_the_session)
{
    rig_they_call();
    they_update(2, CHANGE);
    rig_told(" reinvited");
    we_answer(ANSWER);
    answered_with("2 UPDATE", ANSWER);
    they_update(2, CHANGE); /* the same transaction */
    answered_with("2 UPDATE", ANSWER);
    they_update(3, NULL);
    answered_with("3 UPDATE", "");
    they_update(4, CHANGE);
    ck_assert_int_eq(sip_session_decline(rig.session, 504, NULL), 0);
    rig_expect("SIP/2.0 504 ");
    rig_told(" reinvited");
    rig_leave();
}
END_TEST

START_TEST(an_update_may_be_pending_at_the_end)
{
    rig_they_call();
    they_update(2, CHANGE);
    rig_in_dialog(.method = "BYE", .cseq = 3);
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "3 BYE");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "2 UPDATE");
    rig_told(" reinvited ended:bye");
}
END_TEST

START_TEST(we_may_leave_while_an_update_is_pending)
{
    rig_they_call();
    they_update(2, CHANGE);
    rig_told(" reinvited");
    rig_close();
    rig_expect("BYE ");
    const char *bye = rig_saved();
    rig_expect("SIP/2.0 487 ");
    rig_answer(bye, "200 OK", "far", NULL, NULL);
}
END_TEST

/* RFC 3311 5.2, RFC 6337 4.3. */
START_TEST(an_update_that_crosses_our_change_gets_491)
{
    rig_they_call();
    rig_reinvite_them();
    const char *ours = rig_saved();
    they_update(2, CHANGE);
    rig_expect("SIP/2.0 491 ");
    they_update(3, NULL);
    answered_with("3 UPDATE", "");
    rig_answer(ours, "200 OK", "far", RIG_CONTACT, ANSWER);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    they_update(4, CHANGE);
    rig_told(" reinvited");
    we_answer(ANSWER);
    answered_with("4 UPDATE", ANSWER);
    rig_leave();
}
END_TEST

/* RFC 6337 4.3, UAS-IsU; a pending re-INVITE keeps its answer. */
START_TEST(an_update_during_their_change_gets_500)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2, .body = CHANGE);
    rig_expect("SIP/2.0 100 ");
    they_update(3, "v=0\r\nthree\r\n");
    expect_later();
    they_update(4, NULL);
    answered_with("4 UPDATE", "");
    rig_told(" reinvited");
    we_answer(ANSWER);
    answered_with("2 INVITE", ANSWER);
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" acked");
    rig_leave();
}
END_TEST

START_TEST(an_update_during_our_offer_gets_491)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2);
    rig_expect("SIP/2.0 100 ");
    rig_accept_change();
    answered_with("2 INVITE", RIG_SDP);
    they_update(3, CHANGE);
    rig_expect("SIP/2.0 491 ");
    rig_in_dialog(.method = "ACK", .cseq = 2, .body = ANSWER);
    rig_told(" reinvited acked");
    rig_leave();
}
END_TEST

/* A change that was cancelled leaves the way free for the next. */
START_TEST(an_update_may_follow_a_cancelled_change)
{
    rig_they_call();
    rig_in_dialog(.cseq = 2);
    rig_expect("SIP/2.0 100 ");
    rig_in_dialog(.method = "CANCEL", .branch = "INVITE2", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    they_update(3, CHANGE);
    rig_told(" reinvited reinvited");
    we_answer(ANSWER);
    answered_with("3 UPDATE", ANSWER);
    rig_leave();
}
END_TEST

/* ---- our UPDATE ---- */

START_TEST(our_update_waits_for_the_prack)
{
    ringing(RIG_SDP, ANSWER);
    ck_assert_int_eq(we_update(CHANGE), EALREADY);
    pracked(2, NULL);
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    const char *ours = rig_saved();
    ck_assert_int_eq(we_update(CHANGE), EALREADY);
    they_update(3, "v=0\r\ntheirs\r\n");
    rig_expect("SIP/2.0 491 ");
    rig_accept_call(); /* it may go on meanwhile */
    answered_with("1 INVITE", "");
    ack();
    they_update(4, "v=0\r\ntheirs\r\n");
    rig_expect("SIP/2.0 491 ");
    rig_answer(ours, "488 Not Acceptable Here", "far", NULL, NULL);
    rig_told(" reanswered:488");
    rig_leave();
}
END_TEST

/* RFC 3311 5.1: only to who allows it, and has our first description for certain. */
START_TEST(our_update_needs_their_leave)
{
    rig_they_call(); /* without Allow */
    ck_assert_int_eq(we_update(CHANGE), EOPNOTSUPP);
    rig_leave();
    fake_advance(64 * RT_S);
    rig_told("");
    rig_ask(.extra = ALLOWS, .body = RIG_SDP, .branch = "plain", .call_id = "call2");
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(we_update(CHANGE), EOPNOTSUPP);
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    ck_assert_int_eq(we_update(CHANGE), EALREADY); /* RFC 6337 4.3: before the ACK */
    rig_in_dialog(.method = "ACK");
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_answer(rig.in, "501 Not Implemented", "far", NULL, NULL);
    ck_assert_int_eq(we_update(CHANGE), EOPNOTSUPP); /* now we know */
    rig_told(" invite acked reanswered:501");
    rig_leave();
}
END_TEST

/* RFC 3311 5.3: the called side tries again within 2 s. */
START_TEST(our_update_is_tried_again_after_glare)
{
    early();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_answer(rig.in, "491 Request Pending", "far", NULL, NULL);
    they_update(3, "v=0\r\ntheirs\r\n"); /* theirs comes first, and takes its time */
    rig_told(" reinvited");
    fake_advance(3 * RT_S);
    rig_silence();
    we_answer(ANSWER);
    answered_with("3 UPDATE", ANSWER);
    fake_advance(2 * RT_S);
    rig_expect("UPDATE ");
    while (rig_next())
        ; /* it came early, and was repeated */
    rig_has("CSeq", "2 UPDATE");
    ck_assert_str_eq(rig_body(), CHANGE);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, ANSWER);
    rig_told(" reanswered:200");
    refuse_call();
}
END_TEST

/* The INVITE's own answer tells whether the call is over. */
START_TEST(an_early_update_that_fails_ends_nothing)
{
    early();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_answer(rig.in, "481 Call/Transaction Does Not Exist", "far", NULL, NULL);
    rig_told(" reanswered:481");
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    fake_advance(32 * RT_S);
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, "UPDATE ", 7), 0);
    rig_told(" reanswered:0");
    rig_accept_call();
    answered_with("1 INVITE", "");
    ack();
    rig_leave();
}
END_TEST

START_TEST(a_late_update_that_is_not_answered_ends_the_session)
{
    early();
    rig_accept_call();
    answered_with("1 INVITE", "");
    ack();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    fake_advance(32 * RT_S);
    do
        ck_assert(rig_next());
    while (strncmp(rig.in, "UPDATE ", 7) == 0);
    ck_assert_int_eq(strncmp(rig.in, "BYE ", 4), 0);
    rig_ok();
    rig_told(" ended:gone");
}
END_TEST

/* ---- calling ---- */

static const char *reliable(const char *fork, unsigned rseq)
{
    static char extra[200];

    snprintf(extra, sizeof extra,
             "Contact: <sip:%s@192.0.2.1:5060>\r\n" ALLOWS "Require: 100rel\r\nRSeq: %u\r\n", fork,
             rseq);
    return extra;
}

/** We called; fork `a` has answered reliably, `b` too, and `a` is heard. */
static void two_forks(void)
{
    rig.opt.reliable = SIP_SUPPORTED;
    rig_call(0);
    invite = rig_saved();
    snprintf(rig.our_tag, sizeof rig.our_tag, "%s", rig_tag("From"));
    snprintf(rig.call_id, sizeof rig.call_id, "%s", rig_field(invite, "Call-ID"));
    rig_answer(invite, "183 Session Progress", "a", reliable("a", 1), ANSWER);
    rig_expect("PRACK ");
    rig_ok();
    rig_answer(invite, "183 Session Progress", "b", reliable("b", 1), "v=0\r\nb\r\n");
    rig_expect("PRACK ");
    rig_ok();
    rig_told(" 183 183");
}

static void fork_updates(const char *fork, unsigned cseq, const char *contact, const char *body)
{
    char branch[20];

    snprintf(branch, sizeof branch, "%s%u", fork, cseq);
    rig_in_dialog(.method = "UPDATE", .cseq = cseq, .from_tag = fork, .branch = branch,
                  .contact = contact, .body = body);
}

static void give_up(void)
{
    rig_close();
    rig_expect("CANCEL ");
    rig_ok();
    rig_answer(invite, "487 Request Terminated", "end", NULL, NULL);
    rig_expect("ACK ");
}

/** The 2xx of a fork: where our BYE goes then. */
static void answered_by(const char *fork, const char *told)
{
    rig_answer(invite, "200 OK", fork, RIG_CONTACT, NULL);
    rig_expect("ACK ");
    rig_told(told);
}

START_TEST(the_fork_that_is_heard_may_change)
{
    two_forks();
    fork_updates("a", 1, "sip:moved@192.0.2.1:5060", CHANGE);
    rig_told(" reinvited");
    ck_assert_str_eq(rig.body, CHANGE);
    we_answer(RIG_SDP);
    answered_with("1 UPDATE", RIG_SDP);
    fork_updates("b", 1, NULL, CHANGE);
    expect_later();
    fork_updates("c", 1, NULL, CHANGE); /* it has not answered the INVITE's offer */
    rig_expect("SIP/2.0 491 ");
    fork_updates("c", 2, NULL, NULL);
    answered_with("2 UPDATE", "");
    rig_told("");
    rig_answer(invite, "180 Ringing", "a", reliable("a", 2), NULL);
    rig_expect("PRACK sip:a@192.0.2.1:5060 SIP/2.0\r\n"); /* its Contact is newer */
    rig_ok();
    rig_told(" 180");
    give_up();
}
END_TEST

START_TEST(a_fork_that_moved_is_asked_where_it_is)
{
    two_forks();
    fork_updates("a", 1, "sip:moved@192.0.2.1:5060", NULL);
    answered_with("1 UPDATE", "");
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE sip:moved@192.0.2.1:5060 SIP/2.0\r\n");
    rig_answer(rig.in, "200 OK", "a", RIG_CONTACT, "v=0\r\nagreed\r\n");
    rig_told(" reanswered:200");
    ck_assert_str_eq(rig.body, "v=0\r\nagreed\r\n");
    answered_by("a", " answered");
    ck_assert_str_eq(rig.body, "");
    rig_leave();
}
END_TEST

/* RFC 6337 4.3, UAC-IU and UAS-IcU: not while our PRACK has no answer. */
START_TEST(no_change_overtakes_our_prack)
{
    rig.opt.reliable = SIP_SUPPORTED;
    rig_call(0);
    invite = rig_saved();
    snprintf(rig.our_tag, sizeof rig.our_tag, "%s", rig_tag("From"));
    snprintf(rig.call_id, sizeof rig.call_id, "%s", rig_field(invite, "Call-ID"));
    rig_answer(invite, "183 Session Progress", "a", reliable("a", 1), ANSWER);
    rig_expect("PRACK ");
    const char *prack = rig_saved();
    ck_assert_int_eq(we_update(CHANGE), EALREADY);
    fork_updates("a", 1, NULL, CHANGE);
    rig_expect("SIP/2.0 491 ");
    rig_answer(prack, "200 OK", "a", NULL, NULL);
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_answer(rig.in, "200 OK", "a", RIG_CONTACT, ANSWER);
    rig_told(" 183 reanswered:200");
    give_up();
}
END_TEST

/* The fork that our UPDATE went to did not win. */
START_TEST(an_update_to_a_fork_that_loses_comes_to_nothing)
{
    two_forks();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE sip:a@192.0.2.1:5060 SIP/2.0\r\n");
    const char *ours = rig_saved();
    answered_by("b", " reanswered:0 answered");
    ck_assert_str_eq(rig.body, "v=0\r\nb\r\n");
    rig_answer(ours, "200 OK", "a", RIG_CONTACT, "v=0\r\nlate\r\n");
    rig_told("");
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_answer(rig.in, "200 OK", "b", RIG_CONTACT, ANSWER);
    rig_told(" reanswered:200");
    rig_leave();
}
END_TEST

START_TEST(an_update_may_wait_when_the_fork_wins)
{
    two_forks();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    const char *ours = rig_saved();
    answered_by("a", " answered");
    ck_assert_str_eq(rig.body, "");
    fork_updates("a", 1, NULL, "v=0\r\ntheirs\r\n");
    rig_expect("SIP/2.0 491 ");
    rig_answer(ours, "200 OK", "a", RIG_CONTACT, "v=0\r\nlate\r\n");
    rig_told(" reanswered:200");
    rig_leave();
}
END_TEST

/* RFC 6228: with the fork goes what was under way in it. */
START_TEST(a_199_ends_the_changes_of_its_fork)
{
    two_forks();
    fork_updates("a", 1, NULL, CHANGE);
    rig_answer(invite, "199 Early Dialog Terminated", "a", NULL, NULL);
    rig_expect("SIP/2.0 487 ");
    ck_assert_int_eq(sip_session_answer(rig.session, NULL), EPROTO);
    rig_answer(invite, "180 Ringing", "b", reliable("b", 2), NULL);
    rig_expect("PRACK sip:b@");
    rig_ok();
    ck_assert_str_eq(rig.body, "v=0\r\nb\r\n");
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE sip:b@");
    rig_answer(rig.in, "491 Request Pending", "b", NULL, NULL);
    rig_answer(invite, "199 Early Dialog Terminated", "b", NULL, NULL);
    rig_told(" reinvited 180 reanswered:0");
    fake_advance(5 * RT_S);
    rig_silence();
    ck_assert_int_eq(we_update(CHANGE), EOPNOTSUPP);
    give_up();
}
END_TEST

/* The owner still thinks about a fork's offer when the fork answers the call. */
START_TEST(a_change_of_the_fork_that_wins_may_wait)
{
    two_forks();
    fork_updates("a", 1, NULL, CHANGE);
    answered_by("a", " reinvited answered");
    we_answer(RIG_SDP);
    answered_with("1 UPDATE", RIG_SDP);
    rig_leave();
}
END_TEST

START_TEST(a_change_of_a_fork_that_loses_is_answered)
{
    two_forks();
    fork_updates("a", 1, NULL, CHANGE);
    rig_told(" reinvited");
    rig_answer(invite, "200 OK", "b", RIG_CONTACT, NULL);
    rig_expect("SIP/2.0 487 ");
    rig_expect("ACK ");
    rig_told(" answered");
    ck_assert_int_eq(sip_session_answer(rig.session, NULL), EPROTO);
    rig_leave();
}
END_TEST

START_TEST(a_refused_call_answers_a_pending_update)
{
    two_forks();
    fork_updates("a", 1, NULL, CHANGE);
    rig_answer(invite, "486 Busy Here", "a", NULL, NULL);
    rig_expect("ACK ");
    rig_expect("SIP/2.0 487 ");
    rig_told(" reinvited ended:refused");
}
END_TEST

START_TEST(a_cancelled_call_answers_a_pending_update)
{
    two_forks();
    fork_updates("a", 1, NULL, CHANGE);
    rig_told(" reinvited");
    rig_close();
    rig_expect("CANCEL ");
    const char *cancel = rig_saved();
    rig_expect("SIP/2.0 487 ");
    rig_answer(cancel, "200 OK", "a", NULL, NULL);
    rig_answer(invite, "487 Request Terminated", "end", NULL, NULL);
    rig_expect("ACK ");
}
END_TEST

START_TEST(a_challenge_to_update_is_answered)
{
    static const struct sip_credentials us = {.user = "u", .password = "p"};

    rig.opt.credentials = &us;
    two_forks();
    ck_assert_int_eq(we_update(CHANGE), 0);
    rig_expect("UPDATE ");
    rig_has("CSeq", "4 UPDATE");
    rig_answer(rig.in, "407 Proxy Authentication Required", "a",
               "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", NULL);
    rig_expect("UPDATE sip:a@");
    rig_has("CSeq", "5 UPDATE");
    ck_assert_str_ne(rig_field(rig.in, "Proxy-Authorization"), "");
    ck_assert_str_eq(rig_body(), CHANGE);
    rig_answer(rig.in, "200 OK", "a", RIG_CONTACT, ANSWER);
    rig_told(" reanswered:200");
    give_up();
}
END_TEST

RIG_MAIN("sip offer", the_example_of_the_rfc, an_update_may_be_declined,
         an_update_does_not_overtake_the_prack, an_update_does_not_overtake_the_answer_in_prack,
         an_update_before_any_answer_gets_500, one_update_at_a_time_is_answered,
         the_call_may_be_answered_before_the_update, an_update_moves_the_target,
         the_end_answers_a_pending_update, leaving_answers_a_pending_update,
         an_update_changes_the_session, an_update_may_be_pending_at_the_end,
         we_may_leave_while_an_update_is_pending, an_update_that_crosses_our_change_gets_491,
         an_update_during_their_change_gets_500, an_update_during_our_offer_gets_491,
         an_update_may_follow_a_cancelled_change, our_update_waits_for_the_prack,
         our_update_needs_their_leave, our_update_is_tried_again_after_glare,
         an_early_update_that_fails_ends_nothing,
         a_late_update_that_is_not_answered_ends_the_session, the_fork_that_is_heard_may_change,
         a_fork_that_moved_is_asked_where_it_is, no_change_overtakes_our_prack,
         an_update_to_a_fork_that_loses_comes_to_nothing, an_update_may_wait_when_the_fork_wins,
         a_199_ends_the_changes_of_its_fork, a_change_of_the_fork_that_wins_may_wait,
         a_change_of_a_fork_that_loses_is_answered, a_refused_call_answers_a_pending_update,
         a_cancelled_call_answers_a_pending_update, a_challenge_to_update_is_answered)
