/* What elements say of people and to them, read and written: octets worked out from Q.931, Q.951
 * and EN 300 207-1, and read by another decoder too.
 */
#include "isdn/ie_party.h"
#include "isdn/ie_text.h"
#include "test/unit/ie_rig.h"

#include <errno.h>

/* ---- parties ---- */

START_TEST(numbers_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_number want;
    } table[] = {
        {"70 05 a1 33 30 31 32", {.ton = 2, .npi = 1, .digits = "3012"}},
        {"70 01 80", {.digits = ""}},
        {"6c 06 21 a3 33 30 31 32",
         {.ton = 2,
          .npi = 1,
          .screened = true,
          .presentation = 1,
          .screening = 3,
          .digits = "3012"}},
        {"6c 02 00 c3", {.screened = true, .presentation = 2, .screening = 3}},
        {"6c 03 91 34 39", {.ton = 1, .npi = 1, .digits = "49"}},
        {"4c 07 21 83 33 31 32 33 34",
         {.ton = 2, .npi = 1, .screened = true, .screening = 3, .digits = "31234"}},
        {"74 07 21 01 8f 34 34 34 34",
         {.ton = 2,
          .npi = 1,
          .screened = true,
          .screening = 1,
          .reasoned = true,
          .reason = 15,
          .digits = "4444"}},
        {"74 04 00 83 2a 31", {.screened = true, .screening = 3, .digits = "*1"}},
        {"76 06 21 a0 35 35 35 35",
         {.ton = 2, .npi = 1, .screened = true, .presentation = 1, .digits = "5555"}},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        const struct isdn_ie_number *want = &table[i].want;
        struct isdn_ie ie = first(table[i].octets);
        struct isdn_ie_value v;
        struct isdn_ie_number n;
        ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
        ck_assert_uint_eq(n.ton, want->ton);
        ck_assert_uint_eq(n.npi, want->npi);
        ck_assert_int_eq(n.screened, want->screened);
        ck_assert_uint_eq(n.presentation, want->presentation);
        ck_assert_uint_eq(n.screening, want->screening);
        ck_assert_int_eq(n.reasoned, want->reasoned);
        ck_assert_uint_eq(n.reason, want->reason);
        ck_assert_str_eq(n.digits, want->digits);
        ck_assert_int_eq(isdn_ie_write_number(&v, ie.key, want), 0);
        same(&v, table[i].octets);
    }
}
END_TEST

START_TEST(numbers_that_cannot_be_are_ignored)
{
    static const char *const bad[] = {"70 00", "6c 01 21", "74 02 21 01", "70 03 81 31 07",
                                      "28 02 81 31"};
    static const struct isdn_ie_number unwritable[] = {
        {.ton = 8},         {.npi = 16},
        {.screening = 4},   {.presentation = 4},
        {.digits = "1\t2"}, {.reasoned = true},
        {.digits = "\xb2"}, {.screened = true, .reasoned = true, .reason = 16},
    };
    static const struct isdn_ie_number screened = {.screened = true},
                                       reasoned = {.screened = true, .reasoned = true};
    struct isdn_ie_number n;
    struct isdn_ie_value v;
    struct isdn_ie ie;

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        ie = first(bad[i]);
        ck_assert_int_eq(isdn_ie_read_number(&n, &ie), EINVAL);
        ck_assert_str_eq(n.digits, "");
    }
    for (size_t i = 0; i < RT_COUNT(unwritable); i++)
        ck_assert_int_eq(isdn_ie_write_number(&v, 0x74, &unwritable[i]), EINVAL);
    ck_assert_int_eq(isdn_ie_write_number(&v, 0x70, &screened), EINVAL);
    ck_assert_int_eq(isdn_ie_write_number(&v, 0x6c, &reasoned), EINVAL);
    ck_assert_int_eq(isdn_ie_write_number(&v, 0x71, &(struct isdn_ie_number){.ton = 0}), EINVAL);
    ie = first("70 04 01 80 b1 32"); /* octet 3a where there is none; digits with bit 8 */
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert(!n.screened);
    ck_assert_str_eq(n.digits, "12");
}
END_TEST

START_TEST(two_redirecting_numbers_are_told_apart)
{
    struct isdn_ie_number n = {.npi = 1, .screened = true, .reasoned = true, .reason = 1};
    struct isdn_ie_value v;
    struct isdn_ie ie;
    struct edit e;

    begin(&e, "70 02 81 31 7e 01 04", 40);
    for (unsigned i = 0; i < 2; i++) {
        n.digits[0] = (char)('1' + i);
        ck_assert_int_eq(isdn_ie_write_number(&v, 0x74, &n), 0);
        ck_assert_int_eq(isdn_ie_insert(&e.b, &v), 0);
    }
    elements_are(&e, "70 02 81 31 74 04 01 00 81 31 74 04 01 00 81 32 7e 01 04");
    ck_assert(isdn_ie_find(&ie, e.b.p, e.b.len, 0x74, 1));
    ck_assert_int_eq(isdn_ie_read_number(&n, &ie), 0);
    ck_assert_str_eq(n.digits, "2");
    ck_assert_uint_eq(n.reason, 1);
}
END_TEST

START_TEST(subaddresses_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_subaddress want;
    } table[] = {
        {"4d 06 80 50 31 32 33 34", {.len = 5, .octets = "\x50\x31\x32\x33\x34"}},
        {"4d 04 a8 21 43 f5", {.type = 2, .odd = true, .len = 3, .octets = "\x21\x43\xf5"}},
        {"71 04 a0 12 34 56", {.type = 2, .len = 3, .octets = "\x12\x34\x56"}},
        {"6d 01 a0", {.type = 2}},
    };
    struct isdn_ie_subaddress s;
    struct isdn_ie_value v;
    struct isdn_ie ie;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        ie = first(table[i].octets);
        ck_assert_int_eq(isdn_ie_read_subaddress(&s, &ie), 0);
        ck_assert_uint_eq(s.type, table[i].want.type);
        ck_assert_int_eq(s.odd, table[i].want.odd);
        ck_assert_uint_eq(s.len, table[i].want.len);
        ck_assert_mem_eq(s.octets, table[i].want.octets, sizeof s.octets);
        ck_assert_int_eq(isdn_ie_write_subaddress(&v, ie.key, &table[i].want), 0);
        same(&v, table[i].octets);
    }
    s.len = 21;
    ck_assert_int_eq(isdn_ie_write_subaddress(&v, 0x71, &s), EINVAL);
    ie = first("71 16 80 0000000000 0000000000 0000000000 0000000000 00");
    ck_assert_int_eq(isdn_ie_read_subaddress(&s, &ie), EINVAL);
    ie = first("71 00");
    ck_assert_int_eq(isdn_ie_read_subaddress(&s, &ie), EINVAL);
    ck_assert_int_eq(isdn_ie_write_subaddress(&v, 0x70, &s), EINVAL);
}
END_TEST

/* ---- text ---- */

START_TEST(displays_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_display want;
    } table[] = {
        {"28 05 41 6c 69 63 65", {.text = "Alice"}},
        {"28 06 b1 41 6c 69 63 65", {.charset = 0xb1, .text = "Alice"}},
        {"28 04 4a f6 72 67", {.text = "J\xf6rg"}},
        {"28 00", {.text = ""}},
    };
    struct isdn_ie_display d;
    struct isdn_ie_value v;
    struct isdn_ie ie;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        ie = first(table[i].octets);
        ck_assert_int_eq(isdn_ie_read_display(&d, &ie), 0);
        ck_assert_uint_eq(d.charset, table[i].want.charset);
        ck_assert_str_eq(d.text, table[i].want.text);
        ck_assert_int_eq(isdn_ie_write_display(&v, &d), 0);
        same(&v, table[i].octets);
    }
    ie = first("28 04 41 00 0d 42");
    ck_assert_int_eq(isdn_ie_read_display(&d, &ie), 0);
    ck_assert_str_eq(d.text, "AB");
    d = (struct isdn_ie_display){.text = "\xf6"}; /* would be a charset */
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), EINVAL);
    d = (struct isdn_ie_display){.charset = 0x31};
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), EINVAL);
    d = (struct isdn_ie_display){.text = "\n"};
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), EINVAL);
    memset(d.text, 'x', 81);
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), EINVAL);
    d.text[80] = '\0';
    ck_assert_int_eq(isdn_ie_write_display(&v, &d), 0);
}
END_TEST

START_TEST(keypads_are_read_and_written)
{
    struct isdn_ie ie = first("2c 03 2a 32 31");
    struct isdn_ie_value v;
    char keys[64];

    ck_assert_int_eq(isdn_ie_read_keypad(keys, &ie), 0);
    ck_assert_str_eq(keys, "*21");
    ck_assert_int_eq(isdn_ie_write_keypad(&v, keys), 0);
    same(&v, "2c 03 2a 32 31");
    ck_assert_int_eq(isdn_ie_write_keypad(&v, "123456789012345678901234567890123"), EINVAL);
    ie = first("2c 02 31 00");
    ck_assert_int_eq(isdn_ie_read_keypad(keys, &ie), EINVAL);
    ck_assert_str_eq(keys, "");
}
END_TEST

START_TEST(user_information_is_binary)
{
    struct isdn_ie ie = first("7e 05 00 00 ff 80 01");
    struct isdn_ie_user u;
    struct isdn_ie_value v;

    ck_assert_int_eq(isdn_ie_read_user(&u, &ie), 0);
    ck_assert_uint_eq(u.protocol, 0);
    ck_assert_uint_eq(u.len, 4);
    ck_assert_mem_eq(u.octets, "\x00\xff\x80\x01", 4);
    ck_assert_int_eq(isdn_ie_write_user(&v, &u), 0);
    same(&v, "7e 05 00 00 ff 80 01");
    u.len = 128;
    ck_assert_int_eq(isdn_ie_write_user(&v, &u), 0);
    u.len = 129; /* table 4-3: 131 octets in all */
    ck_assert_int_eq(isdn_ie_write_user(&v, &u), EINVAL);
    ie = first("7e 00");
    ck_assert_int_eq(isdn_ie_read_user(&u, &ie), EINVAL);
}
END_TEST

START_TEST(raw_contents_keep_to_their_length)
{
    static const uint8_t octets[17] = {0x88, 0x90, 0xa3};
    struct isdn_ie_value v;

    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_LOW_LAYER, octets, 3), 0);
    same(&v, "7c 03 88 90 a3");
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_LOW_LAYER, octets, 17), EINVAL);
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_HIGH_LAYER, "\x91\x81", 2), 0);
    same(&v, "7d 02 91 81");
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_NETWORK_FACILITIES, "\x00\xe5", 2), 0);
    same(&v, "20 02 00 e5");
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_COMPLETE, NULL, 0), 0);
    ck_assert_uint_eq(v.key, 0xa1);
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_FACILITY, octets, 256), EINVAL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ie party");
    TCase *tc = tcase_create("ie party");

    tcase_add_test(tc, numbers_are_read_and_written);
    tcase_add_test(tc, numbers_that_cannot_be_are_ignored);
    tcase_add_test(tc, two_redirecting_numbers_are_told_apart);
    tcase_add_test(tc, subaddresses_are_read_and_written);
    tcase_add_test(tc, displays_are_read_and_written);
    tcase_add_test(tc, keypads_are_read_and_written);
    tcase_add_test(tc, user_information_is_binary);
    tcase_add_test(tc, raw_contents_keep_to_their_length);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
