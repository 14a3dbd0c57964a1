/* Numbers as integers. */
#include "dialplan/key.h"

/** Nibbles plus one; 0: no digit. */
static const uint8_t nibble_of[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['*'] = 15, ['F'] = 16, ['#'] = 16,
};

uint64_t dp_key_of(const char *digits)
{
    uint64_t key = 0;
    unsigned n = 0;

    for (; n < DP_KEY_DIGITS; n++) {
        uint8_t nibble = nibble_of[(uint8_t)digits[n]];
        if (nibble == 0)
            break;
        key |= (uint64_t)(nibble - 1) << (60 - 4 * n);
    }
    key |= n;
    return key == DP_KEY_LAST ? key - 1 : key; /* fifteen times # is nobody's number */
}

uint64_t dp_key_end(uint64_t prefix)
{
    unsigned n = dp_key_length(prefix);
    uint64_t digits = prefix - n;

    if (n == 0)
        return DP_KEY_LAST;
    uint64_t end = digits + (UINT64_C(1) << (64 - 4 * n));
    if (end <= digits)
        return DP_KEY_LAST;
    return end | (16 - (unsigned)__builtin_ctzll(end) / 4);
}

char *dp_key_text(char out[DP_KEY_TEXT_LEN], uint64_t key)
{
    unsigned n = dp_key_length(key);

    while (n < DP_KEY_DIGITS && (key & ~UINT64_C(15)) << (4 * n) != 0)
        n++;
    for (unsigned i = 0; i < n; i++)
        out[i] = "0123456789ABCD*#"[key >> (60 - 4 * i) & 15];
    out[n] = '\0';
    return out;
}
