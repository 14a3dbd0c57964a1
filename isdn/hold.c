/* Hold and retrieve (EN 300 141, EN 300 196-1): a held call has no channel, and gets one again,
 * maybe another. Whoever holds a call retrieves it. T-HOLD and T-RETRIEVE are libpri's.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

#define CODE 0x1ffff /* libpri marks channels of held calls above it */

/** States in which libpri can hold, but for buses. */
static bool holdable(const struct isdn_call *c)
{
    return c->state == CALL_ACTIVE || c->state == CALL_INCOMING || c->state == CALL_OUTGOING ||
           c->state == CALL_CONNECTING;
}

bool isdn_call_held(const struct isdn_call *c)
{
    return c->hold == HOLD_OURS || c->hold == HOLD_RETRIEVING || c->hold == HOLD_THEIRS;
}

unsigned isdn_held_calls(const struct isdn_span *s)
{
    unsigned n = 0;

    for (const struct isdn_call *c = s->group->calls; c; c = c->next)
        n += c->span == s && c->state != CALL_GONE && isdn_call_held(c);
    return n;
}

static void give_channel(struct isdn_call *c)
{
    if (c->channel == 0)
        return;
    isdn_channel_give(c, false);
    c->former = c->channel;
    c->channel = 0;
}

static void tell(struct isdn_call *c, enum isdn_event_type type)
{
    isdn_call_tell(c, &(struct isdn_event){.type = type, .channel = c->channel});
}

/** What we asked for came to `cause`, 0: done. Without a message it was a timer. */
static void tell_outcome(struct isdn_call *c, int cause, const char *timer)
{
    bool heard = c->link->viewed;
    struct isdn_event ev = {.type = ISDN_EV_HELD, .channel = c->channel};

    if (cause)
        ev.cause = (struct isdn_cause){.value = (uint8_t)cause,
                                       .location = heard ? c->link->view.location : 0,
                                       .local = !heard,
                                       .timer = heard ? NULL : timer};
    if (cause && !heard)
        rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    isdn_call_tell(c, &ev);
}

/* ---- asked by us ---- */

int isdn_call_hold(struct isdn_call *c)
{
    if (c->hold != HOLD_NONE || !holdable(c))
        return EPROTO;
    int rc = pri_hold(c->link->pri, c->q931);
    if (rc == 0)
        c->hold = HOLD_ASKED;
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}

int isdn_call_retrieve(struct isdn_call *c)
{
    if (c->hold != HOLD_OURS || !holdable(c))
        return EPROTO;
    if (!isdn_channel_again(c, c->former))
        return ENOSPC;
    int rc = pri_retrieve(c->link->pri, c->q931, isdn_call_code(c));
    if (rc == 0)
        c->hold = HOLD_RETRIEVING;
    else
        give_channel(c);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}

void isdn_hold_acked(struct isdn_call *c, const pri_event *e)
{
    (void)e;
    if (c->hold != HOLD_ASKED)
        return;
    c->hold = HOLD_OURS;
    give_channel(c);
    tell_outcome(c, 0, NULL);
}

void isdn_hold_refused(struct isdn_call *c, const pri_event *e)
{
    if (c->hold != HOLD_ASKED)
        return; /* theirs went first */
    c->hold = HOLD_NONE;
    tell_outcome(c, e->hold_rej.cause, "T-HOLD");
}

void isdn_retrieve_acked(struct isdn_call *c, const pri_event *e)
{
    if (c->hold != HOLD_RETRIEVING)
        return;
    c->hold = HOLD_NONE;
    if (isdn_channel_answered(c, e->retrieve_ack.channel & CODE))
        tell_outcome(c, 0, NULL);
}

void isdn_retrieve_refused(struct isdn_call *c, const pri_event *e)
{
    if (c->hold != HOLD_RETRIEVING)
        return;
    c->hold = HOLD_OURS;
    give_channel(c);
    tell_outcome(c, e->retrieve_rej.cause, "T-RETRIEVE");
}

/* ---- asked by the far end ---- */

/** Both at once: the network's stands (libpri sees to it), and ours is over. */
void isdn_hold_received(struct isdn_call *c, const pri_event *e)
{
    bool overtaken = c->hold == HOLD_ASKED;

    (void)e;
    if (!holdable(c)) {
        pri_hold_rej(c->link->pri, c->q931, PRI_CAUSE_WRONG_CALL_STATE);
        return;
    }
    pri_hold_ack(c->link->pri, c->q931);
    c->hold = HOLD_THEIRS;
    give_channel(c);
    if (overtaken)
        tell_outcome(c, PRI_CAUSE_WRONG_CALL_STATE, NULL);
    tell(c, ISDN_EV_HOLD);
}

/** The channel that RETRIEVE names, or the one it had, or any. 0, or the cause that refuses it. */
static unsigned settle(struct isdn_call *c, const struct pri_event_retrieve *r)
{
    int code = r->channel & CODE;
    bool named = (code & 0xff) != 0 && (code & 0xff) != ISDN_UNNAMED;

    if (c->hold != HOLD_THEIRS)
        return PRI_CAUSE_WRONG_CALL_STATE;
    if (!named)
        return isdn_channel_again(c, c->former) ? 0 : PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION;
    return isdn_channel_settle(c, code, !r->flexible);
}

void isdn_retrieve_received(struct isdn_call *c, const pri_event *e)
{
    unsigned cause = settle(c, &e->retrieve);

    if (cause != 0) {
        pri_retrieve_rej(c->link->pri, c->q931, (int)cause);
        return;
    }
    c->hold = HOLD_NONE;
    pri_retrieve_ack(c->link->pri, c->q931, isdn_call_code(c));
    tell(c, ISDN_EV_RETRIEVE);
}
