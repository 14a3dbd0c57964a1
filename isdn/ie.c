/* Q.931 4.1 to 4.5.4 on octets: where the elements of a message are. */
#include "isdn/ie.h"

#define I_HEADER      4 /* address 2, control 2 (Q.921 2.1, modulo 128) */
#define UI_HEADER     3
#define DISCRIMINATOR 0x08
#define NO_SHIFT      8
#define SHIFT         0x90
#define NON_LOCKING   0x08
#define CODESET       0x07

size_t isdn_lapd_header(const uint8_t *f, size_t len)
{
    if (len < UI_HEADER)
        return 0;
    if ((f[2] & 1) == 0)
        return len > I_HEADER ? I_HEADER : 0;
    return (f[2] & 0xef) == 0x03 ? UI_HEADER : 0;
}

/** Where the elements begin: after discriminator, call reference and type. 0: no message. */
static size_t first_element(const uint8_t *m, size_t len)
{
    if (len < 3 || m[0] != DISCRIMINATOR)
        return 0;
    size_t type = 2 + (m[1] & 0x0fu);
    return type < len ? type + 1 : 0;
}

bool isdn_head_read(struct isdn_head *out, const uint8_t *m, size_t len)
{
    size_t first = first_element(m, len);

    *out = (struct isdn_head){0};
    if (first == 0)
        return false;
    out->reference_len = m[1] & 0x0f;
    out->type = m[first - 1];
    for (unsigned k = 0; k < out->reference_len; k++)
        out->reference = out->reference << 8 | (k == 0 ? m[2] & 0x7f : m[2 + k]);
    out->from_origin = out->reference_len > 0 && !(m[2] & 0x80);
    return true;
}

/* ---- the walk ---- */

void isdn_ie_begin_bare(struct isdn_ie_iter *it, const uint8_t *p, size_t len)
{
    *it = (struct isdn_ie_iter){.p = p, .len = len, .once = NO_SHIFT};
}

void isdn_ie_begin(struct isdn_ie_iter *it, const uint8_t *m, size_t len)
{
    size_t first = first_element(m, len);

    isdn_ie_begin_bare(it, m, first ? len : 0);
    it->at = it->from = first;
}

/** True: the octet was a shift, and is done with. */
static bool take_shift(struct isdn_ie_iter *it)
{
    uint8_t o = it->p[it->at], codeset = o & CODESET;

    if ((o & 0xf0) != SHIFT)
        return false;
    it->at++;
    if (o & NON_LOCKING) {
        it->once = codeset;
        return true;
    }
    if (codeset > it->locked)
        it->locked = codeset;
    it->once = NO_SHIFT;
    it->from = it->at;
    return true;
}

/** Identifier, contents and end of the element at `at`; false when it does not fit. */
static bool measure(struct isdn_ie *ie, const uint8_t *p, size_t len, size_t at)
{
    uint8_t id = p[at];

    ie->at = at;
    ie->p = p + at + 1;
    if (id & 0x80) {
        bool type2 = (id & 0xf0) == 0xa0;
        ie->key = type2 ? id : id & 0xf0;
        ie->nibble = type2 ? 0 : id & 0x0f;
        ie->end = at + 1;
        return true;
    }
    if (len - at < 2 || len - at - 2 < p[at + 1])
        return false;
    ie->key = id;
    ie->len = p[at + 1];
    ie->p++;
    ie->end = at + 2 + ie->len;
    return true;
}

bool isdn_ie_next(struct isdn_ie_iter *it, struct isdn_ie *out)
{
    while (it->at < it->len && take_shift(it))
        ;
    *out = (struct isdn_ie){.from = it->from, .locked = it->locked};
    if (it->at >= it->len || it->broken)
        return false;
    if (!measure(out, it->p, it->len, it->at)) {
        it->broken = true;
        return false;
    }
    out->key |= ISDN_IE(it->once != NO_SHIFT ? it->once : it->locked, 0);
    it->at = it->from = out->end;
    it->once = NO_SHIFT;
    return true;
}

bool isdn_ie_find(struct isdn_ie *out, const uint8_t *m, size_t len, uint16_t key, unsigned nth)
{
    struct isdn_ie_iter it;

    isdn_ie_begin(&it, m, len);
    while (isdn_ie_next(&it, out))
        if (out->key == key && nth-- == 0)
            return true;
    return false;
}

unsigned isdn_ie_count(const uint8_t *m, size_t len, uint16_t key)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie;
    unsigned n = 0;

    isdn_ie_begin(&it, m, len);
    while (isdn_ie_next(&it, &ie))
        n += ie.key == key;
    return n;
}
