/* Our INVITE sent again to the next hop (RFC 3263 4.3), and what becomes of the hops that were
 * left.
 */
#include "test/unit/sip_rig.h"

#define PLACES 3

/* The far ends at 192.0.2.1 to .3; the rig speaks and listens as one of them. */
static struct rt_udp *place[PLACES];

static void stand(unsigned n)
{
    rig.peer = place[n - 1];
}

static void open_places(void)
{
    place[0] = rig.peer;
    for (unsigned i = 1; i < PLACES; i++) {
        char text[20];
        snprintf(text, sizeof text, "192.0.2.%u", i + 1);
        union rt_addr a = rig_addr(text);
        ck_assert_int_eq(rt_udp_open(&place[i], rig.loop, &a, NULL, NULL), 0);
    }
    rig.tells_tries = true;
}

static void close_places(void)
{
    stand(1);
    for (unsigned i = 1; i < PLACES; i++)
        rt_udp_close(place[i]);
}

static struct sip_hop udp(const char *where)
{
    return (struct sip_hop){.transport = SIP_UDP, .addr = rig_addr(where)};
}

static struct sip_hop tcp(const char *where)
{
    return (struct sip_hop){.transport = SIP_TCP, .addr = rig_addr(where)};
}

static void invite(const struct sip_hop *hops, unsigned n, rt_time try_for,
                   const struct sip_session_ops *ops, unsigned hops_used)
{
    struct sip_invite inv = {.hops = hops,
                             .nhops = n,
                             .try_for = try_for,
                             .options = &rig.opt,
                             .hops_used = hops_used,
                             .request_uri = rt_str("sip:200@example.com"),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .to_uri = rt_str("sip:200@example.com"),
                             .contact_user = rt_str("100"),
                             .body = {rt_str("application/sdp"), rt_str(RIG_SDP)},
                             .lines = rt_str("X-Test: 1\r\n")};

    rig_zero();
    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, ops, &rig), 0);
}

/** To the three places in their order. */
static void call_places(rt_time try_for)
{
    struct sip_hop hops[] = {udp("192.0.2.1"), udp("192.0.2.2"), udp("192.0.2.3")};

    open_places();
    invite(hops, 3, try_for, &rig_session_ops, 0);
    rig_expect("INVITE sip:200@example.com SIP/2.0\r\n");
}

static void refuse(const char *status, const char *lines)
{
    rig_answer(rig.in, status, "far", lines, NULL);
    rig_expect("ACK ");
}

/** The INVITE in rig.in is `first` again, as another transaction (RFC 3263 4.3). */
static void same_call(const char *first, const char *cseq)
{
    static const char *const same[] = {"Call-ID", "From", "To", "X-Test", "Content-Length"};

    for (size_t i = 0; i < RT_COUNT(same); i++)
        rig_has(same[i], rig_field(first, same[i]));
    rig_has("CSeq", cseq);
    ck_assert_str_eq(rig_body(), RIG_SDP);
    ck_assert_str_ne(rig_field(rig.in, "Via"), rig_field(first, "Via"));
}

static void answer_at(unsigned n)
{
    char contact[60];

    snprintf(contact, sizeof contact, "Contact: <sip:far@192.0.2.%u:5060>\r\n", n);
    rig_answer(rig.in, "200 OK", "far", contact, RIG_SDP);
    rig_expect("ACK ");
}

/* ---- the next hop ---- */

START_TEST(a_503_goes_to_the_next_hop)
{
    call_places(0);
    const char *first = rig_saved();
    refuse("503 Service Unavailable", "Retry-After: 10\r\n");
    rig_told(" tried:192.0.2.1:5060:busy");
    stand(2);
    rig_expect("INVITE sip:200@example.com SIP/2.0\r\n");
    same_call(first, "1 INVITE");
    rig_has("Contact", rig_field(first, "Contact"));
    refuse("503 Service Unavailable", NULL);
    stand(3);
    rig_expect("INVITE ");
    same_call(first, "1 INVITE");
    rig_told(" tried:192.0.2.2:5060:busy");
    rig_answer(rig.in, "180 Ringing", "far", NULL, NULL);
    rig_told(" tried:192.0.2.3:5060:answered 180");
    answer_at(3);
    rig_told(" answered");
    rig_leave();
    rig_has("CSeq", "2 BYE");
    close_places();
}
END_TEST

START_TEST(the_last_503_is_the_answer)
{
    call_places(0);
    for (unsigned n = 1; n <= 3; n++) {
        stand(n);
        if (n > 1)
            rig_expect("INVITE ");
        refuse("503 Service Unavailable", NULL);
    }
    rig_told(" tried:192.0.2.1:5060:busy tried:192.0.2.2:5060:busy tried:192.0.2.3:5060:busy"
             " ended:refused");
    ck_assert_int_eq(rig.status, 503);
    close_places();
}
END_TEST

/* Timer B is 64*T1 for each. */
START_TEST(a_silent_hop_is_left_by_timer_b)
{
    call_places(0);
    rig_at(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" tried:192.0.2.1:5060:timeout");
    stand(2);
    rig_expect("INVITE ");
    rig_at(63999);
    rig_told("");
    rig_at(64000);
    rig_told(" tried:192.0.2.2:5060:timeout");
    rig_at(96000);
    rig_told(" tried:192.0.2.3:5060:timeout ended:timeout");
    close_places();
}
END_TEST

START_TEST(a_silent_hop_is_left_after_its_time)
{
    call_places(4 * RT_S);
    const char *first = rig_saved();
    rig_expect_at(500, "INVITE ");
    rig_expect_at(1500, "INVITE ");
    rig_expect_at(3500, "INVITE ");
    stand(2);
    rig_expect_at(4000, "INVITE ");
    same_call(first, "1 INVITE");
    rig_told(" tried:192.0.2.1:5060:timeout");
    rig_at(7999);
    rig_told("");
    stand(3);
    rig_expect_at(8000, "INVITE ");
    rig_told(" tried:192.0.2.2:5060:timeout");
    rig_at(11999);
    rig_told("");
    rig_at(12000);
    rig_told(" tried:192.0.2.3:5060:timeout ended:timeout");
    close_places();
}
END_TEST

/* Any provisional, 100 too, shows that somebody is there. */
START_TEST(a_hop_that_tries_is_not_left)
{
    call_places(4 * RT_S);
    rig_at(400);
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    rig_told("");
    rig_silence_until(60000);
    stand(2);
    rig_silence();
    stand(1);
    rig_answer(rig.in, "180 Ringing", "far", NULL, NULL);
    answer_at(1);
    rig_told(" tried:192.0.2.1:5060:answered 180 answered");
    rig_leave();
    close_places();
}
END_TEST

/* Proxies say 100 at once, whatever comes after it. */
START_TEST(a_503_after_100)
{
    call_places(4 * RT_S);
    rig_answer(rig.in, "100 Trying", NULL, NULL, NULL);
    rig_at(5000);
    refuse("503 Service Unavailable", NULL);
    rig_told(" tried:192.0.2.1:5060:busy");
    stand(2);
    rig_expect("INVITE ");
    answer_at(2);
    rig_told(" tried:192.0.2.2:5060:answered answered");
    rig_leave();
    close_places();
}
END_TEST

/* Timer C (RFC 3261 16.6 step 11) runs whatever provisional came. */
START_TEST(who_says_100_and_no_more_is_cancelled)
{
    rig_zero();
    rig_call(20 * RT_S);
    const char *first = rig_saved();
    rig_at(400);
    rig_answer(first, "100 Trying", NULL, NULL, NULL);
    rig_expect_at(20400, "CANCEL ");
    rig_told(" ended:timeout");
    rig_ok();
    rig_answer(first, "487 Request Terminated", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told("");
}
END_TEST

/* 503 after 180 is 503: the next one. But the first hop is worth what it showed first. */
START_TEST(a_503_after_ringing)
{
    call_places(0);
    rig_answer(rig.in, "180 Ringing", "far", NULL, NULL);
    refuse("503 Service Unavailable", NULL);
    stand(2);
    rig_expect("INVITE ");
    answer_at(2);
    rig_told(" tried:192.0.2.1:5060:answered 180 tried:192.0.2.2:5060:answered answered");
    rig_leave();
    close_places();
}
END_TEST

START_TEST(other_refusals_are_the_answer)
{
    static const char *const all[] = {
        "302 Moved Temporarily", "404 Not Found",    "408 Request Timeout", "480 Gone",
        "486 Busy Here",         "500 Server Error", "502 Bad Gateway",     "504 Server Time-out",
        "600 Busy Everywhere",   "603 Decline"};

    open_places();
    for (size_t i = 0; i < RT_COUNT(all); i++) {
        struct sip_hop hops[] = {udp("192.0.2.1"), udp("192.0.2.2")};
        invite(hops, 2, 4 * RT_S, &rig_session_ops, 0);
        rig_expect("INVITE ");
        refuse(all[i], NULL);
        rig_told(" tried:192.0.2.1:5060:answered ended:refused");
        ck_assert_int_eq(rig.status, atoi(all[i]));
        rig_silence_until(8000);
        stand(2);
        rig_silence();
        stand(1);
    }
    close_places();
}
END_TEST

/* ---- broken ways ---- */

START_TEST(a_refused_connection_goes_to_the_next_hop)
{
    struct sip_hop hops[] = {tcp("192.0.2.2"), udp("192.0.2.1")};

    rig.tells_tries = true;
    invite(hops, 2, 4 * RT_S, &rig_session_ops, 0);
    rig_told(""); /* never from inside the call */
    rig_expect("INVITE sip:200@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=");
    rig_has("Contact", "<sip:100@192.0.2.10:5060;user=phone>");
    rig_has("CSeq", "1 INVITE");
    rig_told(" tried:192.0.2.2:5060:transport");
    answer_at(1);
    rig_told(" tried:192.0.2.1:5060:answered answered");
    rig_leave();
}
END_TEST

START_TEST(a_socket_that_fails_goes_to_the_next_hop)
{
    struct sip_hop hops[] = {tcp("192.0.2.1"), tcp("192.0.2.2"), udp("192.0.2.1")};

    rig.tells_tries = true;
    rig_use_tcp(false);
    rig.tcp = false;
    fake_net_fail(2, ENETUNREACH);
    invite(hops, 3, 0, &rig_session_ops, 0);
    rig_told("");
    rig_expect("INVITE ");
    rig_told(" tried:192.0.2.1:5060:transport tried:192.0.2.2:5060:transport");
    answer_at(1);
    rig_told(" tried:192.0.2.1:5060:answered answered");
    rig_leave();
}
END_TEST

START_TEST(no_way_at_all)
{
    struct sip_hop hops[] = {tcp("192.0.2.1"), {.transport = SIP_UDP}};

    hops[1].addr = rig_addr("[2001:db8::1]"); /* we have no socket of that family */
    rig.tells_tries = true;
    invite(hops, 2, 0, &rig_session_ops, 0);
    rig_told("");
    fake_settle();
    rig_told(" tried:192.0.2.1:5060:transport tried:[2001:db8::1]:5060:transport ended:transport");
    rig_silence();
}
END_TEST

/* Via and Contact say where the new hop finds us. */
START_TEST(the_next_hop_may_speak_tcp)
{
    struct sip_hop hops[] = {udp("192.0.2.1"), tcp("192.0.2.1")};

    rig_use_tcp(false);
    rig.tcp = false;
    invite(hops, 2, 0, &rig_session_ops, 0);
    rig_expect("INVITE sip:200@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=");
    rig_has("Contact", "<sip:100@192.0.2.10:5060;user=phone>");
    const char *first = rig_saved();
    refuse("503 Service Unavailable", NULL);
    rig.tcp = true;
    rig_expect("INVITE sip:200@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10:5060;branch=");
    same_call(first, "1 INVITE");
    rig_has("Contact", "<sip:100@192.0.2.10:5060;transport=tcp;user=phone>");
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK sip:far@192.0.2.1:5060;transport=tcp SIP/2.0\r\n");
    rig_told(" answered");
    rig_leave();
}
END_TEST

/* The connection breaks before an answer: nothing more will come (RFC 3261 18.4). */
START_TEST(a_broken_connection_goes_to_the_next_hop)
{
    struct sip_hop hops[] = {tcp("192.0.2.1"), udp("192.0.2.1")};

    rig.tells_tries = true;
    rig_use_tcp(false);
    invite(hops, 2, 0, &rig_session_ops, 0);
    rig_expect("INVITE ");
    rig_hang_up();
    rig.tcp = false;
    rig_expect("INVITE ");
    answer_at(1);
    rig_told(" tried:192.0.2.1:5060:transport tried:192.0.2.1:5060:answered answered");
    rig_leave();
}
END_TEST

/* ---- hops that were left ---- */

/* A late 180 is cancelled, its 487 acknowledged. */
START_TEST(a_late_180_is_cancelled)
{
    call_places(4 * RT_S);
    const char *first = rig_saved();
    rig_at(4000);
    stand(2);
    rig_expect("INVITE ");
    const char *second = rig_saved();
    stand(1);
    while (rig_next())
        continue;
    rig_at(4100);
    rig_answer(first, "180 Ringing", "late", NULL, NULL);
    rig_expect("CANCEL sip:200@example.com SIP/2.0\r\n");
    rig_has("Via", rig_field(first, "Via")); /* 9.1: the INVITE's */
    rig_has("CSeq", "1 CANCEL");
    rig_answer(first, "180 Ringing", "late", NULL, NULL); /* once is enough */
    rig_ok();
    rig_answer(first, "487 Request Terminated", "late", NULL, NULL);
    rig_expect("ACK ");
    rig_has("Via", rig_field(first, "Via"));
    rig_told(" tried:192.0.2.1:5060:timeout");
    stand(2);
    strcpy(rig.in, second);
    answer_at(2);
    rig_told(" tried:192.0.2.2:5060:answered answered");
    rig_leave();
    close_places();
}
END_TEST

/* A late 200 is acknowledged, and its dialog left at once. */
START_TEST(a_late_200_is_released)
{
    call_places(4 * RT_S);
    const char *first = rig_saved();
    rig_at(4000);
    stand(2);
    rig_expect("INVITE ");
    const char *second = rig_saved();
    stand(1);
    while (rig_next())
        continue;
    for (int i = 0; i < 2; i++) {
        rig_answer(first, "200 OK", "late", "Contact: <sip:late@192.0.2.1>\r\n", RIG_SDP);
        rig_expect("ACK sip:late@192.0.2.1 SIP/2.0\r\n");
        rig_has("CSeq", "1 ACK");
        rig_has("To", "<sip:200@example.com>;tag=late");
        if (i > 0)
            break;
        rig_expect("BYE sip:late@192.0.2.1 SIP/2.0\r\n");
        rig_has("CSeq", "2 BYE");
        rig_has("To", "<sip:200@example.com>;tag=late");
        rig_ok();
    }
    rig_silence();
    rig_told(" tried:192.0.2.1:5060:timeout");
    stand(2);
    strcpy(rig.in, second);
    answer_at(2);
    rig_told(" tried:192.0.2.2:5060:answered answered");
    rig_leave();
    close_places();
}
END_TEST

/* The 200 crosses our CANCEL; a second late fork answers as well. */
START_TEST(a_late_180_and_200)
{
    call_places(4 * RT_S);
    const char *first = rig_saved();
    rig_at(12000); /* all are silent */
    rig_told(" tried:192.0.2.1:5060:timeout tried:192.0.2.2:5060:timeout"
             " tried:192.0.2.3:5060:timeout ended:timeout");
    while (rig_next())
        continue;
    rig_answer(first, "180 Ringing", "late", NULL, NULL);
    rig_expect("CANCEL ");
    rig_answer(first, "200 OK", "late", "Contact: <sip:late@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:late@192.0.2.1 ");
    rig_expect("BYE sip:late@192.0.2.1 ");
    rig_ok();
    rig_answer(first, "200 OK", "later", "Contact: <sip:later@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:later@192.0.2.1 ");
    rig_expect("BYE sip:later@192.0.2.1 ");
    rig_ok();
    rig_told("");
    fake_advance(2 * RT_S); /* the CANCEL was never answered: it comes again */
    rig_expect("CANCEL ");
    close_places();
}
END_TEST

/* ---- cancelled in each phase ---- */

/* RFC 3261 9.1: not before a provisional. */
START_TEST(closed_before_anything_came)
{
    call_places(4 * RT_S);
    const char *first = rig_saved();
    rig_close();
    rig_silence();
    rig_answer(first, "100 Trying", NULL, NULL, NULL);
    rig_expect("CANCEL ");
    rig_ok();
    rig_answer(first, "487 Request Terminated", "far", NULL, NULL);
    rig_expect("ACK ");
    rig_told("");
    close_places();
}
END_TEST

/* Nobody is called any more. */
START_TEST(closed_and_silent)
{
    call_places(4 * RT_S);
    rig_close();
    rig_at(40000);
    stand(2);
    rig_silence();
    rig_told("");
    rig_empty();
    close_places();
}
END_TEST

START_TEST(closed_before_a_503)
{
    call_places(4 * RT_S);
    rig_close();
    refuse("503 Service Unavailable", NULL);
    rig_at(40000);
    stand(2);
    rig_silence();
    rig_told("");
    close_places();
}
END_TEST

START_TEST(closed_at_the_second_hop)
{
    call_places(0);
    refuse("503 Service Unavailable", NULL);
    stand(2);
    rig_expect("INVITE ");
    const char *second = rig_saved();
    rig_answer(second, "180 Ringing", "far", NULL, NULL);
    rig_told(" tried:192.0.2.1:5060:busy tried:192.0.2.2:5060:answered 180");
    rig_close();
    rig_expect("CANCEL ");
    rig_has("Via", rig_field(second, "Via"));
    rig_ok();
    rig_answer(second, "200 OK", "far", "Contact: <sip:far@192.0.2.2>\r\n", RIG_SDP); /* crossed */
    rig_expect("ACK ");
    rig_expect("BYE ");
    rig_ok();
    rig_told("");
    close_places();
}
END_TEST

START_TEST(closed_before_the_second_hop_answered)
{
    call_places(0);
    refuse("503 Service Unavailable", NULL);
    stand(2);
    rig_expect("INVITE ");
    rig_told(" tried:192.0.2.1:5060:busy");
    rig_close();
    rig_answer(rig.in, "200 OK", "far", "Contact: <sip:far@192.0.2.2>\r\n", RIG_SDP);
    rig_expect("ACK ");
    rig_expect("BYE ");
    rig_ok();
    rig_told("");
    close_places();
}
END_TEST

/* The owner may let go inside `tried`: it hears nothing more. */
static void leaving_tried(void *arg, struct sip_session *s, const struct sip_hop *hop,
                          enum sip_try result, const struct sip_message *m)
{
    rig_tried(arg, s, hop, result, m);
    rig.session = NULL;
    sip_session_close(s, NULL);
}

static void call_and_leave(void)
{
    static struct sip_session_ops ops;
    struct sip_hop hops[] = {udp("192.0.2.1"), udp("192.0.2.2")};

    ops = rig_session_ops;
    ops.tried = leaving_tried;
    open_places();
    invite(hops, 2, 4 * RT_S, &ops, 0);
    rig_expect("INVITE ");
}

static void nobody_else_is_called(void)
{
    rig_at(40000);
    stand(2);
    rig_silence();
    rig_told("");
    close_places();
}

START_TEST(closed_when_told_of_a_503)
{
    call_and_leave();
    refuse("503 Service Unavailable", NULL);
    rig_told(" tried:192.0.2.1:5060:busy");
    nobody_else_is_called();
}
END_TEST

START_TEST(closed_when_told_of_silence)
{
    call_and_leave();
    rig_at(4000);
    rig_told(" tried:192.0.2.1:5060:timeout");
    nobody_else_is_called();
}
END_TEST

START_TEST(closed_when_told_of_a_provisional)
{
    call_and_leave();
    const char *first = rig_saved();
    rig_answer(first, "180 Ringing", "far", NULL, NULL);
    rig_told(" tried:192.0.2.1:5060:answered");
    rig_expect("CANCEL ");
    rig_ok();
    rig_answer(first, "487 Request Terminated", "far", NULL, NULL);
    rig_expect("ACK ");
    nobody_else_is_called();
}
END_TEST

START_TEST(closed_when_told_of_a_200)
{
    call_and_leave();
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_told(" tried:192.0.2.1:5060:answered");
    rig_expect("ACK ");
    rig_expect("BYE ");
    rig_ok();
    nobody_else_is_called();
}
END_TEST

/* RFC 7332: what came with fewer hops left goes out with fewer. */
START_TEST(max_forwards_counts_the_hops_before_us)
{
    static const struct {
        unsigned used;
        const char *left;
    } rows[] = {{0, "70"}, {1, "69"}, {69, "1"}, {70, "0"}, {500, "0"}};

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct sip_hop hop = udp("192.0.2.1");
        invite(&hop, 1, 0, &rig_session_ops, rows[i].used);
        rig_expect("INVITE ");
        rig_has("Max-Forwards", rows[i].left);
        refuse("486 Busy Here", NULL);
        rig_told(" ended:refused");
    }
}
END_TEST

RIG_MAIN("sip attempt", a_503_goes_to_the_next_hop, the_last_503_is_the_answer,
         a_silent_hop_is_left_by_timer_b, a_silent_hop_is_left_after_its_time,
         a_hop_that_tries_is_not_left, a_503_after_100, who_says_100_and_no_more_is_cancelled,
         a_503_after_ringing, other_refusals_are_the_answer,
         a_refused_connection_goes_to_the_next_hop, a_socket_that_fails_goes_to_the_next_hop,
         no_way_at_all, the_next_hop_may_speak_tcp, a_broken_connection_goes_to_the_next_hop,
         a_late_180_is_cancelled, a_late_200_is_released, a_late_180_and_200,
         closed_before_anything_came, closed_and_silent, closed_before_a_503,
         closed_at_the_second_hop, closed_before_the_second_hop_answered, closed_when_told_of_a_503,
         closed_when_told_of_silence, closed_when_told_of_a_provisional, closed_when_told_of_a_200,
         max_forwards_counts_the_hops_before_us)
