/* The media engine as signalling sees it: threads and their rings, handles, orders out and events
 * in. Nothing here runs in a media thread.
 */
#include "codec/lanes.h"
#include "codec/media_priv.h"

#include "gw/rt/buf.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define RING        2048
#define MAIL        64 /**< datagrams of 1500 octets */
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
    [MEDIA_DATAGRAMS_DROPPED] = {"media_datagrams_dropped_total",
                                 "STUN and DTLS datagrams lost because their ring was full", 0},
    [MEDIA_SRTP_REFUSED] = {"media_srtp_refused_total",
                            "SRTP and SRTCP packets that were forged, replayed, too late or not "
                            "secure",
                            0},
    [MEDIA_PORTS_EXHAUSTED] = {"media_ports_exhausted_total",
                               "Times that no RTP port pair was left", 0},
};

/* ---- the engine ---- */

static void retry_closes(void *arg);

static void free_port(struct media *m, struct media_port *p)
{
    media_move_forget(m, p);
    if (p->partner)
        p->partner->partner = NULL;
    if (p->dsp && p->kind == MEDIA_RTP)
        media_dsp_give_column(p->dsp, p->lane);
    if (p->source)
        p->source->loan.give_back(&p->source->loan);
    if (p->reel)
        p->reel->loan.give_back(&p->reel->loan);
    if (p->kind == MEDIA_RTP)
        media_rtp_release(p, m);
    else if (p->tdm.cord)
        media_cord_drop(p->tdm.cord);
    HASH_DEL(m->ports, p);
    free(p);
}

static void on_event(struct media_port *p, const struct media_event *ev)
{
    if (p->fn && (!p->closing || ev->type == MEDIA_CLOSED))
        p->fn(p->arg, p, ev);
    if (ev->type == MEDIA_CLOSED)
        free_port(p->thread->media, p);
}

static void on_report(void *arg, const void *msg)
{
    struct media_thread *t = arg;
    const struct media_report *r = msg;

    if (r->type == MEDIA_REPORT_CPU)
        t->cpu = r->cpu;
    else if (r->type == MEDIA_REPORT_LOAN)
        r->loan->give_back(r->loan);
    else if (r->type == MEDIA_REPORT_KEYS)
        media_srtp_free(r->keys);
    else if (r->type == MEDIA_REPORT_LEFT)
        media_move_arrive(r->port);
    else
        on_event(r->port, &r->event);
}

static void on_mail(void *arg, const void *msg)
{
    struct media_thread *t = arg;
    const struct media_mail *m = msg;
    struct media_port *p;

    HASH_FIND(hh, t->media->ports, &m->port, sizeof m->port, p);
    if (p)
        on_event(p, &(struct media_event){.type = MEDIA_DATAGRAM, .datagram = &m->datagram});
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
    if (err == 0)
        err = rt_chan_new(&t->mail, m->loop, sizeof(struct media_mail), MAIL, on_mail, t);
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
        if (err == 0)
            err = rt_realtime_thread(t->thread, &m->cfg.realtime, i);
    }
    return err;
}

static void free_bank(struct media_bank *b)
{
    for (unsigned i = 0; i < RT_COUNT(b->dsp); i++)
        media_dsp_free(b->dsp[i]);
    free(b);
}

static void free_thread(struct media_thread *t)
{
    if (!t->loop)
        return;
    struct media_loan *l;

    rt_timer_stop(&t->tick);
    while ((l = t->loans) != NULL) {
        t->loans = l->next;
        l->give_back(l);
    }
    media_dsp_free_all(t->dsp);
    rt_chan_free(t->orders);
    rt_chan_free(t->reports);
    rt_chan_free(t->mail);
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
        free_bank(b);
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
    p->id = ++t->media->last_id;
    HASH_ADD(hh, t->media->ports, id, sizeof p->id, p);
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
    int err = 0;
    for (unsigned i = 0; err == 0 && i < RT_COUNT(b->dsp); i++)
        err = media_dsp_new(&b->dsp[i], m->cfg.echo_ms);
    if (err != 0) {
        free_bank(b);
        return err;
    }
    LL_COUNT(m->banks, other, before);
    b->at = (unsigned)before * 24 % MEDIA_BLOCK;
    LL_PREPEND(m->banks, b);
    *out = b;
    return 0;
}

int media_bank_country(struct media_bank *b, const char *country)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < RT_COUNT(b->dsp); i++)
        err = media_dsp_country(b->dsp[i], country);
    return err;
}

/** Hands a finished port to its thread, or frees it. */
static int open_port(struct media_port **out, struct media_port *p, int err)
{
    if (err == 0)
        err = media_order(&(struct media_order){.type = MEDIA_ORDER_OPEN, .port = p});
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
    p->column = (struct media_column){.dsp = b->dsp[timeslot / LANES], .lane = timeslot % LANES};
    int err = open_port(out, p, 0);
    if (err == 0)
        b->owner[timeslot] = p;
    return err;
}

void media_tdm_set(struct media_port *p, const struct media_line *line)
{
    if (!p->closing && p->kind == MEDIA_TDM)
        media_order(&(struct media_order){.type = MEDIA_ORDER_LINE, .port = p, .line = *line});
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

/** A port in whose sound digits are to be found needs a column. */
static void listen_to(struct media_port *p)
{
    if (p->dsp)
        return;
    struct media_column c = media_dsp_take_column(&p->thread->dsp);
    struct media_order o = {.type = MEDIA_ORDER_COLUMN, .port = p};
    if (!c.dsp) {
        rt_log(RT_LOG_CALL, RT_ERROR, "media: no memory to listen for digits");
        return;
    }
    o.column.dsp = c.dsp;
    o.column.lane = c.lane;
    if (media_order(&o) != 0) {
        media_dsp_give_column(c.dsp, c.lane);
        return;
    }
    p->dsp = c.dsp;
    p->lane = c.lane;
}

int media_rtp_set(struct media_port *p, const struct media_rtp *r)
{
    struct media_kit *kit;

    if (p->closing || p->kind != MEDIA_RTP)
        return EINVAL;
    int err = media_kit_new(&kit, r);
    if (err != 0)
        return err;
    if (r->listen)
        listen_to(p);
    err = media_order(&(struct media_order){.type = MEDIA_ORDER_SET, .port = p, .kit = kit});
    if (err != 0)
        media_kit_free(kit);
    return err;
}

int media_rtp_secure(struct media_port *p, const struct media_srtp_keys *tx,
                     const struct media_srtp_keys *rx)
{
    struct media_order o = {.type = MEDIA_ORDER_SECURE, .port = p};
    struct media_rtp_side *r = &p->rtp;

    if (p->closing || p->kind != MEDIA_RTP)
        return EINVAL;
    if (r->keys && media_srtp_serves(r->keys, tx, rx))
        return 0;
    o.secure.ssrc = r->first_ssrc;
    int err = media_srtp_new(&o.secure.srtp, tx, rx, r->first_ssrc);
    if (err == 0)
        err = media_order(&o);
    if (err != 0)
        media_srtp_free(o.secure.srtp);
    else
        r->keys = o.secure.srtp;
    return err;
}

void media_rtp_aim(struct media_port *p, const union rt_addr *rtp, const union rt_addr *rtcp)
{
    struct media_order o = {.type = MEDIA_ORDER_AIM, .port = p};

    if (p->closing || p->kind != MEDIA_RTP)
        return;
    o.aim.rtp = *rtp;
    o.aim.rtcp = *rtcp;
    media_order(&o);
}

void media_rtp_datagram(struct media_port *p, unsigned component, const union rt_addr *to,
                        const void *data, size_t len)
{
    if (p->kind == MEDIA_RTP)
        rt_udp_send(component == 2 ? p->rtp.rtcp : p->rtp.rtp, data, len, to);
}

uint32_t media_rtp_ssrc(const struct media_port *p)
{
    return p->rtp.first_ssrc;
}

/** What has to be undone before a port gets another partner. */
static void leave_partner(struct media_port *p)
{
    struct media_port *q = p->partner;

    if (!q)
        return;
    p->partner = q->partner = NULL;
    media_move_part(p, q);
    if (!q->closing) /* an end in another thread has to be told by itself */
        media_order(&(struct media_order){.type = MEDIA_ORDER_PART, .port = q});
}

/** Two timeslots, each served by its own line: a cord between them. */
static int join_lines(struct media_port *a, struct media_port *b, enum media_flow flow)
{
    struct media_order oa = {.type = MEDIA_ORDER_CORD, .port = a}, ob = oa;
    struct media_cord *cord = NULL;
    int err = 0;

    if (a->partner != b)
        err = media_cord_new(&cord);
    if (err != 0)
        return err;
    ob.port = b;
    oa.cord.cord = ob.cord.cord = cord;
    ob.cord.end = 1;
    oa.cord.hears = flow & MEDIA_B_TO_A;
    ob.cord.hears = flow & MEDIA_A_TO_B;
    err = media_order(&oa);
    if (err != 0 && cord)
        media_cord_drop(cord);
    if (err == 0)
        err = media_order(&ob);
    if (err != 0 && cord)
        media_cord_drop(cord);
    return err;
}

int media_join(struct media_port *a, struct media_port *b, enum media_flow flow)
{
    struct media_order o = {.type = MEDIA_ORDER_JOIN, .port = a};
    int err;

    if (a == b || a->closing || b->closing)
        return EINVAL;
    if (a->partner != b) {
        leave_partner(a);
        leave_partner(b);
    }
    if (a->kind == MEDIA_TDM && b->kind == MEDIA_TDM) {
        err = join_lines(a, b, flow);
    } else {
        o.join.peer = b;
        o.join.flow = flow;
        err = media_move_together(a, b);
        if (err == 0)
            err = media_order(&o);
    }
    if (err == 0) {
        a->partner = b;
        b->partner = a;
    }
    return err;
}

void media_part(struct media_port *p)
{
    if (p->closing)
        return;
    leave_partner(p);
    media_order(&(struct media_order){.type = MEDIA_ORDER_PART, .port = p});
}

void media_digit(struct media_port *p, char digit, unsigned ms)
{
    struct media_order o = {.type = MEDIA_ORDER_DIGIT, .port = p};

    if (p->closing || event_of_digit(digit) < 0)
        return;
    o.digit.digit = digit;
    o.digit.ms = ms < 40 ? 40 : ms > 5000 ? 5000 : ms;
    media_order(&o);
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

    p->close_waits = media_order(&o) != 0;
    if (!p->close_waits && p->kind == MEDIA_TDM)
        p->tdm.bank->owner[p->tdm.timeslot] = NULL; /* orders are in order: it can be reopened */
    return !p->close_waits;
}

static void retry_closes(void *arg)
{
    struct media *m = arg;
    bool all = true;

    for (struct media_port *p = m->ports; p; p = p->hh.next) {
        if (p->arrives)
            media_move_arrive(p);
        if (p->close_waits && !order_close(p))
            all = false;
        all &= !p->arrives;
    }
    if (!all)
        media_retry(m);
}

void media_retry(struct media *m)
{
    if (!rt_timer_running(&m->retry))
        rt_timer_start(&m->retry, RETRY);
}

void media_close(struct media_port *p)
{
    if (p->closing)
        return;
    leave_partner(p);
    p->closing = true;
    if (!order_close(p))
        media_retry(p->thread->media);
}

void media_abandon(struct media_port *p)
{
    if (!p)
        return;
    p->fn = NULL;
    media_close(p);
}
