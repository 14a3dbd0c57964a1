/* Louder and softer without leaving the law: a table of what each octet becomes. */
#include "codec/g711.h"

#include <math.h>

void g711_gain(uint8_t out[256], int tenths, enum g711_law law)
{
    double factor = pow(10, tenths / 200.0);

    for (unsigned i = 0; i < 256; i++) {
        uint8_t octet = (uint8_t)i;
        int16_t pcm;

        out[i] = octet; /* both laws have codes that a round trip does not keep */
        if (tenths == 0)
            continue;
        g711_expand(&pcm, &octet, 1, law);
        double louder = round(pcm * factor);
        pcm = (int16_t)(louder > INT16_MAX ? INT16_MAX : louder < INT16_MIN ? INT16_MIN : louder);
        g711_compress(&out[i], &pcm, 1, law);
    }
}
