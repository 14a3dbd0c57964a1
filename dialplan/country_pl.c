/* Poland. UKE: Plan numeracji krajowej (regulation of the ministry of administration and
 * digitisation) and UKE's tables for routing emergency calls (NKA: 112 and the codes 98x and 99x
 * below); ITU-T E.164 of +48. Closed since 2009: nine digits, no trunk prefix.
 *
 * 801 (shared cost, the caller pays at most a local call) is not premium. 300 and 400 became 703
 * and 704 in 2008.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY}, {"984", 3, 3, DP_CLASS_EMERGENCY}, /* rivers */
    {"985", 3, 3, DP_CLASS_EMERGENCY},                                    /* sea, mountains */
    {"986", 3, 3, DP_CLASS_EMERGENCY},                                    /* town guard */
    {"987", 3, 3, DP_CLASS_EMERGENCY},                                    /* crisis centres */
    {"991", 3, 3, DP_CLASS_EMERGENCY},                                    /* power */
    {"992", 3, 3, DP_CLASS_EMERGENCY},                                    /* gas */
    {"993", 3, 3, DP_CLASS_EMERGENCY},                                    /* heating */
    {"994", 3, 3, DP_CLASS_EMERGENCY},                                    /* water */
    {"995", 3, 3, DP_CLASS_EMERGENCY},                                    /* child alert */
    {"996", 3, 3, DP_CLASS_EMERGENCY},                                    /* terrorism */
    {"997", 3, 3, DP_CLASS_EMERGENCY},                                    /* police */
    {"998", 3, 3, DP_CLASS_EMERGENCY},                                    /* fire */
    {"999", 3, 3, DP_CLASS_EMERGENCY},                                    /* ambulance */
    {"989", 3, 3, DP_CLASSES},                                            /* health fund */
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* services of social value */
    {"118", 6, 6, DP_CLASS_PREMIUM},   /* directory enquiries */
    {"19", 5, 5, DP_CLASSES},          /* 19xxx: of the area */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_PREMIUM, "70"}, {DP_CLASS_MOBILE, "45"},
    {DP_CLASS_MOBILE, "50"},     {DP_CLASS_MOBILE, "51"},  {DP_CLASS_MOBILE, "53"},
    {DP_CLASS_MOBILE, "57"},     {DP_CLASS_MOBILE, "60"},  {DP_CLASS_MOBILE, "66"},
    {DP_CLASS_MOBILE, "69"},     {DP_CLASS_MOBILE, "72"},  {DP_CLASS_MOBILE, "73"},
    {DP_CLASS_MOBILE, "78"},     {DP_CLASS_MOBILE, "79"},  {DP_CLASS_MOBILE, "88"},
    {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {{"0", 0, 0}, {NULL, 0, 0}};

const struct dp_country dp_country_pl = {
    .name = "pl",
    .code = "48",
    .international = "00",
    .national = "",
    .national_min = 9,
    .national_max = 9,
    .closed = true,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
