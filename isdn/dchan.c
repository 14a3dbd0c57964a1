/* Q.921 and Q.931 by libpri: frames in and out, its timers on our loop, and the few things amended
 * in its messages (cause, location, progress: it knows one location and no progress in DISCONNECT).
 */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>

#define FCS 2 /* libpri counts the check sequence in every length and looks at neither octet */

/* ---- frames ---- */

static int on_read(struct pri *pri, void *buf, int len)
{
    struct isdn_span *s = pri_get_userdata(pri);
    const struct isdn_frame *f = s->arrived;

    s->arrived = NULL;
    if (!f || f->len + FCS > len)
        return 0;
    memcpy(buf, f->octets, f->len);
    memset((char *)buf + f->len, 0, FCS);
    if (!s->viewed || !q931_reference_ok(&s->view))
        q931_hide(buf, f->len); /* libpri would make a call of it */
    return f->len + FCS;
}

static bool clears(uint8_t type)
{
    return type == Q931_T_DISCONNECT || type == Q931_T_RELEASE || type == Q931_T_RELEASE_COMPLETE;
}

/** The indicator the owner gave for this message. */
static uint8_t progress_of(const struct isdn_call *c, uint8_t type)
{
    return c && type < sizeof c->progress ? c->progress[type] : 0;
}

static const struct isdn_farewell *farewell(const struct isdn_span *s, const struct q931_view *v)
{
    for (unsigned i = 0; i < ISDN_FAREWELLS; i++) {
        const struct isdn_farewell *f = &s->farewell[i];
        if (f->cause && f->reference == v->reference && f->outgoing == v->from_origin)
            return f;
    }
    return NULL;
}

static void amend(struct isdn_span *s, struct isdn_frame *f, const struct q931_view *v,
                  const struct isdn_call *c)
{
    const struct isdn_farewell *bye = c ? NULL : farewell(s, v);

    if (v->type == Q931_T_PROGRESS && c && c->early) {
        f->len =
            (uint16_t)q931_make_release(f->octets, f->len, sizeof f->octets, c->cause, c->location);
        return;
    }
    if (clears(v->type) && c && c->cause)
        q931_set_cause(f->octets, f->len, c->cause, c->location);
    else if (clears(v->type) && bye)
        q931_set_cause(f->octets, f->len, bye->cause, bye->location);
    if (progress_of(c, v->type))
        f->len = (uint16_t)q931_set_progress(f->octets, f->len, sizeof f->octets,
                                             progress_of(c, v->type));
}

static int on_write(struct pri *pri, void *buf, int len)
{
    struct isdn_span *s = pri_get_userdata(pri);
    struct isdn_frame f = {.len = (uint16_t)(len - FCS)};
    struct q931_view v;

    if (len <= FCS || len - FCS > HDLC_FRAME_MAX)
        return len;
    memcpy(f.octets, buf, f.len);
    if (q931_look(&v, f.octets, f.len)) {
        struct isdn_call *c = isdn_call_by_reference(s, v.reference, v.from_origin);
        amend(s, &f, &v, c);
        q931_look(&v, f.octets, f.len);
        if (s->ops.trace)
            s->ops.trace(s->arg, c, true, q931_name(v.type), f.octets, f.len);
    }
    if (rt_chan_send(s->down, &f) != 0)
        rt_count(&isdn_counters[ISDN_DCHANNEL_DROPPED]);
    return len;
}

/** The far end sets up the link that is up (Q.921 5.7): libpri drops what was not acknowledged and
 * says nothing. Q.931's timers repeat every message but RESTART, whose timer is ours and long. */
static bool resets_link(const struct isdn_span *s, const struct isdn_frame *f)
{
    return s->dchannel_up && f->len >= 3 && (f->octets[2] & 0xef) == 0x6f; /* SABME */
}

void isdn_dchan_frame(struct isdn_span *s, const struct isdn_frame *f)
{
    bool reset = resets_link(s, f);

    s->viewed = q931_look(&s->view, f->octets, f->len);
    if (s->viewed && s->ops.trace)
        s->ops.trace(s->arg, isdn_call_by_reference(s, s->view.reference, !s->view.from_origin),
                     false, q931_name(s->view.type), f->octets, f->len);
    s->arrived = f;
    const pri_event *e = pri_check_event(s->pri);
    s->arrived = NULL;
    if (e)
        isdn_pri_event(s, e, false);
    else if (s->viewed)
        isdn_pri_silence(s);
    s->viewed = false;
    if (reset) {
        isdn_restart_suspend(s);
        isdn_restart_next(s);
    }
    isdn_dchan_poke(s);
}

/* ---- timers ---- */

void isdn_dchan_poke(struct isdn_span *s)
{
    const struct timeval *tv = pri_schedule_next(s->pri);

    if (!tv)
        rt_timer_stop(&s->pri_timer);
    else
        rt_timer_start(&s->pri_timer, tv->tv_sec * RT_S + tv->tv_usec - rt_wall());
}

static void on_timer(void *arg)
{
    struct isdn_span *s = arg;
    const pri_event *e;

    s->viewed = false;
    while ((e = pri_schedule_run(s->pri)) != NULL)
        isdn_pri_event(s, e, true);
    isdn_pri_sweep(s);
    isdn_dchan_poke(s);
}

/* ---- opening ---- */

static void on_message(struct pri *pri, char *text)
{
    const struct isdn_span *s = pri ? pri_get_userdata(pri) : NULL;

    rt_log(RT_LOG_ISDN, RT_DEBUG, "%s: libpri: %.*s", s ? s->name : "isdn",
           (int)strcspn(text, "\n"), text);
}

static void on_error(struct pri *pri, char *text)
{
    const struct isdn_span *s = pri ? pri_get_userdata(pri) : NULL;

    rt_log(RT_LOG_ISDN, RT_NOTICE, "%s: libpri: %.*s", s ? s->name : "isdn",
           (int)strcspn(text, "\n"), text);
}

static void set_timer(struct isdn_span *s, int timer, rt_time value)
{
    if (value)
        pri_set_timer(s->pri, timer, (int)(value / RT_MS));
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

int isdn_dchan_open(struct isdn_span *s)
{
    const struct isdn_span_config *c = &s->cfg;

    pri_set_message(on_message);
    pri_set_error(on_error);
    s->pri = keep(pri_new_cb(-1, c->network ? PRI_NETWORK : PRI_CPE,
                             c->t1 ? PRI_SWITCH_EUROISDN_T1 : PRI_SWITCH_EUROISDN_E1, on_read,
                             on_write, s));
    if (!s->pri)
        return ENOMEM;
    rt_timer_init(&s->pri_timer, s->loop, on_timer, s);
    pri_set_overlapdial(s->pri, 1); /* Sending complete is sent when we say so */
    pri_hangup_fix_enable(s->pri, 1);
    pri_connect_ack_enable(s->pri, 1);
    set_timer(s, PRI_TIMER_T303, c->t303);
    set_timer(s, PRI_TIMER_T305, c->t305);
    set_timer(s, PRI_TIMER_T308, c->t308);
    set_timer(s, PRI_TIMER_T309, c->t309);
    set_timer(s, PRI_TIMER_T313, 3600 * RT_S); /* ours runs: its own says nothing when it ends */
    isdn_dchan_poke(s);
    return 0;
}
