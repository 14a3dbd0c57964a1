/* The watch over ourselves: records, files that are waited for, whether threads keep up. */
#include "gw/alarm_watch.h"
#include "gw/audit.h"
#include "gw/export.h"
#include "gw/overload.h"
#include "gw/rt/file.h"
#include "gw/series.h"
#include "gw/span_status.h"

#include <stdio.h>

/** Of a media thread's time, in thousandths. */
#define CPU_MAX 950
/** Ticks in a second that a span's thread may be late for. */
#define LATE_MAX 10

/* ---- records ---- */

/** An error without a record that waits is that of an exporter that does not run. */
static void look_at_targets(struct gw_alarm_watch *w)
{
    struct gw_export_status s[GW_TARGETS_MAX];
    unsigned n = gw_export_status(w->gw->exporter, s, RT_COUNT(s));
    char object[64], text[sizeof((struct gw_alarm *)0)->text];

    for (unsigned i = 0; i < n; i++) {
        bool late = s[i].oldest_ms * RT_MS > w->gw->plan->cdr.late;
        snprintf(object, sizeof object, "target %.31s", s[i].name);
        if (late)
            snprintf(text, sizeof text, "the oldest record has waited for %lld s: %.100s",
                     (long long)(s[i].oldest_ms / 1000), s[i].error);
        else
            rt_str_copy(text, sizeof text, rt_str(s[i].error));
        gw_alarm_look(w, GW_ALARM_EXPORT, object, late || (text[0] && s[i].oldest_ms == 0), "%s",
                      text);
    }
}

/** The CSV or JSON file: what it lacks is in the journal. */
static void look_at_files(struct gw_alarm_watch *w)
{
    const struct gw_cdr_plan *p = &w->gw->plan->cdr;
    char object[64];
    uint64_t octets;
    rt_time since;

    if (!w->gw->cdr)
        return;
    bool behind = gw_cdr_behind(w->gw->cdr, &since, &octets);
    snprintf(object, sizeof object, "target %s",
             p->csv && p->json ? "csv, json"
             : p->csv          ? "csv"
                               : "json");
    gw_alarm_look(w, GW_ALARM_EXPORT, object, behind,
                  "the oldest record has waited for %lld s: %llu octets of the journal are due",
                  (long long)((w->now - since) / RT_S), (unsigned long long)octets);
}

void gw_watch_records(struct gw_alarm_watch *w)
{
    const struct gw_cdr_plan *p = &w->gw->plan->cdr;
    const char *path = p->journal ? p->journal : p->csv ? p->csv : p->json, *audit;
    unsigned waiting = 0;
    bool failing = w->gw->cdr && gw_cdr_failing(w->gw->cdr, &waiting);

    gw_alarm_look(w, GW_ALARM_RECORDS, "records", failing,
                  "%u records wait in memory: %s cannot be written", waiting,
                  path ? path : "a file");
    audit = w->gw->plan->admin.audit;
    gw_alarm_look(w, GW_ALARM_AUDIT, "audit", w->gw->audit && gw_audit_failing(w->gw->audit),
                  "%s cannot be written", audit ? audit : "its file");
    look_at_files(w);
    look_at_targets(w);
}

/* ---- files that are waited for ---- */

/** Longer than a disk that sleeps takes to wake. */
#define PATIENCE  (5 * RT_S)
#define WAITS_MAX 16

void gw_watch_files(struct gw_alarm_watch *w)
{
    char object[sizeof((struct gw_alarm *)0)->object];
    struct rt_file_wait wait[WAITS_MAX];
    unsigned n = rt_file_waits(wait, WAITS_MAX, PATIENCE);

    for (unsigned i = 0; i < n; i++) {
        size_t len = strlen(wait[i].path), most = sizeof object - sizeof "file ";
        snprintf(object, sizeof object, "file %s", wait[i].path + (len > most ? len - most : 0));
        gw_alarm_look(w, GW_ALARM_FILE, object, true, "its disk has not answered for %lld s",
                      (long long)((w->now - wait[i].since) / RT_S));
    }
}

/* ---- load ---- */

static unsigned permille(rt_time part, rt_time whole)
{
    return whole > 0 && part > 0 ? (unsigned)(part * 1000 / whole) : 0;
}

/** Looked at each 5 s. */
#define STEP (5 * RT_S)

static void look_at_spans(struct gw_alarm_watch *w)
{
    for (unsigned i = 0; i < w->gw->nspans; i++) {
        struct gw_span_status s;
        char object[32];

        gw_span_status(&s, w->gw->spans[i].isdn);
        uint64_t late = s.late_sent - w->spans[i].late;
        snprintf(object, sizeof object, "span %u", s.id);
        gw_alarm_look(w, GW_ALARM_OVERLOAD, object, late > LATE_MAX * (STEP / RT_S),
                      "its media thread was late %llu times in 5 s", (unsigned long long)late);
        w->spans[i].late = s.late_sent;
    }
}

void gw_watch_load(struct gw_alarm_watch *w)
{
    const struct gw_overload_plan *bounds = &w->gw->plan->overload;
    struct gw_overload_status load;
    unsigned cpu = 0, n = 0;
    const struct gw_sample *s;
    char object[32];

    for (unsigned i = GW_SERIES_SECONDS; n < STEP / RT_S && i > 0; i--)
        if ((s = gw_series_at(w->gw->series, false, i - 1))) {
            cpu += s->cpu_permille;
            n++;
        }
    cpu = n > 0 ? cpu / n : 0;
    gw_overload_status(w->gw->overload, &load);
    bool over = load.over || w->lag > bounds->queue || cpu > bounds->cpu;
    gw_alarm_look(w, GW_ALARM_OVERLOAD, "signalling", over,
                  "the signalling thread is up to %lld ms late and uses %u %% of a CPU",
                  (long long)(w->lag / RT_MS), cpu / 10);
    w->lag = 0;
    for (unsigned i = 0; i < media_threads(w->gw->media); i++) {
        rt_time used = media_thread_cpu(w->gw->media, i);
        unsigned share = permille(used - w->media_cpu[i], STEP);
        snprintf(object, sizeof object, "media thread %u", i);
        gw_alarm_look(w, GW_ALARM_OVERLOAD, object, share >= CPU_MAX, "it uses %u %% of a CPU",
                      share / 10);
        w->media_cpu[i] = used;
    }
    look_at_spans(w);
}
