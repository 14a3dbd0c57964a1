/* What SETUP and its answers carry, in every variant and from either side: what goes in comes out,
 * and the frame is looked at for what libpri would have made of it.
 */
#include "test/unit/isdn_rig.h"

static const struct {
    const char *name;
    enum isdn_rate rate;
    bool facility; /* diversions by Facility: no Redirecting number */
    bool names;    /* the user may send names too */
} variants[] = {
    {"euroisdn", ISDN_E1, true, false}, {"qsig", ISDN_E1, true, true},
    {"ni2", ISDN_T1, false, true},      {"dms100", ISDN_T1, false, true},
    {"5ess", ISDN_T1, false, true},     {"4ess", ISDN_T1, false, true},
};
#define EACH (2 * (int)RT_COUNT(variants)) /* variant, and who calls */

static unsigned variant;

static void configure(struct isdn_span_config *cfg)
{
    cfg->variant = variants[variant].name;
    cfg->rate = variants[variant].rate;
    cfg->timeslots = isdn_rate_timeslots(cfg->rate);
    cfg->dchannel = isdn_rate_dchannel(cfg->rate);
    cfg->mulaw = cfg->rate == ISDN_T1;
}

/** Opens the loop test's variant; returns who calls. */
static unsigned begin(int i)
{
    variant = (unsigned)i / 2;
    rig_open(configure);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(10 * RT_S);
    ck_assert(rig_status(NET).dchannel_up && rig_status(USER).dchannel_up);
    rig.nwire = 0;
    return (unsigned)i % 2;
}

static void end(void)
{
    rig_close();
}

static bool element(struct isdn_ie *out, unsigned side, uint8_t type, uint16_t key, unsigned nth)
{
    const struct rig_message *m = rig_said(side, type, 0);

    ck_assert_msg(m, "no %s", q931_name(type));
    return q931_find(out, m->octets, m->len, key, nth);
}

static unsigned count(unsigned side, uint8_t type, uint16_t key)
{
    struct isdn_ie ie;
    unsigned n = 0;

    while (element(&ie, side, type, key, n))
        n++;
    return n;
}

static void fill_number(struct isdn_number *n, const char *digits, uint8_t ton, uint8_t present,
                        uint8_t screen)
{
    *n = (struct isdn_number){.ton = ton, .npi = 1, .presentation = present, .screening = screen};
    rt_str_copy(n->digits, sizeof n->digits, rt_str(digits));
}

static void expect_number(const struct isdn_number *a, const struct isdn_number *b)
{
    ck_assert_str_eq(a->digits, b->digits);
    ck_assert_uint_eq(a->ton, b->ton);
    ck_assert_uint_eq(a->npi, b->npi);
    ck_assert_uint_eq(a->presentation, b->presentation);
    ck_assert_uint_eq(a->screening, b->screening);
}

static void expect_sub(const struct isdn_subaddress *a, const struct isdn_subaddress *b)
{
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_int_eq(a->user, b->user);
    ck_assert_int_eq(a->odd, b->odd);
    ck_assert_mem_eq(a->octets, b->octets, b->len);
}

/** Octets of every kind, NUL first. */
static struct isdn_uui uui_of(uint8_t protocol, uint8_t len)
{
    struct isdn_uui u = {.present = true, .protocol = protocol, .len = len};

    for (unsigned i = 0; i < len; i++)
        u.octets[i] = (uint8_t)(i * 37);
    return u;
}

static void expect_uui(const struct isdn_uui *a, const struct isdn_uui *b)
{
    ck_assert_int_eq(a->present, b->present);
    if (!b->present)
        return;
    ck_assert_uint_eq(a->protocol, b->protocol);
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_mem_eq(a->octets, b->octets, b->len);
}

/* ---- SETUP ---- */

static const struct isdn_subaddress nsap = {.len = 4, .octets = {0x50, '1', '2', 'a'}},
                                    user_sub = {.len = 2,
                                                .user = true,
                                                .odd = true,
                                                .octets = {0x12, 0x30}};

START_TEST(parties_and_compatibilities)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("0123456789012345678901234567890123456789", true);
    const struct isdn_setup *out = &rig.side[to].setup;
    static const uint8_t hlc[] = {0x91, 0x81}, llc[] = {0x88, 0x90, 0x21, 0x8f};

    fill_number(&in.calling, "49301000", 1, 1, 1);
    in.called_sub = nsap;
    in.calling_sub = user_sub;
    strcpy(in.display, "Anna");
    in.hlc_len = sizeof hlc;
    memcpy(in.hlc, hlc, sizeof hlc);
    in.llc_len = sizeof llc;
    memcpy(in.llc, llc, sizeof llc);
    in.uui = uui_of(0x40, 32);
    in.progress = 3;
    in.indicators = 1u << 1;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig.side[to].setups, 1);
    expect_number(&out->called, &in.called);
    expect_number(&out->calling, &in.calling);
    ck_assert_str_eq(out->network.digits, "");
    expect_sub(&out->called_sub, &nsap);
    expect_sub(&out->calling_sub, &user_sub);
    ck_assert_uint_eq(out->hlc_len, sizeof hlc);
    ck_assert_mem_eq(out->hlc, hlc, sizeof hlc);
    ck_assert_uint_eq(out->llc_len, sizeof llc);
    ck_assert_mem_eq(out->llc, llc, sizeof llc);
    expect_uui(&out->uui, &in.uui);
    ck_assert_uint_eq(out->indicators, 1u << 1 | 1u << 3);
    ck_assert_uint_eq(out->progress, 1);
    ck_assert_uint_eq(out->diversion.count, 0);
    ck_assert(!out->adapted);
    ck_assert_str_eq(out->display, from == NET || variants[variant].names ? "Anna" : "");
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_CALLING), 1);
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_CALLED), 1);
    end();
}
END_TEST

START_TEST(a_name_without_a_number)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);

    strcpy(in.display, "Anna");
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig.side[to].setup.display,
                     from == NET || variants[variant].names ? "Anna" : "");
    ck_assert_str_eq(rig.side[to].setup.calling.digits, "");
    end();
}
END_TEST

/** A restricted name is in Facility with its restriction, or not at all. */
START_TEST(a_restricted_name)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);
    const struct isdn_setup *out = &rig.side[to].setup;

    fill_number(&in.calling, "301111", 2, 0, 1);
    strcpy(in.display, "Anna");
    in.name_restricted = true;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert(out->display[0] == '\0' || out->name_restricted);
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_DISPLAY), 0);
    expect_number(&out->calling, &in.calling);
    end();
}
END_TEST

START_TEST(two_diversions)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);
    const struct isdn_diversion *d = &rig.side[to].setup.diversion;
    bool facility = variants[variant].facility;
    struct isdn_ie ie;

    fill_number(&in.diversion.last, "30222", 2, 0, facility ? 0 : 1);
    fill_number(&in.diversion.first, "30111", 2, 0, facility ? 0 : 1);
    in.diversion.last_reason = ISDN_REASON_UNCONDITIONAL;
    in.diversion.first_reason = ISDN_REASON_BUSY;
    in.diversion.count = 2;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(d->count, 2);
    ck_assert_str_eq(d->last.digits, "30222");
    ck_assert_str_eq(d->first.digits, "30111");
    ck_assert_uint_eq(d->last.ton, 2);
    ck_assert_uint_eq(d->last_reason, ISDN_REASON_UNCONDITIONAL);
    if (variant != 0) /* ETSI's operation has no reason of the first */
        ck_assert_uint_eq(d->first_reason, ISDN_REASON_BUSY);
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_REDIRECTING), facility ? 0 : 2);
    ck_assert(!facility || count(from, Q931_T_SETUP, ISDN_IE_FACILITY) > 0);
    if (!facility) { /* the oldest first */
        element(&ie, from, Q931_T_SETUP, ISDN_IE_REDIRECTING, 0);
        static const uint8_t first[] = {0x21, 0x01, 0x81, '3', '0', '1', '1', '1'};
        ck_assert_uint_eq(ie.len, sizeof first);
        ck_assert_mem_eq(ie.p, first, sizeof first);
        expect_number(&d->last, &in.diversion.last);
        expect_number(&d->first, &in.diversion.first);
    }
    end();
}
END_TEST

START_TEST(one_diversion)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);
    const struct isdn_diversion *d = &rig.side[to].setup.diversion;

    fill_number(&in.diversion.last, "30222", 2, 0, 0);
    in.diversion.last_reason = ISDN_REASON_NO_REPLY;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(d->count, 1);
    ck_assert_str_eq(d->last.digits, "30222");
    ck_assert_uint_eq(d->last_reason, ISDN_REASON_NO_REPLY);
    ck_assert_str_eq(d->first.digits, "");
    end();
}
END_TEST

/** libpri would turn "allowed" into "allowed, network provided" for some. */
START_TEST(presentation_and_screening_as_given)
{
    static const struct {
        const char *digits;
        uint8_t presentation, screening;
    } table[] = {{"30777", 0, 0}, {"30777", 0, 1}, {"30777", 1, 0}, {"30777", 1, 3}, {"", 2, 3}};
    unsigned from = begin(_i), to = !from;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct isdn_setup in = rig_words("110", true);
        fill_number(&in.calling, table[i].digits, 2, table[i].presentation, table[i].screening);
        rig_place(from, &in);
        fake_advance(100 * RT_MS);
        expect_number(&rig.side[to].setup.calling, &in.calling);
        isdn_call_release(rig.side[to].in, 1, 0);
        fake_advance(100 * RT_MS);
    }
    end();
}
END_TEST

START_TEST(two_numbers_of_the_caller)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);

    fill_number(&in.calling, "30100", 2, 0, 0);
    fill_number(&in.network, "30200", 2, 0, 3);
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    expect_number(&rig.side[to].setup.calling, &in.calling);
    expect_number(&rig.side[to].setup.network, &in.network);
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_CALLING), 2);
    end();
}
END_TEST

START_TEST(user_user_information_of_every_length)
{
    static const uint8_t lengths[] = {0, 1, 35, 36, 128};
    unsigned from = begin(_i), to = !from;

    for (size_t i = 0; i < sizeof lengths; i++) {
        struct isdn_setup in = rig_words("4711", true);
        in.uui = uui_of((uint8_t)(i * 4), lengths[i]);
        rig_place(from, &in);
        fake_advance(100 * RT_MS);
        expect_uui(&rig.side[to].setup.uui, &in.uui);
        isdn_call_release(rig.side[to].in, 1, 0);
        fake_advance(100 * RT_MS);
    }
    end();
}
END_TEST

START_TEST(a_setup_repeated_by_t303_is_the_same)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);

    fill_number(&in.calling, "30100", 2, 0, 1);
    in.uui = uui_of(0, 20);
    in.progress = 3;
    in.calling_sub = user_sub;
    rig.side[to].deaf[Q931_T_SETUP] = true;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    rig.side[to].deaf[Q931_T_SETUP] = false;
    fake_advance(5 * RT_S);
    const struct rig_message *a = rig_said(from, Q931_T_SETUP, 0),
                             *b = rig_said(from, Q931_T_SETUP, 1);
    ck_assert_ptr_nonnull(b);
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_mem_eq(a->octets + 4, b->octets + 4, a->len - 4); /* but for Q.921's numbers */
    expect_uui(&rig.side[to].setup.uui, &in.uui);
    end();
}
END_TEST

/* ---- keypad, overlap ---- */

START_TEST(keypad_both_ways)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = {.bearer = ISDN_SPEECH, .alaw = true, .keypad = "*21*30#"};
    struct isdn_call *c = rig_place(from, &in);

    ck_assert_int_eq(isdn_call_keypad(c, "1"), EPROTO);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig.side[to].setup.keypad, "*21*30#");
    ck_assert_str_eq(rig.side[to].setup.called.digits, "");
    ck_assert_uint_eq(count(from, Q931_T_SETUP, ISDN_IE_CALLED), 0);
    isdn_call_setup_ack(rig.side[to].in, 0);
    fake_advance(100 * RT_MS);
    ck_assert_int_eq(isdn_call_keypad(c, "12345678901234567890123456789012"), 0);
    ck_assert_int_eq(isdn_call_keypad(rig.side[to].in, "#"), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig_told(to, ISDN_EV_KEYPAD)->ev.digits, "12345678901234567890123456789012");
    ck_assert_str_eq(rig_told(from, ISDN_EV_KEYPAD)->ev.digits, "#");
    end();
}
END_TEST

START_TEST(the_last_digits_say_that_they_are)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("0", false);
    struct isdn_call *c = rig_place(from, &in);

    fake_advance(100 * RT_MS);
    isdn_call_setup_ack(rig.side[to].in, 0);
    fake_advance(100 * RT_MS);
    ck_assert_int_eq(isdn_call_information(c, "30", true), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig_told(to, ISDN_EV_INFORMATION)->ev.digits, "30");
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_COMPLETE), 1);
    ck_assert_int_eq(isdn_call_information(c, "", true), 0);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_INFORMATION), 1);
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_COMPLETE), 2);
    end();
}
END_TEST

/* ---- answers ---- */

START_TEST(user_user_information_in_every_answer)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_uui a = uui_of(0, 128), b = uui_of(4, 3), d = uui_of(8, 64), r = uui_of(0x40, 1);

    rig.side[from].waits = true;
    rig_call(from);
    struct isdn_call *in = rig.side[to].in;
    ck_assert_int_eq(isdn_call_uui(in, &a), 0);
    isdn_call_alerting(in, 0);
    fake_advance(100 * RT_MS);
    expect_uui(&rig_told(from, ISDN_EV_ALERTING)->ev.uui, &a);
    ck_assert_uint_eq(count(to, Q931_T_CALL_PROCEEDING, ISDN_IE_USER_USER), 0);
    isdn_call_uui(in, &b);
    isdn_call_connect(in, NULL);
    fake_advance(100 * RT_MS);
    expect_uui(&rig_told(from, ISDN_EV_CONNECT)->ev.uui, &b);
    isdn_call_uui(in, &d);
    isdn_call_release(in, 16, 0);
    fake_advance(100 * RT_MS);
    expect_uui(&rig_told(from, ISDN_EV_DISCONNECT)->ev.uui, &d);
    struct isdn_call *c = rig_told(from, ISDN_EV_DISCONNECT)->call;
    isdn_call_uui(c, &r);
    isdn_call_release(c, 16, 0);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(count(from, Q931_T_RELEASE, ISDN_IE_USER_USER), 1);
    expect_uui(&rig_told(to, ISDN_EV_RELEASED)->ev.uui, &r);
    ck_assert_uint_eq(count(to, Q931_T_RELEASE_COMPLETE, ISDN_IE_USER_USER), 0);
    end();
}
END_TEST

START_TEST(user_user_information_of_a_refusal)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_uui u = uui_of(0, 128);

    rig_call(from);
    isdn_call_uui(rig.side[to].in, &u);
    isdn_call_release(rig.side[to].in, 17, 0);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(to, Q931_T_RELEASE_COMPLETE, 17, 0);
    expect_uui(&rig_told(from, ISDN_EV_RELEASED)->ev.uui, &u);
    end();
}
END_TEST

START_TEST(user_user_information_after_tones)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_uui u = uui_of(0, 10);

    rig_active(from);
    rig.side[from].waits = true;
    struct isdn_call *in = rig.side[to].in;
    ck_assert_int_eq(isdn_call_disconnect_tones(in, 16, 0), 0);
    fake_advance(1 * RT_S);
    isdn_call_uui(in, &u);
    isdn_call_release(in, 16, 0);
    fake_advance(200 * RT_MS);
    ck_assert_uint_eq(count(to, Q931_T_RELEASE, ISDN_IE_USER_USER), 1);
    expect_uui(&rig_told(from, ISDN_EV_RELEASED)->ev.uui, &u);
    end();
}
END_TEST

START_TEST(several_progress_indicators)
{
    static const uint16_t all = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8;
    unsigned from = begin(_i), to = !from;

    rig_call(from);
    isdn_call_indicators(rig.side[to].in, all & ~(1u << 8));
    isdn_call_alerting(rig.side[to].in, 8);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_ALERTING)->ev.indicators, all);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_ALERTING)->ev.progress, 8);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_PROCEEDING)->ev.indicators, 0);
    isdn_call_indicators(rig.side[to].in, 1u << 4);
    isdn_call_connect(rig.side[to].in, NULL);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_CONNECT)->ev.indicators, 1u << 4);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_CONNECT)->ev.progress, 4);
    end();
}
END_TEST

START_TEST(who_answers)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_number n;

    fill_number(&n, "30999", 2, 0, 1);
    rig_call(from);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, "Berta"), 0);
    isdn_call_connected_sub(rig.side[to].in, &nsap);
    isdn_call_connect(rig.side[to].in, NULL);
    fake_advance(100 * RT_MS);
    const struct isdn_event *ev = &rig_told(from, ISDN_EV_CONNECT)->ev;
    expect_number(&ev->connected, &n);
    expect_sub(&ev->connected_sub, &nsap);
    if (to == NET || variants[variant].names)
        ck_assert_str_eq(ev->name, "Berta");
    ck_assert_uint_eq(count(to, Q931_T_CONNECT, ISDN_IE_CONNECTED), 1);
    end();
}
END_TEST

/** NI2's network sends the name in Facility after the first answer, beside Display. */
START_TEST(a_name_that_comes_later)
{
    begin(2 * 2 + NET);
    struct isdn_setup in = rig_words("4711", true);

    fill_number(&in.calling, "301111", 2, 0, 1);
    strcpy(in.display, "Anna");
    rig_place(NET, &in);
    fake_advance(100 * RT_MS);
    isdn_call_proceeding(rig.side[USER].in, 0);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(count(NET, Q931_T_FACILITY, ISDN_IE_FACILITY), 1);
    ck_assert_str_eq(rig_told(USER, ISDN_EV_IDENTITY)->ev.name, "Anna");
    end();
}
END_TEST

/* ---- diverted ---- */

static void say_diverting(struct isdn_call *c, uint8_t type, const char *digits)
{
    const struct isdn_ie_notification n = {.description = ISDN_NOTICE_DIVERTING};
    struct isdn_ie_number number = {.ton = 2, .npi = 1, .screened = true};
    struct isdn_ie_value v[2];

    rt_str_copy(number.digits, sizeof number.digits, rt_str(digits));
    ck_assert_int_eq(isdn_ie_write_notification(&v[0], &n), 0);
    ck_assert_int_eq(isdn_ie_write_number(&v[1], ISDN_IE_REDIRECTION, &number), 0);
    ck_assert_int_eq(isdn_call_say(c, type, v, digits[0] ? 2 : 1), 0);
    fake_advance(100 * RT_MS);
}

START_TEST(our_call_is_diverted)
{
    unsigned from = begin(_i), to = !from;

    rig_call(from);
    isdn_call_proceeding(rig.side[to].in, 0);
    say_diverting(rig.side[to].in, Q931_T_NOTIFY, "");
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_DIVERTED), 1);
    ck_assert_str_eq(rig_told(from, ISDN_EV_DIVERTED)->ev.connected.digits, "");
    say_diverting(rig.side[to].in, Q931_T_NOTIFY, "30333");
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_DIVERTED), 2);
    ck_assert_str_eq(rig_told(from, ISDN_EV_DIVERTED)->ev.connected.digits, "30333");
    ck_assert_uint_eq(rig_told(from, ISDN_EV_DIVERTED)->ev.notify, ISDN_REASON_UNKNOWN);
    isdn_call_alerting(rig.side[to].in, 0);
    fake_advance(100 * RT_MS);
    say_diverting(rig.side[to].in, Q931_T_NOTIFY, "30444");
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_DIVERTED), 3);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_DIVERTED)->ev.notify, ISDN_REASON_NO_REPLY);
    end();
}
END_TEST

/** The answer to our own diversion names the number that we called. */
START_TEST(an_answered_diversion_is_none_of_ours)
{
    unsigned from = begin(_i), to = !from;
    struct isdn_setup in = rig_words("4711", true);

    fill_number(&in.diversion.last, "30222", 2, 0, 0);
    in.diversion.count = 1;
    rig.side[to].answers = true;
    rig_place(from, &in);
    fake_advance(200 * RT_MS);
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_CONNECT));
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_DIVERTED), 0);
    end();
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("setup");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, parties_and_compatibilities, 0, EACH);
    tcase_add_loop_test(tc, a_name_without_a_number, 0, EACH);
    tcase_add_loop_test(tc, a_restricted_name, 0, EACH);
    tcase_add_loop_test(tc, two_diversions, 0, EACH);
    tcase_add_loop_test(tc, one_diversion, 0, EACH);
    tcase_add_loop_test(tc, presentation_and_screening_as_given, 0, EACH);
    tcase_add_loop_test(tc, two_numbers_of_the_caller, 0, EACH);
    tcase_add_loop_test(tc, user_user_information_of_every_length, 0, EACH);
    tcase_add_loop_test(tc, a_setup_repeated_by_t303_is_the_same, 0, EACH);
    tcase_add_loop_test(tc, keypad_both_ways, 0, EACH);
    tcase_add_loop_test(tc, the_last_digits_say_that_they_are, 0, EACH);
    tcase_add_loop_test(tc, user_user_information_in_every_answer, 0, EACH);
    tcase_add_loop_test(tc, user_user_information_of_a_refusal, 0, EACH);
    tcase_add_loop_test(tc, user_user_information_after_tones, 0, EACH);
    tcase_add_loop_test(tc, several_progress_indicators, 0, EACH);
    tcase_add_loop_test(tc, who_answers, 0, EACH);
    tcase_add_test(tc, a_name_that_comes_later);
    tcase_add_loop_test(tc, our_call_is_diverted, 0, EACH);
    tcase_add_loop_test(tc, an_answered_diversion_is_none_of_ours, 0, EACH);
    suite_add_tcase(s, tc);
}

int main(void)
{
    return rig_run("isdn setup", fill);
}
