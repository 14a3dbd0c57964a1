/* Calls and channels as the gateway's auditor sees them, and the end of what nobody has any more.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

/** The channel table knows of the channel that the call thinks it has. */
static bool agrees(const struct isdn_call *c)
{
    const struct isdn_channel *ch = &c->span->channel[c->channel];

    return c->channel == 0 || (ch->call == c && ch->state == ISDN_CH_BUSY);
}

void isdn_span_calls(const struct isdn_span *s, isdn_calls_fn *fn, void *arg)
{
    struct isdn_call *c, *next;
    const char *timer;
    rt_time due;

    for (c = s->group->calls; c; c = next) {
        next = c->next;
        if (c->span != s)
            continue;
        fn(arg, &(struct isdn_call_view){.call = c,
                                         .owner = c->arg,
                                         .mark = c->reference << 1 | c->outgoing,
                                         .channel = c->channel,
                                         .state = isdn_call_deadline(c, &timer, &due),
                                         .clearing = c->state >= CALL_TONES,
                                         .over = c->state == CALL_GONE || c->waiting,
                                         .astray = c->state != CALL_GONE && !agrees(c)});
    }
}

static bool is_known(const struct isdn_span *s, const struct isdn_call *call)
{
    for (const struct isdn_call *c = s->group->calls; c; c = c->next)
        if (c == call)
            return true;
    return false;
}

uint32_t isdn_span_stray(const struct isdn_span *s)
{
    uint32_t out = 0;

    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++)
        if (s->channel[t].state == ISDN_CH_BUSY && !is_known(s, s->channel[t].call))
            out |= 1u << t;
    return out;
}

int isdn_channel_free_stray(struct isdn_span *s, unsigned timeslot)
{
    if (timeslot >= ISDN_TIMESLOTS || !(isdn_span_stray(s) >> timeslot & 1))
        return EINVAL;
    s->channel[timeslot].call = NULL;
    isdn_channel_set(s, timeslot, ISDN_CH_IDLE);
    isdn_restart_channel(s, timeslot);
    return 0;
}

void isdn_call_disown(struct isdn_span *s, const void *owner)
{
    for (struct isdn_call *c = s->group->calls; c; c = c->next)
        if (c->arg == owner) {
            c->arg = NULL;
            if (c->state < CALL_RELEASING)
                isdn_call_release(c, PRI_CAUSE_NORMAL_TEMPORARY_FAILURE, 0);
        }
}
