/* What ports of both kinds do every 10 ms: each hears its line or network, then each emits the
 * first of: a tone, an ordered digit, the peer's digit, the peer's sound, nothing.
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
    if (p->kind == MEDIA_TDM) {
        media_tdm_deaf(p);
        p->tdm.crossed = 0;
        p->tdm.flows = false;
    }
}

void media_port_part(struct media_port *p)
{
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

static void play(struct media_port *p, struct tone_player *player, uint8_t *out)
{
    int16_t pcm[MEDIA_BLOCK];

    tone_play(player, pcm, MEDIA_BLOCK);
    g711_compress(out, pcm, MEDIA_BLOCK, p->law);
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

static void emit_octets(struct media_port *p, const uint8_t *octets)
{
    if (p->kind == MEDIA_RTP)
        media_rtp_emit(p, octets, 0, 0);
    else
        media_tdm_emit(p, octets);
}

static void emit_digit(struct media_port *p, char digit, uint32_t id)
{
    uint8_t out[MEDIA_BLOCK];

    if (!sound_digit(p, digit, id)) {
        emit_octets(p, NULL);
    } else if (p->kind == MEDIA_RTP && media_rtp_events(p)) {
        media_rtp_emit(p, NULL, digit, id);
    } else {
        play(p, &p->digit_tone, out);
        emit_octets(p, out);
    }
}

/** A clear channel's octets, or nothing. */
static void emit_clear(struct media_port *p, const struct media_heard *h)
{
    emit_octets(p, h && h->sound && h->clear ? h->octets : NULL);
}

/** `h` is what the peer brings, NULL when there is none or the flow stops it. */
static void emit(struct media_port *p, const struct media_heard *h)
{
    uint8_t out[MEDIA_BLOCK];

    if (p->clear) {
        emit_clear(p, h);
        return;
    }
    if (h && h->clear)
        h = NULL;
    char digit = p->tone.spec ? 0 : ordered_digit(p);
    if (digit) {
        emit_digit(p, digit, p->digit_serial | ORDERED);
        return;
    }
    if (!p->tone.spec && h && h->digit) {
        emit_digit(p, h->digit, h->serial & ~ORDERED);
        return;
    }
    if (!p->tone.spec && p->sounding && p->owed > 0) {
        emit_digit(p, p->sounding_digit, p->sounding);
        return;
    }
    if (p->sounding)
        p->hush = ENDS;
    p->hush -= p->hush > 0;
    p->sounding = 0;
    if (p->tone.spec) {
        play(p, &p->tone, out);
        emit_octets(p, out);
    } else if (h && h->sound && h->law != p->law) {
        g711_convert(out, h->octets, MEDIA_BLOCK, h->law, p->law);
        emit_octets(p, out);
    } else {
        emit_octets(p, h && h->sound ? h->octets : NULL);
    }
}

/* ---- 10 ms ---- */

static void hear(struct media_port *p, struct media_heard *h, rt_time now)
{
    bool wanted = p->peer && p->peer->hears;

    h->sound = false;
    h->clear = p->clear;
    h->digit = 0;
    if (p->kind == MEDIA_RTP)
        media_rtp_hear(p, h, wanted, now);
    else
        media_tdm_hear(p, h, wanted);
}

static void finish_rtp(struct media_port *p, rt_time now)
{
    media_rtcp_service(p, now);
    media_publish(p);
}

void media_port_service(struct media_port *p, rt_time now)
{
    struct media_port *q = p->peer;
    struct media_heard mine, theirs;

    hear(p, &mine, now);
    if (q && q->kind == MEDIA_RTP) {
        hear(q, &theirs, now);
        emit(q, q->hears ? &mine : NULL);
        finish_rtp(q, now);
    } else if (q) {
        if (q->hears)
            media_tdm_push(q, &mine);
        media_tdm_pop(p, &theirs);
    }
    emit(p, p->hears ? &theirs : NULL);
    if (p->kind == MEDIA_RTP)
        finish_rtp(p, now);
}
