/* Comfort noise (RFC 3389): white noise of the level told, shaped by an all-pole lattice when
 * reflection coefficients came with it. */
#include "codec/playout_priv.h"

#include <math.h>
#include <string.h>

/** 0 dBov is a square wave of mu-law's largest value, 8031 of 14 bits (3.1). */
#define OVERLOAD 32124.0f

/** Standard deviation of the sum of two uniform numbers of 16 bits, 65536 / sqrt(6). */
#define SPREAD 26754.9f

/** Coefficients are for a whitening filter 1 + a1 z^-1 + ..., as senders in use have them: noise
 * with more power in the low frequencies has a negative first one. */
void playout_noise_set(struct playout_noise *n, const uint8_t *payload, size_t len)
{
    float left = 1; /* of the power that the lattice would add */
    uint8_t order = (uint8_t)(len - 1 < PLAYOUT_ORDER ? len - 1 : PLAYOUT_ORDER);

    if (order != n->order)
        memset(n->b, 0, sizeof n->b);
    n->order = order;
    for (unsigned i = 0; i < order; i++) {
        int index = payload[1 + i] < 255 ? payload[1 + i] : 127;
        n->k[i] = 258.0f * (float)(index - 127) / 32768.0f;
        left *= 1 - n->k[i] * n->k[i];
    }
    n->gain = OVERLOAD * powf(10, -(float)(payload[0] & 127) / 20) * sqrtf(left) / SPREAD;
    n->on = true;
}

static float white(struct playout_noise *n)
{
    float v = 0;

    for (int i = 0; i < 2; i++) {
        n->seed = n->seed * 1664525u + 1013904223u;
        v += (float)((int32_t)n->seed >> 16);
    }
    return v * n->gain;
}

void playout_noise_make(struct playout_noise *n, int16_t *out, size_t len)
{
    if (!n->on) {
        memset(out, 0, len * sizeof *out);
        return;
    }
    for (size_t s = 0; s < len; s++) {
        float f = white(n);
        for (unsigned i = n->order; i-- > 0;) {
            f -= n->k[i] * n->b[i];
            n->b[i + 1] = n->b[i] + n->k[i] * f;
        }
        n->b[0] = f;
        out[s] = (int16_t)(f > 32767 ? 32767 : f < -32768 ? -32768 : f);
    }
}
