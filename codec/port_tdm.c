/* TDM ports: timeslots cut into blocks of 10 ms as the bank's tick brings their octets.
 *
 * Two blocks lie side by side, one being received and one being sent, with one position for both
 * and for all channels of the bank: the line takes an octet whenever it gives one. When the blocks
 * are full every port is served, one after the other while code and data are warm, and the next
 * blocks to send are made; banks differ in their phase. What goes out first is a block of silence.
 */
#include "codec/media_priv.h"

/* ---- the tick ---- */

static void exchange(struct media_tdm_side *s, unsigned at, unsigned n, const uint8_t *rx,
                     uint8_t *tx)
{
    memcpy(s->rx + at, rx, n);
    memcpy(tx, s->tx + at, n);
}

static void serve(struct media_bank *b, rt_time now)
{
    for (uint32_t left = b->active; left != 0; left &= left - 1)
        media_port_service(b->port[__builtin_ctz(left)], now);
}

uint32_t media_bank_tick(struct media_bank *b, unsigned frames, const uint8_t *rx, uint8_t *tx,
                         size_t stride, rt_time now)
{
    uint32_t filled = 0;

    for (unsigned done = 0, n; done < frames; done += n) {
        n = frames - done < MEDIA_BLOCK - b->at ? frames - done : MEDIA_BLOCK - b->at;
        filled |= b->active;
        for (uint32_t left = b->active; left != 0; left &= left - 1) {
            unsigned ts = (unsigned)__builtin_ctz(left);
            exchange(&b->port[ts]->tdm, b->at, n, rx + ts * stride + done, tx + ts * stride + done);
        }
        b->at = (b->at + n) % MEDIA_BLOCK;
        if (b->at == 0)
            serve(b, now);
    }
    return filled;
}

/* ---- hearing ---- */

/** The end of the digit that was sounding, told to signalling. */
static void tell_ended(struct media_port *p)
{
    struct media_ear *e = &p->tdm.ear;

    if (e->ended)
        media_tell_digit(p, e->ended, e->ended_ms);
    e->ended = 0;
}

void media_tdm_deaf(struct media_port *p)
{
    struct media_ear *e = &p->tdm.ear;

    if (!p->tdm.listening)
        return;
    if (e->digit)
        media_tell_digit(p, e->digit, e->length / 8);
    p->tdm.listening = false;
}

static void find_digits(struct media_port *p, struct media_heard *h)
{
    struct media_tdm_side *s = &p->tdm;

    if (!s->listening)
        media_ear_reset(&s->ear);
    s->listening = true;
    if (media_ear_listen(&s->ear, s->rx, MEDIA_BLOCK, p->law))
        memset(h->octets, g711_silence(p->law), MEDIA_BLOCK);
    h->digit = s->ear.digit;
    h->serial = s->ear.serial;
    tell_ended(p);
}

void media_tdm_hear(struct media_port *p, struct media_heard *h, bool wanted)
{
    if (!wanted) {
        media_tdm_deaf(p);
        return;
    }
    h->sound = true;
    h->law = p->law;
    memcpy(h->octets, p->tdm.rx, MEDIA_BLOCK);
    if (!p->clear && p->peer->kind == MEDIA_RTP && media_rtp_events(p->peer))
        find_digits(p, h);
    else
        media_tdm_deaf(p);
}

/* ---- timeslot to timeslot ---- */

/** Octets of a clear channel that wait before the first of them goes on: lines of one clock take
 * and bring their blocks in any order, and never one too few. */
#define CROSS_FIRST (2 * MEDIA_BLOCK)

void media_tdm_push(struct media_port *p, const struct media_heard *h)
{
    struct media_tdm_side *s = &p->tdm;

    if (!h->sound)
        return;
    if (s->crossed + MEDIA_BLOCK > sizeof s->cross) { /* the other line is faster: skip a block */
        if (h->clear)
            rt_count(&media_counters[MEDIA_CLEAR_SLIPS]);
        return;
    }
    memcpy(s->cross + s->crossed, h->octets, MEDIA_BLOCK);
    s->crossed += MEDIA_BLOCK;
}

/** The other line is slower. */
static void count_filled(struct media_tdm_side *s, bool clear)
{
    if (clear && s->flows)
        rt_count_n(&media_counters[MEDIA_CLEAR_FILLED], MEDIA_BLOCK);
}

void media_tdm_pop(struct media_port *p, struct media_heard *h)
{
    struct media_tdm_side *s = &p->tdm;

    h->digit = 0;
    h->clear = p->peer->clear;
    h->sound = s->crossed >= (h->clear && !s->flows ? CROSS_FIRST : MEDIA_BLOCK);
    if (!h->sound) {
        count_filled(s, h->clear);
        return;
    }
    s->flows = true;
    h->law = p->peer->law;
    memcpy(h->octets, s->cross, MEDIA_BLOCK);
    s->crossed -= MEDIA_BLOCK;
    memmove(s->cross, s->cross + MEDIA_BLOCK, s->crossed);
}

/* ---- emitting ---- */

void media_tdm_emit(struct media_port *p, const uint8_t *octets)
{
    if (octets)
        memcpy(p->tdm.tx, octets, MEDIA_BLOCK);
    else
        memset(p->tdm.tx, p->clear ? MEDIA_CLEAR_IDLE : g711_silence(p->law), MEDIA_BLOCK);
}
