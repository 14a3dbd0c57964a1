/* Digest authentication (RFC 7616 and 8760, RFC 2069 where a peer knows no better), both sides.
 *
 * digest.c reads header fields and hashes, digest_server.c challenges and checks, digest_client.c
 * answers challenges. Nobody here knows where passwords come from.
 */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

#include <stdbool.h>

struct sip_message;

/** Algorithms, the strongest first (RFC 8760 2.4). */
enum sip_hash { SIP_SHA512_256, SIP_SHA256, SIP_MD5, SIP_NHASHES };

/** Room for a digest in hexadecimal digits and its NUL. */
#define SIP_DIGEST_LEN 65

/** One challenge or one set of credentials: values without their quotes, escapes left as they are.
 */
struct sip_digest {
    struct rt_str scheme, username, realm, nonce, opaque, uri, response, algorithm, cnonce, nc, qop,
        stale;
    bool bad; /**< a parameter stands twice, or its quotes do not match: it could mean anything */
};

/** Takes the next challenge or credentials off a header field's value. False: there is no more. */
bool sip_digest_next(struct sip_digest *out, struct rt_str *rest);
/** Reads `MD5`, `SHA-256-sess`, ...; empty is MD5. False: unknown. */
bool sip_digest_algorithm(enum sip_hash *hash, bool *sess, struct rt_str name);
/** The name of an algorithm: `SHA-512-256`. */
const char *sip_digest_name(enum sip_hash hash, bool sess);
/** H(user:realm:password), in hexadecimal. */
void sip_digest_ha1(char out[SIP_DIGEST_LEN], enum sip_hash hash, struct rt_str user,
                    struct rt_str realm, struct rt_str password);
/** Hexadecimal digits of a digest of this algorithm: 32 or 64. */
size_t sip_digest_digits(enum sip_hash hash);

/** Everything a response is made of. */
struct sip_digest_input {
    enum sip_hash hash;
    bool sess;
    const char *ha1; /**< lower case */
    struct rt_str nonce, cnonce, nc, method, uri;
    struct rt_str qop;  /**< `auth`, `auth-int`; empty: RFC 2069 */
    struct rt_str body; /**< for `auth-int` */
};
/** The value of `response`. */
void sip_digest_response(char out[SIP_DIGEST_LEN], const struct sip_digest_input *in);

/* ---- server ---- */

struct sip_digest_server;

/** Challenges for `realm` (copied) whose nonces live for `life`; at most `max` nonces in use are
 * remembered, then the oldest are declared stale. ENOMEM. */
int sip_digest_server_new(struct sip_digest_server **out, const char *realm, rt_time life,
                          unsigned max);
void sip_digest_server_free(struct sip_digest_server *s);

enum sip_digest_verdict {
    SIP_DIGEST_GOOD,
    SIP_DIGEST_NONE,  /**< no credentials for our realm */
    SIP_DIGEST_WRONG, /**< unknown user, wrong password, or another request's credentials */
    SIP_DIGEST_STALE, /**< for a nonce that is over, used up, or not of that address, so that nobody
                           has shown to be there: challenge with stale (RFC 7616 3.3) */
    SIP_DIGEST_BAD    /**< cannot be read: 400 */
};

/** The HA1 of a user in lower case, or NULL; borrowed until the call returns. */
typedef const char *sip_digest_ha1_fn(void *arg, struct rt_str user, enum sip_hash hash);

/** Checks a request's Authorization (or Proxy-Authorization). Unless there are none, the user that
 * the credentials name is copied to `user`. Of several the first that are right or wrong count. A
 * request that comes again within 32 s from the same place is no replay. */
enum sip_digest_verdict sip_digest_check(struct sip_digest_server *s, const struct sip_message *m,
                                         bool proxy, sip_digest_ha1_fn *ha1, void *arg, char *user,
                                         size_t cap);
/** Appends one challenge for each algorithm in `hashes` (bit `1 << enum sip_hash`). Its nonce is
 * for who asks from that address; of IPv6, from that /64. */
void sip_digest_challenge(struct sip_digest_server *s, struct rt_buf *lines,
                          const union rt_addr *from, bool proxy, unsigned hashes, bool stale);
/** Nonces that are remembered because they were used. */
unsigned sip_digest_nonces(const struct sip_digest_server *s);

/* ---- client ---- */

/** What one realm lets us in with. Texts are borrowed for as long as it is in use. */
struct sip_credentials {
    const char *user;
    const char *realm;            /**< NULL: any */
    const char *password;         /**< NULL: the HA1 values that are there */
    const char *ha1[SIP_NHASHES]; /**< in lower case; NULL: not known */
    const struct sip_credentials *next;
};

/** What servers have asked of us, one entry each. Start zeroed. */
struct sip_auth_state {
    struct sip_auth_entry *entries;
};
void sip_auth_release(struct sip_auth_state *st);

/** Answers the challenges of a 401 or 407: appends Authorization and Proxy-Authorization lines for
 * the next attempt, those for earlier challenges too. False: there is nothing new to say, and the
 * request has failed. */
bool sip_digest_answer(struct sip_auth_state *st, const struct sip_credentials *credentials,
                       const struct sip_message *challenge, struct rt_str method, struct rt_str uri,
                       struct rt_str body, struct rt_buf *lines);
/** Appends the lines for a new request with the nonces known; none while there are none. */
void sip_digest_repeat(struct sip_auth_state *st, const struct sip_credentials *credentials,
                       struct rt_str method, struct rt_str uri, struct rt_str body,
                       struct rt_buf *lines);
/** A final response came that is neither 401 nor 407: what we said was believed. */
void sip_digest_believed(struct sip_auth_state *st);

enum sip_digest_counter {
    SIP_DIGEST_CHALLENGES,
    SIP_DIGEST_ACCEPTED,
    SIP_DIGEST_REFUSED,
    SIP_DIGEST_STALES,
    SIP_DIGEST_REPLAYS,
    SIP_DIGEST_MALFORMED,
    SIP_DIGEST_EVICTED,
    SIP_DIGEST_ANSWERS,
    SIP_DIGEST_UNANSWERED,
    SIP_DIGEST_NCOUNTERS
};
extern struct rt_counter sip_digest_counters[SIP_DIGEST_NCOUNTERS];

#endif
