/* Any datagram at the RTP port: header, source statistics, events, jitter buffer. The first octet
 * says how the datagram is cut into packets. */
#include "codec/event.h"
#include "codec/jitter.h"
#include "codec/rtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct jitter *j, struct rtp_source *s, struct event_receiver *e,
                 const uint8_t *data, size_t size)
{
    struct rtp_packet p;
    uint8_t out[80];

    if (rtp_read(&p, data, size) != 0)
        return;
    enum rtp_order order = rtp_source_packet(s, &p, p.ts ^ p.seq);
    rtp_source_lost(s);
    rtp_source_fraction(s);
    if (order == RTP_RESTART)
        jitter_reset(j, p.payload_type == 0 ? G711_MU : G711_A);
    if (p.payload_type == 101)
        event_receiver_packet(e, p.ts, p.payload, p.len);
    else
        jitter_put(j, p.ts, p.payload, p.len);
    event_receiver_tick(e, 80);
    jitter_get(j, out, sizeof out);
    if (jitter_depth(j) > 2 * JITTER_RING)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jitter j;
    struct rtp_source s = {.valid = false};
    struct event_receiver e = {.known = false};

    if (size < 1)
        return 0;
    size_t each = data[0] ? data[0] : size;
    jitter_init(&j, 160, 1600);
    for (data++, size--; size > 0;) {
        size_t n = size < each ? size : each;
        take(&j, &s, &e, data, n);
        data += n;
        size -= n;
    }
    jitter_release(&j);
    return 0;
}
