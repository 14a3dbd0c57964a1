/* Routing yesterday's calls again, and the sums of what is different. */
#include "gw/replay.h"
#include "dialplan/key.h"
#include "dialplan/schedule.h"
#include "gw/route.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

/** Rows of a table that are shown. */
#define ROWS_SHOWN 20
/** Digits that make a destination. */
#define DESTINATION 6

/** Something counted: "pri -> voipco", "+44207", a deck's name. */
struct count {
    UT_hash_handle hh;
    uint64_t n;
    uint64_t calls[2]; /**< of a deck, before and after */
    int64_t cost[2];
    char key[];
};

/** A trunk of the plan by its name, and the deck that it is paid by. */
struct known {
    UT_hash_handle hh;
    const struct gw_trunk *trunk;
    const struct gw_deck *deck;
};

/** A call whose first attempt was seen and whose record is to come. */
struct first {
    UT_hash_handle hh;
    struct rt_str to;
    char id[]; /* NUL-terminated */
};

struct replay {
    const struct gw_plan *plan;
    struct rt_buf *out;
    bool list, failed;
    struct known *known, *room;
    struct first *firsts;
    struct count *ways, *destinations, *decks;
    uint64_t calls, different, strange;
    struct rt_str day; /**< the minute that `minute` is, as text */
    int64_t minute;
};

/* ---- counting ---- */

static struct count *counter(struct replay *r, struct count **all, struct rt_str key)
{
    struct count *c = NULL;

    HASH_FIND(hh, *all, key.p, key.n, c);
    if (c)
        return c;
    c = calloc(1, sizeof *c + key.n + 1);
    if (!c) {
        r->failed = true;
        return NULL;
    }
    memcpy(c->key, key.p, key.n);
    HASH_ADD_KEYPTR(hh, *all, c->key, key.n, c);
    return c;
}

static void count(struct replay *r, struct count **all, struct rt_str key)
{
    struct count *c = counter(r, all, key);

    if (c)
        c->n++;
}

static void free_counts(struct count **all)
{
    struct count *c, *next;

    for (c = *all; c; c = next) {
        next = c->hh.next;
        HASH_DELETE(hh, *all, c);
        free(c);
    }
}

/* ---- the plan ---- */

/** The deck that a trunk's calls are paid by: that of the first offer for it. */
static const struct gw_deck *deck_of(const struct gw_plan *p, const struct gw_trunk *t)
{
    for (unsigned i = 0; i < p->dial.nlcrs; i++)
        for (unsigned k = 0; k < p->dial.lcrs[i].noffers; k++) {
            const struct gw_offer *o = &p->dial.lcrs[i].offer[k];
            if (o->trunk == t || (o->group && o->group == t->group))
                return o->deck;
        }
    return NULL;
}

static bool know_trunks(struct replay *r)
{
    r->room = calloc(r->plan->ntrunks + 1, sizeof *r->room);
    for (unsigned i = 0; r->room && i < r->plan->ntrunks; i++) {
        struct known *k = &r->room[i];
        k->trunk = &r->plan->trunks[i];
        k->deck = deck_of(r->plan, k->trunk);
        HASH_ADD_KEYPTR(hh, r->known, k->trunk->name, strlen(k->trunk->name), k);
    }
    return r->room != NULL;
}

static const struct known *find(const struct replay *r, struct rt_str name)
{
    struct known *k = NULL;

    if (name.n > 0)
        HASH_FIND(hh, r->known, name.p, name.n, k);
    return k;
}

/* ---- attempts before their call ---- */

static void keep_first(struct replay *r, const struct gw_replay_record *rec)
{
    struct rt_str id = rec->field[GW_REPLAY_CALL_ID];
    struct first *f = calloc(1, sizeof *f + id.n + 1);

    if (!f) {
        r->failed = true;
        return;
    }
    memcpy(f->id, id.p, id.n);
    f->to = rec->field[GW_REPLAY_TO];
    HASH_ADD_KEYPTR(hh, r->firsts, f->id, id.n, f);
}

/** The trunk that a call tried first. */
static struct rt_str take_first(struct replay *r, const struct gw_replay_record *rec)
{
    struct rt_str id = rec->field[GW_REPLAY_CALL_ID], to = rec->field[GW_REPLAY_TO];
    struct first *f = NULL;

    if (r->firsts && id.n > 0)
        HASH_FIND(hh, r->firsts, id.p, id.n, f);
    if (!f)
        return to;
    to = f->to;
    HASH_DELETE(hh, r->firsts, f);
    free(f);
    return to;
}

static void free_firsts(struct replay *r)
{
    struct first *f, *next;

    for (f = r->firsts; f; f = next) {
        next = f->hh.next;
        HASH_DELETE(hh, r->firsts, f);
        free(f);
    }
}

/* ---- one call ---- */

/** `2026-03-01T08:00:00.123Z`: the minute is enough for any plan, and the same for many calls. */
static int64_t time_of(struct replay *r, struct rt_str text)
{
    char minute[32];
    const char *why;

    if (text.n < 16)
        return 0;
    if (r->day.n == 16 && memcmp(r->day.p, text.p, 16) == 0)
        return r->minute;
    RT_JOIN(minute, sizeof minute, (struct rt_str){text.p, 16}, rt_str(":00Z"));
    if (dp_time_parse(minute, NULL, &r->minute, &why) != 0)
        return 0;
    r->day = (struct rt_str){text.p, 16};
    return r->minute;
}

/** The hop that is tried first. ENUM is not asked: it has no answer, as for most numbers. NULL:
 * none. */
static const struct gw_hop *first_hop(const struct gw_decision *d)
{
    for (unsigned i = 0; i < d->nhops; i++)
        if (!d->hop[i].ask)
            return &d->hop[i];
    return NULL;
}

/** Whether the decision tries first what was tried first then. */
static bool same(const struct gw_decision *d, const struct known *before, struct rt_str name)
{
    const struct gw_hop *first = first_hop(d);

    if (name.n == 0)
        return !first;
    for (unsigned i = 0; before && i < d->nhops; i++) {
        const struct gw_hop *hop = &d->hop[i];
        const struct gw_trunk *t = hop->trunk;
        bool counts = hop == first || hop->ask || (d->choice && d->choice->weighted);
        if (counts && (t == before->trunk || (t->group && t->group == before->trunk->group)))
            return true;
    }
    return false;
}

static void add_cost(struct replay *r, const struct known *way, const struct gw_decision *d,
                     struct rt_str talk, unsigned after)
{
    struct dp_rate rate;
    uint64_t ms = 0;

    if (!way || !way->deck || !way->deck->deck ||
        !dp_deck_find(way->deck->deck, dp_key_of(d->key.digits), &rate))
        return;
    rt_str_u64(&ms, talk, UINT32_MAX);
    struct count *c = counter(r, &r->decks, rt_str(way->deck->name));
    if (!c)
        return;
    c->n++;
    c->calls[after]++;
    c->cost[after] += dp_rate_cost(&rate, (uint32_t)((ms + 999) / 1000));
}

/** Where the call goes now: "voipco", "cause 21". */
static void now_text(char out[GW_NAME_LEN + 16], const struct gw_decision *d)
{
    const struct gw_hop *first = first_hop(d);
    char digits[RT_DECIMAL_LEN];

    if (first)
        rt_str_copy(out, GW_NAME_LEN, rt_str(first->trunk->name));
    else
        RT_JOIN(out, GW_NAME_LEN + 16, rt_str("cause "), rt_decimal(digits, d->cause));
}

static void differs(struct replay *r, const struct gw_replay_record *rec,
                    const struct gw_decision *d, struct rt_str before)
{
    char key[2 * GW_NAME_LEN + 32], now[GW_NAME_LEN + 16], called[DP_TEXT_LEN];
    const struct rt_str *f = rec->field;

    r->different++;
    now_text(now, d);
    RT_JOIN(key, sizeof key, before.n > 0 ? before : rt_str("refused"), rt_str(" -> "),
            rt_str(now));
    count(r, &r->ways, rt_str(key));
    dp_text(called, &d->called);
    size_t digits = strlen(called), most = DESTINATION + (called[0] == '+');
    count(r, &r->destinations, (struct rt_str){called, digits < most ? digits : most});
    if (!r->list)
        return;
    rt_buf_printf(r->out, "%.*s %.*s %s: %s", RT_STR(f[GW_REPLAY_START]), RT_STR(f[GW_REPLAY_FROM]),
                  called, key);
    if (d->route && d->route->pos.file)
        rt_buf_printf(r->out, "  %s:%u", d->route->pos.file, d->route->pos.line);
    rt_buf_puts(r->out, "\n");
}

static bool query_of(struct replay *r, struct gw_route_query *q, const struct gw_replay_record *rec)
{
    const struct rt_str *f = rec->field;
    const struct known *from = find(r, f[GW_REPLAY_FROM]);

    *q = (struct gw_route_query){.from = from ? from->trunk : NULL};
    if (!from || dp_number_parse(&q->called, f[GW_REPLAY_CALLED]) != 0)
        return false;
    if (f[GW_REPLAY_CALLER].n > 0)
        (void)dp_number_parse(&q->calling, f[GW_REPLAY_CALLER]); /* what is none is none here too */
    if (rt_str_eq(f[GW_REPLAY_PRESENTATION], "restricted"))
        q->calling.present = DP_RESTRICTED;
    (void)gw_bearer_parse(&q->bearer, f[GW_REPLAY_BEARER]);
    q->when = time_of(r, f[GW_REPLAY_START]);
    return true;
}

static void replay_one(void *arg, const struct gw_replay_record *rec)
{
    struct replay *r = arg;
    struct rt_str attempt = rec->field[GW_REPLAY_ATTEMPT];
    struct gw_route_query q;
    struct gw_decision d;

    if (attempt.n > 0 && !rt_str_eq(attempt, "0")) {
        if (rt_str_eq(attempt, "1"))
            keep_first(r, rec);
        return;
    }
    struct rt_str name = take_first(r, rec);
    if (!query_of(r, &q, rec)) {
        r->strange++;
        return;
    }
    gw_route(&d, r->plan, &q, NULL);
    const struct known *before = find(r, name);
    r->calls++;
    add_cost(r, before, &d, rec->field[GW_REPLAY_TALK_MS], 0);
    if (same(&d, before, name)) {
        add_cost(r, before, &d, rec->field[GW_REPLAY_TALK_MS], 1);
        return;
    }
    const struct gw_hop *first = first_hop(&d);
    if (first)
        add_cost(r, find(r, rt_str(first->trunk->name)), &d, rec->field[GW_REPLAY_TALK_MS], 1);
    differs(r, rec, &d, name);
}

/* ---- what came of it ---- */

static int by_count(const struct count *a, const struct count *b)
{
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return strcmp(a->key, b->key);
}

static void print_counts(struct rt_buf *out, struct count **all, const char *title)
{
    unsigned shown = 0;

    if (!*all)
        return;
    HASH_SORT(*all, by_count);
    rt_buf_printf(out, "\n%s\n", title);
    for (const struct count *c = *all; c && shown < ROWS_SHOWN; c = c->hh.next, shown++)
        rt_buf_printf(out, "  %-40s %llu\n", c->key, (unsigned long long)c->n);
    if (HASH_COUNT(*all) > ROWS_SHOWN)
        rt_buf_printf(out, "  and %u more\n", HASH_COUNT(*all) - ROWS_SHOWN);
}

static void money(char out[32], int64_t micro)
{
    uint64_t cents = (uint64_t)(micro + 5000) / 10000;
    char whole[RT_DECIMAL_LEN], part[2] = {(char)('0' + cents / 10 % 10), (char)('0' + cents % 10)};

    RT_JOIN(out, 32, rt_decimal(whole, cents / 100), rt_str("."), (struct rt_str){part, 2});
}

static void print_decks(struct replay *r)
{
    char cost[2][32];
    int64_t sum[2] = {0, 0};

    if (!r->decks)
        return;
    HASH_SORT(r->decks, by_count);
    rt_buf_printf(r->out, "\n%-20s %12s %14s %12s %14s\n", "cost by deck", "calls before",
                  "cost before", "calls after", "cost after");
    for (const struct count *c = r->decks; c; c = c->hh.next) {
        for (unsigned k = 0; k < 2; k++) {
            money(cost[k], c->cost[k]);
            sum[k] += c->cost[k];
        }
        rt_buf_printf(r->out, "  %-18s %12llu %14s %12llu %14s\n", c->key,
                      (unsigned long long)c->calls[0], cost[0], (unsigned long long)c->calls[1],
                      cost[1]);
    }
    money(cost[0], sum[0]);
    money(cost[1], sum[1]);
    rt_buf_printf(r->out, "  %-18s %12s %14s %12s %14s\n", "all", "", cost[0], "", cost[1]);
}

static void print(struct replay *r, uint64_t bad)
{
    rt_buf_printf(r->out, "%llu of %llu calls would route differently\n",
                  (unsigned long long)r->different, (unsigned long long)r->calls);
    if (r->strange > 0)
        rt_buf_printf(r->out, "left out, of no trunk of this plan or without a number: %llu\n",
                      (unsigned long long)r->strange);
    if (bad > 0)
        rt_buf_printf(r->out, "lines that are no records: %llu\n", (unsigned long long)bad);
    print_counts(r->out, &r->ways, "from -> to");
    print_decks(r);
    print_counts(r->out, &r->destinations, "destinations");
}

int gw_replay(struct rt_buf *out, const struct gw_plan *plan, const char *path, bool list)
{
    struct replay r = {.plan = plan, .out = out, .list = list};
    struct rt_map *map = NULL;
    uint64_t bad = 0;
    int err = rt_map_file(&map, path);

    if (err != 0)
        return err;
    const char *text = rt_map_data(map);
    err = know_trunks(&r) ? gw_replay_read((struct rt_str){text ? text : "", rt_map_size(map)},
                                           replay_one, &r, &bad)
                          : ENOMEM;
    if (err == 0)
        print(&r, bad);
    if (r.failed || out->failed)
        err = ENOMEM;
    HASH_CLEAR(hh, r.known);
    free(r.room);
    free_firsts(&r);
    free_counts(&r.ways);
    free_counts(&r.destinations);
    free_counts(&r.decks);
    rt_map_free(map);
    return err;
}
