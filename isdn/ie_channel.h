/* Channel identification (4.5.13) and restart indicator (4.5.25). Readers and writers fail as
 * ie_code.h says. */
#ifndef ISDN_IE_CHANNEL_H
#define ISDN_IE_CHANNEL_H

#include "isdn/ie.h"

enum isdn_ie_selection {
    ISDN_SELECT_NONE = 0,
    ISDN_SELECT_B1 = 1, /**< basic access; primary rate: as said in `slots` */
    ISDN_SELECT_INDICATED = 1,
    ISDN_SELECT_B2 = 2,
    ISDN_SELECT_ANY = 3
};

#define ISDN_UNITS_B 3 /* channel type "B channel units" */

struct isdn_ie_channel {
    bool primary;      /**< primary rate and others; else basic */
    bool exclusive;    /**< the indicated channel only */
    bool dchannel;     /**< the channel is the D channel */
    uint8_t selection; /**< enum isdn_ie_selection */
    uint8_t interface_len;
    uint8_t interface[4]; /**< identifier, seven bits each; without: the one with the D channel */
    /* primary rate with ISDN_SELECT_INDICATED; no slots: the whole interface */
    uint8_t coding;
    uint8_t units;   /**< ISDN_UNITS_B */
    uint8_t map_len; /**< octets of a slot map: 4 (2048 kbit/s), 3 (1544 kbit/s); 0: numbers */
    uint32_t slots;  /**< bit n: channel n */
};

int isdn_ie_read_channel(struct isdn_ie_channel *out, const struct isdn_ie *ie);
int isdn_ie_write_channel(struct isdn_ie_value *out, const struct isdn_ie_channel *c);

enum isdn_ie_restart {
    ISDN_RESTART_CHANNELS = 0,
    ISDN_RESTART_INTERFACE = 6,
    ISDN_RESTART_ALL = 7
};
int isdn_ie_read_restart(enum isdn_ie_restart *out, const struct isdn_ie *ie);
int isdn_ie_write_restart(struct isdn_ie_value *out, enum isdn_ie_restart class);

#endif
