/* RTCP compound packets to and from octets (RFC 3550 6.4 to 6.6). */
#include "codec/rtcp_priv.h"

#include <errno.h>

#define NTP_OFFSET 2208988800u /* seconds from 1900 to 1970 */

enum { SDES_END, SDES_CNAME };

#define REPORT_BLOCK 24u /* octets */
#define SENDER_INFO  20u

#define ROUND_TRIP_MAX (30 * RT_S) /* whoever answers later is not there any more */
#define JITTER_MAX_S   10u

/* ---- times ---- */

uint64_t rtcp_ntp(rt_time wall)
{
    uint64_t seconds = (uint64_t)(wall / RT_S) + NTP_OFFSET;
    uint64_t fraction = ((uint64_t)(wall % RT_S) << 32) / (uint64_t)RT_S;
    return seconds << 32 | fraction;
}

uint32_t rtcp_ntp_middle(rt_time wall)
{
    return (uint32_t)(rtcp_ntp(wall) >> 16);
}

uint32_t rtcp_since(rt_time duration)
{
    if (duration <= 0)
        return 0;
    return duration < 65535 * RT_S ? (uint32_t)(duration * 65536 / RT_S) : UINT32_MAX;
}

bool rtcp_round_trip(rt_time *out, rt_time wall, uint32_t last, uint32_t since)
{
    uint32_t elapsed = rtcp_ntp_middle(wall) - last; /* 6.4.1: 1/65536 s, modulo 18 hours */
    if (last == 0 || since > elapsed)
        return false;
    rt_time rtt = (rt_time)(elapsed - since) * RT_S / 65536;
    if (rtt > ROUND_TRIP_MAX)
        return false;
    *out = rtt;
    return true;
}

rt_time rtcp_interval(uint32_t random, bool first)
{
    double factor = 0.5 + random / 4294967296.0;
    return (rt_time)((double)(first ? 5 * RT_S / 2 : 5 * RT_S) * factor / 1.21828);
}

uint32_t rtcp_jitter_us(uint32_t jitter, unsigned clock)
{
    uint64_t us = clock > 0 ? (uint64_t)jitter * (uint64_t)RT_S / clock : 0;
    return us < JITTER_MAX_S * (uint64_t)RT_S ? (uint32_t)us : JITTER_MAX_S * (uint32_t)RT_S;
}

void rtcp_bound(struct rtcp_news *news, uint64_t sent, unsigned clock)
{
    uint64_t most = (uint64_t)clock * JITTER_MAX_S;

    if (news->lost > sent)
        news->lost = (uint32_t)sent;
    if (news->jitter > most)
        news->jitter = (uint32_t)most;
}

/* ---- writing ---- */

void rtcp_write_header(struct rt_writer *w, unsigned count, unsigned type, unsigned words)
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

static void write_report(struct rt_writer *w, const struct rtcp_report *r)
{
    unsigned blocks = r->source && r->source->valid;

    rtcp_write_header(w, blocks, r->sender ? RTCP_SR : RTCP_RR,
                      1 + (r->sender ? SENDER_INFO / 4 : 0) + REPORT_BLOCK / 4 * blocks);
    rt_write_u32(w, r->ssrc);
    if (r->sender) {
        uint64_t t = rtcp_ntp(r->wall);
        rt_write_u32(w, (uint32_t)(t >> 32));
        rt_write_u32(w, (uint32_t)t);
        rt_write_u32(w, r->ts);
        rt_write_u32(w, r->packets);
        rt_write_u32(w, r->octets);
    }
    if (blocks)
        write_block(w, r);
}

/** A text behind its length, and zeros to the word's end. */
static void write_text(struct rt_writer *w, const char *text, size_t n, size_t padding)
{
    rt_write_u8(w, (uint8_t)n);
    rt_write_bytes(w, text, n);
    for (size_t i = 0; i < padding; i++)
        rt_write_u8(w, 0);
}

static void write_sdes(struct rt_writer *w, const struct rtcp_report *r)
{
    size_t n = strnlen(r->cname, 255);
    size_t used = 4 + 2 + n;                     /* SSRC, item header, name */
    size_t padded = (used + 1 + 3) & ~(size_t)3; /* at least one null ends the list */

    rtcp_write_header(w, 1, RTCP_SDES, (unsigned)(padded / 4));
    rt_write_u32(w, r->ssrc);
    rt_write_u8(w, SDES_CNAME);
    write_text(w, r->cname, n, padded - used);
}

static void write_bye(struct rt_writer *w, const struct rtcp_report *r)
{
    size_t n = r->reason ? strnlen(r->reason, 255) : 0;
    size_t padded = n > 0 ? (1 + n + 3) & ~(size_t)3 : 0;

    rtcp_write_header(w, 1, RTCP_BYE, (unsigned)(1 + padded / 4));
    rt_write_u32(w, r->ssrc);
    if (n > 0)
        write_text(w, r->reason, n, padded - 1 - n);
}

size_t rtcp_write(uint8_t out[RTCP_MAX], const struct rtcp_report *r)
{
    struct rt_writer w = rt_writer(out, RTCP_MAX);

    write_report(&w, r);
    write_sdes(&w, r);
    rtcp_write_xr(&w, r);
    if (r->bye)
        write_bye(&w, r);
    return rt_written(&w);
}

/* ---- reading ---- */

/** One packet of a compound. */
struct part {
    unsigned type, count;
    struct rt_reader body; /**< without padding */
};

static void read_sender(struct rtcp_news *out, struct rt_reader *r, uint32_t ssrc)
{
    uint32_t high = rt_read_u32(r), low = rt_read_u32(r);
    rt_read_u32(r); /* RTP timestamp */
    uint32_t packets = rt_read_u32(r), octets = rt_read_u32(r);

    if (ssrc != out->ssrc)
        return; /* one of a mixer's sources */
    out->have_sr = true;
    out->sr_middle = high << 16 | low >> 16;
    out->packets = packets;
    out->octets = octets;
}

static bool read_report(struct rtcp_news *out, struct part *p, uint32_t our_ssrc)
{
    struct rt_reader *r = &p->body;

    if (p->type == RTCP_SR)
        read_sender(out, r, rt_read_u32(r));
    else
        rt_read_u32(r);
    for (unsigned i = 0; i < p->count && !r->failed; i++) {
        uint32_t ssrc = rt_read_u32(r), lost = rt_read_u32(r), highest = rt_read_u32(r);
        uint32_t jitter = rt_read_u32(r), last_sr = rt_read_u32(r), since = rt_read_u32(r);
        if (ssrc != our_ssrc)
            continue;
        out->have_block = true;
        out->fraction = (uint8_t)(lost >> 24);
        /* a negative number: more came than was sent, by duplicates */
        out->lost = lost & 0x800000 ? 0 : lost & 0xffffff;
        out->highest = highest;
        out->jitter = jitter;
        out->last_sr = last_sr;
        out->since_sr = since;
    }
    return !r->failed; /* a profile's extensions may follow */
}

/** The items of one source up to the null that ends them, at the end of a word (6.5); there are
 * those who leave it out at the end. */
static bool read_chunk(struct rtcp_news *out, struct rt_reader *r, const uint8_t *start)
{
    uint32_t ssrc = rt_read_u32(r);

    while (!r->failed && rt_read_left(r) > 0) {
        unsigned item = rt_read_u8(r);
        if (item == SDES_END)
            break;
        size_t n = rt_read_u8(r);
        const uint8_t *text = rt_read_bytes(r, n);
        if (text && item == SDES_CNAME && ssrc == out->ssrc)
            out->cname = (struct rt_str){(const char *)text, n};
    }
    if (!r->failed)
        rt_read_bytes(r, (size_t)(start - r->p) & 3);
    return !r->failed;
}

static bool read_sdes(struct rtcp_news *out, struct part *p, uint32_t our_ssrc)
{
    const uint8_t *start = p->body.p;

    (void)our_ssrc;
    for (unsigned i = 0; i < p->count; i++)
        if (!read_chunk(out, &p->body, start))
            return false;
    return true;
}

static bool read_bye(struct rtcp_news *out, struct part *p, uint32_t our_ssrc)
{
    bool sender = false;

    (void)our_ssrc;
    for (unsigned i = 0; i < p->count; i++)
        sender |= rt_read_u32(&p->body) == out->ssrc;
    if (p->body.failed)
        return false;
    if (!sender)
        return true; /* one of a mixer's sources */
    out->bye = true;
    if (rt_read_left(&p->body) == 0)
        return true;
    size_t n = rt_read_u8(&p->body);
    const uint8_t *text = rt_read_bytes(&p->body, n);
    if (!text)
        return false;
    out->reason = (struct rt_str){(const char *)text, n};
    return true;
}

static bool read_extended(struct rtcp_news *out, struct part *p, uint32_t our_ssrc)
{
    return rtcp_read_xr(out, p->body, our_ssrc);
}

static const struct {
    unsigned type;
    bool (*read)(struct rtcp_news *out, struct part *p, uint32_t our_ssrc);
} readers[] = {
    {RTCP_SR, read_report}, {RTCP_RR, read_report},   {RTCP_SDES, read_sdes},
    {RTCP_BYE, read_bye},   {RTCP_XR, read_extended},
};

/** Takes the next packet off a compound. */
static bool next_part(struct part *p, struct rt_reader *r)
{
    uint8_t first = rt_read_u8(r), type = rt_read_u8(r);
    size_t octets = rt_read_u16(r) * 4u;
    const uint8_t *body = rt_read_bytes(r, octets);

    if (!body || first >> 6 != 2 || type < 192 || type > 223)
        return false;
    if (first & 0x20) { /* 6.4.1: the last octet counts the padding, itself included */
        size_t padding = octets > 0 ? body[octets - 1] : 0;
        if (padding == 0 || padding % 4 != 0 || padding > octets || rt_read_left(r) > 0)
            return false;
        octets -= padding;
    }
    *p = (struct part){type, first & 31, rt_reader(body, octets)};
    return true;
}

int rtcp_read(struct rtcp_news *out, const uint8_t *data, size_t len, uint32_t our_ssrc)
{
    struct rt_reader r = rt_reader(data, len);
    struct rtcp_news news = {.have_sr = false};
    struct part p;

    /* A.2: a compound packet begins with a report, and that unpadded */
    if (len < 8 || (data[1] != RTCP_SR && data[1] != RTCP_RR) || data[0] & 0x20)
        return EBADMSG;
    struct rt_reader sender = rt_reader(data + 4, 4);
    news.ssrc = rt_read_u32(&sender);
    while (rt_read_left(&r) > 0) {
        if (!next_part(&p, &r))
            return EBADMSG;
        for (size_t i = 0; i < RT_COUNT(readers); i++)
            if (readers[i].type == p.type && !readers[i].read(&news, &p, our_ssrc))
                return EBADMSG;
    }
    *out = news;
    return 0;
}
