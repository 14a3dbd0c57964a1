/* Call-progress tones on a line are told where they are listened for, as the country has them, and
 * nowhere else.
 */
#include "test/unit/media_rig.h"

#define TS 9

static struct tone_player player;
static struct {
    unsigned at;
    int16_t pcm[8];
} played;

/** The line brings a tone, 8 samples at a time. */
static uint8_t tone_line(unsigned ts, unsigned at)
{
    uint8_t octet;

    if (ts != TS)
        return 0xd5;
    if (at % 8 == 0)
        tone_play(&player, played.pcm, 8);
    g711_compress(&octet, &played.pcm[at % 8], 1, G711_A);
    return octet;
}

static struct media_port *listening(bool progress, const char *country, enum tone_kind kind)
{
    struct media_rtp agreed = rig_agreed(CODEC_PCMA);
    struct media_port *p = rig_tdm(TS), *q = rig_rtp(&agreed);

    if (country)
        ck_assert_int_eq(media_bank_country(rig->bank, country), 0);
    media_tdm_set(p, &(struct media_line){.progress = progress});
    ck_assert_int_eq(media_join(p, q, MEDIA_BOTH), 0);
    tone_start(&player, tone_country(country, kind));
    rig->line = tone_line;
    return p;
}

static enum tone_kind told(void)
{
    for (unsigned i = 0; i < rig->nevents; i++)
        if (rig->events[i].ev.type == MEDIA_PROGRESS_TONE)
            return rig->events[i].ev.tone;
    return TONE_NONE;
}

/** Germany's busy tone (E.180 supplement 2: 425 Hz, 0.48 s on, 0.48 s off) and congestion tone
 * (0.24 s each), the busy tone of the United States (480 and 620 Hz, 0.5 s): once, within 4 s. */
START_TEST(tone_is_told_once)
{
    static const struct {
        const char *country;
        enum tone_kind kind;
    } rows[] = {{"de", TONE_BUSY}, {"de", TONE_CONGESTION}, {"us", TONE_BUSY}};

    listening(true, rows[_i].country, rows[_i].kind);
    rig_run(4000);
    ck_assert_uint_eq(rig_count(MEDIA_PROGRESS_TONE), 1);
    ck_assert_int_eq(told(), rows[_i].kind);
}
END_TEST

START_TEST(nobody_listens_where_it_is_off)
{
    listening(false, "de", TONE_BUSY);
    rig_run(4000);
    ck_assert_uint_eq(rig_count(MEDIA_PROGRESS_TONE), 0);
}
END_TEST

START_TEST(silence_is_no_tone)
{
    listening(true, "de", TONE_BUSY);
    rig->line = rig_silent_line;
    rig_run(4000);
    ck_assert_uint_eq(rig_count(MEDIA_PROGRESS_TONE), 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_loop_test(tc, tone_is_told_once, 0, 3);
    tcase_add_test(tc, nobody_listens_where_it_is_off);
    tcase_add_test(tc, silence_is_no_tone);
}

int main(void)
{
    return rig_main("media_progress", add);
}
