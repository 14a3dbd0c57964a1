/* What a telephone is told that has its source elsewhere: message summaries (RFC 3842), how to ring
 * (Alert-Info, RFC 7462), and who calls (L/ci, RFC 3660 2.4). */
#include "gw/leg_mgcp_priv.h"
#include "gw/leg_sip_priv.h"
#include "gw/message_summary.h"
#include "sip/message.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- summaries ---- */

START_TEST(a_summary_says_whether_and_whose)
{
    static const struct {
        const char *body, *account;
        bool waiting;
        uint32_t fresh, old;
    } table[] = {
        /* RFC 3842 3.5 and 4.1 */
        {"Messages-Waiting: yes", "", true, 0, 0},
        {"Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
         "Voice-Message: 2/8 (0/2)\r\n",
         "sip:alice@vmail.example.com", true, 2, 8},
        {"Messages-Waiting: no\r\n\r\n", "", false, 0, 0},
        /* header fields of the messages follow an empty line */
        {"Messages-Waiting: yes\r\nVoice-Message: 4/8 (1/2)\r\n\r\nTo: <alice@atlanta.example.com>"
         "\r\nnothing at all\r\n",
         "", true, 4, 8},
        {"messages-waiting : NO\r\nFAX-MESSAGE: 1/2\r\nvoice-message:0/1\r\n", "", false, 0, 1},
        {"Message-Account: sip:a@b\nMessages-Waiting: yes\n", "sip:a@b", true, 0, 0},
        {"Message-Account: <sip:a@b>\r\nMessages-Waiting: yes", "sip:a@b", true, 0, 0},
        {"Messages-Waiting:\r\n yes\r\nVoice-Message:\r\n\t3 / 4 ( 1 / 0 )\r\n", "", true, 3, 4},
        {"Messages-Waiting: yes\r\nVoice-Message: 4294967295/99999999999999999999999\r\n", "", true,
         UINT32_MAX, UINT32_MAX},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct gw_message_summary m;
        ck_assert_msg(gw_message_summary_read(&m, rt_str(table[i].body)) == 0, "%s", table[i].body);
        ck_assert_int_eq(m.waiting, table[i].waiting);
        ck_assert_msg(rt_str_eq(m.account, table[i].account), "%s", table[i].body);
        ck_assert_uint_eq(m.fresh, table[i].fresh);
        ck_assert_uint_eq(m.old, table[i].old);
    }
}
END_TEST

START_TEST(what_is_no_summary_is_refused)
{
    static const char *const table[] = {
        "",
        "\r\nMessages-Waiting: yes",
        "Voice-Message: 1/2\r\n",
        "Messages-Waiting: maybe",
        "Messages-Waiting:",
        "Messages-Waiting yes",
        ": yes\r\nMessages-Waiting: yes",
        "Messages-Waiting: yes\r\nMessages-Waiting: no",
        "Messages-Waiting: yes\r\nMessage-Account:\r\n",
        "Messages-Waiting: yes\r\nMessage-Account: <>\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: 1\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: 1/\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: /1\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: 1/2 (0/1\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: 1/2 (0)\r\n",
        "Messages-Waiting: yes\r\nVoice-Message: 1/2 more\r\n",
        "Messages-Waiting: yes\r\nnothing\r\n",
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct gw_message_summary m;
        ck_assert_msg(gw_message_summary_read(&m, rt_str(table[i])) == EINVAL, "%s", table[i]);
    }
}
END_TEST

/* ---- how to ring ---- */

static unsigned ring(const char *fields)
{
    struct rt_buf text = {0};
    struct sip_msg msg;

    rt_buf_printf(
        &text,
        "INVITE sip:1@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
        "From: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.10>\r\nCall-ID: x\r\n"
        "CSeq: 1 INVITE\r\n%s\r\n",
        fields);
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&text)), 0);
    unsigned r = leg_sip_ring_in(&msg.pub);
    rt_buf_release(&text);
    return r;
}

START_TEST(a_caller_may_say_how_to_ring)
{
    static const struct {
        const char *value;
        unsigned ring;
    } table[] = {
        {"<http://127.0.0.1/Bellcore-dr1>", 1},
        {"<http://127.0.0.1/bellcore-dr8>", 8},
        {"Bellcore-dr3", 3},
        {"<Bellcore-dr2>", 2},
        {"<http://127.0.0.1/Bellcore-dr9>", 0},
        {"<http://127.0.0.1/Bellcore-dr0>", 0},
        {"<http://127.0.0.1/Bellcore-dr12>", 0},
        {"<http://127.0.0.1/Bellcore-dr>", 0},
        {"<file://ring.pcm>;info=alert-internal", 1},
        {"<file://ring.pcm>;info=Alert-External;x=y", 2},
        {"<file://ring.pcm>;info=Bellcore-dr5", 5},
        {"<file://ring.pcm>", 0},
        {"<urn:alert:source:internal>", 1},
        {"<URN:ALERT:source:external>", 2},
        {"<urn:alert:priority:high>", 3},
        {"<urn:alert:priority:low>", 0},
        {"<urn:alert:service:recall:transfer>", 4},
        {"<urn:alert:source:internal:floor3@example.com>", 1},
        {"<urn:alert:source:internals>", 0},
        {"<urn:alert:source>", 0},
        {"<urn:alert:>", 0},
        {"<urn:alert:country:us>, <urn:alert:source:external>", 2},
        {"<http://example.com/moo.wav>\r\nAlert-Info: <urn:alert:priority:high>", 3},
    };
    char field[128];

    ck_assert_uint_eq(ring(""), 0);
    for (size_t i = 0; i < RT_COUNT(table); i++) {
        snprintf(field, sizeof field, "Alert-Info: %s\r\n", table[i].value);
        ck_assert_msg(ring(field) == table[i].ring, "%s: %u", table[i].value, ring(field));
    }
}
END_TEST

/* ---- who calls ---- */

START_TEST(names_are_shown_in_ascii)
{
    static const struct {
        const char *name, *plain;
    } table[] = {
        {"John Doe", "John Doe"},
        {"J\xc3\xbcrgen Gro\xc3\x9f", "Juergen Gross"},
        {"\xc3\x85sa \xc3\x98stergaard", "Asa Oestergaard"},
        {"Fran\xc3\xa7ois \xc5\x81ukasz \xc5\xbd", "Francois Lukasz Z"},
        {"a \"b\" (c), d", "a 'b' (c), d"},
        {"a\tb\r\nc\x7f", "abc"},
        {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", ""},               /* Cyrillic */
        {"\xe6\x97\xa5\xe6\x9c\xac KK", "KK"},                  /* three octets each */
        {"\xf0\x9f\x93\x9e Office \xf0\x9f\x93\x9e", "Office"}, /* four */
        {"bad \xff\xc3", "bad"},
        {"\x80\x80", ""},
    };
    char out[64];

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        leg_mgcp_plain_name(out, sizeof out, table[i].name);
        ck_assert_str_eq(out, table[i].plain);
    }
    leg_mgcp_plain_name(out, 4, "\xc3\xa4\xc3\xa4\xc3\xa4");
    ck_assert_str_eq(out, "aea");
}
END_TEST

START_TEST(the_caller_is_said_as_the_standard_has_it)
{
    static const struct {
        const char *digits, *name;
        enum dp_present present;
        bool name_hidden;
        const char *want;
    } table[] = {
        {"5551212", "John Doe", DP_ALLOWED, false, "L/ci(09/14/17/26,5551212,\"John Doe\")"},
        {"5551212", "", DP_ALLOWED, false, "L/ci(09/14/17/26,5551212,O)"},
        {"5551212", "", DP_ALLOWED, true, "L/ci(09/14/17/26,5551212,P)"},
        {"5551212", "John", DP_RESTRICTED, false, "L/ci(09/14/17/26,P,P)"},
        {"", "", DP_RESTRICTED, false, "L/ci(09/14/17/26,P,P)"},
        {"", "", DP_UNAVAILABLE, false, "L/ci(09/14/17/26,O,O)"},
        {"", "Anna", DP_ALLOWED, false, "L/ci(09/14/17/26,O,\"Anna\")"},
        {"1", "\xd0\x98", DP_ALLOWED, false, "L/ci(09/14/17/26,1,O)"},
    };
    static struct gw_plan plan;
    static struct gw_trunk trunk = {.plan = &plan};

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct leg_mgcp l = {.leg = {.trunk = &trunk},
                             .offered_at = INT64_C(1063560414) * RT_S, /* 2003-09-14 17:26:54 */
                             .name_hidden = table[i].name_hidden};
        struct rt_buf list = {0};
        l.caller.present = table[i].present;
        rt_str_copy(l.caller.digits, sizeof l.caller.digits, rt_str(table[i].digits));
        rt_str_copy(l.caller_name, sizeof l.caller_name, rt_str(table[i].name));
        leg_mgcp_add_caller(&list, &l);
        ck_assert_str_eq(list.p, table[i].want);
        rt_buf_reset(&list);
        rt_buf_puts(&list, "L/rg");
        leg_mgcp_add_caller(&list, &l);
        ck_assert_int_eq(strncmp(list.p, "L/rg,L/ci(", 10), 0);
        rt_buf_release(&list);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mwi");
    TCase *t = tcase_create("telephones");

    sip_parser_init();
    tcase_add_test(t, a_summary_says_whether_and_whose);
    tcase_add_test(t, what_is_no_summary_is_refused);
    tcase_add_test(t, a_caller_may_say_how_to_ring);
    tcase_add_test(t, names_are_shown_in_ascii);
    tcase_add_test(t, the_caller_is_said_as_the_standard_has_it);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
