/* The first-octet rule. */
#include "codec/demux.h"

enum demux_kind demux_kind(const uint8_t *p, size_t n)
{
    if (n < 2)
        return DEMUX_OTHER;
    if (p[0] <= 3)
        return DEMUX_STUN;
    if (p[0] >= 20 && p[0] <= 63)
        return DEMUX_DTLS;
    if (p[0] < 128 || p[0] > 191)
        return DEMUX_OTHER; /* ZRTP 16..19, TURN channels 64..79 */
    /* RTCP's types 192..223; RTP payload types 64..95 are not used for their sake. */
    return p[1] >= 192 && p[1] <= 223 ? DEMUX_RTCP : DEMUX_RTP;
}
