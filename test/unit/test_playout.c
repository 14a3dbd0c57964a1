/* The receiving buffer: packets, their order and their time. What is heard when something is
 * missing or moved has test_playout_sound.c. */
#include "test/unit/playout_rig.h"

/** Packets from..to-1 in even time, a block and a block after each. */
static void even(uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        rig_packet(i);
        rig_run(2);
    }
}

static void no_change(void)
{
    ck_assert_uint_eq(play.stats.concealed, 0);
    ck_assert_uint_eq(play.stats.expanded, 0);
    ck_assert_uint_eq(play.stats.accelerated, 0);
    ck_assert_uint_eq(play.stats.discarded, 0);
}

START_TEST(nothing_comes_before_the_first_packet_and_octets_pass_untouched)
{
    rig_start(40, 40);
    rig_run(10);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(rig_kind[i], PLAYOUT_NONE);
    even(0, 100);
    ck_assert_int_eq(rig_heard(0, 8000), 800 + 320); /* 40 ms after it came */
    ck_assert_int_eq(rig_block.kind, PLAYOUT_OCTETS);
    ck_assert_int_eq(rig_block.id, CODEC_PCMA);
    no_change();
}
END_TEST

START_TEST(packets_that_changed_places_are_put_right)
{
    rig_start(60, 60);
    for (uint32_t i = 0; i < 50; i++) { /* each fifth comes right after the next one */
        if (i % 5 != 1)
            rig_packet(i);
        if (i % 5 == 2)
            rig_packet(i - 1);
        rig_run(2);
    }
    ck_assert_int_ge(rig_heard(0, 7000), 0);
    no_change();
    ck_assert_uint_eq(play.stats.late, 0);
}
END_TEST

START_TEST(duplicates_are_heard_once)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 50; i++) {
        rig_packet(i);
        rig_packet(i);
        rig_run(1);
        if (i > 3)
            rig_packet(i - 3);
        rig_run(1);
    }
    ck_assert_int_ge(rig_heard(0, 7000), 0);
    ck_assert_uint_eq(play.stats.duplicate, 50 + 46);
    no_change();
}
END_TEST

START_TEST(timestamps_and_sequence_numbers_wrap)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 100; i++) {
        rig_put(&rig_pcma, (uint16_t)(65500 + i), 0xffffffffu - 5000 + i * 160, i * 160, 160);
        rig_run(2);
    }
    ck_assert_int_eq(rig_heard(0, 15000), 320);
    no_change();
    ck_assert_uint_eq(play.stats.jumps, 0);
}
END_TEST

START_TEST(a_packet_after_its_time_is_not_played)
{
    rig_start(40, 40);
    even(0, 20);
    rig_run(2);
    for (uint32_t i = 21; i < 28; i++) { /* 20 comes after 27 */
        rig_packet(i);
        rig_run(2);
    }
    rig_packet(20);
    even(28, 60);
    ck_assert_uint_eq(play.stats.late, 1);
    ck_assert_uint_eq(play.stats.discarded, 1);
    ck_assert_int_eq(rig_heard(20 * 160, 80), -1);
    ck_assert_int_eq(rig_heard(0, 20 * 160), 320);
    ck_assert_int_eq(rig_heard(22 * 160, 38 * 160 - 800), 320 + 22 * 160);
    ck_assert_uint_eq(play.stats.concealed, 160);
}
END_TEST

START_TEST(packets_may_have_any_length)
{
    static const size_t lengths[] = {20, 160, 40, 80, 240, 960, 400, 20, 20, 480, 37, 160};
    uint32_t at = 0;
    uint16_t seq = 65530;

    rig_start(160, 160);
    for (unsigned i = 0; i < 200; i++) {
        size_t n = lengths[i % 12];
        while (rig_n + 80 <= at + n) /* it comes when its last sample was spoken */
            rig_get();
        rig_put(&rig_pcma, seq++, 77 + at, at, n);
        at += (uint32_t)n;
    }
    ck_assert_int_ge(rig_heard(0, 4000), 0);
    ck_assert_int_ge(rig_heard(at - 14000, 8000), 0);
    ck_assert_uint_eq(play.stats.concealed, 0);
    ck_assert_uint_eq(play.stats.discarded, 0);
    ck_assert_uint_eq(play.stats.late, 0);
}
END_TEST

START_TEST(a_sender_that_starts_again_goes_on_after_one_packet)
{
    rig_start(40, 40);
    even(0, 50);
    for (uint32_t i = 50; i < 100; i++) {
        rig_put(&rig_pcma, (uint16_t)(1000 / 7 + i), 3000000000u + i * 160, i * 160, 160);
        rig_run(2);
    }
    ck_assert_uint_eq(play.stats.jumps, 1);
    ck_assert_uint_eq(play.stats.discarded, 1);
    ck_assert_int_eq(rig_heard(0, 50 * 160), 320);
    /* packet 50 told of the new timeline; 51 was placed where 50 would have been */
    ck_assert_int_ge(rig_heard(52 * 160, 40 * 160), 0);
    ck_assert_uint_le(play.stats.concealed, 160);
}
END_TEST

START_TEST(a_stray_timestamp_changes_nothing)
{
    rig_start(40, 40);
    even(0, 50);
    rig_put(&rig_pcma, (uint16_t)(1000 / 7 + 50), 0x80000000u, 0, 160);
    rig_run(2);
    even(51, 100);
    ck_assert_uint_eq(play.stats.jumps, 0);
    ck_assert_uint_eq(play.stats.discarded, 1);
    ck_assert_int_eq(rig_heard(52 * 160, 45 * 160), 320 + 52 * 160);
}
END_TEST

START_TEST(a_stall_delays_and_loses_nothing)
{
    rig_start(20, 200);
    even(0, 250);
    uint64_t before = play.stats.concealed;
    rig_run(12); /* packets 250 to 255 wait in the network */
    for (uint32_t i = 250; i < 256; i++)
        rig_packet(i);
    even(256, 400);
    ck_assert_uint_gt(play.stats.concealed + play.stats.silent, before);
    ck_assert_uint_eq(play.stats.discarded, 0);
    ck_assert_uint_ge(play.stats.late, 1);
    ck_assert_int_ge(rig_heard(251 * 160, 160 * 5), 0);
}
END_TEST

static void put_clear(uint32_t i)
{
    rig_put(&rig_clear, (uint16_t)i, i * 160, i * 160, 160);
}

/** From packet 250 on everything comes so much later, more than is waited for: another path, or a
 * sender whose timestamps stand still while it pauses. */
static void longer_path(enum playout_mode mode, unsigned ms)
{
    unsigned heard = 0;

    rig_start(20, 200);
    playout_set_mode(&play, mode);
    for (uint32_t i = 0; i < 400; i++) {
        if (i == 250)
            rig_run(ms / 10);
        if (mode == PLAYOUT_CLEAR)
            put_clear(i);
        else
            rig_packet(i);
        rig_run(2);
    }
    for (uint32_t i = 256; i < 390; i++)
        heard += rig_heard(i * 160, 160) >= 0;
    ck_assert_msg(heard >= 132, "%u ms: %u of 134", ms, heard);
    ck_assert_msg(play.stats.concealed + play.stats.silent <= ms * 8 + 1600, "%u ms", ms);
}

START_TEST(a_path_that_has_become_longer_is_heard_again_soon)
{
    for (unsigned ms = 20; ms <= 950; ms += 10)
        longer_path(PLAYOUT_VOICE, ms);
    for (unsigned ms = 20; ms <= 950; ms += 10) {
        longer_path(PLAYOUT_FIXED, ms);
        longer_path(PLAYOUT_CLEAR, ms);
    }
}
END_TEST

START_TEST(what_waits_is_bounded_and_the_newest_stays)
{
    rig_start(20, 200);
    for (uint32_t i = 0; i < 500; i++)
        rig_packet(i);
    ck_assert_uint_ge(play.stats.discarded, 500 - 8192 / 160);
    even(500, 700);
    unsigned heard = 0;
    for (uint32_t i = 660; i < 690; i++)
        heard += rig_heard(i * 160, 160) >= 0;
    ck_assert_uint_ge(heard, 15); /* all but those that were shortened */
    ck_assert_uint_le(playout_depth(&play), 1760);
}
END_TEST

START_TEST(one_law_after_the_other_is_never_converted)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 100; i++) {
        rig_put(i % 20 < 10 ? &rig_pcma : &rig_pcmu, (uint16_t)i, i * 160, i * 160, 160);
        rig_run(2);
        if (i > 5)
            ck_assert_int_eq(rig_block.id, (i - 2) % 20 < 10 ? CODEC_PCMA : CODEC_PCMU);
    }
    ck_assert_int_eq(rig_heard(0, 15000), 320);
}
END_TEST

START_TEST(the_delay_grows_with_jitter_and_falls_without)
{
    rig_start(10, 200);
    for (uint32_t i = 0; i < 500; i += 4) { /* four at once, each 80 ms */
        for (uint32_t k = 0; k < 4; k++)
            rig_packet(i + k);
        rig_run(8);
    }
    ck_assert_uint_ge(playout_target_ms(&play), 60);
    ck_assert_uint_le(playout_target_ms(&play), 80);
    ck_assert_uint_le(play.stats.late, 5);
    even(500, 500 + 10000); /* 200 s */
    ck_assert_uint_le(playout_target_ms(&play), 10);
    ck_assert_uint_gt(play.stats.accelerated, 200);
    ck_assert_uint_le(playout_depth(&play), 160 + 160);
}
END_TEST

START_TEST(a_fixed_delay_stays)
{
    struct playout_config conf = {.min_ms = 10, .max_ms = 200, .fixed_ms = 100};

    rig_start(10, 200);
    playout_init(&play, &conf, rig_decoders);
    playout_set_mode(&play, PLAYOUT_FIXED);
    for (uint32_t i = 0; i < 500; i += 4) {
        for (uint32_t k = 0; k < 4; k++)
            rig_packet(i + k);
        rig_run(8);
    }
    ck_assert_int_eq(rig_heard(0, 480 * 160), 800);
    no_change();
    ck_assert_uint_eq(play.stats.slips, 0);
}
END_TEST

START_TEST(a_fixed_delay_conceals_a_loss_in_its_place)
{
    rig_start(10, 200);
    playout_set_mode(&play, PLAYOUT_FIXED);
    even(0, 50);
    rig_run(2);
    even(51, 100);
    ck_assert_int_eq(rig_heard(0, 50 * 160), 480); /* 60 ms unless told */
    ck_assert_int_eq(rig_heard(52 * 160, 40 * 160), 480 + 52 * 160);
    ck_assert_uint_eq(play.stats.concealed, 160);
}
END_TEST

START_TEST(a_clear_channel_passes_octets_and_fills_with_ones)
{
    rig_start(10, 200);
    playout_set_mode(&play, PLAYOUT_CLEAR);
    for (uint32_t i = 0; i < 100; i++) {
        if (i != 50)
            put_clear(i);
        rig_run(2);
    }
    ck_assert_int_eq(rig_heard(0, 50 * 160), 480);
    for (unsigned i = 0; i < 160; i++)
        ck_assert_uint_eq(rig_octets[480 + 50 * 160 + i], 0xff);
    ck_assert_int_eq(rig_heard(51 * 160, 40 * 160), 480 + 51 * 160);
    ck_assert_uint_eq(play.stats.concealed, 160);
    ck_assert_uint_eq(play.stats.slips, 0);
    ck_assert_int_eq(rig_block.id, CODEC_CLEARMODE);
    rig_packet(100); /* sound does not belong here */
    ck_assert_uint_eq(play.stats.malformed, 1);
}
END_TEST

START_TEST(a_clear_channels_late_octets_are_used_as_far_as_there_is_time)
{
    rig_start(10, 200);
    playout_set_mode(&play, PLAYOUT_CLEAR);
    for (uint32_t i = 0; i < 50; i++) {
        put_clear(i);
        rig_run(2);
    }
    rig_run(5); /* 50 is due 60 ms after it was sent; it comes 70 ms after */
    rig_run(2);
    put_clear(50);
    rig_run(1);
    ck_assert_uint_eq(play.stats.late, 1);
    ck_assert_int_eq(rig_heard(50 * 160, 80), -1);
    ck_assert_int_eq(rig_heard(50 * 160 + 80, 80), 480 + 50 * 160 + 80);
}
END_TEST

/** A clear channel whose sender has `ppm` more of a second than we have; returns slips. */
static unsigned clear_drift(int ppm, unsigned packets)
{
    double sent = 0;

    rig_start(10, 200);
    playout_set_mode(&play, PLAYOUT_CLEAR);
    for (uint32_t i = 0; i < packets; i++) {
        sent += 160 * (1 - ppm * 1e-6);
        while (rig_n + 80 <= sent)
            rig_get();
        put_clear(i);
    }
    return play.stats.slips;
}

START_TEST(a_clear_channel_slips_rarely_and_only_for_a_clock)
{
    /* 60 ms margin: slips when even the best packet has less than 30 ms or more than 120 ms.
     * 1000 ppm move it by 1 ms/s: 100 s fast make 1 or 2 slips of 60 ms, slow 2 or 3 of 30 ms. */
    unsigned fast = clear_drift(1000, 5000), slow = clear_drift(-1000, 5000);

    ck_assert_uint_ge(fast, 1);
    ck_assert_uint_le(fast, 2);
    ck_assert_uint_ge(slow, 2);
    ck_assert_uint_le(slow, 4);
    ck_assert_uint_eq(clear_drift(0, 5000), 0);
}
END_TEST

START_TEST(fates_are_counted_by_sequence_number)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 200; i++) {
        if (i != 50 && i != 51 && i != 120)
            rig_packet(i);
        if (i == 70)
            playout_seen(&play, (uint16_t)(1000 / 7 + 71)); /* then packet 71 is a duplicate */
        rig_run(2);
    }
    rig_packet(120); /* 80 packets later its fate is settled: lost */
    playout_finish(&play);
    ck_assert_uint_eq(play.burst.expected, 200);
    ck_assert_uint_eq(play.burst.lost, 3);
    ck_assert_uint_eq(play.burst.discarded, 0);
    ck_assert_uint_eq(play.stats.discarded, 1);
}
END_TEST

START_TEST(a_discarded_packet_is_no_lost_one)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 100; i++) {
        if (i != 50)
            rig_packet(i);
        if (i == 60)
            rig_packet(50);
        rig_run(2);
    }
    playout_finish(&play);
    ck_assert_uint_eq(play.burst.expected, 100);
    ck_assert_uint_eq(play.burst.lost, 0);
    ck_assert_uint_eq(play.burst.discarded, 1);
}
END_TEST

START_TEST(what_is_no_payload_is_counted)
{
    uint8_t big[1441] = {0};

    rig_start(40, 40);
    playout_put(&play, &rig_pcma, 1, 0, big, 0);
    playout_put(&play, &rig_pcma, 2, 0, big, sizeof big);
    playout_put(&play, &rig_l16, 3, 0, big, 3);
    playout_put(&play, &rig_l16, 4, 0, big, 962); /* 481 samples: longer than a payload may be */
    playout_put(&play, &rig_clear, 5, 0, big, 160);
    playout_put_noise(&play, 6, 0, big, 0);
    ck_assert_uint_eq(play.stats.malformed, 6);
    rig_run(5);
    ck_assert_int_eq(rig_block.kind, PLAYOUT_NONE);
}
END_TEST

START_TEST(another_source_starts_anew)
{
    rig_start(40, 40);
    even(0, 50);
    playout_reset(&play);
    rig_run(3);
    ck_assert_int_eq(rig_block.kind, PLAYOUT_NONE);
    size_t from = rig_n;
    for (uint32_t i = 100; i < 150; i++) {
        rig_packet_from(500000, i);
        rig_run(2);
    }
    ck_assert_int_eq(rig_heard(100 * 160, 40 * 160), (long)from + 320);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playout");
    TCase *c = tcase_create("packets");

    tcase_add_test(c, nothing_comes_before_the_first_packet_and_octets_pass_untouched);
    tcase_add_test(c, packets_that_changed_places_are_put_right);
    tcase_add_test(c, duplicates_are_heard_once);
    tcase_add_test(c, timestamps_and_sequence_numbers_wrap);
    tcase_add_test(c, a_packet_after_its_time_is_not_played);
    tcase_add_test(c, packets_may_have_any_length);
    tcase_add_test(c, a_sender_that_starts_again_goes_on_after_one_packet);
    tcase_add_test(c, a_stray_timestamp_changes_nothing);
    tcase_add_test(c, a_stall_delays_and_loses_nothing);
    tcase_add_test(c, a_path_that_has_become_longer_is_heard_again_soon);
    tcase_add_test(c, what_waits_is_bounded_and_the_newest_stays);
    tcase_add_test(c, one_law_after_the_other_is_never_converted);
    tcase_add_test(c, the_delay_grows_with_jitter_and_falls_without);
    tcase_add_test(c, a_fixed_delay_stays);
    tcase_add_test(c, a_fixed_delay_conceals_a_loss_in_its_place);
    tcase_add_test(c, a_clear_channel_passes_octets_and_fills_with_ones);
    tcase_add_test(c, a_clear_channels_late_octets_are_used_as_far_as_there_is_time);
    tcase_add_test(c, a_clear_channel_slips_rarely_and_only_for_a_clock);
    tcase_add_test(c, fates_are_counted_by_sequence_number);
    tcase_add_test(c, a_discarded_packet_is_no_lost_one);
    tcase_add_test(c, what_is_no_payload_is_counted);
    tcase_add_test(c, another_source_starts_anew);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_NORMAL);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
