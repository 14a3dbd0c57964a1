/* Q.931 4.1 to 4.5 on octets. */
#include "isdn/q931.h"

#include <string.h>

#define LAPD_HEADER      4 /* I frames: address 2, control 2 (Q.921 2.1, modulo 128) */
#define UI_HEADER        3
#define DISCRIMINATOR    0x08
#define UNKNOWN_PROTOCOL 0x7f
#define IE_CAUSE         0x08
#define IE_PROGRESS      0x1e
#define SENDING_COMPLETE 0xa1

static const struct {
    uint8_t type;
    const char *name;
} names[] = {
    {0x01, "ALERTING"},
    {0x02, "CALL PROCEEDING"},
    {0x03, "PROGRESS"},
    {0x05, "SETUP"},
    {0x07, "CONNECT"},
    {0x0d, "SETUP ACKNOWLEDGE"},
    {0x0f, "CONNECT ACKNOWLEDGE"},
    {0x20, "USER INFORMATION"},
    {0x24, "HOLD"},
    {0x28, "HOLD ACKNOWLEDGE"},
    {0x30, "HOLD REJECT"},
    {0x31, "RETRIEVE"},
    {0x33, "RETRIEVE ACKNOWLEDGE"},
    {0x37, "RETRIEVE REJECT"},
    {0x45, "DISCONNECT"},
    {0x46, "RESTART"},
    {0x4d, "RELEASE"},
    {0x4e, "RESTART ACKNOWLEDGE"},
    {0x5a, "RELEASE COMPLETE"},
    {0x62, "FACILITY"},
    {0x6e, "NOTIFY"},
    {0x75, "STATUS ENQUIRY"},
    {0x79, "CONGESTION CONTROL"},
    {0x7b, "INFORMATION"},
    {0x7d, "STATUS"},
};

const char *q931_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return "UNKNOWN";
}

/** Octets of LAPD before the message, 0 when the frame carries none. */
static size_t lapd_header(const uint8_t *f, size_t len)
{
    if (len < UI_HEADER)
        return 0;
    if ((f[2] & 1) == 0)
        return len > LAPD_HEADER ? LAPD_HEADER : 0;
    return (f[2] & 0xef) == 0x03 ? UI_HEADER : 0;
}

/** The octet after the element at `i`, or 0 when it does not fit. */
static size_t next_ie(const uint8_t *f, size_t len, size_t i)
{
    if (f[i] & 0x80)
        return i + 1; /* single octet (4.5.1) */
    if (i + 2 > len || i + 2 + f[i + 1] > len)
        return 0;
    return i + 2 + f[i + 1];
}

/** Where the elements begin: after discriminator, call reference and type. 0: no message. */
static size_t first_ie(const uint8_t *f, size_t len)
{
    size_t h = lapd_header(f, len);

    if (h == 0 || h + 3 > len || f[h] != DISCRIMINATOR)
        return 0;
    size_t i = h + 2 + (f[h + 1] & 0x0f);
    return i < len ? i + 1 : 0;
}

static void look_progress(struct q931_view *v, uint8_t description)
{
    if (description == 8 || (description == 1 && v->progress != 8) || v->progress == 0)
        v->progress = description;
}

static void look_ie(struct q931_view *v, const uint8_t *ie)
{
    v->ies[ie[0] >> 3] |= (uint8_t)(1 << (ie[0] & 7));
    if (ie[0] == SENDING_COMPLETE)
        v->complete = true;
    if (ie[0] & 0x80)
        return;
    const uint8_t *p = ie + 2, *end = p + ie[1];
    if (ie[0] == IE_CAUSE && end - p >= 2) {
        v->location = p[0] & 0x0f;
        p += p[0] & 0x80 ? 1 : 2; /* octet 3a: recommendation */
        v->cause = p < end ? *p & 0x7f : 0;
    }
    if (ie[0] == IE_PROGRESS && end - p >= 2)
        look_progress(v, p[1] & 0x7f);
}

bool q931_look(struct q931_view *out, const uint8_t *f, size_t len)
{
    size_t i = first_ie(f, len), next;

    memset(out, 0, sizeof *out);
    if (i == 0)
        return false;
    size_t h = lapd_header(f, len);
    unsigned n = f[h + 1] & 0x0f;
    for (unsigned k = 0; k < n; k++)
        out->reference = out->reference << 8 | (k == 0 ? f[h + 2] & 0x7f : f[h + 2 + k]);
    out->reference_len = (uint8_t)n;
    out->from_origin = n > 0 && !(f[h + 2] & 0x80);
    out->type = f[i - 1] & 0x7f; /* bit 8 is for a future extension (4.4); libpri reads over it */
    for (; i < len && (next = next_ie(f, len, i)) != 0; i = next)
        look_ie(out, f + i);
    return true;
}

bool q931_reference_ok(const struct q931_view *v)
{
    if (v->reference_len != 1 && v->reference_len != 2)
        return false;
    return (v->reference == 0) == (v->type == Q931_T_RESTART || v->type == Q931_T_RESTART_ACK);
}

void q931_hide(uint8_t *f, size_t len)
{
    if (len > LAPD_HEADER && (f[2] & 1) == 0)
        f[LAPD_HEADER] = UNKNOWN_PROTOCOL;
}

bool q931_has(const struct q931_view *v, uint8_t ie)
{
    return v->ies[ie >> 3] >> (ie & 7) & 1;
}

/** The element's place, or where it would have to be inserted (`*found` false). 0: no message. */
static size_t find_ie(const uint8_t *f, size_t len, uint8_t ie, bool *found)
{
    size_t i = first_ie(f, len), next;

    *found = false;
    if (i == 0)
        return 0;
    for (; i < len && (next = next_ie(f, len, i)) != 0; i = next) {
        *found = f[i] == ie;
        if (*found || (!(f[i] & 0x80) && f[i] > ie))
            return i;
    }
    return i;
}

void q931_set_cause(uint8_t *f, size_t len, uint8_t cause, uint8_t location)
{
    bool found;
    size_t i = find_ie(f, len, IE_CAUSE, &found);

    if (!found || f[i + 1] < 2 || !(f[i + 2] & 0x80))
        return;
    f[i + 2] = (uint8_t)((f[i + 2] & 0xf0) | (location & 0x0f));
    f[i + 3] = 0x80 | cause;
}

size_t q931_set_progress(uint8_t *f, size_t len, size_t cap, uint8_t progress)
{
    /* CCITT coding, location private network serving the local user */
    const uint8_t ie[4] = {IE_PROGRESS, 2, 0x81, (uint8_t)(0x80 | progress)};
    bool found;
    size_t i = find_ie(f, len, IE_PROGRESS, &found);

    if (i == 0)
        return len;
    if (found) {
        if (f[i + 1] >= 2)
            f[i + 3] = ie[3];
        return len;
    }
    if (len + sizeof ie > cap)
        return len;
    memmove(f + i + sizeof ie, f + i, len - i);
    memcpy(f + i, ie, sizeof ie);
    return len + sizeof ie;
}

size_t q931_make_release(uint8_t *f, size_t len, size_t cap, uint8_t cause, uint8_t location)
{
    const uint8_t ie[4] = {IE_CAUSE, 2, 0x80 | (location & 0x0f), 0x80 | cause};
    size_t i = first_ie(f, len);

    if (i == 0 || i + sizeof ie > cap)
        return len;
    f[i - 1] = Q931_T_RELEASE;
    memcpy(f + i, ie, sizeof ie);
    return i + sizeof ie;
}
