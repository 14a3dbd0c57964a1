/* Channels and their restart. */
#include "isdn/ie_channel.h"

#include "isdn/ie_code.h"

#include <errno.h>

/* octet 3 */
#define INTERFACE_SAID 0x40
#define PRIMARY        0x20
#define EXCLUSIVE      0x08
#define D_CHANNEL      0x04
/* octet 3.2 */
#define SLOT_MAP 0x10

#define T1_MAP 3
#define E1_MAP 4

/** The most significant bit of a map is its highest channel: 31 to 0 in four octets, 24 to 1 in
 * three (figure 4-20). */
static int read_map(struct isdn_ie_channel *c, struct rt_reader *r)
{
    size_t n = rt_read_left(r);
    uint32_t bits = 0;

    if (n != T1_MAP && n != E1_MAP)
        return EINVAL;
    c->map_len = (uint8_t)n;
    for (size_t i = 0; i < n; i++)
        bits = bits << 8 | rt_read_u8(r);
    c->slots = n == T1_MAP ? bits << 1 : bits;
    return 0;
}

/** One number has bit 8 set; of several the last one has, and some set it in all. */
static int read_numbers(struct isdn_ie_channel *c, struct rt_reader *r)
{
    if (rt_read_left(r) == 0)
        return EINVAL;
    while (rt_read_left(r) > 0) {
        uint8_t number = rt_read_u8(r) & 0x7f;
        if (number > 31)
            return EINVAL;
        c->slots |= 1u << number;
    }
    return 0;
}

static int read_slots(struct isdn_ie_channel *c, struct rt_reader *r)
{
    uint8_t g = 0;

    if (rt_read_left(r) == 0)
        return 0;
    isdn_ie_read_group(r, &g, 1);
    c->coding = g >> 5;
    c->units = g & 0x0f;
    if (r->failed)
        return EINVAL;
    return g & SLOT_MAP ? read_map(c, r) : read_numbers(c, r);
}

int isdn_ie_read_channel(struct isdn_ie_channel *out, const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);
    struct isdn_ie_channel c = {0};
    uint8_t g = 0;

    *out = c;
    isdn_ie_read_group(&r, &g, 1);
    c.primary = g & PRIMARY;
    c.exclusive = g & EXCLUSIVE;
    c.dchannel = g & D_CHANNEL;
    c.selection = g & 3;
    if (g & INTERFACE_SAID)
        c.interface_len = (uint8_t)isdn_ie_read_group(&r, c.interface, sizeof c.interface);
    if (ie->key != ISDN_IE_CHANNEL || r.failed)
        return EINVAL;
    if (c.primary && c.selection == ISDN_SELECT_INDICATED && read_slots(&c, &r) != 0)
        return EINVAL;
    *out = c;
    return 0;
}

static void write_map(struct rt_writer *w, const struct isdn_ie_channel *c)
{
    uint32_t bits = c->map_len == T1_MAP ? c->slots >> 1 : c->slots;

    for (unsigned i = c->map_len; i > 0; i--)
        rt_write_u8(w, (uint8_t)(bits >> 8 * (i - 1)));
}

static void write_numbers(struct rt_writer *w, uint32_t slots)
{
    uint8_t g[32];
    size_t n = 0;

    for (unsigned i = 0; i < 32; i++)
        if (slots >> i & 1)
            g[n++] = (uint8_t)i;
    isdn_ie_write_group(w, g, n);
}

static bool slots_ok(const struct isdn_ie_channel *c)
{
    if (!c->slots)
        return c->map_len == 0;
    if (!c->primary || c->selection != ISDN_SELECT_INDICATED || c->coding > 3 || c->units > 15)
        return false;
    if (c->map_len == T1_MAP)
        return !(c->slots & ~0x1fffffeu);
    return c->map_len == 0 || c->map_len == E1_MAP;
}

int isdn_ie_write_channel(struct isdn_ie_value *out, const struct isdn_ie_channel *c)
{
    const uint8_t three =
        (uint8_t)((c->interface_len ? INTERFACE_SAID : 0) | (c->primary ? PRIMARY : 0) |
                  (c->exclusive ? EXCLUSIVE : 0) | (c->dchannel ? D_CHANNEL : 0) | c->selection);
    struct rt_writer w = isdn_ie_writer(out);

    if (c->selection > 3 || c->interface_len > sizeof c->interface || !slots_ok(c))
        return EINVAL;
    isdn_ie_write_group(&w, &three, 1);
    isdn_ie_write_group(&w, c->interface, c->interface_len);
    if (c->slots) {
        const uint8_t g = (uint8_t)(c->coding << 5 | (c->map_len ? SLOT_MAP : 0) | c->units);
        isdn_ie_write_group(&w, &g, 1);
        if (c->map_len)
            write_map(&w, c);
        else
            write_numbers(&w, c->slots);
    }
    return isdn_ie_written(out, ISDN_IE_CHANNEL, &w);
}

int isdn_ie_read_restart(enum isdn_ie_restart *out, const struct isdn_ie *ie)
{
    *out = ISDN_RESTART_CHANNELS;
    if (ie->key != ISDN_IE_RESTART || ie->len < 1)
        return EINVAL;
    unsigned class = ie->p[0] & 7;
    if (class != ISDN_RESTART_CHANNELS && class != ISDN_RESTART_INTERFACE &&
        class != ISDN_RESTART_ALL)
        return EINVAL;
    *out = (enum isdn_ie_restart) class;
    return 0;
}

int isdn_ie_write_restart(struct isdn_ie_value *out, enum isdn_ie_restart class)
{
    const uint8_t g = 0x80 | (uint8_t) class;

    return isdn_ie_raw(out, ISDN_IE_RESTART, &g, 1);
}
