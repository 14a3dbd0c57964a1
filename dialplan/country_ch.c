/* Switzerland. BAKOM/OFCOM: numbering plan E.164/2002 (closed: the area is always dialled, 9
 * digits), BAKOM's pages on 0800, 084x, 090x and short numbers; emergency services: FDV (ordinance
 * on telecommunications services), 112, 117, 118, 143, 144, 145, 147.
 *
 * 084x (shared cost, at most 7.5 ct a minute, the price of a national call) is not premium.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY}, /* European number */
    {"117", 3, 3, DP_CLASS_EMERGENCY}, /* police */
    {"118", 3, 3, DP_CLASS_EMERGENCY}, /* fire */
    {"143", 3, 3, DP_CLASS_EMERGENCY}, /* helpline */
    {"144", 3, 3, DP_CLASS_EMERGENCY}, /* ambulance */
    {"145", 3, 3, DP_CLASS_EMERGENCY}, /* poisons */
    {"147", 3, 3, DP_CLASS_EMERGENCY}, /* children */
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* harmonised services of social value */
    {"140", 3, 3, DP_CLASSES},         /* breakdown service */
    {"141", 4, 4, DP_CLASSES},         /* 1414 and 1415: air rescue */
    {"161", 3, 3, DP_CLASSES},         {"162", 3, 3, DP_CLASSES}, {"163", 3, 3, DP_CLASSES},
    {"18", 4, 4, DP_CLASS_PREMIUM}, /* 18xy: directory enquiries, priced as 090x */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_PREMIUM, "900"}, /* business, marketing */
    {DP_CLASS_PREMIUM, "901"},                              /* games, competitions */
    {DP_CLASS_PREMIUM, "906"},                              /* adults */
    {DP_CLASS_MOBILE, "75"},     {DP_CLASS_MOBILE, "76"},   {DP_CLASS_MOBILE, "77"},
    {DP_CLASS_MOBILE, "78"},     {DP_CLASS_MOBILE, "79"},   {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},
    {"860", 12, 12}, /* voice mail: 860 and the number */
    {NULL, 0, 0},
};

const struct dp_country dp_country_ch = {
    .name = "ch",
    .code = "41",
    .international = "00",
    .national = "0",
    .national_min = 9,
    .national_max = 9,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
