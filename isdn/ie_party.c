/* Numbers, subaddresses. */
#include "isdn/ie_party.h"

#include "isdn/ie_code.h"

#include <errno.h>

/* Octets of the first group: 3, 3a, 3b. */
static const struct {
    uint8_t key, octets;
} numbers[] = {
    {ISDN_IE_CALLED, 1},          {ISDN_IE_CALLING, 2},     {ISDN_IE_CONNECTED, 2},
    {ISDN_IE_ORIGINAL_CALLED, 3}, {ISDN_IE_REDIRECTING, 3}, {ISDN_IE_REDIRECTION, 2},
};

/** 0: no number. */
static unsigned octets_of(uint16_t key)
{
    for (size_t i = 0; i < RT_COUNT(numbers); i++)
        if (numbers[i].key == key)
            return numbers[i].octets;
    return 0;
}

int isdn_ie_read_number(struct isdn_ie_number *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    uint8_t g[3] = {0};
    unsigned most = octets_of(ie->key);
    size_t n = isdn_ie_read_group(&r, g, most);

    *out = (struct isdn_ie_number){0};
    if (most == 0 || r.failed)
        return EINVAL;
    struct isdn_ie_number v = {.ton = g[0] >> 4,
                               .npi = g[0] & 0x0f,
                               .screened = n > 1,
                               .presentation = g[1] >> 5 & 3,
                               .screening = g[1] & 3,
                               .reasoned = n > 2,
                               .reason = g[2] & 0x0f};
    if (isdn_ie_read_ia5(&r, v.digits, sizeof v.digits) != 0)
        return EINVAL;
    *out = v;
    return 0;
}

int isdn_ie_write_number(struct isdn_ie_value *out, uint16_t key, const struct isdn_ie_number *n)
{
    const uint8_t g[3] = {(uint8_t)(n->ton << 4 | n->npi),
                          (uint8_t)(n->presentation << 5 | n->screening), n->reason};
    unsigned octets = n->reasoned ? 3 : n->screened ? 2 : 1;
    struct rt_writer w = isdn_ie_writer(out);

    if (octets > octets_of(key) || (n->reasoned && !n->screened))
        return EINVAL;
    if (n->ton > 7 || n->npi > 15 || n->presentation > 3 || n->screening > 3 || n->reason > 15)
        return EINVAL;
    isdn_ie_write_group(&w, g, octets);
    int e = isdn_ie_write_ia5(&w, n->digits);
    return e ? e : isdn_ie_written(out, key, &w);
}

/* ---- subaddresses ---- */

static bool is_subaddress(uint16_t key)
{
    return key == ISDN_IE_CALLED_SUBADDRESS || key == ISDN_IE_CALLING_SUBADDRESS ||
           key == ISDN_IE_CONNECTED_SUBADDRESS;
}

int isdn_ie_read_subaddress(struct isdn_ie_subaddress *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    uint8_t g = 0;

    *out = (struct isdn_ie_subaddress){0};
    isdn_ie_read_group(&r, &g, 1);
    size_t n = rt_read_left(&r);
    if (!is_subaddress(ie->key) || r.failed || n > sizeof out->octets)
        return EINVAL;
    out->type = g >> 4;
    out->odd = g >> 3 & 1;
    out->len = (uint8_t)n;
    memcpy(out->octets, rt_read_bytes(&r, n), n);
    return 0;
}

int isdn_ie_write_subaddress(struct isdn_ie_value *out, uint16_t key,
                             const struct isdn_ie_subaddress *s)
{
    const uint8_t g = (uint8_t)(s->type << 4 | (s->odd ? 8 : 0));
    struct rt_writer w = isdn_ie_writer(out);

    if (!is_subaddress(key) || s->type > 7 || s->len > sizeof s->octets)
        return EINVAL;
    isdn_ie_write_group(&w, &g, 1);
    rt_write_bytes(&w, s->octets, s->len);
    return isdn_ie_written(out, key, &w);
}
