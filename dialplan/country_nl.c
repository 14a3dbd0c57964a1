/* Netherlands. ACM and the ministry: Nummerplan telefoon- en ISDN-diensten (annexes: geographic and
 * other numbers, their digits and uses); ITU-T E.164 of +31. Nine digits after the 0; 0800 and 090x
 * 7 or 10, 0970 (between machines) 11. Local numbers, 9 digits less the area's, are still dialled.
 *
 * 084, 085, 087, 088, 091 cost at most what a geographic number does: not premium.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY},
    {"113", 3, 3, DP_CLASSES},         /* suicide prevention */
    {"144", 3, 3, DP_CLASSES},         /* animals */
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* services of social value */
    {"12", 4, 4, DP_CLASSES},          /* operators' services, voice mail */
    {"13", 4, 4, DP_CLASSES},
    {"140", 5, 6, DP_CLASSES},      /* 14 and the area: municipalities */
    {"18", 4, 4, DP_CLASS_PREMIUM}, /* directory enquiries */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_PREMIUM, "900"}, {DP_CLASS_PREMIUM, "906"},
    {DP_CLASS_PREMIUM, "909"},   {DP_CLASS_MOBILE, "61"},   {DP_CLASS_MOBILE, "62"},
    {DP_CLASS_MOBILE, "63"},     {DP_CLASS_MOBILE, "64"},   {DP_CLASS_MOBILE, "65"},
    {DP_CLASS_MOBILE, "68"},     {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},    {"800", 7, 10}, {"900", 7, 10}, {"906", 7, 10},
    {"909", 7, 10}, {"97", 11, 11}, {NULL, 0, 0},
};

const struct dp_country dp_country_nl = {
    .name = "nl",
    .code = "31",
    .international = "00",
    .national = "0",
    .subscriber_min = 6,
    .subscriber_max = 7,
    .national_min = 9,
    .national_max = 9,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
