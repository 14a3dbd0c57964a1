/* Work on the sound of up to 16 ports in one pass: echo taken off what lines bring, then digits and
 * tones found in what is left. Each port has a column; a bank's timeslots have theirs for good, RTP
 * ports get one when digits in their sound matter.
 */
#include "codec/ear.h"
#include "codec/echo.h"
#include "codec/media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct media_dsp {
    uint16_t taken;          /**< signalling: columns of RTP ports */
    struct media_dsp *next;  /**< signalling: more of them */
    struct echo_bank *echo;  /**< NULL: none */
    struct ear_bank *ears;   /**< on what comes in */
    struct ear_bank *others; /**< on what goes out to the line: for the tone disabler alone */
    uint16_t cancel, listen; /**< columns of this pass */
    int16_t in[LANES][MEDIA_BLOCK], out[LANES][MEDIA_BLOCK];
    struct ear_heard heard[LANES], other[LANES];
};

/** Tones after which a call is a fax's or a modem's. */
#define DATA_TONES (EAR_HEARD_ANSWER | EAR_HEARD_CNG)
#define PROGRESS_TONES                                                                             \
    (EAR_HEARD_DIAL | EAR_HEARD_RINGBACK | EAR_HEARD_BUSY | EAR_HEARD_CONGESTION | EAR_HEARD_SIT)

/* ---- signalling ---- */

/** What must be accepted, and from that what must not: in the proportions of Q.24's table A.1. */
static struct ear_config ears_of(const struct media_config *cfg)
{
    struct ear_config c = EAR_CONFIG_DEFAULT;
    unsigned on = cfg->digit_on ? cfg->digit_on : c.on;
    unsigned off = cfg->digit_off ? cfg->digit_off : c.off;

    c.on_none = c.on_none * on / c.on;
    c.off_none = c.off_none * off / c.off;
    c.on = on;
    c.off = off;
    return c;
}

int media_dsp_new(struct media_dsp **out, const struct media_config *cfg, bool echo)
{
    struct ear_config ears = ears_of(cfg);
    struct media_dsp *d = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    int err = ear_bank_new(&d->ears, &ears);
    if (err == 0 && echo)
        err = ear_bank_new(&d->others, NULL);
    if (err == 0 && echo)
        err = echo_bank_new(&d->echo, cfg->echo_ms);
    if (err != 0) {
        media_dsp_free(d);
        return err;
    }
    *out = d;
    return 0;
}

void media_dsp_free(struct media_dsp *d)
{
    if (!d)
        return;
    ear_bank_free(d->ears);
    ear_bank_free(d->others);
    echo_bank_free(d->echo);
    free(d);
}

int media_dsp_country(struct media_dsp *d, const struct media_config *cfg, const char *country)
{
    struct ear_config config = ears_of(cfg);
    struct ear_bank *ears;

    config.country = country;
    int err = ear_bank_new(&ears, &config);
    if (err != 0)
        return err;
    ear_bank_free(d->ears);
    d->ears = ears;
    return 0;
}

void media_dsp_free_all(struct media_dsp *list)
{
    struct media_dsp *d, *tmp;

    LL_FOREACH_SAFE(list, d, tmp)
    media_dsp_free(d);
}

struct media_column media_dsp_take_column(struct media_dsp **list, const struct media_config *cfg)
{
    struct media_dsp *d;

    LL_FOREACH(*list, d)
    if (d->taken != UINT16_MAX)
        break;
    if (!d && media_dsp_new(&d, cfg, false) == 0)
        LL_PREPEND(*list, d);
    if (!d)
        return (struct media_column){.dsp = NULL};
    unsigned lane = (unsigned)__builtin_ctz(~(unsigned)d->taken);
    d->taken |= (uint16_t)(1u << lane);
    return (struct media_column){.dsp = d, .lane = lane};
}

void media_dsp_give_column(struct media_dsp *d, unsigned lane)
{
    d->taken &= (uint16_t) ~(1u << lane);
}

/* ---- the media thread: what is wanted ---- */

/** The peer takes digits in another form than sound. */
static bool digits_apart(const struct media_port *p)
{
    const struct media_port *q = p->peer;

    return q && q->kind == MEDIA_RTP && q->rtp.kit && !q->clear &&
           (q->rtp.kit->conf.event_payload >= 0 || q->rtp.kit->conf.apart);
}

static bool wants_digits(const struct media_port *p)
{
    if (p->kind == MEDIA_TDM)
        return p->tdm.line.listen || digits_apart(p);
    return p->rtp.kit && (p->rtp.kit->conf.listen || digits_apart(p));
}

/** What is listened for in what the port brings: enum ear_what, 0 nothing. Tones matter where
 * something is done about them: to the echo canceller or to a buffer. */
static unsigned wants(const struct media_port *p, bool cancel)
{
    unsigned what = wants_digits(p) ? EAR_DTMF : 0;

    if (p->kind == MEDIA_TDM && p->tdm.line.progress)
        what |= EAR_PROGRESS;
    return cancel || what ? what | EAR_ANSWER_TONE | EAR_CNG : 0;
}

static bool wants_echo_off(const struct media_port *p)
{
    return p->kind == MEDIA_TDM && p->tdm.line.echo && p->peer && p->column.dsp->echo;
}

/* ---- beginning and ending ---- */

static void start_cancelling(struct media_column *c)
{
    static const struct echo_config config = {
        .nlp = true, .comfort_noise = true, .tone_disabler = true};

    echo_lane_start(c->dsp->echo, c->lane, &config);
    ear_lane_start(c->dsp->others, c->lane, EAR_ANSWER_TONE);
    c->cancels = true;
}

/** Whatever sounds is over when nobody listens any more. */
static void forget_digit(struct media_port *p)
{
    struct media_column *c = &p->column;
    struct ear_heard *h = &c->dsp->heard[c->lane];

    if (h->digit)
        media_tell_digit(p, h->digit, ear_lane_digit_ms(c->dsp->ears, c->lane));
    memset(h, 0, sizeof *h);
}

static void listen_for(struct media_port *p, unsigned what)
{
    struct media_column *c = &p->column;

    if (!(what & EAR_DTMF) && c->what & EAR_DTMF)
        forget_digit(p);
    if (what == 0) {
        ear_lane_stop(c->dsp->ears, c->lane);
    } else if (c->what == 0) {
        ear_lane_start(c->dsp->ears, c->lane, what);
        c->serial_base = p->heard.serial;
    } else {
        ear_lane_want(c->dsp->ears, c->lane, what);
    }
    c->what = (uint8_t)what;
}

void media_dsp_leave(struct media_port *p)
{
    struct media_column *c = &p->column;

    if (!c->dsp)
        return;
    if (c->what)
        listen_for(p, 0);
    if (c->cancels) {
        echo_lane_stop(c->dsp->echo, c->lane);
        ear_lane_stop(c->dsp->others, c->lane);
    }
    *c = (struct media_column){.dsp = NULL};
}

bool media_dsp_echo(const struct media_port *p, struct echo_stats *out)
{
    const struct media_column *c = &p->column;

    if (!c->dsp || !c->cancels)
        return false;
    echo_lane_stats(c->dsp->echo, c->lane, out);
    return !out->disabled;
}

/* ---- a pass ---- */

void media_dsp_ask(struct media_port *p)
{
    struct media_column *c = &p->column;
    struct media_dsp *d = c->dsp;

    c->asked = false;
    if (!d)
        return;
    bool sound = sound_is(&p->heard.sound);
    bool cancel = sound && wants_echo_off(p);
    unsigned what = sound ? wants(p, cancel) : 0;
    if (what != c->what)
        listen_for(p, what);
    if (what == 0)
        return;
    uint16_t bit = (uint16_t)(1u << c->lane);
    c->asked = true;
    memcpy(d->in[c->lane], sound_pcm(&p->heard.sound), sizeof d->in[0]);
    d->listen |= bit;
    if (!cancel)
        return;
    if (!c->cancels)
        start_cancelling(c);
    g711_expand(d->out[c->lane], p->tdm.sent, MEDIA_BLOCK, p->law);
    d->cancel |= bit;
}

void media_dsp_run(struct media_dsp *d)
{
    if (d->cancel) {
        echo_bank_run(d->echo, d->cancel, d->in, (const int16_t(*)[MEDIA_BLOCK])d->out);
        ear_bank_listen(d->others, d->cancel, (const int16_t(*)[MEDIA_BLOCK])d->out, d->other);
    }
    ear_bank_listen(d->ears, d->listen, (const int16_t(*)[MEDIA_BLOCK])d->in, d->heard);
}

/* ---- what came of it ---- */

static void take_digits(struct media_port *p, const struct ear_heard *h)
{
    bool apart = digits_apart(p);

    if (h->hush && apart)
        sound_silence(&p->heard.sound, p->law);
    if (apart) {
        p->heard.digit = h->digit;
        p->heard.serial = p->column.serial_base + h->serial;
    }
    if (h->ended)
        media_tell_digit(p, h->ended, h->ended_ms);
}

static void tell_progress(struct media_port *p, unsigned begun)
{
    static const struct {
        unsigned heard;
        enum tone_kind tone;
    } rows[] = {
        {EAR_HEARD_DIAL, TONE_DIAL}, {EAR_HEARD_RINGBACK, TONE_RINGBACK},
        {EAR_HEARD_BUSY, TONE_BUSY}, {EAR_HEARD_CONGESTION, TONE_CONGESTION},
        {EAR_HEARD_SIT, TONE_SIT},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (begun & rows[i].heard)
            media_tell(p, &(struct media_event){.type = MEDIA_PROGRESS_TONE, .tone = rows[i].tone});
}

/** A fax or a modem has been heard: the buffer is left as it is from now on, and after phase
 * reversals (G.168 section 7) the echo too. */
static void take_tones(struct media_port *p, unsigned begun)
{
    struct media_column *c = &p->column;

    if (begun & EAR_HEARD_REVERSALS && c->cancels)
        echo_lane_disable(c->dsp->echo, c->lane, true);
    if (begun & PROGRESS_TONES)
        tell_progress(p, begun);
    if (!(begun & DATA_TONES))
        return;
    if (p->peer && p->peer->kind == MEDIA_RTP && !p->peer->clear)
        playout_set_mode(&p->peer->rtp.playout, PLAYOUT_FIXED);
    if (p->kind == MEDIA_RTP)
        playout_set_mode(&p->rtp.playout, PLAYOUT_FIXED);
    media_tell(p, &(struct media_event){.type = begun & EAR_HEARD_CNG ? MEDIA_FAX_CALLING
                                                                      : MEDIA_ANSWER_TONE});
}

void media_dsp_result(struct media_port *p)
{
    struct media_column *c = &p->column;
    struct media_dsp *d = c->dsp;
    uint16_t bit = (uint16_t)(1u << c->lane);
    unsigned begun = d->heard[c->lane].begun;

    if (d->cancel & bit) {
        sound_set_pcm(&p->heard.sound, d->in[c->lane]);
        begun |= d->other[c->lane].begun;
    }
    take_digits(p, &d->heard[c->lane]);
    if (begun)
        take_tones(p, begun);
    d->listen &= (uint16_t)~bit;
    d->cancel &= (uint16_t)~bit;
}
