/* Who is told of an alarm: the log always; syslog, somebody, the webhook where the plan says so;
 * and whoever looks at the page.
 */
#include "gw/admin/control_priv.h"
#include "gw/alarm_priv.h"
#include "gw/event.h"
#include "gw/notify.h"

#include <stdio.h>
#include <syslog.h>

static const char *const changes[] = {[GW_ALARM_RAISED] = "raised",
                                      [GW_ALARM_CHANGED] = "still",
                                      [GW_ALARM_CLEARED] = "cleared",
                                      [GW_ALARM_ACKNOWLEDGED] = "acknowledged"};

static void write_line(char *out, size_t cap, const struct gw_alarm *alarm,
                       enum gw_alarm_change change)
{
    snprintf(out, cap, "alarm %s (%s) %s: %s: %s%s%s", gw_alarm_about(alarm->kind)->name,
             gw_severity_name(alarm->severity), changes[change], alarm->object, alarm->text,
             change == GW_ALARM_ACKNOWLEDGED ? "; by " : "",
             change == GW_ALARM_ACKNOWLEDGED ? alarm->acknowledged : "");
}

static void tell_log(const struct gw_alarm *alarm, enum gw_alarm_change change, const char *line)
{
    bool bad = change == GW_ALARM_RAISED && alarm->severity > GW_WARNING;

    rt_log(RT_LOG_ADMIN, bad ? RT_WARN : RT_NOTICE, "%s", line);
}

/** RFC 5674 2: an alarm's severity in syslog's words. */
static void tell_syslog(struct gw_alarms *a, const struct gw_alarm *alarm,
                        enum gw_alarm_change change, const char *line)
{
    static const int priorities[] = {[GW_WARNING] = LOG_WARNING,
                                     [GW_MINOR] = LOG_ERR,
                                     [GW_MAJOR] = LOG_CRIT,
                                     [GW_CRITICAL] = LOG_ALERT};
    int facility = a->gw->plan->alarms.syslog;

    if (facility < 0)
        return;
    if (facility != a->facility)
        openlog("tandem", LOG_NDELAY | LOG_PID, facility);
    a->facility = facility;
    syslog(change == GW_ALARM_RAISED ? priorities[alarm->severity] : LOG_NOTICE, "%s", line);
}

static void tell_somebody(struct gw *gw, const struct gw_alarm *alarm, enum gw_alarm_change change,
                          const char *line)
{
    if (gw->plan->alarms.notify && alarm->severity >= GW_MAJOR &&
        (change == GW_ALARM_RAISED || change == GW_ALARM_CLEARED))
        gw_notify(gw, gw->plan->alarms.notify, line);
}

/** The line that `show alarms` has of it, for those who take JSON. */
static void tell_programs(struct gw_alarms *a, const struct gw_alarm *alarm,
                          enum gw_alarm_change change)
{
    bool posted = a->gw->plan->alarms.webhook && change != GW_ALARM_CHANGED;
    struct rt_buf json = {0};
    struct gw_answer answer = {.gw = a->gw, .plan = a->gw->plan, .out = &json};

    if (!posted && !gw_events_wanted(a->gw->events))
        return;
    gw_answer_alarm(&answer, alarm);
    struct rt_str text = rt_str_trim(rt_buf_str(&json));
    if (!json.failed) {
        gw_event_add(a->gw->events, GW_EVENT_ALARM, alarm->id, text);
        if (posted)
            gw_alarm_post(a->posts, alarm->id, text);
    }
    rt_buf_release(&json);
}

void gw_alarm_tell(struct gw_alarms *a, const struct gw_alarm *alarm, enum gw_alarm_change change)
{
    char line[400];

    if (change != GW_ALARM_CHANGED) {
        write_line(line, sizeof line, alarm, change);
        tell_log(alarm, change, line);
        tell_syslog(a, alarm, change, line);
        tell_somebody(a->gw, alarm, change, line);
    }
    tell_programs(a, alarm, change);
}
