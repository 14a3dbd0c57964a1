/* Secure profiles, keys and fingerprints in SDP: RFC 4568, 5763, 8643. */
#include "test/unit/sdp_rig.h"

/** RFC 4568 4.1 and 6.1: keys of its examples. */
#define KEY_80 "AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32"
#define KEY_32 "AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32"
#define OUR_80 "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define OUR_32 "AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

/** RFC 5763 7.1's fingerprint. */
#define PRINT  "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"
#define OURS   "FF:FF:FF:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"
#define A_ONLY "m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"

static struct sdp_audio plain(void)
{
    struct sdp_audio a = sdp_rig_ours(CODEC_PCMA, CODEC_COUNT);

    a.event_payload = -1;
    a.ptime = 0;
    return a;
}

static struct sdp_audio with_keys(enum sdp_need need)
{
    struct sdp_audio a = plain();

    a.wish.security = need;
    a.crypto[0] = (struct sdp_crypto){1, rt_str(OUR_80)};
    a.crypto[1] = (struct sdp_crypto){2, rt_str(OUR_32)};
    a.ncryptos = 2;
    return a;
}

static struct sdp_audio with_print(struct sdp_audio a, enum sdp_need need)
{
    a.wish.security = need;
    a.fingerprint[0] = (struct sdp_fingerprint){rt_str("sha-1"), rt_str(OURS)};
    a.nfingerprints = 1;
    return a;
}

/* ---- keys in the description (RFC 4568) ---- */

START_TEST(one_line_of_keys_is_chosen_with_its_tag)
{
    static const char offer[] =
        SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:7 F8_128_HMAC_SHA1_80 "
                 "inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4\r\n"
                 "a=crypto:8 " KEY_32 "\r\na=crypto:9 " KEY_80 "\r\n";
    struct sdp_audio local = with_keys(SDP_SECURITY_OPTIONAL);

    struct sdp_audio a = sdp_rig_answer(offer, &local,
                                        "m=audio 20000 RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
                                        "a=sendrecv\r\na=crypto:8 " OUR_32 "\r\n");
    ck_assert_int_eq(a.security, SDP_SDES);
    ck_assert_int_eq(a.profile, SDP_SAVP);
    ck_assert_uint_eq(a.ncryptos, 1);
    ck_assert_uint_eq(a.crypto[0].tag, 8);
    ck_assert(sdp_rig_is(a.crypto[0].value, KEY_32));
    ck_assert_uint_eq(a.crypto_own, 1);
}
END_TEST

START_TEST(keys_that_cannot_be_used_are_passed_over)
{
    struct sdp_audio local = with_keys(SDP_SECURITY_REQUIRED);

    /* RFC 4568 6.3: what is not understood spoils the line, but for what begins with "-" */
    struct sdp_audio a = sdp_rig_answer(
        SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 " KEY_80 " UNENCRYPTED_SRTP\r\n"
                 "a=crypto:x " KEY_80
                 "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 uri:x\r\na=crypto:3\r\n"
                 "a=crypto:4 " KEY_80 " WSH=128 -NEW=1\r\n",
        &local, NULL);
    ck_assert_uint_eq(a.crypto[0].tag, 4);
    ck_assert_int_eq(sdp_rig_refused(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 " KEY_80
                                              " KDR=3\r\n",
                                     &local),
                     ENOTSUP);
    ck_assert_int_eq(sdp_rig_refused(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\n", &local), ENOTSUP);
}
END_TEST

static bool only_80(struct rt_str value)
{
    return value.n > 25 && memcmp(value.p, KEY_80, 25) == 0;
}

START_TEST(the_caller_may_judge_the_keys)
{
    struct sdp_audio local = with_keys(SDP_SECURITY_REQUIRED);

    local.wish.crypto_usable = only_80;
    struct sdp_audio a = sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 " KEY_32
                                                 "\r\na=crypto:2 " KEY_80 " KDR=3\r\n",
                                        &local, NULL);
    ck_assert_uint_eq(a.crypto[0].tag, 2);
    ck_assert_uint_eq(a.crypto_own, 0);
}
END_TEST

START_TEST(an_answers_keys_have_the_tag_of_ours)
{
    struct sdp_audio local = with_keys(SDP_SECURITY_REQUIRED), agreed;

    struct sdp_audio a =
        sdp_rig_accept(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:2 " KEY_32 "\r\n", &local);
    ck_assert_int_eq(a.security, SDP_SDES);
    ck_assert_uint_eq(a.crypto_own, 1);
    ck_assert(sdp_rig_is(a.crypto[0].value, KEY_32));
    ck_assert_int_eq(
        sdp_accept(&agreed, rt_str(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 " KEY_32 "\r\n"),
                   &local),
        ENOTSUP);
    ck_assert_int_eq(sdp_accept(&agreed, rt_str(SDP_HEAD "m=audio 4000 RTP/SAVP 8\r\n"), &local),
                     ENOTSUP);
    ck_assert_int_eq(sdp_accept(&agreed, rt_str(SDP_HEAD "m=audio 4000 RTP/AVP 8\r\n"), &local),
                     ENOTSUP);
}
END_TEST

/* ---- how much security ---- */

#define PLAIN  "m=audio 4000 RTP/AVP 8\r\n"
#define SECURE "m=audio 4002 RTP/SAVP 8\r\na=crypto:1 " KEY_80 "\r\n"
#define BEST   "m=audio 4004 RTP/AVP 8\r\na=crypto:1 " KEY_80 "\r\n" /* RFC 8643 */
#define TLS                                                                                        \
    "m=audio 4006 UDP/TLS/RTP/SAVP 8\r\na=fingerprint:sha-1 " PRINT "\r\na=setup:actpass\r\n"

START_TEST(the_most_secure_stream_that_is_wanted)
{
    static const struct {
        const char *streams;
        enum sdp_need need;
        unsigned port; /* 0: refused */
        enum sdp_security security;
    } cases[] = {
        {PLAIN, SDP_SECURITY_OFF, 4000, SDP_PLAIN},
        {PLAIN, SDP_SECURITY_OPTIONAL, 4000, SDP_PLAIN},
        {PLAIN, SDP_SECURITY_REQUIRED, 0, SDP_PLAIN},
        {SECURE, SDP_SECURITY_OFF, 0, SDP_PLAIN},
        {SECURE, SDP_SECURITY_OPTIONAL, 4002, SDP_SDES},
        {SECURE, SDP_SECURITY_REQUIRED, 4002, SDP_SDES},
        {BEST, SDP_SECURITY_OFF, 4004, SDP_PLAIN},
        {BEST, SDP_SECURITY_OPTIONAL, 4004, SDP_SDES},
        {BEST, SDP_SECURITY_REQUIRED, 4004, SDP_SDES},
        {TLS, SDP_SECURITY_OFF, 0, SDP_PLAIN},
        {TLS, SDP_SECURITY_OPTIONAL, 4006, SDP_DTLS},
        {PLAIN SECURE, SDP_SECURITY_OFF, 4000, SDP_PLAIN},
        {PLAIN SECURE, SDP_SECURITY_OPTIONAL, 4002, SDP_SDES},
        {SECURE PLAIN, SDP_SECURITY_OFF, 4000, SDP_PLAIN},
        {SECURE TLS PLAIN, SDP_SECURITY_OPTIONAL, 4006, SDP_DTLS},
        {TLS SECURE, SDP_SECURITY_REQUIRED, 4006, SDP_DTLS},
        {SECURE BEST, SDP_SECURITY_REQUIRED, 4002, SDP_SDES}, /* alike: the first */
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio local = with_print(with_keys(cases[i].need), cases[i].need);
        char offer[1024];
        snprintf(offer, sizeof offer, "%s%s", SDP_HEAD, cases[i].streams);
        if (cases[i].port == 0) {
            ck_assert_int_eq(sdp_rig_refused(offer, &local), ENOTSUP);
            continue;
        }
        struct sdp_audio a = sdp_rig_answer(offer, &local, NULL);
        ck_assert_msg(rt_addr_port(&a.addr) == cases[i].port, "case %zu", i);
        ck_assert_int_eq(a.security, cases[i].security);
    }
}
END_TEST

START_TEST(the_streams_not_taken_are_refused_in_place)
{
    struct sdp_audio local = with_keys(SDP_SECURITY_OPTIONAL);

    sdp_rig_answer(SDP_HEAD PLAIN SECURE TLS, &local,
                   "m=audio 0 RTP/AVP 8\r\nm=audio 20000 RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
                   "a=sendrecv\r\na=crypto:1 " OUR_80 "\r\nm=audio 0 UDP/TLS/RTP/SAVP 8\r\n");
    local = plain();
    sdp_rig_answer(SDP_HEAD BEST, &local, A_ONLY); /* without a word of keys */
    sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVPF 8\r\n", &local,
                   "m=audio 20000 RTP/AVPF 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n");
    ck_assert_uint_eq(sdp_codecs(rt_str(SDP_HEAD SECURE), SDP_SECURITY_OFF), 0);
    ck_assert_uint_eq(sdp_codecs(rt_str(SDP_HEAD BEST), SDP_SECURITY_OFF), CODEC_BIT(CODEC_PCMA));
    ck_assert_uint_eq(sdp_codecs(rt_str(SDP_HEAD SECURE), SDP_SECURITY_OPTIONAL),
                      CODEC_BIT(CODEC_PCMA));
}
END_TEST

START_TEST(offers_by_need)
{
    struct sdp_audio local = with_keys(SDP_SECURITY_OFF);

    sdp_rig_offers(&local, A_ONLY);
    local.wish.security = SDP_SECURITY_OPTIONAL;
    sdp_rig_offers(&local, A_ONLY "a=crypto:1 " OUR_80 "\r\na=crypto:2 " OUR_32 "\r\n");
    local.wish.security = SDP_SECURITY_REQUIRED;
    sdp_rig_offers(&local, "m=audio 20000 RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
                           "a=crypto:1 " OUR_80 "\r\na=crypto:2 " OUR_32 "\r\n");
    local = with_print(plain(), SDP_SECURITY_OPTIONAL);
    sdp_rig_offers(&local, A_ONLY "a=fingerprint:sha-1 " OURS "\r\na=setup:actpass\r\n");
    local.wish.security = SDP_SECURITY_REQUIRED;
    sdp_rig_offers(&local, "m=audio 20000 UDP/TLS/RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
                           "a=sendrecv\r\na=fingerprint:sha-1 " OURS "\r\na=setup:actpass\r\n");
    local.wish.feedback = true;
    sdp_rig_offers(&local, "m=audio 20000 UDP/TLS/RTP/SAVPF 8\r\na=rtpmap:8 PCMA/8000\r\n"
                           "a=sendrecv\r\na=fingerprint:sha-1 " OURS "\r\na=setup:actpass\r\n");
    local = with_keys(SDP_SECURITY_OPTIONAL);
    ck_assert_int_eq(sdp_rig_accept(SDP_HEAD PLAIN, &local).security, SDP_PLAIN);
    ck_assert_int_eq(sdp_rig_accept(SDP_HEAD BEST, &local).security, SDP_SDES);
}
END_TEST

/* ---- DTLS (RFC 5763 5, RFC 4145 4.1) ---- */

START_TEST(who_begins_the_handshake)
{
    static const struct {
        const char *offered, *answered;
        bool active;
    } cases[] = {
        {"a=setup:actpass\r\n", "a=setup:active\r\n", true},
        {"a=setup:passive\r\n", "a=setup:active\r\n", true},
        {"a=setup:active\r\n", "a=setup:passive\r\n", false},
        {"", "a=setup:passive\r\n", false},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio local = with_print(plain(), SDP_SECURITY_REQUIRED);
        char offer[512], want[512];
        snprintf(offer, sizeof offer, "%sm=audio 4000 UDP/TLS/RTP/SAVP 8\r\n%s%s", SDP_HEAD,
                 "a=fingerprint:sha-1 " PRINT "\r\n", cases[i].offered);
        snprintf(want, sizeof want,
                 "m=audio 20000 UDP/TLS/RTP/SAVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
                 "a=fingerprint:sha-1 " OURS "\r\n%s",
                 cases[i].answered);
        struct sdp_audio a = sdp_rig_answer(offer, &local, want);
        ck_assert(a.dtls_active == cases[i].active);
        ck_assert(sdp_rig_is(a.fingerprint[0].value, PRINT));
        ck_assert(sdp_rig_is(a.fingerprint[0].hash, "sha-1"));
    }
    struct sdp_audio local = with_print(plain(), SDP_SECURITY_REQUIRED);
    ck_assert_int_eq(sdp_rig_refused(SDP_HEAD "m=audio 4000 UDP/TLS/RTP/SAVP 8\r\n"
                                              "a=fingerprint:sha-1 " PRINT "\r\n"
                                              "a=setup:holdconn\r\n",
                                     &local),
                     ENOTSUP);
}
END_TEST

START_TEST(the_answer_decides_who_begins)
{
#define TLS_ANSWER                                                                                 \
    SDP_HEAD "m=audio 4000 UDP/TLS/RTP/SAVP 8\r\na=fingerprint:sha-1 " PRINT "\r\na=setup:"
    struct sdp_audio local = with_print(plain(), SDP_SECURITY_REQUIRED);

    ck_assert(!sdp_rig_accept(TLS_ANSWER "active\r\n", &local).dtls_active);
    ck_assert(sdp_rig_accept(TLS_ANSWER "passive\r\n", &local).dtls_active);
    ck_assert(!sdp_rig_accept(TLS_ANSWER "actpass\r\n", &local).dtls_active);
    ck_assert_int_eq(sdp_rig_accept(TLS_ANSWER "passive\r\n", &local).security, SDP_DTLS);
}
END_TEST

START_TEST(the_streams_fingerprint_replaces_the_sessions)
{
    struct sdp_audio a;

    ck_assert_int_eq(
        sdp_parse(&a, rt_str(SDP_HEAD "a=fingerprint:sha-1 " OURS "\r\na=setup:passive\r\n"
                                      "m=audio 4000 UDP/TLS/RTP/SAVP 8\r\n"
                                      "a=fingerprint:sha-1 " PRINT "\r\n"
                                      "a=fingerprint:sha-256 AB:cd\r\n")),
        0);
    ck_assert_uint_eq(a.nfingerprints, 2);
    ck_assert(sdp_rig_is(a.fingerprint[0].value, PRINT));
    ck_assert(sdp_rig_is(a.fingerprint[1].value, "AB:cd"));
    ck_assert_int_eq(a.setup, SDP_SETUP_PASSIVE);
    ck_assert_int_eq(sdp_parse(&a, rt_str(SDP_HEAD "a=fingerprint:sha-1 " OURS "\r\n"
                                                   "m=audio 4000 UDP/TLS/RTP/SAVP 8\r\n"
                                                   "a=fingerprint:sha-1 AB:C\r\n"
                                                   "a=fingerprint:sha-1 AB:\r\n"
                                                   "a=fingerprint:sha-1 ABCD\r\n"
                                                   "a=fingerprint:sha-1\r\n")),
                     0);
    ck_assert_uint_eq(a.nfingerprints, 1);
    ck_assert(sdp_rig_is(a.fingerprint[0].value, OURS));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdp_secure");
    TCase *tc = tcase_create("sdp_secure");

    tcase_add_test(tc, one_line_of_keys_is_chosen_with_its_tag);
    tcase_add_test(tc, keys_that_cannot_be_used_are_passed_over);
    tcase_add_test(tc, the_caller_may_judge_the_keys);
    tcase_add_test(tc, an_answers_keys_have_the_tag_of_ours);
    tcase_add_test(tc, the_most_secure_stream_that_is_wanted);
    tcase_add_test(tc, the_streams_not_taken_are_refused_in_place);
    tcase_add_test(tc, offers_by_need);
    tcase_add_test(tc, who_begins_the_handshake);
    tcase_add_test(tc, the_answer_decides_who_begins);
    tcase_add_test(tc, the_streams_fingerprint_replaces_the_sessions);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
