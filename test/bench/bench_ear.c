/* The ear: CPU time per channel and 20 ms of sound, in each instruction set that this processor
 * has, for 1, 16 and 480 channels, beside spandsp's receivers for the same. One JSON line each;
 * the least of five runs.
 *
 * usage: bench_ear [MS]     of sound per run (2000)
 */
#include "codec/ear.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tiffio.h>
#include <time.h>
#include <spandsp.h>

#define MOST  480u
#define BANKS (MOST / LANES)
#define RUNS  5
#define STOCK 400u /* blocks of sound, used again and again */

static int16_t stock[STOCK][LANES][EAR_BLOCK];
static struct ear_bank *banks[BANKS];
static dtmf_rx_state_t *digits[MOST];
static modem_connect_tones_rx_state_t *tones[MOST];
static unsigned blocks = 200;

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/** Something like talk: harmonics of a moving pitch in bursts, and noise. */
static void make_stock(void)
{
    uint32_t seed = 1;
    double phase[LANES] = {0};

    for (unsigned b = 0; b < STOCK; b++)
        for (unsigned l = 0; l < LANES; l++)
            for (unsigned i = 0; i < EAR_BLOCK; i++) {
                double x = 0, loud = (b / 20 + l) % 3 ? 3000 : 100;
                phase[l] += 2 * M_PI * (100 + 7 * l + 30 * sin(b * 0.07 + l)) / 8000;
                for (unsigned k = 1; k <= 8; k++)
                    x += sin(k * phase[l]) / k;
                seed = seed * 1664525u + 1013904223u;
                stock[b][l][i] = (int16_t)(loud * x + (double)(seed >> 24));
            }
}

/** Microseconds per channel and 20 ms. */
static double per_channel(double us, unsigned channels)
{
    return us / (blocks / 2.0) / channels;
}

static double ear(unsigned channels, unsigned what)
{
    static struct ear_heard heard[LANES];
    unsigned n = (channels + LANES - 1) / LANES;
    uint16_t active = channels < LANES ? (uint16_t)((1u << channels) - 1) : 0xffff;

    for (unsigned k = 0; k < n; k++)
        for (unsigned l = 0; l < LANES; l++)
            ear_lane_start(banks[k], l, what);
    double t = cpu();
    for (unsigned b = 0; b < blocks; b++)
        for (unsigned k = 0; k < n; k++)
            ear_bank_listen(banks[k], active,
                            (const int16_t(*)[EAR_BLOCK])stock[(b + 7 * k) % STOCK], heard);
    return per_channel(cpu() - t, channels);
}

static double spandsp_digits(unsigned channels, unsigned what)
{
    double t = cpu();

    (void)what;
    for (unsigned b = 0; b < blocks; b++)
        for (unsigned c = 0; c < channels; c++)
            dtmf_rx(digits[c], stock[(b + 7 * (c / LANES)) % STOCK][c % LANES], EAR_BLOCK);
    return per_channel(cpu() - t, channels);
}

static double spandsp_tones(unsigned channels, unsigned what)
{
    double t = cpu();

    (void)what;
    for (unsigned b = 0; b < blocks; b++)
        for (unsigned c = 0; c < channels; c++)
            modem_connect_tones_rx(tones[c], stock[(b + 7 * (c / LANES)) % STOCK][c % LANES],
                                   EAR_BLOCK);
    return per_channel(cpu() - t, channels);
}

static void measure(const char *who, const char *of, double (*run)(unsigned, unsigned),
                    unsigned what)
{
    static const unsigned channels[] = {1, 16, 480};
    double least[3];

    for (unsigned i = 0; i < 3; i++) {
        least[i] = run(channels[i], what);
        for (unsigned r = 1; r < RUNS; r++)
            least[i] = fmin(least[i], run(channels[i], what));
    }
    printf("{\"bench\":\"ear\",\"who\":\"%s\",\"what\":\"%s\",\"unit\":\"us/channel/20ms\","
           "\"1\":%.3f,\"16\":%.3f,\"480\":%.3f}\n",
           who, of, least[0], least[1], least[2]);
}

static void measure_set(enum lanes_set set)
{
    if (!ear_use(set))
        return;
    measure(lanes_name(set), "dtmf", ear, EAR_DTMF);
    measure(lanes_name(set), "answer+cng", ear, EAR_ANSWER_TONE | EAR_CNG);
    measure(lanes_name(set), "progress", ear, EAR_PROGRESS);
    measure(lanes_name(set), "all", ear, EAR_DTMF | EAR_ANSWER_TONE | EAR_CNG | EAR_PROGRESS);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        blocks = (unsigned)strtoul(argv[1], NULL, 10) / 10;
    if (blocks < 2)
        return 2;
    make_stock();
    for (unsigned k = 0; k < BANKS; k++)
        if (ear_bank_new(&banks[k], NULL) != 0)
            return 1;
    for (unsigned c = 0; c < MOST; c++) {
        digits[c] = dtmf_rx_init(NULL, NULL, NULL);
        tones[c] = modem_connect_tones_rx_init(NULL, MODEM_CONNECT_TONES_ANS_PR, NULL, NULL);
    }
    for (unsigned set = 0; set < LANES_SETS; set++)
        measure_set((enum lanes_set)set);
    measure("spandsp", "dtmf", spandsp_digits, 0);
    measure("spandsp", "answer", spandsp_tones, 0);
    for (unsigned c = 0; c < MOST; c++) {
        dtmf_rx_free(digits[c]);
        modem_connect_tones_rx_free(tones[c]);
    }
    for (unsigned k = 0; k < BANKS; k++)
        ear_bank_free(banks[k]);
    return 0;
}
