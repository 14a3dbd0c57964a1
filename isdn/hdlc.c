/* spandsp takes one frame at a time: the next is given when it asks (underflow). It looks at each
 * bit: flags between frames, nearly all there is on a D channel, are dealt with here.
 */
#include "isdn/hdlc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <tiffio.h>

#include <spandsp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 64 /* a power of two */
/** After so many octets of flags in a row another one changes nothing in spandsp. */
#define SETTLED 4

struct queued {
    uint16_t len;
    bool spoilt;
    uint8_t octets[HDLC_FRAME_MAX];
};

/** How many of the last octets were flags, all at the same bit. */
struct flags {
    uint8_t octet;
    unsigned n;
};

struct hdlc {
    hdlc_tx_state_t *tx;
    hdlc_rx_state_t *rx;
    hdlc_frame_fn *fn;
    void *arg;
    unsigned head, tail;
    bool sending;
    uint64_t bad;
    struct flags sent, received;
    struct queued queue[QUEUE];
};

static void next_frame(struct hdlc *h)
{
    h->sending = h->head != h->tail;
    if (!h->sending)
        return;
    h->sent.n = 0;
    const struct queued *q = &h->queue[h->tail++ % QUEUE];
    hdlc_tx_frame(h->tx, q->octets, q->len);
    if (q->spoilt)
        hdlc_tx_corrupt_frame(h->tx);
}

static void on_underflow(void *arg)
{
    next_frame(arg);
}

static void on_frame(void *arg, const uint8_t *frame, int len, int ok)
{
    struct hdlc *h = arg;

    if (len < 0)
        return; /* a change of state: abort, flags, carrier */
    if (ok && len <= HDLC_FRAME_MAX)
        h->fn(h->arg, frame, (size_t)len);
    else
        h->bad++;
}

int hdlc_new(struct hdlc **out, hdlc_frame_fn *fn, void *arg)
{
    struct hdlc *h = calloc(1, sizeof *h);

    if (!h)
        return ENOMEM;
    h->fn = fn;
    h->arg = arg;
    h->tx = hdlc_tx_init(NULL, false, 1, false, on_underflow, h);
    h->rx = hdlc_rx_init(NULL, false, true, 1, on_frame, h);
    if (!h->tx || !h->rx) {
        hdlc_free(h);
        return ENOMEM;
    }
    *out = h;
    return 0;
}

void hdlc_free(struct hdlc *h)
{
    if (!h)
        return;
    if (h->tx)
        hdlc_tx_free(h->tx);
    if (h->rx)
        hdlc_rx_free(h->rx);
    free(h);
}

/** 01111110, begun at any of its bits. */
static bool is_flag(uint8_t octet)
{
    uint8_t zeros = (uint8_t)~octet;

    return __builtin_popcount(zeros) == 2 && (zeros & (uint8_t)(zeros << 1 | zeros >> 7));
}

static size_t same_at_end(const uint8_t *octets, size_t n)
{
    size_t same = 1;

    while (same < n && octets[n - 1 - same] == octets[n - 1])
        same++;
    return same;
}

static void see(struct flags *f, const uint8_t *octets, size_t n)
{
    size_t same = same_at_end(octets, n);
    uint8_t last = octets[n - 1];

    f->n = !is_flag(last) ? 0 : (unsigned)same + (same == n && last == f->octet ? f->n : 0);
    if (f->n > SETTLED)
        f->n = SETTLED;
    f->octet = last;
}

void hdlc_receive(struct hdlc *h, const uint8_t *octets, size_t n)
{
    if (h->received.n == SETTLED && octets[0] == h->received.octet && same_at_end(octets, n) == n)
        return;
    hdlc_rx_put(h->rx, octets, (int)n);
    see(&h->received, octets, n);
}

void hdlc_transmit(struct hdlc *h, uint8_t *octets, size_t n)
{
    if (!h->sending && h->sent.n == SETTLED) {
        memset(octets, h->sent.octet, n);
        return;
    }
    hdlc_tx_get(h->tx, octets, n);
    see(&h->sent, octets, n);
}

int hdlc_send(struct hdlc *h, const uint8_t *frame, size_t len)
{
    if (len == 0 || len > HDLC_FRAME_MAX || h->head - h->tail == QUEUE)
        return ENOBUFS;
    struct queued *q = &h->queue[h->head++ % QUEUE];
    q->len = (uint16_t)len;
    q->spoilt = false;
    for (size_t i = 0; i < len; i++)
        q->octets[i] = frame[i];
    if (!h->sending)
        next_frame(h);
    return 0;
}

uint8_t *hdlc_waiting(struct hdlc *h, unsigned i, size_t *len)
{
    struct queued *q = &h->queue[(h->head - 1 - i) % QUEUE];

    if (i >= h->head - h->tail || q->spoilt)
        return NULL;
    *len = q->len;
    return q->octets;
}

int hdlc_replace(struct hdlc *h, const uint8_t *frame, size_t len)
{
    h->head--;
    return hdlc_send(h, frame, len);
}

void hdlc_spoil(struct hdlc *h)
{
    if (h->head == h->tail)
        hdlc_tx_corrupt_frame(h->tx); /* it is on its way already */
    else
        h->queue[(h->head - 1) % QUEUE].spoilt = true;
}

uint64_t hdlc_bad(const struct hdlc *h)
{
    return h->bad;
}
