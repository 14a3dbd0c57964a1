/* Digit maps: the RFCs' own examples, what is refused, and random maps against a second
 * implementation that looks at whole strings.
 */
#include "mgcp/digit_map.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct mgcp_map *map_of(const char *text)
{
    struct mgcp_map *m = NULL;
    unsigned refusal = 0;

    ck_assert_msg(mgcp_map_new(&m, rt_str(text), &refusal) == 0, "%s: refused, %u", text, refusal);
    return m;
}

/** What each digit gave: `.` partial, `:` partial and T is all that lacks, `!` match, `-`
 * mismatch. Stops after a match or mismatch. */
static void run(char *out, const char *map, const char *digits)
{
    struct mgcp_map *m = map_of(map);
    struct mgcp_map_run r;

    ck_assert_int_eq(mgcp_map_start(&r, m), 0);
    mgcp_map_free(m); /* the run has its own reference */
    for (; *digits; digits++) {
        enum mgcp_map_timer timer;
        enum mgcp_map_verdict v = mgcp_map_feed(&r, *digits, &timer);
        *out++ = "?!-"[v];
        if (v != MGCP_MAP_PARTIAL) {
            ck_assert_int_eq(timer, MGCP_TIMER_NONE);
            break;
        }
        ck_assert_int_ne(timer, MGCP_TIMER_NONE);
        out[-1] = timer == MGCP_TIMER_CRITICAL ? ':' : '.';
    }
    *out = '\0';
    mgcp_map_stop(&r);
}

#define DESK   "(0T|00T|[1-7]xxx|8xxxxxxx|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T)" /* RFC 3435 2.1.5 */
#define SUBTLE "(0[12].|00|1[12].1|2x.#)"                                     /* there as well */
#define DM1    "([3-7]11|123xxxxxxx|[1-7]xxxxxxP|8xxxP)"                      /* RFC 3660 2.7 */

START_TEST(the_examples_of_the_standards)
{
    static const struct {
        const char *map, *digits, *want;
    } rows[] = {
        {DESK, "0T", ":!"},
        {DESK, "00T", "::!"},
        {DESK, "000", "::-"},
        {DESK, "01", ":-"},
        {DESK, "4711", "...!"},
        {DESK, "81234567", ".......!"},
        {DESK, "#1234567", ".......!"},
        {DESK, "*67", "..!"},
        {DESK, "912015551234", "...........!"},
        {DESK, "9011T", "...:!"},
        {DESK, "901144T", "...:::!"},
        {DESK, "A", "-"},
        {DESK, "9T", ".-"},
        /* RFC 3435 2.1.5: "411" is sent at once */
        {"(xxxxxxx|x11)", "411", "..!"},
        {"(xxxxxxx|x11)", "4123456", "......!"},
        /* RFC 3435 2.1.5, "more subtle" */
        {SUBTLE, "0", "!"},
        {SUBTLE, "11", ".!"},
        {SUBTLE, "121", "..!"},
        {SUBTLE, "12221", "....!"},
        {SUBTLE, "13", ".-"},
        {SUBTLE, "2345#", "....!"},
        {SUBTLE, "2#", ".!"},
        {SUBTLE, "2*", ".-"},
        /* RFC 3660 2.2, timers */
        {"(xxxxxxx|x11T)", "411T", "..:!"},
        {"(xxxxxxx|x11T)", "4111234", "..:...!"},
        {"(xxxxxxx|x11T)", "41T", "..-"},
        {"(1[2-3T].)", "1", "!"},
        {"(1[2-3].T)", "1T", ":!"},
        {"(1[2-3].T)", "123T", ":::!"},
        {"(1[2-3]T.)", "12", ".!"},
        {"(1[2-3]T.)", "1T", ".-"},
        /* RFC 3660 2.7, letter P */
        {DM1, "1234567", "......."},
        {DM1, "1234567890", ".........!"},
        {DM1, "411", "..!"},
        {DM1, "8234", "...!"},
        {DM1, "2234567", "......!"},
        {DM1, "1234567T", ".......-"},
        /* RFC 3435 appendix F and 3.2.2: without parentheses */
        {"[0-9*#]x.T", "*1T", "::!"},
        {"911", "911", "..!"},
        /* letters in either case */
        {"(aX|bt|[cd]1)", "A7", ".!"},
        {"(aX|bt|[cd]1)", "bT", ":!"},
        {"(aX|bt|[cd]1)", "D1", ".!"},
        {"(12p|123)", "124", "..-"},
        {"(12p|123)", "123", "..!"},
        /* an alternative does not wait for itself */
        {"(8x.P)", "8", "!"},
        {"([x*]#)", "*#", ".!"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char got[32];
        run(got, rows[i].map, rows[i].digits);
        ck_assert_msg(strcmp(got, rows[i].want) == 0, "%s with %s: %s, not %s", rows[i].map,
                      rows[i].digits, got, rows[i].want);
    }
}
END_TEST

START_TEST(what_is_no_map_is_refused)
{
    static const struct {
        const char *map;
        unsigned refusal;
    } rows[] = {
        {"", 510},      {"()", 510},     {"(1|)", 510},   {"(|1)", 510},  {"(1", 510},
        {"1)", 510},    {"1|2", 510},    {"(1))", 510},   {"((1))", 510}, {".", 510},
        {"1..", 510},   {"(1|.2)", 510}, {"[]", 510},     {"[1", 510},    {"1]", 510},
        {"[1-]", 510},  {"[-1]", 510},   {"[5-2]", 510},  {"[a-d]", 510}, {"[1-x]", 510},
        {"[[1]]", 510}, {"1 2", 510},    {"(1, 2)", 510}, {"1-2", 510},   {"+1", 510},
        {"P", 510},     {"1P2", 510},    {"1P.", 510},    {"1PP", 510},   {"[1P]", 510},
        {"1E", 537},    {"(1|Zx)", 537}, {"[1y]", 537},   {"u", 537},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct mgcp_map *m = NULL;
        unsigned refusal = 0;
        int error = mgcp_map_new(&m, rt_str(rows[i].map), &refusal);
        ck_assert_msg(error == EBADMSG && refusal == rows[i].refusal, "\"%s\": %d, %u", rows[i].map,
                      error, refusal);
        ck_assert_ptr_null(m);
    }
}
END_TEST

START_TEST(a_map_has_so_many_positions)
{
    static char text[2 * MGCP_MAP_POSITIONS + 4];
    struct mgcp_map *m = NULL;
    unsigned refusal = 0;
    char *p = text;

    *p++ = '(';
    for (unsigned i = 0; i < MGCP_MAP_POSITIONS; i++) { /* as many alternatives */
        *p++ = i == MGCP_MAP_POSITIONS - 1 ? '7' : '1';
        *p++ = '|';
    }
    strcpy(p - 1, ")");
    m = map_of(text);
    mgcp_map_free(m);
    char got[4];
    run(got, text, "7");
    ck_assert_str_eq(got, "!");
    strcpy(p - 1, "|8)");
    ck_assert_int_eq(mgcp_map_new(&m, rt_str(text), &refusal), EBADMSG);
    ck_assert_uint_eq(refusal, 502);
    memset(text, 'x', MGCP_MAP_POSITIONS);
    text[MGCP_MAP_POSITIONS] = '\0';
    mgcp_map_free(map_of(text));
}
END_TEST

START_TEST(equal_maps_are_one)
{
    struct mgcp_map *a = map_of("(1xx|2xx)"), *b = map_of(" (1xx|2xx)\r\n"), *c = map_of("(1xx)");

    ck_assert_ptr_eq(a, b);
    ck_assert_ptr_ne(a, c);
    ck_assert(rt_str_eq(mgcp_map_text(a), "(1xx|2xx)"));
    mgcp_map_free(a);
    ck_assert(rt_str_eq(mgcp_map_text(b), "(1xx|2xx)"));
    mgcp_map_free(b);
    mgcp_map_free(c);
    mgcp_map_free(NULL);
}
END_TEST

/* ---- a second implementation: whole strings against whole alternatives ---- */

struct element {
    char fits[24];
    bool repeats;
};
struct row {
    struct element element[6];
    unsigned n;
    bool waits;
};
struct oracle {
    struct row row[5];
    unsigned n;
    char text[512];
};

static bool fits(const struct element *e, char digit)
{
    return strchr(e->fits, digit) != NULL;
}

static bool whole(const struct row *a, unsigned i, const char *s)
{
    if (i == a->n)
        return *s == '\0';
    const struct element *e = &a->element[i];
    if (e->repeats)
        return whole(a, i + 1, s) || (*s && fits(e, *s) && whole(a, i, s + 1));
    return *s && fits(e, *s) && whole(a, i + 1, s + 1);
}

/** Whether at least one digit more could lead to a match. */
static bool grows(const struct row *a, unsigned i, const char *s)
{
    if (i == a->n)
        return false;
    if (*s == '\0')
        return true;
    const struct element *e = &a->element[i];
    if (e->repeats && grows(a, i + 1, s))
        return true;
    return fits(e, *s) && grows(a, e->repeats ? i : i + 1, s + 1);
}

static enum mgcp_map_verdict expect(const struct oracle *o, const char *s)
{
    bool any = false, match = false;

    for (unsigned i = 0; i < o->n; i++) {
        bool other = false;
        for (unsigned k = 0; k < o->n; k++)
            other = other || (k != i && grows(&o->row[k], 0, s));
        match = match || (whole(&o->row[i], 0, s) && !(o->row[i].waits && other));
        any = any || grows(&o->row[i], 0, s);
    }
    return match ? MGCP_MAP_MATCH : any ? MGCP_MAP_PARTIAL : MGCP_MAP_MISMATCH;
}

static uint64_t dice;

/** 0 to `sides` - 1 (splitmix64). */
static unsigned roll(unsigned sides)
{
    uint64_t z = dice += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (unsigned)((z ^ z >> 31) % sides);
}

static char any_of(const char *set)
{
    return set[roll((unsigned)strlen(set))];
}

static void make_range(struct element *e, char **text)
{
    char *p = *text;

    *p++ = '[';
    for (unsigned n = 1 + roll(3); n > 0; n--) {
        char low = (char)('0' + roll(4)), high = (char)(low + (char)roll(4));
        if (roll(2)) {
            p += sprintf(p, "%c-%c", low, high);
            for (char d = low; d <= high; d++)
                if (!strchr(e->fits, d))
                    strncat(e->fits, &d, 1);
        } else {
            char other = any_of("012*#ABT");
            *p++ = other;
            if (!strchr(e->fits, other))
                strncat(e->fits, &other, 1);
        }
    }
    *p++ = ']';
    *text = p;
}

static void make_element(struct element *e, char **text)
{
    memset(e, 0, sizeof *e);
    switch (roll(5)) {
    case 0:
        make_range(e, text);
        break;
    case 1:
        strcpy(e->fits, "0123456789");
        *(*text)++ = any_of("xX");
        break;
    case 2:
        e->fits[0] = any_of("0123*#AT");
        *(*text)++ = e->fits[0];
        break;
    default: /* few digits, so that alternatives share beginnings */
        e->fits[0] = any_of("012");
        *(*text)++ = e->fits[0];
    }
    if ((e->repeats = roll(5) == 0))
        *(*text)++ = '.';
}

static void make_map(struct oracle *o)
{
    char *p = o->text;

    *p++ = '(';
    o->n = 1 + roll((unsigned)RT_COUNT(o->row));
    for (unsigned i = 0; i < o->n; i++) {
        struct row *a = &o->row[i];
        a->n = 1 + roll((unsigned)RT_COUNT(a->element));
        for (unsigned k = 0; k < a->n; k++)
            make_element(&a->element[k], &p);
        if ((a->waits = roll(5) == 0))
            *p++ = 'P';
        *p++ = i + 1 < o->n ? '|' : ')';
    }
    *p = '\0';
}

/** A string that an alternative likes, mostly: every prefix of it is judged. */
static void make_digits(char *s, const struct oracle *o)
{
    const struct row *a = &o->row[roll(o->n)];
    unsigned len = 1 + roll(10), at = 0;

    for (unsigned i = 0; i < len; i++) {
        bool liked = at < a->n && roll(10) > 0;
        *s++ = liked ? any_of(a->element[at].fits) : any_of("0123456789*#ABCDT");
        if (at < a->n && !(a->element[at].repeats && roll(2)))
            at++;
    }
    *s = '\0';
}

static void compare(const struct oracle *o, const char *digits)
{
    struct mgcp_map *m = map_of(o->text);
    struct mgcp_map_run r;
    char so_far[16] = "", timed[17];

    ck_assert_int_eq(mgcp_map_start(&r, m), 0);
    for (size_t i = 0; digits[i]; i++) { /* beyond a match as well */
        enum mgcp_map_timer timer, want = MGCP_TIMER_NONE;
        enum mgcp_map_verdict got = mgcp_map_feed(&r, digits[i], &timer);
        so_far[i] = digits[i];
        enum mgcp_map_verdict verdict = expect(o, so_far);
        snprintf(timed, sizeof timed, "%sT", so_far);
        if (verdict == MGCP_MAP_PARTIAL)
            want = expect(o, timed) == MGCP_MAP_MATCH ? MGCP_TIMER_CRITICAL : MGCP_TIMER_PARTIAL;
        ck_assert_msg(got == verdict && timer == want, "%s with %s: %d %d, not %d %d", o->text,
                      so_far, got, timer, verdict, want);
    }
    ck_assert_uint_eq(r.digits, strlen(digits));
    mgcp_map_stop(&r);
    mgcp_map_free(m);
}

START_TEST(random_maps_do_what_whole_strings_say)
{
    const char *seed = getenv("SEED");

    dice = seed ? strtoull(seed, NULL, 0) : 20030103;
    printf("digit maps: SEED=%llu\n", (unsigned long long)dice);
    for (unsigned i = 0; i < 20000; i++) {
        struct oracle o;
        char digits[16];
        make_map(&o);
        make_digits(digits, &o);
        compare(&o, digits);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp digit map");
    TCase *t = tcase_create("map");

    tcase_add_test(t, the_examples_of_the_standards);
    tcase_add_test(t, what_is_no_map_is_refused);
    tcase_add_test(t, a_map_has_so_many_positions);
    tcase_add_test(t, equal_maps_are_one);
    tcase_add_test(t, random_maps_do_what_whole_strings_say);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
