/* Tables of patterns against a matcher that knows only the rule: more fixed digits, then digits of
 * ranges and classes, then positions, then without a tail, then the narrower; a caller's sets, a
 * country's sets, `*`. Tables and numbers are random; the seed is printed and SEED repeats it.
 *
 * libcheck writes down every assertion that holds: what is judged a million times speaks only when
 * it does not hold.
 */
#include "dialplan/pattern.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLES 250
#define ROWS   60
#define LOOKS  1000
#define MAX    20 /* positions of a random pattern */

static struct dp_site site;
static uint64_t state;

static void setup(void)
{
    memset(&site, 0, sizeof site);
    site.country = dp_country(rt_str("de"));
    strcpy(site.area, "30");
    const char *why;
    ck_assert_int_eq(
        dp_ddi_parse(&site.ddi, rt_str("+4930901821[00..99]"), rt_str("1[00..99]"), &why), 0);
    const char *seed = getenv("SEED");
    state = seed ? strtoull(seed, NULL, 10) : 20240607;
    printf("seed %llu\n", (unsigned long long)state);
}

static void teardown(void)
{
    free(site.ddi);
}

static unsigned pick(unsigned below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state >> 33) % below);
}

/* ---- the matcher by the rule ---- */

/** A row as the test made it: never read from its text. */
struct known {
    char text[120];
    enum { DIGITS, CALLERS, COUNTRYS, ANY } kind;
    bool plus, prefix;
    unsigned n;
    char fits[MAX][17]; /* the digits of each position */
    unsigned at, width;
    unsigned low, high;
    unsigned fixed, ranged;
    const char *ending; /* of a caller's set: the last digit of its numbers */
    struct dp_pattern *alone;
};

static bool has_ending(const void *arg, const struct dp_number *n)
{
    size_t len = strlen(n->digits);
    return len > 0 && n->digits[len - 1] == *(const char *)arg;
}

/** Whether the first `len` digits of the range can be these. */
static bool in_range(const struct known *k, const char *digits, unsigned len)
{
    unsigned value = 0, low = k->low, high = k->high;

    for (unsigned i = 0; i < len; i++)
        value = value * 10 + (unsigned)(digits[i] - '0');
    for (unsigned i = len; i < k->width; i++) {
        low /= 10;
        high /= 10;
    }
    return low <= value && value <= high;
}

static enum dp_fit known_fit(const struct known *k, const struct dp_number *n)
{
    unsigned len = (unsigned)strlen(n->digits);

    if (k->kind == ANY)
        return DP_FITS;
    if (k->kind == CALLERS)
        return has_ending(k->ending, n) ? DP_FITS : DP_NO;
    if (k->kind == COUNTRYS)
        return dp_pattern_fit(k->alone, n, &site);
    if (k->plus != n->e164 || (len > k->n && !k->prefix))
        return DP_NO;
    for (unsigned i = 0; i < len && i < k->n; i++)
        if (!strchr(k->fits[i], n->digits[i]))
            return DP_NO;
    if (k->width > 0 && len > k->at &&
        !in_range(k, n->digits + k->at, len - k->at < k->width ? len - k->at : k->width))
        return DP_NO;
    return len < k->n ? DP_PARTIAL : DP_FITS;
}

static unsigned known_breadth(const struct known *k)
{
    unsigned sum = k->width > 0 ? k->high - k->low : 0;

    for (unsigned i = 0; i < k->n; i++)
        sum += (unsigned)strlen(k->fits[i]);
    return sum;
}

/** Whether `a` is to be found before `b`: 1, after it: -1, or the rule does not say: 0. */
static int before(const struct known *a, const struct known *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? 1 : -1;
    if (a->kind != DIGITS)
        return 0;
    unsigned x[] = {a->fixed, a->ranged, a->n, b->prefix, known_breadth(b)};
    unsigned y[] = {b->fixed, b->ranged, b->n, a->prefix, known_breadth(a)};
    for (unsigned i = 0; i < 5; i++)
        if (x[i] != y[i])
            return x[i] > y[i] ? 1 : -1;
    return 0;
}

/* ---- random rows ---- */

static void fixed_digit(struct known *k)
{
    const char *keys = k->plus ? "1234490" : "12307*#A";
    char c = keys[pick((unsigned)strlen(keys))];

    if (c == '*')
        strcat(k->text, "\\");
    sprintf(k->text + strlen(k->text), "%c", c);
    sprintf(k->fits[k->n++], "%c", c);
    k->fixed++;
}

static void x_digit(struct known *k)
{
    strcat(k->text, "x");
    strcpy(k->fits[k->n++], "0123456789");
}

static void class_digit(struct known *k)
{
    unsigned low = pick(8), high = low + 1 + pick(9 - low);
    char *fits = k->fits[k->n++];

    sprintf(k->text + strlen(k->text), "[%u-%u]", low, high);
    for (unsigned d = low; d <= high; d++)
        sprintf(fits + strlen(fits), "%u", d);
    if (high - low < 9)
        k->ranged++;
}

/** Two or three digits, whose first ones differ and whose last ones are not 0 and 9: any other is a
 * plain digit or an x in disguise. */
static void range_digits(struct known *k)
{
    unsigned width = 2 + pick(2), step = width == 2 ? 10 : 100;
    unsigned first = pick(9), more = first + 1 + pick(9 - first);

    k->low = first * step + 1 + pick(step - 1);
    k->high = more * step + pick(step - 1);
    k->low -= k->low % 10 == 0;
    k->at = k->n;
    k->width = width;
    sprintf(k->text + strlen(k->text), "[%0*u..%0*u]", (int)width, k->low, (int)width, k->high);
    for (unsigned i = 0; i < width; i++)
        strcpy(k->fits[k->n++], "0123456789");
    k->ranged += width;
}

static void random_digits(struct known *k)
{
    unsigned n = 1 + pick(pick(10) == 0 ? 16 : 6);

    k->plus = pick(3) > 0;
    strcpy(k->text, k->plus ? "+" : "");
    while (k->n < n) {
        unsigned what = pick(20);
        if (what < 13)
            fixed_digit(k);
        else if (what < 16)
            x_digit(k);
        else if (what < 18)
            class_digit(k);
        else if (k->width == 0)
            range_digits(k);
        if (k->plus && k->n > 0 && k->n < n && pick(8) == 0)
            strcat(k->text, "-");
    }
    size_t len = strlen(k->text);
    if (k->text[len - 1] == '-')
        k->text[len - 1] = '\0';
    k->prefix = pick(2) == 0;
    if (k->prefix)
        strcat(k->text, "*");
}

static struct dp_pattern *parsed(const char *text)
{
    struct dp_pattern *p = NULL;
    const char *why = "";

    if (dp_pattern_new(&p, rt_str(text), &why) != 0)
        ck_abort_msg("%s %s", text, why);
    return p;
}

static struct dp_pattern *random_row(struct known *k)
{
    static const char *const sets[] = {"emergency", "freephone", "premium",      "mobile",
                                       "internal",  "national",  "international"};
    static const char endings[] = "0123456789";
    unsigned what = pick(20);

    memset(k, 0, sizeof *k);
    if (what == 0) {
        struct dp_pattern *p = NULL;
        k->kind = CALLERS;
        k->ending = endings + pick(10);
        sprintf(k->text, "in list-%c", *k->ending);
        ck_assert_int_eq(dp_pattern_new_set(&p, k->text, has_ending, k->ending), 0);
        return p;
    }
    if (what == 1) {
        k->kind = COUNTRYS;
        strcpy(k->text, sets[pick(RT_COUNT(sets))]);
        k->alone = parsed(k->text);
    } else if (what == 2 && pick(4) == 0) {
        k->kind = ANY;
        strcpy(k->text, "*");
    } else {
        random_digits(k);
    }
    return parsed(k->text);
}

struct rows {
    struct known a[ROWS];
    unsigned n;
    struct dp_table *table;
};

/** Whether two rows are one, by what the test knows. */
static bool same(const struct known *a, const struct known *b)
{
    if (a->kind != DIGITS || b->kind != DIGITS)
        return a->kind == b->kind && strcmp(a->text, b->text) == 0;
    return a->plus == b->plus && a->prefix == b->prefix && a->n == b->n && a->width == b->width &&
           a->at == b->at && a->low == b->low && a->high == b->high &&
           memcmp(a->fits, b->fits, sizeof a->fits) == 0;
}

static void random_rows(struct rows *r)
{
    ck_assert_int_eq(dp_table_new(&r->table), 0);
    for (r->n = 0; r->n < ROWS;) {
        struct known *k = &r->a[r->n], *twin = NULL;
        struct dp_pattern *p = random_row(k);
        void *other = NULL;
        for (unsigned i = 0; i < r->n && !twin; i++)
            if (same(&r->a[i], k))
                twin = &r->a[i];
        int err = dp_table_add(r->table, p, k, &other);
        if (err != (twin ? EEXIST : 0) || other != twin)
            ck_abort_msg("%s: %d, %s", k->text, err, twin ? twin->text : "no twin");
        if (twin)
            dp_pattern_free(k->alone);
        else
            r->n++;
    }
    ck_assert_int_eq(dp_table_seal(r->table), 0);
}

static void free_rows(struct rows *r)
{
    dp_table_free(r->table);
    for (unsigned i = 0; i < r->n; i++)
        dp_pattern_free(r->a[i].alone);
}

/** A number that fits a row, or nearly. */
static struct dp_number random_number(const struct rows *r)
{
    const struct known *k = &r->a[pick(r->n)];
    struct dp_number n = {.e164 = k->kind == DIGITS ? k->plus : pick(2)};
    unsigned len = 0;

    for (; len < k->n; len++)
        n.digits[len] = k->fits[len][pick((unsigned)strlen(k->fits[len]))];
    for (unsigned v = k->low + pick(k->high - k->low + 1), i = k->width; i > 0; v /= 10)
        n.digits[k->at + --i] = (char)('0' + v % 10);
    if (pick(4) == 0)
        len = pick(len + 1);
    n.digits[len] = '\0';
    if (len > 0 && pick(6) == 0)
        n.digits[pick(len)] = n.e164 ? "0123456789"[pick(10)] : "0123456789*#ABCD"[pick(16)];
    for (unsigned more = pick(3) == 0 ? pick(20) : 0; more > 0; more--)
        n.digits[len++] = "0123456789"[pick(10)];
    n.digits[len] = '\0';
    return n;
}

/* ---- the properties ---- */

static const struct known *known_of(const struct dp_match *m)
{
    if (!m->pattern != !m->value)
        ck_abort_msg("half a match");
    return m->value;
}

/** `seen` is not to be beaten by any row that fits and was not found before it. */
static void check_best(const struct rows *r, const struct dp_number *n, const struct known *seen,
                       const bool done[ROWS])
{
    if (seen && known_fit(seen, n) != DP_FITS)
        ck_abort_msg("%s finds %s", n->digits, seen->text);
    for (unsigned i = 0; i < r->n; i++) {
        const struct known *k = &r->a[i];
        if (done[i] || known_fit(k, n) != DP_FITS)
            continue;
        if (!seen || before(k, seen) > 0)
            ck_abort_msg("%s%s finds %s and not %s", n->e164 ? "+" : "", n->digits,
                         seen ? seen->text : "nothing", k->text);
    }
}

/** The documented meaning, from what could still fit. */
static enum dp_complete expected(const struct rows *r, const struct dp_number *n,
                                 const struct known *seen)
{
    bool partial = false;
    unsigned max = !n->e164                           ? DP_DIGITS_MAX
                   : strncmp(n->digits, "49", 2) == 0 ? 2 + site.country->national_max
                                                      : 15;

    for (unsigned i = 0; i < r->n; i++)
        partial = partial || known_fit(&r->a[i], n) == DP_PARTIAL;
    if (!seen)
        return partial || dp_may_become_e164(n, &site) ? DP_INCOMPLETE : DP_COMPLETE;
    if (seen->kind == ANY && partial)
        return DP_INCOMPLETE;
    if (strlen(n->digits) >= max)
        return DP_COMPLETE;
    return partial || seen->prefix || seen->kind != DIGITS ? DP_MAYBE_COMPLETE : DP_COMPLETE;
}

/** All matches of a number, the best first, each once. */
static void check_all(const struct rows *r, const struct dp_number *n)
{
    bool done[ROWS] = {false};
    struct dp_match m;

    dp_table_find(&m, r->table, n, &site);
    for (unsigned rounds = 0; rounds <= ROWS; rounds++) {
        const struct known *seen = known_of(&m);
        check_best(r, n, seen, done);
        if (m.complete != expected(r, n, seen))
            ck_abort_msg("%s %s: %d", n->digits, seen ? seen->text : "-", m.complete);
        if (!seen)
            return;
        if (done[seen - r->a])
            ck_abort_msg("%s finds %s twice", n->digits, seen->text);
        done[seen - r->a] = true;
        struct dp_match after = m;
        dp_table_find_next(&m, r->table, n, &site, &after);
    }
    ck_abort_msg("%s: no end of matches", n->digits);
}

START_TEST(any_table_finds_what_the_rule_says)
{
    static struct rows r;

    for (unsigned i = 0; i < TABLES; i++) {
        random_rows(&r);
        for (unsigned j = 0; j < LOOKS; j++) {
            struct dp_number n = random_number(&r);
            check_all(&r, &n);
        }
        free_rows(&r);
    }
}
END_TEST

/* ---- by hand ---- */

static struct dp_table *table_of(const char *const *texts)
{
    struct dp_table *t;
    void *other;
    union {
        const char *in;
        void *out;
    } value;

    ck_assert_int_eq(dp_table_new(&t), 0);
    for (; *texts; texts++) {
        value.in = *texts;
        ck_assert_int_eq(dp_table_add(t, parsed(*texts), value.out, &other), 0);
    }
    ck_assert_int_eq(dp_table_seal(t), 0);
    return t;
}

static void check_looks(const char *const *rows, const char *const (*looks)[2], size_t n)
{
    struct dp_table *t = table_of(rows);

    for (size_t i = 0; i < n; i++) {
        struct dp_number number;
        struct dp_match m;
        ck_assert_int_eq(dp_number_parse(&number, rt_str(looks[i][0])), 0);
        dp_table_find(&m, t, &number, &site);
        ck_assert_ptr_nonnull(m.value);
        ck_assert_msg(strcmp(m.value, looks[i][1]) == 0, "%s finds %s", looks[i][0],
                      (const char *)m.value);
    }
    dp_table_free(t);
}

START_TEST(the_tables_of_an_office)
{
    static const char *const pbx[] = {"1xx",       "*21*",          "#31#*", "national",
                                      "freephone", "international", "*",     NULL};
    static const char *const looks[][2] = {
        {"117", "1xx"},
        {"*2130", "*21*"},
        {"#31#030", "#31#*"},
        {"+4930123456", "national"},
        {"+4315350", "international"},
        {"+498001234567", "freephone"}, /* freephone stands before national among the sets */
        {"217", "*"},
    };
    static const char *const blocks[] = {"+493090182[80..81]", "+4930901821xx", "+4930901820",
                                         "+4930*", NULL};
    static const char *const block_looks[][2] = {
        {"+49309018280", "+493090182[80..81]"},
        {"+49309018281", "+493090182[80..81]"},
        {"+49309018282", "+4930*"},
        {"+493090182100", "+4930901821xx"},
        {"+4930901820", "+4930901820"},
        {"+49309018200", "+4930*"},
    };

    check_looks(pbx, looks, RT_COUNT(looks));
    check_looks(blocks, block_looks, RT_COUNT(block_looks));
}
END_TEST

START_TEST(the_tables_of_a_carrier)
{
    static const char *const rows[] = {"7788#*", "+1*", "+1[2-9]xx555[0100..0199]",
                                       "+1900*", "*",   NULL};
    static const char *const looks[][2] = {
        {"7788#12125550100", "7788#*"},
        {"7788", "*"},
        {"+12125550100", "+1[2-9]xx555[0100..0199]"},
        {"+12125550199", "+1[2-9]xx555[0100..0199]"},
        {"+12125550200", "+1*"},
        {"+11125550100", "+1*"},
        {"+19001234567", "+1900*"},
        {"+19005550100", "+1[2-9]xx555[0100..0199]"}, /* 1 555 01: six fixed against four */
        {"+4930", "*"},
    };

    check_looks(rows, looks, RT_COUNT(looks));
}
END_TEST

START_TEST(the_next_match_is_the_next_shorter_prefix)
{
    static const char *const rows[] = {"+49301234*", "+4930*", "+49*", "national", "*", NULL};
    static const char *const other[] = {"+49301234*", "+4930*", "+49*", NULL};
    struct dp_table *t = table_of(rows), *bare = table_of(other);
    struct dp_number n;
    struct dp_match m, next;

    ck_assert_int_eq(dp_number_parse(&n, rt_str("+493012345")), 0);
    dp_table_find(&m, t, &n, &site);
    for (size_t i = 0; rows[i]; i++, m = next) {
        ck_assert_str_eq(m.value, rows[i]);
        dp_table_find_next(&next, t, &n, &site, &m);
    }
    ck_assert_ptr_null(m.value);
    dp_table_find_next(&next, t, &n, &site, &m); /* after nothing comes nothing */
    ck_assert_ptr_null(next.value);
    ck_assert_int_eq(dp_number_parse(&n, rt_str("+4989")), 0);
    dp_table_find(&m, bare, &n, &site);
    ck_assert_str_eq(m.value, "+49*");
    dp_table_find_next(&next, bare, &n, &site, &m);
    ck_assert_ptr_null(next.pattern);
    dp_table_free(t);
    dp_table_free(bare);
}
END_TEST

START_TEST(numbers_longer_than_a_key_are_told_apart)
{
    static const char *const rows[] = {"12345678901234567*", "12345678901234568*",
                                       "123456789012345*", "12345678901234567890", NULL};
    static const char *const looks[][2] = {
        {"123456789012345", "123456789012345*"},
        {"1234567890123456", "123456789012345*"},
        {"123456789012345671", "12345678901234567*"},
        {"123456789012345680", "12345678901234568*"},
        {"12345678901234567890", "12345678901234567890"},
    };

    check_looks(rows, looks, RT_COUNT(looks));
}
END_TEST

START_TEST(one_set_is_one_row_whatever_it_is_called)
{
    static int first, second;
    struct dp_pattern *a, *b, *c;
    struct dp_table *t;
    void *other = NULL;

    ck_assert_int_eq(dp_pattern_new_set(&a, "in vip", has_ending, "1"), 0);
    ck_assert_int_eq(dp_pattern_new_set(&b, "in friends", has_ending, a->shape.arg), 0);
    ck_assert_int_eq(dp_pattern_new_set(&c, "in others", has_ending, "2"), 0);
    ck_assert_str_eq(dp_pattern_text(a), "in vip");
    ck_assert_int_eq(dp_table_new(&t), 0);
    ck_assert_int_eq(dp_table_add(t, a, &first, &other), 0);
    ck_assert_int_eq(dp_table_add(t, b, &second, &other), EEXIST);
    ck_assert_ptr_eq(other, &first);
    ck_assert_int_eq(dp_table_add(t, c, &second, &other), 0);
    dp_table_free(t);
}
END_TEST

/** Adding must not look at every row: the limit of the test suite is what would tell. */
START_TEST(a_hundred_thousand_rows_take_no_time)
{
    enum { N = 100000 };
    struct dp_table *t;
    struct dp_number n;
    struct dp_match m;
    char text[24];
    static int value;
    void *other;

    ck_assert_int_eq(dp_table_new(&t), 0);
    for (unsigned i = 0; i < N; i++) {
        snprintf(text, sizeof text, "+49%u*", i);
        if (dp_table_add(t, parsed(text), &value, &other) != 0)
            ck_abort_msg("%s", text);
    }
    ck_assert_int_eq(dp_table_seal(t), 0);
    for (unsigned i = 0; i < N; i++) {
        snprintf(text, sizeof text, "+49%05u", i);
        if (dp_number_parse(&n, rt_str(text)) != 0)
            ck_abort_msg("%s is no number", text);
        dp_table_find(&m, t, &n, &site);
        if (m.value != &value)
            ck_abort_msg("%s finds nothing", text);
        snprintf(text, sizeof text, "+49%u*", i >= 10000 ? i : 0);
        if ((i >= 10000 || i == 0) && strcmp(dp_pattern_text(m.pattern), text) != 0)
            ck_abort_msg("%s, not %s", dp_pattern_text(m.pattern), text);
    }
    dp_table_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp table");
    TCase *tc = tcase_create("dp table");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, any_table_finds_what_the_rule_says);
    tcase_add_test(tc, the_tables_of_an_office);
    tcase_add_test(tc, the_tables_of_a_carrier);
    tcase_add_test(tc, the_next_match_is_the_next_shorter_prefix);
    tcase_add_test(tc, numbers_longer_than_a_key_are_told_apart);
    tcase_add_test(tc, one_set_is_one_row_whatever_it_is_called);
    tcase_add_test(tc, a_hundred_thousand_rows_take_no_time);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
