/* What people read and type: display (4.5.16), keypad facility (4.5.18), user-user (4.5.30).
 * Readers and writers fail as ie_code.h says.
 */
#ifndef ISDN_IE_TEXT_H
#define ISDN_IE_TEXT_H

#include "isdn/ie.h"

struct isdn_ie_display {
    uint8_t charset; /**< octet before the text that has bit 8 set: 0xb1 in most networks (a
                        character set, or that it is the caller's name); 0: none */
    char text[83];   /**< as it came, also with bit 8 set; control characters left out */
};
/** Cuts what is too long. */
int isdn_ie_read_display(struct isdn_ie_display *out, const struct isdn_ie *ie);
/** EINVAL: more than 80 octets, a control character, or a charset without bit 8. */
int isdn_ie_write_display(struct isdn_ie_value *out, const struct isdn_ie_display *d);

int isdn_ie_read_keypad(char out[64], const struct isdn_ie *ie);
/** At most 32 characters. */
int isdn_ie_write_keypad(struct isdn_ie_value *out, const char *keys);

struct isdn_ie_user {
    uint8_t protocol; /**< 0 user specific, 1 OSI, 4 IA5, 7 V.120, 8 Q.931, ... (table 4-26) */
    uint8_t len;
    uint8_t octets[254]; /**< binary */
};
int isdn_ie_read_user(struct isdn_ie_user *out, const struct isdn_ie *ie);
/** At most 128 octets; some networks take 32. */
int isdn_ie_write_user(struct isdn_ie_value *out, const struct isdn_ie_user *u);

#endif
