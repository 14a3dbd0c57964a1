/* The codecs' functions, for the table in codec/codec.c alone. */
#ifndef CODEC_CODEC_PRIV_H
#define CODEC_CODEC_PRIV_H

#include "codec/codec.h"

extern const struct codec_ops codec_pcma, codec_pcmu; /**< codec_g711.c */
extern const struct codec_ops codec_g722, codec_gsm, codec_opus, codec_l16;
extern const struct codec_ops codec_g729; /**< by another process (codec/g729.h) */
/** codec_g726.c: at 40, 32, 24 and 16 kbit/s, in RFC 3551's order of bits and in that of AAL2. */
extern const struct codec_ops codec_g726[4], codec_aal2_g726[4];

#endif
