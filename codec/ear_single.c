/* One frequency on its own: how much of the sound it is, and where exactly it lies. */
#include "codec/ear_priv.h"

const float ear_modem_hz[2] = {[EAR_BIN_2100] = 2100, [EAR_BIN_1100] = 1100};

/** Below this share the tone is too far from the bin for its phase to say anything. */
#define SHARE_LEAST 0.25f

struct ear_single ear_single(const struct ear_set *s, unsigned bin, unsigned lane, float energy)
{
    float power = ear_power(ear_now(s, bin, lane));

    if (power < SHARE_LEAST * energy || energy <= 0)
        return (struct ear_single){.share = 0};
    float x = ear_angle(ear_gain(s, bin, lane));
    float full = power * ear_beside(x);
    return (struct ear_single){.share = full / energy, .offset = 50.0f * x, .power = full};
}
