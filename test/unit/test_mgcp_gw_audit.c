/* Audits of endpoints of ours and their connections (RFC 3435 2.3.10, 2.3.11; RFC 3624). */
#include "test/unit/mgcp_gw_verbs_rig.h"

START_TEST(an_endpoint_is_audited)
{
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/1", ""), 200);
    const char *id = connect_one("ds/e1-1/1", "1");
    ck_assert_uint_eq(command("EPCF", "ds/e1-1/1", "B: e:A"), 200);
    ck_assert_uint_eq(
        command("AUEP", "ds/e1-1/1", "F: I, RM,RD , E, PL, MD, A, B, N, zz, zz/foo, X"), 200);
    ck_assert_str_eq(value_of("I"), id);
    ck_assert_str_eq(value_of("RM"), "restart");
    ck_assert_str_eq(value_of("RD"), "0");
    ck_assert_int_eq(strncmp(value_of("E"), "000", 3), 0);
    ck_assert_ptr_nonnull(strstr(value_of("PL"), "G:1,D:1,T:1"));
    ck_assert_str_eq(value_of("MD"), "65507");
    ck_assert_ptr_nonnull(strstr(value_of("A"), "a:PCMU;PCMA, m:sendrecv;inactive, v:G;D;T;R"));
    ck_assert_str_eq(value_of("B"), "e:A");
    ck_assert_str_eq(value_of("N"), "[" AGENT "]:2727");
    ck_assert_str_eq(value_of("X"), "0");
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/2", "F: I,B,D"), 200);
    ck_assert_ptr_nonnull(strstr(got, "\nI:"));
    ck_assert_ptr_nonnull(strstr(got, "\nB:"));
    ck_assert_ptr_nonnull(strstr(got, "\nD:"));
}
END_TEST

START_TEST(many_endpoints_are_named)
{
    ck_assert_uint_eq(command("AUEP", "ds/e1-1/*", "F: X"), 200);
    ck_assert_ptr_nonnull(strstr(got, "Z: ds/e1-1/1@gw\r\nZ: ds/e1-1/2@gw\r\nZ: ds/e1-1/3@gw\r\n"));
    ck_assert_ptr_null(strstr(got, "X:"));
    struct mgcp_timers t = {.datagram = 60};
    mgcp_node_set(node, &t);
    ck_assert_uint_eq(command("AUEP", "*", ""), 533);
}
END_TEST

START_TEST(a_connection_is_audited)
{
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/1", "C: ab|M: recvonly|L: p:10"), 200);
    const char *id = value_of("I");
    own.statistics = true;
    ck_assert_uint_eq(command("AUCX", "ds/e1-1/1", format("I: %s|F: C,N,L,M,P,RC,LC,zz", id, "")),
                      200);
    ck_assert_str_eq(value_of("C"), "ab");
    ck_assert_str_eq(value_of("L"), "p:10");
    ck_assert_str_eq(value_of("M"), "recvonly");
    ck_assert_ptr_nonnull(strstr(value_of("P"), "PS=10"));
    /* LC before RC, which is its version alone */
    const char *lc = strstr(got, "\r\n\r\nv=0\r\no=- 1\r\n");
    ck_assert_ptr_nonnull(lc);
    ck_assert_ptr_nonnull(strstr(lc + 4, "\r\n\r\nv=0\r\n"));
    ck_assert_uint_eq(command("AUCX", "ds/e1-1/1", format("I: %s|F:", id, "")), 200);
    own.statistics = false; /* no value: the line alone */
    ck_assert_uint_eq(command("AUCX", "ds/e1-1/1", format("I: %s|F: P", id, "")), 200);
    ck_assert_ptr_nonnull(strstr(got, "\nP:"));
}
END_TEST

/* ---- bulk audit ---- */

static const struct {
    const char *endpoint, *lines;
    unsigned code;
    const char *line, *value;
} bulk[] = {
    {"*", "BA/F: BA/Z", 200, "BA/Z", "aaln/1"},
    {"ds/*", "BA/F: BA/Z", 200, "BA/Z", "ds/e1-1/[1-3]"},
    {"ds/e1-2/*", "BA/F: BA/X", 200, "BA/X", "ds/e1-2/1"},
    {"ds/e1-1/*", "BA/F: BA/C", 200, "BA/C", "120"},
    {"ds/e1-1/*", "BA/F: BA/M", 200, "BA/M", "R2RI0"},
    {"ds/e1-1/*", "BA/F: BA/S(I)", 200, "BA/S", "TTO"},
    {"ds/e1-1/*", "BA/F: BA/S(D,N)", 200, "BA/S", "FFO"},
    {"ds/e1-1/*", "BA/F: BA/S(H), BA/C", 200, "BA/EL", "ds/e1-1/[1-3]"},
    {"ds/e1-1/*", "BA/F: BA/C|BA/SE: ds/e1-1/2", 200, "BA/C", "20"},
    {"ds/e1-1/*", "BA/F: BA/C|BA/NU: 2", 200, "BA/NE", "ds/e1-1/3"},
    {"ds/e1-1/*", "BA/F: BA/C|BA/SE: ds/e1-1/2|BA/NU: 1", 200, "BA/EL", "ds/e1-1/2"},
    {"ds/e1-1/1", "BA/F: BA/C", 200, "BA/C", "1"},
    {"*", "BA/F: BA/Q", 802, "", ""},
    {"*", "BA/F: BA/C,BA/C", 802, "", ""},
    {"*", "BA/F: BA/C,BA/Z", 802, "", ""},
    {"*", "BA/F: BA/S(Q)", 803, "", ""},
    {"*", "BA/F: BA/S", 803, "", ""},
    {"*", "BA/F: BA/C|BA/SE: ds/*", 801, "", ""},
    {"*", "BA/F: BA/C|BA/SE: ds/e1-9/1", 806, "", ""},
    {"*", "BA/F: BA/C|BA/NU: 0", 805, "", ""},
    {"*", "BA/F: BA/C|BA/NU: 65536", 805, "", ""},
};

START_TEST(many_endpoints_are_audited)
{
    connect_one("ds/e1-1/1", "1");
    connect_one("ds/e1-1/2", "1");
    ck_assert_uint_eq(command("CRCX", "ds/e1-1/2", "C: 2|M: inactive"), 200);
    mgcp_gw_endpoint_out(ds[2], 904, false);
    fake_settle();
    ck_assert_uint_eq(command("AUEP", bulk[_i].endpoint, bulk[_i].lines), bulk[_i].code);
    ck_assert_str_eq(value_of(bulk[_i].line), bulk[_i].value);
    if (bulk[_i].code >= 800)
        ck_assert_ptr_nonnull(strstr(got, " /BA"));
}
END_TEST

START_TEST(bulk_audits_fit_into_a_datagram)
{
    char name[20];
    for (unsigned i = 4; i <= 400; i++) {
        snprintf(name, sizeof(name), "ds/e1-1/%u", i);
        rig_endpoint(name, MGCP_TRUNK_ENDPOINT);
    }
    fake_settle();
    struct mgcp_timers t = {.datagram = 800};
    mgcp_node_set(node, &t);
    unsigned begin = 1, reported = 0;
    for (unsigned turns = 0; turns < 100 && begin; turns++) {
        char lines[100];
        snprintf(lines, sizeof(lines), "BA/F: BA/C|BA/SE: ds/e1-1/%u", begin);
        ck_assert_uint_eq(command("AUEP", "ds/e1-1/*", lines), 200);
        ck_assert_uint_le(strlen(got), 800);
        for (const char *p = got; (p = strstr(p, "BA/C: ")) != NULL;) {
            p += strlen("BA/C: ");
            reported += (unsigned)strcspn(p, "\r");
        }
        begin = *value_of("BA/NE") ? (unsigned)atoi(value_of("BA/NE") + 8) : 0;
    }
    ck_assert_uint_eq(reported, 400);
    ck_assert_uint_eq(begin, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_gw_audit");
    TCase *c = tcase_create("audit");
    tcase_add_checked_fixture(c, setup, rig_close);
    tcase_add_test(c, an_endpoint_is_audited);
    tcase_add_test(c, many_endpoints_are_named);
    tcase_add_test(c, a_connection_is_audited);
    tcase_add_loop_test(c, many_endpoints_are_audited, 0, (int)RT_COUNT(bulk));
    tcase_add_test(c, bulk_audits_fit_into_a_datagram);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
