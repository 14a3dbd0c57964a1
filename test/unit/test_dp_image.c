/* Images against a look at every row, and files that are not what they should be. Rows and keys are
 * random; the seed is printed and SEED repeats it. */
#include "dialplan/image.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define IMAGES   400
#define LOOKS    500
#define ROWS_MAX 2000

static uint64_t state;

static void setup(void)
{
    const char *seed = getenv("SEED");

    state = seed ? strtoull(seed, NULL, 10) : 20240608;
    printf("seed %llu\n", (unsigned long long)state);
}

static void teardown(void)
{
    fake_reset();
}

static unsigned pick(unsigned below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state >> 33) % below);
}

/* ---- keys ---- */

START_TEST(a_key_orders_numbers_like_a_dictionary)
{
    static const char *const ordered[] = {"",     "0",    "00",    "000000000000000",
                                          "01",   "1",    "4",     "49",
                                          "490",  "491",  "4910",  "4911",
                                          "4919", "499",  "49A",   "49D",
                                          "4*",   "4#",   "5",     "9",
                                          "A",    "D",    "*",     "*1",
                                          "*21*", "*21#", "*#06#", "#",
                                          "#31",  "##"};

    for (size_t i = 0; i + 1 < RT_COUNT(ordered); i++) {
        uint64_t a = dp_key_of(ordered[i]), b = dp_key_of(ordered[i + 1]);
        char text[DP_KEY_TEXT_LEN];
        ck_assert_msg(a < b, "%s %s", ordered[i], ordered[i + 1]);
        ck_assert_str_eq(dp_key_text(text, a), ordered[i]);
        ck_assert_uint_eq(dp_key_length(a), strlen(ordered[i]));
    }
    ck_assert_uint_eq(dp_key_of("4930"), UINT64_C(0x4930000000000004));
    ck_assert_uint_eq(dp_key_of("E1F"), dp_key_of("*1#"));
    ck_assert_uint_eq(dp_key_of("1234567890123456"), dp_key_of("123456789012345"));
    ck_assert_uint_eq(dp_key_of("12 3"), dp_key_of("12"));
    ck_assert_uint_lt(dp_key_of("###############"), DP_KEY_LAST);
}
END_TEST

START_TEST(a_prefix_is_an_interval)
{
    static const struct {
        const char *prefix, *number;
        bool in;
    } rows[] = {
        {"491", "491", true},
        {"491", "4910", true},
        {"491", "49", false},
        {"491", "492", false},
        {"4910", "491", false},
        {"4910", "49100", true},
        {"499", "4999", true},
        {"499", "499#", true},
        {"499", "5", false},
        {"499", "49A", false},
        {"", "", true},
        {"", "1", true},
        {"#", "#########", true},
        {"123456789012345", "123456789012345", true},
        {"123456789012345", "123456789012346", false},
    };
    char text[DP_KEY_TEXT_LEN];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        uint64_t lo = dp_key_of(rows[i].prefix), key = dp_key_of(rows[i].number);
        ck_assert_msg((lo <= key && key < dp_key_end(lo)) == rows[i].in, "%s %s", rows[i].prefix,
                      rows[i].number);
    }
    ck_assert_uint_eq(dp_key_end(dp_key_of("#")), DP_KEY_LAST);
    ck_assert_uint_eq(dp_key_end(0), DP_KEY_LAST);
    ck_assert_str_eq(dp_key_text(text, dp_key_end(dp_key_of("490"))), "491");
    /* the end is a number's key: neighbours have no gap between them */
    ck_assert_uint_eq(dp_key_end(dp_key_of("1200")), dp_key_of("1201"));
    ck_assert_uint_eq(dp_key_end(dp_key_of("1199")), dp_key_of("119A"));
    ck_assert_uint_eq(dp_key_end(dp_key_of("9")), dp_key_of("A"));
}
END_TEST

/* ---- against every row ---- */

struct known {
    uint64_t lo, hi;
    uint32_t value;
};

struct rows {
    struct known a[ROWS_MAX];
    unsigned n;
    unsigned digits_max; /* of a row */
    const char *alphabet;
    const char *root; /* most rows begin like this */
};

static void random_digits(char out[20], const struct rows *r, unsigned max)
{
    unsigned n = 0, want = pick(max + 1);

    if (pick(10) > 0)
        for (; n < want && r->root[n]; n++)
            out[n] = r->root[n];
    for (; n < want; n++)
        out[n] = r->alphabet[pick((unsigned)strlen(r->alphabet))];
    out[n] = '\0';
}

static uint32_t slow_find(const struct rows *r, uint64_t key)
{
    const struct known *best = NULL;

    for (unsigned i = 0; i < r->n; i++) {
        const struct known *k = &r->a[i];
        if (key < k->lo || key >= k->hi)
            continue;
        if (!best || k->hi - k->lo < best->hi - best->lo ||
            (k->hi - k->lo == best->hi - best->lo && k->lo >= best->lo))
            best = k;
    }
    return best ? best->value : DP_IMAGE_NONE;
}

static void add_row(struct rows *r, struct dp_image_builder *b)
{
    char first[20], last[20];
    struct known *k = &r->a[r->n++];

    random_digits(first, r, r->digits_max);
    k->value = pick(5) == 0 ? pick(4) : pick(100000);
    k->lo = dp_key_of(first);
    k->hi = dp_key_end(k->lo);
    if (pick(4) > 0) {
        ck_assert_int_eq(dp_image_add_prefix(b, first, k->value), 0);
        return;
    }
    random_digits(last, r, r->digits_max);
    uint64_t other = dp_key_of(last);
    k->lo = k->lo < other ? k->lo : other;
    k->hi = pick(8) == 0 ? dp_key_of(first) + 1 : dp_key_end(other);
    if (k->hi <= k->lo)
        k->hi = k->lo + 1; /* one number alone */
    ck_assert_int_eq(dp_image_add(b, k->lo, k->hi, k->value), 0);
}

static struct dp_image *random_image(struct rows *r)
{
    static const char *const alphabets[] = {"0123456789", "0189", "0123456789ABCD*#", "*#09A"};
    static const char *const roots[] = {"", "49", "1212", "493090182", "*21*"};
    struct dp_image_builder *b;
    struct dp_image *img;
    unsigned n = pick(3) == 0 ? pick(ROWS_MAX + 1) : pick(60);

    r->n = 0;
    r->digits_max = 1 + pick(15);
    r->alphabet = alphabets[pick(RT_COUNT(alphabets))];
    r->root = roots[pick(RT_COUNT(roots))];
    ck_assert_int_eq(dp_image_builder_new(&b), 0);
    while (r->n < n)
        add_row(r, b);
    ck_assert_uint_eq(dp_image_rows(b), n);
    ck_assert_int_eq(dp_image_build(&img, b), 0);
    dp_image_builder_free(b);
    return img;
}

static uint64_t random_key(const struct rows *r)
{
    static const struct rows any = {.alphabet = "0123456789ABCD*#", .root = ""};
    char digits[40];

    random_digits(digits, pick(4) > 0 ? r : &any, 15);
    if (r->n > 0 && pick(3) == 0) { /* at the edge of a row */
        dp_key_text(digits, pick(2) ? r->a[pick(r->n)].lo : r->a[pick(r->n)].hi);
        if (pick(2))
            strcat(digits, pick(2) ? "0" : "9");
    }
    return dp_key_of(digits);
}

/** The intervals join, differ from their neighbours, and say what the rows say. */
static void check_intervals(const struct dp_image *img, const struct rows *r)
{
    size_t n = dp_image_intervals(img);
    uint64_t at = 0;
    uint32_t before = 0;

    for (size_t i = 0; i < n; i++) {
        struct dp_image_span v = dp_image_interval(img, i);
        if (v.lo != at || v.hi <= v.lo || (i > 0 && v.value == before) ||
            v.value != slow_find(r, v.lo) || v.value != slow_find(r, v.hi - 1))
            ck_abort_msg("interval %zu: %" PRIx64 " to %" PRIx64 " is %u, after %u to %" PRIx64, i,
                         v.lo, v.hi, v.value, before, at);
        at = v.hi;
        before = v.value;
    }
    ck_assert_uint_eq(at, DP_KEY_LAST);
}

static void check_look(const struct dp_image *img, const struct rows *r, uint64_t key)
{
    uint32_t want = slow_find(r, key);
    char text[DP_KEY_TEXT_LEN];

    /* libcheck writes down every assertion that holds, and these are many */
    if (dp_image_find(img, key) != want)
        ck_abort_msg("%s finds %u and not %u", dp_key_text(text, key), dp_image_find(img, key),
                     want);
    uint64_t next = dp_image_next(img, key);
    if (next <= key || slow_find(r, next - 1) != want ||
        (next < DP_KEY_LAST && slow_find(r, next) == want))
        ck_abort_msg("%s: another value begins at %" PRIx64, dp_key_text(text, key), next);
}

START_TEST(any_image_finds_the_most_specific_row)
{
    static struct rows r;

    for (unsigned i = 0; i < IMAGES; i++) {
        struct dp_image *img = random_image(&r);
        for (unsigned j = 0; j < LOOKS; j++)
            check_look(img, &r, random_key(&r));
        if (r.n < 100)
            check_intervals(img, &r);
        dp_image_unref(img);
    }
}
END_TEST

/** Rows that fill their slots: the search in a slot has several rounds. */
START_TEST(a_crowded_slot_is_searched_to_its_end)
{
    struct dp_image_builder *b;
    struct dp_image *img;
    char digits[20];

    ck_assert_int_eq(dp_image_builder_new(&b), 0);
    for (unsigned i = 0; i < 100000; i += 2) {
        snprintf(digits, sizeof digits, "493090%05u", i);
        if (dp_image_add_prefix(b, digits, i) != 0)
            ck_abort_msg("%s", digits);
    }
    ck_assert_int_eq(dp_image_build(&img, b), 0);
    dp_image_builder_free(b);
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(digits, sizeof digits, "493090%05u1", i);
        if (dp_image_find(img, dp_key_of(digits)) != (i % 2 ? DP_IMAGE_NONE : i))
            ck_abort_msg("%s finds %u", digits, dp_image_find(img, dp_key_of(digits)));
    }
    ck_assert_uint_lt(dp_image_bytes(img), 20 * 50000);
    dp_image_unref(img);
}
END_TEST

START_TEST(many_images_at_once_find_what_each_finds)
{
    enum { N = 70 };
    static struct rows r;
    struct dp_image *img[N];
    const struct dp_image *all[N];
    uint32_t found[N];

    for (unsigned i = 0; i < N; i++)
        all[i] = img[i] = random_image(&r);
    for (unsigned j = 0; j < 2000; j++) {
        uint64_t key = random_key(&r);
        dp_image_find_many(all, N, key, found);
        for (unsigned i = 0; i < N; i++)
            if (found[i] != dp_image_find(img[i], key))
                ck_abort_msg("image %u: %" PRIx64 " is %u", i, key, found[i]);
    }
    for (unsigned i = 0; i < N; i++)
        dp_image_unref(img[i]);
}
END_TEST

/* ---- two beside each other ---- */

struct walk {
    const struct dp_image *a, *b;
    uint64_t at;
};

static void on_walk(void *arg, uint64_t lo, uint64_t hi, uint32_t in_a, uint32_t in_b)
{
    struct walk *w = arg;

    ck_assert_uint_eq(lo, w->at);
    ck_assert_uint_lt(lo, hi);
    ck_assert_uint_eq(in_a, dp_image_find(w->a, lo));
    ck_assert_uint_eq(in_b, dp_image_find(w->b, lo));
    ck_assert_uint_le(hi, dp_image_next(w->a, lo));
    ck_assert_uint_le(hi, dp_image_next(w->b, lo));
    w->at = hi;
}

START_TEST(two_images_are_walked_side_by_side)
{
    static struct rows r;

    for (unsigned i = 0; i < 50; i++) {
        struct dp_image *a = random_image(&r), *b = random_image(&r);
        struct walk w = {a, b, 0};
        dp_image_walk_both(a, b, on_walk, &w);
        ck_assert_uint_eq(w.at, DP_KEY_LAST);
        dp_image_unref(a);
        dp_image_unref(b);
    }
}
END_TEST

/* ---- by hand ---- */

START_TEST(the_last_of_equal_rows_wins_and_the_narrower_of_others)
{
    struct dp_image_builder *b;
    struct dp_image *img;

    ck_assert_int_eq(dp_image_builder_new(&b), 0);
    dp_image_add_prefix(b, "49", 1);
    dp_image_add_prefix(b, "4930", 2);
    dp_image_add_prefix(b, "4930", 3);
    dp_image_add(b, dp_key_of("4935"), dp_key_end(dp_key_of("4937")), 4);
    dp_image_add(b, dp_key_of("49369"), dp_key_end(dp_key_of("49371")), 5);
    ck_assert_int_eq(dp_image_build(&img, b), 0);
    ck_assert_uint_eq(dp_image_rows(b), 0);
    static const struct {
        const char *number;
        uint32_t value;
    } looks[] = {{"49", 1},          {"4", DP_IMAGE_NONE}, {"49301", 3}, {"4931", 1},
                 {"4935", 4},        {"49368", 4},         {"49369", 5}, {"4937", 5},
                 {"49371", 5},       {"49372", 4},         {"4938", 1},  {"50", DP_IMAGE_NONE},
                 {"", DP_IMAGE_NONE}};
    for (size_t i = 0; i < RT_COUNT(looks); i++)
        ck_assert_msg(dp_image_find(img, dp_key_of(looks[i].number)) == looks[i].value, "%s",
                      looks[i].number);
    ck_assert_uint_lt(dp_image_next(img, dp_key_of("4936")), dp_key_end(dp_key_of("4936")));
    ck_assert_uint_ge(dp_image_next(img, dp_key_of("4931")), dp_key_end(dp_key_of("4931")));
    dp_image_unref(img);
    ck_assert_int_eq(dp_image_build(&img, b), 0); /* no rows: an image all the same */
    ck_assert_uint_eq(dp_image_find(img, dp_key_of("49")), DP_IMAGE_NONE);
    ck_assert_uint_eq(dp_image_next(img, 0), DP_KEY_LAST);
    dp_image_unref(img);
    dp_image_builder_free(b);
    dp_image_builder_free(NULL);
    dp_image_unref(NULL);
}
END_TEST

START_TEST(what_is_no_row_is_refused)
{
    struct dp_image_builder *b;

    ck_assert_int_eq(dp_image_builder_new(&b), 0);
    ck_assert_int_eq(dp_image_add_prefix(b, "49x", 1), EINVAL);
    ck_assert_int_eq(dp_image_add_prefix(b, "+49", 1), EINVAL);
    ck_assert_int_eq(dp_image_add_prefix(b, "1234567890123456", 1), E2BIG);
    ck_assert_int_eq(dp_image_add_prefix(b, "49", DP_IMAGE_NONE), EINVAL);
    ck_assert_int_eq(dp_image_add(b, 5, 5, 1), EINVAL);
    ck_assert_int_eq(dp_image_add(b, 5, 4, 1), EINVAL);
    ck_assert_uint_eq(dp_image_rows(b), 0);
    dp_image_builder_free(b);
}
END_TEST

/* ---- files ---- */

static const uint8_t hash[DP_IMAGE_HASH] = "what it was made from", other_hash[DP_IMAGE_HASH] = "x";

START_TEST(an_image_comes_back_from_its_file)
{
    static struct rows r;

    for (unsigned i = 0; i < 60; i++) {
        struct dp_image *img = random_image(&r), *mapped = NULL;
        ck_assert_int_eq(dp_image_save(img, "/deck.image", hash), 0);
        dp_image_unref(img);
        ck_assert_int_eq(dp_image_map(&mapped, "/deck.image", other_hash), EBADMSG);
        ck_assert_int_eq(dp_image_map(&mapped, "/deck.image", hash), 0);
        for (unsigned j = 0; j < 200; j++)
            check_look(mapped, &r, random_key(&r));
        ck_assert_ptr_eq(dp_image_ref(mapped), mapped);
        dp_image_unref(mapped);
        check_look(mapped, &r, random_key(&r));
        ck_assert_int_eq(dp_image_save(mapped, "/again.image", other_hash), 0);
        dp_image_unref(mapped);
    }
    struct dp_image *none = NULL;
    ck_assert_int_eq(dp_image_map(&none, "/absent.image", hash), ENOENT);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_reported)
{
    static struct rows r;
    struct dp_image *img = random_image(&r);

    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(dp_image_save(img, "/full.image", hash), ENOSPC);
    dp_image_unref(img);
}
END_TEST

static int map_octets(const struct rt_buf *file, size_t n)
{
    struct dp_image *img = NULL;

    rt_file_replace("/torn.image", file->p, n, 0644);
    int err = dp_image_map(&img, "/torn.image", hash);
    dp_image_unref(img);
    return err;
}

START_TEST(a_damaged_file_is_refused)
{
    static struct rows r;
    struct rt_buf file = {0};
    struct dp_image *img;

    do {
        img = random_image(&r);
        if (r.n < 200) {
            dp_image_unref(img);
            img = NULL;
        }
    } while (!img);
    ck_assert_int_eq(dp_image_save(img, "/deck.image", hash), 0);
    dp_image_unref(img);
    ck_assert_int_eq(rt_file_read(&file, "/deck.image", SIZE_MAX), 0);
    ck_assert_int_eq(map_octets(&file, file.n), 0);
    for (size_t n = 0; n < file.n; n += n < 300 ? 1 : 97)
        ck_assert_msg(map_octets(&file, n) == EBADMSG, "cut at %zu", n);
    for (unsigned i = 0; i < 2000; i++) {
        size_t at = i < 128 ? i : pick((unsigned)file.n);
        char was = file.p[at];
        file.p[at] = (char)(was ^ (1 << pick(8)));
        ck_assert_msg(map_octets(&file, file.n) == EBADMSG, "octet %zu", at);
        file.p[at] = was;
    }
    rt_buf_put(&file, "", 1);
    ck_assert_int_eq(map_octets(&file, file.n), EBADMSG);
    rt_buf_reset(&file);
    rt_buf_puts(&file, "prefix,rate\n49,0.01\n");
    ck_assert_int_eq(map_octets(&file, file.n), EBADMSG);
    rt_buf_release(&file);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp image");
    TCase *tc = tcase_create("dp image");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_key_orders_numbers_like_a_dictionary);
    tcase_add_test(tc, a_prefix_is_an_interval);
    tcase_add_test(tc, any_image_finds_the_most_specific_row);
    tcase_add_test(tc, a_crowded_slot_is_searched_to_its_end);
    tcase_add_test(tc, many_images_at_once_find_what_each_finds);
    tcase_add_test(tc, two_images_are_walked_side_by_side);
    tcase_add_test(tc, the_last_of_equal_rows_wins_and_the_narrower_of_others);
    tcase_add_test(tc, what_is_no_row_is_refused);
    tcase_add_test(tc, an_image_comes_back_from_its_file);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_reported);
    tcase_add_test(tc, a_damaged_file_is_refused);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
