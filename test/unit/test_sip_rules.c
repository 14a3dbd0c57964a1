/* What a user agent takes and refuses, and where its messages go: requests inside and outside a
 * dialog (RFC 3261 8.2, 11, 12.2), routes and addresses (12.1, 18, RFC 3581), and the torture
 * messages (RFC 4475). After each test nothing may be left.
 */
#include "test/unit/sip_rig.h"

/* ---- in the dialog ---- */

START_TEST(info_reaches_the_owner)
{
    rig_they_call();
    rig_in_dialog(.method = "INFO", .cseq = 2, .type = "application/dtmf-relay",
                  .body = "Signal=5\r\n");
    rig_expect("SIP/2.0 200 ");
    rig_told(" info");
    ck_assert_str_eq(rig.body, "Signal=5\r\n");
    rig_leave();
}
END_TEST

/* 12.2.2: a lower CSeq is out of order. */
START_TEST(requests_out_of_order_get_500)
{
    rig_they_call();
    rig_in_dialog(.method = "OPTIONS", .cseq = 5);
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "OPTIONS", .cseq = 4);
    rig_expect("SIP/2.0 500 ");
    rig_in_dialog(.method = "OPTIONS", .cseq = 6);
    rig_expect("SIP/2.0 200 ");
    rig_leave();
}
END_TEST

START_TEST(methods_in_the_dialog_are_looked_at)
{
    rig_they_call();
    rig_in_dialog(.method = "SUBSCRIBE", .cseq = 2);
    rig_expect("SIP/2.0 405 ");
    ck_assert_str_ne(rig_field(rig.in, "Allow"), "");
    rig_in_dialog(.method = "DANCE", .cseq = 3);
    rig_expect("SIP/2.0 501 ");
    rig_in_dialog(.method = "INVITE", .cseq = 4, .extra = "Require: 100rel\r\n");
    rig_expect("SIP/2.0 420 ");
    rig_has("Unsupported", "100rel");
    rig_in_dialog(.method = "ACK", .branch = "INVITE4", .cseq = 4);
    rig_told("");
    rig_leave();
}
END_TEST

START_TEST(a_wrong_tag_or_call_id_is_no_dialog)
{
    rig_they_call();
    rig_ask(.method = "BYE", .to_tag = rig.our_tag, .from_tag = "other", .cseq = 2);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "BYE", .to_tag = rig.our_tag, .call_id = "other", .cseq = 3);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "BYE", .to_tag = "0123456789abcdef", .cseq = 4);
    rig_expect("SIP/2.0 481 ");
    rig_ask(.method = "INVITE", .to_tag = "0123456789abcdef", .cseq = 5);
    rig_expect("SIP/2.0 481 ");
    rig_told("");
    rig_leave();
}
END_TEST

/* ---- names in routes and contacts (RFC 3263) ---- */

static struct rt_udp *proxy;

static void proxy_open(void)
{
    union rt_addr at = rig_addr("192.0.2.77");
    ck_assert_int_eq(rt_udp_open(&proxy, rig.loop, &at, NULL, NULL), 0);
}

static void proxy_expect(const char *start)
{
    char in[2000];
    size_t n;

    fake_settle();
    ck_assert_int_eq(rt_udp_recv(proxy, in, sizeof in - 1, &n, NULL), 0);
    in[n] = '\0';
    ck_assert_msg(strncmp(in, start, strlen(start)) == 0, "%s expected, got\n%s", start, in);
}

static void proxy_silence(void)
{
    char in[10];
    size_t n;

    fake_settle();
    ck_assert_int_eq(rt_udp_recv(proxy, in, sizeof in, &n, NULL), EAGAIN);
}

/* The ACK waits until the first route is found, and goes there; so does what follows. */
START_TEST(a_named_route_is_looked_up)
{
    proxy_open();
    fake_dns_answer("p1.example.com", RT_DNS_A, 60, "192.0.2.77");
    fake_dns_delay(300 * RT_MS);
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far",
               "Record-Route: <sip:p1.example.com:5060;lr>\r\n"
               "Contact: <sip:far@192.0.2.1:5060>\r\n",
               RIG_SDP);
    rig_told(" answered");
    rig_silence();
    proxy_silence();
    fake_advance(300 * RT_MS);
    rig_silence();
    proxy_expect("ACK sip:far@192.0.2.1:5060 ");
    rig_close();
    proxy_expect("BYE sip:far@192.0.2.1:5060 ");
    rt_udp_close(proxy);
}
END_TEST

/* A phone behind a NAT names an address that nobody reaches. */
START_TEST(a_symmetric_peer_is_called_where_it_came_from)
{
    rig.opt.symmetric = true;
    rig_ask(.body = RIG_SDP, .contact = "sip:100@10.1.1.1:5060",
            .extra = "Record-Route: <sip:10.1.1.2;lr>\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_told(" invite acked");
    rig_close();
    rig_expect("BYE sip:100@10.1.1.1:5060 ");
    rig_has("Route", "<sip:10.1.1.2;lr>");
    rig_ok();
}
END_TEST

/* A name that leads nowhere: the way the dialog began. */
START_TEST(a_route_without_an_address_is_the_way_it_came)
{
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far",
               "Record-Route: <sip:p9.example.com;lr>\r\n"
               "Contact: <sip:far@192.0.2.1:5060>\r\n",
               RIG_SDP);
    rig_told(" answered");
    rig_expect("ACK ");
    rig_close();
    rig_expect("BYE ");
    rig_ok();
}
END_TEST

/* 12.2.2: a target refresh to a name. */
START_TEST(a_named_contact_is_looked_up)
{
    static const char move[] = "INVITE sip:100@192.0.2.10 SIP/2.0\r\n"
                               "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKmove\r\n"
                               "From: <sip:far@192.0.2.1>;tag=far\r\n"
                               "To: <sip:100@192.0.2.10>;tag=%s\r\nCall-ID: call1\r\n"
                               "CSeq: 2 INVITE\r\nContact: <sip:far@p1.example.com:5060>\r\n"
                               "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s";
    char text[1500];

    proxy_open();
    fake_dns_answer("p1.example.com", RT_DNS_A, 60, "192.0.2.77");
    rig_they_call();
    snprintf(text, sizeof text, move, rig.our_tag, strlen(RIG_SDP), RIG_SDP);
    rig_send(text);
    rig_told(" reinvited");
    rig_expect("SIP/2.0 100 ");
    rig_accept_change();
    rig_expect("SIP/2.0 200 ");
    rig_in_dialog(.method = "ACK", .cseq = 2);
    rig_told(" acked");
    rig_close();
    proxy_expect("BYE sip:far@p1.example.com:5060 ");
    rt_udp_close(proxy);
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
    ck_assert_int_eq(sip_session_progress(rig.session, 180, NULL, NULL, rt_str("")), 0);
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
    rig_ok();
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
    rig_ok();
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
    rig_ok();
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
    rig_silence(); /* the answer would be longer than that */
    rig_told("");
}
END_TEST

/* 8.2.7: a stateless answer has the same tag each time. */
START_TEST(stateless_answers_repeat_their_tag)
{
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 200 ");
    const char *first = rig_saved();
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
    rig_has("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY");
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
        {{.method = "REGISTER"},
         "405",
         "Allow",
         "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"},
        {{.method = "SUBSCRIBE"},
         "405",
         "Allow",
         "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"},
        {{.method = "DANCE"},
         "501",
         "Allow",
         "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"},
        {{.extra = "Require: 100rel, foo\r\n"}, "420", "Unsupported", "100rel, foo"},
        {{.extra = "Require: a\r\nRequire: b\r\n"}, "420", "Unsupported", "a, b"},
        {{.extra = "Proxy-Require: foo\r\n", .uri = "sips:100@x"}, "416", "Unsupported", ""},
        {{.type = "text/plain", .body = "hello"}, "415", "Accept", "application/sdp"},
        {{.extra = "Accept: text/plain\r\n"}, "406", "Accept", ""},
        {{.extra = "Accept:\r\n"}, "406", "Accept", ""}, /* 20.1: no formats are acceptable */
        {{.extra = "Accept: \r\nAccept:\r\n"}, "406", "Accept", ""},
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
    ck_assert_str_eq(all_fields("Unsupported"), "a, b, c|");
}
END_TEST

static const char *const accepts[] = {"Accept: text/plain, application/sdp;level=1\r\n",
                                      "Accept: */*;q=0.1\r\n", "Accept: Application/*\r\n",
                                      "Accept: text/plain\r\nAccept: application/SDP\r\n",
                                      "Accept:\r\nAccept: application/sdp\r\n"};

START_TEST(accept_may_name_sdp_in_many_ways)
{
    for (unsigned i = 0; i < RT_COUNT(accepts); i++) {
        rig_ask(.cseq = i + 1, .extra = accepts[i]);
        rig_expect("SIP/2.0 100 ");
        rig_accept_call();
        rig_expect("SIP/2.0 200 ");
        rig_ask(.method = "ACK", .cseq = i + 1, .to_tag = rig_tag("To"));
        rig_close();
        rig_expect("BYE ");
        rig_ok();
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
        struct sip_invite inv = {.hops =
                                     &(struct sip_hop){.transport = SIP_UDP, .addr = rig.peer_addr},
                                 .nhops = 1,
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
    struct sip_invite inv = {.hops = &(struct sip_hop){.transport = SIP_UDP, .addr = rig.peer_addr},
                             .nhops = 1,
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
    rig_call_them();
    rig_leave();
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", "Contact:\r\n <sip:far@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:far@192.0.2.1 SIP/2.0\r\n");
    rig_told(" answered");
    rig_leave();
    rig_ask(.body = RIG_SDP, .to = "\r\n <sip:100@192.0.2.10>", .call_id = "folded",
            .extra = "Record-Route:\r\n <sip:192.0.2.1;lr>\r\n ;n=1\r\n");
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_ask(.method = "ACK", .to_tag = rig_tag("To"), .call_id = "folded");
    rig_told(" invite acked");
    rig_reinvite_them();
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "From"), ";tag="));
    ck_assert_ptr_nonnull(strstr(rig_field(rig.in, "Route"), ";lr>"));
    rig_answer(rig.in, "488 Not Acceptable Here", NULL, NULL, NULL);
    rig_expect("ACK ");
    rig_told(" reanswered:488");
    rig_leave();
}
END_TEST

START_TEST(an_agent_freed_in_mid_call_leaves_nothing)
{
    rig_they_call();
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

RIG_MAIN("sip rules", info_reaches_the_owner, requests_out_of_order_get_500,
         methods_in_the_dialog_are_looked_at, a_wrong_tag_or_call_id_is_no_dialog,
         a_named_route_is_looked_up, a_symmetric_peer_is_called_where_it_came_from,
         a_route_without_an_address_is_the_way_it_came, a_named_contact_is_looked_up,
         the_called_side_keeps_the_route_order, the_calling_side_reverses_the_route,
         requests_go_where_the_contact_says, a_response_goes_to_the_port_of_via,
         rport_sends_the_response_back, every_via_is_returned_in_order,
         an_answer_finds_its_way_when_the_connection_is_gone, strangers_get_403_and_leave_no_trace,
         stateless_answers_repeat_their_tag, options_tells_what_we_can,
         what_we_cannot_do_is_refused, each_required_extension_is_named,
         accept_may_name_sdp_in_many_ways, stray_answers_and_noise_get_nothing,
         torture_messages_get_their_answers, torture_messages_do_no_harm,
         a_uri_cannot_bring_fields_along, a_display_name_is_quoted, folded_values_are_used_whole,
         an_agent_freed_in_mid_call_leaves_nothing, a_port_in_use_is_reported)
