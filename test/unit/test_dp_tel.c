/* Numbers in URIs with their parameters (RFC 3966, RFC 4694, RFC 4904, RFC 4967), and by which of
 * them a call is routed (RFC 4694 5).
 */
#include "dialplan/tel.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

static struct dp_tel tel_of(const char *uri)
{
    struct dp_tel t;
    const char *why;
    int err = dp_tel_parse(&t, rt_str(uri), &why);

    ck_assert_msg(err == 0, "%s: %s", uri, why);
    return t;
}

/** The canonical form, or the reason why there is none. */
static const char *canonical(const char *uri, enum dp_tel_form form, bool strict)
{
    static char out[512];
    struct rt_buf b = {0};
    struct dp_tel t;
    const char *why;
    int err = strict ? dp_tel_parse(&t, rt_str(uri), &why) : dp_tel_read(&t, rt_str(uri), &why);

    if (err != 0) {
        snprintf(out, sizeof out, "%s: %s", err == E2BIG ? "E2BIG" : "EINVAL", why);
        return out;
    }
    dp_tel_write(&b, &t, form);
    rt_str_copy(out, sizeof out, rt_buf_str(&b));
    rt_buf_release(&b);
    return out;
}

struct row {
    const char *uri, *want;
};

static void check_rows(const struct row *rows, size_t n, enum dp_tel_form form, bool strict)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = canonical(rows[i].uri, form, strict);
        ck_assert_msg(strcmp(got, rows[i].want) == 0, "%s: %s", rows[i].uri, got);
    }
}

#define FORTY   "1234567890123456789012345678901234567890"
#define HUNDRED FORTY FORTY "12345678901234567890"

START_TEST(a_tel_uri_has_one_canonical_form)
{
    static const struct row rows[] = {
        /* RFC 3966 5.1.1: visual separators */
        {"tel:+1-201-555-0123", "tel:+12015550123"},
        {"TEL:+1.(201).555.0123", "tel:+12015550123"},
        /* RFC 3966 3: local numbers have hexadecimal digits, * and # */
        {"tel:*1AF%23;phone-context=example.com", "tel:*1af%23;phone-context=example.com"},
        {"tel:7042;Phone-Context=EXAMPLE.COM", "tel:7042;phone-context=example.com"},
        {"tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555"},
        {"tel:911;phone-context=+1", "tel:911;phone-context=+1"}, /* 5.1.5: a scope */
        {"tel:7042;phone-context=a.example.", "tel:7042;phone-context=a.example."},
        /* RFC 3966 5.1: no length is assumed */
        {"tel:+1;ext=1", "tel:+1;ext=1"},
        {"tel:+" FORTY, "tel:+" FORTY},
        /* RFC 3966 3: isub or ext, then phone-context, then by name */
        {"tel:12;z=1;phone-context=a.b;a;isub=1411;m=2",
         "tel:12;isub=1411;phone-context=a.b;a;m=2;z=1"},
        {"tel:+4930;ext=1-7;tgrp=A;trunk-context=b.c;zz=1;npdi;sip=2",
         "tel:+4930;ext=17;npdi;sip=2;tgrp=a;trunk-context=b.c;zz=1"},
        /* 5.4: optional parameters that are not understood are kept */
        {"tel:+4930;foo=%2Fbar;tsp=x.example", "tel:+4930;foo=%2fbar;tsp=x.example"},
        {"tel:+4930;isub=AB%20C;isub-encoding=nsap-ia5",
         "tel:+4930;isub=ab%20c;isub-encoding=nsap-ia5"},
        /* RFC 2806 has postd, RFC 3966 has not: read, not said */
        {"tel:+358-555-1234567;postd=pp22", "tel:+3585551234567"},
        /* RFC 4694 6 */
        {"tel:+1-202-533-1234;npdi;rn=+1-202-544-0000", "tel:+12025331234;npdi;rn=+12025440000"},
        {"tel:+1-202-533-6789;npdi", "tel:+12025336789;npdi"},
        {"tel:+1-800-123-4567;cic=+1-6789", "tel:+18001234567;cic=+16789"},
        /* RFC 4694 4: hexadecimal digits behind the country code; local ones with a context */
        {"tel:+4930;rn=+49-D0-86", "tel:+4930;rn=+49d086"},
        {"tel:+4930;rn=D-086;rn-context=+49", "tel:+4930;rn=d086;rn-context=+49"},
        {"tel:+12025336789;cic=6789;cic-context=carrier.example",
         "tel:+12025336789;cic=6789;cic-context=carrier.example"},
        {"tel:+4930;rn=D086", "tel:+4930"},
        {"tel:+4930;cic=6789", "tel:+4930"},
        {"tel:+4930;rn-context=+49", "tel:+4930"},
        /* RFC 4904 4 */
        {"tel:5550100;phone-context=+1-630;tgrp=TG-1;trunk-context=example.com",
         "tel:5550100;phone-context=+1630;tgrp=tg-1;trunk-context=example.com"},
        {"tel:+16305550100;tgrp=TG-1;trunk-context=+1-630",
         "tel:+16305550100;tgrp=tg-1;trunk-context=+1630"},
        {"tel:+16305550100;tgrp=a%20b/c&d+e$f;trunk-context=example.com",
         "tel:+16305550100;tgrp=a%20b/c&d+e$f;trunk-context=example.com"},
        {"tel:+16305550100;tgrp=TG-1", "tel:+16305550100"}, /* one alone is none */
        {"tel:+16305550100;trunk-context=example.com", "tel:+16305550100"},
    };

    check_rows(rows, RT_COUNT(rows), DP_TEL_URI, true);
}
END_TEST

START_TEST(what_is_wrong_is_refused_with_its_reason)
{
    static const struct row rows[] = {
        {"tel:+", "EINVAL: it has no digits"},
        {"tel:", "EINVAL: it has no digits"},
        {"tel:+-", "EINVAL: it has no digits"},
        {"tel:;phone-context=+1", "EINVAL: it has no digits"},
        {"tel:+1 201", "EINVAL: not a number"}, /* RFC 3966 5.1.1 */
        {"tel:+12A", "EINVAL: not a number"},
        {"tel:1+2;phone-context=+1", "EINVAL: not a number"},
        {"tel:12%2;phone-context=+1", "EINVAL: not a number"},
        {"tel:12%00;phone-context=+1", "EINVAL: not a number"},
        {"mailto:a@b", "EINVAL: neither a tel: nor a sip: URI"},
        {"", "EINVAL: neither a tel: nor a sip: URI"},
        /* RFC 3966 5.1.5 */
        {"tel:7042", "EINVAL: a local number needs its phone-context"},
        /* RFC 3966 5.3 */
        {"tel:+1201;isub=1;ext=2", "EINVAL: isub and ext exclude each other"},
        /* RFC 3966 5.4 */
        {"tel:+1201;m-foo=1", "EINVAL: it demands what is not known (m-)"},
        {"tel:+1201;M-Foo", "EINVAL: it demands what is not known (m-)"},
        /* RFC 3966 3: each at most once */
        {"tel:+1201;ext=1;EXT=1", "EINVAL: a parameter is there twice"},
        {"tel:+1201;npdi;npdi", "EINVAL: a parameter is there twice"},
        {"tel:+1201;foo=1;Foo=2", "EINVAL: a parameter is there twice"},
        {"tel:1;phone-context=+1;phone-context=+1", "EINVAL: a parameter is there twice"},
        {"tel:1;phone-context=-x", "EINVAL: a context is a domain or a global number"},
        {"tel:1;phone-context=+", "EINVAL: a context is a domain or a global number"},
        {"tel:1;phone-context=", "EINVAL: a context is a domain or a global number"},
        {"tel:+1;ext=a", "EINVAL: an extension has digits only"},
        {"tel:+1;ext", "EINVAL: an extension has digits only"},
        {"tel:+1;isub=", "EINVAL: not a subaddress"},
        {"tel:+1;isub=%zz", "EINVAL: not a subaddress"},
        {"tel:+1;postd=x", "EINVAL: postd has keys, p and w only"},
        {"tel:+1;npdi=1", "EINVAL: npdi has no value"},
        {"tel:+1;rn=+", "EINVAL: not a code of digits"},
        {"tel:+1;rn=+A1", "EINVAL: not a code of digits"}, /* a country code comes first */
        {"tel:+1;cic=1g;cic-context=+1", "EINVAL: not a code of digits"},
        {"tel:+1;tgrp=a:b;trunk-context=c.d", "EINVAL: not a trunk group's label"},
        {"tel:+1;", "tel:+1"},
        {"tel:+1;;a", "EINVAL: not a parameter"},
        {"tel:+1;=a", "EINVAL: not a parameter"},
        {"tel:+1;a=", "EINVAL: not a parameter"},
        {"tel:+1;a_b", "EINVAL: not a parameter"},
        {"tel:+1;a=b\"", "EINVAL: not a parameter"},
        {"tel:+" FORTY "1", "E2BIG: a value is too long"},
        {"tel:" FORTY "1;phone-context=+1", "E2BIG: a value is too long"},
        {"tel:1;phone-context=a" HUNDRED FORTY, "E2BIG: a value is too long"},
        {"tel:+1;a=" HUNDRED HUNDRED HUNDRED, "E2BIG: a value is too long"},
        /* SIP URIs */
        {"sip:4930", "EINVAL: a host alone names nobody"},
        {"sip:alice@a.example", "EINVAL: not a number"},
        {"sip:dad@a.example", "EINVAL: not a number"},
        {"sip:7042@a.example;user=dialstring", "EINVAL: a dial string needs its phone-context"},
        {"sip:7042P$;phone-context=b.c@a.example;user=dialstring",
         "EINVAL: a dial string has keys, P and X only"},
    };

    check_rows(rows, RT_COUNT(rows), DP_TEL_URI, true);
}
END_TEST

START_TEST(of_a_peers_uri_what_is_right_is_used)
{
    static const struct row rows[] = {
        {"tel:7042", "7042"},
        {"tel:+1201;isub=1;ext=2", "+1201;isub=1"},
        {"tel:+1201;ext=1;ext=2", "+1201;ext=1"},
        {"tel:+1;rn=x;npdi=yes;a=\";b", "+1;b;npdi"},
        {"tel:1;phone-context=a" HUNDRED FORTY, "1"},
        {"tel:+1;;a", "+1;a"},
        {"sip:7042@a.example;user=dialstring", "7042"},
        {"tel:+1201;m-foo=1", "EINVAL: it demands what is not known (m-)"},
        {"tel:+" FORTY "1", "E2BIG: a value is too long"},
        {"tel:+", "EINVAL: it has no digits"},
        /* behind the host, where it does not belong */
        {"sip:+18001234567@a.example;cic=+1-6789;npdi;user=phone;transport=tcp;m-x",
         "+18001234567;cic=+16789;npdi"},
        {"sip:+1;cic=+1-1@a.example;cic=+1-2;npdi", "+1;cic=+11;npdi"}, /* the number's own first */
        {"sip:+1@a.example;isub=12;isub-encoding=nsap?tgrp=x", "+1;isub=12;isub-encoding=nsap"},
    };

    check_rows(rows, RT_COUNT(rows), DP_TEL_USER, false);
}
END_TEST

START_TEST(a_sip_uri_carries_the_same_in_its_user_part)
{
    static const struct row rows[] = {
        /* RFC 3261 19.1.6 */
        {"sip:+358-555-1234567;postd=pp22@foo.com;user=phone", "+3585551234567"},
        {"sip:+1-212-555-1212:1234@gateway.com;user=phone", "+12125551212"},
        {"sip:1212@gateway.com", "1212"},
        {"SIPS:*21%23@pbx.example;user=phone", "*21%23"},
        {"sip:%2b4930@a.example", "+4930"},
        {"sip:dad@example.com;User=Phone", "dad"},
        /* RFC 4904 4, examples 1 to 3 */
        {"sip:5550100;phone-context=+1-630;tgrp=TG-1;trunk-context=example.com@isp.example.net;"
         "user=phone",
         "5550100;phone-context=+1630;tgrp=tg-1;trunk-context=example.com"},
        {"sip:+16305550100;tgrp=TG-1;trunk-context=example.com@isp.example.net;user=phone",
         "+16305550100;tgrp=tg-1;trunk-context=example.com"},
        {"sip:+16305550100;tgrp=TG-1;trunk-context=+1-630@isp.example.net;user=phone",
         "+16305550100;tgrp=tg-1;trunk-context=+1630"},
        /* RFC 4904 7.2 F2: Contact without a number to show */
        {"sip:0100;phone-context=example.com;tgrp=TG1-1;trunk-context=example.com"
         "@gw1.example.com;user=phone",
         "0100;phone-context=example.com;tgrp=tg1-1;trunk-context=example.com"},
        /* RFC 4967 4 */
        {"sip:123;phone-context=atlanta.example.com@example.com;user=dialstring",
         "123;phone-context=atlanta.example.com"},
        {"sip:450X123;phone-context=biloxi.example.com@example.com;user=dialstring",
         "450X123;phone-context=biloxi.example.com"},
    };

    check_rows(rows, RT_COUNT(rows), DP_TEL_USER, true);
}
END_TEST

START_TEST(values_are_kept_as_they_came)
{
    struct dp_tel t = tel_of("tel:+1-202-533-1234;RN=+1-202-544-0000;npdi;tgrp=TG-1;"
                             "trunk-context=Example.COM;isub=AbC;X=y;isub-encoding=nsap-ia5");

    ck_assert_str_eq(t.number, "+12025331234");
    ck_assert_str_eq(t.rn, "+12025440000");
    ck_assert(t.npdi);
    ck_assert_str_eq(t.tgrp, "TG-1");
    ck_assert_str_eq(t.trunk_context, "Example.COM");
    ck_assert_str_eq(t.isub, "AbC");
    ck_assert_str_eq(t.others, ";isub-encoding=nsap-ia5;X=y");
    ck_assert(rt_str_eq(dp_tel_other(&t, "x"), "y"));
    ck_assert_ptr_null(dp_tel_other(&t, "y").p);
    t = tel_of("tel:+1;flag");
    ck_assert_ptr_nonnull(dp_tel_other(&t, "flag").p);
    ck_assert_uint_eq(dp_tel_other(&t, "flag").n, 0);
    t = tel_of("tel:+358-555-1234567;postd=PW2%23a"); /* RFC 2806 2.2 */
    ck_assert_str_eq(t.postd, "pw2#A");
}
END_TEST

START_TEST(a_dial_string_is_keys_and_pauses)
{
    /* RFC 4967 3: E is *, F is #, P is a pause, X waits */
    struct dp_tel t = tel_of("sip:E12-F4P56X7e;phone-context=a.b@c.d;user=dialstring");

    ck_assert(t.dialstring);
    ck_assert_str_eq(t.number, "*12#4");
    ck_assert_str_eq(t.postd, "p56w7*");
    ck_assert_str_eq(
        canonical("sip:F4P56X7F;phone-context=a.b@c.d;user=dialstring", DP_TEL_USER, true),
        "%234P56X7F;phone-context=a.b");
}
END_TEST

START_TEST(uris_are_equal_by_rfc_3966_4)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"tel:+1-201-555-0123", "tel:+12015550123", true},
        {"tel:7042;phone-context=example.com", "tel:7042;Phone-Context=EXAMPLE.COM", true},
        {"tel:863-1234;phone-context=+1-914-555", "tel:8631234;phone-context=+1914555", true},
        {"tel:+1;ext=1", "tel:+1", false},
        {"tel:+1", "tel:+1;ext=1", false},
        {"tel:+358-555-1234567;postd=pp22", "tel:+358-555-1234567;POSTD=PP22", true},
        /* RFC 3261 19.1.6: different as user parts, so that they are made canonical first */
        {"tel:+358-555-1234567;postd=pp22", "sip:+3585551234567;POSTD=PP22@foo.com;user=phone",
         true},
        {"tel:+1;a=1;b=2", "tel:+1;b=2;A=1", true},
        {"tel:+1;a=1", "tel:+1;a=2", false},
        {"tel:+1;a=1", "tel:+1", false},
        {"tel:+1;npdi", "tel:+1", false},
        {"tel:+1;rn=+1-2A", "tel:+1;rn=+12a", true},
        {"tel:+12", "tel:12;phone-context=a.b", false}, /* global and local */
        {"tel:ab;phone-context=a.b", "tel:AB;phone-context=a.b", true},
        {"tel:12;phone-context=a.b", "tel:12;phone-context=a.c", false},
        {"tel:+1;tgrp=A;trunk-context=+1-6", "tel:+1;trunk-context=+16;tgrp=a", true},
        {"tel:+12015550123", "sip:+1-201-555-0123@a.example;user=phone", true},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_tel a = tel_of(rows[i].a), b = tel_of(rows[i].b);
        ck_assert_msg(dp_tel_equal(&a, &b) == rows[i].equal, "%s, %s", rows[i].a, rows[i].b);
        ck_assert_msg(dp_tel_equal(&b, &a) == rows[i].equal, "%s, %s", rows[i].b, rows[i].a);
    }
}
END_TEST

/* ---- the rules of RFC 4694 5 ---- */

static const char *const our_cics[] = {"+16789", NULL};
static const char *const our_nodes[] = {"+12025440000", NULL};
static const char *const our_net[] = {"+12025440001", NULL};
static const struct dp_carrier_own own = {our_cics, our_nodes, our_net};

START_TEST(a_call_is_routed_on_cic_then_rn_then_number)
{
    static const struct {
        const char *cic, *rn;
        bool npdi, trusted;
        enum dp_key key;
        bool may_dip;
        const char *inside, *outside; /* what is said to our own nodes, to another carrier */
    } rows[] = {
        {"", "", false, true, DP_KEY_NUMBER, true, "", ""},
        /* 5.1 paragraph 1: npdi */
        {"", "", true, true, DP_KEY_NUMBER, false, " npdi", " npdi"},
        /* 5.1 paragraph 2, bullet 3: a foreign cic */
        {"+10288", "", false, true, DP_KEY_CIC, false, "+10288", "+10288"},
        /* 5.1 paragraph 3: the order; what is beside the cic stays */
        {"+10288", "+13035550000", true, true, DP_KEY_CIC, false, "+10288 +13035550000 npdi",
         "+10288 +13035550000 npdi"},
        {"+10288", "+12025440000", false, true, DP_KEY_CIC, false, "+10288 +12025440000",
         "+10288 +12025440000"},
        /* bullet 1: our own cic */
        {"+16789", "", false, true, DP_KEY_NUMBER, true, "+16789", ""},
        {"+16789", "+13035550000", true, true, DP_KEY_RN, false, "+16789 +13035550000 npdi",
         " +13035550000 npdi"},
        /* rn, bullet 1: this node */
        {"", "+12025440000", true, true, DP_KEY_NUMBER, false, " npdi", " npdi"},
        {"", "+12025440000", false, true, DP_KEY_NUMBER, true, "", ""},
        /* rn, bullet 2: our network */
        {"", "+12025440001", false, true, DP_KEY_NUMBER, true, " +12025440001", ""},
        {"", "+12025440001", true, true, DP_KEY_NUMBER, false, " +12025440001 npdi", " npdi"},
        /* rn, bullet 3: elsewhere */
        {"", "+13035550000", true, true, DP_KEY_RN, false, " +13035550000 npdi",
         " +13035550000 npdi"},
        {"", "+13035550000", false, true, DP_KEY_RN, false, " +13035550000", " +13035550000"},
        /* 5 paragraph 2: who is not trusted is not believed */
        {"+10288", "+13035550000", true, false, DP_KEY_NUMBER, true, "", ""},
        {"", "", false, false, DP_KEY_NUMBER, true, "", ""},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_carrier_out in = {.npdi = rows[i].npdi, .tgrp = "A", .trunk_context = "b.c"};
        struct dp_key_rule rule;
        rt_str_copy(in.cic, sizeof in.cic, rt_str(rows[i].cic));
        rt_str_copy(in.rn, sizeof in.rn, rt_str(rows[i].rn));
        dp_key_decide(&rule, &in, &own, rows[i].trusted);
        ck_assert_msg(rule.key == rows[i].key && rule.may_dip == rows[i].may_dip, "row %zu", i);
        ck_assert_ptr_nonnull(rule.why);
        for (int another = 0; another < 2; another++) {
            struct dp_carrier_out out;
            char said[128];
            dp_key_pass(&out, &in, &rule, another);
            snprintf(said, sizeof said, "%s%s%s%s", out.cic, out.rn[0] ? " " : "", out.rn,
                     out.npdi ? " npdi" : "");
            ck_assert_msg(strcmp(said, another ? rows[i].outside : rows[i].inside) == 0,
                          "row %zu: \"%s\"", i, said);
            ck_assert(out.set);
            ck_assert_str_eq(out.tgrp, "");
        }
    }
}
END_TEST

START_TEST(nothing_of_our_own_is_fine)
{
    struct dp_carrier_out in = {.cic = "+10288"};
    struct dp_carrier_own none = {.cic = NULL};
    struct dp_key_rule rule;

    dp_key_decide(&rule, &in, &none, true);
    ck_assert_int_eq(rule.key, DP_KEY_CIC);
}
END_TEST

START_TEST(a_look_up_leaves_its_mark)
{
    struct dp_carrier_out c = {.set = false};

    dp_key_dipped(&c, "+12025440000"); /* RFC 4694 5.2.1, first bullet */
    ck_assert(c.set && c.npdi);
    ck_assert_str_eq(c.rn, "+12025440000");
    dp_key_dipped(&c, NULL); /* the second */
    ck_assert(c.npdi);
    ck_assert_str_eq(c.rn, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp tel");
    TCase *tc = tcase_create("dp tel");

    tcase_add_test(tc, a_tel_uri_has_one_canonical_form);
    tcase_add_test(tc, what_is_wrong_is_refused_with_its_reason);
    tcase_add_test(tc, of_a_peers_uri_what_is_right_is_used);
    tcase_add_test(tc, a_sip_uri_carries_the_same_in_its_user_part);
    tcase_add_test(tc, values_are_kept_as_they_came);
    tcase_add_test(tc, a_dial_string_is_keys_and_pauses);
    tcase_add_test(tc, uris_are_equal_by_rfc_3966_4);
    tcase_add_test(tc, a_call_is_routed_on_cic_then_rn_then_number);
    tcase_add_test(tc, nothing_of_our_own_is_fine);
    tcase_add_test(tc, a_look_up_leaves_its_mark);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
