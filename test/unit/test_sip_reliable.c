/* Provisional responses that are acknowledged, as the called side (RFC 3262 3 and 5): repetition,
 * order, PRACK, and the 2xx that waits for it. After each test nothing may be left.
 */
#include "test/unit/sip_rig.h"

#define ANSWER "v=0\r\nanswer\r\n"
#define OFFER2 "v=0\r\noffer2\r\n"

static unsigned rseq; /* of the last reliable provisional */

/** An INVITE that came, with these fields. */
static void they_ask(const char *fields, const char *body)
{
    rig_ask(.extra = fields, .body = body);
    rig_expect("SIP/2.0 100 ");
    rig_told(" invite");
    rig_zero();
}

static void they_can(const char *body)
{
    rig.opt.reliable = SIP_SUPPORTED;
    they_ask("Supported: 100rel\r\n", body);
}

static void they_require(const char *body)
{
    rig.opt.reliable = SIP_SUPPORTED;
    they_ask("Require: 100rel\r\n", body);
}

static void say(int status, const char *sdp)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str(sdp ? sdp : "")};
    ck_assert_int_eq(
        sip_session_progress(rig.session, status, sdp ? &body : NULL, NULL, rt_str("")), 0);
}

static void expect_reliable(const char *start, const char *sdp)
{
    rig_expect(start);
    rig_has("Require", "100rel");
    ck_assert_str_eq(rig_body(), sdp);
    rseq = (unsigned)strtoul(rig_field(rig.in, "RSeq"), NULL, 10);
    ck_assert_uint_gt(rseq, 0);
    rig_note_dialog("To");
}

static void expect_plain(const char *start, const char *sdp)
{
    rig_expect(start);
    rig_has("Require", "");
    rig_has("RSeq", "");
    ck_assert_str_eq(rig_body(), sdp);
    rig_note_dialog("To");
}

static void prack_with(unsigned cseq, const char *rack, const char *body)
{
    char line[100];

    snprintf(line, sizeof line, "%s%s%s", rack[0] ? "RAck: " : "", rack, rack[0] ? "\r\n" : "");
    rig_in_dialog(.method = "PRACK", .cseq = cseq, .extra = line, .body = body);
}

static void prack(unsigned cseq, const char *body)
{
    char rack[40];

    snprintf(rack, sizeof rack, "%u 1 INVITE", rseq);
    prack_with(cseq, rack, body);
}

static void prack_is_answered(unsigned cseq)
{
    char value[20];

    prack(cseq, NULL);
    rig_expect("SIP/2.0 200 ");
    snprintf(value, sizeof value, "%u PRACK", cseq);
    rig_has("CSeq", value);
    ck_assert_str_eq(rig_body(), "");
}

static void expect_2xx(const char *sdp)
{
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "1 INVITE");
    ck_assert_str_eq(rig_body(), sdp);
}

static void ack_and_leave(void)
{
    rig_in_dialog(.method = "ACK");
    rig_told(" acked");
    rig_leave();
}

static void ack_refusal(void)
{
    rig_in_dialog(.method = "ACK", .branch = "INVITE1");
}

/* ---- repetition and order ---- */

/* 3: T1, doubled without bound, for 64*T1; then a 5xx. */
START_TEST(it_is_repeated_until_the_call_is_refused)
{
    static const rt_time at[] = {500, 1500, 3500, 7500, 15500, 31500};

    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    const char *first = rig_saved();
    for (size_t i = 0; i < RT_COUNT(at); i++) {
        rig_expect_at(at[i], "SIP/2.0 183 ");
        ck_assert_str_eq(rig.in, first);
    }
    rig_expect_at(32000, "SIP/2.0 504 ");
    rig_told(" ended:no-prack");
    prack_is_answered(2); /* 3: those that are outstanding still count */
    ack_refusal();
}
END_TEST

/* 3: between 1 and 2**31 - 1 by chance, then each one higher. */
START_TEST(rseq_begins_anywhere_and_rises_by_one)
{
    unsigned first[8], same = 0;

    for (unsigned i = 0; i < RT_COUNT(first); i++) {
        char id[20], branch[20];
        snprintf(id, sizeof id, "id%u", i);
        snprintf(branch, sizeof branch, "b%u", i);
        rig.opt.reliable = SIP_SUPPORTED;
        rig_ask(.call_id = id, .branch = branch, .extra = "Require: 100rel\r\n", .body = RIG_SDP);
        rig_expect("SIP/2.0 100 ");
        say(180, NULL);
        expect_reliable("SIP/2.0 180 ", "");
        first[i] = rseq;
        ck_assert_uint_lt(rseq, 1u << 31);
        prack_is_answered(2);
        say(183, NULL);
        expect_reliable("SIP/2.0 183 ", "");
        ck_assert_uint_eq(rseq, first[i] + 1);
        same += i > 0 && first[i] == first[0];
        rig_close();
        rig_expect("SIP/2.0 480 ");
        rig_in_dialog(.method = "ACK", .branch = branch);
        fake_advance(33 * RT_S); /* the branches are used again */
        while (rig_next())
            ;
    }
    ck_assert_uint_eq(same, 0);
}
END_TEST

START_TEST(the_second_waits_for_the_first)
{
    they_require(RIG_SDP);
    say(180, NULL);
    say(183, NULL);
    expect_reliable("SIP/2.0 180 ", "");
    unsigned first = rseq;
    rig_expect_at(500, "SIP/2.0 180 ");
    rig_silence_until(1000);
    prack_is_answered(2);
    expect_reliable("SIP/2.0 183 ", "");
    ck_assert_uint_eq(rseq, first + 1);
    rig_zero(); /* its own intervals */
    rig_expect_at(500, "SIP/2.0 183 ");
    prack_is_answered(3);
    rig_accept_call();
    expect_2xx(RIG_SDP);
    ack_and_leave();
}
END_TEST

/* RFC 3261 13.3.1.1: a proxy's Timer C wants a sign of life; an acknowledged one is said anew. */
START_TEST(it_is_said_anew_each_minute)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    unsigned first = rseq;
    prack_is_answered(2);
    for (unsigned i = 1; i <= 3; i++) {
        rig_silence_until(i * 60000 - 1);
        rig_at(i * 60000);
        expect_reliable("SIP/2.0 183 ", "");
        ck_assert_uint_eq(rseq, first + i);
        prack_is_answered(2 + i);
    }
    rig_close();
    rig_expect("SIP/2.0 480 ");
    ack_refusal();
}
END_TEST

/* ---- the 2xx ---- */

START_TEST(the_2xx_waits_for_a_description)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    rig_accept_call();
    expect_reliable("SIP/2.0 183 ", ANSWER);
    rig_expect_at(500, "SIP/2.0 183 ");
    prack_is_answered(2);
    expect_2xx("");
    rig_zero();
    rig_expect_at(500, "SIP/2.0 200 ");
    ack_and_leave();
}
END_TEST

START_TEST(a_2xx_that_waits_in_vain_is_a_504)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    rig_accept_call();
    for (int i = 0; i < 7; i++) {
        fake_advance(32 * RT_S / 6);
        while (rig_next() && strncmp(rig.in, "SIP/2.0 183 ", 12) == 0)
            rig_note_dialog("To");
    }
    ck_assert_int_eq(strncmp(rig.in, "SIP/2.0 504 ", 12), 0);
    rig_told(" ended:no-prack");
    ack_refusal();
}
END_TEST

START_TEST(the_2xx_does_not_wait_without_a_description)
{
    they_require(RIG_SDP);
    say(180, NULL);
    expect_reliable("SIP/2.0 180 ", "");
    rig_accept_call();
    expect_2xx(RIG_SDP);
    rig_expect_at(500, "SIP/2.0 200 "); /* and the 180 is repeated no more */
    rig_silence_until(1499);
    prack_is_answered(2);
    prack(3, NULL);
    rig_expect("SIP/2.0 481 ");
    ack_and_leave();
}
END_TEST

START_TEST(the_2xx_overtakes_what_waits_its_turn)
{
    they_require(RIG_SDP);
    say(183, ANSWER);
    say(180, NULL);
    rig_accept_call();
    expect_reliable("SIP/2.0 183 ", ANSWER);
    prack_is_answered(2);
    expect_2xx("");
    ack_and_leave();
}
END_TEST

/* 3: "MUST be prepared to process PRACK requests for those outstanding responses." */
START_TEST(a_refusal_does_not_wait)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    ck_assert_int_eq(sip_session_refuse(rig.session, 486, NULL, NULL, NULL, 0), 0);
    rig_expect("SIP/2.0 486 ");
    prack_is_answered(2);
    ack_refusal();
    rig_silence_until(1000);
    rig_close();
}
END_TEST

/* ---- PRACK ---- */

START_TEST(a_prack_that_names_another_gets_481)
{
    char rack[6][60];

    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    snprintf(rack[0], sizeof rack[0], "%u 1 INVITE", rseq + 1);
    snprintf(rack[1], sizeof rack[1], "%u 2 INVITE", rseq);
    snprintf(rack[2], sizeof rack[2], "%u 1 invite", rseq);
    snprintf(rack[3], sizeof rack[3], "%u", rseq);
    snprintf(rack[4], sizeof rack[4], "9%u 1 INVITE", rseq);
    rack[5][0] = '\0';
    for (unsigned i = 0; i < RT_COUNT(rack); i++) {
        prack_with(2 + i, rack[i], NULL);
        rig_expect("SIP/2.0 481 ");
    }
    rig_expect_at(500, "SIP/2.0 183 ");
    snprintf(rack[0], sizeof rack[0], "%u \t1  INVITE", rseq);
    prack_with(20, rack[0], NULL);
    rig_expect("SIP/2.0 200 ");
    rig_silence_until(5000);
    rig_close();
    rig_expect("SIP/2.0 480 ");
    ack_refusal();
}
END_TEST

START_TEST(a_repeated_prack_gets_its_answer_again)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    prack_is_answered(2);
    prack_is_answered(2); /* the same transaction */
    prack(3, NULL);       /* another one: nothing is unacknowledged any more */
    rig_expect("SIP/2.0 481 ");
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

START_TEST(a_prack_without_any_provisional_gets_481)
{
    rig.opt.reliable = SIP_SUPPORTED;
    rig_they_call();
    rig_in_dialog(.method = "PRACK", .cseq = 2, .extra = "RAck: 1 1 INVITE\r\n");
    rig_expect("SIP/2.0 481 ");
    rig_leave();
}
END_TEST

/* ---- descriptions ---- */

/* RFC 6337 3.1.1: once the answer is certain it is not said again. */
START_TEST(the_answer_is_said_once)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    prack_is_answered(2);
    say(180, ANSWER); /* nothing in it must not get lost */
    expect_plain("SIP/2.0 180 ", "");
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

START_TEST(the_answer_is_said_once_when_it_waited)
{
    they_require(RIG_SDP);
    say(180, NULL);
    say(183, ANSWER);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 180 ", "");
    prack_is_answered(2);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    prack_is_answered(3);
    expect_reliable("SIP/2.0 183 ", "");
    prack_is_answered(4);
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

START_TEST(a_plain_answer_is_said_each_time)
{
    they_ask("Supported: 100rel\r\n", RIG_SDP); /* our option is off */
    say(183, ANSWER);
    expect_plain("SIP/2.0 183 ", ANSWER);
    say(180, ANSWER);
    expect_plain("SIP/2.0 180 ", ANSWER);
    rig_accept_call();
    expect_2xx(RIG_SDP);
    rig_silence_until(499);
    ack_and_leave();
}
END_TEST

/* 5: the offer is in the first reliable provisional, the answer in its PRACK. */
START_TEST(our_offer_is_answered_in_prack)
{
    they_can(NULL);
    say(180, NULL); /* before there is an offer */
    expect_plain("SIP/2.0 180 ", "");
    say(183, RIG_SDP);
    expect_reliable("SIP/2.0 183 ", RIG_SDP);
    prack(2, ANSWER);
    rig_expect("SIP/2.0 200 ");
    ck_assert_str_eq(rig_body(), "");
    rig_told(" acked");
    ck_assert_str_eq(rig.body, ANSWER);
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

START_TEST(a_prack_may_lack_the_answer)
{
    they_can(NULL);
    say(183, RIG_SDP);
    expect_reliable("SIP/2.0 183 ", RIG_SDP);
    prack_is_answered(2);
    rig_told(" acked");
    ck_assert_str_eq(rig.body, "");
    rig_close();
    rig_expect("SIP/2.0 480 ");
    ack_refusal();
}
END_TEST

/* 5: what comes first reliably must have the offer; the caller wants nothing that is not reliable.
 */
START_TEST(nothing_is_said_before_there_is_an_offer)
{
    they_require(NULL);
    say(180, NULL);
    rig_silence();
    say(183, RIG_SDP);
    expect_reliable("SIP/2.0 183 ", RIG_SDP);
    prack(2, ANSWER);
    rig_expect("SIP/2.0 200 ");
    rig_told(" acked");
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

static void offer_in_prack(void)
{
    rig.opt.interval = 1800 * RT_S;
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    prack(2, OFFER2);
    rig_silence();
    rig_told(" reinvited");
    ck_assert_str_eq(rig.body, OFFER2);
}

/* 5: the answer to an offer in PRACK is in its 2xx; the call's 2xx comes after it. */
START_TEST(their_offer_in_prack_is_answered_in_its_200)
{
    offer_in_prack();
    rig_accept_call();
    rig_silence();
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 PRACK");
    rig_has("Contact", ""); /* tables 1 and 2 */
    rig_has("Session-Expires", "");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    expect_2xx("");
    ack_and_leave();
}
END_TEST

/* 3: a PRACK that matches gets a 2xx, whatever is in it. */
START_TEST(their_offer_in_prack_cannot_be_refused)
{
    offer_in_prack();
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), EPROTO);
    rig_silence();
    ck_assert_int_eq(sip_session_answer(rig.session, NULL), 0);
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 PRACK");
    ck_assert_str_eq(rig_body(), "");
    rig_accept_call();
    expect_2xx("");
    ack_and_leave();
}
END_TEST

/* ---- the end ---- */

START_TEST(a_cancel_ends_the_repetition)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    rig_ask(.method = "CANCEL", .branch = "INVITE1");
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    rig_told(" ended:cancel");
    prack_is_answered(2);
    ack_refusal();
    rig_silence_until(20000);
}
END_TEST

START_TEST(a_bye_ends_the_repetition)
{
    they_can(RIG_SDP);
    say(183, ANSWER);
    expect_reliable("SIP/2.0 183 ", ANSWER);
    rig_in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    rig_told(" ended:bye");
    ack_refusal();
    rig_silence_until(20000);
}
END_TEST

START_TEST(a_cancel_answers_an_offer_in_prack)
{
    offer_in_prack();
    rig_accept_call();
    rig_ask(.method = "CANCEL", .branch = "INVITE1");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "1 CANCEL");
    rig_expect("SIP/2.0 487 ");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 PRACK");
    rig_told(" ended:cancel");
    ack_refusal();
}
END_TEST

START_TEST(leaving_answers_an_offer_in_prack)
{
    offer_in_prack();
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 PRACK");
    ack_refusal();
}
END_TEST

/* ---- who can do it ---- */

START_TEST(what_we_do_not_do_is_refused_with_420)
{
    rig_ask(.extra = "Require: 100rel\r\n", .body = RIG_SDP);
    rig_expect("SIP/2.0 420 ");
    rig_has("Unsupported", "100rel");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_told("");
}
END_TEST

/* RFC 3261 21.4.16. */
START_TEST(who_cannot_do_what_we_require_gets_421)
{
    rig.opt.reliable = SIP_REQUIRED;
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 421 ");
    rig_has("Require", "100rel");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_told("");
}
END_TEST

START_TEST(what_we_require_is_done_each_time)
{
    rig.opt.reliable = SIP_REQUIRED;
    they_ask("Supported: 100rel\r\n", RIG_SDP);
    say(180, NULL);
    expect_reliable("SIP/2.0 180 ", "");
    prack_is_answered(2);
    rig_accept_call();
    expect_2xx(RIG_SDP);
    ack_and_leave();
}
END_TEST

START_TEST(who_cannot_do_it_gets_plain_ones)
{
    rig.opt.reliable = SIP_SUPPORTED;
    they_ask(NULL, RIG_SDP);
    say(183, ANSWER);
    expect_plain("SIP/2.0 183 ", ANSWER);
    rig_silence_until(10000);
    rig_accept_call();
    expect_2xx(RIG_SDP);
    ack_and_leave();
}
END_TEST

RIG_MAIN("sip reliable", it_is_repeated_until_the_call_is_refused,
         rseq_begins_anywhere_and_rises_by_one, the_second_waits_for_the_first,
         it_is_said_anew_each_minute, the_2xx_waits_for_a_description,
         a_2xx_that_waits_in_vain_is_a_504, the_2xx_does_not_wait_without_a_description,
         the_2xx_overtakes_what_waits_its_turn, a_refusal_does_not_wait,
         a_prack_that_names_another_gets_481, a_repeated_prack_gets_its_answer_again,
         a_prack_without_any_provisional_gets_481, the_answer_is_said_once,
         the_answer_is_said_once_when_it_waited, a_plain_answer_is_said_each_time,
         our_offer_is_answered_in_prack, a_prack_may_lack_the_answer,
         nothing_is_said_before_there_is_an_offer, their_offer_in_prack_is_answered_in_its_200,
         their_offer_in_prack_cannot_be_refused, a_cancel_ends_the_repetition,
         a_bye_ends_the_repetition, a_cancel_answers_an_offer_in_prack,
         leaving_answers_an_offer_in_prack, what_we_do_not_do_is_refused_with_420,
         who_cannot_do_what_we_require_gets_421, what_we_require_is_done_each_time,
         who_cannot_do_it_gets_plain_ones)
