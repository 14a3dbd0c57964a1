/* Zones from TZif files (RFC 8536): every change is listed when the file is read, those that the
 * footer's rule (POSIX TZ) makes until 2110 too, so that asking is one search. */
#include "dialplan/zone.h"

#include "dialplan/schedule_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>

#define FILE_MAX_OCTETS (1u << 20)
#define FIRST_YEAR      1900 /* of a zone that is a rule and nothing else */
#define LAST_YEAR       2110
#define OFFSET_MAX      (26 * 3600) /* no clock was ever further from UTC */
#define NAME_MAX_CHARS  64

struct dp_zone {
    char *name;
    int32_t before; /* until the first change */
    struct dp_zone_change *change;
    size_t n, cap;
};

/* ---- building ---- */

static struct dp_zone *new_zone(const char *name)
{
    struct dp_zone *z = calloc(1, sizeof *z);

    if (z && !(z->name = rt_str_dup(rt_str(name)))) {
        free(z);
        return NULL;
    }
    return z;
}

void dp_zone_free(struct dp_zone *z)
{
    if (!z)
        return;
    free(z->name);
    free(z->change);
    free(z);
}

const char *dp_zone_name(const struct dp_zone *z)
{
    return z->name;
}

static bool add_change(struct dp_zone *z, int64_t utc, int32_t offset)
{
    if (z->n == z->cap) {
        size_t cap = z->cap ? 2 * z->cap : 64;
        struct dp_zone_change *more = realloc(z->change, cap * sizeof *more);
        if (!more)
            return false;
        z->change = more;
        z->cap = cap;
    }
    z->change[z->n++] = (struct dp_zone_change){utc, offset};
    return true;
}

/** Names of the abbreviation, or of summer time, change too: only offsets matter here. */
static void drop_idle_changes(struct dp_zone *z)
{
    int32_t last = z->before;
    size_t kept = 0;

    for (size_t i = 0; i < z->n; i++) {
        if (z->change[i].offset == last)
            continue;
        last = z->change[i].offset;
        z->change[kept++] = z->change[i];
    }
    z->n = kept;
}

static int by_instant(const void *a, const void *b)
{
    const struct dp_zone_change *x = a, *y = b;

    return (x->utc > y->utc) - (x->utc < y->utc);
}

int dp_zone_make(struct dp_zone **out, const char *name, int32_t before,
                 const struct dp_zone_change *change, size_t n)
{
    struct dp_zone *z = new_zone(name);

    if (!z)
        return ENOMEM;
    z->before = before;
    for (size_t i = 0; i < n; i++) {
        if (!add_change(z, change[i].utc, change[i].offset)) {
            dp_zone_free(z);
            return ENOMEM;
        }
    }
    if (n > 0)
        qsort(z->change, z->n, sizeof *z->change, by_instant);
    drop_idle_changes(z);
    *out = z;
    return 0;
}

/* ---- the footer: a POSIX TZ rule ---- */

/** When summer time begins or ends in a year. */
struct rule_day {
    char form; /* M: month, week, weekday; J: day without 29 February, from 1; 0: from 0 */
    int month, week, day;
    int time; /* seconds of the day; RFC 8536 3.3.1 lets it be days away */
};
struct rule {
    int std, dst; /* east */
    bool summer;
    struct rule_day begin, end;
};

static bool take(struct rt_str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_number(struct rt_str *s, int max, int *out)
{
    int v = 0;
    size_t n = 0;

    while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
        v = 10 * v + (s->p[n++] - '0');
    s->p += n;
    s->n -= n;
    *out = v;
    return n > 0 && v <= max;
}

static bool take_name(struct rt_str *s)
{
    size_t n = 0;

    if (take(s, '<')) {
        while (s->n > 0 && s->p[0] != '>')
            take(s, s->p[0]);
        return take(s, '>');
    }
    while (n < s->n && ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))
        n++;
    s->p += n;
    s->n -= n;
    return n >= 3;
}

/** [+-]hh[:mm[:ss]] in seconds. */
static bool take_hms(struct rt_str *s, int *out)
{
    bool minus = take(s, '-');
    int v[3] = {0, 0, 0};

    if (!minus)
        take(s, '+');
    if (!take_number(s, 167, &v[0]))
        return false;
    for (int i = 1; i < 3 && take(s, ':'); i++)
        if (!take_number(s, 59, &v[i]))
            return false;
    *out = (v[0] * 3600 + v[1] * 60 + v[2]) * (minus ? -1 : 1);
    return true;
}

static bool take_rule_day(struct rt_str *s, struct rule_day *d)
{
    *d = (struct rule_day){.form = '0', .time = 2 * 3600};
    if (!take(s, ','))
        return false;
    if (take(s, 'M')) {
        d->form = 'M';
        if (!take_number(s, 12, &d->month) || !take(s, '.') || !take_number(s, 5, &d->week) ||
            !take(s, '.') || !take_number(s, 6, &d->day) || d->month < 1 || d->week < 1)
            return false;
    } else {
        if (take(s, 'J'))
            d->form = 'J';
        if (!take_number(s, 365, &d->day) || (d->form == 'J' && d->day < 1))
            return false;
    }
    return !take(s, '/') || take_hms(s, &d->time);
}

static bool read_rule(struct rt_str s, struct rule *r)
{
    if (!take_name(&s) || !take_hms(&s, &r->std))
        return false;
    r->std = -r->std; /* POSIX counts westwards */
    r->summer = s.n > 0;
    if (!r->summer)
        return true;
    r->dst = r->std + 3600;
    if (!take_name(&s))
        return false;
    if (s.n > 0 && s.p[0] != ',') {
        if (!take_hms(&s, &r->dst))
            return false;
        r->dst = -r->dst;
    }
    return take_rule_day(&s, &r->begin) && take_rule_day(&s, &r->end) && s.n == 0;
}

/** On the clock that runs until then. */
static int64_t rule_instant(const struct rule_day *d, int year)
{
    int64_t day;

    if (d->form == 'M') {
        int64_t first = dp_day_number(year, d->month, 1);
        int sunday_based = (dp_weekday(first) + 1) % 7;
        int date = (d->day - sunday_based + 7) % 7 + 7 * (d->week - 1);
        while (date >= dp_month_days(year, d->month))
            date -= 7;
        day = first + date;
    } else {
        day = dp_day_number(year, 1, 1) + d->day;
        if (d->form == 'J')
            day -= d->day < 60 || dp_month_days(year, 2) == 28;
    }
    return day * DP_DAY_S + d->time;
}

/** Lists what the rule makes after the last change of the file. */
static int extend(struct dp_zone *z, const struct rule *r)
{
    int64_t last = z->n ? z->change[z->n - 1].utc : INT64_MIN;
    size_t listed = z->n;
    int year = FIRST_YEAR;

    if (!r->summer) {
        if (z->n == 0)
            z->before = r->std;
        return 0;
    }
    if (last > dp_day_number(FIRST_YEAR, 1, 1) * DP_DAY_S)
        year = last > dp_day_number(LAST_YEAR, 12, 31) * DP_DAY_S
                   ? LAST_YEAR + 1
                   : dp_day_of(dp_floor_div(last, DP_DAY_S)).year;
    for (; year <= LAST_YEAR; year++) {
        int64_t begin = rule_instant(&r->begin, year) - r->std;
        int64_t end = rule_instant(&r->end, year) - r->dst;
        if ((begin > last && !add_change(z, begin, r->dst)) ||
            (end > last && !add_change(z, end, r->std)))
            return ENOMEM;
    }
    if (z->n > listed)
        qsort(z->change + listed, z->n - listed, sizeof *z->change, by_instant);
    return 0;
}

/* ---- the file ---- */

struct header {
    char version;
    uint32_t isutc, isstd, leap, time, type, chars;
};

static bool read_header(struct rt_reader *r, struct header *h)
{
    const uint8_t *magic = rt_read_bytes(r, 4);

    if (!magic || memcmp(magic, "TZif", 4) != 0)
        return false;
    h->version = (char)rt_read_u8(r);
    rt_read_bytes(r, 15);
    h->isutc = rt_read_u32(r);
    h->isstd = rt_read_u32(r);
    h->leap = rt_read_u32(r);
    h->time = rt_read_u32(r);
    h->type = rt_read_u32(r);
    h->chars = rt_read_u32(r);
    uint32_t all = h->isutc | h->isstd | h->leap | h->time | h->type | h->chars;
    return !r->failed && all < FILE_MAX_OCTETS; /* so that sums below cannot overflow */
}

static uint64_t read_u64(struct rt_reader *r)
{
    uint64_t high = rt_read_u32(r);

    return high << 32 | rt_read_u32(r);
}

/** The data block with times of 64 bits. */
static int read_block(struct dp_zone *z, struct rt_reader *r, const struct header *h)
{
    struct rt_reader times = *r;
    const uint8_t *index, *types;

    if (h->type == 0 || h->type > 256 || h->leap > 0)
        return EBADMSG; /* leap seconds: not the seconds that this program counts */
    rt_read_bytes(r, h->time * 8u);
    index = rt_read_bytes(r, h->time);
    types = rt_read_bytes(r, h->type * 6u);
    rt_read_bytes(r, h->chars + h->isstd + h->isutc);
    if (r->failed)
        return EBADMSG;
    for (uint32_t i = 0; i <= h->time; i++) {
        /* Type 0 holds before the first change (RFC 8536 3.2). */
        uint8_t type = i == 0 ? 0 : index[i - 1];
        if (type >= h->type)
            return EBADMSG;
        struct rt_reader t = rt_reader(types + 6u * type, 4);
        int32_t offset = (int32_t)rt_read_u32(&t);
        if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
            return EBADMSG;
        if (i == 0) {
            z->before = offset;
            continue;
        }
        int64_t utc = (int64_t)read_u64(&times);
        if (z->n > 0 && utc <= z->change[z->n - 1].utc)
            return EBADMSG;
        if (!add_change(z, utc, offset))
            return ENOMEM;
    }
    return 0;
}

static int read_footer(struct dp_zone *z, struct rt_reader *r)
{
    struct rt_str rest = {(const char *)r->p, rt_read_left(r)};
    struct rule rule = {0};

    if (rest.n < 2 || rest.p[0] != '\n' || !memchr(rest.p + 1, '\n', rest.n - 1))
        return EBADMSG;
    rest.p++;
    rest.n--;
    struct rt_str text = rt_str_cut(&rest, '\n');
    if (text.n == 0)
        return 0; /* nothing is known of later times */
    return read_rule(text, &rule) ? extend(z, &rule) : EBADMSG;
}

static int read_tzif(struct dp_zone *z, struct rt_str tzif)
{
    struct rt_reader r = rt_reader(tzif.p, tzif.n);
    struct header h;

    if (!read_header(&r, &h) || h.version < '2')
        return EBADMSG;
    rt_read_bytes(&r, h.time * 5u + h.type * 6u + h.chars + h.leap * 8u + h.isstd + h.isutc);
    if (!read_header(&r, &h))
        return EBADMSG;
    int err = read_block(z, &r, &h);
    return err != 0 ? err : read_footer(z, &r);
}

int dp_zone_parse(struct dp_zone **out, const char *name, struct rt_str tzif)
{
    struct dp_zone *z = new_zone(name);

    if (!z)
        return ENOMEM;
    int err = read_tzif(z, tzif);
    if (err != 0) {
        dp_zone_free(z);
        return err;
    }
    drop_idle_changes(z);
    *out = z;
    return 0;
}

/** The name becomes part of a path. */
static bool is_name(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++) {
        bool letter = (name[i] | 32) >= 'a' && (name[i] | 32) <= 'z';
        if (!letter && !(name[i] >= '0' && name[i] <= '9') && !strchr("_+-/", name[i]))
            return false;
    }
    return n > 0 && n <= NAME_MAX_CHARS && name[0] != '/';
}

int dp_zone_load(struct dp_zone **out, const char *name)
{
    char path[sizeof DP_ZONE_FOLDER + NAME_MAX_CHARS];
    struct rt_buf text = {0};

    if (strcmp(name, "UTC") == 0)
        return dp_zone_make(out, name, 0, NULL, 0);
    if (!is_name(name))
        return ENOENT;
    RT_JOIN(path, sizeof path, rt_str(DP_ZONE_FOLDER), rt_str(name));
    int err = rt_file_read(&text, path, FILE_MAX_OCTETS);
    if (err == 0)
        err = text.failed ? ENOMEM : dp_zone_parse(out, name, rt_buf_str(&text));
    rt_buf_release(&text);
    return err == EISDIR || err == ENOTDIR ? ENOENT : err;
}

/* ---- asking ---- */

/** How many changes are at `utc` or before. */
static size_t changes_until(const struct dp_zone *z, int64_t utc)
{
    size_t low = 0, high = z ? z->n : 0;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->change[mid].utc <= utc)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int32_t offset_after(const struct dp_zone *z, size_t changes)
{
    return !z ? 0 : changes > 0 ? z->change[changes - 1].offset : z->before;
}

int32_t dp_zone_offset(const struct dp_zone *z, int64_t utc)
{
    return offset_after(z, changes_until(z, utc));
}

int64_t dp_zone_next(const struct dp_zone *z, int64_t utc)
{
    size_t i = changes_until(z, utc);

    return z && i < z->n ? z->change[i].utc : DP_NEVER;
}

int64_t dp_zone_utc(const struct dp_zone *z, int64_t local)
{
    size_t i = changes_until(z, local - 2 * OFFSET_MAX);

    for (;; i++) {
        int64_t utc = local - offset_after(z, i);
        if (!z || i == z->n || utc < z->change[i].utc)
            return utc; /* what the next change would make of it is later */
        if (local - z->change[i].offset < z->change[i].utc)
            return utc; /* left out: read with the offset before */
    }
}
