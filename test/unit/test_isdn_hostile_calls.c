/* A far end that errs within calls: messages in every state, STATUS with every state; and more of
 * what is allowed than anybody needs: calls, RESTART, SERVICE, HOLD, a link that comes and goes.
 */
#include "test/unit/isdn_hostile.h"

/* ---- messages in every state (5.8.4) ---- */

struct ends {
    struct isdn_call *near, *far;
};

static struct ends incoming(void)
{
    rig.side[hostile.victim].answers = false;
    struct isdn_call *far = rig_call(hostile.attacker);
    return (struct ends){rig.side[hostile.victim].in, far};
}

static struct ends outgoing(void)
{
    rig.side[hostile.attacker].answers = false;
    struct isdn_call *near = rig_call(hostile.victim);
    return (struct ends){near, rig.side[hostile.attacker].in};
}

static struct ends overlap_in(void)
{
    struct ends e = incoming();
    isdn_call_setup_ack(e.near, 0);
    return e;
}

static struct ends proceeding_in(void)
{
    struct ends e = incoming();
    isdn_call_alerting(e.near, 0);
    return e;
}

static struct ends connecting(void)
{
    struct ends e = incoming();
    rig.side[hostile.attacker].deaf[Q931_T_CONNECT] = true;
    isdn_call_connect(e.near, NULL);
    fake_advance(100 * RT_MS);
    rig.side[hostile.attacker].deaf[Q931_T_CONNECT] = false;
    return e;
}

static struct ends overlap_out(void)
{
    struct ends e = outgoing();
    isdn_call_setup_ack(e.far, 0);
    return e;
}

static struct ends proceeding_out(void)
{
    struct ends e = outgoing();
    isdn_call_alerting(e.far, 0);
    return e;
}

static struct ends active(void)
{
    struct ends e = incoming();
    isdn_call_connect(e.near, NULL);
    return e;
}

static struct ends held(void)
{
    struct ends e = active();
    fake_advance(100 * RT_MS);
    isdn_call_hold(e.near);
    return e;
}

static struct ends hearing(void)
{
    struct ends e = proceeding_out();
    rig.side[hostile.victim].waits = true;
    isdn_call_disconnect_tones(e.far, 17, 2);
    return e;
}

static struct ends tones(void)
{
    struct ends e = proceeding_in();
    rig.side[hostile.attacker].waits = true;
    isdn_call_disconnect_tones(e.near, 17, 2);
    return e;
}

static struct ends releasing(void)
{
    struct ends e = active();
    fake_advance(100 * RT_MS);
    rig.side[hostile.attacker].waits = true;
    isdn_call_release(e.near, 16, 0);
    return e;
}

static const struct {
    const char *name;
    struct ends (*reach)(void);
    int state;
} reach[] = {{"present", incoming, CALL_PRESENT},
             {"overlap receiving", overlap_in, CALL_OVERLAP_IN},
             {"incoming", proceeding_in, CALL_INCOMING},
             {"connecting", connecting, -1},
             {"setup", outgoing, CALL_SETUP},
             {"overlap sending", overlap_out, CALL_OVERLAP_OUT},
             {"outgoing", proceeding_out, CALL_OUTGOING},
             {"active", active, CALL_ACTIVE},
             {"held", held, CALL_ACTIVE},
             {"hearing", hearing, CALL_HEARING},
             {"tones", tones, CALL_TONES},
             {"releasing", releasing, CALL_RELEASING}};

#define STATES RT_COUNT(reach)

static const uint8_t types[] = {0x01, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f, 0x20, 0x21,
                                0x22, 0x24, 0x25, 0x26, 0x28, 0x2d, 0x2e, 0x30, 0x31,
                                0x33, 0x37, 0x45, 0x46, 0x4d, 0x4e, 0x5a, 0x60, 0x62,
                                0x64, 0x6e, 0x75, 0x79, 0x7b, 0x7d, 0x7f};

/* all that anybody could have to have; the channel is to be put in */
#define BODY "04 03 80 90 a3 08 02 81 90 14 01 0a 18 03 a1 83 80 1e 02 81 88 27 01 80 70 02 80 31"

static size_t body_of(uint8_t *out, const struct isdn_call *far, bool whole)
{
    size_t n = whole ? hostile_hex(out, BODY) : 0;

    if (whole)
        out[16] = (uint8_t)(0x80 | far->channel);
    return n;
}

static void in_state(unsigned i, uint8_t type, bool whole)
{
    uint8_t b[64];
    struct ends e = reach[i].reach();

    if (reach[i].reach != hearing && reach[i].reach != tones)
        fake_advance(60 * RT_MS);
    else
        fake_advance(100 * RT_MS);
    if (reach[i].state >= 0)
        ck_assert_msg(e.near && (int)e.near->state == reach[i].state, "%s: state %d", reach[i].name,
                      e.near ? (int)e.near->state : -1);
    hostile_say_of(e.far, type, b, body_of(b, e.far, whole));
    fake_advance(200 * RT_MS);
    for (unsigned side = 0; side < 2; side++) {
        struct isdn_call *c, *next;
        for (c = rig.side[side].span->group->calls; c; c = next) {
            next = c->next;
            if (c != hostile.far && c != hostile.near)
                isdn_call_release(c, 16, 0);
        }
        rig.side[side].waits = false;
    }
    fake_advance(500 * RT_MS);
}

START_TEST(no_message_leaves_a_call_behind)
{
    char what[64];
    unsigned state = (unsigned)_i % STATES;

    hostile_begin((unsigned)_i / STATES, true);
    for (unsigned whole = 0; whole < 2; whole++)
        for (unsigned i = 0; i < RT_COUNT(types); i++) {
            in_state(state, types[i], whole);
            snprintf(what, sizeof what, "%02x in state %s", types[i], reach[state].name);
            hostile_expect_alive(what);
        }
    hostile_end();
}
END_TEST

/* ---- STATUS (5.8.11) ---- */

START_TEST(status_of_any_state_ends_in_order)
{
    hostile_begin(_i, true);
    for (unsigned state = 0; state < 256; state += state < 32 ? 1 : 13) {
        struct ends e = active();
        fake_advance(200 * RT_MS);
        uint8_t b[] = {0x08, 0x02, 0x81, 0xe5, 0x14, 0x01, (uint8_t)state};
        hostile_say_of(e.far, Q931_T_STATUS, b, sizeof b);
        fake_advance(10 * RT_S);
        hostile_expect_alive("STATUS of another call");
        unsigned n = state == 0 ? 1 : 2;
        ck_assert_msg(rig_status(hostile.victim).calls == n, "STATUS %u: %u calls", state,
                      rig_status(hostile.victim).calls);
        isdn_call_release(e.far, 16, 0);
        fake_advance(RT_S);
    }
    hostile_end();
}
END_TEST

/* ---- too much ---- */

static void flood(unsigned n)
{
    uint8_t b[] = {0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa1, 0x83, 0, 0x70, 0x02, 0x80, 0x31};

    for (unsigned i = 0; i < n; i++) {
        b[9] = (uint8_t)(0x80 | (i % 31 + 1));
        hostile_message(0x1000 + i, false, Q931_T_SETUP, b, sizeof b);
    }
}

/** Far more SETUPs than channels, from one who never says anything more: what is refused leaves
 * nothing, and the rest ends by its timers. */
START_TEST(a_flood_of_setups_is_refused_and_forgotten)
{
    hostile_begin(_i, true);
    memset(rig.side[hostile.attacker].deaf, true, sizeof rig.side[0].deaf);
    rig.side[hostile.victim].answers = false;
    flood(3000);
    ck_assert_uint_le(rig_status(hostile.victim).calls, 31);
    ck_assert_uint_le(hostile_records(hostile.victim), 31);
    unsigned refused = 0;
    for (unsigned i = 0; i < RIG_WIRE && i < rig.nwire; i++)
        if (rig.wire[i].from == hostile.victim &&
            rig.wire[i].view.type == Q931_T_RELEASE_COMPLETE) {
            ck_assert(rig.wire[i].view.cause == 34 || rig.wire[i].view.cause == 44 ||
                      rig.wire[i].view.cause == 82);
            refused++;
        }
    ck_assert_uint_ge(refused, 2900);
    hostile_expect_alive("a flood");
    hostile_end();
}
END_TEST

START_TEST(a_flood_that_is_answered_ends_too)
{
    hostile_begin(_i, true);
    flood(1000); /* the attacker's libpri knows nothing of them */
    fake_advance(10 * RT_S);
    hostile_expect_alive("a flood");
    hostile_end();
}
END_TEST

static const char *const restarts[] = {"18 03 a9 83 85 79 01 80",
                                       "79 01 80",
                                       "18 03 a9 83 a5 79 01 80",
                                       "18 01 a9 79 01 80",
                                       "18 03 a9 83 85",
                                       "18 03 a9 83 90 79 01 80",
                                       "18 03 a9 83 ff 79 01 80",
                                       "18 03 a9 83 85 79",
                                       "18 04 e9 80 83 85 79 01 80",
                                       "18 04 e9 9e 83 85 79 01 80",
                                       "18 04 a9 83 05 86 79 01 80",
                                       "79 01 85",
                                       "79 01 ff"};

/** One at a time, at once, during our own, with elements that are wrong. */
START_TEST(restarts_without_end_leave_the_other_channels)
{
    uint8_t b[32];

    hostile_begin(_i, true);
    for (unsigned i = 0; i < 1000; i++)
        hostile_message(0, false, Q931_T_RESTART, b, hostile_hex(b, restarts[0]));
    isdn_span_restart_idle(rig.side[hostile.victim].span);
    for (unsigned i = 0; i < 100; i++)
        hostile_message(0, false, Q931_T_RESTART, b, hostile_hex(b, restarts[0]));
    fake_advance(10 * RT_S);
    hostile_expect_alive("RESTART of another channel");
    for (unsigned i = 0; i < 20 * RT_COUNT(restarts); i++) {
        hostile_message(0, i % 7 == 6, i % 11 == 10 ? Q931_T_RESTART_ACK : Q931_T_RESTART, b,
                        hostile_hex(b, restarts[i % RT_COUNT(restarts)]));
        if (i % 50 == 0)
            isdn_span_restart_idle(rig.side[hostile.victim].span);
    }
    fake_advance(10 * RT_S);
    for (unsigned i = 0; i < 1000; i++)
        hostile_message(0, false, Q931_T_RESTART, b, hostile_hex(b, "18 01 a3 79 01 87"));
    hostile_end();
}
END_TEST

START_TEST(services_without_end_block_nothing_for_good)
{
    uint8_t m[] = {0x03, 0x02, 0, 0, 0x0f, 0x01, 0x01, 0xc0, 0x18, 0x03, 0xa9, 0x83, 0x81};

    hostile_begin(_i, true);
    for (unsigned i = 0; i < 2000; i++) {
        m[0] = i % 2 ? 0x03 : 0x43;
        m[4] = i % 3 ? 0x0f : 0x07;
        m[7] = (uint8_t)(0xc0 | i % 8);
        m[12] = (uint8_t)(0x80 | i % 128);
        hostile_say(m, i % 17 == 0 ? i % sizeof m + 1 : sizeof m);
    }
    for (unsigned t = 1; t < 32; t++) {
        m[0] = strcmp(hostile.variant, "ni2") == 0 ? 0x43 : 0x03;
        m[4] = strcmp(hostile.variant, "ni2") == 0 ? 0x07 : 0x0f;
        m[7] = 0xc0; /* in service */
        m[12] = (uint8_t)(0x80 | t);
        hostile_say(m, sizeof m);
    }
    fake_advance(5 * RT_S);
    hostile_expect_alive("SERVICE");
    hostile_end();
}
END_TEST

START_TEST(hold_and_retrieve_without_end_leave_the_call)
{
    hostile_begin(_i, true);
    for (unsigned i = 0; i < 500; i++) {
        static const uint8_t t[] = {Q931_T_HOLD,         Q931_T_RETRIEVE,
                                    Q931_T_HOLD_ACK,     Q931_T_HOLD_REJECT,
                                    Q931_T_RETRIEVE_ACK, Q931_T_RETRIEVE_REJECT};
        hostile_say_of(hostile.far, t[rt_random_below(RT_COUNT(t))], "\x08\x02\x81\x90", 4);
        if (i % 9 == 0)
            isdn_call_hold(hostile.near);
        if (i % 9 == 5)
            isdn_call_retrieve(hostile.near);
        ck_assert_uint_eq(hostile.lost, 0);
    }
    fake_advance(10 * RT_S);
    hostile_expect_alive("HOLD and RETRIEVE");
    hostile_end();
}
END_TEST

START_TEST(collisions_of_clearing_end_every_call)
{
    hostile_begin(_i, true);
    rig.side[hostile.victim].answers = true;
    for (unsigned i = 0; i < 200; i++) {
        struct isdn_call *far = rig_call(hostile.attacker);
        struct isdn_call *near = rig.side[hostile.victim].in;
        fake_advance(i % 5 * 40 * RT_MS);
        if (near && near != hostile.near)
            isdn_call_release(near, 16, 0);
        isdn_call_release(far, 16, 0);
        hostile_message(far->reference, !far->outgoing, i % 2 ? 0x45 : 0x4d, "\x08\x02\x81\x90", 4);
        fake_advance(RT_S);
        hostile_expect_alive("a collision");
    }
    hostile_expect_no_repairs();
    hostile_end();
}
END_TEST

/** Ten times a second for a minute, while calls come and go. */
START_TEST(a_flapping_link_loses_what_it_must_and_no_more)
{
    struct isdn_io *io[2];

    hostile_begin(_i, true);
    for (unsigned i = 0; i < 2; i++)
        io[i] = &rig.side[i].span->io;
    struct isdn_setup in = rig_words("4711", true);
    for (unsigned i = 0; i < 600; i++) {
        struct isdn_call *c;
        rig_cut();
        fake_advance(40 * RT_MS);
        if (i % 10 == 3)
            isdn_call_setup(&c, rig.side[i / 10 % 2].span, ALL, ISDN_ASCENDING, &in,
                            &rig.side[i / 10 % 2]);
        io[NET]->peer = io[USER];
        io[USER]->peer = io[NET];
        fake_advance(60 * RT_MS);
    }
    fake_advance(10 * RT_S);
    hostile_end();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("hostile calls");

    tcase_add_loop_test(t, no_message_leaves_a_call_behind, 0, HOSTILE_LINES * STATES);
    tcase_add_loop_test(t, status_of_any_state_ends_in_order, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_flood_of_setups_is_refused_and_forgotten, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_flood_that_is_answered_ends_too, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, restarts_without_end_leave_the_other_channels, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, services_without_end_block_nothing_for_good, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, hold_and_retrieve_without_end_leave_the_call, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, collisions_of_clearing_end_every_call, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_flapping_link_loses_what_it_must_and_no_more, 0, HOSTILE_LINES);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("a far end that errs", fill);
}
