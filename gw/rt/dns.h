/* Names: what the Domain Name System says of one, asked without waiting and remembered as long as
 * it may be.
 *
 * The cache (dns.c) knows how old an answer is, joins those who ask the same, and goes on with an
 * old answer while the servers do not answer. Who asks the servers is os_dns.c in the program and
 * test/fake/ in tests.
 */
#ifndef GW_RT_DNS_H
#define GW_RT_DNS_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"

/** By their numbers on the wire. */
enum rt_dns_type {
    RT_DNS_A = 1,
    RT_DNS_CNAME = 5,
    RT_DNS_SOA = 6,
    RT_DNS_AAAA = 28,
    RT_DNS_SRV = 33,
    RT_DNS_NAPTR = 35
};

/** Room for a name as text and its NUL; names have no final dot, the root is ".". */
#define RT_DNS_NAME_LEN 256

struct rt_dns_srv {
    uint16_t priority, weight, port;
    char target[RT_DNS_NAME_LEN];
};

struct rt_dns_naptr {
    uint16_t order, preference;
    char flags[16], service[64], regexp[256];
    char replacement[RT_DNS_NAME_LEN];
};

/** One record of the type that was asked for. */
union rt_dns_record {
    union rt_addr addr; /**< A, AAAA: port 0 */
    struct rt_dns_srv srv;
    struct rt_dns_naptr naptr;
};

/** Borrowed: valid during the callback. */
struct rt_dns_answer {
    int err;         /**< 0; ENOENT: no such name, or no such record; ETIMEDOUT: no server answered;
                        EIO: the servers answer that they cannot */
    bool stale;      /**< out of date, and no newer one is to be had */
    rt_time expires; /**< by rt_now(): when asking again may give another answer */
    const union rt_dns_record *record; /**< in the order in which they came */
    unsigned n;                        /**< 0 with an error, else 1.. */
};

struct rt_dns_config {
    union rt_addr server[4]; /**< port 0: 53 */
    unsigned nservers;       /**< 0: those of the system */
    rt_time timeout;         /**< for the first try of each server; 0: 2 s */
    unsigned entries;        /**< of the cache; 0: 4096 */
};

struct rt_dns;
struct rt_dns_query;

typedef void rt_dns_fn(void *arg, const struct rt_dns_answer *a);

/** ENOMEM, or EINVAL for servers that are none. */
int rt_dns_new(struct rt_dns **out, struct rt_loop *loop, const struct rt_dns_config *cfg);
/** Queries still open are forgotten without a callback. NULL is allowed. */
void rt_dns_free(struct rt_dns *d);
/** Asks for the records of `name`; `fn` is called once, never from inside this call. A name that is
 * none is answered ENOENT. ENOMEM. */
int rt_dns_ask(struct rt_dns_query **out, struct rt_dns *d, const char *name, enum rt_dns_type type,
               rt_dns_fn *fn, void *arg);
/** `fn` is not called any more. NULL is allowed; not after `fn` was called. */
void rt_dns_cancel(struct rt_dns_query *q);
/** Entries of the cache, for tests and `show status`. */
unsigned rt_dns_entries(const struct rt_dns *d);

enum rt_dns_counter {
    RT_DNS_QUERIES,
    RT_DNS_CACHED,
    RT_DNS_JOINED,
    RT_DNS_STALE,
    RT_DNS_FAILED,
    RT_DNS_MALFORMED,
    RT_DNS_EVICTED,
    RT_DNS_NCOUNTERS
};
extern struct rt_counter rt_dns_counters[RT_DNS_NCOUNTERS];

#endif
