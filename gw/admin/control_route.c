/* `route explain`, `route test`, `diff`: what the plan does with a call, whether it does what it
 * says of itself, and what another plan would do. */
#include "dialplan/schedule.h"
#include "gw/admin/control_priv.h"
#include "gw/plan_diff.h"
#include "gw/route.h"

#include <stdio.h>

/* ---- the call ---- */

/** `--at "2026-03-02 20:00"`, on the clocks of the caller's site. */
static int take_time(struct gw_answer *a, const char *text, struct gw_route_query *q)
{
    const struct dp_site *site = q->from->site;
    const char *why;

    if (text && dp_time_parse(text, site ? a->plan->zones[site - a->plan->sites] : NULL, &q->when,
                              &why) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.40s: %s", text, why);
    return GW_EXIT_OK;
}

/** What is said of the call beside its numbers. */
static int take_options(struct gw_answer *a, const struct gw_args *args, struct gw_route_query *q)
{
    const char *from = gw_args_option(args, "--from"), *bearer = gw_args_option(args, "--bearer");
    const char *source = gw_args_option(args, "--source");

    if (bearer && gw_bearer_parse(&q->bearer, rt_str(bearer)) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not a bearer (audio, speech, data64)",
                              bearer);
    if (source && rt_addr_parse(&q->source, source, strlen(source), 5060) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.60s: not an address like 10.1.0.7", source);
    if (!from)
        return gw_answer_fail(a, GW_EXIT_USAGE, "route explain: --from TRUNK is missing");
    q->from = gw_plan_trunk(a->plan, rt_str(from));
    if (!q->from)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: no such trunk", from);
    return take_time(a, gw_args_option(args, "--at"), q);
}

/* ---- how long it takes ---- */

/** Rounds that the time of one is the average of: the clock counts microseconds. */
#define ROUNDS 100

/** Tenths of a microsecond. */
static unsigned measure(const struct gw_plan *plan, const struct gw_route_query *q)
{
    struct gw_decision d;
    rt_time start = rt_thread_cpu();

    for (unsigned i = 0; i < ROUNDS; i++)
        gw_route(&d, plan, q, NULL);
    return (unsigned)((rt_thread_cpu() - start) * 10 / ROUNDS);
}

/** `decision 3.1 us, plan generation 42 (sha 9f3c0a11b2c3, loaded 2026-03-01 08:00 by anna)` */
static void say_decision(struct rt_buf *out, const struct gw_plan *p, unsigned tenths)
{
    char when[RT_RFC3339_LEN];

    rt_rfc3339(when, p->loaded);
    when[10] = ' ';
    rt_buf_printf(out, " decision %u.%u us, plan generation %llu (", tenths / 10, tenths % 10,
                  (unsigned long long)p->generation);
    if (p->sha[0])
        rt_buf_printf(out, "sha %.12s, ", p->sha);
    rt_buf_printf(out, "loaded %.16s%s%s)\n", when, p->who[0] ? " by " : "", p->who);
}

/* ---- the decision as JSON ---- */

static void number(struct rt_buf *out, const char *key, const struct dp_number *n)
{
    char text[DP_TEXT_LEN];

    rt_buf_printf(out, ", \"%s\": ", key);
    gw_json_text(out, dp_text(text, n));
}

static void add_hop(struct rt_buf *out, const struct gw_hop *hop)
{
    rt_buf_puts(out, "{\"trunk\": ");
    gw_json_text(out, hop->trunk->name);
    number(out, "called", &hop->called);
    number(out, "caller", &hop->calling);
    if (hop->group) {
        rt_buf_puts(out, ", \"group\": ");
        gw_json_text(out, hop->group->name);
    }
    if (hop->priced) {
        rt_buf_printf(out, ", \"rate_micro\": %lld, \"deck\": ", (long long)hop->rate.rate);
        gw_json_text(out, hop->offer);
    }
    rt_buf_puts(out, "}");
}

static void add_decision(struct rt_buf *out, const struct gw_decision *d)
{
    bool refused = d->nhops == 0 || d->rejects;

    rt_buf_puts(out, ", \"decision\": {\"hops\": [");
    for (unsigned i = 0; i < d->nhops; i++) {
        rt_buf_puts(out, i > 0 ? ", " : "");
        add_hop(out, &d->hop[i]);
    }
    rt_buf_puts(out, "], \"cause\": ");
    if (refused)
        rt_buf_printf(out, "%u", d->cause);
    else
        rt_buf_puts(out, "null");
    number(out, "key", &d->key);
    rt_buf_printf(out, ", \"emergency\": %s}", d->emergency ? "true" : "false");
}

/** One line has both: the text that people see, and the object. */
static void answer(struct gw_answer *a, struct gw_explain *e, const struct gw_decision *d,
                   unsigned tenths)
{
    struct rt_buf object = {0};

    say_decision(&e->text, a->plan, tenths);
    add_decision(&e->json, d);
    gw_explain_number(e, "generation", (int64_t)a->plan->generation);
    if (a->plan->sha[0])
        gw_explain_text(e, "sha", a->plan->sha);
    gw_explain_number(e, "decision_ns", (int64_t)tenths * 100);
    gw_explain_json(&object, e);
    gw_answer_begin(a, "explain");
    gw_answer_text(a, "text", rt_buf_str(&e->text).p);
    gw_answer_members(a, rt_buf_str(&object));
    gw_answer_end(a);
    rt_buf_release(&object);
}

int gw_route_explain(struct gw_answer *a, const struct gw_args *args)
{
    const char *caller = gw_args_option(args, "--caller");
    struct gw_route_query q = {.gw = a->gw};
    struct gw_explain explain = {.step = 0};
    struct gw_decision decision = {.nhops = 0};
    int code = gw_control_number(a, &q.called, args->arg[0]);

    if (code == GW_EXIT_OK && caller)
        code = gw_control_number(a, &q.calling, caller);
    if (code == GW_EXIT_OK)
        code = take_options(a, args, &q);
    if (code != GW_EXIT_OK)
        return code;
    gw_route(&decision, a->plan, &q, &explain);
    answer(a, &explain, &decision, measure(a->plan, &q));
    gw_explain_release(&explain);
    return GW_EXIT_OK;
}

/* ---- tests ---- */

static void tell(void *arg, const struct gw_plan_result *r)
{
    struct gw_answer *a = arg;
    struct rt_buf text = {0};

    if (r->why)
        rt_buf_printf(&text, "FAILED \"%s\": %s  %s:%u", r->test->name, r->why, r->test->pos.file,
                      r->test->pos.line);
    else
        rt_buf_printf(&text, "ok \"%s\"", r->test->name);
    gw_answer_begin(a, "test");
    gw_answer_text(a, "text", rt_buf_str(&text).p);
    gw_answer_text(a, "name", r->test->name);
    gw_answer_flag(a, "ok", !r->why);
    if (r->why)
        gw_answer_text(a, "why", r->why);
    gw_answer_end(a);
    rt_buf_release(&text);
}

int gw_route_test(struct gw_answer *a, const struct gw_args *args)
{
    unsigned failed = gw_plan_run_tests(a->plan, tell, a), all = a->plan->dial.ntests;

    (void)args;
    if (failed > 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%u of %u tests failed", failed, all);
    snprintf(a->note, sizeof a->note, "%u test%s, none failed", all, all == 1 ? "" : "s");
    return GW_EXIT_OK;
}

/* ---- diff ---- */

/** Loads the plan to compare with, beside the one that runs. */
static int load_aside(struct gw_answer *a, const char *path, struct gw_plan **out)
{
    struct conf_diag diag = {.errors = 0};
    int err = gw_plan_load_untested(out, path, &diag);

    if (err != 0)
        gw_answer_lines(a, rt_buf_str(&diag.text));
    conf_diag_release(&diag);
    return err == 0 ? GW_EXIT_OK
                    : gw_answer_fail(a, GW_EXIT_PLAN, "%.200s: the plan is invalid", path);
}

/** The file that a plan was read from. */
static const char *file_of(const struct gw_plan *p)
{
    return conf_child(conf_root(p->conf), "version")->pos.file;
}

int gw_verb_diff(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_plan *other = NULL;
    struct rt_buf text = {0};

    if (a->gw && a->gw->apply)
        return gw_verb_diff_aside(a, args); /* calls do not wait for it */
    int code = load_aside(a, args->n > 0 ? args->arg[0] : file_of(a->plan), &other);

    if (code != GW_EXIT_OK)
        return code;
    gw_plan_diff(&text, a->plan, other);
    gw_answer_lines(a, rt_buf_str(&text));
    if (text.failed)
        code = gw_answer_fail(a, GW_EXIT_FAILED, "out of memory");
    else if (text.n > 0)
        code = GW_EXIT_FAILED;
    else
        snprintf(a->note, sizeof a->note, "no difference");
    rt_buf_release(&text);
    gw_plan_unref(other);
    return code;
}
