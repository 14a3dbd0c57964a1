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
/** EBADMSG. */
int sdp_media_line(struct sdp_media *m, struct rt_str value);
/** Streams that are looked at; later ones are not for us. */
#define SDP_STREAMS 8
/** Reads the usable stream `index`, counted from 0. ENOENT: there are not so many; ENOTSUP: none of
 * our codecs is in it; EBADMSG. */
int sdp_parse_stream(struct sdp_audio *out, struct rt_str body, unsigned index);
bool sdp_line(struct rt_str *rest, struct rt_str *line);
/** Indexed by enum sdp_direction. */
extern const char *const sdp_direction_names[];

#endif
