/* Bursts and gaps, against the example of RFC 3611 4.7.2 and against a second reading of its
 * definition that looks at the whole sequence at once. */
#include "codec/burst.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/** 1: received, 0: lost, X: discarded. */
static struct burst fed(const char *pattern)
{
    struct burst b = {0};

    for (; *pattern; pattern++)
        if (*pattern == '1')
            burst_packet(&b, BURST_RECEIVED);
        else
            burst_packet(&b, *pattern == '0' ? BURST_LOST : BURST_DISCARDED);
    return b;
}

START_TEST(the_rfcs_example_gives_the_rfcs_figures)
{
    /* the figure in 4.7.2 has 63 of the 64 packets that the text speaks of: gaps of 23 and 28 */
    struct burst b = fed("11110111111111111111111X111X1011110111111111111111111X1111111111");
    struct burst_figures f;

    burst_figures(&f, &b, 10);
    ck_assert_uint_eq(b.expected, 64);
    ck_assert_uint_eq(f.loss_rate, 12);
    ck_assert_uint_eq(f.discard_rate, 12);
    ck_assert_uint_eq(f.burst_density, 85); /* 256 * 4 / 12; the RFC has 84, of 0.33 */
    ck_assert_uint_eq(f.gap_density, 9);    /* 256 * 2 / 52; the RFC has 10, of 0.04 */
    ck_assert_uint_eq(f.burst_ms, 120);
    ck_assert_uint_eq(f.gap_ms, 520);
}
END_TEST

START_TEST(nothing_and_nothing_lost)
{
    struct burst b = {0};
    struct burst_figures f;

    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(f.loss_rate + f.discard_rate + f.burst_density + f.gap_density, 0);
    ck_assert_uint_eq(f.burst_ms + f.gap_ms, 0);
    burst_packets(&b, BURST_RECEIVED, 99);
    burst_packets(&b, BURST_LOST, 0);
    burst_good(&b);
    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(f.gap_ms, 2000);
    ck_assert_uint_eq(f.burst_ms, 0);
    ck_assert(f.ratio == 1 && f.bad == 0);
}
END_TEST

START_TEST(gmin_divides_bursts_from_single_losses)
{
    struct burst_figures f;
    struct burst b = fed("0"
                         "1111111111111111"
                         "0"); /* 16 between: two losses alone */

    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(b.bursts, 0);
    ck_assert_uint_eq(f.burst_ms, 0);
    ck_assert_uint_eq(f.gap_density, 256 * 2 / 18);
    b = fed("0"
            "111111111111111"
            "0"); /* 15: a burst of 17 packets */
    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(f.burst_ms, 17 * 20);
    ck_assert_uint_eq(f.burst_density, 256 * 2 / 17);
    ck_assert_uint_eq(f.gap_density, 0);
}
END_TEST

START_TEST(figures_do_not_disturb_the_count)
{
    struct burst_figures f;
    struct burst b = fed("1110111"), same = b;

    burst_figures(&f, &b, 20);
    ck_assert_mem_eq(&b, &same, sizeof b);
    burst_bad(&b, false); /* the first loss turns out to be part of a burst */
    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(f.burst_ms, 5 * 20);
}
END_TEST

START_TEST(everything_lost_is_one_burst)
{
    struct burst b = {0};
    struct burst_figures f;

    burst_packets(&b, BURST_LOST, 1000000);
    burst_figures(&f, &b, 20);
    ck_assert_uint_eq(f.loss_rate, 255);
    ck_assert_uint_eq(f.burst_density, 255);
    ck_assert_uint_eq(f.burst_ms, 65535);
    ck_assert_uint_eq(f.gap_ms, 0);
    ck_assert(f.bad == 100 && f.ratio == 1);
}
END_TEST

START_TEST(burst_ratio_is_one_at_random_and_more_in_runs)
{
    struct burst random = {0}, runs = {0};
    struct burst_figures f;

    srand(7);
    for (unsigned i = 0; i < 1000000; i++)
        burst_packet(&random, rand() % 10 == 0 ? BURST_LOST : BURST_RECEIVED);
    burst_figures(&f, &random, 20);
    ck_assert_double_eq_tol(f.bad, 10, 0.2);
    ck_assert_double_eq_tol(f.ratio, 1, 0.02);
    for (unsigned i = 0; i < 1000; i++) {
        burst_packets(&runs, BURST_LOST, 4);
        burst_packets(&runs, BURST_RECEIVED, 36);
    }
    burst_figures(&f, &runs, 20);
    ck_assert_double_eq_tol(f.ratio, 4 * 0.9, 1e-9); /* G.107 3.2: 4 / (1 / (1 - 0.1)) */
}
END_TEST

/** The definition, read off the whole sequence: marks what lies in bursts. */
static void mark(bool *burst, const bool *bad, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; bad[i] && j < n; j++) {
            int good = 0, most = 0;
            for (int k = i; k <= j; k++) {
                good = bad[k] ? 0 : good + 1;
                most = good > most ? good : most;
            }
            if (bad[j] && most < (int)BURST_GMIN)
                memset(burst + i, true, (size_t)(j - i + 1));
        }
}

static uint64_t fixed(uint64_t part, uint64_t all)
{
    uint64_t f = all ? 256 * part / all : 0;
    return f < 255 ? f : 255;
}

START_TEST(any_sequence_is_as_the_definition_says)
{
    enum { N = 150 };
    srand(3);
    for (unsigned turn = 0; turn < 300; turn++) {
        bool bad[N] = {false}, burst[N] = {false};
        struct burst b = {0};
        struct burst_figures f;
        uint64_t in = 0, in_bad = 0, out_bad = 0, bursts = 0;

        for (int i = 0; i < N; i++) {
            bad[i] = rand() % (2 + (int)turn % 30) == 0;
            burst_packet(&b, bad[i] ? BURST_DISCARDED : BURST_RECEIVED);
        }
        mark(burst, bad, N);
        for (int i = 0; i < N; i++) {
            in += burst[i];
            in_bad += burst[i] && bad[i];
            out_bad += !burst[i] && bad[i];
            bursts += burst[i] && (i == 0 || !burst[i - 1]);
        }
        burst_figures(&f, &b, 1);
        ck_assert_uint_eq(f.burst_density, fixed(in_bad, in));
        ck_assert_uint_eq(f.gap_density, fixed(out_bad, N - in));
        ck_assert_uint_eq(f.burst_ms, bursts ? (2 * in + bursts) / (2 * bursts) : 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("burst");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, the_rfcs_example_gives_the_rfcs_figures);
    tcase_add_test(tc, nothing_and_nothing_lost);
    tcase_add_test(tc, gmin_divides_bursts_from_single_losses);
    tcase_add_test(tc, figures_do_not_disturb_the_count);
    tcase_add_test(tc, everything_lost_is_one_burst);
    tcase_add_test(tc, burst_ratio_is_one_at_random_and_more_in_runs);
    tcase_add_test(tc, any_sequence_is_as_the_definition_says);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
