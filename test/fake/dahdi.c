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

#define SILENCE   0xd5
#define LAZY_MAX  90u /* ms; 100 are taken for a dead card */
#define PIECE_MAX (8 * 1000u)

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

static bool full(const struct rt_dahdi *d)
{
    return d->rx.head - d->rx.tail == d->count;
}

/** What finds no room is lost: the driver has nowhere to put it. */
static void give(struct rt_dahdi *d, const uint8_t *octets, size_t n)
{
    struct fake_buffers *b = &d->rx;

    while (n > 0 && !full(d)) {
        unsigned at = b->head % FAKE_BUFFERS;
        size_t part = d->size - b->at < n ? d->size - b->at : n;
        memcpy(b->octets[at] + b->at, octets, part);
        octets += part;
        n -= part;
        b->at += part;
        if (b->at < d->size)
            return;
        b->len[at] = b->at;
        b->at = 0;
        b->head++;
    }
}

/** The next `n` octets that go out. */
static void take(struct rt_dahdi *d, uint8_t *out, size_t n)
{
    struct fake_buffers *b = &d->tx;

    while (n > 0 && b->head != b->tail) {
        unsigned at = b->tail % FAKE_BUFFERS;
        size_t part = b->len[at] - b->at < n ? b->len[at] - b->at : n;
        memcpy(out, b->octets[at] + b->at, part);
        out += part;
        n -= part;
        b->at += part;
        d->is_dry = false;
        if (b->at == b->len[at]) {
            b->at = 0;
            b->tail++;
        }
    }
    if (n == 0)
        return;
    memset(out, d->channel->seen.alaw ? SILENCE : 0xff, n);
    if (d->channel->wrote)
        d->channel->seen.dry += (unsigned)n;
    if (d->tells_dry && !d->is_dry)
        post(d, RT_DAHDI_DRY);
    d->is_dry = true;
}

static void give_frame(struct rt_dahdi *d, const uint8_t *octets, size_t len)
{
    struct fake_buffers *b = &d->rx;
    unsigned at = b->head % FAKE_BUFFERS;

    if (full(d))
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

static void move(struct rt_dahdi *d, struct rt_dahdi *to, size_t octets)
{
    uint8_t piece[PIECE_MAX];

    if (d->channel->kind == RT_DAHDI_HDLC) {
        move_frames(d, to, octets);
        return;
    }
    take(d, piece, octets);
    if (!to) /* nor does anybody's come */
        memset(piece, SILENCE, octets);
    give(to ? to : d, piece, octets);
}

/** Nothing is sent, and what would be heard finds no room: most channels, most of the time. */
static bool rests(const struct rt_dahdi *d, const struct rt_dahdi *to)
{
    return d->tx.head == d->tx.tail &&
           (d->channel->kind == RT_DAHDI_HDLC || (d->is_dry && !d->channel->wrote && full(to)));
}

static void move_span(struct fake_span *s, size_t octets)
{
    struct fake_span *other = partner(s);

    for (unsigned p = 1; p <= s->info.channels && s->opened > 0 && !s->stopped; p++) {
        struct rt_dahdi *d = s->channel[p].open, *to = other ? other->channel[p].open : NULL;
        if (d && !rests(d, to ? to : d))
            move(d, to, octets);
    }
}

/* ---- interrupts ---- */

struct fake_span *fake_span_mate(const struct fake_span *s)
{
    struct fake_span *mate = s->joined ? fake_span_find(s->joined) : NULL;

    return mate != s ? mate : NULL;
}

static void tell_span(struct fake_span *s)
{
    for (unsigned p = 1; p <= s->info.channels && s->opened > 0; p++)
        if (s->channel[p].open)
            tell(s->channel[p].open);
}

/** Moves what both spans have to carry in so many ms. */
static void move_both(struct fake_span *s, struct fake_span *mate, unsigned ms)
{
    if (ms > 0)
        move_span(s, 8 * ms);
    if (mate && ms > 0)
        move_span(mate, 8 * ms);
    if (mate)
        tell_span(mate);
    tell_span(s);
}

static bool carries(const struct fake_span *s)
{
    for (unsigned p = 1; p <= s->info.channels && s->opened > 0; p++) {
        const struct rt_dahdi *d = s->channel[p].open;
        if (d && (d->tells_dry || d->tx.head != d->tx.tail))
            return true;
    }
    return false;
}

static void set_next(struct fake_span *s, struct fake_span *mate, bool soon)
{
    unsigned chunk = fake_cards.chunk_ms;

    s->rests = !soon && fake_cards.lazy_ms > chunk && !carries(s) && !(mate && carries(mate));
    s->next = s->moved + (s->rests ? fake_cards.lazy_ms / chunk * chunk : chunk) * RT_MS;
    if (!mate)
        return;
    mate->rests = s->rests;
    mate->next = s->next;
    mate->moved = s->moved;
}

void fake_span_hurry(struct fake_span *s)
{
    struct fake_span *mate = fake_span_mate(s);
    unsigned chunk = fake_cards.chunk_ms;
    unsigned ms = (unsigned)((rt_now() - s->moved) / RT_MS) / chunk * chunk;

    if (!s->rests)
        return;
    s->moved += ms * RT_MS;
    set_next(s, mate, true);
    move_both(s, mate, ms);
}

void fake_span_begin(struct fake_span *s)
{
    struct fake_span *mate = fake_span_mate(s);

    if (mate && mate->opened > 0)
        return;
    s->moved = rt_now();
    set_next(s, mate, true);
}

rt_time fake_dahdi_next(void)
{
    rt_time best = INT64_MAX;

    for (unsigned i = 0; fake_cards.opened && i < FAKE_SPANS; i++) {
        const struct fake_span *s = &fake_cards.spans[i];
        if (s->opened > 0 && s->next < best)
            best = s->next;
    }
    return best;
}

void fake_dahdi_interrupt(rt_time now)
{
    for (unsigned i = 0; fake_cards.opened && i < FAKE_SPANS; i++) {
        struct fake_span *s = &fake_cards.spans[i], *mate = fake_span_mate(s);
        while (s->plugged && s->opened > 0 && s->next <= now) {
            /* the chunk is as long as tests say now, not when the interrupt was set */
            move_both(s, mate,
                      s->rests ? (unsigned)((s->next - s->moved) / RT_MS) : fake_cards.chunk_ms);
            s->moved = s->next;
            set_next(s, mate, false);
        }
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
    for (unsigned i = 0; i < FAKE_SPANS; i++) /* the wires stay where they are */
        if (fake_cards.spans[i].plugged && fake_cards.spans[i].joined == span)
            s->joined = fake_cards.spans[i].number;
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
        s->opened--;
        tell(d);
    }
}

void fake_dahdi_join(unsigned a, unsigned b)
{
    struct fake_span *s = fake_span_find(a), *mate = fake_span_find(b);

    s->joined = b;
    mate->joined = a;
    s->moved = rt_now(); /* one time from now on */
    set_next(s, mate != s ? mate : NULL, true);
}

void fake_dahdi_chunk(unsigned ms)
{
    fake_cards.chunk_ms = ms;
}

void fake_dahdi_lazy(unsigned ms)
{
    fake_cards.lazy_ms = ms < LAZY_MAX ? ms : LAZY_MAX;
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
    for (unsigned i = 0; i < FAKE_SPANS; i++)
        if (fake_cards.spans[i].number != 0) /* half a megabyte, and most tests have no cards */
            fake_cards.spans[i] = (struct fake_span){0};
    fake_cards.chunk_ms = 1;
    fake_cards.lazy_ms = 0;
    fake_cards.failure = 0;
    fake_cards.wakeups = 0;
}

void fake_dahdi_kill(unsigned process)
{
    for (struct rt_dahdi *d = fake_cards.opened, *next; d; d = next) {
        next = d->next;
        if (d->owner == process)
            rt_dahdi_close(d);
    }
}

void fake_dahdi_leaks(struct fake_leaks *out)
{
    struct rt_dahdi *d;

    DL_FOREACH(fake_cards.opened, d)
    out->dahdi++;
}
