/* The channel table: which B channel is free, who has it, and who yields (Q.931 5.1.2, 5.2.3, 5.7).
 */
#include "isdn/isdn_priv.h"

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

void isdn_channel_set(struct isdn_span *s, unsigned t, enum isdn_channel_state state)
{
    s->channel[t].state = state;
    s->channel[t].since = rt_loop_now(s->loop);
}

bool isdn_channel_idle(const struct isdn_span *s, unsigned t)
{
    return t < ISDN_TIMESLOTS && s->channel[t].state == ISDN_CH_IDLE &&
           !(s->channel[t].blocked & ~(unsigned)ISDN_BY_FAR_END);
}

bool isdn_channel_free(const struct isdn_span *s, unsigned t)
{
    return t < ISDN_TIMESLOTS && s->channel[t].state == ISDN_CH_IDLE && !s->channel[t].blocked;
}

bool isdn_channel_is_bearer(const struct isdn_span *s, unsigned t)
{
    return t > 0 && t < ISDN_TIMESLOTS && s->channel[t].state != ISDN_CH_NONE &&
           s->channel[t].state != ISDN_CH_DCHAN;
}

unsigned isdn_span_free_channels(const struct isdn_span *s, uint32_t channels)
{
    unsigned n = 0;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        n += (channels >> t & 1) && isdn_channel_free(s, t);
    return n;
}

void isdn_channel_take(struct isdn_call *c, unsigned t)
{
    c->channel = t;
    isdn_io_echo(&c->span->io, t, !c->data);
    isdn_channel_set(c->span, t, ISDN_CH_BUSY);
    c->span->channel[t].call = c;
    c->span->channel[t].taken = ++c->span->uses;
}

void isdn_channel_give(struct isdn_call *c, bool doubtful)
{
    struct isdn_channel *ch = &c->span->channel[c->channel];

    if (c->channel == 0 || ch->call != c)
        return;
    ch->call = NULL;
    ch->given = ++c->span->uses;
    isdn_channel_set(c->span, c->channel, ISDN_CH_IDLE);
    if (ch->draining)
        isdn_maint_tell(c->span, c->channel);
    ch->draining = false;
    if (doubtful)
        isdn_restart_channel(c->span, c->channel);
    isdn_crowded_freed(c->span, c->channel);
}

/** Both sides chose this channel at once: the user yields, the network keeps it (5.7). */
static bool yields(struct isdn_span *s, unsigned t)
{
    struct isdn_call *ours = s->channel[t].call;

    if (!ours || (ours->state != CALL_SETUP && ours->hold != HOLD_RETRIEVING))
        return false;
    rt_count(&isdn_counters[ISDN_GLARES]);
    rt_log(RT_LOG_ISDN, RT_INFO, "%s: channel %u seized from both sides", s->name, t);
    if (s->cfg.network)
        return false;
    ours->channel = 0; /* the network's answer will name another */
    s->channel[t].call = NULL;
    isdn_channel_set(s, t, ISDN_CH_IDLE);
    return true;
}

/** Its RESTART has not gone out yet, and the far end seizes it: it holds nothing there, so that the
 * RESTART has nothing to clear. */
static bool restart_needless(struct isdn_span *s, unsigned t)
{
    if (!(s->to_restart >> t & 1) || (s->channel[t].blocked & ~(unsigned)ISDN_BY_FAR_END))
        return false;
    s->to_restart &= ~(1u << t);
    return true;
}

/** Any idle channel of the group, of this span if it can be. */
static bool take_any(struct isdn_call *c)
{
    const struct isdn_group *g = c->link->group;
    unsigned t = isdn_channel_hunt(c->span, c->span->cfg.timeslots, ISDN_ASCENDING);

    for (unsigned i = 0; t == 0 && i < ISDN_MEMBERS; i++) {
        if (!g->member[i] || (t = isdn_channel_hunt(g->member[i], ~0u, ISDN_ASCENDING)) == 0)
            continue;
        c->span = g->member[i];
    }
    if (t != 0)
        isdn_channel_take(c, t);
    return t != 0;
}

bool isdn_channel_again(struct isdn_call *c, unsigned t)
{
    if (t == 0 || !isdn_channel_free(c->span, t))
        return take_any(c);
    isdn_channel_take(c, t);
    return true;
}

unsigned isdn_channel_settle(struct isdn_call *c, int code, bool exclusive)
{
    unsigned wanted;
    struct isdn_span *s = isdn_channel_span(c->link, code, &wanted);
    bool named = wanted != 0 && wanted != ISDN_UNNAMED,
         exists = s && isdn_channel_is_bearer(s, wanted);

    if (s)
        c->span = s;
    if (exists &&
        (isdn_channel_idle(s, wanted) || restart_needless(s, wanted) || yields(s, wanted))) {
        isdn_channel_take(c, wanted);
        return 0;
    }
    if (named && exclusive)
        return exists ? PRI_CAUSE_REQUESTED_CHAN_UNAVAIL : PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST;
    return take_any(c) ? 0 : PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION;
}

bool isdn_channel_answered(struct isdn_call *c, int code)
{
    unsigned t;
    struct isdn_span *s = isdn_channel_span(c->link, code, &t);

    if (!s || !isdn_channel_is_bearer(s, t) || (t == c->channel && s == c->span))
        return true;
    if (!isdn_channel_idle(s, t)) {
        isdn_call_fail(c, PRI_CAUSE_REQUESTED_CHAN_UNAVAIL, NULL);
        return false;
    }
    isdn_channel_give(c, false);
    c->span = s;
    isdn_channel_take(c, t);
    return true;
}
