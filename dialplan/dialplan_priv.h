/* What the files of dialplan/ share. */
#ifndef DIALPLAN_DIALPLAN_PRIV_H
#define DIALPLAN_DIALPLAN_PRIV_H

#include "dialplan/dialplan.h"

/** A kind of number within a country. */
enum dp_class {
    DP_CLASS_EMERGENCY,
    DP_CLASS_FREEPHONE,
    DP_CLASS_PREMIUM,
    DP_CLASS_MOBILE,
    DP_CLASS_INTERNAL,
    DP_CLASS_NATIONAL,
    DP_CLASS_INTERNATIONAL,
    DP_CLASSES
};

/** A prefix of the national significant number that belongs to a class. */
struct dp_class_prefix {
    enum dp_class cls;
    const char *prefix; /**< NULL ends the rows */
};

/** How many digits the national significant numbers have that begin so; the longest prefix that
 * fits decides. */
struct dp_length {
    const char *prefix; /**< NULL ends the rows */
    unsigned min, max;  /**< max 0: nobody has such a number */
};

/** Short codes that begin so: dialled as they stand, with no prefix before them. */
struct dp_short {
    const char *prefix; /**< NULL ends the rows */
    unsigned min, max;  /**< digits */
    enum dp_class cls;  /**< DP_CLASSES: none */
};

/** The facts about one country; docs/countries.md has them as a table with their sources. */
struct dp_country {
    const char *name;
    const char *code;          /**< country code, "49" */
    const char *international; /**< prefix dialled before a foreign number, "00" */
    const char *national;      /**< trunk prefix, "0"; empty: there is none */
    unsigned subscriber_min;   /**< digits of the shortest number dialled without any prefix that is
                                  no extension */
    unsigned subscriber_max;   /**< 0: nothing is dialled without the area */
    unsigned national_min, national_max; /**< digits of a national significant number, at most */
    bool closed; /**< national numbers are dialled without trunk prefix too (closed numbering plan)
                  */
    const struct dp_short *shorts;         /**< raw everywhere */
    const struct dp_class_prefix *classes; /**< emergency is among the short codes only */
    const struct dp_length *lengths;       /**< where it is not national_min to national_max */
    /** Where several countries share a code: lists of the prefixes that are this country's (NULL:
     * all but `abroad`) and that are another's; each list and the row of lists end with NULL. */
    const char *const *const *own, *const *const *abroad;
};

extern const struct dp_country dp_country_at, dp_country_ca, dp_country_ch, dp_country_de,
    dp_country_es, dp_country_fr, dp_country_gb, dp_country_it, dp_country_nl, dp_country_pl,
    dp_country_us;
/** All profiles; NULL ends the row. */
extern const struct dp_country *const dp_countries[];

/** Whether `digits` begin with `prefix`. */
bool dp_begins(const char *digits, const char *prefix);
/** The first profile with the country code of an E.164 number; NULL: none is known. */
const struct dp_country *dp_country_of(const struct dp_number *n);
/** How many digits a national significant number can have that begins so, and may have more. */
void dp_national_length(const struct dp_country *c, const char *nsn, unsigned *min, unsigned *max);
/** The row of a short code, also of the beginning of one; NULL: it is none. */
const struct dp_short *dp_short_code(const struct dp_country *c, const char *digits);

/** Which word names a class ("national"); DP_CLASSES: none. */
enum dp_class dp_class_parse(struct rt_str word);
bool dp_class_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site);
/** Whether the beginning of an E.164 number that is not in the class can still grow into it. */
bool dp_class_may_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site);
/** Whether more digits could make an E.164 number or a short code of these, as dialled at `site`.
 */
bool dp_may_become_e164(const struct dp_number *n, const struct dp_site *site);

/** The DDI block that has this e164 number, or this extension; NULL: none. */
const struct dp_ddi *dp_ddi_of_e164(const struct dp_site *site, const char *digits);
const struct dp_ddi *dp_ddi_of_local(const struct dp_site *site, const char *digits);
/** Translates within a block that has the number. */
void dp_ddi_to_e164(char *digits, const struct dp_ddi *d);
void dp_ddi_to_local(char *digits, const struct dp_ddi *d);

#endif
