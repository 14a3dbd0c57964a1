/* The plan's certificates and connections: what is read, what is wrong and where. */
#include "gw/plan.h"
#include "test/fake/fake.h"
#include "test/unit/tls_files.h"

static char last_line[500];

static void keep_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level;
    rt_str_copy(last_line, sizeof last_line, rt_str(line));
}

static void setup(void)
{
    fake_reset();
    tls_files();
    last_line[0] = '\0';
    rt_log_sink(keep_line, NULL);
}

static void teardown(void)
{
    rt_log_sink(NULL, NULL);
}

static struct gw_plan *good(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    int err = gw_plan_parse(&p, "t.conf", rt_str(text), &diag);

    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return p;
}

START_TEST(certificates_and_limits_are_read)
{
    struct gw_plan *p = good("version 1\nsip { listen tls:10.0.0.1, tls:[::]:5071, udp:10.0.0.1\n"
                             "tls cert dns.crt key dns.key ca ca.crt verify required\n"
                             "connections 2000 per-source 10 idle 30min keepalive 2min\n"
                             "max-udp 1400 }\n");

    ck_assert_int_eq(p->sip.listen[0].transport, SIP_TLS);
    ck_assert_uint_eq(rt_addr_port(&p->sip.listen[0].addr), 5061);
    ck_assert_uint_eq(rt_addr_port(&p->sip.listen[1].addr), 5071);
    ck_assert_uint_eq(rt_addr_port(&p->sip.listen[2].addr), 5060);
    ck_assert_str_eq(p->sip.tls.cert, "dns.crt");
    ck_assert_str_eq(p->sip.tls.key, "dns.key");
    ck_assert_str_eq(p->sip.tls.ca, "ca.crt");
    ck_assert_int_eq(p->sip.tls.verify, RT_TLS_REQUIRED);
    ck_assert_uint_eq(p->sip.connections, 2000);
    ck_assert_uint_eq(p->sip.per_source, 10);
    ck_assert_int_eq(p->sip.idle, 1800 * RT_S);
    ck_assert_int_eq(p->sip.keepalive, 120 * RT_S);
    ck_assert_uint_eq(p->sip.max_udp, 1400);
    ck_assert_str_eq(last_line, "");
    gw_plan_unref(p);
}
END_TEST

START_TEST(what_is_not_said_has_its_default)
{
    struct gw_plan *p = good("version 1\nsip { listen udp:10.0.0.1 }\n");

    ck_assert_ptr_null(p->sip.tls.cert);
    ck_assert_uint_eq(p->sip.connections, 1024);
    ck_assert_uint_eq(p->sip.per_source, 64);
    ck_assert_int_eq(p->sip.idle, 900 * RT_S);
    ck_assert_int_eq(p->sip.keepalive, 0);
    ck_assert_uint_eq(p->sip.max_udp, 1300);
    gw_plan_unref(p);
    p = good("version 1\nsip { listen udp:10.0.0.1\ntls cert dns.crt key dns.key ca ca.crt\n"
             "connections 5 keepalive off }\n");
    ck_assert_int_eq(p->sip.tls.verify, RT_TLS_OFF);
    ck_assert_uint_eq(p->sip.connections, 5);
    ck_assert_uint_eq(p->sip.per_source, 64);
    ck_assert_int_eq(p->sip.keepalive, 0);
    gw_plan_unref(p);
}
END_TEST

/* The clock stands at 2026-03-01. */
START_TEST(a_certificate_that_has_ended_is_a_warning)
{
    struct gw_plan *p = good("version 1\nsip { listen tls:10.0.0.1\n"
                             "tls cert expired.crt key expired.key ca ca.crt }\n");

    ck_assert_ptr_nonnull(strstr(
        last_line, "t.conf:3:10: certificate expired.crt ended at 2026-02-01T00:00:00.000Z"));
    gw_plan_unref(p);
}
END_TEST

#define SIP(line) "version 1\nsip { listen tls:10.0.0.1:5061\n" line " }\n"

static const struct {
    const char *text, *want; /* the beginning of what is told */
} bad[] = {
    {SIP("advertise 10.0.0.1"),
     "t.conf:2:14: \"tls:10.0.0.1:5061\" needs \"tls cert FILE key FILE\"\n"},
    {SIP("tls cert none.crt key dns.key"), "t.conf:3:10: none.crt: No such file or directory\n"},
    {SIP("tls cert dns.crt key none.key"), "t.conf:3:22: none.key: No such file or directory\n"},
    {SIP("tls cert dns.crt key dns.key ca none"), "t.conf:3:33: none: No such file or directory\n"},
    {SIP("tls cert dns.crt key uri.key ca ca.crt"), "t.conf:3:22: uri.key: "},
    {SIP("tls cert dns.key key dns.key ca ca.crt"), "t.conf:3:10: dns.key: "},
    {SIP("tls cert dns.crt key dns.key ca dns.key"), "t.conf:3:33: dns.key: "},
    {SIP("tls cert dns.crt key dns.key verify required"),
     "t.conf:3:37: \"verify required\" needs \"ca\": whose certificates may connect?\n"},
    {SIP("tls cert dns.crt key dns.key ca ca.crt\nconnections 5 keepalive 5s"),
     "t.conf:4:25: \"keepalive\" is at least 20s, or off\n"},
    {SIP("tls cert dns.crt key dns.key ca ca.crt\nconnections 5 idle 5ms"),
     "t.conf:4:20: \"idle\" is at least 1s\n"},
    {SIP("tls cert dns.crt"), "t.conf:3:1: "},
    {SIP("tls cert dns.crt key dns.key verify often"), "t.conf:3:37: "},
    {SIP("connections 0"), "t.conf:3:13: "},
    {SIP("max-udp 100"), "t.conf:3:9: "},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    ck_assert_int_ne(gw_plan_parse(&p, "t.conf", rt_str(bad[_i].text), &diag), 0);
    ck_assert_msg(strncmp(diag.text.p, bad[_i].want, strlen(bad[_i].want)) == 0,
                  "%s\nexpected, got\n%s", bad[_i].want, diag.text.p);
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan tls");
    TCase *tc = tcase_create("plan tls");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, certificates_and_limits_are_read);
    tcase_add_test(tc, what_is_not_said_has_its_default);
    tcase_add_test(tc, a_certificate_that_has_ended_is_a_warning);
    tcase_add_loop_test(tc, what_is_wrong_is_told_with_its_place, 0, RT_COUNT(bad));
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
