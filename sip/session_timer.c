/* Session timers (RFC 4028): a session that nobody refreshes has lost its other end.
 *
 * Who refreshes does so at half the interval; either side ends the session when it was not
 * refreshed, the smaller of 32 s and a third of the interval before it expires (10).
 */
#include "sip/session.h"
#include "sip/text.h"

#include <stdio.h>

#define RETRY        (5 * RT_S)         /* a refresh that could not be */
#define RAISES_MAX   3                  /* each 422 comes from another hop on the way */
#define SMALLEST     (90 * RT_S)        /* 4: no Min-SE means this */
#define INTERVAL_MAX (7 * 86400 * RT_S) /* larger ones are as good as this */

/** Seconds in a field, 0: absent or none. `*params` is what follows. */
static rt_time seconds(const struct sip_msg *m, const char *name, struct rt_str *params)
{
    struct rt_str rest = sip_scan_header(&m->scan, name, 0), value = rt_str_cut(&rest, ';');
    uint64_t n;

    if (params)
        *params = rest;
    if (rt_str_u64(&n, rt_str_trim(value), UINT32_MAX) != 0)
        return 0;
    return n * RT_S < INTERVAL_MAX ? (rt_time)n * RT_S : INTERVAL_MAX;
}

static void put_seconds(struct rt_buf *lines, const char *name, rt_time t, const char *refresher)
{
    rt_buf_printf(lines, "%s: %u%s%s\r\n", name, (unsigned)(t / RT_S),
                  refresher ? ";refresher=" : "", refresher ? refresher : "");
}

static rt_time smallest(const struct sip_session_options *opt)
{
    return opt->min_interval > SMALLEST ? opt->min_interval : SMALLEST;
}

/* ---- asking ---- */

void sip_expiry_ask(const struct sip_session *s, struct rt_buf *lines)
{
    bool again = s->interval != 0;
    rt_time interval = again ? s->interval : s->opt.interval, min = smallest(&s->opt);

    if (interval == 0)
        return;
    if (min < s->min_se)
        min = s->min_se;
    if (interval < min)
        interval = min;
    put_seconds(lines, "Session-Expires", interval, !again ? NULL : s->refresher ? "uac" : "uas");
    if (min > SMALLEST || s->min_se)
        put_seconds(lines, "Min-SE", min, NULL);
}

bool sip_expiry_raise(struct sip_session *s, const struct sip_msg *m)
{
    rt_time min = seconds(m, "Min-SE", NULL);
    rt_time asked = s->interval ? s->interval : s->opt.interval;

    if (asked == 0 || min <= s->min_se || min <= asked || s->raised++ >= RAISES_MAX)
        return false;
    s->min_se = min;
    return true;
}

/* ---- the timer ---- */

static void start(struct sip_session *s)
{
    rt_time margin = s->interval / 3 < 32 * RT_S ? s->interval / 3 : 32 * RT_S;

    rt_timer_stop(&s->expiry);
    if (s->refreshing && rt_timer_running(&s->glare)) { /* they were faster */
        rt_timer_stop(&s->glare);
        s->refreshing = false;
    }
    if (s->interval == 0 || s->quiet)
        return;
    s->dies = rt_loop_now(s->ua->loop) + s->interval - margin;
    rt_timer_start(&s->expiry, s->refresher ? s->interval / 2 : s->interval - margin);
}

void sip_expiry_take(struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str params;

    if (s->state != SIP_S_UP) /* UPDATE before the answer */
        return;
    s->raised = 0;
    if (s->attempt) /* 7.4: what was said before there was a dialog counts no more */
        s->min_se = 0;
    s->interval = seconds(m, "Session-Expires", &params);
    s->refresher = !rt_str_caseeq(sip_param(params, "refresher"), "uas");
    start(s);
}

/** 10: the same refusal shall not be asked for continuously. */
void sip_expiry_failed(struct sip_session *s, bool soon)
{
    rt_time left = s->dies - rt_loop_now(s->ua->loop);
    rt_time wait = !soon && left / 4 > RETRY ? left / 4 : RETRY;

    rt_timer_start(&s->expiry, left < wait ? left : wait);
}

void sip_session_on_expiry(void *arg)
{
    struct sip_session *s = arg;

    if (s->refresher && rt_loop_now(s->ua->loop) < s->dies) {
        sip_expiry_failed(s, true); /* until it has succeeded */
        sip_session_refresh(s);
        return;
    }
    rt_count(&sip_counters[SIP_TIMEOUTS]);
    sip_session_lost(s, SIP_END_EXPIRED, NULL);
}

/* ---- granting ---- */

int sip_expiry_inspect(const struct sip_session_options *opt, const struct sip_msg *m)
{
    rt_time asked = seconds(m, "Session-Expires", NULL);
    bool able = sip_has_token(&m->scan, "Supported", "timer") ||
                sip_has_token(&m->scan, "Require", "timer");

    return asked != 0 && asked < smallest(opt) && able ? 422 : 0; /* 9: never to who cannot do it */
}

void sip_expiry_refuse(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    struct rt_buf lines = {0};

    sip_expiry_min(&s->opt, &lines);
    sip_session_answer_request(s, m, flow,
                               &(struct sip_response){.status = 422, .lines = rt_buf_str(&lines)});
    rt_buf_release(&lines);
}

void sip_expiry_min(const struct sip_session_options *opt, struct rt_buf *lines)
{
    put_seconds(lines, "Min-SE", smallest(opt), NULL);
}

/** Table 2 of RFC 4028: who cannot do it does not refresh; a choice of theirs stands; else we do.
 */
void sip_expiry_grant(struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str params;
    rt_time asked = seconds(m, "Session-Expires", &params), min = seconds(m, "Min-SE", NULL);
    rt_time ours = s->opt.interval;

    if (m->method == SIP_UPDATE && s->state != SIP_S_UP)
        return; /* there is no session yet: the INVITE's answer says how long it lasts */
    if (ours && ours < smallest(&s->opt))
        ours = smallest(&s->opt);
    if (asked == 0 && !s->peer_timer)
        ours = 0;
    if (min > s->min_se)
        s->min_se = min;
    s->grant.waits = true;
    s->grant.able = s->peer_timer;
    s->grant.interval = asked && (ours == 0 || asked < ours) ? asked : ours;
    if (s->grant.interval && s->grant.interval < min)
        s->grant.interval = min;
    s->grant.refresher = !s->peer_timer || !rt_str_caseeq(sip_param(params, "refresher"), "uac");
}

void sip_expiry_say(struct sip_session *s, struct rt_buf *lines)
{
    if (s->grant.waits) {
        s->interval = s->grant.interval;
        s->refresher = s->grant.refresher;
        s->grant.waits = false;
    }
    if (s->interval) {
        put_seconds(lines, "Session-Expires", s->interval, s->refresher ? "uas" : "uac");
        if (s->grant.able)
            rt_buf_puts(lines, "Require: timer\r\n");
    }
    start(s);
}
