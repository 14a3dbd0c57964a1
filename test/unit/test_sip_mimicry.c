/* Header fields that look like others: told from their honest twins, refused, counted, never
 * repaired; and everything odd that RFC 3261 25 does allow, which passes.
 */
#include "sip/message.h"
#include "sip/strict.h"
#include "test/unit/sip_rig.h"

#define LINE    "INVITE sip:100@192.0.2.10 SIP/2.0\r\n"
#define VIA     "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone\r\n"
#define FROM    "From: Alice <sip:far@192.0.2.1>;tag=far\r\n"
#define TO      "To: <sip:100@192.0.2.10>\r\n"
#define ID      "Call-ID: call1\r\n"
#define CSEQ    "CSeq: 1 INVITE\r\n"
#define CONTACT "Contact: <sip:far@192.0.2.1>\r\n"
#define HOPS    "Max-Forwards: 70\r\n"
#define END     "Content-Length: 0\r\n\r\n"

static struct sip_msg msg;

static uint64_t mimicries(void)
{
    return rt_counted(&sip_guard_counters[SIP_GUARD_MIMICRY]);
}

/** A message in a block of its own, so that reading beyond it is seen. */
static int read_octets(const char *text, size_t n)
{
    char *copy = malloc(n);
    memcpy(copy, text, n);
    int err = sip_msg_read(&msg, (struct rt_str){copy, n});
    free(copy);
    return err;
}

struct twin {
    const char *from, *contact; /* whole lines, or NULL for the honest ones */
    const char *extra;
};

static int read_twin(const struct twin *t)
{
    char text[4000];
    int n = snprintf(text, sizeof text, LINE VIA "%s" TO ID CSEQ "%s" HOPS "%s" END,
                     t->from ? t->from : FROM, t->contact ? t->contact : CONTACT,
                     t->extra ? t->extra : "");
    return read_octets(text, (size_t)n);
}

/* ---- what the grammar allows ---- */

START_TEST(the_honest_twins_pass)
{
    static const struct twin honest[] = {
        {NULL, NULL, NULL},
        /* 7.3.1: blanks before the colon, after it, folding; any case */
        {"From  \t :   Alice <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"FROM:\r\n Alice\r\n\t<sip:far@192.0.2.1>\r\n ;tag=far\r\n", NULL, NULL},
        {"From:Alice<sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        /* 7.3.3 */
        {"f: <sip:far@192.0.2.1>;tag=far\r\n", "m: <sip:far@192.0.2.1>\r\n", "s:\r\nk: x\r\n"},
        {"F : sip:far@192.0.2.1 ; tag = far\r\n", "M :sip:far@192.0.2.1\r\n", NULL},
        /* 20.10, 25.1: display names, addr-spec, lists, the star */
        {"From: \"Smith, Al <x> \\\"\" <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: A.-!%*_+`'~ Z <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: \"M\303\274ller\" <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <tel:+49-30-901820;phone-context=+49>;tag=far\r\n", NULL, NULL},
        {"From: \"\" <sip:a,b;c=d@192.0.2.1?x=y>;tag=far;x=\"a,b<c>\"\r\n", NULL, NULL},
        {NULL, "Contact: <sip:a@192.0.2.1>, \"b,c\" <sip:b@192.0.2.1>;q=0.5 , sip:c@192.0.2.1\r\n",
         NULL},
        {NULL, "Contact: *\r\n", NULL},
        {NULL, "Contact: <sip:a@[2001:db8::1]:5070;transport=tcp>\r\n", NULL},
        {NULL, NULL, "X-Unknown_1.2!: \303\244, <, \" and ;;\r\n"},
        {NULL, NULL, "Subject: a\tb\r\n\t c\r\n"},
        {NULL, NULL, "Record-Route: <sip:p1.example;lr>,<sip:p2.example;lr>\r\n"},
        {NULL, NULL, "P-Asserted-Identity: <sip:a@b.example>, <tel:+4930>\r\n"},
    };
    uint64_t before = mimicries();

    for (size_t i = 0; i < RT_COUNT(honest); i++) {
        int got = read_twin(&honest[i]);
        ck_assert_msg(got == 0, "honest twin %zu: %d", i, got);
    }
    ck_assert_uint_eq(mimicries(), before);
}
END_TEST

/* ---- names ---- */

START_TEST(names_with_something_slipped_in_are_refused)
{
    static const struct twin mimics[] = {
        {NULL, "Conta ct: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Con\ttact: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact\x0b: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact\x0c: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact\xa0: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL,
         "Cont\xc3\xa4"
         "ct: <sip:far@192.0.2.1>\r\n",
         NULL},
        {NULL, "Contact\r\n : <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact, X: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "\"Contact\": <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, ": <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact\x7f: <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, NULL, "no colon here\r\n"},
        {NULL, NULL, "Subject: x\nContact: <sip:evil@192.0.2.66>\r\n"},
        {NULL, NULL, "Subject: x\rContact: <sip:evil@192.0.2.66>\r\n"},
        {NULL, NULL, "Subject: x\r\r\n"},
        {NULL, NULL, "Subject: a\001b\r\n"},
        {NULL, NULL, "Subject: a\x1b[2J\r\n"},
    };

    for (size_t i = 0; i < RT_COUNT(mimics); i++) {
        uint64_t before = mimicries();
        int got = read_twin(&mimics[i]);
        ck_assert_msg(got == 400, "mimic %zu: %d", i, got);
        ck_assert_msg(mimicries() == before + 1, "mimic %zu is not counted", i);
    }
}
END_TEST

/* Where the real field is missing then, nobody can be answered. */
START_TEST(mimics_of_what_an_answer_needs_are_dropped)
{
    static const char *const mimics[] = {
        LINE "Vi a: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" FROM TO ID CSEQ END,
        LINE VIA "Fro m: <sip:far@192.0.2.1>;tag=far\r\n" TO ID CSEQ END,
        LINE VIA FROM "T o: <sip:100@192.0.2.10>\r\n" ID CSEQ END,
        LINE VIA FROM TO "Call -ID: call1\r\n" CSEQ END,
    };

    for (size_t i = 0; i < RT_COUNT(mimics); i++) {
        uint64_t before = mimicries();
        ck_assert_msg(read_octets(mimics[i], strlen(mimics[i])) == EBADMSG, "mimic %zu", i);
        ck_assert_msg(mimicries() == before + 1, "mimic %zu is not counted", i);
    }
    /* beside the real one: refused */
    static const char both[] = LINE VIA "Vi a: SIP/2.0/UDP 192.0.2.66\r\n" FROM TO ID CSEQ END;
    ck_assert_int_eq(read_octets(both, sizeof both - 1), 400);
    static const char nul[] = LINE VIA FROM TO ID CSEQ "Conta\0ct: <sip:a@b>\r\n" END;
    ck_assert_int_eq(read_octets(nul, sizeof nul - 1), 400);
}
END_TEST

START_TEST(start_lines_with_odd_blanks_are_refused)
{
    static const char *const lines[] = {
        "INVITE\tsip:100@192.0.2.10 SIP/2.0\r\n",
        "INVITE sip:100@192.0.2.10\tSIP/2.0\r\n",
        "INVITE sip:100@192.0.2.10\r\n SIP/2.0\r\n",
        "INVITE  sip:100@192.0.2.10 SIP/2.0\r\n",
        "INVITE sip:100@192.0.2.10 SIP/2.0\r\n Via: SIP/2.0/UDP 192.0.2.66\r\n",
    };
    char text[1000];

    for (size_t i = 0; i < RT_COUNT(lines); i++) {
        int n = snprintf(text, sizeof text, "%s" VIA FROM TO ID CSEQ CONTACT END, lines[i]);
        int got = read_octets(text, (size_t)n);
        ck_assert_msg(got == 400 || got == EBADMSG, "%s: %d", lines[i], got);
    }
}
END_TEST

/* ---- addresses ---- */

START_TEST(addresses_with_something_slipped_in_are_refused)
{
    static const struct twin mimics[] = {
        {"From: Alice W,<sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: Alice W, <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: ,<sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1>;tag=far,<sip:evil@192.0.2.66>\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1>;tag=far,\r\n", NULL, NULL},
        {"From: M\303\274ller <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: Al (x) <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: \"Alice <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: \"Alice\" x <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: Alice <sip:evil@192.0.2.66> <sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1> sip:evil@192.0.2.66;tag=far\r\n", NULL, NULL},
        {"From: < sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <sip:far @192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1\r\n >;tag=far\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1\xff>;tag=far\r\n", NULL, NULL},
        {"From: <si p:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: <far>;tag=far\r\n", NULL, NULL},
        {"From: <>;tag=far\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1;tag=far\r\n", NULL, NULL},
        {"From: sip:far@192.0.2.1>;tag=far\r\n", NULL, NULL},
        {"From: *\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1>;tag=far;tag=evil\r\n", NULL, NULL},
        {"From: <sip:far@192.0.2.1>;tag=\"far\";tag=evil\r\n", NULL, NULL},
        {NULL, "Contact: ,<sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact: <sip:a@192.0.2.1>,,<sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact: <sip:a@192.0.2.1>,\r\n", NULL},
        {NULL, "Contact: Alice W,<sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact: <sip:a@192.0.2.1> <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, "Contact: *, <sip:far@192.0.2.1>\r\n", NULL},
        {NULL, NULL, "Route: x,<sip:p1.example;lr>\r\n"},
        {NULL, NULL, "Record-Route: <sip:p1.example;lr> ,\r\n"},
        {NULL, NULL, "P-Asserted-Identity: Boss,<sip:boss@b.example>\r\n"},
    };

    for (size_t i = 0; i < RT_COUNT(mimics); i++) {
        int got = read_twin(&mimics[i]);
        ck_assert_msg(got == 400, "mimic %zu (%s): %d", i,
                      mimics[i].from      ? mimics[i].from
                      : mimics[i].contact ? mimics[i].contact
                                          : mimics[i].extra,
                      got);
    }
}
END_TEST

START_TEST(contradictions_are_refused)
{
    static const char *const extra[] = {
        "Max-Forwards: 70\r\n", /* the second one */
        "Content-Length: 3\r\n",
        "Content-Type: application/sdp\r\nc: text/plain\r\n",
        "Session-Expires: 90\r\nx: 1800\r\n",
        "Refer-To: <sip:a@b>\r\nr: <sip:c@d>\r\n",
        "Replaces: a;to-tag=b;from-tag=c\r\nReplaces: d;to-tag=e;from-tag=f\r\n",
        "f: <sip:evil@192.0.2.66>;tag=far\r\n",
        "t: <sip:evil@192.0.2.66>\r\n",
        "i: other\r\n",
        "CSeq: 2 INVITE\r\n",
    };
    for (size_t i = 0; i < RT_COUNT(extra); i++)
        ck_assert_msg(read_twin(&(struct twin){.extra = extra[i]}) == 400, "%s", extra[i]);
    static const char branches[] =
        LINE "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;branch=z9hG4bKb\r\n" FROM TO ID CSEQ END;
    ck_assert_int_eq(read_octets(branches, sizeof branches - 1), 400);
}
END_TEST

/* 20.22: 0 to 255. 20.19: what is too large an Expires is the largest there is. */
START_TEST(absurd_numbers_are_refused)
{
    static const struct {
        const char *lines;
        int expected;
    } cases[] = {
        {CSEQ "Max-Forwards: 0\r\n", 0},
        {CSEQ "Max-Forwards: 255\r\n", 0},
        {CSEQ "Max-Forwards: 256\r\n", 400},
        {CSEQ "Max-Forwards: 999\r\n", 400},
        {CSEQ "Max-Forwards: -1\r\n", 400},
        {CSEQ "Max-Forwards: x\r\n", 400},
        {CSEQ "Max-Forwards:\r\n", 400},
        {CSEQ "Max-Forwards: 18446744073709551686\r\n", 400},
        {CSEQ "Expires: 4294967296\r\n", 0},
        {CSEQ "Expires: 99999999999999999999999999\r\n", 0},
        {"CSeq: 2147483647 INVITE\r\n", 0},
        {"CSeq: 2147483648 INVITE\r\n", 400},
        {"CSeq: 1 BYE\r\n", 400},
    };
    char text[1000];

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        int n = snprintf(text, sizeof text, LINE VIA FROM TO ID "%s" END, cases[i].lines);
        int got = read_octets(text, (size_t)n);
        ck_assert_msg(got == cases[i].expected, "%s: %d", cases[i].lines, got);
    }
}
END_TEST

/* ---- through the user agent ---- */

START_TEST(a_mimic_gets_400_and_no_call)
{
    rig_ask(.body = RIG_SDP, .extra = "Conta ct: <sip:evil@192.0.2.66>\r\n");
    rig_expect("SIP/2.0 400 ");
    rig_ask(.body = RIG_SDP, .cseq = 2, .to = "Alice W,<sip:100@192.0.2.10>");
    rig_expect("SIP/2.0 400 ");
    rig_send(LINE "Vi a: SIP/2.0/UDP 192.0.2.1\r\n" FROM TO ID CSEQ END);
    rig_silence();
    rig_told("");
    rig_empty();
    rig_they_call();
    rig_leave();
}
END_TEST

/* The far end's answers are told apart as well: a mimic of one is no answer. */
START_TEST(a_mimic_of_an_answer_is_dropped)
{
    static char invite[RIG_MAX];

    rig_call(0);
    memcpy(invite, rig.in, sizeof invite);
    rig_answer(invite, "200 OK", "far",
               "Conta ct: <sip:evil@192.0.2.66>\r\nContact: <sip:far@192.0.2.1>\r\n", RIG_SDP);
    rig_told("");
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    rig_leave();
}
END_TEST

RIG_MAIN("sip mimicry", the_honest_twins_pass, names_with_something_slipped_in_are_refused,
         mimics_of_what_an_answer_needs_are_dropped, start_lines_with_odd_blanks_are_refused,
         addresses_with_something_slipped_in_are_refused, contradictions_are_refused,
         absurd_numbers_are_refused, a_mimic_gets_400_and_no_call, a_mimic_of_an_answer_is_dropped)
