/* Each allocation of a plan's reading fails once: the plan is not there for want of memory, and
 * nobody is told that a good text is wrong. The linker sends what is linked here to __wrap_malloc()
 * (Makefile).
 */
#include "gw/plan.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/fake/refused_memory.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define PLAN  "/etc/t.conf"
#define RATES "/etc/rates.csv"
#define SPAM  "/etc/spam.csv"

static const char text[] =
    "version 1\nsip {\n listen udp:10.0.0.1:5060\n}\nmedia {\n address 10.0.0.1\n}\n"
    "site berlin {\n dialling de area 30\n zone Europe/Berlin\n ddi +4930901821[00..99] <-> "
    "1[00..99]\n}\n"
    "list spam {\n csv " SPAM "\n}\ndeck retail {\n csv " RATES "\n currency EUR\n}\n"
    "normalise clean {\n any 0049* => +49*\n}\n"
    "trunk pbx {\n sip sip:10.0.1.1\n accept from 10.0.1.1\n}\n"
    "routes from pbx {\n +4930xxxxxx -> pbx\n +49* {\n rewrite +49(xx)* => 0\\1*\n"
    " use pbx\n }\n * -> reject 1\n}\n";

static const char rates[] = "prefix,rate\n49,0.01\n4930,0.02\n", spam[] = "number\n+4930666\n";

static unsigned fails_at; /* 0: none does */

/** The fake kernel's own memory is not the process's. */
#define PROCESS 1

static bool refuse(void)
{
    return fake_process_now() == PROCESS && fails_at > 0 && --fails_at == 0;
}

/** False: it has fewer allocations. */
static bool load_without(unsigned nth)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;

    unsigned before = fake_process(PROCESS);
    fails_at = nth;
    int err = gw_plan_load(&plan, PLAN, &diag);
    bool failed = fails_at == 0;
    fails_at = 0;
    fake_process(before);
    ck_assert_msg(err == 0 || err == ENOMEM || (err == EIO && diag.errors == 0),
                  "without allocation %u: %d %s", nth, err, diag.text.n > 0 ? diag.text.p : "");
    gw_plan_unref(plan);
    conf_diag_release(&diag);
    return failed;
}

START_TEST(want_of_memory_is_no_fault_of_the_text)
{
    unsigned n = 0;

    fake_reset();
    ck_assert_int_eq(rt_file_replace(PLAN, text, sizeof text - 1, 0644), 0);
    ck_assert_int_eq(rt_file_replace(RATES, rates, sizeof rates - 1, 0644), 0);
    ck_assert_int_eq(rt_file_replace(SPAM, spam, sizeof spam - 1, 0644), 0);
    ck_assert(!load_without(UINT32_MAX));
    while (load_without(n + 1))
        n++;
    ck_assert_uint_gt(n, 50);
    ck_assert_uint_eq(gw_plans_alive(), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan memory");
    TCase *tc = tcase_create("plan memory");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, want_of_memory_is_no_fault_of_the_text);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
