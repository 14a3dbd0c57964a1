/* User-to-user information (RFC 7433 with the ISDN package of RFC 7434), and whether sound before
 * the answer is authorised (RFC 5009).
 */
#include "gw/leg_sip_priv.h"

#include <stdio.h>

/* ---- User-to-User ---- */

void leg_sip_uui(struct leg_sip_identity *out, const struct gw_uui *uui)
{
    char hex[2 * sizeof uui->data + 1];

    if (!uui->present)
        return;
    hex[0] = '\0';
    for (size_t i = 0; i < uui->len && i < sizeof uui->data; i++)
        snprintf(hex + 2 * i, 3, "%02X", uui->data[i]);
    leg_sip_add(out, "User-to-User", "%02X%s;encoding=hex;purpose=isdn-uui;content=isdn-uui",
                uui->protocol, hex);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Absent, or one of two words. */
static bool is_or_absent(struct rt_str params, const char *name, const char *a, const char *b)
{
    struct rt_str v = sip_param(params, name);

    return !v.p || rt_str_caseeq(v, a) || rt_str_caseeq(v, b);
}

/** Octets in hex: the protocol discriminator, then what is told. False: not the ISDN's. */
static bool read_value(struct gw_uui *out, struct rt_str value)
{
    struct rt_str params = value, data = rt_str_trim(rt_str_cut(&params, ';'));
    uint8_t octets[1 + sizeof out->data];

    if (data.n >= 2 && data.p[0] == '"' && data.p[data.n - 1] == '"')
        data = (struct rt_str){data.p + 1, data.n - 2};
    if (data.n < 2 || data.n % 2 != 0 || data.n / 2 > sizeof octets)
        return false;
    if (!is_or_absent(params, "encoding", "hex", "hex") ||
        !is_or_absent(params, "purpose", "isdn-uui", "isdn-interwork") ||
        !is_or_absent(params, "content", "isdn-uui", "isdn-uui"))
        return false;
    for (size_t i = 0; i < data.n / 2; i++) {
        int high = nibble(data.p[2 * i]), low = nibble(data.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i] = (uint8_t)(high * 16 + low);
    }
    *out =
        (struct gw_uui){.present = true, .protocol = octets[0], .len = (uint8_t)(data.n / 2 - 1)};
    memcpy(out->data, octets + 1, out->len);
    return true;
}

void leg_sip_uui_in(struct gw_uui *out, const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "User-to-User"};
    struct rt_str value;

    *out = (struct gw_uui){.present = false};
    while ((value = leg_sip_next(&v)).n > 0)
        if (read_value(out, value))
            return;
}

/* ---- P-Early-Media ---- */

void leg_sip_early_header(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                          const char *value)
{
    if (trunk->identity.early_media)
        leg_sip_add(out, "P-Early-Media", "%s", value);
}

/** The first direction counts: it is that of the first media line, and ours have one (RFC 5009 8).
 * Directions are seen from the far end: it sends to us in `sendonly`. */
bool leg_sip_early_authorised(const struct sip_message *msg)
{
    static const struct {
        const char *word;
        bool heard;
    } directions[] = {
        {"sendrecv", true}, {"sendonly", true}, {"recvonly", false}, {"inactive", false}};
    struct leg_sip_values v = {.msg = msg, .name = "P-Early-Media"};
    struct rt_str value;

    while ((value = leg_sip_next(&v)).n > 0)
        for (size_t i = 0; i < RT_COUNT(directions); i++)
            if (rt_str_caseeq(value, directions[i].word))
                return directions[i].heard;
    return true;
}
