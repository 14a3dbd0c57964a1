/* Records of calls read back, many of them: fields are slices of the file's text, nothing is
 * copied. */
#include "gw/replay.h"

#include <errno.h>

static const char *const names[GW_REPLAY_FIELDS] = {
    [GW_REPLAY_CALL_ID] = "call_id",  [GW_REPLAY_ATTEMPT] = "attempt",
    [GW_REPLAY_START] = "start_time", [GW_REPLAY_TALK_MS] = "talk_ms",
    [GW_REPLAY_FROM] = "from_trunk",  [GW_REPLAY_TO] = "to_trunk",
    [GW_REPLAY_CALLER] = "caller",    [GW_REPLAY_CALLED] = "called",
    [GW_REPLAY_BEARER] = "bearer",    [GW_REPLAY_PRESENTATION] = "presentation",
};

/** The field of this name, or -1. */
static int field_of(struct rt_str name)
{
    for (int i = 0; i < GW_REPLAY_FIELDS; i++)
        if (rt_str_eq(name, names[i]))
            return i;
    return -1;
}

/* ---- CSV (RFC 4180) ---- */

#define COLUMNS_MAX 256

/** A table's header: which field each column is. */
struct header {
    int field[COLUMNS_MAX];
    unsigned n;
};

/** Takes a value off the front, without its quotes; `*last`: it ends the row. */
static struct rt_str csv_value(struct rt_str *s, bool *last)
{
    bool quoted = s->n > 0 && s->p[0] == '"';
    size_t i = quoted, end;

    if (quoted) {
        while (i < s->n && !(s->p[i] == '"' && (i + 1 == s->n || s->p[i + 1] != '"')))
            i += s->p[i] == '"' ? 2 : 1;
        end = i < s->n ? i : s->n;
        i = end + (end < s->n);
    } else {
        while (i < s->n && s->p[i] != ',' && s->p[i] != '\n' && s->p[i] != '\r')
            i++;
        end = i;
    }
    struct rt_str out = {s->p + quoted, end - quoted};
    while (i < s->n && s->p[i] == '\r')
        i++;
    *last = i >= s->n || s->p[i] == '\n';
    i += i < s->n;
    *s = (struct rt_str){s->p + i, s->n - i};
    return out;
}

static void csv_header(struct header *h, struct rt_str *s)
{
    bool last = s->n == 0;

    h->n = 0;
    while (!last) {
        struct rt_str name = csv_value(s, &last);
        if (h->n < COLUMNS_MAX)
            h->field[h->n++] = field_of(name);
    }
}

static bool has(const struct header *h, int field)
{
    for (unsigned i = 0; i < h->n; i++)
        if (h->field[i] == field)
            return true;
    return false;
}

static int read_csv(struct rt_str s, gw_replay_fn *fn, void *arg, uint64_t *bad)
{
    struct header h;

    csv_header(&h, &s);
    if (!has(&h, GW_REPLAY_FROM) || !has(&h, GW_REPLAY_CALLED))
        return EBADMSG;
    while (s.n > 0) {
        struct gw_replay_record r = {.field = {{NULL, 0}}};
        unsigned n = 0;
        bool last = false;
        while (!last) {
            struct rt_str v = csv_value(&s, &last);
            if (n < h.n && h.field[n] >= 0)
                r.field[h.field[n]] = v;
            n++;
        }
        if (n != h.n)
            *bad += n > 1;
        else if (!rt_str_eq(r.field[GW_REPLAY_CALLED], "called")) /* files one after the other */
            fn(arg, &r);
    }
    return 0;
}

/* ---- JSON lines ---- */

static void skip_blanks(struct rt_str *s)
{
    while (s->n > 0 && rt_is_blank(s->p[0])) {
        s->p++;
        s->n--;
    }
}

/** Takes one character; false: it is another. */
static bool take(struct rt_str *s, char c)
{
    skip_blanks(s);
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

/** A string, its escapes as they stand. */
static bool take_string(struct rt_str *s, struct rt_str *out)
{
    size_t i = 0;

    if (!take(s, '"'))
        return false;
    while (i < s->n && s->p[i] != '"')
        i += s->p[i] == '\\' ? 2 : 1;
    if (i >= s->n)
        return false;
    *out = (struct rt_str){s->p, i};
    *s = (struct rt_str){s->p + i + 1, s->n - i - 1};
    return true;
}

/** A number, true, false; null is empty. */
static bool take_bare(struct rt_str *s, struct rt_str *out)
{
    size_t i = 0;

    while (i < s->n && s->p[i] != ',' && s->p[i] != '}' && s->p[i] != '{' && s->p[i] != '[')
        i++;
    *out = rt_str_trim((struct rt_str){s->p, i});
    *s = (struct rt_str){s->p + i, s->n - i};
    if (rt_str_eq(*out, "null"))
        out->n = 0;
    return i > 0 && s->n > 0 && (s->p[0] == ',' || s->p[0] == '}');
}

static bool read_object(struct rt_str *s, struct gw_replay_record *r)
{
    do {
        struct rt_str key, value;
        if (!take_string(s, &key) || !take(s, ':'))
            return false;
        skip_blanks(s);
        if (s->n > 0 && s->p[0] == '"' ? !take_string(s, &value) : !take_bare(s, &value))
            return false;
        int field = field_of(key);
        if (field >= 0)
            r->field[field] = value;
    } while (take(s, ','));
    return take(s, '}');
}

/** `{"close": RECORD}` of a journal, or a record alone; calls that only begin and marks are
 * skipped. */
static bool read_line(struct rt_str s, struct gw_replay_record *r, bool *skipped)
{
    struct rt_str inside, key;

    *skipped = false;
    if (!take(&s, '{'))
        return false;
    inside = s;
    if (!take_string(&s, &key) || !take(&s, ':'))
        return false;
    *skipped = rt_str_eq(key, "open") || rt_str_eq(key, "mark");
    if (*skipped)
        return true;
    if (rt_str_eq(key, "close"))
        return take(&s, '{') && read_object(&s, r);
    return read_object(&inside, r);
}

static int read_lines(struct rt_str s, gw_replay_fn *fn, void *arg, uint64_t *bad)
{
    bool some = false;

    while (s.n > 0) {
        struct gw_replay_record r = {.field = {{NULL, 0}}};
        struct rt_str line = rt_str_trim(rt_str_cut(&s, '\n'));
        bool skipped;
        if (line.n == 0)
            continue;
        bool good = read_line(line, &r, &skipped);
        some |= good;
        *bad += !good;
        if (good && !skipped)
            fn(arg, &r);
    }
    return some ? 0 : EBADMSG;
}

int gw_replay_read(struct rt_str text, gw_replay_fn *fn, void *arg, uint64_t *bad)
{
    *bad = 0;
    skip_blanks(&text);
    if (text.n == 0)
        return EBADMSG;
    return text.p[0] == '{' ? read_lines(text, fn, arg, bad) : read_csv(text, fn, arg, bad);
}
