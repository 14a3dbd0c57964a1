/* Each allocation that an event needs fails once: a notification that could not be made is not the
 * one that a request in step mode allows, and the next event is told. The linker sends what is
 * linked here to __wrap_malloc() (Makefile).
 */
#include "test/fake/refused_memory.h"
#include "test/unit/mgcp_events_rig.h"

static unsigned fails_at; /* 0: none does */

static bool refuse(void)
{
    return fails_at > 0 && --fails_at == 0;
}

/* RFC 3435 4.4.1: in step mode one NTFY may go for a request. False: all allocations are granted.
 */
static bool tell_without(unsigned nth, const char *quarantine, unsigned *lost)
{
    char request[64], first[] = "D/1", second[] = "D/2";

    rig_setup(MGCP_RFC);
    rig.script = quarantine;
    rig.at = nth;
    snprintf(request, sizeof request, "X: 1;R: D/X(N);Q: %s", quarantine);
    rig_command("RQNT", request, false);
    fails_at = nth;
    mgcp_gw_event(rig.now, NULL, "D", "1", rt_str(""));
    bool failed = fails_at == 0;
    fails_at = 0;
    fake_settle();
    fake_advance(1 * RT_S);
    if (rig.told < rig.came) {
        rig_expect_notify("1:D/1");
    } else {
        rig_event('!', second);
        rig_expect_notify("1:D/2");
        ++*lost;
    }
    rig_answer("200");
    rig_command("RQNT", "X: 2;R: D/X(N)", false);
    rig_event('!', first);
    rig_expect_notify("2:D/1");
    rig_teardown();
    return failed;
}

START_TEST(who_could_not_be_told_is_told_of_the_next_event)
{
    static const char *const modes[] = {"step", "loop"};

    for (size_t i = 0; i < RT_COUNT(modes); i++) {
        unsigned n = 1, lost = 0;

        while (tell_without(n, modes[i], &lost))
            n++;
        ck_assert_uint_gt(n, 2);
        ck_assert_uint_gt(lost, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("events without memory");
    TCase *t = tcase_create("events");
    SRunner *r = srunner_create(s);

    tcase_add_test(t, who_could_not_be_told_is_told_of_the_next_event);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
