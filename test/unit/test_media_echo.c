/* Echo of a line whose own buffers keep it for a while: the canceller's tail begins behind them. */
#include "test/unit/media_rig.h"

#include <math.h>

#define TAIL 32   /* ms */
#define AWAY 400u /* samples: 50 ms, which is beyond that tail */
#define SLOT 5
#define LOUD 6000

static void setup(void)
{
    struct media_config cfg = {
        .threads = 1, .port_low = 20000, .port_high = 20099, .echo_ms = TAIL};

    rig_setup();
    media_free(rig->m);
    ck_assert_int_eq(media_new(&rig->m, rig->loop, &cfg), 0);
    ck_assert_int_eq(media_bank_new(&rig->bank, rig->m, 0, G711_A), 0);
}

/** White noise. */
static uint8_t noise(unsigned at)
{
    uint32_t x = at * 2654435761u;
    int16_t pcm;
    uint8_t octet;

    x = (x ^ x >> 15) * 2246822519u;
    x = (x ^ x >> 13) * 3266489917u;
    pcm = (int16_t)((int)((x ^ x >> 16) % (2 * LOUD)) - LOUD);
    g711_compress(&octet, &pcm, 1, G711_A);
    return octet;
}

/** What the line took comes back, 12 dB softer. */
static uint8_t echoing_line(unsigned ts, unsigned at)
{
    int16_t pcm;
    uint8_t octet = 0xd5;

    if (ts != SLOT || at < AWAY)
        return octet;
    g711_expand(&pcm, &rig->out[ts][at - AWAY], 1, G711_A);
    pcm = (int16_t)(pcm / 4);
    g711_compress(&octet, &pcm, 1, G711_A);
    return octet;
}

/** Of the last second that the peer heard, against the echo's own power, dB. */
static double left(void)
{
    double sum = 0, echo = LOUD * (double)LOUD / 3 / 16;
    int16_t pcm[160];

    for (unsigned i = rig->nheard - 50; i < rig->nheard; i++) {
        g711_expand(pcm, rig->heard[i].payload, 160, G711_A);
        for (unsigned k = 0; k < 160; k++)
            sum += (double)pcm[k] * pcm[k];
    }
    return 10 * log10(sum / 8000 / echo + 1e-9);
}

START_TEST(the_tail_begins_behind_the_lines_own_delay)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    bool told = _i == 1;

    if (told)
        media_bank_delay(rig->bank, 30 * RT_MS);
    ck_assert_int_eq(media_start(rig->m), 0);
    struct media_port *tdm = rig_tdm(SLOT), *rtp = rig_rtp(&r);
    media_tdm_set(tdm, &(struct media_line){.echo = true});
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    rig->line = echoing_line;
    rig->voice = noise;
    rig->talks = true;
    rig_run(5000);
    if (told)
        ck_assert_double_lt(left(), -30);
    else
        ck_assert_double_gt(left(), -3);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, rig_teardown);
    tcase_add_loop_test(tc, the_tail_begins_behind_the_lines_own_delay, 0, 2);
}

int main(void)
{
    return rig_main("media echo", add);
}
