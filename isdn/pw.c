/* The control word:
 *
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  |0 0 0 0|L|R| M |FRG|    LEN    |       sequence number         |
 */
#include "isdn/pw.h"

#include <errno.h>

#define LEN_LIMIT 64 /* LEN is given in packets shorter than this, else it is 0 */

int pw_read(struct pw_packet *out, const uint8_t *data, size_t n)
{
    if (n < PW_HEADER || data[0] >> 4 != 0 || data[1] >> 6 != 0)
        return EBADMSG;
    unsigned len = data[1] & 0x3f;
    if (len != 0 && (len < PW_HEADER || len > n)) /* what exceeds LEN is padding */
        return EBADMSG;
    unsigned m = data[0] & 0x03;
    if (data[0] & 0x08 ? m != 0 : m & 1)
        return EBADMSG; /* reserved, or signalling: to be discarded (table 1, note 2) */
    *out = (struct pw_packet){
        .l = data[0] & 0x08,
        .r = data[0] & 0x04,
        .m = (uint8_t)m,
        .seq = (uint16_t)(data[2] << 8 | data[3]),
        .payload = data + PW_HEADER,
        .len = (len ? len : n) - PW_HEADER,
    };
    return 0;
}

void pw_write_header(uint8_t out[PW_HEADER], bool l, bool r, uint16_t seq, size_t len)
{
    size_t total = PW_HEADER + len;

    out[0] = (uint8_t)((l ? 0x08 : 0) | (r ? 0x04 : 0));
    out[1] = total < LEN_LIMIT ? (uint8_t)total : 0;
    out[2] = (uint8_t)(seq >> 8);
    out[3] = (uint8_t)seq;
}
