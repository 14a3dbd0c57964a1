/* The work of one thread of tandem-g729. */
#include "codec/g729/serve.h"
#include "codec/g729/pack.h"

#include <stdlib.h>
#include <string.h>

struct stream {
    uint32_t epoch;
    bool known;
    void *encoder, *decoder; /**< at most one of them */
    struct g729_pack pack;
};

struct g729_server {
    struct g729_shared *shared;
    const struct g729_coder *coder;
    unsigned thread, threads;
    struct stream stream[G729_SLOTS];
};

struct g729_server *g729_server_new(struct g729_shared *s, unsigned thread,
                                    const struct g729_coder *coder)
{
    struct g729_server *server = calloc(1, sizeof *server);

    if (!server)
        return NULL;
    server->shared = s;
    server->coder = coder;
    server->thread = thread;
    server->threads = s->threads > 0 && s->threads <= G729_THREADS ? s->threads : 1;
    for (unsigned i = thread; i < G729_SLOTS; i += server->threads)
        atomic_fetch_or(&s->thread[thread].pending[i / 64], (uint64_t)1 << i % 64);
    return server;
}

static void end_stream(const struct g729_coder *c, struct stream *st)
{
    if (st->encoder)
        c->encoder_free(st->encoder);
    if (st->decoder)
        c->decoder_free(st->decoder);
    memset(st, 0, sizeof *st);
}

void g729_server_free(struct g729_server *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < G729_SLOTS; i++)
        end_stream(s->coder, &s->stream[i]);
    free(s);
}

/* ---- one request ---- */

static bool begin_stream(const struct g729_coder *c, struct stream *st, const struct g729_entry *e)
{
    if (!st->known || st->epoch != e->epoch) {
        end_stream(c, st);
        st->known = true;
        st->epoch = e->epoch;
    }
    if (e->work == G729_ENCODE) {
        if (!st->encoder)
            st->encoder = c->encoder_new(e->annex_b);
        return st->encoder != NULL;
    }
    if (!st->decoder)
        st->decoder = c->decoder_new();
    return st->decoder != NULL;
}

static void encode(const struct g729_coder *c, struct stream *st, struct g729_entry *e,
                   unsigned frames)
{
    uint8_t frame[G729_FRAME_OCTETS] = {0};

    for (unsigned i = 0; i < frames; i++) {
        size_t len = c->encode(st->encoder, frame, e->pcm + i * G729_FRAME);
        g729_pack_add(&st->pack, frame, len);
    }
    e->octets = (uint16_t)g729_pack_take(&st->pack, e->payload, frames);
}

/** Frames, the last of them perhaps a description of silence; what a payload does not have was
 * lost. */
static void decode(const struct g729_coder *c, struct stream *st, struct g729_entry *e,
                   unsigned frames, unsigned octets)
{
    unsigned at = 0;

    for (unsigned i = 0; i < frames; i++) {
        unsigned len = octets - at < G729_FRAME_OCTETS ? octets - at : G729_FRAME_OCTETS;
        if (len != G729_FRAME_OCTETS && len != G729_SID_OCTETS)
            len = 0;
        c->decode(st->decoder, e->pcm + i * G729_FRAME, e->payload + at, len);
        at += len;
    }
}

static void answer(struct g729_server *s, struct stream *st, struct g729_entry *e)
{
    unsigned work = e->work, samples = e->samples, octets = e->octets;
    unsigned frames = samples / G729_FRAME;

    if (samples % G729_FRAME != 0 || frames > G729_FRAMES || octets > G729_OCTETS ||
        work < G729_ENCODE || work > G729_CONCEAL || !begin_stream(s->coder, st, e)) {
        e->samples = e->octets = 0;
        return;
    }
    if (work == G729_ENCODE)
        encode(s->coder, st, e, frames);
    else
        decode(s->coder, st, e, frames, work == G729_DECODE ? octets : 0);
}

/* ---- all of them ---- */

static unsigned serve_slot(struct g729_server *s, unsigned index)
{
    struct g729_slot *slot = &s->shared->slot[index];
    uint32_t head = atomic_load_explicit(&slot->head, memory_order_acquire);
    uint32_t done = atomic_load_explicit(&slot->done, memory_order_relaxed);
    unsigned n = 0;

    if (head - done > G729_DEPTH) /* whatever wrote that, older requests are not there any more */
        done = head - G729_DEPTH;
    for (; done != head; n++) {
        answer(s, &s->stream[index], &slot->entry[done % G729_DEPTH]);
        done++;
        atomic_store_explicit(&slot->done, done, memory_order_release);
    }
    return n;
}

unsigned g729_server_work(struct g729_server *s)
{
    struct g729_thread *t = &s->shared->thread[s->thread];
    unsigned n = 0;

    for (unsigned word = 0; word < G729_SLOTS / 64; word++) {
        uint64_t bits = 0;
        if (atomic_load_explicit(&t->pending[word], memory_order_relaxed) != 0)
            bits = atomic_exchange(&t->pending[word], 0);
        for (; bits != 0; bits &= bits - 1)
            n += serve_slot(s, word * 64 + (unsigned)__builtin_ctzll(bits));
    }
    return n;
}

bool g729_server_rest(struct g729_server *s)
{
    struct g729_thread *t = &s->shared->thread[s->thread];

    /* said first, looked second; the gateway puts in first and looks second: one of both sees */
    atomic_store(&t->sleeping, 1);
    for (unsigned word = 0; word < G729_SLOTS / 64; word++)
        if (atomic_load(&t->pending[word]) != 0) {
            atomic_store(&t->sleeping, 0);
            return false;
        }
    return true;
}
