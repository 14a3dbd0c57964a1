/* What the program asks of DAHDI cards that are not there. */
#include "dahdi_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

int rt_dahdi_span(struct rt_dahdi_span *out, unsigned span)
{
    const struct fake_span *s = fake_span_find(span);

    if (fake_cards.failure != 0 || !s)
        return fake_cards.failure != 0 ? fake_cards.failure : ENOENT;
    *out = s->info;
    return 0;
}

int rt_dahdi_loop(unsigned span, enum rt_dahdi_loop loop)
{
    struct fake_span *s = fake_span_find(span);

    if (fake_cards.failure != 0 || !s)
        return fake_cards.failure != 0 ? fake_cards.failure : EINVAL;
    s->loop = loop;
    return 0;
}

int rt_dahdi_find(struct rt_dahdi_place out[32], unsigned span)
{
    const struct fake_span *s = fake_span_find(span);

    if (fake_cards.failure != 0)
        return fake_cards.failure;
    memset(out, 0, 32 * sizeof *out);
    for (unsigned p = 1; s && p <= s->info.channels; p++)
        out[p] = (struct rt_dahdi_place){s->first + p - 1, s->channel[p].kind};
    return 0;
}

static struct fake_channel *channel_of(unsigned number)
{
    for (unsigned i = 0; i < FAKE_SPANS; i++)
        if (fake_cards.spans[i].plugged && number >= fake_cards.spans[i].first &&
            number < fake_cards.spans[i].first + fake_cards.spans[i].info.channels)
            return &fake_cards.spans[i].channel[number - fake_cards.spans[i].first + 1];
    return NULL;
}

int rt_dahdi_open(struct rt_dahdi **out, unsigned channel)
{
    struct fake_channel *c = channel_of(channel);

    if (fake_cards.failure != 0)
        return fake_cards.failure;
    if (!c || c->kind == RT_DAHDI_UNUSED)
        return ENXIO;
    if (c->open || c->refused)
        return c->open ? EBUSY : c->refused;
    struct rt_dahdi *d = fake_alloc(sizeof *d);
    d->owner = fake_process_now();
    d->channel = c;
    d->size = 1024;
    d->count = 2;
    c->open = d;
    if (c->span->opened++ == 0)
        fake_span_begin(c->span);
    DL_APPEND(fake_cards.opened, d);
    *out = d;
    return 0;
}

/** Nothing waits any more; what the buffers hold is left as it is. */
static void flush(struct fake_buffers *b)
{
    b->head = b->tail = 0;
    b->at = 0;
}

void rt_dahdi_close(struct rt_dahdi *d)
{
    if (!d)
        return;
    if (d->watched)
        rt_defer_stop(&d->ready);
    if (d->channel) {
        d->channel->open = NULL;
        d->channel->span->opened--;
    }
    DL_DELETE(fake_cards.opened, d);
    free(d);
}

int rt_dahdi_watch(struct rt_dahdi *d, struct rt_loop *loop, rt_dahdi_fn *fn, void *arg)
{
    d->fn = fn;
    d->arg = arg;
    d->watched = true;
    rt_defer_init(&d->ready, loop, fake_channel_ready, d);
    return 0;
}

int rt_dahdi_buffers(struct rt_dahdi *d, unsigned size, unsigned count)
{
    if (size < RT_DAHDI_BLOCK_MIN || size > FAKE_FRAME_MAX || count > FAKE_BUFFERS)
        return EINVAL;
    d->size = d->channel->seen.size = size;
    d->count = d->channel->seen.count = count;
    flush(&d->rx);
    flush(&d->tx);
    return 0;
}

int rt_dahdi_law(struct rt_dahdi *d, bool alaw)
{
    d->channel->seen.alaw = alaw;
    return 0;
}

int rt_dahdi_sound(struct rt_dahdi *d, bool on)
{
    if (!d->channel)
        return ENODEV;
    d->channel->seen.sound = on;
    if (!on)
        d->channel->seen.taps = 0;
    return d->channel->kind == RT_DAHDI_CLEAR ? 0 : EINVAL;
}

int rt_dahdi_gains(struct rt_dahdi *d, const uint8_t rx[256], const uint8_t tx[256])
{
    if (!d->channel || !d->channel->seen.sound)
        return d->channel ? EINVAL : ENODEV;
    memcpy(d->channel->seen.rx_gain, rx, 256);
    memcpy(d->channel->seen.tx_gain, tx, 256);
    return 0;
}

int rt_dahdi_echo(struct rt_dahdi *d, unsigned taps)
{
    if (!d->channel || !d->channel->seen.sound)
        return d->channel ? EINVAL : ENODEV;
    d->channel->seen.taps = taps;
    return 0;
}

int rt_dahdi_tell_dry(struct rt_dahdi *d, bool on)
{
    d->tells_dry = on;
    if (on && d->channel)
        fake_span_hurry(d->channel->span); /* it comes into use */
    return d->channel ? 0 : ENODEV;
}

int rt_dahdi_flush(struct rt_dahdi *d, unsigned what)
{
    if (what & RT_DAHDI_RECEIVED)
        flush(&d->rx);
    if (what & RT_DAHDI_TO_SEND)
        flush(&d->tx);
    return d->channel ? 0 : ENODEV;
}

/** 0, or why nothing is read or written now. */
static int blocked(const struct rt_dahdi *d)
{
    if (!d->channel)
        return ENODEV;
    return d->nevents > 0 ? RT_DAHDI_PENDING : 0;
}

int rt_dahdi_read(struct rt_dahdi *d, void *buf, size_t cap, size_t *len)
{
    struct fake_buffers *b = &d->rx;
    unsigned at = b->tail % FAKE_BUFFERS;
    int err = blocked(d);

    if (err == 0 && !fake_channel_readable(d))
        err = EAGAIN;
    if (err != 0)
        return err;
    *len = b->len[at] < cap ? b->len[at] : cap;
    memcpy(buf, b->octets[at], *len);
    b->tail++;
    d->channel->seen.reads++;
    return 0;
}

int rt_dahdi_write(struct rt_dahdi *d, const void *buf, size_t len)
{
    struct fake_buffers *b = &d->tx;
    int err = blocked(d);

    if (err == 0 && b->head - b->tail == d->count)
        err = EAGAIN;
    if (err != 0)
        return err;
    fake_span_hurry(d->channel->span);
    unsigned at = b->head % FAKE_BUFFERS;
    b->len[at] = len < d->size ? len : d->size;
    memcpy(b->octets[at], buf, b->len[at]);
    b->head++;
    d->channel->seen.writes++;
    d->channel->wrote = true;
    return 0;
}

enum rt_dahdi_event rt_dahdi_event(struct rt_dahdi *d)
{
    if (!d->channel)
        return RT_DAHDI_REMOVED;
    if (d->nevents == 0)
        return RT_DAHDI_NO_EVENT;
    enum rt_dahdi_event first = d->event[0];
    memmove(d->event, d->event + 1, --d->nevents * sizeof *d->event);
    return first;
}
