/* The echo canceller's nonlinear processor: what the filter leaves is suppressed while only the far
 * end speaks, and noise like that of the line is put in its place (G.168 section 8). */
#include "codec/echo_priv.h"

/** Of the error over what the far end alone leaves: more, and the near end speaks. */
#define NEAR_SPEAKS 5.0f
/** How much that follows a softer block, and a louder one: slowly, since a near end begins softly.
 */
#define FALL 0.05f
#define RISE 0.02f
/** A filter that leaves more than that (-6 dB) predicts no echo, but a near end speaks. */
#define MOST_RESIDUE 0.25f
/** G.711 leaves no less of an echo: -38 dB. */
#define LEAST_RESIDUE 1.5e-4f
/** Of the far end: what comes back of it later or otherwise than a filter predicts (-45 dB). */
#define LATE 3e-5f
/** Blocks that the near end is let through after it has spoken. */
#define HANGOVER 16
/** Blocks that suppression goes on when the far end pauses and the near end does not speak. */
#define LINGER 30
/** Samples that a change of gain takes: 2 ms. */
#define RAMP 16
/** No noise of a line is louder: -40 dBm0. */
#define LOUDEST (ECHO_DBM0 * 1e-4f)
/** Blocks of a window in which the least level is sought: 500 ms. */
#define WINDOW 50

static bool near_speaks(struct echo_lane *s, float e)
{
    float ratio = s->error / (s->echo + 1.0f);

    if (!s->echoes) /* an echo is 6 dB under the far end at least */
        return s->d > 0.25f * s->held;
    if (!s->far_speaks)
        return e > NEAR_SPEAKS * s->quiet + 50.0f;
    if (s->error <
        NEAR_SPEAKS * (s->residue * s->echo + LATE * s->held + 2.0f * s->quiet) + 50.0f) {
        float step = ratio < s->residue ? FALL : s->hang ? 0.0f : RISE;
        s->residue += step * (ratio - s->residue);
        s->residue = s->residue > LEAST_RESIDUE ? s->residue : LEAST_RESIDUE;
        return false;
    }
    s->residue *= 1.005f; /* 2 dB a second: a path that has got worse is no near end for ever */
    s->residue = s->residue < MOST_RESIDUE ? s->residue : MOST_RESIDUE;
    return true;
}

static void average(struct echo_lane *s, float d, float e)
{
    s->px += 0.01f * (s->x - s->px) + 1e-6f;
    s->pd += 0.01f * (d - s->pd) + 1e-6f;
    s->pe += 0.01f * (e - s->pe) + 1e-6f;
}

/** The gain that a lane's residue gets. */
static float decide(struct echo_lane *s, float e)
{
    if (s->disabled)
        return 1.0f;
    s->linger = (uint8_t)(s->far_speaks ? LINGER : s->linger ? s->linger - 1 : 0);
    s->near_speaks = s->linger && near_speaks(s, e);
    if (!s->echoes)
        return 1.0f;
    if (s->near_speaks)
        s->hang = HANGOVER;
    else if (s->hang)
        s->hang--;
    if (s->far_speaks && !s->hang)
        average(s, s->d, e);
    return s->config.nlp && s->linger && !s->hang ? 0.0f : 1.0f;
}

/** How much the noise's spectrum follows this block: when neither end speaks. */
static float listens(struct echo_lane *s, unsigned block, float e)
{
    float least;

    if (block % WINDOW == 0) {
        s->lowest[1] = s->lowest[0];
        s->lowest[0] = 1e9f;
    }
    s->lowest[0] = e < s->lowest[0] ? e : s->lowest[0];
    least = s->lowest[0] < s->lowest[1] ? s->lowest[0] : s->lowest[1];
    if (s->disabled || s->far_speaks || e > 2.0f * least + 10.0f || e > LOUDEST)
        return 0.0f;
    s->heard++;
    least = s->heard < 20 ? 1.0f / (float)s->heard : 0.05f;
    s->quiet += least * (e - s->quiet);
    return s->config.comfort_noise ? least : 0.0f;
}

void echo_suppress(struct echo_bank *b, uint16_t active, const float error[LANES],
                   int16_t near[LANES][ECHO_BLOCK])
{
    float g[2][LANES], slope[LANES], fill[LANES], share[LANES];
    bool listen = false, murmur = false;

    for (unsigned l = 0; l < LANES; l++) {
        struct echo_lane *s = &b->lane[l];
        bool on = active & 1u << l;
        g[0][l] = on ? s->gain : 1.0f;
        g[1][l] = on ? decide(s, error[l]) : 1.0f;
        share[l] = on ? listens(s, b->block, error[l]) : 0.0f;
        slope[l] = 1.0f / RAMP;
        fill[l] = s->config.comfort_noise;
        listen |= share[l] > 0.0f;
        murmur |= fill[l] > 0.0f && g[0][l] + g[1][l] < 2.0f;
        if (s->disabled || (!s->echoes && g[0][l] + g[1][l] == 2.0f))
            active = (uint16_t)(active & ~(1u << l));
        s->gain = on ? g[1][l] : s->gain;
    }
    if (listen) {
        b->k->error(&b->a, b->a.fore);
        b->k->listen(&b->a, share);
    }
    if (murmur)
        b->k->murmur(&b->a);
    b->k->scatter(&b->a, active, near, g, slope, fill);
}
