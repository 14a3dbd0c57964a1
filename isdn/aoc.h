/* Advice of charge in neutral words (ETS 300 182: what a call costs, told before, during and after
 * it), and the same in libpri's. Words only: the whole gateway may know them.
 */
#ifndef ISDN_AOC_H
#define ISDN_AOC_H

#include <stdbool.h>
#include <stdint.h>

struct pri_subcmd_aoc_s;
struct pri_subcmd_aoc_d;
struct pri_subcmd_aoc_e;

#define ISDN_AOC_RATES    10
#define ISDN_AOC_UNITS    32
#define ISDN_AOC_CURRENCY 11       /* with its NUL */
#define ISDN_AOC_COST_MAX 16777215 /* ETS 300 182-1: CurrencyAmount, NumberOfChargingUnits */

enum isdn_aoc_kind {
    ISDN_AOC_S, /**< the rates, at the start */
    ISDN_AOC_D, /**< what was charged so far */
    ISDN_AOC_E  /**< what was charged in all */
};

/** What a rate is asked for. */
enum isdn_aoc_item {
    ISDN_AOC_ITEM_UNKNOWN,
    ISDN_AOC_ITEM_SPECIAL, /**< a special arrangement: its rate is a special code */
    ISDN_AOC_ITEM_BASIC,
    ISDN_AOC_ITEM_ATTEMPT,
    ISDN_AOC_ITEM_SETUP,
    ISDN_AOC_ITEM_UUI,
    ISDN_AOC_ITEM_SUPPLEMENTARY,
    ISDN_AOC_ITEMS
};

enum isdn_aoc_rate_kind {
    ISDN_AOC_RATE_UNKNOWN,
    ISDN_AOC_RATE_FREE,
    ISDN_AOC_RATE_FREE_FROM_BEGINNING,
    ISDN_AOC_RATE_DURATION,
    ISDN_AOC_RATE_FLAT,
    ISDN_AOC_RATE_VOLUME,
    ISDN_AOC_RATE_CODE,
    ISDN_AOC_RATE_KINDS
};

/** Powers of ten from a thousandth on. */
enum isdn_aoc_multiplier {
    ISDN_AOC_THOUSANDTH,
    ISDN_AOC_HUNDREDTH,
    ISDN_AOC_TENTH,
    ISDN_AOC_ONE,
    ISDN_AOC_TEN,
    ISDN_AOC_HUNDRED,
    ISDN_AOC_THOUSAND,
    ISDN_AOC_MULTIPLIERS
};

enum isdn_aoc_scale {
    ISDN_AOC_HUNDREDTH_SECOND,
    ISDN_AOC_TENTH_SECOND,
    ISDN_AOC_SECOND,
    ISDN_AOC_TEN_SECONDS,
    ISDN_AOC_MINUTE,
    ISDN_AOC_HOUR,
    ISDN_AOC_DAY,
    ISDN_AOC_SCALES
};

enum isdn_aoc_volume { ISDN_AOC_OCTET, ISDN_AOC_SEGMENT, ISDN_AOC_MESSAGE, ISDN_AOC_VOLUMES };

/** `cost` times the multiplier, of that currency; its name may be empty. */
struct isdn_aoc_money {
    uint32_t cost;
    enum isdn_aoc_multiplier multiplier;
    char currency[ISDN_AOC_CURRENCY];
};

/** So many of that unit; length 0: not given. */
struct isdn_aoc_time {
    uint32_t length;
    enum isdn_aoc_scale scale;
};

struct isdn_aoc_rate {
    enum isdn_aoc_item item;
    enum isdn_aoc_rate_kind kind;
    struct isdn_aoc_money money;            /**< DURATION, FLAT, VOLUME */
    struct isdn_aoc_time time, granularity; /**< DURATION */
    bool step;                              /**< DURATION: charged in steps, not continuously */
    enum isdn_aoc_volume volume;            /**< VOLUME */
    unsigned code;                          /**< CODE: 1..10 */
};

enum isdn_aoc_charge {
    ISDN_AOC_NOT_AVAILABLE,
    ISDN_AOC_FREE,
    ISDN_AOC_MONEY,
    ISDN_AOC_UNITS_COUNTED,
    ISDN_AOC_CHARGES
};

struct isdn_aoc_unit {
    int32_t number; /**< -1: not available */
    int type;       /**< 1..16, -1: none given */
};

/** How it is billed; those from CFU on are AOC-E's alone. */
enum isdn_aoc_billing {
    ISDN_AOC_BILLING_NONE,
    ISDN_AOC_BILLING_NORMAL,
    ISDN_AOC_BILLING_REVERSE,
    ISDN_AOC_BILLING_CREDIT_CARD,
    ISDN_AOC_BILLING_CFU,
    ISDN_AOC_BILLING_CFB,
    ISDN_AOC_BILLING_CFNR,
    ISDN_AOC_BILLING_DEFLECTION,
    ISDN_AOC_BILLING_TRANSFER,
    ISDN_AOC_BILLINGS
};

/** Whose call the charge of AOC-E belongs to. */
enum isdn_aoc_association {
    ISDN_AOC_ASSOCIATED_NONE,
    ISDN_AOC_ASSOCIATED_NUMBER,
    ISDN_AOC_ASSOCIATED_ID,
    ISDN_AOC_ASSOCIATIONS
};

/** One advice. */
struct isdn_aoc {
    enum isdn_aoc_kind kind;
    union {
        /** AOC-S; no rates: not available. */
        struct {
            unsigned n;
            struct isdn_aoc_rate rate[ISDN_AOC_RATES];
        } s;
        /** AOC-D, AOC-E. */
        struct {
            enum isdn_aoc_charge charge;
            bool subtotal; /**< AOC-D: more is added up elsewhere */
            enum isdn_aoc_billing billing;
            struct isdn_aoc_money money;
            unsigned nunits;
            struct isdn_aoc_unit unit[ISDN_AOC_UNITS];
            enum isdn_aoc_association association;
            int id;          /**< ASSOCIATED_ID */
            char number[64]; /**< ASSOCIATED_NUMBER */
            int plan;        /**< its type of number and numbering plan, as in Q.931 */
        } de;
    };
};

/** From what libpri's events carry. What is out of its range becomes unknown, or not available. */
void isdn_aoc_from_s(struct isdn_aoc *out, const struct pri_subcmd_aoc_s *in);
void isdn_aoc_from_d(struct isdn_aoc *out, const struct pri_subcmd_aoc_d *in);
void isdn_aoc_from_e(struct isdn_aoc *out, const struct pri_subcmd_aoc_e *in);
/** For pri_aoc_s_send() and the like; `in` is of that kind. */
void isdn_aoc_to_s(struct pri_subcmd_aoc_s *out, const struct isdn_aoc *in);
void isdn_aoc_to_d(struct pri_subcmd_aoc_d *out, const struct isdn_aoc *in);
void isdn_aoc_to_e(struct pri_subcmd_aoc_e *out, const struct isdn_aoc *in);

#endif
