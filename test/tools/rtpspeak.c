/* rtpspeak: the voice of a SIP test peer. Plays a wav as G.711 RTP and records what comes back.
 *
 *   rtpspeak PORT LAW PLAY.wav RECORD.wav SECONDS [HOST:PORT]
 *
 * Sends to HOST:PORT, or to wherever the first packet came from. LAW is pcma or pcmu. Wav files are
 * 8 kHz, 16 bit, mono. What arrives is placed by its RTP timestamp, so that a lost packet is a gap
 * of silence and not a shift; playing starts when the recording does. Prints one JSON line of
 * counts. It measures tandem and so shares no code with its media engine but G.711's tables.
 */
#include "codec/g711.h"
#include "gw/rt/file.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME   160 /* samples: 20 ms */
#define PAYLOAD 12  /* where the payload starts: no CSRC, no extension */

struct peer {
    struct rt_loop *loop;
    struct rt_udp *udp;
    struct rt_timer tick, end;
    enum g711_law law;
    const int16_t *play;
    size_t nplay, played;
    int16_t *record;
    size_t cap, recorded;
    union rt_addr to;
    bool have_to;
    uint16_t seq;
    uint32_t first_ts, ts;
    bool started;
    rt_time next;
    unsigned sent, received, stray, last_seq, out_of_order;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void keep(struct peer *p, const uint8_t *pkt, size_t len)
{
    uint32_t ts = be32(pkt + 4);
    size_t n = len - PAYLOAD;

    if (!p->started) {
        p->started = true;
        p->first_ts = ts;
        p->next = rt_now();
        rt_timer_start(&p->tick, 0);
    }
    size_t at = (uint32_t)(ts - p->first_ts);
    if (at + n > p->cap)
        return;
    g711_expand(p->record + at, pkt + PAYLOAD, n, p->law);
    if (at + n > p->recorded)
        p->recorded = at + n;
}

static void on_packet(void *arg, struct rt_udp *u)
{
    struct peer *p = arg;
    uint8_t pkt[2048];
    union rt_addr from;
    size_t len;

    while (rt_udp_recv(u, pkt, sizeof pkt, &len, &from) == 0) {
        uint8_t payload = p->law == G711_A ? 8 : 0;
        if (len < PAYLOAD || pkt[0] != 0x80 || (pkt[1] & 0x7f) != payload) {
            p->stray++;
            continue;
        }
        unsigned seq = (unsigned)pkt[2] << 8 | pkt[3];
        if (p->received++ > 0 && (uint16_t)(p->last_seq + 1) != seq)
            p->out_of_order++;
        p->last_seq = seq;
        if (!p->have_to) {
            p->to = from;
            p->have_to = true;
        }
        keep(p, pkt, len);
    }
}

static void send_frame(struct peer *p)
{
    uint8_t pkt[PAYLOAD + FRAME] = {0x80, p->law == G711_A ? 8 : 0, (uint8_t)(p->seq >> 8),
                                    (uint8_t)p->seq};
    int16_t pcm[FRAME] = {0};
    size_t left = p->nplay - p->played, n = left < FRAME ? left : FRAME;

    if (p->sent == 0)
        pkt[1] |= 0x80;
    for (unsigned i = 0; i < 4; i++) {
        pkt[4 + i] = (uint8_t)(p->ts >> (24 - 8 * i));
        pkt[8 + i] = (uint8_t)(0x7a5e0001u >> (24 - 8 * i));
    }
    memcpy(pcm, p->play + p->played, n * sizeof *pcm);
    g711_compress(pkt + PAYLOAD, pcm, FRAME, p->law);
    p->played += n;
    p->seq++;
    p->ts += FRAME;
    p->sent++;
    rt_udp_send(p->udp, pkt, sizeof pkt, &p->to);
}

static void on_tick(void *arg)
{
    struct peer *p = arg;

    while (p->next <= rt_now()) {
        send_frame(p);
        p->next += 20 * RT_MS;
    }
    rt_timer_start_at(&p->tick, p->next);
}

static void on_end(void *arg)
{
    rt_loop_stop(((struct peer *)arg)->loop);
}

/** The samples of a wav file: its data chunk, wherever it stands. */
static const int16_t *wav_samples(const struct rt_buf *file, size_t *n)
{
    const uint8_t *b = (const uint8_t *)file->p;

    for (size_t at = 12; at + 8 <= file->n;) {
        size_t len = (size_t)b[at + 4] | (size_t)b[at + 5] << 8 | (size_t)b[at + 6] << 16 |
                     (size_t)b[at + 7] << 24;
        if (memcmp(b + at, "data", 4) == 0) {
            if (len > file->n - at - 8)
                len = file->n - at - 8;
            *n = len / 2;
            int16_t *pcm = malloc(len + 2);
            if (pcm)
                memcpy(pcm, b + at + 8, len);
            return pcm;
        }
        at += 8 + len + (len & 1);
    }
    return NULL;
}

static int write_wav(const char *path, const int16_t *pcm, size_t n)
{
    uint32_t bytes = (uint32_t)(n * 2), riff = bytes + 36, rate = 8000, byte_rate = 16000, fmt = 16;
    uint16_t one = 1, align = 2, bits = 16;
    FILE *f = fopen(path, "wb");

    if (!f)
        return errno;
    fwrite("RIFF", 1, 4, f);
    fwrite(&riff, 4, 1, f);
    fwrite("WAVEfmt ", 1, 8, f);
    fwrite(&fmt, 4, 1, f);
    fwrite(&one, 2, 1, f);
    fwrite(&one, 2, 1, f);
    fwrite(&rate, 4, 1, f);
    fwrite(&byte_rate, 4, 1, f);
    fwrite(&align, 2, 1, f);
    fwrite(&bits, 2, 1, f);
    fwrite("data", 1, 4, f);
    fwrite(&bytes, 4, 1, f);
    fwrite(pcm, 2, n, f);
    return fclose(f) == 0 ? 0 : errno;
}

static int fail(const char *what, int err)
{
    fprintf(stderr, "rtpspeak: %s: %s\n", what, strerror(err));
    return 1;
}

static int open_peer(struct peer *p, char **argv, int argc)
{
    union rt_addr local;
    struct rt_buf wav = {0};
    int err;

    p->law = strcmp(argv[2], "pcmu") == 0 ? G711_MU : G711_A;
    if ((err = rt_file_read(&wav, argv[3], 64u << 20)) != 0)
        return fail(argv[3], err);
    p->play = wav_samples(&wav, &p->nplay);
    rt_buf_release(&wav);
    if (!p->play)
        return fail(argv[3], EINVAL);
    p->cap = (size_t)atoi(argv[5]) * 8000 + 8000;
    p->record = calloc(p->cap, sizeof *p->record);
    rt_addr_parse(&local, "127.0.0.1", 9, (uint16_t)atoi(argv[1]));
    if (argc > 6)
        p->have_to = rt_addr_parse(&p->to, argv[6], strlen(argv[6]), 0) == 0;
    if ((err = rt_loop_new(&p->loop, "rtpspeak")) != 0)
        return fail("loop", err);
    if ((err = rt_udp_open(&p->udp, p->loop, &local, on_packet, p)) != 0)
        return fail("port", err);
    rt_timer_init(&p->tick, p->loop, on_tick, p);
    rt_timer_init(&p->end, p->loop, on_end, p);
    return 0;
}

int main(int argc, char **argv)
{
    struct peer p = {.seq = 4711};

    if (argc < 6) {
        fprintf(stderr, "usage: rtpspeak PORT LAW PLAY.wav RECORD.wav SECONDS [HOST:PORT]\n");
        return 2;
    }
    if (open_peer(&p, argv, argc) != 0)
        return 1;
    if (p.have_to) {
        p.next = rt_now();
        rt_timer_start(&p.tick, 0);
    }
    rt_timer_start(&p.end, atoi(argv[5]) * RT_S);
    rt_loop_run(p.loop);
    int err = write_wav(argv[4], p.record, p.recorded);
    if (err != 0)
        return fail(argv[4], err);
    printf("{\"sent\": %u, \"received\": %u, \"out_of_order\": %u, \"stray\": %u, \"seconds\": "
           "%.2f}\n",
           p.sent, p.received, p.out_of_order, p.stray, (double)p.recorded / 8000);
    return 0;
}
