/* The auditor's look at what the SIP user agent holds, and far ends that are asked. */
#include "gw/auditor_priv.h"
#include "gw/plan.h"
#include "sip/sip.h"

/** What a closed SIP session takes to say: as SIP_CLEARING of the legs, and a fork's 2xx after it.
 */
#define SESSION_CLEARING (5 * 32 * RT_S)
#define ASKED_MOST       1000 /* far ends in one pass */
#define ASKED_SLICE      20   /* and in a slice */

struct on_sessions {
    struct gw_auditor *a;
    unsigned asked; /**< in this slice */
};

/** Nothing would end a call without a session timer whose far end has vanished. */
static void ask(struct on_sessions *on, const struct sip_session_view *v)
{
    struct gw_auditor *a = on->a;
    rt_time silence = a->gw->plan->auditor.far_end;

    if (silence == 0 || !v->up || v->closed || v->timed ||
        rt_loop_now(a->gw->loop) - v->heard < silence)
        return;
    if (on->asked >= ASKED_SLICE || a->asked >= ASKED_MOST || sip_session_ask(v->session) != 0)
        return; /* the next pass asks */
    on->asked++;
    a->asked++;
}

static void look_at_session(void *arg, const struct sip_session_view *v)
{
    struct on_sessions *on = arg;
    struct gw_auditor *a = on->a;
    struct sip_reason reason = {.q850 = 41, .location = -1};
    bool held = gw_auditor_meets(a, GW_CLAIM_SESSION, v->session);
    rt_time lasted;
    char id[64];

    if (held) {
        ask(on, v);
        return;
    }
    if (!gw_auditor_suspect(a, GW_FOUND_SESSION, v->session, v->mark,
                            v->closed ? SESSION_CLEARING : 0, &lasted))
        return;
    rt_str_copy(id, sizeof id, v->call_id);
    const char *state = v->closed ? "closed" : v->up ? "up" : "not answered";
    if (v->closed) {
        sip_session_discard(v->session);
    } else {
        sip_session_own(v->session, NULL, NULL);
        sip_session_close(v->session, &reason);
    }
    gw_auditor_repaired(a, GW_FOUND_SESSION, lasted, "Call-ID %s, state %s", id, state);
}

bool gw_audit_sessions(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    struct on_sessions on = {.a = a};
    unsigned most = *budget, n = sip_ua_walk(a->gw->sip, fresh, most, look_at_session, &on);

    *budget -= n;
    return n < most;
}
