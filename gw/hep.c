/* Datagrams gather in the caller's loop and a thread sends them: a system call for each message
 * would cost signalling as much as the message itself.
 *
 * HEP3: "HEP3", the length of all, then chunks: vendor (0: the generic ones), type, length with
 * these six octets, value. Everything is big endian.
 */
#include "gw/hep.h"

#include "gw/rt/chan.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <utlist.h>

/** How often what has gathered is handed over. */
#define PACE (10 * RT_MS)
/** Octets that wait while the sender is slow; what comes beyond is dropped and counted. */
#define WAITING_MAX ((size_t)4 << 20)

#define KEY_MAX   4096
#define LENGTH_AT 4
#define ADDRESS4  4
#define ADDRESS6  16
#define HEAD_MAX  128 /**< of all chunks before the key, with IPv6 */

enum chunk {
    CHUNK_FAMILY = 1,
    CHUNK_IP_PROTOCOL = 2,
    CHUNK_FROM4 = 3,
    CHUNK_TO4 = 4,
    CHUNK_FROM6 = 5, /* and to: 6 */
    CHUNK_FROM_PORT = 7,
    CHUNK_TO_PORT = 8,
    CHUNK_SECONDS = 9,
    CHUNK_MICROSECONDS = 10,
    CHUNK_TYPE = 11,
    CHUNK_AGENT = 12,
    CHUNK_KEY = 14,
    CHUNK_PAYLOAD = 15,
    CHUNK_CORRELATION = 17
};

/** As they are on the line (AF_INET6 is another number elsewhere). */
enum { FAMILY_IPV4 = 2, FAMILY_IPV6 = 10 };

struct rt_counter gw_hep_counters[GW_HEP_NCOUNTERS] = {
    [GW_HEP_SENT] = {.name = "homer_sent_total", .help = "Messages copied to the Homer server"},
    [GW_HEP_DROPPED] = {.name = "homer_dropped_total",
                        .help = "Messages that the Homer server did not get: the socket was full "
                                "or failed, or they are too long"},
};

/** Gathered at once; what is more goes in another batch. */
#define BATCH ((size_t)64 << 10)

/** What goes to the sender: datagrams one after the other, each of which says how long it is. */
struct batch {
    struct rt_buf octets;
    struct batch *next;
};

struct gw_hep {
    union rt_addr to;
    uint32_t id;
    struct rt_buf key;
    struct rt_buf gathered; /* the caller's loop gathers here */
    size_t last;            /* where the last datagram begins */
    bool waits;             /* it may still get a correlation */
    struct rt_timer hand_over;
    struct rt_loop *sender;
    struct rt_thread *thread;
    struct rt_chan *bell;
    _Atomic(struct batch *) inbox; /* a stack, taken whole */
    atomic_size_t queued;          /* octets in it */
    _Atomic(struct batch *) spare; /* sent: its memory is good for the next, and NULL if taken */
    struct rt_udp *udp;            /* the sender's */
};

/* ---- the datagram ---- */

/** Begins a chunk of `n` octets. */
static void chunk(struct rt_writer *w, enum chunk type, size_t n)
{
    rt_write_u32(w, type); /* vendor 0 */
    rt_write_u16(w, (uint16_t)(6 + n));
}

static void chunk8(struct rt_writer *w, enum chunk type, uint8_t v)
{
    chunk(w, type, 1);
    rt_write_u8(w, v);
}

static void chunk16(struct rt_writer *w, enum chunk type, uint16_t v)
{
    chunk(w, type, 2);
    rt_write_u16(w, v);
}

static void chunk32(struct rt_writer *w, enum chunk type, uint32_t v)
{
    chunk(w, type, 4);
    rt_write_u32(w, v);
}

/** An address that is none is all zero. */
static void address(struct rt_writer *w, enum chunk four, const union rt_addr *a, bool v6)
{
    enum chunk type = v6 ? four + CHUNK_FROM6 - CHUNK_FROM4 : four;
    size_t n = v6 ? ADDRESS6 : ADDRESS4;
    uint8_t octets[ADDRESS6];

    if (!rt_addr_octets(octets, a))
        memset(octets, 0, sizeof octets);
    chunk(w, type, n);
    rt_write_bytes(w, octets + ADDRESS6 - n, n);
}

/** A chunk whose value is elsewhere. */
static void text(struct rt_buf *out, enum chunk type, struct rt_str value)
{
    uint8_t head[6];
    struct rt_writer w = rt_writer(head, sizeof head);

    if (value.n == 0)
        return;
    chunk(&w, type, value.n);
    rt_buf_put(out, head, sizeof head);
    rt_buf_put(out, value.p, value.n);
}

static void set_length(struct rt_buf *out, size_t at)
{
    size_t n = out->n - at;

    if (out->failed)
        return;
    out->p[at + LENGTH_AT] = (char)(n >> 8);
    out->p[at + LENGTH_AT + 1] = (char)n;
}

static void correlate(struct rt_buf *out, size_t at, struct rt_str id)
{
    text(out, CHUNK_CORRELATION, id);
    set_length(out, at);
}

void gw_hep_encode(struct rt_buf *out, const struct gw_hep_packet *p, uint32_t id,
                   struct rt_str key)
{
    bool v6 = p->from->sa.sa_family == AF_INET6 || p->to->sa.sa_family == AF_INET6;
    uint8_t head[HEAD_MAX];
    struct rt_writer w = rt_writer(head, sizeof head);
    size_t at = out->n;

    rt_write_bytes(&w, "HEP3", 4);
    rt_write_u16(&w, 0);
    chunk8(&w, CHUNK_FAMILY, v6 ? FAMILY_IPV6 : FAMILY_IPV4);
    chunk8(&w, CHUNK_IP_PROTOCOL, IPPROTO_UDP);
    address(&w, CHUNK_FROM4, p->from, v6);
    address(&w, CHUNK_TO4, p->to, v6);
    chunk16(&w, CHUNK_FROM_PORT, rt_addr_port(p->from));
    chunk16(&w, CHUNK_TO_PORT, rt_addr_port(p->to));
    chunk32(&w, CHUNK_SECONDS, (uint32_t)(p->wall / RT_S));
    chunk32(&w, CHUNK_MICROSECONDS, (uint32_t)(p->wall % RT_S));
    chunk8(&w, CHUNK_TYPE, (uint8_t)p->protocol);
    chunk32(&w, CHUNK_AGENT, id);
    rt_buf_reserve(out, sizeof head + p->payload.n + key.n + p->correlation.n + 24);
    rt_buf_put(out, head, rt_written(&w));
    text(out, CHUNK_KEY, key);
    text(out, CHUNK_PAYLOAD, p->payload);
    correlate(out, at, p->correlation);
}

/* ---- the sender's thread ---- */

static void send_batch(struct gw_hep *h, const struct batch *b)
{
    for (size_t at = 0; at < b->octets.n;) {
        const uint8_t *p = (const uint8_t *)b->octets.p + at;
        size_t n = (size_t)p[LENGTH_AT] << 8 | p[LENGTH_AT + 1];
        bool sent = rt_udp_send(h->udp, p, n, &h->to) == 0;
        rt_count(&gw_hep_counters[sent ? GW_HEP_SENT : GW_HEP_DROPPED]);
        at += n;
    }
}

static void batch_free(struct batch *b)
{
    if (!b)
        return;
    rt_buf_release(&b->octets);
    free(b);
}

/** The stack has the newest on top. */
static void send_inbox(struct gw_hep *h)
{
    struct batch *b = atomic_exchange(&h->inbox, NULL), *ordered = NULL;

    while (b) {
        struct batch *next = b->next;
        LL_PREPEND(ordered, b);
        b = next;
    }
    while ((b = ordered) != NULL) {
        LL_DELETE(ordered, b);
        atomic_fetch_sub(&h->queued, b->octets.n);
        send_batch(h, b);
        rt_buf_reset(&b->octets);
        batch_free(atomic_exchange(&h->spare, b));
    }
}

static void on_bell(void *arg, const void *msg)
{
    (void)msg;
    send_inbox(arg);
}

/* ---- the caller's loop ---- */

static void push(struct gw_hep *h)
{
    struct batch *b = h->gathered.n > 0 ? atomic_exchange(&h->spare, NULL) : NULL;

    if (!b && h->gathered.n > 0)
        b = calloc(1, sizeof *b);
    if (!b)
        return; /* nothing to do, or no memory: the next time */
    struct rt_buf empty = b->octets;
    h->waits = false;
    b->octets = h->gathered;
    h->gathered = empty;
    atomic_fetch_add(&h->queued, b->octets.n);
    b->next = atomic_load(&h->inbox);
    while (!atomic_compare_exchange_weak(&h->inbox, &b->next, b))
        continue;
}

static void on_hand_over(void *arg)
{
    struct gw_hep *h = arg;
    char ring = 1;

    push(h);
    if (h->gathered.n > 0)
        rt_timer_start(&h->hand_over, PACE);
    (void)rt_chan_send(h->bell, &ring); /* full: it rings already */
}

/** What was begun is taken back as a whole. */
static void take_back(struct gw_hep *h, size_t n)
{
    h->gathered.failed = false;
    h->gathered.n = n;
    h->waits = false;
    rt_count(&gw_hep_counters[GW_HEP_DROPPED]);
}

void gw_hep_send(struct gw_hep *h, const struct gw_hep_packet *p, bool opens)
{
    size_t waiting = h->gathered.n + atomic_load(&h->queued);

    h->waits = false;
    if (p->payload.n > GW_HEP_PAYLOAD_MAX || waiting > WAITING_MAX) {
        rt_count(&gw_hep_counters[GW_HEP_DROPPED]);
        return;
    }
    if (h->gathered.n > BATCH)
        push(h);
    size_t before = h->gathered.n;
    gw_hep_encode(&h->gathered, p, h->id, rt_buf_str(&h->key));
    if (h->gathered.failed) {
        take_back(h, before);
        return;
    }
    h->last = before;
    h->waits = opens;
    if (!rt_timer_running(&h->hand_over))
        rt_timer_start(&h->hand_over, PACE);
}

void gw_hep_opened(struct gw_hep *h, struct rt_str call_id)
{
    if (!h->waits)
        return;
    h->waits = false;
    correlate(&h->gathered, h->last, call_id);
    if (h->gathered.failed)
        take_back(h, h->last);
}

/* ---- life ---- */

static int read_key(struct gw_hep *h, const char *path, struct rt_buf *why)
{
    int err = path ? rt_file_read(&h->key, path, KEY_MAX) : 0;

    if (err != 0)
        rt_buf_printf(why, "homer key %s: %s", path, strerror(err));
    struct rt_str text = rt_str_trim(rt_buf_str(&h->key));
    if (err == 0 && text.n < h->key.n) {
        memmove(h->key.p, text.p, text.n);
        h->key.n = text.n;
    }
    return err;
}

static int start(struct gw_hep *h)
{
    int err = rt_loop_new(&h->sender, "homer");

    if (err == 0)
        err = rt_chan_new(&h->bell, h->sender, sizeof(char), 4, on_bell, h);
    if (err == 0)
        err = rt_thread_start(&h->thread, h->sender);
    return err;
}

int gw_hep_new(struct gw_hep **out, struct rt_loop *loop, const struct gw_trace_plan *plan,
               struct rt_buf *why)
{
    struct gw_hep *h = calloc(1, sizeof *h);
    union rt_addr local = {.sa = {.sa_family = plan->homer.sa.sa_family}};
    char room[RT_ADDR_LEN];

    if (!h)
        return ENOMEM;
    h->to = plan->homer;
    h->id = plan->homer_id;
    rt_timer_init(&h->hand_over, loop, on_hand_over, h);
    int err = read_key(h, plan->homer_key, why);
    if (err == 0) {
        err = rt_udp_open(&h->udp, loop, &local, NULL, NULL);
        if (err == 0)
            err = start(h);
        if (err != 0)
            rt_buf_printf(why, "homer %s: %s", rt_addr_format(room, &h->to), strerror(err));
    }
    if (err != 0) {
        gw_hep_free(h);
        return err;
    }
    *out = h;
    return 0;
}

void gw_hep_free(struct gw_hep *h)
{
    if (!h)
        return;
    rt_timer_stop(&h->hand_over);
    if (h->thread)
        rt_thread_stop(h->thread);
    push(h);
    send_inbox(h);
    batch_free(atomic_load(&h->spare));
    if (h->udp)
        rt_udp_close(h->udp);
    rt_chan_free(h->bell);
    if (h->sender)
        rt_loop_free(h->sender);
    rt_buf_release(&h->key);
    rt_buf_release(&h->gathered);
    free(h);
}
