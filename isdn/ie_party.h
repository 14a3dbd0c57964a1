/* Who calls and is called: numbers (Q.931 4.5.8, 4.5.10; connected: Q.951; redirecting and
 * redirection: EN 300 207-1), subaddresses (4.5.9, 4.5.11), transit network selection (4.5.29).
 */
#ifndef ISDN_IE_PARTY_H
#define ISDN_IE_PARTY_H

#include "isdn/ie.h"

/** A number in any element that holds one. */
struct isdn_ie_number {
    uint8_t ton, npi;     /**< type of number 0..7, numbering plan 0..15 */
    bool screened;        /**< octet 3a is there; a called number has none */
    uint8_t presentation; /**< 0 allowed, 1 restricted, 2 not available */
    uint8_t screening;    /**< 0..3 */
    bool reasoned;        /**< octet 3b is there: redirecting number alone, after 3a */
    uint8_t reason;       /**< enum isdn_ie_reason */
    char digits[64];
};

/** Reasons of a redirecting number. */
enum isdn_ie_reason {
    ISDN_REASON_UNKNOWN = 0,
    ISDN_REASON_BUSY = 1,
    ISDN_REASON_NO_REPLY = 2,
    ISDN_REASON_DEFLECTION = 4,
    ISDN_REASON_OUT_OF_ORDER = 9,
    ISDN_REASON_BY_CALLED = 10,
    ISDN_REASON_UNCONDITIONAL = 15
};

int isdn_ie_read_number(struct isdn_ie_number *out, const struct isdn_ie *ie);
/** `key`: which number. EINVAL also for octets that this one does not have. */
int isdn_ie_write_number(struct isdn_ie_value *out, uint16_t key, const struct isdn_ie_number *n);

enum isdn_ie_subaddress_type { ISDN_SUB_NSAP = 0, ISDN_SUB_USER = 2 };

struct isdn_ie_subaddress {
    uint8_t type; /**< enum isdn_ie_subaddress_type */
    bool odd;     /**< an odd number of digits: the last half octet of BCD is filler */
    uint8_t len;
    uint8_t octets[20];
};
int isdn_ie_read_subaddress(struct isdn_ie_subaddress *out, const struct isdn_ie *ie);
int isdn_ie_write_subaddress(struct isdn_ie_value *out, uint16_t key,
                             const struct isdn_ie_subaddress *s);

struct isdn_ie_network {
    uint8_t type; /**< 0 user specified, 2 national, 3 international */
    uint8_t plan; /**< 0 unknown, 1 carrier identification code, 3 data network */
    char digits[32];
};
int isdn_ie_read_network(struct isdn_ie_network *out, const struct isdn_ie *ie);
int isdn_ie_write_network(struct isdn_ie_value *out, const struct isdn_ie_network *n);

#endif
