/* Metrics of what is counted everywhere: each folder's table of counters, and messages of SIP. */
#include "gw/call_counters.h"
#include "gw/enum.h"
#include "gw/limits.h"
#include "gw/metrics_priv.h"
#include "gw/route.h"
#include "gw/rt/realtime.h"
#include "gw/rt/stats.h"
#include "sip/sip.h"

#include <stdio.h>

/** Counters that are one metric by a label, in the order of their names. */
static const struct {
    const struct rt_counter *counter;
    const char *name, *help, *label, *value;
} labelled[] = {
    {&gw_enum_counters[GW_ENUM_C_FOUND], "tandem_enum_queries_total", "Numbers looked up in ENUM",
     "result", "found"},
    {&gw_enum_counters[GW_ENUM_C_MISSING], "tandem_enum_queries_total", "", "result", "missing"},
    {&gw_enum_counters[GW_ENUM_C_FAILED], "tandem_enum_queries_total", "", "result", "failed"},
    {&gw_route_counters[GW_ROUTE_LNP_PORTED], "tandem_lnp_queries_total",
     "Numbers looked up among ported ones", "result", "ported"},
    {&gw_route_counters[GW_ROUTE_LNP_NOT_PORTED], "tandem_lnp_queries_total", "", "result",
     "not_ported"},
    {&gw_route_counters[GW_ROUTE_LNP_ERRORS], "tandem_lnp_queries_total", "", "result", "failed"},
    {&sip_counters[SIP_RX_RETRANSMITTED], "tandem_sip_retransmits_total",
     "SIP messages that were sent, or came, once more", "direction", "in"},
    {&sip_counters[SIP_TX_RETRANSMITTED], "tandem_sip_retransmits_total", "", "direction", "out"},
    {&gw_limits_counters[GW_LIMITS_CALLS], "tandem_limit_refused_total",
     "Calls that a limit of the plan refused", "limit", "calls"},
    {&gw_limits_counters[GW_LIMITS_CPS], "tandem_limit_refused_total", "", "limit", "cps"},
    {&gw_limits_counters[GW_LIMITS_MINUTES], "tandem_limit_refused_total", "", "limit", "talk"},
    {&gw_limits_counters[GW_LIMITS_MONEY], "tandem_limit_refused_total", "", "limit", "money"},
    {&gw_limits_counters[GW_LIMITS_BLOCKED], "tandem_limit_refused_total", "", "limit", "fraud"},
    {&gw_call_counters[GW_CALL_EMERGENCIES], "tandem_emergency_calls_placed_total",
     "Calls to the emergency service, as they begin", NULL, NULL},
};

/** Said otherwise. */
static const struct rt_counter *const elsewhere[] = {
    &gw_enum_counters[GW_ENUM_C_QUERIES],
    &gw_limits_counters[GW_LIMITS_FRAUD],
    &rt_realtime_counters[RT_TICKS_LATEST],
};

static void put_labelled(struct gw_outlet *o)
{
    const char *name = "";

    for (size_t i = 0; i < RT_COUNT(labelled); i++) {
        if (strcmp(name, labelled[i].name) != 0)
            gw_outlet_name(o, labelled[i].name, GW_METRIC_COUNTER, labelled[i].help);
        name = labelled[i].name;
        gw_outlet_put(o, GW_LABELS(labelled[i].label, labelled[i].value),
                      (double)rt_counted(labelled[i].counter));
    }
}

static bool is_elsewhere(const struct rt_counter *c)
{
    for (size_t i = 0; i < RT_COUNT(labelled); i++)
        if (c == labelled[i].counter)
            return true;
    for (size_t i = 0; i < RT_COUNT(elsewhere); i++)
        if (c == elsewhere[i])
            return true;
    return false;
}

static void put_counter(void *arg, const struct rt_counter *c)
{
    struct gw_outlet *o = arg;
    char name[128];

    if (!c->name || is_elsewhere(c))
        return;
    RT_JOIN(name, sizeof name, rt_str("tandem_"), rt_str(c->name));
    gw_outlet_counter(o, name, c->help, (double)rt_counted(c));
}

static void put_message(void *arg, const char *method, bool sent, unsigned of, uint64_t count)
{
    char kind[] = "0xx";

    kind[0] = (char)('0' + of);
    gw_outlet_put(arg,
                  GW_LABELS("method", method, "code_class", of == 0 ? "request" : kind, "direction",
                            sent ? "out" : "in"),
                  (double)count);
}

void gw_metrics_counters(struct gw_outlet *o)
{
    gw_outlet_name(o, "tandem_sip_messages_total", GW_METRIC_COUNTER,
                   "SIP messages by their method; responses by their hundreds");
    sip_messages_each(put_message, o);
    put_labelled(o);
    gw_outlet_gauge(o, "tandem_media_tick_late_seconds_max",
                    "How late the latest tick of a media thread was",
                    (double)rt_counted(&rt_realtime_counters[RT_TICKS_LATEST]) / (double)RT_S);
    rt_stats_each(put_counter, o);
}
