/* The receiving buffer: any packets, of any codec, length, order and time. The input is a list of
 * commands: an octet says what, the next ones with what. Never more than it has room for waits, and
 * each block is whole. */
#include "codec/playout.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

static size_t samples(const uint8_t *payload, size_t len)
{
    return len > 0 && payload[0] < 250 ? len * 8 : 0;
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    (void)state;
    if (payload[0] == 249)
        return 0;
    for (size_t i = 0; i < len * 8; i++)
        pcm[i] = (int16_t)((payload[i / 8] - 128) * 255);
    return len * 8;
}

static void conceal(void *state, int16_t *pcm, size_t n, const uint8_t *next, size_t len)
{
    (void)state;
    fuzz_check(n % 80 == 0 && n <= CODEC_SAMPLES_MAX);
    memset(pcm, next && len > 0 ? next[len - 1] : 0, n * sizeof *pcm);
}

static const struct codec_ops plain = {.samples = samples, .decode = decode};
static const struct codec_ops own = {.samples = samples, .decode = decode, .conceal = conceal};
static const struct codec codecs[] = {
    {.id = CODEC_PCMA, .clock = 8000, .bpl = 25},
    {.id = CODEC_PCMU, .clock = 8000},
    {.id = CODEC_G726_32, .clock = 8000, .ops = &plain},
    {.id = CODEC_OPUS, .clock = 48000, .ops = &own, .bpl = 10},
    {.id = CODEC_CLEARMODE, .clock = 8000},
    {.id = CODEC_G729, .clock = 8000},
};
static void *const decoders[CODEC_COUNT];

static struct playout p;
static uint32_t ts;
static uint16_t seq;

static void get(unsigned blocks)
{
    struct playout_block out;

    for (; blocks > 0; blocks--) {
        playout_get(&p, &out);
        fuzz_check(out.kind == PLAYOUT_NONE ||
                   (out.kind == PLAYOUT_OCTETS) == (out.octets != NULL));
        fuzz_check((out.kind == PLAYOUT_SAMPLES) == (out.pcm != NULL));
        fuzz_check(p.lin_n <= PLAYOUT_LINEAR && p.count <= PLAYOUT_ENTRIES);
    }
}

/** Commands: 0-5 a packet of a codec; 6 blocks; 7 a step of time and sequence; 8 noise; 9 another
 * timeline; 10 mode; 11 reset; 12 an event. Returns the octets used. */
static size_t command(const uint8_t *data, size_t size)
{
    unsigned what = data[0] % 13u, arg = size > 1 ? data[1] : 0;
    size_t n = size > 2 ? size - 2 : 0;

    if (what < 6) {
        const uint8_t *payload = data + size - n;
        size_t len = arg < 200 ? arg : (arg - 199) * 26u;
        len = len < n ? len : n;
        playout_put(&p, &codecs[what], seq, ts, payload, len);
        ts += (uint32_t)len * (codecs[what].clock / 8000);
        seq++;
        return 2 + (len > 16 ? 16 : len); /* the payload is told by the commands that follow */
    }
    if (what == 6)
        get(arg % 64);
    else if (what == 7)
        seq = (uint16_t)(seq + (int8_t)arg), ts += (uint32_t)((int8_t)arg * 80);
    else if (what == 8)
        playout_put_noise(&p, seq++, ts, data + size - n, n < 14 ? n : 14);
    else if (what == 9)
        ts += arg << 24 | arg << 9;
    else if (what == 10)
        playout_set_mode(&p, (enum playout_mode)(arg % 3));
    else if (what == 11 && arg > 200)
        playout_reset(&p);
    else if (what == 12)
        playout_seen(&p, seq++);
    return 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct playout_config conf = {.min_ms = 10, .max_ms = 200};

    if (size > 4096)
        return 0;
    playout_init(&p, &conf, decoders);
    ts = 0xfffff000u;
    seq = 65500;
    while (size > 0) {
        size_t used = command(data, size);
        used = used < size ? used : size;
        data += used;
        size -= used;
    }
    get(100);
    playout_finish(&p);
    fuzz_check(p.burst.lost <= p.burst.expected);
    return 0;
}
