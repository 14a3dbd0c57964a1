/* Tapes: both directions of a line and of an RTP port, in time; a full tape drops and keeps the
 * time; recording switches relaying off, and is over when the port closes.
 */
#include "codec/tape.h"
#include "test/unit/media_rig.h"

#define TS 7

START_TEST(full_tape_drops_blocks_and_keeps_the_time)
{
    struct tape *t;
    struct tape_block b;
    int16_t pcm[TAPE_BLOCK];

    ck_assert_int_eq(tape_new(&t), 0);
    ck_assert(!tape_take(t, &b));
    tape_say(t, NULL); /* no block has begun */
    ck_assert(!tape_take(t, &b));
    for (unsigned n = 0; n < TAPE_BLOCKS + 10; n++) {
        for (unsigned i = 0; i < TAPE_BLOCK; i++)
            pcm[i] = (int16_t)n;
        tape_hear(t, pcm);
        tape_say(t, n % 2 ? pcm : NULL);
    }
    for (unsigned n = 0; n < TAPE_BLOCKS; n++) {
        ck_assert(tape_take(t, &b));
        ck_assert_uint_eq(b.at, n);
        ck_assert_int_eq(b.in[79], (int16_t)n);
        ck_assert_int_eq(b.out[0], n % 2 ? (int16_t)n : 0);
    }
    ck_assert(!tape_take(t, &b));
    tape_hear(t, NULL);
    ck_assert(!tape_take(t, &b)); /* half a block is none */
    tape_say(t, pcm);
    ck_assert(tape_take(t, &b));
    ck_assert_uint_eq(b.at, TAPE_BLOCKS + 10); /* the ten that are missing */
    ck_assert(!tape_ended(t));
    tape_end(t);
    ck_assert(tape_ended(t));
    tape_drop(t);
    tape_drop(NULL);
}
END_TEST

/** A-law: positive, segment 3, interval 0 (0xb0), even bits inverted; its value is 33 * 4 of 4096
 * (G.711 table 1a), 1056 of 32768. */
static uint8_t loud_line(unsigned ts, unsigned at)
{
    (void)ts;
    (void)at;
    return 0xb0 ^ 0x55;
}

START_TEST(line_is_recorded_in_both_directions)
{
    struct media_port *p = rig_tdm(TS);
    struct tape *t;
    struct tape_block b;
    unsigned n = 0, in = 0, out = 0;

    rig->line = loud_line;
    ck_assert_int_eq(tape_new(&t), 0);
    ck_assert_int_eq(media_record(p, t), 0);
    media_tone(p, tone_country("de", TONE_DIAL));
    rig_run(1000);
    while (tape_take(t, &b)) {
        ck_assert_uint_eq(b.at, n++);
        in += b.in[40] == 1056;
        out += b.out[40] != b.out[41];
    }
    /* a block is lost at most until the order is seen */
    ck_assert_uint_ge(n, 99);
    ck_assert_uint_eq(in, n);
    ck_assert_uint_ge(out, n - 2);
    ck_assert(!tape_ended(t));
    media_record(p, NULL);
    rig_run(30);
    ck_assert(tape_ended(t));
    tape_drop(t);
    media_close(p);
    rig_run(20);
}
END_TEST

START_TEST(tape_ends_with_its_port)
{
    struct media_port *p = rig_tdm(TS);
    struct tape *t;

    ck_assert_int_eq(tape_new(&t), 0);
    media_record(p, t);
    rig_run(100);
    media_close(p);
    rig_run(30);
    ck_assert(tape_ended(t));
    ck_assert_int_eq(rig_count(MEDIA_CLOSED), 1);
    tape_drop(t);
}
END_TEST

static uint8_t loud_voice(unsigned at)
{
    return loud_line(0, at);
}

/** Two ports of the same codec whose packets pass as they are, until one is recorded. */
START_TEST(recording_switches_relaying_off)
{
    struct media_rtp agreed = rig_agreed(CODEC_PCMA), other = agreed;
    struct media_port *a, *b;
    struct tape *t;
    struct tape_block block;
    unsigned n = 0, in = 0;

    other.remote = rig_addr("192.0.2.8:7000");
    b = rig_rtp(&other);
    a = rig_rtp(&agreed);
    rig->voice = loud_voice;
    rig->talks = true;
    ck_assert_int_eq(media_join(a, b, MEDIA_BOTH), 0);
    rig_run(200);
    ck_assert_int_eq(tape_new(&t), 0);
    media_record(a, t);
    rig_run(1000);
    while (tape_take(t, &block)) {
        n++;
        in += block.in[40] == 1056;
    }
    ck_assert_uint_ge(n, 99);
    ck_assert_uint_ge(in, 85); /* all but what the jitter buffer waits for at first */
    rig->talks = false;
    media_close(a);
    media_close(b);
    rig_run(30);
    ck_assert(tape_ended(t));
    tape_drop(t);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, full_tape_drops_blocks_and_keeps_the_time);
    tcase_add_test(tc, line_is_recorded_in_both_directions);
    tcase_add_test(tc, tape_ends_with_its_port);
    tcase_add_test(tc, recording_switches_relaying_off);
}

int main(void)
{
    return rig_main("tape", add);
}
