/* Our requests outside dialogs (RFC 3261 8.1): answered, unanswered, given up. */
#include "test/unit/sip_rig.h"

static void outside_over(void *arg, const struct sip_message *m)
{
    ck_assert_ptr_eq(arg, &rig);
    rig_note(" over:%d", m ? m->status : 0);
}

static struct sip_outside *ask(enum sip_transport transport)
{
    struct sip_outside_request r = {.hop = {.transport = transport, .addr = rig.peer_addr},
                                    .method = "OPTIONS",
                                    .request_uri = rt_str("sip:192.0.2.1"),
                                    .from_uri = rt_str("sip:192.0.2.10"),
                                    .to_uri = rt_str("sip:192.0.2.1"),
                                    .lines = rt_str("Accept: application/sdp\r\n")};
    struct sip_outside *o;

    rig_zero();
    ck_assert_int_eq(sip_outside(&o, rig.ua, &r, outside_over, &rig), 0);
    rig_told("");
    return o;
}

START_TEST(outside_is_answered)
{
    ask(SIP_UDP);
    rig_expect("OPTIONS sip:192.0.2.1 SIP/2.0\r\n");
    const char *request = rig_saved();
    rig_has("CSeq", "1 OPTIONS");
    rig_has("To", "<sip:192.0.2.1>");
    rig_has("Max-Forwards", "70");
    rig_has("Accept", "application/sdp");
    rig_has("Contact", "");
    rig_tag("From");
    rig_answer(request, "100 Trying", NULL, NULL, NULL);
    rig_told("");
    rig_answer(request, "200 OK", "far", NULL, NULL);
    rig_told(" over:200");
    rig_answer(request, "200 OK", "far", NULL, NULL);
    rig_told("");
}
END_TEST

START_TEST(outside_says_what_it_is_told)
{
    struct sip_outside_request r = {.hop = {.transport = SIP_UDP, .addr = rig.peer_addr},
                                    .method = "REGISTER",
                                    .request_uri = rt_str("sip:example.com"),
                                    .from_uri = rt_str("sip:100@example.com"),
                                    .to_uri = rt_str("sip:100@example.com"),
                                    .call_id = rt_str("reg1"),
                                    .from_tag = rt_str("tag1"),
                                    .cseq = 7,
                                    .contact = true,
                                    .body = {rt_str("text/plain"), rt_str("x")}};
    char local[RT_ADDR_LEN];

    ck_assert_int_eq(sip_outside(NULL, rig.ua, &r, outside_over, &rig), 0);
    rig_expect("REGISTER sip:example.com SIP/2.0\r\n");
    rig_has("CSeq", "7 REGISTER");
    rig_has("Call-ID", "reg1");
    rig_has("From", "<sip:100@example.com>;tag=tag1");
    rig_has("Contact", "<sip:192.0.2.10:5060>");
    rig_has("Content-Type", "text/plain");
    ck_assert_str_eq(rig_body(), "x");
    ck_assert_str_eq(sip_ua_local(rig.ua, &r.hop, local), "192.0.2.10:5060");
    rig_answer(rig.in, "401 Unauthorized", "far", NULL, NULL); /* the asker's affair */
    rig_told(" over:401");
}
END_TEST

/* Timer F. */
START_TEST(outside_is_not_answered)
{
    ask(SIP_UDP);
    rig_at(31999);
    rig_told("");
    rig_at(32000);
    rig_told(" over:0");
    fake_advance(RT_S);
    rig_empty();
}
END_TEST

START_TEST(outside_may_be_cancelled)
{
    sip_outside_cancel(ask(SIP_UDP));
    rig_expect("OPTIONS ");
    rig_ok();
    rig_told("");
    sip_outside_cancel(ask(SIP_UDP));
    fake_advance(33 * RT_S);
    rig_told("");
    rig_empty();
    sip_outside_cancel(ask(SIP_TCP)); /* it fails, and nobody wants to know */
    fake_advance(RT_S);
    rig_told("");
    sip_outside_cancel(NULL);
}
END_TEST

START_TEST(outside_finds_nobody)
{
    ask(SIP_TCP);
    fake_settle();
    rig_told(" over:0");
    fake_net_fail(1, EHOSTUNREACH);
    ask(SIP_TCP);
    fake_settle();
    rig_told(" over:0");
}
END_TEST

START_TEST(outside_loses_its_connection)
{
    rig_use_tcp(false);
    ask(SIP_TCP);
    rig_expect("OPTIONS ");
    rig_hang_up();
    rig_told(" over:0");
}
END_TEST

RIG_MAIN("sip outside", outside_is_answered, outside_says_what_it_is_told, outside_is_not_answered,
         outside_may_be_cancelled, outside_finds_nobody, outside_loses_its_connection)
