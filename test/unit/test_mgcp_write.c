/* Writing messages of MGCP: the standard's examples again, and texts that would break a line. */
#include "test/unit/mgcp_message_rig.h"

static void rebuild(void)
{
    char comment[80], name[40];

    if (msg.command) {
        mgcp_write_command(&out, msg.verb, msg.tid, msg.local, msg.domain, NULL);
    } else {
        rt_str_copy(comment, sizeof comment, msg.comment);
        mgcp_write_response(&out, msg.code, msg.tid, NULL, comment);
    }
    for (unsigned i = 0; i < msg.nlines; i++) {
        rt_str_copy(name, sizeof name, msg.line[i].name);
        mgcp_write_line(&out, name, msg.line[i].value);
    }
    for (unsigned i = 0; i < msg.nsdp; i++)
        mgcp_write_sdp(&out, msg.sdp[i]);
}

/** Some of the standard's have verbs and "mgcp" in small letters; the rest is the same to the
 * octet. */
START_TEST(the_examples_are_rebuilt_to_the_octet)
{
    struct rt_str datagram = examples(true);
    char raw[2000];

    while (mgcp_read(&msg, &datagram, &refusal) == 0) {
        rebuild();
        rt_str_copy(raw, sizeof raw, msg.raw);
        size_t line = strcspn(raw, "\n");
        ck_assert_int_eq(strncasecmp(raw, out.p, line), 0);
        ck_assert_str_eq(raw + line, out.p + line);
        if (raw[0] < 'a')
            ck_assert_str_eq(raw, out.p);
        rt_buf_reset(&out);
    }
}
END_TEST

/* ---- what is written ---- */

START_TEST(a_command_is_written_in_the_peers_version)
{
    struct mgcp_peculiar p = {.version = "MGCP 1.0 NCS 1.0"};

    mgcp_write_command(&out, MGCP_AUEP, 1, rt_str("*"), rt_str("gw"), &p);
    written("AUEP 1 *@gw MGCP 1.0 NCS 1.0\r\n");
    mgcp_write_command(&out, MGCP_RSIP, 999999999, rt_str("aaln/*"), rt_str("[192.0.2.1]"), NULL);
    mgcp_write_linef(&out, "RD", "%u", 600u);
    written("RSIP 999999999 aaln/*@[192.0.2.1] MGCP 1.0\r\nRD: 600\r\n");
}
END_TEST

START_TEST(a_response_has_its_code_and_text)
{
    mgcp_write_response(&out, 0, 7, NULL, "");
    written("000 7\r\n");
    mgcp_write_response(&out, 45, 7, "", "text");
    written("045 7 text\r\n");
    mgcp_write_response(&out, 800, 1001, "SCRIPT", "no script");
    written("800 1001 /SCRIPT no script\r\n");
    mgcp_write_response(&out, 500, 1, NULL, NULL);
    ck_assert_int_eq(read_text(out.p), 0);
    ck_assert_uint_gt(msg.comment.n, 0);
}
END_TEST

START_TEST(lines_and_descriptions_are_written)
{
    mgcp_write_line(&out, "K", (struct rt_str){0});
    mgcp_write_line(&out, "D", rt_str(""));
    mgcp_write_linef(&out, "S", "%s", "");
    mgcp_write_line(&out, "I", rt_str("1"));
    mgcp_write_sdp(&out, rt_str("v=0"));
    mgcp_write_sdp(&out, rt_str("v=0\r\n"));
    mgcp_write_separator(&out);
    written("K:\r\nD:\r\nS:\r\nI: 1\r\n\r\nv=0\r\n\r\nv=0\r\n.\r\n");
}
END_TEST

START_TEST(no_value_begins_a_line_of_its_own)
{
    mgcp_write_line(&out, "N", rt_str("a\r\n.\nX: 1"));
    written("N: a  . X: 1\r\n");
    mgcp_write_linef(&out, "N", "%s", "a\nb");
    written("N: a b\r\n");
    mgcp_write_response(&out, 200, 1, NULL, "a\n.\n");
    written("200 1 a . \r\n");
    mgcp_write_command(&out, MGCP_AUEP, 1, rt_str("a"), rt_str("b\n.\nc"), NULL);
    written("AUEP 1 a@b . c MGCP 1.0\r\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp write");
    TCase *tc = tcase_create("mgcp write");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, the_examples_are_rebuilt_to_the_octet);
    tcase_add_test(tc, a_command_is_written_in_the_peers_version);
    tcase_add_test(tc, a_response_has_its_code_and_text);
    tcase_add_test(tc, lines_and_descriptions_are_written);
    tcase_add_test(tc, no_value_begins_a_line_of_its_own);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
