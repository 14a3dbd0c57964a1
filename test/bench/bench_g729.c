/* CPU time of G.729 per channel and 20 ms in both directions: through tandem-g729, what the calling
 * thread and the process use together, and beside it bcg729 called directly in the same run. Goal:
 * within 10 % of it.
 *
 * usage: bench_g729 [CHANNELS=30]     one JSON line
 *
 * The sound is a voice's harmonics that glide, over noise; 5 s of it, the least of several runs.
 * tandem-g729 is looked for two folders up, where make puts it.
 */
#include "codec/codec.h"
#include "codec/g729.h"
#include "codec/g729/shm.h"
#include "gw/rt/child.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICKS        250
#define FRAME        160
#define RUNS         5
#define CHANNELS_MAX 128

static int16_t sound[TICKS][FRAME];
static unsigned channels = 30;

static double cpu_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double own_us(void)
{
    return cpu_us(CLOCK_THREAD_CPUTIME_ID);
}

static void make_sound(void)
{
    uint32_t state = 1;
    double phase = 0;

    for (size_t i = 0; i < (size_t)TICKS * FRAME; i++) {
        double t = (double)i / 8000, sum = 0;
        phase += 2 * M_PI * 125 / 8000 * (1 + 0.3 * sin(2 * M_PI * 3 * t));
        for (int h = 1; h < 20; h++)
            sum += sin(h * phase + h * h) / h;
        state = state * 1664525u + 1013904223u;
        sound[i / FRAME][i % FRAME] =
            (int16_t)(1500 * (1.1 - cos(2 * M_PI * 5 * t)) * sum + (double)(state >> 24) - 128);
    }
}

/* ---- the library alone ---- */

static double bare(void)
{
    static bcg729EncoderChannelContextStruct *e[CHANNELS_MAX];
    static bcg729DecoderChannelContextStruct *d[CHANNELS_MAX];
    uint8_t payload[20], len;
    int16_t heard[FRAME];

    for (unsigned i = 0; i < channels; i++) {
        e[i] = initBcg729EncoderChannel(0);
        d[i] = initBcg729DecoderChannel();
    }
    double begin = own_us();
    for (unsigned tick = 0; tick < TICKS; tick++)
        for (unsigned i = 0; i < channels; i++)
            for (unsigned half = 0; half < 2; half++) {
                bcg729Encoder(e[i], sound[(tick + i) % TICKS] + half * 80, payload, &len);
                bcg729Decoder(d[i], payload, len, 0, 0, 0, heard);
            }
    double used = own_us() - begin;
    for (unsigned i = 0; i < channels; i++) {
        closeBcg729EncoderChannel(e[i]);
        closeBcg729DecoderChannel(d[i]);
    }
    return used / TICKS / channels;
}

/* ---- through the process ---- */

static struct rt_shared shared;
static struct rt_child *child;
static clockid_t process;

static void wait_until_done(void)
{
    const struct timespec pause = {0, 500000};
    struct g729_shared *s = shared.mem;

    for (unsigned i = 0; i < 2 * channels; i++)
        while (atomic_load(&s->slot[i].head) != atomic_load(&s->slot[i].done))
            nanosleep(&pause, NULL);
}

/** What one tick costs our own thread. */
static double tick_us(void *const *e, void *const *d, unsigned tick)
{
    const struct codec_ops *ops = codec_table[CODEC_G729].ops;
    uint8_t payload[CODEC_PAYLOAD_MAX];
    int16_t heard[CODEC_SAMPLES_MAX];
    double begin = own_us();

    for (unsigned i = 0; i < channels; i++) {
        size_t len = ops->encode(e[i], payload, sound[(tick + i) % TICKS], FRAME);
        if (len > 0)
            ops->decode(d[i], heard, payload, len);
    }
    return own_us() - begin;
}

static void through(double *own, double *all)
{
    const struct codec *c = &codec_table[CODEC_G729];
    const struct codec_params p = {.dtx = false};
    void *e[CHANNELS_MAX], *d[CHANNELS_MAX];

    for (unsigned i = 0; i < channels; i++) {
        e[i] = calloc(1, codec_encoder_size(c));
        d[i] = calloc(1, codec_decoder_size(c));
        if (codec_encoder_start(c, e[i], &p) != 0 || codec_decoder_start(c, d[i]) != 0)
            exit(1);
    }
    tick_us(e, d, 0);
    wait_until_done();
    double theirs = cpu_us(process), ours = 0;
    for (unsigned tick = 1; tick <= TICKS; tick++) {
        ours += tick_us(e, d, tick);
        wait_until_done();
    }
    *own = ours / TICKS / channels;
    *all = *own + (cpu_us(process) - theirs) / TICKS / channels;
    for (unsigned i = 0; i < channels; i++) {
        codec_encoder_stop(c, e[i]);
        codec_decoder_stop(c, d[i]);
        free(e[i]);
        free(d[i]);
    }
}

static void on_ended(void *arg, int code, int signo)
{
    (void)arg;
    fprintf(stderr, "bench_g729: tandem-g729 has ended: %d, %d\n", code, signo);
}

static int start(struct rt_loop *loop)
{
    char folder[4096], path[4200], name[] = "tandem-g729", one[] = "1", none[] = "0";
    char *const argv[] = {name, one, none, NULL};

    if (rt_program_beside(folder, sizeof folder, "../..") != 0)
        return 1;
    snprintf(path, sizeof path, "%s/tandem-g729", folder);
    if (rt_shared_new(&shared, "g729", g729_shared_size()) != 0)
        return 1;
    g729_attach(shared.mem, 1);
    return rt_child_start(&child, loop, path, argv, &shared, on_ended, NULL) != 0 ||
           clock_getcpuclockid(rt_child_pid(child), &process) != 0;
}

int main(int argc, char **argv)
{
    double least = 1e9, least_all = 1e9, least_own = 1e9, own, all;
    struct rt_loop *loop;

    if (argc > 1)
        channels = (unsigned)atoi(argv[1]);
    if (channels < 1 || channels > CHANNELS_MAX || rt_loop_new(&loop, "bench") != 0)
        return 2;
    if (start(loop) != 0) {
        perror("bench_g729: tandem-g729");
        return 1;
    }
    make_sound();
    for (unsigned run = 0; run < RUNS; run++) {
        least = fmin(least, bare());
        through(&own, &all);
        least_own = fmin(least_own, own);
        least_all = fmin(least_all, all);
    }
    printf(
        "{\"bench\": \"g729\", \"channels\": %u, \"us_per_20ms\": %.2f, \"own_thread_us\": %.2f, "
        "\"bare_us\": %.2f, \"ratio\": %.3f, \"late\": %llu}\n",
        channels, least_all, least_own, least, least_all / least,
        (unsigned long long)rt_counted(&g729_counters[G729_LATE]));
    rt_child_stop(child);
    g729_detach();
    rt_shared_free(&shared);
    rt_loop_free(loop);
    return 0;
}
