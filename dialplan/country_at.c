/* Austria. RTR: Kommunikationsparameter-, Entgelt- und Mehrwertdiensteverordnung (KEM-V 2009) and
 * RTR's table of number ranges; emergency numbers: KEM-V 2009 18. ITU-T E.164 national numbering
 * plan of Austria (+43): national significant numbers of 4 to 13 digits, an open plan whose
 * subscribers may add digits for extensions.
 *
 * 0810, 0820, 0821, 0828 have a regulated ceiling (10 and 20 ct): not premium. 0804 is free access
 * to the internet. 0662 is Salzburg in the midst of the mobile codes.
 */
#include "dialplan/dialplan_priv.h"

static const struct dp_short shorts[] = {
    {"112", 3, 3, DP_CLASS_EMERGENCY},                            /* KEM-V 18: European number */
    {"122", 3, 3, DP_CLASS_EMERGENCY},                            /* fire */
    {"128", 3, 3, DP_CLASS_EMERGENCY},                            /* gas */
    {"133", 3, 3, DP_CLASS_EMERGENCY},                            /* police */
    {"140", 3, 3, DP_CLASS_EMERGENCY},                            /* mountain rescue */
    {"141", 3, 3, DP_CLASS_EMERGENCY},                            /* doctors */
    {"142", 3, 3, DP_CLASS_EMERGENCY},                            /* Telefonseelsorge */
    {"144", 3, 3, DP_CLASS_EMERGENCY},                            /* ambulance */
    {"147", 3, 3, DP_CLASS_EMERGENCY},                            /* children */
    {"111", 5, 6, DP_CLASSES},                                    /* faults: 111 and the operator */
    {"116", 6, 6, DP_CLASS_FREEPHONE},                            /* 2007/116/EC */
    {"118", 5, 6, DP_CLASS_PREMIUM},                              /* directory enquiries */
    {"120", 3, 3, DP_CLASSES},                                    /* KEM-V 24: road services, */
    {"123", 3, 3, DP_CLASSES},         {"130", 3, 3, DP_CLASSES}, /* warning centres, */
    {"1450", 4, 4, DP_CLASSES},                                   /* health, */
    {"1455", 4, 4, DP_CLASSES},                                   /* chemists, */
    {"1484", 4, 4, DP_CLASSES},                                   /* ambulance transport */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "116"}, {DP_CLASS_PREMIUM, "900"},
    {DP_CLASS_PREMIUM, "901"},   {DP_CLASS_PREMIUM, "930"},   {DP_CLASS_PREMIUM, "931"},
    {DP_CLASS_PREMIUM, "939"},   {DP_CLASS_MOBILE, "650"},    {DP_CLASS_MOBILE, "651"},
    {DP_CLASS_MOBILE, "652"},    {DP_CLASS_MOBILE, "653"},    {DP_CLASS_MOBILE, "655"},
    {DP_CLASS_MOBILE, "657"},    {DP_CLASS_MOBILE, "659"},    {DP_CLASS_MOBILE, "660"},
    {DP_CLASS_MOBILE, "661"},    {DP_CLASS_MOBILE, "663"},    {DP_CLASS_MOBILE, "664"},
    {DP_CLASS_MOBILE, "665"},    {DP_CLASS_MOBILE, "666"},    {DP_CLASS_MOBILE, "667"},
    {DP_CLASS_MOBILE, "668"},    {DP_CLASS_MOBILE, "669"},    {DP_CLASS_MOBILE, "67"},
    {DP_CLASS_MOBILE, "68"},     {DP_CLASS_MOBILE, "69"},     {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {
    {"0", 0, 0},    {"800", 9, 13}, /* three digits and six, extensions after them: KEM-V 4, 77 */
    {"900", 9, 13}, {"901", 9, 13}, {"930", 9, 13}, {"931", 9, 13}, {"939", 9, 13}, {NULL, 0, 0},
};

const struct dp_country dp_country_at = {
    .name = "at",
    .code = "43",
    .international = "00",
    .national = "0",
    .subscriber_min = 5,
    .subscriber_max = 12,
    .national_min = 4,
    .national_max = 13,
    .shorts = shorts,
    .classes = classes,
    .lengths = lengths,
};
