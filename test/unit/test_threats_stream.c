/* Request smuggling: octets on a stream that some proxy takes for one message and another reader
 * for two. Whatever we make of the first, the second one must never be served
 * (docs/threat-model.md).
 */
#include "test/unit/sip_rig.h"

#define HEAD(method)                                                                               \
    method " sip:a@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK" method "1\r\n" \
           "From: <sip:b@192.0.2.1>;tag=far\r\nTo: <sip:a@192.0.2.10>\r\nCall-ID: outer\r\n"       \
           "CSeq: 1 " method "\r\nMax-Forwards: 70\r\n"
/* what is smuggled */
#define INNER                                                                                      \
    "OPTIONS sip:inner@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKinner\r\n"   \
    "From: <sip:b@192.0.2.1>;tag=in\r\nTo: <sip:a@192.0.2.10>\r\nCall-ID: inner\r\n"               \
    "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"

static const struct {
    const char *what, *text;
} smuggled[] = {
    {"two lengths, the small one first",
     HEAD("OPTIONS") "Content-Length: 0\r\nContent-Length: 400\r\n\r\n" INNER},
    {"two lengths, the large one first",
     HEAD("OPTIONS") "Content-Length: 4\r\nContent-Length: 0\r\n\r\n1234" INNER},
    {"two lengths, one compact", HEAD("OPTIONS") "l: 0\r\nContent-Length: 400\r\n\r\n" INNER},
    {"a list of lengths", HEAD("OPTIONS") "Content-Length: 0, 400\r\n\r\n" INNER},
    {"the same length twice",
     HEAD("OPTIONS") "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" INNER},
    {"no length", HEAD("OPTIONS") "\r\n" INNER},
    {"a negative length", HEAD("OPTIONS") "Content-Length: -1\r\n\r\n" INNER},
    {"a length of 2^32", HEAD("OPTIONS") "Content-Length: 4294967296\r\n\r\n" INNER},
    {"a length of 2^64", HEAD("OPTIONS") "Content-Length: 18446744073709551616\r\n\r\n" INNER},
    {"a length with a sign", HEAD("OPTIONS") "Content-Length: +0\r\n\r\n" INNER},
    {"a hexadecimal length", HEAD("OPTIONS") "Content-Length: 0x0\r\n\r\n" INNER},
    {"a blank before the colon, and another length",
     HEAD("OPTIONS") "Content-Length : 0\r\nContent-Length: 400\r\n\r\n" INNER},
    {"a length folded into another field",
     HEAD("OPTIONS") "Subject: x\r\n Content-Length: 0\r\n\r\n" INNER},
    {"line feeds alone around a length",
     HEAD("OPTIONS") "Subject: x\nContent-Length: 400\nContent-Length: 0\r\n\r\n" INNER},
    {"a carriage return alone", HEAD("OPTIONS") "Subject: x\rContent-Length: 0\r\n\r\n" INNER},
    {"an empty line of line feeds alone", HEAD("OPTIONS") "Content-Length: 0\n\n" INNER},
    {"transfer coding of another protocol",
     HEAD("OPTIONS") "Transfer-Encoding: chunked\r\nContent-Length: 0, 0\r\n\r\n0\r\n\r\n" INNER},
};

static void setup(void)
{
    rig_start();
    rig_use_tcp(true);
    fake_settle();
}

static void teardown(void)
{
    rig.log[0] = '\0';
    rig_stop();
}

START_TEST(what_is_ambiguous_ends_the_connection)
{
    ck_assert_int_eq(rt_stream_write(rig.stream, smuggled[_i].text, strlen(smuggled[_i].text)), 0);
    fake_settle();
    fake_advance(40 * RT_S);
    const char *answers = rig.stream_in.n ? rig.stream_in.p : "";
    ck_assert_msg(!strstr(answers, "Call-ID: inner"), "%s: the second one was served:\n%s",
                  smuggled[_i].what, answers);
    ck_assert_msg(!rig.stream || !strstr(answers, "200 OK"), "%s: all was served:\n%s",
                  smuggled[_i].what, answers);
    ck_assert_msg(!rig.stream, "%s: the connection goes on:\n%s", smuggled[_i].what, answers);
}
END_TEST

/** A whole message inside a body is a body. */
START_TEST(a_message_in_a_body_stays_there)
{
    struct rt_buf text = {0};

    rt_buf_printf(&text,
                  HEAD("OPTIONS") "Content-Type: message/sip\r\nContent-Length: %zu\r\n\r\n%s",
                  sizeof INNER - 1, INNER);
    ck_assert_int_eq(rt_stream_write(rig.stream, text.p, text.n), 0);
    fake_settle();
    ck_assert(rig_next());
    ck_assert_ptr_nonnull(strstr(rig.in, "Call-ID: outer"));
    ck_assert(!rig_next());
    rt_buf_release(&text);
}
END_TEST

/** NUL is no end of anything. */
START_TEST(a_nul_hides_nothing)
{
    static const char text[] = HEAD("OPTIONS") "Subject: a\0b\r\nContent-Length: 0\r\n\r\n" INNER;

    ck_assert_int_eq(rt_stream_write(rig.stream, text, sizeof text - 1), 0);
    fake_settle();
    fake_advance(40 * RT_S);
    const char *first = rig.stream_in.n ? strstr(rig.stream_in.p, "Call-ID: outer") : NULL;
    ck_assert(!first || !strstr(rig.stream_in.p, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP "
                                                 "192.0.2.1;branch=z9hG4bKOPTIONS1"));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, what_is_ambiguous_ends_the_connection, 0, RT_COUNT(smuggled));
    tcase_add_test(tc, a_message_in_a_body_stays_there);
    tcase_add_test(tc, a_nul_hides_nothing);
}

int main(void)
{
    Suite *s = suite_create("threats_stream");
    TCase *tc = tcase_create("all");

    add(tc);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
