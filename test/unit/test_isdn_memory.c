/* Two spans inside the process, back to back; and what no span can be made of. */
#include "gw/rt/log.h"
#include "isdn/isdn.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

#define SLOTS 0xfffffffeu

static struct rt_loop *loop;

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    (void)arg;
    (void)call;
    (void)setup;
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    (void)arg;
    (void)call;
    (void)call_arg;
    (void)ev;
}

static const struct isdn_span_ops ops = {.setup = on_setup, .event = on_event};

static void setup_none(void)
{
    fake_reset();
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&loop, "test");
}

static struct isdn_span *pair[2];
static struct isdn_block seen[2];
static unsigned pair_ticks[2];
static uint32_t in_use;

static uint8_t pattern(unsigned side, unsigned n, unsigned t, unsigned f)
{
    return (uint8_t)(side * 101 + n * 31 + t * 7 + f);
}

static void pair_tdm(void *arg, struct isdn_block *b)
{
    unsigned side = (unsigned)(arg == &pair[1]);
    unsigned n = pair_ticks[side]++;

    b->used &= in_use;
    seen[side] = *b;
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        for (unsigned f = 0; f < b->frames; f++)
            b->tx[t][f] = pattern(side, n, t, f);
}

static void open_pair(unsigned frames, unsigned other_frames)
{
    struct isdn_span_config cfg = {
        .line = ISDN_MEMORY, .timeslots = SLOTS, .variant = "euroisdn", .dchannel = 16};
    struct isdn_span_ops own = ops;

    own.tdm = pair_tdm;
    in_use = SLOTS;
    for (unsigned i = 0; i < 2; i++) {
        cfg.id = i;
        cfg.network = i == 0;
        cfg.frames = i == 0 ? frames : other_frames;
        own.tdm_arg = &pair[i];
        pair_ticks[i] = 0;
        ck_assert_int_eq(isdn_span_new(&pair[i], &cfg, loop, loop, &own, NULL), 0);
    }
}

static void teardown_pair(void)
{
    isdn_span_free(pair[0]);
    isdn_span_free(pair[1]);
    rt_loop_free(loop);
}

START_TEST(a_pair_in_memory_is_exact_to_the_bit)
{
    static const unsigned frames[] = {1, 8, 20, 160};

    open_pair(frames[_i], frames[_i]);
    ck_assert_int_eq(isdn_memory_join(pair[0], pair[1]), 0);
    for (unsigned n = 0; n < 200; n++) {
        fake_advance(frames[_i] * 125);
        ck_assert_uint_eq(pair_ticks[0], n + 1);
        ck_assert_uint_eq(pair_ticks[1], n + 1);
        if (n < 1)
            continue;
        /* the first to tick hears the tick before; the other hears this one */
        for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
            for (unsigned f = 0; f < frames[_i] && t != 16; f++) {
                ck_assert_uint_eq(seen[0].rx[t][f], pattern(1, n - 1, t, f));
                ck_assert_uint_eq(seen[1].rx[t][f], pattern(0, n, t, f));
            }
    }
}
END_TEST

static void expect_row(const uint8_t *row, unsigned t, bool carried)
{
    for (unsigned f = 0; f < 8; f++) /* the first to tick hears the tick before */
        ck_assert_uint_eq(row[f], carried ? pattern(1, pair_ticks[1] - 2, t, f) : 0xd5);
}

START_TEST(what_is_not_in_use_is_silent_both_ways)
{
    open_pair(8, 8);
    isdn_memory_join(pair[0], pair[1]);
    fake_advance(5 * RT_MS);
    expect_row(seen[0].rx[2], 2, true);
    in_use = 1u << 1;
    fake_advance(3 * RT_MS);
    expect_row(seen[0].rx[1], 1, true);
    expect_row(seen[0].rx[2], 2, false);
    in_use = SLOTS;
    fake_advance(3 * RT_MS);
    expect_row(seen[0].rx[1], 1, true);
    expect_row(seen[0].rx[2], 2, true);
}
END_TEST

START_TEST(spans_of_different_blocks_are_not_joined)
{
    open_pair(8, 16);
    ck_assert_int_eq(isdn_memory_join(pair[0], pair[1]), EINVAL);
}
END_TEST

START_TEST(a_span_alone_is_los_and_again_when_its_partner_goes)
{
    struct isdn_span_status st;

    open_pair(8, 8);
    fake_advance(2 * RT_MS);
    isdn_span_status(pair[0], &st);
    ck_assert_int_eq(st.alarm, ISDN_LOS);
    isdn_memory_join(pair[0], pair[1]);
    fake_advance(2 * RT_MS);
    isdn_span_status(pair[0], &st);
    ck_assert_int_eq(st.alarm, ISDN_OK);
    isdn_span_free(pair[1]);
    pair[1] = NULL;
    fake_advance(20 * RT_MS);
    isdn_span_status(pair[0], &st);
    ck_assert_int_eq(st.alarm, ISDN_LOS);
}
END_TEST

START_TEST(what_cannot_be_is_not_opened)
{
    static const struct isdn_span_config good = {.line = ISDN_MEMORY,
                                                 .frames = 8,
                                                 .timeslots = SLOTS,
                                                 .variant = "euroisdn",
                                                 .dchannel = 16};
    struct isdn_span_config bad[7];

    for (unsigned i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].frames = 0;
    bad[1].frames = ISDN_BLOCK_MAX + 1;
    bad[2].timeslots = 0;
    bad[3].timeslots = 0xffffffff; /* timeslot 0 is the framing's */
    bad[4].dchannel = 32;
    bad[5].timeslots &= ~(1u << 16); /* without its D channel */
    bad[6].variant = "ni7";
    for (unsigned i = 0; i < 7; i++)
        ck_assert_int_eq(isdn_span_new(&pair[0], &bad[i], loop, loop, &ops, NULL), EINVAL);
    pair[0] = pair[1] = NULL;
}
END_TEST

int main(void)
{
    Suite *s = suite_create("memory lines");
    TCase *mem = tcase_create("memory");

    tcase_add_checked_fixture(mem, setup_none, teardown_pair);
    tcase_add_loop_test(mem, a_pair_in_memory_is_exact_to_the_bit, 0, 4);
    tcase_add_test(mem, what_is_not_in_use_is_silent_both_ways);
    tcase_add_test(mem, spans_of_different_blocks_are_not_joined);
    tcase_add_test(mem, a_span_alone_is_los_and_again_when_its_partner_goes);
    tcase_add_test(mem, what_cannot_be_is_not_opened);
    suite_add_tcase(s, mem);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
