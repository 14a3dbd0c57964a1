/* The engine's half inside a media thread: orders carried out, the tick of RTP ports, reports. */
#include "codec/media_priv.h"

#include <utlist.h>

#define TICK (MEDIA_BLOCK_MS * RT_MS)

/** Behind by more than this, ticks are left out instead of caught up with. */
#define BEHIND (200 * RT_MS)

/* ---- reports ---- */

static bool report_event(struct media_port *p, const struct media_event *ev)
{
    struct media_report r = {.type = MEDIA_REPORT_EVENT, .port = p, .event = *ev};

    return rt_chan_send(p->thread->reports, &r) == 0;
}

void media_tell(struct media_port *p, const struct media_event *ev)
{
    if (!report_event(p, ev))
        rt_count(&media_counters[MEDIA_ORDERS_DROPPED]);
}

void media_tell_digit(struct media_port *p, char digit, unsigned ms)
{
    p->stats.digits++;
    media_publish(p);
    media_tell(p, &(struct media_event){.type = MEDIA_DTMF, .digit = digit, .ms = ms});
}

static void publish(struct media_port *p, size_t n)
{
    uint64_t words[MEDIA_STAT_WORDS];

    memcpy(words, &p->stats, n * sizeof *words);
    for (size_t i = 0; i < n; i++)
        atomic_store_explicit(&p->published[i], words[i], memory_order_relaxed);
}

void media_publish(struct media_port *p)
{
    publish(p, MEDIA_LIVE_WORDS);
}

void media_publish_all(struct media_port *p)
{
    publish(p, MEDIA_STAT_WORDS);
}

/** The last the thread knows of a port: signalling may free it, or give it to another thread, at
 * once. */
static bool report_gone(struct media_port *p)
{
    struct media_report left = {.type = MEDIA_REPORT_LEFT, .port = p};

    if (!p->leaving)
        return report_event(p, &(struct media_event){.type = MEDIA_CLOSED, .stats = p->stats});
    p->leaving = false;
    if (rt_chan_send(p->thread->reports, &left) == 0)
        return true; /* it may be at work elsewhere already */
    p->leaving = true;
    return false;
}

static bool report_loan(struct media_thread *t, struct media_loan *l)
{
    struct media_report r = {.type = MEDIA_REPORT_LOAN, .loan = l};

    return rt_chan_send(t->reports, &r) == 0;
}

void media_return(struct media_thread *t, struct media_loan *l)
{
    if (!l || (!t->loans && report_loan(t, l)))
        return;
    l->next = t->loans;
    t->loans = l;
}

/** Reports that found the ring full. */
static void flush_reports(struct media_thread *t)
{
    struct media_port *p;
    struct media_loan *l;

    while ((l = t->loans) != NULL) {
        struct media_loan *next = l->next; /* it may be gone after the report */
        if (!report_loan(t, l))
            return;
        t->loans = next;
    }
    while ((p = t->gone) != NULL) {
        DL_DELETE2(t->gone, p, t_prev, t_next);
        if (report_gone(p))
            continue;
        DL_PREPEND2(t->gone, p, t_prev, t_next);
        return;
    }
}

/* ---- orders ---- */

static void do_open(struct media_port *p, const struct media_order *o)
{
    (void)o;
    if (p->kind == MEDIA_RTP) {
        DL_APPEND2(p->thread->rtp, p, t_prev, t_next);
        media_rtcp_watch(p);
        return;
    }
    struct media_tdm_side *s = &p->tdm;
    memset(s->tx, g711_silence(p->law), sizeof s->tx);
    memset(s->rx, g711_silence(p->law), sizeof s->rx);
    memset(s->sent, g711_silence(p->law), sizeof s->sent);
    s->bank->port[s->timeslot] = p;
    s->bank->active |= (uint32_t)1 << s->timeslot;
}

static void do_set(struct media_port *p, const struct media_order *o)
{
    media_rtp_apply(p, o->kit, rt_loop_now(p->thread->loop));
}

static void do_secure(struct media_port *p, const struct media_order *o)
{
    media_rtp_lock(p, o->secure.srtp, o->secure.ssrc, rt_loop_now(p->thread->loop));
}

static void do_aim(struct media_port *p, const struct media_order *o)
{
    p->rtp.target = o->aim.rtp;
    p->rtp.rtcp_target = o->aim.rtcp;
    p->rtp.aimed = true;
}

static void do_line(struct media_port *p, const struct media_order *o)
{
    const struct media_line *line = &o->line;

    p->tdm.line = *line;
    p->gain_in = line->gain_in;
    p->gain_out = line->gain_out;
    if (line->clear != p->clear)
        memset(p->tdm.tx, line->clear ? MEDIA_CLEAR_IDLE : g711_silence(p->law), sizeof p->tdm.tx);
    p->clear = line->clear;
}

static void do_column(struct media_port *p, const struct media_order *o)
{
    media_dsp_leave(p);
    p->column = (struct media_column){.dsp = o->column.dsp, .lane = o->column.lane};
}

static void do_join(struct media_port *p, const struct media_order *o)
{
    media_port_join(p, o->join.peer, o->join.flow);
}

static void do_cord(struct media_port *p, const struct media_order *o)
{
    if (o->cord.cord) {
        media_port_part(p);
        p->tdm.cord = o->cord.cord;
        p->tdm.end = o->cord.end;
    }
    p->hears = o->cord.hears;
}

static void do_part(struct media_port *p, const struct media_order *o)
{
    (void)o;
    media_port_part(p);
}

static void do_echo(struct media_port *p, const struct media_order *o)
{
    (void)o;
    media_port_part(p);
    p->echoes = true;
}

static void do_play(struct media_port *p, const struct media_order *o)
{
    media_port_source(p, o->source);
}

static void do_record(struct media_port *p, const struct media_order *o)
{
    media_port_record(p, o->reel);
}

static void do_digit(struct media_port *p, const struct media_order *o)
{
    media_port_digit(p, o->digit.digit, o->digit.ms);
}

static void do_tap(struct media_port *p, const struct media_order *o)
{
    p->tap = o->tag;
}

/** The thread knows the port no more once this is reported. */
static void go(struct media_port *p)
{
    struct media_thread *t = p->thread;

    media_port_part(p);
    media_dsp_leave(p);
    if (p->kind == MEDIA_RTP) {
        media_rtp_unwatch(p);
        media_rtcp_unwatch(p);
        DL_DELETE2(t->rtp, p, t_prev, t_next);
    } else {
        p->tdm.bank->port[p->tdm.timeslot] = NULL;
        p->tdm.bank->active &= ~((uint32_t)1 << p->tdm.timeslot);
    }
    media_publish_all(p);
    if (t->gone || !report_gone(p))
        DL_APPEND2(t->gone, p, t_prev, t_next);
}

static void do_leave(struct media_port *p, const struct media_order *o)
{
    (void)o;
    p->leaving = true;
    go(p);
}

static void do_close(struct media_port *p, const struct media_order *o)
{
    (void)o;
    if (p->kind == MEDIA_RTP)
        media_rtcp_bye(p, rt_loop_now(p->thread->loop));
    go(p);
}

void media_thread_order(void *arg, const void *msg)
{
    static void (*const doing[MEDIA_ORDERS])(struct media_port *, const struct media_order *) = {
        [MEDIA_ORDER_ECHO] = do_echo,     [MEDIA_ORDER_OPEN] = do_open,
        [MEDIA_ORDER_SET] = do_set,       [MEDIA_ORDER_LINE] = do_line,
        [MEDIA_ORDER_COLUMN] = do_column, [MEDIA_ORDER_JOIN] = do_join,
        [MEDIA_ORDER_CORD] = do_cord,     [MEDIA_ORDER_PART] = do_part,
        [MEDIA_ORDER_PLAY] = do_play,     [MEDIA_ORDER_DIGIT] = do_digit,
        [MEDIA_ORDER_LEAVE] = do_leave,   [MEDIA_ORDER_CLOSE] = do_close,
        [MEDIA_ORDER_SECURE] = do_secure, [MEDIA_ORDER_AIM] = do_aim,
        [MEDIA_ORDER_RECORD] = do_record, [MEDIA_ORDER_TAP] = do_tap,
    };
    const struct media_order *o = msg;

    (void)arg;
    doing[o->type](o->port, o);
}

/* ---- the tick ---- */

static void report_cpu(struct media_thread *t, rt_time now)
{
    struct media_report r = {.type = MEDIA_REPORT_CPU};

    if (now < t->cpu_due)
        return;
    t->cpu_due = now + RT_S;
    r.cpu = rt_thread_cpu();
    rt_chan_send(t->reports, &r); /* the next one tells as much */
}

/** The thread stood still. What it did not say meanwhile leaves a gap in the timestamps, or its
 * sound would be late for ever; where a line gives the time, the line catches up. */
static void leave_out(struct media_thread *t, unsigned ticks)
{
    for (struct media_port *p = t->rtp; p; p = p->t_next)
        if (!p->peer || p->peer->kind == MEDIA_RTP) {
            p->rtp.ts += ticks * MEDIA_BLOCK;
            p->rtp.gap = true;
        }
    t->due += ticks * TICK;
}

void media_thread_tick(void *arg)
{
    struct media_thread *t = arg;
    rt_time now = rt_loop_now(t->loop);

    media_serve_thread(t, now);
    flush_reports(t);
    report_cpu(t, now);
    rt_tick_counted(t->due, now);
    t->due += TICK;
    if (t->due < now - BEHIND)
        leave_out(t, (unsigned)((now - t->due) / TICK));
    rt_timer_start_at(&t->tick, t->due);
}
