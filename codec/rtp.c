/* RTP packets to and from octets, and what their sequence numbers tell. */
#include "codec/rtp.h"

#include "gw/rt/buf.h"

#include <errno.h>

/* A.1: a jump larger than these is a restart, not loss or reordering */
#define MAX_DROPOUT  3000
#define MAX_MISORDER 100

int rtp_read(struct rtp_packet *out, const uint8_t *data, size_t len)
{
    struct rt_reader r = rt_reader(data, len);
    uint8_t first = rt_read_u8(&r), second = rt_read_u8(&r);
    struct rtp_packet p = {.marker = second >> 7, .payload_type = second & 0x7f};

    p.seq = rt_read_u16(&r);
    p.ts = rt_read_u32(&r);
    p.ssrc = rt_read_u32(&r);
    rt_read_bytes(&r, (first & 15) * 4u);
    if (first & 0x10) {
        rt_read_u16(&r);
        rt_read_bytes(&r, rt_read_u16(&r) * 4u);
    }
    if (r.failed || first >> 6 != 2)
        return EBADMSG;
    p.len = rt_read_left(&r);
    p.payload = r.p;
    if (first & 0x20) {
        uint8_t padding = p.len > 0 ? p.payload[p.len - 1] : 0;
        if (padding == 0 || padding > p.len)
            return EBADMSG;
        p.len -= padding;
    }
    *out = p;
    return 0;
}

void rtp_write_header(uint8_t out[RTP_HEADER], bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
                      uint32_t ssrc)
{
    struct rt_writer w = rt_writer(out, RTP_HEADER);

    rt_write_u8(&w, 0x80);
    rt_write_u8(&w, (uint8_t)(marker << 7 | pt));
    rt_write_u16(&w, seq);
    rt_write_u32(&w, ts);
    rt_write_u32(&w, ssrc);
}

static enum rtp_order restart(struct rtp_source *s, const struct rtp_packet *p, uint32_t arrival)
{
    *s = (struct rtp_source){.valid = true, .ssrc = p->ssrc, .received = 1, .window = 1};
    s->base = s->highest = p->seq;
    s->transit = arrival - p->ts;
    return RTP_RESTART;
}

/** Interarrival jitter, RFC 3550 A.8. */
static void measure(struct rtp_source *s, const struct rtp_packet *p, uint32_t arrival)
{
    uint32_t transit = arrival - p->ts, d = transit - s->transit; /* modulo 2^32 */

    s->transit = transit;
    if (d > INT32_MAX)
        d = 0 - d;
    s->jitter16 += d - ((s->jitter16 + 8) >> 4);
}

/** A jump: one packet may be a late one of long ago, two in a row are a source that began anew. */
static enum rtp_order jump(struct rtp_source *s, const struct rtp_packet *p, uint32_t arrival)
{
    if (s->strayed && p->seq == s->stray)
        return restart(s, p, arrival);
    s->strayed = true;
    s->stray = (uint16_t)(p->seq + 1);
    return RTP_STRAY;
}

static enum rtp_order count_old(struct rtp_source *s, uint32_t behind)
{
    if (behind < 64 && s->window >> behind & 1) {
        s->duplicate++;
        return RTP_DUPLICATE;
    }
    if (behind < 64)
        s->window |= (uint64_t)1 << behind;
    s->received++;
    s->reordered++;
    return RTP_OLD;
}

enum rtp_order rtp_source_packet(struct rtp_source *s, const struct rtp_packet *p, uint32_t arrival)
{
    int16_t delta = (int16_t)(p->seq - (uint16_t)s->highest);

    if (!s->valid || p->ssrc != s->ssrc)
        return restart(s, p, arrival);
    if (delta > MAX_DROPOUT || delta < -MAX_MISORDER)
        return jump(s, p, arrival);
    s->strayed = false;
    if (delta <= 0)
        return count_old(s, (uint32_t)-delta);
    measure(s, p, arrival);
    s->window = delta < 64 ? s->window << delta | 1 : 1;
    s->highest += (uint32_t)delta;
    s->received++;
    return RTP_NEXT;
}

uint64_t rtp_source_lost(const struct rtp_source *s)
{
    uint64_t expected = (uint64_t)(s->highest - s->base) + 1;
    return s->valid && expected > s->received ? expected - s->received : 0;
}

uint8_t rtp_source_fraction(struct rtp_source *s)
{
    uint32_t expected = s->highest - s->base + 1;
    uint32_t interval = expected - s->expected_prior;
    uint64_t got = s->received - s->received_prior;

    s->expected_prior = expected;
    s->received_prior = s->received;
    if (interval == 0 || interval <= got)
        return 0;
    return (uint8_t)(((interval - got) << 8) / interval);
}
