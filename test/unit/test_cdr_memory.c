/* Without memory: a record is opened and closed all the same, out of the writer's reserve. The
 * linker sends what is linked here to __wrap_malloc() (Makefile).
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/fake/refused_memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CALLS 100

static const struct gw_cdr_plan plan = {.journal = "/cdr", .csv = "/cdr.csv"};
static unsigned allowed = UINT32_MAX; /* so many more are granted */

static bool refuse(void)
{
    if (allowed == 0)
        return true;
    allowed -= allowed != UINT32_MAX;
    return false;
}

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level, (void)line;
}

static struct gw_cdr_writer *writer;

static void setup(void)
{
    const char *failed = NULL;

    fake_reset();
    rt_log_sink(quiet, NULL);
    ck_assert_int_eq(gw_cdr_writer_new(&writer, &plan, &failed), 0);
}

static void teardown(void)
{
    gw_cdr_writer_free(writer);
    rt_log_sink(NULL, NULL);
}

static struct gw_cdr record(void)
{
    struct gw_cdr r = {.seq = gw_cdr_next_seq(writer), .presentation = "allowed"};

    snprintf(r.call_id, sizeof r.call_id, "%032u", (unsigned)r.seq);
    return r;
}

static unsigned count(const char *path, const char *what)
{
    struct rt_buf text = {0};
    unsigned n = 0;

    (void)rt_file_read(&text, path, SIZE_MAX);
    rt_buf_puts(&text, "");
    for (const char *p = text.p; p && (p = strstr(p, what)) != NULL; p++)
        n++;
    rt_buf_release(&text);
    return n;
}

START_TEST(what_was_begun_is_closed_without_memory)
{
    struct gw_cdr r[CALLS];

    for (unsigned i = 0; i < CALLS; i++) {
        r[i] = record();
        gw_cdr_open(writer, &r[i]);
    }
    fake_advance(RT_S);
    allowed = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        r[i].explain = "{}"; /* goes without */
        gw_cdr_close(writer, &r[i]);
    }
    allowed = UINT32_MAX;
    fake_advance(RT_S);
    ck_assert_uint_eq(count("/cdr/cdr.journal", "{\"open\":"), CALLS);
    ck_assert_uint_eq(count("/cdr/cdr.journal", "{\"close\":"), CALLS);
    ck_assert_uint_eq(count("/cdr.csv", "\r\n"), CALLS + 1);
}
END_TEST

/** Whatever of the beginning was granted, nothing is left open. */
START_TEST(what_began_without_memory_is_not_left_open)
{
    struct gw_cdr r = record();

    allowed = (unsigned)_i;
    gw_cdr_open(writer, &r);
    allowed = UINT32_MAX;
    fake_advance(RT_S);
    unsigned opened = count("/cdr/cdr.journal", "{\"open\":");
    allowed = 0;
    gw_cdr_close(writer, &r);
    allowed = UINT32_MAX;
    fake_advance(RT_S);
    unsigned closed = count("/cdr/cdr.journal", "{\"close\":");
    ck_assert_uint_ge(closed, opened);
    ck_assert_uint_eq(closed, 1);
}
END_TEST

/** The writer's thread is refused too: it writes later. */
START_TEST(the_writer_waits_for_memory)
{
    struct gw_cdr r = record();

    gw_cdr_open(writer, &r);
    gw_cdr_close(writer, &r);
    for (unsigned i = 0; i < 30; i++) {
        allowed = i % 5;
        fake_advance(100 * RT_MS);
    }
    allowed = UINT32_MAX;
    fake_advance(3 * RT_S);
    ck_assert_uint_eq(count("/cdr/cdr.journal", "{\"close\":"), 1);
    ck_assert_uint_eq(count("/cdr.csv", "\r\n"), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cdr memory");
    TCase *t = tcase_create("refused");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_begun_is_closed_without_memory);
    tcase_add_loop_test(t, what_began_without_memory_is_not_left_open, 0, 3);
    tcase_add_test(t, the_writer_waits_for_memory);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
