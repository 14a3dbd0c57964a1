/* audiocmp: did the speech that was played arrive in the recording?
 *
 *   audiocmp REFERENCE.wav RECORDED.wav [--min-snr dB] [--max-delay ms] [--max-lost percent]
 *            [--max-bark dB]
 *
 * Prints one JSON line of what was measured (see docs/exchange.md). Exit 0 when it arrived within
 * the bounds, 1 when not, 2 for a wrong usage or a file that cannot be read.
 */
#include "test/audio/bark.h"
#include "test/audio/compare.h"
#include "test/audio/measure.h"
#include "test/audio/wav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bound {
    const char *name;
    double value;
};

enum { MIN_SNR, MAX_DELAY, MAX_LOST, MAX_BARK, NBOUNDS };

static struct bound bounds[NBOUNDS] = {
    {"--min-snr", 15.0},
    {"--max-delay", 1e9},
    {"--max-lost", 5.0},
    {"--max-bark", 1e9},
};

static int usage(void)
{
    fprintf(stderr, "usage: audiocmp REFERENCE.wav RECORDED.wav [--min-snr dB] [--max-delay ms] "
                    "[--max-lost percent] [--max-bark dB]\n");
    return 2;
}

static int options(int argc, char **argv)
{
    for (int i = 3; i < argc; i += 2) {
        size_t k = 0;
        char *end = NULL;
        while (k < NBOUNDS && strcmp(argv[i], bounds[k].name) != 0)
            k++;
        if (k == NBOUNDS || i + 1 == argc)
            return usage();
        bounds[k].value = strtod(argv[i + 1], &end);
        if (end == argv[i + 1] || *end != '\0')
            return usage();
    }
    return 0;
}

static int load(struct audio_pcm *out, const char *path)
{
    int err = audio_wav_read(out, path);

    if (err != 0)
        fprintf(stderr, "audiocmp: %s: %s\n", path, strerror(err));
    return err;
}

static const char *verdict(const struct audio_compared *c, const struct audio_bark *b)
{
    if (!c->found)
        return "not found";
    if (audio_lost_percent(c) > bounds[MAX_LOST].value)
        return "lost blocks";
    if (c->snr_db < bounds[MIN_SNR].value)
        return "snr too low";
    if (c->delay_max_ms > bounds[MAX_DELAY].value)
        return "delay too long";
    if (b->db > bounds[MAX_BARK].value)
        return "spectrum differs";
    return "ok";
}

static void print(const struct audio_compared *c, const struct audio_bark *b,
                  const struct audio_pcm *ref, const struct audio_pcm *rec, const char *result)
{
    printf("{\"result\": \"%s\", \"found\": %s, \"correlation\": %.3f, \"delay_ms\": %.1f, "
           "\"delay_min_ms\": %.1f, \"delay_max_ms\": %.1f, \"delay_changes\": %u, ",
           result, c->found ? "true" : "false", c->correlation, c->delay_ms, c->delay_min_ms,
           c->delay_max_ms, c->delay_changes);
    printf("\"gain_db\": %.1f, \"snr_db\": %.1f, \"snr_total_db\": %.1f, ", c->gain_db, c->snr_db,
           c->snr_total_db);
    printf("\"blocks\": %u, \"silent\": %u, \"damaged\": %u, \"cut\": %u, \"lost_percent\": %.1f, ",
           c->blocks, c->silent, c->damaged, c->cut, audio_lost_percent(c));
    printf("\"bark_db\": %.2f, \"bark_bad_percent\": %.1f, ", b->db, b->bad_percent);
    printf("\"reference_s\": %.2f, \"recorded_s\": %.2f, \"reference_dbm0\": %.1f, "
           "\"recorded_dbm0\": %.1f}\n",
           (double)ref->n / AUDIO_RATE, (double)rec->n / AUDIO_RATE, audio_level(ref->p, ref->n),
           audio_level(rec->p, rec->n));
}

int main(int argc, char **argv)
{
    struct audio_pcm ref = {0}, rec = {0};
    struct audio_compared c = {0};
    struct audio_bark b = {0};
    int result = 2;

    if (argc < 3)
        return usage();
    if (options(argc, argv) != 0)
        return 2;
    if (load(&ref, argv[1]) == 0 && load(&rec, argv[2]) == 0) {
        /* a silent or empty recording is no error of ours: it is "not found" */
        audio_compare(&c, ref.p, ref.n, rec.p, rec.n);
        long lag = (long)(c.delay_ms * AUDIO_RATE / 1000.0);
        if (audio_bark(&b, ref.p, ref.n, rec.p, rec.n, lag) != 0)
            b = (struct audio_bark){.db = AUDIO_BARK_NOTHING, .bad_percent = 100.0};
        const char *word = verdict(&c, &b);
        print(&c, &b, &ref, &rec, word);
        result = strcmp(word, "ok") == 0 ? 0 : 1;
    }
    audio_pcm_release(&ref);
    audio_pcm_release(&rec);
    return result;
}
