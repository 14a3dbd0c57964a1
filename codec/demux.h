/* What a datagram at a media port is: the first-octet rule of RFC 7983, and RTCP told from RTP when
 * they share a port (RFC 5761). */
#ifndef CODEC_DEMUX_H
#define CODEC_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum demux_kind { DEMUX_OTHER, DEMUX_STUN, DEMUX_DTLS, DEMUX_RTP, DEMUX_RTCP };

/** The kind of a datagram; nothing but its first two octets is looked at. */
enum demux_kind demux_kind(const uint8_t *p, size_t n);

#endif
