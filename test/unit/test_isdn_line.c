/* A pseudowire under a span; its far end is this test, packet by packet: alarms, what is dropped,
 * what is played.
 */
#include "gw/rt/log.h"
#include "isdn/isdn.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#define SLOTS   0xfffffffeu
#define NSLOTS  31
#define PW_WORD 4
#define SILENCE 0xd5
#define BIG     (PW_WORD + 32 * ISDN_BLOCK_MAX)

static struct {
    struct rt_loop *loop;
    struct isdn_span *span;
    struct rt_udp *far, *stranger;
    union rt_addr near_addr, far_addr;
    unsigned frames;
    uint16_t seq;
    unsigned ticks, changes;
    struct isdn_block last;
    uint8_t fill; /* what the media engine writes */
} r;

static void on_tdm(void *arg, struct isdn_block *b)
{
    (void)arg;
    r.ticks++;
    r.last = *b;
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        memset(b->tx[t], r.fill + (int)t, b->frames);
}

static void on_changed(void *arg, struct isdn_span *span)
{
    (void)arg;
    (void)span;
    r.changes++;
}

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

static const struct isdn_span_ops ops = {
    .tdm = on_tdm, .changed = on_changed, .setup = on_setup, .event = on_event};

static void open_span(const char *near_text, const char *far_text, unsigned frames)
{
    struct isdn_span_config cfg = {.id = 1,
                                   .line = ISDN_PSEUDOWIRE,
                                   .frames = frames,
                                   .timeslots = SLOTS,
                                   .variant = "euroisdn",
                                   .jitter = 4 * frames * 125,
                                   .dchannel = 16};

    r.frames = frames;
    rt_addr_parse(&r.near_addr, near_text, strlen(near_text), 0);
    rt_addr_parse(&r.far_addr, far_text, strlen(far_text), 0);
    cfg.local = r.near_addr;
    cfg.remote = r.far_addr;
    ck_assert_int_eq(rt_udp_open(&r.far, r.loop, &r.far_addr, NULL, NULL), 0);
    ck_assert_int_eq(isdn_span_new(&r.span, &cfg, r.loop, r.loop, &ops, NULL), 0);
}

static void setup_none(void)
{
    memset(&r, 0, sizeof r);
    fake_reset();
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&r.loop, "test");
}

static void setup(void)
{
    setup_none();
    open_span("192.0.2.10:7001", "192.0.2.1:7002", 8);
}

static void teardown(void)
{
    struct fake_leaks left;

    isdn_span_free(r.span);
    rt_udp_close(r.far);
    if (r.stranger)
        rt_udp_close(r.stranger);
    rt_loop_free(r.loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.udp, 0);
    ck_assert_uint_eq(left.timers, 0);
}

/** One packet of the far end, `first` its first octet; every timeslot says its number plus `value`.
 */
static void send_word(uint8_t first, uint8_t value, size_t cut)
{
    uint8_t p[BIG] = {first, 0, (uint8_t)(r.seq >> 8), (uint8_t)r.seq};
    size_t n = PW_WORD;

    r.seq++;
    for (unsigned f = 0; f < r.frames; f++)
        for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
            p[n++] = t == 16 ? 0x7e : (uint8_t)(value + t);
    if (n < 64)
        p[1] = (uint8_t)n;
    rt_udp_send(r.far, p, n - cut, &r.near_addr);
}

static rt_time period(void)
{
    return r.frames * 125;
}

/** Lets `n` ticks pass with a good packet for each. */
static void run(unsigned n, uint8_t first)
{
    for (unsigned i = 0; i < n; i++) {
        send_word(first, 0, 0);
        fake_advance(period());
    }
}

static struct isdn_span_status status(void)
{
    struct isdn_span_status st;

    isdn_span_status(r.span, &st);
    return st;
}

/** The newest packet of ours. */
static size_t newest(uint8_t *p)
{
    size_t len = 0, n;

    while (rt_udp_recv(r.far, p, BIG, &n, NULL) == 0)
        len = n;
    return len;
}

/* ---- timeslots ---- */

static void packets_of(unsigned frames)
{
    uint8_t p[BIG];

    open_span("192.0.2.10:7001", "192.0.2.1:7002", frames);
    r.fill = 0x40;
    run(20, 0);
    ck_assert_uint_eq(r.ticks, 20);
    ck_assert_uint_eq(r.last.frames, frames);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        for (unsigned f = 0; f < frames && t != 16; f++)
            ck_assert_uint_eq(r.last.rx[t][f], t);
    ck_assert_uint_eq(newest(p), PW_WORD + NSLOTS * frames);
    ck_assert_uint_eq(p[0], 0);
    for (unsigned f = 0; f < frames; f++)
        for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
            if (t != 16)
                ck_assert_uint_eq(p[PW_WORD + f * NSLOTS + t - 1], 0x40 + t);
    ck_assert_uint_eq(status().lost + status().slips + status().malformed, 0);
    ck_assert_uint_eq(status().rx_packets, 20);
    ck_assert_uint_eq(status().tx_packets, 20);
}

START_TEST(timeslots_are_in_their_places_whatever_the_packets_size)
{
    static const unsigned frames[] = {8, 20, 40, 160};

    packets_of(frames[_i]);
}
END_TEST

START_TEST(ipv6_carries_it_as_well)
{
    uint8_t p[BIG];

    open_span("[2001:db8::10]:7001", "[2001:db8::1]:7002", 8);
    run(10, 0);
    ck_assert_uint_eq(r.last.rx[5][7], 5);
    ck_assert_uint_gt(newest(p), 0);
    ck_assert_uint_eq(status().rx_packets, 10);
}
END_TEST

START_TEST(sequence_numbers_go_up_by_one)
{
    uint8_t p[BIG];
    int last = -1;
    size_t n;

    run(50, 0);
    while (rt_udp_recv(r.far, p, sizeof p, &n, NULL) == 0) {
        int seq = p[2] << 8 | p[3];
        ck_assert(last < 0 || seq == ((last + 1) & 0xffff));
        last = seq;
    }
    ck_assert_int_ge(last, 0);
}
END_TEST

START_TEST(before_anything_came_silence_plays)
{
    fake_advance(3 * RT_MS);
    ck_assert_uint_eq(r.ticks, 3);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        ck_assert_uint_eq(r.last.rx[t][0], SILENCE);
    ck_assert_uint_eq(r.last.tx[1][7], SILENCE);
}
END_TEST

/* ---- what is dropped ---- */

START_TEST(a_strangers_packets_are_counted_and_dropped)
{
    union rt_addr other = r.far_addr;
    uint8_t p[PW_WORD + NSLOTS * 8] = {0};

    rt_addr_set_port(&other, 7003); /* same host, another port */
    ck_assert_int_eq(rt_udp_open(&r.stranger, r.loop, &other, NULL, NULL), 0);
    for (unsigned i = 0; i < 10; i++) {
        p[3] = (uint8_t)i;
        rt_udp_send(r.stranger, p, sizeof p, &r.near_addr);
    }
    fake_advance(20 * RT_MS);
    ck_assert_uint_eq(status().foreign, 10);
    ck_assert_uint_eq(status().rx_packets, 0);
    ck_assert_uint_eq(r.last.rx[1][0], SILENCE);
}
END_TEST

START_TEST(what_has_not_our_shape_is_counted_and_dropped)
{
    static const struct {
        uint8_t first;
        size_t cut;
    } table[] = {{0x10, 0},
                 {0x45, 0},
                 {0x01, 0},
                 {0x00, 1},
                 {0x00, NSLOTS},
                 {0x00, 8 * NSLOTS},
                 {0x00, 8 * NSLOTS + 1},
                 {0x08, 5}};
    uint8_t big[2000] = {0};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        send_word(table[i].first, 0, table[i].cut);
    rt_udp_send(r.far, big, sizeof big, &r.near_addr);
    fake_advance(RT_MS);
    ck_assert_uint_eq(status().malformed, 9);
    ck_assert_uint_eq(status().rx_packets, 0);
    run(10, 0);
    ck_assert_uint_eq(r.last.rx[1][0], 1);
}
END_TEST

START_TEST(a_datagram_beyond_the_buffer_is_dropped)
{
    static uint8_t huge[BIG + 100];

    rt_udp_send(r.far, huge, sizeof huge, &r.near_addr);
    fake_advance(RT_MS);
    ck_assert_uint_eq(status().malformed, 1);
}
END_TEST

/* ---- alarms ---- */

START_TEST(after_100_ms_of_nothing_it_is_los_and_r_is_sent)
{
    uint8_t p[BIG];

    run(50, 0);
    ck_assert_int_eq(status().alarm, ISDN_OK);
    newest(p);
    ck_assert_uint_eq(p[0], 0);
    fake_advance(98 * RT_MS);
    ck_assert_int_eq(status().alarm, ISDN_OK);
    fake_advance(2 * RT_MS);
    ck_assert_int_eq(status().alarm, ISDN_LOS);
    ck_assert_uint_eq(r.changes, 1);
    newest(p);
    ck_assert_uint_eq(p[0], 0x04);
    run(10, 0);
    ck_assert_int_eq(status().alarm, ISDN_OK);
    newest(p);
    ck_assert_uint_eq(p[0], 0);
    ck_assert_uint_eq(r.last.rx[1][0], 1);
}
END_TEST

START_TEST(a_line_that_never_was_there_is_los)
{
    fake_advance(101 * RT_MS);
    ck_assert_int_eq(status().alarm, ISDN_LOS);
}
END_TEST

START_TEST(the_far_ends_bits_are_alarms)
{
    static const struct {
        uint8_t first;
        enum isdn_alarm alarm;
    } table[] = {{0x08, ISDN_AIS},    {0x00, ISDN_OK},  {0x04, ISDN_REMOTE},
                 {0x02, ISDN_REMOTE}, {0x0c, ISDN_AIS}, {0x00, ISDN_OK}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        run(10, table[i].first);
        ck_assert_int_eq(status().alarm, table[i].alarm);
        ck_assert_uint_eq(r.last.rx[1][0], table[i].first & 0x08 ? SILENCE : 1);
    }
    ck_assert_uint_eq(status().lost, 0);
}
END_TEST

START_TEST(an_omitted_payload_is_no_error)
{
    for (unsigned i = 0; i < 10; i++) {
        uint8_t p[PW_WORD] = {0x08, 4, 0, (uint8_t)i};
        rt_udp_send(r.far, p, sizeof p, &r.near_addr);
        fake_advance(RT_MS);
    }
    ck_assert_int_eq(status().alarm, ISDN_AIS);
    ck_assert_uint_eq(status().rx_packets, 10);
    ck_assert_uint_eq(status().malformed + status().lost, 0);
}
END_TEST

START_TEST(a_port_in_use_is_said)
{
    struct isdn_span_config cfg = {.line = ISDN_PSEUDOWIRE,
                                   .frames = 8,
                                   .timeslots = SLOTS,
                                   .variant = "euroisdn",
                                   .dchannel = 16};
    struct isdn_span *second;

    cfg.local = r.near_addr;
    cfg.remote = r.far_addr;
    ck_assert_int_eq(isdn_span_new(&second, &cfg, r.loop, r.loop, &ops, NULL), EADDRINUSE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lines");
    TCase *sizes = tcase_create("sizes"), *pw = tcase_create("pseudowire");

    tcase_add_checked_fixture(sizes, setup_none, teardown);
    tcase_add_loop_test(sizes, timeslots_are_in_their_places_whatever_the_packets_size, 0, 4);
    tcase_add_test(sizes, ipv6_carries_it_as_well);
    suite_add_tcase(s, sizes);
    tcase_add_checked_fixture(pw, setup, teardown);
    tcase_add_test(pw, sequence_numbers_go_up_by_one);
    tcase_add_test(pw, before_anything_came_silence_plays);
    tcase_add_test(pw, a_strangers_packets_are_counted_and_dropped);
    tcase_add_test(pw, what_has_not_our_shape_is_counted_and_dropped);
    tcase_add_test(pw, a_datagram_beyond_the_buffer_is_dropped);
    tcase_add_test(pw, after_100_ms_of_nothing_it_is_los_and_r_is_sent);
    tcase_add_test(pw, a_line_that_never_was_there_is_los);
    tcase_add_test(pw, the_far_ends_bits_are_alarms);
    tcase_add_test(pw, an_omitted_payload_is_no_error);
    tcase_add_test(pw, a_port_in_use_is_said);
    suite_add_tcase(s, pw);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
