/* Why a call ended: Q.850 value, location, diagnostic, SIP status, text, and who released; and the
 * tables between SIP and Q.850 (RFC 3398 7.2.4.1 and 8.2.6.1), one const table per direction.
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
    GW_BY_RESTART
};
const char *gw_released_by_name(enum gw_released_by by);

struct gw_cause {
    uint8_t q850;        /**< 1..127; 0: none yet */
    uint8_t location;    /**< enum gw_location */
    char diagnostic[32]; /**< as text: the new number of cause 22; empty: none */
    int sip_status;      /**< the SIP final status it came with or became; 0: none */
    char text[64];       /**< from a Reason header or a `reject` with text; else empty */
    enum gw_released_by by;
};

/** The name Q.850 gives a cause: "user busy"; "unknown" for a value it does not define. */
const char *gw_cause_name(unsigned q850);
/** RFC 8606's word for a location ("U", "LPN", ...) is sip/'s; this is for people: "user", "local
 * public network". */
const char *gw_location_name(unsigned location);

/** What becomes of the call on this side. */
struct gw_cause_row {
    uint8_t q850;
    uint16_t status;            /**< SIP final status */
    uint16_t status_user;       /**< when the location is "user"; 0: the same */
    uint16_t status_diagnostic; /**< when a diagnostic came with it; 0: the same */
    bool advance;               /**< the next target is tried */
    bool retry_channel;         /**< another channel is tried at once; never shown to SIP */
};
/** The row for a Q.850 cause; the default row (500) for one that has none of its own. Never NULL.
 */
const struct gw_cause_row *gw_cause_row(unsigned q850);

/** Q.850 to a SIP final status, by value, location and diagnostic. Cause 16 before an answer gives
 * 480. */
int gw_cause_to_sip(const struct gw_cause *c);
/** A SIP final status to a cause; `reason_q850` (0: none) from a Reason header goes before the
 * table (RFC 6432). */
void gw_cause_from_sip(struct gw_cause *out, int status, int reason_q850, int reason_location);
/** True when a SIP final status makes the call try its next target (500, 502, 503, 504, 408 before
 * any provisional). */
bool gw_sip_advances(int status);

#endif
