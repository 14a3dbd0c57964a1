/* DTMF in sound: spandsp's receiver, with the early hint that lets a tone be muted before it is
 * certain. */
#include "codec/media_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <tiffio.h>
#include <spandsp.h>

/** spandsp has decided: a digit began (its character) or ended (0). */
static void decided(void *arg, int code, int level, int delay)
{
    struct media_ear *e = arg;

    (void)level;
    (void)delay;
    if (e->digit) {
        e->ended = e->digit;
        e->ended_ms = e->length / 8;
    }
    e->digit = (char)code;
    e->length = 0;
    if (code)
        e->serial++;
}

static int prepare(struct media_ear *e, dtmf_rx_state_t *old)
{
    dtmf_rx_state_t *rx = dtmf_rx_init(old, NULL, NULL);

    if (!rx)
        return ENOMEM;
    dtmf_rx_set_realtime_callback(rx, decided, e);
    e->rx = rx;
    return 0;
}

int media_ear_init(struct media_ear *e)
{
    *e = (struct media_ear){.rx = NULL};
    return prepare(e, NULL);
}

void media_ear_release(struct media_ear *e)
{
    if (e->rx)
        dtmf_rx_free(e->rx);
    e->rx = NULL;
}

void media_ear_reset(struct media_ear *e)
{
    uint32_t serial = e->serial;
    dtmf_rx_state_t *rx = e->rx;

    *e = (struct media_ear){.serial = serial};
    prepare(e, rx);
}

bool media_ear_listen(struct media_ear *e, const uint8_t *octets, size_t n, enum g711_law law)
{
    int16_t pcm[MEDIA_BLOCK];

    e->ended = 0;
    g711_expand(pcm, octets, n, law);
    dtmf_rx(e->rx, pcm, (int)n);
    if (e->digit)
        e->length += (uint32_t)n;
    return dtmf_rx_status(e->rx) != 0;
}
