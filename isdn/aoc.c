/* Advice of charge between libpri's subcommands and our words. The enumerations are both ETS
 * 300 182-1's and count alike, which the compiler checks; what comes from the line is held against
 * their bounds.
 */
#include "isdn/aoc.h"
#include "gw/rt/buf.h"

#include <libpri.h>
#include <string.h>

_Static_assert((int)ISDN_AOC_ITEM_SUPPLEMENTARY == (int)PRI_AOC_CHARGED_ITEM_SUPPLEMENTARY_SERVICE,
               "charged items");
_Static_assert((int)ISDN_AOC_ITEM_SPECIAL == (int)PRI_AOC_CHARGED_ITEM_SPECIAL_ARRANGEMENT,
               "special arrangement");
_Static_assert((int)ISDN_AOC_RATE_CODE == (int)PRI_AOC_RATE_TYPE_SPECIAL_CODE, "rates");
_Static_assert((int)ISDN_AOC_RATE_DURATION == (int)PRI_AOC_RATE_TYPE_DURATION, "duration");
_Static_assert((int)ISDN_AOC_THOUSAND == (int)PRI_AOC_MULTIPLIER_THOUSAND, "multipliers");
_Static_assert((int)ISDN_AOC_DAY == (int)PRI_AOC_TIME_SCALE_DAY, "time scales");
_Static_assert((int)ISDN_AOC_MESSAGE == (int)PRI_AOC_VOLUME_UNIT_MESSAGE, "volumes");
_Static_assert((int)ISDN_AOC_UNITS_COUNTED == (int)PRI_AOC_DE_CHARGE_UNITS, "charges");
_Static_assert((int)ISDN_AOC_BILLING_CREDIT_CARD == (int)PRI_AOC_D_BILLING_ID_CREDIT_CARD,
               "billing of AOC-D");
_Static_assert((int)ISDN_AOC_BILLING_TRANSFER == (int)PRI_AOC_E_BILLING_ID_CALL_TRANSFER,
               "billing of AOC-E");
_Static_assert((int)ISDN_AOC_ASSOCIATED_ID == (int)PRI_AOC_E_CHARGING_ASSOCIATION_ID,
               "associations");

/** 0, which is "unknown" wherever this is used, for what is out of bounds. */
static unsigned bounded(long value, unsigned bound)
{
    return value >= 0 && value < (long)bound ? (unsigned)value : 0;
}

/* ---- from libpri ---- */

/** False: no such amount can be. */
static bool take_money(struct isdn_aoc_money *out, const struct pri_aoc_amount *amount,
                       const char *currency)
{
    if (amount->cost < 0 || amount->cost > ISDN_AOC_COST_MAX || amount->multiplier < 0 ||
        amount->multiplier >= ISDN_AOC_MULTIPLIERS)
        return false;
    out->cost = (uint32_t)amount->cost;
    out->multiplier = (enum isdn_aoc_multiplier)amount->multiplier;
    rt_str_copy(out->currency, sizeof out->currency,
                (struct rt_str){currency, strnlen(currency, ISDN_AOC_CURRENCY - 1)});
    return true;
}

static void take_time(struct isdn_aoc_time *out, const struct pri_aoc_time *in)
{
    bool good =
        in->length > 0 && in->length <= UINT32_MAX && in->scale >= 0 && in->scale < ISDN_AOC_SCALES;

    out->length = good ? (uint32_t)in->length : 0;
    out->scale = good ? (enum isdn_aoc_scale)in->scale : ISDN_AOC_HUNDREDTH_SECOND;
}

static bool take_duration(struct isdn_aoc_rate *out, const struct pri_aoc_duration *in)
{
    take_time(&out->time, &in->time);
    take_time(&out->granularity, &in->granularity);
    out->step = in->charging_type == 1;
    return out->time.length > 0 && take_money(&out->money, &in->amount, in->currency);
}

static void take_rate(struct isdn_aoc_rate *out, const struct pri_aoc_s_element *in)
{
    bool good = true;

    out->item = (enum isdn_aoc_item)bounded(in->chargeable, ISDN_AOC_ITEMS);
    out->kind = (enum isdn_aoc_rate_kind)bounded(in->rate_type, ISDN_AOC_RATE_KINDS);
    if (out->kind == ISDN_AOC_RATE_DURATION) {
        good = take_duration(out, &in->rate.duration);
    } else if (out->kind == ISDN_AOC_RATE_FLAT) {
        good = take_money(&out->money, &in->rate.flat.amount, in->rate.flat.currency);
    } else if (out->kind == ISDN_AOC_RATE_VOLUME) {
        out->volume = (enum isdn_aoc_volume)bounded(in->rate.volume.unit, ISDN_AOC_VOLUMES);
        good = take_money(&out->money, &in->rate.volume.amount, in->rate.volume.currency);
    } else if (out->kind == ISDN_AOC_RATE_CODE) {
        good = in->rate.special >= 1 && in->rate.special <= 10;
        out->code = good ? (unsigned)in->rate.special : 0;
    }
    if (!good)
        out->kind = ISDN_AOC_RATE_UNKNOWN;
}

void isdn_aoc_from_s(struct isdn_aoc *out, const struct pri_subcmd_aoc_s *in)
{
    memset(out, 0, sizeof *out);
    out->kind = ISDN_AOC_S;
    for (int i = 0; i < in->num_items && i < ISDN_AOC_RATES; i++)
        take_rate(&out->s.rate[out->s.n++], &in->item[i]);
}

static void take_units(struct isdn_aoc *out, const struct pri_aoc_recorded_units *in)
{
    for (int i = 0; i < in->num_items && i < ISDN_AOC_UNITS; i++) {
        long number = in->item[i].number;
        int type = in->item[i].type;
        out->de.unit[out->de.nunits++] = (struct isdn_aoc_unit){
            number >= 0 && number <= ISDN_AOC_COST_MAX ? (int32_t)number : -1,
            type >= 1 && type <= 16 ? type : -1};
    }
}

/** What AOC-D and AOC-E have alike. */
static void take_charge(struct isdn_aoc *out, int charge,
                        const struct pri_aoc_recorded_currency *money,
                        const struct pri_aoc_recorded_units *units)
{
    out->de.charge = (enum isdn_aoc_charge)bounded(charge, ISDN_AOC_CHARGES);
    if (out->de.charge == ISDN_AOC_MONEY &&
        !take_money(&out->de.money, &money->amount, money->currency))
        out->de.charge = ISDN_AOC_NOT_AVAILABLE;
    if (out->de.charge == ISDN_AOC_UNITS_COUNTED)
        take_units(out, units);
}

void isdn_aoc_from_d(struct isdn_aoc *out, const struct pri_subcmd_aoc_d *in)
{
    memset(out, 0, sizeof *out);
    out->kind = ISDN_AOC_D;
    take_charge(out, in->charge, &in->recorded.money, &in->recorded.unit);
    out->de.subtotal = in->billing_accumulation == 0;
    out->de.billing =
        (enum isdn_aoc_billing)bounded(in->billing_id, ISDN_AOC_BILLING_CREDIT_CARD + 1);
}

void isdn_aoc_from_e(struct isdn_aoc *out, const struct pri_subcmd_aoc_e *in)
{
    const struct pri_aoc_e_charging_association *a = &in->associated;

    memset(out, 0, sizeof *out);
    out->kind = ISDN_AOC_E;
    take_charge(out, in->charge, &in->recorded.money, &in->recorded.unit);
    out->de.billing = (enum isdn_aoc_billing)bounded(in->billing_id, ISDN_AOC_BILLINGS);
    out->de.association =
        (enum isdn_aoc_association)bounded(a->charging_type, ISDN_AOC_ASSOCIATIONS);
    if (out->de.association == ISDN_AOC_ASSOCIATED_ID)
        out->de.id = a->charge.id;
    if (out->de.association != ISDN_AOC_ASSOCIATED_NUMBER)
        return;
    const struct pri_party_number *n = &a->charge.number;
    rt_str_copy(out->de.number, sizeof out->de.number,
                (struct rt_str){n->str, strnlen(n->str, sizeof n->str)});
    out->de.plan = n->plan;
    if (!n->valid || out->de.number[0] == '\0')
        out->de.association = ISDN_AOC_ASSOCIATED_NONE;
}

/* ---- to libpri ---- */

/** libpri's currency has room for what ours has, NUL included. */
static void give_money(struct pri_aoc_amount *amount, char currency[ISDN_AOC_CURRENCY],
                       const struct isdn_aoc_money *in)
{
    amount->cost = in->cost;
    amount->multiplier = (int)in->multiplier;
    memcpy(currency, in->currency, ISDN_AOC_CURRENCY);
}

static struct pri_aoc_time give_time(const struct isdn_aoc_time *in)
{
    return (struct pri_aoc_time){.length = in->length, .scale = (int)in->scale};
}

static void give_rate(struct pri_aoc_s_element *out, const struct isdn_aoc_rate *in)
{
    out->chargeable = (int)in->item;
    out->rate_type = (int)in->kind;
    if (in->kind == ISDN_AOC_RATE_DURATION) {
        struct pri_aoc_duration *d = &out->rate.duration;
        give_money(&d->amount, d->currency, &in->money);
        d->time = give_time(&in->time);
        d->granularity = give_time(&in->granularity);
        d->charging_type = in->step;
    } else if (in->kind == ISDN_AOC_RATE_FLAT) {
        give_money(&out->rate.flat.amount, out->rate.flat.currency, &in->money);
    } else if (in->kind == ISDN_AOC_RATE_VOLUME) {
        give_money(&out->rate.volume.amount, out->rate.volume.currency, &in->money);
        out->rate.volume.unit = (int)in->volume;
    } else if (in->kind == ISDN_AOC_RATE_CODE) {
        out->rate.special = (int)in->code;
    }
}

void isdn_aoc_to_s(struct pri_subcmd_aoc_s *out, const struct isdn_aoc *in)
{
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < in->s.n && i < ISDN_AOC_RATES; i++)
        give_rate(&out->item[out->num_items++], &in->s.rate[i]);
}

static void give_charge(struct pri_aoc_recorded_currency *money,
                        struct pri_aoc_recorded_units *units, const struct isdn_aoc *in)
{
    if (in->de.charge == ISDN_AOC_MONEY)
        give_money(&money->amount, money->currency, &in->de.money);
    if (in->de.charge != ISDN_AOC_UNITS_COUNTED)
        return;
    for (unsigned i = 0; i < in->de.nunits && i < ISDN_AOC_UNITS; i++)
        units->item[units->num_items++] =
            (struct pri_aoc_units_element){in->de.unit[i].number, in->de.unit[i].type};
}

void isdn_aoc_to_d(struct pri_subcmd_aoc_d *out, const struct isdn_aoc *in)
{
    bool known = in->de.billing <= ISDN_AOC_BILLING_CREDIT_CARD;

    memset(out, 0, sizeof *out);
    out->charge = (int)in->de.charge;
    out->billing_accumulation = !in->de.subtotal;
    out->billing_id = known ? (int)in->de.billing : PRI_AOC_D_BILLING_ID_NOT_AVAILABLE;
    give_charge(&out->recorded.money, &out->recorded.unit, in);
}

void isdn_aoc_to_e(struct pri_subcmd_aoc_e *out, const struct isdn_aoc *in)
{
    struct pri_aoc_e_charging_association *a = &out->associated;

    memset(out, 0, sizeof *out);
    out->charge = (int)in->de.charge;
    out->billing_id = (int)in->de.billing;
    give_charge(&out->recorded.money, &out->recorded.unit, in);
    a->charging_type = (int)in->de.association;
    if (in->de.association == ISDN_AOC_ASSOCIATED_ID)
        a->charge.id = in->de.id;
    if (in->de.association != ISDN_AOC_ASSOCIATED_NUMBER)
        return;
    a->charge.number.valid = 1;
    a->charge.number.plan = in->de.plan;
    rt_str_copy(a->charge.number.str, sizeof a->charge.number.str, rt_str(in->de.number));
}
