/* Any order in any order: a monkey with eight ports in two threads, on two lines, while packets and
 * octets flow, rings overflow, and owners go away. Whatever it does, each port closes once, nothing
 * is left, and a call afterwards works. The seeds are fixed.
 */
#include "test/unit/media_monkey.h"
#include "test/unit/media_rig.h"

#define STEPS 2500

static uint8_t noisy_line(unsigned ts, unsigned at)
{
    return (uint8_t)(ts * 31 + at * 167u + at / 256 * 31u);
}

static void setup(void)
{
    rig_setup();
    rig->line = noisy_line;
    banks[0] = rig->bank;
    ck_assert_int_eq(media_bank_new(&banks[1], rig->m, 1, G711_MU), 0);
    begin_monkey(rig->m, rig->loop);
}

static void teardown(void)
{
    close_sinks();
    rig_teardown();
    end_monkey();
}

static void run(unsigned ms)
{
    static uint8_t rx[RIG_TS][8], tx[RIG_TS][8];

    for (; ms > 0; ms--) {
        far_ends();
        for (unsigned i = 0; i < sizeof rx; i++)
            rx[i / 8][i % 8] = (uint8_t)pick(256);
        media_bank_tick(banks[1], 8, rx[0], tx[0], 8, rt_now());
        rig_run(1);
    }
}

static void all_close(void)
{
    all_given_up();
    run(2500); /* RTP ports rest */
    ck_nothing_left();
}

static void a_call_works(void)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp;
    union rt_addr local = rig_addr("192.0.2.1:0");

    ck_assert_int_eq(media_rtp_open(&rtp, rig->m, 1, &local, rig_event, NULL), 0);
    ck_assert_int_eq(media_rtp_set(rtp, &r), 0);
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    rig->nheard = 0;
    run(500);
    ck_assert_uint_ge(rig->nheard, 22);
}

START_TEST(any_order_leaves_nothing_behind)
{
    seed = 0x9e3779b9u * (unsigned)(_i + 1);
    for (unsigned i = 0; i < STEPS; i++) {
        act();
        if (pick(3) == 0)
            run(pick(12));
    }
    all_close();
    a_call_works();
}
END_TEST

/* Thousands of orders between two looks at the ring. */
START_TEST(rings_that_overflow_lose_orders_but_no_port)
{
    uint64_t dropped = rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]);

    seed = 0x85ebca6bu * (unsigned)(_i + 1);
    for (unsigned burst = 0; burst < 4; burst++) {
        for (unsigned i = 0; i < 9000; i++)
            act();
        run(1 + pick(30));
    }
    ck_assert_uint_gt(rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]), dropped);
    all_close();
    a_call_works();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, any_order_leaves_nothing_behind, 0, 8);
    tcase_add_loop_test(tc, rings_that_overflow_lose_orders_but_no_port, 0, 4);
}

int main(void)
{
    return rig_main("media monkey", add);
}
