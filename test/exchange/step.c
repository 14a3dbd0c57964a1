/* Two tables, steps and their options, and a reader that walks them. */
#include "test/exchange/step.h"

#include "gw/rt/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { NONE, TEXT, UINT, REAL, DURATION, FLAG };

enum option_bit {
    AFTER = 1,
    PI = 2,
    CAUSE = 4,
    LOCATION = 8,
    TONES = 16,
    LOOP = 32,
    LEVEL = 64,
    ONOFF = 128,
    COUNTRY = 256
};

/** A value and where it goes. */
struct value {
    const char *word;
    enum kind kind;
    size_t offset;
    unsigned max; /* of a UINT */
    unsigned bit;
};

static const struct value options[] = {
    {"after", DURATION, offsetof(struct ex_step, after), 0, AFTER},
    {"pi", UINT, offsetof(struct ex_step, pi), 127, PI},
    {"cause", UINT, offsetof(struct ex_step, cause), 127, CAUSE},
    {"location", UINT, offsetof(struct ex_step, location), 15, LOCATION},
    {"tones", FLAG, offsetof(struct ex_step, tones), 0, TONES},
    {"loop", FLAG, offsetof(struct ex_step, loop), 0, LOOP},
    {"level", REAL, offsetof(struct ex_step, level), 0, LEVEL},
    {"on", DURATION, offsetof(struct ex_step, on), 0, ONOFF},
    {"off", DURATION, offsetof(struct ex_step, off), 0, ONOFF},
    {"country", TEXT, offsetof(struct ex_step, country), 0, COUNTRY},
};

struct spec {
    const char *word;
    struct value argument;
    unsigned options;
    struct ex_step preset;
};

#define FILE_NAME                                                                                  \
    {                                                                                              \
        "a file name", TEXT, offsetof(struct ex_step, text), 0, 0                                  \
    }
#define NO_ARGUMENT                                                                                \
    {                                                                                              \
        NULL, NONE, 0, 0, 0                                                                        \
    }
#define CLEARING CAUSE | LOCATION | TONES

static const struct spec specs[] = {
    {"proceeding", NO_ARGUMENT, PI, {.op = EX_PROCEEDING}},
    {"alerting", NO_ARGUMENT, PI, {.op = EX_ALERTING}},
    {"ring", NO_ARGUMENT, PI, {.op = EX_ALERTING}},
    {"progress", NO_ARGUMENT, PI | CAUSE, {.op = EX_PROGRESS, .pi = 8}},
    {"early", FILE_NAME, LOOP, {.op = EX_EARLY, .pi = 8}},
    {"answer", NO_ARGUMENT, 0, {.op = EX_ANSWER}},
    {"play", FILE_NAME, LOOP, {.op = EX_PLAY}},
    {"tone",
     {"a frequency in Hz", REAL, offsetof(struct ex_step, hz), 0, 0},
     LEVEL,
     {.op = EX_TONE, .level = -10}},
    {"tones",
     {"dial, ringback, busy, congestion or sit", TEXT, offsetof(struct ex_step, text), 0, 0},
     COUNTRY,
     {.op = EX_TONES, .country = "de"}},
    {"dtmf",
     {"digits", TEXT, offsetof(struct ex_step, text), 0, 0},
     ONOFF | LEVEL,
     {.op = EX_DTMF, .level = -9, .on = 80 * RT_MS, .off = 80 * RT_MS}},
    {"echo", NO_ARGUMENT, 0, {.op = EX_ECHO}},
    {"silence", NO_ARGUMENT, 0, {.op = EX_SILENCE}},
    {"marker", NO_ARGUMENT, LEVEL, {.op = EX_MARKER, .level = -13}},
    {"record", FILE_NAME, 0, {.op = EX_RECORD}},
    {"compare", FILE_NAME, 0, {.op = EX_COMPARE}},
    {"wait",
     {"a duration or `played`", TEXT, offsetof(struct ex_step, text), 0, 0},
     0,
     {.op = EX_WAIT}},
    {"hangup", NO_ARGUMENT, CLEARING, {.op = EX_HANGUP, .cause = 16}},
    {"busy", NO_ARGUMENT, LOCATION | TONES, {.op = EX_HANGUP, .cause = 17}},
    {"cause",
     {"a cause value", UINT, offsetof(struct ex_step, cause), 127, 0},
     LOCATION | TONES,
     {.op = EX_HANGUP}},
    {"glare",
     {"a number to call", TEXT, offsetof(struct ex_step, text), 0, 0},
     0,
     {.op = EX_GLARE}},
    {"notify",
     {"a notification indicator", UINT, offsetof(struct ex_step, notify), 127, 0},
     0,
     {.op = EX_NOTIFY}},
};

/* ---- values ---- */

static const char *take(struct ex_words *w, const char *what)
{
    if (w->at < w->n)
        return w->word[w->at++];
    snprintf(w->error, sizeof w->error, "%s is missing", what);
    return NULL;
}

static int bad(struct ex_words *w, const char *what, const char *word)
{
    snprintf(w->error, sizeof w->error, "\"%.60s\" is not %.60s", word, what);
    return EINVAL;
}

int ex_word_text(struct ex_words *w, const char *what, char *out, size_t cap)
{
    const char *word = take(w, what);

    if (!word)
        return EINVAL;
    return rt_str_copy(out, cap, rt_str(word)) && *word ? 0 : bad(w, what, word);
}

int ex_word_real(struct ex_words *w, const char *what, double *out)
{
    const char *word = take(w, what);
    char *end = NULL;

    if (!word)
        return EINVAL;
    *out = strtod(word, &end);
    return end != word && *end == '\0' ? 0 : bad(w, what, word);
}

int ex_word_uint(struct ex_words *w, const char *what, unsigned max, unsigned *out)
{
    const char *word = take(w, what);
    uint64_t v;

    if (!word)
        return EINVAL;
    if (rt_str_u64(&v, rt_str(word), max) != 0)
        return bad(w, what, word);
    *out = (unsigned)v;
    return 0;
}

int ex_word_duration(struct ex_words *w, const char *what, rt_time *out)
{
    static const struct {
        const char *name;
        rt_time unit;
    } units[] = {{"ms", RT_MS}, {"s", RT_S}, {"min", 60 * RT_S}, {"h", 3600 * RT_S}};
    const char *word = take(w, what);
    char *end = NULL;

    if (!word)
        return EINVAL;
    double v = strtod(word, &end);
    for (size_t i = 0; end != word && v >= 0 && v < 1e6 && i < RT_COUNT(units); i++) {
        if (strcmp(end, units[i].name) == 0) {
            *out = (rt_time)(v * (double)units[i].unit);
            return 0;
        }
    }
    return bad(w, "a duration like 500ms or 10s", word);
}

static int read_value(struct ex_words *w, const struct value *v, struct ex_step *s)
{
    void *at = (char *)s + v->offset;

    switch (v->kind) {
    case NONE:
        return 0;
    case FLAG:
        *(bool *)at = true;
        return 0;
    case TEXT:
        return ex_word_text(w, v->word, at, EX_TEXT_MAX);
    case UINT:
        return ex_word_uint(w, v->word, v->max, at);
    case REAL:
        return ex_word_real(w, v->word, at);
    case DURATION:
        return ex_word_duration(w, v->word, at);
    }
    return EINVAL;
}

/* ---- steps ---- */

static const struct value *find_option(const char *word, unsigned allowed)
{
    for (size_t i = 0; i < RT_COUNT(options); i++) {
        if ((options[i].bit & allowed) && strcmp(options[i].word, word) == 0)
            return &options[i];
    }
    return NULL;
}

/** `wait` takes a duration or a word. */
static int finish(struct ex_step *s, struct ex_words *w)
{
    if (s->op != EX_WAIT || strcmp(s->text, "played") == 0)
        return 0;
    w->at--;
    return ex_word_duration(w, "a duration", &s->wait);
}

int ex_step_parse(struct ex_step *out, struct ex_words *w)
{
    const struct spec *spec = specs, *end = specs + RT_COUNT(specs);

    while (w->at < w->n && spec < end && strcmp(spec->word, w->word[w->at]) != 0)
        spec++;
    if (w->at == w->n || spec == end)
        return ENOENT;
    w->at++;
    *out = spec->preset;
    int err = read_value(w, &spec->argument, out);
    if (err == 0)
        err = finish(out, w);
    while (err == 0 && w->at < w->n) {
        const struct value *o = find_option(w->word[w->at], spec->options | AFTER);
        if (!o)
            break;
        w->at++;
        err = read_value(w, o, out);
    }
    return err;
}
