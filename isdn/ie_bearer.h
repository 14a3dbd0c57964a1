/* Bearer capability (4.5.5). Low and high layer compatibility are handed on as they are: their
 * contents are `p` of struct isdn_ie, and isdn_ie_raw() writes them. Reader and writer fail as
 * ie_code.h says.
 */
#ifndef ISDN_IE_BEARER_H
#define ISDN_IE_BEARER_H

#include "isdn/ie.h"

enum isdn_ie_capability {
    ISDN_CAP_SPEECH = 0x00,
    ISDN_CAP_DATA = 0x08,       /**< unrestricted digital information */
    ISDN_CAP_RESTRICTED = 0x09, /**< restricted digital information */
    ISDN_CAP_AUDIO_31 = 0x10,
    ISDN_CAP_DATA_TONES = 0x11, /**< unrestricted with tones and announcements; once 7 kHz audio */
    ISDN_CAP_VIDEO = 0x18
};
enum isdn_ie_rate { ISDN_RATE_64 = 0x10, ISDN_RATE_MULTIRATE = 0x18 };
enum isdn_ie_layer1 {
    ISDN_L1_V110 = 1,
    ISDN_L1_ULAW = 2,
    ISDN_L1_ALAW = 3,
    ISDN_L1_H221 = 5,
    ISDN_L1_V120 = 8,
    ISDN_L1_X31 = 9
};

/** Octets 5, 6 or 7 with those that follow them (5a to 5d, 7a, 7b), without extension bits. */
struct isdn_ie_layer {
    uint8_t protocol; /**< five bits */
    uint8_t more_len;
    uint8_t more[4];
};

struct isdn_ie_bearer {
    uint8_t coding;     /**< 0 ITU-T, 1 other international, 2 national, 3 network specific */
    uint8_t capability; /**< enum isdn_ie_capability */
    uint8_t mode;       /**< 0 circuit, 2 packet */
    uint8_t rate;       /**< enum isdn_ie_rate */
    uint8_t multiplier; /**< with ISDN_RATE_MULTIRATE: 2..30 */
    bool has[3];        /**< which of the layers are said */
    struct isdn_ie_layer layer[3]; /**< 0: layer 1 */
};

int isdn_ie_read_bearer(struct isdn_ie_bearer *out, const struct isdn_ie *ie);
int isdn_ie_write_bearer(struct isdn_ie_value *out, const struct isdn_ie_bearer *b);

#endif
