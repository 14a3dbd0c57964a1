/* State that is written whole: the newest text reaches the file, whatever the disk does meanwhile.
 */
#include "gw/state_file.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

#define PATH "/var/state"

static struct rt_counter failures = {"failures_total", "", 0};
static const struct gw_state_owner owner = {"state", RT_LOG_CALL, &failures};
static struct gw_state_file *file;
static unsigned told;

static void on_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)line;
    told += level == RT_ERROR;
}

static void setup(void)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_log_sink(on_line, NULL);
    told = 0;
    failures.value = 0;
    ck_assert_int_eq(gw_state_file_new(&file, PATH, &owner), 0);
}

static void teardown(void)
{
    gw_state_file_free(file);
    fake_reset();
}

static void put(const char *text)
{
    struct rt_buf b = {0};

    rt_buf_puts(&b, text);
    gw_state_file_write(file, &b);
    rt_buf_release(&b);
    fake_settle();
}

static void has(const char *text)
{
    struct rt_buf b = {0};
    int err = rt_file_read(&b, PATH, 1000);

    ck_assert_int_eq(err, text ? 0 : ENOENT);
    if (text) {
        ck_assert_uint_eq(b.n, strlen(text));
        ck_assert_mem_eq(b.p, text, b.n);
    }
    rt_buf_release(&b);
}

START_TEST(what_cannot_be_written_is_tried_again_after_ten_seconds)
{
    fake_files_fail(2, ENOSPC);
    put("one");
    has(NULL);
    fake_advance(10 * RT_S - 1);
    ck_assert_uint_eq(failures.value, 1);
    fake_advance(1); /* fails too */
    ck_assert_uint_eq(failures.value, 2);
    has(NULL);
    fake_advance(10 * RT_S);
    has("one");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(failures.value, 2);
    ck_assert_uint_eq(told, 1);
}
END_TEST

START_TEST(what_is_newer_takes_the_place_of_what_waits)
{
    fake_files_fail(1, EIO);
    put("one");
    put("two");
    has("two");
    fake_advance(60 * RT_S);
    has("two");
}
END_TEST

START_TEST(what_waits_is_tried_once_more_at_the_end)
{
    fake_files_fail(1, EIO);
    put("one");
    gw_state_file_free(file);
    file = NULL;
    has("one");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_cannot_be_written_is_tried_again_after_ten_seconds,
        what_is_newer_takes_the_place_of_what_waits,
        what_waits_is_tried_once_more_at_the_end,
    };
    Suite *s = suite_create("state_file");
    TCase *t = tcase_create("disk");

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
