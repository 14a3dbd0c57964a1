/* Bearer capability. */
#include "isdn/ie_bearer.h"

#include "isdn/ie_code.h"

#include <errno.h>

/** The layers stand in ascending order, each at most once; what is in none of them ends it. */
static int read_layers(struct isdn_ie_bearer *b, struct rt_reader *r)
{
    unsigned least = 1;

    while (rt_read_left(r) > 0) {
        uint8_t g[1 + sizeof b->layer[0].more];
        size_t n = isdn_ie_read_group(r, g, sizeof g);
        if (r->failed)
            return EINVAL;
        unsigned layer = g[0] >> 5;
        if (layer < least)
            return 0;
        least = layer + 1;
        struct isdn_ie_layer *l = &b->layer[layer - 1];
        b->has[layer - 1] = true;
        l->protocol = g[0] & 0x1f;
        l->more_len = (uint8_t)(n - 1);
        memcpy(l->more, g + 1, n - 1);
    }
    return 0;
}

int isdn_ie_read_bearer(struct isdn_ie_bearer *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    struct isdn_ie_bearer b = {0};
    uint8_t three = 0, four[2] = {0};

    *out = b;
    isdn_ie_read_group(&r, &three, 1);
    size_t n = isdn_ie_read_group(&r, four, sizeof four); /* 4a, 4b of 1988 are read over */
    b.coding = three >> 5;
    b.capability = three & 0x1f;
    b.mode = four[0] >> 5;
    b.rate = four[0] & 0x1f;
    if (b.rate == ISDN_RATE_MULTIRATE && n > 1)
        b.multiplier = four[1]; /* octet 4.1, of which some make 4a */
    else if (b.rate == ISDN_RATE_MULTIRATE)
        isdn_ie_read_group(&r, &b.multiplier, 1);
    if (ie->key != ISDN_IE_BEARER || r.failed || read_layers(&b, &r) != 0)
        return EINVAL;
    *out = b;
    return 0;
}

static void write_layer(struct rt_writer *w, unsigned layer, const struct isdn_ie_layer *l)
{
    uint8_t g[1 + sizeof l->more];

    if (l->protocol > 0x1f || l->more_len > sizeof l->more) {
        w->failed = true;
        return;
    }
    g[0] = (uint8_t)(layer << 5 | l->protocol);
    memcpy(g + 1, l->more, l->more_len);
    isdn_ie_write_group(w, g, 1u + l->more_len);
}

int isdn_ie_write_bearer(struct isdn_ie_value *out, const struct isdn_ie_bearer *b)
{
    const uint8_t three = (uint8_t)(b->coding << 5 | b->capability),
                  four = (uint8_t)(b->mode << 5 | b->rate);
    struct rt_writer w = isdn_ie_writer(out);

    if (b->coding > 3 || b->capability > 0x1f || b->mode > 3 || b->rate > 0x1f)
        return EINVAL;
    isdn_ie_write_group(&w, &three, 1);
    isdn_ie_write_group(&w, &four, 1);
    if (b->rate == ISDN_RATE_MULTIRATE)
        isdn_ie_write_group(&w, &b->multiplier, 1);
    for (unsigned i = 0; i < 3; i++)
        if (b->has[i])
            write_layer(&w, i + 1, &b->layer[i]);
    return isdn_ie_written(out, ISDN_IE_BEARER, &w);
}
