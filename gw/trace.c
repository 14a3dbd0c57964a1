/* Each message becomes one pcapng block, which goes wherever it is wanted. Interface 0 is SIP and
 * MGCP, the spans follow in the plan's order: the same in every file, so that a block fits into all
 * of them.
 */
#include "gw/pcapng.h"
#include "gw/trace_ip.h"
#include "gw/trace_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** The smallest ring: what a plan may ask for at least. */
#define RING_MIN ((size_t)1 << 20)
/** Call-IDs that one call may have: its legs', and those of targets tried one after the other. */
#define CALL_IDS_MAX 16

/* ---- blocks ---- */

void gw_trace_head(const struct gw *gw, struct rt_buf *out)
{
    char name[16];

    gw_pcapng_section(out);
    gw_pcapng_interface(out, GW_PCAPNG_RAW_IP, "sip");
    for (unsigned i = 0; i < gw->plan->nspans; i++) {
        snprintf(name, sizeof name, "span %u", gw->plan->spans[i].id);
        gw_pcapng_interface(out, GW_PCAPNG_LINUX_LAPD, name);
    }
}

struct rt_str gw_trace_named(struct gw_trace *t, struct rt_str block, unsigned call, char side)
{
    char room[RT_DECIMAL_LEN], text[40];

    if (call == 0)
        return block;
    RT_JOIN(text, sizeof text, rt_str("call "), rt_decimal(room, call), rt_str(" "),
            (struct rt_str){&side, 1});
    rt_buf_reset(&t->commented);
    gw_pcapng_comment(&t->commented, block, rt_str(text));
    return t->commented.failed ? block : rt_buf_str(&t->commented);
}

/* ---- one call out of the ring ---- */

static struct rt_str call_id_of(struct rt_str message)
{
    while (message.n > 0) {
        struct rt_str line = rt_str_trim(rt_str_cut(&message, '\n'));
        if (line.n == 0)
            break;
        struct rt_str name = rt_str_trim(rt_str_cut(&line, ':'));
        if (rt_str_caseeq(name, "Call-ID") || rt_str_caseeq(name, "i"))
            return rt_str_trim(line);
    }
    return (struct rt_str){NULL, 0};
}

struct call_ids {
    struct rt_str id[CALL_IDS_MAX];
    unsigned n;
};

static bool known(const struct call_ids *ids, struct rt_str id)
{
    for (unsigned i = 0; i < ids->n; i++)
        if (ids->id[i].n == id.n && memcmp(ids->id[i].p, id.p, id.n) == 0)
            return true;
    return false;
}

static void gather(struct call_ids *ids, const struct gw_trace_ring *ring, unsigned call)
{
    const struct gw_trace_entry *e;

    for (uint64_t at = 0; (e = gw_trace_ring_next(ring, &at)) != NULL;) {
        struct rt_str id = e->call == call ? call_id_of(gw_trace_entry_sip(e)) : rt_str("");
        if (id.n > 0 && ids->n < CALL_IDS_MAX && !known(ids, id))
            ids->id[ids->n++] = id;
    }
}

unsigned gw_trace_call(struct gw_trace *t, unsigned call, gw_trace_sink_fn *fn, void *arg)
{
    struct call_ids ids = {.n = 0};
    const struct gw_trace_entry *e;
    unsigned n = 0;

    if (!t)
        return 0;
    gather(&ids, t->ring, call);
    for (uint64_t at = 0; (e = gw_trace_ring_next(t->ring, &at)) != NULL;) {
        /* what came before the call was one: its INVITE, a challenge */
        bool early = e->call == 0 && ids.n > 0 && known(&ids, call_id_of(gw_trace_entry_sip(e)));
        if (e->call != call && !early)
            continue;
        fn(arg, gw_trace_named(t, gw_trace_entry_block(e), call, e->side ? e->side : 'a'));
        n++;
    }
    return n;
}

/* ---- what comes ---- */

/** Keeps the block, before it is given away: a follower wants the ring to have all of it. */
static void keep(struct gw_trace *t, struct gw_trace_entry *about, const struct gw_leg *leg,
                 bool sent)
{
    about->call = leg && leg->call ? leg->call->number : 0;
    about->side = leg ? leg->side : '\0';
    about->at = rt_loop_now(t->gw->loop);
    uint64_t at = gw_trace_ring_add(t->ring, about, rt_buf_str(&t->block));
    if (!sent)
        t->opening = about->call ? GW_TRACE_NOWHERE : at;
}

static bool encode(struct gw_trace *t, const struct gw_pcapng_packet *p)
{
    rt_buf_reset(&t->block);
    gw_pcapng_packet(&t->block, p);
    if (!t->block.failed)
        return true;
    rt_count(&gw_trace_counters[GW_TRACE_DROPPED]);
    rt_buf_release(&t->block);
    return false;
}

void gw_trace_lapd(struct gw_trace *t, const struct gw_span *span, const struct gw_leg *leg,
                   bool sent, bool message, struct rt_str frame)
{
    uint8_t header[GW_PCAPNG_LAPD_LEN];
    struct gw_trace_entry about = {.sip_at = 0};

    /* frames without a message are many: they are made for who follows the span, and not kept */
    if (!t || (!message && !t->followers && !t->span_file[span->index]))
        return;
    gw_pcapng_lapd(header, sent, t->gw->plan->spans[span->index].network);
    if (!encode(t,
                &(struct gw_pcapng_packet){.interface = span->index + 1,
                                           .wall = rt_wall(),
                                           .sent = sent,
                                           .part = {{(const char *)header, sizeof header}, frame}}))
        return;
    if (message)
        keep(t, &about, leg, sent);
    gw_trace_give(t, &(struct gw_trace_about){.span = span, .leg = leg, .endpoint = ""});
}

/** Our address as the plan names it, where the socket has none of its own. */
static const union rt_addr *own_address(const struct gw *gw, const union rt_addr *local,
                                        const union rt_addr *peer, union rt_addr *room)
{
    const union rt_addr *const named_ones[] = {&gw->plan->sip.advertise, &gw->plan->media.address};

    *room = local ? *local : (union rt_addr){.sa = {.sa_family = peer->sa.sa_family}};
    for (size_t i = 0; i < RT_COUNT(named_ones) && rt_addr_is_any(room); i++) {
        if (named_ones[i]->sa.sa_family != room->sa.sa_family)
            continue;
        uint16_t port = rt_addr_port(room);
        *room = *named_ones[i];
        rt_addr_set_port(room, port);
    }
    return room;
}

bool gw_trace_datagram(struct gw_trace *t, bool sent, rt_time wall, const union rt_addr *local,
                       const union rt_addr *peer, struct rt_str content)
{
    uint8_t header[GW_TRACE_IP_MAX];

    if (content.n > GW_TRACE_IP_CONTENT)
        content.n = GW_TRACE_IP_CONTENT;
    size_t n = gw_trace_ip(header, sent ? local : peer, sent ? peer : local, content);
    return encode(t, &(struct gw_pcapng_packet){
                         .wall = wall, .sent = sent, .part = {{(const char *)header, n}, content}});
}

/** To the Homer server. `opens`: it may begin a call, whose id is not known yet. */
static void copy(struct gw_trace *t, const struct gw_leg *leg, const struct gw_hep_packet *packet,
                 bool opens)
{
    struct gw_hep_packet p = *packet;

    if (leg && leg->call)
        p.correlation = rt_str(leg->call->cdr.call_id);
    gw_hep_send(t->hep, &p, opens && p.correlation.n == 0);
}

/** Where the message is in its block: behind the headers, in IPv4 of 28 octets. */
static void mark(struct gw_trace_entry *about, struct rt_str block, struct rt_str wire)
{
    bool v6 = (uint8_t)block.p[GW_PCAPNG_DATA_AT] >> 4 == 6;

    if (wire.n > GW_TRACE_IP_CONTENT)
        wire.n = GW_TRACE_IP_CONTENT;
    about->sip_at = (uint16_t)(GW_PCAPNG_DATA_AT + (v6 ? GW_TRACE_IP_MAX : GW_TRACE_IP4));
    about->sip_len = (uint16_t)wire.n;
}

/** A datagram, or what a stream carries of a message. `endpoint` NULL: it is SIP's, and the call is
 * found by its Call-ID later. */
static void trace_ip(struct gw_trace *t, const struct gw_leg *leg, const char *endpoint, bool sent,
                     struct rt_str wire, const union rt_addr *local, const union rt_addr *peer)
{
    struct gw_trace_entry about = {.sip_at = 0};
    union rt_addr room;
    rt_time wall = rt_wall();

    if (!t)
        return;
    local = own_address(t->gw, local, peer, &room);
    if (t->hep)
        copy(t, leg,
             &(struct gw_hep_packet){.protocol = endpoint ? GW_HEP_MGCP : GW_HEP_SIP,
                                     .from = sent ? local : peer,
                                     .to = sent ? peer : local,
                                     .wall = wall,
                                     .payload = wire},
             !sent);
    if (!gw_trace_datagram(t, sent, wall, local, peer, wire))
        return;
    if (!endpoint)
        mark(&about, rt_buf_str(&t->block), wire);
    keep(t, &about, leg, sent);
    gw_trace_give(t, &(struct gw_trace_about){.leg = leg, .endpoint = endpoint ? endpoint : ""});
}

void gw_trace_sip(struct gw_trace *t, const struct gw_leg *leg, bool sent, struct rt_str wire,
                  const union rt_addr *local, const union rt_addr *peer)
{
    trace_ip(t, leg, NULL, sent, wire, local, peer);
}

void gw_trace_mgcp(struct gw_trace *t, const struct gw_leg *leg, const char *endpoint, bool sent,
                   struct rt_str wire, const union rt_addr *local, const union rt_addr *peer)
{
    trace_ip(t, leg, endpoint, sent, wire, local, peer);
}

void gw_trace_opened(struct gw_trace *t, const struct gw_call *call)
{
    struct gw_trace_entry *e = t ? gw_trace_ring_at(t->ring, t->opening) : NULL;

    if (!e || call->a->joint)
        return;
    if (t->hep)
        gw_hep_opened(t->hep, rt_str(call->cdr.call_id));
    e->call = call->number;
    e->side = 'a';
    t->opening = GW_TRACE_NOWHERE;
}

void gw_trace_ring_is(const struct gw_trace *t, struct gw_trace_ring_state *out)
{
    *out = (struct gw_trace_ring_state){.octets = 0};
    if (!t)
        return;
    uint64_t at = 0;
    const struct gw_trace_entry *oldest = gw_trace_ring_next(t->ring, &at);
    out->octets = gw_trace_ring_size(t->ring);
    out->age = oldest ? rt_loop_now(t->gw->loop) - oldest->at : 0;
}

/* ---- life ---- */

static int open_file(struct gw_trace *t, unsigned i, struct rt_buf *why)
{
    const char *path = t->gw->plan->spans[i].trace;
    struct rt_buf head = {0};
    int err = 0;

    if (!path)
        return 0;
    if (!t->files) {
        gw_trace_head(t->gw, &head);
        err = gw_trace_files_new(&t->files, t->gw->loop, &head);
        rt_buf_release(&head);
    }
    if (err == 0)
        err = gw_trace_file_open(&t->span_file[i], t->files, path);
    if (err != 0)
        rt_buf_printf(why, "trace %s: %s", path, strerror(err));
    return err;
}

int gw_trace_new(struct gw_trace **out, struct gw *gw, struct rt_buf *why)
{
    struct gw_trace *t = calloc(1, sizeof *t);
    size_t octets = gw->plan->traces.ring > RING_MIN ? gw->plan->traces.ring : RING_MIN;
    int err = t ? gw_trace_ring_new(&t->ring, octets) : ENOMEM;

    if (err != 0) {
        free(t);
        return err;
    }
    t->gw = gw;
    t->opening = GW_TRACE_NOWHERE;
    rt_timer_init(&t->over, gw->loop, gw_trace_rtp_over, t);
    t->span_file = calloc(gw->plan->nspans + 1, sizeof(struct gw_trace_file *));
    err = t->span_file ? 0 : ENOMEM;
    for (unsigned i = 0; i < gw->plan->nspans && err == 0; i++)
        err = open_file(t, i, why);
    if (err == 0 && gw->plan->traces.homer.sa.sa_family != AF_UNSPEC)
        err = gw_hep_new(&t->hep, gw->loop, &gw->plan->traces, why);
    if (err != 0) {
        gw_trace_free(t);
        return err;
    }
    *out = t;
    return 0;
}

void gw_trace_free(struct gw_trace *t)
{
    if (!t)
        return;
    while (t->followers)
        gw_trace_unfollow(t->followers);
    gw_trace_rtp_free(t);
    gw_hep_free(t->hep);
    gw_trace_files_free(t->files);
    gw_trace_ring_free(t->ring);
    free(t->span_file);
    rt_buf_release(&t->block);
    rt_buf_release(&t->commented);
    free(t);
}
