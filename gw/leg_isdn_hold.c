/* Hold, and who the parties are, between an ISDN line and the other side (RFC 3398 9.2, RFC
 * 4497 8.5; Q.951.5 and 6: connected line, and its restriction).
 *
 * HOLD takes the call its channel away: the media port goes with it, and the leg is away until the
 * call is retrieved, maybe on another channel. NOTIFY changes nothing but what the other side
 * knows.
 */
#include "gw/leg_isdn_priv.h"

#include <errno.h>

/* ---- the channel comes and goes ---- */

static void go_away(struct leg_isdn *l)
{
    if (l->leg.port)
        media_part(l->leg.port);
    leg_isdn_close_port(l);
    l->leg.away = true;
}

static void come_back(struct leg_isdn *l)
{
    struct gw_event ev = {.type = GW_EV_RELEASE,
                          .cause = {.location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY}};

    l->leg.away = false;
    ev.cause.q850 = (uint8_t)gw_call_rejoin(&l->leg);
    if (ev.cause.q850 == 0)
        return;
    isdn_call_release(l->call, ev.cause.q850, GW_LOC_PUBLIC_LOCAL);
    gw_call_event(&l->leg, &ev);
}

static void tell(struct leg_isdn *l, enum gw_event_type type)
{
    gw_call_event(&l->leg, &(struct gw_event){.type = type});
}

/* ---- the other side holds ---- */

/** Without a channel for it the other side keeps waiting, and is told so. */
static void retrieve(struct leg_isdn *l)
{
    if (isdn_call_retrieve(l->call) == ENOSPC && !l->leg.holds)
        tell(l, GW_EV_HOLD);
}

/** What is wanted now may not be what was asked last; while an answer is due nothing is asked. */
static void ask(struct leg_isdn *l)
{
    if (l->wants_hold)
        isdn_call_hold(l->call);
    else
        retrieve(l);
}

void leg_isdn_say_hold(struct leg_isdn *l, bool held)
{
    enum gw_hold how = l->leg.trunk->hold;

    if (how == GW_HOLD_NOTIFY)
        isdn_call_notify(l->call, held ? ISDN_NOTICE_REMOTE_HOLD : ISDN_NOTICE_REMOTE_RETRIEVAL);
    if (how != GW_HOLD_SIGNAL)
        return;
    l->wants_hold = held;
    ask(l);
}

/** What HOLD or RETRIEVE of ours came to. */
static void on_held(struct leg_isdn *l, const struct isdn_event *in)
{
    bool held = isdn_call_held(l->call);

    if (in->cause.value != 0) {
        rt_log(RT_LOG_CALL, RT_INFO, "isdn: %s refused: cause %u", held ? "RETRIEVE" : "HOLD",
               in->cause.value);
        if (held && !l->wants_hold && !l->leg.holds)
            tell(l, GW_EV_HOLD);
        return;
    }
    if (held) {
        go_away(l);
    } else {
        come_back(l);
        if (l->leg.holds && !l->leg.done)
            tell(l, GW_EV_RETRIEVE);
    }
    if (held != l->wants_hold && !l->leg.done)
        ask(l);
}

/* ---- the line holds ---- */

static void on_hold(struct leg_isdn *l, const struct isdn_event *in)
{
    (void)in;
    go_away(l);
    tell(l, GW_EV_HOLD);
}

static void on_retrieve(struct leg_isdn *l, const struct isdn_event *in)
{
    (void)in;
    come_back(l);
    if (l->leg.done)
        return;
    tell(l, GW_EV_RETRIEVE);
    if (l->wants_hold && !l->leg.done)
        ask(l);
}

/** Before the answer a caller hears that the call goes to somebody else; after it he is told to
 * whom: ISDN_EV_IDENTITY. */
static void on_moved(struct leg_isdn *l, const struct isdn_event *in)
{
    const struct gw_call *call = l->leg.call;

    (void)in;
    if (call && call->answered == 0 && l->leg.side == 'b')
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_PROGRESS, .diverted = true});
}

static void on_notify(struct leg_isdn *l, const struct isdn_event *in)
{
    switch (in->notify) {
    case ISDN_NOTICE_REMOTE_HOLD:
    case ISDN_NOTICE_SUSPENDED:
        tell(l, GW_EV_HOLD);
        break;
    case ISDN_NOTICE_REMOTE_RETRIEVAL:
    case ISDN_NOTICE_RESUMED:
        tell(l, GW_EV_RETRIEVE);
        break;
    case ISDN_NOTICE_DIVERSION:
    case ISDN_NOTICE_TRANSFER_ALERTING:
    case ISDN_NOTICE_TRANSFER_ACTIVE:
        on_moved(l, in);
        break;
    default: /* 0x7b is ISDN_EV_DIVERTED; the rest is for terminals */
        break;
    }
}

/* ---- who the parties are ---- */

static void on_identity(struct leg_isdn *l, const struct isdn_event *in)
{
    struct gw_event ev = {.type = GW_EV_IDENTITY};

    leg_isdn_number_in(&ev.connected, &in->connected);
    leg_isdn_name_in(ev.name, in->name);
    gw_call_event(&l->leg, &ev);
}

/** A restricted number is for those who may see it (Q.951.6): digits and name stay here. */
void leg_isdn_say_identity(struct leg_isdn *l, const struct gw_event *ev)
{
    bool unseen = ev->connected.present == DP_RESTRICTED && l->leg.trunk->identity.untrusted;
    char name[GW_PARTY_NAME_LEN];
    struct isdn_number n;

    memset(&n, 0, sizeof n);
    leg_isdn_number_out(&n, &ev->connected);
    leg_isdn_name_out(name, ev->name);
    if (unseen)
        n.digits[0] = '\0';
    if (n.digits[0] || n.presentation || name[0])
        isdn_call_identity(l->call, &n, unseen ? "" : name);
}

bool leg_isdn_heard(struct leg_isdn *l, const struct isdn_event *in)
{
    static void (*const hearings[])(struct leg_isdn *, const struct isdn_event *) = {
        [ISDN_EV_NOTIFY] = on_notify,     [ISDN_EV_HOLD] = on_hold,
        [ISDN_EV_RETRIEVE] = on_retrieve, [ISDN_EV_HELD] = on_held,
        [ISDN_EV_IDENTITY] = on_identity, [ISDN_EV_DIVERTED] = on_moved,
    };

    if ((size_t)in->type >= RT_COUNT(hearings) || !hearings[in->type])
        return false;
    if (!l->leg.done) /* what crosses its release on the line is of no use to anybody */
        hearings[in->type](l, in);
    return true;
}
