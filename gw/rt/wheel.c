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
    *w = (struct rt_wheel){.tick = now / RT_MS};
    for (unsigned i = 0; i < RT_WHEEL_SLOTS; i++)
        list_init(&w->slot[i]);
    list_init(&w->due);
}

/** The slot a due time belongs to; what is already past goes into the next slot to be run. */
static unsigned slot_of(const struct rt_wheel *w, rt_time due)
{
    int64_t tick = due / RT_MS;
    return (unsigned)(tick < w->tick ? w->tick : tick) & SLOT_MASK;
}

void rt_wheel_add(struct rt_wheel *w, struct rt_timer *t)
{
    unsigned i = slot_of(w, t->due);

    list_append(&w->slot[i], t);
    w->used[i / 64] |= (uint64_t)1 << (i % 64);
    w->count++;
}

void rt_wheel_remove(struct rt_wheel *w, struct rt_timer *t)
{
    unsigned i = (unsigned)(t->list - w->slot);
    bool in_slot = t->list != &w->due;

    list_remove(t);
    w->count--;
    if (in_slot && !w->slot[i].first)
        w->used[i / 64] &= ~((uint64_t)1 << (i % 64));
}

/** The first slot in use at or after `from`, in turn; RT_WHEEL_SLOTS: none. */
static unsigned next_used(const struct rt_wheel *w, unsigned from, unsigned *distance)
{
    for (unsigned step = 0; step <= RT_WHEEL_SLOTS / 64; step++) {
        unsigned word = (from / 64 + step) % (RT_WHEEL_SLOTS / 64);
        uint64_t bits = w->used[word];
        if (step == 0)
            bits &= ~(uint64_t)0 << (from % 64);
        if (bits == 0)
            continue;
        unsigned i = word * 64 + (unsigned)__builtin_ctzll(bits);
        *distance = (i - from) & SLOT_MASK;
        return i;
    }
    return RT_WHEEL_SLOTS;
}

/** The earliest due time within one slot that falls before `end`. */
static rt_time earliest(const struct rt_timer_list *l, rt_time end)
{
    rt_time best = INT64_MAX;

    for (const struct rt_timer *t = l->first; t; t = t->next)
        if (t->due < end && t->due < best)
            best = t->due;
    return best;
}

rt_time rt_wheel_next(const struct rt_wheel *w)
{
    unsigned at = (unsigned)w->tick & SLOT_MASK, passed = 0;
    rt_time turn = (w->tick + RT_WHEEL_SLOTS) * RT_MS;

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
            return best;
        at = (i + 1) & SLOT_MASK;
        passed++;
    }
    return turn; /* all are further away than a turn: look again then */
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
        w->used[i / 64] &= ~((uint64_t)1 << (i % 64));
}

void rt_wheel_collect(struct rt_wheel *w, rt_time now)
{
    int64_t last = now / RT_MS;
    int64_t first = last - w->tick >= RT_WHEEL_SLOTS ? last - RT_WHEEL_SLOTS + 1 : w->tick;

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
