/* The engine's half inside a media thread: orders carried out, the tick of RTP ports, reports. */
#include "codec/media_priv.h"

#include <utlist.h>

/** Behind by more than this, the tick starts anew instead of catching up. */
#define BEHIND (200 * RT_MS)

/* ---- reports ---- */

static bool report(struct media_port *p, const struct media_event *ev)
{
    return rt_chan_send(p->thread->reports, &(struct media_report){.port = p, .event = *ev}) == 0;
}

void media_tell(struct media_port *p, const struct media_event *ev)
{
    if (!report(p, ev))
        rt_count(&media_counters[MEDIA_ORDERS_DROPPED]);
}

void media_tell_digit(struct media_port *p, char digit, unsigned ms)
{
    p->stats.digits++;
    media_publish(p);
    media_tell(p, &(struct media_event){.type = MEDIA_DTMF, .digit = digit, .ms = ms});
}

void media_publish(struct media_port *p)
{
    uint64_t words[MEDIA_STAT_WORDS];

    memcpy(words, &p->stats, sizeof words);
    for (size_t i = 0; i < MEDIA_STAT_WORDS; i++)
        atomic_store_explicit(&p->published[i], words[i], memory_order_relaxed);
}

/** The last the thread knows of a port: signalling may free it at once. */
static bool report_closed(struct media_port *p)
{
    return report(p, &(struct media_event){.type = MEDIA_CLOSED, .stats = p->stats});
}

/** Reports that found the ring full when their port closed. */
static void flush_closed(struct media_thread *t)
{
    struct media_port *p;

    while ((p = t->closed) != NULL) {
        DL_DELETE2(t->closed, p, t_prev, t_next);
        if (report_closed(p))
            continue;
        DL_PREPEND2(t->closed, p, t_prev, t_next);
        return;
    }
}

/* ---- orders ---- */

static void do_open(struct media_port *p, const struct media_order *o)
{
    (void)o;
    if (p->kind == MEDIA_RTP) {
        DL_APPEND2(p->thread->rtp, p, t_prev, t_next);
        return;
    }
    struct media_tdm_side *s = &p->tdm;
    memset(s->tx, g711_silence(p->law), sizeof s->tx);
    memset(s->rx, g711_silence(p->law), sizeof s->rx);
    s->bank->port[s->timeslot] = p;
    s->bank->active |= (uint32_t)1 << s->timeslot;
}

static void do_set(struct media_port *p, const struct media_order *o)
{
    media_rtp_apply(p, &o->rtp, rt_loop_now(p->thread->loop));
}

static void do_clear(struct media_port *p, const struct media_order *o)
{
    (void)o;
    p->clear = true;
    memset(p->tdm.tx, MEDIA_CLEAR_IDLE, sizeof p->tdm.tx);
}

static void do_join(struct media_port *p, const struct media_order *o)
{
    media_port_join(p, o->join.peer, o->join.flow);
}

static void do_part(struct media_port *p, const struct media_order *o)
{
    (void)o;
    media_port_part(p);
}

static void do_tone(struct media_port *p, const struct media_order *o)
{
    if (o->tone)
        tone_start(&p->tone, o->tone);
    else
        p->tone.spec = NULL;
}

static void do_digit(struct media_port *p, const struct media_order *o)
{
    media_port_digit(p, o->digit.digit, o->digit.ms);
}

static void do_close(struct media_port *p, const struct media_order *o)
{
    struct media_thread *t = p->thread;

    (void)o;
    media_port_part(p);
    if (p->kind == MEDIA_RTP) {
        DL_DELETE2(t->rtp, p, t_prev, t_next);
        media_rtcp_bye(p, rt_loop_now(t->loop));
    } else {
        p->tdm.bank->port[p->tdm.timeslot] = NULL;
        p->tdm.bank->active &= ~((uint32_t)1 << p->tdm.timeslot);
    }
    media_publish(p);
    if (t->closed || !report_closed(p))
        DL_APPEND2(t->closed, p, t_prev, t_next);
}

void media_thread_order(void *arg, const void *msg)
{
    static void (*const doing[MEDIA_ORDERS])(struct media_port *, const struct media_order *) = {
        [MEDIA_ORDER_OPEN] = do_open,   [MEDIA_ORDER_SET] = do_set,
        [MEDIA_ORDER_JOIN] = do_join,   [MEDIA_ORDER_PART] = do_part,
        [MEDIA_ORDER_TONE] = do_tone,   [MEDIA_ORDER_DIGIT] = do_digit,
        [MEDIA_ORDER_CLOSE] = do_close, [MEDIA_ORDER_CLEAR] = do_clear,
    };
    const struct media_order *o = msg;

    (void)arg;
    doing[o->type](o->port, o);
}

/* ---- the tick ---- */

/** A TDM peer's tick serves the pair; of two RTP ports the one with the lower address does. */
static bool served_elsewhere(const struct media_port *p)
{
    return p->peer && (p->peer->kind == MEDIA_TDM || p->peer < p);
}

static void report_cpu(struct media_thread *t, rt_time now)
{
    struct media_report r = {.port = NULL};

    if (now < t->cpu_due)
        return;
    t->cpu_due = now + RT_S;
    r.cpu = rt_thread_cpu();
    rt_chan_send(t->reports, &r); /* the next one tells as much */
}

void media_thread_tick(void *arg)
{
    struct media_thread *t = arg;
    rt_time now = rt_loop_now(t->loop);
    struct media_port *p;

    for (p = t->rtp; p; p = p->t_next)
        if (!served_elsewhere(p))
            media_port_service(p, now);
    flush_closed(t);
    report_cpu(t, now);
    t->due += MEDIA_BLOCK_MS * RT_MS;
    if (t->due < now - BEHIND)
        t->due = now;
    rt_timer_start_at(&t->tick, t->due);
}
