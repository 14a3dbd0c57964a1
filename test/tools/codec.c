/* codec: files through the table of codecs, so that independent programs can check them.
 *
 *   codec encode WORD PCM PACKETS [ms=20] [bitrate=0] [fec=0] [dtx=0] [cbr=0] [loss=0]
 *   codec decode WORD PACKETS PCM
 *
 * PCM is raw, 16 bits in the machine's order at 8 kHz. PACKETS has each payload after its length in
 * two octets, network order. Length 0 is a packet that was not sent, or was lost: it is concealed
 * if the codec can, else silent, for as long as the packet before it. What does not fill the last
 * packet is left out. Exit 1 when a payload cannot be decoded, 2 for a wrong usage or file.
 */
#include "codec/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS, BITRATE, FEC, DTX, CBR, LOSS, NOPTIONS };

static struct option {
    const char *name;
    unsigned value;
} options[NOPTIONS] = {{"ms", 20}, {"bitrate", 0}, {"fec", 0}, {"dtx", 0}, {"cbr", 0}, {"loss", 0}};

static int usage(void)
{
    fprintf(stderr, "usage: codec encode WORD PCM PACKETS [ms=20] [bitrate=0] [fec=0] [dtx=0] "
                    "[cbr=0] [loss=0]\n       codec decode WORD PACKETS PCM\n");
    return 2;
}

static bool read_option(const char *text)
{
    for (unsigned i = 0; i < NOPTIONS; i++) {
        size_t n = strlen(options[i].name);
        if (strncmp(text, options[i].name, n) == 0 && text[n] == '=') {
            options[i].value = (unsigned)strtoul(text + n + 1, NULL, 10);
            return true;
        }
    }
    return false;
}

/** A payload; false at the end of the file. */
static bool read_packet(FILE *in, uint8_t *payload, size_t *len)
{
    uint8_t head[2];

    if (fread(head, 1, sizeof head, in) != sizeof head)
        return false;
    *len = (size_t)head[0] << 8 | head[1];
    return fread(payload, 1, *len, in) == *len;
}

static void write_packet(FILE *out, const uint8_t *payload, size_t len)
{
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};

    fwrite(head, 1, sizeof head, out);
    fwrite(payload, 1, len, out);
}

static int encode(const struct codec *c, void *state, FILE *in, FILE *out)
{
    struct codec_params p = {options[BITRATE].value, options[FEC].value, options[DTX].value,
                             options[CBR].value};
    size_t n = options[MS].value * 8;
    int16_t pcm[CODEC_SAMPLES_MAX];
    uint8_t payload[CODEC_PAYLOAD_MAX];

    if (n == 0 || n > CODEC_SAMPLES_MAX || n % c->frame != 0)
        return usage();
    if (codec_encoder_start(c, state, &p) != 0)
        return 2;
    if (c->ops->loss)
        c->ops->loss(state, options[LOSS].value);
    while (fread(pcm, sizeof *pcm, n, in) == n)
        write_packet(out, payload, c->ops->encode(state, payload, pcm, n));
    codec_encoder_stop(c, state);
    return 0;
}

static int decode(const struct codec *c, void *state, FILE *in, FILE *out)
{
    static uint8_t payload[2][65536];
    int16_t pcm[CODEC_SAMPLES_MAX];
    size_t len, next_len, n = 160;
    int failed = 0;

    if (codec_decoder_start(c, state) != 0)
        return 2;
    bool more = read_packet(in, payload[0], &len);
    for (unsigned now = 0; more; now = !now, len = next_len) {
        more = read_packet(in, payload[!now], &next_len);
        memset(pcm, 0, sizeof pcm);
        if (len > 0) {
            size_t got = c->ops->decode(state, pcm, payload[now], len);
            failed |= got == 0;
            n = got ? got : n;
        } else if (c->ops->conceal) {
            bool known = more && next_len > 0;
            c->ops->conceal(state, pcm, n, known ? payload[!now] : NULL, known ? next_len : 0);
        }
        fwrite(pcm, sizeof *pcm, n, out);
    }
    codec_decoder_stop(c, state);
    return failed;
}

static int run(bool encoding, const struct codec *c, const char *from, const char *to)
{
    size_t size = encoding ? codec_encoder_size(c) : codec_decoder_size(c);
    void *state = size ? calloc(1, size) : NULL;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    int result = 2;

    if (in && out && (state || !size))
        result = encoding ? encode(c, state, in, out) : decode(c, state, in, out);
    else
        perror("codec");
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        result = 2;
    free(state);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return usage();
    const struct codec *c = codec_by_word(argv[2]);
    bool encoding = strcmp(argv[1], "encode") == 0;

    for (int i = 5; i < argc; i++)
        if (!encoding || !read_option(argv[i]))
            return usage();
    if (!c || !c->ops || (!encoding && strcmp(argv[1], "decode") != 0))
        return usage();
    return run(encoding, c, argv[3], argv[4]);
}
