/* Silence told from speech, and described: levels and spectra are those of the noise made here. */
#include "codec/vad.h"
#include "test/unit/media_rig.h"

#include <math.h>

static uint32_t seed;

static float white(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)((int32_t)seed >> 16) / 32768.0f; /* uniform: mean square 1/3 */
}

/** A block of noise of a level in dBov; `pole` 0: white. */
static void noise(int16_t pcm[VAD_BLOCK], float dbov, float pole)
{
    static float last;
    float rms = 32124.0f * powf(10, dbov / 20), gain = rms * sqrtf(3) * sqrtf(1 - pole * pole);

    for (unsigned i = 0; i < VAD_BLOCK; i++) {
        last = pole * last + white();
        pcm[i] = (int16_t)lrintf(gain * last);
    }
}

static void tone(int16_t pcm[VAD_BLOCK], float amplitude)
{
    for (unsigned i = 0; i < VAD_BLOCK; i++)
        pcm[i] = (int16_t)(amplitude * sinf((float)i * 6.2832f / 16));
}

/** Hears so many blocks of noise; the last verdict. */
static enum vad_verdict quiet(struct vad *v, unsigned blocks, float dbov, float pole)
{
    enum vad_verdict verdict = VAD_SPEECH;
    int16_t pcm[VAD_BLOCK];
    uint8_t out[VAD_NOISE_MAX];

    for (unsigned i = 0; i < blocks; i++) {
        noise(pcm, dbov, pole);
        verdict = vad_block(v, pcm);
        if (verdict == VAD_DESCRIBE)
            vad_describe(v, out);
    }
    return verdict;
}

START_TEST(noise_is_silence_of_its_level)
{
    static const int levels[] = {-40, -50, -60};

    for (unsigned i = 0; i < 3; i++) {
        struct vad v = {0};
        uint8_t out[VAD_NOISE_MAX];
        quiet(&v, 200, (float)levels[i], 0);
        ck_assert(v.silent);
        ck_assert_uint_eq(vad_describe(&v, out), 11);
        ck_assert_int_le(abs(out[0] + levels[i]), 1);
        for (unsigned k = 1; k < 11; k++) /* white: no shape */
            ck_assert_int_le(abs(out[k] - 127), 25);
    }
}
END_TEST

/* Of a first-order process with pole 0.8 the first reflection coefficient is -0.8, others 0. */
START_TEST(its_spectrum_is_told)
{
    struct vad v = {0};
    uint8_t out[VAD_NOISE_MAX];

    quiet(&v, 300, -45, 0.8f);
    vad_describe(&v, out);
    ck_assert_int_le(abs(out[1] - (127 - 102)), 8);
    ck_assert_int_le(abs(out[2] - 127), 25);
}
END_TEST

START_TEST(speech_is_sent_at_once_and_its_end_is_not_cut)
{
    struct vad v = {0};
    int16_t pcm[VAD_BLOCK];

    quiet(&v, 100, -55, 0);
    tone(pcm, 3000);
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(vad_block(&v, pcm), VAD_SPEECH);
    for (unsigned i = 0; i < 19; i++) /* 200 ms follow */
        ck_assert_int_eq(quiet(&v, 1, -55, 0), VAD_SPEECH);
    ck_assert_int_eq(quiet(&v, 1, -55, 0), VAD_DESCRIBE);
    ck_assert_int_eq(quiet(&v, 1, -55, 0), VAD_SILENCE);
}
END_TEST

START_TEST(it_is_told_again_when_it_changes_and_each_second)
{
    struct vad v = {0};
    int16_t pcm[VAD_BLOCK];
    uint8_t out[VAD_NOISE_MAX];
    unsigned told = 0;

    quiet(&v, 200, -60, 0);
    for (unsigned i = 0; i < 1000; i++) {
        noise(pcm, -60, 0);
        if (vad_block(&v, pcm) == VAD_DESCRIBE) {
            vad_describe(&v, out);
            told++;
        }
    }
    ck_assert_uint_ge(told, 9);
    ck_assert_uint_le(told, 14);
}
END_TEST

/* ---- on a port ---- */

static bool loud;

static uint8_t line(unsigned ts, unsigned at)
{
    int16_t pcm = (int16_t)(loud ? 3000 * sinf((float)at * 6.2832f / 16) : 40 * white());
    uint8_t octet;

    (void)ts;
    g711_compress(&octet, &pcm, 1, G711_A);
    return octet;
}

START_TEST(a_port_describes_silence_instead_of_sending_it)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    r.noise_payload = 13;
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    rig->line = line;
    loud = false;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(2000);
    unsigned sound = 0, described = 0;
    for (unsigned i = 0; i < rig->nheard; i++) {
        sound += rig->heard[i].head.payload_type == 8;
        described += rig->heard[i].head.payload_type == 13;
    }
    ck_assert_uint_le(sound, 32); /* 300 ms of learning, 200 ms more */
    ck_assert_uint_ge(described, 2);
    ck_assert_uint_le(described, 4);
    unsigned before = rig->nheard;
    loud = true;
    rig_run(100);
    ck_assert_uint_ge(rig->nheard, before + 4);
    const struct rtp_packet *first = &rig->heard[before].head, *last = &rig->heard[before - 1].head;
    ck_assert_uint_eq(first->payload_type, 8);
    ck_assert(first->marker); /* a talkspurt begins */
    ck_assert_uint_eq(first->seq, (uint16_t)(last->seq + 1));
}
END_TEST

static void setup(void)
{
    rig_setup();
    seed = 1;
}

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, rig_teardown);
    tcase_add_test(tc, noise_is_silence_of_its_level);
    tcase_add_test(tc, its_spectrum_is_told);
    tcase_add_test(tc, speech_is_sent_at_once_and_its_end_is_not_cut);
    tcase_add_test(tc, it_is_told_again_when_it_changes_and_each_second);
    tcase_add_test(tc, a_port_describes_silence_instead_of_sending_it);
}

int main(void)
{
    return rig_main("vad", add);
}
