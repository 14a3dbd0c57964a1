/* The media engine as signalling sees it: threads and their rings, banks of timeslots, and what
 * media threads report. Nothing here runs in a media thread.
 */
#include "codec/media_priv.h"

#include "gw/rt/buf.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define RING        2048
#define MAIL        64 /**< datagrams of 1500 octets */
#define MAX_THREADS 64

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
    [MEDIA_TAPS_DROPPED] = {"media_taps_dropped_total",
                            "RTP and RTCP packets that are missing in a trace: signalling was too "
                            "slow, or they are too long",
                            0},
    [MEDIA_PORTS_EXHAUSTED] = {"media_ports_exhausted_total",
                               "Times that no RTP port pair was left, or only kept ones", 0},
    [MEDIA_PORTS_KEPT] = {"media_ports_kept_total",
                          "RTP port pairs that emergency calls had of those kept for them", 0},
};

/* ---- the engine ---- */

static void on_event(struct media_port *p, const struct media_event *ev)
{
    if (p->fn && (!p->closing || ev->type == MEDIA_CLOSED))
        p->fn(p->arg, p, ev);
    if (ev->type == MEDIA_CLOSED)
        media_handle_free(p);
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
    rt_timer_init(&m->retry, signalling, media_handle_retry, m);
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
            rt_thread_for(t->thread, RT_FOR_CALLS);
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
    rt_chan_free(t->taps);
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
        media_handle_free(m->ports);
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

/* ---- banks ---- */

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
        err = media_dsp_new(&b->dsp[i], &m->cfg, m->cfg.echo_ms > 0);
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

void media_bank_delay(struct media_bank *b, rt_time delay)
{
    rt_time samples = delay * 8 / RT_MS;

    b->delay = samples < MEDIA_DELAY_MAX ? (unsigned)samples : MEDIA_DELAY_MAX;
}

int media_bank_country(struct media_bank *b, const char *country)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < RT_COUNT(b->dsp); i++)
        err = media_dsp_country(b->dsp[i], &b->thread->media->cfg, country);
    return err;
}
