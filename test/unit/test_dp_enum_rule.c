/* One record of ENUM, what it says and where that leads: RFC 6116, RFC 3402, RFC 3403, sentence by
 * sentence. */
#include "dialplan/enum.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AUS "+441632960083"

static struct dp_enum_config cfg;

static void setup(void)
{
    cfg = (struct dp_enum_config){.suffix = "e164.arpa"};
}

/** What one record is, with its URI: "sip:a@b"; or the verdict's text. */
static const char *judged(const char *aus, const char *flags, const char *service,
                          const char *regexp, const char *replacement)
{
    static struct dp_enum_uri uri;
    struct rt_dns_naptr r = {.order = 1, .preference = 1};
    enum dp_enum_verdict v;

    ck_assert(rt_str_copy(r.flags, sizeof r.flags, rt_str(flags)));
    ck_assert(rt_str_copy(r.service, sizeof r.service, rt_str(service)));
    ck_assert(rt_str_copy(r.regexp, sizeof r.regexp, rt_str(regexp)));
    ck_assert(rt_str_copy(r.replacement, sizeof r.replacement, rt_str(replacement)));
    v = dp_enum_judge(&uri, &cfg, aus, &r);
    return v == DP_ENUM_URI ? uri.text : dp_enum_verdict_text(v);
}

/* ---- one record: RFC 6116 3.4, 4, 5.2 ---- */

START_TEST(the_example_of_the_rfc)
{
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^(\\+441632960083)$!sip:\\1@example.com!", "."),
                     "sip:+441632960083@example.com");
    ck_assert_str_eq(
        judged(AUS, "u", "E2U+h323", "!^\\+441632960083$!h323:operator@example.com!", "."),
        "another service");
    ck_assert_str_eq(judged(AUS, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!", "."),
                     "another service");
    static const char *const all[] = {"sip", "h323", "email"};
    cfg.service = all;
    cfg.nservices = RT_COUNT(all);
    ck_assert_str_eq(judged(AUS, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!", "."),
                     "a URI that cannot be called");
}
END_TEST

START_TEST(flags_and_services_have_no_case)
{
    ck_assert_str_eq(judged(AUS, "U", "e2u+SIP", "!^.*$!sip:A@B.example!", "."),
                     "sip:A@B.example"); /* but the text of the result does */
    ck_assert_str_eq(judged(AUS, "s", "E2U+sip", "!^.*$!sip:a@b!", "."), "an unknown flag");
    ck_assert_str_eq(judged(AUS, "uu", "E2U+sip", "!^.*$!sip:a@b!", "."), "an unknown flag");
    ck_assert_str_eq(judged(AUS, "up", "E2U+sip", "!^.*$!sip:a@b!", "."), "an unknown flag");
}
END_TEST

START_TEST(services)
{
    static const char uri[] = "sip:a@b.example";
    static const struct {
        const char *service, *expected; /* NULL: the URI */
    } rows[] = {
        {"E2U+sip", NULL},
        {"E2U+voice:tel+sip", NULL}, /* compound */
        {"E2U+unknown+sip", NULL},   /* what is not known is ignored */
        {"E2U+sip:sub", NULL},
        {"E2U+bad_token+sip", NULL},
        {"E2U+unknown", "another service"},
        {"E2U+sipx", "another service"},
        {"E2U+voice:sip", "another service"}, /* a subtype is no type */
        {"E2U", "its services cannot be read"},
        {"E2U+", "its services cannot be read"},
        {"E2U+:sip", "its services cannot be read"},
        {"E2U+voice:", "its services cannot be read"},
        {"E2U+a::b", "its services cannot be read"},
        {"E2U+sip.", "its services cannot be read"},
        {"E2U+abcdefghijklmnopqrstuvwxyz-01234", "another service"}, /* 32 */
        {"E2U+abcdefghijklmnopqrstuvwxyz-012345", "its services cannot be read"},
        {"sip+E2U", NULL},       /* RFC 2916 */
        {"SIP+voice+e2u", NULL}, /* likewise */
        {"tel+E2U", "another service"},
        {"+E2U", "its services cannot be read"},
        {"SIP+D2U", "not for ENUM"},
        {"E2UX+sip", "not for ENUM"},
        {"sip", "not for ENUM"},
        {"", "not for ENUM"},
        {"E2U+P-sip", "a service of a private network"},
        {"E2U+sip+p-x:y", "a service of a private network"}, /* any of them */
        {"E2U+sip:P-x", NULL},                               /* a subtype is no type */
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        const char *got = judged(AUS, "u", rows[i].service, "!^.*$!sip:a@b.example!", ".");
        ck_assert_msg(strcmp(got, rows[i].expected ? rows[i].expected : uri) == 0, "%s: %s",
                      rows[i].service, got);
    }
}
END_TEST

START_TEST(services_wanted_by_the_plan)
{
    static const char *const wanted[] = {"pstn:sip", "P-peer"};

    cfg.service = wanted;
    cfg.nservices = RT_COUNT(wanted);
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^.*$!sip:a@b!", "."), "another service");
    ck_assert_str_eq(judged(AUS, "u", "E2U+pstn", "!^.*$!sip:a@b!", "."), "another service");
    ck_assert_str_eq(judged(AUS, "u", "E2U+pstn:tel", "!^.*$!sip:a@b!", "."), "another service");
    ck_assert_str_eq(judged(AUS, "u", "E2U+PSTN:tel:SIP", "!^.*$!sip:a@b!", "."), "sip:a@b");
    ck_assert_str_eq(judged(AUS, "u", "E2U+p-peer", "!^.*$!sip:a@b!", "."),
                     "a service of a private network");
    cfg.private_net = true;
    ck_assert_str_eq(judged(AUS, "u", "E2U+p-peer", "!^.*$!sip:a@b!", "."), "sip:a@b");
}
END_TEST

START_TEST(substitutions)
{
    static const char bad[] = "its regexp is not a substitution that can be used";
    static const struct {
        const char *aus, *regexp, *expected;
    } rows[] = {
        {"+12025550123", "/^\\+1(.*)$/sip:\\1@h\\/x/", "its result is not a URI"},
        {"+12025550123", "/^\\+1(.*)$/sip:\\1@h;p=\\/x/", "sip:2025550123@h;p=/x"},
        {"+4930123", "!^\\+49(.*)$!sip:\\1@de!i", "sip:30123@de"},
        {"+4930123", "!^\\+49(.*)$!sip:\\1@de!I", "sip:30123@de"},
        {"+4930123", "!^\\+49(.*)$!sip:\\1@de!ii", "sip:30123@de"},
        {"+4930123", "!^\\+49(.*)$!sip:\\1@de!g", bad},
        {"+4930123", "!a!b", bad},
        {"+4930123", "!", bad},
        {"+4930123", "!!", bad},
        {"+4930123", "", bad},
        {"+4930123", "!^.*$!sip:a@b!!", bad}, /* four delimiters */
        {"+4930123", "!^.*$!sip:a\\!b@c!", "sip:a!b@c"},
        {"+4930123", "!^.*$!sip:a@b\\!", bad}, /* two that count */
        {"+4930123", "!^\\!?.*$!sip:a@b!", "sip:a@b"},
        {"+4930123", "!^(A)?$!\\2!", "for other numbers"},
        {"+4930123", "!^(A)?.*$!sip:\\2@b!", bad},
        {"+4930123", "!^(A)?.*$!sip:x\\1@b!", "sip:x@b"}, /* a group may be empty */
        {"+4930123", "!^.*$!sip:\\1@b!", bad},
        {"+4930123", "!^\\+49(.*)$!sip:\\1\\1\\1\\1@b!", "sip:30123301233012330123@b"},
        {"+4930123", "!^(\\+)(49)(30)(1)(2)(3)$!sip:\\6\\5\\4\\3\\2@b!", "sip:3213049@b"},
        {"+4930123", "!^\\+44!sip:a@b!", "for other numbers"},
        {"+4930123", "!30!sip:a@b!", "sip:a@b"}, /* what is around the match is no part of it */
        {"+4930123", "1^.*$1sip:a@b1", bad},
        {"+4930123", "9^.*$9sip:a@b9", bad},
        {"+4930123", "i^.*$i:a@bi", bad},
        {"+4930123", "I^.*$I:a@bI", bad},
        {"+4930123", "\\^.*$\\sip:a@b\\", bad},
        {"+4930123", "0^.*$0sip:a@b0", "sip:a@b"}, /* no group has this number */
        {"+4930123", "#^.*$#sip:a@b#", "sip:a@b"},
        {"+4930123", " ^.*$ sip:a@b ", "sip:a@b"},
        {"+4930123", "x^.*$xsip:a@bx", "sip:a@b"},
        {"+4930123", "+^\\+49(.*)$+sip:\\1@b+", "sip:30123@b"}, /* escaped: itself, no operator */
        {"+4930123", "|^\\+49(3\\|4).*$|sip:\\1@b|", "for other numbers"},
        {"+4930123", "\xc3^.*$\xc3sip:a@b\xc3", "sip:a@b"},
        {"+4930123", "!^+49(.*)$!sip:\\1@b!", bad}, /* a literal + MUST be escaped */
        {"+4930123", "!^(.*)\\1$!sip:a@b!", bad},
        {"+4930123", "!((a{0,100}){0,100}){0,100}!sip:a@b!", bad},
        {"+4930123", "!(!sip:a@b!", bad},
        {"+4930123", "!^.*$!sip:a\\b@c!", "its result is not a URI"},
        {"+4930123", "!^.*$!sip:&@b!", "sip:&@b"}, /* no sed */
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        const char *got = judged(rows[i].aus, "u", "E2U+sip", rows[i].regexp, ".");
        ck_assert_msg(strcmp(got, rows[i].expected) == 0, "%s: %s", rows[i].regexp, got);
    }
}
END_TEST

START_TEST(many_copies_of_a_group_end_in_a_uri_or_in_nothing)
{
    char regexp[256] = "!^\\+(.*)$!sip:";
    size_t n = strlen(regexp);

    for (unsigned i = 0; i < 30; i++, n += 2)
        memcpy(regexp + n, "\\1", 3);
    memcpy(regexp + n, "@b!", 4);
    ck_assert_uint_eq(strlen(judged("+123456789012345", "u", "E2U+sip", regexp, ".")), 30 * 15 + 6);
    for (unsigned i = 0; i < 80; i++, n += 2)
        memcpy(regexp + n, "\\1", 3);
    memcpy(regexp + n, "@b!", 4);
    ck_assert_str_eq(judged("+123456789012345", "u", "E2U+sip", regexp, "."),
                     "its result is not a URI");
}
END_TEST

START_TEST(a_replacement_belongs_to_references_alone)
{
    static const char bad[] = "its replacement is not what it has to be";

    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^.*$!sip:a@b!", "x.example"), bad);
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "", "x.example"), bad);
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^.*$!sip:a@b!", ""), "sip:a@b");
    /* services and regexp of a reference are ignored */
    ck_assert_str_eq(judged(AUS, "", "nonsense", "!!", "x.example"), "refers to another name");
    ck_assert_str_eq(judged(AUS, "", "E2U+sip", "!^.*$!sip:a@b!", "."), bad);
    ck_assert_str_eq(judged(AUS, "", "", "", ""), bad);
    ck_assert_str_eq(judged(AUS, "", "", "", "a..b"), bad);
    ck_assert_str_eq(judged(AUS, "", "", "", "a b"), bad);
}
END_TEST

START_TEST(the_result_is_an_absolute_uri_that_can_be_called)
{
    static const char bad[] = "its result is not a URI", other[] = "a URI that cannot be called";
    static const struct {
        const char *result, *expected; /* NULL: itself */
    } rows[] = {
        {"sip:a@b.example", NULL},
        {"SIPS:a@b.example:5061", NULL},
        {"sip:b.example", NULL},
        {"sip:a;tag=1?x@b.example;transport=tcp", NULL},
        {"sip:a@[2001:db8::1]:5070;lr", NULL},
        {"sip:a%40b@c.example", NULL},
        {"tel:+4930123", NULL},
        {"tel:+4930123;npdi", NULL},
        {"mailto:info@example.com", other},
        {"h323:operator@example.com", other},
        {"http://example.com/", other},
        {"urn:x", other},
        {"sip:", bad},
        {"sip:a@", bad},
        {"sip:@", bad},
        {"sip:a@b@c", bad},
        {"sip:a@b:0", bad},
        {"sip:a@b:65536", bad},
        {"sip:a@b:", bad},
        {"sip:a@b/c", bad},
        {"sip:a@[::1", bad},
        {"sip:a@b c", bad},
        {"sip:a@b\t", bad},
        {"sip:a@b\xc3\xa4", bad},
        {"sip:a@b%2", bad},
        {"sip:a@b;x=%zz", bad},
        {"sip:<a@b>", bad},
        {"sip:\"a\"@b", bad},
        {"sip:a@b#fragment", bad}, /* not of an absolute URI (RFC 3986 4.3) */
        {"a@b", bad},
        {"//b", bad},
        {"", bad},
        {":a", bad},
        {"1sip:a@b", bad},
        {"s_p:a@b", bad},
        {"tel:", bad},
        {"tel:+", bad},
        {"tel:abc@d", bad},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char regexp[256];
        snprintf(regexp, sizeof regexp, "!^.*$!%s!", rows[i].result);
        const char *got = judged(AUS, "u", "E2U+sip", regexp, ".");
        const char *expected = rows[i].expected ? rows[i].expected : rows[i].result;
        ck_assert_msg(strcmp(got, expected) == 0, "%s: %s", rows[i].result, got);
    }
    cfg.schemes = DP_ENUM_SIP;
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^.*$!tel:+4930!", "."), other);
    ck_assert_str_eq(judged(AUS, "u", "E2U+sip", "!^.*$!sips:a@b!", "."), other);
}
END_TEST

START_TEST(only_broken_records_are_malformed)
{
    for (enum dp_enum_verdict v = 0; v < DP_ENUM_NVERDICTS; v++) {
        bool bad = v == DP_ENUM_BAD_SERVICE || v == DP_ENUM_BAD_REGEXP || v == DP_ENUM_BAD_NAME ||
                   v == DP_ENUM_BAD_URI;
        ck_assert(dp_enum_malformed(v) == bad);
        ck_assert_ptr_nonnull(dp_enum_verdict_text(v));
    }
}
END_TEST

/* ---- where a URI leads ---- */

START_TEST(hosts_of_uris)
{
    static const struct {
        const char *uri, *host;
    } rows[] = {
        {"sip:a@B.example:5060;lr", "B.example"},
        {"sips:b.example", "b.example"},
        {"sip:[2001:db8::1]:5060", "2001:db8::1"},
        {"sip:a?x;y@b.example?h=1", "b.example"},
        {"sip:a@b@c", ""},
        {"tel:+4930", ""},
        {"", ""},
        {"sip:", ""},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(rt_str_eq(dp_enum_host(rt_str(rows[i].uri)), rows[i].host), "%s",
                      rows[i].uri);
}
END_TEST

START_TEST(domains_that_a_trunk_may_call)
{
    static const char *const list[] = {"*.peer1.example", "peer2.example"};
    static const struct {
        const char *host;
        bool ok;
    } rows[] = {
        {"a.peer1.example", true},
        {"a.b.PEER1.example", true},
        {"peer1.example", false},
        {".peer1.example", false},
        {"xpeer1.example", false},
        {"peer2.example", true},
        {"Peer2.Example.", true},
        {"a.peer2.example", false},
        {"peer2.example.evil", false},
        {"a.peer1.example.", true},
        {"", false},
        {"192.0.2.1", false},
        {"a.peer1.example.x", false},
        {"*.peer1.example", true},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(dp_enum_domain_ok(rt_str(rows[i].host), list, 2) == rows[i].ok, "%s",
                      rows[i].host);
    ck_assert(!dp_enum_domain_ok(rt_str("a"), NULL, 0));
}
END_TEST

START_TEST(a_uri_must_not_lead_elsewhere)
{
    static const char *const list[] = {"peer.example", "192.0.2.1", "2001:db8::1"};
    static const struct {
        const char *uri;
        bool ok;
    } rows[] = {
        {"sip:a@peer.example", true},
        {"sip:a@evil.example", false},
        {"sip:peer.example@evil.example", false},
        {"sip:a@peer.example@evil.example", false},
        {"sip:a@peer.example;maddr=evil.example", false},
        {"sip:a@peer.example;transport=tcp;MADDR=203.0.113.1", false},
        {"sip:a@peer.example;maddr=192.0.2.1", true},
        {"sip:a@peer.example;maddr=[2001:db8::1]", true},
        {"sip:a@peer.example;maddr=[2001:db8::2]", false},
        {"sip:a@peer.example;maddr", false},
        {"sip:a@peer.example;maddr=", false},
        {"sip:a@peer.example;maddr=192.0.2.1:5", false},
        {"sip:a@peer.example?maddr=evil", true}, /* a header field */
        {"tel:+4930", false},
        {"sip:", false},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(dp_enum_uri_ok(rt_str(rows[i].uri), list, RT_COUNT(list)) == rows[i].ok, "%s",
                      rows[i].uri);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_example_of_the_rfc,
        flags_and_services_have_no_case,
        services,
        services_wanted_by_the_plan,
        substitutions,
        many_copies_of_a_group_end_in_a_uri_or_in_nothing,
        a_replacement_belongs_to_references_alone,
        the_result_is_an_absolute_uri_that_can_be_called,
        only_broken_records_are_malformed,
        hosts_of_uris,
        domains_that_a_trunk_may_call,
        a_uri_must_not_lead_elsewhere,
    };
    Suite *s = suite_create("dp_enum_rule");
    TCase *t = tcase_create("enum");

    tcase_add_checked_fixture(t, setup, NULL);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
