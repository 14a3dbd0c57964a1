/* How a call stands: cause (Q.850, Q.931 4.5.12) with its diagnostic, call state (4.5.7), progress
 * (4.5.23), notification (4.5.22). Readers and writers fail as ie_code.h says.
 */
#ifndef ISDN_IE_CALL_H
#define ISDN_IE_CALL_H

#include "isdn/codes.h"
#include "isdn/ie_party.h"

/* ---- cause ---- */

struct isdn_ie_cause {
    uint8_t coding;         /**< 0 ITU-T, 1 other international, 2 national, 3 local */
    uint8_t location;       /**< Q.850 table 1 */
    bool recommended;       /**< octet 3a is there */
    uint8_t recommendation; /**< 0 Q.931, 3 X.21, 4 X.25, 5 public land mobile networks */
    uint8_t value;          /**< 0..127 */
    uint8_t len;            /**< of `diagnostic` */
    uint8_t diagnostic[64]; /**< as it came, cut when it is longer */
};
int isdn_ie_read_cause(struct isdn_ie_cause *out, const struct isdn_ie *ie);
/** EINVAL also for diagnostics that are longer than the element may be. */
int isdn_ie_write_cause(struct isdn_ie_value *out, const struct isdn_ie_cause *c);

/** The diagnostic of cause 22 (Q.850 table 2.1): the new number. ENOENT: it has none. */
int isdn_ie_cause_number(struct isdn_ie_number *out, const struct isdn_ie_cause *c);
/** Makes it cause 22 with that diagnostic. EINVAL: no called number, or too long. */
int isdn_ie_cause_set_number(struct isdn_ie_cause *c, const struct isdn_ie_number *n);

/* ---- call state ---- */

struct isdn_ie_state {
    uint8_t coding; /**< 0 ITU-T */
    uint8_t
        value; /**< 0 null, 1 call initiated, ... (table 4-8); for the global reference 61, 62 */
};
int isdn_ie_read_state(struct isdn_ie_state *out, const struct isdn_ie *ie);
int isdn_ie_write_state(struct isdn_ie_value *out, const struct isdn_ie_state *s);
/** "call delivered", ...; "unknown". */
const char *isdn_ie_state_name(uint8_t value);

/* ---- progress, notification ---- */

#define ISDN_PRIVATE_LOCAL                                                                         \
    1 /**< location (Q.850 table 1): private network serving the local user */

struct isdn_ie_progress {
    uint8_t coding;
    uint8_t location;    /**< Q.850 table 1 */
    uint8_t description; /**< enum isdn_ie_progress_description, and others */
};
int isdn_ie_read_progress(struct isdn_ie_progress *out, const struct isdn_ie *ie);
int isdn_ie_write_progress(struct isdn_ie_value *out, const struct isdn_ie_progress *p);
/** All that a message has; returns how many, of which the first `max` are written. */
unsigned isdn_ie_all_progress(struct isdn_ie_progress *out, unsigned max, const uint8_t *message,
                              size_t len);

struct isdn_ie_notification {
    uint8_t description;  /**< enum isdn_ie_notice, and others */
    const uint8_t *extra; /**< what follows in the codes that are extended; borrowed */
    uint8_t extra_len;
};
int isdn_ie_read_notification(struct isdn_ie_notification *out, const struct isdn_ie *ie);
int isdn_ie_write_notification(struct isdn_ie_value *out, const struct isdn_ie_notification *n);
#endif
