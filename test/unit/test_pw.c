/* The pseudowire's octets and its receive buffer: the control word bit by bit (RFC 5086 4.3), and
 * what becomes of packets that come late, twice, in disorder or at another clock's pace.
 */
#include "isdn/pw.h"
#include "isdn/pw_jitter.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 248 /* 31 timeslots, 8 frames */

/* ---- the control word ---- */

START_TEST(the_bits_are_read_where_the_standard_has_them)
{
    /* L is bit 4, R bit 5, M bits 6 and 7 of the first octet (figure 2) */
    static const struct {
        uint8_t first;
        bool l, r;
        uint8_t m;
    } table[] = {{0x00, false, false, 0}, {0x08, true, false, 0},  {0x04, false, true, 0},
                 {0x0c, true, true, 0},   {0x02, false, false, 2}, {0x06, false, true, 2}};
    struct pw_packet p;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t data[70] = {table[i].first, 0, 0xab, 0xcd, 0x55};
        ck_assert_int_eq(pw_read(&p, data, sizeof data), 0);
        ck_assert_int_eq(p.l, table[i].l);
        ck_assert_int_eq(p.r, table[i].r);
        ck_assert_uint_eq(p.m, table[i].m);
        ck_assert_uint_eq(p.seq, 0xabcd);
        ck_assert_ptr_eq(p.payload, data + 4);
        ck_assert_uint_eq(p.len, 66);
    }
}
END_TEST

START_TEST(reserved_code_points_are_discarded)
{
    static const uint8_t first[] = {0x01, 0x03, 0x05, 0x07, 0x09, 0x0a, 0x0b, 0x0f};
    struct pw_packet p;

    for (size_t i = 0; i < sizeof first; i++) {
        uint8_t data[12] = {first[i], 12};
        ck_assert_int_eq(pw_read(&p, data, sizeof data), EBADMSG);
    }
}
END_TEST

START_TEST(what_is_not_cesopsn_is_refused)
{
    struct pw_packet p;
    uint8_t data[100] = {0};

    for (size_t n = 0; n < 4; n++)
        ck_assert_int_eq(pw_read(&p, data, n), EBADMSG);
    for (unsigned nibble = 1; nibble < 16; nibble++) { /* 1: an associated channel; others: IP */
        data[0] = (uint8_t)(nibble << 4);
        ck_assert_int_eq(pw_read(&p, data, sizeof data), EBADMSG);
    }
    data[0] = 0;
    for (unsigned frg = 1; frg < 4; frg++) {
        data[1] = (uint8_t)(frg << 6);
        ck_assert_int_eq(pw_read(&p, data, sizeof data), EBADMSG);
    }
}
END_TEST

START_TEST(len_is_the_size_of_packets_under_64_octets)
{
    struct pw_packet p;
    uint8_t data[64] = {0};

    data[1] = 12;
    ck_assert_int_eq(pw_read(&p, data, 12), 0);
    ck_assert_uint_eq(p.len, 8);
    ck_assert_int_eq(pw_read(&p, data, 46), 0); /* the frame was padded */
    ck_assert_uint_eq(p.len, 8);
    ck_assert_int_eq(pw_read(&p, data, 11), EBADMSG);
    for (uint8_t len = 1; len < 4; len++) { /* shorter than the control word itself */
        data[1] = len;
        ck_assert_int_eq(pw_read(&p, data, 46), EBADMSG);
    }
    data[1] = 4; /* payload omitted */
    data[0] = 0x08;
    ck_assert_int_eq(pw_read(&p, data, 4), 0);
    ck_assert_uint_eq(p.len, 0);
    data[1] = 0; /* LEN may be left out (MAY be used) */
    ck_assert_int_eq(pw_read(&p, data, 20), 0);
    ck_assert_uint_eq(p.len, 16);
}
END_TEST

START_TEST(the_header_written_is_the_header_meant)
{
    uint8_t h[4];

    pw_write_header(h, false, false, 0x1234, 248);
    ck_assert_mem_eq(h, "\x00\x00\x12\x34", 4);
    pw_write_header(h, true, false, 0xffff, 0);
    ck_assert_mem_eq(h, "\x08\x04\xff\xff", 4);
    pw_write_header(h, false, true, 0, 59); /* 63 octets: the last with a LEN */
    ck_assert_mem_eq(h, "\x04\x3f\x00\x00", 4);
    pw_write_header(h, false, true, 1, 60); /* 64: none */
    ck_assert_mem_eq(h, "\x04\x00\x00\x01", 4);
}
END_TEST

/* ---- the buffer ---- */

static struct pw_jitter j;

static void setup(void)
{
    ck_assert_int_eq(pw_jitter_init(&j, 4, SIZE), 0);
}

static void teardown(void)
{
    pw_jitter_release(&j);
}

/** A payload that tells its number. */
static void put(unsigned seq)
{
    uint8_t payload[SIZE];

    memset(payload, (int)(seq & 0xff), sizeof payload);
    payload[0] = (uint8_t)(seq >> 8);
    pw_jitter_put(&j, (uint16_t)seq, payload);
}

/** The number of what is played, -1: nothing. */
static int get(void)
{
    const uint8_t *p = pw_jitter_get(&j);

    if (!p)
        return -1;
    ck_assert_uint_eq(p[1], p[SIZE - 1]);
    return p[0] << 8 | p[1];
}

START_TEST(playing_begins_when_depth_packets_are_there)
{
    ck_assert_int_eq(get(), -1);
    for (unsigned i = 0; i < 3; i++) {
        put(100 + i);
        ck_assert_int_eq(get(), -1);
        ck_assert_uint_eq(pw_jitter_filling(&j), i + 1);
    }
    put(103);
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(get(), 100 + i);
        put(104 + (unsigned)i);
    }
    ck_assert_uint_eq(pw_jitter_filling(&j), 4);
    ck_assert_uint_eq(j.lost + j.late + j.reordered + j.underruns + j.slips, 0);
}
END_TEST

START_TEST(disorder_within_the_depth_is_put_right)
{
    static const unsigned order[] = {0, 1, 2, 3, 5, 4, 7, 8, 6, 9, 12, 11, 10, 13};
    int played = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        put(order[i]);
        if (i >= 3)
            ck_assert_int_eq(get(), played++);
    }
    ck_assert_uint_eq(j.reordered, 4); /* 4, 6, 11 and 10 came after a higher one */
    ck_assert_uint_eq(j.lost + j.late + j.slips, 0);
}
END_TEST

START_TEST(a_lost_packet_is_a_gap_of_its_own_length)
{
    for (unsigned i = 0; i < 20; i++) {
        if (i != 9 && i != 10)
            put(i);
        if (i >= 3)
            ck_assert_int_eq(get(), i - 3 == 9 || i - 3 == 10 ? -1 : (int)i - 3);
    }
    ck_assert_uint_eq(j.lost, 2);
    ck_assert_uint_eq(j.underruns + j.slips + j.late, 0);
}
END_TEST

START_TEST(what_comes_too_late_or_twice_is_counted_and_not_played)
{
    for (unsigned i = 0; i < 4; i++)
        put(i);
    put(3); /* the newest once more */
    put(1);
    ck_assert_uint_eq(j.late, 2);
    ck_assert_uint_eq(pw_jitter_filling(&j), 4);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(get(), i);
    put(0); /* played already */
    ck_assert_uint_eq(j.late, 3);
    ck_assert_int_eq(get(), 3);
    ck_assert_uint_eq(j.reordered + j.lost + j.slips, 0);
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
    for (unsigned i = 0; i < 200; i++) {
        put(65500 + i);
        if (i >= 3)
            ck_assert_int_eq(get(), (int)((65500 + i - 3) & 0xffff));
    }
    ck_assert_uint_eq(j.lost + j.late + j.reordered + j.slips + j.underruns, 0);
}
END_TEST

START_TEST(a_far_end_that_restarts_is_followed_at_once)
{
    for (unsigned i = 0; i < 10; i++) {
        put(1000 + i);
        get();
    }
    for (unsigned i = 0; i < 20; i++) { /* as after a restart: a number from anywhere */
        put(40000 + i);
        ck_assert_int_eq(get(), i < 3 ? -1 : (int)(40000 + i - 3));
    }
    ck_assert_uint_eq(j.lost, 0);
}
END_TEST

START_TEST(a_packet_without_payload_plays_silence_and_is_not_lost)
{
    for (unsigned i = 0; i < 8; i++)
        pw_jitter_put(&j, (uint16_t)i, NULL);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_ptr_null(pw_jitter_get(&j));
    ck_assert_uint_eq(j.lost + j.underruns, 0);
}
END_TEST

START_TEST(a_short_drought_waits_and_plays_on)
{
    for (unsigned i = 0; i < 4; i++)
        put(i);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(get(), i);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(get(), -1);
    ck_assert_uint_eq(j.underruns, 5);
    ck_assert_uint_eq(j.slips, 1);
    put(4); /* nothing was lost: it only came later */
    ck_assert_int_eq(get(), 4);
    ck_assert_uint_eq(j.lost, 0);
}
END_TEST

START_TEST(after_a_long_drought_it_fills_again_to_its_depth)
{
    for (unsigned i = 0; i < 4; i++)
        put(i);
    for (unsigned i = 0; i < 60; i++)
        get();
    ck_assert_uint_eq(j.underruns, 17); /* 4 depths and the one that ends it */
    ck_assert_uint_eq(j.slips, 1);
    for (unsigned i = 0; i < 20; i++) { /* 50 were lost on the way meanwhile */
        put(54 + i);
        ck_assert_int_eq(get(), i < 3 ? -1 : (int)(54 + i - 3));
    }
    ck_assert_uint_eq(j.lost, 0);
}
END_TEST

START_TEST(after_our_own_standstill_old_packets_are_not_played)
{
    for (unsigned i = 0; i < 4; i++)
        put(i);
    ck_assert_int_eq(get(), 0);
    for (unsigned i = 4; i < 104; i++)
        put(i);
    ck_assert_uint_le(pw_jitter_filling(&j), PW_RING / 2);
    ck_assert_uint_ge(j.slips, 1);
    int first = get();
    ck_assert_int_ge(first, 60);
    ck_assert_int_eq(get(), first + 1);
}
END_TEST

/** Ten minutes beside a clock that is off by `ppm`, a packet a millisecond. The filling's bounds
 * come back. */
static void drift(int ppm, unsigned *least, unsigned *most)
{
    int64_t far = 0; /* the far end's time in units of 1e-6 packets */
    uint64_t sent = 0;
    int last = -1;

    *least = PW_RING;
    *most = 0;
    for (unsigned ms = 0; ms < 600000; ms++) {
        far += 1000000 + ppm;
        for (; sent < (uint64_t)far / 1000000; sent++)
            put((unsigned)sent & 0xffff);
        int got = get();
        if (ms < 10)
            continue;
        if (got >= 0 && last >= 0) {
            int step = (got - last) & 0xffff;
            ck_assert(step == 1 || (ppm > 0 && step == 2));
        }
        last = got >= 0 ? got : last;
        unsigned filling = pw_jitter_filling(&j);
        *least = filling < *least ? filling : *least;
        *most = filling > *most ? filling : *most;
    }
}

/** Our side stood still for 30 packets: the delay does not last longer than a look at it takes. */
START_TEST(after_a_standstill_the_delay_is_dropped_at_once)
{
    unsigned seq = 0;

    while (seq < 34)
        put(seq++);
    for (int i = 0; i < 1000; i++, put(seq++))
        ck_assert_int_eq(get(), i < 999 ? i : 999 + 28);
    ck_assert_uint_eq(j.slips, 28);
    ck_assert_uint_eq(pw_jitter_filling(&j), 6);
    ck_assert_uint_eq(j.lost + j.underruns + j.late, 0);
}
END_TEST

/* 100 ppm of 600 s is 60 ms: sixty packets too many, or too few */

START_TEST(a_fast_far_clock_slips_a_packet_every_ten_seconds)
{
    unsigned least, most;

    drift(100, &least, &most);
    ck_assert_uint_le(most, 8);
    ck_assert_uint_ge(least, 2);
    ck_assert_uint_ge(j.slips, 55);
    ck_assert_uint_le(j.slips, 60);
    ck_assert_uint_eq(j.underruns + j.lost, 0);
}
END_TEST

START_TEST(a_slow_far_clock_slips_a_packet_every_ten_seconds)
{
    unsigned least, most;

    drift(-100, &least, &most);
    ck_assert_uint_le(most, 4);
    ck_assert_uint_ge(j.slips, 55);
    ck_assert_uint_le(j.slips, 60);
    ck_assert_uint_eq(j.underruns, j.slips); /* one tick each */
    ck_assert_uint_eq(j.lost, 0);
}
END_TEST

START_TEST(an_equal_clock_never_slips)
{
    unsigned least, most;

    drift(0, &least, &most);
    ck_assert_uint_eq(j.slips + j.underruns + j.lost + j.late, 0);
    ck_assert_uint_eq(least, most);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pseudowire");
    TCase *word = tcase_create("control word"), *buffer = tcase_create("buffer");

    tcase_add_test(word, the_bits_are_read_where_the_standard_has_them);
    tcase_add_test(word, reserved_code_points_are_discarded);
    tcase_add_test(word, what_is_not_cesopsn_is_refused);
    tcase_add_test(word, len_is_the_size_of_packets_under_64_octets);
    tcase_add_test(word, the_header_written_is_the_header_meant);
    suite_add_tcase(s, word);
    tcase_add_checked_fixture(buffer, setup, teardown);
    tcase_add_test(buffer, playing_begins_when_depth_packets_are_there);
    tcase_add_test(buffer, disorder_within_the_depth_is_put_right);
    tcase_add_test(buffer, a_lost_packet_is_a_gap_of_its_own_length);
    tcase_add_test(buffer, what_comes_too_late_or_twice_is_counted_and_not_played);
    tcase_add_test(buffer, sequence_numbers_wrap);
    tcase_add_test(buffer, a_far_end_that_restarts_is_followed_at_once);
    tcase_add_test(buffer, a_packet_without_payload_plays_silence_and_is_not_lost);
    tcase_add_test(buffer, a_short_drought_waits_and_plays_on);
    tcase_add_test(buffer, after_a_long_drought_it_fills_again_to_its_depth);
    tcase_add_test(buffer, after_our_own_standstill_old_packets_are_not_played);
    tcase_add_test(buffer, after_a_standstill_the_delay_is_dropped_at_once);
    tcase_add_test(buffer, a_fast_far_clock_slips_a_packet_every_ten_seconds);
    tcase_add_test(buffer, a_slow_far_clock_slips_a_packet_every_ten_seconds);
    tcase_add_test(buffer, an_equal_clock_never_slips);
    suite_add_tcase(s, buffer);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
