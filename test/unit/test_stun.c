/* STUN messages: all vectors of RFC 5769 read, and written again octet by octet; malformed ones. */
#include "codec/stun.h"

#include <check.h>
#include <errno.h>
#include <nettle/md5.h>
#include <stdlib.h>

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769 2.1 to 2.4. */
static const char request[] = "000100582112a442b7e7a701bc34d686fa87dfae"
                              "802200105354554e207465737420636c69656e74"
                              "002400046e0001ff80290008932ff9b151263b36"
                              "000600096576746a3a68367659202020"
                              "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
                              "80280004e57a3bcf";
static const char response4[] = "0101003c2112a442b7e7a701bc34d686fa87dfae"
                                "8022000b7465737420766563746f7220"
                                "002000080001a147e112a643"
                                "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
                                "80280004c07d4c96";
static const char response6[] = "010100482112a442b7e7a701bc34d686fa87dfae"
                                "8022000b7465737420766563746f7220"
                                "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
                                "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
                                "80280004c8fb0b4c";
static const char long_term[] = "000100602112a44278ad3433c6ad72c029da412e"
                                "00060012e3839ee38388e383aae38383e382afe382b90000"
                                "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
                                "0014000b6578616d706c652e6f726700"
                                "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666";

static uint8_t data[STUN_MAX];
static size_t len;
static struct stun_message m;

static void unhex(const char *hex)
{
    len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static int parse(const char *hex)
{
    unhex(hex);
    return stun_parse(&m, data, len);
}

START_TEST(rfc_5769_2_1_request)
{
    ck_assert_int_eq(parse(request), 0);
    ck_assert_int_eq(m.class, STUN_REQUEST);
    ck_assert_uint_eq(m.method, STUN_BINDING);
    ck_assert(rt_str_eq(m.software, "STUN test client"));
    ck_assert(m.has_priority && m.priority == 0x6e0001ff);
    ck_assert(m.controlled && !m.controlling && m.tie == 0x932ff9b151263b36);
    ck_assert(m.has_username && rt_str_eq(m.username, "evtj:h6vY"));
    ck_assert(m.fingerprint && m.nunknown == 0 && !m.use_candidate);
    ck_assert(stun_authentic(&m, PASSWORD, strlen(PASSWORD)));
    ck_assert(!stun_authentic(&m, PASSWORD, strlen(PASSWORD) - 1));
}
END_TEST

static void check_response(const char *hex, const char *address)
{
    char text[RT_ADDR_LEN];

    ck_assert_int_eq(parse(hex), 0);
    ck_assert_int_eq(m.class, STUN_SUCCESS);
    ck_assert(rt_str_eq(m.software, "test vector"));
    ck_assert_str_eq(rt_addr_format(text, &m.mapped), address);
    ck_assert(m.fingerprint && stun_authentic(&m, PASSWORD, strlen(PASSWORD)));
}

START_TEST(rfc_5769_2_2_response_ipv4)
{
    check_response(response4, "192.0.2.1:32853");
}
END_TEST

START_TEST(rfc_5769_2_3_response_ipv6)
{
    check_response(response6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}
END_TEST

START_TEST(rfc_5769_2_4_long_term)
{
    static const char user[] =
        "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";
    static const char rest[] = ":example.org:TheMatrIX"; /* after SASLprep */
    struct md5_ctx ctx;
    uint8_t key[MD5_DIGEST_SIZE];

    ck_assert_int_eq(parse(long_term), 0);
    ck_assert(rt_str_eq(m.username, user));
    ck_assert(rt_str_eq(m.nonce, "f//499k954d6OL34oL9FSTvy64sA"));
    ck_assert(rt_str_eq(m.realm, "example.org"));
    ck_assert(!m.fingerprint);
    md5_init(&ctx);
    md5_update(&ctx, strlen(user), (const uint8_t *)user);
    md5_update(&ctx, strlen(rest), (const uint8_t *)rest);
    md5_digest(&ctx, sizeof key, key);
    ck_assert(stun_authentic(&m, key, sizeof key));
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    uint8_t out[STUN_MAX];
    static const uint8_t id[STUN_ID] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    union rt_addr a;
    static const char *const addresses[] = {"192.0.2.1:32853", "[2001:db8::1]:1"};

    for (size_t i = 0; i < RT_COUNT(addresses); i++) {
        struct rt_writer w = rt_writer(out, sizeof out);
        ck_assert_int_eq(rt_addr_parse(&a, addresses[i], strlen(addresses[i]), 0), 0);
        stun_begin(&w, STUN_REQUEST, STUN_BINDING, id);
        stun_put_text(&w, STUN_USERNAME, rt_str("abcd:efghi"));
        stun_put_u32(&w, STUN_PRIORITY, 77);
        stun_put_flag(&w, STUN_USE_CANDIDATE);
        stun_put_u64(&w, STUN_ICE_CONTROLLING, 0x0123456789abcdef);
        stun_put_xor_address(&w, &a);
        stun_put_integrity(&w, "secret", 6);
        stun_put_fingerprint(&w);
        ck_assert(!w.failed);
        ck_assert_int_eq(stun_parse(&m, out, rt_written(&w)), 0);
        ck_assert(m.class == STUN_REQUEST && m.method == STUN_BINDING);
        ck_assert_mem_eq(m.id, id, STUN_ID);
        ck_assert(rt_str_eq(m.username, "abcd:efghi") && m.priority == 77 && m.use_candidate);
        ck_assert(m.controlling && m.tie == 0x0123456789abcdef && m.fingerprint);
        ck_assert(rt_addr_equal(&m.mapped, &a));
        ck_assert(stun_authentic(&m, "secret", 6) && !stun_authentic(&m, "secrex", 6));
        for (size_t k = 0; k < rt_written(&w); k++) { /* any octet touched is seen */
            out[k] ^= 4;
            ck_assert(stun_parse(&m, out, rt_written(&w)) != 0 || !m.fingerprint);
            out[k] ^= 4;
        }
    }
}
END_TEST

/** The request of RFC 5769 2.1 but for the padding of its user name: written by us, then padded as
 * there, it must get the same two codes. */
START_TEST(the_vectors_codes_are_computed)
{
    uint8_t out[STUN_MAX], want[STUN_MAX];
    struct rt_writer w = rt_writer(out, sizeof out);

    unhex(request);
    memcpy(want, data, len);
    stun_begin(&w, STUN_REQUEST, STUN_BINDING, want + 8);
    stun_put_text(&w, STUN_SOFTWARE, rt_str("STUN test client"));
    stun_put_u32(&w, STUN_PRIORITY, 0x6e0001ff);
    stun_put_u64(&w, STUN_ICE_CONTROLLED, 0x932ff9b151263b36);
    stun_put_text(&w, STUN_USERNAME, rt_str("evtj:h6vY"));
    memset(w.p - 3, ' ', 3);
    stun_put_integrity(&w, PASSWORD, strlen(PASSWORD));
    stun_put_fingerprint(&w);
    ck_assert_uint_eq(rt_written(&w), len);
    ck_assert_mem_eq(out, want, len);
}
END_TEST

START_TEST(errors_are_written)
{
    static const struct {
        enum stun_code code;
        const char *reason;
    } cases[] = {{STUN_BAD_REQUEST, "Bad Request"},
                 {STUN_UNAUTHENTICATED, "Unauthenticated"},
                 {STUN_UNKNOWN_ATTRIBUTE, "Unknown Attribute"},
                 {STUN_ROLE_CONFLICT, "Role Conflict"}};
    uint8_t out[STUN_MAX];

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct rt_writer w = rt_writer(out, sizeof out);
        stun_begin(&w, STUN_ERROR, STUN_BINDING, (const uint8_t *)"abcdefghijkl");
        ck_assert_uint_eq(out[0] << 8 | out[1], 0x0111);
        stun_put_error(&w, cases[i].code);
        stun_put_fingerprint(&w);
        ck_assert_int_eq(stun_parse(&m, out, rt_written(&w)), 0);
        ck_assert_int_eq(m.class, STUN_ERROR);
        ck_assert_uint_eq(m.error, cases[i].code);
        ck_assert(rt_str_eq(m.reason, cases[i].reason));
    }
}
END_TEST

START_TEST(malformed_messages_are_refused)
{
    static const char *const bad[] = {
        "",
        "0001000021",
        "000100002112a443b7e7a701bc34d686fa87dfae",                 /* the cookie */
        "400100002112a442b7e7a701bc34d686fa87dfae",                 /* the first two bits */
        "000100042112a442b7e7a701bc34d686fa87dfae",                 /* length too long */
        "000100002112a442b7e7a701bc34d686fa87dfae00240000",         /* too short */
        "000100032112a442b7e7a701bc34d686fa87dfae002400",           /* not of 4 */
        "000100042112a442b7e7a701bc34d686fa87dfae00060004",         /* attribute over the end */
        "000100082112a442b7e7a701bc34d686fa87dfae0024000200000000", /* PRIORITY of 2 octets */
        "000100082112a442b7e7a701bc34d686fa87dfae0025000100000000", /* USE-CANDIDATE with a value */
        "0001000c2112a442b7e7a701bc34d686fa87dfae002000080003a147e112a643", /* family 3 */
        "000100082112a442b7e7a701bc34d686fa87dfae8028000400000000",         /* FINGERPRINT */
        "0111000c2112a442b7e7a701bc34d686fa87dfae000900080000020041414141", /* error 200 */
    };
    for (size_t i = 0; i < RT_COUNT(bad); i++)
        ck_assert_msg(parse(bad[i]) == EBADMSG, "%s", bad[i]);
}
END_TEST

START_TEST(unknown_attributes_are_told_by_their_number)
{
    /* 0x7f00 must be understood, 0xff00 need not. */
    ck_assert_int_eq(parse("000100102112a442b7e7a701bc34d686fa87dfae7f00000161000000ff000000"
                           "7f010000"),
                     0);
    ck_assert_uint_eq(m.nunknown, 2);
    ck_assert_uint_eq(m.unknown[0], 0x7f00);
    ck_assert_uint_eq(m.unknown[1], 0x7f01);
}
END_TEST

START_TEST(of_many_unknown_attributes_some_are_told)
{
    uint8_t out[STUN_MAX];
    struct rt_writer w = rt_writer(out, sizeof out);

    stun_begin(&w, STUN_REQUEST, STUN_BINDING, (const uint8_t *)"abcdefghijkl");
    for (uint16_t type = 0x7f00; type < 0x7f00 + 2 * STUN_UNKNOWN_MAX; type++)
        stun_put_flag(&w, type);
    ck_assert_int_eq(stun_parse(&m, out, rt_written(&w)), 0);
    ck_assert_uint_eq(m.nunknown, STUN_UNKNOWN_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stun");
    TCase *t = tcase_create("stun");

    tcase_add_test(t, rfc_5769_2_1_request);
    tcase_add_test(t, rfc_5769_2_2_response_ipv4);
    tcase_add_test(t, rfc_5769_2_3_response_ipv6);
    tcase_add_test(t, rfc_5769_2_4_long_term);
    tcase_add_test(t, the_vectors_codes_are_computed);
    tcase_add_test(t, what_is_written_is_read_again);
    tcase_add_test(t, errors_are_written);
    tcase_add_test(t, malformed_messages_are_refused);
    tcase_add_test(t, unknown_attributes_are_told_by_their_number);
    tcase_add_test(t, of_many_unknown_attributes_some_are_told);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
