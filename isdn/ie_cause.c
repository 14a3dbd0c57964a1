/* Causes, and the diagnostic of one. */
#include "isdn/ie_call.h"

#include "isdn/ie_code.h"

#include <errno.h>

int isdn_ie_read_cause(struct isdn_ie_cause *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    uint8_t g[2] = {0};
    size_t n = isdn_ie_read_group(&r, g, sizeof g);
    uint8_t value = rt_read_u8(&r) & 0x7f;

    *out = (struct isdn_ie_cause){0};
    if (ie->key != ISDN_IE_CAUSE || r.failed)
        return EINVAL;
    out->coding = g[0] >> 5;
    out->location = g[0] & 0x0f;
    out->recommended = n > 1;
    out->recommendation = g[1];
    out->value = value;
    size_t left = rt_read_left(&r);
    out->len = (uint8_t)(left < sizeof out->diagnostic ? left : sizeof out->diagnostic);
    memcpy(out->diagnostic, rt_read_bytes(&r, out->len), out->len);
    return 0;
}

int isdn_ie_write_cause(struct isdn_ie_value *out, const struct isdn_ie_cause *c)
{
    const uint8_t g[2] = {(uint8_t)(c->coding << 5 | c->location), c->recommendation};
    struct rt_writer w = isdn_ie_writer(out);

    if (c->coding > 3 || c->location > 15 || c->len > sizeof c->diagnostic)
        return EINVAL;
    isdn_ie_write_group(&w, g, c->recommended ? 2 : 1);
    isdn_ie_write_group(&w, &c->value, 1);
    rt_write_bytes(&w, c->diagnostic, c->len);
    return isdn_ie_written(out, ISDN_IE_CAUSE, &w);
}

/* ---- diagnostics ---- */

#define NUMBER_CHANGED 22

/** It stands there as an element with its identifier (Q.850 table 2.1, note 7). */
int isdn_ie_cause_number(struct isdn_ie_number *out, const struct isdn_ie_cause *c)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    *out = (struct isdn_ie_number){0};
    if (c->value != NUMBER_CHANGED)
        return ENOENT;
    isdn_ie_begin_bare(&it, c->diagnostic, c->len);
    while (isdn_ie_next(&it, &ie))
        if (ie.key == ISDN_IE_CALLED)
            return isdn_ie_read_number(out, &ie) ? ENOENT : 0;
    return ENOENT;
}

int isdn_ie_cause_set_number(struct isdn_ie_cause *c, const struct isdn_ie_number *n)
{
    struct isdn_ie_value v;
    int e = isdn_ie_write_number(&v, ISDN_IE_CALLED, n);

    if (e || 2u + v.len > sizeof c->diagnostic)
        return EINVAL;
    c->value = NUMBER_CHANGED;
    c->len = (uint8_t)(2 + v.len);
    c->diagnostic[0] = ISDN_IE_CALLED;
    c->diagnostic[1] = v.len;
    memcpy(c->diagnostic + 2, v.p, v.len);
    return 0;
}
