/* Hold at the ISDN side of a call that is over: the answer of the line crosses the release, and may
 * be read in the same round of the loop as the other side's BYE, whose leg has no session any more.
 */
#include "gw/leg_isdn_priv.h"

#include <check.h>

static bool hear(struct leg_isdn *l, enum isdn_event_type type)
{
    return leg_isdn_heard(l, &(struct isdn_event){.type = type});
}

/** What the others prove to be left out. It has no gw_call: what it says goes nowhere. */
START_TEST(a_leg_is_held)
{
    struct leg_isdn l = {.leg = {.side = 'b'}};

    ck_assert(hear(&l, ISDN_EV_HOLD));
    ck_assert(l.leg.away);
}
END_TEST

START_TEST(a_leg_that_was_released_is_not_held)
{
    struct leg_isdn l = {.leg = {.side = 'b', .done = true}};

    ck_assert(hear(&l, ISDN_EV_HOLD));
    ck_assert(!l.leg.away);
}
END_TEST

/** Nothing is joined again, neither by the line nor by its answer to us. */
START_TEST(a_leg_that_was_released_does_not_come_back)
{
    static const enum isdn_event_type types[] = {ISDN_EV_RETRIEVE, ISDN_EV_HELD};
    struct leg_isdn l = {.leg = {.side = 'b', .done = true, .away = true}};

    ck_assert(hear(&l, types[_i]));
    ck_assert(l.leg.away);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leg_isdn_hold");
    TCase *tc = tcase_create("hold");

    tcase_add_test(tc, a_leg_is_held);
    tcase_add_test(tc, a_leg_that_was_released_is_not_held);
    tcase_add_loop_test(tc, a_leg_that_was_released_does_not_come_back, 0, 2);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
