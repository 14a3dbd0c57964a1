/* A plan, and calls through it: each row is a call and what becomes of it, worked out by hand. The
 * world is the one of the plan's own tests: all trunks are up and idle but for what the row says.
 */
#ifndef TEST_UNIT_VECTORS_RIG_H
#define TEST_UNIT_VECTORS_RIG_H

#include "dialplan/schedule.h"
#include "gw/leg.h"
#include "gw/route.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/unit/zone_files.h"

#include <stdlib.h>

/** A call. Numbers are as their trunk says them; "national:", "international:" and "subscriber:"
 * before one is its type, as ISDN has it. */
struct vector {
    const char *from, *called, *caller;
    const char *at;    /**< of the site's zone; NULL: the rig's `usual` */
    const char *want;  /**< "pri national:3090, voipco +493090, reject 17": hops of one group count
                            once and have its name */
    const char *shown; /**< the caller over the first hop; NULL: does not matter */
    const char *busy, *down, *source; /**< NULL: none */
};

static struct gw_plan *plan;
static struct dp_zone *zone;
static const char *usual = "2026-03-02 10:00"; /* a Monday */

static inline void vectors_file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0600), 0);
}

/** Reads the plan; it has to be without faults. */
static inline void vectors_plan(const char *name, const char *text, const char *zone_name)
{
    struct conf_diag diag = {.errors = 0};
    int err = gw_plan_parse(&plan, name, rt_str(text), &diag);

    ck_assert_msg(err == 0, "%s", diag.text.p ? diag.text.p : "no plan");
    conf_diag_release(&diag);
    ck_assert_int_eq(dp_zone_load(&zone, zone_name), 0);
}

static inline void vectors_done(void)
{
    gw_plan_unref(plan);
    dp_zone_free(zone);
    plan = NULL;
    zone = NULL;
}

static inline struct dp_number vectors_number(const char *text)
{
    static const enum dp_ton types[] = {DP_TON_INTERNATIONAL, DP_TON_NATIONAL, DP_TON_SUBSCRIBER};
    const char *colon = text ? strchr(text, ':') : NULL;
    struct dp_number n = {.digits = "", .present = text ? DP_ALLOWED : DP_UNAVAILABLE};

    if (!text)
        return n;
    ck_assert_msg(dp_number_parse(&n, rt_str(colon ? colon + 1 : text)) == 0, "%s", text);
    for (size_t i = 0; colon && i < RT_COUNT(types); i++)
        if (strncmp(text, dp_ton_name(types[i]), (size_t)(colon - text)) == 0) {
            n.ton = types[i];
            n.npi = DP_NPI_ISDN;
        }
    return n;
}

/** The number as a row has it. */
static inline const char *vectors_text(const struct dp_number *n)
{
    static char out[2][DP_TEXT_LEN + 24];
    static unsigned turn;
    char digits[DP_TEXT_LEN], *text = out[turn++ % 2];
    bool plain = n->e164 || n->ton == DP_TON_UNKNOWN || n->digits[0] == '\0';

    snprintf(text, sizeof out[0], "%s%s%s", plain ? "" : dp_ton_name(n->ton), plain ? "" : ":",
             dp_text(digits, n));
    return text;
}

/** A trunk, or all of a group, from a list like "alpha, pri". */
static inline void vectors_trunks(const struct gw_trunk **list, unsigned *n, const char *names)
{
    struct rt_str rest = rt_str(names ? names : "");

    while (rest.n > 0) {
        struct rt_str name = rt_str_trim(rt_str_cut(&rest, ','));
        for (unsigned i = 0; i < plan->ntrunks; i++) {
            const struct gw_trunk *t = &plan->trunks[i];
            if (rt_str_eq(name, t->name) || (t->group && rt_str_eq(name, t->group->name)))
                list[(*n)++] = t;
        }
    }
}

static inline void vectors_route(struct gw_decision *d, struct gw_route_query *q,
                                 struct gw_route_world *w, const struct vector *v)
{
    const char *why = "";

    q->from = gw_plan_trunk(plan, rt_str(v->from));
    ck_assert_msg(q->from != NULL, "no trunk %s", v->from);
    q->called = vectors_number(v->called);
    q->calling = vectors_number(v->caller);
    ck_assert_int_eq(dp_time_parse(v->at ? v->at : usual, zone, &q->when, &why), 0);
    if (v->source)
        ck_assert_int_eq(rt_addr_parse(&q->source, v->source, strlen(v->source), 5060), 0);
    vectors_trunks(w->busy, &w->nbusy, v->busy);
    vectors_trunks(w->down, &w->ndown, v->down);
    q->world = w;
    gw_route(d, plan, q, NULL);
}

static inline const char *vectors_outcome(const struct gw_decision *d)
{
    static char out[512];
    const struct gw_group *last = NULL;
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < d->nhops; i++) {
        const struct gw_hop *hop = &d->hop[i];
        if (hop->group && hop->group == last)
            continue;
        last = hop->group;
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %s", n ? ", " : "",
                              last ? last->name : hop->trunk->name, vectors_text(&hop->called));
    }
    if (d->nhops == 0 || d->rejects)
        snprintf(out + n, sizeof out - n, "%sreject %u", n ? ", " : "", d->cause);
    return out;
}

static inline void vectors_check(const struct vector *list, size_t count)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < count; i++) {
        const struct vector *v = &list[i];
        struct gw_route_query q = {.from = NULL};
        struct gw_route_world w = {.nbusy = 0};
        struct gw_decision d;
        vectors_route(&d, &q, &w, v);
        const char *got = vectors_outcome(&d);
        const char *shown = d.nhops > 0 ? vectors_text(&d.hop[0].calling) : "";
        if (strcmp(got, v->want) == 0 && (!v->shown || strcmp(shown, v->shown) == 0))
            continue;
        fprintf(stderr, "%zu: %s calls %s (caller %s, %s): %s shown \"%s\", not %s shown \"%s\"\n",
                i, v->from, v->called, v->caller ? v->caller : "none", v->at ? v->at : usual, got,
                shown, v->want, v->shown ? v->shown : "-");
        wrong++;
    }
    ck_assert_msg(wrong == 0, "%u of %zu rows", wrong, count);
}

#endif
