/* One count: what it holds now, whether it is passed, and what it tells of itself. */
#include "gw/limits_priv.h"

#define RESUME_PERCENT 90
/** Together, micro-units of money a minute: more would overflow the sum of a minute. */
#define RATE_SUM_MAX 150000000000

static void run(struct gw_limit_meter *m, rt_time span)
{
    int64_t rate = m->rate;

    if (m->kind == GW_LIMIT_MINUTES) {
        m->used += rate * span;
        return;
    }
    if (rate > RATE_SUM_MAX)
        rate = RATE_SUM_MAX;
    int64_t part = rate * (span % GW_LIMITS_MINUTE) + m->rest;
    m->used += rate * (span / GW_LIMITS_MINUTE) + part / GW_LIMITS_MINUTE;
    m->rest = part % GW_LIMITS_MINUTE;
}

/** The window that the clock shows. When that says it began before the last one ended, the clock
 * was set: it may be nearly over, and would be one more than there are in its time. */
static void begin_window(struct gw_limit_meter *m, const struct gw_limit_clock *clock)
{
    rt_time into = clock->window[m->window].into, left = clock->window[m->window].left;

    if (m->used > 0)
        m->closed = m->ends;
    m->began = clock->now - into;
    if (m->began < m->closed) {
        m->began = m->closed;
        if (left < into)
            left += into + left;
    }
    m->ends = clock->now + left;
    m->used = m->base = m->rest = 0;
    if (m->at < m->began)
        m->at = m->began;
}

void gw_limit_settle(struct gw_limit_meter *m, const struct gw_limit_clock *clock)
{
    if (m->window == GW_WINDOW_NONE)
        return;
    if (clock->now >= m->ends || (m->used == 0 && m->rate == 0))
        begin_window(m, clock);
    if (m->rate > 0 && clock->now > m->at)
        run(m, clock->now - m->at);
    m->at = clock->now;
}

/* ---- the bucket of calls per second: one number, the moment at which it will be full ---- */

static int64_t period_ns(const struct gw_limit *rule)
{
    return INT64_C(1000000000000) / rule->value;
}

static int64_t burst(const struct gw_limit *rule)
{
    return rule->burst > 0 ? (int64_t)rule->burst : (rule->value + 999) / 1000;
}

/** How long until it is full; not more than an empty one takes, whatever the last rule was. */
static int64_t missing_ns(const struct gw_limit_meter *m, const struct gw_limit *rule, rt_time now)
{
    int64_t missing = m->full - now * 1000, most = burst(rule) * period_ns(rule);

    return missing <= 0 ? 0 : missing < most ? missing : most;
}

void gw_limit_drip(struct gw_limit_meter *m, const struct gw_limit *rule, rt_time now)
{
    int64_t missing = missing_ns(m, rule, now) + period_ns(rule),
            most = burst(rule) * period_ns(rule);

    m->full = now * 1000 + (missing < most ? missing : most);
}

/* ---- use ---- */

static int64_t same(const struct gw_limit_meter *m, uint64_t dest)
{
    struct gw_limit_dest *d;

    HASH_FIND(hh, m->dests, &dest, sizeof(dest), d);
    return d ? d->calls : 0;
}

int64_t gw_limit_used(const struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                      rt_time now)
{
    if (m->kind == GW_LIMIT_CPS)
        return (missing_ns(m, rule, now) + period_ns(rule) - 1) / period_ns(rule) * 1000;
    if (m->kind == GW_LIMIT_SAME)
        return same(m, dest);
    if (m->kind == GW_LIMIT_CALLS && m->window == GW_WINDOW_NONE && !m->set)
        return m->party->calls;
    return m->used;
}

bool gw_limit_passed(const struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                     rt_time now)
{
    if (m->kind == GW_LIMIT_CPS)
        return missing_ns(m, rule, now) > (burst(rule) - 1) * period_ns(rule);
    if (m->kind == GW_LIMIT_SAME && dest == 0)
        return false;
    return gw_limit_used(m, rule, dest, now) - m->base >= rule->value;
}

/* ---- what it tells ---- */

static unsigned blocks_of(const struct gw_limit_party *p)
{
    unsigned n = 0;

    for (const struct gw_limit_meter *m = p->meters; m; m = m->next)
        n += m->blocked > 0;
    return n;
}

void gw_limit_say(struct gw_limit_meter *m, enum gw_limit_event_kind kind,
                  const struct gw_limit *rule, const char *text)
{
    const struct gw_limits *s = m->party->store;
    struct gw_limit_event e = {.kind = kind,
                               .scope = m->party->kind,
                               .name = gw_limit_party_name(m->party),
                               .notify = rule ? rule->block.notify : NULL,
                               .text = text,
                               .blocks = blocks_of(m->party)};

    if (s->listen)
        s->listen(s->arg, &e);
}

void gw_limit_trip(struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                   const struct gw_limit_clock *clock)
{
    char text[192];

    gw_limit_block_text(text, sizeof(text), m->party, rule,
                        gw_limit_used(m, rule, dest, clock->now), rule->block.period);
    m->blocked = clock->now + rule->block.period;
    if (m->window != GW_WINDOW_NONE)
        m->base = m->used;
    rt_count(&gw_limits_counters[GW_LIMITS_FRAUD]);
    gw_limit_say(m, GW_LIMIT_FRAUD, rule, text);
}

/** Use is so far below the value that a refusal is not near. A bucket must be full. */
static bool resumes(const struct gw_limit_meter *m, const struct gw_limit *rule, rt_time now)
{
    unsigned percent = rule->resume > 0 ? rule->resume : RESUME_PERCENT;

    if (m->kind == GW_LIMIT_CPS)
        return m->full <= now * 1000;
    if (m->kind == GW_LIMIT_SAME) {
        for (const struct gw_limit_dest *d = m->dests; d; d = d->hh.next) {
            if ((int64_t)d->calls * 100 >= rule->value * percent)
                return false;
        }
        return true;
    }
    return gw_limit_used(m, rule, 0, now) < (rule->value * percent + 99) / 100;
}

static void tell_end(struct gw_limit_meter *m, enum gw_limit_event_kind kind,
                     const struct gw_limit *rule, rt_time now)
{
    char text[192];

    if (rule)
        gw_limit_text(text, sizeof(text), m->party, rule, gw_limit_used(m, rule, 0, now));
    else
        RT_JOIN(text, sizeof(text), rt_str(gw_scope_names[m->party->kind]), rt_str(" "),
                rt_str(gw_limit_party_name(m->party)), rt_str(": no such limit any more"));
    gw_limit_say(m, kind, rule, text);
}

void gw_limit_watch(struct gw_limit_meter *m, const struct gw_limit_clock *clock)
{
    const struct gw_limit *rule = m->ties ? m->ties->rule : NULL;

    gw_limit_settle(m, clock);
    if (m->blocked > 0 && clock->now >= m->blocked) {
        m->blocked = 0;
        tell_end(m, GW_LIMIT_UNBLOCKED, rule, clock->now);
    }
    if (m->limited && (!rule || resumes(m, rule, clock->now))) {
        m->limited = false;
        tell_end(m, GW_LIMIT_RESUMED, rule, clock->now);
    }
    if (rule && m->fraud && m->blocked == 0 && m->kind >= GW_LIMIT_MINUTES &&
        gw_limit_passed(m, rule, 0, clock->now))
        gw_limit_trip(m, rule, 0, clock);
}

bool gw_limit_idle(const struct gw_limit_meter *m)
{
    return !m->ties && m->blocked == 0 && m->used == 0 && !m->dests;
}
