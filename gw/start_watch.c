/* What watches and writes comes up: alarms, series, events, the log's last lines, records, the
 * audit log, traces, upkeep.
 */
#include "gw/alarm.h"
#include "gw/audit.h"
#include "gw/auditor.h"
#include "gw/drain.h"
#include "gw/event.h"
#include "gw/log_ring.h"
#include "gw/overload.h"
#include "gw/series.h"
#include "gw/start_priv.h"
#include "gw/trace.h"
#include "gw/upkeep.h"

#include <errno.h>

int gw_start_cdr(struct gw *gw, struct rt_buf *why)
{
    const char *failed = "";
    int err = gw_cdr_writer_new(&gw->cdr, &gw->plan->cdr, &failed);

    if (err != 0)
        rt_buf_printf(why, "cdr %s: %s", failed, strerror(err));
    return err;
}

int gw_start_audit(struct gw *gw, struct rt_buf *why)
{
    const char *path = gw->plan->admin.audit;
    int err = gw_audit_new(&gw->audit, gw->loop, path);

    if (err != 0)
        rt_buf_printf(why, "audit %s: %s", path ? path : "", strerror(err));
    return err;
}

int gw_start_trace(struct gw *gw, struct rt_buf *why)
{
    return gw_trace_new(&gw->trace, gw, why);
}

int gw_start_upkeep(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    int err = gw_drain_new(&gw->drain, gw);

    return err != 0 ? err : gw_upkeep_start(gw);
}

int gw_start_watchers(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    gw_log_ring_start();
    int err = gw_events_new(&gw->events, gw);
    if (err == 0)
        err = gw_series_new(&gw->series, gw);
    if (err == 0)
        err = gw_overload_new(&gw->overload, gw);
    return err == 0 ? gw_alarms_new(&gw->alarms, gw) : err;
}

int gw_start_watch(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    int err = gw_alarm_watch_start(gw);

    return err != 0 ? err : gw_auditor_start(gw);
}

void gw_stop_watchers(struct gw *gw)
{
    gw_auditor_stop(gw);
    gw_alarm_watch_stop(gw);
    gw_alarms_free(gw->alarms);
    gw_series_free(gw->series);
    gw_overload_free(gw->overload);
    gw_events_free(gw->events);
    gw->alarms = NULL;
    gw->overload = NULL;
    gw->series = NULL;
    gw->events = NULL;
}
