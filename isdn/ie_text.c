/* Display, keypad, user-user, date. */
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

/* ---- date/time ---- */

#define FIELDS_MIN 3
#define FIELDS_MAX 6

static bool date_ok(const struct isdn_ie_date *d)
{
    return d->fields >= FIELDS_MIN && d->fields <= FIELDS_MAX && d->year <= 99 && d->month >= 1 &&
           d->month <= 12 && d->day >= 1 && d->day <= 31 && d->hour <= 23 && d->minute <= 59 &&
           d->second <= 59;
}

int isdn_ie_read_date(struct isdn_ie_date *out, const struct isdn_ie *ie)
{
    uint8_t f[FIELDS_MAX] = {0};
    uint8_t n = ie->len < FIELDS_MAX ? ie->len : FIELDS_MAX;

    memcpy(f, ie->p, n);
    struct isdn_ie_date d = {f[0], f[1], f[2], f[3], f[4], f[5], n};
    bool ok = ie->key == ISDN_IE_DATE_TIME && date_ok(&d);
    *out = ok ? d : (struct isdn_ie_date){0};
    return ok ? 0 : EINVAL;
}

int isdn_ie_write_date(struct isdn_ie_value *out, const struct isdn_ie_date *d)
{
    const uint8_t f[FIELDS_MAX] = {d->year, d->month, d->day, d->hour, d->minute, d->second};

    if (!date_ok(d))
        return EINVAL;
    return isdn_ie_raw(out, ISDN_IE_DATE_TIME, f, d->fields);
}
