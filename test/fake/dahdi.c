/* DAHDI cards that are not there: spans whose octets move with the fake clock.
 *
 * An interrupt moves a chunk of each open channel: what was written goes to the same position of
 * the span that this one is joined to. Blocks and frames are lists of buffers as in the driver:
 * what comes when all are full is lost, a frame takes the time of its octets.
 */
#include "dahdi_priv.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define SILENCE 0xd5

struct fake_cards fake_cards = {.chunk_ms = 1};

struct fake_span *fake_span_find(unsigned number)
{
    for (unsigned i = 0; i < FAKE_SPANS; i++)
        if (fake_cards.spans[i].plugged && fake_cards.spans[i].number == number)
            return &fake_cards.spans[i];
    return NULL;
}

/* ---- readiness: level-triggered, as epoll is ---- */

bool fake_channel_readable(const struct rt_dahdi *d)
{
    return d->rx.head != d->rx.tail;
}

static void tell(struct rt_dahdi *d)
{
    if (d->watched && (fake_channel_readable(d) || d->nevents > 0 || !d->channel))
        rt_defer_start(&d->ready);
}

void fake_channel_ready(void *arg)
{
    struct rt_dahdi *d = arg;
    bool event = d->nevents > 0 || !d->channel;

    if (!fake_channel_readable(d) && !event)
        return;
    fake_cards.wakeups++;
    tell(d); /* the callback may close it: it comes again unless what it told of was taken */
    d->fn(d->arg, fake_channel_readable(d), event);
}

static void post(struct rt_dahdi *d, enum rt_dahdi_event event)
{
    if (d->nevents < FAKE_EVENTS)
        d->event[d->nevents++] = event;
    tell(d);
}

/* ---- octets ---- */

static void give_octet(struct rt_dahdi *d, uint8_t octet)
{
    struct fake_buffers *b = &d->rx;
    unsigned at = b->head % FAKE_BUFFERS;

    if (b->head - b->tail == d->count)
        return; /* the driver has nowhere to put it */
    b->octets[at][b->at++] = octet;
    if (b->at < d->size)
        return;
    b->len[at] = b->at;
    b->at = 0;
    b->head++;
}

static uint8_t next_octet(struct rt_dahdi *d)
{
    struct fake_buffers *b = &d->tx;
    unsigned at = b->tail % FAKE_BUFFERS;

    if (b->head == b->tail) {
        d->channel->seen.dry += d->channel->wrote;
        if (d->tells_dry && !d->is_dry)
            post(d, RT_DAHDI_DRY);
        d->is_dry = true;
        return d->channel->seen.alaw ? 0xd5 : 0xff;
    }
    uint8_t octet = b->octets[at][b->at++];
    d->is_dry = false;
    if (b->at == b->len[at]) {
        b->at = 0;
        b->tail++;
    }
    return octet;
}

static void give_frame(struct rt_dahdi *d, const uint8_t *octets, size_t len)
{
    struct fake_buffers *b = &d->rx;
    unsigned at = b->head % FAKE_BUFFERS;

    if (b->head - b->tail == d->count)
        return;
    memcpy(b->octets[at], octets, len);
    b->len[at] = len;
    b->head++;
}

/** Sends `octets` of frames: those that end within go to the peer, with a check sequence. */
static void move_frames(struct rt_dahdi *from, struct rt_dahdi *to, size_t octets)
{
    struct fake_buffers *b = &from->tx;

    for (; octets > 0 && b->head != b->tail; octets--) {
        unsigned at = b->tail % FAKE_BUFFERS;
        if (++b->at < b->len[at])
            continue;
        memset(b->octets[at] + b->len[at] - 2, 0xfc, 2); /* whatever the driver computes */
        if (to)
            give_frame(to, b->octets[at], b->len[at]);
        b->at = 0;
        b->tail++;
    }
}

/** Whose channels this span's octets go to; a local loop keeps them, and lets nobody's in. */
static struct fake_span *partner(const struct fake_span *s)
{
    struct fake_span *other =
        s->loop == RT_DAHDI_LOOP_LOCAL ? fake_span_find(s->number) : fake_span_find(s->joined);
    bool closed = other && other->number != s->number && other->loop == RT_DAHDI_LOOP_LOCAL;

    return other && !other->stopped && !closed ? other : NULL;
}

static void move(struct rt_dahdi *d, size_t octets)
{
    struct fake_span *other = partner(d->channel->span);
    struct rt_dahdi *to = other ? other->channel[d->channel->position].open : NULL;

    if (d->channel->kind == RT_DAHDI_HDLC) {
        move_frames(d, to, octets);
        return;
    }
    for (size_t i = 0; i < octets; i++) {
        uint8_t octet = next_octet(d);
        if (to)
            give_octet(to, octet);
        if (!to) /* nor does anybody's come */
            give_octet(d, SILENCE);
    }
}

rt_time fake_dahdi_next(void)
{
    return fake_cards.opened ? fake_cards.next_interrupt : INT64_MAX;
}

void fake_dahdi_interrupt(rt_time now)
{
    struct rt_dahdi *d;

    while (fake_cards.opened && fake_cards.next_interrupt <= now) {
        fake_cards.next_interrupt += fake_cards.chunk_ms * RT_MS;
        DL_FOREACH(fake_cards.opened, d)
        if (d->channel && !d->channel->span->stopped)
            move(d, 8 * fake_cards.chunk_ms);
        DL_FOREACH(fake_cards.opened, d)
        tell(d);
    }
}

/* ---- what tests do with the cards ---- */

struct rt_dahdi_span *fake_dahdi_plug(unsigned span, unsigned channels, unsigned dchannel)
{
    struct fake_span *s = fake_span_find(span);
    unsigned first = 1;

    for (unsigned i = 0; i < FAKE_SPANS; i++)
        if (fake_cards.spans[i].plugged)
            first += fake_cards.spans[i].info.channels;
    for (unsigned i = 0; !s && i < FAKE_SPANS; i++)
        if (!fake_cards.spans[i].plugged)
            s = &fake_cards.spans[i];
    if (!s)
        abort();
    *s = (struct fake_span){.number = span, .first = first, .plugged = true};
    s->info.channels = channels;
    strcpy(s->info.name, "FAKE/1");
    for (unsigned p = 1; p <= channels; p++)
        s->channel[p] = (struct fake_channel){
            .kind = p == dchannel ? RT_DAHDI_HDLC : RT_DAHDI_CLEAR, .span = s, .position = p};
    return &s->info;
}

void fake_dahdi_unplug(unsigned span)
{
    struct fake_span *s = fake_span_find(span);
    struct rt_dahdi *d;

    s->plugged = false;
    DL_FOREACH(fake_cards.opened, d)
    if (d->channel && d->channel->span == s) {
        d->channel->open = NULL;
        d->channel = NULL;
        tell(d);
    }
}

void fake_dahdi_join(unsigned a, unsigned b)
{
    fake_span_find(a)->joined = b;
    fake_span_find(b)->joined = a;
}

void fake_dahdi_chunk(unsigned ms)
{
    fake_cards.chunk_ms = ms;
}

void fake_dahdi_event(unsigned span, unsigned position, unsigned event)
{
    post(fake_span_find(span)->channel[position].open, (enum rt_dahdi_event)event);
}

void fake_dahdi_alarm(unsigned span, unsigned alarms, bool stops)
{
    struct fake_span *s = fake_span_find(span);

    s->info.alarms = alarms;
    s->stopped = stops;
    for (unsigned p = 1; p < FAKE_POSITIONS; p++)
        if (s->channel[p].open)
            post(s->channel[p].open, alarms ? RT_DAHDI_ALARM_ON : RT_DAHDI_ALARM_OFF);
}

void fake_dahdi_refuse(unsigned span, unsigned position, int err)
{
    fake_span_find(span)->channel[position].refused = err;
}

void fake_dahdi_configure(unsigned span, unsigned position, unsigned kind)
{
    fake_span_find(span)->channel[position].kind = (enum rt_dahdi_kind)kind;
}

void fake_dahdi_fail(int err)
{
    fake_cards.failure = err;
}

void fake_dahdi_look(struct fake_dahdi_channel *out, unsigned span, unsigned position)
{
    const struct fake_channel *c = &fake_span_find(span)->channel[position];

    *out = c->seen;
    out->open = c->open != NULL;
    out->queued = c->open ? c->open->tx.head - c->open->tx.tail : 0;
}

unsigned fake_dahdi_looped(unsigned span)
{
    return fake_span_find(span)->loop;
}

unsigned fake_dahdi_wakeups(void)
{
    return fake_cards.wakeups;
}

void fake_dahdi_reset(void)
{
    while (fake_cards.opened)
        rt_dahdi_close(fake_cards.opened);
    memset(fake_cards.spans, 0, sizeof fake_cards.spans);
    fake_cards.chunk_ms = 1;
    fake_cards.failure = 0;
    fake_cards.wakeups = 0;
}

void fake_dahdi_leaks(struct fake_leaks *out)
{
    struct rt_dahdi *d;

    DL_FOREACH(fake_cards.opened, d)
    out->dahdi++;
}
