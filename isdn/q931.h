/* Q.931 messages as octets: looked at for what libpri's events leave out, and amended in what
 * libpri cannot say. Pure.
 */
#ifndef ISDN_Q931_H
#define ISDN_Q931_H

#include "isdn/ie.h"

enum q931_type {
    Q931_T_ALERTING = 0x01,
    Q931_T_CALL_PROCEEDING = 0x02,
    Q931_T_PROGRESS = 0x03,
    Q931_T_SETUP = 0x05,
    Q931_T_CONNECT = 0x07,
    Q931_T_SETUP_ACK = 0x0d,
    Q931_T_CONNECT_ACK = 0x0f,
    Q931_T_USER_INFORMATION = 0x20,
    Q931_T_HOLD = 0x24,
    Q931_T_HOLD_ACK = 0x28,
    Q931_T_HOLD_REJECT = 0x30,
    Q931_T_RETRIEVE = 0x31,
    Q931_T_RETRIEVE_ACK = 0x33,
    Q931_T_RETRIEVE_REJECT = 0x37,
    Q931_T_DISCONNECT = 0x45,
    Q931_T_RESTART = 0x46,
    Q931_T_RELEASE = 0x4d,
    Q931_T_RESTART_ACK = 0x4e,
    Q931_T_RELEASE_COMPLETE = 0x5a,
    Q931_T_FACILITY = 0x62,
    Q931_T_NOTIFY = 0x6e,
    Q931_T_STATUS_ENQUIRY = 0x75,
    Q931_T_CONGESTION_CONTROL = 0x79,
    Q931_T_INFORMATION = 0x7b,
    Q931_T_STATUS = 0x7d
};

/** What is read from a LAPD frame that carries a Q.931 message. */
struct q931_view {
    uint8_t tei;  /**< terminal endpoint identifier: 0 but on a bus; 127: all */
    uint8_t type; /**< without bit 8 (4.4) */
    unsigned reference;
    uint8_t reference_len;
    bool from_origin; /**< sent by the side that made the call reference */
    uint8_t cause;    /**< 0: no Cause element */
    uint8_t location;
    uint8_t progress; /**< the gravest enum isdn_ie_progress_description: 8, then 1, then others */
    bool complete;    /**< Sending complete */
    uint8_t ies[256 / 8]; /**< bit n: element n is there */
};

/** False: not an I or UI frame with Q.931 in it. A broken element ends the look. */
bool q931_look(struct q931_view *out, const uint8_t *frame, size_t len);
/** False for what is to be ignored (5.8.3): a reference too long or empty, the global one in what
 * is no RESTART and no answer to it, and any other in what is. */
bool q931_reference_ok(const struct q931_view *v);
/** Makes an I frame carry a message of no known protocol, which is discarded: Q.921 still counts
 * it. The same for a UI frame of signalling (SAPI 0). */
void q931_hide(uint8_t *frame, size_t len);
bool q931_has(const struct q931_view *v, uint8_t ie);
/** "SETUP", "CALL PROCEEDING", ...; "UNKNOWN". */
const char *q931_name(uint8_t type);

/** Writes cause and location into the Cause element; nothing when there is none. */
void q931_set_cause(uint8_t *frame, size_t len, uint8_t cause, uint8_t location);

/** The `nth` element of that key in a frame (isdn_ie_find()); `from`, `at` and `end` count from the
 * message, not the frame. */
bool q931_find(struct isdn_ie *out, const uint8_t *frame, size_t len, uint16_t key, unsigned nth);
/** Makes a message of that type, without elements, of any message: a STATUS ENQUIRY, a RELEASE.
 * Returns the new length; unchanged when it is none. More is put in with isdn_body_in_frame() and
 * isdn_ie_insert(). */
size_t q931_set_type(uint8_t *frame, size_t len, uint8_t type);

#endif
