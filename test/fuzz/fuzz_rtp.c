/* Any datagram at the RTP port: header, source statistics, events. The first octet says how the
 * datagram is cut into packets. */
#include "codec/event.h"
#include "codec/rtp.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct rtp_source *s, struct event_receiver *e, const uint8_t *data, size_t size)
{
    struct rtp_packet p;

    if (rtp_read(&p, data, size) != 0)
        return;
    rtp_source_packet(s, &p, p.ts ^ p.seq);
    rtp_source_lost(s);
    rtp_source_fraction(s);
    if (p.payload_type == 101)
        event_receiver_packet(e, p.ts, p.payload, p.len);
    event_receiver_tick(e, 80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_source s = {.valid = false};
    struct event_receiver e = {.known = false};

    if (size < 1)
        return 0;
    size_t each = data[0] ? data[0] : size;
    for (data++, size--; size > 0;) {
        size_t n = size < each ? size : each;
        take(&s, &e, data, n);
        data += n;
        size -= n;
    }
    return 0;
}
