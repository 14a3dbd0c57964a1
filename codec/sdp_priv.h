/* What reading and answering SDP share. */
#ifndef CODEC_SDP_PRIV_H
#define CODEC_SDP_PRIV_H

#include "codec/sdp.h"

/** An m= line, borrowed. */
struct sdp_media {
    struct rt_str kind, proto, formats;
    uint16_t port;
    bool usable; /**< audio over RTP/AVP with a port */
};
int sdp_media_line(struct sdp_media *m, struct rt_str value);
bool sdp_line(struct rt_str *rest, struct rt_str *line);
/** Indexed by enum sdp_direction. */
extern const char *const sdp_direction_names[];

#endif
