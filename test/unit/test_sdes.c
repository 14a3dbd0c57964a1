/* a=crypto lines: the examples of RFC 4568, RFC 6188 and RFC 7714, and what makes a line invalid.
 */
#include "codec/sdes.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

static struct sdes_line line;

static int parse(const char *text)
{
    return sdes_parse(&line, rt_str(text));
}

START_TEST(the_examples_of_rfc_4568_are_read)
{
    static const uint8_t two32[4] = {0, 0, 0, 1};

    /* 9.1's example; the key is the base64 of "YS__" and so on: text, by chance. */
    ck_assert_int_eq(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4 FEC_ORDER=FEC_SRTP"),
                     0);
    ck_assert_uint_eq(line.tag, 1);
    ck_assert_uint_eq(line.keys.suite, MEDIA_SRTP_AES_128_SHA1_80);
    ck_assert_uint_eq(line.lifetime, 1u << 20);
    ck_assert_mem_eq(line.keys.key, "YS___semctl () {", 16);
    ck_assert_mem_eq(line.keys.salt, "\t220;}\n}\nunles", 14);
    ck_assert_uint_eq(line.keys.nmki, 4);
    ck_assert_mem_eq(line.keys.mki, two32, 4);
    /* Section 6.1: the lifetime left out, 1066 as four octets. */
    ck_assert_int_eq(
        parse("1 AES_CM_128_HMAC_SHA1_80 inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2|1066:4"),
        0);
    ck_assert_uint_eq(line.lifetime, 0);
    ck_assert_mem_eq(line.keys.key, "aBCdefghiJKLmoPQ", 16);
    ck_assert_mem_eq(line.keys.salt, "rsTuVwyz123456", 14);
    ck_assert_mem_eq(line.keys.mki, "\0\0\4\x2a", 4);
    /* Section 4.1: an identifier of 32 octets, and the short tag. */
    ck_assert_int_eq(parse("2 AES_CM_128_HMAC_SHA1_32 "
                           "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32"),
                     0);
    ck_assert_uint_eq(line.keys.suite, MEDIA_SRTP_AES_128_SHA1_32);
    ck_assert_uint_eq(line.keys.nmki, 32);
    ck_assert_uint_eq(line.keys.mki[31], 1);
    ck_assert_uint_eq(line.keys.mki[0], 0);
    /* 9.1's second line: a suite nobody has, and two keys. */
    ck_assert_int_eq(parse("2 F8_128_HMAC_SHA1_80 "
                           "inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
                           "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 "
                           "FEC_ORDER=FEC_SRTP"),
                     ENOTSUP);
}
END_TEST

START_TEST(keys_have_the_length_of_their_suite)
{
    static const struct {
        const char *suite;
        size_t octets;
    } suites[] = {{"AES_CM_128_HMAC_SHA1_80", 30}, {"AES_CM_128_HMAC_SHA1_32", 30},
                  {"AES_256_CM_HMAC_SHA1_80", 46}, {"AES_256_CM_HMAC_SHA1_32", 46},
                  {"AEAD_AES_128_GCM", 28},        {"AEAD_AES_256_GCM", 44}};

    for (size_t i = 0; i < RT_COUNT(suites); i++)
        for (size_t chars = 0; chars < 80; chars++) {
            char text[200];
            size_t n = (size_t)snprintf(text, sizeof text, "7 %s inline:", suites[i].suite);
            memset(text + n, 'A', chars);
            text[n + chars] = '\0';
            /* base64 without its padding: 4 characters for 3 octets, rounded up */
            ck_assert_int_eq(parse(text), chars == (suites[i].octets * 4 + 2) / 3 ? 0 : EBADMSG);
        }
}
END_TEST

START_TEST(padding_may_be_there_or_not)
{
    static const char key[] = "1 AEAD_AES_128_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    char text[100];

    snprintf(text, sizeof text, "%s", key);
    ck_assert_int_eq(parse(text), 0);
    snprintf(text, sizeof text, "%s==|2^31", key);
    ck_assert_int_eq(parse(text), 0);
    ck_assert_uint_eq(line.lifetime, (uint64_t)1 << 31);
}
END_TEST

START_TEST(invalid_lines_are_skipped)
{
    static const struct {
        const char *text;
        int want;
    } cases[] = {
        {"", EBADMSG},
        {"1", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80", EBADMSG},
        {"x AES_CM_128_HMAC_SHA1_80 inline:" KEY, EBADMSG},
        {"01 AES_CM_128_HMAC_SHA1_80 inline:" KEY, EBADMSG},
        {"1234567890 AES_CM_128_HMAC_SHA1_80 inline:" KEY, EBADMSG},
        {"999999999 AES_CM_128_HMAC_SHA1_80 inline:" KEY, 0},
        {"0 AES_CM_128_HMAC_SHA1_80 inline:" KEY, 0},
        {"1\tAES_CM_128_HMAC_SHA1_80  inline:" KEY "  ", 0},
        {"1 aes_cm_128_hmac_sha1_80 inline:" KEY, ENOTSUP},
        {"1 AES_192_CM_HMAC_SHA1_80 inline:" KEY, ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 uri:" KEY, ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY ";inline:" KEY, ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:WVNf*19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^48", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^49", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^0", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|0", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|0100", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|281474976710656", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|281474976710657", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:128", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:129", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:0", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|256:1", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|255:1", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|1:4|2^20", EBADMSG},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " KDR=1", ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTP", ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTCP", ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNAUTHENTICATED_SRTP", ENOTSUP},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " WSH=60", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " FEC_KEY=inline:" KEY, 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " -NOVEL=1", 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " NOVEL=1", ENOTSUP},
    };
    for (size_t i = 0; i < RT_COUNT(cases); i++)
        ck_assert_msg(parse(cases[i].text) == cases[i].want, "%s", cases[i].text);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    uint8_t random[SDES_RANDOM];

    for (unsigned i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(i * 37 + 11);
    for (unsigned suite = 0; suite < MEDIA_SRTP_NSUITES; suite++)
        for (unsigned form = 0; form < 4; form++) {
            struct sdes_line l;
            struct rt_buf out = {0};
            sdes_make(&l, suite + 1, suite, random);
            l.lifetime = form & 1 ? 1u << 31 : form & 2 ? 1000 : 0;
            if (form & 2) {
                l.keys.nmki = 4;
                memcpy(l.keys.mki, "\1\2\3\4", 4);
            }
            sdes_write(&out, &l);
            struct rt_str text = rt_str_trim(rt_buf_str(&out));
            ck_assert(rt_str_eq(rt_str_cut(&text, ':'), "a=crypto"));
            ck_assert_int_eq(sdes_parse(&line, text), 0);
            ck_assert_uint_eq(line.tag, suite + 1);
            ck_assert_uint_eq(line.lifetime, l.lifetime);
            ck_assert(media_srtp_keys_equal(&line.keys, &l.keys));
            rt_buf_release(&out);
        }
    /* RFC 4568's key again, letter by letter. */
    struct rt_buf out = {0};
    ck_assert_int_eq(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4"), 0);
    sdes_write(&out, &line);
    ck_assert_str_eq(out.p, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4\r\n");
    rt_buf_release(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdes");
    TCase *t = tcase_create("sdes");

    tcase_add_test(t, the_examples_of_rfc_4568_are_read);
    tcase_add_test(t, keys_have_the_length_of_their_suite);
    tcase_add_test(t, padding_may_be_there_or_not);
    tcase_add_test(t, invalid_lines_are_skipped);
    tcase_add_test(t, what_is_written_is_read_again);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
