/* How a call stands: cause (Q.850, Q.931 4.5.12) with its diagnostics, call identity (4.5.6), call
 * state (4.5.7), progress (4.5.23), notification (4.5.22), signal (4.5.28).
 */
#ifndef ISDN_IE_CALL_H
#define ISDN_IE_CALL_H

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

/* Diagnostics (Q.850 table 2.1). Readers: ENOENT when the cause has no such diagnostic or it is not
 * there. Writers set the cause's value. */

/** Cause 22: the new number. */
int isdn_ie_cause_number(struct isdn_ie_number *out, const struct isdn_ie_cause *c);
/** EINVAL: no called number, or too long. */
int isdn_ie_cause_set_number(struct isdn_ie_cause *c, const struct isdn_ie_number *n);
/** Causes 26 and 102: the timer, "303". */
int isdn_ie_cause_timer(char out[8], const struct isdn_ie_cause *c);
/** Cause 102; `timer` "303" or "T303". */
int isdn_ie_cause_set_timer(struct isdn_ie_cause *c, const char *timer);
/** Causes 43, 96, 99 and 100: the keys of the elements; returns how many there were, of which the
 * first `max` are written. */
unsigned isdn_ie_cause_elements(uint16_t *out, unsigned max, const struct isdn_ie_cause *c);
/** Causes 97, 98 and 101: the message type. */
int isdn_ie_cause_message(uint8_t *out, const struct isdn_ie_cause *c);

/* ---- call identity, call state ---- */

/** A suspended call's name; its contents are the user's own. */
struct isdn_ie_identity {
    uint8_t len;
    uint8_t octets[8];
};
int isdn_ie_read_identity(struct isdn_ie_identity *out, const struct isdn_ie *ie);
int isdn_ie_write_identity(struct isdn_ie_value *out, const struct isdn_ie_identity *i);

struct isdn_ie_state {
    uint8_t coding; /**< 0 ITU-T */
    uint8_t
        value; /**< 0 null, 1 call initiated, ... (table 4-8); for the global reference 61, 62 */
};
int isdn_ie_read_state(struct isdn_ie_state *out, const struct isdn_ie *ie);
int isdn_ie_write_state(struct isdn_ie_value *out, const struct isdn_ie_state *s);
/** "call delivered", ...; "unknown". */
const char *isdn_ie_state_name(uint8_t value);

/* ---- progress, notification, signal ---- */

struct isdn_ie_progress {
    uint8_t coding, location;
    uint8_t description; /**< 1, 2, 3, 4, 5, 8, ... */
};
int isdn_ie_read_progress(struct isdn_ie_progress *out, const struct isdn_ie *ie);
int isdn_ie_write_progress(struct isdn_ie_value *out, const struct isdn_ie_progress *p);
/** All that a message has; returns how many, of which the first `max` are written. */
unsigned isdn_ie_all_progress(struct isdn_ie_progress *out, unsigned max, const uint8_t *message,
                              size_t len);

enum isdn_ie_notice {
    ISDN_NOTICE_SUSPENDED = 0x00,
    ISDN_NOTICE_RESUMED = 0x01,
    ISDN_NOTICE_WAITING = 0x60,
    ISDN_NOTICE_DIVERSION = 0x68,
    ISDN_NOTICE_TRANSFER_ALERTING = 0x69,
    ISDN_NOTICE_TRANSFER_ACTIVE = 0x6a,
    ISDN_NOTICE_REMOTE_HOLD = 0x79,
    ISDN_NOTICE_REMOTE_RETRIEVAL = 0x7a,
    ISDN_NOTICE_DIVERTING = 0x7b
};
struct isdn_ie_notification {
    uint8_t description;  /**< enum isdn_ie_notice, and others */
    const uint8_t *extra; /**< what follows in the codes that are extended; borrowed */
    uint8_t extra_len;
};
int isdn_ie_read_notification(struct isdn_ie_notification *out, const struct isdn_ie *ie);
int isdn_ie_write_notification(struct isdn_ie_value *out, const struct isdn_ie_notification *n);
/** "remote hold", ...; "unknown". */
const char *isdn_ie_notice_name(uint8_t description);

/** 0 dial tone, 1 ring back, 2 intercept, 3 congestion, 4 busy, ... (table 4-20); no bit 8. */
int isdn_ie_read_signal(uint8_t *out, const struct isdn_ie *ie);
int isdn_ie_write_signal(struct isdn_ie_value *out, uint8_t signal);

#endif
