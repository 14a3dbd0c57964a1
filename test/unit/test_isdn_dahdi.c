/* Spans of interface cards, on cards that are not there: time from the pacemaker, channels that
 * come into use, events, alarms, counters, and what is said when a span cannot be opened.
 */
#include "gw/rt/log.h"
#include "isdn/isdn_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define SLOTS   0xfffffffeu
#define B_SLOTS 0xfffefffeu
#define HEARD   65536
#define QUIET   0xd5 /* G.711 A-law: the octet of an idle channel */

/** One end: what its media does. */
struct end {
    struct isdn_span *span;
    uint32_t used;
    unsigned ticks, next; /* next: of the octets 0..199 it counts through on every channel */
    unsigned ear;         /* the timeslot that is kept */
    uint8_t heard[HEARD];
    unsigned nheard;
    struct isdn_setup setup;
};

static struct rt_loop *loop;
static struct end end[2];
static struct rt_dahdi_span *card[2];
static struct rt_buf why;

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    struct end *e = arg;

    e->setup = *setup;
    isdn_call_own(call, e);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    (void)arg;
    (void)call_arg;
    if (ev->type == ISDN_EV_DISCONNECT)
        isdn_call_release(call, 16, 0);
}

static void tdm(void *arg, struct isdn_block *b)
{
    struct end *e = arg;

    e->ticks++;
    ck_assert_uint_eq(b->used, SLOTS);
    b->used = e->used;
    for (unsigned f = 0; e->ear && f < b->frames && e->nheard < HEARD; f++)
        e->heard[e->nheard++] = b->rx[e->ear][f];
    for (unsigned f = 0; f < b->frames; f++, e->next = (e->next + 1) % 200)
        for (unsigned t = 1; t < ISDN_TIMESLOTS; t++) {
            if (b->tx[t][f] != QUIET && t != 16)
                ck_abort_msg("timeslot %u was not silent", t);
            if (e->used >> t & 1)
                b->tx[t][f] = (uint8_t)e->next;
        }
}

static struct isdn_span_config config(unsigned i, unsigned frames)
{
    return (struct isdn_span_config){.id = i + 1,
                                     .line = ISDN_DAHDI,
                                     .dahdi = i + 1,
                                     .frames = frames,
                                     .timeslots = SLOTS,
                                     .network = i == 0,
                                     .variant = "euroisdn",
                                     .dchannel = 16,
                                     .why = &why};
}

static int open_end(unsigned i, const struct isdn_span_config *cfg)
{
    struct isdn_span_ops ops = {
        .setup = on_setup, .event = on_event, .tdm = tdm, .tdm_arg = &end[i]};

    return isdn_span_new(&end[i].span, cfg, loop, loop, &ops, &end[i]);
}

static void setup_cards(void)
{
    fake_reset();
    memset(end, 0, sizeof end);
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&loop, "test");
    card[0] = fake_dahdi_plug(1, 31, 16);
    card[1] = fake_dahdi_plug(2, 31, 16);
    fake_dahdi_join(1, 2);
}

static void open_both(unsigned frames)
{
    for (unsigned i = 0; i < 2; i++) {
        struct isdn_span_config cfg = config(i, frames);
        ck_assert_int_eq(open_end(i, &cfg), 0);
    }
}

static void teardown_cards(void)
{
    struct fake_leaks left;

    isdn_span_free(end[0].span);
    isdn_span_free(end[1].span);
    rt_loop_free(loop);
    rt_buf_release(&why);
    fake_leaks(&left);
    ck_assert_uint_eq(left.dahdi, 0);
    ck_assert_uint_eq(left.timers, 0);
}

static struct isdn_span_status status(unsigned i)
{
    struct isdn_span_status st;

    isdn_span_status(end[i].span, &st);
    return st;
}

static struct fake_dahdi_channel channel(unsigned span, unsigned t)
{
    struct fake_dahdi_channel c;

    fake_dahdi_look(&c, span, t);
    return c;
}

/** Forgets what was heard; then `e` listens to a timeslot. */
static void listen_to(struct end *e, unsigned timeslot)
{
    e->ear = timeslot;
    e->nheard = 0;
}

/** After silence at the start, each octet follows the one before. */
static void expect_unbroken(const struct end *e, unsigned at_least)
{
    unsigned i = 0, n = 0;

    while (i < e->nheard && e->heard[i] == QUIET)
        i++;
    for (; i + 1 < e->nheard; i++, n++)
        if (e->heard[i + 1] != (e->heard[i] + 1) % 200)
            ck_abort_msg("octet %u of %u: %u after %u", i + 1, e->nheard, e->heard[i + 1],
                         e->heard[i]);
    ck_assert_uint_ge(n, at_least);
}

/* ---- the D channel ---- */

START_TEST(the_d_channel_comes_up_and_carries_a_setup)
{
    struct isdn_setup in = {.bearer = ISDN_AUDIO_31, .alaw = true, .complete = true};
    struct isdn_call *call;

    open_both(160);
    fake_advance(10 * RT_S);
    ck_assert(status(0).dchannel_up);
    ck_assert(status(1).dchannel_up);
    rt_str_copy(in.called.digits, sizeof in.called.digits, rt_str("4711"));
    ck_assert_int_eq(isdn_call_setup(&call, end[0].span, B_SLOTS, ISDN_ASCENDING, &in, &end[0]), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(end[1].setup.called.digits, "4711");
    ck_assert_uint_eq(status(0).hdlc_bad + status(1).hdlc_bad, 0);
}
END_TEST

START_TEST(bad_frames_are_counted_and_the_good_ones_arrive)
{
    open_both(160);
    for (unsigned i = 0; i < 3; i++)
        fake_dahdi_event(1, 16, RT_DAHDI_BAD_FRAME);
    fake_dahdi_event(1, 16, RT_DAHDI_OTHER_EVENT); /* is nothing to count */
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(status(0).hdlc_bad, 3);
    ck_assert_uint_eq(status(1).hdlc_bad, 0);
    ck_assert(status(0).dchannel_up);
}
END_TEST

/* ---- B channels ---- */

static const struct {
    unsigned frames, chunk;
} blocks[] = {{16, 1}, {32, 1}, {40, 1}, {80, 1}, {160, 1}, {16, 4}, {40, 4}, {160, 4}};

START_TEST(what_is_sent_is_heard_without_a_gap)
{
    fake_dahdi_chunk(blocks[_i].chunk);
    open_both(blocks[_i].frames);
    fake_advance(RT_S);
    end[0].used = 1u << 1 | 1u << 31; /* the pacemaker's own channel and the last */
    end[1].used = 1u << 1 | 1u << 31;
    fake_advance(100 * RT_MS);
    listen_to(&end[1], _i % 2 ? 1 : 31);
    listen_to(&end[0], _i % 2 ? 31 : 1);
    fake_advance(2 * RT_S);
    expect_unbroken(&end[0], 15800);
    expect_unbroken(&end[1], 15800);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(status(i).slips, 0);
        ck_assert_uint_eq(status(i).underruns, 0);
        ck_assert_uint_eq(channel(i + 1, 31).dry, 0);
    }
}
END_TEST

START_TEST(a_block_is_one_wake_up_and_idle_channels_cost_nothing)
{
    open_both(160);
    fake_advance(RT_S);
    for (unsigned t = 1; t < 32; t++) {
        ck_assert_uint_eq(channel(1, t).writes, t == 16 ? channel(1, 16).writes : 0);
        ck_assert(t == 1 || t == 16 || channel(1, t).reads == 0);
    }
    end[0].used = B_SLOTS;
    fake_advance(9 * RT_S); /* channels are restarted: the D channel is quiet then */
    unsigned before = fake_dahdi_wakeups(), frames = channel(1, 16).reads + channel(2, 16).reads;
    fake_advance(RT_S);
    frames = channel(1, 16).reads + channel(2, 16).reads - frames;
    /* 50 blocks of 20 ms on each of the two spans */
    ck_assert_uint_le(fake_dahdi_wakeups() - before, 100 + frames);
    ck_assert_uint_ge(fake_dahdi_wakeups() - before, 98);
    ck_assert_uint_ge(channel(1, 31).writes, 9 * 50);
}
END_TEST

START_TEST(a_channel_starts_with_fresh_buffers_and_two_blocks_ahead)
{
    open_both(160);
    end[1].used = 1u << 5;
    fake_advance(RT_S +
                 5 * RT_MS); /* span 1 does not take what comes: its buffers are full of it */
    listen_to(&end[0], 5);
    end[0].used = 1u << 5;
    fake_advance(20 * RT_MS);
    ck_assert_uint_eq(channel(1, 5).queued, 2);
    fake_advance(RT_S);
    ck_assert_uint_le(channel(1, 5).queued, 2);
    ck_assert_uint_eq(channel(1, 5).dry, 0);
    expect_unbroken(&end[0], 7800);
    /* between what was said last and what was heard last are the two blocks ahead and the one that
     * is kept in hand, nothing old */
    unsigned said = end[1].next, last = end[0].heard[end[0].nheard - 1];
    ck_assert_uint_eq((said + 200 - last) % 200, (3 * 160 + 1) % 200);
    end[0].used = 0;
    fake_advance(40 * RT_MS);
    unsigned writes = channel(1, 5).writes;
    fake_advance(RT_S);
    ck_assert_uint_eq(channel(1, 5).writes, writes);
    ck_assert_uint_eq(channel(1, 5).queued, 0);
}
END_TEST

/** A channel comes into use somewhere inside a block of the pacemaker, as when we were late. */
START_TEST(bursts_that_are_no_part_of_a_block_break_nothing)
{
    open_both(160);
    fake_dahdi_chunk((unsigned)_i);
    end[1].used = 1u << 5;
    fake_advance(RT_S + 7 * RT_MS);
    listen_to(&end[0], 5);
    end[0].used = 1u << 5;
    fake_advance(3 * RT_S);
    expect_unbroken(&end[0], 22000);
    ck_assert_uint_eq(status(0).underruns, 0);
    fake_dahdi_chunk(1);
}
END_TEST

START_TEST(an_event_does_not_cost_a_block)
{
    open_both(160);
    end[0].used = end[1].used = 1u << 1 | 1u << 7;
    fake_advance(RT_S);
    listen_to(&end[1], 7);
    for (unsigned i = 0; i < 20; i++) {
        fake_dahdi_event(2, 7, RT_DAHDI_OTHER_EVENT);
        fake_dahdi_event(1, 7, RT_DAHDI_OTHER_EVENT);
        fake_dahdi_event(1, 1, RT_DAHDI_OTHER_EVENT);
        fake_advance(27 * RT_MS);
    }
    expect_unbroken(&end[1], 4000);
    ck_assert_uint_eq(status(0).slips + status(1).slips, 0);
    ck_assert_uint_eq(status(0).underruns + status(1).underruns, 0);
}
END_TEST

START_TEST(who_is_late_drops_what_was_due_and_keeps_no_delay)
{
    open_both(160);
    end[0].used = 1u << 2;
    fake_advance(RT_S);
    fake_dahdi_chunk(100); /* five blocks in one go: three of ours were missing */
    fake_advance(100 * RT_MS);
    fake_dahdi_chunk(1);
    ck_assert_uint_eq(status(0).slips, 3);
    fake_advance(RT_S);
    ck_assert_uint_le(channel(1, 2).queued, 2);
    ck_assert_uint_eq(status(0).slips, 3);
}
END_TEST

/** The driver had nothing left to send: 40 ms were ahead, 60 pass at once. */
START_TEST(each_channel_that_sent_silence_since_we_were_late_is_counted)
{
    open_both(160);
    end[0].used = 1u << 2 | 1u << 9;
    end[1].used = 1u << 4;
    fake_advance(RT_S);
    ck_assert_uint_eq(status(0).late_sent + status(1).late_sent, 0);
    fake_dahdi_chunk(60);
    fake_advance(RT_MS);
    fake_dahdi_chunk(1);
    fake_advance(RT_S);
    ck_assert_uint_eq(status(0).late_sent, 2);
    ck_assert_uint_eq(status(1).late_sent, 1);
    end[0].used = 0; /* a channel without a call sends silence, and nobody is late */
    fake_advance(RT_S);
    ck_assert_uint_eq(status(0).late_sent, 2);
}
END_TEST

/** A card may send on while nothing comes: no ticks, so nothing to send, and nobody is late. */
START_TEST(what_runs_dry_on_a_dead_line_is_nobodys_fault)
{
    open_both(160);
    end[0].used = 1u << 1 | 1u << 9;
    fake_advance(RT_S);
    fake_dahdi_alarm(1, RT_DAHDI_RED, true);
    fake_advance(50 * RT_MS);
    fake_dahdi_event(1, 1, RT_DAHDI_DRY); /* the pacemaker's own, and another */
    fake_dahdi_event(1, 9, RT_DAHDI_DRY);
    fake_advance(RT_S);
    fake_dahdi_alarm(1, 0, false);
    fake_advance(RT_S);
    ck_assert_uint_eq(status(0).late_sent, 0);
    ck_assert_uint_ge(channel(1, 9).writes, 50);
}
END_TEST

/** Blocks of 20 ms from a driver that moves 36 ms at a time: ticks bring two blocks and are 4 ms
 * early, until one leaves nothing over; the one after brings a single block and is 16 ms late. */
START_TEST(the_latest_tick_is_known)
{
    open_both(160);
    fake_advance(RT_S);
    ck_assert_int_eq(status(0).tick_late_max, 0);
    fake_dahdi_chunk(36);
    fake_advance(RT_S);
    ck_assert_int_eq(status(0).tick_late_max, 16 * RT_MS);
}
END_TEST

/* ---- sound and data ---- */

START_TEST(a_call_gets_echo_canceller_and_gains_and_data_gets_neither)
{
    struct isdn_gains gains;
    struct isdn_span_config cfg = config(0, 160);

    for (unsigned i = 0; i < 256; i++) {
        gains.rx[i] = (uint8_t)(255 - i);
        gains.tx[i] = (uint8_t)(i ^ 1);
    }
    cfg.echo = 128;
    cfg.gains = &gains;
    ck_assert_int_eq(open_end(0, &cfg), 0);
    memset(&gains, 0, sizeof gains); /* is used while the span is made */
    fake_advance(RT_S);
    ck_assert_uint_eq(channel(1, 3).taps, 0);
    end[0].used = 1u << 3;
    fake_advance(40 * RT_MS);
    struct fake_dahdi_channel c = channel(1, 3);
    struct isdn_call data = {.span = end[0].span, .data = true}, speech = {.span = end[0].span};
    ck_assert(c.sound);
    ck_assert_uint_eq(c.taps, 1024); /* 8 a millisecond */
    ck_assert_uint_eq(c.rx_gain[7], 248);
    ck_assert_uint_eq(c.tx_gain[7], 6);
    isdn_channel_take(&data, 3);
    fake_advance(40 * RT_MS);
    ck_assert(!channel(1, 3).sound);
    ck_assert_uint_eq(channel(1, 3).taps, 0);
    isdn_channel_give(&data, false);
    isdn_channel_take(&speech, 3);
    fake_advance(40 * RT_MS);
    ck_assert_uint_eq(channel(1, 3).taps, 1024);
    end[0].used = 0;
    fake_advance(40 * RT_MS);
    ck_assert_uint_eq(channel(1, 3).taps, 0);
    ck_assert_uint_eq(channel(1, 4).taps, 0);
    isdn_channel_give(&speech, false);
}
END_TEST

START_TEST(a_t1_has_mu_law)
{
    struct isdn_span_config cfg = config(2, 160);

    fake_dahdi_plug(3, 24, 24);
    cfg.rate = ISDN_T1;
    cfg.mulaw = true;
    cfg.timeslots = 0x01fffffe;
    cfg.dchannel = 24;
    struct isdn_span_ops ops = {.setup = on_setup, .event = on_event};
    ck_assert_int_eq(isdn_span_new(&end[0].span, &cfg, loop, loop, &ops, NULL), 0);
    fake_advance(100 * RT_MS);
    ck_assert(!channel(3, 23).alaw);
    ck_assert_uint_eq(channel(3, 23).size, 160);
    ck_assert_uint_ge(channel(3, 23).count, 8);
}
END_TEST

/* ---- alarms ---- */

START_TEST(alarms_have_their_names)
{
    static const struct {
        unsigned bits;
        enum isdn_alarm alarm;
    } table[] = {{RT_DAHDI_RED, ISDN_LOS},
                 {RT_DAHDI_YELLOW, ISDN_REMOTE},
                 {RT_DAHDI_BLUE, ISDN_AIS},
                 {RT_DAHDI_RED | RT_DAHDI_YELLOW, ISDN_LOS},
                 {RT_DAHDI_RECOVER, ISDN_LOS},
                 {RT_DAHDI_BLUE | RT_DAHDI_YELLOW, ISDN_AIS},
                 {RT_DAHDI_NOT_OPEN, ISDN_LOS},
                 {RT_DAHDI_LOOPED, ISDN_OK},
                 {0, ISDN_OK}};

    open_both(160);
    fake_advance(100 * RT_MS);
    for (size_t i = 0; i < RT_COUNT(table); i++) {
        fake_dahdi_alarm(1, table[i].bits, false);
        fake_advance(40 * RT_MS);
        ck_assert_int_eq(status(0).alarm, table[i].alarm);
    }
}
END_TEST

START_TEST(a_dead_line_is_los_and_media_goes_on_until_it_is_back)
{
    open_both(160);
    end[0].used = end[1].used = 1u << 9;
    fake_advance(RT_S);
    fake_dahdi_alarm(1, RT_DAHDI_RED, true);
    fake_dahdi_alarm(2, RT_DAHDI_RED, true);
    fake_advance(200 * RT_MS);
    ck_assert_int_eq(status(0).alarm, ISDN_LOS);
    listen_to(&end[0], 9);
    unsigned ticks = end[0].ticks;
    fake_advance(10 * RT_S);
    ck_assert_uint_ge(end[0].ticks - ticks, 499); /* 50 a second */
    ck_assert_uint_le(end[0].ticks - ticks, 501);
    for (unsigned i = 0; i < end[0].nheard; i++)
        if (end[0].heard[i] != QUIET)
            ck_abort_msg("heard %u of a dead line", end[0].heard[i]);
    fake_dahdi_alarm(1, 0, false);
    fake_dahdi_alarm(2, 0, false);
    fake_advance(200 * RT_MS);
    ck_assert_int_eq(status(0).alarm, ISDN_OK);
    listen_to(&end[0], 9);
    ticks = end[0].ticks;
    fake_advance(RT_S);
    ck_assert_uint_eq(end[0].ticks - ticks, 50);
    expect_unbroken(&end[0], 7900);
    ck_assert_uint_le(channel(1, 9).queued, 2);
}
END_TEST

START_TEST(an_alarm_nobody_told_of_is_seen_within_a_second)
{
    open_both(160);
    card[0]->alarms = RT_DAHDI_YELLOW;
    fake_advance(RT_S + 40 * RT_MS);
    ck_assert_int_eq(status(0).alarm, ISDN_REMOTE);
}
END_TEST

START_TEST(a_card_that_is_pulled_out_is_los_and_may_come_back)
{
    rt_log_set(RT_LOG_ISDN, RT_ERROR - 1);
    open_both(160);
    end[0].used = 1u << 4;
    fake_advance(10 * RT_S);
    ck_assert(status(0).dchannel_up);
    fake_dahdi_unplug(1);
    fake_advance(RT_S);
    ck_assert_int_eq(status(0).alarm, ISDN_LOS);
    unsigned ticks = end[0].ticks;
    fake_advance(RT_S);
    ck_assert_uint_ge(end[0].ticks - ticks, 49);
    fake_dahdi_plug(1, 31, 16);
    fake_dahdi_join(1, 2);
    fake_advance(20 * RT_S);
    ck_assert_int_eq(status(0).alarm, ISDN_OK);
    ck_assert(status(0).dchannel_up);
    ck_assert_uint_ge(channel(1, 4).writes, 50);
}
END_TEST

/* ---- counters ---- */

START_TEST(the_cards_counters_count_from_the_opening)
{
    card[0]->violations = 100;
    open_both(160);
    card[0]->violations = 103;
    card[0]->crc_errors = 4;
    card[0]->e_bits = 5;
    card[0]->frame_errors = 6;
    card[0]->errored_seconds = 7;
    card[0]->irq_misses = 8;
    fake_advance(2 * RT_S);
    struct isdn_span_status st = status(0);
    ck_assert_uint_eq(st.violations, 3);
    ck_assert_uint_eq(st.crc_errors, 4);
    ck_assert_uint_eq(st.e_bits, 5);
    ck_assert_uint_eq(st.frame_errors, 6);
    ck_assert_uint_eq(st.errored_seconds, 7);
    ck_assert_uint_eq(st.irq_misses, 8);
    card[0]->violations = 2; /* somebody reset them */
    fake_advance(2 * RT_S);
    ck_assert_uint_eq(status(0).violations, 5);
    ck_assert_uint_eq(status(1).violations, 0);
}
END_TEST

/* ---- opening ---- */

START_TEST(what_cannot_be_opened_says_what_to_do)
{
    static const struct {
        int fails;         /* of the driver */
        unsigned dahdi;    /* the span, 0: 1 */
        unsigned position; /* of the channel with a fault */
        enum rt_dahdi_kind kind;
        int refused, err;
        const char *says;
    } table[] = {
        {.fails = ENODEV, .err = ENODEV, .says = "no DAHDI driver: load the module"},
        {.fails = EACCES, .err = EACCES, .says = "group dahdi"},
        {.dahdi = 9, .err = ENOENT, .says = "dahdi span 9: there is no such span: dahdi_scan"},
        {.position = 16,
         .kind = RT_DAHDI_UNUSED,
         .err = ENXIO,
         .says = "timeslot 16 (channel 16): not configured: system.conf needs dchan="},
        {.position = 16, .kind = RT_DAHDI_CLEAR, .err = ENXIO, .says = "is no D channel"},
        {.position = 2, .kind = RT_DAHDI_UNUSED, .err = ENXIO, .says = "needs bchan= for it"},
        {.position = 2, .kind = RT_DAHDI_OTHER, .err = ENXIO, .says = "is no B channel"},
        {.position = 3,
         .kind = RT_DAHDI_CLEAR,
         .refused = EBUSY,
         .err = EBUSY,
         .says = "timeslot 3 (channel 3): another process has it open"},
    };
    struct isdn_span_config cfg = config(0, 160);
    struct fake_leaks left;

    if (table[_i].dahdi)
        cfg.dahdi = table[_i].dahdi;
    fake_dahdi_fail(table[_i].fails);
    if (table[_i].position)
        fake_dahdi_configure(1, table[_i].position, table[_i].kind);
    if (table[_i].refused)
        fake_dahdi_refuse(1, table[_i].position, table[_i].refused);
    ck_assert_int_eq(open_end(0, &cfg), table[_i].err);
    ck_assert_msg(strstr(why.p, table[_i].says), "\"%s\"", why.p);
    fake_leaks(&left);
    ck_assert_uint_eq(left.dahdi, 0);
    end[0].span = NULL;
}
END_TEST

START_TEST(blocks_are_16_to_160_octets)
{
    static const unsigned wrong[] = {0, 8, 15, 161};

    for (size_t i = 0; i < RT_COUNT(wrong); i++) {
        struct isdn_span_config cfg = config(0, wrong[i]);
        ck_assert_int_eq(open_end(0, &cfg), EINVAL);
    }
    end[0].span = NULL;
}
END_TEST

static unsigned warnings;

static void count_warnings(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    if (level == RT_WARN && strstr(line, "the plan says \"crc4\""))
        warnings++;
}

START_TEST(another_framing_than_the_plan_says_is_a_warning)
{
    static const struct {
        unsigned theirs, warnings;
    } table[] = {{RT_DAHDI_HDB3 | RT_DAHDI_CCS, 1},
                 {RT_DAHDI_HDB3 | RT_DAHDI_CCS | RT_DAHDI_CRC4, 0},
                 {0, 0}}; /* dynamic spans say nothing */
    struct isdn_span_config cfg = config(0, 160);

    rt_log_set(RT_LOG_ISDN, RT_WARN);
    rt_log_sink(count_warnings, NULL);
    warnings = 0;
    cfg.framing = RT_DAHDI_CRC4 | RT_DAHDI_HDB3;
    card[0]->framing = table[_i].theirs;
    ck_assert_int_eq(open_end(0, &cfg), 0);
    ck_assert_uint_eq(warnings, table[_i].warnings);
    rt_log_sink(NULL, NULL);
}
END_TEST

/* ---- maintenance ---- */

START_TEST(loops_are_the_cards)
{
    open_both(160);
    ck_assert_int_eq(isdn_span_loop(end[0].span, ISDN_LOOP_REMOTE), 0);
    ck_assert_uint_eq(fake_dahdi_looped(1), RT_DAHDI_LOOP_REMOTE);
    ck_assert_uint_eq(fake_dahdi_looped(2), RT_DAHDI_LOOP_OFF);
    ck_assert_int_eq(isdn_span_loop(end[0].span, ISDN_LOOP_OFF), 0);
    ck_assert_uint_eq(fake_dahdi_looped(1), RT_DAHDI_LOOP_OFF);
}
END_TEST

START_TEST(a_local_loop_gives_back_what_is_sent)
{
    open_both(160);
    ck_assert_int_eq(isdn_span_loop(end[0].span, ISDN_LOOP_LOCAL), 0);
    end[0].used = 1u << 6;
    fake_advance(RT_S);
    listen_to(&end[0], 6);
    fake_advance(RT_S);
    expect_unbroken(&end[0], 7900);
}
END_TEST

/** A mark goes out of timeslots 1 and 31, and comes back over a loop that delays nothing. */
static struct {
    unsigned at, marked, back[2];
} probe;

static void tdm_probe(void *arg, struct isdn_block *b)
{
    (void)arg;
    b->used = 1u << 1 | 1u << 31;
    for (unsigned f = 0; f < b->frames; f++, probe.at++) {
        for (unsigned i = 0; i < 2; i++) {
            b->tx[i ? 31 : 1][f] = probe.at == probe.marked ? 0x2a : QUIET;
            if (b->rx[i ? 31 : 1][f] == 0x2a && probe.back[i] == 0)
                probe.back[i] = probe.at;
        }
    }
}

START_TEST(nothing_comes_back_before_the_delay)
{
    struct isdn_span_config cfg = config(0, blocks[_i].frames);
    struct isdn_span_ops ops = {.setup = on_setup, .event = on_event, .tdm = tdm_probe};

    memset(&probe, 0, sizeof probe);
    probe.marked = 4321;
    fake_dahdi_chunk(blocks[_i].chunk);
    ck_assert_int_eq(isdn_span_new(&end[0].span, &cfg, loop, loop, &ops, &end[0]), 0);
    ck_assert_int_eq(isdn_span_loop(end[0].span, ISDN_LOOP_LOCAL), 0);
    fake_advance(RT_S);
    unsigned least = (unsigned)(isdn_span_delay(end[0].span) * 8 / RT_MS);
    for (unsigned i = 0; i < 2; i++) {
        unsigned took = probe.back[i] - probe.marked;
        ck_assert_uint_ge(took, least);
        ck_assert_uint_le(took, least + 2 * blocks[_i].frames + 8 * blocks[_i].chunk);
    }
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("dahdi");

    tcase_add_checked_fixture(t, setup_cards, teardown_cards);
    tcase_add_test(t, the_d_channel_comes_up_and_carries_a_setup);
    tcase_add_test(t, bad_frames_are_counted_and_the_good_ones_arrive);
    tcase_add_loop_test(t, what_is_sent_is_heard_without_a_gap, 0, RT_COUNT(blocks));
    tcase_add_test(t, a_block_is_one_wake_up_and_idle_channels_cost_nothing);
    tcase_add_test(t, a_channel_starts_with_fresh_buffers_and_two_blocks_ahead);
    tcase_add_loop_test(t, bursts_that_are_no_part_of_a_block_break_nothing, 1, 17);
    tcase_add_test(t, an_event_does_not_cost_a_block);
    tcase_add_test(t, who_is_late_drops_what_was_due_and_keeps_no_delay);
    tcase_add_test(t, each_channel_that_sent_silence_since_we_were_late_is_counted);
    tcase_add_test(t, what_runs_dry_on_a_dead_line_is_nobodys_fault);
    tcase_add_test(t, the_latest_tick_is_known);
    tcase_add_test(t, a_call_gets_echo_canceller_and_gains_and_data_gets_neither);
    tcase_add_test(t, a_t1_has_mu_law);
    tcase_add_test(t, alarms_have_their_names);
    tcase_add_test(t, a_dead_line_is_los_and_media_goes_on_until_it_is_back);
    tcase_add_test(t, an_alarm_nobody_told_of_is_seen_within_a_second);
    tcase_add_test(t, a_card_that_is_pulled_out_is_los_and_may_come_back);
    tcase_add_test(t, the_cards_counters_count_from_the_opening);
    tcase_add_loop_test(t, what_cannot_be_opened_says_what_to_do, 0, 8);
    tcase_add_test(t, blocks_are_16_to_160_octets);
    tcase_add_loop_test(t, another_framing_than_the_plan_says_is_a_warning, 0, 3);
    tcase_add_test(t, loops_are_the_cards);
    tcase_add_test(t, a_local_loop_gives_back_what_is_sent);
    tcase_add_loop_test(t, nothing_comes_back_before_the_delay, 0, RT_COUNT(blocks));
    suite_add_tcase(s, t);
}

int main(void)
{
    Suite *s = suite_create("dahdi lines");

    fill(s);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
