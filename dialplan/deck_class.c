/* Rate classes: millions of rows have a few thousand prices, each of which is kept once. Prices are
 * compared as they were read, and converted to our currency once a class.
 */
#include "dialplan/deck_priv.h"

#include <errno.h>
#include <stdlib.h>

#define FREE UINT32_MAX

/** A hash of the table's entries, always a quarter empty or more. */
struct slots {
    uint32_t *slot;
    uint32_t mask, used;
};

struct price {
    int64_t rate, setup;
    uint32_t first, step, name;
    uint32_t hash;
};

struct dp_interning {
    struct dp_classes *into;
    int64_t factor;
    struct slots by_price, by_name;
    struct price *price; /* of each class */
    uint32_t cap;
    uint32_t *name; /* where each name begins in `names` */
    uint32_t nnames, names_cap;
};

/** Mixes well enough for a table whose size is a power of two (the multiplier of splitmix64). */
static uint32_t mix(uint64_t v)
{
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(v >> 32);
}

static uint32_t hash_price(const struct price *p)
{
    return mix((uint64_t)p->rate * 31 + (uint64_t)p->setup * 1000003 + ((uint64_t)p->name << 24) +
               ((uint64_t)p->first << 12) + p->step);
}

static uint32_t hash_name(struct rt_str s)
{
    uint64_t h = s.n;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    return mix(h);
}

static int slots_init(struct slots *s, uint32_t size)
{
    s->slot = malloc(size * sizeof *s->slot);
    if (!s->slot)
        return ENOMEM;
    memset(s->slot, 0xff, size * sizeof *s->slot);
    s->mask = size - 1;
    return 0;
}

/** Twice as many slots; `hash` of an entry tells where it goes. */
static int slots_grow(struct slots *s, const struct dp_interning *in,
                      uint32_t (*hash)(const struct dp_interning *in, uint32_t entry))
{
    struct slots more = {.used = s->used};

    if (slots_init(&more, 2 * (s->mask + 1)) != 0)
        return ENOMEM;
    for (uint32_t i = 0; i <= s->mask; i++) {
        if (s->slot[i] == FREE)
            continue;
        uint32_t at = hash(in, s->slot[i]) & more.mask;
        while (more.slot[at] != FREE)
            at = (at + 1) & more.mask;
        more.slot[at] = s->slot[i];
    }
    free(s->slot);
    *s = more;
    return 0;
}

static uint32_t hash_of_class(const struct dp_interning *in, uint32_t entry)
{
    return in->price[entry].hash;
}

static uint32_t hash_of_name(const struct dp_interning *in, uint32_t entry)
{
    return hash_name(rt_str(in->into->names.p + in->name[entry]));
}

int dp_interning_new(struct dp_interning **out, struct dp_classes *into, int64_t factor)
{
    struct dp_interning *in = calloc(1, sizeof *in);

    if (!in)
        return ENOMEM;
    in->into = into;
    in->factor = factor;
    rt_buf_put(&into->names, "", 1); /* no name */
    if (into->names.failed || slots_init(&in->by_price, 1024) != 0 ||
        slots_init(&in->by_name, 1024) != 0) {
        dp_interning_free(in);
        return ENOMEM;
    }
    *out = in;
    return 0;
}

void dp_interning_free(struct dp_interning *in)
{
    if (!in)
        return;
    free(in->by_price.slot);
    free(in->by_name.slot);
    free(in->price);
    free(in->name);
    free(in);
}

/** Makes room for one more in an array of `size` each. */
static int grow(void *array, uint32_t n, uint32_t *cap, size_t size)
{
    void *old, *p;

    if (n < *cap)
        return 0;
    memcpy(&old, array, sizeof old);
    uint32_t more = *cap > 0 ? 2 * *cap : 256;
    p = realloc(old, more * size);
    if (!p)
        return ENOMEM;
    memcpy(array, &p, sizeof p);
    *cap = more;
    return 0;
}

static int intern_name(struct dp_interning *in, struct rt_str s, uint32_t *out)
{
    struct rt_buf *names = &in->into->names;
    struct slots *by = &in->by_name;

    *out = 0;
    if (s.n == 0)
        return 0;
    if (memchr(s.p, '\0', s.n))
        s.n = strnlen(s.p, s.n);
    uint32_t at = hash_name(s) & by->mask;
    for (; by->slot[at] != FREE; at = (at + 1) & by->mask) {
        *out = in->name[by->slot[at]];
        if (rt_str_eq(s, names->p + *out))
            return 0;
    }
    if (names->n + s.n + 1 > UINT32_MAX || grow(&in->name, in->nnames, &in->names_cap, 4) != 0)
        return ENOMEM;
    *out = in->name[in->nnames] = (uint32_t)names->n;
    rt_buf_put(names, s.p, s.n);
    rt_buf_put(names, "", 1);
    by->slot[at] = in->nnames++;
    if (names->failed)
        return ENOMEM;
    return ++by->used > by->mask / 4 * 3 ? slots_grow(by, in, hash_of_name) : 0;
}

/** In our currency: thousand-millionths times millionths, to millionths, rounded half up. */
static int convert(int64_t *out, int64_t nano, int64_t factor)
{
    __int128 v = ((__int128)nano * factor + 500000000) / 1000000000;

    if (v > INT64_C(100000) * 1000000)
        return ERANGE;
    *out = (int64_t)v;
    return 0;
}

bool dp_price_fits(const struct dp_price *p, int64_t factor)
{
    int64_t converted;

    return convert(&converted, p->rate, factor) == 0 && convert(&converted, p->setup, factor) == 0;
}

static int add_class(struct dp_interning *in, const struct price *p)
{
    struct dp_classes *c = in->into;
    struct dp_class class = {.first = p->first, .step = p->step, .name = p->name};
    int err = convert(&class.rate, p->rate, in->factor);

    if (err == 0)
        err = convert(&class.setup, p->setup, in->factor);
    if (err == 0)
        err = grow(&c->class, c->n, &c->cap, sizeof *c->class);
    if (err == 0)
        err = grow(&in->price, c->n, &in->cap, sizeof *in->price);
    if (err != 0)
        return err;
    in->price[c->n] = *p;
    c->class[c->n++] = class;
    return 0;
}

static bool same(const struct price *a, const struct price *b)
{
    return a->rate == b->rate && a->setup == b->setup && a->name == b->name &&
           a->first == b->first && a->step == b->step;
}

int dp_intern(struct dp_interning *in, const struct dp_price *p, uint32_t *out)
{
    struct price key = {.rate = p->rate, .setup = p->setup, .first = p->first, .step = p->step};
    struct slots *by = &in->by_price;
    int err = intern_name(in, p->name, &key.name);

    if (err != 0)
        return err;
    key.hash = hash_price(&key);
    uint32_t at = key.hash & by->mask;
    for (; by->slot[at] != FREE; at = (at + 1) & by->mask) {
        *out = by->slot[at];
        if (same(&in->price[*out], &key))
            return 0;
    }
    err = add_class(in, &key);
    if (err != 0)
        return err;
    *out = by->slot[at] = in->into->n - 1;
    return ++by->used > by->mask / 4 * 3 ? slots_grow(by, in, hash_of_class) : 0;
}

void dp_classes_release(struct dp_classes *c)
{
    free(c->class);
    rt_buf_release(&c->names);
    *c = (struct dp_classes){.n = 0};
}
