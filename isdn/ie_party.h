/* Who calls and is called: numbers (Q.931 4.5.8, 4.5.10; connected: Q.951; redirecting and
 * redirection: EN 300 207-1), subaddresses (4.5.9, 4.5.11).
 * Readers and writers fail as ie_code.h says.
 */
#ifndef ISDN_IE_PARTY_H
#define ISDN_IE_PARTY_H

#include "isdn/codes.h"
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

#endif
