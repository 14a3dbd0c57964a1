/* Numbers in and out: E.164 from what a wire or a person says, and back (RFC 3398 12, RFC 3966,
 * E.164). */
#include "dialplan/dialplan_priv.h"

#include <errno.h>
#include <stdio.h>

/** Makes it +CC AREA DIGITS; too long: left alone. */
static bool make_e164(struct dp_number *n, const char *code, const char *area, const char *digits)
{
    char text[DP_DIGITS_MAX + 1];
    int len = snprintf(text, sizeof text, "%s%s%s", code, area, digits);

    if (len <= 0 || (size_t)len >= sizeof text)
        return false;
    memcpy(n->digits, text, (size_t)len + 1);
    n->e164 = true;
    n->ton = DP_TON_INTERNATIONAL;
    n->npi = DP_NPI_ISDN;
    return true;
}

static bool all_decimal(const char *digits)
{
    return digits[strspn(digits, "0123456789")] == '\0';
}

/** `digits` without `prefix`, or NULL when it does not begin so or nothing is left. */
static const char *after(const char *digits, const char *prefix)
{
    size_t len = strlen(prefix);
    return len > 0 && strncmp(digits, prefix, len) == 0 && digits[len] ? digits + len : NULL;
}

/** What the wire's type of number says, when it says anything. */
static dp_why by_type(struct dp_number *n, const struct dp_site *site)
{
    const char *code = site && site->country ? site->country->code : NULL;

    if (!all_decimal(n->digits))
        return NULL;
    if (n->ton == DP_TON_INTERNATIONAL && make_e164(n, "", "", n->digits))
        return "type international";
    if (n->ton == DP_TON_NATIONAL && code && make_e164(n, code, "", n->digits))
        return "type national";
    if (n->ton == DP_TON_SUBSCRIBER && code && make_e164(n, code, site->area, n->digits))
        return "type subscriber";
    return NULL;
}

static bool length_ok(const char *digits, unsigned min, unsigned max)
{
    size_t len = strlen(digits);
    return len >= min && len <= max;
}

/** What a person at the site means by the digits (dialling rules of the country). */
static dp_why by_prefix(struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site->country;
    const char *rest;

    if (!all_decimal(n->digits) || dp_is_short_code(c, n->digits))
        return NULL;
    if ((rest = after(n->digits, c->international)) != NULL && make_e164(n, "", "", rest))
        return "international prefix";
    if ((rest = after(n->digits, c->national)) != NULL &&
        length_ok(rest, c->national_min, c->national_max) && make_e164(n, c->code, "", rest))
        return "national prefix";
    if (c->closed && length_ok(n->digits, c->national_min, c->national_max) &&
        make_e164(n, c->code, "", n->digits))
        return "national number";
    if (site->area[0] && length_ok(n->digits, c->subscriber_min, c->subscriber_max) &&
        make_e164(n, c->code, site->area, n->digits))
        return "subscriber";
    return NULL;
}

bool dp_may_become_e164(const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;

    if (!c || n->e164 || n->npi == DP_NPI_PRIVATE)
        return false;
    if (n->digits[0] == '\0')
        return true; /* whatever its type: the digits follow */
    if (n->ton != DP_TON_UNKNOWN || !all_decimal(n->digits) || dp_is_short_code(c, n->digits))
        return false;
    return strlen(n->digits) < strlen(c->national) + c->national_max;
}

static dp_why normalise(struct dp_number *n, const struct dp_site *site)
{
    dp_why why = NULL;

    if (n->digits[0] == '\0')
        return "no number";
    if (n->e164)
        return "E.164 as it stands";
    if (n->npi == DP_NPI_PRIVATE)
        why = "private plan";
    else if (n->ton != DP_TON_UNKNOWN)
        why = by_type(n, site);
    else if (site && site->country)
        why = by_prefix(n, site);
    return why ? why : "as it stands";
}

dp_why dp_normalise_called(struct dp_number *n, const struct dp_site *site)
{
    if (!n->e164 && n->ton == DP_TON_UNKNOWN && dp_ddi_of_local(site, n->digits))
        return "extension";
    return normalise(n, site);
}

dp_why dp_normalise_calling(struct dp_number *n, const struct dp_site *site)
{
    const struct dp_ddi *d = n->e164 ? NULL : dp_ddi_of_local(site, n->digits);

    if (!d || n->ton != DP_TON_UNKNOWN)
        return normalise(n, site);
    dp_ddi_to_e164(n->digits, d);
    n->e164 = true;
    n->ton = DP_TON_INTERNATIONAL;
    n->npi = DP_NPI_ISDN;
    return "ddi";
}

/* ---- out ---- */

static const char *const format_names[] = {
    [DP_E164] = "e164", [DP_E164_BARE] = "e164-bare",   [DP_NATIONAL_PREFIX] = "national-prefix",
    [DP_ISDN] = "isdn", [DP_AS_DIALLED] = "as-dialled",
};

int dp_format_parse(enum dp_format *out, struct rt_str word)
{
    for (size_t i = 0; i < RT_COUNT(format_names); i++)
        if (rt_str_eq(word, format_names[i])) {
            *out = (enum dp_format)i;
            return 0;
        }
    return EINVAL;
}

const char *dp_format_name(enum dp_format f)
{
    return format_names[f];
}

/** The national significant number at `site`'s country, or NULL. */
static const char *national_part(const struct dp_number *n, const struct dp_site *site)
{
    return site && site->country ? after(n->digits, site->country->code) : NULL;
}

static void set_digits(struct dp_number *out, const char *prefix, const char *digits,
                       enum dp_ton ton)
{
    char text[DP_DIGITS_MAX + 1];

    snprintf(text, sizeof text, "%s%.*s", prefix, (int)(DP_DIGITS_MAX - strlen(prefix)), digits);
    memcpy(out->digits, text, sizeof text);
    out->e164 = false;
    out->ton = ton;
}

static dp_why format_e164(struct dp_number *out, const struct dp_number *n,
                          const struct dp_site *site)
{
    (void)n;
    (void)site;
    out->ton = DP_TON_INTERNATIONAL;
    return "E.164";
}

static dp_why format_bare(struct dp_number *out, const struct dp_number *n,
                          const struct dp_site *site)
{
    (void)site;
    set_digits(out, "", n->digits, DP_TON_INTERNATIONAL);
    return "E.164 without +";
}

static dp_why format_prefix(struct dp_number *out, const struct dp_number *n,
                            const struct dp_site *site)
{
    const char *nsn = national_part(n, site);

    if (nsn)
        set_digits(out, site->country->national, nsn, DP_TON_UNKNOWN);
    else
        set_digits(out, site && site->country ? site->country->international : "00", n->digits,
                   DP_TON_UNKNOWN);
    return nsn ? "national prefix" : "international prefix";
}

static dp_why format_isdn(struct dp_number *out, const struct dp_number *n,
                          const struct dp_site *site)
{
    const char *nsn = national_part(n, site);

    set_digits(out, "", nsn ? nsn : n->digits, nsn ? DP_TON_NATIONAL : DP_TON_INTERNATIONAL);
    return nsn ? "type national" : "type international";
}

static dp_why format_dialled(struct dp_number *out, const struct dp_number *n,
                             const struct dp_site *site)
{
    const struct dp_ddi *d = dp_ddi_of_e164(site, n->digits);

    if (!d)
        return format_prefix(out, n, site);
    dp_ddi_to_local(out->digits, d);
    out->e164 = false;
    out->ton = DP_TON_UNKNOWN;
    return "extension";
}

dp_why dp_format_number(struct dp_number *out, const struct dp_number *n, enum dp_format f,
                        const struct dp_site *site)
{
    static dp_why (*const formats[])(struct dp_number *, const struct dp_number *,
                                     const struct dp_site *) = {
        [DP_E164] = format_e164,
        [DP_E164_BARE] = format_bare,
        [DP_NATIONAL_PREFIX] = format_prefix,
        [DP_ISDN] = format_isdn,
        [DP_AS_DIALLED] = format_dialled,
    };

    *out = *n;
    if (n->digits[0] == '\0')
        return "no number";
    if (!n->e164) {
        out->ton = DP_TON_UNKNOWN;
        out->npi = DP_NPI_UNKNOWN;
        return "as it stands";
    }
    out->npi = DP_NPI_ISDN;
    return formats[f](out, n, site);
}
