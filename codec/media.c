/* The media engine as signalling sees it: threads and their rings, handles, orders out and events
 * in. Nothing here runs in a media thread.
 */
#include "codec/media_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define RING        2048
#define MAX_THREADS 64

#define RETRY (10 * RT_MS)

struct rt_counter media_counters[MEDIA_NCOUNTERS] = {
    [MEDIA_RTP_MALFORMED] = {"media_rtp_malformed_total", "RTP datagrams that are no RTP", 0},
    [MEDIA_RTP_FOREIGN] = {"media_rtp_foreign_total",
                           "RTP and RTCP datagrams from an address not expected", 0},
    [MEDIA_RTP_LATE] = {"media_rtp_late_total", "RTP packets too late to be played", 0},
    [MEDIA_CLEAR_FILLED] = {"media_clear_filled_total",
                            "Octets of clear channels that were missing and sent as 0xff", 0},
    [MEDIA_CLEAR_SLIPS] = {"media_clear_slips_total",
                           "Times that a clear channel's play position moved to follow a clock", 0},
    [MEDIA_RTCP_MALFORMED] = {"media_rtcp_malformed_total", "RTCP datagrams that are no RTCP", 0},
    [MEDIA_ORDERS_DROPPED] = {"media_orders_dropped_total",
                              "Orders and reports lost because their ring was full", 0},
    [MEDIA_PORTS_EXHAUSTED] = {"media_ports_exhausted_total",
                               "Times that no RTP port pair was left", 0},
};

/* ---- the engine ---- */

static void retry_closes(void *arg);

static void free_port(struct media *m, struct media_port *p)
{
    if (p->kind == MEDIA_RTP)
        media_rtp_release(p, m);
    else
        media_ear_release(&p->tdm.ear);
    DL_DELETE(m->ports, p);
    free(p);
}

static void on_report(void *arg, const void *msg)
{
    struct media_thread *t = arg;
    const struct media_report *r = msg;
    struct media_port *p = r->port;

    if (!p) {
        t->cpu = r->cpu;
        return;
    }
    if (r->event.type != MEDIA_CLOSED) {
        if (!p->closing && p->fn)
            p->fn(p->arg, p, &r->event);
        return;
    }
    if (p->fn)
        p->fn(p->arg, p, &r->event);
    free_port(t->media, p);
}

static int make_thread(struct media *m, unsigned i)
{
    struct media_thread *t = &m->threads[i];

    t->media = m;
    t->index = i;
    snprintf(t->name, sizeof t->name, "media%u", i);
    int err = rt_loop_new(&t->loop, t->name);
    if (err != 0)
        return err;
    rt_timer_init(&t->tick, t->loop, media_thread_tick, t);
    err = rt_chan_new(&t->orders, t->loop, sizeof(struct media_order), RING, media_thread_order, t);
    if (err == 0)
        err = rt_chan_new(&t->reports, m->loop, sizeof(struct media_report), RING, on_report, t);
    return err;
}

int media_new(struct media **out, struct rt_loop *signalling, const struct media_config *cfg)
{
    if (cfg->threads < 1 || cfg->threads > MAX_THREADS)
        return EINVAL;
    struct media *m = calloc(1, sizeof *m);
    if (!m)
        return ENOMEM;
    m->loop = signalling;
    m->cfg = *cfg;
    rt_timer_init(&m->retry, signalling, retry_closes, m);
    if (m->cfg.jitter_min == 0)
        m->cfg.jitter_min = 20 * RT_MS;
    if (m->cfg.jitter_max == 0)
        m->cfg.jitter_max = 200 * RT_MS;
    m->threads = calloc(cfg->threads, sizeof *m->threads);
    int err = m->threads ? media_pairs_init(&m->pairs, cfg->port_low, cfg->port_high) : ENOMEM;
    for (unsigned i = 0; err == 0 && i < cfg->threads; i++)
        err = make_thread(m, i);
    if (err != 0) {
        media_free(m);
        return err;
    }
    *out = m;
    return 0;
}

struct rt_loop *media_loop(struct media *m, unsigned thread)
{
    return m->threads[thread].loop;
}

unsigned media_threads(const struct media *m)
{
    return m->cfg.threads;
}

int media_start(struct media *m)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < m->cfg.threads; i++) {
        struct media_thread *t = &m->threads[i];
        /* at the instant at which spans tick: one wake-up for both */
        t->due = (rt_now() / (MEDIA_BLOCK_MS * RT_MS) + 1) * (MEDIA_BLOCK_MS * RT_MS);
        t->cpu_due = t->due;
        rt_timer_start_at(&t->tick, t->due);
        err = rt_thread_start(&t->thread, t->loop);
    }
    return err;
}

static void free_thread(struct media_thread *t)
{
    if (!t->loop)
        return;
    rt_timer_stop(&t->tick);
    rt_chan_free(t->orders);
    rt_chan_free(t->reports);
    rt_loop_free(t->loop);
}

void media_stop(struct media *m)
{
    for (unsigned i = 0; m && m->threads && i < m->cfg.threads; i++) {
        rt_thread_stop(m->threads[i].thread);
        m->threads[i].thread = NULL;
    }
}

void media_free(struct media *m)
{
    struct media_bank *b;

    if (!m)
        return;
    media_stop(m);
    while (m->ports)
        free_port(m, m->ports);
    while ((b = m->banks) != NULL) {
        LL_DELETE(m->banks, b);
        free(b);
    }
    for (unsigned i = 0; m->threads && i < m->cfg.threads; i++)
        free_thread(&m->threads[i]);
    rt_timer_stop(&m->retry);
    media_pairs_release(&m->pairs);
    free(m->threads);
    free(m);
}

rt_time media_thread_cpu(const struct media *m, unsigned thread)
{
    return m->threads[thread].cpu;
}

/* ---- opening ---- */

static int send_order(const struct media_order *o)
{
    int err = rt_chan_send(o->port->thread->orders, o);

    if (err != 0)
        rt_count(&media_counters[MEDIA_ORDERS_DROPPED]);
    return err;
}

static struct media_port *new_port(struct media_thread *t, enum media_kind kind, media_event_fn *fn,
                                   void *arg)
{
    struct media_port *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->kind = kind;
    p->thread = t;
    p->fn = fn;
    p->arg = arg;
    DL_APPEND(t->media->ports, p);
    return p;
}

int media_bank_new(struct media_bank **out, struct media *m, unsigned thread, enum g711_law law)
{
    const struct media_bank *other;
    int before;

    if (thread >= m->cfg.threads)
        return EINVAL;
    struct media_bank *b = calloc(1, sizeof *b);
    if (!b)
        return ENOMEM;
    b->thread = &m->threads[thread];
    b->law = law;
    LL_COUNT(m->banks, other, before);
    b->at = (unsigned)before * 24 % MEDIA_BLOCK;
    LL_PREPEND(m->banks, b);
    *out = b;
    return 0;
}

/** Hands a finished port to its thread, or frees it. */
static int open_port(struct media_port **out, struct media_port *p, int err)
{
    if (err == 0)
        err = send_order(&(struct media_order){.type = MEDIA_ORDER_OPEN, .port = p});
    if (err != 0) {
        free_port(p->thread->media, p);
        return err;
    }
    *out = p;
    return 0;
}

int media_tdm_open(struct media_port **out, struct media_bank *b, unsigned timeslot,
                   media_event_fn *fn, void *arg)
{
    if (timeslot >= MEDIA_TIMESLOTS)
        return EINVAL;
    if (b->owner[timeslot])
        return EBUSY;
    struct media_port *p = new_port(b->thread, MEDIA_TDM, fn, arg);
    if (!p)
        return ENOMEM;
    p->law = b->law;
    p->tdm.bank = b;
    p->tdm.timeslot = timeslot;
    int err = open_port(out, p, media_ear_init(&p->tdm.ear));
    if (err == 0)
        b->owner[timeslot] = p;
    return err;
}

void media_tdm_clear(struct media_port *p)
{
    if (!p->closing && p->kind == MEDIA_TDM)
        send_order(&(struct media_order){.type = MEDIA_ORDER_CLEAR, .port = p});
}

int media_rtp_open(struct media_port **out, struct media *m, unsigned thread,
                   const union rt_addr *local, media_event_fn *fn, void *arg)
{
    if (thread >= m->cfg.threads)
        return EINVAL;
    struct media_port *p = new_port(&m->threads[thread], MEDIA_RTP, fn, arg);
    if (!p)
        return ENOMEM;
    return open_port(out, p, media_rtp_init(p, m, local));
}

const union rt_addr *media_rtp_local(const struct media_port *p)
{
    return &p->rtp.local;
}

/* ---- orders: a closed port takes none, since its memory may go before they arrive ---- */

void media_rtp_set(struct media_port *p, const struct media_rtp *r)
{
    if (!p->closing && p->kind == MEDIA_RTP)
        send_order(&(struct media_order){.type = MEDIA_ORDER_SET, .port = p, .rtp = *r});
}

int media_join(struct media_port *a, struct media_port *b, enum media_flow flow)
{
    struct media_order o = {.type = MEDIA_ORDER_JOIN, .port = a};

    if (a->thread != b->thread)
        return EXDEV;
    if (a == b || a->closing || b->closing)
        return EINVAL;
    o.join.peer = b;
    o.join.flow = flow;
    return send_order(&o);
}

void media_part(struct media_port *p)
{
    if (!p->closing)
        send_order(&(struct media_order){.type = MEDIA_ORDER_PART, .port = p});
}

void media_tone(struct media_port *p, const struct tone_spec *spec)
{
    if (!p->closing)
        send_order(&(struct media_order){.type = MEDIA_ORDER_TONE, .port = p, .tone = spec});
}

void media_digit(struct media_port *p, char digit, unsigned ms)
{
    struct media_order o = {.type = MEDIA_ORDER_DIGIT, .port = p};

    if (p->closing || event_of_digit(digit) < 0)
        return;
    o.digit.digit = digit;
    o.digit.ms = ms < 40 ? 40 : ms > 5000 ? 5000 : ms;
    send_order(&o);
}

void media_port_stats(const struct media_port *p, struct media_stats *out)
{
    uint64_t words[MEDIA_STAT_WORDS];

    for (size_t i = 0; i < MEDIA_STAT_WORDS; i++)
        words[i] = atomic_load_explicit(&p->published[i], memory_order_relaxed);
    memcpy(out, words, sizeof *out);
}

/* ---- closing ---- */

/** A close that is lost would keep its port for ever: it waits until the ring has room. */
static bool order_close(struct media_port *p)
{
    struct media_order o = {.type = MEDIA_ORDER_CLOSE, .port = p};

    p->close_waits = rt_chan_send(p->thread->orders, &o) != 0;
    if (!p->close_waits && p->kind == MEDIA_TDM)
        p->tdm.bank->owner[p->tdm.timeslot] = NULL; /* orders are in order: it can be reopened */
    return !p->close_waits;
}

static void retry_closes(void *arg)
{
    struct media *m = arg;
    struct media_port *p;
    bool all = true;

    DL_FOREACH(m->ports, p)
    if (p->close_waits && !order_close(p))
        all = false;
    if (!all)
        rt_timer_start(&m->retry, RETRY);
}

void media_close(struct media_port *p)
{
    if (p->closing)
        return;
    p->closing = true;
    if (!order_close(p) && !rt_timer_running(&p->thread->media->retry))
        rt_timer_start(&p->thread->media->retry, RETRY);
}

void media_abandon(struct media_port *p)
{
    if (!p)
        return;
    p->fn = NULL;
    media_close(p);
}
