/* Sources that are not listened to for a while. A table of fixed size, looked at for every
 * datagram.
 */
#ifndef SIP_BAN_H
#define SIP_BAN_H

#include "gw/rt/net.h"

#define SIP_BANS_MAX 512

/** Who sends: an IPv4 address as it is, of an IPv6 address the network. */
struct sip_who {
    uint64_t high, low;
};

/** All zero for what is no IP address. */
struct sip_who sip_who(const union rt_addr *a);
/** Where it belongs in a table: a number that nobody outside can predict. */
uint64_t sip_who_hash(struct sip_who w, uint64_t seed);

struct sip_ban {
    struct sip_who who;
    union rt_addr addr; /**< port 0 */
    bool proven; /**< false: it has only been said, over UDP, that it came from there: streams and
                    their proof are listened to */
    rt_time since, until;
    uint64_t ignored; /**< messages, but for those that the kernel has dropped */
};

struct sip_bans {
    uint64_t seed;
    struct sip_ban ban[SIP_BANS_MAX]; /**< `until` 0: nobody */
    unsigned n;
    unsigned changes; /**< counts up with each one that comes or goes */
};

/** The ban that lasts; NULL: none. */
struct sip_ban *sip_bans_find(struct sip_bans *b, struct sip_who who, rt_time now);
/** Until `until`; where there is no room the one that ends first goes. */
void sip_bans_add(struct sip_bans *b, const union rt_addr *addr, bool proven, rt_time now,
                  rt_time until);
/** False: it was not banned. */
bool sip_bans_lift(struct sip_bans *b, const union rt_addr *addr, rt_time now);
/** Forgets those that are over; when the next one will be, INT64_MAX: never. */
rt_time sip_bans_expire(struct sip_bans *b, rt_time now);

#endif
