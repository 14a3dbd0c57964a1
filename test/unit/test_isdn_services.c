/* Supplementary services by ROSE: advice of charge, malicious calls, deflection, transfer; the two
 * ends are joined in memory.
 */
#include "isdn/rose.h"
#include "test/unit/isdn_rig.h"

#define SOON (300 * RT_MS)

static const char *variant;

static void configure(struct isdn_span_config *cfg)
{
    cfg->variant = variant;
    if (isdn_variant(variant)->rates >> ISDN_E1 & 1)
        return;
    cfg->rate = ISDN_T1;
    cfg->mulaw = true;
    cfg->timeslots = isdn_rate_timeslots(ISDN_T1);
    cfg->dchannel = isdn_rate_dchannel(ISDN_T1);
}

static void begin(const char *name)
{
    variant = name;
    rig_open(configure);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(20 * RT_S);
    rig.nwire = 0;
}

static void expect_idle(void)
{
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_status(i).calls, 0);
        rig_expect_no_records(i);
    }
}

static struct isdn_aoc money(enum isdn_aoc_kind kind, uint32_t cost)
{
    struct isdn_aoc aoc = {.kind = kind};

    aoc.de.charge = ISDN_AOC_MONEY;
    aoc.de.billing = ISDN_AOC_BILLING_NORMAL;
    aoc.de.money.cost = cost;
    aoc.de.money.multiplier = ISDN_AOC_HUNDREDTH;
    rt_str_copy(aoc.de.money.currency, sizeof aoc.de.money.currency, rt_str("EUR"));
    return aoc;
}

static void expect_money(unsigned side, enum isdn_aoc_kind kind, uint32_t cost)
{
    const struct isdn_aoc *aoc = &rig.side[side].aoc;

    ck_assert_ptr_nonnull(rig_told(side, ISDN_EV_AOC));
    ck_assert_int_eq(aoc->kind, kind);
    ck_assert_int_eq(aoc->de.charge, ISDN_AOC_MONEY);
    ck_assert_uint_eq(aoc->de.money.cost, cost);
    ck_assert_str_eq(aoc->de.money.currency, "EUR");
}

/* ---- advice of charge ---- */

START_TEST(charges_are_told_during_a_call_and_with_its_end)
{
    begin("euroisdn");
    struct isdn_call *c = rig_active(USER);
    struct isdn_aoc d = money(ISDN_AOC_D, 60), e = money(ISDN_AOC_E, 120);

    ck_assert_int_eq(isdn_call_aoc(rig.side[NET].in, &d), 0);
    fake_advance(SOON);
    expect_money(USER, ISDN_AOC_D, 60);
    ck_assert_int_eq(isdn_call_aoc(rig.side[NET].in, &e), 0);
    ck_assert_int_eq(isdn_call_aoc(rig.side[NET].in, &e), EPROTO);
    fake_advance(SOON);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_AOC), 1);
    isdn_call_release(rig.side[NET].in, 16, 2);
    fake_advance(SOON);
    expect_money(USER, ISDN_AOC_E, 120);
    ck_assert(q931_has(&rig_said(NET, Q931_T_DISCONNECT, 0)->view, ISDN_IE_FACILITY));
    (void)c;
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_sum_of_the_user_reaches_the_network)
{
    begin("euroisdn");
    struct isdn_call *c = rig_active(USER);
    struct isdn_aoc e = money(ISDN_AOC_E, 7);

    ck_assert_int_eq(isdn_call_aoc(c, &e), 0);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_money(NET, ISDN_AOC_E, 7);
    expect_idle();
    rig_close();
}
END_TEST

static struct isdn_call *ask_for_charges(uint8_t which)
{
    struct isdn_setup in = rig_words("4711", true);

    in.charges = which;
    struct isdn_call *c = rig_place(USER, &in);
    fake_advance(SOON);
    ck_assert_uint_eq(rig.side[NET].setup.charges, which);
    ck_assert_ptr_null(rig_said(NET, Q931_T_FACILITY, 0));
    return c;
}

START_TEST(requests_are_refused_where_no_charges_are_told)
{
    uint64_t before;

    begin("euroisdn");
    before = isdn_counters[ISDN_CHARGES_REFUSED].value;
    struct isdn_call *c = ask_for_charges(7);
    ck_assert_int_eq(isdn_call_proceeding(rig.side[NET].in, 0), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(isdn_counters[ISDN_CHARGES_REFUSED].value - before, 3);
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_AOC));
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(requests_are_accepted_where_charges_are_told)
{
    struct isdn_aoc rates = {.kind = ISDN_AOC_S};
    uint64_t before;

    begin("euroisdn");
    before = isdn_counters[ISDN_CHARGES_REFUSED].value;
    struct isdn_call *c = ask_for_charges(7), *in = rig.side[NET].in;
    isdn_call_advises(in, true);
    ck_assert_int_eq(isdn_call_proceeding(in, 0), 0);
    rates.s.n = 1;
    rates.s.rate[0].item = ISDN_AOC_ITEM_BASIC;
    rates.s.rate[0].kind = ISDN_AOC_RATE_FREE;
    ck_assert_int_eq(isdn_call_aoc(in, &rates), 0);
    ck_assert_int_eq(isdn_call_connect(in, NULL), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(isdn_counters[ISDN_CHARGES_REFUSED].value, before);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_AOC), 1);
    ck_assert_int_eq(rig.side[USER].aoc.kind, ISDN_AOC_S);
    ck_assert_uint_eq(rig.side[USER].aoc.s.n, 1);
    ck_assert_int_eq(rig.side[USER].aoc.s.rate[0].kind, ISDN_AOC_RATE_FREE);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(rates_that_are_not_known_by_connect_are_refused)
{
    uint64_t before;

    begin("euroisdn");
    before = isdn_counters[ISDN_CHARGES_REFUSED].value;
    struct isdn_call *c = ask_for_charges(1 << ISDN_AOC_S), *in = rig.side[NET].in;
    isdn_call_advises(in, true);
    ck_assert_int_eq(isdn_call_proceeding(in, 0), 0);
    fake_advance(SOON);
    ck_assert_ptr_null(rig_said(NET, Q931_T_FACILITY, 0));
    ck_assert_int_eq(isdn_call_connect(in, NULL), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(isdn_counters[ISDN_CHARGES_REFUSED].value - before, 1);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(other_variants_have_no_charges)
{
    struct isdn_aoc d = money(ISDN_AOC_D, 60);

    begin("qsig");
    struct isdn_call *c = rig_active(USER);
    ck_assert_int_eq(isdn_call_aoc(c, &d), ENOTSUP);
    ck_assert_int_eq(isdn_call_mcid(rig.side[NET].in), ENOTSUP);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    rig_close();
}
END_TEST

/* ---- malicious calls ---- */

START_TEST(a_malicious_call_is_identified_while_it_is_up_and_after_its_caller_clears)
{
    begin("euroisdn");
    struct isdn_call *c = rig_active(NET);
    rig.side[USER].waits = true;
    ck_assert_int_eq(isdn_call_mcid(c), EPROTO); /* its caller */
    ck_assert_int_eq(isdn_call_mcid(rig.side[USER].in), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_MCID), 1);
    ck_assert_uint_eq(isdn_counters[ISDN_MCID_REFUSED].value, 0);
    isdn_call_release(rig.side[USER].in, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

/* ---- deflection ---- */

static const struct isdn_number here = {.digits = "4711", .npi = 1, .ton = 4};
static const struct isdn_number there = {.digits = "4930123", .npi = 1, .ton = 1};

static void accept_deflection(struct isdn_call *c, const struct isdn_event *ev)
{
    if (ev->type != ISDN_EV_DEFLECT)
        return;
    ck_assert_int_eq(isdn_call_deflected(c, true), 0);
    isdn_call_release(c, 16, 2);
}

static struct isdn_call *deflect(const char *name)
{
    begin(name);
    struct isdn_call *c = rig_call(NET);
    ck_assert_int_eq(isdn_call_deflect(c, &here, &there, 10), EPROTO); /* who calls */
    ck_assert_int_eq(isdn_call_deflect(rig.side[USER].in, &here, &there, 10), 0);
    ck_assert_int_eq(isdn_call_deflect(rig.side[USER].in, &here, &there, 10), EPROTO);
    return c;
}

START_TEST(a_call_is_deflected)
{
    static const char *const names[] = {"euroisdn", "qsig"};

    deflect(names[_i]);
    rig.side[NET].hook = accept_deflection;
    fake_advance(SOON);
    const struct rig_note *asked = rig_told(NET, ISDN_EV_DEFLECT);
    ck_assert_ptr_nonnull(asked);
    ck_assert_str_eq(asked->ev.connected.digits, "4930123");
    ck_assert_uint_eq(asked->ev.connected.ton, 1);
    ck_assert_ptr_nonnull(rig_told(USER, ISDN_EV_DISCONNECT));
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_DEFLECT));
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_refused_deflection_leaves_the_call)
{
    struct isdn_call *c = deflect("euroisdn");

    fake_advance(SOON); /* an owner that does not answer refuses */
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_DEFLECT), 1);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_DEFLECT), 1);
    ck_assert_int_eq(c->state, CALL_OUTGOING);
    ck_assert_int_eq(isdn_call_connect(rig.side[USER].in, NULL), 0);
    fake_advance(SOON);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_deflection_without_an_answer_is_refused_after_5_s)
{
    begin("euroisdn");
    struct isdn_call *c = rig_call(NET);
    rig.side[NET].deaf[Q931_T_FACILITY] = true;
    ck_assert_int_eq(isdn_call_deflect(rig.side[USER].in, &here, &there, 10), 0);
    rt_time then = rt_now();
    fake_advance(4900 * RT_MS);
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_DEFLECT));
    fake_advance(SOON);
    rig_expect_after(then, rig_told(USER, ISDN_EV_DEFLECT)->at, 5 * RT_S);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(other_variants_have_no_deflection)
{
    begin("ni2");
    struct isdn_call *c = rig_call(NET);
    ck_assert_int_eq(isdn_call_deflect(rig.side[USER].in, &here, &there, 10), ENOTSUP);
    ck_assert_int_eq(isdn_call_deflected(c, true), EPROTO);
    isdn_call_release(c, 16, 0);
    fake_advance(SOON);
    rig_close();
}
END_TEST

/* ---- transfer ---- */

static bool joined[2];

static void note_joined(struct isdn_call *c, const struct isdn_event *ev)
{
    if (ev->type == ISDN_EV_DISCONNECT)
        joined[rig_times_told(USER, ISDN_EV_DISCONNECT) & 1] = isdn_call_joined(c);
}

static void accept_transfer(struct isdn_call *c, const struct isdn_event *ev)
{
    if (ev->type != ISDN_EV_TRANSFER)
        return;
    ck_assert_ptr_nonnull(ev->other);
    ck_assert_int_eq(isdn_call_transferred(c, true), 0);
    isdn_call_release(c, 16, 2);
    isdn_call_release(ev->other, 16, 2);
}

/** Two answered calls at the user, one each way. */
static void two_calls(const char *name, struct isdn_call **in, struct isdn_call **out)
{
    begin(name);
    rig_active(NET);
    *in = rig.side[USER].in;
    *out = rig_active(USER);
    joined[0] = joined[1] = false;
    rig.side[USER].hook = note_joined;
    rig.nwire = 0;
}

START_TEST(two_calls_are_joined_in_the_exchange)
{
    static const char *const names[] = {"euroisdn", "ni2", "5ess", "4ess"};
    struct isdn_call *in, *out;

    two_calls(names[_i / 2], &in, &out);
    rig.side[NET].hook = accept_transfer;
    ck_assert_int_eq(_i & 1 ? isdn_call_join(in, out) : isdn_call_join(out, in), 0);
    ck_assert_int_eq(isdn_call_join(in, out), EAGAIN);
    fake_advance(SOON);
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_TRANSFER), 1);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_DISCONNECT), 2);
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_TRANSFER));
    ck_assert(joined[0] && joined[1]);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_refused_transfer_leaves_both_calls)
{
    static const char *const names[] = {"euroisdn", "ni2", "5ess", "4ess"};
    struct isdn_call *in, *out;

    two_calls(names[_i], &in, &out);
    ck_assert_int_eq(isdn_call_join(out, in), 0);
    fake_advance(SOON); /* an owner that does not answer refuses */
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_TRANSFER), 1);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_TRANSFER), 1);
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_TRANSFER)->ev.other);
    ck_assert(!isdn_call_joined(in) && !isdn_call_joined(out));
    ck_assert_int_eq(in->state, CALL_ACTIVE);
    ck_assert_int_eq(out->state, CALL_ACTIVE);
    isdn_call_release(in, 16, 0);
    isdn_call_release(out, 16, 0);
    fake_advance(SOON);
    ck_assert(!joined[0] && !joined[1]);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_transfer_without_an_answer_is_refused_after_10_s)
{
    struct isdn_call *in, *out;

    two_calls("qsig", &in, &out);
    ck_assert_int_eq(isdn_call_join(in, out), 0);
    ck_assert(isdn_call_joined(in));
    rt_time then = rt_now();
    fake_advance(11 * RT_S);
    rig_expect_after(then, rig_told(USER, ISDN_EV_TRANSFER)->at, 10 * RT_S);
    ck_assert(!isdn_call_joined(in) && !isdn_call_joined(out));
    isdn_call_release(in, 16, 0);
    isdn_call_release(out, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

/** EN 300 259: libpri copies the PathReplacement of one call to the other, also when that one is
 * gone. */
START_TEST(path_replacement_towards_a_call_that_is_gone_is_not_followed)
{
    static const uint8_t invoke[] = {0x9f, 0xaa, 0x06, 0x80, 0x01, 0x00, 0x82, 0x01,
                                     0x00, 0xa1, 0x0b, 0x02, 0x01, 0x01, 0x02, 0x01,
                                     0x04, 0x30, 0x03, 0x80, 0x01, 0x31};
    struct isdn_call *in, *out;
    struct isdn_ie_value v;

    two_calls("qsig", &in, &out);
    struct isdn_call *peer = rig.side[NET].in;
    ck_assert_int_eq(isdn_call_join(in, out), 0);
    fake_advance(SOON);
    isdn_call_release(in, 16, 0);
    fake_advance(SOON);
    ck_assert_int_eq(out->state, CALL_ACTIVE);
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_FACILITY, invoke, sizeof invoke), 0);
    ck_assert_int_eq(isdn_call_say(peer, Q931_T_FACILITY, &v, 1), 0);
    fake_advance(SOON);
    ck_assert_ptr_null(rig_said(USER, Q931_T_STATUS, 0));
    isdn_call_release(out, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

/** EctExecute (EN 300 369-1: operation 6) comes on the call that is held. */
START_TEST(a_held_call_and_the_active_one_are_joined)
{
    static const uint8_t execute[] = {0x91, 0xa1, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x06};
    struct isdn_call *in, *out;
    struct isdn_ie_value v;

    two_calls("euroisdn", &in, &out);
    rig.side[NET].hook = accept_transfer;
    ck_assert_int_eq(isdn_call_hold(in), 0);
    fake_advance(SOON);
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_FACILITY, execute, sizeof execute), 0);
    ck_assert_int_eq(isdn_call_say(in, Q931_T_FACILITY, &v, 1), 0);
    fake_advance(SOON);
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_TRANSFER), 1);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_DISCONNECT), 2);
    expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_network_joins_no_calls_of_ours)
{
    struct isdn_call *in, *out;

    two_calls("euroisdn", &in, &out);
    struct isdn_call *a = rig.side[NET].span->group->calls, *b = a->next;
    ck_assert_int_eq(isdn_call_join(a, b), 0);
    fake_advance(SOON);
    ck_assert_ptr_null(rig_told(USER, ISDN_EV_TRANSFER));
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_TRANSFER), 1);
    ck_assert_int_eq(in->state, CALL_ACTIVE);
    isdn_call_release(in, 16, 0);
    isdn_call_release(out, 16, 0);
    fake_advance(SOON);
    expect_idle();
    rig_close();
}
END_TEST

static void expect_reject(const char *name, uint8_t problem)
{
    static const uint8_t invoke[] = {0x91, 0xa1, 0x12, 0x02, 0x01, 0x05, 0x06,
                                     0x07, 0x2a, 0x86, 0x48, 0xce, 0x15, 0x00,
                                     0x08, 0x30, 0x04, 0x02, 0x02, 0x00, 0x7f};
    const uint8_t reject[] = {0x91, 0xa4, 0x06, 0x02, 0x01, 0x05, 0x81, 0x01, problem};
    struct isdn_call *in, *out;
    struct isdn_ie_value v;
    struct isdn_ie ie;

    two_calls(name, &in, &out);
    ck_assert_int_eq(isdn_ie_raw(&v, ISDN_IE_FACILITY, invoke, sizeof invoke), 0);
    ck_assert_int_eq(isdn_call_say(in, Q931_T_FACILITY, &v, 1), 0);
    fake_advance(SOON);
    const struct rig_message *m = rig_said(NET, Q931_T_FACILITY, 0);
    ck_assert_ptr_nonnull(m);
    ck_assert(q931_find(&ie, m->octets, m->len, ISDN_IE_FACILITY, 0));
    ck_assert_uint_eq(ie.len, sizeof reject);
    ck_assert_mem_eq(ie.p, reject, sizeof reject);
    ck_assert_ptr_null(rig_told(NET, ISDN_EV_TRANSFER));
    ck_assert_int_eq(in->state, CALL_ACTIVE);
    rig_close();
}

START_TEST(requests_to_join_that_make_no_sense_are_rejected)
{
    expect_reject("ni2", ISDN_ROSE_MISTYPED); /* no call has reference 127 */
    expect_reject("dms100", ISDN_ROSE_UNRECOGNISED);
}
END_TEST

START_TEST(what_cannot_be_joined)
{
    struct isdn_call *in, *out;

    two_calls("ni1", &in, &out);
    ck_assert_int_eq(isdn_call_join(in, out), ENOTSUP);
    rig_close();
    two_calls("dms100", &in, &out); /* our network side does not say that it can */
    ck_assert_int_eq(isdn_call_join(in, out), EPROTO);
    rig_close();
    two_calls("euroisdn", &in, &out);
    ck_assert_int_eq(isdn_call_join(in, in), EXDEV);
    ck_assert_int_eq(isdn_call_join(in, rig.side[NET].in), EXDEV);
    ck_assert_int_eq(isdn_call_transferred(in, true), EPROTO);
    rig.side[NET].answers = false;
    struct isdn_call *ringing = rig_call(USER);
    ck_assert_int_eq(isdn_call_join(in, ringing), EAGAIN);
    rig_close();
}
END_TEST

/* ---- ROSE by hand ---- */

static struct isdn_ie element(const uint8_t *p, size_t len)
{
    return (struct isdn_ie){.key = ISDN_IE_FACILITY, .p = p, .len = (uint8_t)len};
}

START_TEST(components_are_read_and_answered)
{
    static const uint8_t tbct[] = {0x91, 0x8b, 0x01, 0x00, 0xa1, 0x12, 0x02, 0x01,
                                   0x05, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x15,
                                   0x00, 0x08, 0x30, 0x04, 0x02, 0x02, 0x00, 0x85};
    static const uint8_t result[] = {0x91, 0xa2, 0x03, 0x02, 0x01, 0x05};
    static const uint8_t refusal[] = {0x91, 0xa4, 0x06, 0x02, 0x01, 0x05, 0x81, 0x01, 0x03};
    static const uint8_t wide[] = {0x91, 0xa4, 0x07, 0x02, 0x02, 0x01, 0x2c, 0x81, 0x01, 0x02};
    struct isdn_ie ie = element(tbct, sizeof tbct);
    struct isdn_ie_value v;
    struct isdn_rose r;
    unsigned reference;

    ck_assert_int_eq(isdn_rose_read(&r, &ie), 0);
    ck_assert_int_eq(r.kind, ISDN_ROSE_INVOKE);
    ck_assert_int_eq(r.invoke, 5);
    ck_assert_int_eq(isdn_rose_initiate_transfer(&r, &reference), 0);
    ck_assert_uint_eq(reference, 0x85);
    ck_assert_int_eq(isdn_rose_result(&v, &r), 0);
    ck_assert_mem_eq(v.p, result, sizeof result);
    ck_assert_uint_eq(v.len, sizeof result);
    ck_assert_int_eq(isdn_rose_reject(&v, &r, ISDN_ROSE_RESOURCES), 0);
    ck_assert_mem_eq(v.p, refusal, sizeof refusal);
    ck_assert_uint_eq(v.len, sizeof refusal);
    r.invoke = 300;
    ck_assert_int_eq(isdn_rose_reject(&v, &r, ISDN_ROSE_MISTYPED), 0);
    ck_assert_mem_eq(v.p, wide, sizeof wide);
    ck_assert_uint_eq(v.len, sizeof wide);
}
END_TEST

START_TEST(broken_components_are_none)
{
    static const uint8_t reject[] = {0x91, 0xa4, 0x05, 0x05, 0x00, 0x80, 0x01, 0x00};
    static const uint8_t other[] = {0x91, 0xa1, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x03};
    static const uint8_t odd[] = {0x91, 0xa1, 0x0c, 0x02, 0x01, 0x05, 0x06, 0x07,
                                  0x2a, 0x86, 0x48, 0xce, 0x15, 0x00, 0x08};
    struct isdn_rose r;
    unsigned reference;
    struct isdn_ie ie = element(reject, sizeof reject);

    ck_assert_int_eq(isdn_rose_read(&r, &ie), 0);
    ck_assert_int_eq(r.invoke, -1);
    for (size_t n = 0; n < sizeof reject; n++) {
        ie = element(reject, n);
        ck_assert_int_eq(isdn_rose_read(&r, &ie), EINVAL);
    }
    ie = element(other, sizeof other);
    ck_assert_int_eq(isdn_rose_read(&r, &ie), 0);
    ck_assert_int_eq(isdn_rose_initiate_transfer(&r, &reference), EINVAL);
    ie = element(odd, sizeof odd);
    ck_assert_int_eq(isdn_rose_read(&r, &ie), 0);
    ck_assert_int_eq(isdn_rose_initiate_transfer(&r, &reference), EPROTO);
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("services");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, charges_are_told_during_a_call_and_with_its_end);
    tcase_add_test(t, a_sum_of_the_user_reaches_the_network);
    tcase_add_test(t, requests_are_refused_where_no_charges_are_told);
    tcase_add_test(t, requests_are_accepted_where_charges_are_told);
    tcase_add_test(t, rates_that_are_not_known_by_connect_are_refused);
    tcase_add_test(t, other_variants_have_no_charges);
    tcase_add_test(t, a_malicious_call_is_identified_while_it_is_up_and_after_its_caller_clears);
    tcase_add_loop_test(t, a_call_is_deflected, 0, 2);
    tcase_add_test(t, a_refused_deflection_leaves_the_call);
    tcase_add_test(t, a_deflection_without_an_answer_is_refused_after_5_s);
    tcase_add_test(t, other_variants_have_no_deflection);
    tcase_add_loop_test(t, two_calls_are_joined_in_the_exchange, 0, 8);
    tcase_add_loop_test(t, a_refused_transfer_leaves_both_calls, 0, 4);
    tcase_add_test(t, a_transfer_without_an_answer_is_refused_after_10_s);
    tcase_add_test(t, path_replacement_towards_a_call_that_is_gone_is_not_followed);
    tcase_add_test(t, a_held_call_and_the_active_one_are_joined);
    tcase_add_test(t, a_network_joins_no_calls_of_ours);
    tcase_add_test(t, requests_to_join_that_make_no_sense_are_rejected);
    tcase_add_test(t, what_cannot_be_joined);
    tcase_add_test(t, components_are_read_and_answered);
    tcase_add_test(t, broken_components_are_none);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("isdn_services", fill);
}
