/* Call state, progress, notification. */
#include "isdn/ie_call.h"

#include "isdn/ie_code.h"

#include <errno.h>

/* ---- call state ---- */

int isdn_ie_read_state(struct isdn_ie_state *out, const struct isdn_ie *ie)
{
    *out = (struct isdn_ie_state){0};
    if (ie->key != ISDN_IE_CALL_STATE || ie->len < 1)
        return EINVAL;
    out->coding = ie->p[0] >> 6;
    out->value = ie->p[0] & 0x3f;
    return 0;
}

int isdn_ie_write_state(struct isdn_ie_value *out, const struct isdn_ie_state *s)
{
    const uint8_t o = (uint8_t)(s->coding << 6 | s->value);

    if (s->coding > 3 || s->value > 0x3f)
        return EINVAL;
    return isdn_ie_raw(out, ISDN_IE_CALL_STATE, &o, 1);
}

/* Names of 2.1 and 2.2; user and network have the same. */
static const struct {
    uint8_t value;
    const char *name;
} states[] = {
    {0, "null"},
    {1, "call initiated"},
    {2, "overlap sending"},
    {3, "outgoing call proceeding"},
    {4, "call delivered"},
    {6, "call present"},
    {7, "call received"},
    {8, "connect request"},
    {9, "incoming call proceeding"},
    {10, "active"},
    {11, "disconnect request"},
    {12, "disconnect indication"},
    {15, "suspend request"},
    {17, "resume request"},
    {19, "release request"},
    {22, "call abort"},
    {25, "overlap receiving"},
    {61, "restart request"},
    {62, "restart"},
};

const char *isdn_ie_state_name(uint8_t value)
{
    for (size_t i = 0; i < RT_COUNT(states); i++)
        if (states[i].value == value)
            return states[i].name;
    return "unknown";
}

/* ---- progress ---- */

int isdn_ie_read_progress(struct isdn_ie_progress *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    uint8_t three = 0;

    *out = (struct isdn_ie_progress){0};
    isdn_ie_read_group(&r, &three, 1);
    uint8_t description = rt_read_u8(&r) & 0x7f;
    if (ie->key != ISDN_IE_PROGRESS || r.failed)
        return EINVAL;
    *out = (struct isdn_ie_progress){three >> 5, three & 0x0f, description};
    return 0;
}

int isdn_ie_write_progress(struct isdn_ie_value *out, const struct isdn_ie_progress *p)
{
    const uint8_t three = (uint8_t)(p->coding << 5 | p->location);
    struct rt_writer w = isdn_ie_writer(out);

    if (p->coding > 3 || p->location > 15)
        return EINVAL;
    isdn_ie_write_group(&w, &three, 1);
    isdn_ie_write_group(&w, &p->description, 1);
    return isdn_ie_written(out, ISDN_IE_PROGRESS, &w);
}

unsigned isdn_ie_all_progress(struct isdn_ie_progress *out, unsigned max, const uint8_t *m,
                              size_t len)
{
    struct isdn_ie_progress one;
    struct isdn_ie_iter it;
    struct isdn_ie ie;
    unsigned n = 0;

    isdn_ie_begin(&it, m, len);
    while (isdn_ie_next(&it, &ie)) {
        if (isdn_ie_read_progress(&one, &ie) != 0)
            continue;
        if (n < max)
            out[n] = one;
        n++;
    }
    return n;
}

/* ---- notification ---- */

int isdn_ie_read_notification(struct isdn_ie_notification *out, const struct isdn_ie *ie)
{
    *out = (struct isdn_ie_notification){0};
    if (ie->key != ISDN_IE_NOTIFICATION || ie->len < 1)
        return EINVAL;
    out->description = ie->p[0] & 0x7f;
    out->extra = ie->p + 1;
    out->extra_len = (uint8_t)(ie->len - 1);
    return 0;
}

/** Bit 8 is clear where something follows. */
int isdn_ie_write_notification(struct isdn_ie_value *out, const struct isdn_ie_notification *n)
{
    struct rt_writer w = isdn_ie_writer(out);

    if (n->description > 0x7f)
        return EINVAL;
    rt_write_u8(&w, n->description | (n->extra_len ? 0 : 0x80));
    if (n->extra_len)
        rt_write_bytes(&w, n->extra, n->extra_len);
    return isdn_ie_written(out, ISDN_IE_NOTIFICATION, &w);
}
