/* France (metropolitan, and the +33 part of the plan). ARCEP: decision 2018-0881 as amended by
 * 2022-1583, "plan national de numerotation": ten digits with the 0, nine after +33; 0700 numbers
 * of extended length (14 with the 0); short numbers of 2.4.8 to 2.4.12. ARCEP's list of emergency
 * numbers: 112, 15, 17, 18, 114, 115, 119, 116000, 191, 196, 197.
 *
 * "Tarification majoree" is a surcharge: 081, 082 and 089 are premium, whichever of them the plan
 * calls shared cost; 0806 to 0809 ("banalisee") cost an ordinary call.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY},
    {"15", 2, 2, DP_CLASS_EMERGENCY},     /* medical */
    {"17", 2, 2, DP_CLASS_EMERGENCY},     /* police */
    {"18", 2, 2, DP_CLASS_EMERGENCY},     /* fire */
    {"114", 3, 3, DP_CLASS_EMERGENCY},    /* by text and video */
    {"115", 3, 3, DP_CLASS_EMERGENCY},    /* social emergency */
    {"119", 3, 3, DP_CLASS_EMERGENCY},    /* children */
    {"191", 3, 3, DP_CLASS_EMERGENCY},    /* air rescue */
    {"196", 3, 3, DP_CLASS_EMERGENCY},    /* sea rescue */
    {"197", 3, 3, DP_CLASS_EMERGENCY},    /* terrorism, abduction */
    {"116000", 6, 6, DP_CLASS_EMERGENCY}, /* missing children */
    {"116", 6, 6, DP_CLASS_FREEPHONE},
    {"118", 6, 6, DP_CLASS_PREMIUM},  /* directory enquiries */
    {"10", 4, 4, DP_CLASSES},         /* operators' help */
    {"30", 4, 4, DP_CLASS_FREEPHONE}, /* 3000-3169 and 3180-3199 are free */
    {"31", 4, 4, DP_CLASS_FREEPHONE},
    {"317", 4, 4, DP_CLASSES},
    {"32", 4, 4, DP_CLASS_PREMIUM}, /* 3BPQ with a surcharge */
    {"34", 4, 4, DP_CLASS_PREMIUM},
    {"35", 4, 4, DP_CLASS_PREMIUM},
    {"36", 4, 4, DP_CLASS_PREMIUM},
    {"37", 4, 4, DP_CLASS_PREMIUM},
    {"38", 4, 4, DP_CLASS_PREMIUM},
    {"39", 4, 4, DP_CLASS_PREMIUM},
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "801"}, {DP_CLASS_FREEPHONE, "802"},
    {DP_CLASS_FREEPHONE, "803"}, {DP_CLASS_FREEPHONE, "804"}, {DP_CLASS_FREEPHONE, "805"},
    {DP_CLASS_PREMIUM, "81"},    {DP_CLASS_PREMIUM, "82"},    {DP_CLASS_PREMIUM, "89"},
    {DP_CLASS_MOBILE, "6"},      {DP_CLASS_MOBILE, "7"},      {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},
    {"700", 13, 13}, /* numbers of extended length, between machines */
    {NULL, 0, 0},
};

const struct dp_country dp_country_fr = {
    .name = "fr",
    .code = "33",
    .international = "00",
    .national = "0",
    .national_min = 9,
    .national_max = 9,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
