/* g729: files through the gateway's G.729, that is through tandem-g729 over shared memory, so that
 * independent programs can check what it does.
 *
 *   g729 WORKER encode PCM PACKETS [ms=20] [annexb=0] [kill=0]
 *   g729 WORKER decode PACKETS PCM [ms=20] [kill=0]
 *
 * PCM and PACKETS as in codec.c; a payload of length 0 was not sent, or was lost. What a
 * payload does not fill of its packet time is made up. The delay of one packet is taken out. Each
 * packet waits until the process has done the one before, at most half a second. kill=N: at packet
 * N the process is killed, 10 packets later another one is started. Exit 1 when a payload cannot be
 * decoded, 2 for a wrong usage or file.
 */
#include "codec/codec.h"
#include "codec/g729.h"
#include "codec/g729/shm.h"
#include "gw/rt/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WITHOUT 10 /* packets */

enum { MS, ANNEX_B, KILL, NOPTIONS };

static struct option {
    const char *name;
    unsigned value;
} options[NOPTIONS] = {{"ms", 20}, {"annexb", 0}, {"kill", 0}};

static const char *worker;
static struct rt_loop *loop;
static struct rt_shared shared;
static struct rt_child *child;
static unsigned packets;

static int usage(void)
{
    fprintf(stderr, "usage: g729 WORKER encode PCM PACKETS [ms=20] [annexb=0] [kill=0]\n"
                    "       g729 WORKER decode PACKETS PCM [ms=20] [kill=0]\n");
    return 2;
}

static bool read_option(const char *text)
{
    for (unsigned i = 0; i < NOPTIONS; i++) {
        size_t n = strlen(options[i].name);
        if (strncmp(text, options[i].name, n) == 0 && text[n] == '=') {
            options[i].value = (unsigned)strtoul(text + n + 1, NULL, 10);
            return true;
        }
    }
    return false;
}

/* ---- the process ---- */

static void on_ended(void *arg, int code, int signo)
{
    (void)arg, (void)code, (void)signo;
}

static int start_worker(void)
{
    char name[] = "tandem-g729", one[] = "1", none[] = "0";
    char *const argv[] = {name, one, none, NULL};

    return rt_child_start(&child, loop, worker, argv, &shared, on_ended, NULL);
}

/** The stream is the first slot's. */
static void wait_for_answer(void)
{
    const struct timespec pause = {0, 200000};
    struct g729_shared *s = shared.mem;

    for (unsigned i = 0; child && i < 2500; i++) {
        if (atomic_load(&s->slot[0].head) == atomic_load(&s->slot[0].done))
            return;
        nanosleep(&pause, NULL);
    }
}

/** After each packet. */
static void next(void)
{
    unsigned at = options[KILL].value;

    wait_for_answer();
    packets++;
    if (at > 0 && packets == at) {
        kill(rt_child_pid(child), SIGKILL);
        rt_child_stop(child);
        child = NULL;
    }
    if (at > 0 && packets == at + WITHOUT && start_worker() != 0)
        exit(2);
}

/* ---- files ---- */

static bool read_packet(FILE *in, uint8_t *payload, size_t *len)
{
    uint8_t head[2];

    if (fread(head, 1, sizeof head, in) != sizeof head)
        return false;
    *len = (size_t)head[0] << 8 | head[1];
    return fread(payload, 1, *len, in) == *len;
}

static void write_packet(FILE *out, const uint8_t *payload, size_t len)
{
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};

    fwrite(head, 1, sizeof head, out);
    fwrite(payload, 1, len, out);
}

static int encode(const struct codec *c, void *state, FILE *in, FILE *out)
{
    struct codec_params p = {.dtx = options[ANNEX_B].value};
    size_t n = options[MS].value * 8;
    int16_t pcm[CODEC_SAMPLES_MAX] = {0};
    uint8_t payload[CODEC_PAYLOAD_MAX];

    if (n == 0 || n > CODEC_SAMPLES_MAX || n % c->frame != 0)
        return usage();
    if (codec_encoder_start(c, state, &p) != 0)
        return 2;
    for (unsigned i = 0; fread(pcm, sizeof *pcm, n, in) == n; i++, next()) {
        size_t len = c->ops->encode(state, payload, pcm, n);
        if (i > 0)
            write_packet(out, payload, len);
    }
    write_packet(out, payload, c->ops->encode(state, payload, pcm, n));
    codec_encoder_stop(c, state);
    return 0;
}

/** A packet time's worth. False: that is no payload, or it is longer. */
static bool decode_packet(const struct codec *c, void *state, int16_t *pcm, size_t n,
                          const uint8_t *payload, size_t len)
{
    size_t got = len > 0 ? c->ops->decode(state, pcm, payload, len) : 0;

    if (got < n)
        c->ops->conceal(state, pcm + got, n - got, NULL, 0);
    return len == 0 || (got > 0 && got <= n);
}

static int decode(const struct codec *c, void *state, FILE *in, FILE *out)
{
    static uint8_t payload[65536];
    int16_t pcm[2 * CODEC_SAMPLES_MAX];
    size_t len, n = options[MS].value * 8;
    bool good = true;

    if (n == 0 || n > CODEC_SAMPLES_MAX || n % c->frame != 0)
        return usage();
    if (codec_decoder_start(c, state) != 0)
        return 2;
    for (unsigned i = 0; read_packet(in, payload, &len); i++, next()) {
        good &= decode_packet(c, state, pcm, n, payload, len);
        if (i > 0)
            fwrite(pcm, sizeof *pcm, n, out);
    }
    c->ops->conceal(state, pcm, n, NULL, 0);
    fwrite(pcm, sizeof *pcm, n, out);
    codec_decoder_stop(c, state);
    return !good;
}

static int run(bool encoding, const char *from, const char *to)
{
    const struct codec *c = &codec_table[CODEC_G729];
    void *state = calloc(1, encoding ? codec_encoder_size(c) : codec_decoder_size(c));
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    int result = 2;

    if (in && out && state)
        result = encoding ? encode(c, state, in, out) : decode(c, state, in, out);
    else
        perror("g729");
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        result = 2;
    free(state);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return usage();
    bool encoding = strcmp(argv[2], "encode") == 0;

    for (int i = 5; i < argc; i++)
        if (!read_option(argv[i]))
            return usage();
    if (!encoding && strcmp(argv[2], "decode") != 0)
        return usage();
    worker = argv[1];
    if (rt_loop_new(&loop, "g729") != 0 || rt_shared_new(&shared, "g729", g729_shared_size()) != 0)
        return 2;
    g729_attach(shared.mem, 1);
    if (start_worker() != 0) {
        perror(worker);
        return 2;
    }
    int result = run(encoding, argv[3], argv[4]);
    rt_child_stop(child);
    printf("{\"packets\": %u, \"late\": %llu, \"invalid\": %llu}\n", packets,
           (unsigned long long)rt_counted(&g729_counters[G729_LATE]),
           (unsigned long long)rt_counted(&g729_counters[G729_INVALID]));
    g729_detach();
    rt_shared_free(&shared);
    rt_loop_free(loop);
    return result;
}
