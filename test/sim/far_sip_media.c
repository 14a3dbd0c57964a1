/* Descriptions of SIP far ends, and their RTP: a socket that counts, and a packet each second,
 * which is enough to know that a voice path is there. */
#include "test/sim/far_sip.h"

#include "codec/rtp.h"

#include <stdlib.h>

#define SPEECH 160u
#define PACKET (20 * RT_MS)

static unsigned own_codecs(const struct far_sip_call *k, unsigned out[2])
{
    static const unsigned sets[4][2] = {{8, 0}, {0, 8}, {8, 8}, {0, 0}};
    const unsigned *set = sets[far_sip_choice(k->own->far, FAR_SIP_CODECS, 2)];

    out[0] = set[0];
    out[1] = set[1];
    return set[0] == set[1] ? 1 : 2;
}

/** RTP has an even port, and reports go to the one above it (RFC 3550 11): no other call hears
 * them. */
static void open_socket(struct far_sip_call *k)
{
    union rt_addr any = k->own->host;

    rt_addr_set_port(&any, 0);
    while (!k->rtp && rt_udp_open(&k->rtp, k->own->loop, &any, NULL, NULL) == 0)
        if (rt_addr_port(rt_udp_local(k->rtp)) % 2 != 0) {
            rt_udp_close(k->rtp);
            k->rtp = NULL;
        }
}

static void head(struct far_sip_call *k)
{
    open_socket(k);
    rt_buf_reset(&k->sdp);
    rt_buf_printf(&k->sdp,
                  "v=0\r\no=- 1 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP",
                  ++k->version, k->own->far->host, k->own->far->host,
                  k->rtp ? rt_addr_port(rt_udp_local(k->rtp)) : 9);
}

static struct sip_body tail(struct far_sip_call *k, unsigned event)
{
    rt_buf_printf(&k->sdp,
                  " %u\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
                  "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\na=ptime:20\r\na=%s\r\n",
                  event, event, event, k->direction);
    return (struct sip_body){rt_str("application/sdp"), rt_buf_str(&k->sdp)};
}

struct sip_body far_sip_offer(struct far_sip_call *k, const char *direction)
{
    unsigned codec[2], n = own_codecs(k, codec);

    k->direction = direction;
    head(k);
    for (unsigned i = 0; i < n; i++)
        rt_buf_printf(&k->sdp, " %u", codec[i]);
    return tail(k, 101);
}

struct sip_body far_sip_answer(struct far_sip_call *k)
{
    head(k);
    rt_buf_printf(&k->sdp, " %u", k->payload);
    if (k->event != 0)
        return tail(k, k->event);
    rt_buf_printf(&k->sdp, "\r\na=ptime:20\r\na=%s\r\n", k->direction);
    return (struct sip_body){rt_str("application/sdp"), rt_buf_str(&k->sdp)};
}

/* ---- theirs ---- */

/** `audio 4000 RTP/AVP 8 0 101`: the port, and the first codec that we know. */
static bool take_audio(struct far_sip_call *k, struct rt_str m, uint16_t *port)
{
    uint64_t n;

    rt_str_cut(&m, ' ');
    if (rt_str_u64(&n, rt_str_cut(&m, ' '), 65535) != 0 || n == 0)
        return false;
    *port = (uint16_t)n;
    rt_str_cut(&m, ' ');
    while (m.n > 0)
        if (rt_str_u64(&n, rt_str_cut(&m, ' '), 127) == 0 && (n == 8 || n == 0)) {
            k->payload = (unsigned)n;
            return true;
        }
    return false;
}

static void take_attribute(struct far_sip_call *k, struct rt_str a)
{
    static const char *const mirrored[][2] = {{"sendonly", "recvonly"},
                                              {"recvonly", "sendonly"},
                                              {"inactive", "inactive"},
                                              {"sendrecv", "sendrecv"}};
    uint64_t n;

    for (size_t i = 0; i < RT_COUNT(mirrored); i++)
        if (rt_str_eq(a, mirrored[i][0]))
            k->direction = mirrored[i][1];
    if (a.n > 7 && memcmp(a.p, "rtpmap:", 7) == 0 &&
        memmem(a.p, a.n, " telephone-event/8000", 21)) {
        rt_str_cut(&a, ':');
        if (rt_str_u64(&n, rt_str_cut(&a, ' '), 127) == 0)
            k->event = (unsigned)n;
    }
}

bool far_sip_take(struct far_sip_call *k, struct rt_str sdp)
{
    struct rt_str host = {"", 0};
    uint16_t port = 0;
    bool good = false;

    k->event = 0;
    k->direction = "sendrecv";
    while (sdp.n > 0) {
        struct rt_str line = rt_str_trim(rt_str_cut(&sdp, '\n'));
        if (line.n < 3)
            continue;
        struct rt_str value = {line.p + 2, line.n - 2};
        if (line.p[0] == 'c' && value.n > 7)
            host = (struct rt_str){value.p + 7, value.n - 7}; /* after "IN IP4 " */
        else if (line.p[0] == 'm' && value.n > 6 && memcmp(value.p, "audio ", 6) == 0)
            good = take_audio(k, value, &port);
        else if (line.p[0] == 'a')
            take_attribute(k, value);
    }
    k->agreed = good && rt_addr_parse(&k->far_rtp, host.p, host.n, port) == 0;
    if (strcmp(k->direction, "sendrecv") != 0)
        k->spoke = 0;
    return k->agreed;
}

/* ---- sound ---- */

static void swallow(struct far_sip_call *k)
{
    uint8_t packet[512];
    size_t n;

    while (rt_udp_recv(k->rtp, packet, sizeof packet, &n, NULL) == 0)
        if (n >= 12) {
            k->heard++;
            far_sip_hear(k, packet, n);
        }
}

uint32_t far_sip_ssrc(const struct far_sip_call *k)
{
    return k->version << 16 | k->own->far->index;
}

static void speak(void *arg)
{
    struct far_sip_call *k = arg;
    uint8_t packet[RTP_HEADER + SPEECH];
    unsigned packets = k->rapid ? 1 : RT_S / PACKET; /* that the time stands for */

    rt_timer_start(&k->media, packets * PACKET);
    swallow(k);
    if (!k->agreed || !k->up || strcmp(k->direction, "sendrecv") != 0 ||
        rt_addr_port(&k->far_rtp) == 0)
        return;
    k->seq = (uint16_t)(k->seq + packets);
    k->ts += packets * SPEECH;
    size_t n = far_sip_say_event(k, packet);
    if (n == 0) {
        n = sizeof packet;
        rtp_write_header(packet, false, (uint8_t)k->payload, k->seq, k->ts, far_sip_ssrc(k));
        if (k->voice)
            far_voice_say(k->voice, packet + RTP_HEADER, SPEECH);
        else
            memset(packet + RTP_HEADER, k->payload == 8 ? 0xd5 : 0xff, SPEECH);
    }
    rt_udp_send(k->rtp, packet, n, &k->far_rtp);
}

void far_sip_media_start(struct far_sip_call *k)
{
    open_socket(k);
    if (!k->rtp || rt_timer_running(&k->media))
        return;
    rt_timer_init(&k->media, k->own->loop, speak, k);
    rt_timer_start(&k->media, RT_S);
}

bool far_sip_silent(const struct far_sip_call *k)
{
    return k->spoke != 0 && rt_now() - k->spoke > 5 * RT_S && k->heard == 0;
}

void far_sip_media_stop(struct far_sip_call *k)
{
    rt_timer_stop(&k->media);
    if (k->rtp) {
        swallow(k);
        rt_udp_close(k->rtp);
    }
    k->rtp = NULL;
}
