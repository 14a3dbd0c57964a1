/* The gateway's plan in a simulation: every far end's own statements, routes from all to all, and
 * variants of it that an operator puts in force while calls go on.
 */
#include "test/sim/engine.h"

/** How many variants there are: 0 is what the gateway first starts with. */
#define VARIANTS 4

static void put_emergency(const struct sim *s, struct rt_buf *out)
{
    const char *between = " send";

    for (unsigned i = 0; i < s->nfars; i++)
        if (s->far[i].emergency) {
            if (between[0] == ' ')
                rt_buf_puts(out, "emergency {\n numbers 110, 112\n");
            rt_buf_printf(out, "%s %s", between, s->far[i].trunk);
            between = ",";
        }
    if (between[0] == ',')
        rt_buf_puts(out, "\n preempt newest ordinary\n}\n");
}

/** The second target of numbers that lead to a far end; the far end itself: there is none. */
static unsigned second(const struct sim *s, unsigned to, unsigned variant)
{
    bool has = (to + variant) % 3 == 1;
    unsigned other = (to + 1) % s->nfars;

    return has && s->far[other].kind <= SIM_SPAN && s->far[to].kind <= SIM_SPAN ? other : to;
}

static void put_routes(const struct sim *s, unsigned from, unsigned variant, struct rt_buf *out)
{
    rt_buf_printf(out, "routes from %s {\n", s->far[from].trunk);
    for (unsigned to = 0; to < s->nfars; to++) {
        unsigned other = second(s, to, variant);
        if (s->far[to].kind == SIM_AGENT)
            continue;
        if (s->far[to].kind == SIM_LINES || s->far[to].kind == SIM_USERS) {
            sim_phone_rows(&s->far[to], out);
            continue;
        }
        const char *by = other == to ? sim_limits_way(s, to) : "";
        rt_buf_printf(out, " +4930%uxxxxxx -> %s%s", sim_digit(to), by, s->far[to].trunk);
        if (other != to)
            rt_buf_printf(out, ", %s", s->far[other].trunk);
        rt_buf_puts(out, "\n");
    }
    if (variant == 2)
        rt_buf_puts(out, " +49800* -> reject 3\n");
    rt_buf_puts(out, " * -> reject 1\n}\n");
}

void sim_plan(const struct sim *s, unsigned variant, struct rt_buf *out)
{
    variant %= VARIANTS;
    rt_buf_puts(out, "version 1\nlog error\n"
                     "sip {\n listen udp:" SIM_GATEWAY ":5060, tcp:" SIM_GATEWAY ":5060\n}\n"
                     "media {\n address " SIM_GATEWAY "\n codecs pcma, pcmu\n threads 1\n");
    rt_buf_printf(out, " ports 20000-%u\n}\n", s->harsh ? 20039 : 23999);
    rt_buf_puts(out, "site berlin {\n dialling de area 30\n zone Europe/Berlin\n}\n");
    for (unsigned i = 0; i < s->nfars; i++)
        s->far[i].ops->plan(&s->far[i], out);
    sim_plan_mgcp(s, out);
    put_emergency(s, out);
    sim_limits_plan(s, out);
    for (unsigned i = 0; i < s->nfars; i++)
        if (s->far[i].kind != SIM_AGENT) /* no trunk has its channels */
            put_routes(s, i, variant, out);
    rt_buf_puts(out, "cdr journal /cdr, csv /cdr.csv\n");
}
