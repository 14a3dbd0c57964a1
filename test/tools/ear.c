/* ear: what the ear, and spandsp's DTMF receiver beside it, hear in recordings.
 *
 *   ear [-v] [-c COUNTRY] FILE.wav...
 *
 * Wav files are 8 kHz, 16 bit, mono. Sixteen are heard at a time, one lane each, one file after the
 * other with a pause of 200 ms. Prints one JSON line: seconds of sound, what was heard, the seconds
 * that would have been muted (`hush`), and the CPU seconds of either. With -v each find is a line
 * of its own on standard error.
 */
#include "codec/ear.h"
#include "test/audio/wav.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <time.h>
#include <spandsp.h>

#define PAUSE 1600u /* samples */

/** One lane: the file that is played, and the other receiver. */
struct seat {
    struct audio_pcm pcm;
    const char *file;
    size_t at;
    dtmf_rx_state_t *rx;
    uint32_t serial;
    bool over;
};

static struct seat seats[LANES];
static char **files;
static bool loud;

static struct {
    double samples, hush, hush_spandsp, cpu, cpu_spandsp;
    unsigned digits, spandsp, tones[9];
} sum;

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void say(const struct seat *s, const char *who, const char *what)
{
    if (loud)
        fprintf(stderr, "%s %.2f s: %s: %s\n", s->file, (double)s->at / AUDIO_RATE, who, what);
}

static void other_digit(void *arg, int code, int level, int delay)
{
    struct seat *s = arg;
    char what[2] = {(char)code, 0};

    (void)level;
    (void)delay;
    if (!code)
        return;
    sum.spandsp++;
    say(s, "spandsp", what);
}

/** The next file of a seat; false: there is none left. */
static bool next_file(struct seat *s)
{
    audio_pcm_release(&s->pcm);
    memset(&s->pcm, 0, sizeof s->pcm);
    if (!*files)
        return false;
    s->file = *files++;
    s->at = 0;
    int err = audio_wav_read(&s->pcm, s->file);
    if (err) {
        fprintf(stderr, "ear: %s: %s\n", s->file, strerror(err));
        exit(1);
    }
    return true;
}

static void fill(struct seat *s, int16_t pcm[EAR_BLOCK])
{
    memset(pcm, 0, EAR_BLOCK * sizeof *pcm);
    if (s->at >= s->pcm.n + PAUSE)
        s->over = !next_file(s);
    if (s->over || s->at >= s->pcm.n) {
        s->at += EAR_BLOCK;
        return;
    }
    size_t n = s->pcm.n - s->at < EAR_BLOCK ? s->pcm.n - s->at : EAR_BLOCK;
    memcpy(pcm, s->pcm.p + s->at, n * sizeof *pcm);
    s->at += EAR_BLOCK;
    sum.samples += (double)n;
}

static void count(struct seat *s, const struct ear_heard *h)
{
    static const char *const names[] = {"answer",   "reversals", "am",         "cng", "dial",
                                        "ringback", "busy",      "congestion", "sit"};
    char what[2] = {h->digit, 0};

    if (h->serial != s->serial) {
        sum.digits++;
        say(s, "ear", what);
    }
    s->serial = h->serial;
    sum.hush += h->hush ? EAR_BLOCK : 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (h->begun >> i & 1) {
            sum.tones[i]++;
            say(s, "ear", names[i]);
        }
}

static void hear(struct ear_bank *b, int16_t pcm[LANES][EAR_BLOCK])
{
    struct ear_heard heard[LANES];
    double t0 = cpu();

    ear_bank_listen(b, 0xffff, (const int16_t(*)[EAR_BLOCK])pcm, heard);
    double t1 = cpu();
    sum.cpu += t1 - t0;
    for (unsigned l = 0; l < LANES; l++) {
        dtmf_rx(seats[l].rx, pcm[l], EAR_BLOCK);
        sum.hush_spandsp += dtmf_rx_status(seats[l].rx) ? EAR_BLOCK : 0;
    }
    sum.cpu_spandsp += cpu() - t1;
    for (unsigned l = 0; l < LANES; l++)
        count(&seats[l], &heard[l]);
}

static void print(void)
{
    printf("{\"seconds\":%.1f,\"digits\":%u,\"spandsp_digits\":%u,\"hush\":%.2f,"
           "\"spandsp_hush\":%.2f,\"answer\":%u,\"reversals\":%u,\"am\":%u,\"cng\":%u,\"dial\":%u,"
           "\"ringback\":%u,\"busy\":%u,\"congestion\":%u,\"sit\":%u,\"cpu\":%.3f,"
           "\"spandsp_cpu\":%.3f}\n",
           sum.samples / AUDIO_RATE, sum.digits, sum.spandsp, sum.hush / AUDIO_RATE,
           sum.hush_spandsp / AUDIO_RATE, sum.tones[0], sum.tones[1], sum.tones[2], sum.tones[3],
           sum.tones[4], sum.tones[5], sum.tones[6], sum.tones[7], sum.tones[8], sum.cpu,
           sum.cpu_spandsp);
}

static struct ear_bank *open_bank(const char *country)
{
    struct ear_config config = EAR_CONFIG_DEFAULT;
    struct ear_bank *b;

    config.country = country;
    if (ear_bank_new(&b, &config) != 0)
        exit(1);
    for (unsigned l = 0; l < LANES; l++) {
        struct seat *s = &seats[l];
        ear_lane_start(b, l, EAR_DTMF | EAR_ANSWER_TONE | EAR_CNG | EAR_PROGRESS);
        s->over = !next_file(s);
        s->rx = dtmf_rx_init(NULL, NULL, NULL);
        dtmf_rx_set_realtime_callback(s->rx, other_digit, s);
    }
    return b;
}

static bool all_over(void)
{
    unsigned n = 0;

    for (unsigned l = 0; l < LANES; l++)
        n += seats[l].over;
    return n == LANES;
}

int main(int argc, char **argv)
{
    const char *country = NULL;
    int16_t pcm[LANES][EAR_BLOCK];

    for (argv++, argc--; argc > 0 && argv[0][0] == '-'; argv++, argc--) {
        loud = loud || strcmp(*argv, "-v") == 0;
        if (strcmp(*argv, "-c") == 0 && argc > 1) {
            country = *++argv;
            argc--;
        }
    }
    files = argv;
    struct ear_bank *b = open_bank(country);
    while (!all_over()) {
        for (unsigned l = 0; l < LANES; l++)
            fill(&seats[l], pcm[l]);
        hear(b, pcm);
    }
    print();
    for (unsigned l = 0; l < LANES; l++) {
        audio_pcm_release(&seats[l].pcm);
        dtmf_rx_free(seats[l].rx);
    }
    ear_bank_free(b);
    return 0;
}
