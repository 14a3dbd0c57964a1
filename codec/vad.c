/* Speech is what stands out of the background by 6 dB, or is loud in any case. The background is
 * followed at once when it falls and slowly when it rises, so that it settles in the pauses.
 */
#include "codec/vad.h"

#include <math.h>
#include <string.h>

/** Over the background: 6 dB. */
#define STANDS_OUT 4.0f
/** The background rises by 1 % a block: 9 dB in 2 s. */
#define RISE 1.01f
/** Bounds of what can be background: -66 and -38 dBov, mean square. */
#define LEAST 270.0f
#define MOST  170000.0f
/** Until then all is speech: 300 ms. */
#define LEARNING 30u
/** After speech: 200 ms. */
#define HANG 20u
/** A new description after 3 dB of change, or 1 s. */
#define CHANGE 3
#define RENEW  100u
#define ORDER  10

static float power(const int16_t *pcm)
{
    float sum = 0;

    for (unsigned i = 0; i < VAD_BLOCK; i++)
        sum += (float)pcm[i] * (float)pcm[i];
    return sum / VAD_BLOCK;
}

static void follow(struct vad *v, float p)
{
    if (v->blocks == 0 || p < v->floor)
        v->floor = p;
    else
        v->floor *= RISE;
    v->floor = v->floor < LEAST ? LEAST : v->floor > MOST ? MOST : v->floor;
    v->blocks += v->blocks < LEARNING;
}

static void learn_noise(struct vad *v, const int16_t *pcm, float p)
{
    float keep = v->corr[0] > 0 ? 0.9f : 0;

    v->noise = keep * v->noise + (1 - keep) * p;
    for (unsigned lag = 0; lag <= ORDER; lag++) {
        float sum = 0;
        for (unsigned i = lag; i < VAD_BLOCK; i++)
            sum += (float)pcm[i] * (float)pcm[i - lag];
        v->corr[lag] = keep * v->corr[lag] + (1 - keep) * sum;
    }
    v->corr[0] = v->corr[0] > 1 ? v->corr[0] : 1;
}

/** RFC 3389 3.1: -dBov of a mean square; 0 dBov is a square wave of mu-law's largest value, 8031 of
 * 14 bits. */
static int level_of(float p)
{
    int db = (int)lrintf(-10.0f * log10f((p + 1e-9f) / (32124.0f * 32124.0f)));

    return db < 0 ? 0 : db > 127 ? 127 : db;
}

enum vad_verdict vad_block(struct vad *v, const int16_t pcm[VAD_BLOCK])
{
    float p = power(pcm);

    follow(v, p);
    if (v->blocks < LEARNING || p > STANDS_OUT * v->floor)
        v->hang = HANG;
    else if (v->hang > 0)
        v->hang--;
    if (v->hang > 0) {
        v->silent = false;
        return VAD_SPEECH;
    }
    learn_noise(v, pcm, p);
    bool first = !v->silent;
    v->silent = true;
    v->since++;
    int change = level_of(v->noise) - v->said;
    if (!first && v->since < RENEW && (v->since < HANG || (change < CHANGE && change > -CHANGE)))
        return VAD_SILENCE;
    return VAD_DESCRIBE;
}

/** Levinson and Durbin's recursion: reflection coefficients. */
static void reflections(const float r[ORDER + 1], float k[ORDER])
{
    float a[ORDER + 1] = {1}, error = r[0] * 1.0001f;

    for (unsigned m = 1; m <= ORDER; m++) {
        float sum = r[m], next[ORDER + 1];
        for (unsigned i = 1; i < m; i++)
            sum += a[i] * r[m - i];
        k[m - 1] = -sum / error;
        memcpy(next, a, sizeof next);
        for (unsigned i = 1; i < m; i++)
            next[i] = a[i] + k[m - 1] * a[m - i];
        next[m] = k[m - 1];
        memcpy(a, next, sizeof a);
        error *= 1 - k[m - 1] * k[m - 1];
    }
}

size_t vad_describe(struct vad *v, uint8_t out[VAD_NOISE_MAX])
{
    float k[ORDER];

    reflections(v->corr, k);
    v->said = level_of(v->noise);
    v->since = 0;
    out[0] = (uint8_t)v->said;
    for (unsigned i = 0; i < ORDER; i++) /* 3.2: 0..254 for -1..1, 127 is 0 */
        out[1 + i] = (uint8_t)lrintf(127.0f + 127.0f * (k[i] < -1 ? -1 : k[i] > 1 ? 1 : k[i]));
    return 1 + ORDER;
}
