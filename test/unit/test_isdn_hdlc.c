/* The D channel's framing: what goes into one end comes out of the other, whatever the blocks. */
#include "isdn/hdlc.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#define MANY 400

static struct {
    struct hdlc *tx, *rx;
    uint8_t frames[MANY][HDLC_FRAME_MAX];
    size_t len[MANY];
    unsigned got;
} r;

static void on_frame(void *arg, const uint8_t *frame, size_t len)
{
    (void)arg;
    ck_assert_uint_lt(r.got, MANY);
    ck_assert_uint_le(len, HDLC_FRAME_MAX);
    memcpy(r.frames[r.got], frame, len);
    r.len[r.got++] = len;
}

/** A frame of that length; many ones in it, so that bits are stuffed. */
static size_t fill(uint8_t *frame, size_t len)
{
    for (size_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(i % 3 == 0 ? 0xff : i * 7 + len);
    return len;
}

static void line(size_t octets, size_t block)
{
    uint8_t data[160];

    for (size_t done = 0; done < octets; done += block) {
        hdlc_transmit(r.tx, data, block);
        hdlc_receive(r.rx, data, block);
    }
}

static void setup(void)
{
    memset(&r, 0, sizeof r);
    ck_assert_int_eq(hdlc_new(&r.tx, on_frame, NULL), 0);
    ck_assert_int_eq(hdlc_new(&r.rx, on_frame, NULL), 0);
    line(16, 8); /* flags: the line was there before */
}

static void teardown(void)
{
    hdlc_free(r.tx);
    hdlc_free(r.rx);
}

static void expect(unsigned i, size_t len)
{
    uint8_t want[HDLC_FRAME_MAX];

    ck_assert_uint_lt(i, r.got);
    ck_assert_uint_eq(r.len[i], len);
    fill(want, len);
    ck_assert_mem_eq(r.frames[i], want, len);
}

START_TEST(frames_of_every_length_arrive)
{
    uint8_t frame[HDLC_FRAME_MAX];

    for (size_t len = 1; len <= HDLC_FRAME_MAX; len++) {
        ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, len)), 0);
        line(len * 6 / 5 + 16, 8);
        ck_assert_uint_eq(r.got, len);
        expect((unsigned)len - 1, len);
    }
    ck_assert_uint_eq(hdlc_bad(r.rx), 0);
}
END_TEST

START_TEST(blocks_of_every_length_carry_them)
{
    uint8_t frame[HDLC_FRAME_MAX];

    for (size_t block = 1; block <= 160; block++) {
        unsigned before = r.got;
        ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, 10 + block % 50)), 0);
        ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, 3 + block % 7)), 0);
        line(300, block);
        ck_assert_uint_eq(r.got, before + 2);
        expect(before, 10 + block % 50);
        expect(before + 1, 3 + block % 7);
    }
    ck_assert_uint_eq(hdlc_bad(r.rx), 0);
}
END_TEST

START_TEST(frames_go_back_to_back)
{
    uint8_t frame[HDLC_FRAME_MAX];
    size_t octets = 0;

    for (unsigned i = 0; i < 60; i++) {
        size_t len = 4 + i * 4;
        ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, len)), 0);
        octets += len + 2 + 2; /* FCS, and at most two flags between */
    }
    line(octets * 12 / 10 + 32, 8); /* with stuffing: a bit after five ones, at most a fifth more */
    ck_assert_uint_eq(r.got, 60);
    for (unsigned i = 0; i < 60; i++)
        expect(i, 4 + i * 4);
}
END_TEST

START_TEST(the_queue_has_an_end)
{
    uint8_t frame[HDLC_FRAME_MAX] = {0};
    unsigned taken = 0;

    while (taken < 100 && hdlc_send(r.tx, frame, 10) == 0)
        taken++;
    ck_assert_uint_eq(taken, 65); /* one in the framer */
    ck_assert_int_eq(hdlc_send(r.tx, frame, 10), ENOBUFS);
    line(65 * 20, 8);
    ck_assert_uint_eq(r.got, 65);
    ck_assert_int_eq(hdlc_send(r.tx, frame, 0), ENOBUFS);
    ck_assert_int_eq(hdlc_send(r.tx, frame, HDLC_FRAME_MAX), 0);
}
END_TEST

START_TEST(a_bit_error_makes_a_bad_frame)
{
    uint8_t frame[HDLC_FRAME_MAX], data[160];
    unsigned bad = 0;

    for (unsigned bit = 0; bit < 8; bit++) { /* in the seventh octet on the line: inside */
        memset(frame, 0x2a, sizeof frame);
        ck_assert_int_eq(hdlc_send(r.tx, frame, 40), 0);
        hdlc_transmit(r.tx, data, 80);
        data[20] ^= (uint8_t)(1 << bit);
        hdlc_receive(r.rx, data, 80);
        bad++;
        ck_assert_uint_eq(r.got, 0);
        ck_assert_uint_ge(hdlc_bad(r.rx), bad);
    }
    ck_assert_int_eq(hdlc_send(r.tx, frame, 40), 0);
    line(80, 8);
    ck_assert_uint_eq(r.got, 1);
}
END_TEST

START_TEST(a_hole_in_the_line_costs_one_frame)
{
    uint8_t frame[HDLC_FRAME_MAX], data[160];

    ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, 100)), 0);
    ck_assert_int_eq(hdlc_send(r.tx, frame, fill(frame, 30)), 0);
    hdlc_transmit(r.tx, data, 40);
    hdlc_receive(r.rx, data, 40);
    hdlc_transmit(r.tx, data, 8); /* never arrives */
    line(160, 8);
    ck_assert_uint_eq(r.got, 1);
    expect(0, 30);
    ck_assert_uint_eq(hdlc_bad(r.rx), 1);
}
END_TEST

START_TEST(noise_is_never_a_frame)
{
    uint8_t data[160];
    uint32_t x = 1;

    for (unsigned i = 0; i < 2000; i++) {
        for (size_t k = 0; k < sizeof data; k++)
            data[k] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
        hdlc_receive(r.rx, data, sizeof data);
    }
    ck_assert_uint_eq(r.got, 0); /* 320000 octets hold about 5000 flags; one false FCS in 65536 */
    ck_assert_uint_gt(hdlc_bad(r.rx), 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hdlc");
    TCase *tc = tcase_create("hdlc");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, frames_of_every_length_arrive);
    tcase_add_test(tc, blocks_of_every_length_carry_them);
    tcase_add_test(tc, frames_go_back_to_back);
    tcase_add_test(tc, the_queue_has_an_end);
    tcase_add_test(tc, a_bit_error_makes_a_bad_frame);
    tcase_add_test(tc, a_hole_in_the_line_costs_one_frame);
    tcase_add_test(tc, noise_is_never_a_frame);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
