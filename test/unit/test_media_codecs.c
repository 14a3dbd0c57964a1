/* Each codec to each other one, and to and from a line: a 1 kHz tone comes out as loud as it was,
 * as clean as the worse of both codecs leaves it, in packets of the length agreed, with none
 * missing; and a change of codec in mid-stream is not heard as a click.
 */
#include "test/unit/media_rig.h"

#include <math.h>

#define AMPLITUDE 7215.0 /* -10 dBm0 */
#define SECOND    8000u
#define SAMPLES   (4 * SECOND)

/** What a codec does to the tone at its worst: level in dB either way, and signal to noise. G.711's
 * 8 bits leave 37 dB (G.712's mask asks for 33); ADPCM loses 6 dB with each bit. */
static const struct {
    double level, snr;
} limits[CODEC_COUNT] = {
    [CODEC_PCMA] = {0.5, 33},         [CODEC_PCMU] = {0.5, 33},
    [CODEC_G722] = {0.5, 33},         [CODEC_OPUS] = {1.5, 24},
    [CODEC_GSM] = {1.5, 15},          [CODEC_G726_40] = {0.5, 33},
    [CODEC_G726_32] = {0.5, 29},      [CODEC_G726_24] = {1.5, 20},
    [CODEC_G726_16] = {1.5, 16},      [CODEC_AAL2_G726_40] = {0.5, 33},
    [CODEC_AAL2_G726_32] = {0.5, 29}, [CODEC_AAL2_G726_24] = {1.5, 20},
    [CODEC_AAL2_G726_16] = {1.5, 16}, [CODEC_L16] = {0.5, 60},
};

static struct rt_udp *sink;

/* ---- the far ends ---- */

/** Who sends the tone to rig->to. */
static struct talker {
    const struct codec *codec;
    void *state;
    bool on;
    unsigned ptime, at; /* ms; samples said */
    uint16_t seq;
    uint32_t ts;
} talker;

/** Who hears what we send to the sink. */
static struct listener {
    const struct codec *codec;
    void *state;
    unsigned ptime, packets, n;
    uint16_t seq;
    uint32_t ts;
    int16_t pcm[SAMPLES + 960];
} listener;

static int16_t tone(unsigned at)
{
    return (int16_t)lrint(AMPLITUDE * sin(2 * M_PI * at / 8));
}

static uint8_t tone_line(unsigned ts, unsigned at)
{
    int16_t x = tone(at);
    uint8_t octet;

    (void)ts;
    g711_compress(&octet, &x, 1, G711_A);
    return octet;
}

static void talk_in(enum codec_id id, unsigned ptime)
{
    static const struct codec_params params;
    size_t size = codec_encoder_size(&codec_table[id]);

    if (talker.state)
        codec_encoder_stop(talker.codec, talker.state);
    free(talker.state);
    talker.codec = &codec_table[id];
    talker.on = true;
    talker.ptime = ptime;
    talker.state = size > 0 ? calloc(1, size) : NULL;
    ck_assert_int_eq(codec_encoder_start(talker.codec, talker.state, &params), 0);
}

static void hear_in(enum codec_id id, unsigned ptime)
{
    size_t size = codec_decoder_size(&codec_table[id]);

    if (listener.state)
        codec_decoder_stop(listener.codec, listener.state);
    free(listener.state);
    listener.codec = &codec_table[id];
    listener.ptime = ptime;
    listener.state = size > 0 ? calloc(1, size) : NULL;
    listener.packets = listener.n = 0;
    ck_assert_int_eq(codec_decoder_start(listener.codec, listener.state), 0);
}

static void talk(void)
{
    uint8_t packet[RTP_HEADER + CODEC_PAYLOAD_MAX];
    int16_t pcm[CODEC_SAMPLES_MAX];
    unsigned n = talker.ptime * 8;

    for (unsigned i = 0; i < n; i++)
        pcm[i] = tone(talker.at++);
    rtp_write_header(packet, false, talker.codec->payload, talker.seq++, talker.ts, 0x1234);
    size_t len = talker.codec->ops->encode(talker.state, packet + RTP_HEADER, pcm, n);
    ck_assert_uint_gt(len, 0);
    talker.ts += codec_ticks(talker.codec, n);
    rt_udp_send(rig->peer, packet, RTP_HEADER + len, media_rtp_local(rig->to));
}

/** In order, of the length agreed, in step with the sound. */
static void hear(void)
{
    uint8_t buf[RTP_HEADER + CODEC_PAYLOAD_MAX];
    struct rtp_packet pk;
    size_t len;

    while (rt_udp_recv(sink, buf, sizeof buf, &len, NULL) == 0) {
        const struct codec *c = listener.codec;
        ck_assert_int_eq(rtp_read(&pk, buf, len), 0);
        if (pk.payload_type != c->payload)
            continue; /* of before */
        ck_assert_uint_eq(c->ops->samples(pk.payload, pk.len), listener.ptime * 8);
        if (listener.packets++ > 0) {
            ck_assert_uint_eq(pk.seq, (uint16_t)(listener.seq + 1));
            ck_assert_uint_eq(pk.ts, listener.ts + codec_ticks(c, listener.ptime * 8));
        }
        listener.seq = pk.seq;
        listener.ts = pk.ts;
        ck_assert_uint_le(listener.n, SAMPLES);
        listener.n +=
            (unsigned)c->ops->decode(listener.state, listener.pcm + listener.n, pk.payload, pk.len);
    }
}

static void run(unsigned ms)
{
    for (; ms > 0; ms--) {
        if (talker.on && rig->at / 8 % talker.ptime == 0)
            talk();
        rig_run(1);
        hear();
    }
}

static void setup(void)
{
    union rt_addr a = rig_addr("192.0.2.7:7000");

    rig_setup();
    memset(&talker, 0, sizeof talker);
    memset(&listener, 0, sizeof listener);
    talker.seq = 65500;
    talker.ts = 0xfffff000;
    ck_assert_int_eq(rt_udp_open(&sink, rig->loop, &a, NULL, NULL), 0);
}

static void teardown(void)
{
    rt_udp_close(sink);
    if (talker.state)
        codec_encoder_stop(talker.codec, talker.state);
    free(talker.state);
    if (listener.state)
        codec_decoder_stop(listener.codec, listener.state);
    free(listener.state);
    rig_teardown();
}

static bool coded_here(enum codec_id id)
{
    return codec_table[id].ops && codec_ready(&codec_table[id]);
}

static struct media_rtp agreed(enum codec_id id, unsigned ptime, const char *remote)
{
    struct media_rtp r = rig_agreed(id);

    for (unsigned i = 0; i < CODEC_COUNT; i++)
        r.payload[i] = coded_here((enum codec_id)i) ? codec_table[i].payload : 255;
    r.ptime = ptime;
    r.remote = rig_addr(remote);
    return r;
}

/* ---- what came out ---- */

struct fit {
    double level, snr; /* dB against the tone; dB */
};

/** The sine of 1 kHz that fits best, and what is left. */
static struct fit fit(const int16_t *pcm, unsigned n)
{
    double re = 0, im = 0, rest = 0;

    for (unsigned i = 0; i < n; i++) {
        re += pcm[i] * cos(2 * M_PI * i / 8);
        im += pcm[i] * sin(2 * M_PI * i / 8);
    }
    re *= 2.0 / n;
    im *= 2.0 / n;
    for (unsigned i = 0; i < n; i++) {
        double e = pcm[i] - re * cos(2 * M_PI * i / 8) - im * sin(2 * M_PI * i / 8);
        rest += e * e / n;
    }
    double power = (re * re + im * im) / 2;
    return (struct fit){.level = 10 * log10(power / (AMPLITUDE * AMPLITUDE / 2)),
                        .snr = 10 * log10(power / (rest + 1e-9))};
}

static void ck_tone(const int16_t *pcm, enum codec_id a, enum codec_id b)
{
    struct fit f = fit(pcm, 4000);
    double level = fmax(limits[a].level, limits[b].level);
    double noise = pow(10, -limits[a].snr / 10) + pow(10, -limits[b].snr / 10);

    ck_assert_msg(fabs(f.level) <= level && f.snr >= -10 * log10(noise),
                  "%s to %s: %.2f dB, signal to noise %.1f dB", codec_table[a].name,
                  codec_table[b].name, f.level, f.snr);
}

static void ck_whole(const struct media_port *p, unsigned packets)
{
    struct media_stats s;

    media_port_stats(p, &s);
    ck_assert_uint_ge(s.rx_packets, packets);
    ck_assert_uint_eq(s.lost + s.late + s.malformed + s.concealed + s.discarded, 0);
}

static void line_heard(int16_t *pcm, unsigned n)
{
    g711_expand(pcm, &rig->out[5][rig->at - n], n, G711_A);
}

/* ---- pairs ---- */

START_TEST(a_tone_passes_from_each_codec_to_each)
{
    enum codec_id a = (enum codec_id)_i;

    for (enum codec_id b = 0; b < CODEC_COUNT; b++) {
        if (!coded_here(a) || !coded_here(b))
            continue;
        struct media_rtp in = agreed(a, 20, "192.0.2.9:7000"),
                         out = agreed(b, 20, "192.0.2.7:7000");
        struct media_port *p = rig_rtp(&out), *from = rig_rtp(&in);
        talk_in(a, 20);
        hear_in(b, 20);
        ck_assert_int_eq(media_join(from, p, MEDIA_A_TO_B), 0);
        run(1500);
        ck_assert_uint_ge(listener.n, 1300 * 8);
        ck_tone(listener.pcm + listener.n - 4000, a, b);
        ck_whole(from, 74);
        talker.on = false;
        media_close(from);
        media_close(p);
        run(40);
    }
}
END_TEST

START_TEST(a_tone_passes_from_each_codec_to_the_line)
{
    enum codec_id a = (enum codec_id)_i;
    int16_t pcm[4000];

    if (!coded_here(a))
        return;
    struct media_port *tdm = rig_tdm(5);
    for (unsigned ptime = 10; ptime <= 60; ptime += 10) {
        if (ptime * 8 % codec_table[a].frame != 0 ||
            (a == CODEC_OPUS && (ptime == 30 || ptime == 50))) /* one frame is no such length */
            continue;
        struct media_rtp in = agreed(a, ptime, "192.0.2.9:7000");
        struct media_port *p = rig_rtp(&in);
        talk_in(a, ptime);
        ck_assert_int_eq(media_join(p, tdm, MEDIA_A_TO_B), 0);
        run(1500);
        line_heard(pcm, 4000);
        ck_tone(pcm, a, CODEC_PCMA);
        ck_whole(p, 1500 / ptime - 1);
        talker.on = false;
        media_close(p);
        run(40);
    }
}
END_TEST

START_TEST(a_tone_passes_from_the_line_to_each_codec)
{
    enum codec_id b = (enum codec_id)_i;

    if (!coded_here(b))
        return;
    rig->line = tone_line;
    struct media_port *tdm = rig_tdm(5);
    for (unsigned ptime = 10; ptime <= 60; ptime += 10) {
        struct media_rtp out = agreed(b, ptime, "192.0.2.7:7000");
        struct media_port *p = rig_rtp(&out);
        unsigned frame = codec_table[b].frame / 8;
        hear_in(b, ptime < frame ? frame : ptime / frame * frame);
        ck_assert_int_eq(media_join(tdm, p, MEDIA_A_TO_B), 0);
        run(1500);
        ck_assert_uint_ge(listener.n, 1380 * 8);
        ck_tone(listener.pcm + listener.n - 4000, CODEC_PCMA, b);
        media_close(p);
        run(40);
    }
}
END_TEST

/* ---- changes ---- */

/** No step is much larger than the tone's own, and no 5 ms are a hole. */
static void ck_no_click(const int16_t *pcm, unsigned n, const char *a, const char *b)
{
    double step = 2 * AMPLITUDE * sin(M_PI / 8);
    int worst = 0;

    for (unsigned i = 1; i < n; i++) {
        int d = abs(pcm[i] - pcm[i - 1]);
        worst = d > worst ? d : worst;
    }
    ck_assert_msg(worst <= 1.5 * step, "%s to %s: a step of %d", a, b, worst);
    for (unsigned i = 0; i + 40 <= n; i += 40) {
        double power = 0;
        for (unsigned k = 0; k < 40; k++)
            power += (double)pcm[i + k] * pcm[i + k] / 40;
        ck_assert_msg(power > AMPLITUDE * AMPLITUDE / 2 / 4, "%s to %s: a hole at %u ms", a, b,
                      i / 8);
    }
}

START_TEST(a_far_end_that_changes_its_codec_makes_no_click)
{
    struct media_rtp in = agreed(CODEC_PCMA, 20, "192.0.2.9:7000");
    struct media_port *tdm = rig_tdm(5), *p = rig_rtp(&in);
    enum codec_id before = CODEC_PCMA;
    static int16_t pcm[4800];

    talk_in(CODEC_PCMA, 20);
    ck_assert_int_eq(media_join(p, tdm, MEDIA_A_TO_B), 0);
    run(1000);
    for (enum codec_id id = 0; id < CODEC_COUNT; id++) {
        if (!coded_here(id) || codec_table[id].clock != 8000)
            continue; /* another clock is another source (RFC 7160) */
        talk_in(id, 20);
        run(600);
        line_heard(pcm, 4800);
        ck_no_click(pcm, 4800, codec_table[before].name, codec_table[id].name);
        before = id;
    }
    ck_whole(p, 300);
}
END_TEST

/** We change ours: packets go on without a gap in numbers or time, and the tone is there at once.
 */
START_TEST(a_new_codec_of_ours_loses_no_packet)
{
    rig->line = tone_line;
    struct media_port *tdm = rig_tdm(5);
    struct media_rtp out = agreed(CODEC_PCMA, 20, "192.0.2.7:7000");
    struct media_port *p = rig_rtp(&out);

    hear_in(CODEC_PCMA, 20);
    ck_assert_int_eq(media_join(tdm, p, MEDIA_A_TO_B), 0);
    run(500);
    for (enum codec_id id = 0; id < CODEC_COUNT; id++) {
        if (!coded_here(id) || codec_table[id].clock != 8000)
            continue;
        uint16_t seq = listener.seq;
        uint32_t ts = listener.ts;
        out = agreed(id, 20, "192.0.2.7:7000");
        ck_assert_int_eq(media_rtp_set(p, &out), 0);
        if (id != listener.codec->id)
            hear_in(id, 20);
        run(700);
        ck_assert_uint_ge(listener.packets, 33);
        /* a packet that was half full is left out: 10 ms at most */
        uint32_t said = 160u * (uint16_t)(listener.seq - seq);
        ck_assert_uint_le(listener.ts - ts - said, 80);
        ck_tone(listener.pcm + listener.n - 4000, CODEC_PCMA, id);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_tone_passes_from_each_codec_to_each, 0, CODEC_COUNT);
    tcase_add_loop_test(tc, a_tone_passes_from_each_codec_to_the_line, 0, CODEC_COUNT);
    tcase_add_loop_test(tc, a_tone_passes_from_the_line_to_each_codec, 0, CODEC_COUNT);
    tcase_add_test(tc, a_far_end_that_changes_its_codec_makes_no_click);
    tcase_add_test(tc, a_new_codec_of_ours_loses_no_packet);
}

int main(void)
{
    return rig_main("media codecs", add);
}
