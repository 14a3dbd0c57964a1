/* What tests of information elements share: octets written as text, and a message to edit. */
#ifndef TEST_UNIT_IE_RIG_H
#define TEST_UNIT_IE_RIG_H

#include "isdn/ie.h"

#include <check.h>
#include <stdio.h>

#define CALL(type) 0x08, 0x02, 0x00, 0x01, type
#define HEAD       5 /* octets of CALL */

/** Octets from "05 a1 70", into `out`. */
static inline size_t unhex(uint8_t *out, const char *text)
{
    size_t n = 0;
    int used;

    for (unsigned v; sscanf(text, "%2x%n", &v, &used) == 1; text += used)
        out[n++] = (uint8_t)v;
    return n;
}

/** The first element of bare elements; it borrows from a buffer that the next call reuses. */
static inline struct isdn_ie first(const char *text)
{
    static uint8_t octets[300];
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin_bare(&it, octets, unhex(octets, text));
    ck_assert_msg(isdn_ie_next(&it, &ie), "%s", text);
    return ie;
}

/** What was written is this element. */
static inline void same(const struct isdn_ie_value *v, const char *text)
{
    uint8_t want[300];
    size_t n = unhex(want, text);

    ck_assert_uint_eq(v->key, want[0]);
    ck_assert_uint_eq(v->len, want[1]);
    ck_assert_uint_eq(v->len + 2u, n);
    ck_assert_mem_eq(v->p, want + 2, v->len);
}

struct edit {
    uint8_t octets[300];
    struct isdn_body b;
};

/** A SETUP with those elements, in a buffer with `room` octets to spare. */
static inline void begin(struct edit *e, const char *elements, size_t room)
{
    const struct isdn_head h = {
        .type = 0x05, .reference_len = 2, .reference = 1, .from_origin = true};

    e->b = (struct isdn_body){e->octets, 0, sizeof e->octets};
    ck_assert_int_eq(isdn_body_begin(&e->b, &h), 0);
    e->b.len += unhex(e->octets + e->b.len, elements);
    e->b.cap = e->b.len + room;
}

static inline void elements_are(const struct edit *e, const char *text)
{
    uint8_t want[300];
    size_t n = unhex(want, text);

    ck_assert_uint_eq(e->b.len, HEAD + n);
    ck_assert_mem_eq(e->octets + HEAD, want, n);
}

#endif
