/* What the owner says on a call: answers to SETUP, digits, notifications, clearing. */
#include "isdn/isdn_priv.h"

#include <errno.h>

/** What every answer does afterwards. */
static int said(struct isdn_call *c, int rc)
{
    if (c->state <= CALL_ACTIVE)
        isdn_charge_answer(c, c->state >= CALL_CONNECTING);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EIO;
}

int isdn_call_setup_ack(struct isdn_call *c, uint8_t progress)
{
    if (c->state != CALL_PRESENT)
        return EPROTO;
    c->state = CALL_OVERLAP_IN;
    isdn_say_with(c, Q931_T_SETUP_ACK, progress);
    isdn_call_start_timer(c, ISDN_T302);
    return said(
        c, pri_setup_ack(c->link->pri, c->q931, isdn_call_code(c), 0, progress == ISDN_PI_INBAND));
}

int isdn_call_proceeding(struct isdn_call *c, uint8_t progress)
{
    if (c->state != CALL_PRESENT && c->state != CALL_OVERLAP_IN)
        return EPROTO;
    c->state = CALL_INCOMING;
    isdn_say_with(c, Q931_T_CALL_PROCEEDING, progress);
    isdn_call_stop_timer(c);
    return said(c, pri_proceeding(c->link->pri, c->q931, isdn_call_code(c), progress != 0));
}

/** What waits for the next answer is none of this one's. */
static void proceed_first(struct isdn_call *c)
{
    uint16_t waiting = c->indicators;

    c->indicators = 0;
    isdn_call_proceeding(c, 0);
    c->indicators = waiting;
}

int isdn_call_alerting(struct isdn_call *c, uint8_t progress)
{
    if (!isdn_call_unanswered(c))
        return EPROTO;
    if (c->state != CALL_INCOMING)
        proceed_first(c);
    isdn_say_with(c, Q931_T_ALERTING, progress);
    return said(c, pri_acknowledge(c->link->pri, c->q931, isdn_call_code(c), progress != 0));
}

int isdn_call_progress(struct isdn_call *c, uint8_t progress, uint8_t cause)
{
    if (!isdn_call_unanswered(c) || progress == 0)
        return EPROTO;
    if (c->state == CALL_PRESENT)
        proceed_first(c);
    isdn_say_with(c, Q931_T_PROGRESS, progress);
    int code = isdn_call_code(c);
    int rc = cause ? pri_progress_with_cause(c->link->pri, c->q931, code, 1, cause)
                   : pri_progress(c->link->pri, c->q931, code, 1);
    return said(c, rc);
}

/** T313 is the user's: the network is in Active once it has sent CONNECT (5.2.8). */
int isdn_call_connect(struct isdn_call *c, const struct isdn_number *connected)
{
    if (!isdn_call_unanswered(c))
        return EPROTO;
    if (c->state != CALL_PRESENT)
        isdn_charge_answer(c, true); /* who asked in SETUP waits until CONNECT */
    if (connected)
        isdn_call_identity(c, connected, NULL);
    isdn_call_stop_timer(c);
    c->state = c->span->cfg.network ? CALL_ACTIVE : CALL_CONNECTING;
    if (!c->span->cfg.network)
        isdn_call_start_timer(c, ISDN_T313);
    isdn_say_with(c, Q931_T_CONNECT, 0);
    return said(c, pri_answer(c->link->pri, c->q931, isdn_call_code(c), 0));
}

/** DISCONNECT under T306: libpri starts T305 with it, which must not end first. It ends as late as
 * T308 would after the RELEASE that follows T306. */
static int disconnect_slowly(struct isdn_call *c)
{
    struct pri *pri = c->link->pri;
    int t305 = pri_get_timer(pri, PRI_TIMER_T305);

    pri_set_timer(pri, PRI_TIMER_T305,
                  (int)(c->span->timers[ISDN_T306] / RT_MS) + pri_get_timer(pri, PRI_TIMER_T308));
    int rc = pri_hangup(pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    pri_set_timer(pri, PRI_TIMER_T305, t305);
    return rc;
}

int isdn_call_disconnect_tones(struct isdn_call *c, uint8_t cause, uint8_t location)
{
    if (c->state >= CALL_HEARING)
        return EPROTO;
    if (c->state == CALL_PRESENT)
        proceed_first(c); /* else it could only be RELEASE COMPLETE */
    c->state = CALL_TONES;
    c->cause = cause;
    c->location = location;
    isdn_say_with(c, Q931_T_DISCONNECT, ISDN_PI_INBAND);
    isdn_call_start_timer(c, ISDN_T306);
    return said(c, disconnect_slowly(c));
}

void isdn_call_say_clearing(struct isdn_call *c, uint8_t type)
{
    const struct isdn_ie_cause cause = {.location = c->location, .value = c->cause};
    struct isdn_ie_value v[2];
    unsigned n = 1;

    if (isdn_ie_write_cause(&v[0], &cause) != 0)
        return;
    if (c->uui.present && isdn_uui_write(&v[1], &c->uui) == 0)
        n = 2;
    isdn_call_say(c, type, v, n);
}

/** RELEASE COMPLETE to a SETUP that nothing was said to (5.2.4, 5.3.2): libpri sends it for cause 1
 * alone and forgets the call; the cause meant is written into the message. It does nothing at all
 * when a message that lacked something came before. */
static void refuse(struct isdn_call *c)
{
    pri_hangup(c->link->pri, c->q931, PRI_CAUSE_UNALLOCATED);
    if (isdn_call_alive(c)) {
        isdn_call_say_clearing(c, Q931_T_RELEASE_COMPLETE);
        pri_destroycall(c->link->pri, c->q931);
    }
    isdn_channel_give(c, false);
    isdn_call_over(c, &(struct isdn_cause){.value = c->cause, .location = c->location});
}

void isdn_call_release(struct isdn_call *c, uint8_t cause, uint8_t location)
{
    if (c->state == CALL_RELEASING || c->state == CALL_GONE)
        return;
    isdn_call_stop_timer(c);
    c->cause = cause ? cause : PRI_CAUSE_NORMAL_CLEARING;
    c->location = location;
    enum isdn_call_state before = c->state;
    if (before != CALL_TONES)
        isdn_say_uui(c, before == CALL_PRESENT   ? Q931_T_RELEASE_COMPLETE
                        : before == CALL_HEARING ? Q931_T_RELEASE
                                                 : Q931_T_DISCONNECT);
    if (before == CALL_PRESENT) {
        refuse(c);
    } else {
        c->state = CALL_RELEASING;
        if (before == CALL_TONES)
            isdn_call_say_clearing(
                c, Q931_T_RELEASE); /* libpri does when T305 runs out, and not before */
        else
            pri_hangup(c->link->pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    }
    isdn_dchan_poke(c->link);
}
