/* A call at a SIP far end, as both sides have it: its session, its end, what the ledger is told. */
#include "test/sim/far_sip.h"

#include <stdlib.h>
#include <utlist.h>

struct far_sip_call *far_sip_call_new(struct far_sip *own, const struct sim_call *c, bool calling)
{
    struct far_sip_call *k = calloc(1, sizeof *k);

    if (!k)
        return NULL;
    k->own = own;
    k->calling = calling;
    k->script = c->op->call;
    k->explains = sim_chance(c, 32, 2) == 0;
    k->direction = "sendrecv";
    rt_str_copy(k->caller, sizeof k->caller, rt_str(c->caller));
    rt_str_copy(k->called, sizeof k->called, rt_str(c->called));
    DL_APPEND(own->calls, k);
    return k;
}

void far_sip_call_free(struct far_sip_call *k)
{
    struct rt_timer *const timers[] = {&k->act, &k->extra, &k->bound};

    for (size_t i = 0; i < RT_COUNT(timers); i++)
        rt_timer_stop(timers[i]);
    far_sip_media_stop(k);
    far_sip_digits_stop(k);
    rt_buf_release(&k->sdp);
    DL_DELETE(k->own->calls, k);
    free(k);
}

struct sim_seen *far_sip_seen(const struct far_sip_call *k)
{
    struct sim_call *c = sim_call_of(k->own->far->sim, rt_str(k->caller));

    if (!c)
        return NULL;
    if (k->calling)
        return &c->a;
    return c->b.times == k->nth ? &c->b : NULL;
}

/* ---- the end ---- */

/** Between far ends that always speak, and calls where nothing changes hands, silence is a fault.
 */
static void check_sound(const struct far_sip_call *k)
{
    struct sim *sim = k->own->far->sim;
    const struct sim_call *c = sim_call_of(sim, rt_str(k->caller));

    if (!c || c->disturbed || k->script.hold != 0 || k->script.transfer != 0 ||
        !far_sip_silent(k) || c->op->from >= sim->nfars || c->op->to >= sim->nfars ||
        sim->far[c->op->from].kind != SIM_SIP || sim->far[c->op->to].kind != SIM_SIP)
        return;
    sim_fail(sim, "silence", "%s: call %u of %s has heard nothing in %u s of talk",
             k->own->far->trunk, c->op->id, k->caller, (unsigned)((rt_now() - k->spoke) / RT_S));
}

/** Nothing acts any more; the session says goodbye by itself. */
static void finish(struct far_sip_call *k, bool by_us, unsigned status, unsigned cause)
{
    struct sim_seen *seen = far_sip_seen(k);

    if (k->left)
        return;
    if (k->up)
        check_sound(k);
    k->left = true;
    rt_timer_stop(&k->act);
    rt_timer_stop(&k->extra);
    rt_timer_stop(&k->bound);
    far_sip_media_stop(k);
    if (!seen || seen->state == SIM_ENDED)
        return;
    seen->state = SIM_ENDED;
    seen->ended = rt_now();
    seen->by_us = by_us;
    seen->cause = cause;
    if (status != 0)
        seen->status = status;
}

void far_sip_leave(struct far_sip_call *k, unsigned cause)
{
    struct sip_reason reason = {.q850 = (int)cause, .location = -1};

    if (k->left)
        return;
    finish(k, true, 0, cause);
    sip_session_close(k->s, &reason);
}

void far_sip_refuse(struct far_sip_call *k, int status, unsigned cause)
{
    struct sip_reason reason = {.q850 = k->explains ? (int)cause : 0, .location = -1};

    if (k->left)
        return;
    finish(k, true, (unsigned)status, cause);
    sip_session_refuse(k->s, status, NULL, &reason, NULL, 0);
    sip_session_close(k->s, NULL);
}

void far_sip_over(struct far_sip_call *k, enum sip_end why, const struct sip_message *m)
{
    static const unsigned statuses[] = {[SIP_END_TIMEOUT] = 408,
                                        [SIP_END_TRANSPORT] = 503,
                                        [SIP_END_CANCEL] = 487,
                                        [SIP_END_NO_PRACK] = 504,
                                        [SIP_END_GONE] = 0};
    unsigned status = why < RT_COUNT(statuses) ? statuses[why] : 0;
    bool by_us = why == SIP_END_NO_ACK || why == SIP_END_NO_PRACK || why == SIP_END_EXPIRED;

    if (m && m->status != 0)
        status = (unsigned)m->status;
    else if (m && m->reason.sip != 0 && status == 0)
        status = (unsigned)m->reason.sip;
    finish(k, by_us, status, m && m->reason.q850 > 0 ? (unsigned)m->reason.q850 : 0);
    sip_session_close(k->s, NULL);
}

void far_sip_ended(void *arg, struct sip_session *s, enum sip_end why, const struct sip_message *m)
{
    (void)s;
    far_sip_over(arg, why, m);
}

void far_sip_gone(void *arg, struct sip_session *s)
{
    struct far_sip_call *k = arg;

    far_sip_remember(k->own, sip_session_call_id(s), k->cseq, k->calling, k->caller);
    far_sip_call_free(k);
}

/* ---- while it is up ---- */

void far_sip_talks(struct far_sip_call *k)
{
    struct sim_seen *seen = far_sip_seen(k);

    k->up = true;
    k->spoke = rt_now();
    far_sip_media_start(k);
    far_sip_digits_start(k);
    if (!seen)
        return;
    seen->answered = rt_now();
    seen->state = SIM_TALKS;
    seen->status = 200;
}

void far_sip_reinvited(void *arg, struct sip_session *s, const struct sip_message *m)
{
    struct far_sip_call *k = arg;
    struct sip_body body;

    if (m->body.data.n == 0) {
        body = far_sip_offer(k, "sendrecv");
    } else if (far_sip_take(k, m->body.data)) {
        body = far_sip_answer(k);
    } else {
        sip_session_decline(s, 488, NULL);
        return;
    }
    sip_session_answer(s, &body);
}

void far_sip_describe(void *arg, struct sip_session *s, struct sip_body *out)
{
    struct far_sip_call *k = arg;

    (void)s;
    *out = (struct sip_body){rt_str("application/sdp"), rt_buf_str(&k->sdp)};
}
