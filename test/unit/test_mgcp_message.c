/* Reading messages of MGCP (RFC 3435 3 and appendix A): all examples of the standard, what peers in
 * the field make of it, and what is no message.
 */
#include "test/unit/mgcp_message_rig.h"

#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

/* ---- the standard's examples ---- */

static void count_examples(struct rt_str datagram)
{
    unsigned commands = 0, responses = 0, bodies = 0;
    int err;

    while ((err = mgcp_read(&msg, &datagram, &refusal)) == 0) {
        *(msg.command ? &commands : &responses) += 1;
        bodies += msg.nsdp;
        ck_assert_uint_eq(mgcp_check_lines(&msg), 0);
    }
    ck_assert_int_eq(err, ENOENT);
    ck_assert_uint_eq(commands, 53);
    ck_assert_uint_eq(responses, 69);
    ck_assert_uint_eq(bodies, 20);
}

START_TEST(all_examples_of_the_standard_are_read)
{
    count_examples(examples(true));
    count_examples(examples(false));
}
END_TEST

START_TEST(a_command_is_read)
{
    ck_assert_int_eq(read_text("CRCX 1205 aaln/1@rgw-2569.whatever.net MGCP 1.0\r\n"
                               "C: A3C47F21456789F0\r\nL: p:10, a:PCMU\r\nM: sendrecv\r\n"
                               "X: 0123456789AD\r\nR: L/hd\r\nS: L/rg\r\n\r\n" SDP),
                     0);
    ck_assert(msg.command);
    ck_assert_int_eq(msg.verb, MGCP_CRCX);
    is(msg.verb_text, "CRCX");
    ck_assert_uint_eq(msg.tid, 1205);
    is(msg.endpoint, "aaln/1@rgw-2569.whatever.net");
    is(msg.local, "aaln/1");
    is(msg.domain, "rgw-2569.whatever.net");
    is(msg.version, "1.0");
    is(msg.profile, "");
    ck_assert_uint_eq(msg.nlines, 6);
    ck_assert_int_eq(msg.line[1].param, MGCP_P_L);
    is(msg.line[1].name, "L");
    is(mgcp_value(&msg, MGCP_P_L), "p:10, a:PCMU");
    ck_assert(!mgcp_has(&msg, MGCP_P_N));
    ck_assert_ptr_null(mgcp_value(&msg, MGCP_P_N).p);
    ck_assert_uint_eq(msg.nsdp, 1);
    is(msg.sdp[0], SDP);
}
END_TEST

START_TEST(a_response_is_read)
{
    ck_assert_int_eq(read_text("800 1001 /SCRIPT no such script\r\nI: 1\r\n"), 0);
    ck_assert(!msg.command);
    ck_assert_uint_eq(msg.code, 800);
    ck_assert_uint_eq(msg.tid, 1001);
    is(msg.package, "SCRIPT");
    is(msg.comment, "no such script");
    ck_assert_int_eq(read_text("899 7 /X-1"), 0);
    is(msg.package, "X-1");
    is(msg.comment, "");
    ck_assert_int_eq(read_text("510 7 /S is no package here"), 0);
    is(msg.package, "");
    is(msg.comment, "/S is no package here");
    ck_assert_int_eq(read_text("000 0012 OK"), 0);
    ck_assert_uint_eq(msg.code, 0);
    ck_assert_uint_eq(msg.tid, 12);
    ck_assert_int_eq(read_text("999 1"), 0);
    ck_assert_uint_eq(msg.code, 999);
    is(msg.comment, "");
}
END_TEST

START_TEST(a_response_is_read_whatever_lines_it_has)
{
    ck_assert_int_eq(read_text("200 1 OK\nI: 1\nI: 2\nnonsense\n: 1\nFOO: 1\nX+y: 1\nX-y: 2\n"
                               "F: A\nA: a:PCMU,\n   m:inactive\nL: a:G729\n"),
                     0);
    ck_assert_uint_eq(mgcp_check_lines(&msg), 0);
    is(mgcp_value(&msg, MGCP_P_I), "1");
    is(mgcp_value(&msg, MGCP_P_A), "a:PCMU,");
    is(mgcp_value(&msg, MGCP_P_L), "a:G729");
    ck_assert(!mgcp_has(&msg, MGCP_P_STRANGE));
}
END_TEST

START_TEST(names_of_verbs_and_parameters_are_the_standards)
{
    ck_assert_str_eq(mgcp_verb_name(MGCP_EPCF), "EPCF");
    ck_assert_str_eq(mgcp_verb_name(MGCP_MESG), "MESG");
    ck_assert_str_eq(mgcp_verb_name(MGCP_UNKNOWN_VERB), "");
    ck_assert_str_eq(mgcp_param_name(MGCP_P_B), "B");
    ck_assert_str_eq(mgcp_param_name(MGCP_P_Z2), "Z2");
    ck_assert_str_eq(mgcp_param_name(MGCP_P_VENDOR), "");
    for (unsigned p = 0; p < MGCP_P_KNOWN; p++) {
        rt_buf_reset(&out);
        rt_buf_printf(&out, "200 1\n%s: 1", mgcp_param_name((enum mgcp_param)p));
        ck_assert_int_eq(read_text(out.p), 0);
        ck_assert_int_eq(msg.line[0].param, p);
    }
}
END_TEST

/* ---- what is accepted ---- */

START_TEST(blanks_case_and_line_ends_do_not_count)
{
    static const char *const forms[] = {
        "RQNT 1201 " NAME " MGCP 1.0\r\nX: 1f\r\nR: L/hd(N)\r\nS:\r\n",
        "rqnt 1201 " NAME " mgcp 1.0\nx:1f\nr:L/hd(N)\ns:\n",
        "RqNt\t001201 \t " NAME "  Mgcp\t1.0 \t\r\nX:\t 1f \r\n R :  L/hd(N)\t\r\nS: \t",
        "\r\n\n.\r\n.\nRQNT 1201 " NAME " MGCP 1.0\nX: 1f\nR: L/hd(N)\nS:",
        "RQNT 1201 " NAME " MGCP 0.1\r\nS: \r\nX: 1f\r\nR: L/hd(N)\r\n\r\n"};

    for (size_t i = 0; i < RT_COUNT(forms); i++) {
        ck_assert_uint_eq(refused(forms[i]), 0);
        ck_assert_int_eq(msg.verb, MGCP_RQNT);
        ck_assert_uint_eq(msg.tid, 1201);
        is(msg.endpoint, NAME);
        ck_assert_uint_eq(msg.nlines, 3);
        is(mgcp_value(&msg, MGCP_P_X), "1f");
        is(mgcp_value(&msg, MGCP_P_R), "L/hd(N)");
        ck_assert(mgcp_has(&msg, MGCP_P_S));
        is(mgcp_value(&msg, MGCP_P_S), "");
        ck_assert_uint_eq(msg.nsdp, 0);
    }
}
END_TEST

START_TEST(a_profile_follows_the_version)
{
    ck_assert_uint_eq(refused("AUEP 1 " NAME " MGCP 1.0 NCS 1.0\r\n"), 0);
    is(msg.version, "1.0");
    is(msg.profile, "NCS 1.0");
    ck_assert_uint_eq(refused("AUEP 1 " NAME " mgcp 0.1  tgcp \t 1.0  "), 0);
    is(msg.version, "0.1");
    is(msg.profile, "tgcp \t 1.0");
}
END_TEST

START_TEST(a_transaction_id_is_a_number_of_up_to_nine_digits)
{
    static const struct {
        const char *text;
        uint32_t tid; /* 0: none */
    } rows[] = {{"1", 1},
                {"000000001", 1},
                {"999999999", MGCP_TID_MAX},
                {"0", 0},
                {"000", 0},
                {"1000000000", 0},
                {"0000000001", 0},
                {"-1", 0},
                {"12a", 0},
                {"+1", 0},
                {"1.0", 0},
                {"0x1", 0},
                {"18446744073709551617", 0}};

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        rt_buf_reset(&out);
        rt_buf_printf(&out, "AUEP %s " NAME " MGCP 1.0", rows[i].text);
        ck_assert_int_eq(read_text(out.p), rows[i].tid ? 0 : EBADMSG);
        if (rows[i].tid)
            ck_assert_uint_eq(msg.tid, rows[i].tid);
        rt_buf_reset(&out);
        rt_buf_printf(&out, "200 %s OK", rows[i].text);
        ck_assert_int_eq(read_text(out.p), rows[i].tid ? 0 : EBADMSG);
    }
}
END_TEST

START_TEST(what_peers_in_the_field_send_is_accepted)
{
    static const char *const forms[] = {
        "NTFY 1 *@vg224 MGCP 0.1\nX: 0\nO:\n", /* a keep-alive */
        "NTFY 1 AALN/S2/1@vg224 MGCP 0.1\nN: ca@192.0.2.1:2427\nX: 1\nO: L/hd\n",
        "CRCX 1 " NAME " MGCP 1.0\nC: 1\nL: , p:20, a:PCMU, a:PCMA\nM: recvonly\nX: 9\n",
        "MDCX 1 " NAME " MGCP 1.0\nC: 1\nI: 2\nX: 9\n",
        "DLCX 1 " NAME " MGCP 1.0\nX: 9\n",
        "RQNT 1 *@gw MGCP 1.0\nX:\nR:\nS:\nD:\nN:\nT:\n",
        "RQNT 1 " NAME " MGCP 1.0\nX: 1\nR: L/hd\nX-Flower: Daisy\nX-Flower: Rose\n",
        "RQNT 1 " NAME " MGCP 1.0\nX: 1\nB/PR: L/hd\nB: e:mu\nLCK/LST: 1\n",
        "EPCF 1 " NAME " MGCP 1.0\nX-A: 1\n"};

    for (size_t i = 0; i < RT_COUNT(forms); i++)
        ck_assert_msg(refused(forms[i]) == 0, "%s: %u", forms[i], refused(forms[i]));
    ck_assert_int_eq(read_text("200 1 OK\nL: a:PCMU, p:10-100\n"), 0); /* for A */
    is(mgcp_value(&msg, MGCP_P_L), "a:PCMU, p:10-100");
    ck_assert_int_eq(read_text("000 99 OK"), 0); /* unasked */
}
END_TEST

/* ---- several in a datagram ---- */

START_TEST(messages_stand_behind_each_other)
{
    struct rt_str d =
        rt_str("200 2005 OK\r\n.\r\nCRCX 1 " NAME " MGCP 1.0\r\nC: 1\r\nM: inactive\r\n"
               "\r\n" SDP " . \r\n000 7\n.\n.\n\r\n");

    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), 0);
    ck_assert_uint_eq(msg.tid, 2005);
    is(msg.raw, "200 2005 OK\r\n");
    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), 0);
    ck_assert_int_eq(msg.verb, MGCP_CRCX);
    is(msg.lines, "C: 1\r\nM: inactive\r\n");
    is(msg.sdp[0], SDP);
    is(msg.raw, "CRCX 1 " NAME " MGCP 1.0\r\nC: 1\r\nM: inactive\r\n\r\n" SDP);
    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), 0);
    ck_assert_uint_eq(msg.tid, 7);
    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), ENOENT);
    ck_assert_uint_eq(d.n, 0);
    ck_assert_int_eq(read_text(""), ENOENT);
    ck_assert_int_eq(read_text("\r\n \t\r\n.\r\n"), ENOENT);
}
END_TEST

START_TEST(a_broken_message_does_not_hurt_the_next)
{
    struct rt_str d =
        rt_str("nonsense\r\nmore of it\r\n\r\nv=0\r\n.\r\nXPER 3 " NAME " MGCP 1.0\r\n"
               "broken\r\n.\r\n200 4 OK\r\n");

    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), EBADMSG);
    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), EPROTO);
    ck_assert_uint_eq(refusal, 504);
    ck_assert_uint_eq(msg.tid, 3);
    ck_assert_int_eq(mgcp_read(&msg, &d, &refusal), 0);
    ck_assert_uint_eq(msg.tid, 4);
}
END_TEST

START_TEST(two_descriptions_are_told_apart)
{
    static const char *const forms[] = {
        "200 1 OK\r\n\r\n" SDP "\r\nv=0\r\n", "200 1 OK\r\n\r\n" SDP "v=0\r\n",
        "200 1 OK\r\n\r\n \r\n" SDP "\r\n\r\nv=0\r\n\r\n\r\n",
        "200 1 OK\r\n\r\n" SDP "\r\nv=0\r\n\r\nv=0\r\nwhat is this\r\n"};

    for (size_t i = 0; i < RT_COUNT(forms); i++) {
        ck_assert_int_eq(read_text(forms[i]), 0);
        ck_assert_uint_eq(msg.nsdp, 2);
        is(msg.sdp[0], SDP);
        is(msg.sdp[1], "v=0\r\n");
        is(msg.lines, "");
    }
    ck_assert_int_eq(read_text("200 1 OK\n\nv=0\ns=-"), 0);
    ck_assert_uint_eq(msg.nsdp, 1);
    is(msg.sdp[0], "v=0\ns=-");
}
END_TEST

START_TEST(thousands_of_names_are_a_list)
{
    struct mgcp_line line;

    rt_buf_puts(&out, "200 1 OK\r\n");
    for (unsigned i = 1; i <= 3000; i++)
        rt_buf_printf(&out, "Z: aaln/%u@gw\r\n", i);
    rt_buf_puts(&out, "no name\r\n\r\nv=0\r\n");
    ck_assert_int_eq(read_text(out.p), 0);
    ck_assert_uint_eq(msg.nlines, MGCP_LINES);
    ck_assert_uint_eq(msg.nsdp, 1);
    struct rt_str rest = msg.lines;
    char name[20];
    for (unsigned i = 1; i <= 3000; i++) {
        ck_assert(mgcp_line_next(&rest, &line));
        snprintf(name, sizeof name, "aaln/%u@gw", i);
        is(line.value, name);
        ck_assert_int_eq(line.param, MGCP_P_Z);
    }
    ck_assert(!mgcp_line_next(&rest, &line));
}
END_TEST

/* ---- what is refused ---- */

START_TEST(what_is_no_message_is_not_answered)
{
    static const char *const texts[] = {"x",
                                        "AUEP",
                                        "AUEP  ",
                                        "AUEP x " NAME " MGCP 1.0",
                                        "AUDIT 1 " NAME " MGCP 1.0",
                                        "AUE 1 " NAME " MGCP 1.0",
                                        "1UEP 1 " NAME " MGCP 1.0",
                                        "AU-P 1 " NAME " MGCP 1.0",
                                        "20 1 OK",
                                        "2000 1 OK",
                                        "2x0 1 OK",
                                        "200",
                                        "200 OK",
                                        "OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n"};

    for (size_t i = 0; i < RT_COUNT(texts); i++)
        ck_assert_msg(read_text(texts[i]) == EBADMSG, "%s", texts[i]);
}
END_TEST

static int read_octets(const char *p, size_t n)
{
    struct rt_str datagram = {p, n};

    return mgcp_read(&msg, &datagram, &refusal);
}

START_TEST(a_zero_octet_in_a_header_is_refused)
{
    static const char command[] = "AUEP 1 " NAME " MGCP 1.0\nX-A: \0\n";
    static const char name[] = "AUEP 1 aaln\0/1@gw MGCP 1.0\n";
    static const char response[] = "200 1 O\0K\n";
    static const char body[] = "200 1 OK\n\nv=0\0\n";

    ck_assert_int_eq(read_octets(command, sizeof command - 1), EPROTO);
    ck_assert_uint_eq(refusal, 510);
    ck_assert_int_eq(read_octets(name, sizeof name - 1), EPROTO);
    ck_assert_uint_eq(refusal, 510);
    ck_assert_int_eq(read_octets(response, sizeof response - 1), EBADMSG);
    ck_assert_int_eq(read_octets(body, sizeof body - 1), 0); /* a matter of descriptions */
}
END_TEST

START_TEST(a_name_has_255_octets_on_each_side)
{
    char part[257];

    memset(part, 'a', sizeof part);
    for (int local = 255; local <= 256; local++)
        for (int domain = 255; domain <= 256; domain++) {
            rt_buf_reset(&out);
            rt_buf_printf(&out, "AUEP 1 %.*s@%.*s MGCP 1.0", local, part, domain, part);
            ck_assert_uint_eq(refused(out.p), local + domain == 510 ? 0 : 500);
        }
}
END_TEST

/* ---- hostile ones ---- */

static void inside(struct rt_str s, const char *p, size_t n)
{
    ck_assert(s.p == NULL || (s.p >= p && s.p + s.n <= p + n));
}

/** Reads all of it from memory that ends where it ends. */
static void read_all(const char *p, size_t n)
{
    char *copy = malloc(n + 1);
    struct rt_str d = {copy, n};
    struct mgcp_line line;
    int err;

    memcpy(copy, p, n);
    while ((err = mgcp_read(&msg, &d, &refusal)) != ENOENT) {
        ck_assert(err == 0 || err == EPROTO || err == EBADMSG);
        inside(msg.raw, copy, n);
        inside(msg.lines, copy, n);
        for (unsigned i = 0; i < msg.nsdp; i++)
            inside(msg.sdp[i], copy, n);
        for (unsigned i = 0; i < msg.nlines; i++)
            inside(msg.line[i].value, copy, n);
        for (struct rt_str rest = msg.lines; mgcp_line_next(&rest, &line);)
            inside(line.value, copy, n);
        if (err == 0)
            mgcp_check_lines(&msg);
    }
    ck_assert_int_eq(memcmp(copy, p, n), 0);
    free(copy);
}

START_TEST(broken_examples_do_no_harm)
{
    static const char octets[] = {'\0', '\n', '\r', ' ', ':', '.', '@', '/', '\x80', '\xff'};
    char text[3000];

    struct rt_str d = examples(false);
    size_t n = d.n < sizeof text ? d.n : sizeof text;
    for (size_t end = 0; end < n; end += 3)
        read_all(d.p, end);
    memcpy(text, d.p, n);
    for (size_t i = 0; i < n; i++) {
        text[i] = octets[i % sizeof octets];
        read_all(text, n);
        if (i % 7)
            text[i] = d.p[i];
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp message");
    TCase *tc = tcase_create("mgcp message");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, all_examples_of_the_standard_are_read);
    tcase_add_test(tc, a_command_is_read);
    tcase_add_test(tc, a_response_is_read);
    tcase_add_test(tc, a_response_is_read_whatever_lines_it_has);
    tcase_add_test(tc, names_of_verbs_and_parameters_are_the_standards);
    tcase_add_test(tc, blanks_case_and_line_ends_do_not_count);
    tcase_add_test(tc, a_profile_follows_the_version);
    tcase_add_test(tc, a_transaction_id_is_a_number_of_up_to_nine_digits);
    tcase_add_test(tc, what_peers_in_the_field_send_is_accepted);
    tcase_add_test(tc, messages_stand_behind_each_other);
    tcase_add_test(tc, a_broken_message_does_not_hurt_the_next);
    tcase_add_test(tc, two_descriptions_are_told_apart);
    tcase_add_test(tc, thousands_of_names_are_a_list);
    tcase_add_test(tc, what_is_no_message_is_not_answered);
    tcase_add_test(tc, a_zero_octet_in_a_header_is_refused);
    tcase_add_test(tc, a_name_has_255_octets_on_each_side);
    tcase_add_test(tc, broken_examples_do_no_harm);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
