/* Why a call ended: Q.850 value, location, diagnostic, SIP status, text, and who released; and the
 * named tables between SIP and Q.850 that a trunk holds, with the plan's own rows before them.
 *
 * cause.c has what is true of a cause wherever it came from; cause_profile.c has the tables.
 */
#ifndef GW_CAUSE_H
#define GW_CAUSE_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

/** Q.850 locations used here (Q.850 table 1). */
enum gw_location {
    GW_LOC_USER = 0,
    GW_LOC_PRIVATE_LOCAL = 1, /**< private network serving the local user */
    GW_LOC_PUBLIC_LOCAL = 2,
    GW_LOC_TRANSIT = 3,
    GW_LOC_PUBLIC_REMOTE = 4,
    GW_LOC_PRIVATE_REMOTE = 5,
    GW_LOC_INTERNATIONAL = 7,
    GW_LOC_BEYOND = 10 /**< network beyond interworking point */
};

/** Which side released: the CDR's `released_by`. */
enum gw_released_by {
    GW_BY_NONE,
    GW_BY_CALLER,
    GW_BY_CALLED,
    GW_BY_GATEWAY,
    GW_BY_OPERATOR,
    GW_BY_TRANSFER, /**< an exchange that joined the far ends */
    GW_BY_RESTART
};
const char *gw_released_by_name(enum gw_released_by by);

/** Whether the next target is tried after a failure. */
enum gw_advance { GW_ADVANCE_BY_TABLE, GW_ADVANCE_YES, GW_ADVANCE_NO };

/** Room for one row's text with its NUL. */
#define GW_CAUSE_ROW_LEN 88

struct gw_cause {
    uint8_t q850;        /**< 1..127; 0: none yet */
    uint8_t location;    /**< enum gw_location */
    char diagnostic[32]; /**< as text: the new number of cause 22; empty: none */
    int sip_status;      /**< the SIP final status it came with or became; 0: none */
    char text[64];       /**< from a Reason header or a `reject` with text; else empty */
    enum gw_released_by by;
    enum gw_advance advance;         /**< what a row of the plan says; else the cause decides */
    char rule[2 * GW_CAUSE_ROW_LEN]; /**< the rows that made it what it is, "; " between: "rfc3398
                                        486 -> 17; office.conf:31 cause 17 -> 600" */
};

/** The name Q.850 gives a cause: "user busy"; "unknown" for a value it does not define. */
const char *gw_cause_name(unsigned q850);
/** RFC 8606's word for a location ("U", "LPN", ...) is sip/'s; this is for people: "user", "local
 * public network". */
const char *gw_location_name(unsigned location);
/** The plan's word for a location: "user", "private-local", "local", ...; NULL: it has none. */
const char *gw_location_word(unsigned location);
/** Reads such a word. EINVAL. */
int gw_location_parse(uint8_t *out, struct rt_str word);

/** What becomes of the call on this side. */
struct gw_cause_row {
    bool advance;       /**< the next target is tried */
    bool once;          /**< and none after that, if it fails for such a cause as well */
    bool retry_channel; /**< another channel is tried at once; never shown to SIP */
};
/** The row for a Q.850 cause; the default row for one that has none of its own. Never NULL. */
const struct gw_cause_row *gw_cause_row(unsigned q850);
/** True when the next target is to be tried after `c`: a row of the plan, else what a SIP peer said
 * of the user himself (486, 6xx: RFC 3261 21.6), else the cause or the SIP status says so. */
bool gw_cause_advances(const struct gw_cause *c);
/** True when that is only done once in a call: nobody knows what the cause says of other ways. */
bool gw_cause_advances_once(const struct gw_cause *c);

/* ---- tables ---- */

/** SIP final statuses that have a row, counted from here. */
#define GW_STATUS_FIRST 300
#define GW_STATUS_COUNT 400

/** A named table, both directions. */
struct gw_cause_profile;
/** `rfc3398`, `rfc4497`, `q1912.5`; NULL: there is no such profile. */
const struct gw_cause_profile *gw_cause_profile(struct rt_str name);

/** Any location: a rule that does not ask for one. */
#define GW_LOC_ANY 0xff

/** A row of the plan. */
struct gw_cause_rule {
    bool from_sip;    /**< `sip STATUS -> CAUSE`, else `cause VALUE -> STATUS` */
    uint16_t from;    /**< status or cause */
    uint8_t location; /**< of a cause, or GW_LOC_ANY */
    uint16_t to;      /**< cause or status */
    enum gw_advance advance;
    const char *text; /**< "office.conf:31 sip 480 -> 20" */
    uint8_t next;     /**< one more than the index of the next rule for the same cause; 0: none */
};
#define GW_CAUSE_RULES_MAX 250

/** What a trunk holds: a profile, and before it the plan's rows. All zeroes: rfc3398 alone. */
struct gw_causes {
    const struct gw_cause_profile *profile;
    const struct gw_cause_rule *rules;
    unsigned nrules;
    uint8_t by_cause[128]; /**< one more than the index of the first rule; 0: none */
    uint8_t by_status[GW_STATUS_COUNT];
};
const char *gw_causes_profile_name(const struct gw_causes *t);
/** The index plus one of the slot for a cause or status; NULL when it can have none. */
uint8_t *gw_causes_slot(struct gw_causes *t, bool from_sip, unsigned from);

/** Q.850 to a SIP final status, by value, location and diagnostic. `row`, unless it is NULL, says
 * which row that was. A cause of a location that has no rule takes the rule without one. */
int gw_cause_to_sip(const struct gw_causes *t, const struct gw_cause *c,
                    char row[GW_CAUSE_ROW_LEN]);
/** Sets the status that the caller gets, and notes the row. */
void gw_cause_answer(struct gw_cause *c, const struct gw_causes *t);

/** A SIP final response that refuses a call. */
struct gw_sip_failure {
    int status;
    int reason_q850;     /**< of a Reason header (RFC 6432), which goes before any table; 0: none */
    int reason_location; /**< -1: none */
    bool media;          /**< it was the media's kind: a Warning says so (RFC 3261 20.43), or the
                              offer was of a clear channel alone */
};
/** A SIP final status to a cause; the row is noted in `out`. */
void gw_cause_from_sip(struct gw_cause *out, const struct gw_causes *t,
                       const struct gw_sip_failure *f);

#endif
