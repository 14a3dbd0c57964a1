/* The media engine's cost: CPU time per channel and 20 ms frame, full duplex, between a TDM line
 * and RTP, beside a floor that receives and sends the same packets on as many sockets and does
 * nothing else. Packets are real and go over loopback; time is played, so that any number of
 * channels can be measured on any machine: each frame the far end sends a packet to every channel,
 * the engine is given its 20 ms of line, and the far end takes what came. Only the engine's part is
 * counted.
 *
 * usage: bench_media [PHASE]...   g711 echo codecs srtp growth; without: all. One JSON line each.
 */
#include "codec/codec.h"
#include "codec/media.h"
#include "codec/rtp.h"
#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PER_SPAN  30
#define CHANNELS  3840
#define BANKS     (CHANNELS / PER_SPAN)
#define RUNS      3
#define FRAME     160
#define PACKET    (RTP_HEADER + CODEC_PAYLOAD_MAX + 160)
#define SPEECH    (8000 * 8)
#define FAR_HOSTS 8 /* of 127.0.0.0/8: the far end's ports would not do for one */

static int16_t speech[SPEECH];
static uint8_t alaw[SPEECH];

/** Noise shaped like a voice, in syllables and with pauses. */
static void make_speech(void)
{
    float a = 0, b = 0;

    for (unsigned i = 0; i < SPEECH; i++) {
        float syllable = sinf((float)i * 6.2832f * 3.7f / 8000.0f);
        float word = sinf((float)i * 6.2832f * 0.31f / 8000.0f);
        float level = word > -0.3f && syllable > 0 ? syllable * 2200.0f : 4.0f;
        float x = (float)(int16_t)rt_random_u32() / 32768.0f;
        a = 0.92f * a + x - 0.75f * b;
        b = 0.6f * b + 0.4f * a;
        speech[i] = (int16_t)(a * level);
    }
    g711_compress(alaw, speech, SPEECH, G711_A);
}

/* ---- the far end ---- */

static struct far {
    struct rt_loop *loop;
    struct rt_udp *udp[CHANNELS];
    union rt_addr to[CHANNELS];
    uint8_t packet[CHANNELS][PACKET]; /* made beforehand */
    size_t len[CHANNELS];
    uint16_t seq;
    uint64_t received;
    const struct codec *codec;
    void *encoder;
    struct media_srtp *srtp[CHANNELS];
} far;

static union rt_addr host(unsigned last)
{
    char text[32];
    union rt_addr a;

    snprintf(text, sizeof text, "127.0.0.%u", last);
    rt_addr_parse(&a, text, strlen(text), 0);
    return a;
}

static void far_open(void)
{
    rt_loop_new(&far.loop, "far");
    for (unsigned i = 0; i < CHANNELS; i++) {
        union rt_addr a = host(2 + i % FAR_HOSTS);
        if (rt_udp_open(&far.udp[i], far.loop, &a, NULL, NULL) != 0) {
            fprintf(stderr, "bench_media: only %u sockets\n", i);
            exit(1);
        }
    }
}

static void far_make(unsigned n)
{
    uint8_t payload[CODEC_PAYLOAD_MAX];
    uint32_t ts = far.seq * codec_ticks(far.codec, FRAME);

    for (unsigned i = 0; i < n; i++) {
        unsigned at = (far.seq * FRAME + i * 977) % (SPEECH - FRAME);
        size_t len = far.codec->ops->encode(far.encoder, payload, speech + at, FRAME);
        rtp_write_header(far.packet[i], false, 96, far.seq, ts, 1000 + i);
        memcpy(far.packet[i] + RTP_HEADER, payload, len);
        far.len[i] = RTP_HEADER + len;
        if (far.srtp[i])
            media_srtp_protect(far.srtp[i], far.packet[i], &far.len[i], PACKET);
    }
    far.seq++;
}

static void far_send(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rt_udp_send(far.udp[i], far.packet[i], far.len[i], &far.to[i]);
}

static void far_hear(unsigned n)
{
    uint8_t in[2048];
    size_t len;

    for (unsigned i = 0; i < n; i++)
        while (rt_udp_recv(far.udp[i], in, sizeof in, &len, NULL) == 0)
            far.received++;
}

/* ---- the floor ---- */

static struct rt_udp *floor_udp[CHANNELS];

static void floor_open(unsigned n)
{
    union rt_addr a = host(1);

    for (unsigned i = 0; i < n; i++) {
        rt_udp_open(&floor_udp[i], far.loop, &a, NULL, NULL);
        far.to[i] = *rt_udp_local(floor_udp[i]);
    }
}

static void floor_work(unsigned n)
{
    uint8_t in[2048];
    size_t len;

    for (unsigned i = 0; i < n; i++) {
        rt_udp_recv(floor_udp[i], in, sizeof in, &len, NULL);
        rt_udp_send(floor_udp[i], in, len, rt_udp_local(far.udp[i]));
    }
}

static void floor_close(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rt_udp_close(floor_udp[i]);
}

/* ---- the engine ---- */

struct setup {
    const char *name;
    enum codec_id codec;
    bool echo, digits, srtp;
};

static struct engine {
    struct rt_loop *loop;
    struct media *media;
    struct media_bank *bank[BANKS];
    unsigned nbanks, at;
    rt_time now;
    uint8_t rx[32][80], tx[BANKS][32][80];
} engine;

static void keys(struct media_srtp_keys *k, uint8_t seed)
{
    *k = (struct media_srtp_keys){.suite = MEDIA_SRTP_AES_128_SHA1_80};
    memset(k->key, seed, sizeof k->key);
    memset(k->salt, seed + 1, sizeof k->salt);
}

static void open_call(unsigned i, const struct setup *s)
{
    struct media_bank *b = engine.bank[i / PER_SPAN];
    unsigned c = i % PER_SPAN, ts = c < 15 ? c + 1 : c + 2;
    union rt_addr a = host(1);
    struct media_port *tdm, *rtp;
    struct media_rtp r = {.remote = *rt_udp_local(far.udp[i]),
                          .codec = s->codec,
                          .event_payload = s->digits ? 101 : -1,
                          .ptime = 20,
                          .secure = s->srtp,
                          .send = true,
                          .receive = true};

    memset(r.payload, 255, sizeof r.payload);
    r.payload[s->codec] = 96;
    media_tdm_open(&tdm, b, ts, NULL, NULL);
    media_tdm_set(tdm, &(struct media_line){.echo = s->echo});
    if (media_rtp_open(&rtp, engine.media, 0, &a, NULL, NULL) != 0) {
        fprintf(stderr, "bench_media: no port for channel %u\n", i);
        exit(1);
    }
    media_rtp_set(rtp, &r);
    if (s->srtp) {
        struct media_srtp_keys ours, theirs;
        keys(&ours, 3);
        keys(&theirs, 7);
        media_rtp_secure(rtp, &ours, &theirs);
        media_srtp_new(&far.srtp[i], &theirs, &ours, 1000 + i);
    }
    media_join(tdm, rtp, MEDIA_BOTH);
    far.to[i] = *media_rtp_local(rtp);
}

static void run_for(struct rt_loop *loop, rt_time d)
{
    struct rt_timer t;

    rt_timer_init(&t, loop, (rt_timer_fn *)(void (*)(void *))rt_loop_stop, loop);
    rt_timer_start(&t, d);
    rt_loop_run(loop);
}

/** Ports are opened with the engine's thread running; then it stops, and its ticks are ours. */
static void engine_open(unsigned n, const struct setup *s)
{
    struct media_config cfg = {
        .threads = 1, .port_low = 10000, .port_high = 32000, .echo_ms = s->echo ? 64 : 0};

    rt_loop_new(&engine.loop, "main");
    media_new(&engine.media, engine.loop, &cfg);
    engine.nbanks = (n + PER_SPAN - 1) / PER_SPAN;
    for (unsigned i = 0; i < engine.nbanks; i++)
        media_bank_new(&engine.bank[i], engine.media, 0, G711_A);
    media_start(engine.media);
    for (unsigned i = 0; i < n; i++) {
        open_call(i, s);
        if (i % 200 == 199) /* the ring of orders has its size */
            run_for(engine.loop, 30 * RT_MS);
    }
    run_for(engine.loop, 60 * RT_MS);
    media_stop(engine.media);
    engine.now = rt_now();
    engine.at = 0;
}

/** What comes from the lines: an echo of what went out, and somebody's voice. */
static void line_make(unsigned b, unsigned half)
{
    for (unsigned t = 1; t < 32; t++) {
        unsigned at = (engine.at + half * 80 + t * 1733 + b * 311) % (SPEECH - 80);
        for (unsigned i = 0; i < 80; i++) {
            int16_t echo;
            g711_expand(&echo, &engine.tx[b][t][i], 1, G711_A);
            int v = echo / 5 + (engine.at / 24000 % 2 ? speech[at + i] : speech[at + i] / 64);
            int16_t pcm = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
            g711_compress(&engine.rx[t][i], &pcm, 1, G711_A);
        }
    }
}

/** 20 ms; returns the CPU time of the engine's part, in us. */
static rt_time engine_work(void)
{
    rt_time used = 0;

    for (unsigned half = 0; half < 2; half++) {
        engine.now += 10 * RT_MS;
        for (unsigned b = 0; b < engine.nbanks; b++) {
            line_make(b, half);
            rt_time before = rt_thread_cpu();
            media_bank_tick(engine.bank[b], 80, engine.rx[0], engine.tx[b][0], 80, engine.now);
            used += rt_thread_cpu() - before;
        }
    }
    engine.at += FRAME;
    return used;
}

static void engine_close(void)
{
    media_free(engine.media);
    rt_loop_free(engine.loop);
    for (unsigned i = 0; i < CHANNELS; i++) {
        media_srtp_free(far.srtp[i]);
        far.srtp[i] = NULL;
    }
}

/* ---- measuring ---- */

static void choose(enum codec_id id)
{
    far.codec = &codec_table[id];
    free(far.encoder);
    far.encoder = calloc(1, codec_encoder_size(far.codec) + 1);
    codec_encoder_start(far.codec, far.encoder, &(struct codec_params){.bitrate = 0});
    far.seq = 0;
}

/** Frames after which enough was measured: some 3 s of packets each way, fewer of many channels. */
static unsigned frames(unsigned n)
{
    return n > 1000 ? 60 : n > 100 ? 100 : 300;
}

/** us per channel and frame. */
static double measure_floor(unsigned n)
{
    rt_time used = 0;

    floor_open(n);
    for (unsigned i = 0; i < frames(n); i++) {
        far_make(n);
        far_send(n);
        rt_time before = rt_thread_cpu();
        floor_work(n);
        if (i >= 10)
            used += rt_thread_cpu() - before;
        far_hear(n);
    }
    floor_close(n);
    return (double)used / n / (frames(n) - 10);
}

static double measure_engine(unsigned n, const struct setup *s)
{
    unsigned warm = s->echo ? 100 : 10, many = frames(n) + warm;
    rt_time used = 0;

    engine_open(n, s);
    far.received = 0;
    for (unsigned i = 0; i < many; i++) {
        far_make(n);
        far_send(n);
        rt_time spent = engine_work();
        if (i >= warm)
            used += spent;
        far_hear(n);
    }
    engine_close();
    if (far.received < (uint64_t)n * (many - 10))
        fprintf(stderr, "bench_media: %s: only %llu packets came\n", s->name,
                (unsigned long long)far.received);
    return (double)used / n / (many - warm);
}

static double least(double (*f)(unsigned, const struct setup *), unsigned n, const struct setup *s)
{
    double best = INFINITY;

    for (unsigned i = 0; i < RUNS; i++) {
        choose(s->codec);
        double us = f(n, s);
        best = us < best ? us : best;
    }
    return best;
}

static double floor_of(unsigned n, const struct setup *s)
{
    (void)s;
    return measure_floor(n);
}

static void report(unsigned n, const struct setup *s, double base)
{
    double us = least(measure_engine, n, s);

    printf("{\"bench\":\"media\",\"what\":\"%s\",\"channels\":%u,\"floor_us\":%.2f,"
           "\"engine_us\":%.2f,\"ratio\":%.2f,\"channels_per_core\":%.0f}\n",
           s->name, n, base, us, us / base, 20000 / us);
    fflush(stdout);
}

static void measure(unsigned n, const struct setup *s)
{
    report(n, s, least(floor_of, n, s));
}

static void phase_g711(void)
{
    measure(PER_SPAN, &(struct setup){"g711", CODEC_PCMA, .digits = false});
    measure(PER_SPAN, &(struct setup){"g711, digits", CODEC_PCMA, .digits = true});
}

static void phase_echo(void)
{
    measure(PER_SPAN, &(struct setup){"g711, digits, echo 64 ms", CODEC_PCMA, true, true, false});
}

static void phase_codecs(void)
{
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (codec_ready(&codec_table[i])) /* G.729 has a program and a bench of its own */
            measure(PER_SPAN,
                    &(struct setup){codec_table[i].name, (enum codec_id)i, false, true, false});
}

static void phase_srtp(void)
{
    measure(PER_SPAN, &(struct setup){"g711, digits, srtp", CODEC_PCMA, false, true, true});
}

static void phase_growth(void)
{
    static const unsigned n[] = {30, 120, 480, 1920, 3840};

    for (unsigned i = 0; i < RT_COUNT(n); i++)
        measure(n[i], &(struct setup){"growth", CODEC_PCMA, false, true, false});
    for (unsigned i = 0; i < 3; i++)
        measure(n[i], &(struct setup){"growth, echo", CODEC_PCMA, true, true, false});
}

static const struct {
    const char *name;
    void (*run)(void);
} phases[] = {
    {"g711", phase_g711}, {"echo", phase_echo},     {"codecs", phase_codecs},
    {"srtp", phase_srtp}, {"growth", phase_growth},
};

int main(int argc, char **argv)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    make_speech();
    far_open();
    for (unsigned p = 0; p < RT_COUNT(phases); p++) {
        bool wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= strcmp(argv[i], phases[p].name) == 0;
        if (wanted)
            phases[p].run();
    }
    return 0;
}
