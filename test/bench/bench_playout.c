/* The receiving buffer over traces of network delay: how much quality it loses against the best
 * that could have been done, beside speexdsp's jitter buffer; and what it costs.
 *
 * A trace (test/bench/jitter/, README there) has one line per 20 ms packet: its delay in ms, or
 * nothing when it was lost. Each buffer gets the packets in the order of arrival, before the block
 * of 10 ms that follows (speexdsp: 20 ms, its packets come out whole), and is judged by
 *
 *   R = 93.2 - Id - Ie,eff                                   (ITU-T G.107)
 *   Id = 0.024 d + 0.11 (d - 177.3) [d > 177.3]              d: mean delay in ms from a sample's
 *                                                            sending to its playing
 *   Ie,eff = 95 Ppl / (Ppl + 25.1)                           G.711 with concealment (G.113); Ppl:
 *                                                            what was made up, percent of what was
 *                                                            put out since the first sound
 *
 * The oracle is the best constant delay, chosen with hindsight: for every delay in steps of 1 ms,
 * on the same grid of blocks, the blocks that are not there in time are its loss. It knows the
 * sender's clock, so drift costs it nothing. A buffer that follows a network whose delay changes
 * may do better than that. The buffers know the path's least delay, as RTCP tells it. The sound is
 * speech-like, a voiced second and two thirds of a second of pause by turns, since ours
 * changes its delay by what it hears.
 *
 * usage: bench_playout [FOLDER]
 */
#include "codec/g711.h"
#include "codec/playout.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <speex/speex_jitter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PACKETS_MAX 20000
#define SAMPLES     160
#define BLOCK_MS    10.0
#define MIN_MS      10
#define MAX_MS      400
#define SPURT       83 /* packets: the second of speech and the pause after it */

static const struct codec pcma = {.id = CODEC_PCMA, .clock = 8000, .bpl = 25};
static void *const decoders[CODEC_COUNT];

/* ---- traces ---- */

struct arrival {
    int packet;
    double at;
};

static struct trace {
    int count, arrived;
    double period; /* ms between packets, in our clock */
    double least;
    struct arrival in[PACKETS_MAX]; /* in the order of arrival */
    double arrive[PACKETS_MAX];     /* by packet; < 0: lost */
} trace;

static int by_arrival(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    return x->at != y->at ? (x->at < y->at ? -1 : 1) : x->packet - y->packet;
}

static int load(const char *path)
{
    char line[64];
    double ptime = 20, ppm = 0;
    FILE *f = fopen(path, "r");

    if (!f || !fgets(line, sizeof line, f) ||
        sscanf(line, "# ptime_ms=%lf ppm=%lf", &ptime, &ppm) != 2) {
        fprintf(stderr, "bench_playout: %s: no trace\n", path);
        return 1;
    }
    trace.count = trace.arrived = 0;
    trace.period = ptime * (1 + ppm * 1e-6);
    trace.least = 1e9;
    while (trace.count < PACKETS_MAX && fgets(line, sizeof line, f)) {
        double delay = line[0] == '\n' ? -1 : atof(line);
        double at = trace.count * trace.period + delay;
        trace.arrive[trace.count] = delay < 0 ? -1 : at;
        if (delay >= 0) {
            trace.in[trace.arrived++] = (struct arrival){trace.count, at};
            trace.least = delay < trace.least ? delay : trace.least;
        }
        trace.count++;
    }
    fclose(f);
    qsort(trace.in, (size_t)trace.arrived, sizeof trace.in[0], by_arrival);
    return 0;
}

/* ---- sound ---- */

static uint8_t speech[8000 * 5];

static void make_speech(void)
{
    double phase = 0;
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof speech; i++) {
        double t = (double)i / 8000, v = 0;
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)(int32_t)seed / 2147483648.0;
        phase += (115 + 25 * sin(2 * M_PI * 0.7 * t)) / 8000;
        if (fmod(t, 5.0 / 3) < 1) {
            for (int h = 1; h <= 20; h++)
                v += sin(2 * M_PI * h * phase) * exp(-pow((h * 120 - 600) / 500.0, 2));
            v = v * 3000 * (0.6 + 0.4 * sin(2 * M_PI * 4 * t)) + 100 * noise;
        } else {
            v = 60 * noise;
        }
        int16_t pcm = (int16_t)v;
        g711_compress(&speech[i], &pcm, 1, G711_A);
    }
}

static const uint8_t *payload_of(int packet)
{
    return speech + (size_t)packet * SAMPLES % sizeof speech;
}

/* ---- judging ---- */

struct score {
    double made_up, out; /* samples */
    double delay_sum, delays;
};

static double rating(double delay_ms, double lost_percent)
{
    double id = 0.024 * delay_ms + (delay_ms > 177.3 ? 0.11 * (delay_ms - 177.3) : 0);

    return 93.2 - id - 95 * lost_percent / (lost_percent + 25.1);
}

static double lost_of(const struct score *s)
{
    return s->out > 0 ? 100 * s->made_up / s->out : 100;
}

static double delay_of(const struct score *s)
{
    return s->delays > 0 ? s->delay_sum / s->delays : 0;
}

static double score_r(const struct score *s)
{
    return rating(delay_of(s), lost_of(s));
}

/** The packets from..to-1 with the delay `ms`: which halves of them are there at the block that
 * they go into? */
static void try_constant(struct score *s, int from, int to, double ms)
{
    for (int i = from; i < to; i++) {
        for (int half = 0; half < 2; half++) {
            double sent = i * trace.period + half * BLOCK_MS;
            double played = floor((sent + ms) / BLOCK_MS) * BLOCK_MS;
            bool there = trace.arrive[i] >= 0 && trace.arrive[i] <= played;
            s->out++;
            s->made_up += !there;
            if (there) {
                s->delay_sum += played - sent;
                s->delays++;
            }
        }
    }
}

static struct score constant(double ms)
{
    struct score s = {0};

    try_constant(&s, 0, trace.count, ms);
    return s;
}

static struct score oracle(void)
{
    struct score best = constant(0);

    for (int ms = 1; ms <= 600; ms++) {
        struct score s = constant(ms);
        if (s.delays > 0 && (best.delays == 0 || score_r(&s) > score_r(&best)))
            best = s;
    }
    return best;
}

/** One delay for each talkspurt, each the best when a lost block is worth `worth` ms of delay of
 * one block. */
static struct score spurts(double worth)
{
    struct score all = {0};

    for (int from = 0; from < trace.count; from += SPURT) {
        int to = from + SPURT < trace.count ? from + SPURT : trace.count;
        struct score best = {0};
        double least = INFINITY;
        for (int ms = 0; ms <= 600; ms += 5) {
            struct score s = {0};
            try_constant(&s, from, to, ms);
            double cost = s.made_up * worth + s.delay_sum;
            if (s.delays > 0 && cost < least) {
                least = cost;
                best = s;
            }
        }
        all.made_up += best.made_up;
        all.out += best.out;
        all.delay_sum += best.delay_sum;
        all.delays += best.delays;
    }
    return all;
}

static struct score spurt_oracle(void)
{
    struct score best = oracle();

    for (double worth = 100; worth < 1e6; worth *= 1.5) {
        struct score s = spurts(worth);
        if (score_r(&s) > score_r(&best))
            best = s;
    }
    return best;
}

/* ---- the buffers ---- */

static double last_block(void)
{
    return floor(trace.count * trace.period / BLOCK_MS) * BLOCK_MS;
}

static struct playout ours;

static struct score run_ours(void)
{
    struct playout_config conf = {.min_ms = MIN_MS, .max_ms = MAX_MS};
    struct score s = {0};
    int next = 0;
    uint32_t origin = 0;

    playout_init(&ours, &conf, decoders);
    playout_set_path(&ours, (unsigned)trace.least);
    for (double now = 0; now < last_block(); now += BLOCK_MS) {
        for (; next < trace.arrived && trace.in[next].at <= now; next++) {
            int i = trace.in[next].packet;
            playout_put(&ours, &pcma, (uint16_t)i, (uint32_t)i * SAMPLES, payload_of(i), SAMPLES);
            if (next == 0)
                origin = ours.ts_pos - ours.ts;
        }
        uint64_t made = ours.stats.concealed + ours.stats.silent;
        uint32_t pos = ours.pos;
        struct playout_block out;
        playout_get(&ours, &out);
        if (out.kind == PLAYOUT_NONE)
            continue;
        double more = (double)(ours.stats.concealed + ours.stats.silent - made);
        s.out += PLAYOUT_BLOCK;
        s.made_up += more;
        if (more > 0)
            continue;
        s.delay_sum += now - (pos - origin) / (double)SAMPLES * trace.period;
        s.delays++;
    }
    return s;
}

static void speex_take(JitterBuffer *jb, struct score *s, double now)
{
    char data[SAMPLES];
    JitterBufferPacket out = {.data = data, .len = sizeof data};
    spx_int32_t offset;
    int r = jitter_buffer_get(jb, &out, SAMPLES, &offset);

    jitter_buffer_tick(jb);
    if (r != JITTER_BUFFER_OK && s->out == 0)
        return;
    s->out += SAMPLES;
    if (r != JITTER_BUFFER_OK) {
        s->made_up += SAMPLES;
        return;
    }
    s->delay_sum += now - (int32_t)out.timestamp / (double)SAMPLES * trace.period;
    s->delays++;
}

static struct score run_speex(void)
{
    JitterBuffer *jb = jitter_buffer_init(SAMPLES);
    struct score s = {0};
    int next = 0;

    for (double now = 0; now < last_block(); now += 2 * BLOCK_MS) {
        for (; next < trace.arrived && trace.in[next].at <= now; next++) {
            uint8_t copy[SAMPLES];
            memcpy(copy, payload_of(trace.in[next].packet), SAMPLES);
            JitterBufferPacket in = {.data = (char *)copy,
                                     .len = SAMPLES,
                                     .timestamp = (uint32_t)trace.in[next].packet * SAMPLES,
                                     .span = SAMPLES,
                                     .sequence = (uint16_t)trace.in[next].packet};
            jitter_buffer_put(jb, &in);
        }
        if (next > 0)
            speex_take(jb, &s, now);
    }
    jitter_buffer_destroy(jb);
    return s;
}

/* ---- cost ---- */

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#define COST_PACKETS 200000

static double cost_ours(void)
{
    struct playout_config conf = {.min_ms = 20, .max_ms = 200};
    struct playout_block out;
    uint32_t sum = 0;

    playout_init(&ours, &conf, decoders);
    double start = cpu_ns();
    for (uint32_t i = 0; i < COST_PACKETS; i++) {
        playout_put(&ours, &pcma, (uint16_t)i, i * SAMPLES, payload_of((int)i), SAMPLES);
        playout_get(&ours, &out);
        sum += out.octets ? out.octets[0] : 0;
        playout_get(&ours, &out);
        sum += out.octets ? out.octets[0] : 0;
    }
    double took = cpu_ns() - start;
    return sum == 1 ? 0 : took / COST_PACKETS;
}

static double cost_speex(void)
{
    JitterBuffer *jb = jitter_buffer_init(SAMPLES);
    char data[SAMPLES];
    spx_int32_t offset;
    double start = cpu_ns();

    for (uint32_t i = 0; i < COST_PACKETS; i++) {
        JitterBufferPacket in = {
            .data = data, .len = SAMPLES, .timestamp = i * SAMPLES, .span = SAMPLES};
        JitterBufferPacket out = {.data = data, .len = SAMPLES};
        memcpy(data, payload_of((int)i), SAMPLES);
        jitter_buffer_put(jb, &in);
        jitter_buffer_get(jb, &out, SAMPLES, &offset);
        jitter_buffer_tick(jb);
    }
    double took = cpu_ns() - start;
    jitter_buffer_destroy(jb);
    return took / COST_PACKETS;
}

static double least_of(double (*cost)(void))
{
    double least = cost();

    for (int i = 0; i < 6; i++) {
        double c = cost();
        least = c < least ? c : least;
    }
    return least;
}

/* ---- the table ---- */

static int is_trace(const struct dirent *d)
{
    size_t n = strlen(d->d_name);

    return n > 4 && strcmp(d->d_name + n - 4, ".csv") == 0;
}

static void print_score(const struct score *s, double against)
{
    printf(" | %5.1f %5.2f%% %6.2f", delay_of(s), lost_of(s), against - score_r(s));
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "test/bench/jitter";
    struct dirent **names;
    double sum[2] = {0}, most[2] = {0}, beyond = 0;
    int n = scandir(folder, &names, is_trace, alphasort);

    if (n <= 0) {
        fprintf(stderr, "bench_playout: no traces in %s\n", folder);
        return 1;
    }
    make_speech();
    printf("%-22s %-26s | %-20s | %s\n", "delay ms, lost, R less", "oracle (R, per spurt)", "ours",
           "speexdsp");
    for (int i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (load(path) != 0)
            return 1;
        struct score best = oracle(), all[2] = {run_ours(), run_speex()};
        struct score spurt = spurt_oracle();
        printf("%-22s %5.1f %5.2f%% %6.2f %5.2f", names[i]->d_name, delay_of(&best), lost_of(&best),
               score_r(&best), score_r(&spurt));
        beyond += score_r(&spurt) - score_r(&all[0]);
        for (int k = 0; k < 2; k++) {
            double less = score_r(&best) - score_r(&all[k]);
            print_score(&all[k], score_r(&best));
            sum[k] += less;
            most[k] = less > most[k] ? less : most[k];
        }
        printf("\n");
        free(names[i]);
    }
    free(names);
    printf("R lost against the oracle, mean and most: ours %.2f %.2f, speexdsp %.2f %.2f\n",
           sum[0] / n, most[0], sum[1] / n, most[1]);
    printf("R lost against the best delay per talkspurt, mean: ours %.2f\n", beyond / n);
    printf("ns for a packet in and its 20 ms out: ours %.0f, speexdsp %.0f; "
           "octets of state: %zu\n",
           least_of(cost_ours), least_of(cost_speex), sizeof(struct playout));
    return 0;
}
