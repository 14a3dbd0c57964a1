/* Italy. AGCOM: Piano di numerazione, delibera 26/08/CIR (articles 7 to 22) and delibera 8/15/CIR;
 * ITU-T E.164 of +39. Closed: the 0 of geographic numbers is part of them, at home and after +39.
 * Geographic numbers have 6 to 11 digits, mobile ones 9 or 10.
 *
 * Surcharged (sovrapprezzo, articles 19, 20, 22): 144, 163, 164, 166, 892, 893, 894, 895, 899,
 * directory enquiries 12xy, and 0878 (votes by telephone). Shared cost (840, 841, 847, 848: article
 * 17) and single numbers (178, 199: article 18) are not.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY}, /* article 12 */
    {"113", 3, 3, DP_CLASS_EMERGENCY}, /* police */
    {"114", 3, 3, DP_CLASS_EMERGENCY}, /* children */
    {"115", 3, 3, DP_CLASS_EMERGENCY}, /* fire */
    {"118", 3, 3, DP_CLASS_EMERGENCY}, /* ambulance */
    {"117", 3, 3, DP_CLASSES},         /* article 13: Guardia di Finanza, */
    {"15", 4, 4, DP_CLASSES},          /* 1500, 1515, 1518, 1522, 1530, ... */
    {"116", 6, 6, DP_CLASS_FREEPHONE}, /* services of social value */
    {"12", 4, 4, DP_CLASS_PREMIUM},    /* article 22: directory enquiries */
    {"18", 3, 3, DP_CLASSES},          /* article 15: operators' customer care, */
    {"19", 3, 3, DP_CLASSES},          /* 187, 190, ... */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "803"}, {DP_CLASS_PREMIUM, "144"},
    {DP_CLASS_PREMIUM, "163"},   {DP_CLASS_PREMIUM, "164"},   {DP_CLASS_PREMIUM, "166"},
    {DP_CLASS_PREMIUM, "892"},   {DP_CLASS_PREMIUM, "893"},   {DP_CLASS_PREMIUM, "894"},
    {DP_CLASS_PREMIUM, "895"},   {DP_CLASS_PREMIUM, "899"},   {DP_CLASS_PREMIUM, "0878"},
    {DP_CLASS_MOBILE, "3"},      {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 6, 11},    {"1", 0, 0},   {"144", 6, 10}, {"163", 5, 10}, {"164", 5, 10}, {"166", 6, 10},
    {"178", 10, 10}, {"199", 9, 9}, {"2", 0, 0},    {"3", 9, 10},   {"4", 0, 0},    {"5", 10, 10},
    {"6", 0, 0},     {"803", 6, 6}, {"9", 0, 0},    {NULL, 0, 0},
};

const struct dp_country dp_country_it = {
    .name = "it",
    .code = "39",
    .international = "00",
    .national = "",
    .national_min = 6,
    .national_max = 11,
    .closed = true,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
