/* Recordings: both sides in their channels and in time, a header that is right before the end, the
 * name at the end, a disk that fails, Opus; and announcements read from files.
 */
#include "gw/recorder.h"
#include "gw/rt/file.h"
#include "gw/rt/loop.h"
#include "gw/sound_load.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH "/rec/2026/call.wav"

static struct gw_recorder *recorder;
static struct tape *tape;
static struct rt_buf file;
static uint64_t files, failed, lost;

static uint64_t counted(enum gw_recorder_counter c)
{
    return atomic_load(&gw_recorder_counters[c].value);
}

static void setup(void)
{
    fake_reset();
    ck_assert_int_eq(gw_recorder_new(&recorder), 0);
    ck_assert_int_eq(tape_new(&tape), 0);
    files = counted(GW_RECORDER_FILES);
    failed = counted(GW_RECORDER_FAILED);
    lost = counted(GW_RECORDER_LOST);
}

static void teardown(void)
{
    struct fake_leaks leaks;

    gw_recorder_free(recorder);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.timers + leaks.loops + leaks.files, 0);
    rt_buf_release(&file);
}

/** One block: the left side's value, the right side's. */
static void put(int16_t left, int16_t right)
{
    int16_t in[TAPE_BLOCK], out[TAPE_BLOCK];

    for (unsigned i = 0; i < TAPE_BLOCK; i++) {
        in[i] = left;
        out[i] = right;
    }
    tape_hear(tape, in);
    tape_say(tape, out);
}

/** `ms` of it, in real time. */
static void talk(unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 10) {
        put((int16_t)(100 + t / 1000), -7);
        fake_advance(10 * RT_MS);
    }
}

static void end_tape(void)
{
    tape_end(tape);
    fake_advance(200 * RT_MS);
}

static const unsigned char *reread(const char *path)
{
    rt_buf_reset(&file);
    ck_assert_int_eq(rt_file_read(&file, path, 1 << 24), 0);
    return (const unsigned char *)file.p;
}

static unsigned le(const unsigned char *p, unsigned n)
{
    unsigned v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

/** Frames that the WAV's header says there are; `*data` is where they begin. RIFF: chunks of name,
 * size, contents; "fmt ": format 1 (PCM), channels, rate, octets per second, per frame, bits. */
static unsigned frames(const unsigned char *p, const unsigned char **data)
{
    unsigned at = 12;

    ck_assert_mem_eq(p, "RIFF", 4);
    ck_assert_mem_eq(p + 8, "WAVE", 4);
    ck_assert_mem_eq(p + 12, "fmt ", 4);
    ck_assert_uint_eq(le(p + 20, 2), 1);
    ck_assert_uint_eq(le(p + 22, 2), 2);
    ck_assert_uint_eq(le(p + 24, 4), 8000);
    ck_assert_uint_eq(le(p + 34, 2), 16);
    while (memcmp(p + at, "data", 4) != 0)
        at += 8 + le(p + at + 4, 4);
    *data = p + at + 8;
    ck_assert_uint_le(at + 8 + le(p + at + 4, 4), file.n);
    return le(p + at + 4, 4) / 4;
}

static int sample(const unsigned char *data, unsigned frame, unsigned side)
{
    return (int16_t)le(data + 4 * (size_t)frame + 2 * side, 2);
}

START_TEST(sides_are_in_their_channels_and_in_time)
{
    const unsigned char *data;

    ck_assert_int_eq(gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV), 0);
    talk(2000);
    ck_assert_int_eq(rt_file_read(&file, PATH, 1 << 24), ENOENT); /* not complete */
    end_tape();
    ck_assert_uint_eq(frames(reread(PATH), &data), 16000);
    ck_assert_int_eq(sample(data, 0, 0), 100);
    ck_assert_int_eq(sample(data, 7999, 0), 100);
    ck_assert_int_eq(sample(data, 8000, 0), 101);
    ck_assert_int_eq(sample(data, 15999, 1), -7);
    ck_assert_uint_eq(counted(GW_RECORDER_FILES), files + 1);
    ck_assert_int_eq(rt_file_read(&file, PATH ".part", 1 << 24), ENOENT);
}
END_TEST

START_TEST(what_a_killed_process_leaves_plays_to_the_last_second)
{
    const unsigned char *data;

    gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV);
    talk(5500);
    unsigned n = frames(reread(PATH ".part"), &data);
    ck_assert_uint_ge(n, 4 * 8000);
    ck_assert_int_eq(sample(data, n - 1, 1), -7);
    end_tape();
}
END_TEST

START_TEST(what_was_dropped_is_silence)
{
    const unsigned char *data;

    gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV);
    for (unsigned i = 0; i < TAPE_BLOCKS + 50; i++)
        put(5, 6); /* at once: nobody takes any */
    fake_advance(200 * RT_MS);
    put(8, 9);
    end_tape();
    ck_assert_uint_eq(frames(reread(PATH), &data), (TAPE_BLOCKS + 51) * 80);
    ck_assert_int_eq(sample(data, TAPE_BLOCKS * 80 - 1, 0), 5);
    ck_assert_int_eq(sample(data, TAPE_BLOCKS * 80, 0), 0);
    ck_assert_int_eq(sample(data, (TAPE_BLOCKS + 50) * 80 - 1, 1), 0);
    ck_assert_int_eq(sample(data, (TAPE_BLOCKS + 50) * 80, 1), 9);
    ck_assert_uint_eq(counted(GW_RECORDER_LOST), lost + 50);
}
END_TEST

START_TEST(file_that_cannot_be_made_is_counted)
{
    tape_hold(tape);
    fake_files_fail(1, EACCES);
    gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV);
    talk(300);
    ck_assert_uint_eq(counted(GW_RECORDER_FAILED), failed + 1);
    talk(300); /* nobody takes any more: the call goes on */
    tape_drop(tape);
}
END_TEST

START_TEST(full_disk_ends_the_recording_but_keeps_what_there_is)
{
    const unsigned char *data;

    tape_hold(tape);
    gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV);
    talk(1500);
    fake_files_fail(1, ENOSPC);
    talk(1000);
    ck_assert_uint_eq(counted(GW_RECORDER_FAILED), failed + 1);
    ck_assert_uint_ge(frames(reread(PATH), &data), 8000);
    ck_assert_uint_eq(counted(GW_RECORDER_FILES), files);
    tape_drop(tape);
}
END_TEST

START_TEST(recorder_that_is_freed_completes_its_files)
{
    const unsigned char *data;

    gw_recorder_add(recorder, tape, PATH, GW_RECORD_WAV);
    put(1, 2); /* the thread has not seen it yet */
    gw_recorder_free(recorder);
    recorder = NULL;
    ck_assert_uint_eq(frames(reread(PATH), &data), 80);
}
END_TEST

static double energy(const struct clip *c)
{
    double sum = 0;

    for (size_t i = 0; i < c->n; i++)
        sum += (double)c->pcm[i] * c->pcm[i];
    return sqrt(sum / (double)c->n);
}

/** A tone of 400 Hz on both sides comes back from Opus as loud as it was, to 1 dB. */
START_TEST(opus_is_written_in_ogg)
{
    struct clip *c;
    const char *why;
    int16_t pcm[TAPE_BLOCK];

    gw_recorder_add(recorder, tape, "/rec/a.opus", GW_RECORD_OPUS);
    for (unsigned n = 0; n < 300; n++) {
        for (unsigned i = 0; i < TAPE_BLOCK; i++)
            pcm[i] = (int16_t)(8000 * sin((n * 80 + i) * 2 * M_PI * 400 / 8000));
        tape_hear(tape, pcm);
        tape_say(tape, pcm);
        fake_advance(10 * RT_MS);
    }
    end_tape();
    ck_assert_mem_eq(reread("/rec/a.opus"), "OggS", 4);
    ck_assert_int_eq(gw_sound_load(&c, "/rec/a.opus", &why), 0);
    ck_assert_uint_ge(c->n, 3 * 8000 - 400);
    ck_assert_uint_le(c->n, 3 * 8000 + 400);
    ck_assert_double_eq_tol(energy(c), 8000 / sqrt(2), 8000 / sqrt(2) * 0.12);
    clip_drop(c);
}
END_TEST

/* ---- announcements ---- */

static void le_put(struct rt_buf *b, unsigned v, unsigned n)
{
    for (; n-- > 0; v >>= 8)
        rt_buf_put(b, &(unsigned char){(unsigned char)v}, 1);
}

/** A WAV of one second of 440 Hz at amplitude 10000. */
static void put_wav(const char *path, unsigned rate, unsigned channels)
{
    struct rt_buf b = {0};

    rt_buf_puts(&b, "RIFF");
    le_put(&b, 36 + rate * channels * 2, 4);
    rt_buf_puts(&b, "WAVEfmt ");
    le_put(&b, 16, 4);
    le_put(&b, 1, 2);
    le_put(&b, channels, 2);
    le_put(&b, rate, 4);
    le_put(&b, rate * channels * 2, 4);
    le_put(&b, channels * 2, 2);
    le_put(&b, 16, 2);
    rt_buf_puts(&b, "data");
    le_put(&b, rate * channels * 2, 4);
    for (unsigned i = 0; i < rate; i++)
        for (unsigned c = 0; c < channels; c++)
            le_put(&b, (unsigned)(int)lround(10000 * sin(i * 2 * M_PI * 440 / rate)) & 0xffff, 2);
    ck_assert_int_eq(rt_file_replace(path, b.p, b.n, 0644), 0);
    rt_buf_release(&b);
}

/** Whatever the rate, a second stays a second, and the tone keeps its power and its zero
 * crossings: 880 in a second. */
START_TEST(sound_of_any_rate_becomes_8_khz)
{
    static const unsigned rates[] = {8000, 11025, 16000, 44100, 48000};
    unsigned rate = rates[_i / 2], crossings = 0;
    struct clip *c;
    const char *why;

    put_wav("/s.wav", rate, 1 + (unsigned)_i % 2);
    ck_assert_int_eq(gw_sound_load(&c, "/s.wav", &why), 0);
    ck_assert_uint_ge(c->n, 7998);
    ck_assert_uint_le(c->n, 8000);
    for (size_t i = 1; i < c->n; i++)
        crossings += (c->pcm[i] >= 0) != (c->pcm[i - 1] >= 0);
    ck_assert_uint_ge(crossings, 877);
    ck_assert_uint_le(crossings, 882);
    ck_assert_double_eq_tol(energy(c), 10000 / sqrt(2), 100);
    clip_drop(c);
    tape_drop(tape);
}
END_TEST

START_TEST(what_is_no_sound_is_refused)
{
    struct clip *c;
    const char *why = NULL;

    ck_assert_int_eq(gw_sound_load(&c, "/none.wav", &why), ENOENT);
    rt_file_replace("/text.wav", "hello", 5, 0644);
    ck_assert_int_eq(gw_sound_load(&c, "/text.wav", &why), EINVAL);
    ck_assert_ptr_nonnull(why);
    tape_drop(tape);
}
END_TEST

/** A recorded voice of Asterisk's: its length is in its header. */
START_TEST(voice_of_asterisk_is_read)
{
    static const char path[] = "/usr/share/asterisk/sounds/en_US_f_Allison/ss-noservice.wav";
    static char bytes[1 << 21];
    FILE *f = fopen(path, "rb");
    struct clip *c;
    const char *why;

    tape_drop(tape);
    if (!f) {
        fprintf(stderr, "%s is not there: asterisk-core-sounds-en-wav\n", path);
        return;
    }
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    rt_file_replace("/voice.wav", bytes, n, 0644);
    ck_assert_int_eq(gw_sound_load(&c, "/voice.wav", &why), 0);
    ck_assert_uint_eq(c->n, le((const unsigned char *)bytes + 40, 4) / 2);
    ck_assert_double_gt(energy(c), 300);
    clip_drop(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recorder");
    TCase *tc = tcase_create("recorder");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, sides_are_in_their_channels_and_in_time);
    tcase_add_test(tc, what_a_killed_process_leaves_plays_to_the_last_second);
    tcase_add_test(tc, what_was_dropped_is_silence);
    tcase_add_test(tc, file_that_cannot_be_made_is_counted);
    tcase_add_test(tc, full_disk_ends_the_recording_but_keeps_what_there_is);
    tcase_add_test(tc, recorder_that_is_freed_completes_its_files);
    tcase_add_test(tc, opus_is_written_in_ogg);
    tcase_add_loop_test(tc, sound_of_any_rate_becomes_8_khz, 0, 10);
    tcase_add_test(tc, what_is_no_sound_is_refused);
    tcase_add_test(tc, voice_of_asterisk_is_read);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? 1 : 0;
}
