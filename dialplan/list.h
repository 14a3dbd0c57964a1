/* Lists of numbers: ranges nobody may call, callers nobody is, numbers to treat in some way.
 *
 * A table (dialplan/rows.h) with a column `prefix`, `number` (exactly that one) or `from` and `to`;
 * a table of one column without header is prefixes. Beside it a column `reason` or `name` with a
 * text for the row. Immutable once built; the longest prefix decides.
 */
#ifndef DIALPLAN_LIST_H
#define DIALPLAN_LIST_H

#include "dialplan/dialplan.h"
#include "dialplan/rows.h"

/** Where a list comes from; borrowed while loading. */
struct dp_list_config {
    const char *const *patterns; /**< files, NULL-terminated; several merge in the order of names */
    const char *columns, *table; /**< as in struct dp_rows_config */
    bool raw; /**< numbers as dialled: extensions, short codes. Else E.164, with or without "+" */
    uint32_t bad_ppm, change_ppm; /**< as in struct dp_deck_config */
};

struct dp_list;
/** Builds a list with one reference; as dp_deck_load(). `why` says what is wrong. */
int dp_list_load(struct dp_list **out, const struct dp_list_config *cfg,
                 const struct dp_list *previous, char why[DP_ROWS_WHY]);
struct dp_list *dp_list_ref(struct dp_list *l);
void dp_list_unref(struct dp_list *l);

/** The text of the row that a number falls under, "" when it has none; NULL: it is not listed. An
 * E.164 number is never in a list of raw ones, nor the other way round. */
const char *dp_list_find(const struct dp_list *l, const struct dp_number *n);
static inline bool dp_list_has(const struct dp_list *l, const struct dp_number *n)
{
    return dp_list_find(l, n) != NULL;
}
uint64_t dp_list_rows(const struct dp_list *l);
uint64_t dp_list_bad(const struct dp_list *l);
size_t dp_list_bytes(const struct dp_list *l);

#endif
