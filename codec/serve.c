/* 10 ms of a set of ports, in three rounds over all of them: each hears its line or network; what
 * needs work (echo, digits, tones) is worked on, up to 16 ports in one pass; each sends out what
 * the other brought. Code and tables stay warm, and a pass costs little more for 16 ports than for
 * one.
 */
#include "codec/media_priv.h"

/** Ports served in one go: a bank's and their peers. */
#define SET (2 * MEDIA_TIMESLOTS)

struct set {
    struct media_port *port[SET];
    unsigned n;
    struct media_dsp *dsp[SET];
    unsigned ndsp;
    bool records; /**< one of them at least */
};

static void add(struct set *s, struct media_port *p)
{
    s->port[s->n++] = p;
}

static void add_dsp(struct set *s, struct media_dsp *d)
{
    for (unsigned i = s->ndsp; i-- > 0;) /* mostly the last one */
        if (s->dsp[i] == d)
            return;
    s->dsp[s->ndsp++] = d;
}

static void hear(struct set *s, rt_time now)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct media_port *p = s->port[i];
        media_port_hear(p, now);
        media_dsp_ask(p);
        s->records |= p->reel != NULL;
        if (p->column.asked)
            add_dsp(s, p->column.dsp);
    }
}

static void work(struct set *s)
{
    for (unsigned i = 0; i < s->ndsp; i++)
        media_dsp_run(s->dsp[i]);
    for (unsigned i = 0; s->ndsp > 0 && i < s->n; i++)
        if (s->port[i]->column.asked)
            media_dsp_result(s->port[i]);
}

/** Before gains and laws change what was heard. */
static void record(struct set *s)
{
    for (unsigned i = 0; s->records && i < s->n; i++)
        media_port_note(s->port[i]);
}

/** What the port's other side brings, or NULL. */
static struct media_heard *brought(struct media_port *p, struct media_heard *room)
{
    if (p->peer)
        return p->hears ? &p->peer->heard : NULL;
    if (p->echoes)
        return &p->heard;
    if (p->kind != MEDIA_TDM || !p->tdm.cord)
        return NULL;
    media_cord_pop(p->tdm.cord, p->tdm.end, room, p->clear);
    return p->hears ? room : NULL;
}

static void emit(struct set *s, rt_time now)
{
    struct media_heard room;

    for (unsigned i = 0; i < s->n; i++) {
        struct media_port *p = s->port[i];
        if (p->kind == MEDIA_TDM && p->tdm.cord)
            media_cord_push(p->tdm.cord, p->tdm.end, &p->heard, p->law);
        media_port_emit(p, brought(p, &room));
        if (p->kind == MEDIA_RTP) {
            media_rtcp_service(p, now);
            media_publish(p);
        }
    }
}

static void serve(struct set *s, rt_time now)
{
    hear(s, now);
    work(s);
    record(s);
    emit(s, now);
    s->n = s->ndsp = 0;
    s->records = false;
}

void media_serve_bank(struct media_bank *b, rt_time now)
{
    struct set s = {.n = 0};

    for (uint32_t left = b->active; left != 0; left &= left - 1) {
        struct media_port *p = b->port[__builtin_ctz(left)];
        add(&s, p);
        if (p->peer)
            add(&s, p->peer);
    }
    serve(&s, now);
}

/** A bank serves those that are joined with its ports; of two RTP ports the one with the lower
 * id, the older one, brings the other along. */
static bool served_elsewhere(const struct media_port *p)
{
    return p->peer && (p->peer->kind == MEDIA_TDM || p->peer->id < p->id);
}

void media_serve_thread(struct media_thread *t, rt_time now)
{
    struct set s = {.n = 0};

    for (struct media_port *p = t->rtp; p; p = p->t_next) {
        if (served_elsewhere(p))
            continue;
        add(&s, p);
        if (p->peer)
            add(&s, p->peer);
        if (s.n > SET - 2)
            serve(&s, now);
    }
    serve(&s, now);
}
