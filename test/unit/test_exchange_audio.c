/* What the exchange sends and what it measures: tones, digits, gaps, markers. */
#include "test/exchange/media.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND AUDIO_RATE

static struct ex_media media;

static void setup(void)
{
    fake_reset();
    ck_assert_int_eq(ex_media_init(&media, G711_A, true), 0);
}

static void teardown(void)
{
    ex_media_release(&media);
}

static double number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    ck_assert_msg(v, "no %s", key);
    return json_number_value(v);
}

/** Hears what it sends itself, `delay` ticks of 8 later; drops the ticks in [from, to). */
static void loop_back(unsigned ticks, unsigned delay, unsigned from, unsigned to)
{
    static uint8_t line[SECOND];
    uint8_t tx[8];

    memset(line, 0xd5, sizeof line); /* A-law silence */
    for (unsigned i = 0; i < ticks; i++) {
        uint8_t *at = line + i * 8 % sizeof line;
        uint8_t rx[8];
        memcpy(rx, line + (i + SECOND / 8 - delay) * 8 % sizeof line, 8);
        if (i >= from && i < to)
            memset(rx, 0xd5, 8);
        ex_media_tick(&media, delay ? rx : tx, tx, 8);
        memcpy(at, tx, 8);
    }
}

static struct ex_step step(enum ex_op op, const char *text)
{
    struct ex_step s = {.op = op, .level = -10, .hz = 1004, .on = 80 * RT_MS, .off = 80 * RT_MS};

    strcpy(s.text, text);
    strcpy(s.country, "de");
    return s;
}

static void begin(enum ex_op op, const char *text)
{
    struct ex_step s = step(op, text);

    ck_assert_int_eq(ex_media_step(&media, NULL, &s), 0);
}

START_TEST(tone_is_measured)
{
    begin(EX_TONE, "");
    loop_back(3000, 10, 0, 0);
    json_t *o = ex_meter_json(&media.meter);
    ck_assert_double_eq_tol(number(o, "tone_hz"), 1004, 1);
    ck_assert_double_eq_tol(number(o, "tone_dbm0"), -10, 0.3);
    ck_assert(number(o, "tone_snr_db") > 33); /* G.711 table: better than 33 dB at -10 dBm0 */
    ck_assert_double_eq_tol(number(o, "gaps"), 0, 0.5);
    json_decref(o);
}
END_TEST

/** The first one was clearer. */
START_TEST(last_tone_is_known)
{
    struct ex_step second = step(EX_TONE, "");

    begin(EX_TONE, "");
    loop_back(2000, 10, 0, 0);
    second.hz = 425;
    second.level = -40;
    ck_assert_int_eq(ex_media_step(&media, NULL, &second), 0);
    loop_back(2000, 10, 0, 0);
    json_t *o = ex_meter_json(&media.meter);
    ck_assert_double_eq_tol(number(o, "tone_hz"), 1004, 1);
    ck_assert_double_eq_tol(number(o, "tone_last_hz"), 425, 1);
    json_decref(o);
}
END_TEST

/** 30 ticks of 1 ms without signal are one gap of 30 ms; less than 10 ms are none. */
START_TEST(gaps_are_counted)
{
    begin(EX_TONE, "");
    loop_back(1000, 10, 500, 530);
    loop_back(1000, 10, 500, 508);
    json_t *o = ex_meter_json(&media.meter);
    ck_assert(number(o, "gaps") >= 1 && number(o, "gaps") <= 2); /* the loop's own start */
    ck_assert_double_eq_tol(number(o, "gap_longest_ms"), 30, 1);
    json_decref(o);
}
END_TEST

START_TEST(digits_are_heard)
{
    begin(EX_DTMF, "159D*#");
    ck_assert(!ex_media_played(&media));
    loop_back(1200, 10, 0, 0);
    ck_assert(ex_media_played(&media));
    ck_assert_str_eq(media.meter.digits, "159D*#");
}
END_TEST

/** 100 ticks of 1 ms there and back. */
START_TEST(marker_comes_back)
{
    begin(EX_MARKER, "");
    loop_back(3000, 100, 0, 0);
    json_t *o = ex_meter_json(&media.meter);
    ck_assert(number(o, "markers") >= 2);
    ck_assert_double_eq_tol(number(o, "delay_ms"), 100, 0.2);
    ck_assert_double_eq_tol(number(o, "delay_min_ms"), number(o, "delay_max_ms"), 0.2);
    /* it began with sample 0 of a second, and was heard 100 ticks of 8 samples later */
    ck_assert_uint_eq(media.meter.marker % SECOND, 800);
    json_decref(o);
}
END_TEST

/** The first one begins with the very next sample, the second 8000 samples later. */
START_TEST(marker_is_told_when_it_begins)
{
    uint8_t line[7] = {0}; /* 8000 is 6 more than a multiple of 7 */

    begin(EX_MARKER, "");
    for (unsigned i = 0; i < 1145; i++) {
        ex_media_tick(&media, line, line, 7);
        ck_assert_int_eq(media.marked, i == 0 ? 0 : i == 1142 ? 6 : -1);
    }
}
END_TEST

/** ITU-T E.180 and the German networks: 425 Hz. */
START_TEST(tones_of_a_country)
{
    struct ex_step wrong = step(EX_TONES, "moan"), digits = step(EX_DTMF, "12z");

    begin(EX_TONES, "dial");
    loop_back(2000, 10, 0, 0);
    json_t *o = ex_meter_json(&media.meter);
    ck_assert_double_eq_tol(number(o, "tone_hz"), 425, 1);
    json_decref(o);
    ck_assert_int_eq(ex_media_step(&media, NULL, &wrong), EINVAL);
    ck_assert_int_eq(ex_media_step(&media, NULL, &digits), EINVAL);
}
END_TEST

START_TEST(echo_sends_back_the_octets)
{
    uint8_t rx[160], tx[160];

    for (unsigned i = 0; i < sizeof rx; i++)
        rx[i] = (uint8_t)(i * 37);
    begin(EX_ECHO, "");
    ex_media_tick(&media, rx, tx, sizeof rx);
    ck_assert_mem_eq(rx, tx, sizeof rx);
    begin(EX_SILENCE, "");
    ex_media_tick(&media, rx, tx, sizeof rx);
    ck_assert_uint_eq(tx[0], 0xd5);
    ck_assert_uint_eq(tx[159], 0xd5);
}
END_TEST

/** Without measurement nothing but what is sent or recorded is worked on. */
START_TEST(deaf)
{
    struct ex_step marker = step(EX_MARKER, "");

    ex_media_deafen(&media);
    ck_assert(ex_media_idle(&media));
    ck_assert_int_eq(ex_media_step(&media, NULL, &marker), ENOTSUP);
    begin(EX_TONE, "");
    ck_assert(!ex_media_idle(&media));
    loop_back(100, 10, 0, 0);
    ck_assert_uint_eq(media.meter.samples, 0);
    begin(EX_SILENCE, "");
    begin(EX_RECORD, "x.wav");
    ck_assert(!ex_media_idle(&media));
    loop_back(100, 10, 0, 0);
    ck_assert_uint_eq(media.heard.n, 800);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("exchange_audio");
    TCase *t = tcase_create("audio");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, tone_is_measured);
    tcase_add_test(t, last_tone_is_known);
    tcase_add_test(t, gaps_are_counted);
    tcase_add_test(t, digits_are_heard);
    tcase_add_test(t, marker_comes_back);
    tcase_add_test(t, marker_is_told_when_it_begins);
    tcase_add_test(t, tones_of_a_country);
    tcase_add_test(t, echo_sends_back_the_octets);
    tcase_add_test(t, deaf);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
