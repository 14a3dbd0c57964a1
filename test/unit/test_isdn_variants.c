/* Every variant on every kind of line, as network and as user: calls both ways, refused, released,
 * and every channel used. The two ends are joined in memory.
 */
#include "test/unit/isdn_rig.h"

#define SOON (300 * RT_MS)

/* The line of a test: the variant's table row and the kind of line. */
static const struct isdn_variant *variant;
static enum isdn_rate rate;
static bool multipoint;

static const struct line {
    const char *variant;
    enum isdn_rate rate;
    bool multipoint;
} lines[] = {
    {"euroisdn", ISDN_E1, false}, {"euroisdn", ISDN_T1, false}, {"euroisdn", ISDN_BRI, false},
    {"euroisdn", ISDN_BRI, true}, {"qsig", ISDN_E1, false},     {"qsig", ISDN_T1, false},
    {"ni2", ISDN_E1, false},      {"ni2", ISDN_T1, false},      {"ni1", ISDN_T1, false},
    {"ni1", ISDN_BRI, false},     {"dms100", ISDN_T1, false},   {"5ess", ISDN_T1, false},
    {"4ess", ISDN_T1, false},
};
#define LINES ((int)RT_COUNT(lines))

static void configure(struct isdn_span_config *cfg)
{
    cfg->variant = variant->name;
    cfg->rate = rate;
    cfg->mulaw = rate == ISDN_T1;
    cfg->multipoint = multipoint;
    cfg->timeslots = isdn_rate_timeslots(rate);
    cfg->dchannel = isdn_rate_dchannel(rate);
}

static uint32_t bearers(void)
{
    return isdn_rate_timeslots(rate) & ~(1u << isdn_rate_dchannel(rate));
}

static unsigned nbearers(void)
{
    return (unsigned)__builtin_popcount(bearers());
}

/** Bit 0 of `i`: who calls. */
static unsigned begin(int i)
{
    const struct line *l = &lines[i / 2];

    variant = isdn_variant(l->variant);
    rate = l->rate;
    multipoint = l->multipoint;
    rig_open(configure);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(20 * RT_S);
    for (unsigned s = 0; s < 2; s++)
        ck_assert_msg(isdn_span_free_channels(rig.side[s].span, bearers()) == nbearers(),
                      "%s on %s, side %u: the channels are not free", l->variant,
                      isdn_rate_name(rate), s);
    rig.nwire = 0;
    return (unsigned)i & 1;
}

static struct isdn_call *call(unsigned from)
{
    const struct isdn_setup setup = {.called = {.digits = "4711", .npi = 1},
                                     .calling = {.digits = "0815", .npi = 1},
                                     .bearer = ISDN_AUDIO_31,
                                     .alaw = rate != ISDN_T1,
                                     .complete = true};
    struct isdn_call *c = NULL;

    ck_assert_int_eq(isdn_call_setup(&c, rig.side[from].span, bearers(),
                                     from == NET ? ISDN_ASCENDING : ISDN_DESCENDING, &setup,
                                     &rig.side[from]),
                     0);
    fake_advance(SOON);
    return c;
}

static void expect_idle(void)
{
    for (unsigned s = 0; s < 2; s++) {
        ck_assert_uint_eq(rig_status(s).calls, 0);
        ck_assert_uint_eq(isdn_span_free_channels(rig.side[s].span, bearers()), nbearers());
        rig_expect_no_records(s);
    }
}

START_TEST(a_call_runs_through)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_call *c = call(from);

    ck_assert_uint_eq(rig.side[to].setups, 1);
    ck_assert_str_eq(rig.side[to].setup.called.digits, "4711");
    ck_assert_str_eq(rig.side[to].setup.calling.digits, "0815");
    ck_assert_int_eq(rig.side[to].setup.bearer, ISDN_AUDIO_31);
    ck_assert(rig.side[to].setup.alaw == (rate != ISDN_T1));
    struct isdn_call *in = rig.side[to].in;
    ck_assert_uint_eq(isdn_call_channel(in), isdn_call_channel(c));
    ck_assert_int_eq(isdn_call_proceeding(in, 0), 0);
    fake_advance(SOON);
    ck_assert_int_eq(isdn_call_alerting(in, 8), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_ALERTING)->ev.progress, 8);
    ck_assert_int_eq(isdn_call_connect(in, NULL), 0);
    fake_advance(SOON);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_int_eq(in->state, CALL_ACTIVE);
    fake_advance(60 * RT_S);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    rig_expect_cause(&rig_told(to, ISDN_EV_DISCONNECT)->ev.cause, 16, 0, NULL);
    fake_advance(10 * RT_S);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(the_called_side_releases)
{
    unsigned from = begin(_i), to = !from;

    rig.side[to].answers = true;
    call(from);
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_CONNECT));
    isdn_call_release(rig.side[to].in, 16, 0);
    fake_advance(10 * RT_S);
    rig_expect_cause(&rig_told(from, ISDN_EV_DISCONNECT)->ev.cause, 16, 0, NULL);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_call_is_refused)
{
    static const uint8_t causes[] = {1, 17, 21, 34, 65};
    unsigned from = begin(_i), to = !from;

    for (size_t i = 0; i < RT_COUNT(causes); i++) {
        call(from);
        isdn_call_release(rig.side[to].in, causes[i], 5);
        fake_advance(20 * RT_S);
        const struct rig_note *n = rig_told(from, ISDN_EV_RELEASED);
        ck_assert_msg(n && n->ev.cause.value == causes[i], "%s: cause %u became %u", variant->name,
                      causes[i], n ? n->ev.cause.value : 0);
        rig.side[from].nnotes = 0;
        expect_idle();
    }
    rig_close();
}
END_TEST

START_TEST(every_channel_is_used_and_no_more)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_call *c[ISDN_TIMESLOTS], *more = NULL;
    const struct isdn_setup setup = {.called.digits = "1", .complete = true};

    rig.side[to].answers = true;
    for (unsigned i = 0; i < nbearers(); i++)
        c[i] = call(from);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_CONNECT), nbearers());
    ck_assert_int_eq(isdn_call_setup(&more, rig.side[from].span, bearers(), ISDN_ASCENDING, &setup,
                                     &rig.side[from]),
                     ENOSPC);
    for (unsigned i = 0; i < nbearers(); i++)
        isdn_call_release(c[i], 16, 0);
    fake_advance(20 * RT_S);
    expect_idle();
    rig_close();
}
END_TEST

/** On a bus a network cannot take digits one by one from a terminal it called. */
START_TEST(digits_follow_one_by_one)
{
    unsigned from = begin(_i), to = !from;
    const struct isdn_setup setup = {.called = {.digits = "47", .npi = 1}, .alaw = true};
    struct isdn_call *c = NULL;

    if (!(multipoint && from == NET)) {
        ck_assert_int_eq(isdn_call_setup(&c, rig.side[from].span, bearers(), ISDN_ASCENDING, &setup,
                                         &rig.side[from]),
                         0);
        fake_advance(SOON);
        ck_assert(!rig.side[to].setup.complete);
        ck_assert_int_eq(isdn_call_setup_ack(rig.side[to].in, 8), 0);
        fake_advance(SOON);
        ck_assert_uint_eq(rig_told(from, ISDN_EV_SETUP_ACK)->ev.progress, 8);
        ck_assert_int_eq(isdn_call_information(c, "11", false), 0);
        fake_advance(SOON);
        ck_assert_str_eq(rig_told(to, ISDN_EV_INFORMATION)->ev.digits, "11");
        isdn_call_release(c, 16, 0);
        fake_advance(10 * RT_S);
        expect_idle();
    }
    rig_close();
}
END_TEST

START_TEST(the_line_is_lost_and_comes_back)
{
    unsigned from = begin(_i), to = !from;

    rig.side[to].answers = true;
    call(from);
    rig_cut();
    fake_advance(60 * RT_S);
    if (!multipoint) /* a bus has no data link to lose while nobody speaks */
        expect_idle();
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(60 * RT_S);
    for (unsigned s = 0; s < 2 && multipoint; s++)
        while (rig.side[s].span->group->calls &&
               rig.side[s].span->group->calls->state != CALL_GONE &&
               rig.side[s].span->group->calls->state != CALL_RELEASING)
            isdn_call_release(rig.side[s].span->group->calls, 16, 0);
    fake_advance(60 * RT_S);
    expect_idle();
    call(from);
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_CONNECT));
    rig_close();
}
END_TEST

static void fill(Suite *suite)
{
    const TTest *const all[] = {a_call_runs_through,      the_called_side_releases,
                                a_call_is_refused,        every_channel_is_used_and_no_more,
                                digits_follow_one_by_one, the_line_is_lost_and_comes_back};
    TCase *tc = tcase_create("lines");

    for (size_t i = 0; i < RT_COUNT(all); i++)
        tcase_add_loop_test(tc, all[i], 0, 2 * LINES);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return rig_run("isdn variants", fill);
}
