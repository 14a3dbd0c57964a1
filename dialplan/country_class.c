/* Classes of numbers: the sets `national`, `mobile`, `premium`, ... of a plan, from the country
 * profiles. A number's class is its own country's: a number with another country code is
 * international, and premium when any known profile says so, since it is charged there.
 */
#include "dialplan/dialplan_priv.h"

static const char *const class_names[DP_CLASSES] = {
    [DP_CLASS_EMERGENCY] = "emergency",
    [DP_CLASS_FREEPHONE] = "freephone",
    [DP_CLASS_PREMIUM] = "premium",
    [DP_CLASS_MOBILE] = "mobile",
    [DP_CLASS_INTERNAL] = "internal",
    [DP_CLASS_NATIONAL] = "national",
    [DP_CLASS_INTERNATIONAL] = "international",
};

/* Of the world: universal international freephone numbers (ITU-T E.169.1), international premium
 * rate numbers (E.169.2), whose country codes are their own. */
static const struct dp_class_prefix world[] = {
    {DP_CLASS_FREEPHONE, "800"},
    {DP_CLASS_PREMIUM, "979"},
    {DP_CLASSES, NULL},
};

enum dp_class dp_class_parse(struct rt_str word)
{
    unsigned i = 0;

    while (i < DP_CLASSES && !rt_str_eq(word, class_names[i]))
        i++;
    return (enum dp_class)i;
}

/* ---- whose number it is ---- */

/** The national significant number when `n` has this country's code, else NULL. */
static const char *significant(const struct dp_country *c, const struct dp_number *n)
{
    return n->e164 && dp_begins(n->digits, c->code) ? n->digits + strlen(c->code) : NULL;
}

static bool listed(const char *const *const *lists, const char *nsn)
{
    for (; *lists; lists++)
        for (const char *const *prefix = *lists; *prefix; prefix++)
            if (dp_begins(nsn, *prefix))
                return true;
    return false;
}

/** Whether a number with the country's code is the country's: a code may be shared. */
static bool at_home(const struct dp_country *c, const char *nsn)
{
    if (c->abroad && listed(c->abroad, nsn))
        return false;
    return !c->own || listed(c->own, nsn);
}

/** Whether too few digits are there to say which country of a shared code it is. */
static bool undecided(const struct dp_country *c, const char *nsn)
{
    return (c->own || c->abroad) && strlen(nsn) < 3; /* area codes of the NANP */
}

/* ---- by prefix ---- */

static bool has_prefix(const struct dp_class_prefix *row, enum dp_class cls, const char *digits)
{
    for (; row && row->prefix; row++)
        if (row->cls == cls && dp_begins(digits, row->prefix))
            return true;
    return false;
}

/** Whether a row's prefix begins with `digits` and goes on. */
static bool may_have_prefix(const struct dp_class_prefix *row, enum dp_class cls,
                            const char *digits)
{
    size_t len = strlen(digits);

    for (; row && row->prefix; row++)
        if (row->cls == cls && strlen(row->prefix) > len && dp_begins(row->prefix, digits))
            return true;
    return false;
}

static bool short_has_class(const struct dp_country *c, enum dp_class cls, const char *digits)
{
    const struct dp_short *s = dp_short_code(c, digits);
    return s && s->cls == cls && strlen(digits) >= s->min;
}

/** Emergency, freephone, premium, mobile: a short code of the site's country, a number of its own,
 * or one of the world's. */
static bool has_class(const struct dp_country *c, enum dp_class cls, const struct dp_number *n)
{
    if (!n->e164)
        return c && short_has_class(c, cls, n->digits);
    if (cls == DP_CLASS_PREMIUM)
        c = dp_country_of(n);
    const char *nsn = c ? significant(c, n) : NULL;
    return (nsn && has_prefix(c->classes, cls, nsn)) || has_prefix(world, cls, n->digits);
}

bool dp_class_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;
    const char *nsn = c ? significant(c, n) : NULL;

    if (n->digits[0] == '\0' || cls >= DP_CLASSES)
        return false;
    if (cls <= DP_CLASS_MOBILE)
        return has_class(c, cls, n);
    if (cls == DP_CLASS_INTERNAL)
        return !n->e164 && (dp_ddi_of_local(site, n->digits) || strchr("*#", n->digits[0]));
    bool home = nsn && at_home(c, nsn);
    return c && n->e164 && home == (cls == DP_CLASS_NATIONAL);
}

/** Whether a number of `c` that is not in the class yet can get there. */
static bool may_have_class(const struct dp_country *c, enum dp_class cls, const struct dp_number *n)
{
    const char *nsn = significant(c, n);

    if (nsn)
        return may_have_prefix(c->classes, cls, nsn);
    if (!dp_begins(c->code, n->digits))
        return false;
    for (const struct dp_class_prefix *row = c->classes; row && row->prefix; row++)
        if (row->cls == cls)
            return true;
    return false;
}

bool dp_class_may_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_country *c = site ? site->country : NULL;
    const char *nsn = c ? significant(c, n) : NULL;

    if (!n->e164 || cls == DP_CLASS_EMERGENCY || cls == DP_CLASS_INTERNAL)
        return false;
    if (may_have_prefix(world, cls, n->digits))
        return true;
    if (cls == DP_CLASS_NATIONAL || cls == DP_CLASS_INTERNATIONAL)
        return c && (nsn ? undecided(c, nsn)
                         : cls == DP_CLASS_NATIONAL && dp_begins(c->code, n->digits));
    if (cls != DP_CLASS_PREMIUM)
        return c && may_have_class(c, cls, n);
    for (const struct dp_country *const *known = dp_countries; *known; known++)
        if (may_have_class(*known, cls, n))
            return true;
    return false;
}
