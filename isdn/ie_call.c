/* Call identity and state, progress, notification, signal. */
#include "isdn/ie_call.h"

#include "isdn/ie_code.h"

#include <errno.h>

struct name {
    uint8_t value;
    const char *name;
};

static const char *name_of(const struct name *names, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++)
        if (names[i].value == value)
            return names[i].name;
    return "unknown";
}

/* ---- call identity, call state ---- */

/** A longer one is cut: 5.8.7.1 leaves that to the network. */
int isdn_ie_read_identity(struct isdn_ie_identity *out, const struct isdn_ie *ie)
{
    *out = (struct isdn_ie_identity){0};
    if (ie->key != ISDN_IE_CALL_IDENTITY)
        return EINVAL;
    out->len = ie->len < sizeof out->octets ? ie->len : (uint8_t)sizeof out->octets;
    memcpy(out->octets, ie->p, out->len);
    return 0;
}

int isdn_ie_write_identity(struct isdn_ie_value *out, const struct isdn_ie_identity *i)
{
    if (i->len > sizeof i->octets)
        return EINVAL;
    return isdn_ie_raw(out, ISDN_IE_CALL_IDENTITY, i->octets, i->len);
}

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
static const struct name states[] = {
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
    return name_of(states, RT_COUNT(states), value);
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

/* Q.931 4.5.22 has the first three; the others are those of the supplementary services: conference
 * (Q.954.1), call waiting (Q.953.1), diversion (EN 300 207-1), transfer (EN 300 369-1), reverse
 * charging (Q.956.3), hold (EN 300 141-1). ANSI networks use the same code points. */
static const struct name notices[] = {
    {0x00, "user suspended"},
    {0x01, "user resumed"},
    {0x02, "bearer service change"},
    {0x03, "extended by an ASN.1 component"},
    {0x04, "call completion delay"},
    {0x40, "extended by an ISO component"},
    {0x42, "conference established"},
    {0x43, "conference disconnected"},
    {0x44, "other party added"},
    {0x45, "isolated"},
    {0x46, "reattached"},
    {0x47, "other party isolated"},
    {0x48, "other party reattached"},
    {0x49, "other party split"},
    {0x4a, "other party disconnected"},
    {0x4b, "conference floating"},
    {0x4c, "conference disconnected, preemption"},
    {0x4f, "conference floating, served user preempted"},
    {0x60, "call is a waiting call"},
    {0x68, "diversion activated"},
    {0x69, "call transfer, alerting"},
    {0x6a, "call transfer, active"},
    {0x6e, "reverse charging, whole call"},
    {0x6f, "reverse charging, rest of the call"},
    {0x74, "service profile update"},
    {0x79, "remote hold"},
    {0x7a, "remote retrieval"},
    {0x7b, "call is diverting"},
};

const char *isdn_ie_notice_name(uint8_t description)
{
    return name_of(notices, RT_COUNT(notices), description);
}

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

/* ---- signal ---- */

int isdn_ie_read_signal(uint8_t *out, const struct isdn_ie *ie)
{
    *out = 0;
    if (ie->key != ISDN_IE_SIGNAL || ie->len < 1)
        return EINVAL;
    *out = ie->p[0];
    return 0;
}

int isdn_ie_write_signal(struct isdn_ie_value *out, uint8_t signal)
{
    return isdn_ie_raw(out, ISDN_IE_SIGNAL, &signal, 1);
}
