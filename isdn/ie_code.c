/* Octet groups and text of elements. */
#include "isdn/ie_code.h"

#include <errno.h>

#define LAST 0x80

size_t isdn_ie_read_group(struct rt_reader *r, uint8_t *out, size_t max)
{
    size_t n = 0;
    uint8_t o;

    do {
        o = rt_read_u8(r);
        if (n < max && !r->failed)
            out[n++] = o & 0x7f;
    } while (!r->failed && !(o & LAST));
    return n;
}

void isdn_ie_write_group(struct rt_writer *w, const uint8_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] & LAST)
            w->failed = true;
        rt_write_u8(w, values[i] | (i + 1 == n ? LAST : 0));
    }
}

static bool graphic(uint8_t c)
{
    return c >= ' ' && c < 0x7f;
}

int isdn_ie_read_ia5(struct rt_reader *r, char *out, size_t cap)
{
    size_t n = rt_read_left(r);
    const uint8_t *p = rt_read_bytes(r, n);

    if (!p || n >= cap)
        return EINVAL;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i] & 0x7f; /* seven bits; some set the eighth */
        if (!graphic(c))
            return EINVAL;
        out[i] = (char)c;
    }
    out[n] = '\0';
    return 0;
}

int isdn_ie_write_ia5(struct rt_writer *w, const char *text)
{
    for (; *text; text++) {
        if (!graphic((uint8_t)*text))
            return EINVAL;
        rt_write_u8(w, (uint8_t)*text);
    }
    return 0;
}
