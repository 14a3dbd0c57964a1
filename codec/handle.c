/* Ports as signalling holds them: opened, described, joined, parted, closed and freed, each by an
 * order to the thread that has the port. What is played and recorded is in source.c.
 */
#include "codec/lanes.h"
#include "codec/media_priv.h"

#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

#define RETRY (10 * RT_MS)

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

void media_handle_free(struct media_port *p)
{
    struct media *m = p->thread->media;

    media_move_forget(p);
    if (p->partner)
        p->partner->partner = NULL;
    if (p->dsp)
        media_dsp_give_column(p->dsp, p->lane);
    if (p->source)
        p->source->loan.give_back(&p->source->loan);
    if (p->reel)
        p->reel->loan.give_back(&p->reel->loan);
    if (p->kind == MEDIA_RTP)
        media_rtp_release(p, m);
    else if (p->tdm.cord)
        media_cord_drop(p->tdm.cord);
    if (m->walk == p)
        m->walk = p->hh.next;
    HASH_DEL(m->ports, p);
    free(p);
}

/** Hands a finished port to its thread, or frees it. */
static int open_port(struct media_port **out, struct media_port *p, int err)
{
    if (err == 0)
        err = media_order(&(struct media_order){.type = MEDIA_ORDER_OPEN, .port = p});
    if (err != 0) {
        media_handle_free(p);
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

void media_keep(struct media *m, unsigned pairs)
{
    m->pairs.kept = pairs;
}

static int open_rtp(struct media_port **out, struct media *m, unsigned thread,
                    const union rt_addr *local, bool urgent, media_event_fn *fn, void *arg)
{
    if (thread >= m->cfg.threads)
        return EINVAL;
    struct media_port *p = new_port(&m->threads[thread], MEDIA_RTP, fn, arg);
    if (!p)
        return ENOMEM;
    return open_port(out, p, media_rtp_init(p, m, local, urgent));
}

int media_rtp_open(struct media_port **out, struct media *m, unsigned thread,
                   const union rt_addr *local, media_event_fn *fn, void *arg)
{
    return open_rtp(out, m, thread, local, false, fn, arg);
}

int media_rtp_open_urgent(struct media_port **out, struct media *m, unsigned thread,
                          const union rt_addr *local, media_event_fn *fn, void *arg)
{
    return open_rtp(out, m, thread, local, true, fn, arg);
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
    struct media_column c = media_dsp_take_column(&p->thread->dsp, &p->thread->media->cfg);
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

int media_echo(struct media_port *p)
{
    if (p->closing)
        return EINVAL;
    leave_partner(p);
    return media_order(&(struct media_order){.type = MEDIA_ORDER_ECHO, .port = p});
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

void media_handle_retry(void *arg)
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

/* ---- for who compares what is here with what should be ---- */

unsigned media_walk(struct media *m, bool first, unsigned most, media_walk_fn *fn, void *arg)
{
    unsigned n = 0;

    if (first)
        m->walk = m->ports;
    for (; n < most && m->walk; n++) {
        struct media_port *p = m->walk;
        m->walk = p->hh.next;
        if (!p->closing)
            fn(arg, p, p->id);
    }
    return n;
}
