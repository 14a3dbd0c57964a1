/* The table of codecs: G.711 against its Recommendation's tables, GSM against libgsm, Opus'
 * options, and any octets at all to every decoder. ITU-T's test vectors are in
 * test_codecs_vectors.c. */
#include "test/unit/codecs_rig.h"

#include <errno.h>
#include <gsm.h>
#include <string.h>

#define SECONDS 2
#define N       (SECONDS * 8000)

#define OPUS_DELAY 52 /* samples: 5 ms of the encoder's, 1.5 ms of its filters */

/* ---- the table ---- */

START_TEST(table_is_indexed_and_says_each_thing_once)
{
    for (unsigned i = 0; i < CODEC_COUNT; i++) {
        const struct codec *c = &codec_table[i];
        ck_assert_uint_eq(c->id, i);
        ck_assert_ptr_eq(codec_by_word(c->word), c);
        ck_assert_ptr_eq(codec_by_name(c->name, strlen(c->name), c->clock, c->channels), c);
        ck_assert_uint_lt(c->payload, 128);
        ck_assert_uint_eq(c->frame % 80, 0);
        ck_assert_uint_eq(CODEC_SAMPLES_MAX % c->frame, 0);
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(c->payload, codec_table[k].payload);
    }
}
END_TEST

START_TEST(static_payload_types_are_rfc_3551s)
{
    static const struct {
        enum codec_id id;
        uint8_t payload;
    } cases[] = {
        {CODEC_PCMU, 0}, {CODEC_GSM, 3}, {CODEC_PCMA, 8}, {CODEC_G722, 9}, {CODEC_G729, 18}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_uint_eq(codec_table[cases[i].id].payload, cases[i].payload);
}
END_TEST

START_TEST(names_are_found_without_case_but_whole)
{
    ck_assert_ptr_eq(codec_by_name("pcma/8000", 4, 8000, 1), &codec_table[CODEC_PCMA]);
    ck_assert_ptr_eq(codec_by_name("OPUS", 4, 48000, 2), &codec_table[CODEC_OPUS]);
    ck_assert_ptr_null(codec_by_name("opus", 4, 48000, 1));
    ck_assert_ptr_null(codec_by_name("PCM", 3, 8000, 1));
    ck_assert_ptr_null(codec_by_name("L16", 3, 44100, 1));
    ck_assert_ptr_null(codec_by_name("L16", 3, 8000, 2));
    ck_assert_ptr_null(codec_by_word("PCMA"));
}
END_TEST

START_TEST(ticks_are_the_codecs_clock)
{
    ck_assert_uint_eq(codec_ticks(&codec_table[CODEC_G722], 160), 160);
    ck_assert_uint_eq(codec_ticks(&codec_table[CODEC_OPUS], 160), 960);
}
END_TEST

START_TEST(clear_channel_has_nothing_to_start)
{
    const struct codec *c = &codec_table[CODEC_CLEARMODE];
    struct codec_params p = {.bitrate = 0};

    ck_assert_uint_eq(codec_encoder_size(c) + codec_decoder_size(c), 0);
    ck_assert_int_eq(codec_encoder_start(c, NULL, &p), ENOTSUP);
    ck_assert_int_eq(codec_decoder_start(c, NULL), ENOTSUP);
    codec_encoder_stop(c, NULL);
    codec_decoder_stop(c, NULL);
}
END_TEST

/* ---- every codec ---- */

/** Octets of 20 ms; Opus has no fixed one. */
static const size_t octets[CODEC_COUNT] = {
    [CODEC_PCMA] = 160,         [CODEC_PCMU] = 160,        [CODEC_G722] = 160,
    [CODEC_G729] = 20,          [CODEC_GSM] = 33,          [CODEC_G726_40] = 100,
    [CODEC_G726_32] = 80,       [CODEC_G726_24] = 60,      [CODEC_G726_16] = 40,
    [CODEC_AAL2_G726_40] = 100, [CODEC_AAL2_G726_32] = 80, [CODEC_AAL2_G726_24] = 60,
    [CODEC_AAL2_G726_16] = 40,  [CODEC_L16] = 320,
};

/** Worst signal-to-noise ratio of the voice above, dB, and the delay in samples. Those of
 * waveform coders: G.726 loses 5 dB with each bit. */
static const struct {
    double at_least;
    size_t delay;
} quality[CODEC_COUNT] = {
    [CODEC_PCMA] = {34, 0},          [CODEC_PCMU] = {34, 0},         [CODEC_G722] = {30, 0},
    [CODEC_OPUS] = {10, OPUS_DELAY}, [CODEC_G729] = {-10, 40},       [CODEC_GSM] = {8, 0},
    [CODEC_G726_40] = {24, 0},       [CODEC_G726_32] = {19, 0},      [CODEC_G726_24] = {14, 0},
    [CODEC_G726_16] = {9, 0},        [CODEC_AAL2_G726_40] = {24, 0}, [CODEC_AAL2_G726_32] = {19, 0},
    [CODEC_AAL2_G726_24] = {14, 0},  [CODEC_AAL2_G726_16] = {9, 0},  [CODEC_L16] = {90, 0},
};

/** Encodes and decodes all of `in` in packets of `n` samples. */
static void both_ways(struct coder *k, int16_t *out, const int16_t *in, size_t n)
{
    const struct codec_ops *ops = k->c->ops;
    uint8_t payload[CODEC_PAYLOAD_MAX];

    for (size_t i = 0; i + n <= N; i += n) {
        size_t len = ops->encode(k->encoder, payload, in + i, n);
        ck_assert_uint_gt(len, 0);
        ck_assert_uint_le(len, CODEC_PAYLOAD_MAX);
        if (octets[k->c->id])
            ck_assert_uint_eq(len * 160, octets[k->c->id] * n);
        ck_assert_uint_eq(ops->samples(payload, len), n);
        ck_assert_uint_eq(ops->decode(k->decoder, out + i, payload, len), n);
    }
}

START_TEST(every_packet_time_comes_back_as_it_was)
{
    static int16_t in[N], out[N];
    const struct codec *c = &codec_table[_i];
    struct coder k;

    if (!codec_ready(c))
        return;
    voice(in, N);
    for (size_t n = c->frame; n <= CODEC_SAMPLES_MAX; n += c->frame) {
        coder_open(&k, c, NULL);
        both_ways(&k, out, in, n);
        double got = snr(in, out, N / 480 * 480 - 480, quality[_i].delay);
        ck_assert_msg(got >= quality[_i].at_least, "%s, %zu ms: %.1f dB", c->word, n / 8, got);
        coder_close(&k);
    }
}
END_TEST

/** Any octets: the decoder says at most what samples() said, and writes no more. */
static void feed(struct coder *k, const uint8_t *payload, size_t len)
{
    int16_t pcm[CODEC_SAMPLES_MAX + 8];

    memset(pcm, 0x5a, sizeof pcm);
    size_t n = k->c->ops->samples(payload, len);
    ck_assert_uint_le(n, CODEC_SAMPLES_MAX);
    size_t got = k->c->ops->decode(k->decoder, pcm, payload, len);
    ck_assert_uint_le(got, n);
    size_t touched = n;
    while (touched < CODEC_SAMPLES_MAX + 8 && pcm[touched] == 0x5a5a)
        touched++;
    ck_assert_uint_eq(touched, CODEC_SAMPLES_MAX + 8);
    if (k->c->ops->conceal)
        k->c->ops->conceal(k->decoder, pcm, 80 * (1 + len % 6), len % 2 ? payload : NULL, len);
}

START_TEST(no_payload_is_too_strange)
{
    const struct codec *c = &codec_table[_i];
    uint32_t state = 7;
    struct coder k;

    if (!codec_ready(c))
        return;
    coder_open(&k, c, NULL);
    for (size_t len = 0; len <= 1500; len++) {
        uint8_t *payload = malloc(len + 1); /* its own, so that reading past it is seen */
        for (size_t i = 0; i < len; i++)
            payload[i] = (uint8_t)noise(&state);
        if (len % 33 == 0 && c->id == CODEC_GSM) /* let some through */
            for (size_t i = 0; i < len; i += 33)
                payload[i] = (uint8_t)(0xd0 | (payload[i] & 0xf));
        payload = realloc(payload, len ? len : 1);
        feed(&k, payload, len);
        free(payload);
    }
    coder_close(&k);
}
END_TEST

START_TEST(lengths_that_are_none_of_the_codecs_are_refused)
{
    static const struct {
        enum codec_id id;
        size_t len, samples;
    } cases[] = {
        {CODEC_PCMA, 0, 0},    {CODEC_PCMA, 480, 480},   {CODEC_PCMA, 481, 0},
        {CODEC_L16, 321, 0},   {CODEC_L16, 320, 160},    {CODEC_G726_40, 99, 0},
        {CODEC_G726_40, 5, 8}, {CODEC_G726_24, 60, 160}, {CODEC_G726_24, 61, 0},
        {CODEC_G726_16, 2, 8}, {CODEC_G726_16, 1, 0},    {CODEC_G722, 160, 160},
        {CODEC_GSM, 32, 0},    {CODEC_GSM, 99, 480},     {CODEC_GSM, 132, 0},
        {CODEC_OPUS, 0, 0},
    };
    uint8_t payload[512];

    memset(payload, 0xd5, sizeof payload);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_uint_eq(codec_table[cases[i].id].ops->samples(payload, cases[i].len),
                          cases[i].samples);
    payload[33] = 0xc5; /* no signature in the second frame */
    ck_assert_uint_eq(codec_table[CODEC_GSM].ops->samples(payload, 66), 0);
}
END_TEST

/* ---- G.711 by the Recommendation's tables 1a and 2a ---- */

struct law {
    enum codec_id id;
    int scale;      /* of 16 bits to the tables' values */
    int x[129];     /* decision values; the last is the virtual one */
    int segment[9]; /* steps of each 16 intervals, 0: end */
};

static struct law laws[] = {
    {CODEC_PCMA, 8, {0}, {2, 2, 4, 8, 16, 32, 64, 128, 0}},
    {CODEC_PCMU, 4, {0}, {2, 4, 8, 16, 32, 64, 128, 256, 0}},
};

static void make_decisions(struct law *l)
{
    for (int i = 0; i < 128; i++)
        l->x[i + 1] = l->x[i] + l->segment[i / 16];
    if (l->id == CODEC_PCMU) /* the first interval is half a step: 0, 1, 3, 5 ... 31, 35 */
        for (int i = 1; i <= 128; i++)
            l->x[i]--;
}

static uint8_t law_octet(const struct law *l, int interval, bool negative)
{
    if (l->id == CODEC_PCMA) /* even bits inverted */
        return (uint8_t)(((negative ? 0 : 0x80) | interval) ^ 0x55);
    return (uint8_t)(0xff ^ ((negative ? 0x80 : 0) | interval));
}

START_TEST(g711_decodes_as_the_tables)
{
    struct law *l = &laws[_i];

    make_decisions(l);
    for (int i = 0; i < 128; i++)
        for (int negative = 0; negative < 2; negative++) {
            uint8_t octet = law_octet(l, i, negative);
            int16_t pcm;
            int y = i == 0 && l->id == CODEC_PCMU ? 0 : (l->x[i] + l->x[i + 1]) * l->scale / 2;
            ck_assert_uint_eq(codec_table[l->id].ops->decode(NULL, &pcm, &octet, 1), 1);
            ck_assert_int_eq(pcm, negative ? -y : y);
        }
}
END_TEST

START_TEST(g711_encodes_as_the_tables)
{
    struct law *l = &laws[_i];

    make_decisions(l);
    for (int v = -32768; v < 32768; v++) {
        int16_t pcm = (int16_t)v;
        int i = 0, size = abs(v);
        uint8_t octet;
        codec_table[l->id].ops->encode(NULL, &octet, &pcm, 1);
        while (i < 127 && size >= l->x[i + 1] * l->scale)
            i++;
        /* a decision value itself may go to either side */
        bool lower = i > 0 && size == l->x[i] * l->scale && octet == law_octet(l, i - 1, v < 0);
        ck_assert_msg(lower || octet == law_octet(l, i, v < 0), "%d is %02x", v, octet);
    }
}
END_TEST

/* ---- GSM ---- */

START_TEST(gsm_is_libgsm_to_the_bit)
{
    static int16_t in[N], out[N];
    int16_t theirs[160];
    uint8_t mine[33], other[33];
    struct coder k;
    gsm encoder = gsm_create(), decoder = gsm_create();

    voice(in, N);
    for (size_t i = N / 2; i < N; i++) /* and much too loud */
        in[i] = (int16_t)(in[i] > 0 ? 32767 : -32768);
    coder_open(&k, &codec_table[CODEC_GSM], NULL);
    for (size_t i = 0; i < N; i += 160) {
        ck_assert_uint_eq(k.c->ops->encode(k.encoder, mine, in + i, 160), 33);
        gsm_encode(encoder, in + i, other);
        ck_assert_mem_eq(mine, other, 33);
        k.c->ops->decode(k.decoder, out + i, other, 33);
        ck_assert_int_eq(gsm_decode(decoder, other, theirs), 0);
        ck_assert_mem_eq(out + i, theirs, sizeof theirs);
    }
    gsm_destroy(encoder);
    gsm_destroy(decoder);
    coder_close(&k);
}
END_TEST

/* ---- Opus ---- */

/** Octets of all packets of 20 ms, and how many were not to be sent. */
static size_t opus_octets(const struct codec_params *p, const int16_t *in, unsigned *unsent)
{
    uint8_t payload[CODEC_PAYLOAD_MAX];
    struct coder k;
    size_t sum = 0;

    *unsent = 0;
    coder_open(&k, &codec_table[CODEC_OPUS], p);
    for (size_t i = 0; i < N; i += 160) {
        size_t len = k.c->ops->encode(k.encoder, payload, in + i, 160);
        *unsent += len == 0;
        sum += len;
    }
    coder_close(&k);
    return sum;
}

START_TEST(opus_does_what_the_far_end_asks)
{
    static int16_t in[N], silence[N];
    struct codec_params plain = {.bitrate = 0}, low = {.bitrate = 8000}, cbr = {.cbr = true},
                        greedy = {.bitrate = 510000}, dtx = {.dtx = true};
    unsigned unsent;

    voice(in, N);
    size_t usual = opus_octets(&plain, in, &unsent);
    ck_assert_uint_eq(unsent, 0);
    ck_assert_uint_lt(opus_octets(&low, in, &unsent), 8000 * SECONDS / 8 * 11 / 10);
    ck_assert_uint_eq(opus_octets(&greedy, in, &unsent), usual);
    ck_assert_uint_eq(opus_octets(&cbr, in, &unsent), 24000 * SECONDS / 8);
    opus_octets(&plain, silence, &unsent);
    ck_assert_uint_eq(unsent, 0);
    opus_octets(&dtx, silence, &unsent);
    ck_assert_uint_gt(unsent, N / 160 / 2);
}
END_TEST

/** Signal to noise of every eighth packet, which is lost and made up with the packet after it. */
static double with_loss(const int16_t *in, int16_t *out, bool fec)
{
    static uint8_t payload[N / 160][CODEC_PAYLOAD_MAX];
    static size_t len[N / 160 + 1];
    struct codec_params p = {.fec = fec};
    struct coder k;

    coder_open(&k, &codec_table[CODEC_OPUS], &p);
    k.c->ops->loss(k.encoder, 12);
    for (size_t i = 0; i < N / 160; i++)
        len[i] = k.c->ops->encode(k.encoder, payload[i], in + i * 160, 160);
    for (size_t i = 0; i + 1 < N / 160; i++)
        if (i % 8 == 7)
            k.c->ops->conceal(k.decoder, out + i * 160, 160, payload[i + 1], len[i + 1]);
        else
            k.c->ops->decode(k.decoder, out + i * 160, payload[i], len[i]);
    coder_close(&k);
    double sum = 0;
    unsigned lost = 0;
    for (size_t i = 7; i + 1 < N / 160; i += 8, lost++)
        sum += snr(in + i * 160 - OPUS_DELAY, out + i * 160, 160, 0);
    return sum / lost;
}

START_TEST(opus_forward_error_correction_brings_packets_back)
{
    static int16_t in[N], out[N];

    voice(in, N);
    double without = with_loss(in, out, false), with = with_loss(in, out, true);
    ck_assert_msg(with > without, "%.1f dB without, %.1f dB with", without, with);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("codecs");
    TCase *tc = tcase_create("codecs");

    tcase_add_test(tc, table_is_indexed_and_says_each_thing_once);
    tcase_add_test(tc, static_payload_types_are_rfc_3551s);
    tcase_add_test(tc, names_are_found_without_case_but_whole);
    tcase_add_test(tc, ticks_are_the_codecs_clock);
    tcase_add_test(tc, clear_channel_has_nothing_to_start);
    tcase_add_loop_test(tc, every_packet_time_comes_back_as_it_was, 0, CODEC_COUNT);
    tcase_add_loop_test(tc, no_payload_is_too_strange, 0, CODEC_COUNT);
    tcase_add_test(tc, lengths_that_are_none_of_the_codecs_are_refused);
    tcase_add_loop_test(tc, g711_decodes_as_the_tables, 0, 2);
    tcase_add_loop_test(tc, g711_encodes_as_the_tables, 0, 2);
    tcase_add_test(tc, gsm_is_libgsm_to_the_bit);
    tcase_add_test(tc, opus_does_what_the_far_end_asks);
    tcase_add_test(tc, opus_forward_error_correction_brings_packets_back);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
