/* Shapes of random numbers. */
#include "gw/rt/random.h"

uint32_t rt_random_u32(void)
{
    uint32_t v;

    rt_random_bytes(&v, sizeof v);
    return v;
}

/** Multiply and shift; the bias for an n of thousands is below one in a million. */
uint32_t rt_random_below(uint32_t n)
{
    return (uint32_t)((uint64_t)rt_random_u32() * n >> 32);
}

char *rt_random_hex(char *out, size_t digits)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t byte[16];

    for (size_t i = 0; i < digits; i++) {
        size_t at = i % (2 * sizeof byte), left = (digits - i + 1) / 2;
        if (at == 0)
            rt_random_bytes(byte, left < sizeof byte ? left : sizeof byte);
        out[i] = hex[(at % 2 == 0 ? byte[at / 2] : byte[at / 2] >> 4) & 15];
    }
    out[digits] = '\0';
    return out;
}
