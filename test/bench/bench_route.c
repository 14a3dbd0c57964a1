/* The whole decision where a call goes, as a carrier's plan makes it: numbers, class with lists of
 * a hundred thousand, limits, ten million ported numbers, a thousand rows, carriers by price and
 * quality from twenty decks of half a million prefixes, and the numbers in each hop's form.
 *
 * Calls are all different, so that caches are as cold as they are in service. Each decision is
 * timed alone (CLOCK_MONOTONIC: what else the machine does at that time is in the tail). Beside it,
 * in the same run: nothing, a copy of the decision, and the decision of a plan of two trunks. Then
 * how long a plan takes to load, in CPU time.
 *
 * usage: bench_route [DECKS [FOLDER]]      one JSON line each
 */
#include "dialplan/key.h"
#include "dialplan/ported.h"
#include "gw/gw.h"
#include "gw/performance.h"
#include "gw/quota.h"
#include "gw/route.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DECKS_MAX   20
#define DECK_ROWS   500000
#define LIST_ROWS   100000
#define PORTED_ROWS 10000000
#define CUSTOMERS   50
#define ROWS        1000
#define CALLS       200000
#define LEGS        2000 /* of a thousand calls that are up */
#define NOW         1767225600

static char folder[200] = "/tmp/bench_route.XXXXXX";
static unsigned decks = DECKS_MAX;
static uint64_t seed = 1;
static struct gw gw;
static struct gw_decision decision, copy;
static uint32_t ns[CALLS];

static void need(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "bench_route: %s: %s\n", what, strerror(err));
    exit(1);
}

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((seed >> 32) * n >> 32);
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- tables ---- */

/** The first `n` digits of a number: 45 % North America, the rest all over the world. */
static void draw(char out[20], unsigned n)
{
    if (below(100) < 45)
        snprintf(out, 20, "1%u%02u%u%06u", 2 + below(8), below(100), 2 + below(8), below(1000000));
    else
        snprintf(out, 20, "%u%03u%07u", 30 + below(69), below(1000), below(10000000));
    out[n < 11 ? n : 11] = '\0';
}

static FILE *create(const char *name, unsigned i)
{
    char path[260];

    snprintf(path, sizeof path, "%s/%s%u.csv", folder, name, i);
    FILE *f = fopen(path, "w");
    need(f ? 0 : errno, path);
    return f;
}

static void write_deck(unsigned i)
{
    FILE *f = create("deck", i);
    char digits[20];

    for (unsigned c = 1; c <= 99; c++) /* every country, so that each carrier has an offer */
        fprintf(f, "%u,0.%05u\n", c, 1000 + below(5000));
    for (unsigned n = 0; n < DECK_ROWS; n++) {
        draw(digits, 5 + below(4));
        fprintf(f, "%s,0.%05u\n", digits, below(5000));
    }
    fclose(f);
}

static void write_list(unsigned i)
{
    FILE *f = create("list", i);
    char digits[20];

    for (unsigned n = 0; n < LIST_ROWS; n++) {
        draw(digits, 10);
        fprintf(f, "%s\n", digits);
    }
    fclose(f);
}

/** The i-th ported number. */
static uint64_t ported(uint64_t i)
{
    return 12000000000 + i * 800 + (i * UINT64_C(0x9e3779b97f4a7c15) >> 32) % 800;
}

static void write_ported(void)
{
    char path[260], number[RT_DECIMAL_LEN], routing[RT_DECIMAL_LEN];
    struct dp_ported_builder *b;
    struct dp_ported_report report;
    const char *why;

    snprintf(path, sizeof path, "%s/npac.tdb", folder);
    int err = dp_ported_builder_new(&b, path, NULL);
    for (uint64_t i = 0; err == 0 && i < PORTED_ROWS; i++)
        err = dp_ported_builder_add(b, rt_decimal(number, ported(i)),
                                    rt_decimal(routing, 12000000000 + below(20000) * 400000), &why);
    if (err == 0)
        err = dp_ported_builder_finish(b, &report);
    need(err, path);
    dp_ported_builder_free(b);
}

/* ---- plans ---- */

static void put_carriers(struct rt_buf *out)
{
    for (unsigned i = 0; i < decks; i++) {
        rt_buf_printf(out,
                      "trunk c%u { sip sip:10.1.0.%u\nlimit 900 calls, 500 cps }\n"
                      "deck d%u { csv %s/deck%u.csv\ncolumns prefix, rate }\n",
                      i, i + 1, i, folder, i);
    }
    rt_buf_printf(out, "group alpha {\ntrunks c0, c1\nhunt least-busy trunk\nnumbers "
                       "isup-national\nlimit 1800 calls, 900 cps\nreserve 4 channels for "
                       "emergency\n}\n");
    rt_buf_printf(out, "lcr wholesale {\n");
    for (unsigned i = 0; i < decks; i++)
        rt_buf_printf(out, "offer d%u via %s%.0u\n", i, i == 0 ? "alpha" : "c", i);
    rt_buf_printf(out, "order cost, then quality\nmargin 5%%\n"
                       "quality window 15min, samples 30, per destination\n"
                       "demote asr < 35%%, acd < 45s, pdd > 8s\ntries 3\n}\n");
}

static void put_customers(struct rt_buf *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rt_buf_printf(out,
                      "trunk t%u { sip sip:10.%u.%u.1\nlimit 200 calls, 50 cps }\n"
                      "customer u%u { trunks t%u\ndeck retail\nclass wholesale\n"
                      "limit 100 calls, 40 cps, 90000 EUR/day, 100000 min/day international }\n",
                      i, 2 + i / 250, i % 250, i, i);
}

static void put_tables(struct rt_buf *out)
{
    rt_buf_printf(out,
                  "lnp npac { table %s/npac.tdb\nfor +1*\nskip npdi\ntrust customers\n"
                  "on-miss mark npdi\non-error route undipped, count lnp_errors }\n",
                  folder);
    for (unsigned i = 0; i < 2; i++)
        rt_buf_printf(out, "list %s { csv %s/list%u.csv\ncolumns prefix }\n",
                      i == 0 ? "irsf" : "dno", folder, i);
    rt_buf_printf(out, "deck retail { csv %s/retail0.csv\ncolumns prefix, rate }\n", folder);
    rt_buf_printf(out, "time peak { weekly mon-fri 14:00-23:00 }\n"
                       "class wholesale {\ndeny called in irsf reject 21 \"IRSF\"\n"
                       "deny caller in dno reject 21 \"DNO\"\ndeny called premium\n"
                       "limit 9000 calls, 500 cps\nlimit per customer\nloop hops 5 }\n"
                       "emergency { numbers 911, 933\nsend c0 }\n");
}

/** Area codes and countries in turn, every tenth with a condition. */
static void put_rows(struct rt_buf *out, unsigned n, const char *to)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned more = i / 1600; /* beyond that: longer ones */
        char digits[20];
        snprintf(digits, sizeof digits, i % 2 ? "1%03u" : "%03u", 200 + i / 2 % 800);
        rt_buf_printf(out, "+%s", digits);
        if (more > 0)
            rt_buf_printf(out, "%u", more);
        rt_buf_printf(out, i % 10 ? "* -> %s\n" : "* {\nwhen time peak -> %s\notherwise -> %s\n}\n",
                      to, to);
    }
    rt_buf_printf(out, "* -> %s\n", to);
}

static void put_routes(struct rt_buf *out, unsigned customers, unsigned rows, const char *to)
{
    for (unsigned first = 0; first < customers; first += 250) {
        rt_buf_puts(out, "routes from t");
        for (unsigned i = first; i < customers && i < first + 250; i++)
            rt_buf_printf(out, i > first ? ", t%u" : "%u", i);
        rt_buf_puts(out, " {\n");
        put_rows(out, first == 0 ? rows : 10, to);
        rt_buf_puts(out, "}\n");
    }
}

static struct gw_plan *plan_of(struct rt_buf *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    int err = text->failed ? ENOMEM : gw_plan_parse(&p, "bench.conf", rt_buf_str(text), &diag);

    if (err != 0)
        fprintf(stderr, "%.*s\n", RT_STR(rt_buf_str(&diag.text)));
    need(err, "plan");
    conf_diag_release(&diag);
    rt_buf_release(text);
    return p;
}

static const char head[] = "version 1\nsite fra1 {\ndialling us\nzone UTC\n}\n";

static struct gw_plan *carrier_plan(unsigned customers, unsigned rows)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, head);
    rt_buf_printf(&text, "cache %s/cache\n", folder);
    put_tables(&text);
    put_carriers(&text);
    put_customers(&text, customers);
    put_routes(&text, customers, rows, "lcr wholesale");
    return plan_of(&text);
}

static struct gw_plan *small_plan(unsigned rows)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, head);
    rt_buf_puts(&text, "trunk t0 { sip sip:10.2.0.1 }\ntrunk c0 { sip sip:10.1.0.1 }\n"
                       "time peak { weekly mon-fri 14:00-23:00 }\n");
    put_routes(&text, 1, rows, "c0");
    return plan_of(&text);
}

/* ---- a gateway that is busy ---- */

static struct gw_leg *legs;

static void start(struct gw_plan *p)
{
    gw.plan = p;
    need(gw_limits_new(&gw.limits), "limits");
    need(gw_quota_tie(p, gw.limits), "limits");
    need(gw_performance_new(&gw.performance, 0, 0), "quality");
    need(gw_upkeep_start(&gw), "upkeep");
    gw.turns = calloc(p->dial.ngroups + 1, sizeof *gw.turns);
    legs = calloc(LEGS, sizeof *legs);
    need(gw.turns && legs ? 0 : ENOMEM, "legs");
    for (unsigned i = 0; i < LEGS; i++) {
        legs[i].trunk = &p->trunks[below(p->ntrunks)];
        legs[i].plan = p;
        legs[i].next = i + 1 < LEGS ? &legs[i + 1] : NULL;
    }
    gw.legs = legs;
}

/** What carriers did in the last minutes: as many pairs as are kept. */
static void note_quality(const struct gw_plan *p)
{
    const struct gw_lcr *l = &p->dial.lcrs[0];
    struct dp_number n = {.e164 = true};

    for (unsigned i = 0; i < GW_PERFORMANCE_MAX / l->noffers; i++) {
        draw(n.digits, 11);
        for (unsigned k = 0; k < l->noffers; k++) {
            struct gw_performance_trunk *t = gw_performance_trunk(gw.performance, l->offer[k].via);
            for (unsigned call = 0; call < 35; call++) {
                bool answered = below(100) < 50;
                struct gw_performance_event e = {.what = GW_PERFORMANCE_ENDED,
                                                 .ms = 60000,
                                                 .cause = answered ? 16 : 17,
                                                 .seized = true,
                                                 .answered = answered};
                gw_performance_note(gw.performance, t, gw_route_destination(l, &n), &e, rt_now());
            }
        }
    }
}

static void stop(struct gw_plan *p)
{
    gw.legs = NULL;
    free(legs);
    free(gw.turns);
    gw_upkeep_stop(&gw);
    gw_performance_free(gw.performance);
    gw_plan_unref(p);
    gw_limits_free(gw.limits);
}

/* ---- measurement ---- */

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void say(const char *what, uint64_t cpu, double hops)
{
    qsort(ns, CALLS, sizeof *ns, by_value);
    printf("{\"bench\": \"route\", \"what\": \"%s\", \"cpu_us\": %.2f, \"p50_us\": %.2f, "
           "\"p99_us\": %.2f, \"p99.9_us\": %.2f, \"hops\": %.2f}\n",
           what, (double)cpu / CALLS / 1000, ns[CALLS / 2] / 1e3, ns[CALLS / 100 * 99] / 1e3,
           ns[CALLS / 1000 * 999] / 1e3, hops / CALLS);
    fflush(stdout);
}

/** Calls from every customer in turn; one of eight goes to a ported number. */
static void draw_call(struct gw_route_query *q, const struct gw_plan *p, unsigned i)
{
    char digits[20], number[RT_DECIMAL_LEN];

    draw(digits, 11);
    if (below(8) == 0)
        rt_str_copy(q->called.digits, sizeof q->called.digits,
                    rt_decimal(number, ported(below(PORTED_ROWS))));
    else
        rt_str_copy(q->called.digits, sizeof q->called.digits, rt_str(digits));
    snprintf(q->calling.digits, sizeof q->calling.digits, "1212555%04u", below(10000));
    q->from =
        p->dial.ncustomers > 0 ? p->dial.customers[i % p->dial.ncustomers].trunk[0] : &p->trunks[0];
}

static void nothing(const struct gw_plan *p, const struct gw_route_query *q)
{
    (void)p;
    (void)q;
}

static void copy_decision(const struct gw_plan *p, const struct gw_route_query *q)
{
    (void)p;
    (void)q;
    memcpy(&copy, &decision, sizeof copy);
    __asm__ volatile("" : : "r"(&copy) : "memory");
}

static void decide(const struct gw_plan *p, const struct gw_route_query *q)
{
    gw_route(&decision, p, q, NULL);
}

static void measure(const char *what, const struct gw_plan *p, const struct gw *of,
                    void (*turn)(const struct gw_plan *p, const struct gw_route_query *q))
{
    struct gw_route_query q = {.gw = of, .call = true, .when = NOW, .called = {.e164 = true}};
    uint64_t cpu = 0, hops = 0;

    q.calling.e164 = true;
    for (unsigned i = 0; i < CALLS; i++) {
        draw_call(&q, p, i);
        uint64_t thread = i % 100 == 0 ? clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
        uint64_t begin = clock_ns(CLOCK_MONOTONIC);
        turn(p, &q);
        uint64_t took = clock_ns(CLOCK_MONOTONIC) - begin;
        if (thread > 0)
            cpu += 100 * (clock_ns(CLOCK_THREAD_CPUTIME_ID) - thread);
        ns[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
        hops += decision.nhops;
    }
    say(what, cpu, (double)hops);
}

static struct gw_plan *loading(const char *what, struct gw_plan *(*load)(unsigned n, unsigned rows),
                               unsigned n, unsigned rows)
{
    uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct gw_plan *p = load(n, rows);
    uint64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;

    printf("{\"bench\": \"plan\", \"what\": \"%s\", \"cpu_ms\": %.1f, \"trunks\": %u, "
           "\"customers\": %u, \"rows\": %u}\n",
           what, (double)took / 1e6, p->ntrunks, p->dial.ncustomers, p->dial.nrows);
    fflush(stdout);
    return p;
}

/** Trunks, customers and rows without large tables. */
static struct gw_plan *lean_plan(unsigned customers, unsigned rows)
{
    struct rt_buf text = {0};

    rt_buf_puts(&text, head);
    rt_buf_printf(&text,
                  "trunk c0 { sip sip:10.1.0.1 }\ndeck retail { csv %s/retail0.csv\n"
                  "columns prefix, rate }\nclass wholesale { deny called premium }\n"
                  "time peak { weekly mon-fri 14:00-23:00 }\n",
                  folder);
    put_customers(&text, customers);
    put_routes(&text, customers, rows, "c0");
    return plan_of(&text);
}

static int wipe(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/** Which trunk an INVITE comes by, asked in the same way: all trunks have an address. */
static void accept_call(const struct gw_plan *p, const struct gw_route_query *q)
{
    static unsigned turn;
    union rt_addr from;
    char text[24];

    (void)q;
    turn = (turn + 7919) % p->dial.ncustomers;
    snprintf(text, sizeof text, "10.%u.%u.1", 2 + turn / 250, turn % 250);
    need(rt_addr_parse(&from, text, strlen(text), 5060), text);
    need(gw_plan_accepts(p, &from) ? 0 : ENOENT, text);
}

static void loads(void)
{
    gw_plan_unref(loading("10 customers, 10 rows", lean_plan, 10, 10));
    gw_plan_unref(loading("10,000 rows", lean_plan, 10, 10000));
    gw_plan_unref(loading("1,000 customers", lean_plan, 1000, 10));
    struct gw_plan *p = loading("1,000 customers, 10,000 rows", lean_plan, 1000, 10000);
    measure("who calls, of 1,001 trunks", p, NULL, accept_call);
    gw_plan_unref(p);
}

static void few_rows(void)
{
    static const unsigned rows[] = {10, 1000, 10000};
    char what[40];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_plan *p = small_plan(rows[i]);
        snprintf(what, sizeof what, "two trunks, %u rows", rows[i]);
        measure(what, p, NULL, decide);
        gw_plan_unref(p);
    }
}

static void carrier(const char *what, bool floor)
{
    struct gw_plan *p = loading(what, carrier_plan, CUSTOMERS, ROWS);

    start(p);
    note_quality(p);
    if (floor) {
        measure("nothing", p, &gw, nothing);
        measure("copy of the decision", p, &gw, copy_decision);
    }
    measure(what, p, &gw, decide);
    stop(p);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        decks = (unsigned)atoi(argv[1]);
    if (argc > 2)
        snprintf(folder, sizeof folder, "%s/bench_route.XXXXXX", argv[2]);
    if (decks < 2 || decks > DECKS_MAX)
        return 2;
    need(mkdtemp(folder) ? 0 : errno, folder);
    FILE *retail = create("retail", 0);
    for (unsigned c = 1; c <= 99; c++)
        fprintf(retail, "%u,0.09\n", c);
    fclose(retail);
    loads();
    for (unsigned i = 0; i < decks; i++)
        write_deck(i);
    write_list(0);
    write_list(1);
    write_ported();
    few_rows();
    carrier("carrier", true);
    carrier("carrier, tables from the cache", false);
    nftw(folder, wipe, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
