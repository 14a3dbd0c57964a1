/* iCalendar text (RFC 5545) as content lines and blocks, each with its line in the file. */
#include "dialplan/schedule_ics.h"

#include <errno.h>
#include <stdlib.h>

#define LINES_MAX  300000
#define BLOCKS_MAX 20000
#define DEPTH_MAX  8

int dp_ics_fail(struct dp_ics *x, unsigned line, const char *why)
{
    if (!x->error->text[0]) {
        x->error->line = line;
        rt_str_copy(x->error->text, sizeof x->error->text, rt_str(why));
    }
    return EBADMSG;
}

int dp_ics_spend(struct dp_ics *x, size_t steps)
{
    if (steps > x->work) {
        dp_ics_fail(x, 0, "has too many events");
        return E2BIG;
    }
    x->work -= (unsigned)steps;
    return 0;
}

/* ---- lines ---- */

/** Cuts the unfolded text at the colon and the semicolon before it that no quotes enclose. */
static bool cut_line(struct dp_ics_line *l, struct rt_str text)
{
    bool quoted = false;
    size_t name = 0, i = 0;

    while (name < text.n && text.p[name] != ';' && text.p[name] != ':')
        name++;
    for (i = name; i < text.n && (quoted || text.p[i] != ':'); i++)
        quoted ^= text.p[i] == '"';
    if (name == 0 || i == text.n)
        return false;
    l->name = (struct rt_str){text.p, name};
    l->params = (struct rt_str){text.p + name, i - name};
    l->value = rt_str_trim((struct rt_str){text.p + i + 1, text.n - i - 1});
    return true;
}

static int add_line(struct dp_ics *x, struct rt_str text, unsigned line)
{
    struct dp_ics_line l = {.line = line};

    if (rt_str_trim(text).n == 0)
        return 0;
    if (!cut_line(&l, text))
        return dp_ics_fail(x, line, "is not a line like NAME:value");
    if (x->nlines == LINES_MAX) {
        dp_ics_fail(x, line, "is one line too many");
        return E2BIG;
    }
    if (x->nlines == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 256;
        struct dp_ics_line *more = realloc(x->line, cap * sizeof *more);
        if (!more)
            return ENOMEM;
        x->line = more;
        x->cap = cap;
    }
    x->line[x->nlines++] = l;
    return 0;
}

/** A line that begins with a blank goes on with the one before (RFC 5545 3.1). */
static int unfold(struct dp_ics *x, struct rt_str ics)
{
    size_t start = 0;
    unsigned line = 0, first = 0;
    int err = 0;

    rt_buf_reserve(&x->text, ics.n + 1); /* so that it does not move under the slices */
    while (ics.n > 0 && err == 0) {
        struct rt_str s = rt_str_cut(&ics, '\n');
        line++;
        while (s.n > 0 && s.p[s.n - 1] == '\r')
            s.n--;
        bool more = s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t') && line > 1;
        if (!more) {
            err = add_line(x, (struct rt_str){x->text.p + start, x->text.n - start}, first);
            start = x->text.n;
            first = line;
        }
        rt_buf_put(&x->text, s.p + more, s.n - more);
    }
    if (err == 0 && !x->text.failed)
        err = add_line(x, (struct rt_str){x->text.p + start, x->text.n - start}, first);
    return x->text.failed ? ENOMEM : err;
}

/* ---- blocks ---- */

static int add_block(struct dp_ics *x, struct dp_ics_blocks *b, struct dp_ics_block block)
{
    if (b->n == BLOCKS_MAX) {
        dp_ics_fail(x, x->line[block.begin - 1].line, "is one event too many");
        return E2BIG;
    }
    if (b->n == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 64;
        struct dp_ics_block *more = realloc(b->v, cap * sizeof *more);
        if (!more)
            return ENOMEM;
        b->v = more;
        b->cap = cap;
    }
    b->v[b->n++] = block;
    return 0;
}

/** An event or a zone of the calendar itself is kept. */
static int end_block(struct dp_ics *x, const size_t *open, unsigned depth, size_t end)
{
    struct rt_str kind = x->line[open[depth]].value;
    struct dp_ics_block block = {open[depth] + 1, end};

    if (depth != 1)
        return 0;
    if (rt_str_caseeq(kind, "VEVENT"))
        return add_block(x, &x->events, block);
    return rt_str_caseeq(kind, "VTIMEZONE") ? add_block(x, &x->zones, block) : 0;
}

static bool same_word(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static int find_blocks(struct dp_ics *x)
{
    size_t open[DEPTH_MAX];
    unsigned depth = 0;
    int err = 0;

    for (size_t i = 0; i < x->nlines && err == 0; i++) {
        const struct dp_ics_line *l = &x->line[i];
        bool begin = rt_str_caseeq(l->name, "BEGIN");
        if (depth == 0 && !(begin && rt_str_caseeq(l->value, "VCALENDAR")))
            return dp_ics_fail(x, l->line, "stands outside BEGIN:VCALENDAR and its END");
        x->overrides = x->overrides || rt_str_caseeq(l->name, "RECURRENCE-ID");
        if (begin && depth == DEPTH_MAX)
            return dp_ics_fail(x, l->line, "is nested too deep");
        if (begin) {
            open[depth++] = i;
        } else if (rt_str_caseeq(l->name, "END")) {
            if (!same_word(l->value, x->line[open[depth - 1]].value))
                return dp_ics_fail(x, l->line, "ends what did not begin last");
            err = end_block(x, open, --depth, i);
        }
    }
    if (err == 0 && x->nlines == 0)
        return dp_ics_fail(x, 0, "is empty");
    if (err == 0 && depth > 0)
        return dp_ics_fail(x, x->line[open[depth - 1]].line, "has no END: the file is cut short");
    return err;
}

size_t dp_ics_own_line(const struct dp_ics *x, struct dp_ics_block b, size_t i)
{
    unsigned depth = 0;

    for (; i < b.end; i++) {
        if (rt_str_caseeq(x->line[i].name, "BEGIN"))
            depth++;
        else if (rt_str_caseeq(x->line[i].name, "END"))
            depth--;
        else if (depth == 0)
            break;
    }
    return i;
}

const struct dp_ics_line *dp_ics_find(const struct dp_ics *x, struct dp_ics_block b,
                                      const char *name)
{
    size_t i = dp_ics_own_line(x, b, b.begin);

    while (i < b.end && !rt_str_caseeq(x->line[i].name, name))
        i = dp_ics_own_line(x, b, i + 1);
    return i < b.end ? &x->line[i] : NULL;
}

/** Up to the semicolon that no quotes enclose. */
static struct rt_str cut_param(struct rt_str *s)
{
    bool quoted = false;
    size_t i = 0;

    while (i < s->n && (quoted || s->p[i] != ';'))
        quoted ^= s->p[i++] == '"';
    struct rt_str out = {s->p, i};
    s->p += i + (i < s->n);
    s->n -= i + (i < s->n);
    return out;
}

struct rt_str dp_ics_param(const struct dp_ics_line *l, const char *name)
{
    struct rt_str rest = l->params;

    while (rest.n > 0) {
        struct rt_str value = cut_param(&rest), key = rt_str_cut(&value, '=');
        if (!rt_str_caseeq(key, name))
            continue;
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct rt_str){value.p + 1, value.n - 2};
        return value;
    }
    return (struct rt_str){"", 0};
}

/* ---- a whole file ---- */

static void release(struct dp_ics *x)
{
    dp_ics_release_zones(x);
    rt_buf_release(&x->text);
    free(x->line);
    free(x->events.v);
    free(x->zones.v);
    dp_set_release(&x->local);
    dp_set_release(&x->utc);
}

static int read_all(struct dp_ics *x, struct rt_str ics)
{
    if (ics.n > DP_ICS_MAX) {
        dp_ics_fail(x, 0, "is larger than 4 MiB");
        return E2BIG;
    }
    if (ics.n > 0 && memchr(ics.p, '\0', ics.n))
        return dp_ics_fail(x, 0, "has a NUL octet: it is no text");
    if (ics.n >= 3 && memcmp(ics.p, "\xef\xbb\xbf", 3) == 0)
        ics = (struct rt_str){ics.p + 3, ics.n - 3};
    int err = unfold(x, ics);
    if (err == 0)
        err = find_blocks(x);
    for (size_t i = 0; i < x->events.n && err == 0; i++)
        err = dp_ics_event(x, x->events.v[i]);
    return err;
}

/** All of `from` or nothing. */
static int merge(struct dp_set *to, const struct dp_set *from)
{
    size_t before = to->n;
    int err = 0;

    for (size_t i = 0; i < from->n && err == 0; i++)
        err = dp_set_add(to, from->v[i].from, from->v[i].to);
    if (err != 0)
        to->n = before;
    return err;
}

int dp_calendar_add_ics(struct dp_calendar *c, struct rt_str ics, int64_t now,
                        struct dp_ics_error *error)
{
    int64_t year = 36525LL * DP_DAY_S / 100;
    struct dp_ics x = {.error = error, .work = DP_ICS_WORK};
    size_t before = c->local.n;

    *error = (struct dp_ics_error){.line = 0};
    x.from = now - 2 * year;
    x.to = now + 10 * year;
    int err = read_all(&x, ics);
    if (err == 0)
        err = merge(&c->local, &x.local);
    if (err == 0 && (err = merge(&c->utc, &x.utc)) != 0)
        c->local.n = before;
    if (err == 0) {
        dp_set_settle(&c->local);
        dp_set_settle(&c->utc);
    } else {
        dp_ics_fail(&x, 0, err == E2BIG ? "has too many events" : strerror(err));
    }
    release(&x);
    return err;
}
