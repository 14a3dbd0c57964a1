/* Country profiles: finding them, and the lengths of their numbers. What people dial before a
 * number, how long numbers are and which kinds there are stands in country_XX.c, one file each.
 */
#include "dialplan/dialplan_priv.h"

const struct dp_country *const dp_countries[] = {
    &dp_country_at, &dp_country_ca, &dp_country_ch, &dp_country_de, &dp_country_es, &dp_country_fr,
    &dp_country_gb, &dp_country_it, &dp_country_nl, &dp_country_pl, &dp_country_us, NULL,
};

static const char *const names[] = {"at", "ca", "ch", "de", "es", "fr",
                                    "gb", "it", "nl", "pl", "us", NULL};

const struct dp_country *dp_country(struct rt_str name)
{
    for (const struct dp_country *const *c = dp_countries; *c; c++)
        if (rt_str_caseeq(name, (*c)->name))
            return *c;
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

bool dp_begins(const char *digits, const char *prefix)
{
    return strncmp(digits, prefix, strlen(prefix)) == 0;
}

const struct dp_country *dp_country_of(const struct dp_number *n)
{
    for (const struct dp_country *const *c = dp_countries; n->e164 && *c; c++)
        if (dp_begins(n->digits, (*c)->code))
            return *c;
    return NULL;
}

/* ---- lengths ---- */

static void widen(const struct dp_length *row, unsigned *min, unsigned *max)
{
    if (row->max == 0)
        return;
    if (*max == 0 || row->min < *min)
        *min = row->min;
    if (row->max > *max)
        *max = row->max;
}

void dp_national_length(const struct dp_country *c, const char *nsn, unsigned *min, unsigned *max)
{
    const struct dp_length *best = NULL;

    for (const struct dp_length *l = c->lengths; l && l->prefix; l++)
        if (dp_begins(nsn, l->prefix) && (!best || strlen(l->prefix) > strlen(best->prefix)))
            best = l;
    *min = best ? best->min : c->national_min;
    *max = best ? best->max : c->national_max;
    for (const struct dp_length *l = c->lengths; l && l->prefix; l++)
        if (strlen(l->prefix) > strlen(nsn) && dp_begins(l->prefix, nsn))
            widen(l, min, max); /* what it may still grow into */
}

enum dp_complete dp_number_complete(const struct dp_number *n)
{
    const struct dp_country *c = dp_country_of(n);
    size_t len = strlen(n->digits), code = c ? strlen(c->code) : 0;
    unsigned min = 1, max = n->e164 ? 15 : DP_DIGITS_MAX; /* E.164 6.1 */

    if (c)
        dp_national_length(c, n->digits + code, &min, &max);
    if (len < code + min)
        return max > 0 ? DP_INCOMPLETE : DP_COMPLETE;
    return len < code + max ? DP_MAYBE_COMPLETE : DP_COMPLETE;
}

const struct dp_short *dp_short_code(const struct dp_country *c, const char *digits)
{
    const struct dp_short *best = NULL;

    for (const struct dp_short *s = c->shorts; s && s->prefix; s++)
        if (dp_begins(digits, s->prefix) && strlen(digits) <= s->max &&
            (!best || strlen(s->prefix) > strlen(best->prefix)))
            best = s;
    return best;
}
