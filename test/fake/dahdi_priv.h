/* The cards that are not there: what dahdi.c, who moves their octets, and dahdi_channel.c, whom the
 * program asks, share. */
#ifndef TEST_FAKE_DAHDI_PRIV_H
#define TEST_FAKE_DAHDI_PRIV_H

#include "fake_priv.h"

#include "gw/rt/dahdi.h"

#define FAKE_SPANS     32
#define FAKE_POSITIONS 32
#define FAKE_BUFFERS   32
#define FAKE_FRAME_MAX 1024
#define FAKE_EVENTS    64

struct fake_buffers {
    uint8_t octets[FAKE_BUFFERS][FAKE_FRAME_MAX];
    size_t len[FAKE_BUFFERS];
    unsigned head, tail; /* written, taken */
    size_t at;           /* within the one in work */
};

struct fake_channel {
    enum rt_dahdi_kind kind;
    int refused;
    struct rt_dahdi *open;
    struct fake_dahdi_channel seen;
    struct fake_span *span;
    unsigned position;
    bool wrote;
};

struct fake_span {
    unsigned number, first;
    struct rt_dahdi_span info;
    struct fake_channel channel[FAKE_POSITIONS];
    unsigned joined;
    bool stopped, plugged;
    enum rt_dahdi_loop loop;
    unsigned opened; /* channels */
    /* Joined spans keep one time. */
    rt_time moved; /* until when their octets are */
    rt_time next;  /* when the next interrupt comes, if any channel is open */
    bool rests;    /* it comes late, since nothing is to be carried (fake_dahdi_lazy()) */
};

struct rt_dahdi {
    struct fake_channel *channel; /* NULL: the card is gone */
    unsigned size, count;
    struct fake_buffers rx, tx;
    enum rt_dahdi_event event[FAKE_EVENTS];
    unsigned nevents;
    struct rt_defer ready;
    rt_dahdi_fn *fn;
    void *arg;
    bool watched, tells_dry, is_dry;
    unsigned owner;
    struct rt_dahdi *prev, *next;
};

extern struct fake_cards {
    struct fake_span spans[FAKE_SPANS];
    struct rt_dahdi *opened;
    unsigned chunk_ms, lazy_ms, wakeups;
    int failure;
} fake_cards;

/** The span with this number, or NULL. */
struct fake_span *fake_span_find(unsigned number);
/** The span that this one is joined to, or NULL. */
struct fake_span *fake_span_mate(const struct fake_span *s);
/** The first channel of the span is being opened. */
void fake_span_begin(struct fake_span *s);
/** Something is to be carried: a card that took its time catches up and interrupts soon. */
void fake_span_hurry(struct fake_span *s);
/** A block or frame waits. */
bool fake_channel_readable(const struct rt_dahdi *d);
/** Deferred: tells the watcher of a channel what waits. */
void fake_channel_ready(void *arg);

#endif
