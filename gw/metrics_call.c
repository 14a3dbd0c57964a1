/* Metrics of calls, by trunk and direction. */
#include "gw/metrics_priv.h"
#include "gw/trunk_stats.h"

#include <stddef.h>
#include <stdio.h>

#define EACH_TRUNK(t, s) for (const struct gw_trunk_stats *t = (s)->trunks; t; t = t->hh.next)

/** The two labels that most have. */
#define OF(t, d) "trunk", (t)->name, "direction", gw_direction_name(d)

/* ---- how many now ---- */

static enum gw_trunk_call kind_of(const struct gw_call *call)
{
    static const enum gw_trunk_call kinds[GW_CALL_STATES] = {
        [GW_CALL_ALERTING] = GW_TRUNK_RINGING,
        [GW_CALL_CONNECTED] = GW_TRUNK_TALK,
        [GW_CALL_TONES] = GW_TRUNK_TONES,
    };
    return kinds[call->fsm.state];
}

static void count_side(struct gw_call_stats *s, const char *trunk, enum gw_direction d,
                       enum gw_trunk_call kind)
{
    struct gw_trunk_stats *t = gw_trunk_stats(s, trunk);

    if (t)
        t->by[d].calls[kind]++;
}

/** Those of the plan are shown from the start: a rate needs a first sample. */
static void count_calls(struct gw_call_stats *s, const struct gw *gw)
{
    for (unsigned i = 0; i < gw->plan->ntrunks; i++)
        gw_trunk_stats(s, gw->plan->trunks[i].name);
    for (struct gw_trunk_stats *t = s->trunks; t; t = t->hh.next)
        for (unsigned d = 0; d < GW_DIRECTIONS; d++)
            memset(t->by[d].calls, 0, sizeof t->by[d].calls);
    for (const struct gw_call *call = gw->calls; call; call = call->next) {
        count_side(s, call->cdr.from_trunk, GW_IN, kind_of(call));
        if (call->b)
            count_side(s, call->cdr.to_trunk, GW_OUT, kind_of(call));
    }
}

static void calls(struct gw_outlet *o, const struct gw_call_stats *s)
{
    static const char *const names[] = {[GW_TRUNK_SETUP] = "setup",
                                        [GW_TRUNK_RINGING] = "ringing",
                                        [GW_TRUNK_TALK] = "connected",
                                        [GW_TRUNK_TONES] = "tones"};

    gw_outlet_gauge(o, "tandem_calls_in_progress", "Calls in progress", o->gw->ncalls);
    gw_outlet_name(o, "tandem_calls", GW_METRIC_GAUGE,
                   "Sides of calls in progress: that came by the trunk, or were placed over it");
    EACH_TRUNK(t, s)
    for (unsigned d = 0; d < GW_DIRECTIONS; d++)
        for (unsigned k = 0; k < GW_TRUNK_CALLS; k++)
            gw_outlet_put(o, GW_LABELS(OF(t, d), "state", names[k]), t->by[d].calls[k]);
}

/* ---- counters of a direction ---- */

static const struct counter {
    const char *name, *help;
    size_t offset;
    double unit;
} counters[] = {
    {"tandem_call_attempts_total", "Calls that came by the trunk, or were tried over it",
     offsetof(struct gw_direction_stats, attempts), 1},
    {"tandem_call_seizures_total", "Those that had a channel, or a peer that said anything",
     offsetof(struct gw_direction_stats, seizures), 1},
    {"tandem_call_answers_total", "Those answered", offsetof(struct gw_direction_stats, answers),
     1},
    {"tandem_call_talk_seconds_total", "From answer to release, of calls that are over",
     offsetof(struct gw_direction_stats, talk_ms), 1e3},
    {"tandem_call_short_total", "Answered calls that were over within 6 s",
     offsetof(struct gw_direction_stats, brief), 1},
};

static uint64_t value_at(const struct gw_direction_stats *d, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)d + offset);
}

static void totals(struct gw_outlet *o, const struct gw_call_stats *s)
{
    for (size_t i = 0; i < RT_COUNT(counters); i++) {
        gw_outlet_name(o, counters[i].name, GW_METRIC_COUNTER, counters[i].help);
        EACH_TRUNK(t, s)
        for (unsigned d = 0; d < GW_DIRECTIONS; d++)
            gw_outlet_put(o, GW_LABELS(OF(t, d)),
                          (double)value_at(&t->by[d], counters[i].offset) / counters[i].unit);
    }
}

/** Causes of E.425's NER are there from the start. */
static bool shown(const struct gw_direction_stats *d, unsigned cause)
{
    static const bool always[128] = {[1] = true,  [16] = true, [17] = true, [18] = true,
                                     [19] = true, [21] = true, [28] = true, [34] = true};
    return d->releases[cause] > 0 || always[cause];
}

static void releases(struct gw_outlet *o, const struct gw_call_stats *s)
{
    char number[12];

    gw_outlet_name(o, "tandem_call_releases_total", GW_METRIC_COUNTER,
                   "Calls and attempts that are over, by Q.850 cause");
    EACH_TRUNK(t, s)
    for (unsigned d = 0; d < GW_DIRECTIONS; d++)
        for (unsigned cause = 0; cause < 128; cause++) {
            if (!shown(&t->by[d], cause))
                continue;
            snprintf(number, sizeof number, "%u", cause);
            gw_outlet_put(o, GW_LABELS(OF(t, d), "cause", number),
                          (double)t->by[d].releases[cause]);
        }
}

static void rejects(struct gw_outlet *o, const struct gw_call_stats *s)
{
    gw_outlet_name(o, "tandem_trunk_rejects_total", GW_METRIC_COUNTER,
                   "Calls that the trunk could not take, or that its callers may not make");
    EACH_TRUNK(t, s)
    for (unsigned r = 0; r < GW_REJECTS; r++)
        gw_outlet_put(o, GW_LABELS("trunk", t->name, "reason", gw_reject_name(r)),
                      (double)t->rejects[r]);
}

/* ---- money ---- */

static void money(struct gw_outlet *o, const struct gw_call_stats *s, enum gw_direction d,
                  const char *name, const char *help)
{
    gw_outlet_name(o, name, GW_METRIC_COUNTER, help);
    EACH_TRUNK(t, s)
    for (unsigned i = 0; i < GW_STATS_CURRENCIES && t->by[d].money[i].currency[0]; i++)
        gw_outlet_put(o, GW_LABELS("trunk", t->name, "currency", t->by[d].money[i].currency),
                      (double)t->by[d].money[i].micro / 1e6);
}

/* ---- histograms of a direction ---- */

static const struct histogram {
    const char *name, *help;
    size_t offset;
} histograms[] = {
    {"tandem_call_setup_seconds", "From the attempt to ringing, or to an answer without it",
     offsetof(struct gw_direction_stats, ringing)},
    {"tandem_call_answer_seconds", "From the attempt to the answer",
     offsetof(struct gw_direction_stats, answer)},
    {"tandem_media_mos", "MOS-CQ of calls that are over: in: of what came from the trunk",
     offsetof(struct gw_direction_stats, mos)},
    {"tandem_media_loss_ratio", "Share of packets lost, of calls that are over",
     offsetof(struct gw_direction_stats, loss)},
    {"tandem_media_jitter_seconds", "Jitter (RFC 3550) of calls that are over",
     offsetof(struct gw_direction_stats, jitter)},
};

static const struct gw_histogram *histogram_at(const struct gw_direction_stats *d, size_t offset)
{
    return (const struct gw_histogram *)(const void *)((const char *)d + offset);
}

/** One that has no value yet is left out: they are long. */
static void waits_and_sound(struct gw_outlet *o, const struct gw_call_stats *s)
{
    for (size_t i = 0; i < RT_COUNT(histograms); i++) {
        gw_outlet_name(o, histograms[i].name, GW_METRIC_HISTOGRAM, histograms[i].help);
        EACH_TRUNK(t, s)
        for (unsigned d = 0; d < GW_DIRECTIONS; d++) {
            const struct gw_histogram *h = histogram_at(&t->by[d], histograms[i].offset);
            if (gw_histogram_count(h) > 0)
                gw_outlet_histogram(o, GW_LABELS(OF(t, d)), h);
        }
    }
    gw_outlet_name(o, "tandem_echo_return_loss_decibels", GW_METRIC_HISTOGRAM,
                   "How far down the trunk's line sends back what it hears, our canceller "
                   "included");
    EACH_TRUNK(t, s)
    if (gw_histogram_count(&t->echo) > 0)
        gw_outlet_histogram(o, GW_LABELS("trunk", t->name), &t->echo);
}

/* ---- calls as a whole ---- */

static void failovers(struct gw_outlet *o, const struct gw_call_stats *s)
{
    char key[160], cause[12];

    gw_outlet_name(o, "tandem_route_failovers_total", GW_METRIC_COUNTER,
                   "Calls that went to another trunk, and the cause that the first one failed by");
    for (const struct gw_failover *f = s->failovers; f; f = f->hh.next) {
        rt_str_copy(key, sizeof key, rt_str(f->key));
        char *to = strchr(key, '\n'), *end = strrchr(key, '\n');
        *to = *end = '\0';
        snprintf(cause, sizeof cause, "%u", f->cause);
        gw_outlet_put(o, GW_LABELS("from", key, "to", to + 1, "cause", cause), (double)f->count);
    }
}

static void emergencies(struct gw_outlet *o, const struct gw_call_stats *s)
{
    gw_outlet_name(o, "tandem_emergency_calls_total", GW_METRIC_COUNTER,
                   "Calls to the emergency service, by what became of them");
    gw_outlet_put(o, GW_LABELS("outcome", "answered"),
                  (double)s->emergencies[GW_EMERGENCY_ANSWERED]);
    gw_outlet_put(o, GW_LABELS("outcome", "failed"), (double)s->emergencies[GW_EMERGENCY_FAILED]);
}

/** A scope of the plan with a rule against fraud. */
static void watch_quota(struct gw_call_stats *s, enum gw_scope_kind kind, const char *name,
                        const struct gw_quota *q)
{
    for (unsigned i = 0; i < q->n; i++)
        if (q->rule[i].block.period > 0)
            gw_trunk_stats_block(s, kind, name, false);
}

static void watch_quotas(struct gw_call_stats *s, const struct gw_plan *p)
{
    for (unsigned i = 0; i < p->ntrunks; i++)
        watch_quota(s, GW_SCOPE_TRUNK, p->trunks[i].name, &p->trunks[i].quota);
    for (unsigned i = 0; i < p->dial.ngroups; i++)
        watch_quota(s, GW_SCOPE_GROUP, p->dial.groups[i].name, &p->dial.groups[i].quota);
    for (unsigned i = 0; i < p->dial.nclasses; i++)
        watch_quota(s, GW_SCOPE_CLASS, p->dial.classes[i].name, &p->dial.classes[i].quota);
    for (unsigned i = 0; i < p->dial.ncustomers; i++)
        watch_quota(s, GW_SCOPE_CUSTOMER, p->dial.customers[i].name, &p->dial.customers[i].quota);
}

static void blocks(struct gw_outlet *o, struct gw_call_stats *s)
{
    static const char *const reasons[GW_SCOPE_KINDS] = {
        [GW_SCOPE_TRUNK] = "trunk",   [GW_SCOPE_GROUP] = "group",
        [GW_SCOPE_CLASS] = "class",   [GW_SCOPE_CUSTOMER] = "customer",
        [GW_SCOPE_PREFIX] = "prefix", [GW_SCOPE_SOURCE] = "source"};

    watch_quotas(s, o->gw->plan);
    gw_outlet_name(o, "tandem_fraud_blocks_total", GW_METRIC_COUNTER,
                   "Times that a rule against fraud began to block, by whose it is");
    for (const struct gw_block_stats *b = s->blocks; b; b = b->hh.next)
        gw_outlet_put(o, GW_LABELS("class", b->name + 1, "reason", reasons[b->scope]),
                      (double)b->count);
}

static void decisions(struct gw_outlet *o, const struct gw_call_stats *s)
{
    gw_outlet_name(o, "tandem_route_decision_seconds", GW_METRIC_HISTOGRAM,
                   "How long it took to decide where a call goes");
    gw_outlet_histogram(o, GW_NO_LABELS, &s->decision);
    gw_outlet_name(o, "tandem_enum_seconds", GW_METRIC_HISTOGRAM, "How long calls waited for ENUM");
    gw_outlet_histogram(o, GW_NO_LABELS, &s->enums);
}

void gw_metrics_calls(struct gw_outlet *o)
{
    struct gw_call_stats *s = o->gw->stats;

    if (!s)
        return;
    count_calls(s, o->gw);
    calls(o, s);
    totals(o, s);
    releases(o, s);
    rejects(o, s);
    money(o, s, GW_OUT, "tandem_call_cost_total", "What calls over the trunk cost, by its deck");
    money(o, s, GW_IN, "tandem_call_revenue_total", "What callers of the trunk pay for calls");
    waits_and_sound(o, s);
    failovers(o, s);
    emergencies(o, s);
    blocks(o, s);
    decisions(o, s);
}
