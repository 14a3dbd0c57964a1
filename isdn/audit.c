/* Calls that last longer than they should, or that the two sides see differently.
 *
 * Each state of a call has something that ends it (the table below): a timer of ours, one of
 * libpri's, or the watch, which looks at all calls of a group every few seconds. A call in doubt is
 * asked about by STATUS ENQUIRY (5.8.10): after the data link was set up anew (5.8.9), when it has
 * been in its state for too long, and now and then while it is active if the plan says so. The
 * answer, and any other STATUS, is compared with our state (5.8.11), since libpri looks for null
 * alone. When they cannot both be right the call is cleared with cause 101.
 */
#include "isdn/isdn_priv.h"

#define WATCH     (10 * RT_S)
#define PACE      (100 * RT_MS) /* a burst would crowd out the messages of calls */
#define AT_ONCE   4
#define ENQUIRIES 2
#define SAFETY    "supervision"

/* ---- what ends each state ---- */

#define MIN     (60 * RT_S)
#define PATIENT (31 * MIN) /* queues with announcements before the answer */

static const struct supervision {
    const char *name;
    const char *timer; /**< the standard's, when it is libpri's; ours say so themselves */
    rt_time limit;     /**< without a timer of ours: then it is in doubt, and over after twice that;
                          0: it may last */
} states[] = {
    [CALL_PRESENT] = {"present", NULL, 1 * MIN},
    [CALL_OVERLAP_IN] = {"overlap receiving", NULL, 10 * MIN}, /* T302 */
    [CALL_INCOMING] = {"incoming proceeding", NULL, PATIENT},  /* the far end's T310, T301 */
    [CALL_SETUP] = {"setup", "t303", 10 * MIN},
    [CALL_OVERLAP_OUT] = {"overlap sending", NULL, 10 * MIN}, /* T304 */
    [CALL_OUTGOING] = {"outgoing proceeding", NULL, PATIENT}, /* T310, T301; PROGRESS ends both */
    [CALL_CONNECTING] = {"connect request", NULL, 5 * MIN},   /* T313 */
    [CALL_ACTIVE] = {"active", NULL, 0},
    [CALL_HEARING] = {"disconnect indication", NULL, 5 * MIN}, /* T306 */
    [CALL_TONES] = {"disconnect request", NULL, 5 * MIN},      /* T306 */
    [CALL_RELEASING] = {"release request", "t305", 10 * MIN},  /* behind T305 and twice T308 */
    [CALL_GONE] = {"null", NULL, 0},
};

const char *isdn_call_deadline(const struct isdn_call *c, const char **timer, rt_time *due)
{
    const struct supervision *s = &states[c->state];

    *timer = s->timer;
    *due = 0;
    if (rt_timer_running(&c->timer)) {
        *timer = isdn_timer_row(c->running)->name;
        *due = c->timer.due;
    } else if (rt_timer_running(&c->t322)) {
        *timer = isdn_timer_row(ISDN_T322)->name;
        *due = c->t322.due;
    } else if (!s->timer && s->limit > 0 && c->seen == c->state) {
        *timer = SAFETY;
        *due = c->seen_at + 2 * s->limit;
    }
    return s->name;
}

/* ---- asking ---- */

static bool may_ask(const struct isdn_call *c)
{
    return c->state != CALL_GONE && c->state != CALL_RELEASING && c->state != CALL_TONES &&
           !c->span->cfg.multipoint; /* a bus has several who could answer */
}

static void enquire(struct isdn_call *c)
{
    c->doubt = false;
    if (!may_ask(c) || isdn_call_say(c, Q931_T_STATUS_ENQUIRY, NULL, 0) != 0)
        return; /* the link is down: all are asked when it comes back */
    rt_count(&isdn_counters[ISDN_STATUS_ENQUIRIES]);
    c->enquiries++;
    c->asked = c->state;
    c->audited = rt_loop_now(c->span->loop);
    rt_timer_start(&c->t322, c->span->timers[ISDN_T322]);
}

void isdn_ask_timeout(void *arg)
{
    struct isdn_link *l = arg;
    struct isdn_call *c;
    unsigned n = 0;

    for (c = l->group->calls; c; c = c->next) {
        if (c->link != l || !c->doubt || rt_timer_running(&c->t322))
            continue;
        if (n++ == AT_ONCE)
            break;
        enquire(c);
    }
    if (c)
        rt_timer_start(&l->ask, PACE);
}

static void doubt(struct isdn_call *c)
{
    if (!may_ask(c))
        return;
    c->doubt = true;
    if (!rt_timer_running(&c->link->ask))
        rt_timer_start(&c->link->ask, 0);
}

void isdn_audit_link(struct isdn_link *l)
{
    for (struct isdn_call *c = l->group->calls; c; c = c->next)
        if (c->link == l) {
            rt_timer_stop(&c->t322);
            c->enquiries = 0;
            doubt(c);
        }
}

static void repair(struct isdn_call *c, uint8_t cause, const char *timer, const char *why)
{
    rt_count(&isdn_counters[ISDN_AUDIT_REPAIRS]);
    rt_log(RT_LOG_ISDN, RT_WARN, "%s/%u: call cleared in state \"%s\": %s", c->span->name,
           c->channel, states[c->state].name, why);
    isdn_call_fail(c, cause, timer);
}

static void on_t322(void *arg)
{
    struct isdn_call *c = arg;

    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    if (!c->link->up || !may_ask(c)) /* or it is being cleared: that ends T322 (5.8.10) */
        return;
    if (c->enquiries < ENQUIRIES)
        enquire(c);
    else
        repair(c, PRI_CAUSE_NORMAL_TEMPORARY_FAILURE, "T322", "no answer to STATUS ENQUIRY");
}

void isdn_audit_init(struct isdn_call *c)
{
    rt_timer_init(&c->t322, c->span->loop, on_t322, c);
    c->seen = c->state;
    c->seen_at = c->audited = rt_loop_now(c->span->loop);
}

void isdn_audit_stop(struct isdn_call *c)
{
    rt_timer_stop(&c->t322);
    c->doubt = false;
}

void isdn_audit_ended(struct isdn_call *c)
{
    const struct isdn_link *l = c->link;

    if (may_ask(c) && rt_timer_running(&c->t322) && l->viewed &&
        (l->view.type == Q931_T_RELEASE_COMPLETE || l->view.type == Q931_T_STATUS))
        rt_count(&isdn_counters[ISDN_AUDIT_REPAIRS]);
}

/* ---- comparing (table 4-8) ---- */

#define BIT(n) (1u << (n))
/* Q.931 counts a call's states by who began it; libpri by who looks. Both are taken. */
#define BEFORE   (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(6) | BIT(7) | BIT(9) | BIT(25))
#define ANSWERED BIT(8)
#define ACTIVE   BIT(10)
#define CLEARING (BIT(11) | BIT(12) | BIT(19)) /* its message is on the way, or its timers run */

static const uint32_t allowed[] = {
    [CALL_PRESENT] = BEFORE | CLEARING,
    [CALL_OVERLAP_IN] = BEFORE | CLEARING,
    [CALL_INCOMING] = BEFORE | CLEARING,
    [CALL_SETUP] = BEFORE | CLEARING,
    [CALL_OVERLAP_OUT] = BEFORE | CLEARING,
    [CALL_OUTGOING] = BEFORE | ANSWERED | CLEARING,
    [CALL_CONNECTING] = BEFORE | ANSWERED | ACTIVE | CLEARING, /* T313 sees to the rest */
    [CALL_ACTIVE] = ANSWERED | ACTIVE | CLEARING,
    [CALL_HEARING] = CLEARING,
    [CALL_TONES] = UINT32_MAX,
    [CALL_RELEASING] = UINT32_MAX,
    [CALL_GONE] = UINT32_MAX,
};

static bool fits(enum isdn_call_state ours, uint8_t theirs)
{
    return theirs < 32 && (allowed[ours] >> theirs & 1);
}

/** What they say may have crossed with a message of ours: it has to fit our state of now, or of
 * when they were asked; what they say unasked is asked for again. */
void isdn_audit_status(struct isdn_link *l, const struct isdn_frame *f)
{
    struct isdn_call *c = isdn_call_of(l, &l->view, false);
    struct isdn_ie_state theirs;
    struct isdn_ie ie;
    char why[64];

    if (!c || !q931_find(&ie, f->octets, f->len, ISDN_IE_CALL_STATE, 0) ||
        isdn_ie_read_state(&theirs, &ie) != 0)
        return;
    bool answer = rt_timer_running(&c->t322);
    rt_timer_stop(&c->t322);
    c->enquiries = 0;
    if (fits(c->state, theirs.value) || (answer && fits(c->asked, theirs.value)))
        return;
    if (!answer) {
        doubt(c);
        return;
    }
    RT_JOIN(why, sizeof why, rt_str("for the far end it is in \""),
            rt_str(isdn_ie_state_name(theirs.value)), rt_str("\""));
    repair(c, PRI_CAUSE_WRONG_CALL_STATE, NULL, why);
}

/* ---- the watch ---- */

/** libpri's own timers have not ended it: it is forgotten, and its channel restarted. */
void isdn_call_forget(struct isdn_call *c)
{
    struct isdn_cause cause = {
        .value = PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE, .local = true, .timer = SAFETY};

    if (isdn_call_alive(c))
        pri_destroycall(c->link->pri, c->q931);
    isdn_channel_give(c, true);
    isdn_call_over(c, &cause);
}

static void too_long(struct isdn_call *c)
{
    rt_count(&isdn_counters[ISDN_AUDIT_REPAIRS]);
    rt_log(RT_LOG_ISDN, RT_WARN, "%s/%u: call ended: too long in state \"%s\"", c->span->name,
           c->channel, states[c->state].name);
    if (c->state == CALL_RELEASING || c->state == CALL_TONES)
        isdn_call_forget(c);
    else
        isdn_call_fail(c, PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE, SAFETY);
}

/** T305 and T308 may be as long as an hour each. */
static rt_time limit_of(const struct isdn_call *c)
{
    const rt_time *timers = c->span->timers;
    rt_time limit = states[c->state].limit;

    if (c->state == CALL_RELEASING)
        limit += timers[ISDN_T305] + 2 * timers[ISDN_T308];
    return limit;
}

static void look(struct isdn_call *c, rt_time now)
{
    rt_time limit = limit_of(c), audit = c->span->cfg.audit;

    if (c->state != c->seen || rt_timer_running(&c->timer)) {
        c->seen = c->state;
        c->seen_at = now;
        return;
    }
    if (limit > 0 && now - c->seen_at >= 2 * limit)
        too_long(c);
    else if (limit > 0 && now - c->seen_at >= limit && now - c->audited >= limit)
        doubt(c);
    else if (c->state == CALL_ACTIVE && audit > 0 && now - c->audited >= audit)
        doubt(c);
}

static void on_watch(void *arg)
{
    struct isdn_group *g = arg;
    rt_time now = rt_now();

    for (struct isdn_call *c = g->calls; c; c = c->next)
        if (c->state != CALL_GONE)
            look(c, now);
    if (g->calls)
        rt_timer_start_loose(&g->watch, WATCH);
}

void isdn_watch_init(struct isdn_group *g, struct rt_loop *loop)
{
    rt_timer_init(&g->watch, loop, on_watch, g);
}

void isdn_watch_start(struct isdn_group *g)
{
    if (!rt_timer_running(&g->watch))
        rt_timer_start_loose(&g->watch, WATCH);
}
