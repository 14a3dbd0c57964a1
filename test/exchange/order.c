/* A table of options. Words that are both an option and a step (uui, display, keypad, subaddress)
 * belong to SETUP as long as no step was read.
 */
#include "test/exchange/order.h"

#include "isdn/aoc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_PACE   (100 * RT_MS) /* overlap sending: a quick finger */
#define DEFAULT_RATE 10
#define COUNT_MAX    1000000
#define STEPS_MAX    64

static int small(struct ex_words *w, const char *what, unsigned max, uint8_t *out)
{
    unsigned v;
    int err = ex_word_uint(w, what, max, &v);

    if (err == 0)
        *out = (uint8_t)v;
    return err;
}

static int number(struct ex_words *w, struct isdn_number *out)
{
    char text[41];
    int err = ex_word_text(w, "a number", text, sizeof text);

    if (err == 0)
        ex_number(out, text);
    return err;
}

/* ---- where and how often ---- */

static int opt_span(struct ex_order *o, struct ex_words *w)
{
    if (ex_word_is(w, "all")) {
        o->spread = true;
        return 0;
    }
    return ex_word_uint(w, "a span", 9999, &o->span);
}

static int opt_for(struct ex_order *o, struct ex_words *w)
{
    return ex_word_duration(w, "a duration", &o->duration);
}

static int opt_count(struct ex_order *o, struct ex_words *w)
{
    return ex_word_uint(w, "a count", COUNT_MAX, &o->count);
}

static int opt_rate(struct ex_order *o, struct ex_words *w)
{
    char text[32], *end = NULL;
    int err = ex_word_text(w, "a rate like 5/s", text, sizeof text);

    o->rate = err == 0 ? strtod(text, &end) : 0;
    if (err == 0 && o->rate > 0 && (*end == '\0' || strcmp(end, "/s") == 0))
        return 0;
    snprintf(w->error, sizeof w->error, "a rate is calls a second, like 5/s");
    return EINVAL;
}

static int opt_overlap(struct ex_order *o, struct ex_words *w)
{
    (void)w;
    o->overlap = true;
    return 0;
}

static int opt_pace(struct ex_order *o, struct ex_words *w)
{
    return ex_word_duration(w, "a duration", &o->pace);
}

static int opt_now(struct ex_order *o, struct ex_words *w)
{
    (void)w;
    o->early = true;
    return 0;
}

static int choice(struct ex_words *w, const char *names, bool *second)
{
    unsigned i;
    int err = ex_word_one_of(w, names, &i);

    if (err == 0)
        *second = i == 1;
    return err;
}

static int opt_measure(struct ex_order *o, struct ex_words *w)
{
    return choice(w, "on|off", &o->deaf);
}

static int opt_services(struct ex_order *o, struct ex_words *w)
{
    return choice(w, "accept|refuse", &o->refuses);
}

/* ---- what SETUP says ---- */

static int opt_from(struct ex_order *o, struct ex_words *w)
{
    int err = ex_word_text(w, "a number", o->from, sizeof o->from);

    if (err == 0) {
        ex_number(&o->setup.calling, o->from);
        o->setup.calling.presentation = 0;
    }
    return err;
}

static int opt_channel(struct ex_order *o, struct ex_words *w)
{
    return ex_word_uint(w, "a timeslot", 31, &o->setup.channel);
}

static int opt_data(struct ex_order *o, struct ex_words *w)
{
    (void)w;
    o->setup.bearer = ISDN_DATA64;
    return 0;
}

static int opt_bearer(struct ex_order *o, struct ex_words *w)
{
    unsigned i;
    int err = ex_word_one_of(w, "speech|audio|data", &i);

    if (err == 0)
        o->setup.bearer = (enum isdn_bearer)i;
    return err;
}

static int opt_type(struct ex_order *o, struct ex_words *w)
{
    return small(w, "a type of number", 7, &o->setup.called.ton);
}

static int opt_from_type(struct ex_order *o, struct ex_words *w)
{
    return small(w, "a type of number", 7, &o->setup.calling.ton);
}

static int opt_presentation(struct ex_order *o, struct ex_words *w)
{
    return small(w, "a presentation indicator", 3, &o->setup.calling.presentation);
}

static int opt_screening(struct ex_order *o, struct ex_words *w)
{
    return small(w, "a screening indicator", 3, &o->setup.calling.screening);
}

static int opt_pi(struct ex_order *o, struct ex_words *w)
{
    unsigned pi;
    int err = ex_word_uint(w, "a progress indicator", 15, &pi);

    if (err == 0) {
        o->setup.progress = (uint8_t)pi;
        o->setup.indicators |= (uint16_t)(1u << pi);
    }
    return err;
}

static int opt_uui(struct ex_order *o, struct ex_words *w)
{
    char text[EX_TEXT_MAX];
    int err = ex_word_text(w, "text, or octets as 0x...", text, sizeof text);

    if (err == 0 && ex_uui(&o->setup.uui, text) == 0)
        return 0;
    if (err == 0)
        snprintf(w->error, sizeof w->error, "\"uui\" takes at most 128 octets");
    return EINVAL;
}

static int opt_display(struct ex_order *o, struct ex_words *w)
{
    return ex_word_text(w, "a name", o->setup.display, sizeof o->setup.display);
}

static int opt_keypad(struct ex_order *o, struct ex_words *w)
{
    return ex_word_text(w, "digits", o->setup.keypad, sizeof o->setup.keypad);
}

static int reason(struct ex_words *w, uint8_t *out)
{
    return ex_word_is(w, "reason") ? small(w, "a reason", 15, out) : 0;
}

/** `redirecting NUMBER [reason N] [first NUMBER [reason N]]`. */
static int opt_redirecting(struct ex_order *o, struct ex_words *w)
{
    struct isdn_diversion *d = &o->setup.diversion;
    int err = number(w, &d->last);

    d->count = 1;
    if (err == 0)
        err = reason(w, &d->last_reason);
    if (err != 0 || !ex_word_is(w, "first"))
        return err;
    d->count = 2;
    err = number(w, &d->first);
    return err == 0 ? reason(w, &d->first_reason) : err;
}

static int subaddress(struct isdn_subaddress *out, struct ex_words *w)
{
    char text[EX_NAME_MAX];
    int err = ex_word_text(w, "a subaddress", text, sizeof text);

    if (err == 0 && ex_subaddress(out, text) != 0) {
        snprintf(w->error, sizeof w->error, "\"%.60s\" is not a subaddress", text);
        return EINVAL;
    }
    return err;
}

static int opt_subaddress(struct ex_order *o, struct ex_words *w)
{
    return subaddress(&o->setup.called_sub, w);
}

static int opt_from_subaddress(struct ex_order *o, struct ex_words *w)
{
    return subaddress(&o->setup.calling_sub, w);
}

static int opt_hlc(struct ex_order *o, struct ex_words *w)
{
    size_t n = 0;
    int err = ex_word_hex(w, "hex", o->setup.hlc, sizeof o->setup.hlc, &n);

    o->setup.hlc_len = (uint8_t)n;
    return err;
}

static int opt_llc(struct ex_order *o, struct ex_words *w)
{
    size_t n = 0;
    int err = ex_word_hex(w, "hex", o->setup.llc, sizeof o->setup.llc, &n);

    o->setup.llc_len = (uint8_t)n;
    return err;
}

/** `charges sde`: which advice of charge is asked for. */
static int opt_charges(struct ex_order *o, struct ex_words *w)
{
    char text[8];
    int err = ex_word_text(w, "letters of s, d and e", text, sizeof text);

    if (err == 0 && text[strspn(text, "sde")] != '\0') {
        snprintf(w->error, sizeof w->error, "\"%s\" is not letters of s, d and e", text);
        return EINVAL;
    }
    for (const char *p = text; err == 0 && *p; p++)
        o->setup.charges |= (uint8_t)(1u << (*p == 's'   ? ISDN_AOC_S
                                             : *p == 'd' ? ISDN_AOC_D
                                                         : ISDN_AOC_E));
    return err;
}

/* ---- reading ---- */

static const struct option {
    const char *word;
    int (*fn)(struct ex_order *o, struct ex_words *w);
    bool step_too; /**< after the first step it is a step */
} options[] = {{"span", opt_span, false},
               {"for", opt_for, false},
               {"count", opt_count, false},
               {"rate", opt_rate, false},
               {"overlap", opt_overlap, false},
               {"pace", opt_pace, false},
               {"now", opt_now, false},
               {"measure", opt_measure, false},
               {"services", opt_services, false},
               {"from", opt_from, false},
               {"channel", opt_channel, false},
               {"data", opt_data, false},
               {"bearer", opt_bearer, false},
               {"type", opt_type, false},
               {"from-type", opt_from_type, false},
               {"presentation", opt_presentation, false},
               {"screening", opt_screening, false},
               {"pi", opt_pi, false},
               {"uui", opt_uui, true},
               {"display", opt_display, true},
               {"keypad", opt_keypad, true},
               {"redirecting", opt_redirecting, false},
               {"subaddress", opt_subaddress, true},
               {"from-subaddress", opt_from_subaddress, false},
               {"hlc", opt_hlc, false},
               {"llc", opt_llc, false},
               {"charges", opt_charges, false}};

static const struct option *find_option(const struct ex_order *o, const char *word)
{
    for (size_t i = 0; i < RT_COUNT(options); i++)
        if (strcmp(options[i].word, word) == 0)
            return options[i].step_too && o->nsteps > 0 ? NULL : &options[i];
    return NULL;
}

static int add_step(struct ex_order *o, const struct ex_step *s)
{
    if (o->nsteps == STEPS_MAX)
        return E2BIG;
    struct ex_step *more = realloc(o->steps, (o->nsteps + 1) * sizeof *more);
    if (!more)
        return ENOMEM;
    o->steps = more;
    o->steps[o->nsteps++] = *s;
    return 0;
}

static int read_word(struct ex_order *o, struct ex_words *w)
{
    const struct option *opt = find_option(o, w->word[w->at]);
    struct ex_step step;

    if (opt) {
        w->at++;
        return opt->fn(o, w);
    }
    int err = ex_step_parse(&step, w);
    if (err == ENOENT) {
        snprintf(w->error, sizeof w->error, "unknown word \"%.60s\"", w->word[w->at]);
        return EINVAL;
    }
    return err == 0 ? add_step(o, &step) : err;
}

int ex_order_parse(struct ex_order *out, struct ex_words *w)
{
    *out = (struct ex_order){.count = 1, .rate = DEFAULT_RATE, .pace = DIGIT_PACE};
    int err = ex_word_text(w, "a number", out->number, sizeof out->number);

    ex_number(&out->setup.called, out->number);
    out->setup.calling.presentation = 2; /* not available */
    while (err == 0 && !ex_words_end(w))
        err = read_word(out, w);
    if (err == 0 && out->duration > 0)
        err =
            add_step(out, &(struct ex_step){.op = EX_HANGUP, .cause = 16, .after = out->duration});
    return err;
}

void ex_order_free(struct ex_order *o)
{
    free(o->steps);
    o->steps = NULL;
    o->nsteps = 0;
}
