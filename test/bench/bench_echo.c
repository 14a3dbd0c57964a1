/* CPU time of echo cancellation per channel and 20 ms, for each instruction set, beside
 * libspeexdsp's canceller in the same run: while adapting (a noise that the line answers with
 * another one, so that there is always something to learn) and converged (an echo that has been
 * learnt).
 *
 * usage: bench_echo [SECONDS]     of sound per figure; the least of 5 runs is printed
 */
#include "codec/echo.h"

#include <speex/speex_echo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS   5
#define BANKS  30
#define PERIOD 100 /* blocks of sound, over and over */

static int16_t far[PERIOD][LANES][ECHO_BLOCK], echo[PERIOD][LANES][ECHO_BLOCK];
static unsigned blocks = 200;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int16_t noise(void)
{
    static uint32_t seed = 1;

    seed = seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)seed >> 18);
}

/** An echo of four taps within 5 ms, 12 dB down; or, with `strange`, noise of its own. */
static void sound(bool strange)
{
    static int16_t line[LANES][PERIOD * ECHO_BLOCK];

    for (unsigned l = 0; l < LANES; l++)
        for (unsigned i = 0; i < PERIOD * ECHO_BLOCK; i++)
            line[l][i] = noise();
    for (unsigned i = 0; i < PERIOD * ECHO_BLOCK; i++)
        for (unsigned l = 0; l < LANES; l++) {
            int sum = 0;
            for (unsigned k = 0; k < 4; k++)
                sum += line[l][(i + PERIOD * ECHO_BLOCK - 11 * k - 7) % (PERIOD * ECHO_BLOCK)];
            far[i / ECHO_BLOCK][l][i % ECHO_BLOCK] = line[l][i];
            echo[i / ECHO_BLOCK][l][i % ECHO_BLOCK] = strange ? noise() : (int16_t)(sum / 8);
        }
}

static void pass(struct echo_bank **b, unsigned banks, uint16_t active, unsigned n)
{
    int16_t near[LANES][ECHO_BLOCK];

    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < banks; k++) {
            memcpy(near, echo[i % PERIOD], sizeof near);
            echo_bank_run(b[k], active, near, (const int16_t(*)[ECHO_BLOCK])far[i % PERIOD]);
        }
}

/** Microseconds per channel and 20 ms. */
static double ours(enum lanes_set set, unsigned tail, unsigned channels)
{
    static const struct echo_config config = {.nlp = true, .comfort_noise = true};
    unsigned banks = (channels + LANES - 1) / LANES, n = blocks / (banks > 4 ? 4 : 1);
    uint16_t active = channels == 1 ? 1 : 0xffff;
    struct echo_bank *b[BANKS];
    double least = 1e9;

    for (unsigned k = 0; k < banks; k++) {
        if (echo_bank_new_set(&b[k], tail, set) != 0)
            exit(1);
        for (unsigned l = 0; l < LANES; l++)
            echo_lane_start(b[k], l, &config);
    }
    pass(b, banks, active, 300);
    for (unsigned run = 0; run < RUNS; run++) {
        double before = now(), took;
        pass(b, banks, active, n);
        took = (now() - before) * 2 / n / channels;
        least = took < least ? took : least;
    }
    for (unsigned k = 0; k < banks; k++)
        echo_bank_free(b[k]);
    return least;
}

static double speex(unsigned tail, unsigned channels, unsigned frame)
{
    static SpeexEchoState *s[BANKS * LANES];
    unsigned n = blocks / (channels > 64 ? 8 : 1) & ~1u;
    int16_t in[160], play[160], out[160];
    double least = 1e9;

    for (unsigned c = 0; c < channels; c++)
        s[c] = speex_echo_state_init((int)frame, (int)tail * 8);
    for (unsigned run = 0; run <= RUNS; run++) {
        double before = now(), took;
        for (unsigned i = 0; i < n; i += frame / ECHO_BLOCK)
            for (unsigned c = 0; c < channels; c++) {
                for (unsigned h = 0; h < frame / ECHO_BLOCK; h++) {
                    memcpy(in + h * ECHO_BLOCK, echo[(i + h) % PERIOD][c % LANES], 160);
                    memcpy(play + h * ECHO_BLOCK, far[(i + h) % PERIOD][c % LANES], 160);
                }
                speex_echo_cancellation(s[c], in, play, out);
            }
        took = (now() - before) * 2 / n / channels;
        if (run > 0 && took < least)
            least = took;
    }
    for (unsigned c = 0; c < channels; c++)
        speex_echo_state_destroy(s[c]);
    return least;
}

static void table(const char *title)
{
    static const unsigned tails[] = {16, 32, 64, 128}, counts[] = {1, 16, 480};

    printf("%s: us per channel and 20 ms\n%-14s", title, "tail, channels");
    for (unsigned t = 0; t < 4; t++)
        for (unsigned c = 0; c < 3; c++)
            printf(" %3u/%-4u", tails[t], counts[c]);
    for (int set = LANES_SETS - 1; set >= 0; set--) {
        if (!lanes_usable((enum lanes_set)set))
            continue;
        printf("\n%-14s", lanes_name((enum lanes_set)set));
        for (unsigned t = 0; t < 4; t++)
            for (unsigned c = 0; c < 3; c++)
                printf(" %8.2f", ours((enum lanes_set)set, tails[t], counts[c]));
        fflush(stdout);
    }
    for (unsigned frame = 80; frame <= 160; frame += 80) {
        printf("\nspeexdsp %2u ms ", frame / 8);
        for (unsigned t = 0; t < 4; t++)
            for (unsigned c = 0; c < 3; c++)
                printf(" %8.2f", speex(tails[t], counts[c], frame));
        fflush(stdout);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        blocks = (unsigned)atoi(argv[1]) * 100;
    sound(true);
    table("adapting");
    sound(false);
    table("converged");
    return 0;
}
