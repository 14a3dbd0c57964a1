/* Between the cache of names and those who ask the servers; and the reader of what servers say. */
#ifndef GW_RT_DNS_PRIV_H
#define GW_RT_DNS_PRIV_H

#include "gw/rt/dns.h"

/* ---- who asks: os_dns.c or test/fake/dns.c ---- */

struct rt_dns_port;

/** One question is over: a whole message, or `msg` NULL and ETIMEDOUT or EIO. */
typedef void rt_dns_reply_fn(void *arg, int err, const uint8_t *msg, size_t len);

int rt_dns_port_new(struct rt_dns_port **out, struct rt_loop *loop,
                    const struct rt_dns_config *cfg);
/** Questions still open are dropped without a callback. NULL is allowed. */
void rt_dns_port_free(struct rt_dns_port *p);
/** Asks the servers, repeats, gives up. `fn` is called once, perhaps from inside this call. */
void rt_dns_port_ask(struct rt_dns_port *p, const char *name, enum rt_dns_type type,
                     rt_dns_reply_fn *fn, void *arg);

/* ---- dns_message.c ---- */

#define RT_DNS_RECORDS_MAX 64

/** What a message says about one question. */
struct rt_dns_found {
    int err;      /**< 0, ENOENT, EIO (the server cannot), EBADMSG (it says nothing readable) */
    uint32_t ttl; /**< seconds; of the whole chain, or of the denial (RFC 2308) */
    union rt_dns_record *record; /**< the caller frees it */
    unsigned n;
};
/** Reads an answer to the question for `name` and `type`. Records of other names are passed over
 * but for those that aliases lead to. */
void rt_dns_read(struct rt_dns_found *out, const uint8_t *msg, size_t len, const char *name,
                 enum rt_dns_type type);
/** Copies a name in lower case without its final dot. False: it cannot be a name. */
bool rt_dns_name(char out[RT_DNS_NAME_LEN], const char *text);

#endif
