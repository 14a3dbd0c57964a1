/* What elements say of a call, its bearer and its channel, read and written: octets worked out from
 * Q.931 and Q.850, and read by another decoder too.
 */
#include "isdn/ie_bearer.h"
#include "isdn/ie_call.h"
#include "isdn/ie_channel.h"
#include "test/unit/ie_rig.h"

#include <errno.h>

/* ---- bearer capability ---- */

START_TEST(bearers_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_bearer want;
    } table[] = {
        {"04 03 80 90 a3", {.rate = 0x10, .has = {true}, .layer[0].protocol = 3}},
        {"04 03 90 90 a2",
         {.capability = 0x10, .rate = 0x10, .has = {true}, .layer[0].protocol = 2}},
        {"04 02 88 90", {.capability = 0x08, .rate = 0x10}},
        /* V.110, asynchronous, 14.4 kbit/s */
        {"04 05 88 90 21 49 bf",
         {.capability = 0x08,
          .rate = 0x10,
          .has = {true},
          .layer[0] = {.protocol = 1, .more_len = 2, .more = {0x49, 0x3f}}}},
        {"04 04 88 98 86 a5", /* 6 x 64 kbit/s, H.221 */
         {.capability = 0x08,
          .rate = 0x18,
          .multiplier = 6,
          .has = {true},
          .layer[0].protocol = 5}},
        {"04 04 88 c0 c6 e6", /* packet, X.25 */
         {.capability = 0x08,
          .mode = 2,
          .has = {false, true, true},
          .layer = {{0}, {.protocol = 6}, {.protocol = 6}}}},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        const struct isdn_ie_bearer *want = &table[i].want;
        struct isdn_ie ie = first(table[i].octets);
        struct isdn_ie_value v;
        struct isdn_ie_bearer b;
        ck_assert_int_eq(isdn_ie_read_bearer(&b, &ie), 0);
        ck_assert_uint_eq(b.coding, want->coding);
        ck_assert_uint_eq(b.capability, want->capability);
        ck_assert_uint_eq(b.mode, want->mode);
        ck_assert_uint_eq(b.rate, want->rate);
        ck_assert_uint_eq(b.multiplier, want->multiplier);
        ck_assert_mem_eq(b.has, want->has, sizeof b.has);
        ck_assert_mem_eq(b.layer, want->layer, sizeof b.layer);
        ck_assert_int_eq(isdn_ie_write_bearer(&v, want), 0);
        same(&v, table[i].octets);
    }
}
END_TEST

START_TEST(odd_bearers_are_borne)
{
    static const char *const bad[] = {"04 00",          "04 01 80",    "04 02 80 10",
                                      "04 03 80 90 23", "04 02 88 98", "08 02 80 90"};
    struct isdn_ie_bearer b;
    struct isdn_ie_value v;
    struct isdn_ie ie = first("04 04 88 18 86 a5"); /* the multiplier as octet 4a */

    ck_assert_int_eq(isdn_ie_read_bearer(&b, &ie), 0);
    ck_assert_uint_eq(b.multiplier, 6);
    ck_assert_uint_eq(b.layer[0].protocol, 5);
    ie = first("04 05 80 10 83 a3 a2"); /* octet 4a of 1988; layer 1 said twice: the first counts */
    ck_assert_int_eq(isdn_ie_read_bearer(&b, &ie), 0);
    ck_assert_uint_eq(b.layer[0].protocol, 3);
    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        ie = first(bad[i]);
        ck_assert_int_eq(isdn_ie_read_bearer(&b, &ie), EINVAL);
    }
    b = (struct isdn_ie_bearer){.capability = 0x20, .rate = 0x10};
    ck_assert_int_eq(isdn_ie_write_bearer(&v, &b), EINVAL);
    b = (struct isdn_ie_bearer){.rate = 0x10, .has = {true}, .layer[0].protocol = 0x20};
    ck_assert_int_eq(isdn_ie_write_bearer(&v, &b), EINVAL);
}
END_TEST

/* ---- causes ---- */

START_TEST(causes_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_cause want;
    } table[] = {
        {"08 02 81 91", {.location = 1, .value = 17}},
        {"08 03 04 83 9f", {.location = 4, .recommended = true, .recommendation = 3, .value = 31}},
        {"08 05 82 e6 33 30 33", {.location = 2, .value = 102, .len = 3, .diagnostic = "303"}},
        {"08 02 e0 85", {.coding = 3, .value = 5}},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        const struct isdn_ie_cause *want = &table[i].want;
        struct isdn_ie ie = first(table[i].octets);
        struct isdn_ie_value v;
        struct isdn_ie_cause c;
        ck_assert_int_eq(isdn_ie_read_cause(&c, &ie), 0);
        ck_assert_uint_eq(c.coding, want->coding);
        ck_assert_uint_eq(c.location, want->location);
        ck_assert_int_eq(c.recommended, want->recommended);
        ck_assert_uint_eq(c.recommendation, want->recommendation);
        ck_assert_uint_eq(c.value, want->value);
        ck_assert_uint_eq(c.len, want->len);
        ck_assert_mem_eq(c.diagnostic, want->diagnostic, c.len);
        ck_assert_int_eq(isdn_ie_write_cause(&v, want), 0);
        same(&v, table[i].octets);
    }
    struct isdn_ie_cause c = {.value = 16, .len = 29}; /* table 4-3: 32 octets in all */
    struct isdn_ie_value v;
    ck_assert_int_eq(isdn_ie_write_cause(&v, &c), EINVAL);
    c = (struct isdn_ie_cause){.value = 128};
    ck_assert_int_eq(isdn_ie_write_cause(&v, &c), EINVAL);
    static const char *const bad[] = {"08 00", "08 01 81", "08 02 01 91", "1e 02 81 91"};
    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        struct isdn_ie ie = first(bad[i]);
        ck_assert_int_eq(isdn_ie_read_cause(&c, &ie), EINVAL);
    }
}
END_TEST

static struct isdn_ie_cause cause(const char *text)
{
    struct isdn_ie ie = first(text);
    struct isdn_ie_cause c;

    ck_assert_int_eq(isdn_ie_read_cause(&c, &ie), 0);
    return c;
}

START_TEST(a_new_number_is_in_the_diagnostic)
{
    struct isdn_ie_cause c = cause("08 0b 82 96 70 07 a1 34 39 33 30 31 32"),
                         made = {.location = 2};
    struct isdn_ie_number n;
    struct isdn_ie_value v;

    ck_assert_int_eq(isdn_ie_cause_number(&n, &c), 0);
    ck_assert_uint_eq(n.ton, 2);
    ck_assert_uint_eq(n.npi, 1);
    ck_assert_str_eq(n.digits, "493012");
    ck_assert_int_eq(isdn_ie_cause_set_number(&made, &n), 0);
    ck_assert_int_eq(isdn_ie_write_cause(&v, &made), 0);
    same(&v, "08 0b 82 96 70 07 a1 34 39 33 30 31 32");
    c = cause("08 0b 82 91 70 07 a1 34 39 33 30 31 32"); /* user busy has none */
    ck_assert_int_eq(isdn_ie_cause_number(&n, &c), ENOENT);
    c = cause("08 05 82 96 70 07 a1"); /* cut */
    ck_assert_int_eq(isdn_ie_cause_number(&n, &c), ENOENT);
    n.screened = true;
    ck_assert_int_eq(isdn_ie_cause_set_number(&made, &n), EINVAL);
}
END_TEST

/* ---- channels ---- */

START_TEST(channels_are_read_and_written)
{
    static const struct {
        const char *octets;
        struct isdn_ie_channel want;
    } table[] = {
        {"18 03 a9 83 83",
         {.primary = true, .exclusive = true, .selection = 1, .units = 3, .slots = 1u << 3}},
        {"18 04 e1 82 83 91",
         {.primary = true,
          .selection = 1,
          .interface_len = 1,
          .interface = {2},
          .units = 3,
          .slots = 1u << 17}},
        {"18 06 a9 93 80 00 00 02", /* 31 and 1 */
         {.primary = true,
          .exclusive = true,
          .selection = 1,
          .units = 3,
          .map_len = 4,
          .slots = 1u << 31 | 1u << 1}},
        {"18 05 a9 93 80 00 01", /* 24 and 1 */
         {.primary = true,
          .exclusive = true,
          .selection = 1,
          .units = 3,
          .map_len = 3,
          .slots = 1u << 24 | 1u << 1}},
        {"18 05 a9 83 01 02 83",
         {.primary = true,
          .exclusive = true,
          .selection = 1,
          .units = 3,
          .slots = 1u << 1 | 1u << 2 | 1u << 3}},
        {"18 01 8a", {.exclusive = true, .selection = 2}},
        {"18 01 83", {.selection = 3}},
        {"18 01 80", {.selection = 0}},
        {"18 01 ac", {.primary = true, .exclusive = true, .dchannel = true}},
        {"18 02 e9 81", /* the whole of interface 1 */
         {.primary = true,
          .exclusive = true,
          .selection = 1,
          .interface_len = 1,
          .interface = {1}}},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        const struct isdn_ie_channel *want = &table[i].want;
        struct isdn_ie ie = first(table[i].octets);
        struct isdn_ie_value v;
        struct isdn_ie_channel c;
        ck_assert_int_eq(isdn_ie_read_channel(&c, &ie), 0);
        ck_assert_int_eq(c.primary, want->primary);
        ck_assert_int_eq(c.exclusive, want->exclusive);
        ck_assert_int_eq(c.dchannel, want->dchannel);
        ck_assert_uint_eq(c.selection, want->selection);
        ck_assert_uint_eq(c.interface_len, want->interface_len);
        ck_assert_mem_eq(c.interface, want->interface, sizeof c.interface);
        ck_assert_uint_eq(c.units, want->units);
        ck_assert_uint_eq(c.map_len, want->map_len);
        ck_assert_uint_eq(c.slots, want->slots);
        ck_assert_int_eq(isdn_ie_write_channel(&v, want), 0);
        same(&v, table[i].octets);
    }
}
END_TEST

START_TEST(channels_that_cannot_be_are_ignored)
{
    static const char *const bad[] = {"18 00",          "18 01 29",          "18 02 a9 83",
                                      "18 03 a9 83 a0", "18 04 a9 93 00 01", "18 02 e9 01"};
    static const struct isdn_ie_channel unwritable[] = {
        {.selection = 4},
        {.interface_len = 5},
        {.selection = 1, .slots = 2},                                /* basic access */
        {.primary = true, .selection = 3, .slots = 2},               /* any channel */
        {.primary = true, .selection = 1, .map_len = 3, .slots = 1}, /* no channel 0 in 24 */
        {.primary = true, .selection = 1, .map_len = 2, .slots = 2},
        {.primary = true, .selection = 1, .map_len = 4},
    };
    struct isdn_ie_channel c;
    struct isdn_ie_value v;

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        struct isdn_ie ie = first(bad[i]);
        ck_assert_int_eq(isdn_ie_read_channel(&c, &ie), EINVAL);
    }
    for (size_t i = 0; i < RT_COUNT(unwritable); i++)
        ck_assert_int_eq(isdn_ie_write_channel(&v, &unwritable[i]), EINVAL);
}
END_TEST

START_TEST(restart_indicators_are_read_and_written)
{
    enum isdn_ie_restart class;
    struct isdn_ie_value v;
    struct isdn_ie ie = first("79 01 87");

    ck_assert_int_eq(isdn_ie_read_restart(&class, &ie), 0);
    ck_assert_int_eq(class, ISDN_RESTART_ALL);
    ck_assert_int_eq(isdn_ie_write_restart(&v, ISDN_RESTART_INTERFACE), 0);
    same(&v, "79 01 86");
    ie = first("79 01 81");
    ck_assert_int_eq(isdn_ie_read_restart(&class, &ie), EINVAL);
    ie = first("79 00");
    ck_assert_int_eq(isdn_ie_read_restart(&class, &ie), EINVAL);
}
END_TEST

/* ---- states and indications ---- */

START_TEST(call_states_are_read_and_written)
{
    struct isdn_ie ie = first("14 01 04");
    struct isdn_ie_value v;
    struct isdn_ie_state s;

    ck_assert_int_eq(isdn_ie_read_state(&s, &ie), 0);
    ck_assert_uint_eq(s.coding, 0);
    ck_assert_uint_eq(s.value, 4);
    ck_assert_str_eq(isdn_ie_state_name(s.value), "call delivered");
    ck_assert_str_eq(isdn_ie_state_name(5), "unknown");
    ie = first("14 01 8a");
    ck_assert_int_eq(isdn_ie_read_state(&s, &ie), 0);
    ck_assert_uint_eq(s.coding, 2);
    ck_assert_int_eq(isdn_ie_write_state(&v, &s), 0);
    same(&v, "14 01 8a");
    s.value = 64;
    ck_assert_int_eq(isdn_ie_write_state(&v, &s), EINVAL);
    ie = first("14 00");
    ck_assert_int_eq(isdn_ie_read_state(&s, &ie), EINVAL);
}
END_TEST

START_TEST(every_progress_is_read)
{
    static const uint8_t m[] = {CALL(0x45), 0x08, 0x02, 0x82, 0x90, 0x1e, 0x02, 0x81,
                                0x83,       0x1e, 0x01, 0x81, 0x1e, 0x02, 0xea, 0x88};
    struct isdn_ie_progress p[2];
    struct isdn_ie_value v;

    ck_assert_uint_eq(isdn_ie_all_progress(p, 2, m, sizeof m), 2);
    ck_assert_uint_eq(p[0].location, 1);
    ck_assert_uint_eq(p[0].description, 3);
    ck_assert_uint_eq(p[1].coding, 3);
    ck_assert_uint_eq(p[1].location, 10);
    ck_assert_uint_eq(p[1].description, 8);
    ck_assert_uint_eq(isdn_ie_all_progress(p, 1, m, sizeof m), 2);
    ck_assert_int_eq(isdn_ie_write_progress(&v, &p[1]), 0);
    same(&v, "1e 02 ea 88");
    p[0].location = 16;
    ck_assert_int_eq(isdn_ie_write_progress(&v, &p[0]), EINVAL);
    p[0] = (struct isdn_ie_progress){.description = 128};
    ck_assert_int_eq(isdn_ie_write_progress(&v, &p[0]), EINVAL);
}
END_TEST

START_TEST(notifications_are_read_and_written)
{
    struct isdn_ie ie = first("27 01 f9");
    struct isdn_ie_notification n;
    struct isdn_ie_value v;

    ck_assert_int_eq(isdn_ie_read_notification(&n, &ie), 0);
    ck_assert_uint_eq(n.description, ISDN_NOTICE_REMOTE_HOLD);
    ck_assert_uint_eq(n.extra_len, 0);
    ck_assert_int_eq(isdn_ie_write_notification(&v, &n), 0);
    same(&v, "27 01 f9");
    ie = first("27 03 03 91 a1"); /* an ASN.1 component follows */
    ck_assert_int_eq(isdn_ie_read_notification(&n, &ie), 0);
    ck_assert_uint_eq(n.description, 3);
    ck_assert_uint_eq(n.extra_len, 2);
    ck_assert_uint_eq(n.extra[0], 0x91);
    ck_assert_int_eq(isdn_ie_write_notification(&v, &n), 0);
    same(&v, "27 03 03 91 a1");
    ie = first("27 00");
    ck_assert_int_eq(isdn_ie_read_notification(&n, &ie), EINVAL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ie code");
    TCase *tc = tcase_create("ie code");

    tcase_add_test(tc, bearers_are_read_and_written);
    tcase_add_test(tc, odd_bearers_are_borne);
    tcase_add_test(tc, causes_are_read_and_written);
    tcase_add_test(tc, a_new_number_is_in_the_diagnostic);
    tcase_add_test(tc, channels_are_read_and_written);
    tcase_add_test(tc, channels_that_cannot_be_are_ignored);
    tcase_add_test(tc, restart_indicators_are_read_and_written);
    tcase_add_test(tc, call_states_are_read_and_written);
    tcase_add_test(tc, every_progress_is_read);
    tcase_add_test(tc, notifications_are_read_and_written);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
