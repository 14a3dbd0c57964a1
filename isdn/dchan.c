/* Q.921 and Q.931 by libpri: frames in and out, its timers on our loop. */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>

#define LINES       20 /* in the log, each while */
#define LINES_WHILE (10 * RT_S)

#define FCS 2 /* libpri counts the check sequence in every length and looks at neither octet */

/* ---- frames ---- */

static int on_read(struct pri *pri, void *buf, int len)
{
    struct isdn_link *l = pri_get_userdata(pri);
    const struct isdn_frame *f = l->arrived;

    l->arrived = NULL;
    if (!f || f->len + FCS > len)
        return 0;
    memcpy(buf, f->octets, f->len);
    size_t n = isdn_tidy(l, buf, f->len);
    if (n == 0)
        return 0;
    memset((char *)buf + n, 0, FCS);
    return (int)n + FCS;
}

static void trace(const struct isdn_span *s, struct isdn_call *c, bool sent,
                  const struct isdn_frame *f)
{
    size_t header = isdn_lapd_header(f->octets, f->len);
    struct isdn_head head;

    if (!s->ops.trace)
        return;
    bool q931 = header > 0 && isdn_head_read(&head, f->octets + header, f->len - header);
    s->ops.trace(s->arg, c, sent, q931 ? q931_name(head.type & 0x7f) : NULL, f->octets, f->len);
}

/** To the line, if it gets there. */
static void hand_down(struct isdn_span *s, struct isdn_call *c, struct isdn_frame *f)
{
    enum isdn_fate fate =
        s->ops.filter ? s->ops.filter(s->arg, true, f->octets, f->len) : ISDN_PASSES;

    if (fate == ISDN_LOST)
        return;
    f->spoilt = fate == ISDN_SPOILT;
    trace(s, c, true, f);
    if (rt_chan_send(s->down, f) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
}

static int on_write(struct pri *pri, void *buf, int len)
{
    struct isdn_link *l = pri_get_userdata(pri);
    struct isdn_frame f = {.len = (uint16_t)(len - FCS)};
    struct isdn_call *c = NULL;
    struct q931_view v;

    if (len <= FCS || len - FCS > HDLC_FRAME_MAX || l->silent)
        return len;
    memcpy(f.octets, buf, f.len);
    if (isdn_ack_kept(l, &f))
        return len;
    if (q931_look(&v, f.octets, f.len)) {
        c = isdn_call_of(l, &v, true);
        isdn_amend(l, &f, &v, c);
    }
    hand_down(l->span, c, &f);
    return len;
}

void isdn_dchan_send(struct isdn_link *l, const struct isdn_frame *f)
{
    struct isdn_frame own = *f;

    hand_down(l->span, NULL, &own);
}

/** The far end sets up the link that is up (Q.921 5.7): libpri drops what was not acknowledged and
 * says nothing. Q.931's timers repeat every message but RESTART, whose timer is ours and long. */
static bool resets_link(const struct isdn_link *l, const struct isdn_frame *f)
{
    return l->up && f->len >= 3 && (f->octets[2] & 0xef) == 0x6f; /* SABME */
}

/** The far end goes on with a call on the other D channel of the group: libpri does too (annex F).
 */
static void follow(struct isdn_link *l)
{
    struct isdn_call *c = isdn_call_of(l, &l->view, false);

    if (c)
        c->link = l;
}

static void take(struct isdn_link *l, const struct isdn_frame *f)
{
    bool reset = resets_link(l, f);

    l->frame = f;
    if (l->viewed)
        isdn_service_heard(l, f);
    l->arrived = f;
    const pri_event *e = pri_check_event(l->pri);
    l->arrived = NULL;
    if (l->viewed) {
        follow(l);
        isdn_diversion_noticed(l);
    }
    if (e)
        isdn_pri_event(l, e, false);
    else if (l->viewed)
        isdn_pri_silence(l);
    if (l->viewed && l->view.type == Q931_T_NOTIFY)
        isdn_identity_notified(l);
    if (l->viewed && l->view.type == Q931_T_STATUS)
        isdn_audit_status(l, f);
    l->viewed = false;
    l->frame = NULL;
    if (reset) {
        isdn_restart_group(l->group, false);
        isdn_audit_link(l);
    }
    isdn_dchan_poke(l);
}

void isdn_dchan_frame(struct isdn_link *l, const struct isdn_frame *f)
{
    const struct isdn_span *s = l->span;
    struct isdn_frame copy;

    if (l->silent) {
        isdn_silence_frame(l, f);
        return;
    }
    l->viewed = q931_look(&l->view, f->octets, f->len);
    trace(s, l->viewed ? isdn_call_of(l, &l->view, false) : NULL, false, f);
    if (s->ops.filter) {
        copy = *f;
        f = &copy;
        if (s->ops.filter(s->arg, false, copy.octets, copy.len) == ISDN_LOST) {
            l->viewed = false;
            return;
        }
        l->viewed = q931_look(&l->view, f->octets, f->len);
    }
    take(l, f);
}

void isdn_dchan_feed(struct isdn_link *l, const struct isdn_frame *f)
{
    l->viewed = false;
    l->arrived = f;
    const pri_event *e = pri_check_event(l->pri);
    l->arrived = NULL;
    if (e)
        isdn_pri_event(l, e, false);
    isdn_dchan_poke(l);
}

/* ---- timers ---- */

void isdn_dchan_poke(struct isdn_link *l)
{
    const struct timeval *tv = pri_schedule_next(l->pri);

    if (!tv)
        rt_timer_stop(&l->pri_timer);
    else
        rt_timer_start(&l->pri_timer, tv->tv_sec * RT_S + tv->tv_usec - rt_steady());
}

static void on_timer(void *arg)
{
    struct isdn_link *l = arg;
    const pri_event *e;

    l->viewed = false;
    while ((e = pri_schedule_run(l->pri)) != NULL)
        isdn_pri_event(l, e, true);
    isdn_pri_sweep(l);
    isdn_dchan_poke(l);
}

/* ---- opening ---- */

static void on_message(struct pri *pri, char *text)
{
    const struct isdn_link *l = pri ? pri_get_userdata(pri) : NULL;

    rt_log(RT_LOG_ISDN, RT_DEBUG, "%s: libpri: %.*s", l ? l->span->name : "isdn",
           (int)strcspn(text, "\n"), text);
}

/** A far end that errs all the time gets a few lines for each while, and then their number. */
bool isdn_enough_said(struct isdn_link *l)
{
    rt_time now = rt_loop_now(l->span->loop);

    if (l->lines == 0 || now - l->lines_since >= LINES_WHILE) {
        if (l->lines > LINES)
            rt_log(RT_LOG_ISDN, RT_NOTICE, "%s: D channel: %u more lines left out", l->span->name,
                   l->lines - LINES);
        l->lines = 0;
        l->lines_since = now;
    }
    return l->lines++ >= LINES;
}

static void on_error(struct pri *pri, char *text)
{
    struct isdn_link *l = pri ? pri_get_userdata(pri) : NULL;

    if (l && isdn_enough_said(l))
        return;
    rt_log(RT_LOG_ISDN, RT_NOTICE, "%s: libpri: %.*s", l ? l->span->name : "isdn",
           (int)strcspn(text, "\n"), text);
}

/** libpri has no destructor: what a span leaves behind stays in reach, or it would count as a leak.
 */
static struct kept {
    struct pri *pri;
    struct kept *next;
} * kept;

static struct pri *keep(struct pri *pri)
{
    struct kept *k = pri ? malloc(sizeof *k) : NULL;

    if (!k)
        return NULL;
    *k = (struct kept){pri, kept};
    kept = k;
    return pri;
}

static struct pri *pri_of(struct isdn_link *l)
{
    const struct isdn_span_config *c = &l->span->cfg;
    int side = c->network ? PRI_NETWORK : PRI_CPE, type = l->span->variant->libpri[c->rate];

    if (c->rate == ISDN_BRI)
        return pri_new_bri_cb(-1, !c->multipoint, side, type, on_read, on_write, l);
    return pri_new_cb(-1, side, type, on_read, on_write, l);
}

int isdn_dchan_open(struct isdn_span *s)
{
    struct isdn_link *l = s->link;

    if (!l)
        return 0;
    pri_set_message(on_message);
    pri_set_error(on_error);
    rt_timer_init(&l->pri_timer, s->loop, on_timer, l);
    rt_timer_init(&l->ask, s->loop, isdn_ask_timeout, l);
    isdn_ack_init(l);
    l->pri = keep(pri_of(l));
    if (!l->pri)
        return ENOMEM;
    if (s->cfg.lead)
        pri_enslave(s->group->link[0]->pri, l->pri);
    pri_set_overlapdial(l->pri, 1); /* Sending complete is sent when we say so */
    pri_hangup_fix_enable(l->pri, 1);
    pri_facility_enable(
        l->pri); /* names and diversions of SETUP, where the variant has them there */
    pri_connect_ack_enable(l->pri, 1);
    pri_hold_enable(l->pri, 1);
    isdn_services_enable(l->pri);
    if (s->variant->features & ISDN_F_SERVICE)
        pri_set_service_message_support(l->pri, 1);
    isdn_timers_hand_over(s, l->pri);
    isdn_dchan_poke(l);
    return 0;
}

void isdn_dchan_close(struct isdn_link *l)
{
    if (!l)
        return;
    if (l->pri)
        rt_timer_stop(&l->pri_timer);
    rt_timer_stop(&l->ask);
    isdn_ack_stop(l);
    for (unsigned i = 0; i < ISDN_FAREWELLS; i++)
        isdn_puts_free(&l->farewell[i].puts);
}
