/* Steps: what the exchange does with a call, one after the other. The rule file's statements and
 * the options of the `call` command are the same words, read here. */
#ifndef TEST_EXCHANGE_STEP_H
#define TEST_EXCHANGE_STEP_H

#include "test/exchange/words.h"

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
    EX_NOTIFY,
    EX_HOLD,
    EX_RETRIEVE,
    EX_CONNECTED, /**< our party's number `text` and `name`: with CONNECT, or after it */
    EX_DISPLAY,   /**< our party's name, with ALERTING or CONNECT */
    EX_UUI,
    EX_AOC,
    EX_DEFLECT,
    EX_TRANSFER,
    EX_MCID,
    EX_KEYPAD,
    EX_SUBADDRESS, /**< ours, with CONNECT */
    EX_CHANNEL,    /**< `other`: PROCEEDING that insists on another channel; `refuse`: cause 44 */
    EX_RAW
};

#define EX_TEXT_MAX 512 /* in hex: the longest message */
#define EX_NAME_MAX 64

struct ex_step {
    enum ex_op op;
    rt_time after; /**< how long after the step before */
    unsigned pi, cause, location, notify, reason;
    rt_time wait; /**< EX_WAIT; 0: until what plays has ended */
    double hz, level;
    rt_time on, off; /**< EX_DTMF */
    bool tones, loop;
    char text[EX_TEXT_MAX];    /**< file, digits, number or kind of tone */
    char country[EX_NAME_MAX]; /**< EX_TONES */
    char name[EX_NAME_MAX];    /**< EX_CONNECTED; EX_AOC: the currency, empty: units */
    char amount[EX_NAME_MAX];  /**< EX_AOC: a decimal number, or "free" */
};

/** Reads one step and its options; stops before the first word that is none of its own. EINVAL
 * with `w->error` set; ENOENT when no step begins with this word. */
int ex_step_parse(struct ex_step *out, struct ex_words *w);

#endif
