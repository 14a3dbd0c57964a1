/* United Kingdom. Ofcom: National Telephone Numbering Plan (parts A1 to A3: area codes, lengths,
 * access codes of type A; B: designations and tariff principles) and ITU-T E.164 of +44. Numbers
 * have 10 digits; some areas (01204, 016977, ...) and old 0800 numbers 9, ChildLine 0800 1111 7.
 *
 * Surcharged, so premium: 09, 087 (service charge up to 13 p a minute; with 09 and 118 under the
 * rules for premium rate services), 118. 084 (service charge up to 7 p) and 070 (personal numbers,
 * capped at the price of mobile calls since 2019) are not. 03 costs what 01 and 02 do. Jersey,
 * Guernsey and Man share the code and the plan: national.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"999", 3, 3, DP_CLASS_EMERGENCY},
    {"112", 3, 3, DP_CLASS_EMERGENCY},
    {"18000", 5, 5, DP_CLASS_EMERGENCY}, /* text relay to emergency services */
    {"100", 3, 3, DP_CLASSES},           /* operator */
    {"101", 3, 3, DP_CLASSES},           /* police */
    {"105", 3, 3, DP_CLASSES},           /* power cuts */
    {"111", 3, 3, DP_CLASSES},           /* health */
    {"116", 6, 6, DP_CLASS_FREEPHONE},   /* services of social value */
    {"118", 6, 6, DP_CLASS_PREMIUM},     /* directory enquiries */
    {"119", 3, 3, DP_CLASSES},
    {"123", 3, 3, DP_CLASSES},
    {"14", 4, 4, DP_CLASSES}, /* 1471: last caller */
    {"15", 3, 3, DP_CLASSES}, /* operators' services, 159 */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "80"}, {DP_CLASS_PREMIUM, "9"}, {DP_CLASS_PREMIUM, "87"},
    {DP_CLASS_MOBILE, "71"},    {DP_CLASS_MOBILE, "72"}, {DP_CLASS_MOBILE, "73"},
    {DP_CLASS_MOBILE, "74"},    {DP_CLASS_MOBILE, "75"}, {DP_CLASS_MOBILE, "7624"}, /* Man */
    {DP_CLASS_MOBILE, "77"},    {DP_CLASS_MOBILE, "78"}, {DP_CLASS_MOBILE, "79"},
    {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},    {"4", 0, 0},       {"6", 0, 0},  {"1", 9, 10},
    {"800", 9, 10}, {"8001111", 7, 7}, {NULL, 0, 0},
};

const struct dp_country dp_country_gb = {
    .name = "gb",
    .code = "44",
    .international = "00",
    .national = "0",
    .subscriber_min = 5,
    .subscriber_max = 8,
    .national_min = 10,
    .national_max = 10,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
