/* Any sound into a bank of ears. The first octet says what the lanes listen for and whose tones;
 * then come blocks: how often it is repeated, less one, and 80 samples of 8 bits. Half of the lanes
 * hear each block, the others their complement, and one lane rests now and then.
 */
#include "codec/ear.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define BLOCKS_MOST 2000u /* of sound: 20 s */

static uint32_t serial[LANES];

/** A digit is heard only where digits are wanted, a digit it is, and they are counted one by one.
 */
static void judge(const struct ear_heard *h, unsigned lane, bool wanted)
{
    static const char keys[] = "0123456789*#ABCD";

    fuzz_check(!h->digit || (wanted && strchr(keys, h->digit)));
    fuzz_check(!h->ended || (wanted && strchr(keys, h->ended) && h->ended_ms >= 20));
    fuzz_check(!h->digit || h->hush);
    fuzz_check(h->serial - serial[lane] <= 1 && (h->serial == serial[lane] || h->digit));
    fuzz_check((h->begun & h->over) == 0);
    fuzz_check((h->begun & ~(unsigned)h->now & ~(unsigned)EAR_HEARD_CNG) == 0);
    serial[lane] = h->serial;
}

static void hear(struct ear_bank *b, const uint8_t block[EAR_BLOCK], unsigned turn, bool digits)
{
    static int16_t pcm[LANES][EAR_BLOCK];
    struct ear_heard heard[LANES];
    uint16_t active = turn % 50 ? 0xffff : 0xfffe;

    for (unsigned l = 0; l < LANES; l++)
        for (unsigned i = 0; i < EAR_BLOCK; i++)
            pcm[l][i] = (int16_t)((block[i] ^ (l % 2 ? 0xff : 0)) * 256 - 32768);
    ear_bank_listen(b, active, (const int16_t(*)[EAR_BLOCK])pcm, heard);
    for (unsigned l = 0; l < LANES; l++)
        if (active >> l & 1)
            judge(&heard[l], l, digits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ear_config config = EAR_CONFIG_DEFAULT;
    struct ear_bank *b;
    unsigned turn = 0;

    if (size < 1)
        return 0;
    unsigned what = data[0] & 15u;
    config.country = data[0] & 16 ? "us" : "de";
    fuzz_check(ear_bank_new(&b, &config) == 0);
    memset(serial, 0, sizeof serial);
    for (unsigned l = 0; l < LANES; l++)
        ear_lane_start(b, l, what);
    for (data++, size--; size > EAR_BLOCK; data += EAR_BLOCK + 1, size -= EAR_BLOCK + 1)
        for (unsigned k = 0; k <= data[0] && turn < BLOCKS_MOST; k++)
            hear(b, data + 1, turn++, what & EAR_DTMF);
    ear_bank_free(b);
    return 0;
}
