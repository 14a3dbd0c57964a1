/* Display, keypad, user-user. */
#include "isdn/ie_text.h"

#include "isdn/ie_code.h"

#include <errno.h>

#define BIT_8 0x80

static bool is_control(uint8_t c)
{
    return c < ' ' || c == 0x7f;
}

int isdn_ie_read_display(struct isdn_ie_display *out, const struct isdn_ie *ie)
{
    size_t i = 0, n = 0;

    *out = (struct isdn_ie_display){0};
    if (ie->key != ISDN_IE_DISPLAY)
        return EINVAL;
    if (ie->len > 0 && ie->p[0] & BIT_8)
        out->charset = ie->p[i++];
    for (; i < ie->len && n < sizeof out->text - 1; i++)
        if (!is_control(ie->p[i]))
            out->text[n++] = (char)ie->p[i];
    return 0;
}

int isdn_ie_write_display(struct isdn_ie_value *out, const struct isdn_ie_display *d)
{
    struct rt_writer w = isdn_ie_writer(out);

    if (d->charset && !(d->charset & BIT_8))
        return EINVAL;
    if (!d->charset && (uint8_t)d->text[0] & BIT_8)
        return EINVAL; /* it would be read as a character set */
    if (d->charset)
        rt_write_u8(&w, d->charset);
    for (const char *p = d->text; *p; p++) {
        if (is_control((uint8_t)*p))
            return EINVAL;
        rt_write_u8(&w, (uint8_t)*p);
    }
    return isdn_ie_written(out, ISDN_IE_DISPLAY, &w);
}

int isdn_ie_read_keypad(char out[64], const struct isdn_ie *ie)
{
    struct rt_reader r = isdn_ie_reader(ie);

    out[0] = '\0';
    if (ie->key != ISDN_IE_KEYPAD || isdn_ie_read_ia5(&r, out, 64) != 0) {
        out[0] = '\0';
        return EINVAL;
    }
    return 0;
}

int isdn_ie_write_keypad(struct isdn_ie_value *out, const char *keys)
{
    struct rt_writer w = isdn_ie_writer(out);
    int e = isdn_ie_write_ia5(&w, keys);

    return e ? e : isdn_ie_written(out, ISDN_IE_KEYPAD, &w);
}

int isdn_ie_read_user(struct isdn_ie_user *out, const struct isdn_ie *ie)
{
    *out = (struct isdn_ie_user){0};
    if (ie->key != ISDN_IE_USER_USER || ie->len < 1)
        return EINVAL;
    out->protocol = ie->p[0];
    out->len = (uint8_t)(ie->len - 1);
    memcpy(out->octets, ie->p + 1, out->len);
    return 0;
}

int isdn_ie_write_user(struct isdn_ie_value *out, const struct isdn_ie_user *u)
{
    struct rt_writer w = isdn_ie_writer(out);

    rt_write_u8(&w, u->protocol);
    rt_write_bytes(&w, u->octets, u->len);
    return isdn_ie_written(out, ISDN_IE_USER_USER, &w);
}
