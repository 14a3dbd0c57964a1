/* Digit maps: each alternative is a row of positions, one bit per position says where the digits so
 * far may stand. A position with "." is passed without a digit, so that a set is always closed:
 * what may be skipped is skipped already.
 */
#include "mgcp/digit_map.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

enum { MALFORMED = 510, TOO_LARGE = 502, NO_LETTER = 537 };

/** Every position is followed by another one of its alternative, or by the alternative's end. */
struct position {
    uint32_t fits; /**< symbols, as bits; 0: the end of an alternative */
    uint16_t alternative;
    bool repeats; /**< "." */
    bool waits;   /**< of an end: letter P */
};

struct mgcp_map {
    struct position *at;
    unsigned n, words;
    unsigned references;
    char *text;
    size_t len;
    UT_hash_handle hh;
};

/** All maps in use, by their text. */
static struct mgcp_map *maps;

#define DECIMAL 0x3ff
#define TIMER   (1u << 16)

static const uint32_t symbols[256] = {
    ['0'] = 1 << 0,  ['1'] = 1 << 1,  ['2'] = 1 << 2,  ['3'] = 1 << 3,  ['4'] = 1 << 4,
    ['5'] = 1 << 5,  ['6'] = 1 << 6,  ['7'] = 1 << 7,  ['8'] = 1 << 8,  ['9'] = 1 << 9,
    ['*'] = 1 << 10, ['#'] = 1 << 11, ['A'] = 1 << 12, ['a'] = 1 << 12, ['B'] = 1 << 13,
    ['b'] = 1 << 13, ['C'] = 1 << 14, ['c'] = 1 << 14, ['D'] = 1 << 15, ['d'] = 1 << 15,
    ['T'] = TIMER,   ['t'] = TIMER,
};

static uint32_t symbol(char c)
{
    return symbols[(uint8_t)c];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---- reading ---- */

struct cursor {
    const char *p, *end;
    struct mgcp_map *map;
    unsigned positions, alternatives;
    unsigned refusal; /**< 0: all is well so far */
};

static char peek(const struct cursor *c)
{
    return c->p < c->end ? *c->p : '\0';
}

static bool skip(struct cursor *c, char ch)
{
    if (peek(c) != ch || c->p == c->end)
        return false;
    c->p++;
    return true;
}

/** What one letter stands for, in a range and outside; 0 and the refusal: nothing. */
static uint32_t read_letter(struct cursor *c)
{
    char ch = peek(c);
    uint32_t fits = ch == 'x' || ch == 'X' ? DECIMAL : symbol(ch);

    c->p += c->p < c->end;
    if (fits == 0) /* P is known, but no event: it stands at the end of an alternative alone */
        c->refusal = is_letter(ch) && ch != 'p' && ch != 'P' ? NO_LETTER : MALFORMED;
    return fits;
}

/** After "[": `1-5`, `1T`, `x*#`, up to the "]". */
static uint32_t read_range(struct cursor *c)
{
    uint32_t fits = 0;

    while (!c->refusal && !skip(c, ']')) {
        char low = peek(c);
        fits |= read_letter(c);
        if (c->refusal || !skip(c, '-'))
            continue;
        char high = peek(c);
        if (!is_digit(low) || !is_digit(high) || low > high)
            c->refusal = MALFORMED;
        else
            fits |= (symbol(high) << 1) - symbol(low);
        c->p += c->p < c->end;
    }
    if (fits == 0 && !c->refusal)
        c->refusal = MALFORMED;
    return fits;
}

static void push(struct cursor *c, struct position p)
{
    p.alternative = (uint16_t)c->alternatives;
    c->map->at[c->map->n++] = p;
}

static void read_position(struct cursor *c)
{
    struct position p = {.fits = skip(c, '[') ? read_range(c) : read_letter(c)};

    p.repeats = skip(c, '.');
    if (!c->refusal && ++c->positions > MGCP_MAP_POSITIONS)
        c->refusal = TOO_LARGE;
    if (!c->refusal)
        push(c, p);
}

static bool at_end_of_alternative(const struct cursor *c)
{
    return c->p == c->end || *c->p == '|' || *c->p == ')';
}

static bool at_last_p(const struct cursor *c)
{
    struct cursor next = *c;
    return (skip(&next, 'P') || skip(&next, 'p')) && at_end_of_alternative(&next);
}

static void read_alternative(struct cursor *c)
{
    unsigned before = c->map->n;
    struct position end = {.fits = 0};

    while (!c->refusal && !at_end_of_alternative(c) && !at_last_p(c))
        read_position(c);
    if (c->refusal)
        return;
    if (c->map->n == before) {
        c->refusal = MALFORMED;
        return;
    }
    end.waits = !at_end_of_alternative(c);
    c->p += end.waits;
    push(c, end);
    c->alternatives++;
}

static void read_map(struct cursor *c)
{
    bool list = skip(c, '(');

    do
        read_alternative(c);
    while (!c->refusal && list && skip(c, '|'));
    if (!c->refusal && ((list && !skip(c, ')')) || c->p != c->end))
        c->refusal = MALFORMED;
}

/* ---- life ---- */

static void release(struct mgcp_map *m)
{
    free(m->at);
    free(m->text);
    free(m);
}

/** A map with its text and room for as many positions as that can have. */
static struct mgcp_map *blank(struct rt_str text)
{
    size_t room = text.n + 1 < 2 * MGCP_MAP_POSITIONS ? text.n + 1 : 2 * MGCP_MAP_POSITIONS;
    struct mgcp_map *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->at = calloc(room, sizeof *m->at);
    m->text = rt_str_dup(text);
    m->len = text.n;
    m->references = 1;
    if (m->at && m->text)
        return m;
    release(m);
    return NULL;
}

/** Gives back the room that reading did not need. */
static void trim(struct mgcp_map *m)
{
    struct position *at = realloc(m->at, m->n * sizeof *at);

    m->at = at ? at : m->at;
    m->words = (m->n + 63) / 64;
}

int mgcp_map_new(struct mgcp_map **out, struct rt_str text, unsigned *refusal)
{
    struct mgcp_map *m;

    text = rt_str_trim(text);
    HASH_FIND(hh, maps, text.p, text.n, m);
    if (m) {
        *out = mgcp_map_ref(m);
        return 0;
    }
    if (!(m = blank(text)))
        return ENOMEM;
    struct cursor c = {.p = text.p, .end = text.p + text.n, .map = m};
    read_map(&c);
    if (c.refusal) {
        *refusal = c.refusal;
        release(m);
        return EBADMSG;
    }
    trim(m);
    HASH_ADD_KEYPTR(hh, maps, m->text, m->len, m);
    *out = m;
    return 0;
}

struct mgcp_map *mgcp_map_ref(struct mgcp_map *m)
{
    m->references++;
    return m;
}

void mgcp_map_free(struct mgcp_map *m)
{
    if (!m || --m->references > 0)
        return;
    HASH_DEL(maps, m);
    release(m);
}

struct rt_str mgcp_map_text(const struct mgcp_map *m)
{
    return (struct rt_str){m->text, m->len};
}

/* ---- running ---- */

/** Puts position `i` into the set, and those that stand behind repetitions of nothing. */
static void enter(uint64_t *set, const struct mgcp_map *m, unsigned i)
{
    for (; !(set[i / 64] >> i % 64 & 1); i++) {
        set[i / 64] |= UINT64_C(1) << i % 64;
        if (!m->at[i].repeats)
            return;
    }
}

/** The first position of the set from `i` on; `m->n`: there is none. */
static unsigned next_in(const uint64_t *set, const struct mgcp_map *m, unsigned i)
{
    unsigned word = i / 64;
    uint64_t left = i < m->n ? set[word] >> i % 64 << i % 64 : 0;

    if (i >= m->n)
        return m->n;
    while (left == 0 && ++word < m->words)
        left = set[word];
    return left ? word * 64 + (unsigned)__builtin_ctzll(left) : m->n;
}

static void step(uint64_t *to, const uint64_t *from, const struct mgcp_map *m, uint32_t sym)
{
    memset(to, 0, m->words * sizeof *to);
    for (unsigned i = next_in(from, m, 0); i < m->n; i = next_in(from, m, i + 1))
        if (m->at[i].fits & sym)
            enter(to, m, m->at[i].repeats ? i : i + 1);
}

/** Which alternatives could still grow. */
enum { NONE_GROWS = -1, SEVERAL_GROW = -2 };

/** NONE_GROWS, SEVERAL_GROW, or the only one that does. */
static int growing(const uint64_t *set, const struct mgcp_map *m)
{
    int which = NONE_GROWS;

    for (unsigned i = next_in(set, m, 0); i < m->n; i = next_in(set, m, i + 1)) {
        if (m->at[i].fits == 0 || which == m->at[i].alternative)
            continue;
        if (which != NONE_GROWS)
            return SEVERAL_GROW;
        which = m->at[i].alternative;
    }
    return which;
}

/** RFC 3435 2.1.5, step 3; RFC 3660 2.7: an end that waits is one when no other alternative
 * grows. */
static enum mgcp_map_verdict judge(const uint64_t *set, const struct mgcp_map *m)
{
    int grows = growing(set, m);

    for (unsigned i = next_in(set, m, 0); i < m->n; i = next_in(set, m, i + 1)) {
        const struct position *p = &m->at[i];
        if (p->fits == 0 && (!p->waits || grows == NONE_GROWS || grows == p->alternative))
            return MGCP_MAP_MATCH;
    }
    return grows == NONE_GROWS ? MGCP_MAP_MISMATCH : MGCP_MAP_PARTIAL;
}

int mgcp_map_start(struct mgcp_map_run *r, struct mgcp_map *m)
{
    uint64_t *set = calloc(2 * m->words, sizeof *set); /* the second half is step()'s */

    if (!set)
        return ENOMEM;
    for (unsigned i = 0; i < m->n; i++)
        if (i == 0 || m->at[i - 1].fits == 0)
            enter(set, m, i);
    *r = (struct mgcp_map_run){mgcp_map_ref(m), set, 0};
    return 0;
}

void mgcp_map_stop(struct mgcp_map_run *r)
{
    mgcp_map_free(r->map);
    free(r->set);
    memset(r, 0, sizeof *r);
}

enum mgcp_map_verdict mgcp_map_feed(struct mgcp_map_run *r, char digit, enum mgcp_map_timer *timer)
{
    const struct mgcp_map *m = r->map;
    uint64_t *scratch = r->set + m->words;

    step(scratch, r->set, m, symbol(digit));
    memcpy(r->set, scratch, m->words * sizeof *scratch);
    r->digits++;
    enum mgcp_map_verdict verdict = judge(r->set, m);
    *timer = MGCP_TIMER_NONE;
    if (verdict != MGCP_MAP_PARTIAL)
        return verdict;
    step(scratch, r->set, m, TIMER);
    *timer = judge(scratch, m) == MGCP_MAP_MATCH ? MGCP_TIMER_CRITICAL : MGCP_TIMER_PARTIAL;
    return verdict;
}
