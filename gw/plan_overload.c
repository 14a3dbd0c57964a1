/* `overload { }`: above what share of a CPU and what lateness new calls are refused, and below what
 * no more. And `ban` in `sip { limits { } }`. */
#include "gw/plan_priv.h"

#include <stdlib.h>

/** `90%` in thousandths. */
static unsigned share(struct gw_compile *c, const struct conf_token *t, unsigned deflt)
{
    char *end;

    if (!t)
        return deflt;
    double value = strtod(t->text, &end);
    if (end == t->text || strcmp(end, "%") != 0 || value < 1 || value > 100) {
        conf_error(c->diag, t->pos, "\"%s\" is not a percentage from 1%% to 100%%", t->text);
        return deflt;
    }
    return (unsigned)(value * 10 + 0.5);
}

static rt_time duration(const struct conf_token *t, rt_time deflt)
{
    return t ? conf_duration(t) : deflt;
}

void gw_plan_compile_overload(struct gw_compile *c)
{
    const struct conf_node *block = conf_child(c->root, "overload");
    const struct conf_node *cpu = block ? conf_child(block, "cpu") : NULL;
    const struct conf_node *queue = block ? conf_child(block, "queue") : NULL;
    struct gw_overload_plan *p = &c->plan->overload;

    *p = (struct gw_overload_plan){
        .off = block && conf_child(block, "off"),
        .cpu = share(c, cpu ? conf_arg(cpu, 0) : NULL, 900),
        .cpu_until = share(c, cpu ? conf_labelled(cpu, "until") : NULL, 800),
        .queue = duration(queue ? conf_arg(queue, 0) : NULL, 200 * RT_MS),
        .queue_until = duration(queue ? conf_labelled(queue, "until") : NULL, 50 * RT_MS),
    };
    if (p->cpu_until >= p->cpu && cpu)
        conf_error(c->diag, cpu->pos, "overload by CPU has to end below where it begins");
    if (p->queue_until >= p->queue && queue)
        conf_error(c->diag, queue->pos, "overload by lateness has to end below where it begins");
}

void gw_plan_compile_ban(const struct conf_node *limits, struct sip_limits *out)
{
    const struct conf_node *n = limits ? conf_child(limits, "ban") : NULL;
    const struct conf_token *after = n ? conf_labelled(n, "after") : NULL;
    const struct conf_token *how_long = n ? conf_labelled(n, "for") : NULL;

    if (n && conf_is(conf_arg(n, 0), "off"))
        out->ban_after = SIP_BAN_NEVER;
    else if (after)
        out->ban_after = (unsigned)conf_uint(after);
    if (how_long)
        out->ban_for = conf_duration(how_long);
}
