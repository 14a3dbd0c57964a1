/* Clips played out of ports: to a line and to an RTP peer, once, again and for ever; tones and
 * clips take each other's place.
 */
#include "codec/clip.h"
#include "test/unit/media_rig.h"

#include <errno.h>

#define TS 5

static struct clip *make_clip(size_t n)
{
    struct clip *c;
    int16_t *pcm = malloc(n * sizeof *pcm);

    /* values that A-law has exactly (G.711 table 1a: 2112 is the middle of an interval at the
     * scale of 16 bits), so that the line brings them back unchanged */
    for (size_t i = 0; i < n; i++)
        pcm[i] = i % 2 ? 2112 : -2112;
    ck_assert_int_eq(clip_new(&c, pcm, n), 0);
    free(pcm);
    return c;
}

/** Octets other than silence (0xd5: +0 of A-law with even bits inverted) on the line. */
static unsigned sounding(unsigned from)
{
    return rig_others(TS, from, 0xd5);
}

START_TEST(clip_is_copied_and_counted)
{
    int16_t pcm[3] = {1, 2, 3};
    struct clip *c;

    ck_assert_int_eq(clip_new(&c, pcm, 0), EINVAL);
    ck_assert_int_eq(clip_new(&c, pcm, 3), 0);
    pcm[1] = 9;
    ck_assert_int_eq(c->pcm[1], 2);
    ck_assert_uint_eq(c->n, 3);
    ck_assert_ptr_eq(clip_hold(c), c);
    clip_drop(c);
    ck_assert_uint_eq(c->users, 1);
    clip_drop(c);
    clip_drop(NULL);
}
END_TEST

START_TEST(clip_is_heard_on_the_line_and_told_when_over)
{
    struct media_port *p = rig_tdm(TS);
    struct clip *c = make_clip(1000); /* no whole number of blocks */

    rig_run(50);
    ck_assert_int_eq(media_play(p, c, 1), 0);
    ck_assert_uint_eq(c->users, 2);
    rig_run(300);
    ck_assert_uint_eq(sounding(0), 1000);
    ck_assert_uint_eq(rig_count(MEDIA_PLAYED), 1);
    ck_assert_uint_eq(c->users, 1); /* the thread gave it back */
    clip_drop(c);
    media_close(p);
    rig_run(20);
}
END_TEST

START_TEST(clip_is_repeated_without_a_gap)
{
    struct media_port *p = rig_tdm(TS);
    struct clip *c = make_clip(100);

    media_play(p, c, 3);
    rig_run(100);
    ck_assert_uint_eq(sounding(0), 300);
    ck_assert_uint_eq(rig_count(MEDIA_PLAYED), 1);
    unsigned before = rig->at;
    media_play(p, c, 0);
    rig_run(1000);
    /* two blocks' delay at most: one until the order is seen, one until the line takes it */
    ck_assert_uint_ge(sounding(before), 8000 - 2 * 80);
    ck_assert_uint_eq(rig_count(MEDIA_PLAYED), 1);
    media_tone(p, NULL);
    rig_run(30);
    before = rig->at;
    rig_run(100);
    ck_assert_uint_eq(sounding(before), 0);
    ck_assert_uint_eq(c->users, 1);
    clip_drop(c);
    media_close(p);
    rig_run(20);
}
END_TEST

START_TEST(clip_goes_to_the_rtp_peer_in_packets)
{
    struct media_rtp agreed = rig_agreed(CODEC_PCMA);
    struct media_port *p = rig_rtp(&agreed);
    struct clip *c = make_clip(1600);
    unsigned n = 0;

    rig_run(20);
    media_play(p, c, 1);
    rig_run(400);
    for (unsigned i = 0; i < rig->nheard; i++)
        for (size_t k = 0; k < rig->heard[i].head.len; k++)
            n += rig->heard[i].payload[k] != 0xd5;
    ck_assert_uint_eq(n, 1600);
    ck_assert_uint_eq(rig->nheard, 10); /* 20 ms each */
    clip_drop(c);
    media_close(p);
    rig_run(20);
}
END_TEST

START_TEST(tone_and_clip_replace_each_other)
{
    struct media_port *p = rig_tdm(TS);
    struct clip *c = make_clip(80000);

    media_play(p, c, 1);
    rig_run(50);
    media_tone(p, tone_country("de", TONE_DIAL));
    rig_run(50);
    ck_assert_uint_eq(c->users, 1);
    ck_assert_uint_eq(rig_count(MEDIA_PLAYED), 0); /* it was not over */
    media_play(p, c, 1);
    rig_run(50);
    ck_assert_uint_eq(c->users, 2);
    media_close(p);
    rig_run(50);
    ck_assert_uint_eq(c->users, 1);
    clip_drop(c);
}
END_TEST

START_TEST(closed_port_plays_nothing)
{
    struct media_port *p = rig_tdm(TS);
    struct clip *c = make_clip(80);

    media_close(p);
    ck_assert_int_eq(media_play(p, c, 1), EINVAL);
    ck_assert_uint_eq(c->users, 1);
    clip_drop(c);
    rig_run(20);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, clip_is_copied_and_counted);
    tcase_add_test(tc, clip_is_heard_on_the_line_and_told_when_over);
    tcase_add_test(tc, clip_is_repeated_without_a_gap);
    tcase_add_test(tc, clip_goes_to_the_rtp_peer_in_packets);
    tcase_add_test(tc, tone_and_clip_replace_each_other);
    tcase_add_test(tc, closed_port_plays_nothing);
}

int main(void)
{
    return rig_main("clip", add);
}
