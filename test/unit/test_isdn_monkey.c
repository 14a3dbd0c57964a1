/* Thousands of random steps from a seed: both owners do whatever they may, messages come that
 * nobody meant, real ones with octets changed, and frames are lost. Then it is quiet, and nothing
 * is left. SEED=n and STEPS=n in the environment choose another walk.
 */
#include "test/unit/isdn_hostile.h"

#define SEEDS 18

/* ---- what the far end says ---- */

/** The parts of test/fuzz/corpus/q931, a message each from its type on. */
static const char *const messages[] = {
    "05 a1 04 03 90 90 a3 18 03 a1 83 81 6c 0a 21 81 34 39 33 30 31 30 30 30 70 05 81 34 37 31 31",
    "05 04 03 80 90 a3 18 03 a9 83 84 1e 02 83 83 70 02 81 31",
    "0d 18 03 a9 83 81 1e 02 81 88",
    "02 18 03 a9 83 81",
    "01 1e 02 81 82",
    "03 1e 02 81 81",
    "07 4c 0a 21 83 34 39 33 30 31 30 30 30",
    "0f",
    "24",
    "28",
    "30 08 02 81 9d",
    "31 18 03 a1 83 83",
    "33 18 03 a9 83 83",
    "37 08 02 81 a2",
    "45 08 02 82 91 1e 02 82 88",
    "45 08 02 80 90",
    "4d 08 02 80 90",
    "5a 08 02 80 90",
    "62 1c 14 91 a1 11 02 01 01 02 01 22 30 09 a1 05 30 03 02 01 05 82 01 00",
    "62 1c 08 91 a1 05 02 01 05 02 01 06",
    "62 1c 12 91 a1 0f 02 01 05 02 01 0d 30 07 30 05 80 03 34 37 31",
    "6e 27 01 f1",
    "6e 27 01 f9",
    "75",
    "7b 70 03 81 31 32",
    "7b 2c 02 2a 31",
    "7d 08 02 80 9e 14 01 0a",
    "7d 08 02 80 e5 14 01 00",
    "20 7e 03 04 41 42",
    "60 00 01 02",
};

static unsigned dice(unsigned n)
{
    return rt_random_below(n);
}

static struct isdn_call *some_call(unsigned side)
{
    struct isdn_call *c = rig.side[side].span->group->calls;

    for (unsigned n = dice(8); c && c->next && n > 0; n--)
        c = c->next;
    return c && c->state != CALL_GONE ? c : NULL;
}

static void mutate(uint8_t *m, size_t *len)
{
    for (unsigned n = dice(4); n > 0; n--) {
        size_t at = 1 + dice((unsigned)*len);
        switch (dice(4)) {
        case 0:
            *len = at;
            break;
        case 1:
            m[at] ^= (uint8_t)(1u << dice(8));
            break;
        case 2:
            m[at] = (uint8_t)dice(256);
            break;
        default:
            memmove(m + at + 1, m + at, *len - at + 1);
            m[at] = (uint8_t)dice(256);
            (*len)++;
            break;
        }
    }
}

static void say(unsigned side, bool mutated)
{
    uint8_t m[300] = {0};
    size_t len = hostile_hex(m, messages[dice(RT_COUNT(messages))]);
    struct isdn_call *c = some_call(side);

    if (mutated)
        mutate(m, &len);
    hostile.attacker = side;
    if (c && dice(4) != 0)
        isdn_call_say_raw(c, m, len);
    else
        hostile_message(dice(8) ? STRANGE + dice(4) : 0, dice(4) == 0, m[0], m + 1, len - 1);
}

static void say_restart(unsigned side)
{
    uint8_t m[] = {0x18, 0x03, 0xa9, 0x83, (uint8_t)(0x80 | dice(32)), 0x79, 0x01, 0x80};

    hostile.attacker = side;
    hostile_message(0, false, dice(3) ? Q931_T_RESTART : Q931_T_RESTART_ACK, m, sizeof m);
}

/* ---- what the owners do ---- */

static void place(unsigned side)
{
    struct isdn_setup in = rig_words(dice(4) ? "4711" : "", dice(2));
    struct isdn_call *c;

    in.charges = (uint8_t)dice(8);
    isdn_call_setup(&c, rig.side[side].span, ALL, (enum isdn_hunt)dice(ISDN_HUNTS), &in,
                    &rig.side[side]);
}

static void tell_uui(struct isdn_call *c)
{
    struct isdn_uui u = {.present = true, .protocol = 4, .len = (uint8_t)dice(128)};

    isdn_call_uui(c, &u);
}

static void tell_charges(struct isdn_call *c)
{
    struct isdn_aoc a = {.kind = (enum isdn_aoc_kind)dice(3)};

    if (a.kind != ISDN_AOC_S)
        a.de.charge = ISDN_AOC_FREE;
    isdn_call_aoc(c, &a);
}

static void answer(struct isdn_call *c)
{
    static const uint8_t progress[] = {0, 1, 2, 8};

    switch (dice(5)) {
    case 0:
        isdn_call_setup_ack(c, progress[dice(4)]);
        break;
    case 1:
        isdn_call_proceeding(c, progress[dice(4)]);
        break;
    case 2:
        isdn_call_alerting(c, progress[dice(4)]);
        break;
    case 3:
        isdn_call_progress(c, 8, dice(2) ? 17 : 0);
        break;
    default:
        isdn_call_connect(c, NULL);
        break;
    }
}

static void serve(struct isdn_call *c)
{
    static const struct isdn_number n = {.digits = "030123", .npi = 1};
    static const uint8_t notices[] = {0, 1, 0x79, 0x7a};

    switch (dice(7)) {
    case 0:
        isdn_call_information(c, "12", dice(2));
        break;
    case 1:
        isdn_call_notify(c, notices[dice(4)]);
        break;
    case 2:
        isdn_call_identity(c, &n, dice(2) ? "Somebody" : NULL);
        break;
    case 3:
        isdn_call_mcid(c);
        break;
    case 4:
        isdn_call_deflect(c, &n, &n, 2);
        break;
    case 5:
        isdn_call_keypad(c, "*1#");
        break;
    default:
        if (c->next && c->next->state != CALL_GONE)
            isdn_call_join(c, c->next);
        break;
    }
}

static void maintain(unsigned side)
{
    struct isdn_span *s = rig.side[side].span;
    unsigned t = 1 + dice(31);

    switch (dice(8)) {
    case 0:
        isdn_channel_block(s, t, true);
        break;
    case 1:
        isdn_channel_drain(s, t);
        break;
    case 2:
        isdn_channel_restart(s, t);
        break;
    default:
        isdn_channel_block(s, t, false);
        break;
    }
}

static void act(unsigned side)
{
    struct isdn_call *c = some_call(side);
    unsigned n = dice(12);

    if (!c)
        place(side);
    else if (n < 4)
        answer(c);
    else if (n == 4)
        isdn_call_hold(c);
    else if (n == 5)
        isdn_call_retrieve(c);
    else if (n == 6)
        tell_uui(c);
    else if (n == 7)
        tell_charges(c);
    else if (n < 10)
        serve(c);
    else if (n == 10)
        isdn_call_disconnect_tones(c, 17, 2);
    else
        isdn_call_release(c, (uint8_t)dice(128), 0);
}

/** Services that somebody asks for are granted, refused, or left. */
static void on_asked(struct isdn_call *c, const struct isdn_event *ev)
{
    if (ev->type == ISDN_EV_DEFLECT && c->outgoing && dice(2))
        isdn_call_deflected(c, dice(2));
    if (ev->type == ISDN_EV_TRANSFER && ev->other && dice(2))
        isdn_call_transferred(c, dice(2));
}

/* ---- the walk ---- */

static unsigned loss; /* of a hundred frames */

static enum isdn_fate lose(void *arg, bool sent, uint8_t *frame, size_t len)
{
    (void)arg;
    (void)frame;
    (void)len;
    if (!sent || dice(100) >= loss)
        return ISDN_PASSES;
    return dice(2) ? ISDN_LOST : ISDN_SPOILT;
}

static void step(void)
{
    static const rt_time pauses[] = {0, 10 * RT_MS, 20 * RT_MS, 100 * RT_MS, 500 * RT_MS};
    unsigned side = dice(2), n = dice(100);

    if (n < 20)
        place(side);
    else if (n < 65)
        act(side);
    else if (n < 75)
        say(side, false);
    else if (n < 92)
        say(side, true);
    else if (n < 95)
        say_restart(side);
    else if (n < 98)
        maintain(side);
    else if (n == 98)
        loss = dice(3) * 15;
    else
        fake_advance(3 * RT_S);
    fake_advance(pauses[dice(RT_COUNT(pauses))]);
}

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/** Nothing is lost any more, and the far end is told again which channels work: what it was told
 * may have been lost. */
static void quiet(void)
{
    loss = 0;
    for (unsigned i = 0; i < 2; i++)
        rig.side[i].span->ops.filter = NULL;
    fake_advance(20 * RT_S);
    for (unsigned n = 0; n < 2 * 2 * ISDN_TIMESLOTS; n++)
        isdn_channel_block(rig.side[n & 1].span, n / 4, !(n & 2));
}

START_TEST(nothing_is_left_after_a_random_walk)
{
    unsigned seed = setting("SEED", (unsigned)_i + 1), steps = setting("STEPS", 2000);

    hostile_begin(seed % HOSTILE_LINES, false);
    fake_seed(seed);
    loss = 0;
    for (unsigned i = 0; i < 2; i++) {
        rig.side[i].hook = on_asked;
        rig.side[i].span->ops.filter = lose;
        rig.side[i].answers = false;
        rig.side[i].waits = dice(2);
    }
    for (unsigned i = 0; i < steps; i++)
        step();
    quiet();
    fake_advance(20 * RT_S);
    hostile_end();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("monkey");

    tcase_add_loop_test(t, nothing_is_left_after_a_random_walk, 0, getenv("SEED") ? 1 : SEEDS);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("a random walk", fill);
}
