/* ROSE components by hand: BER with definite lengths, as the D channel has them. */
#include "isdn/rose.h"

#include <errno.h>
#include <string.h>

#define INTEGER  0x02
#define NULL_TAG 0x05
#define OID      0x06
#define SEQUENCE 0x30
#define PROBLEM  0x81 /* of a reject: an invoke's */

/** One value: its tag and contents. False: it does not fit. */
static bool take(struct rt_reader *r, uint8_t *tag, struct rt_reader *contents)
{
    *tag = rt_read_u8(r);
    size_t len = rt_read_u8(r);

    if (len == 0x81)
        len = rt_read_u8(r);
    else if (len > 0x7f)
        return false; /* none is so long, or it is of no definite length */
    if (r->failed || len > rt_read_left(r))
        return false;
    *contents = rt_reader(rt_read_bytes(r, len), len);
    return true;
}

static bool take_int(struct rt_reader *r, int *out)
{
    struct rt_reader value;
    uint8_t tag;

    if (!take(r, &tag, &value) || tag != INTEGER)
        return false;
    size_t n = rt_read_left(&value);
    if (n < 1 || n > 3)
        return false;
    int v = (int8_t)rt_read_u8(&value);
    while (--n > 0)
        v = v * 256 + rt_read_u8(&value);
    *out = v;
    return true;
}

static bool take_invoke(struct isdn_rose *out, struct rt_reader *r)
{
    out->invoke = -1;
    if (out->kind == ISDN_ROSE_REJECT && rt_read_left(r) > 1 && r->p[0] == NULL_TAG)
        rt_read_bytes(r, 2);
    else if (!take_int(r, &out->invoke))
        return false;
    out->len = rt_read_left(r);
    out->p = r->p;
    return true;
}

int isdn_rose_read(struct isdn_rose *out, const struct isdn_ie *facility)
{
    struct rt_reader r = rt_reader(facility->p, facility->len), contents;
    uint8_t tag;

    memset(out, 0, sizeof *out);
    out->profile = rt_read_u8(&r);
    while (rt_read_left(&r) > 0 && take(&r, &tag, &contents)) {
        if (tag < ISDN_ROSE_INVOKE || tag > ISDN_ROSE_REJECT)
            continue; /* network facility extension, interpretation */
        out->kind = (enum isdn_rose_kind)tag;
        return take_invoke(out, &contents) ? 0 : EINVAL;
    }
    return EINVAL;
}

int isdn_rose_initiate_transfer(const struct isdn_rose *r, unsigned *reference)
{
    static const uint8_t operation[] = {0x2a, 0x86, 0x48, 0xce, 0x15, 0x00, 0x08};
    struct rt_reader in = rt_reader(r->p, r->len), value;
    uint8_t tag;
    int number;

    if (r->kind != ISDN_ROSE_INVOKE || !take(&in, &tag, &value) || tag != OID ||
        rt_read_left(&value) != sizeof operation ||
        memcmp(value.p, operation, sizeof operation) != 0)
        return EINVAL;
    if (!take(&in, &tag, &value) || tag != SEQUENCE || !take_int(&value, &number))
        return EPROTO;
    *reference = (unsigned)number & 0xffff;
    return 0;
}

static int answer(struct isdn_ie_value *out, const struct isdn_rose *r, enum isdn_rose_kind kind,
                  enum isdn_rose_problem problem)
{
    uint8_t p[] = {
        r->profile,         (uint8_t)kind, 5, INTEGER,         2, (uint8_t)(r->invoke >> 8),
        (uint8_t)r->invoke, PROBLEM,       1, (uint8_t)problem};
    bool wide = r->invoke < -128 || r->invoke > 127;
    size_t len = kind == ISDN_ROSE_REJECT ? sizeof p : sizeof p - 3;

    p[2] = (uint8_t)(len - 3);
    if (!wide) { /* the shortest form is the only one (X.690 8.3.2) */
        p[2]--;
        p[4] = 1;
        memmove(p + 5, p + 6, sizeof p - 6);
        len--;
    }
    return isdn_ie_raw(out, ISDN_IE_FACILITY, p, len);
}

int isdn_rose_result(struct isdn_ie_value *out, const struct isdn_rose *r)
{
    return answer(out, r, ISDN_ROSE_RESULT, 0);
}

int isdn_rose_reject(struct isdn_ie_value *out, const struct isdn_rose *r,
                     enum isdn_rose_problem problem)
{
    return answer(out, r, ISDN_ROSE_REJECT, problem);
}
