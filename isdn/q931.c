/* What is looked at and amended in libpri's frames, on the elements of ie.h. */
#include "isdn/q931.h"

#include "isdn/ie_call.h"

#define I_HEADER         4
#define UNKNOWN_PROTOCOL 0x7f
#define PRIVATE_LOCAL    1 /* location */
#define CAUSE_SIZE       4 /* of a Cause element without diagnostics */

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

static void look_progress(struct q931_view *v, uint8_t description)
{
    if (description == 8 || (description == 1 && v->progress != 8) || v->progress == 0)
        v->progress = description;
}

static void look_ie(struct q931_view *v, const struct isdn_ie *ie)
{
    struct isdn_ie_progress progress;
    struct isdn_ie_cause cause;

    if (ie->key >= ISDN_IE(1, 0))
        return; /* of another codeset */
    v->ies[ie->key >> 3] |= (uint8_t)(1 << (ie->key & 7));
    if (ie->key == ISDN_IE_COMPLETE)
        v->complete = true;
    if (isdn_ie_read_cause(&cause, ie) == 0) {
        v->location = cause.location;
        v->cause = cause.value;
    }
    if (isdn_ie_read_progress(&progress, ie) == 0)
        look_progress(v, progress.description);
}

bool q931_look(struct q931_view *out, const uint8_t *f, size_t len)
{
    size_t h = isdn_lapd_header(f, len);
    struct isdn_ie_iter it;
    struct isdn_head head;
    struct isdn_ie ie;

    memset(out, 0, sizeof *out);
    if (h == 0 || !isdn_head_read(&head, f + h, len - h))
        return false;
    out->reference = head.reference;
    out->reference_len = head.reference_len;
    out->from_origin = head.from_origin;
    out->type = head.type & 0x7f; /* bit 8 is for a future extension (4.4); libpri reads over it */
    isdn_ie_begin(&it, f + h, len - h);
    while (isdn_ie_next(&it, &ie))
        look_ie(out, &ie);
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
    if (len > I_HEADER && (f[2] & 1) == 0)
        f[I_HEADER] = UNKNOWN_PROTOCOL;
}

bool q931_has(const struct q931_view *v, uint8_t ie)
{
    return v->ies[ie >> 3] >> (ie & 7) & 1;
}

bool q931_find(struct isdn_ie *out, const uint8_t *f, size_t len, uint16_t key, unsigned nth)
{
    size_t h = isdn_lapd_header(f, len);

    return h > 0 && isdn_ie_find(out, f + h, len - h, key, nth);
}

void q931_set_cause(uint8_t *f, size_t len, uint8_t cause, uint8_t location)
{
    struct isdn_ie ie;

    if (!q931_find(&ie, f, len, ISDN_IE_CAUSE, 0) || ie.len < 2 || !(ie.p[0] & 0x80))
        return;
    uint8_t *p = f + (ie.p - f);
    p[0] = (uint8_t)((p[0] & 0xf0) | (location & 0x0f));
    p[1] = 0x80 | cause;
}

size_t q931_set_progress(uint8_t *f, size_t len, size_t cap, uint8_t progress)
{
    const struct isdn_ie_progress p = {.location = PRIVATE_LOCAL, .description = progress};
    struct isdn_ie_value v;
    struct isdn_body b;
    struct isdn_ie ie;

    if (!isdn_body_in_frame(&b, f, len, cap) || isdn_ie_write_progress(&v, &p) != 0)
        return len;
    if (!isdn_ie_find(&ie, b.p, b.len, v.key, 0))
        isdn_ie_insert(&b, &v);
    else if (ie.len >= 2)
        b.p[ie.end - ie.len + 1] = v.p[1];
    return (size_t)(b.p - f) + b.len;
}

size_t q931_set_type(uint8_t *f, size_t len, uint8_t type)
{
    struct isdn_body b;

    if (!isdn_body_in_frame(&b, f, len, len))
        return len;
    isdn_body_retype(&b, type);
    return (size_t)(b.p - f) + b.len;
}

size_t q931_make_release(uint8_t *f, size_t len, size_t cap, uint8_t cause, uint8_t location)
{
    const struct isdn_ie_cause c = {.location = location & 0x0f, .value = cause};
    struct isdn_ie_value v;
    struct isdn_ie_iter it;
    struct isdn_body b;

    if (!isdn_body_in_frame(&b, f, len, cap) || isdn_ie_write_cause(&v, &c) != 0)
        return len;
    isdn_ie_begin(&it, b.p, b.len);
    if (it.at + CAUSE_SIZE > b.cap)
        return len;
    isdn_body_retype(&b, Q931_T_RELEASE);
    isdn_ie_insert(&b, &v);
    return (size_t)(b.p - f) + b.len;
}
