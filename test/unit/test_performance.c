/* Performance of trunks: ratios by hand, what a window holds, what is forgotten, when a target is
 * demoted. */
#include "gw/performance.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN (60 * RT_S)

static struct gw_performance *p;
static struct gw_performance_trunk *alpha;

static void setup(void)
{
    ck_assert_int_eq(gw_performance_new(&p, 0, 0), 0);
    alpha = gw_performance_trunk(p, "alpha");
}

static void teardown(void)
{
    gw_performance_free(p);
}

static void note(uint64_t dest, enum gw_performance_what what, uint32_t ms, rt_time now)
{
    gw_performance_note(p, alpha, dest, &(struct gw_performance_event){.what = what, .ms = ms},
                        now);
}

static void answered(uint64_t dest, uint32_t talk_ms, rt_time now)
{
    note(dest, GW_PERFORMANCE_ANSWERED, 0, now);
    gw_performance_note(p, alpha, dest,
                        &(struct gw_performance_event){.what = GW_PERFORMANCE_ENDED,
                                                       .ms = talk_ms,
                                                       .cause = 16,
                                                       .seized = true,
                                                       .answered = true},
                        now);
}

static void failed(uint64_t dest, uint8_t cause, rt_time now)
{
    gw_performance_note(p, alpha, dest,
                        &(struct gw_performance_event){
                            .what = GW_PERFORMANCE_ENDED, .cause = cause, .seized = true},
                        now);
}

static struct gw_performance_figures get(uint64_t dest, rt_time now)
{
    struct gw_performance_figures f;

    gw_performance_get(&f, p, alpha, dest, now);
    return f;
}

START_TEST(figures_by_hand)
{
    static const uint8_t cause[] = {17, 18, 19, 21, 1, 28, 34, 38, 41, 127};

    note(44, GW_PERFORMANCE_ATTEMPT, 0, 0);
    note(44, GW_PERFORMANCE_SEIZED, 0, 0);
    note(44, GW_PERFORMANCE_RINGING, 2000, 0);
    note(44, GW_PERFORMANCE_RINGING, 5000, 0);
    ck_assert_uint_eq(get(44, 0).samples, 0); /* still ringing: no failure yet */
    answered(44, 30000, 0);
    answered(44, 90000, 0);
    note(44, GW_PERFORMANCE_ANSWERED, 0, 0); /* talks on */
    for (size_t i = 0; i < RT_COUNT(cause); i++)
        failed(44, cause[i], 0);
    struct gw_performance_figures f = get(44, 0);
    ck_assert_uint_eq(f.samples, 13);
    ck_assert_uint_eq(f.asr, 230); /* 3 of 13: 0.2307 */
    ck_assert_uint_eq(f.ner, 692); /* 3 + 6 of 13: 0.6923 */
    ck_assert_uint_eq(f.ended, 2);
    ck_assert_uint_eq(f.acd_ms, 60000);
    ck_assert_uint_eq(f.rung, 2);
    ck_assert_uint_eq(f.pdd_ms, 3500);
    ck_assert_uint_eq(get(49, 0).samples, 0);
    failed(49, 34, 0);
    ck_assert_uint_eq(get(GW_PERFORMANCE_ALL, 0).samples, 14);
    ck_assert_uint_eq(get(44, 0).samples, 13);
    /* not seized: the trunk never had it */
    gw_performance_note(
        p, alpha, 44, &(struct gw_performance_event){.what = GW_PERFORMANCE_ENDED, .cause = 34}, 0);
    ck_assert_uint_eq(get(44, 0).samples, 13);
    const struct gw_performance_totals *t = gw_performance_totals(alpha);
    ck_assert_uint_eq(t->attempts, 1);
    ck_assert_uint_eq(t->seizures, 1);
    ck_assert_uint_eq(t->answers, 3);
    ck_assert_uint_eq(t->effective, 9);
    ck_assert_uint_eq(t->talk_ms, 120000);
    ck_assert_uint_eq(t->pdd_ms, 7000);
}
END_TEST

START_TEST(the_window_slides_by_minutes)
{
    answered(44, 1000, 30 * RT_S);
    answered(44, 3000, 5 * MIN);
    ck_assert_uint_eq(get(44, 15 * MIN - 1).samples, 2);
    ck_assert_uint_eq(get(44, 15 * MIN).samples, 1);
    ck_assert_uint_eq(get(44, 15 * MIN).acd_ms, 3000);
    ck_assert_uint_eq(get(44, 20 * MIN - 1).samples, 1);
    ck_assert_uint_eq(get(44, 20 * MIN).samples, 0);
    ck_assert_uint_eq(get(GW_PERFORMANCE_ALL, 20 * MIN).samples, 0);
    answered(44, 1000, 1000 * MIN);
    ck_assert_uint_eq(get(44, 1000 * MIN).samples, 1);
    ck_assert_uint_eq(get(44, 5000 * MIN).samples, 0);
    ck_assert_uint_eq(gw_performance_totals(alpha)->answers, 3);
}
END_TEST

START_TEST(another_window_begins_anew)
{
    answered(44, 1000, 0);
    gw_performance_window(p, 15 * MIN);
    ck_assert_uint_eq(get(44, 0).samples, 1);
    gw_performance_window(p, 60 * MIN);
    ck_assert_uint_eq(get(44, 0).samples, 0);
    ck_assert_uint_eq(gw_performance_pairs(p), 0);
    answered(44, 1000, 0);
    ck_assert_uint_eq(get(44, 60 * MIN - 1).samples, 1);
    ck_assert_uint_eq(get(44, 60 * MIN).samples, 0);
    ck_assert_uint_eq(gw_performance_totals(alpha)->answers, 2);
}
END_TEST

START_TEST(the_pair_used_longest_ago_is_forgotten)
{
    uint64_t before = rt_counted(&gw_performance_counters[GW_PERFORMANCE_FORGOTTEN]);

    gw_performance_free(p);
    ck_assert_int_eq(gw_performance_new(&p, 0, 3), 0);
    alpha = gw_performance_trunk(p, "alpha");
    answered(1, 1000, 0);
    answered(2, 1000, 0);
    answered(3, 1000, 0);
    answered(1, 1000, 0);
    answered(4, 1000, 0);
    ck_assert_uint_eq(gw_performance_pairs(p), 3);
    ck_assert_uint_eq(get(1, 0).samples, 2);
    ck_assert_uint_eq(get(2, 0).samples, 0);
    ck_assert_uint_eq(get(3, 0).samples, 1);
    ck_assert_uint_eq(get(4, 0).samples, 1);
    ck_assert_uint_eq(get(GW_PERFORMANCE_ALL, 0).samples, 5);
    ck_assert_uint_eq(rt_counted(&gw_performance_counters[GW_PERFORMANCE_FORGOTTEN]) - before, 1);
}
END_TEST

static unsigned seen;

static void see(void *arg, struct gw_performance_trunk *t)
{
    ck_assert_str_eq(gw_performance_name(t), ((const char **)arg)[seen++]);
}

START_TEST(trunks_are_known_by_name)
{
    const char *names[] = {"alpha", "beta"};
    struct gw_performance_trunk *beta = gw_performance_trunk(p, "beta");
    struct gw_performance_figures f;

    ck_assert_ptr_eq(gw_performance_trunk(p, "alpha"), alpha);
    ck_assert_ptr_ne(beta, alpha);
    answered(44, 1000, 0);
    gw_performance_get(&f, p, beta, 44, 0);
    ck_assert_uint_eq(f.samples, 0);
    seen = 0;
    gw_performance_each(p, see, names);
    ck_assert_uint_eq(seen, 2);
}
END_TEST

START_TEST(few_samples_are_good)
{
    struct gw_performance_demote rule = {
        .samples = 30, .asr = 350, .acd_ms = 45000, .pdd_ms = 8000};
    struct gw_performance_figures f = {.samples = 29, .asr = 0};
    char why[64] = "";

    ck_assert(!gw_performance_demoted(&f, &rule, why, sizeof(why)));
    f.samples = 30;
    f.asr = 310;
    ck_assert(gw_performance_demoted(&f, &rule, why, sizeof(why)));
    ck_assert_str_eq(why, "asr 31.0% < 35.0%");
    ck_assert(gw_performance_demoted(&f, &rule, NULL, 0));
    f.asr = 350;
    f.acd_ms = 12300;
    f.ended = 29;
    ck_assert(!gw_performance_demoted(&f, &rule, why, sizeof(why)));
    f.ended = 30;
    ck_assert(gw_performance_demoted(&f, &rule, why, sizeof(why)));
    ck_assert_str_eq(why, "acd 12.3s < 45.0s");
    f.acd_ms = 45000;
    f.rung = 100;
    f.pdd_ms = 8000;
    ck_assert(!gw_performance_demoted(&f, &rule, why, sizeof(why)));
    f.pdd_ms = 9250;
    ck_assert(gw_performance_demoted(&f, &rule, why, sizeof(why)));
    ck_assert_str_eq(why, "pdd 9.2s > 8.0s");
    rule = (struct gw_performance_demote){.ner = 900};
    f.ner = 899;
    ck_assert(gw_performance_demoted(&f, &rule, why, sizeof(why)));
    ck_assert_str_eq(why, "ner 89.9% < 90.0%");
    f = (struct gw_performance_figures){0};
    ck_assert(!gw_performance_demoted(&f, &rule, why, sizeof(why)));
}
END_TEST

/** Random events beside a list of them all, asked by walking it. */
START_TEST(figures_equal_a_walk_over_all_events)
{
    enum { EVENTS = 2000 };
    static struct {
        rt_time at;
        uint64_t dest;
        uint32_t talk;
        bool up;
    } e[EVENTS];
    unsigned seed = 15;
    rt_time now = 0;

    printf("seed %u\n", seed);
    for (unsigned i = 0; i < EVENTS; i++) {
        uint32_t samples = 0, answers = 0;
        uint64_t talk = 0, dest = (uint64_t)(rand_r(&seed) % 5 + 1);
        now += rand_r(&seed) % 20000000;
        e[i].at = now;
        e[i].dest = dest;
        e[i].up = rand_r(&seed) % 3 == 0;
        e[i].talk = (uint32_t)rand_r(&seed) % 600000;
        if (e[i].up)
            answered(dest, e[i].talk, now);
        else
            failed(dest, 34, now);
        for (unsigned k = 0; k <= i; k++) {
            if (e[k].dest != dest || now / MIN - e[k].at / MIN >= 15)
                continue;
            samples++;
            answers += e[k].up;
            talk += e[k].up ? e[k].talk : 0;
        }
        struct gw_performance_figures f = get(dest, now);
        ck_assert_uint_eq(f.samples, samples);
        ck_assert_uint_eq(f.asr, answers * 1000 / samples);
        ck_assert_uint_eq(f.acd_ms, answers > 0 ? talk / answers : 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("performance");
    TCase *tc = tcase_create("performance");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, figures_by_hand);
    tcase_add_test(tc, the_window_slides_by_minutes);
    tcase_add_test(tc, another_window_begins_anew);
    tcase_add_test(tc, the_pair_used_longest_ago_is_forgotten);
    tcase_add_test(tc, trunks_are_known_by_name);
    tcase_add_test(tc, few_samples_are_good);
    tcase_add_test(tc, figures_equal_a_walk_over_all_events);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? 1 : 0;
}
