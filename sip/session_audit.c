/* Sessions as the gateway's auditor sees them: one after the other in slices, the end of those that
 * nobody has any more, and the question whether a far end that has long said nothing is still there
 * (OPTIONS in the dialog, RFC 3261 11).
 */
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

struct rt_counter sip_audit_counters[SIP_AUDIT_NCOUNTERS] = {
    [SIP_AUDIT_ASKED] = {"sip_dialogs_asked_total",
                         "far ends of calls that were asked whether they are still there", 0},
    [SIP_AUDIT_LOST] = {"sip_dialogs_lost_total", "of these, calls whose far end was not", 0},
};

/* ---- looking ---- */

static void describe(struct sip_session_view *out, struct sip_session *s)
{
    *out = (struct sip_session_view){.session = s,
                                     .owner = s->ops ? s->arg : NULL,
                                     .mark = strtoull(s->d.local_tag, NULL, 16),
                                     .call_id = rt_str(s->d.call_id),
                                     .closed = s->closed,
                                     .up = s->state == SIP_S_UP && !s->quiet,
                                     .timed = s->interval != 0,
                                     .heard = s->heard};
}

unsigned sip_ua_walk(struct sip_ua *ua, bool first, unsigned most, sip_walk_fn *fn, void *arg)
{
    struct sip_session_view v;
    unsigned n = 0;

    if (first)
        ua->walk = ua->sessions;
    for (; n < most && ua->walk; n++) {
        struct sip_session *s = ua->walk;
        ua->walk = s->hh.next;
        describe(&v, s);
        fn(arg, &v);
    }
    return n;
}

void sip_session_status(const struct sip_session *s, struct sip_session_status *out)
{
    static const char *const names[] = {
        [SIP_S_CALLING] = "calling",   [SIP_S_PROCEEDING] = "proceeding",
        [SIP_S_INCOMING] = "incoming", [SIP_S_UP] = "up",
        [SIP_S_LEAVING] = "leaving",   [SIP_S_OVER] = "over",
    };

    *out = (struct sip_session_status){.state = names[s->state], .heard = s->heard};
    if (rt_timer_running(&s->expiry)) {
        out->timer = s->refresher ? "refresh" : "session";
        out->due = s->refresher ? s->dies : s->expiry.due;
    } else if (rt_timer_running(&s->no_answer)) {
        out->timer = "C";
        out->due = s->no_answer.due;
    }
}

/* ---- putting right ---- */

void sip_ua_disown(struct sip_ua *ua, const void *owner)
{
    struct sip_session *s, *next;

    for (s = ua->sessions; s; s = next) {
        next = s->hh.next;
        if (!s->ops || s->arg != owner)
            continue;
        s->ops = NULL;
        s->arg = NULL;
        if (!s->closed)
            sip_session_close(s, NULL);
    }
}

void sip_session_discard(struct sip_session *s)
{
    sip_session_forget_invite(s);
    sip_inside_free_all(s);
    sip_ctrans_detach(s->invite_ct);
    s->invite_ct = NULL;
    s->bye = s->update = NULL;
    s->bye_waits = s->accepted = false;
    s->closed = s->quiet = true;
    s->state = SIP_S_OVER;
    rt_defer_start(&s->reaper);
}

/* ---- asking ---- */

/** Whoever answers is there, whatever it says, but for 481 and 408 (RFC 5057 5.1). */
static void on_asked(struct sip_session *s, enum sip_client_event ev, const struct sip_msg *m)
{
    int status = ev == SIP_CT_FINAL ? m->pub.status : 0;

    s->asking = false;
    if ((status != 0 && status != 408 && status != 481) || s->state != SIP_S_UP || s->quiet)
        return;
    rt_count(&sip_audit_counters[SIP_AUDIT_LOST]);
    if (status == 481)
        sip_session_end(s, SIP_END_GONE, m); /* they have left it already */
    else
        sip_session_lost(s, SIP_END_GONE, m);
}

int sip_session_ask(struct sip_session *s)
{
    struct rt_buf lines = {0};

    if (s->state != SIP_S_UP || s->quiet)
        return EPROTO;
    if (s->asking)
        return EALREADY;
    sip_accept(&lines, &s->opt);
    s->asking =
        sip_inside_send(s, &s->d, "OPTIONS", &(struct sip_extras){.lines = rt_buf_str(&lines)},
                        on_asked) != NULL;
    rt_buf_release(&lines);
    if (!s->asking)
        return ENOMEM;
    rt_count(&sip_audit_counters[SIP_AUDIT_ASKED]);
    return 0;
}
