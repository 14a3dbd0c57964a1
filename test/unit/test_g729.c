/* G.729 over shared memory: the codec's side against a process that is played here, by the process'
 * own serving with a coder whose answers say what it was asked; and the packing of frames.
 *
 * The coder's frame has the first sample of its 10 ms in its first two octets; decoded, all samples
 * are the frame's first two octets, or GAP where nothing came.
 */
#include "codec/codec.h"
#include "codec/g729.h"
#include "codec/g729/pack.h"
#include "codec/g729/serve.h"
#include "gw/g729.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GAP   (-7)
#define QUIET 1000 /* a block that begins with less is silence to an encoder with annex B */

static struct g729_shared *shared;
static struct g729_server *server;
static const struct codec *g729;
static unsigned coders; /* that there are */

/* ---- the coder ---- */

struct toy {
    bool annex_b, described;
};

static void *toy_new(bool annex_b)
{
    struct toy *t = calloc(1, sizeof *t);

    t->annex_b = annex_b;
    coders++;
    return t;
}

static void toy_free(void *t)
{
    coders--;
    free(t);
}

static size_t toy_encode(void *coder, uint8_t *out, const int16_t *pcm)
{
    struct toy *t = coder;
    bool quiet = t->annex_b && pcm[0] < QUIET, described = t->described;

    memset(out, 0, G729_FRAME_OCTETS);
    memcpy(out, pcm, sizeof *pcm);
    t->described = quiet;
    return !quiet ? G729_FRAME_OCTETS : described ? 0 : G729_SID_OCTETS;
}

static void *toy_decoder_new(void)
{
    return toy_new(false);
}

static void toy_decode(void *coder, int16_t *pcm, const uint8_t *frame, size_t len)
{
    int16_t value = GAP;

    (void)coder;
    if (len > 0)
        memcpy(&value, frame, sizeof value);
    for (unsigned i = 0; i < G729_FRAME; i++)
        pcm[i] = value;
}

static const struct g729_coder toy = {toy_new,         toy_free, toy_encode,
                                      toy_decoder_new, toy_free, toy_decode};

/* ---- the rig ---- */

static void setup(void)
{
    fake_reset();
    g729 = &codec_table[CODEC_G729];
    shared = aligned_alloc(64, sizeof *shared);
    memset(shared, 0, sizeof *shared);
    g729_attach(shared, 1);
    g729_set_running(true);
    server = g729_server_new(shared, 0, &toy);
}

static void teardown(void)
{
    g729_server_free(server);
    g729_detach();
    free(shared);
    ck_assert_uint_eq(coders, 0);
}

/** The process works until nothing is left, and goes to sleep. */
static void serve(void)
{
    while (g729_server_work(server) > 0)
        continue;
    ck_assert(g729_server_rest(server));
}

static void *encoder(bool annex_b)
{
    struct codec_params p = {.dtx = annex_b};
    void *e = calloc(1, codec_encoder_size(g729));

    ck_assert_int_eq(codec_encoder_start(g729, e, &p), 0);
    return e;
}

static void *decoder(void)
{
    void *d = calloc(1, codec_decoder_size(g729));

    ck_assert_int_eq(codec_decoder_start(g729, d), 0);
    return d;
}

static void end_encoder(void *e)
{
    codec_encoder_stop(g729, e);
    free(e);
}

static void end_decoder(void *d)
{
    codec_decoder_stop(g729, d);
    free(d);
}

/** A packet of 20 ms whose blocks are `a` and `b`. */
static size_t encode(void *e, uint8_t *out, int a, int b)
{
    int16_t pcm[160];

    for (unsigned i = 0; i < 160; i++)
        pcm[i] = (int16_t)(i < 80 ? a : b);
    return g729->ops->encode(e, out, pcm, 160);
}

static int value_of(const uint8_t *frame)
{
    int16_t v;

    memcpy(&v, frame, sizeof v);
    return v;
}

/** A payload with frames that say `first` and so on. */
static size_t payload(uint8_t *out, int first, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        int16_t v = (int16_t)(first + (int)i);
        memset(out + i * 10, 0, 10);
        memcpy(out + i * 10, &v, sizeof v);
    }
    return (size_t)frames * 10;
}

static size_t decode(void *d, int16_t *pcm, int first, unsigned frames)
{
    uint8_t p[60];
    size_t len = payload(p, first, frames);

    return g729->ops->decode(d, pcm, p, len);
}

static uint64_t counted(enum g729_counter c)
{
    return rt_counted(&g729_counters[c]);
}

/* ---- payloads ---- */

START_TEST(payloads_are_frames_and_perhaps_a_description)
{
    static const struct {
        size_t len, samples;
    } want[] = {{0, 0},    {1, 0},    {2, 80},   {10, 80},  {11, 0}, {12, 160}, {20, 160},
                {22, 240}, {50, 400}, {52, 480}, {60, 480}, {62, 0}, {70, 0},   {9, 0}};
    static const uint8_t nothing[80];

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        ck_assert_uint_eq(g729->ops->samples(nothing, want[i].len), want[i].samples);
}
END_TEST

/* ---- encoding ---- */

START_TEST(a_payload_comes_with_the_next_packet)
{
    void *e = encoder(false);
    uint8_t out[CODEC_PAYLOAD_MAX];

    ck_assert_uint_eq(encode(e, out, 100, 200), 0);
    for (int i = 1; i < 50; i++) {
        serve();
        ck_assert_uint_eq(encode(e, out, 100 + i, 200 + i), 20);
        ck_assert_int_eq(value_of(out), 99 + i);
        ck_assert_int_eq(value_of(out + 10), 199 + i);
    }
    end_encoder(e);
}
END_TEST

START_TEST(a_late_answer_is_not_sent)
{
    void *e = encoder(false);
    uint8_t out[CODEC_PAYLOAD_MAX];
    uint64_t late = counted(G729_LATE);

    encode(e, out, 1, 2);
    ck_assert_uint_eq(encode(e, out, 3, 4), 0);
    ck_assert_uint_eq(counted(G729_LATE), late + 1);
    serve(); /* both */
    ck_assert_uint_eq(encode(e, out, 5, 6), 20);
    ck_assert_int_eq(value_of(out), 3);
    end_encoder(e);
}
END_TEST

START_TEST(a_process_that_stands_still_stops_nothing)
{
    void *e = encoder(false), *d = decoder();
    uint8_t out[CODEC_PAYLOAD_MAX];
    int16_t pcm[480];
    uint64_t dropped = counted(G729_DROPPED);

    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(encode(e, out, i, i), 0);
        ck_assert_uint_eq(decode(d, pcm, i, 2), 160);
        ck_assert_int_eq(pcm[159], 0);
    }
    ck_assert_uint_eq(counted(G729_DROPPED) - dropped, 2 * (100 - G729_DEPTH));
    serve();
    encode(e, out, 500, 501);
    serve();
    ck_assert_uint_eq(encode(e, out, 0, 0), 20);
    ck_assert_int_eq(value_of(out), 500);
    for (int i = 0; i < 4; i++, serve())
        decode(d, pcm, 1000 + 2 * i, 2);
    decode(d, pcm, 1008, 2); /* the line may have become longer by one packet */
    ck_assert_int_eq(pcm[159], 1005);
    end_encoder(e);
    end_decoder(d);
}
END_TEST

START_TEST(annex_b_describes_silence_and_then_says_nothing)
{
    void *e = encoder(true);
    uint8_t out[CODEC_PAYLOAD_MAX];
    static const struct {
        int a, b;
        size_t len;
    } packet[] = {{2000, 2001, 20}, {2002, 0, 12},   {0, 0, 0},
                  {0, 0, 0},        {0, 2003, 0}, /* waits for a packet of its own */
                  {2004, 2005, 20}, {2006, 0, 20},   {0, 0, 2},
                  {0, 0, 0},        {2007, 2008, 20}};
    size_t n = sizeof packet / sizeof packet[0], got = 0;

    for (size_t i = 0; i < n; i++) {
        got = encode(e, out, packet[i].a, packet[i].b);
        ck_assert_uint_eq(got, i > 0 ? packet[i - 1].len : 0);
        if (i == 6) {
            ck_assert_int_eq(value_of(out), 2003);
            ck_assert_int_eq(value_of(out + 10), 2004);
        }
        serve();
    }
    end_encoder(e);
}
END_TEST

/* ---- decoding ---- */

START_TEST(sound_comes_one_packet_later_after_silence)
{
    void *d = decoder();
    int16_t pcm[480];

    ck_assert_uint_eq(decode(d, pcm, 1000, 2), 160);
    for (unsigned i = 0; i < 160; i++)
        ck_assert_int_eq(pcm[i], 0);
    for (int k = 1; k < 50; k++) {
        serve();
        ck_assert_uint_eq(decode(d, pcm, 1000 + 2 * k, 2), 160);
        ck_assert_int_eq(pcm[0], 998 + 2 * k);
        ck_assert_int_eq(pcm[79], 998 + 2 * k);
        ck_assert_int_eq(pcm[80], 999 + 2 * k);
    }
    end_decoder(d);
}
END_TEST

START_TEST(packets_of_all_lengths_follow_one_another)
{
    static const unsigned frames[] = {2, 1, 6, 3, 2, 2, 5, 1, 1, 4};
    void *d = decoder();
    int16_t pcm[480];
    int said = 1000, heard = 0;

    for (size_t i = 0; i < 200; i++) {
        unsigned n = frames[i % 10];
        ck_assert_uint_eq(decode(d, pcm, said, n), n * 80);
        said += (int)n;
        serve();
        for (unsigned b = 0; i >= 20 && b < n; b++) {
            if (heard)
                ck_assert_int_eq(pcm[b * 80 + 79], heard + 1);
            heard = pcm[b * 80 + 79];
        }
    }
    ck_assert_int_le(said - 1 - heard,
                     18); /* blocks behind: three of the longest packets at most */
    end_decoder(d);
}
END_TEST

START_TEST(a_description_is_a_frame_and_a_gap_is_the_coders)
{
    void *d = decoder();
    uint8_t p[12];
    int16_t pcm[480];

    payload(p, 3000, 1);
    memset(p + 10, 0x11, 2);
    ck_assert_uint_eq(g729->ops->decode(d, pcm, p, 12), 160);
    serve();
    g729->ops->conceal(d, pcm, 80, NULL, 0);
    ck_assert_int_eq(pcm[79], 3000);
    serve();
    g729->ops->conceal(d, pcm, 80, NULL, 0);
    ck_assert_int_eq(pcm[79], 0x1111);
    serve();
    g729->ops->conceal(d, pcm, 80, NULL, 0);
    ck_assert_int_eq(pcm[79], GAP);
    end_decoder(d);
}
END_TEST

START_TEST(what_is_late_is_made_up_and_the_line_stays_short)
{
    void *d = decoder();
    int16_t pcm[480];
    uint64_t late = counted(G729_LATE);

    for (int k = 0; k < 10; k++, serve())
        decode(d, pcm, 1000, 2); /* one tone: what is made up of it is the same */
    decode(d, pcm, 1000, 2);
    ck_assert_uint_eq(counted(G729_LATE), late);
    decode(d, pcm, 1000, 2); /* not served: one packet is lacking */
    ck_assert_uint_eq(counted(G729_LATE), late + 1);
    ck_assert_int_eq(pcm[0], 1000);
    ck_assert_int_lt(pcm[159], 1000); /* softer from 10 ms on */
    ck_assert_int_gt(pcm[159], 600);
    for (int k = 0; k < 20; k++) {
        serve();
        decode(d, pcm, 2000 + 2 * k, 2);
    }
    ck_assert_int_eq(pcm[159], 2000 + 2 * 17 + 1); /* two packets behind now, and no more */
    for (int k = 0; k < 3; k++)
        decode(d, pcm, 2040 + 2 * k, 2); /* again late, twice: nothing grows */
    for (int k = 0; k < 20; k++) {
        serve();
        decode(d, pcm, 3000 + 2 * k, 2);
    }
    ck_assert_int_eq(pcm[159], 3000 + 2 * 17 + 1);
    end_decoder(d);
}
END_TEST

/* ---- a process that ends, and comes back ---- */

START_TEST(streams_go_on_with_another_process)
{
    void *e = encoder(false), *d = decoder();
    uint8_t out[CODEC_PAYLOAD_MAX];
    int16_t pcm[480];

    for (int i = 0; i < 5; i++, serve()) {
        encode(e, out, 100 + i, 200 + i);
        decode(d, pcm, 1000 + 2 * i, 2);
    }
    g729_server_free(server);
    server = NULL;
    for (int i = 5; i < 40; i++) {
        encode(e, out, 100 + i, 200 + i);
        ck_assert_uint_eq(decode(d, pcm, 1000 + 2 * i, 2), 160);
    }
    ck_assert_int_eq(pcm[159], 0); /* made up for 60 ms, then silent */
    server = g729_server_new(shared, 0, &toy);
    serve();
    encode(e, out, 140, 240);
    for (int i = 40; i < 50; i++, serve())
        decode(d, pcm, 1000 + 2 * i, 2);
    ck_assert_uint_eq(encode(e, out, 141, 241), 20);
    ck_assert_int_eq(value_of(out), 140);
    ck_assert_int_eq(pcm[159], 1000 + 2 * 47 + 1);
    end_encoder(e);
    end_decoder(d);
}
END_TEST

START_TEST(a_slot_used_again_is_another_stream)
{
    void *e = encoder(true);
    uint8_t out[CODEC_PAYLOAD_MAX];

    for (int i = 0; i < 3; i++, serve())
        encode(e, out, 0, 0); /* described already */
    encode(e, out, 0, 0);
    end_encoder(e); /* one request is under way */
    ck_assert_uint_eq(g729_streams(), 0);
    e = encoder(true);
    ck_assert_uint_eq(g729_streams(), 1);
    ck_assert_uint_eq(encode(e, out, 0, 0), 0);
    serve();
    ck_assert_uint_eq(encode(e, out, 0, 0), 2); /* described anew */
    end_encoder(e);
}
END_TEST

START_TEST(streams_beyond_the_slots_are_refused)
{
    static void *e[G729_SLOTS];
    struct codec_params p = {.dtx = false};
    void *more = calloc(1, codec_encoder_size(g729));
    uint64_t refused = counted(G729_NO_SLOTS);
    uint8_t out[CODEC_PAYLOAD_MAX];

    for (unsigned i = 0; i < G729_SLOTS; i++)
        e[i] = encoder(false);
    ck_assert_int_eq(codec_encoder_start(g729, more, &p), ENOSPC);
    ck_assert_uint_eq(counted(G729_NO_SLOTS), refused + 1);
    ck_assert_uint_eq(encode(more, out, 1, 2), 0);
    codec_encoder_stop(g729, more);
    for (unsigned i = 0; i < G729_SLOTS; i++)
        encode(e[i], out, (int)i, 0);
    serve();
    for (unsigned i = 0; i < G729_SLOTS; i++) {
        ck_assert_uint_eq(encode(e[i], out, 0, 0), 20);
        ck_assert_int_eq(value_of(out), (int)i);
    }
    serve();
    end_encoder(e[100]);
    ck_assert_int_eq(codec_encoder_start(g729, more, &p), 0);
    e[100] = more;
    for (unsigned i = 0; i < G729_SLOTS; i++)
        end_encoder(e[i]);
    ck_assert_uint_eq(g729_streams(), 0);
}
END_TEST

/* ---- neither side believes the other ---- */

START_TEST(lengths_of_the_process_are_checked)
{
    static const uint16_t wrong[] = {1, 9, 11, 21, 30, 60, 62, 1000, 65535};
    void *e = encoder(false), *d = decoder();
    uint8_t out[CODEC_PAYLOAD_MAX];
    int16_t pcm[480];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t invalid = counted(G729_INVALID);
        encode(e, out, 1, 2);
        decode(d, pcm, 1000, 2);
        serve();
        for (unsigned k = 0; k < G729_DEPTH; k++) {
            shared->slot[0].entry[k].octets = wrong[i];
            shared->slot[1].entry[k].samples = wrong[i];
        }
        ck_assert_uint_eq(encode(e, out, 1, 2), 0);
        ck_assert_uint_eq(decode(d, pcm, 1000, 2), 160);
        ck_assert_uint_ge(counted(G729_INVALID), invalid + 2);
        serve();
    }
    end_encoder(e);
    end_decoder(d);
}
END_TEST

START_TEST(counts_of_the_process_are_checked)
{
    void *e = encoder(false), *d = decoder();
    uint8_t out[CODEC_PAYLOAD_MAX];
    int16_t pcm[480];

    for (int i = 0; i < 200; i++) {
        atomic_store(&shared->slot[0].done, (uint32_t)i * 2654435761u);
        atomic_store(&shared->slot[1].done, (uint32_t)i * 2246822519u);
        encode(e, out, i, i);
        ck_assert_uint_eq(decode(d, pcm, i, 2), 160);
    }
    serve(); /* finds its place again */
    for (int i = 0; i < 10; i++, serve()) {
        encode(e, out, 100 + i, 0);
        decode(d, pcm, 1000 + 2 * i, 2);
    }
    ck_assert_uint_eq(encode(e, out, 0, 0), 20);
    ck_assert_int_eq(value_of(out), 109);
    ck_assert_int_ge(pcm[159], 1000 + 2 * 7 + 1);
    end_encoder(e);
    end_decoder(d);
}
END_TEST

START_TEST(requests_that_cannot_be_are_answered_with_nothing)
{
    struct g729_slot *slot = &shared->slot[9];
    static const struct g729_entry wrong[] = {
        {.work = 0, .samples = 160},
        {.work = 9, .samples = 160},
        {.work = G729_ENCODE, .samples = 81},
        {.work = G729_ENCODE, .samples = 560},
        {.work = G729_DECODE, .samples = 160, .octets = 61},
        {.work = G729_DECODE, .samples = 65535, .octets = 65535},
    };

    for (unsigned i = 0; i < 6; i++) {
        slot->entry[i] = wrong[i];
        atomic_store(&slot->head, i + 1);
        atomic_store(&shared->thread[0].pending[0], (uint64_t)1 << 9);
        serve();
        ck_assert_uint_eq(atomic_load(&slot->done), i + 1);
        ck_assert_uint_eq(slot->entry[i].samples, 0);
        ck_assert_uint_eq(slot->entry[i].octets, 0);
    }
}
END_TEST

/* ---- waking ---- */

START_TEST(one_wake_serves_all_that_comes_meanwhile)
{
    void *e[10];
    uint8_t out[CODEC_PAYLOAD_MAX];

    for (unsigned i = 0; i < 10; i++)
        e[i] = encoder(false);
    serve(); /* asleep */
    unsigned wakes = fake_child_wakes();
    for (unsigned i = 0; i < 10; i++)
        encode(e[i], out, 1, 2);
    ck_assert_uint_eq(fake_child_wakes(), wakes + 1);
    ck_assert(!g729_server_rest(server)); /* there is work: it may not sleep */
    serve();
    for (unsigned i = 0; i < 10; i++)
        end_encoder(e[i]);
}
END_TEST

START_TEST(threads_share_the_slots)
{
    void *e[10];
    uint8_t out[CODEC_PAYLOAD_MAX];

    serve();
    g729_attach(shared, 3);
    struct g729_server *s[3];
    for (unsigned i = 0; i < 3; i++)
        s[i] = g729_server_new(shared, i, &toy);
    for (unsigned i = 0; i < 10; i++) {
        e[i] = encoder(false);
        encode(e[i], out, (int)i, 0);
    }
    ck_assert_uint_eq(g729_server_work(s[0]), 4);
    ck_assert_uint_eq(g729_server_work(s[1]), 3);
    ck_assert_uint_eq(g729_server_work(s[2]), 3);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(encode(e[i], out, 0, 0), 20);
        ck_assert_int_eq(value_of(out), (int)i);
        end_encoder(e[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        g729_server_free(s[i]);
}
END_TEST

START_TEST(without_a_process_it_is_not_ready)
{
    struct codec_params p = {.dtx = false};
    void *e = calloc(1, codec_encoder_size(g729));

    ck_assert(codec_ready(g729));
    g729_set_running(false);
    ck_assert(!codec_ready(g729));
    ck_assert_int_eq(codec_encoder_start(g729, e, &p), 0); /* it may come back */
    codec_encoder_stop(g729, e);
    g729_detach();
    g729_set_running(true);
    ck_assert(!codec_ready(g729));
    ck_assert_int_eq(codec_encoder_start(g729, e, &p), ENOTSUP);
    ck_assert(codec_ready(&codec_table[CODEC_PCMA]));
    ck_assert(!codec_ready(&codec_table[CODEC_CLEARMODE]));
    free(e);
}
END_TEST

/* ---- packing ---- */

/** Packs what `in` spells (S speech, D description, - nothing), packets of `frames`; `out` gets the
 * same with a bar after each packet. Speech is numbered: none may be missing. */
static void spell(char *out, const char *in, unsigned frames)
{
    struct g729_pack p = {0};
    uint8_t frame[G729_FRAME_OCTETS] = {0}, packet[G729_OCTETS], said = 0, heard = 0;

    for (unsigned i = 0; in[i]; i++) {
        frame[0] = in[i] == 'S' ? ++said : 0;
        g729_pack_add(&p, frame, in[i] == 'S' ? 10 : in[i] == 'D' ? 2 : 0);
        if (i % frames != frames - 1)
            continue;
        size_t n = g729_pack_take(&p, packet, frames);
        ck_assert_uint_le(n, frames * 10);
        for (size_t at = 0; at + 10 <= n; at += 10) {
            ck_assert_uint_eq(packet[at], ++heard);
            *out++ = 'S';
        }
        if (n % 10 == 2)
            *out++ = 'D';
        *out++ = '|';
    }
    *out = '\0';
    ck_assert_uint_le(said - heard, p.n);
}

START_TEST(frames_make_packets_without_gaps)
{
    static const struct {
        unsigned frames;
        const char *in, *want;
    } rows[] = {
        {1, "SSD--SD", "S|S|D|||S|D|"},
        {2, "SSSSSS", "SS|SS|SS|"},
        {2, "SSSD----SSSD", "SS|SD|||SS|SD|"},
        {2, "SSD---", "SS|D||"},
        {2, "---SSSSD--", "||SS|SS|D|"},  /* speech begins in the middle */
        {2, "---SSSSSD-", "||SS|SS|SD|"}, /* and what is left over goes with the end */
        {2, "D-DSSSD---", "D|D|SS|SD||"},
        {2, "-D", "D|"},
        {3, "--SSSSSSSD-----", "|SSS|SSS|SD||"},
        {3, "-SSD-----", "|SSD||"}, /* shorter than a packet: with the next */
        {3, "-SDSSS---SSS", "|SD|SSS|SSS|"},
        {6, "---SSSSSSSSSSSSSSS", "|SSSSSS|SSSSSS|"},
    };
    char got[80];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        spell(got, rows[i].in, rows[i].frames);
        ck_assert_str_eq(got, rows[i].want);
    }
}
END_TEST

START_TEST(packing_holds_whatever_comes)
{
    static const char letters[] = "S-D";
    char in[241], out[1000];
    uint32_t seed = 1;

    in[240] = '\0';
    for (unsigned run = 0; run < 2000; run++) {
        for (unsigned i = 0; i < 240; i++) {
            seed = seed * 1664525u + 1013904223u;
            in[i] = letters[(seed >> 24) % 3];
        }
        struct g729_pack p = {0};
        unsigned frames = 1 + run % 6;
        uint8_t frame[10] = {0}, packet[G729_OCTETS];
        for (unsigned i = 0; i < 240; i++) {
            g729_pack_add(&p, frame, in[i] == 'S' ? 10 : in[i] == 'D' ? 2 : 0);
            if (i % frames == frames - 1)
                ck_assert_uint_le(g729_pack_take(&p, packet, frames), frames * 10u);
            ck_assert_uint_le(p.n, G729_PACK_MAX);
        }
    }
    spell(out, "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS", 6);
    ck_assert_uint_eq(strlen(out), 42);
}
END_TEST

/* ---- the process: started, and started again ---- */

static const char plan_text[] = "version 1\nsip { listen udp:192.0.2.1:5060 }\n"
                                "media { codecs g729, pcma\n g729 /opt/g729 }\n";

static struct gw_plan *parse(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    int err = gw_plan_parse(&plan, "test", rt_str(text), &diag);

    ck_assert_msg(err == 0, "%s", rt_buf_str(&diag.text).p);
    conf_diag_release(&diag);
    return plan;
}

static void expect_error(const char *text, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;

    ck_assert_int_eq(gw_plan_parse(&plan, "test", rt_str(text), &diag), EINVAL);
    ck_assert_msg(strstr(diag.text.p, want) != NULL, "%s", diag.text.p);
    conf_diag_release(&diag);
}

START_TEST(the_plan_has_it_where_the_program_is)
{
    struct gw_plan *plan;

    expect_error(plan_text, "there is no program \"/opt/g729\"");
    expect_error("version 1\nmedia { codecs g729 }\n", "needs tandem-g729, which is not there");
    fake_child_program("/usr/bin/tandem-g729");
    plan = parse("version 1\nsip { listen udp:192.0.2.1:5060 }\nmedia { codecs g729 }\n");
    ck_assert_str_eq(plan->media.g729, "/usr/bin/tandem-g729");
    gw_plan_unref(plan);
    expect_error("version 1\nmedia { codecs g729\n g729 off }\n",
                 "needs tandem-g729, which is not there");
}
END_TEST

START_TEST(a_process_that_ends_is_started_again)
{
    struct gw_g729_status s;
    struct rt_buf why = {0};
    struct rt_loop *loop;
    struct gw_g729 *g = NULL;

    rt_log_set_all(RT_ERROR);
    fake_child_program("/opt/g729");
    struct gw_plan *plan = parse(plan_text);
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(gw_g729_new(&g, loop, plan, &why), 0);
    ck_assert_int_eq(gw_g729_start(g, &why), 0);
    ck_assert(codec_ready(g729));
    ck_assert(fake_child_end(0, 9));
    ck_assert(!codec_ready(g729));
    gw_g729_status(&s, g);
    ck_assert_str_eq(s.state, "down");
    fake_advance(50 * RT_MS);
    ck_assert(codec_ready(g729));
    fake_child_refuse(EAGAIN);
    ck_assert(fake_child_end(1, 0));
    fake_advance(10 * RT_S); /* 100, 200, ... ms: refused */
    ck_assert(!codec_ready(g729));
    fake_child_refuse(0);
    fake_advance(30 * RT_S);
    gw_g729_status(&s, g);
    ck_assert_str_eq(s.state, "running");
    ck_assert_int_gt(s.pid, 0);
    ck_assert_uint_eq(fake_child_starts(), 3);
    fake_advance(31 * RT_S); /* proven */
    ck_assert(fake_child_end(0, 11));
    fake_advance(50 * RT_MS);
    ck_assert(codec_ready(g729));
    gw_g729_free(g);
    ck_assert(!codec_ready(g729));
    gw_plan_unref(plan);
    rt_loop_free(loop);
    struct fake_leaks leaks;
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.children, 0);
}
END_TEST

START_TEST(a_process_that_stands_still_is_started_again)
{
    struct gw_g729_status s;
    struct rt_buf why = {0};
    struct rt_loop *loop;
    struct gw_g729 *g = NULL;
    uint8_t out[CODEC_PAYLOAD_MAX];

    rt_log_set_all(RT_ERROR);
    fake_child_program("/opt/g729");
    struct gw_plan *plan = parse(plan_text);
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(gw_g729_new(&g, loop, plan, &why), 0);
    ck_assert_int_eq(gw_g729_start(g, &why), 0);
    void *e = encoder(false);
    for (int i = 0; i < 7; i++)
        encode(e, out, i, i);
    fake_advance(10 * RT_S); /* one more would wait: it may be that nobody speaks */
    ck_assert_uint_eq(fake_child_starts(), 1);
    for (int i = 0; i < 20; i++)
        encode(e, out, i, i);
    fake_advance(3 * RT_S);
    gw_g729_status(&s, g);
    ck_assert_uint_ge(s.restarts, 1);
    ck_assert_uint_eq(fake_child_starts(), 1 + s.restarts);
    end_encoder(e);
    fake_advance(60 * RT_S); /* nobody waits any more */
    unsigned starts = fake_child_starts();
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(fake_child_starts(), starts);
    gw_g729_free(g);
    gw_plan_unref(plan);
    rt_loop_free(loop);
}
END_TEST

START_TEST(plans_without_the_codec_start_nothing)
{
    struct rt_buf why = {0};
    struct gw_g729 *g = NULL;
    struct rt_loop *loop;

    rt_log_set_all(RT_ERROR);
    fake_child_program("/usr/bin/tandem-g729");
    rt_loop_new(&loop, "test");
    struct gw_plan *plan = parse("version 1\nsip { listen udp:192.0.2.1:5060 }\n");
    ck_assert_int_eq(gw_g729_new(&g, loop, plan, &why), 0);
    ck_assert_int_eq(gw_g729_start(g, &why), 0);
    ck_assert_ptr_null(g);
    gw_plan_unref(plan);
    plan = parse("version 1\nsip { listen udp:192.0.2.1:5060 }\nmedia { codecs g729 }\n");
    fake_child_program("/elsewhere");
    ck_assert_int_eq(gw_g729_new(&g, loop, plan, &why), 0);
    ck_assert_int_eq(gw_g729_start(g, &why), ENOENT);
    ck_assert_str_eq(rt_buf_str(&why).p, "g729: /usr/bin/tandem-g729: No such file or directory");
    rt_buf_release(&why);
    gw_g729_free(g);
    gw_plan_unref(plan);
    rt_loop_free(loop);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("g729");
    TCase *tc = tcase_create("shared memory"), *pack = tcase_create("packing"),
          *child = tcase_create("process");
    SRunner *sr = srunner_create(s);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, payloads_are_frames_and_perhaps_a_description);
    tcase_add_test(tc, a_payload_comes_with_the_next_packet);
    tcase_add_test(tc, a_late_answer_is_not_sent);
    tcase_add_test(tc, a_process_that_stands_still_stops_nothing);
    tcase_add_test(tc, annex_b_describes_silence_and_then_says_nothing);
    tcase_add_test(tc, sound_comes_one_packet_later_after_silence);
    tcase_add_test(tc, packets_of_all_lengths_follow_one_another);
    tcase_add_test(tc, a_description_is_a_frame_and_a_gap_is_the_coders);
    tcase_add_test(tc, what_is_late_is_made_up_and_the_line_stays_short);
    tcase_add_test(tc, streams_go_on_with_another_process);
    tcase_add_test(tc, a_slot_used_again_is_another_stream);
    tcase_add_test(tc, streams_beyond_the_slots_are_refused);
    tcase_add_test(tc, lengths_of_the_process_are_checked);
    tcase_add_test(tc, counts_of_the_process_are_checked);
    tcase_add_test(tc, requests_that_cannot_be_are_answered_with_nothing);
    tcase_add_test(tc, one_wake_serves_all_that_comes_meanwhile);
    tcase_add_test(tc, threads_share_the_slots);
    tcase_add_test(tc, without_a_process_it_is_not_ready);
    suite_add_tcase(s, tc);
    tcase_add_test(pack, frames_make_packets_without_gaps);
    tcase_add_test(pack, packing_holds_whatever_comes);
    suite_add_tcase(s, pack);
    tcase_add_checked_fixture(child, setup, teardown);
    tcase_add_test(child, the_plan_has_it_where_the_program_is);
    tcase_add_test(child, a_process_that_ends_is_started_again);
    tcase_add_test(child, a_process_that_stands_still_is_started_again);
    tcase_add_test(child, plans_without_the_codec_start_nothing);
    suite_add_tcase(s, child);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
