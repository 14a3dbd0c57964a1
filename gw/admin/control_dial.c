/* `show`: what the dial plan does with calls: routes and how often each counted, groups, classes,
 * emergency. */
#include "gw/admin/control_priv.h"
#include "gw/emergency.h"
#include "gw/hits.h"
#include "gw/mgcp_status.h"
#include "gw/route_priv.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** Rows listed without --all: writing the list stops signalling for as long as it takes. */
#define ROWS_MAX 1000

/* ---- routes ---- */

/** Rows of the plan in the order of the file, and which of them a number would go by. */
struct rows {
    const struct gw_route **row; /* by their index */
    bool *wins;
    unsigned n;
};

static int take_rows(struct rows *out, const struct gw_dial_plan *d)
{
    out->n = d->nrows;
    out->row = calloc(d->nrows + 1, sizeof *out->row);
    out->wins = calloc(d->nrows + 1, sizeof *out->wins);
    if (!out->row || !out->wins)
        return ENOMEM;
    for (unsigned i = 0; i < d->nroutes; i++)
        for (const struct gw_route *r = d->routes[i].first; r; r = r->next)
            out->row[r->index] = r;
    return 0;
}

static void free_rows(struct rows *r)
{
    free(r->row);
    free(r->wins);
}

/** Of a table that serves several trunks, each may know the number by another row. */
static void mark(struct gw_answer *a, struct rows *rows, const struct gw_trunk *from,
                 const struct dp_number *called)
{
    for (unsigned i = 0; i < a->plan->ntrunks; i++) {
        struct gw_route_query q = {.gw = a->gw, .from = &a->plan->trunks[i], .called = *called};
        struct gw_decision d;
        if (!q.from->routes || (from && from != q.from))
            continue;
        gw_route(&d, a->plan, &q, NULL);
        if (d.nby > 0)
            rows->wins[d.by[d.nby - 1]->index] = true;
    }
}

static bool serves(const struct gw_routes *t, const struct gw_trunk *from)
{
    return !from || from->routes == t;
}

/** "when open -> pri, voipco 70%; otherwise -> reject 31" */
static void write_targets(struct rt_buf *out, const struct gw_route *r)
{
    for (const struct gw_choice *c = r->choice; c; c = c->next) {
        bool plain = c->text[0] == '\0' || strcmp(c->text, "use") == 0;
        rt_buf_printf(out, "%s%s%s", c == r->choice ? "" : "; ", plain ? "" : c->text,
                      plain ? "" : " -> ");
        for (unsigned i = 0; i < c->ntargets; i++) {
            const struct gw_target *t = &c->target[i];
            rt_buf_printf(out, "%s%s", i > 0 ? ", " : "", t->name);
            if (t->called)
                rt_buf_printf(out, " called %s", t->called);
            if (t->weight > 0)
                rt_buf_printf(out, " %u%%", t->weight);
        }
    }
    if (!r->choice)
        rt_buf_puts(out, "changed, then routed again");
}

static const char *from_of(const struct gw_routes *t)
{
    static const char begin[] = "routes from ";
    size_t n = sizeof begin - 1;

    return t->name && strncmp(t->name, begin, n) == 0 ? t->name + n : t->name;
}

static void list_route(struct gw_answer *a, const struct gw_route *r, bool asked, bool wins)
{
    struct gw_hit hit = gw_hits_of(a->gw, r);
    struct rt_buf to = {0};

    write_targets(&to, r);
    gw_answer_begin(a, "routes");
    if (asked)
        gw_answer_flag(a, "wins", wins);
    gw_answer_text(a, "from", from_of(r->table));
    gw_answer_text(a, "number", r->pattern);
    gw_answer_text(a, "to", to.p);
    gw_answer_number(a, "hits", (int64_t)hit.calls);
    gw_answer_time(a, "last_hit", hit.last);
    gw_answer_place(a, "at", r->pos);
    gw_answer_end(a);
    rt_buf_release(&to);
}

static void list_routes(struct gw_answer *a, const struct rows *rows, const struct gw_trunk *from,
                        bool asked, bool all)
{
    unsigned listed = 0, left = 0;

    for (unsigned i = 0; i < rows->n; i++) {
        const struct gw_route *r = rows->row[i];
        if (!r || !serves(r->table, from))
            continue;
        if (!all && listed >= ROWS_MAX && !rows->wins[i]) {
            left++;
            continue;
        }
        list_route(a, r, asked, rows->wins[i]);
        listed++;
    }
    if (left > 0)
        snprintf(a->note, sizeof a->note, "and %u more: --all lists them", left);
    else if (listed == 0)
        snprintf(a->note, sizeof a->note, "no routes");
}

int gw_show_routes(struct gw_answer *a, const struct gw_args *args)
{
    const char *name = gw_args_option(args, "--from");
    const struct gw_trunk *from = name ? gw_plan_trunk(a->plan, rt_str(name)) : NULL;
    struct dp_number called;
    struct rows rows = {0};

    if (name && !from)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: no such trunk", name);
    if (args->n > 0 && gw_control_number(a, &called, args->arg[0]) != GW_EXIT_OK)
        return GW_EXIT_USAGE;
    if (take_rows(&rows, &a->plan->dial) == 0) {
        if (args->n > 0)
            mark(a, &rows, from, &called);
        list_routes(a, &rows, from, args->n > 0, gw_args_option(args, "--all") != NULL);
    }
    free_rows(&rows);
    return GW_EXIT_OK;
}

/* ---- groups ---- */

static const char *state_of(const struct gw *gw, const struct gw_trunk *t)
{
    const char *barred = gw_trunk_barred(gw, t);

    if (barred)
        return barred;
    if (t->kind == GW_TRUNK_SIP)
        return gw_peer_lost(gw, t) ? "down" : "up";
    if (t->kind == GW_TRUNK_MGCP)
        return gw_mgcp_up(gw, t) ? "up" : "down";
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == t->span->id) {
            struct gw_span_status s;
            gw_span_status(&s, gw->spans[i].isdn);
            return s.dchannel_up ? "up" : "down";
        }
    return "not there";
}

/** State of a trunk, and how much of it is in use; `total` only when a limit is known. */
static void trunk_load(struct gw_answer *a, const struct gw_trunk *t)
{
    struct gw_route_query q = {.gw = a->gw, .from = t};
    struct gw_pass p = {.plan = a->plan, .q = &q};
    unsigned total, busy = gw_pass_load(&p, t, &total);

    gw_answer_text(a, "state", state_of(a->gw, t));
    gw_answer_number(a, "busy", busy);
    if (total > 0)
        gw_answer_number(a, "total", total);
}

/** "4 for emergency, priority" */
static void answer_reserve(struct gw_answer *a, const struct gw_reserve *r)
{
    char text[64] = "";

    if (r->channels > 0)
        snprintf(text, sizeof text, "%u for %s%s%s", r->channels,
                 r->who & GW_FOR_EMERGENCY ? "emergency" : "",
                 (r->who & GW_FOR_EMERGENCY) && (r->who & GW_FOR_PRIORITY) ? ", " : "",
                 r->who & GW_FOR_PRIORITY ? "priority" : "");
    gw_answer_text(a, "reserve", text);
}

static void list_member(struct gw_answer *a, const struct gw_group *g, const struct gw_trunk *t)
{
    static const char *const hunts[] = {
        [GW_HUNT_ORDER] = "order",
        [GW_HUNT_LEAST_BUSY] = "least-busy",
        [GW_HUNT_ROUND_ROBIN] = "round-robin",
        [GW_HUNT_RANDOM] = "random",
    };

    gw_answer_begin(a, "group");
    gw_answer_text(a, "group", g->name);
    gw_answer_text(a, "hunt", hunts[g->hunt]);
    gw_answer_text(a, "trunk", t->name);
    trunk_load(a, t);
    answer_reserve(a, &g->reserve);
    gw_answer_text(a, "cic", t->identity.cic);
    gw_answer_place(a, "at", g->pos);
    gw_answer_end(a);
}

int gw_show_groups(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;

    (void)args;
    for (unsigned i = 0; i < d->ngroups; i++)
        for (unsigned k = 0; k < d->groups[i].ntrunks; k++)
            list_member(a, &d->groups[i], d->groups[i].trunk[k]);
    if (d->ngroups == 0)
        snprintf(a->note, sizeof a->note, "no groups");
    return GW_EXIT_OK;
}

/* ---- classes ---- */

static void add_row(void *arg, const struct dp_pattern *p, bool matches)
{
    (void)p;
    (void)matches;
    ++*(unsigned *)arg;
}

static unsigned count_rows(const struct dp_table *t)
{
    static const struct dp_number none;
    unsigned n = 0;

    dp_table_explain(t, &none, NULL, add_row, &n);
    return n;
}

static void list_class(struct gw_answer *a, const struct gw_class *c)
{
    unsigned trunks = 0;

    for (unsigned i = 0; i < a->plan->ntrunks; i++)
        trunks += a->plan->trunks[i].cls == c;
    gw_answer_begin(a, "class");
    gw_answer_text(a, "class", c->name);
    gw_answer_number(a, "called", count_rows(c->called));
    gw_answer_number(a, "callers", count_rows(c->caller));
    gw_answer_text(a, "others", c->allows ? "denied" : "allowed");
    gw_answer_number(a, "limits", c->quota.n);
    if (c->hops > 0)
        gw_answer_number(a, "hops", c->hops);
    gw_answer_number(a, "trunks", trunks);
    gw_answer_place(a, "at", c->pos);
    gw_answer_end(a);
}

int gw_show_classes(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_dial_plan *d = &a->plan->dial;

    (void)args;
    for (unsigned i = 0; i < d->nclasses; i++)
        list_class(a, &d->classes[i]);
    if (d->nclasses == 0)
        snprintf(a->note, sizeof a->note, "no classes");
    return GW_EXIT_OK;
}

/* ---- emergency ---- */

static void list_way(struct gw_answer *a, const char *group, const struct gw_trunk *t)
{
    gw_answer_begin(a, "emergency_way");
    gw_answer_text(a, "way", t->name);
    if (group)
        gw_answer_text(a, "group", group);
    trunk_load(a, t);
    gw_answer_end(a);
}

static void list_caller(void *arg, const struct gw_emergency_known *k)
{
    struct gw_answer *a = arg;
    char text[DP_TEXT_LEN];

    gw_answer_begin(a, "emergency_caller");
    gw_answer_text(a, "shown", dp_text(text, k->shown));
    gw_answer_text(a, "caller", dp_text(text, k->caller));
    gw_answer_text(a, "trunk", k->trunk);
    gw_answer_number(a, "ago_s", k->ago / RT_S);
    gw_answer_number(a, "left_s", k->left / RT_S);
    gw_answer_end(a);
}

int gw_show_emergency(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_emergency *e = &a->plan->dial.emergency;

    (void)args;
    for (unsigned i = 0; i < e->nnumbers; i++) {
        gw_answer_begin(a, "emergency_number");
        gw_answer_text(a, "number", e->number[i]);
        gw_answer_place(a, "at", e->number_pos[i]);
        gw_answer_end(a);
    }
    for (unsigned i = 0; i < e->nsend; i++) {
        const struct gw_way *way = &e->send[i];
        if (way->trunk)
            list_way(a, NULL, way->trunk);
        for (unsigned k = 0; way->group && k < way->group->ntrunks; k++)
            list_way(a, way->group->name, way->group->trunk[k]);
    }
    gw_emergency_each(a->gw, list_caller, a);
    if (!e->on)
        snprintf(a->note, sizeof a->note, "the plan says nothing of emergency calls");
    return GW_EXIT_OK;
}
