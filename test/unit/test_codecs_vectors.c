/* G.726 against libsndfile's, which has other authors, always; G.726 and G.722 to the bit against
 * ITU-T's test vectors, where they are (../shared/corpora/audio). */
#include "test/unit/codecs_rig.h"
#include "codec/g711.h"

#include <sndfile.h>
#include <stdio.h>
#include <string.h>

#define CORPUS "../shared/corpora/audio/"
#define WORDS  16384 /* of the longest vector */
#define BLOCK  480

/** The words of a vector; 0, and one line said: it is not there. */
static size_t load(uint16_t *words, const char *folder, const char *name, bool big_endian)
{
    char path[128];
    uint8_t octets[2];
    size_t n = 0;

    snprintf(path, sizeof path, CORPUS "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        printf("not checked: %s is not there\n", path);
        return 0;
    }
    for (; n < WORDS && fread(octets, 1, 2, f) == 2; n++)
        words[n] = (uint16_t)(octets[big_endian] | octets[!big_endian] << 8);
    fclose(f);
    return n;
}

/* ---- G.726 ---- */

static const struct codec *g726(unsigned bits)
{
    return &codec_table[CODEC_G726_40 + (5 - bits)];
}

/** Codes in octets, the first in the low bits (RFC 3551 4.5.4); `n` a multiple of 8. */
static size_t pack(uint8_t *out, const uint16_t *codes, size_t n, unsigned bits)
{
    memset(out, 0, n * bits / 8);
    for (size_t i = 0; i < n * bits; i++)
        out[i / 8] |= (uint8_t)((codes[i / bits] >> i % bits & 1) << i % 8);
    return n * bits / 8;
}

static void encode_all(struct coder *k, uint8_t *out, const int16_t *pcm, size_t n)
{
    for (size_t i = 0, each; i < n; i += each) {
        each = n - i < BLOCK ? n - i : BLOCK;
        out += k->c->ops->encode(k->encoder, out, pcm + i, each);
    }
}

static void decode_all(struct coder *k, int16_t *pcm, const uint8_t *payload, size_t n,
                       unsigned bits)
{
    for (size_t i = 0, each; i < n; i += each) {
        each = n - i < BLOCK ? n - i : BLOCK;
        ck_assert_uint_eq(
            k->c->ops->decode(k->decoder, pcm + i, payload + i * bits / 8, each * bits / 8), each);
    }
}

/** The octets of a vector as linear samples. */
static void expand(int16_t *pcm, const uint16_t *words, size_t n, enum g711_law law)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t octet = (uint8_t)words[i];
        g711_expand(pcm + i, &octet, 1, law);
    }
}

/** An encoder's vector: G.711 in, codes out. */
static void check_encoder(unsigned bits, enum g711_law law, const char *in, const char *codes)
{
    static uint16_t words[WORDS], expected[WORDS];
    static uint8_t mine[WORDS], theirs[WORDS];
    static int16_t pcm[WORDS];
    size_t n = load(words, "g726-stl", in, false) / 8 * 8;
    struct coder k;

    if (n == 0 || load(expected, "g726-stl", codes, false) < n)
        return;
    coder_open(&k, g726(bits), NULL);
    expand(pcm, words, n, law);
    encode_all(&k, mine, pcm, n);
    size_t len = pack(theirs, expected, n, bits);
    ck_assert_msg(memcmp(mine, theirs, len) == 0, "%s is not %s", in, codes);
    coder_close(&k);
}

/** Where an octet is in the order of levels. */
static int level(uint8_t octet, enum g711_law law)
{
    int16_t pcm;
    int n = law == G711_A ? (octet ^ 0x55) & 0x7f : ~octet & 0x7f;

    g711_expand(&pcm, &octet, 1, law);
    return pcm < 0 || octet == 0x7f ? -n - (law == G711_A) : n;
}

/** A decoder's vector: codes in, G.711 out. Our decoder's linear samples have not had the
 * adjustment of clause 4.2.7, which moves a G.711 octet by one level, or two around zero. */
static void check_decoder(unsigned bits, enum g711_law law, const char *codes, const char *out)
{
    static uint16_t words[WORDS], expected[WORDS];
    static uint8_t payload[WORDS], octets[WORDS];
    static int16_t pcm[WORDS];
    size_t n = load(words, "g726-stl", codes, false) / 8 * 8;
    struct coder k;

    if (n == 0 || load(expected, "g726-stl", out, false) < n)
        return;
    coder_open(&k, g726(bits), NULL);
    pack(payload, words, n, bits);
    decode_all(&k, pcm, payload, n, bits);
    g711_compress(octets, pcm, n, law);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(abs(level(octets[i], law) - level((uint8_t)expected[i], law)) <=
                          1 + (abs(pcm[i]) < 8),
                      "%s: sample %zu is %02x, %02x in %s", codes, i, octets[i], expected[i], out);
    coder_close(&k);
}

START_TEST(g726_is_the_itus)
{
    static const char *const laws[] = {"a", "m"}, *const kinds[] = {"n", "v"};
    static const char *const inputs[] = {"nrm", "ovr"};
    unsigned bits = (unsigned)_i;

    for (int law = 0; law < 2; law++) {
        char in[32], codes[32], out[32];
        for (int kind = 0; kind < 2; kind++) {
            snprintf(in, sizeof in, "%s.%s", inputs[kind], laws[law]);
            snprintf(codes, sizeof codes, "r%s%uf%s.i", kinds[kind], bits * 8, laws[law]);
            snprintf(out, sizeof out, "r%s%uf%s.o", kinds[kind], bits * 8, laws[law]);
            check_encoder(bits, law ? G711_MU : G711_A, in, codes);
            check_decoder(bits, law ? G711_MU : G711_A, codes, out);
        }
        snprintf(codes, sizeof codes, "i%u", bits * 8);
        snprintf(out, sizeof out, "ri%uf%s.o", bits * 8, laws[law]);
        check_decoder(bits, law ? G711_MU : G711_A, codes, out);
    }
}
END_TEST

/* ---- libsndfile: AU files in memory. Its predictor is not exact, so not to the bit. ---- */

struct memory {
    uint8_t p[65536];
    sf_count_t n, at;
};

static sf_count_t memory_length(void *arg)
{
    return ((struct memory *)arg)->n;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *arg)
{
    struct memory *m = arg;
    m->at = offset + (whence == SEEK_CUR ? m->at : whence == SEEK_END ? m->n : 0);
    return m->at;
}

static sf_count_t memory_read(void *p, sf_count_t n, void *arg)
{
    struct memory *m = arg;
    n = n < m->n - m->at ? n : m->n - m->at;
    memcpy(p, m->p + m->at, (size_t)n);
    m->at += n;
    return n;
}

static sf_count_t memory_write(const void *p, sf_count_t n, void *arg)
{
    struct memory *m = arg;
    ck_assert_int_le(m->at + n, (sf_count_t)sizeof m->p);
    memcpy(m->p + m->at, p, (size_t)n);
    m->at += n;
    m->n = m->at > m->n ? m->at : m->n;
    return n;
}

static sf_count_t memory_tell(void *arg)
{
    return ((struct memory *)arg)->at;
}

static SNDFILE *au(struct memory *m, int mode, unsigned bits)
{
    static const int forms[] = {
        [3] = SF_FORMAT_G723_24, [4] = SF_FORMAT_G721_32, [5] = SF_FORMAT_G723_40};
    static SF_VIRTUAL_IO io = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = SF_FORMAT_AU | forms[bits]};
    SNDFILE *f = sf_open_virtual(&io, mode, &info, m);

    ck_assert_msg(f != NULL, "%s", sf_strerror(NULL));
    return f;
}

#define HEADER 24 /* octets of AU's */
#define SPEECH 9600

START_TEST(g726_is_understood_by_libsndfile)
{
    static struct memory file;
    static int16_t in[SPEECH], out[SPEECH];
    static uint8_t coded[SPEECH];
    unsigned bits = (unsigned)_i;
    struct coder k;

    memset(&file, 0, sizeof file);
    voice(in, SPEECH);
    for (size_t i = 0; i < SPEECH; i++)
        in[i] /= 4;
    coder_open(&k, g726(bits), NULL);
    encode_all(&k, coded, in, SPEECH);
    coder_close(&k);
    SNDFILE *f = au(&file, SFM_WRITE, bits); /* for the header and the length */
    ck_assert_int_eq(sf_write_short(f, in, SPEECH), SPEECH);
    sf_close(f);
    memcpy(file.p + HEADER, coded, SPEECH * bits / 8);
    file.at = 0;
    f = au(&file, SFM_READ, bits);
    ck_assert_int_eq(sf_read_short(f, out, SPEECH), SPEECH);
    sf_close(f);
    ck_assert_msg(snr(in, out, SPEECH, 0) > 15, "%.1f dB", snr(in, out, SPEECH, 0));
}
END_TEST

/* ---- too loud ---- */

START_TEST(g726_limits_what_is_too_loud)
{
    static int16_t in[SPEECH], out[SPEECH];
    static uint8_t coded[SPEECH];
    struct coder k;

    for (size_t i = 0; i < SPEECH; i++)
        in[i] = (int16_t)(32767 * sin(2 * M_PI * 200 / 8000 * (double)i));
    coder_open(&k, g726((unsigned)_i), NULL);
    encode_all(&k, coded, in, SPEECH);
    decode_all(&k, out, coded, SPEECH, (unsigned)_i);
    ck_assert_msg(snr(in, out, SPEECH, 0) > 5 * _i, "%.1f dB", snr(in, out, SPEECH, 0));
    coder_close(&k);
}
END_TEST

/* ---- G.722's lower band, which is what we use ----
 * Words with bit 0 set are the reset around a sequence; else a sample is in bits 15..1, a code's
 * lower band in bits 13..8 and its upper band in bits 15..14. */

/** The sequence between the resets: where it begins, and its length. */
static size_t inside(const uint16_t *words, size_t n, size_t *from)
{
    *from = 0;
    while (*from < n && words[*from] & 1)
        (*from)++;
    while (n > *from && words[n - 1] & 1)
        n--;
    return n - *from;
}

static void check_g722_encoder(const char *in, const char *codes)
{
    static uint16_t words[WORDS + 64], expected[WORDS + 64];
    struct coder k;
    size_t from, n = load(words, "g722-itu", in, true);

    if (n == 0 || load(expected, "g722-itu", codes, true) < n)
        return;
    coder_open(&k, &codec_table[CODEC_G722], NULL);
    n = inside(words, n, &from);
    for (size_t i = from; i < from + n; i++) {
        int16_t pcm = (int16_t)words[i];
        uint8_t octet;
        ck_assert_uint_eq(k.c->ops->encode(k.encoder, &octet, &pcm, 1), 1);
        ck_assert_msg((octet & 0x3f) == (expected[i] >> 8 & 0x3f), "%s: word %zu", in, i);
    }
    coder_close(&k);
}

static void check_g722_decoder(const char *codes, const char *out)
{
    static uint16_t words[WORDS + 64], expected[WORDS + 64];
    struct coder k;
    size_t from, n = load(words, "g722-itu", codes, true);

    if (n == 0 || load(expected, "g722-itu", out, true) < n)
        return;
    coder_open(&k, &codec_table[CODEC_G722], NULL);
    n = inside(words, n, &from);
    for (size_t i = from; i < from + n; i++) {
        uint8_t octet = (uint8_t)(words[i] >> 8);
        int16_t pcm;
        ck_assert_uint_eq(k.c->ops->decode(k.decoder, &pcm, &octet, 1), 1);
        ck_assert_msg((uint16_t)pcm == (expected[i] & ~1u), "%s: word %zu", codes, i);
    }
    coder_close(&k);
}

START_TEST(g722_lower_band_is_the_itus)
{
    check_g722_encoder("bt1c1.xmt", "bt2r1.cod");
    check_g722_encoder("bt1c2.xmt", "bt2r2.cod");
    check_g722_decoder("bt2r1.cod", "bt3l1.rc1");
    check_g722_decoder("bt2r2.cod", "bt3l2.rc1");
    check_g722_decoder("bt1d3.cod", "bt3l3.rc1");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("codecs_vectors");
    TCase *tc = tcase_create("vectors");

    tcase_add_loop_test(tc, g726_is_understood_by_libsndfile, 3, 6);
    tcase_add_loop_test(tc, g726_limits_what_is_too_loud, 2, 6);
    tcase_add_loop_test(tc, g726_is_the_itus, 2, 6);
    tcase_add_test(tc, g722_lower_band_is_the_itus);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
