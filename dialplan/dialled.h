/* What people dial, as rows of digit sets: for whoever collects digits and has to know when they
 * are enough without asking for each of them (digit maps).
 */
#ifndef DIALPLAN_DIALLED_H
#define DIALPLAN_DIALLED_H

#include "dialplan/dialplan.h"

/** The digits that a set may have, bit 0 first. */
#define DP_DIALLED_KEYS    "0123456789ABCD*#"
#define DP_DIALLED_DECIMAL 0x3ff

enum dp_dialled_kind {
    DP_DIALLED_ROW,       /**< a pattern's */
    DP_DIALLED_EXTENSION, /**< of a direct-dialling block */
    DP_DIALLED_SHORT,     /**< a short code: no number dialled without prefix begins so */
    DP_DIALLED_PREFIXED,  /**< with a prefix before it */
    DP_DIALLED_PLAIN      /**< without: of the area, or a national number of a closed plan */
};

/** One form: `n` sets of digits, then any decimal ones; `min` to `max` digits in all. */
struct dp_dialled {
    enum dp_dialled_kind kind;
    uint16_t set[DP_DIGITS_MAX];
    unsigned n, min, max; /**< at most DP_DIGITS_MAX */
    unsigned prefix;      /**< of `n`: the prefix before a number */
};
typedef void (*dp_dialled_fn)(void *arg, const struct dp_dialled *d);

/** Which forms of a country there are. */
enum dp_dials {
    DP_DIALS_SHORT = 1,
    DP_DIALS_NATIONAL = 2,
    DP_DIALS_LOCAL = 4,
    DP_DIALS_INTERNATIONAL = 8
};

/** Calls `fn` for each form of a pattern of raw digits: a range may be several. Returns what else
 * is dialled for its numbers: enum dp_dials, or-ed. */
unsigned dp_pattern_dialled(const struct dp_pattern *p, const struct dp_site *site,
                            dp_dialled_fn fn, void *arg);
/** The site's extensions. */
void dp_site_extensions(const struct dp_site *site, dp_dialled_fn fn, void *arg);
/** How numbers are dialled at the site, by the lengths that its country knows. National forms do
 * not overlap. */
void dp_site_dialled(const struct dp_site *site, unsigned dials, dp_dialled_fn fn, void *arg);

#endif
