/* STUN messages (RFC 8489) as ICE needs them (RFC 8445): binding requests and responses with short-
 * term credentials, read from a datagram and written into a buffer. Nothing is kept. */
#ifndef CODEC_STUN_H
#define CODEC_STUN_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#define STUN_HEADER 20
#define STUN_ID     12
/** The longest message that is looked at: a datagram's worth. */
#define STUN_MAX 1500

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };
#define STUN_BINDING 1

enum stun_code {
    STUN_BAD_REQUEST = 400,
    STUN_UNAUTHENTICATED = 401,
    STUN_UNKNOWN_ATTRIBUTE = 420,
    STUN_ROLE_CONFLICT = 487
};

#define STUN_UNKNOWN_MAX 8

/** A message read; slices borrow the datagram. */
struct stun_message {
    enum stun_class class;
    uint16_t method;
    uint8_t id[STUN_ID];
    struct rt_str username, software, realm, nonce, reason;
    bool has_username, has_priority, use_candidate, controlled, controlling, fingerprint;
    uint32_t priority;
    uint64_t tie;                       /**< of controlled or controlling */
    union rt_addr mapped;               /**< XOR-MAPPED-ADDRESS; none */
    unsigned error;                     /**< ERROR-CODE, 0: none */
    const uint8_t *whole;               /**< the datagram */
    size_t integrity;                   /**< where MESSAGE-INTEGRITY starts in it; 0: none */
    uint16_t unknown[STUN_UNKNOWN_MAX]; /**< attributes that must be understood and are not */
    unsigned nunknown;
};

/** Reads a datagram. EBADMSG: no STUN message, or FINGERPRINT is wrong. */
int stun_parse(struct stun_message *out, const uint8_t *p, size_t n);
/** True when MESSAGE-INTEGRITY is there and right for a key (the password, of short-term
 * credentials). */
bool stun_authentic(const struct stun_message *m, const void *key, size_t n);

/* ---- writing: a straight line with one check of `failed` at the end ---- */

/** Starts a message in `w`. */
void stun_begin(struct rt_writer *w, enum stun_class class, uint16_t method,
                const uint8_t id[STUN_ID]);
void stun_put_text(struct rt_writer *w, uint16_t type, struct rt_str text);
void stun_put_u32(struct rt_writer *w, uint16_t type, uint32_t v);
void stun_put_u64(struct rt_writer *w, uint16_t type, uint64_t v);
void stun_put_flag(struct rt_writer *w, uint16_t type);
void stun_put_xor_address(struct rt_writer *w, const union rt_addr *a);
void stun_put_error(struct rt_writer *w, enum stun_code code);
void stun_put_unknown(struct rt_writer *w, const struct stun_message *request);
void stun_put_integrity(struct rt_writer *w, const void *key, size_t n);
/** Goes last. */
void stun_put_fingerprint(struct rt_writer *w);

#define STUN_USERNAME        0x0006
#define STUN_PRIORITY        0x0024
#define STUN_USE_CANDIDATE   0x0025
#define STUN_SOFTWARE        0x8022
#define STUN_ICE_CONTROLLED  0x8029
#define STUN_ICE_CONTROLLING 0x802a

#endif
