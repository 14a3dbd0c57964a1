/* TDM ports: timeslots cut into blocks of 10 ms as the bank's tick brings their octets.
 *
 * Two blocks lie side by side, one being received and one being sent, with one position for both
 * and for all channels of the bank: the line takes an octet whenever it gives one. When the blocks
 * are full every port is served, and the next blocks to send are made; banks differ in their phase.
 * What goes out first is a block of silence.
 */
#include "codec/media_priv.h"

/* ---- the tick ---- */

static void exchange(struct media_tdm_side *s, unsigned at, unsigned n, const uint8_t *rx,
                     uint8_t *tx)
{
    memcpy(s->rx + at, rx, n);
    memcpy(tx, s->tx + at, n);
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
            media_serve_bank(b, now);
    }
    return filled;
}

/* ---- 10 ms ---- */

static void remember_sent(struct media_tdm_side *s)
{
    unsigned delay = s->bank->delay;

    memmove(s->sent, s->sent + MEDIA_BLOCK, delay);
    memcpy(s->sent + delay, s->tx, MEDIA_BLOCK);
}

void media_tdm_hear(struct media_port *p, bool wanted)
{
    struct media_heard *h = &p->heard;

    if (p->tdm.line.echo)
        remember_sent(&p->tdm);
    if (!wanted)
        return;
    if (p->clear)
        sound_set_clear(&h->sound, p->tdm.rx);
    else
        sound_set_octets(&h->sound, p->tdm.rx, p->law);
}

void media_tdm_emit(struct media_port *p, struct sound *sound)
{
    if (!sound)
        memset(p->tdm.tx, p->clear ? MEDIA_CLEAR_IDLE : g711_silence(p->law), MEDIA_BLOCK);
    else if (p->clear)
        memcpy(p->tdm.tx, sound->octets[0], MEDIA_BLOCK);
    else
        memcpy(p->tdm.tx, sound_octets(sound, p->law), MEDIA_BLOCK);
}
