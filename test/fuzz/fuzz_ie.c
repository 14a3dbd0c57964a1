/* Information elements from the far end, and messages that are edited. An input is an octet with
 * the length of a message, the message from the protocol discriminator on, and a list of elements
 * to be put into it: codeset, identifier, room to spare beyond what is needed (or short of it),
 * length, contents. Everything is read by every reader; what a reader took and a writer accepts is
 * read and written again the same. What is inserted is found again, and the rest stays as it was.
 */
#include "isdn/ie_bearer.h"
#include "isdn/ie_call.h"
#include "isdn/ie_channel.h"
#include "isdn/ie_text.h"
#include "test/fuzz/fuzz.h"

#include <errno.h>

/* ---- readers and writers ---- */

/** One element read and, when that went well, written; false when either refused. */
typedef bool again_fn(struct isdn_ie_value *out, const struct isdn_ie *ie);

#define AGAIN(name, type, read, write)                                                             \
    static bool name(struct isdn_ie_value *out, const struct isdn_ie *ie)                          \
    {                                                                                              \
        type v;                                                                                    \
        return read(&v, ie) == 0 && write == 0;                                                    \
    }

AGAIN(bearer, struct isdn_ie_bearer, isdn_ie_read_bearer, isdn_ie_write_bearer(out, &v))
AGAIN(cause, struct isdn_ie_cause, isdn_ie_read_cause, isdn_ie_write_cause(out, &v))
AGAIN(state, struct isdn_ie_state, isdn_ie_read_state, isdn_ie_write_state(out, &v))
AGAIN(channel, struct isdn_ie_channel, isdn_ie_read_channel, isdn_ie_write_channel(out, &v))
AGAIN(progress, struct isdn_ie_progress, isdn_ie_read_progress, isdn_ie_write_progress(out, &v))
AGAIN(notification, struct isdn_ie_notification, isdn_ie_read_notification,
      isdn_ie_write_notification(out, &v))
AGAIN(display, struct isdn_ie_display, isdn_ie_read_display, isdn_ie_write_display(out, &v))
AGAIN(number, struct isdn_ie_number, isdn_ie_read_number, isdn_ie_write_number(out, ie->key, &v))
AGAIN(subaddress, struct isdn_ie_subaddress, isdn_ie_read_subaddress,
      isdn_ie_write_subaddress(out, ie->key, &v))
AGAIN(restart, enum isdn_ie_restart, isdn_ie_read_restart, isdn_ie_write_restart(out, v))
AGAIN(user, struct isdn_ie_user, isdn_ie_read_user, isdn_ie_write_user(out, &v))

static bool keypad(struct isdn_ie_value *out, const struct isdn_ie *ie)
{
    char keys[64];

    return isdn_ie_read_keypad(keys, ie) == 0 && isdn_ie_write_keypad(out, keys) == 0;
}

static again_fn *const again[] = {bearer,  cause,  state,      channel, progress, keypad,
                                  display, number, subaddress, restart, user,     notification};

/** The same contents, as the element of another key: each reader sees everything. */
static void read_all(const struct isdn_ie *ie)
{
    struct isdn_ie_value once, twice;

    for (size_t i = 0; i < RT_COUNT(again); i++) {
        if (!again[i](&once, ie))
            continue;
        struct isdn_ie written = {.key = once.key, .len = once.len, .p = once.p};
        fuzz_check(once.key == ie->key && again[i](&twice, &written));
        fuzz_check(once.len == twice.len && memcmp(once.p, twice.p, once.len) == 0);
    }
}

static void read_diagnostic(const struct isdn_ie *ie)
{
    struct isdn_ie_number n;
    struct isdn_ie_cause c;

    if (isdn_ie_read_cause(&c, ie) != 0)
        return;
    if (isdn_ie_cause_number(&n, &c) == 0)
        fuzz_check(strlen(n.digits) < c.len);
}

static const uint8_t keys_read[] = {0x04, 0x08, 0x10, 0x14, 0x18, 0x1e, 0x27, 0x28,
                                    0x29, 0x2c, 0x34, 0x4c, 0x4d, 0x6c, 0x6d, 0x70,
                                    0x71, 0x74, 0x76, 0x78, 0x79, 0x7e};

/** Returns how many elements there are. */
static unsigned walk(const uint8_t *m, size_t len)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie, found;
    struct isdn_ie_progress p[2];
    unsigned n = 0;
    size_t end = 0;

    isdn_ie_begin(&it, m, len);
    for (; isdn_ie_next(&it, &ie); n++) {
        fuzz_check(ie.from >= end && ie.from <= ie.at && ie.at < ie.end && ie.end <= len);
        fuzz_check(ie.p + ie.len == m + ie.end && ie.key < ISDN_IE(8, 0) && ie.locked < 8);
        fuzz_check(isdn_ie_find(&found, m, len, ie.key, 0) && found.at <= ie.at);
        end = ie.end;
        read_all(&ie);
        read_diagnostic(&ie);
        for (size_t i = 0; i < RT_COUNT(keys_read); i++) {
            struct isdn_ie other = ie;
            other.key = keys_read[i];
            read_all(&other);
        }
    }
    isdn_ie_all_progress(p, RT_COUNT(p), m, len);
    return n;
}

/* ---- editing ---- */

static void is_value(const struct isdn_ie *ie, const struct isdn_ie_value *v)
{
    if (v->key & 0x80)
        fuzz_check(ie->nibble == (v->len ? v->p[0] : 0));
    else
        fuzz_check(ie->len == v->len && memcmp(ie->p, v->p, v->len) == 0);
}

/** All but the `nth` element of that key are the same in `m` as in `old`. */
static void others_are_same(const uint8_t *m, size_t len, const uint8_t *old, size_t old_len,
                            uint16_t key, unsigned nth)
{
    struct isdn_ie_iter a, b;
    struct isdn_ie x, y;

    isdn_ie_begin(&a, m, len);
    isdn_ie_begin(&b, old, old_len);
    while (isdn_ie_next(&a, &x)) {
        if (x.key == key && nth-- == 0)
            continue;
        fuzz_check(isdn_ie_next(&b, &y) && x.key == y.key && x.nibble == y.nibble);
        fuzz_check(x.len == y.len && memcmp(x.p, y.p, x.len) == 0);
    }
    fuzz_check(!isdn_ie_next(&b, &y) && a.broken == b.broken);
}

static void edit(struct isdn_body *b, const struct isdn_ie_value *v)
{
    size_t old_len = b->len;
    uint8_t *old = malloc(old_len + 1);
    unsigned before = isdn_ie_count(b->p, b->len, v->key);
    struct isdn_ie ie;

    memcpy(old, b->p, old_len);
    int e = isdn_ie_insert(b, v);
    fuzz_check(b->len <= b->cap);
    if (e) {
        fuzz_check(b->len == old_len && memcmp(b->p, old, old_len) == 0);
        fuzz_check(e == EINVAL || e == ENOSPC);
    } else {
        fuzz_check(isdn_ie_count(b->p, b->len, v->key) == before + 1);
        fuzz_check(isdn_ie_find(&ie, b->p, b->len, v->key, before));
        is_value(&ie, v);
        others_are_same(b->p, b->len, old, old_len, v->key, before);
        fuzz_check(isdn_ie_replace(b, v, before) == 0 && isdn_ie_set(b, v) != EINVAL);
        fuzz_check(isdn_ie_find(&ie, b->p, b->len, v->key, 0) && b->len <= b->cap);
        if (before == 0 && isdn_ie_count(b->p, b->len, ISDN_IE_REPEAT) == 0) {
            fuzz_check(isdn_ie_remove(b, v->key, 0) == 0);
            fuzz_check(b->len == old_len && memcmp(b->p, old, old_len) == 0);
            fuzz_check(isdn_ie_insert(b, v) == 0);
        }
    }
    free(old);
}

/** The message with so much room to spare, in memory that ends there. */
static void with_room(struct isdn_body *b, size_t spare)
{
    uint8_t *p = malloc(b->len + spare + 1);

    if (b->len > 0)
        memcpy(p, b->p, b->len);
    free(b->p);
    *b = (struct isdn_body){p, b->len, b->len + spare};
}

static unsigned remove_everything(struct isdn_body *b)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie;
    unsigned removed = 0;

    for (;;) {
        isdn_ie_begin(&it, b->p, b->len);
        if (!isdn_ie_next(&it, &ie))
            return removed;
        unsigned n = isdn_ie_remove_all(b, ie.key);
        fuzz_check(n > 0);
        removed += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = size > 0 ? data[0] : 0;
    struct isdn_body b = {0};

    if (len + 1 > size)
        return 0;
    b.p = malloc(len + 1);
    memcpy(b.p, data + 1, len);
    b.len = b.cap = len;
    walk(b.p, b.len);
    data += len + 1;
    size -= len + 1;
    while (size >= 4) {
        size_t n = data[3] < size - 4 ? data[3] : size - 4;
        struct isdn_ie_value v = {.key = ISDN_IE(data[0] & 0x0f, data[1]), .len = (uint8_t)n};
        memcpy(v.p, data + 4, n);
        with_room(&b, data[2]);
        edit(&b, &v);
        data += 4 + n;
        size -= 4 + n;
    }
    unsigned n = walk(b.p, b.len);
    fuzz_check(remove_everything(&b) <= n && walk(b.p, b.len) == 0);
    if (isdn_body_retype(&b, 0x75) == 0)
        fuzz_check(b.len >= 3 && b.p[b.len - 1] == 0x75);
    free(b.p);
    return 0;
}
