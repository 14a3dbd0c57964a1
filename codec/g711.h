/* G.711 A-law and mu-law (ITU-T G.711), and from one to the other by table. */
#ifndef CODEC_G711_H
#define CODEC_G711_H

#include <stddef.h>
#include <stdint.h>

enum g711_law { G711_A, G711_MU };

/** The octet of zero level on an idle channel: 0xD5 (A-law), 0xFF (mu-law). */
uint8_t g711_silence(enum g711_law law);
/** 16-bit linear to companded and back (spandsp took the plainer names). Full scale is +-32124 for
 * mu-law, +-32256 for A-law. */
void g711_compress(uint8_t *out, const int16_t *pcm, size_t n, enum g711_law law);
void g711_expand(int16_t *pcm, const uint8_t *in, size_t n, enum g711_law law);
/** Converts between the laws as G.711 tables 3 and 4 do; a plain copy when they agree. `out` may be
 * `in`. */
void g711_convert(uint8_t *out, const uint8_t *in, size_t n, enum g711_law from, enum g711_law to);

/** What each octet becomes when the sound is made louder by `tenths` of a dB (softer: negative). */
void g711_gain(uint8_t out[256], int tenths, enum g711_law law);

#endif
