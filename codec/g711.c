/* G.711: tables made once from spandsp's conversions; the media path then only looks up. */
#include "codec/g711.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <tiffio.h>
#include <spandsp.h>

#define LAWS 2

static int16_t decoded[LAWS][256];
static uint8_t encoded[LAWS][65536];
static uint8_t crossed[LAWS][256]; /* from this law to the other */

/** Before main(): media threads only read. */
__attribute__((constructor)) static void make_tables(void)
{
    for (int i = 0; i < 256; i++) {
        decoded[G711_A][i] = alaw_to_linear((uint8_t)i);
        decoded[G711_MU][i] = ulaw_to_linear((uint8_t)i);
        crossed[G711_A][i] = alaw_to_ulaw((uint8_t)i);
        crossed[G711_MU][i] = ulaw_to_alaw((uint8_t)i);
    }
    for (int i = -32768; i < 32768; i++) {
        encoded[G711_A][(uint16_t)i] = linear_to_alaw(i);
        encoded[G711_MU][(uint16_t)i] = linear_to_ulaw(i);
    }
}

uint8_t g711_silence(enum g711_law law)
{
    return law == G711_A ? 0xd5 : 0xff;
}

void g711_compress(uint8_t *out, const int16_t *pcm, size_t n, enum g711_law law)
{
    for (size_t i = 0; i < n; i++)
        out[i] = encoded[law][(uint16_t)pcm[i]];
}

void g711_expand(int16_t *pcm, const uint8_t *in, size_t n, enum g711_law law)
{
    for (size_t i = 0; i < n; i++)
        pcm[i] = decoded[law][in[i]];
}

void g711_convert(uint8_t *out, const uint8_t *in, size_t n, enum g711_law from, enum g711_law to)
{
    if (from == to) {
        memmove(out, in, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = crossed[from][in[i]];
}
