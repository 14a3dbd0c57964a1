/* Two tables, steps and their options, and a reader that walks them. */
#include "test/exchange/step.h"

#include "isdn/aoc.h"

#include <errno.h>
#include <stdio.h>
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
    COUNTRY = 256,
    NAME = 512,
    REASON = 1024
};

/** A value and where it goes. */
struct value {
    const char *word;
    enum kind kind;
    size_t offset;
    unsigned max; /* of a UINT; the room of a TEXT */
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
    {"country", TEXT, offsetof(struct ex_step, country), EX_NAME_MAX, COUNTRY},
    {"name", TEXT, offsetof(struct ex_step, name), EX_NAME_MAX, NAME},
    {"reason", UINT, offsetof(struct ex_step, reason), 15, REASON},
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
#define WORDS(what)                                                                                \
    {                                                                                              \
        what, TEXT, offsetof(struct ex_step, text), 0, 0                                           \
    }
#define CLEARING CAUSE | LOCATION | TONES

static const struct spec specs[] = {
    {"proceeding", NO_ARGUMENT, PI, {.op = EX_PROCEEDING}},
    {"alerting", NO_ARGUMENT, PI, {.op = EX_ALERTING}},
    {"ring", NO_ARGUMENT, PI, {.op = EX_ALERTING}},
    {"progress", NO_ARGUMENT, PI | CAUSE, {.op = EX_PROGRESS, .pi = 8}},
    {"early", FILE_NAME, LOOP, {.op = EX_EARLY, .pi = 8}},
    {"answer", NO_ARGUMENT, PI, {.op = EX_ANSWER}},
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
    {"glare", WORDS("a number to call"), 0, {.op = EX_GLARE}},
    {"notify",
     {"a notification indicator", UINT, offsetof(struct ex_step, notify), 127, 0},
     0,
     {.op = EX_NOTIFY}},
    {"hold", NO_ARGUMENT, 0, {.op = EX_HOLD}},
    {"retrieve", NO_ARGUMENT, 0, {.op = EX_RETRIEVE}},
    {"connected", WORDS("a number"), NAME, {.op = EX_CONNECTED}},
    {"display", WORDS("a name"), 0, {.op = EX_DISPLAY}},
    {"uui", WORDS("text, or octets as 0x..."), 0, {.op = EX_UUI}},
    {"aoc", WORDS("d or e"), 0, {.op = EX_AOC}},
    {"deflect", WORDS("a number"), REASON, {.op = EX_DEFLECT, .reason = 4}},
    {"transfer", NO_ARGUMENT, 0, {.op = EX_TRANSFER}},
    {"mcid", NO_ARGUMENT, 0, {.op = EX_MCID}},
    {"keypad", WORDS("digits"), 0, {.op = EX_KEYPAD}},
    {"subaddress", WORDS("a subaddress"), 0, {.op = EX_SUBADDRESS}},
    {"channel", WORDS("other or refuse"), 0, {.op = EX_CHANNEL}},
    {"raw", WORDS("a message in hex, from its type on"), 0, {.op = EX_RAW}},
};

/* ---- values ---- */

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
        return ex_word_text(w, v->word, at, v->max ? v->max : EX_TEXT_MAX);
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

static int not_that(struct ex_words *w, const char *what)
{
    snprintf(w->error, sizeof w->error, "\"%.60s\" is not %s", w->word[w->at - 1], what);
    return EINVAL;
}

/** `wait` takes a duration or a word. */
static int finish_wait(struct ex_step *s, struct ex_words *w)
{
    if (strcmp(s->text, "played") == 0)
        return 0;
    w->at--;
    return ex_word_duration(w, "a duration", &s->wait);
}

/** `aoc d 1.25 EUR`, `aoc e 12`, `aoc e free`. */
static int finish_aoc(struct ex_step *s, struct ex_words *w)
{
    if (strcmp(s->text, "d") != 0 && strcmp(s->text, "e") != 0)
        return not_that(w, "d or e");
    int err = ex_word_text(w, "an amount, or `free`", s->amount, sizeof s->amount);
    if (err != 0)
        return err;
    size_t digits = strspn(s->amount, "0123456789");
    size_t rest = s->amount[digits] == '.' ? strspn(s->amount + digits + 1, "0123456789") + 1 : 0;
    bool money = !ex_words_end(w) && strspn(w->word[w->at], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
    if (strcmp(s->amount, "free") != 0 &&
        (digits == 0 || digits > 7 || rest > 4 || s->amount[digits + rest] || (rest && !money)))
        return not_that(w, "an amount");
    return money ? ex_word_text(w, "a currency", s->name, ISDN_AOC_CURRENCY) : 0;
}

static int finish_uui(struct ex_step *s, struct ex_words *w)
{
    struct isdn_uui uui;

    return ex_uui(&uui, s->text) == 0 ? 0 : not_that(w, "at most 128 octets");
}

static int finish_subaddress(struct ex_step *s, struct ex_words *w)
{
    struct isdn_subaddress sub;

    return ex_subaddress(&sub, s->text) == 0 ? 0 : not_that(w, "a subaddress");
}

static int finish_raw(struct ex_step *s, struct ex_words *w)
{
    uint8_t octets[EX_TEXT_MAX / 2];
    size_t n;

    return ex_hex(s->text, octets, sizeof octets, &n) == 0 ? 0 : not_that(w, "hex");
}

static int finish_channel(struct ex_step *s, struct ex_words *w)
{
    bool known = strcmp(s->text, "other") == 0 || strcmp(s->text, "refuse") == 0;

    return known ? 0 : not_that(w, "other or refuse");
}

/** Arguments that are more than one word, or not any word. */
static int finish(struct ex_step *s, struct ex_words *w)
{
    static int (*const fns[])(struct ex_step *, struct ex_words *) = {
        [EX_WAIT] = finish_wait, [EX_AOC] = finish_aoc,         [EX_UUI] = finish_uui,
        [EX_RAW] = finish_raw,   [EX_CHANNEL] = finish_channel, [EX_SUBADDRESS] = finish_subaddress,
    };

    return s->op < RT_COUNT(fns) && fns[s->op] ? fns[s->op](s, w) : 0;
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
