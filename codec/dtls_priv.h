/* What the files of DTLS share. */
#ifndef CODEC_DTLS_PRIV_H
#define CODEC_DTLS_PRIV_H

#include "codec/dtls.h"

#include <gnutls/dtls.h>
#include <gnutls/x509.h>

struct dtls_hash {
    const char *name;
    gnutls_digest_algorithm_t id;
    uint8_t octets;
};
extern const struct dtls_hash dtls_hashes[];
extern const size_t dtls_nhashes;

struct dtls_identity {
    gnutls_certificate_credentials_t creds;
    char fingerprint[sizeof "sha-256 " + 32 * 3];
};

#endif
