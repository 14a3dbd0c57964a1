/* Advice of charge as the gateway needs it: amounts as decimals, and what a record says of a call's
 * price. The advice itself is isdn/aoc.h's, for its words are ISDN's own.
 */
#ifndef GW_AOC_H
#define GW_AOC_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"
#include "isdn/aoc.h"

#define GW_AOC_AMOUNT_LEN 24
#define GW_CHARGE_LEN     40

/** "1.230", "0.05", "120": with the digits that the multiplier says. Returns `out`. */
char *gw_aoc_amount(char out[GW_AOC_AMOUNT_LEN], const struct isdn_aoc_money *m);
/** Reads a decimal that is not negative (xs:decimal); what is finer than a thousandth is rounded.
 * The currency stays as it is. EINVAL, ERANGE. */
int gw_aoc_read_amount(struct isdn_aoc_money *m, struct rt_str decimal);
/** All units of AOC-D or AOC-E together, whatever their types; -1: not available. */
int64_t gw_aoc_units(const struct isdn_aoc *aoc);
/** What AOC-D or AOC-E says for a record: "1.230 EUR", "12 units", "free"; empty: nothing. */
void gw_aoc_text(char out[GW_CHARGE_LEN], const struct isdn_aoc *aoc);

enum gw_aoc_counter { GW_AOC_RECEIVED, GW_AOC_SENT, GW_AOC_MALFORMED, GW_AOC_NCOUNTERS };
extern struct rt_counter gw_aoc_counters[GW_AOC_NCOUNTERS];

#endif
