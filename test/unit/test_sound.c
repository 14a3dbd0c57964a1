/* Sound made louder and softer: by how much, rounded, and where it ends. */
#include "codec/sound.h"

#include <check.h>
#include <stdlib.h>

/** One sample of a block after a gain. */
static int gained(int sample, int tenths)
{
    struct sound s = {.forms = SOUND_PCM};

    for (unsigned i = 0; i < SOUND_BLOCK; i++)
        s.pcm[i] = (int16_t)sample;
    sound_gain(&s, tenths);
    for (unsigned i = 1; i < SOUND_BLOCK; i++)
        ck_assert_int_eq(s.pcm[i], s.pcm[0]);
    return s.pcm[0];
}

/* 6 dB are a factor of 10^(6/20) = 1.99526, -6 dB 0.50119 */
START_TEST(a_gain_is_rounded_to_the_nearest)
{
    ck_assert_int_eq(gained(100, 60), 200);
    ck_assert_int_eq(gained(-100, 60), -200);
    ck_assert_int_eq(gained(1001, -60), 502);
    ck_assert_int_eq(gained(-1001, -60), -502);
    ck_assert_int_eq(gained(0, 60), 0);
    ck_assert_int_eq(gained(-7, 0), -7);
}
END_TEST

START_TEST(a_gain_ends_at_full_scale)
{
    ck_assert_int_eq(gained(20000, 60), 32767);
    ck_assert_int_eq(gained(-20000, 60), -32768);
    ck_assert_int_eq(gained(-32768, 1), -32768);
}
END_TEST

START_TEST(a_clear_channel_has_no_gain)
{
    static const uint8_t octets[SOUND_BLOCK] = {1, 2, 3};
    struct sound s;

    sound_set_clear(&s, octets);
    sound_gain(&s, 60);
    ck_assert_uint_eq(s.forms, SOUND_CLEAR);
    ck_assert_mem_eq(s.octets[0], octets, sizeof octets);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sound");
    TCase *tc = tcase_create("sound");

    tcase_add_test(tc, a_gain_is_rounded_to_the_nearest);
    tcase_add_test(tc, a_gain_ends_at_full_scale);
    tcase_add_test(tc, a_clear_channel_has_no_gain);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
