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

/* ---- why ---- */

static const struct {
    const char *text;
    bool area; /* the area had its part in it */
} reasons[DP_RULES] = {
    [DP_RULE_INTERNATIONAL] = {"international prefix", false},
    [DP_RULE_NATIONAL] = {"national prefix", false},
    [DP_RULE_CLOSED] = {"national number", false},
    [DP_RULE_SUBSCRIBER] = {"subscriber", true},
    [DP_RULE_SHORT] = {"short code", false},
    [DP_RULE_TYPE_NATIONAL] = {"type national", false},
    [DP_RULE_TYPE_SUBSCRIBER] = {"type subscriber", true},
};

void dp_site_seal(struct dp_site *site)
{
    for (unsigned i = 0; site->country && i < DP_RULES; i++) {
        bool area = reasons[i].area && site->area[0];
        RT_JOIN(site->why[i], sizeof site->why[i], rt_str(site->country->name),
                rt_str(area ? " area " : ""), rt_str(area ? site->area : ""), rt_str(": "),
                rt_str(reasons[i].text));
    }
}

static dp_why because(const struct dp_site *site, enum dp_rule rule)
{
    return site->why[rule][0] ? site->why[rule] : reasons[rule].text;
}

/* ---- in ---- */

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
        return because(site, DP_RULE_TYPE_NATIONAL);
    if (n->ton == DP_TON_SUBSCRIBER && code && make_e164(n, code, site->area, n->digits))
        return because(site, DP_RULE_TYPE_SUBSCRIBER);
    return NULL;
}

static bool between(size_t len, unsigned min, unsigned max)
{
    return len >= min && len <= max;
}

/** Whether a national significant number can have these digits. */
static bool national_ok(const struct dp_country *c, const char *nsn)
{
    unsigned min, max;

    dp_national_length(c, nsn, &min, &max);
    return between(strlen(nsn), min, max);
}

/** Whether people of the area dial these digits alone. What begins with the trunk prefix is the
 * beginning of a longer number. */
static bool subscriber_ok(const struct dp_site *site, const char *digits)
{
    const struct dp_country *c = site->country;
    char nsn[2 * DP_DIGITS_MAX + 1];

    if (!site->area[0] || !between(strlen(digits), c->subscriber_min, c->subscriber_max) ||
        (c->national[0] && dp_begins(digits, c->national)))
        return false;
    RT_JOIN(nsn, sizeof nsn, rt_str(site->area), rt_str(digits));
    return national_ok(c, nsn);
}

/** What a person at the site means by the digits (dialling rules of the country). */
static dp_why by_prefix(struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site->country;
    const char *rest;

    if (!all_decimal(n->digits))
        return NULL;
    if (dp_short_code(c, n->digits))
        return because(site, DP_RULE_SHORT);
    rest = after(n->digits, c->international);
    if (rest && rest[0] != '0' && make_e164(n, "", "", rest)) /* no country code begins with 0 */
        return because(site, DP_RULE_INTERNATIONAL);
    if ((rest = after(n->digits, c->national)) != NULL && national_ok(c, rest) &&
        make_e164(n, c->code, "", rest))
        return because(site, DP_RULE_NATIONAL);
    if (c->closed && national_ok(c, n->digits) && make_e164(n, c->code, "", n->digits))
        return because(site, DP_RULE_CLOSED);
    if (subscriber_ok(site, n->digits) && make_e164(n, c->code, site->area, n->digits))
        return because(site, DP_RULE_SUBSCRIBER);
    return NULL;
}

/** Digits of the longest number that people at the site dial beginning so. */
static size_t longest(const struct dp_country *c, const char *digits)
{
    const char *rest = after(digits, c->national);
    unsigned min, max;

    dp_national_length(c, rest ? rest : digits, &min, &max);
    return strlen(c->national) + (max > c->national_max ? max : c->national_max);
}

bool dp_may_become_e164(const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;

    if (!c || n->e164 || n->npi == DP_NPI_PRIVATE)
        return false;
    if (n->digits[0] == '\0')
        return true; /* whatever its type: the digits follow */
    if (n->ton != DP_TON_UNKNOWN || !all_decimal(n->digits))
        return false;
    const struct dp_short *s = dp_short_code(c, n->digits);
    return strlen(n->digits) < (s ? s->min : longest(c, n->digits));
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
    [DP_E164] = "e164",
    [DP_E164_BARE] = "e164-bare",
    [DP_NATIONAL_PREFIX] = "national-prefix",
    [DP_ISDN] = "isdn",
    [DP_ISUP_NATIONAL] = "isup-national",
    [DP_ISUP_INTERNATIONAL] = "isup-international",
    [DP_AS_DIALLED] = "as-dialled",
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

static dp_why format_isup_international(struct dp_number *out, const struct dp_number *n,
                                        const struct dp_site *site)
{
    (void)site;
    set_digits(out, "", n->digits, DP_TON_INTERNATIONAL);
    return "type international";
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
        [DP_ISUP_NATIONAL] = format_isdn, /* Q.763 3.9 has the same two natures of address */
        [DP_ISUP_INTERNATIONAL] = format_isup_international,
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
