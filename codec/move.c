/* An RTP port goes to another media thread: its thread lets go of it, says so, and the other one
 * takes it up. What is ordered meanwhile waits. All of it is signalling's; media threads only leave
 * and open. And the one way for orders to go.
 */
#include "codec/media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct media_held {
    struct media_order order;
    struct media_held *next;
};

/** The port whose arrival the order has to wait for, NULL: none. */
static struct media_port *awaited(const struct media_order *o)
{
    if (o->port->moving)
        return o->port;
    return o->type == MEDIA_ORDER_JOIN && o->join.peer->moving ? o->join.peer : NULL;
}

static int hold(struct media_port *p, const struct media_order *o)
{
    struct media_held *h = malloc(sizeof *h);

    if (!h)
        return ENOMEM;
    h->order = *o;
    LL_APPEND(p->held, h);
    return 0;
}

static int send_order(const struct media_order *o)
{
    int err = rt_chan_send(o->port->thread->orders, o);

    if (err != 0)
        rt_count(&media_counters[MEDIA_ORDERS_DROPPED]);
    return err;
}

int media_order(const struct media_order *o)
{
    struct media_port *late = awaited(o);

    return late ? hold(late, o) : send_order(o);
}

static void drop_loan(struct media_loan *l)
{
    if (l)
        l->give_back(l);
}

static void drop_held(struct media_held *h)
{
    const struct media_order *o = &h->order;

    if (o->type == MEDIA_ORDER_SET)
        media_kit_free(o->kit);
    else if (o->type == MEDIA_ORDER_PLAY)
        drop_loan(o->source ? &o->source->loan : NULL);
    else if (o->type == MEDIA_ORDER_RECORD)
        drop_loan(o->reel ? &o->reel->loan : NULL);
    else if (o->type == MEDIA_ORDER_SECURE)
        media_srtp_free(o->secure.srtp);
    free(h);
}

/** A join that waits may not outlive the port that it names. */
static void drop_joins(struct media_port *p, const struct media_port *gone)
{
    struct media_held *h, *tmp;

    LL_FOREACH_SAFE(p->held, h, tmp)
    if ((h->order.type == MEDIA_ORDER_JOIN && h->order.port == gone) ||
        (h->order.type == MEDIA_ORDER_JOIN && h->order.join.peer == gone)) {
        LL_DELETE(p->held, h);
        drop_held(h);
    }
}

void media_move_part(struct media_port *a, struct media_port *b)
{
    drop_joins(a, b);
    drop_joins(b, a);
}

void media_move_forget(struct media_port *p)
{
    struct media_held *h;

    while ((h = p->held) != NULL) {
        LL_DELETE(p->held, h);
        drop_held(h);
    }
}

static int move(struct media_port *p, struct media_thread *to)
{
    struct media_thread *from = p->moving ? p->moving : p->thread;

    if (from == to)
        return 0;
    if (p->moving) { /* on its way: it goes elsewhere */
        p->moving = to;
        return 0;
    }
    int err = send_order(&(struct media_order){.type = MEDIA_ORDER_LEAVE, .port = p});
    if (err == 0)
        p->moving = to;
    return err;
}

/** Where the port will be once all it was told is done. */
static struct media_thread *home(const struct media_port *p)
{
    return p->moving ? p->moving : p->thread;
}

int media_move_together(struct media_port *a, struct media_port *b)
{
    if (home(a) == home(b))
        return 0;
    return b->kind == MEDIA_RTP ? move(b, home(a)) : move(a, home(b));
}

/** Its column belongs to the thread that it left. */
static void change_column(struct media_port *p)
{
    if (!p->dsp)
        return;
    media_dsp_give_column(p->dsp, p->lane);
    struct media_column c = media_dsp_take_column(&p->thread->dsp, &p->thread->media->cfg);
    struct media_order o = {.type = MEDIA_ORDER_COLUMN, .port = p};
    p->dsp = o.column.dsp = c.dsp;
    p->lane = o.column.lane = c.lane;
    if (c.dsp)
        send_order(&o);
}

/** An order that waited goes out. A close must; others may be lost, as any order may. */
static void release(struct media_port *p, struct media_held *h)
{
    if (h->order.type == MEDIA_ORDER_COLUMN) { /* of the thread it left: it has another by now */
        drop_held(h);
        return;
    }
    if (media_order(&h->order) == 0) {
        free(h);
        return;
    }
    if (h->order.type == MEDIA_ORDER_CLOSE) {
        p->close_waits = true;
        media_retry(p->thread->media);
    }
    if (h->order.type == MEDIA_ORDER_SECURE && p->rtp.keys == h->order.secure.srtp)
        p->rtp.keys = NULL;
    drop_held(h);
}

void media_move_arrive(struct media_port *p)
{
    struct media_held *h, *all = p->held;

    p->thread = p->moving;
    p->arrives = send_order(&(struct media_order){.type = MEDIA_ORDER_OPEN, .port = p}) != 0;
    if (p->arrives) { /* a port that is not opened could do nothing, not even close */
        media_retry(p->thread->media);
        return;
    }
    p->moving = NULL;
    p->held = NULL;
    change_column(p);
    while ((h = all) != NULL) {
        LL_DELETE(all, h);
        release(p, h);
    }
}
