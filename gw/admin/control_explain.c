/* `explain cause` and `explain sip`: which row of a trunk's table fires. */
#include "gw/admin/control_priv.h"
#include "gw/explain.h"
#include "sip/sip.h"

#include <jansson.h>
#include <stdio.h>

/** The SIP trunk that an option names. */
static int trunk_of(struct gw_answer *a, const struct gw_args *args, const char *option,
                    const struct gw_trunk **out)
{
    const char *name = gw_args_option(args, option);

    if (!name)
        return gw_answer_fail(a, GW_EXIT_USAGE, "explain: %s TRUNK is missing", option);
    *out = gw_plan_trunk(a->plan, rt_str(name));
    if (!*out)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: no such trunk", name);
    if ((*out)->kind != GW_TRUNK_SIP)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.60s: %s has no table of causes", name,
                              (*out)->kind == GW_TRUNK_SPAN ? "a span" : "an MGCP gateway");
    return GW_EXIT_OK;
}

static int number_of(struct gw_answer *a, const char *text, unsigned low, unsigned high,
                     unsigned *out)
{
    uint64_t n;

    if (rt_str_u64(&n, rt_str(text), high) != 0 || n < low)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not within %u to %u", text, low, high);
    *out = (unsigned)n;
    return GW_EXIT_OK;
}

static void say_advance(struct rt_buf *text, const struct gw_cause *c)
{
    rt_buf_printf(text, "afterwards: %s\n",
                  gw_cause_advances(c) ? "the next target is tried" : "no other target is tried");
}

int gw_explain_cause(struct gw_answer *a, const struct gw_args *args)
{
    const char *location = gw_args_option(args, "--location");
    struct gw_cause c = {.location = GW_LOC_PUBLIC_LOCAL};
    const struct gw_trunk *t = NULL;
    struct rt_buf text = {0};
    unsigned q850 = 0;
    int code = number_of(a, args->arg[0], 1, 127, &q850);

    if (code == GW_EXIT_OK)
        code = trunk_of(a, args, "--to", &t);
    if (code != GW_EXIT_OK)
        return code;
    if (location && gw_location_parse(&c.location, rt_str(location)) != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: not a location like user or local",
                              location);
    c.q850 = (uint8_t)q850;
    gw_cause_answer(&c, &t->causes);
    rt_buf_printf(&text, "%s\ncause %u (%s) from %s becomes %d %s\n", c.rule, q850,
                  gw_cause_name(q850), gw_location_name(c.location), c.sip_status,
                  sip_phrase(c.sip_status));
    gw_answer_lines(a, rt_buf_str(&text));
    rt_buf_release(&text);
    return GW_EXIT_OK;
}

int gw_explain_sip(struct gw_answer *a, const struct gw_args *args)
{
    struct gw_sip_failure f = {.reason_location = -1};
    const struct gw_trunk *t = NULL;
    struct rt_buf text = {0};
    struct gw_cause c;
    unsigned status = 0;
    int code = number_of(a, args->arg[0], 300, 699, &status);

    if (code == GW_EXIT_OK)
        code = trunk_of(a, args, "--from", &t);
    if (code != GW_EXIT_OK)
        return code;
    f.status = (int)status;
    gw_cause_from_sip(&c, &t->causes, &f);
    rt_buf_printf(&text, "%s\n%u %s becomes cause %u (%s), location %s\n", c.rule, status,
                  sip_phrase(f.status), c.q850, gw_cause_name(c.q850),
                  gw_location_name(c.location));
    say_advance(&text, &c);
    gw_answer_lines(a, rt_buf_str(&text));
    rt_buf_release(&text);
    return GW_EXIT_OK;
}

/* ---- why a call went where it went ---- */

/** Nothing was kept with the call: what the plan says now of the same number. */
static int explain_now(struct gw_answer *a, const struct gw_cdr *r)
{
    struct gw_args args = {
        .arg = {r->called_in[0] ? r->called_in : r->called},
        .n = 1,
        .option = {{"--from", r->from_trunk}, {"--caller", r->caller_in}},
        .noptions = r->caller_in[0] ? 2 : 1,
    };
    int code = gw_route_explain(a, &args);

    snprintf(a->note, sizeof a->note,
             "by the plan as it is now: `cdr ... explain` keeps the real one");
    return code;
}

int gw_show_explanation(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_call *call = gw_control_call(a->gw, args->arg[0]);
    struct rt_buf text = {0};

    if (!call)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no such call", args->arg[0]);
    if (!call->cdr.explain)
        return explain_now(a, &call->cdr);
    json_t *kept = json_loads(call->cdr.explain, 0, NULL);
    gw_explain_lines(&text, kept);
    gw_answer_begin(a, "explain");
    gw_answer_text(a, "text", rt_buf_str(&text).p);
    gw_answer_members(a, rt_str(call->cdr.explain));
    gw_answer_end(a);
    json_decref(kept);
    rt_buf_release(&text);
    return GW_EXIT_OK;
}
