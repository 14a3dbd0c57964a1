/* The bearer: what a call asks of the network that carries it (Q.931 4.5.5). */
#ifndef GW_BEARER_H
#define GW_BEARER_H

#include "gw/rt/buf.h"

enum gw_bearer {
    GW_BEARER_AUDIO,  /**< 3.1 kHz audio: speech, modems, fax; what SIP's audio is (RFC 4497) */
    GW_BEARER_SPEECH, /**< speech, which the network may compress */
    GW_BEARER_DATA64, /**< 64 kbit/s unrestricted: octets (RFC 4040) */
    GW_BEARERS
};
/** "audio", "speech", "data64": in records and in commands. */
const char *gw_bearer_name(enum gw_bearer b);
/** The opposite. EINVAL: there is no such bearer. */
int gw_bearer_parse(enum gw_bearer *out, struct rt_str name);

#endif
