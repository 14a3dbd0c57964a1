/* What the owner says on a call: answers to SETUP, digits, notifications, clearing. */
#include "isdn/isdn_priv.h"

#include <errno.h>

static bool incoming(const struct isdn_call *c)
{
    return c->state == CALL_PRESENT || c->state == CALL_OVERLAP_IN || c->state == CALL_INCOMING;
}

/** What every answer does afterwards. */
static int said(struct isdn_call *c, int rc)
{
    isdn_dchan_poke(c->span);
    return rc == 0 ? 0 : EIO;
}

int isdn_call_setup_ack(struct isdn_call *c, uint8_t progress)
{
    if (c->state != CALL_PRESENT)
        return EPROTO;
    c->state = CALL_OVERLAP_IN;
    c->progress[Q931_T_SETUP_ACK] = progress;
    isdn_call_start_timer(c, ISDN_T302);
    return said(c, pri_setup_ack(c->span->pri, c->q931, (int)c->channel, 0, progress == 8));
}

int isdn_call_proceeding(struct isdn_call *c, uint8_t progress)
{
    if (c->state != CALL_PRESENT && c->state != CALL_OVERLAP_IN)
        return EPROTO;
    c->state = CALL_INCOMING;
    c->progress[Q931_T_CALL_PROCEEDING] = progress;
    isdn_call_stop_timer(c);
    return said(c, pri_proceeding(c->span->pri, c->q931, (int)c->channel, progress != 0));
}

int isdn_call_alerting(struct isdn_call *c, uint8_t progress)
{
    if (!incoming(c))
        return EPROTO;
    if (c->state != CALL_INCOMING)
        isdn_call_proceeding(c, 0);
    c->progress[Q931_T_ALERTING] = progress;
    return said(c, pri_acknowledge(c->span->pri, c->q931, (int)c->channel, progress != 0));
}

int isdn_call_progress(struct isdn_call *c, uint8_t progress, uint8_t cause)
{
    if (!incoming(c) || progress == 0)
        return EPROTO;
    if (c->state == CALL_PRESENT)
        isdn_call_proceeding(c, 0);
    c->progress[Q931_T_PROGRESS] = progress;
    int rc = cause ? pri_progress_with_cause(c->span->pri, c->q931, (int)c->channel, 1, cause)
                   : pri_progress(c->span->pri, c->q931, (int)c->channel, 1);
    return said(c, rc);
}

static void set_connected(struct isdn_call *c, const struct isdn_number *n)
{
    struct pri_party_connected_line line = {0};

    line.id.number.valid = 1;
    line.id.number.plan = n->ton << 4 | n->npi;
    line.id.number.presentation = n->presentation << 5 | n->screening;
    rt_str_copy(line.id.number.str, sizeof line.id.number.str, rt_str(n->digits));
    pri_connected_line_update(c->span->pri, c->q931, &line);
}

/** T313 is the user's: the network is in Active once it has sent CONNECT (5.2.8). */
int isdn_call_connect(struct isdn_call *c, const struct isdn_number *connected)
{
    if (!incoming(c))
        return EPROTO;
    isdn_call_stop_timer(c);
    c->state = c->span->cfg.network ? CALL_ACTIVE : CALL_CONNECTING;
    if (!c->span->cfg.network)
        isdn_call_start_timer(c, ISDN_T313);
    if (connected)
        set_connected(c, connected);
    return said(c, pri_answer(c->span->pri, c->q931, (int)c->channel, 0));
}

int isdn_call_information(struct isdn_call *c, const char *digits)
{
    int rc = 0;

    if (c->state != CALL_OVERLAP_OUT)
        return EPROTO;
    for (; *digits && rc == 0; digits++)
        rc = pri_information(c->span->pri, c->q931, *digits);
    isdn_call_start_timer(c, ISDN_T304);
    return said(c, rc);
}

int isdn_call_notify(struct isdn_call *c, uint8_t notify)
{
    if (c->state != CALL_ACTIVE)
        return EPROTO;
    return said(c, pri_notify(c->span->pri, c->q931, (int)c->channel, notify));
}

/** DISCONNECT under T306: libpri starts T305 with it, which must not end first. It ends as late as
 * T308 would after the RELEASE that follows T306. */
static int disconnect_slowly(struct isdn_call *c)
{
    struct pri *pri = c->span->pri;
    int t305 = pri_get_timer(pri, PRI_TIMER_T305);

    pri_set_timer(pri, PRI_TIMER_T305,
                  (int)(c->span->timers[ISDN_T306] / RT_MS) + pri_get_timer(pri, PRI_TIMER_T308));
    int rc = pri_hangup(pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    pri_set_timer(pri, PRI_TIMER_T305, t305);
    return rc;
}

int isdn_call_disconnect_tones(struct isdn_call *c, uint8_t cause, uint8_t location)
{
    if (c->state == CALL_RELEASING || c->state == CALL_GONE || c->state == CALL_HEARING ||
        c->state == CALL_TONES)
        return EPROTO;
    if (c->state == CALL_PRESENT)
        isdn_call_proceeding(c, 0); /* else it could only be RELEASE COMPLETE */
    c->state = CALL_TONES;
    c->cause = cause;
    c->location = location;
    c->progress[Q931_T_DISCONNECT] = 8;
    isdn_call_start_timer(c, ISDN_T306);
    return said(c, disconnect_slowly(c));
}

/** RELEASE COMPLETE to a SETUP that nothing was said to (5.2.4, 5.3.2): libpri sends it for cause 1
 * alone and forgets the call; the cause meant is written into the message. */
static void refuse(struct isdn_call *c)
{
    pri_hangup(c->span->pri, c->q931, PRI_CAUSE_UNALLOCATED);
    isdn_channel_give(c, false);
    isdn_call_over(c, &(struct isdn_cause){.value = c->cause, .location = c->location});
}

/** RELEASE after DISCONNECT with tones. libpri sends it when T305 runs out and not before: the one
 * message it would still send is made into it, and T305 stands behind. */
static void release_early(struct isdn_call *c)
{
    c->early = true;
    pri_progress(c->span->pri, c->q931, 0, 1);
}

void isdn_call_release(struct isdn_call *c, uint8_t cause, uint8_t location)
{
    if (c->state == CALL_RELEASING || c->state == CALL_GONE)
        return;
    isdn_call_stop_timer(c);
    c->cause = cause ? cause : 16;
    c->location = location;
    enum isdn_call_state before = c->state;
    if (before == CALL_PRESENT) {
        refuse(c);
    } else {
        c->state = CALL_RELEASING;
        if (before == CALL_TONES)
            release_early(c);
        else
            pri_hangup(c->span->pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    }
    isdn_dchan_poke(c->span);
}
