/* Statements of the plan about SRTP, ICE and RTCP's port. */
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n%s"                                                      \
    "span 1 {\n pseudowire local 10.0.0.1:1 remote 10.0.0.2:2\n e1\n isdn euroisdn user\n}\n"      \
    "trunk pri {\n span 1\n%s\n}\n"                                                                \
    "trunk pbx {\n sip sip:10.0.0.2\n%s\n}\n"

static const struct gw_secure_plan *taken(const char *peer)
{
    rig_plan(HEAD, "", "", peer);
    ck_assert_msg(plan, "%s", diag.text.p ? diag.text.p : "-");
    return &gw_plan_trunk(plan, rt_str("pbx"))->secure;
}

static void refused(const char *top, const char *line, const char *peer, const char *why)
{
    rig_plan(HEAD, top, line, peer);
    ck_assert_ptr_null(plan);
    ck_assert_msg(diag.text.p && strstr(diag.text.p, why), "%s", diag.text.p ? diag.text.p : "-");
}

START_TEST(media_is_plain_unless_told)
{
    const struct gw_secure_plan *s = taken("");

    ck_assert_int_eq(s->srtp, GW_SRTP_OFF);
    ck_assert(!s->sdes && !s->dtls && !s->ice && !s->strict);
    ck_assert_int_eq(s->mux, GW_MUX_ACCEPT);
}
END_TEST

START_TEST(keys_come_in_the_description_unless_told)
{
    const struct gw_secure_plan *s = taken("srtp optional");

    ck_assert_int_eq(s->srtp, GW_SRTP_OPTIONAL);
    ck_assert(s->sdes && !s->dtls);
    ck_assert_uint_eq(s->nsuites, 5);
    ck_assert_int_eq(s->suite[0], MEDIA_SRTP_AES_128_SHA1_80);
    ck_assert_int_eq(s->suite[1], MEDIA_SRTP_GCM_128);
}
END_TEST

START_TEST(all_of_it_is_told)
{
    const struct gw_secure_plan *s =
        taken("srtp required sdes, dtls\n srtp-suites AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_32\n"
              " ice lite\n rtcp-mux on\n symmetric off");

    ck_assert_int_eq(s->srtp, GW_SRTP_REQUIRED);
    ck_assert(s->sdes && s->dtls && s->ice && s->strict);
    ck_assert_uint_eq(s->nsuites, 2);
    ck_assert_int_eq(s->suite[0], MEDIA_SRTP_GCM_256);
    ck_assert_int_eq(s->suite[1], MEDIA_SRTP_AES_128_SHA1_32);
    ck_assert_int_eq(s->mux, GW_MUX_ON);
}
END_TEST

START_TEST(what_contradicts_itself_is_refused)
{
    static const struct {
        const char *peer, *why;
    } cases[] = {
        {"srtp off sdes", "\"srtp off\" needs no keys"},
        {"srtp-suites AEAD_AES_128_GCM", "\"srtp-suites\" needs \"srtp\""},
        {"srtp required\n srtp-suites AEAD_AES_128_GCN", "did you mean \"AEAD_AES_128_GCM\"?"},
        {"srtp required\n srtp-suites AEAD_AES_128_GCM, AEAD_AES_128_GCM", "stands twice"},
        {"srtp required dtls\n srtp-suites AES_256_CM_HMAC_SHA1_80",
         "\"dtls\" has no profile for any of these suites"},
        {"ice lite\n rtcp-mux off", "\"ice lite\" needs \"rtcp-mux\""},
        {"srtp required dtls\n rtcp-mux off", "\"srtp dtls\" needs \"rtcp-mux\""},
        {"srtp must", "\"must\" is none of off|optional|required"},
    };
    refused("", "", cases[_i].peer, cases[_i].why);
}
END_TEST

START_TEST(lines_have_none_of_it)
{
    static const char *const words[] = {"srtp required", "srtp-suites AEAD_AES_128_GCM", "ice lite",
                                        "rtcp-mux on", "symmetric off"};
    refused("", words[_i], "", "is for trunks with a SIP peer");
}
END_TEST

START_TEST(a_certificate_that_is_not_there_is_refused)
{
    refused("media {\n certificate /nowhere/a.crt key /nowhere/a.key\n}\n", "", "",
            "/nowhere/a.crt");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_secure");
    TCase *tc = tcase_create("plan_secure");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, media_is_plain_unless_told);
    tcase_add_test(tc, keys_come_in_the_description_unless_told);
    tcase_add_test(tc, all_of_it_is_told);
    tcase_add_loop_test(tc, what_contradicts_itself_is_refused, 0, 8);
    tcase_add_loop_test(tc, lines_have_none_of_it, 0, 5);
    tcase_add_test(tc, a_certificate_that_is_not_there_is_refused);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
