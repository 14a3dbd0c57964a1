/* RTCP packets to and from octets. */
#include "codec/rtcp.h"

#include "gw/rt/buf.h"

#include <errno.h>

enum { SR = 200, RR = 201, SDES = 202, BYE = 203 };

#define NTP_OFFSET 2208988800u /* seconds from 1900 to 1970 */

static uint64_t ntp(rt_time wall)
{
    uint64_t seconds = (uint64_t)(wall / RT_S) + NTP_OFFSET;
    uint64_t fraction = ((uint64_t)(wall % RT_S) << 32) / (uint64_t)RT_S;
    return seconds << 32 | fraction;
}

uint32_t rtcp_ntp_middle(rt_time wall)
{
    return (uint32_t)(ntp(wall) >> 16);
}

static void write_header(struct rt_writer *w, unsigned count, unsigned type, unsigned words)
{
    rt_write_u8(w, (uint8_t)(0x80 | count));
    rt_write_u8(w, (uint8_t)type);
    rt_write_u16(w, (uint16_t)words);
}

static void write_block(struct rt_writer *w, const struct rtcp_report *r)
{
    struct rtp_source *s = r->source;
    uint64_t lost = rtp_source_lost(s);

    rt_write_u32(w, s->ssrc);
    rt_write_u32(w, (uint32_t)rtp_source_fraction(s) << 24 |
                        (uint32_t)(lost < 0x7fffff ? lost : 0x7fffff));
    rt_write_u32(w, s->highest);
    rt_write_u32(w, s->jitter16 >> 4);
    rt_write_u32(w, r->last_sr);
    rt_write_u32(w, r->since_sr);
}

static void write_sdes(struct rt_writer *w, const struct rtcp_report *r)
{
    size_t name = strlen(r->cname);
    size_t padded =
        (4 + 2 + name + 1 + 3) & ~(size_t)3; /* SSRC, item header, name, at least one null */

    write_header(w, 1, SDES, (unsigned)(padded / 4));
    rt_write_u32(w, r->ssrc);
    rt_write_u8(w, 1); /* CNAME */
    rt_write_u8(w, (uint8_t)name);
    rt_write_bytes(w, r->cname, name);
    for (size_t i = 4 + 2 + name; i < padded; i++)
        rt_write_u8(w, 0);
}

size_t rtcp_write(uint8_t out[RTCP_MAX], const struct rtcp_report *r)
{
    struct rt_writer w = rt_writer(out, RTCP_MAX);
    unsigned blocks = r->source && r->source->valid;

    write_header(&w, blocks, r->sender ? SR : RR, 1 + (r->sender ? 5 : 0) + 6 * blocks);
    rt_write_u32(&w, r->ssrc);
    if (r->sender) {
        uint64_t t = ntp(r->wall);
        rt_write_u32(&w, (uint32_t)(t >> 32));
        rt_write_u32(&w, (uint32_t)t);
        rt_write_u32(&w, r->ts);
        rt_write_u32(&w, r->packets);
        rt_write_u32(&w, r->octets);
    }
    if (blocks)
        write_block(&w, r);
    write_sdes(&w, r);
    if (r->bye) {
        write_header(&w, 1, BYE, 1);
        rt_write_u32(&w, r->ssrc);
    }
    return rt_written(&w);
}

static void read_blocks(struct rtcp_news *out, struct rt_reader *r, unsigned count,
                        uint32_t our_ssrc)
{
    while (count-- > 0) {
        uint32_t ssrc = rt_read_u32(r), lost = rt_read_u32(r) & 0xffffff;
        rt_read_u32(r);
        uint32_t jitter = rt_read_u32(r), last_sr = rt_read_u32(r), since = rt_read_u32(r);
        if (r->failed || ssrc != our_ssrc)
            continue;
        out->have_block = true;
        out->lost = lost & 0x800000 ? 0 : lost;
        out->jitter = jitter;
        out->last_sr = last_sr;
        out->since_sr = since;
    }
}

static void read_one(struct rtcp_news *out, unsigned type, unsigned count, struct rt_reader body,
                     uint32_t our_ssrc)
{
    if (type == BYE) {
        out->bye = true;
        return;
    }
    if (type != SR && type != RR)
        return;
    rt_read_u32(&body);
    if (type == SR) {
        uint32_t high = rt_read_u32(&body), low = rt_read_u32(&body);
        rt_read_bytes(&body, 12);
        out->have_sr = !body.failed;
        out->sr_middle = high << 16 | low >> 16;
    }
    read_blocks(out, &body, count, our_ssrc);
}

int rtcp_read(struct rtcp_news *out, const uint8_t *data, size_t len, uint32_t our_ssrc)
{
    struct rt_reader r = rt_reader(data, len);
    struct rtcp_news news = {.have_sr = false};

    while (rt_read_left(&r) > 0) {
        uint8_t first = rt_read_u8(&r), type = rt_read_u8(&r);
        size_t octets = rt_read_u16(&r) * 4u;
        const uint8_t *body = rt_read_bytes(&r, octets);
        if (!body || first >> 6 != 2 || type < SR || type > 207)
            return EBADMSG;
        if (body == data + 4 && ((type != SR && type != RR) || first & 0x20))
            return EBADMSG; /* A.2: a compound packet begins with a report, and that unpadded */
        read_one(&news, type, first & 31, rt_reader(body, octets), our_ssrc);
    }
    if (len == 0)
        return EBADMSG;
    *out = news;
    return 0;
}
