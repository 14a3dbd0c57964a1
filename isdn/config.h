/* What a configuration says of ISDN lines: words only, for who configures and never speaks Q.931.
 */
#ifndef ISDN_CONFIG_H
#define ISDN_CONFIG_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

/** What a line carries: timeslots 1..31, 1..24, or 1..3 of which the third is the D channel. */
enum isdn_rate { ISDN_E1, ISDN_T1, ISDN_BRI };
const char *isdn_rate_name(enum isdn_rate r);
/** Its timeslots, bit n = timeslot n, and the usual place of the D channel among them. */
uint32_t isdn_rate_timeslots(enum isdn_rate r);
unsigned isdn_rate_dchannel(enum isdn_rate r);

/** Which of several free channels is taken. */
enum isdn_hunt {
    ISDN_ASCENDING,
    ISDN_DESCENDING,
    ISDN_ODD_FIRST, /**< ascending; the far end hunts the even ones first */
    ISDN_EVEN_FIRST,
    ISDN_ROUND_ROBIN,         /**< the next after the one that was taken last */
    ISDN_LEAST_RECENTLY_USED, /**< the one that is idle for the longest time */
    ISDN_ODD_FIRST_DOWN,      /**< odd-first and even-first, descending */
    ISDN_EVEN_FIRST_DOWN,
    ISDN_HUNTS
};
/** "ascending", ... */
const char *isdn_hunt_name(enum isdn_hunt h);

/** What a variant of the ISDN has; the libpri survey behind it is in docs/isdn-variants.md. */
enum isdn_feature {
    ISDN_F_NOTIFY = 1 << 0,          /**< NOTIFY */
    ISDN_F_COLR = 1 << 1,            /**< the connected party may change after the answer */
    ISDN_F_AOC = 1 << 2,             /**< advice of charge */
    ISDN_F_MCID = 1 << 3,            /**< malicious call identification */
    ISDN_F_DEFLECT = 1 << 4,         /**< call deflection */
    ISDN_F_SERVICE = 1 << 5,         /**< SERVICE: a channel's state is told to the far end */
    ISDN_F_NAME_FACILITY = 1 << 6,   /**< names in Facility; else in Display */
    ISDN_F_NFAS = 1 << 7,            /**< one D channel for several spans */
    ISDN_F_DIVERT_FACILITY = 1 << 8, /**< who diverted is said in Facility, on lines that are no
                                        bus; else in Redirecting number */
    ISDN_F_MULAW_BRI = 1 << 9        /**< America's: a BRI has mu-law */
};

struct isdn_variant {
    const char *name;     /**< "euroisdn", as the plan has it */
    int libpri[3];        /**< its switch type by enum isdn_rate */
    unsigned rates;       /**< bit n: enum isdn_rate n */
    unsigned features;    /**< enum isdn_feature */
    const char *transfer; /**< how two calls are joined in the exchange: "ECT", "TBCT", "RLT"; NULL:
                             they are not */
};
/** NULL: unknown. */
const struct isdn_variant *isdn_variant(const char *name);
/** The table's row `i`; NULL after the last. */
const struct isdn_variant *isdn_variant_at(unsigned i);

/** Timers of Q.931 table 9-1, and parameters of Q.921 5.9. */
enum isdn_timer {
    ISDN_T301,
    ISDN_T302,
    ISDN_T303,
    ISDN_T304,
    ISDN_T305,
    ISDN_T306,
    ISDN_T308,
    ISDN_T309,
    ISDN_T310,
    ISDN_T312,
    ISDN_T313,
    ISDN_T316,
    ISDN_N316,
    ISDN_T322,
    ISDN_T200,
    ISDN_T202,
    ISDN_T203,
    ISDN_N200,
    ISDN_N202,
    ISDN_K,
    ISDN_NTIMERS
};

struct isdn_timer_row {
    const char *name;      /**< "t301" */
    rt_time network, user; /**< default on either side */
    rt_time low, high;     /**< what the plan may say */
    bool count;            /**< a number, no time */
    const char *what;
};
const struct isdn_timer_row *isdn_timer_row(enum isdn_timer t);
/** ISDN_NTIMERS: there is none of that name. */
enum isdn_timer isdn_timer_by_name(const char *name);

#endif
