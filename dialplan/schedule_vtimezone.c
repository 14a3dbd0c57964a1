/* TZID: a zone of the tz database, or the VTIMEZONE that the file brings along (RFC 5545 3.6.5). */
#include "dialplan/schedule_ics.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define ZONES_MAX   64
#define CHANGES_MAX 5000

struct dp_ics_zone {
    struct rt_str tzid;
    struct dp_zone *zone;
    struct dp_ics_zone *prev, *next;
};

void dp_ics_release_zones(struct dp_ics *x)
{
    struct dp_ics_zone *z, *next;

    DL_FOREACH_SAFE(x->known, z, next)
    {
        DL_DELETE(x->known, z);
        dp_zone_free(z->zone);
        free(z);
    }
}

/* ---- a VTIMEZONE ---- */

/** STANDARD or DAYLIGHT being read, and all changes so far. */
struct observance {
    struct dp_ics *x;
    struct dp_ics_block block;
    struct dp_ics_time start;
    int64_t from, to; /* offsets before and after */
    struct dp_zone_change *change;
    size_t n, cap;
    int64_t first; /* the earliest change, and the offset before it */
    int64_t before;
};

/** +0100, -053000 */
static bool read_offset(int64_t *out, struct rt_str s)
{
    static const int64_t unit[] = {3600, 60, 1}, max[] = {23, 59, 59};
    bool west = s.n > 0 && s.p[0] == '-';
    int64_t v = 0;

    if ((s.n != 5 && s.n != 7) || (!west && s.p[0] != '+'))
        return false;
    for (size_t i = 0; 2 * i + 1 < s.n; i++) {
        uint64_t two;
        if (rt_str_u64(&two, (struct rt_str){s.p + 1 + 2 * i, 2}, (uint64_t)max[i]) != 0)
            return false;
        v += (int64_t)two * unit[i];
    }
    *out = west ? -v : v;
    return true;
}

static int add_change(void *arg, int64_t wall)
{
    struct observance *o = arg;
    int64_t utc = wall - o->from;

    if (o->n == CHANGES_MAX)
        return dp_ics_fail(o->x, o->x->line[o->block.begin - 1].line, "changes too often");
    if (o->n == o->cap) {
        size_t cap = o->cap ? 2 * o->cap : 64;
        struct dp_zone_change *more = realloc(o->change, cap * sizeof *more);
        if (!more)
            return ENOMEM;
        o->change = more;
        o->cap = cap;
    }
    if (o->n == 0 || utc < o->first) {
        o->first = utc;
        o->before = o->from;
    }
    o->change[o->n++] = (struct dp_zone_change){utc, (int32_t)o->to};
    return 0;
}

static int read_repetitions(struct observance *o)
{
    struct dp_ics *x = o->x;
    int err = add_change(o, o->start.wall);

    for (size_t i = dp_ics_own_line(x, o->block, o->block.begin); i < o->block.end && err == 0;
         i = dp_ics_own_line(x, o->block, i + 1)) {
        const struct dp_ics_line *l = &x->line[i];
        struct rt_str rest = l->value;
        if (rt_str_caseeq(l->name, "RRULE"))
            err = dp_ics_recur(x, l, &o->start, add_change, o);
        while (rt_str_caseeq(l->name, "RDATE") && rest.n > 0 && err == 0) {
            struct dp_ics_time t;
            err = dp_ics_read_time(&t, rt_str_cut(&rest, ','))
                      ? add_change(o, t.wall)
                      : dp_ics_fail(x, l->line, "has no time like 20261025T030000");
        }
    }
    return err;
}

static int read_observance(struct observance *o)
{
    struct dp_ics *x = o->x;
    unsigned line = x->line[o->block.begin - 1].line;
    const struct dp_ics_line *start = dp_ics_find(x, o->block, "DTSTART");
    const struct dp_ics_line *from = dp_ics_find(x, o->block, "TZOFFSETFROM");
    const struct dp_ics_line *to = dp_ics_find(x, o->block, "TZOFFSETTO");
    struct dp_zone *clock;

    if (!start || !from || !to)
        return dp_ics_fail(x, line, "lacks DTSTART, TZOFFSETFROM or TZOFFSETTO");
    if (!dp_ics_read_time(&o->start, start->value))
        return dp_ics_fail(x, start->line, "has no time like 20261025T030000");
    if (!read_offset(&o->from, from->value) || !read_offset(&o->to, to->value))
        return dp_ics_fail(x, from->line, "or TZOFFSETTO is not an offset like +0100");
    /* UNTIL is told in UTC, the rest on the clock that ran before the change. */
    int err = dp_zone_make(&clock, "", (int32_t)o->from, NULL, 0);
    if (err != 0)
        return err;
    o->start.fixed = true;
    o->start.zone = clock;
    err = read_repetitions(o);
    dp_zone_free(clock);
    return err;
}

static int make_zone(struct dp_ics *x, struct dp_ics_block zone, struct dp_zone **out)
{
    struct observance o = {.x = x};
    size_t i = zone.begin;
    int err = 0;

    while (i < zone.end && err == 0) {
        unsigned depth = 1;
        if (!rt_str_caseeq(x->line[i++].name, "BEGIN"))
            continue;
        o.block.begin = i;
        for (; depth > 0; i++) {
            depth += rt_str_caseeq(x->line[i].name, "BEGIN");
            depth -= rt_str_caseeq(x->line[i].name, "END");
        }
        o.block.end = i - 1;
        err = read_observance(&o);
    }
    if (err == 0)
        err = o.n > 0 ? dp_zone_make(out, "", (int32_t)o.before, o.change, o.n)
                      : dp_ics_fail(x, x->line[zone.begin - 1].line, "has no offset");
    free(o.change);
    return err;
}

/* ---- TZID ---- */

/** `Europe/Berlin`, also behind a prefix as in /freeassociation.sourceforge.net/Europe/Berlin. */
static int from_database(struct rt_str tzid, struct dp_zone **out)
{
    bool prefixed = tzid.n > 0 && tzid.p[0] == '/';
    int err;

    do {
        char name[80];
        err = rt_str_copy(name, sizeof name, tzid) ? dp_zone_load(out, name) : ENOENT;
        rt_str_cut(&tzid, '/');
    } while (err == ENOENT && prefixed && tzid.n > 0);
    return err == EBADMSG ? ENOENT : err;
}

static int from_file(struct dp_ics *x, struct rt_str tzid, struct dp_zone **out)
{
    for (size_t i = 0; i < x->zones.n; i++) {
        const struct dp_ics_line *l = dp_ics_find(x, x->zones.v[i], "TZID");
        if (l && l->value.n == tzid.n && memcmp(l->value.p, tzid.p, tzid.n) == 0)
            return make_zone(x, x->zones.v[i], out);
    }
    return ENOENT;
}

int dp_ics_zone(struct dp_ics *x, unsigned line, struct rt_str tzid, const struct dp_zone **out)
{
    struct dp_ics_zone *z;
    unsigned n = 0;

    DL_FOREACH(x->known, z)
    {
        n++;
        if (z->tzid.n == tzid.n && memcmp(z->tzid.p, tzid.p, tzid.n) == 0) {
            *out = z->zone;
            return 0;
        }
    }
    if (n == ZONES_MAX)
        return dp_ics_fail(x, line, "names one time zone too many");
    z = calloc(1, sizeof *z);
    if (!z)
        return ENOMEM;
    z->tzid = tzid;
    int err = from_database(tzid, &z->zone);
    if (err == ENOENT)
        err = from_file(x, tzid, &z->zone);
    if (err != 0) {
        free(z);
        return err == ENOENT ? dp_ics_fail(x, line, "names an unknown time zone") : err;
    }
    DL_APPEND(x->known, z);
    *out = z->zone;
    return 0;
}
