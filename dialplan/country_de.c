/* Germany. Bundesnetzagentur: "Nummernplan Rufnummern fuer oeffentliche Telefondienste" (structure
 * of the number space, 030 and other areas), and the plans for 015/016/017, 0137, 0180, 0700, 0800,
 * 0900, 032, 110/112, 115, 116, 118. ITU-T E.164 national numbering plan of Germany (+49): national
 * significant numbers of 4 to 13 digits, areas of 2 to 5.
 *
 * 0180 (service numbers, at most 20 ct a call or 14 ct a minute from fixed lines, with a cap for
 * mobiles) is not surcharged beyond that: not premium. 0190 ended in 2005.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"110", 3, 3, DP_CLASS_EMERGENCY}, /* police: NotrufV 1 */
    {"112", 3, 3, DP_CLASS_EMERGENCY}, /* NotrufV 1 */
    {"115", 3, 3, DP_CLASSES},         /* administration */
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* harmonised services of social value, 2007/116/EC */
    {"118", 5, 6, DP_CLASS_PREMIUM},   /* directory enquiries */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "116"}, {DP_CLASS_PREMIUM, "900"},
    {DP_CLASS_PREMIUM, "137"}, /* mass calling, up to 1 EUR a call */
    {DP_CLASS_PREMIUM, "118"},   {DP_CLASS_MOBILE, "15"},     {DP_CLASS_MOBILE, "16"},
    {DP_CLASS_MOBILE, "17"},     {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},
    /* plan for mobile services: 015 has 11, 016 and 017 10 or 11; two more select the mailbox */
    {"15", 11, 13},
    {"16", 10, 13},
    {"17", 10, 13},
    {"137", 10, 10}, /* plan for mass calling: 137, kind, 6 digits */
    {"32", 11, 11},  /* plan for national numbers: 32 and 9 digits */
    {"700", 11, 11}, /* plan for personal numbers: 8 digits */
    {"800", 10, 10}, /* plan for freephone: 7 digits */
    {"900", 10, 10}, /* plan for premium: kind and 6 digits */
    {NULL, 0, 0},
};

const struct dp_country dp_country_de = {
    .name = "de",
    .code = "49",
    .international = "00",
    .national = "0",
    .subscriber_min = 5,
    .subscriber_max = 11,
    .national_min = 4,
    .national_max = 13,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
