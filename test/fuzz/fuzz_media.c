/* The media engine: any datagrams to an RTP port that is joined with a line and then with another
 * RTP port, in any of its ways of working, while time passes and orders come. The input is a list
 * of commands: an octet says what, the next ones with what. However it went, all ports close and
 * nothing is left. */
#include "codec/media_priv.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

static struct {
    struct rt_loop *loop;
    struct media *m;
    struct media_bank *bank;
    struct media_port *rtp, *other, *tdm;
    struct rt_udp *peer, *peer_rtcp, *away;
    unsigned closed;
    uint16_t seq;
    uint32_t ts, ssrc;
} f;

static const struct media_srtp_keys keys = {
    .suite = MEDIA_SRTP_AES_128_SHA1_80, .key = "0123456789abcdef", .salt = "saltsaltsalt"};

static void told(void *arg, struct media_port *p, const struct media_event *ev)
{
    (void)arg;
    (void)p;
    if (ev->type == MEDIA_DATAGRAM)
        fuzz_check(ev->datagram->len <= MEDIA_DATAGRAM_MAX);
    f.closed += ev->type == MEDIA_CLOSED;
}

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    fuzz_check(rt_addr_parse(&a, text, strlen(text), 0) == 0);
    return a;
}

/** `ways`: bits of how the port works. */
static struct media_rtp agreed(const char *remote, enum codec_id codec, unsigned ways)
{
    static const unsigned clocks[] = {0, 8000, 48000, 100};
    struct media_rtp r = {.remote = addr(remote),
                          .codec = codec,
                          .event_payload = ways & 1 ? 101 : -1,
                          .event_clock = clocks[ways >> 6 & 3],
                          .noise_payload = 13,
                          .send = true,
                          .receive = true,
                          .mux = ways & 2,
                          .apart_datagrams = ways & 4,
                          .secure = (ways & 0x18) == 0x18,
                          .listen = ways & 0x20,
                          .xr = true};

    for (unsigned i = 0; i < CODEC_COUNT; i++)
        r.payload[i] = codec_table[i].ops || i == CODEC_CLEARMODE ? codec_table[i].payload : 255;
    return r;
}

static struct rt_udp *sink(const char *text)
{
    union rt_addr a = addr(text);
    struct rt_udp *u;

    fuzz_check(rt_udp_open(&u, f.loop, &a, NULL, NULL) == 0);
    return u;
}

static struct media_port *rtp(const char *remote, enum codec_id codec)
{
    union rt_addr local = addr("192.0.2.1:0");
    struct media_rtp r = agreed(remote, codec, 1);
    struct media_port *p;

    fuzz_check(media_rtp_open(&p, f.m, 0, &local, told, NULL) == 0);
    fuzz_check(media_rtp_set(p, &r) == 0);
    return p;
}

/** One engine for all inputs: it takes longer to make than most of them run. */
static void make_engine(void)
{
    struct media_config cfg = {.threads = 1, .port_low = 20000, .port_high = 29999, .echo_ms = 32};

    fake_reset();
    fuzz_check(rt_loop_new(&f.loop, "signalling") == 0);
    fuzz_check(media_new(&f.m, f.loop, &cfg) == 0);
    fuzz_check(media_bank_new(&f.bank, f.m, 0, G711_A) == 0);
    fuzz_check(media_start(f.m) == 0);
    f.peer = sink("192.0.2.9:7000");
    f.peer_rtcp = sink("192.0.2.9:7001");
    f.away = sink("192.0.2.7:7000");
}

static void begin(void)
{
    if (!f.m)
        make_engine();
    f.closed = 0;
    f.seq = 0;
    f.ts = f.ssrc = 0;
    f.rtp = rtp("192.0.2.9:7000", CODEC_PCMA);
    f.other = rtp("192.0.2.7:7000", CODEC_PCMA);
    fuzz_check(media_tdm_open(&f.tdm, f.bank, 1, told, NULL) == 0);
    media_join(f.rtp, f.tdm, MEDIA_BOTH);
}

static void drain(struct rt_udp *u)
{
    uint8_t buf[2400];
    size_t len;

    while (rt_udp_recv(u, buf, sizeof buf, &len, NULL) == 0)
        fuzz_check(len <= sizeof buf);
}

static void pass(unsigned blocks)
{
    uint8_t rx[32][MEDIA_BLOCK], tx[32][MEDIA_BLOCK];

    memset(rx, 0x5a, sizeof rx);
    for (; blocks > 0; blocks--) {
        fake_advance(10 * RT_MS);
        media_bank_tick(f.bank, MEDIA_BLOCK, rx[0], tx[0], MEDIA_BLOCK, rt_now());
        fake_settle();
        drain(f.peer);
        drain(f.peer_rtcp);
        drain(f.away);
    }
}

static void end(void)
{
    struct fake_leaks leaks;

    media_close(f.rtp);
    media_close(f.other);
    media_abandon(f.tdm);
    pass(3);
    fuzz_check(f.closed == 2 && HASH_COUNT(f.m->ports) == 0);
    fake_leaks(&leaks);
    fuzz_check(leaks.udp == 3);
}

/* ---- commands ---- */

static void to_port(bool rtcp, const uint8_t *data, size_t n)
{
    union rt_addr to = *media_rtp_local(f.rtp);

    rt_addr_set_port(&to, (uint16_t)(rt_addr_port(&to) + rtcp));
    rt_udp_send(rtcp ? f.peer_rtcp : f.peer, data, n, &to);
}

/** With a header that makes sense. */
static void to_port_as_rtp(uint8_t pt, const uint8_t *data, size_t n)
{
    uint8_t packet[RTP_HEADER + 256];

    n = n < 256 ? n : 256;
    rtp_write_header(packet, false, pt & 0x7f, f.seq++, f.ts, f.ssrc);
    memcpy(packet + RTP_HEADER, data, n);
    f.ts += 160;
    to_port(false, packet, RTP_HEADER + n);
}

static void order(unsigned what)
{
    union rt_addr a = addr("192.0.2.7:7000");

    if (what % 8 == 0)
        media_join(f.rtp, f.other, (enum media_flow)(what >> 3 & 3));
    else if (what % 8 == 1)
        media_join(f.tdm, f.rtp, (enum media_flow)(what >> 3 & 3));
    else if (what % 8 == 2)
        media_part(f.rtp);
    else if (what % 8 == 3)
        media_digit(what & 8 ? f.rtp : f.other, '5', what);
    else if (what % 8 == 4)
        media_tone(what & 8 ? f.rtp : f.other, what & 16 ? tone_country("de", TONE_BUSY) : NULL);
    else if (what % 8 == 5)
        media_rtp_secure(what & 8 ? f.rtp : f.other, &keys, &keys);
    else if (what % 8 == 6)
        media_rtp_aim(f.rtp, &a, &a);
    else
        media_tdm_set(f.tdm, &(struct media_line){.clear = (what & 24) == 24,
                                                  .echo = what & 32,
                                                  .listen = what & 8});
}

/** Returns the octets used. */
static size_t command(const uint8_t *data, size_t size)
{
    unsigned what = data[0] % 8, arg = size > 1 ? data[1] : 0;
    size_t left = size > 2 ? size - 2 : 0, n = arg < left ? arg : left;
    struct media_rtp r;

    if (what == 0 || what == 1) {
        to_port(what, data + (size - left), n);
        return 2 + n;
    }
    if (what == 2) {
        to_port_as_rtp((uint8_t)arg, data + (size - left),
                       left < 24    ? left
                       : left < 160 ? 20
                                    : 160);
        return 2 + (left < 8 ? left : 8);
    }
    if (what == 3) {
        pass(arg % 16);
    } else if (what == 4) {
        f.seq = (uint16_t)(f.seq + (int8_t)arg);
        f.ts += (uint32_t)((int8_t)arg * (arg & 1 ? 80 : 80000));
        f.ssrc += arg % 16 == 3;
    } else if (what == 5) {
        enum codec_id id = (enum codec_id)((left > 0 ? data[2] : 0) % CODEC_COUNT);
        r = agreed("192.0.2.9:7000", id == CODEC_G729 ? CODEC_PCMU : id, arg);
        media_rtp_set(f.rtp, &r);
        return 3;
    } else if (what == 6) {
        order(arg);
    } else {
        r = agreed("192.0.2.7:7000", (enum codec_id)(arg % CODEC_G729), arg);
        media_rtp_set(f.other, &r);
    }
    return 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2048)
        return 0;
    begin();
    while (size > 0) {
        size_t used = command(data, size);
        used = used < size ? used : size;
        data += used;
        size -= used;
    }
    end();
    return 0;
}
