/* RTCP extended reports (RFC 3611): blocks of type, length and content. */
#include "codec/rtcp_priv.h"

enum { REFERENCE_TIME = 4, DLRR = 5, VOIP = 7 };

/* words of each block without its header */
#define REFERENCE_WORDS 2u
#define DLRR_WORDS      3u
#define VOIP_WORDS      8u

static void write_block(struct rt_writer *w, unsigned type, unsigned words)
{
    rt_write_u8(w, (uint8_t)type);
    rt_write_u8(w, 0);
    rt_write_u16(w, (uint16_t)words);
}

static void write_voip(struct rt_writer *w, const struct rtcp_voip *v)
{
    write_block(w, VOIP, VOIP_WORDS);
    rt_write_u32(w, v->ssrc);
    rt_write_u8(w, v->loss_rate);
    rt_write_u8(w, v->discard_rate);
    rt_write_u8(w, v->burst_density);
    rt_write_u8(w, v->gap_density);
    rt_write_u16(w, v->burst_ms);
    rt_write_u16(w, v->gap_ms);
    rt_write_u16(w, v->round_trip_ms);
    rt_write_u16(w, v->end_system_ms);
    rt_write_u8(w, (uint8_t)v->signal_dbm0);
    rt_write_u8(w, (uint8_t)v->noise_dbm0);
    rt_write_u8(w, v->rerl_db);
    rt_write_u8(w, v->gmin);
    rt_write_u8(w, v->r);
    rt_write_u8(w, v->ext_r);
    rt_write_u8(w, v->mos_lq);
    rt_write_u8(w, v->mos_cq);
    rt_write_u8(w, (uint8_t)((unsigned)v->plc << 6 | (unsigned)v->jba << 4 | (v->jb_rate & 15u)));
    rt_write_u8(w, 0);
    rt_write_u16(w, v->jb_nominal_ms);
    rt_write_u16(w, v->jb_max_ms);
    rt_write_u16(w, v->jb_abs_max_ms);
}

void rtcp_write_xr(struct rt_writer *w, const struct rtcp_report *r)
{
    unsigned words = (r->reference_time ? 1 + REFERENCE_WORDS : 0) +
                     (r->last_rr ? 1 + DLRR_WORDS : 0) + (r->voip ? 1 + VOIP_WORDS : 0);

    if (words == 0)
        return;
    rtcp_write_header(w, 0, RTCP_XR, 1 + words);
    rt_write_u32(w, r->ssrc);
    if (r->reference_time) {
        uint64_t t = rtcp_ntp(r->wall);
        write_block(w, REFERENCE_TIME, REFERENCE_WORDS);
        rt_write_u32(w, (uint32_t)(t >> 32));
        rt_write_u32(w, (uint32_t)t);
    }
    if (r->last_rr) {
        write_block(w, DLRR, DLRR_WORDS);
        rt_write_u32(w, r->dlrr_ssrc);
        rt_write_u32(w, r->last_rr);
        rt_write_u32(w, r->since_rr);
    }
    if (r->voip)
        write_voip(w, r->voip);
}

/* ---- reading ---- */

static void read_reference(struct rtcp_news *out, struct rt_reader b, uint32_t our_ssrc)
{
    uint32_t high = rt_read_u32(&b), low = rt_read_u32(&b);

    (void)our_ssrc;
    out->reference = high << 16 | low >> 16; /* 0: it has no clock (4.4) */
}

static void read_dlrr(struct rtcp_news *out, struct rt_reader b, uint32_t our_ssrc)
{
    while (rt_read_left(&b) > 0) {
        uint32_t ssrc = rt_read_u32(&b), last = rt_read_u32(&b), since = rt_read_u32(&b);
        if (ssrc != our_ssrc)
            continue;
        out->have_dlrr = true;
        out->last_rr = last;
        out->since_rr = since;
    }
}

/** 4.7.5: other values MUST be ignored. */
static uint8_t ranged(uint8_t v, uint8_t low, uint8_t high)
{
    return v >= low && v <= high ? v : RTCP_UNKNOWN;
}

static void read_voip(struct rtcp_news *out, struct rt_reader b, uint32_t our_ssrc)
{
    struct rtcp_voip v = {.ssrc = rt_read_u32(&b)};

    v.loss_rate = rt_read_u8(&b);
    v.discard_rate = rt_read_u8(&b);
    v.burst_density = rt_read_u8(&b);
    v.gap_density = rt_read_u8(&b);
    v.burst_ms = rt_read_u16(&b);
    v.gap_ms = rt_read_u16(&b);
    v.round_trip_ms = rt_read_u16(&b);
    v.end_system_ms = rt_read_u16(&b);
    v.signal_dbm0 = (int8_t)rt_read_u8(&b);
    v.noise_dbm0 = (int8_t)rt_read_u8(&b);
    v.rerl_db = ranged(rt_read_u8(&b), 0, RTCP_UNKNOWN);
    v.gmin = rt_read_u8(&b);
    v.r = ranged(rt_read_u8(&b), 0, 100);
    v.ext_r = ranged(rt_read_u8(&b), 0, 100);
    v.mos_lq = ranged(rt_read_u8(&b), 10, 50);
    v.mos_cq = ranged(rt_read_u8(&b), 10, 50);
    unsigned config = rt_read_u8(&b);
    v.plc = (enum rtcp_plc)(config >> 6);
    v.jba = (enum rtcp_jba)(config >> 4 & 3);
    v.jb_rate = config & 15;
    rt_read_u8(&b);
    v.jb_nominal_ms = rt_read_u16(&b);
    v.jb_max_ms = rt_read_u16(&b);
    v.jb_abs_max_ms = rt_read_u16(&b);
    if (v.ssrc != our_ssrc || v.gmin == 0) /* 4.7.6: MUST not be zero */
        return;
    if (v.jba == RTCP_JBA_RESERVED)
        v.jba = RTCP_JBA_UNKNOWN;
    out->have_voip = true;
    out->voip = v;
}

/** A block of another length than its type has is passed over, as one of an unknown type is: its
 * end is known, and the reports around it are good. */
static const struct {
    unsigned type;
    size_t words;
    bool more; /**< any multiple of it */
    void (*read)(struct rtcp_news *out, struct rt_reader b, uint32_t our_ssrc);
} blocks[] = {
    {REFERENCE_TIME, REFERENCE_WORDS, false, read_reference},
    {DLRR, DLRR_WORDS, true, read_dlrr},
    {VOIP, VOIP_WORDS, false, read_voip},
};

static void read_block(struct rtcp_news *out, unsigned type, struct rt_reader b, uint32_t our_ssrc)
{
    size_t words = rt_read_left(&b) / 4;

    for (size_t i = 0; i < RT_COUNT(blocks); i++)
        if (blocks[i].type == type &&
            (blocks[i].more ? words % blocks[i].words == 0 : words == blocks[i].words))
            blocks[i].read(out, b, our_ssrc);
}

bool rtcp_read_xr(struct rtcp_news *out, struct rt_reader body, uint32_t our_ssrc)
{
    rt_read_u32(&body); /* the sender's SSRC */
    while (!body.failed && rt_read_left(&body) > 0) {
        unsigned type = rt_read_u8(&body);
        rt_read_u8(&body);
        size_t octets = rt_read_u16(&body) * 4u;
        const uint8_t *content = rt_read_bytes(&body, octets);
        if (content)
            read_block(out, type, rt_reader(content, octets), our_ssrc);
    }
    return !body.failed;
}
