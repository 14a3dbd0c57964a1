/* Expressions of strangers: what is admitted matches as POSIX says; what explodes is refused, and
 * what is not refused is done in bounded time, measured. */
#include "dialplan/expr.h"
#include "gw/rt/time.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/** Compiles or ends the test. */
static struct dp_expr *expr(const char *pattern, unsigned flags)
{
    struct dp_expr *e = NULL;
    const char *why = NULL;
    int err = dp_expr_new(&e, rt_str(pattern), flags, &why);

    ck_assert_msg(err == 0, "%s %s", pattern, why);
    return e;
}

/** The text with `replacement` for the whole match; NULL: no match. */
static const char *replaced(const char *pattern, unsigned flags, const char *subject,
                            const char *replacement, enum dp_expr_style style)
{
    static char out[256];
    struct dp_expr *e = expr(pattern, flags);
    struct dp_expr_groups g;
    int err = dp_expr_exec(e, rt_str(subject), &g);

    ck_assert(err == 0 || err == ENOENT);
    if (err == 0)
        ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str(replacement), &g, style), 0);
    dp_expr_free(e);
    return err == 0 ? out : NULL;
}

START_TEST(what_posix_defines_matches_as_posix_says)
{
    static const struct {
        const char *pattern, *subject, *match; /* NULL: none */
    } rows[] = {
        {"abc", "xabcx", "abc"},
        {"^abc$", "xabc", NULL},
        {"a|ab", "ab", "ab"}, /* the longest, not the first */
        {"(a|ab)(c|bcd)", "abcd", "abcd"},
        {"x*", "aaa", ""},
        {"[0-9]+", "ab123c", "123"},
        {"[^0-9]+", "12ab3", "ab"},
        {"[]a]+", "x]a]", "]a]"},
        {"[^]a]+", "]axy", "xy"},
        {"[a-]+", "b-a", "-a"},
        {"[[:digit:]]{2}", "a123", "12"},
        {"[[:alpha:]_]+", "1ab_", "ab_"},
        {"a{2,3}", "aaaa", "aaa"},
        {"a{2,}", "aaaa", "aaaa"},
        {"a{2}", "a", NULL},
        {"a{0}b", "aab", "b"},
        {"(ab){0,2}c", "ababc", "ababc"},
        {"(a?){3}b", "aab", "aab"},
        {"\\+49\\.\\(", "+49.(", "+49.("},
        {"^\\+(1|49)([0-9]*)$", "+4930", "+4930"},
        {"\\d+", "a12", "12"},
        {"a.c", "abc", "abc"},
        {"", "abc", ""},
        {"()", "abc", ""},
        {"(|a)b", "ab", "ab"},
        {"}", "}", "}"},
        {"]", "]", "]"},
        {"[[]", "[", "["},
        {"[\\]", "\\", "\\"}, /* a backslash in a bracket is one */
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        const char *got = replaced(rows[i].pattern, 0, rows[i].subject, "&", DP_EXPR_SED);
        ck_assert_msg((got != NULL) == (rows[i].match != NULL), "%s", rows[i].pattern);
        if (got)
            ck_assert_msg(strcmp(got, rows[i].match) == 0, "%s: %s", rows[i].pattern, got);
    }
}
END_TEST

START_TEST(case_is_ignored_when_told)
{
    ck_assert_ptr_null(replaced("[a-c]x", 0, "BX", "&", DP_EXPR_SED));
    ck_assert_str_eq(replaced("[a-c]x", DP_EXPR_ICASE, "BX", "&", DP_EXPR_SED), "BX");
    ck_assert_str_eq(replaced("GATEWAY", DP_EXPR_ICASE, "a Gateway", "&", DP_EXPR_SED), "Gateway");
}
END_TEST

START_TEST(groups_count_by_their_opening_bracket)
{
    /* the example of RFC 3402 3.2 */
    ck_assert_str_eq(replaced("(A(B(C)DE)(F)G)", 0, "ABCDEFG", "\\1,\\2,\\3,\\4", DP_EXPR_DDDS),
                     "ABCDEFG,BCDE,C,F");
    struct dp_expr *e = expr("(A(B(C)DE)(F)G)", 0);
    struct dp_expr_groups g;
    char out[16];
    ck_assert_int_eq(dp_expr_exec(e, rt_str("ABCDEFG"), &g), 0);
    ck_assert_uint_eq(g.n, 5);
    for (char c = '5'; c <= '9'; c++) {
        char text[] = {'\\', c, '\0'};
        ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str(text), &g, DP_EXPR_DDDS), EINVAL);
    }
    dp_expr_free(e);
}
END_TEST

START_TEST(a_group_that_takes_no_part_is_empty)
{
    ck_assert_str_eq(replaced("^(a)|(b)$", 0, "b", "<\\1\\2>", DP_EXPR_SED), "<b>");
    struct dp_expr *e = expr("^(a)|(b)$", 0);
    struct dp_expr_groups g;
    ck_assert_int_eq(dp_expr_exec(e, rt_str("b"), &g), 0);
    ck_assert_ptr_null(g.group[1].p);
    ck_assert(rt_str_eq(g.group[2], "b"));
    ck_assert_int_eq(dp_expr_exec(e, rt_str("b"), NULL), 0);
    ck_assert_int_eq(dp_expr_exec(e, (struct rt_str){NULL, 0}, NULL), ENOENT);
    dp_expr_free(e);
}
END_TEST

START_TEST(more_than_nine_groups_match_and_nine_can_be_named)
{
    ck_assert_str_eq(
        replaced("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", 0, "abcdefghijk", "\\9\\1", DP_EXPR_SED),
        "ia");
}
END_TEST

START_TEST(replacements_have_two_styles)
{
    ck_assert_str_eq(replaced("b+", 0, "abbc", "[&]\\&\\\\", DP_EXPR_SED), "[bb]&\\");
    ck_assert_str_eq(replaced("b+", 0, "abbc", "[&]\\&\\\\", DP_EXPR_DDDS), "[&]\\&\\\\");
    struct dp_expr_groups g = {.n = 1, .group = {{"bb", 2}}};
    char out[4];
    ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str("a\\"), &g, DP_EXPR_SED), EINVAL);
    ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str("\\x"), &g, DP_EXPR_SED), EINVAL);
    ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str("&x"), &g, DP_EXPR_SED), 0);
    ck_assert_str_eq(out, "bbx");
    ck_assert_int_eq(dp_expr_replace(out, sizeof out, rt_str("&xy"), &g, DP_EXPR_SED), E2BIG);
    ck_assert_int_eq(dp_expr_replace(out, 0, rt_str(""), &g, DP_EXPR_SED), E2BIG);
    ck_assert_int_eq(dp_expr_replace(out, 1, rt_str(""), &g, DP_EXPR_SED), 0);
}
END_TEST

START_TEST(what_is_undefined_or_dangerous_is_refused_with_its_reason)
{
    static const struct {
        const char *pattern;
        int err;
        const char *why;
    } rows[] = {
        {"(a)\\1", EINVAL, "refers back to a group"},
        {"\\9", EINVAL, "refers back to a group"},
        {"\\0", EINVAL, "refers back to a group"},
        {"((a{0,100}){0,100}){0,100}", EOVERFLOW, "would need too much memory"},
        {"a{255}{255}", EINVAL, "repeats nothing, or twice"},
        {"(a{200}){2}", EOVERFLOW, "would need too much memory"},
        {"(((((((((a{2}){2}){2}){2}){2}){2}){2}){2}){2})", EOVERFLOW, "would need too much memory"},
        {"(()*()*){200}", EOVERFLOW, "would need too much memory"},
        {"(a?){127}", EOVERFLOW, "would need too much memory"},
        {"(\\Q[\\E(a{200}){200}])", EINVAL, "has a backslash before what needs none"},
        {"a{256}", EOVERFLOW, "repeats more than 255 times"},
        {"a{99999999999999999999}", EOVERFLOW, "repeats more than 255 times"},
        {"a{3,2}", EINVAL, "has a bound that is none"},
        {"a{,2}", EINVAL, "has a bound that is none"},
        {"a{~1}", EINVAL, "has a bound that is none"},
        {"a{+1,-1}", EINVAL, "has a bound that is none"},
        {"a{2", EINVAL, "has a bound that is none"},
        {"a{", EINVAL, "has a bound that is none"},
        {"{1}", EINVAL, "repeats nothing, or twice"},
        {"*a", EINVAL, "repeats nothing, or twice"},
        {"^*", EINVAL, "repeats nothing, or twice"},
        {"^+49", EINVAL, "repeats nothing, or twice"},
        {"a|*", EINVAL, "repeats nothing, or twice"},
        {"(*a)", EINVAL, "repeats nothing, or twice"},
        {"a*?", EINVAL, "repeats nothing, or twice"},
        {"a**", EINVAL, "repeats nothing, or twice"},
        {"(?i)a", EINVAL, "repeats nothing, or twice"},
        {"(?:a)", EINVAL, "repeats nothing, or twice"},
        {"[[.", EINVAL, "has a collating element"},
        {"[[.a.]]", EINVAL, "has a collating element"},
        {"[[=a=]]", EINVAL, "has a collating element"},
        {"[a-[.z.]]", EINVAL, "has a collating element"},
        {"[[:alpha]", EINVAL, "has no such character class"},
        {"[[:alpha:x]", EINVAL, "has no such character class"},
        {"[[:no:]]", EINVAL, "has no such character class"},
        {"[z-a]", EINVAL, "has a range that runs backwards"},
        {"[", EINVAL, "has a bracket that is not closed"},
        {"[]", EINVAL, "has a bracket that is not closed"},
        {"[^]", EINVAL, "has a bracket that is not closed"},
        {"[a-", EINVAL, "has a bracket that is not closed"},
        {"(a", EINVAL, "has a group that is not closed"},
        {"a)", EINVAL, "closes a group that is not open"},
        {"a\\", EINVAL, "has a backslash before what needs none"},
        {"\\x{41}", EINVAL, "has a backslash before what needs none"},
        {"\\bx", EINVAL, "has a backslash before what needs none"},
        {"(((((((((((((((((((((a)))))))))))))))))))))", EOVERFLOW, "has too many groups"},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_expr *e;
        const char *why = NULL;
        int err = dp_expr_new(&e, rt_str(rows[i].pattern), 0, &why);
        ck_assert_msg(err == rows[i].err, "%s: %d %s", rows[i].pattern, err, why ? why : "");
        ck_assert_msg(strcmp(why, rows[i].why) == 0, "%s: %s", rows[i].pattern, why);
    }
}
END_TEST

START_TEST(lengths_have_limits)
{
    char text[DP_EXPR_SUBJECT_MAX + 2];
    struct dp_expr *e;
    const char *why;

    memset(text, 'a', sizeof text);
    ck_assert_int_eq(dp_expr_new(&e, (struct rt_str){text, 256}, 0, &why), EOVERFLOW);
    ck_assert_str_eq(why, "is longer than 255 characters");
    ck_assert_int_eq(dp_expr_new(&e, (struct rt_str){"a\0b", 3}, 0, &why), EINVAL);
    ck_assert_int_eq(dp_expr_new(&e, (struct rt_str){"[\0]", 3}, 0, &why), EINVAL);
    ck_assert_int_eq(dp_expr_new(&e, (struct rt_str){text, 255}, 0, &why), 0);
    ck_assert_int_eq(dp_expr_exec(e, (struct rt_str){text, DP_EXPR_SUBJECT_MAX}, NULL), 0);
    ck_assert_int_eq(dp_expr_exec(e, (struct rt_str){text, DP_EXPR_SUBJECT_MAX + 1}, NULL), E2BIG);
    dp_expr_free(e);
    dp_expr_free(NULL);
}
END_TEST

START_TEST(octets_above_127_are_characters)
{
    ck_assert_str_eq(replaced("^m\xc3\xbc.*r$", 0, "m\xc3\xbcller", "&", DP_EXPR_SED),
                     "m\xc3\xbcller");
    ck_assert_str_eq(replaced("[\x80-\xff]+", 0, "m\xc3\xbcller", "&", DP_EXPR_SED), "\xc3\xbc");
}
END_TEST

/* ---- time ---- */

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** Seconds to compile it and match it against the longest subject, `a` all through but for its end.
 */
static double effort(struct rt_str pattern)
{
    static char subject[DP_EXPR_SUBJECT_MAX];
    struct dp_expr *e;
    struct dp_expr_groups g;
    const char *why;
    double start = cpu();

    memset(subject, 'a', sizeof subject);
    subject[sizeof subject - 1] = '!';
    if (dp_expr_new(&e, pattern, 0, &why) == 0) {
        dp_expr_exec(e, (struct rt_str){subject, sizeof subject}, &g);
        dp_expr_free(e);
    }
    return cpu() - start;
}

START_TEST(exploding_expressions_take_bounded_time)
{
    static const char *const patterns[] = {
        "(a+)+$",
        "(a|a)*b",
        "((a|aa)+)+$",
        "(a*)*b",
        "((a*)*)*b",
        "(.*)*=",
        ".*.*.*.*=",
        "(.*)(.*)(.*)(.*)(.*)=",
        "((a{0,100}){0,100}){0,100}",
        "[[.",
        "(a|b|ab)*c",
        "((a?){5}){5}",
        "(((a{0,60})*(b{0,60})*)*)*",
        "((((a)*)?){0,20})*",
        "(x+x+)+y",
        "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < RT_COUNT(patterns); i++)
        ck_assert_msg(effort(rt_str(patterns[i])) < 0.2, "%s", patterns[i]);
}
END_TEST

/** Any expression of a small alphabet, the worst of them as a rule refused. */
START_TEST(random_expressions_take_bounded_time)
{
    static const char *const pieces[] = {"a",       "b",  ".",    "(",  ")",     ")*",
                                         ")+",      ")?", "a?",   "a*", "{0,9}", "){3,}",
                                         "){1,20}", "|",  "[ab]", ".*", "(a|b)"};
    unsigned seed = (unsigned)time(NULL), admitted = 0;
    double worst = 0;

    printf("seed %u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < 3000; i++) {
        char text[256] = "";
        size_t n = 0, open = 0;
        for (int k = rand() % 60; k > 0 && n < 200; k--) {
            const char *p = pieces[(size_t)rand() % RT_COUNT(pieces)];
            if (p[0] == ')' && open == 0)
                continue;
            open += strcmp(p, "(") == 0 ? 1 : 0;
            open -= p[0] == ')' ? 1 : 0;
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", p);
        }
        for (; open > 0; open--)
            text[n++] = ')';
        struct rt_str pattern = {text, n};
        double t = effort(pattern);
        struct dp_expr *e = NULL;
        const char *why;
        admitted += dp_expr_new(&e, pattern, 0, &why) == 0;
        dp_expr_free(e);
        worst = t > worst ? t : worst;
        ck_assert_msg(t < 0.25, "%.*s: %f s", RT_STR(pattern), t);
    }
    printf("%u of 3000 admitted, the worst took %.1f ms\n", admitted, worst * 1e3);
    ck_assert_uint_gt(admitted, 100);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_posix_defines_matches_as_posix_says,
        case_is_ignored_when_told,
        groups_count_by_their_opening_bracket,
        a_group_that_takes_no_part_is_empty,
        more_than_nine_groups_match_and_nine_can_be_named,
        replacements_have_two_styles,
        what_is_undefined_or_dangerous_is_refused_with_its_reason,
        lengths_have_limits,
        octets_above_127_are_characters,
        exploding_expressions_take_bounded_time,
        random_expressions_take_bounded_time,
    };
    Suite *s = suite_create("dp_expr");
    TCase *t = tcase_create("expr");

    tcase_set_timeout(t, 60);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
