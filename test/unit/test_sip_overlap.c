/* Digits one by one in SIP (RFC 3578): several INVITEs of one call, sent and received; and what
 * goes with a call's end and its changes: header fields of BYE, 500 with Retry-After. After each
 * test nothing may be left.
 */
#include "test/unit/sip_rig.h"

/** Calls the far end with a number that may grow; its INVITE is returned. */
static const char *begin(const char *uri)
{
    struct sip_invite inv = {.hops = &(struct sip_hop){.addr = rig.peer_addr},
                             .nhops = 1,
                             .options = &rig.opt,
                             .more = true,
                             .request_uri = rt_str(uri),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .to_uri = rt_str(uri),
                             .body = {rt_str("application/sdp"), rt_str(RIG_SDP)}};

    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_expect("INVITE ");
    return rig_saved();
}

static const char *extend(const char *uri)
{
    ck_assert_int_eq(sip_session_extend(rig.session, rt_str(uri), rt_str(uri)), 0);
    rig_expect("INVITE ");
    return rig_saved();
}

static void refuse(const char *invite, const char *status)
{
    rig_answer(invite, status, "far", NULL, NULL);
    rig_expect("ACK ");
    ck_assert_str_eq(rig_field(rig.in, "Via"), rig_field(invite, "Via"));
}

/* 3.2: same Call-ID, same From with its tag; all digits in Request-URI and To, which has no tag;
 * neither route nor target of earlier responses; a higher CSeq. */
START_TEST(a_further_invite_has_the_digits_and_no_dialog)
{
    const char *one = begin("sip:20@192.0.2.1");
    rig_answer(one, "183 Progress", "far",
               "Contact: <sip:elsewhere@192.0.2.1>\r\nRecord-Route: <sip:192.0.2.1;lr>\r\n", NULL);
    rig_told(" 183");
    const char *two = extend("sip:201@192.0.2.1");
    ck_assert_ptr_nonnull(strstr(two, "INVITE sip:201@192.0.2.1 SIP/2.0\r\n"));
    ck_assert_str_eq(rig_field(two, "To"), "<sip:201@192.0.2.1>");
    ck_assert_str_eq(rig_field(two, "From"), rig_field(one, "From"));
    ck_assert_str_eq(rig_field(two, "Call-ID"), rig_field(one, "Call-ID"));
    ck_assert_str_eq(rig_field(one, "CSeq"), "1 INVITE");
    ck_assert_str_eq(rig_field(two, "CSeq"), "2 INVITE");
    ck_assert_str_eq(rig_field(two, "Route"), "");
    ck_assert_str_ne(rig_field(two, "Via"), rig_field(one, "Via"));
    ck_assert_ptr_nonnull(strstr(two, "\r\n\r\n" RIG_SDP));
    refuse(one, "484 Address Incomplete");
    rig_told("");
    rig_answer(two, "180 Ringing", "far", NULL, NULL);
    rig_answer(two, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK sip:far@192.0.2.1:5060 ");
    rig_has("CSeq", "2 ACK");
    rig_told(" 180 answered");
    rig_leave();
}
END_TEST

/* What an earlier INVITE's provisionals say is not heard any more (3.3). */
START_TEST(provisionals_of_the_latest_count)
{
    const char *one = begin("sip:20@192.0.2.1"), *two = extend("sip:201@192.0.2.1");
    rig_answer(one, "183 Progress", "a", NULL, RIG_SDP);
    rig_told("");
    rig_answer(two, "183 Progress", "b", NULL, RIG_SDP);
    rig_told(" 183");
    ck_assert_str_eq(rig.body, RIG_SDP);
    rig_answer(two, "200 OK", "b", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_has("CSeq", "2 ACK");
    rig_expect("CANCEL sip:20@192.0.2.1 "); /* 3.4 */
    rig_has("CSeq", "1 CANCEL");
    rig_answer(rig.in, "200 OK", "a", NULL, NULL);
    rig_told(" answered");
    refuse(one, "487 Request Terminated");
    rig_leave();
}
END_TEST

/* While digits may come no refusal is the end. */
START_TEST(refusals_wait_for_more_digits)
{
    const char *one = begin("sip:20@192.0.2.1");
    refuse(one, "484 Address Incomplete");
    rig_silence_until(20000);
    rig_told("");
    const char *two = extend("sip:201@192.0.2.1");
    ck_assert_str_eq(rig_field(two, "CSeq"), "2 INVITE");
    refuse(two, "486 Busy Here");
    rig_told("");
    const char *three = extend("sip:2011@192.0.2.1");
    refuse(three, "484 Address Incomplete");
    rig_told("");
    sip_session_complete(rig.session);
    rig_told(""); /* never from inside */
    fake_settle();
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 486);
}
END_TEST

/* The best of all as a forking proxy would choose it (3.2; RFC 3261 16.7): 6xx, 3xx, 4xx, 5xx. */
START_TEST(the_best_refusal_is_the_end)
{
    static const struct {
        const char *first, *second;
        int best;
    } table[] = {
        {"486 Busy Here", "484 Address Incomplete", 486},
        {"484 Address Incomplete", "486 Busy Here", 486},
        {"484 Address Incomplete", "500 Oops", 484},
        {"603 Decline", "404 Not Found", 603},
        {"302 Moved", "404 Not Found", 302},
        {"404 Not Found", "480 Not There", 480}, /* of equal ones the one with more digits */
    };
    int best = table[_i].best;

    const char *one = begin("sip:20@192.0.2.1"), *two = extend("sip:201@192.0.2.1");
    refuse(one, table[_i].first);
    sip_session_complete(rig.session);
    fake_settle();
    rig_told("");
    refuse(two, table[_i].second);
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, best);
}
END_TEST

/* Complete, and the last one refused: those before it are waited for. */
START_TEST(an_earlier_invite_may_be_the_last_to_be_refused)
{
    const char *one = begin("sip:20@192.0.2.1"), *two = extend("sip:201@192.0.2.1");
    sip_session_complete(rig.session);
    ck_assert_int_eq(
        sip_session_extend(rig.session, rt_str("sip:2011@192.0.2.1"), rt_str("sip:2011@192.0.2.1")),
        EPROTO);
    refuse(two, "484 Address Incomplete");
    rig_told("");
    refuse(one, "486 Busy Here");
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 486);
}
END_TEST

/* Silence says least. */
START_TEST(silence_of_one_is_not_the_end_of_the_others)
{
    begin("sip:20@192.0.2.1");
    const char *two = extend("sip:201@192.0.2.1");
    rig_answer(two, "100 Trying", NULL, NULL, NULL);
    sip_session_complete(rig.session);
    fake_advance(33 * RT_S); /* Timer B of the first */
    while (rig_next())
        continue;
    rig_told("");
    refuse(two, "484 Address Incomplete");
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 484);
}
END_TEST

START_TEST(silence_of_all_is_a_timeout)
{
    begin("sip:20@192.0.2.1");
    extend("sip:201@192.0.2.1");
    sip_session_complete(rig.session);
    fake_advance(33 * RT_S);
    while (rig_next())
        continue;
    rig_told(" ended:timeout");
}
END_TEST

/* 3.4: once a 200 came the others are cancelled, those with more digits too. */
START_TEST(an_answer_to_an_earlier_invite_is_the_call)
{
    const char *one = begin("sip:20@192.0.2.1"), *two = extend("sip:201@192.0.2.1");
    rig_answer(two, "100 Trying", NULL, NULL, NULL);
    rig_answer(one, "200 OK", "a", RIG_CONTACT, RIG_SDP);
    rig_expect("CANCEL sip:201@192.0.2.1 ");
    rig_has("CSeq", "2 CANCEL");
    rig_answer(rig.in, "200 OK", "b", NULL, NULL);
    rig_expect("ACK ");
    rig_has("CSeq", "1 ACK");
    rig_told(" answered");
    ck_assert_str_eq(rig.body, RIG_SDP);
    refuse(two, "487 Request Terminated");
    rig_leave();
}
END_TEST

/* Two answers: the second one is acknowledged and left (RFC 3261 13.2.2.4). */
START_TEST(a_second_answer_is_left)
{
    const char *one = begin("sip:20@192.0.2.1"), *two = extend("sip:201@192.0.2.1");
    rig_answer(two, "200 OK", "b", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    rig_answer(one, "200 OK", "a", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_has("CSeq", "1 ACK");
    rig_expect("BYE ");
    ck_assert_str_eq(rig_tag("To"), "a");
    rig_answer(rig.in, "200 OK", NULL, NULL, NULL);
    rig_told("");
    rig_leave();
}
END_TEST

/* Given up: each is cancelled, one without a provisional as soon as it has one. */
START_TEST(all_are_cancelled)
{
    const char *one = begin("sip:20@192.0.2.1");
    rig_answer(one, "100 Trying", NULL, NULL, NULL);
    const char *two = extend("sip:201@192.0.2.1"), *three = extend("sip:2011@192.0.2.1");
    rig_answer(three, "100 Trying", NULL, NULL, NULL);
    rig_close();
    rig_expect("CANCEL sip:20@192.0.2.1 ");
    rig_ok();
    rig_expect("CANCEL sip:2011@192.0.2.1 ");
    rig_ok();
    rig_silence();
    refuse(one, "487 Request Terminated");
    refuse(three, "487 Request Terminated");
    rig_answer(two, "100 Trying", NULL, NULL, NULL);
    rig_expect("CANCEL sip:201@192.0.2.1 ");
    rig_ok();
    refuse(two, "487 Request Terminated");
    rig_told("");
}
END_TEST

START_TEST(given_up_while_all_are_refused)
{
    refuse(begin("sip:20@192.0.2.1"), "484 Address Incomplete");
    rig_close();
    rig_silence();
    fake_advance(40 * RT_S);
    rig_empty();
}
END_TEST

START_TEST(an_ordinary_call_is_not_extended)
{
    rig_call(0);
    ck_assert_int_eq(
        sip_session_extend(rig.session, rt_str("sip:2001@192.0.2.1"), rt_str("sip:2001@192.0.2.1")),
        EPROTO);
    refuse(rig_saved(), "484 Address Incomplete");
    rig_told(" ended:refused");
    begin("sip:20@192.0.2.1");
    ck_assert_int_eq(
        sip_session_extend(rig.session, rt_str("sip:2>0@192.0.2.1"), rt_str("sip:20@192.0.2.1")),
        EINVAL);
    refuse(rig_saved(), "484 Address Incomplete");
    sip_session_complete(rig.session);
    fake_settle();
    rig_told(" ended:refused");
}
END_TEST

/* ---- received ---- */

/* RFC 3261 8.2.2.2: with the same CSeq it is the same INVITE by another way, but for overlap
 * signalling when its number has grown. */
START_TEST(a_longer_number_is_no_merged_request)
{
    bool overtaken;

    rig.opt.overlap = true;
    rig_ask(.uri = "sip:12@192.0.2.10");
    rig_expect("SIP/2.0 100 ");
    struct sip_session *one = rig.session;
    ck_assert_ptr_null(sip_session_former(one, &overtaken));
    rig_ask(.uri = "sip:12@192.0.2.10", .branch = "copy");
    rig_expect("SIP/2.0 482 ");
    rig_ask(.uri = "sip:13@192.0.2.10", .branch = "other");
    rig_expect("SIP/2.0 482 ");
    rig_told(" invite");
    rig_ask(.uri = "sip:123@192.0.2.10", .branch = "grown");
    rig_expect("SIP/2.0 100 ");
    rig_told(" invite");
    struct sip_session *two = rig.session;
    ck_assert_ptr_eq(sip_session_former(two, &overtaken), one);
    ck_assert(!overtaken);
    rig_ask(.uri = "sip:1234@192.0.2.10", .cseq = 3);
    rig_expect("SIP/2.0 100 ");
    rig_told(" invite");
    struct sip_session *three = rig.session;
    rig_ask(.uri = "sip:123@192.0.2.10", .branch = "copy2");
    rig_expect("SIP/2.0 482 ");
    sip_session_close(one, NULL);
    rig_expect("SIP/2.0 480 ");
    sip_session_close(two, NULL);
    rig_expect("SIP/2.0 480 ");
    ck_assert_ptr_null(sip_session_former(three, &overtaken));
    rig_ask(.uri = "sip:12345@192.0.2.10", .cseq = 2);
    rig_expect("SIP/2.0 100 ");
    rig_told(" invite");
    ck_assert_ptr_eq(sip_session_former(rig.session, &overtaken), three);
    ck_assert(overtaken);
    sip_session_close(three, NULL);
    rig_close();
}
END_TEST

START_TEST(without_overlap_the_same_cseq_is_merged)
{
    rig_ask(.uri = "sip:12@192.0.2.10");
    rig_expect("SIP/2.0 100 ");
    rig_ask(.uri = "sip:123@192.0.2.10", .branch = "grown");
    rig_expect("SIP/2.0 482 ");
    rig_told(" invite");
    rig_close();
}
END_TEST

/* ---- the end, and changes ---- */

START_TEST(bye_has_the_farewell)
{
    rig_call_them();
    sip_session_farewell(rig.session, rt_str("User-to-User: 04C1;encoding=hex\r\n"));
    rig_close();
    rig_expect("BYE ");
    rig_has("User-to-User", "04C1;encoding=hex");
    rig_ok();
}
END_TEST

/* RFC 3261 15: BYE waits for the ACK to our 2xx, and keeps what it has to say. */
START_TEST(a_bye_that_waits_has_the_farewell)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    sip_session_farewell(rig.session, rt_str("User-to-User: 04C2;encoding=hex\r\n"));
    rig_close();
    rig_silence();
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_expect("BYE ");
    rig_has("User-to-User", "04C2;encoding=hex");
    rig_ok();
}
END_TEST

/* RFC 3261 14.2: 500 with Retry-After; the re-INVITE comes again then, and not for ever. */
START_TEST(a_change_that_is_put_off_comes_again)
{
    rig_call_them();
    rig_reinvite_them();
    for (unsigned i = 0; i < 5; i++) {
        rig_zero();
        rig_answer(rig.in, "500 Later", "far", "Retry-After: 7\r\n", NULL);
        rig_expect("ACK ");
        rig_told("");
        rig_expect_at(7000, "INVITE ");
        ck_assert_str_eq(rig_body(), "v=0\r\nours\r\n");
    }
    rig_answer(rig.in, "500 Later", "far", "Retry-After: 7\r\n", NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:500");
    rig_leave();
}
END_TEST

START_TEST(a_change_is_refused_by_500_alone_or_for_long)
{
    rig_call_them();
    rig_reinvite_them();
    rig_answer(rig.in, "500 No", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:500");
    rig_reinvite_them();
    rig_answer(rig.in, "500 No", "far", "Retry-After: 3600\r\n", NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:500");
    rig_leave();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_further_invite_has_the_digits_and_no_dialog,
                                  provisionals_of_the_latest_count,
                                  refusals_wait_for_more_digits,
                                  an_earlier_invite_may_be_the_last_to_be_refused,
                                  silence_of_one_is_not_the_end_of_the_others,
                                  silence_of_all_is_a_timeout,
                                  an_answer_to_an_earlier_invite_is_the_call,
                                  a_second_answer_is_left,
                                  all_are_cancelled,
                                  given_up_while_all_are_refused,
                                  an_ordinary_call_is_not_extended,
                                  a_longer_number_is_no_merged_request,
                                  without_overlap_the_same_cseq_is_merged,
                                  bye_has_the_farewell,
                                  a_bye_that_waits_has_the_farewell,
                                  a_change_that_is_put_off_comes_again,
                                  a_change_is_refused_by_500_alone_or_for_long};
    Suite *s = suite_create("sip_overlap");
    TCase *tc = tcase_create("sip_overlap");
    tcase_add_checked_fixture(tc, rig_start, rig_stop);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    tcase_add_loop_test(tc, the_best_refusal_is_the_end, 0, 6);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
