/* Frames and messages that no far end may send: what Q.921 and Q.931 5.8 make of them, each beside
 * a call that must not notice.
 */
#include "test/unit/isdn_hostile.h"

/* ---- Q.921 ---- */

static uint8_t command(void)
{
    return hostile.victim == USER ? 0x02 : 0x00; /* C/R (Q.921 3.3.2) */
}

/** Every control octet, as command and as response, alone and with what should not follow. */
START_TEST(frames_of_every_kind_leave_the_call)
{
    static const uint8_t lengths[] = {3, 4, 5, 9, 40};
    uint8_t f[300] = {0};
    char what[64];

    hostile_begin(_i, true);
    for (unsigned control = 0; control < 256; control++) {
        for (unsigned i = 0; i < sizeof f; i++)
            f[i] = (uint8_t)(control * 7 + i * 13);
        f[0] = command() ^ (control & 1 ? 0x02 : 0x00);
        f[1] = 0x01;
        f[2] = (uint8_t)control;
        hostile_frame(f, lengths[control % RT_COUNT(lengths)]);
        fake_advance(2 * RT_S);
        snprintf(what, sizeof what, "control %02x", control);
        hostile_expect_alive(what);
    }
    fake_advance(20 * RT_S);
    hostile_expect_alive("all of them");
    hostile_expect_no_repairs();
    hostile_end();
}
END_TEST

START_TEST(frames_of_no_link_are_nothing)
{
    uint8_t f[HDLC_FRAME_MAX] = {0};

    hostile_begin(_i, true);
    for (unsigned i = 0; i < 1024; i++) { /* SAPI and TEI, and the extension bits */
        f[0] = (uint8_t)(i % 64 * 4 | command() | (i % 5 == 0));
        f[1] = (uint8_t)(i * 37);
        f[2] = (uint8_t)(i % 3 ? 0x7f : 0x53);
        if (f[0] == command() && f[1] == 0x01)
            continue;
        hostile_frame(f, i % 7 + 1);
        fake_advance(40 * RT_MS);
    }
    for (size_t n = 1; n <= 3; n++)
        hostile_frame((const uint8_t[]){command(), 0x01, 0x00}, n);
    fake_advance(20 * RT_S);
    hostile_expect_alive("frames of no link");
    hostile_end();
}
END_TEST

/** A runt counts as nothing: the I frame after it still has the next number. */
START_TEST(an_i_frame_without_its_second_octet_is_no_frame)
{
    hostile_begin(_i, true);
    for (unsigned ns = 0; ns < 256; ns += 2) {
        hostile_frame((const uint8_t[]){command(), 0x01, (uint8_t)ns}, 3);
        fake_advance(40 * RT_MS);
    }
    ck_assert(rig_status(hostile.victim).dchannel_up);
    rig.side[NET].changes = rig.side[USER].changes = 0;
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(rig.side[hostile.victim].changes, 0);
    hostile_expect_alive("runts");
    hostile_end();
}
END_TEST

/** I frames with numbers far away, and acknowledgements of what was never sent (5.8.5): the link is
 * set up anew, and answered calls live on (Q.931 5.8.8). */
START_TEST(numbers_out_of_sequence_cost_the_link_no_call)
{
    static const uint8_t message[] = {0x08, 0x02, 0x55, 0x55, 0x7b};
    uint8_t f[64] = {0};

    hostile_begin(_i, true);
    for (unsigned i = 0; i < 128; i += 3) {
        f[0] = command();
        f[1] = 0x01;
        f[2] = (uint8_t)(i << 1);
        f[3] = (uint8_t)((i * 5 % 128) << 1 | (i & 1));
        memcpy(f + 4, message, sizeof message);
        hostile_frame(f, 4 + sizeof message);
        fake_advance(i % 4 ? 100 * RT_MS : 10 * RT_S);
        hostile_expect_alive("numbers");
    }
    fake_advance(20 * RT_S);
    hostile_end();
}
END_TEST

static unsigned spoilt;

static enum isdn_fate spoil_some(void *arg, bool sent, uint8_t *frame, size_t len)
{
    (void)arg;
    (void)frame;
    (void)len;
    if (!sent)
        return ISDN_PASSES;
    return spoilt++ % 3 ? ISDN_PASSES : ISDN_SPOILT;
}

START_TEST(wrong_check_sequences_are_repeated_frames)
{
    hostile_begin(_i, true);
    rig.side[hostile.attacker].span->ops.filter = spoil_some;
    for (unsigned i = 0; i < 20; i++) {
        isdn_call_release(rig_call(hostile.attacker), 16, 0);
        fake_advance(5 * RT_S);
    }
    ck_assert_uint_ge(rig_status(hostile.victim).hdlc_bad, 10);
    hostile_expect_alive("wrong check sequences");
    rig.side[hostile.attacker].span->ops.filter = NULL;
    hostile_end();
}
END_TEST

static unsigned noise, noise_left;

/** Octets of the D channel: ones without an end, zeros, one frame that is never closed, noise. */
static void make_noise(void *arg, struct isdn_block *b)
{
    (void)arg;
    if (noise_left == 0)
        return;
    noise_left--;
    for (unsigned i = 0; i < b->frames; i++)
        b->tx[16][i] = (uint8_t)(noise == 0   ? 0xff
                                 : noise == 1 ? 0x00
                                 : noise == 2 ? 0x55
                                              : rt_random_below(256));
}

START_TEST(octets_that_are_no_frames_cost_no_call_for_four_seconds)
{
    hostile_begin(_i, true);
    rig.side[hostile.attacker].span->io.outgoing = make_noise;
    for (noise = 0; noise < 4; noise++) {
        noise_left = 4 * 50;
        fake_advance(30 * RT_S);
        hostile_expect_alive("noise");
        ck_assert(rig_status(hostile.victim).dchannel_up);
    }
    for (noise = 0; noise < 4; noise++) { /* and then longer than T309 */
        noise_left = 60 * 50;
        fake_advance(90 * RT_S);
    }
    hostile_end();
}
END_TEST

START_TEST(frames_beyond_n201_are_dropped)
{
    uint8_t f[HDLC_FRAME_MAX] = {0x02, 0x01, 0x03, 0x08, 0x02, 0x55, 0x55, 0x05};

    hostile_begin(_i, true);
    f[0] = command();
    for (size_t n = 250; n <= sizeof f; n++) {
        hostile_frame(f, n);
        fake_advance(60 * RT_MS);
    }
    ck_assert_uint_eq(hostile_records(hostile.victim), 1);
    hostile_expect_alive("long frames");
    hostile_end();
}
END_TEST

/* ---- Q.931: references and types (5.8.1 to 5.8.4) ---- */

/* what most messages have to have, and a channel that is not in use */
#define COMMON "04 03 80 90 a3 08 02 81 90 14 01 0a 18 03 a1 83 85 1e 02 81 88 27 01 80"

static const char *const bodies[] = {"", COMMON, "08", "08 05 81", "00 01", "ff ff ff"};

static bool is_restart(unsigned type)
{
    return (type & 0x7f) == 0x46;
}

START_TEST(references_of_no_call_disturb_none)
{
    uint8_t b[64];
    size_t n;

    hostile_begin(_i, true);
    for (unsigned i = 0; i < RT_COUNT(bodies); i++) {
        n = hostile_hex(b, bodies[i]);
        for (unsigned type = 0; type < 256; type++) {
            hostile_message(STRANGE, false, (uint8_t)type, b, n);
            hostile_message(STRANGE, true, (uint8_t)type, b, n);
            hostile_message(0, type & 1, (uint8_t)type, b, n);
        }
        fake_advance(5 * RT_S);
        hostile_expect_alive(bodies[i]);
        hostile_release_all(hostile.victim == USER ? USER : NET); /* SETUPs that were answered */
        hostile_watch(hostile.far);
        hostile_end();
        if (i + 1 < RT_COUNT(bodies))
            hostile_begin(_i, true);
    }
}
END_TEST

/** Records of libpri: there is one, the call's. */
START_TEST(what_belongs_to_no_call_leaves_no_record)
{
    uint8_t b[64];
    char what[64];

    hostile_begin(_i, true);
    for (unsigned i = 0; i < RT_COUNT(bodies); i++) {
        size_t n = hostile_hex(b, bodies[i]);
        for (unsigned type = 0; type < 128; type++) {
            if (is_restart(type) || (type == Q931_T_SETUP && i == 1))
                continue;
            hostile_message(STRANGE + type, type & 1, (uint8_t)type, b, n);
            fake_advance(100 * RT_MS);
            snprintf(what, sizeof what, "type %02x with %s", type, bodies[i]);
            ck_assert_msg(hostile_records(hostile.victim) == 1, "a record is left by %s", what);
        }
    }
    hostile_expect_alive("messages of no call");
    hostile_expect_no_repairs();
    hostile_end();
}
END_TEST

START_TEST(a_reference_of_any_length_is_borne)
{
    uint8_t m[40] = {0x08};

    hostile_begin(_i, true);
    for (unsigned len = 0; len < 256; len++)
        for (unsigned type = 1; type < 128; type += 4) {
            memset(m + 1, 0, sizeof m - 1);
            m[1] = (uint8_t)len;
            m[2] = 0x55;
            m[2 + (len & 15)] = (uint8_t)type;
            if ((len & 15) > 2 || len == 0 || len > 15)
                hostile_say(m, 3 + (len & 15) + len % 3);
        }
    for (size_t n = 1; n < 5; n++)
        hostile_say((const uint8_t[]){0x08, 0x02, 0x55, 0x55}, n);
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(hostile_records(hostile.victim), 1);
    hostile_expect_alive("lengths of references");
    hostile_end();
}
END_TEST

START_TEST(other_protocols_are_ignored)
{
    uint8_t m[] = {0, 0x02, 0x55, 0x55, 0x05, 0x04, 0x03, 0x80, 0x90, 0xa3};

    hostile_begin(_i, true);
    for (unsigned p = 0; p < 256; p++) {
        if (p == 0x08)
            continue;
        m[0] = (uint8_t)p;
        for (size_t n = 1; n <= sizeof m; n += 3)
            hostile_say(m, n);
    }
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(rig.side[hostile.victim].setups, 1);
    ck_assert_uint_eq(hostile_records(hostile.victim), 1);
    hostile_expect_alive("protocols");
    hostile_end();
}
END_TEST

/** 5.8.4: a message that is not known is answered with STATUS, cause 97 or 98. */
START_TEST(unknown_types_are_answered_with_status)
{
    static const uint8_t unknown[] = {0x1f, 0x2c, 0x20, 0x40, 0x60, 0x6d, 0x77, 0x7f};

    hostile_begin(_i, true);
    for (unsigned i = 0; i < RT_COUNT(unknown); i++) {
        rig.nwire = 0;
        hostile_say_of(hostile.far, unknown[i], NULL, 0);
        fake_advance(200 * RT_MS);
        const struct rig_message *m = rig_said(hostile.victim, Q931_T_STATUS, 0);
        ck_assert_msg(m && (m->view.cause == 97 || m->view.cause == 98), "type %02x: cause %d",
                      unknown[i], m ? m->view.cause : -1);
    }
    hostile_expect_alive("unknown types");
    hostile_end();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("hostile");

    tcase_add_loop_test(t, frames_of_every_kind_leave_the_call, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, frames_of_no_link_are_nothing, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, an_i_frame_without_its_second_octet_is_no_frame, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, numbers_out_of_sequence_cost_the_link_no_call, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, wrong_check_sequences_are_repeated_frames, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, octets_that_are_no_frames_cost_no_call_for_four_seconds, 0,
                        HOSTILE_LINES);
    tcase_add_loop_test(t, frames_beyond_n201_are_dropped, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, references_of_no_call_disturb_none, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, what_belongs_to_no_call_leaves_no_record, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_reference_of_any_length_is_borne, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, other_protocols_are_ignored, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, unknown_types_are_answered_with_status, 0, HOSTILE_LINES);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("bad input", fill);
}
