/* G.729 annexes A and B, coded by another process over shared memory (codec/g729.h).
 *
 * An encoder's packet goes out one packet time after its sound came in. A decoder puts the answers
 * in line, in blocks of 10 ms, and plays from there. What it has played while nothing was there is
 * waveform concealment, silence at the start, and makes the line longer: the first packet so brings
 * about the one packet of delay. The line is never longer than by one packet more; beyond that what
 * is not there in time is left out.
 */
#include "codec/codec_priv.h"
#include "codec/conceal.h"
#include "codec/g729.h"
#include "codec/g729/shm.h"
#include "gw/rt/child.h"

#include <errno.h>
#include <string.h>

#define LINE 32u /* blocks; asked for and not played are at most three packets */
#define JOIN 40u /* samples, from what was made up to what came */

struct rt_counter g729_counters[G729_NCOUNTERS] = {
    [G729_REQUESTS] = {"g729_requests_total", "Packets given to tandem-g729.", 0},
    [G729_LATE] = {"g729_late_total", "Packets that tandem-g729 had not coded in time.", 0},
    [G729_DROPPED] = {"g729_dropped_total", "Packets that tandem-g729 was too busy to be given.",
                      0},
    [G729_INVALID] = {"g729_invalid_total", "Answers of tandem-g729 that cannot be.", 0},
    [G729_NO_SLOTS] = {"g729_no_slots_total", "Streams of G.729 refused: too many at once.", 0},
    [G729_RESTARTS] = {"g729_restarts_total", "Times that tandem-g729 ended and was started again.",
                       0},
};

/* ---- slots: taken by signalling, used by media threads ---- */

static struct {
    struct g729_shared *shared;
    unsigned threads;
    _Atomic bool running;
    _Atomic uint32_t epoch;
    _Atomic uint64_t used[G729_SLOTS / 64];
    uint32_t head[G729_SLOTS]; /* where the last stream of a slot stopped */
    uint32_t seen[G729_SLOTS]; /* answers when g729_stuck() last looked */
} link;

size_t g729_shared_size(void)
{
    return sizeof(struct g729_shared);
}

void g729_attach(void *shared, unsigned threads)
{
    link.shared = shared;
    link.threads = threads < 1 ? 1 : threads < G729_THREADS ? threads : G729_THREADS;
    link.shared->version = G729_VERSION;
    link.shared->threads = link.threads;
    memset(link.head, 0, sizeof link.head);
    for (unsigned i = 0; i < G729_SLOTS / 64; i++)
        atomic_store(&link.used[i], 0);
}

void g729_detach(void)
{
    link.shared = NULL;
    atomic_store(&link.running, false);
}

void g729_set_running(bool running)
{
    atomic_store(&link.running, running && link.shared);
}

unsigned g729_streams(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < G729_SLOTS / 64; i++)
        n += (unsigned)__builtin_popcountll(atomic_load(&link.used[i]));
    return n;
}

bool g729_stuck(void)
{
    bool stuck = false;

    for (unsigned i = 0; link.shared && i < G729_SLOTS; i++) {
        const struct g729_slot *slot = &link.shared->slot[i];
        uint32_t done = atomic_load(&slot->done), waiting = atomic_load(&slot->head) - done;
        bool used = atomic_load(&link.used[i / 64]) >> i % 64 & 1;
        stuck |= used && waiting >= G729_DEPTH && done == link.seen[i];
        link.seen[i] = done;
    }
    return stuck;
}

static bool ready(void)
{
    return atomic_load(&link.running);
}

/** One direction's slot. */
struct stream {
    bool open;
    uint16_t slot;
    uint32_t epoch, head;
};

/** The first slot that is free; G729_SLOTS: none. */
static unsigned take_slot(void)
{
    for (unsigned i = 0; i < G729_SLOTS / 64; i++) {
        uint64_t seen = atomic_load(&link.used[i]);
        while (~seen != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(~seen);
            if (atomic_compare_exchange_weak(&link.used[i], &seen, seen | (uint64_t)1 << bit))
                return i * 64 + bit;
        }
    }
    return G729_SLOTS;
}

static int open_stream(struct stream *s)
{
    if (!link.shared)
        return ENOTSUP;
    if (!s->open) {
        unsigned slot = take_slot();
        if (slot == G729_SLOTS) {
            rt_count(&g729_counters[G729_NO_SLOTS]);
            return ENOSPC;
        }
        *s = (struct stream){.open = true, .slot = (uint16_t)slot, .head = link.head[slot]};
    }
    s->epoch = atomic_fetch_add(&link.epoch, 1) + 1;
    return 0;
}

static void close_stream(struct stream *s)
{
    if (!s->open)
        return;
    s->open = false;
    link.head[s->slot] = s->head;
    atomic_fetch_and(&link.used[s->slot / 64], ~((uint64_t)1 << s->slot % 64));
}

/* ---- requests ---- */

/** How many answers are there; never more than requests. */
static uint32_t answered(const struct stream *s)
{
    uint32_t done = atomic_load_explicit(&link.shared->slot[s->slot].done, memory_order_acquire);

    return s->head - done <= G729_DEPTH ? done : s->head - G729_DEPTH;
}

static void wake(const struct stream *s)
{
    struct g729_thread *t = &link.shared->thread[s->slot % link.threads];

    /* put in first, looked second: see g729_server_rest() */
    atomic_fetch_or(&t->pending[s->slot / 64], (uint64_t)1 << s->slot % 64);
    if (atomic_load(&t->sleeping) == 1 && atomic_exchange(&t->sleeping, 0) == 1)
        rt_shared_wake(&t->sleeping);
}

/** Room for the next request; NULL: too many wait. Those from `oldest` on are still needed. */
static struct g729_entry *request(struct stream *s, uint32_t oldest, enum g729_work work,
                                  size_t samples)
{
    if (s->head - oldest >= G729_DEPTH) {
        rt_count(&g729_counters[G729_DROPPED]);
        wake(s);
        return NULL;
    }
    struct g729_entry *e = &link.shared->slot[s->slot].entry[s->head % G729_DEPTH];
    e->epoch = s->epoch;
    e->work = (uint8_t)work;
    e->samples = (uint16_t)samples;
    e->octets = 0;
    return e;
}

static void put_in(struct stream *s)
{
    rt_count(&g729_counters[G729_REQUESTS]);
    s->head++;
    atomic_store_explicit(&link.shared->slot[s->slot].head, s->head, memory_order_release);
    wake(s);
}

/** Whole blocks, as many as a packet may have. */
static bool is_packet(size_t samples)
{
    return samples > 0 && samples <= G729_SAMPLES && samples % G729_FRAME == 0;
}

static size_t samples(const uint8_t *payload, size_t len)
{
    size_t frames = len / G729_FRAME_OCTETS, rest = len % G729_FRAME_OCTETS;

    (void)payload;
    if (len > G729_OCTETS || (rest != 0 && rest != G729_SID_OCTETS))
        return 0;
    return (frames + (rest != 0)) * G729_FRAME;
}

/* ---- encoder ---- */

struct encoder {
    struct stream stream;
    bool annex_b, asked;
    uint16_t samples; /* of the last request */
};

static size_t encoder_size(void)
{
    return sizeof(struct encoder);
}

static int encoder_start(void *state, const struct codec_params *p)
{
    struct encoder *e = state;

    e->annex_b = p->dtx;
    e->asked = false;
    return open_stream(&e->stream);
}

static void encoder_stop(void *state)
{
    close_stream(&((struct encoder *)state)->stream);
}

/** The answer to the last request, if it is there. */
static size_t fetch(struct encoder *e, uint8_t *out)
{
    const struct stream *s = &e->stream;

    if (answered(s) != s->head) {
        rt_count(&g729_counters[G729_LATE]);
        return 0;
    }
    const struct g729_entry *a = &link.shared->slot[s->slot].entry[(s->head - 1) % G729_DEPTH];
    uint8_t payload[G729_OCTETS];
    size_t len = *(const volatile uint16_t *)&a->octets;
    if (len > sizeof payload || (len > 0 && samples(NULL, len) == 0) ||
        samples(NULL, len) > e->samples) {
        rt_count(&g729_counters[G729_INVALID]);
        return 0;
    }
    memcpy(out, a->payload, len);
    return len;
}

static size_t encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    struct encoder *e = state;

    if (!e->stream.open || !is_packet(n))
        return 0;
    size_t len = e->asked ? fetch(e, out) : 0;
    struct g729_entry *r = request(&e->stream, answered(&e->stream), G729_ENCODE, n);
    e->asked = r != NULL;
    if (!r)
        return len;
    r->annex_b = e->annex_b;
    memcpy(r->pcm, pcm, n * sizeof *pcm);
    e->samples = (uint16_t)n;
    put_in(&e->stream);
    return len;
}

/* ---- decoder ---- */

/** `asked`, `next` and the others count blocks. */
struct decoder {
    struct stream stream;
    uint32_t taken;   /* answers, of stream.head */
    uint32_t asked;   /* the next block to be asked for */
    uint32_t next;    /* the next to be played */
    uint8_t packet;   /* the longest so far */
    bool begun, lost; /* something came; the last block was made up */
    struct {
        uint32_t block;
        uint8_t n;
    } request[G729_DEPTH];
    uint32_t there[LINE]; /* which block it is, plus one */
    int16_t line[LINE][G729_FRAME];
    int16_t history[CONCEAL_HISTORY]; /* played */
    struct conceal conceal;
};

static size_t decoder_size(void)
{
    return sizeof(struct decoder);
}

static int decoder_start(void *state)
{
    struct decoder *d = state;
    struct stream s = d->stream;
    int err = open_stream(&s);

    memset(d, 0, sizeof *d);
    d->stream = s;
    d->taken = s.head;
    return err;
}

static void decoder_stop(void *state)
{
    close_stream(&((struct decoder *)state)->stream);
}

/** An answer into the line; blocks that were left out already are too late. */
static void take_answer(struct decoder *d, const struct g729_entry *a, uint32_t block, unsigned n)
{
    if (*(const volatile uint16_t *)&a->samples != n * G729_FRAME) {
        rt_count(&g729_counters[G729_INVALID]);
        return;
    }
    for (unsigned i = 0; i < n; i++, block++) {
        if (block - d->next >= LINE)
            continue;
        memcpy(d->line[block % LINE], a->pcm + i * G729_FRAME, sizeof d->line[0]);
        d->there[block % LINE] = block + 1;
    }
}

static void take_answers(struct decoder *d)
{
    const struct g729_slot *slot = &link.shared->slot[d->stream.slot];
    uint32_t done = answered(&d->stream);

    /* what was answered before the stream began was another's; what was taken does not come back */
    for (; (int32_t)(done - d->taken) > 0; d->taken++) {
        unsigned i = d->taken % G729_DEPTH;
        take_answer(d, &slot->entry[i], d->request[i].block, d->request[i].n);
    }
}

static void ask(struct decoder *d, enum g729_work work, size_t n, const uint8_t *payload,
                size_t len)
{
    unsigned i = d->stream.head % G729_DEPTH, blocks = (unsigned)(n / G729_FRAME);
    struct g729_entry *r = request(&d->stream, d->taken, work, n);

    if (r) {
        d->request[i].block = d->asked;
        d->request[i].n = (uint8_t)blocks;
        r->octets = (uint16_t)len;
        if (len > 0)
            memcpy(r->payload, payload, len);
        put_in(&d->stream);
    }
    d->asked += blocks;
    if (work == G729_DECODE && blocks > d->packet)
        d->packet = (uint8_t)blocks;
}

static void remember(struct decoder *d, const int16_t *pcm)
{
    memmove(d->history, d->history + G729_FRAME, sizeof d->history - G729_FRAME * sizeof *pcm);
    memcpy(d->history + CONCEAL_HISTORY - G729_FRAME, pcm, G729_FRAME * sizeof *pcm);
}

/** A block that is not there. */
static void make_up(struct decoder *d, int16_t *pcm)
{
    if (!d->begun) {
        memset(pcm, 0, G729_FRAME * sizeof *pcm);
        return;
    }
    if (!d->lost)
        conceal_start(&d->conceal, d->history + CONCEAL_HISTORY);
    conceal_make(&d->conceal, pcm, G729_FRAME);
    d->lost = true;
}

/** Plays a block; false: it was not there. */
static bool play(struct decoder *d, int16_t *pcm)
{
    bool there = d->there[d->next % LINE] == d->next + 1;

    if (there) {
        memcpy(pcm, d->line[d->next % LINE], sizeof d->line[0]);
        if (d->lost)
            conceal_join(&d->conceal, pcm, JOIN);
        d->begun = true;
        d->lost = false;
    } else {
        make_up(d, pcm);
    }
    if (there || d->asked - d->next > 2u * d->packet)
        d->next++;
    remember(d, pcm);
    return there;
}

static void work(struct decoder *d, enum g729_work what, int16_t *pcm, size_t n,
                 const uint8_t *payload, size_t len)
{
    bool late = false;

    take_answers(d);
    ask(d, what, n, payload, len);
    for (size_t i = 0; i < n; i += G729_FRAME)
        late |= !play(d, pcm + i) && d->begun;
    if (late)
        rt_count(&g729_counters[G729_LATE]);
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    struct decoder *d = state;
    size_t n = samples(payload, len);

    if (n > 0 && d->stream.open)
        work(d, G729_DECODE, pcm, n, payload, len);
    else if (n > 0)
        memset(pcm, 0, n * sizeof *pcm);
    return n;
}

static void conceal(void *state, int16_t *pcm, size_t n, const uint8_t *next, size_t len)
{
    struct decoder *d = state;

    (void)next;
    (void)len;
    if (d->stream.open && is_packet(n))
        work(d, G729_CONCEAL, pcm, n, NULL, 0);
    else
        memset(pcm, 0, n * sizeof *pcm);
}

const struct codec_ops codec_g729 = {
    .ready = ready,
    .encoder_size = encoder_size,
    .encoder_start = encoder_start,
    .encoder_stop = encoder_stop,
    .decoder_size = decoder_size,
    .decoder_start = decoder_start,
    .decoder_stop = decoder_stop,
    .encode = encode,
    .samples = samples,
    .decode = decode,
    .conceal = conceal,
};
