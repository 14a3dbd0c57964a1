/* Elements of every shape (Q.931 5.8.5 to 5.8.7), in messages of an answered call, which must live
 * on, and in SETUPs beside it.
 */
#include "test/unit/isdn_hostile.h"

/** Messages that leave an answered call as it is. */
static const uint8_t harmless[] = {Q931_T_INFORMATION, Q931_T_FACILITY,      Q931_T_NOTIFY,
                                   Q931_T_PROGRESS,    Q931_T_ALERTING,      Q931_T_CONNECT_ACK,
                                   Q931_T_CONNECT,     Q931_T_STATUS_ENQUIRY};

static void in_calls(const uint8_t *body, size_t n, unsigned turn)
{
    static const uint8_t least[] = {0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa1, 0x83, 0x85};
    uint8_t b[300];

    hostile_say_of(hostile.far, harmless[turn % RT_COUNT(harmless)], body, n);
    memcpy(b, least, sizeof least);
    memcpy(b + sizeof least, body, n > 240 ? 240 : n);
    hostile_message(STRANGE, false, Q931_T_SETUP, b, sizeof least + (n > 240 ? 240 : n));
    hostile_message(STRANGE, false, Q931_T_RELEASE_COMPLETE, "\x08\x02\x81\x90", 4);
}

START_TEST(elements_of_any_shape_are_borne)
{
    static const uint8_t lengths[] = {0, 1, 2, 3, 20, 21, 22, 41, 128, 250, 255};
    static const uint8_t fillers[] = {0x00, 0x7f, 0x80, 0xff, 0x31, 0xa1};
    uint8_t b[300];

    hostile_begin(_i, true);
    for (unsigned id = 0; id < 256; id++) {
        for (unsigned i = 0; i < RT_COUNT(lengths); i++) {
            memset(b, fillers[(id + i) % RT_COUNT(fillers)], sizeof b);
            b[0] = (uint8_t)id;
            b[1] = lengths[i];
            size_t n = 2u + (lengths[i] > 248 ? 248 : lengths[i]);
            in_calls(b, i % 5 == 4 ? n / 2 : n, id + i);
        }
        if (id % 32 == 31)
            hostile_expect_alive("an element");
    }
    fake_advance(10 * RT_S);
    hostile_expect_alive("elements");
    hostile_end();
}
END_TEST

START_TEST(repeated_shifted_and_endless_elements_are_borne)
{
    static const char *const one[] = {"04 03 80 90 a3", "08 02 81 90", "18 03 a1 83 86",
                                      "1e 02 81 88",    "28 02 41 42", "4c 03 00 83 31",
                                      "6c 03 00 83 31", "70 02 80 31", "74 04 00 03 80 31",
                                      "7e 02 04 41",    "a1",          "1c 05 91 a1 02 02 01",
                                      "2c 01 31",       "27 01 f1",    "79 01 80"};
    uint8_t b[300];
    size_t n;

    hostile_begin(_i, true);
    for (unsigned i = 0; i < RT_COUNT(one); i++) {
        for (n = 0; n < 200;)
            n += hostile_hex(b + n, one[i]);
        in_calls(b, n, i);
        for (unsigned shift = 0x90; shift < 0xa0; shift++) {
            b[0] = (uint8_t)shift;
            n = 1 + hostile_hex(b + 1, one[i]);
            b[n++] = (uint8_t)(shift ^ 1);
            n += hostile_hex(b + n, one[(i + 1) % RT_COUNT(one)]);
            b[n++] = (uint8_t)(0x98 | (shift & 7));
            in_calls(b, n, i + shift);
        }
    }
    for (unsigned shift = 0x90; shift < 0xa0; shift++) {
        memset(b, (int)shift, 200);
        in_calls(b, 200, shift);
    }
    fake_advance(10 * RT_S);
    hostile_expect_alive("shifts");
    hostile_end();
}
END_TEST

/** Facility elements with components of each kind, every octet of them changed, and cut. */
static const char *const components[] = {
    "91 a1 12 02 01 01 02 01 22 30 0a a1 05 30 03 02 01 05 82 01 00", /* AOC-D */
    "91 a1 06 02 01 05 02 01 06",                                     /* EctExecute */
    "91 a1 07 02 02 01 05 02 01 71",                                  /* link id */
    "91 a1 10 02 01 05 02 01 0d 30 08 30 06 80 04 34 37 31 31",       /* deflection */
    "91 a1 06 02 01 07 02 01 03",                                     /* MCID */
    "91 a2 0b 02 01 01 30 06 02 01 22 30 01 00",                      /* a result */
    "91 a3 06 02 01 01 02 01 03",                                     /* an error */
    "91 a4 06 02 01 01 81 01 00",                                     /* a reject */
    "9f aa 06 80 01 00 82 01 00 8b 01 00 a1 0f 02 01 01 06 04 2b 0c 09 00 80 04 41 42 43 44",
    "91 a1 80 02 01 01 02 01 22 00 00", /* indefinite */
    "91 a1 84 ff ff ff ff 02 01 01",
    "9f 8b 01 00 a1 14 02 01 01 06 07 2a 86 48 ce 15 00 08 30 06 02 01 01 80 01 02"};

START_TEST(broken_components_are_borne)
{
    static const uint8_t changes[] = {0x00, 0x7f, 0x80, 0xff, 0xa1, 0x30};
    uint8_t b[300], whole[100];

    hostile_begin(_i, true);
    for (unsigned k = 0; k < RT_COUNT(components); k++) {
        size_t n = hostile_hex(whole, components[k]);
        for (size_t at = 0; at <= n; at++)
            for (unsigned i = 0; i < RT_COUNT(changes); i++) {
                b[0] = ISDN_IE_FACILITY;
                b[1] = (uint8_t)(i == 0 ? at : n);
                memcpy(b + 2, whole, n);
                if (i > 0 && at < n)
                    b[2 + at] = changes[i];
                in_calls(b, 2u + b[1], i % 3 ? 1 : 0);
            }
    }
    fake_advance(20 * RT_S);
    hostile_expect_alive("components");
    hostile_end();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("hostile elements");

    tcase_add_loop_test(t, elements_of_any_shape_are_borne, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, repeated_shifted_and_endless_elements_are_borne, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, broken_components_are_borne, 0, HOSTILE_LINES);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("elements of every shape", fill);
}
