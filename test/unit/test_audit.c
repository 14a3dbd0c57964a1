/* The audit log: its file, its memory, a disk that fails. */
#include "gw/audit.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

#define PATH "/var/log/tandem/audit"

static struct rt_loop *loop;
static struct gw_audit *a;

static void setup(void)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(gw_audit_new(&a, loop, PATH), 0);
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_audit_free(a);
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops + left.timers + left.files, 0);
}

static void note(const char *what, const char *why)
{
    struct gw_audit_entry e = {.who = "alice", .from = "web 192.0.2.7", .outcome = "ok"};

    snprintf(e.what, sizeof e.what, "%s", what);
    snprintf(e.why, sizeof e.why, "%s", why);
    gw_audit_note(a, &e);
}

/** Lines of the file. */
static unsigned lines(struct rt_buf *text)
{
    unsigned n = 0;

    rt_buf_reset(text);
    ck_assert_int_eq(rt_file_read(text, PATH, 10000000), 0);
    for (size_t i = 0; i < text->n; i++)
        n += text->p[i] == '\n';
    return n;
}

START_TEST(an_entry_is_a_line_and_kept)
{
    struct rt_buf text = {0};
    char at[RT_RFC3339_LEN], expected[300];

    note("block pri --drain", "the \"card\" is changed");
    rt_rfc3339(at, rt_wall());
    fake_advance(RT_S);
    note("unblock pri", "");
    fake_settle();
    snprintf(expected, sizeof expected,
             "{\"at\":\"%s\",\"who\":\"alice\",\"from\":\"web 192.0.2.7\",\"what\":\"block pri "
             "--drain\",\"why\":\"the \\\"card\\\" is changed\",\"outcome\":\"ok\"}\n",
             at);
    ck_assert_uint_eq(lines(&text), 2);
    ck_assert(strncmp(text.p, expected, strlen(expected)) == 0);
    ck_assert_str_eq(gw_audit_at(a, 0)->what, "unblock pri");
    ck_assert_str_eq(gw_audit_at(a, 1)->what, "block pri --drain");
    ck_assert_ptr_null(gw_audit_at(a, 2));
    fake_files_crash();
    ck_assert_uint_eq(lines(&text), 2);
    rt_buf_release(&text);
}
END_TEST

START_TEST(memory_has_the_last)
{
    char what[32];

    for (unsigned i = 0; i < GW_AUDIT_KEPT + 7; i++) {
        snprintf(what, sizeof what, "release call %u", i);
        note(what, "");
    }
    ck_assert_str_eq(gw_audit_at(a, 0)->what, "release call 506");
    ck_assert_str_eq(gw_audit_at(a, GW_AUDIT_KEPT - 1)->what, "release call 7");
    ck_assert_ptr_null(gw_audit_at(a, GW_AUDIT_KEPT));
}
END_TEST

START_TEST(a_failing_disk_loses_nothing)
{
    uint64_t failures = rt_counted(&gw_audit_counters[GW_AUDIT_FAILURES]);
    struct rt_buf text = {0};

    note("block a", "");
    fake_settle();
    fake_files_fail(3, ENOSPC);
    note("block b", "");
    fake_settle();
    ck_assert(gw_audit_failing(a));
    note("block c", "");
    fake_advance(RT_S);
    ck_assert(gw_audit_failing(a));
    fake_advance(5 * RT_S);
    ck_assert(!gw_audit_failing(a));
    ck_assert_uint_ge(rt_counted(&gw_audit_counters[GW_AUDIT_FAILURES]), failures + 2);
    ck_assert_uint_eq(lines(&text), 3);
    ck_assert_ptr_nonnull(strstr(text.p, "block b"));
    ck_assert(strstr(text.p, "block b") < strstr(text.p, "block c"));
    rt_buf_release(&text);
}
END_TEST

START_TEST(what_waits_is_written_at_the_end)
{
    struct rt_buf text = {0};

    note("stop", "");
    gw_audit_free(a);
    ck_assert_uint_eq(lines(&text), 1);
    ck_assert_int_eq(gw_audit_new(&a, loop, PATH), 0);
    note("apply", "");
    fake_settle();
    ck_assert_uint_eq(lines(&text), 2);
    rt_buf_release(&text);
}
END_TEST

START_TEST(without_a_file_or_a_log)
{
    struct gw_audit *memory = NULL;
    struct gw_audit_entry e = {.who = "signal", .from = "cli", .what = "stop", .outcome = "ok"};

    ck_assert_int_eq(gw_audit_new(&memory, loop, NULL), 0);
    gw_audit_note(memory, &e);
    ck_assert_str_eq(gw_audit_at(memory, 0)->who, "signal");
    ck_assert_int_eq(gw_audit_at(memory, 0)->at, rt_wall());
    ck_assert(!gw_audit_failing(memory));
    gw_audit_free(memory);
    gw_audit_note(NULL, &e);
    ck_assert_ptr_null(gw_audit_at(NULL, 0));
    ck_assert(!gw_audit_failing(NULL));
    gw_audit_free(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit");
    TCase *t = tcase_create("audit");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_entry_is_a_line_and_kept);
    tcase_add_test(t, memory_has_the_last);
    tcase_add_test(t, a_failing_disk_loses_nothing);
    tcase_add_test(t, what_waits_is_written_at_the_end);
    tcase_add_test(t, without_a_file_or_a_log);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
