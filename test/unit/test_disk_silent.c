/* A disk that does not answer, in the whole gateway: signalling never asks it for anything, an
 * alarm names the file, and the end comes in time and says what is lost.
 */
#include "test/unit/watch_rig.h"
#include "test/unit/log_lines.h"

#include "gw/alarm_watch.h"
#include "gw/audit.h"
#include "gw/cdr.h"
#include "gw/rt/file.h"

#define FINISH (10 * RT_S)

static struct gw_alarm seen;

static void said(const char *what)
{
    ck_assert_msg(strstr(lines, what) != NULL, "\"%s\" is not in:\n%s", what, lines);
}

static void keep(void *arg, const struct gw_alarm *a)
{
    if (a->kind != *(enum gw_alarm_kind *)arg || a->cleared != 0)
        return;
    seen = *a;
}

static bool lasts(enum gw_alarm_kind kind)
{
    seen = (struct gw_alarm){.id = 0};
    gw_alarms_each(gw->alarms, keep, &kind);
    return seen.id != 0;
}

static void begin(const char *more)
{
    other_cdr = "cdr journal /var/cdr csv /var/csv/calls.csv\n";
    start_with(more);
    log_lines_keep();
    fake_advance(20 * RT_S);
}

static void record(unsigned n)
{
    struct gw_cdr r = {.attempt = 1};

    for (unsigned i = 0; i < n; i++) {
        r.seq = gw_cdr_next_seq(gw->cdr);
        snprintf(r.call_id, sizeof r.call_id, "call-%u", i);
        gw_cdr_close(gw->cdr, &r);
    }
}

/** Each that a plan can name: whoever of signalling asks one of these disks aborts (hang.c). */
START_TEST(signalling_goes_on_and_an_alarm_names_the_file)
{
    begin("admin {\n audit /var/audit/log\n}\n");
    fake_disk_hang("/var/cdr");
    record(3);
    fake_advance(4 * RT_S);
    ck_assert(!lasts(GW_ALARM_FILE));
    fake_advance(21 * RT_S);
    ck_assert(lasts(GW_ALARM_FILE));
    ck_assert_str_eq(seen.object, "file /var/cdr/cdr.journal");
    ck_assert_str_eq(seen.text, "its disk has not answered for 24 s");
    fake_disk_hang(NULL);
    fake_advance(3 * RT_S);
    ck_assert(!lasts(GW_ALARM_FILE));
    stop();
}
END_TEST

/** 10 s behind, and so for 10 s: then it is an alarm, and of no record that would be lost. */
START_TEST(a_csv_that_hangs_is_an_alarm_of_its_own)
{
    begin("");
    fake_disk_hang("/var/csv");
    record(3);
    fake_advance(19 * RT_S);
    ck_assert(!lasts(GW_ALARM_EXPORT));
    fake_advance(3 * RT_S);
    ck_assert(lasts(GW_ALARM_EXPORT));
    ck_assert_str_eq(seen.object, "target csv");
    ck_assert(!lasts(GW_ALARM_RECORDS));
    fake_disk_hang(NULL);
    fake_advance(8 * RT_S);
    ck_assert(!lasts(GW_ALARM_EXPORT));
    stop();
}
END_TEST

START_TEST(the_end_comes_in_time_and_says_what_is_lost)
{
    begin("");
    fake_disk_hang("/var/cdr");
    record(3);
    fake_advance(2 * RT_S);
    record(4);
    rt_time told = rt_now();
    rt_threads_end_by(told + FINISH);
    gw_stop(gw);
    ck_assert_int_le(rt_now() - told, FINISH + 2 * RT_S);
    ck_assert_uint_eq(rt_threads_left(), 2); /* and the one that asks how full disks are */
    said("7 records could not be written: the disk of /var/cdr/cdr.journal does not answer");
    fake_disk_hang(NULL);
    rt_log_sink(NULL, NULL);
}
END_TEST

/** One that hangs does not cost the others what they have. */
START_TEST(what_can_be_written_at_the_end_is)
{
    struct gw_audit_entry e = {.who = "anna", .what = "drain", .outcome = "ok"};
    struct rt_buf text = {0};

    begin("admin {\n audit /var/audit/log\n}\n");
    fake_disk_hang("/var/audit");
    gw_audit_note(gw->audit, &e);
    record(2);
    fake_advance(RT_S);
    record(2);
    rt_threads_end_by(rt_now() + FINISH);
    gw_stop(gw);
    said("audit /var/audit/log: it does not answer: 1 lines could not be written");
    fake_disk_hang(NULL);
    rt_log_sink(NULL, NULL);
    ck_assert_int_eq(rt_file_read(&text, "/var/csv/calls.csv", 1 << 20), 0);
    ck_assert_ptr_nonnull(strstr(text.p, "call-1"));
    unsigned rows = 0;
    for (size_t i = 0; i < text.n; i++)
        rows += text.p[i] == '\n';
    ck_assert_uint_eq(rows, 5); /* with the header */
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("disk_silent");
    TCase *tc = tcase_create("all");
    SRunner *sr;

    tcase_add_test(tc, signalling_goes_on_and_an_alarm_names_the_file);
    tcase_add_test(tc, a_csv_that_hangs_is_an_alarm_of_its_own);
    tcase_add_test(tc, the_end_comes_in_time_and_says_what_is_lost);
    tcase_add_test(tc, what_can_be_written_at_the_end_is);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
