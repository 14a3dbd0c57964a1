/* What ports of both kinds do every 10 ms: each hears its line or network, then each emits the
 * first of: a tone, an ordered digit, the peer's digit, the peer's sound, nothing. The rounds are
 * in serve.c.
 */
#include "codec/media_priv.h"

/** A pause between two digits (Q.24: 40 ms are enough to tell them apart). */
#define PAUSE 5

/** Blocks that the three end packets of an event take (RFC 4733 2.5.1.4): no digit begins in them.
 */
#define ENDS 3

/** A heard digit goes out at least this long, however late it was recognized (Q.24: 40 ms). */
#define SHORTEST 5

/** Of each frequency (ETSI ES 201 235-2: -11 to -6 dBm0 or so). */
#define DIGIT_DBM0 -8.0f

/** Ids of ordered digits never meet those of heard ones. */
#define ORDERED 0x80000000u

/* ---- joining ---- */

static void leave_peer(struct media_port *p)
{
    p->peer = NULL;
    p->hears = false;
    if (p->kind == MEDIA_RTP)
        media_rtp_unwatch(p);
}

void media_port_part(struct media_port *p)
{
    p->echoes = false;
    if (p->kind == MEDIA_TDM && p->tdm.cord) {
        media_return(p->thread, &p->tdm.cord->end[p->tdm.end].loan);
        p->tdm.cord = NULL;
        p->hears = false;
    }
    if (!p->peer)
        return;
    leave_peer(p->peer);
    leave_peer(p);
}

void media_port_join(struct media_port *a, struct media_port *b, enum media_flow flow)
{
    if (a->peer != b) {
        media_port_part(a);
        media_port_part(b);
        a->peer = b;
        b->peer = a;
    }
    b->hears = flow & MEDIA_A_TO_B;
    a->hears = flow & MEDIA_B_TO_A;
}

/* ---- what it plays, and is recorded on ---- */

void media_port_source(struct media_port *p, struct media_source *s)
{
    if (p->source)
        media_return(p->thread, &p->source->loan);
    p->source = s;
}

void media_port_record(struct media_port *p, struct media_reel *r)
{
    if (p->reel)
        media_return(p->thread, &p->reel->loan);
    p->reel = r;
}

void media_port_note(struct media_port *p)
{
    struct sound *s = &p->heard.sound;

    if (p->reel)
        tape_hear(p->reel->tape, sound_is(s) ? sound_pcm(s) : NULL);
}

/* ---- digits by order ---- */

void media_port_digit(struct media_port *p, char digit, unsigned ms)
{
    unsigned at = (p->digit_at + p->ndigits) % MEDIA_DIGITS;

    if (p->clear)
        return;
    if (p->ndigits == MEDIA_DIGITS) {
        rt_count(&media_counters[MEDIA_ORDERS_DROPPED]);
        return;
    }
    p->digits[at].digit = digit;
    p->digits[at].ms = (uint16_t)ms;
    p->ndigits++;
}

/** The ordered digit that is due in this block, or 0. The one at `digit_at` stays there while it
 * sounds. */
static char ordered_digit(struct media_port *p)
{
    if (p->digit_pause > 0) {
        p->digit_pause--;
        return 0;
    }
    if (p->ndigits == 0)
        return 0;
    if (p->digit_left == 0) {
        p->digit_left = (p->digits[p->digit_at].ms + MEDIA_BLOCK_MS - 1) / MEDIA_BLOCK_MS;
        p->digit_serial++;
        p->stats.digits++;
        media_publish(p);
    }
    char digit = p->digits[p->digit_at].digit;
    if (--p->digit_left == 0) {
        p->digit_at = (p->digit_at + 1) % MEDIA_DIGITS;
        p->ndigits--;
        p->digit_pause = PAUSE;
    }
    return digit;
}

/* ---- emitting ---- */

static void emit_sound(struct media_port *p, struct sound *sound)
{
    if (p->reel)
        tape_say(p->reel->tape, sound && sound_is(sound) ? sound_pcm(sound) : NULL);
    if (p->kind == MEDIA_RTP)
        media_rtp_emit(p, sound, 0, 0);
    else
        media_tdm_emit(p, sound);
}

/** An event makes no sound. */
static void emit_event(struct media_port *p, char digit, uint32_t id)
{
    if (p->reel)
        tape_say(p->reel->tape, NULL);
    media_rtp_emit(p, NULL, digit, id);
}

static void play_digit(struct media_port *p)
{
    struct sound s = {.forms = SOUND_PCM};

    tone_play(&p->digit_tone, s.pcm, MEDIA_BLOCK);
    emit_sound(p, &s);
}

static void play(struct media_port *p)
{
    struct sound s = {.forms = SOUND_PCM};
    bool more = p->source->play(p->source, s.pcm);

    emit_sound(p, &s);
    if (more)
        return;
    media_port_source(p, NULL);
    media_tell(p, &(struct media_event){.type = MEDIA_PLAYED});
}

/** Digit `id` goes out now. False: it must wait, for the pause that tells it from the one before.
 */
static bool sound_digit(struct media_port *p, char digit, uint32_t id)
{
    if (id != p->sounding) {
        if (p->sounding)
            p->hush = PAUSE;
        p->sounding = id;
        p->sounding_digit = digit;
        p->owed = id & ORDERED ? 0 : SHORTEST;
        p->digit_spec = (struct tone_spec){.nsteps = 1, .dbm0 = DIGIT_DBM0};
        tone_dtmf(digit, p->digit_spec.step[0].hz);
        tone_start(&p->digit_tone, &p->digit_spec);
    }
    if (p->hush == 0) {
        p->owed -= p->owed > 0;
        return true;
    }
    p->hush--;
    return false;
}

/** The digit as a tone, as an event, or not at all when signalling carries it. */
static void emit_digit(struct media_port *p, char digit, uint32_t id)
{
    if (!sound_digit(p, digit, id))
        emit_sound(p, NULL);
    else if (p->kind == MEDIA_RTP && media_rtp_events(p))
        emit_event(p, digit, id);
    else if (p->kind == MEDIA_RTP && p->rtp.kit && p->rtp.kit->conf.apart && !(id & ORDERED))
        emit_sound(p, NULL);
    else
        play_digit(p);
}

/** The digit that is due in this block; ordered ones go first. */
static bool emit_digits(struct media_port *p, const struct media_heard *h)
{
    char digit = ordered_digit(p);

    if (digit)
        emit_digit(p, digit, p->digit_serial | ORDERED);
    else if (h && h->digit)
        emit_digit(p, h->digit, h->serial & ~ORDERED);
    else if (p->sounding && p->owed > 0)
        emit_digit(p, p->sounding_digit, p->sounding);
    else
        return false;
    return true;
}

/** What the peer brought stays as it is: how loud it came is measured afterwards. */
static void emit_heard(struct media_port *p, struct sound *sound)
{
    struct sound changed;

    if (sound && p->gain_out != 0 && !p->clear) {
        changed = *sound;
        sound_gain(&changed, p->gain_out);
        sound = &changed;
    }
    emit_sound(p, sound);
}

void media_port_emit(struct media_port *p, struct media_heard *h)
{
    if (p->peer && p->peer->kind == MEDIA_RTP && p->peer->rtp.relaying) {
        media_rtp_pass(p); /* its packets have gone out already */
        return;
    }
    if (h && (h->sound.forms & SOUND_CLEAR) != (p->clear ? SOUND_CLEAR : 0))
        h = NULL; /* octets are no sound */
    if (!p->clear && !p->source && emit_digits(p, h))
        return;
    if (p->sounding)
        p->hush = ENDS;
    p->hush -= p->hush > 0;
    p->sounding = 0;
    if (p->source && !p->clear) {
        play(p);
        return;
    }
    emit_heard(p, h && h->sound.forms ? &h->sound : NULL);
}

/* ---- hearing ---- */

/** Somebody is to hear what the port brings. */
static bool is_wanted(const struct media_port *p)
{
    if (p->reel || p->echoes)
        return true;
    return p->peer ? p->peer->hears : p->kind == MEDIA_TDM && p->tdm.cord;
}

void media_port_hear(struct media_port *p, rt_time now)
{
    bool wanted = is_wanted(p);

    sound_none(&p->heard.sound);
    p->heard.digit = 0;
    if (p->kind == MEDIA_RTP)
        media_rtp_hear(p, wanted, now);
    else
        media_tdm_hear(p, wanted);
    if (p->gain_in != 0)
        sound_gain(&p->heard.sound, p->gain_in);
}
