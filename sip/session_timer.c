/* Session timers (RFC 4028): a session that nobody refreshes has lost its other end.
 *
 * Who refreshes does so at half the interval; either side ends the session when it was not
 * refreshed, the smaller of 32 s and a third of the interval before it expires (10).
 */
#include "sip/session.h"
#include "sip/text.h"

#include <stdio.h>

#define RETRY        (5 * RT_S)         /* a refresh that could not be */
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

/* ---- asking ---- */

void sip_expiry_ask(const struct sip_session *s, struct rt_buf *lines)
{
    bool again = s->interval != 0;
    rt_time interval = again ? s->interval : s->opt.interval;

    if (interval == 0)
        return;
    if (interval < s->min_se)
        interval = s->min_se;
    put_seconds(lines, "Session-Expires", interval, !again ? NULL : s->refresher ? "uac" : "uas");
    rt_time min = s->min_se > s->opt.min_interval ? s->min_se : s->opt.min_interval;
    if (min > SMALLEST)
        put_seconds(lines, "Min-SE", min, NULL);
}

bool sip_expiry_raise(struct sip_session *s, const struct sip_msg *m)
{
    rt_time min = seconds(m, "Min-SE", NULL);
    rt_time asked = s->interval ? s->interval : s->opt.interval;

    if (min <= s->min_se || min <= asked)
        return false;
    s->min_se = min;
    if (s->interval && s->interval < min)
        s->interval = min;
    return true;
}

/* ---- the timer ---- */

static void start(struct sip_session *s)
{
    rt_time margin = s->interval / 3 < 32 * RT_S ? s->interval / 3 : 32 * RT_S;

    rt_timer_stop(&s->expiry);
    if (s->interval == 0 || s->quiet)
        return;
    s->dies = rt_loop_now(s->ua->loop) + s->interval - margin;
    rt_timer_start(&s->expiry, s->refresher ? s->interval / 2 : s->interval - margin);
}

void sip_expiry_take(struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str params;

    s->interval = seconds(m, "Session-Expires", &params);
    s->refresher = !rt_str_caseeq(sip_param(params, "refresher"), "uas");
    start(s);
}

void sip_expiry_failed(struct sip_session *s)
{
    rt_time left = s->dies - rt_loop_now(s->ua->loop);
    rt_timer_start(&s->expiry, left < RETRY ? left : RETRY);
}

void sip_session_on_expiry(void *arg)
{
    struct sip_session *s = arg;

    if (s->refresher && rt_loop_now(s->ua->loop) < s->dies) {
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
    rt_time min = opt->min_interval > SMALLEST ? opt->min_interval : SMALLEST;
    bool able = sip_has_token(&m->scan, "Supported", "timer") ||
                sip_has_token(&m->scan, "Require", "timer");

    return asked != 0 && asked < min && able ? 422 : 0; /* 9: never to who cannot do it */
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
    put_seconds(lines, "Min-SE", opt->min_interval > SMALLEST ? opt->min_interval : SMALLEST, NULL);
}

/** Table 2 of RFC 4028: who cannot do it does not refresh; a choice of theirs stands; else we do.
 */
void sip_expiry_grant(struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str params;
    rt_time asked = seconds(m, "Session-Expires", &params), min = seconds(m, "Min-SE", NULL);
    rt_time ours = s->opt.interval;

    if (asked == 0 && !s->peer_timer)
        ours = 0;
    s->interval = asked && (ours == 0 || asked < ours) ? asked : ours;
    if (s->interval && s->interval < min)
        s->interval = min;
    s->refresher = !s->peer_timer || !rt_str_caseeq(sip_param(params, "refresher"), "uac");
}

void sip_expiry_say(struct sip_session *s, struct rt_buf *lines)
{
    if (s->interval) {
        put_seconds(lines, "Session-Expires", s->interval, s->refresher ? "uas" : "uac");
        if (s->peer_timer)
            rt_buf_puts(lines, "Require: timer\r\n");
    }
    start(s);
}
