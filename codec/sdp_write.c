/* Writing SDP: a description of ours as text. What is in the structure is written, and nothing
 * else: who has agreed on less takes it out first. */
#include "codec/sdp_priv.h"

void sdp_write_head(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o,
                    struct rt_str timing)
{
    char host[RT_ADDR_LEN];
    const char *type = a->addr.sa.sa_family == AF_INET6 ? "IP6" : "IP4";

    rt_addr_host(host, &a->addr);
    rt_buf_printf(out, "v=0\r\no=- %llu %llu IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=%.*s\r\n",
                  (unsigned long long)o->session, (unsigned long long)o->version, type, host, type,
                  host, RT_STR(timing));
    if (a->bundled)
        rt_buf_printf(out, "a=group:BUNDLE %.*s\r\n", RT_STR(a->mid));
    if (a->ice.ufrag.n > 0) /* RFC 8839 4.2.5 */
        rt_buf_printf(out, "%sa=ice-options:ice2\r\n", a->ice.lite ? "a=ice-lite\r\n" : "");
}

/* ---- payload types ---- */

static void write_events(struct rt_buf *out, const struct sdp_event *e, uint32_t events)
{
    const char *separator = "";

    rt_buf_printf(out, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u ", e->payload, e->clock,
                  e->payload);
    for (unsigned low = 0; low < 32; low++) {
        unsigned high = low;
        if (!(events >> low & 1))
            continue;
        while (high + 1 < 32 && events >> (high + 1) & 1)
            high++;
        if (high > low)
            rt_buf_printf(out, "%s%u-%u", separator, low, high);
        else
            rt_buf_printf(out, "%s%u", separator, low);
        separator = ",";
        low = high;
    }
    rt_buf_puts(out, "\r\n");
}

/** Without annex B on one side there is none on both, which has to be said: without the line it
 * would be on (RFC 4856 2.1.9). */
static const char *fmtp_of(const struct sdp_codec *c)
{
    const char *fmtp = codec_table[c->id].fmtp;

    return c->id == CODEC_G729 && !fmtp && !c->params.dtx ? "annexb=no" : fmtp;
}

static void write_codec(struct rt_buf *out, const struct sdp_codec *f)
{
    const struct codec *c = &codec_table[f->id];
    const char *fmtp = fmtp_of(f);

    rt_buf_printf(out, "a=rtpmap:%u %s/%u", f->payload, c->name, c->clock);
    if (c->channels > 1)
        rt_buf_printf(out, "/%u", c->channels);
    rt_buf_puts(out, "\r\n");
    if (fmtp)
        rt_buf_printf(out, "a=fmtp:%u %s\r\n", f->payload, fmtp);
}

static void write_media_line(struct rt_buf *out, const struct sdp_audio *a)
{
    rt_buf_printf(out, "m=audio %u %s", rt_addr_port(&a->addr), sdp_profile_names[a->profile]);
    for (unsigned i = 0; i < a->ncodecs; i++)
        rt_buf_printf(out, " %u", a->codec[i].payload);
    for (unsigned i = 0; i < a->nevents; i++)
        rt_buf_printf(out, " %u", a->event[i].payload);
    if (a->cn_payload > 0)
        rt_buf_printf(out, " %d", a->cn_payload);
    rt_buf_puts(out, "\r\n");
}

/* ---- transport ---- */

static void write_rtcp(struct rt_buf *out, const struct sdp_audio *a)
{
    char host[RT_ADDR_LEN];
    uint16_t port = rt_addr_port(&a->rtcp);
    bool elsewhere = !rt_addr_same_host(&a->rtcp, &a->addr);

    if (a->rtcp_xr)
        rt_buf_puts(out, "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n");
    if (a->rtcp_mux)
        rt_buf_puts(out, "a=rtcp-mux\r\n");
    if (a->rtcp.sa.sa_family == AF_UNSPEC ||
        (!elsewhere && port == (uint16_t)(rt_addr_port(&a->addr) + 1)))
        return; /* where everybody looks for it */
    rt_buf_printf(out, "a=rtcp:%u", port);
    if (elsewhere)
        rt_buf_printf(out, " IN %s %s", a->rtcp.sa.sa_family == AF_INET6 ? "IP6" : "IP4",
                      rt_addr_host(host, &a->rtcp));
    rt_buf_puts(out, "\r\n");
}

/** Candidates of one base have one foundation (RFC 8445 5.1.1.3). */
static unsigned foundation(const struct sdp_ice *ice, unsigned i)
{
    unsigned first = 0;

    while (!rt_addr_same_host(&ice->own[first].addr, &ice->own[i].addr))
        first++;
    return first + 1;
}

/** Of a shared port there is one component; an offer has both, as sharing may be refused (RFC 5761
 * 5.1.3). */
static void write_ice(struct rt_buf *out, const struct sdp_audio *a, bool answer)
{
    const struct sdp_ice *ice = &a->ice;
    char host[RT_ADDR_LEN];

    if (ice->mismatch)
        rt_buf_puts(out, "a=ice-mismatch\r\n");
    if (ice->ufrag.n == 0)
        return;
    rt_buf_printf(out, "a=ice-ufrag:%.*s\r\na=ice-pwd:%.*s\r\n", RT_STR(ice->ufrag),
                  RT_STR(ice->pwd));
    for (unsigned i = 0; i < ice->nown; i++) {
        const struct sdp_candidate *c = &ice->own[i];
        if (answer && a->rtcp_mux && c->component > 1)
            continue;
        rt_buf_printf(out, "a=candidate:%u %u UDP %u %s %u typ host\r\n", foundation(ice, i),
                      c->component, c->priority, rt_addr_host(host, &c->addr),
                      rt_addr_port(&c->addr));
    }
}

static void write_keys(struct rt_buf *out, const struct sdp_audio *a)
{
    for (unsigned i = 0; i < a->ncryptos; i++)
        rt_buf_printf(out, "a=crypto:%u %.*s\r\n", a->crypto[i].tag, RT_STR(a->crypto[i].value));
    for (unsigned i = 0; i < a->nfingerprints; i++)
        rt_buf_printf(out, "a=fingerprint:%.*s %.*s\r\n", RT_STR(a->fingerprint[i].hash),
                      RT_STR(a->fingerprint[i].value));
    if (a->nfingerprints > 0 && a->setup != SDP_SETUP_NONE)
        rt_buf_printf(out, "a=setup:%s\r\n", sdp_setup_names[a->setup]);
}

void sdp_write_audio(struct rt_buf *out, const struct sdp_audio *a, bool answer)
{
    write_media_line(out, a);
    for (unsigned i = 0; i < a->ncodecs; i++)
        write_codec(out, &a->codec[i]);
    for (unsigned i = 0; i < a->nevents; i++)
        write_events(out, &a->event[i], a->events);
    if (a->cn_payload > 0)
        rt_buf_printf(out, "a=rtpmap:%d CN/8000\r\n", a->cn_payload);
    if (a->ptime)
        rt_buf_printf(out, "a=ptime:%u\r\n", a->ptime);
    if (a->maxptime)
        rt_buf_printf(out, "a=maxptime:%u\r\n", a->maxptime);
    rt_buf_printf(out, "a=%s\r\n", sdp_direction_names[a->direction]);
    if (a->mid.n > 0)
        rt_buf_printf(out, "a=mid:%.*s\r\n", RT_STR(a->mid));
    write_rtcp(out, a);
    write_ice(out, a, answer);
    write_keys(out, a);
}

/* ---- offers ---- */

bool sdp_payload_taken(const struct sdp_audio *a, unsigned payload)
{
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (a->codec[i].payload == payload)
            return true;
    for (unsigned i = 0; i < a->nevents; i++)
        if (a->event[i].payload == payload)
            return true;
    return false;
}

static void add_event_clock(struct sdp_audio *a, unsigned clock)
{
    unsigned payload = (unsigned)a->event_payload;

    for (unsigned i = 0; i < a->nevents; i++)
        if (a->event[i].clock == clock)
            return;
    while (payload < 128 && sdp_payload_taken(a, payload))
        payload++;
    if (a->nevents < SDP_EVENTS && payload < 128)
        a->event[a->nevents++] = (struct sdp_event){.clock = clock, .payload = (uint8_t)payload};
}

/** The caller's number is that of 8000 Hz; other clocks take free numbers after it, the same in the
 * offer and when its answer is read. */
void sdp_spread_events(struct sdp_audio *a)
{
    if (a->nevents > 0 || a->event_payload < 0 || a->events == 0)
        return;
    for (unsigned i = 0; i < a->ncodecs; i++)
        if (codec_table[a->codec[i].id].clock == 8000)
            add_event_clock(a, 8000);
    for (unsigned i = 0; i < a->ncodecs; i++)
        add_event_clock(a, codec_table[a->codec[i].id].clock);
}

/** With keys required the profile says so; best effort is a plain profile with keys beside (RFC
 * 8643 3.1). */
static enum sdp_profile profile_of(const struct sdp_audio *a)
{
    bool feedback = a->wish.feedback;

    if (a->wish.again)
        return a->profile;
    if (a->wish.security != SDP_SECURITY_REQUIRED)
        return feedback ? SDP_AVPF : SDP_AVP;
    if (a->ncryptos > 0)
        return feedback ? SDP_SAVPF : SDP_SAVP;
    return feedback ? SDP_TLS_SAVPF : SDP_TLS_SAVP;
}

void sdp_write_offer(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o)
{
    struct sdp_audio offer = *a;

    if (a->wish.security == SDP_SECURITY_OFF)
        offer.ncryptos = offer.nfingerprints = 0;
    offer.profile = profile_of(a);
    if (offer.nfingerprints > 0 && offer.setup == SDP_SETUP_NONE)
        offer.setup = SDP_SETUP_ACTPASS;
    sdp_spread_events(&offer);
    sdp_write_head(out, &offer, o, rt_str("0 0"));
    sdp_write_audio(out, &offer, false);
}
