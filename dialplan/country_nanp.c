/* United States and Canada, which share +1 with Bermuda and much of the Caribbean. North American
 * Numbering Plan: NANPA (nationalnanpa.com: area codes by country, toll-free and N11 codes) and the
 * Canadian Numbering Administrator (cnac.ca: Canadian area codes, non-geographic 6XX); FCC 47 CFR
 * 52.15 (NXX-NXX-XXXX), FCC 20-100 (988). Ten digits, the first of area and office 2 to 9.
 *
 * `national` is the site's own country: another country's area codes are `international` though
 * they are dialled and signalled as national numbers. Territories of the US are national there.
 * Premium: 900; 976 as an office code is the local carriers' and follows no prefix.
 */
#include "dialplan/dialplan_priv.h"

/* N11 codes are the same in both countries */
static const struct dp_short shorts[] = {
    {"911", 3, 3, DP_CLASS_EMERGENCY}, {"211", 3, 3, DP_CLASSES}, /* community */
    {"311", 3, 3, DP_CLASSES},                                    /* towns */
    {"411", 3, 3, DP_CLASSES},                                    /* directory */
    {"511", 3, 3, DP_CLASSES},                                    /* traffic */
    {"611", 3, 3, DP_CLASSES},                                    /* repair */
    {"711", 3, 3, DP_CLASSES},                                    /* relay */
    {"811", 3, 3, DP_CLASSES},                                    /* digging; health in Canada */
    {"988", 3, 3, DP_CLASSES},                                    /* suicide prevention */
    {NULL, 0, 0, DP_CLASSES},
};

static const struct dp_class_prefix classes[] = {
    {DP_CLASS_FREEPHONE, "800"}, {DP_CLASS_FREEPHONE, "833"}, {DP_CLASS_FREEPHONE, "844"},
    {DP_CLASS_FREEPHONE, "855"}, {DP_CLASS_FREEPHONE, "866"}, {DP_CLASS_FREEPHONE, "877"},
    {DP_CLASS_FREEPHONE, "888"}, {DP_CLASS_PREMIUM, "900"},   {DP_CLASSES, NULL},
};

static const struct dp_length lengths[] = {{"0", 0, 0}, {"1", 0, 0}, {NULL, 0, 0}};

static const char *const canada[] = {
    "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365",
    "367", "368", "382", "387", "403", "416", "418", "428", "431", "437", "438", "450",
    "460", "468", "474", "506", "514", "519", "537", "548", "568", "579", "581", "584",
    "587", "600", "604", "613", "622", "633", "639", "644", "647", "655", "672", "677",
    "683", "688", "705", "709", "742", "753", "778", "780", "782", "807", "819", "825",
    "867", "873", "879", "902", "905", "942", NULL,
};
/* Bahamas, Barbados, Anguilla, Antigua, Virgin Islands (British), Cayman, Bermuda, Grenada, Turks
 * and Caicos, Jamaica, Montserrat, Sint Maarten, Saint Lucia, Dominica, Saint Vincent, Dominican
 * Republic, Trinidad, Saint Kitts */
static const char *const caribbean[] = {
    "242", "246", "264", "268", "284", "345", "441", "473", "649", "658", "664",
    "721", "758", "767", "784", "809", "829", "849", "868", "869", "876", NULL,
};
/* of no one country: personal, toll-free, carrier and premium codes */
static const char *const everywhere[] = {
    "500", "533", "544", "566", "577", "588", "700", "800",
    "833", "844", "855", "866", "877", "888", "900", NULL,
};

static const char *const *const us_abroad[] = {canada, caribbean, NULL};
static const char *const *const ca_own[] = {canada, everywhere, NULL};

#define NANP                                                                                       \
    .code = "1", .international = "011", .national = "1", .subscriber_min = 7,                     \
    .subscriber_max = 7, .national_min = 10, .national_max = 10, .closed = true, .shorts = shorts, \
    .classes = classes, .lengths = lengths

const struct dp_country dp_country_us = {.name = "us", NANP, .abroad = us_abroad};
const struct dp_country dp_country_ca = {.name = "ca", NANP, .own = ca_own};
