/* pcapng, the file format of Wireshark (draft-ietf-opsawg-pcapng): sections, interfaces, packets.
 *
 * A small writer of our own: no Debian library offers one. It makes blocks in memory, always little
 * endian, so that one block can go to a file, a ring and a client alike. Also used by the exchange.
 */
#ifndef GW_PCAPNG_H
#define GW_PCAPNG_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

/** Link types (https://www.tcpdump.org/linktypes.html). */
enum gw_pcapng_link {
    GW_PCAPNG_RAW_IP = 101,     /**< an IPv4 or IPv6 header, then what it has */
    GW_PCAPNG_LINUX_LAPD = 177, /**< gw_pcapng_lapd(), then the frame without its FCS */
};

/** Octets of a packet block before its data. */
#define GW_PCAPNG_DATA_AT 28

struct gw_pcapng_packet {
    unsigned interface; /**< in the order of gw_pcapng_interface() since the section began */
    rt_time wall;
    bool sent;             /**< by us */
    struct rt_str part[2]; /**< the data: header and content */
};

/** Begins a section: what a file starts with. */
void gw_pcapng_section(struct rt_buf *out);
/** Describes the next interface; time stamps are in microseconds. */
void gw_pcapng_interface(struct rt_buf *out, enum gw_pcapng_link link, const char *name);
/** An enhanced packet block. */
void gw_pcapng_packet(struct rt_buf *out, const struct gw_pcapng_packet *p);
/** The packet block `block` with a comment. */
void gw_pcapng_comment(struct rt_buf *out, struct rt_str block, struct rt_str comment);

#define GW_PCAPNG_LAPD_LEN 16
/** What stands before an LAPD frame: which way it goes and which side we are. Without it a decoder
 * takes whoever sends for the user, and a network's commands for responses. */
void gw_pcapng_lapd(uint8_t out[GW_PCAPNG_LAPD_LEN], bool sent, bool network);

#endif
