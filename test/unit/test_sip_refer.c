/* Transfers: REFER in both directions with its NOTIFYs (RFC 3515, RFC 4488), and the session that a
 * Replaces names (RFC 3891).
 */
#include "test/unit/sip_rig.h"

#define TO_300     "Refer-To: <sip:300@192.0.2.1>\r\n"
#define ACTIVE     "Event: refer\r\nSubscription-State: active;expires=60\r\n"
#define TERMINATED "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"

/** They called; REFER is for the owner. */
static void up(void)
{
    rig.opt.refer = true;
    rig_they_call();
}

/** Our NOTIFY with that status; it is answered. */
static void notified(const char *cseq, const char *state, const char *fragment)
{
    rig_expect("NOTIFY sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("CSeq", cseq);
    rig_has("Event", "refer;id=2");
    rig_has("Subscription-State", state);
    rig_has("Content-Type", "message/sipfrag;version=2.0");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    ck_assert_str_eq(rig_body(), fragment);
    rig_ok();
}

/* ---- theirs ---- */

/* RFC 3515 2.4: 202, a NOTIFY at once, and one with the outcome. */
START_TEST(refer_is_accepted)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_told(" referred:<sip:300@192.0.2.1>");
    rig_silence();
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 Accepted\r\n");
    rig_has("CSeq", "2 REFER");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    rig_has("Refer-Sub", "");
    notified("1 NOTIFY", "active;expires=60", "SIP/2.0 100 Trying\r\n");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), EPROTO); /* once */
    ck_assert_int_eq(sip_session_notify(rig.session, 180), 0);
    notified("2 NOTIFY", "active;expires=60", "SIP/2.0 180 Ringing\r\n");
    ck_assert_int_eq(sip_session_notify(rig.session, 200), 0);
    notified("3 NOTIFY", "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    ck_assert_int_eq(sip_session_notify(rig.session, 200), EPROTO); /* that was the last */
    rig_leave();
}
END_TEST

START_TEST(a_transfer_that_fails_is_told)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = "r: <sip:300@192.0.2.1>\r\n");
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    notified("1 NOTIFY", "active;expires=60", "SIP/2.0 100 Trying\r\n");
    ck_assert_int_eq(sip_session_notify(rig.session, 486), 0);
    notified("2 NOTIFY", "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n");
    rig_leave();
}
END_TEST

START_TEST(refer_is_refused)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 403), 0);
    rig_expect("SIP/2.0 403 ");
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_notify(rig.session, 200), EPROTO);
    rig_silence();
    rig_in_dialog(.method = "REFER", .cseq = 3, .extra = TO_300); /* the next one may do better */
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 603), 0);
    rig_expect("SIP/2.0 603 Decline\r\n");
    rig_leave();
}
END_TEST

START_TEST(who_allows_no_transfer_declines)
{
    rig_they_call();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_expect("SIP/2.0 603 Decline\r\n");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), EPROTO);
    ck_assert_int_eq(sip_session_notify(rig.session, 200), EPROTO);
    rig_told("");
    rig_leave();
}
END_TEST

/* RFC 4488 4: no subscription where both agree to have none. */
START_TEST(refer_without_subscription)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300 "Refer-Sub: false\r\n");
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    rig_has("Refer-Sub", "false");
    rig_silence();
    ck_assert_int_eq(sip_session_notify(rig.session, 180), 0);
    ck_assert_int_eq(sip_session_notify(rig.session, 200), 0);
    rig_silence();
    rig_in_dialog(.method = "REFER", .cseq = 3, .extra = TO_300 "Refer-Sub: false ;x=1\r\n");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 488), 0);
    rig_expect("SIP/2.0 488 ");
    rig_has("Refer-Sub", "");
    rig_told(" referred:<sip:300@192.0.2.1>");
    rig_leave();
}
END_TEST

START_TEST(a_second_refer_waits_for_the_first)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_in_dialog(.method = "REFER", .cseq = 3, .extra = TO_300);
    rig_expect("SIP/2.0 491 ");
    rig_has("CSeq", "3 REFER");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    rig_has("CSeq", "2 REFER");
    notified("1 NOTIFY", "active;expires=60", "SIP/2.0 100 Trying\r\n");
    rig_in_dialog(.method = "REFER", .cseq = 4, .extra = TO_300);
    rig_expect("SIP/2.0 491 ");
    ck_assert_int_eq(sip_session_notify(rig.session, 404), 0);
    notified("2 NOTIFY", "terminated;reason=noresource", "SIP/2.0 404 Not Found\r\n");
    rig_told(" referred:<sip:300@192.0.2.1>");
    rig_in_dialog(.method = "REFER", .cseq = 5, .extra = TO_300);
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    rig_expect("NOTIFY ");
    rig_has("Event", "refer;id=5");
    rig_ok();
    rig_leave();
}
END_TEST

START_TEST(a_repeated_refer_gets_the_same_answer)
{
    up();
    for (int i = 0; i < 2; i++)
        rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    const char *first = rig_saved();
    rig_expect("NOTIFY ");
    rig_ok();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_expect("SIP/2.0 202 ");
    ck_assert_str_eq(rig.in, first);
    rig_silence();
    rig_told("");
    rig_leave();
}
END_TEST

/* RFC 3515 2.4.1: exactly one Refer-To with exactly one URI. */
START_TEST(a_malformed_refer_is_a_bad_request)
{
    static const char *const lines[] = {NULL, "Refer-To: \r\n", TO_300 TO_300,
                                        TO_300 "r: <sip:301@192.0.2.1>\r\n",
                                        "Refer-To: <sip:300@192.0.2.1>, <sip:301@192.0.2.1>\r\n"};

    up();
    for (unsigned i = 0; i < RT_COUNT(lines); i++) {
        rig_in_dialog(.method = "REFER", .cseq = 2 + i, .extra = lines[i]);
        rig_expect("SIP/2.0 400 ");
    }
    rig_told("");
    rig_in_dialog(.method = "REFER", .cseq = 20, .extra = "Refer-To: sip:300@192.0.2.1\r\n");
    rig_told(" referred:sip:300@192.0.2.1");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 603), 0);
    rig_expect("SIP/2.0 603 ");
    rig_leave();
}
END_TEST

START_TEST(refer_outside_a_dialog)
{
    rig.opt.refer = true;
    rig_ask(.method = "REFER", .extra = TO_300);
    rig_expect("SIP/2.0 403 ");
    rig_ask(.method = "REFER", .extra = TO_300, .to_tag = "0123456789abcdef", .cseq = 2);
    rig_expect("SIP/2.0 481 ");
    rig_told("");
}
END_TEST

/* RFC 3261 15.1.2: who leaves gets his answer first. */
START_TEST(a_bye_before_the_answer_to_refer)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_in_dialog(.method = "BYE", .cseq = 3);
    rig_expect("SIP/2.0 200 ");
    rig_has("CSeq", "3 BYE");
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "2 REFER");
    rig_told(" referred:<sip:300@192.0.2.1> ended:bye");
}
END_TEST

START_TEST(our_bye_before_the_answer_to_refer)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    rig_close();
    rig_expect("BYE ");
    rig_ok();
    rig_expect("SIP/2.0 487 ");
    rig_has("CSeq", "2 REFER");
    rig_silence();
    rig_told(" referred:<sip:300@192.0.2.1>");
}
END_TEST

/* REFER and NOTIFY are challenged like any other request (RFC 3261 22.2). */
START_TEST(a_notify_is_challenged)
{
    static const struct sip_credentials c = {.user = "u", .password = "p"};

    rig.opt.credentials = &c;
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    rig_expect("NOTIFY ");
    rig_answer(rig.in, "401 Unauthorized", NULL,
               "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
    rig_expect("NOTIFY ");
    ck_assert_str_ne(rig_field(rig.in, "Authorization"), "");
    rig_has("Event", "refer;id=2");
    rig_has("CSeq", "2 NOTIFY");
    ck_assert_str_eq(rig_body(), "SIP/2.0 100 Trying\r\n");
    rig_ok();
    rig_told(" referred:<sip:300@192.0.2.1>");
    rig_leave();
}
END_TEST

/* The transferor hangs up as soon as it may: nobody is to be notified. */
START_TEST(a_bye_during_the_transfer)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    rig_expect("NOTIFY ");
    rig_answer(rig.in, "481 Call/Transaction Does Not Exist", NULL, NULL, NULL);
    rig_in_dialog(.method = "BYE", .cseq = 3);
    rig_expect("SIP/2.0 200 ");
    rig_told(" referred:<sip:300@192.0.2.1> ended:bye");
    rig_silence();
}
END_TEST

START_TEST(a_silent_notify_does_no_harm)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 202), 0);
    rig_expect("SIP/2.0 202 ");
    fake_advance(33 * RT_S);
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, "NOTIFY ", 7), 0);
    rig_told(" referred:<sip:300@192.0.2.1>");
    ck_assert_int_eq(sip_session_notify(rig.session, 200), 0);
    notified("2 NOTIFY", "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    rig_leave();
}
END_TEST

/* ---- ours ---- */

static void on_refer(void *arg, int status)
{
    ck_assert_ptr_eq(arg, &rig);
    rig_note(" refer:%d", status);
}

/** We called, and ask them to call 300. */
static void refer_them(void)
{
    rig_call_them();
    rig_note_dialog("From");
    ck_assert_int_eq(sip_session_refer(rig.session, rt_str("sip:300@192.0.2.10"),
                                       rt_str("Referred-By: <sip:100@192.0.2.10>\r\n"), on_refer,
                                       &rig),
                     0);
    rig_expect("REFER sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    rig_has("Refer-To", "<sip:300@192.0.2.10>");
    rig_has("Referred-By", "<sip:100@192.0.2.10>");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    rig_has("CSeq", "2 REFER");
}

static void notify_us(unsigned cseq, const char *lines, const char *body)
{
    rig_in_dialog(.method = "NOTIFY", .cseq = cseq, .extra = lines, .type = "message/sipfrag",
                  .body = body);
}

START_TEST(our_refer_is_accepted)
{
    refer_them();
    ck_assert_int_eq(
        sip_session_refer(rig.session, rt_str("sip:300@192.0.2.10"), rt_str(""), on_refer, &rig),
        EALREADY);
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    rig_told("");
    notify_us(5, ACTIVE, "SIP/2.0 100 Trying\r\n");
    rig_expect("SIP/2.0 200 ");
    notify_us(6, ACTIVE, "SIP/2.0 180 Ringing\r\nContact: <sip:x>\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:100 refer:180");
    notify_us(7, TERMINATED, "SIP/2.0 200 OK\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:200");
    notify_us(8, TERMINATED, "SIP/2.0 603 Decline\r\n"); /* it has been decided */
    rig_expect("SIP/2.0 200 ");
    rig_told("");
    rig_leave();
}
END_TEST

/* RFC 3515 2.4.4: a NOTIFY may overtake the 202. */
START_TEST(a_notify_may_come_first)
{
    refer_them();
    const char *refer = rig_saved();
    notify_us(5, "o: refer;id=2\r\nSubscription-State: active;expires=60\r\n",
              "SIP/2.0 100 Trying\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_answer(refer, "202 Accepted", NULL, RIG_CONTACT, NULL);
    rig_told(" refer:100");
    notify_us(6, TERMINATED, "SIP/2.0 486 Busy Here\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:486");
    rig_leave();
}
END_TEST

START_TEST(our_refer_is_refused)
{
    refer_them();
    rig_answer(rig.in, "603 Decline", NULL, NULL, NULL);
    rig_told(" refer:603");
    ck_assert_int_eq(
        sip_session_refer(rig.session, rt_str("sip:300@192.0.2.10"), rt_str(""), on_refer, &rig),
        0); /* once more */
    rig_expect("REFER ");
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    rig_told("");
    rig_leave();
    rig_told("");
}
END_TEST

START_TEST(our_refer_is_not_answered)
{
    refer_them();
    fake_advance(33 * RT_S);
    while (rig_next())
        continue;
    rig_told(" refer:0");
    rig_leave();
}
END_TEST

/* The subscription ends without an outcome. */
START_TEST(a_subscription_that_ends_without_a_word)
{
    refer_them();
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    notify_us(5, "Event: refer\r\nSubscription-State: terminated;reason=timeout\r\n",
              "SIP/2.0 180 Ringing\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:180 refer:0");
    rig_leave();
}
END_TEST

START_TEST(fragments_that_say_nothing)
{
    static const char *const bodies[] = {"",
                                         "hello",
                                         "SIP/2.0",
                                         "SIP/2.0 \r\n",
                                         "SIP/2.0 abc OK\r\n",
                                         "SIP/2.0 7 James Bond\r\n",
                                         "SIP/2.0 700 More\r\n",
                                         "SIP/3.0 200 OK\r\n",
                                         "\r\nSIP/2.0 200 OK\r\n"};

    refer_them();
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    for (unsigned i = 0; i < RT_COUNT(bodies); i++) {
        notify_us(5 + i, ACTIVE, bodies[i]);
        rig_expect("SIP/2.0 200 ");
    }
    rig_told("");
    notify_us(50, ACTIVE, "sip/2.0 183\r\n"); /* the phrase may be left out */
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:183");
    notify_us(51, TERMINATED, "SIP/2.0 503");
    rig_expect("SIP/2.0 200 ");
    rig_told(" refer:503");
    rig_leave();
}
END_TEST

/* RFC 6665 4.1.3: who has no such subscription. */
START_TEST(a_notify_that_nobody_asked_for)
{
    rig_call_them();
    rig_note_dialog("From");
    notify_us(5, TERMINATED, "SIP/2.0 200 OK\r\n");
    rig_expect("SIP/2.0 481 ");
    rig_in_dialog(.method = "NOTIFY", .cseq = 6,
                  .extra = "Event: presence\r\nSubscription-State: active\r\n");
    rig_expect("SIP/2.0 489 Bad Event\r\n");
    rig_in_dialog(.method = "NOTIFY", .cseq = 7);
    rig_expect("SIP/2.0 489 ");
    rig_told("");
    rig_leave();
}
END_TEST

/* Whom they REFERred has no NOTIFY to give us. */
START_TEST(a_notify_to_the_one_who_was_referred)
{
    up();
    rig_in_dialog(.method = "REFER", .cseq = 2, .extra = TO_300);
    notify_us(3, TERMINATED, "SIP/2.0 200 OK\r\n");
    rig_expect("SIP/2.0 481 ");
    ck_assert_int_eq(sip_session_refer_answer(rig.session, 603), 0);
    rig_expect("SIP/2.0 603 ");
    rig_told(" referred:<sip:300@192.0.2.1>");
    rig_leave();
}
END_TEST

/* The owner lets go when it hears: nothing comes after that. */
static void leave_on_refer(void *arg, int status)
{
    on_refer(arg, status);
    rig_close();
}

START_TEST(closed_when_told_of_a_notify)
{
    rig_call_them();
    rig_note_dialog("From");
    ck_assert_int_eq(sip_session_refer(rig.session, rt_str("sip:300@192.0.2.10"), rt_str(""),
                                       leave_on_refer, &rig),
                     0);
    rig_expect("REFER ");
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    notify_us(5, TERMINATED, "SIP/2.0 180 Ringing\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_expect("BYE ");
    rig_ok();
    rig_told(" refer:180");
}
END_TEST

/* They leave in the middle, as most do: the end says it all. */
START_TEST(a_bye_during_our_transfer)
{
    refer_them();
    rig_answer(rig.in, "202 Accepted", NULL, RIG_CONTACT, NULL);
    rig_in_dialog(.method = "BYE", .cseq = 5);
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
    notify_us(6, TERMINATED, "SIP/2.0 200 OK\r\n");
    fake_settle();
    ck_assert(rig_next());
    rig_told("");
}
END_TEST

START_TEST(no_refer_before_the_answer)
{
    rig_call(0);
    ck_assert_int_eq(
        sip_session_refer(rig.session, rt_str("sip:300@192.0.2.10"), rt_str(""), on_refer, &rig),
        EPROTO);
    rig_answer(rig.in, "486 Busy Here", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
}
END_TEST

/* ---- Replaces ---- */

/** The session that these words name, asked for by an INVITE of another call. */
static struct sip_session *found;
static bool early_only;

static void on_replacing(struct sip_session *s, const struct sip_message *m)
{
    static const struct sip_session_ops nobody = {.gone = NULL};

    found = sip_session_replaced(rig.ua, m, &early_only);
    sip_session_own(s, &nobody, NULL);
    sip_session_refuse(s, 486, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

/** `from` is the far end's tag, `to` ours. */
static struct sip_session *named(const char *call_id, const char *to, const char *from,
                                 const char *more)
{
    static unsigned n;
    char line[300], id[20];

    snprintf(line, sizeof line, "Replaces: %s;to-tag=%s;from-tag=%s%s\r\n", call_id, to, from,
             more);
    snprintf(id, sizeof id, "replacing%u", ++n);
    found = NULL;
    rig.invite = on_replacing;
    rig_ask(.body = RIG_SDP, .extra = line, .call_id = id, .branch = id);
    rig.invite = NULL;
    rig_expect("SIP/2.0 486 ");
    rig_ask(.method = "ACK", .call_id = id, .branch = id, .to_tag = rig_tag("To"));
    return found;
}

START_TEST(replaces_finds_the_called)
{
    rig_they_call();
    ck_assert_ptr_eq(named("call1", rig.our_tag, "far", ""), rig.session);
    ck_assert(!early_only);
    ck_assert_ptr_eq(named("call1", rig.our_tag, "far", ";early-only"), rig.session);
    ck_assert(early_only); /* 3: for the owner to refuse, with 486 */
    ck_assert_ptr_eq(named(" call1 ", rig.our_tag, "far", ";x=1"), rig.session);
    rig_leave();
}
END_TEST

START_TEST(replaces_finds_the_calling)
{
    rig_call_them();
    rig_note_dialog("From");
    ck_assert_ptr_eq(named(rig.call_id, rig.our_tag, "far", ""), rig.session);
    rig_leave();
}
END_TEST

START_TEST(replaces_finds_nothing)
{
    rig_they_call();
    ck_assert_ptr_null(named("call2", rig.our_tag, "far", ""));
    ck_assert_ptr_null(named("call1", rig.our_tag, "near", ""));
    ck_assert_ptr_null(named("call1", rig.our_tag, "", ""));
    ck_assert_ptr_null(named("call1", "0123456789abcdef", "far", ""));
    ck_assert_ptr_null(named("call1", "far", rig.our_tag, "")); /* the wrong way round */
    ck_assert_ptr_null(named("call1", "x", "far", ""));
    rig_leave();
    ck_assert_ptr_null(named("call1", rig.our_tag, "far", "")); /* it is over */
}
END_TEST

/* 3: an early dialog can be replaced by whoever we call, not by who calls us. */
START_TEST(an_early_session_that_called_us_is_not_replaced)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
    rig_expect("SIP/2.0 180 ");
    rig_note_dialog("To");
    ck_assert_ptr_null(named("call1", rig.our_tag, "far", ";early-only"));
    rig_told(" invite");
    rig_close();
    rig_expect("SIP/2.0 480 ");
    rig_in_dialog(.method = "ACK", .branch = "INVITE1");
}
END_TEST

START_TEST(an_early_session_that_we_called_is_replaced)
{
    rig.opt.reliable = SIP_SUPPORTED;
    rig_call(0);
    const char *invite = rig_saved();
    rig_note_dialog("From");
    rig_answer(invite, "180 Ringing", "far", "Require: 100rel\r\nRSeq: 1\r\n", NULL);
    rig_expect("PRACK ");
    rig_ok();
    rig_told(" 180");
    ck_assert_ptr_eq(named(rig.call_id, rig.our_tag, "far", ";early-only"), rig.session);
    ck_assert(early_only);
    ck_assert_ptr_null(named(rig.call_id, rig.our_tag, "fork", ""));
    ck_assert_ptr_null(named(rig.call_id, rig.our_tag, "", ""));
    rig_answer(invite, "486 Busy Here", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told(" ended:refused");
}
END_TEST

/* 3: more than one, or in anything but an INVITE. */
START_TEST(a_malformed_replaces_is_a_bad_request)
{
    rig_ask(.body = RIG_SDP, .extra = "Replaces: a;to-tag=1;from-tag=2\r\n"
                                      "Replaces: b;to-tag=1;from-tag=2\r\n");
    rig_expect("SIP/2.0 400 ");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = rig_tag("To"));
    rig_ask(.method = "OPTIONS", .cseq = 2, .extra = "Replaces: a;to-tag=1;from-tag=2\r\n");
    rig_expect("SIP/2.0 400 ");
    rig_told("");
}
END_TEST

RIG_MAIN("sip refer", refer_is_accepted, a_transfer_that_fails_is_told, refer_is_refused,
         who_allows_no_transfer_declines, refer_without_subscription,
         a_second_refer_waits_for_the_first, a_repeated_refer_gets_the_same_answer,
         a_malformed_refer_is_a_bad_request, refer_outside_a_dialog,
         a_bye_before_the_answer_to_refer, our_bye_before_the_answer_to_refer,
         a_bye_during_the_transfer, a_notify_is_challenged, a_silent_notify_does_no_harm,
         our_refer_is_accepted, a_notify_may_come_first, our_refer_is_refused,
         our_refer_is_not_answered, a_subscription_that_ends_without_a_word,
         fragments_that_say_nothing, a_notify_that_nobody_asked_for,
         a_notify_to_the_one_who_was_referred, closed_when_told_of_a_notify,
         a_bye_during_our_transfer, no_refer_before_the_answer, replaces_finds_the_called,
         replaces_finds_the_calling, replaces_finds_nothing,
         an_early_session_that_called_us_is_not_replaced,
         an_early_session_that_we_called_is_replaced, a_malformed_replaces_is_a_bad_request)
