/* The E-model against published values: R of the defaults, the ITU-T's own calculator, table B.1 of
 * G.107; and against the short forms of its curves that are in wide use. The terms of the other
 * cases were worked out from the equations in another language. */
#include "codec/emodel.h"

#include <check.h>
#include <math.h>

static struct emodel_rating rated(const struct emodel *m)
{
    struct emodel_rating r;
    emodel_rate(&r, m);
    return r;
}

START_TEST(defaults_are_93_2)
{
    struct emodel_rating r = rated(&emodel_defaults);

    /* www.itu.int/ITU-T/studygroups/com12/emodelv1/calcul.php, all defaults: No -61.17921438624169,
     * Is 1.41356808, R 93.2062077233 */
    ck_assert_double_eq_tol(r.ro, 15 - 1.5 * (8 - 61.17921438624169), 1e-9);
    ck_assert_double_eq_tol(r.is, 1.41356808, 1e-7);
    ck_assert_double_eq_tol(r.r, 93.2062077233, 1e-9);
    ck_assert(r.r_lq > r.r && r.r_lq < 93.4);
}
END_TEST

START_TEST(mos_is_table_b_1)
{
    /* G.107 table B.1: the limits of the categories of user satisfaction. The table rounds 4.024
     * up. */
    static const double rows[][2] = {{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_double_eq_tol(emodel_mos(rows[i][0]), rows[i][1], 0.0065);
    ck_assert_double_eq_tol(emodel_mos(93.2), 4.41, 0.005);
    ck_assert(emodel_mos(-5) == 1 && emodel_mos(0) == 1 && emodel_mos(NAN) == 1);
    ck_assert(emodel_mos(100) == 4.5 && emodel_mos(1e9) == 4.5);
    for (double r = 0; r < 100; r += 0.1)
        ck_assert(emodel_mos(r + 0.1) >= emodel_mos(r));
}
END_TEST

START_TEST(loss_is_g_113s_curve)
{
    /* G.113 appendix I: G.711 without concealment Bpl 4.3, with appendix I's 25.1; G.729A Ie 11,
     * Bpl 19. Ie-eff by (7-29), by hand. */
    static const struct {
        double ie, bpl, ppl, burst, want;
    } rows[] = {
        {0, 4.3, 0, 1, 0},
        {0, 4.3, 1, 1, 95 / 5.3},
        {0, 25.1, 1, 1, 95 / 26.1},
        {0, 25.1, 5, 1, 95 * 5 / 30.1},
        {11, 19, 2, 1, 11 + 84 * 2 / 21.0},
        {11, 19, 2, 2, 11 + 84 * 2 / 20.0},
        {0, 25.1, 3, 2, 95 * 3 / 26.6},
        {0, 4.3, 100, 1, 95 * 100 / 104.3},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emodel m = emodel_defaults;
        m.ie = rows[i].ie;
        m.bpl = rows[i].bpl;
        m.ppl = rows[i].ppl;
        m.burst_r = rows[i].burst;
        struct emodel_rating r = rated(&m);
        ck_assert_double_eq_tol(r.ie_eff, rows[i].want, 1e-9);
        ck_assert_double_eq_tol(r.r, fmax(93.2062077233 - rows[i].want, 0), 1e-6);
    }
}
END_TEST

START_TEST(delay_and_echo_term_by_term)
{
    static const struct {
        double ms, telr, idte, idle, idd;
    } rows[] = {
        {50, 65, 1.0229, 0.5761, 0},        {100, 65, 1.9638, 0.7277, 0},
        {150, 65, 2.8118, 0.8407, 0.1635},  {200, 65, 3.5708, 0.9353, 3.0444},
        {300, 65, 4.8339, 1.0943, 14.7607}, {400, 65, 5.8082, 1.2301, 24.0701},
        {50, 45, 10.3785, 0.5761, 0},       {100, 35, 45.3793, 0.7277, 0},
        {150, 55, 10.3716, 0.8407, 0.1635},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emodel m = emodel_defaults;
        emodel_set_delay(&m, rows[i].ms);
        m.telr = rows[i].telr;
        struct emodel_rating r = rated(&m);
        ck_assert_double_eq_tol(r.idte, rows[i].idte, 1e-4);
        ck_assert_double_eq_tol(r.idle, rows[i].idle, 1e-4);
        ck_assert_double_eq_tol(r.idd, rows[i].idd, 1e-4);
        ck_assert_double_eq_tol(r.r_lq, rated(&emodel_defaults).r_lq, 0.01); /* not of listening */
    }
}
END_TEST

START_TEST(other_inputs_count_too)
{
    struct emodel m = emodel_defaults;

    m.nc = -55;
    ck_assert_double_eq_tol(rated(&m).r, 82.9551, 1e-4);
    m = emodel_defaults;
    m.ps = m.pr = 60;
    ck_assert_double_eq_tol(rated(&m).r, 70.2704, 1e-4);
    m = emodel_defaults;
    m.qdu = 4;
    ck_assert_double_eq_tol(rated(&m).r, 88.2031, 1e-4);
    m = emodel_defaults;
    m.slr = 14;
    ck_assert_double_eq_tol(rated(&m).r, 84.8052, 1e-4);
    m = emodel_defaults;
    m.stmr = 6; /* loud sidetone masks echo (7-23) */
    emodel_set_delay(&m, 150);
    ck_assert_double_eq_tol(rated(&m).r, 87.4075, 1e-4);
    m.stmr = 25; /* too little of it (7-24) */
    ck_assert_double_eq_tol(rated(&m).r, 86.1240, 1e-4);
    m = emodel_defaults;
    m.a = 5;
    ck_assert_double_eq_tol(rated(&m).r, 98.2062077233, 1e-6);
}
END_TEST

START_TEST(delay_is_near_the_short_form)
{
    /* Cole and Rosenbluth's 0.024 d + 0.11 (d - 177.3) H(d - 177.3), made of these curves */
    for (double d = 0; d <= 350; d += 5) {
        struct emodel m = emodel_defaults;
        emodel_set_delay(&m, d);
        double simple = 93.2 - 0.024 * d - (d > 177.3 ? 0.11 * (d - 177.3) : 0);
        ck_assert_msg(fabs(rated(&m).r - simple) < 1.5, "%g ms: %g, %g", d, rated(&m).r, simple);
    }
}
END_TEST

START_TEST(echo_return_loss_is_telr_less_ten)
{
    struct emodel m = emodel_defaults;
    double before;

    emodel_set_delay(&m, 80);
    emodel_set_echo(&m, 55); /* RFC 3611 4.7.4: 8 + 55 + 2 */
    ck_assert_double_eq(m.telr, 65);
    ck_assert_double_eq(m.wepl, 110);
    before = rated(&m).r;
    for (int erl = 50; erl >= 0; erl -= 5) {
        emodel_set_echo(&m, erl);
        double r = rated(&m).r;
        ck_assert(r < before || r == 0);
        before = r;
    }
    emodel_set_echo(&m, 12); /* a hybrid without canceller: nobody bears that at 80 ms */
    ck_assert(rated(&m).r < 50);
    ck_assert(rated(&m).r_lq > 93);
}
END_TEST

START_TEST(nonsense_stays_within_bounds)
{
    static const double wild[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0, -1};

    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++)
        for (size_t k = 0; k < sizeof(struct emodel) / sizeof(double); k++) {
            struct emodel m = emodel_defaults;
            ((double *)&m)[k] = wild[i];
            struct emodel_rating r = rated(&m);
            ck_assert(r.r >= 0 && r.r <= 100 && r.r_lq >= r.r && r.r_lq <= 100);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("emodel");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, defaults_are_93_2);
    tcase_add_test(tc, mos_is_table_b_1);
    tcase_add_test(tc, loss_is_g_113s_curve);
    tcase_add_test(tc, delay_and_echo_term_by_term);
    tcase_add_test(tc, other_inputs_count_too);
    tcase_add_test(tc, delay_is_near_the_short_form);
    tcase_add_test(tc, echo_return_loss_is_telr_less_ten);
    tcase_add_test(tc, nonsense_stays_within_bounds);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
