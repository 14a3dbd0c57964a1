/* The strict reader in front of libosip2: ordinary messages pass it, and whatever passes it passes
 * libosip2's grammar too, which is asked about thousands of messages that are a few octets beside
 * ordinary ones.
 */
#include "sip/plain.h"
#include "gw/rt/random.h"
#include "sip/strict.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define VIA "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-524287-1---d8754z;rport\r\n"
#define MIDDLE                                                                                     \
    "Max-Forwards: 70\r\nFrom: \"A. Caller\" <sip:+493012345@192.0.2.7>;tag=c1a2b3\r\n"            \
    "Call-ID: 17a3c9d0017a3c@192.0.2.7\r\n"
#define SDP_HEAD "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"

static const char *const ordinary[] = {
    "INVITE sip:+493090182100@gw.example:5060 SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:+493090182100@gw.example>\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:bench@192.0.2.7:5060;transport=udp>\r\nAllow: INVITE, ACK, BYE,CANCEL\r\n"
    "Supported: timer, 100rel\r\nUser-Agent: Phone/1.0 (x, y)\r\nSession-Expires: "
    "1800;refresher=uac\r\n"
    "Record-Route: <sip:192.0.2.8;lr;ftag=c1a2b3>\r\n" SDP_HEAD,
    "SIP/2.0 200 OK\r\n" VIA
    "From: <sip:100@192.0.2.1>;tag=ab\r\nTo: <sip:+4930@192.0.2.7>;tag=callee\r\n"
    "Call-ID: 0123abcd@192.0.2.1:5060\r\nCSeq: 4711 INVITE\r\n"
    "Contact: <sip:callee@192.0.2.7:5060>\r\nServer: x\r\n" SDP_HEAD,
    "BYE sip:192.0.2.1:5060 SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:+493090182100@gw.example>;tag=0011\r\nCSeq: 2 BYE\r\n"
    "Route: <sip:192.0.2.8;lr>\r\nReason: Q.850;cause=16;text=\"Normal call clearing\"\r\n"
    "Content-Length: 0\r\n\r\n",
    "ACK sip:a_b@host.example SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:x@gw.example>;tag=0011\r\nCSeq: 2 ACK\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 180 Ringing\r\n" VIA MIDDLE
    "To: <sip:x@gw.example>;tag=0011\r\nCSeq: 2 INVITE\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS sip:gw.example SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:gw.example>\r\nCSeq: 7 OPTIONS\r\nContact: <sip:bench@192.0.2.7:5060>\r\n"
    "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n",
};

/** Not wrong, but not for the strict reader either. */
static const char *const uncommon[] = {
    "BYE sip:192.0.2.1:5060 SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:x@gw.example>;tag=0011\r\nCSeq: 2 BYE\r\nSubject: two\r\n lines\r\n"
    "Content-Length: 0\r\n\r\n",
    "BYE sip:192.0.2.1:5060 SIP/2.0\r\n" VIA MIDDLE
    "t: <sip:x@gw.example>;tag=0011\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    "BYE sip:192.0.2.1:5060 SIP/2.0\r\n" VIA MIDDLE
    "To: sip:x@gw.example;tag=0011\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    "BYE sip:192.0.2.1:5060 SIP/2.0\r\n" VIA MIDDLE
    "To: <sip:x@gw.example>;tag=0011\r\nCSeq: 2 BYE\r\n\r\n",
};

/** RFC 3261 20.1, 25.1: a list, that may be empty, of ranges with parameters. Only the commonest
 * one is for the strict reader. */
static const struct {
    const char *value;
    bool plain, good;
} accepts[] = {
    {" application/sdp", true, true},
    {"", false, true},
    {" ", false, true},
    {" */*", false, true},
    {" application/*", false, true},
    {" application/SDP", false, true},
    {" application/sdp;level=1", false, true},
    {" text/html;q=0.5", false, true},
    {" application/sdp;level=1, application/x-private, text/html", false, true},
    {" application/sdp\r\nAccept: text/plain", false, true},
    {" application/sdp\r\nAccept: application/sdp", true, true},
};

static struct sip_msg m;

static bool reads(struct rt_str wire)
{
    return sip_msg_read(&m, wire) == 0;
}

/** The two judges that a plain message does not see. */
static bool good(struct rt_str wire)
{
    return sip_grammatical(&m, wire) &&
           sip_strict(&m, (struct rt_str){wire.p, wire.n - m.scan.body.n});
}

START_TEST(ordinary_messages_need_no_second_judge)
{
    struct rt_str wire = rt_str(ordinary[_i]);

    ck_assert(reads(wire));
    ck_assert(sip_plain(&m, wire));
    ck_assert(good(wire));
}
END_TEST

START_TEST(uncommon_messages_are_left_to_libosip2)
{
    struct rt_str wire = rt_str(uncommon[_i]);

    ck_assert(reads(wire));
    ck_assert(!sip_plain(&m, wire));
}
END_TEST

START_TEST(accept_is_judged_by_its_grammar)
{
    char text[500];
    int n = snprintf(text, sizeof text,
                     "OPTIONS sip:gw.example SIP/2.0\r\n" VIA MIDDLE
                     "To: <sip:gw.example>\r\nCSeq: 7 OPTIONS\r\nAccept:%s\r\n"
                     "Content-Length: 0\r\n\r\n",
                     accepts[_i].value);
    struct rt_str wire = {text, (size_t)n};

    ck_assert(reads(wire));
    ck_assert(sip_plain(&m, wire) == accepts[_i].plain);
    ck_assert(good(wire) == accepts[_i].good);
}
END_TEST

/** One octet, or a few, changed, doubled, lost or come in. */
static size_t mutate(char *text, size_t n)
{
    static const char often[] = "\r\n\t ,;:=<>\"'\\@%?()[]{}&+-._/0aA\x7f\x80\xff";
    size_t at = rt_random_below((uint32_t)n), few = 1 + rt_random_below(4);
    char c = often[rt_random_below(sizeof often)]; /* the NUL at its end too */

    switch (rt_random_below(4)) {
    case 0:
        text[at] = c;
        break;
    case 1:
        memmove(text + at + 1, text + at, n - at);
        text[at] = c;
        return n + 1;
    case 2:
        few = few < n - at ? few : n - at;
        memmove(text + at, text + at + few, n - at - few);
        return n - few;
    default:
        few = few < n - at ? few : n - at;
        memmove(text + at + few, text + at, n - at);
        return n + few;
    }
    return n;
}

#define MUTANTS 20000

START_TEST(what_passes_passes_libosip2)
{
    char text[2048];
    unsigned passed = 0;

    fake_seed((uint64_t)_i + 1);
    for (unsigned i = 0; i < MUTANTS; i++) {
        size_t n = strlen(ordinary[_i]);
        memcpy(text, ordinary[_i], n);
        for (unsigned k = 1 + rt_random_below(3); k > 0; k--)
            n = mutate(text, n);
        struct rt_str wire = {text, n};
        if (!reads(wire))
            continue;
        wire.n = m.scan.total;
        if (!sip_plain(&m, wire))
            continue;
        passed++;
        ck_assert_msg(good(wire), "refused elsewhere: %.*s", RT_STR(wire));
    }
    ck_assert_uint_gt(passed, MUTANTS / 50); /* it is no test of nothing */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sip plain");
    TCase *t = tcase_create("plain");

    sip_parser_init();
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, ordinary_messages_need_no_second_judge, 0, RT_COUNT(ordinary));
    tcase_add_loop_test(t, uncommon_messages_are_left_to_libosip2, 0, RT_COUNT(uncommon));
    tcase_add_loop_test(t, accept_is_judged_by_its_grammar, 0, RT_COUNT(accepts));
    tcase_add_loop_test(t, what_passes_passes_libosip2, 0, RT_COUNT(ordinary));
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
