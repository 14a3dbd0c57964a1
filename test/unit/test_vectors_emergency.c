/* Emergency calls (RFC 5031, RFC 4412, RFC 7135): known by number and by name, before a class, a
 * time, a limit or a table could refuse or change them, and never without a word over a trunk that
 * may hide where they come from. */
#include "dialplan/ported.h"
#include "gw/leg_sip_priv.h"
#include "gw/rt/log.h"
#include "sip/message.h"
#include "test/unit/vectors_rig.h"

/** Nothing is allowed, at no time, and everything is looked up; `b` does not own the place's
 * number. */
static const char text[] =
    "version 1\n"
    "sip {\n listen udp:127.0.0.1:5060\n}\n"
    "media {\n address 127.0.0.1\n}\n"
    "site berlin {\n dialling de area 30\n zone UTC\n main +4930901820\n"
    " ddi +4930901821[00..99] <-> 1[00..99]\n}\n"
    "trunk phones {\n sip sip:10.0.0.1\n numbers as-dialled\n class none\n limit 1 calls\n}\n"
    "trunk a {\n sip sip:10.0.0.2\n own +49309018280, +4930901820\n}\n"
    "trunk b {\n sip sip:10.0.0.3\n own +4930901820\n}\n"
    "trunk c {\n sip sip:10.0.0.4\n}\n"
    "class none {\n deny *\n deny caller +4930901821*\n loop hops 1\n}\n"
    "lnp all {\n table none.tdb\n on-error reject\n}\n"
    "emergency {\n numbers 110, 112\n accept 0112\n send a, b, c\n preempt none\n"
    " location 10.1.0.0/16 caller +49309018280 \"Floor 1\"\n}\n"
    "routes from phones {\n 1xx -> phones\n 110 -> reject 1\n * -> reject 21\n}\n";

static unsigned warnings;
static char warning[256]; /* the last one */

static void on_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    if (sub != RT_LOG_CALL || level != RT_WARN)
        return;
    warnings++;
    rt_str_copy(warning, sizeof warning, rt_str(line));
}

static void setup(void)
{
    struct dp_ported_report report;
    char why[DP_PORTED_WHY];

    fake_reset();
    sip_parser_init();
    vectors_file("/etc/none.csv", "number,routing\n+12025331234,+12025440000\n");
    ck_assert_int_eq(dp_ported_build("/etc/none.csv", "/etc/none.tdb", NULL, &report, why), 0);
    vectors_plan("/etc/t.conf", text, "UTC");
    warnings = 0;
    rt_log_sink(on_line, NULL);
}

static void teardown(void)
{
    rt_log_sink(NULL, NULL);
    vectors_done();
}

#define CALL(n, ...)                                                                               \
    {                                                                                              \
        .from = "phones", .called = n, .caller = "123", .want = __VA_ARGS__                        \
    }

START_TEST(nothing_refuses_or_changes_it)
{
    static const struct vector rows[] = {
        CALL("110", "a 110, b 110, c 110"), /* though a row and an extension say otherwise */
        CALL("112", "a 112, b 112, c 112"),
        CALL("0112", "a 112, b 112, c 112"),
        CALL("112", "a 112, b 112, c 112", .busy = "phones"),
        CALL("112", "b 112, c 112", .down = "a"),
        CALL("113", "reject 21"),
        CALL("030123456", "reject 21"),
    };
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.redirections = 5};
    struct gw_decision d;

    vectors_check(rows, RT_COUNT(rows));
    vectors_route(&d, &q, &w, &rows[1]); /* not even a loop */
    ck_assert_str_eq(vectors_outcome(&d), "a 112, b 112, c 112");
    ck_assert(d.emergency && !d.dipped && !d.refused);
}
END_TEST

START_TEST(a_trunk_that_may_hide_the_place_is_told_of)
{
    static const struct vector row = CALL("112", "", .source = "10.1.0.7");
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.call = true};
    struct gw_decision d;

    vectors_route(&d, &q, &w, &row);
    for (unsigned i = 0; i < 3; i++) /* to each: it is where help is needed */
        ck_assert_str_eq(vectors_text(&d.hop[i].calling), "+49309018280");
    ck_assert_uint_eq(warnings, 1);
    ck_assert_msg(strstr(warning, "trunk b") && strstr(warning, "+49309018280"), "%s", warning);
    q.call = false; /* a question is no call */
    vectors_route(&d, &q, &w, &row);
    ck_assert_uint_eq(warnings, 1);
}
END_TEST

/* ---- by its name, and how urgent a call is ---- */

static struct gw_setup received;

/** Reads an INVITE to this URI with these fields, of a trusted peer or another. */
static int receive(const char *uri, const char *fields, bool untrusted)
{
    static struct rt_buf wire; /* `msg` borrows from it until the next one */
    static struct sip_msg msg;
    static struct gw_trunk trunk;

    rt_buf_release(&wire);
    rt_buf_printf(&wire,
                  "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                  "From: <sip:123@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.10>\r\nCall-ID: x\r\n"
                  "CSeq: 1 INVITE\r\n%s\r\n",
                  uri, fields);
    memset(&received, 0, sizeof received);
    memset(&trunk, 0, sizeof trunk);
    trunk.identity.untrusted = untrusted;
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&wire)), 0);
    return leg_sip_setup_in(&received, &trunk, &msg.pub);
}

START_TEST(the_service_and_its_kinds_have_names)
{
    /* RFC 5031 4.2, and 4.1: labels have no case */
    static const char *const sos[] = {
        "urn:service:sos",          "urn:service:sos.ambulance", "urn:service:sos.animal-control",
        "urn:service:sos.fire",     "urn:service:sos.gas",       "urn:service:sos.marine",
        "urn:service:sos.mountain", "urn:service:sos.physician", "urn:service:sos.poison",
        "urn:service:sos.police",   "URN:Service:SOS.Fire",
    };
    static const char *const other[] = {"urn:service:counseling", "urn:service:sosx",
                                        "urn:service:counseling.sos", "urn:services:sos"};

    for (size_t i = 0; i < RT_COUNT(sos); i++) {
        ck_assert_msg(receive(sos[i], "", true) == 0, "%s", sos[i]);
        ck_assert_msg(received.sos, "%s", sos[i]);
    }
    for (size_t i = 0; i < RT_COUNT(other); i++)
        ck_assert_msg(receive(other[i], "", false) != 0 && !received.sos, "%s", other[i]);
    ck_assert_int_eq(receive("sip:112@192.0.2.10", "", true), 0);
    ck_assert(!received.sos); /* a number: the plan knows it */
}
END_TEST

START_TEST(a_resource_priority_above_routine_is_one)
{
    static const struct {
        const char *value;
        bool priority;
    } rows[] = {
        /* RFC 7135 */
        {"esnet.0", true},
        {"esnet.4", true},
        /* RFC 4412 10: each namespace with its highest and its lowest */
        {"dsn.flash-override", true},
        {"dsn.priority", true},
        {"dsn.routine", false},
        {"drsn.flash-override-override", true},
        {"drsn.routine", false},
        {"q735.0", true},
        {"q735.3", true},
        {"q735.4", false},
        {"ets.0", true},
        {"ets.4", true},
        {"wps.0", true},
        {"wps.4", true},
        {"WPS.3", true},
        /* the best of several; what is not known is ignored (4.6.1) */
        {"dsn.routine, wps.2", true},
        {"foo.bar", false},
        {"foo.bar,\tETS.1", true},
        {"esnet", false},
        {"esnetx.1", false},
        {"", false},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char field[80];
        snprintf(field, sizeof field, "Resource-Priority: %s\r\n", rows[i].value);
        ck_assert_int_eq(receive("sip:123@192.0.2.10", field, false), 0);
        ck_assert_msg(received.priority == rows[i].priority, "%s", rows[i].value);
        receive("sip:123@192.0.2.10", field, true);
        ck_assert(!received.priority);
    }
    receive("sip:1@192.0.2.10", "Resource-Priority: dsn.routine\r\nResource-Priority: ets.1\r\n",
            false);
    ck_assert(received.priority);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vectors emergency");
    TCase *tc = tcase_create("vectors emergency");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_refuses_or_changes_it);
    tcase_add_test(tc, a_trunk_that_may_hide_the_place_is_told_of);
    tcase_add_test(tc, the_service_and_its_kinds_have_names);
    tcase_add_test(tc, a_resource_priority_above_routine_is_one);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
