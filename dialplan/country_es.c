/* Spain. CNMC and the ministry: Plan nacional de numeracion telefonica (Real Decreto 2296/2004),
 * resolutions on 803, 806, 807, 905, 907 and 118; ITU-T E.164 of +34. Closed since 1998: nine
 * digits always, no trunk prefix; numbers between machines (59) have 13.
 *
 * 901 and 902 (shared cost; since 2020 at most the price of a call to a fixed line) are not
 * premium.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY},
    {"061", 3, 3, DP_CLASS_EMERGENCY}, /* health */
    {"062", 3, 3, DP_CLASS_EMERGENCY}, /* Guardia Civil */
    {"080", 3, 3, DP_CLASS_EMERGENCY}, /* local fire brigades */
    {"085", 3, 3, DP_CLASS_EMERGENCY}, /* provincial fire brigades */
    {"088", 3, 3, DP_CLASS_EMERGENCY}, /* autonomous police */
    {"091", 3, 3, DP_CLASS_EMERGENCY}, /* national police */
    {"092", 3, 3, DP_CLASS_EMERGENCY}, /* local police */
    {"01", 3, 3, DP_CLASSES},          /* administrations: 010, 012, 016, 017, */
    {"02", 3, 3, DP_CLASSES},
    {"06", 3, 3, DP_CLASSES}, /* 060, ... */
    {"09", 3, 3, DP_CLASSES},
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* services of social value */
    {"118", 5, 5, DP_CLASS_PREMIUM},   /* directory enquiries */
    {"10", 4, 4, DP_CLASSES},          /* operators' help */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "900"}, {DP_CLASS_PREMIUM, "803"},
    {DP_CLASS_PREMIUM, "806"},   {DP_CLASS_PREMIUM, "807"},   {DP_CLASS_PREMIUM, "905"},
    {DP_CLASS_PREMIUM, "907"},   {DP_CLASS_MOBILE, "6"},      {DP_CLASS_MOBILE, "71"},
    {DP_CLASS_MOBILE, "72"},     {DP_CLASS_MOBILE, "73"},     {DP_CLASS_MOBILE, "74"},
    {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0}, {"1", 0, 0}, {"2", 0, 0}, {"3", 0, 0}, {"4", 0, 0}, {"59", 13, 13}, {NULL, 0, 0},
};

const struct dp_country dp_country_es = {
    .name = "es",
    .code = "34",
    .international = "00",
    .national = "",
    .national_min = 9,
    .national_max = 9,
    .closed = true,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
