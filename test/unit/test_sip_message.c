/* Reading messages: what is understood, what is refused and how (RFC 3261 7 and 8.1.1, RFC 4475,
 * RFC 5118), Reason values (RFC 3326, RFC 8606), and the framing of streams.
 */
#include "sip/message.h"
#include "sip/reason.h"
#include "sip/text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TORTURE "test/unit/data/sip/torture/"

static struct sip_msg msg;

static void setup(void)
{
    sip_parser_init();
}

static int read_text(const char *text)
{
    return sip_msg_read(&msg, rt_str(text));
}

static void is(struct rt_str got, const char *expected)
{
    ck_assert_msg(rt_str_eq(got, expected), "%s expected, got %.*s", expected, RT_STR(got));
}

#define VIA  "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds\r\n"
#define FROM "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
#define TO   "To: Bob <sip:bob@biloxi.com>\r\n"
#define ID   "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
#define CSEQ "CSeq: 314159 INVITE\r\n"
#define LINE "INVITE sip:bob@biloxi.com SIP/2.0\r\n"
#define HEAD LINE VIA FROM TO ID CSEQ

/* ---- fields ---- */

START_TEST(a_plain_invite_is_read)
{
    ck_assert_int_eq(read_text(HEAD "Contact: <sip:alice@pc33.atlanta.com>\r\n"
                                    "Content-Type: application/sdp\r\n"
                                    "Content-Length: 4\r\n\r\nv=0\n"),
                     0);
    ck_assert_int_eq(msg.method, SIP_INVITE);
    ck_assert_uint_eq(msg.cseq, 314159);
    ck_assert_int_eq(msg.pub.status, 0);
    is(msg.pub.method, "INVITE");
    is(msg.pub.request_uri, "sip:bob@biloxi.com");
    is(msg.pub.from_uri, "sip:alice@atlanta.com");
    is(msg.pub.from_name, "Alice");
    is(msg.from_tag, "1928301774");
    is(msg.pub.to_uri, "sip:bob@biloxi.com");
    ck_assert_ptr_null(msg.to_tag.p);
    is(msg.branch, "z9hG4bK776asdhds");
    is(msg.pub.call_id, "a84b4c76e66710@pc33.atlanta.com");
    is(msg.pub.contact_uri, "sip:alice@pc33.atlanta.com");
    is(msg.pub.body.type, "application/sdp");
    is(msg.pub.body.data, "v=0\n");
}
END_TEST

START_TEST(a_response_is_read)
{
    ck_assert_int_eq(read_text("SIP/2.0 180 Ringing\r\n" VIA FROM
                               "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n" ID CSEQ "\r\n"),
                     0);
    ck_assert_int_eq(msg.pub.status, 180);
    ck_assert_int_eq(msg.method, SIP_INVITE);
    is(msg.to_tag, "a6c85cf");
    is(msg.pub.method, "");
}
END_TEST

START_TEST(compact_forms_mean_the_same)
{
    ck_assert_int_eq(read_text(LINE "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK7\r\n"
                                    "f: <sip:a@b.com>;tag=1\r\nT: <sip:c@d.com>\r\ni: 7\r\n" CSEQ
                                    "m: <sip:a@h.com>\r\nc: application/sdp\r\nk: timer\r\n"
                                    "L: 2\r\n\r\nxy"),
                     0);
    is(msg.branch, "z9hG4bK7");
    is(msg.pub.from_uri, "sip:a@b.com");
    is(msg.pub.to_uri, "sip:c@d.com");
    is(msg.pub.call_id, "7");
    is(msg.pub.contact_uri, "sip:a@h.com");
    is(msg.pub.body.type, "application/sdp");
    is(msg.pub.body.data, "xy");
    is(sip_message_header(&msg.pub, "Supported", 0), "timer");
    is(sip_message_header(&msg.pub, "content-length", 0), "2");
    is(sip_message_header(&msg.pub, "Subject", 0), "");
}
END_TEST

START_TEST(folded_lines_belong_to_their_field)
{
    ck_assert_int_eq(read_text(LINE VIA
                               "From:\r\n Alice\r\n\t<sip:alice@atlanta.com>\r\n ;tag=9\r\n" TO ID
                               "CSeq:\r\n 1\r\n INVITE\r\n"
                               "Subject: one\r\n l: 5\r\nContent-Length: 0\r\n\r\n"),
                     0);
    is(msg.pub.from_name, "Alice");
    is(msg.from_tag, "9");
    ck_assert_uint_eq(msg.cseq, 1);
    is(msg.pub.body.data, "");
}
END_TEST

START_TEST(fields_repeat_and_lists_are_taken_apart)
{
    ck_assert_int_eq(read_text(HEAD "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\n"
                                    "Route: <sip:r1>\r\nRecord-Route: <sip:p0;lr>\r\n\r\n"),
                     0);
    struct rt_str rest = sip_message_header(&msg.pub, "Record-Route", 0);
    is(sip_list_next(&rest), "<sip:p2;lr>");
    is(sip_list_next(&rest), "<sip:p1;lr>");
    is(sip_list_next(&rest), "");
    is(sip_message_header(&msg.pub, "Record-Route", 1), "<sip:p0;lr>");
    is(sip_message_header(&msg.pub, "Record-Route", 2), "");
}
END_TEST

START_TEST(lists_heed_quotes_and_brackets)
{
    struct rt_str rest = rt_str("\"Bell, \\\"A, B\\\"\" <sip:a,b@c> ;x=\"1,2\" ,, sip:d@e;f , ");

    is(sip_list_next(&rest), "\"Bell, \\\"A, B\\\"\" <sip:a,b@c> ;x=\"1,2\"");
    is(sip_list_next(&rest), "sip:d@e;f");
    is(sip_list_next(&rest), "");
}
END_TEST

/* RFC 3261 20.10 and 25.1 */
START_TEST(a_name_addr_has_three_parts)
{
    static const struct {
        const char *text, *name, *uri, *params;
    } cases[] = {
        {"\"A. G. Bell\" <sip:agb@bell-telephone.com>;tag=a48s", "A. G. Bell",
         "sip:agb@bell-telephone.com", "tag=a48s"},
        {"Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous",
         "sip:c8oqz84zk7z@privacy.org", "tag=hyh8"},
        {"sip:+12125551212@server.phone2net.com;tag=887s", "",
         "sip:+12125551212@server.phone2net.com", "tag=887s"},
        {"<sip:a@b;user=phone?x=y>", "", "sip:a@b;user=phone?x=y", ""},
        {"\"<sip:no@no>;tag=x\" <sip:yes@yes> ;tag=y", "<sip:no@no>;tag=x", "sip:yes@yes", "tag=y"},
        {"\"say \\\"hi\\\" <\"<sip:a@b>", "say \\\"hi\\\" <", "sip:a@b", ""},
        {"", "", "", ""},
        {"<sip:open", "", "sip:open", ""},
    };
    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sip_name_addr a;
        sip_name_addr(&a, rt_str(cases[i].text));
        is(a.name, cases[i].name);
        is(a.uri, cases[i].uri);
        is(a.params, cases[i].params);
    }
}
END_TEST

START_TEST(parameters_are_found_by_name)
{
    struct rt_str p = rt_str("rport;Branch = z9hG4bK1 ;text=\"a;branch=2\";empty=;ttl=16");

    ck_assert_ptr_nonnull(sip_param(p, "rport").p);
    is(sip_param(p, "rport"), "");
    is(sip_param(p, "branch"), "z9hG4bK1");
    is(sip_param(p, "TEXT"), "a;branch=2");
    is(sip_param(p, "empty"), "");
    is(sip_param(p, "ttl"), "16");
    ck_assert_ptr_null(sip_param(p, "port").p);
}
END_TEST

START_TEST(a_numeric_uri_is_a_hop)
{
    static const struct {
        const char *uri, *addr;
        bool good;
        enum sip_transport transport;
    } cases[] = {
        {"sip:192.0.2.4", "192.0.2.4:5060", true, SIP_UDP},
        {"sip:alice@192.0.2.4:5070;transport=TCP;lr", "192.0.2.4:5070", true, SIP_TCP},
        {"SIP:a;par=x:y?z@192.0.2.4?Subject=5", "192.0.2.4:5060", true, SIP_UDP},
        {"sip:a@[2001:db8::10]:5070", "[2001:db8::10]:5070", true, SIP_UDP},
        {"sip:a@[2001:db8::10:5070]", "[2001:db8::10:5070]:5060", true, SIP_UDP},
        {"sip:biloxi.com", "", false, SIP_UDP},
        {"sips:192.0.2.4", "", false, SIP_UDP},
        {"tel:+4930", "", false, SIP_UDP},
        {"", "", false, SIP_UDP},
    };
    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sip_hop hop;
        char text[RT_ADDR_LEN];
        ck_assert_msg(sip_uri_hop(rt_str(cases[i].uri), &hop) == cases[i].good, "%s", cases[i].uri);
        if (!cases[i].good)
            continue;
        ck_assert_str_eq(rt_addr_format(text, &hop.addr), cases[i].addr);
        ck_assert_int_eq(hop.transport, cases[i].transport);
    }
}
END_TEST

/* RFC 4475 3.1.1.1 spells it out. */
START_TEST(a_tortuous_invite_is_understood)
{
    static char text[RT_ADDR_LEN * 100];
    FILE *f = fopen(TORTURE "wsinv.dat", "rb");

    ck_assert_ptr_nonnull(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert_int_eq(sip_msg_read(&msg, (struct rt_str){text, n}), 0);
    is(msg.to_tag, "1918181833n");
    is(msg.from_tag, "98asjd8");
    is(msg.pub.from_uri, "sip:jdrosen@example.com");
    is(msg.pub.from_name, "J Rosenberg \\\\\\\"");
    is(msg.pub.contact_uri, "sip:jdrosen@example.com");
    ck_assert_uint_eq(msg.cseq, 9);
    ck_assert_uint_eq(msg.pub.body.data.n, 150);
    is(msg.branch, ""); /* 390skdjuw has no magic cookie */
    struct rt_str vias = sip_message_header(&msg.pub, "Via", 1);
    ck_assert_uint_gt(sip_list_next(&vias).n, 0);
    ck_assert_uint_gt(sip_list_next(&vias).n, 0);
    is(sip_list_next(&vias), "");
}
END_TEST

/* ---- checks ---- */

struct verdict {
    const char *text;
    int expected;
};

static void judge(const struct verdict *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int got = read_text(v[i].text);
        ck_assert_msg(got == v[i].expected, "%d instead of %d for\n%s", got, v[i].expected,
                      v[i].text);
    }
}

START_TEST(numbers_have_their_ranges)
{
#define CSEQ_IS(n)   LINE VIA FROM TO ID "CSeq: " n "\r\n\r\n"
#define STATUS_IS(n) "SIP/2.0 " n "\r\n" VIA FROM TO ID CSEQ "\r\n"
    static const struct verdict cases[] = {
        {CSEQ_IS("0 INVITE"), 0},
        {CSEQ_IS("2147483647 INVITE"), 0},
        {CSEQ_IS("2147483648 INVITE"), 400}, /* 8.1.1.5: less than 2**31 */
        {CSEQ_IS("4294967296 INVITE"), 400},
        {CSEQ_IS("36893488147419103232 INVITE"), 400},
        {CSEQ_IS("-1 INVITE"), 400},
        {CSEQ_IS("1"), 400},
        {CSEQ_IS("INVITE"), 400},
        {CSEQ_IS("1 BYE"), 400},
        {CSEQ_IS("1 invite"), 400}, /* methods are case-sensitive (7.1) */
        {STATUS_IS("100 Trying"), 0},
        {STATUS_IS("699 Last"), 0},
        {STATUS_IS("200 "), 0},
        {STATUS_IS("099 Low"), EBADMSG},
        {STATUS_IS("700 High"), EBADMSG},
        {STATUS_IS("20 Short"), EBADMSG},
        {STATUS_IS("0200 Long"), EBADMSG},
        {STATUS_IS("4294967301 better not break"), EBADMSG},
        {STATUS_IS("2x0 OK"), EBADMSG},
    };
    judge(cases, RT_COUNT(cases));
}
END_TEST

START_TEST(the_start_line_has_three_parts)
{
#define REST VIA FROM TO ID CSEQ "\r\n"
    static const struct verdict cases[] = {
        {"INVITE sip:bob@biloxi.com sip/2.0\r\n" REST, 0}, /* 7.1: case-insensitive */
        {"INVITE sip:bob@biloxi.com SIP/7.0\r\n" REST, 505},
        {"INVITE sip:bob@biloxi.com SIP/2.00\r\n" REST, 505},
        {"INVITE sip:bob@biloxi.com; lr SIP/2.0\r\n" REST, 400},
        {"INVITE  sip:bob@biloxi.com  SIP/2.0\r\n" REST, 400},
        {"INVITE <sip:bob@biloxi.com> SIP/2.0\r\n" REST, 400},
        {"INVITE SIP/2.0\r\n" REST, 400},
        {"INVITE sip:bob@biloxi.com HTTP/1.1\r\n" REST, EBADMSG},
        {"INVITE\r\n" REST, EBADMSG},
        {"\r\n" REST, EBADMSG},
        {"SIP/2.0\r\n" REST, EBADMSG},
        {"NEWMETHOD sip:bob@biloxi.com SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 NEWMETHOD\r\n\r\n",
         501},
        {"NEWMETHOD sip:bob@biloxi.com SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 INVITE\r\n\r\n", 501},
        {"REGISTER sip:biloxi.com SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 REGISTER\r\n\r\n", 0},
        {"INVITE tel:+4930 SIP/2.0\r\n" REST, 0},
        {"INVITE sip:2001:db8::10 SIP/2.0\r\n" REST, 400},
        {"INVITE sip:a:b@[2001:db8::10]:5060 SIP/2.0\r\n" REST, 0},
    };
    judge(cases, RT_COUNT(cases));
    ck_assert_int_eq(
        read_text("REGISTER sip:biloxi.com SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 REGISTER\r\n\r\n"),
        0);
    ck_assert_int_eq(msg.method, SIP_KNOWN);
}
END_TEST

/* Who is not told by Via, From, To and Call-ID cannot be answered; CSeq alone missing is 400. */
START_TEST(mandatory_fields_must_be_there_once)
{
    static const struct verdict cases[] = {
        {LINE FROM TO ID CSEQ "\r\n", EBADMSG},
        {LINE VIA TO ID CSEQ "\r\n", EBADMSG},
        {LINE VIA FROM ID CSEQ "\r\n", EBADMSG},
        {LINE VIA FROM TO CSEQ "\r\n", EBADMSG},
        {LINE VIA FROM TO ID "\r\n", 400},
        {LINE VIA VIA FROM TO ID CSEQ "\r\n", 0},
        {HEAD FROM "\r\n", 400},
        {HEAD TO "\r\n", 400},
        {HEAD "t: <sip:other@biloxi.com>\r\n\r\n", 400},
        {HEAD ID "\r\n", 400},
        {HEAD CSEQ "\r\n", 400},
        {HEAD "Content-Length: 0\r\nl: 0\r\n\r\n", 400},
        {HEAD, EBADMSG}, /* no empty line */
    };
    judge(cases, RT_COUNT(cases));
}
END_TEST

START_TEST(the_body_is_as_long_as_it_says)
{
    static const struct verdict cases[] = {
        {HEAD "Content-Length: 5\r\n\r\nabcd", 400},
        {HEAD "Content-Length: -1\r\n\r\nabcd", 400},
        {HEAD "Content-Length: x\r\n\r\nabcd", 400},
        {HEAD "Content-Length: 99999999999999999999\r\n\r\nabcd", 400},
    };
    judge(cases, RT_COUNT(cases));
    ck_assert_int_eq(read_text(HEAD "Content-Length: 3\r\n\r\nabcd"), 0);
    is(msg.pub.body.data, "abc"); /* 18.3: what follows is discarded */
    ck_assert_int_eq(read_text(HEAD "\r\nabcd"), 0);
    is(msg.pub.body.data, "abcd"); /* 18.3: to the datagram's end */
}
END_TEST

START_TEST(a_nul_is_no_text_but_may_be_body)
{
    static const char head[] = HEAD "Subject: a\0b\r\n\r\n";
    static const char body[] = HEAD "Content-Type: application/x\r\nContent-Length: 3\r\n\r\na\0b";

    ck_assert_int_eq(sip_msg_read(&msg, (struct rt_str){head, sizeof head - 1}), 400);
    ck_assert_int_eq(sip_msg_read(&msg, (struct rt_str){body, sizeof body - 1}), 0);
    ck_assert_uint_eq(msg.pub.body.data.n, 3);
}
END_TEST

static size_t many_fields(struct rt_buf *b, unsigned n)
{
    rt_buf_reset(b);
    rt_buf_puts(b, HEAD); /* five of them */
    for (unsigned i = 5; i < n; i++)
        rt_buf_printf(b, "X-%u: y\r\n", i);
    rt_buf_puts(b, "\r\n");
    return b->n;
}

START_TEST(at_most_200_fields_are_read)
{
    struct rt_buf b = {0};

    many_fields(&b, SIP_HEADERS_MAX);
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&b)), 0);
    ck_assert_uint_eq(msg.scan.nheaders, 200);
    many_fields(&b, SIP_HEADERS_MAX + 1);
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&b)), EBADMSG);
    rt_buf_release(&b);
}
END_TEST

START_TEST(a_message_may_have_64_kib)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, HEAD "Content-Type: application/x\r\nContent-Length: 65000\r\n\r\n");
    size_t head = b.n;
    for (unsigned i = 0; i < 65000; i++)
        rt_buf_puts(&b, "x");
    ck_assert_uint_le(b.n, SIP_MESSAGE_MAX);
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&b)), 0);
    ck_assert_uint_eq(msg.pub.body.data.n, 65000);
    ck_assert_uint_eq(msg.scan.total, head + 65000);
    rt_buf_reset(&b);
    rt_buf_puts(&b, HEAD "Subject: ");
    while (b.n < 65000)
        rt_buf_puts(&b, "long ");
    rt_buf_puts(&b, "\r\n\r\n");
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&b)), 0);
    rt_buf_release(&b);
}
END_TEST

/* ---- the torture tests ---- */

static const struct {
    const char *file;
    int expected;
} torture[] = {
    /* RFC 4475 3.1.1: valid */
    {"wsinv.dat", 0},
    {"intmeth.dat", 501},
    {"esc01.dat", 0},
    {"escnull.dat", 0},
    {"esc02.dat", 501},
    {"lwsdisp.dat", 0},
    {"longreq.dat", 0},
    {"dblreq.dat", 0},
    {"semiuri.dat", 0},
    {"transports.dat", 0},
    {"mpart01.dat", 0},
    {"unreason.dat", 0},
    {"noreason.dat", 0},
    /* 3.1.2: invalid */
    {"badinv01.dat", 400},
    {"clerr.dat", 400},
    {"ncl.dat", 400},
    {"scalar02.dat", 400},
    {"scalarlg.dat", EBADMSG}, /* a response is dropped */
    {"quotbal.dat", 400},
    {"ltgtruri.dat", 400},
    {"lwsruri.dat", 400},
    {"lwsstart.dat", 400},
    {"trws.dat", 400},
    {"escruri.dat", 0}, /* "ignoring the header field components": both are allowed */
    {"baddate.dat", 0}, /* "may ignore the Date" */
    {"regbadct.dat", 400},
    {"badaspec.dat", 400},
    {"baddn.dat", EBADMSG}, /* the archive's file lacks the empty line */
    {"baddn.terminated.dat", 400},
    {"badvers.dat", 505},
    {"mismatch01.dat", 400},
    {"mismatch02.dat", 501},
    {"bigcode.dat", EBADMSG},
    /* 3.2 to 3.4: what comes after parsing is the user agent's; see test_sip_rules.c */
    {"badbranch.dat", 0},
    {"insuf.dat", EBADMSG},
    {"unkscm.dat", 0},
    {"novelsc.dat", 416},
    {"unksm2.dat", 0},
    {"bext01.dat", 0},
    {"invut.dat", 0},
    {"regaut01.dat", 0},
    {"multi01.dat", 400},
    {"mcl01.dat", 400},
    {"bcast.dat", 0},
    {"zeromf.dat", 0},
    {"cparam01.dat", 0},
    {"cparam02.dat", 0},
    {"regescrt.dat", 0},
    {"sdp01.dat", 0},
    {"inv2543.dat", 0},
    /* RFC 5118 4 */
    {"ipv6-good.sip", 0},
    {"ipv6-bad.sip", 400},
    {"port-ambiguous.sip", 0},
    {"port-unambiguous.sip", 0},
    {"via-received-param-with-delim.sip", 0},
    {"via-received-param-no-delim.sip", 0},
    {"ipv6-in-sdp.sip", 0},
    {"mult-ip-in-header.sip", 0},
    {"mult-ip-in-sdp.sip", 0},
    {"ipv4-mapped-ipv6.sip", 0},
    {"ipv6-bug-abnf-3-colons.sip", 0},
    {"ipv6-correct-abnf-2-colons.sip", 0},
};

START_TEST(torture_messages_get_their_verdicts)
{
    for (size_t i = 0; i < RT_COUNT(torture); i++) {
        char path[200];
        snprintf(path, sizeof path, TORTURE "%s", torture[i].file);
        FILE *f = fopen(path, "rb");
        ck_assert_msg(f != NULL, "%s", path);
        char *text = malloc(SIP_MESSAGE_MAX);
        size_t n = fread(text, 1, SIP_MESSAGE_MAX, f);
        fclose(f);
        text = realloc(text, n); /* so that reading beyond it is seen */
        int got = sip_msg_read(&msg, (struct rt_str){text, n});
        ck_assert_msg(got == torture[i].expected, "%s: %d instead of %d", path, got,
                      torture[i].expected);
        free(text);
    }
}
END_TEST

/* ---- Reason ---- */

static struct sip_reason reason_of(const char *lines)
{
    char text[2000];

    snprintf(text, sizeof text, HEAD "%s\r\n", lines);
    ck_assert_int_eq(read_text(text), 0);
    return msg.pub.reason;
}

START_TEST(reasons_are_read)
{
    struct sip_reason r = reason_of("Reason: Q.850;cause=16;text=\"Terminated\"\r\n");
    ck_assert_int_eq(r.q850, 16);
    ck_assert_int_eq(r.location, -1);
    ck_assert_int_eq(r.sip, 0);
    ck_assert_str_eq(r.text, "Terminated");

    /* RFC 3326 2 and RFC 8606 5 */
    r = reason_of("Reason: SIP ;cause=200 ;text=\"Call completed elsewhere\", "
                  "q.850;cause=17;location=LN\r\n");
    ck_assert_int_eq(r.sip, 200);
    ck_assert_int_eq(r.q850, 17);
    ck_assert_int_eq(r.location, 2);

    r = reason_of("Reason: Q.850;cause=1\r\nReason: Q.850;cause=2\r\n");
    ck_assert_int_eq(r.q850, 1);

    r = reason_of("Reason: Q.850;cause=128\r\nReason: Q.850;cause=0\r\nReason: SIP;cause=x\r\n"
                  "Reason: preemption;cause=1\r\nReason: Q.850\r\n");
    ck_assert_int_eq(r.q850, 0);
    ck_assert_int_eq(r.sip, 0);
    ck_assert_int_eq(reason_of("").location, -1);
}
END_TEST

/* RFC 8606 4: the words and their Q.850 codes. */
START_TEST(reasons_survive_writing_and_reading)
{
    static const int locations[] = {-1, 0, 1, 2, 3, 4, 5, 7, 10};

    for (size_t i = 0; i < RT_COUNT(locations); i++)
        for (int cause = 1; cause <= 127; cause += 14) {
            struct sip_reason out = {.q850 = cause, .location = locations[i], .sip = 486};
            struct rt_buf b = {0};
            snprintf(out.text, sizeof out.text, "normal, \"call\"; \\ clearing");
            sip_reason_write(&b, &out);
            struct sip_reason in = reason_of(b.p);
            ck_assert_int_eq(in.q850, out.q850);
            ck_assert_int_eq(in.location, out.location);
            ck_assert_int_eq(in.sip, out.sip);
            ck_assert_str_eq(in.text, out.text);
            rt_buf_release(&b);
        }
}
END_TEST

START_TEST(a_reason_is_written_as_the_rfcs_print_it)
{
    struct sip_reason r = {.q850 = 16, .location = 10, .text = "a\"b\\c\r\nd"};
    struct rt_buf b = {0};

    sip_reason_write(&b, &r);
    ck_assert_str_eq(b.p, "Reason: Q.850;cause=16;text=\"a\\\"b\\\\cd\";location=BI\r\n");
    rt_buf_reset(&b);
    sip_reason_write(&b, NULL);
    sip_reason_write(&b, &(struct sip_reason){.location = -1});
    ck_assert_uint_eq(b.n, 0);
    rt_buf_release(&b);
}
END_TEST

/* ---- framing ---- */

START_TEST(a_stream_is_framed_wherever_it_is_cut)
{
    static const char text[] =
        HEAD "Subject: x\r\n l: 9\r\nContent-Length:\r\n 6\r\n\r\nab\r\n\r\nNEXT";
    size_t whole = sizeof text - 1 - 4;

    for (size_t first = 0; first <= sizeof text - 1; first++)
        for (size_t second = first; second <= sizeof text - 1; second++) {
            size_t scanned = 0, total;
            ck_assert_int_eq(sip_frame((struct rt_str){text, first}, &scanned, &total), 0);
            ck_assert_uint_eq(total, first >= whole ? whole : 0);
            if (total)
                continue;
            ck_assert_int_eq(sip_frame((struct rt_str){text, second}, &scanned, &total), 0);
            ck_assert_uint_eq(total, second >= whole ? whole : 0);
        }
}
END_TEST

START_TEST(a_stream_that_cannot_be_framed_is_refused)
{
    static const char *const bad[] = {
        HEAD "\r\n", /* 18.3: Content-Length is a must */
        HEAD "Content-Length: -5\r\n\r\n",
        HEAD "Content-Length: 5x\r\n\r\n",
        HEAD "Content-Length: 65536\r\n\r\n",
        HEAD "Content-Length: 65535\r\n\r\n", /* 64 KiB with its head */
        HEAD "Subject: x\r\n l: 5\r\n\r\n",
    };
    size_t scanned, total;

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        scanned = 0;
        ck_assert_msg(sip_frame(rt_str(bad[i]), &scanned, &total) == EBADMSG, "%s", bad[i]);
    }
    char *endless = malloc(SIP_MESSAGE_MAX + 1);
    memset(endless, 'x', SIP_MESSAGE_MAX + 1);
    scanned = 0;
    ck_assert_int_eq(sip_frame((struct rt_str){endless, SIP_MESSAGE_MAX}, &scanned, &total), 0);
    ck_assert_int_eq(sip_frame((struct rt_str){endless, SIP_MESSAGE_MAX + 1}, &scanned, &total),
                     EBADMSG);
    free(endless);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_plain_invite_is_read,
        a_response_is_read,
        compact_forms_mean_the_same,
        folded_lines_belong_to_their_field,
        fields_repeat_and_lists_are_taken_apart,
        lists_heed_quotes_and_brackets,
        a_name_addr_has_three_parts,
        parameters_are_found_by_name,
        a_numeric_uri_is_a_hop,
        a_tortuous_invite_is_understood,
        numbers_have_their_ranges,
        the_start_line_has_three_parts,
        mandatory_fields_must_be_there_once,
        the_body_is_as_long_as_it_says,
        a_nul_is_no_text_but_may_be_body,
        at_most_200_fields_are_read,
        a_message_may_have_64_kib,
        torture_messages_get_their_verdicts,
        reasons_are_read,
        reasons_survive_writing_and_reading,
        a_reason_is_written_as_the_rfcs_print_it,
        a_stream_is_framed_wherever_it_is_cut,
        a_stream_that_cannot_be_framed_is_refused,
    };
    Suite *s = suite_create("sip message");
    TCase *tc = tcase_create("sip message");

    tcase_add_checked_fixture(tc, setup, NULL);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
