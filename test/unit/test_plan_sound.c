/* What the plan says of announcements, recordings and tones that are listened for. */
#include "codec/clip.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n"                        \
    " isdn euroisdn user\n}\nsite b { dialling de area 30 }\n"

/** WAVs of 8 kHz, 16 bits, one channel; silence of 1, 2, 3 samples. */
static void files(void)
{
    static const char head[44] =
        "RIFF....WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\200\76\0\0\2\0\20\0data";
    static const char *const paths[] = {"/1.wav", "/2.wav", "/3.wav"};
    char wav[50] = {0};

    fake_reset();
    for (unsigned n = 1; n <= 3; n++) {
        memcpy(wav, head, sizeof head);
        memset(wav + 4, 0, 4);
        wav[4] = (char)(36 + 2 * n);
        wav[40] = (char)(2 * n);
        rt_file_replace(paths[n - 1], wav, 44 + 2 * n, 0644);
    }
    rt_file_replace("/text.wav", "no sound", 8, 0644);
}

static void good(const char *top, const char *pbx, const char *pri)
{
    files();
    rig_plan(HEAD "%s\ntrunk pbx {\n sip sip:10.0.0.2\n %s\n}\ntrunk pri {\n span 1\n %s\n}\n", top,
             pbx, pri);
    ck_assert_msg(plan != NULL, "%s", diag.text.p ? diag.text.p : "");
}

static void bad(const char *top, const char *pbx, const char *message)
{
    files();
    rig_plan(HEAD "%s\ntrunk pbx {\n sip sip:10.0.0.2\n %s\n}\n", top, pbx);
    ck_assert_ptr_null(plan);
    ck_assert_msg(strstr(diag.text.p, message) != NULL, "%s", diag.text.p);
}

/** Samples of what a trunk's callers hear; 0: nothing. */
static size_t heard(unsigned trunk, unsigned cause)
{
    const struct clip *c = gw_plan_announcement(plan, &plan->trunks[trunk], cause);
    return c ? c->n : 0;
}

START_TEST(announcements_are_for_lines_unless_asked_for)
{
    good("announcements {\n cause 1, 22 /1.wav\n default /2.wav\n}", "", "");
    ck_assert_uint_eq(heard(0, 1), 0);
    ck_assert_uint_eq(heard(1, 1), 1);
    ck_assert_uint_eq(heard(1, 22), 1);
    ck_assert_uint_eq(heard(1, 17), 2);
    teardown();
    setup();
    good("announcements {\n cause 1 /1.wav\n}", "announce on", "announce off");
    ck_assert_uint_eq(heard(0, 1), 1);
    ck_assert_uint_eq(heard(0, 2), 0);
    ck_assert_uint_eq(heard(1, 1), 0);
}
END_TEST

START_TEST(announcements_of_a_trunk_go_first)
{
    good("announcements {\n cause 1 /1.wav\n default /2.wav\n}", "",
         "announcements {\n cause 17 /3.wav\n}");
    ck_assert_uint_eq(heard(1, 17), 3);
    ck_assert_uint_eq(heard(1, 1), 1);
    ck_assert_uint_eq(heard(1, 34), 2);
    teardown();
    setup();
    good("announcements {\n cause 1 /1.wav\n}", "", "announcements {\n default /3.wav\n}");
    ck_assert_uint_eq(heard(1, 1), 3);
}
END_TEST

START_TEST(sounds_that_cannot_be_played)
{
    bad("announcements {\n cause 1 /none.wav\n}", "",
        "t.conf:10:10: \"/none.wav\" cannot be read: No such file");
    teardown();
    setup();
    bad("announcements {\n cause 1, 2 /text.wav\n}", "", "t.conf:10:13: \"/text.wav\" cannot be");
    teardown();
    setup();
    bad("announcements {\n cause 1, 1 /1.wav\n}", "", "cause 1 has an announcement already");
    teardown();
    setup();
    bad("announcements {\n cause 128 /1.wav\n}", "", "t.conf:10:8:");
}
END_TEST

START_TEST(recordings_have_defaults)
{
    good("", "record both", "");
    const struct gw_record_plan *r = &plan->trunks[0].sound.record;
    ck_assert(r->on);
    ck_assert_str_eq(r->directory, "/var/spool/tandem");
    ck_assert_int_eq(r->format, GW_RECORD_WAV);
    ck_assert_ptr_nonnull(strstr(r->name, "{call}"));
    ck_assert(!plan->trunks[1].sound.record.on);
    teardown();
    setup();
    good("recordings {\n directory\n format\n name\n}", "", "");
    ck_assert_str_eq(plan->record.directory, "/var/spool/tandem");
    ck_assert_ptr_nonnull(strstr(plan->record.name, "{call}"));
    teardown();
    setup();
    good("recordings {\n directory /r\n format opus\n name \"{trunk}/{call}\"\n}",
         "record both to /s wav", "record off");
    r = &plan->trunks[0].sound.record;
    ck_assert(r->on);
    ck_assert_str_eq(r->directory, "/s");
    ck_assert_int_eq(r->format, GW_RECORD_WAV);
    ck_assert_str_eq(r->name, "{trunk}/{call}");
    r = &plan->trunks[1].sound.record;
    ck_assert(!r->on);
    ck_assert_str_eq(r->directory, "/r");
    ck_assert_int_eq(r->format, GW_RECORD_OPUS);
}
END_TEST

START_TEST(names_of_recordings_that_are_wrong)
{
    bad("recordings {\n name \"{caller}\"\n}", "", "needs {call}");
    teardown();
    setup();
    bad("recordings {\n name \"{call}-{month}\"\n}", "", "unknown word at \"{month}\"");
    teardown();
    setup();
    bad("recordings {\n name \"../{call}\"\n}", "", "must stay in the directory");
    teardown();
    setup();
    bad("", "record left", "is none of both|off");
}
END_TEST

START_TEST(tones_are_listened_for_on_lines)
{
    good("", "", "progress-detect on");
    ck_assert(plan->trunks[1].sound.detect);
    teardown();
    setup();
    bad("", "progress-detect on", "\"progress-detect\" is for trunks on spans");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan: sound");
    TCase *tc = tcase_create("sound");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, announcements_are_for_lines_unless_asked_for);
    tcase_add_test(tc, announcements_of_a_trunk_go_first);
    tcase_add_test(tc, sounds_that_cannot_be_played);
    tcase_add_test(tc, recordings_have_defaults);
    tcase_add_test(tc, names_of_recordings_that_are_wrong);
    tcase_add_test(tc, tones_are_listened_for_on_lines);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
