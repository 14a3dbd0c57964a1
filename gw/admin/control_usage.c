/* `show limits`, `limits lift`, `show carriers`: what has been used, and how well carriers did. */
#include "gw/admin/control_priv.h"
#include "gw/performance.h"
#include "gw/quota.h"

#include <stdio.h>

/* ---- limits ---- */

/** What one of a limit's unit is in its value. */
static const struct {
    const char *word;
    int64_t one;
} kinds[GW_LIMIT_KINDS] = {
    [GW_LIMIT_CALLS] = {"calls", 1},
    [GW_LIMIT_SAME] = {"calls to one number", 1},
    [GW_LIMIT_CPS] = {"cps", 1000},
    [GW_LIMIT_MINUTES] = {"minutes", 60 * RT_S},
    [GW_LIMIT_MONEY] = {"money", 1000 * 1000},
};

static void amount(struct gw_answer *a, const char *key, const struct gw_limit_state *s, int64_t v)
{
    if (kinds[s->kind].one == 1)
        gw_answer_number(a, key, v);
    else
        gw_answer_decimal(a, key, (double)v / (double)kinds[s->kind].one);
}

static void list_limit(void *arg, const struct gw_limit_state *s)
{
    static const char *const windows[] = {"hour", "day", "month", ""};
    struct gw_answer *a = arg;

    gw_answer_begin(a, "limit");
    gw_answer_text(a, "scope", gw_scope_names[s->scope]);
    gw_answer_text(a, "name", s->name);
    gw_answer_text(a, "what", kinds[s->kind].word);
    gw_answer_text(a, "set", s->set);
    amount(a, "used", s, s->used);
    if (s->value > 0)
        amount(a, "value", s, s->value);
    gw_answer_text(a, "unit", s->kind == GW_LIMIT_MONEY ? s->unit : NULL);
    gw_answer_text(a, "window", windows[s->window]);
    gw_answer_flag(a, "limited", s->limited);
    if (s->period > 0) {
        gw_answer_number(a, "blocked_s", (s->blocked + RT_S - 1) / RT_S);
        gw_answer_text(a, "block_set", s->block_set ? s->block_set : "all");
    }
    if (s->window != GW_WINDOW_NONE)
        gw_answer_number(a, "ends_s", (s->ends + RT_S - 1) / RT_S);
    gw_answer_end(a);
}

int gw_show_limits(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_limit_clock clock;
    size_t before = a->out->n;

    (void)args;
    gw_quota_clock(&clock, a->plan, 0);
    if (a->gw->limits)
        gw_limits_each(a->gw->limits, &clock, list_limit, a);
    if (a->out->n == before)
        snprintf(a->note, sizeof a->note, "no limits");
    return GW_EXIT_OK;
}

int gw_limits_lift_verb(struct gw_answer *a, const struct gw_args *args)
{
    const char *kind = args->arg[0], *name = args->arg[1];
    struct gw_limit_clock clock;
    unsigned scope = 0, lifted = 0;

    while (scope < GW_SCOPE_KINDS && strcmp(gw_scope_names[scope], kind) != 0)
        scope++;
    if (scope == GW_SCOPE_KINDS)
        return gw_answer_fail(a, GW_EXIT_USAGE,
                              "%.20s: not one of trunk, group, class, customer, prefix, source",
                              kind);
    gw_quota_clock(&clock, a->plan, 0);
    if (a->gw->limits)
        lifted = gw_limits_lift(a->gw->limits, (enum gw_scope_kind)scope, name, &clock);
    if (lifted == 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.20s %.60s: nothing is blocked", kind, name);
    snprintf(a->note, sizeof a->note, "%s %.40s: %u block%s lifted", kind, name, lifted,
             lifted == 1 ? "" : "s");
    return GW_EXIT_OK;
}

/* ---- carriers ---- */

static void list_carrier(void *arg, struct gw_performance_trunk *t)
{
    struct gw_answer *a = arg;
    const struct gw_performance_totals *sum = gw_performance_totals(t);
    struct gw_performance_figures f;

    gw_performance_get(&f, a->gw->performance, t, GW_PERFORMANCE_ALL, rt_now());
    gw_answer_begin(a, "carrier");
    gw_answer_text(a, "carrier", gw_performance_name(t));
    gw_answer_number(a, "attempts", (int64_t)sum->attempts);
    gw_answer_number(a, "seizures", (int64_t)sum->seizures);
    gw_answer_number(a, "answers", (int64_t)sum->answers);
    gw_answer_number(a, "effective", (int64_t)sum->effective);
    gw_answer_number(a, "talk_s", (int64_t)(sum->talk_ms / 1000));
    gw_answer_number(a, "samples", f.samples);
    if (f.samples > 0) {
        gw_answer_decimal(a, "asr_percent", f.asr / 10.0);
        gw_answer_decimal(a, "ner_percent", f.ner / 10.0);
    }
    if (f.ended > 0)
        gw_answer_decimal(a, "acd_s", f.acd_ms / 1000.0);
    if (f.rung > 0)
        gw_answer_decimal(a, "pdd_s", f.pdd_ms / 1000.0);
    gw_answer_end(a);
}

int gw_show_carriers(struct gw_answer *a, const struct gw_args *args)
{
    size_t before = a->out->n;

    (void)args;
    if (a->gw->performance)
        gw_performance_each(a->gw->performance, list_carrier, a);
    if (a->out->n == before)
        snprintf(a->note, sizeof a->note, "no calls have left yet");
    return GW_EXIT_OK;
}
