/* Alarms: the store, how long things have to be so, what the watch finds, who is told. */
#include "test/unit/watch_rig.h"

#include "gw/admin/control.h"
#include "gw/alarm_watch.h"
#include "gw/cdr.h"
#include "gw/log_ring.h"
#include "gw/performance.h"
#include "gw/rt/file.h"
#include "test/unit/tls_files.h"

#include <jansson.h>

static struct rt_buf seen;

static void write_one(void *arg, const struct gw_alarm *a)
{
    (void)arg;
    rt_buf_printf(&seen, "%s%s: %s%s;", gw_alarm_about(a->kind)->name, a->cleared ? " was" : "",
                  a->object, a->acknowledged[0] ? " seen" : "");
}

/** "span-down: span 1;disk-full was: disk of /x;" */
static const char *alarms(void)
{
    rt_buf_reset(&seen);
    gw_alarms_each(gw->alarms, write_one, NULL);
    return seen.n > 0 ? seen.p : "";
}

static struct gw_alarm last;

static void keep_first(void *arg, const struct gw_alarm *a)
{
    bool *first = arg;

    if (*first)
        last = *a;
    *first = false;
}

/** The worst, or else the one that was cleared last. */
static const struct gw_alarm *first_alarm(void)
{
    bool first = true;

    memset(&last, 0, sizeof last);
    gw_alarms_each(gw->alarms, keep_first, &first);
    return &last;
}

static void setup(void)
{
    start_with("");
}

static void teardown(void)
{
    stop();
    rt_buf_release(&seen);
}

START_TEST(an_alarm_is_raised_once_and_cleared_once)
{
    struct gw_alarms *a = gw->alarms;

    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk x", "no answer from %d", 3);
    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk x", "no answer from %d", 4);
    ck_assert_str_eq(alarms(), "trunk-down: trunk x;");
    ck_assert_str_eq(first_alarm()->text, "no answer from 4");
    ck_assert_uint_eq(first_alarm()->id, 1);
    ck_assert_uint_eq(gw_alarms_raised(a, GW_ALARM_TRUNK), 1);
    gw_alarm_clear(a, GW_ALARM_TRUNK, "trunk x");
    gw_alarm_clear(a, GW_ALARM_TRUNK, "trunk x");
    gw_alarm_clear(a, GW_ALARM_SPAN, "trunk x");
    ck_assert_str_eq(alarms(), "trunk-down was: trunk x;");
    gw_alarm_set(a, GW_ALARM_TRUNK, "trunk x", true, "again");
    ck_assert_str_eq(alarms(), "trunk-down: trunk x;trunk-down was: trunk x;");
    ck_assert_uint_eq(first_alarm()->id, 2);
    ck_assert_uint_eq(gw_alarms_raised(a, GW_ALARM_TRUNK), 2);
}
END_TEST

START_TEST(the_worst_come_first)
{
    struct gw_alarms *a = gw->alarms;

    gw_alarm_raise(a, GW_ALARM_EMERGENCY, "call 1", "x"); /* warning */
    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk a", "x");    /* major */
    gw_alarm_raise(a, GW_ALARM_CHANNELS, "trunk a", "x"); /* minor */
    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk b", "x");    /* major, newer */
    gw_alarm_raise(a, GW_ALARM_FRAUD, "customer c", "x"); /* critical */
    ck_assert_str_eq(alarms(), "fraud: customer c;trunk-down: trunk b;trunk-down: trunk a;"
                               "channels-busy: trunk a;emergency-call: call 1;");
    ck_assert_uint_eq(gw_alarms_count(a, GW_WARNING), 5);
    ck_assert_uint_eq(gw_alarms_count(a, GW_MINOR), 4);
    ck_assert_uint_eq(gw_alarms_count(a, GW_MAJOR), 3);
    ck_assert_uint_eq(gw_alarms_count(a, GW_CRITICAL), 1);
}
END_TEST

START_TEST(somebody_has_seen_it)
{
    gw_alarm_raise(gw->alarms, GW_ALARM_PLAN, "plan", "x");
    ck_assert_int_eq(gw_alarm_acknowledge(gw->alarms, 1, "eva"), 0);
    ck_assert_int_eq(gw_alarm_acknowledge(gw->alarms, 2, "eva"), ENOENT);
    ck_assert_str_eq(alarms(), "plan-refused: plan seen;");
    gw_alarm_clear(gw->alarms, GW_ALARM_PLAN, "plan");
    ck_assert_str_eq(alarms(), "plan-refused was: plan seen;");
    ck_assert_str_eq(first_alarm()->acknowledged, "eva");
}
END_TEST

/** A thousand last, two hundred are remembered. */
START_TEST(there_is_an_end_to_what_is_kept)
{
    uint64_t before = rt_counted(&gw_alarm_counters[GW_ALARM_NUMEROUS]);
    char object[32];

    for (unsigned i = 0; i < 1100; i++) {
        snprintf(object, sizeof object, "source %u", i);
        gw_alarm_raise(gw->alarms, GW_ALARM_FRAUD, object, "x");
    }
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 1000);
    ck_assert_uint_eq(rt_counted(&gw_alarm_counters[GW_ALARM_NUMEROUS]) - before, 100);
    for (unsigned i = 0; i < 1100; i++) {
        snprintf(object, sizeof object, "source %u", i);
        gw_alarm_clear(gw->alarms, GW_ALARM_FRAUD, object);
    }
    unsigned n = 0;
    for (const char *p = alarms(); (p = strchr(p, ';')); p++)
        n++;
    ck_assert_uint_eq(n, 200);
}
END_TEST

START_TEST(without_a_store_nothing_happens)
{
    gw_alarm_raise(NULL, GW_ALARM_PLAN, "plan", "x");
    gw_alarm_clear(NULL, GW_ALARM_PLAN, "plan");
    gw_alarm_set(NULL, GW_ALARM_PLAN, "plan", true, "x");
    gw_alarms_each(NULL, write_one, NULL);
    ck_assert_int_eq(gw_alarm_acknowledge(NULL, 1, "eva"), ENOENT);
    ck_assert_uint_eq(gw_alarms_count(NULL, GW_WARNING), 0);
    ck_assert_uint_eq(gw_alarms_raised(NULL, GW_ALARM_PLAN), 0);
}
END_TEST

/* ---- how long ---- */

static struct gw_alarm_watch *hand;

static void look(rt_time at, bool is)
{
    hand->now = at;
    gw_alarm_look(hand, GW_ALARM_SPAN, "span 9", is, "x");
}

/** A span has to be bad for 2 s, and then well for 5 s. */
START_TEST(a_blip_is_no_alarm)
{
    struct gw_alarm_watch w = {.gw = gw};

    hand = &w;
    look(RT_S, true);
    look(RT_S + 1900 * RT_MS, true);
    look(RT_S + 1950 * RT_MS, false);
    look(4 * RT_S, true); /* the time begins anew */
    look(5 * RT_S, true);
    ck_assert_str_eq(alarms(), "");
    look(6 * RT_S, true);
    ck_assert_str_eq(alarms(), "span-down: span 9;");
    look(7 * RT_S, false);
    look(11900 * RT_MS, false);
    ck_assert_str_eq(alarms(), "span-down: span 9;");
    look(11950 * RT_MS, true); /* it was not well for long enough */
    look(12 * RT_S, false);
    look(16900 * RT_MS, false);
    ck_assert_str_eq(alarms(), "span-down: span 9;");
    look(17 * RT_S, false);
    ck_assert_str_eq(alarms(), "span-down was: span 9;");
    ck_assert_ptr_null(w.states);
}
END_TEST

/* ---- the watch ---- */

#define SPAN                                                                                       \
    "span 1 {\n pseudowire local 127.0.0.1:7001 remote 127.0.0.1:7002\n e1\n"                      \
    " isdn euroisdn user\n}\ntrunk pri {\n span 1\n numbers isdn\n}\n"

START_TEST(a_span_without_signal_is_seen_after_the_start)
{
    stop();
    start_with(SPAN);
    fake_advance(11500 * RT_MS);
    ck_assert_str_eq(alarms(), "");
    fake_advance(2 * RT_S); /* 10 s of the start, and 2 s that it has to last */
    ck_assert_str_eq(alarms(), "span-down: span 1;");
}
END_TEST

START_TEST(a_full_disk_is_seen)
{
    fake_disk(899, 1000);
    fake_advance(21 * RT_S);
    ck_assert_str_eq(alarms(), "");
    fake_disk(900, 1000);
    fake_advance(11 * RT_S);
    ck_assert_str_eq(alarms(), "disk-full: disk of /var/cdr;");
    ck_assert_str_eq(first_alarm()->text, "90.0 % full, 0 MB are left");
    fake_disk(500, 1000);
    fake_advance(25 * RT_S);
    ck_assert_str_eq(alarms(), "disk-full: disk of /var/cdr;");
    fake_advance(20 * RT_S);
    ck_assert_str_eq(alarms(), "disk-full was: disk of /var/cdr;");
}
END_TEST

START_TEST(records_that_wait_are_seen_and_none_is_lost)
{
    struct gw_cdr r = {.call_id = "0123456789abcdef0123456789abcdef", .seq = 77};
    struct rt_buf text = {0};

    fake_advance(3 * RT_S);
    fake_files_fail(1000, ENOSPC);
    gw_cdr_open(gw->cdr, &r);
    fake_advance(3 * RT_S);
    ck_assert_str_eq(alarms(), "records-waiting: records;");
    ck_assert_str_eq(first_alarm()->text, "1 records wait in memory: /var/cdr cannot be written");
    fake_files_fail(0, 0);
    fake_advance(8 * RT_S);
    ck_assert_str_eq(alarms(), "records-waiting was: records;");
    ck_assert_int_eq(rt_file_read(&text, "/var/cdr/cdr.journal", 100000), 0);
    ck_assert_ptr_nonnull(strstr(text.p, r.call_id));
    rt_buf_release(&text);
}
END_TEST

#define CERTIFICATE(file) "admin socket /run/x {\n tls cert " file " key x.key\n}\n"

/** The first ended at 2026-02-01T00:00:00Z, the second ends in 2036; the third is none. */
START_TEST(certificates_are_looked_at)
{
    static const struct {
        const char *plan, *alarms, *says;
    } rows[] = {
        {CERTIFICATE("expired.crt"), "certificate: certificate expired.crt;",
         "it has ended at 2026-02-01T00:00:00.000Z"},
        {CERTIFICATE("dns.crt"), "", ""},
        {CERTIFICATE("dns.key"), "certificate: certificate dns.key;",
         "it cannot be read: Invalid argument"},
        {CERTIFICATE("none.crt"), "certificate: certificate none.crt;",
         "it cannot be read: No such file or directory"},
    };
    stop();
    start_with(rows[_i].plan);
    tls_files();
    fake_advance(2 * RT_S);
    ck_assert_str_eq(alarms(), rows[_i].alarms);
    ck_assert_str_eq(first_alarm()->text, rows[_i].says);
}
END_TEST

/** `n` calls over the carrier, of which `answers` are answered. */
static void calls(unsigned n, unsigned answers)
{
    struct gw_performance_trunk *t = gw_performance_trunk(gw->performance, "carrier");
    struct gw_performance_event seized = {.what = GW_PERFORMANCE_SEIZED};
    struct gw_performance_event answered = {.what = GW_PERFORMANCE_ANSWERED};

    for (unsigned i = 0; i < n; i++)
        gw_performance_note(gw->performance, t, GW_PERFORMANCE_ALL, &seized, rt_now());
    for (unsigned i = 0; i < answers; i++)
        gw_performance_note(gw->performance, t, GW_PERFORMANCE_ALL, &answered, rt_now());
}

#define MINUTES(n) ((n)*60 * RT_S)

static const struct {
    unsigned before, after; /* answered of a hundred */
    const char *says;
} drops[] = {
    {60, 30, "30.0 % of calls answered in the last 15 minutes, 60.0 % in the hour before"},
    {60, 31, ""},
    {31, 0, "0.0 % of calls answered in the last 15 minutes, 31.0 % in the hour before"},
    {20, 51, ""},
};

/** 30 points less than in the hour before, and 50 calls of each, by default. */
START_TEST(a_trunk_answers_less_than_before)
{
    calls(100, drops[_i].before);
    fake_advance(MINUTES(20)); /* these are 19 to 20 minutes old now: of the hour before */
    calls(49, 0);
    fake_advance(MINUTES(2));
    ck_assert_str_eq(alarms(), ""); /* too few to say anything */
    calls(51, drops[_i].after);
    fake_advance(MINUTES(2));
    if (drops[_i].says[0] == '\0') {
        ck_assert_str_eq(alarms(), "");
        return;
    }
    ck_assert_str_eq(alarms(), "asr-drop: trunk carrier;");
    ck_assert_str_eq(first_alarm()->text, drops[_i].says);
    fake_advance(MINUTES(16)); /* nothing in the last 15 minutes: nothing is known */
    ck_assert_str_eq(alarms(), "asr-drop was: trunk carrier;");
}
END_TEST

static void ended(unsigned n, int64_t talk_ms, uint16_t mos)
{
    struct gw_cdr r = {.answer_time = 1, .talk_ms = talk_ms, .mos_b = mos};

    rt_str_copy(r.from_trunk, sizeof r.from_trunk, rt_str("pbx"));
    rt_str_copy(r.to_trunk, sizeof r.to_trunk, rt_str("carrier"));
    for (unsigned i = 0; i < n; i++)
        gw_alarm_record(gw->alarms, &r);
}

START_TEST(short_calls_are_counted)
{
    ended(24, 5999, 0);
    ended(25, 6000, 0);
    fake_advance(MINUTES(2)); /* 49 calls are too few */
    ck_assert_str_eq(alarms(), "");
    ended(1, 5999, 0); /* 25 of 50: half of them */
    fake_advance(MINUTES(1));
    ck_assert_uint_eq(gw_alarms_raised(gw->alarms, GW_ALARM_SHORT_CALLS), 2);
    ck_assert_str_eq(first_alarm()->text,
                     "25 of 50 answered calls in the last 15 minutes ended within 6 s");
    fake_advance(MINUTES(16));
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 0);
}
END_TEST

START_TEST(bad_sound_is_seen)
{
    ended(10, 60000, 300);
    ended(10, 60000, 320); /* 3.10 on average: as bad as it may be */
    fake_advance(MINUTES(2));
    ck_assert_str_eq(alarms(), "");
    ended(10, 60000, 260); /* 88 / 30 */
    fake_advance(MINUTES(1));
    ck_assert_uint_eq(gw_alarms_raised(gw->alarms, GW_ALARM_QUALITY), 2);
    ck_assert_str_eq(first_alarm()->text, "MOS 2.93 on average in the last 15 minutes");
}
END_TEST

/* ---- who is told ---- */

#define PROGRAM "/usr/bin/tandem-export"

START_TEST(the_webhook_gets_the_line_of_the_verb)
{
    stop();
    start_with("alarms {\n webhook http://127.0.0.1:9/alarms token /etc/token\n}\n");
    fake_child_program(PROGRAM);
    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk x", "a \"reason\"");
    ck_assert_uint_eq(fake_child_starts(), 1);
    json_t *j = json_loads(fake_child_fed(), 0, NULL);
    ck_assert_ptr_nonnull(j);
    ck_assert_str_eq(json_string_value(json_object_get(j, "type")), "alarms");
    ck_assert_str_eq(json_string_value(json_object_get(j, "kind")), "trunk-down");
    ck_assert_str_eq(json_string_value(json_object_get(j, "severity")), "major");
    ck_assert_str_eq(json_string_value(json_object_get(j, "object")), "trunk x");
    ck_assert_str_eq(json_string_value(json_object_get(j, "text")), "a \"reason\"");
    ck_assert_str_eq(json_string_value(json_object_get(j, "cleared_time")), "");
    ck_assert_ptr_nonnull(json_object_get(j, "means"));
    json_decref(j);
    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk x", "another text");
    ck_assert_uint_eq(fake_child_starts(), 1); /* no change of the alarm */
    ck_assert(fake_child_end(0, 0));
    gw_alarm_clear(gw->alarms, GW_ALARM_TRUNK, "trunk x");
    ck_assert_uint_eq(fake_child_starts(), 2);
    ck_assert_ptr_null(strstr(fake_child_fed(), "\"cleared_time\":\"\""));
}
END_TEST

/** Nobody hears that it is over before that it began; another alarm need not wait for it. */
START_TEST(posts_of_an_alarm_keep_their_order)
{
    stop();
    start_with("alarms {\n webhook http://127.0.0.1:9/alarms\n}\n");
    fake_child_program(PROGRAM);
    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk x", "text");
    ck_assert_int_eq(gw_alarm_acknowledge(gw->alarms, 1, "eva"), 0);
    gw_alarm_clear(gw->alarms, GW_ALARM_TRUNK, "trunk x");
    ck_assert_uint_eq(fake_child_starts(), 1);
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "\"acknowledged\":\"\""));
    ck_assert(fake_child_end(0, 0));
    ck_assert_uint_eq(fake_child_starts(), 2);
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "\"acknowledged\":\"eva\""));
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "\"cleared_time\":\"\""));
    ck_assert(fake_child_end(1, 0)); /* not taken: the next one goes all the same */
    ck_assert_uint_eq(fake_child_starts(), 3);
    ck_assert_ptr_null(strstr(fake_child_fed(), "\"cleared_time\":\"\""));
    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk y", "text");
    ck_assert_uint_eq(fake_child_starts(), 4);
}
END_TEST

/** Four at once; two hundred wait, then the oldest are left out. */
START_TEST(a_slow_webhook_does_not_hold_us_up)
{
    uint64_t dropped = rt_counted(&gw_alarm_counters[GW_ALARM_NOT_POSTED]);
    uint64_t failed = rt_counted(&gw_alarm_counters[GW_ALARM_UNPOSTED]);
    char object[32];

    stop();
    start_with("alarms {\n webhook http://127.0.0.1:9/alarms\n}\n");
    fake_child_program(PROGRAM);
    for (unsigned i = 0; i < 210; i++) {
        snprintf(object, sizeof object, "source %u", i);
        gw_alarm_raise(gw->alarms, GW_ALARM_FRAUD, object, "x");
    }
    ck_assert_uint_eq(fake_child_starts(), 4);
    ck_assert_uint_eq(rt_counted(&gw_alarm_counters[GW_ALARM_NOT_POSTED]) - dropped, 6);
    ck_assert(fake_child_end(1, 0));
    ck_assert_uint_eq(fake_child_starts(), 5);
    ck_assert_uint_eq(rt_counted(&gw_alarm_counters[GW_ALARM_UNPOSTED]) - failed, 1);
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "\"source 10\"")); /* 4 to 9 were left out */
    fake_advance(91 * RT_S); /* whoever takes longer is ended */
    ck_assert_uint_eq(fake_child_starts(), 9);
}
END_TEST

START_TEST(a_program_that_is_missing_is_counted)
{
    uint64_t failed = rt_counted(&gw_alarm_counters[GW_ALARM_UNPOSTED]);

    stop();
    start_with("alarms {\n webhook http://127.0.0.1:9/alarms\n}\n");
    gw_alarm_raise(gw->alarms, GW_ALARM_PLAN, "plan", "x");
    ck_assert_uint_eq(rt_counted(&gw_alarm_counters[GW_ALARM_UNPOSTED]) - failed, 1);
}
END_TEST

/* ---- the log ---- */

/** A thousand lines are kept; a long one is cut. */
START_TEST(the_last_lines_of_the_log_are_kept)
{
    char wanted[32], text[1000];
    struct gw_log_line line;
    uint64_t at = 0;
    unsigned n = 0;

    for (unsigned i = 0; i < 1500; i++)
        rt_log(RT_LOG_SIP, RT_WARN, "line %u", i);
    for (; gw_log_ring_next(&at, &line); n++) {
        snprintf(wanted, sizeof wanted, "line %u", 500 + n);
        ck_assert_str_eq(line.text, wanted);
        ck_assert_int_eq(line.level, RT_WARN);
        ck_assert_int_eq(line.subsystem, RT_LOG_SIP);
        ck_assert_int_eq(line.at, rt_wall());
    }
    ck_assert_uint_eq(n, 1000);
    memset(text, 'x', sizeof text);
    rt_log(RT_LOG_SIP, RT_ERROR, "%.900s", text);
    ck_assert(gw_log_ring_next(&at, &line));
    ck_assert_uint_eq(strlen(line.text), GW_LOG_LINE - 1);
    ck_assert(!gw_log_ring_next(&at, &line));
}
END_TEST

static bool answers(const char *request, const char *says)
{
    struct rt_buf out = {0};
    bool end;

    gw_control_answer(gw, rt_str(request), &out, &end);
    bool has = strstr(out.p, says) != NULL;
    rt_buf_release(&out);
    return has;
}

START_TEST(the_operator_asks_for_the_log)
{
    rt_log(RT_LOG_MEDIA, RT_WARN, "a warning");
    ck_assert(answers("{\"argv\":[\"show\",\"log\"]}", "\"level\":\"warn\",\"subsystem\":\"media\","
                                                       "\"text\":\"a warning\"}"));
    ck_assert(answers("{\"argv\":[\"show\",\"log\",\"--level\",\"warn\"]}", "a warning"));
    ck_assert(!answers("{\"argv\":[\"show\",\"log\",\"--level\",\"error\"]}", "a warning"));
}
END_TEST

/* ---- the manual ---- */

/** Each kind has its row in docs/alarms.md, word for word; and there are no others. */
START_TEST(the_manual_says_what_the_table_says)
{
    struct rt_buf text = {0}, row = {0};
    char chunk[4096];
    FILE *f = fopen("docs/alarms.md", "r");
    unsigned rows = 0;
    size_t n;

    ck_assert_ptr_nonnull(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        rt_buf_put(&text, chunk, n);
    fclose(f);
    for (unsigned k = 0; k < GW_ALARM_KINDS; k++) {
        const struct gw_alarm_about *a = gw_alarm_about(k);
        rt_buf_reset(&row);
        rt_buf_printf(&row, "\n| `%s` | %s | %s | %s |\n", a->name, gw_severity_name(a->severity),
                      a->means, a->remedy);
        ck_assert_msg(strstr(text.p, row.p), "%s", row.p);
    }
    for (const char *p = text.p; (p = strstr(p, "\n| `")); p++)
        rows++;
    ck_assert_uint_eq(rows, GW_ALARM_KINDS);
    rt_buf_release(&text);
    rt_buf_release(&row);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("alarm");
    TCase *t = tcase_create("alarm");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_alarm_is_raised_once_and_cleared_once);
    tcase_add_test(t, the_worst_come_first);
    tcase_add_test(t, somebody_has_seen_it);
    tcase_add_test(t, there_is_an_end_to_what_is_kept);
    tcase_add_test(t, without_a_store_nothing_happens);
    tcase_add_test(t, a_blip_is_no_alarm);
    tcase_add_test(t, a_span_without_signal_is_seen_after_the_start);
    tcase_add_test(t, a_full_disk_is_seen);
    tcase_add_test(t, records_that_wait_are_seen_and_none_is_lost);
    tcase_add_loop_test(t, certificates_are_looked_at, 0, 4);
    tcase_add_loop_test(t, a_trunk_answers_less_than_before, 0, 4);
    tcase_add_test(t, short_calls_are_counted);
    tcase_add_test(t, bad_sound_is_seen);
    tcase_add_test(t, the_webhook_gets_the_line_of_the_verb);
    tcase_add_test(t, posts_of_an_alarm_keep_their_order);
    tcase_add_test(t, a_slow_webhook_does_not_hold_us_up);
    tcase_add_test(t, a_program_that_is_missing_is_counted);
    tcase_add_test(t, the_last_lines_of_the_log_are_kept);
    tcase_add_test(t, the_operator_asks_for_the_log);
    tcase_add_test(t, the_manual_says_what_the_table_says);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
