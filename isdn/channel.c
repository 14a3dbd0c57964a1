/* The channel table: which B channel is free, who has it, and who yields (Q.931 5.1.2, 5.2.3, 5.7).
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

#define CAUSE_NO_CHANNEL        34
#define CAUSE_CHANNEL_NOT_THERE 44
#define CAUSE_NO_SUCH_CHANNEL   82
#define UNNAMED                 0xff /* libpri: the message names none */

const char *isdn_channel_state_name(enum isdn_channel_state s)
{
    static const char *const names[] = {[ISDN_CH_NONE] = "none",
                                        [ISDN_CH_DCHAN] = "signalling",
                                        [ISDN_CH_IDLE] = "idle",
                                        [ISDN_CH_BUSY] = "busy",
                                        [ISDN_CH_RESTARTING] = "restarting",
                                        [ISDN_CH_BLOCKED] = "blocked"};
    return names[s];
}

void isdn_channel_setup(struct isdn_span *s)
{
    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++)
        if (t == s->cfg.dchannel)
            s->channel[t].state = ISDN_CH_DCHAN;
        else if (s->cfg.timeslots >> t & 1)
            s->channel[t].state = ISDN_CH_IDLE;
}

bool isdn_channel_idle(const struct isdn_span *s, unsigned t)
{
    return t < ISDN_TIMESLOTS && s->channel[t].state == ISDN_CH_IDLE && !s->channel[t].blocked;
}

unsigned isdn_channel_hunt(const struct isdn_span *s, uint32_t channels, enum isdn_hunt hunt)
{
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        unsigned t = hunt == ISDN_ASCENDING ? i : ISDN_TIMESLOTS - i;
        if ((channels >> t & 1) && isdn_channel_idle(s, t))
            return t;
    }
    return 0;
}

unsigned isdn_span_free_channels(const struct isdn_span *s, uint32_t channels)
{
    unsigned n = 0;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        n += (channels >> t & 1) && isdn_channel_idle(s, t);
    return n;
}

void isdn_channel_take(struct isdn_call *c, unsigned t)
{
    c->channel = t;
    c->span->channel[t].state = ISDN_CH_BUSY;
    c->span->channel[t].call = c;
}

void isdn_channel_give(struct isdn_call *c, bool doubtful)
{
    struct isdn_channel *ch = &c->span->channel[c->channel];

    if (c->channel == 0 || ch->call != c)
        return;
    ch->call = NULL;
    ch->state = ISDN_CH_IDLE;
    if (doubtful)
        isdn_restart_channel(c->span, c->channel);
}

static bool is_bearer(const struct isdn_span *s, unsigned t)
{
    return t > 0 && t < ISDN_TIMESLOTS && s->channel[t].state != ISDN_CH_NONE &&
           s->channel[t].state != ISDN_CH_DCHAN;
}

/** Both sides chose this channel at once: the user yields, the network keeps it (5.7). */
static bool yields(struct isdn_span *s, unsigned t)
{
    struct isdn_call *ours = s->channel[t].call;

    if (!ours || ours->state != CALL_SETUP)
        return false;
    rt_count(&isdn_counters[ISDN_GLARES]);
    rt_log(RT_LOG_ISDN, RT_INFO, "%s: channel %u seized from both sides", s->name, t);
    if (s->cfg.network)
        return false;
    ours->channel = 0; /* the network's answer will name another */
    s->channel[t].call = NULL;
    s->channel[t].state = ISDN_CH_IDLE;
    return true;
}

/** Its RESTART has not gone out yet, and the far end seizes it: it holds nothing there, so that the
 * RESTART has nothing to clear. */
static bool restart_needless(struct isdn_span *s, unsigned t)
{
    if (!(s->to_restart >> t & 1) || s->channel[t].blocked)
        return false;
    s->to_restart &= ~(1u << t);
    return true;
}

unsigned isdn_channel_settle(struct isdn_call *c, unsigned wanted, bool exclusive)
{
    struct isdn_span *s = c->span;
    bool named = wanted != 0 && wanted != UNNAMED, exists = is_bearer(s, wanted);

    if (exists &&
        (isdn_channel_idle(s, wanted) || restart_needless(s, wanted) || yields(s, wanted))) {
        isdn_channel_take(c, wanted);
        return 0;
    }
    if (named && exclusive)
        return exists ? CAUSE_CHANNEL_NOT_THERE : CAUSE_NO_SUCH_CHANNEL;
    unsigned other = isdn_channel_hunt(s, s->cfg.timeslots, ISDN_ASCENDING);
    if (other == 0)
        return CAUSE_NO_CHANNEL;
    isdn_channel_take(c, other);
    return 0;
}

bool isdn_channel_answered(struct isdn_call *c, unsigned t)
{
    if (!is_bearer(c->span, t) || t == c->channel)
        return true;
    if (!isdn_channel_idle(c->span, t)) {
        isdn_call_fail(c, CAUSE_CHANNEL_NOT_THERE, NULL);
        return false;
    }
    isdn_channel_give(c, false);
    isdn_channel_take(c, t);
    return true;
}

int isdn_channel_block(struct isdn_span *s, unsigned t, bool blocked)
{
    if (!is_bearer(s, t))
        return EINVAL;
    s->channel[t].blocked = blocked;
    return 0;
}
