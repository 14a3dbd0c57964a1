/* The words of limits: for refusals, events and `explain`. */
#include "gw/limits_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define CENT INT64_C(10000)

static const char *const window_slash[] = {
    [GW_WINDOW_HOUR] = "/hour",
    [GW_WINDOW_DAY] = "/day",
    [GW_WINDOW_MONTH] = "/month",
    [GW_WINDOW_NONE] = "",
};
static const char *const window_now[] = {
    [GW_WINDOW_HOUR] = " this hour",
    [GW_WINDOW_DAY] = " today",
    [GW_WINDOW_MONTH] = " this month",
    [GW_WINDOW_NONE] = "",
};

/** A number without its unit. What is in use is cut, not rounded: 29.999 EUR are not yet 30. */
static void put_number(struct rt_buf *b, enum gw_limit_kind kind, int64_t v)
{
    if (kind == GW_LIMIT_MONEY)
        rt_buf_printf(b, "%" PRId64 ".%02" PRId64, v / RT_S, v % RT_S / CENT);
    else if (kind == GW_LIMIT_MINUTES)
        rt_buf_printf(b, "%" PRId64, v / GW_LIMITS_MINUTE);
    else if (kind == GW_LIMIT_CPS && v % 1000 != 0)
        rt_buf_printf(b, "%" PRId64 ".%03" PRId64, v / 1000, v % 1000);
    else
        rt_buf_printf(b, "%" PRId64, kind == GW_LIMIT_CPS ? v / 1000 : v);
}

/** " EUR/day international": what stands behind the numbers. */
static void put_unit(struct rt_buf *b, const struct gw_limit *r, const char *const *windows)
{
    static const char *const unit[GW_LIMIT_KINDS] = {
        [GW_LIMIT_CALLS] = "calls",
        [GW_LIMIT_SAME] = "calls to the same destination",
        [GW_LIMIT_CPS] = "cps",
        [GW_LIMIT_MINUTES] = "min",
    };
    const char *z = r->kind == GW_LIMIT_MONEY ? r->unit : unit[r->kind];

    if (z && *z)
        rt_buf_printf(b, " %s", z);
    rt_buf_puts(b, windows[r->window]);
    if (r->set)
        rt_buf_printf(b, " %s", r->set);
}

static void put_amount(struct rt_buf *b, const struct gw_limit *r, int64_t used)
{
    put_number(b, r->kind, used);
    rt_buf_puts(b, " of ");
    put_number(b, r->kind, r->value);
    put_unit(b, r, window_slash);
}

static void put_scope(struct rt_buf *b, const struct gw_limit_party *p)
{
    rt_buf_printf(b, "%s %s: ", gw_scope_names[p->kind], gw_limit_party_name(p));
}

static void finish(char *out, size_t cap, struct rt_buf *b)
{
    rt_str_copy(out, cap, rt_buf_str(b));
    rt_buf_release(b);
}

void gw_limit_text(char *out, size_t cap, const struct gw_limit_party *p,
                   const struct gw_limit *rule, int64_t used)
{
    struct rt_buf b = {0};

    put_scope(&b, p);
    put_amount(&b, rule, used);
    finish(out, cap, &b);
}

/** "11 h 59 min", begun minutes counting. */
static void put_period(struct rt_buf *b, rt_time t)
{
    int64_t minutes = (t + GW_LIMITS_MINUTE - 1) / GW_LIMITS_MINUTE;

    if (minutes >= 60)
        rt_buf_printf(b, "%" PRId64 " h ", minutes / 60);
    rt_buf_printf(b, "%" PRId64 " min", minutes % 60);
}

void gw_limit_block_text(char *out, size_t cap, const struct gw_limit_party *p,
                         const struct gw_limit *rule, int64_t used, rt_time more)
{
    struct rt_buf b = {0};

    put_scope(&b, p);
    rt_buf_printf(&b, "%s blocked for fraud, ", rule->block.set ? rule->block.set : "all");
    put_period(&b, more);
    rt_buf_puts(&b, " more (");
    put_amount(&b, rule, used);
    rt_buf_puts(&b, ")");
    finish(out, cap, &b);
}

static void explain_one(struct rt_buf *out, const struct gw_limit_tie *t,
                        const struct gw_limit_clock *clock)
{
    struct gw_limit_meter now = *t->meter;
    const struct gw_limit *r = t->rule;

    gw_limit_settle(&now, clock);
    if (now.fraud)
        rt_buf_puts(out, "fraud ");
    put_number(out, r->kind, gw_limit_used(&now, r, 0, clock->now));
    rt_buf_puts(out, "/");
    put_number(out, r->kind, r->value);
    put_unit(out, r, window_now);
    if (now.blocked > clock->now) {
        rt_buf_printf(out, " (%s blocked, ", now.block_set ? now.block_set : "all");
        put_period(out, now.blocked - clock->now);
        rt_buf_puts(out, " more)");
    }
}

void gw_limits_explain(struct rt_buf *out, const struct gw_limit_use *uses, unsigned n,
                       const struct gw_limit_clock *clock)
{
    const char *between = "";

    for (unsigned i = 0; i < n; i++) {
        const struct gw_limit_scope *scope = uses[i].scope;
        for (unsigned k = 0; k < scope->n; k++) {
            rt_buf_puts(out, between);
            if (k == 0)
                rt_buf_printf(out, "%s ", gw_limit_party_name(scope->party));
            explain_one(out, &scope->ties[k], clock);
            between = "; ";
        }
    }
}
