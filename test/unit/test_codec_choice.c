/* The best codec towards the other side of a call. Costs and impairments are those of codec/'s
 * table: PCMA and PCMU 1 and 0, G.722 84 and 0, Opus 340 and 5, GSM 95 and 20, G.726-32 219 and 7,
 * G.726-24 207 and 25.
 */
#include "gw/codec_choice.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/** Orders the codecs of `words` ("opus pcma") and writes them in the same way. */
static const char *ordered(const char *words, enum gw_codec_choice choice, bool avoid,
                           const struct gw_codec_far *far)
{
    static char out[128];
    char text[128];
    enum codec_id list[CODEC_COUNT];
    unsigned n = 0;

    strcpy(text, words);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        list[n++] = codec_by_word(w)->id;
    gw_codec_order(list, n, choice, avoid, far);
    out[0] = '\0';
    for (unsigned i = 0; i < n; i++) {
        strcat(out, i > 0 ? " " : "");
        strcat(out, codec_table[list[i]].word);
    }
    return out;
}

static const struct gw_codec_far nobody = {.now = CODEC_COUNT},
                                 a_law = {CODEC_BIT(CODEC_PCMA), CODEC_PCMA, true},
                                 mu_law = {CODEC_BIT(CODEC_PCMU), CODEC_PCMU, true};

START_TEST(the_same_codec_costs_nothing)
{
    ck_assert_uint_eq(gw_codec_cost(CODEC_OPUS, CODEC_OPUS), 0);
    ck_assert_uint_eq(gw_codec_cost(CODEC_OPUS, CODEC_PCMA),
                      codec_table[CODEC_OPUS].cost + codec_table[CODEC_PCMA].cost);
    ck_assert_uint_eq(gw_codec_ie(CODEC_GSM, CODEC_GSM), 20);
    ck_assert_uint_eq(gw_codec_ie(CODEC_GSM, CODEC_OPUS), 25);
    ck_assert_uint_eq(gw_codec_ie(CODEC_PCMU, CODEC_PCMA), 0);
}
END_TEST

START_TEST(towards_a_line_its_law_is_the_cheapest)
{
    ck_assert_str_eq(ordered("opus g722 pcmu pcma", GW_CODEC_CHEAPEST, true, &a_law),
                     "pcma pcmu g722 opus");
    ck_assert_str_eq(ordered("opus g722 pcma pcmu", GW_CODEC_CHEAPEST, true, &mu_law),
                     "pcmu pcma g722 opus");
}
END_TEST

START_TEST(the_order_stays_where_it_counts)
{
    ck_assert_str_eq(ordered("g722 pcmu pcma", GW_CODEC_OFFER, true, &a_law), "g722 pcmu pcma");
    ck_assert_str_eq(ordered("g722 pcmu pcma", GW_CODEC_OURS, true, &a_law), "g722 pcmu pcma");
    ck_assert_str_eq(ordered("g722 pcmu pcma", GW_CODEC_OFFER, true, &nobody), "g722 pcmu pcma");
}
END_TEST

/** GSM is cheaper than G.726 and Opus, but 20 of R worse than what the line could have. */
START_TEST(what_is_cheap_may_not_sound_worse)
{
    ck_assert_str_eq(ordered("gsm g726-32 opus", GW_CODEC_CHEAPEST, true, &a_law),
                     "g726-32 opus gsm");
    ck_assert_str_eq(ordered("g726-24 gsm pcma", GW_CODEC_CHEAPEST, true, &a_law),
                     "pcma gsm g726-24");
    ck_assert_str_eq(ordered("gsm opus", GW_CODEC_CHEAPEST, true, &nobody), "opus gsm");
}
END_TEST

/** Whatever the codec, passing packets on costs nothing; and a second coding adds to the first. */
START_TEST(what_the_other_side_has_is_the_cheapest)
{
    struct gw_codec_far gsm = {CODEC_BIT(CODEC_GSM), CODEC_GSM, false};
    struct gw_codec_far open = {CODEC_BIT(CODEC_OPUS) | CODEC_BIT(CODEC_G722), CODEC_COUNT, false};

    ck_assert_str_eq(ordered("pcma gsm", GW_CODEC_CHEAPEST, true, &gsm), "gsm pcma");
    ck_assert_str_eq(ordered("pcma g722", GW_CODEC_CHEAPEST, true, &open), "g722 pcma");
}
END_TEST

START_TEST(transcoding_is_avoided_where_it_is_to_be)
{
    struct gw_codec_far far = {CODEC_BIT(CODEC_OPUS) | CODEC_BIT(CODEC_G722), CODEC_OPUS, false};

    ck_assert_str_eq(ordered("pcma g722 pcmu opus", GW_CODEC_OFFER, true, &far),
                     "opus g722 pcma pcmu");
    ck_assert_str_eq(ordered("pcma g722 pcmu opus", GW_CODEC_OURS, false, &far),
                     "pcma g722 pcmu opus");
    far.now = CODEC_COUNT;
    ck_assert_str_eq(ordered("pcma opus g722", GW_CODEC_OFFER, true, &far), "opus g722 pcma");
}
END_TEST

START_TEST(tones_pass_through_waveform_codecs)
{
    ck_assert(gw_codec_carries_tones(CODEC_PCMA));
    ck_assert(gw_codec_carries_tones(CODEC_G722));
    ck_assert(gw_codec_carries_tones(CODEC_G726_32));
    ck_assert(!gw_codec_carries_tones(CODEC_G726_16));
    ck_assert(!gw_codec_carries_tones(CODEC_GSM));
    ck_assert(!gw_codec_carries_tones(CODEC_G729));
    ck_assert(!gw_codec_carries_tones(CODEC_OPUS));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("codec_choice");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, the_same_codec_costs_nothing);
    tcase_add_test(tc, towards_a_line_its_law_is_the_cheapest);
    tcase_add_test(tc, the_order_stays_where_it_counts);
    tcase_add_test(tc, what_is_cheap_may_not_sound_worse);
    tcase_add_test(tc, what_the_other_side_has_is_the_cheapest);
    tcase_add_test(tc, transcoding_is_avoided_where_it_is_to_be);
    tcase_add_test(tc, tones_pass_through_waveform_codecs);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
