/* Country profiles: what people dial before a number, how long numbers are, which kinds there are.
 * One row each.
 *
 * de: Bundesnetzagentur, "Nummernplan Rufnummern fuer das oeffentliche Telefonnetz" and the plans
 * for 0137, 015-017, 0180, 0800, 0900, 118, 110/112, 115, 116; ITU-T E.164 national numbering plan
 * of Germany (+49), 2017 and later. us: North American Numbering Plan: nationalnanpa.com (toll-free
 * and N11 codes), FCC 47 CFR 52; ITU-T E.164 of +1.
 */
#include "dialplan/dialplan_priv.h"

static const char *const de_shorts[] = {"110", "112", "115", "116", "118", NULL};

static const struct dp_class_prefix de_classes[] = {
    {DP_CLASS_EMERGENCY, "110"}, {DP_CLASS_EMERGENCY, "112"}, {DP_CLASS_FREEPHONE, "800"},
    {DP_CLASS_FREEPHONE, "116"}, {DP_CLASS_PREMIUM, "900"},   {DP_CLASS_PREMIUM, "137"},
    {DP_CLASS_PREMIUM, "118"},   {DP_CLASS_MOBILE, "15"},     {DP_CLASS_MOBILE, "16"},
    {DP_CLASS_MOBILE, "17"},
};

static const char *const us_shorts[] = {"911", "211", "311", "411", "511",
                                        "611", "711", "811", "988", NULL};

static const struct dp_class_prefix us_classes[] = {
    {DP_CLASS_EMERGENCY, "911"}, {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "833"},
    {DP_CLASS_FREEPHONE, "844"}, {DP_CLASS_FREEPHONE, "855"}, {DP_CLASS_FREEPHONE, "866"},
    {DP_CLASS_FREEPHONE, "877"}, {DP_CLASS_FREEPHONE, "888"}, {DP_CLASS_PREMIUM, "900"},
};

static const struct dp_country countries[] = {
    {
        .name = "de",
        .code = "49",
        .international = "00",
        .national = "0",
        .subscriber_min = 5,
        .subscriber_max = 11,
        .national_min = 4,
        .national_max = 13,
        .shorts = de_shorts,
        .classes = de_classes,
        .nclasses = RT_COUNT(de_classes),
    },
    {
        .name = "us",
        .code = "1",
        .international = "011",
        .national = "1",
        .subscriber_min = 7,
        .subscriber_max = 7,
        .national_min = 10,
        .national_max = 10,
        .closed = true,
        .shorts = us_shorts,
        .classes = us_classes,
        .nclasses = RT_COUNT(us_classes),
    },
};

static const char *const names[] = {"de", "us", NULL};

const struct dp_country *dp_country(struct rt_str name)
{
    for (size_t i = 0; i < RT_COUNT(countries); i++)
        if (rt_str_caseeq(name, countries[i].name))
            return &countries[i];
    return NULL;
}

const char *dp_country_code(const struct dp_country *c)
{
    return c->name;
}

const char *const *dp_country_names(void)
{
    return names;
}

bool dp_is_short_code(const struct dp_country *c, const char *digits)
{
    for (const char *const *s = c->shorts; *s; s++)
        if (strncmp(digits, *s, strlen(*s)) == 0 && strlen(digits) <= 6)
            return true;
    return false;
}

/* ---- classes ---- */

static const char *const class_names[DP_CLASSES] = {
    [DP_CLASS_EMERGENCY] = "emergency",
    [DP_CLASS_FREEPHONE] = "freephone",
    [DP_CLASS_PREMIUM] = "premium",
    [DP_CLASS_MOBILE] = "mobile",
    [DP_CLASS_INTERNAL] = "internal",
    [DP_CLASS_NATIONAL] = "national",
    [DP_CLASS_INTERNATIONAL] = "international",
};

enum dp_class dp_class_parse(struct rt_str word)
{
    unsigned i = 0;

    while (i < DP_CLASSES && !rt_str_eq(word, class_names[i]))
        i++;
    return (enum dp_class)i;
}

/** The national significant number when `n` is one of this country's, else NULL. */
static const char *significant(const struct dp_country *c, const struct dp_number *n)
{
    size_t len = strlen(c->code);
    return n->e164 && strncmp(n->digits, c->code, len) == 0 ? n->digits + len : NULL;
}

/** By prefix: of the national number, or of a short code as it stands. */
static bool has_class_prefix(const struct dp_country *c, enum dp_class cls,
                             const struct dp_number *n)
{
    const char *nsn = significant(c, n);

    if (!nsn && !n->e164 && dp_is_short_code(c, n->digits))
        nsn = n->digits;
    for (size_t i = 0; nsn && i < c->nclasses; i++)
        if (c->classes[i].cls == cls &&
            strncmp(nsn, c->classes[i].prefix, strlen(c->classes[i].prefix)) == 0)
            return cls != DP_CLASS_EMERGENCY ||
                   (!n->e164 && strcmp(nsn, c->classes[i].prefix) == 0);
    return false;
}

bool dp_class_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;

    if (!c || n->digits[0] == '\0')
        return false;
    switch (cls) {
    case DP_CLASS_NATIONAL:
        return significant(c, n) != NULL;
    case DP_CLASS_INTERNATIONAL:
        return n->e164 && !significant(c, n);
    case DP_CLASS_INTERNAL:
        return !n->e164 && dp_ddi_of_local(site, n->digits) != NULL;
    case DP_CLASS_EMERGENCY:
    case DP_CLASS_FREEPHONE:
    case DP_CLASS_PREMIUM:
    case DP_CLASS_MOBILE:
        return has_class_prefix(c, cls, n);
    case DP_CLASSES:
        break;
    }
    return false;
}

/** Whether `text` begins with `digits` and goes on. */
static bool goes_on(const char *text, const char *digits)
{
    size_t len = strlen(digits);
    return strlen(text) > len && strncmp(text, digits, len) == 0;
}

bool dp_class_may_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;

    if (!c || !n->e164 || cls == DP_CLASS_EMERGENCY)
        return false;
    if (cls == DP_CLASS_NATIONAL)
        return goes_on(c->code, n->digits);
    const char *nsn = significant(c, n);
    for (size_t i = 0; i < c->nclasses; i++)
        if (c->classes[i].cls == cls &&
            (nsn ? goes_on(c->classes[i].prefix, nsn) : goes_on(c->code, n->digits)))
            return true;
    return false;
}
