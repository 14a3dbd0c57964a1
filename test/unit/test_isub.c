/* Subaddresses in URIs (RFC 3966, RFC 4715), and names between ISO 8859-1 and UTF-8. */
#include "gw/leg_isdn_priv.h"
#include "gw/leg_sip_priv.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct gw_subaddress sub(bool user, uint8_t len, const char *octets)
{
    struct gw_subaddress s = {.len = len, .user = user};

    memcpy(s.octets, octets, len);
    return s;
}

START_TEST(said_by_encoding)
{
    static const struct {
        uint8_t len;
        const char *octets, *text;
    } table[] = {
        {0, "", ""},
        {3,
         "\x50"
         "12",
         ";isub=12;isub-encoding=nsap-ia5"},
        {4,
         "\x50"
         "a;b",
         ";isub=a%3Bb;isub-encoding=nsap-ia5"},
        {3, "\x48\x12\x34", ";isub=1234;isub-encoding=nsap-bcd"},
        {3, "\x48\x12\x3f", ";isub=123;isub-encoding=nsap-bcd"},
        {3, "\x48\x1f\x34", ";isub=481F34;isub-encoding=nsap"}, /* no digits */
        {3, "\x50\x01\x02", ";isub=500102;isub-encoding=nsap"}, /* no characters */
        {2, "\x45\x00", ";isub=4500;isub-encoding=nsap"},
        {1, "\x50", ";isub=50;isub-encoding=nsap"},
    };
    char text[LEG_SIP_ISUB_LEN];

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct gw_subaddress s = sub(false, table[i].len, table[i].octets), back;
        char uri[LEG_SIP_ISUB_LEN + 40];
        leg_sip_isub(text, sizeof text, &s);
        ck_assert_str_eq(text, table[i].text);
        snprintf(uri, sizeof uri, "sip:+4930%s@host;user=phone", text);
        leg_sip_isub_in(&back, rt_str(uri));
        ck_assert_uint_eq(back.len, s.len);
        ck_assert_mem_eq(back.octets, s.octets, s.len);
    }
    struct gw_subaddress user = sub(true, 2, "12");
    leg_sip_isub(text, sizeof text, &user);
    ck_assert_str_eq(text, "");
    user = sub(false, 20,
               "\x45"
               "0123456789012345678");
    leg_sip_isub(text, 20, &user); /* no room: not in part */
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(what_is_none)
{
    static const char *const uris[] = {
        "",
        "sip:+4930@host",
        "tel:+4930;isub=",
        "tel:+4930;isub=12345678901234567890", /* one more than 20 octets with AFI */
        "tel:+4930;isub=1a;isub-encoding=nsap-bcd",
        "tel:+4930;isub=123;isub-encoding=nsap",
        "tel:+4930;isub=12xx;isub-encoding=nsap",
        "tel:+4930;isub=12;isub-encoding=strange",
        "tel:+4930;isub=%zz",
        "tel:+4930;isub=123456789012345678901234567890123456789012345678",
    };
    struct gw_subaddress s;

    for (size_t i = 0; i < RT_COUNT(uris); i++) {
        leg_sip_isub_in(&s, rt_str(uris[i]));
        ck_assert_msg(s.len == 0, "%s", uris[i]);
    }
    leg_sip_isub_in(&s, rt_str("tel:+4930;isub=7"));
    ck_assert_uint_eq(s.len, 2);
    ck_assert_mem_eq(s.octets,
                     "\x50"
                     "7",
                     2);
}
END_TEST

START_TEST(names_change_their_characters)
{
    char name[GW_PARTY_NAME_LEN], long_name[GW_PARTY_NAME_LEN];

    leg_isdn_name_in(name, "J\xf6rg");
    ck_assert_str_eq(name, "J\xc3\xb6rg");
    leg_isdn_name_out(name, "J\xc3\xb6rg \xc5\x81 \xe2\x82\xac");
    ck_assert_str_eq(name, "J\xf6rg ? ?");
    leg_isdn_name_out(name, "a\xc3"); /* cut */
    ck_assert_str_eq(name, "a?");
    memset(long_name, 0xe4, sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    leg_isdn_name_in(name, long_name);
    ck_assert_uint_eq(strlen(name), 62); /* whole characters */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("isub");
    TCase *tc = tcase_create("isub");

    tcase_add_test(tc, said_by_encoding);
    tcase_add_test(tc, what_is_none);
    tcase_add_test(tc, names_change_their_characters);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
