/* Ports of two media threads: an RTP port moves to the thread of the line that it is joined with,
 * two lines hear each other across threads, and whatever goes away in between takes nothing along.
 */
#include "test/unit/media_rig.h"

#include <errno.h>

static struct media_bank *other; /* a line in the second thread */
static uint8_t other_out[RIG_LOG];
static unsigned other_at;

static void setup(void)
{
    rig_setup();
    ck_assert_int_eq(media_bank_new(&other, rig->m, 1, G711_A), 0);
    memset(other_out, 0, sizeof other_out);
    other_at = 0;
}

static uint8_t pattern(unsigned at)
{
    return (uint8_t)(at * 167u + at / 256 * 31u);
}

static uint8_t line_pattern(unsigned ts, unsigned at)
{
    (void)ts;
    return pattern(at);
}

/** Timeslot 1 of the other line brings the pattern too. */
static void run(unsigned ms)
{
    uint8_t rx[RIG_TS][8], tx[RIG_TS][8];

    for (; ms > 0; ms--) {
        for (unsigned i = 0; i < 8; i++)
            rx[1][i] = pattern(other_at + i);
        memset(tx, 0xd5, sizeof tx);
        media_bank_tick(other, 8, rx[0], tx[0], 8, rt_now());
        memcpy(other_out + other_at, tx[1], 8);
        other_at += 8;
        rig_run(1);
    }
}

/** True when the last 50 ms are the pattern, from wherever. */
static bool follows(const uint8_t *last)
{
    for (unsigned start = 0; start < 60000; start++) {
        unsigned i = 0;
        while (i < 400 && last[i] == pattern(start + i))
            i++;
        if (i == 400)
            return true;
    }
    return false;
}

static struct media_port *rtp_in(unsigned thread)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p;

    ck_assert_int_eq(media_rtp_open(&p, rig->m, thread, &local, rig_event, NULL), 0);
    ck_assert_int_eq(media_rtp_set(p, &r), 0);
    rig->to = p;
    return p;
}

START_TEST(an_rtp_port_moves_to_the_line_it_is_joined_with)
{
    struct media_port *tdm = rig_tdm(5), *rtp = rtp_in(1);

    rig->line = line_pattern;
    rig->voice = pattern;
    rig->talks = true;
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    media_digit(rtp, '5', 80); /* ordered on its way: not lost */
    run(1000);
    ck_assert_uint_ge(rig->nheard, 40);
    ck_assert(follows(&rig->out[5][rig->at - 400]));
    struct media_stats s;
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.digits, 1);
    ck_assert_uint_le(s.lost + s.foreign, 0);
}
END_TEST

START_TEST(it_moves_on_when_the_call_goes_to_another_line)
{
    struct media_port *first = rig_tdm(5), *rtp = rtp_in(0), *second;

    rig->voice = pattern;
    rig->talks = true;
    ck_assert_int_eq(media_tdm_open(&second, other, 1, rig_event, NULL), 0);
    ck_assert_int_eq(media_join(first, rtp, MEDIA_BOTH), 0);
    run(500);
    ck_assert(follows(&rig->out[5][rig->at - 400]));
    ck_assert_int_eq(media_join(second, rtp, MEDIA_BOTH), 0);
    run(500);
    ck_assert(follows(&other_out[other_at - 400]));
    ck_assert_uint_eq(rig_others(5, rig->at - 400, 0xd5), 0);
    ck_assert_int_eq(media_join(first, rtp, MEDIA_BOTH), 0); /* and back */
    run(500);
    ck_assert(follows(&rig->out[5][rig->at - 400]));
}
END_TEST

START_TEST(two_lines_of_two_threads_hear_each_other)
{
    struct media_port *a = rig_tdm(5), *b;

    rig->line = line_pattern;
    ck_assert_int_eq(media_tdm_open(&b, other, 1, rig_event, NULL), 0);
    ck_assert_int_eq(media_join(a, b, MEDIA_BOTH), 0);
    run(500);
    ck_assert(follows(&rig->out[5][rig->at - 400]));
    ck_assert(follows(&other_out[other_at - 400]));
    ck_assert_int_eq(media_join(a, b, MEDIA_A_TO_B), 0);
    run(100);
    ck_assert(follows(&other_out[other_at - 400]));
    ck_assert_uint_eq(rig_others(5, rig->at - 400, 0xd5), 0);
    media_close(a);
    run(100);
    for (unsigned i = other_at - 400; i < other_at; i++)
        ck_assert_uint_eq(other_out[i], 0xd5);
}
END_TEST

START_TEST(a_partner_that_goes_while_the_other_moves_is_forgotten)
{
    struct media_port *tdm = rig_tdm(5), *rtp = rtp_in(1), *next;

    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    media_close(tdm); /* the join still waits for the move */
    next = rig_tdm(6);
    rig->line = line_pattern;
    run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
    ck_assert_int_eq(media_join(next, rtp, MEDIA_BOTH), 0);
    run(200);
    ck_assert_uint_ge(rig->nheard, 8);
}
END_TEST

START_TEST(a_port_closed_on_its_way_says_so)
{
    struct media_port *tdm = rig_tdm(5), *rtp = rtp_in(1);

    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    media_close(rtp);
    run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
    ck_assert_ptr_eq(rig->events[0].port, rtp);
    ck_assert_int_eq(media_join(tdm, tdm, MEDIA_BOTH), EINVAL);
    ck_assert_int_eq(media_join(tdm, rtp_in(1), MEDIA_BOTH), 0);
    run(50);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, rig_teardown);
    tcase_add_test(tc, an_rtp_port_moves_to_the_line_it_is_joined_with);
    tcase_add_test(tc, it_moves_on_when_the_call_goes_to_another_line);
    tcase_add_test(tc, two_lines_of_two_threads_hear_each_other);
    tcase_add_test(tc, a_partner_that_goes_while_the_other_moves_is_forgotten);
    tcase_add_test(tc, a_port_closed_on_its_way_says_so);
}

int main(void)
{
    return rig_main("media threads", add);
}
