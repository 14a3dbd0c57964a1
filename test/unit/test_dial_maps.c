/* Digit maps that are kept: each trunk gets its own, and those of another plan are not used. */
#include "gw/dial_maps.h"
#include "test/unit/plan_rig.h"

#define PLAN                                                                                       \
    "version 1\nsip {\n listen udp:10.0.0.1:5060\n}\nsite s {\n dialling de area 30\n}\n"          \
    "trunk phones {\n sip sip:10.0.0.2\n numbers as-dialled\n}\n"                                  \
    "trunk desks {\n sip sip:10.0.0.4\n numbers as-dialled\n}\n"                                   \
    "trunk out {\n sip sip:10.0.0.3\n numbers e164\n}\n"                                           \
    "routes from phones {\n %s -> out\n}\nroutes from desks {\n 2xx -> out\n}\n"

static struct gw_dial_maps *maps;

static const struct gw_trunk *named(const char *name)
{
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (strcmp(plan->trunks[i].name, name) == 0)
            return &plan->trunks[i];
    ck_abort_msg("no trunk %s", name);
    return NULL;
}

/** What is kept of it is what is made of it. */
static void same(const char *name)
{
    struct rt_buf kept = {.p = NULL}, made = {.p = NULL};

    ck_assert_int_eq(gw_dial_map(&made, named(name)), 0);
    for (unsigned i = 0; i < 2; i++) {
        rt_buf_reset(&kept);
        rt_buf_puts(&kept, "D: ");
        ck_assert_int_eq(gw_dial_maps_put(&maps, named(name), &kept), 0);
        ck_assert_msg(kept.n == made.n + 3 && memcmp(kept.p + 3, made.p, made.n) == 0, "%s: %s",
                      name, kept.p);
    }
    rt_buf_release(&kept);
    rt_buf_release(&made);
}

static void maps_teardown(void)
{
    gw_dial_maps_free(maps);
    maps = NULL;
    teardown();
}

START_TEST(each_trunk_has_its_own)
{
    rig_plan(PLAN, "1xx");
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
    same("phones");
    same("desks");
    same("out");
    same("phones");
}
END_TEST

START_TEST(those_of_another_plan_are_forgotten)
{
    rig_plan(PLAN, "1xx");
    same("phones");
    gw_plan_unref(plan);
    rig_plan(PLAN, "[5..7]xxx");
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
    same("phones");
    same("desks");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dial maps");
    TCase *t = tcase_create("maps");

    tcase_add_checked_fixture(t, setup, maps_teardown);
    tcase_add_test(t, each_trunk_has_its_own);
    tcase_add_test(t, those_of_another_plan_are_forgotten);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
