/* What an RTP port works with: made by signalling for each description agreed, since a media thread
 * allocates nothing. A codec that goes on keeps its state, so that nothing is heard of the change.
 */
#include "codec/media_priv.h"

#include <errno.h>
#include <stdlib.h>

static void give_back(struct media_loan *l)
{
    media_kit_free((struct media_kit *)l);
}

/** Who says nothing of his own payload types has the other side's. */
static void complete(struct media_rtp *r)
{
    static const uint8_t unsaid[CODEC_COUNT];

    if (memcmp(r->payload_in, unsaid, sizeof unsaid) == 0)
        memcpy(r->payload_in, r->payload, sizeof r->payload_in);
    if (r->codec >= CODEC_COUNT)
        r->codec = CODEC_PCMA;
    if (r->event_clock % 8000 != 0) { /* no clock of sound: digits have no length in it */
        r->event_payload = r->event_payload_in = -1;
        r->event_clock = 0;
    }
}

/** Codecs that may come, bit n for codec_id n. */
static uint32_t receivable(const struct media_rtp *r)
{
    uint32_t set = 0;

    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (r->payload[i] < 128 || r->payload_in[i] < 128)
            set |= CODEC_BIT(i);
    return set;
}

static int make_encoder(struct media_kit *k)
{
    size_t size = codec_encoder_size(k->codec);

    if (!k->codec->ops)
        return ENOTSUP;
    if (size > 0 && !(k->encoder = calloc(1, size)))
        return ENOMEM;
    return codec_encoder_start(k->codec, k->encoder, &k->conf.params);
}

static int make_decoder(struct media_kit *k, const struct codec *c)
{
    size_t size = codec_decoder_size(c);

    if (size == 0)
        return 0;
    k->decoder[c->id] = calloc(1, size);
    return k->decoder[c->id] ? codec_decoder_start(c, k->decoder[c->id]) : ENOMEM;
}

static int make_codecs(struct media_kit *k)
{
    uint32_t set = receivable(&k->conf);
    int err = 0;

    if (k->conf.codec == CODEC_CLEARMODE)
        return 0;
    k->codec = &codec_table[k->conf.codec];
    err = make_encoder(k);
    for (unsigned i = 0; err == 0 && i < CODEC_COUNT; i++) {
        if (set & CODEC_BIT(i) && codec_table[i].ops)
            err = make_decoder(k, &codec_table[i]);
        if (err != 0 && err != ENOMEM && i != k->conf.codec) { /* it is agreed, and may not come */
            k->conf.payload[i] = k->conf.payload_in[i] = 255;
            err = 0;
        }
    }
    return err;
}

/** Packets have whole frames of the codec, and are 10 to 60 ms long. */
static unsigned valid_ptime(unsigned ms, const struct codec *c)
{
    unsigned frame = c && c->frame / 8 > MEDIA_BLOCK_MS ? c->frame / 8 : MEDIA_BLOCK_MS;

    if (ms == 0)
        ms = 20;
    ms = ms < frame ? frame : ms > 60 ? 60 : ms;
    return ms / frame * frame;
}

int media_kit_new(struct media_kit **out, const struct media_rtp *r)
{
    struct media_kit *k = calloc(1, sizeof *k);

    if (!k)
        return ENOMEM;
    k->loan.give_back = give_back;
    k->conf = *r;
    complete(&k->conf);
    int err = make_codecs(k);
    if (err != 0) {
        media_kit_free(k);
        return err;
    }
    k->conf.ptime = valid_ptime(r->ptime, k->codec);
    *out = k;
    return 0;
}

void media_kit_free(struct media_kit *k)
{
    if (!k)
        return;
    if (k->codec && k->encoder)
        codec_encoder_stop(k->codec, k->encoder);
    free(k->encoder);
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (k->decoder[i]) {
            codec_decoder_stop(&codec_table[i], k->decoder[i]);
            free(k->decoder[i]);
        }
    free(k);
}

static void swap(void **a, void **b)
{
    void *held = *a;

    *a = *b;
    *b = held;
}

static bool same_params(const struct codec_params *a, const struct codec_params *b)
{
    return a->bitrate == b->bitrate && a->fec == b->fec && a->dtx == b->dtx && a->cbr == b->cbr;
}

void media_kit_inherit(struct media_kit *new, struct media_kit *old)
{
    if (new->codec == old->codec && same_params(&new->conf.params, &old->conf.params))
        swap(&new->encoder, &old->encoder);
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (old->decoder[i]) /* what is agreed no more may still be in the buffer */
            swap(&new->decoder[i], &old->decoder[i]);
}
