/* Steps: what the exchange does with a call, one after the other. The rule file's statements and
 * the options of the `call` command are the same words, read here. */
#ifndef TEST_EXCHANGE_STEP_H
#define TEST_EXCHANGE_STEP_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stddef.h>

enum ex_op {
    EX_PROCEEDING,
    EX_ALERTING,
    EX_PROGRESS,
    EX_EARLY, /**< PROGRESS with indicator 8, and plays `text` */
    EX_ANSWER,
    EX_PLAY,
    EX_TONE,
    EX_TONES, /**< a country's call progress tone */
    EX_DTMF,
    EX_ECHO,
    EX_SILENCE,
    EX_MARKER,
    EX_RECORD,
    EX_COMPARE,
    EX_WAIT,
    EX_HANGUP,
    EX_GLARE,
    EX_NOTIFY
};

#define EX_TEXT_MAX 256

struct ex_step {
    enum ex_op op;
    rt_time after; /**< how long after the step before */
    unsigned pi, cause, location, notify;
    rt_time wait; /**< EX_WAIT; 0: until what plays has ended */
    double hz, level;
    rt_time on, off; /**< EX_DTMF */
    bool tones, loop;
    char text[EX_TEXT_MAX];    /**< file, digits, number or kind of tone */
    char country[EX_TEXT_MAX]; /**< EX_TONES */
};

/** Words being read, and why that failed. */
struct ex_words {
    const char *const *word;
    size_t n, at;
    char error[160];
};

/** Reads one step and its options; stops before the first word that is none of its own. EINVAL
 * with `w->error` set; ENOENT when no step begins with this word. */
int ex_step_parse(struct ex_step *out, struct ex_words *w);

/* Values, for the other options of a command. EINVAL with `w->error` set. */
int ex_word_text(struct ex_words *w, const char *what, char *out, size_t cap);
int ex_word_duration(struct ex_words *w, const char *what, rt_time *out);
int ex_word_uint(struct ex_words *w, const char *what, unsigned max, unsigned *out);
int ex_word_real(struct ex_words *w, const char *what, double *out);

#endif
