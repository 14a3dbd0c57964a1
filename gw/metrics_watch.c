/* Metrics of alarms, and of records on their way to databases. */
#include "gw/alarm.h"
#include "gw/export.h"
#include "gw/metrics_priv.h"

#define TARGETS_MAX 32

static void severities(struct gw_outlet *o)
{
    const struct gw_alarms *a = o->gw->alarms;

    gw_outlet_name(o, "tandem_alarms", GW_METRIC_GAUGE, "Alarms that last");
    for (unsigned s = GW_WARNING; s <= GW_CRITICAL; s++) {
        unsigned above = s < GW_CRITICAL ? gw_alarms_count(a, (enum gw_severity)(s + 1)) : 0;
        gw_outlet_put(o, GW_LABELS("severity", gw_severity_name((enum gw_severity)s)),
                      gw_alarms_count(a, (enum gw_severity)s) - above);
    }
}

static void note(void *arg, const struct gw_alarm *alarm)
{
    bool *lasts = arg;

    if (alarm->cleared == 0)
        lasts[alarm->kind] = true;
}

static void kinds(struct gw_outlet *o)
{
    bool lasts[GW_ALARM_KINDS] = {false};

    gw_alarms_each(o->gw->alarms, note, lasts);
    gw_outlet_name(o, "tandem_alarm", GW_METRIC_GAUGE, "1: there is an alarm of that kind");
    for (unsigned k = 0; k < GW_ALARM_KINDS; k++)
        gw_outlet_put(o, GW_LABELS("kind", gw_alarm_about((enum gw_alarm_kind)k)->name), lasts[k]);
    gw_outlet_name(o, "tandem_alarms_raised_total", GW_METRIC_COUNTER, "Alarms raised");
    for (unsigned k = 0; k < GW_ALARM_KINDS; k++)
        gw_outlet_put(o, GW_LABELS("kind", gw_alarm_about((enum gw_alarm_kind)k)->name),
                      (double)gw_alarms_raised(o->gw->alarms, (enum gw_alarm_kind)k));
}

static void exports(struct gw_outlet *o)
{
    struct gw_export_status s[TARGETS_MAX];
    unsigned n = gw_export_status(o->gw->exporter, s, TARGETS_MAX);

    if (n > TARGETS_MAX)
        n = TARGETS_MAX;
    gw_outlet_name(o, "tandem_export_lag_seconds", GW_METRIC_GAUGE,
                   "Age of the oldest record that the target does not have");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, GW_LABELS("target", s[i].name), (double)s[i].oldest_ms / 1e3);
    gw_outlet_name(o, "tandem_export_records_total", GW_METRIC_COUNTER, "Records delivered");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, GW_LABELS("target", s[i].name), (double)s[i].delivered);
    gw_outlet_name(o, "tandem_export_failures_total", GW_METRIC_COUNTER,
                   "Attempts to deliver records that failed");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, GW_LABELS("target", s[i].name), (double)s[i].failures);
}

void gw_metrics_watch(struct gw_outlet *o)
{
    if (o->gw->alarms) {
        severities(o);
        kinds(o);
    }
    if (o->gw->exporter)
        exports(o);
}
