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

/** A prefix of the national significant number, or of a short code, that belongs to a class. */
struct dp_class_prefix {
    enum dp_class cls;
    const char *prefix;
};

struct dp_country {
    const char *name;
    const char *code;          /**< country code, "49" */
    const char *international; /**< prefix dialled before a foreign number, "00" */
    const char *national;      /**< trunk prefix, "0" */
    unsigned subscriber_min;   /**< digits of the shortest number dialled without any prefix that is
                                  no extension */
    unsigned subscriber_max;
    unsigned national_min, national_max; /**< digits of a national significant number */
    bool closed; /**< national numbers are dialled without trunk prefix too (closed numbering plan)
                  */
    const char *const *shorts; /**< short codes, raw everywhere; NULL-terminated */
    const struct dp_class_prefix *classes;
    size_t nclasses;
};

/** Which word names a class ("national"); DP_CLASSES: none. */
enum dp_class dp_class_parse(struct rt_str word);
bool dp_class_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site);
/** Whether the beginning of an E.164 number that is not in the class can still grow into it. */
bool dp_class_may_match(enum dp_class cls, const struct dp_number *n, const struct dp_site *site);
/** Whether more digits could make an E.164 number of these, as dialled at `site`. */
bool dp_may_become_e164(const struct dp_number *n, const struct dp_site *site);
/** True for 112 and its like: dialled as they stand, with no prefix before them. */
bool dp_is_short_code(const struct dp_country *c, const char *digits);

/** The DDI block that has this e164 number, or this extension; NULL: none. */
const struct dp_ddi *dp_ddi_of_e164(const struct dp_site *site, const char *digits);
const struct dp_ddi *dp_ddi_of_local(const struct dp_site *site, const char *digits);
/** Translates within a block that has the number. */
void dp_ddi_to_e164(char *digits, const struct dp_ddi *d);
void dp_ddi_to_local(char *digits, const struct dp_ddi *d);

#endif
