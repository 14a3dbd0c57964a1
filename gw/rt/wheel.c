/* The timer wheel. A slot holds the timers of one millisecond of every turn; `used` finds the next
 * one that matters. */
#include "gw/rt/wheel.h"

#define SLOT_MASK (RT_WHEEL_SLOTS - 1)

static void list_init(struct rt_timer_list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_append(struct rt_timer_list *l, struct rt_timer *t)
{
    t->next = NULL;
    t->pprev = l->last;
    t->list = l;
    *l->last = t;
    l->last = &t->next;
}

static void list_remove(struct rt_timer *t)
{
    *t->pprev = t->next;
    if (t->next)
        t->next->pprev = t->pprev;
    else
        t->list->last = t->pprev;
    t->pprev = NULL;
    t->next = NULL;
    t->list = NULL;
}

void rt_wheel_init(struct rt_wheel *w, rt_time now)
{
    *w = (struct rt_wheel){.tick = now / RT_MS, .turn = now / RT_MS / RT_WHEEL_SLOTS};
    for (unsigned i = 0; i < RT_WHEEL_SLOTS; i++)
        list_init(&w->slot[i]);
    for (unsigned i = 0; i < RT_WHEEL_TURNS; i++)
        list_init(&w->far[i]);
    list_init(&w->due);
}

static void mark_used(struct rt_wheel *w, unsigned i)
{
    w->used[i / 64] |= (uint64_t)1 << (i % 64);
    w->words[i / 64 / 64] |= (uint64_t)1 << (i / 64 % 64);
}

static void mark_empty(struct rt_wheel *w, unsigned i)
{
    w->used[i / 64] &= ~((uint64_t)1 << (i % 64));
    if (w->used[i / 64] == 0)
        w->words[i / 64 / 64] &= ~((uint64_t)1 << (i / 64 % 64));
}

/** The slot a due time belongs to; what is already past goes into the next slot to be run. */
static unsigned slot_of(const struct rt_wheel *w, rt_time due)
{
    int64_t tick = due / RT_MS;
    return (unsigned)(tick < w->tick ? w->tick : tick) & SLOT_MASK;
}

static int64_t turn_of(rt_time due)
{
    return due / RT_MS / RT_WHEEL_SLOTS;
}

static void add_near(struct rt_wheel *w, struct rt_timer *t)
{
    unsigned i = slot_of(w, t->due);

    list_append(&w->slot[i], t);
    mark_used(w, i);
}

void rt_wheel_add(struct rt_wheel *w, struct rt_timer *t)
{
    w->count++;
    if (t->due / RT_MS - w->tick < RT_WHEEL_SLOTS || turn_of(t->due) <= w->turn) {
        add_near(w, t);
        return;
    }
    list_append(&w->far[turn_of(t->due) % RT_WHEEL_TURNS], t);
    w->nfar++;
}

void rt_wheel_remove(struct rt_wheel *w, struct rt_timer *t)
{
    struct rt_timer_list *list = t->list;

    list_remove(t);
    w->count--;
    if (list >= w->slot && list < w->slot + RT_WHEEL_SLOTS) {
        if (!list->first)
            mark_empty(w, (unsigned)(list - w->slot));
    } else if (list != &w->due) {
        w->nfar--;
    }
}

/** The first word of `used` at or after `from` that is not 0, in turn; or the number of words. */
static unsigned next_word(const struct rt_wheel *w, unsigned from)
{
    const unsigned n = RT_WHEEL_SLOTS / 64;

    for (unsigned step = 0; step <= n / 64; step++) {
        unsigned i = (from / 64 + step) % (n / 64);
        uint64_t bits = w->words[i];
        if (step == 0)
            bits &= ~(uint64_t)0 << (from % 64);
        if (bits)
            return i * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return n;
}

/** The first slot in use at or after `from`, in turn; RT_WHEEL_SLOTS: none. */
static unsigned next_used(const struct rt_wheel *w, unsigned from, unsigned *distance)
{
    unsigned word = from / 64;
    uint64_t bits = w->used[word] & ~(uint64_t)0 << (from % 64);

    if (bits == 0) {
        word = next_word(w, (word + 1) % (RT_WHEEL_SLOTS / 64));
        if (word == RT_WHEEL_SLOTS / 64)
            return RT_WHEEL_SLOTS;
        bits = w->used[word];
    }
    unsigned i = word * 64 + (unsigned)__builtin_ctzll(bits);
    *distance = (i - from) & SLOT_MASK;
    return i;
}

/** The earliest due time within one slot that falls before `end`, the end of its millisecond. Loose
 * timers fill a slot by the hundred, and each is due at its very beginning: one is enough then. */
static rt_time earliest(const struct rt_timer_list *l, rt_time end)
{
    rt_time best = INT64_MAX;

    for (const struct rt_timer *t = l->first; t && best > end - RT_MS; t = t->next)
        if (t->due < end && t->due < best)
            best = t->due;
    return best;
}

rt_time rt_wheel_next(const struct rt_wheel *w)
{
    unsigned at = (unsigned)w->tick & SLOT_MASK, passed = 0;
    rt_time turn = (w->turn + 1) * RT_WHEEL_SLOTS * RT_MS;

    if (w->count == 0)
        return INT64_MAX;
    if (w->due.first)
        return w->due.first->due;
    while (passed < RT_WHEEL_SLOTS) {
        unsigned distance;
        unsigned i = next_used(w, at, &distance);
        passed += distance;
        if (i == RT_WHEEL_SLOTS || passed >= RT_WHEEL_SLOTS)
            break;
        rt_time best = earliest(&w->slot[i], (w->tick + passed + 1) * RT_MS);
        if (best != INT64_MAX)
            return w->nfar > 0 && turn < best ? turn : best;
        at = (i + 1) & SLOT_MASK;
        passed++;
    }
    return turn; /* all are further away: look again when the next turn begins */
}

static void collect_slot(struct rt_wheel *w, unsigned i, rt_time now)
{
    struct rt_timer *t, *next;

    for (t = w->slot[i].first; t; t = next) {
        next = t->next;
        if (t->due > now)
            continue;
        list_remove(t);
        list_append(&w->due, t);
    }
    if (!w->slot[i].first)
        mark_empty(w, i);
}

/** Those of the turns begun since the last time go into their slots. */
static void begin_turns(struct rt_wheel *w, int64_t now)
{
    if (now - w->turn > RT_WHEEL_TURNS)
        w->turn = now - RT_WHEEL_TURNS; /* each list once is enough */
    while (w->turn < now) {
        struct rt_timer *t, *next;
        w->turn++;
        for (t = w->far[w->turn % RT_WHEEL_TURNS].first; t; t = next) {
            next = t->next;
            if (turn_of(t->due) > now)
                continue;
            list_remove(t);
            w->nfar--;
            add_near(w, t);
        }
    }
}

void rt_wheel_collect(struct rt_wheel *w, rt_time now)
{
    int64_t last = now / RT_MS;
    int64_t first = last - w->tick >= RT_WHEEL_SLOTS ? last - RT_WHEEL_SLOTS + 1 : w->tick;

    begin_turns(w, last / RT_WHEEL_SLOTS);
    for (int64_t tick = first; tick <= last; tick++) {
        unsigned distance;
        unsigned i = next_used(w, (unsigned)tick & SLOT_MASK, &distance);
        if (i == RT_WHEEL_SLOTS || distance > (uint64_t)(last - tick))
            break;
        collect_slot(w, i, now);
        tick += distance;
    }
    if (last > w->tick)
        w->tick = last; /* the present millisecond is run again: it may still fill */
}

struct rt_timer *rt_wheel_pop(struct rt_wheel *w)
{
    struct rt_timer *t = w->due.first;

    if (!t)
        return NULL;
    list_remove(t);
    w->count--;
    return t;
}
