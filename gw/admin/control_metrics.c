/* `show metrics`: what /metrics has, as lines. */
#include "gw/admin/control_priv.h"
#include "gw/metrics.h"

#include <stdio.h>

/** Whole numbers as such, others as exact as they are worth. */
static void put_value(struct gw_answer *a, double v)
{
    if (v >= 0 && v < 9007199254740992.0 && v == (double)(int64_t)v) {
        gw_answer_number(a, "value", (int64_t)v);
        return;
    }
    rt_buf_printf(a->out, ",\"value\":%.10g", v);
}

static void put(void *arg, const struct gw_metric *m)
{
    struct gw_answer *a = arg;
    char name[160];

    snprintf(name, sizeof name, "%s%s", m->name, m->suffix);
    gw_answer_begin(a, "metric");
    gw_answer_text(a, "name", name);
    gw_answer_text(a, "labels", m->labels);
    put_value(a, m->value);
    gw_answer_text(a, "help", m->help);
    gw_answer_end(a);
}

int gw_show_metrics(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    gw_metrics_each(a->gw, put, a);
    return GW_EXIT_OK;
}
