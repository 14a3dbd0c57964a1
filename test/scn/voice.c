/* The far ends' sound: RTP of the SIP and MGCP peers and one channel of the ISDN network, far
 * enough to dial digits and to hear them. What is heard is judged by spandsp's receiver.
 */
#include "scn.h"

#include "codec/codec.h"
#include "codec/event.h"
#include "codec/g711.h"
#include "codec/rtp.h"
#include "codec/tone.h"
#include "isdn/isdn.h"
#include "test/fake/fake.h"

/* spandsp's headers want these before them */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <tiffio.h>

#include <spandsp.h>

#define BLOCK  160u /* 20 ms */
#define DIGIT  5u   /* blocks that a digit lasts: 100 ms */
#define FAX    30u  /* and the answering tone of a fax, 600 ms */
#define BUSY   200u /* and a busy tone, 4 s */
#define AFTER  20u  /* and that are listened to after it */
#define EVENTS 101  /* payload type of telephone-event */
#define DBM0   (-8.0f)
#define VOICES 4

/** The hum is a sine of 400 Hz and -8 dBm0: its second difference is 870 at most, and G.711 adds
 * 1024. What is more is a click. */
#define HUM_HZ 400.0f
#define CLICK  2500

/* A mouth and an ear. */
struct voice {
    dtmf_rx_state_t *ear;
    char sounds[16], events[16]; /* digits heard since the last question */
    struct tone_spec spec;
    struct tone_player tone;
    char event;    /* the digit being said as telephone-event, 0: none */
    unsigned left; /* blocks of the digit still to be said */
    bool hums;
    int last[2]; /* samples heard */
    bool click;  /* since it was last reset */
    /* RTP alone */
    struct rt_udp *sock;
    uint16_t seq;
    uint32_t ts, event_ts, last_event, next_ts;
    unsigned payload, heard; /* said; heard last */
    void *encoder;           /* G.722's, once it is used */
};

static struct voice peers[VOICES], line;
static unsigned channel; /* of the line, 0: nobody speaks there */

static void append(char *list, size_t cap, char digit)
{
    size_t n = strlen(list);

    if (n + 1 < cap) {
        list[n] = digit;
        list[n + 1] = '\0';
    }
}

static void on_sound(void *arg, const char *digits, int n)
{
    struct voice *v = arg;

    for (int i = 0; i < n; i++)
        append(v->sounds, sizeof v->sounds, digits[i]);
}

static void listen_with(struct voice *v)
{
    if (!v->ear)
        v->ear = dtmf_rx_init(NULL, on_sound, v);
}

static void hear(struct voice *v, const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        v->click = v->click || abs(pcm[i] - 2 * v->last[0] + v->last[1]) > CLICK;
        v->last[1] = v->last[0];
        v->last[0] = pcm[i];
    }
    dtmf_rx(v->ear, pcm, (int)n);
}

/** What the voice says in `n` samples. */
static void say(struct voice *v, int16_t *pcm, unsigned n)
{
    memset(pcm, 0, n * sizeof *pcm);
    if (v->hums || (v->left > 0 && !v->event))
        tone_play(&v->tone, pcm, n);
}

/* ---- RTP ---- */

static void hear_packet(struct voice *v, uint8_t *data, size_t n)
{
    struct rtp_packet pk;
    int16_t pcm[480];

    if (rtp_read(&pk, data, n) != 0)
        return;
    if (pk.payload_type == EVENTS && pk.len >= EVENT_PAYLOAD) {
        if (pk.ts != v->last_event)
            append(v->events, sizeof v->events, event_digit(pk.payload[0]));
        v->last_event = pk.ts;
        return;
    }
    v->heard = pk.payload_type;
    if ((pk.payload_type != 0 && pk.payload_type != 8) || pk.len > RT_COUNT(pcm))
        return;
    g711_expand(pcm, pk.payload, pk.len, pk.payload_type == 8 ? G711_A : G711_MU);
    v->click = v->click || pk.ts != v->next_ts;
    v->next_ts = pk.ts + (uint32_t)pk.len;
    hear(v, pcm, pk.len);
}

/** As G.711 or G.722. */
static void encode(struct voice *v, uint8_t *out, const int16_t *pcm)
{
    const struct codec *g722 = &codec_table[CODEC_G722];

    if (v->payload != g722->payload) {
        g711_compress(out, pcm, BLOCK, v->payload == 0 ? G711_MU : G711_A);
        return;
    }
    if (!v->encoder) {
        v->encoder = calloc(1, codec_encoder_size(g722));
        codec_encoder_start(g722, v->encoder, &(struct codec_params){.bitrate = 0});
    }
    g722->ops->encode(v->encoder, out, pcm, BLOCK);
}

/** Where the gateway hears the far end. */
static bool heard_at(unsigned i, union rt_addr *to)
{
    return i == VOICE_IAD     ? iad_peer_media(to)
           : i == VOICE_AGENT ? agent_peer_media(to)
                              : sip_peer_media(i, to);
}

static void speak_rtp(struct voice *v, unsigned i)
{
    uint8_t packet[RTP_HEADER + BLOCK];
    int16_t pcm[BLOCK];
    size_t n = BLOCK;
    bool event = v->left > 0 && v->event;
    union rt_addr to;

    if (!heard_at(i, &to))
        return;
    bool first = event && v->left == DIGIT;
    if (first)
        v->event_ts = v->ts;
    if (event) {
        event_write(packet + RTP_HEADER, (uint8_t)event_of_digit(v->event), v->left == 1, 10,
                    (uint16_t)((DIGIT - v->left + 1) * BLOCK));
        n = EVENT_PAYLOAD;
    } else {
        say(v, pcm, BLOCK);
        encode(v, packet + RTP_HEADER, pcm);
    }
    rtp_write_header(packet, first, event ? EVENTS : (uint8_t)v->payload, v->seq++,
                     event ? v->event_ts : v->ts, 7000 + i);
    rt_udp_send(v->sock, packet, RTP_HEADER + n, &to);
    v->ts += BLOCK;
}

static void open_rtp(unsigned i)
{
    static const char *const hosts[VOICES] = {"10.0.0.2:30000", "10.0.0.3:30000", "10.0.0.9:40000",
                                              "10.0.0.8:42000"};
    struct voice *v = &peers[i];
    union rt_addr me;

    if (v->sock)
        return;
    rt_addr_parse(&me, hosts[i], strlen(hosts[i]), 0);
    if (rt_udp_open(&v->sock, NULL, &me, NULL, NULL) != 0)
        scn_fail("no socket for RTP");
    listen_with(v);
}

static void listen_rtp(struct voice *v)
{
    uint8_t data[1500];
    union rt_addr from;
    size_t n;

    while (rt_udp_recv(v->sock, data, sizeof data, &n, &from) == 0)
        hear_packet(v, data, n);
}

/* ---- the line ---- */

void voice_tdm(void *arg, struct isdn_block *b)
{
    int16_t pcm[ISDN_BLOCK_MAX];

    (void)arg;
    b->used = channel ? 1u << channel : 0;
    if (channel == 0)
        return;
    say(&line, pcm, b->frames);
    g711_compress(b->tx[channel], pcm, b->frames, G711_A);
    g711_expand(pcm, b->rx[channel], b->frames, G711_A);
    hear(&line, pcm, b->frames);
}

/* ---- commands ---- */

/** 20 ms of everybody's sound. */
static void pass(void)
{
    for (unsigned i = 0; i < VOICES; i++)
        if (peers[i].sock)
            speak_rtp(&peers[i], i);
    fake_advance(20 * RT_MS);
    for (unsigned i = 0; i < VOICES; i++) {
        if (peers[i].sock)
            listen_rtp(&peers[i]);
        peers[i].left -= peers[i].left > 0;
    }
    line.left -= line.left > 0;
}

static void forget(struct voice *v)
{
    v->sounds[0] = v->events[0] = '\0';
}

static void talk(unsigned blocks)
{
    for (unsigned i = 0; i < blocks; i++)
        pass();
}

static void dial(struct voice *v, struct words *w)
{
    struct rt_str digit = word(w);
    bool fax = rt_str_eq(digit, "2100"), busy = rt_str_eq(digit, "busy");

    for (unsigned i = 0; i < VOICES; i++)
        forget(&peers[i]);
    forget(&line);
    v->event = flag(w, "event") ? digit.p[0] : '\0';
    v->spec = (struct tone_spec){.nsteps = 1, .dbm0 = DBM0};
    if (fax)
        v->spec.step[0].hz[0] = 2100;
    else if (busy)
        v->spec = *tone_country("de", TONE_BUSY);
    else
        tone_dtmf(digit.p[0], v->spec.step[0].hz);
    tone_start(&v->tone, &v->spec);
    v->left = busy ? BUSY : fax ? FAX : DIGIT;
    talk(busy ? BUSY : fax ? FAX : DIGIT + AFTER);
}

/** Its tone begins; from when everybody has heard that on clicks count. */
static void hum(struct voice *v)
{
    v->spec = (struct tone_spec){.nsteps = 1, .dbm0 = DBM0};
    v->spec.step[0].hz[0] = HUM_HZ;
    tone_start(&v->tone, &v->spec);
    v->hums = true;
    talk(AFTER);
    for (unsigned i = 0; i < VOICES; i++)
        peers[i].click = false;
    line.click = false;
}

static void check(const struct voice *v, struct words *w)
{
    struct rt_str digits = word(w);

    if (rt_str_eq(digits, "STEADY")) {
        if (v->click || v->last[0] == v->last[1])
            scn_fail("it clicks, or there is nothing to hear");
        return;
    }
    bool none = rt_str_eq(digits, "NOTHING"), events = flag(w, "event");

    if (!rt_str_eq(none || events ? (struct rt_str){"", 0} : digits, v->sounds))
        scn_fail("\"%s\" was heard as sound", v->sounds);
    if (!rt_str_eq(none || !events ? (struct rt_str){"", 0} : digits, v->events))
        scn_fail("\"%s\" came as telephone-event", v->events);
}

void voice_talk(unsigned peer, struct words *w)
{
    open_rtp(peer);
    peers[peer].payload = (unsigned)option(w, "payload", 8);
    talk(AFTER);
}

void voice_dial(unsigned peer, struct words *w)
{
    open_rtp(peer);
    peers[peer].payload = (unsigned)option(w, "payload", 8);
    dial(&peers[peer], w);
}

void voice_hum(unsigned peer)
{
    open_rtp(peer);
    hum(&peers[peer]);
}

void voice_hear(unsigned peer, struct words *w)
{
    long payload = option(w, "payload", -1);

    open_rtp(peer);
    if (payload >= 0 && payload != (long)peers[peer].heard)
        scn_fail("payload type %u comes", peers[peer].heard);
    if (payload < 0)
        check(&peers[peer], w);
}

void voice_line(unsigned timeslot)
{
    channel = timeslot;
    listen_with(&line);
}

void voice_line_dial(struct words *w)
{
    dial(&line, w);
}

void voice_line_hum(void)
{
    hum(&line);
}

void voice_line_hear(struct words *w)
{
    check(&line, w);
}

void voice_stop(void)
{
    for (unsigned i = 0; i < VOICES; i++) {
        if (peers[i].sock)
            rt_udp_close(peers[i].sock);
        if (peers[i].ear)
            dtmf_rx_free(peers[i].ear);
        free(peers[i].encoder);
    }
    if (line.ear)
        dtmf_rx_free(line.ear);
}
