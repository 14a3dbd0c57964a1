/* Numbers and routing by number: pure functions on values, no call and no socket in sight.
 *
 * E.164 inside, always; made so on the way in (dp_normalise), formatted for a trunk on the way out
 * (dp_format).
 */
#ifndef DIALPLAN_DIALPLAN_H
#define DIALPLAN_DIALPLAN_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- numbers ---- */

/** Digits of a number, `*`, `#`, A-D; E.164 allows 15, private plans and routing prefixes more. */
#define DP_DIGITS_MAX 40

/** Type of number (Q.931 4.5.8, Q.763 nature of address). */
enum dp_ton {
    DP_TON_UNKNOWN,
    DP_TON_INTERNATIONAL,
    DP_TON_NATIONAL,
    DP_TON_NETWORK,
    DP_TON_SUBSCRIBER,
    DP_TON_ABBREVIATED
};
/** `international`, as a plan says it. EINVAL: no such type. */
int dp_ton_parse(enum dp_ton *out, struct rt_str word);
const char *dp_ton_name(enum dp_ton ton);
/** Numbering plan identification. */
enum dp_npi { DP_NPI_UNKNOWN, DP_NPI_ISDN, DP_NPI_PRIVATE };
/** Presentation of a calling, connected or redirecting number. */
enum dp_present { DP_ALLOWED, DP_RESTRICTED, DP_UNAVAILABLE };
/** Screening indicator (Q.931 4.5.10). */
enum dp_screen { DP_USER_NOT_SCREENED, DP_USER_PASSED, DP_USER_FAILED, DP_NETWORK };

/** A number as it stands on a wire or, when `e164`, as tandem keeps it. No digits: no number. */
struct dp_number {
    char digits[DP_DIGITS_MAX + 1]; /**< without "+" */
    bool e164;                      /**< an international number with its country code */
    enum dp_ton ton;
    enum dp_npi npi;
    enum dp_present present;
    enum dp_screen screen;
};

/** Room for a number as text with "+" and NUL. */
#define DP_TEXT_LEN (DP_DIGITS_MAX + 2)
/** `+4930123` when e164, else the digits as they are. Returns `out`. */
char *dp_text(char out[DP_TEXT_LEN], const struct dp_number *n);
/** Reads digits with an optional leading "+" (then e164); visual separators `-.()` are dropped (RFC
 * 3966 5.1.1). EINVAL: not a number; E2BIG: too long. */
int dp_number_parse(struct dp_number *out, struct rt_str text);
bool dp_number_equal(const struct dp_number *a, const struct dp_number *b);

/** The number in a tel: URI, or in a sip:/sips: URI's user part (user=phone or digits). Parameters
 * isub, ext, postd, phone-context are understood, the rest skipped (RFC 3966, RFC 3261 19.1.6).
 * EINVAL: the user part is no number. */
int dp_number_from_uri(struct dp_number *out, struct rt_str uri);

/* ---- where we are ---- */

/** Facts about a country's numbering (dialplan/country_XX.c, docs/countries.md); each profile names
 * its public sources. */
struct dp_country;
/** `de`, `us`; NULL when there is no such profile. */
const struct dp_country *dp_country(struct rt_str name);
/** The profile's name, "de": also the name of its tones. */
const char *dp_country_code(const struct dp_country *c);
/** Names of all profiles, for messages: NULL-terminated. */
const char *const *dp_country_names(void);

/** A direct-dialling block, one to one: +4930901821[00..99] <-> 1[00..99]. */
struct dp_ddi {
    char e164_prefix[DP_DIGITS_MAX + 1], local_prefix[DP_DIGITS_MAX + 1];
    uint64_t low, high;          /**< e164 side, inclusive */
    uint64_t local_low;          /**< local side's first */
    unsigned width, local_width; /**< digits of the counting part */
    struct dp_ddi *next;
};

/** Rules whose text for explain has the site in it: "de area 30: subscriber". */
enum dp_rule {
    DP_RULE_INTERNATIONAL, /**< the prefix for abroad was dialled */
    DP_RULE_NATIONAL,      /**< the trunk prefix was */
    DP_RULE_CLOSED,        /**< a whole national number without any prefix */
    DP_RULE_SUBSCRIBER,    /**< a number of the area */
    DP_RULE_SHORT,         /**< a short code stays what it is */
    DP_RULE_TYPE_NATIONAL, /**< the type of number says so */
    DP_RULE_TYPE_SUBSCRIBER,
    DP_RULES
};
#define DP_WHY_LEN 80

/** A site: country, area code, own numbers. Immutable once built. */
struct dp_site {
    const struct dp_country *country;
    char area[DP_DIGITS_MAX + 1];
    const char *zone; /**< `Europe/Berlin`; NULL: not said, UTC. Borrowed */
    struct dp_number main;
    struct dp_ddi *ddi;
    char why[DP_RULES][DP_WHY_LEN]; /**< of dp_site_seal(); empty: texts without the country */
};

/** The last step of building a site: country and area stand. Makes the texts for explain. */
void dp_site_seal(struct dp_site *site);

/** Reads `A <-> B`, each a pattern with at most one range of equal size. EINVAL with the reason in
 * `why`. */
int dp_ddi_parse(struct dp_ddi **out, struct rt_str e164, struct rt_str local, const char **why);

/** Which rule made a number what it is, for explain: "de area 30: subscriber", "ddi", "as it
 * stands". The text is static or the site's. */
typedef const char *dp_why;

/** A called number on the way in: TON, prefixes and area of `site` applied (RFC 3398 12). Already
 * e164: unchanged. A short code, an extension of a DDI block and whatever is not recognised stay
 * raw. `site` may be NULL. Never fails. */
dp_why dp_normalise_called(struct dp_number *n, const struct dp_site *site);
/** A calling number likewise; an extension of a DDI block becomes its E.164 number. */
dp_why dp_normalise_calling(struct dp_number *n, const struct dp_site *site);

/** How a trunk wants its numbers. */
enum dp_format {
    DP_E164,
    DP_E164_BARE,
    DP_NATIONAL_PREFIX,
    DP_ISDN,
    DP_ISUP_NATIONAL,      /**< nature of address national for the site's country code, else
                              international */
    DP_ISUP_INTERNATIONAL, /**< always international */
    DP_AS_DIALLED
};
/** EINVAL: no such format. */
int dp_format_parse(enum dp_format *out, struct rt_str word);
const char *dp_format_name(enum dp_format f);

/** The number as the trunk's wire wants it: digits, TON and plan. DP_AS_DIALLED gives extensions of
 * a DDI block, else what a person at `site` would dial. A raw number goes out as it is with TON
 * unknown. Presentation and screening are kept. */
dp_why dp_format_number(struct dp_number *out, const struct dp_number *n, enum dp_format f,
                        const struct dp_site *site);

/** May this number still grow? For overlap receiving: false when it is complete for the profile and
 * the table. */
enum dp_complete { DP_INCOMPLETE, DP_MAYBE_COMPLETE, DP_COMPLETE };
/** By the lengths that the plan of the number's own country allows (E.164: 15 digits where there is
 * no profile). A raw number may always be complete. */
enum dp_complete dp_number_complete(const struct dp_number *n);

/* ---- patterns and tables ---- */

struct dp_pattern;
/** Reads `112`, `+49*`, `1xx`, `[2-9]xx`, `+49309[00..99]`, `*21*`, `*`, or a country set
 * (`national`, ...). EINVAL with a static reason in `why`: `"1yx" is not a number pattern`. */
int dp_pattern_new(struct dp_pattern **out, struct rt_str text, const char **why);
/** Whether a set has a number; called by any thread that looks up. */
typedef bool (*dp_set_has)(const void *arg, const struct dp_number *n);
/** A set of the caller's: `in NAME`. More specific than a country's sets, less than numbers. Equal
 * to another when `has` and `arg` are. A number that it does not have is not waited for. */
int dp_pattern_new_set(struct dp_pattern **out, const char *text, dp_set_has has, const void *arg);
void dp_pattern_free(struct dp_pattern *p);
bool dp_pattern_match(const struct dp_pattern *p, const struct dp_number *n,
                      const struct dp_site *site);
/** The text it was made from. */
const char *dp_pattern_text(const struct dp_pattern *p);

/** Rows of patterns, the most specific wins: more fixed digits first, then ranges, then x, then
 * shorter prefix, then named sets. */
struct dp_table;
int dp_table_new(struct dp_table **out);
void dp_table_free(struct dp_table *t);
/** Adds a row (takes `p`), `value` borrowed. EEXIST when an equal pattern is there: `*other` is its
 * value. */
int dp_table_add(struct dp_table *t, struct dp_pattern *p, void *value, void **other);
/** Sorts and indexes; after this the table is read-only and any thread may look up. Before this,
 * and after ENOMEM, nothing is found. */
int dp_table_seal(struct dp_table *t);

/** What a look-up found. */
struct dp_match {
    void *value; /**< NULL: nothing matches */
    const struct dp_pattern *pattern;
    enum dp_complete complete; /**< whether more digits could give another, better match */
};
/** The best match. `n` may be incomplete (overlap): then `complete` tells whether to wait. */
void dp_table_find(struct dp_match *out, const struct dp_table *t, const struct dp_number *n,
                   const struct dp_site *site);
/** The next match after one found before, less specific: where to fall back to. `complete` as if
 * there were no rows before it but for what more digits could fit. */
void dp_table_find_next(struct dp_match *out, const struct dp_table *t, const struct dp_number *n,
                        const struct dp_site *site, const struct dp_match *after);
/** Calls `fn` for each row in order of specificity with whether it matches: what explain prints. */
void dp_table_explain(const struct dp_table *t, const struct dp_number *n,
                      const struct dp_site *site,
                      void (*fn)(void *arg, const struct dp_pattern *p, bool matches), void *arg);

#endif
