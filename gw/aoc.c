/* Amounts of advice of charge: an integer and a power of ten in ISDN, a decimal everywhere else. */
#include "gw/aoc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct rt_counter gw_aoc_counters[GW_AOC_NCOUNTERS] = {
    [GW_AOC_RECEIVED] = {"aoc_received_total", "advices of charge received from SIP peers", 0},
    [GW_AOC_SENT] = {"aoc_sent_total", "advices of charge sent to SIP peers", 0},
    [GW_AOC_MALFORMED] = {"aoc_malformed_total", "bodies of advice of charge that were unreadable",
                          0},
};

static uint64_t power(unsigned n)
{
    uint64_t p = 1;

    while (n-- > 0)
        p *= 10;
    return p;
}

char *gw_aoc_amount(char out[GW_AOC_AMOUNT_LEN], const struct isdn_aoc_money *m)
{
    unsigned places = m->multiplier < ISDN_AOC_ONE ? ISDN_AOC_ONE - m->multiplier : 0;
    uint64_t whole =
        places > 0 ? m->cost / power(places) : m->cost * power(m->multiplier - ISDN_AOC_ONE);

    if (places > 0)
        snprintf(out, GW_AOC_AMOUNT_LEN, "%" PRIu32 ".%0*" PRIu32, (uint32_t)whole, (int)places,
                 m->cost % (uint32_t)power(places));
    else
        snprintf(out, GW_AOC_AMOUNT_LEN, "%" PRIu64, whole);
    return out;
}

static bool only_digits(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

/** The first three places as they stand; `*up`: the fourth rounds them up. */
static struct rt_str three_places(struct rt_str fraction, bool *up)
{
    *up = fraction.n > 3 && fraction.p[3] >= '5';
    return (struct rt_str){fraction.p, fraction.n > 3 ? 3 : fraction.n};
}

int gw_aoc_read_amount(struct isdn_aoc_money *m, struct rt_str decimal)
{
    struct rt_str fraction = rt_str_trim(decimal);
    uint64_t whole = 0, part = 0;
    bool up;

    if (fraction.n > 1 && fraction.p[0] == '+')
        fraction = (struct rt_str){fraction.p + 1, fraction.n - 1};
    struct rt_str digits = rt_str_cut(&fraction, '.');
    if (digits.n + fraction.n == 0 || !only_digits(digits) || !only_digits(fraction))
        return EINVAL;
    fraction = three_places(fraction, &up);
    if ((digits.n > 0 && rt_str_u64(&whole, digits, ISDN_AOC_COST_MAX * UINT64_C(1000)) != 0) ||
        (fraction.n > 0 && rt_str_u64(&part, fraction, 999) != 0))
        return ERANGE;
    unsigned multiplier = ISDN_AOC_ONE - (unsigned)fraction.n;
    uint64_t cost = whole * power((unsigned)fraction.n) + part + up;
    while (cost > ISDN_AOC_COST_MAX && cost % 10 == 0 && multiplier < ISDN_AOC_THOUSAND) {
        cost /= 10;
        multiplier++;
    }
    if (cost > ISDN_AOC_COST_MAX)
        return ERANGE;
    m->cost = (uint32_t)cost;
    m->multiplier = (enum isdn_aoc_multiplier)multiplier;
    return 0;
}

int64_t gw_aoc_units(const struct isdn_aoc *aoc)
{
    int64_t sum = -1;

    for (unsigned i = 0; i < aoc->de.nunits && i < ISDN_AOC_UNITS; i++)
        if (aoc->de.unit[i].number >= 0)
            sum = (sum < 0 ? 0 : sum) + aoc->de.unit[i].number;
    return sum;
}

void gw_aoc_text(char out[GW_CHARGE_LEN], const struct isdn_aoc *aoc)
{
    char amount[GW_AOC_AMOUNT_LEN];

    out[0] = '\0';
    if (aoc->kind == ISDN_AOC_S)
        return;
    if (aoc->de.charge == ISDN_AOC_FREE)
        rt_str_copy(out, GW_CHARGE_LEN, rt_str("free"));
    else if (aoc->de.charge == ISDN_AOC_MONEY)
        snprintf(out, GW_CHARGE_LEN, "%s%s%s", gw_aoc_amount(amount, &aoc->de.money),
                 aoc->de.money.currency[0] ? " " : "", aoc->de.money.currency);
    else if (aoc->de.charge == ISDN_AOC_UNITS_COUNTED && gw_aoc_units(aoc) >= 0)
        snprintf(out, GW_CHARGE_LEN, "%" PRId64 " units", gw_aoc_units(aoc));
}
