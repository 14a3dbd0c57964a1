/* Messages and their elements changed in place. Nothing is written before it is known to fit. */
#include "isdn/ie.h"

#include <errno.h>

#define DISCRIMINATOR 0x08
#define SHIFT_ONCE    0x98

/* ---- messages ---- */

bool isdn_body_in_frame(struct isdn_body *b, uint8_t *frame, size_t len, size_t cap)
{
    struct isdn_head head;
    size_t h = isdn_lapd_header(frame, len);

    *b = (struct isdn_body){frame + h, len - h, cap > h ? cap - h : 0};
    return h > 0 && len <= cap && isdn_head_read(&head, b->p, b->len);
}

int isdn_body_begin(struct isdn_body *b, const struct isdn_head *h)
{
    static const unsigned limit[] = {1, 0x80, 0x8000};

    if (h->reference_len >= RT_COUNT(limit) || h->reference >= limit[h->reference_len])
        return EINVAL;
    struct rt_writer w = rt_writer(b->p, b->cap);
    rt_write_u8(&w, DISCRIMINATOR);
    rt_write_u8(&w, h->reference_len);
    uint8_t flag = h->from_origin ? 0 : 0x80;
    if (h->reference_len == 2)
        rt_write_u8(&w, (uint8_t)(flag | h->reference >> 8));
    if (h->reference_len > 0)
        rt_write_u8(&w, (uint8_t)(h->reference | (h->reference_len == 1 ? flag : 0)));
    rt_write_u8(&w, h->type);
    if (w.failed)
        return ENOSPC;
    b->len = rt_written(&w);
    return 0;
}

int isdn_body_retype(struct isdn_body *b, uint8_t type)
{
    struct isdn_ie_iter it;

    isdn_ie_begin(&it, b->p, b->len);
    if (it.at == 0)
        return EINVAL;
    b->p[it.at - 1] = type;
    b->len = it.at;
    return 0;
}

/* ---- elements by themselves ---- */

/* Contents by table 4-3/Q.931, whose lengths count identifier and length; where it leaves the limit
 * to the network, what one octet of length allows. */
static const struct limit {
    uint8_t key, min, max;
} limits[] = {
    {ISDN_IE_BEARER, 2, 10},
    {ISDN_IE_CAUSE, 2, 30},
    {ISDN_IE_CALL_IDENTITY, 0, 8},
    {ISDN_IE_CALL_STATE, 1, 1},
    {ISDN_IE_CHANNEL, 1, 255},
    {ISDN_IE_PROGRESS, 2, 2},
    {ISDN_IE_NOTIFICATION, 1, 255},
    {ISDN_IE_DISPLAY, 0, 80},
    {ISDN_IE_DATE_TIME, 3, 6},
    {ISDN_IE_KEYPAD, 0, 32},
    {ISDN_IE_SIGNAL, 1, 1},
    {ISDN_IE_CONNECTED, 1, 255},
    {ISDN_IE_CONNECTED_SUBADDRESS, 0, 21},
    {ISDN_IE_CALLING, 1, 255},
    {ISDN_IE_CALLING_SUBADDRESS, 0, 21},
    {ISDN_IE_CALLED, 1, 255},
    {ISDN_IE_CALLED_SUBADDRESS, 0, 21},
    {ISDN_IE_ORIGINAL_CALLED, 1, 255},
    {ISDN_IE_REDIRECTING, 1, 255},
    {ISDN_IE_REDIRECTION, 1, 255},
    {ISDN_IE_RESTART, 1, 1},
    {ISDN_IE_LOW_LAYER, 0, 16},
    {ISDN_IE_HIGH_LAYER, 0, 3},
    {ISDN_IE_USER_USER, 0, 129},
};

static const struct limit *limit_of(uint16_t key)
{
    for (size_t i = 0; i < RT_COUNT(limits); i++)
        if (limits[i].key == key)
            return &limits[i];
    return NULL;
}

/** One octet: type 2 (1010 xxxx) carries nothing, type 1 four bits; shifts are none. */
static bool single_ok(uint8_t id, const uint8_t *p, size_t len)
{
    if ((id & 0xf0) == 0xa0)
        return len == 0;
    return (id & 0x0f) == 0 && id != 0x90 && len == 1 && p[0] <= 0x0f;
}

static bool value_ok(const struct isdn_ie_value *v)
{
    if (v->key >= ISDN_IE(8, 0))
        return false;
    return !(v->key & 0x80) || single_ok((uint8_t)v->key, v->p, v->len);
}

int isdn_ie_raw(struct isdn_ie_value *out, uint16_t key, const void *p, size_t len)
{
    const struct limit *limit = limit_of(key);

    if (len > sizeof out->p || (limit && (len < limit->min || len > limit->max)))
        return EINVAL;
    out->key = key;
    out->len = (uint8_t)len;
    if (len > 0)
        memmove(out->p, p, len);
    return value_ok(out) ? 0 : EINVAL;
}

struct rt_writer isdn_ie_writer(struct isdn_ie_value *v)
{
    return rt_writer(v->p, sizeof v->p);
}

int isdn_ie_written(struct isdn_ie_value *out, uint16_t key, const struct rt_writer *w)
{
    return w->failed ? EINVAL : isdn_ie_raw(out, key, out->p, rt_written(w));
}

/* ---- elements in a message ---- */

static size_t value_size(const struct isdn_ie_value *v)
{
    return v->key & 0x80 ? 1 : 2u + v->len;
}

static void value_put(uint8_t *p, const struct isdn_ie_value *v)
{
    p[0] = (uint8_t)(v->key & 0xff);
    if (v->key & 0x80) {
        p[0] |= v->len ? v->p[0] : 0;
        return;
    }
    p[1] = v->len;
    memcpy(p + 2, v->p, v->len);
}

/** Makes `size` octets of what are `old` at `at`. ENOSPC. */
static int resize(struct isdn_body *b, size_t at, size_t old, size_t size)
{
    if (size > old && b->len + (size - old) > b->cap)
        return ENOSPC;
    memmove(b->p + at + size, b->p + at + old, b->len - at - old);
    b->len = b->len - old + size;
    return 0;
}

struct place {
    size_t at;
    uint8_t locked;
};

/** Where an element goes that has none of its key before it: see isdn_ie_insert(). */
static struct place find_place(const struct isdn_body *b, size_t first, uint16_t key)
{
    struct place same = {0}, greater = {0}, last = {first, 0};
    struct isdn_ie_iter it;
    struct isdn_ie ie, before = {0};

    isdn_ie_begin(&it, b->p, b->len);
    for (; isdn_ie_next(&it, &ie); before = ie) {
        bool alike = !((ie.key | key) & 0x80) && ie.key >> 8 == key >> 8;
        if (ie.key == key)
            same = (struct place){ie.end, ie.locked};
        else if (!greater.at && alike && ie.key > key && before.key == ISDN_IE_REPEAT)
            greater = (struct place){before.from, before.locked};
        else if (!greater.at && alike && ie.key > key)
            greater = (struct place){ie.from, ie.locked};
        if (ie.locked <= key >> 8)
            last = (struct place){ie.end, ie.locked};
    }
    if (same.at)
        return same;
    if (key & 0x80)
        return (struct place){first, 0};
    return greater.at ? greater : last;
}

int isdn_ie_insert(struct isdn_body *b, const struct isdn_ie_value *v)
{
    struct isdn_ie_iter it;

    isdn_ie_begin(&it, b->p, b->len);
    if (it.at == 0 || !value_ok(v))
        return EINVAL;
    struct place place = find_place(b, it.at, v->key);
    size_t shift = place.locked != v->key >> 8;
    int e = resize(b, place.at, 0, shift + value_size(v));
    if (e)
        return e;
    if (shift)
        b->p[place.at] = (uint8_t)(SHIFT_ONCE | v->key >> 8);
    value_put(b->p + place.at + shift, v);
    return 0;
}

int isdn_ie_replace(struct isdn_body *b, const struct isdn_ie_value *v, unsigned nth)
{
    struct isdn_ie ie;

    if (!value_ok(v))
        return EINVAL;
    if (!isdn_ie_find(&ie, b->p, b->len, v->key, nth))
        return ENOENT;
    int e = resize(b, ie.at, ie.end - ie.at, value_size(v));
    if (e)
        return e;
    value_put(b->p + ie.at, v);
    return 0;
}

int isdn_ie_set(struct isdn_body *b, const struct isdn_ie_value *v)
{
    int e = isdn_ie_replace(b, v, 0);

    return e == ENOENT ? isdn_ie_insert(b, v) : e;
}

int isdn_ie_remove(struct isdn_body *b, uint16_t key, unsigned nth)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie, before = {0}, after;

    isdn_ie_begin(&it, b->p, b->len);
    for (; isdn_ie_next(&it, &ie); before = ie) {
        if (ie.key != key || nth-- > 0)
            continue;
        bool repeats = isdn_ie_next(&it, &after) && after.key == key;
        bool alone = before.key == ISDN_IE_REPEAT && before.end == ie.from && !repeats;
        size_t from = alone ? before.from : ie.from;
        return resize(b, from, ie.end - from, 0);
    }
    return ENOENT;
}

unsigned isdn_ie_remove_all(struct isdn_body *b, uint16_t key)
{
    unsigned n = 0;

    while (isdn_ie_remove(b, key, 0) == 0)
        n++;
    return n;
}
