/* ENUM without a resolver, the way through its records: RFC 6116, sentence by sentence. */
#include "dialplan/enum.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AUS "+441632960083"

static struct dp_enum_config cfg;
static struct dp_enum *machine;

static void setup(void)
{
    cfg = (struct dp_enum_config){.suffix = "e164.arpa"};
    machine = NULL;
}

static void teardown(void)
{
    dp_enum_free(machine);
}

static struct dp_number number(const char *text)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return n;
}

static union rt_dns_record naptr(unsigned order, unsigned preference, const char *flags,
                                 const char *service, const char *regexp, const char *replacement)
{
    union rt_dns_record r;
    struct rt_dns_naptr *n = &r.naptr;

    memset(&r, 0, sizeof r);
    n->order = (uint16_t)order;
    n->preference = (uint16_t)preference;
    ck_assert(rt_str_copy(n->flags, sizeof n->flags, rt_str(flags)));
    ck_assert(rt_str_copy(n->service, sizeof n->service, rt_str(service)));
    ck_assert(rt_str_copy(n->regexp, sizeof n->regexp, rt_str(regexp)));
    ck_assert(rt_str_copy(n->replacement, sizeof n->replacement, rt_str(replacement)));
    return r;
}

/** A record that gives `uri`, and one that refers to `name`. */
static union rt_dns_record gives(unsigned order, unsigned preference, const char *uri)
{
    char regexp[256];

    snprintf(regexp, sizeof regexp, "!^.*$!%s!", uri);
    return naptr(order, preference, "u", "E2U+sip", regexp, ".");
}

static union rt_dns_record refers(unsigned order, const char *name)
{
    return naptr(order, 10, "", "", "", name);
}

static void begin(const char *text)
{
    struct dp_number n = number(text);

    dp_enum_free(machine);
    ck_assert_int_eq(dp_enum_new(&machine, &cfg, &n), 0);
}

/** The URIs, joined by blanks. */
static const char *uris(void)
{
    static char out[2048];
    unsigned n;
    const struct dp_enum_uri *u = dp_enum_uris(machine, &n);
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < n; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", i ? " " : "", u[i].text);
    return out;
}

#define TAKE(...)                                                                                  \
    dp_enum_take(machine, (union rt_dns_record[]){__VA_ARGS__},                                    \
                 RT_COUNT(((union rt_dns_record[]){__VA_ARGS__})))
#define EXPECT(step, expected) ck_assert_int_eq(step, expected)

/* ---- numbers and names: RFC 6116 3.1, 3.2, 3.7 ---- */

START_TEST(the_number_is_its_digits_behind_a_plus)
{
    static const struct {
        const char *text, *aus, *name;
    } rows[] = {
        {"+44-116-496-0348", "+441164960348", "8.4.3.0.6.9.4.6.1.1.4.4.e164.arpa"},
        {"+44-20-7946-0148", "+442079460148", "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa"},
        {"+441632960083", "+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa"},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n = number(rows[i].text);
        char aus[DP_ENUM_AUS_LEN], name[RT_DNS_NAME_LEN];
        ck_assert_int_eq(dp_enum_aus(aus, &n), 0);
        ck_assert_str_eq(aus, rows[i].aus);
        ck_assert_int_eq(dp_enum_domain(name, aus, "e164.arpa."), 0);
        ck_assert_str_eq(name, rows[i].name);
    }
}
END_TEST

START_TEST(private_trees_have_a_suffix_of_their_own)
{
    char name[RT_DNS_NAME_LEN], label[80], deep[260];

    ck_assert_int_eq(dp_enum_domain(name, "+12", "E164.IX.example"), 0);
    ck_assert_str_eq(name, "2.1.e164.ix.example");
    memset(label, 'a', sizeof label);
    label[64] = '\0';
    ck_assert_int_eq(dp_enum_domain(name, "+12", label), EINVAL); /* a label has 63 */
    label[63] = '\0';
    ck_assert_int_eq(dp_enum_domain(name, "+12", label), 0);
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? '.' : 'a';
    deep[251] = '\0';
    ck_assert_int_eq(dp_enum_domain(name, "+1", deep), 0); /* 2 + 251 = 253, with a dot less */
    deep[251] = '.';
    deep[253] = '\0';
    ck_assert_int_eq(dp_enum_domain(name, "+12", deep), EINVAL);
    ck_assert_int_eq(dp_enum_domain(name, "+12", ""), EINVAL);
    ck_assert_int_eq(dp_enum_domain(name, "+12", "a..b"), EINVAL);
    ck_assert_int_eq(dp_enum_domain(name, "+12", ".a"), EINVAL);
    ck_assert_int_eq(dp_enum_domain(name, "+12", "a b"), EINVAL);
}
END_TEST

START_TEST(what_is_not_e164_is_never_asked_for)
{
    static const char *const texts[] = {"911", "0301234", "*21#", "+1234567890123456"};

    for (size_t i = 0; i < RT_COUNT(texts); i++) {
        struct dp_number n = number(texts[i]);
        ck_assert_int_eq(dp_enum_new(&machine, &cfg, &n), EINVAL);
    }
    struct dp_number none = {.e164 = true}, most = number("+123456789012345");
    ck_assert_int_eq(dp_enum_new(&machine, &cfg, &none), EINVAL);
    ck_assert_int_eq(dp_enum_new(&machine, &cfg, &most), 0);
}
END_TEST

/* ---- a set of records: RFC 6116 5.2 ---- */

START_TEST(the_example_of_the_rfc)
{
    begin(AUS);
    ck_assert_str_eq(dp_enum_name(machine), "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa");
    EXPECT(
        TAKE(naptr(100, 52, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!", "."),
             naptr(100, 51, "u", "E2U+h323", "!^\\+441632960083$!h323:operator@example.com!", "."),
             naptr(100, 50, "u", "E2U+sip", "!^(\\+441632960083)$!sip:\\1@example.com!", ".")),
        DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:+441632960083@example.com");
}
END_TEST

START_TEST(order_comes_before_preference)
{
    begin(AUS);
    EXPECT(TAKE(gives(100, 10, "sip:c@b"), gives(10, 200, "sip:a@b"), gives(10, 201, "sip:b@b")),
           DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:a@b sip:b@b"); /* another ORDER is not considered once one is
                                                    accepted (RFC 3403 4.1) */
}
END_TEST

START_TEST(equal_records_stay_as_they_came)
{
    begin(AUS);
    EXPECT(TAKE(gives(5, 5, "sip:3@b"), gives(5, 5, "sip:1@b"), gives(5, 5, "sip:2@b"),
                gives(5, 4, "sip:0@b")),
           DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:0@b sip:3@b sip:1@b sip:2@b");
}
END_TEST

START_TEST(a_higher_order_is_used_when_the_lower_has_nothing)
{
    begin(AUS);
    EXPECT(TAKE(naptr(100, 10, "u", "E2U+h323", "!^.*$!h323:a@b!", "."), gives(200, 10, "sip:a@b")),
           DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:a@b");
    ck_assert(!dp_enum_failed(machine));
}
END_TEST

START_TEST(a_discarded_record_does_not_end_the_query)
{
    begin(AUS);
    EXPECT(TAKE(naptr(1, 1, "u", "E2U+sip", "!a!b", "."),
                naptr(1, 2, "x", "E2U+sip", "!^.*$!sip:a@b!", "."),
                naptr(1, 3, "u", "E2U+sip", "!^.*$!nonsense!", "."),
                naptr(1, 4, "u", "E2U+sip", "!^\\+1!sip:a@b!", "."),
                naptr(1, 5, "u", "E2U+P-x", "!^.*$!sip:a@b!", "."), naptr(1, 6, "", "", "", "."),
                naptr(1, 7, "s", "SIP+D2U", "", "_sip._udp.b"), gives(1, 8, "sip:last@b")),
           DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:last@b");
    ck_assert_uint_eq(dp_enum_notes(machine)->malformed, 3);
}
END_TEST

START_TEST(the_same_uri_twice_is_one)
{
    begin(AUS);
    EXPECT(TAKE(gives(1, 1, "sip:a@b"), gives(1, 2, "sip:a@b"), gives(1, 3, "sip:c@b")),
           DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:a@b sip:c@b");
}
END_TEST

START_TEST(there_are_never_more_uris_than_room)
{
    union rt_dns_record r[20];
    unsigned n;

    for (unsigned i = 0; i < RT_COUNT(r); i++) {
        char uri[32];
        snprintf(uri, sizeof uri, "sip:%u@b", i);
        r[i] = gives(1, i, uri);
    }
    begin(AUS);
    EXPECT(dp_enum_take(machine, r, RT_COUNT(r)), DP_ENUM_FOUND);
    const struct dp_enum_uri *u = dp_enum_uris(machine, &n);
    ck_assert_uint_eq(n, DP_ENUM_URIS_MAX);
    ck_assert_str_eq(u[n - 1].text, "sip:7@b");
    ck_assert_uint_eq(u[n - 1].preference, 7);
    ck_assert_uint_eq(u[n - 1].scheme, DP_ENUM_SIP);
}
END_TEST

START_TEST(no_records_are_a_denial_and_no_answer_is_none)
{
    begin(AUS);
    EXPECT(dp_enum_take(machine, NULL, 0), DP_ENUM_NOTHING);
    ck_assert(!dp_enum_failed(machine));
    begin(AUS);
    EXPECT(TAKE(naptr(1, 1, "u", "E2U+h323", "!^.*$!h323:a@b!", ".")), DP_ENUM_NOTHING);
    ck_assert(!dp_enum_failed(machine));
    begin(AUS);
    EXPECT(dp_enum_fail(machine), DP_ENUM_NOTHING);
    ck_assert(dp_enum_failed(machine));
    ck_assert_str_eq(uris(), "");
}
END_TEST

/* ---- references: RFC 6116 5.2.1 ---- */

START_TEST(a_reference_is_followed_and_the_rule_applies_to_the_first_string)
{
    begin(AUS);
    EXPECT(TAKE(refers(1, "X.Example.")), DP_ENUM_ASK);
    ck_assert_str_eq(dp_enum_name(machine), "x.example");
    EXPECT(TAKE(naptr(1, 1, "u", "E2U+sip", "!^\\+44(.*)$!sip:\\1@b!", ".")), DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:1632960083@b");
    ck_assert_uint_eq(dp_enum_notes(machine)->chained, 1);
}
END_TEST

START_TEST(a_reference_takes_its_turn)
{
    begin(AUS);
    EXPECT(TAKE(gives(3, 1, "sip:later@b"), refers(2, "x.example")), DP_ENUM_ASK);
    /* ORDER counts within one set only: 900 here is still before 3 there */
    EXPECT(TAKE(gives(900, 1, "sip:x@b")), DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:x@b");
    begin(AUS);
    EXPECT(TAKE(gives(1, 1, "sip:first@b"), refers(2, "x.example")), DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:first@b");
}
END_TEST

START_TEST(nothing_behind_a_reference_means_the_next_record_of_the_set_that_held_it)
{
    begin(AUS);
    EXPECT(TAKE(refers(1, "empty.example"), refers(2, "useless.example"),
                refers(3, "failing.example"), gives(4, 1, "sip:a@b")),
           DP_ENUM_ASK);
    ck_assert_str_eq(dp_enum_name(machine), "empty.example");
    EXPECT(dp_enum_take(machine, NULL, 0), DP_ENUM_ASK);
    ck_assert_str_eq(dp_enum_name(machine), "useless.example");
    EXPECT(TAKE(naptr(1, 1, "u", "E2U+h323", "!^.*$!h323:a@b!", ".")), DP_ENUM_ASK);
    ck_assert_str_eq(dp_enum_name(machine), "failing.example");
    EXPECT(dp_enum_fail(machine), DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:a@b");
}
END_TEST

START_TEST(a_loop_is_noticed_and_passed_over)
{
    begin("+12");
    ck_assert_str_eq(dp_enum_name(machine), "2.1.e164.arpa");
    EXPECT(TAKE(refers(1, "2.1.E164.arpa."), refers(2, "x.example"), gives(3, 1, "sip:a@b")),
           DP_ENUM_ASK); /* itself is not asked for */
    ck_assert_str_eq(dp_enum_name(machine), "x.example");
    EXPECT(TAKE(refers(1, "y.example"), gives(2, 1, "sip:x@b")), DP_ENUM_ASK);
    ck_assert_str_eq(dp_enum_name(machine), "y.example");
    EXPECT(TAKE(refers(1, "x.example")), DP_ENUM_FOUND); /* back: the next of x.example */
    ck_assert_str_eq(uris(), "sip:x@b");
    ck_assert_uint_eq(dp_enum_notes(machine)->loops, 2);
    ck_assert_uint_eq(dp_enum_notes(machine)->chained, 2);
}
END_TEST

START_TEST(the_sixth_reference_of_a_chain_is_not_followed)
{
    begin("+12");
    for (unsigned i = 1; i <= 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u.example", i);
        EXPECT(TAKE(refers(1, name), gives(2, i, "sip:fallback@b")), DP_ENUM_ASK);
        ck_assert_str_eq(dp_enum_name(machine), name);
    }
    EXPECT(TAKE(refers(1, "n6.example"), gives(2, 1, "sip:fifth@b")), DP_ENUM_FOUND);
    ck_assert_str_eq(uris(), "sip:fifth@b");
    ck_assert_uint_eq(dp_enum_notes(machine)->loops, 1);
}
END_TEST

START_TEST(a_tree_of_references_ends)
{
    enum dp_enum_step step = DP_ENUM_ASK;
    unsigned asked = 0, label = 0;

    begin("+12");
    for (; step == DP_ENUM_ASK; asked++) {
        union rt_dns_record r[64];
        for (unsigned i = 0; i < RT_COUNT(r); i++) {
            char name[32];
            snprintf(name, sizeof name, "n%u.example", label++);
            r[i] = refers(i, name);
        }
        step = dp_enum_take(machine, r, RT_COUNT(r));
    }
    EXPECT(step, DP_ENUM_NOTHING);
    ck_assert_uint_eq(asked, DP_ENUM_ASKS_MAX);
}
END_TEST

START_TEST(a_multitude_of_expressions_ends)
{
    union rt_dns_record r[100];

    begin(AUS);
    for (unsigned i = 0; i < RT_COUNT(r); i++)
        r[i] = naptr(1, i, "u", "E2U+sip", "!^\\+1!sip:a@b!", ".");
    r[99] = gives(1, 99, "sip:a@b");
    EXPECT(dp_enum_take(machine, r, RT_COUNT(r)), DP_ENUM_NOTHING);
    begin(AUS);
    EXPECT(dp_enum_take(machine, r + 40, 60), DP_ENUM_FOUND);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_number_is_its_digits_behind_a_plus,
        private_trees_have_a_suffix_of_their_own,
        what_is_not_e164_is_never_asked_for,
        the_example_of_the_rfc,
        order_comes_before_preference,
        equal_records_stay_as_they_came,
        a_higher_order_is_used_when_the_lower_has_nothing,
        a_discarded_record_does_not_end_the_query,
        the_same_uri_twice_is_one,
        there_are_never_more_uris_than_room,
        no_records_are_a_denial_and_no_answer_is_none,
        a_reference_is_followed_and_the_rule_applies_to_the_first_string,
        a_reference_takes_its_turn,
        nothing_behind_a_reference_means_the_next_record_of_the_set_that_held_it,
        a_loop_is_noticed_and_passed_over,
        the_sixth_reference_of_a_chain_is_not_followed,
        a_tree_of_references_ends,
        a_multitude_of_expressions_ends,
    };
    Suite *s = suite_create("dp_enum");
    TCase *t = tcase_create("enum");

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
