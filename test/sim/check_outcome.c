/* What became of each call, held against its script. A call that a fault may have touched has to
 * end, no more; any other goes as its script says, or is refused since there was no channel.
 */
#include "test/sim/engine.h"

#include <utlist.h>

/** Both sides are done: what still comes within this time counts. */
#define SETTLE (5 * RT_S)
/** How much a talk may be shorter or longer than the script has it. */
#define SLACK RT_S
/** No call goes on for so long after the end of its script: undisturbed, or when only timers end
 * it. */
#define OVERTIME      (120 * RT_S)
#define OVERTIME_LOST (2400 * RT_S)

static const char *const states[] = {"idle", "placed", "ringing", "talking", "ended"};

static bool is_over(const struct sim_call *c)
{
    bool a = c->a.state == SIM_ENDED || c->a.state == SIM_IDLE;
    return a && (c->b.times == 0 || c->b.state == SIM_ENDED || c->b.state == SIM_IDLE);
}

/** What happened, for people. */
#define TOLD(c)                                                                                    \
    "call %u %s -> %s: caller %s%s status %u cause %u, talked %d ms; called %s%s status %u cause " \
    "%u, %u times, talked %d ms"
#define FACTS(c)                                                                                   \
    (c)->op->id, (c)->caller, (c)->called, states[(c)->a.state], (c)->a.by_us ? " by itself" : "", \
        (c)->a.status, (c)->a.cause, talked(&(c)->a), states[(c)->b.state],                        \
        (c)->b.by_us ? " by itself" : "", (c)->b.status, (c)->b.cause, (c)->b.times,               \
        talked(&(c)->b)

static int talked(const struct sim_seen *seen)
{
    if (!seen->answered)
        return 0;
    return (int)(((seen->ended ? seen->ended : rt_now()) - seen->answered) / RT_MS);
}

/* ---- calls that nothing has disturbed ---- */

/** The operator ended a call when this one ended: it may have been this. */
static bool operator_ended(const struct sim *s, const struct sim_call *c)
{
    const rt_time ends[] = {c->a.ended, c->b.ended};

    for (size_t i = 0; i < RT_COUNT(ends); i++)
        if (ends[i] && sim_fault_between(s, SIM_RELEASE, ends[i] - 3 * RT_S, ends[i]))
            return true;
    return false;
}

/** HOLD leaves its channel to others, but a channel behind an agent is still that of the telephone:
 * the next call there finds it taken (Q.850: 34) until the one that was held is over. */
static bool behind_held(const struct sim *s, const struct sim_call *c)
{
    if (!sim_far_has_lines(&s->far[c->op->from]) || c->a.cause != 34)
        return false;
    for (unsigned i = 0; i < s->nids; i++) {
        const struct sim_call *o = s->of_id[i];
        if (o && o->op->from == c->op->from && o->a.flashed && o->a.flashed <= c->a.ended &&
            (!o->a.ended || c->a.placed <= o->a.ended))
            return true;
    }
    return false;
}

/** Why it was lawful for the call not to be answered though its script says so; NULL: it was not.
 */
static const char *excuse(const struct sim *s, const struct sim_call *c)
{
    const struct sim_script *m = &c->op->call;

    if (c->crowded && (!m->emergency || c->a.state == SIM_IDLE))
        return "no channel";
    if (s->harsh && !m->emergency && c->portless != sim_portless())
        return "no RTP port";
    if (behind_held(s, c))
        return "the channel of one on hold";
    if (m->silent)
        return "nobody answers";
    if (c->presence == SIM_MAYBE)
        return "elsewhere";
    if (m->give_up && m->give_up <= m->progress + m->ring + 2000 + (m->overlap ? 20000 : 0))
        return "the caller leaves";
    if (sim_emergency_at(s, c->a.ended) && (c->a.cause == 8 || c->b.cause == 8))
        return "made way";
    if (operator_ended(s, c))
        return "the operator";
    if (c->a.by_us && c->a.state == SIM_ENDED && !c->b.times && c->op->from == c->op->to)
        return "to itself";
    return NULL;
}

static void check_talk(struct sim *s, const struct sim_call *c)
{
    const struct sim_script *m = &c->op->call;
    rt_time want = (rt_time)m->talk * RT_MS;

    if (m->transfer || c->moved.outside || operator_ended(s, c) || sim_emergency_touched(s, c) ||
        (m->give_up && c->a.answered && !m->called_ends) ||
        (sim_emergency_at(s, c->a.ended) && (c->a.cause == 8 || c->b.cause == 8)))
        return;
    if (m->give_up && c->a.ended - c->a.placed < (rt_time)m->give_up * RT_MS + SLACK)
        return;
    const struct sim_seen *ender = m->called_ends ? &c->b : &c->a;
    rt_time was = ender->ended - ender->answered;
    if (ender->answered && (was < want - SLACK || was > want + SLACK))
        sim_fail(s, "outcome", TOLD(c) ", but %u ms were meant", FACTS(c), m->talk);
}

/** Subscriber absent is cause 20 (Q.850 2.2.5), 480 to a SIP caller (RFC 3398 7.2.4.1). */
static void check_absent(struct sim *s, const struct sim_call *c)
{
    if (c->b.times > 0 || c->a.answered)
        sim_fail(s, "users", TOLD(c) ", but the user is not registered", FACTS(c));
    else if (!excuse(s, c) && !c->a.by_us && c->a.state == SIM_ENDED && !sim_told(s, c, 20))
        sim_fail(s, "causes", TOLD(c) ", but the user is absent: 20", FACTS(c));
}

static void check_script(struct sim *s, const struct sim_call *c)
{
    const struct sim_script *m = &c->op->call;
    const char *why = excuse(s, c), *wrong;

    if (c->a.late || c->b.late)
        sim_fail(s, "late", TOLD(c) "; %u and %u messages after the end", FACTS(c), c->a.late,
                 c->b.late);
    if (c->presence == SIM_ABSENT) {
        check_absent(s, c);
        return;
    }
    if (m->refuse || m->silent) {
        if (c->a.answered || (!m->transfer && c->b.answered))
            sim_fail(s, "outcome", TOLD(c) ", but the called side does not answer", FACTS(c));
        if (m->refuse && !why && c->b.times == 0)
            sim_fail(s, "outcome", TOLD(c) ", and did not get there", FACTS(c));
        if (m->refuse && !why && (wrong = sim_check_cause(s, c)) != NULL)
            sim_fail(s, "causes", TOLD(c) ": %s", FACTS(c), wrong);
        return;
    }
    /* who is sent on may come back to the called side, which then tells of that arrival */
    if (!c->a.answered || (!c->b.answered && !(m->transfer && c->b.times > 1))) {
        if (!why)
            sim_fail(s, m->emergency ? "emergency" : "outcome", TOLD(c) ", but is to be answered",
                     FACTS(c));
        return;
    }
    check_talk(s, c);
    if (sim_far_has_lines(&s->far[c->op->to]) && !m->give_up && !operator_ended(s, c) &&
        c->a.flashes != c->b.flashes)
        sim_fail(s, "outcome", TOLD(c) "; %u flashes of the hook became %u", FACTS(c), c->a.flashes,
                 c->b.flashes);
    if ((wrong = sim_check_digits(s, c)) != NULL)
        sim_fail(s, "digits", TOLD(c) ": dialled \"%s\", heard \"%s\", %s", FACTS(c), c->a.digits,
                 c->b.digits, wrong);
    if (!operator_ended(s, c) && (wrong = sim_check_moved(s, c)) != NULL)
        sim_fail(s, "transfer", TOLD(c) ": %s", FACTS(c), wrong);
}

/* ---- each call in its turn ---- */

static void judge(struct sim *s, struct sim_call *c)
{
    struct sim_checks *k = s->checks;

    k->done++;
    k->disturbed += c->disturbed;
    k->answered += c->a.answered != 0;
    k->talked += (uint64_t)talked(&c->a);
    sim_check_moves(s, c);
    if (!c->disturbed)
        check_script(s, c);
    DL_DELETE(s->calls, c);
}

/** Of calls that go on: none does for ever. */
static void check_overtime(struct sim *s, const struct sim_call *c)
{
    const struct sim_script *m = &c->op->call;
    unsigned until = m->progress + m->ring;
    unsigned ms = until + m->talk + (m->silent ? 240000 : 0);

    if (m->transfer) /* then whom it was sent to is rung, and talks as long */
        ms += m->transfer + until;
    rt_time most = (c->disturbed ? OVERTIME_LOST : OVERTIME) + (rt_time)ms * RT_MS;

    if (rt_now() > s->began + c->op->at + most)
        sim_fail(s, "ends", TOLD(c) ", %d s after it was placed", FACTS(c),
                 (int)((rt_now() - s->began - c->op->at) / RT_S));
}

void sim_check_outcomes(struct sim *s)
{
    struct sim_call *c, *next;
    rt_time now = rt_now();

    DL_FOREACH_SAFE(s->calls, c, next)
    {
        if (!is_over(c)) {
            c->over = 0;
            check_overtime(s, c);
        } else if (c->over == 0) {
            c->over = now;
        } else if (now > c->over + SETTLE) {
            judge(s, c);
        }
        if (s->failure[0])
            return;
    }
}
