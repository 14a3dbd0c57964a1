/* What the tests of limits share: a store of them, a clock that somebody may set, and calls. */
#ifndef TEST_UNIT_LIMITS_RIG_H
#define TEST_UNIT_LIMITS_RIG_H

#include "gw/limits.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EUR  RT_S
#define MIN  (60 * RT_S)
#define HOUR (60 * MIN)
#define DAY0 20000 /* 2024-10-04 */

static struct gw_limits *store;
static struct gw_limit_clock at;
static unsigned events[4];
static char last_text[256], last_notify[64];

static inline void hear(void *arg, const struct gw_limit_event *e)
{
    (void)arg;
    events[e->kind]++;
    rt_str_copy(last_text, sizeof(last_text), rt_str(e->text));
    rt_str_copy(last_notify, sizeof(last_notify), rt_str(e->notify));
}

/** By how much somebody has set the wall clock. */
static rt_time wall_set;

static inline void window(enum gw_limit_window w, rt_time into, rt_time length)
{
    at.window[w].into = into;
    at.window[w].left = length - into;
}

/** `t` after midnight of DAY0, UTC, and what was set. */
static inline void go(rt_time t)
{
    rt_time day = 24 * HOUR, wall = DAY0 * day + t + wall_set;

    at.now = 7 * HOUR + t;
    at.wall = wall / RT_S;
    window(GW_WINDOW_HOUR, wall % HOUR, HOUR);
    window(GW_WINDOW_DAY, wall % day, day);
    window(GW_WINDOW_MONTH, wall - (DAY0 - 3) * day, 31 * day);
}

static inline void setup(void)
{
    memset(events, 0, sizeof(events));
    last_text[0] = last_notify[0] = '\0';
    ck_assert_int_eq(gw_limits_new(&store), 0);
    gw_limits_listen(store, hear, NULL);
    wall_set = 0;
    go(0);
}

static inline void teardown(void)
{
    gw_limits_free(store);
}

static inline struct gw_limit_scope *scope_of(enum gw_scope_kind kind, const char *name,
                                              const struct gw_limit *rules, unsigned n)
{
    struct gw_limit_scope *s = NULL;

    ck_assert_int_eq(gw_limits_scope(&s, store, kind, name, rules, n), 0);
    return s;
}

static struct gw_limit_verdict v;

static inline struct gw_limit_token *take_call(const struct gw_limit_use *u, unsigned n,
                                               struct gw_limit_call call)
{
    struct gw_limit_token *t = NULL;
    struct gw_limit_verdict dry;
    bool would = gw_limits_check(u, n, &call, &at, &dry);
    int err = gw_limits_take(u, n, &call, &at, &v, &t);

    ck_assert_int_eq(err, would ? 0 : EBUSY);
    ck_assert_str_eq(dry.text, v.text);
    ck_assert(v.refused == (err != 0));
    return t;
}

static inline struct gw_limit_token *take(const struct gw_limit_use *u, unsigned n)
{
    return take_call(u, n, (struct gw_limit_call){0});
}

static inline void give(struct gw_limit_token *t)
{
    ck_assert_ptr_nonnull(t);
    gw_limits_release(t, -1, &at);
}

static struct gw_limit_state states[16];
static unsigned nstates;

static inline void keep(void *arg, const struct gw_limit_state *s)
{
    (void)arg;
    states[nstates++] = *s;
}

static inline struct gw_limit_state state(unsigned i)
{
    nstates = 0;
    gw_limits_each(store, &at, keep, NULL);
    ck_assert_uint_lt(i, nstates);
    return states[i];
}

static const struct gw_limit ten_calls = {
    .kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 10};
static const struct gw_limit three_cps = {
    .kind = GW_LIMIT_CPS, .window = GW_WINDOW_NONE, .value = 3000};
static const struct gw_limit minutes = {
    .kind = GW_LIMIT_MINUTES, .window = GW_WINDOW_DAY, .value = 120 * MIN, .set = "international"};
static const struct gw_limit money = {
    .kind = GW_LIMIT_MONEY, .window = GW_WINDOW_DAY, .value = 30 * EUR, .unit = "EUR"};
static const struct gw_limit fraud = {
    .kind = GW_LIMIT_MONEY,
    .window = GW_WINDOW_DAY,
    .value = 30 * EUR,
    .unit = "EUR",
    .block = {.period = 12 * HOUR, .set = "international", .notify = "ops@mueller.example"}};

/** A call of that cost, over at once. */
static inline void spend(const struct gw_limit_use *u, int64_t micro)
{
    struct gw_limit_token *t = take(u, 1);

    ck_assert_ptr_nonnull(t);
    gw_limits_answered(t, &at);
    gw_limits_release(t, micro, &at);
}

#endif
