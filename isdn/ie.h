/* The information elements of a Q.931 message: walked, found, inserted, replaced, removed, and a
 * message begun from nothing. Pure; what an element says is in ie_call.h, ie_party.h, ie_bearer.h
 * and ie_channel.h.
 *
 * A message is its octets from the protocol discriminator on. Elements are known by a key: their
 * codeset and identifier, so that shifts (4.5.3, 4.5.4) are nobody else's business. What does not
 * fit its message ends the walk and is left alone: it stays behind everything that is inserted.
 */
#ifndef ISDN_IE_H
#define ISDN_IE_H

#include "gw/rt/buf.h"

/** The key of an element; in codeset 0 it is the identifier itself. */
#define ISDN_IE(codeset, id) ((uint16_t)((codeset) << 8 | (id)))

enum isdn_ie_key {
    ISDN_IE_BEARER = 0x04,
    ISDN_IE_CAUSE = 0x08,
    ISDN_IE_CALL_IDENTITY = 0x10,
    ISDN_IE_CALL_STATE = 0x14,
    ISDN_IE_CHANNEL = 0x18,
    ISDN_IE_FACILITY = 0x1c,
    ISDN_IE_PROGRESS = 0x1e,
    ISDN_IE_NETWORK_FACILITIES = 0x20,
    ISDN_IE_NOTIFICATION = 0x27,
    ISDN_IE_DISPLAY = 0x28,
    ISDN_IE_DATE_TIME = 0x29,
    ISDN_IE_KEYPAD = 0x2c,
    ISDN_IE_SIGNAL = 0x34,
    ISDN_IE_CONNECTED = 0x4c,
    ISDN_IE_CONNECTED_SUBADDRESS = 0x4d,
    ISDN_IE_CALLING = 0x6c,
    ISDN_IE_CALLING_SUBADDRESS = 0x6d,
    ISDN_IE_CALLED = 0x70,
    ISDN_IE_CALLED_SUBADDRESS = 0x71,
    ISDN_IE_ORIGINAL_CALLED = 0x73, /**< of North American networks; as a redirecting number */
    ISDN_IE_REDIRECTING = 0x74,
    ISDN_IE_REDIRECTION = 0x76,
    ISDN_IE_TRANSIT_NETWORK = 0x78,
    ISDN_IE_RESTART = 0x79,
    ISDN_IE_LOW_LAYER = 0x7c,
    ISDN_IE_HIGH_LAYER = 0x7d,
    ISDN_IE_USER_USER = 0x7e,
    /* of one octet; those of type 1 carry four bits of their own in it */
    ISDN_IE_MORE_DATA = 0xa0,
    ISDN_IE_COMPLETE = 0xa1,
    ISDN_IE_CONGESTION = 0xb0,
    ISDN_IE_REPEAT = 0xd0
};

/* ---- reading ---- */

/** An element in its message. Borrows from it. */
struct isdn_ie {
    uint16_t key;
    uint8_t len;      /**< octets of contents */
    uint8_t nibble;   /**< what an element of type 1 carries */
    uint8_t locked;   /**< the codeset that a locking shift had set there */
    const uint8_t *p; /**< contents; never NULL */
    size_t from;      /**< offset in the message, a non-locking shift for it included */
    size_t at, end;   /**< offsets of its identifier and of what follows it */
};

struct isdn_ie_iter {
    const uint8_t *p;
    size_t len, at, from;
    uint8_t locked;
    uint8_t once; /**< codeset of the next element alone; 8: none */
    bool broken;  /**< the walk ended at an element that does not fit */
};

/** Begins a walk over a message; over nothing when it is none. */
void isdn_ie_begin(struct isdn_ie_iter *it, const uint8_t *message, size_t len);
/** Begins a walk over bare elements, as in a diagnostic. */
void isdn_ie_begin_bare(struct isdn_ie_iter *it, const uint8_t *elements, size_t len);
/** The next element; shifts are taken on the way. A locking shift that leads to no higher codeset
 * is none (4.5.3). */
bool isdn_ie_next(struct isdn_ie_iter *it, struct isdn_ie *out);
/** Finds the `nth` (from 0) element of that key. */
bool isdn_ie_find(struct isdn_ie *out, const uint8_t *message, size_t len, uint16_t key,
                  unsigned nth);
unsigned isdn_ie_count(const uint8_t *message, size_t len, uint16_t key);

/* ---- messages ---- */

/** What stands before the elements. */
struct isdn_head {
    uint8_t type;          /**< with bit 8 (4.4), which is spare */
    uint8_t reference_len; /**< 0: dummy call reference */
    unsigned reference;    /**< without its flag */
    bool from_origin;      /**< sent by the side that made the reference */
};

/** False: no Q.931 message. */
bool isdn_head_read(struct isdn_head *out, const uint8_t *message, size_t len);
/** Octets of LAPD before the message, 0 when the frame carries none. */
size_t isdn_lapd_header(const uint8_t *frame, size_t len);

/** A message that is changed: the owner's octets, `len` of `cap` in use. */
struct isdn_body {
    uint8_t *p;
    size_t len, cap;
};

/** The message in a LAPD frame; false: there is none. Afterwards the frame's length is `b->p -
 * frame + b->len`. */
bool isdn_body_in_frame(struct isdn_body *b, uint8_t *frame, size_t len, size_t cap);
/** Begins a message without elements in `b->p`. EINVAL: a reference that its length does not hold,
 * or a length above 2; ENOSPC. */
int isdn_body_begin(struct isdn_body *b, const struct isdn_head *head);
/** Makes it a message of another type without elements. EINVAL: it is none. */
int isdn_body_retype(struct isdn_body *b, uint8_t type);

/* ---- changing ---- */

/** An element by itself, ready to be put into a message. */
struct isdn_ie_value {
    uint16_t key;
    uint8_t len;    /**< of `p`; of one octet: 1 (its four bits) for type 1, else 0 */
    uint8_t p[255]; /**< contents */
};

/** Any contents for any element. EINVAL: no element has that key, or that one has no such length
 * (table 4-3). */
int isdn_ie_raw(struct isdn_ie_value *out, uint16_t key, const void *p, size_t len);
/** The same from what a writer over `out->p` has written. EINVAL also when it failed. */
int isdn_ie_written(struct isdn_ie_value *out, uint16_t key, const struct rt_writer *w);
/** A writer over the contents. */
struct rt_writer isdn_ie_writer(struct isdn_ie_value *v);

/** Puts an element behind the last of its key, else in ascending order in its codeset (4.5.1), else
 * at the codeset's end; elements of one octet come first. A non-locking shift goes before it where
 * one is needed. The message is unchanged on EINVAL (no message, no such element) and ENOSPC. */
int isdn_ie_insert(struct isdn_body *b, const struct isdn_ie_value *v);
/** Puts it in the place of the `nth` of its key. ENOENT, and as insert. */
int isdn_ie_replace(struct isdn_body *b, const struct isdn_ie_value *v, unsigned nth);
/** Puts it in the place of the first of its key, or inserts it. */
int isdn_ie_set(struct isdn_body *b, const struct isdn_ie_value *v);
/** Removes the `nth` with its shift, and with its Repeat indicator when no other follows. ENOENT.
 */
int isdn_ie_remove(struct isdn_body *b, uint16_t key, unsigned nth);
/** Removes all of that key; returns how many there were. */
unsigned isdn_ie_remove_all(struct isdn_body *b, uint16_t key);

#endif
