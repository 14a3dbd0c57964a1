/* The walk over a stranger's expression before the engine sees it (expr.h). It admits what POSIX
 * defines and nothing else, and works out the automaton that the engine will build (its places and
 * the ways between them, after Glushkov) without building it: so that compiling takes memory, and
 * matching takes time, known beforehand.
 */
#include "dialplan/expr_priv.h"

#include <errno.h>

#define NEST_MAX   32
#define GROUPS_MAX 20
#define BOUND_MAX  255  /* RE_DUP_MAX of POSIX */
#define EFFORT_MAX 4096 /* steps for each character of the subject; a step takes some 6 ns */

/** A part of the expression: how many places it has, where a match of it begins and ends, and the
 * ways inside. Saturated at ENOUGH, far above every limit. */
struct part {
    unsigned places, first, last, ways;
    bool empty; /* matches nothing at all, too */
};
#define ENOUGH 0xffffu

static unsigned cap(uint64_t v)
{
    return v < ENOUGH ? (unsigned)v : ENOUGH;
}

static uint64_t times(unsigned a, unsigned b)
{
    return (uint64_t)a * b;
}

static struct part concat(struct part x, struct part y)
{
    return (struct part){
        .places = cap((uint64_t)x.places + y.places),
        .first = cap((uint64_t)x.first + (x.empty ? y.first : 0)),
        .last = cap((uint64_t)y.last + (y.empty ? x.last : 0)),
        .ways = cap((uint64_t)x.ways + y.ways + times(x.last, y.first)),
        .empty = x.empty && y.empty,
    };
}

static struct part either(struct part x, struct part y)
{
    return (struct part){
        .places = cap((uint64_t)x.places + y.places),
        .first = cap((uint64_t)x.first + y.first),
        .last = cap((uint64_t)x.last + y.last),
        .ways = cap((uint64_t)x.ways + y.ways),
        .empty = x.empty || y.empty,
    };
}

static struct part loop(struct part x)
{
    x.ways = cap(x.ways + times(x.last, x.first));
    return x;
}

/** `low` to `high` copies; what is more than `low` is nested: (x(x)?)?. */
static struct part copies(struct part x, unsigned low, unsigned high)
{
    bool some = x.empty || low < high;
    unsigned n = high > 0 ? high : 1;

    return (struct part){
        .places = cap(times(x.places, n)),
        .first = x.empty ? cap(times(x.first, n)) : x.first,
        .last = some ? cap(times(x.last, n)) : x.last,
        .ways = cap(times(x.ways, n) +
                    times(cap(times(x.last, x.first)), x.empty ? n * (n - 1) / 2 : n - 1)),
        .empty = x.empty || low == 0,
    };
}

/** A group that is open: its branches that are over, and of the present one what is before the last
 * piece, and that piece, which a `*` would repeat. */
struct level {
    struct part done, before, piece;
    bool branched, piece_repeats;
};

static const struct part nothing = {.empty = true};

struct walk {
    const char *p, *end;
    bool icase;
    struct level level[NEST_MAX + 1];
    unsigned depth, groups;
    int err;
    const char *why;
};

static void refuse(struct walk *w, int err, const char *why)
{
    if (w->err != 0)
        return;
    w->err = err;
    w->why = why;
}

static bool at(const struct walk *w, char c)
{
    return w->p < w->end && *w->p == c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct level *here(struct walk *w)
{
    return &w->level[w->depth];
}

static void put(struct walk *w, struct part piece, bool repeats)
{
    struct level *l = here(w);

    l->before = concat(l->before, l->piece);
    l->piece = piece;
    l->piece_repeats = repeats;
}

/** A character: any of `places` sets of them. */
static void put_set(struct walk *w, unsigned places)
{
    put(w, (struct part){.places = places, .first = places, .last = places}, true);
}

/** The group up to here. */
static struct part whole(const struct level *l)
{
    struct part branch = concat(l->before, l->piece);

    return l->branched ? either(l->done, branch) : branch;
}

static void repeat(struct walk *w, unsigned low, unsigned high, bool more)
{
    struct level *l = here(w);

    if (!l->piece_repeats) {
        refuse(w, EINVAL, "repeats nothing, or twice");
        return;
    }
    l->piece =
        more ? concat(copies(l->piece, low, low), loop(l->piece)) : copies(l->piece, low, high);
    l->piece.empty = l->piece.empty || low == 0;
    l->piece_repeats = false;
}

/** `*`, `+`: no copies are made. */
static void repeat_in_place(struct walk *w, bool none)
{
    struct level *l = here(w);

    if (!l->piece_repeats)
        refuse(w, EINVAL, "repeats nothing, or twice");
    l->piece = loop(l->piece);
    l->piece.empty = l->piece.empty || none;
    l->piece_repeats = false;
}

/** A number of a bound; -1: none. */
static int read_number(struct walk *w)
{
    int v = -1;

    for (; w->p < w->end && is_digit(*w->p); w->p++) {
        v = (v < 0 ? 0 : v) * 10 + (*w->p - '0');
        if (v > BOUND_MAX) {
            refuse(w, EOVERFLOW, "repeats more than 255 times");
            return v;
        }
    }
    return v;
}

/** `{2}`, `{2,}`, `{2,5}` after its brace. */
static void read_bounds(struct walk *w)
{
    int low = read_number(w), high = low;
    bool more = false;

    if (w->err == 0 && at(w, ',')) {
        w->p++;
        high = read_number(w);
        more = high < 0;
    }
    if (w->err == 0 && (low < 0 || (!more && high < low) || !at(w, '}')))
        refuse(w, EINVAL, "has a bound that is none");
    if (w->err != 0)
        return;
    w->p++;
    repeat(w, (unsigned)low, (unsigned)high, more);
}

/** `[:digit:]` after its bracket. */
static void read_class(struct walk *w)
{
    static const char *const names[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                        "lower", "print", "punct", "space", "upper", "xdigit"};
    struct rt_str name = {++w->p, 0};

    while (w->p < w->end && is_letter(*w->p))
        w->p++;
    name.n = (size_t)(w->p - name.p);
    for (size_t i = 0; i < RT_COUNT(names); i++) {
        if (!rt_str_eq(name, names[i]) || w->end - w->p < 2 || w->p[0] != ':' || w->p[1] != ']')
            continue;
        w->p += 2;
        return;
    }
    refuse(w, EINVAL, "has no such character class");
}

/** One member of a bracket: a character, a range, a class. Returns its places. */
static unsigned read_member(struct walk *w)
{
    static const char *const collating = "has a collating element";
    char low = *w->p++;

    if (low == '[' && at(w, ':')) {
        read_class(w);
        return 1;
    }
    if (low == '\0' || (low == '[' && (at(w, '.') || at(w, '='))))
        refuse(w, EINVAL, low ? collating : "holds a NUL");
    if (!at(w, '-') || w->end - w->p < 2 || w->p[1] == ']')
        return 1;
    char high = w->p[1];
    w->p += 2;
    if (high == '[' && (at(w, '.') || at(w, '=') || at(w, ':')))
        refuse(w, EINVAL, collating);
    if ((unsigned char)high < (unsigned char)low)
        refuse(w, EINVAL, "has a range that runs backwards");
    return w->icase && !(is_digit(low) && is_digit(high)) ? 3 : 1; /* each case and the rest */
}

/** `[...]` after its bracket: one place for each member, or for what is between them. */
static void read_bracket(struct walk *w)
{
    unsigned places = at(w, '^') ? 1 : 0;

    w->p += places;
    for (bool first = true; w->err == 0 && (first || !at(w, ']')); first = false) {
        if (w->p == w->end) {
            refuse(w, EINVAL, "has a bracket that is not closed");
            return;
        }
        places += read_member(w);
    }
    w->p++;
    put_set(w, places);
}

static void read_escape(struct walk *w)
{
    static const char classes[] = "dDwWsS"; /* not of POSIX, but understood by everyone */
    char c = w->p < w->end ? *w->p++ : '\0';

    if (is_digit(c))
        refuse(w, EINVAL, "refers back to a group");
    else if (c == '\0' || c == '<' || c == '>' || (is_letter(c) && !strchr(classes, c)))
        refuse(w, EINVAL, "has a backslash before what needs none");
    put_set(w, c == 'w' || c == 'W' ? 2 : 1);
}

static void open_group(struct walk *w)
{
    if (at(w, '?'))
        refuse(w, EINVAL, "repeats nothing, or twice");
    else if (w->depth == NEST_MAX || ++w->groups > GROUPS_MAX)
        refuse(w, EOVERFLOW, "has too many groups");
    if (w->err == 0)
        w->level[++w->depth] = (struct level){.before = nothing, .piece = nothing};
}

static void close_group(struct walk *w)
{
    if (w->depth == 0) {
        refuse(w, EINVAL, "closes a group that is not open");
        return;
    }
    struct part inside = whole(here(w));
    w->depth--;
    inside.places = cap((uint64_t)inside.places + 1); /* an empty group takes memory, too */
    put(w, inside, true);
}

static void next_branch(struct walk *w)
{
    struct level *l = here(w);

    *l = (struct level){.done = whole(l), .branched = true, .before = nothing, .piece = nothing};
}

static void read_one(struct walk *w)
{
    char c = *w->p++;

    switch (c) {
    case '\0':
        refuse(w, EINVAL, "holds a NUL");
        break;
    case '(':
        open_group(w);
        break;
    case ')':
        close_group(w);
        break;
    case '[':
        read_bracket(w);
        break;
    case '\\':
        read_escape(w);
        break;
    case '{':
        read_bounds(w);
        break;
    case '*':
    case '+':
        repeat_in_place(w, c == '*');
        break;
    case '?':
        repeat(w, 0, 1, false);
        break;
    case '|':
        next_branch(w);
        break;
    case '^':
    case '$':
        put(w, (struct part){.places = 1, .empty = true}, false);
        break;
    default:
        put_set(w, 1);
    }
}

/** Each group and each way are looked at for each character. */
static void check_size(struct walk *w)
{
    struct part all = whole(&w->level[0]);

    if (all.places > DP_EXPR_PLACES_MAX ||
        times(all.ways + all.first, 8 + 2 * w->groups) / 8 > EFFORT_MAX)
        refuse(w, EOVERFLOW, "would need too much memory");
}

int dp_expr_check(struct rt_str pattern, bool icase, const char **why)
{
    struct walk w = {.p = pattern.p, .end = pattern.p + pattern.n, .icase = icase};

    w.level[0] = (struct level){.before = nothing, .piece = nothing};
    if (pattern.n > DP_EXPR_PATTERN_MAX)
        refuse(&w, EOVERFLOW, "is longer than 255 characters");
    while (w.err == 0 && w.p < w.end)
        read_one(&w);
    if (w.depth > 0)
        refuse(&w, EINVAL, "has a group that is not closed");
    check_size(&w);
    *why = w.why;
    return w.err;
}
