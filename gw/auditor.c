/* The auditor's passes: when they begin, how they are cut into slices, and what becomes of a
 * suspect. What is looked at is in auditor_legs.c, auditor_stacks.c and the
 * adapters' leg_*_audit.c.
 */
#include "gw/alarm.h"
#include "gw/auditor_priv.h"
#include "gw/plan.h"
#include "gw/span_status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SLICE 200           /* objects, less than a millisecond */
#define PACE  (2 * RT_MS)   /* from one slice to the next */
#define CALM  (3600 * RT_S) /* the alarm lasts so long after the last repair */
#define LINES 20            /* of repairs in the log, of one pass */

#define FOUND(kind, name, help)                                                                    \
    [GW_AUDITOR_FOUND + GW_FOUND_##kind] = {"audit_found_" name "_total", help, 0}

struct rt_counter gw_auditor_counters[GW_AUDITOR_NCOUNTERS] = {
    [GW_AUDITOR_PASSES] = {"audit_passes_total", "times that the auditor went over everything", 0},
    [GW_AUDITOR_REPAIRS] = {"audit_repairs_total", "things that it had to put right", 0},
    FOUND(LEG_ALONE, "legs_alone", "legs without a call, or that their call did not know"),
    FOUND(LEG_STUCK, "legs_stuck", "released legs that did not go"),
    FOUND(LEG_LOST, "legs_lost", "legs whose session, Q.931 call or media port was gone"),
    FOUND(CALL_EMPTY, "calls_empty", "calls without a leg that they need"),
    FOUND(CALL_LATE, "calls_late", "calls too long in a state"),
    FOUND(CALL_STUCK, "calls_stuck", "calls that were over and waited for legs that were gone"),
    FOUND(CHANNEL, "channels", "channels that were busy without a leg"),
    FOUND(SESSION, "sessions", "SIP sessions without a leg"),
    FOUND(PORT, "ports", "media ports that nobody had"),
    FOUND(CONNECTION, "connections", "MGCP connections that nobody had"),
    FOUND(LINE, "lines", "lines and circuits of MGCP gateways that nobody held"),
    FOUND(LIMITS, "limits", "places in limits that no call held"),
    FOUND(COUNT, "count", "times that the number of calls was wrong"),
};

/** In the order of enum gw_finding: for the log. */
static const char *const words[GW_FINDINGS] = {
    "a leg that no call knows",        "a released leg that does not go",
    "a leg that has lost its far end", "a call without its legs",
    "a call too long in its state",    "a call that is over and does not go",
    "a channel busy for nobody",       "a SIP session without a leg",
    "a media port that nobody has",    "an MGCP connection that nobody has",
    "an MGCP line held by nobody",     "a place in limits held by no call",
    "a wrong number of calls",
};

/* ---- suspects ---- */

bool gw_auditor_suspect(struct gw_auditor *a, enum gw_finding kind, const void *what, uint64_t mark,
                        rt_time least, rt_time *lasted)
{
    struct gw_suspect_key key = {.what = what, .mark = mark, .kind = kind};
    struct gw_suspect *s;

    HASH_FIND(hh, a->suspects, &key, sizeof key, s);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s)
            return false;
        s->key = key;
        s->since = a->begun;
        s->pass = a->pass;
        HASH_ADD(hh, a->suspects, key, sizeof key, s);
        return false;
    }
    bool again = s->pass != a->pass; /* it may be seen twice in one pass */
    s->pass = a->pass;
    *lasted = a->begun - s->since;
    if (!again || *lasted < least)
        return false;
    rt_count(&gw_auditor_counters[GW_AUDITOR_FOUND + kind]);
    HASH_DEL(a->suspects, s);
    free(s);
    return true;
}

/** Those that this pass has not seen are none any more; `all` of them at the end. */
static void forget(struct gw_auditor *a, bool all)
{
    struct gw_suspect *s, *next;

    for (s = a->suspects; s; s = next) {
        next = s->hh.next;
        if (!all && s->pass == a->pass)
            continue;
        HASH_DEL(a->suspects, s);
        free(s);
    }
}

void gw_auditor_repaired(struct gw_auditor *a, enum gw_finding kind, rt_time lasted,
                         const char *fmt, ...)
{
    char text[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    rt_count(&gw_auditor_counters[GW_AUDITOR_REPAIRS]);
    a->repaired = rt_loop_now(a->gw->loop);
    if (a->nrepaired++ < LINES)
        rt_log(RT_LOG_CALL, RT_WARN, "audit: %s for %lld s: %s: repaired", words[kind],
               (long long)(lasted / RT_S), text);
    gw_alarm_raise(a->gw->alarms, GW_ALARM_REPAIR, "gateway", "%s: %.100s", words[kind], text);
}

/* ---- passes ---- */

static gw_auditor_stage *const stages[] = {
    gw_audit_legs,  gw_audit_calls, gw_audit_clearing, gw_audit_spans,  gw_audit_sessions,
    gw_audit_ports, gw_audit_mgcp,  gw_audit_unmet,    gw_audit_limits,
};

/** The largest of the plan's own timers count in what a call may take. */
static rt_time patience_of(const struct gw *gw)
{
    static const enum isdn_timer waits[] = {ISDN_T301, ISDN_T302, ISDN_T304, ISDN_T310};
    rt_time most = 0;

    for (unsigned i = 0; i < gw->nspans; i++) {
        rt_time sum = 0;
        for (size_t k = 0; k < RT_COUNT(waits); k++)
            sum += gw_span_timer(gw->spans[i].isdn, waits[k]);
        most = sum > most ? sum : most;
    }
    return most;
}

static void begin(struct gw_auditor *a)
{
    a->pass++;
    a->stage = 0;
    a->entered = false;
    a->running = true;
    a->begun = rt_loop_now(a->gw->loop);
    a->objects = a->slices = a->asked = a->nrepaired = 0;
    a->patience = patience_of(a->gw);
}

/** The next pass begins so long after this one began, however long it took. */
static void end(struct gw_auditor *a)
{
    rt_time now = rt_loop_now(a->gw->loop), due = a->begun + a->gw->plan->auditor.every;

    a->running = false;
    a->last_objects = a->objects;
    a->last_slices = a->slices;
    rt_count(&gw_auditor_counters[GW_AUDITOR_PASSES]);
    gw_claims_release(&a->claims);
    forget(a, false);
    if (a->nrepaired > LINES)
        rt_log(RT_LOG_CALL, RT_WARN, "audit: %u repairs more in this pass", a->nrepaired - LINES);
    if (a->repaired && now - a->repaired >= CALM) {
        a->repaired = 0;
        gw_alarm_clear(a->gw->alarms, GW_ALARM_REPAIR, "gateway");
    }
    if (a->gw->plan->auditor.every > 0)
        rt_timer_start(&a->timer, due > now ? due - now : 0);
}

static void on_timer(void *arg)
{
    struct gw_auditor *a = arg;
    unsigned budget = SLICE;

    if (!a->running)
        begin(a);
    a->slices++;
    while (budget > 0 && a->stage < RT_COUNT(stages)) {
        unsigned before = budget;
        bool fresh = !a->entered;
        a->entered = true;
        if (stages[a->stage](a, fresh, &budget)) {
            a->stage++;
            a->entered = false;
        }
        a->objects += before - budget;
    }
    if (a->stage == RT_COUNT(stages))
        end(a);
    else
        rt_timer_start(&a->timer, PACE);
}

/* ---- what changes meanwhile ---- */

void gw_auditor_leg_goes(struct gw_auditor *a, const struct gw_leg *leg)
{
    if (a && a->leg == leg)
        a->leg = leg->next;
}

void gw_auditor_call_goes(struct gw_auditor *a, const struct gw_call *call)
{
    if (a && a->call == call)
        a->call = call->next;
}

void gw_auditor_status(const struct gw_auditor *a, struct gw_auditor_status *out)
{
    *out = (struct gw_auditor_status){.objects = a->last_objects,
                                      .suspects = HASH_COUNT(a->suspects),
                                      .slices = a->last_slices,
                                      .running = a->running};
}

/* ---- beginning and end ---- */

int gw_auditor_start(struct gw *gw)
{
    struct gw_auditor *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    a->gw = gw;
    gw->auditor = a;
    rt_timer_init(&a->timer, gw->loop, on_timer, a);
    gw_auditor_adopt(gw);
    return 0;
}

void gw_auditor_adopt(struct gw *gw)
{
    struct gw_auditor *a = gw->auditor;
    rt_time every = gw->plan->auditor.every;

    if (!a || a->running)
        return;
    if (every > 0)
        rt_timer_start(&a->timer, every);
    else
        rt_timer_stop(&a->timer);
}

void gw_auditor_stop(struct gw *gw)
{
    struct gw_auditor *a = gw->auditor;

    if (!a)
        return;
    gw->auditor = NULL;
    rt_timer_stop(&a->timer);
    forget(a, true);
    gw_claims_release(&a->claims);
    free(a);
}
