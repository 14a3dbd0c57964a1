/* What is looked at and amended in libpri's frames, on the elements of ie.h. */
#include "isdn/q931.h"

#include "isdn/ie_call.h"

#define I_HEADER         4
#define SAPI             0xfc /* in the first octet */
#define UNKNOWN_PROTOCOL 0x7f

static const struct {
    uint8_t type;
    const char *name;
} names[] = {
    {Q931_T_ALERTING, "ALERTING"},
    {Q931_T_CALL_PROCEEDING, "CALL PROCEEDING"},
    {Q931_T_PROGRESS, "PROGRESS"},
    {Q931_T_SETUP, "SETUP"},
    {Q931_T_CONNECT, "CONNECT"},
    {Q931_T_SETUP_ACK, "SETUP ACKNOWLEDGE"},
    {Q931_T_CONNECT_ACK, "CONNECT ACKNOWLEDGE"},
    {Q931_T_USER_INFORMATION, "USER INFORMATION"},
    {Q931_T_HOLD, "HOLD"},
    {Q931_T_HOLD_ACK, "HOLD ACKNOWLEDGE"},
    {Q931_T_HOLD_REJECT, "HOLD REJECT"},
    {Q931_T_RETRIEVE, "RETRIEVE"},
    {Q931_T_RETRIEVE_ACK, "RETRIEVE ACKNOWLEDGE"},
    {Q931_T_RETRIEVE_REJECT, "RETRIEVE REJECT"},
    {Q931_T_DISCONNECT, "DISCONNECT"},
    {Q931_T_RESTART, "RESTART"},
    {Q931_T_RELEASE, "RELEASE"},
    {Q931_T_RESTART_ACK, "RESTART ACKNOWLEDGE"},
    {Q931_T_RELEASE_COMPLETE, "RELEASE COMPLETE"},
    {Q931_T_FACILITY, "FACILITY"},
    {Q931_T_NOTIFY, "NOTIFY"},
    {Q931_T_STATUS_ENQUIRY, "STATUS ENQUIRY"},
    {Q931_T_CONGESTION_CONTROL, "CONGESTION CONTROL"},
    {Q931_T_INFORMATION, "INFORMATION"},
    {Q931_T_STATUS, "STATUS"},
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
    if (description == ISDN_PI_INBAND || v->progress == 0 ||
        (description == ISDN_PI_NOT_END_TO_END && v->progress != ISDN_PI_INBAND))
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
    out->tei = f[1] >> 1;
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
    size_t h = isdn_lapd_header(f, len);
    bool management = (f[0] & SAPI) != 0 && h != I_HEADER;

    if (h > 0 && h < len && !management)
        f[h] = UNKNOWN_PROTOCOL;
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

size_t q931_set_type(uint8_t *f, size_t len, uint8_t type)
{
    struct isdn_body b;

    if (!isdn_body_in_frame(&b, f, len, len))
        return len;
    isdn_body_retype(&b, type);
    return (size_t)(b.p - f) + b.len;
}
