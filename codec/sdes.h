/* SRTP keys in SDP (security descriptions, RFC 4568): the values of a=crypto lines, read, chosen
 * and written. */
#ifndef CODEC_SDES_H
#define CODEC_SDES_H

#include "codec/srtp.h"

/** One crypto attribute. */
struct sdes_line {
    uint32_t tag;      /**< 1 to 9 digits */
    uint64_t lifetime; /**< packets for which the key may be used; 0: not said */
    struct media_srtp_keys keys;
};

/** Reads the value of a crypto attribute (without "a=crypto:"). EBADMSG: it is invalid, which makes
 * it as good as absent; ENOTSUP: a suite, a key method, several keys or a session parameter that we
 * do not have: likewise skipped. */
int sdes_parse(struct sdes_line *out, struct rt_str value);

/** Octets of randomness that a key wants. */
#define SDES_RANDOM (MEDIA_SRTP_KEY_MAX + MEDIA_SRTP_SALT_MAX)
/** Fills a line of ours with a new key made of `random`. */
void sdes_make(struct sdes_line *out, uint32_t tag, enum media_srtp_suite_id suite,
               const uint8_t random[SDES_RANDOM]);
/** Appends "a=crypto:" and the line with CR LF. */
void sdes_write(struct rt_buf *out, const struct sdes_line *line);

#endif
