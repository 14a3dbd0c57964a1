/* The daemon's side of tandem-export: the process is started, started again, and believed only
 * while it runs. */
#include "gw/admin/control_priv.h"
#include "gw/export.h"
#include "gw/plan_cdr.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

#define PLAN                                                                                       \
    "version 1\ncdr journal /cdr, sqlite:/r.db, \"postgres:host=db password='a b'\" {\n"           \
    "    keep 7d\n    table \"x.y\"\n}\n"

static struct gw_plan plan;
static struct gw gw;
static struct gw_exporter *exporter;
static struct gw_export_status status[GW_TARGETS_MAX];

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level, (void)line;
}

static void setup(void)
{
    fake_reset();
    rt_log_sink(quiet, NULL);
    plan = (struct gw_plan){
        .cdr = {.journal = "/cdr",
                .ntargets = 2,
                .target = {{GW_TARGET_SQLITE, "/r.db"}, {GW_TARGET_RADIUS, "127.0.0.1"}}}};
    struct conf_diag diag = {.errors = 0};
    ck_assert_int_eq(conf_parse(&plan.conf, &conf_tandem, "p.conf", rt_str(PLAN), &diag), 0);
    gw = (struct gw){.plan = &plan};
    ck_assert_int_eq(rt_loop_new(&gw.loop, "test"), 0);
    fake_child_program("/usr/bin/tandem-export");
}

static void teardown(void)
{
    gw_exporter_stop(exporter);
    rt_loop_free(gw.loop);
    conf_free(plan.conf);
    rt_log_sink(NULL, NULL);
}

static void begin(void)
{
    ck_assert_int_eq(gw_exporter_start(&exporter, &gw), 0);
    fake_settle();
}

static void say(const char *text)
{
    rt_file_replace("/cdr/export.status", text, strlen(text), 0640);
    fake_advance(3 * RT_S);
}

START_TEST(without_targets_there_is_none)
{
    plan.cdr.ntargets = 0;
    ck_assert_int_eq(gw_exporter_start(&exporter, &gw), 0);
    ck_assert_ptr_null(exporter);
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 0);
    ck_assert_uint_eq(fake_child_starts(), 0);
}
END_TEST

START_TEST(what_it_says_is_told)
{
    begin();
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_str_eq(status[0].name, "sqlite");
    ck_assert_str_eq(status[0].error, "");
    say("{\"targets\":[{\"name\":\"sqlite\",\"delivered\":7,\"failures\":1,\"oldest_ms\":0,"
        "\"error\":\"\"},{\"name\":\"radius\",\"delivered\":3,\"failures\":2,\"oldest_ms\":1500,"
        "\"error\":\"no answer\"}]}");
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_uint_eq(status[0].delivered, 7);
    ck_assert_uint_eq(status[1].failures, 2);
    ck_assert_int_eq(status[1].oldest_ms, 1500);
    ck_assert_str_eq(status[1].error, "no answer");
    ck_assert_uint_eq(gw_export_status(exporter, status, 1), 1);
}
END_TEST

START_TEST(two_of_a_kind_have_two_names)
{
    plan.cdr.target[1].kind = GW_TARGET_SQLITE;
    begin();
    say("{\"targets\":[{\"name\":\"sqlite\",\"delivered\":7},{\"name\":\"sqlite\",\"delivered\":8}]"
        "}");
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_str_eq(status[0].name, "sqlite");
    ck_assert_str_eq(status[1].name, "sqlite 2");
    ck_assert_uint_eq(status[1].delivered, 8);
}
END_TEST

START_TEST(nonsense_changes_nothing)
{
    static const char *const nonsense[] = {
        "", "{", "7", "{\"targets\":[7,{}]}",
        "{\"targets\":[{\"name\":\"webhook\",\"delivered\":9}]}"};

    begin();
    say(nonsense[_i]);
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_uint_eq(status[0].delivered, 0);
    ck_assert_str_eq(status[0].error, "");
}
END_TEST

/** A disk that hangs keeps nobody; the process is watched and started again meanwhile. */
START_TEST(a_disk_that_hangs_does_not_keep_signalling)
{
    begin();
    say("{\"targets\":[{\"name\":\"sqlite\",\"delivered\":7}]}");
    fake_disk_hang("/cdr");
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_uint_eq(status[0].delivered, 7);
    ck_assert(fake_child_end(3, 0));
    fake_advance(RT_S + 20 * RT_MS);
    ck_assert_uint_eq(fake_child_starts(), 2);
    fake_disk_hang(NULL);
    say("{\"targets\":[{\"name\":\"sqlite\",\"delivered\":9}]}");
    (void)gw_export_status(exporter, status, 8);
    ck_assert_uint_eq(status[0].delivered, 9);
}
END_TEST

/** The first attempt fails and is told; the next one hangs, and keeps nobody. */
START_TEST(a_plan_that_cannot_be_written_is_written_aside)
{
    fake_files_fail(1, ENOSPC);
    begin();
    (void)gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[0].error, "/cdr/export.plan: No space left on device");
    fake_disk_hang("/cdr/export.plan");
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(fake_child_starts(), 0);
    (void)gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[0].error, "/cdr/export.plan: No space left on device");
    fake_disk_hang(NULL);
    fake_settle();
    ck_assert_uint_eq(fake_child_starts(), 1);
    (void)gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[0].error, "");
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_plan_that_hangs)
{
    unsigned left = rt_threads_left();

    fake_files_fail(1, ENOSPC);
    begin();
    fake_disk_hang("/cdr/export.plan");
    fake_advance(10 * RT_S);
    rt_time told = rt_now();
    rt_threads_end_by(told + RT_S);
    gw_exporter_stop(exporter);
    exporter = NULL;
    ck_assert_int_le(rt_now() - told, 2 * RT_S);
    ck_assert_uint_eq(rt_threads_left() - left, 1);
    fake_disk_hang(NULL);
}
END_TEST

/** What `show exports` says. */
static int show(struct rt_buf *out, char note[80])
{
    static const char *const words[] = {"show", "exports"};
    struct gw_answer a = {.gw = &gw, .plan = &plan, .out = out};

    gw.exporter = exporter;
    rt_buf_reset(out);
    int code = gw_control_run(&a, 2, words);
    rt_str_copy(note, sizeof a.note, rt_str(a.note));
    return code;
}

START_TEST(it_is_shown)
{
    struct rt_buf out = {0};
    char note[80];

    ck_assert_int_eq(show(&out, note), 0);
    ck_assert_uint_eq(out.n, 0);
    ck_assert_str_eq(note, "the plan has no targets of records");
    begin();
    say("{\"targets\":[{\"name\":\"sqlite\",\"delivered\":7,\"failures\":1,\"oldest_ms\":0,"
        "\"error\":\"\"},{\"name\":\"radius\",\"delivered\":3,\"failures\":2,\"oldest_ms\":1500,"
        "\"error\":\"no answer\"}]}");
    ck_assert_int_eq(show(&out, note), 0);
    ck_assert_msg(
        rt_str_eq(rt_buf_str(&out),
                  "{\"type\":\"exports\",\"target\":\"sqlite\",\"delivered\":7,\"failures\":1,"
                  "\"oldest_ms\":0,\"error\":\"\"}\n"
                  "{\"type\":\"exports\",\"target\":\"radius\",\"delivered\":3,\"failures\":2,"
                  "\"oldest_ms\":1500,\"error\":\"no answer\"}\n"),
        "%.*s", (int)out.n, out.p);
    ck_assert_str_eq(note, "");
    ck_assert(fake_child_end(3, 0));
    ck_assert_int_eq(show(&out, note), 0);
    ck_assert_ptr_nonnull(memmem(out.p, out.n, "has ended by itself with code 3", 31));
    rt_buf_release(&out);
}
END_TEST

/** After 1, 2, 4 ... 60 s. */
START_TEST(one_that_ends_is_started_again_later_and_later)
{
    begin();
    ck_assert(fake_child_end(0, 9));
    gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[1].error, "tandem-export has ended by signal 9");
    fake_advance(1100 * RT_MS);
    ck_assert_uint_eq(fake_child_starts(), 2);
    gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[1].error, "");
    ck_assert(fake_child_end(3, 0));
    fake_advance(1900 * RT_MS);
    ck_assert_uint_eq(fake_child_starts(), 2);
    fake_advance(200 * RT_MS);
    ck_assert_uint_eq(fake_child_starts(), 3);
    for (unsigned i = 0; i < 8; i++) {
        ck_assert(fake_child_end(3, 0));
        fake_advance(61 * RT_S);
    }
    ck_assert_uint_eq(fake_child_starts(), 11);
}
END_TEST

START_TEST(a_missing_program_is_an_error_of_each_target)
{
    fake_child_program("");
    begin();
    ck_assert_uint_eq(gw_export_status(exporter, status, 8), 2);
    ck_assert_str_eq(status[0].error, "/usr/bin/tandem-export: No such file or directory");
    ck_assert_str_eq(status[1].error, status[0].error);
    fake_child_program("/usr/bin/tandem-export");
    fake_advance(5 * RT_S);
    gw_export_status(exporter, status, 8);
    ck_assert_str_eq(status[0].error, "");
}
END_TEST

/* ---- the plan's statement alone ---- */

/** The file beside the journal says what the plan in force says. */
START_TEST(it_gets_what_is_in_force)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_cdr_plan cdr;
    struct conf *conf;

    begin();
    ck_assert_int_eq(conf_load(&conf, &conf_tandem, "/cdr/export.plan", &diag), 0);
    ck_assert_int_eq(gw_cdr_plan_read(&cdr, conf_root(conf), &diag), 0);
    ck_assert_str_eq(cdr.journal, "/cdr");
    ck_assert_uint_eq(cdr.ntargets, 2);
    ck_assert_str_eq(cdr.target[1].where, "host=db password='a b'");
    ck_assert_str_eq(cdr.table, "x.y");
    ck_assert_int_eq(cdr.keep, 7 * 24 * 3600 * RT_S);
    conf_free(conf);
}
END_TEST

static int read_plan(struct gw_cdr_plan *out, const char *text, struct conf **conf,
                     struct conf_diag *diag)
{
    *diag = (struct conf_diag){.errors = 0};
    *conf = NULL;
    int err = conf_parse(conf, &conf_tandem, "p.conf", rt_str(text), diag);
    return err != 0 ? err : gw_cdr_plan_read(out, conf_root(*conf), diag);
}

START_TEST(the_statement_is_read_by_itself)
{
    struct conf_diag diag;
    struct gw_cdr_plan cdr;
    struct conf *conf;

    ck_assert_int_eq(read_plan(&cdr,
                               "version 1\ncdr journal /j, csv /c, json /l, sqlite:/r.db, explain, "
                               "webhook:https://a/b {\n keep forever\n late 1min\n table b.c\n}\n",
                               &conf, &diag),
                     0);
    ck_assert_str_eq(cdr.journal, "/j");
    ck_assert_str_eq(cdr.json, "/l");
    ck_assert_uint_eq(cdr.ntargets, 2);
    ck_assert_int_eq(cdr.target[1].kind, GW_TARGET_WEBHOOK);
    ck_assert_str_eq(cdr.target[1].where, "https://a/b");
    ck_assert(cdr.explain);
    ck_assert_int_eq(cdr.keep, 0);
    ck_assert_int_eq(cdr.late, 60 * RT_S);
    ck_assert_str_eq(cdr.table, "b.c");
    conf_free(conf);
    ck_assert_int_eq(read_plan(&cdr, "version 1\n", &conf, &diag), 0);
    ck_assert_uint_eq(cdr.ntargets, 0);
    ck_assert_str_eq(cdr.radius_nas, "tandem");
    ck_assert_int_eq(cdr.keep, 90 * 24 * 3600 * RT_S);
    conf_free(conf);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
    static const char *const wrong[] = {
        "cdr csv /c, sqlite:/r.db",
        "cdr journal /j, radius:1.2.3.4",
        "cdr journal /j, radius:host",
        "cdr journal /j, webhook:ftp://a",
        "cdr journal /j, sqlite:",
        "cdr journal /j, oracle:x",
        "cdr journal /j, sqlite:a, sqlite:a",
        "cdr csv /c, json /c",
    };
    struct rt_buf text = {0};
    struct conf_diag diag;
    struct gw_cdr_plan cdr;
    struct conf *conf;

    rt_buf_printf(&text, "version 1\n%s\n", wrong[_i]);
    ck_assert_int_eq(read_plan(&cdr, text.p, &conf, &diag), EINVAL);
    ck_assert_uint_gt(diag.errors, 0);
    conf_diag_release(&diag);
    conf_free(conf);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exporter");
    TCase *tc = tcase_create("exporter");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, without_targets_there_is_none);
    tcase_add_test(tc, what_it_says_is_told);
    tcase_add_test(tc, two_of_a_kind_have_two_names);
    tcase_add_loop_test(tc, nonsense_changes_nothing, 0, 5);
    tcase_add_test(tc, a_disk_that_hangs_does_not_keep_signalling);
    tcase_add_test(tc, a_plan_that_cannot_be_written_is_written_aside);
    tcase_add_test(tc, the_end_does_not_wait_for_a_plan_that_hangs);
    tcase_add_test(tc, it_is_shown);
    tcase_add_test(tc, one_that_ends_is_started_again_later_and_later);
    tcase_add_test(tc, a_missing_program_is_an_error_of_each_target);
    tcase_add_test(tc, it_gets_what_is_in_force);
    tcase_add_test(tc, the_statement_is_read_by_itself);
    tcase_add_loop_test(tc, what_cannot_be_is_said, 0, 8);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
