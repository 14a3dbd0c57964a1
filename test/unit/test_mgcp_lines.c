/* Which lines a command of MGCP must, may and must not have, how ids and numbers in them look, and
 * the code that refuses what is wrong (RFC 3435 2.4, 3.2.2 and appendix A).
 */
#include "test/unit/mgcp_message_rig.h"

static const struct {
    const char *text;
    unsigned code;
} refusals[] = {
    {"AUEP 1", 510},
    {"AUEP 1 " NAME, 528},
    {"AUEP 1 " NAME " MGCP", 528},
    {"AUEP 1 " NAME " MGCP 2.0", 528},
    {"AUEP 1 " NAME " MGCP 1.1", 528},
    {"AUEP 1 " NAME " MGCP 1", 528},
    {"AUEP 1 " NAME " SIP 1.0", 528},
    {"XPER 1 " NAME " MGCP 1.0", 504},
    {"AB12 1 " NAME " MGCP 1.0", 504},
    {"AUEP 1 aaln/1 MGCP 1.0", 500},
    {"AUEP 1 @rgw MGCP 1.0", 500},
    {"AUEP 1 aaln/1@ MGCP 1.0", 500},
    {"AUEP 1 " NAME " MGCP 1.0\nX+Flower: Daisy", 511},
    {"AUEP 1 " NAME " MGCP 1.0\nFLOWER: Daisy", 539},
    {"AUEP 1 " NAME " MGCP 1.0\nEA: 1", 539},
    {"AUEP 1 " NAME " MGCP 1.0\nG: 1", 539},
    {"AUEP 1 " NAME " MGCP 1.0\n/a: 1\n", 539},
    {"AUEP 1 " NAME " MGCP 1.0\na/: 1\n", 539},
    {"AUEP 1 " NAME " MGCP 1.0\nno colon", 510},
    {"AUEP 1 " NAME " MGCP 1.0\n: no name", 510},
    {"AUEP 1 " NAME " MGCP 1.0\nRC: v=0", 539},
    /* one and the same twice */
    {"AUEP 1 " NAME " MGCP 1.0\nF: A\nf: I", 510},
    {"RQNT 1 " NAME " MGCP 1.0\nX: 1\nB/PR:\nb/pr:", 510},
    {"RQNT 1 " NAME " MGCP 1.0\nK:\nX: 1\nK: 5", 510},
    /* what belongs together */
    {"EPCF 1 " NAME " MGCP 1.0", 510},
    {"EPCF 1 " NAME " MGCP 1.0\nB/PR:", 0},
    {"CRCX 1 " NAME " MGCP 1.0\nC: 1\nM: inactive\nR: L/hd", 510},
    {"CRCX 1 " NAME " MGCP 1.0\nC: 1\nM: inactive\nS: L/rg\nX: 1", 0},
    {"MDCX 1 " NAME " MGCP 1.0\nC: 1\nI: 1\nD: 5x", 510},
    {"DLCX 1 " NAME " MGCP 1.0\nC: 1\nI: 1\nS:", 510},
    {"DLCX 1 " NAME " MGCP 1.0\nC: 1\nI: 1\nS:\nX: 1", 0},
    {"DLCX 1 " NAME " MGCP 1.0\nC: 1\nS:\nX: 1", 510},
    {"DLCX 1 " NAME " MGCP 1.0\nB: e:A", 510},
    {"CRCX 1 " NAME " MGCP 1.0\nC: 1\nM: inactive\nZ2: $@gw", 0},
    {"CRCX 1 " NAME " MGCP 1.0\nC: 1\nM: inactive\nZ2: $@gw\n\nv=0\n", 510},
    /* descriptions */
    {"MDCX 1 " NAME " MGCP 1.0\nC: 1\nI: 1\n\nv=0\n", 0},
    {"MDCX 1 " NAME " MGCP 1.0\nC: 1\nI: 1\n\nv=0\n\nv=0\n", 539},
    {"RQNT 1 " NAME " MGCP 1.0\nX: 1\n\nv=0\n", 539},
    {"DLCX 1 " NAME " MGCP 1.0\n\nv=0\n", 539},
};

START_TEST(what_is_wrong_is_refused_with_its_code)
{
    for (size_t i = 0; i < RT_COUNT(refusals); i++) {
        unsigned code = refused(refusals[i].text);
        ck_assert_msg(code == refusals[i].code, "%s: %u", refusals[i].text, code);
        ck_assert_uint_eq(msg.tid, 1);
    }
}
END_TEST

START_TEST(lines_beyond_those_kept_are_vendors_or_refused)
{
    for (unsigned further = 0; further < 3; further++) {
        rt_buf_reset(&out);
        rt_buf_puts(&out, "RQNT 1 " NAME " MGCP 1.0\nX: 1\n");
        for (unsigned i = 0; i < 200; i++)
            rt_buf_printf(&out, "X-%u: %s \t\r\n", i, i % 2 ? "" : "1");
        rt_buf_puts(&out, further == 1 ? "R: L/hd" : further == 2 ? "X-a/b: R:" : "");
        ck_assert_uint_eq(refused(out.p), further == 1 ? 510 : 0);
    }
}
END_TEST

/* ---- the table of 3.2.2 ---- */

#define VERBS 9
static const char *const order[VERBS] = {"EPCF", "CRCX", "MDCX", "DLCX", "RQNT",
                                         "NTFY", "AUEP", "AUCX", "RSIP"};

/** As it stands in the standard. */
static const struct {
    const char *param, *value, *rule;
} rows[] = {{"B", "e:mu", "OOOOOFFFF"},     {"C", "A1", "FMMOFFFFF"},
            {"A", "a:PCMU", "FFFFFFFFF"},   {"I", "B2", "FFMOFFFMF"},
            {"M", "inactive", "FMOFFFFFF"}, {"P", "PS=1", "FFFOFFFFF"},
            {"T", "L/hu", "FOOOOFFFF"},     {"D", "5x", "FOOOOFFFF"},
            {"ES", "L/hu", "FFFFFFFFF"},    {"L", "a:PCMU", "FOOFFFFFF"},
            {"MD", "4000", "FFFFFFFFF"},    {"N", "ca@example.net", "FOOOOOFFF"},
            {"O", "L/hd", "FFFFFMFFF"},     {"PL", "L:1", "FFFFFFFFF"},
            {"Q", "loop", "FOOOOFFFF"},     {"E", "900 failed", "FFFOFFFFO"},
            {"R", "L/hd", "FOOOOFFFF"},     {"X", "C3", "FOOOMMFFF"},
            {"F", "I", "FFFFFFOMF"},        {"K", "1-2", "OOOOOOOOO"},
            {"RD", "10", "FFFFFFFFO"},      {"RM", "restart", "FFFFFFFFM"},
            {"I2", "D4", "FFFFFFFFF"},      {"Z2", "aaln/2@gw", "FOFFFFFFF"},
            {"S", "L/rg", "FOOOOFFFF"},     {"Z", "aaln/1@gw", "FFFFFFFFF"}};

/** What a command of the verb has beside the parameter at hand: what is mandatory, and what the
 * parameter needs. */
static void begin_command(unsigned verb, const char *without)
{
    static const char *const needs[VERBS] = {"B", "X", "X", "CIX", "", "", "", "", ""};

    rt_buf_reset(&out);
    rt_buf_printf(&out, "%s 1 " NAME " MGCP 1.0\r\n", order[verb]);
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        if (strcmp(rows[i].param, without) != 0 &&
            (rows[i].rule[verb] == 'M' ||
             (!rows[i].param[1] && strstr(needs[verb], rows[i].param))))
            mgcp_write_line(&out, rows[i].param, rt_str(rows[i].value));
}

static void check_rule(unsigned verb, size_t row)
{
    const char *name = rows[row].param;
    char rule = rows[row].rule[verb];

    begin_command(verb, name);
    if (rule == 'M')
        ck_assert_msg(refused(out.p) == 510, "%s without %s", order[verb], name);
    mgcp_write_line(&out, name, rt_str(rows[row].value));
    unsigned code = refused(out.p);
    ck_assert_msg(code == (rule == 'F' ? 539 : 0), "%s with %s: %u", order[verb], name, code);
    if (rule == 'F')
        return;
    mgcp_write_line(&out, name, rt_str(rows[row].value));
    ck_assert_msg(refused(out.p) == 510, "%s with %s twice", order[verb], name);
}

START_TEST(each_verb_must_may_and_must_not_have_its_parameters)
{
    ck_assert_uint_eq(RT_COUNT(rows), MGCP_P_KNOWN);
    for (size_t row = 0; row < RT_COUNT(rows); row++) {
        for (unsigned verb = 0; verb < VERBS; verb++)
            check_rule(verb, row);
        rt_buf_reset(&out); /* appendix B.3 */
        rt_buf_printf(&out, "MESG 1 " NAME " MGCP 1.0\n%s: %s", rows[row].param, rows[row].value);
        ck_assert_uint_eq(refused(out.p), strcmp(rows[row].param, "K") == 0 ? 0 : 539);
    }
}
END_TEST

static const struct {
    const char *command, *line;
    unsigned code;
} values[] = {
    {"DLCX", "C: 0123456789abcdefABCDEF0123456789", 0},
    {"DLCX", "C: 0123456789abcdefABCDEF01234567890", 510},
    {"DLCX", "C: 12g", 510},
    {"DLCX", "C:", 510},
    {"DLCX", "I: a", 0},
    {"DLCX", "I: a, b", 510},
    {"DLCX", "I:", 510},
    {"DLCX", "X: 0", 0},
    {"DLCX", "X:", 0},
    {"DLCX", "X: 0123456789abcdefABCDEF01234567890", 510},
    {"DLCX", "X: -1", 510},
    {"AUEP", "K: 6234-6255, 6257, 19030-19044", 0},
    {"AUEP", "K:", 0},
    {"AUEP", "K: 1,2", 0},
    {"AUEP", "K: 1000000000", 510},
    {"AUEP", "K: 1-", 510},
    {"AUEP", "K: -1", 510},
    {"AUEP", "K: 1,", 510},
    {"AUEP", "K: ,1", 510},
    {"AUEP", "K: 1-2-3", 510},
    {"AUEP", "K: x", 510},
    {"DLCX", "E: 900 - Hardware error", 0},
    {"DLCX", "E: 905", 0},
    {"DLCX", "E: 801 /S-1 script", 0},
    {"DLCX", "E: 801 script", 0},
    {"DLCX", "E: 801 /-", 510},
    {"DLCX", "E: 801 /", 510},
    {"DLCX", "E: 900 / is text", 0},
    {"DLCX", "E: 90", 510},
    {"DLCX", "E: 9000", 510},
    {"DLCX", "E: failed", 510},
    {"DLCX", "E:", 510},
    {"RSIP", "RM: Graceful", 0},
    {"RSIP", "RM: forced", 0},
    {"RSIP", "RM: restart", 0},
    {"RSIP", "RM: disconnected", 0},
    {"RSIP", "RM: cancel-graceful", 0},
    {"RSIP", "RM: X1/slowly", 0},
    {"RSIP", "RM: slowly", 536},
    {"RSIP", "RM: /slowly", 536},
    {"RSIP", "RM: a/", 536},
    {"RSIP", "RM:", 510},
    {"RSIP", "RM: restart\nRD: 999999", 0},
    {"RSIP", "RM: restart\nRD: 0", 0},
    {"RSIP", "RM: restart\nRD: 1000000", 510},
    {"RSIP", "RM: restart\nRD: -1", 510},
    {"RSIP", "RM: restart\nRD:", 510},
};

START_TEST(ids_and_numbers_have_their_grammar)
{
    for (size_t i = 0; i < RT_COUNT(values); i++) {
        rt_buf_reset(&out);
        rt_buf_printf(&out, "%s 1 " NAME " MGCP 1.0\n%s\n", values[i].command, values[i].line);
        unsigned code = refused(out.p);
        ck_assert_msg(code == values[i].code, "%s: %u", out.p, code);
    }
    ck_assert(mgcp_is_id(rt_str("0aF")));
    ck_assert(!mgcp_is_id(rt_str("")));
    ck_assert(!mgcp_is_id(rt_str("@")));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp lines");
    TCase *tc = tcase_create("mgcp lines");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, what_is_wrong_is_refused_with_its_code);
    tcase_add_test(tc, lines_beyond_those_kept_are_vendors_or_refused);
    tcase_add_test(tc, each_verb_must_may_and_must_not_have_its_parameters);
    tcase_add_test(tc, ids_and_numbers_have_their_grammar);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
