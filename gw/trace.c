/* Each message becomes one pcapng block, which goes wherever it is wanted. Interface 0 is SIP and
 * MGCP, the spans follow in the plan's order: the same in every file, so that a block fits into all
 * of them.
 */
#include "gw/trace.h"
#include "gw/pcapng.h"
#include "gw/trace_file.h"
#include "gw/trace_ip.h"
#include "gw/trace_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Some thousand messages; the memory is used as they come. */
#define RING_OCTETS ((size_t)4 << 20)
/** Call-IDs that one call may have: its legs', and those of targets tried one after the other. */
#define CALL_IDS_MAX 16

struct gw_trace {
    struct gw *gw;
    struct gw_trace_ring *ring;
    struct gw_trace_files *files;     /* NULL: no span has one */
    struct gw_trace_file **span_file; /* by index; NULL: none */
    struct rt_buf block, commented;   /* kept for the next message */
    uint64_t opening;                 /* the message received last, unless it belongs to a call */
    struct gw_trace_follower *followers;
};

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

/** The block with the name of its call: "call 17 a". Valid until the next one. */
static struct rt_str named(struct gw_trace *t, struct rt_str block, unsigned call, char side)
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
        fn(arg, named(t, gw_trace_entry_block(e), call, e->side ? e->side : 'a'));
        n++;
    }
    return n;
}

/* ---- followers ---- */

static bool number_fits(const struct dp_pattern *p, const char *text)
{
    struct dp_number n;

    return text[0] != '\0' && dp_number_parse(&n, rt_str(text)) == 0 &&
           dp_pattern_match(p, &n, NULL);
}

static bool call_fits(const struct dp_pattern *p, const struct gw_call *call)
{
    const struct gw_cdr *r = &call->cdr;
    const char *const numbers[] = {r->caller,    r->called,     r->caller_in,
                                   r->called_in, r->caller_out, r->called_out};

    for (size_t i = 0; i < RT_COUNT(numbers); i++)
        if (number_fits(p, numbers[i]))
            return true;
    return false;
}

/** A call of that number: the first time with all that came before, this message included. */
static void follow_number(struct gw_trace_follower *f, const struct gw_leg *leg,
                          struct rt_str block)
{
    struct gw_call *call = leg->call;

    if (call->followed & f->bit) {
        f->fn(f->arg, named(f->trace, block, call->number, leg->side));
    } else if (call_fits(f->filter.pattern, call)) {
        call->followed |= f->bit;
        gw_trace_call(f->trace, call->number, f->fn, f->arg);
    }
}

int gw_trace_follow(struct gw_trace_follower *f, struct gw_trace *t,
                    const struct gw_trace_filter *filter, gw_trace_sink_fn *fn, void *arg)
{
    struct gw_trace_follower *other;
    uint32_t taken = 0;

    gw_trace_unfollow(f);
    DL_FOREACH(t->followers, other)
    taken |= other->bit;
    *f = (struct gw_trace_follower){.trace = t, .filter = *filter, .fn = fn, .arg = arg};
    f->bit = ~taken & (taken + 1); /* the lowest that is free */
    if (f->bit == 0) {
        f->trace = NULL;
        dp_pattern_free(f->filter.pattern);
        return EAGAIN;
    }
    DL_APPEND(t->followers, f);
    return 0;
}

static void give_back(struct gw_call *list, uint32_t bit)
{
    for (; list; list = list->next)
        list->followed &= ~bit;
}

void gw_trace_unfollow(struct gw_trace_follower *f)
{
    if (!f->trace)
        return;
    give_back(f->trace->gw->calls, f->bit);
    give_back(f->trace->gw->clearing, f->bit);
    give_back(f->trace->gw->ended, f->bit);
    DL_DELETE(f->trace->followers, f);
    dp_pattern_free(f->filter.pattern);
    *f = (struct gw_trace_follower){.trace = NULL};
}

/* ---- what comes ---- */

static bool endpoint_fits(const char *wanted, const char *endpoint)
{
    struct rt_str peer = rt_str(endpoint), local = rt_str_cut(&peer, '@');

    return endpoint[0] != '\0' && (strcasecmp(wanted, endpoint) == 0 ||
                                   rt_str_caseeq(local, wanted) || rt_str_caseeq(peer, wanted));
}

/** The block that was just made goes to who wants it. `span` NULL: SIP or MGCP; `endpoint` empty:
 * not of MGCP. */
static void give(struct gw_trace *t, const struct gw_span *span, const struct gw_leg *leg,
                 const char *endpoint)
{
    struct rt_str block = rt_buf_str(&t->block);
    struct gw_trace_file *file = span ? t->span_file[span->index] : NULL;
    unsigned call = leg && leg->call ? leg->call->number : 0;
    char side = leg ? leg->side : 'a';
    struct gw_trace_follower *f;

    if (file)
        gw_trace_file_put(file, named(t, block, call, side));
    DL_FOREACH(t->followers, f)
    {
        if (f->filter.kind == GW_TRACE_NUMBER && call)
            follow_number(f, leg, block);
        else if (f->filter.kind == GW_TRACE_SPAN && span && span->index == f->filter.span)
            f->fn(f->arg, named(t, block, call, side));
        else if (f->filter.kind == GW_TRACE_ENDPOINT && endpoint_fits(f->filter.endpoint, endpoint))
            f->fn(f->arg, named(t, block, call, side));
    }
}

/** Keeps the block, before it is given away: a follower wants the ring to have all of it. */
static void keep(struct gw_trace *t, struct gw_trace_entry *about, const struct gw_leg *leg,
                 bool sent)
{
    about->call = leg && leg->call ? leg->call->number : 0;
    about->side = leg ? leg->side : '\0';
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
    give(t, span, leg, "");
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

/** A datagram, or what a stream carries of a message. `endpoint` NULL: it is SIP's, and the call is
 * found by its Call-ID later. */
static void trace_ip(struct gw_trace *t, const struct gw_leg *leg, const char *endpoint, bool sent,
                     struct rt_str wire, const union rt_addr *local, const union rt_addr *peer)
{
    uint8_t header[GW_TRACE_IP_MAX];
    struct gw_trace_entry about = {.sip_at = 0};
    union rt_addr room;

    if (!t)
        return;
    local = own_address(t->gw, local, peer, &room);
    if (wire.n > GW_TRACE_IP_CONTENT)
        wire.n = GW_TRACE_IP_CONTENT;
    size_t n = gw_trace_ip(header, sent ? local : peer, sent ? peer : local, wire);
    if (!encode(t, &(struct gw_pcapng_packet){
                       .wall = rt_wall(), .sent = sent, .part = {{(const char *)header, n}, wire}}))
        return;
    if (!endpoint)
        about = (struct gw_trace_entry){.sip_at = (uint16_t)(GW_PCAPNG_DATA_AT + n),
                                        .sip_len = (uint16_t)wire.n};
    keep(t, &about, leg, sent);
    give(t, NULL, leg, endpoint ? endpoint : "");
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
    e->call = call->number;
    e->side = 'a';
    t->opening = GW_TRACE_NOWHERE;
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
    int err = t ? gw_trace_ring_new(&t->ring, RING_OCTETS) : ENOMEM;

    if (err != 0) {
        free(t);
        return err;
    }
    t->gw = gw;
    t->opening = GW_TRACE_NOWHERE;
    t->span_file = calloc(gw->plan->nspans + 1, sizeof(struct gw_trace_file *));
    err = t->span_file ? 0 : ENOMEM;
    for (unsigned i = 0; i < gw->plan->nspans && err == 0; i++)
        err = open_file(t, i, why);
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
    gw_trace_files_free(t->files);
    gw_trace_ring_free(t->ring);
    free(t->span_file);
    rt_buf_release(&t->block);
    rt_buf_release(&t->commented);
    free(t);
}
