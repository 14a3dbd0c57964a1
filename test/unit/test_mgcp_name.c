/* Names of endpoints: what is one, which wildcard names which, one name for many; domains and
 * notified entities.
 */
#include "mgcp/name.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool matches(const char *wild, const char *name)
{
    return mgcp_name_matches(rt_str(wild), rt_str(name));
}

START_TEST(a_name_is_terms)
{
    static const struct {
        const char *local;
        int kind; /* -1: none */
    } rows[] = {
        {"aaln/1", MGCP_ONE},
        {"ds/s-1/ds1-0/24", MGCP_ONE},
        {"mg", MGCP_ONE},
        {"a!\"#%&'()+,-.:;<=>?\\^_`{|}~", MGCP_ONE}, /* RFC 3435 appendix A, all but wildcards */
        {"*", MGCP_ALL},
        {"$", MGCP_ANY},
        {"aaln/*", MGCP_ALL},
        {"*/term2/term3", MGCP_ALL},
        {"term1/*/*", MGCP_ALL},
        {"ds/ds1-1/$", MGCP_ANY},
        {"*/$", MGCP_ANY},
        {"ds/ds1-1/[1-12]", MGCP_ALL}, /* appendix E.5 */
        {"ds/ds1-1/[1,3,20-24]", MGCP_ALL},
        {"ds/ds1-[1-2]/*", MGCP_ALL},
        {"ds/ds3-1/[1-96]", MGCP_ALL},
        {"", -1},
        {"/", -1},
        {"aaln/", -1},
        {"/1", -1},
        {"aaln//1", -1},
        {"aaln/1*", -1},
        {"aaln/$1", -1},
        {"aaln/**", -1},
        {"aa ln/1", -1},
        {"aaln@1", -1},
        {"aaln/\x80", -1},
        {"aaln/[1-5", -1},
        {"aaln/[]", -1},
        {"aaln/[5-1]", -1},
        {"aaln/[1, 2]", -1},
        {"aaln/[1,]", -1},
        {"aaln/[,1]", -1},
        {"aaln/[1-2-3]", -1},
        {"aaln/[a]", -1},
        {"aaln/[1]x", -1},
        {"aaln/[1][2]", -1},
        {"aaln/[1-9999999999]", -1},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        enum mgcp_wildcard kind = MGCP_ONE;
        int error = mgcp_name_check(rt_str(rows[i].local), &kind);
        ck_assert_msg(error == (rows[i].kind < 0 ? EINVAL : 0), "\"%s\": %d", rows[i].local, error);
        if (error == 0)
            ck_assert_msg((int)kind == rows[i].kind, "\"%s\": kind %d", rows[i].local, kind);
    }
}
END_TEST

START_TEST(a_name_has_255_octets)
{
    char name[257];
    enum mgcp_wildcard kind;

    memset(name, 'a', sizeof name);
    ck_assert_int_eq(mgcp_name_check((struct rt_str){name, 255}, &kind), 0);
    ck_assert_int_eq(mgcp_name_check((struct rt_str){name, 256}, &kind), EINVAL);
}
END_TEST

START_TEST(wildcards_name_what_they_say)
{
    static const struct {
        const char *wild, *name;
        bool want;
    } rows[] = {
        {"aaln/1", "aaln/1", true},
        {"aaln/1", "AALN/1", true},
        {"aaln/1", "aaln/10", false},
        {"aaln/1", "aaln", false},
        {"aaln", "aaln/1", false},
        {"aaln/*", "aaln/1", true},
        {"Aaln/*", "aaln/24", true},
        {"aaln/*", "aaln/1/2", true}, /* whatever follows */
        {"aaln/*", "aaln", false},
        {"aaln/*", "ds/1", false},
        {"*", "mg", true},
        {"*", "ds/s-1/ds1-0/24", true},
        {"$", "ds/s-1/ds1-0/24", true},
        {"*/2/3", "1/2/3", true},
        {"*/2/3", "1/2/4", false},
        {"1/*/3", "1/2/3", true},
        {"1/*/3", "1/2/2/3", false},
        {"1/*/*", "1/2", false},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/1", true},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/12", true},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/13", false},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/0", false},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/01", false}, /* no leading zeros: appendix E.2 */
        {"ds/ds1-1/[1-12]", "ds/ds1-1/x", false},
        {"ds/ds1-1/[1-12]", "ds/ds1-1/1/1", false},
        {"ds/ds1-1/[1,3,20-24]", "ds/ds1-1/3", true},
        {"ds/ds1-1/[1,3,20-24]", "ds/ds1-1/2", false},
        {"ds/ds1-1/[1,3,20-24]", "ds/ds1-1/24", true},
        {"ds/ds1-[1-2]/*", "DS/DS1-2/31", true},
        {"ds/ds1-[1-2]/*", "ds/ds1-3/31", false},
        {"ds/ds1-[1-2]/*", "ds/ds1-/31", false},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(matches(rows[i].wild, rows[i].name) == rows[i].want, "%s, %s", rows[i].wild,
                      rows[i].name);
}
END_TEST

START_TEST(a_domain_is_a_host_an_address_or_a_number)
{
    static const char *const good[] = {
        "mygateway.whatever.net", "gw",    "10.0.0.1", "net.",     "[192.168.1.2]",
        "[2001:db8::1]",          "[::1]", "#123",     "rgw-2567", "[::ffff:192.0.2.1]",
    };
    static const char *const bad[] = {
        "",        ".",       "a..b",      "a_b", "a b",      "[192.168.1]", "[192.0.2.1",
        "[gw]",    "#",       "#12x",      "a@b", "a:1",      "[]",          "[192.0.2.1:1]",
        "[::1]:5", "[[::1]]", "[[::1]:1]", "a/b", "[ff::1]]",
    };

    for (size_t i = 0; i < RT_COUNT(good); i++)
        ck_assert_msg(mgcp_domain_check(rt_str(good[i])), "%s", good[i]);
    for (size_t i = 0; i < RT_COUNT(bad); i++)
        ck_assert_msg(!mgcp_domain_check(rt_str(bad[i])), "%s", bad[i]);
}
END_TEST

START_TEST(the_nth_endpoint_of_a_set)
{
    char out[8];

    ck_assert(mgcp_name_nth(out, sizeof out, "aaln", 3));
    ck_assert_str_eq(out, "aaln/3");
    ck_assert(mgcp_name_nth(out, sizeof out, "aaln", 24));
    ck_assert_str_eq(out, "aaln/24");
    ck_assert(!mgcp_name_nth(out, sizeof out, "aaln", 100));
    ck_assert(mgcp_name_nth(out, sizeof out, "d/e-1", 4));
    ck_assert_str_eq(out, "d/e-1/4");
}
END_TEST

/** Expects `want`, or NULL for none, of names between blanks. */
static void merges(const char *want, const char *names, const char *others, bool ranges, size_t cap)
{
    char text[256], out[64];
    const char *list[2][32];
    unsigned n[2] = {0, 0};

    snprintf(text, sizeof text, "%s | %s", names, others);
    char *save = NULL;
    unsigned side = 0;
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (*word == '|')
            side = 1;
        else
            list[side][n[side]++] = word;
    bool found = mgcp_name_merge(out, cap, list[0], n[0], list[1], n[1], ranges);
    ck_assert_msg(found == (want != NULL), "%s | %s: %s", names, others, found ? out : "none");
    if (want)
        ck_assert_str_eq(out, want);
}

START_TEST(many_names_are_one)
{
    merges("aaln/*", "aaln/1 aaln/2 aaln/3", "", false, 64);
    merges("aaln/*", "aaln/1 AALN/2", "ds/1 mg", true, 64);
    merges("aaln/7", "aaln/7", "aaln/8", false, 64);
    merges(NULL, "aaln/1 aaln/2", "aaln/3", false, 64);
    merges("aaln/[1-2]", "aaln/2 aaln/1", "aaln/3", true, 64);
    merges("aaln/[1-5,7]", "aaln/1 aaln/2 aaln/3 aaln/4 aaln/5 aaln/7", "aaln/6", true, 64);
    merges("aaln/[1,3,20-22]", "aaln/22 aaln/1 aaln/20 aaln/3 aaln/21", "aaln/2", true, 64);
    merges("*", "aaln/1 ds/1", "", false, 64);
    merges(NULL, "aaln/1 ds/1", "mg", true, 64);
    merges("ds/ds1-[1-2]/*", "ds/ds1-1/1 ds/ds1-2/1 ds/ds1-1/2", "ds/ds1-3/1", true, 64);
    merges(NULL, "ds/ds1-1/1 ds/ds1-2/1", "ds/ds1-3/1 ds/ds1-2/2", true, 64);
    merges("ds/ds1-1/*", "ds/ds1-1/1 ds/ds1-1/2", "ds/ds1-10/1", true, 64);
    merges(NULL, "aaln/01 aaln/2", "aaln/3", true, 64);
    merges(NULL, "aaln/a aaln/2", "aaln/3", true, 64);
    merges("aaln/*", "aaln/1 aaln/2", "", true, 7);
    merges(NULL, "aaln/1 aaln/2", "", true, 6);
    merges(NULL, "", "aaln/1", true, 64);
}
END_TEST

START_TEST(a_notified_entity)
{
    static const struct {
        const char *text, *local, *host; /* host NULL: none is read */
        unsigned port;
    } rows[] = {
        {"ca@ca1.whatever.net:5678", "ca", "ca1.whatever.net", 5678}, /* RFC 3435 F.1 */
        {"ca1.whatever.net", "", "ca1.whatever.net", 0},
        {" ca@[192.0.2.1]:2727 ", "ca", "192.0.2.1", 2727},
        {"ca@192.0.2.1", "ca", "192.0.2.1", 0},
        {"[2001:db8::1]:2727", "", "2001:db8::1", 2727},
        {"x/y@[2001:db8::1]", "x/y", "2001:db8::1", 0},
        {"ca@#12:1", "ca", "#12", 1},
        {"", NULL, NULL, 0},
        {"ca@", NULL, NULL, 0},
        {"@host", NULL, NULL, 0},
        {"*@host", NULL, NULL, 0},
        {"ca@host:", NULL, NULL, 0},
        {"ca@host:0", NULL, NULL, 0},
        {"ca@host:65536", NULL, NULL, 0},
        {"ca@host:x", NULL, NULL, 0},
        {"ca@[::1]2727", NULL, NULL, 0},
        {"ca@2001:db8::1", NULL, NULL, 0},
        {"a@b@c", NULL, NULL, 0},
        {":2727", NULL, NULL, 0},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct mgcp_entity e = {.port = 99};
        int error = mgcp_entity_read(&e, rt_str(rows[i].text));
        ck_assert_msg(error == (rows[i].host ? 0 : EINVAL), "\"%s\": %d", rows[i].text, error);
        if (error)
            continue;
        ck_assert_msg(rt_str_eq(e.local, rows[i].local) && rt_str_eq(e.host, rows[i].host) &&
                          e.port == rows[i].port,
                      "\"%s\": %.*s, %.*s, %u", rows[i].text, RT_STR(e.local), RT_STR(e.host),
                      e.port);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp name");
    TCase *t = tcase_create("name");

    tcase_add_test(t, a_name_is_terms);
    tcase_add_test(t, a_name_has_255_octets);
    tcase_add_test(t, wildcards_name_what_they_say);
    tcase_add_test(t, a_domain_is_a_host_an_address_or_a_number);
    tcase_add_test(t, the_nth_endpoint_of_a_set);
    tcase_add_test(t, many_names_are_one);
    tcase_add_test(t, a_notified_entity);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
