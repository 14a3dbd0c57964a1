/* Commands that make the line or the far end behave badly. */
#include "test/exchange/calls.h"
#include "test/exchange/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MANY        1000000
#define MESSAGE_MAX 256

/* ---- fault ---- */

static int counted(struct exchange *ex, struct ex_words *w, struct ex_span **s, unsigned *n)
{
    int err = ex_word_uint(w, "a number of frames", MANY, n);

    return err == 0 ? ex_command_span(ex, w, s) : err;
}

static int lose(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned n;
    int err = counted(ex, w, &s, &n);

    if (err == 0)
        s->fault.lose = n;
    return err;
}

static int lose_in(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned n;
    int err = counted(ex, w, &s, &n);

    if (err == 0)
        s->fault.lose_in = n;
    return err;
}

static int wrong_fcs(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned n;
    int err = counted(ex, w, &s, &n);

    if (err == 0)
        s->fault.wrong_fcs = n;
    return err;
}

static int garbage(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned n;
    int err = counted(ex, w, &s, &n);

    if (err == 0)
        ex_storm_start(s, EX_STORM_GARBAGE, n, "");
    return err;
}

/** `flap every TIME for TIME` */
static int flap(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    rt_time every = 0, length = 0;
    int err = ex_word_is(w, "every") ? ex_word_duration(w, "a duration", &every) : EINVAL;

    if (err == 0)
        err = ex_word_is(w, "for") ? ex_word_duration(w, "a duration", &length) : EINVAL;
    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err == 0 && (length <= 0 || length >= every))
        err = EINVAL;
    if (err == 0)
        ex_fault_flap(&s->fault, every, length);
    else if (!w->error[0])
        snprintf(w->error, sizeof w->error,
                 "it is \"flap every TIME for TIME\", less for than every");
    return err;
}

static int cut(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    int err = ex_command_span(ex, w, &s);

    if (err == 0)
        s->fault.cut = true;
    return err;
}

static int never_close(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    int err = ex_command_span(ex, w, &s);

    if (err == 0 && (s->rule->cfg.line == ISDN_DAHDI || s->rule->cfg.dchannel == 0)) {
        snprintf(w->error, sizeof w->error, "the card frames the D channel, or there is none here");
        return ENOTSUP;
    }
    if (err == 0)
        s->fault.never_ends = true;
    return err;
}

static int jump(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    int err = ex_command_span(ex, w, &s);

    if (err == 0)
        s->fault.jump++;
    return err;
}

static int none(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    int err = ex_command_span(ex, w, &s);

    if (err == 0)
        ex_fault_none(&s->fault);
    return err;
}

static const struct {
    const char *word;
    int (*fn)(struct exchange *ex, struct ex_words *w);
} faults[] = {{"lose", lose}, {"lose-in", lose_in}, {"wrong-fcs", wrong_fcs},
              {"flap", flap}, {"garbage", garbage}, {"never-close", never_close},
              {"jump", jump}, {"cut", cut},         {"none", none}};

int ex_command_fault(struct exchange *ex, struct ex_words *w)
{
    for (size_t i = 0; i < RT_COUNT(faults); i++)
        if (ex_word_is(w, faults[i].word))
            return faults[i].fn(ex, w);
    snprintf(w->error, sizeof w->error, "there is no such fault");
    return EINVAL;
}

/** `mute q921|q931 [span N]` */
int ex_command_mute(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned layer;
    int err = ex_word_one_of(w, "q921|q931", &layer);

    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err == 0)
        *(layer == 0 ? &s->fault.mute_q921 : &s->fault.mute_q931) = true;
    return err;
}

/* ---- storm ---- */

/** `storm restart N`, `storm setup N NUMBER` */
int ex_command_storm(struct exchange *ex, struct ex_words *w)
{
    struct ex_span *s;
    unsigned kind, n;
    char number[41] = "";
    int err = ex_word_one_of(w, "restart|setup", &kind);

    if (err == 0)
        err = ex_word_uint(w, "a number of messages", MANY, &n);
    if (err == 0 && kind == 1)
        err = ex_word_text(w, "a number to call", number, sizeof number);
    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err == 0 && s->storm.left > 0)
        err = EBUSY;
    if (err == 0)
        ex_storm_start(s, kind == 0 ? EX_STORM_RESTART : EX_STORM_SETUP, n, number);
    return err;
}

/* ---- raw ---- */

/** Puts discriminator and call reference before the message type. */
static size_t with_head(uint8_t *out, const struct ex_span *s, unsigned reference, bool answering,
                        const uint8_t *body, size_t len)
{
    size_t n = 0;

    out[n++] = 0x08;
    out[n++] = s->rule->cfg.rate == ISDN_BRI ? 1 : 2;
    if (out[1] == 2)
        out[n++] = (uint8_t)((answering ? 0x80 : 0) | (reference >> 8 & 0x7f));
    out[n++] = (uint8_t)(out[1] == 2 ? reference : (answering ? 0x80 : 0) | (reference & 0x7f));
    memcpy(out + n, body, len);
    return n + len;
}

/** `raw HEX call N`: in a call; `raw HEX reference N [answering] [span N]`: with that call
 * reference, of our own or of the far end's; `raw HEX [span N]`: it is all there. */
int ex_command_raw(struct exchange *ex, struct ex_words *w)
{
    uint8_t body[MESSAGE_MAX], message[MESSAGE_MAX + 4];
    struct ex_call *c = NULL;
    struct ex_span *s;
    unsigned n = 0;
    size_t len;
    int err = ex_word_hex(w, "a message in hex", body, sizeof body, &len);

    if (err != 0)
        return err;
    if (ex_word_is(w, "call")) {
        err = ex_word_uint(w, "a call", 0x7fffffff, &n);
        c = err == 0 ? ex_call_find(ex, n) : NULL;
        if (err == 0 && !c)
            snprintf(w->error, sizeof w->error, "there is no call %u", n);
        return c ? isdn_call_say_raw(c->isdn, body, len) : EINVAL;
    }
    bool headless = ex_word_is(w, "reference");
    err = headless ? ex_word_uint(w, "a call reference", 0x7fff, &n) : 0;
    bool answering = headless && err == 0 && ex_word_is(w, "answering");
    if (err == 0)
        err = ex_command_span(ex, w, &s);
    if (err != 0)
        return err;
    if (!s->isdn)
        return ENETDOWN;
    if (!headless)
        return isdn_span_say(s->isdn, body, len);
    return isdn_span_say(s->isdn, message, with_head(message, s, n, answering, body, len));
}
