/* URIs split and written again (RFC 3261 19.1.3, RFC 3966, RFC 4904), and their escapes. */
#include "sip/uri.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static void is(struct rt_str got, const char *expected)
{
    ck_assert_msg(rt_str_eq(got, expected), "%s expected, got %.*s", expected, RT_STR(got));
}

/* RFC 3261 19.1.3, RFC 3966 6, RFC 4904 4, RFC 7044 5 */
static const struct {
    const char *text, *user, *user_params, *password, *host, *port, *params, *headers;
} good[] = {
    {"sip:alice@atlanta.com", "alice", "", "", "atlanta.com", "", "", ""},
    {"sip:alice:secretword@atlanta.com;transport=tcp", "alice", "", "secretword", "atlanta.com", "",
     "transport=tcp", ""},
    {"sips:alice@atlanta.com?subject=project%20x&priority=urgent", "alice", "", "", "atlanta.com",
     "", "", "subject=project%20x&priority=urgent"},
    {"sip:+1-212-555-1212:1234@gateway.com;user=phone", "+1-212-555-1212", "", "1234",
     "gateway.com", "", "user=phone", ""},
    {"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", "", "", "", "atlanta.com", "",
     "method=REGISTER", "to=alice%40atlanta.com"},
    {"sip:alice;day=tuesday@atlanta.com", "alice", "day=tuesday", "", "atlanta.com", "", "", ""},
    {"sip:[2001:db8::1]:5070;lr", "", "", "", "[2001:db8::1]", "5070", "lr", ""},
    {"sip:5550100;phone-context=+1-630;tgrp=TG-1;trunk-context=example.com@isp.example.net;"
     "user=phone",
     "5550100", "phone-context=+1-630;tgrp=TG-1;trunk-context=example.com", "", "isp.example.net",
     "", "user=phone", ""},
    {"tel:+1-201-555-0123", "+1-201-555-0123", "", "", "", "", "", ""},
    {"tel:7042;phone-context=example.com", "7042", "phone-context=example.com", "", "", "", "", ""},
    {"sip:UserA@ims.example.com?Reason=SIP%3Bcause%3D302", "UserA", "", "", "ims.example.com", "",
     "", "Reason=SIP%3Bcause%3D302"},
};

START_TEST(a_uri_in_its_parts)
{
    struct sip_uri u;
    struct rt_buf again = {0};

    ck_assert_int_eq(sip_uri_read(&u, rt_str(good[_i].text)), 0);
    is(u.user, good[_i].user);
    is(u.user_params, good[_i].user_params);
    is(u.password, good[_i].password);
    is(u.host, good[_i].host);
    is(u.port, good[_i].port);
    is(u.params, good[_i].params);
    is(u.headers, good[_i].headers);
    sip_uri_write(&again, &u);
    ck_assert_str_eq(again.p, good[_i].text);
    rt_buf_release(&again);
}
END_TEST

START_TEST(what_is_no_uri)
{
    static const char *const bad[] = {
        "",           "sip",       "sip:",      "tel:",       "tel:;ext=1",
        "mailto:a@b", "sip:@host", "sip:a@",    "sip:[::1",   "sip:[::1]x",
        "sip:a b@c",  "sip:a@b>",  "sip:a@b\n", "sip:\x01@b", "sip:\xc3@b"};
    struct sip_uri u;

    for (size_t i = 0; i < RT_COUNT(bad); i++)
        if (strchr(bad[i], '\n')) /* the ends are trimmed */
            ck_assert_int_eq(sip_uri_read(&u, rt_str(bad[i])), 0);
        else
            ck_assert_msg(sip_uri_read(&u, rt_str(bad[i])) == EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(parameters_and_header_fields)
{
    struct sip_uri u;

    sip_uri_read(&u, rt_str("sip:1;tgrp=A;npdi@h;TGRP=B;cic=+1-6789?Privacy=history&Reason=x"));
    is(sip_uri_phone_param(&u, "tgrp"), "A");
    is(sip_uri_param(&u, "tgrp"), "B");
    is(sip_uri_phone_param(&u, "cic"), "+1-6789"); /* behind the host, where it does not belong */
    ck_assert_ptr_nonnull(sip_uri_phone_param(&u, "npdi").p);
    ck_assert_ptr_null(sip_uri_phone_param(&u, "rn").p);
    is(sip_uri_header(&u, "reason"), "x");
    is(sip_uri_header(&u, "Privacy"), "history");
    ck_assert_ptr_null(sip_uri_header(&u, "To").p);
}
END_TEST

START_TEST(escapes)
{
    char out[16];

    ck_assert_int_eq(sip_uri_unescape(out, sizeof out, rt_str("SIP%3Bcause%3d2")), 0);
    ck_assert_str_eq(out, "SIP;cause=2");
    ck_assert_int_eq(sip_uri_unescape(out, sizeof out, rt_str("a%4")), EINVAL);
    ck_assert_int_eq(sip_uri_unescape(out, sizeof out, rt_str("a%zz")), EINVAL);
    ck_assert_int_eq(sip_uri_unescape(out, sizeof out, rt_str("a%00b")), EINVAL);
    ck_assert_str_eq(out, "a");
    ck_assert_int_eq(sip_uri_unescape(out, 3, rt_str("abc")), E2BIG);
    ck_assert_str_eq(out, "ab");
    ck_assert_int_eq(sip_uri_escape(out, sizeof out, rt_str("*21#"), SIP_URI_USER), 0);
    ck_assert_str_eq(out, "*21%23");
    ck_assert_int_eq(sip_uri_escape(out, sizeof out, rt_str("a@b;c"), SIP_URI_USER), 0);
    ck_assert_str_eq(out, "a%40b%3Bc");
    ck_assert_int_eq(sip_uri_escape(out, 5, rt_str("ab#"), SIP_URI_USER), E2BIG);
    ck_assert_str_eq(out, "ab");
    ck_assert(sip_uri_fits(rt_str("TG-1/%41"), SIP_URI_PARAM));
    ck_assert(!sip_uri_fits(rt_str("TG 1"), SIP_URI_PARAM));
    ck_assert(!sip_uri_fits(rt_str("TG%4"), SIP_URI_PARAM));
    ck_assert(!sip_uri_fits(rt_str("a@b"), SIP_URI_PARAM));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sip uri");
    TCase *tc = tcase_create("sip uri");

    tcase_add_loop_test(tc, a_uri_in_its_parts, 0, (int)RT_COUNT(good));
    tcase_add_test(tc, what_is_no_uri);
    tcase_add_test(tc, parameters_and_header_fields);
    tcase_add_test(tc, escapes);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
