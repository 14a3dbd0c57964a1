/* CESoPSN packets: the basic NxDS0 service of RFC 5086 over UDP, without RTP header. Pure. */
#ifndef ISDN_PW_H
#define ISDN_PW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PW_HEADER 4
#define PW_MAX    (PW_HEADER + 32 * 160)

/** The control word (RFC 5086 4.3) and what follows it. */
struct pw_packet {
    bool l;    /**< local TDM failure: the payload means nothing and may be absent */
    bool r;    /**< the sender loses our packets */
    uint8_t m; /**< modifier: with L clear, 2 is a remote defect on its line */
    uint16_t seq;
    const uint8_t *payload; /**< borrowed */
    size_t len;
};

/** Reads a packet. EBADMSG: not CESoPSN, fragmented, a reserved modifier, or a LEN that disagrees.
 */
int pw_read(struct pw_packet *out, const uint8_t *data, size_t n);
/** Writes the control word for a payload of `len` octets that follows it. */
void pw_write_header(uint8_t out[PW_HEADER], bool l, bool r, uint16_t seq, size_t len);

#endif
