/* ISDN subaddresses in SIP: the `isub` of a number's URI (RFC 3966) and its encoding (RFC 4715).
 *
 * An NSAP of IA5 characters is those characters, one of BCD digits those digits; any other is
 * written in hexadecimal, with its AFI. A user specified subaddress has no word in a URI.
 */
#include "gw/leg_sip_priv.h"

#include <stdio.h>

#define AFI_IA5 0x50 /* local characters, of ISO 646 (X.213 table A.2) */
#define AFI_BCD 0x48 /* local decimal digits */
#define FILLER  0x0f

/* ---- as we say it ---- */

static bool is_ia5(const struct gw_subaddress *s)
{
    for (unsigned i = 1; i < s->len; i++)
        if (s->octets[i] < ' ' || s->octets[i] > '~')
            return false;
    return s->len > 1 && s->octets[0] == AFI_IA5;
}

/** The digits of BCD, with a filler at the end where there is half an octet too much. */
static bool bcd(char out[2 * sizeof((struct gw_subaddress *)0)->octets + 1],
                const struct gw_subaddress *s)
{
    size_t n = 0;

    if (s->len < 2 || s->octets[0] != AFI_BCD)
        return false;
    for (unsigned i = 2; i < 2u * s->len; i++) {
        unsigned digit = s->octets[i / 2] >> (i % 2 ? 0 : 4) & 15;
        if (digit > 9 && !(digit == FILLER && i + 1 == 2u * s->len))
            return false;
        if (digit <= 9)
            out[n++] = (char)('0' + digit);
    }
    out[n] = '\0';
    return true;
}

void leg_sip_isub(char *out, size_t cap, const struct gw_subaddress *s)
{
    char raw[2 * sizeof s->octets + 1] = "", value[3 * sizeof raw];
    const char *encoding = "nsap";

    if (cap > 0)
        out[0] = '\0';
    if (s->len == 0 || s->user)
        return;
    if (is_ia5(s)) {
        encoding = "nsap-ia5";
        memcpy(raw, s->octets + 1, s->len - 1u);
    } else if (bcd(raw, s)) {
        encoding = "nsap-bcd";
    } else {
        for (unsigned i = 0; i < s->len; i++)
            snprintf(raw + 2 * i, 3, "%02X", s->octets[i]);
    }
    sip_uri_escape(value, sizeof value, rt_str(raw), SIP_URI_PARAM);
    int n = snprintf(out, cap, ";isub=%s;isub-encoding=%s", value, encoding);
    if (n < 0 || (size_t)n >= cap)
        out[0] = '\0';
}

/* ---- as peers say it ---- */

static void from_ia5(struct gw_subaddress *out, const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n >= sizeof out->octets)
        return;
    out->octets[0] = AFI_IA5;
    memcpy(out->octets + 1, text, n);
    out->len = (uint8_t)(n + 1);
}

static int digit_of(char c, int base)
{
    int v = c >= '0' && c <= '9'                     ? c - '0'
            : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                     : 16;

    return v < base ? v : -1;
}

/** Two digits to an octet from octet `at` on; an odd number of them leaves a filler. */
static void from_digits(struct gw_subaddress *out, const char *text, unsigned at, int base)
{
    size_t n = strlen(text);

    if (n == 0 || at + (n + 1) / 2 > sizeof out->octets)
        return;
    for (size_t i = 0; i < n; i++) {
        int v = digit_of(text[i], base);
        if (v < 0)
            return;
        uint8_t *octet = &out->octets[at + i / 2];
        *octet = i % 2 ? (uint8_t)((*octet & 0xf0) | v) : (uint8_t)(v << 4 | FILLER);
    }
    out->len = (uint8_t)(at + (n + 1) / 2);
}

/** Without a word of its encoding it is IA5 (RFC 4715 6.1). */
void leg_sip_isub_in(struct gw_subaddress *out, struct rt_str uri)
{
    char text[2 * sizeof out->octets + 1];
    struct dp_tel t;
    const char *why;

    *out = (struct gw_subaddress){.len = 0};
    if (uri.n == 0 || !memchr(uri.p, ';', uri.n) || dp_tel_read(&t, uri, &why) != 0)
        return;
    struct rt_str encoding = dp_tel_other(&t, "isub-encoding");
    if (t.isub[0] == '\0' || sip_uri_unescape(text, sizeof text, rt_str(t.isub)) != 0)
        return;
    if (!encoding.p || rt_str_caseeq(encoding, "nsap-ia5")) {
        from_ia5(out, text);
    } else if (rt_str_caseeq(encoding, "nsap-bcd")) {
        out->octets[0] = AFI_BCD;
        from_digits(out, text, 1, 10);
    } else if (rt_str_caseeq(encoding, "nsap") && strlen(text) % 2 == 0) {
        from_digits(out, text, 0, 16);
    }
}
