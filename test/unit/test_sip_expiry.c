/* Session timers (RFC 4028), to the millisecond: what is asked and granted, and who refreshes. */
#include "test/unit/expiry_rig.h"

/* ---- asked ---- */

START_TEST(the_invite_asks)
{
    rig.opt.interval = 1800 * RT_S;
    rig_call(0);
    rig_has("Session-Expires", "1800");
    rig_has("Min-SE", "");
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Supported"), "timer"));
    refuse("486 Busy Here", NULL);
    rig_told(" ended:refused");
}
END_TEST

START_TEST(the_invite_names_our_minimum)
{
    rig.opt.interval = 1800 * RT_S;
    rig.opt.min_interval = 120 * RT_S;
    rig_call(0);
    rig_has("Session-Expires", "1800");
    rig_has("Min-SE", "120");
    refuse("486 Busy Here", NULL);
    rig_told(" ended:refused");
}
END_TEST

/* 4: never below 90 s; nor below our own Min-SE. */
START_TEST(nothing_smaller_than_the_minimum_is_asked)
{
    rig.opt.interval = 60 * RT_S;
    rig_call(0);
    rig_has("Session-Expires", "90");
    refuse("486 Busy Here", NULL);
    rig.opt.min_interval = 200 * RT_S;
    rig_call(0);
    rig_has("Session-Expires", "200");
    rig_has("Min-SE", "200");
    refuse("486 Busy Here", NULL);
    rig_told(" ended:refused ended:refused");
}
END_TEST

/* 7.1: Supported all the same. */
START_TEST(without_an_interval_nothing_is_asked)
{
    rig_call(0);
    rig_has("Session-Expires", "");
    rig_has("Min-SE", "");
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Supported"), "timer"));
    refuse("486 Busy Here", NULL);
    rig_told(" ended:refused");
}
END_TEST

/* ---- taken from the 2xx ---- */

START_TEST(we_refresh_by_update_at_half_the_interval)
{
    rig.opt.interval = 1800 * RT_S;
    call_them(UPDATES "Require: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "UPDATE sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", "2 UPDATE");
    rig_has("Session-Expires", "1800;refresher=uac"); /* 7.4: the role stays */
    rig_has("Min-SE", "");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Supported"), "timer"));
    ck_assert_str_eq(rig_body(), "");
    rig_at(900100);
    refreshed("Require: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(1800100, "UPDATE ");
    rig_has("CSeq", "3 UPDATE");
    refreshed("Require: timer\r\nSession-Expires: 600;refresher=uac\r\n");
    rig_expect_at(2100100, "UPDATE ");
    rig_has("Session-Expires", "600;refresher=uac");
    refreshed("Session-Expires: 600;refresher=uac\r\n");
    rig_leave();
}
END_TEST

/* 7.4: the offer says that nothing has changed. */
START_TEST(we_refresh_by_reinvite_where_update_is_not_allowed)
{
    rig.opt.interval = 1800 * RT_S;
    call_them("Allow: INVITE, ACK, BYE\r\nSession-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("Session-Expires", "1800;refresher=uac");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(1800000, "INVITE ");
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_leave();
}
END_TEST

START_TEST(without_a_refresher_it_is_us)
{
    rig.opt.interval = 1800 * RT_S;
    call_them(UPDATES "Session-Expires: 1000\r\n");
    rig_expect_at(500000, "UPDATE ");
    refreshed("Session-Expires: 1000;refresher=uac\r\n");
    rig_leave();
}
END_TEST

/* 10: the smaller of 32 s and a third before the end. */
START_TEST(a_session_they_do_not_refresh_ends)
{
    rig.opt.interval = 1800 * RT_S;
    call_them("Session-Expires: 1800;refresher=uas\r\n");
    expires_at(1768000);
}
END_TEST

START_TEST(a_short_session_ends_a_third_early)
{
    rig.opt.interval = 1800 * RT_S;
    call_them("x: 90;refresher=uas\r\n");
    expires_at(60000);
}
END_TEST

/* 7.2: no Session-Expires, no expiration. */
START_TEST(a_2xx_without_it_means_none)
{
    rig.opt.interval = 1800 * RT_S;
    call_them(UPDATES);
    rig_silence_until(10000000);
    rig_leave();
}
END_TEST

/* 7.2: it may be there though we did not ask. */
START_TEST(a_2xx_may_bring_what_was_not_asked)
{
    call_them(UPDATES "Require: timer\r\nSession-Expires: 300;refresher=uac\r\n");
    rig_expect_at(150000, "UPDATE ");
    refreshed("");
    rig_silence_until(10000000); /* turned off in the middle */
    rig_leave();
}
END_TEST

START_TEST(what_is_no_number_is_none)
{
    rig.opt.interval = 1800 * RT_S;
    call_them(UPDATES "Session-Expires: soon;refresher=uac\r\n");
    rig_silence_until(10000000);
    rig_leave();
}
END_TEST

START_TEST(the_largest_number_does_no_harm)
{
    call_them(UPDATES "Session-Expires: 4294967295;refresher=uac\r\n");
    rig_silence_until(10000000);
    rig_leave();
}
END_TEST

/* An interval that is smaller than may be asked for is asked for as 90 s (7.4). */
START_TEST(a_tiny_interval_is_raised_by_the_first_refresh)
{
    call_them(UPDATES "Session-Expires: 10;refresher=uac\r\n");
    rig_expect_at(5000, "UPDATE ");
    rig_has("Session-Expires", "90;refresher=uac");
    refreshed("Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(50000, "UPDATE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* ---- granted ---- */

/* Table 2 of RFC 4028, and 9. */
START_TEST(the_2xx_follows_table_2)
{
    static const struct {
        rt_time ours;
        const char *asked, *granted, *require;
    } rows[] = {
        {1800, "", "", ""},
        {1800, TIMER, "1800;refresher=uas", "timer"},
        {1800, TIMER "Session-Expires: 600\r\n", "600;refresher=uas", "timer"},
        {1800, TIMER "Session-Expires: 600;refresher=uac\r\n", "600;refresher=uac", "timer"},
        {1800, TIMER "Session-Expires: 600;refresher=uas\r\n", "600;refresher=uas", "timer"},
        {1800, TIMER "Session-Expires: 3600\r\n", "1800;refresher=uas", "timer"},
        {1800, TIMER "Session-Expires: 3600\r\nMin-SE: 2000\r\n", "2000;refresher=uas", "timer"},
        {1800, "Session-Expires: 600\r\n", "600;refresher=uas", ""},
        {1800, "Session-Expires: 60\r\n", "60;refresher=uas", ""},
        {1800, TIMER "x: 600\r\n", "600;refresher=uas", "timer"},
        {1800, "Require: timer\r\nSession-Expires: 600;refresher=uac\r\n", "600;refresher=uac",
         "timer"},
        {60, TIMER, "90;refresher=uas", "timer"},
        {0, TIMER, "", ""},
        {0, "", "", ""},
        {0, TIMER "Session-Expires: 600\r\n", "600;refresher=uas", "timer"},
        {0, "Session-Expires: 600\r\n", "600;refresher=uas", ""},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char id[20];
        snprintf(id, sizeof id, "row%zu", i);
        rig.opt.interval = rows[i].ours * RT_S;
        rig_ask(.body = RIG_SDP, .extra = rows[i].asked, .call_id = id, .branch = id);
        rig_expect("SIP/2.0 100 ");
        rig_accept_call();
        rig_expect("SIP/2.0 200 ");
        rig_has("Session-Expires", rows[i].granted);
        rig_has("Require", rows[i].require);
        rig_note_dialog("To");
        rig_in_dialog(.method = "ACK");
        rig_told(" invite acked");
        rig_leave();
        rig_silence_until((rt_time)(i + 1) * 100000);
    }
}
END_TEST

/* 9: 422 with Min-SE, but never to who does not know what that means. */
START_TEST(a_small_interval_gets_422)
{
    rig_ask(.body = RIG_SDP, .extra = TIMER "Session-Expires: 89\r\n");
    rig_expect("SIP/2.0 422 Session Interval Too Small\r\n");
    rig_has("Min-SE", "90");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig.opt.min_interval = 300 * RT_S;
    rig_ask(.body = RIG_SDP, .extra = TIMER "Session-Expires: 299\r\n", .cseq = 2);
    rig_expect("SIP/2.0 422 ");
    rig_has("Min-SE", "300");
    rig_told("");
    rig_ask(.body = RIG_SDP, .extra = "Session-Expires: 299\r\n", .cseq = 3);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_has("Session-Expires", "299;refresher=uas");
    rig_note_dialog("To");
    rig_in_dialog(.method = "ACK", .cseq = 3);
    rig_told(" invite acked");
    rig_leave();
}
END_TEST

START_TEST(as_called_we_refresh)
{
    rig.opt.interval = 600 * RT_S;
    they_call(TIMER UPDATES);
    rig_has("Session-Expires", "600;refresher=uas");
    rig_expect_at(300000, "UPDATE ");
    rig_has("Session-Expires", "600;refresher=uac"); /* the roles of this request */
    refreshed("Session-Expires: 600;refresher=uac\r\n");
    rig_expect_at(600000, "UPDATE ");
    refreshed("Session-Expires: 600;refresher=uas\r\n"); /* from now on they do */
    expires_at(600000 + 568000);
}
END_TEST

START_TEST(as_called_we_wait_for_theirs)
{
    they_call(TIMER UPDATES "Session-Expires: 600;refresher=uac\r\n");
    rig_has("Require", "timer");
    expires_at(568000);
}
END_TEST

/* 7.4: the Min-SE of their requests is in ours. */
START_TEST(their_minimum_is_remembered)
{
    rig.opt.interval = 600 * RT_S;
    they_call(TIMER UPDATES "Min-SE: 120\r\n");
    rig_expect_at(300000, "UPDATE ");
    rig_has("Session-Expires", "600;refresher=uac");
    rig_has("Min-SE", "120");
    refreshed("");
    rig_leave();
}
END_TEST

/* What is agreed before the answer does not count: the INVITE's own 2xx says it. */
START_TEST(an_early_update_is_no_refresh)
{
    struct sip_body sdp = {rt_str("application/sdp"), rt_str(RIG_SDP)};
    char rack[60];

    rig.opt.reliable = SIP_SUPPORTED;
    rig.opt.interval = 1800 * RT_S;
    rig_ask(.body = RIG_SDP,
            .extra = "Supported: timer, 100rel\r\nSession-Expires: 600;refresher=uac\r\n" UPDATES);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 183, &sdp, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 183 ");
    rig_note_dialog("To");
    snprintf(rack, sizeof rack, "RAck: %s 1 INVITE\r\n", rig_field(rig.in, "RSeq"));
    rig_in_dialog(.method = "PRACK", .cseq = 2, .extra = rack);
    rig_expect("SIP/2.0 200 ");
    rig_has("Session-Expires", "");
    rig_in_dialog(.method = "UPDATE", .cseq = 3, .body = RIG_SDP, .extra = TIMER);
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "3 UPDATE");
    rig_has("Session-Expires", "");
    rig_in_dialog(.method = "UPDATE", .cseq = 4);
    rig_expect("SIP/2.0 200 ");
    rig_has("Session-Expires", "");
    rig_zero();
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "1 INVITE");
    rig_has("Session-Expires", "600;refresher=uac");
    rig_has("Require", "timer");
    rig_in_dialog(.method = "ACK");
    rig_told(" invite reinvited acked");
    expires_at(568000);
}
END_TEST

/* ---- refreshed by them ---- */

START_TEST(their_reinvite_restarts)
{
    they_call(TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_at(300000);
    they_refresh(2, TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_has("Session-Expires", "600;refresher=uac");
    rig_has("Require", "timer");
    rig_at(868000 - 1);
    they_refresh(3, TIMER "Session-Expires: 90;refresher=uac\r\n");
    expires_at(868000 - 1 + 60000);
}
END_TEST

START_TEST(their_update_restarts)
{
    call_them(TIMER "Session-Expires: 600;refresher=uas\r\n");
    rig_at(300000);
    rig_in_dialog(.method = "UPDATE", .cseq = 5,
                  .extra = TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_has("Session-Expires", "600;refresher=uac");
    rig_has("Require", "timer");
    rig_told("");
    expires_at(300000 + 568000);
}
END_TEST

/* An UPDATE that only refreshes leaves the change alone that waits for its answer. */
START_TEST(their_update_may_come_during_their_reinvite)
{
    they_call(TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_in_dialog(.cseq = 2, .body = RIG_SDP,
                  .extra = TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_at(100000);
    rig_in_dialog(.method = "UPDATE", .cseq = 3,
                  .extra = TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "3 UPDATE");
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "2 INVITE");
    rig_has("Session-Expires", "600;refresher=uac");
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" reinvited acked");
    expires_at(100000 + 568000);
}
END_TEST

/* Only a 2xx extends the session (10). */
START_TEST(a_change_that_is_declined_is_no_refresh)
{
    rig.opt.interval = 600 * RT_S;
    they_call(TIMER UPDATES);
    rig_at(100000);
    rig_in_dialog(.cseq = 2, .body = RIG_SDP,
                  .extra = TIMER "Session-Expires: 90;refresher=uac\r\n");
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), 0);
    rig_expect("SIP/2.0 488 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_told(" reinvited");
    rig_expect_at(300000, "UPDATE "); /* still ours, still 600 s */
    rig_has("Session-Expires", "600;refresher=uac");
    refreshed("");
    rig_leave();
}
END_TEST

START_TEST(a_refresh_that_asks_too_little_gets_422)
{
    they_call(TIMER "Session-Expires: 600;refresher=uac\r\n");
    rig_at(100000);
    rig_in_dialog(.cseq = 2, .body = RIG_SDP,
                  .extra = TIMER "Session-Expires: 80;refresher=uac\r\n");
    rig_expect("SIP/2.0 422 ");
    rig_has("Min-SE", "90");
    rig_in_dialog(.method = "ACK", .branch = "INVITE2", .cseq = 2);
    rig_in_dialog(.method = "UPDATE", .cseq = 3, .extra = TIMER "Session-Expires: 80\r\n");
    rig_expect("SIP/2.0 422 ");
    rig_has("Min-SE", "90");
    rig_told("");
    expires_at(568000);
}
END_TEST

/* 7.2, 9: the most recent 2xx says whether there is an expiration. */
START_TEST(a_reinvite_of_who_cannot_turns_it_off)
{
    rig.opt.interval = 600 * RT_S;
    they_call(TIMER UPDATES);
    rig_at(100000);
    they_refresh(2, NULL);
    rig_has("Session-Expires", "");
    rig_has("Require", "");
    rig_silence_until(10000000);
    rig_leave();
}
END_TEST

START_TEST(a_reinvite_without_it_gets_ours)
{
    rig.opt.interval = 600 * RT_S;
    they_call(TIMER "Session-Expires: 300;refresher=uac\r\n" UPDATES);
    rig_at(100000);
    they_refresh(2, TIMER);
    rig_has("Session-Expires", "600;refresher=uas");
    rig_expect_at(400000, "UPDATE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* ---- 422 ---- */

/* 7.3, 7.4: one CSeq higher, the same Call-ID, the largest Min-SE seen. */
START_TEST(an_invite_with_422_asks_for_more)
{
    rig.opt.interval = 100 * RT_S;
    rig_call(0);
    const char *id = rig_field(rig.in, "Call-ID"), *from = rig_field(rig.in, "From");
    const char *branch = rig_field(rig.in, "Via");
    refuse("422 Session Interval Too Small", "Min-SE: 200\r\n");
    rig_expect("INVITE sip:200@192.0.2.1 SIP/2.0\r\n");
    rig_has("CSeq", "2 INVITE");
    rig_has("Call-ID", id);
    rig_has("From", from);
    rig_has("To", "<sip:200@192.0.2.1>");
    ck_assert_str_ne(rig_field(rig.in, "Via"), branch);
    rig_has("Session-Expires", "200");
    rig_has("Min-SE", "200");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    refuse("422 Session Interval Too Small", "Min-SE: 300\r\n");
    rig_expect("INVITE ");
    rig_has("Session-Expires", "300");
    rig_has("Min-SE", "300");
    rig_answer(rig.in, "200 OK", "far",
               "Contact: <sip:far@192.0.2.1:5060>\r\n" UPDATES
               "Session-Expires: 300;refresher=uac\r\n",
               RIG_SDP);
    rig_expect("ACK ");
    rig_has("CSeq", "3 ACK");
    rig_told(" answered");
    rig_zero();
    rig_expect_at(150000, "UPDATE ");
    rig_has("Session-Expires", "300;refresher=uac");
    rig_has("Min-SE", ""); /* 7.4: forgotten once the dialog is there */
    refreshed("");
    rig_leave();
}
END_TEST

START_TEST(an_invite_is_not_sent_for_ever)
{
    rig.opt.interval = 100 * RT_S;
    rig_call(0);
    for (unsigned n = 1; n <= 3; n++) {
        char min[30];
        snprintf(min, sizeof min, "Min-SE: %u\r\n", 100 + n);
        refuse("422 Session Interval Too Small", min);
        rig_expect("INVITE ");
    }
    refuse("422 Session Interval Too Small", "Min-SE: 500\r\n");
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 422);
    rig_silence();
}
END_TEST

START_TEST(a_422_without_reason_is_final)
{
    static const char *const lines[] = {NULL, "Min-SE: 0\r\n", "Min-SE: x\r\n", "Min-SE: 100\r\n"};

    rig.opt.interval = 100 * RT_S;
    for (size_t i = 0; i < RT_COUNT(lines); i++) {
        rig_call(0);
        refuse("422 Session Interval Too Small", lines[i]);
        rig_told(" ended:refused");
        rig_silence();
    }
    rig.opt.interval = 0; /* we asked for nothing */
    rig_call(0);
    refuse("422 Session Interval Too Small", "Min-SE: 200\r\n");
    rig_told(" ended:refused");
    rig_silence();
}
END_TEST

START_TEST(a_cancelled_invite_asks_for_no_more)
{
    rig.opt.interval = 100 * RT_S;
    rig_call(0);
    rig_close();
    refuse("422 Session Interval Too Small", "Min-SE: 200\r\n");
    rig_silence();
    rig_told("");
}
END_TEST

static void a_refresh_with_422(const char *allow, const char *method)
{
    char lines[200], min[30];

    snprintf(lines, sizeof lines, "%sSession-Expires: 100;refresher=uac\r\n", allow);
    call_them(lines);
    rig_expect_at(50000, method);
    for (unsigned n = 1; n <= 3; n++) {
        snprintf(min, sizeof min, "Min-SE: %u\r\n", 100 * (n + 1));
        refuse("422 Session Interval Too Small", min);
        rig_expect(method);
        snprintf(min, sizeof min, "%u", 100 * (n + 1));
        rig_has("Min-SE", min);
        snprintf(min, sizeof min, "%u;refresher=uac", 100 * (n + 1));
        rig_has("Session-Expires", min);
    }
    refuse("422 Session Interval Too Small", "Min-SE: 1000\r\n");
    rig_expect_at(55000, method); /* a refusal like any other: later */
    rig_has("Min-SE", "400");
    refreshed("Session-Expires: 400;refresher=uac\r\n");
    rig_expect_at(255000, method);
    rig_has("Min-SE", "400"); /* 7.4: for as long as the dialog lasts */
    refuse("422 Session Interval Too Small", "Min-SE: 1000\r\n");
    rig_expect(method);
    rig_has("Min-SE", "1000");
    refreshed("");
    rig_leave();
}

START_TEST(an_update_with_422_asks_for_more)
{
    a_refresh_with_422(UPDATES, "UPDATE ");
}
END_TEST

START_TEST(a_reinvite_with_422_asks_for_more)
{
    a_refresh_with_422("", "INVITE ");
}
END_TEST

/* The owner's change too, and it hears the end of it alone. */
START_TEST(a_change_with_422_asks_for_more)
{
    call_them("Session-Expires: 100;refresher=uac\r\n");
    rig_reinvite_them();
    rig_has("Session-Expires", "100;refresher=uac");
    refuse("422 Session Interval Too Small", "Min-SE: 400\r\n");
    rig_told("");
    rig_expect("INVITE ");
    ck_assert_str_eq(rig_body(), "v=0\r\nours\r\n");
    rig_has("Session-Expires", "400;refresher=uac");
    rig_answer(rig.in, "200 OK", NULL, "Session-Expires: 400;refresher=uac\r\n", RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    rig_expect_at(200000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

RIG_MAIN("sip expiry", the_invite_asks, the_invite_names_our_minimum,
         nothing_smaller_than_the_minimum_is_asked, without_an_interval_nothing_is_asked,
         we_refresh_by_update_at_half_the_interval,
         we_refresh_by_reinvite_where_update_is_not_allowed, without_a_refresher_it_is_us,
         a_session_they_do_not_refresh_ends, a_short_session_ends_a_third_early,
         a_2xx_without_it_means_none, a_2xx_may_bring_what_was_not_asked, what_is_no_number_is_none,
         the_largest_number_does_no_harm, a_tiny_interval_is_raised_by_the_first_refresh,
         the_2xx_follows_table_2, a_small_interval_gets_422, as_called_we_refresh,
         as_called_we_wait_for_theirs, their_minimum_is_remembered, an_early_update_is_no_refresh,
         their_reinvite_restarts, their_update_restarts,
         their_update_may_come_during_their_reinvite, a_change_that_is_declined_is_no_refresh,
         a_refresh_that_asks_too_little_gets_422, a_reinvite_of_who_cannot_turns_it_off,
         a_reinvite_without_it_gets_ours, an_invite_with_422_asks_for_more,
         an_invite_is_not_sent_for_ever, a_422_without_reason_is_final,
         a_cancelled_invite_asks_for_no_more, an_update_with_422_asks_for_more,
         a_reinvite_with_422_asks_for_more, a_change_with_422_asks_for_more)
