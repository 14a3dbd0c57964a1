/* The media engine in real threads over real sockets: a monkey gives orders from signalling while
 * two lines tick and packets come. What it is for is the thread sanitizer, and that all closes.
 */
#include "test/unit/media_monkey.h"

#include <stdlib.h>

#define SECONDS 3

static struct rt_loop *loop;
static struct rt_timer monkey, end;

/** A line that ticks in its media thread. */
static struct line {
    struct rt_timer timer;
    struct media_bank *bank;
    struct rt_loop *loop;
    uint8_t rx[MEDIA_TIMESLOTS][MEDIA_BLOCK], tx[MEDIA_TIMESLOTS][MEDIA_BLOCK];
} lines[2];

static void tick(void *arg)
{
    struct line *l = arg;

    media_bank_tick(l->bank, MEDIA_BLOCK, l->rx[0], l->tx[0], MEDIA_BLOCK, rt_loop_now(l->loop));
    rt_timer_start(&l->timer, 10 * RT_MS);
}

static void act_now(void *arg)
{
    (void)arg;
    for (unsigned i = pick(4); i > 0; i--)
        act();
    far_ends();
    rt_timer_start(&monkey, RT_MS);
}

static void stop(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void run(rt_time d)
{
    rt_timer_start(&end, d);
    ck_assert_int_eq(rt_loop_run(loop), 0);
}

static struct media *begin(void)
{
    struct media_config cfg = {.threads = 2, .port_low = 25000, .port_high = 26999, .echo_ms = 16};
    struct media *m;

    address = "127.0.0.1:0";
    far_address = "127.0.0.1:27100";
    ck_assert_int_eq(rt_loop_new(&loop, "signalling"), 0);
    ck_assert_int_eq(media_new(&m, loop, &cfg), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct line *l = &lines[i];
        ck_assert_int_eq(media_bank_new(&banks[i], m, i, i ? G711_MU : G711_A), 0);
        l->bank = banks[i];
        l->loop = media_loop(m, i);
        rt_timer_init(&l->timer, l->loop, tick, l);
        rt_timer_start(&l->timer, 10 * RT_MS);
    }
    rt_timer_init(&monkey, loop, act_now, NULL);
    rt_timer_init(&end, loop, stop, NULL);
    begin_monkey(m, loop);
    ck_assert_int_eq(media_start(m), 0);
    return m;
}

START_TEST(orders_of_a_monkey_close_in_the_end)
{
    struct media *m = begin();

    seed = 0x1234567u;
    rt_timer_start(&monkey, RT_MS);
    run(SECONDS * RT_S);
    rt_timer_stop(&monkey);
    all_given_up();
    run(RT_S);
    media_stop(m);
    ck_assert_uint_gt(opened, 100);
    ck_nothing_left();
    for (unsigned i = 0; i < 2; i++)
        rt_timer_stop(&lines[i].timer);
    close_sinks();
    media_free(m);
    rt_timer_stop(&end);
    rt_loop_free(loop);
    end_monkey();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("real media");
    TCase *tc = tcase_create("real media");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, orders_of_a_monkey_close_in_the_end);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
