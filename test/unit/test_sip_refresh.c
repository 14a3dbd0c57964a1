/* Session timers (RFC 4028), to the millisecond: refreshes that fail, and what ends a session that
 * nobody refreshes.
 */
#include "test/unit/expiry_rig.h"

/* ---- refused, unheard ---- */

/* A quarter of what is left, at least 5 s: 45, 50, 55, and at 60 it is too late. */
START_TEST(a_refused_refresh_is_tried_until_it_is_too_late)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    for (rt_time at = 45000; at < 60000; at += 5000) {
        rig_expect_at(at, "UPDATE ");
        refuse("500 Server Internal Error", NULL);
    }
    expires_at(60000);
}
END_TEST

/* 900 s; 868 s are left, a quarter of which is 217 s. */
START_TEST(a_refused_refresh_is_not_tried_continuously)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    refuse("500 Server Internal Error", NULL);
    rig_expect_at(1117000, "INVITE ");
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(1117000 + 900000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

START_TEST(who_refuses_update_gets_a_reinvite)
{
    call_them(UPDATES "Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "UPDATE ");
    refuse("405 Method Not Allowed", NULL);
    rig_expect_at(905000, "INVITE ");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(905000 + 900000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* Nobody can say what a re-INVITE would have to: UPDATE it is, now and then. */
START_TEST(who_refuses_update_and_cannot_be_reinvited)
{
    static struct sip_session_ops ops;

    ops = rig_session_ops;
    ops.describe = NULL;
    call_them(UPDATES "Session-Expires: 1800;refresher=uac\r\n");
    sip_session_own(rig.session, &ops, &rig);
    rig_expect_at(900000, "UPDATE ");
    refuse("501 Not Implemented", NULL);
    rig_expect_at(905000, "UPDATE ");
    refuse("501 Not Implemented", NULL);
    rig_expect_at(905000 + (1768000 - 905000) / 4, "UPDATE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* RFC 4028 10: 408 and 481 are followed by BYE. */
START_TEST(a_refresh_with_481_ends_the_session)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "UPDATE ");
    refuse("481 Call/Transaction Does Not Exist", NULL);
    rig_told(" ended:gone");
    rig_expect("BYE ");
    rig_ok();
    rig_silence_until(1000000);
}
END_TEST

START_TEST(a_reinvite_with_481_ends_the_session)
{
    call_them("Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "INVITE ");
    refuse("481 Call/Transaction Does Not Exist", NULL);
    rig_told(" ended:gone");
    rig_expect("BYE ");
    rig_ok();
    rig_silence_until(1000000);
}
END_TEST

START_TEST(a_refresh_with_408_ends_the_session)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "UPDATE ");
    refuse("408 Request Timeout", NULL);
    rig_told(" ended:expired");
    rig_expect("BYE ");
    rig_ok();
    rig_silence_until(1000000);
}
END_TEST

/** Reads the repetitions until BYE comes. */
static void silent_until(rt_time ms, const char *method)
{
    rig_at(ms - 1);
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, method, strlen(method)), 0);
    rig_told("");
    rig_at(ms);
    rig_expect("BYE ");
    rig_told(" ended:expired");
    rig_ok();
    rig_at(ms + 32000); /* what is under way ends by its own timer */
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, method, strlen(method)), 0);
    rig_silence_until(ms + 1000000);
}

/* Timer F, 64*T1. */
START_TEST(a_silent_update_ends_the_session)
{
    call_them(UPDATES "Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "UPDATE ");
    silent_until(932000, "UPDATE ");
}
END_TEST

START_TEST(a_silent_reinvite_ends_the_session)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    silent_until(932000, "INVITE ");
}
END_TEST

/* Timer F would end at 77 s, the session does at 60. */
START_TEST(a_silent_refresh_does_not_outlive_the_session)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "UPDATE ");
    silent_until(60000, "UPDATE ");
}
END_TEST

/* A provisional stops Timer B; nothing stops the session's end. */
START_TEST(a_refresh_that_only_rings_does_not_outlive_the_session)
{
    call_them("Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "INVITE ");
    const char *invite = rig_saved();
    rig_answer(invite, "100 Trying", NULL, NULL, NULL);
    expires_at(60000);
    rig_answer(invite, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
}
END_TEST

START_TEST(a_broken_way_ends_the_session)
{
    rig_use_tcp(false);
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rt_listener_close(rig.listener);
    rig.listener = NULL;
    rig_hang_up();
    rig_at(45000);
    rig_told(" ended:expired");
    rig_silence_until(100000);
}
END_TEST

/* ---- glare ---- */

/* RFC 3261 14.1: the caller waits 2.1 to 4 s. */
START_TEST(a_refresh_with_491_is_tried_again)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    refuse("491 Request Pending", NULL);
    rig_told("");
    rt_time waited = 2099;
    rig_silence_until(900000 + waited);
    while (!rig_next()) {
        ck_assert_int_lt(waited, 4000);
        rig_at(900000 + ++waited);
    }
    ck_assert_int_eq(waited % 10, 0);
    ck_assert_int_eq(strncmp(rig.in, "INVITE ", 7), 0);
    rig_has("Session-Expires", "1800;refresher=uac");
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_leave();
}
END_TEST

/* Who passes on what the far ends agree hears of glare in his own changes, not in our refreshes. */
START_TEST(a_relays_refresh_with_491_is_tried_again)
{
    call_them(UPDATES "Session-Expires: 1800;refresher=uac\r\n");
    sip_session_relay(rig.session, true);
    rig_reinvite_them();
    refuse("491 Request Pending", NULL);
    rig_told(" reanswered:491");
    rig_expect_at(900000, "UPDATE ");
    refuse("491 Request Pending", NULL);
    rig_told("");
    rt_time waited = 2099;
    rig_silence_until(900000 + waited);
    while (!rig_next()) {
        ck_assert_int_lt(waited, 4000);
        rig_at(900000 + ++waited);
    }
    ck_assert_int_eq(strncmp(rig.in, "UPDATE ", 7), 0);
    refreshed("");
    rig_leave();
}
END_TEST

START_TEST(endless_glare_does_not_outlive_the_session)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "UPDATE ");
    while (rt_now() < rig.t0 + 60000 * RT_MS) {
        refuse("491 Request Pending", NULL);
        do
            fake_advance(10 * RT_MS);
        while (!rig_next() && rt_now() < rig.t0 + 60000 * RT_MS);
    }
    ck_assert_int_eq(strncmp(rig.in, "BYE ", 4), 0);
    rig_told(" ended:expired");
    rig_ok();
}
END_TEST

START_TEST(their_change_during_our_refresh_gets_491)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    const char *ours = rig_saved();
    rig_in_dialog(.cseq = 7, .body = RIG_SDP);
    rig_expect("SIP/2.0 491 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE7", .cseq = 7);
    strcpy(rig.in, ours);
    refreshed("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(1800000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* Both had refreshed at once: theirs did it. */
START_TEST(their_refresh_during_our_wait_is_enough)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    refuse("491 Request Pending", NULL);
    rig_at(901000);
    they_refresh(7, TIMER "Session-Expires: 1800;refresher=uas\r\n");
    rig_expect_at(1801000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* Their offer waits for the owner: ours has to wait too, but not for ever. */
START_TEST(a_refresh_waits_for_their_change)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_at(899000);
    rig_in_dialog(.cseq = 7, .body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_silence_until(903000);
    ck_assert_int_eq(sip_session_decline(rig.session, 488, NULL), 0);
    rig_expect("SIP/2.0 488 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE7", .cseq = 7);
    rig_told(" reinvited");
    rig_expect_at(905000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* ---- the owner's changes ---- */

/* 7.2: they refresh as well. */
START_TEST(our_change_refreshes)
{
    call_them("Session-Expires: 600;refresher=uac\r\n");
    rig_at(200000);
    rig_reinvite_them();
    rig_has("Session-Expires", "600;refresher=uac");
    rig_answer(rig.in, "200 OK", NULL, "Session-Expires: 600;refresher=uas\r\n", RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    expires_at(200000 + 568000);
}
END_TEST

START_TEST(our_refused_change_does_not)
{
    call_them("Session-Expires: 600;refresher=uac\r\n");
    rig_at(200000);
    rig_reinvite_them();
    refuse("488 Not Acceptable Here", NULL);
    rig_told(" reanswered:488");
    rig_expect_at(300000, "INVITE ");
    refreshed("");
    rig_leave();
}
END_TEST

/* A change of the owner's takes the place of a refresh that waits; when it is refused, the refresh
 * is still due. */
START_TEST(a_change_in_place_of_a_refresh)
{
    call_them("Session-Expires: 1800;refresher=uac\r\n");
    rig_expect_at(900000, "INVITE ");
    refuse("491 Request Pending", NULL);
    rig_reinvite_them();
    refuse("488 Not Acceptable Here", NULL);
    rig_told(" reanswered:488");
    rig_expect_at(905000, "INVITE ");
    ck_assert_str_eq(rig_body(), RIG_SDP);
    refreshed("");
    rig_leave();
}
END_TEST

/* ---- the end ---- */

START_TEST(the_timer_stops_with_the_session)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_leave();
    rig_silence_until(1000000);
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_in_dialog(.method = "BYE", .cseq = 5);
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
    rig_silence_until(1000000);
    they_call(TIMER "Session-Expires: 90\r\n");
    rig_in_dialog(.method = "BYE", .cseq = 6);
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
    rig_silence_until(1000000);
}
END_TEST

START_TEST(leaving_during_a_refresh)
{
    call_them(UPDATES "Session-Expires: 90;refresher=uac\r\n");
    rig_expect_at(45000, "UPDATE ");
    const char *update = rig_saved();
    rig_leave();
    rig_answer(update, "200 OK", NULL, "Session-Expires: 90;refresher=uac\r\n", NULL);
    rig_silence_until(1000000);
    rig_told("");
}
END_TEST

RIG_MAIN("sip refresh", a_refused_refresh_is_tried_until_it_is_too_late,
         a_refused_refresh_is_not_tried_continuously, who_refuses_update_gets_a_reinvite,
         who_refuses_update_and_cannot_be_reinvited, a_refresh_with_481_ends_the_session,
         a_reinvite_with_481_ends_the_session, a_refresh_with_408_ends_the_session,
         a_silent_update_ends_the_session, a_silent_reinvite_ends_the_session,
         a_silent_refresh_does_not_outlive_the_session,
         a_refresh_that_only_rings_does_not_outlive_the_session, a_broken_way_ends_the_session,
         a_refresh_with_491_is_tried_again, a_relays_refresh_with_491_is_tried_again,
         endless_glare_does_not_outlive_the_session, their_change_during_our_refresh_gets_491,
         their_refresh_during_our_wait_is_enough, a_refresh_waits_for_their_change,
         our_change_refreshes, our_refused_change_does_not, a_change_in_place_of_a_refresh,
         the_timer_stops_with_the_session, leaving_during_a_refresh)
