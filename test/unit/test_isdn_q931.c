/* Q.931 messages looked at and amended, on octets written down from the Recommendation. */
#include "isdn/q931.h"

#include <check.h>
#include <string.h>

#define LAPD 0x02, 0x01, 0x00, 0x00 /* SAPI 0, TEI 0; I frame, N(S) 0, N(R) 0 */

/* 4.2 to 4.4: discriminator 8, length of the reference 2, flag and value, type */
#define TO_ORIGIN(ref, type)   0x08, 0x02, 0x80 | (ref) >> 8, (ref)&0xff, type
#define FROM_ORIGIN(ref, type) 0x08, 0x02, (ref) >> 8, (ref)&0xff, type

#define CAUSE_USER_BUSY 0x08, 0x02, 0x81, 0x91 /* 4.5.12: private local, user busy (17) */
#define PROGRESS_8      0x1e, 0x02, 0x81, 0x88 /* 4.5.23: in-band information */

static const uint8_t setup_frame[] = {LAPD, FROM_ORIGIN(0x0123, 0x05),
                                      0xa1, /* Sending complete */
                                      0x04, 0x03,
                                      0x90, 0x90,
                                      0xa3, /* Bearer capability: 3.1 kHz audio, 64 kbit/s, A-law */
                                      0x18, 0x03,
                                      0xa1, 0x83,
                                      0x81, /* Channel identification: preferred, B channel 1 */
                                      0x1e, 0x02,
                                      0x83, 0x83, /* Progress: origination address is non-ISDN */
                                      0x70, 0x04,
                                      0x81, '1',
                                      '2',  '3'};

static const uint8_t release_frame[] = {LAPD, TO_ORIGIN(0x7fff, 0x4d), CAUSE_USER_BUSY};

START_TEST(a_setup_is_read)
{
    struct q931_view v;

    ck_assert(q931_look(&v, setup_frame, sizeof setup_frame));
    ck_assert_uint_eq(v.type, Q931_T_SETUP);
    ck_assert_uint_eq(v.reference, 0x0123);
    ck_assert(v.from_origin);
    ck_assert(v.complete);
    ck_assert_uint_eq(v.progress, 3);
    ck_assert_uint_eq(v.cause, 0);
    static const uint8_t there[] = {0x04, 0x18, 0x1e, 0x70, 0xa1}, absent[] = {0x08, 0x6c, 0x7e};
    for (size_t i = 0; i < sizeof there; i++)
        ck_assert(q931_has(&v, there[i]));
    for (size_t i = 0; i < sizeof absent; i++)
        ck_assert(!q931_has(&v, absent[i]));
}
END_TEST

START_TEST(a_release_is_read)
{
    struct q931_view v;

    ck_assert(q931_look(&v, release_frame, sizeof release_frame));
    ck_assert_uint_eq(v.type, Q931_T_RELEASE);
    ck_assert_uint_eq(v.reference, 0x7fff);
    ck_assert(!v.from_origin);
    ck_assert_uint_eq(v.cause, 17);
    ck_assert_uint_eq(v.location, 1);
    ck_assert(!v.complete);
}
END_TEST

START_TEST(a_cause_with_its_recommendation_octet_is_read)
{
    /* 4.5.12: octet 3 without the extension bit, so that octet 3a follows; diagnostics after 4 */
    static const uint8_t f[] = {LAPD, TO_ORIGIN(1, 0x5a), 0x08, 0x04, 0x04, 0x83, 0x9f, 0x55};
    struct q931_view v;

    ck_assert(q931_look(&v, f, sizeof f));
    ck_assert_uint_eq(v.location, 4);
    ck_assert_uint_eq(v.cause, 31);
}
END_TEST

START_TEST(of_several_progress_indicators_the_gravest_counts)
{
    static const struct {
        uint8_t first, second, want;
    } table[] = {{1, 8, 8}, {8, 1, 8}, {2, 8, 8}, {2, 1, 1}, {1, 2, 1}, {3, 2, 3}, {4, 4, 4}};
    struct q931_view v;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const uint8_t f[] = {LAPD, TO_ORIGIN(5, 0x03),
                             0x1e, 0x02,
                             0x81, (uint8_t)(0x80 | table[i].first),
                             0x1e, 0x02,
                             0x81, (uint8_t)(0x80 | table[i].second)};
        ck_assert(q931_look(&v, f, sizeof f));
        ck_assert_uint_eq(v.progress, table[i].want);
    }
}
END_TEST

START_TEST(what_carries_no_message_is_not_looked_at)
{
    static const uint8_t sabme[] = {0x02, 0x01, 0x7f}, rr[] = {0x02, 0x01, 0x01, 0x04};
    static const uint8_t other[] = {LAPD, 0x03, 0x02, 0x00, 0x01, 0x05}; /* maintenance */
    struct q931_view v;

    ck_assert(!q931_look(&v, sabme, sizeof sabme));
    ck_assert(!q931_look(&v, rr, sizeof rr));
    ck_assert(!q931_look(&v, other, sizeof other));
    for (size_t n = 0; n < 9; n++) /* cut before the type */
        ck_assert(!q931_look(&v, setup_frame, n));
    ck_assert(q931_look(&v, setup_frame, 9));
    ck_assert_uint_eq(v.type, Q931_T_SETUP);
}
END_TEST

START_TEST(a_message_in_a_ui_frame_is_read)
{
    static const uint8_t f[] = {0x02, 0xff, 0x03, FROM_ORIGIN(9, 0x05)};
    struct q931_view v;

    ck_assert(q931_look(&v, f, sizeof f));
    ck_assert_uint_eq(v.reference, 9);
}
END_TEST

START_TEST(the_global_and_the_empty_reference_are_read)
{
    static const uint8_t restart[] = {LAPD, 0x08, 0x02, 0x00, 0x00, 0x46, 0x79, 0x01, 0x80};
    static const uint8_t dummy[] = {LAPD, 0x08, 0x00, 0x62};
    struct q931_view v;

    ck_assert(q931_look(&v, restart, sizeof restart));
    ck_assert_uint_eq(v.type, Q931_T_RESTART);
    ck_assert_uint_eq(v.reference, 0);
    ck_assert(v.from_origin);
    ck_assert(q931_look(&v, dummy, sizeof dummy));
    ck_assert_uint_eq(v.type, 0x62);
}
END_TEST

START_TEST(references_to_be_ignored_are_known)
{
    /* 5.8.3.1, 5.8.3.2: length 2 or 1; the global one for RESTART and its answer alone */
    static const struct {
        uint8_t f[10];
        bool ok;
    } table[] = {{{LAPD, 0x08, 0x02, 0x00, 0x01, 0x05}, true},
                 {{LAPD, 0x08, 0x01, 0x01, 0x05}, true},
                 {{LAPD, 0x08, 0x02, 0x00, 0x00, 0x46}, true},
                 {{LAPD, 0x08, 0x02, 0x80, 0x00, 0x4e}, true},
                 {{LAPD, 0x08, 0x02, 0x00, 0x00, 0x05}, false},
                 {{LAPD, 0x08, 0x02, 0x80, 0x00, 0x45}, false},
                 {{LAPD, 0x08, 0x03, 0x00, 0x01, 0x05}, false},
                 {{LAPD, 0x08, 0x02, 0x00, 0x01, 0x46}, false},
                 {{LAPD, 0x08, 0x02, 0x80, 0x01, 0x4e}, false},
                 {{LAPD, 0x08, 0x00, 0x62}, false}};
    struct q931_view v;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ck_assert(q931_look(&v, table[i].f, sizeof table[i].f));
        ck_assert_int_eq(q931_reference_ok(&v), table[i].ok);
    }
}
END_TEST

START_TEST(a_hidden_message_is_none)
{
    uint8_t f[sizeof setup_frame], rr[] = {0x02, 0x01, 0x01, 0x04, 0x08};
    uint8_t broadcast[] = {0x02, 0xff, 0x03, 0x08, 0x01, 0x01, 0x05};
    uint8_t identity[] = {0xfc, 0xff, 0x03, 0x0f, 0x12, 0x34, 0x01, 0xff};
    struct q931_view v;

    memcpy(f, setup_frame, sizeof f);
    q931_hide(f, sizeof f);
    ck_assert(!q931_look(&v, f, sizeof f));
    ck_assert_mem_eq(f, setup_frame, 4); /* Q.921's part stays */
    q931_hide(rr, sizeof rr);
    ck_assert_uint_eq(rr[4], 0x08);
    q931_hide(broadcast, sizeof broadcast);
    ck_assert_uint_eq(broadcast[3], 0x7f);
    q931_hide(identity, sizeof identity);
    ck_assert_uint_eq(identity[3], 0x0f); /* a TEI is asked for: SAPI 63 */
}
END_TEST

START_TEST(a_broken_element_ends_the_look)
{
    static const uint8_t f[] = {LAPD, TO_ORIGIN(1, 0x45), CAUSE_USER_BUSY, 0x1e, 0x30, 0x81, 0x88};
    struct q931_view v;

    ck_assert(q931_look(&v, f, sizeof f));
    ck_assert_uint_eq(v.cause, 17);
    ck_assert_uint_eq(v.progress, 0);
}
END_TEST

START_TEST(cause_and_location_are_written)
{
    static const uint8_t want[] = {LAPD, TO_ORIGIN(0x7fff, 0x4d), 0x08, 0x02, 0x8a, 0x9b};
    uint8_t f[sizeof release_frame];

    memcpy(f, release_frame, sizeof f);
    q931_set_cause(f, sizeof f, 27, 10); /* destination out of order, beyond interworking */
    ck_assert_mem_eq(f, want, sizeof want);
    uint8_t none[] = {LAPD, TO_ORIGIN(1, 0x5a), 0x28, 0x02, 'a', 'b'};
    const uint8_t same[] = {LAPD, TO_ORIGIN(1, 0x5a), 0x28, 0x02, 'a', 'b'};
    q931_set_cause(none, sizeof none, 27, 10);
    ck_assert_mem_eq(none, same, sizeof same);
}
END_TEST

START_TEST(messages_have_their_names)
{
    ck_assert_str_eq(q931_name(0x05), "SETUP");
    ck_assert_str_eq(q931_name(0x0d), "SETUP ACKNOWLEDGE");
    ck_assert_str_eq(q931_name(0x5a), "RELEASE COMPLETE");
    ck_assert_str_eq(q931_name(0x7d), "STATUS");
    ck_assert_str_eq(q931_name(0x00), "UNKNOWN");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("q931");
    TCase *tc = tcase_create("q931");

    tcase_add_test(tc, a_setup_is_read);
    tcase_add_test(tc, a_release_is_read);
    tcase_add_test(tc, a_cause_with_its_recommendation_octet_is_read);
    tcase_add_test(tc, of_several_progress_indicators_the_gravest_counts);
    tcase_add_test(tc, what_carries_no_message_is_not_looked_at);
    tcase_add_test(tc, a_message_in_a_ui_frame_is_read);
    tcase_add_test(tc, the_global_and_the_empty_reference_are_read);
    tcase_add_test(tc, references_to_be_ignored_are_known);
    tcase_add_test(tc, a_hidden_message_is_none);
    tcase_add_test(tc, a_broken_element_ends_the_look);
    tcase_add_test(tc, cause_and_location_are_written);
    tcase_add_test(tc, messages_have_their_names);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
