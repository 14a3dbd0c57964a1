/* Words of MGCP: return and reason codes, profiles, local connection options, modes, statistics.
 * Clauses are RFC 3435's where no other is named. */
#include "mgcp/mgcp.h"
#include "mgcp/options.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/* ---- codes ---- */

START_TEST(unknown_codes_count_as_those_of_their_class) /* 2.4 */
{
    static const unsigned pairs[][2] = {
        {0, 0},     {42, 0},    {100, 100}, {101, 101}, {177, 100}, {200, 200}, {250, 250},
        {299, 200}, {300, 521}, {399, 521}, {408, 400}, {499, 400}, {541, 541}, {542, 510},
        {599, 510}, {600, 510}, {700, 510}, {800, 510}, {999, 510}, {5000, 510}};

    for (size_t i = 0; i < RT_COUNT(pairs); i++)
        ck_assert_uint_eq(mgcp_code_known(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(texts_are_those_of_the_standard) /* 2.4, 2.5, 3.3 */
{
    ck_assert_str_eq(mgcp_code_text(200), "OK");
    ck_assert_str_eq(mgcp_code_text(250), "The connection was deleted");
    ck_assert_str_eq(mgcp_code_text(401), "The phone is already off hook");
    ck_assert_str_eq(mgcp_code_text(518), "Unsupported or unknown package");
    ck_assert_str_eq(mgcp_code_text(534), "Codec negotiation failure");
    ck_assert_str_eq(mgcp_code_text(299), "Successful completion");
    ck_assert_str_eq(mgcp_code_text(408), "Transient error");
    ck_assert_str_eq(mgcp_code_text(999), "Permanent error");
    ck_assert_str_eq(mgcp_code_text(800), "Package specific error");
    ck_assert_str_eq(mgcp_reason_text(900), "Endpoint malfunctioning");
    ck_assert_str_eq(mgcp_reason_text(0), "Endpoint state is normal");
    ck_assert_str_eq(mgcp_reason_text(801), "Package specific reason");
    ck_assert_str_eq(mgcp_reason_text(777), "Unknown reason");
}
END_TEST

/** The summary of RFC 3661 2.3; 405 and 510, which it names twice, as in its 2.2. */
START_TEST(categories_are_those_of_rfc_3661)
{
    static const struct {
        enum mgcp_category category;
        unsigned code[24];
    } rows[] = {
        {MGCP_NORMAL, {100, 101, 200, 250}},
        {MGCP_NO_CATEGORY, {407, 410, 521, 530, 533, 535}},
        {MGCP_SERVICE, {501, 502, 520, 529, 531}},
        {MGCP_PROVISIONING, {500, 503, 504, 507, 508, 510, 511, 512, 513, 514, 517, 518,
                             522, 523, 524, 525, 526, 528, 532, 534, 536, 537, 538, 539}},
        {MGCP_PROVISIONING, {541}},
        {MGCP_TEMPORARY, {400, 403, 404, 405, 406, 409}},
        {MGCP_STATE, {401, 402, 515, 516, 519, 540}},
        {MGCP_REMOTE, {505, 506, 509, 527}},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        for (size_t j = 0; j < 24 && rows[i].code[j]; j++)
            ck_assert_int_eq(mgcp_code_category(rows[i].code[j]), rows[i].category);
    ck_assert_int_eq(mgcp_code_category(0), MGCP_NORMAL);
    ck_assert_int_eq(mgcp_code_category(444), MGCP_TEMPORARY);
    ck_assert_int_eq(mgcp_code_category(345), MGCP_NO_CATEGORY);
}
END_TEST

START_TEST(codes_and_reasons_have_causes) /* Q.850 */
{
    ck_assert_uint_eq(mgcp_code_cause(401), 17); /* user busy: it would not ring */
    ck_assert_uint_eq(mgcp_code_cause(403), 47); /* resource unavailable */
    ck_assert_uint_eq(mgcp_code_cause(410), 34); /* no circuit available */
    ck_assert_uint_eq(mgcp_code_cause(500), 1);  /* unallocated number */
    ck_assert_uint_eq(mgcp_code_cause(501), 27); /* destination out of order */
    ck_assert_uint_eq(mgcp_code_cause(534), 65); /* bearer capability not implemented */
    ck_assert_uint_eq(mgcp_code_cause(541), 65);
    ck_assert_uint_eq(mgcp_code_cause(527), 41); /* temporary failure: the table has none */
    ck_assert_uint_eq(mgcp_code_cause(499), 41);
    ck_assert_uint_eq(mgcp_code_cause(599), 111); /* protocol error, as 510 */
    ck_assert_uint_eq(mgcp_reason_cause(902), 27);
    ck_assert_uint_eq(mgcp_reason_cause(903), 49); /* quality of service not available */
    ck_assert_uint_eq(mgcp_reason_cause(0), 16);
    ck_assert_uint_eq(mgcp_reason_cause(899), 41);
    ck_assert_uint_eq(mgcp_reason_of_cause(27), 902);
    ck_assert_uint_eq(mgcp_reason_of_cause(44), 905);
    ck_assert_uint_eq(mgcp_reason_of_cause(47), 903);
    ck_assert_uint_eq(mgcp_reason_of_cause(16), 904);
    ck_assert_uint_eq(mgcp_reason_of_cause(41), 900);
}
END_TEST

START_TEST(every_counter_has_a_name)
{
    for (unsigned i = 0; i < MGCP_NCOUNTERS; i++) {
        const char *name = mgcp_counters[i].name;

        ck_assert_ptr_nonnull(name);
        ck_assert_int_eq(strncmp(name, "mgcp_", 5), 0);
        ck_assert_str_eq(name + strlen(name) - 6, "_total");
        for (unsigned j = 0; j < i; j++)
            ck_assert_str_ne(name, mgcp_counters[j].name);
    }
    ck_assert_str_eq(mgcp_service_name(MGCP_OUT_OF_SERVICE), "out of service");
    ck_assert_str_eq(mgcp_service_name(MGCP_LOST), "lost");
}
END_TEST

/* ---- profiles ---- */

START_TEST(profiles_differ)
{
    static const char *const names[] = {"rfc", "ncs", "tgcp", "cisco", "osmo", "asterisk", "yate"};
    const struct mgcp_peculiar *p;

    for (unsigned i = 0; i < MGCP_PROFILES; i++) {
        p = mgcp_peculiar((enum mgcp_profile)i);
        ck_assert_str_eq(mgcp_profile_name((enum mgcp_profile)i), names[i]);
        ck_assert_str_eq(p->name, names[i]);
        ck_assert_int_eq(strncmp(p->version, "MGCP 1.0", 8), 0);
        ck_assert(p->digits && strchr(p->congestion, '/') && p->blank_after_colon);
    }
    ck_assert_str_eq(mgcp_peculiar(MGCP_NCS)->version, "MGCP 1.0 NCS 1.0");
    ck_assert_str_eq(mgcp_peculiar(MGCP_NCS)->digits, "L");
    p = mgcp_peculiar(MGCP_OSMO);
    ck_assert(!p->response_ack && !p->notified_entity && !p->bearer && !p->quarantine);
    ck_assert(!p->events && !p->audits && !p->wildcard_audit && p->one_codec);
    p = mgcp_peculiar(MGCP_CISCO);
    ck_assert(p->capabilities_in_l && p->agent_port_gateway && p->events);
    p = mgcp_peculiar(MGCP_RFC);
    ck_assert(!p->lone_x && p->audits && p->wildcard_audit && !p->one_codec);
}
END_TEST

/* ---- local connection options ---- */

static struct mgcp_options options;

static unsigned read_options(const char *text)
{
    return mgcp_options_read(&options, rt_str(text));
}

static void is(struct rt_str s, const char *want)
{
    ck_assert_msg(rt_str_eq(s, want), "\"%.*s\" is not \"%s\"", RT_STR(s), want);
}

START_TEST(options_of_the_standards_examples) /* 3.2.2.10 */
{
    ck_assert_uint_eq(read_options("p:10, a:PCMU"), 0);
    ck_assert_uint_eq(options.ptime_min, 10);
    ck_assert_uint_eq(options.ptime_max, 10);
    ck_assert_uint_eq(options.ncodecs, 1);
    is(options.codec[0], "PCMU");
    ck_assert(options.tos == -1 && options.echo == -1 && options.silence == -1);
    ck_assert(!options.has_gain && options.network.n == 0);

    ck_assert_uint_eq(read_options("p:10-20, b:64"), 0);
    ck_assert_uint_eq(options.ptime_min, 10);
    ck_assert_uint_eq(options.ptime_max, 20);
    ck_assert_uint_eq(options.bandwidth_min, 64);
    ck_assert_uint_eq(options.bandwidth, 64);

    ck_assert_uint_eq(read_options("b:32-64, e:off"), 0);
    ck_assert_uint_eq(options.bandwidth_min, 32);
    ck_assert_uint_eq(options.bandwidth, 64);
    ck_assert_int_eq(options.echo, 0);

    ck_assert_uint_eq(read_options("a:PCMU;G729, fxr/fx:t38;gw"), 0); /* RFC 5347 2.1 */
    ck_assert_uint_eq(options.ncodecs, 2);
    is(options.codec[1], "G729");
    is(options.fax, "t38;gw");
}
END_TEST

START_TEST(every_option_is_read)
{
    ck_assert_uint_eq(
        read_options("A:PCMA, s:ON,e:on ,gc:-12, t:B8, r:be, k:base64:YWJj, nt:LOCAL"), 0);
    ck_assert_int_eq(options.silence, 1);
    ck_assert_int_eq(options.echo, 1);
    ck_assert_int_eq(options.tos, 184); /* 11 * 16 + 8 */
    ck_assert(options.has_gain && !options.gain_auto);
    ck_assert_int_eq(options.gain, -12);
    is(options.reservation, "be");
    is(options.key, "base64:YWJj");
    is(options.network, "LOCAL");
    ck_assert_uint_eq(read_options("gc:auto"), 0);
    ck_assert(options.has_gain && options.gain_auto);
    ck_assert_uint_eq(read_options(""), 0);
    ck_assert_uint_eq(options.ncodecs, 0);
}
END_TEST

START_TEST(formats_may_be_many) /* RFC 3660 2.9 */
{
    ck_assert_uint_eq(read_options("a:codec1;codec2, fmtp:\"codec1 formatX\", "
                                   "fmtp:\"codec2 formatY\""),
                      0);
    ck_assert_uint_eq(options.nfmtp, 2);
    is(options.fmtp[0], "codec1 formatX");
    is(options.fmtp[1], "codec2 formatY");
    ck_assert_uint_eq(read_options("a:codec1;codec2, fmtp:\"codec1 formatX\";\"codec2 formatY\""),
                      0);
    ck_assert_uint_eq(options.nfmtp, 2);
    is(options.fmtp[1], "codec2 formatY");
    ck_assert_uint_eq(options.fmtp_optional, 0);

    ck_assert_uint_eq(read_options("a:telephone-event, o-fmtp:\"telephone-event 0-15,32-35\""), 0);
    is(options.fmtp[0], "telephone-event 0-15,32-35");
    ck_assert_uint_eq(options.fmtp_optional, 1);

    ck_assert_uint_eq(read_options("a:codec1;codec1, fmtp:\"codec1:2 formatX\""), 0);
    ck_assert_uint_eq(read_options("a:codec1;codec1, fmtp:\"codec1:3 formatX\""), 524);
    ck_assert_uint_eq(read_options("a:codec1, fmtp:\"codec1:0 formatX\""), 524);
    ck_assert_uint_eq(read_options("fmtp:a;b;c;d;e"), 532); /* more than are kept */
    ck_assert_uint_eq(read_options("o-fmtp:a;b;c;d;e"), 0);
}
END_TEST

START_TEST(what_the_field_sends_is_read)
{
    ck_assert_uint_eq(read_options(", a:PCMU, p:20"), 0);
    is(options.codec[0], "PCMU");
    ck_assert_uint_eq(options.ptime_min, 20);
    ck_assert_uint_eq(read_options("a:PCMU,p:20,a:PCMA;G729"), 0);
    ck_assert_uint_eq(options.ncodecs, 3);
    is(options.codec[2], "G729");
    ck_assert_uint_eq(read_options("a:1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17"), 0);
    ck_assert_uint_eq(options.ncodecs, MGCP_CODECS_MAX);
}
END_TEST

START_TEST(refusals_have_their_codes) /* 2.4 */
{
    static const struct {
        const char *text;
        unsigned code;
    } rows[] = {
        {"p:ten", 510},
        {"p:", 510},
        {"p", 510},
        {"p:12345", 510},
        {"p:10-", 510},
        {"a:", 510},
        {"a:PCMU;;PCMA", 510},
        {"t:xy", 510},
        {"t:1b8", 510},
        {"gc:loud", 510},
        {"gc:-", 510},
        {"k:clear", 510},
        {":20", 510},
        {"fmtp:\"open", 510},
        {"p:20-10", 524},
        {"p:20, p:20", 524},
        {"e:on, E:off", 524},
        {"x+acme:1", 525},
        {"x-acme:1, p:20", 0},
        {"e:maybe", 532},
        {"r:guaranteed", 532},
        {"nt:TDM", 532},
        {"k:prompt", 532},
        {"k:rot13:x", 532},
        {"fxr/fx:x+own;t38", 532},
        {"fxr/fx:mypar", 532},
        {"fxr/fx:mypar;gw", 0},
        {"p:0", 535},
        {"foo:1", 541},
        {"v:L", 541},
        {"foo/bar:1", 518},
        {"r:g, r-dir:sendrecv, r-cnf:none, r-sh:$", 0}, /* RFC 3660 2.11.2 */
        {"r-dir:none", 532},
        {"r-sh:", 0},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        unsigned code = read_options(rows[i].text);
        ck_assert_msg(code == rows[i].code, "%s: %u", rows[i].text, code);
    }
}
END_TEST

START_TEST(modes_have_names) /* 3.2.2.6 */
{
    static const char *const names[] = {"sendonly", "recvonly", "sendrecv", "confrnce", "inactive",
                                        "loopback", "conttest", "netwloop", "netwtest"};

    for (size_t i = 0; i < RT_COUNT(names); i++)
        ck_assert_str_eq(mgcp_mode_name(mgcp_mode_read(rt_str(names[i]))), names[i]);
    ck_assert_int_eq(mgcp_mode_read(rt_str(" SendRecv ")), MGCP_SENDRECV);
    ck_assert_int_eq(mgcp_mode_read(rt_str("data")), MGCP_MODES); /* no mode of MGCP 1.0 */
    ck_assert_int_eq(mgcp_mode_read(rt_str("")), MGCP_MODES);
    ck_assert_str_eq(mgcp_mode_name(MGCP_MODES), "");
}
END_TEST

/* ---- statistics ---- */

START_TEST(statistics_are_read) /* 3.2.2.7, RFC 5347 2.3 */
{
    struct mgcp_statistics s;

    ck_assert_int_eq(
        mgcp_statistics_read(&s, rt_str("PS=1245, OS=62345, PR=780, OR=45123, PL=10, JI=27,LA=48")),
        0);
    ck_assert(s.present);
    ck_assert_uint_eq(s.ps, 1245);
    ck_assert_uint_eq(s.os, 62345);
    ck_assert_uint_eq(s.pr, 780);
    ck_assert_uint_eq(s.orx, 45123);
    ck_assert_uint_eq(s.pl, 10);
    ck_assert_uint_eq(s.ji, 27);
    ck_assert_uint_eq(s.la, 48);
    ck_assert_int_eq(mgcp_statistics_read(&s, rt_str("FXR/PGS=3, X-OSM=a, ps=7")), 0);
    ck_assert(s.present && s.ps == 7 && s.os == 0);
    ck_assert_int_eq(mgcp_statistics_read(&s, rt_str(" ")), 0);
    ck_assert(!s.present);
    ck_assert_int_eq(mgcp_statistics_read(&s, rt_str("PS=3, PL=-1")), 0); /* osmo-mgw */
    ck_assert(s.present && s.ps == 3);
    ck_assert_int_eq(mgcp_statistics_read(&s, rt_str("JI=99999999999")), 0);
    ck_assert_uint_eq(s.ji, UINT32_MAX);
}
END_TEST

START_TEST(statistics_are_written) /* nine digits at most: they stay there */
{
    struct mgcp_statistics s = {
        .present = true, .ps = 1245, .os = 62345, .la = 48, .orx = 1000000000};
    struct rt_buf b = {0};

    mgcp_statistics_write(&b, &s);
    ck_assert_str_eq(b.p, "PS=1245, OS=62345, PR=0, OR=999999999, PL=0, JI=0, LA=48");
    rt_buf_reset(&b);
    s.present = false;
    mgcp_statistics_write(&b, &s);
    ck_assert_uint_eq(b.n, 0);
    rt_buf_release(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp words");
    TCase *tc = tcase_create("mgcp words");

    tcase_add_test(tc, unknown_codes_count_as_those_of_their_class);
    tcase_add_test(tc, texts_are_those_of_the_standard);
    tcase_add_test(tc, categories_are_those_of_rfc_3661);
    tcase_add_test(tc, codes_and_reasons_have_causes);
    tcase_add_test(tc, every_counter_has_a_name);
    tcase_add_test(tc, profiles_differ);
    tcase_add_test(tc, options_of_the_standards_examples);
    tcase_add_test(tc, every_option_is_read);
    tcase_add_test(tc, formats_may_be_many);
    tcase_add_test(tc, what_the_field_sends_is_read);
    tcase_add_test(tc, refusals_have_their_codes);
    tcase_add_test(tc, modes_have_names);
    tcase_add_test(tc, statistics_are_read);
    tcase_add_test(tc, statistics_are_written);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
