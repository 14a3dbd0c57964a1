/* What the payload types of an m= line mean: rtpmap, fmtp, and the static types of RFC 3551. */
#include "codec/sdp_priv.h"

/** Payload types from here on mean what an rtpmap says (RFC 3551 6). */
#define DYNAMIC 96
/** Comfort noise's static payload type (RFC 3389 4). */
#define NOISE 13

void sdp_read_rtpmap(struct sdp_reading *r, struct rt_str v)
{
    uint64_t pt, clock, channels = 1;
    struct rt_str number = rt_str_cut(&v, ' ');
    struct rt_str encoding = rt_str_trim(v), name = rt_str_cut(&encoding, '/'),
                  rate = rt_str_cut(&encoding, '/');

    if (rt_str_u64(&pt, number, 127) != 0 || rt_str_u64(&clock, rate, 1000000) != 0)
        return;
    struct sdp_mapping *m = &r->map[pt];
    struct rt_str fmtp = m->fmtp; /* the order of attributes means nothing */
    *m = (struct sdp_mapping){.mapped = true, .fmtp = fmtp};
    if (encoding.n > 0 && rt_str_u64(&channels, encoding, 255) != 0)
        return;
    m->codec = codec_by_name(name.p, name.n, (unsigned)clock, (unsigned)channels);
    if (channels != 1)
        return;
    if (rt_str_caseeq(name, "telephone-event") && clock % 8000 == 0)
        m->event_clock = (unsigned)clock;
    m->noise = rt_str_caseeq(name, "CN") && clock == 8000;
}

void sdp_read_fmtp(struct sdp_reading *r, struct rt_str v)
{
    uint64_t pt;

    if (rt_str_u64(&pt, rt_str_cut(&v, ' '), 127) == 0)
        r->map[pt].fmtp = v; /* its rtpmap may come later */
}

/** `0-15,66`: events 0..31 are kept. */
static uint32_t read_events(struct rt_str v)
{
    uint32_t events = 0;

    while (v.n > 0) {
        struct rt_str part = rt_str_trim(rt_str_cut(&v, ',')), low_text = rt_str_cut(&part, '-');
        uint64_t low, high;
        if (rt_str_u64(&low, low_text, 255) != 0)
            continue;
        if (part.n == 0 || rt_str_u64(&high, part, 255) != 0)
            high = low;
        for (uint64_t e = low; e <= high && e < 32; e++)
            events |= (uint32_t)1 << e;
    }
    return events;
}

/* ---- fmtp ---- */

/** RFC 7587 6.1: other rates than these are to be ignored. */
#define OPUS_RATE_MIN 6000u
#define OPUS_RATE_MAX 510000u

static void opus_param(struct codec_params *p, struct rt_str name, struct rt_str value)
{
    bool on = rt_str_eq(value, "1");
    uint64_t rate;

    if (rt_str_caseeq(name, "useinbandfec"))
        p->fec = on;
    else if (rt_str_caseeq(name, "usedtx"))
        p->dtx = on;
    else if (rt_str_caseeq(name, "cbr"))
        p->cbr = on;
    else if (rt_str_caseeq(name, "maxaveragebitrate") &&
             rt_str_u64(&rate, value, OPUS_RATE_MAX) == 0 && rate >= OPUS_RATE_MIN)
        p->bitrate = (unsigned)rate;
}

static void g729_param(struct codec_params *p, struct rt_str name, struct rt_str value)
{
    if (rt_str_caseeq(name, "annexb"))
        p->dtx = !rt_str_caseeq(value, "no");
}

/** What an fmtp asks of our encoder. */
static struct codec_params params_of(enum codec_id id, struct rt_str fmtp)
{
    /* annex B unless it is refused (RFC 4856 2.1.9) */
    struct codec_params p = {.dtx = id == CODEC_G729};

    while (fmtp.n > 0) {
        struct rt_str value = rt_str_cut(&fmtp, ';'), name = rt_str_trim(rt_str_cut(&value, '='));
        value = rt_str_trim(value);
        if (id == CODEC_OPUS)
            opus_param(&p, name, value);
        else if (id == CODEC_G729)
            g729_param(&p, name, value);
    }
    return p;
}

/* ---- the m= line's list ---- */

static void add_events(struct sdp_reading *r, uint8_t pt)
{
    struct sdp_audio *a = r->at;
    struct sdp_mapping *m = &r->map[pt];
    uint32_t events = m->fmtp.n > 0 ? read_events(m->fmtp) : 0xffff;

    for (unsigned i = 0; i < a->nevents; i++)
        if (a->event[i].clock == m->event_clock)
            return; /* the first of several is the preferred one */
    if (a->nevents == SDP_EVENTS)
        return;
    a->events = a->nevents == 0 ? events : a->events & events;
    if (a->nevents == 0 || m->event_clock == 8000) {
        a->event_payload = pt;
        a->event_clock = m->event_clock;
    }
    a->event[a->nevents++] = (struct sdp_event){.clock = m->event_clock, .payload = pt};
}

/** Static payload types need no rtpmap (RFC 3551 6). */
static const struct codec *static_codec(uint8_t pt)
{
    for (unsigned i = 0; i < CODEC_COUNT && pt < DYNAMIC; i++)
        if (codec_table[i].payload == pt)
            return &codec_table[i];
    return NULL;
}

static void add_codec(struct sdp_audio *a, const struct codec *c, uint8_t pt, struct rt_str fmtp)
{
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (a->codec[i].id == c->id)
            return; /* of several payload types the first is the preferred one */
    if (a->ncodecs < CODEC_COUNT)
        a->codec[a->ncodecs++] =
            (struct sdp_codec){.id = c->id, .payload = pt, .params = params_of(c->id, fmtp)};
}

static void add_format(struct sdp_reading *r, uint8_t pt)
{
    const struct sdp_mapping *m = &r->map[pt];
    const struct codec *c = m->mapped ? m->codec : static_codec(pt);

    if (m->event_clock != 0)
        add_events(r, pt);
    else if ((m->noise || (!m->mapped && pt == NOISE)) && r->at->cn_payload < 0)
        r->at->cn_payload = pt;
    else if (c)
        add_codec(r->at, c, pt, m->fmtp);
}

void sdp_read_formats(struct sdp_reading *r)
{
    struct rt_str rest = r->formats;
    uint64_t pt;

    while (rest.n > 0)
        if (rt_str_u64(&pt, rt_str_cut(&rest, ' '), 127) == 0)
            add_format(r, (uint8_t)pt);
}
