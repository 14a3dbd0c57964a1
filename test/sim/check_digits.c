/* Digits that the caller dials while they talk, as sound, as telephone-event or by INFO: the called
 * side hears each of them, once and in their order, in whatever way its trunk has.
 */
#include "test/sim/engine.h"

/** What is dialled so long before the end of the talk has arrived. */
#define ARRIVES (1500 * RT_MS)
/** A digit map waits so long for another one (T of RFC 3660 2.2). */
#define WAITS (4 * RT_S)

/** An agent is told of digits, and signals them. */
static bool has_ears(const struct sim *s, unsigned far)
{
    return s->far[far].kind <= SIM_SPAN || s->far[far].kind == SIM_AGENT;
}

/** Both ends have ears, and one talk from beginning to end. */
static bool can_be_heard(const struct sim *s, const struct sim_call *c)
{
    const struct sim_script *m = &c->op->call;
    bool ears = has_ears(s, c->op->from) && has_ears(s, c->op->to);

    return m->digits > 0 && m->hold == 0 && m->transfer == 0 && ears && c->b.times == 1 &&
           c->b.answered && !c->moved.outside;
}

/** Sound is late, though no message is lost. */
static bool sound_disturbed(const struct sim *s, const struct sim_call *c)
{
    return sim_fault_between(s, SIM_DELAY, c->a.answered, c->a.ended) ||
           sim_fault_between(s, SIM_STALL, c->a.answered, c->a.ended);
}

const char *sim_check_digits(const struct sim *s, const struct sim_call *c)
{
    const char *dialled = c->a.digits, *heard = c->b.digits;
    rt_time over = c->a.ended < c->b.ended ? c->a.ended : c->b.ended;
    size_t n = strlen(heard);

    if (!can_be_heard(s, c) || sound_disturbed(s, c))
        return NULL;
    if (n > strlen(dialled) || memcmp(dialled, heard, n) != 0)
        return "which are others";
    rt_time waits = s->far[c->op->to].kind == SIM_AGENT ? WAITS : 0;
    if (dialled[n] != '\0' && over > c->a.dialled + ARRIVES + waits)
        return "which are not all";
    return NULL;
}
