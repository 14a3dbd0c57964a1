/* The calling tone of a fax (T.30 4.1): 1100 +-38 Hz for 0.5 s +-15 %. A burst is told when it is
 * over and was as long as it should be: a test tone of 1100 Hz is none.
 */
#include "codec/ear_priv.h"

#define SHARE      0.75f
#define SHARE_NEAR 0.3f /* of a tone at the limit the bin itself has not half */
#define OFF_HZ     44.0f
#define LEVEL      (EAR_0DBM0 * 1.0e-5f) /* -50 dBm0: T.30 has a fax hear down to -43 dBm */
#define BRIDGED    2u                    /* blocks */
/** In blocks: 425-575 ms, and a block of error. */
#define LEAST 41.5f
#define MOST  59.0f

static void end(struct ear_cng *c, struct ear_heard *out)
{
    float length = c->sum / c->peak;

    /* at its ends a tone's phase says little */
    if (length >= LEAST && length <= MOST && c->good + 6 >= c->blocks)
        out->begun |= EAR_HEARD_CNG;
    *c = (struct ear_cng){.blocks = 0};
}

void ear_cng_hear(struct ear_cng *c, const struct ear_set *s, unsigned lane, float energy,
                  struct ear_heard *out)
{
    struct ear_single t = ear_single(s, EAR_BIN_1100, lane, energy);
    float power = ear_power(ear_now(s, EAR_BIN_1100, lane)), a = sqrtf(power);

    if (power >= SHARE_NEAR * energy && power >= LEVEL * SHARE_NEAR) {
        if (c->blocks == 0) /* the window before held the tone's first part */
            c->sum = sqrtf(ear_power(ear_before(s, EAR_BIN_1100, lane)));
        c->blocks++;
        c->good += t.share >= SHARE && fabsf(t.offset) <= OFF_HZ && t.power >= LEVEL;
        c->missing = 0;
        c->sum += a;
        c->peak = fmaxf(c->peak, a);
    } else if (c->blocks > 0) {
        c->sum += fminf(a, c->peak);
        if (++c->missing > BRIDGED)
            end(c, out);
    }
}
